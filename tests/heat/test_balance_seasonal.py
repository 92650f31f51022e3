from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from klimastep.heat.balance_seasonal import Balance, Conditions, Envelope, balance, reduction_factor, utilisation
from klimastep.weather import HeatingSeason

CASES = Path(__file__).parent.parent / "reference" / "tabula_55_cases.csv"
PARTS = ("Roof_1", "Roof_2", "Wall_1", "Wall_2", "Wall_3", "Floor_1", "Floor_2", "Window_1", "Window_2", "Door_1")
SUNNY = ("Horizontal", "East", "South", "West", "North")
OUTPUTS = dict(
    zip(
        Balance._fields,
        (
            "h_Transmission", "h_Ventilation", "F_red_temp", "q_ht", "q_sol", "q_int",
            "tau", "a_H", "gamma_h_gn", "eta_h_gn", "q_h_nd",
        ),
        strict=True,
    )
)  # fmt: skip


def tabula() -> tuple[pd.DataFrame, Envelope, Conditions, HeatingSeason]:
    cases = pd.read_csv(CASES, encoding="utf-8")
    n = len(cases)

    def column(name: str) -> np.ndarray:
        return cases[name].to_numpy(dtype=np.float64) if name in cases else np.ones(n)

    def stack(prefix: str, names: tuple[str, ...]) -> np.ndarray:
        return np.stack([column(f"{prefix}{name}") for name in names], axis=1)

    envelope = Envelope(
        column("A_C_Ref"),
        stack("A_Calc_", PARTS),
        stack("U_Actual_", PARTS),
        stack("b_Transmission_", PARTS),
        column("delta_U_ThermalBridging"),
        stack("A_Calc_Window_", SUNNY),
        column("g_gl_n"),
    )
    names = (
        "theta_i", "n_air_use", "n_air_infiltration", "h_room", "phi_int", "c_m",
        "F_red_htr1", "F_red_htr4", "F_sh_hor", "F_sh_vert", "F_f", "F_w",
    )  # fmt: skip
    climate = ("HeatingDays", "Theta_e", "I_Sol_Hor", "I_Sol_East", "I_Sol_South", "I_Sol_West", "I_Sol_North")
    return cases, envelope, Conditions(*map(column, names)), HeatingSeason(*map(column, climate))


def test_there_are_55_published_cases() -> None:
    assert len(pd.read_csv(CASES, encoding="utf-8")) == 55


@pytest.mark.parametrize("output", Balance._fields)
def test_all_published_cases_to_1e_6(output: str) -> None:
    cases, envelope, conditions, season = tabula()
    computed = getattr(balance(envelope, conditions, season), output)
    np.testing.assert_allclose(computed, cases[OUTPUTS[output]], rtol=1e-6, atol=0)


def test_reduction_factor_at_its_nodes() -> None:
    factor = reduction_factor(np.array([0.5, 1.0, 2.5, 4.0, 9.0]), 0.9, 0.8)
    np.testing.assert_allclose(factor, [1.0, 0.9, 0.85, 0.8, 0.8])


def test_utilisation_limits() -> None:
    a = np.full(6, 2.0)
    gamma = np.array([-1.0, 0.0, 1.0, 1.0 + 1e-12, 2.0, 1e30])
    expected = [1.0, 1.0, 2 / 3, 2 / 3, (1 - 4) / (1 - 8), 1e-30]
    np.testing.assert_allclose(utilisation(gamma, a), expected, rtol=1e-9)


def test_utilisation_is_smooth_around_one() -> None:
    gamma = 1.0 + np.array([-1e-6, -1e-9, 0.0, 1e-9, 1e-6])
    np.testing.assert_allclose(utilisation(gamma, np.full(5, 3.7)), 3.7 / 4.7, rtol=1e-5)


HOUSE = (
    Envelope(
        np.array([100.0]),
        np.array([[200.0, 30.0]]),
        np.array([[1.0, 1.3]]),
        np.ones((1, 2)),
        np.array([0.05]),
        np.array([[0.0, 5.0, 15.0, 5.0, 5.0]]),
        np.array([0.6]),
    ),
    Conditions(20.0, 0.4, 0.0, 2.5, 0.0, 45.0, 0.9, 0.8, 0.8, 0.6, 0.3, 0.9),
)


def test_without_gains_losses_are_the_need() -> None:
    dark = HeatingSeason(200.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    h_tr = (200 + 39 + 0.05 * 230) / 100
    h_ve = 0.34 * 0.4 * 2.5
    reduction = 0.9 - 0.1 * (h_tr - 1) / 3
    found = balance(*HOUSE, dark).space_heat_kwh_m2a[0]
    assert found == pytest.approx(0.024 * (h_tr + h_ve) * reduction * 15 * 200, rel=1e-12)


def test_no_need_where_it_is_warmer_outside() -> None:
    assert balance(*HOUSE, HeatingSeason(200.0, 25.0, 0.0, 0.0, 0.0, 0.0, 0.0)).space_heat_kwh_m2a[0] == 0.0
