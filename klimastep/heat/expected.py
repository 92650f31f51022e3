"""Useful heat and final energy that are expected in real use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from klimastep.heat.archetypes import Refurbished
from klimastep.heat.columns import EXPECTED_FINAL, EXPECTED_HEAT, EXPECTED_HEAT_SPECIFIC
from klimastep.heat.demand import NEEDS, per_area
from klimastep.heat.hot_water import HotWater
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import DEFAULT_CARRIER, outcome
from klimastep.heat.stock import GROUND_FLOOR, Mixed
from klimastep.steps import step
from klimastep.tables import BUILDINGS

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason


@step(BUILDINGS, needs=NEEDS, adds=[EXPECTED_HEAT, EXPECTED_HEAT_SPECIFIC, EXPECTED_FINAL])
def expected(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    *,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    hot_water: HotWater = "area",
    mixed: Mixed = GROUND_FLOOR,
) -> dict[str, Any]:
    """Return expected useful heat and expected final energy.

    Delivered energy (gross calorific value) = useful demand, pipe and storage losses times the generator's
    expenditure factor of the carrier; times IWU's factor from calculated to measured, read at the delivered
    energy per reference area. Final energy is that by net calorific value (Hi); useful heat is the calibrated
    delivered energy over the building's own expenditure factor. No curve is published for non-residential
    buildings: their demand is taken as expected, with the generator's expenditure only.

    The season comes in again because the curve is not linear: with age-class probabilities it acts on each
    class before the mean.

    Parameters
    ----------
    buildings : DataFrame
        With ``carrier`` where it is known.
    season : HeatingSeason
        With base 12 °C.
    refurbished : {"none", "national"}
        As in `demand`.
    default_carrier : str
        Carrier of buildings whose carrier is unknown.
    method, hot_water, mixed
        As in `demand`.

    References
    ----------
    IWU tabuladata, Tab.CalcAdapt DE.M.01-04 (accuracy class C), on heating and hot water per m² A_C,ref.
    """
    result = outcome(buildings, season, "existing", refurbished, default_carrier, method, hot_water, mixed)
    return {
        EXPECTED_HEAT.name: result.expected_heat,
        EXPECTED_HEAT_SPECIFIC.name: per_area(result.expected_heat, buildings),
        EXPECTED_FINAL.name: result.expected_final,
    }
