"""Share of reference floor area built before the first thermal insulation ordinance took effect."""

import pandas as pd

from klimastep.tables import BUILT_BEFORE_1979
from klimastep.zones.indicators import Indicator

INDICATOR = Indicator(
    BUILT_BEFORE_1979,
    urgent_when="high",
    needs=("built_before_1979_share",),
    reason_high_de="viele Gebäude aus der Zeit vor 1979",
    reason_high_en="many buildings from before 1979",
    reason_low_de="der junge Gebäudebestand",
    reason_low_en="its young building stock",
)


def compute(areas: pd.DataFrame) -> pd.Series:
    """Return the share of floor area built before 1979. [1]"""
    return areas["built_before_1979_share"]
