"""What monthly and hourly heat balances need to know of a year: temperatures and radiation on windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from klimastep.units import HOURS_PER_DAY, W_PER_KW
from klimastep.weather.irradiance import MONTHS, hourly_on_planes, monthly_on_planes
from klimastep.weather.sun import Floats, Ints, Sun
from klimastep.weather.year import Weather, default_albedo_share

WINDOW_TILT_DEG = (0.0, 90.0, 90.0, 90.0, 90.0)
WINDOW_AZIMUTH_DEG = (0.0, 90.0, 180.0, 270.0, 0.0)


class MonthlyClimate(NamedTuple):
    """Twelve months of one place, or of n places with a first axis of n.

    Parameters
    ----------
    hours : ndarray (12,) or (n, 12)
        [h]
    temp_external_degc : ndarray (12,) or (n, 12)
        Mean air temperature. [°C]
    radiation_kwh_m2 : ndarray (12, 5) or (n, 12, 5)
        On windows horizontal, east, south, west, north. [kWh/m²]
    """

    hours: Floats
    temp_external_degc: Floats
    radiation_kwh_m2: Floats


class HourlyClimate(NamedTuple):
    """Hours of one year, from the first of January in local standard time.

    Parameters
    ----------
    temp_external_degc : ndarray (hours,)
        Air temperature. [°C]
    radiation_w_m2 : ndarray (hours, 5)
        On windows horizontal, east, south, west, north. [W/m²]
    hour_of_day : ndarray (hours,)
        Local standard time at the beginning of the hour, 0 to 23.
    starts : ndarray (13,)
        First hour of each month, then the number of hours.
    """

    temp_external_degc: Floats
    radiation_w_m2: Floats
    hour_of_day: Ints
    starts: Ints


def monthly_climate(weather: Weather, albedo_share: float | None = None) -> MonthlyClimate:
    """Return the months of a year.

    Parameters
    ----------
    weather : Weather
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]
    """
    hours = np.bincount(weather.month, minlength=MONTHS).astype(np.float64)
    temperature = weather.hourly["temp_air_degc"].to_numpy(dtype=np.float64)
    planes = monthly_on_planes(WINDOW_TILT_DEG, WINDOW_AZIMUTH_DEG, weather.sky(albedo_share))
    return MonthlyClimate(hours, np.bincount(weather.month, temperature, MONTHS) / hours, planes.T.copy())


def hourly_climate(weather: Weather, albedo_share: float | None = None) -> HourlyClimate:
    """Return the hours of a year in local standard time.

    The year is taken as a ring, so that the first hour is the first of January at midnight in local standard time;
    sums over months are those of :func:`monthly_climate`.

    Parameters
    ----------
    weather : Weather
        8,760 or 8,784 hours.
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]
    """
    albedo = default_albedo_share() if albedo_share is None else albedo_share
    first = weather.first_hour
    order = np.roll(np.arange(len(weather.hourly)), first)
    order = order[np.argsort(weather.month[order], kind="stable")]
    ghi, dhi, dni = (weather.hourly[c].to_numpy(dtype=np.float64) for c in ("ghi_w_m2", "dhi_w_m2", "dni_w_m2"))
    sun = Sun(*(values[order] for values in weather.sun))
    planes = hourly_on_planes(
        WINDOW_TILT_DEG, WINDOW_AZIMUTH_DEG, ghi[order], dhi[order], dni[order], sun, albedo_share=albedo
    )
    return HourlyClimate(
        weather.hourly["temp_air_degc"].to_numpy(dtype=np.float64)[order],
        planes,
        (order + first) % HOURS_PER_DAY,
        np.searchsorted(weather.month[order], np.arange(MONTHS + 1)).astype(np.int64),
    )


def months_of(climate: HourlyClimate) -> MonthlyClimate:
    """Return the months of hours: their number, mean temperature and radiation.

    Parameters
    ----------
    climate : HourlyClimate
    """
    parts = [slice(a, b) for a, b in zip(climate.starts[:-1], climate.starts[1:], strict=True)]
    hours = np.diff(climate.starts).astype(np.float64)
    return MonthlyClimate(
        hours,
        np.array([climate.temp_external_degc[p].mean() for p in parts]),
        np.array([climate.radiation_w_m2[p].sum(axis=0) / W_PER_KW for p in parts]),
    )
