"""The step that gives roof planes their radiation."""

import numpy as np
import pytest

from klimastep.contract import random_table
from klimastep.solar import IRRADIATION, irradiation
from klimastep.solar.irradiation import best_plane_kwh_m2a
from klimastep.tables import ROOFS
from klimastep.weather import yearly_on_planes


def test_planes_get_what_the_array_function_says(weather, make_roofs):
    roofs = make_roofs(("a", 30, 180, 50), ("a", 45, 90, 50), ("b", 0, np.nan, 50))
    out = irradiation(roofs, weather)
    expected = yearly_on_planes([30, 45, 0], [180, 90, 0], weather.sky())
    np.testing.assert_array_equal(out["irradiation_kwh_m2a"], expected)
    assert "irradiation_kwh_m2a" not in roofs


def test_only_flat_planes_may_lack_an_azimuth(weather, make_roofs):
    out = irradiation(make_roofs(("a", 4, np.nan, 50), ("a", 35, np.nan, 50)), weather)["irradiation_kwh_m2a"]
    assert out.iloc[0] == pytest.approx(weather.hourly["ghi_w_m2"].sum() / 1e3)
    assert np.isnan(out.iloc[1])


def test_brighter_ground_helps_steep_planes_only(weather, make_roofs):
    roofs = make_roofs(("a", 0, np.nan, 50), ("a", 90, 180, 50))
    dark, bright = (irradiation(roofs, weather, albedo_share=a)[IRRADIATION.name] for a in (0.1, 0.3))
    ghi = weather.hourly["ghi_w_m2"].sum() / 1e3
    np.testing.assert_allclose(bright - dark, [0, 0.2 * ghi / 2], atol=1e-9)


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_same_values_alone_and_together(weather, rows):
    roofs = random_table(ROOFS, rows, np.random.default_rng(rows))
    whole = irradiation(roofs, weather)[IRRADIATION.name]
    halves = [irradiation(part, weather)[IRRADIATION.name] for part in (roofs.iloc[::2], roofs.iloc[1::2])]
    for half in halves:
        np.testing.assert_array_equal(half, whole[half.index])


def test_no_roof_beats_the_best_plane(weather):
    best = best_plane_kwh_m2a(weather.sky())
    roofs = random_table(ROOFS, 500, np.random.default_rng(1))
    assert irradiation(roofs, weather)[IRRADIATION.name].max() <= best * 1.0005
    assert best > weather.hourly["ghi_w_m2"].sum() / 1e3
