"""Roof PV yield against expected heat: how much of the heat the area's own roofs could balance in a year."""

import pandas as pd

from klimastep.contract import Column
from klimastep.zones.indicators import Indicator

INDICATOR = Indicator(
    Column(
        "solar_cover_ratio",
        "float64",
        "kWh/kWh",
        "Solarertrag je Wärmebedarf",
        "Solar yield per heat",
        "Yearly PV yield of the roofs per expected useful heat; a ratio of yearly sums, not self-supply.",
        nullable=True,
        min=0,
        palette="YlGnBu",
        limits=(0.2, 0.4, 0.6, 1.0),
    ),
    urgent_when="high",
    needs=("pv_yield_kwh_a", "expected_heat_kwh_a"),
    reason_high_de="gute Eignung der Dächer für Solarstrom",
    reason_high_en="roofs well suited for solar power",
    reason_low_de="die geringe Dacheignung",
    reason_low_en="the poor suitability of its roofs",
)


def compute(areas: pd.DataFrame) -> pd.Series:
    """Return PV yield per expected heat of each area. [kWh/kWh]"""
    heat = areas["expected_heat_kwh_a"]
    return areas["pv_yield_kwh_a"] / heat.where(heat > 0)
