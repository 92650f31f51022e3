"""Outputs appear whole or not at all."""

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from klimastep import rundir
from klimastep.errors import InputError, OutputError
from klimastep.rundir import edition_folder


def _make(run_folder, text):
    with edition_folder(run_folder, "intern") as folder:
        (folder / "index.html").write_text(text, encoding="utf-8")


def test_a_run_replaces_the_last_one_as_a_whole(tmp_path):
    _make(tmp_path / "ort", "eins")
    (tmp_path / "ort" / "intern" / "alt.txt").write_text("alt", encoding="utf-8")
    _make(tmp_path / "ort", "zwei")
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "zwei"
    assert [p.name for p in (tmp_path / "ort").iterdir()] == ["intern"]
    assert not (tmp_path / "ort" / "intern" / "alt.txt").exists()


def test_an_error_leaves_the_last_good_outputs(tmp_path):
    _make(tmp_path / "ort", "eins")

    def fail():
        with edition_folder(tmp_path / "ort", "intern") as folder:
            (folder / "index.html").write_text("halb", encoding="utf-8")
            raise InputError("x", "kaputt")

    with pytest.raises(InputError):
        fail()
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "eins"
    assert [p.name for p in (tmp_path / "ort").iterdir()] == ["intern"]


def test_a_killed_run_leaves_the_last_good_outputs(tmp_path):
    _make(tmp_path / "ort", "eins")
    script = (
        "import sys, time, pathlib\n"
        "from klimastep.rundir import edition_folder\n"
        "with edition_folder(pathlib.Path(sys.argv[1]), 'intern') as folder:\n"
        "    (folder / 'index.html').write_text('halb')\n"
        "    (folder.parent / 'ready').write_text('')\n"
        "    time.sleep(60)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "ort")])
    ready = tmp_path / "ort" / "ready"
    for _ in range(200):
        if ready.exists():
            break
        time.sleep(0.1)
    assert ready.exists()
    run.kill()
    run.wait()
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "eins"
    _make(tmp_path / "ort", "zwei")
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "zwei"


def test_killed_between_the_two_renames(tmp_path):
    _make(tmp_path / "ort", "eins")
    (tmp_path / "ort" / "intern").rename(tmp_path / "ort" / ".intern.old")
    _make(tmp_path / "ort", "zwei")
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "zwei"
    assert [p.name for p in (tmp_path / "ort").iterdir()] == ["intern"]


def test_a_file_held_open_keeps_the_new_result_beside(tmp_path, monkeypatch):
    _make(tmp_path / "ort", "eins")
    rename, replace = Path.rename, Path.replace

    def held_folder(self, target):
        if self.name == "intern":
            raise PermissionError(errno.EACCES, "in use", str(self))
        return rename(self, target)

    def held_file(self, target):
        if Path(target).name == "index.html":
            raise PermissionError(errno.EACCES, "in use", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "rename", held_folder)
    monkeypatch.setattr(Path, "replace", held_file)
    with pytest.raises(OutputError, match="Datei ist geöffnet"):
        _make(tmp_path / "ort", "zwei")
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "eins"
    assert (tmp_path / "ort" / "intern" / "index.neu.html").read_text(encoding="utf-8") == "zwei"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk full"), (errno.EROFS, "read-only"), (errno.EIO, "os")]
)
def test_disk_full_and_read_only(tmp_path, number, words):
    _make(tmp_path / "ort", "eins")
    with pytest.raises(OutputError, match=words), edition_folder(tmp_path / "ort", "intern"):
        raise OSError(number, "os", "datei")
    assert (tmp_path / "ort" / "intern" / "index.html").read_text(encoding="utf-8") == "eins"


def test_reading_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        rundir.read_tables(tmp_path)
