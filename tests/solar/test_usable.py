"""Usable area: edges, party walls and obstacles by hand, the cadastre's minimum areas, invariants."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep import reference
from klimastep.contract import conform
from klimastep.solar import assumptions, land_of, usable
from klimastep.solar.usable import distances_m, usable_area_m2
from klimastep.tables import ROOFS

GIVEN = assumptions()


def stock(*boxes, ids=None, **columns):
    names = pd.Index(ids or [f"h{i}" for i in range(len(boxes))], name="building_id", dtype="str")
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=names), geometry=list(boxes), crs="EPSG:25832")


def plane(owner, shape, tilt_deg=0.0, source="measured"):
    table = pd.DataFrame({"building_id": [owner], "tilt_deg": tilt_deg, "geometry_source": source})
    table["area_m2"] = shape.area / np.cos(np.radians(tilt_deg))
    table.index = pd.Index(["r"], name="roof_id", dtype="str")
    return conform(gpd.GeoDataFrame(table, geometry=[shape], crs="EPSG:25832"), ROOFS)


def area(*args, **options):
    return usable(*args, **options)["usable_area_m2"].iloc[0]


ROW = [shapely.box(6 * i, 0, 6 * i + 6, 10) for i in range(3)]


def test_edges_and_obstacles_by_hand():
    """10 m x 20 m: 9.4 m x 19.4 m are within the edges, three quarters of them free."""
    assert area(plane("h0", shapely.box(0, 0, 10, 20))) == pytest.approx(9.4 * 19.4 * 0.75)


def test_an_inclined_plane_keeps_the_share_of_its_plan():
    shape = shapely.box(0, 0, 10, 5)
    assert area(plane("h0", shape, 60)) == pytest.approx(100 * (9.4 * 4.4 / 50) * 0.75)


def test_the_usual_plane_keeps_the_middle_of_the_range():
    assert area(plane("h0", shapely.box(0, 0, 10, 5), 35)) == pytest.approx(
        GIVEN.pitched_usable_share * 50 / np.cos(np.radians(35)), rel=0.02
    )


def test_planes_known_by_numbers_only_take_one_share():
    assert area(plane("h0", shapely.box(0, 0, 10, 20), source="estimated")) == pytest.approx(200 * 0.625)


@pytest.mark.parametrize(
    ("options", "metres"),
    [({"land": "BW"}, 0.3), ({"land": "ST"}, 1.25), ({}, 0.5), ({"party_wall_distance_m": 2.0}, 2)],
)
def test_terraced_houses_keep_the_distance_to_both_neighbours(options, metres):
    """The middle house of three, 6 m wide: edges of 0.3 m, or the distance to the party walls where that is more."""
    got = area(plane("h1", ROW[1]), stock(*ROW), **options)
    assert got == pytest.approx((6 - 2 * metres) * 9.4 * 0.75)


def test_the_end_house_has_one_party_wall():
    assert area(plane("h0", ROW[0]), stock(*ROW), land="ST") == pytest.approx((6 - 0.3 - 1.25) * 9.4 * 0.75)


def test_parts_of_one_building_share_no_party_wall():
    parts = stock(*ROW, parent_id=["x", "x", "x"])
    assert area(plane("h1", ROW[1]), parts, land="ST") == pytest.approx(5.4 * 9.4 * 0.75)


def test_the_land_is_read_from_the_ids():
    ids = pd.Index(["DEBW00001", "DEBYvAAA", "DEST0000X", "DENW0001", "DESLxyz", "house", "DE", "DEBW"])
    assert land_of(ids).tolist() == ["BW", "BY", "ST", "NW", "SL", None, None, None]
    assert distances_m(ids, None).tolist() == [0, 0.5, 1.25, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert set(distances_m(ids, "BW")) == {0.0}
    swabia = stock(*ROW, ids=["DEBW1", "DEBW2", "DEBW3"])
    assert area(plane("DEBW2", ROW[1]), swabia) == pytest.approx(5.4 * 9.4 * 0.75)


def test_every_land_of_the_settings_has_a_distance():
    table = reference.load("party_wall_distance")
    assert table["distance_m"].between(table["low_m"], table["high_m"]).all()
    assert table.set_index("land")["distance_m"][["BW", "other"]].tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    ("tilt", "area", "usable"),
    [(35, 15.9, 0), (35, 16, 10), (0, 24.9, 0), (0, 25, 15.625), (9.9, 20, 0), (10, 20, 12.5), (35, 0, 0)],
)
def test_minimum_areas_of_the_cadastre(tilt, area, usable):
    flat = np.array([tilt < GIVEN.flat_below_deg])
    left = usable_area_m2(np.array([area], dtype=float), flat, np.array([np.nan]), GIVEN)
    assert left[0] == pytest.approx(usable)


@given(
    area=st.floats(0, 1e5), more=st.floats(0, 1e4), flat=st.booleans(), free=st.one_of(st.just(np.nan), st.floats(0, 1))
)
def test_a_larger_roof_never_has_less_room(area, more, flat, free):
    areas = np.array([area, area + more])
    small, large = usable_area_m2(areas, np.array([flat, flat]), np.array([free, free]), GIVEN)
    assert 0 <= small <= large <= area + more


@settings(deadline=None)
@given(distance_m=st.floats(0, 5), more=st.floats(0, 5))
def test_more_distance_never_leaves_more(distance_m, more):
    near, far = (
        area(plane("h1", ROW[1]), stock(*ROW), party_wall_distance_m=d) for d in (distance_m, distance_m + more)
    )
    assert far <= near + 1e-9
