"""Inhabitants of a file to the floor area and the heat of a town; what stands on its outputs."""

import logging

import geopandas as gpd
import pandas as pd
import pytest

from klimastep import plan
from klimastep.config import load_config
from klimastep.notes import ON_OUTPUTS
from klimastep.rundir import Recorder
from tests.small_town import CRS, make_town

FACTOR = "floor_area_factor"


def computed(path):
    recorder = Recorder()
    return plan.compute(load_config(path), path.parent, recorder), recorder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the town without inhabitants, and with some in a table of their own beside the shapes of the blocks."""
    logging.disable(logging.WARNING)
    town = make_town(tmp_path_factory.mktemp("town"))
    plain = computed(town.plan)
    (town.folder / "einwohner.csv").write_text("nr;ew\n0;11\n1;\n", encoding="utf-8")
    path = town.with_source(
        "table_file", "einwohner.csv", table="blocks", id="nr", id_width=3, columns={"residents": "ew"}
    )
    yield plain, computed(path), town
    logging.disable(logging.NOTSET)


def test_inhabitants_reach_the_floor_area_of_dwellings_of_their_block_alone(runs):
    (plain, _), (told, recorder), _ = runs
    before, after = plain.tables["buildings"], told.tables["buildings"]
    assert FACTOR not in before
    changed = (before["block_id"] == "000") & (before["use_class"] == "residential") & before["is_heated"]
    assert after[FACTOR].notna().tolist() == changed.tolist()
    factor = after.loc[changed, FACTOR].unique()
    assert len(factor) == 1
    assert factor[0] < 0.95  # 6 houses of more than 100 m² for 11 persons
    scaled = before["floor_area_m2"].where(~changed, before["floor_area_m2"] * factor[0])
    pd.testing.assert_series_equal(after["floor_area_m2"], scaled, check_names=False)
    assert (after.loc[changed, "floor_area_m2_source"] == "estimated").all()
    assert told.tables["blocks"]["residents"].tolist()[0] == 11
    assert told.tables["blocks"][FACTOR].iloc[0] == pytest.approx(factor[0])
    assert [f for f in recorder.findings if f.kind == "floor_area_by_people" and f.kind in ON_OUTPUTS]
    assert any("Geometrie und Einwohnern" in n for n in recorder.totals["notes_de"])
    assert any("geometry and inhabitants" in n for n in recorder.totals["notes_en"])


def test_walls_stay_and_heat_falls_by_less_than_the_area(runs):
    (plain, _), (told, _), _ = runs
    before, after = plain.tables["buildings"], told.tables["buildings"]
    rows = after[FACTOR].notna()
    for name in ("wall_area_m2", "roof_area_m2", "footprint_m2", "volume_m3"):
        pd.testing.assert_series_equal(after[name], before[name])
    before, after = before[rows], after[rows]
    factor = after[FACTOR]
    assert (after["hot_water_kwh_a"] / before["hot_water_kwh_a"]).tolist() == pytest.approx(factor.tolist())
    ratio = after["space_heat_kwh_a"] / before["space_heat_kwh_a"]
    assert (ratio > factor).all()
    assert (ratio < 1).all()


def test_the_plan_switches_it_off_and_names_the_own_mean(runs):
    (plain, _), (told, _), town = runs
    sources = load_config(town.plan).model_dump(mode="json", by_alias=True)["sources"]
    off, _ = computed(town.replan(sources=sources, stock={"floor_area_from_people": False}))
    assert FACTOR not in off.tables["buildings"]
    pd.testing.assert_series_equal(
        off.tables["buildings"]["expected_heat_kwh_a"], plain.tables["buildings"]["expected_heat_kwh_a"]
    )
    own, _ = computed(town.replan(sources=sources, stock={"living_area_per_head_m2": 39}))
    means = [t.tables["buildings"][FACTOR].mean() for t in (own, told)]
    assert means[0] < means[1]


def test_a_floor_area_corrected_by_hand_stays(runs):
    _, (told, _), town = runs
    house = told.tables["buildings"].index[told.tables["buildings"][FACTOR].notna()][0]
    row = {"table": ["buildings"], "id": [house], "column": ["floor_area_m2"], "value": ["321"]}
    outline = [told.tables["buildings"].geometry[house]]
    gpd.GeoDataFrame(row, geometry=outline, crs=CRS).to_file(town.folder / "korrekturen.gpkg", layer="corrections")
    sources = load_config(town.plan).model_dump(mode="json", by_alias=True)["sources"]
    fixed = {"reader": "corrections", "path": "korrekturen.gpkg"}
    bench, _ = computed(town.replan(sources=[*sources, fixed]))
    buildings = bench.tables["buildings"]
    assert buildings.loc[house, "floor_area_m2"] == 321
    assert pd.isna(buildings.loc[house, FACTOR])
    assert buildings[FACTOR].notna().sum() == told.tables["buildings"][FACTOR].notna().sum() - 1


def test_districts_may_bring_their_inhabitants_too(tmp_path):
    town = make_town(tmp_path)
    shapes = town.read("districts.gpkg")
    town.rewrite("districts.gpkg", gpd.GeoDataFrame(shapes.assign(ew=[11, 9])), "districts")
    columns = {"name": "name", "residents": "ew"}
    path = town.source(3, options={"table": "districts", "id": "name", "columns": columns})
    bench, _ = computed(path)
    assert bench.tables["districts"]["residents"].tolist() == [11, 9]
    assert bench.tables["buildings"].groupby("district_id")[FACTOR].nunique().tolist() == [1, 1]
