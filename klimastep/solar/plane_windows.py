"""Least squares of heights, and the plane through the window around each cell of a grid."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(nogil=True, cache=True, error_model="numpy")
def solve(n: float, s: Any) -> Any:
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
def add(s: Any, x: float, y: float, z: float) -> None:
    """Add a point to the sums that :func:`solve` takes."""
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
def windows(z: Any, cell: float, reach: int) -> Any:
    """Return the plane through the window around each cell and its mean square error (rows, columns, 4)."""
    rows, columns = z.shape
    out = np.full((rows, columns, 4), np.nan)
    across, base = _across(z, cell, reach)
    sums, s = np.empty((10, columns)), np.empty(9)
    for i in range(rows):
        sums[:] = 0.0
        for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
            _take_up(sums, across[:, k], (k - i) * cell)
        for j in range(columns):
            n = sums[0, j]
            if n < 5 or not np.isfinite(z[i, j]):
                continue
            s[:] = sums[1:, j]
            at, a, b, error = solve(n, s)
            out[i, j, 0] = at + base - a * (j + 0.5) * cell - b * (i + 0.5) * cell
            out[i, j, 1], out[i, j, 2], out[i, j, 3] = a, b, error
    return out


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _across(z: Any, cell: float, reach: int) -> Any:
    """Return count and sums of x, z, xx, xz, zz over the cells beside each in its row, and what z is counted from."""
    rows, columns = z.shape
    out = np.zeros((6, rows, columns))
    base = np.inf
    for height in z.flat:
        base = min(base, height if np.isfinite(height) else np.inf)
    for i in range(rows):
        for m in range(columns):
            if not np.isfinite(z[i, m]):
                continue
            above = z[i, m] - base
            for j in range(max(m - reach, 0), min(m + reach + 1, columns)):
                x = (m - j) * cell
                out[0, i, j] += 1.0
                out[1, i, j] += x
                out[2, i, j] += above
                out[3, i, j] += x * x
                out[4, i, j] += x * above
                out[5, i, j] += above * above
    return out, base


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _take_up(sums: Any, row: Any, y: float) -> None:
    """Add the sums of a row that lies `y` south to those of the windows, in the order of :func:`add`."""
    for j in range(row.shape[1]):
        n, x, z = row[0, j], row[1, j], row[2, j]
        sums[0, j] += n
        sums[1, j] += x
        sums[2, j] += y * n
        sums[3, j] += z
        sums[4, j] += row[3, j]
        sums[5, j] += y * x
        sums[6, j] += y * y * n
        sums[7, j] += row[4, j]
        sums[8, j] += y * z
        sums[9, j] += row[5, j]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def own_slopes(fitted: Any, reach: int) -> Any:
    """Return the slopes of each cell by the smoothest window that holds it, so that ridges stay sharp."""
    rows, columns = fitted.shape[:2]
    out = np.full((rows, columns, 2), np.nan)
    best_of_row = np.full((rows, columns), -1, np.int64)
    for i in range(rows):
        for j in range(columns):
            best = np.inf
            for m in range(max(j - reach, 0), min(j + reach + 1, columns)):
                if fitted[i, m, 3] < best:
                    best, best_of_row[i, j] = fitted[i, m, 3], m
    for i in range(rows):
        for j in range(columns):
            best = np.inf
            for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
                m = best_of_row[k, j]
                if m >= 0 and fitted[k, m, 3] < best:
                    best = fitted[k, m, 3]
                    out[i, j, 0], out[i, j, 1] = fitted[k, m, 1], fitted[k, m, 2]
    return out
