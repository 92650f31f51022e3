"""The heating season: by hand, what must hold, and against the norm's climate of two regions."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klimastep.weather import HeatingSeason, heating_season, prepare, yearly_on_planes

# DIN V 18599-10 regions 12 Mannheim and 4 Potsdam by TABULA (IWU tabuladata, CC BY 4.0), base 12 °C
NORM = {
    12: (49.52, 8.55, HeatingSeason(196, 5.9, 331, 240, 384, 186, 111)),
    4: (52.38, 13.07, HeatingSeason(216, 4.6, 368, 260, 394, 222, 123)),
}


def test_by_hand(make_year):
    """Cold in the first ten days only: their temperature, their radiation."""
    year = make_year()
    cold = np.arange(len(year)) < 240
    weather = prepare(year.assign(temp_air_degc=np.where(cold, 3.0, 20.0)), 48.9, 9.2, "x")
    season = heating_season(weather)
    assert season.heating_days == 10
    assert season.temp_external_degc == 3
    assert season.radiation_horizontal_kwh_m2 == pytest.approx(year["ghi_w_m2"].iloc[:240].sum() / 1e3)
    assert season.radiation_south_kwh_m2 > season.radiation_east_kwh_m2 > season.radiation_north_kwh_m2 > 0


def test_a_year_all_cold_has_all_the_radiation(make_year):
    weather = prepare(make_year(year=2020).assign(temp_air_degc=-1.0), 48.9, 9.2, "x")
    season = heating_season(weather)
    assert season.heating_days == 366
    walls = yearly_on_planes([90.0] * 4, [90.0, 180.0, 270.0, 0.0], weather.sky())
    np.testing.assert_allclose(season[3:], walls)
    assert season.radiation_east_kwh_m2 == pytest.approx(season.radiation_west_kwh_m2, rel=0.01)


def test_a_year_without_heating(make_year):
    weather = prepare(make_year().assign(temp_air_degc=25.0), 48.9, 9.2, "x")
    assert heating_season(weather) == HeatingSeason(0, 12, 0, 0, 0, 0, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(base=st.floats(-5, 25), more=st.floats(0, 10))
def test_a_higher_base_never_shortens_the_season(make_year, base, more):
    weather = prepare(make_year(), 48.9, 9.2, "x")
    low, high = heating_season(weather, base), heating_season(weather, base + more)
    assert high.heating_days >= low.heating_days
    assert all(b >= a - 1e-9 for a, b in zip(low[2:], high[2:], strict=True))


@pytest.mark.parametrize("region", sorted(NORM))
def test_against_the_norm(try_year, region):
    """The norm rests on a later edition of the same reference year: near, not equal.

    Its east and west walls differ by 15 to 30 % (sun at the plain half hour), so their mean is compared.
    """
    latitude, longitude, norm = NORM[region]
    season = heating_season(prepare(try_year(region), latitude, longitude, f"TRY {region}"))
    assert season.heating_days == pytest.approx(norm.heating_days, abs=6)
    assert season.temp_external_degc == pytest.approx(norm.temp_external_degc, abs=0.5)
    assert season.radiation_horizontal_kwh_m2 == pytest.approx(norm.radiation_horizontal_kwh_m2, rel=0.1)
    assert season.radiation_south_kwh_m2 == pytest.approx(norm.radiation_south_kwh_m2, rel=0.1)
    ours, theirs = ((s.radiation_east_kwh_m2 + s.radiation_west_kwh_m2) / 2 for s in (season, norm))
    assert ours == pytest.approx(theirs, rel=0.1)
    assert season.radiation_north_kwh_m2 == pytest.approx(norm.radiation_north_kwh_m2, rel=0.15)
