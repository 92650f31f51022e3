"""The map page as text: what is inside, what must not be, and what each edition shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from klimastep.contract import Catalogue
from klimastep.errors import OutputError
from klimastep.export.about import DISCLAIMER_DE
from klimastep.export.web_map import build, inline, render, themes, words, write
from klimastep.tables import CELLS

HOSTILE = '</script><script>alert("x")</script><img src=x onerror=alert(1)>'


def model_of(page: str) -> Any:
    return json.loads(re.search(r'<script type="application/json" id="model">(.*?)</script>', page, re.DOTALL)[1])


def data_of(page: str, table: str) -> Any:
    found = re.search(rf'<script type="application/json" id="data-{table}">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else None


def test_the_page_is_one_file_that_links_to_nothing(town, tmp_path):
    paths = write(town.tables, town.catalogue, tmp_path, town.about)
    assert [p.name for p in paths] == ["index.html"]
    assert [p.name for p in tmp_path.iterdir()] == ["index.html"]
    page = paths[0].read_text(encoding="utf-8")
    markup = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(img|iframe|link|object|embed)\b", markup)
    assert not re.search(r"<script[^>]+src=", page)
    styles = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert "leaflet-pane" in styles
    assert not re.search(r"@import|url\((?!data:)", styles)
    assert "bootstrap" not in page
    assert '<html lang="de">' in page
    assert "user-scalable" not in page


def test_the_policy_allows_exactly_the_scripts_inside(town):
    page = render(town.tables, town.catalogue, town.about)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in re.search(r"script-src[^;]*", policy)[0]
    codes = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(codes) > 5
    for code in codes:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_same_input_gives_the_same_page(town):
    assert render(town.tables, town.catalogue, town.about) == render(town.tables, town.catalogue, town.about)


def test_an_unknown_library_link_is_refused():
    with pytest.raises(OutputError, match=r"cdn\.example"):
        inline.inline('<script src="https://cdn.example/d3.min.js"></script>')
    with pytest.raises(OutputError, match="network"):
        inline.inline('<img alt="" src="https://tile.example/1/1/1.png">')


def test_a_folium_map_carries_the_layers(town):
    city = build(town.tables, town.catalogue, town.about)
    kinds = {type(c).__name__ for c in city._children.values()}
    assert kinds == {"PackedLayer"}
    assert type(city).__mro__[1].__module__ == "folium.folium"


def test_hostile_names_stay_text(town):
    zones = town.tables["zones"].copy()
    zones["name"] = pd.array([HOSTILE, *zones["name"][1:]], dtype="str")
    about = town.edition(title_de=HOSTILE, attribution=(HOSTILE,))
    page = render({**town.tables, "zones": zones}, town.catalogue, about)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert data_of(page, "zones")["columns"]["name"]["data"].startswith(HOSTILE[:20])
    assert model_of(page)["title"][0] == HOSTILE


def test_the_public_edition_never_has_single_houses(town):
    tables = dict(town.tables)
    public = town.edition(edition="oeffentlich", synthetic=False)
    page = render(tables, town.catalogue, public)
    assert data_of(page, "zones")
    for table in ("buildings", "roofs", "parcels", "monuments", "meters"):
        assert data_of(page, table) is None
    assert "DEBW" not in page
    assert "Bäckerstraße" not in page
    assert {v["table"] for v in model_of(page)["views"]} <= {"zones", "districts", "blocks", "cells"}
    with pytest.raises(OutputError, match="nothing to show"):
        render({"buildings": tables["buildings"], "roofs": tables["roofs"]}, town.catalogue, public)


def test_areas_of_few_houses_are_named_as_withheld(town):
    zones = town.tables["zones"].copy()
    zones["heated_count"] = pd.array([2, 9, 9, 9, 9, 0], dtype="Int32")
    zones.loc[zones.index[:1], "heat_density_kwh_haa"] = float("nan")
    tables = {"zones": zones}
    for edition, withheld, unknown in (("oeffentlich", 1, 1), ("intern", 0, 2)):
        page = render(tables, town.catalogue, town.edition(edition=edition))
        view = next(v for v in model_of(page)["views"] if v["column"] == "heat_density_kwh_haa")
        assert [s["label"][0] for s in view["special"]] == ["aus Datenschutz nicht gezeigt"] * withheld
        assert view["unknown"]["count"] == unknown


@pytest.mark.parametrize(
    ("synthetic", "edition", "badge"),
    [(True, "intern", "synthetisch"), (False, "intern", "INTERN"), (False, "oeffentlich", "")],
)
def test_the_edition_stands_on_the_page(town, synthetic, edition, badge):
    page = render(town.tables, town.catalogue, town.edition(synthetic=synthetic, edition=edition))
    found = re.findall(r'<span class="badge[^>]*>([^<]*)</span>', page)
    assert found == ([badge] if badge else [])


def test_the_legend_counts_every_row_once(town):
    page = render(town.tables, town.catalogue, town.about)
    views = model_of(page)["views"]
    assert {"need", "heat", "solar", "stock"} <= {v["theme"] for v in views}
    for view in views:
        counted = sum(c["count"] for c in view["classes"]) + view["unknown"]["count"]
        counted += sum(c["count"] for c in view["special"])
        assert counted == len(town.tables[view["table"]]), view["column"]
    heat = next(v for v in views if v["column"] == "expected_heat_kwh_m2a" and v["table"] == "buildings")
    buildings = town.tables["buildings"]
    values = buildings["expected_heat_kwh_m2a"]
    assert [c["count"] for c in heat["classes"]][:2] == [
        int((values < 50).sum()),
        int(values.between(50, 100, "left").sum()),
    ]
    cold = values.isna() & ~buildings["is_heated"]
    assert [(s["label"][0], s["count"]) for s in heat["special"]] == [("unbeheizt", int(cold.sum()))]
    assert heat["unknown"]["count"] == int(values.isna().sum() - cold.sum())
    assert sum(c["sum"] for c in heat["classes"]) == pytest.approx(buildings["expected_heat_kwh_a"].sum(), rel=1e-5)


def test_sums_of_unequal_areas_become_densities(town):
    blocks = town.tables["districts"].rename_axis("block_id").assign(expected_heat_kwh_a=9e6)
    heat = town.catalogue.column("buildings", "expected_heat_kwh_a")
    catalogue = Catalogue().adding(replace(town.catalogue["districts"], name="blocks", singular="block"), [heat])
    tables, known = themes.with_densities({"blocks": blocks}, catalogue)
    assert tables["blocks"]["heat_density_kwh_haa"].tolist() == pytest.approx([1e6] * 6)
    shown = {v.column.name for v in themes.views(tables, known, town.about)}
    assert shown == {"heat_density_kwh_haa"}
    assert "heat_density_kwh_haa" not in blocks  # the input stays as it was


def test_missing_tables_leave_their_themes_out(town):
    page = render({"zones": town.tables["zones"]}, town.catalogue, town.about)
    assert [t["name"] for t in model_of(page)["themes"]] == ["need", "heat"]
    boundary = town.tables["boundary"]
    cells = gpd.GeoDataFrame(
        {"dwellings": [3.0, float("nan")], "expected_heat_kwh_a": [2e5, float("nan")]},
        index=pd.Index(["a", "b"], name="cell_id", dtype="str"),
        geometry=list(shapely.box([0, 100], 0, [100, 200], 100)),
        crs="EPSG:25832",
    )
    heat = town.catalogue.column("buildings", "expected_heat_kwh_a")
    page = render({"cells": cells, "boundary": boundary}, Catalogue().adding(CELLS, [heat]), town.about)
    assert [t["name"] for t in model_of(page)["themes"]] == ["heat", "stock"]
    assert model_of(page)["context"] == ["boundary"]


def test_nothing_to_show_is_an_error_and_keeps_the_old_page(town, tmp_path):
    old = tmp_path / "index.html"
    old.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="nothing to show"):
        write({"boundary": town.tables["boundary"]}, town.catalogue, tmp_path, town.about)
    assert old.read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_a_file_is_an_output_error(town, tmp_path):
    (tmp_path / "maps").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="maps"):
        write(town.tables, town.catalogue, tmp_path / "maps", town.about)


def test_every_word_has_two_languages():
    for pairs in (words.WORDS, words.BASIS, words.SHORT, words.LEVEL, words.SINGULAR, words.PLURAL):
        assert all(de and en for de, en in pairs.values())
    assert words.PLURAL.keys() == words.SINGULAR.keys() == set(themes.LEVELS)


def test_every_word_of_the_page_is_known():
    folder = Path(inline.__file__).parent / "assets"
    template = (folder / "page.html").read_text(encoding="utf-8")
    used = set(re.findall(r'data-(?:word|name|hint)="(\w+)"', template)) | set(re.findall(r"words\.(\w+)", template))
    for script in folder.glob("*.js"):
        used |= set(re.findall(r"k\.word\('(\w+)'\)", script.read_text(encoding="utf-8")))
    assert used <= set(words.WORDS)


def test_own_files_are_short_and_hold_no_foreign_code():
    for file in (Path(inline.__file__).parent).rglob("*.*"):
        if file.suffix in (".py", ".js", ".css", ".html"):
            text = file.read_text(encoding="utf-8")
            assert text.count("\n") <= 400, file.name
            assert "http://" not in text, file.name
            assert "https://" not in text, file.name


def test_what_the_result_is_not_stands_on_the_page(town):
    page = render(town.tables, town.catalogue, town.about)
    assert model_of(page)["about"]["disclaimer"][0] == DISCLAIMER_DE
    assert model_of(page)["about"]["attribution"] == list(town.about.attribution)
