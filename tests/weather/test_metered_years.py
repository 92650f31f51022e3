"""Degree days of single years over those of the plan's climate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from klimastep.weather import Weather, degree_day_ratios, degree_days


def plan(temp_degc: float) -> Weather:
    hours = pd.date_range("2021-01-01 01:00", periods=8760, freq="h", tz="UTC")
    hourly = pd.DataFrame({"temp_air_degc": np.full(8760, temp_degc)}, index=hours)
    return Weather(hourly, 49.0, 9.0, "constant", 0.0)


def climate(place: str, year: int, temp_degc: float, months: int = 12) -> pd.DataFrame:
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][:months]
    return pd.DataFrame(
        {
            "place_id": place,
            "year": pd.array([year] * months, dtype="Int16"),
            "month": range(1, months + 1),
            "heating_days_15": [float(d) for d in days],
            "heating_15_temp_degc": temp_degc,
        }
    )


def test_by_hand():
    table = pd.concat([climate("a", 2020, 10.0), climate("b", 2020, 12.0), climate("a", 2021, 5.0)])
    ratios = degree_day_ratios(table, plan(10.0))  # 365 days of 10 K
    assert ratios == pytest.approx({2020: 0.9, 2021: 1.5})


def test_the_bases_of_12_and_15_degrees_never_mix():
    """A year of 13 °C has no day below 12 °C and 365 below 15 °C: both sides of the ratio count to 15."""
    table = climate("a", 2020, 12.0)
    mild = plan(13.0)
    assert degree_days(mild.daily_mean(), base_degc=12.0) == 0.0
    assert degree_day_ratios(table, mild) == pytest.approx({2020: 8.0 / 7.0})
    by_12 = table.assign(heating_days_12=1.0, heating_12_temp_degc=-20.0)
    assert degree_day_ratios(by_12, mild) == degree_day_ratios(table, mild)


def test_half_a_year_is_left_out_and_warm_months_count_zero():
    warm = climate("a", 2022, 10.0)
    warm.loc[warm["month"] > 6, ["heating_days_15", "heating_15_temp_degc"]] = (0.0, np.nan)
    ratios = degree_day_ratios(pd.concat([climate("a", 2020, 10.0, months=6), warm]), plan(10.0))
    assert ratios == pytest.approx({2022: 181 / 365})


def test_without_a_climate_nothing_is_known():
    assert degree_day_ratios(None, plan(10.0)) == {}
