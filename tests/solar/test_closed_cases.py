"""A year below horizons that are known in closed form, and what must not change it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solar import closed_cases as cases

from klimastep import sources
from klimastep.solar.horizon import Box, Place, Reach, horizons, scale
from klimastep.solar.raster import normals
from klimastep.solar.sky import received, sky_tables
from klimastep.weather import prepare

STEPS, FINE = scale(), scale(360, 64)
ORIGIN = Place(0, 0, 1.0)
GRAZED = "20 m high, 10 m away"  # the midsummer sun stands within a degree of its top for hours
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sky():
    """Return the sky of the test reference year of the region of Ludwigsburg."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    return prepare(reading.tables["weather"], **place).sky()


@pytest.fixture(scope="module")
def coarse(sky):
    """Return its tables as they are used."""
    return sky_tables(sky, STEPS)


@pytest.fixture(scope="module")
def fine(sky):
    """Return its tables in 360 sectors and small codes."""
    return sky_tables(sky, FINE)


@pytest.mark.parametrize("case", cases.CASES, ids=lambda c: c.name)
def test_64_sectors_are_near_the_closed_form(sky, coarse, case):
    energy, view = cases.closed(case, sky)
    got, seen = cases.computed(case, coarse, STEPS)
    exact = case.tilt_deg or case.view == 1
    assert got == pytest.approx(energy, rel=1e-3 if exact else 1e-2 if GRAZED in case.name else 7e-3)
    assert seen == pytest.approx(view, rel=2e-3)


@pytest.mark.parametrize("case", cases.CASES, ids=lambda c: c.name)
def test_360_sectors_are_the_closed_form(sky, fine, case):
    energy, view = cases.closed(case, sky)
    got, seen = cases.computed(case, fine, FINE)
    rough = GRAZED in case.name or "box" in case.name
    assert got == pytest.approx(energy, rel=3e-3 if rough else 1.2e-3)
    assert seen == pytest.approx(view, rel=1e-3)


def town(rng, size=60):
    """Return blocks of several heights on cells of 1 m."""
    return np.kron(rng.choice([0, 0, 6, 9, 15.0], (size // 4, size // 4)), np.ones((4, 4)))


def yearly(heights, tables, eye=None, place=ORIGIN):
    """Return the energy of each cell of a town. [kWh/m²]"""
    surface = np.asarray(heights, np.float32)
    eyes = surface if eye is None else np.asarray(eye, np.float32)
    rows, columns = surface.shape
    codes = horizons(surface, eyes, place, Box(0, rows, 0, columns), STEPS, Reach(rows))
    up = normals(eyes, 1.0).reshape(3, -1)
    return received(codes.reshape(STEPS.sectors, -1), up, tables)[0].sum(axis=1).reshape(rows, columns)


def nearly(found, wanted):
    """Assert that all but a few cells are the same, these within a code, and the sum."""
    off = np.abs(found / wanted - 1)
    assert (off > 1e-4).mean() < 0.02
    assert off.max() < 0.02
    assert found.sum() == pytest.approx(wanted.sum(), rel=1e-5)


def test_east_and_west_are_mirror_images(sky, coarse):
    heights = town(np.random.default_rng(1))
    mirrored = sky_tables(sky._replace(east=-sky.east), STEPS)
    found = yearly(heights[:, ::-1], mirrored, place=Place(0, -59, 1.0))
    nearly(found[:, ::-1], yearly(heights, coarse))


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_turning_town_and_sun_changes_nothing(sky, coarse, quarter):
    heights = town(np.random.default_rng(2))
    east, north = sky.east, sky.north
    for _ in range(quarter):  # as np.rot90: what lay in the east lies in the north
        east, north = -north, east
    place = Place(-59 if quarter in (1, 2) else 0, -59 if quarter in (2, 3) else 0, 1.0)
    found = yearly(np.rot90(heights, quarter), sky_tables(sky._replace(east=east, north=north), STEPS), place=place)
    nearly(np.rot90(found, -quarter), yearly(heights, coarse))


@QUICK
@given(
    seed=st.integers(0, 2**32 - 1),
    corner=st.tuples(st.integers(0, 50), st.integers(0, 50)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    height=st.floats(0.1, 60),
)
def test_no_obstacle_raises_any_cell(coarse, seed, corner, size, height):
    before = town(np.random.default_rng(seed))
    after = before.copy()
    after[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]] += height
    free = after == before
    plain, more = (yearly(surface, coarse, eye=before) for surface in (before, after))
    assert (more[free] <= plain[free] * (1 + 1e-5)).all()
