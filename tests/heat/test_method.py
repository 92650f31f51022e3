from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heat.balances import year

from klimastep import config
from klimastep.heat import Method, Operation, demand, expected, potential
from klimastep.heat.stock import P_AGE_NAMES
from klimastep.weather import HeatingSeason, months_of

CLIMATE = year()
METHODS = {"seasonal": Method(), "monthly": Method(months_of(CLIMATE)), "hourly": Method(CLIMATE)}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_load_by_all_methods_and_summer_by_hours_only(method: Method, houses: Any, potsdam: HeatingSeason) -> None:
    table = demand(houses({}, {"is_heated": False}, {"use_class": "office"}), potsdam, method=method)
    load, hot = table["heat_load_kw"], table["overheating_h_a"]
    assert load.iloc[0] > 0
    assert load.iloc[1] == 0.0
    assert load.iloc[2] > 0
    assert hot.notna().tolist() == [method is METHODS["hourly"], False, False]


def test_standard_load_by_hand(houses: Any, potsdam: HeatingSeason) -> None:
    warm, cold = (
        demand(houses(), potsdam, method=Method(design_degc=t))["heat_load_kw"].iloc[0] for t in (-10.0, -12.0)
    )
    assert cold == demand(houses(), potsdam)["heat_load_kw"].iloc[0]
    assert cold / warm == pytest.approx(32 / 30, rel=1e-12)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_probabilities_give_the_weighted_mean(method: Method, houses: Any, potsdam: HeatingSeason) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.25, "p_age_k_share": 0.75}
    mixed = demand(houses({"year_built": None}, **shares), potsdam, method=method)
    single = demand(houses({"year_built": 1900}, {"year_built": 2012}), potsdam, method=method)
    for name in ("space_heat_kwh_a", "heat_load_kw", "overheating_h_a"):
        both = 0.25 * single[name].iloc[0] + 0.75 * single[name].iloc[1]
        assert mixed[name].iloc[0] == pytest.approx(both, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_expected_and_saving_follow_the_method(method: Method, houses: Any, potsdam: HeatingSeason) -> None:
    table = houses({"year_built": 1900})
    useful = expected(table, potsdam, method=method)["expected_heat_kwh_a"].iloc[0]
    saving = potential(table, potsdam, method=method)["heat_saving_kwh_a"].iloc[0]
    assert 0 < saving < useful


def test_setback_without_months_or_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="needs method monthly or hourly"):
        config.Heat(night_setback_k=3.0)
    assert config.Heat(method="hourly", night_setback_k=3.0).night_setback_k == 3.0


def test_heat_recovery_belongs_to_an_age_class(houses: Any, potsdam: HeatingSeason) -> None:
    """Nothing changes in other classes, and not in the seasonal balance, which knows none."""
    rows = houses({"year_built": 1990}, {"year_built": 2020}, {"year_built": 2020, "heritage": "single"})
    for name, method in METHODS.items():
        plain = demand(rows, potsdam, method=method)
        aired = demand(rows, potsdam, method=method._replace(heat_recovery={"L": 0.5}))
        gain = plain["space_heat_kwh_a"] - aired["space_heat_kwh_a"]
        assert gain.iloc[0] == 0.0
        assert (gain.iloc[1:] > 0).all() == (name != "seasonal")
        saved, before = (
            potential(rows, potsdam, method=m)["heat_saving_kwh_a"].iloc[0]
            for m in (method._replace(heat_recovery={"L": 0.5}), method)
        )
        assert saved == before


def test_heat_recovery_in_the_plan() -> None:
    assert config.Heat(method="monthly", heat_recovery={"l": 0.2}).heat_recovery == {"L": 0.2}
    for wrong, words in (({"z": 0.2}, "age classes"), ({"L": 1.2}, "0 to 1"), ({"L": 0.2}, "needs method")):
        with pytest.raises(ValueError, match=words):
            config.Heat(method="seasonal" if words == "needs method" else "hourly", heat_recovery=wrong)


def test_setback_takes_the_place_of_the_factor(houses: Any, potsdam: HeatingSeason) -> None:
    factor, full, low = (
        demand(houses(), potsdam, method=Method(CLIMATE, operation))["space_heat_kwh_a"].iloc[0]
        for operation in (Operation(), Operation(0.0), Operation(3.0))
    )
    assert factor < full
    assert low < full


def test_hot_water_by_persons_by_hand(houses: Any, potsdam: HeatingSeason) -> None:
    table = demand(houses({}, {"dwellings": 8.0}), potsdam, hot_water="persons")
    person = 25 * 50 * 1.163 * 365 / 1000
    np.testing.assert_allclose(table["hot_water_kwh_a"], [person * 150 / 52.93, person * 150 / 35.28], rtol=1e-12)
