"""Normative useful heat demand of each building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from klimastep.heat.archetypes import Refurbished
from klimastep.heat.columns import HEAT_DEMAND, HEAT_DEMAND_SPECIFIC, HEAT_LOAD, HOT_WATER, OVERHEATING, SPACE_HEAT
from klimastep.heat.hot_water import HotWater
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import outcome
from klimastep.heat.stock import GROUND_FLOOR, Mixed, numbers
from klimastep.steps import step
from klimastep.tables import (
    BUILDINGS,
    DWELLINGS,
    FLOOR_AREA,
    FOOTPRINT,
    IS_HEATED,
    PARTY_WALL_AREA,
    ROOF_AREA,
    USE_CLASS,
    WALL_AREA,
    YEAR_BUILT,
)

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

NEEDS = (
    USE_CLASS,
    IS_HEATED,
    YEAR_BUILT,
    DWELLINGS,
    FLOOR_AREA,
    FOOTPRINT,
    WALL_AREA,
    PARTY_WALL_AREA,
    ROOF_AREA,
)


def per_area(energy: Any, buildings: pd.DataFrame) -> Any:
    """Return energy per reference area, unknown without an area. [kWh/(m²·a)]"""
    area = numbers(buildings, FLOOR_AREA.name)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(area > 0, energy / area, np.nan)


@step(BUILDINGS, needs=NEEDS, adds=[SPACE_HEAT, HOT_WATER, HEAT_DEMAND, HEAT_DEMAND_SPECIFIC, HEAT_LOAD, OVERHEATING])
def demand(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    *,
    refurbished: Refurbished = "national",
    method: Method = SEASONAL,
    hot_water: HotWater = "area",
    mixed: Mixed = GROUND_FLOOR,
) -> dict[str, Any]:
    """Return the normative useful demand for rooms and hot water, the heat load and the hours too warm.

    Dwellings: TABULA seasonal balance (or the monthly or hourly one by `method`) with the building's
    own floor area, footprint, outer walls and roof, and the type's U-values, window share, adjustment factors and
    attic and cellar; areas that are unknown are the type's per reference area. With age-class probabilities the
    weighted mean over the classes.
    Other uses: IWU values per use and age, scaled by degree days, times the heated share of the floor area,
    or (`method.nonresidential`) the balance of their own envelope with the typology's U-values, used as DIN V 18599-10
    has it. Heat of processes is in none of them. Mixed use: a share is no dwelling.
    Not heated is 0; unknown floor area, use or (for dwellings) age is unknown.

    Parameters
    ----------
    buildings : DataFrame
    season : HeatingSeason
        With base 12 °C.
    refurbished : {"none", "national"}
        Whether dwellings hold the national shares of past refurbishment. The IWU values of other uses are
        means of the stock as it is.
    method : Method
        Seasonal, monthly or hourly balance, and what other uses go by.
    hot_water : {"area", "persons"}
        What the hot water of dwellings goes by.
    mixed : Mixed
        Which share of a mixed building is no dwelling, and its use; the ground floor by default.
    """
    result = outcome(buildings, season, "existing", refurbished, method=method, hot_water=hot_water, mixed=mixed)
    total = result.space_heat + result.hot_water
    return {
        SPACE_HEAT.name: result.space_heat,
        HOT_WATER.name: result.hot_water,
        HEAT_DEMAND.name: total,
        HEAT_DEMAND_SPECIFIC.name: per_area(total, buildings),
        HEAT_LOAD.name: result.heat_load,
        OVERHEATING.name: result.overheating,
    }
