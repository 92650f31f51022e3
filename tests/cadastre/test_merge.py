"""One stock out of several deliveries: precedence, dates, ids that mislead, other areas."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import box

from klimastep import cadastre

CRS = "EPSG:25832"


def _frame(shapes, ids, name="building_id", **columns):
    return gpd.GeoDataFrame(columns, index=pd.Index(ids, name=name, dtype="str"), geometry=shapes, crs=CRS)


def _oid(number):
    return f"DEBWL{number:011d}"


def _row(numbers, y=0.0, **columns):
    """Return houses of 8 by 10 m, one every 20 m from west to east, with official ids."""
    shapes = [box(20 * n, y, 20 * n + 8, y + 10) for n in numbers]
    return _frame(shapes, [_oid(n) for n in numbers], **columns)


def _kinds(findings):
    return {f.kind: f for f in findings}


def test_merge_by_id_then_overlap_and_first_source_wins():
    alkis = _frame([box(0, 0, 10, 10), box(20, 0, 30, 10)], ["a", "b"], storeys=[2.0, float("nan")])
    lod2 = _frame([box(0, 0, 10, 9), box(20.5, 0, 30, 10), box(90, 0, 99, 9)], ["a", "x", "y"], storeys=[9.0, 4.0, 1.0])
    survey = pd.DataFrame({"year_built": [1950.0]}, index=pd.Index(["b"], name="building_id", dtype="str"))
    stock, matches, findings = cadastre.merge(
        [("alkis", "cadastre", alkis), ("lod2", "measured", lod2), ("survey", "survey", survey)]
    )
    assert stock["storeys"].tolist() == [2.0, 4.0]
    assert stock["storeys_source"].tolist() == ["cadastre", "measured"]
    assert stock["year_built_source"].tolist()[1] == "survey"
    assert matches["lod2"].tolist()[:2] == ["a", "b"]
    assert [(f.kind, f.count) for f in findings if f.source == "lod2"] == [("no_building", 1)]


def test_what_stands_before_the_footprints_has_precedence():
    corrections = pd.DataFrame({"storeys": [5.0]}, index=pd.Index(["a"], name="building_id", dtype="str"))
    alkis = _frame([box(0, 0, 10, 10)], ["a"], storeys=[2.0])
    stock, _, _ = cadastre.merge([("hand", "survey", corrections), ("alkis", "cadastre", alkis)])
    assert stock["storeys"].tolist() == [5.0]
    assert stock["storeys_source"].tolist() == ["survey"]


def test_of_several_sources_before_the_footprints_the_first_wins():
    tables = [
        pd.DataFrame({"storeys": [n]}, index=pd.Index(["a"], name="building_id", dtype="str")) for n in (5.0, 6.0)
    ]
    alkis = _frame([box(0, 0, 10, 10)], ["a"], storeys=[2.0])
    stock, _, _ = cadastre.merge([("x", "survey", tables[0]), ("y", "survey", tables[1]), ("alkis", "cadastre", alkis)])
    assert stock["storeys"].tolist() == [5.0]


def test_a_source_may_be_first_for_some_columns():
    alkis = _row([0], storeys=[2.0], height_m=[7.0])
    lod2 = _row([0], storeys=[3.0], height_m=[9.5])
    deliveries = [("alkis", "cadastre", alkis), ("lod2", "measured", lod2)]
    stock, _, _ = cadastre.merge(deliveries, {"lod2": ("height_m",)})
    assert stock[["storeys", "height_m"]].to_numpy().tolist() == [[2.0, 9.5]]
    assert stock["height_m_source"].tolist() == ["measured"]
    assert stock["storeys_source"].tolist() == ["cadastre"]
    stock, _, _ = cadastre.merge(deliveries, {"alkis": ("height_m",), "lod2": ("height_m",)})
    assert stock["height_m"].tolist() == [7.0]


def test_an_id_that_lies_far_away_is_no_match():
    alkis = _row([0, 1])
    lod2 = alkis.set_geometry([box(900, 0, 908, 10), alkis.geometry.iloc[0]], crs=CRS).assign(height_m=[9.0, 5.0])
    stock, matches, findings = cadastre.merge([("alkis", "cadastre", alkis), ("lod2", "measured", lod2)])
    assert _kinds(findings)["id_far_away"].ids == (_oid(0), _oid(1))
    assert _kinds(findings)["no_building"].ids == (_oid(0),)
    assert matches["lod2"].tolist()[1] == _oid(0)  # found again by its outline
    assert stock["height_m"].tolist()[0] == 5.0
    assert stock["height_m"].isna().tolist() == [False, True]


def test_buildings_newer_than_the_3d_model_are_listed():
    alkis = _row([0, 1, 2], recorded_on=pd.array(["2019-05-01", "2024-02-01", "2018-01-01"], dtype="str"))
    lod2 = _row([0], height_recorded_on=pd.array(["2021-06-30"], dtype="str"))
    stock, _, findings = cadastre.merge([("alkis", "cadastre", alkis), ("lod2", "measured", lod2)])
    assert _kinds(findings)["newer_than_3d"].ids == (_oid(1),)
    assert "2021-06-30" in _kinds(findings)["newer_than_3d"].text_de
    assert stock["recorded_on"].tolist() == ["2019-05-01", "2024-02-01", "2018-01-01"]
    assert stock["height_recorded_on"].tolist()[0] == "2021-06-30"


def test_the_cadastre_of_another_area_adds_its_buildings():
    here, there = _row([0, 1, 2], storeys=[1.0, 2.0, 3.0]), _row([2, 3, 4, 5, 6], storeys=[9.0, 1.0, 1.0, 1.0, 1.0])
    shed = _frame([box(3, 3, 5, 5)], [_oid(77)], storeys=[1.0])  # within a house that is there already
    there = pd.concat([there, shed])
    stock, matches, findings = cadastre.merge([("a", "cadastre", here), ("b", "cadastre", there)])
    assert stock.index.tolist() == [_oid(n) for n in range(7)]
    assert stock["storeys"].tolist() == [1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0]
    assert _kinds(findings)["other_area"].count == 4
    assert _kinds(findings)["no_building"].ids == (_oid(77),)
    assert matches["b"].isna().sum() == 1


def test_an_edition_of_the_same_area_adds_nothing_nor_does_a_3d_model_nor_a_map():
    here = _row(range(4))
    later = _row(range(1, 6))  # 3 of 5 are known
    assert len(cadastre.merge([("a", "cadastre", here), ("b", "cadastre", later)])[0]) == 4
    model = _row(range(10, 20), wall_area_m2=[100.0] * 10)
    assert len(cadastre.merge([("a", "cadastre", here), ("b", "cadastre", model)])[0]) == 4
    osm = _row(range(10, 20)).set_axis(pd.Index([f"way/{n}" for n in range(10)], name="building_id"))
    assert len(cadastre.merge([("a", "cadastre", here), ("b", "cadastre", osm)])[0]) == 4
    assert len(cadastre.merge([("a", "cadastre", here), ("b", "estimated", _row(range(10, 20)))])[0]) == 4


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    st.randoms(use_true_random=False),
)
def test_no_row_is_lost_and_neither_order_nor_repetition_matters(ours, theirs, dice):
    alkis = _row(ours, storeys=[float(n % 5 + 1) for n in ours])
    lod2 = _row(theirs, y=0.5, wall_area_m2=[float(n) for n in theirs])
    deliveries = [("alkis", "cadastre", alkis), ("lod2", "measured", lod2)]
    stock, matches, findings = cadastre.merge(deliveries)
    assert len(stock) == len(ours)
    told = sum(f.count for f in findings if f.kind == "no_building")
    assert matches["lod2"].notna().sum() + told == len(theirs)
    again, _, _ = cadastre.merge([*deliveries, *((f"{n}2", k, t) for n, k, t in deliveries)])
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(stock), check_like=True)
    shuffled = [alkis.sample(frac=1, random_state=dice.randrange(99)), lod2.sample(frac=1, random_state=1)]
    mixed, _, _ = cadastre.merge([("alkis", "cadastre", shuffled[0]), ("lod2", "measured", shuffled[1])])
    pd.testing.assert_frame_equal(pd.DataFrame(mixed.loc[stock.index]), pd.DataFrame(stock), check_like=True)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 40), min_size=1, max_size=12), st.sets(st.integers(41, 80), min_size=1, max_size=12))
def test_two_areas_make_one_stock_in_either_order(west, east):
    both = [("w", "cadastre", _row(sorted(west))), ("e", "cadastre", _row(sorted(east)))]
    one, other = cadastre.merge(both)[0], cadastre.merge(both[::-1])[0]
    assert set(one.index) == set(other.index) == {_oid(n) for n in west | east}
    assert one.geometry.loc[other.index].geom_equals(other.geometry).all()


def test_of_two_equal_outlines_the_first_id_is_taken_whatever_the_order():
    stock = _frame([box(0, 0, 10, 10), box(0, 0, 10, 10)], ["a", "b"])
    other = _frame([translate(box(0, 0, 10, 10), 0.5)], ["x"])
    for table in (stock, stock.iloc[::-1]):
        _, matches, _ = cadastre.merge([("s", "cadastre", table), ("o", "measured", other)])
        assert matches["o"].tolist() == ["a"]
