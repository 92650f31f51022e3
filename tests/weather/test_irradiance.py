"""Radiation on planes: by hand, against pvlib, and what must hold for any sky."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvlib.irradiance import get_total_irradiance

from klimastep.weather.irradiance import Sky, monthly_on_planes, sky_of_hours, split_global, yearly_on_planes
from klimastep.weather.sun import Sun, sun_at
from klimastep.weather.year import prepare

MARCH = np.array([2])


@pytest.fixture(scope="module")
def sky(try_year):
    return prepare(try_year(12), 49.52, 8.55, "TRY 12").sky(0.2)


def one_hour(zenith_deg, azimuth_deg, dni=0.0, dhi=0.0, albedo=0.0, extra=1360.0):
    sun = Sun(np.array([zenith_deg]), np.array([azimuth_deg]), np.array([extra]))
    ghi = dni * sun.height + dhi
    return sky_of_hours(ghi, np.array([dhi]), np.array([dni]), sun, MARCH, albedo)


def test_beam_by_hand():
    """Sun in the south at 60° zenith, 1,000 W/m²: facing it 1 kWh, level half of it, turned away none."""
    energy = yearly_on_planes([60, 0, 90, 60, 90], [180, 0, 180, 0, 90], one_hour(60.0, 180.0, dni=1000.0))
    np.testing.assert_allclose(energy, [1.0, 0.5, np.sin(np.pi / 3), 0.0, 0.0], atol=1e-12)


def test_diffuse_and_ground_by_hand():
    """Without beam the sky is even: a wall sees half of it and half of the ground."""
    energy = yearly_on_planes([0, 90, 60], [0, 77, 200], one_hour(50.0, 120.0, dhi=200.0, albedo=0.3))
    np.testing.assert_allclose(energy, [0.2, 0.1 + 0.03, 0.2 * 0.75 + 0.06 * 0.25], rtol=1e-12)


def test_circumsolar_by_hand():
    """A = 680/1,360 = 0.5: half of 100 W/m² diffuse comes from around the sun, doubled when faced at 60°."""
    energy = yearly_on_planes(60, 180, one_hour(60.0, 180.0, dni=680.0, dhi=100.0))
    assert energy[0] == pytest.approx(0.68 + 0.05 * 2 + 0.05 * 0.75)


def test_the_hour_falls_into_its_month():
    months = monthly_on_planes(30, 180, one_hour(60.0, 180.0, dni=500.0, dhi=50.0))
    assert np.flatnonzero(months[0]).tolist() == [2]


def test_pvlib_gives_the_same(try_year):
    """All hours of a year, tilt by azimuth: at most 0.01 % from pvlib's own transposition."""
    weather = prepare(try_year(12), 49.52, 8.55, "TRY 12")
    hourly, sun = weather.hourly, weather.sun
    worst = 0.0
    for tilt in (0.0, 7.5, 30.0, 45.0, 60.0, 90.0):
        azimuths = np.arange(0.0, 360.0, 45.0)
        ours = yearly_on_planes(np.full(len(azimuths), tilt), azimuths, weather.sky(0.2))
        for azimuth, value in zip(azimuths, ours, strict=True):
            theirs = get_total_irradiance(
                tilt,
                azimuth,
                sun.zenith_deg,
                sun.azimuth_deg,
                hourly["dni_w_m2"].to_numpy(),
                hourly["ghi_w_m2"].to_numpy(),
                hourly["dhi_w_m2"].to_numpy(),
                dni_extra=sun.extra_w_m2,
                albedo=0.2,
                model="haydavies",
            )["poa_global"]
            worst = max(worst, abs(value / (theirs.sum() / 1e3) - 1))
    assert worst < 1e-4


def test_a_level_roof_gets_the_global_radiation(try_year):
    weather = prepare(try_year(4), 52.38, 13.07, "TRY 4")
    level = yearly_on_planes(0, 0, weather.sky())[0]
    assert level == pytest.approx(weather.hourly["ghi_w_m2"].sum() / 1e3, rel=1e-9)


def test_east_and_west_are_symmetric(make_year):
    sky = prepare(make_year(), 48.9, 9.2, "made").sky()
    for tilt in (15, 30, 60, 90):
        for side in (45, 90, 135):
            east, west = yearly_on_planes([tilt, tilt], [side, 360 - side], sky)
            assert east == pytest.approx(west, rel=0.01)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 40))
def test_a_roof_has_the_same_value_in_any_batch(sky, seed, size):
    rng = np.random.default_rng(seed)
    tilt, azimuth = rng.uniform(0, 90, 40), rng.uniform(0, 360, 40)
    chosen = rng.permutation(40)[:size]
    whole, part = (monthly_on_planes(tilt[i], azimuth[i], sky) for i in (slice(None), chosen))
    assert np.array_equal(whole[chosen], part)


def test_threads_change_nothing(sky):
    rng = np.random.default_rng(3)
    tilt, azimuth = rng.uniform(0, 90, 9000), rng.uniform(0, 360, 9000)
    many = yearly_on_planes(tilt, azimuth, sky)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert np.array_equal(many, yearly_on_planes(tilt, azimuth, sky))
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(many[4000:4200], yearly_on_planes(tilt[4000:4200], azimuth[4000:4200], sky))


@given(turn=st.floats(0, 360), tilt=st.floats(0, 90), azimuth=st.floats(0, 360))
def test_turning_roof_and_sun_together_changes_nothing(sky, turn, tilt, azimuth):
    s, c = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    turned = sky._replace(east=sky.east * c + sky.north * s, north=sky.north * c - sky.east * s)
    there = yearly_on_planes(tilt, azimuth + turn, turned)[0]
    assert there == pytest.approx(yearly_on_planes(tilt, azimuth, sky)[0], rel=1e-9)


@given(tilt=st.floats(0, 90), azimuth=st.floats(0, 360))
def test_no_plane_gets_more_than_one_that_follows_the_sun(sky, tilt, azimuth):
    most = np.sqrt(sky.east**2 + sky.north**2 + sky.up**2).sum() + sky.isotropic.sum() + sky.reflected.sum()
    assert 0 < yearly_on_planes(tilt, azimuth, sky)[0] <= most


def test_months_add_up_and_unknown_stays_unknown(sky):
    tilt, azimuth = [30.0, np.nan, 45.0], [180.0, 90.0, np.nan]
    months, year = monthly_on_planes(tilt, azimuth, sky), yearly_on_planes(tilt, azimuth, sky)
    assert months[0].sum() == pytest.approx(year[0], rel=1e-12)
    assert np.isnan(year[1:]).all()
    assert monthly_on_planes([], [], sky).shape == (0, 12)


def test_a_sky_without_sun_gives_nothing():
    dark = Sky(*(np.empty(0),) * 3, np.zeros(13, dtype=np.int64), *(np.zeros(12),) * 3)
    assert yearly_on_planes(30, 180, dark)[0] == 0


def sun_of(zenith_deg):
    return Sun(np.asarray(zenith_deg, dtype=float), np.full(len(zenith_deg), 180.0), np.full(len(zenith_deg), 1367.0))


def test_beam_from_global_and_diffuse_by_hand():
    dni, dhi = split_global([500.0], [200.0], [np.nan], sun_of([60.0]))
    assert dni[0] == pytest.approx(600)
    assert dhi[0] == pytest.approx(200)


def test_a_given_beam_is_kept_and_diffuse_takes_the_rest():
    dni, dhi = split_global([500.0, 500.0], [200.0, np.nan], [580.0, 580.0], sun_of([60.0, 60.0]))
    np.testing.assert_allclose(dni, 580)
    np.testing.assert_allclose(dhi, 210)


def test_no_beam_while_the_sun_is_down():
    dni, dhi = split_global([30.0, 30.0], [10.0, 10.0], [np.nan, 400.0], sun_of([91.0, 95.0]))
    assert dni.tolist() == [0, 0]
    assert dhi.tolist() == [30, 30]


@given(
    ghi=st.floats(0, 1300),
    share=st.floats(-0.2, 1.3),
    zenith=st.floats(0, 120),
    given_dni=st.none() | st.floats(0, 1500),
)
def test_beam_and_diffuse_add_up_to_global(ghi, share, zenith, given_dni):
    sun = sun_of([zenith])
    dni, dhi = split_global([ghi], [ghi * share], [np.nan if given_dni is None else given_dni], sun)
    assert dni[0] >= 0
    assert dhi[0] >= 0
    assert dni[0] * max(sun.height[0], 0) + dhi[0] == pytest.approx(ghi, abs=1e-9)


def test_sunrise_hours_stay_plausible():
    """100 W/m² of beam on the level one degree and a half above the horizon would be 3,800 W/m²."""
    dni, _ = split_global([110.0], [10.0], [np.nan], sun_of([88.5]))
    assert 0 < dni[0] < 100


def test_the_sun_of_the_kernel_is_the_sun_of_pvlib():
    sun = sun_at([1_624_276_800], 48.9, 9.2)  # 2021-06-21 12:00 UTC, a little after noon
    assert sun.zenith_deg[0] == pytest.approx(26.4, abs=0.5)
    assert 180 < sun.azimuth_deg[0] < 215
