"""Roof planes of many buildings at once: their cells, planes and outlines out of one grid of heights (array file)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from klimastep.solar.plane_fit import Floats, Rules, fit_planes, least_cells
from klimastep.solar.plane_outlines import longer, outlines
from klimastep.solar.plane_parts import fill, sharpen, weed

FOUND, OUTSIDE_SURFACE, NO_PLANE = 0, 1, 2
FINER = 2
Numbers = npt.NDArray[np.int64]


class Footprints(NamedTuple):
    """Outlines of buildings in cells of a grid.

    Parameters
    ----------
    place : ndarray (buildings, 4)
        First row and column of a building's window, its rows and columns.
    edges : ndarray (edges, 4)
        Column and row at both ends of the sides of all outlines. [cells]
    first : ndarray (buildings + 1,)
        First edge of each building.
    """

    place: Numbers
    edges: Floats
    first: Numbers

    def some(self, begin: int, end: int) -> Footprints:
        """Return the buildings from `begin` to before `end`."""
        first = self.first[begin : end + 1]
        return Footprints(self.place[begin:end], self.edges[first[0] : first[-1]], first - first[0])


class Batch(NamedTuple):
    """Planes of many buildings.

    Parameters
    ----------
    reason : ndarray (buildings,)
        FOUND, or why there are none.
    owner : ndarray (planes,)
        Number of the building.
    plane : ndarray (planes, 6)
        Height at the north-west corner of the building's window [m], slope to the east and to the south [1], share of
        agreeing cells [1], their root mean square distance [m], mean height above the terrain, NaN where unknown [m].
    points : ndarray (points, 4)
        See :func:`klimastep.solar.plane_outlines.outlines`. [m]
    rings : ndarray (rings, 3)
        First point, piece and plane.
    """

    reason: npt.NDArray[np.int8]
    owner: Numbers
    plane: Floats
    points: Floats
    rings: Numbers


def planes_of(heights: Any, terrain: Any, footprints: Footprints, cell_m: float, rules: Rules) -> Batch:
    """Return the planes of each building with their outlines; each building by itself.

    Parameters
    ----------
    heights : ndarray (rows, columns)
        Surface model, NaN where unknown. [m]
    terrain : ndarray (rows, columns)
        Bare ground; without any rows where none is known. [m]
    footprints : Footprints
    cell_m : float
        [m]
    rules : Rules
    """
    return Batch(*_planes_of(heights, terrain, tuple(footprints), cell_m, rules))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _planes_of(heights: Any, terrain: Any, footprints: Any, cell: float, rules: Any) -> Any:
    place, edges, first = footprints
    reason = np.zeros(len(place), np.int8)
    owner, plane = np.empty(64, np.int64), np.empty((64, 6))
    points, rings = np.empty((1024, 4)), np.empty((64, 3), np.int64)
    planes = point_count = ring_count = piece_count = 0
    for b in range(len(place)):
        inside = _inside(place[b], edges[first[b] : first[b + 1]])
        z = _cut_out(heights, place[b], inside)
        reason[b] = _known(z, inside, rules)
        if reason[b] != FOUND:
            continue
        labels, found = fit_planes(z, inside, cell, rules)
        if (labels >= 0).sum() < max(rules.explained_share * inside.sum(), 1):
            reason[b] = NO_PLANE
            continue
        agreed = labels >= 0
        fill(labels, inside)
        plane = longer(plane, planes + len(found))
        ground = _cut_out(terrain, place[b], inside)
        plane[planes : planes + len(found)] = _judged(found, labels, agreed, inside, z, ground, cell, rules.inlier_m)
        owner = longer(owner, planes + len(found))
        owner[planes : planes + len(found)] = b
        fine = sharpen(labels, found, cell, FINER)
        weed(fine, least_cells(cell, rules) * FINER**2)
        some, bounds = outlines(fine, found, cell, FINER)
        points, rings = longer(points, point_count + len(some)), longer(rings, ring_count + len(bounds))
        points[point_count : point_count + len(some)] = some
        for n in range(len(bounds)):
            rings[ring_count + n, 0] = bounds[n, 0] + point_count
            rings[ring_count + n, 1] = bounds[n, 1] + piece_count
            rings[ring_count + n, 2] = bounds[n, 2] + planes
        planes, point_count, ring_count = planes + len(found), point_count + len(some), ring_count + len(bounds)
        piece_count += bounds[:, 1].max() + 1 if len(bounds) else 0
    return reason, owner[:planes].copy(), plane[:planes].copy(), points[:point_count].copy(), rings[:ring_count].copy()


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _inside(place: Any, edges: Any) -> Any:
    """Return the cells of a window whose middles lie within an outline."""
    rows, columns = place[2], place[3]
    out = np.zeros((rows, columns), np.bool_)
    for n in range(len(edges)):
        x, y, to_x, to_y = (
            edges[n, 0] - place[1],
            edges[n, 1] - place[0],
            edges[n, 2] - place[1],
            edges[n, 3] - place[0],
        )
        if y > to_y:
            x, y, to_x, to_y = to_x, to_y, x, y
        for i in range(int(max(np.ceil(y - 0.5), 0)), int(min(np.ceil(to_y - 0.5), rows))):
            j = int(max(np.ceil(x + (i + 0.5 - y) * (to_x - x) / (to_y - y) - 0.5), 0))
            if j < columns:
                out[i, j] ^= True
    for i in range(rows):
        for j in range(1, columns):
            out[i, j] ^= out[i, j - 1]
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cut_out(heights: Any, place: Any, inside: Any) -> Any:
    """Return the heights of the cells inside, NaN elsewhere. [m]"""
    rows, columns = inside.shape
    out = np.full((rows, columns), np.nan)
    for i in range(rows):
        for j in range(columns):
            k, m = place[0] + i, place[1] + j
            if inside[i, j] and 0 <= k < heights.shape[0] and 0 <= m < heights.shape[1]:
                out[i, j] = heights[k, m]
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _known(z: Any, inside: Any, rules: Any) -> int:
    cells, known = inside.sum(), np.isfinite(z).sum()
    if cells == 0:
        return NO_PLANE
    return FOUND if known > 0 and known >= rules.explained_share * cells else OUTSIDE_SURFACE


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _judged(found: Any, labels: Any, agreed: Any, inside: Any, z: Any, ground: Any, cell: float, inlier: float) -> Any:
    """Return the planes with share of agreeing cells, their deviation, and mean height above the ground."""
    held, good, square = np.zeros(len(found)), np.zeros(len(found)), np.zeros(len(found))
    above, known = np.zeros(len(found)), np.zeros(len(found))
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if not inside[i, j]:
                continue
            p = labels[i, j]
            held[p] += 1
            height = found[p, 0] + found[p, 1] * (j + 0.5) * cell + found[p, 2] * (i + 0.5) * cell
            if agreed[i, j] and abs(z[i, j] - height) <= inlier:
                good[p] += 1
                square[p] += (z[i, j] - height) ** 2
            if np.isfinite(ground[i, j]):
                above[p] += height - ground[i, j]
                known[p] += 1
    out = np.empty((len(found), 6))
    out[:, :3] = found
    for p in range(len(found)):
        out[p, 3] = good[p] / max(held[p], 1)
        out[p, 4] = np.sqrt(square[p] / max(good[p], 1))
        out[p, 5] = above[p] / known[p] if known[p] > 0 else np.nan
    return out
