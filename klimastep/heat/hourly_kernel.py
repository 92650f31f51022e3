"""The hours of the 5R1C network, compiled: many buildings side by side, three hours at a time.

Temperatures are differences from 20 °C. The warmth of the mass is counted in the heat that it spares in an hour:
need = goal - warmth - what the sun spares - what the outdoor temperature spares, all in W/m².
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from klimastep.units import HOURS_PER_DAY

ZERO_DEGC = 20.0  # where temperatures count from: small numbers keep their digits in single precision
LANES = 256  # buildings side by side; their numbers fit the first-level cache
STEP_H = 3  # hours for which a building's numbers stay in registers
STEPS = HOURS_PER_DAY // STEP_H
SPIN_UP_DAYS = 4 * 7
SUMMER = (4, 9)  # May to September, months from zero
COLUMNS = 7  # of the weather: outside, five of sun, above which air the windows are opened


class Known(NamedTuple):
    """What the kernel knows of each building, arrays of shape (n,), per reference area; where it starts comes last.

    Parameters
    ----------
    day, night : ndarray
        Need with 20 °C outside and in the mass, without sun. [W/m²]
    level, east, south, west, north : ndarray
        Need spared by the sun on a plane. [1]
    outside : ndarray
        Need spared by the outdoor temperature. [W/(m²·K)]
    by_outside, by_gains, by_sun, by_warmth, by_heat : ndarray
        Warmth at the end of the hour from the outdoor temperature [W/(m²·K)], inner gains [W/m²], need spared by the
        sun, warmth at the beginning, and heat [1].
    free_outside, free_gains, air : ndarray
        Not heated, windows shut: air = (warmth + sun + free_outside outside + free_gains) air. [W/(m²·K)], [W/m²],
        [K m²/W]
    airing, by_airing : ndarray
        Open windows warm the air by this share of what it is colder than outside [1]; warmth from that. [W/(m²·K)]
    felt_airing, felt_outside, limit : ndarray
        Too warm: air > felt_airing what airing warms + felt_outside outside + limit. [1], [1], [K]
    warmth, free_air : ndarray
        At the beginning. [W/m²], [K]
    """

    day: NDArray[np.float64]
    night: NDArray[np.float64]
    level: NDArray[np.float64]
    east: NDArray[np.float64]
    south: NDArray[np.float64]
    west: NDArray[np.float64]
    north: NDArray[np.float64]
    outside: NDArray[np.float64]
    by_outside: NDArray[np.float64]
    by_gains: NDArray[np.float64]
    by_sun: NDArray[np.float64]
    by_warmth: NDArray[np.float64]
    by_heat: NDArray[np.float64]
    free_outside: NDArray[np.float64]
    free_gains: NDArray[np.float64]
    air: NDArray[np.float64]
    airing: NDArray[np.float64]
    by_airing: NDArray[np.float64]
    felt_airing: NDArray[np.float64]
    felt_outside: NDArray[np.float64]
    limit: NDArray[np.float64]
    warmth: NDArray[np.float64]
    free_air: NDArray[np.float64]


# Rows of the flat array of a block of buildings: what is known, then what only the hours bring.
_KNOWN = len(Known._fields)
_ROWS = range(0, (_KNOWN + 5) * LANES, LANES)
_DAY, _NIGHT, _LEVEL, _EAST, _SOUTH, _WEST, _NORTH, _OUTSIDE = _ROWS[:8]
_BY_OUTSIDE, _BY_GAINS, _BY_SUN, _BY_WARMTH, _BY_HEAT, _FREE_OUTSIDE, _FREE_GAINS, _AIR = _ROWS[8:16]
_AIRING, _BY_AIRING, _FELT_AIRING, _FELT_OUTSIDE, _LIMIT, _WARMTH, _FREE_AIR = _ROWS[16:_KNOWN]
_FREE_WARMTH, _SUM, _PEAK, _HOT, _GOALS = _ROWS[_KNOWN:]
_SIZE = _GOALS + STEP_H * LANES


@numba.njit(nogil=True, cache=True)
def run(
    weather: np.ndarray,
    sunny: np.ndarray,
    night: np.ndarray,
    first_days: np.ndarray,
    lanes: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill the results of a year.

    Parameters
    ----------
    weather : ndarray, shape (steps, hours of a step x 7)
        Columns of each hour, see `COLUMNS`. Its precision and that of `lanes` are those of the hours.
    sunny : ndarray of bool, shape (steps,)
        Whether there is any sun in the step.
    night : ndarray of int, shape (steps,)
        In which hours of the step the lower set-point holds, bit by bit from the first on.
    first_days : ndarray, shape (13,)
        First day of each month, then the number of days.
    lanes : ndarray, shape (len(Known), n)
        What is known, n a multiple of `LANES`.
    out : ndarray, shape (14, n)
        Zeros at first; need of the months [Wh/m²], largest need [W/m²] and hours too warm.
    """
    # One flat array with fixed distances: the compiler sees that rows do not overlap and works on vectors of buildings.
    flat = np.empty(_SIZE, lanes.dtype)
    days = first_days[12]
    for first in range(0, lanes.shape[1], LANES):
        for r in range(_KNOWN):
            flat[r * LANES : (r + 1) * LANES] = lanes[r, first : first + LANES]
        flat[_SUM:] = 0.0
        before = -1
        for d in range(days - SPIN_UP_DAYS, days):
            before = _day(flat, weather, sunny, night, d, before, False)
        flat[_SUM:_GOALS] = 0.0
        for m in range(12):
            if m == SUMMER[0]:
                flat[_FREE_WARMTH:_SUM] = flat[_WARMTH:_FREE_AIR]
            for d in range(first_days[m], first_days[m + 1]):
                before = _day(flat, weather, sunny, night, d, before, SUMMER[0] <= m < SUMMER[1])
                _collect(flat, out, m, first)
        out[12, first : first + LANES] = flat[_PEAK:_HOT]
        out[13, first : first + LANES] = flat[_HOT:_GOALS]


@numba.njit(nogil=True, cache=True)
def _day(
    flat: np.ndarray, weather: np.ndarray, sunny: np.ndarray, night: np.ndarray, day: int, before: int, summer: bool
) -> int:
    for s in range(day * STEPS, (day + 1) * STEPS):
        if night[s] != before:
            _lower(flat, night[s])
            before = night[s]
        if summer and sunny[s]:  # constants: each of the four is compiled on its own
            _hours(flat, weather[s], True, True)
        elif summer:
            _hours(flat, weather[s], False, True)
        elif sunny[s]:
            _hours(flat, weather[s], True, False)
        else:
            _hours(flat, weather[s], False, False)
    return before


@numba.njit(nogil=True, cache=True)
def _lower(flat: np.ndarray, night: int) -> None:
    for h in range(STEP_H):
        goal = _NIGHT if night >> h & 1 else _DAY
        for j in range(LANES):
            flat[_GOALS + h * LANES + j] = flat[goal + j]


@numba.njit(nogil=True, cache=True)
def _collect(flat: np.ndarray, out: np.ndarray, m: int, first: int) -> None:
    for j in range(LANES):
        out[m, first + j] += flat[_SUM + j]
    for j in range(LANES):
        flat[_SUM + j] = 0.0


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _hours(flat: np.ndarray, weather: np.ndarray, sunny: bool, summer: bool) -> None:
    zero, one = flat.dtype.type(0), flat.dtype.type(1)
    for j in range(LANES):
        warmth, total, most = flat[_WARMTH + j], flat[_SUM + j], flat[_PEAK + j]
        free, air, hot = flat[_FREE_WARMTH + j], flat[_FREE_AIR + j], flat[_HOT + j]
        for h in range(STEP_H):
            at = h * COLUMNS
            outside = weather[at]
            need = flat[_GOALS + h * LANES + j] - flat[_OUTSIDE + j] * outside
            gains = flat[_BY_GAINS + j] + flat[_BY_OUTSIDE + j] * outside
            sun = zero
            if sunny:
                sun = (
                    flat[_LEVEL + j] * weather[at + 1]
                    + flat[_EAST + j] * weather[at + 2]
                    + flat[_SOUTH + j] * weather[at + 3]
                    + flat[_WEST + j] * weather[at + 4]
                    + flat[_NORTH + j] * weather[at + 5]
                )
                need -= sun
                gains += flat[_BY_SUN + j] * sun
            lack = need - warmth
            heat = lack if lack > zero else zero
            warmth = flat[_BY_WARMTH + j] * warmth + gains + flat[_BY_HEAT + j] * heat
            total += heat
            most = heat if heat > most else most
            if summer:
                shut = flat[_AIR + j] * (flat[_FREE_GAINS + j] + flat[_FREE_OUTSIDE + j] * outside + sun + free)
                warmer = flat[_AIRING + j] * (outside - shut)
                warmer = warmer if air > weather[at + 6] else zero
                air = shut + warmer
                free = flat[_BY_WARMTH + j] * free + gains + flat[_BY_AIRING + j] * warmer
                felt_limit = flat[_LIMIT + j] + flat[_FELT_OUTSIDE + j] * outside
                hot += one if air - flat[_FELT_AIRING + j] * warmer > felt_limit else zero
        flat[_WARMTH + j], flat[_SUM + j], flat[_PEAK + j] = warmth, total, most
        if summer:
            flat[_FREE_WARMTH + j], flat[_FREE_AIR + j], flat[_HOT + j] = free, air, hot
