"""The street section that each building faces, and the length of a house connection to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.addresses import house_numbers, plain_street
from klimastep.cadastre.street_sections import are_routes
from klimastep.contract import Column
from klimastep.steps import step
from klimastep.tables import BUILDINGS

STREET_ID = BUILDINGS["street_id"]
CONNECTION_LENGTH = Column(
    "connection_length_m",
    "float64",
    "m",
    "Hausanschluss (Länge)",
    "House connection (length)",
    "Straight from the outline of the building to the axis of the street section that it faces.",
    nullable=True,
    min=0,
)


@step(BUILDINGS, needs=[], adds=[STREET_ID, CONNECTION_LENGTH])
def street_access(
    buildings: gpd.GeoDataFrame, sections: gpd.GeoDataFrame | None = None, *, max_distance_m: float = 100.0
) -> Mapping[str, Any]:
    """Return the section of street that each building faces, and how far it is.

    The nearest route by the building's outline, within `max_distance_m`; where its address names another street,
    the nearest section of that name, unless the way there crosses a further route: then it would lead across
    another block. Of equally near sections the first by id.

    Parameters
    ----------
    buildings : GeoDataFrame
    sections : GeoDataFrame, optional
        Table ``streets``; none leaves both unknown.
    max_distance_m : float
        Buildings farther from any route have none. [m]
    """
    routes = pd.DataFrame() if sections is None else sections[are_routes(sections)].sort_index()
    chosen = np.full(len(buildings), -1)
    length = np.full(len(buildings), np.nan)
    if len(routes):
        houses, lines = buildings.geometry.to_numpy(), routes.geometry.to_numpy()
        tree = shapely.STRtree(lines)
        rows, hits = tree.query_nearest(houses, max_distance=max_distance_m, all_matches=True)
        chosen = _first(rows, hits, np.zeros(len(rows)), chosen)
        if "address" in buildings and "name" in routes:
            rows, hits = _named(chosen, buildings["address"], routes["name"], tree, houses, max_distance_m)
            chosen = _first(rows, hits, shapely.distance(houses[rows], lines[hits]), chosen)
        length[chosen >= 0] = shapely.distance(houses, lines[chosen])[chosen >= 0]
    names = np.array([*routes.index, None], dtype=object)[chosen]
    return {STREET_ID.name: pd.array(names, dtype="str"), CONNECTION_LENGTH.name: length}


def _first(rows: np.ndarray, hits: np.ndarray, distance_m: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return for each row its nearest hit, of equals the first, and what was `before` where there is none."""
    order = np.lexsort((hits, distance_m.round(6), rows))
    found, at = np.unique(rows[order], return_index=True)
    chosen = before.copy()
    chosen[found] = hits[order][at]
    return chosen


def _named(
    chosen: np.ndarray,
    addresses: pd.Series,
    names: pd.Series,
    tree: shapely.STRtree,
    houses: np.ndarray,
    max_distance_m: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return buildings whose address names another street than the nearest, and the sections of it in reach."""
    keys = names.map(plain_street, na_action="ignore").fillna("").to_numpy(str)
    told = {key: place for place, key in enumerate(sorted(set(keys) - {""}))}
    code = np.array([told.get(key, -1) for key in keys])
    streets = {a: {told[h.street] for h in house_numbers(a) if h.street in told} for a in addresses.dropna().unique()}
    wanted = [streets.get(a, set()) if pd.notna(a) else set() for a in addresses]
    other = np.array([i for i, w in enumerate(wanted) if w and code[chosen[i]] not in w], dtype=np.int64)
    rows, hits = tree.query(houses[other], predicate="dwithin", distance=max_distance_m)
    rows = other[rows]
    good = np.array([code[h] in wanted[r] for r, h in zip(rows, hits, strict=True)], dtype=bool)
    rows, hits = rows[good], hits[good]
    ways = shapely.shortest_line(houses[rows], tree.geometries[hits])
    crossing, crossed = tree.query(ways, predicate="crosses")
    barred = np.zeros(len(ways), dtype=bool)
    barred[crossing[crossed != hits[crossing]]] = True
    return rows[~barred], hits[~barred]
