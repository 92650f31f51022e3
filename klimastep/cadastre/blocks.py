"""Blocks where the city has no layer of them: built-up land enclosed by streets, rails and water."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from klimastep.contract import source_of
from klimastep.findings import Finding
from klimastep.geo import within
from klimastep.reference import load
from klimastep.tables import BLOCKS

BLOCK_SOURCE = source_of("geometry", "Abgrenzung", "Outline")
TRAFFIC_AND_WATER = r"(?:42(?:001|006|009|010|015|016)|4400[1567])"
TRAFFIC_AND_WATER_WORDS = (
    r"stra(?:ß|ss)enverkehr|^weg\b|^platz\b|bahnverkehr|schienenverkehr|verkehrsfl(?:ä|ae)che|"
    r"gew(?:ä|ae)sser|hafenbecken"
)
GRID_M = 0.01
SAME_LINE_M = 0.05
NAME_REACH_M = 100.0
CORNERS = 2  # segments of a quarter circle

Shapes = NDArray[Any]


def derive_blocks(
    buildings: gpd.GeoDataFrame, areas: Mapping[str, Any], street_widths_m: Mapping[str, float] | None = None
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return blocks derived from what parts them.

    Streets that are part of a closed ring cut, each as wide as its class; dead ends do not. So do rails, water,
    traffic land use and traffic parcels. A piece that they enclose is one block if buildings stand on it; of large
    pieces and of open country only the surroundings of the buildings are. Blocks hold their buildings whole, small
    ones join the nearest neighbour. Ids follow from the place of a block alone, so a run of a part of the city gives
    a block that lies whole in it the same id.

    Parameters
    ----------
    buildings : GeoDataFrame
    areas : mapping of str to DataFrame
        Any of "streets", "rail", "water", "land_use", "parcels".
    street_widths_m : mapping of str to float, optional
        Width by road class (and ``rail``) in place of that of ``reference/block_rules.csv``; 0 does not cut. [m]

    Returns
    -------
    blocks : GeoDataFrame or None
        Table ``blocks`` with ``geometry_source`` = estimated; None where nothing is known that parts land.
    findings : list of Finding

    Notes
    -----
    WPG § 3: one or more buildings or properties enclosed on several or all sides by streets, rails or other natural
    or built boundaries, to be seen as belonging together for heat planning.
    """
    table = load("block_rules")
    rules: dict[str, float] = dict(zip(table["rule"], table["value"], strict=True))
    rules |= {f"width_{name}": width for name, width in (street_widths_m or {}).items()}
    surfaces = _surfaces(areas)
    lines, widths = _lines(areas, rules)
    if not len(buildings) or not len(surfaces) + len(lines):
        return None, []
    faces, edges = _net(np.concatenate([lines, shapely.boundary(surfaces)]))
    barriers = np.concatenate([surfaces, _bands(edges, lines, widths)])
    faces = faces[~_covered(faces, surfaces)]
    shapes = _built_up(np.asarray(buildings.geometry.array), faces, barriers, rules)
    shapes = _joined(shapes, rules["smallest_block"], rules["join_distance"])
    return _table(shapes, buildings, areas.get("streets")), [_finding(len(shapes), areas)]


def _surfaces(areas: Mapping[str, Any]) -> Shapes:
    """Return the polygons that part land: water, traffic land use, traffic parcels."""
    found = [np.asarray(areas["water"].geometry.array)] if "water" in areas else []
    if "land_use" in areas:
        codes = areas["land_use"]["function_code"].str.match(TRAFFIC_AND_WATER)
        found.append(np.asarray(areas["land_use"].geometry.array)[codes.fillna(False).to_numpy(dtype=bool)])
    if "parcels" in areas and "land_use" in areas["parcels"]:
        told = areas["parcels"]["land_use"].str.lower().str.contains(TRAFFIC_AND_WATER_WORDS, regex=True)
        found.append(np.asarray(areas["parcels"].geometry.array)[told.fillna(False).to_numpy(dtype=bool)])
    return np.concatenate(found) if found else np.empty(0, dtype=object)


def _lines(areas: Mapping[str, Any], rules: Mapping[str, float]) -> tuple[Shapes, NDArray[np.float64]]:
    """Return the streets and rails that cut, with the width of the land they take. [m]"""
    lines, widths = [np.empty(0, dtype=object)], [np.empty(0)]
    if "streets" in areas:
        lines.append(np.asarray(areas["streets"].geometry.array))
        classes = areas["streets"]["road_class"].astype("object")
        widths.append(classes.map(lambda c: rules.get(f"width_{c}", rules["width_residential"])).to_numpy("float64"))
    if "rail" in areas:
        lines.append(np.asarray(areas["rail"].geometry.array))
        widths.append(np.full(len(areas["rail"]), rules["width_rail"]))
    width = np.concatenate(widths)
    return np.concatenate(lines)[width > 0], width[width > 0]


def _net(lines: Shapes) -> tuple[Shapes, Shapes]:
    """Return the faces of a net of lines and the edges that bound them; dead ends and bridges are left out."""
    edges = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M))
    faces, cuts, dangles, _ = shapely.polygonize_full(edges)
    loose = {part.wkb for part in shapely.get_parts(shapely.normalize(np.array([cuts, dangles])))}
    kept = np.array([edge.wkb not in loose for edge in shapely.normalize(edges)], dtype=bool)
    return np.asarray(shapely.get_parts(faces)), np.asarray(edges[kept])


def _bands(edges: Shapes, lines: Shapes, widths: NDArray[np.float64]) -> Shapes:
    """Return the land that streets and rails take along the edges of the net."""
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    at, hit = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=SAME_LINE_M)
    wide = np.zeros(len(edges))
    np.maximum.at(wide, at, widths[hit])
    bands: Shapes = shapely.buffer(edges[wide > 0], wide[wide > 0] / 2, quad_segs=CORNERS)
    return bands


def _covered(faces: Shapes, surfaces: Shapes) -> NDArray[np.bool_]:
    """Return which faces are traffic land or water themselves."""
    covered = np.zeros(len(faces), dtype=bool)
    covered[shapely.STRtree(surfaces).query(shapely.point_on_surface(faces), predicate="intersects")[0]] = True
    return covered


def _built_up(footprints: Shapes, faces: Shapes, barriers: Shapes, rules: Mapping[str, float]) -> Shapes:
    """Return the built-up part of each face and of the open land, with the buildings whole."""
    face = _owner(shapely.point_on_surface(footprints), faces)
    large = shapely.area(faces) > rules["largest_whole_face"]
    order = np.argsort(face, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(face[order])) + 1)
    around, inside = shapely.STRtree(barriers), shapely.STRtree(faces)
    shapes: list[Any] = []
    for members in groups:
        at = face[members[0]]
        if at >= 0 and not large[at]:
            land = np.array([faces[at]])
        else:
            land = _settled(footprints[members], rules["settlement_reach"])
            land = shapely.intersection(land, faces[at]) if at >= 0 else _without(land, faces, inside)
        land = shapely.get_parts(_without(land, barriers, around))
        land = land[shapely.get_dimensions(land) == 2]
        shapes += _with_buildings(land, footprints[members])
    return np.array(shapes, dtype=object)


def _owner(points: Shapes, faces: Shapes) -> NDArray[np.int64]:
    """Return the face of each point, -1 in open land."""
    owner = np.full(len(points), len(faces), dtype=np.int64)
    rows, hits = shapely.STRtree(faces).query(points, predicate="intersects")
    np.minimum.at(owner, rows, hits)
    return np.where(owner == len(faces), -1, owner)


def _settled(footprints: Shapes, reach_m: float) -> Shapes:
    """Return the surroundings of buildings: grown by the reach, shrunk by half of it."""
    grown = shapely.disjoint_subset_union_all(shapely.buffer(footprints, reach_m, quad_segs=CORNERS))
    return np.asarray(shapely.get_parts(shapely.buffer(grown, -reach_m / 2, quad_segs=CORNERS)))


def _without(land: Shapes, others: Shapes, tree: shapely.STRtree) -> Shapes:
    """Return pieces of land without what others take of them."""
    at, hit = tree.query(land, predicate="intersects")
    out = land.copy()
    for i in np.unique(at):
        out[i] = shapely.difference(land[i], shapely.union_all(others[hit[at == i]]))
    return out


def _with_buildings(land: Shapes, footprints: Shapes) -> list[Any]:
    """Return the pieces of land on which buildings stand, each with its buildings whole."""
    if not len(land):
        return [shapely.union_all(footprints)]
    if len(land) == 1:
        nearest = np.zeros(len(footprints), dtype=np.int64)
    else:
        _, nearest = shapely.STRtree(land).query_nearest(shapely.point_on_surface(footprints), all_matches=False)
    out = []
    for i in np.unique(nearest):
        sticking_out = footprints[nearest == i]
        sticking_out = sticking_out[~shapely.covers(land[i], sticking_out)]
        out.append(shapely.union_all(np.append(sticking_out, land[i])) if len(sticking_out) else land[i])
    return out


def _joined(shapes: Shapes, smallest_m2: float, reach_m: float) -> Shapes:
    """Return the shapes, small ones united with the nearest that is not small."""
    small = shapely.area(shapes) < smallest_m2
    keep, rest = shapes[~small].copy(), shapes[small]
    if not len(keep) or not len(rest):
        return shapes
    rows, hits = shapely.STRtree(keep).query_nearest(rest, max_distance=reach_m, all_matches=False)
    for hit in np.unique(hits):
        keep[hit] = shapely.union_all(np.append(rest[rows[hits == hit]], keep[hit]))
    alone = np.ones(len(rest), dtype=bool)
    alone[rows] = False
    return np.concatenate([keep, rest[alone]])


def _table(shapes: Shapes, buildings: gpd.GeoDataFrame, streets: Any) -> gpd.GeoDataFrame:
    shapes = shapely.normalize(shapes)
    points = shapely.point_on_surface(shapes)
    x, y = np.round(shapely.get_x(points)), np.round(shapely.get_y(points))
    order = np.lexsort((shapely.area(shapes), y, x))
    ids = pd.Series([f"E{a:.0f}N{b:.0f}" for a, b in zip(x[order], y[order], strict=True)])
    again = ids.groupby(ids).cumcount()
    ids = ids.mask(again > 0, ids + "-" + again.astype("str"))
    table = gpd.GeoDataFrame({"area_m2": shapely.area(shapes[order])}, geometry=shapes[order], crs=buildings.crs)
    table.index = pd.Index(ids.to_numpy(), name=BLOCKS.id, dtype="str")
    source = BLOCK_SOURCE.cast(pd.Series("estimated", index=table.index), table.index)
    place = [f" {a % 1000:03.0f}/{b % 1000:03.0f}" for a, b in zip(x[order], y[order], strict=True)]
    named = (_street_names(table, buildings, streets) + place).fillna(table.index.to_series()).astype("str")
    return table.assign(name=named, geometry_source=source)


def _street_names(table: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, streets: Any) -> pd.Series:
    """Return the street that most addresses of a block name, else the nearest; unknown where there is none."""
    names = pd.Series(None, index=table.index, dtype="str")
    if streets is not None and "name" in streets and streets["name"].notna().any():
        known = streets[streets["name"].notna()]
        tree = shapely.STRtree(known.geometry.array)
        rows, hits = tree.query_nearest(table.geometry.array, max_distance=NAME_REACH_M, all_matches=True)
        names.update(pd.Series(known["name"].to_numpy()[hits]).groupby(table.index.to_numpy()[rows]).min())
    if "address" in buildings:
        street = buildings["address"].str.extract(r"^(.*?)\s+\d", expand=False)
        counts = street.groupby([within(buildings, table), street]).size().rename("count").reset_index()
        counts.columns = pd.Index(["block", "street", "count"])
        counts = counts.sort_values(["block", "count", "street"], ascending=[True, False, True])
        names.update(counts.drop_duplicates("block").set_index("block")["street"])
    return names


def _finding(count: int, areas: Mapping[str, Any]) -> Finding:
    words = {"streets": ("Straßen", "streets"), "rail": ("Bahn", "rails"), "water": ("Gewässern", "water"),
             "land_use": ("Tatsächlicher Nutzung", "land use"), "parcels": ("Flurstücken", "parcels")}  # fmt: skip
    de, en = (", ".join(w[i] for name, w in words.items() if name in areas) for i in (0, 1))
    return Finding(
        "cadastre",
        "derived_blocks",
        count,
        (),
        f"{count} Blöcke sind aus {de} abgeleitet, keine amtlichen Baublöcke.",
        f"{count} blocks are derived from {en}; they are no official blocks.",
        "note",
    )
