"""A grid of orientations and roofs between its points: hours are computed for few planes only (array file)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from klimastep.weather.sun import Floats, Ints

TILTS_DEG = np.arange(0.0, 91.0, 10.0)
AZIMUTHS_DEG = np.arange(0.0, 360.0, 20.0)
FULL_DEG = 360.0


class Grid(NamedTuple):
    """All pairs of the grid's tilts and azimuths, tilts slowest. [°]"""

    tilt_deg: Floats
    azimuth_deg: Floats


def grid() -> Grid:
    """Return the orientations for which hours are computed."""
    tilt, azimuth = np.meshgrid(TILTS_DEG, AZIMUTHS_DEG, indexing="ij")
    return Grid(tilt.ravel(), azimuth.ravel())


def between(tilt_deg: Floats, azimuth_deg: Floats) -> tuple[Ints, Floats]:
    """Return the four points of the grid around each plane and their weights, shapes (planes, 4).

    Weights are those of bilinear interpolation and sum to 1; azimuths run round.

    Parameters
    ----------
    tilt_deg, azimuth_deg : ndarray (planes,)
        Known, 0 to 90 and any azimuth. [°]
    """
    row = tilt_deg / TILTS_DEG[1]
    low = np.clip(np.floor(row).astype(np.int64), 0, len(TILTS_DEG) - 2)
    up = row - low
    column = np.mod(azimuth_deg, FULL_DEG) / AZIMUTHS_DEG[1]
    left = np.floor(column).astype(np.int64)
    right = column - left
    a, b = left % len(AZIMUTHS_DEG), (left + 1) % len(AZIMUTHS_DEG)
    n = len(AZIMUTHS_DEG)
    points = np.stack((low * n + a, low * n + b, (low + 1) * n + a, (low + 1) * n + b), axis=-1)
    weights = np.stack(((1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right), axis=-1)
    return points, weights


def interpolated(values: Floats, tilt_deg: Floats, azimuth_deg: Floats) -> Floats:
    """Return values of the grid's points at some planes; NaN where tilt or azimuth is unknown.

    Parameters
    ----------
    values : ndarray (points,)
    tilt_deg, azimuth_deg : ndarray (planes,)
        [°]
    """
    known = ~np.isnan(tilt_deg + azimuth_deg)
    out = np.full(len(tilt_deg), np.nan)
    points, weights = between(tilt_deg[known], azimuth_deg[known])
    out[known] = (values[points] * weights).sum(axis=-1)
    return out
