"""What the page's script works on: packed layers, views with their classes, labels and texts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Catalogue, Column
from klimastep.export import style
from klimastep.export.about import DISCLAIMER_DE, DISCLAIMER_EN, About
from klimastep.export.editions import MIN_HEATED_BUILDINGS
from klimastep.export.web_map import packed_layer, words
from klimastep.export.web_map.themes import CONTEXT, THEMES, View, columns_of

NAME_COLUMNS = ("name", "address")
LINE_COLUMNS = {
    "buildings": ("use_class", "year_built", "year_built_source"),
    "roofs": ("tilt_deg", "azimuth_deg"),
    "streets": ("road_class", "length_m", "connections"),
}
ZONE_COLUMNS = (
    "priority_rank",
    "priority_score",
    "priority_class",
    "rank_certainty_share",
    "reason_de",
    "reason_en",
)
CONTRIBUTION, SCORE = "_contribution", "_score"
HATCHES = {"very_high": "dense", "high": "wide"}
LABEL_TABLES = ("districts", "zones")
MOST_LABELS = 400
HEATED_COUNT = "heated_count"
LINE_CLASS = "line_density_class"
UNHEATED_COLOUR = "#eef1f4"
VIEW_MARGIN = 0.02


def packed_columns(frame: gpd.GeoDataFrame, table: str, views: Sequence[View], catalogue: Catalogue) -> dict[str, Any]:
    """Return the columns of one table that the page reads, packed, with label and unit.

    Context tables carry their names alone.
    """
    thematic = [v for v in views if v.table == table]
    wanted = dict.fromkeys([*NAME_COLUMNS, *LINE_COLUMNS.get(table, ())])
    for view in thematic:
        wanted |= dict.fromkeys([view.column.name, *view.theme.figures, view.theme.total, "building_count"])
    if table == "zones":
        wanted |= dict.fromkeys([*ZONE_COLUMNS, *(c for c in frame if str(c).endswith((CONTRIBUTION, SCORE)))])
    declared = {c.name: c for c in columns_of(catalogue, table)}
    packed = {
        name: {**_pack(frame[name], declared[name]), **_described(declared[name])}
        for name in wanted
        if name in frame and name in declared
    }
    if not thematic and table in ("green", "water", "boundary", "streets"):
        return {n: packed[n] for n in ("name", "road_class") if n in packed}
    return {"id": packed_layer.pack_text(frame.index.to_series()), **packed}


def _pack(values: pd.Series, column: Column) -> dict[str, Any]:
    if column.dtype == "category":
        return packed_layer.pack_category(values.astype(pd.CategoricalDtype(column.vocabulary)))
    if column.dtype == "str":
        return packed_layer.pack_text(values)
    return packed_layer.pack_numbers(values)


def _described(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"label": [column.label_de, column.label_en], "unit": column.unit}
    if column.name in words.SHORT:
        described["short"] = list(words.SHORT[column.name])
    if column.categories:
        described["labels"] = [[c.label_de, c.label_en] for c in column.categories]
    if column.name.startswith("year_"):
        described["plain"] = True
    return described


def view_model(view: View, frame: gpd.GeoDataFrame, catalogue: Catalogue, about: About) -> dict[str, Any]:
    """Return one view: classes with colour, count and sum, and the class of each row."""
    column = view.column
    values = frame[column.name]
    breaks = style.classes(column, values)
    codes = _codes(values, column, breaks)
    special = []
    for entry, rows in _special(view, frame, codes < 0, about):
        codes[rows] = entry["code"]
        special.append({**entry, "count": int(rows.sum()), "sum": None})
    total = next((c for c in columns_of(catalogue, view.table) if c.name == view.theme.total), None)
    sums = pd.to_numeric(frame[total.name]).astype("float64").to_numpy() if total and total.name in frame else None
    legend = [
        {
            "value": b.value,
            "colour": b.colour,
            "label": [b.label_de, b.label_en],
            "hatch": HATCHES.get(b.value or "") if column.name == "priority_class" else None,
            "code": code,
            "factor": _width(view.table, b, code),
            **_tally(codes == code, sums),
        }
        for code, b in enumerate(breaks)
    ]
    if column.categories:
        legend = [c for c in legend if c["count"] or column.name == "priority_class"]
    return {
        "theme": view.theme.name,
        "table": view.table,
        "column": column.name,
        "label": [column.label_de, column.label_en],
        "short": list(words.MEASURE.get(column.name, (column.label_de, column.label_en))),
        "basis": list(words.BASIS.get(column.name, ("", ""))),
        "classes": legend,
        "unknown": _tally(codes < 0, sums),
        "special": [s for s in special if s["count"]],
        "total": None
        if sums is None or total is None
        else {"name": total.name, "label": [total.label_de, total.label_en], "unit": total.unit},
        "codes": packed_layer.pack_classes(codes),
    }


def _width(table: str, one: style.ClassBreak, code: int) -> float | None:
    """Return how many times the usual width a line of a class has: wider where there is more."""
    if table != "streets":
        return None
    return style.THIN if one.value == style.NO_ROUTE else style.LINE_WIDTHS[min(code, len(style.LINE_WIDTHS) - 1)]


def _special(
    view: View, frame: gpd.GeoDataFrame, unknown: np.ndarray, about: About
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield what a missing value means where that is known: withheld for privacy, or nothing to heat."""
    if not about.is_internal and HEATED_COUNT in frame:
        few = unknown & frame[HEATED_COUNT].between(1, MIN_HEATED_BUILDINGS - 1).fillna(False).to_numpy(bool)
        label = [style.WITHHELD_DE, style.WITHHELD_EN]
        yield {"code": packed_layer.WITHHELD_CLASS, "colour": style.WITHHELD_COLOUR, "label": label}, few
    if view.table == "streets" and LINE_CLASS in frame:
        off = unknown & (frame[LINE_CLASS] == style.NO_ROUTE).fillna(False).to_numpy(bool)
        entry = {"code": packed_layer.NO_ROUTE_CLASS, "colour": style.LINE, "label": list(words.NO_ROUTE)}
        yield {**entry, "factor": style.THIN}, off
    if view.theme.name == "heat" and view.table == "buildings" and "is_heated" in frame:
        cold = unknown & ~frame["is_heated"].to_numpy(bool)
        yield {"code": packed_layer.UNHEATED_CLASS, "colour": UNHEATED_COLOUR, "label": list(words.UNHEATED)}, cold


def _codes(values: pd.Series, column: Column, breaks: Sequence[style.ClassBreak]) -> np.ndarray:
    if column.categories:
        place = {b.value: i for i, b in enumerate(breaks)}
        return values.astype("object").map(place).fillna(-1).to_numpy().astype(np.int64)
    numbers = pd.to_numeric(values).astype("float64").to_numpy()
    limits = [b.lower for b in breaks[1:]]
    return np.where(np.isfinite(numbers), np.searchsorted(limits, numbers, side="right"), -1)


def _tally(rows: np.ndarray, sums: np.ndarray | None) -> dict[str, Any]:
    total = None if sums is None or not np.isfinite(sums[rows]).any() else float(f"{np.nansum(sums[rows]):.6g}")
    return {"count": int(rows.sum()), "sum": total}


def label_points(tables: Mapping[str, gpd.GeoDataFrame]) -> list[dict[str, Any]]:
    """Return names with a point well inside their polygon: districts, and zones by rank."""
    found: list[dict[str, Any]] = []
    for table in LABEL_TABLES:
        if table not in tables or "name" not in tables[table] or len(tables[table]) > MOST_LABELS:
            continue
        frame = tables[table]
        pixels = packed_layer.to_pixels(frame.geometry)
        inside = [_inner_point(p) for p in pixels]
        found += [
            {"table": table, "row": row, "x": round(p.x), "y": round(p.y), "text": str(name)}
            for row, (p, name) in enumerate(zip(inside, frame["name"], strict=True))
            if pd.notna(name) and not p.is_empty
        ]
    return found


def _inner_point(shape: Any) -> Any:
    largest = max(shapely.get_parts(shape), key=lambda p: p.area, default=shape)
    if largest.is_empty or largest.area == 0:
        return shapely.point_on_surface(shape)
    line = shapely.maximum_inscribed_circle(largest.buffer(0), tolerance=math.sqrt(largest.area) / 50)
    return shapely.Point(line.coords[0]) if not line.is_empty else shapely.point_on_surface(shape)


def bounds_of(tables: Mapping[str, gpd.GeoDataFrame], views: Sequence[View]) -> list[list[float]]:
    """Return south-west and north-east corner of what the views show, in degrees, with a small margin."""
    names = {v.table for v in views} or set(tables)
    boxes = np.array([tables[n].to_crs("EPSG:4326").total_bounds for n in names])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    dx, dy = VIEW_MARGIN * (east - west), VIEW_MARGIN * (north - south)
    return [[south - dy, west - dx], [north + dy, east + dx]]


def page_model(
    tables: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, views: Sequence[View], about: About
) -> dict[str, Any]:
    """Return everything but the packed layers."""
    used = {v.theme.name for v in views}
    return {
        "title": [about.title_de, about.title_en],
        "about": _about(about),
        "words": words.spoken(words.WORDS),
        "singular": {k: list(v) for k, v in words.SINGULAR.items()},
        "plural": {k: list(v) for k, v in words.PLURAL.items()},
        "levels": {k: list(v) for k, v in words.LEVEL.items()},
        "compass": [w.split(",") for w in words.COMPASS],
        "themes": [
            {
                "name": t.name,
                "label": [t.label_de, t.label_en],
                "figures": list(t.figures),
                "first_level": list(t.first_level),
                "first_on_areas": t.first_on_areas,
            }
            for t in THEMES
            if t.name in used
        ],
        "views": [view_model(v, tables[v.table], catalogue, about) for v in views],
        "labels": label_points(tables),
        "context": [c for c in CONTEXT if c in tables],
        "zone_level": about.zone_level,
        "indicators": _indicators(tables, catalogue, about),
        "bounds": bounds_of(tables, views),
        "colours": {
            "ink": style.INK,
            "muted": style.MUTED,
            "water": style.WATER,
            "green": style.GREEN,
            "street": style.STREET,
            "accent": style.ACCENT,
            "unknown": style.UNKNOWN_COLOUR,
        },
    }


def _about(about: About) -> dict[str, Any]:
    return {
        "synthetic": about.synthetic,
        "internal": about.is_internal and not about.synthetic,
        "version": about.version,
        "made_on": about.made_on,
        "attribution": list(about.attribution),
        "notes": [list(about.notes_de), list(about.notes_en)],
        "disclaimer": [DISCLAIMER_DE, DISCLAIMER_EN],
    }


def _indicators(tables: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, about: About) -> list[dict[str, Any]]:
    if "zones" not in tables:
        return []
    weights = dict(about.weights)
    frame = tables["zones"]
    return [
        {
            "name": c.name.removesuffix(CONTRIBUTION),
            "label": [c.label_de.rpartition(": ")[0] or c.label_de, c.label_en.rpartition(": ")[0] or c.label_en],
            "weight": weights.get(c.name.removesuffix(CONTRIBUTION)),
            "scored": c.name.removesuffix(CONTRIBUTION) + SCORE in frame,
        }
        for c in columns_of(catalogue, "zones")
        if c.name.endswith(CONTRIBUTION) and c.name in frame
    ]
