"""Hourly heat balance by the 5R1C network (EN ISO 13790, annex C) on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from klimastep.heat.archetypes import boundary
from klimastep.heat.balance_monthly import TABULA_USE, Operation, reduction
from klimastep.heat.balance_seasonal import AIR_CAPACITY_WH_M3K, Array, Conditions, Envelope, apertures
from klimastep.heat.network import Response, blend, network, solve
from klimastep.units import HOURS_PER_DAY, W_PER_KW

if TYPE_CHECKING:
    from klimastep.weather import HourlyClimate

AIR_IN_OPERATIVE = 0.3  # C.3: operative = 0.3 air + 0.7 surfaces
SPIN_UP_H = 4 * 7 * HOURS_PER_DAY
LANES = 32
CHUNK = 1024
SUMMER = (4, 9)  # May to September, months from zero
_KNOWN_ROWS = 41  # rows of `lanes_of`; the states stand behind them
_MASS, _SUM, _PEAK, _RADIANT, _SUMMER_MASS, _SUMMER_AIR, _HOT = (LANES * (_KNOWN_ROWS + i) for i in range(7))
_ROWS = _KNOWN_ROWS + 7


class Comfort(NamedTuple):
    """What counts as too warm, and how people air then."""

    limit_degc: float
    airing_above_degc: float
    airing_1_h: float


class Hours(NamedTuple):
    """Result, per reference area, shape (n,) or (n, 12).

    Parameters
    ----------
    space_heat_kwh_m2a : ndarray, shape (n,)
        [kWh/(m²·a)]
    monthly_kwh_m2 : ndarray, shape (n, 12)
        [kWh/m²]
    heat_load_w_m2 : ndarray, shape (n,)
        Largest need of an hour. [W/m²]
    overheating_h_a : ndarray, shape (n,)
        Hours from May to September above the limit of the operative temperature, not heated. [h/a]
    """

    space_heat_kwh_m2a: Array
    monthly_kwh_m2: Array
    heat_load_w_m2: Array
    overheating_h_a: Array


class Course(NamedTuple):
    """One building over the hours: heat [W/m²] and temperatures at the end of the hour (mass) or in it. [°C]"""

    heat_w_m2: Array
    air_degc: Array
    surface_degc: Array
    mass_degc: Array


@cache
def summer_limits() -> Comfort:
    """Return what DIN 4108-2 counts as too warm and how it airs then, from `reference/heat_boundary.csv`."""
    b = boundary()
    return Comfort(b["all", "summer_limit"], b["all", "airing_above"], b["all", "airing"])


def is_night(hour_of_day: np.ndarray, operation: Operation) -> Array:
    """Return 1 in hours with the lower set-point, else 0."""
    length = (operation.night_to_h - operation.night_from_h) % HOURS_PER_DAY
    return ((hour_of_day - operation.night_from_h) % HOURS_PER_DAY < length).astype(np.float64)


def balance(
    envelope: Envelope,
    conditions: Conditions,
    climate: HourlyClimate,
    light: Sequence[int],
    operation: Operation = TABULA_USE,
    comfort: Comfort | None = None,
    air_weight: float = AIR_IN_OPERATIVE,
) -> Hours:
    """Return the hourly balance of n buildings; hours are summed on the fly.

    A building's values depend on nothing but the building and the climate: they are the same bit for bit in any
    batch and on any number of threads. Memory beside inputs and results does not grow with the buildings.

    TABULA's reduction factor F multiplies all losses. That is the network of the whole building with gains / F,
    its need times F.

    Parameters
    ----------
    envelope : Envelope
    conditions : Conditions
    climate : HourlyClimate
    light : sequence of int
        Which components have no mass: windows and doors.
    operation : Operation
    comfort : Comfort, optional
        That of DIN 4108-2 by default, see :func:`summer_limits`.
    air_weight : float
        Which temperature the set-point holds: 1 the air (annex C as printed), 0.3 the operative temperature, which
        is what the internal temperature of the monthly and the seasonal method means. [1]

    References
    ----------
    EN ISO 13790:2008, annex C (simple hourly method), table 12 (capacity and mass area); DIN 4108-2:2013 (summer).
    """
    n = len(envelope.reference_area_m2)
    result = Hours(np.empty(n), np.empty((n, 12)), np.empty(n), np.empty(n))
    limits = summer_limits() if comfort is None else comfort
    inputs = _Inputs(envelope, conditions, climate, light, operation, limits, air_weight)
    chunks = [slice(first, min(first + CHUNK, n)) for first in range(0, n, CHUNK)]
    if len(chunks) < 2:
        for chunk in chunks:
            _fill(result, inputs, chunk)
    else:
        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            list(pool.map(lambda chunk: _fill(result, inputs, chunk), chunks))
    return result


class _Inputs(NamedTuple):
    envelope: Envelope
    conditions: Conditions
    climate: HourlyClimate
    light: Sequence[int]
    operation: Operation
    comfort: Comfort
    air_weight: float


def _part(values: Array | float | None, chunk: slice) -> Array | float | None:
    return values[chunk] if isinstance(values, np.ndarray) and values.ndim and len(values) > 1 else values


def _fill(result: Hours, whole: _Inputs, chunk: slice) -> None:
    envelope = Envelope(*(_part(v, chunk) for v in whole.envelope))  # type: ignore[arg-type]
    conditions = Conditions(*(_part(v, chunk) for v in whole.conditions))  # type: ignore[arg-type]
    operation = Operation(*(_part(v, chunk) for v in whole.operation))  # type: ignore[arg-type]
    climate, comfort = whole.climate, whole.comfort
    rows, factor = lanes_of(envelope, conditions, whole.light, operation, comfort, whole.air_weight)
    known = np.isfinite(rows).all(axis=0)
    n = rows.shape[1]
    lanes = np.zeros((rows.shape[0], -(-n // LANES) * LANES))
    lanes[:, :n] = np.where(known, rows, 0.0)
    out = np.zeros((14, lanes.shape[1]))  # twelve months, peak, hours too warm
    night = is_night(climate.hour_of_day, operation)
    limits = np.array([comfort.limit_degc, comfort.airing_above_degc])
    sun = np.ascontiguousarray(climate.radiation_w_m2)
    _run(climate.temp_external_degc, sun, night, climate.starts, limits, lanes, out)
    scale = np.where(known, factor, np.nan)
    result.monthly_kwh_m2[chunk] = (out[:12, :n] / W_PER_KW * scale).T
    total = np.zeros(n)
    for month in out[:12, :n]:
        total += month
    result.space_heat_kwh_m2a[chunk] = total / W_PER_KW * scale
    result.heat_load_w_m2[chunk] = out[12, :n] * scale
    result.overheating_h_a[chunk] = np.where(known, out[13, :n], np.nan)


def lanes_of(
    envelope: Envelope,
    conditions: Conditions,
    light: Sequence[int],
    operation: Operation,
    comfort: Comfort,
    air_weight: float,
) -> tuple[Array, Array]:
    """Return all that the kernel knows of each building, shape (41, n), and the factor on all losses, (n,)."""
    net = network(envelope, conditions, light, operation)
    factor = reduction(net.h_window + net.h_opaque, conditions, operation)
    height = np.broadcast_to(np.asarray(conditions.room_height_m, dtype=np.float64), factor.shape)
    closed = solve(net)
    opened = solve(net._replace(h_ve=AIR_CAPACITY_WH_M3K * comfort.airing_1_h * height))
    windows = apertures(envelope, conditions) / (envelope.reference_area_m2 * factor)[:, None]
    internal = 0.5 * np.asarray(conditions.internal_gains_w_m2) / factor
    day = np.broadcast_to(np.asarray(conditions.indoor_degc, dtype=np.float64), factor.shape)
    night = day if operation.setback_k is None else day - operation.setback_k

    def row(response: Response) -> tuple[Array, ...]:
        constant = internal * (response.radiant + response.air)
        return response.mass, response.outside, response.radiant, constant

    held = blend(closed, air_weight)
    rows = [day, night, *windows.T, *row(held), 1.0 / held.air, *row(closed.mass), closed.mass.air]
    for solution in (closed, opened):
        rows += [*row(solution.mass), *row(blend(solution, AIR_IN_OPERATIVE)), *row(solution.air)]
    return np.stack(rows), factor


def course(
    envelope: Envelope,
    conditions: Conditions,
    climate: HourlyClimate,
    light: Sequence[int],
    operation: Operation = TABULA_USE,
    air_weight: float = AIR_IN_OPERATIVE,
) -> Course:
    """Return the first building hour by hour, for pictures and checks.

    Parameters
    ----------
    envelope, conditions, climate, light, operation, air_weight
        As for :func:`balance`.
    """
    net = network(envelope, conditions, light, operation)
    factor = reduction(net.h_window + net.h_opaque, conditions, operation)[0]
    solution = solve(net)
    mass, surface, air = (tuple(float(v[0]) for v in r) for r in solution)
    held_mass, held_out, held_radiant, held_air = (float(v[0]) for v in blend(solution, air_weight))
    opening = apertures(envelope, conditions)[0] / envelope.reference_area_m2[0] / factor
    internal = 0.5 * float(np.broadcast_to(conditions.internal_gains_w_m2, len(net.h_ve))[0]) / factor
    day = float(np.broadcast_to(conditions.indoor_degc, len(net.h_ve))[0])
    setback = 0.0 if operation.setback_k is None else float(np.broadcast_to(operation.setback_k, len(net.h_ve))[0])
    outside = climate.temp_external_degc
    radiant = internal + climate.radiation_w_m2 @ opening
    goal = day - setback * is_night(climate.hour_of_day, operation)
    hours = len(outside)
    out = np.empty((4, hours))
    before = day
    for k in range(-SPIN_UP_H, hours):
        e, g = outside[k], radiant[k]
        free = held_mass * before + held_out * e + held_radiant * g + held_air * internal
        heat = max((goal[k] - free) / held_air, 0.0)
        to_air = internal + heat
        if k >= 0:
            temperatures = [a * before + b * e + c * g + d * to_air for a, b, c, d in (air, surface)]
        before = mass[0] * before + mass[1] * e + mass[2] * g + mass[3] * to_air
        if k >= 0:
            out[:, k] = heat * factor, *temperatures, before
    return Course(*out)


@numba.njit(nogil=True, cache=True)
def _run(temp: Array, sun: Array, night: Array, starts: np.ndarray, limits: Array, lanes: Array, out: Array) -> None:
    # One flat array for what is known of a block of buildings and for their states: with fixed distances in one
    # array the compiler sees that nothing overlaps and works on a whole vector of buildings at a time.
    flat = np.empty(_ROWS * LANES)
    for first in range(0, lanes.shape[1], LANES):
        for r in range(lanes.shape[0]):
            flat[r * LANES : (r + 1) * LANES] = lanes[r, first : first + LANES]
        flat[_MASS:_SUM] = flat[:LANES]
        for k in range(temp.shape[0] - SPIN_UP_H, temp.shape[0]):
            _heat(flat, temp[k], night[k], sun[k, 0], sun[k, 1], sun[k, 2], sun[k, 3], sun[k, 4])
        flat[_PEAK:] = 0.0
        for m in range(12):
            flat[_SUM:_PEAK] = 0.0
            if m == SUMMER[0]:
                flat[_SUMMER_MASS:_SUMMER_AIR] = flat[_MASS:_SUM]
                flat[_SUMMER_AIR:_HOT] = flat[:LANES]
            for k in range(starts[m], starts[m + 1]):
                _heat(flat, temp[k], night[k], sun[k, 0], sun[k, 1], sun[k, 2], sun[k, 3], sun[k, 4])
                if SUMMER[0] <= m < SUMMER[1]:
                    _drift(flat, temp[k], limits[0], limits[1])
            out[m, first : first + LANES] = flat[_SUM:_PEAK]
        out[12, first : first + LANES] = flat[_PEAK:_RADIANT]
        out[13, first : first + LANES] = flat[_HOT:]


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _heat(
    flat: Array, outside: float, night: float, level: float, east: float, south: float, west: float, north: float
) -> None:
    for j in range(LANES):
        radiant = (
            flat[2 * LANES + j] * level
            + flat[3 * LANES + j] * east
            + flat[4 * LANES + j] * south
            + flat[5 * LANES + j] * west
            + flat[6 * LANES + j] * north
        )
        mass = flat[_MASS + j]
        goal = flat[j] + (flat[LANES + j] - flat[j]) * night
        free = flat[7 * LANES + j] * mass + flat[8 * LANES + j] * outside + flat[9 * LANES + j] * radiant
        lack = (goal - free - flat[10 * LANES + j]) * flat[11 * LANES + j]
        heat = lack if lack > 0.0 else 0.0
        drift = flat[12 * LANES + j] * mass + flat[13 * LANES + j] * outside + flat[14 * LANES + j] * radiant
        flat[_MASS + j] = drift + flat[15 * LANES + j] + flat[16 * LANES + j] * heat
        flat[_SUM + j] += heat
        most = flat[_PEAK + j]
        flat[_PEAK + j] = heat if heat > most else most
        flat[_RADIANT + j] = radiant


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _drift(flat: Array, outside: float, limit: float, airing: float) -> None:
    for j in range(LANES):
        air, mass, radiant = flat[_SUMMER_AIR + j], flat[_SUMMER_MASS + j], flat[_RADIANT + j]
        above = 1.0 if air > airing else 0.0
        warmer = 1.0 if air > outside else 0.0
        wide = above * warmer  # 1 with open windows; a branch would keep the loop from becoming vectors
        shut = 1.0 - wide
        felt = (
            (shut * flat[21 * LANES + j] + wide * flat[33 * LANES + j]) * mass
            + (shut * flat[22 * LANES + j] + wide * flat[34 * LANES + j]) * outside
            + (shut * flat[23 * LANES + j] + wide * flat[35 * LANES + j]) * radiant
            + (shut * flat[24 * LANES + j] + wide * flat[36 * LANES + j])
        )
        flat[_SUMMER_AIR + j] = (
            (shut * flat[25 * LANES + j] + wide * flat[37 * LANES + j]) * mass
            + (shut * flat[26 * LANES + j] + wide * flat[38 * LANES + j]) * outside
            + (shut * flat[27 * LANES + j] + wide * flat[39 * LANES + j]) * radiant
            + (shut * flat[28 * LANES + j] + wide * flat[40 * LANES + j])
        )
        flat[_SUMMER_MASS + j] = (
            (shut * flat[17 * LANES + j] + wide * flat[29 * LANES + j]) * mass
            + (shut * flat[18 * LANES + j] + wide * flat[30 * LANES + j]) * outside
            + (shut * flat[19 * LANES + j] + wide * flat[31 * LANES + j]) * radiant
            + (shut * flat[20 * LANES + j] + wide * flat[32 * LANES + j])
        )
        flat[_HOT + j] += 1.0 if felt > limit else 0.0
