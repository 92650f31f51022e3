"""Monthly heat balance (EN ISO 13790, DIN V 18599-2) on arrays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from klimastep.heat.balance_seasonal import (
    GAMMA_IS_ONE,
    TINY,
    Array,
    Conditions,
    Envelope,
    apertures,
    heat_losses,
    reduction_factor,
)
from klimastep.units import HOURS_PER_DAY, W_PER_KW

if TYPE_CHECKING:
    from klimastep.weather import MonthlyClimate

A_0, TAU_0_H = 1.0, 15.0
MONTHS = 12
CHUNK = 65_536


class Operation(NamedTuple):
    """How the heating is run, for the methods that know months or hours; arrays of shape (n,) or scalars.

    Parameters
    ----------
    setback_k : ndarray or float, optional
        So much lower is the set-point at night, in all rooms. Without it TABULA's reduction factor stands for
        night set-back and rooms that are not heated. [K]
    night_from_h, night_to_h : int
        Hours of the day between which the set-back holds, over midnight.
    heat_recovery : ndarray or float
        Share of the heat of the used air that comes back. [1]
    """

    setback_k: Array | float | None = None
    night_from_h: int = 22
    night_to_h: int = 6
    heat_recovery: Array | float = 0.0

    def night_share(self) -> float:
        """Return the share of the day with a lower set-point. [1]"""
        return ((self.night_to_h - self.night_from_h) % HOURS_PER_DAY) / HOURS_PER_DAY


TABULA_USE = Operation()


class Months(NamedTuple):
    """Result of a balance that knows the months, per reference area.

    Parameters
    ----------
    space_heat_kwh_m2a, utilisation : ndarray, shape (n,)
        Need of the year [kWh/(m²·a)]; utilisation of gains, months weighted by their need [1].
    monthly_kwh_m2 : ndarray, shape (n, 12)
        Need of each month. [kWh/m²]
    """

    space_heat_kwh_m2a: Array
    utilisation: Array
    monthly_kwh_m2: Array


def reduction(h_tr: Array, conditions: Conditions, operation: Operation) -> Array:
    """Return by what all losses are multiplied: TABULA's factor, or one where a set-back is given. [1]"""
    if operation.setback_k is not None:
        return np.ones_like(h_tr)
    return reduction_factor(h_tr, conditions.reduction_at_h1, conditions.reduction_at_h4)


def mean_set_point(conditions: Conditions, operation: Operation) -> Array:
    """Return the set-point as the mean over the day. [°C]"""
    setback = 0.0 if operation.setback_k is None else np.asarray(operation.setback_k)
    return np.asarray(np.asarray(conditions.indoor_degc) - operation.night_share() * setback, dtype=np.float64)


def balance(
    envelope: Envelope,
    conditions: Conditions,
    climate: MonthlyClimate,
    operation: Operation = TABULA_USE,
    a_0: float = A_0,
    tau_0_h: float = TAU_0_H,
) -> Months:
    """Return the monthly balance of n buildings.

    Each month: losses - η gains, η by the month's gain ratio and a = a_0 + τ/τ_0; all twelve months count, no
    heating season is set. A set-back lowers the set-point by its mean over the day (quasi-continuous heating).

    Parameters
    ----------
    envelope : Envelope
    conditions : Conditions
    climate : MonthlyClimate
        Of one place, or of each building.
    operation : Operation
    a_0, tau_0_h : float
        Parameter [1] and reference time constant [h] of the utilisation.

    References
    ----------
    EN ISO 13790:2008, 12.2 (monthly method, a_H0 = 1, τ_H0 = 15 h) and 13.2 (quasi-continuous heating).
    """
    h_tr, h_ve = heat_losses(envelope, conditions, operation.heat_recovery)
    h, n = h_tr + h_ve, len(h_tr)
    indoor = mean_set_point(conditions, operation)
    a = a_0 + conditions.capacity_wh_m2k / np.maximum(h, TINY) / tau_0_h
    monthly = np.empty((n, MONTHS))
    eta = np.empty(n)
    loss = h * reduction(h_tr, conditions, operation) / W_PER_KW
    internal = np.asarray(conditions.internal_gains_w_m2) / W_PER_KW
    known = np.stack(np.broadcast_arrays(loss, a, indoor, internal))
    opening = apertures(envelope, conditions) / envelope.reference_area_m2[:, None]
    months = (
        climate.hours.reshape(-1, MONTHS),
        climate.temp_external_degc.reshape(-1, MONTHS),
        climate.radiation_kwh_m2.reshape(-1, MONTHS, 5),
    )

    def fill(rows: slice) -> None:
        own = (values[rows] if len(values) > 1 else values for values in months)
        _months(known[:, rows], opening[rows], *own, monthly[rows], eta[rows])

    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        list(pool.map(fill, (slice(first, first + CHUNK) for first in range(0, n, CHUNK))))
    return Months(_sum(monthly), eta, monthly)


def _sum(monthly: Array) -> Array:
    total = np.zeros(len(monthly))
    for month in range(MONTHS):  # one after the other: a sum over an axis may pair up differently by batch
        total += monthly[:, month]
    return total


@numba.njit(nogil=True, cache=True)
def _months(
    known: Array, opening: Array, hours: Array, temp: Array, radiation: Array, out: Array, eta_out: Array
) -> None:
    loss_kw_m2k, parameter_a, indoor, internal_kw_m2 = known
    for i in range(loss_kw_m2k.shape[0]):
        at_h, at_t, at_r = i % hours.shape[0], i % temp.shape[0], i % radiation.shape[0]
        used, need_sum = 0.0, 0.0
        for m in range(out.shape[1]):
            loss = loss_kw_m2k[i] * max(indoor[i] - temp[at_t, m], 0.0) * hours[at_h, m]
            gains = internal_kw_m2[i] * hours[at_h, m]
            for o in range(opening.shape[1]):
                gains += opening[i, o] * radiation[at_r, m, o]
            eta = _utilisation(gains / max(loss, TINY), parameter_a[i])
            need = max(loss - eta * gains, 0.0)
            out[i, m] = need if loss == loss and gains == gains else np.nan
            used += eta * need
            need_sum += need
        eta_out[i] = used / need_sum if need_sum > 0.0 else 1.0


@numba.njit(nogil=True, cache=True)
def _utilisation(gamma: float, a: float) -> float:
    if gamma <= 0.0:
        return 1.0
    if abs(gamma - 1.0) < GAMMA_IS_ONE:
        return a / (a + 1.0)
    x = gamma if gamma < 1.0 else 1.0 / gamma
    power = x**a
    ratio = (1.0 - power) / (1.0 - power * x)
    return ratio if gamma < 1.0 else x * ratio
