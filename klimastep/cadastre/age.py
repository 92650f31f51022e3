"""Construction year and age-class probabilities: given years, one-value-per-block defaults, counts per area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.cadastre.age_cells import cell_counts, cell_keys
from klimastep.cadastre.wholes import lead_ids, whole_ids
from klimastep.census import CENSUS_2011, Bands
from klimastep.contract import Column, source_of
from klimastep.findings import Finding, first_ids
from klimastep.reference import load
from klimastep.tables import BUILT_BEFORE_1979

YEAR_SOURCE = source_of("year_built", "Baujahr", "Year built")
KNOWN_YEAR = ("measured", "cadastre", "survey")
MIN_BUILDINGS_FOR_DEFAULT = 5
OLDEST, NEWEST = 1800, 2026
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


def age_counts(
    buildings: gpd.GeoDataFrame, tables: Mapping[str, Any], bands: Bands = CENSUS_2011
) -> tuple[pd.DataFrame | None, pd.Series | None]:
    """Return the counts of buildings per period that are known, and the area id of each building.

    The city's own counts per block or district ("age_counts") come before the census cells ("cells"). The parts of
    a building have the area of the largest of them.
    """
    if "age_counts" in tables:
        counts = tables["age_counts"]
        areas = set(counts["unit_id"])
        key = next(
            (buildings[k] for k in ("block_id", "district_id", "parcel_id") if buildings[k].isin(areas).any()), None
        )
    elif "cells" in tables:
        counts, key = cell_counts(tables["cells"], bands), cell_keys(buildings, tables["cells"])
    else:
        return None, None
    if key is None:
        return counts, None
    return counts, pd.Series(key.reindex(lead_ids(buildings)).array, index=buildings.index)


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


def census_class_shares(periods: Bands = CENSUS_2011) -> pd.DataFrame:
    """Return the share of each TABULA age class in each age band of a census, shape (bands, classes)."""
    bands = pd.DataFrame(periods.bands, columns=["unit_id", "year_from", "year_to"])
    return class_shares(bands.assign(buildings=1.0)).reindex(bands["unit_id"])


def age_from_areas(
    buildings: gpd.GeoDataFrame,
    counts: pd.DataFrame | None,
    key: pd.Series | None,
    *,
    estimate: Literal["likeliest", "drawn"] = "likeliest",
    seed: int = 0,
) -> gpd.GeoDataFrame:
    """Return `buildings` with the age-class probabilities `p_age_<class>_share` and `built_before_1979_share`.

    A year that is knowledge makes one class certain, and the year of a building's part is that of the parts
    without one. Where the year is unknown or a default, the counts of the building's area say the probabilities;
    where there are none, a default year makes its class certain and an unknown year stays unknown. A missing year
    is estimated from the probabilities. Nothing depends on which other buildings are there, but for parts.

    Parameters
    ----------
    buildings : GeoDataFrame
        With `year_built`, `year_built_source`.
    counts : DataFrame or None
        As for :func:`class_shares`.
    key : Series or None
        Area id of each building, on the buildings' index.
    estimate : {"likeliest", "drawn"}
        A missing year is the middle of the likeliest class, or drawn from the probabilities: many drawn years
        together have the ages of the census, a single one says little.
    seed : int
        Of the draw, which hangs on it and the building's id alone.
    """
    classes = load("age_classes")
    names = [c.name for c in P_AGE]
    buildings = _years_of_parts(buildings)
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
    guess = _drawn(shares, whole_ids(buildings), seed) if estimate == "drawn" else _likeliest(shares)
    source = YEAR_SOURCE.cast(buildings["year_built_source"], buildings.index).mask(
        pd.Series(missing, index=buildings.index), "estimated"
    )
    filled = pd.Series(np.where(missing, guess, year), index=buildings.index).astype("Int16")
    return out.assign(year_built=filled, year_built_source=source)


def _years_of_parts(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give parts without a year the known one of their building, of several that of the largest part."""
    known = buildings["year_built"].notna() & (buildings["year_built_source"] != "default")
    whole = whole_ids(buildings)
    if not (known & whole.duplicated(keep=False)).any():
        return buildings
    year = pd.Series(buildings["year_built"].reindex(lead_ids(buildings, known)).array, index=buildings.index)
    filled = ~known & year.notna()
    source = YEAR_SOURCE.cast(buildings["year_built_source"], buildings.index).mask(filled, "estimated")
    return buildings.assign(year_built=buildings["year_built"].mask(filled, year), year_built_source=source)


def _spans() -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last year of each class, open ends cut to what stands."""
    classes = load("age_classes")
    return classes["year_from"].clip(lower=OLDEST).to_numpy(), classes["year_to"].clip(upper=NEWEST).to_numpy()


def _likeliest(shares: np.ndarray) -> np.ndarray:
    first, last = _spans()
    result: np.ndarray = ((first + last) // 2)[np.argmax(np.nan_to_num(shares, nan=-1), axis=1)]
    return result


def _drawn(shares: np.ndarray, ids: pd.Series, seed: int) -> np.ndarray:
    """Return a year drawn from the class probabilities by a hash of the building's id. [a]"""
    first, last = _spans()
    text = ids.to_numpy(dtype=object)
    chance, place = (pd.util.hash_array(text, hash_key=f"{seed % 10**14:014d}{salt:02d}") / 2.0**64 for salt in (1, 2))
    summed = np.cumsum(np.nan_to_num(shares), axis=1)
    row = np.minimum((summed <= chance[:, None] * summed[:, -1:]).sum(axis=1), shares.shape[1] - 1)
    width = (last - first + 1)[row]
    result: np.ndarray = first[row] + np.minimum((place * width).astype(np.int64), width - 1)
    return result
