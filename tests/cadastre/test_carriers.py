"""Carriers drawn from census cells: the sums are the census's, what is known stays."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.cadastre import carriers_of_cells

CELLS = gpd.GeoDataFrame(
    {"dwellings_carrier_gas": [60.0, np.nan, np.nan], "dwellings_carrier_district_heat": [30.0, np.nan, np.nan],
     "dwellings_carrier_coal": [10.0, np.nan, np.nan], "buildings_carrier_oil": [np.nan, 5.0, np.nan]},
    index=pd.Index(["c0", "c1", "c2"], name="cell_id"),
    geometry=shapely.box([0.0, 100.0, 1000.0], 0.0, [100.0, 200.0, 1100.0], 100.0),
    crs="EPSG:25832",
)  # fmt: skip


def stock(count: int, x: float, **columns: object) -> gpd.GeoDataFrame:
    data = {"use_class": "residential", "carrier": None, "carrier_source": None} | columns
    index = pd.Index([f"{x:.0f}-{i}" for i in range(count)], name="building_id", dtype="str")
    return gpd.GeoDataFrame(data, index=index, geometry=[shapely.box(x, 40, x + 5, 45)] * count, crs="EPSG:25832")


def test_many_buildings_have_the_carriers_of_their_cell() -> None:
    found, (told,) = carriers_of_cells(stock(4000, 50.0), CELLS)
    shares = found["carrier"].value_counts(normalize=True)
    assert shares[["gas", "district_heat", "other"]].tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.025)
    assert set(found["carrier_source"]) == {"estimated"}
    assert told.count == 4000


def test_counts_of_buildings_stand_in_and_untold_cells_leave_carriers_unknown() -> None:
    near = carriers_of_cells(stock(3, 240.0), CELLS)[0]  # 40 m beside the second cell
    assert near["carrier"].tolist() == ["oil"] * 3
    for far in (stock(3, 1050.0), stock(3, 500.0)):
        found, told = carriers_of_cells(far, CELLS)
        assert found["carrier"].isna().all()
        assert told == []


def test_what_is_known_and_other_uses_stay() -> None:
    known = stock(2, 50.0, carrier=pd.Categorical(["wood", None]), carrier_source=pd.Categorical(["survey", None]))
    found = carriers_of_cells(known.assign(use_class=["residential", "office"]), CELLS)[0]
    assert found["carrier"].tolist()[:1] == ["wood"]
    assert found["carrier_source"].tolist()[:1] == ["survey"]
    assert found["carrier"].isna().tolist() == [False, True]


def test_the_draw_belongs_to_the_building_and_its_parts_share_it() -> None:
    houses = stock(60, 50.0)
    whole = carriers_of_cells(houses, CELLS, seed=7)[0]["carrier"]
    some = carriers_of_cells(houses.iloc[::-7], CELLS, seed=7)[0]["carrier"]
    assert some.tolist() == whole.reindex(some.index).tolist()
    assert carriers_of_cells(houses, CELLS, seed=8)[0]["carrier"].tolist() != whole.tolist()
    parts = carriers_of_cells(houses.assign(parent_id=[f"p{i // 3}" for i in range(60)]), CELLS)[0]
    assert parts.drop_duplicates(["parent_id", "carrier"])["parent_id"].is_unique


def test_the_census_of_2011_tells_no_carriers() -> None:
    houses = stock(3, 50.0)
    old = CELLS[["geometry"]].assign(buildings_until_1918=3.0)
    assert carriers_of_cells(houses, old)[0] is houses
