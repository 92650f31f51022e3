"""One house and the national climate, for the tests of this room."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.contract import conform
from klimastep.tables import BUILDINGS
from klimastep.weather import HeatingSeason

HOUSE: dict[str, Any] = {
    "use_class": "residential",
    "is_heated": True,
    "heritage": "none_known",
    "year_built": 1962,
    "footprint_m2": 100.0,
    "floor_area_m2": 150.0,
    "wall_area_m2": 180.0,
    "party_wall_area_m2": 0.0,
    "roof_area_m2": 120.0,
    "dwellings": 1.0,
    "carrier": "gas",
}


@pytest.fixture
def potsdam() -> HeatingSeason:
    """Return TABULA's national reference climate DE.N."""
    return HeatingSeason(216.0, 4.6, 368.0, 260.0, 394.0, 222.0, 123.0)


@pytest.fixture
def houses() -> Any:
    """Return a maker of building tables: one row a set of changes to the house."""

    def make(*changes: dict[str, Any], **everywhere: Any) -> gpd.GeoDataFrame:
        rows = [HOUSE | everywhere | change for change in (changes or ({},))]
        index = pd.Index([f"b{i}" for i in range(len(rows))], dtype="str", name="building_id")
        frame = pd.DataFrame(rows, index=index)
        shapes = shapely.box(np.arange(len(rows)) * 20.0, 0, np.arange(len(rows)) * 20.0 + 10, 10)
        plain = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:25832")
        table = conform(plain, BUILDINGS)
        extra = [c for c in frame if c not in table]
        return table.assign(**{c: frame[c].astype("float64") for c in extra})

    return make
