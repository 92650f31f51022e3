"""CityGML LoD2 (1.0 and 2.0, AdV profile): buildings with heights, areas and volume, and their roof planes.

Wall areas are gross: all wall polygons from outside, party walls included; the cadastre takes those off.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from klimastep.contract import conform
from klimastep.errors import InputError
from klimastep.findings import Reading
from klimastep.sources._adv import epsg_of
from klimastep.sources._archive import safe_members
from klimastep.sources._crs import refuse_wrong_crs
from klimastep.sources._gml import Head, batches, read_head
from klimastep.sources._lod2 import Result, evaluate
from klimastep.sources._lod2_rows import Seen, rows_of
from klimastep.sources._vector import existing
from klimastep.tables import BUILDINGS, ROOFS

TABLE = "buildings"
SUFFIXES = (".gml", ".xml", ".citygml")
BATCH = 2000


class Tile(NamedTuple):
    """One GML file, in a folder or in a zip."""

    label: str
    path: Path
    member: str | None


def read(path: Path | None, *, crs: str, source_crs: str | None = None) -> Reading:
    """Read LoD2 buildings from a file, a folder of tiles, or a zip.

    Parameters
    ----------
    path : Path
        ``.gml`` or ``.xml``, a zip with such files, or a folder with either.
    crs : str
        CRS of the run, projected, in metres.
    source_crs : str, optional
        CRS of the files where they name none.

    Returns
    -------
    Reading
        Tables ``buildings`` (one row a building, its parts merged) and ``roofs`` (one row a roof polygon).
        ``height_m`` is measuredHeight, the largest of the parts, else from the geometry. [m]
        ``eaves_height_m`` is the lowest roof edge above ground of each part, the lowest tenth of its roof left
        out, averaged over the parts by plan area. [m] ``storeys`` is averaged over the parts in the same way.
        ``wall_area_m2`` is gross, with party walls. [m²] ``volume_m3`` is that of the closed surface by the
        divergence theorem. [m³] ``facts`` has files, parts, polygons and the versions met.

    Raises
    ------
    InputError
        Missing, damaged or foreign file, DOCTYPE, CityGML 3.0, unknown or wrong CRS, no building.
    """
    path = existing(path)
    tiles = _tiles(path)
    seen, parts, versions = Seen(), 0, set()
    buildings: list[pd.DataFrame] = []
    roofs: list[pd.DataFrame] = []
    for tile in tiles:
        with _stream(tile) as stream:
            head = read_head(stream, tile.label)
        versions.add(head.version)
        file_crs = _crs_of(head, source_crs, tile.label)
        transform = _transform(file_crs, crs)
        with _stream(tile) as stream:
            for batch in batches(stream, head, tile.label, BATCH):
                parts += len(batch.units) - len(batch.buildings)
                result = evaluate(batch, transform)
                _refuse_far(result, CRS(crs), file_crs, tile.label)
                rows, planes = rows_of(batch, result, seen, tile.label, CRS(crs))
                buildings.append(rows)
                roofs.append(planes)
    if not seen.rows_in:
        raise InputError(str(path), "no Building in it", "CityGML with bldg:Building")
    tables = {
        table.name: conform(gpd.GeoDataFrame(pd.concat(frames), geometry="geometry", crs=crs), table)
        for table, frames in ((BUILDINGS, buildings), (ROOFS, roofs))
    }
    return Reading(
        path.name,
        tables,
        seen.rows_in,
        tuple(seen.findings(path.name)),
        tuple(dict.fromkeys(str(t.path) for t in tiles)),
        facts={"files": len(tiles), "building_parts": parts, "citygml_versions": sorted(versions)},
    )


def _tiles(path: Path) -> list[Tile]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in (*SUFFIXES, ".zip"))
        tiles = [tile for file in files for tile in _tiles(file)]
    elif path.suffix.lower() == ".zip":
        tiles = [Tile(f"{path.name}!{m.filename}", path, m.filename) for m in safe_members(path, SUFFIXES)]
    else:
        return [Tile(path.name, path, None)]
    if not tiles:
        raise InputError(str(path), "no GML file in it", f"files with {', '.join(SUFFIXES)}")
    return tiles


@contextmanager
def _stream(tile: Tile) -> Iterator[IO[bytes]]:
    try:
        if tile.member is None:
            with tile.path.open("rb") as stream:
                yield stream
        else:
            with zipfile.ZipFile(tile.path) as archive, archive.open(tile.member) as member:
                yield member
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(tile.label, f"cannot be read ({error})", hint="fetch or copy the file again") from error


def _crs_of(head: Head, source_crs: str | None, label: str) -> CRS:
    if source_crs is None and head.srs_name is None:
        raise InputError(label, "the file names no CRS", hint="name it with source_crs:, for example EPSG:25832")
    found = CRS(epsg_of(source_crs or str(head.srs_name), label)[0])
    found = found.sub_crs_list[0] if found.is_compound else found
    if not found.is_projected:
        raise InputError(label, f"{found.name} is in degrees", "a projected CRS in metres, for example EPSG:25832")
    return found


def _transform(file_crs: CRS, crs: str) -> Callable[..., Any] | None:
    if file_crs.equals(CRS(crs), ignore_axis_order=True):
        return None
    return Transformer.from_crs(file_crs, crs, always_xy=True).transform


def _refuse_far(result: Result, crs: CRS, file_crs: CRS, label: str) -> None:
    known = result.bounds[~np.isnan(result.bounds).any(axis=1)]
    if len(known):
        refuse_wrong_crs(known, crs if np.isfinite(known).all() else file_crs, label)
