"""Surfaces whose horizon is known in closed form, and the year that a cell below it receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from klimastep.solar.horizon import Box, Place, Reach, Scale, horizons
from klimastep.solar.sky import SkyTables, received, uprights
from klimastep.weather import Sky, monthly_on_planes

AROUND = 3600  # azimuths of the view of the sky


class Case(NamedTuple):
    """A surface of cells of 1 m, the cell looked from, its plane, and the tangent of its horizon by azimuth."""

    name: str
    heights: np.ndarray
    row: int
    column: int
    tan: Callable[[np.ndarray], np.ndarray]
    view: float | None = None  # of a level cell, where a formula gives it
    tilt_deg: float = 0.0
    azimuth_deg: float = 180.0


def wall(away: str, height: float = 10.0, far: int = 10, length: int = 2001) -> Case:
    """Return an endless wall: tan(horizon) = height / far * cos(off its normal); half the sky is cut along a plane."""
    world = np.zeros((length, 2 * far + 2))
    world[:, :2] = height
    heights, row, column = world, length // 2, far + 1
    turns = {"west": 0, "south": 1, "east": 2, "north": 3}[away]
    for _ in range(turns):
        heights, row, column = np.rot90(heights), heights.shape[1] - 1 - column, row
    normal = {"west": 270, "south": 180, "east": 90, "north": 0}[away]

    def tan(azimuth: np.ndarray) -> np.ndarray:
        return np.maximum(height / far * np.cos(azimuth - np.radians(normal)), 0)

    view = (1 + np.cos(np.arctan(height / far))) / 2
    return Case(f"endless wall in the {away}, {height:g} m high, {far} m away", heights, row, column, tan, view)


def street(along: str, height: float = 12.0, half: int = 8, length: int = 2001) -> Case:
    """Return the middle of an endless street: both sides as a wall, view of the sky cos(arctan(height / half))."""
    heights = np.zeros((length, 2 * half + 3))
    heights[:, [0, 1, -2, -1]] = height
    row, column, eastward = length // 2, half + 1, along == "east-west"
    if eastward:
        heights, row, column = heights.T, column, row

    def tan(azimuth: np.ndarray) -> np.ndarray:
        return height / half * np.abs(np.cos(azimuth) if eastward else np.sin(azimuth))

    view = float(np.cos(np.arctan(height / half)))
    return Case(f"middle of a street {along}, 12 m high, 16 m wide", heights, row, column, tan, view)


def pit(depth: float = 10.0, half: int = 10) -> Case:
    """Return the middle of a square pit: tan(horizon) = depth / half * max(|sin|, |cos|).

    View of the sky: a small plane below the middle of a parallel square (Howell, configuration factor B-3, four times).
    """
    side = 2 * half + 5
    heights = np.full((side, side), depth)
    heights[3:-3, 3:-3] = 0.0
    middle = side // 2

    def tan(azimuth: np.ndarray) -> np.ndarray:
        return depth / half * np.maximum(np.abs(np.sin(azimuth)), np.abs(np.cos(azimuth)))

    x = half / depth
    corner = 2 * x / np.sqrt(1 + x * x) * np.arctan(x / np.sqrt(1 + x * x)) / (2 * np.pi)
    return Case("square pit, 10 m deep, 20 m wide", heights, middle, middle, tan, 4 * corner)


def box(height: float = 10.0, far: int = 10, wide: int = 13) -> Case:
    """Return a cell north of a box: its bilinear surface is the product of two trapezoids, ramps of one cell around."""
    heights = np.zeros((50, 61))
    heights[10 + far : 10 + far + 8, 30 - wide // 2 : 31 + wide // 2] = height
    inner, deep = wide // 2, 7

    def tan(azimuth: np.ndarray) -> np.ndarray:
        out = np.zeros(len(azimuth))
        radius = np.arange(far - 1, 40, 0.01)
        for n, angle in enumerate(azimuth):
            x, y = radius * np.sin(angle), -radius * np.cos(angle)
            across = np.clip(inner + 1 - np.abs(x), 0, 1)
            along = np.clip(np.minimum(y - (far - 1), far + deep + 1 - y), 0, 1)
            out[n] = (height * across * along / radius).max()
        return out

    return Case("box in the south, 10 m high, 13 m wide, 10 m away", heights, 10, 30, tan)


def hill(azimuth_deg: float, slope: float = 1.0) -> Case:
    """Return a cell of an endless hillside: it hides its own plane and nothing else, pvlib's transposition holds."""
    rows, columns = np.mgrid[0:81, 0:81]
    angle = np.radians(azimuth_deg)
    heights = -slope * (columns * np.sin(angle) - rows * np.cos(angle))

    def tan(azimuth: np.ndarray) -> np.ndarray:
        return np.maximum(-slope * np.cos(azimuth - angle), 0)

    tilt = float(np.degrees(np.arctan(slope)))
    return Case(f"hillside of {tilt:.0f}°, facing {azimuth_deg:g}°", heights, 40, 40, tan, None, tilt, azimuth_deg)


def level() -> Case:
    """Return a cell of an endless level plane: it gets the global radiation."""
    return Case("endless level plane", np.full((21, 21), 300.0), 10, 10, np.zeros_like, 1.0)


CASES = [
    level(),
    *(hill(azimuth) for azimuth in (180.0, 90.0, 270.0, 225.0, 0.0)),
    *(wall(away) for away in ("south", "east", "west", "north")),
    wall("south", 20.0),
    street("east-west"),
    street("north-south"),
    pit(),
    box(),
]


def closed(case: Case, sky: Sky) -> tuple[float, float]:
    """Return the year's energy [kWh/m²] and the view of the sky [1] by the closed horizon, every hour by itself.

    A hillside gets what the transposition gives its plane, which ``tests/weather`` holds against pvlib to 0.01 %.
    """
    up = uprights(case.tilt_deg, case.azimuth_deg).astype(np.float64).reshape(3)
    if case.tilt_deg:
        return float(monthly_on_planes([case.tilt_deg], [case.azimuth_deg], sky).sum()), (1 + float(up[2])) / 2
    tan = sky.up / np.hypot(sky.east, sky.north)
    shown = tan > case.tan(np.arctan2(sky.east, sky.north))
    gain = np.maximum(up @ np.stack((sky.east, sky.north, sky.up)), 0)
    around = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    view = case.view
    if view is None:
        view = float(np.mean(1 / (1 + case.tan(around) ** 2)))
    return float(gain[shown].sum() + view * sky.isotropic.sum()), view


def computed(case: Case, tables: SkyTables, steps: Scale) -> tuple[float, float]:
    """Return the same from the horizons of the sweep."""
    heights = case.heights.astype(np.float32)
    core = Box(case.row, case.row + 1, case.column, case.column + 1)
    codes = horizons(heights, heights, Place(0, 0, 1.0), core, steps, Reach(max(heights.shape)))
    got, view = received(codes.reshape(steps.sectors, 1), uprights([case.tilt_deg], [case.azimuth_deg]), tables)
    return float(got.sum(dtype=np.float64)), float(view[0])
