"""Parcel, block and district of each building, by one spatial join."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from klimastep.geo import within

AREAS = {"parcels": "parcel_id", "blocks": "block_id", "districts": "district_id"}


def assign_keys(buildings: gpd.GeoDataFrame, areas: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return `buildings` with `parcel_id`, `block_id`, `district_id`.

    An area holds a building when it holds its representative point.
    A key that is already known is kept; what lies in no area is unknown.

    Parameters
    ----------
    buildings : GeoDataFrame
    areas : mapping of str to GeoDataFrame
        Any of "parcels", "blocks", "districts".
    """
    keys: dict[str, pd.Series] = {}
    for table, key in AREAS.items():
        found = (
            within(buildings, areas[table]) if table in areas else pd.Series(None, index=buildings.index, dtype="str")
        )
        keys[key] = _keep_known(buildings, key, found)
    return buildings.assign(**keys)


def _keep_known(buildings: gpd.GeoDataFrame, key: str, found: pd.Series) -> pd.Series:
    if key not in buildings:
        return found
    return buildings[key].where(buildings[key].notna(), found).astype("str")
