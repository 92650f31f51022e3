"""Construction year and age-class probabilities: given years, one-value-per-block defaults, counts per area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Column, source_of
from klimastep.findings import Finding, first_ids
from klimastep.geo import within
from klimastep.reference import load
from klimastep.tables import BUILT_BEFORE_1979, CENSUS_AGE_BANDS

YEAR_SOURCE = source_of("year_built", "Baujahr", "Year built")
MIN_BUILDINGS_FOR_DEFAULT = 5
FIRST_INSULATION_RULE = 1979


def _letters() -> list[str]:
    return load("age_classes")["age_class"].str.lower().tolist()


P_AGE: tuple[Column, ...] = tuple(
    Column(
        f"p_age_{letter}_share",
        "float64",
        "1",
        f"Wahrscheinlichkeit Altersklasse {letter.upper()}",
        f"Probability of age class {letter.upper()}",
        "Probability that the building belongs to the TABULA age class; unknown where nothing is known.",
        nullable=True,
        min=0,
        max=1,
    )
    for letter in _letters()
)


AGE_COLUMNS = (*P_AGE, BUILT_BEFORE_1979)


def age_counts(buildings: gpd.GeoDataFrame, tables: Mapping[str, Any]) -> tuple[pd.DataFrame | None, pd.Series | None]:
    """Return the counts of buildings per period that are known, and the area id of each building.

    The city's own counts per block or district ("age_counts") come before the census cells ("cells").
    """
    if "age_counts" in tables:
        counts = tables["age_counts"]
        areas = set(counts["unit_id"])
        key = next(
            (buildings[k] for k in ("block_id", "district_id", "parcel_id") if buildings[k].isin(areas).any()), None
        )
        return counts, key
    if "cells" in tables:
        return cell_counts(tables["cells"]), within(buildings, tables["cells"])
    return None, None


def cell_counts(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the buildings per period of census cells in long form."""
    parts = [
        pd.DataFrame(
            {"unit_id": cells.index, "year_from": begin, "year_to": end, "buildings": cells[f"buildings_{band}"]}
        )
        for band, begin, end in CENSUS_AGE_BANDS
        if f"buildings_{band}" in cells
    ]
    return pd.concat(parts, ignore_index=True)


def default_years(buildings: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Mark years as ``default`` where a block knows only one value.

    Real construction years differ within a block. Where most blocks with five or more dated buildings have
    one single year each, the years come from a rule and not from knowledge.

    Returns
    -------
    buildings : DataFrame
        With `year_built_source` set to "default" on all such rows.
        What a person surveyed neither counts for this nor becomes a default.
    findings : list of Finding
    """
    known = buildings["year_built"].notna() & (buildings["year_built_source"] != "survey")
    dated = buildings[known & buildings["block_id"].notna()]
    per_block = dated.groupby("block_id")["year_built"].agg(["size", "nunique"])
    large = per_block[per_block["size"] >= MIN_BUILDINGS_FOR_DEFAULT]
    if large.empty or (large["nunique"] == 1).mean() < 0.5:
        return buildings, []
    single = large.index[large["nunique"] == 1]
    rows = known & buildings["block_id"].isin(single)
    if (large["nunique"] == 1).all():
        rows = known
    source = YEAR_SOURCE.cast(buildings["year_built_source"], buildings.index).mask(rows, "default")
    count = int(rows.sum())
    finding = Finding(
        "cadastre",
        "one_year_per_block",
        count,
        first_ids(buildings.index[rows]),
        f"{count} Baujahre sind kein Wissen: je Block steht nur ein einziger Wert ({len(single)} Blöcke).",
        f"{count} years are no knowledge: each block has one single value ({len(single)} blocks).",
    )
    return buildings.assign(year_built_source=source), [finding]


def class_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each TABULA age class in each area, from counts per period.

    A period that spans several classes is split by years; an open beginning (before 1860) counts as its
    last 60 years.

    Parameters
    ----------
    counts : DataFrame
        Columns `unit_id`, `year_from`, `year_to`, `buildings`.

    Returns
    -------
    DataFrame, shape (areas, classes)
        Rows sum to 1; areas without a known count are left out.
    """
    known = counts[counts["buildings"].fillna(0) > 0]
    begin = np.maximum(known["year_from"].to_numpy("float64"), known["year_to"].to_numpy("float64") - 59)
    end = known["year_to"].to_numpy("float64") + 1
    classes = load("age_classes")
    lower = classes["year_from"].to_numpy("float64")
    upper = classes["year_to"].to_numpy("float64") + 1
    overlap = (
        np.clip(np.minimum(end[:, None], upper[None, :]) - np.maximum(begin[:, None], lower[None, :]), 0, None)
        / (end - begin)[:, None]
    )
    weighted = pd.DataFrame(
        overlap * known["buildings"].to_numpy("float64")[:, None],
        columns=[c.name for c in P_AGE],
        index=pd.Index(known["unit_id"], name="unit_id"),
    )
    sums = weighted.groupby(level=0).sum()
    return sums.div(sums.sum(axis=1), axis=0)


def census_class_shares() -> pd.DataFrame:
    """Return the share of each TABULA age class in each age band of the census, shape (10, classes)."""
    bands = pd.DataFrame(CENSUS_AGE_BANDS, columns=["unit_id", "year_from", "year_to"])
    return class_shares(bands.assign(buildings=1.0)).reindex(bands["unit_id"])


def age_from_areas(buildings: pd.DataFrame, counts: pd.DataFrame | None, key: pd.Series | None) -> pd.DataFrame:
    """Return `buildings` with the age-class probabilities `p_age_<class>_share` and `built_before_1979_share`.

    A year that is knowledge makes one class certain. Where the year is unknown or a default, the counts of
    the building's area say the probabilities; where there are none, a default year makes its class certain
    and an unknown year stays unknown. A missing year is filled with the middle of the likeliest class and
    marked ``estimated``.

    Parameters
    ----------
    buildings : DataFrame
        With `year_built`, `year_built_source`.
    counts : DataFrame or None
        As for :func:`class_shares`.
    key : Series or None
        Area id of each building, on the buildings' index.
    """
    classes = load("age_classes")
    names = [c.name for c in P_AGE]
    year = buildings["year_built"].astype("float64").to_numpy()
    shares = np.full((len(buildings), len(names)), np.nan)
    if counts is not None and key is not None:
        shares = class_shares(counts).reindex(key.to_numpy()).to_numpy()
    certain = ~np.isnan(year) & ((buildings["year_built_source"] != "default").to_numpy() | np.isnan(shares[:, 0]))
    place = np.searchsorted(classes["year_from"].to_numpy(), year, side="right") - 1
    one_hot = np.eye(len(names))[np.clip(place, 0, len(names) - 1)]
    shares = np.where(certain[:, None], one_hot, shares)
    old = shares[:, (classes["year_to"] < FIRST_INSULATION_RULE).to_numpy()].sum(axis=1).clip(0, 1)
    out = buildings.assign(**{n: shares[:, i] for i, n in enumerate(names)}, **{BUILT_BEFORE_1979.name: old})
    missing = np.isnan(year) & ~np.isnan(shares[:, 0])
    middle = ((classes["year_from"].clip(lower=1860) + classes["year_to"].clip(upper=2026)) // 2).to_numpy()
    likeliest = middle[np.argmax(np.nan_to_num(shares, nan=-1), axis=1)]
    filled = np.where(missing, likeliest, year)
    source = YEAR_SOURCE.cast(buildings["year_built_source"], buildings.index).mask(
        pd.Series(missing, index=buildings.index), "estimated"
    )
    return out.assign(year_built=pd.Series(filled, index=buildings.index).astype("Int16"), year_built_source=source)
