"""Zones out of the districts or blocks of the plan, or out of polygons that the city brings."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from klimastep.contract import Column
from klimastep.geo import within
from klimastep.tables import ZONES

ZONE_ID = Column("zone_id", "str", "", "Handlungsraum", "Priority zone", nullable=True)


def from_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zones table: one zone per area, with name and area.

    Parameters
    ----------
    areas : GeoDataFrame
        Districts, blocks or other polygons; `name` is taken where there is one, else the id.
    """
    index = areas.index.rename(ZONES.id)
    names = pd.Series(areas["name"].to_numpy() if "name" in areas else None, index=index, dtype="str")
    return gpd.GeoDataFrame(
        {"name": names.where(names.notna(), index.to_series()), "area_m2": areas.geometry.area.to_numpy()},
        index=index,
        geometry=areas.geometry.array,
        crs=areas.crs,
    )


def assign(buildings: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, key: str | None = None) -> gpd.GeoDataFrame:
    """Return `buildings` with `zone_id`.

    Parameters
    ----------
    buildings, zones : GeoDataFrame
    key : str, optional
        Column with the id of the area that the zones were made of, so that a zone has the same buildings as that
        area; the zone that holds the representative point by default.
    """
    if key is None:
        return buildings.assign(zone_id=within(buildings, zones))
    return buildings.assign(zone_id=buildings[key].where(buildings[key].isin(zones.index)).astype("str"))
