"""The hourly balance in plain numpy: a loop over hours, buildings as a vector; the peer of the kernel."""

from __future__ import annotations

import numpy as np

from klimastep.heat.balance_hourly import SPIN_UP_H, SUMMER, is_night, lanes_of, summer_limits
from klimastep.heat.balance_monthly import TABULA_USE


def balance(envelope, conditions, climate, light):
    """Return the need of the year [kWh/(m²·a)], the peak [W/m²] and the hours too warm, as the kernel does."""
    limits = summer_limits()
    rows, factor = lanes_of(envelope, conditions, light, TABULA_USE, limits, 0.3)
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
