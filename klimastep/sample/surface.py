"""Terrain and surface model of the site as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from klimastep.sample.plane import Dice, Point
from klimastep.sample.roofs import Solid

Floats = npt.NDArray[np.float64]
NODATA = -32768
DECIMETRE = 0.1


@dataclass(frozen=True)
class Terrain:
    """A valley with a slope on its southern side; `origin` is the middle of the town, `up` points to the hills."""

    origin: Point
    up: Point
    phase: float

    def __call__(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the height of the ground above sea level [m]."""
        dx, dy = np.asarray(x, dtype=float) - self.origin[0], np.asarray(y, dtype=float) - self.origin[1]
        v = dx * self.up[0] + dy * self.up[1]
        w = dx * self.up[1] - dy * self.up[0]
        hill = np.clip((v + 60) / 700, 0, 1.6)
        valley = np.clip((v + 245) / 60, -1, 1)
        rolls = 1.3 * np.sin(w / 150 + self.phase) + 0.9 * np.sin((v + 0.6 * w) / 210 + 2 * self.phase)
        slope: Floats = 216 + 2.2 * valley + 46 * hill**1.35 + 0.006 * w + rolls * (0.25 + hill)
        return slope


def window_of(bounds: Sequence[float], margin: float = 20.0) -> tuple[int, int, int, int]:
    """Return west, south, columns and rows of a 1 m grid around bounds, on whole multiples of 20 m."""
    west, south = (math.floor((b - margin) / 20) * 20 for b in bounds[:2])
    east, north = (math.ceil((b + margin) / 20) * 20 for b in bounds[2:])
    return west, south, east - west, north - south


def surface_model(
    window: tuple[int, int, int, int],
    terrain: Terrain,
    solids: Sequence[tuple[float, Solid]],
    crowns: Sequence[tuple[float, float, float, float]],
) -> npt.NDArray[np.int16]:
    """Return the surface model in decimetres, row 0 in the north, shape (rows, columns).

    Parameters
    ----------
    window : tuple
        West, south, columns, rows of the 1 m grid.
    terrain : Terrain
    solids : sequence of (base [m], Solid)
    crowns : sequence of (x, y, radius [m], height [m])
        Trees; none stands on a roof.
    """
    west, south, columns, rows = window
    x: Floats = west + 0.5 + np.arange(columns, dtype=np.float64)
    y: Floats = south + rows - 0.5 - np.arange(rows, dtype=np.float64)
    ground = terrain(*np.meshgrid(x, y))
    model = ground.copy()
    roofed = np.zeros(model.shape, dtype=bool)
    for base, solid in solids:
        for ring, planes in zip(solid.rings, solid.planes, strict=True):
            _burn(model, roofed, (x, y), np.array(ring), np.array(planes) + (0, 0, base))
    below = terrain([c[0] for c in crowns], [c[1] for c in crowns])
    for (cx, cy, radius, height), base in zip(crowns, below.tolist(), strict=True):
        _plant(model, roofed, (x, y), (cx, cy, radius, base + height))
    return np.round(model / DECIMETRE).astype(np.int16)


def _span(values: Floats, low: float, high: float) -> slice:
    """Return where a monotonous axis lies within [low, high]."""
    if len(values) > 1 and values[0] > values[-1]:
        back = values[::-1]
        a, b = np.searchsorted(back, (low, high))
        return slice(len(values) - int(b), len(values) - int(a))
    a, b = np.searchsorted(values, (low, high))
    return slice(int(a), int(b))


def _burn(
    model: Floats, roofed: npt.NDArray[np.bool_], axes: tuple[Floats, Floats], ring: Floats, planes: Floats
) -> None:
    """Raise the pixels whose middle lies in a convex ring to the lowest roof plane."""
    columns = _span(axes[0], ring[:, 0].min(), ring[:, 0].max())
    rows = _span(axes[1], ring[:, 1].min(), ring[:, 1].max())
    dx, dy = axes[0][columns][None, :] - ring[0, 0], axes[1][rows][:, None] - ring[0, 1]
    inside = np.ones((dy.shape[0], dx.shape[1]), dtype=bool)
    for a, b in zip(ring - ring[0], np.roll(ring, -1, axis=0) - ring[0], strict=True):
        inside &= (b[0] - a[0]) * (dy - a[1]) - (b[1] - a[1]) * (dx - a[0]) >= 0
    height = np.min([gx * dx + gy * dy + c for gx, gy, c in planes], axis=0)
    view = model[rows, columns]
    view[inside] = np.broadcast_to(height, inside.shape)[inside]
    roofed[rows, columns] |= inside


def _plant(
    model: Floats, roofed: npt.NDArray[np.bool_], axes: tuple[Floats, Floats], crown: tuple[float, float, float, float]
) -> None:
    """Raise the pixels under a round crown with its top at the given height."""
    cx, cy, radius, top = crown
    columns, rows = _span(axes[0], cx - radius, cx + radius), _span(axes[1], cy - radius, cy + radius)
    d2 = (axes[0][columns][None, :] - cx) ** 2 + (axes[1][rows][:, None] - cy) ** 2
    height = top - 0.45 * radius * d2 / radius**2
    free = (d2 < radius**2) & ~roofed[rows, columns]
    view = model[rows, columns]
    view[free] = np.maximum(view, height)[free]


def scatter(polygons: Sequence[tuple[Sequence[float], float]], dice: Dice) -> list[tuple[float, float, float, float]]:
    """Return crowns strewn over boxes (west, south, east, north) with an expected count each."""
    crowns = []
    for (west, south, east, north), count in polygons:
        for _ in range(int(count) + dice.chance(count % 1)):
            radius = dice.between(1.8, 4.2)
            crowns.append(
                (dice.between(west, east), dice.between(south, north), radius, radius * dice.between(2.2, 3.4))
            )
    return crowns
