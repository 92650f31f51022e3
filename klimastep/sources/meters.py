"""Metered energy per building, address, group, street or block; unknown is not zero, nothing counts twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading, first_ids
from klimastep.sources._columns import IdOptions, as_text, finding, ids_of, without_id
from klimastep.sources._csv import CsvTable, TextOptions, read_csv, require
from klimastep.sources._options import parse, refuse_unknown
from klimastep.sources._vector import existing, nearest
from klimastep.tables import CARRIERS, ENERGY_BASES, METERS
from klimastep.units import KWH_PER_GWH, KWH_PER_MWH

TABLE = "meters"
UNITS = {"kWh": 1.0, "MWh": KWH_PER_MWH, "GWh": KWH_PER_GWH}
SINGLE_LEVELS = ("building", "address")  # one connection is the rule there and no secret among many
CONFIDENTIAL = r"geheim|vertraulich|datenschutz|confidential|anonym|^(?:x|\*+|<\s*\d+)$"
JOINT = r"sammel|gemeinschaftsz|joint|mitversorg"
UNKNOWN = r"keine angabe|^k\.?\s?a\.?$|unbekannt|unknown|nicht verf|^n/?a$|^[-./?]$"


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files and ids (`id` names the metered unit).

    Parameters
    ----------
    level : {"building", "address", "group", "street", "block"}
        What one unit is.
    unit : {"kWh", "MWh", "GWh"}
        Unit of the values.
    energy_basis : dict
        ``{carrier: hs, hi or useful}`` for each carrier: gas is billed by Hs, district heat is useful heat.
    value_columns : list of dict
        Wide form: one entry a value column, ``{column, carrier, year, remark}``; `remark` names the
        column that says why a value is missing and may be left out.
    value, year, carrier : str
        Long form: column of the value, of the year (or the year itself) and of the carrier.
    carriers : dict
        Long form: ``{foreign carrier: ours}``.
    address : str, optional
        Column with the addresses that a unit covers ("Musterstraße 1-9; Gasse 2"), where `id` is a number; the
        buildings at them get the unit as `meter_group_id`.
    connections, remark : str, optional
        Columns with the number of connections and with words like "geheim" or "Sammelzähler".
    min_connections : int
        A value that fewer connections make up is personal and treated as confidential (not for
        buildings and addresses, where one is the rule).
    joint_years : int
        Units that share the values of a carrier in at least so many years have one joint meter.
    repeated : {"once", "sum"}
        Whether rows of the same unit, carrier and year are repetitions or several meters.
    """

    level: Literal["building", "address", "group", "street", "block"]
    unit: Literal["kWh", "MWh", "GWh"]
    energy_basis: dict[str, str]
    value_columns: list[dict[str, Any]] = field(default_factory=list)
    value: str | None = None
    year: str | int | None = None
    carrier: str | None = None
    carriers: dict[str, str] = field(default_factory=dict)
    address: str | None = None
    connections: str | None = None
    remark: str | None = None
    min_connections: int = 5
    joint_years: int = 2
    repeated: Literal["once", "sum"] = "once"


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (meters have no geometry)
    """Read metered energy.

    Parameters
    ----------
    path : Path
        Delimited text in long form (a row a unit, carrier and year) or wide form (a column a carrier and year).
    crs : str
        Not used: meters have no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``meters``, a row a unit, carrier and year. `status` tells given, confidential, joint or
        unknown; a joint meter's energy stands on the first of its units, the others have none.
        ``facts["joint_units"]`` lists the units that share a meter, by carrier. Rows in are the values
        in the file: rows times value columns.

    Raises
    ------
    PlanError
        Unknown option, carrier or basis; neither long nor wide form.
    InputError
        Unreadable file, text that is no number, a negative value, differing values for the same unit.
    """
    wanted = parse(Options, options, "meters")
    place = existing(path)
    return reading_of(read_csv(place, wanted), wanted, place)


def reading_of(text: CsvTable, wanted: Options, place: Path) -> Reading:
    """Return the meters in a table that is read already; returns and errors as :func:`read`."""
    _refuse_bad_plan(wanted)
    long, findings = _long(text, wanted)
    rows_in = len(long)
    missing = without_id(long["unit_id"].set_axis(long["line"]), place.name, "line")
    long = long[long["unit_id"].notna()].reset_index(drop=True)
    long = long.assign(status=_status(long, wanted))
    long["energy_kwh_a"] = long["energy_kwh_a"].mask(long["status"] == "confidential")
    long, repeated = _single(long, wanted, place.name)
    long, joint, joint_units = _joint(long, wanted, place.name)
    frame = _table(long, wanted)
    findings += [*missing, *repeated, *joint, *_notes(frame, place.name)]
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=rows_in,
        findings=tuple(findings),
        files=(str(place),),
        facts={"joint_units": joint_units, "years": sorted(int(y) for y in frame["year"].unique())},
    )


def _refuse_bad_plan(options: Options) -> None:
    long = options.value is not None
    if long == bool(options.value_columns):
        raise PlanError("source meters: name value: (long form) or value_columns: (wide form), one of the two")
    if long and (options.year is None or options.carrier is None):
        raise PlanError("source meters: the long form needs year: and carrier:")
    carriers, bases = [c.value for c in CARRIERS], [c.value for c in ENERGY_BASES]
    for entry in options.value_columns:
        refuse_unknown(entry, ("column", "carrier", "year", "remark"), "meters, value_columns")
        if not {"column", "carrier", "year"} <= set(entry):
            raise PlanError(f"source meters: value_columns: {entry!r}; expected column, carrier and year")
    named = [*options.carriers.values(), *(e["carrier"] for e in options.value_columns), *options.energy_basis]
    for name, known, what in [(n, carriers, "carrier") for n in named] + [
        (b, bases, "energy_basis") for b in options.energy_basis.values()
    ]:
        if name not in known:
            hint = nearest(str(name), known) or f"there are {', '.join(known)}"
            raise PlanError(f"source meters: unknown {what} {name!r}; {hint}")


def _long(text: CsvTable, options: Options) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row a value: unit_id, carrier, year, energy_kwh_a, connections, cell, remark, line."""
    ids = ids_of(text.frame, options, text.source)
    if options.value_columns:
        parts = [_value_column(text, options, ids, e["column"], e.get("remark")) for e in options.value_columns]
        for part, entry in zip(parts, options.value_columns, strict=True):
            part["carrier"], part["year"] = entry["carrier"], int(entry["year"])
        return pd.concat(parts, ignore_index=True), []
    part = _value_column(text, options, ids, str(options.value), options.remark)
    part["year"] = _years(text, options)
    carrier, findings = _carrier_column(text, options)
    part["carrier"] = carrier.to_numpy()
    return part, findings


def _value_column(text: CsvTable, options: Options, ids: pd.Series, column: str, remark: str | None) -> pd.DataFrame:
    named = [c for c in (column, remark, options.connections, options.address) if c]
    require(text.frame.columns, named, text.source)
    cells = text.frame[column]
    lower = cells.str.strip().str.lower()
    words = lower.str.contains(f"{CONFIDENTIAL}|{JOINT}|{UNKNOWN}", regex=True).fillna(False).astype("bool")
    energy = replace(text, frame=text.frame.assign(**{column: cells.mask(words)})).numbers(column)
    if (energy < 0).any():
        line = energy.index[energy < 0][0]
        raise InputError(
            text.source,
            f"line {line}, id {ids.loc[line]}: {column} = {energy.loc[line]:g} {options.unit}",
            "0 or more",
            "leave it empty if it is unknown",
        )
    connections = text.numbers(options.connections) if options.connections else pd.Series(np.nan, index=cells.index)
    empty = pd.Series(None, index=cells.index, dtype="str")
    return pd.DataFrame(
        {
            "unit_id": ids.to_numpy(),
            "energy_kwh_a": energy.to_numpy() * UNITS[options.unit],
            "connections": connections.to_numpy(),
            "cell": lower.where(words).to_numpy(),
            "remark": (text.frame[remark].str.lower() if remark else empty).to_numpy(),
            "address": as_text(text.frame[options.address]).to_numpy() if options.address else empty.to_numpy(),
            "line": cells.index.to_numpy(),
        }
    )


def _years(text: CsvTable, options: Options) -> Any:
    if isinstance(options.year, int):
        return options.year
    require(text.frame.columns, [str(options.year)], text.source)
    years = text.numbers(str(options.year))
    low, high = METERS["year"].min or 0.0, METERS["year"].max or np.inf
    wrong = ~years.between(low, high) | (years % 1 != 0)
    if wrong.any():
        line = years.index[wrong][0]
        found = text.frame.loc[line, str(options.year)]
        raise InputError(text.source, f"line {line}: {options.year} = {found}", f"a year from {low:g} to {high:g}")
    return years.astype("int64").to_numpy()


def _carrier_column(text: CsvTable, options: Options) -> tuple[pd.Series, list[Finding]]:
    carriers = [c.value for c in CARRIERS]
    name = str(options.carrier)
    if name not in text.frame.columns and name in carriers:
        return pd.Series(name, index=text.frame.index), []
    require(text.frame.columns, [name], text.source)
    told = {**{c: c for c in carriers}, **{c.label_de: c.value for c in CARRIERS}, **options.carriers}
    ours = text.frame[name].str.strip().map(told)
    strange = text.frame[name][ours.isna()]
    if len(strange):
        raise InputError(
            text.source,
            f"line {strange.index[0]}: {name} = {strange.iloc[0]!r} is no known carrier",
            f"one of {', '.join(told)}",
            "translate it with carriers: {" + str(strange.iloc[0]) + ": …}",
        )
    return ours.astype("str"), []


def _status(long: pd.DataFrame, options: Options) -> np.ndarray:
    """Return given, confidential, joint or unknown for each value."""
    said = long["cell"].fillna("") + " | " + long["remark"].fillna("")
    hidden = long["cell"].str.contains(CONFIDENTIAL, regex=True).fillna(False).astype("bool")
    hidden |= long["remark"].str.contains(CONFIDENTIAL, regex=True).fillna(False).astype("bool")
    if options.level not in SINGLE_LEVELS:
        hidden |= (long["connections"] > 0) & (long["connections"] < options.min_connections)
    shared = said.str.contains(JOINT, regex=True)
    known = long["energy_kwh_a"].notna()
    return np.select([hidden, shared, known], ["confidential", "joint", "given"], "unknown")


def _single(long: pd.DataFrame, options: Options, source: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row a unit, carrier and year: repetitions once, or several meters added."""
    key = ["unit_id", "carrier", "year"]
    again = long.duplicated(key)
    if not again.any():
        return long, []
    if options.repeated == "sum":
        return _added(long, key), finding(
            source,
            "added_meters",
            long.loc[again, "unit_id"],
            "weitere Zähler derselben Einheit, zur ersten Zeile addiert",
            "further meters of the same unit, added to its first row",
            "set_aside",
        )
    differing = long.drop_duplicates([*key, "energy_kwh_a", "status"])
    differing = differing[differing.duplicated(key)]
    if len(differing):
        row = differing.iloc[0]
        raise InputError(
            source,
            f"line {row['line']}: {row['unit_id']} has another value for {row['carrier']} {row['year']} than before",
            "one value a unit, carrier and year",
            "several meters a unit are added with repeated: sum",
        )
    return long[~again].reset_index(drop=True), finding(
        source,
        "repeated_row",
        long.loc[again, "unit_id"],
        "wiederholte Werte derselben Einheit, einmal gezählt",
        "repeated values of the same unit, counted once",
        "set_aside",
    )


def _added(long: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the sums; one unknown or confidential meter makes the sum so."""
    rank = {"given": 0, "joint": 1, "unknown": 2, "confidential": 3}
    worst = long.assign(rank=long["status"].map(rank)).groupby(key, sort=False)
    sums = worst["energy_kwh_a"].sum(min_count=1)
    out = worst.first().assign(
        energy_kwh_a=sums.where(worst["energy_kwh_a"].count() == worst.size()),
        connections=worst["connections"].sum(min_count=1),
        status=worst["rank"].max().map({v: k for k, v in rank.items()}),
    )
    return out.reset_index()


def _joint(
    long: pd.DataFrame, options: Options, source: str
) -> tuple[pd.DataFrame, list[Finding], dict[str, list[list[str]]]]:
    """Return the rows with joint meters marked and counted once, the finding, and their units by carrier."""
    group = _meter_groups(long, options)
    shared = group.notna()
    if not shared.any():
        return long, [], {}
    again = shared & group.duplicated()
    out = long.assign(status=long["status"].mask(shared, "joint"), energy_kwh_a=long["energy_kwh_a"].mask(again))
    names: dict[str, list[list[str]]] = {}
    for _, rows in long[shared].groupby(group[shared]):
        units = sorted(rows["unit_id"])
        listed = names.setdefault(str(rows["carrier"].iloc[0]), [])
        if units not in listed:
            listed.append(units)
            listed.sort()
    texts = "; ".join(f"{c}: {', '.join('/'.join(u) for u in groups)}" for c, groups in names.items())
    count = int(shared.sum())
    note = Finding(
        source,
        "joint_meter",
        count,
        first_ids(long.loc[shared, "unit_id"].drop_duplicates()),
        f"{count} Werte gehören zu Sammelzählern und zählen einmal, bei der ersten Einheit ({texts})",
        f"{count} values belong to joint meters and count once, at the first unit ({texts})",
    )
    return out, [note], names


def _meter_groups(long: pd.DataFrame, options: Options) -> pd.Series:
    """Return the number of the joint meter that a value belongs to; missing where it is the unit's own.

    Joint are values that the source calls so and that are equal, and units whose values of a carrier
    are equal in several years.
    """
    told = long[(long["status"] == "joint") & (long["energy_kwh_a"] > 0)]
    key = ["carrier", "year", "energy_kwh_a"]
    pairs = told[told.duplicated(key, keep=False)]
    group = pd.Series(np.nan, index=long.index)
    group.loc[pairs.index] = pairs.groupby(key).ngroup().astype("float64")
    known = long[(long["energy_kwh_a"] > 0) & (long["status"] == "given")]
    if known.empty:
        return group
    wide = known.pivot_table(index=["carrier", "unit_id"], columns="year", values="energy_kwh_a")
    wide = wide[wide.notna().sum(axis=1) >= options.joint_years].reset_index(["carrier", "unit_id"])
    columns = [c for c in wide.columns if c != "unit_id"]
    wide = wide[wide.duplicated(columns, keep=False)]
    if wide.empty:
        return group
    wide["meter"] = wide.groupby(columns, dropna=False).ngroup()
    meter = (
        known.reset_index().merge(wide[["carrier", "unit_id", "meter"]], on=["carrier", "unit_id"]).set_index("index")
    )
    offset = 0.0 if pairs.empty else float(group.max()) + 1
    group.loc[meter.index] = offset + meter.groupby(["meter", "year"]).ngroup()
    return group


def _table(long: pd.DataFrame, options: Options) -> pd.DataFrame:
    lacking = sorted(set(long["carrier"]) - set(options.energy_basis))
    if lacking:
        raise PlanError(f"source meters: energy_basis: {lacking[0]} is missing; hs, hi or useful")
    long = long.assign(level=options.level, energy_basis=long["carrier"].map(options.energy_basis))
    names = long["unit_id"] + "-" + long["carrier"] + "-" + long["year"].astype("str")
    index = pd.Index(names.to_numpy(), name=METERS.id, dtype="str")
    return pd.DataFrame({c.name: c.cast(long[c.name].set_axis(index), index) for c in METERS.columns})


def _notes(frame: pd.DataFrame, source: str) -> list[Finding]:
    out: list[Finding] = []
    for status, de, en in (
        ("confidential", "Werte geheim, unbekannt gelassen", "values confidential, left unknown"),
        ("unknown", "Werte unbekannt (nicht null)", "values unknown (not zero)"),
    ):
        rows = frame.index[(frame["status"] == status).to_numpy()]
        out += finding(source, f"{status}_value", rows, de, en)
    known = frame.assign(known=frame["energy_kwh_a"].notna() | (frame["status"] == "joint"))
    wide = known.pivot_table(index=["unit_id", "carrier"], columns="year", values="known", observed=True)
    partly = wide.index[(wide.any(axis=1) & ~wide.all(axis=1)).to_numpy()]
    out += finding(
        source,
        "known_in_some_years",
        [f"{u} {c}" for u, c in partly],
        "Einheiten, deren Energieträger nur in manchen Jahren bekannt ist",
        "units whose carrier is known in some years only",
    )
    return out
