"""The quality report: what stands on it, in both languages, in a browser, on paper and in QGIS."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep import cadastre
from klimastep.contract import Catalogue, random_table
from klimastep.export import quality_report
from klimastep.findings import Finding, Reading
from klimastep.tables import BUILDINGS

PROBE = Path(__file__).with_name("qgis_probe.py")
HOSTILE = "<script>window.hacked=1</script>"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AXE = """() => axe.run(document, {runOnly: {type: 'tag', values:
  ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}}).then(r => r.violations.map(v => v.id))"""
FILES = ["index.html", "index.en.html", "pruefung.gpkg"]


def _records(stock: gpd.GeoDataFrame, spots: gpd.GeoDataFrame) -> dict:
    found = Finding("gebäude.gpkg", "sliver", 3, ("a", "line 7"), "3 Umrisse weg: a, line 7", "3 gone: a", "set_aside")
    reading = Reading("gebäude.gpkg", {"buildings": stock}, len(stock) + 3, (found,), (), f"© Amt {HOSTILE}")
    return {
        "readings": [reading],
        "sources": cadastre.source_table([reading]).to_dict("records"),
        "oddities": cadastre.oddities(spots, [found]),
        "counts": cadastre.counts(stock),
    }


@pytest.fixture(scope="module")
def report(town, tmp_path_factory) -> tuple[Path, dict]:
    stock = random_table(BUILDINGS, 120, np.random.default_rng(3))
    stock["block_id"] = pd.array([f"b{i % 4}" for i in range(len(stock))], dtype="str")
    blocks = gpd.GeoDataFrame(
        {"name": pd.array(["Block Süd", None, "Hafen", HOSTILE, "leer"], dtype="str")},
        index=pd.Index([f"b{i}" for i in range(5)], name="block_id", dtype="str"),
        geometry=[shapely.box(513_000 + 60 * i, 5_416_000, 513_050 + 60 * i, 5_416_250) for i in range(5)],
        crs="EPSG:25832",
    )
    spots = cadastre.spots(stock)
    records = _records(stock, spots)
    tables = {
        "spots": spots,
        "coverage_blocks": cadastre.area_coverage(stock, blocks, "blocks"),
        "coverage": cadastre.coverage(stock),
        "improvements": cadastre.improvements(stock),
        "summary": cadastre.summary(stock, records.pop("readings"), cadastre.contradicted(spots)),
    }
    declared = (cadastre.SPOTS, cadastre.AREA_COVERAGE["blocks"], cadastre.COVERAGE, cadastre.IMPROVEMENTS)
    catalogue = Catalogue({t.name: t for t in (*declared, cadastre.SUMMARY)})
    about = replace(town.about, name="echt", title_de="Echtstadt", title_en="Realtown", synthetic=False)
    folder = tmp_path_factory.mktemp("pruefung")
    written = quality_report.write(tables, catalogue, folder, about, records)
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES) == sorted(p.name for p in written)
    return folder, tables


def shown(text: str) -> str:
    """Return what a reader sees."""
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S)


def test_the_german_page_says_what_a_town_hall_needs(report):
    text = (report[0] / "index.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in text
    for word in ("Prüfbericht der Daten: Echtstadt", "INTERN", "Erstellt am", "Auf einen Blick", "gelesen", "repariert",
                 "beiseitegelegt", "Stichtag", "nicht angegeben", "Lizenz", "Zeile 7", "keine Zusage"):  # fmt: skip
        assert word in text, word
    assert not re.search(r"\b(unknown|default|read|kept|source|block_id|nan)\b", shown(text))


def test_the_english_page_holds_no_german_words(report):
    text = (report[0] / "index.en.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert "Realtown" in shown(text)
    assert not re.search(r"\b(und|der|unbekannt|Quelle|geschätzt|Baujahr|Gebäude)\b", shown(text))


def test_nothing_runs_and_nothing_is_loaded(report):
    for name in FILES[:2]:
        text = (report[0] / name).read_text(encoding="utf-8")
        assert "<script" not in text
        assert "default-src 'none'" in text
        assert not re.search(r"(src|href)=\"(?!index\.)", text)


def test_the_geopackage_holds_every_spot_and_area(report):
    folder, tables = report
    spots = gpd.read_file(folder / "pruefung.gpkg", layer="spots")
    assert spots["text_de"].tolist() == tables["spots"]["text_de"].tolist()
    assert len(gpd.read_file(folder / "pruefung.gpkg", layer="coverage_blocks")) == 5


def test_a_stock_without_gaps_and_areas_is_told_too(town, tmp_path):
    stock = random_table(BUILDINGS, 3, np.random.default_rng(0), spacing_m=50.0)
    none = stock.iloc[:0]
    spots = cadastre.spots(none)
    tables = {
        "spots": spots,
        "coverage": cadastre.coverage(none),
        "improvements": cadastre.improvements(none),
        "summary": cadastre.summary(none, [], pd.Index([])),
    }
    declared = (cadastre.SPOTS, cadastre.COVERAGE, cadastre.IMPROVEMENTS, cadastre.SUMMARY)
    catalogue = Catalogue({t.name: t for t in declared})
    records = {"sources": [], "oddities": [], "counts": cadastre.counts(none)}
    quality_report.write(tables, catalogue, tmp_path, town.about, records)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Nichts aufgefallen." in text
    assert "Alle Angaben sind bekannt." in text


@pytest.mark.chromium
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", FILES[:2])
def test_in_a_browser(report, chromium, width, name):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    code = next(Path(axe.__file__).parent.glob("axe.min.js")).read_text(encoding="utf-8")
    trouble: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
        page.on("request", lambda r: None if r.url.startswith("file:") else trouble.append(r.url))
        page.on("console", lambda m: trouble.append(m.text))
        page.goto((report[0] / name).as_uri())
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert not page.evaluate("() => window.hacked")
        page.add_script_tag(content=code)
        assert page.evaluate(AXE) == []
        if width == 1280:
            page.emulate_media(media="print")
            page.set_viewport_size({"width": 690, "height": 980})  # A4 less its margins
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 690
        browser.close()
    assert trouble == []


@pytest.mark.qgis
def test_in_qgis(report, qgis_python):
    folder, tables = report
    done = subprocess.run(
        [qgis_python, PROBE, folder / "pruefung.gpkg"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    found = json.loads(done.stdout)
    project = found["project"]
    assert (project["opened"], project["error"], project["broken"]) == (True, "", [])
    assert project["on"] == ["Auffällige Stellen: Art (INTERN)", "Angaben je Baublock: Angaben bekannt (INTERN)"]
    layer = found["layers"]["spots"]
    assert layer["style_applied"]
    assert layer["without_symbol"] == 0
    counts = tables["spots"]["kind"].value_counts()
    assert sum(layer["legend"].values()) == counts.sum()
    assert layer["aliases"]["text_de"] == "Was auffällt"
