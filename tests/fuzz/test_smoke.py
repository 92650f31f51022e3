"""The fuzzer still runs: its good files are read, damage is reproducible, failures are seen."""

import sys
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import work  # noqa: E402
from mutate import mutate  # noqa: E402
from seeds import Seed, seeds  # noqa: E402

from klimastep import sources  # noqa: E402


@pytest.fixture(scope="module")
def good():
    return seeds()


@pytest.fixture
def guard(tmp_path):
    watching = work.Guard(str(tmp_path / "tmp"))
    (tmp_path / "work" / "in").mkdir(parents=True)
    yield watching
    watching.on = False


def test_every_reader_has_a_good_file(good):
    assert {seed.reader for seed in good} == set(sources.names())


def test_damage_can_be_made_again(good):
    for seed in good:
        name, content = next(iter(seed.files.items()))
        once, again = (mutate(content[:20_000], name, Random(7)) for _ in range(2))
        assert once == again
    assert len({mutate(b"<a>1</a>", "a.xml", Random(i)) for i in range(30)}) > 10


def test_outcomes(good, guard, tmp_path):
    folder = tmp_path / "work" / "in"
    seed = next(s for s in good if s.reader == "cityjson")
    assert work.attempt(seed, work.put(seed.files, folder), guard)[0] == "read"
    assert work.attempt(seed, work.put({"a.json": b"{"}, folder), guard)[0] == "refused"


def test_failures_are_seen(guard, tmp_path, monkeypatch):
    seed, place = Seed("x", {"a": b"abc"}), work.put({"a": b"abc"}, tmp_path / "work" / "in")

    def raising(*_, **__):
        raise KeyError("x")

    def writing(*_, **__):
        (tmp_path / "evil").write_text("x", encoding="utf-8")

    monkeypatch.setattr(work.sources, "read", raising)
    assert work.attempt(seed, place, guard)[:2] == ("failed", "KeyError ")
    monkeypatch.setattr(work.sources, "read", writing)
    assert work.attempt(seed, place, guard)[:2] == ("failed", "did more than read")


def test_a_failure_is_made_smaller(guard, tmp_path, monkeypatch):
    def picky(_, path, **__):
        if b"!" in path.read_bytes():
            raise KeyError("x")

    monkeypatch.setattr(work.sources, "read", picky)
    seed = Seed("x", {"a": b"." * 50 + b"!" + b"." * 50})
    files = work.smaller(seed, seed.files, tmp_path / "work" / "in", guard, "KeyError ", lambda: None)
    assert files == {"a": b"!"}
