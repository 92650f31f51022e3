"""The GeoPackage: content, styles, metadata, project, and what happens when it cannot be written."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.errors import ContractError, OutputError
from klimastep.export import files, geopackage
from klimastep.export.qgis_project import unpacked

PROBE = Path(__file__).with_name("qgis_probe.py")


@pytest.fixture(scope="module")
def written(town, tmp_path_factory) -> Path:
    return geopackage.write(town.tables, town.catalogue, tmp_path_factory.mktemp("maps"), town.about)[0]


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def probe(python: str, path: Path, *more: str) -> dict:
    done = subprocess.run([python, PROBE, path, *more], capture_output=True, text=True, check=True, encoding="utf-8")
    return json.loads(done.stdout)


def test_rows_and_values_arrive(town, written) -> None:
    back = gpd.read_file(written, layer="buildings").set_index("building_id")
    given = town.tables["buildings"]
    assert list(back.index) == list(given.index)
    assert shapely.equals_exact(back.geometry.array, shapely.multipolygons([[g] for g in given.geometry])).all()
    np.testing.assert_allclose(back["expected_heat_kwh_m2a"], given["expected_heat_kwh_m2a"])
    assert (back["use_class"].isna() == given["use_class"].isna()).all()
    assert back["address"].iloc[3] == "Bäckerstraße 3"
    assert back["is_heated"].dtype == bool


def test_layers_are_one_family_in_the_crs_of_the_run(written) -> None:
    kinds = dict(rows(written, "SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert {kinds[n] for n in ("zones", "buildings", "roofs", "water")} == {"MULTIPOLYGON"}
    assert (kinds["streets"], kinds["monuments"]) == ("MULTILINESTRING", "POINT")
    assert set(rows(written, "SELECT column_name, srs_id FROM gpkg_geometry_columns")) == {("geom", 25832)}


def test_meters_are_an_attribute_table(written) -> None:
    assert rows(written, "SELECT data_type FROM gpkg_contents WHERE table_name = 'meters'") == [("attributes",)]
    assert rows(written, "SELECT meter_id, energy_kwh_a FROM meters") == [("m0", 1e6), ("m1", None)]


def test_titles_are_german_and_say_synthetic(town, written) -> None:
    titles = dict(rows(written, "SELECT table_name, identifier FROM gpkg_contents"))
    assert titles["zones"] == "Handlungsräume"
    described = dict(rows(written, "SELECT table_name, description FROM gpkg_contents"))
    assert "synthetisch" in described["buildings"]
    metadata = [text for (text,) in rows(written, "SELECT metadata FROM gpkg_metadata")]
    assert len(metadata) == len(town.tables)
    assert all("synthetisch" in text and "Modellergebnis" in text for text in metadata)
    assert all("© Geobasis Musterland, dl-de/by-2-0" in text for text in metadata)


def test_real_data_say_intern_everywhere(town, tmp_path) -> None:
    about = town.edition(synthetic=False, title_de="Echtstadt", name="echtstadt")
    (path,) = geopackage.write(town.tables, town.catalogue, tmp_path, about)
    assert path.name == "echtstadt_INTERN.gpkg"
    titles = dict(rows(path, "SELECT table_name, identifier FROM gpkg_contents WHERE table_name <> 'layer_styles'"))
    assert all(title.endswith("(INTERN)") for title in titles.values())
    ((content,),) = rows(path, "SELECT content FROM qgis_projects")
    text = unpacked(content)
    assert "Klima-STEP Echtstadt (INTERN)" in text
    assert "synthetisch" not in text


def test_one_default_style_a_table_others_beside_it(town, written) -> None:
    styles = rows(written, "SELECT f_table_name, useAsDefault, styleName, f_table_catalog FROM layer_styles")
    assert sorted(name for name, default, *_ in styles if default) == sorted(town.tables)
    assert len([name for name, *_ in styles if name == "buildings"]) >= 4
    assert all(len(name) <= 30 and catalogue == "" for _, _, name, catalogue in styles)


def test_nothing_is_left_beside_the_file(written) -> None:
    assert [p.name for p in written.parent.iterdir()] == ["musterdorf.gpkg"]
    assert rows(written, "PRAGMA user_version") == [(10300,)]


def test_the_same_tables_make_the_same_content(town, written, tmp_path) -> None:
    (again,) = geopackage.write(town.tables, town.catalogue, tmp_path, town.about)
    for query in ("SELECT * FROM layer_styles", "SELECT * FROM qgis_projects", "SELECT * FROM gpkg_contents"):
        assert rows(again, query) == rows(written, query)


def test_empty_tables_and_one_row(town, tmp_path) -> None:
    tables = {name: frame.iloc[: 1 if name == "zones" else 0] for name, frame in town.tables.items()}
    (path,) = geopackage.write(tables, town.catalogue, tmp_path, town.about)
    assert rows(path, "SELECT count(*) FROM zones") == [(1,)]
    assert rows(path, "SELECT count(*) FROM buildings") == [(0,)]
    assert set(rows(path, "SELECT f_table_name FROM layer_styles")) == {("zones",)}


def test_times_are_utc_or_text_and_names_are_safe(town, tmp_path) -> None:
    frame = town.tables["green"].assign(
        fid="a",
        Geändert=pd.Timestamp("2026-08-03 12:00", tz="Europe/Berlin"),
        stand=pd.Timestamp("2026-08-03"),
    )
    (path,) = geopackage.write({"green": frame}, town.catalogue, tmp_path, town.about)
    assert rows(path, "SELECT fid_, ge_ndert, stand FROM green LIMIT 1") == [
        ("a", "2026-08-03T10:00:00.000Z", "2026-08-03T00:00:00")
    ]


def test_a_table_in_another_crs_is_refused(town, tmp_path) -> None:
    tables = {"green": town.tables["green"].to_crs("EPSG:25833")}
    with pytest.raises(ContractError, match="EPSG:25833"):
        geopackage.write(tables, town.catalogue, tmp_path, town.about)
    assert not list(tmp_path.iterdir())


def test_the_validator_finds_nothing(written) -> None:
    pytest.importorskip("osgeo_utils.samples.validate_gpkg", reason="gdal-utils is not installed")
    command = ["-m", "osgeo_utils.samples.validate_gpkg", "--extra", "--warning-as-error"]
    done = subprocess.run([sys.executable, *command, written], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_held_open_stays_and_the_new_one_lies_beside_it(town, written, tmp_path, monkeypatch) -> None:
    path = tmp_path / written.name
    path.write_bytes(b"the earlier result")
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target == path:
            raise PermissionError(errno.EACCES, "in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(OutputError, match="Datei ist geöffnet") as caught:
        geopackage.write(town.tables, town.catalogue, tmp_path, town.about)
    assert caught.value.exit_code == 5
    assert path.read_bytes() == b"the earlier result"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["musterdorf.gpkg", "musterdorf.neu.gpkg"]
    ((content,),) = rows(tmp_path / "musterdorf.neu.gpkg", "SELECT content FROM qgis_projects")
    assert "./musterdorf.neu.gpkg|layername=zones" in unpacked(content)


def test_a_database_that_another_program_reads_is_not_replaced(town, written, tmp_path) -> None:
    path = Path(shutil.copy(written, tmp_path))
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE meters SET unit_id = 'von Hand'")
        other.commit()
        with pytest.raises(OutputError, match="Datei ist geöffnet"):
            geopackage.write(town.tables, town.catalogue, tmp_path, town.about)
        assert other.execute("SELECT DISTINCT unit_id FROM meters").fetchall() == [("von Hand",)]
    geopackage.write(town.tables, town.catalogue, tmp_path, town.about)
    assert rows(path, "SELECT unit_id FROM meters") == [("b1",), ("b2",)]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
import numpy as np
from pathlib import Path
from klimastep.contract import Catalogue, random_table
from klimastep.errors import OutputError
from klimastep.export import geopackage
from klimastep.export.about import About
from klimastep.tables import BUILDINGS
tables = {{"buildings": random_table(BUILDINGS, 5000, np.random.default_rng(1))}}
about = About("t", "T", "T", True, "intern", "0", "2026-01-01", "EPSG:25832")
try:
    geopackage.write(tables, Catalogue().adding(BUILDINGS, ()), Path(sys.argv[1]), about)
except OutputError:
    sys.exit(5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("limit", [30_000, 1_000_000, 2_200_000])
def test_a_full_disk_keeps_the_earlier_file(tmp_path, limit: int) -> None:
    (tmp_path / "t.gpkg").write_bytes(b"the earlier result")
    done = subprocess.run([sys.executable, "-c", LIMITED.format(limit=limit), tmp_path], capture_output=True, text=True)
    assert done.returncode == 5, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["t.gpkg"]
    assert (tmp_path / "t.gpkg").read_bytes() == b"the earlier result"


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EROFS, "schreibgeschützt"), (errno.ENOSPC, "kein Platz"), (errno.EACCES, "Schreibrechte")],
)
def test_what_hinders_writing_is_said_in_words(town, tmp_path, monkeypatch, number: int, words: str) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(OutputError, match=words):
        geopackage.write(town.tables, town.catalogue, tmp_path, town.about)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file(town, tmp_path) -> None:
    (tmp_path / "maps").write_text("no folder", encoding="utf-8")
    with pytest.raises(OutputError, match="maps"):
        geopackage.write(town.tables, town.catalogue, tmp_path / "maps", town.about)


def test_a_long_message_of_the_database_is_cut() -> None:
    error = files.failure(Path(__file__), sqlite3.OperationalError("x" * 5000))
    assert len(str(error)) < 500


def test_rename_takes_the_project_along(written, tmp_path) -> None:
    path = Path(shutil.copy(written, tmp_path))
    renamed = geopackage.rename(path, "Übergabe & Rat")
    assert [p.name for p in tmp_path.iterdir()] == ["Übergabe & Rat.gpkg"]
    ((content,),) = rows(renamed, "SELECT content FROM qgis_projects")
    assert "./Übergabe &amp; Rat.gpkg|layername=zones" in unpacked(content)
    assert "musterdorf.gpkg" not in unpacked(content)


def test_rename_overwrites_nothing(written, tmp_path) -> None:
    path = Path(shutil.copy(written, tmp_path))
    (tmp_path / "b.gpkg").touch()
    with pytest.raises(OutputError, match="gibt es schon"):
        geopackage.rename(path, "b")
    with pytest.raises(OutputError, match="gibt es nicht"):
        geopackage.rename(tmp_path / "c.gpkg", "d")
    (tmp_path / "e.gpkg").write_bytes(b"no database at all, but long enough to be looked at" * 3)
    with pytest.raises(OutputError, match="kein lesbares"):
        geopackage.rename(tmp_path / "e.gpkg", "f")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.gpkg", "e.gpkg", "musterdorf.gpkg"]


@pytest.fixture(scope="module")
def moved(written, tmp_path_factory) -> Path:
    return Path(shutil.copy(written, tmp_path_factory.mktemp("elsewhere") / written.name))


@pytest.fixture(scope="module")
def found(qgis_python, moved) -> dict:
    return probe(qgis_python, moved, str(moved.with_suffix(".png")))


@pytest.mark.qgis
def test_every_layer_opens_styled(town, found) -> None:
    assert set(found["layers"]) == set(town.tables)
    for name, layer in found["layers"].items():
        assert layer["style_applied"], name
        assert layer["valid"], name
        assert layer.get("without_symbol", 0) == 0, name
        assert layer["title"], name
        assert layer["rights"] == list(town.about.attribution), name


@pytest.mark.qgis
def test_forms_and_tips_are_german(found) -> None:
    zones = found["layers"]["zones"]
    assert zones["aliases"]["priority_class"] == "Handlungsbedarf"
    assert zones["value_maps"] == ["priority_class"]
    assert zones["display"] == 'coalesce("name", "zone_id")'
    assert "unbekannt" in zones["map_tip"]
    assert zones["labels"]
    assert found["layers"]["meters"]["aliases"]["energy_kwh_a"] == "Verbrauch [kWh/a]"


@pytest.mark.qgis
def test_classes_count_like_the_table(town, found) -> None:
    heat = town.tables["buildings"]["expected_heat_kwh_m2a"]
    legend = list(found["layers"]["buildings"]["legend"].items())
    counted = pd.cut(heat, [-np.inf, 50, 100, 150, 250, np.inf], right=False).value_counts(sort=False)
    assert [n for _, n in legend[:5]] == list(counted)
    assert legend[5] == (f"unbekannt ({heat.isna().sum()})", heat.isna().sum())


@pytest.mark.qgis
def test_the_project_opens_without_a_warning(town, found) -> None:
    project = found["project"]
    assert project["opened"], project["error"]
    assert found["messages"] == []
    assert project["broken"] == []
    assert project["crs"] == town.about.crs
    assert project["title"] == "Klima-STEP Musterdorf (synthetisch)"
    assert project["groups"] == ["Prioritäten", "Wärme", "Solar", "Bestand", "Versorgung", "Grundlagen"]
    assert all(layer["without_symbol"] == 0 for layer in project["layers"].values())
    assert project["on"][:2] == ["Handlungsräume: Namen und Grenzen", "Handlungsräume: Handlungsbedarf"]
    assert {"buildings_expected_heat_kwh_m2a", "buildings_year_built"} <= set(project["layers"])


@pytest.mark.qgis
def test_the_project_reads_the_moved_file(found, moved) -> None:
    assert all(source.startswith(f"{moved}|") for source in found["project"]["sources"])


@pytest.mark.qgis
def test_it_prints(found, moved) -> None:
    assert "A3 Prioritäten" in found["project"]["layouts"]
    assert "Wärme" in found["project"]["themes"]
    assert found["printed"]
    assert moved.with_suffix(".png").stat().st_size > 10_000


@pytest.mark.qgis
def test_reading_leaves_nothing_behind(found, moved) -> None:
    assert found
    assert not list(moved.parent.glob("*-wal"))


@pytest.mark.qgis
def test_a_renamed_file_still_opens_as_project(qgis_python, written, tmp_path) -> None:
    path = geopackage.rename(Path(shutil.copy(written, tmp_path)), "Übergabe Rat")
    project = probe(qgis_python, path)["project"]
    assert project["opened"]
    assert project["broken"] == []
