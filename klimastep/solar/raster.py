"""Shaded radiation of every cell of a surface model, a window at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numba
import numpy as np

from klimastep.rasters import Bounds
from klimastep.solar import surface as ground
from klimastep.solar.horizon import RANGE_M, Box, Place, Reach, Scale, Singles, halo_cells, horizons
from klimastep.solar.shading import UNDER_CROWN_M, Far, far_horizon, tops_of
from klimastep.solar.sky import MONTHS, SkyTables, received
from klimastep.solar.surface import Grid, Heights, Surroundings

RASTER_CELLS = 2000  # about 0.8 GB; no power of two, whose rows would share the same places of a cache


class RasterTile(NamedTuple):
    """Irradiation of a window: by month and year (13, rows, columns) [kWh/m²], view of the sky [1]."""

    west: float
    north: float
    energy: Singles
    view: Singles


def shade_raster(
    surface: Heights,
    tables: SkyTables,
    steps: Scale,
    *,
    bounds: Bounds | None = None,
    cells: int = RASTER_CELLS,
    canopy: Heights | None = None,
    through: Sequence[float] = (),
) -> Iterator[RasterTile]:
    """Yield the irradiation of every cell of a surface model, a window at a time.

    A cell faces where the gentler of its two slopes in each direction says, so that edges of roofs keep the
    slope of the roof. Memory is that of a window; the values are the same in any cut.

    Parameters
    ----------
    surface : Heights
    tables : SkyTables
    steps : Scale
    bounds : tuple of float, optional
        All of the surface model by default. [m]
    cells : int
        Cells along a side of a window.
    canopy : Heights, optional
        Crowns above the surface, 0 where none. [m]
    through : sequence of 12 float
        Share of light that crowns let through by month. [1]
    """
    west, south, east, north = bounds or surface.bounds
    grid = ground.grid_of(Surroundings(surface=surface), surface.bounds)
    far = far_horizon(surface, (west, south, east, north), steps)
    (top, left), (bottom, right) = _corner(grid, west, north), _corner(grid, east, south)
    for row in range(top, bottom, cells):
        for column in range(left, right, cells):
            box = Box(row, min(row + cells, bottom), column, min(column + cells, right))
            yield _tile(_Scene(surface, canopy, grid, steps, far), box, (tables, through))


class _Scene(NamedTuple):
    surface: Heights
    canopy: Heights | None
    grid: Grid
    steps: Scale
    far: Far | None


def _corner(grid: Grid, x: float, y: float) -> tuple[int, int]:
    return round((grid.north - y) / grid.cell_m), round((x - grid.west) / grid.cell_m)


def _tile(scene: _Scene, box: Box, sky: tuple[SkyTables, Sequence[float]]) -> RasterTile:
    grid, steps, surface = scene.grid, scene.steps, scene.surface
    halo, cell = halo_cells(grid.cell_m), grid.cell_m
    known = _whole_box(grid, surface)
    top, bottom = max(box.top - halo, known.top), min(box.bottom + halo, known.bottom)
    left, right = max(box.left - halo, known.left), min(box.right + halo, known.right)
    window, shape = Place(top, left, cell), (bottom - top, right - left)
    heights = ground.read_at(surface, grid, window, shape)
    core = Box(box.top - top, box.bottom - top, box.left - left, box.right - left)
    reach = Reach(math.ceil(RANGE_M / cell))
    wide, high = core.right - core.left, core.bottom - core.top
    codes = horizons(heights, heights, window, core, steps, reach)
    if scene.far is not None:
        x, y = grid.middle(np.arange(box.top, box.bottom), np.arange(box.left, box.right))
        scene.far.lift(codes, x, y)
    codes = codes.reshape(steps.sectors, -1)
    crowns = None
    if scene.canopy is not None:
        tops = tops_of(heights, ground.read_at(scene.canopy, grid, window, shape))
        crowns = horizons(tops, heights, window, core, steps, reach)
        under = tops > heights + UNDER_CROWN_M
        crowns[:, under[core.top : core.bottom, core.left : core.right]] = len(steps.code_tan) - 1
        crowns = crowns.reshape(steps.sectors, -1)
    up = _uprights(heights, core, cell).reshape(3, -1)
    energy = np.empty((MONTHS + 1, high * wide), dtype=np.float32)
    _, view = received(codes, up, sky[0], crowns, sky[1], out=energy[:MONTHS])
    energy[MONTHS] = energy[0]
    for month in range(1, MONTHS):
        energy[MONTHS] += energy[month]
    west, north = grid.west + box.left * cell, grid.north - box.top * cell
    return RasterTile(west, north, energy.reshape(-1, high, wide), view.reshape(high, wide))


def _uprights(heights: Singles, core: Box, cell_m: float) -> Singles:
    """Return the unit vectors upright on the core's cells, for which one cell around it is enough."""
    top, left = max(core.top - 1, 0), max(core.left - 1, 0)
    up = normals(heights[top : core.bottom + 1, left : core.right + 1], cell_m)
    return up[:, core.top - top : core.bottom - top, core.left - left : core.right - left]


def _whole_box(grid: Grid, surface: Heights) -> Box:
    west, south, east, north = surface.bounds
    (top, left), (bottom, right) = _corner(grid, west, north), _corner(grid, east, south)
    return Box(top, bottom, left, right)


def normals(heights: Singles, cell_m: float) -> Singles:
    """Return the unit vectors upright on the cells, (3, rows, columns), by the gentler slope on either side."""
    out = np.empty((3, *heights.shape), dtype=np.float32)
    _normals(heights, np.float32(cell_m), out)
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _normals(heights, cell, out):  # type: ignore[no-untyped-def]
    rows, columns = heights.shape
    unknown = np.float32(np.nan)
    for i in range(rows):
        for j in range(columns):
            z = heights[i, j]
            east = _gentler(
                z - heights[i, j - 1] if j > 0 else unknown, heights[i, j + 1] - z if j + 1 < columns else unknown
            )
            south = _gentler(
                z - heights[i - 1, j] if i > 0 else unknown, heights[i + 1, j] - z if i + 1 < rows else unknown
            )
            east, north = -east / cell, south / cell
            length = np.sqrt(east * east + north * north + np.float32(1))
            known = not np.isnan(z)
            out[0, i, j] = east / length if known else unknown
            out[1, i, j] = north / length if known else unknown
            out[2, i, j] = np.float32(1) / length if known else unknown


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _gentler(before, after):  # type: ignore[no-untyped-def]
    """Return the smaller of two steps, the known one where one is unknown, 0 where both are."""
    if np.isnan(before):
        return np.float32(0) if np.isnan(after) else after
    return after if abs(before) > abs(after) else before
