"""A house in arrays and an invented year, for the tests of the balances."""

from __future__ import annotations

from typing import Any

import numpy as np

from klimastep.heat.balance_seasonal import Conditions, Envelope
from klimastep.weather import HeatingSeason, HourlyClimate

LIGHT = (4, 5)
STARTS = np.concatenate([[0], np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) * 24])


def year(mean_degc: float = 9.0, sun: float = 1.0, seed: int = 1) -> HourlyClimate:
    """Return a made-up year: seasons, days, some noise, the sun higher in summer and in the south at noon."""
    hours = np.arange(8760)
    day, hour = hours // 24, hours % 24
    noise = np.repeat(np.random.default_rng(seed).normal(0.0, 3.0, 365), 24)
    season, daily = -np.cos(2 * np.pi * (day - 15) / 365), -np.cos(2 * np.pi * (hour - 3) / 24)
    temp = mean_degc + 9.5 * season + 4.0 * daily + noise
    light = np.maximum(0.25 * season - np.cos(2 * np.pi * (hour + 0.5) / 24), 0.0)
    east, west = np.clip(1.4 - hour / 10, 0, 1), np.clip(hour / 10 - 1.0, 0, 1)
    level = 550.0 * light * (1.2 + season) / 2
    walls = [level, level * east, level * 0.9, level * west, level * 0.2]
    return HourlyClimate(temp, sun * np.stack(walls, axis=1), hour.astype(np.int64), STARTS)


def season(climate: HourlyClimate, base_degc: float = 12.0) -> HeatingSeason:
    """Return the days of a year below the base: how many, their mean temperature and their sun."""
    daily = climate.temp_external_degc.reshape(-1, 24).mean(axis=1)
    cold = daily < base_degc
    sun = climate.radiation_w_m2.reshape(-1, 24, 5).sum(axis=1)[cold].sum(axis=0) / 1e3
    return HeatingSeason(float(cold.sum()), float(daily[cold].mean()), *(float(v) for v in sun))


def house(n: int = 1, **changes: Any) -> tuple[Envelope, Conditions]:
    """Return n houses of 150 m²; `u` scales all U-values, `size` all areas."""
    u, size = (np.broadcast_to(changes.pop(k, 1.0), n).astype(np.float64)[:, None] for k in ("u", "size"))
    turn = changes.pop("turn", 0)
    window = np.array([[0.0, 6.0, 14.0, 5.0, 3.0]])
    window[:, 1:] = np.roll(window[:, 1:], turn, axis=1)
    envelope = Envelope(
        150.0 * size[:, 0],
        np.array([[110.0, 0.0, 150.0, 90.0, 28.0, 2.0]]) * size,
        np.array([[0.8, 1.0, 1.2, 0.5, 2.8, 3.0]]) * u,
        np.ones((1, 1)),
        0.1 * u[:, 0],
        window * size,
        np.full(n, 0.7),
    )
    standard = Conditions(20.0, 0.4, 0.2, 2.5, 3.0, 45.0, 0.9, 0.8, 0.8, 0.6, 0.3, 0.9)
    return envelope, standard._replace(**changes)
