"""From an office to a map: fetch, init, run, with the synthetic town served under the official names."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from fake_office import zipped

from klimastep import sources
from klimastep.config import load_config
from klimastep.errors import InputError, PlanError
from klimastep.open_data import draft_plan

ROOT = Path(__file__).resolve().parents[2]
TOWN = ROOT / "data" / "musterstadt"
BOX = "520400,5420400,521700,5421600"
CENSUS = "/static/DE/zensus/gitterdaten/"
CLASSES = "Insgesamt_Gebaeude;Vor1919;a1919bis1948;a1949bis1978;a1979bis1990;a1991bis2000;a2001bis2010;a2011bis2019"


def klimastep(*words, cwd):
    command = [sys.executable, "-m", "klimastep.cli", *map(str, words)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=env)


@pytest.fixture
def served(office):
    tiles = {f"/data/lod2/LoD2_32_{e}_5420_2_bw.zip": {} for e in (519, 521)}
    for path in sorted((TOWN / "lod2").glob("*.zip")):
        east = int(path.name.split("_")[2])
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                tiles[f"/data/lod2/LoD2_32_{519 if east < 521 else 521}_5420_2_bw.zip"][name] = archive.read(name)
    office.files = {path: zipped(**members) for path, members in tiles.items()}
    surface = (TOWN / "oberflaechenmodell" / "dom1.tif").read_bytes()
    office.files["/data/dom1/dom1_32_519_5420_2_bw.zip"] = zipped(**{"dom1_32_520_5420_1_bw.tif": surface})
    long = (TOWN / "zensus" / "zensus2011_gebaeude100m.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = sorted({line.split(";")[1] for line in long})
    text = "\n".join([f"GITTER_ID_100m;x_mp_100m;y_mp_100m;{CLASSES}", *(f"{c};0;0;12;3;–;5;4;–;–;–" for c in cells)])
    office.files[CENSUS + "Gebaeude_nach_Baujahr_in_Mikrozensus_Klassen.zip"] = zipped(
        **{"Baujahr/Zensus2022_Gebaeude_nach_Baujahr_in_MZ_Klassen_100m-Gitter.csv": text.encode()}
    )
    return office


@pytest.mark.slow
def test_from_the_office_to_a_map(served, tmp_path):
    words = ("--ags", "08118048", "--what", "lod2,dom,dgm,census", "--bbox", BOX, "--base-url", served.url)
    done = klimastep("fetch", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("geladen: ") == 4
    assert done.stdout.count("gibt es nicht: ") == 5
    done = klimastep("init", "--ags", "08118048", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    config = load_config(tmp_path / "plan.yaml")
    assert [s.reader for s in config.sources] == ["citygml", "surface_model", "census", "areas", "areas", "weather_try"]
    assert config.sources[0].path == "data/08118048/lod2"
    done = klimastep("check", "plan.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = klimastep("run", "plan.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "maps" / "gemeinde-08118048" / "intern"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Datenquelle: LGL, www.lgl-bw.de, dl-de/by-2-0" in page
    assert "Zensus 2022" in page


def test_the_draft_is_the_template_with_these_sources(tmp_path):
    folder = tmp_path / "data" / "08118048"
    _outline(folder)
    (folder / "lod2").mkdir()
    (folder / "lod2" / "LoD2_32_513_5416_2_bw.zip").write_bytes(zipped(a=b""))
    plan = tmp_path / "plaene" / "stadt.yaml"
    (folder / "alkis").mkdir()
    (folder / "alkis" / "ALKIS-oE_081234_Oßweil_nas.zip").write_bytes(zipped(a=b""))
    raw = yaml.safe_load(draft_plan("08118048", folder, plan))
    assert [s["options"]["table"] for s in raw["sources"][:2]] == ["buildings", "parcels"]
    assert raw["sources"][2] == {
        "reader": "citygml",
        "path": "../data/08118048/lod2",
        "options": {"attribution": "Datenquelle: LGL, www.lgl-bw.de, dl-de/by-2-0"},
    }
    assert raw["sources"][-1]["options"] == {"latitude_deg": 48.898, "longitude_deg": 9.196}
    assert raw["name"] == "gemeinde-08118048"
    assert "# Weight of each indicator" in draft_plan("08118048", folder, plan)


def test_folders_without_data_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no gemeinde\.gpkg; expected a folder that klimastep fetch wrote"):
        draft_plan("08118048", tmp_path, tmp_path / "plan.yaml")
    _outline(tmp_path)
    with pytest.raises(InputError, match="nothing fetched in it"):
        draft_plan("08118048", tmp_path, tmp_path / "plan.yaml")
    (tmp_path / "quellen.json").write_text('{"ags": "08111000", "dateien": []}', encoding="utf-8")
    with pytest.raises(PlanError, match="holds the data of 08111000"):
        draft_plan("08118048", tmp_path, tmp_path / "plan.yaml")


def test_the_words_of_the_commands(tmp_path):
    done = klimastep("fetch", "--ags", "08118048", cwd=tmp_path)
    assert (done.returncode, "--boundary FILE or --bbox" in done.stderr) == (2, True)
    done = klimastep("init", "--from", "x", cwd=tmp_path)
    assert (done.returncode, "--ags" in done.stderr) == (2, True)
    assert sources.names()


def _outline(folder):
    from klimastep.open_data import outline_of

    folder.mkdir(parents=True, exist_ok=True)
    outline_of(None, (513_900, 5_415_600, 514_900, 5_416_600)).to_file(folder / "gemeinde.gpkg", layer="gemeinde")
