"""The commands as a town hall uses them: help at once, promised files, pipes, old consoles, long paths, killed runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import yaml
from small_town import Town, command, make_town

import klimastep
from klimastep import cli, heat, sources
from klimastep.config import load_config
from klimastep.steps import Step
from klimastep.tables import HEIGHT, TABLES

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("numpy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "numba", "folium", "lxml", "pyarrow")
HELP_S = 0.5
QUALITY = {"pruefung.html", "pruefung.en.html", "pruefung.gpkg"}
RECORDS = {"index.html", "columns.json", "provenance.json", "checks.json", "log.txt", "plan.yaml"} | QUALITY
SOLAR_OUT = ("solar_balance", "solar_hours", "best_roofs")
OUT = ("buildings", "roofs", "blocks", "districts", "zones", "heat_grid", "load_curves", *SOLAR_OUT)
TABLES_OUT = {f"tables/{name}.parquet" for name in OUT}


def start(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
    """Start ``klimastep`` in a process of its own, both streams piped."""
    return subprocess.Popen(
        [sys.executable, "-m", "klimastep.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def files_of(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Town:
    return make_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def done(town, tmp_path_factory) -> tuple[dict[str, pd.DataFrame], Path]:
    """Return the tables of a run and its maps folder."""
    maps = tmp_path_factory.mktemp("maps")
    return klimastep.run(town.plan, maps), maps


# --- help and small commands --------------------------------------------------------------------------------------


def test_help_comes_at_once():
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        process = start("--help")
        out, err = process.communicate(timeout=60)
        seconds.append(time.perf_counter() - begun)
        assert process.returncode == 0, err
    for name in COMMANDS:
        assert f"  {name} " in out.decode()
    assert min(seconds) < HELP_S


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments):
    script = (
        "import sys\nfrom klimastep.cli import main\nsys.argv = ['klimastep', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, env=environment, check=True)
    assert run.stderr.decode().strip() == "[]"


COMMANDS = sorted(c.name or c.callback.__name__ for c in cli.app.registered_commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name):
    shown = command(name, "--help")
    assert shown.code == 0
    function = next(c.callback for c in cli.app.registered_commands if (c.name or c.callback.__name__) == name)
    assert " ".join(function.__doc__.split()) in " ".join(shown.out.split())


def test_the_promised_commands_are_there():
    assert {"demo", "run", "check", "init", "columns", "sample", "sources", "publish"} <= set(COMMANDS)


def test_nothing_and_version_and_nonsense():
    assert command("--version").out.strip() == klimastep.__version__
    assert "Usage" in command().out + command().err
    wrong = command("rnu")
    assert wrong.code == 2
    assert "rnu" in wrong.err


def test_init_writes_a_valid_commented_plan_and_overwrites_nothing(tmp_path):
    path = tmp_path / "mein plan.yaml"
    assert command("init", path).code == 0
    assert load_config(path).name == "meine-stadt"
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [i for i, line in enumerate(lines) if line and line[0].isalpha()]
    assert all(lines[i - 1].startswith("# ") for i in keys), "a comment above each key"
    path.write_text("name: meins", encoding="utf-8")
    command("init", path).says(5, "mein plan.yaml", "exists", "--force")
    assert path.read_text(encoding="utf-8") == "name: meins"
    assert command("init", path, "--force").code == 0
    assert load_config(path).name == "meine-stadt"


def test_columns_of_all_tables_of_one_and_of_none(done):
    out = command("columns").out
    assert all(f"{t.name} ({t.label_de}), index {t.id}" in out for t in TABLES.values())
    one = command("columns", "buildings").out
    assert "height_m" in one
    assert "tilt_deg" not in one
    command("columns", "builings").says(2, "'builings'", "buildings", "roofs")
    assert "expected_heat_kwh_a" not in one
    after = command("columns", "buildings", "--run", done[1] / "kleinstadt").out
    assert "expected_heat_kwh_a" in after
    assert "kWh/a" in after


def test_sources_lists_each_reader_with_what_it_reads():
    lines = command("sources").out.splitlines()
    assert [line.split()[0] for line in lines] == sources.names()
    assert all(len(line.split()) > 4 for line in lines)


# --- check --------------------------------------------------------------------------------------------------------


def test_check_reports_on_the_stock_and_computes_no_heat(town, tmp_path, monkeypatch):
    monkeypatch.setattr("klimastep.plan.heat", lambda *_: pytest.fail("check computed heat"))
    shown = command("check", town.plan, "--maps", tmp_path)
    assert (shown.code, shown.err) == (0, "")
    folder = tmp_path / "kleinstadt" / "pruefung"
    assert files_of(tmp_path) == {
        f"kleinstadt/pruefung/{name}" for name in ("index.html", "index.en.html", "pruefung.gpkg", "log.txt")
    }
    assert shown.out.splitlines()[-1] == f"Prüfbericht: {folder / 'index.html'}"
    assert "gebäude.gpkg" in (folder / "index.html").read_text(encoding="utf-8")


def test_a_report_that_fails_leaves_the_last_one(town, tmp_path, monkeypatch):
    command("check", town.plan, "--maps", tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)}
    monkeypatch.setattr("klimastep.export.geopackage.write", mock.Mock(side_effect=OSError(28, "full")))
    shown = command("check", town.plan, "--maps", tmp_path)
    assert shown.code != 0
    assert {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)} == before


def test_check_without_report_computes_and_writes_nothing(town, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = files_of(town.folder)
    monkeypatch.setattr("klimastep.plan.buildings", lambda *_: pytest.fail("check computed something"))
    shown = command("check", town.plan, "--no-report")
    assert shown.code == 0, shown.err
    assert "gebäude.gpkg: 12 Zeilen gelesen, 12 übernommen, 0 beiseitegelegt (buildings)" in shown.out
    assert files_of(town.folder) == before
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"exports": ["pdf"]}, 2),
        ({"zones": {"weights": {"beauty": 1}}}, 2),
        ({"zones": {"from": "zones"}}, 2),
        ({"heat": {"default_carrier": "kohle"}}, 2),
        ({"sources": [{"reader": "alkis_simple", "path": "weg.gpkg"}]}, 3),
    ],
)
def test_what_a_run_refuses_check_refuses_too(tmp_path, changed, code):
    town = make_town(tmp_path)
    town.replan(**changed)
    assert command("check", town.plan).code == code
    assert command("run", town.plan, "--maps", tmp_path / "maps").code == code
    assert not (tmp_path / "maps" / "kleinstadt").exists(), "a run that failed leaves no empty folder"


# --- run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("synthetic", "file"), [(True, "kleinstadt.gpkg"), (False, "kleinstadt_INTERN.gpkg")])
def test_a_run_writes_exactly_the_promised_files(tmp_path, synthetic, file):
    town = make_town(tmp_path / "town", synthetic=synthetic)
    shown = command("run", town.plan, "--maps", tmp_path / "maps")
    assert (shown.code, shown.err) == (0, "")
    folder = tmp_path / "maps" / "kleinstadt" / "intern"
    assert files_of(tmp_path / "maps") == {f"kleinstadt/intern/{name}" for name in RECORDS | TABLES_OUT | {file}}
    assert str(folder / "index.html") in shown.out
    assert str(folder / file) in shown.out
    assert "12 Gebäude" in shown.out


def test_the_provenance_says_from_what_and_how(done, town):
    folder = done[1] / "kleinstadt" / "intern"
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["version"] == klimastep.__version__
    assert told["seed"] == load_config(town.plan).seed
    for name in ("gebäude.gpkg", "lod2.gml", "blocks.gpkg", "districts.gpkg"):
        assert told["inputs_sha256"][name] == hashlib.sha256((town.folder / name).read_bytes()).hexdigest()
    assert any("TRY2010_12" in name for name in told["inputs_sha256"])
    assert told["packages"]["geopandas"] == gpd.__version__
    assert told["python"]
    assert told["weather"]["source"] == "TRY2010_12_Jahr.dat"
    assert -30 < told["weather"]["sun_offset_min"] < 30
    said = told["about"]["notes_de"]
    assert any("Kosten, Überschuss und Amortisation der Photovoltaik fehlen" in note for note in said)
    for step in told["steps"]:
        assert step["seconds"] >= 0
        assert step["peak_memory_mb"] > 1
        assert step["rows"] is not None, step
    names = [s["step"] for s in told["steps"]]
    assert {"cadastre.merge", "heat.demand.demand", "solar.photovoltaic.photovoltaic", "export.web_map"} <= set(names)


def test_the_other_records_can_be_read(done):
    folder = done[1] / "kleinstadt" / "intern"
    checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    assert {"findings", "weather", "conserved_districts"} <= set(checks)
    assert "line_density" not in checks
    assert "no_streets" in {f["kind"] for f in checks["findings"]}
    columns = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    assert {"buildings", "zones"} <= {t["name"] for t in columns}
    assert "heat.demand.demand: 12 rows" in (folder / "log.txt").read_text(encoding="utf-8")
    assert load_config(folder / "plan.yaml").name == "kleinstadt"
    layers = {str(name) for name, _ in pyogrio.list_layers(folder / "kleinstadt.gpkg")}
    assert {"zones", "buildings", "roofs", "blocks", "districts"} <= layers


@pytest.mark.parametrize("folder", ["kleinstadt", "kleinstadt/intern"])
def test_read_gives_the_tables_of_the_run(done, folder):
    tables, maps = done
    again = klimastep.read(maps / folder)
    assert set(again) == set(tables)
    for name, table in tables.items():
        same = again[name].reindex(table.index)
        assert list(same.columns) == [c for c in same.columns if c in table]
        assert set(same.columns) == set(table.columns)
        plain = [c for c in table.columns if c != "geometry"]
        pd.testing.assert_frame_equal(pd.DataFrame(same[plain]), pd.DataFrame(table[plain]))
        if "geometry" not in table:
            continue
        assert isinstance(same, gpd.GeoDataFrame)
        assert same.crs == table.crs
        assert same.geometry.geom_equals(table.geometry).all()


@pytest.fixture(scope="module")
def alone(town, tmp_path_factory) -> tuple[bytes, bytes, Path]:
    """Return both streams and the folder of a run in its own process, piped, on a console with a small code page."""
    maps = tmp_path_factory.mktemp("Łódź → Süd")  # neither Ł nor the arrow are in cp1252
    process = start("run", town.plan, "--maps", maps, PYTHONHASHSEED="4711", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out, err, maps / "kleinstadt" / "intern"


def test_the_same_plan_gives_the_same_bytes(done, alone):
    first, second = done[1] / "kleinstadt" / "intern", alone[2]
    days = {json.loads((f / "provenance.json").read_text(encoding="utf-8"))["made_on"] for f in (first, second)}
    if len(days) > 1:
        pytest.skip("midnight fell between the two runs")
    for name in sorted(TABLES_OUT | {"columns.json", "index.html"}):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


# --- terminals, consoles, paths -----------------------------------------------------------------------------------


def test_no_progress_bar_in_a_pipe(alone):
    out, err, _ = alone
    assert err == b""
    assert b"\x1b" not in out


def test_a_console_with_a_small_code_page(alone):
    assert "12 Gebäude" in alone[0].decode("cp1252")


@pytest.mark.skipif(os.name == "nt", reason="pseudo terminals need a POSIX system")
def test_a_progress_bar_on_a_terminal_and_no_file_opened_without_encoding(town, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    watch = ["-X", "warn_default_encoding", "-W", "always::EncodingWarning"]
    line = [sys.executable, *watch, "-m", "klimastep.cli", "run", str(town.plan), "--maps", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux says so where the other end is closed
        pass
    process.communicate(timeout=120)
    os.close(ours)
    assert process.returncode == 0
    assert b"heat." in shown
    assert b"\x1b" in shown
    package = str(ROOT / "klimastep") + os.sep
    warned = [w for w in shown.decode().splitlines() if package in w and "EncodingWarning" in w]
    assert not warned


def test_an_error_on_a_console_with_a_small_code_page(tmp_path):
    process = start("run", tmp_path / "Łódź →.yaml", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert b"no such plan file" in err
    assert b"Traceback" not in err


def test_umlauts_spaces_and_a_long_path_named_relatively(tmp_path, monkeypatch):
    folder = tmp_path / "Städtebau & Grün (2026)"
    while len(str(folder)) < 200:
        folder = folder / "Wärmeplanung – Entwürfe, Größe XL"
    make_town(folder / "Daten für Straße 1")
    monkeypatch.chdir(folder)
    shown = command("run", "Daten für Straße 1/plan.yaml")
    assert shown.code == 0, shown.err
    assert len(klimastep.read(folder / "maps" / "kleinstadt")["buildings"]) == 12


def test_a_pipe_that_closes_early():
    process = start("columns")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert b"Traceback" not in err


# --- runs that end early ------------------------------------------------------------------------------------------

SLOW = """
import pathlib, sys, time
from klimastep import cli
from klimastep.export import web_map
def write(tables, catalogue, folder, about):
    (folder / "index.html").write_text("halb", encoding="utf-8")
    ready.touch()
    time.sleep(60)
web_map.write, ready = write, pathlib.Path(sys.argv.pop())
cli.main()
"""


@pytest.fixture
def before(done) -> dict[str, bytes]:
    """Return the content of the last good outputs."""
    return {name: (done[1] / name).read_bytes() for name in files_of(done[1])}


def _slow_run(town: Town, maps: Path) -> subprocess.Popen[bytes]:
    """Start a run and return when it has written everything but the map."""
    ready = town.folder / "ready"
    ready.unlink(missing_ok=True)
    line = [sys.executable, "-c", SLOW, "run", str(town.plan), "--maps", str(maps), str(ready)]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    for _ in range(600):
        if ready.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert ready.exists(), process.communicate()
    return process


def test_a_killed_run_leaves_the_last_good_outputs(town, done, before):
    maps = done[1]
    process = _slow_run(town, maps)
    process.kill()
    process.communicate(timeout=60)
    assert {name: (maps / name).read_bytes() for name in before} == before
    assert len(klimastep.read(maps / "kleinstadt")["buildings"]) == 12
    assert command("run", town.plan, "--maps", maps).code == 0
    assert files_of(maps) == set(before), "the next run clears what the killed one left"


def _raiser(error: type[BaseException]):
    def fail(*_, **__):
        raise error

    return fail


def test_interrupted_by_hand(town, done, before, monkeypatch):
    monkeypatch.setattr("klimastep.export.parquet.write", _raiser(KeyboardInterrupt))
    shown = command("run", town.plan, "--maps", done[1])
    assert shown.code == 130
    assert len(shown.err.strip().splitlines()) <= 1
    assert {name: (done[1] / name).read_bytes() for name in files_of(done[1])} == before


def test_out_of_memory(town, done, before, monkeypatch):
    monkeypatch.setattr("klimastep.cadastre.merge", _raiser(MemoryError))
    command("run", town.plan, "--maps", done[1]).says(1, "out of memory")
    assert {name: (done[1] / name).read_bytes() for name in files_of(done[1])} == before


def test_a_breach_of_the_contract_has_its_code(town, done, before, monkeypatch):
    step = heat.typology
    monkeypatch.setattr("klimastep.heat.typology", Step(lambda *_, **__: {"height_m": -1.0}, step.table, (), (HEIGHT,)))
    command("run", town.plan, "--maps", done[1]).says(4, "buildings.height_m: expected >= 0 m, got -1", "DEBWL000")
    assert {name: (done[1] / name).read_bytes() for name in files_of(done[1])} == before


def test_every_setting_of_the_plan_is_accepted(tmp_path):
    town = make_town(tmp_path)
    town.replan(
        heat={
            "heating_base_degc": 15,
            "refurbished": "none",
            "default_carrier": "district_heat",
            "target_state": "advanced",
        },
        solar={"performance_ratio": 0.7, "flat_layout": "south", "suitability_scale": "lubw_absolute"},
        zones={"from": "blocks", "weights": {"heat_density": 2, "solar_cover": 0}, "min_coverage_share": 0.1},
        exports=["geopackage"],
        title_en="Small town",
    )
    shown = command("run", town.plan, "--maps", tmp_path / "maps")
    assert shown.code == 0, shown.err
    folder = tmp_path / "maps" / "kleinstadt" / "intern"
    assert not (folder / "index.html").exists()
    resolved = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8"))
    assert resolved["zones"]["from"] == "blocks"
    assert resolved["zones"]["high_share"] == 0.3
    assert len(klimastep.read(folder)["zones"]) == 2
