"""The plan of another city runs with no change of code: offices of Baden-Württemberg, OpenStreetMap, a new source."""

import importlib
import json
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small_town import CRS, make_town

from klimastep import sample, sources
from klimastep.contract import random_table
from klimastep.errors import PlanError
from klimastep.notes import census_ahead, estimates
from klimastep.plan import run
from klimastep.tables import BUILDINGS, CELLS

PLANS = Path(__file__).parent / "plans"
READER = '''"""Trees of the city's parks office."""

import geopandas as gpd
import pandas as pd

from klimastep.findings import Reading

TABLE = "green"


def read(path, *, crs, kind="tree"):
    """Read trees from a list with x;y;species."""
    raw = pd.read_csv(path, sep=";", encoding="utf-8")
    shapes = gpd.points_from_xy(raw["x"], raw["y"], crs=crs).buffer(3.0)
    index = pd.Index([f"{kind}-{i}" for i in raw.index], name="green_id", dtype="str")
    frame = gpd.GeoDataFrame({"name": raw["species"].astype("str").to_numpy()}, index=index, geometry=shapes, crs=crs)
    return Reading(path.name, {TABLE: frame}, len(raw), files=(str(path),))
'''


def records(folder):
    checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return {f["kind"]: f for f in checks["findings"]}, told["about"]


def test_a_folder_as_offices_of_baden_wuerttemberg_deliver_runs_to_map_and_geopackage(tmp_path):
    plan = sample.sample(tmp_path / "lieferung", 120, 3, style="bw")
    zips = sorted((tmp_path / "lieferung" / "alkis").glob("*.zip"))
    assert len(zips) > 1
    with zipfile.ZipFile(zips[0]) as archive:
        assert "gebaeudeBauwerke.shp" in archive.namelist()
    result = run(plan, tmp_path / "maps")
    assert {f.suffix for f in result.files} >= {".html", ".gpkg"}
    buildings, blocks = result.tables["buildings"], result.tables["blocks"]
    assert len(buildings) == 120
    assert set(blocks["geometry_source"]) == {"estimated"}
    assert buildings["block_id"].notna().all()
    assert buildings.loc[buildings["is_heated"], "expected_heat_kwh_a"].notna().all()
    findings, about = records(result.folder)
    assert "derived_blocks" in findings
    assert any("keine amtlichen Baublöcke" in note for note in about["notes_de"])
    assert any("Energieträger 100 % (Erdgas angenommen)" in note for note in about["notes_de"])
    with pytest.raises(PlanError, match="style"):
        sample.sample(tmp_path / "x", 120, 3, style="by")


@pytest.mark.testdata
@pytest.mark.parametrize("name", ["liechtenstein", "heidelberg"])
def test_a_city_from_openstreetmap_runs_and_says_that_it_rests_on_estimates(testdata, tmp_path, name):
    text = (PLANS / f"{name}.yaml").read_text(encoding="utf-8")
    plan = tmp_path / "plan.yaml"
    plan.write_text(text.replace("../../../shared/data", testdata.as_posix()), encoding="utf-8")
    result = run(plan, tmp_path / "maps")
    assert {f.suffix for f in result.files} >= {".html", ".gpkg"}
    _, about = records(result.folder)
    notes = " ".join(about["notes_de"])
    if name == "liechtenstein":
        assert len(result.tables["buildings"]) == 3722
        assert "Baujahr 100 %, Höhe 100 %, Geschosse 100 %" in notes
        assert "Energieträger 100 % (Heizöl angenommen)" in notes
        assert "44 km außerhalb der Klimaregion 13" in notes
        assert result.tables["zones"]["expected_heat_kwh_a"].sum() > 0
    else:
        assert len(result.tables["cells"]) == 2074
        assert "Energieträger: 100 % angenommen" in notes


def test_zones_are_squares_where_nothing_else_is_known(tmp_path):
    town = make_town(tmp_path / "town")
    kept = [s for s in town.content["sources"] if s.get("options", {}).get("table") not in ("districts", "blocks")]
    result = run(town.replan(sources=kept, zones={"from": "auto", "grid_m": 100}), tmp_path / "maps")
    assert "blocks" not in result.tables
    zones = result.tables["zones"]
    assert zones["area_m2"].to_list() == pytest.approx([10_000.0] * len(zones))
    assert zones["building_count"].sum() == len(result.tables["buildings"])
    _, about = records(result.folder)
    assert any("Quadrate" in note for note in about["notes_de"])
    with pytest.raises(PlanError, match="no source delivers 'blocks'"):
        run(town.replan(sources=kept, zones={"from": "blocks"}), tmp_path / "maps")


def test_the_estimates_are_told_by_heated_floor_area_with_the_carrier_assumed():
    frame = random_table(BUILDINGS, 4, np.random.default_rng(0))
    frame = frame.assign(is_heated=[True, True, True, False], floor_area_m2=[100.0, 100.0, 200.0, 900.0])
    for name in ("year_built", "height_m", "storeys", "use_class", "carrier"):
        values = {"year_built": 1950, "use_class": "residential", "carrier": "gas"}.get(name, 2.0)
        told = {"year_built": ["cadastre", "default", "estimated", None], "carrier": [None] * 4}
        frame[name] = BUILDINGS[name].cast(pd.Series([values] * 4, index=frame.index, dtype="object"), frame.index)
        if name == "carrier":
            frame[name] = BUILDINGS[name].cast(pd.Series([None] * 4, index=frame.index, dtype="object"), frame.index)
        source = pd.Series(told.get(name, ["cadastre"] * 4), index=frame.index, dtype="object")
        frame[f"{name}_source"] = BUILDINGS[f"{name}_source"].cast(source, frame.index)
    de, en = estimates(frame, "oil")
    assert de[0].endswith("nach beheizter Fläche: Baujahr 75 %, Energieträger 100 % (Heizöl angenommen).")
    assert en[0].endswith("by heated floor area: year built 75 %, energy carrier 100 % (heating oil assumed).")


def test_buildings_take_the_carriers_of_the_census_of_2022(tmp_path):
    town = make_town(tmp_path / "town")
    west, south, east, north = gpd.GeoSeries([shapely.box(513_000, 5_416_000, 513_800, 5_416_300)], crs=CRS).to_crs(
        3035
    ).total_bounds  # fmt: skip
    classes = "Gas;Heizoel;Holz_Holzpellets;Biomasse_Biogas;Solar_Geothermie_Waermepumpen;Strom;Kohle;Fernwaerme"
    lines = [f"GITTER_ID_100m;x_mp_100m;y_mp_100m;Insgesamt_Energietraeger;{classes};kein_Energietraeger"]
    for e in range(int(west) // 100 * 100, int(east) + 100, 100):
        for n in range(int(south) // 100 * 100, int(north) + 100, 100):
            lines.append(f"CRS3035RES100mN{n}E{e};{e + 50};{n + 50};40;–;–;–;–;–;–;–;40;–")
    census = tmp_path / "Zensus2022_Energietraeger_100m-Gitter.csv"
    census.write_text("\n".join(lines), encoding="utf-8")
    reader = {"reader": "census", "path": census.as_posix(), "options": {"counts": "buildings"}}
    plan = town.replan(sources=[*town.content["sources"], reader])
    result = run(plan, tmp_path / "maps")
    buildings = result.tables["buildings"]
    homes = buildings["use_class"].isin(["residential", "mixed"])
    assert (buildings.loc[homes, "carrier"] == "district_heat").all()
    assert buildings.loc[~homes, "carrier"].isna().all()
    final = buildings.loc[homes, "expected_final_kwh_a"]
    np.testing.assert_allclose(buildings.loc[homes, "co2_kg_a"], 0.18 * final)
    findings, about = records(result.folder)
    assert "carrier_by_cell" in findings
    assert any("nach Zensus oder Kehrbuch geschätzt" in note for note in about["notes_de"])


def test_a_census_that_counts_far_more_than_the_sources_deliver_is_told():
    cells = random_table(CELLS, 1, np.random.default_rng(0))
    counts = [c for c in cells if c.startswith("buildings_")]
    cells[counts] = 0.0
    cells[counts[0]] = 40.0
    cells.geometry = [shapely.box(0, 0, 1000, 1000)]
    index = pd.Index([str(i) for i in range(20)], name="building_id", dtype="str")
    stock = gpd.GeoDataFrame(index=index, geometry=[shapely.box(i, 0, i + 1, 1) for i in range(20)], crs=CRS)
    assert not census_ahead(stock, cells)
    assert "40 Wohngebäude, die Quellen liefern 5" in census_ahead(stock.iloc[:5], cells)[0].text_de


def town_with_trees(tmp_path):
    town = make_town(tmp_path / "town")
    (tmp_path / "baeume.csv").write_text("x;y;species\n513010;5416010;Linde\n513020;5416010;Ahorn\n", encoding="utf-8")
    path = (tmp_path / "baeume.csv").as_posix()
    extra = {"reader": "parks_trees", "path": path, "options": {"kind": "baum"}}
    return town.replan(sources=[*town.content["sources"], extra])


def runs_with_trees(plan, maps):
    assert "parks_trees" in sources.names()
    result = run(plan, maps)
    assert result.tables["green"]["name"].to_list() == ["Linde", "Ahorn"]
    assert list(result.tables["green"].index) == ["baum-0", "baum-1"]


def test_a_reader_of_another_package_is_one_module_and_an_entry_point(tmp_path, monkeypatch):
    package = tmp_path / "site"
    (package / "parks_office-1.0.dist-info").mkdir(parents=True)
    (package / "parks_office.py").write_text(READER, encoding="utf-8")
    info = package / "parks_office-1.0.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parks-office\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[klimastep.sources]\nparks_trees = parks_office\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(package))
    importlib.invalidate_caches()
    runs_with_trees(town_with_trees(tmp_path), tmp_path / "maps")
    monkeypatch.delitem(sys.modules, "parks_office")


def test_a_reader_of_klimastep_is_one_file_in_the_folder_of_the_sources(tmp_path, monkeypatch):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "parks_trees.py").write_text(READER, encoding="utf-8")
    built_in = sources.FOLDER
    names = [p.stem for p in built_in.glob("*.py") if not p.stem.startswith("_")]
    monkeypatch.setattr(sources, "__path__", [str(built_in), str(folder)])
    monkeypatch.setattr(sources, "_built_in", lambda: [*names, *(p.stem for p in folder.glob("*.py"))])
    runs_with_trees(town_with_trees(tmp_path), tmp_path / "maps")
    monkeypatch.delitem(sys.modules, "klimastep.sources.parks_trees")
