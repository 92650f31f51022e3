"""PV yield of areas hour by hour against the electricity of households and heat pumps, told by month."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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


def solar_balance(
    buildings: pd.DataFrame,
    roofs: pd.DataFrame,
    hours: tuple[Floats, Floats, Ints],
    heat_pump_kw: Callable[[pd.DataFrame], Floats],
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
    hours : (ndarray (hours, points), ndarray (hours,), ndarray (hours,))
        Yield of modules at the grid's orientations, only its shape counts; share of the household electricity;
        month, 0 to 11.
    heat_pump_kw : callable
        Electricity of heat pumps in each hour for some of the buildings. [kW]
    flat_layout : {"east_west", "south"}
    key : str
        Column with the area's id.
    """
    generation, household, month = hours
    shape = generation / generation.sum(axis=0)
    codes, names = pd.factorize(buildings[key].astype("object"), sort=True)
    area = pd.Series(codes, buildings.index)
    made = points_kwh_a(roofs, area, len(names), flat_layout)
    known = buildings[HOUSEHOLD.name].fillna(0.0).to_numpy(dtype=np.float64)
    homes = np.bincount(codes[codes >= 0], known[codes >= 0], len(names))
    parts = [
        _months(shape @ made[place], homes[place] * household, heat_pump_kw(buildings[codes == place]), month)
        for place in range(len(names))
    ]
    rows = np.concatenate(parts) if parts else np.empty((0, len(SOLAR_BALANCE.columns) - 2))
    ids = [f"{name}_{m:02d}" for name in names for m in range(1, MONTHS + 1)]
    index = pd.Index(ids, dtype="str", name=SOLAR_BALANCE.id)
    values = [
        np.repeat(np.asarray(names, dtype=object), MONTHS),
        np.tile(np.arange(1, MONTHS + 1), len(names)),
        *rows.T,
    ]
    return pd.DataFrame(
        {c.name: c.cast(pd.Series(v, index), index) for c, v in zip(SOLAR_BALANCE.columns, values, strict=True)}, index
    )


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


def _months(made: Floats, homes: Floats, pumps: Floats, month: Ints) -> Floats:
    """Return the columns of the table after zone and month, shape (12, 7)."""
    load = homes + pumps
    series = (made, homes, pumps, np.minimum(made, homes), np.minimum(made, load))
    sums = np.stack([np.bincount(month, hourly, MONTHS) for hourly in series], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.clip(sums[:, 4] / sums[:, 0], 0.0, 1.0)
        covered = np.clip(sums[:, 4] / (sums[:, 1] + sums[:, 2]), 0.0, 1.0)
    return np.column_stack((sums, own, covered))
