"""Packing of geometries and columns: what comes out again, and how small it is."""

from __future__ import annotations

import base64
import json
import math

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from klimastep.contract import random_table
from klimastep.export.web_map import packed_layer
from klimastep.tables import BUILDINGS

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0
GROUND_M_PER_PX = 0.1


def varints(data: bytes) -> list[int]:
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            out.append(value)
            value = shift = 0
    return out


def unpack(packed: dict) -> list[list[np.ndarray]]:
    """Rings of each feature in pixels, written independently of the page's script."""
    numbers = varints(base64.b64decode(packed["data"]))
    rings_each, rest = numbers[: packed["count"]], numbers[packed["count"] :]
    points_each, rest = rest[: packed["rings"]], rest[packed["rings"] :]
    steps = np.array([-(n + 1) // 2 if n % 2 else n // 2 for n in rest]).reshape(-1, 2)
    xy = np.cumsum(steps, axis=0) + packed["origin"]
    rings = np.split(xy, np.cumsum(points_each)[:-1])
    bounds = np.cumsum([0, *rings_each])
    return [rings[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def ground(rings: list[np.ndarray]) -> list[np.ndarray]:
    """Pixels back to metres of the plan's CRS."""
    scale = 2 * packed_layer.HALF_WORLD_M / packed_layer.WORLD_PX
    out = []
    for ring in rings:
        mercator = np.c_[ring[:, 0] * scale - packed_layer.HALF_WORLD_M, packed_layer.HALF_WORLD_M - ring[:, 1] * scale]
        points = gpd.GeoSeries(shapely.points(mercator), crs=packed_layer.WEB_MERCATOR).to_crs(CRS)
        out.append(shapely.get_coordinates(points.array))
    return out


@given(st.lists(st.integers(-(2**30), 2**30), max_size=50))
def test_varints_come_back(values):
    raw = varints(packed_layer.zigzag_varint(np.array(values, dtype=np.int64)))
    assert [-(n + 1) // 2 if n % 2 else n // 2 for n in raw] == values


def test_varint_lengths_by_hand():
    assert packed_layer.varint(np.array([0, 127, 128, 300], dtype=np.uint64)) == bytes([0, 127, 128, 1, 172, 2])
    assert packed_layer.varint(np.array([], dtype=np.uint64)) == b""


def test_polygons_with_holes_and_parts_come_back_within_a_decimetre():
    hole = shapely.Polygon(
        shapely.box(X, Y, X + 40, Y + 30).exterior, [shapely.box(X + 10, Y + 10, X + 20, Y + 20).exterior]
    )
    two = shapely.MultiPolygon([shapely.box(X + 50, Y, X + 60, Y + 10), shapely.box(X + 70, Y, X + 80, Y + 10)])
    packed = packed_layer.pack_geometry(gpd.GeoSeries([hole, two], crs=CRS))
    assert (packed["kind"], packed["count"], packed["rings"], packed["points"]) == ("polygon", 2, 4, 16)
    first, second = (ground(rings) for rings in unpack(packed))
    assert [len(r) for r in (*first, *second)] == [4, 4, 4, 4]  # closing points left out
    shape = shapely.Polygon(first[0], [first[1]])
    assert shapely.hausdorff_distance(shape, hole) < GROUND_M_PER_PX
    assert shape.area == pytest.approx(hole.area, rel=0.01)
    assert shapely.hausdorff_distance(shapely.MultiPolygon([(r, []) for r in second]), two) < GROUND_M_PER_PX


def test_shells_and_holes_turn_opposite_ways():
    hole = shapely.Polygon(
        shapely.box(X, Y, X + 40, Y + 30).exterior, [shapely.box(X + 10, Y + 10, X + 20, Y + 20).exterior]
    )
    for shape in (hole, hole.reverse()):
        shell, inner = unpack(packed_layer.pack_geometry(gpd.GeoSeries([shape], crs=CRS)))[0]
        assert shapely.LinearRing(shell).is_ccw != shapely.LinearRing(inner).is_ccw
        assert shapely.LinearRing(shell).is_ccw


def test_lines_keep_their_end_points():
    line = shapely.LineString([(X, Y), (X + 100, Y), (X, Y)])
    parts = shapely.MultiLineString([[(X, Y), (X, Y + 5)], [(X + 9, Y), (X + 9, Y + 5)]])
    packed = packed_layer.pack_geometry(gpd.GeoSeries([line, parts], crs=CRS))
    assert packed["kind"] == "line"
    features = unpack(packed)
    assert [len(r) for r in features[0]] == [3]
    assert [len(r) for r in features[1]] == [2, 2]


def test_a_building_smaller_than_the_grid_keeps_a_point():
    packed = packed_layer.pack_geometry(gpd.GeoSeries([shapely.box(X, Y, X + 0.01, Y + 0.01)], crs=CRS))
    assert packed["points"] >= 1
    assert packed["rings"] == 1


def test_random_buildings_come_back():
    frame = random_table(BUILDINGS, 300, np.random.default_rng(5))
    for shape, rings in zip(frame.geometry, unpack(packed_layer.pack_geometry(frame.geometry)), strict=True):
        assert shapely.hausdorff_distance(shapely.Polygon(ground(rings)[0]), shape) < GROUND_M_PER_PX


def decode(packed: dict) -> np.ndarray:
    codes = np.frombuffer(base64.b64decode(packed["data"]), "<u2").astype(float)
    values = packed["offset"] + packed["scale"] * (codes - 1 if packed["type"] == "log" else codes)
    if packed["type"] == "log":
        values = np.where(codes == 0, 0.0, np.exp(values))
    return np.where(codes == packed_layer.NAN_CODE, np.nan, values)


def test_years_and_counts_come_back_exactly():
    years = pd.Series([1919, None, 2022, 1850], dtype="Int16")
    packed = packed_layer.pack_numbers(years)
    assert (packed["type"], packed["scale"]) == ("linear", 1.0)
    assert np.array_equal(decode(packed), [1919, np.nan, 2022, 1850], equal_nan=True)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9, allow_subnormal=False)), min_size=1, max_size=60))
def test_energies_keep_three_digits_and_zero(values):
    known = [v for v in values if v]
    smallest = min(known, default=1.0)
    values = [v if v is None or v == 0 or v >= 1e-6 * max(known) else smallest for v in values]
    values = [0.0 if v is not None and v < 1e-3 else v for v in values]
    back = decode(packed_layer.pack_numbers(pd.Series(values, dtype="float64")))
    top = max((v for v in values if v is not None), default=0.0)
    for given_value, value in zip(values, back, strict=True):
        if given_value is None:
            assert math.isnan(value)
        elif given_value == 0:
            assert value == pytest.approx(0.0, abs=top / 60_000)
        else:
            assert value == pytest.approx(given_value, rel=1e-3, abs=top / 60_000 if top < 100 * smallest else 0)


def test_all_unknown_and_all_equal_numbers():
    assert np.isnan(decode(packed_layer.pack_numbers(pd.Series([np.nan, np.nan])))).all()
    assert decode(packed_layer.pack_numbers(pd.Series([2.5, 2.5]))).tolist() == [2.5, 2.5]


def test_texts_repeat_by_dictionary_and_share_a_prefix():
    words = packed_layer.pack_text(pd.Series(["a", "b", None, "a", "a", "a"], dtype="str"))
    assert words["type"] == "words"
    codes = np.frombuffer(base64.b64decode(words["data"]), "<u2")
    assert [words["values"][c] for c in codes] == ["a", "b", "", "a", "a", "a"]
    lines = packed_layer.pack_text(pd.Series(["DEBW01", "DEBW\n02", "DEBW03"], dtype="str"))
    assert lines == {"type": "lines", "prefix": "DEBW", "data": "01\n 02\n03"}
    assert packed_layer.pack_text(pd.Series([], dtype="str"))["type"] in ("words", "lines")


def test_unknown_categories_have_their_own_code():
    packed = packed_layer.pack_category(pd.Series(pd.Categorical(["gas", None], ["oil", "gas"])))
    assert list(base64.b64decode(packed["data"])) == [1, packed_layer.UNKNOWN_CLASS]


def test_json_cannot_leave_its_script():
    text = packed_layer.script_json({"a": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def test_packed_buildings_take_an_eighth_of_folium_geojson():
    frame = random_table(BUILDINGS, 2000, np.random.default_rng(3))
    shown = frame[["address", "use_class", "year_built", "floor_area_m2", "dwellings", "carrier", "geometry"]]
    city = folium.Map()
    folium.GeoJson(shown.to_crs("EPSG:4326").astype({"use_class": "str", "carrier": "str"})).add_to(city)
    columns = {
        "id": packed_layer.pack_text(frame.index.to_series()),
        "address": packed_layer.pack_text(frame["address"]),
        **{n: packed_layer.pack_category(frame[n]) for n in ("use_class", "carrier")},
        **{n: packed_layer.pack_numbers(frame[n]) for n in ("year_built", "floor_area_m2", "dwellings")},
    }
    layer = packed_layer.PackedLayer("buildings", "Gebäude", packed_layer.pack_geometry(frame.geometry), columns)
    assert len(layer.data) <= len(city.get_root().render()) / 8
