"""What the roof planes of a building carry together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep.contract import Column, check
from klimastep.solar.photovoltaic import PV_KWP, PV_YIELD
from klimastep.steps import step
from klimastep.tables import BUILDINGS, ROOFS

PV_POTENTIAL = Column(
    "pv_potential_kwp",
    "float64",
    "kWp",
    "Mögliche PV-Leistung der Dächer",
    "Possible PV power of the roofs",
    "Sum over the building's known roof planes; unknown where none is known, 0 where none is suitable.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
)
BUILDING_YIELD = replace(
    PV_YIELD,
    label_de="Möglicher Solarstromertrag der Dächer",
    label_en="Possible PV yield of the roofs",
    description="Sum over the building's known roof planes; unknown where none is known, 0 where none is suitable; "
    "shaded like the irradiation of the planes.",
    limits=(),
)


@step(BUILDINGS, needs=[], adds=[PV_POTENTIAL, BUILDING_YIELD])
def to_buildings(buildings: gpd.GeoDataFrame, roofs: pd.DataFrame) -> Mapping[str, Any]:
    """Return power and yield of each building.

    Parameters
    ----------
    buildings : GeoDataFrame
    roofs : DataFrame
        Roof planes with ``pv_kwp`` and ``pv_yield_kwh_a``.
    """
    check(roofs, ROOFS, [ROOFS["building_id"], PV_KWP, PV_YIELD])
    sums = roofs[[PV_KWP.name, PV_YIELD.name]].groupby(roofs["building_id"]).sum(min_count=1)
    found = sums.reindex(buildings.index)
    return {PV_POTENTIAL.name: found[PV_KWP.name], BUILDING_YIELD.name: found[PV_YIELD.name]}
