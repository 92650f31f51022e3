"""From a batch of CityGML buildings to rows of buildings and roofs: heights, areas, volume, footprints."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from klimastep.sources._lod2_batch import CLOSURE, GROUND, ROOF, UNKNOWN, WALL, Batch, rings_of
from klimastep.sources._mend import soundness
from klimastep.sources._surfaces import (
    DEGENERATE_M2,
    VERTICAL_DEG,
    Flags,
    Floats,
    Ints,
    Measures,
    Rings,
    body_volume,
    largest_first,
    measure,
    tilt_azimuth,
)

OFF_PLANE_M = 0.05
INNER_WALL_SHARE = 0.02
ROOF_OFF_GROUND_SHARE = 0.03
EAVES_SHARE = 0.1  # roof planes below that are together smaller than this are annexes or dormer feet
PRECISION_M = 0.001


class Bodies(NamedTuple):
    """Units (buildings or parts) of a batch, measured: one value a unit, `building` its building."""

    building: Ints
    plan_area_m2: Floats
    ground_z: Floats
    eaves_m: Floats
    volume_m3: Floats
    is_closed: Flags


class Result(NamedTuple):
    """Rows of one batch, buildings numbered as in it; `oddities` lists the buildings (or planes' buildings) by kind."""

    buildings: pd.DataFrame
    roofs: pd.DataFrame
    bounds: Floats
    unit_plan_area_m2: Floats
    oddities: dict[str, Ints]


class Planes(NamedTuple):
    """Polygons of a batch: kind after classification, unit and building of each, plan views where asked."""

    rings: Rings
    kind: Ints
    unit: Ints
    building: Ints
    measures: Measures


def evaluate(batch: Batch, transform: Callable[[Floats, Floats], tuple[Floats, Floats]] | None) -> Result:
    """Return what the surfaces of a batch tell about its buildings.

    Parameters
    ----------
    batch : Batch
    transform : callable, optional
        Brings easting and northing of the file to the run's CRS.
    """
    planes, oddities = _planes(batch, transform)
    count = len(batch.buildings)
    bodies = _bodies(planes, np.asarray(batch.unit_building, dtype=np.int64), oddities)
    tilt, azimuth = tilt_azimuth(planes.measures.normal)
    is_roof = planes.kind == ROOF
    upright = is_roof & (tilt > VERTICAL_DEG)
    oddities["vertical_roof"] = planes.building[upright]
    oddities["roof_turned"] = planes.building[is_roof & ~upright & (planes.measures.normal[:, 2] < 0)]
    is_wall = (planes.kind == WALL) | upright
    roofs = _roofs(planes, np.flatnonzero(is_roof & ~upright), tilt, azimuth, oddities)
    footprint = _footprints(planes, roofs, count, oddities)
    area = shapely.area(footprint)
    area[np.isnan(area)] = 0.0
    plan = _sums(shapely.area(roofs["geometry"].to_numpy()), roofs["building"].to_numpy(), count)
    oddities["roof_off_ground"] = np.flatnonzero((plan > 0) & (np.abs(plan - area) > ROOF_OFF_GROUND_SHARE * area))
    volume, height = _volumes(planes, bodies, area), _spread(planes, count)
    weight = pd.Series(bodies.plan_area_m2)
    buildings = pd.DataFrame(
        {
            "geometry": footprint,
            "footprint_m2": area,
            "roof_area_m2": np.bincount(roofs["building"], roofs["area_m2"], count),
            "wall_area_m2": _walls(planes, is_wall, footprint, height, oddities),
            "volume_m3": volume,
            "eaves_height_m": weighted_mean(
                pd.Series(bodies.eaves_m - bodies.ground_z), weight, bodies.building, count
            ),
            "geometry_height_m": height,
        }
    )
    return Result(buildings, roofs, shapely.bounds(footprint), bodies.plan_area_m2, oddities)


def weighted_mean(values: pd.Series, weight: pd.Series, group: Ints, groups: int) -> Floats:
    """Return the mean of known `values` per group, weighted; unknown where no value is known."""
    known = values.notna().to_numpy()
    weights = np.where(known, np.maximum(weight.to_numpy(), 1e-9), 0.0)
    total = np.bincount(group, weights, groups)
    products = np.bincount(group, weights * np.nan_to_num(values.to_numpy(dtype=np.float64)), groups)
    return np.divide(products, total, out=np.full(groups, np.nan), where=total > 0)


def _planes(
    batch: Batch, transform: Callable[[Floats, Floats], tuple[Floats, Floats]] | None
) -> tuple[Planes, dict[str, Ints]]:
    rings, broken = rings_of(batch)
    rings, swapped = largest_first(rings)
    if transform is not None and len(rings.points):
        x, y = transform(rings.points[:, 0], rings.points[:, 1])
        rings = rings._replace(points=np.column_stack([x, y, rings.points[:, 2]]))
    unit = np.asarray(batch.polygon_unit, dtype=np.int64)
    unit_building = np.asarray(batch.unit_building, dtype=np.int64)
    building = unit_building[unit]
    kind = np.asarray(batch.polygon_kind, dtype=np.int64)
    origin = np.zeros((len(batch.buildings), 3))
    owner = building[rings.polygon]
    present, first = np.unique(owner, return_index=True)
    origin[present] = rings.points[rings.start[:-1][first]]
    measures = measure(rings, origin[building], len(kind))
    told = kind >= 0
    small = told & (measures.area_m2 < DEGENERATE_M2)
    oddities = {kind: np.unique(np.asarray(rows, dtype=np.int64)) for kind, rows in batch.oddities.items()}
    oddities |= {
        "broken_ring": building[np.asarray(batch.ring_polygon, dtype=np.int64)[broken]],
        "rings_swapped": building[swapped],
        "degenerate_polygon": building[small],
        "not_planar": building[told & ~small & (measures.off_plane_m > OFF_PLANE_M)],
        "no_surfaces": np.setdiff1d(building[kind == UNKNOWN], batch.lod1),
        "lod1_block": np.unique(np.asarray(batch.lod1, dtype=np.int64)),
    }
    measures = measures._replace(
        area_m2=np.where(told, measures.area_m2, 0.0),
        vector=np.where(told[:, None], measures.vector, 0.0),
        moment=np.where(told[:, None], measures.moment, 0.0),
    )
    kind = _classified(kind, unit, measures, len(unit_building))
    kind = np.where(small, CLOSURE, kind)
    return Planes(rings, kind, unit, building, measures), oddities


def _classified(kind: Ints, unit: Ints, measures: Measures, units: int) -> Ints:
    """Return kinds with unknown ones told by direction: up is roof, down is ground, upright is wall."""
    unknown = kind == UNKNOWN
    if not unknown.any():
        return kind
    volume, _ = body_volume(measures.vector, measures.moment, measures.area_m2, unit, units)
    up = measures.normal[:, 2] * np.where(volume < 0, -1.0, 1.0)[unit]
    upright = np.abs(up) < np.cos(np.radians(VERTICAL_DEG))
    by_direction = np.where(upright, WALL, np.where(up > 0, ROOF, GROUND))
    return np.where(unknown, by_direction, kind)


def _bodies(planes: Planes, unit_building: Ints, oddities: dict[str, Ints]) -> Bodies:
    m, units = planes.measures, len(unit_building)
    volume, closed = body_volume(m.vector, m.moment, m.area_m2, planes.unit, units)
    has_surface = np.bincount(planes.unit, m.area_m2, units) > 0
    oddities["inside_out"] = unit_building[closed & (volume < 0)]
    oddities["not_closed"] = np.unique(unit_building[has_surface & ~closed])
    is_ground, is_roof = planes.kind == GROUND, planes.kind == ROOF
    plan = _sums(m.plan_area_m2 * is_ground, planes.unit, units)
    plan = np.where(plan > 0, plan, _sums(m.plan_area_m2 * is_roof, planes.unit, units))
    lowest = _least(m.z_min, planes.unit, units, planes.kind >= 0)
    ground = _least(m.z_min, planes.unit, units, is_ground)
    ground = np.where(np.isnan(ground), lowest, ground)
    eaves = _eaves(m.z_min, m.plan_area_m2, planes.unit, units, is_roof)
    return Bodies(unit_building, plan, ground, eaves, np.abs(volume), closed | ~has_surface)


def _sums(values: Floats, group: Ints, groups: int) -> Floats:
    return np.bincount(group, values, groups).astype(np.float64)  # of nothing, bincount gives integers


def _least(values: Floats, group: Ints, groups: int, which: Flags) -> Floats:
    out = np.full(groups, np.inf)
    usable = which & np.isfinite(values)
    np.minimum.at(out, group[usable], values[usable])
    return np.where(np.isinf(out), np.nan, out)


def _eaves(z_min: Floats, plan: Floats, unit: Ints, units: int, is_roof: Flags) -> Floats:
    """Return the height of the lowest roof edge of each unit, the smallest tenth of its roof left out."""
    rows = np.flatnonzero(is_roof & (plan > 0))
    rows = rows[np.lexsort((z_min[rows], unit[rows]))]
    owner = unit[rows]
    total = np.bincount(owner, plan[rows], units)
    running = np.cumsum(plan[rows])
    before = np.concatenate([[0.0], np.cumsum(total)])[owner]
    reached = rows[running - before >= EAVES_SHARE * total[owner] - 1e-9]
    first_unit, first = np.unique(unit[reached], return_index=True)
    eaves = np.full(units, np.nan)
    eaves[first_unit] = z_min[reached][first]
    return eaves


def _spread(planes: Planes, count: int) -> Floats:
    told = planes.kind >= 0
    low = _least(planes.measures.z_min, planes.building, count, told)
    high = -_least(-planes.measures.z_max, planes.building, count, told)
    return high - low


def _walls(planes: Planes, is_wall: Flags, footprint: np.ndarray, height: Floats, oddities: dict[str, Ints]) -> Floats:
    """Return the area of all walls, at most outline times height: beyond that a file holds inner walls too."""
    area = _sums(planes.measures.area_m2 * is_wall, planes.building, len(footprint))
    limit = shapely.length(footprint) * height
    inner = area > limit * (1.0 + INNER_WALL_SHARE)
    oddities["inner_walls"] = np.flatnonzero(inner)
    return np.where(inner, limit, area)


def _volumes(planes: Planes, bodies: Bodies, footprint: Floats) -> Floats:
    """Return the volume of closed bodies, else footprint times mean height under the roof."""
    count = len(footprint)
    volume = _sums(bodies.volume_m3, bodies.building, count)
    is_open = np.bincount(bodies.building, ~bodies.is_closed, count) > 0
    if not is_open.any():
        return volume
    m = planes.measures
    top = (planes.kind == ROOF) & (m.plan_area_m2 > 0)
    plan = np.bincount(planes.building, m.plan_area_m2 * top, count)
    mean_z = 0.5 * (m.z_min + m.z_max)
    roof_z = np.bincount(planes.building, np.where(top, m.plan_area_m2 * mean_z, 0.0), count)
    ground = weighted_mean(pd.Series(bodies.ground_z), pd.Series(bodies.plan_area_m2), bodies.building, count)
    height = np.divide(roof_z, plan, out=np.full(count, np.nan), where=plan > 0) - ground
    return np.where(is_open, footprint * np.maximum(height, 0.0), volume)


def _plan_views(rings: Rings, polygons: Ints) -> np.ndarray:
    """Return the plan view of some polygons as valid shapes; None where nothing is left."""
    wanted = np.isin(rings.polygon, polygons)
    counts = np.diff(rings.start)[wanted]
    points = rings.points[np.repeat(wanted, np.diff(rings.start)), :2]
    ends = np.cumsum(counts)
    starts = ends - counts
    open_rings = np.flatnonzero((points[starts] != points[ends - 1]).any(axis=1))
    points = np.insert(points, ends[open_rings], points[starts[open_rings]], axis=0)
    counts[open_rings] += 1
    offsets = np.concatenate([[0], np.cumsum(counts)])
    owner = rings.polygon[wanted]
    parts = np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(owner))
    shapes = np.full(len(polygons), None, dtype=object)
    if len(owner):
        made = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (offsets, parts))
        shapes[np.searchsorted(polygons, owner[parts[:-1]])] = made
    return _valid(shapes)


def _valid(shapes: np.ndarray) -> np.ndarray:
    valid, tangled = soundness(shapes)
    shapes[tangled] = None
    for place in np.flatnonzero(~valid & ~shapely.is_missing(shapes)):
        parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shapes[place])))
        areas = [p for p in parts if p.geom_type == "Polygon"]
        shapes[place] = shapely.union_all(areas) if areas else None
    return shapes


def _roofs(planes: Planes, rows: Ints, tilt: Floats, azimuth: Floats, oddities: dict[str, Ints]) -> pd.DataFrame:
    shapes = _plan_views(planes.rings, rows)
    usable = ~shapely.is_missing(shapes)
    oddities["roof_without_plan"] = planes.building[rows[~usable]]
    rows = rows[usable]
    return pd.DataFrame(
        {
            "building": planes.building[rows],
            "tilt_deg": tilt[rows],
            "azimuth_deg": azimuth[rows],
            "area_m2": planes.measures.area_m2[rows],
            "eaves_m": planes.measures.z_min[rows],
            "geometry": shapes[usable],
        }
    )


def _footprints(planes: Planes, roofs: pd.DataFrame, count: int, oddities: dict[str, Ints]) -> np.ndarray:
    """Return the union of the ground surfaces of each building, of its roofs where it has no ground."""
    rows = np.flatnonzero(planes.kind == GROUND)
    shapes = _plan_views(planes.rings, rows)
    usable = ~shapely.is_missing(shapes)
    building, shapes = planes.building[rows[usable]], shapes[usable]
    without = np.setdiff1d(roofs["building"].to_numpy(), building)
    oddities["no_ground"] = without
    if len(without):
        extra = roofs[roofs["building"].isin(without)]
        building = np.concatenate([building, extra["building"].to_numpy()])
        shapes = np.concatenate([shapes, extra["geometry"].to_numpy()])
    order = np.argsort(building, kind="stable")
    building, shapes = building[order], shapes[order]
    first = np.flatnonzero(np.diff(building, prepend=-1))
    out = np.full(count, None, dtype=object)
    out[building[first]] = shapes[first]
    last = np.append(first[1:], len(building))
    for start, end in zip(first[last - first > 1], last[last - first > 1], strict=True):
        out[building[start]] = shapely.union_all(shapes[start:end], grid_size=PRECISION_M)
    return out
