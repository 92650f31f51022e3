"""The surface that shades: a surface model, or one drawn from roof planes, footprints and terrain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import geopandas as gpd
import numpy as np
import shapely

from klimastep.errors import InputError
from klimastep.rasters import Bounds, Patch
from klimastep.solar.horizon import Floats, Place, Singles

DRAWN_CELL_M = 1.0
STEEPEST_DRAWN_DEG = 80.0
BESIDE_M = 6.0  # a cell of unknown ground beside a roof is taken this much lower, so that the roof keeps its edge
FIT_M = 3.0
CHECKED = 500


class Heights(Protocol):
    """A height model to be read by window, such as :class:`klimastep.rasters.Mosaic`."""

    @property
    def resolution_m(self) -> float:
        """Cell size. [m]"""

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north. [m]"""

    def read(self, bounds: Bounds, *, resolution_m: float | None = None) -> Patch:
        """Return the heights in a window."""


@dataclass(frozen=True)
class Surroundings:
    """What may stand in the way of the light beside the roof planes themselves.

    Parameters
    ----------
    buildings : GeoDataFrame, optional
        Footprints with ``height_m`` and ``eaves_height_m``; those without a roof plane shade as blocks.
    surface : Heights, optional
        Surface model with buildings and trees. Where it knows nothing the drawn surface counts.
    terrain : Heights, optional
        Bare ground.
    canopy : Heights, optional
        Crowns above the ground, 0 where none; the surface model then holds no trees. [m]
    ground_m : float
        Height of level ground, which roof planes without a height above datum stand on; unknown by default, and not
        used where there is a terrain model, see :func:`level_ground_m`. [m]
    """

    buildings: gpd.GeoDataFrame | None = None
    surface: Heights | None = None
    terrain: Heights | None = None
    canopy: Heights | None = None
    ground_m: float = math.nan


class Grid(NamedTuple):
    """Endless grid of cells: a corner of one of them and their size. [m]"""

    west: float
    north: float
    cell_m: float

    def place(self, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return row and column of points."""
        row = np.floor((self.north - np.asarray(y)) / self.cell_m).astype(np.int64)
        return row, np.floor((np.asarray(x) - self.west) / self.cell_m).astype(np.int64)

    def middle(self, row: np.ndarray, column: np.ndarray) -> tuple[Floats, Floats]:
        """Return x and y of the middles of cells. [m]"""
        return self.west + (column + 0.5) * self.cell_m, self.north - (row + 0.5) * self.cell_m


class Facets(NamedTuple):
    """Polygons with a plane each: height = at + slope_x * x + slope_y * y, NaN where unknown. [m]"""

    shapes: np.ndarray
    at: Floats
    slope_x: Floats
    slope_y: Floats

    def height(self, number: np.ndarray, x: Floats, y: Floats) -> Floats:
        """Return heights at points of the facets of these numbers. [m]"""
        return np.asarray(self.at[number] + self.slope_x[number] * x + self.slope_y[number] * y)

    def some(self, which: np.ndarray) -> Facets:
        """Return some of the facets."""
        return Facets(*(part[which] for part in self))


def grid_of(around: Surroundings, near: Bounds) -> Grid:
    """Return the grid of the surface model, else cells of 1 m on whole metres."""
    if around.surface is None:
        return Grid(0.0, 0.0, DRAWN_CELL_M)
    cell = around.surface.resolution_m
    patch = around.surface.read((near[0], near[1], near[0] + cell, near[1] + cell))
    return Grid(round(patch.west % cell, 6), round(patch.north % cell, 6), cell)


def facets_of(roofs: gpd.GeoDataFrame, around: Surroundings) -> Facets:
    """Return the roof planes with their heights: by their eaves, else by ground and height of their building."""
    shapes = np.asarray(roofs.geometry.array)
    tilt = roofs["tilt_deg"].to_numpy(dtype=np.float64)
    azimuth = np.radians(np.nan_to_num(roofs["azimuth_deg"].to_numpy(dtype=np.float64)))
    rise = np.tan(np.radians(np.where(roofs["azimuth_deg"].isna() | (tilt > STEEPEST_DRAWN_DEG), 0.0, tilt)))
    down_x, down_y = np.sin(azimuth), np.cos(azimuth)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    along = points[:, 0] * down_x[owner] + points[:, 1] * down_y[owner]
    lowest = np.full(len(shapes), -np.inf)
    np.maximum.at(lowest, owner, along)
    eaves = roofs["eaves_m"].to_numpy(dtype=np.float64)
    eaves = np.where(np.isnan(eaves), _eaves_by_building(roofs, around), eaves)
    at = eaves + rise * lowest
    return Facets(shapes, np.where(np.isfinite(at), at, np.nan), -rise * down_x, -rise * down_y)


def blocks_of(roofs: gpd.GeoDataFrame, around: Surroundings) -> Facets:
    """Return the buildings without a roof plane as flat blocks."""
    if around.buildings is None:
        return Facets(np.empty(0, object), *(np.empty(0),) * 3)
    bare = around.buildings[~around.buildings.index.isin(roofs["building_id"])]
    shapes = np.asarray(bare.geometry.array)
    top = _ground(shapes, around) + bare["height_m"].to_numpy(dtype=np.float64)
    return Facets(shapes, top, np.zeros(len(top)), np.zeros(len(top)))


def cells_of(shapes: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cells whose middles lie in polygons: number of the polygon, row, column.

    A polygon too thin for any gets the cell of a point on it.
    """
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    top, left = grid.place(west, north)
    bottom, right = grid.place(east, south)
    wide = right - left + 1
    count = (bottom - top + 1) * wide
    number = np.repeat(np.arange(len(shapes)), count)
    place = np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
    row, column = top[number] + place // wide[number], left[number] + place % wide[number]
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[number], *grid.middle(row, column))
    missed = np.setdiff1d(np.arange(len(shapes)), number[inside])
    spot = shapely.point_on_surface(shapes[missed])
    thin_row, thin_column = grid.place(shapely.get_x(spot), shapely.get_y(spot))
    number = np.concatenate((number[inside], missed))
    order = np.argsort(number, kind="stable")
    row, column = np.concatenate((row[inside], thin_row)), np.concatenate((column[inside], thin_column))
    return number[order], row[order], column[order]


def draw(facets: Facets, around: Surroundings, grid: Grid, window: Place, shape: tuple[int, int]) -> Singles:
    """Return the surface in a window: the surface model, where unknown the facets (the highest wins) on the terrain."""
    out = np.full(shape, np.nan, dtype=np.float32)
    known = facets.some(np.isfinite(facets.at))
    number, row, column = cells_of(known.shapes, grid)
    heights = known.height(number, *grid.middle(row, column)).astype(np.float32)
    row, column = row - window.row, column - window.column
    there = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    np.fmax.at(out, (row[there], column[there]), heights[there])
    bare = np.isnan(out)
    if around.terrain is not None:
        ground = read_at(around.terrain, grid, window, shape)
        out[bare] = ground[bare]
    else:
        beside = _lowest_beside(out) - np.float32(BESIDE_M)
        out[bare] = beside[bare]
    if around.surface is not None:
        model = read_at(around.surface, grid, window, shape)
        out = np.where(np.isnan(model), out, model)
    return out


def read_at(heights: Heights, grid: Grid, window: Place, shape: tuple[int, int]) -> Singles:
    """Return a height model in a window of the grid, NaN where unknown; another cell size is resampled. [m]"""
    west, north = grid.west + window.column * grid.cell_m, grid.north - window.row * grid.cell_m
    inner = grid.cell_m / 4
    south, east = north - shape[0] * grid.cell_m, west + shape[1] * grid.cell_m
    box = (west + inner, south + inner, east - inner, north - inner)
    patch = heights.read(box, resolution_m=grid.cell_m)
    columns = np.floor((west - patch.west) / grid.cell_m + 0.5 + np.arange(shape[1])).astype(np.int64)
    rows = np.floor((patch.north - north) / grid.cell_m + 0.5 + np.arange(shape[0])).astype(np.int64)
    rows, columns = (np.clip(v, 0, n - 1) for v, n in zip((rows, columns), patch.values.shape, strict=True))
    return np.asarray(patch.values[np.ix_(rows, columns)])


def _lowest_beside(heights: Singles) -> Singles:
    """Return the lowest known height of each cell and the eight around it, NaN where none is known. [m]"""
    out = heights
    for axis in (0, 1):
        edge = np.full_like(np.take(out, [0], axis), np.nan)
        before = np.concatenate((edge, np.delete(out, -1, axis)), axis)
        after = np.concatenate((np.delete(out, 0, axis), edge), axis)
        out = np.fmin(out, np.fmin(before, after))
    return out


def refuse_misfit(roofs: gpd.GeoDataFrame, surface: Heights) -> None:
    """Refuse a surface model whose heights are not those of the roofs.

    Raises
    ------
    InputError
        The middle of the differences at up to 500 planes is more than 3 m.
    """
    known = roofs[roofs["eaves_m"].notna()]
    if known.empty:
        return
    some = gpd.GeoDataFrame(known.iloc[:: math.ceil(len(known) / CHECKED)])
    facets = facets_of(some, Surroundings())
    spots = shapely.point_on_surface(facets.shapes)
    x, y = shapely.get_x(spots), shapely.get_y(spots)
    off = heights_at(surface, x, y) - facets.height(np.arange(len(x)), x, y)
    middle = float(np.median(off[np.isfinite(off)])) if np.isfinite(off).any() else 0.0
    if abs(middle) > FIT_M:
        found = f"lies {middle:+.1f} m from the heights of the roof planes"
        hint = "is it in feet, of another datum, or without buildings?"
        raise InputError("surface model", found, f"within {FIT_M:g} m, in metres above the same datum", hint)


def level_ground_m(roofs: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> float:
    """Return the height of the ground where that is level: 0 where no roof plane has a height above datum. [m]

    Else it is what eaves above datum and above the ground tell of the buildings that have both; unknown where these
    are none or differ by more than 3 m (eight of ten).
    """
    eaves = roofs["eaves_m"].groupby(roofs["building_id"]).min().dropna()
    if eaves.empty:
        return 0.0
    ground = (eaves - buildings["eaves_height_m"].reindex(eaves.index)).dropna()
    low, middle, high = ground.quantile([0.1, 0.5, 0.9]) if len(ground) else (math.nan,) * 3
    return float(middle) if high - low <= FIT_M else math.nan


def heights_at(heights: Heights, x: Floats, y: Floats) -> Floats:
    """Return heights at points, NaN where unknown. [m]"""
    cell = heights.resolution_m
    values = [float(heights.read((a, b, a + cell / 2, b + cell / 2)).values[-1, 0]) for a, b in zip(x, y, strict=True)]
    return np.asarray(values, dtype=np.float64)


def _eaves_by_building(roofs: gpd.GeoDataFrame, around: Surroundings) -> Floats:
    unknown = roofs["eaves_m"].isna().to_numpy()
    out = np.full(len(roofs), np.nan)
    if around.buildings is None or not unknown.any():
        return out
    owner = around.buildings.reindex(roofs["building_id"][unknown])
    eaves = owner["eaves_height_m"].fillna(owner["height_m"]).to_numpy(dtype=np.float64)
    out[unknown] = _ground(np.asarray(roofs.geometry.array)[unknown], around) + eaves
    return out


def _ground(shapes: np.ndarray, around: Surroundings) -> Floats:
    if around.terrain is None or not len(shapes):
        return np.full(len(shapes), around.ground_m)
    spots = shapely.point_on_surface(shapes)
    return heights_at(around.terrain, shapely.get_x(spots), shapely.get_y(spots))


def within_window(facets: Facets, box: Bounds) -> Facets:
    """Return the facets that touch a box."""
    west, south, east, north = shapely.bounds(facets.shapes).reshape(-1, 4).T
    return facets.some((west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1]))


def joined(first: Facets, second: Facets) -> Facets:
    """Return two lists of facets as one."""
    return Facets(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))
