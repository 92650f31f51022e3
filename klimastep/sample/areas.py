"""Parcels, blocks, districts, streets, water and green of a drawing in its site."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.sample.layout import Drawing
from klimastep.sample.lots import Lot
from klimastep.sample.plane import Plot, Point, Warp, node
from klimastep.sample.quarters import CRS, DISTRICTS, MUNICIPALITY, QUARTERS, RIVER, RIVER_NAME, TOWN

MILLIMETRE = 0.001
LAND_USE = {
    "street": "Straßenverkehr",
    "square": "Platz",
    "river": "Fließgewässer",
    "bank": "Grünland",
    "playground": "Sport-, Freizeit- und Erholungsfläche",
    "sports": "Sport-, Freizeit- und Erholungsfläche",
    "green": "Sport-, Freizeit- und Erholungsfläche",
    "cemetery": "Friedhof",
    "house": "Wohnbaufläche",
    "garden": "Wohnbaufläche",
    "corner": "Wohnbaufläche",
    "slab": "Wohnbaufläche",
}
MIXED, TRADE, PUBLIC = (
    "Fläche gemischter Nutzung",
    "Industrie- und Gewerbefläche",
    "Fläche besonderer funktionaler Prägung",
)
GREEN_KINDS = {"green": "Grünfläche", "playground": "Spielplatz", "sports": "Sportplatz", "cemetery": "Friedhof"}


@dataclass(frozen=True)
class Areas:
    """The areas of a town; `block_numbers` maps the blocks of the drawing to their official numbers."""

    parcels: gpd.GeoDataFrame
    blocks: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    block_numbers: dict[int, str]


def areas_of(drawing: Drawing, warp: Warp, rings: list[list[Point]], tile: int) -> Areas:
    """Return all areas of a town."""
    shapes = np.array([shapely.Polygon(r) for r in rings])
    numbers = _block_numbers(drawing, tile)
    water, banks = _river(drawing, warp, shapes)
    parcels = _parcels(drawing, shapes, (water, banks), numbers, tile)
    green = parcels.loc[parcels["use"].isin([*GREEN_KINDS, "bank"])]
    kinds = green["use"].map(GREEN_KINDS).fillna("Grünland")
    return Areas(
        parcels,
        _blocks(drawing, shapes, numbers),
        _districts(drawing, warp, tile),
        _streets(drawing, warp),
        gpd.GeoDataFrame({"name": [RIVER_NAME], "art": ["Fluss"]}, geometry=[shapely.union_all(water)], crs=CRS),
        gpd.GeoDataFrame({"art": kinds.to_numpy()}, geometry=green.geometry.to_numpy(), crs=CRS),
        numbers,
    )


def _block_numbers(drawing: Drawing, tile: int) -> dict[int, str]:
    numbers: dict[int, str] = {-1: ""}
    count = dict.fromkeys(DISTRICTS, 0)
    for block, quarter in enumerate(drawing.block_quarter):
        district = QUARTERS[quarter].district
        count[district] += 1
        lead = f"{tile:03d}" if tile else ""
        numbers[block] = f"{lead}{DISTRICTS.index(district) + 1:02d}{count[district]:04d}"
    return numbers


def _blocks(drawing: Drawing, shapes: np.ndarray, numbers: dict[int, str]) -> gpd.GeoDataFrame:
    owner = np.array([lot.block for lot in drawing.lots])
    names, polygons, districts = [], [], []
    for block, quarter in enumerate(drawing.block_quarter):
        merged = shapely.union_all(shapes[owner == block])
        if merged.is_empty:
            continue
        names.append(numbers[block])
        polygons.append(merged)
        districts.append(QUARTERS[quarter].district)
    return gpd.GeoDataFrame(
        {"stadtteil": districts}, geometry=polygons, crs=CRS, index=pd.Index(names, name="block_nr")
    )


def _districts(drawing: Drawing, warp: Warp, tile: int) -> gpd.GeoDataFrame:
    quarters = (*QUARTERS, *RIVER)
    plots = [Plot(tuple(drawing.nodes[c] for c in q.corners), (0,) * len(q.corners)) for q in quarters]
    rings, _ = node(plots, 12.0)
    shapes = np.array([shapely.Polygon(warp(r)) for r in rings])
    owner = np.array([q.district for q in quarters])
    suffix = f" {tile}" if tile else ""
    lead = f"{tile:03d}" if tile else ""
    return gpd.GeoDataFrame(
        {"name": [f"{name}{suffix}" for name in DISTRICTS]},
        geometry=[shapely.union_all(shapes[owner == name]) for name in DISTRICTS],
        crs=CRS,
        index=pd.Index([f"{lead}{i:02d}" for i in range(1, len(DISTRICTS) + 1)], name="schluessel"),
    )


def _streets(drawing: Drawing, warp: Warp) -> gpd.GeoDataFrame:
    names, classes, lines = [], [], []
    for street in drawing.streets:
        stops = sorted({0.0, street.length, *(round(t, 6) for t in street.stops)})
        for low, high in zip(stops, stops[1:], strict=False):
            if high - low < 0.05:
                continue
            n = max(1, math.ceil((high - low) / 12))
            lines.append(shapely.LineString(warp([street.at(low + (high - low) * k / n) for k in range(n + 1)])))
            names.append(street.name or None)
            classes.append(street.road_class)
    table = {"strassenname": np.array(names, dtype=object), "klasse": classes}
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def _river(drawing: Drawing, warp: Warp, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the winding water and its green banks, each cut by the pieces of the corridor."""
    corridor = shapes[[lot.use == "river" for lot in drawing.lots]]
    nodes = drawing.nodes
    middle = np.array([[(nodes[f"A{i}"][k] + nodes[f"B{i}"][k]) / 2 for k in (0, 1)] for i in range(6)])
    wide = min(math.dist(nodes[f"A{i}"], nodes[f"B{i}"]) for i in range(6))
    at = np.linspace(0, 5, 121)
    centre = np.column_stack([_smooth(at, middle[:, 0]), _smooth(at, middle[:, 1])])
    centre[:, 1] += 0.2 * wide * np.sin(at * 3.4 + 1.0) * np.minimum(1, np.minimum(at, 5 - at) * 4)
    line = shapely.LineString(warp(centre))
    water = line.buffer(max(0.15 * wide, 1.5), quad_segs=4, cap_style="square")
    wet = shapely.intersection(corridor, water, grid_size=MILLIMETRE)
    dry = shapely.difference(corridor, water, grid_size=MILLIMETRE)
    return _polygons(wet), _polygons(dry)


def _polygons(shapes: np.ndarray) -> np.ndarray:
    parts = shapely.get_parts(shapes)
    return parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0.5)]


def _smooth(at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate values at whole numbers by Catmull-Rom splines."""
    i = np.minimum(at.astype(int), len(values) - 2)
    t = at - i
    p = np.concatenate([[2 * values[0] - values[1]], values, [2 * values[-1] - values[-2]]])
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _land_use(lot: Lot) -> str:
    kind = QUARTERS[lot.quarter].kind if lot.quarter < len(QUARTERS) else ""
    if lot.use in ("house", "garden") and kind in ("core", "estate"):
        return MIXED if kind == "core" else TRADE
    if lot.use == "corner" and kind == "core":
        return MIXED
    return LAND_USE.get(lot.use, TRADE if lot.use == "supermarket" else PUBLIC)


def _parcels(
    drawing: Drawing,
    shapes: np.ndarray,
    river: tuple[np.ndarray, np.ndarray],
    numbers: dict[int, str],
    tile: int,
) -> gpd.GeoDataFrame:
    """Return every piece of land: lots, streets, water, banks; numbered by block, streets and water at the end."""
    rows: list[dict[str, object]] = []
    within: dict[int, int] = {}
    first = 100
    free = first + len(drawing.block_quarter)
    for number, (lot, shape) in enumerate(zip(drawing.lots, shapes, strict=True)):
        if lot.use == "river":
            continue
        name = drawing.streets[lot.street].name if lot.street >= 0 else ""
        if lot.block >= 0:
            within[lot.block] = within.get(lot.block, 0) + 1
            main, sub = first + lot.block, within[lot.block]
        else:
            free, main, sub = free + 1, free, 0
        rows.append({"lot": number, "use": lot.use, "tntxt": _land_use(lot), "street": name or None, "main": main,
                     "sub": sub, "block_nr": numbers[lot.block], "geometry": shape})  # fmt: skip
    for use, part in (("river", river[0]), ("bank", river[1])):
        for shape in part:
            rows.append({"lot": -1, "use": use, "tntxt": LAND_USE[use], "street": None, "main": free, "sub": 0,
                         "block_nr": "", "geometry": shape})  # fmt: skip
            free += 1
    table = pd.DataFrame(rows)
    mains, subs = table["main"].astype("int64"), table["sub"].astype("int64")
    plain = mains.astype(str)
    table["flurstnr"] = plain.where(subs == 0, plain + "/" + subs.astype(str))
    below = subs.map(lambda n: f"{n:04d}" if n else "____")
    table["flstkennz"] = "089999" + f"{tile:03d}" + mains.map("{:05d}".format) + below + "__"
    table["gmdschl"], table["gemarkung"] = MUNICIPALITY, TOWN
    table["flur"] = f"Flur {tile}"
    table.index = pd.Index([f"DEBWMU{tile:03X}{i:07d}FL" for i in range(1, len(table) + 1)], name="oid")
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=table["geometry"].to_numpy(), crs=CRS)
