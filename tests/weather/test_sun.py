"""Sun positions against pvlib; the clock of a file found in its daylight."""

import numpy as np
import pandas as pd
import pytest
from pvlib.irradiance import get_extra_radiation
from pvlib.solarposition import get_solarposition

from klimastep.weather.sun import find_sun_offset_min, sun_at


def unix_s(index):
    return index.as_unit("s").asi8


@pytest.mark.parametrize("year", [2020, 2021])
def test_positions_are_those_of_pvlib(year):
    index = pd.date_range(f"{year}-01-01 00:10", f"{year}-12-31 23:10", freq="97min", tz="UTC")
    sun, theirs = sun_at(unix_s(index), 52.5, 13.4), get_solarposition(index, 52.5, 13.4)
    np.testing.assert_allclose(sun.zenith_deg, theirs["apparent_zenith"], atol=1e-9)
    np.testing.assert_allclose(sun.azimuth_deg, theirs["azimuth"], atol=1e-9)
    np.testing.assert_allclose(sun.extra_w_m2, get_extra_radiation(index.day_of_year.to_numpy()), rtol=1e-12)
    np.testing.assert_allclose(sun.height, np.cos(np.radians(theirs["apparent_zenith"])), atol=1e-12)


@pytest.mark.parametrize("offset_min", [-90, -50, -30, 0, 20])
@pytest.mark.parametrize(("latitude_deg", "longitude_deg"), [(48.9, 9.2), (54.5, 6.0), (47.3, 15.0)])
def test_the_clock_is_found(make_year, latitude_deg, longitude_deg, offset_min):
    year = make_year(latitude_deg, longitude_deg, offset_min)
    found = find_sun_offset_min(unix_s(year.index), year["ghi_w_m2"], longitude_deg)
    assert found == pytest.approx(offset_min, abs=1.5)


def test_cloudy_afternoons_hardly_move_the_clock(make_year):
    """A third less light every afternoon moves its energy by half an hour, the daylight by three minutes."""
    year = make_year()
    seconds = unix_s(year.index)
    afternoon = sun_at(seconds - 1800, 48.9, 9.2).azimuth_deg > 180
    cloudy = year["ghi_w_m2"].where(~afternoon, year["ghi_w_m2"] * 2 / 3)
    hour_of_day = (seconds / 60 - 30 + 4 * 9.2) % 1440
    assert np.average(hour_of_day, weights=cloudy) < 720 - 20
    assert find_sun_offset_min(seconds, cloudy, 9.2) == pytest.approx(-30, abs=3.5)


def test_a_year_without_light_has_no_clock(make_year):
    year = make_year()
    assert np.isnan(find_sun_offset_min(unix_s(year.index), np.zeros(len(year)), 9.2))


@pytest.mark.testdata
@pytest.mark.parametrize("year", [2020, 2021])
def test_real_years_agree_with_their_own_beam(epw_year, year):
    """The files know their beam, which tells the clock to the minute: they are an hour late."""
    hourly = epw_year(year)
    horizontal = hourly["ghi_w_m2"] - hourly["dhi_w_m2"]

    def misfit(offset_min):
        height = sun_at(unix_s(hourly.index) + 60 * offset_min, 52.51, 13.375).height
        return np.mean((hourly["dni_w_m2"] * np.maximum(height, 0) - horizontal) ** 2)

    by_beam = min(range(-95, -84), key=misfit)
    assert by_beam == -90
    assert find_sun_offset_min(unix_s(hourly.index), hourly["ghi_w_m2"], 13.375) == pytest.approx(by_beam, abs=1)
