"""CityGML LoD1 and LoD2 (1.0, 2.0 and 3.0, AdV profile): buildings with heights, areas and volume, and their roofs.

Wall areas are gross: all wall polygons from outside, party walls included; the cadastre takes those off.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from klimastep.findings import Reading
from klimastep.sources._gml import batches, read_head
from klimastep.sources._gml_tags import Head
from klimastep.sources._lod2_batch import Batch
from klimastep.sources._lod2_files import BATCH, Format, Opened, Tile, file_crs, read_tiles, stream
from klimastep.sources._paths import existing

TABLE = "buildings"
SUFFIXES = (".gml", ".xml", ".citygml")


def read(path: Path | None, *, crs: str, source_crs: str | None = None, workers: int | None = None) -> Reading:
    """Read buildings from a file, a folder of tiles, or a zip.

    Parameters
    ----------
    path : Path
        ``.gml`` or ``.xml``, a zip with such files, or a folder with either.
    crs : str
        CRS of the run, projected, in metres.
    source_crs : str, optional
        CRS of the files where they name none.
    workers : int, optional
        Processes for several tiles of together more than 200 MB; by default the processor cores, at most 4.

    Returns
    -------
    Reading
        Tables ``buildings`` (one row a building, its parts merged) and ``roofs`` (one row a roof polygon).
        ``height_m`` is measuredHeight, the largest of the parts, else from the geometry. [m]
        ``eaves_height_m`` is the lowest roof edge above ground of each part, the lowest tenth of its roof left
        out, averaged over the parts by plan area. [m] ``storeys`` is averaged over the parts in the same way.
        ``wall_area_m2`` is gross, with party walls. [m²] ``volume_m3`` is that of the closed surface by the
        divergence theorem. [m³] A building in LoD1 only is a block with a flat roof at its top, and a finding
        says so. ``facts`` has files, parts and the versions met.

    Raises
    ------
    PlanError
        `workers` below 1.
    InputError
        Missing, damaged or foreign file, DOCTYPE, unknown version, unknown or wrong CRS, no building.
    """
    return read_tiles(existing(path), FORMAT, crs=crs, source_crs=source_crs, workers=workers)


def _open(tile: Tile, source_crs: str | None) -> Opened:
    with stream(tile) as file:
        head = read_head(file, tile.label)
    return Opened(head.version, file_crs(head.srs_name, source_crs, tile.label), _batches(tile, head))


def _batches(tile: Tile, head: Head) -> Iterator[Batch]:
    with stream(tile) as file:
        yield from batches(file, head, tile.label, BATCH)


FORMAT = Format("citygml", SUFFIXES, _open, "GML with bldg:Building")
