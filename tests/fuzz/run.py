"""Fuzzing of all readers: damaged files go in; a reading or an error for people comes out, nothing else.

    python tests/fuzz/run.py [--minutes 30] [--seed 1] [--readers citygml gtfs] [--out DIR]

A failure is any other exception, more than 10 s, more than 1 GB, a crash, or a file written. Each is made smaller
and kept in --out with what happened; a summary per reader is printed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import psutil
from work import work

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10.0
GROWTH_BYTES = 1_000_000_000
POLL_S = 0.05


class Watch:
    """One worker process with the input it is at; a process that dies or is ended is replaced."""

    def __init__(self, folder: Path, seed: int, readers: list[str], real: Path | None) -> None:
        self.folder, self.seed, self.readers, self.real = folder, seed, readers, real
        self.rounds = 0
        self.start()

    def start(self) -> None:
        """Start a process in an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        given = (theirs, self.folder, self.seed + 1000 * self.rounds, self.readers, self.real)
        self.process = context.Process(target=work, args=given, daemon=True)
        self.process.start()
        theirs.close()
        self.rounds += 1
        self.at: dict[str, Any] = {}
        self.since = time.monotonic()
        self.base = 0

    def news(self) -> list[dict[str, Any]]:
        """Return what was finished since the last call; a hang, a crash or greed ends the process."""
        out: list[dict[str, Any]] = []
        try:
            while self.connection.poll():
                told = self.connection.recv()
                if told["what"] == "began":
                    self.at, self.since = told, time.monotonic()
                    self.base = self.base or psutil.Process(self.process.pid).memory_info().rss
                else:
                    self.at = {}
                    out.append(told)
            fault = self._fault()
        except (EOFError, OSError, psutil.Error):
            self.process.join(5)
            fault = f"crash (exit code {self.process.exitcode})"
        if fault:
            out.append({**self.at, "what": "failed", "error": fault, "text": fault})
            self.end()
        return out

    def _fault(self) -> str:
        if not self.process.is_alive():
            return f"crash (exit code {self.process.exitcode})"
        if self.at and time.monotonic() - self.since > SECONDS:
            return "hang"
        if self.at and psutil.Process(self.process.pid).memory_info().rss > self.base + GROWTH_BYTES:
            return "memory"
        return ""

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def fuzz(minutes: float, seed: int, readers: list[str], out: Path, real: Path | None) -> dict[str, Counter[str]]:
    """Try damaged files for some minutes and return the outcomes per reader."""
    counts: dict[str, Counter[str]] = {}
    kept: Counter[str] = Counter()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(Path(folder) / "work", seed, readers, real)
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until:
            for told in watch.news():
                if told["what"] in ("failed", "smaller"):
                    _keep(told, out, watch.folder, kept)
                if told["what"] != "smaller":
                    counts.setdefault(told.get("reader", "?"), Counter())[told["what"]] += 1
            if not watch.process.is_alive():
                watch.start()
            time.sleep(POLL_S)
        watch.end()
    (out / "counts.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")
    return counts


def _keep(told: dict[str, Any], out: Path, folder: Path, kept: Counter[str]) -> None:
    """Keep the first three inputs of each failure, and the first one made smaller."""
    name = "".join(c if c.isalnum() else "_" for c in f"{told.get('reader')} {told['error']} {told['what']}")[:120]
    kept[name] += 1
    if kept[name] > 3:
        return
    tell(f"{told['what']} {told.get('reader')}: {told['error']}")
    place = out / f"{name}_{kept[name]}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    files = told.get("files") or {p.name: p.read_bytes() for p in (folder / "in").iterdir()}  # the process is gone
    for file, content in files.items():
        (place / file).write_bytes(content)
    facts = {k: v for k, v in told.items() if k != "files"}
    (place / "what.json").write_text(json.dumps(facts, indent=1, default=str), encoding="utf-8")


def tell(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Fuzz as the command line asks; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", nargs="+", default=[])
    parser.add_argument("--out", type=Path, default=Path("fuzz_found"))
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))
    )
    wanted = parser.parse_args()
    counts = fuzz(
        wanted.minutes, wanted.seed, wanted.readers, wanted.out, wanted.data if wanted.data.is_dir() else None
    )
    tell(f"{'reader':<20}{'tried':>9}{'read':>9}{'refused':>9}{'failed':>9}")
    for reader, found in sorted(counts.items()):
        tell(f"{reader:<20}{found.total():>9}{found['read']:>9}{found['refused']:>9}{found['failed']:>9}")
    total = sum(counts.values(), Counter())
    tell(f"{'all':<20}{total.total():>9}{total['read']:>9}{total['refused']:>9}{total['failed']:>9}")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
