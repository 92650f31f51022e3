"""Length, temperature and radiation of the heating season of a year."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from klimastep.units import HOURS_PER_DAY
from klimastep.weather.irradiance import yearly_on_planes
from klimastep.weather.year import Weather

WALLS_DEG = {"east": 90.0, "south": 180.0, "west": 270.0, "north": 0.0}


class HeatingSeason(NamedTuple):
    """What a seasonal heat balance needs to know of the climate.

    Parameters
    ----------
    heating_days : float
        Days whose mean temperature is below the base. [d]
    temp_external_degc : float
        Mean temperature of these days. [°C]
    radiation_horizontal_kwh_m2, radiation_east_kwh_m2, radiation_south_kwh_m2, radiation_west_kwh_m2, \
radiation_north_kwh_m2 : float
        Global radiation of these days on the level and on walls. [kWh/m²]
    """

    heating_days: float
    temp_external_degc: float
    radiation_horizontal_kwh_m2: float
    radiation_east_kwh_m2: float
    radiation_south_kwh_m2: float
    radiation_west_kwh_m2: float
    radiation_north_kwh_m2: float


def heating_season(weather: Weather, base_degc: float = 12.0, albedo_share: float | None = None) -> HeatingSeason:
    """Return the heating season of a year.

    Parameters
    ----------
    weather : Weather
        Of any length: a leap year counts its 366 days.
    base_degc : float
        Heating limit: 12 for TABULA. [°C]
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]

    Returns
    -------
    HeatingSeason
        Without a heating day all zero, the temperature that of the base.
    """
    daily = weather.daily_mean()
    cold = daily < base_degc
    hours = np.roll(np.repeat(cold, HOURS_PER_DAY), -weather.first_hour)
    sky = weather.sky(albedo_share, hours)
    planes = {"horizontal": (0.0, 0.0), **{wall: (90.0, azimuth) for wall, azimuth in WALLS_DEG.items()}}
    tilt, azimuth = np.array(list(planes.values())).T
    energy = dict(zip(planes, yearly_on_planes(tilt, azimuth, sky).tolist(), strict=True))
    return HeatingSeason(
        heating_days=float(cold.sum()),
        temp_external_degc=float(daily[cold].mean()) if cold.any() else base_degc,
        **{f"radiation_{plane}_kwh_m2": value for plane, value in energy.items()},
    )
