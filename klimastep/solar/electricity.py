"""Electricity of households, its standard profile, and what roofs cover of it."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Column
from klimastep.solar.losses import Losses, hourly_kwh_kwp, numbers
from klimastep.solar.potential import BUILDING_YIELD
from klimastep.steps import step
from klimastep.tables import BUILDINGS
from klimastep.units import G_PER_KG, HOURS_PER_DAY
from klimastep.weather import hours_on_planes

if TYPE_CHECKING:
    from klimastep.weather import Weather
    from klimastep.weather.sun import Floats

QUARTERS = 4
TYPICAL_TILT_DEG = (30.0, 30.0, 30.0)
TYPICAL_AZIMUTH_DEG = (90.0, 180.0, 270.0)
RATIOS = np.concatenate(([0.0], np.geomspace(1e-3, 1e3, 241)))


def _share(name: str, de: str, en: str, text: str) -> Column:
    return Column(name, "float64", "1", de, en, text, nullable=True, min=0, max=1, palette="YlGnBu")


HOUSEHOLD = Column(
    "household_electricity_kwh_a",
    "float64",
    "kWh/a",
    "Haushaltsstrom",
    "Household electricity",
    "Mean of German households per dwelling, without heat pumps; dwellings by reference floor area where unknown. "
    "Electricity of other uses is not known.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="PuBu",
)
SELF_CONSUMPTION = _share(
    "pv_self_consumption_share",
    "Eigenverbrauch am Solarstrom",
    "Self-consumed share of PV yield",
    "Without battery, the standard profile against a mean orientation: an upper value for a single house, whose "
    "load is less smooth. Unknown where no household is known.",
)
AUTARKY = _share(
    "pv_autarky_share",
    "Deckung des Haushaltsstroms",
    "Household electricity covered by PV",
    "Self-consumed PV per household electricity, hour by hour; see self-consumption.",
)
CO2_SAVED = Column(
    "pv_saving_co2_kg_a",
    "float64",
    "kg/a",
    "CO2-Minderung durch Solarstrom",
    "CO2 saved by PV",
    "Possible yield times the direct emissions of the German mix of 2024 (UBA Climate Change 16/2026).",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="Greens",
)


@step(BUILDINGS, needs=[BUILDINGS[c] for c in ("use_class", "dwellings", "floor_area_m2")], adds=[HOUSEHOLD])
def household_electricity(buildings: gpd.GeoDataFrame, *, per_dwelling_kwh_a: float | None = None) -> Mapping[str, Any]:
    """Return the electricity of the households of each building; 0 where nobody dwells, without heat pumps.

    Parameters
    ----------
    buildings : GeoDataFrame
    per_dwelling_kwh_a : float, optional
        Of a dwelling; the reference table's by default. [kWh/a]
    """
    row = numbers("solar_economy")
    each = row["household_electricity_kwh_a"] if per_dwelling_kwh_a is None else per_dwelling_kwh_a
    use = buildings["use_class"].astype("object")
    share = use.map({"residential": 1.0, "mixed": row["mixed_residential_share"]}).astype("float64")
    by_area = buildings["floor_area_m2"] * share / row["reference_area_ratio"] / row["dwelling_area_m2"]
    dwellings = buildings["dwellings"].astype("float64").fillna(by_area).mask(use.notna() & share.isna(), 0.0)
    return {HOUSEHOLD.name: dwellings * each}


@step(BUILDINGS, needs=[HOUSEHOLD, BUILDING_YIELD], adds=[SELF_CONSUMPTION, AUTARKY, CO2_SAVED])
def pv_use(buildings: gpd.GeoDataFrame, weather: Weather, *, losses: Losses = "performance_ratio") -> Mapping[str, Any]:
    """Return how much of its PV yield the households of a building use, and what that covers.

    Parameters
    ----------
    buildings : GeoDataFrame
    weather : Weather
    losses : {"performance_ratio", "pvlib"}
        Shape of the hours.
    """
    made = hours_on_planes(weather, TYPICAL_TILT_DEG, TYPICAL_AZIMUTH_DEG)
    hourly = hourly_kwh_kwp(made, losses, 1.0).mean(axis=1)
    used = self_consumed(hourly / hourly.sum(), household_shape(weather))
    load, made_a = (buildings[c.name].to_numpy(dtype=np.float64) for c in (HOUSEHOLD, BUILDING_YIELD))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where((load > 0) & (made_a > 0), made_a / load, np.nan)
        covered = np.interp(np.clip(ratio, None, RATIOS[-1]), RATIOS, used)
        covered = np.where((load > 0) & (made_a == 0), 0.0, covered)
        own = np.clip(covered / ratio, 0.0, 1.0)
    factor = numbers("solar_economy")["grid_co2_g_kwh"] / G_PER_KG
    return {SELF_CONSUMPTION.name: own, AUTARKY.name: covered, CO2_SAVED.name: made_a * factor}


def self_consumed(generation_share: Floats, load_share: Floats) -> Floats:
    """Return the covered share of the load for each of :data:`RATIOS`, yield of the year per load of the year. [1]

    Parameters
    ----------
    generation_share, load_share : ndarray (hours,)
        Each sums to 1.
    """
    return np.array([np.minimum(r * generation_share, load_share).sum() for r in RATIOS])


def household_shape(weather: Weather) -> Floats:
    """Return the share of the year's household electricity in each hour, local standard time, no public holidays. [1]

    Parameters
    ----------
    weather : Weather
        Its year decides the weekdays.

    References
    ----------
    BDEW: Repräsentative VDEW-Lastprofile (1999), H0 with its dynamic factor; the numbers come with demandlib.
    """
    from demandlib.bdew.elec_slp import dynamisation_function

    hours = len(weather.hourly)
    year = int(weather.hourly.index[hours // 2].year)
    if calendar.isleap(year) != (hours > 365 * HOURS_PER_DAY):
        year += 1 if calendar.isleap(year) else 4 - year % 4
    quarters = pd.date_range(f"{year}-01-01", periods=hours * QUARTERS, freq="15min")
    day = quarters.month * 100 + quarters.day
    period = np.select([(day >= 1101) | (day <= 320), (day >= 515) & (day <= 914)], ["winter", "summer"], "transition")
    with as_file(files("demandlib") / "bdew" / "bdew_data" / "selp_series.csv") as path:
        table = pd.read_csv(path, usecols=["period", "weekday", "h0"])
    week = {str(name): part["h0"].to_numpy().reshape(7, -1) for name, part in table.groupby("period", sort=False)}
    quarter = quarters.hour * QUARTERS + quarters.minute // (60 // QUARTERS)
    static = np.select([period == name for name in week], [week[name][quarters.day_of_week, quarter] for name in week])
    power = static * dynamisation_function(quarters).to_numpy(dtype=np.float64)
    hourly = power.reshape(-1, QUARTERS).sum(axis=1)
    return np.asarray(hourly / hourly.sum())
