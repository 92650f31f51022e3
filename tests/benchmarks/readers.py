"""Readers on growing files: rows and MB a second against a named peer in the same process, and peak memory.

Each file is read in a process of its own, so that the peak is that of this reading, imports included.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from big_files import cityjson, layer, pbf, repeat

ROOT = Path(__file__).resolve().parents[2]
CRS = "EPSG:25832"
REAL_TILE = "nrw_lod2/LoD2_32_280_5657_1_NW.gml"
SIZES_MB = (10, 20, 40)


def _real(path: Path, size: int) -> None:
    data = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))
    repeat(data / REAL_TILE, path, size)


def _lean(path: Path, size: int) -> None:
    from klimastep.sample import bundled

    tile = min((bundled() / "lod2").glob("*.zip"))
    source = path.with_suffix(".tile")
    with zipfile.ZipFile(tile) as archive:
        source.write_bytes(archive.read(archive.namelist()[0]))
    repeat(source, path, size, lean=True)


def _nas(path: Path, size: int) -> None:
    from klimastep.sample import make_town
    from klimastep.sample.nas import write_nas

    repeat(write_nas(make_town(300), path.with_suffix(".town")), path, size, member=b"member")


def _iterparse(path: Path) -> None:
    """Parse XML to the end and forget each member: what libxml2 takes alone."""
    from lxml import etree

    for _, element in etree.iterparse(str(path), events=("end",), tag=("{*}cityObjectMember", "{*}member")):
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _json(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        json.loads(line)


def _osmium(path: Path) -> None:
    import osmium

    for _ in osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter("building")):
        pass


def _pyogrio(path: Path) -> None:
    gpd.read_file(path)


Making, Peer = Callable[[Path, int], Any], Callable[[Path], None]
# name: reader, file, how it is made, peer and what it is called
CASES: dict[str, tuple[str, str, Making, Peer, str]] = {
    "citygml_real": ("citygml", "a.gml", _real, _iterparse, "lxml iterparse"),
    "citygml_lean": ("citygml", "a.gml", _lean, _iterparse, "lxml iterparse"),
    "alkis_nas": ("alkis_nas", "a.xml", _nas, _iterparse, "lxml iterparse"),
    "alkis_simple": ("alkis_simple", "a.gpkg", layer, _pyogrio, "geopandas.read_file"),
    "cityjson": ("cityjson", "a.city.json", lambda p, size: cityjson(p, size, lines=False), _json, "json.loads"),
    "cityjson_lines": ("cityjson", "a.city.jsonl", lambda p, size: cityjson(p, size, lines=True), _json, "json.loads"),
    "osm_pbf": ("osm", "a.osm.pbf", pbf, _osmium, "osmium areas alone"),
}


def peak_mb() -> float:
    """Return the largest memory this process has held since it began. [MB]"""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells on Linux is that of the parent where that was larger
        return next(float(x.split()[1]) * 1024 / 1e6 for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    from klimastep.rundir import peak_memory_mb

    return peak_memory_mb()


def measure(name: str, path: Path) -> dict[str, float]:
    """Read a file once, then let the peer read it: rows, seconds of the processor, memory."""
    from klimastep import sources

    reader = sources.load(CASES[name][0])
    before = peak_mb()
    start = time.process_time()
    reading = reader.read(path, crs=CRS)
    ours, peak = time.process_time() - start, peak_mb()
    rows = {f"{table}_rows": float(len(frame)) for table, frame in reading.tables.items()}
    start = time.process_time()
    CASES[name][3](path)
    peer = time.process_time() - start
    facts = {"rows": float(reading.rows_in), "ours_s": ours, "peer_s": peer, "imports_mb": before, "peak_mb": peak}
    return {**facts, "mb": path.stat().st_size / 1e6, **rows}


def _fresh(name: str, path: Path) -> dict[str, float]:
    given = [sys.executable, str(Path(__file__)), name, str(path)]
    told = subprocess.run(
        given, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return json.loads(told.stdout.splitlines()[-1])


def readers(sizes_mb: list[float], names: list[str] | None = None) -> pd.DataFrame:
    """Return speed and memory of each reader at each size; `growth` is that of the time over that of the size."""
    rows = []
    for name in names or list(CASES):
        _, file, make, _, peer = CASES[name]
        last: dict[str, float] = {}
        for size in sizes_mb:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / file
                make(path, int(size * 1e6))
                found = _fresh(name, path)
            mb, seconds = found["mb"], max(found["ours_s"], 1e-9)
            row = {"case": name, "mb": mb, "rows": found["rows"], "rows_per_s": found["rows"] / seconds}
            row |= {
                "mb_per_s": mb / seconds,
                "peer": peer,
                "peer_rows_per_s": found["rows"] / max(found["peer_s"], 1e-9),
            }
            row |= {"ratio": found["peer_s"] / seconds, "imports_mb": found["imports_mb"], "peak_mb": found["peak_mb"]}
            row["growth"] = (seconds / last["ours_s"]) / (mb / last["mb"]) if last else float("nan")
            rows.append(row)
            last = found
    return pd.DataFrame(rows).set_index("case")


def processes(size_mb: float, tiles: int = 4) -> dict[str, float]:
    """Return wall seconds of a folder of CityGML tiles in one process and in two."""
    from klimastep.sources import citygml

    with tempfile.TemporaryDirectory() as folder:
        for number in range(tiles):
            _real(Path(folder) / f"{number}.gml", int(size_mb * 1e6 / tiles))
        seconds = {}
        for workers in (1, 2):
            start = time.perf_counter()
            citygml.read(Path(folder), crs=CRS, workers=workers)
            seconds[f"workers_{workers}_s"] = time.perf_counter() - start
    return {**seconds, "ratio": seconds["workers_1_s"] / seconds["workers_2_s"]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))) + "\n")
