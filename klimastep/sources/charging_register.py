"""Charging points from the register of the Bundesnetzagentur (Ladesäulenregister, Excel or CSV)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep.contract import Column, Table
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import as_text, clean_ids, finding
from klimastep.sources._csv import TextOptions, read_csv
from klimastep.sources._features import once
from klimastep.sources._headings import joined, named, require_named, years
from klimastep.sources._options import parse
from klimastep.sources._points import DEGREES, located
from klimastep.sources._values import quantities
from klimastep.sources._vector import existing

TABLE = "charging"
ATTRIBUTION = "Bundesnetzagentur.de, CC BY 4.0"
YEAR_IN_SERVICE = Column(
    "year_in_service", "Int16", "", "Inbetriebnahme", "In service since", nullable=True, min=1900, max=2100
)
CHARGING = Table(
    TABLE,
    "charging_site",
    "Ladeeinrichtungen",
    "Charging sites",
    "Point",
    (
        Column("operator", "str", "", "Betreiber", "Operator", nullable=True),
        Column("address", "str", "", "Lage", "Address", nullable=True),
        Column("power_kw", "float64", "kW", "Anschlussleistung", "Connected power", nullable=True, min=0),
        Column("points", "float64", "", "Ladepunkte", "Charging points", nullable=True, min=0, aggregate="sum"),
        YEAR_IN_SERVICE,
    ),
)
DECLARATIONS = {TABLE: CHARGING}
USUAL = {
    "id": ("Ladeeinrichtungs-ID",),
    "operator": ("Betreiber",),
    "street": ("Straße", "Adresse"),
    "house_number": ("Hausnummer",),
    "postcode": ("Postleitzahl", "Postleitzahl Ort", "PLZ"),
    "place": ("Ort",),
    "x": ("Längengrad", "Längengrad [DG]"),
    "y": ("Breitengrad", "Breitengrad [DG]"),
    "year_in_service": ("Inbetriebnahmedatum",),
    "power_kw": ("Nennleistung Ladeeinrichtung [kW]", "Installierte Leistung", "Anschlussleistung"),
    "points": ("Anzahl Ladepunkte",),
}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Options of this reader, besides those of text files and sheets.

    Parameters
    ----------
    postcodes : list of str
        Only sites with these postcodes; "716" stands for all that begin so. All sites by default.
    columns : dict
        ``{ours: foreign}`` where the register's headings have changed again.
    """

    postcodes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read the charging register.

    Parameters
    ----------
    path : Path
        ``*.xlsx`` as published (header rows above the table are found) or delimited text.
    crs : str
        CRS of the run; points come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``charging``; rows in are the sites with the wanted postcodes.

    Raises
    ------
    PlanError
        Unknown option or column.
    InputError
        Unreadable file, no coordinates, no site with these postcodes.
    """
    wanted = parse(Options, options, "charging_register")
    place = existing(path)
    text = read_csv(place, wanted).frame
    names = named(text.columns, USUAL, wanted.columns, place.name)
    require_named(names, ("x", "y"), text.columns, place.name)
    here = of_postcodes(text, names, wanted.postcodes, place.name)
    points, findings = located(here, {"x": names["x"], "y": names["y"]}, DEGREES, crs, place.name)
    frame, found = _table(points, names, place.name)
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=len(here),
        findings=tuple(findings + found + elsewhere(len(text) - len(here), place.name)),
        files=(str(place),),
        attribution=ATTRIBUTION,
    )


def of_postcodes(frame: pd.DataFrame, names: dict[str, str], postcodes: list[str], source: str) -> pd.DataFrame:
    """Return the rows whose postcode begins with one of `postcodes`; all rows where none is given."""
    if not postcodes:
        return frame
    require_named(names, ("postcode",), frame.columns, source)
    code = as_text(frame[names["postcode"]]).str.extract(r"^(\d{4,5})")[0].str.zfill(5)
    here = frame[code.str.startswith(tuple(postcodes)).fillna(False).astype("bool")]
    if here.empty:
        raise InputError(source, f"no row with the postcodes {', '.join(postcodes)}", "at least one")
    return here


def elsewhere(count: int, source: str) -> list[Finding]:
    """Return a note about rows of a national register that lie elsewhere and are no subject of the run."""
    if not count:
        return []
    texts = f"{count} Zeilen anderer Orte nicht gelesen", f"{count} rows of other places not read"
    return [Finding(source, "elsewhere", count, (), *texts, "note")]


def _table(points: gpd.GeoDataFrame, names: dict[str, str], source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    row = pd.Series(points.index, index=points.index).astype("str").str.zfill(5)
    ids = ("charging-" + row).astype("str")
    if "id" in names:
        ids = clean_ids(points[names["id"]]).fillna(ids).astype("str")
    parts: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    if "operator" in names:
        parts["operator"] = as_text(points[names["operator"]])
    parts["address"] = joined(points, names, ("street", "house_number"), ("postcode", "place"))
    for ours in ("power_kw", "points", "year_in_service"):
        if ours in names:
            cells = years(points[names[ours]]) if ours == "year_in_service" else points[names[ours]]
            parts[ours], found = quantities(cells, CHARGING[ours], ids, source)
            findings += found
    parts = {name: CHARGING[name].cast(part.rename(name), points.index) for name, part in parts.items()}
    frame = gpd.GeoDataFrame(parts, geometry=points.geometry.array, crs=points.crs)
    frame.index = pd.Index(ids.to_numpy(), name=CHARGING.id, dtype="str")
    frame, repeated = once(frame, source)
    return frame, findings + repeated + _no_points(frame, source)


def _no_points(frame: gpd.GeoDataFrame, source: str) -> list[Finding]:
    bare = frame.index[(frame["points"] == 0).to_numpy()] if "points" in frame else []
    return finding(source, "no_charging_point", bare, "Standorte ohne Ladepunkt", "sites without a charging point")
