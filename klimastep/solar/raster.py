"""Shaded radiation of every cell of a surface model, a window at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from klimastep.rasters import Bounds
from klimastep.solar import surface as ground
from klimastep.solar.horizon import RANGE_M, Box, Place, Reach, Scale, Singles, halo_cells, horizons
from klimastep.solar.shading import UNDER_CROWN_M, Far, far_horizon, tops_of
from klimastep.solar.sky import MONTHS, SkyTables, received
from klimastep.solar.surface import Grid, Heights, Surroundings

RASTER_CELLS = 1000  # no power of two, whose rows would share the same places of a cache


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
    up = normals(heights, cell)[:, core.top : core.bottom, core.left : core.right].reshape(3, -1)
    got, view = received(codes, up, sky[0], crowns, sky[1])
    energy = np.zeros((MONTHS + 1, high * wide), dtype=np.float32)
    energy[:MONTHS] = got.T
    for month in range(MONTHS):
        energy[MONTHS] += energy[month]
    west, north = grid.west + box.left * cell, grid.north - box.top * cell
    return RasterTile(west, north, energy.reshape(-1, high, wide), view.reshape(high, wide))


def _whole_box(grid: Grid, surface: Heights) -> Box:
    west, south, east, north = surface.bounds
    (top, left), (bottom, right) = _corner(grid, west, north), _corner(grid, east, south)
    return Box(top, bottom, left, right)


def normals(heights: Singles, cell_m: float) -> Singles:
    """Return the unit vectors upright on the cells, (3, rows, columns), by the gentler slope on either side."""
    slopes = []
    for axis in (1, 0):
        step = np.diff(heights, axis=axis) / np.float32(cell_m)
        pad = np.full_like(np.take(heights, [0], axis), np.nan)
        before, after = np.concatenate((pad, step), axis), np.concatenate((step, pad), axis)
        gentle = np.where(~(np.abs(before) > np.abs(after)), before, after)
        gentle = np.where(np.isnan(before), after, np.where(np.isnan(after), before, gentle))
        slopes.append(np.where(np.isnan(gentle) & ~np.isnan(heights), np.float32(0), gentle))
    east, north = -slopes[0], slopes[1]
    length = np.sqrt(east * east + north * north + np.float32(1))
    return np.stack((east, north, np.ones_like(east))) / length
