"""Each building faces the nearest section, or that of its address where no other street lies between."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box

from klimastep.cadastre import street_access
from klimastep.tables import STREETS

CLASSES = STREETS["road_class"].vocabulary


def _houses(shapes, addresses=None):
    index = pd.Index([f"b{i}" for i in range(len(shapes))], name="building_id", dtype="str")
    frame = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:25832", index=index)
    return frame if addresses is None else frame.assign(address=pd.array(addresses, dtype="str"))


def _sections(rows):
    table = {
        "name": pd.array([name for name, _, _ in rows.values()], dtype="str"),
        "road_class": pd.Categorical([kind for _, kind, _ in rows.values()], CLASSES),
    }
    lines = [LineString(xy) for _, _, xy in rows.values()]
    index = pd.Index(list(rows), name="street_id", dtype="str")
    return gpd.GeoDataFrame(table, geometry=lines, crs="EPSG:25832", index=index)


TWO = _sections(
    {
        "south": ("Südstraße", "residential", [(0, 0), (100, 0)]),
        "north": ("Nordstraße", "main", [(0, 60), (100, 60)]),
        "far": ("Weststraße", "residential", [(0, 90), (100, 90)]),
    }
)


def test_a_building_between_two_streets_faces_the_nearer_by_its_outline():
    out = street_access(_houses([box(10, 8, 20, 30), box(40, 20, 50, 50), box(200, 200, 210, 210)]), TWO)
    assert out["street_id"].tolist()[:2] == ["south", "north"]
    assert out["connection_length_m"].tolist()[:2] == [8.0, 10.0]
    assert out["street_id"].isna().tolist() == [False, False, True]
    assert out["connection_length_m"].isna().tolist() == [False, False, True]


def test_the_street_of_the_address_comes_first():
    out = street_access(_houses([box(10, 8, 20, 30)] * 3, ["Nordstr. 3", "Südstraße 1; Nordstraße 9", None]), TWO)
    assert out["street_id"].tolist() == ["north", "south", "south"]
    assert out["connection_length_m"].tolist() == [30.0, 8.0, 8.0]


def test_no_connection_leads_across_another_street():
    houses = _houses([box(10, 8, 20, 30)], ["Weststraße 4"])  # 60 m off, behind Nordstraße
    assert street_access(houses, TWO)["street_id"].tolist() == ["south"]
    assert street_access(houses, TWO.drop("north"))["street_id"].tolist() == ["far"]
    assert street_access(houses, TWO.drop("north"), max_distance_m=50.0)["street_id"].tolist() == ["south"]


@pytest.mark.parametrize("kind", ["path", "motorway"])
def test_paths_and_motorways_have_no_houses(kind):
    sections = TWO.assign(road_class=pd.Categorical([kind, "main", "service"], CLASSES))
    assert street_access(_houses([box(10, 8, 20, 30)]), sections)["street_id"].tolist() == ["north"]


def test_of_equally_near_sections_the_first_by_id_whatever_the_order():
    corner = _sections({"b": ("", "service", [(0, 0), (50, 0)]), "a": ("", "service", [(0, 0), (0, 50)])})
    house = _houses([box(-20, -20, -10, -10)])
    for sections in (corner, corner[::-1]):
        assert street_access(house, sections)["street_id"].tolist() == ["a"]


def test_a_street_below_a_building_needs_no_pipe():
    assert street_access(_houses([box(10, -5, 20, 5)]), TWO)["connection_length_m"].tolist() == [0.0]


def test_without_streets_or_routes_all_is_unknown():
    house = _houses([box(10, 8, 20, 30)])
    paths = TWO.assign(road_class=pd.Categorical(["path"] * 3, CLASSES))
    for sections in (None, TWO.iloc[:0], paths):
        out = street_access(house, sections)
        assert out["street_id"].isna().all()
        assert np.isnan(out["connection_length_m"]).all()
