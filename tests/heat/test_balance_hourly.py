from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numba
import numpy as np
import pytest
from heat.balances import LIGHT, house, year
from heat.iso13790_plain import one_hour
from heat.iso13790_plain import year as plain_year

from klimastep.heat.balance_hourly import CHUNK, balance, course, is_night
from klimastep.heat.balance_monthly import Operation, reduction
from klimastep.heat.balance_seasonal import Envelope, apertures, reduction_factor
from klimastep.heat.network import network, solve

CLIMATE = year()
FULL = Operation(setback_k=0.0)


def exact(*args, **options):
    """Return the balance with hours in double precision, for the laws that hold to the last digits."""
    return balance(*args, **options, precision=np.float64)


def need(climate=CLIMATE, operation=Operation(), **changes):  # noqa: B008
    envelope, conditions = house(**changes)
    return float(exact(envelope, conditions, climate, LIGHT, operation).space_heat_kwh_m2a[0])


def plain(envelope, conditions, operation, air_weight, factor=1.0):
    """Return the year of the transcription, in W and with its room; TABULA's factor on all conductances."""
    losses = (envelope.area_m2 * envelope.u_w_m2k)[0]
    floor = float(envelope.reference_area_m2[0])
    room = {
        "floor_m2": floor,
        "mass_m2": 2.5 * floor,
        "capacity_j_k": conditions.capacity_wh_m2k * 3600.0 * floor,
        "h_w": float(losses[4] + losses[5]),
        "h_op": float(losses[:4].sum() + envelope.thermal_bridge_w_m2k[0] * envelope.area_m2.sum()),
        "h_ve": 0.34 * (conditions.air_use_1_h + conditions.air_infiltration_1_h) * 2.5 * floor,
        "internal_w": conditions.internal_gains_w_m2 * floor / factor,
    }
    sun = CLIMATE.radiation_w_m2 @ apertures(envelope, conditions)[0] / factor
    goals = 20.0 - (operation.setback_k or 0.0) * is_night(CLIMATE.hour_of_day, operation)
    hours = plain_year(room, CLIMATE.temp_external_degc.tolist(), sun.tolist(), goals.tolist(), air_weight)
    return room, sun, hours


@pytest.mark.parametrize("air_weight", [1.0, 0.3])
@pytest.mark.parametrize("setback", [0.0, 4.0])
def test_the_kernel_is_the_transcription_of_the_standard(air_weight, setback):
    envelope, conditions = house()
    operation = Operation(setback_k=setback)
    result = exact(envelope, conditions, CLIMATE, LIGHT, operation, air_weight=air_weight)
    _, _, hours = plain(envelope, conditions, operation, air_weight)
    heat = np.array([h for h, _ in hours]) / 150.0
    assert result.space_heat_kwh_m2a[0] == pytest.approx(heat.sum() / 1e3, rel=1e-9)
    assert result.heat_load_w_m2[0] == pytest.approx(heat.max(), rel=1e-9)
    months = np.add.reduceat(heat, CLIMATE.starts[:-1]) / 1e3
    np.testing.assert_allclose(result.monthly_kwh_m2[0], months, rtol=1e-9, atol=1e-12)


def test_tabula_factor_is_that_of_all_losses():
    envelope, conditions = house()
    h_tr = float((envelope.area_m2 * envelope.u_w_m2k).sum() + 0.1 * envelope.area_m2.sum()) / 150
    factor = float(reduction_factor(np.array([h_tr]), 0.9, 0.8)[0])
    _, _, hours = plain(envelope, conditions, FULL, 0.3, factor)
    result = exact(envelope, conditions, CLIMATE, LIGHT)
    assert result.space_heat_kwh_m2a[0] == pytest.approx(factor * sum(h for h, _ in hours) / 150e3, rel=1e-9)


def test_the_course_is_the_transcription_hour_by_hour():
    envelope, conditions = house()
    operation = Operation(setback_k=4.0)
    found = course(envelope, conditions, CLIMATE, LIGHT, operation)
    _, _, hours = plain(envelope, conditions, operation, 0.3)
    for name, mine in (("air", found.air_degc), ("surface", found.surface_degc), ("after", found.mass_degc)):
        np.testing.assert_allclose(mine, [h[name] for _, h in hours], rtol=1e-9)
    np.testing.assert_allclose(found.heat_w_m2, [h / 150 for h, _ in hours], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("operation", [FULL, Operation(4.0), Operation()], ids=["full", "set-back", "tabula"])
def test_energy_is_closed_in_every_hour(operation):
    """What comes in is what is lost and what is stored; the standard lets a part of the gains out by the windows."""
    envelope, conditions = house()
    net = network(envelope, conditions, LIGHT, operation)
    factor = float(reduction(net.h_window + net.h_opaque, conditions, operation)[0])
    room, sun, _ = plain(envelope, conditions, operation, 0.3, factor)
    found = course(envelope, conditions, CLIMATE, LIGHT, operation)
    outside = CLIMATE.temp_external_degc
    before = np.concatenate([[np.nan], found.mass_degc[:-1]])
    mean = 0.5 * (before + found.mass_degc)
    h_ms = 9.1 * room["mass_m2"]
    h_em = 1 / (1 / room["h_op"] - 1 / h_ms)
    through = room["h_w"] / (9.1 * 4.5 * 150) * (0.5 * room["internal_w"] + sun)
    gains = found.heat_w_m2 * 150 / factor + room["internal_w"] + sun
    losses = room["h_ve"] * (found.air_degc - outside) + room["h_w"] * (found.surface_degc - outside)
    losses += h_em * (mean - outside) + through
    stored = room["capacity_j_k"] / 3600 * (found.mass_degc - before)
    np.testing.assert_allclose((gains - losses - stored)[1:] / gains[1:], 0.0, atol=1e-6)


def test_steady_state_by_hand():
    """No gains, 0 °C: 20 °C operative; air and surfaces follow from three conductances in series and parallel."""
    envelope, conditions = house(internal_gains_w_m2=0.0)
    still = CLIMATE._replace(temp_external_degc=np.zeros(8760), radiation_w_m2=np.zeros((8760, 5)))
    h_tr = (110 * 0.8 + 150 * 1.2 + 90 * 0.5 + 28 * 2.8 + 2 * 3.0 + 0.1 * 380) / 150
    h_ve, h_is = 0.34 * 0.6 * 2.5, 3.45 * 4.5
    surface_per_air = h_is / (h_is + h_tr)
    air = 20.0 / (0.3 + 0.7 * surface_per_air)
    expected = h_ve * air + h_tr * surface_per_air * air
    result = balance(envelope, conditions, still, LIGHT, FULL)
    assert result.heat_load_w_m2[0] == pytest.approx(expected, rel=1e-6)
    assert result.space_heat_kwh_m2a[0] == pytest.approx(8.76 * expected, rel=1e-6)
    as_printed = balance(envelope, conditions, still, LIGHT, FULL, air_weight=1.0)
    by_air = 20.0 * (h_ve + h_tr * surface_per_air)
    assert as_printed.space_heat_kwh_m2a[0] == pytest.approx(8.76 * by_air, rel=1e-6)


def test_published_equations_on_hand_made_cases():
    """A mass temperature and a heat flow by the equations of annex C, worked out with pencil and paper.

    A_f 100 m², A_m 250, A_t 450, C 16.5 MJ/K, H_op 100, H_w 50, H_ve 30 W/K, 0 °C outside, mass 20 °C, no gains:
    H_is 1552.5, H_ms 2275, H_em 104.5977; H_1 29.4313, H_2 79.4313, H_3 76.7516.
    """
    envelope = Envelope(
        np.array([100.0]),
        np.array([[100.0, 25.0]]),
        np.array([[1.0, 2.0]]),
        np.ones((1, 1)),
        np.zeros(1),
        np.zeros((1, 5)),
        np.zeros(1),
    )
    _, conditions = house(
        capacity_wh_m2k=16.5e6 / 3600 / 100, air_use_1_h=30 / 0.34 / 2.5 / 100, air_infiltration_1_h=0
    )
    solution = solve(network(envelope, conditions, (1,)))
    after = 20.0 * (4583.333333 - 90.674650) / (4583.333333 + 90.674650)
    assert 20.0 * solution.mass.mass[0] == pytest.approx(after, rel=1e-7)
    mass = 0.5 * (20 + after)
    surface = 2275 * mass / (2275 + 50 + 29.431279)
    assert 20.0 * solution.surface.mass[0] == pytest.approx(surface, rel=1e-7)
    assert 20.0 * solution.air.mass[0] == pytest.approx(1552.5 * surface / 1582.5, rel=1e-7)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_values_do_not_depend_on_threads_order_or_neighbours(precision):
    rng = np.random.default_rng(3)
    u = rng.uniform(0.2, 1.8, CHUNK + 77)
    envelope, conditions = house(len(u), u=u)
    whole = balance(envelope, conditions, CLIMATE, LIGHT, precision=precision)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = balance(envelope, conditions, CLIMATE, LIGHT, precision=precision)
    numba.set_num_threads(before)
    turned = house(len(u), u=u[::-1])
    back = balance(*turned, CLIMATE, LIGHT, precision=precision)
    some = balance(*house(3, u=u[[5, CHUNK, -1]]), CLIMATE, LIGHT, precision=precision)
    for field in whole._fields:
        mine = getattr(whole, field)
        np.testing.assert_array_equal(mine, getattr(alone, field))
        np.testing.assert_array_equal(mine[::-1], getattr(back, field))
        np.testing.assert_array_equal(mine[[5, CHUNK, -1]], getattr(some, field))


def _stock(n):
    """Return houses from passive to draughty, light to heavy, with and without sun."""
    rng = np.random.default_rng(5)
    envelope, conditions = house(n, u=rng.uniform(0.05, 1.8, n))
    envelope = envelope._replace(
        window_m2=envelope.window_m2 * rng.uniform(0, 2, (n, 5)), g_window=rng.uniform(0, 1, n)
    )
    return envelope, conditions._replace(
        capacity_wh_m2k=rng.uniform(20, 140, n),
        air_use_1_h=rng.uniform(0, 4, n),  # above and below what open windows bring
        internal_gains_w_m2=rng.uniform(0, 6, n),
        indoor_degc=rng.uniform(16, 24, n),
    )


@pytest.mark.parametrize("setback", [None, 4.0])
@pytest.mark.parametrize(("mean_degc", "sun"), [(9.0, 1.0), (-40.0, 0.0), (-15.0, 1.0), (30.0, 2.0)])
def test_single_precision_is_the_double_one_to_1e_5(setback, mean_degc, sun):
    """Of the need, or 0.0001 kWh/(m²·a) of the next to nothing that passive houses need: what rounds are the losses."""
    stock, climate = _stock(600), year(mean_degc, sun)
    operation = Operation(setback, 23, 5)
    single = balance(*stock, climate, LIGHT, operation)
    double = exact(*stock, climate, LIGHT, operation)
    np.testing.assert_allclose(single.space_heat_kwh_m2a, double.space_heat_kwh_m2a, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(single.monthly_kwh_m2, double.monthly_kwh_m2, rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(single.heat_load_w_m2, double.heat_load_w_m2, rtol=1e-5, atol=1e-4)
    flipped = np.abs(single.overheating_h_a - double.overheating_h_a)
    assert flipped.max() <= 3
    assert np.count_nonzero(flipped) <= 6  # of 600: hours that stand on a limit


def test_summer_hours_are_those_of_the_transcription():
    """Windows opened by more ventilation in the equations as printed, hour by hour from May on, not heated."""
    envelope, conditions = house(u=0.5)
    room, sun, hours = plain(envelope, conditions, FULL, 0.3)
    aired = room | {"h_ve": 0.34 * 3.0 * 2.5 * room["floor_m2"]}
    first, last = CLIMATE.starts[4], CLIMATE.starts[9]
    mass, air, hot = hours[first][1]["before"], 20.0, 0
    for k in range(first, last):
        outside = float(CLIMATE.temp_external_degc[k])
        hour = one_hour(aired if air > max(23.0, outside) else room, mass, outside, sun[k], 0.0)
        mass, air = hour["after"], hour["air"]
        hot += 0.3 * air + 0.7 * hour["surface"] > 26.0
    assert hot > 50
    for precision in (np.float32, np.float64):
        found = balance(envelope, conditions, CLIMATE, LIGHT, FULL, precision=precision)
        assert found.overheating_h_a[0] == hot


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_hours_without_sun_are_hours_with_almost_none(precision):
    """The kernel leaves the sun out where there is none; a trace of it takes the other way to the same values."""
    dark = CLIMATE._replace(radiation_w_m2=np.zeros((8760, 5)))
    trace = CLIMATE._replace(radiation_w_m2=np.full((8760, 5), 1e-30))
    for mine, other in zip(*(balance(*_stock(300), c, LIGHT, precision=precision) for c in (dark, trace)), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("night", [(22, 6), (23, 5), (1, 3), (0, 8)])
def test_the_night_may_begin_in_any_hour(night):
    envelope, conditions = house()
    operation = Operation(4.0, *night)
    _, _, hours = plain(envelope, conditions, operation, 0.3)
    found = exact(envelope, conditions, CLIMATE, LIGHT, operation).space_heat_kwh_m2a[0]
    assert found == pytest.approx(sum(h for h, _ in hours) / 150e3, rel=1e-9)


def test_months_begin_at_midnight():
    with pytest.raises(ValueError, match="midnight"):
        balance(*house(), CLIMATE._replace(starts=CLIMATE.starts - 1), LIGHT)


def test_memory_beside_results_does_not_grow_with_the_buildings():
    def beside(n):
        stock = house(n, u=np.linspace(0.2, 1.6, n))
        balance(*stock, CLIMATE, LIGHT)
        tracemalloc.start()
        balance(*stock, CLIMATE, LIGHT)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - 15 * 8 * n

    few, many = beside(4 * CHUNK), beside(16 * CHUNK)
    assert 0 < many < 1.2 * few


def test_unknown_stays_unknown_and_alone():
    envelope, conditions = house(3, u=np.array([1.0, np.nan, 1.0]))
    result = balance(envelope, conditions, CLIMATE, LIGHT)
    for values in result:
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[[0, 2]]).all()


def test_leap_years_have_a_day_more():
    leap = CLIMATE._replace(
        temp_external_degc=np.concatenate([CLIMATE.temp_external_degc, CLIMATE.temp_external_degc[-24:]]),
        radiation_w_m2=np.concatenate([CLIMATE.radiation_w_m2, CLIMATE.radiation_w_m2[-24:]]),
        hour_of_day=np.arange(8784) % 24,
        starts=np.concatenate([CLIMATE.starts[:-1], [8784]]),
    )
    assert need(leap) > need()


def test_setback_saves_and_more_of_it_saves_more():
    by = [need(operation=Operation(setback_k=k)) for k in (0.0, 2.0, 4.0)]
    assert by[0] > by[1] > by[2]


def test_heat_recovery_saves_less_than_the_air():
    none, some, all_ = (need(operation=Operation(0.0, heat_recovery=r)) for r in (0.0, 0.8, 1.0))
    assert none > some > all_ > 0


def test_summer_is_warmer_with_more_sun_and_cooler_with_more_mass():
    def hot(climate=CLIMATE, **changes):
        return float(balance(*house(**changes), climate, LIGHT).overheating_h_a[0])

    assert hot(year(sun=1.5)) > hot() > hot(capacity_wh_m2k=100.0)
    assert hot(year(mean_degc=-20.0)) == 0.0


@pytest.mark.slow
def test_the_kernels_stay_within_their_arrays(tmp_path):
    code = (
        "from heat.balances import LIGHT, house, year\n"
        "from klimastep.heat import balance_hourly, balance_monthly\n"
        "from klimastep.weather import months_of\n"
        "balance_hourly.balance(*house(40), year(), LIGHT)\n"
        "balance_monthly.balance(*house(40), months_of(year()))\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | checked)
