"""The empty file for corrections and its form in QGIS."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from xml.etree import ElementTree as ET

import pytest

from klimastep.correctable import CORRECTABLE, CORRECTIONS
from klimastep.errors import OutputError
from klimastep.export.corrections import hint, qml, write_empty
from klimastep.tables import BUILDINGS
from tests.small_town import command, make_town

CRS = "EPSG:25832"
PROBE = """
import json, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import *
from qgis.gui import QgsAttributeEditorContext, QgsAttributeForm, QgsGui
from qgis.PyQt.QtWidgets import QLabel
application = QgsApplication([], True)
application.initQgis()
QgsGui.editorWidgetRegistry().initEditors()
layer = QgsVectorLayer(sys.argv[1] + "|layername=corrections", "Korrekturen", "ogr")
found = {"style": layer.loadDefaultStyle()[1], "crs": layer.crs().authid()}
found["aliases"] = {f.name(): f.alias() for f in layer.fields()}
found["widgets"] = {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(layer.fields())}
QgsProject.instance().addMapLayer(layer)
layer.startEditing()
outline = QgsGeometry.fromWkt("MultiPolygon(((513000 5416000,513010 5416000,513010 5416008,513000 5416000)))")
feature = QgsVectorLayerUtils.createFeature(layer, outline, {}, layer.createExpressionContext())
found["defaults"] = {n: str(feature[n]) for n in ("table", "when") if feature[n] is not None}
found["fits"] = []
for column, value in json.loads(sys.argv[2]):
    feature["column"], feature["value"] = column, value
    row = layer.fields().indexOf("value")
    found["fits"].append(QgsVectorLayerUtils.validateAttribute(layer, feature, row)[0])
form = QgsAttributeForm(layer, feature)
form.setMode(QgsAttributeEditorContext.AddFeatureMode)
form.changeAttribute("column", "use_class")
form.resize(620, 560)
form.show()
application.processEvents()
found["labels"] = [label.text() for label in form.findChildren(QLabel)]
form.grab().save(sys.argv[3])
sys.stdout.write(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "korrekturen.gpkg"
    write_empty(path, CRS)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="nie überschrieben"):
        write_empty(path, CRS)
    assert path.read_bytes() == before
    with pytest.raises(OutputError, match=r"\.gpkg"):
        write_empty(tmp_path / "korrekturen.shp", CRS)
    assert [p.name for p in tmp_path.iterdir()] == ["korrekturen.gpkg"]


def test_the_file_holds_the_fields_and_one_default_style(tmp_path):
    path = write_empty(tmp_path / "k.gpkg", CRS)
    with closing(sqlite3.connect(path)) as database:
        fields = {r[1]: r[2] for r in database.execute("PRAGMA table_info(corrections)")}
        styles = database.execute("SELECT f_table_name, f_geometry_column, useAsDefault FROM layer_styles").fetchall()
        crs = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchall()
    assert fields == {
        "fid": "INTEGER",
        "geom": "MULTIPOLYGON",
        "when": "DATE",
        **dict.fromkeys(("table", "id", "column", "value", "who", "why"), "TEXT"),
    }
    assert styles == [("corrections", "geom", 1)]
    assert crs == [(25832,)]


def test_the_form_names_every_correctable_column_and_field():
    root = ET.fromstring(qml().partition("\n")[2])
    drop_down = root.find("fieldConfiguration/field[@name='column']")
    assert {o.get("value") for o in drop_down.iter("Option") if o.get("type") == "QString"} == {
        c.name for c in CORRECTABLE
    }
    placed = {f.get("name") for f in root.iter("attributeEditorField")}
    assert placed == {c.name for c in CORRECTIONS.columns} - {"outline"}


def test_hints_are_german_and_name_unit_and_bounds():
    assert hint(BUILDINGS["height_m"]) == "Zahl von 0 bis 400 m"
    assert hint(BUILDINGS["floor_area_m2"]) == "Zahl von 0 an m²"
    assert hint(BUILDINGS["is_heated"]) == "ja oder nein"
    assert hint(BUILDINGS["heritage"]).startswith("eines von\nEinzeldenkmal · Sachgesamtheit")


def test_the_command_takes_a_plan_and_says_what_to_do(tmp_path):
    town = make_town(tmp_path)
    done = command("corrections", town.plan, tmp_path / "k.gpkg")
    assert done.code == 0
    assert "reader: corrections" in done.out
    assert "path: k.gpkg" in done.out
    command("corrections", town.plan, tmp_path / "k.gpkg").says(5, "gibt es schon")
    command("corrections", tmp_path / "nichts.yaml", tmp_path / "l.gpkg").says(2, "no such plan")
    command("corrections", tmp_path, tmp_path / "l.gpkg").says(3, "no finished run")


def test_the_form_in_qgis(tmp_path, qgis_python):
    path = write_empty(tmp_path / "k.gpkg", CRS)
    values = {
        ("use_class", "Wohnen"): True,
        ("use_class", "retail"): True,
        ("use_class", "Villa"): False,
        ("year_built", "1905"): True,
        ("year_built", "1905,5"): False,
        ("year_built", "19o5"): False,
        ("height_m", "12,5"): True,
        ("height_m", "500"): False,
        ("is_heated", "Nein"): True,
        ("is_heated", "vielleicht"): False,
        ("name", "Rathaus"): True,
    }
    done = subprocess.run(
        [qgis_python, "-c", PROBE, str(path), json.dumps(list(values)), str(tmp_path / "form.png")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["style"]
    assert found["crs"] == CRS
    assert found["aliases"]["column"] == "Merkmal"
    assert found["widgets"] == {
        "fid": "Hidden",
        "table": "ValueMap",
        "column": "ValueMap",
        "when": "DateTime",
        **dict.fromkeys(("id", "value", "who", "why"), "TextEdit"),
    }
    assert found["defaults"]["table"] == "buildings"
    assert "when" in found["defaults"]
    assert found["fits"] == list(values.values())
    assert any(label.startswith("Richtiger Wert: eines von\nWohnen · ") for label in found["labels"])
    assert (tmp_path / "form.png").stat().st_size > 5_000
