"""Tiles with a halo: the same step over a whole city or piece by piece, with the same result."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.steps import Step


def tiles(frame: gpd.GeoDataFrame, size_m: float, halo_m: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the row positions of each tile, and of the tile with its halo.

    A feature belongs to the tile that holds its representative point (lower and left edges inside); the
    halo holds every feature within `halo_m` of one of the tile's own. Tiles start at multiples of
    `size_m`, whatever the frame, so that a building's tile does not depend on the chosen area.

    Parameters
    ----------
    frame : GeoDataFrame
    size_m : float
        Edge of a tile. [m]
    halo_m : float
        [m]
    """
    shapes = frame.geometry.array
    points = shapely.point_on_surface(shapes)
    column = np.floor(shapely.get_x(points) / size_m).astype("int64")
    row = np.floor(shapely.get_y(points) / size_m).astype("int64")
    order = np.lexsort((column, row))
    edges = np.flatnonzero(np.diff(row[order]) | np.diff(column[order])) + 1
    tree = shapely.STRtree(shapes)
    for own in np.split(order, edges):
        if not len(own):
            continue
        own = np.sort(own)
        near = np.unique(tree.query(shapes[own], predicate="dwithin", distance=halo_m)[1]) if halo_m > 0 else own
        yield own, near


def apply_tiled(
    step: Step, frame: gpd.GeoDataFrame, size_m: float, executor: Executor | None = None, **options: Any
) -> gpd.GeoDataFrame:
    """Return what ``step(frame, **options)`` returns, computed tile by tile.

    Parameters
    ----------
    step : Step
        Its ``halo_m`` says how far it looks.
    frame : GeoDataFrame
    size_m : float
        Edge of a tile. [m]
    executor : Executor, optional
        Any of ``concurrent.futures`` or of a cluster; in this process by default.
    **options
        Passed to the step.
    """
    pieces = list(tiles(frame, size_m, step.halo_m))
    jobs = [frame.iloc[near] for _, near in pieces]
    run = partial(_one, step, options)
    results = list(executor.map(run, jobs)) if executor else [run(job) for job in jobs]
    added = [
        result.loc[frame.index[own], [c.name for c in step.adds]]
        for result, (own, _) in zip(results, pieces, strict=True)
    ]
    if not added:
        return step(frame, **options)
    columns = pd.concat(added).reindex(frame.index)
    return frame.assign(**{c.name: c.cast(columns[c.name], frame.index) for c in step.adds})


def _one(step: Step, options: dict[str, Any], job: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(step(job, **options).drop(columns="geometry"))
