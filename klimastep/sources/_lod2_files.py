"""City models from a file, a folder of tiles or a zip, tile by tile or in several processes, to one reading."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from pyproj import CRS, Transformer

from klimastep.errors import InputError, PlanError
from klimastep.findings import Reading
from klimastep.sources._adv import epsg_of
from klimastep.sources._archive import opened, safe_members
from klimastep.sources._crs import parse_crs, refuse_wrong_crs
from klimastep.sources._lod2 import Result, evaluate
from klimastep.sources._lod2_batch import Batch
from klimastep.sources._lod2_packed import Packed
from klimastep.sources._lod2_rows import Seen, rows_of
from klimastep.tables import BUILDINGS, ROOFS

BATCH = 2000
MAX_WORKERS = 4
MIN_PARALLEL_BYTES = 200_000_000  # below it the start of further processes costs more than they save


class Tile(NamedTuple):
    """One file, in a folder or in a zip."""

    label: str
    path: Path
    member: str | None
    size: int


class Opened(NamedTuple):
    """A tile whose beginning is read: version of the format, CRS and the buildings to come."""

    version: str
    crs: CRS
    batches: Iterator[Batch]


class Format(NamedTuple):
    """A file format: its name, file endings, how a tile (with ``source_crs``) is opened, what must be in it."""

    name: str
    suffixes: tuple[str, ...]
    open: Callable[[Tile, str | None], Opened]
    expected: str


class Job(NamedTuple):
    """What a process needs to read one tile."""

    format: Format
    tile: Tile
    source_crs: str | None
    crs: str


class Piece(NamedTuple):
    """Measured buildings of a tile; the first piece of each has none and tells the version."""

    version: str
    batch: Batch | None = None
    result: Result | None = None
    fault: tuple[str, ...] = ()


def read_tiles(path: Path, fmt: Format, *, crs: str, source_crs: str | None, workers: int | None) -> Reading:
    """Return the buildings and roofs of all tiles at `path`, the same whether read in one process or in several.

    Raises
    ------
    PlanError
        `workers` below 1.
    InputError
        Missing, damaged or foreign file, no CRS or a wrong one, no building.
    """
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise PlanError(f"source {fmt.name}: workers: {workers!r}; expected a whole number from 1")
    tiles = tiles_of(path, fmt)
    jobs = [Job(fmt, tile, source_crs, crs) for tile in tiles]
    seen, parts, versions, run_crs = Seen(), 0, set(), CRS(crs)
    buildings, roofs = Packed(BUILDINGS), Packed(ROOFS)
    for job, piece in _all_pieces(jobs, min(workers or min(MAX_WORKERS, os.cpu_count() or 1), len(tiles))):
        versions.add(piece.version)
        if piece.batch is None or piece.result is None:
            continue
        parts += len(piece.batch.units) - len(piece.batch.buildings)
        rows, planes = rows_of(piece.batch, piece.result, seen, job.tile.label, run_crs)
        buildings.add(rows)
        roofs.add(planes)
    if not seen.rows_in:
        raise InputError(str(path), "no Building in it", fmt.expected)
    return Reading(
        path.name,
        {packed.table.name: packed.whole(crs) for packed in (buildings, roofs)},
        seen.rows_in,
        tuple(seen.findings(path.name)),
        tuple(dict.fromkeys(str(t.path) for t in tiles)),
        facts={"files": len(tiles), "building_parts": parts, f"{fmt.name}_versions": sorted(versions)},
    )


def tiles_of(path: Path, fmt: Format) -> list[Tile]:
    """Return the files of a format at `path`, sorted by name."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in (*fmt.suffixes, ".zip"))
        tiles = [tile for file in files for tile in tiles_of(file, fmt)]
    elif path.suffix.lower() == ".zip":
        members = safe_members(path, fmt.suffixes)
        tiles = [Tile(f"{path.name}!{m.filename}", path, m.filename, m.file_size) for m in members]
    else:
        return [Tile(path.name, path, None, path.stat().st_size)]
    if not tiles:
        raise InputError(str(path), f"no {fmt.expected.split()[0]} file in it", f"files with {', '.join(fmt.suffixes)}")
    return tiles


def stream(tile: Tile) -> AbstractContextManager[IO[bytes]]:
    """Open a tile where it lies; a damaged file or zip is an :class:`InputError`."""
    return opened(tile.path, tile.member, tile.label)


def file_crs(told: str | None, source_crs: str | None, label: str) -> CRS:
    """Return the projected CRS of a file, by the plan or by what the file says.

    Raises
    ------
    InputError
        None named, unknown, or in degrees.
    """
    name = source_crs or told
    if name is None:
        raise InputError(label, "the file names no CRS", hint="name it with source_crs:, for example EPSG:25832")
    found = parse_crs(epsg_of(name, label)[0], label)
    if not found.is_projected:
        raise InputError(label, f"{found.name} is in degrees", "a projected CRS in metres, for example EPSG:25832")
    return found


def _all_pieces(jobs: list[Job], workers: int) -> Iterator[tuple[Job, Piece]]:
    """Yield the pieces of all tiles in order; several processes where that pays."""
    done = 0
    if workers > 1 and sum(job.tile.size for job in jobs) > MIN_PARALLEL_BYTES:
        context = multiprocessing.get_context("spawn")  # the same on every system, safe beside threads
        try:
            with ProcessPoolExecutor(workers, mp_context=context) as pool:
                for job, pieces in zip(jobs, pool.map(_read_whole, jobs), strict=True):
                    for piece in pieces:
                        if piece.fault:
                            pool.shutdown(wait=False, cancel_futures=True)
                            raise InputError(*piece.fault)
                        yield job, piece
                    done += 1
        except BrokenProcessPool:  # no further process may start here: go on in this one
            pass
    for job in jobs[done:]:
        for piece in _pieces(job):
            yield job, piece


def _read_whole(job: Job) -> list[Piece]:
    """Return the pieces of a tile from another process, small enough to send; an error becomes the last piece."""
    out: list[Piece] = []
    try:
        for piece in _pieces(job):
            batch = piece.batch
            lean = batch and Batch(batch.buildings, batch.units, batch.unit_building, lod1=batch.lod1)
            out.append(piece._replace(batch=lean))
    except InputError as error:
        out.append(Piece("", fault=(error.source, error.found, error.expected, error.hint)))
    return out


def _pieces(job: Job) -> Iterator[Piece]:
    opened = job.format.open(job.tile, job.source_crs)
    transform = _transform(opened.crs, job.crs)
    yield Piece(opened.version)
    for batch in opened.batches:
        result = evaluate(batch, transform)
        _refuse_far(result, CRS(job.crs), opened.crs, job.tile.label)
        yield Piece(opened.version, batch, result)


def _transform(from_crs: CRS, crs: str) -> Callable[..., Any] | None:
    if from_crs.equals(CRS(crs), ignore_axis_order=True):
        return None
    return Transformer.from_crs(from_crs, crs, always_xy=True).transform


def _refuse_far(result: Result, crs: CRS, from_crs: CRS, label: str) -> None:
    known = result.bounds[~np.isnan(result.bounds).any(axis=1)]
    if len(known):
        refuse_wrong_crs(known, crs if np.isfinite(known).all() else from_crs, label)
