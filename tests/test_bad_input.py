"""A user's mistakes on the real command line: exit code, clear words, no traceback, earlier outputs untouched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from small_town import CRS, Outcome, Town, X, Y, command, make_town

PLAN, INPUT, CONTRACT, OUTPUT = 2, 3, 4, 5
FIRST = "DEBWL00000000000"
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    return make_town(tmp_path_factory.mktemp("template") / "town").folder


@pytest.fixture
def town(tmp_path, template) -> Town:
    folder = tmp_path / "town"
    shutil.copytree(template, folder)
    fresh = Town(folder, folder / "plan.yaml", json.loads(json.dumps(_content(template))))
    last = folder / "maps" / "kleinstadt" / "intern"
    last.mkdir(parents=True)
    (last / "index.html").write_text("das letzte gute Ergebnis", encoding="utf-8")
    return fresh


def _content(template: Path) -> dict:
    import yaml

    return yaml.safe_load((template / "plan.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def run(town) -> Iterator[Run]:
    """Return `klimastep run PLAN`; earlier outputs must be as they were afterwards, unless it succeeded."""
    maps = town.folder / "maps"
    before, done = _content_of(maps), []

    def _run(plan: Path | None = None, *more: str) -> Outcome:
        result = command("run", plan or town.plan, "--maps", maps, *more)
        done.append(result.code)
        return result

    yield _run
    if 0 not in done:
        assert _content_of(maps) == before, "an error must leave the earlier outputs as they were, and nothing else"


def _content_of(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "folder"
        for p in sorted(folder.rglob("*"))
    }


def findings(town: Town) -> dict[str, dict]:
    path = town.folder / "maps" / "kleinstadt" / "intern" / "checks.json"
    return {f["kind"]: f for f in json.loads(path.read_text(encoding="utf-8"))["findings"]}


def checked(town: Town) -> str:
    """Return what `klimastep check` says of a plan without errors."""
    outcome = command("check", town.plan)
    assert outcome.code == 0, outcome.err
    return outcome.out


# --- the plan -----------------------------------------------------------------------------------------------------


def test_unknown_plan_key(run, town):
    run(town.replan(zonez={"from": "blocks"})).says(PLAN, "plan.yaml", "zonez", "unknown key", "did you mean 'zones'")


def test_unknown_key_of_a_source(run, town):
    run(town.source(0, pfad="x.gpkg")).says(PLAN, "plan.yaml", "sources.0.pfad", "unknown key", "reader, path, kind")


def test_misspelt_reader(run, town):
    run(town.source(0, reader="alkis_simpel")).says(PLAN, "sources.0", "'alkis_simpel'", "did you mean 'alkis_simple'")


def test_misspelt_option_of_a_reader(run, town):
    run(town.source(2, options={"tabelle": "blocks", "id": "nr"})).says(PLAN, "areas", "'tabelle'", "'table'")


def test_misspelt_exporter_and_indicator(run, town):
    run(town.replan(exports=["geopakage"])).says(PLAN, "geopakage", "did you mean 'geopackage'")
    run(town.replan(zones={"weights": {"heat_densty": 1}})).says(PLAN, "heat_densty", "heat_density")


def test_misspelt_carrier(run, town):
    run(town.replan(heat={"default_carrier": "erdgas"})).says(PLAN, "default_carrier", "erdgas", "gas")


def test_zones_that_no_source_delivers(run, town):
    run(town.replan(zones={"from": "zones"})).says(PLAN, "zones.from", "'zones'", "districts, blocks")


def test_no_weather_and_no_buildings(run, town):
    run(town.without_source("weather_try")).says(PLAN, "weather", "reader: weather_try")
    run(town.replan(sources=town.content["sources"][-1:])).says(INPUT, "no source delivers buildings")


def test_no_footprints_at_all(run, town):
    (town.folder / "a.csv").write_text("id,year\nx,1950\n", encoding="utf-8")
    table = {"reader": "table_file", "path": "a.csv"}
    table["options"] = {"table": "buildings", "id": "id", "columns": {"year_built": "year"}}
    run(town.replan(sources=[table, town.content["sources"][-1]])).says(
        INPUT, "a.csv", "without footprints", "polygons"
    )


def test_plan_that_is_missing_a_folder_or_no_plan(run, town):
    run(town.folder / "nichts.yaml").says(PLAN, "nichts.yaml", "no such plan file", "klimastep init")
    run(town.folder).says(PLAN, town.folder.name, "folder", "plan file")
    town.plan.write_text("- nur\n- eine Liste\n", encoding="utf-8")
    run().says(PLAN, "plan.yaml", "expected keys", "list")
    town.plan.write_bytes(b"name: \x00\n")
    run().says(PLAN, "plan.yaml", "not valid YAML")
    town.plan.write_bytes("title_de: Oßweil".encode("cp1252"))
    run().says(PLAN, "plan.yaml", "not UTF-8")


def test_plan_of_aliases_within_aliases_ends_quickly(run, town):
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{c}: &{c} [{','.join(['*' + p] * 9)}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)]
    town.plan.write_text("\n".join(lines), encoding="utf-8")
    started = time.monotonic()
    outcome = run()
    outcome.says(PLAN, "plan.yaml", "unknown key")
    assert time.monotonic() - started < 10
    assert len(outcome.err) < 20_000


def test_a_key_that_stands_twice(run, town):
    town.plan.write_text(town.plan.read_text(encoding="utf-8") + "heat: {}\nheat: {}\n", encoding="utf-8")
    run().says(PLAN, "plan.yaml", "line ", "the key 'heat' stands twice")


def test_weather_that_stands_twice(run, town):
    run(town.with_source("weather_try", region=5)).says(PLAN, "weather stands twice", "TRY2010_12", "TRY2010_05")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seed": "acht"}, ("seed", "integer", "'acht'")),
        ({"zones": {"weights": {"heat_density": float("nan")}}}, ("zones.weights.heat_density", "finite")),
        ({"title_de": ["x" * 5000]}, ("title_de", "string")),
        ({"sources": "alkis"}, ("sources", "expected a list", "'alkis'")),
        ({"name": "Meine Stadt"}, ("name", "lower-case", "'Meine Stadt'")),
    ],
)
def test_plan_values_of_the_wrong_kind(run, town, changed, words):
    outcome = run(town.replan(**changed))
    outcome.says(PLAN, "plan.yaml", *words)
    assert len(outcome.err) < 1000


def test_option_of_the_wrong_kind(run, town):
    run(town.source(4, options={"region": "zwölf"})).says(PLAN, "weather_try", "region", "'zwölf'", "whole number")
    run(town.source(4, options={"region": 99})).says(PLAN, "99", "15")


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "place"), [("gebaeude.gpkg", 0), ("lod3.gml", 1), ("block.gpkg", 2), ("weather.epw", 4)]
)
def test_missing_file(run, town, name, place):
    reader = "weather_epw" if name.endswith("epw") else town.content["sources"][place]["reader"]
    options = {} if name.endswith("epw") else town.content["sources"][place].get("options", {})
    run(town.source(place, path=name, reader=reader, options=options)).says(INPUT, name, "missing")


def test_missing_folder_and_misspelt_name(run, town):
    run(town.source(2, path="areas/blocks.gpkg")).says(INPUT, "blocks.gpkg", "the folder", "is missing")
    run(town.source(2, path="blocs.gpkg")).says(INPUT, "blocs.gpkg", "did you mean 'blocks.gpkg'")


def test_source_without_path(run, town):
    sources = [{"reader": "alkis_simple"}, *town.content["sources"][1:]]
    run(town.replan(sources=sources)).says(INPUT, "names no path", "path:")


@pytest.mark.parametrize(
    "reader",
    ["alkis_simple", "citygml", "areas", "streets", "table_file", "meters", "census", "heritage_list", "weather_epw",
     "weather_try", "roof_points", "age_counts"],
)  # fmt: skip
def test_folder_instead_of_a_file(run, town, reader):
    (town.folder / "leer").mkdir()
    run(town.with_source(reader, "leer", first=True, **OPTIONS.get(reader, {}))).says(INPUT, "leer")


@pytest.mark.parametrize(
    "reader", ["alkis_simple", "citygml", "areas", "streets", "table_file", "meters", "census", "heritage_list",
               "weather_epw", "weather_try", "roof_points", "age_counts"],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff" * 500, "<html>404 – nicht gefunden</html>".encode()])
def test_damaged_file_of_every_reader(run, town, reader, content):
    suffix = {"citygml": "gml", "alkis_simple": "gpkg", "areas": "gpkg", "streets": "gpkg", "weather_epw": "epw"}
    name = f"kaputt.{suffix.get(reader, 'csv')}"
    (town.folder / name).write_bytes(content)
    run(town.with_source(reader, name, first=True, **OPTIONS.get(reader, {}))).says(INPUT, name)


OPTIONS: dict[str, dict] = {
    "areas": {"table": "green"},
    "streets": {"id": "nr"},
    "table_file": {"table": "buildings", "id": "id", "columns": {"year_built": "jahr"}},
    "meters": {
        "level": "block", "id": "nr", "unit": "MWh", "energy_basis": {"gas": "hs"},
        "value_columns": [{"column": "gas", "carrier": "gas", "year": 2020}],
    },
    "roof_points": {
        "id": "id", "x": "x", "y": "y", "source_crs": CRS,
        "columns": {"building_id": "b", "tilt_deg": "t", "azimuth_deg": "a", "area_m2": "f"},
    },
    "census": {"counts": "buildings"},
    "age_counts": {"id": "nr", "bands": {"x": [1900, 1950]}},
}  # fmt: skip


def test_geopackage_cut_off(run, town):
    path = town.folder / "gebäude.gpkg"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    run().says(INPUT, "gebäude.gpkg")


def test_no_permission_to_read(run, town, monkeypatch):
    path = town.folder / "lod2.gml"
    if os.name == "nt" or os.geteuid() == 0:
        real = Path.open

        def denied(self, *args, **kwargs):
            if self.name == "lod2.gml":
                raise PermissionError(13, "Permission denied", str(self))
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Path, "open", denied)
    else:
        path.chmod(0)
    run().says(INPUT, "lod2.gml", "Permission denied")


# --- coordinate systems -------------------------------------------------------------------------------------------


def test_degrees_labelled_as_metres(run, town):
    frame = town.read("gebäude.gpkg").to_crs("EPSG:4326").set_crs(CRS, allow_override=True)
    town.rewrite("gebäude.gpkg", frame)
    run().says(INPUT, "gebäude.gpkg", "wrong CRS", "ETRS89 / UTM zone 32N", "x = 9.1", "EPSG:4326", "source_crs")


def test_swapped_axes(run, town):
    frame = town.read("blocks.gpkg")
    town.rewrite("blocks.gpkg", frame.set_geometry(shapely.transform(frame.geometry.array, lambda c: c[:, ::-1])))
    run().says(INPUT, "blocks.gpkg", "wrong CRS", "axes swapped")


def test_no_crs(run, town):
    town.read("blocks.gpkg").to_file(town.folder / "blocks.shp")
    (town.folder / "blocks.prj").unlink()
    run(town.source(2, path="blocks.shp")).says(INPUT, "blocks.shp", "no CRS", "source_crs")


def test_unknown_crs(run, town):
    run(town.replan(crs="EPSG:99999")).says(PLAN, "crs", "EPSG:99999", "EPSG:25832")
    options = {"table": "blocks", "id": "nr", "source_crs": "Gauss-Krüger"}
    run(town.source(2, options=options)).says(INPUT, "blocks.gpkg", "Gauss-Krüger", "EPSG:25832")


# --- layers and columns -------------------------------------------------------------------------------------------


def test_empty_layer(run, town):
    town.rewrite("blocks.gpkg", town.read("blocks.gpkg").iloc[:0], "blocks")
    run().says(INPUT, "blocks.gpkg", "empty", "at least one feature")


def test_unknown_layer(run, town):
    run(town.source(0, options={"layer": "gebaeude"})).says(INPUT, "gebäude.gpkg", "gebaeude", "gebaeudeBauwerke")


def test_unknown_column(run, town):
    run(town.source(2, options={"table": "blocks", "id": "nummer"})).says(
        INPUT, "blocks.gpkg", "no column nummer", "there are nr"
    )
    (town.folder / "a.csv").write_text("gml_id;baujahr\nx;1950\n", encoding="utf-8")
    plan = town.with_source("table_file", "a.csv", table="buildings", id="gml_id", columns={"year_built": "bauhajr"})
    run(plan).says(INPUT, "a.csv", "no column bauhajr", "did you mean 'baujahr'")


def test_column_that_no_table_declares(run, town):
    (town.folder / "a.csv").write_text("gml_id;baujahr\nx;1950\n", encoding="utf-8")
    plan = town.with_source("table_file", "a.csv", table="buildings", id="gml_id", columns={"year_buit": "baujahr"})
    run(plan).says(PLAN, "sources.5", "year_buit", "did you mean 'year_built'")


def test_ids_that_stand_twice(run, town):
    frame = town.read("blocks.gpkg").assign(nr="007")
    town.rewrite("blocks.gpkg", frame, "blocks")
    run().says(INPUT, "blocks.gpkg", "007", "one row an id")


# --- geometry -----------------------------------------------------------------------------------------------------


def test_nan_and_missing_geometry_are_set_aside(town):
    frame = town.read("gebäude.gpkg")
    shapes = frame.geometry.to_numpy().copy()
    shapes[0] = None
    shapes[1] = shapely.transform(shapes[1], lambda c: np.where(np.arange(len(c))[:, None] == 2, np.nan, c))
    town.rewrite("gebäude.gpkg", frame.set_geometry(shapes, crs=CRS))
    said = checked(town)
    assert "gebäude.gpkg: 12 Zeilen gelesen, 10 übernommen, 2 beiseitegelegt" in said
    assert "set_aside: gebäude.gpkg" in said
    assert "1 Zeilen ohne lesbare Geometrie" in said
    assert "1 Zeilen mit NaN-Koordinaten" in said


def test_nothing_but_missing_geometry(run, town):
    frame = town.read("gebäude.gpkg")
    town.rewrite("gebäude.gpkg", frame.set_geometry([None] * len(frame), crs=CRS))
    run().says(INPUT, "gebäude.gpkg", "none of 12 features has a usable geometry")


def test_self_intersecting_footprint_is_repaired_and_reported(run, town):
    bow_tie = shapely.Polygon([(X, Y), (X + 10, Y + 8), (X + 10, Y), (X, Y + 8)])
    frame = town.read("gebäude.gpkg")
    town.rewrite("gebäude.gpkg", frame.set_geometry([bow_tie, *frame.geometry[1:]], crs=CRS))
    outcome = run()
    assert outcome.code == 0, outcome.err
    repaired = findings(town)["repaired"]
    assert (repaired["count"], repaired["ids"]) == (1, [FIRST])
    assert "12 Gebäude" in outcome.out


def test_points_instead_of_polygons(run, town):
    frame = town.read("blocks.gpkg")
    town.rewrite("blocks.gpkg", frame.set_geometry(frame.centroid), "blocks")
    run().says(INPUT, "blocks.gpkg", "Polygon")


def test_districts_of_another_place_are_named(run, town):
    frame = town.read("districts.gpkg")
    town.rewrite("districts.gpkg", frame.set_geometry(frame.translate(30_000, 0)), "districts")
    outcome = run()
    assert outcome.code == 0, outcome.err
    assert "2 Auffälligkeiten" in outcome.out, "districts, and the zones made of them"
    assert "12 von 12 Gebäuden liegen außerhalb" in findings(town)["in_no_area"]["text_de"]


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("baujahr", [20255, *[1960] * 11]),
        ("objekthoehe", [-3.0, *[8.0] * 11]),
        ("anzahlgs", [-1, *[2] * 11]),
        ("anzahlgs", ["zwei", *["2"] * 11]),
    ],
)
def test_impossible_value_of_the_cadastre_is_left_unknown_and_named(town, column, cells):
    town.rewrite("gebäude.gpkg", town.read("gebäude.gpkg").assign(**{column: cells}))
    said = checked(town)
    assert "12 Zeilen gelesen, 12 übernommen" in said
    assert f"{FIRST} ({column} = {cells[0]})" in said


def test_nothing_but_text_in_a_number_column_of_the_cadastre(run, town):
    town.rewrite("gebäude.gpkg", town.read("gebäude.gpkg").assign(anzahlgs="zwei"))
    run().says(INPUT, "gebäude.gpkg", "anzahlgs", "'zwei'", FIRST)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("year_built", "20255", "800 to 2100"), ("height_m", "-3", "0 to 400"), ("height_m", "hoch", "is no number")],
)
def test_impossible_value_in_a_table(run, town, column, value, expected):
    (town.folder / "werte.csv").write_text(f"gml_id;wert\n{FIRST};\nDEBWL00000000001;{value}\n", encoding="utf-8")
    plan = town.with_source("table_file", "werte.csv", table="buildings", id="gml_id", columns={column: "wert"})
    run(plan).says(INPUT, "werte.csv", "line 3", value, expected)


def test_latin_1_read_as_utf_8(run, town):
    (town.folder / "namen.csv").write_bytes(f"gml_id;name\n{FIRST};Schloß\n".encode("latin-1"))
    options = {"table": "buildings", "id": "gml_id", "columns": {"name": "name"}}
    run(town.with_source("table_file", "namen.csv", encoding="utf-8", **options)).says(
        INPUT, "namen.csv", "line 2", "0xDF", "is not utf-8", "encoding: cp1252"
    )
    town.with_source("table_file", "namen.csv", **options)
    assert "namen.csv: 1 Zeilen gelesen, 1 übernommen" in checked(town)


def test_unknown_encoding(run, town):
    (town.folder / "namen.csv").write_text(f"gml_id;name\n{FIRST};x\n", encoding="utf-8")
    plan = town.with_source(
        "table_file", "namen.csv", table="buildings", id="gml_id", columns={"name": "name"}, encoding="utf-9"
    )
    run(plan).says(PLAN, "utf-9", "cp1252")


# --- CityGML ------------------------------------------------------------------------------------------------------


def test_truncated_gml(run, town):
    path = town.folder / "lod2.gml"
    text = path.read_bytes()
    path.write_bytes(text[: len(text) // 2])
    run().says(INPUT, "lod2.gml", "damaged or cut off", "last complete building is DEBWL0")


BILLION = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
EXTERNAL = '<!DOCTYPE b [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE b [<!ENTITY % x SYSTEM "http://example.invalid/x.dtd"> %x;]>'


@pytest.mark.parametrize("bomb", [BILLION, EXTERNAL, PARAMETER], ids=["billion", "external", "parameter"])
def test_gml_with_entities_ends_in_seconds(run, town, bomb):
    path = town.folder / "lod2.gml"
    text = path.read_text(encoding="utf-8")
    head, rest = text.split("?>", 1)
    path.write_text(f"{head}?>{bomb}" + rest.replace("31001_1010", "&j;", 1), encoding="utf-8")
    started = time.monotonic()
    outcome = run()
    outcome.says(INPUT, "lod2.gml", "DOCTYPE")
    assert "root:" not in outcome.err
    assert time.monotonic() - started < 10


# --- outputs ------------------------------------------------------------------------------------------------------


def _mount(folder: Path, *options: str) -> None:
    """Mount a small file system of its own at `folder`, or skip with the reason."""
    mount = shutil.which("mount")
    reason = ""
    if sys.platform != "linux" or mount is None:
        reason = "mounting needs Linux"
    elif os.geteuid() != 0:
        reason = "mounting needs root"
    else:
        done = subprocess.run(
            [mount, "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], capture_output=True, text=True
        )
        reason = done.stderr.strip() if done.returncode else ""
    if reason and os.environ.get("KLIMASTEP_REQUIRE_MOUNT") == "1":
        pytest.fail(f"{reason}, and KLIMASTEP_REQUIRE_MOUNT=1 requires it")
    if reason:
        pytest.skip(reason)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[..., Path]]:
    """Return a maker of small file systems with an earlier result on them."""
    mounted = []

    def make(size: str) -> Path:
        folder = tmp_path / "platte"
        folder.mkdir()
        _mount(folder, f"size={size}")
        mounted.append(folder)
        last = folder / "kleinstadt" / "intern"
        last.mkdir(parents=True)
        (last / "index.html").write_text("das letzte gute Ergebnis", encoding="utf-8")
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def _remount_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def test_read_only_mount(town, small_disk):
    maps = small_disk("1m")
    before = _content_of(maps)
    _remount_read_only(maps)
    command("run", town.plan, "--maps", maps).says(OUTPUT, str(maps / "kleinstadt"), "read-only", "--maps")
    assert _content_of(maps) == before


@pytest.mark.parametrize("size", ["64k", "200k", "400k", "600k", "800k"])
def test_disk_full(town, small_disk, size):
    maps = small_disk(size)
    before = _content_of(maps)
    command("run", town.plan, "--maps", maps).says(OUTPUT, str(maps), "disk full")
    assert _content_of(maps) == before


def test_output_folder_is_a_file(town, tmp_path):
    (tmp_path / "datei").write_text("", encoding="utf-8")
    command("run", town.plan, "--maps", tmp_path / "datei").says(OUTPUT, "datei", "not a folder")


def test_init_into_a_missing_or_read_only_folder(tmp_path, small_disk):
    command("init", tmp_path / "weg" / "plan.yaml").says(OUTPUT, "weg", "no such folder")
    folder = small_disk("1m")
    _remount_read_only(folder)
    command("init", folder / "plan.yaml").says(OUTPUT, "plan.yaml", "read-only")


def test_publish_and_columns_of_no_run(tmp_path):
    command("publish", tmp_path / "nichts").says(INPUT, "nichts", "no finished run", "klimastep run")
    command("columns", "--run", tmp_path).says(INPUT, tmp_path.name, "no finished run")


def test_damaged_run_folder(tmp_path):
    (tmp_path / "columns.json").write_text("{kaputt", encoding="utf-8")
    command("columns", "--run", tmp_path).says(INPUT, "columns.json", "damaged")
    command("publish", tmp_path).says(INPUT, "provenance.json", "No such file")


def test_rename_of_a_missing_or_foreign_file(town, tmp_path):
    command("rename", tmp_path / "weg.gpkg", "neu.gpkg").says(OUTPUT, "weg.gpkg", "no such file")
    foreign = town.folder / "lod2.gml"
    command("rename", foreign, "neu.gpkg").says(OUTPUT, "lod2.gml", "not a readable GeoPackage")
    assert foreign.exists()
