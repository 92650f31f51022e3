"""Buildings to blocks, districts, streets or zones, by each column's own rule; totals are conserved."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from klimastep.contract import Column
from klimastep.errors import ContractError

BUILDING_COUNT = Column(
    "building_count", "Int32", "", "Gebäude", "Buildings", "Buildings in the area.", min=0, aggregate="sum"
)
HEATED_COUNT = Column(
    "heated_count", "Int32", "", "beheizte Gebäude", "Heated buildings", "Heated buildings in the area.", min=0
)
KNOWN_HEAT_SHARE = Column(
    "known_footprint_share",
    "float64",
    "1",
    "Abdeckung (bekannte Grundfläche)",
    "Coverage (known footprint)",
    "Share of the heated footprint whose heat could be computed.",
    nullable=True,
    min=0,
    max=1,
    palette="Greys",
    limits=(0.5, 0.8, 0.95),
)
COUNTS = (BUILDING_COUNT, HEATED_COUNT, KNOWN_HEAT_SHARE)
OUTSIDE = "outside"
TOLERANCE = 1e-9


def aggregated_columns(columns: Iterable[Column]) -> list[Column]:
    """Return the declarations that `columns` turn into after aggregation."""
    return [c.aggregated() for c in columns if c.aggregate != "none"] + list(COUNTS)


def aggregate(
    buildings: pd.DataFrame, columns: Iterable[Column], key: str, ids: pd.Index, heat: str = "expected_heat_kwh_a"
) -> pd.DataFrame:
    """Aggregate building columns to the areas that `key` names.

    Parameters
    ----------
    buildings : DataFrame
    columns : iterable of Column
        Those with a rule other than "none" are aggregated.
    key : str
        Column of `buildings` that holds the area's id.
    ids : Index
        Areas wanted; areas without buildings get zero sums and unknown means.
    heat : str
        Column that must be known for a building to count as covered.

    Returns
    -------
    DataFrame, shape (len(ids), …)
        Columns as :func:`aggregated_columns`.

    Notes
    -----
    A sum takes known values only; how much of the area they cover is told by ``known_footprint_share``. It is
    unknown where the area has buildings but none of them a known value, and zero where it has no building.
    A mean is weighted by floor area, or by the column that its declaration names.
    """
    groups = buildings[key]
    empty = ~ids.isin(groups)
    out: dict[str, pd.Series] = {}
    for column in columns:
        if column.aggregate == "none" or column.name not in buildings:
            continue
        out[column.aggregated().name] = _aggregate_one(buildings, column, groups).reindex(ids)
        if column.aggregate in ("sum", "count"):
            out[column.name] = out[column.name].mask(empty, 0.0)
    frame = pd.DataFrame(out, index=ids)
    return frame.assign(**_counts(buildings, groups, ids, heat))


def _aggregate_one(buildings: pd.DataFrame, column: Column, groups: pd.Series) -> pd.Series:
    values = buildings[column.name]
    if column.aggregate == "count":
        return values.notna().groupby(groups).sum().astype("float64")
    numbers = values.astype("float64")
    if column.aggregate == "sum":
        return numbers.groupby(groups).sum(min_count=1)
    if column.aggregate == "max":
        return numbers.groupby(groups).max()
    weight = buildings[column.weight].astype("float64").where(numbers.notna())
    total = weight.groupby(groups).sum()
    return (numbers * weight).groupby(groups).sum() / total.where(total > 0)


def _counts(buildings: pd.DataFrame, groups: pd.Series, ids: pd.Index, heat: str) -> dict[str, pd.Series]:
    heated = buildings["is_heated"].astype(bool)
    footprint = buildings["footprint_m2"].where(heated, 0.0)
    total = footprint.groupby(groups).sum().reindex(ids)
    known = (
        footprint.where(buildings[heat].notna(), 0.0).groupby(groups).sum().reindex(ids)
        if heat in buildings
        else pd.Series(np.nan, index=ids)
    )
    return {
        BUILDING_COUNT.name: groups.groupby(groups).size().reindex(ids).fillna(0).astype("Int32"),
        HEATED_COUNT.name: heated.groupby(groups).sum().reindex(ids).fillna(0).astype("Int32"),
        KNOWN_HEAT_SHARE.name: known / total.where(total > 0),
    }


def conserve(buildings: pd.DataFrame, areas: pd.DataFrame, columns: Iterable[Column], key: str) -> dict[str, float]:
    """Check that sums over areas plus the buildings in no area equal the sum over buildings.

    Returns
    -------
    dict of str to float
        The largest relative difference per summed column.

    Raises
    ------
    ContractError
        Where a total is not conserved.
    """
    differences = {}
    outside = ~buildings[key].isin(areas.index)
    for column in columns:
        if column.aggregate != "sum" or column.name not in buildings or column.name not in areas:
            continue
        whole = float(buildings[column.name].astype("float64").sum())
        parts = float(areas[column.name].sum()) + float(buildings.loc[outside, column.name].astype("float64").sum())
        differences[column.name] = abs(whole - parts) / max(abs(whole), 1.0)
    broken = [f"{areas.index.name}: {name} is not conserved" for name, d in differences.items() if d > TOLERANCE]
    if broken:
        raise ContractError(broken)
    return differences
