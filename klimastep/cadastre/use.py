"""Use class, heated or not, public and listed, from the function code and the monuments list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.cadastre.addresses import at_addresses, house_numbers
from klimastep.contract import source_of
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, HERITAGE_STATUS, IS_HEATED, USE_CLASS

FUNCTION_CODE = BUILDINGS["function_code"]
IS_PUBLIC = BUILDINGS["is_public"]
IS_HEATED_SOURCE = source_of("is_heated", "beheizt", "heated")
MONUMENT_REACH_M = 15.0
STRUCTURE = r"5\d{4}_"


def normal_code(codes: pd.Series) -> pd.Series:
    """Return function codes as ``<object>_<code>``: bare Berlin codes such as 1010 become 31001_1010.

    A code that the list does not have falls back to the group that it stands in (31001_2523 → 31001_2520
    → 31001_2500 → 31001_2000), as the code list is hierarchical.
    """
    text = codes.astype("str").str.strip().str.removesuffix(".0")
    text = text.mask(text.str.fullmatch(r"\d{4}").fillna(False).astype(bool), "31001_" + text)
    known = set(load("use_codes")["function_code"])
    for digits in (3, 2, 1):
        group = text.str.slice(0, -(4 - digits)) + "0" * (4 - digits)
        text = text.mask(text.notna() & ~text.isin(known) & group.isin(known), group)
    return text


@step(BUILDINGS, needs=[FUNCTION_CODE, BUILDINGS["height_m"]], adds=[USE_CLASS, IS_HEATED, IS_HEATED_SOURCE, IS_PUBLIC])
def use(buildings: gpd.GeoDataFrame) -> Mapping[str, Any]:
    """Return use class, heated, its source, and public of each building.

    "yes" in the code list is heated, "no" is not, nor is a structure that is no building (AX_Bauwerk, 5xxxx).
    "maybe" and an unknown function are heated if footprint, height and volume pass the size rule (unknown height
    passes), with source ``default``.
    """
    codes = load("use_codes").set_index("function_code")
    normal = normal_code(buildings["function_code"])
    structure = normal.str.match(STRUCTURE).fillna(False).astype(bool)  # bridges, canopies, towers: no buildings
    listed = normal.map(codes["heated"]).mask(structure, "no")
    rules = load("heated_rules").set_index("rule")["value"]
    area = pd.Series(shapely.area(buildings.geometry.array), index=buildings.index)
    height = buildings["height_m"]
    large = (area >= rules["min_footprint"]) & ~(height < rules["min_height"]) & ~(area * height < rules["min_volume"])
    heated = (listed == "yes") | (listed.ne("no") & large)
    source = np.where(listed.isin(["yes", "no"]), "cadastre", "default")
    return {
        "use_class": normal.map(codes["use_class"]).mask(structure, "other"),
        "is_heated": heated.astype(bool),
        "is_heated_source": source,
        "is_public": (normal.map(codes["is_public"]) == "yes").astype(bool),
    }


def heritage(buildings: gpd.GeoDataFrame, monuments: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return `buildings` with `heritage`.

    Parameters
    ----------
    buildings : GeoDataFrame
    monuments : GeoDataFrame or None
        Points with `heritage`. Each marks the building that holds it, else the nearest within 15 m; one whose
        address names several house numbers ("12, 14") also marks the buildings at them. Without a list the status
        is unknown; with one it is "none_known" elsewhere (lists are declaratory).
    """
    values = pd.Series("unknown" if monuments is None else "none_known", index=buildings.index)
    if monuments is not None and len(monuments):
        for name, status in _at_several_numbers(buildings, monuments).items():
            values.loc[name] = status
        tree = shapely.STRtree(buildings.geometry.array)
        points, hits = tree.query_nearest(monuments.geometry.array, max_distance=MONUMENT_REACH_M, all_matches=False)
        values.iloc[hits] = monuments["heritage"].astype("str").to_numpy()[points]
    return buildings.assign(heritage=HERITAGE_STATUS.cast(values, buildings.index))


def _at_several_numbers(buildings: gpd.GeoDataFrame, monuments: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the status of buildings at monuments that have several house numbers."""
    if "address" not in monuments or "address" not in buildings:
        return {}
    texts = monuments["address"].dropna()
    several = texts[[len(house_numbers(text)) > 1 for text in texts]]
    pairs = at_addresses(buildings["address"], several)
    pairs = (
        pairs[pairs["building_id"].map(buildings["is_heated"]).astype("bool")] if "is_heated" in buildings else pairs
    )
    return dict(zip(pairs["building_id"], pairs["unit"].map(monuments["heritage"].astype("str")), strict=True))
