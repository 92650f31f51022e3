"""A made year of weather, a small stock and roofs to test with."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from klimastep.contract import conform
from klimastep.tables import ROOFS
from klimastep.weather import Weather, prepare
from klimastep.weather.sun import sun_at


@pytest.fixture(scope="session")
def weather() -> Weather:
    """Return a cloudless year near Ludwigsburg."""
    index = pd.date_range("2021-01-01 00:00", "2021-12-31 23:00", freq="h", tz="UTC")
    height = np.maximum(sun_at(index.as_unit("s").asi8 - 1800, 48.9, 9.2).height, 0.0)
    diffuse = 120.0 * height**0.5
    hourly = pd.DataFrame({"temp_air_degc": 10.0, "ghi_w_m2": 500.0 * height + diffuse, "dhi_w_m2": diffuse}, index)
    return prepare(hourly, 48.9, 9.2, "made", sun_offset_min=-30)


@pytest.fixture
def stock() -> gpd.GeoDataFrame:
    """Return three boxes of 10 m by 20 m, long sides along north."""
    return gpd.GeoDataFrame(
        index=pd.Index(["a", "b", "c"], name="building_id"),
        geometry=[box(x, 0, x + 10, 20) for x in (0, 30, 60)],
        crs="EPSG:25832",
    )


@pytest.fixture
def make_roofs():
    """Return a maker of roof planes known by numbers: rows of building, tilt, azimuth, area."""

    def make(*rows: tuple[str, float, float, float]) -> gpd.GeoDataFrame:
        table = pd.DataFrame(list(rows), columns=["building_id", "tilt_deg", "azimuth_deg", "area_m2"])
        table["geometry_source"] = "estimated"
        table.index = pd.Index([f"r{i}" for i in range(len(rows))], name="roof_id", dtype="str")
        shapes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(len(rows))]
        table["eaves_m"] = np.nan
        return conform(gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:25832"), ROOFS)

    return make
