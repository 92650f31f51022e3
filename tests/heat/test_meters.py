from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from klimastep.contract import conform
from klimastep.heat import compare_blocks, scores
from klimastep.heat.meters import final_factor, useful_factor
from klimastep.heat.systems import expenditure_factor
from klimastep.tables import METERS


def meters(*rows: tuple[Any, ...]) -> pd.DataFrame:
    names = ["unit_id", "carrier", "energy_kwh_a", "energy_basis", "status"]
    frame = pd.DataFrame(rows, columns=names).assign(level="block", year=2020, connections=10.0)
    frame.index = pd.Index([f"m{i}" for i in range(len(frame))], dtype="str", name="meter_id")
    return conform(frame, METERS)


def blocks(*names: str) -> pd.DataFrame:
    row = {
        "expected_heat_kwh_a": 1e6,
        "space_heat_kwh_a": 1.2e6,
        "hot_water_kwh_a": 1.5e5,
        "floor_area_m2": 1e4,
    }
    return pd.DataFrame(row, index=pd.Index(names, name="block_id", dtype="str"))


def test_gas_by_hs_and_district_heat_come_to_one_quantity() -> None:
    space, water = np.array([120.0]), np.array([15.0])
    assert final_factor("gas", "hs") == pytest.approx(1 / 1.0949)
    assert final_factor("gas", "hi") == 1.0
    assert final_factor("district_heat", "useful") == pytest.approx(1.02)
    gas = useful_factor("gas", "hs", space, water)[0]
    delivered = 1.13 * (120 + 5.7 - 2.9) + 1.18 * (15 + 6.4 + 1.0)
    assert gas == pytest.approx(135 / delivered)
    heat = useful_factor("district_heat", "useful", space, water)[0]
    assert heat == pytest.approx(1.02 * 135 / (1.02 * 122.8 + 1.14 * 22.4))
    assert gas < heat < 1


def test_final_over_useful_is_the_expenditure_factor() -> None:
    factor = expenditure_factor("heat_pump", "suh", np.array([100.0]), np.array([10.0]))
    assert 0.4 < factor[0] < 0.6


def test_empty_cell_is_unknown_or_not_connected() -> None:
    table = meters(
        ("a", "gas", 1.2e6, "hs", "given"),
        ("a", "district_heat", np.nan, "useful", "unknown"),
        ("b", "gas", 5e5, "hs", "given"),
        ("b", "district_heat", 6e5, "useful", "given"),
        ("b", "electricity", 9e5, "hi", "given"),
    )
    strict = compare_blocks(blocks("a", "b"), table).set_index("unit_id")
    assert strict["left_out"].tolist() == ["empty_carrier", ""]
    assert np.isnan(strict.loc["a", "metered_kwh_a"])
    loose = compare_blocks(blocks("a", "b"), table, empty="not_connected").set_index("unit_id")
    assert loose["left_out"].tolist() == ["", ""]
    assert loose.loc["a", "metered_kwh_a"] == pytest.approx(1.2e6 * loose.loc["a", "gas_factor"])
    both = 5e5 * loose.loc["b", "gas_factor"] + 6e5 * loose.loc["b", "district_heat_factor"]
    assert loose.loc["b", "metered_kwh_a"] == pytest.approx(both)


def test_secret_joint_and_missing_are_left_out_with_the_reason() -> None:
    table = meters(
        ("a", "gas", 1.2e6, "hs", "given"),
        ("a", "district_heat", np.nan, "useful", "confidential"),
        ("b", "gas", 1.2e6, "hs", "joint"),
        ("c", "gas", 1.2e6, "hs", "given"),
        ("d", "gas", 0.0, "hs", "given"),
    )
    out = compare_blocks(blocks("a", "b", "d"), table, empty="not_connected").set_index("unit_id")
    assert out["left_out"].to_dict() == {"a": "confidential", "b": "joint", "c": "not_expected", "d": "no_energy"}


def test_scores_by_hand() -> None:
    compared = pd.DataFrame(
        {
            "expected_kwh_a": [2.0, 4.0, 9.0, 5.0],
            "metered_kwh_a": [1.0, 4.0, 10.0, np.nan],
            "left_out": ["", "", "", "joint"],
        }
    )
    result = scores(compared)
    assert result.units == 3
    assert result.sum_ratio == pytest.approx(1.0)
    assert result.median_ratio == pytest.approx(1.0)
    assert result.cv_rmse == pytest.approx(np.sqrt(2 / 3) / 5)
    assert result.cv_rmse_scaled == pytest.approx(result.cv_rmse)
    assert result.correlation == pytest.approx(np.corrcoef([2, 4, 9], [1, 4, 10])[0, 1])


def test_no_units_no_scores() -> None:
    compared = compare_blocks(blocks(), meters())
    assert scores(compared).units == 0
    assert np.isnan(scores(compared).sum_ratio)
