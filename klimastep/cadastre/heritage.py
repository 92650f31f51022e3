"""Which buildings are protected: by points, areas and addresses of the monuments lists."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.addresses import at_addresses, house_numbers
from klimastep.contract import source_of
from klimastep.findings import Finding, first_ids
from klimastep.tables import HERITAGE_STATUS

HERITAGE_SOURCE = source_of("heritage", HERITAGE_STATUS.label_de, HERITAGE_STATUS.label_en)
MONUMENT_REACH_M = 15.0
# The strongest protection counts; listed with an unknown kind is more than not listed.
RANKS = ("single", "group", "ensemble", "surroundings", "unknown", "none_known")
TEXTS = {
    "monuments": ("Denkmale ohne Gebäude in 15 m Umkreis", "monuments without a building within 15 m"),
    "monument_areas": ("Denkmalflächen ohne Gebäude darin", "areas of monuments without a building in them"),
    "monument_addresses": (
        "Denkmale, deren Adresse kein Gebäude hat",
        "monuments whose address no building has",
    ),
}


def heritage(
    buildings: gpd.GeoDataFrame,
    monuments: gpd.GeoDataFrame | None,
    areas: gpd.GeoDataFrame | None = None,
    addresses: pd.DataFrame | None = None,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with `heritage` and `heritage_source`.

    Of several the strongest protection counts, whatever their order. Without a list the status is unknown; with
    one it is "none_known" elsewhere (lists are declaratory: not listed is not unprotected).

    Parameters
    ----------
    buildings : GeoDataFrame
    monuments : GeoDataFrame or None
        Points with `heritage`. Each marks the building that holds it, else the nearest within 15 m; equally near
        ones all. One whose address names several house numbers marks the buildings at them, too. A point that stands
        for an area of the same id is not used.
    areas : GeoDataFrame, optional
        Polygons with `heritage`: each marks the buildings whose representative point it holds.
    addresses : DataFrame, optional
        Rows with `address` and `heritage`: each marks the buildings that share an address with it.

    Returns
    -------
    buildings : GeoDataFrame
    findings : list of Finding
        Monuments that mark no building.
    """
    if monuments is None and areas is None and addresses is None:
        unknown = pd.Series("unknown", index=buildings.index)
        return _with(buildings, unknown, np.zeros(len(buildings), dtype=bool)), []
    rank = np.full(len(buildings), len(RANKS) - 1)
    findings: list[Finding] = []
    if monuments is not None:
        points = monuments if areas is None else monuments[~monuments.index.isin(areas.index)]
        tree = shapely.STRtree(buildings.geometry.array)
        rows, hits = tree.query_nearest(points.geometry.array, max_distance=MONUMENT_REACH_M)
        several = np.flatnonzero(_several_numbers(points))
        more, there = _same_address(points.iloc[several], buildings)
        findings += _mark(
            rank, points, np.concatenate([rows, several[more]]), np.concatenate([hits, there]), "monuments"
        )
    if areas is not None:
        inside = shapely.STRtree(shapely.point_on_surface(buildings.geometry.array))
        rows, hits = inside.query(np.asarray(areas.geometry.array), predicate="intersects")
        findings += _mark(rank, areas, rows, hits, "monument_areas")
    if addresses is not None:
        rows, hits = _same_address(addresses, buildings)
        findings += _mark(rank, addresses, rows, hits, "monument_addresses")
    return _with(buildings, pd.Series(np.array(RANKS)[rank], index=buildings.index), rank < len(RANKS) - 1), findings


def _mark(rank: np.ndarray, listed: pd.DataFrame, rows: np.ndarray, hits: np.ndarray, kind: str) -> list[Finding]:
    """Lower the rank of the buildings hit and return what hit none."""
    strength = pd.Index(RANKS).get_indexer(pd.Index(listed["heritage"].astype("str")))
    np.minimum.at(rank, hits, strength[rows])
    lost = listed.index[~np.isin(np.arange(len(listed)), rows)]
    if lost.empty:
        return []
    de, en = TEXTS[kind]
    count = len(lost)
    return [Finding(kind, "no_building", count, first_ids(lost), f"{count} {de}.", f"{count} {en}.", "note")]


def _same_address(listed: pd.DataFrame, buildings: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of rows of both tables that share an address; outbuildings only where nothing else is there."""
    if "address" not in listed or "address" not in buildings:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = at_addresses(buildings["address"], pd.Series(listed["address"].to_numpy(), index=range(len(listed))))
    rows, hits = pairs["unit"].to_numpy(np.int64), buildings.index.get_indexer(pd.Index(pairs["building_id"]))
    if "is_heated" not in buildings:
        return rows, hits
    heated = buildings["is_heated"].to_numpy(dtype=bool)[hits]
    some = np.isin(rows, rows[heated])
    return rows[heated | ~some], hits[heated | ~some]


def _several_numbers(points: pd.DataFrame) -> np.ndarray:
    """Return whether the address of a point names several house numbers, of which it can mark one only."""
    if "address" not in points:
        return np.zeros(len(points), dtype=bool)
    return np.array([isinstance(t, str) and len(house_numbers(t)) > 1 for t in points["address"]], dtype=bool)


def _with(buildings: gpd.GeoDataFrame, values: pd.Series, listed: np.ndarray) -> gpd.GeoDataFrame:
    source = pd.Series(listed, index=buildings.index).map({True: "cadastre", False: None})
    return buildings.assign(
        heritage=HERITAGE_STATUS.cast(values, buildings.index),
        heritage_source=HERITAGE_SOURCE.cast(source, buildings.index),
    )
