from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from klimastep.heat import expected, potential
from klimastep.heat.nonresidential import kept_share
from klimastep.weather import HeatingSeason

YEARS = [{"year_built": y} for y in (1850, 1900, 1930, 1950, 1962, 1975, 1981, 1990, 1998, 2005, 2012, 2020)]


def test_savings_are_ordered_and_below_what_is_used(houses: Any, potsdam: HeatingSeason) -> None:
    table = expected(houses(*YEARS), potsdam)
    usual = potential(table, potsdam)["heat_saving_kwh_a"]
    advanced = potential(table, potsdam, target_state="advanced")["heat_saving_kwh_a"]
    assert (usual <= advanced + 1e-9).all()
    assert (advanced < table["expected_heat_kwh_a"]).all()
    assert usual.iloc[4] > 0.3 * table["expected_heat_kwh_a"].iloc[4]
    assert usual.iloc[-1] < 0.15 * table["expected_heat_kwh_a"].iloc[-1]


@pytest.mark.parametrize("status", ["single", "group", "ensemble"])
def test_monuments_get_the_monument_package(status: str, houses: Any, potsdam: HeatingSeason) -> None:
    table = houses({}, {"heritage": status}, {"heritage": "surroundings"}, year_built=1900)
    saving = potential(table, potsdam, target_state="advanced")["heat_saving_kwh_a"]
    assert 0 < saving.iloc[1] < saving.iloc[0]
    assert saving.iloc[2] == saving.iloc[0]


def test_past_refurbishment_leaves_less_to_save(houses: Any, potsdam: HeatingSeason) -> None:
    table = houses(*YEARS[:6])
    national = potential(table, potsdam)["heat_saving_kwh_a"]
    built = potential(table, potsdam, refurbished="none")["heat_saving_kwh_a"]
    assert (national < built).all()


def test_unheated_saves_nothing_and_unknown_is_unknown(houses: Any, potsdam: HeatingSeason) -> None:
    saving = potential(houses({"is_heated": False}, {"year_built": None}), potsdam)["heat_saving_kwh_a"]
    assert saving.iloc[0] == 0.0
    assert np.isnan(saving.iloc[1])


def test_other_uses_save_by_the_mean_building(houses: Any, potsdam: HeatingSeason) -> None:
    saving = potential(houses({"use_class": "office"}, {"use_class": "office", "year_built": 2020}), potsdam)
    assert saving["heat_saving_kwh_a"].iloc[0] > 5 * saving["heat_saving_kwh_a"].iloc[1]
    for state in ("usual", "advanced", "monument"):
        kept = kept_share(state, potsdam)
        assert ((kept > 0.05) & (kept <= 1)).all()
