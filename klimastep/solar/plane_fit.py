"""Planes in height grids: windows propose, cells agree, least squares refine; no chance, each building by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

MOST_PLANES = 64
MOST_PROPOSALS = 300
MOST_SCORED = 3000
MOST_FAILURES = 12
ROUNDS = 4
SWEEPS = 3
NO_PLANE = -1
OUTSIDE = -2
EIGHT = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


class Rules(NamedTuple):
    """When a cell agrees with a plane; values and sources in ``reference/roof_fit.csv``."""

    inlier_m: float
    slope_tolerance: float
    min_plane_m2: float
    merge_slope: float
    window_m: float
    steepest_slope: float


class Planes(NamedTuple):
    """What was found in one window.

    Parameters
    ----------
    labels : ndarray (rows, columns)
        Number of the plane that a cell agrees with, -1 where none, -2 outside of the building.
    plane : ndarray (planes, 3)
        Height at the window's north-west corner [m], slope to the east and to the south. [1]
    heights : ndarray (rows, columns)
        NaN where unknown or outside. [m]
    """

    labels: Ints
    plane: Floats
    heights: Floats


def fit_planes(heights: Floats, inside: npt.NDArray[np.bool_], cell_m: float, rules: Rules) -> Planes:
    """Return the planes that a building's heights consist of.

    Parameters
    ----------
    heights : ndarray (rows, columns)
        Row 0 in the north, NaN where unknown. [m]
    inside : ndarray (rows, columns)
        Whether a cell belongs to the building.
    cell_m : float
        [m]
    rules : Rules
    """
    z = np.where(inside, heights, np.nan).astype(np.float64)
    labels, plane = _segment(z, inside, cell_m, rules)
    return Planes(labels, plane, z)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _segment(z: Any, inside: Any, cell: float, rules: Any) -> Any:
    """Return labels of agreeing cells (-1 none, -2 outside) and their planes."""
    rows, columns = z.shape
    labels = np.full((rows, columns), OUTSIDE, np.int32)
    for i in range(rows):
        for j in range(columns):
            if inside[i, j]:
                labels[i, j] = NO_PLANE
    least = max(5, int(np.ceil(rules.min_plane_m2 / cell**2 - 1e-6)))
    reach = max(1, int(np.round(rules.window_m / cell)))
    small = _windows(z, cell, reach)
    large = _windows(z, cell, 2 * reach)
    slope = _own_slopes(small, reach)
    planes = np.empty((MOST_PLANES, 3))
    count = failures = 0
    dead = np.zeros((2, rows, columns), np.bool_)
    while count < MOST_PLANES and failures < MOST_FAILURES:
        size, scale, row, column = _best_proposal((small, large), dead, labels, z, slope, cell, rules)
        if size < least:
            break
        start = small[row, column] if scale == 0 else large[row, column]
        size, plane, members = _refined(start, labels, z, slope, cell, rules)
        dead[scale, row, column] = True
        if size < least:
            failures += 1
            continue
        for i, j in members:
            labels[i, j] = count
        planes[count] = plane
        count += 1
    count = _merged(labels, planes, count, z, cell, rules)
    for _ in range(SWEEPS):
        _sweep(labels, planes, z, cell, rules.inlier_m)
        _refit(labels, planes, count, z, cell)
    return labels, planes[:count].copy()


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _solve(n: float, s: Any) -> Any:
    """Return a plane by least squares of sums (x, y, z, xx, xy, yy, xz, yz, zz) and its mean square error."""
    x, y, z = s[0] / n, s[1] / n, s[2] / n
    xx, xy, yy = s[3] - n * x * x, s[4] - n * x * y, s[5] - n * y * y
    xz, yz, zz = s[6] - n * x * z, s[7] - n * y * z, s[8] - n * z * z
    whole = xx * yy - xy * xy
    if whole <= 1e-9 * max(xx * yy, 1e-12):
        return np.nan, np.nan, np.nan, np.inf
    a, b = (xz * yy - yz * xy) / whole, (yz * xx - xz * xy) / whole
    return z - a * x - b * y, a, b, max(zz - a * xz - b * yz, 0.0) / n


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _add(s: Any, x: float, y: float, z: float) -> None:
    s[0] += x
    s[1] += y
    s[2] += z
    s[3] += x * x
    s[4] += x * y
    s[5] += y * y
    s[6] += x * z
    s[7] += y * z
    s[8] += z * z


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _windows(z: Any, cell: float, reach: int) -> Any:
    """Return the plane through the window around each cell and its mean square error (rows, columns, 4)."""
    rows, columns = z.shape
    out = np.full((rows, columns, 4), np.nan)
    s = np.empty(9)
    base = np.nanmin(z) if np.isfinite(z).any() else 0.0
    for i in range(rows):
        for j in range(columns):
            if not np.isfinite(z[i, j]):
                continue
            s[:] = 0.0
            n = 0
            for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
                for m in range(max(j - reach, 0), min(j + reach + 1, columns)):
                    if np.isfinite(z[k, m]):
                        _add(s, (m - j) * cell, (k - i) * cell, z[k, m] - base)
                        n += 1
            if n >= 5:
                at, a, b, error = _solve(n, s)
                out[i, j, 0] = at + base - a * (j + 0.5) * cell - b * (i + 0.5) * cell
                out[i, j, 1], out[i, j, 2], out[i, j, 3] = a, b, error
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _own_slopes(windows: Any, reach: int) -> Any:
    """Return the slopes of each cell by the smoothest window that holds it, so that ridges stay sharp."""
    rows, columns = windows.shape[:2]
    out = np.full((rows, columns, 2), np.nan)
    for i in range(rows):
        for j in range(columns):
            best = np.inf
            for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
                for m in range(max(j - reach, 0), min(j + reach + 1, columns)):
                    if windows[k, m, 3] < best:
                        best = windows[k, m, 3]
                        out[i, j, 0], out[i, j, 1] = windows[k, m, 1], windows[k, m, 2]
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _agrees(plane: Any, height: float, slope: Any, x: float, y: float, rules: Any) -> bool:
    if not abs(height - plane[0] - plane[1] * x - plane[2] * y) <= rules.inlier_m:
        return False
    off = (slope[0] - plane[1]) ** 2 + (slope[1] - plane[2]) ** 2
    scale = 1.0 + plane[1] ** 2 + plane[2] ** 2
    return bool(off <= rules.slope_tolerance**2 * scale)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _is_wall(plane: Any, rules: Any) -> bool:
    return bool(plane[1] ** 2 + plane[2] ** 2 > rules.steepest_slope**2)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _best_proposal(windows: Any, dead: Any, labels: Any, z: Any, slope: Any, cell: float, rules: Any) -> Any:
    """Return how many free cells agree with the best window's plane, its scale, row and column."""
    rows, columns = np.nonzero(labels == NO_PLANE)
    ask = max(1, len(rows) * 2 // MOST_PROPOSALS)
    score = max(1, len(rows) // MOST_SCORED)
    best, best_error, out = 0, np.inf, (0, 0, 0, 0)
    for p in range(0, len(rows), ask):
        for scale in range(2):
            i, j = rows[p], columns[p]
            plane = windows[scale][i, j]
            if dead[scale, i, j] or not plane[3] <= rules.inlier_m**2 or _is_wall(plane, rules):
                continue
            size = 0
            for q in range(0, len(rows), score):
                k, m = rows[q], columns[q]
                x, y = (m + 0.5) * cell, (k + 0.5) * cell
                if _agrees(plane, z[k, m], slope[k, m], x, y, rules):
                    size += 1
            if size > best or (size == best and plane[3] < best_error):
                best, best_error, out = size, plane[3], (size * score, scale, i, j)
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _refined(start: Any, labels: Any, z: Any, slope: Any, cell: float, rules: Any) -> Any:
    """Return size, plane and cells of the largest connected group that agrees, the plane fitted anew to it."""
    plane = start[:3].copy()
    members = np.empty((0, 2), np.int64)
    before = -1
    for _ in range(ROUNDS):
        members = _largest_group(plane, labels, z, slope, cell, rules)
        if len(members) < 5 or len(members) == before:
            break
        before = len(members)
        s = np.zeros(9)
        base = z[members[0, 0], members[0, 1]]
        for i, j in members:
            _add(s, (j + 0.5) * cell, (i + 0.5) * cell, z[i, j] - base)
        at, a, b, error = _solve(len(members), s)
        plane = np.array([at + base, a, b])
        if not np.isfinite(error) or _is_wall(plane, rules):
            return 0, plane, members
    return len(members), plane, members


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _largest_group(plane: Any, labels: Any, z: Any, slope: Any, cell: float, rules: Any) -> Any:
    """Return the cells (n, 2) of the largest connected group of free cells that agree with a plane."""
    rows, columns = z.shape
    open_ = np.zeros((rows, columns), np.bool_)
    for i in range(rows):
        for j in range(columns):
            if labels[i, j] == NO_PLANE:
                open_[i, j] = _agrees(plane, z[i, j], slope[i, j], (j + 0.5) * cell, (i + 0.5) * cell, rules)
    queue = np.empty((rows * columns, 2), np.int64)
    best_first, best_last, last = 0, 0, 0
    for i in range(rows):
        for j in range(columns):
            if not open_[i, j]:
                continue
            first = head = last
            queue[last, 0], queue[last, 1] = i, j
            last += 1
            open_[i, j] = False
            while head < last:
                last = _spread(queue, head, last, open_)
                head += 1
            if last - first > best_last - best_first:
                best_first, best_last = first, last
    return queue[best_first:best_last].copy()


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _spread(queue: Any, head: int, last: int, open_: Any) -> int:
    """Queue the open neighbours of the cell at `head`; return the queue's new end."""
    rows, columns = open_.shape
    for di, dj in EIGHT:
        k, m = queue[head, 0] + di, queue[head, 1] + dj
        if 0 <= k < rows and 0 <= m < columns and open_[k, m]:
            open_[k, m] = False
            queue[last, 0], queue[last, 1] = k, m
            last += 1
    return last


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _sweep(labels: Any, planes: Any, z: Any, cell: float, inlier: float) -> None:
    """Give each cell to the plane of itself or a neighbour that fits it best, to none where none agrees."""
    rows, columns = z.shape
    before = labels.copy()
    for i in range(rows):
        for j in range(columns):
            if before[i, j] == OUTSIDE or not np.isfinite(z[i, j]):
                continue
            best, found = inlier, NO_PLANE
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    k, m = i + di, j + dj
                    if not (0 <= k < rows and 0 <= m < columns) or before[k, m] < 0:
                        continue
                    p = planes[before[k, m]]
                    off = abs(z[i, j] - p[0] - p[1] * (j + 0.5) * cell - p[2] * (i + 0.5) * cell)
                    if off < best or (off == best and before[k, m] < found):
                        best, found = off, before[k, m]
            labels[i, j] = found


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _sums(labels: Any, count: int, z: Any, cell: float, base: float) -> Any:
    sums, sizes = np.zeros((count, 9)), np.zeros(count, np.int64)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if labels[i, j] >= 0:
                _add(sums[labels[i, j]], (j + 0.5) * cell, (i + 0.5) * cell, z[i, j] - base)
                sizes[labels[i, j]] += 1
    return sums, sizes


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _refit(labels: Any, planes: Any, count: int, z: Any, cell: float) -> None:
    """Fit each plane anew to the cells that it holds."""
    base = np.nanmin(z)
    sums, sizes = _sums(labels, count, z, cell, base)
    for p in range(count):
        if sizes[p] >= 5:
            at, a, b, error = _solve(sizes[p], sums[p])
            if np.isfinite(error):
                planes[p, 0], planes[p, 1], planes[p, 2] = at + base, a, b


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _touching(labels: Any, count: int) -> Any:
    """Return which planes have cells beside each other (count, count)."""
    touch = np.zeros((count, count), np.bool_)
    rows, columns = labels.shape
    for i in range(rows):
        for j in range(columns):
            for di, dj in EIGHT:
                k, m = i + di, j + dj
                if labels[i, j] >= 0 and 0 <= k < rows and 0 <= m < columns and labels[k, m] >= 0:
                    touch[labels[i, j], labels[k, m]] = True
    return touch


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _merged(labels: Any, planes: Any, count: int, z: Any, cell: float, rules: Any) -> int:
    """Join planes that touch and are one within the tolerances; return how many are left."""
    one = 0
    while one < count:
        base = np.nanmin(z)
        touch = _touching(labels, count)
        sums, sizes = _sums(labels, count, z, cell, base)
        joined = False
        for two in range(one + 1, count):
            steep = (planes[one, 1] - planes[two, 1]) ** 2 + (planes[one, 2] - planes[two, 2]) ** 2
            at, a, b, error = _solve(sizes[one] + sizes[two], sums[one] + sums[two])
            if not touch[one, two] or steep > rules.merge_slope**2 or not error <= (rules.inlier_m / 2) ** 2:
                continue
            planes[one, 0], planes[one, 1], planes[one, 2] = at + base, a, b
            planes[two : count - 1] = planes[two + 1 : count].copy()
            for i in range(labels.shape[0]):
                for j in range(labels.shape[1]):
                    if labels[i, j] == two:
                        labels[i, j] = one
                    elif labels[i, j] > two:
                        labels[i, j] -= 1
            count -= 1
            joined = True
            break
        if not joined:
            one += 1
    return count
