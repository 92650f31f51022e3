"""CityJSON LoD1 and LoD2 (1.0, 1.1 and 2.0, also as CityJSONSeq): buildings and their roofs, as from CityGML."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from klimastep.errors import InputError
from klimastep.findings import Reading
from klimastep.sources._cityjson import Header, batches, header_of, lines_of, read_whole, vertices_of
from klimastep.sources._lod2_files import BATCH, Format, Opened, Tile, file_crs, read_tiles, stream
from klimastep.sources._paths import existing
from klimastep.sources._surfaces import Floats

TABLE = "buildings"
SEQUENCE = ".jsonl"
SUFFIXES = (".json", SEQUENCE)


def read(path: Path | None, *, crs: str, source_crs: str | None = None, workers: int | None = None) -> Reading:
    """Read buildings from a file, a folder of tiles, or a zip.

    Parameters
    ----------
    path : Path
        ``.json``, a sequence ``.jsonl`` with a feature a line, a zip with such files, or a folder with either.
    crs : str
        CRS of the run, projected, in metres.
    source_crs : str, optional
        CRS of the files where they name none (``metadata.referenceSystem``).
    workers : int, optional
        Processes for several tiles of together more than 200 MB; by default the processor cores, at most 4.

    Returns
    -------
    Reading
        Tables ``buildings`` and ``roofs`` as from the reader ``citygml``; the id is that of the city object. Of
        several levels of detail the highest below 3 counts.

    Raises
    ------
    PlanError
        `workers` below 1.
    InputError
        Missing, damaged or foreign file, unknown version, unknown or wrong CRS, vertex numbers or coordinates that
        cannot be, no building.
    """
    return read_tiles(existing(path), FORMAT, crs=crs, source_crs=source_crs, workers=workers)


def _open(tile: Tile, source_crs: str | None) -> Opened:
    sequence = tile.label.lower().endswith(SEQUENCE)
    with stream(tile) as file:
        found = next(lines_of(file, tile.label), None) if sequence else read_whole(file, tile.label)
    if found is None:
        raise InputError(tile.label, "the file is empty", "CityJSON")
    header = header_of(found, tile.label)
    crs = file_crs(header.reference_system, source_crs, tile.label)
    return Opened(header.version, crs, batches(_parts(tile, found, header), tile.label, BATCH))


def _parts(tile: Tile, found: dict[str, Any], header: Header) -> Iterator[tuple[dict[str, Any], Floats]]:
    """Yield the file, or each feature of a sequence, with its vertices."""
    yield found, vertices_of(found, header, tile.label)
    if tile.label.lower().endswith(SEQUENCE):
        with stream(tile) as file:
            for feature in itertools.islice(lines_of(file, tile.label), 1, None):
                yield feature, vertices_of(feature, header, tile.label)


FORMAT = Format("cityjson", SUFFIXES, _open, "JSON with a CityObject of type Building")
