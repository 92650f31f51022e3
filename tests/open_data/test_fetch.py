"""Fetching from an office that misbehaves: 404, 500, cut connections, wrong lengths, web pages, changed files."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
from urllib.parse import unquote

import pytest
from fake_office import open_office, zipped

from klimastep import open_data
from klimastep.errors import InputError, OutputError, PlanError
from klimastep.open_data.ledger import Ledger

BOX = (513_100, 5_416_100, 516_900, 5_417_900)  # two tiles
FIRST, SECOND = "/data/lod2/LoD2_32_513_5416_2_bw.zip", "/data/lod2/LoD2_32_515_5416_2_bw.zip"
NOISE = random.Random(8118).randbytes(3_000_000)  # the same in every run


@pytest.fixture
def served(office):
    office.files = {FIRST: zipped(a__gml=NOISE), SECOND: zipped(b__gml=b"<x/>")}
    return office


def ask(office, folder, what=("lod2",), bbox=BOX, **more):
    request = open_data.Request(
        "08118048", open_data.outline_of(None, bbox), what, base_url=office.url, **{"wait_s": 0.01, **more}
    )
    return {o.item.file.rsplit("/", 1)[1]: o for o in open_data.fetch(request, folder)}


def statuses(outcomes):
    return [o.status for o in outcomes.values()]


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


CLEAN = ["gemeinde.gpkg", "lod2/LoD2_32_513_5416_2_bw.zip", "lod2/LoD2_32_515_5416_2_bw.zip", "quellen.json"]


def test_all_files_come_with_their_records(served, tmp_path):
    assert statuses(ask(served, tmp_path)) == ["fetched", "fetched"]
    assert names(tmp_path) == CLEAN
    told = json.loads((tmp_path / "quellen.json").read_text(encoding="utf-8"))
    record = told["dateien"][0]
    assert told["ags"] == "08118048"
    assert record["sha256"] == hashlib.sha256(served.files[FIRST]).hexdigest()
    assert record["bytes"] == len(served.files[FIRST])
    assert (record["lizenz"], record["quellenvermerk"]) == ("dl-de/by-2-0", "Datenquelle: LGL, www.lgl-bw.de")
    assert record["url"].endswith(FIRST)
    assert record["abgerufen"].startswith("20")
    assert {agent for _, _, agent in served.asked} == {f"klimastep/{__import__('klimastep').__version__}"}


def test_what_is_there_is_not_asked_for_again(served, tmp_path):
    ask(served, tmp_path)
    served.asked.clear()
    assert statuses(ask(served, tmp_path)) == ["kept", "kept"]
    assert served.asked == []


def test_a_tile_that_does_not_exist_is_told_and_the_rest_goes_on(served, tmp_path):
    del served.files[FIRST]
    outcomes = ask(served, tmp_path)
    assert statuses(outcomes) == ["missing", "fetched"]
    assert len(served.requests(FIRST)) == 1
    open_data.refuse_failures(list(outcomes.values()))
    served.files.clear()
    with pytest.raises(InputError, match="the office has none of the 2 files"):
        open_data.refuse_failures(list(ask(served, tmp_path / "b").values()))


def test_a_server_in_trouble_gets_two_more_chances(served, tmp_path):
    served.faults[FIRST] = ["500", "503", "ok"]
    assert statuses(ask(served, tmp_path)) == ["fetched", "fetched"]
    assert len(served.requests(FIRST)) == 3


def test_a_server_that_stays_in_trouble_is_given_up(served, tmp_path):
    served.faults[FIRST] = ["500"]
    outcomes = ask(served, tmp_path)
    assert statuses(outcomes) == ["refused", "fetched"]
    assert "answers 500, 5 attempts" in outcomes["LoD2_32_513_5416_2_bw.zip"].text
    with pytest.raises(InputError, match="1 of 2 files were refused"):
        open_data.refuse_failures(list(outcomes.values()))


def test_forbidden_is_final(served, tmp_path):
    served.faults[FIRST] = ["403"]
    assert "answers 403" in ask(served, tmp_path)["LoD2_32_513_5416_2_bw.zip"].text
    assert len(served.requests(FIRST)) == 1


def test_a_cut_connection_is_resumed_where_it_broke(served, tmp_path):
    served.faults[FIRST] = ["cut", "cut", "ok"]
    assert statuses(ask(served, tmp_path)) == ["fetched", "fetched"]
    ranges = served.requests(FIRST)
    half = len(served.files[FIRST]) // 2
    assert ranges[0] == ""
    assert 0 < int(ranges[1].removeprefix("bytes=").rstrip("-")) <= half
    assert int(ranges[2].removeprefix("bytes=").rstrip("-")) > half
    assert (tmp_path / "lod2" / FIRST.rsplit("/", 1)[1]).read_bytes() == served.files[FIRST]
    assert names(tmp_path) == CLEAN


def test_a_server_without_ranges_starts_anew(served, tmp_path):
    served.faults[FIRST] = ["cut", "no_range"]
    assert statuses(ask(served, tmp_path)) == ["fetched", "fetched"]
    assert (tmp_path / "lod2" / FIRST.rsplit("/", 1)[1]).read_bytes() == served.files[FIRST]


def test_a_part_of_an_older_edition_is_not_continued(served, tmp_path):
    served.faults[FIRST] = ["cut"]
    assert statuses(ask(served, tmp_path))[0] == "refused"
    served.faults.clear()
    served.files[FIRST], served.tag = zipped(a__gml=os.urandom(3_000_000)), '"v2"'
    assert statuses(ask(served, tmp_path)) == ["fetched", "kept"]
    assert (tmp_path / "lod2" / FIRST.rsplit("/", 1)[1]).read_bytes() == served.files[FIRST]


@pytest.mark.parametrize(("fault", "message"), [("long", "connection broke|announced"), ("short", "zip is damaged"), ("html", "a web page came in place of the zip")])  # fmt: skip  # noqa: E501
def test_what_is_not_the_file_is_refused(served, tmp_path, fault, message):
    served.faults[FIRST] = [fault]
    outcomes = ask(served, tmp_path)
    assert statuses(outcomes) == ["refused", "fetched"]
    assert re.search(message, outcomes["LoD2_32_513_5416_2_bw.zip"].text)
    assert FIRST.rsplit("/", 1)[1] not in [n.rsplit("/", 1)[-1] for n in names(tmp_path)]
    assert [r["datei"] for r in json.loads((tmp_path / "quellen.json").read_text(encoding="utf-8"))["dateien"]] == [
        "lod2/LoD2_32_515_5416_2_bw.zip"
    ]


def test_bytes_that_are_no_zip_or_a_damaged_one_are_refused(served, tmp_path):
    served.files[FIRST] = b"\x7fELF" + NOISE
    damaged = bytearray(served.files[SECOND])
    damaged[40] ^= 0xFF
    served.files[SECOND] = bytes(damaged)
    texts = [o.text for o in ask(served, tmp_path).values()]
    assert texts[0].startswith("no zip came, the file begins with b'\\x7fELF")
    assert "damaged" in texts[1]
    assert names(tmp_path) == ["gemeinde.gpkg"]


def test_a_file_that_no_longer_fits_its_record_is_refused(served, tmp_path):
    ask(served, tmp_path)
    file = tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip"
    file.write_bytes(zipped(a__gml=b"other"))
    outcome = ask(served, tmp_path)[file.name]
    assert outcome.status == "refused"
    assert "SHA-256 is not the recorded" in outcome.text
    assert "--update" in outcome.text
    assert statuses(ask(served, tmp_path, update=True)) == ["fetched", "fetched"]
    assert file.read_bytes() == served.files[FIRST]


def test_another_edition_at_the_office_is_refused_until_accepted(served, tmp_path):
    ask(served, tmp_path)
    file = tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip"
    file.unlink()
    served.files[FIRST] = zipped(a__gml=b"new edition")
    outcome = ask(served, tmp_path)[file.name]
    assert outcome.status == "refused"
    assert "new edition" in outcome.text
    assert not file.exists()
    assert statuses(ask(served, tmp_path, update=True)) == ["fetched", "fetched"]
    assert Ledger(tmp_path).records["lod2/" + file.name]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_umlauts_are_percent_encoded(office, tmp_path):
    path = "/data/alkis/ALKIS-oE_081234_Oßweil_nas.zip"
    office.files[path] = zipped(a__xml=b"<a/>")
    assert statuses(ask(office, tmp_path, ["alkis"], districts=[("081234", "Oßweil")])) == ["fetched"]
    assert office.asked[0][0] == "/data/alkis/ALKIS-oE_081234_O%C3%9Fweil_nas.zip"
    assert unquote(office.asked[0][0]) == path
    assert (tmp_path / "alkis" / "ALKIS-oE_081234_Oßweil_nas.zip").exists()
    assert "Oßweil" in (tmp_path / "quellen.json").read_text(encoding="utf-8")


def test_a_file_that_lay_there_already_is_kept_and_said_so(served, tmp_path):
    (tmp_path / "lod2").mkdir()
    (tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip").write_bytes(zipped(a__gml=b"by hand"))
    outcome = ask(served, tmp_path)["LoD2_32_513_5416_2_bw.zip"]
    assert (outcome.status, outcome.text) == ("kept", "lag schon da, Herkunft nicht geprüft")
    assert Ledger(tmp_path).records["lod2/LoD2_32_513_5416_2_bw.zip"]["abgerufen"] is None


def test_no_office_at_all(tmp_path):
    with open_office() as office:
        url = office.url
    office.url = url
    outcome = next(iter(ask(office, tmp_path).values()))
    assert outcome.status == "refused"
    assert "5 attempts" in outcome.text


def test_unwritable_folder_and_broken_records(served, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        ask(served, tmp_path / "file")
    (tmp_path / "quellen.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"quellen\.json: cannot be read"):
        ask(served, tmp_path)


def test_words_of_the_command_line():
    request = open_data.request("08118048", "lod2, census", None, "513100,5416100,516900,5417900", ["081234:Oßweil"])
    assert (list(request.what), request.districts) == (["lod2", "census"], (("081234", "Oßweil"),))
    with pytest.raises(PlanError, match="--gemarkung KEY:NAME"):
        open_data.request("08118048", "alkis", None, "513100,5416100,516900,5417900", [])
    with pytest.raises(PlanError, match="expected four numbers"):
        open_data.request("08118048", "lod2", None, "a,b", [])


def test_a_killed_download_resumes(served, tmp_path):
    body = zipped(a__gml=os.urandom(40_000_000))
    served.files[FIRST] = body
    words = ["fetch", "--ags", "08118048", "--what", "lod2", "--bbox", ",".join(map(str, BOX)), "--into", str(tmp_path)]
    command = [sys.executable, "-m", "klimastep.cli", *words, "--base-url", served.url]
    part = tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip.new.part"
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while time.monotonic() < end and running.poll() is None and not (part.exists() and part.stat().st_size > 1_000_000):
        time.sleep(0.0005)
    running.kill()
    running.communicate()
    left = part.stat().st_size if part.exists() else 0
    assert left > 0
    assert not (tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip").exists()
    served.asked.clear()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "geladen: lod2/LoD2_32_513_5416_2_bw.zip" in done.stdout
    assert served.requests(FIRST) == [f"bytes={left}-"]
    assert (tmp_path / "lod2" / "LoD2_32_513_5416_2_bw.zip").read_bytes() == body
    assert not list(tmp_path.rglob("*.part*"))
