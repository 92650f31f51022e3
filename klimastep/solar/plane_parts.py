"""From agreeing cells to the parts of a roof: gaps filled from their edges, borders drawn where planes meet."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from klimastep.solar.plane_fit import NO_PLANE, Floats, Ints

AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))  # row and column to the east, south, west and north
FRAME = -9
NEAR_CELLS = 1.5
ON_LINE_M = 1e-3


@numba.njit(nogil=True, cache=True, error_model="numpy")
def framed(labels: Ints) -> Any:
    """Return labels with a frame of one cell around them."""
    out = np.full((labels.shape[0] + 2, labels.shape[1] + 2), FRAME, np.int32)
    out[1:-1, 1:-1] = labels
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def pieces(padded: Ints) -> Any:
    """Return numbers of the groups of cells that share a label and sides, of a framed grid."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    out = np.full((rows, columns), -1, np.int64)
    stack = np.empty((rows * columns, 2), np.int64)
    count = 0
    for i in range(rows):
        for j in range(columns):
            if out[i, j] >= 0:
                continue
            out[i, j], stack[0, 0], stack[0, 1] = count, i, j
            top = 1
            while top > 0:
                top -= 1
                r, c = stack[top, 0], stack[top, 1]
                for way in range(4):
                    k, m = r + AHEAD[way][0], c + AHEAD[way][1]
                    if padded[k + 1, m + 1] == padded[r + 1, c + 1] and out[k, m] < 0:
                        out[k, m], stack[top, 0], stack[top, 1] = count, k, m
                        top += 1
            count += 1
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def fill(labels: Ints, inside: Any) -> None:
    """Give each cell without a plane that of the nearest cell that has one: within the building first, then around.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        Changed in place; negative where no plane is known.
    inside : ndarray (rows, columns)
        Whether a cell belongs to the building.
    """
    rows, columns = labels.shape
    queue = np.empty((rows * columns, 2), np.int64)
    for within in (True, False):
        last = 0
        for i in range(rows):
            for j in range(columns):
                if labels[i, j] >= 0:
                    queue[last, 0], queue[last, 1] = i, j
                    last += 1
        head = 0
        while head < last:
            i, j = queue[head, 0], queue[head, 1]
            for di, dj in AHEAD:
                k, m = i + di, j + dj
                if 0 <= k < rows and 0 <= m < columns and labels[k, m] < 0 and (inside[k, m] or not within):
                    labels[k, m] = labels[i, j]
                    queue[last, 0], queue[last, 1] = k, m
                    last += 1
            head += 1


@numba.njit(nogil=True, cache=True, error_model="numpy")
def weed(labels: Ints, least: int) -> None:
    """Give pieces of fewer cells than `least` to their neighbours, such as a plane leaves along a ridge that it cuts.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        Filled; changed in place.
    least : int
    """
    piece = pieces(framed(labels))
    sizes = np.bincount(piece.ravel())
    if sizes.min() >= least or sizes.max() < least:
        return
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            if sizes[piece[i, j]] < least:
                labels[i, j] = NO_PLANE
    fill(labels, np.ones(labels.shape, np.bool_))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def sharpen(labels: Ints, plane: Floats, cell_m: float, factor: int) -> Ints:
    """Return finer labels whose borders follow the lines in which neighbouring planes meet.

    At ridges and hips the lower of two planes is the roof, at valleys the higher; at steps, where the planes do
    not meet near the border, the cells decide.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        Filled.
    plane : ndarray (planes, 3)
        See :func:`klimastep.solar.plane_fit.fit_planes`.
    cell_m : float
        [m]
    factor : int
        Finer cells along the side of one.

    Returns
    -------
    ndarray (rows * factor, columns * factor)
    """
    rows, columns = labels.shape
    bend = _bends(labels, plane, cell_m)
    out = np.empty((rows * factor, columns * factor), np.int32)
    near = np.empty(9, np.int32)
    for i in range(rows):
        for j in range(columns):
            count = _neighbours(labels, i, j, near)
            for di in range(factor):
                for dj in range(factor):
                    y, x = (i + (di + 0.5) / factor) * cell_m, (j + (dj + 0.5) / factor) * cell_m
                    best = labels[i, j]
                    for n in range(count):
                        other = near[n]
                        turn = bend[best, other]
                        if turn != 0 and _meets(plane, best, other, x, y, cell_m):
                            above = _height(plane, other, x, y) - _height(plane, best, x, y)
                            if abs(above) < ON_LINE_M:  # a centre on the line: to both in turn
                                odd = (i * factor + di + 2 * (j * factor + dj)) % 4 < 2
                                best = min(best, other) if odd else max(best, other)
                            elif (above > 0) == (turn < 0):
                                best = other
                    out[i * factor + di, j * factor + dj] = best
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _height(plane: Floats, p: int, x: float, y: float) -> float:
    return float(plane[p, 0] + plane[p, 1] * x + plane[p, 2] * y)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _neighbours(labels: Ints, i: int, j: int, near: Ints) -> int:
    """Write the other labels around a cell; return how many there are."""
    rows, columns = labels.shape
    count = 0
    for k in range(max(i - 1, 0), min(i + 2, rows)):
        for m in range(max(j - 1, 0), min(j + 2, columns)):
            new = labels[k, m] != labels[i, j] and labels[k, m] != NO_PLANE
            for n in range(count):
                new = new and near[n] != labels[k, m]
            if new:
                near[count] = labels[k, m]
                count += 1
    return count


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _meets(plane: Floats, one: int, two: int, x: float, y: float, cell_m: float) -> bool:
    """Whether the line in which two planes meet passes near a point."""
    steep = np.hypot(plane[one, 1] - plane[two, 1], plane[one, 2] - plane[two, 2])
    return bool(abs(_height(plane, one, x, y) - _height(plane, two, x, y)) <= NEAR_CELLS * cell_m * steep)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _bends(labels: Ints, plane: Floats, cell_m: float) -> Any:
    """Return 1 where two planes meet as a ridge, -1 as a valley, 0 else (planes, planes)."""
    count = len(plane)
    middle, size = np.zeros((count, 2)), np.zeros(count)
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            middle[labels[i, j], 0] += (j + 0.5) * cell_m
            middle[labels[i, j], 1] += (i + 0.5) * cell_m
            size[labels[i, j]] += 1
    out = np.zeros((count, count), np.int8)
    for a in range(count):
        for b in range(count):
            if a == b or size[a] == 0 or size[b] == 0:
                continue
            ax, ay, bx, by = (
                middle[a, 0] / size[a],
                middle[a, 1] / size[a],
                middle[b, 0] / size[b],
                middle[b, 1] / size[b],
            )
            at_a = _height(plane, a, ax, ay) - _height(plane, b, ax, ay)
            at_b = _height(plane, b, bx, by) - _height(plane, a, bx, by)
            if at_a < 0 and at_b < 0:
                out[a, b] = 1
            elif at_a > 0 and at_b > 0:
                out[a, b] = -1
    return out
