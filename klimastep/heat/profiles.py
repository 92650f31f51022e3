"""Hourly shapes of heat by standard profiles, simultaneity of loads, annual duration curves."""

from __future__ import annotations

import calendar
import warnings
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from demandlib import bdew
from demandlib.vdi.regions import Climate, Region

from klimastep.heat.archetypes import boundary
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.columns import HEAT_LOAD, LOAD_CURVES, NETWORK_LOAD
from klimastep.heat.outcome import MULTI_UNIT_FROM
from klimastep.heat.stock import is_residential, numbers, size_classes
from klimastep.reference import load
from klimastep.units import HOURS_PER_DAY
from klimastep.weather import hourly_climate

if TYPE_CHECKING:
    from klimastep.weather import Weather

Profile = Literal["bdew", "vdi4655"]

DWELLING_KINDS = ("single_unit", "multi_unit")
OTHER = "other"
MEAN_OF_GERMANY = 11  # BDEW: shares of old and new houses as in Germany as a whole
BDEW_RANGE_DEGC = (-19.0, 39.0)  # outside the table of hours ends
COVERED_BELOW = 0.25 + 0.5 * (1.0 - 5.0 / 8.0)  # clearness of a day with 5/8 clouds, Angstrom-Prescott
POINTS = 101


class LoadShapes(NamedTuple):
    """Share of the year's heat in each hour, by kind of building; each shape sums to one. [1]

    Parameters
    ----------
    space_heat, hot_water : mapping of str to ndarray (hours,)
        By `single_unit`, `multi_unit` and the use classes of `reference/load_profiles.csv`.
    """

    space_heat: Mapping[str, Array]
    hot_water: Mapping[str, Array]


def load_shapes(weather: Weather, profile: Profile = "bdew") -> LoadShapes:
    """Return the standard profiles in the weather of a year.

    Hours run from the first of January in local standard time; no public holidays.

    Parameters
    ----------
    weather : Weather
    profile : {"bdew", "vdi4655"}
        For dwellings; other uses always by BDEW. VDI 4655 knows typical days: their clouds come from the
        clearness of the day (global over extraterrestrial radiation) by the relation of Angstrom and Prescott.

    References
    ----------
    BDEW, VKU, GEODE: Leitfaden Abwicklung von Standardlastprofilen Gas; VDI 4655 (2008); both as in demandlib.
    Allen, R. G. et al. (1998): FAO irrigation and drainage paper 56, equation 35 (a = 0.25, b = 0.5).
    """
    climate = hourly_climate(weather)
    year = int(weather.hourly.index[len(weather.hourly) // 2].year)
    index = pd.date_range(f"{year}-01-01", periods=len(climate.temp_external_degc), freq="h")
    temperature = pd.Series(np.clip(climate.temp_external_degc, *BDEW_RANGE_DEGC), index)
    table = load("load_profiles")
    space, water = {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # demandlib uses names that pandas will drop
        for kind, name in zip(table["use_class"], table["profile"], strict=True):
            if profile == "bdew" or kind not in DWELLING_KINDS:
                space[kind], water[kind] = _bdew(temperature, name)
        if profile == "vdi4655":
            for kind, curves in _vdi(weather, year).items():
                space[kind], water[kind] = curves
    return LoadShapes(space, water)


def _bdew(temperature: pd.Series, name: str) -> tuple[Array, Array]:
    building = MEAN_OF_GERMANY if name in ("EFH", "MFH") else 0
    given = {"temperature": temperature, "shlp_type": name, "building_class": building, "wind_class": 0}
    both = [{"ww_incl": False}, {"ww_only": True}]
    shapes = [
        np.asarray(bdew.HeatBuilding(temperature.index, **given, **part).get_normalized_bdew_profile()) for part in both
    ]
    return shapes[0] / shapes[0].sum(), shapes[1] / shapes[1].sum()


def _vdi(weather: Weather, year: int) -> dict[str, tuple[Array, Array]]:
    leap = len(weather.hourly) // HOURS_PER_DAY > 365
    days = np.arange(len(weather.hourly) // HOURS_PER_DAY)
    kept = np.delete(days, 59) if leap else days  # the 29th of February takes the day before
    named = year + 1 if calendar.isleap(year) else year
    index = pd.date_range(f"{named}-01-01", periods=len(kept), freq="D")
    covered = pd.Series(np.where(clearness(weather)[kept] < COVERED_BELOW, "B", "H"), index)
    climate = Climate(
        pd.Series(weather.daily_mean()[kept], index), covered, Climate().from_try_data(_region(weather)).energy_factors
    )
    houses = [
        {"name": n, "house_type": n, "N_Pers": 3, "N_WE": 6, "Q_Heiz_a": 1.0, "Q_TWW_a": 1.0, "W_a": 1.0}
        | {"summer_temperature_limit": 15, "winter_temperature_limit": 5}
        for n in ("EFH", "MFH")
    ]
    curves = Region(named, climate=climate, houses=houses, resample_rule="1h").get_load_curve_houses()
    back = np.searchsorted(kept, days, side="right") - 1
    out = {}
    for kind, house in zip(DWELLING_KINDS, ("EFH", "MFH"), strict=True):
        pair = []
        for heat in ("Q_Heiz_TT", "Q_TWW_TT"):
            values = curves[(house, house, heat)].to_numpy(dtype=np.float64).reshape(-1, HOURS_PER_DAY)[back].ravel()
            pair.append(values / values.sum())
        out[kind] = (pair[0], pair[1])
    return out


def clearness(weather: Weather) -> Array:
    """Return global over extraterrestrial radiation of each day. [1]"""
    sun = weather.sun
    above = np.roll(sun.extra_w_m2 * np.maximum(sun.height, 0.0), weather.first_hour).reshape(-1, HOURS_PER_DAY)
    return np.asarray(weather.daily_mean("ghi_w_m2") / np.maximum(above.mean(axis=1), 1e-9))


def _region(weather: Weather) -> int:
    with as_file(files("demandlib") / "vdi" / "resources_weather" / "TRY_polygons.geojson") as path:
        regions = gpd.read_file(path)
    nearest = regions.sindex.nearest(shapely.Point(weather.longitude_deg, weather.latitude_deg))[1][0]
    return int(regions["TRY_code"].iloc[nearest])


def simultaneity(customers: Array | float) -> Array:
    """Return the factor by which the sum of customers' loads is too high for their network. [1]

    a + b / (1 + (n/c)^d), one customer or fewer: 1. Found on networks with up to 200 customers.

    Parameters
    ----------
    customers : ndarray or float
        Houses connected.

    References
    ----------
    Winter, W.; Haslauer, T.; Obernberger, I. (2001), Euroheat & Power 9-10/2001.
    """
    a, b, c, d = (boundary()["all", f"simultaneity_{k}"] for k in "abcd")
    n = np.maximum(np.asarray(customers, dtype=np.float64), 0.0)
    return np.where(n <= 1.0, 1.0, np.minimum(a + b / (1.0 + (n / c) ** d), 1.0))


def network_load(areas: pd.DataFrame) -> pd.DataFrame:
    """Return `areas` with the heat load of their buildings as one network meets it.

    Parameters
    ----------
    areas : DataFrame
        With the sum ``heat_load_kw`` and ``heated_count``.
    """
    count, total = numbers(areas, "heated_count"), numbers(areas, HEAT_LOAD.name)
    return areas.assign(**{NETWORK_LOAD.name: total * simultaneity(count)})


def hourly_load(buildings: pd.DataFrame, shapes: LoadShapes) -> Array:
    """Return the useful heat (expected) of some buildings in each hour, shape (hours,). [kW]

    Parameters
    ----------
    buildings : DataFrame
        With ``expected_heat_kwh_a``, ``space_heat_kwh_a``, ``heat_demand_kwh_a`` and what decides the size class;
        what is unknown is left out.
    shapes : LoadShapes
    """
    space, water = _energy_by_kind(buildings, pd.Series(0, index=buildings.index), shapes, 1)
    kinds = list(shapes.space_heat)
    return np.asarray(
        space[0] @ np.stack([shapes.space_heat[k] for k in kinds])
        + water[0] @ np.stack([shapes.hot_water[k] for k in kinds])
    )


def _energy_by_kind(buildings: pd.DataFrame, area: pd.Series, shapes: LoadShapes, areas: int) -> tuple[Array, Array]:
    kinds = list(shapes.space_heat)
    size, _ = size_classes(buildings)
    use = buildings["use_class"].astype("object").where(buildings["use_class"].isin(kinds), OTHER).to_numpy()
    dwelling = np.where(size >= MULTI_UNIT_FROM, DWELLING_KINDS[1], DWELLING_KINDS[0])
    kind = pd.Index(kinds).get_indexer(pd.Index(np.where(is_residential(buildings), dwelling, use)))
    useful, demand = numbers(buildings, "expected_heat_kwh_a"), numbers(buildings, "heat_demand_kwh_a")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(demand > 0, numbers(buildings, "space_heat_kwh_a") / demand, 1.0)
    cell = area.to_numpy() * len(kinds) + kind
    known = np.isfinite(useful) & np.isfinite(share) & (area.to_numpy() >= 0)
    sums = [
        np.bincount(cell[known], (useful * part)[known], areas * len(kinds))
        .astype(np.float64)
        .reshape(areas, len(kinds))
        for part in (share, 1.0 - share)
    ]
    return sums[0], sums[1]


def duration_curve(load_kw: Array, points: int = POINTS) -> Array:
    """Return loads from the highest to the lowest hour at equal steps of the year, shape (points,) or (n, points).

    Parameters
    ----------
    load_kw : ndarray, shape (hours,) or (n, hours)
        Mean load of each hour. [kW]
    points : int
        101 gives every percent of the year and both ends.
    """
    return np.quantile(load_kw, np.linspace(1.0, 0.0, points), axis=-1).T


def duration_curves(buildings: pd.DataFrame, shapes: LoadShapes, key: str = "zone_id") -> pd.DataFrame:
    """Return the table ``load_curves``: the annual duration curve of each area with known heat, as a long table.

    Parameters
    ----------
    buildings : DataFrame
        As for :func:`hourly_load`, with the column `key`.
    shapes : LoadShapes
    key : str
        Column with the area's id.
    """
    codes, names = pd.factorize(buildings[key].astype("object"), sort=True)
    space, water = _energy_by_kind(buildings, pd.Series(codes), shapes, len(names))
    kinds = list(shapes.space_heat)
    heat, taps = (np.stack([part[k] for k in kinds]) for part in shapes)
    curves = [duration_curve(s @ heat + w @ taps) for s, w in zip(space, water, strict=True)]
    rows = {
        "zone_id": np.repeat(np.asarray(names, dtype=object), POINTS),
        "duration_share": np.tile(np.linspace(0.0, 1.0, POINTS), len(names)),
        "load_kw": np.concatenate(curves) if curves else np.empty(0),
    }
    ids = [f"{name}_{point:03d}" for name in names for point in range(POINTS)]
    index = pd.Index(ids, dtype="str", name=LOAD_CURVES.id)
    return pd.DataFrame({c.name: c.cast(pd.Series(rows[c.name], index), index) for c in LOAD_CURVES.columns}, index)
