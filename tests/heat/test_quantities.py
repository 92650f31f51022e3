"""The worked house of docs/heat_quantities.md, by hand: from the normative need to metered energy, before and after."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from klimastep.heat import carbon, cost, demand, expected, potential
from klimastep.heat.meters import final_factor
from klimastep.heat.systems import carrier_factor
from klimastep.weather import HeatingSeason

PAGE = Path(__file__).resolve().parents[2] / "docs" / "heat_quantities.md"
AREA = 150.0
SHELL = {"roof": 120.0, "wall": 180.0 * 149.9 / 179.1, "floor": 100.0, "window": 180.0 * 27.1 / 179.1}
SHELL["door"] = 180.0 - SHELL["wall"] - SHELL["window"]
USUAL_EUR_M2 = {"roof": 193.8, "wall": 1.1 * 116.63, "floor": 34.82, "window": 310.0, "door": 993.06}
ANYWAY_EUR_M2 = {"roof": 172.8, "wall": 1.1 * 72.35, "floor": 0.0, "window": 310.0, "door": 310.0}


class Chain(NamedTuple):
    """Per reference area, kWh/(m²·a), and factors."""

    h_tr: float
    space: float
    eta: float
    delivered: float
    factor: float
    useful: float
    final: float


def added(u: float, resistance: float) -> float:
    return 1.0 / (1.0 / u + resistance)


def by_hand(u: dict[str, float], second_wall: float, bridge: float, leaks: float, g: float) -> Chain:
    """Return the chain of SFH_E with own areas in TABULA's climate; 8.7 of 149.9 m² of wall lose nothing (b = 0)."""
    wall = (u["wall"] * 141.2 + second_wall * 0.0 * 8.7) / 149.9
    losses = SHELL["roof"] * u["roof"] + SHELL["wall"] * wall + 0.5 * SHELL["floor"] * u["floor"]
    losses += SHELL["window"] * u["window"] + SHELL["door"] * u["door"]
    h_tr = (losses + bridge * sum(SHELL.values())) / AREA
    h = h_tr + 0.34 * (0.4 + leaks) * 2.5
    reduction = 0.9 + (0.8 - 0.9) * (h_tr - 1.0) / 3.0 if h_tr >= 1 else 0.9 + 0.1 * (1.0 - h_tr) / 0.5
    transfer = 0.024 * h * reduction * (20.0 - 4.6) * 216.0
    sun = sum(a * i for a, i in ((5.7, 260.0), (6.3, 394.0), (8.9, 222.0), (4.1, 123.0)))
    gains = 0.6 * 0.7 * 0.9 * g * SHELL["window"] * sun / 27.1 / AREA + 0.024 * 3.0 * 216.0
    a = 0.8 + 45.0 / h / 30.0
    gamma = gains / transfer
    eta = (1 - gamma**a) / (1 - gamma ** (a + 1))
    space = transfer - eta * gains
    delivered = 1.16 * (space + 6.2 - eta * 1.7) + 1.23 * (10.0 + 4.4 + 5.6)
    factor = float(np.interp(delivered, [0, 100, 200, 300, 400, 500], [1.1, 1.0, 0.84, 0.7, 0.6, 0.5]))
    return Chain(h_tr, space, eta, delivered, factor, factor * (space + 10.0), factor * delivered / 1.0949)


def before() -> Chain:
    u = {"roof": 0.8, "wall": 1.2, "floor": 1.081081081, "window": 2.8, "door": 3.0}
    return by_hand(u, 0.8, 0.1, 0.2, 0.75)


def after() -> Chain:
    u = {"roof": added(0.8, 2.4365), "wall": added(1.2, 3.4473), "floor": added(1.081081081, 2.2857)}
    return by_hand(u | {"window": 1.3, "door": 1.3}, added(0.8, 3.4473), 0.05, 0.1, 0.6)


@pytest.fixture
def house(houses: Any, potsdam: HeatingSeason) -> Any:
    plain: Any = {"refurbished": "none"}
    table = expected(demand(houses(), potsdam, **plain), potsdam, **plain)
    table = carbon(potential(table, potsdam, **plain))
    return cost(table, cost_index=1.0, **plain).iloc[0]


def test_the_whole_chain_by_hand(house: Any) -> None:
    old, new = before(), after()
    assert house["space_heat_kwh_a"] == pytest.approx(AREA * old.space, rel=1e-8)
    assert house["expected_heat_kwh_a"] == pytest.approx(AREA * old.useful, rel=1e-8)
    assert house["expected_final_kwh_a"] == pytest.approx(AREA * old.final, rel=1e-8)
    assert house["demand_saving_kwh_a"] == pytest.approx(AREA * (old.space - new.space), rel=1e-8)
    assert house["heat_saving_kwh_a"] == pytest.approx(AREA * (old.useful - new.useful), rel=1e-8)
    assert house["final_saving_kwh_a"] == pytest.approx(AREA * (old.final - new.final), rel=1e-8)
    assert house["co2_kg_a"] == pytest.approx(0.24 * AREA * old.final, rel=1e-8)
    assert house["co2_after_kg_a"] == pytest.approx(0.24 * AREA * new.final, rel=1e-8)
    assert house["demand_saving_kwh_a"] > house["heat_saving_kwh_a"]  # prebound effect


def test_cost_by_hand(house: Any) -> None:
    full = sum(SHELL[c] * USUAL_EUR_M2[c] for c in SHELL)
    anyway = sum(SHELL[c] * ANYWAY_EUR_M2[c] for c in SHELL)
    assert house["retrofit_cost_eur"] == pytest.approx(full, rel=1e-9)
    assert house["retrofit_extra_cost_eur"] == pytest.approx(full - anyway, rel=1e-9)
    parts = {"roof": ["roof"], "wall": ["wall"], "floor": ["floor"], "window": ["window", "door"]}
    for name, components in parts.items():
        wanted = sum(SHELL[c] * USUAL_EUR_M2[c] for c in components)
        assert house[f"retrofit_cost_{name}_eur"] == pytest.approx(wanted, rel=1e-9)
    assert house["saving_kwh_per_eur"] == pytest.approx(house["heat_saving_kwh_a"] / full)
    assert house["co2_saving_kg_per_eur"] == pytest.approx(house["co2_saving_kg_a"] / full)


def test_the_page_prints_these_numbers(house: Any) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|[^|]*\| ([\d.,]+) \| ([\d.,]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    printed = {name: tuple(float(v.replace(",", "")) for v in values) for name, *values in rows}
    old, new = before(), after()
    hs = carrier_factor("hs_per_hi")["gas"]
    wanted = {
        "h_tr": (old.h_tr, new.h_tr),
        "space_heat_kwh_a": (AREA * old.space, AREA * new.space),
        "hot_water_kwh_a": (1500.0, 1500.0),
        "delivered": (old.delivered, new.delivered),
        "factor": (old.factor, new.factor),
        "expected_heat_kwh_a": (AREA * old.useful, AREA * new.useful),
        "expected_final_kwh_a": (AREA * old.final, AREA * new.final),
        "metered_hs": (AREA * old.final / final_factor("gas", "hs"), AREA * new.final * hs),
        "co2_kg_a": (0.24 * AREA * old.final, 0.24 * AREA * new.final),
    }
    assert set(printed) == set(wanted)
    for name, values in wanted.items():
        assert printed[name] == pytest.approx(values, rel=5e-3 if max(values) < 10 else 6e-4), name
