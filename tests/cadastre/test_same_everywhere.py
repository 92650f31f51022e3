"""The same building has the same year, odds, envelope and keys in a run of its block, its district and its city."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep import cadastre
from klimastep.cadastre.age import AGE_COLUMNS
from klimastep.census import CENSUS_2011, bands_of
from klimastep.config import load_config
from klimastep.inputs import Inputs, read_sources
from klimastep.partition import apply_tiled, tiles
from klimastep.recipe.bench import with_all_columns
from klimastep.rundir import Recorder
from klimastep.sample import demo_plan, make_town
from klimastep.tables import BUILDINGS

SEED = 8118
KEYS = ["parcel_id", "block_id", "district_id", "street_id"]
ENVELOPE = [*(c.name for c in cadastre.party_walls.adds), *(c.name for c in cadastre.envelope.adds)]
COMPARED = [*KEYS, "year_built", "year_built_source", *(c.name for c in AGE_COLUMNS), *ENVELOPE]


@cache
def delivered() -> Inputs:
    """Return what the bundled town's files deliver, its cells fitted to its totals."""
    logging.disable(logging.WARNING)
    plan = demo_plan()
    inputs = read_sources(load_config(plan), plan.parent, Recorder())
    town = make_town().buildings
    known = town[town["is_residential"] & (town["year_built"] <= CENSUS_2011.census)]
    band = np.searchsorted([last for _, _, last in CENSUS_2011.bands], known["year_built"])
    totals = {
        "buildings": {name: float((band == i).sum()) for i, name in enumerate(CENSUS_2011.names)},
        "dwellings": {n: float(known["dwellings"][band == i].sum()) for i, n in enumerate(CENSUS_2011.names)},
    }
    cells = inputs.tables["cells"]
    inputs.tables["cells"] = cadastre.heal(cells, bands_of(cells.columns), totals).cells
    logging.disable(logging.NOTSET)
    return inputs


def stock(chosen: pd.Index, estimate: str = "drawn") -> gpd.GeoDataFrame:
    """Return the stock of a run that was given only some of the buildings."""
    inputs = delivered()
    (name, kind, footprints), *others = inputs.buildings
    merged, _, _ = cadastre.merge([(name, kind, footprints.loc[chosen]), *others])
    merged, _ = cadastre.clean(with_all_columns(merged, BUILDINGS))
    table = cadastre.use(cadastre.assign_keys(merged, inputs.tables))
    table, _ = cadastre.default_years(table)
    counts, key = cadastre.age_counts(table, inputs.tables)
    table = cadastre.age_from_areas(table, counts, key, estimate=estimate, seed=SEED)
    return cadastre.whole_sizes(cadastre.envelope(cadastre.party_walls(table)))


@cache
def city(estimate: str = "drawn") -> gpd.GeoDataFrame:
    """Return the stock of a run of the whole town."""
    return stock(delivered().buildings[0][2].index, estimate)


def around(own: pd.Index) -> pd.Index:
    """Return the buildings, and those near enough to share a wall with one of them."""
    shapes = city().geometry
    near = shapely.STRtree(shapes.array).query(
        shapes.loc[own].array, predicate="dwithin", distance=cadastre.party_walls.halo_m
    )[1]
    return city().index[np.unique(near)]


@pytest.mark.parametrize(("key", "estimate"), [("block_id", "drawn"), ("district_id", "likeliest")])
def test_a_run_of_each_area_is_the_citys(key, estimate):
    whole = city(estimate)
    areas = whole.groupby(key).groups
    for name in sorted(areas)[:: max(1, len(areas) // 5)]:
        own = areas[name]
        part = stock(around(own), estimate).loc[own, COMPARED]
        pd.testing.assert_frame_equal(pd.DataFrame(part), pd.DataFrame(whole.loc[own, COMPARED]), check_exact=True)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 200))
def test_a_run_of_any_buildings_in_any_order_is_the_citys(seed, count):
    rng = np.random.default_rng(seed)
    own = city().index[rng.choice(len(city()), count, replace=False)]
    files = around(own)
    part = stock(files[rng.permutation(len(files))])
    exact = [c for c in COMPARED if c not in ENVELOPE]
    pd.testing.assert_frame_equal(
        pd.DataFrame(part.loc[own, exact]), pd.DataFrame(city().loc[own, exact]), check_exact=True
    )
    pd.testing.assert_frame_equal(pd.DataFrame(part.loc[own, ENVELOPE]), pd.DataFrame(city().loc[own, ENVELOPE]))


@settings(max_examples=3, deadline=None)
@given(st.sampled_from([60.0, 150.0, 333.0, 5000.0]), st.sampled_from([1, 2, 5]))
def test_any_tiling_on_any_number_of_threads_is_the_citys(size_m, threads):
    whole = city()
    with ThreadPoolExecutor(threads) as pool:
        walls = apply_tiled(cadastre.party_walls, whole, size_m, executor=pool)
        pd.testing.assert_series_equal(walls["party_wall_area_m2"], whole["party_wall_area_m2"], check_exact=True)
        pieces = [whole.index[near] for _, near in tiles(whole, size_m, cadastre.party_walls.halo_m)]
        own = [whole.index[mine] for mine, _ in tiles(whole, size_m, cadastre.party_walls.halo_m)]
        few = range(0, len(pieces), max(1, len(pieces) // 2))
        for i, part in zip(few, pool.map(stock, [pieces[i] for i in few]), strict=True):
            pd.testing.assert_frame_equal(
                pd.DataFrame(part.loc[own[i], COMPARED]), pd.DataFrame(whole.loc[own[i], COMPARED]), check_exact=True
            )


def test_the_draw_hangs_on_seed_and_id_and_has_the_ages_of_the_odds():
    table = city().assign(year_built=pd.array([pd.NA] * len(city()), dtype="Int16"))
    counts, key = cadastre.age_counts(table, delivered().tables)
    runs = [
        cadastre.age_from_areas(table, counts, key, estimate="drawn", seed=seed)["year_built"] for seed in (1, 1, 2)
    ]
    assert runs[0].equals(runs[1])
    assert (runs[0] != runs[2]).mean() > 0.5
    odds = cadastre.age_from_areas(table, counts, key)["built_before_1979_share"]
    assert (runs[0] < 1979).mean() == pytest.approx(odds.mean(), abs=0.03)


def test_odds_of_hidden_years_find_the_true_class_better_than_the_towns_mean():
    known = city()["year_built_source"].isin(cadastre.KNOWN_YEAR) & city()["dwellings"].isna()
    table = city().assign(
        year_built=city()["year_built"].mask(known), year_built_source=city()["year_built_source"].mask(known)
    )
    names = [c.name for c in cadastre.P_AGE]
    true = city().loc[known, names].to_numpy().argmax(axis=1)
    counts, key = cadastre.age_counts(table, delivered().tables)
    odds = cadastre.age_from_areas(table, counts, key).loc[known, names].to_numpy()
    plain = cadastre.age_from_areas(table, counts, key.str.split("/").str[0]).loc[known, names].to_numpy()
    mean = np.nanmean(plain, axis=0)
    lived = city().loc[known, "use_class"].isin(["residential", "mixed"]).to_numpy() & np.isfinite(odds[:, 0])
    rows = np.flatnonzero(lived)

    def score(p):
        return float(np.log(np.maximum(p[rows, true[rows]], 1e-6)).mean())

    assert score(odds) > score(plain) > score(np.tile(mean, (len(true), 1)))
