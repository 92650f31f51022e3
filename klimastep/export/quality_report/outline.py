"""A small map of the areas as SVG: how much is known where, and where contradictions lie."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import escape

from klimastep.contract import Language
from klimastep.export.quality_report.words import WORDS
from klimastep.export.style import format_quantity

WIDTH, TALLEST = 680.0, 620.0
LIMITS = (0.25, 0.5, 0.75, 0.9)
COLOURS = ("#edf8e9", "#bae4b3", "#74c476", "#31a354", "#006d2c")
UNKNOWN = "#e4e7eb"
MARK = "#b3261e"
MOST_MARKS = 2000


def drawing(areas: gpd.GeoDataFrame, spots: gpd.GeoDataFrame, language: Language) -> str:
    """Return the map as SVG with its legend, for a page.

    Parameters
    ----------
    areas : GeoDataFrame
        With `known_share`, `name` and `heated_count`.
    spots : GeoDataFrame
        Points with `weight`; those of weight ``error`` are marked.
    language : {"de", "en"}
    """
    place = 0 if language == "de" else 1
    x0, y0, x1, y1 = areas.total_bounds
    scale = min(WIDTH / max(x1 - x0, 1.0), TALLEST / max(y1 - y0, 1.0))
    width, height = scale * (x1 - x0), scale * (y1 - y0)

    def view(points: np.ndarray) -> np.ndarray:
        return (points - (x0, y1)) * (scale, -scale)

    shapes = shapely.transform(shapely.simplify(areas.geometry.to_numpy(), 0.4 / scale), view)
    names = areas["name"].astype("object").where(areas["name"].notna(), areas.index)
    paths = [
        f'<path fill="{_colour(share)}" d="{_path(shape)}">'
        f"<title>{escape(name)}: {_told(share, language)}</title></path>"
        for shape, share, name in zip(shapes, areas["known_share"], names, strict=True)
    ]
    errors = spots[spots["weight"] == "error"].head(MOST_MARKS)
    points = view(shapely.get_coordinates(errors.geometry.to_numpy()))
    marks = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    body = f'<g stroke="#52606d" stroke-width="0.6">{"".join(paths)}</g>'
    body += f'<g fill="{MARK}" stroke="#ffffff" stroke-width="0.8">{"".join(marks)}</g>'
    box = f"-3 -3 {width + 6:.0f} {height + 6:.0f}"
    label = escape(WORDS["map_label"][place])
    return f'<svg viewBox="{box}" role="img" aria-label="{label}">{body}</svg>{_legend(len(marks), place)}'


def _told(share: float, language: Language) -> str:
    return WORDS["no_heated"][0 if language == "de" else 1] if pd.isna(share) else format_quantity(share, "1", language)


def _colour(share: float) -> str:
    return UNKNOWN if pd.isna(share) else COLOURS[int(np.searchsorted(LIMITS, share, side="right"))]


def _path(shape: shapely.Geometry) -> str:
    rings = [r for part in shapely.get_parts(shape) for r in (part.exterior, *part.interiors)]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)


def _legend(marks: int, place: int) -> str:
    bounds = ["0", *(f"{100 * limit:.0f}" for limit in LIMITS), "100"]
    boxes = [
        f'<li><span class="swatch" style="background:{colour}"></span>{low}–{high} %</li>'
        for colour, low, high in zip(COLOURS, bounds[:-1], bounds[1:], strict=True)
    ]
    boxes.append(f'<li><span class="swatch" style="background:{UNKNOWN}"></span>{WORDS["no_heated"][place]}</li>')
    if marks:
        boxes.append(f'<li><span class="swatch dot" style="background:{MARK}"></span>{WORDS["marks"][place]}</li>')
    return f'<ul class="legend">{"".join(boxes)}</ul>'
