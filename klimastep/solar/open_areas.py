"""Photovoltaics beside roofs: over parking lots and along noise barriers, where the plan names such areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np

from klimastep.solar.assumed import assumptions
from klimastep.solar.losses import Losses, grid_hours, hourly_kwh_kwp, numbers
from klimastep.solar.orientation import interpolated
from klimastep.solar.photovoltaic import PV_KWP, PV_YIELD

if TYPE_CHECKING:
    from klimastep.weather import Weather

Site = Literal["parking", "noise_barrier"]

FACING_DEG: dict[Site, tuple[float, float]] = {"parking": (90.0, 270.0), "noise_barrier": (135.0, 225.0)}
AREA_POWER = replace(PV_KWP, description="Area times power density of its kind (reference/solar_yield.csv).")
AREA_YIELD = replace(PV_YIELD, description="Power times yield of modules as they usually stand there, unshaded.")
OPEN_AREA_COLUMNS = (AREA_POWER, AREA_YIELD)


def open_areas(
    areas: gpd.GeoDataFrame,
    weather: Weather,
    kinds: Mapping[str, Site],
    *,
    losses: Losses = "performance_ratio",
    performance_ratio: float | None = None,
) -> gpd.GeoDataFrame:
    """Return areas with possible power and yield; unknown where their kind is none of `kinds`.

    Parameters
    ----------
    areas : GeoDataFrame
        With ``kind`` and ``area_m2``.
    weather : Weather
    kinds : mapping of str to {"parking", "noise_barrier"}
        What the kinds of the plan's areas are.
    losses : {"performance_ratio", "pvlib"}
    performance_ratio : float, optional
        The reference table's by default. [1]
    """
    row = numbers()
    ratio = assumptions().performance_ratio_share if performance_ratio is None else performance_ratio
    yearly = hourly_kwh_kwp(grid_hours(weather), losses, ratio).sum(axis=0)
    site = areas["kind"].astype("object").map(dict(kinds))
    power = np.full(len(areas), np.nan)
    made = np.full(len(areas), np.nan)
    for name, facing in FACING_DEG.items():
        own = (site == name).to_numpy()
        power[own] = areas["area_m2"].to_numpy(dtype=np.float64)[own] * row[f"{name}_kwp_m2"]
        tilt = np.full(len(facing), row[f"{name}_tilt_deg"])
        made[own] = power[own] * float(interpolated(yearly, tilt, np.asarray(facing)).mean())
    return areas.assign(**{AREA_POWER.name: power, AREA_YIELD.name: made})
