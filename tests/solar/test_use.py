"""Losses, orientations, self-consumption, costs, collectors, limits, balance by month: by hand and by invariants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimastep import solar
from klimastep.contract import check
from klimastep.solar import electricity, losses, orientation
from klimastep.solar.balance import points_kwh_a
from klimastep.solar.collectors import collector_kwh_m2a
from klimastep.solar.economy import cost_eur_kwp
from klimastep.solar.photovoltaic import module_sides
from klimastep.weather import PlaneHours, yearly_on_planes

ROW = losses.numbers()


def constant_sun(radiation=800.0, degc=25.0, planes=1, hours=8760):
    """Return a year of the same sun in every hour."""
    month = np.arange(hours) * 12 // hours
    shape = np.full((hours, planes), radiation)
    return PlaneHours(shape, np.full(hours, degc), np.full(hours, 1.0), month)


def test_a_performance_ratio_by_hand():
    hourly = solar.hourly_kwh_kwp(constant_sun(), "performance_ratio", 0.8)
    assert hourly.shape == (8760, 1)
    assert hourly.sum() == pytest.approx(0.8 * 0.8 * 8760)
    assert losses.yearly_share(constant_sun(), "performance_ratio", 0.8) == pytest.approx([0.8])


def test_pvlib_losses_by_hand():
    """Faiman: 25 + 800 / (25 + 6.84) °C; PVWatts: power 1 - 0.0035 (T - 25), losses multiplied, inverter near 96 %."""
    cell = 25 + 800 / (25 + 6.84)
    kept = np.prod([1 - ROW[f"pvwatts_{k}"] / 100 for k in
                    ("soiling", "mismatch", "wiring", "connections", "lid", "nameplate", "availability")])  # fmt: skip
    direct = 0.8 * (1 + ROW["gamma_pdc"] * (cell - 25)) * kept
    rated = ROW["inverter_ac_share"] / 0.96
    part = direct / rated
    efficiency = 0.96 / 0.9637 * (-0.0162 * part - 0.0059 / part + 0.9858)
    found = solar.hourly_kwh_kwp(constant_sun(), "pvlib", 0.8)[0, 0]
    assert found == pytest.approx(direct * efficiency, rel=1e-6)
    assert 0.75 < found / 0.8 < 0.8
    dark = constant_sun(radiation=0.0)
    assert solar.hourly_kwh_kwp(dark, "pvlib", 0.8).max() == 0
    bright = solar.hourly_kwh_kwp(constant_sun(radiation=1400.0, degc=-10), "pvlib", 0.8)
    assert bright.max() == pytest.approx(ROW["inverter_ac_share"]), "the inverter holds the power"


def lit(roofs, weather):
    """Return roofs with radiation and usable area."""
    return solar.usable(solar.irradiation(roofs, weather))


def test_yield_by_pvlib_is_near_that_of_one_ratio(weather, make_roofs):
    roofs = lit(make_roofs(("a", 30, 180, 50), ("a", 0, np.nan, 100), ("a", 40, 97, 50)), weather)
    one = solar.photovoltaic(roofs, weather)["pv_yield_kwh_a"]
    hours = solar.photovoltaic(roofs, weather, losses="pvlib")["pv_yield_kwh_a"]
    assert (hours / one).between(0.95, 1.08).all()
    assert not np.allclose(hours, one)


@pytest.mark.parametrize("losses", ["performance_ratio", "pvlib"])
def test_the_mean_of_pvlib_is_the_yield_by_pvlib_over_the_ideal(weather, make_roofs, losses):
    roofs = lit(make_roofs(("a", 35, 180, 50), ("b", 0, np.nan, 90)), weather)
    chosen = solar.photovoltaic(roofs, weather, losses=losses)
    mean = solar.mean_pvlib_ratio(chosen, weather, losses=losses)
    ideal = solar.photovoltaic(roofs, weather, performance_ratio=1.0)["pv_yield_kwh_a"].sum()
    real = solar.photovoltaic(roofs, weather, losses="pvlib")["pv_yield_kwh_a"].sum()
    assert mean == pytest.approx(real / ideal, rel=1e-9)
    assert solar.mean_pvlib_ratio(chosen.iloc[:0], weather, losses=losses) is None


@given(st.floats(0, 90), st.floats(0, 360))
def test_orientations_between_grid_points(tilt, azimuth):
    points, weights = orientation.between(np.array([tilt]), np.array([azimuth]))
    assert weights.sum() == pytest.approx(1)
    assert (weights >= -1e-12).all()
    tilts = orientation.grid().tilt_deg[points]
    assert (tilts * weights).sum() == pytest.approx(tilt, abs=1e-9)


def test_the_grid_stands_for_the_planes_between(weather):
    """Below a cloudless sky, the worst case, planes between the points are within 4 %, on average within 0.6 %."""
    rng = np.random.default_rng(4)
    tilt, azimuth = rng.uniform(0, 60, 300), rng.uniform(0, 360, 300)
    hours = solar.grid_hours(weather, 0.2)
    sums = hours.radiation_w_m2.sum(axis=0) / 1e3
    own = yearly_on_planes(tilt, azimuth, weather.sky(0.2))
    deviation = orientation.interpolated(sums, tilt, azimuth) / own - 1
    assert np.abs(deviation).max() < 0.04
    assert np.abs(deviation).mean() < 0.006
    share = losses.yearly_share(hours, "pvlib", 0.8)
    assert share.max() - share.min() < 0.05, "the ratio itself hardly changes, so that the grid is fine for it"
    assert np.isnan(orientation.interpolated(sums, np.array([30.0]), np.array([np.nan]))).all()


def test_household_profile(weather):
    shape = solar.household_shape(weather)
    assert shape.shape == (8760,)
    assert shape.sum() == pytest.approx(1)
    day = shape.reshape(-1, 24).mean(axis=0)
    assert day.argmax() in (18, 19, 20)
    assert shape[:744].sum() > 1.2 * shape[4344:5088].sum(), "January more than July"


def test_self_consumption_by_hand():
    """Sun in the first half, load in all hours alike: a yield like the load covers half of it."""
    sun = np.array([0.5, 0.5, 0, 0])
    used = electricity.self_consumed(sun, np.full(4, 0.25))
    assert np.interp(1.0, electricity.RATIOS, used) == pytest.approx(0.5, abs=1e-6)
    assert np.interp(0.25, electricity.RATIOS, used) == pytest.approx(0.25, abs=2e-3), "all of a small yield is used"
    assert (np.diff(used) >= -1e-15).all()
    assert used.max() == pytest.approx(0.5)


@pytest.fixture
def used(weather, stock):
    """Return three houses of one dwelling with yields 0, 3,000 and 30,000 kWh, and one without a dwelling."""
    rows = stock.loc[["a", "b", "c", "c"]].set_axis(pd.Index(list("abcd"), name="building_id"))
    rows = rows.assign(
        use_class=pd.Categorical(
            ["residential", "residential", "residential", "garage"], solar.limits.table["use_class"].vocabulary
        ),
        dwellings=[1.0, 1.0, 1.0, np.nan],
        floor_area_m2=[100.0, np.nan, 100.0, 50.0],
        pv_yield_kwh_a=[0.0, 3000.0, 30_000.0, 5000.0],
        pv_potential_kwp=[0.0, 3.0, 30.0, 5.0],
    )
    return solar.pv_use(solar.household_electricity(rows, per_dwelling_kwh_a=3000.0), weather)


def test_shares_are_shares_and_monotonic(used):
    assert used["household_electricity_kwh_a"].tolist() == [3000, 3000, 3000, 0]
    own, covered = used["pv_self_consumption_share"], used["pv_autarky_share"]
    assert covered["a"] == 0
    assert 0 < own["c"] < own["b"] < 1
    assert 0 < covered["b"] < covered["c"] < 1
    assert own["b"] * 3000 == pytest.approx(covered["b"] * 3000, rel=1e-3), "the same energy seen from both sides"
    assert own["d"] != own["d"]
    assert used["pv_saving_co2_kg_a"].tolist() == pytest.approx([0, 3000 * 0.353, 30_000 * 0.353, 5000 * 0.353])


def test_dwellings_by_floor_area_where_unknown(used):
    rows = used.assign(dwellings=np.nan)
    out = solar.household_electricity(rows, per_dwelling_kwh_a=1000.0)["household_electricity_kwh_a"]
    assert out["a"] == pytest.approx(1000 * 100 / 1.1 / 92.1)
    assert np.isnan(out["b"])
    assert out["d"] == 0


def test_economics_by_hand(used):
    """3 kWp at the price of 5: 4,200 €; 3,000 kWh, half of it used at 30 ct, the rest at 8 ct, less 1.5 %: 507 €."""
    rows = used.assign(pv_self_consumption_share=[np.nan, 0.5, 0.1, np.nan])
    out = solar.economy(rows, electricity_price_eur_kwh=0.30, feed_in_tariff_eur_kwh=0.08)
    assert out.loc["b", "pv_investment_eur"] == pytest.approx(4200)
    assert out.loc["b", "pv_surplus_eur_a"] == pytest.approx(450 + 120 - 63)
    assert out.loc["b", "pv_payback_years"] == pytest.approx(4200 / 507)
    assert np.isnan(out.loc["d", "pv_payback_years"])
    assert out.loc["a", "pv_investment_eur"] == 0
    assert cost_eur_kwp(np.array([5.0, 10.0, 10_000.0, 1e6])) == pytest.approx([1400, 1300, 600, 600])
    sizes = cost_eur_kwp(np.geomspace(5, 10_000, 50))
    assert (np.diff(sizes) < 0).all()


def test_collectors_by_hand(weather, stock, make_roofs):
    """800 W/m² at 25 °C and collectors at 45 °C: 0.739 x 800 - 3.51 x 20 - 0.017 x 400 = 514.2 W/m²."""
    assert collector_kwh_m2a(constant_sun(), 45.0) == pytest.approx([514.2 * 8.76])
    assert collector_kwh_m2a(constant_sun(radiation=50.0), 75.0) == pytest.approx([0])
    roofs = solar.photovoltaic(
        lit(make_roofs(("a", 35, 180, 50), ("b", 35, 180, 3), ("c", 40, np.nan, 60)), weather), weather
    )
    roofs = solar.collectors(roofs, weather)
    warm, hot = roofs["collector_hot_water_kwh_a"], roofs["collector_network_kwh_a"]
    assert 0 < hot.iloc[0] < warm.iloc[0]
    assert warm.iloc[1] == 0
    assert np.isnan(warm.iloc[2])
    out = solar.solar_heat(stock, roofs, hot_water_kwh_a=pd.Series([1000.0, 1000.0, np.nan], stock.index))
    assert out["solar_hot_water_kwh_a"].iloc[:2].tolist() == [600, 0]
    assert out["solar_network_heat_kwh_a"].iloc[0] == pytest.approx(hot.iloc[0])


def test_installed_power_is_taken_off_and_monuments_are_told(used):
    heritage = pd.Categorical(
        ["none_known", "single", "ensemble", "unknown"], solar.limits.table["heritage"].vocabulary
    )
    rows = used.assign(heritage=heritage)
    out = solar.limits(rows, installed_kwp=pd.Series({"b": 1.0, "c": 40.0, "d": np.nan}))
    assert out["pv_open_kwp"].tolist() == [0, 2, 0, 5]
    assert out["pv_open_yield_kwh_a"].tolist() == pytest.approx([0, 2000, 0, 5000])
    assert out["pv_limit"].astype(str).tolist() == ["none_known", "permit_required", "permit_required", "unknown"]


def _zoned(used):
    return solar.limits(
        used.assign(
            heritage=pd.Categorical(["none_known"] * 4, solar.limits.table["heritage"].vocabulary),
            zone_id=pd.array(["x", "x", "x", "y"], dtype="str"), is_public=[False, True, False, False],
            name=pd.array([None] * 4, dtype="str"),
            address=pd.array(["Am Weg 1", "Am Weg 2", "Am Weg 3", "Am Weg 4"], dtype="str"),
        )
    )  # fmt: skip


def test_best_roofs_public_first_and_no_objectors(used):
    rows = _zoned(used)
    listed = solar.best_roofs(rows, 5)
    check(listed, solar.BEST_ROOFS)
    assert listed["building_id"].tolist() == ["b", "c", "d"], "b is public, a has no yield"
    assert solar.best_roofs(rows, 1)["building_id"].tolist() == ["b", "d"]
    objections = pd.DataFrame({"building_id": ["d", None, "zz"], "address": [None, "Am Weg 3", "Nirgends 1"]})
    hidden, found = solar.withheld(rows, objections)
    assert hidden.tolist() == [False, False, True, True]
    assert [f.count for f in found] == [1]
    assert solar.best_roofs(rows.assign(solar_withheld=hidden), 5)["building_id"].tolist() == ["b"]
    assert solar.best_roofs(rows.iloc[:0], 5).empty


def test_the_balance_keeps_every_kilowatt_hour(weather, stock, make_roofs):
    roofs = make_roofs(("a", 35, 180, 50), ("a", 0, np.nan, 100), ("b", 22, 301, 70), ("c", 40, 95, 60))
    roofs = solar.photovoltaic(lit(roofs, weather), weather)
    houses = solar.to_buildings(stock, roofs).assign(
        household_electricity_kwh_a=[3000.0, 6000.0, np.nan], zone_id=pd.array(["x", "x", "y"], dtype="str")
    )
    hours = solar.grid_hours(weather)
    made = solar.hourly_kwh_kwp(hours, "performance_ratio", 1.0)

    def pumps(some: pd.DataFrame) -> np.ndarray:
        return np.full(8760, 0.5 * len(some))

    shapes = solar.HourShapes(made, solar.household_shape(weather), hours.month, pumps)
    balance = solar.solar_balance(houses, roofs, shapes)
    check(balance, solar.SOLAR_BALANCE)
    assert len(balance) == 24
    by_zone = balance.groupby("zone_id").sum(numeric_only=True)
    yields = houses.groupby("zone_id")["pv_yield_kwh_a"].sum()
    assert by_zone["pv_yield_kwh"].tolist() == pytest.approx(yields.tolist())
    assert by_zone["household_electricity_kwh"].tolist() == pytest.approx([9000, 0])
    assert by_zone["heat_pump_electricity_kwh"].tolist() == pytest.approx([8760, 4380])
    assert (balance["used_households_kwh"] <= balance["used_all_kwh"] + 1e-9).all()
    assert (balance["used_all_kwh"] <= balance["pv_yield_kwh"] + 1e-9).all()
    hourly = solar.solar_hours(houses, roofs, shapes)
    check(hourly, solar.SOLAR_HOURS)
    assert hourly["hour"].tolist() == [*range(1, 8761)] * 2
    energies = ["pv_yield_kwh", "household_electricity_kwh", "heat_pump_electricity_kwh"]
    months = hourly.groupby([hourly["area_id"], np.tile(hours.month + 1, 2)])[energies].sum()
    np.testing.assert_allclose(months.to_numpy(), balance[energies].to_numpy(), rtol=1e-9)
    noon = hourly.loc[hourly["hour"] % 24 == 12, "pv_yield_kwh"].sum()
    assert noon > 1000 * hourly.loc[hourly["hour"] % 24 == 1, "pv_yield_kwh"].sum()
    assert solar.solar_hours(houses.iloc[:0], roofs, shapes).empty
    x = balance[balance["zone_id"] == "x"].set_index("month")["pv_yield_kwh"]
    assert x[6] > 2.5 * x[12]
    kept = points_kwh_a(roofs, pd.Series([0, 0, 1], stock.index), 2, "east_west")
    assert kept.sum(axis=1) == pytest.approx(yields.tolist())


def test_rows_on_flat_roofs_have_two_sides(make_roofs):
    roofs = make_roofs(("a", 35, 170, 50), ("a", 0, np.nan, 100))
    (first, _), (_, azimuth) = module_sides(roofs, "east_west")
    assert first.tolist() == [35, 10]
    assert azimuth.tolist() == [170, 270]


def test_parking_lots_by_hand(weather, stock):
    areas = stock.assign(kind=pd.array(["p", "l", "heat"], dtype="str"), area_m2=[1000.0, 200.0, 50.0])
    out = solar.open_areas(areas, weather, {"p": "parking", "l": "noise_barrier"})
    assert out["pv_kwp"].tolist()[:2] == pytest.approx([120, 30])
    assert out.loc["c", ["pv_kwp", "pv_yield_kwh_a"]].isna().all()
    level = yearly_on_planes(0, 0, weather.sky())[0]
    assert out.loc["a", "pv_yield_kwh_a"] / 120 == pytest.approx(0.8 * level, rel=0.02)
