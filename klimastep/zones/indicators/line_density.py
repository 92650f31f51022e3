"""Expected useful heat per metre of the streets that the area's buildings face."""

import pandas as pd

from klimastep.contract import Column
from klimastep.zones.indicators import Indicator

INDICATOR = Indicator(
    Column(
        "line_density_kwh_ma",
        "float64",
        "kWh/(m·a)",
        "Wärmeliniendichte",
        "Heat line density",
        "Mean over the street sections of the area, weighted by length; a section on its border counts by the share "
        "of its heated buildings.",
        nullable=True,
        min=0,
        palette="YlOrRd",
    ),
    urgent_when="high",
    needs=("expected_heat_kwh_a", "route_length_m"),
    reason_high_de="viel Wärme je Meter Straße",
    reason_high_en="much heat per metre of street",
    reason_low_de="die geringe Wärme je Meter Straße",
    reason_low_en="the low heat per metre of street",
)


def compute(areas: pd.DataFrame) -> pd.Series:
    """Return the line density of each area. [kWh/(m a)]"""
    return areas["expected_heat_kwh_a"] / areas["route_length_m"].where(areas["route_length_m"] > 0)
