"""Roof planes fitted on a surface model inside the footprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import shapes as outlines_of

from klimastep import reference
from klimastep.contract import conform
from klimastep.findings import Finding, first_ids
from klimastep.geo import polygons_of
from klimastep.rasters import Patch
from klimastep.solar.plane_fit import Floats, Ints, Rules, fit_planes
from klimastep.solar.plane_parts import NEAR_CELLS, fill, sharpen, snap
from klimastep.solar.roofs import FIT_RMSE, FIT_SHARE, PLANES

FINER = 4
SIMPLER_CELLS = 0.75
OVERLAP_SHARE = 1e-3
LEVEL_BELOW_DEG = 1.0
SHEET_CELLS = 1_000_000
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
}


class FittedRoofs(NamedTuple):
    """Planes of the buildings of which any were found, and by reason the ids of the others."""

    roofs: gpd.GeoDataFrame
    unknown: dict[str, list[str]]


class _Part(NamedTuple):
    """One building's window: number of the building, corner in the patch, planes and their parts."""

    number: int
    row: int
    column: int
    labels: Ints
    plane: Floats
    share: Floats
    rmse_m: Floats


@cache
def fit_rules() -> Mapping[str, float]:
    """Return the rules of the fit, see ``reference/roof_fit.csv``."""
    return dict(reference.load("roof_fit").set_index("key")["value"].astype("float64"))


def fit_roofs(buildings: gpd.GeoDataFrame, surface: Patch) -> FittedRoofs:
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

    Returns
    -------
    FittedRoofs
        Planes without the columns of later steps; buildings outside the surface model (``outside_surface``) and
        those without any plane (``no_plane``) by id.
    """
    unknown: dict[str, list[str]] = {"outside_surface": [], "no_plane": []}
    parts: list[_Part] = []
    shapes = np.asarray(buildings.geometry.array)
    shapely.prepare(shapes)
    for number, shape in enumerate(shapes):
        found = _part(number, shape, surface)
        if isinstance(found, str):
            unknown[found].append(str(buildings.index[number]))
        else:
            parts.append(found)
    tables = [_table(sheet, buildings, surface) for sheet in _sheets(parts)]
    roofs = pd.concat(tables) if tables else _table([], buildings, surface)
    left = {p.number for p in parts} - set(buildings.index.get_indexer(roofs["building_id"]))
    unknown["no_plane"] = sorted([*unknown["no_plane"], *(str(buildings.index[n]) for n in left)])
    order = np.argsort(buildings.index.get_indexer(roofs["building_id"]), kind="stable")
    return FittedRoofs(gpd.GeoDataFrame(roofs.iloc[order], crs=buildings.crs), unknown)


def fit_findings(unknown: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return findings for the buildings of which the surface model shows no planes."""
    return [
        Finding("surface_model", kind, len(ids), first_ids(ids), f"{len(ids)} {texts[0]}", f"{len(ids)} {texts[1]}")
        for kind, texts in GERMAN_ENGLISH.items()
        if (ids := list(unknown.get(kind, ())))
    ]


def _part(number: int, shape: shapely.Geometry, surface: Patch) -> _Part | str:
    """Return the planes of one building with their parts of its window, or why there are none."""
    rules, cell = fit_rules(), surface.resolution_m
    row, column, heights, inside = _window(shape, surface)
    cells = int(inside.sum())
    known = int(np.isfinite(heights[inside]).sum())
    if not known or known < rules["explained_share"] * cells:
        return "outside_surface" if cells else "no_plane"
    found = fit_planes(heights, inside, cell, Rules(*(rules[name] for name in Rules._fields)))
    agreed = found.labels >= 0
    if not len(found.plane) or agreed.sum() < rules["explained_share"] * cells:
        return "no_plane"
    labels = found.labels.copy()
    fill(labels, inside)
    count = len(found.plane)
    off = found.heights - _heights(found.plane, labels, cell)
    good = agreed & (labels == found.labels) & (np.abs(off) <= rules["inlier_m"])
    agreeing = np.bincount(labels[good], minlength=count)
    held = np.bincount(labels[inside], minlength=count)
    rmse = np.sqrt(np.bincount(labels[good], off[good] ** 2, count) / np.maximum(agreeing, 1))
    fine = sharpen(labels, found.plane, cell, FINER)
    return _Part(number, row, column, fine, found.plane, agreeing / np.maximum(held, 1), rmse)


def _window(shape: shapely.Geometry, surface: Patch) -> tuple[int, int, Floats, np.ndarray]:
    """Return corner, heights and cells of a building in its rectangle and one cell around it."""
    cell = surface.resolution_m
    west, south, east, north = shape.bounds
    left, right = (int(np.floor((x - surface.west) / cell)) for x in (west, east))
    top, bottom = (int(np.floor((surface.north - y) / cell)) for y in (north, south))
    row, column = top - 1, left - 1
    heights = np.full((bottom - top + 3, right - left + 3), np.nan)
    model = np.asarray(surface.values)  # noqa: PD011
    rows, columns = model.shape
    i, j = np.arange(row, row + heights.shape[0]), np.arange(column, column + heights.shape[1])
    there = np.ix_((i >= 0) & (i < rows), (j >= 0) & (j < columns))
    heights[there] = model[np.ix_(i[(i >= 0) & (i < rows)], j[(j >= 0) & (j < columns)])]
    x, y = np.meshgrid(surface.west + (j + 0.5) * cell, surface.north - (i + 0.5) * cell)
    return row, column, heights, np.asarray(shapely.contains_xy(shape, x, y))


def _heights(plane: Floats, labels: Ints, cell_m: float) -> Floats:
    i, j = np.indices(labels.shape)
    own = plane[labels]
    return np.asarray(own[..., 0] + own[..., 1] * (j + 0.5) * cell_m + own[..., 2] * (i + 0.5) * cell_m)


def _sheets(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Return the windows in groups of like width that fit on one sheet each."""
    order = sorted(parts, key=lambda p: (p.labels.shape[1], p.number))
    sheets: list[list[_Part]] = []
    rows = 0
    for part in order:
        rows += part.labels.shape[0] + 1
        if not sheets or rows * part.labels.shape[1] > SHEET_CELLS:
            sheets.append([])
            rows = part.labels.shape[0] + 1
        sheets[-1].append(part)
    return sheets


def _table(sheet: Sequence[_Part], buildings: gpd.GeoDataFrame, surface: Patch) -> gpd.GeoDataFrame:
    """Return the roof planes of a sheet of windows."""
    rules, cell = fit_rules(), surface.resolution_m
    of_part = np.repeat(np.arange(len(sheet)), [len(p.plane) for p in sheet])
    number = np.array([p.number for p in sheet], dtype=np.int64)[of_part]
    shapes = _polygons(sheet, of_part, np.asarray(buildings.geometry.array)[number], surface)
    plane = np.concatenate([p.plane for p in sheet]) if sheet else np.empty((0, 3))
    share = np.concatenate([p.share for p in sheet]) if sheet else np.empty(0)
    rmse = np.concatenate([p.rmse_m for p in sheet]) if sheet else np.empty(0)
    drawn = ~shapely.is_missing(shapes)
    steep = np.hypot(plane[:, 1], plane[:, 2])
    tilt = np.degrees(np.arctan(steep))
    azimuth = np.degrees(np.arctan2(-plane[:, 1], plane[:, 2])) % 360
    corner = np.array([(surface.west + p.column * cell, surface.north - p.row * cell) for p in sheet]).reshape(-1, 2)
    owner = buildings.index.to_numpy()[number]
    table = pd.DataFrame(
        {
            "building_id": owner,
            "tilt_deg": tilt,
            "azimuth_deg": np.where(tilt < LEVEL_BELOW_DEG, np.nan, azimuth),
            "area_m2": shapely.area(shapes) * np.hypot(1.0, steep),
            "eaves_m": _eaves(shapes, plane, corner[of_part]),
            "geometry_source": np.where(share >= rules["measured_share"], "measured", "estimated"),
            FIT_SHARE.name: share,
            FIT_RMSE.name: rmse,
        },
    )[drawn]
    place = table.groupby("building_id", sort=False).cumcount() + 1
    table.index = pd.Index(
        table["building_id"].astype("str") + "_dsm" + place.astype("str"), name=PLANES.id, dtype="str"
    )
    return gpd.GeoDataFrame(conform(gpd.GeoDataFrame(table, geometry=shapes[drawn], crs=buildings.crs), PLANES))


def _polygons(sheet: Sequence[_Part], of_part: np.ndarray, footprints: np.ndarray, surface: Patch) -> np.ndarray:
    """Return the polygon of each plane of a sheet, cut by its footprint; None where nothing is left."""
    out = np.full(len(of_part), None, dtype=object)
    if not sheet:
        return out
    cell = surface.resolution_m
    tops = np.cumsum([0, *(p.labels.shape[0] + 1 for p in sheet)])
    first = np.cumsum([0, *(len(p.plane) for p in sheet)])
    paper = np.zeros((tops[-1], max(p.labels.shape[1] for p in sheet)), np.int32)
    for part, top, base in zip(sheet, tops, first, strict=False):
        rows, columns = part.labels.shape
        paper[top : top + rows, :columns] = part.labels + base + 1
    traced = [(shape["coordinates"], int(value) - 1) for shape, value in outlines_of(paper, mask=paper > 0)]
    pieces = np.array([shapely.Polygon(rings[0], rings[1:]) for rings, _ in traced], dtype=object)
    owner = np.array([value for _, value in traced], dtype=np.int64)
    noded = shapely.transform(shapely.segmentize(pieces, 1.0), np.round)  # corners on a neighbour's straight border
    pieces = noded.copy()
    of_piece = of_part[owner]
    order = np.argsort(of_piece, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(of_piece[order])) + 1):  # all at once takes the square of it
        pieces[group] = shapely.coverage_simplify(noded[group], SIMPLER_CELLS * FINER)
    points, piece = shapely.get_coordinates(pieces, return_index=True)
    own = owner[piece]
    vertex = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    points[:, 1] -= tops[of_part[own]]
    points *= cell / FINER
    plane = np.concatenate([p.plane for p in sheet])
    corner = np.array([(surface.west + p.column * cell, surface.north - p.row * cell) for p in sheet])
    place = corner[of_part[own]]
    south = np.array([1.0, -1.0])
    moved = shapely.set_coordinates(pieces.copy(), place + snap(points, vertex, own, plane, NEAR_CELLS * cell) * south)
    cut = _cut(moved, footprints[owner])
    kept = np.bincount(of_part[owner], np.nan_to_num(shapely.area(cut)), len(sheet))
    whole = shapely.area(footprints[first[:-1]])
    spoilt = (np.abs(kept - whole) > OVERLAP_SHARE * whole)[of_part[owner]]
    plain = shapely.set_coordinates(pieces, place + points * south)
    cut[spoilt] = _cut(plain[spoilt], footprints[owner][spoilt])
    bits, origin = shapely.get_parts(cut[~shapely.is_missing(cut)], return_index=True)
    number_of = owner[~shapely.is_missing(cut)][origin]
    large = shapely.area(bits) >= fit_rules()["smallest_piece_m2"]
    for number, members in pd.Series(bits[large]).groupby(number_of[large]):
        out[number] = members.iloc[0] if len(members) == 1 else shapely.union_all(members.to_numpy())
    return out


def _cut(pieces: np.ndarray, footprints: np.ndarray) -> np.ndarray:
    """Return the pieces within their footprints, None where nothing is left."""
    whole = polygons_of(pieces)
    return polygons_of(shapely.intersection(whole, footprints))


def _eaves(shapes: np.ndarray, plane: Floats, corner: Floats) -> Floats:
    """Return the lowest height of each plane over its polygon. [m]"""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = points[:, 0] - corner[owner, 0], corner[owner, 1] - points[:, 1]
    low = np.full(len(shapes), np.inf)
    np.minimum.at(low, owner, plane[owner, 0] + plane[owner, 1] * x + plane[owner, 2] * y)
    return np.where(np.isfinite(low), low, np.nan)
