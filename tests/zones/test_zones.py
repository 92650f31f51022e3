"""Aggregation conserves, ranking follows weights and direction, sentences say why."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from klimastep import zones
from klimastep.contract import Column, random_table
from klimastep.errors import ContractError, PlanError
from klimastep.tables import BUILDINGS, ZONES
from klimastep.zones import indicators
from klimastep.zones.criteria import ranks, scores, weighted
from klimastep.zones.robustness import class_certainty

HEAT = Column("expected_heat_kwh_a", "float64", "kWh/a", "Wärme", "Heat", nullable=True, min=0, aggregate="sum")
RATE = Column("rate_kwh_m2a", "float64", "kWh/(m²·a)", "Kennwert", "Rate", nullable=True, min=0, aggregate="mean")
NAMES = ["heat_density", "saving_potential", "solar_cover", "built_before_1979"]


def _buildings(**columns):
    n = len(next(iter(columns.values())))
    frame = random_table(BUILDINGS, n, np.random.default_rng(3))
    return frame.assign(**{"is_heated": True, "footprint_m2": 100.0, "floor_area_m2": 100.0} | columns)


def test_sum_mean_share_and_counts_by_hand():
    buildings = _buildings(
        block_id=["k", "k", "l", None],
        expected_heat_kwh_a=[10.0, np.nan, 5.0, 7.0],
        rate_kwh_m2a=[10.0, 40.0, 7.0, 1.0],
        floor_area_m2=[300.0, 100.0, 50.0, 10.0],
        is_heated=[True, False, True, True],
    )
    ids = pd.Index(["k", "l", "empty"], name="block_id")
    out = zones.aggregate(buildings, [HEAT, RATE, BUILDINGS["is_heated"]], "block_id", ids)
    assert out["expected_heat_kwh_a"].tolist() == [10, 5, 0]
    assert out["rate_kwh_m2a"].tolist()[:2] == [(10 * 300 + 40 * 100) / 400, 7]
    assert np.isnan(out["rate_kwh_m2a"]["empty"])
    assert out["is_heated_share"].tolist()[:2] == [0.75, 1]
    assert out["building_count"].tolist() == [2, 1, 0]
    assert out["heated_count"].tolist() == [1, 1, 0]
    assert out["known_footprint_share"].tolist()[:2] == [1, 1]


def test_a_sum_of_nothing_known_is_unknown_not_zero():
    buildings = _buildings(block_id=["k", "k", "l"], expected_heat_kwh_a=[np.nan, np.nan, 0.0])
    out = zones.aggregate(buildings, [HEAT], "block_id", pd.Index(["k", "l", "empty"], name="block_id"))
    assert np.isnan(out["expected_heat_kwh_a"]["k"])
    assert out["expected_heat_kwh_a"][["l", "empty"]].tolist() == [0, 0]


def test_lost_energy_is_noticed():
    buildings = _buildings(block_id=["k", "k"], expected_heat_kwh_a=[10.0, 5.0])
    good = zones.aggregate(buildings, [HEAT], "block_id", pd.Index(["k"], name="block_id"))
    assert zones.conserve(buildings, good, [HEAT], "block_id")["expected_heat_kwh_a"] == 0
    with pytest.raises(ContractError, match="not conserved"):
        zones.conserve(buildings, good.assign(expected_heat_kwh_a=14.0), [HEAT], "block_id")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(0, 1e9)), min_size=1, max_size=40))
def test_totals_are_conserved(rows):
    buildings = _buildings(
        block_id=pd.array([r[0] for r in rows], dtype="str"), expected_heat_kwh_a=[r[1] for r in rows]
    )
    sums = zones.aggregate(buildings, [HEAT], "block_id", pd.Index(["a", "b", "c"], name="block_id"))
    assert zones.conserve(buildings, sums, [HEAT], "block_id")["expected_heat_kwh_a"] <= 1e-9


def test_scores_clip_and_keep_the_unknown():
    values = np.array([0.0, 10.0, np.nan, 5.0])
    assert scores(values, True, 0.0)[[0, 1, 3]].tolist() == [0, 1, 0.5]
    assert scores(values, False, 0.0)[[0, 1, 3]].tolist() == [1, 0, 0.5]
    assert np.isnan(scores(values, True)[2])
    assert scores(np.array([3.0, 3.0]), True).tolist() == [0.5, 0.5]


def test_weighted_sum_by_hand_and_redistribution():
    score = np.array([[1.0, 0.0], [0.5, np.nan], [np.nan, np.nan]])
    total, share = weighted(score, np.array([3.0, 1.0]))
    assert total[:2].tolist() == [0.75, 0.5]
    assert np.isnan(total[2])
    assert share[0].tolist() == [1, 0]


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=12),
    st.lists(st.floats(0.1, 5), min_size=3, max_size=3),
    st.floats(0.1, 100),
)
def test_scaling_all_weights_changes_no_rank(score, weights, factor):
    first, _ = weighted(np.array(score), np.array(weights))
    second, _ = weighted(np.array(score), factor * np.array(weights))
    assert (ranks(np.round(first, 9)) == ranks(np.round(second, 9))).all()


def _areas():
    areas = gpd.GeoDataFrame(
        {
            "name": ["Weststadt", "Oststadt", "Südstadt", "Wald"],
            "area_m2": [1e4] * 4,
            "expected_heat_kwh_a": [9e5, 1e5, 3e5, 0.0],
            "heat_saving_kwh_a": [4e5, 1e4, 1e5, 0.0],
            "pv_yield_kwh_a": [1e4, 9e4, 9e4, 0.0],
            "route_length_m": [400.0, 300.0, 300.0, np.nan],
            "built_before_1979_share": [0.9, 0.1, 0.5, np.nan],
            "known_footprint_share": [1.0, 1.0, 0.9, np.nan],
        },
        index=pd.Index(["w", "o", "s", "x"], name="zone_id"),
        geometry=[box(i, 0, i + 1, 1) for i in range(4)],
        crs="EPSG:25832",
    )
    return indicators.compute(areas, NAMES)


def test_priority_and_sentence():
    ranked = zones.explain(zones.prioritise(_areas(), dict.fromkeys(NAMES, 1.0)), NAMES)
    assert ranked["priority_rank"].tolist()[:3] == [1, 3, 2]
    assert ranked["priority_class"].tolist() == ["very_high", "medium", "high", "not_ranked"]
    west = ranked.loc["w"]
    assert west["reason_de"].startswith("Weststadt, Handlungsbedarf sehr hoch (bleibt es in ")
    assert "hoher Wärmebedarf je Hektar" in west["reason_de"] or "Einsparpotenzial" in west["reason_de"]
    assert west["reason_de"].endswith("dagegen spricht die geringe Dacheignung.")
    assert "nicht eingestuft" in ranked.loc["x", "reason_de"]
    shares = ranked[[f"{n}_contribution" for n in NAMES]].sum(axis=1)
    assert shares[["w", "o", "s"]].to_numpy() == pytest.approx(1)


def test_zones_with_little_known_are_not_ranked():
    areas = _areas().assign(known_footprint_share=[0.5, 1.0, 1.0, 1.0])
    ranked = zones.explain(zones.prioritise(areas, dict.fromkeys(NAMES, 1.0)), NAMES)
    assert ranked.loc["w", "priority_class"] == "not_ranked"
    assert pd.isna(ranked.loc["w", "priority_rank"])
    assert "50 %" in ranked.loc["w", "reason_de"]


def test_unknown_indicator_names_the_known():
    with pytest.raises(PlanError, match="heat_density"):
        indicators.load("heat_densitty")


@pytest.mark.parametrize("name", indicators.names())
def test_each_indicator_declares_what_it_returns(name):
    module = indicators.load(name)
    values = module.compute(_areas())
    assert len(values) == 4
    assert module.INDICATOR.reason_high_de
    assert module.INDICATOR.reason_low_en
    assert set(module.INDICATOR.needs) <= set(_areas().columns)


def test_certainty_is_one_without_a_choice_and_falls_where_criteria_disagree():
    def first_only(rank):
        return np.where(rank <= 1, "first", "other")

    rng = np.random.default_rng(1)
    clear = class_certainty(np.array([[1.0, 1.0], [0.5, 0.5]]), np.array([1.0, 1.0]), first_only, rng)
    assert clear.tolist() == [1, 1]
    split = class_certainty(np.array([[1.0, 0.0], [0.0, 0.99]]), np.array([1.0, 1.0]), first_only, rng)
    assert 0.3 < split[0] < 0.7
    assert np.isnan(class_certainty(np.array([[np.nan, np.nan]]), np.array([1.0, 1.0]), first_only, rng)[0])


def test_certainty_is_the_same_in_every_run():
    first = zones.prioritise(_areas(), dict.fromkeys(NAMES, 1.0), seed=3)["rank_certainty_share"]
    second = zones.prioritise(_areas(), dict.fromkeys(NAMES, 1.0), seed=3)["rank_certainty_share"]
    pd.testing.assert_series_equal(first, second)


def test_zones_made_of_blocks_have_the_buildings_of_the_blocks():
    buildings = random_table(BUILDINGS, 3, np.random.default_rng(0)).assign(
        block_id=pd.array(["a", "b", "weg"], dtype="str")
    )
    areas = random_table(ZONES, 2, np.random.default_rng(0)).set_axis(pd.Index(["a", "b"], name="zone_id"))
    assert zones.assign(buildings, areas, "block_id")["zone_id"].to_list()[:2] == ["a", "b"]
    assert zones.assign(buildings, areas, "block_id")["zone_id"].isna().to_list() == [False, False, True]


def test_values_that_differ_by_rounding_only_score_alike():
    noise = 0.7337671 * (1 + 1e-15 * np.arange(20))
    assert set(scores(noise, True)) == {0.5}


def test_squares_of_a_grid_do_not_depend_on_the_part_of_the_city():
    shapes = [box(x, y, x + 10, y + 10) for x, y in ((5, 5), (240, 5), (251, 5), (600, 600))]
    town = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:25832")
    squares = zones.grid(town, 250.0)
    assert list(squares.index) == ["250mE0N0", "250mE250N0", "250mE500N500"]
    assert set(zones.grid(town.iloc[2:], 250.0).index) <= set(squares.index)
    assert zones.assign(town, zones.from_areas(squares)).zone_id.notna().all()
