"""Weather: a year of hours with its sun, radiation on planes, heating season, degree days."""

from __future__ import annotations

from klimastep.weather.climate import (
    HourlyClimate,
    MonthlyClimate,
    PlaneHours,
    hourly_climate,
    hours_on_planes,
    monthly_climate,
    months_of,
)
from klimastep.weather.degree_days import correct, degree_days
from klimastep.weather.heating_season import HeatingSeason, heating_season
from klimastep.weather.irradiance import Sky, monthly_on_planes, yearly_on_planes
from klimastep.weather.metered_years import degree_day_ratios
from klimastep.weather.place import PlaceClimate, place_climate
from klimastep.weather.present import PRESENT_ATTRIBUTION, present_climate
from klimastep.weather.year import Weather, prepare, scale_monthly, shift_monthly

__all__ = [
    "PRESENT_ATTRIBUTION",
    "HeatingSeason",
    "HourlyClimate",
    "MonthlyClimate",
    "PlaceClimate",
    "PlaneHours",
    "Sky",
    "Weather",
    "correct",
    "degree_day_ratios",
    "degree_days",
    "heating_season",
    "hourly_climate",
    "hours_on_planes",
    "monthly_climate",
    "monthly_on_planes",
    "months_of",
    "place_climate",
    "prepare",
    "present_climate",
    "scale_monthly",
    "shift_monthly",
    "yearly_on_planes",
]
