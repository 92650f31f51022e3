"""Corrections by hand come before everything: matched to the stock by id or outline, kept through all later steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Column, source_of
from klimastep.correctable import CORRECTABLE, CORRECTIONS
from klimastep.findings import Finding, Severity, first_ids
from klimastep.geo import best_overlap
from klimastep.reference import load
from klimastep.tables import BUILDINGS

SOURCE = "survey"  # what a person who was there says
MIN_OVERLAP_SHARE = 0.5  # of the larger outline: two buildings that do not overlap cannot both reach it
MAX_TEXT = 500
TRUE = ("ja", "j", "wahr", "true", "yes", "1")
FALSE = ("nein", "n", "falsch", "false", "no", "0")
# Outcomes: the reason in German and English, and whether the correction was left out.
OUTCOMES: dict[str, tuple[str, str, Severity]] = {
    "unknown_table": ("andere Tabelle als buildings", "another table than buildings", "set_aside"),
    "unknown_column": ("Merkmal unbekannt", "unknown column", "set_aside"),
    "not_correctable": ("Merkmal wird berechnet und ist nicht korrigierbar", "column is computed", "set_aside"),
    "unusable_value": ("Wert passt nicht zum Merkmal", "value does not fit the column", "set_aside"),
    "no_building": (
        "kein Gebäude mit dieser Kennung oder diesem Umriss",
        "no building of this id or outline",
        "set_aside",
    ),
    "superseded": ("von einer späteren Korrektur überholt", "overruled by a later correction", "set_aside"),
    "by_outline": ("angewandt, am Umriss wiedererkannt", "applied, recognised by the outline", "note"),
    "applied": ("angewandt", "applied", "note"),
}
REMARKS = {
    "no_outline": (
        "Korrekturen ohne Umriss gehen verloren, wenn das Kataster die Kennung ändert",
        "corrections without an outline are lost when the cadastre changes the id",
    ),
    "unsigned": ("Korrekturen ohne Angabe, wer, wann oder warum", "corrections that do not say who, when or why"),
}


class Corrected(NamedTuple):
    """What corrections mean for a stock.

    Parameters
    ----------
    pins : dict of str to Series
        Corrected values by column, on the ids of their buildings; see :func:`keep`.
    record : list of dict
        Every correction with its building, the value that it replaces and what became of it.
    findings : list of Finding
        By outcome; those left out are set aside.
    """

    pins: dict[str, pd.Series]
    record: list[dict[str, Any]]
    findings: list[Finding]


def corrected(buildings: gpd.GeoDataFrame, corrections: pd.DataFrame) -> Corrected:
    """Return what corrections mean for the buildings.

    A correction belongs to the building of its id, unless its outline lies wholly elsewhere; else to the building
    that shares at least half of the larger of both outlines. Of two corrections of one value the later holds,
    on the same day the one further down.

    Parameters
    ----------
    buildings : GeoDataFrame
        The stock as the sources tell it.
    corrections : DataFrame
        Table ``corrections``; nothing in it is trusted.
    """
    rows = pd.DataFrame(corrections[[c.name for c in CORRECTIONS.columns]]).astype("object")
    rows = rows.where(rows.notna(), None)
    told = [_understood(row) for row in rows.itertuples(index=False)]
    frame = rows.assign(
        outcome=[outcome for outcome, _, _ in told],
        column=[column.name if column else row for (_, column, _), row in zip(told, rows["column"], strict=True)],
        meant=pd.Series([value for _, _, value in told], index=rows.index, dtype="object"),
    )
    frame["building_id"], by_outline = _matched(buildings, frame)
    good = frame["outcome"] == "applied"
    frame.loc[good & by_outline, "outcome"] = "by_outline"
    frame.loc[good & frame["building_id"].isna(), "outcome"] = "no_building"
    frame = _latest(frame)
    holds = frame[frame["outcome"].isin(("applied", "by_outline"))]
    pins = _pins(holds)
    return Corrected(pins, _record(frame, buildings), _findings(frame))


def keep(buildings: gpd.GeoDataFrame, pins: Mapping[str, pd.Series]) -> gpd.GeoDataFrame:
    """Return `buildings` with the corrected values in place, whatever a step has computed there since."""
    new = {}
    for name, values in pins.items():
        if name not in buildings:
            continue
        rows = buildings.index.get_indexer(values.index)
        column = buildings[name].copy()
        column.iloc[rows[rows >= 0]] = values.to_numpy()[rows >= 0]
        new[name] = column
    return buildings.assign(**new)


def parse(column: Column, text: str) -> Any:
    """Return what a person wrote as a value of a column: label or word of the vocabulary, ja or nein, number.

    Raises
    ------
    ValueError
        The text is none of its values.

    Examples
    --------
    >>> parse(BUILDINGS["storeys"], "2,5")
    2.5
    >>> parse(BUILDINGS["use_class"], "Wohnen")
    'residential'
    """
    plain = text.strip().casefold()
    if column.dtype == "category":
        words = {w.casefold(): c.value for c in column.categories for w in (c.label_en, c.label_de, c.value)}
        if plain not in words:
            raise ValueError(f"one of {', '.join(c.label_de for c in column.categories)}")
        return words[plain]
    if column.dtype == "bool":
        if plain not in (*TRUE, *FALSE):
            raise ValueError("ja or nein")
        return plain in TRUE
    if column.dtype == "str":
        if len(text) > MAX_TEXT or not text.isprintable():
            raise ValueError(f"a line of at most {MAX_TEXT} characters")
        return text.strip()
    number = float(plain.replace(",", "."))  # ValueError for what is no number
    low = -math.inf if column.min is None else column.min
    high = math.inf if column.max is None else column.max
    whole = column.dtype != "float64"
    if not math.isfinite(number) or not low <= number <= high or (whole and number % 1):
        raise ValueError(f"a number from {low:g} to {high:g}")
    return int(number) if whole else number


def _understood(row: Any) -> tuple[str, Column | None, Any]:
    """Return the outcome of reading a row, its column and its value."""
    if (row.table or BUILDINGS.name).casefold() not in (BUILDINGS.name, BUILDINGS.label_de.casefold()):
        return "unknown_table", None, None
    named = (row.column or "").strip().casefold()
    column = next((c for c in CORRECTABLE if named in (c.name, c.label_de.casefold())), None)
    if column is None:
        known = {name for c in BUILDINGS.columns for name in (c.name, c.label_de.casefold())}
        return ("not_correctable" if named in known else "unknown_column"), None, None
    try:
        return "applied", column, parse(column, row.value or "")
    except ValueError:
        return "unusable_value", column, None


def _matched(buildings: gpd.GeoDataFrame, frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the building of each correction, and whether its outline had to find it."""
    outlines = np.asarray(shapely.from_wkt(frame["outline"].to_numpy(), on_invalid="ignore"))
    place = buildings.index.get_indexer(pd.Index(frame["id"].fillna("")))
    shapes = np.asarray(buildings.geometry.array)[place] if len(buildings) else np.full(len(frame), None)
    drawn = ~shapely.is_missing(outlines)
    by_id = (place >= 0) & (~drawn | shapely.intersects(outlines, shapes))
    ids = frame["id"].where(by_id)
    rest = np.flatnonzero(drawn & ~by_id)
    there = gpd.GeoDataFrame(geometry=outlines[rest], index=frame.index[rest], crs=buildings.crs)
    found = best_overlap(there, buildings, MIN_OVERLAP_SHARE).reindex(frame.index)
    ids = ids.where(by_id, found).astype("object")
    return ids.where(ids.notna(), None), pd.Series(~by_id, index=frame.index) & ids.notna()


def _latest(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with every correction but the last of a value marked as overruled."""
    order = frame[frame["building_id"].notna() & frame["outcome"].isin(("applied", "by_outline"))]
    order = order.assign(day=order["when"].fillna("")).sort_values("day", kind="stable")
    older = order.index[order.duplicated(["building_id", "column"], keep="last")]
    return frame.assign(outcome=frame["outcome"].mask(frame.index.isin(older), "superseded"))


def _pins(holds: pd.DataFrame) -> dict[str, pd.Series]:
    pins: dict[str, pd.Series] = {}
    for name, rows in holds.groupby("column", sort=True):
        index = pd.Index(rows["building_id"], name=BUILDINGS.id, dtype="str")
        pins[str(name)] = BUILDINGS[str(name)].cast(pd.Series(rows["meant"].to_numpy(), index=index), index)
        if any(c.name == f"{name}_source" for c in BUILDINGS.columns):
            pins[f"{name}_source"] = source_of(str(name), "", "").cast([SOURCE] * len(index), index)
    return pins | _heated_by_use(pins)


def _heated_by_use(pins: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return whether buildings with a corrected use are heated, where all functions of this use agree on it.

    A barn that became a dwelling is heated, though its function in the cadastre says otherwise.
    """
    if "use_class" not in pins:
        return {}
    codes = load("use_codes").groupby("use_class")["heated"].agg(set)
    sure = {use: "yes" in words for use, words in codes.items() if len(words - {"maybe"}) == 1}
    by_use = pins["use_class"].astype("object").map(sure).dropna().astype("bool")
    known = pins.get("is_heated", by_use.iloc[:0])
    both = pd.concat([known, by_use[~by_use.index.isin(known.index)]])
    source = pd.Series(np.where(both.index.isin(known.index), SOURCE, "estimated"), index=both.index)
    return {"is_heated": both, "is_heated_source": source_of("is_heated", "", "").cast(source, both.index)}


def _record(frame: pd.DataFrame, buildings: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return every correction for the checks: who, when and why stay with the value."""
    before = pd.Series(None, index=frame.index, dtype="object")
    for name, rows in frame[frame["building_id"].notna()].groupby("column"):
        if name in buildings:
            before[rows.index] = buildings.loc[rows["building_id"], name].astype("str").to_numpy()
    told = frame.drop(columns=["meant", "outline", "table"]).assign(
        before=before.where(before.notna(), None), outcome_de=[OUTCOMES[o][0] for o in frame["outcome"]]
    )
    told = told.rename_axis("correction").reset_index()
    return [dict(zip(told.columns, row, strict=True)) for row in told.itertuples(index=False)]


def _findings(frame: pd.DataFrame) -> list[Finding]:
    shown = [
        f"{row[0]} ({row[1] or '–'}: {row[2]} = {str(row[3])[:40]})"
        for row in frame[["id", "column", "value"]].itertuples()
    ]
    names = pd.Series(shown, index=frame.index, dtype="object")
    found = []
    for kind, (de, en, severity) in OUTCOMES.items():
        found += _finding(
            f"correction_{kind}", names[frame["outcome"] == kind], f"Korrekturen: {de}", f"corrections: {en}", severity
        )
    unsigned = frame[["who", "when", "why"]].isna().any(axis=1)
    for kind, rows in (("no_outline", frame["outline"].isna()), ("unsigned", unsigned)):
        found += _finding(f"correction_{kind}", names[rows], *REMARKS[kind], "note")
    return found


def _finding(kind: str, names: pd.Series, de: str, en: str, severity: Severity) -> list[Finding]:
    if names.empty:
        return []
    ids = first_ids(names)
    tail = f": {', '.join(ids)}{', …' if len(names) > len(ids) else ''}"
    return [
        Finding("cadastre", kind, len(names), ids, f"{len(names)} {de}{tail}", f"{len(names)} {en}{tail}", severity)
    ]
