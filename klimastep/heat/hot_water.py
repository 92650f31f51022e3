"""Useful heat for hot water on arrays: by area, by persons, by use."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from klimastep.heat.archetypes import boundary
from klimastep.heat.balance_seasonal import Array
from klimastep.units import W_PER_KW

HotWater = Literal["area", "persons"]

WATER_WH_LK = 1.163  # 4.187 kJ/(kg·K) over 3.6, one litre weighing one kilogram
DAYS_PER_YEAR = 365.0


def per_person(litres_per_day: Array | float, rise_k: Array | float) -> Array:
    """Return the useful heat of one person's hot water. [kWh/a]

    Parameters
    ----------
    litres_per_day : ndarray or float
        At the taps. [l/(person·d)]
    rise_k : ndarray or float
        Warmer than the cold water. [K]
    """
    return np.asarray(litres_per_day * np.asarray(rise_k) * WATER_WH_LK * DAYS_PER_YEAR / W_PER_KW)


def dwelling_hot_water(multi_unit: NDArray[np.bool_], basis: HotWater = "area") -> Array:
    """Return the useful heat of dwellings for hot water per reference area. [kWh/(m²·a)]

    By area: TABULA's value of single-unit and multi-unit housing. By persons: IWU's litres per person and day
    over the reference area of a person in each kind. Other uses: `reference/nonresidential.csv`.

    Parameters
    ----------
    multi_unit : ndarray of bool, shape (n,)
    basis : {"area", "persons"}
    """
    b = boundary()
    if basis == "area":
        return np.where(multi_unit, b["muh", "hot_water"], b["suh", "hot_water"])
    person = per_person(b["all", "hot_water_per_person"], b["all", "hot_water_rise"])
    return np.asarray(person / np.where(multi_unit, b["muh", "area_per_person"], b["suh", "area_per_person"]))
