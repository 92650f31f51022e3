"""Use class, heated or not, and public, from the function code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import source_of
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, IS_HEATED, USE_CLASS

FUNCTION_CODE = BUILDINGS["function_code"]
IS_PUBLIC = BUILDINGS["is_public"]
IS_HEATED_SOURCE = source_of("is_heated", "beheizt", "heated")
USE_SOURCE = source_of("use_class", USE_CLASS.label_de, USE_CLASS.label_en)
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


@step(
    BUILDINGS,
    needs=[FUNCTION_CODE, BUILDINGS["height_m"]],
    adds=[USE_CLASS, USE_SOURCE, IS_HEATED, IS_HEATED_SOURCE, IS_PUBLIC],
)
def use(buildings: gpd.GeoDataFrame) -> Mapping[str, Any]:
    """Return use class, heated, their sources, and public of each building.

    A use that a source names itself comes before the one that the function tells.

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
    by_code = normal.map(codes["use_class"]).mask(structure, "other").astype("object")
    given = _given(buildings, USE_CLASS.name)
    return {
        "use_class": given.where(given.notna(), by_code),
        "use_class_source": _given(buildings, USE_SOURCE.name)
        .where(given.notna(), "cadastre")
        .where(given.notna() | by_code.notna(), None),
        "is_heated": heated.astype(bool),
        "is_heated_source": source,
        "is_public": (normal.map(codes["is_public"]) == "yes").astype(bool),
    }


def _given(buildings: pd.DataFrame, name: str) -> pd.Series:
    """Return what a source says of a column, unknown where none has it."""
    if name not in buildings:
        return pd.Series(None, index=buildings.index, dtype="object")
    return buildings[name].astype("object")
