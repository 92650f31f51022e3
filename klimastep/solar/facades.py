"""Radiation on the outer walls of buildings: footprint edges up to the eaves, less what touches a neighbour."""

from __future__ import annotations

import math
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Column
from klimastep.rasters import Bounds, Patch
from klimastep.solar import surface as ground
from klimastep.solar.horizon import Floats, Place, scale
from klimastep.solar.irradiation import Shading, crown_shares
from klimastep.solar.shading import shade
from klimastep.solar.sky import MONTHS, sky_tables
from klimastep.solar.surface import DRAWN_CELL_M, Facets, Grid, Heights, Surroundings
from klimastep.weather import Sky, Weather, monthly_on_planes
from klimastep.weather.irradiance import SkyModel

PIECE_M = 4.0  # a wall is looked at once in so many metres of its length, and at three heights
LEVELS = 3
TOUCH_M = 0.3
SHORTEST_M = 0.05
CLEAR_CELLS = 1.5  # the cell that holds a point so far from a wall has no cell of the building beside it
SPOT_M = 0.02
OVERHANG_M = 0.5  # roofs of a surface model reach so far beyond their footprints

FACADE_AREA = Column(
    "solar_facade_area_m2",
    "float64",
    "m²",
    "Freie Fassadenfläche",
    "Free area of facades",
    "Walls up to the eaves that touch no other building, windows included, gables left out; unknown without a height.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
)
FACADE_SUM = Column(
    "solar_facade_irradiation_kwh_a",
    "float64",
    "kWh/a",
    "Einstrahlung auf die Fassaden",
    "Irradiation on the facades",
    "Sum over the free area of facades, shaded like the roofs.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
)
FACADE_MEAN = Column(
    "solar_facade_irradiation_kwh_m2a",
    "float64",
    "kWh/(m²·a)",
    "Mittlere Einstrahlung auf die Fassaden",
    "Mean irradiation on the facades",
    "Irradiation per free area of facades.",
    nullable=True,
    min=0,
    palette="YlGnBu",
)
FACADE_COLUMNS = (FACADE_AREA, FACADE_SUM, FACADE_MEAN)


class Pieces(NamedTuple):
    """Pieces of outer walls, one after another, all of a level of a wall's height.

    Parameters
    ----------
    building : ndarray of int (pieces,)
        Row of the building.
    x, y : ndarray (pieces,)
        Middle of the piece on the wall. [m]
    azimuth_deg : ndarray (pieces,)
        Where the wall faces. [°]
    length_m : ndarray (pieces,)
    """

    building: np.ndarray
    x: Floats
    y: Floats
    azimuth_deg: Floats
    length_m: Floats

    def moved(self, distance_m: float) -> tuple[Floats, Floats]:
        """Return x and y of points before the walls. [m]"""
        towards = np.radians(self.azimuth_deg)
        return self.x + distance_m * np.sin(towards), self.y + distance_m * np.cos(towards)

    def some(self, which: np.ndarray) -> Pieces:
        """Return some of the pieces."""
        return Pieces(*(part[which] for part in self))


class Drawn:
    """The drawn surface as a height model to be read by window."""

    resolution_m = DRAWN_CELL_M

    def __init__(self, facets: Facets, around: Surroundings) -> None:
        self.facets, self.around = facets, around
        self.grid = Grid(0.0, 0.0, DRAWN_CELL_M)
        boxes = shapely.bounds(facets.shapes).reshape(-1, 4)
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        self.bounds: Bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def read(self, bounds: Bounds, *, resolution_m: float | None = None) -> Patch:
        """Return the heights in a window, on whole metres; on coarser cells, where hills are looked for, none."""
        cell = resolution_m or DRAWN_CELL_M
        left, bottom, right, top = (
            turn(value / cell)
            for turn, value in zip((math.floor, math.floor, math.ceil, math.ceil), bounds, strict=True)
        )
        shape = (top - bottom, right - left)
        if cell != DRAWN_CELL_M:
            return Patch(np.full(shape, np.nan, dtype=np.float32), left * cell, top * cell, cell)
        window = Place(-top, left, DRAWN_CELL_M)
        near = ground.within_window(self.facets, (left, bottom, right, top))
        return Patch(ground.draw(near, self.around, self.grid, window, shape), left, top, DRAWN_CELL_M)


def facades(
    buildings: gpd.GeoDataFrame,
    roofs: gpd.GeoDataFrame,
    weather: Weather,
    *,
    shading: Shading | None = None,
    sky_model: SkyModel = "haydavies",
    albedo_share: float | None = None,
) -> pd.DataFrame:
    """Return area and irradiation of the outer walls of each building.

    A wall is an edge of the footprint, upright from the ground to the eaves; of walls that touch another building
    counts what rises above it. What shades is what shades the roofs; other walls reflect nothing.

    Parameters
    ----------
    buildings : GeoDataFrame
        Footprints with ``eaves_height_m`` and ``height_m``; without either the walls are unknown.
    roofs : GeoDataFrame
        Roof planes with their eaves: what the heights of the walls stand on, and what shades.
    weather : Weather
    shading : Shading, optional
        Without it nothing shades; where the height above datum of a building is unknown nothing does either.
    sky_model : {"haydavies", "perez"}
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]

    Returns
    -------
    DataFrame
        Columns :data:`FACADE_COLUMNS`, index of the buildings.
    """
    high = buildings["eaves_height_m"].fillna(buildings["height_m"]).to_numpy(dtype=np.float64)
    pieces = pieces_of(np.asarray(buildings.geometry.array))
    pieces = pieces.some(np.isfinite(high)[pieces.building])
    step_m = high[pieces.building] / LEVELS
    sky = weather.sky(albedo_share, model=sky_model)
    free = monthly_on_planes(np.full(len(pieces.x), 90.0), pieces.azimuth_deg, sky)
    area, energy = np.zeros(len(buildings)), np.zeros(len(buildings))
    before = None if shading is None else _before(buildings, roofs, shading.around, high)
    for level in range(LEVELS):
        above = (level + 0.5) * step_m
        part = pieces.length_m * step_m * ~_covered(buildings, pieces, above, high)
        months = free
        if shading is not None and before is not None:
            months = free * _left(pieces, before.base_m[pieces.building] + above, before.surface, shading, sky)
        area += np.bincount(pieces.building, part, len(buildings))
        energy += np.bincount(pieces.building, part * months.sum(axis=1), len(buildings))
    unknown = ~np.isfinite(high)
    area[unknown], energy[unknown] = np.nan, np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(area > 0, energy / area, np.nan)
    values = zip(FACADE_COLUMNS, (area, energy, mean), strict=True)
    return pd.DataFrame({c.name: c.cast(v, buildings.index) for c, v in values}, index=buildings.index)


def pieces_of(shapes: np.ndarray) -> Pieces:
    """Return the edges of footprints, those of courtyards too, in pieces of up to 4 m."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    start, end, building = points[:-1][inner], points[1:][inner], owner[part[ring[:-1][inner]]]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    long_enough = length > SHORTEST_M
    start, along, length, building = start[long_enough], along[long_enough], length[long_enough], building[long_enough]
    count = np.ceil(length / PIECE_M).astype(np.int64)
    edge = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[edge]
    middle = start[edge] + share[:, None] * along[edge]
    azimuth = np.mod(np.degrees(np.arctan2(along[:, 1], -along[:, 0])), 360.0)  # to the right of the way: outward
    return Pieces(building[edge], middle[:, 0], middle[:, 1], azimuth[edge], (length / count)[edge])


def _covered(buildings: gpd.GeoDataFrame, pieces: Pieces, above_m: Floats, high_m: Floats) -> np.ndarray:
    """Return which pieces another building stands against, itself at least as high there or of unknown height."""
    shapes = np.asarray(buildings.geometry.array)
    spots = shapely.points(*pieces.moved(TOUCH_M))
    piece, other = shapely.STRtree(shapes).query(spots, predicate="intersects")
    against = (other != pieces.building[piece]) & ~(high_m[other] <= above_m[piece])
    out = np.zeros(len(spots), dtype=bool)
    out[piece[against]] = True
    return out


class _Before(NamedTuple):
    """What the walls stand on by building, NaN where unknown [m], and the surface that shades them, if any."""

    base_m: Floats
    surface: Heights | None


def _before(buildings: gpd.GeoDataFrame, roofs: gpd.GeoDataFrame, around: Surroundings, high_m: Floats) -> _Before:
    bare = Surroundings(buildings, None, around.terrain, None, around.level)
    tops = ground.blocks_of(gpd.GeoDataFrame(roofs.iloc[:0]), bare).at - buildings["height_m"].to_numpy(
        dtype=np.float64
    )
    eaves = roofs["eaves_m"].groupby(roofs["building_id"]).min().reindex(buildings.index).to_numpy(dtype=np.float64)
    base = np.where(np.isfinite(eaves), eaves - high_m, tops)
    if around.surface is not None:
        return _Before(base, around.surface)
    facets = ground.joined(ground.facets_of(roofs, around), ground.blocks_of(roofs, around))
    return _Before(base, Drawn(facets, bare) if len(facets.shapes) else None)


def _left(pieces: Pieces, eye_m: Floats, surface: Heights | None, shading: Shading, sky: Sky) -> Floats:
    """Return what obstacles leave of each month on pieces of walls, 1 where their height is unknown. [1]"""
    out = np.ones((len(eye_m), MONTHS))
    known = np.isfinite(eye_m)
    if surface is None or not known.any():
        return out
    around, steps = shading.around, scale(shading.sectors)
    overhang = 0.0 if around.surface is None else OVERHANG_M
    x, y = (v[known] for v in pieces.moved(CLEAR_CELLS * surface.resolution_m + overhang))
    spots = shapely.box(x - SPOT_M, y - SPOT_M, x + SPOT_M, y + SPOT_M)
    table = {"building_id": "", "tilt_deg": 90.0, "azimuth_deg": pieces.azimuth_deg[known], "eaves_m": eye_m[known]}
    walls = gpd.GeoDataFrame(table, geometry=spots, index=range(len(spots)))
    inner = Surroundings(None, surface, around.terrain, around.canopy)
    left = shade(walls, inner, sky_tables(sky, steps), steps, shading.through or crown_shares()).left
    out[known] = np.where(np.isnan(left), 1.0, left)
    return out
