from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from klimastep import heat, sources, weather
from klimastep.contract import check
from klimastep.heat.profiles import clearness


@pytest.fixture(scope="module")
def potsdam_year() -> weather.Weather:
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=4)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    return weather.prepare(reading.tables["weather"], **place)


@pytest.fixture(scope="module")
def bdew(potsdam_year: weather.Weather) -> heat.LoadShapes:
    return heat.load_shapes(potsdam_year)


@pytest.mark.parametrize("profile", ["bdew", "vdi4655"])
def test_shapes_sum_to_one_and_heat_more_when_it_is_cold(profile: Any, potsdam_year: weather.Weather) -> None:
    shapes = heat.load_shapes(potsdam_year, profile)
    cold = weather.hourly_climate(potsdam_year).temp_external_degc
    for kind in ("single_unit", "multi_unit", "office"):
        space, water = shapes.space_heat[kind], shapes.hot_water[kind]
        assert space.sum() == pytest.approx(1.0)
        assert water.sum() == pytest.approx(1.0)
        assert min(space.min(), water.min()) >= 0
        assert np.corrcoef(space, cold)[0, 1] < -0.6
        assert abs(np.corrcoef(water, cold)[0, 1]) < 0.6


def test_clearness_is_a_share(potsdam_year: weather.Weather) -> None:
    clear = clearness(potsdam_year)
    assert len(clear) == 365
    assert 0 < clear.min() < clear.max() < 0.85


def test_simultaneity_at_known_points() -> None:
    found = heat.simultaneity(np.array([0, 1, 53.84382392, 200]))
    assert found.tolist() == pytest.approx([1.0, 1.0, 0.449677646267461 + 0.551234688 / 2, 0.49931], rel=1e-4)
    assert (np.diff(heat.simultaneity(np.arange(1, 400))) <= 0).all()


def test_the_load_of_a_network_is_below_the_sum_of_its_houses() -> None:
    areas = pd.DataFrame({"heat_load_kw": [100.0, 100.0, 0.0, np.nan], "heated_count": [1, 200, 0, 3]})
    found = heat.network_load(areas)["network_load_kw"].to_numpy()
    np.testing.assert_allclose(found, [100.0, 49.931, 0.0, np.nan], rtol=1e-4)


def test_duration_curve_by_hand() -> None:
    assert heat.duration_curve(np.array([1.0, 5.0, 3.0]), 3).tolist() == [5.0, 3.0, 1.0]


def test_curves_hold_the_heat_of_their_zones(houses: Any, potsdam: Any, bdew: heat.LoadShapes) -> None:
    table = houses({}, {"use_class": "office"}, {"dwellings": 8.0}, {"floor_area_m2": np.nan})
    table = heat.expected(heat.demand(table, potsdam), potsdam).assign(zone_id=["a", "a", "b", "b"])
    curves = heat.duration_curves(table, bdew)
    check(curves, heat.LOAD_CURVES)
    assert len(curves) == 2 * 101
    load = heat.hourly_load(table, bdew)
    assert load.sum() == pytest.approx(table["expected_heat_kwh_a"].sum())
    for zone, rows in curves.groupby("zone_id"):
        known = table.loc[table["zone_id"] == zone, "expected_heat_kwh_a"].sum()
        assert np.trapezoid(rows["load_kw"], rows["duration_share"]) * 8760 == pytest.approx(known, rel=0.005)
        assert (np.diff(rows["load_kw"]) <= 0).all()


def test_no_zone_no_curve(houses: Any, potsdam: Any, bdew: heat.LoadShapes) -> None:
    table = heat.expected(heat.demand(houses(), potsdam), potsdam).assign(zone_id=None)
    assert heat.duration_curves(table, bdew).empty
