"""One building stock out of several deliveries: match by official id, then by overlap; the first source wins."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from klimastep.contract import source_of
from klimastep.findings import Finding, first_ids
from klimastep.geo import best_overlap
from klimastep.tables import BUILDINGS

SOURCED = {c.name.removesuffix("_source") for c in BUILDINGS.columns if c.name.endswith("_source")}


def merge(
    deliveries: Sequence[tuple[str, str, pd.DataFrame]],
) -> tuple[gpd.GeoDataFrame, dict[str, pd.Series], list[Finding]]:
    """Merge what several sources say of the buildings.

    Parameters
    ----------
    deliveries : sequence of (name, kind, table)
        In order of precedence; `kind` is what ``<attribute>_source`` shall say ("cadastre", "survey", …).
        The first table with geometries gives the footprints; the others fill what is unknown.

    Returns
    -------
    buildings : GeoDataFrame
    matches : dict of str to Series
        For each later delivery with geometries: its building ids → ids of the stock (unknown where unmatched).
    findings : list of Finding
        Rows of later deliveries that match no building, and buildings that a delivery does not know.
    """
    base_at = next(i for i, (_, _, table) in enumerate(deliveries) if isinstance(table, gpd.GeoDataFrame))
    name, kind, first = deliveries[base_at]
    stock = _with_source(gpd.GeoDataFrame(first.copy(), crs=first.crs), kind)
    matches: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    # what stands before the footprints in the plan has precedence over them, what stands behind has not
    for place, (other_name, other_kind, table) in enumerate(deliveries):
        if place == base_at:
            continue
        ids = _match(stock, table)
        if isinstance(table, gpd.GeoDataFrame):
            matches[other_name] = ids
        stock = _fill(stock, _with_source(table, other_kind), ids, overwrite=place < base_at)
        findings += _unmatched(other_name, name, ids, stock)
    return stock, matches, findings


def _with_source(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    added = {}
    for name in sorted(SOURCED):
        if name in table and f"{name}_source" not in table:
            said = table[name].notna().map({True: kind, False: None})
            added[f"{name}_source"] = source_of(name, name, name).cast(said, table.index)
    return table.assign(**added)


def _match(stock: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.Series:
    ids = pd.Series(table.index.where(table.index.isin(stock.index)), index=table.index, dtype="str")
    if isinstance(table, gpd.GeoDataFrame):
        rest = table[ids.isna()]
        ids = ids.where(ids.notna(), best_overlap(rest, gpd.GeoDataFrame(stock)).reindex(table.index))
    return ids


def _fill(stock: gpd.GeoDataFrame, table: pd.DataFrame, ids: pd.Series, overwrite: bool) -> gpd.GeoDataFrame:
    known = ids.dropna()
    rows = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).loc[known.index]
    rows = rows.set_axis(pd.Index(known.to_numpy(), name=stock.index.name))
    rows = rows[~rows.index.duplicated()].reindex(stock.index)
    new = {}
    for column in rows.columns:
        if column.endswith("_source") and column.removesuffix("_source") in rows:
            continue
        theirs = rows[column]
        if column not in stock:
            taken = theirs.notna()
            new[column] = theirs
        else:
            taken = theirs.notna() & (overwrite | stock[column].isna())
            new[column] = stock[column].mask(taken, theirs)
        source = f"{column}_source"
        if source in rows:
            old = stock[source] if source in stock else pd.Series(None, index=stock.index).astype(rows[source].dtype)
            new[source] = old.mask(taken, rows[source])
    return stock.assign(**new)


def _unmatched(name: str, base: str, ids: pd.Series, stock: gpd.GeoDataFrame) -> list[Finding]:
    findings = []
    lost = ids.index[ids.isna()]
    if len(lost):
        findings.append(
            Finding(
                name,
                "no_building",
                len(lost),
                first_ids(lost),
                f"{len(lost)} Zeilen aus {name} passen zu keinem Gebäude in {base}.",
                f"{len(lost)} rows of {name} match no building of {base}.",
            )
        )
    without = stock.index.difference(pd.Index(ids.dropna()))
    if len(without):
        findings.append(
            Finding(
                name,
                "not_covered",
                len(without),
                first_ids(without),
                f"{len(without)} Gebäude kommen in {name} nicht vor.",
                f"{len(without)} buildings do not occur in {name}.",
                "note",
            )
        )
    return findings
