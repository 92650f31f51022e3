"""Planes in height grids: windows propose, cells agree, least squares refine; no chance, each building by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from klimastep.solar.plane_windows import add, own_slopes, solve, windows

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
    explained_share: float


@numba.njit(nogil=True, cache=True, error_model="numpy")
def least_cells(cell: float, rules: Any) -> int:
    """Return the cells of the smallest plane."""
    return max(5, int(np.ceil(rules.min_plane_m2 / cell**2 - 1e-6)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def fit_planes(z: Any, inside: Any, cell: float, rules: Any) -> Any:
    """Return the planes that a building's heights consist of.

    Parameters
    ----------
    z : ndarray (rows, columns)
        Heights, row 0 in the north, NaN where unknown or outside of the building. [m]
    inside : ndarray (rows, columns)
        Whether a cell belongs to the building.
    cell : float
        [m]
    rules : Rules

    Returns
    -------
    labels : ndarray (rows, columns)
        Number of the plane that a cell agrees with, -1 where none, -2 outside of the building.
    planes : ndarray (planes, 3)
        Height at the window's north-west corner [m], slope to the east and to the south. [1]
    """
    rows, columns = z.shape
    labels = np.where(inside, np.int32(NO_PLANE), np.int32(OUTSIDE))
    least = least_cells(cell, rules)
    reach = max(1, int(np.round(rules.window_m / cell)))
    small, large = windows(z, cell, reach), windows(z, cell, 2 * reach)
    slope = own_slopes(small, reach)
    planes = np.empty((MOST_PLANES, 3))
    count = failures = asked = 0
    dead = np.zeros((2, rows, columns), np.bool_)
    cells, starts, bound = np.empty((7, 0)), np.empty((0, 7)), np.empty(0, np.int64)
    while count < MOST_PLANES and failures < MOST_FAILURES:
        free = (labels == NO_PLANE).sum()
        if count + failures == 0 or 2 * free <= asked:
            asked = free
            cells, starts, bound = _proposals((small, large), dead, labels, z, slope, cell, rules)
        size, at = _best_proposal(cells, starts, bound, labels, rules)
        if size < least:
            if free == asked or asked < MOST_PROPOSALS:
                break
            asked = 2 * free
            continue
        dead[np.int64(starts[at, 6]), np.int64(starts[at, 4]), np.int64(starts[at, 5])] = True
        bound[at] = 0
        size, plane, members = _refined(starts[at, :3], labels, z, slope, cell, rules)
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
def _proposals(fitted: Any, dead: Any, labels: Any, z: Any, slope: Any, cell: float, rules: Any) -> Any:
    """Return what planes are voted with and which are voted on.

    Returns
    -------
    cells : ndarray (7, votes)
        x, y, height, both slopes, row and column of free cells, evenly picked.
    starts : ndarray (proposals, 7)
        Planes through windows, their error, row, column and which of the two windows.
    bound : ndarray (proposals,)
        So many votes agree with each.
    """
    rows, columns = np.nonzero(labels == NO_PLANE)
    ask = max(1, len(rows) * 2 // MOST_PROPOSALS)
    score = max(1, len(rows) // MOST_SCORED)
    cells = np.empty((7, (len(rows) + score - 1) // score))
    for q in range(cells.shape[1]):
        i, j = rows[q * score], columns[q * score]
        cells[0, q], cells[1, q], cells[2, q] = (j + 0.5) * cell, (i + 0.5) * cell, z[i, j]
        cells[3, q], cells[4, q], cells[5, q], cells[6, q] = slope[i, j, 0], slope[i, j, 1], i, j
    starts = np.empty((2 * ((len(rows) + ask - 1) // ask), 7))
    bound = np.empty(len(starts), np.int64)
    count = 0
    for p in range(0, len(rows), ask):
        for scale in range(2):
            i, j = rows[p], columns[p]
            plane = fitted[scale][i, j]
            if plane[3] <= rules.inlier_m**2 and not _is_wall(plane, rules) and not dead[scale, i, j]:
                starts[count, :4] = plane
                starts[count, 4], starts[count, 5], starts[count, 6] = i, j, scale
                bound[count] = _votes(cells, plane, rules)
                count += 1
    return cells, starts[:count].copy(), bound[:count].copy()


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _best_proposal(cells: Any, starts: Any, bound: Any, labels: Any, rules: Any) -> Any:
    """Return about how many free cells agree with the best proposal, and which it is.

    A proposal's votes only ever fall as cells find their plane, so those counted before bound them from above and
    few must be counted again.
    """
    free = np.zeros(cells.shape[1], np.bool_)
    for q in range(len(free)):
        free[q] = labels[np.int64(cells[5, q]), np.int64(cells[6, q])] == NO_PLANE
    votes = _chosen(cells, free)
    counted = np.zeros(len(bound), np.bool_)
    while True:
        best = -1
        for p in range(len(bound)):
            if bound[p] > 0 and (
                best < 0 or bound[p] > bound[best] or (bound[p] == bound[best] and starts[p, 3] < starts[best, 3])
            ):
                best = p
        if best < 0:
            return 0, 0
        if counted[best]:
            return bound[best] * max(1, (labels == NO_PLANE).sum() // votes.shape[1]), best
        counted[best] = True
        if labels[np.int64(starts[best, 4]), np.int64(starts[best, 5])] == NO_PLANE:
            bound[best] = _votes(votes, starts[best], rules)
        else:
            bound[best] = 0


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _chosen(cells: Any, which: Any) -> Any:
    out = np.empty((cells.shape[0], which.sum()))
    at = 0
    for q in range(len(which)):
        if which[q]:
            out[:, at] = cells[:, q]
            at += 1
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _votes(cells: Any, plane: Any, rules: Any) -> int:
    """Return how many cells agree with a plane, see :func:`_agrees`."""
    at, a, b = plane[0], plane[1], plane[2]
    near, like = rules.inlier_m, rules.slope_tolerance**2 * (1.0 + a * a + b * b)
    x, y, z, east, south = cells[0], cells[1], cells[2], cells[3], cells[4]
    count = 0
    for q in range(len(x)):
        off = abs(z[q] - at - a * x[q] - b * y[q])
        turn = (east[q] - a) ** 2 + (south[q] - b) ** 2
        count += int(off <= near) & int(turn <= like)
    return count


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
            add(s, (j + 0.5) * cell, (i + 0.5) * cell, z[i, j] - base)
        at, a, b, error = solve(len(members), s)
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
            best, found, last = inlier, NO_PLANE, NO_PLANE
            for k in range(max(i - 1, 0), min(i + 2, rows)):
                for m in range(max(j - 1, 0), min(j + 2, columns)):
                    p = before[k, m]
                    if p < 0 or p == last:
                        continue
                    last = p
                    off = abs(
                        z[i, j] - planes[p, 0] - planes[p, 1] * (j + 0.5) * cell - planes[p, 2] * (i + 0.5) * cell
                    )
                    if off < best or (off == best and p < found):
                        best, found = off, p
            labels[i, j] = found


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _sums(labels: Any, count: int, z: Any, cell: float, base: float) -> Any:
    sums, sizes = np.zeros((count, 9)), np.zeros(count, np.int64)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if labels[i, j] >= 0:
                add(sums[labels[i, j]], (j + 0.5) * cell, (i + 0.5) * cell, z[i, j] - base)
                sizes[labels[i, j]] += 1
    return sums, sizes


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _refit(labels: Any, planes: Any, count: int, z: Any, cell: float) -> None:
    """Fit each plane anew to the cells that it holds."""
    base = np.nanmin(z)
    sums, sizes = _sums(labels, count, z, cell, base)
    for p in range(count):
        if sizes[p] >= 5:
            at, a, b, error = solve(sizes[p], sums[p])
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
            at, a, b, error = solve(sizes[one] + sizes[two], sums[one] + sums[two])
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
