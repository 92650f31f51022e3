"""Slow and simple: every hour a ray from every point, on the same bilinear surface as the sweep."""

from __future__ import annotations

import numba
import numpy as np

from klimastep.weather import Sky

STEP = 0.02  # of a cell: where a cell is steepest at its corner, a longer step misses it


@numba.njit(cache=True)
def height(surface, row, column):
    """Return the bilinear height between four middles of cells, -1e6 outside."""
    i, j = int(np.floor(row)), int(np.floor(column))
    a, b = row - i, column - j
    rows, columns = surface.shape
    if i < 0 or j < 0 or i >= rows or j >= columns or (a > 0 and i + 1 >= rows) or (b > 0 and j + 1 >= columns):
        return -1e6
    low = surface[i, j] if b == 0 else (1 - b) * surface[i, j] + b * surface[i, j + 1]
    if a == 0:
        return low
    high = surface[i + 1, j] if b == 0 else (1 - b) * surface[i + 1, j] + b * surface[i + 1, j + 1]
    return (1 - a) * low + a * high


@numba.njit(cache=True)
def horizon_tan(surface, row, column, z, azimuth_rad, cell_m, reach):
    """Return the tangent of the horizon's elevation in one direction."""
    down, right = -np.cos(azimuth_rad), np.sin(azimuth_rad)
    top = surface.max()
    found, k = 0.0, 1
    while True:
        far = k * STEP
        if far > reach or z + found * far * cell_m > top:
            return found
        seen = height(surface, row + down * far, column + right * far)
        found = max(found, (seen - z) / (far * cell_m))
        k += 1


@numba.njit(cache=True)
def hidden(surface, row, column, z, azimuth_rad, tan, cell_m, top):
    """Return whether something stands between a point and the sun."""
    down, right = -np.cos(azimuth_rad), np.sin(azimuth_rad)
    far, reach = STEP, float(max(surface.shape))
    while far <= reach and z + tan * far * cell_m <= top:
        if height(surface, row + down * far, column + right * far) > z + tan * far * cell_m:
            return True
        far += STEP
    return False


@numba.njit(cache=True)
def energy(surface, points, upright, sun, month, cell_m):
    """Return beam and circumsolar energy of each point and month, a ray each hour.

    points (n, 3): row, column, height; upright (n, 3): east, north, up; sun (hours, 3): energy vectors.
    """
    out = np.zeros((len(points), 12))
    top = surface.max()
    for p in range(len(points)):
        row, column, z = points[p]
        for h in range(len(sun)):
            gain = upright[p, 0] * sun[h, 0] + upright[p, 1] * sun[h, 1] + upright[p, 2] * sun[h, 2]
            if gain <= 0 or sun[h, 2] <= 0:
                continue
            azimuth, tan = np.arctan2(sun[h, 0], sun[h, 1]), sun[h, 2] / np.hypot(sun[h, 0], sun[h, 1])
            if not hidden(surface, row, column, z, azimuth, tan, cell_m, top):
                out[p, month[h]] += gain
    return out


@numba.njit(cache=True)
def sky_view(surface, points, upright, cell_m, directions, elevations):
    """Return the share of an even sky of each point, by adding up small pieces of it."""
    out = np.zeros(len(points))
    reach = float(max(surface.shape))
    for p in range(len(points)):
        row, column, z = points[p]
        for d in range(directions):
            azimuth = 2 * np.pi * (d + 0.5) / directions
            tan = horizon_tan(surface, row, column, z, azimuth, cell_m, reach)
            for e in range(elevations):
                high = np.pi / 2 * (e + 0.5) / elevations
                level = upright[p, 0] * np.sin(azimuth) + upright[p, 1] * np.cos(azimuth)
                gain = level * np.cos(high) + upright[p, 2] * np.sin(high)
                if gain > 0 and np.tan(high) > tan:
                    out[p] += gain * np.cos(high)
        out[p] *= 2 * np.pi / directions * np.pi / 2 / elevations / np.pi
    return out


def irradiation(surface, points, upright, sky: Sky, cell_m: float = 1.0):
    """Return the energy of each point and month [kWh/m²] and its view of the sky [1]."""
    sun = np.column_stack((sky.east, sky.north, sky.up))
    month = np.repeat(np.arange(12), np.diff(sky.starts))
    heights = np.asarray(surface, np.float64)
    direct = energy(heights, points, upright, sun, month, cell_m)
    view = sky_view(heights, points, upright, cell_m, 360, 180)
    ground = (1 - upright[:, 2:]) / 2 * sky.reflected
    return direct + view[:, None] * sky.isotropic + ground, view
