"""National means for buildings of which no source tells use, storeys or age; marked as default everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import shapely

from klimastep.cadastre.age import AGE_COLUMNS, FIRST_INSULATION_RULE, P_AGE, YEAR_SOURCE, class_shares
from klimastep.cadastre.envelope import STOREYS_SOURCE
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, BUILT_BEFORE_1979, EAVES_HEIGHT, IS_HEATED, STOREYS, USE_CLASS

USE_SOURCE = BUILDINGS["use_class_source"]
HALLS = ("production", "agriculture", "sport", "technical", "traffic", "garage")


@step(
    BUILDINGS,
    needs=[USE_CLASS, USE_SOURCE, IS_HEATED, STOREYS, STOREYS_SOURCE, EAVES_HEIGHT, YEAR_SOURCE, *AGE_COLUMNS],
    adds=[USE_CLASS, USE_SOURCE, STOREYS, STOREYS_SOURCE, *AGE_COLUMNS, YEAR_SOURCE],
)
def stand_ins(buildings: pd.DataFrame) -> Mapping[str, Any]:
    """Return use, storeys and age-class probabilities with national means where a heated building lacks them.

    - use: dwellings, on footprints up to that of ``reference/stand_in_rules.csv``; larger ones stay unknown;
    - storeys, where no eaves height tells them either: two, halls one;
    - age: the shares of German dwellings by year of construction as probabilities; ``year_built`` stays unknown.

    Every value that is filled in has the source ``default``.
    """
    rules = load("stand_in_rules").set_index("rule")["value"]
    heated = buildings["is_heated"].astype(bool)
    small = pd.Series(shapely.area(buildings.geometry.array) <= rules["largest_home"], index=buildings.index)
    use = buildings["use_class"].mask(buildings["use_class"].isna() & heated & small, "residential")
    bare = heated & ~(buildings["storeys"] > 0) & buildings["eaves_height_m"].isna() & use.notna()
    usual = pd.Series(rules["storeys"], index=buildings.index).mask(use.isin(HALLS), rules["storeys_hall"])
    undated = heated & buildings[P_AGE[0].name].isna()
    ages = national_ages()
    old = float(ages[(load("age_classes")["year_to"] < FIRST_INSULATION_RULE).to_numpy()].sum())
    return {
        USE_CLASS.name: use,
        USE_SOURCE.name: buildings[USE_SOURCE.name].mask(buildings["use_class"].isna() & use.notna(), "default"),
        STOREYS.name: buildings["storeys"].mask(bare, usual),
        STOREYS_SOURCE.name: buildings["storeys_source"].mask(bare, "default"),
        **{c.name: buildings[c.name].mask(undated, float(ages[c.name])) for c in P_AGE},
        BUILT_BEFORE_1979.name: buildings[BUILT_BEFORE_1979.name].mask(undated, old),
        YEAR_SOURCE.name: buildings["year_built_source"].mask(undated, "default"),
    }


def national_ages() -> pd.Series:
    """Return the share of German dwellings in each TABULA age class, by the name of its probability column. [1]"""
    periods = load("national_ages").rename(columns={"dwellings_thousand": "buildings"})
    return class_shares(periods.assign(unit_id="DE")).iloc[0]
