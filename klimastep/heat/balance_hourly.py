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
from klimastep.heat.hourly_kernel import (
    COLUMNS,
    LANES,
    SPIN_UP_DAYS,
    STEP_H,
    ZERO_DEGC,
    Known,
    run,
)
from klimastep.heat.network import H_IS_W_M2K, SURFACE_PER_FLOOR, blend, network, solve
from klimastep.units import HOURS_PER_DAY, W_PER_KW

if TYPE_CHECKING:
    from klimastep.weather import HourlyClimate

AIR_IN_OPERATIVE = 0.3  # C.3: operative = 0.3 air + 0.7 surfaces
SPIN_UP_H = SPIN_UP_DAYS * HOURS_PER_DAY
CHUNK = 6 * LANES
Precision = type[np.float32] | type[np.float64]


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
    precision: Precision = np.float32,
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
    precision : type
        Of the hours; days are summed in double precision. Single precision moves the need by 1e-6 and is twice as fast.

    References
    ----------
    EN ISO 13790:2008, annex C (simple hourly method), table 12 (capacity and mass area); DIN 4108-2:2013 (summer).
    """
    n = len(envelope.reference_area_m2)
    result = Hours(np.empty(n), np.empty((n, 12)), np.empty(n), np.empty(n))
    limits = summer_limits() if comfort is None else comfort
    inputs = _Inputs(envelope, conditions, light, operation, limits, air_weight)
    days = days_of(climate, operation, limits, precision)
    chunks = [slice(first, min(first + CHUNK, n)) for first in range(0, n, CHUNK)]
    if len(chunks) < 2:
        for chunk in chunks:
            _fill(result, inputs, days, chunk)
    else:
        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            list(pool.map(lambda chunk: _fill(result, inputs, days, chunk), chunks))
    return result


class _Inputs(NamedTuple):
    envelope: Envelope
    conditions: Conditions
    light: Sequence[int]
    operation: Operation
    comfort: Comfort
    air_weight: float


class Days(NamedTuple):
    """What the kernel knows of the year, see :func:`klimastep.heat.hourly_kernel.run`."""

    weather: np.ndarray
    sunny: np.ndarray
    night: np.ndarray
    first_days: np.ndarray


def days_of(climate: HourlyClimate, operation: Operation, comfort: Comfort, precision: Precision) -> Days:
    """Return the year as the kernel wants it: steps of some hours, temperatures counted from 20 °C.

    Raises
    ------
    ValueError
        Months that do not begin at midnight.
    """
    if (climate.starts % HOURS_PER_DAY).any():
        raise ValueError(f"months must begin at midnight, found hours {climate.starts.tolist()}")
    outside = climate.temp_external_degc
    opened = np.maximum(outside, comfort.airing_above_degc)
    columns = (outside - ZERO_DEGC, *climate.radiation_w_m2.T, opened - ZERO_DEGC)
    weather = np.stack(columns, axis=1).astype(precision).reshape(-1, STEP_H * COLUMNS)
    sunny = np.asarray(climate.radiation_w_m2.reshape(-1, STEP_H * 5).any(axis=1))
    lower = is_night(climate.hour_of_day, operation) * (operation.setback_k is not None)
    night = lower.astype(np.int64).reshape(-1, STEP_H)
    return Days(weather, sunny, night @ (1 << np.arange(STEP_H)), climate.starts // HOURS_PER_DAY)


def _part(values: Array | float | None, chunk: slice) -> Array | float | None:
    return values[chunk] if isinstance(values, np.ndarray) and values.ndim and len(values) > 1 else values


def _fill(result: Hours, whole: _Inputs, days: Days, chunk: slice) -> None:
    envelope = Envelope(*(_part(v, chunk) for v in whole.envelope))  # type: ignore[arg-type]
    conditions = Conditions(*(_part(v, chunk) for v in whole.conditions))  # type: ignore[arg-type]
    operation = Operation(*(_part(v, chunk) for v in whole.operation))  # type: ignore[arg-type]
    rows, factor = known_of(envelope, conditions, whole.light, operation, whole.comfort, whole.air_weight)
    n = len(factor)
    lanes = np.zeros((len(rows), -(-n // LANES) * LANES), days.weather.dtype)
    for lane, row in zip(lanes, rows, strict=True):
        lane[:n] = row
    known = np.isfinite(lanes[:, :n]).all(axis=0)
    lanes[:, :n][:, ~known] = 0.0
    out = np.zeros((14, lanes.shape[1]))  # twelve months, peak, hours too warm
    run(*days, lanes, out)
    scale = np.where(known, factor, np.nan)
    result.monthly_kwh_m2[chunk] = (out[:12, :n] / W_PER_KW * scale).T
    total = np.zeros(n)
    for month in out[:12, :n]:
        total += month
    result.space_heat_kwh_m2a[chunk] = total / W_PER_KW * scale
    result.heat_load_w_m2[chunk] = out[12, :n] * scale
    result.overheating_h_a[chunk] = np.where(known, out[13, :n], np.nan)


def known_of(
    envelope: Envelope,
    conditions: Conditions,
    light: Sequence[int],
    operation: Operation,
    comfort: Comfort,
    air_weight: float,
) -> tuple[Known, Array]:
    """Return all that the kernel knows of each building and the factor on all losses, (n,).

    Open windows are more ventilation between outside and air: what they give is a heat to the air, so that the
    network with closed windows answers for both. Surfaces follow from the balance of the air.
    """
    net = network(envelope, conditions, light, operation)
    factor = reduction(net.h_window + net.h_opaque, conditions, operation)
    solution = solve(net)
    mass, air, held = solution.mass, solution.air, blend(solution, air_weight)
    internal = 0.5 * np.asarray(conditions.internal_gains_w_m2) / factor
    day = np.broadcast_to(np.asarray(conditions.indoor_degc, dtype=np.float64), factor.shape) - ZERO_DEGC
    night = day if operation.setback_k is None else day - operation.setback_k
    gains = internal * (held.radiant + held.air)
    spared = 1.0 / held.air
    warmth = held.mass * spared
    by_heat = warmth * mass.air
    sun = apertures(envelope, conditions).T * (held.radiant * spared / (envelope.reference_area_m2 * factor))
    h_is = H_IS_W_M2K * SURFACE_PER_FLOOR
    air_of_heat = held.air / (1.0 + (1.0 - air_weight) * net.h_ve / h_is)
    aired = AIR_CAPACITY_WH_M3K * comfort.airing_1_h * np.asarray(conditions.room_height_m) - net.h_ve
    by_surfaces = 1.0 - AIR_IN_OPERATIVE
    felt = 1.0 / (h_is + by_surfaces * net.h_ve)
    known = Known(
        day=(day - gains) * spared,
        night=(night - gains) * spared,
        level=sun[0],
        east=sun[1],
        south=sun[2],
        west=sun[3],
        north=sun[4],
        outside=held.outside * spared,
        by_outside=warmth * mass.outside,
        by_gains=warmth * internal * (mass.radiant + mass.air),
        by_sun=held.mass * mass.radiant / held.radiant,
        by_warmth=mass.mass,
        by_heat=by_heat,
        free_outside=air.outside / air_of_heat,
        free_gains=internal * (air.radiant + air.air) / air_of_heat,
        air=air_of_heat,
        airing=aired * air.air / (1.0 + aired * air.air),
        by_airing=by_heat / air.air,
        felt_airing=by_surfaces * felt / air.air,
        felt_outside=by_surfaces * net.h_ve * felt,
        limit=((comfort.limit_degc - ZERO_DEGC) * h_is + by_surfaces * internal) * felt,
        warmth=warmth * day,
        free_air=day,
    )
    return known, factor


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
