"""TABULA seasonal heat balance (EN ISO 13790, seasonal method) on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from klimastep.units import KWH_PER_W_DAY

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

Array = NDArray[np.float64]

AIR_CAPACITY_WH_M3K = 0.34
H_LOW, H_HIGH = 1.0, 4.0  # W/(m²K): the two heat losses at which the reduction factor is tabulated
H_RANGE_BELOW = 0.5  # W/(m²K): below H_LOW the factor rises by (1 - F1) per this much
A_0, TAU_0_H = 0.8, 30.0
GAMMA_IS_ONE = 1e-8
TINY = 1e-12


class Envelope(NamedTuple):
    """What encloses n buildings with c components each.

    Parameters
    ----------
    reference_area_m2 : ndarray, shape (n,)
        Reference floor area A_C,ref. [m²]
    area_m2, u_w_m2k, adjustment : ndarray, shape (n, c)
        Area [m²], U-value [W/(m²·K)] and adjustment factor b [1] of each component.
    thermal_bridge_w_m2k : ndarray, shape (n,)
        Surcharge on all U-values, on the areas without b. [W/(m²·K)]
    window_m2 : ndarray, shape (n, 5)
        Windows horizontal, east, south, west, north. [m²]
    g_window : ndarray, shape (n,)
        Solar energy transmittance at normal incidence. [1]
    """

    reference_area_m2: Array
    area_m2: Array
    u_w_m2k: Array
    adjustment: Array
    thermal_bridge_w_m2k: Array
    window_m2: Array
    g_window: Array


class Conditions(NamedTuple):
    """How the buildings are used; arrays of shape (n,) or scalars."""

    indoor_degc: Array | float
    air_use_1_h: Array | float
    air_infiltration_1_h: Array | float
    room_height_m: Array | float
    internal_gains_w_m2: Array | float
    capacity_wh_m2k: Array | float
    reduction_at_h1: Array | float
    reduction_at_h4: Array | float
    shading_horizontal: Array | float
    shading_vertical: Array | float
    frame: Array | float
    incidence: Array | float


class Balance(NamedTuple):
    """Result; heat losses in W/(m²·K), heats in kWh/(m²·a), all per reference area, shape (n,)."""

    h_tr_w_m2k: Array
    h_ve_w_m2k: Array
    reduction: Array
    heat_transfer_kwh_m2a: Array
    solar_gain_kwh_m2a: Array
    internal_gain_kwh_m2a: Array
    time_constant_h: Array
    parameter_a: Array
    gain_ratio: Array
    utilisation: Array
    space_heat_kwh_m2a: Array


def reduction_factor(h_tr_w_m2k: Array, at_h1: Array | float, at_h4: Array | float) -> Array:
    """Return the reduction by night set-back and unheated rooms, F_red. [1]

    Linear between `at_h1` at 1 W/(m²K) and `at_h4` at 4 W/(m²K), constant above, rising below and
    not capped at 1 there, as in the published records.
    """
    f1, f4 = np.asarray(at_h1, dtype=np.float64), np.asarray(at_h4, dtype=np.float64)
    between = f1 + (f4 - f1) * (np.minimum(h_tr_w_m2k, H_HIGH) - H_LOW) / (H_HIGH - H_LOW)
    below = f1 + (1.0 - f1) * (H_LOW - h_tr_w_m2k) / H_RANGE_BELOW
    result: Array = np.where(h_tr_w_m2k < H_LOW, below, between)
    return result


def utilisation(gain_ratio: Array, parameter_a: Array) -> Array:
    """Return the utilisation of gains (1 - γ^a) / (1 - γ^(a+1)), with its limits. [1]

    a / (a + 1) at γ = 1, one without gains, and computed with 1/γ above one, so that nothing overflows.
    """
    small = gain_ratio < 1.0
    x = np.where(small, gain_ratio, 1.0 / np.maximum(gain_ratio, TINY))
    x = np.clip(x, 0.0, 1.0)
    near_one = np.abs(gain_ratio - 1.0) < GAMMA_IS_ONE
    with np.errstate(invalid="ignore", divide="ignore", under="ignore"):
        ratio = (1.0 - x**parameter_a) / (1.0 - x ** (parameter_a + 1.0))
    ratio = np.where(near_one, parameter_a / (parameter_a + 1.0), ratio)
    result: Array = np.where(gain_ratio <= 0.0, 1.0, np.where(small | near_one, ratio, x * ratio))
    return result


def balance(envelope: Envelope, conditions: Conditions, season: HeatingSeason) -> Balance:
    """Return the seasonal balance of n buildings.

    Parameters
    ----------
    envelope : Envelope
    conditions : Conditions
    season : HeatingSeason
        Heating days with base 12 °C, their mean temperature and irradiation; scalars or arrays (n,).

    Returns
    -------
    Balance
        `space_heat_kwh_m2a` is the energy need for heating q_h,nd. [kWh/(m²·a)]

    References
    ----------
    Loga, T. & Diefenbach, N. (2013): TABULA Calculation Method - Energy Use for Heating and Domestic Hot
    Water, IWU; EN ISO 13790:2008, 12.2 (seasonal method, a = 0.8 + τ/30 h).
    """
    per_area = 1.0 / envelope.reference_area_m2
    h_tr, h_ve = heat_losses(envelope, conditions)
    h = h_tr + h_ve
    reduction = reduction_factor(h_tr, conditions.reduction_at_h1, conditions.reduction_at_h4)
    warmth = np.maximum(np.asarray(conditions.indoor_degc) - season.temp_external_degc, 0.0)
    q_ht = KWH_PER_W_DAY * h * reduction * warmth * season.heating_days
    q_sol = _solar(envelope, conditions, season) * per_area
    q_int = np.broadcast_to(KWH_PER_W_DAY * np.asarray(conditions.internal_gains_w_m2) * season.heating_days, h.shape)
    gains = q_sol + q_int
    tau = conditions.capacity_wh_m2k / np.maximum(h, TINY)
    a = A_0 + tau / TAU_0_H
    gamma = gains / np.maximum(q_ht, TINY)
    eta = utilisation(gamma, a)
    q_h = np.where(np.isnan(q_ht), np.nan, np.maximum(q_ht - eta * gains, 0.0))
    return Balance(h_tr, h_ve, reduction, q_ht, q_sol, q_int, tau, a, gamma, eta, q_h)


def heat_losses(envelope: Envelope, conditions: Conditions, heat_recovery: Array | float = 0.0) -> tuple[Array, Array]:
    """Return the heat losses by transmission and by ventilation per reference area. [W/(m²·K)]

    Parameters
    ----------
    envelope : Envelope
    conditions : Conditions
    heat_recovery : ndarray, shape (n,), or float
        Share of the heat of the used air (not of leaks) that comes back. [1]
    """
    area_sum = envelope.area_m2.sum(axis=1)
    losses = (envelope.area_m2 * envelope.u_w_m2k * envelope.adjustment).sum(axis=1)
    h_tr = (losses + envelope.thermal_bridge_w_m2k * area_sum) / envelope.reference_area_m2
    air = np.asarray(conditions.air_use_1_h) * (1.0 - np.asarray(heat_recovery)) + conditions.air_infiltration_1_h
    return h_tr, np.broadcast_to(AIR_CAPACITY_WH_M3K * air * conditions.room_height_m, h_tr.shape)


def apertures(envelope: Envelope, conditions: Conditions) -> Array:
    """Return the areas of unshaded openings that let in as much sun as the windows, shape (n, 5). [m²]

    Horizontal, east, south, west, north; with frame, incidence, shading and transmittance.
    """
    vertical = np.asarray(conditions.shading_vertical, dtype=np.float64)
    shading = np.stack(np.broadcast_arrays(conditions.shading_horizontal, *(vertical,) * 4), axis=-1)
    glass = (1.0 - np.asarray(conditions.frame)) * conditions.incidence * envelope.g_window
    result: Array = glass[:, None] * shading * envelope.window_m2
    return result


def _solar(envelope: Envelope, conditions: Conditions, season: HeatingSeason) -> Array:
    opening = apertures(envelope, conditions)
    result: Array = (
        opening[:, 0] * season.radiation_horizontal_kwh_m2
        + opening[:, 1] * season.radiation_east_kwh_m2
        + opening[:, 2] * season.radiation_south_kwh_m2
        + opening[:, 3] * season.radiation_west_kwh_m2
        + opening[:, 4] * season.radiation_north_kwh_m2
    )
    return result
