"""Coverage, ranking and odd spots by hand; every building counts once in each attribute."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from klimastep import cadastre
from klimastep.cadastre.spots import plain
from klimastep.contract import check, random_table
from klimastep.findings import Finding, Reading
from klimastep.tables import BLOCKS, BUILDINGS


def _stock(n=4, **known):
    frame = random_table(BUILDINGS, n, np.random.default_rng(0))
    none = {c.name: c.cast([None] * n, frame.index) for c in BUILDINGS.columns if c.nullable}
    shapes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(n)]
    frame = gpd.GeoDataFrame(frame.drop(columns="geometry").assign(**none), geometry=shapes, crs="EPSG:25832")
    frame = frame.assign(is_heated=True, footprint_m2=100.0, heritage="none_known")
    for name, values in known.items():
        column = BUILDINGS[name]
        frame[name] = column.cast(values if isinstance(values, list) else [values] * n, frame.index)
    return frame


def _share(table, attribute, knowledge, column="floor_area_share"):
    return table.loc[f"{attribute}_{knowledge}", column]


def test_coverage_by_hand():
    stock = _stock(
        floor_area_m2=[100.0, 100.0, 300.0, 500.0],
        year_built=[1950, 1960, 1970, None],
        year_built_source=["survey", "default", "estimated", None],
        is_heated=[True, True, True, True],
    )
    table = cadastre.coverage(stock)
    check(table, cadastre.COVERAGE)
    shares = {k: _share(table, "year_built", k) for k in ("survey", "default", "estimated", "unknown", "measured")}
    assert shares == pytest.approx({"survey": 0.1, "default": 0.1, "estimated": 0.3, "unknown": 0.5, "measured": 0.0})
    assert _share(table, "year_built", "unknown", "buildings_share") == 0.25


def test_garages_do_not_count_and_a_value_without_source_is_as_delivered():
    stock = _stock(is_heated=[True, False, False, False], height_m=[9.0, None, None, None])
    assert _share(cadastre.coverage(stock), "height_m", "cadastre") == 1.0


def test_unknown_heritage_is_unknown():
    stock = _stock(heritage=["unknown", "none_known", "single", "single"])
    assert _share(cadastre.coverage(stock), "heritage", "unknown", "building_count") == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(0, 5))
def test_each_building_has_one_kind_of_knowledge(rows, seed):
    stock = random_table(BUILDINGS, rows, np.random.default_rng(seed))
    table = cadastre.coverage(stock)
    counts = table.groupby("attribute", observed=True)["building_count"].sum()
    assert (counts == stock["is_heated"].sum()).all()


def test_what_decides_the_heat_comes_first_then_the_largest_gap():
    known = {"use_class": "office", "height_m": 9.0, "eaves_height_m": 6.0, "wall_area_m2": 100.0, "dwellings": None}
    stock = _stock(**known, storeys=[2.0, None, None, None], year_built=[None, 1950, 1950, 1950])
    table = cadastre.improvements(stock)
    check(table, cadastre.IMPROVEMENTS)
    assert table["attribute"].tolist()[:2] == ["storeys", "year_built"]
    assert table["guessed_share"].tolist()[:2] == [0.75, 0.25]
    assert table["attribute"].tolist().index("carrier") > table["attribute"].tolist().index("envelope")


def test_floor_area_is_filled_by_the_mean_of_the_known():
    stock = _stock(floor_area_m2=[200.0, 200.0, None, None], year_built=[1950, 1950, None, None])
    assert cadastre.guessed(stock, ["year_built"])["year_built"] == pytest.approx(0.5)


def test_areas_tell_what_is_known_of_their_buildings():
    blocks = gpd.GeoDataFrame(
        {"name": ["A", "B", "C"]}, index=pd.Index(["a", "b", "c"], name="block_id", dtype="str"),
        geometry=[box(0, 0, 40, 10), box(40, 0, 80, 10), box(80, 0, 99, 10)], crs="EPSG:25832",
    )  # fmt: skip
    stock = _stock(block_id=["a", "a", "b", "b"], year_built=[1950, None, 1950, 1960], year_built_source="survey")
    table = cadastre.area_coverage(
        stock, blocks.assign(name=BLOCKS["name"].cast(blocks["name"], blocks.index)), "blocks"
    )
    check(table, cadastre.AREA_COVERAGE["blocks"])
    assert table["year_built_known_share"].tolist()[:2] == [0.5, 1.0]
    assert table["year_built_unknown_share"].tolist()[:2] == [0.5, 0.0]
    assert np.isnan(table["known_share"].iloc[2])  # no heated building: nothing to know


def test_spots_by_hand():
    stock = _stock(
        5,
        floor_area_m2=[100.0, 100.0, 100.0, None, 100.0],
        use_class="residential",
        height_m=[9.0, 4.0, 9.0, 9.0, None],
        eaves_height_m=[6.0, 6.0, 18.0, None, None],
        storeys=[2.0, 2.0, 2.0, None, 2.0],
        storeys_source="cadastre",
        block_id=["a", "a", "a", "a", None],
    )
    stock.loc[stock.index[0], "geometry"] = box(4, 0, 14, 10)
    stock.loc[stock.index[1], "geometry"] = box(10, 0, 22, 10)  # 40 m² of the first lie in it
    table = cadastre.spots(stock, areas=["block_id"])
    check(table, cadastre.SPOTS)
    found = table.groupby("kind", observed=True)["building_id"].apply(list).to_dict()
    ids = stock.index
    assert found == {
        "overlap": [ids[0]],
        "eaves_above_ridge": [ids[1], ids[2]],
        "storey_height": [ids[2]],
        "not_computable": [ids[3]],
        "no_height": [ids[4]],
        "in_no_area": [ids[4]],
    }
    assert table.loc["overlap_1", "text_de"].startswith("40,0 m² des Umrisses (100,0 m²)")
    assert table.loc["storey_height_1", "text_de"] == "Traufhöhe 18,0 m bei 2 Vollgeschossen: 9,0 m je Geschoss."
    assert table.within(stock.union_all()).all()
    assert list(cadastre.contradicted(table)) == [ids[0], ids[1], ids[2]]


def test_a_sound_stock_has_no_spots_and_touching_houses_do_not_overlap():
    stock = _stock(floor_area_m2=100.0, use_class="office", height_m=9.0)
    stock["geometry"] = [box(10 * i, 0, 10 * i + 10, 10) for i in range(4)]
    assert cadastre.spots(stock).empty


def test_findings_that_name_buildings_become_spots_without_the_ids_in_the_sentence():
    stock = _stock(floor_area_m2=100.0, use_class="office", height_m=9.0)
    name = stock.index[2]
    noticed = Finding("lod2", "x", 1, (name,), f"1 Gebäude ist schief: {name}", f"1 is askew: {name}")
    table = cadastre.spots(stock, [noticed])
    assert table[["kind", "building_id", "text_de"]].iloc[0].tolist() == ["reported", name, "1 Gebäude ist schief."]
    assert plain(noticed)[1] == "1 is askew."


def test_ids_of_meters_stay_out():
    meters = Finding("m.csv", "x", 1, ("Hauptstr. 5",), "1 Wert ist unbekannt: Hauptstr. 5", "1 value: Hauptstr. 5")
    rows = cadastre.oddities(cadastre.spots(_stock(height_m=9.0, floor_area_m2=1.0)), [meters], {"m.csv"})
    assert "Hauptstr" not in str(rows)
    assert rows[-1]["text"]["de"] == "1 Wert ist unbekannt."


def test_summary_by_hand():
    stock = _stock(floor_area_m2=100.0, use_class="office", height_m=[9.0, 9.0, 9.0, None], year_built=1950)
    stock["year_built_source"] = BUILDINGS["year_built_source"].cast(["default"] * 4, stock.index)
    gone = Finding("a", "sliver", 1, ("x",), "1 weg", "1 gone", "set_aside")
    reading = Reading("a", {"buildings": stock}, 5, (gone,))
    table = cadastre.summary(stock, [reading], pd.Index([])).set_index("topic")
    assert table["good_share"].to_dict() == pytest.approx(
        {"rows": 0.8, "computable": 1.0, "height_m": 0.75, "year_built": 0.0, "sound": 1.0}
    )
    assert table["state"].to_dict() == {
        "rows": "poor", "computable": "good", "height_m": "fair", "year_built": "poor", "sound": "good",
    }  # fmt: skip


def test_sources_count_rows_read_kept_repaired_and_set_aside():
    stock = _stock()
    found = (
        Finding("a", "repaired", 2, (), "", ""),
        Finding("a", "sliver", 1, (), "", "", "set_aside"),
    )
    row = cadastre.source_table([Reading("a", {"buildings": stock}, 5, found, (), "© A", {"as_of": "2024-02"})])
    assert row.iloc[0].to_dict() == {
        "source": "a", "tables": "buildings", "rows_in": 5, "kept": 4, "repaired": 2, "set_aside": 1,
        "attribution": "© A", "as_of": "2024-02",
    }  # fmt: skip
