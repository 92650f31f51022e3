"""PV yield of areas hour by hour against the electricity of households and heat pumps, by month and by hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from klimastep.contract import Column, Table
from klimastep.solar.electricity import HOUSEHOLD
from klimastep.solar.orientation import between, grid
from klimastep.solar.photovoltaic import PV_YIELD, FlatLayout, module_sides
from klimastep.weather.irradiance import MONTHS

if TYPE_CHECKING:
    from klimastep.weather.sun import Floats, Ints


def _energy(name: str, de: str, en: str, text: str) -> Column:
    return Column(name, "float64", "kWh", de, en, text, nullable=True, min=0)


def _share(name: str, de: str, en: str, text: str) -> Column:
    return Column(name, "float64", "1", de, en, text, nullable=True, min=0, max=1)


SOLAR_BALANCE = Table(
    "solar_balance",
    "solar_balance",
    "Solarstrom und Bedarf je Monat",
    "PV yield and demand by month",
    "",
    (
        Column("zone_id", "str", "", "Handlungsraum", "Priority zone"),
        Column("month", "Int16", "", "Monat", "Month", min=1, max=12),
        _energy("pv_yield_kwh", "Möglicher Solarstrom", "Possible PV yield", "All suited roofs of the zone."),
        _energy(
            "household_electricity_kwh",
            "Haushaltsstrom",
            "Household electricity",
            "Standard profile H0; electricity of other uses is not known.",
        ),
        _energy(
            "heat_pump_electricity_kwh",
            "Strom für Wärmepumpen",
            "Electricity of heat pumps",
            "As if all expected useful heat came from heat pumps of one seasonal performance factor.",
        ),
        _energy(
            "used_households_kwh",
            "Im Gebiet genutzt (Haushalte)",
            "Used in the zone (households)",
            "Hour by hour the smaller of yield and household electricity of the whole zone: an upper value.",
        ),
        _energy(
            "used_all_kwh",
            "Im Gebiet genutzt (mit Wärmepumpen)",
            "Used in the zone (with heat pumps)",
            "Hour by hour the smaller of yield and electricity of households and heat pumps together.",
        ),
        _share("self_consumption_share", "Eigenverbrauch", "Self-consumed share", "used_all_kwh per pv_yield_kwh."),
        _share("autarky_share", "Deckung", "Covered share", "used_all_kwh per electricity of both."),
    ),
)


SOLAR_HOURS = Table(
    "solar_hours",
    "solar_hour",
    "Solarstrom und Bedarf je Stunde",
    "PV yield and demand by hour",
    "",
    (
        Column("area_id", "str", "", "Gebiet", "Area", "Priority zone, or district where there are too many zones."),
        Column(
            "hour",
            "Int16",
            "",
            "Stunde des Jahres",
            "Hour of the year",
            "Local standard time; 1 ends at one o'clock on the first of January.",
            min=1,
            max=8784,
        ),
        _energy("pv_yield_kwh", "Möglicher Solarstrom", "Possible PV yield", "All suited roofs of the area."),
        _energy("household_electricity_kwh", "Haushaltsstrom", "Household electricity", "Standard profile H0."),
        _energy(
            "heat_pump_electricity_kwh",
            "Strom für Wärmepumpen",
            "Electricity of heat pumps",
            "As if all expected useful heat came from heat pumps of one seasonal performance factor.",
        ),
    ),
)


class HourShapes(NamedTuple):
    """Hours of a year that areas are told by, from the first of January in local standard time.

    Parameters
    ----------
    generation : ndarray (hours, points)
        Yield of modules at the orientations of the grid; only its shape counts.
    household : ndarray (hours,)
        Share of the year's household electricity. [1]
    month : ndarray (hours,)
        0 to 11.
    heat_pump_kw : callable
        Electricity of heat pumps in each hour for some of the buildings. [kW]
    """

    generation: Floats
    household: Floats
    month: Ints
    heat_pump_kw: Callable[[pd.DataFrame], Floats]


def solar_balance(
    buildings: pd.DataFrame,
    roofs: pd.DataFrame,
    shapes: HourShapes,
    *,
    flat_layout: FlatLayout = "east_west",
    key: str = "zone_id",
) -> pd.DataFrame:
    """Return the table ``solar_balance``: a row for each area and month.

    Parameters
    ----------
    buildings : DataFrame
        With `key` and ``household_electricity_kwh_a``; what is unknown counts as nothing.
    roofs : DataFrame
        With ``building_id``, orientation and ``pv_yield_kwh_a``.
    shapes : HourShapes
    flat_layout : {"east_west", "south"}
    key : str
        Column with the area's id.
    """
    names, parts = [], []
    for name, series in _each(buildings, roofs, shapes, flat_layout, key):
        names.append(name)
        parts.append(_months(series, shapes.month))
    rows = np.concatenate(parts) if parts else np.empty((0, len(SOLAR_BALANCE.columns) - 2))
    ids = [f"{name}_{m:02d}" for name in names for m in range(1, MONTHS + 1)]
    return _long(SOLAR_BALANCE, ids, [np.repeat(_texts(names), MONTHS), _counted(MONTHS, names), *rows.T])


def solar_hours(
    buildings: pd.DataFrame,
    roofs: pd.DataFrame,
    shapes: HourShapes,
    *,
    flat_layout: FlatLayout = "east_west",
    key: str = "zone_id",
) -> pd.DataFrame:
    """Return the table ``solar_hours``: a row for each area and hour, whose months are those of :func:`solar_balance`.

    Parameters
    ----------
    buildings, roofs, shapes, flat_layout, key
        As for :func:`solar_balance`.
    """
    names, parts = [], []
    for name, series in _each(buildings, roofs, shapes, flat_layout, key):
        names.append(name)
        parts.append(np.stack(series, axis=1))
    hours = len(shapes.month)
    rows = np.concatenate(parts) if parts else np.empty((0, len(SOLAR_HOURS.columns) - 2))
    ids = [f"{name}_{h:04d}" for name in names for h in range(1, hours + 1)]
    return _long(SOLAR_HOURS, ids, [np.repeat(_texts(names), hours), _counted(hours, names), *rows.T])


def _each(
    buildings: pd.DataFrame, roofs: pd.DataFrame, shapes: HourShapes, flat_layout: FlatLayout, key: str
) -> Iterator[tuple[str, tuple[Floats, Floats, Floats]]]:
    """Yield each area with the hours of its yield, its households and its heat pumps, one at a time. [kWh]"""
    shape = shapes.generation / shapes.generation.sum(axis=0)
    codes, names = pd.factorize(buildings[key].astype("object"), sort=True)
    made = points_kwh_a(roofs, pd.Series(codes, buildings.index), len(names), flat_layout)
    known = buildings[HOUSEHOLD.name].fillna(0.0).to_numpy(dtype=np.float64)
    homes = np.bincount(codes[codes >= 0], known[codes >= 0], len(names))
    for place, name in enumerate(names):
        pumps = shapes.heat_pump_kw(buildings[codes == place])
        yield str(name), (shape @ made[place], homes[place] * shapes.household, pumps)


def _long(table: Table, ids: list[str], values: list[Floats]) -> pd.DataFrame:
    index = pd.Index(ids, dtype="str", name=table.id)
    named = zip(table.columns, values, strict=True)
    return pd.DataFrame({c.name: c.cast(pd.Series(v, index), index) for c, v in named}, index)


def _texts(names: list[str]) -> Floats:
    return np.asarray(names, dtype=object)


def _counted(most: int, names: list[str]) -> Floats:
    return np.tile(np.arange(1, most + 1), len(names))


def points_kwh_a(roofs: pd.DataFrame, area_of: pd.Series, areas: int, flat_layout: FlatLayout) -> Floats:
    """Return the yearly yield of each area's roofs, spread over the orientations of the grid, (areas, points). [kWh/a]

    A plane's yield is split between the two sides of its modules and the four orientations around each; the sum
    is kept.

    Parameters
    ----------
    roofs : DataFrame
        With ``building_id``, ``tilt_deg``, ``azimuth_deg`` and ``pv_yield_kwh_a``.
    area_of : Series of int
        Area of each building, -1 for none.
    areas : int
    flat_layout : {"east_west", "south"}
    """
    points = len(grid().tilt_deg)
    area = roofs["building_id"].map(area_of).fillna(-1).to_numpy(dtype=np.int64)
    energy = roofs[PV_YIELD.name].to_numpy(dtype=np.float64)
    out = np.zeros(areas * points)
    for tilt, azimuth in module_sides(roofs, flat_layout):
        own = (area >= 0) & (energy > 0) & ~np.isnan(tilt + azimuth)
        place, weight = between(tilt[own], azimuth[own])
        cell = area[own][:, None] * points + place
        out += np.bincount(cell.ravel(), (weight * energy[own][:, None] / 2.0).ravel(), areas * points)
    return out.reshape(areas, points)


def _months(hours: tuple[Floats, Floats, Floats], month: Ints) -> Floats:
    """Return the columns of the table after zone and month, shape (12, 7)."""
    made, homes, pumps = hours
    load = homes + pumps
    series = (made, homes, pumps, np.minimum(made, homes), np.minimum(made, load))
    sums = np.stack([np.bincount(month, hourly, MONTHS) for hourly in series], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.clip(sums[:, 4] / sums[:, 0], 0.0, 1.0)
        covered = np.clip(sums[:, 4] / (sums[:, 1] + sums[:, 2]), 0.0, 1.0)
    return np.column_stack((sums, own, covered))
