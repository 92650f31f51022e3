"""Suitability, power and yield of roof planes: by hand, limits of the solar cadastre, invariants."""

import numpy as np
import pandas as pd
import pytest

from klimastep import reference
from klimastep.contract import random_table
from klimastep.solar import IRRADIATION, SUITABILITY, assumptions, irradiation, photovoltaic, usable
from klimastep.solar.photovoltaic import on_flat_roof_kwh_m2a, suitability
from klimastep.tables import ROOFS
from klimastep.weather import yearly_on_planes

GIVEN = assumptions()


def on(roofs, weather, **options):
    return photovoltaic(usable(irradiation(roofs, weather)), weather, **options)


def test_a_pitched_roof_by_hand(weather, make_roofs):
    """100 m² south at 35°: 62.5 m² usable, 0.21 kWp/m², performance ratio 0.8."""
    row = on(make_roofs(("a", 35, 180, 100)), weather).iloc[0]
    assert row["usable_area_m2"] == 62.5
    assert row["pv_kwp"] == pytest.approx(13.125)
    assert row["pv_yield_kwh_a"] == pytest.approx(13.125 * row["irradiation_kwh_m2a"] * 0.8)
    assert row["solar_suitability"] == "very_good"


def test_flat_roofs_carry_elevated_rows(weather, make_roofs):
    roofs = make_roofs(("a", 0, np.nan, 100))
    rows, south = on(roofs, weather).iloc[0], on(roofs, weather, flat_layout="south").iloc[0]
    assert rows["pv_kwp"] == pytest.approx(62.5 * 0.8 * 0.21)
    assert south["pv_kwp"] == pytest.approx(rows["pv_kwp"] / 2)
    sides = yearly_on_planes([10, 10, 30], [90, 270, 180], weather.sky())
    assert rows["pv_yield_kwh_a"] / rows["pv_kwp"] / 0.8 == pytest.approx(sides[:2].mean())
    assert south["pv_yield_kwh_a"] / south["pv_kwp"] / 0.8 == pytest.approx(sides[2])
    assert on_flat_roof_kwh_m2a(weather.sky(), "south", GIVEN) == pytest.approx(sides[2])


def test_small_roofs_are_told_apart(weather, make_roofs):
    row = on(make_roofs(("a", 35, 180, 5)), weather).iloc[0]
    assert (row["solar_suitability"], row["pv_kwp"], row["pv_yield_kwh_a"]) == ("too_small", 0, 0)


@pytest.mark.parametrize(
    ("share", "name"),
    [(1.0, "very_good"), (0.95, "very_good"), (0.949, "good"), (0.80, "good"), (0.799, "conditional")]
    + [(0.75, "conditional"), (0.749, "check_on_site"), (0.0, "check_on_site")],
)
def test_old_scale_is_a_share_of_the_best_plane(share, name):
    assert suitability(np.array([share * 1400]), np.array([50.0]), 1400.0, "lubw_shares")[0] == name


@pytest.mark.parametrize(
    ("radiation", "name"),
    [(1154.31, "very_good"), (1154.3, "good"), (1036.71, "good"), (1000, "conditional"), (919, "check_on_site")],
)
def test_new_scale_is_absolute(radiation, name):
    assert suitability(np.array([float(radiation)]), np.array([50.0]), 1400.0, "lubw_absolute")[0] == name


def test_unknown_radiation_stays_unknown(weather, make_roofs):
    row = on(make_roofs(("a", 35, np.nan, 100)), weather).iloc[0]
    assert row["usable_area_m2"] == 62.5
    assert row[["pv_kwp", "pv_yield_kwh_a", "solar_suitability"]].isna().all()


def test_planes_to_be_checked_carry_nothing(weather, make_roofs):
    row = on(make_roofs(("a", 45, 0, 100)), weather).iloc[0]
    assert (row["solar_suitability"], row["pv_kwp"]) == ("check_on_site", 0)


def test_options_change_what_they_say(weather, make_roofs):
    roofs = make_roofs(("a", 35, 180, 100))
    base = on(roofs, weather).iloc[0]
    assert on(roofs, weather, performance_ratio=0.4).iloc[0]["pv_yield_kwh_a"] == pytest.approx(
        base["pv_yield_kwh_a"] / 2
    )
    better = on(roofs, weather, assumed=assumptions(module_kwp_m2=0.42)).iloc[0]
    assert better["pv_kwp"] == pytest.approx(2 * base["pv_kwp"])
    with pytest.raises(ValueError, match="modul_kwp_m2"):
        assumptions(modul_kwp_m2=0.2)


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_random_roofs_keep_the_contract(weather, rows):
    roofs = irradiation(random_table(ROOFS, rows, np.random.default_rng(rows)), weather)
    roofs = usable(roofs)
    before = roofs.copy()
    out = photovoltaic(roofs, weather)
    pd.testing.assert_frame_equal(roofs, before)
    power = out["pv_kwp"].fillna(0)
    assert (power <= out["area_m2"] * GIVEN.module_kwp_m2 + 1e-9).all()
    assert ((power > 0) == out[SUITABILITY.name].isin(["very_good", "good", "conditional"])).all()
    assert out.loc[out[IRRADIATION.name].notna(), "pv_yield_kwh_a"].notna().all()


def test_every_assumption_is_within_its_range_and_used():
    table = reference.load("photovoltaic").set_index("key")
    assert set(table.index) == set(GIVEN._fields)
    ranged = table.dropna(subset=["low", "high"])
    assert ((ranged["low"] <= ranged["value"]) & (ranged["value"] <= ranged["high"])).all()
    assert set(table.loc[table["source"].str.contains("memory"), "status"]) == {"configurable"}


def test_every_class_of_the_scales_is_declared():
    scales = reference.load("solar_suitability")
    assert set(scales["category"]) < set(SUITABILITY.vocabulary)
    assert scales.groupby("scale")["unit"].nunique().eq(1).all()


def test_elevated_modules_and_the_best_plane_stand_below_the_sky_of_the_plan(weather, make_roofs):
    roofs = usable(irradiation(make_roofs(("a", 0, np.nan, 100)), weather, sky_model="perez"))
    rows = {
        model: photovoltaic(roofs, weather, flat_layout="south", sky_model=model).iloc[0]
        for model in ("haydavies", "perez")
    }
    assumed = assumptions()
    for model, row in rows.items():
        on_modules = yearly_on_planes(assumed.south_tilt_deg, 180.0, weather.sky(model=model))[0]
        assert row["pv_yield_kwh_a"] == pytest.approx(row["pv_kwp"] * on_modules * assumed.performance_ratio_share)
    assert rows["perez"]["pv_yield_kwh_a"] != pytest.approx(rows["haydavies"]["pv_yield_kwh_a"], rel=1e-4)
