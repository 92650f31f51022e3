"""Outlines of labelled cells: each border drawn once for both sides, simplified, and moved to where planes meet."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from klimastep.solar.plane_parts import AHEAD, FRAME, framed, pieces

SIMPLER_CELLS = 1.0  # no border moves farther: the stairs of cells along a slanting one become straight
NEAR_CELLS = 1.5  # points farther from where planes meet stay where they are
EAST, SOUTH, WEST, NORTH = 0, 1, 2, 3
HELD, LOST = 1, 2


@numba.njit(nogil=True, cache=True, error_model="numpy")
def outlines(labels: Any, plane: Any, cell_m: float, factor: int) -> Any:
    """Return the rings around the pieces of each label, neighbours sharing their borders.

    Parameters
    ----------
    labels : ndarray (rows * factor, columns * factor)
        See :func:`klimastep.solar.plane_parts.sharpen`.
    plane : ndarray (planes, 3)
        Height at the north-west corner [m], slope to the east and to the south. [1]
    cell_m : float
        [m]
    factor : int
        Finer cells along the side of one.

    Returns
    -------
    points : ndarray (points, 4)
        East and south of the window's corner, moved to the line in which two planes meet or the corner of three,
        and the same as it was. Rings are closed, with their piece at the left hand. [m]
    rings : ndarray (rings, 3)
        First point, piece and label; the first ring of a piece is the outer one.
    """
    rows, columns = labels.shape
    padded = framed(labels)
    kept = _simplified(padded, SIMPLER_CELLS * factor)
    spot = np.full(kept.shape, -1, np.int64)
    spots = np.empty((kept.sum(), 4))
    _move(padded, kept, plane, cell_m, factor, spot, spots)
    piece = pieces(padded)
    done = np.zeros(kept.shape, np.bool_)
    state = np.zeros(piece.max() + 1, np.int8)
    points, rings = np.empty((64, 4)), np.empty((16, 3), np.int64)
    point_count = ring_count = 0
    walk = np.empty(2 * kept.size, np.int64)
    for r in range(rows):
        for c in range(columns):
            if padded[r, c + 1] == padded[r + 1, c + 1] or done[r, c + 1]:
                continue
            length = _walked(padded, (r, c + 1), spot, done, walk)
            if state[piece[r, c]] == 0:
                state[piece[r, c]] = HELD if length > 2 else LOST
            if length < 3 or state[piece[r, c]] == LOST:  # its area went to its neighbours
                continue
            points, rings = longer(points, point_count + length + 1), longer(rings, ring_count + 1)
            rings[ring_count, 0], rings[ring_count, 1] = point_count, piece[r, c]
            rings[ring_count, 2] = padded[r + 1, c + 1]
            ring_count += 1
            for n in range(length + 1):
                points[point_count + n] = spots[walk[n % length]]
            point_count += length + 1
    return points[:point_count].copy(), rings[:ring_count].copy()


@numba.njit(nogil=True, cache=True, error_model="numpy")
def longer(buffer: Any, need: int) -> Any:
    """Return the buffer, or a longer one with its content where it is too short."""
    if need <= len(buffer):
        return buffer
    out = np.empty((2 * need, *buffer.shape[1:]), buffer.dtype)
    out[: len(buffer)] = buffer
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _is_border(padded: Any, r: int, c: int, way: int) -> bool:
    """Whether the cells differ on both sides of the edge that leaves a corner of cells."""
    if way == EAST:
        return bool(padded[r, c + 1] != padded[r + 1, c + 1])
    if way == SOUTH:
        return bool(padded[r + 1, c] != padded[r + 1, c + 1])
    if way == WEST:
        return bool(padded[r, c] != padded[r + 1, c])
    return bool(padded[r, c] != padded[r, c + 1])


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _kind(padded: Any, r: int, c: int) -> int:
    """Return 0 where no border turns, 1 where one does, 2 where several meet or it is a corner of the window."""
    a, b, d, e = padded[r, c], padded[r, c + 1], padded[r + 1, c], padded[r + 1, c + 1]
    count = int(a != b) + int(b != e) + int(e != d) + int(d != a)
    if count == 2:
        turns = (a != b) != (d != e)
        return (2 if a == FRAME or b == FRAME or d == FRAME or e == FRAME else 1) if turns else 0
    return 2 if count > 2 else 0


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _simplified(padded: Any, most: float) -> Any:
    """Return which corners of cells the outlines keep, border by border."""
    rows, columns = padded.shape[0] - 1, padded.shape[1] - 1
    kind = np.zeros((rows, columns), np.int8)
    for r in range(rows):
        for c in range(columns):
            kind[r, c] = _kind(padded, r, c)
    kept = kind > 0
    seen = np.zeros((rows, columns, 4), np.bool_)
    path = np.empty((kept.sum() + 1, 2), np.int64)
    for loops in (False, True):  # borders between knots first, then those that meet no other
        for r in range(rows):
            for c in range(columns):
                if kind[r, c] != (1 if loops else 2):
                    continue
                for way in range(4):
                    if not seen[r, c, way] and _is_border(padded, r, c, way):
                        length = _follow(padded, kind, (r, c, way), seen, path)
                        _simplify(path, length, most, kept)
    return kept


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _follow(padded: Any, kind: Any, start: Any, seen: Any, path: Any) -> int:
    """Write the turns of a border from a knot to the next, or around to the start; return how many."""
    r, c, way = start
    path[0, 0], path[0, 1] = r, c
    length = 1
    while True:
        seen[r, c, way] = True
        r, c = r + AHEAD[way][0], c + AHEAD[way][1]
        seen[r, c, (way + 2) % 4] = True
        if kind[r, c] > 0:
            path[length, 0], path[length, 1] = r, c
            length += 1
        if kind[r, c] == 2 or (r == start[0] and c == start[1]):
            return length
        if kind[r, c] == 1:
            way = (way + 1) % 4 if _is_border(padded, r, c, (way + 1) % 4) else (way + 3) % 4


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _simplify(path: Any, length: int, most: float, kept: Any) -> None:
    """Leave out the turns of a border nearest to the line past them, as long as no other one lies in the way."""
    closed = path[0, 0] == path[length - 1, 0] and path[0, 1] == path[length - 1, 1]
    whole, place = path[:length].copy(), np.arange(length)
    off = np.full(length, np.inf)
    for n in range(1, length - 1):
        off[n] = _off(whole, n - 1, n + 1)
    while length > (4 if closed else 2):
        n = int(np.argmin(off[:length]))
        if not off[n] <= most:
            return
        if _in_the_way(path, n, kept):
            off[n] = np.inf
            continue
        kept[path[n, 0], path[n, 1]] = False
        for m in range(n, length - 1):
            path[m, 0], path[m, 1], off[m], place[m] = path[m + 1, 0], path[m + 1, 1], off[m + 1], place[m + 1]
        length -= 1
        for m in (n - 1, n):
            if 0 < m < length - 1:
                off[m] = _off(whole, place[m - 1], place[m + 1])


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _off(path: Any, begin: int, end: int) -> float:
    """Return how far the farthest turn between two lies from the line between these. [finer cells]"""
    down, right = path[end, 0] - path[begin, 0], path[end, 1] - path[begin, 1]
    size = np.hypot(float(down), float(right))
    most = 0.0
    for n in range(begin + 1, end):
        k, m = path[n, 0] - path[begin, 0], path[n, 1] - path[begin, 1]
        most = max(most, abs(down * m - right * k) / size if size > 0 else np.hypot(float(k), float(m)))
    return most


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _in_the_way(path: Any, n: int, kept: Any) -> bool:
    """Whether a kept corner lies in the triangle of a turn, or on its rim."""
    a, b, d = path[n - 1], path[n], path[n + 1]
    for r in range(min(a[0], b[0], d[0]), max(a[0], b[0], d[0]) + 1):
        for c in range(min(a[1], b[1], d[1]), max(a[1], b[1], d[1]) + 1):
            if not kept[r, c] or (r == a[0] and c == a[1]) or (r == b[0] and c == b[1]) or (r == d[0] and c == d[1]):
                continue
            one = (b[0] - a[0]) * (c - a[1]) - (b[1] - a[1]) * (r - a[0])
            two = (d[0] - b[0]) * (c - b[1]) - (d[1] - b[1]) * (r - b[0])
            three = (a[0] - d[0]) * (c - d[1]) - (a[1] - d[1]) * (r - d[0])
            if (one >= 0 and two >= 0 and three >= 0) or (one <= 0 and two <= 0 and three <= 0):
                return True
    return False


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _move(padded: Any, kept: Any, plane: Any, cell_m: float, factor: int, spot: Any, spots: Any) -> None:
    """Write numbers of the kept corners, where their planes meet and where they lay. [m]"""
    count = 0
    step, reach = cell_m / factor, NEAR_CELLS * cell_m
    own = np.empty(4, np.int64)
    for r in range(kept.shape[0]):
        for c in range(kept.shape[1]):
            if not kept[r, c]:
                continue
            spot[r, c] = count
            x, y = c * step, r * step
            labels = _around(padded, r, c, own)
            rim = r in (0, kept.shape[0] - 1), c in (0, kept.shape[1] - 1)
            dx, dy = _way_to_meet(plane, own[:labels], x, y, rim)
            near = np.hypot(dx, dy) <= reach
            wide, high = step * (kept.shape[1] - 1), step * (kept.shape[0] - 1)
            dx, dy = min(max(dx, -x), wide - x), min(max(dy, -y), high - y)
            spots[count, 0], spots[count, 1] = (x + dx, y + dy) if near else (x, y)
            spots[count, 2], spots[count, 3] = x, y
            count += 1


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _around(padded: Any, r: int, c: int, own: Any) -> int:
    """Write the labels around a corner in their order; return how many there are."""
    count = 0
    for k in range(r, r + 2):
        for m in range(c, c + 2):
            label = padded[k, m]
            at = count
            while at > 0 and own[at - 1] > label:
                at -= 1
            if label == FRAME or (at > 0 and own[at - 1] == label):
                continue
            for n in range(count, at, -1):
                own[n] = own[n - 1]
            own[at] = label
            count += 1
    return count


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _way_to_meet(plane: Any, own: Any, x: float, y: float, rim: Any) -> Any:
    """Return the way to the line in which two planes meet, along the rim of the window, or to the corner of three. [m]

    `rim` says whether the point lies on the upper or lower, and on the left or right side of the window.
    """
    if len(own) < 2 or len(own) > 3:
        return 0.0, 0.0
    one = plane[own[0]] - plane[own[1]]
    gap = one[0] + one[1] * x + one[2] * y
    if len(own) == 2:
        right, down = 0.0 if rim[1] else one[1], 0.0 if rim[0] else one[2]
        steep = right**2 + down**2
        return -gap * right / steep, -gap * down / steep
    two = plane[own[0]] - plane[own[2]]
    gap_two = two[0] + two[1] * x + two[2] * y
    whole = one[1] * two[2] - one[2] * two[1]
    return (gap_two * one[2] - gap * two[2]) / whole, (gap * two[1] - gap_two * one[1]) / whole


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _walked(padded: Any, start: Any, spot: Any, done: Any, walk: Any) -> int:
    """Write the kept corners around a piece, which lies at the left hand; return how many.

    It begins westward along the upper side of a cell, and marks all such sides (by their eastern end) as done.
    """
    r, c = start
    way, length = WEST, 0
    label = padded[r + 1, c]
    while True:
        if way == WEST:
            done[r, c] = True
        if spot[r, c] >= 0:
            walk[length] = spot[r, c]
            length += 1
        r, c = r + AHEAD[way][0], c + AHEAD[way][1]
        left, right = _front(padded, r, c, way)
        if left != label:
            way = (way + 3) % 4
        elif right == label:
            way = (way + 1) % 4
        if r == start[0] and c == start[1] and way == WEST:
            return length


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _front(padded: Any, r: int, c: int, way: int) -> Any:
    """Return the labels in front of a corner, at the left and at the right hand."""
    a, b, d, e = padded[r, c], padded[r, c + 1], padded[r + 1, c], padded[r + 1, c + 1]
    if way == EAST:
        return b, e
    if way == SOUTH:
        return e, d
    if way == WEST:
        return d, a
    return a, b
