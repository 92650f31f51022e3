"""Surface and terrain models (GeoTIFF, ASCII grid, XYZ text, zipped or not) as an index of their tiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Category, Column, Table, conform
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.rasters import GRID_SUFFIXES, TEXT_SUFFIXES, Mosaic, Tile
from klimastep.sources._archive import safe_members
from klimastep.sources._columns import finding
from klimastep.sources._options import parse
from klimastep.sources._vector import existing

TABLE = "surface_tiles"
KINDS = (
    Category("surface", "Oberflächenmodell (DOM)", "surface model (DSM)"),
    Category("terrain", "Geländemodell (DGM)", "terrain model (DTM)"),
    Category("canopy", "Baumkronen (Höhe über Gelände)", "tree crowns (height above ground)"),
)
LOWEST_M, HIGHEST_M = -500.0, 9000.0
HIGHEST_CROWN_M = 100.0  # no tree of Europe reaches it
SURFACE_TILES = Table(
    TABLE,
    "surface_tile",
    "Kacheln des Höhenmodells",
    "Tiles of the height model",
    "Polygon",
    (
        Column("kind", "category", "", "Art", "Kind", categories=KINDS),
        Column("path", "str", "", "Datei", "File", "A member of a zip as some.zip!member."),
        Column("crs", "str", "", "CRS der Datei", "CRS of the file"),
        Column("resolution_m", "float64", "m", "Rasterweite", "Cell size", "The longer side of a cell.", min=0),
        Column("nodata", "float64", "", "Wert für unbekannt", "Value for unknown", nullable=True),
        Column("lowest_m", "float64", "m", "tiefster Wert", "lowest value", "", True, LOWEST_M, HIGHEST_M),
        Column("highest_m", "float64", "m", "höchster Wert", "highest value", "", True, LOWEST_M, HIGHEST_M),
        Column("known_share", "float64", "1", "bekannter Anteil", "known share", min=0, max=1),
    ),
)
DECLARATIONS = {TABLE: SURFACE_TILES}
ODDITIES = {
    "resolution": ("Kacheln mit anderer Rasterweite als die erste", "tiles of another cell size than the first"),
    "offset": ("Kacheln, deren Raster gegen die erste versetzt ist", "tiles whose cells are shifted against the first"),
    "oblong": ("Kacheln mit ungleich langen Zellseiten", "tiles whose cells are not square"),
    "overlap": (
        "Kacheln liegen auf einer früheren; wo beide Werte haben, gilt die frühere",
        "tiles lie on an earlier one; where both know a height the earlier one counts",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of this reader.

    Parameters
    ----------
    kind : {"surface", "terrain", "canopy"}
        With buildings and trees, the bare ground, or the heights of crowns above it, 0 where none.
    source_crs : str, optional
        CRS of files that name none (XYZ text never does); that of the run by default for XYZ text.
    nodata : float, optional
        Value that means unknown where the file does not say it.
    """

    kind: Literal["surface", "terrain", "canopy"] = "surface"
    source_crs: str | None = None
    nodata: float | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read the index of a height model; heights stay in their files, :class:`klimastep.rasters.Mosaic` opens them.

    Parameters
    ----------
    path : Path
        A grid, a zip of grids, or a folder of both with its subfolders.
    crs : str
        CRS of the run; outlines come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``surface_tiles``, a row a tile; a tile without any height is set aside. Rows in are tiles.

    Raises
    ------
    PlanError
        Unknown option.
    InputError
        No grid, damaged, without or of several CRS, heights that no ground in the world has.
    """
    wanted = parse(Options, options, "surface_model")
    place = existing(path)
    members = grid_files(place)
    texts = all(m.lower().endswith(TEXT_SUFFIXES) for m in members)
    with Mosaic(members, crs=wanted.source_crs or (crs if texts else None), nodata=wanted.nodata) as mosaic:
        rows = [_row(mosaic, tile, wanted.kind) for tile in mosaic.tiles]
        odd = mosaic.odd_tiles()
        boxes = [shapely.box(*tile.bounds) for tile in mosaic.tiles]
        outlines = gpd.GeoSeries(boxes, crs=mosaic.crs).to_crs(crs)
    frame = pd.DataFrame(rows)
    frame.index = pd.Index(_ids(members, wanted.kind), name=SURFACE_TILES.id, dtype="str")
    empty = (frame["known_share"] == 0).to_numpy()
    tiles = gpd.GeoDataFrame(frame[~empty], geometry=outlines.to_numpy()[~empty], crs=crs)
    return Reading(
        source=place.name,
        tables={TABLE: conform(tiles, SURFACE_TILES)},
        rows_in=len(members),
        findings=tuple(_findings(place.name, frame.index[empty], odd)),
        files=tuple(dict.fromkeys(_file(m) for m in members)),
    )


def grid_files(place: Path) -> list[str]:
    """Return the grids of a file, zip or folder, in the form that :class:`klimastep.rasters.Mosaic` takes, sorted.

    Raises
    ------
    InputError
        None there, or a zip that is unsafe.
    """
    kinds = (*GRID_SUFFIXES, *TEXT_SUFFIXES)
    files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
    found: list[str] = []
    for file in files:
        if file.suffix.lower() == ".zip":
            found += [f"{file}!{m.filename}" for m in safe_members(file, kinds) if not _is_note(m.filename)]
        elif file.suffix.lower() in kinds and not (place.is_dir() and _is_note(file.name)):
            found.append(str(file))
    if not found:
        raise InputError(str(place), f"no grid among {len(files)} files", f"one of {', '.join((*kinds, '.zip'))}")
    return found


def _is_note(name: str) -> bool:
    """Whether a text beside the tiles is a read-me and no tile."""
    stem = name.rsplit("/", 1)[-1].lower()
    return stem.endswith(".txt") and not any(character.isdigit() for character in stem)


def _row(mosaic: Mosaic, tile: Tile, kind: str) -> dict[str, Any]:
    low, high, known = mosaic.extremes(tile)
    for height in (low, high):
        if height < LOWEST_M or height > HIGHEST_M:
            raise InputError(
                tile.path,
                f"a height of {height:g} m",
                f"{LOWEST_M:g} to {HIGHEST_M:g} m",
                f"if it means unknown, say so with nodata: {height:g}",
            )
    if kind == "canopy" and high > HIGHEST_CROWN_M:
        raise InputError(
            tile.path,
            f"a crown of {high:g} m",
            f"heights of crowns above the ground, at most {HIGHEST_CROWN_M:g} m",
            "are they above datum, or in feet? Subtract the terrain, or convert them",
        )
    authority = tile.crs.to_authority()
    return {
        "kind": kind,
        "path": tile.path,
        "crs": ":".join(authority) if authority else tile.crs.name,
        "resolution_m": max(tile.resolution_m),
        "nodata": np.nan if tile.nodata is None else tile.nodata,
        "lowest_m": low,
        "highest_m": high,
        "known_share": known,
    }


def _ids(members: list[str], kind: str) -> list[str]:
    """Return one id a tile: its kind and file name, numbered where names repeat."""
    stems = [Path(m.replace("!", "/")).stem for m in members]
    return [
        f"{kind}-{stem}" + (f"-{stems[:place].count(stem) + 1}" if stem in stems[:place] else "")
        for place, stem in enumerate(stems)
    ]


def _file(member: str) -> str:
    archive, mark, _ = member.partition(".zip!")
    return archive + ".zip" if mark else member


def _findings(source: str, empty: pd.Index, odd: dict[str, list[str]]) -> list[Finding]:
    out = finding(
        source,
        "empty_tile",
        empty,
        "Kacheln ohne einen einzigen Höhenwert, zurückgestellt",
        "tiles without a single height, set aside",
        "set_aside",
    )
    for kind, paths in odd.items():
        de, en = ODDITIES[kind]
        out += finding(source, kind, [Path(p.replace("!", "/")).name for p in paths], de, en)
    return out
