from __future__ import annotations

import numpy as np
import pytest

from klimastep import sources, weather


@pytest.fixture(scope="module")
def year() -> weather.Weather:
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    return weather.prepare(reading.tables["weather"], **place)


def test_hours_sum_to_months(year: weather.Weather) -> None:
    hourly, monthly = weather.hourly_climate(year), weather.monthly_climate(year)
    summed = weather.months_of(hourly)
    for mine, theirs in zip(summed, monthly, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_hours_begin_at_midnight_of_new_year(year: weather.Weather) -> None:
    hourly = weather.hourly_climate(year)
    assert hourly.hour_of_day[:3].tolist() == [0, 1, 2]
    assert hourly.starts.tolist()[:3] == [0, 744, 1416]
    assert sorted(hourly.temp_external_degc) == sorted(year.hourly["temp_air_degc"])


def test_noon_is_brightest_on_the_level_and_morning_in_the_east(year: weather.Weather) -> None:
    hourly = weather.hourly_climate(year)
    day = hourly.radiation_w_m2.reshape(-1, 24, 5).mean(axis=0)
    assert day[:, 0].argmax() in (11, 12)
    assert day[:, 1].argmax() < 11 < 13 < day[:, 3].argmax()
    assert day[:, 4].sum() < day[:, 1].sum() < day[:, 2].sum()
