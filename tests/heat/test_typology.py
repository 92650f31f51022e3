from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from klimastep.heat import typology
from klimastep.heat.archetypes import archetypes
from klimastep.heat.columns import TYPE_CODE
from klimastep.heat.stock import P_AGE_NAMES, class_weights


def test_size_follows_dwellings_and_neighbours(houses: Any) -> None:
    table = typology(
        houses(
            {"dwellings": 2.0},
            {"dwellings": 2.0, "party_wall_area_m2": 30.0},
            {"dwellings": 3.0, "party_wall_area_m2": 30.0},
            {"dwellings": 12.0},
            {"dwellings": 13.0},
        )
    )
    assert table["size_class"].tolist() == ["SFH", "TH", "MFH", "MFH", "AB"]
    assert (table["size_class_source"] == "cadastre").all()


def test_unknown_dwellings_are_estimated_from_the_floor_area(houses: Any) -> None:
    areas = (120.0, 250.0, 300.0, 800.0, 2000.0, np.nan)
    table = typology(houses(*({"dwellings": np.nan, "floor_area_m2": a} for a in areas)))
    assert table["size_class"].tolist()[:5] == ["SFH", "SFH", "MFH", "MFH", "AB"]
    assert table["size_class"].isna().tolist() == [False] * 5 + [True]
    assert table["size_class_source"].tolist()[:5] == ["estimated"] * 5


def test_age_classes_at_their_limits(houses: Any) -> None:
    years = (1200, 1859, 1860, 1978, 1979, 2015, 2016, 2024)
    table = typology(houses(*({"year_built": y} for y in years)))
    assert table["age_class"].tolist() == list("AABFGKLL")
    assert table["type_code"].tolist() == [f"SFH_{c}" for c in "AABFGKLL"]


def test_unknown_year_has_no_type(houses: Any) -> None:
    table = typology(houses({"year_built": None}, {}))
    assert table["type_code"].isna().tolist() == [True, False]
    assert table["u_wall_w_m2k"].isna().tolist() == [True, False]
    assert table["size_class"].notna().all()


def test_other_uses_have_no_type(houses: Any) -> None:
    table = typology(houses({"use_class": "office"}, {"use_class": None}, {"use_class": "mixed"}))
    assert table["type_code"].isna().tolist() == [True, True, False]


def test_probabilities_give_the_mean_u_and_the_likeliest_class(houses: Any) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.7, "p_age_l_share": 0.3}
    table = typology(houses({"year_built": None}, **shares))
    u = archetypes().u_w_m2k[[TYPE_CODE.vocabulary.index(c) for c in ("SFH_B", "SFH_L")], 2]
    assert table["type_code"].iloc[0] == "SFH_B"
    assert table["u_wall_w_m2k"].iloc[0] == pytest.approx(0.7 * u[0] + 0.3 * u[1])


def test_weights_are_one_hot_for_a_year_and_ignore_broken_probabilities(houses: Any) -> None:
    shares = dict.fromkeys(P_AGE_NAMES, 0.0) | {"p_age_b_share": 0.7}
    weights = class_weights(houses({}, {"year_built": None}, **shares))
    assert weights[0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert np.isnan(weights[1]).all()
