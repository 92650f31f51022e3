from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klimastep.heat import demand
from klimastep.heat.stock import P_AGE_NAMES
from klimastep.reference import load
from klimastep.weather import HeatingSeason


def test_every_type_with_unknown_envelope_needs_what_tabula_says(houses: Any, potsdam: HeatingSeason) -> None:
    types = load("tabula_types").merge(load("age_classes")[["age_class", "year_from"]], on="age_class")
    dwellings = {"SFH": 1.0, "TH": 1.0, "MFH": 8.0, "AB": 20.0}
    rows = [
        {
            "year_built": max(int(t.year_from), 1000),
            "dwellings": dwellings[t.size_class],
            "party_wall_area_m2": 40.0 if t.size_class == "TH" else 0.0,
            "floor_area_m2": t.reference_area_m2,
            "footprint_m2": 0.0,
            "wall_area_m2": np.nan,
            "roof_area_m2": np.nan,
        }
        for t in types.itertuples()
    ]
    table = demand(houses(*rows), potsdam, refurbished="none")
    per_area = table["space_heat_kwh_a"] / table["floor_area_m2"]
    np.testing.assert_allclose(per_area, types["published_space_heat_kwh_m2a"], atol=6e-4)


def test_own_geometry_by_hand(houses: Any, potsdam: HeatingSeason) -> None:
    """SFH_L: roof 0.146, wall 0.171 (1.3 door), floor 0.171 with b 0.5, window 1.1; bridges 0.05 on all areas."""
    table = demand(houses({"year_built": 2020}), potsdam)
    wall, window, door = (180 * a / (227.6 + 42 + 2.6) for a in (227.6, 42.0, 2.6))
    row = load("tabula_types").set_index("type_code").loc["SFH_L"]
    losses = (
        120 * row["u_roof1_w_m2k"]
        + wall * row["u_wall1_w_m2k"]
        + window * row["u_window1_w_m2k"]
        + door * row["u_door_w_m2k"]
        + 100 * 0.5 * row["u_floor2_w_m2k"]
    )
    h_tr = (losses + 0.05 * (120 + 180 + 100)) / 150
    h = h_tr + 0.34 * 0.6 * 2.5
    q_ht = 0.024 * h * (0.9 + 0.1 * (1 - h_tr) / 0.5) * 15.4 * 216
    sun = sum(row[f"window_{o}_m2"] * i for o, i in (("east", 260), ("south", 394), ("west", 222), ("north", 123)))
    q_sol = 0.6 * 0.7 * 0.9 * 0.5 * sun * window / 42 / 150
    gains = q_sol + 0.024 * 3 * 216
    gamma, a = gains / q_ht, 0.8 + 45 / h / 30
    eta = (1 - gamma**a) / (1 - gamma ** (a + 1))
    assert table["space_heat_kwh_a"].iloc[0] == pytest.approx(150 * (q_ht - eta * gains), rel=1e-9)
    assert table["hot_water_kwh_a"].iloc[0] == 1500.0
    assert table["heat_demand_kwh_a"].iloc[0] == pytest.approx(150 * (q_ht - eta * gains) + 1500, rel=1e-9)


def test_not_heated_is_zero_and_unknown_is_unknown(houses: Any, potsdam: HeatingSeason) -> None:
    table = demand(
        houses(
            {"is_heated": False, "use_class": None, "floor_area_m2": np.nan},
            {"floor_area_m2": np.nan},
            {"year_built": None},
            {"use_class": None},
            {"use_class": "office", "floor_area_m2": np.nan},
        ),
        potsdam,
    )
    heat = table["heat_demand_kwh_a"]
    assert heat.iloc[0] == 0.0
    assert heat.iloc[1:].isna().all()


def test_probabilities_give_the_weighted_mean(houses: Any, potsdam: HeatingSeason) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.25, "p_age_k_share": 0.75}
    mixed = demand(houses({"year_built": None}, **shares), potsdam)["space_heat_kwh_a"].iloc[0]
    single = demand(houses({"year_built": 1900}, {"year_built": 2012}), potsdam)["space_heat_kwh_a"]
    assert mixed == pytest.approx(0.25 * single.iloc[0] + 0.75 * single.iloc[1], rel=1e-12)


def test_offices_follow_age_heated_share_and_degree_days(houses: Any, potsdam: HeatingSeason) -> None:
    rows = [{"use_class": "office", "year_built": y} for y in (1900, 1990, 2020, None)]
    table = demand(houses(*rows), potsdam)
    reference = load("nonresidential").query("use_class == 'office'")
    expected = 150 * reference["space_heat_kwh_m2a"] * reference["heated_area_share"]
    np.testing.assert_allclose(table["space_heat_kwh_a"], expected, rtol=1e-12)
    cold = potsdam._replace(heating_days=432.0)
    np.testing.assert_allclose(demand(houses(*rows), cold)["space_heat_kwh_a"], 2 * expected, rtol=1e-12)


def test_probabilities_work_for_offices_too(houses: Any, potsdam: HeatingSeason) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.5, "p_age_l_share": 0.5}
    mixed = demand(houses({"use_class": "office", "year_built": None}, **shares), potsdam)
    single = demand(houses(*({"use_class": "office", "year_built": y} for y in (1900, 2020))), potsdam)
    assert mixed["space_heat_kwh_a"].iloc[0] == pytest.approx(single["space_heat_kwh_a"].mean())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(scale=st.floats(0.2, 30), year=st.integers(1800, 2023))
def test_doubling_a_house_at_equal_form_doubles_its_need(
    scale: float, year: int, houses: Any, potsdam: HeatingSeason
) -> None:
    areas = {"footprint_m2": 100.0, "floor_area_m2": 150.0, "wall_area_m2": 180.0, "roof_area_m2": 120.0}
    table = demand(houses({}, {k: scale * v for k, v in areas.items()}, year_built=year), potsdam)
    one, other = table["space_heat_kwh_a"]
    assert other == pytest.approx(scale * one, rel=1e-9)


def test_a_neighbour_saves_walls(houses: Any, potsdam: HeatingSeason) -> None:
    table = demand(houses({"dwellings": 5.0}, {"dwellings": 5.0, "wall_area_m2": 90.0}), potsdam)
    assert table["space_heat_kwh_a"].iloc[1] < table["space_heat_kwh_a"].iloc[0]
