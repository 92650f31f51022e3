"""Geometries and attributes packed small for the map page, and the Folium layer that carries them."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium.map import Layer
from folium.template import Template
from numpy.typing import NDArray

WEB_MERCATOR = "EPSG:3857"
HALF_WORLD_M = math.pi * 6_378_137.0  # half the width of the Web-Mercator square
PACK_ZOOM = 20  # one pixel is 0.15 m at the equator, 0.10 m at 49° north
WORLD_PX = 256 * 2**PACK_ZOOM
NAN_CODE = 65_535
TOP_CODE = NAN_CODE - 1
UNKNOWN_CLASS = 255
WITHHELD_CLASS = 254
UNHEATED_CLASS = 253
NO_ROUTE_CLASS = 252
LOG_FROM_RATIO = 100.0  # values spread wider than this keep their relative precision
MAX_VARINT_BYTES = 5


def script_json(value: Any) -> str:
    """Return JSON that cannot end the script element around it, whatever text is inside."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def to_pixels(geometry: gpd.GeoSeries) -> NDArray[Any]:
    """Return the geometries in integer Web-Mercator pixels of zoom `PACK_ZOOM`, shells and holes oriented."""
    mercator = np.asarray(geometry.to_crs(WEB_MERCATOR).array)
    scale = WORLD_PX / (2 * HALF_WORLD_M)

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.rint(np.column_stack([xy[:, 0] + HALF_WORLD_M, HALF_WORLD_M - xy[:, 1]]) * scale)

    return shapely.orient_polygons(shapely.transform(shapely.force_2d(mercator), place))


def zigzag_varint(values: NDArray[np.int64]) -> bytes:
    """Return signed integers as zig-zag coded varints, seven bits a byte, lowest first.

    Examples
    --------
    >>> list(zigzag_varint(np.array([0, -1, 1, 64])))
    [0, 1, 2, 128, 1]
    """
    values = np.asarray(values, dtype=np.int64)
    return varint(((values << 1) ^ (values >> 63)).astype(np.uint64))


def varint(values: NDArray[Any]) -> bytes:
    """Return unsigned integers below 2^35 as varints."""
    values = np.asarray(values, dtype=np.uint64)
    shifts = 7 * np.arange(MAX_VARINT_BYTES, dtype=np.uint64)
    groups = (values[:, None] >> shifts) & np.uint64(0x7F)
    present = np.c_[np.ones(len(values), bool), values[:, None] >= (np.uint64(1) << shifts[1:])]
    more = np.c_[present[:, 1:], np.zeros(len(values), bool)]
    return (groups | (more.astype(np.uint64) << np.uint64(7)))[present].astype(np.uint8).tobytes()


def pack_geometry(geometry: gpd.GeoSeries) -> dict[str, Any]:
    """Return polygons or lines as ``{kind, count, origin, rings, points, data}``.

    The bytes are three runs of varints in base64: rings of each feature, points of each ring, and the
    coordinate differences along all rings. Parts and holes are rings; the closing point is left out.
    """
    polygonal = bool(geometry.geom_type.isin(["Polygon", "MultiPolygon"]).any())
    shapes = to_pixels(geometry)
    parts, feature_of_part = shapely.get_parts(shapes, return_index=True)
    if polygonal:
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        feature_of_ring = feature_of_part[part_of_ring]
    else:
        rings, feature_of_ring = parts, feature_of_part
    xy, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    keep = _distinct(xy, ring_of_point, closed=polygonal)
    xy, ring_of_point = xy[keep].astype(np.int64), ring_of_point[keep]
    origin = xy.min(axis=0) if len(xy) else np.zeros(2, np.int64)
    steps = np.diff(xy - origin, axis=0, prepend=np.zeros((1, 2), np.int64))
    rings_each = np.bincount(feature_of_ring, minlength=len(shapes))
    points_each = np.bincount(ring_of_point, minlength=len(rings))
    return {
        "kind": "polygon" if polygonal else "line",
        "count": len(shapes),
        "rings": len(rings),
        "points": len(xy),
        "origin": origin.tolist(),
        "data": _text64(varint(rings_each) + varint(points_each) + zigzag_varint(steps.ravel())),
    }


def _distinct(xy: NDArray[np.float64], ring: NDArray[np.int64], closed: bool) -> NDArray[np.bool_]:
    """Points that differ from the one before in their ring; of a closed ring the last repeats the first."""
    if len(xy) == 0:
        return np.zeros(0, bool)
    starts = np.r_[True, ring[1:] != ring[:-1]]
    keep = starts | np.r_[True, (xy[1:] != xy[:-1]).any(axis=1)]
    if closed:
        first = xy[np.flatnonzero(starts)][np.cumsum(starts) - 1]
        ends = np.r_[ring[1:] != ring[:-1], True]
        keep &= ~(ends & ~starts & (xy == first).all(axis=1))
    return keep


def pack_numbers(values: pd.Series) -> dict[str, Any]:
    """Return numbers as 16-bit codes; unknown is `NAN_CODE`.

    Linear codes have a step of (max - min) / 65534; where positive values spread over more than two
    orders of magnitude the codes are logarithmic (relative error below 2e-4) and zero keeps code 0.
    """
    numbers = pd.to_numeric(values).astype("float64").to_numpy()
    known = np.isfinite(numbers)
    codes = np.full(len(numbers), NAN_CODE, np.uint16)
    shown = numbers[known]
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 0.0)
    positive = shown[shown > 0]
    whole = not (shown % 1).any() and high - low <= TOP_CODE
    if not whole and low >= 0 and positive.size and high > LOG_FROM_RATIO * positive.min():
        offset = math.log(positive.min())
        step = (math.log(high) - offset) / (TOP_CODE - 1)
        logs = np.log(np.where(shown > 0, shown, positive.min()))
        codes[known] = np.where(shown > 0, 1 + np.round((logs - offset) / step), 0).astype(np.uint16)
        return {"type": "log", "offset": offset, "scale": step, "data": _words64(codes)}
    step = 1.0 if whole else (high - low) / TOP_CODE or 1.0
    codes[known] = np.round((shown - low) / step).astype(np.uint16)
    return {"type": "linear", "offset": low, "scale": step, "data": _words64(codes)}


def pack_classes(codes: NDArray[np.int64]) -> str:
    """Return class numbers as bytes in base64; a negative number is unknown."""
    return _text64(np.where(codes < 0, UNKNOWN_CLASS, codes).astype(np.uint8).tobytes())


def pack_category(values: pd.Series) -> dict[str, Any]:
    """Return a category column as its vocabulary and one byte a row."""
    category = values.astype("category")
    return {
        "type": "category",
        "values": [str(v) for v in category.cat.categories],
        "data": pack_classes(category.cat.codes.to_numpy().astype(np.int64)),
    }


def pack_text(values: pd.Series) -> dict[str, Any]:
    """Return texts, by dictionary where they repeat; missing is the empty text."""
    texts = [_one_line(t) for t in values.astype("object").where(values.notna(), "")]
    codes, words = pd.factorize(np.asarray(texts, dtype=object))
    if len(words) <= min(len(texts) / 2, TOP_CODE):
        return {"type": "words", "values": [str(w) for w in words], "data": _words64(codes.astype(np.uint16))}
    prefix = _common_prefix(texts)
    return {"type": "lines", "prefix": prefix, "data": "\n".join(t[len(prefix) :] for t in texts)}


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())


def _common_prefix(texts: list[str]) -> str:
    low, high = min(texts, default=""), max(texts, default="")
    same = (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return low[: next(same, min(len(low), len(high)))]


def _text64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _words64(codes: NDArray[np.uint16]) -> str:
    return _text64(codes.astype("<u2").tobytes())


class PackedLayer(Layer):
    """A Folium layer of many polygons or lines, drawn by the page's own script on one canvas.

    Parameters
    ----------
    table : str
        Name of the table; the page finds the layer by it.
    label : str
        Name of the layer for layer controls.
    geometry : dict
        From :func:`pack_geometry`.
    columns : mapping of str to dict
        Packed columns by name.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <script type="application/json" id="{{ this.data_id }}">{{ this.data }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = klimastep.packedLayer(document.getElementById("{{ this.data_id }}"));
        {% endmacro %}
        """
    )

    def __init__(self, table: str, label: str, geometry: dict[str, Any], columns: Mapping[str, dict[str, Any]]) -> None:
        super().__init__(name=label, overlay=True, control=True, show=False)
        self._name = "PackedLayer"
        self._id = table
        self.data_id = f"data-{table}"
        self.data = script_json({"table": table, "geometry": geometry, "columns": dict(columns)})
