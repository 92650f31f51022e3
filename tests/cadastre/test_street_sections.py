"""Sections: cut where streets meet, short ones joined, ids and length kept, whatever the order of the rows."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString

from klimastep import cadastre, sources
from klimastep.contract import check
from klimastep.tables import STREETS


def _streets(lines, names=None, classes=None, ids=None):
    n = len(lines)
    table = {
        "name": pd.array(names or [None] * n, dtype="str"),
        "road_class": pd.Categorical(classes or ["residential"] * n, STREETS["road_class"].vocabulary),
        "length_m": shapely.length(lines),
    }
    index = pd.Index(ids or [f"s{i}" for i in range(n)], name="street_id", dtype="str")
    return gpd.GeoDataFrame(table, geometry=list(lines), crs="EPSG:25832", index=index)


def _lengths(frame):
    return dict(zip(frame.index, frame["length_m"].round(6), strict=True))


@pytest.mark.parametrize("vertex", [True, False], ids=["at a vertex", "between vertices"])
def test_a_t_junction_cuts_the_street_that_goes_through(vertex):
    through = [(0, 0), (40, 0), (100, 0)] if vertex else [(0, 0), (100, 0)]
    streets = _streets([LineString(through), LineString([(40, 0), (40, 50)])])
    sections, found = cadastre.street_sections(streets)
    assert _lengths(sections) == {"s0/1": 40, "s0/2": 60, "s1": 50}
    assert sections["delivered_id"].tolist() == ["s0", "s0", "s1"]
    assert found[0].count == 1
    check(sections, STREETS)


def test_crossings_with_a_common_vertex_cut_both_and_bridges_none():
    crossing = [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, -50), (50, 0), (50, 50)])]
    assert len(cadastre.street_sections(_streets(crossing))[0]) == 4
    bridge = [LineString([(0, 0), (100, 0)]), LineString([(50, -50), (50, 50)])]
    sections, found = cadastre.street_sections(_streets(bridge))
    assert _lengths(sections) == {"s0": 100, "s1": 100}
    assert not found


def test_paths_and_motorways_neither_cut_nor_are_cut():
    lines = [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (50, 50)]), LineString([(80, 0), (80, 9)])]
    sections, _ = cadastre.street_sections(_streets(lines, classes=["residential", "path", "motorway"]))
    assert _lengths(sections) == {"s0": 100, "s1": 50, "s2": 9}


def test_a_short_section_joins_the_neighbour_of_its_name():
    lines = [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (115, 0)]), LineString([(115, 0), (300, 0)])]
    sections, found = cadastre.street_sections(_streets(lines, ["Weg", "Weg", "Gasse"]))
    assert _lengths(sections) == {"s0": 115, "s2": 185}
    assert (found[0].count, found[0].ids) == (1, ("s1",))


def test_without_a_name_it_joins_what_goes_straight_on_and_else_stays():
    short = LineString([(0, 0), (15, 0)])
    straight, corner = LineString([(15, 0), (100, 10)]), LineString([(15, 0), (15, 80)])
    assert _lengths(cadastre.street_sections(_streets([short, straight, corner]))[0]).keys() == {"s1", "s2"}
    named = _streets([short, corner], ["Stich", "Gasse"])
    assert _lengths(cadastre.street_sections(named)[0]) == {"s0": 15, "s1": 80}
    assert len(cadastre.street_sections(_streets([short, straight]), 10.0)[0]) == 2


def test_several_short_pieces_grow_together():
    lines = [LineString([(8 * i, 0), (8 * i + 8, 0)]) for i in range(4)]
    sections, _ = cadastre.street_sections(_streets(lines, ["Hof"] * 4))
    assert len(sections) == 1
    assert sections["length_m"].iloc[0] == pytest.approx(32)


def test_parts_repeated_points_rings_and_ids_that_look_like_ours():
    parts = MultiLineString([[(0, 0), (30, 0), (30, 0), (60, 0)], [(500, 0), (560, 0)]])
    ring = LineString([(1000, 0), (1100, 0), (1100, 100), (1000, 0)])
    lines = [parts, ring, LineString([(0, 900), (90, 900)])]
    sections, _ = cadastre.street_sections(_streets(lines, ids=["a", "b", "a/1"]))
    assert _lengths(sections) == {"a//1": 60, "a//2": 60, "b": round(ring.length, 6), "a/1": 90}


def test_no_street_gives_no_section():
    assert cadastre.street_sections(_streets([]))[0].empty
    assert len(cadastre.street_sections(_streets([LineString([(0, 0), (9, 0)])], classes=["path"]))[0]) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_length_is_kept_and_the_order_of_rows_decides_nothing(seed, count):
    rng = np.random.default_rng(seed)
    knots = rng.integers(0, 8, (count, 3, 2)) * 13.0  # on a grid, so that many meet
    lines = [LineString(k) for k in knots if len({tuple(p) for p in k}) == 3]
    if not lines:
        return
    names = [("Weg", "Gasse", None)[i] for i in rng.integers(0, 3, len(lines))]
    streets = _streets(lines, names)
    sections, _ = cadastre.street_sections(streets)
    check(sections, STREETS)
    assert sections["length_m"].sum() == pytest.approx(streets["length_m"].sum())
    mixed, _ = cadastre.street_sections(streets.iloc[rng.permutation(len(streets))])
    pd.testing.assert_frame_equal(mixed.sort_index(), sections.sort_index(), check_exact=True)


@pytest.mark.testdata
def test_liechtenstein(testdata):
    path = testdata / "osm" / "liechtenstein-2013.osm.pbf"
    streets = sources.read("osm", path, crs="EPSG:25832", table="streets").tables["streets"]
    sections, _ = cadastre.street_sections(streets)
    assert sections["length_m"].sum() == pytest.approx(streets["length_m"].sum())
    assert set(sections["delivered_id"]) <= set(streets.index)
    routes = sections[~sections["road_class"].isin(["path", "motorway"])]
    assert (routes["length_m"] < 20).mean() < 0.01
    assert len(sections) > 1.3 * len(streets)
