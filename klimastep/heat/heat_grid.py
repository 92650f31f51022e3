"""Heat of buildings on the European 100 m grid, whose cells the census counts in too."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Column
from klimastep.heat.cells import HEAT_DENSITY
from klimastep.heat.columns import EXPECTED_HEAT
from klimastep.tables import HEAT_GRID
from klimastep.units import M2_PER_HA

GRID_CRS = "EPSG:3035"
CELL_M = 100.0
DENSITY = replace(
    HEAT_DENSITY, description="Expected useful heat (space heat and hot water) per hectare; buildings by their share."
)
HEATED_COUNT = Column(
    "heated_count", "Int32", "", "beheizte Gebäude", "Heated buildings", "Each in the cell with most of it.", min=0
)
GRID_COLUMNS = (EXPECTED_HEAT, DENSITY, HEATED_COUNT)


def heat_grid(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the cells that hold heated buildings, with the sum of their expected heat.

    A building in several cells is shared by its footprint in each; the sum over all cells is that over all
    buildings. Cells are squares of one hectare in ETRS89-LAEA, in the CRS of the run, with the ids of the census.

    Parameters
    ----------
    buildings : GeoDataFrame
        With `is_heated` and `expected_heat_kwh_a`.

    Returns
    -------
    GeoDataFrame
        Table ``heat_grid``, sorted by id: `area_m2`, `expected_heat_kwh_a` (unknown where that of all its buildings
        is), `heat_density_kwh_haa` and `heated_count` (each building in the cell with most of it).
    """
    heated = buildings[buildings["is_heated"].astype(bool)].sort_index()
    shapes = heated.geometry.to_crs(GRID_CRS).to_numpy()
    row, corner, share = _shares(shapes)
    heat = heated[EXPECTED_HEAT.name].to_numpy("float64")[row] * share
    most = pd.Series(share).groupby(row).idxmax().to_numpy() if len(row) else np.zeros(0, dtype=np.int64)
    first = np.zeros(len(row), dtype=bool)
    first[most] = True
    parts = pd.DataFrame({"north": corner[:, 1], "east": corner[:, 0], "heat": heat, "first": first})
    cells = parts.groupby(["north", "east"]).agg(
        heat=("heat", lambda values: values.sum(min_count=1)), count=("first", "sum")
    )
    north, east = (cells.index.get_level_values(n).to_numpy(np.int64) for n in ("north", "east"))
    names = [f"CRS3035RES{CELL_M:.0f}mN{n}E{e}" for n, e in zip(north, east, strict=True)]
    return gpd.GeoDataFrame(
        {
            "area_m2": np.full(len(cells), M2_PER_HA),
            EXPECTED_HEAT.name: cells["heat"].to_numpy("float64"),
            DENSITY.name: cells["heat"].to_numpy("float64"),
            HEATED_COUNT.name: pd.array(cells["count"].to_numpy(), dtype="Int32"),
        },
        geometry=shapely.box(east, north, east + CELL_M, north + CELL_M),
        crs=GRID_CRS,
        index=pd.Index(names, name=HEAT_GRID.id, dtype="str"),
    ).to_crs(buildings.crs)


def _shares(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, the south-west corner (east, north) of each cell that they meet, and their share of it. [1]"""
    if not len(shapes):
        return np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    low = np.floor(shapely.bounds(shapes)[:, :2] / CELL_M).astype(np.int64)
    high = np.floor(shapely.bounds(shapes)[:, 2:] / CELL_M).astype(np.int64)
    wide = high - low + 1
    each = wide.prod(axis=1)
    row = np.repeat(np.arange(len(shapes)), each)
    place = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    cell = low[row] + np.c_[place % wide[row, 0], place // wide[row, 0]]
    corner = cell * int(CELL_M)
    share = np.ones(len(row))
    cut = each[row] > 1
    x, y = corner[cut, 0], corner[cut, 1]
    share[cut] = shapely.area(shapely.intersection(shapes[row[cut]], shapely.box(x, y, x + CELL_M, y + CELL_M)))
    total = np.bincount(row, weights=share, minlength=len(shapes))
    kept = share > 0
    return row[kept], corner[kept], share[kept] / total[row[kept]]
