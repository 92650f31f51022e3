"""Heat that collectors on suited roofs could deliver instead of modules: for hot water, or for a heat network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Column, check
from klimastep.solar.assumed import assumptions
from klimastep.solar.irradiation import SHADING_LOSS
from klimastep.solar.losses import grid_hours, numbers
from klimastep.solar.orientation import interpolated
from klimastep.solar.photovoltaic import PV_KWP
from klimastep.solar.usable import USABLE_AREA
from klimastep.steps import step
from klimastep.tables import BUILDINGS, ROOFS
from klimastep.units import W_PER_KW

if TYPE_CHECKING:
    from klimastep.weather import PlaneHours, Weather
    from klimastep.weather.sun import Floats


def _heat(name: str, de: str, en: str, text: str, table_sum: bool) -> Column:
    return Column(
        name, "float64", "kWh/a", de, en, text, nullable=True, min=0, aggregate="sum" if table_sum else "none",
        palette="YlOrBr",
    )  # fmt: skip


TEXT = "Flat-plate collectors (EN ISO 9806) on suited roofs instead of modules, less the share that shading takes"
HOT_WATER_ROOF = _heat(
    "collector_hot_water_kwh_a", "Kollektorwärme für Warmwasser", "Collector heat for hot water", f"{TEXT}.", False
)
NETWORK_ROOF = _heat(
    "collector_network_kwh_a", "Kollektorwärme für ein Wärmenetz", "Collector heat for a network", f"{TEXT}.", False
)
SOLAR_HOT_WATER = _heat(
    "solar_hot_water_kwh_a",
    "Warmwasser aus Kollektoren",
    "Hot water from collectors",
    f"{TEXT}; not more than a usual system covers of the hot water of the building.",
    True,
)
SOLAR_NETWORK = _heat(
    "solar_network_heat_kwh_a",
    "Kollektorwärme für ein Wärmenetz",
    "Collector heat for a network",
    f"{TEXT}, at the temperature of a network; whether it can be used in summer is not asked.",
    True,
)


def collector_kwh_m2a(hours: PlaneHours, mean_degc: float) -> Floats:
    """Return the heat of collectors over the year on each plane. [kWh/(m²·a)]

    ``max(eta0 G - a1 (T_m - T_a) - a2 (T_m - T_a)²; 0)`` in each hour; all radiation as beam at right angles.

    Parameters
    ----------
    hours : PlaneHours
    mean_degc : float
        Mean temperature of the collector. [°C]

    References
    ----------
    EN ISO 9806: Solar energy, solar thermal collectors, test methods.
    """
    row = numbers()
    warmer = np.maximum(mean_degc - hours.temp_air_degc, 0.0)
    lost = row["thermal_a1"] * warmer + row["thermal_a2"] * warmer**2
    gain = row["thermal_eta0_share"] * hours.radiation_w_m2 - lost[:, None]
    return np.asarray(np.maximum(gain, 0.0).sum(axis=0) / W_PER_KW)


@step(
    ROOFS,
    needs=[ROOFS["tilt_deg"], ROOFS["azimuth_deg"], USABLE_AREA, PV_KWP, SHADING_LOSS],
    adds=[HOT_WATER_ROOF, NETWORK_ROOF],
)
def collectors(roofs: gpd.GeoDataFrame, weather: Weather, *, albedo_share: float | None = None) -> Mapping[str, Any]:
    """Return the heat of collectors on each roof plane, losses of pipes and store taken off.

    Parameters
    ----------
    roofs : GeoDataFrame
        On flat roofs collectors stand in rows that face south. Shading takes its share of the radiation off the heat.
    weather : Weather
    albedo_share : float, optional
        The one of the irradiation. [1]
    """
    given, row = assumptions(), numbers()
    hours = grid_hours(weather, albedo_share)
    tilt, azimuth, usable, power = (
        roofs[c].to_numpy(dtype=np.float64) for c in ("tilt_deg", "azimuth_deg", USABLE_AREA.name, PV_KWP.name)
    )
    flat = tilt < given.flat_below_deg
    lit = 1.0 - np.nan_to_num(roofs[SHADING_LOSS.name].to_numpy(dtype=np.float64))
    area = lit * usable * np.where(flat, given.south_cover_share, 1.0) * np.where(power > 0, 1.0, power)
    tilt, azimuth = np.where(flat, given.south_tilt_deg, tilt), np.where(flat, 180.0, azimuth)
    found = {}
    for column, at in ((HOT_WATER_ROOF, "thermal_hot_water_degc"), (NETWORK_ROOF, "thermal_network_degc")):
        each = interpolated(collector_kwh_m2a(hours, row[at]), tilt, azimuth) * row["thermal_system_share"]
        found[column.name] = np.where(area == 0, 0.0, area * each)
    return found


@step(BUILDINGS, needs=[], adds=[SOLAR_HOT_WATER, SOLAR_NETWORK])
def solar_heat(
    buildings: gpd.GeoDataFrame, roofs: pd.DataFrame, *, hot_water_kwh_a: pd.Series | None = None
) -> Mapping[str, Any]:
    """Return the heat of collectors of each building.

    Parameters
    ----------
    buildings : GeoDataFrame
    roofs : DataFrame
        With the columns of :func:`collectors`; without them all is unknown.
    hot_water_kwh_a : Series, optional
        Hot water of each building; where it is unknown so is what collectors cover of it. [kWh/a]
    """
    columns = [HOT_WATER_ROOF.name, NETWORK_ROOF.name]
    known = roofs.reindex(columns=["building_id", *columns])
    check(roofs, ROOFS, [ROOFS["building_id"]])
    sums = known[columns].groupby(known["building_id"]).sum(min_count=1).reindex(buildings.index)
    wanted = pd.Series(np.nan, buildings.index) if hot_water_kwh_a is None else hot_water_kwh_a.reindex(buildings.index)
    most = wanted * numbers()["thermal_hot_water_cover_share"]
    covered = sums[columns[0]].clip(upper=most).where(most.notna())
    return {SOLAR_HOT_WATER.name: covered, SOLAR_NETWORK.name: sums[columns[1]]}
