"""Degree days and the correction of metered heat by them (array file)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from klimastep.weather.sun import Floats


def degree_days(daily_degc: npt.ArrayLike, indoor_degc: float = 20.0, base_degc: float = 15.0) -> float:
    """Return the degree days of a series of days (Gradtagzahl GTZ 20/15 by default).

    ``sum of (indoor - daily mean) over the days whose mean is below the base``.

    Parameters
    ----------
    daily_degc : array_like (days,)
        Daily mean air temperatures. [°C]
    indoor_degc, base_degc : float
        Indoor temperature and heating limit. [°C]

    Returns
    -------
    float
        [K·d]

    References
    ----------
    VDI 3807-1: Verbrauchskennwerte für Gebäude, Grundlagen.
    """
    daily = np.asarray(daily_degc, dtype=np.float64)
    return float(np.where(daily < base_degc, indoor_degc - daily, 0.0).sum())


def correct(
    heat_kwh_a: npt.ArrayLike, degree_days_year: float, degree_days_reference: float, hot_water_kwh_a: npt.ArrayLike = 0
) -> Floats:
    """Return heat as it would have been in the reference climate; hot water does not follow the weather.

    ``space heat * GTZ_reference / GTZ_year + hot water``.

    Parameters
    ----------
    heat_kwh_a : array_like
        All heat of the year, with hot water. [kWh/a]
    degree_days_year, degree_days_reference : float
        By the same indoor temperature and base. [K·d]
    hot_water_kwh_a : array_like, optional
        The part of the heat that is hot water (or a process). [kWh/a]

    Returns
    -------
    ndarray
        [kWh/a]
    """
    hot_water = np.asarray(hot_water_kwh_a, dtype=np.float64)
    space_heat = np.asarray(heat_kwh_a, dtype=np.float64) - hot_water
    return np.asarray(space_heat * (degree_days_reference / degree_days_year) + hot_water)
