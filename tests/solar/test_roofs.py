"""Roof planes from points, footprints and several deliveries."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate
from shapely.geometry import Polygon, box

from klimastep.contract import check
from klimastep.errors import ContractError
from klimastep.solar import collect_roofs, from_footprints, from_points
from klimastep.tables import ROOFS

FOUR = ["building_id", "tilt_deg", "azimuth_deg", "area_m2"]


def points(*rows):
    table = pd.DataFrame(list(rows), columns=FOUR)
    table.index = pd.Index([f"p{i}" for i in range(len(rows))], name="roof_id", dtype="str")
    return table


def test_a_gable_roof_lies_on_its_sides(stock):
    """Ridge along north: the east plane is the east half of the box."""
    found = from_points(points(("a", 45, 90, 141), ("a", 45, 270, 141), ("b", 0, np.nan, 200)), stock)
    check(found.roofs, ROOFS)
    assert found.without_building == []
    east, west, flat = found.roofs.geometry
    assert east.equals_exact(box(5, 0, 10, 20), 1e-6) or east.normalize().equals_exact(
        box(5, 0, 10, 20).normalize(), 1e-6
    )
    assert west.centroid.x == pytest.approx(2.5)
    assert flat.area == pytest.approx(200)
    assert found.roofs["area_m2"].tolist() == [141, 141, 200]
    assert set(found.roofs["geometry_source"]) == {"estimated"}


def test_strips_share_the_footprint_by_plan_area(stock):
    """60° halves the area in plan view: 200 m² steep against 100 m² flat is one to one."""
    found = from_points(points(("a", 60, 0, 200), ("a", 0, np.nan, 100), ("a", 60, 180, 200)), stock)
    assert found.roofs.area.tolist() == pytest.approx([200 / 3] * 3)
    north, flat, south = found.roofs.geometry
    assert north.centroid.y > flat.centroid.y > south.centroid.y


def test_planes_without_a_building_are_told(stock):
    found = from_points(points(("a", 30, 180, 50), ("x", 30, 180, 50)), stock)
    assert list(found.roofs.index) == ["p0"]
    assert found.without_building == ["p1"]


def test_parts_give_their_planes_to_the_building(stock):
    parts = gpd.GeoDataFrame(
        {"building_id": ["a", "a"]},
        index=pd.Index(["a1", "a2"]),
        geometry=[box(0, 0, 10, 12), box(0, 12, 10, 20)],
        crs=stock.crs,
    )
    found = from_points(points(("a1", 60, 180, 240), ("a2", 0, np.nan, 80)), parts)
    assert found.roofs["building_id"].tolist() == ["a", "a"]
    assert found.roofs.area.tolist() == pytest.approx([120, 80])


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (("a", 95, 180, 50), "tilt_deg: expected 0 to 90"),
        (("a", 30, 180, -1), "area_m2"),
        (("a", 30, 180, np.nan), "area"),
    ],
)
def test_impossible_planes_are_refused(stock, row, match):
    with pytest.raises(ContractError, match=match):
        from_points(points(row), stock)
    with pytest.raises(ContractError, match="expected the column area_m2"):
        from_points(points(row).drop(columns="area_m2"), stock)


def test_planes_without_area_do_not_stop_the_others(stock):
    found = from_points(points(("a", 0, np.nan, 0), ("a", 60, 180, 400)), stock)
    assert found.roofs.loc["p1"].geometry.area == pytest.approx(200, rel=1e-3)


def test_what_no_plane_is_known_for_stays_bare(stock):
    """One plane of 100 m² in plan view facing south: the southern half; the other half is unknown."""
    roof = from_points(points(("a", 60, 180, 200)), stock).roofs.geometry.iloc[0]
    assert roof.bounds == pytest.approx((0, 0, 10, 10), abs=1e-6)
    sides = from_points(points(("a", 60, 90, 100), ("a", 60, 270, 100)), stock).roofs.geometry
    assert sides.iloc[0].bounds == pytest.approx((7.5, 0, 10, 20), abs=1e-6)
    assert sides.iloc[1].bounds == pytest.approx((0, 0, 2.5, 20), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    turn=st.floats(0, 360),
    planes=st.lists(
        st.tuples(st.floats(0, 80), st.none() | st.floats(0, 360), st.floats(1, 300)), min_size=1, max_size=6
    ),
)
def test_strips_lie_in_the_footprint_with_their_areas(turn, planes):
    angled = rotate(
        Polygon([(0, 0), (30, 0), (30, 10), (12, 10), (12, 25), (0, 25)], [[(2, 2), (4, 2), (4, 4), (2, 4)]]), turn
    )
    shifted = gpd.GeoSeries([angled]).translate(500_000, 5_400_000)
    stock = gpd.GeoDataFrame(index=pd.Index(["a"], name="building_id"), geometry=shifted.to_numpy(), crs="EPSG:25832")
    table = points(*(("a", tilt, np.nan if azimuth is None else azimuth, area) for tilt, azimuth, area in planes))
    found = from_points(table, stock)
    assert found.without_building == []
    check(found.roofs, ROOFS)
    plan = table["area_m2"] * np.cos(np.radians(table["tilt_deg"]))
    covered = plan.sum() if plan.sum() < 0.98 * angled.area else angled.area
    np.testing.assert_allclose(found.roofs.area, plan / plan.sum() * covered, rtol=1e-3, atol=0.01)
    assert found.roofs.union_all().area == pytest.approx(covered, rel=1e-4)
    assert stock.geometry.iloc[0].buffer(1e-4).covers(found.roofs.union_all())


def test_flat_roofs_by_default_only_where_nothing_is_known(stock, make_roofs):
    found = from_footprints(stock, make_roofs(("b", 30, 180, 50)))
    check(found, ROOFS)
    assert found["building_id"].tolist() == ["a", "c"]
    assert found["area_m2"].tolist() == [200, 200]
    assert set(found["geometry_source"]) == {"default"}
    assert len(from_footprints(stock)) == 3


def test_deliveries_are_collected(stock, make_roofs):
    """The first delivery has a; the second knows it as A and b as B; points add a again, c and a stranger."""
    first = make_roofs(("a", 30, 180, 50), ("unheard", 30, 180, 50))
    second = make_roofs(("A", 30, 90, 60), ("B", 30, 90, 70)).set_axis(pd.Index(["s0", "s1"], name="roof_id"))
    match = pd.Series({"A": "a", "B": "b", "C": None}, dtype="str")
    table = points(("a", 0, np.nan, 10), ("c", 0, np.nan, 20), ("stranger", 0, np.nan, 30))
    roofs, findings = collect_roofs([("first", first), ("second", second)], table, stock, {"second": match})
    check(roofs, ROOFS)
    assert roofs[["building_id", "area_m2"]].to_numpy().tolist() == [["a", 50.0], ["b", 70.0], ["c", 20.0]]
    told = {(f.source, f.kind): f.count for f in findings}
    assert told == {
        ("first", "no_building"): 1,
        ("second", "roof_known"): 1,
        ("roof_points", "no_building"): 1,
        ("roof_points", "roof_known"): 1,
    }
    assert len(first) + len(second) + len(table) == len(roofs) + sum(told.values())


def test_unknown_roofs_stay_unknown_unless_asked(stock, make_roofs):
    one = make_roofs(("a", 30, 180, 50))
    roofs, findings = collect_roofs([("x", one)], None, stock, {})
    assert (len(roofs), findings[0].kind, findings[0].count, findings[0].severity) == (1, "no_roof_plane", 2, "warning")
    filled, findings = collect_roofs([("x", one)], None, stock, {}, fill_flat=True)
    assert sorted(filled["building_id"]) == ["a", "b", "c"]
    assert "Flachdach" in findings[0].text_de


def test_no_source_of_roofs_gives_an_empty_table(stock):
    roofs, findings = collect_roofs([], None, stock, {})
    check(roofs, ROOFS)
    assert (len(roofs), findings[0].count) == (0, 3)


@pytest.mark.testdata
def test_a_real_district(testdata):
    """Mierendorffinsel: 1,216 of 2,540 planes, 43 % of their area, belong to the footprints that are there."""
    folder = testdata / "mierendorff"
    units = pd.read_csv(folder / "buildings_and_building_parts.csv")
    ids = units["building_part_id"].fillna(units["gml_id"]).astype("str")
    shapes = np.asarray(shapely.make_valid(shapely.from_wkt(units["geometry"].to_numpy())))
    footprints = gpd.GeoDataFrame(index=pd.Index(ids), geometry=shapes, crs="EPSG:4839").to_crs("EPSG:25833")
    footprints = footprints[~footprints.index.duplicated(keep="last")]
    planes = pd.read_csv(folder / "roof_surfaces.csv", index_col="surface_id").rename(columns={"gml_id": "building_id"})
    planes["azimuth_deg"] = planes["azimuth_deg"].astype("float64").mask(planes["tilt_deg"] == 0)
    found = from_points(planes, footprints)
    check(found.roofs, ROOFS)
    assert (len(found.roofs), len(found.without_building)) == (1216, 1324)
    assert found.roofs["area_m2"].sum() / planes["area_m2"].sum() == pytest.approx(0.43, abs=0.005)
    plan = found.roofs["area_m2"] * np.cos(np.radians(found.roofs["tilt_deg"]))
    assert (found.roofs.area - plan).abs().sum() / plan.sum() < 0.01
