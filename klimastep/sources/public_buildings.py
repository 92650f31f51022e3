"""The municipality's own buildings with their yearly consumption, as energy-management programs list them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from klimastep.contract import Column, Table
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources import meters
from klimastep.sources._carriers import carriers_of, checked
from klimastep.sources._columns import IdOptions, as_text, finding, ids_of
from klimastep.sources._csv import CsvTable, TextOptions, read_csv
from klimastep.sources._headings import named, require_named
from klimastep.sources._options import parse
from klimastep.sources._values import quantities
from klimastep.sources._vector import existing
from klimastep.tables import ENERGY_BASES, METERS, NAME

TABLE = METERS.name
BUILDINGS_LIST = "public_buildings"
REPORTED_AREA = Column(
    "reported_area_m2",
    "float64",
    "m²",
    "Fläche laut Liste",
    "Area as listed",
    "As the list says it (gross, net or heated area; lists differ).",
    nullable=True,
    min=0,
    aggregate="sum",
)
DECLARATIONS = {
    BUILDINGS_LIST: Table(
        BUILDINGS_LIST,
        "public_building",
        "Kommunale Liegenschaften",
        "Municipal buildings",
        "",
        (NAME, METERS["level"], REPORTED_AREA),
    )
}
USUAL = {
    "name": ("Name", "Gebäude", "Bezeichnung", "Objekt", "Liegenschaft", "Gebäudename"),
    "reported_area_m2": (
        "Fläche",
        "BGF",
        "NGF",
        "Bezugsfläche",
        "Energiebezugsfläche",
        "beheizte Fläche",
        "Nettofläche",
    ),
    "year": ("Jahr", "Verbrauchsjahr", "Abrechnungsjahr"),
    "carrier": ("Energieträger", "Medium", "Energieart"),
    "value": ("Verbrauch", "Jahresverbrauch", "Energieverbrauch", "Verbrauch [kWh]", "Verbrauch [MWh]"),
    "basis": ("Bezug", "Brennwert/Heizwert", "Basis", "Hs/Hi"),
    "remark": ("Bemerkung", "Anmerkung", "Hinweis"),
}
NO_HEAT = (
    r"(?:haushalts|allgemein|kraft)?strom|elektrizit(?:ä|ae)t|elektrische energie|pv.*|k(?:ä|ae)lte|abfall"
    r"|(?:ab|trink|frisch|regen|kalt)?wasser"
)
BASES = {
    "hs": r"hs|h_s|ho|brennwert.*|gross.*",
    "hi": r"hi|h_i|hu|heizwert.*|net.*",
    "useful": r"nutz.*|w(?:ä|ae)rme(?:menge|z(?:ä|ae)hler)?|useful.*",
}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files, sheets and ids (`id` names building or address).

    Parameters
    ----------
    unit : {"kWh", "MWh", "GWh"}
        Unit of the values.
    level : {"building", "address"}
        What `id` is.
    energy_basis : dict
        ``{carrier: hs, hi or useful}``, needed where the list has no column for it.
    columns : dict
        ``{ours: foreign}`` for name, reported_area_m2, year, carrier, value, basis, remark; the usual
        headings are found.
    carriers : dict
        ``{foreign carrier: ours}``; the usual words are known. Power, water and waste are no heat and
        are set aside unless they are named here.
    repeated : {"once", "sum"}
        Whether rows of the same building, carrier and year are repetitions or several meters.
    """

    unit: Literal["kWh", "MWh", "GWh"]
    level: Literal["building", "address"] = "building"
    energy_basis: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    carriers: dict[str, str] = field(default_factory=dict)
    repeated: Literal["once", "sum"] = "sum"


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (meters have no geometry)
    """Read the consumption of municipal buildings.

    Parameters
    ----------
    path : Path
        Delimited text or ``*.xlsx``, a row a building, carrier and year.
    crs : str
        Not used: neither table has a geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``meters`` at the level of buildings or addresses, and table ``public_buildings`` with
        name and area of each.

    Raises
    ------
    PlanError
        Unknown option, column, carrier or basis.
    InputError
        Unreadable file, a column missing, an unknown carrier, a carrier with two bases.
    """
    wanted = parse(Options, options, "public_buildings")
    told = checked(wanted.carriers, "public_buildings")
    place = existing(path)
    text = read_csv(place, wanted)
    names = named(text.frame.columns, USUAL, wanted.columns, place.name)
    require_named(names, ("year", "carrier", "value"), text.frame.columns, place.name)
    heat, findings = _heat_only(text, names, told)
    reading = meters.reading_of(heat, _meter_options(heat, names, wanted), place)
    listed, found = _listed(heat.frame, names, wanted, place.name)
    return replace(
        reading,
        tables={**reading.tables, BUILDINGS_LIST: listed},
        rows_in=len(text.frame),
        findings=(*findings, *reading.findings, *found),
    )


def _heat_only(text: CsvTable, names: dict[str, str], told: dict[str, str]) -> tuple[CsvTable, list[Finding]]:
    """Return the rows of heat with our carriers; power, water and the like are set aside."""
    cells = as_text(text.frame[names["carrier"]])
    carrier = carriers_of(cells, told)
    none = cells.str.lower().str.fullmatch(NO_HEAT).fillna(False).astype("bool") & ~cells.isin(list(told))
    findings = finding(
        text.source,
        "no_heat",
        [f"line {i} ({v})" for i, v in cells[none].items()],
        "Zeilen ohne Wärme (Strom, Wasser u. ä.), zurückgestellt",
        "rows of no heat (power, water and the like), set aside",
        "set_aside",
    )
    strange = cells[carrier.isna() & ~none]
    if len(strange):
        raise InputError(
            text.source,
            f"line {strange.index[0]}: {names['carrier']} = {strange.iloc[0]!r} is no known carrier",
            "for example Erdgas, Heizöl, Fernwärme",
            "translate it with carriers: {…: …}",
        )
    if none.all():
        raise InputError(text.source, "no row is about heat", "at least one")
    kept = text.frame[~none].assign(**{names["carrier"]: carrier[~none]})
    return replace(text, frame=kept), findings


def _meter_options(text: CsvTable, names: dict[str, str], options: Options) -> meters.Options:
    return meters.Options(
        id=options.id,
        id_width=options.id_width,
        id_prefix=options.id_prefix,
        id_length=options.id_length,
        level=options.level,
        unit=options.unit,
        energy_basis=_bases(text, names) | options.energy_basis,
        value=names["value"],
        year=names["year"],
        carrier=names["carrier"],
        remark=names.get("remark"),
        repeated=options.repeated,
    )


def _bases(text: CsvTable, names: dict[str, str]) -> dict[str, str]:
    """Return the basis of each carrier that the list names."""
    if "basis" not in names:
        return {}
    cells = as_text(text.frame[names["basis"]])
    lower = cells.str.lower()
    basis = pd.Series(None, index=cells.index, dtype="str")
    for value in (b.value for b in ENERGY_BASES):
        basis = basis.mask(lower.str.fullmatch(BASES[value]).fillna(False).astype("bool"), value)
    strange = cells[basis.isna() & cells.notna()]
    if len(strange):
        raise InputError(
            text.source,
            f"line {strange.index[0]}: {names['basis']} = {strange.iloc[0]!r}",
            "Brennwert (Hs), Heizwert (Hi) or Nutzwärme",
        )
    pairs = pd.DataFrame({"carrier": text.frame[names["carrier"]], "basis": basis}).dropna().drop_duplicates()
    twice = pairs[pairs["carrier"].duplicated()]
    if len(twice):
        raise InputError(
            text.source,
            f"line {twice.index[0]}: {twice['carrier'].iloc[0]} has two bases",
            "one basis a carrier",
            "convert the values to one of them",
        )
    return dict(zip(pairs["carrier"], pairs["basis"], strict=True))


def _listed(
    frame: pd.DataFrame, names: dict[str, str], options: Options, source: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return name and area of each building, of its last row in the list."""
    ids = ids_of(frame, options, source)
    rows = frame[(ids.notna() & ~ids.duplicated(keep="last")).to_numpy()]
    ids = ids.loc[rows.index]
    table = DECLARATIONS[BUILDINGS_LIST]
    findings: list[Finding] = []
    parts = {"level": pd.Series(options.level, index=rows.index)}
    if "name" in names:
        parts["name"] = as_text(rows[names["name"]])
    if "reported_area_m2" in names:
        area, findings = quantities(rows[names["reported_area_m2"]], REPORTED_AREA, ids, source, zero_is_unknown=True)
        parts["reported_area_m2"] = area
    cast = {n: table[n].cast(p.rename(n), rows.index) for n, p in parts.items()}
    index = pd.Index(np.asarray(ids), name=table.id, dtype="str")
    return pd.DataFrame(cast).set_axis(index), findings
