"""Heights as text, one point a line (x y z): surveyed and turned into a grid without holding the points."""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
from rasterio.transform import Affine

from klimastep.errors import InputError

Array = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]

CHUNK = 500_000  # points
MAX_CELLS = 36_000_000  # of one tile: 6 km at 1 m
NODATA = -9999.0  # and below: unknown, in the text as in the grid
OFF_GRID = 0.02  # of a cell
TURN = 1e-6
LARGEST = float(np.finfo(np.float32).max)  # what the grid can hold
MAX_LINE, COLUMNS = 1000, 3
MAX_SIDE = 100_000  # different coordinates on one axis


def survey(path: str) -> tuple[Bounds, tuple[float, float]]:
    """Return the bounds of the cells (west, south, east, north) and their size in x and y. [m]

    Parameters
    ----------
    path : str
        Text file; ``some.zip!member.xyz`` for a member of a zip. Points are the middles of their cells.

    Raises
    ------
    InputError
        Unreadable or empty file, text in place of numbers, points on no regular grid, too many cells.
    """
    known = [np.empty(0), np.empty(0)]
    for points in _chunks(path):
        known = [np.union1d(known[axis], points[:, axis]) for axis in (0, 1)]
        if max(map(len, known)) > MAX_SIDE:
            raise InputError(path, f"more than {MAX_SIDE} different coordinates", "a regular grid of tiles")
    if min(map(len, known)) < 2:
        raise InputError(path, "the points lie on one line", "a grid of at least 2 x 2 points")
    low, high = np.array([k[0] for k in known]), np.array([k[-1] for k in known])
    gaps = [np.diff(k) for k in known]
    steps = np.array([g[g > TURN].min() if (g > TURN).any() else math.inf for g in gaps])
    counts = (high - low) / steps
    if (np.abs(counts - np.round(counts)) > OFF_GRID).any():
        raise InputError(path, f"points {steps[0]:g} m and {steps[1]:g} m apart do not fill the span", "a regular grid")
    if np.prod(np.round(counts) + 1) > MAX_CELLS:
        raise InputError(path, f"{np.prod(np.round(counts) + 1):.0f} cells", f"at most {MAX_CELLS}", "cut it to tiles")
    steps = (high - low) / np.round(counts)
    west, south = low - steps / 2
    east, north = high + steps / 2
    return (float(west), float(south), float(east), float(north)), (float(steps[0]), float(steps[1]))


def convert(
    path: str, target: Path, surveyed: tuple[Bounds, tuple[float, float]], crs_wkt: str, nodata: float | None
) -> None:
    """Write the points as a tiled GeoTIFF; cells without a point are unknown.

    Parameters
    ----------
    path : str
    target : Path
    surveyed : tuple
        What :func:`survey` said of the file.
    crs_wkt : str
    nodata : float, optional
        Value that means unknown in the grid, and in the text.

    Raises
    ------
    InputError
        Points beside the grid.
    """
    (west, south, east, north), (dx, dy) = surveyed
    fill = NODATA if nodata is None else nodata
    columns, rows = round((east - west) / dx), round((north - south) / dy)
    grid = np.full((rows, columns), fill, dtype=np.float32)
    for points in _chunks(path):
        column, row = (points[:, 0] - west) / dx - 0.5, (north - points[:, 1]) / dy - 0.5
        i, j = np.rint(row).astype(int), np.rint(column).astype(int)
        beside = (np.abs(row - i) > OFF_GRID) | (np.abs(column - j) > OFF_GRID)
        if beside.any():
            x, y = points[beside][0, :2]
            raise InputError(path, f"the point {x:.3f} {y:.3f} lies beside the grid of {dx:g} m", "a regular grid")
        grid[i, j] = points[:, 2]
    with rasterio.open(
        target, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32", nodata=fill,
        crs=crs_wkt, transform=Affine(dx, 0, west, 0, -dy, north), tiled=True, blockxsize=256, blockysize=256,
    ) as data:  # fmt: skip
        data.write(grid, 1)


@contextmanager
def _stream(path: str) -> Iterator[io.TextIOBase]:
    archive, _, member = path.partition(".zip!")
    try:
        if not member:
            with Path(path).open(encoding="utf-8-sig", errors="strict") as text:
                yield text
            return
        with zipfile.ZipFile(archive + ".zip") as whole, whole.open(member) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig")
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError) as error:
        raise InputError(path, f"cannot be read ({error})", hint="fetch or copy the file again") from error
    except UnicodeDecodeError as error:
        raise InputError(path, f"byte {error.start} is no text", "lines of x y z") from error


def _chunks(path: str) -> Iterator[Array]:
    """Yield points (n, 3): x, y, z; those that say unknown are left out."""
    found = False
    with _stream(path) as text:
        lines = [text.readline(MAX_LINE), text.readline(MAX_LINE)]
    header = _is_header(lines[0])
    told = lines[1] if header else lines[0]
    separator = _separator(told, path)
    decimal = "," if separator != "," and "," in told else "."
    with _stream(path) as text:
        try:
            for frame in pd.read_csv(
                text, sep=separator, header=None, usecols=[0, 1, 2], dtype="float64", decimal=decimal,
                chunksize=CHUNK, skipinitialspace=True, skiprows=int(header),
            ):  # fmt: skip
                points = frame.to_numpy()
                if not (np.abs(points) <= LARGEST).all():
                    raise InputError(path, "a line without three numbers", "lines of x y z")
                points = points[points[:, 2] > NODATA]
                if len(points):
                    found = True
                    yield points
        except (ValueError, pd.errors.ParserError) as error:
            raise InputError(path, f"cannot be read as points ({error})", "lines of x y z") from error
    if not found:
        raise InputError(path, "no point with a height", "lines of x y z")


def _is_header(line: str) -> bool:
    return any(c.isalpha() for c in re.sub(r"\d[eE][+-]?\d", "", line)) and "nan" not in line.lower()


def _separator(line: str, path: str) -> str:
    found = next((s for s in (";", "\t") if s in line), r"\s+" if len(line.split()) >= COLUMNS else ",")
    cells = line.split() if found == r"\s+" else line.split(found)
    if len(cells) < COLUMNS:
        raise InputError(path, f"a line is {line.strip()[:60]!r}", "x y z")
    return found
