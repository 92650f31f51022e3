"""What obstacles leave of the radiation on roof planes, tile by tile."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np

from klimastep.partition import tiles
from klimastep.solar import surface as ground
from klimastep.solar.horizon import (
    RANGE_M,
    SECTORS,
    Box,
    Codes,
    Floats,
    Place,
    Reach,
    Scale,
    Singles,
    each,
    halo_cells,
    horizons,
    scale,
)
from klimastep.solar.sky import MONTHS, SkyTables, received, uprights
from klimastep.solar.surface import Facets, Grid, Heights, Surroundings
from klimastep.solar.sweep import NOTHING

TILE_M = 1000.0
HALO_M = 2 * RANGE_M + 8.0
FAR_CELL_M = 20.0
FAR_RANGE_M = 10_000.0
MOST_POINTS = 64
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples fall evenly, and on no row or column of cells alone
SAME_M = 2.0  # a surface model that is nearer to a roof plane shows this very roof
EYE_M = 0.02  # modules lie on the roof, not in it
UNDER_CROWN_M = 0.5


class Shaded(NamedTuple):
    """What roof planes receive.

    Parameters
    ----------
    left : ndarray (planes, 12)
        Share of the unshaded energy, NaN where the height of the plane is unknown. [1]
    view : ndarray (planes,)
        Share of an even sky. [1]
    on_model : ndarray of bool (planes,)
        Whether the surface model shows the plane.
    """

    left: Floats
    view: Floats
    on_model: np.ndarray


class RoofHorizon(NamedTuple):
    """What hides the sky from a roof plane.

    Parameters
    ----------
    azimuth_deg : ndarray (sectors,)
        0 = north, clockwise. [°]
    elevation_deg : ndarray (points, sectors)
        Below it stands something, the roof's own ridge too; a row for each point that the plane is looked at from. [°]
    own_deg : ndarray (sectors,)
        Below it the sun shines on the plane's back. [°]
    """

    azimuth_deg: Floats
    elevation_deg: Floats
    own_deg: Floats


class Far(NamedTuple):
    """Horizons of hills on a coarse grid."""

    codes: Codes
    grid: Grid
    place: Place

    def at(self, x: Floats, y: Floats) -> Codes:
        """Return the horizons at points, (sectors, points)."""
        row, column = self._place(x, y)
        return np.asarray(self.codes[:, row, column])

    def lift(self, codes: Codes, x: Floats, y: Floats) -> None:
        """Raise the horizons of a window whose columns and rows lie at x and y."""
        row, column = self._place(x[0], y)[0], self._place(x, y[0])[1]
        some = self.codes[:, row.min() : row.max() + 1, column.min() : column.max() + 1]
        high = np.flatnonzero(some.any(axis=(1, 2)))

        cuts = np.flatnonzero(np.diff(row, prepend=-1, append=-1))

        def work(number: int) -> None:
            sector = high[number]
            for top, bottom in itertools.pairwise(cuts):
                part, hills = codes[sector, top:bottom], some[sector, row[top] - row.min(), column - column.min()]
                np.maximum(part, hills, out=part)

        each(work, len(high))

    def _place(self, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        row, column = self.grid.place(x, y)
        rows, columns = self.codes.shape[1:]
        return np.clip(row - self.place.row, 0, rows - 1), np.clip(column - self.place.column, 0, columns - 1)


def shade(
    roofs: gpd.GeoDataFrame,
    around: Surroundings,
    tables: SkyTables,
    steps: Scale,
    through: Sequence[float] = (),
) -> Shaded:
    """Return what obstacles leave of the radiation on roof planes.

    Each plane is looked at from about 64 of its cells (all of a smaller one), at the height of the surface model
    where that shows the roof (within 2 m), else at the plane's own height.

    Parameters
    ----------
    roofs : GeoDataFrame
        Tilt and azimuth known.
    around : Surroundings
    tables : SkyTables
    steps : Scale
    through : sequence of 12 float
        Share of light that crowns let through by month. [1]
    """
    left, view = np.full((len(roofs), MONTHS), np.nan), np.full(len(roofs), np.nan)
    on_model = np.zeros(len(roofs), dtype=bool)
    if not len(roofs):
        return Shaded(left, view, on_model)
    sight, planes = _sight(roofs, around, steps)
    up = uprights(roofs["tilt_deg"].to_numpy(), np.nan_to_num(roofs["azimuth_deg"].to_numpy(dtype=np.float64)))
    for own, _ in tiles(roofs, TILE_M, 0.0):
        number, row, column = _points(planes.shapes[own], sight.grid)
        codes, crowns, eye, modelled = _look_out(sight, planes.some(own), number, row, column)
        seen = np.isfinite(eye)
        got, looked = received(codes[:, seen], up[:, own[number[seen]]], tables, crowns, through)
        free, _ = received(np.zeros((steps.sectors, len(own)), np.uint8), up[:, own], tables)
        count = np.bincount(number[seen], minlength=len(own))
        for month in range(MONTHS):
            mean = np.bincount(number[seen], got[:, month], len(own)) / np.where(count, count, np.nan)
            whole = free[:, month].astype(np.float64)
            left[own, month] = np.minimum(mean / np.where(whole > 0, whole, np.nan), 1.0)
        view[own] = np.bincount(number[seen], looked, len(own)) / np.where(count, count, np.nan)
        on_model[own] = 2 * np.bincount(number[seen], modelled[seen], len(own)) > count
    return Shaded(left, np.clip(view, 0.0, 1.0), on_model)


def horizon_of(roofs: gpd.GeoDataFrame, roof_id: str, around: Surroundings, sectors: int = SECTORS) -> RoofHorizon:
    """Return the horizon that :func:`shade` sees from one roof plane; crowns are not in it.

    Parameters
    ----------
    roofs : GeoDataFrame
        All planes that may stand in the way; their tilt is known.
    roof_id : str
        The one that is looked from.
    around : Surroundings
    sectors : int
        Directions.

    Raises
    ------
    KeyError
        No plane of this name.
    """
    steps, own = scale(sectors), np.array([roofs.index.get_loc(roof_id)])
    sight, planes = _sight(roofs, around, steps)
    number, row, column = _points(planes.shapes[own], sight.grid)
    codes, _, eye, _ = _look_out(sight, planes.some(own), number, row, column)
    tilt, azimuth = roofs.loc[roof_id, ["tilt_deg", "azimuth_deg"]].astype("float64")
    away = np.cos(steps.azimuth_rad - np.radians(azimuth)) if np.isfinite(azimuth) else np.zeros(sectors)
    behind = np.maximum(-away * np.tan(np.radians(tilt)), 0.0)
    return RoofHorizon(
        np.degrees(steps.azimuth_rad),
        np.degrees(np.arctan(steps.code_tan[codes[:, np.isfinite(eye)].T])),
        np.degrees(np.arctan(behind)),
    )


class _Sight(NamedTuple):
    facets: Facets
    around: Surroundings
    grid: Grid
    steps: Scale
    far: Far | None


def _sight(roofs: gpd.GeoDataFrame, around: Surroundings, steps: Scale) -> tuple[_Sight, Facets]:
    """Return all that may stand in the way, and the roof planes among it."""
    west, south, east, north = (float(v) for v in roofs.total_bounds)
    planes = ground.facets_of(roofs, around)
    facets = ground.joined(planes, ground.blocks_of(roofs, around))
    far = far_horizon(around.terrain or around.surface, roofs.total_bounds, steps)
    return _Sight(facets, around, ground.grid_of(around, (west, south, east, north)), steps, far), planes


def _points(shapes: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cells that planes are looked at from, about 64 of a larger plane, evenly picked."""
    number, row, column = ground.cells_of(shapes, grid)
    count = np.bincount(number, minlength=len(shapes))
    turn = np.arange(len(number)) - (np.cumsum(count) - count)[number]
    kept = np.mod((turn + 0.5) * GOLDEN, 1.0) < (MOST_POINTS / np.maximum(count, 1))[number]
    kept |= turn == 0
    return number[kept], row[kept], column[kept]


def _look_out(
    sight: _Sight, planes: Facets, number: np.ndarray, row: np.ndarray, column: np.ndarray
) -> tuple[Codes, Codes | None, Floats, np.ndarray]:
    """Return horizons, horizons of crowns, heights looked from and whether these are the surface model's."""
    grid, around, steps = sight.grid, sight.around, sight.steps
    halo = halo_cells(grid.cell_m)
    window = Place(int(row.min()) - halo, int(column.min()) - halo, grid.cell_m)
    shape = (int(row.max()) - window.row + halo + 1, int(column.max()) - window.column + halo + 1)
    west, north = grid.west + window.column * grid.cell_m, grid.north - window.row * grid.cell_m
    box = (west, north - shape[0] * grid.cell_m, west + shape[1] * grid.cell_m, north)
    heights = ground.draw(ground.within_window(sight.facets, box), around, grid, window, shape)
    x, y = grid.middle(row, column)
    eye = planes.height(number, x, y)
    at = row - window.row, column - window.column
    modelled = np.zeros(len(eye), dtype=bool)
    if around.surface is not None:
        shown = ground.read_at(around.surface, grid, window, shape)[at].astype(np.float64)
        modelled = np.isfinite(shown) & ~(np.abs(shown - eye) > SAME_M)
        eye = np.where(modelled, shown, eye)
    eyes = np.full(shape, np.nan, dtype=np.float32)
    np.fmax.at(eyes, at, (eye + EYE_M).astype(np.float32))
    core = Box(halo, shape[0] - halo, halo, shape[1] - halo)
    reach = Reach(math.ceil(RANGE_M / grid.cell_m))
    inner = at[0] - halo, at[1] - halo
    codes = horizons(heights, eyes, window, core, steps, reach)[:, inner[0], inner[1]]
    if sight.far is not None:
        codes = np.maximum(codes, sight.far.at(x, y))
    crowns = None
    if around.canopy is not None:
        leaves = ground.read_at(around.canopy, grid, window, shape)
        tops = tops_of(heights, leaves)
        crowns = horizons(tops, eyes, window, core, steps, reach)[:, inner[0], inner[1]]
        crowns[:, tops[at] > eyes[at] + UNDER_CROWN_M] = len(steps.code_tan) - 1
        crowns = crowns[:, np.isfinite(eye)]
    return codes, crowns, eye, modelled


def tops_of(heights: Singles, leaves: Singles) -> Singles:
    """Return the heights of crowns, unknown where no tree stands; leaves stand on what is there. [m]"""
    return np.where(np.nan_to_num(leaves) > UNDER_CROWN_M, heights + leaves, NOTHING).astype(np.float32)


def far_horizon(heights: Heights | None, bounds: Sequence[float], steps: Scale) -> Far | None:
    """Return the horizons of hills from where the near ones end up to 10 km (some up to 20), on cells of 20 m."""
    if heights is None:
        return None
    west, south, east, north = heights.bounds
    wide = 2 * FAR_RANGE_M + 2 * FAR_CELL_M
    west, south = max(west, bounds[0] - wide), max(south, bounds[1] - wide)
    box = (west, south, min(east, bounds[2] + wide), min(north, bounds[3] + wide))
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    cell = max(FAR_CELL_M, heights.resolution_m)
    patch = heights.read(box, resolution_m=cell)
    grid = Grid(patch.west % cell, patch.north % cell, cell)
    row, column = grid.place(patch.west + cell / 2, patch.north - cell / 2)
    rows, columns = grid.place(np.array([bounds[0], bounds[2]]), np.array([bounds[3], bounds[1]]))
    (top, bottom), (left, right) = (
        np.clip(wanted - begin, 0, size - 1)
        for wanted, begin, size in zip((rows, columns), (row, column), patch.values.shape, strict=True)
    )
    core = Box(int(top), int(bottom) + 1, int(left), int(right) + 1)
    place = Place(int(row), int(column), cell)
    reach = Reach(math.ceil(FAR_RANGE_M / cell), math.ceil(RANGE_M / cell))
    codes = horizons(patch.values, patch.values, place, core, steps, reach)
    return Far(codes, grid, Place(place.row + core.top, place.column + core.left, cell))
