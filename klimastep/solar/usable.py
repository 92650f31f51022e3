"""Usable area of roof planes: what edges, party walls and obstacles leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep import reference
from klimastep.contract import Column
from klimastep.solar.assumed import Assumptions, assumptions
from klimastep.solar.roofs import FIT_SHARE
from klimastep.steps import step
from klimastep.tables import ROOFS
from klimastep.weather.sun import Floats

TOUCH_M = 0.3
DRAWN_ONLY = "estimated"
OTHER = "other"
LAND_IN_ID = r"^DE(BB|BE|BW|BY|HB|HE|HH|MV|NI|NW|RP|SH|SL|SN|ST|TH)\w"
USABLE_AREA = Column(
    "usable_area_m2",
    "float64",
    "m²",
    "Nutzbare Dachfläche",
    "Usable roof area",
    "What edges, the distance to party walls and a stated share of obstacles leave; 0 where less than the minimum of "
    "the solar cadastre.",
    nullable=True,
    min=0,
    palette="YlGnBu",
    limits=(10, 25, 50, 100),
)


@step(
    ROOFS,
    needs=[ROOFS["building_id"], ROOFS["tilt_deg"], ROOFS["area_m2"], ROOFS["geometry_source"]],
    adds=[USABLE_AREA],
)
def usable(
    roofs: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None = None,
    *,
    land: str | None = None,
    party_wall_distance_m: float | None = None,
    assumed: Assumptions | None = None,
) -> Mapping[str, Any]:
    """Return the usable area of each roof plane.

    A plane with an outline of its own loses a strip along all its edges and the distance to walls that its
    building shares with another; of what is left a share stays free of chimneys, windows and dormers. Planes known
    by numbers only (``geometry_source`` estimated and no fit) lose edges and obstacles by one share.
    LoD2 shows neither dormers nor overhangs: the share of obstacles stands for the first, the second is missing.

    Parameters
    ----------
    roofs : GeoDataFrame
    buildings : GeoDataFrame, optional
        Footprints with ``parent_id``; without them no wall is shared.
    land : str, optional
        Land whose rule holds for all; by default that of each building's id, see :func:`land_of`.
    party_wall_distance_m : float, optional
        The same for all. [m]
    assumed : Assumptions, optional
        See :func:`klimastep.solar.assumptions`.
    """
    given = assumptions() if assumed is None else assumed
    flat = roofs["tilt_deg"].to_numpy(dtype=np.float64) < given.flat_below_deg
    shapes = np.asarray(roofs.geometry.array)
    outlined = _outlined(roofs)
    free = np.ones(len(roofs))
    if outlined.any():
        strips = _strips(roofs[outlined], buildings, land, party_wall_distance_m)
        left = shapely.difference(shapely.buffer(shapes[outlined], -given.edge_m, quad_segs=2), strips)
        free[outlined] = shapely.area(left) / np.maximum(shapely.area(shapes[outlined]), 1e-9)
    area = roofs["area_m2"].to_numpy(dtype=np.float64)
    return {USABLE_AREA.name: usable_area_m2(area, flat, np.where(outlined, free, np.nan), given)}


def usable_area_m2(area_m2: Floats, flat: np.ndarray, free_share: Floats, given: Assumptions) -> Floats:
    """Return what edges and obstacles leave of roof planes, 0 below the smallest system. [m²]

    Parameters
    ----------
    area_m2 : ndarray (planes,)
        Inclined. [m²]
    flat : ndarray of bool (planes,)
    free_share : ndarray (planes,)
        What edges leave; unknown where one share stands for edges and obstacles. [1]
    given : Assumptions
    """
    both = np.where(flat, given.flat_usable_share, given.pitched_usable_share)
    share = np.where(np.isnan(free_share), both, free_share * given.unobstructed_share)
    left = area_m2 * share
    too_small = np.where(flat, area_m2 < given.flat_min_area_m2, left < given.pitched_min_module_area_m2)
    return np.asarray(np.where(too_small, 0.0, left))


def land_of(ids: pd.Index) -> np.ndarray:
    """Return the Land that ALKIS ids name (``DEBW…``), None where an id is none.

    Examples
    --------
    >>> land_of(pd.Index(["DEBW0001", "house 7"])).tolist()
    ['BW', None]
    """
    text = pd.Series(ids.astype("str"))
    code = text.str.extract(LAND_IN_ID, expand=False).astype("object")
    return np.asarray(code.where(code.notna(), None), dtype=object)


def distances_m(ids: pd.Index, land: str | None) -> Floats:
    """Return the distance to party walls that the building code asks for at each building. [m]"""
    rules = reference.load("party_wall_distance").set_index("land")["distance_m"]
    lands = np.full(len(ids), land, dtype=object) if land is not None else land_of(ids)
    return np.array([rules.get(code, rules[OTHER]) for code in lands], dtype=np.float64)


def _outlined(roofs: gpd.GeoDataFrame) -> np.ndarray:
    """Return which planes have an outline that is more than a drawing."""
    drawn = roofs["geometry_source"].isin([DRAWN_ONLY]).to_numpy()
    fitted = roofs[FIT_SHARE.name].notna().to_numpy() if FIT_SHARE.name in roofs else np.zeros_like(drawn)
    return ~drawn | fitted


def _strips(
    roofs: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, land: str | None, distance_m: float | None
) -> np.ndarray:
    """Return for each plane the ground within the asked distance of a building that touches its own."""
    none = np.full(len(roofs), shapely.Polygon(), dtype=object)
    if buildings is None or buildings.empty:
        return none
    asked = np.full(len(buildings), distance_m) if distance_m is not None else distances_m(buildings.index, land)
    shapes = np.asarray(buildings.geometry.array)
    own = buildings.index.get_indexer(roofs["building_id"])
    touched = np.unique(own[(own >= 0) & (asked[own] > 0)])
    one, other = shapely.STRtree(shapes).query(shapes[touched], predicate="dwithin", distance=TOUCH_M)
    one = touched[one]
    apart = one != other
    if "parent_id" in buildings:
        parent = buildings["parent_id"].astype("object").where(buildings["parent_id"].notna(), buildings.index)
        names = pd.factorize(pd.Series(parent).to_numpy())[0]
        apart &= names[one] != names[other]
    one, other = one[apart], other[apart]
    order = np.argsort(one, kind="stable")
    near = shapely.buffer(shapes[other[order]], asked[one[order]], quad_segs=2, join_style="mitre")
    places, start = np.unique(one[order], return_index=True)
    of_building = np.full(len(buildings), shapely.Polygon(), dtype=object)
    for place, group in zip(places, np.split(near, start[1:]), strict=len(places) > 0):
        of_building[place] = shapely.union_all(group)
    return np.where(own >= 0, of_building[own], none)
