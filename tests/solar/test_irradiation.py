"""The step that gives roof planes their radiation."""

import numpy as np
import pytest

from klimastep.contract import random_table
from klimastep.rasters import Patch
from klimastep.solar import IRRADIATION, Shading, Surroundings, irradiation
from klimastep.solar.irradiation import best_plane_kwh_m2a, crown_shares
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


class Level:
    """A height model of one height, known everywhere."""

    resolution_m = 1.0

    def __init__(self, height, reach=500.0):
        self.height, self.bounds = height, (-reach, -reach, reach, reach)

    def read(self, bounds, *, resolution_m=None):
        step = resolution_m or 1.0
        west, south, east, north = (step * round(b / step) for b in bounds)
        shape = max(round((north - south) / step), 1), max(round((east - west) / step), 1)
        x, y = np.meshgrid(west + step * (np.arange(shape[1]) + 0.5), north - step * (np.arange(shape[0]) + 0.5))
        return Patch(np.asarray(self.height(x, y), dtype=np.float32), west, north, step)


def test_crowns_let_through_what_the_plan_says_and_more_in_winter(weather, make_roofs):
    """A row of trees stands south of a flat roof."""
    roofs = make_roofs(("a", 0, np.nan, 100)).assign(eaves_m=100.0)
    ground = Level(lambda x, _y: np.full_like(x, 100.0))
    trees = Level(lambda x, y: np.where((y > -12) & (y < -6) & (x > -30) & (x < 40), 15.0, 0.0))

    def run(through=None, canopy=trees):
        return irradiation(roofs, weather, shading=Shading(Surroundings(surface=ground, canopy=canopy), 64, through))

    free, usual = run(canopy=None).iloc[0], run().iloc[0]
    assert usual["irradiation_kwh_m2a"] < 0.9 * free["irradiation_kwh_m2a"]
    assert run((1.0,) * 12).iloc[0]["irradiation_kwh_m2a"] == pytest.approx(free["irradiation_kwh_m2a"], rel=1e-5)
    dense, thin = (run((s,) * 12).iloc[0]["irradiation_kwh_m2a"] for s in (0.0, 0.5))
    assert thin == pytest.approx((dense + free["irradiation_kwh_m2a"]) / 2, rel=1e-4)
    bare_in_june = run((0.0,) * 5 + (1.0,) + (0.0,) * 6).iloc[0]
    assert bare_in_june["irradiation_06_kwh_m2"] == pytest.approx(free["irradiation_06_kwh_m2"], rel=1e-5)
    assert bare_in_june["irradiation_07_kwh_m2"] < 0.98 * free["irradiation_07_kwh_m2"]
    all_year = run((crown_shares()[6],) * 12).iloc[0]
    assert usual["irradiation_12_kwh_m2"] > 1.2 * all_year["irradiation_12_kwh_m2"], "no leaves in December"
    assert usual["irradiation_07_kwh_m2"] == pytest.approx(all_year["irradiation_07_kwh_m2"], rel=1e-6)


def test_without_a_surface_model_the_surface_is_drawn_on_the_terrain(weather, make_roofs):
    """A ridge of 60 m rises 80 m south of a flat roof whose eaves are known; in the north it takes next to nothing."""
    roofs = make_roofs(("a", 0, np.nan, 100)).assign(eaves_m=106.0)

    def run(terrain):
        return irradiation(roofs, weather, shading=Shading(Surroundings(terrain=terrain))).iloc[0]

    plain = run(Level(lambda x, _y: np.full_like(x, 100.0)))
    south = run(Level(lambda _x, y: np.where(y < -80, 160.0, 100.0)))
    north = run(Level(lambda _x, y: np.where(y > 90, 160.0, 100.0)))
    assert plain["shading_loss_share"] < 1e-4
    assert south["shading_loss_share"] > 0.1
    assert north["shading_loss_share"] < 0.3 * south["shading_loss_share"]
    assert south["irradiation_12_kwh_m2"] < 0.4 * plain["irradiation_12_kwh_m2"]
    assert south["shading_basis"] == "buildings"
    assert south["sky_view_share"] < 0.95 < plain["sky_view_share"]


def test_a_hill_beyond_the_near_range_takes_the_winter_sun(weather, make_roofs):
    """It rises 300 m, a kilometre south: at noon in December the sun stands below its top (17.7 and 16.7 degrees)."""
    roofs = make_roofs(("a", 0, np.nan, 100)).assign(eaves_m=106.0)

    def run(terrain):
        return irradiation(roofs, weather, shading=Shading(Surroundings(terrain=terrain))).iloc[0]

    plain = run(Level(lambda x, _y: np.full_like(x, 100.0), 3000.0))
    hill = run(Level(lambda _x, y: np.where(y < -1000, 420.0, 100.0), 3000.0))
    months = [f"irradiation_{m:02d}_kwh_m2" for m in (6, 12)]
    june, december = (hill[months] / plain[months]).tolist()
    assert june > 0.97
    assert december < 0.6
