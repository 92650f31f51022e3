"""What reaches the meter of the radiation on modules: one ratio, or pvlib's models hour by hour (array file)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from klimastep import reference
from klimastep.solar.orientation import grid
from klimastep.units import W_PER_KW
from klimastep.weather import PlaneHours, hours_on_planes
from klimastep.weather.sun import Floats

if TYPE_CHECKING:
    from klimastep.weather import Weather

Losses = Literal["performance_ratio", "pvlib"]


def grid_hours(weather: Weather, albedo_share: float | None = None) -> PlaneHours:
    """Return the hours of a year on all orientations of :func:`klimastep.solar.orientation.grid`."""
    planes = grid()
    return hours_on_planes(weather, planes.tilt_deg, planes.azimuth_deg, albedo_share)


def hourly_kwh_kwp(hours: PlaneHours, losses: Losses, performance_ratio_share: float) -> Floats:
    """Return the yield in each hour of modules of 1 kWp, shape (hours, planes). [kWh/kWp]

    pvlib: cell temperature by Faiman, power and inverter by PVWatts, its losses without shading; reflection at
    flat angles is left out.

    Parameters
    ----------
    hours : PlaneHours
    losses : {"performance_ratio", "pvlib"}
    performance_ratio_share : float
        For the first of them. [1]

    References
    ----------
    Faiman, D. (2008), Progress in Photovoltaics 16, 307. Dobos, A. P. (2014): PVWatts version 5 manual, NREL.
    """
    if losses == "performance_ratio":
        return np.asarray(hours.radiation_w_m2 / W_PER_KW * performance_ratio_share)
    return _pvlib(hours)


def _pvlib(hours: PlaneHours) -> Floats:
    from pvlib import inverter, pvsystem, temperature

    row = numbers()
    wind = np.where(np.isnan(hours.wind_m_s), row["wind_m_s"], hours.wind_m_s)
    radiation = hours.radiation_w_m2
    cell = temperature.faiman(radiation, hours.temp_air_degc[:, None], wind[:, None])
    lost = pvsystem.pvwatts_losses(
        **{k: row[f"pvwatts_{k}"] for k in ("soiling", "mismatch", "wiring", "connections", "lid", "availability")},
        nameplate_rating=row["pvwatts_nameplate"], shading=0, snow=0, age=0,
    )  # fmt: skip
    direct = pvsystem.pvwatts_dc(radiation, cell, 1.0, row["gamma_pdc"]) * (1.0 - lost / 100.0)
    efficiency = row["inverter_efficiency_share"]
    rated_dc = row["inverter_ac_share"] / efficiency  # pvwatts: pdc0 is the input at which the rated AC power leaves
    return np.asarray(np.maximum(inverter.pvwatts(direct, rated_dc, efficiency), 0.0))


def yearly_share(hours: PlaneHours, losses: Losses, performance_ratio_share: float) -> Floats:
    """Return yield per ideal yield over the year at each plane: its performance ratio. [1]"""
    ideal = hours.radiation_w_m2.sum(axis=0) / W_PER_KW
    return np.asarray(hourly_kwh_kwp(hours, losses, performance_ratio_share).sum(axis=0) / ideal)


@cache
def numbers(table: str = "solar_yield") -> dict[str, float]:
    """Return key and value of a table of the reference."""
    return {str(k): float(v) for k, v in reference.load(table).set_index("key")["value"].items()}
