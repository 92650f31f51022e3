"""Expected useful heat per hectare of the area."""

import pandas as pd

from klimastep.contract import Column
from klimastep.reference import load
from klimastep.units import KWH_PER_MWH, M2_PER_HA
from klimastep.zones.indicators import Indicator


def density_limits_kwh_haa() -> tuple[float, ...]:
    """Return the class limits of the reference table; a plan may set its own. [kWh/(ha a)]."""
    return tuple(load("heat_density_classes")["value"].astype("float64") * KWH_PER_MWH)


INDICATOR = Indicator(
    Column(
        "heat_density_kwh_haa",
        "float64",
        "kWh/(ha·a)",
        "Wärmedichte",
        "Heat density",
        "Expected useful heat (space heat and hot water) per hectare of the area.",
        nullable=True,
        min=0,
        palette="YlOrRd",
        limits=density_limits_kwh_haa(),
    ),
    urgent_when="high",
    needs=("expected_heat_kwh_a", "area_m2"),
    reason_high_de="hoher Wärmebedarf je Hektar",
    reason_high_en="high heat demand per hectare",
    reason_low_de="der geringe Wärmebedarf je Hektar",
    reason_low_en="the low heat demand per hectare",
)


def compute(areas: pd.DataFrame) -> pd.Series:
    """Return the heat density of each area. [kWh/(ha a)]"""
    return areas["expected_heat_kwh_a"] / (areas["area_m2"] / M2_PER_HA)
