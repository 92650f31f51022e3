"""From useful heat to delivered energy and to what is expected in real use."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.errors import PlanError
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.stock import codes_of
from klimastep.reference import load
from klimastep.tables import CARRIER, CARRIERS

NAMES = tuple(c.value for c in CARRIERS)
GROUPS = ("suh", "muh")
UNCALIBRATED = -1


class Systems(NamedTuple):
    """Heaters as arrays over carrier x (single-unit, multi-unit); losses in kWh/(m²·a) of reference area."""

    generator_heating: Array
    generator_hot_water: Array
    heating_losses: Array
    hot_water_losses: Array
    hot_water_recovered: Array
    hs_per_hi: Array
    curve: NDArray[np.int64]


class Expected(NamedTuple):
    """Expected use per reference area. [kWh/(m²·a)]"""

    useful: Array
    final: Array


@cache
def curves() -> tuple[str, ...]:
    """Return the names of the calibration curves."""
    return tuple(dict.fromkeys(load("calibration")["curve"]))


@cache
def systems() -> Systems:
    """Return the heaters in the order carrier (tables.CARRIERS) x group."""
    table = load("heat_systems").set_index(["carrier", "group"]).loc[[(c, g) for c in NAMES for g in GROUPS]]
    ratio = carrier_factor("hs_per_hi")

    def column(name: str) -> Array:
        return table[name].to_numpy(dtype=np.float64)

    return Systems(
        column("generator_heating"),
        column("generator_hot_water"),
        column("heating_distribution_kwh_m2a") + column("heating_storage_kwh_m2a"),
        column("hot_water_distribution_kwh_m2a") + column("hot_water_storage_kwh_m2a"),
        column("hot_water_recovered_kwh_m2a"),
        np.repeat([ratio[c] for c in NAMES], len(GROUPS)),
        np.array([curves().index(c) for c in table["curve"]], dtype=np.int64),
    )


@cache
def carrier_factor(quantity: str) -> dict[str, float]:
    """Return one factor of all carriers: ``hs_per_hi``, ``primary_energy_factor`` or ``co2e`` [g/kWh, Hi]."""
    table = load("carriers")
    rows = table[table["quantity"] == quantity]
    return dict(zip(rows["carrier"], rows["value"].astype("float64"), strict=True))


def system_rows(buildings: pd.DataFrame, multi_unit: NDArray[np.bool_], default_carrier: str) -> NDArray[np.int64]:
    """Return the row of :func:`systems` of each building; an unknown carrier is the default one."""
    if default_carrier not in NAMES:
        raise PlanError(f"heat.default_carrier: unknown carrier {default_carrier!r}; known are {', '.join(NAMES)}")
    unknown = np.full(len(buildings), -1, dtype=np.int64)
    codes = codes_of(buildings[CARRIER.name], NAMES) if CARRIER.name in buildings else unknown
    codes = np.where(codes < 0, NAMES.index(default_carrier), codes)
    return np.asarray(codes * len(GROUPS) + multi_unit, dtype=np.int64)


def delivered(space_heat: Array, hot_water: Array, utilisation: Array, system: NDArray[np.int64]) -> Array:
    """Return the delivered energy for heating and hot water. [kWh/(m²·a), gross calorific value]

    Parameters
    ----------
    space_heat, hot_water : ndarray, shape (n,)
        Useful heat per reference area. [kWh/(m²·a)]
    utilisation : ndarray, shape (n,)
        Utilisation of heat gains: so much of the hot water losses inside heats the rooms. [1]
    system : ndarray of int, shape (n,)
        Rows of :func:`systems`.

    References
    ----------
    TABULA Calculation Method (IWU 2013), supply system: q_del = e_g (q_nd + q_d + q_s - η q_w,h).
    """
    s = systems()
    heating = np.maximum(space_heat + s.heating_losses[system] - utilisation * s.hot_water_recovered[system], 0.0)
    heating = np.where(space_heat == 0.0, 0.0, heating) * s.generator_heating[system]
    water = (hot_water + s.hot_water_losses[system]) * s.generator_hot_water[system]
    result: Array = heating + water
    return result


def calibration(delivered_kwh_m2a: Array, curve: NDArray[np.int64]) -> Array:
    """Return the factor from calculated to measured, linear between IWU's nodes, constant outside. [1]"""
    factor = np.ones_like(delivered_kwh_m2a)
    for i, (nodes, factors) in enumerate(_nodes()):
        rows = curve == i
        factor[rows] = np.interp(delivered_kwh_m2a[rows], nodes, factors)
    return factor


@cache
def _nodes() -> tuple[tuple[Array, Array], ...]:
    """Return delivered energy and factor of the nodes of each curve."""
    table = load("calibration")
    tables = (table[table["curve"] == name] for name in curves())
    return tuple(
        (t["delivered_kwh_m2a"].to_numpy(dtype=np.float64), t["factor"].to_numpy(dtype=np.float64)) for t in tables
    )


def expected_use(space_heat: Array, hot_water: Array, utilisation: Array, system: NDArray[np.int64]) -> Expected:
    """Return what is expected in real use per reference area.

    The calibration curve acts on the delivered energy, gross calorific value, as IWU defines it. Useful heat
    is the calibrated delivered energy over the building's own expenditure factor (delivered / useful).
    """
    energy = delivered(space_heat, hot_water, utilisation, system)
    factor = calibration(energy, systems().curve[system])
    return Expected(factor * (space_heat + hot_water), factor * energy / systems().hs_per_hi[system])


def generator_only(space_heat: Array, hot_water: Array, system: NDArray[np.int64]) -> Expected:
    """Return expected use where no curve and no pipe losses are published: non-residential buildings."""
    s = systems()
    energy = space_heat * s.generator_heating[system] + hot_water * s.generator_hot_water[system]
    return Expected(space_heat + hot_water, energy / s.hs_per_hi[system])


def expenditure_factor(carrier: str, group: str, space_heat: Array, hot_water: Array) -> Array:
    """Return final energy (Hi) per useful heat at a given specific demand. [1]

    Parameters
    ----------
    carrier : str
        One of the contract's carriers.
    group : {"suh", "muh"}
        Single-unit or multi-unit housing.
    space_heat, hot_water : ndarray, shape (n,)
        Useful heat per reference area. [kWh/(m²·a)]
    """
    row = np.full(len(space_heat), NAMES.index(carrier) * len(GROUPS) + GROUPS.index(group), dtype=np.int64)
    energy = delivered(space_heat, hot_water, np.ones_like(space_heat), row) / systems().hs_per_hi[row]
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = energy / (space_heat + hot_water)
    return result
