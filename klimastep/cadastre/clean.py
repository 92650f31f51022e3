"""Duplicates and slivers out of the stock, with a report of every row that leaves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.findings import Finding, first_ids

SNAP_M = 0.01
MIN_FOOTPRINT_M2 = 1.0
WHOLE_BLOCK_SHARE = 0.75
SMALL_BLOCK_M2 = 2000.0


def clean(buildings: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Drop buildings whose footprint stands twice and slivers that cannot be a building.

    Of equal footprints (to 1 cm, whatever the starting point) the row that knows most is kept, the first
    of equals; its unknown values are not filled from the other, since the other is another object.

    Returns
    -------
    buildings : GeoDataFrame
        A subset of the rows, in the given order.
    findings : list of Finding
        ``duplicate_footprint`` and ``sliver``, both set aside.
    """
    shapes = shapely.normalize(shapely.set_precision(buildings.geometry.to_numpy(), SNAP_M, mode="pointwise"))
    area = shapely.area(shapes)
    sliver = area < MIN_FOOTPRINT_M2
    knowledge = buildings.drop(columns="geometry").notna().sum(axis=1).to_numpy()
    order = np.lexsort((np.arange(len(buildings)), -knowledge))
    twice = np.zeros(len(buildings), dtype=bool)
    twice[order] = pd.Series(shapely.to_wkb(shapes)[order]).duplicated().to_numpy()
    twice &= ~sliver
    findings = [
        Finding(
            "cadastre",
            kind,
            int(rows.sum()),
            first_ids(buildings.index[rows]),
            de.format(n=int(rows.sum())),
            en.format(n=int(rows.sum())),
            "set_aside",
        )
        for kind, rows, de, en in (
            (
                "duplicate_footprint",
                twice,
                "{n} Gebäude wiederholen den Grundriss eines anderen und wurden weggelassen.",
                "{n} buildings repeat the footprint of another and were left out.",
            ),
            (
                "sliver",
                sliver,
                "{n} Umrisse unter 1 m² wurden weggelassen.",
                "{n} outlines under 1 m² were left out.",
            ),
        )
        if rows.any()
    ]
    return buildings[~(twice | sliver)], findings


def odd_footprints(buildings: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame) -> list[Finding]:
    """Return a finding where one outline fills most of its block: a block drawn as a building, without its courts.

    Parameters
    ----------
    buildings : GeoDataFrame
        With `block_id`; all of them are kept, as a hall may be so large.
    blocks : GeoDataFrame
        Those under 2,000 m² are not looked at.
    """
    size = pd.Series(shapely.area(blocks.geometry.array), index=blocks.index)
    block = buildings["block_id"].map(size[size >= SMALL_BLOCK_M2])
    odd = buildings.index[shapely.area(buildings.geometry.array) > WHOLE_BLOCK_SHARE * block.astype("float64")]
    if odd.empty:
        return []
    count = len(odd)
    shown = ", ".join(first_ids(odd))
    return [
        Finding(
            "cadastre",
            "block_as_building",
            count,
            first_ids(odd),
            f"{count} Umrisse füllen mehr als drei Viertel ihres Baublocks: ganze Blöcke als ein Gebäude? ({shown})",
            f"{count} outlines fill more than three quarters of their block: blocks drawn as a building? ({shown})",
        )
    ]
