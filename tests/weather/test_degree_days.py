"""Degree days by hand and on two real years."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimastep.weather import correct, degree_days, prepare


def test_by_hand():
    assert degree_days([10.0, 14.9, 15.0, 22.0]) == pytest.approx(10 + 5.1)
    assert degree_days([10.0, 14.0], base_degc=12.0) == 10
    assert degree_days([]) == 0


@given(st.lists(st.floats(-30, 40), max_size=30), st.floats(-20, 20), st.floats(0, 5))
def test_a_higher_base_never_gives_fewer(days, base, more):
    assert degree_days(days, 26.0, base + more) >= degree_days(days, 26.0, base)


def test_only_space_heat_follows_the_weather():
    assert correct(100.0, 3000.0, 3300.0, hot_water_kwh_a=20.0) == pytest.approx(108)
    np.testing.assert_allclose(correct([100.0, np.nan], 3000.0, 3000.0), [100.0, np.nan])


@pytest.mark.testdata
@pytest.mark.parametrize("year", [2020, 2021])
def test_real_years_against_the_monthly_climate_of_the_weather_service(epw_year, testdata, year):
    """GTZ 20/15 of a file against heating days and their temperature at Dahlem, 8 km away."""
    table = pd.read_csv(testdata / "mierendorff" / "weather" / "climate_monthly_clidamonger.csv")
    here = table[(table["Name_Station"] == "Berlin-Dahlem (FU)") & table["month"].str.startswith(f"M_{year}_")]
    months = here.drop_duplicates(["Code_Quantity", "month"]).pivot_table(
        index="month", columns="Code_Quantity", values="value"
    )
    published = (months["HD_15"] * (20 - months["TA_15"])).sum()
    ours = degree_days(prepare(epw_year(year), 52.51, 13.375, "Berlin").daily_mean())
    assert len(months) == 12
    assert ours == pytest.approx(published, rel=0.03)
