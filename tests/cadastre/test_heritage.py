"""Protection by points, areas and addresses."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point, box

from klimastep import cadastre

CRS = "EPSG:25832"


def _frame(shapes, ids, name="building_id", **columns):
    return gpd.GeoDataFrame(columns, index=pd.Index(ids, name=name, dtype="str"), geometry=shapes, crs=CRS)


def _status(stock, *lists):
    return cadastre.heritage(stock, *lists)[0]["heritage"].tolist()


STOCK = _frame(
    [box(0, 0, 10, 10), box(30, 0, 40, 10), box(100, 0, 110, 10)],
    ["a", "b", "c"],
    address=pd.array(["Hauptstraße 1, 3", "Markt-Str. 12 a", None], dtype="str"),
)


def test_inside_near_and_without_a_list():
    monuments = _frame([Point(5, 5), Point(28, 5)], ["m", "n"], "monument_id", heritage=["single", "ensemble"])
    listed, findings = cadastre.heritage(STOCK, monuments)
    assert listed["heritage"].tolist() == ["single", "ensemble", "none_known"]
    assert listed["heritage_source"].tolist()[:2] == ["cadastre"] * 2
    assert listed["heritage_source"].isna().tolist() == [False, False, True]
    assert not findings
    assert _status(STOCK, None) == ["unknown"] * 3


def test_an_ensemble_marks_the_buildings_inside_and_not_its_neighbours():
    area = _frame([box(-5, -5, 36, 15)], ["E"], "monument_area_id", heritage=["ensemble"])
    points = _frame([Point(100, 5)], ["E"], "monument_id", heritage=["ensemble"])  # stands for the area: not used
    assert _status(STOCK, points, area) == ["ensemble", "ensemble", "none_known"]


def test_the_strongest_protection_counts_in_any_order():
    monuments = _frame([Point(5, 5), Point(6, 6), Point(7, 7)], ["u", "s", "g"], "monument_id")
    monuments = monuments.assign(heritage=["surroundings", "single", "group"])
    assert _status(STOCK, monuments)[0] == _status(STOCK, monuments.iloc[::-1])[0] == "single"
    unknown = monuments.iloc[:1].assign(heritage="unknown")
    assert _status(STOCK, unknown) == ["unknown", "none_known", "none_known"]


def test_a_list_without_coordinates_matches_by_address():
    index = pd.Index(["1", "2", "3"], name="monument_address_id", dtype="str")
    texts = ["Hauptstr. 3", "Marktstrasse 12A", "Hauptstraße 2"]
    addresses = pd.DataFrame({"address": texts, "heritage": ["single", "group", "single"]}, index=index)
    listed, findings = cadastre.heritage(STOCK, None, None, addresses)
    assert listed["heritage"].tolist() == ["single", "group", "none_known"]
    assert [(f.kind, f.ids) for f in findings] == [("no_building", ("3",))]
