"""Measures of many polygons in space at once: area, normal, planarity, volume (arrays only)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEGENERATE_M2 = 1e-3
VERTICAL_DEG = 89.0
FLAT_DEG = 1.0
CLOSED_SHARE = 0.01
MAX_COORDINATE_M = 1e9  # beyond it there is no coordinate system, and areas lose their digits


class Rings(NamedTuple):
    """Rings of polygons, one after another.

    ``points`` (n, 3) [m]; ``start`` (r + 1,) first point of each ring; ``polygon`` (r,) the polygon it
    belongs to, ascending; ``is_hole`` (r,). The first ring of each polygon is its exterior.
    """

    points: Floats
    start: Ints
    polygon: Ints
    is_hole: Flags


class Measures(NamedTuple):
    """Measures of each polygon (p,).

    ``area_m2`` true area in space without holes; ``normal`` (p, 3) unit normal of the exterior ring;
    ``plan_area_m2`` area of the plan view; ``z_min``, ``z_max`` [m]; ``off_plane_m`` largest distance of a
    vertex from the mean plane; ``vector`` (p, 3) area vector [m²]; ``moment`` (p, 3) surface integrals of
    x n_x, y n_y, z n_z [m³] about `origin`.
    """

    area_m2: Floats
    normal: Floats
    plan_area_m2: Floats
    z_min: Floats
    z_max: Floats
    off_plane_m: Floats
    vector: Floats
    moment: Floats


def parse_rings(texts: list[str], polygon: list[int], is_hole: list[bool]) -> tuple[Rings, Ints]:
    """Return the rings that coordinate lists (``x y z x y z …``) describe, and the indices of broken ones.

    Broken is a ring whose numbers do not come in threes, that has something else than numbers in it, or
    fewer than three points; a polygon with a broken exterior loses all its rings.
    """
    numbers, counts = _numbers(texts)
    return usable_rings(numbers, counts, np.asarray(polygon, dtype=np.int64), np.asarray(is_hole, dtype=bool))


def usable_rings(numbers: Floats, counts: Ints, owner: Ints, hole: Flags) -> tuple[Rings, Ints]:
    """Return rings from all their numbers and how many each has, without broken ones, and the indices of those."""
    broken = (counts % 3 != 0) | (counts < 9)
    if broken.any():
        lost = np.isin(owner, owner[broken & ~hole])
        gone = broken | lost
        keep = ~gone
        numbers, counts, owner, hole = numbers[np.repeat(keep, counts)], counts[keep], owner[keep], hole[keep]
    start = np.concatenate([[0], np.cumsum(counts // 3)])
    return Rings(numbers.reshape(-1, 3), start, owner, hole), np.flatnonzero(broken)


def _numbers(texts: list[str]) -> tuple[Floats, Ints]:
    """Return all numbers and how many each text holds; text that is no number counts as none at all."""
    words = pc.ascii_split_whitespace(pc.ascii_trim_whitespace(pa.array(texts, pa.large_string())))
    try:
        numbers = words.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        numbers = np.array([np.nan])
    if (np.abs(numbers) < MAX_COORDINATE_M).all():
        return numbers, pc.list_value_length(words).to_numpy(zero_copy_only=False).astype(np.int64)
    single = [_one(text) for text in texts]
    return np.concatenate([*single, np.empty(0)]), np.array([len(s) for s in single], dtype=np.int64)


def _one(text: str) -> Floats:
    try:
        values = np.array(text.split(), dtype=np.float64)
    except ValueError:
        return np.empty(0)
    return values if (np.abs(values) < MAX_COORDINATE_M).all() else np.empty(0)


def largest_first(rings: Rings) -> tuple[Rings, Ints]:
    """Return the rings with the largest of each polygon as its exterior, and the polygons where that changed."""
    order = np.arange(len(rings.polygon))
    swapped = []
    sizes = np.zeros(len(order))
    several = np.flatnonzero(np.isin(rings.polygon, rings.polygon[rings.is_hole]))
    for ring in several:
        points = rings.points[rings.start[ring] : rings.start[ring + 1]]
        local = points - points[0]
        sizes[ring] = np.linalg.norm(np.cross(local[:-1], local[1:]).sum(axis=0))
    for polygon in np.unique(rings.polygon[several]):
        own = several[rings.polygon[several] == polygon]
        largest = own[np.argmax(sizes[own])]
        if rings.is_hole[largest]:
            order[[own[0], largest]] = order[[largest, own[0]]]
            swapped.append(polygon)
    if not swapped:
        return rings, np.empty(0, dtype=np.int64)
    counts = np.diff(rings.start)[order]
    points = np.concatenate([rings.points[rings.start[r] : rings.start[r + 1]] for r in order])
    start = np.concatenate([[0], np.cumsum(counts)])
    return rings._replace(points=points, start=start), np.array(swapped, dtype=np.int64)


def measure(rings: Rings, origin: Floats, polygons: int) -> Measures:
    """Return the measures of each polygon.

    Areas and normals by Newell's method (M. E. Newell et al., ACM 1972), moments by triangle fans.

    Parameters
    ----------
    rings : Rings
    origin : ndarray, shape (polygons, 3)
        Point near each polygon, the same for all polygons of one body. [m]
    polygons : int
        Number of polygons; one without rings gets zeros.
    """
    start = rings.start[:-1]
    counts = np.diff(rings.start)
    ring_of = np.repeat(np.arange(len(start)), counts)
    local = rings.points - origin[rings.polygon[ring_of]]
    following = np.arange(len(local)) + 1
    following[rings.start[1:] - 1] = start
    first, second, third = local[start][ring_of], local, local[following]
    triangle = 0.5 * np.cross(second - first, third - first)
    centre = (first + second + third) / 3.0
    vector = _ring_sums(triangle, start)
    moment = _ring_sums(triangle * centre, start)
    exterior = np.zeros((polygons, 3))
    exterior[rings.polygon[~rings.is_hole]] = vector[~rings.is_hole]
    same_way = np.einsum("ij,ij->i", vector, exterior[rings.polygon]) > 0
    sign = np.where(rings.is_hole & same_way, -1.0, 1.0)[:, None]
    total, moments = np.zeros((polygons, 3)), np.zeros((polygons, 3))
    np.add.at(total, rings.polygon, sign * vector)
    np.add.at(moments, rings.polygon, sign * moment)
    length = np.linalg.norm(exterior, axis=1)
    normal = np.divide(exterior, length[:, None], out=np.zeros_like(exterior), where=length[:, None] > 0)
    area = np.maximum(np.einsum("ij,ij->i", total, normal), 0.0)
    z_min, z_max, off_plane = _extent(rings, ring_of, local, normal, polygons)
    return Measures(area, normal, np.abs(total[:, 2]), z_min, z_max, off_plane, total, moments)


def _ring_sums(values: Floats, start: Ints) -> Floats:
    return np.add.reduceat(values, start, axis=0) if len(start) else np.zeros((0, 3))


def _extent(rings: Rings, ring_of: Ints, local: Floats, normal: Floats, polygons: int) -> tuple[Floats, Floats, Floats]:
    owner = rings.polygon[ring_of]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    present = owner[first]
    count = np.diff(np.append(first, len(owner)))
    z_min, z_max, off_plane = np.full(polygons, np.nan), np.full(polygons, np.nan), np.zeros(polygons)
    if len(present):
        z = rings.points[:, 2]
        z_min[present] = np.minimum.reduceat(z, first)
        z_max[present] = np.maximum.reduceat(z, first)
        height = np.einsum("ij,ij->i", local, normal[owner])
        mean = np.add.reduceat(height, first) / count
        off_plane[present] = np.maximum.reduceat(np.abs(height - np.repeat(mean, count)), first)
    return z_min, z_max, off_plane


def tilt_azimuth(normal: Floats) -> tuple[Floats, Floats]:
    """Return tilt (0 = flat, 90 = vertical) and azimuth (0 = north, clockwise) of planes. [deg]

    The azimuth is where water would run; it is NaN below 1° of tilt. Normals that point down are turned.
    """
    up = np.where(normal[:, 2:] < 0, -normal, normal)
    tilt = np.degrees(np.arccos(np.clip(up[:, 2], 0.0, 1.0)))
    azimuth = np.degrees(np.arctan2(up[:, 0], up[:, 1])) % 360.0
    return tilt, np.where(tilt < FLAT_DEG, np.nan, azimuth)


def body_volume(vector: Floats, moment: Floats, area: Floats, body: Ints, bodies: int) -> tuple[Floats, Flags]:
    """Return the volume of each body by the divergence theorem, and whether its surface is closed. [m³]

    Closed means: the area vectors add up to zero and the three integrals of x n_x, y n_y and z n_z
    agree, each to 1 %. The volume is negative where the surfaces look inwards.
    """
    closing, integrals = np.zeros((bodies, 3)), np.zeros((bodies, 3))
    np.add.at(closing, body, vector)
    np.add.at(integrals, body, moment)
    surface = np.bincount(body, area, bodies)
    volume = integrals.mean(axis=1)
    gap = np.linalg.norm(closing, axis=1)
    spread = np.ptp(integrals, axis=1)
    closed = (surface > 0) & (gap <= CLOSED_SHARE * surface) & (spread <= CLOSED_SHARE * np.abs(volume))
    return volume, closed
