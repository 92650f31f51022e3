"""Writes Musterstadt as a folder of official files with its plan: one town, or many towns tile by tile."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd

from klimastep.errors import OutputError, PlanError
from klimastep.sample import formats
from klimastep.sample.bw import write_bw
from klimastep.sample.plane import Point
from klimastep.sample.quarters import ORIGIN
from klimastep.sample.texts import LICENCE, PLAN, README
from klimastep.sample.town import Town, make_town

STYLES = ("town", "bw")
SMALLEST_TOWN = 50
LARGEST_TOWN = 5000
TILE_BUILDINGS = 2400
TILE_M = 2000
MOST_TILES = 4095  # the number of a tile has three hexadecimal digits in the ids
DOM = Path("oberflaechenmodell") / "dom1.tif"


def sample(folder: Path, buildings: int = 1500, seed: int = 8118, style: str = "town") -> Path:
    """Make a synthetic town of any size with its plan.

    Parameters
    ----------
    folder : Path
        Where to write; files of the same names are replaced.
    buildings : int
        How many buildings, from 50 on; above 5,000 several towns are laid side by side.
    seed : int
        The same seed makes the same files.
    style : {"town", "bw"}
        All that a city has; or, up to 5,000 buildings, only what offices of Baden-Württemberg deliver: ALKIS
        shapefiles without function code, one zip a Gemarkung, NAS and LoD2.

    Returns
    -------
    Path
        The plan file.

    Raises
    ------
    PlanError
        Too few or too many buildings, another style.
    OutputError
        The folder cannot be written.
    """
    if style not in STYLES:
        raise PlanError(f"style: expected {' or '.join(STYLES)}, got {style!r}")
    if style == "bw" and buildings > LARGEST_TOWN:
        raise PlanError(f"buildings: expected at most {LARGEST_TOWN} for the style bw, got {buildings}")
    if not SMALLEST_TOWN <= buildings <= MOST_TILES * TILE_BUILDINGS:
        raise PlanError(f"buildings: expected {SMALLEST_TOWN} to {MOST_TILES * TILE_BUILDINGS}, got {buildings}")
    if style == "bw":
        with _whole(Path(folder)) as place:
            write_bw(make_town(buildings, seed), place)
    elif buildings <= LARGEST_TOWN:
        write_town(folder, buildings, seed)
    else:
        write_tiles(folder, buildings, seed)
    return Path(folder) / "plan.yaml"


def write_town(folder: Path, buildings: int = 1500, seed: int = 8118) -> None:
    """Write one town.

    Parameters
    ----------
    folder : Path
    buildings : int
    seed : int

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    town = make_town(buildings, seed)
    with _whole(Path(folder)) as place:
        window = formats.town_window(town)
        formats.create_surface(place / DOM, window)
        _write(town, place, window, append=False)
        formats.write_context([formats.context_of(town)], place)
        _texts(place)


def write_tiles(folder: Path, buildings: int = 1_000_000, seed: int = 8118) -> None:
    """Write many towns side by side into the same files; memory is that of one town.

    Parameters
    ----------
    folder : Path
    buildings : int
        In all.
    seed : int

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    count = max(1, math.ceil(buildings / TILE_BUILDINGS))
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    west, south = int(ORIGIN[0]) - TILE_M // 2, int(ORIGIN[1]) - TILE_M // 2
    whole = (west, south, columns * TILE_M, rows * TILE_M)
    context: list[dict[str, gpd.GeoDataFrame]] = []
    with _whole(Path(folder)) as place:
        formats.create_surface(place / DOM, whole)
        for k in range(count):
            share = buildings * (k + 1) // count - buildings * k // count
            town = make_town(share, seed + 1000 * k, tile=k + 1, origin=_middle(k, columns))
            _write(town, place, whole, append=k > 0)
            context.append(formats.context_of(town))
        formats.write_context(context, place)
        _texts(place)


def _middle(k: int, columns: int) -> Point:
    """Return the middle of a tile."""
    return ORIGIN[0] + TILE_M * (k % columns), ORIGIN[1] + TILE_M * (k // columns)


def _write(town: Town, place: Path, whole: tuple[int, int, int, int], append: bool) -> None:
    part = formats.town_window(town)
    formats.fill_surface(place / DOM, whole, part, formats.surface_of(town, part))
    with formats.fixed_clock():
        formats.write_cadastre(town, place, append)
        formats.write_areas(town, place, append)
    formats.write_lod2(town, place)
    formats.write_lists(town, place, append)


def _texts(place: Path) -> None:
    for name, text in (("LIESMICH.txt", README), ("LICENSE.txt", LICENCE), ("plan.yaml", PLAN)):
        (place / name).write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder beside `folder`; its files move over when all are written, or vanish."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=".unfertig-", dir=folder))
        try:
            yield place
            for path in sorted(p for p in place.rglob("*") if p.is_file()):
                target = folder / path.relative_to(place)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)  # noqa: PTH105 (pathlib's replace is the same call)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
