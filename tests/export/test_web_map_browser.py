"""The map page in Chromium: what people see, reach by keyboard, and how fast it draws."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.contract import Catalogue, Column, random_table
from klimastep.export.web_map import write
from klimastep.tables import BUILDINGS
from klimastep.zones.aggregate import HEATED_COUNT
from klimastep.zones.priority import contribution_column, score_column

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
INDICATORS = ("heat_density", "built_before_1979")
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
X, Y = 513_000.0, 5_416_000.0


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def ranked(town) -> tuple[dict, Catalogue]:
    """Return tables whose zones have scores and contributions, one name of them hostile."""
    zones = town.tables["zones"].copy()
    zones["heat_density_score"] = [1.0, 0.5, 0.9, 0.2, 0.0, np.nan]
    zones["built_before_1979_score"] = [0.5, 0.9, 0.0, 0.6, 0.4, np.nan]
    parts = zones[[f"{n}_score" for n in INDICATORS]].to_numpy() / 2
    zones["priority_score"] = parts.sum(axis=1)
    for i, name in enumerate(INDICATORS):
        zones[f"{name}_contribution"] = parts[:, i] / parts.sum(axis=1)
    zones["name"] = pd.array([*zones["name"][:5], HOSTILE], dtype="str")
    zones["rank_certainty_share"] = [0.92, 0.65, 0.8, 0.8, 0.5, np.nan]
    zones["heated_count"] = pd.array([9] * 6, dtype="Int32")
    certainty = Column("rank_certainty_share", "float64", "1", "Sicherheit", "Certainty", nullable=True)
    declared = [certainty, *[f(n) for n in INDICATORS for f in (score_column, contribution_column)]]
    return {**town.tables, "zones": zones}, town.catalogue.adding(town.catalogue["zones"], [*declared, HEATED_COUNT])


@pytest.fixture(scope="module")
def path(town, ranked, tmp_path_factory) -> Path:
    about = town.edition(weights=(("heat_density", 0.5), ("built_before_1979", 0.5)), notes_en=("Heat: expected.",) * 2)
    return write(*ranked, tmp_path_factory.mktemp("map"), about)[0]


@pytest.fixture
def opened(browser, path) -> Iterator[Callable[..., sync_api.Page]]:
    """Return a function that opens the page; afterwards nothing was requested and no error came."""
    trouble: list[str] = []
    pages = []

    def note(kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:  # the tests read the canvas
            trouble.append(text)

    def open_page(width: int = 1280, height: int = 900, file: Path = path, **options: object) -> sync_api.Page:
        page = browser.new_page(viewport={"width": width, "height": height}, **options)
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else trouble.append(r.url))
        page.on("console", lambda m: note(m.type, m.text))
        page.on("pageerror", lambda e: trouble.append(str(e)))
        page.goto(file.as_uri())
        page.wait_for_selector("body.ready")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert trouble == []


INK = """() => {
  const c = document.querySelector('canvas.scene');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0;
  for (let i = 3; i < d.length; i += 4) if (d[i]) n++;
  return n;
}"""
BOXES = """() => ['#head', '#panel', '.leaflet-control-legend', '.leaflet-control-buttons', '.leaflet-control-bearings',
  '#credit', '#toggle'].map(s => [s, document.querySelector(s).getBoundingClientRect()]).filter(b => b[1].width)
  .map(([s, r]) => [s, r.left, r.top, r.right, r.bottom])"""
CUT = """() => [...document.querySelectorAll('.leaflet-control-legend, #zone-table, #head')]
  .filter(e => e.scrollWidth > e.clientWidth + 2).map(e => e.className || e.id)"""
USES = """() => { const layer = klimastep.layers.buildings, column = layer.column('use_class');
  return Array.from({length: layer.count}, (_, row) => klimastep.shown(column, row)); }"""
PAINT = """() => { const started = performance.now(), scene = klimastep.scene;
  scene._update();
  scene._context.getImageData(0, 0, 1, 1);
  return performance.now() - started; }"""
FRAMES = """() => { window.frames_ = []; let last = performance.now();
  (function step() {
    const now = performance.now();
    frames_.push(now - last);
    last = now;
    requestAnimationFrame(step);
  })(); }"""


def ink(page: sync_api.Page) -> int:
    """Painted pixels of the map."""
    return page.evaluate(INK)


def test_the_first_view_says_where_first_and_why(opened):
    page = opened()
    assert ink(page) > 10_000
    rows = page.locator("#zone-table tr[data-row]").all_inner_texts()
    assert [r.split()[0] for r in rows[:3]] == ["1", "2", "3"]
    assert page.locator("#zone-table tr.reason").count() == 3
    assert page.locator(".leaflet-control-legend h2").inner_text() == "Handlungsbedarf"
    assert page.locator("#theme-list :checked").get_attribute("value") == "need"


def test_a_theme_changes_layer_and_legend_together(opened):
    page = opened()
    for value, title in (("heat", "Erwartete Wärme je Fläche"), ("solar", "Solarstrom"), ("need", "Handlungsbedarf")):
        page.locator(f"#theme-list input[value={value}]").check()
        assert page.locator(".leaflet-control-legend h2").inner_text() == title
        drawn = page.evaluate("() => klimastep.scene._painters.filter(p => p.look && p.look.theme).map(p => p.table)")
        assert drawn == [page.evaluate("() => klimastep.state.view.table")]
        assert ink(page) > 5_000
    page.locator("#theme-list input[value=heat]").check()
    assert "unbekannt" in page.locator(".leaflet-control-legend table").inner_text()
    assert "kWh/(m²·a)" in page.locator(".leaflet-control-legend table").inner_text()


def test_the_table_is_one_tab_stop_with_arrow_keys_inside(opened):
    page = opened()
    assert page.locator("#zone-table [tabindex='0']").count() == 1
    page.locator("#zone-table tr[data-row]").first.focus()
    page.keyboard.press("ArrowDown")
    focused = "() => document.activeElement.innerText.split(/\\s+/).slice(0, 2).join(' ')"
    assert page.evaluate(focused).startswith("2 ")
    assert page.locator(".leaflet-popup-content h3").inner_text() == "Nordstadt"
    zoom = page.evaluate("() => klimastep.map.getZoom()")
    page.keyboard.press("Home")
    assert page.locator(".leaflet-popup-content h3").inner_text() == "Altstadt"
    assert page.evaluate("() => klimastep.map.getZoom()") == pytest.approx(zoom, abs=1)
    page.keyboard.press("Enter")
    assert "close" in page.evaluate("() => document.activeElement.className")
    page.keyboard.press("Escape")
    assert page.locator(".leaflet-popup").count() == 0
    assert page.evaluate(focused).startswith("1 ")
    page.keyboard.press("ArrowUp")  # to the headings
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    names = page.locator("#zone-table tr[data-row] strong").all_inner_texts()
    assert names[1:] == sorted(names[1:])
    assert page.locator("#zone-table th[aria-sort=ascending]").inner_text().startswith("Name")


def test_a_popup_has_class_figures_contributions_and_sources(opened):
    page = opened()
    page.locator("#zone-table tr[data-row]").first.click()
    text = page.locator(".leaflet-popup-content").inner_text()
    for part in (
        "Altstadt",
        "Handlungsbedarf sehr hoch",
        "Rang 1",
        "900\u202fMWh/(ha·a)",
        "Beitrag zum Ergebnis",
        "Quellen:",
    ):
        assert part in text
    assert page.locator(".leaflet-popup-content .bars li").count() == 2
    assert page.locator(".leaflet-popup-content .bars b").all_inner_texts() == ["67\u202f%", "33\u202f%"]


def test_how_sure_a_class_is_stands_in_table_popup_and_legend(opened):
    page = opened()
    assert "92\u202f%" in page.locator("#zone-table tr[data-row]").first.inner_text()
    assert page.locator("#certainty").is_visible()
    row = page.locator(".leaflet-control-legend tr", has_text="Klasse unsicher")
    assert row.locator("td").first.inner_text() == "2"
    page.locator("#zone-table tr[data-row]").nth(1).click()
    assert "bleibt in 65\u202f% der Gewichtungen" in page.locator(".leaflet-popup-content").inner_text()
    page.locator("#whatif summary").click()
    page.locator("#weights input").nth(0).fill("0")
    assert row.count() == 0
    assert not page.locator("#certainty").is_visible()


def test_hostile_names_do_nothing(opened):
    page = opened()
    page.locator("#zone-table tr[data-row]").last.click()
    assert page.locator(".leaflet-popup-content h3").inner_text() == HOSTILE
    page.locator("#language").click()
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.hacked") is None
    assert page.locator("#stage img").count() == 0


def test_english_has_no_german_left(opened):
    page = opened()
    page.locator("#language").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("#open-method").click()
    text = page.locator("body").inner_text() + " ".join(
        page.evaluate(
            "() => [...document.querySelectorAll('[aria-label],[title]')].map(e => (e.ariaLabel || '') + ' ' + e.title)"
        )
    )
    for german in (
        "Handlungsbedarf",
        "Wärme",
        "Rang",
        "Karte",
        "Ebene",
        "Legende",
        "Schließen",
        "unbekannt",
        "Punkte",
        "Gebäude",
    ):
        assert german not in text, german
    page.keyboard.press("Escape")
    page.locator("#language").click()
    assert page.locator("html").get_attribute("lang") == "de"
    visible = page.locator("body").inner_text()
    for english in ("Need for", "Heat", "Rank", "Legend\n", "unknown", "Score"):
        assert english not in visible, english


@pytest.mark.parametrize(("width", "height"), [(320, 640), (360, 740), (800, 600), (1280, 900)])
def test_nothing_overlaps_or_runs_out_of_the_page(opened, width, height):
    page = opened(width, height)
    for theme in ("need", "heat"):
        page.locator(f"#theme-list input[value={theme}]").check()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        boxes = page.evaluate(BOXES)
        inside = {("#panel", ".leaflet-control-legend")}  # below the map on a narrow screen
        for i, (a, *p) in enumerate(boxes):
            for b, *q in boxes[i + 1 :]:
                apart = p[2] <= q[0] + 1 or q[2] <= p[0] + 1 or p[3] <= q[1] + 11 or q[3] <= p[1] + 11
                assert apart or ((a, b) in inside and width < 700), (a, b)
        cut = page.evaluate(CUT)
        assert cut == []


def test_other_weights_rank_again_and_back(opened):
    page = opened()
    before = page.locator("#zone-table tr[data-row] strong").all_inner_texts()
    page.locator("#whatif summary").click()
    page.locator("#weights input").nth(0).fill("0")
    after = page.locator("#zone-table tr[data-row] strong").all_inner_texts()
    assert after[0] == "Nordstadt"  # oldest
    assert "nicht das Ergebnis des Plans" in page.locator(".leaflet-control-legend").inner_text()
    scores = page.evaluate("() => [0, 1, 2].map(r => klimastep.ranking.score(r))")
    assert scores == pytest.approx([0.5, 0.9, 0.0], abs=1e-4)
    page.locator("#whatif-reset").click()
    assert page.locator("#zone-table tr[data-row] strong").all_inner_texts() == before


def test_the_page_decodes_what_python_packed(opened, town):
    page = opened()
    values = page.evaluate(
        "() => Array.from(klimastep.layers.buildings.column('expected_heat_kwh_a').values, v => isNaN(v) ? null : v)"
    )
    given = town.tables["buildings"]["expected_heat_kwh_a"]
    back = pd.Series(values, index=given.index, dtype="float64")
    assert back.isna().equals(given.isna())
    assert np.allclose(back.dropna(), given.dropna(), rtol=1e-3)
    use = page.evaluate(USES)
    labels = {c.value: c.label_de for c in BUILDINGS["use_class"].categories}
    assert use == [labels.get(v, "unbekannt") for v in town.tables["buildings"]["use_class"].astype(object)]


def test_a_click_in_a_hole_or_between_houses_hits_nothing(opened, tmp_path, town):
    shell = shapely.box(X, Y, X + 40, Y + 40)
    ring = shapely.Polygon(shell.exterior, [shapely.box(X + 10, Y + 10, X + 30, Y + 30).exterior])
    inner = shapely.box(X + 15, Y + 15, X + 20, Y + 20)
    twins = shapely.MultiPolygon([shapely.box(X + 60, Y, X + 70, Y + 10), shapely.box(X + 80, Y, X + 90, Y + 10)])
    frame = gpd.GeoDataFrame(
        {"year_built": pd.array([1900, 1950, 2000], dtype="Int16")},
        index=pd.Index(["a", "b", "c"], name="building_id", dtype="str"),
        geometry=[ring, inner, twins],
        crs="EPSG:25832",
    )
    file = write({"buildings": frame}, Catalogue().adding(BUILDINGS, []), tmp_path, town.about)[0]
    page = opened(file=file)
    spots = gpd.GeoSeries(
        shapely.points(
            [
                [X + 5, Y + 5],
                [X + 25, Y + 25],
                [X + 17, Y + 17],
                [X + 65, Y + 5],
                [X + 85, Y + 5],
                [X + 75, Y + 5],
                [X - 5, Y],
            ]
        ),
        crs="EPSG:25832",
    ).to_crs("EPSG:4326")
    hits = page.evaluate(
        "(spots) => spots.map(s => klimastep.layers.buildings.hit(L.latLng(s[1], s[0]), 18, 6))",
        [[p.x, p.y] for p in spots],
    )
    assert hits == [0, -1, 1, 2, 2, -1, -1]
    assert ink(page) > 100


def test_numbers_are_written_as_the_language_wants(opened):
    page = opened()
    cases = [
        (1234.5, ""),
        (0.294, "kWh/kWh"),
        (99_999, "kWh/a"),
        (2_345_000, "kWh/a"),
        (2.345e9, "kWh/a"),
        (0.456, "1"),
        (None, "kWh/a"),
    ]
    text = page.evaluate("(cases) => cases.map(c => klimastep.quantity(c[0], c[1]))", cases)
    assert text == [
        "1.230",
        "0,294\u202fkWh/kWh",
        "100.000\u202fkWh/a",
        "2.350\u202fMWh/a",
        "2.350\u202fGWh/a",
        "46\u202f%",
        "unbekannt",
    ]
    page.locator("#language").click()
    assert page.evaluate("() => klimastep.quantity(1234.5, 'm²')") == "1,230\u202fm²"


def test_the_printed_page_holds_map_legend_and_table(opened):
    page = opened()
    zoom = page.evaluate("() => klimastep.map.getZoom()")
    page.emulate_media(media="print")
    page.wait_for_timeout(200)
    assert page.locator(".leaflet-control-legend table").is_visible()
    assert page.locator("#zone-table table").is_visible()
    assert not page.locator("#print").is_visible()
    assert ink(page) > 10_000
    page.emulate_media(media="screen")
    page.wait_for_timeout(200)
    assert page.evaluate("() => klimastep.map.getZoom()") == pytest.approx(zoom)


def test_no_accessibility_violation(browser, path):
    axe = next(Path(pytest.importorskip("axe_playwright_python").__file__).parent.glob("axe.min.js"))
    page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page.goto(path.as_uri())
    page.wait_for_selector("body.ready")
    page.locator("#whatif summary").click()
    page.locator("#zone-table tr[data-row]").first.click()
    page.add_script_tag(content=axe.read_text(encoding="utf-8"))
    for theme in ("need", "heat"):
        page.locator(f"#theme-list input[value={theme}]").check()
        found = page.evaluate("() => axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes[0].html]))")
        assert [v for v in found if v[1] in ("serious", "critical")] == [], json.dumps(found, indent=1)
    page.close()


@pytest.mark.slow
def test_sixty_thousand_buildings_draw_and_pan_fast(opened, tmp_path, town):
    heat = Column(
        "expected_heat_kwh_m2a",
        "float64",
        "kWh/(m²·a)",
        "Wärme",
        "Heat",
        nullable=True,
        palette="YlOrRd",
        limits=(50, 100),
    )
    frame = random_table(
        BUILDINGS, 60_000, np.random.default_rng(1), [BUILDINGS["address"], BUILDINGS["year_built"], heat]
    )
    file = write(
        {"buildings": frame}, Catalogue().adding(BUILDINGS, [heat]), tmp_path, replace(town.about, weights=())
    )[0]
    page = opened(file=file)
    assert ink(page) > 50_000
    assert min(page.evaluate(PAINT) for _ in range(3)) < 1000
    page.evaluate(FRAMES)
    page.mouse.move(800, 400)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(800 - 4 * i, 400 + i)
        page.wait_for_timeout(8)
    frames = sorted(page.evaluate("() => frames_"))
    page.mouse.up()
    assert frames[len(frames) // 2] <= 33
