"""Yearly radiation on roof planes, unshaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np

from klimastep import reference
from klimastep.contract import Column
from klimastep.steps import step
from klimastep.tables import ROOFS
from klimastep.weather import Sky, Weather, yearly_on_planes
from klimastep.weather.sun import Floats

IRRADIATION = Column(
    "irradiation_kwh_m2a",
    "float64",
    "kWh/(m²·a)",
    "Einstrahlung auf die Dachfläche",
    "Irradiation on the roof plane",
    "Global radiation of the weather year on the plane of the roof (Hay-Davies), without any shading.",
    nullable=True,
    min=0,
    palette="YlGnBu",
    limits=(800, 950, 1100, 1250),
)


@step(ROOFS, needs=[ROOFS["tilt_deg"], ROOFS["azimuth_deg"]], adds=[IRRADIATION])
def irradiation(roofs: gpd.GeoDataFrame, weather: Weather, *, albedo_share: float | None = None) -> Mapping[str, Any]:
    """Return the yearly radiation on each roof plane, unshaded.

    Parameters
    ----------
    roofs : GeoDataFrame
        A plane with less tilt than the limit of flat roofs whose azimuth is unknown is taken as level; a
        steeper one stays unknown.
    weather : Weather
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]
    """
    tilt = roofs["tilt_deg"].to_numpy(dtype=np.float64)
    azimuth = roofs["azimuth_deg"].to_numpy(dtype=np.float64)
    level = np.isnan(azimuth) & (tilt < flat_below_deg())
    tilt, azimuth = np.where(level, 0.0, tilt), np.where(level, 0.0, azimuth)
    return {IRRADIATION.name: yearly_on_planes(tilt, azimuth, weather.sky(albedo_share))}


def flat_below_deg() -> float:
    """Return the tilt below which a roof counts as flat. [°]"""
    return float(reference.load("photovoltaic").set_index("key")["value"]["flat_below_deg"])


def best_plane_kwh_m2a(sky: Sky) -> float:
    """Return the radiation on the best unshaded plane below a sky. [kWh/(m²·a)]"""
    tilt, azimuth = np.meshgrid(np.arange(0.0, 91.0), np.arange(0.0, 360.0, 5.0))
    best: Floats = yearly_on_planes(tilt.ravel(), azimuth.ravel(), sky)
    return float(best.max())
