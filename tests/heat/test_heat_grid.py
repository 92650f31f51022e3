"""Heat on the European 100 m grid: shares by footprint, ids of the census, totals conserved."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from klimastep.contract import check
from klimastep.heat import GRID_COLUMNS, heat_grid
from klimastep.tables import HEAT_GRID

EAST, NORTH = 4_268_000.0, 2_869_000.0


def _buildings(shapes, heat, heated=True, crs="EPSG:3035"):
    index = pd.Index([f"b{i}" for i in range(len(shapes))], name="building_id", dtype="str")
    return gpd.GeoDataFrame(
        {"expected_heat_kwh_a": np.array(heat, dtype="float64"), "is_heated": heated},
        geometry=[box(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in shapes],
        crs=crs,
        index=index,
    )


def test_a_house_in_two_cells_counts_to_both_by_its_footprint():
    grid = heat_grid(_buildings([(90, 10, 130, 20), (10, 10, 20, 20)], [4_000.0, 500.0]))
    assert grid.index.tolist() == ["CRS3035RES100mN2869000E4268000", "CRS3035RES100mN2869000E4268100"]
    assert grid["expected_heat_kwh_a"].tolist() == pytest.approx([500 + 1_000, 3_000])
    assert grid["heat_density_kwh_haa"].tolist() == grid["expected_heat_kwh_a"].tolist()  # a cell is one hectare
    assert grid["heated_count"].tolist() == [1, 1]
    assert grid.geometry.iloc[0].equals(box(EAST, NORTH, EAST + 100, NORTH + 100))
    check(grid, HEAT_GRID, [*HEAT_GRID.columns, *GRID_COLUMNS])


def test_unheated_houses_stay_out_and_unknown_heat_is_not_zero():
    shapes = [(10, 10, 20, 20), (110, 10, 120, 20), (210, 10, 220, 20), (215, 30, 220, 40)]
    grid = heat_grid(_buildings(shapes, [1.0, 2.0, np.nan, np.nan], [True, False, True, True]))
    assert len(grid) == 2
    assert grid["expected_heat_kwh_a"].isna().tolist() == [False, True]
    assert grid["heated_count"].tolist() == [1, 2]


def test_no_building_gives_an_empty_table():
    grid = heat_grid(_buildings([(0, 0, 1, 1)], [1.0]).iloc[:0])
    check(grid, HEAT_GRID, [*HEAT_GRID.columns, *GRID_COLUMNS])
    assert grid.empty


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_totals_are_conserved_in_any_order_and_crs(seed, count):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 500, (count, 2))
    shapes = np.c_[corner, corner + rng.uniform(0.1, 250, (count, 2))]
    heat = rng.uniform(0, 1e5, count)
    buildings = _buildings(shapes, heat).to_crs("EPSG:25832")
    grid = heat_grid(buildings)
    assert grid["expected_heat_kwh_a"].sum() == pytest.approx(heat.sum(), rel=1e-12)
    assert grid["heated_count"].sum() == count
    assert grid.crs == buildings.crs
    mixed = heat_grid(buildings.iloc[rng.permutation(count)])
    pd.testing.assert_frame_equal(mixed, grid, check_exact=True)
