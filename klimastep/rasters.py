"""Height grids as one: a GeoTIFF, many tiles or XYZ text, read by window and never whole."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from klimastep._xyz import NODATA, convert, survey
from klimastep.errors import InputError

Floats = npt.NDArray[np.float32]
Bounds = tuple[float, float, float, float]

GRID_SUFFIXES = (".tif", ".tiff", ".asc")
TEXT_SUFFIXES = (".xyz", ".txt")
DRIVERS = {".asc": "AAIGrid"}  # GTiff else; named, since a VRT in disguise may lead to other files and hosts
MAX_CELLS = 50_000_000  # one window, 200 MB
BLOCK = 2048
HUGE = 1e30  # single-precision lowest as nodata, often cut to fewer digits in the header
ALIGNED = 1e-3  # of a cell
NOT_METRES = re.compile(r"f(ee|oo)?t|fathom|inch|yard|[cdmk]m$|(centi|deci|milli|kilo)met", re.IGNORECASE)


@dataclass(frozen=True)
class Tile:
    """One file of a mosaic.

    Parameters
    ----------
    path : str
        As it was given; a member of a zip as ``folder/some.zip!member.tif``.
    bounds : tuple of float
        West, south, east, north of the cells' outer edges. [m]
    resolution_m : tuple of float
        Size of a cell in x and y. [m]
    nodata : float or None
        Value that means unknown.
    crs : CRS
        Horizontal.
    """

    path: str
    bounds: Bounds
    resolution_m: tuple[float, float]
    nodata: float | None
    crs: CRS


@dataclass(frozen=True)
class Patch:
    """Heights in a window: `values` (rows, columns) with row 0 in the north, NaN where unknown. [m]"""

    values: Floats
    west: float
    north: float
    resolution_m: float

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north. [m]"""
        rows, columns = self.values.shape
        step = self.resolution_m
        return self.west, self.north - rows * step, self.west + columns * step, self.north


class Mosaic:
    """Tiles of one CRS read as one grid; use it in a ``with`` block, it keeps temporary files.

    Where tiles overlap the first one that knows a height wins. A tile of another resolution or offset is
    resampled to the grid of the window: averaged where the window is coarser, bilinear else.

    Parameters
    ----------
    paths : iterable of str or Path
        GeoTIFF, ASCII grid or XYZ text; ``some.zip!member.tif`` for a member of a zip.
    crs : str, optional
        For files that name none; one that contradicts a file is an error.
    nodata : float, optional
        Value that means unknown where the file does not say it.

    Raises
    ------
    InputError
        No file, damaged, rotated or without georeference, no CRS, several CRS, one not in metres.
    """

    def __init__(self, paths: Iterable[str | Path], *, crs: str | None = None, nodata: float | None = None) -> None:
        self.tiles = tuple(_open(str(p), crs, nodata) for p in paths)
        _refuse_mixture(self.tiles)
        self.crs = self.tiles[0].crs
        self._grids: dict[str, str] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="klimastep-")

    def __enter__(self) -> Mosaic:
        """Return the mosaic."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the temporary files."""
        self.close()

    def close(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()

    @property
    def resolution_m(self) -> float:
        """Finest cell size of all tiles. [m]"""
        return min(max(t.resolution_m) for t in self.tiles)

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of all tiles. [m]"""
        west, south, east, north = np.array([t.bounds for t in self.tiles]).T
        return float(west.min()), float(south.min()), float(east.max()), float(north.max())

    def read(self, bounds: Bounds, *, resolution_m: float | None = None, max_cells: int = MAX_CELLS) -> Patch:
        """Return the heights in a window, grown to whole cells of the grid.

        Parameters
        ----------
        bounds : tuple of float
            West, south, east, north in the mosaic's CRS. [m]
        resolution_m : float, optional
            Cell size of the answer; the finest of all tiles by default. [m]
        max_cells : int
            Refuse larger windows.

        Returns
        -------
        Patch
            Unknown outside of all tiles.

        Raises
        ------
        InputError
            Empty or too large window, a tile that cannot be read.
        """
        step = resolution_m or self.resolution_m
        anchor = min(self.tiles, key=lambda t: max(t.resolution_m)).bounds
        low, high = _snap(bounds[0], bounds[2], anchor[0], step)
        top, bottom = _snap(-bounds[3], -bounds[1], -anchor[3], step)
        if high <= low or bottom <= top:
            raise InputError("window", f"{bounds} is empty", "west < east and south < north")
        if (high - low) * (bottom - top) > max_cells:
            raise InputError("window", f"{high - low} x {bottom - top} cells", f"at most {max_cells}", "read blocks()")
        values = np.full((bottom - top, high - low), np.nan, dtype=np.float32)
        patch = Patch(values, anchor[0] + low * step, anchor[3] - top * step, step)
        for tile in self.tiles:
            if _meet(tile.bounds, patch.bounds):
                self._paste(patch, tile)
        return patch

    def blocks(self, *, bounds: Bounds | None = None, size: int = BLOCK) -> Iterator[Patch]:
        """Yield the mosaic (or `bounds` of it) in windows of `size` cells; those that no tile touches are left out."""
        west, south, east, north = bounds or self.bounds
        span = size * self.resolution_m
        for j in range(math.ceil((north - south) / span - ALIGNED)):
            for i in range(math.ceil((east - west) / span - ALIGNED)):
                left, upper = west + i * span, north - j * span
                box = (left, max(upper - span, south), min(left + span, east), upper)
                if any(_meet(t.bounds, box) for t in self.tiles):
                    yield self.read(box)

    def extremes(self, tile: Tile) -> tuple[float, float, float]:
        """Return lowest and highest height [m] and the share of known cells [1] of a tile; NaN where all is unknown."""
        low, high, known, cells = math.inf, -math.inf, 0, 0
        with self._dataset(tile) as data:
            for row in range(0, data.height, BLOCK):
                for column in range(0, data.width, BLOCK):
                    window = Window(column, row, min(BLOCK, data.width - column), min(BLOCK, data.height - row))
                    values = _heights(data, tile, window)
                    good = np.isfinite(values)
                    known, cells = known + int(good.sum()), cells + values.size
                    if good.any():
                        low, high = min(low, float(values[good].min())), max(high, float(values[good].max()))
        return (low, high, known / cells) if known else (math.nan, math.nan, 0.0)

    def odd_tiles(self) -> dict[str, list[str]]:
        """Return the tiles that do not fit the first: kinds ``resolution``, ``offset``, ``oblong`` and ``overlap``."""
        found: dict[str, list[str]] = {"resolution": [], "offset": [], "oblong": [], "overlap": []}
        first = self.tiles[0]
        for place, tile in enumerate(self.tiles):
            if not _same(tile.resolution_m[0], tile.resolution_m[1]):
                found["oblong"].append(tile.path)
            if not _same(tile.resolution_m[0], first.resolution_m[0]):
                found["resolution"].append(tile.path)
            elif any(_fraction(tile.bounds[k] - first.bounds[k], tile.resolution_m[k // 2]) > ALIGNED for k in (0, 3)):
                found["offset"].append(tile.path)
            if any(_shared(tile.bounds, other.bounds) > 0.5 for other in self.tiles[:place]):
                found["overlap"].append(tile.path)
        return found

    def _dataset(self, tile: Tile) -> Any:
        if tile.path not in self._grids:
            uri = _uri(tile.path)
            if _is_text(tile.path):
                uri = str(Path(self._folder.name) / f"{len(self._grids)}.tif")
                convert(tile.path, Path(uri), (tile.bounds, tile.resolution_m), tile.crs.to_wkt(), tile.nodata)
            self._grids[tile.path] = uri
        try:
            return _driven(self._grids[tile.path])
        except RasterioError as error:
            raise InputError(tile.path, f"cannot be read any more ({error})") from error

    def _paste(self, patch: Patch, tile: Tile) -> None:
        """Fill the unknown cells of a patch from a tile."""
        step = patch.resolution_m
        rows, columns = patch.values.shape
        left, right = _span(tile.bounds[0] - patch.west, tile.bounds[2] - patch.west, step, columns)
        top, bottom = _span(patch.north - tile.bounds[3], patch.north - tile.bounds[1], step, rows)
        if right <= left or bottom <= top:
            return
        view = patch.values[top:bottom, left:right]
        corner = (patch.west + left * step, patch.north - top * step)
        with self._dataset(tile) as data:
            try:
                values = self._resampled(data, tile, corner, step, view.shape)
            except RasterioError as error:
                raise InputError(tile.path, f"cannot be read ({error})", hint="fetch or copy the file again") from error
        np.copyto(view, values, where=np.isnan(view))

    def _resampled(
        self, data: Any, tile: Tile, corner: tuple[float, float], step: float, shape: tuple[int, ...]
    ) -> Floats:
        dx, dy = tile.resolution_m
        column, row = (corner[0] - tile.bounds[0]) / dx, (tile.bounds[3] - corner[1]) / dy
        aligned = _same(dx, step) and _same(dy, step) and max(_fraction(column, 1), _fraction(row, 1)) < ALIGNED
        if aligned:
            window = Window(round(column), round(row), shape[1], shape[0])
            return _heights(data, tile, window)
        coarser = step > 1.5 * max(dx, dy)
        with WarpedVRT(
            data,
            src_crs=tile.crs.to_wkt(),
            crs=tile.crs.to_wkt(),
            src_nodata=tile.nodata,
            nodata=np.nan,
            dtype="float32",
            transform=Affine(step, 0, corner[0], 0, -step, corner[1]),
            width=shape[1],
            height=shape[0],
            resampling=Resampling.average if coarser else Resampling.bilinear,
        ) as warped:
            values = warped.read(1)
        return _scaled(values, data, None)


def _open(path: str, crs: str | None, nodata: float | None) -> Tile:
    given = _parsed(crs, "crs") if crs is not None else None
    if _is_text(path):
        bounds, resolution = survey(path)
        return Tile(path, bounds, resolution, NODATA if nodata is None else nodata, _checked(given, path))
    if not path.lower().endswith(GRID_SUFFIXES):
        raise InputError(path, "unknown kind of grid", f"one of {', '.join((*GRID_SUFFIXES, *TEXT_SUFFIXES))}")
    try:
        with _driven(_uri(path)) as data:
            transform, bounds = data.transform, data.bounds
            told = _parsed(data.crs.to_wkt(), path) if data.crs else None
            _refuse_unit(data, path)
            unknown = data.nodata if nodata is None else nodata
    except (RasterioError, OSError) as error:
        raise InputError(path, f"cannot be read as a grid ({error})", hint="is the file whole?") from error
    if transform == Affine.identity() or transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(path, "the grid has no place or is turned", "a north-up GeoTIFF with its coordinates")
    if told is not None and (told.is_engineering or told.name.lower().startswith(("undefined", "unknown"))):
        told = None
    if told is not None and given is not None and not told.equals(given, ignore_axis_order=True):
        raise InputError(path, f"the CRS is {told.name}", given.name, "leave out source_crs:, or take other files")
    return Tile(path, tuple(bounds), (transform.a, -transform.e), unknown, _checked(told or given, path))


def _refuse_unit(data: Any, path: str) -> None:
    """Refuse heights that the file itself says are not in metres, by the unit of its band or its vertical CRS."""
    named = [u for u in data.units[:1] if u]
    if data.crs:
        axes = CRS.from_user_input(data.crs.to_wkt()).axis_info
        named += [axis.unit_name for axis in axes if axis.direction in ("up", "down")]
    wrong = [unit for unit in named if NOT_METRES.search(unit)]
    if wrong:
        hint = "convert the heights, e.g. gdal_calc --calc 'A*0.3048' for feet"
        raise InputError(path, f"the heights are in {wrong[0]}", "metres", hint)


def _parsed(text: str, source: str) -> CRS:
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(source, f"unknown CRS {text!r}", "for example EPSG:25832") from error
    return crs.sub_crs_list[0] if crs.is_compound else crs


def _checked(crs: CRS | None, path: str) -> CRS:
    if crs is None:
        raise InputError(path, "the file names no CRS", hint="name it with source_crs:, for example EPSG:25832")
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise InputError(path, f"the CRS is {crs.name}", "a projected one in metres", "project the grid, e.g. gdalwarp")
    return crs


def _refuse_mixture(tiles: tuple[Tile, ...]) -> None:
    if not tiles:
        raise InputError("grids", "no file", f"at least one of {', '.join((*GRID_SUFFIXES, *TEXT_SUFFIXES))}")
    for tile in tiles[1:]:
        if not tile.crs.equals(tiles[0].crs, ignore_axis_order=True):
            raise InputError(
                tile.path, f"the CRS is {tile.crs.name}", f"{tiles[0].crs.name} as in {tiles[0].path}",
                "read them as two sources, or project one",
            )  # fmt: skip


def _driven(uri: str) -> Any:
    try:
        return rasterio.open(uri, driver=DRIVERS.get(uri[-4:].lower(), "GTiff"))
    except UnicodeDecodeError as error:
        raise InputError(uri, "the CRS in it is damaged", hint="is the file whole?") from error


def _is_text(path: str) -> bool:
    return path.lower().endswith(TEXT_SUFFIXES)


def _uri(path: str) -> str:
    """Return what GDAL opens."""
    archive, _, member = path.partition(".zip!")
    return f"/vsizip/{Path(archive + '.zip').resolve().as_posix()}/{member}" if member else path


def _heights(data: Any, tile: Tile, window: Any) -> Floats:
    return _scaled(data.read(1, window=window), data, tile.nodata)


def _scaled(raw: npt.NDArray[Any], data: Any, nodata: float | None) -> Floats:
    """Return stored numbers as metres, unknown as NaN."""
    values = raw.astype(np.float32)
    with np.errstate(invalid="ignore"):
        unknown = ~(np.abs(values) < HUGE)
        if nodata is not None and math.isfinite(nodata):
            unknown |= values == np.float32(nodata)
    values = values * np.float32(data.scales[0]) + np.float32(data.offsets[0])
    values[unknown] = np.nan
    return values


def _snap(low: float, high: float, origin: float, step: float) -> tuple[int, int]:
    """Return the whole cells that cover low to high."""
    return math.floor((low - origin) / step + ALIGNED), math.ceil((high - origin) / step - ALIGNED)


def _span(low: float, high: float, step: float, count: int) -> tuple[int, int]:
    """Return the cells from 0 to `count` whose middle lies between low and high."""
    first, last = math.ceil(low / step - 0.5 - ALIGNED), math.floor(high / step - 0.5 + ALIGNED)
    return max(first, 0), min(last + 1, count)


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(a, b)


def _fraction(value: float, step: float) -> float:
    """Return how far a value is from a whole number of steps. [steps]"""
    return abs(value / step - round(value / step))


def _meet(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _shared(a: Bounds, b: Bounds) -> float:
    """Return the overlap as a share of the smaller box. [1]"""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return max(width, 0.0) * max(height, 0.0) / smaller
