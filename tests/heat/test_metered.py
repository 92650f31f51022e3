"""Metered heat of blocks: mean of the last three complete years, unknown where anything is missing."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.contract import check
from klimastep.heat.metered import METER_GROUPS, METERED_COLUMNS, metered, metered_groups
from klimastep.heat.meters import compare_blocks
from klimastep.tables import METERS


def _meters(rows, level="block"):
    frame = pd.DataFrame(rows, columns=["unit_id", "year", "carrier", "energy_kwh_a", "status"])
    frame.index = pd.Index([f"m{i}" for i in frame.index], name="meter_id")
    basis = frame["carrier"].map({"gas": "hs", "oil": "hi", "electricity": "hi", "district_heat": "useful"})
    frame = frame.assign(level=level, energy_basis=basis, connections=np.nan, address=None)
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


def test_an_absent_carrier_is_not_connected_where_the_plan_says_so():
    meters = _meters([("k", 2023, "gas", np.nan, "confidential"), ("l", 2023, "gas", 5e4, "given")])
    out = metered(BLOCKS, meters, "not_connected")
    assert out["metered_heat_kwh_a"].notna().tolist() == [False, True, False]


def _houses(groups, **columns):
    count = len(groups)
    data = {"expected_heat_kwh_a": 60e3, "space_heat_kwh_a": 45e3, "hot_water_kwh_a": 8e3, "floor_area_m2": 500.0}
    data |= {"is_heated": True, "meter_group_id": pd.array(groups, dtype="str")} | columns
    shapes = [shapely.box(20 * i, 0, 20 * i + 10, 10) for i in range(count)]
    index = pd.Index([f"h{i}" for i in range(count)], name="building_id", dtype="str")
    return gpd.GeoDataFrame(data, index=index, geometry=shapes, crs="EPSG:25832")


def test_a_group_is_its_buildings_wherever_they_stand():
    houses = _houses(["g", None, "g", "f"])
    meters = _meters([("g", 2022, "gas", 100e3, "given"), ("g", 2023, "gas", 120e3, "given"),
                      ("f", 2023, "oil", 50e3, "given"), ("f", 2023, "electricity", 9e9, "given")],
                     "group")  # fmt: skip
    out = metered_groups(houses, meters)
    check(out, METER_GROUPS, (*METER_GROUPS.columns, *METERED_COLUMNS))
    assert out.index.tolist() == ["f", "g"]
    assert out.area.tolist() == [100, 200]  # two houses with another between them
    assert out["floor_area_m2"].tolist() == [500, 1000]
    sums = houses.groupby("meter_group_id")[["expected_heat_kwh_a", "space_heat_kwh_a", "hot_water_kwh_a",
                                             "floor_area_m2"]].sum()  # fmt: skip
    useful = compare_blocks(sums, meters, carriers=["gas"], empty="not_connected").set_index(["unit_id", "year"])
    assert out.loc["g", "metered_heat_kwh_a"] == pytest.approx(useful["metered_kwh_a"]["g"].mean())
    assert out.loc["g", "expected_per_metered_ratio"] == pytest.approx(120e3 / useful["metered_kwh_a"]["g"].mean())
    assert 0.5 * 50e3 < out.loc["f", "metered_heat_kwh_a"] < 50e3  # power of the household is no heat


def test_a_group_with_a_secret_or_an_unknown_building_has_no_ratio():
    houses = _houses(["g", "g", "f"], expected_heat_kwh_a=[60e3, np.nan, 60e3])
    meters = _meters([("g", 2023, "gas", 100e3, "given"), ("f", 2023, "gas", 50e3, "given"),
                      ("f", 2023, "oil", np.nan, "confidential")], "group")  # fmt: skip
    out = metered_groups(houses, meters)
    assert out["expected_per_metered_ratio"].isna().all()
    assert np.isnan(out.loc["f", "metered_heat_kwh_a"])
