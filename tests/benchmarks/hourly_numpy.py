"""The hourly balance in plain numpy, a loop over hours with buildings as a vector: two peers of the kernel.

`balance` solves the network once a building, as the kernel does; `annex_c` follows EN ISO 13790, annex C, as printed.
"""

from __future__ import annotations

import numpy as np

from klimastep.heat.balance_hourly import SPIN_UP_H, is_night, summer_limits
from klimastep.heat.balance_monthly import TABULA_USE, reduction
from klimastep.heat.balance_seasonal import AIR_CAPACITY_WH_M3K, apertures
from klimastep.heat.hourly_kernel import SUMMER
from klimastep.heat.network import H_IS_W_M2K, H_MS_W_M2K, SURFACE_PER_FLOOR, blend, network, solve

AIR_WEIGHT = 0.3


def _use(envelope, conditions, light):
    net = network(envelope, conditions, light, TABULA_USE)
    factor = reduction(net.h_window + net.h_opaque, conditions, TABULA_USE)
    height = np.broadcast_to(np.asarray(conditions.room_height_m, dtype=np.float64), factor.shape)
    opened = net._replace(h_ve=AIR_CAPACITY_WH_M3K * summer_limits().airing_1_h * height)
    windows = apertures(envelope, conditions) / (envelope.reference_area_m2 * factor)[:, None]
    internal = np.asarray(conditions.internal_gains_w_m2) / factor
    goal = np.broadcast_to(np.asarray(conditions.indoor_degc, dtype=np.float64), factor.shape)
    night = goal if TABULA_USE.setback_k is None else goal - TABULA_USE.setback_k
    return net, opened, factor, windows, internal, goal, night


def _rows(envelope, conditions, light):
    net, opened, factor, windows, internal, day, night = _use(envelope, conditions, light)

    def row(response):
        return response.mass, response.outside, response.radiant, 0.5 * internal * (response.radiant + response.air)

    closed, opened = solve(net), solve(opened)
    held = blend(closed, AIR_WEIGHT)
    rows = [day, night, *windows.T, *row(held), 1.0 / held.air, *row(closed.mass), closed.mass.air]
    for solution in (closed, opened):
        rows += [*row(solution.mass), *row(blend(solution, AIR_WEIGHT)), *row(solution.air)]
    return np.stack(rows), factor


def balance(envelope, conditions, climate, light):
    """Return the need of the year [kWh/(m²·a)], the peak [W/m²] and the hours too warm, as the kernel does."""
    limits = summer_limits()
    rows, factor = _rows(envelope, conditions, light)
    day, night, windows, held, shut, wide = rows[0], rows[1], rows[2:7], rows[7:12], rows[17:29], rows[29:41]
    to_mass, by_heat = rows[12:16], rows[16]
    at_night = is_night(climate.hour_of_day, TABULA_USE)
    hours = len(at_night)
    mass = day.copy()
    total, peak, hot = np.zeros_like(day), np.zeros_like(day), np.zeros_like(day)
    first, last = climate.starts[SUMMER[0]], climate.starts[SUMMER[1]]
    for k in range(-SPIN_UP_H, hours):
        outside = climate.temp_external_degc[k]
        sun = climate.radiation_w_m2[k] @ windows
        goal = day + (night - day) * at_night[k]
        if k == first:
            free, air = mass.copy(), day.copy()
        free_held = held[0] * mass + held[1] * outside + held[2] * sun + held[3]
        heat = np.maximum((goal - free_held) * held[4], 0.0)
        mass = to_mass[0] * mass + to_mass[1] * outside + to_mass[2] * sun + to_mass[3] + by_heat * heat
        if k >= 0:
            total += heat
            np.maximum(peak, heat, out=peak)
        if first <= k < last:
            opened = (air > limits.airing_above_degc) & (air > outside)
            c = np.where(opened, wide, shut)
            felt = c[4] * free + c[5] * outside + c[6] * sun + c[7]
            air = c[8] * free + c[9] * outside + c[10] * sun + c[11]
            free = c[0] * free + c[1] * outside + c[2] * sun + c[3]
            hot += felt > limits.limit_degc
    return total / 1e3 * factor, peak * factor, hot


def _conductances(net):
    h_is, h_ms = H_IS_W_M2K * SURFACE_PER_FLOOR, H_MS_W_M2K * net.mass_area
    h_em = 1.0 / (1.0 / net.h_opaque - 1.0 / h_ms)
    h_1 = 1.0 / (1.0 / net.h_ve + 1.0 / h_is)
    h_2 = h_1 + net.h_window
    return np.stack([h_em, h_1, h_2, 1.0 / (1.0 / h_2 + 1.0 / h_ms), net.h_ve])


def _one_hour(net, conductances, before, outside, gains, heat):
    """Return mass at the end, operative and air temperature of one hour (C.3 to C.11)."""
    to_air, to_mass, to_surface = gains
    h_em, h_1, h_2, h_3, h_ve = conductances
    h_is, h_ms, h_w = H_IS_W_M2K * SURFACE_PER_FLOOR, H_MS_W_M2K * net.mass_area, net.h_window
    supply = outside + (to_air + heat) / h_ve
    total = to_mass + h_em * outside + h_3 * (to_surface + h_w * outside + h_1 * supply) / h_2
    half = 0.5 * (h_3 + h_em)
    after = (before * (net.capacity_wh_m2k - half) + total) / (net.capacity_wh_m2k + half)
    mass = 0.5 * (after + before)
    surface = (h_ms * mass + to_surface + h_w * outside + h_1 * supply) / (h_ms + h_w + h_1)
    air = (h_is * surface + h_ve * outside + to_air + heat) / (h_is + h_ve)
    return after, AIR_WEIGHT * air + (1.0 - AIR_WEIGHT) * surface, air


def annex_c(envelope, conditions, climate, light):
    """Return the same by the procedure of C.4.2: free, then with 10 W/m², then in proportion, then as it comes out."""
    limits = summer_limits()
    net, aired, factor, windows, internal, day, night = _use(envelope, conditions, light)
    shut, wide = _conductances(net), _conductances(aired)
    mass_share = net.mass_area / SURFACE_PER_FLOOR
    surface_share = 1.0 - mass_share - net.h_window / (H_MS_W_M2K * SURFACE_PER_FLOOR)
    at_night = is_night(climate.hour_of_day, TABULA_USE)
    mass = day.copy()
    total, peak, hot = np.zeros_like(day), np.zeros_like(day), np.zeros_like(day)
    first, last = climate.starts[SUMMER[0]], climate.starts[SUMMER[1]]
    for k in range(-SPIN_UP_H, len(at_night)):
        outside = climate.temp_external_degc[k]
        radiant = 0.5 * internal + windows @ climate.radiation_w_m2[k]
        gains = 0.5 * internal, mass_share * radiant, surface_share * radiant
        goal = night if at_night[k] else day
        if k == first:
            free, air = mass.copy(), day.copy()
        _, without, _ = _one_hour(net, shut, mass, outside, gains, 0.0)
        _, ten, _ = _one_hour(net, shut, mass, outside, gains, 10.0)
        heat = np.where(without < goal, 10.0 * (goal - without) / (ten - without), 0.0)
        mass, _, _ = _one_hour(net, shut, mass, outside, gains, heat)
        if k >= 0:
            total += heat
            np.maximum(peak, heat, out=peak)
        if first <= k < last:
            opened = (air > limits.airing_above_degc) & (air > outside)
            free, felt, air = _one_hour(net, np.where(opened, wide, shut), free, outside, gains, 0.0)
            hot += felt > limits.limit_degc
    return total / 1e3 * factor, peak * factor, hot
