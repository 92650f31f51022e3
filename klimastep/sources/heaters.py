"""Heaters from the chimney sweeps' register (Kehrbuch), per building, address or group; persons are never read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from klimastep.contract import Column, Table
from klimastep.findings import Finding, Reading
from klimastep.sources._carriers import carriers_of, checked
from klimastep.sources._columns import IdOptions, as_text, finding, ids_of, without_id
from klimastep.sources._csv import CsvTable, TextOptions, read_csv, require
from klimastep.sources._headings import named, require_named, years
from klimastep.sources._options import parse
from klimastep.sources._values import quantities
from klimastep.sources._vector import existing
from klimastep.tables import CARRIER, METERS, YEAR_BUILT

TABLE = "heaters"
HEATERS = Table(
    TABLE,
    "heater",
    "Feuerstätten",
    "Heaters",
    "",
    (
        METERS["unit_id"],
        METERS["level"],
        METERS["address"],
        Column("heater_type", "str", "", "Art der Feuerstätte", "Kind of heater", nullable=True),
        CARRIER,
        Column("power_kw", "float64", "kW", "Nennwärmeleistung", "Rated power", nullable=True, min=0, max=100_000),
        YEAR_BUILT,
        Column("count", "float64", "", "Anzahl", "Count", "Unknown is not zero.", nullable=True, min=0),
    ),
)
DECLARATIONS = {TABLE: HEATERS}
USUAL = {
    "heater_type": ("Art der Feuerstätte", "Feuerstätte", "Feuerstättenart", "Art", "Heizungsart", "Anlagenart"),
    "carrier": ("Brennstoff", "Energieträger", "Brennstoffart"),
    "power_kw": ("Nennwärmeleistung", "Nennwärmeleistung [kW]", "Leistung", "Leistung kW", "Nennleistung", "NWL"),
    "year_built": ("Baujahr", "Errichtungsjahr", "Baujahr Feuerstätte", "Jahr", "Datum der Errichtung"),
    "count": ("Anzahl", "Anzahl Feuerstätten", "Stück"),
}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files, sheets and ids (`id` names the unit).

    Parameters
    ----------
    level : {"building", "address", "group", "street", "block"}
        What one unit is.
    address : str, optional
        Column with the addresses that a unit covers, where `id` is a number.
    columns : dict
        ``{ours: foreign}`` for heater_type, carrier, power_kw, year_built and count; the usual
        headings are found.
    carriers : dict
        ``{foreign carrier: ours}``; the usual words are known.
    zero_is_unknown : bool
        Whether 0 in power and year means "not known".
    """

    level: Literal["building", "address", "group", "street", "block"]
    address: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    carriers: dict[str, str] = field(default_factory=dict)
    zero_is_unknown: bool = True


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (heaters have no geometry)
    """Read the register of heaters.

    Parameters
    ----------
    path : Path
        Delimited text or ``*.xlsx``, a row a heater, or a row a group and kind with a count.
    crs : str
        Not used: heaters have no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``heaters``; without a column for it the count is 1 a row.

    Raises
    ------
    PlanError
        Unknown option, column or carrier.
    InputError
        Unreadable file, a column missing, a column of numbers without any number.
    """
    wanted = parse(Options, options, "heaters")
    told = checked(wanted.carriers, "heaters")
    place = existing(path)
    text = read_csv(place, wanted)
    names = named(text.frame.columns, USUAL, wanted.columns, place.name)
    require_named(names, ("carrier",), text.frame.columns, place.name)
    ids = ids_of(text.frame, wanted, place.name)
    missing = without_id(ids, place.name, "line")
    kept = text.frame[ids.notna().to_numpy()]
    frame, found = _table(kept, ids.loc[kept.index], names, wanted, told, text)
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=len(text.frame),
        findings=tuple(missing + found),
        files=(str(place),),
    )


def _table(
    rows: pd.DataFrame, ids: pd.Series, names: dict[str, str], options: Options, told: dict[str, str], text: CsvTable
) -> tuple[pd.DataFrame, list[Finding]]:
    carrier = carriers_of(rows[names["carrier"]], told)
    strange = as_text(rows[names["carrier"]])[carrier.isna()]
    findings = finding(
        text.source,
        "unknown_value",
        strange.dropna(),
        "Brennstoffe nicht übersetzt, unbekannt; mit carriers: übersetzen",
        "carriers not translated, left unknown; translate them with carriers:",
    )
    parts: dict[str, pd.Series] = {"unit_id": ids, "carrier": carrier}
    parts["level"] = pd.Series(options.level, index=rows.index)
    if options.address is not None:
        require(rows.columns, [options.address], text.source)
        parts["address"] = as_text(rows[options.address])
    if "heater_type" in names:
        parts["heater_type"] = as_text(rows[names["heater_type"]])
    for ours in ("power_kw", "year_built", "count"):
        if ours in names:
            cells = years(rows[names[ours]]) if ours == "year_built" else rows[names[ours]]
            zero = options.zero_is_unknown and ours != "count"
            parts[ours], found = quantities(cells, HEATERS[ours], ids, text.source, zero_is_unknown=zero)
            findings += found
    if "count" not in names:
        parts["count"] = pd.Series(1.0, index=rows.index)
    lines = pd.Series(rows.index, index=rows.index).astype("str").str.zfill(5)
    index = pd.Index((text.source + "-" + lines).to_numpy(), name=HEATERS.id, dtype="str")
    cast = {c.name: c.cast(parts[c.name].rename(c.name), rows.index) for c in HEATERS.columns if c.name in parts}
    return pd.DataFrame(cast).set_axis(index), findings
