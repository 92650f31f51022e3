"""Metered heat of blocks: mean of the last three complete years, unknown where anything is missing."""

import numpy as np
import pandas as pd
import pytest

from klimastep.heat.metered import metered
from klimastep.heat.meters import compare_blocks
from klimastep.tables import METERS


def _meters(rows):
    frame = pd.DataFrame(rows, columns=["unit_id", "year", "carrier", "energy_kwh_a", "status"])
    frame.index = pd.Index([f"m{i}" for i in frame.index], name="meter_id")
    basis = frame["carrier"].map({"gas": "hs", "district_heat": "useful"})
    frame = frame.assign(level="block", energy_basis=basis, connections=np.nan)
    return pd.DataFrame({c.name: c.cast(frame[c.name], frame.index) for c in METERS.columns})


BLOCKS = pd.DataFrame(
    {"expected_heat_kwh_a": 120e3, "space_heat_kwh_a": 90e3, "hot_water_kwh_a": 15e3, "floor_area_m2": 1000.0},
    index=pd.Index(["k", "l", "m"], name="block_id"),
)


def test_mean_of_the_last_three_years_and_ratio():
    rows = [("k", y, c, e, "given") for y, e in zip(range(2020, 2024), (9e9, 60e3, 90e3, 120e3), strict=True)
            for c in ("gas", "district_heat")]  # fmt: skip
    meters = _meters(rows)
    out = metered(BLOCKS, meters)
    useful = compare_blocks(BLOCKS, meters).set_index("year")["metered_kwh_a"]
    assert out["metered_heat_kwh_a"]["k"] == pytest.approx(useful.loc[2021:].mean())
    assert out["expected_per_metered_ratio"]["k"] == pytest.approx(120e3 / useful.loc[2021:].mean())


def test_confidential_and_half_known_blocks_stay_unknown():
    meters = _meters(
        [
            ("k", 2023, "gas", np.nan, "confidential"),
            ("k", 2023, "district_heat", 5e4, "given"),
            ("l", 2023, "gas", 5e4, "given"),
        ]
    )
    out = metered(BLOCKS, meters)
    assert out["metered_heat_kwh_a"].isna().all()
