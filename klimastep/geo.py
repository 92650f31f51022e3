"""Geometry shared by rooms: one spatial join for keys, nearest lines, overlaps, areas in polygons."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def within(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return for each row the id of the area that holds its representative point.

    Where areas overlap the first in order of `areas` wins, so that the answer does not depend on the rows.

    Parameters
    ----------
    frame : GeoDataFrame, shape (n,)
    areas : GeoDataFrame, shape (m,)
        Same CRS.

    Returns
    -------
    Series of str, shape (n,)
        Unknown where no area holds the point.
    """
    points = shapely.point_on_surface(frame.geometry.array)
    rows, hits = shapely.STRtree(areas.geometry.array).query(points, predicate="intersects")
    place = np.full(len(frame), len(areas), dtype=np.int64)
    np.minimum.at(place, rows, hits)
    names = [*areas.index, None]
    return pd.Series(pd.array(names, dtype="str").take(place), index=frame.index)


def nearest(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame, max_distance_m: float) -> pd.Series:
    """Return for each row the id of the nearest other feature within `max_distance_m` [m]."""
    keys = np.full(len(frame), None, dtype=object)
    if len(others) and len(frame):
        tree = shapely.STRtree(others.geometry.array)
        rows, hits = tree.query_nearest(frame.geometry.array, max_distance=max_distance_m, all_matches=False)
        keys[rows] = others.index.to_numpy()[hits]
    return pd.Series(keys, index=frame.index).astype("str")


def best_overlap(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame, min_share: float = 0.8) -> pd.Series:
    """Return for each row the id of the other polygon that is most nearly the same.

    Parameters
    ----------
    frame, others : GeoDataFrame
        Polygons in the same CRS.
    min_share : float
        Least shared area over the larger of the two: a part is not its whole. [1]
    """
    keys = pd.Series(None, index=frame.index, dtype="str")
    if not len(frame) or not len(others):
        return keys
    shapes, theirs = frame.geometry.array, others.geometry.array
    rows, hits = shapely.STRtree(theirs).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[rows], theirs[hits]))
    share = shared / np.maximum(np.maximum(shapely.area(shapes[rows]), shapely.area(theirs[hits])), 1e-9)
    good = share >= min_share
    rank = np.argsort(np.argsort(others.index.to_numpy(), kind="stable"))  # of equals the first by id
    order = np.lexsort((rank[hits[good]], -share[good].round(9), rows[good]))
    first = np.unique(rows[good][order], return_index=True)[1]
    keys.iloc[rows[good][order][first]] = others.index.to_numpy()[hits[good][order][first]]
    return keys


def polygons_of(geometries: np.ndarray) -> np.ndarray:
    """Return the polygonal part of each geometry, repaired; None where nothing is left.

    Holes and islands are kept; points and lines that a repair leaves behind are dropped.
    """
    repaired = np.array(geometries, dtype=object)
    broken = ~shapely.is_valid(repaired)
    repaired[broken] = shapely.make_valid(repaired[broken])
    mixed = shapely.get_type_id(repaired) == shapely.GeometryType.GEOMETRYCOLLECTION
    if mixed.any():
        repaired[mixed] = [
            shapely.union_all([p for p in shapely.get_parts(g) if shapely.get_dimensions(p) == 2])
            for g in repaired[mixed]
        ]
    empty = shapely.is_empty(repaired) | shapely.is_missing(repaired) | (shapely.get_dimensions(repaired) != 2)
    out = shapely.force_2d(repaired)
    out[empty] = None
    return out
