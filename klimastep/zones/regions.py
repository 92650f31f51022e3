"""Zones out of the districts or blocks of the plan, or out of polygons that the city brings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

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


def grid(buildings: gpd.GeoDataFrame, size_m: float) -> gpd.GeoDataFrame:
    """Return the squares on which buildings stand, for cities of which no other areas are known.

    Parameters
    ----------
    buildings : GeoDataFrame
    size_m : float
        Side; corners lie on whole multiples of it, so that a square is the same in any part of the city. [m]
    """
    points = shapely.point_on_surface(buildings.geometry.array)
    corners = np.unique(np.floor(shapely.get_coordinates(points) / size_m), axis=0) * size_m
    names = [f"{size_m:g}mE{x:.0f}N{y:.0f}" for x, y in corners]
    west, south = corners.T
    squares = shapely.box(west, south, west + size_m, south + size_m)
    return gpd.GeoDataFrame(index=pd.Index(names, name="grid_id", dtype="str"), geometry=squares, crs=buildings.crs)


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
