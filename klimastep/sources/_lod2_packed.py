"""Rows of a table held small until a file is read to its end: declared types, geometries as WKB."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from klimastep.contract import Table, conform


class Packed:
    """The rows of a table met so far, batch by batch; a geometry takes a quarter of what it takes as an object."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._frames: list[pd.DataFrame] = []
        self._shapes: list[pa.Array] = []

    def add(self, frame: pd.DataFrame) -> None:
        """Keep the rows of a batch; what does not fit the declaration raises ContractError."""
        rows = conform(frame, self.table)
        wkb = shapely.to_wkb(np.asarray(rows["geometry"].array))
        self._shapes.append(pa.array(wkb, pa.binary(), memory_pool=pa.system_memory_pool()))  # given back when freed
        self._frames.append(pd.DataFrame(rows.drop(columns="geometry")))

    def whole(self, crs: str) -> gpd.GeoDataFrame:
        """Return all rows as one table; the batches are given up."""
        shapes = np.empty(sum(map(len, self._shapes)), dtype=object)
        at = len(shapes)
        while self._shapes:
            block = self._shapes.pop()
            at -= len(block)
            shapes[at : at + len(block)] = shapely.from_wkb(block.to_numpy(zero_copy_only=False))
        rows = pd.concat(self._frames)
        self._frames.clear()
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs)
