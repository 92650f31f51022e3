"""How cold single years were against the plan's climate, for heat metered in them."""

from __future__ import annotations

import pandas as pd

from klimastep.weather.degree_days import degree_days
from klimastep.weather.irradiance import MONTHS
from klimastep.weather.year import Weather

INDOOR_DEGC = 20.0  # GTZ 20/15, VDI 3807


def degree_day_ratios(climate_monthly: pd.DataFrame | None, plan: Weather) -> dict[int, float]:
    """Return degree days of each year over those of the plan's weather (GTZ 20/15). [1]

    Parameters
    ----------
    climate_monthly : DataFrame or None
        Months of single years with ``heating_days_15`` and ``heating_15_temp_degc``; several places are averaged. A
        year that lacks a month is left out; a month without a heating day has no mean temperature and counts zero.
    plan : Weather
    """
    if climate_monthly is None:
        return {}
    months = climate_monthly[climate_monthly["year"].notna() & climate_monthly["heating_days_15"].notna()]
    days = months["heating_days_15"].astype("float64")
    cold = (days * (INDOOR_DEGC - months["heating_15_temp_degc"].astype("float64"))).where(days > 0, 0.0)
    table = months.assign(degree_days=cold)[["place_id", "year", "degree_days"]]
    per_place = table.groupby(["place_id", "year"])["degree_days"].agg(["sum", "count"])
    whole = per_place.loc[per_place["count"] == MONTHS, "sum"].groupby(level="year").mean()
    normal = degree_days(plan.daily_mean(), INDOOR_DEGC)
    return {int(str(year)): float(value / normal) for year, value in whole.items()}
