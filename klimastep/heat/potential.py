"""What a target state saves: normative demand, expected useful heat, expected final energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from klimastep.heat.archetypes import Refurbished
from klimastep.heat.columns import DEMAND_SAVING, FINAL_SAVING, HEAT_SAVING, RETROFIT_LIMIT, RETROFIT_LIMITS
from klimastep.heat.demand import NEEDS
from klimastep.heat.hot_water import HotWater
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import DEFAULT_CARRIER, PROTECTED, outcome
from klimastep.heat.stock import GROUND_FLOOR, Mixed
from klimastep.steps import step
from klimastep.tables import BUILDINGS, HERITAGE_STATUS

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

Target = Literal["usual", "advanced"]


@step(BUILDINGS, needs=(*NEEDS, HERITAGE_STATUS), adds=[HEAT_SAVING, DEMAND_SAVING, FINAL_SAVING, RETROFIT_LIMIT])
def potential(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    *,
    target_state: Target = "usual",
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    hot_water: HotWater = "area",
    mixed: Mixed = GROUND_FLOOR,
) -> dict[str, Any]:
    """Return what refurbishment to a target state saves, and what heritage allows.

    Expected before minus expected after, the calibration curve on both and the heater kept; beside it the saving of
    the normative demand, which is larger where a calculation overstates what is used (prebound effect). A component
    gets the added resistance of the package unless it is as good already; windows and doors are replaced. Single
    monuments, groups and ensembles get the monument package. Other uses than dwellings: the share that two
    balances of the typology's mean building give.

    Parameters
    ----------
    buildings : DataFrame
    season : HeatingSeason
        With base 12 °C.
    target_state : {"usual", "advanced"}
        TABULA packages, `reference/measures.csv`.
    refurbished : {"none", "national"}
        As in `demand`.
    default_carrier : str
        As in `expected`.
    method, hot_water, mixed
        As in `demand`.
    """
    before = outcome(buildings, season, "existing", refurbished, default_carrier, method, hot_water, mixed)
    after = outcome(buildings, season, target_state, refurbished, default_carrier, method, hot_water, mixed)
    normative = before.space_heat + before.hot_water - after.space_heat - after.hot_water
    return {
        HEAT_SAVING.name: np.maximum(before.expected_heat - after.expected_heat, 0.0),
        DEMAND_SAVING.name: np.maximum(normative, 0.0),
        FINAL_SAVING.name: np.maximum(before.expected_final - after.expected_final, 0.0),
        RETROFIT_LIMIT.name: _limit(buildings),
    }


def _limit(buildings: pd.DataFrame) -> pd.Series:
    status = buildings[HERITAGE_STATUS.name].astype("object")
    limit = pd.Series(RETROFIT_LIMITS[0].value, index=buildings.index, dtype="object")
    return limit.mask(status.isin(PROTECTED), "monument").mask(status.eq("unknown") | status.isna(), "unknown")
