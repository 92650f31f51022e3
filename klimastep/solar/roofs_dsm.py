"""Roof planes fitted on a surface model inside the footprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import NamedTuple

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import shapely

from klimastep import reference
from klimastep.contract import conform
from klimastep.findings import Finding, first_ids
from klimastep.geo import polygons_of
from klimastep.rasters import Patch
from klimastep.solar.horizon import Place
from klimastep.solar.plane_batch import OUTSIDE_SURFACE, Batch, Footprints, planes_of
from klimastep.solar.plane_fit import Floats, Rules
from klimastep.solar.roofs import FIT_RMSE, FIT_SHARE, PLANES
from klimastep.solar.surface import Grid, Heights, read_at

OVERLAP_SHARE = 1e-3
LEVEL_BELOW_DEG = 1.0
CHUNK = 256
GERMAN_ENGLISH = {
    "outside_surface": (
        "Gebäude liegen außerhalb des Oberflächenmodells oder in dessen Lücken; ihr Dach bleibt daraus unbekannt.",
        "buildings lie outside the surface model or in its gaps; it leaves their roof unknown.",
    ),
    "no_plane": (
        "Gebäude zeigen im Oberflächenmodell keine ebenen Dachflächen (Bäume, Gewölbe, sehr klein); "
        "ihr Dach bleibt daraus unbekannt.",
        "buildings show no even roof planes in the surface model (trees, vaults, very small); "
        "it leaves their roof unknown.",
    ),
    "on_ground": (
        "Gebäude zeigen im Oberflächenmodell nur Flächen auf der Höhe des Geländes (abgerissen, noch nicht gebaut, "
        "Tiefgarage); ihr Dach bleibt daraus unbekannt.",
        "buildings show only planes at the height of the terrain in the surface model (gone, not built yet, "
        "underground); it leaves their roof unknown.",
    ),
    "partly_on_ground": (
        "Gebäude zeigen neben Dachflächen auch Flächen auf der Höhe des Geländes (Höfe, Durchfahrten, abgerissene "
        "Teile); diese zählen nicht als Dach.",
        "buildings show planes at the height of the terrain beside their roof planes (courtyards, gateways, parts "
        "that are gone); these do not count as roof.",
    ),
}


class FittedRoofs(NamedTuple):
    """Planes of the buildings of which any were found, and by reason the ids of the others.

    Under ``partly_on_ground`` stand buildings that have planes, but not everywhere.
    """

    roofs: gpd.GeoDataFrame
    unknown: dict[str, list[str]]


class _Drawn(NamedTuple):
    """Planes of some buildings: numbers, columns of ``Batch.plane``, polygons (None where nothing is left)."""

    reason: np.ndarray
    owner: np.ndarray
    plane: Floats
    shapes: np.ndarray
    eaves_m: Floats


@cache
def fit_rules() -> Mapping[str, float]:
    """Return the rules of the fit, see ``reference/roof_fit.csv``."""
    return dict(reference.load("roof_fit").set_index("key")["value"].astype("float64"))


def fit_roofs(buildings: gpd.GeoDataFrame, surface: Patch, terrain: Heights | None = None) -> FittedRoofs:
    """Return the roof planes that a surface model shows inside the footprints.

    A plane is `measured` where most of its cells agree with it, else `estimated`. What no plane explains
    (chimneys, trees above the roof, the mixed cells at the eaves) belongs to the plane beside it. A building has
    the same planes whatever else is in the tables.

    Parameters
    ----------
    buildings : GeoDataFrame
        Footprints.
    surface : Patch
        Heights with buildings and trees around all of them. [m]
    terrain : Heights, optional
        Bare ground; planes less than ``least_height_m`` of ``reference/roof_fit.csv`` above it are no roofs.

    Returns
    -------
    FittedRoofs
        Planes without the columns of later steps; by id the buildings outside the surface model
        (``outside_surface``), those without any plane (``no_plane``) or roof (``on_ground``).
    """
    shapes = np.asarray(buildings.geometry.array)
    footprints = _footprints(shapes, surface)
    ground = np.empty((0, 0), np.float32)
    if terrain is not None and len(shapes):
        grid, window = Grid(surface.west, surface.north, surface.resolution_m), Place(0, 0, surface.resolution_m)
        ground = read_at(terrain, grid, window, np.shape(surface.values))
    work = partial(_drawn, shapes, footprints, surface, ground)
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        drawn = list(pool.map(work, range(0, len(shapes), CHUNK)))
    return FittedRoofs(_table(drawn, buildings), _unknown(drawn, buildings.index.astype("str")))


def _unknown(drawn: Sequence[_Drawn], names: pd.Index) -> dict[str, list[str]]:
    """Return the ids of buildings without planes, or not everywhere, by reason."""
    reason = np.concatenate([np.empty(0, np.int8), *(part.reason for part in drawn)])
    drawn_on, ground = np.zeros(len(names), bool), np.zeros(len(names), bool)
    for part in drawn:
        drawn_on[part.owner[~shapely.is_missing(part.shapes)]] = True
        ground[part.owner[_lies_low(part.plane)]] = True
    outside = reason == OUTSIDE_SURFACE
    found = {
        "outside_surface": outside,
        "no_plane": ~outside & ~drawn_on & ~ground,
        "on_ground": ground & ~drawn_on,
        "partly_on_ground": ground & drawn_on,
    }
    return {kind: sorted(names[which]) for kind, which in found.items()}


def _lies_low(plane: Floats) -> np.ndarray:
    """Return which planes lie on the terrain; unknown is no."""
    return np.asarray(plane[:, 5] < fit_rules()["least_height_m"])


def fit_findings(unknown: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return findings for the buildings of which the surface model shows no planes."""
    return [
        Finding("surface_model", kind, len(ids), first_ids(ids), f"{len(ids)} {texts[0]}", f"{len(ids)} {texts[1]}")
        for kind, texts in GERMAN_ENGLISH.items()
        if (ids := list(unknown.get(kind, ())))
    ]


def _footprints(shapes: np.ndarray, surface: Patch) -> Footprints:
    """Return the outlines in cells of a surface model; a window is a building's rectangle and one cell around it."""
    cell = surface.resolution_m
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    left, right = (np.floor((x - surface.west) / cell).astype(np.int64) for x in (west, east))
    top, bottom = (np.floor((surface.north - y) / cell).astype(np.int64) for y in (north, south))
    place = np.column_stack((top - 1, left - 1, bottom - top + 3, right - left + 3))
    parts, building = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.column_stack(((points[:, 0] - surface.west) / cell, (surface.north - points[:, 1]) / cell))
    side = np.flatnonzero(ring[1:] == ring[:-1])
    owner = building[part[ring[side]]]
    first = np.searchsorted(owner, np.arange(len(shapes) + 1))
    return Footprints(place, np.hstack((points[side], points[side + 1])), first)


def _drawn(shapes: np.ndarray, footprints: Footprints, surface: Patch, terrain: np.ndarray, begin: int) -> _Drawn:
    """Return the planes of a chunk of the buildings with their polygons."""
    rules, cell = fit_rules(), surface.resolution_m
    end = min(begin + CHUNK, len(shapes))
    some = footprints.some(begin, end)
    heights = np.asarray(surface.values)  # noqa: PD011
    batch = planes_of(heights, terrain, some, cell, Rules(*(rules[name] for name in Rules._fields)))
    corner = np.column_stack((surface.west + some.place[:, 1] * cell, surface.north - some.place[:, 0] * cell))
    polygons = _polygons(batch, shapes[begin:end], corner)
    polygons[_lies_low(batch.plane)] = None
    eaves = _eaves(polygons, batch.plane, corner[batch.owner])
    return _Drawn(batch.reason, batch.owner + begin, batch.plane, polygons, eaves)


def _polygons(batch: Batch, footprints: np.ndarray, corner: Floats) -> np.ndarray:
    """Return the polygon of each plane, cut by its footprint; None where nothing is left."""
    start, piece, plane = batch.rings[np.argsort(batch.rings[:, 1], kind="stable")].T
    length = np.diff(np.append(batch.rings[:, 0], len(batch.points)))[np.argsort(batch.rings[:, 1], kind="stable")]
    ends = np.cumsum(length)
    order = np.repeat(start - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
    outer = np.flatnonzero(np.diff(piece, prepend=-1))
    owner = plane[outer]
    building = batch.owner[owner]
    place = np.repeat(corner[batch.owner[plane]], length, axis=0)
    rings = np.append(0, ends), np.append(outer, len(piece))
    south = np.array([1.0, -1.0])

    def cut(points: Floats, which: np.ndarray) -> np.ndarray:
        drawn = shapely.from_ragged_array(shapely.GeometryType.POLYGON, place + points[order] * south, rings)[which]
        return polygons_of(shapely.intersection(polygons_of(drawn), footprints[building[which]]))

    pieces = cut(batch.points[:, :2], np.arange(len(outer)))
    kept = np.bincount(building, np.nan_to_num(shapely.area(pieces)), len(footprints))
    whole = shapely.area(footprints)
    spoilt = np.flatnonzero((np.abs(kept - whole) > OVERLAP_SHARE * whole)[building])
    if len(spoilt):
        pieces[spoilt] = cut(batch.points[:, 2:], spoilt)
    there = np.flatnonzero(~shapely.is_missing(pieces))
    bits, origin = shapely.get_parts(pieces[there], return_index=True)
    large = shapely.area(bits) >= fit_rules()["smallest_piece_m2"]
    return _collected(bits[large], owner[there[origin[large]]], len(batch.plane))


def _collected(bits: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Return one geometry for each of `count` owners, None where it has no bits."""
    out = np.full(count, None, dtype=object)
    order = np.argsort(owner, kind="stable")
    bits, owner = bits[order], owner[order]
    many = np.bincount(owner, minlength=count) > 1
    alone = ~many[owner]
    out[owner[alone]] = bits[alone]
    if many.any():
        rank = np.cumsum(many)[owner[~alone]] - 1
        joined = np.asarray(shapely.multipolygons(bits[~alone], indices=rank))
        touching = ~shapely.is_valid(joined)
        joined[touching] = [shapely.union_all(shapely.get_parts(shape)) for shape in joined[touching]]
        out[many] = joined
    return out


def _table(drawn: Sequence[_Drawn], buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table of roof planes."""
    shapes = np.concatenate([np.empty(0, object), *(part.shapes for part in drawn)])
    owner, eaves = (
        np.concatenate([np.empty(0), *parts]) for parts in ([p.owner for p in drawn], [p.eaves_m for p in drawn])
    )
    plane = np.concatenate([np.empty((0, 6)), *(part.plane for part in drawn)])
    there = ~shapely.is_missing(shapes)
    shapes, owner, eaves, plane = shapes[there], owner[there].astype(np.int64), eaves[there], plane[there]
    steep = np.hypot(plane[:, 1], plane[:, 2])
    tilt = np.degrees(np.arctan(steep))
    azimuth = np.degrees(np.arctan2(-plane[:, 1], plane[:, 2])) % 360
    names = buildings.index.to_numpy()[owner]
    table = pd.DataFrame(
        {
            "building_id": names,
            "tilt_deg": tilt,
            "azimuth_deg": np.where(tilt < LEVEL_BELOW_DEG, np.nan, azimuth),
            "area_m2": shapely.area(shapes) * np.hypot(1.0, steep),
            "eaves_m": eaves,
            "geometry_source": np.where(plane[:, 3] >= fit_rules()["measured_share"], "measured", "estimated"),
            FIT_SHARE.name: plane[:, 3],
            FIT_RMSE.name: plane[:, 4],
        },
    )
    place = np.arange(len(owner)) - np.searchsorted(owner, owner) + 1
    index = pd.Index(names, dtype="str") + "_dsm" + pd.Index(place).astype("str")
    table.index = pd.Index(index, name=PLANES.id, dtype="str")
    return gpd.GeoDataFrame(conform(gpd.GeoDataFrame(table, geometry=shapes, crs=buildings.crs), PLANES))


def _eaves(shapes: np.ndarray, plane: Floats, corner: Floats) -> Floats:
    """Return the lowest height of each plane over its polygon. [m]"""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = points[:, 0] - corner[owner, 0], corner[owner, 1] - points[:, 1]
    low = np.full(len(shapes), np.inf)
    np.minimum.at(low, owner, plane[owner, 0] + plane[owner, 1] * x + plane[owner, 2] * y)
    return np.where(np.isfinite(low), low, np.nan)
