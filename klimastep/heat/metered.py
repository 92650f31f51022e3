"""Metered heat of blocks as columns, beside what is expected there; nothing is fitted."""

from __future__ import annotations

import pandas as pd

from klimastep.contract import Column
from klimastep.heat.meters import compare_blocks

LAST_YEARS = 3
METERED_HEAT = Column(
    "metered_heat_kwh_a",
    "float64",
    "kWh/a",
    "Gemessene Wärme",
    "Metered heat",
    "Metered gas and district heat brought to useful heat, mean of the last three years with complete values; "
    "confidential, joint and incomplete meters are unknown.",
    nullable=True,
    min=0,
    palette="YlOrRd",
)
EXPECTED_PER_METERED = Column(
    "expected_per_metered_ratio",
    "float64",
    "kWh/kWh",
    "Erwartet je gemessen",
    "Expected per metered",
    "Expected useful heat in the climate of the plan over metered heat as it was, without correction for weather; "
    "the model is not fitted to the meters.",
    nullable=True,
    min=0,
    palette="PuOr",
    limits=(0.67, 0.9, 1.1, 1.5),
)
METERED_COLUMNS = (METERED_HEAT, EXPECTED_PER_METERED)


def metered(blocks: pd.DataFrame, meters: pd.DataFrame) -> pd.DataFrame:
    """Return `blocks` with metered heat and the ratio of expected to metered.

    Parameters
    ----------
    blocks : DataFrame
        With the sums ``expected_heat_kwh_a``, ``space_heat_kwh_a``, ``hot_water_kwh_a``, ``floor_area_m2``.
    meters : DataFrame
        Table of meters; only those at block level are read.
    """
    at_blocks = meters[meters["level"] == "block"]
    compared = compare_blocks(pd.DataFrame(blocks), at_blocks)
    known = compared[compared["left_out"] == ""].sort_values("year")
    mean = known.groupby("unit_id")["metered_kwh_a"].apply(lambda years: years.tail(LAST_YEARS).mean())
    heat = mean.reindex(blocks.index).astype("float64")
    return blocks.assign(
        metered_heat_kwh_a=heat, expected_per_metered_ratio=blocks["expected_heat_kwh_a"] / heat.where(heat > 0)
    )
