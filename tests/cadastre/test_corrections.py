"""Corrections by hand: read by their meaning, found again when the cadastre changes, kept through every step."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import box

from klimastep import cadastre, plan
from klimastep.cadastre.corrections import parse
from klimastep.config import load_config
from klimastep.correctable import CORRECTABLE, CORRECTIONS
from klimastep.export.corrections import write_empty
from klimastep.rundir import Recorder
from klimastep.tables import BUILDINGS
from tests.small_town import CRS, make_town

VALUES = {
    "year_built": ("1962", 1962),
    "use_class": ("Büro und Verwaltung", "office"),
    "is_heated": ("nein", False),
    "carrier": ("heat_pump", "heat_pump"),
    "storeys": ("2,5", 2.5),
    "height_m": ("11.5", 11.5),
    "eaves_height_m": ("7,25", 7.25),
    "floor_area_m2": ("321", 321.0),
    "dwellings": ("4", 4.0),
    "residents": ("9", 9.0),
    "addresses": ("2", 2.0),
    "address": ("Am Hang 1, 3", "Am Hang 1, 3"),
    "name": ("Altes <Rathaus>", "Altes <Rathaus>"),
    "heritage": ("Einzeldenkmal", "single"),
    "is_public": ("ja", True),
}


def _stock(count=4, **columns):
    shapes = [box(20 * n, 0, 20 * n + 8, 10) for n in range(count)]
    index = pd.Index([f"old{n}" for n in range(count)], name="building_id", dtype="str")
    years = pd.array([1900 + n for n in range(count)], dtype="Int16")
    return gpd.GeoDataFrame({"year_built": years} | columns, index=index, geometry=shapes, crs=CRS)


def _corrections(*rows):
    """Return a table of corrections out of (id, column, value, when, outline)."""
    made = [
        {"table": "buildings", "id": i, "column": c, "value": v, "who": "Ä. Öz", "when": w, "why": "Akte", "outline": o}
        for i, c, v, w, o in rows
    ]
    frame = pd.DataFrame(made, index=pd.Index([f"k {n}" for n in range(len(rows))], name="correction_id", dtype="str"))
    return frame.astype(dict.fromkeys([c.name for c in CORRECTIONS.columns], "str"))


def _kinds(result):
    return {f.kind.removeprefix("correction_"): f for f in result.findings}


def test_every_correctable_column_has_a_value_here():
    assert set(VALUES) == {c.name for c in CORRECTABLE}


@pytest.mark.parametrize("name", list(VALUES))
def test_values_by_their_column(name):
    text, meant = VALUES[name]
    assert parse(BUILDINGS[name], text) == meant


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("year_built", "19o5"),
        ("year_built", "1905,5"),
        ("year_built", "700"),
        ("height_m", "1e999"),
        ("height_m", "nan"),
        ("height_m", "-1"),
        ("height_m", ""),
        ("use_class", "Villa"),
        ("is_heated", "vielleicht"),
        ("name", "x" * 501),
        ("name", "a\x00b"),
    ],
)
def test_values_that_do_not_fit(name, text):
    with pytest.raises(ValueError):  # noqa: PT011 (the message is for people elsewhere)
        parse(BUILDINGS[name], text)


def test_what_does_not_fit_is_reported_with_its_reason_and_nothing_is_lost():
    stock = _stock()
    table = _corrections(
        ("old0", "year_built", "1950", "2026-01-01", None),
        ("old9", "year_built", "1950", "2026-01-01", None),
        ("old1", "baujhr", "1950", "2026-01-01", None),
        ("old1", "space_heat_kwh_a", "5", "2026-01-01", None),
        ("old1", "volume_m3", "5", "2026-01-01", None),
        ("old1", "year_built", "alt", "2026-01-01", None),
        ("old2", "year_built", "1951", "2026-03-01", None),
        ("old2", "Baujahr", "1952", "2026-02-01", None),
        (None, "year_built", "1950", "2026-01-01", box(500, 0, 510, 10).wkt),
        (None, None, None, None, None),
    )
    table.loc["k 3", "table"] = "roofs"
    result = cadastre.corrected(stock, table)
    found = {kind: f.count for kind, f in _kinds(result).items()}
    assert found == {
        "applied": 2,
        "no_building": 2,
        "unknown_column": 2,
        "unknown_table": 1,
        "not_correctable": 1,
        "unusable_value": 1,
        "superseded": 1,
        "no_outline": 9,
        "unsigned": 1,
    }
    assert [r["outcome"] for r in result.record].count("superseded") == 1
    assert len(result.record) == len(table) == sum(f.count for k, f in _kinds(result).items() if k not in REMARKS)
    assert _kinds(result)["no_building"].ids[0] == "k 1 (old9: year_built = 1950)"
    kept = cadastre.keep(stock, result.pins)
    assert kept["year_built"].tolist() == [1950, 1901, 1951, 1903]
    assert stock["year_built"].tolist() == [1900, 1901, 1902, 1903]
    first = result.record[0]
    assert (first["before"], first["who"], first["why"], first["building_id"]) == ("1900", "Ä. Öz", "Akte", "old0")


REMARKS = ("no_outline", "unsigned")


def test_on_one_day_the_one_further_down_holds():
    table = _corrections(*(("old0", "year_built", y, "2026-01-01", None) for y in ("1950", "1960", "1955")))
    pins = cadastre.corrected(_stock(), table).pins
    assert pins["year_built"].tolist() == [1955]


def test_an_id_given_to_another_building_does_not_mislead():
    stock = _stock()
    moved = stock.set_axis(["old1", "old2", "old3", "new"]).rename_axis("building_id")
    table = _corrections(("old1", "year_built", "1950", "2026-01-01", stock.geometry.loc["old1"].wkt))
    result = cadastre.corrected(moved, table)
    assert result.pins["year_built"].index.tolist() == ["old2"]
    assert _kinds(result)["by_outline"].count == 1
    gone = moved.drop("old2")
    assert _kinds(cadastre.corrected(gone, table))["no_building"].count == 1


def test_a_house_split_in_two_keeps_no_correction():
    whole, west, east = box(0, 0, 20, 10), box(0, 0, 9, 10), box(9, 0, 20, 10)
    table = _corrections(("gone", "year_built", "1950", "2026-01-01", whole.wkt))
    halves = _stock(2).set_geometry([box(0, 0, 7, 10), box(7, 0, 14, 10)], crs=CRS)
    assert _kinds(cadastre.corrected(halves, table))["no_building"].count == 1
    larger = _stock(2).set_geometry([west, east], crs=CRS)
    assert cadastre.corrected(larger, table).pins["year_built"].index.tolist() == ["old1"]  # 55 % of it


def test_a_corrected_use_decides_on_heat_where_all_its_functions_agree():
    table = _corrections(
        ("old0", "use_class", "Wohnen", "2026-01-01", None),
        ("old1", "use_class", "Garage", "2026-01-01", None),
        ("old2", "use_class", "Sport", "2026-01-01", None),
        ("old3", "use_class", "Wohnen", "2026-01-01", None),
        ("old3", "is_heated", "nein", "2026-01-01", None),
    )
    pins = cadastre.corrected(_stock(), table).pins
    assert pins["is_heated"].to_dict() == {"old0": True, "old1": False, "old2": True, "old3": False}
    assert pins["is_heated_source"].to_dict() == {
        "old0": "estimated",
        "old1": "estimated",
        "old2": "estimated",
        "old3": "survey",
    }


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_new_ids_any_order_and_small_moves_change_nothing(data):
    count = data.draw(st.integers(1, 12))
    stock = _stock(count)
    chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=1, unique=True))
    rows = [
        (f"old{n}", "year_built", str(1950 + n), "2026-01-01", shapely.to_wkt(stock.geometry.iloc[n])) for n in chosen
    ]
    shift = st.floats(-2.0, 2.0)
    moved = [translate(s, data.draw(shift), data.draw(shift)) for s in stock.geometry]
    order = data.draw(st.permutations(range(count)))
    renamed = data.draw(st.booleans())
    ids = [f"new{count - n}" if renamed else f"old{n}" for n in range(count)]
    delivery = stock.set_geometry(moved, crs=CRS).set_axis(ids).rename_axis("building_id").iloc[order]
    result = cadastre.corrected(delivery, _corrections(*data.draw(st.permutations(rows))))
    kept = cadastre.keep(delivery, result.pins)["year_built"].loc[ids].tolist()
    assert kept == [1950 + n if n in chosen else 1900 + n for n in range(count)]
    assert sum(f.count for k, f in _kinds(result).items() if k in ("applied", "by_outline")) == len(chosen)
    again = cadastre.keep(cadastre.keep(delivery, result.pins), result.pins)
    assert again["year_built"].tolist() == cadastre.keep(delivery, result.pins)["year_built"].tolist()


def _fill(path: Path, shapes, ids, names) -> None:
    """Fill the file as QGIS would: one feature a correction."""
    empty = gpd.read_file(path, layer="corrections")
    rows = pd.DataFrame({"table": "buildings", "id": ids, "column": names, "value": [VALUES[n][0] for n in names]})
    rows = rows.assign(who="Ä. Öz", when=pd.Timestamp("2026-05-04"), why="Bauakte")
    assert set(empty.columns) == {*rows.columns, "geometry"}
    outlines = [shapely.MultiPolygon([s]) for s in shapes]
    gpd.GeoDataFrame(rows, geometry=outlines, crs=CRS).to_file(path, layer="corrections", mode="a")


def _outcomes(path: Path, building_id: str) -> list[str]:
    """Run the plan, assert that every corrected value stands in its final table, and return the outcomes."""
    recorder = Recorder()
    buildings = plan.compute(load_config(path), path.parent, recorder).tables["buildings"]
    row = buildings.loc[building_id]
    assert {name: row[name] for name in VALUES} == {name: meant for name, (_, meant) in VALUES.items()}
    sources = {name: row[f"{name}_source"] for name in VALUES if f"{name}_source" in row.index}
    assert set(sources) == set(VALUES) - {"name", "address"}
    assert set(sources.values()) == {"survey"}
    assert (row["p_age_e_share"], row["expected_heat_kwh_a"]) == (1.0, 0.0)
    assert not (buildings.drop(index=building_id)["year_built_source"] == "survey").any()
    findings = {f.kind: f for f in recorder.findings}
    if "correction_no_building" in findings:
        assert "kein Gebäude mit dieser Kennung oder diesem Umriss" in findings["correction_no_building"].text_de
        assert "DEBWL00100000002" in findings["correction_no_building"].ids[0]
    return [r["outcome"] for r in recorder.totals["corrections"]]


def test_every_corrected_value_stands_in_the_final_table_also_in_a_new_delivery(tmp_path):
    town = make_town(tmp_path)
    path = town.with_source("corrections", "korrekturen.gpkg")
    houses = town.read("gebäude.gpkg").set_index("oid", drop=False)
    ids = ["DEBWL00000000003"] * len(VALUES) + ["DEBWL00100000002"]
    names = [*VALUES, "heritage"]
    shapes = [houses.geometry.loc[f"{i}BL"] for i in ids]
    _fill(write_empty(tmp_path / "korrekturen.gpkg", CRS), shapes, ids, names)
    assert _outcomes(path, ids[0]) == ["applied"] * len(ids)

    delivery = houses.drop(index="DEBWL00100000002BL").reset_index(drop=True)
    delivery["oid"] = [f"DEBWLNEU{n:08d}BL" for n in range(len(delivery))]
    delivery["geometry"] = [translate(s, 2.0) for s in delivery.geometry]
    town.rewrite("gebäude.gpkg", delivery.iloc[::-1])
    assert _outcomes(path, "DEBWLNEU00000003") == ["by_outline"] * len(VALUES) + ["no_building"]


def test_one_known_year_does_not_make_the_default_years_of_its_block_knowledge():
    stock = _stock(12, block_id=pd.array(["k1"] * 6 + ["k2"] * 6, dtype="str"))
    years = pd.array([1912] * 6 + [1930] * 6, dtype="Int16")
    stock = stock.assign(year_built=years, year_built_source=["cadastre"] * 12)
    pins = cadastre.corrected(stock, _corrections(("old0", "year_built", "1965", "2026-01-01", None))).pins
    dated, findings = cadastre.default_years(cadastre.keep(stock, pins))
    assert dated["year_built_source"].tolist() == ["survey"] + ["default"] * 11
    assert findings[0].count == 11


def test_corrections_of_unlike_kinds_keep_the_contract():
    stock = _stock(2)
    stock = stock.assign(
        use_class=BUILDINGS["use_class"].cast([None, None], stock.index), is_heated=np.array([True] * 2)
    )
    rows = (("use_class", "Handel"), ("is_heated", "nein"))
    pins = cadastre.corrected(stock, _corrections(*(("old1", c, v, "2026-01-01", None) for c, v in rows))).pins
    kept = cadastre.keep(stock, pins)
    assert kept.dtypes.equals(stock.dtypes)
    assert kept["use_class"].tolist()[1] == "retail"
    assert kept["is_heated"].tolist() == [True, False]
