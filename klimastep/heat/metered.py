"""Metered heat of blocks and meter groups as columns, beside what is expected there; nothing is fitted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Column, Table
from klimastep.heat.meters import Empty, compare_blocks
from klimastep.tables import FLOOR_AREA, METERS

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
METER_GROUPS = Table(
    "meter_groups",
    "meter_group",
    "Zählergruppen",
    "Meter groups",
    "Polygon",
    (METERS["level"], FLOOR_AREA),
)
GROUP_LEVELS = ("building", "address", "group")
NO_HEAT = ("electricity",)  # of a household, unless the heat pump has its own meter
SUMS = ("expected_heat_kwh_a", "space_heat_kwh_a", "hot_water_kwh_a", "floor_area_m2")


def metered(blocks: pd.DataFrame, meters: pd.DataFrame, empty: Empty = "unknown") -> pd.DataFrame:
    """Return `blocks` with metered heat and the ratio of expected to metered.

    Parameters
    ----------
    blocks : DataFrame
        With the sums ``expected_heat_kwh_a``, ``space_heat_kwh_a``, ``hot_water_kwh_a``, ``floor_area_m2``.
    meters : DataFrame
        Table of meters; only those at block level are read.
    empty : {"unknown", "not_connected"}
        As for :func:`klimastep.heat.compare_blocks`.
    """
    at_blocks = meters[meters["level"] == "block"]
    compared = compare_blocks(pd.DataFrame(blocks), at_blocks, empty=empty)
    heat = _mean_of_last_years(compared).reindex(blocks.index).astype("float64")
    return blocks.assign(
        metered_heat_kwh_a=heat, expected_per_metered_ratio=blocks["expected_heat_kwh_a"] / heat.where(heat > 0)
    )


def metered_groups(buildings: gpd.GeoDataFrame, meters: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return meter groups as areas, with metered heat and the ratio of expected to metered.

    A group is the buildings of one `meter_group_id`, wherever they stand: it may straddle blocks. A carrier that the
    unit has no meter of is taken as not connected; a confidential or unknown value makes its year unknown. Where heat
    is unknown for a heated building of the group, there is no ratio.

    Parameters
    ----------
    buildings : GeoDataFrame
        With `meter_group_id` and the expected heat.
    meters : DataFrame
        Table of meters; those of buildings, addresses and groups are read.
    """
    members = buildings[buildings["meter_group_id"].notna()]
    key = members["meter_group_id"]
    sums = members[list(SUMS)].astype("float64").groupby(key).sum(min_count=1)
    unknown = (members["is_heated"].astype("bool") & members["expected_heat_kwh_a"].isna()).groupby(key).any()
    sums["expected_heat_kwh_a"] = sums["expected_heat_kwh_a"].mask(unknown)
    at_groups = meters[meters["level"].isin(GROUP_LEVELS) & ~meters["carrier"].isin(NO_HEAT)]
    gap = at_groups["energy_kwh_a"].isna() | at_groups["status"].isin(["confidential", "unknown"])
    bad = gap.groupby([at_groups["unit_id"], at_groups["year"]]).transform("any").astype("bool")
    carriers = sorted(at_groups["carrier"].dropna().astype("str").unique())
    compared = compare_blocks(sums, at_groups[~bad], carriers=carriers, empty="not_connected")
    heat = _mean_of_last_years(compared).reindex(sums.index).astype("float64")
    level = at_groups.drop_duplicates("unit_id").set_index("unit_id")["level"].reindex(sums.index)
    shapes = gpd.GeoSeries(members.geometry).groupby(key).agg(lambda parts: parts.union_all())
    return gpd.GeoDataFrame(
        {
            "level": METERS["level"].cast(level, sums.index),
            "floor_area_m2": sums["floor_area_m2"],
            "metered_heat_kwh_a": heat,
            "expected_per_metered_ratio": sums["expected_heat_kwh_a"] / heat.where(heat > 0),
        },
        index=sums.index.astype("str").rename(METER_GROUPS.id),
        geometry=np.asarray(shapes.reindex(sums.index)),
        crs=buildings.crs,
    )


def _mean_of_last_years(compared: pd.DataFrame) -> pd.Series:
    known = compared[compared["left_out"] == ""].sort_values("year")
    mean = known.groupby("unit_id")["metered_kwh_a"].apply(lambda years: years.tail(LAST_YEARS).mean())
    return mean.astype("float64")
