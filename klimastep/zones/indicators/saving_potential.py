"""Expected useful heat that refurbishment saves, per hectare of the area."""

import pandas as pd

from klimastep.contract import Column
from klimastep.units import M2_PER_HA
from klimastep.zones.indicators import Indicator

INDICATOR = Indicator(
    Column(
        "saving_potential_kwh_haa",
        "float64",
        "kWh/(ha·a)",
        "Einsparpotenzial",
        "Saving potential",
        "Expected useful heat saved by refurbishment to the plan's target state, per hectare of the area.",
        nullable=True,
        min=0,
        palette="Greens",
    ),
    urgent_when="high",
    needs=("heat_saving_kwh_a", "area_m2"),
    reason_high_de="hohes Einsparpotenzial durch Sanierung",
    reason_high_en="high saving potential by refurbishment",
    reason_low_de="das geringe Einsparpotenzial",
    reason_low_en="the low saving potential",
)


def compute(areas: pd.DataFrame) -> pd.Series:
    """Return the saving potential of each area. [kWh/(ha a)]"""
    return areas["heat_saving_kwh_a"] / (areas["area_m2"] / M2_PER_HA)
