"""What people may correct by hand: the table of corrections and the columns that it may name."""

from __future__ import annotations

from klimastep.contract import Column, Table
from klimastep.tables import BUILDINGS

# Knowledge about a building that one can have by going there; what follows from it is computed.
CORRECTABLE: tuple[Column, ...] = tuple(
    BUILDINGS[name]
    for name in (
        "year_built",
        "use_class",
        "is_heated",
        "carrier",
        "storeys",
        "height_m",
        "eaves_height_m",
        "floor_area_m2",
        "dwellings",
        "residents",
        "addresses",
        "address",
        "name",
        "heritage",
        "is_public",
    )
)


def _text(name: str, de: str, en: str, description: str) -> Column:
    return Column(name, "str", "", de, en, description, nullable=True)


CORRECTIONS = Table(
    "corrections",
    "correction",
    "Korrekturen",
    "Corrections",
    "",
    (
        _text("table", "Tabelle", "Table", "Table of the corrected object."),
        _text("id", "Kennung", "Id", "Id of the corrected object; may be missing where there is an outline."),
        _text("column", "Merkmal", "Attribute", "Corrected column."),
        _text("value", "Richtiger Wert", "Right value", "As text, in the unit of the column."),
        _text("who", "Wer", "Who", "Who says so."),
        _text("when", "Wann", "When", "Date, YYYY-MM-DD; of two corrections the later holds."),
        _text("why", "Warum", "Why", "On what grounds."),
        _text("outline", "Umriss", "Outline", "Outline of the object in the CRS of the run (WKT)."),
    ),
)
