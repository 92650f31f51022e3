"""Horizons and sky tables against closed forms and against a ray for every hour on the same surface."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pvlib
import pytest

from klimastep import sources
from klimastep.solar.horizon import Box, Place, Reach, halo_cells, horizons, scale
from klimastep.solar.raster import normals
from klimastep.solar.sky import received, sky_tables, uprights
from klimastep.weather import monthly_on_planes, prepare

SPEC = importlib.util.spec_from_file_location("brute_force", Path(__file__).with_name("brute_force.py"))
brute_force = importlib.util.module_from_spec(SPEC)
sys.modules["brute_force"] = brute_force
SPEC.loader.exec_module(brute_force)
STEPS = scale()
ORIGIN = Place(0, 0, 1.0)


@pytest.fixture(scope="module")
def year():
    """Return the test reference year of the region of Ludwigsburg."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    return prepare(reading.tables["weather"], **place)


def look(surface, eye=None, steps=STEPS, place=ORIGIN):
    """Return the horizons of all cells, every obstacle counted."""
    heights = np.asarray(surface, dtype=np.float32)
    rows, columns = heights.shape
    eyes = heights if eye is None else np.asarray(eye, dtype=np.float32)
    return horizons(heights, eyes, place, Box(0, rows, 0, columns), steps, Reach(max(rows, columns)))


def elevation(codes, steps=STEPS):
    """Return elevations. [°]"""
    return np.degrees(np.arctan(steps.code_tan[codes]))


@pytest.mark.parametrize("tilt", [0, 10, 30, 45, 60, 90])
@pytest.mark.parametrize("azimuth", [0, 45, 90, 180, 270, 300])
def test_a_free_plane_gets_what_pvlib_says(year, tilt, azimuth):
    sky = year.sky()
    got, view = received(np.zeros((64, 1), np.uint8), uprights([tilt], [azimuth]), sky_tables(sky, STEPS))
    free = monthly_on_planes([tilt], [azimuth], sky)
    assert got.sum() == pytest.approx(free.sum(), rel=1e-3 if tilt == 90 else 3e-4)
    assert view[0] == pytest.approx((1 + np.cos(np.radians(tilt))) / 2, abs=1e-4)


def test_a_flat_world_gets_the_global_radiation(year):
    codes = look(np.full((20, 20), 300.0))
    assert not codes.any()
    got, view = received(codes.reshape(64, -1), uprights(np.zeros(400), np.zeros(400)), sky_tables(year.sky(), STEPS))
    np.testing.assert_allclose(got.sum(axis=1), year.hourly["ghi_w_m2"].sum() / 1e3, rtol=1e-5)
    np.testing.assert_allclose(view, 1, atol=1e-4)


@pytest.mark.parametrize(("slope", "direction"), [(1.0, 16), (1.0, 48), (0.5, 0), (0.7, 32)])
def test_a_hillside_is_its_own_horizon(slope, direction):
    """A slope of 45 degrees hides arctan(tan 45 * cos(off)) of the sky, told up to a level high."""
    rows, columns = np.mgrid[0:81, 0:81]
    angle = 2 * np.pi * direction / 64
    codes = look(slope * (columns * np.sin(angle) - rows * np.cos(angle)))[:, 40, 40]
    off = np.cos(STEPS.azimuth_rad - angle)
    wanted = np.interp(np.maximum(slope * off, 0), STEPS.code_tan, np.arange(len(STEPS.code_tan)))
    assert (codes > wanted - 1.01).all()
    assert (codes < wanted + STEPS.parts).all()


def test_a_round_pit_leaves_a_cone_of_sky(year):
    """Eye in the middle of a pit of radius 20 and depth 20: the view of the sky is cos² of 45 degrees."""
    rows, columns = np.mgrid[0:101, 0:101]
    pit = np.where(np.hypot(rows - 50, columns - 50) < 20, 0.0, 20.0)
    codes = look(pit)[:, 50, 50]
    np.testing.assert_allclose(elevation(codes), 45, atol=2.0)  # the rim is a staircase of cells
    even = np.full(64, np.searchsorted(STEPS.code_tan, 1.0), np.uint8)[:, None]
    _, view = received(even, uprights([0], [0]), sky_tables(year.sky(), STEPS))
    assert view[0] == pytest.approx(1 / (1 + STEPS.code_tan[even[0, 0]] ** 2), rel=1e-3)


def test_an_endless_wall_hides_a_known_share(year):
    """In front of a wall of height h at distance d half the sky is cut along cos(azimuth) * h / d."""
    wall = np.zeros((41, 2001))
    wall[:11] = 20.0
    codes = look(wall)[:, 20, 1000]
    cosine = np.cos(STEPS.azimuth_rad)
    wanted = np.degrees(np.arctan(np.maximum(cosine * 20 / 10, 0)))
    near = cosine > 0.2
    np.testing.assert_allclose(elevation(codes)[near], wanted[near], atol=0.6)
    assert elevation(codes)[0] == pytest.approx(wanted[0], abs=0.3)
    _, view = received(codes[:, None], uprights([0], [0]), sky_tables(year.sky(), STEPS))
    assert view[0] == pytest.approx((1 + np.cos(np.arctan(2.0))) / 2, rel=5e-3)


def test_the_shadow_of_one_box():
    """A box of 10 m at 20 m hides 26.6 degrees in its own direction, nothing elsewhere."""
    world = np.zeros((61, 61))
    world[26:35, 50:56] = 10.0
    found = elevation(look(world)[:, 30, 30])
    assert found[16] == pytest.approx(np.degrees(np.arctan(10 / 20)), abs=0.2)
    off = np.abs(np.arange(64) - 16)
    assert not found[off > 4].any()


def test_turning_the_town_turns_its_horizons():
    rng = np.random.default_rng(4)
    town = np.kron(rng.choice([0, 0, 6, 9, 15.0], (15, 15)), np.ones((4, 4)))
    plain = look(town)
    for quarter in (1, 2, 3):
        place = Place(-59 if quarter in (1, 2) else 0, -59 if quarter in (2, 3) else 0, 1.0)
        turned = look(np.rot90(town, quarter), place=place)
        back = np.roll(np.rot90(turned, -quarter, axes=(1, 2)), 16 * quarter, axis=0)
        assert (np.abs(back.astype(int) - plain) > 1).mean() < 2e-3


def test_a_horizon_needs_no_more_than_its_halo():
    rng = np.random.default_rng(1)
    world = np.kron(rng.uniform(0, 30, (60, 50)), np.ones((6, 6))).astype(np.float32)
    whole = horizons(world, world, Place(70, -500, 1.0), Box(0, 360, 0, 300), STEPS, Reach(20))
    halo = halo_cells(1.0, 20.0)
    part = world[150 - halo : 210 + halo, 100 - halo : 180 + halo]
    place, core = Place(70 + 150 - halo, -500 + 100 - halo, 1.0), Box(halo, halo + 60, halo, halo + 80)
    np.testing.assert_array_equal(horizons(part, part, place, core, STEPS, Reach(20)), whole[:, 150:210, 100:180])


def town(size=150, seed=3):
    """Return heights, tilts, azimuths and which cells are roofs of turned houses of many heights."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size]
    z, tilt, azimuth, roof = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size)), y < 0
    for cy in range(16, size - 10, 22):
        for cx in range(14, size - 8, 18):
            turn, eaves, pitch = rng.uniform(0, np.pi), rng.choice([4, 6, 9, 15]), rng.choice([0, 20, 35, 45])
            half, length = rng.uniform(4, 6), rng.uniform(5, 9)
            u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
            v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
            here = (abs(u) <= half) & (abs(v) <= length)
            z[here] = (eaves + (half - abs(u)) * np.tan(np.radians(pitch)))[here]
            side = np.where(u > 0, 1, -1)
            azimuth[here] = np.degrees(np.arctan2(side * np.cos(turn), -side * np.sin(turn)))[here] % 360
            tilt[here], roof = pitch, roof | here
    return z, tilt, azimuth, roof


def compare(year, sectors, roofs, grounds):
    """Return MAE and bias of roofs and ground against a ray for every hour. [%]"""
    z, tilt, azimuth, roof = town()
    rng = np.random.default_rng(1)
    picked = [rng.choice(np.flatnonzero(which), n, replace=False) for which, n in ((roof, roofs), (~roof, grounds))]
    row, column = np.divmod(np.concatenate(picked), z.shape[1])
    tilt, azimuth = tilt[row, column], azimuth[row, column]
    up, sky = uprights(tilt, azimuth), year.sky()
    points = np.column_stack((row, column, z[row, column])).astype(float)
    truth = brute_force.irradiation(z, points, up.T.astype(float), sky)[0].sum(axis=1)
    free, out = monthly_on_planes(tilt, azimuth, sky), []
    for count in sectors:
        steps = scale(count)
        tables = sky_tables(sky, steps)
        codes = np.ascontiguousarray(look(z, steps=steps)[:, row, column])
        got, open_ = (received(c, up, tables)[0] for c in (codes, np.zeros_like(codes)))
        ours = (free * got / open_).sum(axis=1)
        off = 100 * (ours / truth - 1)
        for part in (slice(0, roofs), slice(roofs, None)):
            out += [float(np.abs(off[part]).mean()), float(100 * (ours[part].sum() / truth[part].sum() - 1))]
    return np.array(out).reshape(len(sectors), 4)


@pytest.mark.slow
def test_a_ray_for_every_hour_says_the_same(year):
    (roof_mae, roof_bias, _, ground_bias), *_ = compare(year, [64], 60, 30)
    assert roof_mae <= 0.5
    assert abs(roof_bias) <= 0.3
    assert abs(ground_bias) <= 3


def test_the_gentler_slope_is_the_roofs():
    heights = np.array([[0, 9, 8, 7, 0], [0, 9, 8, 7, 0], [0, 9, 8, 7, 0]], dtype=np.float32)
    east, north, up = normals(heights, 1.0)[:, 1, 1:4]
    np.testing.assert_allclose(east / up, 1)
    np.testing.assert_allclose(north, 0)


@pytest.mark.parametrize(("tilt", "azimuth"), [(0, 180), (30, 180), (30, 90), (45, 300), (90, 180), (60, 0)])
def test_perez_is_that_of_pvlib(year, tilt, azimuth):
    sun, hourly = year.sun, year.hourly
    up = sun.zenith_deg < 89
    mass = pvlib.atmosphere.get_relative_airmass(sun.zenith_deg)
    ghi, dhi, dni = (hourly[c].to_numpy() for c in ("ghi_w_m2", "dhi_w_m2", "dni_w_m2"))
    theirs = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun.zenith_deg, sun.azimuth_deg, dni, ghi, dhi, dni_extra=sun.extra_w_m2,
        airmass=mass, albedo=0.2, model="perez",
    )["poa_global"]  # fmt: skip
    ours = monthly_on_planes([tilt], [azimuth], year.sky(0.2, hours=up, model="perez")).sum()
    assert ours == pytest.approx(np.nansum(np.where(up, theirs, 0)) / 1e3, rel=2e-4)
    tables = sky_tables(year.sky(0.2, model="perez"), STEPS)
    got, _ = received(np.zeros((64, 1), np.uint8), uprights([tilt], [azimuth]), tables)
    assert got.sum() == pytest.approx(ours, rel=0.02)
