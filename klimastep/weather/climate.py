"""What monthly and hourly heat balances need to know of a year: temperatures and radiation on windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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


class PlaneHours(NamedTuple):
    """Hours of one year on some planes, from the first of January in local standard time.

    Parameters
    ----------
    radiation_w_m2 : ndarray (hours, planes)
        On the planes, unshaded. [W/m²]
    temp_air_degc : ndarray (hours,)
        [°C]
    wind_m_s : ndarray (hours,)
        NaN where unknown. [m/s]
    month : ndarray (hours,)
        0 to 11.
    """

    radiation_w_m2: Floats
    temp_air_degc: Floats
    wind_m_s: Floats
    month: Ints


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
    order = _local_order(weather)
    hours = hours_on_planes(weather, WINDOW_TILT_DEG, WINDOW_AZIMUTH_DEG, albedo_share)
    return HourlyClimate(
        hours.temp_air_degc,
        hours.radiation_w_m2,
        (order + weather.first_hour) % HOURS_PER_DAY,
        np.searchsorted(hours.month, np.arange(MONTHS + 1)).astype(np.int64),
    )


def hours_on_planes(
    weather: Weather, tilt_deg: npt.ArrayLike, azimuth_deg: npt.ArrayLike, albedo_share: float | None = None
) -> PlaneHours:
    """Return the hours of a year on some unshaded planes, ordered as by :func:`hourly_climate`.

    Parameters
    ----------
    weather : Weather
    tilt_deg, azimuth_deg : array_like (planes,)
        0 = level, 90 = wall; 0 = north, clockwise. [°]
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]
    """
    albedo = default_albedo_share() if albedo_share is None else albedo_share
    order = _local_order(weather)
    temperature, wind, ghi, dhi, dni = (
        weather.hourly[c].to_numpy(dtype=np.float64)[order]
        for c in ("temp_air_degc", "wind_m_s", "ghi_w_m2", "dhi_w_m2", "dni_w_m2")
    )
    sun = Sun(*(values[order] for values in weather.sun))
    planes = hourly_on_planes(tilt_deg, azimuth_deg, ghi, dhi, dni, sun, albedo_share=albedo)
    return PlaneHours(planes, temperature, wind, weather.month[order])


def _local_order(weather: Weather) -> Ints:
    order = np.roll(np.arange(len(weather.hourly)), weather.first_hour)
    return np.asarray(order[np.argsort(weather.month[order], kind="stable")])


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
