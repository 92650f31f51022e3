"""Heat per metre of street by hand, its classes, and totals that are conserved."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep.contract import random_table
from klimastep.errors import ContractError
from klimastep.heat import line_density, line_density_columns, line_density_totals, route_length
from klimastep.tables import BUILDINGS, STREETS
from klimastep.zones.indicators.line_density import compute

CLASSES = STREETS["road_class"].vocabulary


def _streets(lengths, classes):
    frame = random_table(STREETS, len(lengths), np.random.default_rng(0))
    return frame.assign(length_m=lengths, road_class=pd.Categorical(classes, CLASSES))


def _buildings(streets, heat, metres, heated=None):
    frame = random_table(BUILDINGS, len(heat), np.random.default_rng(1))
    return frame.assign(
        street_id=pd.array(streets, dtype="str"),
        expected_heat_kwh_a=np.array(heat, dtype="float64"),
        connection_length_m=np.array(metres, dtype="float64"),
        is_heated=heated if heated is not None else True,
    )


def test_three_houses_at_one_street_by_hand():
    streets = _streets([50.0, 80.0, 30.0], ["residential", "service", "path"])
    houses = _buildings(["street_0"] * 3 + [None], [20_000, 30_000, 40_000, 7_000], [8, 10, 12, np.nan])
    out = line_density(streets, houses)
    first = out.loc["street_0"]
    assert first["expected_heat_kwh_a"] == 90_000
    assert (first["connections"], first["connection_length_m"]) == (3, 30)
    assert first["line_density_kwh_ma"] == 90_000 / 50
    assert first["line_density_with_connections_kwh_ma"] == 90_000 / (50 + 30)
    assert first["line_density_class"] == "built_areas"
    assert out.loc["street_1", ["expected_heat_kwh_a", "connections", "line_density_kwh_ma"]].tolist() == [0, 0, 0]
    assert out.loc["street_1", "line_density_class"] == "low"
    assert out.loc["street_2", ["expected_heat_kwh_a", "line_density_kwh_ma"]].isna().all()
    assert out.loc["street_2", "line_density_class"] == "no_route"
    totals, found = line_density_totals(houses, out)
    assert (totals["sections_kwh_a"], totals["unassigned_kwh_a"], totals["buildings_kwh_a"]) == (90_000, 7_000, 97_000)
    assert (found[0].count, found[0].ids) == (1, ("building_3",))
    assert (totals["route_m"], totals["connection_m"]) == (130, 30)


def test_unheated_houses_are_no_connections_and_unknown_heat_is_not_zero():
    streets = _streets([100.0, 100.0], ["main", "main"])
    houses = _buildings(
        ["street_0", "street_0", "street_1", "street_1"], [np.nan, 5_000, np.nan, 9], [5, 5, 5, 5], [True, False] * 2
    )
    out = line_density(streets, houses)
    assert out["connections"].tolist() == [1, 1]
    assert out["line_density_kwh_ma"].isna().all()
    assert out["line_density_class"].isna().all()


@pytest.mark.parametrize(
    ("kwh", "key"),
    [(0, "low"), (69_999, "low"), (70_000, "new_areas"), (150_000, "built_areas"), (200_000, "obstacles")],
)
def test_classes_begin_at_their_limit(kwh, key):
    out = line_density(_streets([100.0], ["main"]), _buildings(["street_0"], [kwh], [10]))
    assert out["line_density_class"].tolist() == [key]


def test_limits_and_source_of_the_plan_stand_in_class_and_legend():
    limits = (1.0, 2.5, 3.0)
    out = line_density(_streets([100.0], ["main"]), _buildings(["street_0"], [99_000], [10]), limits_mwh_ma=limits)
    assert out["line_density_class"].tolist() == ["low"]
    numbers, _, classes = line_density_columns(limits, "Energieatlas")
    assert numbers.limits == (1000, 2500, 3000)
    assert classes.label_de.endswith("nach Energieatlas")
    assert classes.categories[1].label_de.startswith("1 – 2,5\u202fMWh/(m·a): ")
    assert line_density_columns(limits)[2].label_de.endswith("laut Plan")
    assert "Leitfaden Wärmeplanung 2024 (aus zweiter Hand)" in line_density_columns()[2].label_de
    assert classes.vocabulary == line_density_columns()[2].vocabulary


def test_the_route_of_an_area_and_its_mean_density():
    streets = line_density(
        _streets([60.0, 40.0], ["main", "main"]),
        houses := _buildings(["street_0", "street_0", "street_0", "street_1", None], [10, 20, 30, 50, 5], [1.0] * 5),
    )
    out = route_length(houses, streets)
    assert out["route_length_m"].tolist()[:4] == [20, 20, 20, 40]
    assert out["route_length_m"].isna().tolist() == [False] * 4 + [True]
    areas = pd.DataFrame({"expected_heat_kwh_a": [110.0, 0.0], "route_length_m": [100.0, 0.0]})
    assert compute(areas).tolist()[0] == (60 * (60 / 60) + 40 * (50 / 40)) / 100  # mean weighted by length
    assert np.isnan(compute(areas)[1])


def test_lost_heat_is_noticed():
    houses = _buildings(["street_0"], [10.0], [1.0])
    streets = line_density(_streets([60.0], ["main"]), houses)
    with pytest.raises(ContractError, match="kWh/a apart"):
        line_density_totals(houses, streets.assign(expected_heat_kwh_a=9.0))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_totals_are_conserved_in_any_order(seed, count):
    rng = np.random.default_rng(seed)
    streets = _streets(rng.uniform(5, 300, 9), ["main"] * 9)
    there = rng.choice(np.array([*streets.index, None], dtype=object), count)
    heat = np.where(rng.random(count) < 0.1, np.nan, rng.uniform(0, 1e5, count))
    houses = _buildings(there, heat, rng.uniform(0, 60, count), rng.random(count) < 0.8)
    out = line_density(streets, houses)
    totals, _ = line_density_totals(houses, out)
    assert totals["sections_kwh_a"] + totals["unassigned_kwh_a"] == pytest.approx(totals["buildings_kwh_a"])
    with_pipes, without = out["line_density_with_connections_kwh_ma"], out["line_density_kwh_ma"]
    assert ((with_pipes <= without) | without.isna()).all()
    mixed = line_density(streets.iloc[rng.permutation(9)], houses.iloc[rng.permutation(count)]).loc[streets.index]
    pd.testing.assert_frame_equal(mixed, out, rtol=1e-12)
