"""Roof planes from LoD2 deliveries, from tables of points, or by default from footprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Column, conform
from klimastep.errors import ContractError
from klimastep.findings import Finding, Severity, first_ids
from klimastep.geo import polygons_of
from klimastep.solar.strips import Floats, Ints, cut_levels
from klimastep.tables import ROOFS

SMALLEST_M2 = 1e-3
BARE_SHARE = 0.02
JUST_BELOW_FLAT = -1e-9
FAR_M = 1e6
POINT_COLUMNS = ("building_id", "tilt_deg", "azimuth_deg", "area_m2")


FIT_SHARE = Column(
    "fit_agreeing_share",
    "float64",
    "1",
    "Passende Zellen des Oberflächenmodells",
    "Agreeing cells of the surface model",
    "Of the cells in the plane those whose height agrees with it; known of planes fitted on a surface model.",
    nullable=True,
    min=0,
    max=1,
)
FIT_RMSE = Column(
    "fit_rmse_m",
    "float64",
    "m",
    "Abweichung vom Oberflächenmodell",
    "Deviation from the surface model",
    "Root mean square of the agreeing cells' distances from the plane, vertical.",
    nullable=True,
    min=0,
)
PLANES = replace(ROOFS, columns=(*ROOFS.columns, FIT_SHARE, FIT_RMSE))


class RoofPlanes(NamedTuple):
    """Roof planes, and the ids of those left out because no building is known for them."""

    roofs: gpd.GeoDataFrame
    without_building: list[str]


def collect_roofs(
    deliveries: Sequence[tuple[str, pd.DataFrame]],
    points: pd.DataFrame | None,
    buildings: gpd.GeoDataFrame,
    matches: Mapping[str, pd.Series],
    fill_flat: bool = False,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return one table of roof planes out of all that the sources deliver.

    A building takes its planes from the first delivery that knows it; points come after polygons.

    Parameters
    ----------
    deliveries : sequence of (name, roofs)
        Roof polygons with the building ids of their own delivery.
    points : DataFrame or None
        Planes without a polygon, see :func:`from_points`.
    buildings : GeoDataFrame
        The stock.
    matches : mapping of str to Series
        By name of the delivery: its building ids to ids of the stock, unknown where unmatched.
    fill_flat : bool
        Whether a building without any plane gets one flat roof on its footprint
        (``geometry_source`` default); by default its roof stays unknown.

    Returns
    -------
    roofs : GeoDataFrame
        All columns of the table of roofs; those of the fit only where a plane was fitted.
    findings : list of Finding
        Planes without a building, planes of buildings that an earlier delivery has, buildings without planes.
    """
    taken: list[gpd.GeoDataFrame] = [_empty(buildings)]
    findings: list[Finding] = []
    for name, planes in deliveries:
        ids = _stock_ids(planes["building_id"], buildings.index, matches.get(name))
        _report(findings, name, "no_building", planes.index[ids.isna()])
        owned = gpd.GeoDataFrame(planes.assign(building_id=ids)[ids.notna()])
        _take(taken, owned, name, findings)
    if points is not None:
        found = from_points(points, buildings)
        _report(findings, "roof_points", "no_building", found.without_building)
        _take(taken, found.roofs, "roof_points", findings)
    roofs = _stack(taken)
    without = buildings.index.difference(pd.Index(roofs["building_id"]))
    _report(findings, "solar.roofs", "no_roof_plane", without, filled=fill_flat)
    roofs = _stack([roofs, from_footprints(buildings, roofs)]) if fill_flat else roofs
    return roofs if roofs[FIT_SHARE.name].notna().any() else roofs.drop(
        columns=[FIT_SHARE.name, FIT_RMSE.name]
    ), findings


def without_planes(
    deliveries: Sequence[tuple[str, pd.DataFrame]], buildings: gpd.GeoDataFrame, matches: Mapping[str, pd.Series]
) -> gpd.GeoDataFrame:
    """Return the buildings of which no delivery knows a roof plane, see :func:`collect_roofs`."""
    known = {
        i
        for name, planes in deliveries
        for i in _stock_ids(planes["building_id"], buildings.index, matches.get(name)).dropna()
    }
    return gpd.GeoDataFrame(buildings[~buildings.index.isin(known)])


def from_points(points: pd.DataFrame, footprints: gpd.GeoDataFrame) -> RoofPlanes:
    """Return roof planes that are known by numbers only, drawn as strips of their footprint.

    A footprint is cut into strips by the planes' areas in plan view, across the side of its rectangle that
    suits the azimuths best; a plane lies on the side that it faces. Where the planes cover less than the
    footprint the rest stays bare in the middle: nothing is known of it. The areas stay those of the table; the
    polygons are for drawing only (``geometry_source`` estimated).

    Parameters
    ----------
    points : DataFrame
        Index ``roof_id``; ``building_id``, ``tilt_deg`` [°], ``azimuth_deg`` [°, unknown for flat roofs],
        ``area_m2`` [m², inclined], ``eaves_m`` [m] where known.
    footprints : GeoDataFrame
        Buildings, or parts of buildings with the column ``building_id``; the index is what
        ``points.building_id`` names.

    Returns
    -------
    RoofPlanes
        Planes whose footprint is missing are listed in ``without_building``.

    Raises
    ------
    ContractError
        Columns missing, tilt not within 0 to 90 or an area that is negative or unknown.
    """
    _refuse_points(points)
    rows = footprints.index.get_indexer(points["building_id"])
    known = rows >= 0
    planes, rows = points[known].rename_axis("roof_id"), rows[known]
    owner = footprints["building_id"] if "building_id" in footprints else footprints.index.to_series()
    shapes = polygons_of(_strips(planes, np.asarray(footprints.geometry.array)[rows], rows.astype(np.int64)))
    drawn = ~shapely.is_missing(shapes)
    table = gpd.GeoDataFrame(
        planes.drop(columns="geometry", errors="ignore").assign(
            building_id=owner.iloc[rows].to_numpy(), geometry_source="estimated"
        ),
        geometry=shapes,
        crs=footprints.crs,
    )
    lost = [str(i) for i in [*points.index[~known], *table.index[~drawn]]]
    return RoofPlanes(_complete(table[drawn]), lost)


def from_footprints(buildings: gpd.GeoDataFrame, roofs: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """Return one flat roof plane for each building that has none in `roofs` (``geometry_source`` default)."""
    has_one = buildings.index.isin(roofs["building_id"]) if roofs is not None else np.zeros(len(buildings), dtype=bool)
    bare = buildings[~has_one]
    index = pd.Index([f"{i}_flat" for i in bare.index], name="roof_id", dtype="str")
    table = pd.DataFrame(
        {
            "building_id": bare.index.to_numpy(),
            "tilt_deg": 0.0,
            "azimuth_deg": np.nan,
            "area_m2": bare.area.to_numpy(),
            "geometry_source": "default",
        },
        index=index,
    )
    return _complete(gpd.GeoDataFrame(table, geometry=bare.geometry.to_numpy(), crs=buildings.crs))


def _strips(planes: pd.DataFrame, shapes: np.ndarray, rows: Ints) -> np.ndarray:
    """Return one strip of its footprint for each plane; what no plane is known for stays bare."""
    _, first, number, counts = np.unique(rows, return_index=True, return_inverse=True, return_counts=True)
    outline = shapes[first]
    tilt, azimuth = np.radians(planes[["tilt_deg", "azimuth_deg"]].to_numpy(dtype=np.float64)).T
    area = np.maximum(planes["area_m2"].to_numpy(dtype=np.float64) * np.cos(tilt), SMALLEST_M2)
    weight = np.where(np.isnan(azimuth), 0.0, area * np.sin(tilt))
    azimuth = np.nan_to_num(azimuth)
    axis = _axes(outline, number, azimuth, weight)
    facing = np.where(weight > 0, np.cos(azimuth - axis[number]), 0.0)
    bare = shapely.area(outline) - np.bincount(number, area, len(outline))
    gaps = np.flatnonzero(bare > BARE_SHARE * shapely.area(outline))
    number, area = np.concatenate((number, gaps)), np.concatenate((area, bare[gaps]))
    facing = np.concatenate((facing, np.full(len(gaps), JUST_BELOW_FLAT)))
    order = np.lexsort((facing, number))
    low, high = _levels(outline, axis, number[order], area[order])
    drawn = (order < len(shapes)) & ~((counts == 1) & (bare <= BARE_SHARE * shapely.area(outline)))[number[order]]
    own = number[order][drawn]
    origin = shapely.get_coordinates(shapely.centroid(outline))
    box = shapely.box(low[drawn], -FAR_M, high[drawn], FAR_M)
    pieces = shapely.intersection(_turn(outline, origin, axis)[own], box)
    back = _turn(pieces, np.zeros_like(origin)[own], np.pi - axis[own])
    shift = np.repeat(origin[own], shapely.get_num_coordinates(back), axis=0)
    out = shapes.copy()
    out[order[drawn]] = shapely.transform(back, lambda xy: xy + shift)
    return out


def _axes(outline: np.ndarray, number: Ints, azimuth: Floats, weight: Floats) -> Floats:
    """Return the bearing across which each outline is cut, that of a side of its rectangle. [rad]"""
    corners = shapely.get_coordinates(shapely.get_exterior_ring(shapely.oriented_envelope(outline)))
    corners = corners.reshape(len(outline), -1, 2)
    side = np.diff(corners[:, :3], axis=1)
    bearing = np.arctan2(side[:, :, 0], side[:, :, 1])
    length = np.hypot(side[:, :, 0], side[:, :, 1])
    long = np.take_along_axis(bearing, np.argmax(length, axis=1)[:, None], axis=1)[:, 0]
    along, across = (
        np.bincount(number, weight * f(azimuth - long[number]) ** 2, len(outline)) for f in (np.cos, np.sin)
    )
    return np.asarray(np.where(across > along, long + np.pi / 2, long))


def _levels(outline: np.ndarray, axis: Floats, number: Ints, area: Floats) -> tuple[Floats, Floats]:
    """Return lower and upper level of each strip, strips in order within their outline."""
    origin = shapely.get_coordinates(shapely.centroid(outline))
    turned = shapely.orient_polygons(_turn(outline, origin, axis))
    parts, part_outline = shapely.get_parts(turned, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    points, point_ring = shapely.get_coordinates(rings, return_index=True)
    inner = point_ring[1:] == point_ring[:-1]
    edge_outline = part_outline[ring_part][point_ring][1:][inner]
    whole = np.bincount(number, area, len(outline))
    above = np.cumsum(area)
    before = np.concatenate(([0.0], np.cumsum(whole)[:-1]))
    share = np.clip((above - before[number]) / whole[number], 0.0, 1.0)
    high = cut_levels(points[:-1][inner], points[1:][inner], edge_outline, number, share)
    first = np.concatenate(([True], number[1:] != number[:-1]))
    last = np.concatenate((first[1:], [True]))
    low = np.where(first, -FAR_M, np.concatenate(([0.0], high[:-1])))
    return low, np.where(last, FAR_M, high)


def _turn(shapes: np.ndarray, origin: Floats, bearing: Floats) -> np.ndarray:
    """Return shapes in coordinates (along the bearing, to its left), measured from an origin."""
    each = shapely.get_num_coordinates(shapes)
    o, b = np.repeat(origin, each, axis=0), np.repeat(bearing, each)

    def turn(xy: Floats) -> Floats:
        x, y = (xy - o).T
        return np.column_stack((x * np.sin(b) + y * np.cos(b), -x * np.cos(b) + y * np.sin(b)))

    return np.asarray(shapely.transform(shapes, turn))


def _refuse_points(points: pd.DataFrame) -> None:
    missing = [c for c in POINT_COLUMNS if c not in points]
    if missing:
        raise ContractError([f"roof_points: expected the column {c}, got none" for c in missing])
    bad = {
        "tilt_deg: expected 0 to 90 °": ~points["tilt_deg"].between(0, 90),
        "area_m2: expected >= 0 m²": ~(points["area_m2"] >= 0),
    }
    breaches = [
        f"roof_points.{text}: {int(rows.sum())} rows: {', '.join(first_ids(points.index[rows]))}"
        for text, rows in bad.items()
        if rows.any()
    ]
    if breaches:
        raise ContractError(breaches)


def _complete(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    missing = {c.name: c.cast(pd.Series(None, index=table.index, dtype="object"), table.index) for c in PLANES.columns}
    full = gpd.GeoDataFrame(table.assign(**{n: values for n, values in missing.items() if n not in table}))
    return gpd.GeoDataFrame(conform(full, PLANES))


def _empty(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    index = pd.Index([], name=ROOFS.id, dtype="str")
    return _complete(gpd.GeoDataFrame(pd.DataFrame(index=index), geometry=[], crs=buildings.crs))


def _stack(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    filled = [t for t in tables if len(t)] or list(tables[:1])
    return _complete(gpd.GeoDataFrame(pd.concat(filled), crs=tables[0].crs))


def _stock_ids(ids: pd.Series, stock: pd.Index, match: pd.Series | None) -> pd.Series:
    own = ids.where(ids.isin(stock))
    if match is None:
        return own
    return own.where(~ids.isin(match.index), ids.map(match.dropna().to_dict())).astype("str")


def _take(taken: list[gpd.GeoDataFrame], planes: gpd.GeoDataFrame, name: str, findings: list[Finding]) -> None:
    """Add the planes of buildings that no earlier delivery has."""
    have = {i for table in taken for i in table["building_id"]}
    known = {i for table in taken for i in table.index}
    again = planes["building_id"].isin(have) | planes.index.isin(known)
    _report(findings, name, "roof_known", planes.index[again])
    taken.append(_complete(gpd.GeoDataFrame(planes[~again])))


TEXTS = {
    "no_building": (
        "{n} Dachflächen gehören zu keinem bekannten Gebäude und bleiben weg.",
        "{n} roof planes belong to no known building and are left out.",
    ),
    "roof_known": (
        "{n} Dachflächen gehören zu Gebäuden, deren Dach eine frühere Quelle schon nennt, und bleiben weg.",
        "{n} roof planes belong to buildings whose roof an earlier source tells already and are left out.",
    ),
    "no_roof_plane": (
        "Von {n} Gebäuden ist keine Dachfläche bekannt; ihr Solarertrag bleibt unbekannt.",
        "No roof plane is known of {n} buildings; their solar yield stays unknown.",
    ),
    "no_roof_plane_filled": (
        "Von {n} Gebäuden ist keine Dachfläche bekannt; angenommen ist ein Flachdach auf der Grundfläche.",
        "No roof plane is known of {n} buildings; a flat roof on the footprint is assumed.",
    ),
}


def _report(
    findings: list[Finding], source: str, kind: str, ids: Sequence[str] | pd.Index, filled: bool = False
) -> None:
    if len(ids):
        german, english = (t.format(n=len(ids)) for t in TEXTS[f"{kind}_filled" if filled else kind])
        severity: Severity = "warning" if kind == "no_roof_plane" else "set_aside"
        findings.append(Finding(source, kind, len(ids), first_ids(ids), german, english, severity))
