from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from klimastep.errors import PlanError
from klimastep.heat import demand, expected
from klimastep.heat.stock import P_AGE_NAMES
from klimastep.heat.systems import NAMES, calibration, curves, delivered, expected_use, systems
from klimastep.weather import HeatingSeason

GAS_SINGLE = np.array([2 * NAMES.index("gas")])


def test_curve_at_and_between_its_nodes() -> None:
    energy = np.array([0.0, 100.0, 150.0, 265.0, 500.0, 900.0])
    np.testing.assert_allclose(
        calibration(energy, np.zeros(6, dtype=np.int64)), [1.1, 1.0, 0.92, 0.749, 0.5, 0.5], rtol=1e-12
    )


def test_delivered_energy_of_a_gas_boiler_by_hand() -> None:
    energy = delivered(np.array([200.0]), np.array([10.0]), np.array([0.9]), GAS_SINGLE)
    assert energy[0] == pytest.approx(1.16 * (200 + 6.2 - 0.9 * 1.7) + 1.23 * (10 + 4.4 + 5.6))


def test_useful_heat_and_final_energy_belong_together() -> None:
    use = expected_use(np.array([200.0]), np.array([10.0]), np.array([0.9]), GAS_SINGLE)
    energy = 1.16 * (200 + 6.2 - 0.9 * 1.7) + 1.23 * 20
    factor = 0.84 - 0.14 * (energy - 200) / 100
    assert use.useful[0] == pytest.approx(factor * 210)
    assert use.final[0] == pytest.approx(factor * energy / 1.0949)


def test_who_needs_less_is_expected_to_use_less() -> None:
    """The curves fall slower than the demand, up to 450 kWh/(m²·a); above, stoves and electric heating do not."""
    energy = np.linspace(0.0, 450.0, 451)
    for curve in range(len(curves())):
        use = energy * calibration(energy, np.full(len(energy), curve))
        assert (np.diff(use) > 0).all(), curves()[curve]


def test_no_heat_needs_no_pipes() -> None:
    energy = delivered(np.array([0.0]), np.array([10.0]), np.array([0.9]), GAS_SINGLE)
    assert energy[0] == pytest.approx(1.23 * 20)


def test_every_carrier_has_a_heater() -> None:
    assert len(systems().generator_heating) == 2 * len(NAMES)
    assert (systems().generator_heating > 0).all()


def test_old_houses_use_less_and_new_ones_not(houses: Any, potsdam: HeatingSeason) -> None:
    table = houses({"year_built": 1950}, {"year_built": 2020})
    table = expected(demand(table, potsdam), potsdam)
    ratio = table["expected_heat_kwh_a"] / table["heat_demand_kwh_a"]
    assert ratio.iloc[0] < 0.9
    assert 0.95 < ratio.iloc[1] < 1.1


def test_unknown_carrier_is_the_plans_default(houses: Any, potsdam: HeatingSeason) -> None:
    table = houses({"carrier": None}, {"carrier": "heat_pump"}, {"carrier": "gas"})
    final = expected(table, potsdam, default_carrier="heat_pump")["expected_final_kwh_a"]
    assert final.iloc[0] == final.iloc[1] < 0.5 * final.iloc[2]
    with pytest.raises(PlanError, match="unknown carrier 'coal'"):
        expected(table, potsdam, default_carrier="coal")


def test_offices_have_no_curve(houses: Any, potsdam: HeatingSeason) -> None:
    table = expected(demand(houses({"use_class": "office"}), potsdam), potsdam)
    row = table.iloc[0]
    assert row["expected_heat_kwh_a"] == row["heat_demand_kwh_a"]
    assert row["expected_final_kwh_a"] == pytest.approx(
        (1.13 * row["space_heat_kwh_a"] + 1.18 * row["hot_water_kwh_a"]) / 1.0949
    )


def test_the_curve_acts_before_the_mean_over_classes(houses: Any, potsdam: HeatingSeason) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.5, "p_age_k_share": 0.5}
    mixed = expected(houses({"year_built": None}, **shares), potsdam)["expected_heat_kwh_a"].iloc[0]
    single = expected(houses({"year_built": 1900}, {"year_built": 2012}), potsdam)["expected_heat_kwh_a"]
    assert mixed == pytest.approx(single.mean(), rel=1e-12)
