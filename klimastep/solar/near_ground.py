"""Ground where no terrain model is: that of the nearest buildings whose roofs know their height above datum."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import KDTree

from klimastep.rasters import Bounds, Patch
from klimastep.solar.horizon import Floats

NODE_M = 20.0
NEIGHBOURS = 5  # the middle of so many stands against one wrong height
MARGIN_M = 100.0


class NearGround:
    """Heights of the ground as a model to be read by window, the same within cells of 20 m.

    Parameters
    ----------
    x, y, ground_m : ndarray (places,)
        Where the ground is known, at least once. [m]
    bounds : tuple of float
        West, south, east, north. [m]
    """

    resolution_m = NODE_M

    def __init__(self, x: Floats, y: Floats, ground_m: Floats, bounds: Bounds) -> None:
        self.bounds = bounds
        self._places, self._ground = KDTree(np.column_stack((x, y))), ground_m

    def read(self, bounds: Bounds, *, resolution_m: float | None = None) -> Patch:
        """Return the heights in a window, grown to whole cells that begin at multiples of their size."""
        cell = resolution_m or self.resolution_m
        left, bottom = (int(np.floor(v / cell)) for v in bounds[:2])
        right, top = (max(int(np.ceil(v / cell)), low + 1) for v, low in zip(bounds[2:], (left, bottom), strict=True))
        column = np.floor((np.arange(left, right) + 0.5) * cell / NODE_M).astype(np.int64)
        row = np.floor((np.arange(top - 1, bottom - 1, -1) + 0.5) * cell / NODE_M).astype(np.int64)
        columns, at_column = np.unique(column, return_inverse=True)
        rows, at_row = np.unique(row, return_inverse=True)
        x, y = np.meshgrid((columns + 0.5) * NODE_M, (rows + 0.5) * NODE_M)
        most = min(NEIGHBOURS, len(self._ground))
        nearest = self._places.query(np.column_stack((x.ravel(), y.ravel())), k=list(range(1, most + 1)))[1]
        nodes = np.median(self._ground[nearest], axis=1).reshape(x.shape)
        return Patch(nodes[np.ix_(at_row, at_column)].astype(np.float32), left * cell, top * cell, cell)


def ground_told_m(buildings: gpd.GeoDataFrame, roofs: gpd.GeoDataFrame) -> Floats:
    """Return the ground of each building above datum: eaves of its roofs less its eaves height, NaN where unknown. [m]

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``eaves_height_m`` where known.
    roofs : GeoDataFrame
        With ``building_id``, ``area_m2`` and ``eaves_m`` above datum where known.
    """
    told = roofs[roofs["eaves_m"].notna() & (roofs["area_m2"] > 0)]
    owner, area = told["building_id"], told["area_m2"].astype("float64")
    eaves = (told["eaves_m"] * area).groupby(owner).sum() / area.groupby(owner).sum()
    return (eaves.reindex(buildings.index) - buildings["eaves_height_m"]).to_numpy(dtype=np.float64)


def near_ground(buildings: gpd.GeoDataFrame, roofs: gpd.GeoDataFrame) -> NearGround | None:
    """Return the ground around buildings whose roofs tell it; None where none does.

    Parameters
    ----------
    buildings, roofs : GeoDataFrame
        As for :func:`ground_told_m`.
    """
    ground = ground_told_m(buildings, roofs)
    known = np.isfinite(ground)
    if not known.any():
        return None
    spots = shapely.point_on_surface(np.asarray(buildings.geometry.array)[known])
    west, south, east, north = (float(v) for v in buildings.total_bounds)
    reach = west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M
    return NearGround(shapely.get_x(spots), shapely.get_y(spots), ground[known], reach)
