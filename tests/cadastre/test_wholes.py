"""Parts are of one age and one size class with their building."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from klimastep import cadastre
from klimastep.cadastre.age import P_AGE, age_counts, age_from_areas
from klimastep.cadastre.wholes import lead_ids, whole_ids
from klimastep.contract import random_table
from klimastep.heat.stock import size_classes
from klimastep.tables import BUILDINGS


def parts(widths, parents, years=None, sources=None, **columns):
    n = len(widths)
    frame = random_table(BUILDINGS, n, np.random.default_rng(0)).drop(columns="geometry")
    frame.index = pd.Index([f"b{i}" for i in range(n)], name="building_id", dtype="str")
    years = years or [None] * n
    sources = sources or ["cadastre" if y else None for y in years]
    shapes = [box(i * 100, 0, i * 100 + w, 10) for i, w in enumerate(widths)]
    known = {
        "parent_id": pd.array(parents, dtype="str"),
        "year_built": pd.array(years, dtype="Int16"),
        "year_built_source": BUILDINGS["year_built_source"].cast(sources, frame.index),
        "use_class": BUILDINGS["use_class"].cast(["residential"] * n, frame.index),
    }
    return gpd.GeoDataFrame(frame.assign(**known, **columns), geometry=shapes, crs=25832)


def test_a_row_without_a_parent_is_a_building():
    assert whole_ids(parts([5, 5, 5], ["p", "p", None])).tolist() == ["p", "p", "b2"]
    assert lead_ids(parts([5, 9, 9], ["p", "p", "p"])).tolist() == ["b1"] * 3  # of equals the first by id


def test_the_stair_tower_of_a_tenement_is_no_house():
    house = parts([30, 3, 9], ["p", "p", None], floor_area_m2=[1200.0, 80.0, 90.0], dwellings=np.nan)
    alone, _ = size_classes(house)
    whole, estimated = size_classes(cadastre.whole_sizes(house))
    assert [int(alone[0]), int(whole[0])] == [3, 3]  # AB
    assert int(alone[1]) in (0, 1)
    assert int(whole[1]) == 3
    assert whole[2] == alone[2]
    assert estimated.all()


def test_known_dwellings_of_parts_add_up():
    house = parts([9, 9], ["p", "p"], floor_area_m2=[200.0, 200.0], dwellings=[2.0, 2.0])
    assert cadastre.whole_sizes(house)["whole_dwellings"].tolist() == [4.0, 4.0]
    assert size_classes(cadastre.whole_sizes(house))[0].tolist() == [2, 2]  # MFH


def test_parts_take_the_known_year_of_the_largest_and_keep_their_own():
    aged = age_from_areas(parts([5, 9, 7, 4], ["p"] * 3 + [None], [None, 1905, 1965, None]), None, None)
    assert aged["year_built"].tolist()[:3] == [1905, 1905, 1965]
    assert aged["year_built_source"].tolist()[:3] == ["estimated", "cadastre", "cadastre"]
    assert aged["p_age_b_share"].tolist()[:2] == [1.0, 1.0]
    assert pd.isna(aged["year_built"].iloc[3])


def test_parts_in_two_blocks_have_the_ages_of_one():
    house = parts([5, 9], ["p", "p"], block_id=pd.array(["1", "2"], dtype="str"))
    rows = [("1", 1919, 1948, 4.0), ("2", 1949, 1957, 4.0)]
    table = pd.DataFrame(rows, columns=["unit_id", "year_from", "year_to", "buildings"])
    aged = age_from_areas(house, *age_counts(house, {"age_counts": table}))
    assert aged["p_age_d_share"].tolist() == [1.0, 1.0]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["likeliest", "drawn"]))
def test_parts_of_one_building_have_one_age_in_any_order(seed, estimate):
    rng = np.random.default_rng(seed)
    house = parts(rng.uniform(3, 20, 12), rng.choice(["p", "q", "r"], 12), block_id=pd.array(["1"] * 12, dtype="str"))
    table = pd.DataFrame(
        [("1", 1919, 1948, 4.0), ("1", 1979, 1983, 5.0)], columns=["unit_id", "year_from", "year_to", "buildings"]
    )

    def run(frame):
        return age_from_areas(frame, *age_counts(frame, {"age_counts": table}), estimate=estimate, seed=seed)

    aged = run(house)
    assert len(aged.drop_duplicates(["parent_id", "year_built"])) == aged["parent_id"].nunique()
    names = [c.name for c in P_AGE]
    mixed = run(house.iloc[rng.permutation(12)]).loc[house.index]
    pd.testing.assert_frame_equal(mixed[[*names, "year_built"]], aged[[*names, "year_built"]])
    assert aged["p_age_c_share"].tolist() == pytest.approx([4 / 9] * 12)
