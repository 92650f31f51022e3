"""Streets cut into sections at junctions, the routes along which a pipe could run."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.cadastre.street_graph import cut_at_junctions, merge_short
from klimastep.findings import Finding, first_ids
from klimastep.tables import NO_ROUTES, STREETS


def are_routes(streets: pd.DataFrame) -> pd.Series:
    """Return which streets a pipe may follow: all but paths and motorways; an unknown class is taken as a street."""
    if "road_class" not in streets:
        return pd.Series(True, index=streets.index)
    return ~streets["road_class"].isin(NO_ROUTES)


def street_sections(streets: gpd.GeoDataFrame, min_m: float = 20.0) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return sections between junctions instead of streets as delivered.

    Only routes are cut and merged, and only by routes. A street that stays whole keeps its id; the pieces of
    another are numbered along it (``12/1``, ``12/2``); `delivered_id` names the street that they come from. A section
    shorter than `min_m` becomes part of a neighbour of the same name, or of the one that goes straight on.

    Parameters
    ----------
    streets : GeoDataFrame
        Table ``streets``.
    min_m : float
        Shortest section wanted. [m]

    Returns
    -------
    sections : GeoDataFrame
        Table ``streets`` again, in the order of the streets.
    findings : list of Finding
        How many streets were cut and how many pieces merged.
    """
    parts = streets.assign(delivered_id=streets.index.astype("str")).explode(index_parts=False)
    route = are_routes(parts).to_numpy(bool)
    lines = parts.geometry.to_numpy()
    order = np.argsort(parts["delivered_id"].to_numpy(str), kind="stable")
    ways = order[route[order]]  # by id, so that the order of the rows decides nothing
    pieces, origin = cut_at_junctions(lines[ways])
    names = parts["name"].fillna("").to_numpy(str) if "name" in parts else np.full(len(parts), "")
    merged, into = merge_short(pieces, names[ways[origin]], np.arange(len(pieces)), min_m)
    kept = np.flatnonzero(into == np.arange(len(pieces)))
    rows = np.r_[ways[origin[kept]], np.flatnonzero(~route)]
    shapes = np.r_[merged[kept], lines[~route]]
    out = parts.iloc[rows].set_geometry(gpd.GeoSeries(shapes, index=parts.index[rows], crs=streets.crs))
    out.index = _ids(out["delivered_id"], streets.index)
    place = streets.index.get_indexer(out["delivered_id"])
    out = out.iloc[np.argsort(place, kind="stable")]
    out = out.assign(length_m=shapely.length(out.geometry.array))
    return out, _findings(out, streets, len(pieces) - len(kept), min_m)


def _ids(delivered: pd.Series, known: pd.Index) -> pd.Index:
    """Return the id of each section: that of its street, numbered where the street has several."""
    number = delivered.groupby(delivered).cumcount() + 1
    several = delivered.groupby(delivered).transform("size") > 1
    sign = "/"
    while (delivered[several] + sign + number[several].astype("str")).isin(known).any():
        sign += "/"
    ids = delivered.where(~several, delivered + sign + number.astype("str"))
    return pd.Index(ids, name=STREETS.id, dtype="str")


def _findings(sections: pd.DataFrame, streets: pd.DataFrame, merged: int, min_m: float) -> list[Finding]:
    pieces = sections["delivered_id"].value_counts()
    cut = pieces.index[pieces > 1]
    whole = streets.index[~streets.index.isin(pieces.index)]
    if cut.empty and not merged:
        return []
    return [
        Finding(
            STREETS.name,
            "sections",
            len(cut) + len(whole),
            first_ids([*cut, *whole]),
            f"{len(streets)} Straßen wurden zu {len(sections)} Abschnitten: {len(cut)} an Kreuzungen geteilt, "
            f"{merged} Stücke unter {min_m:g} m an einen Nachbarn angeschlossen.",
            f"{len(streets)} streets became {len(sections)} sections: {len(cut)} were cut at junctions, "
            f"{merged} pieces shorter than {min_m:g} m joined to a neighbour.",
            "note",
        )
    ]
