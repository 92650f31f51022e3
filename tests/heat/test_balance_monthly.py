from __future__ import annotations

import numpy as np
import pytest
from heat.balances import LIGHT, house, year

from klimastep.heat import balance_hourly
from klimastep.heat.balance_monthly import Operation, balance
from klimastep.heat.balance_seasonal import apertures
from klimastep.weather import MonthlyClimate, months_of

MONTHS = months_of(year())


def need(climate=MONTHS, operation=Operation(), **changes):  # noqa: B008
    return float(balance(*house(**changes), climate, operation).space_heat_kwh_m2a[0])


def test_one_month_by_hand():
    envelope, conditions = house()
    h_tr = (110 * 0.8 + 150 * 1.2 + 90 * 0.5 + 28 * 2.8 + 2 * 3.0 + 0.1 * 380) / 150
    h = h_tr + 0.34 * 0.6 * 2.5
    factor = 0.9 - 0.1 * (h_tr - 1) / 3
    hours, temp = MONTHS.hours[0], MONTHS.temp_external_degc[0]
    loss = h * factor * (20 - temp) * hours / 1e3
    gains = 3 * hours / 1e3 + (apertures(envelope, conditions)[0] * MONTHS.radiation_kwh_m2[0]).sum() / 150
    gamma, a = gains / loss, 1 + 45 / h / 15
    expected = loss - (1 - gamma**a) / (1 - gamma ** (a + 1)) * gains
    result = balance(envelope, conditions, MONTHS)
    assert result.monthly_kwh_m2[0, 0] == pytest.approx(expected, rel=1e-12)
    assert result.space_heat_kwh_m2a[0] == pytest.approx(result.monthly_kwh_m2[0].sum(), rel=1e-12)


def test_each_building_may_have_its_own_climate():
    cold = MONTHS.temp_external_degc - 3
    both = MonthlyClimate(
        MONTHS.hours, np.stack([MONTHS.temp_external_degc, cold]), np.stack([MONTHS.radiation_kwh_m2] * 2)
    )
    found = balance(*house(2), both).space_heat_kwh_m2a
    assert found.tolist() == [need(), need(MONTHS._replace(temp_external_degc=cold))]


def test_unknown_stays_unknown():
    found = balance(*house(2, u=np.array([np.nan, 1.0])), MONTHS)
    assert np.isnan(found.space_heat_kwh_m2a).tolist() == [True, False]


def test_setback_is_its_mean_over_the_day():
    lower = need(operation=Operation(0.0), indoor_degc=20.0 - 3.0 / 3)
    assert need(operation=Operation(3.0)) == pytest.approx(lower, rel=1e-12)


def test_heat_recovery_is_less_air():
    """Of the aired part only: 0.4 1/h with half of its heat back are 0.2 1/h; leaks stay."""
    half = need(operation=Operation(0.0, heat_recovery=0.5))
    assert half == pytest.approx(need(operation=Operation(0.0), air_use_1_h=0.2), rel=1e-12)


def test_monthly_and_hourly_agree_as_far_as_they_mean_the_same():
    u = np.linspace(0.2, 1.6, 15)
    monthly = balance(*house(15, u=u), MONTHS).space_heat_kwh_m2a
    hourly = balance_hourly.balance(*house(15, u=u), year(), LIGHT).space_heat_kwh_m2a
    np.testing.assert_allclose(monthly, hourly, rtol=0.06, atol=1.0)
