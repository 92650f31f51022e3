"""Horizon of each cell of a surface in each direction, by a sweep of running shadow heights (array file)."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from klimastep.solar.sweep import LEVELS, NOTHING, sweep

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.unsignedinteger]

SECTORS = 64
PARTS = 11  # of a level, which a horizon is told to
TOP_DEG = 86.0
BEND = 0.45  # share of the elevation scale that is even; the rest is finer near the ground
RANGE_M = 128.0  # every obstacle up to here counts, some up to twice as far; beyond it the coarse grid
NEAR = 3  # rows next to an eye in which its own ray is followed
GOLDEN = (math.sqrt(5) - 1) / 2


class Scale(NamedTuple):
    """The elevations that are told apart.

    Parameters
    ----------
    sectors : int
        Directions, the first one north, clockwise.
    level_tan : ndarray (levels,)
        Tangents of the running shadows, ascending from 0. [1]
    code_tan : ndarray (codes,)
        Tangent that each horizon code stands for. [1]
    """

    sectors: int
    level_tan: Floats
    code_tan: Floats

    @property
    def azimuth_rad(self) -> Floats:
        """Middle of each sector. [rad]"""
        return np.arange(self.sectors, dtype=np.float64) * (2 * np.pi / self.sectors)

    @property
    def parts(self) -> int:
        """Codes of a level."""
        return (len(self.code_tan) - 1) // (LEVELS - 1)

    @property
    def code(self) -> type[np.unsignedinteger]:
        """Kind of number that holds a code."""
        return np.uint8 if len(self.code_tan) <= np.iinfo(np.uint8).max + 1 else np.uint16

    @property
    def rounding(self) -> Singles:
        """What is added to codes before they are cut: up here, down there, alike in mirror images and quarter turns."""
        quarter = np.arange(self.sectors) * (4 / self.sectors)
        number = np.abs(quarter - np.round(quarter)) * self.sectors / 4
        return ((np.round(number, 6) * GOLDEN + 0.5) % 1.0).astype(np.float32)


class Place(NamedTuple):
    """Where an array lies on the endless grid: numbers of its first row and column, and its cell. [m]"""

    row: int
    column: int
    cell_m: float


class Box(NamedTuple):
    """Rows and columns of an array, half-open."""

    top: int
    bottom: int
    left: int
    right: int


class Reach(NamedTuple):
    """How far obstacles count: all from `gap` to `gap + sure` cells, none beyond `gap + 2 * sure`."""

    sure: int
    gap: int = 0


def scale(sectors: int = SECTORS, parts: int = PARTS) -> Scale:
    """Return elevations from 0 to 86°, denser near the ground; between two of them a horizon is interpolated.

    Parameters
    ----------
    sectors : int
        At least 4.
    parts : int
        Of each interval between two levels; up to 11 make codes of a byte.
    """
    x = np.linspace(0.0, 1.0, LEVELS)
    tan = np.tan(np.radians(TOP_DEG * (BEND * x + (1 - BEND) * x**2)))
    code = np.interp(np.arange((LEVELS - 1) * parts + 1) / parts, np.arange(LEVELS), tan)
    return Scale(sectors, tan, code)


def halo_cells(cell_m: float, range_m: float = RANGE_M) -> int:
    """Return the cells around a window that its horizons may depend on."""
    return 2 * math.ceil(range_m / cell_m) + 4


def horizons(surface: Singles, eye: Singles, place: Place, core: Box, steps: Scale, reach: Reach) -> Codes:
    """Return the horizon of each core cell in each sector.

    The surface is the bilinear one through the heights at the cells' middles. A ray looks at it wherever it crosses
    a row or a column of middles. The rows next to an eye are looked at along its own ray; beyond them, for a fixed
    elevation, the height of the shadow that falls along a line is ``shadow = max(shadow, z) - tan * step``, and an
    eye takes what lies between the two lines beside it. A cell's horizon lies between the highest elevation whose
    shadow is above it and the next one, where the line through both meets its height: exact where one obstacle, or a
    plane, makes these shadows. The shadows begin anew at fixed rows of the endless grid, so that a horizon is the
    same bit for bit in whatever window that reaches `reach` beyond the core.

    Parameters
    ----------
    surface : ndarray (rows, columns)
        What hides the sky; NaN hides nothing. Row 0 in the north. [m]
    eye : ndarray (rows, columns)
        Heights looked from. [m]
    place : Place
    core : Box
        Cells wanted.
    steps : Scale
    reach : Reach

    Returns
    -------
    ndarray of integers (sectors, core rows, core columns)
        Index into ``steps.code_tan``, rounded up in some sectors and down in others; 0 where nothing rises above
        the level or the eye is unknown.
    """
    height = np.where(np.isnan(surface), NOTHING, surface).astype(np.float32)
    seen = np.where(np.isnan(eye), -NOTHING, eye).astype(np.float32)
    flipped = np.ascontiguousarray(height.T), np.ascontiguousarray(seen.T)
    out = np.empty((steps.sectors, core.bottom - core.top, core.right - core.left), dtype=steps.code)
    rounding = steps.rounding
    near = 0 if reach.gap else NEAR

    def work(sector: int) -> None:
        angle = 2 * math.pi * sector / steps.sectors
        down, right = _clean(-math.cos(angle)), _clean(math.sin(angle))
        turned = abs(right) > abs(down)
        major, minor = (right, down) if turned else (down, right)
        falls = (steps.level_tan * place.cell_m / abs(major)).astype(np.float32)
        ahead = 1 if major > 0 else -1
        walk = (place.column if turned else place.row, major > 0, minor / major, reach.sure, near or reach.gap)
        rest = walk, passed(minor / major * ahead, ahead, near), (falls, np.float32(steps.parts), rounding[sector])
        if turned:
            found = np.empty(out.shape[:0:-1], dtype=out.dtype)
            sweep(*flipped, (*core[2:], *core[:2]), *rest, found)
            out[sector] = found.T
        else:
            sweep(height, seen, tuple(core), *rest, out[sector])

    each(work, steps.sectors)
    return out


def passed(drift: float, ahead: int, near: int) -> tuple[npt.NDArray[np.int64], Singles]:
    """Return what a ray passes in the rows next to its eye.

    Parameters
    ----------
    drift : float
        Columns to the right by row ahead.
    ahead : int
        1 down, -1 up.
    near : int
        Rows.

    Returns
    -------
    cells : ndarray (points, 4)
        Row and column, from the eye, of the two cells around each point where it crosses a row or column.
    weights : ndarray (points, 3)
        Shares of both cells, 1 by the rows up to the point. [1]
    """
    cells, weights = [], []
    for row in range(1, near + 1):
        column = math.floor(drift * row)
        share = drift * row - column
        cells.append((ahead * row, column, ahead * row, column + (share > 0)))
        weights.append((1 - share, share, 1 / row))
    aside, slant = 1 if drift > 0 else -1, 1 + abs(drift)
    if near and drift:
        cells.append((ahead, 0, 0, aside))  # how steeply the cell begins
        weights.append((1 / slant, abs(drift) / slant, slant))
    for column in range(1, math.floor(abs(drift) * near) + 1):
        far = column / abs(drift)
        row = math.floor(far)
        if row < far:
            cells.append((ahead * row, aside * column, ahead * (row + 1), aside * column))
            weights.append((1 - (far - row), far - row, 1 / far))
    return np.array(cells, dtype=np.int64).reshape(-1, 4), np.array(weights, dtype=np.float32).reshape(-1, 3)


def each(work: Callable[[int], None], count: int) -> None:
    """Do numbered pieces of work on numba's number of threads; each writes a place of its own."""
    threads = numba.get_num_threads()
    if threads == 1:
        for piece in range(count):
            work(piece)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(count)))


def _clean(value: float) -> float:
    """Return sine or cosine with the dust of the four winds and diagonals wiped off."""
    return round(value, 14)
