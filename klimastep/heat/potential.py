"""How much expected useful heat a target state saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from klimastep.heat.archetypes import Refurbished
from klimastep.heat.columns import HEAT_SAVING
from klimastep.heat.demand import NEEDS
from klimastep.heat.hot_water import HotWater
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import DEFAULT_CARRIER, outcome
from klimastep.steps import step
from klimastep.tables import BUILDINGS, HERITAGE_STATUS

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

Target = Literal["usual", "advanced"]


@step(BUILDINGS, needs=(*NEEDS, HERITAGE_STATUS), adds=[HEAT_SAVING])
def potential(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    *,
    target_state: Target = "usual",
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    hot_water: HotWater = "area",
) -> dict[str, Any]:
    """Return the expected useful heat that refurbishment to a target state saves.

    Expected before minus expected after, the calibration curve on both and the heater kept. A component gets
    the added resistance of the package unless it is as good already; windows and doors are replaced. Single
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
    method, hot_water
        As in `demand`.
    """
    before = outcome(buildings, season, "existing", refurbished, default_carrier, method, hot_water)
    after = outcome(buildings, season, target_state, refurbished, default_carrier, method, hot_water)
    return {HEAT_SAVING.name: np.maximum(before.expected_heat - after.expected_heat, 0.0)}
