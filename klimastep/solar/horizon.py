"""Horizon of each cell of a surface in each direction, by a sweep of running shadow heights (array file)."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]

SECTORS = 64
LEVELS = 16
STEPS = 16  # parts of a level: a horizon is known to a sixteenth of it
TOP_DEG = 86.0
BEND = 0.45  # share of the elevation scale that is even; the rest is finer near the ground
RANGE_M = 128.0  # every obstacle up to here counts, some up to twice as far; beyond it the coarse grid
LANES = 512
ABREAST = 4  # levels that the inner loop takes at once
NOTHING = np.float32(-1e6)  # height of a cell that hides nothing
TINY = np.float32(1e-20)
NEVER = np.float32(1e12)


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


def scale(sectors: int = SECTORS, levels: int = LEVELS) -> Scale:
    """Return elevations from 0 to 86°, denser near the ground.

    Parameters
    ----------
    sectors : int
        At least 4.
    levels : int
        4, 8, 12 or 16; between two of them a horizon is interpolated.
    """
    x = np.linspace(0.0, 1.0, levels)
    tan = np.tan(np.radians(TOP_DEG * (BEND * x + (1 - BEND) * x**2)))
    code = np.interp(np.arange((levels - 1) * STEPS + 1) / STEPS, np.arange(levels), tan)
    return Scale(sectors, tan, code)


def halo_cells(cell_m: float, range_m: float = RANGE_M) -> int:
    """Return the cells around a window that its horizons may depend on."""
    return 2 * math.ceil(range_m / cell_m) + 4


def horizons(surface: Singles, eye: Singles, place: Place, core: Box, steps: Scale, reach: Reach) -> Codes:
    """Return the horizon of each core cell in each sector.

    The surface is the bilinear one through the heights at the cells' middles. A ray looks at it wherever it
    crosses a row of middles (or a column, whichever it meets more squarely). For a fixed elevation the height
    of the shadow that falls along the ray is ``shadow = max(shadow, z) - tan * step``; a cell's horizon lies
    between the highest elevation whose shadow is above it and the next one, where the line through the last two
    shadows above it meets its height: exact where one obstacle, or a plane, makes these shadows. The shadows begin
    anew at fixed rows of the endless grid, so that a horizon is the same bit for bit in whatever window that
    reaches `reach` beyond the core.

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
    ndarray of uint8 (sectors, core rows, core columns)
        Index into ``steps.code_tan``; 0 where nothing rises above the level or the eye is unknown.
    """
    height = np.where(np.isnan(surface), NOTHING, surface).astype(np.float32)
    seen = np.where(np.isnan(eye), -NOTHING, eye).astype(np.float32)
    flipped = np.ascontiguousarray(height.T), np.ascontiguousarray(seen.T)
    out = np.zeros((steps.sectors, core.bottom - core.top, core.right - core.left), dtype=np.uint8)

    def sweep(sector: int) -> None:
        angle = 2 * math.pi * sector / steps.sectors
        down, right = _clean(-math.cos(angle)), _clean(math.sin(angle))
        turned = abs(right) > abs(down)
        major, minor = (right, down) if turned else (down, right)
        drop = (steps.level_tan * place.cell_m / abs(major)).astype(np.float32)
        walk = (place.column if turned else place.row, major > 0, minor / major, reach.sure, reach.gap)
        if turned:
            found = np.zeros(out.shape[:0:-1], dtype=np.uint8)
            _sweep(*flipped, Box(*core[2:], *core[:2]), drop, walk, found)
            out[sector] = found.T
        else:
            _sweep(height, seen, core, drop, walk, out[sector])

    _each(sweep, steps.sectors)
    return out


def _each(work: Callable[[int], None], count: int) -> None:
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


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _sweep(surface, eye, core, drop, walk, out):  # type: ignore[no-untyped-def]
    """Walk from obstacles to eyes along rows; lines run askew by `slope` columns a row, LANES of them at a time."""
    top, bottom, left, right = core
    row0, backward, slope, sure, gap = walk
    rows, columns = surface.shape
    far = 2 * sure + gap + 1
    step = -1 if backward else 1
    first = min(rows - 1, bottom - 1 + far - gap) if backward else max(0, top - far + gap)
    last = top if backward else bottom - 1
    aside = np.int64(np.ceil(abs(slope) * far)) + 1
    west, east = max(left - aside, 0), min(right + aside, columns)
    low_line, high_line = np.int64(2**62), np.int64(-(2**62))
    for i in (first, last):
        base = np.int64(np.floor(-slope * (row0 + i)))
        low_line, high_line = min(low_line, west + base), max(high_line, east + base)
    old = np.empty((drop.shape[0], LANES + 1), np.float32)
    young = np.empty((drop.shape[0], LANES + 1), np.float32)
    z = np.empty(LANES + 1, np.float32)
    work = np.empty((4, LANES), np.float32)
    widths = np.full(drop.shape[0] + 1, NEVER)
    for m in range(2, drop.shape[0]):
        widths[m] = (drop[m - 1] - drop[m - 2]) / (drop[m] - drop[m - 1])
    for line in range(low_line, high_line + 1, LANES):
        old[:] = NOTHING
        young[:] = NOTHING
        for k in range(abs(last - first) + 1):
            i = first + step * k
            exact = -slope * (row0 + i)
            base = np.int64(np.floor(exact))
            phase = (step * (row0 + i)) % (2 * sure)
            if phase == 0 or phase == sure:
                old, young = young, old
                young[:] = NOTHING
            begin, end = max(left, line - base), min(right, line + LANES - base)
            if top <= i < bottom and begin < end:
                at = begin + base - line
                eyes = eye[i, begin:end]
                _look(old, (at, np.float32(exact - base)), eyes, work, widths, out[i - top, begin - left : end - left])
            source = i - step * gap
            exact = -slope * (row0 + source)
            ahead = np.int64(np.floor(exact))
            low = max(west + min(base, ahead) - line, 0)
            high = min(east + max(base, ahead) + 1 - line, LANES + 1)
            if low < high:
                z[low:high] = NOTHING
                if 0 <= source < rows:
                    _slice(surface[source], line - ahead + low, np.float32(exact - ahead), z[low:high])
                _cast(old, young, z, drop, np.array((low, high, gap)))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _slice(heights, start, part, z):  # type: ignore[no-untyped-def]
    """Interpolate a row of heights at the lines that begin at column `start - part`, where they lie within it."""
    begin, end = max(-start if part == 0 else 1 - start, 0), min(heights.shape[0] - start, z.shape[0])
    if end > begin:
        here, target, keep = heights[start + begin : start + end], z[begin:end], np.float32(1) - part
        before = heights[start + begin - 1 : start + end - 1] if part > 0 else here
        for n in range(target.shape[0]):
            target[n] = keep * here[n] + part * before[n]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cast(old, young, z, drop, span):  # type: ignore[no-untyped-def]
    """Let the shadows take up a row of obstacles and fall by one step."""
    low, high, gap = span
    heights = z[low:high]
    for m in range(drop.shape[0]):
        a, b, fall, lag = old[m, low:high], young[m, low:high], drop[m], drop[m] * np.float32(gap)
        for n in range(heights.shape[0]):
            top = heights[n] - lag
            a[n] = (a[n] if a[n] > top else top) - fall
            b[n] = (b[n] if b[n] > top else top) - fall


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _look(shadow, where, eye, work, widths, out):  # type: ignore[no-untyped-def]
    """Find where the shadows cross the eyes' heights."""
    width = eye.shape[0]
    at, part = where
    count, above, below, higher = work[0, :width], work[1, :width], work[2, :width], work[3, :width]
    higher[:] = -NOTHING
    count[:] = 0
    above[:] = -NOTHING
    below[:] = NOTHING
    for m in range(0, shadow.shape[0], ABREAST):
        upto = at + width + 1
        s0, s1 = shadow[m, at:upto], shadow[m + 1, at:upto]
        s2, s3 = shadow[m + 2, at:upto], shadow[m + 3, at:upto]
        _cross(s0, s1, s2, s3, eye, (count, above, below, higher, part))
    most, half, none = np.float32(shadow.shape[0] - 1), np.float32(0.5), np.float32(0)
    for n in range(width):
        chord = above[n] / (above[n] - below[n] + TINY)
        secant = widths[np.int64(count[n])] * above[n] / (higher[n] - above[n] + TINY)
        level = (count[n] - np.float32(1)) + (secant if secant < chord else chord)
        level = (level if level < most else most) * np.float32(STEPS) + half
        count[n] = level if level > none else none
    for n in range(width):
        out[n] = np.uint8(count[n])


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _cross(s0, s1, s2, s3, eye, work):  # type: ignore[no-untyped-def]
    """Count four shadows that are above the eye, keep by how much the last is above and the next below it."""
    one, none = np.float32(1), np.float32(0)
    count, above, below, higher, part = work
    for n in range(eye.shape[0]):
        e, c, a, b, h = eye[n], count[n], above[n], below[n], higher[n]
        v0 = s0[n] + part * (s0[n + 1] - s0[n]) - e
        v1 = s1[n] + part * (s1[n + 1] - s1[n]) - e
        v2 = s2[n] + part * (s2[n + 1] - s2[n]) - e
        v3 = s3[n] + part * (s3[n + 1] - s3[n]) - e
        for v in (v0, v1, v2, v3):
            up = v > none
            h = a if up else h
            a = v if up else a
            low = NOTHING if up else v
            b = low if low > b else b
            c = c + (one if up else none)
        count[n], above[n], below[n], higher[n] = c, a, b, h
