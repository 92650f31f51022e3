"""A year of sun and sky as tables over sector and horizon, and what planes below a horizon receive (array file)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from klimastep.solar.horizon import Codes, Floats, Scale, Singles, each
from klimastep.solar.vectors import WIDTH, add_row
from klimastep.weather import Sky, monthly_on_planes

MONTHS = 12
BAND_DEG = 6.5  # Perez' bright band above the horizon
PER_UNIT = 512  # entries of the table from slope to code, per unit of slope
STEEPEST = 16.0
CHUNK = 512
PIECE = 32 * CHUNK
SPAN = 3 * WIDTH
GRID = 64  # cells along the radius of the half vault of uprights


class SkyTables(NamedTuple):
    """What comes from above each horizon, as vectors, so that a plane's share is a product with its upright.

    Parameters
    ----------
    vectors : ndarray (sectors, codes, 3, 16)
        Beam, circumsolar and diffuse energy from a sector above a horizon's elevation: its parts towards east,
        north and up, by month [kWh/m²]; the thirteenth is that of an even sky that gives 1 to a level plane. [1]
    reflected : ndarray (12,)
        Energy reflected by level ground. [kWh/m²]
    code_of_slope : ndarray (entries,)
        Horizon code of a slope, not rounded. [code]
    rounding : ndarray (sectors,)
        See :attr:`klimastep.solar.horizon.Scale.rounding`.
    parts : int
        Codes of a level: by so much the horizon of a plane itself may be told too high.
    exact : ndarray (cells, 16)
        What a free plane receives in truth by what these vectors give it, for planes of many uprights. [1]
    """

    vectors: Singles
    reflected: Floats
    code_of_slope: Singles
    rounding: Singles
    parts: int
    exact: Singles


def sky_tables(sky: Sky, steps: Scale) -> SkyTables:
    """Return the tables of a year.

    The direction of every hour's sun is kept as it is: only the horizon that hides it is that of the sectors
    beside it, shared between both by the nearness of their middles. The even part of the sky is exact. Perez'
    band above the horizon is taken as fading out at 6.5 degrees.

    Parameters
    ----------
    sky : Sky
        Of :meth:`klimastep.weather.Weather.sky`.
    steps : Scale
        The one of the horizons.
    """
    codes = len(steps.code_tan)
    energy = np.zeros((steps.sectors, codes, 3, MONTHS))
    month = np.repeat(np.arange(MONTHS), np.diff(sky.starts))
    around = np.mod(np.arctan2(sky.east, sky.north), 2 * np.pi) * (steps.sectors / (2 * np.pi))
    before = np.floor(around).astype(np.int64)
    with np.errstate(divide="ignore"):
        tan = sky.up / np.hypot(sky.east, sky.north)
    code = np.maximum(np.searchsorted(steps.code_tan, tan) - 1, 0).astype(np.int64)
    for sector, share in ((before, 1 - (around - before)), (before + 1, around - before)):
        place = (sector % steps.sectors * codes + code) * MONTHS + month
        for part, vector in enumerate((sky.east, sky.north, sky.up)):
            added = np.bincount(place, vector * share, steps.sectors * codes * MONTHS)
            energy[:, :, part] += added.reshape(steps.sectors, codes, MONTHS)
    energy = energy[:, ::-1].cumsum(axis=1)[:, ::-1]
    view = _even_sky(steps)
    energy += view[..., None] * sky.isotropic + _band(steps)[..., None] * sky.horizon
    slope = (np.arange(int(STEEPEST * PER_UNIT)) + 0.5) / PER_UNIT
    nearest = np.interp(slope, steps.code_tan, np.arange(codes, dtype=np.float64))
    vectors = np.concatenate((energy, view[..., None], np.zeros((*view.shape, WIDTH - MONTHS - 1))), axis=-1)
    flat = np.ones(((2 * GRID + 1) ** 2, WIDTH), dtype=np.float32)
    tables = SkyTables(
        vectors.astype(np.float32), sky.reflected, nearest.astype(np.float32), steps.rounding, steps.parts, flat
    )
    return tables._replace(exact=_exact(sky, tables, steps.sectors))


def _exact(sky: Sky, tables: SkyTables, sectors: int) -> Singles:
    """Return true by tabled energy and view of free planes, (cells, 16): uprights seen from the nadir, cell by cell."""
    side = np.arange(-GRID, GRID + 1) / GRID
    east, north = (part.ravel() for part in np.meshgrid(side, side))
    far = np.minimum(east**2 + north**2, 1.0)
    tilt = np.degrees(np.arccos((1 - far) / (1 + far)))
    azimuth = np.degrees(np.arctan2(east, north))
    true = np.maximum(monthly_on_planes(tilt, azimuth, sky), 0)
    got, view = received(np.zeros((sectors, len(tilt)), np.uint8), uprights(tilt, azimuth), tables)
    out = np.ones((len(tilt), WIDTH))
    out[:, :MONTHS] = np.divide(true, got, out=out[:, :MONTHS], where=got > 0)
    out[:, MONTHS] = (1 + np.cos(np.radians(tilt))) / 2 / view
    return out.astype(np.float32)


def _even_sky(steps: Scale) -> Floats:
    """Return the integrals of an even sky above each horizon, (sectors, codes, 3). [1]"""
    high, wide = np.arctan(steps.code_tan), 2 * np.pi / steps.sectors
    flat = (np.pi / 2 - high - np.sin(high) * np.cos(high)) / 2 * (2 * np.sin(wide / 2)) / np.pi
    up = np.cos(high) ** 2 / 2 * wide / np.pi
    azimuth = steps.azimuth_rad[:, None]
    return np.stack(np.broadcast_arrays(np.sin(azimuth) * flat, np.cos(azimuth) * flat, up), axis=-1)


def _band(steps: Scale) -> Floats:
    """Return the same of a band above the horizon that gives 1 to a wall, (sectors, codes, 3). [1]"""
    left = np.clip(1 - np.degrees(np.arctan(steps.code_tan)) / BAND_DEG, 0, 1) * np.sin(np.pi / steps.sectors)
    azimuth = steps.azimuth_rad[:, None]
    east, north = np.sin(azimuth) * left, np.cos(azimuth) * left
    return np.stack((east, north, np.zeros_like(east)), axis=-1)


def uprights(tilt_deg: npt.ArrayLike, azimuth_deg: npt.ArrayLike) -> Singles:
    """Return the unit vectors upright on planes, (3, planes): east, north, up."""
    tilt, azimuth = np.radians(np.asarray(tilt_deg)), np.radians(np.asarray(azimuth_deg))
    return np.stack((np.sin(tilt) * np.sin(azimuth), np.sin(tilt) * np.cos(azimuth), np.cos(tilt))).astype(np.float32)


def received(
    codes: Codes,
    upright: Singles,
    tables: SkyTables,
    trees: Codes | None = None,
    through: Sequence[float] = (),
    out: Singles | None = None,
) -> tuple[Singles, Singles]:
    """Return the energy on planes below their horizons, and their view of the sky.

    Obstacles reflect nothing, and the ground reflects as if nothing stood there: no obstacle raises anything.

    Parameters
    ----------
    codes : ndarray (sectors, planes)
        Horizons of what lets no light through.
    upright : ndarray (3, planes)
        See :func:`uprights`. NaN where unknown.
    tables : SkyTables
    trees : ndarray (sectors, planes), optional
        Horizons of crowns.
    through : sequence of 12 float
        Share of light that crowns let through in each month. [1]
    out : ndarray (12, planes), optional
        Where to write the energy.

    Returns
    -------
    energy : ndarray (planes, 12)
        NaN where the upright is. [kWh/m²]
    view : ndarray (planes,)
        Share of an even sky, (1 + cos tilt) / 2 where nothing hides it. [1]
    """
    planes = upright.shape[1]
    azimuth = np.arange(len(codes)) * (2 * np.pi / len(codes))
    around = np.stack((np.sin(azimuth), np.cos(azimuth))).astype(np.float32)
    crowns = codes[:, :0] if trees is None else trees
    opaque = np.ones(WIDTH, np.float32)
    opaque[: len(through)] -= np.asarray(through, np.float32)
    energy = np.empty((MONTHS, planes), np.float32) if out is None else out
    view = np.empty(planes, np.float32)
    of_plane = (tables.code_of_slope, tables.parts)
    kept = (tables.vectors.reshape(len(codes), -1), of_plane, tables.rounding, around, tables.exact)
    told = opaque, tables.reflected.astype(np.float32)

    whole = np.ascontiguousarray(codes), np.ascontiguousarray(crowns), np.ascontiguousarray(upright)

    def work(number: int) -> None:
        _piece(whole, (number * PIECE, min((number + 1) * PIECE, planes)), (kept, told), energy, view)

    each(work, -(-planes // PIECE))
    return energy.T, view


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _piece(planes, part, sky, energy, view):  # type: ignore[no-untyped-def]
    """Take a piece of the planes, as many at a time as stay in the nearest cache."""
    codes, crowns, upright = planes
    for begin in range(part[0], part[1], CHUNK):
        end = min(begin + CHUNK, part[1])
        some = codes[:, begin:end].copy(), crowns[:, begin:end].copy(), upright[:, begin:end].copy()
        _receive(some, sky[0], sky[1], energy[:, begin:end], view[begin:end])


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _receive(planes, sky, told, energy, view):  # type: ignore[no-untyped-def]
    """Add up one look-up a sector; the last used column is the view of an even sky."""
    codes, crowns, upright = planes
    table, of_plane, rounding, around, exact = sky
    opaque, reflected = told
    free = np.zeros((upright.shape[1], WIDTH), np.float32)
    below = np.zeros((crowns.shape[1], WIDTH), np.float32)
    code = np.empty(upright.shape[1], np.int64)
    for sector in range(codes.shape[0]):
        _limit(codes[sector], upright, (around[:, sector], rounding[sector]), of_plane, code)
        _add(table[sector], code, upright, free)
        if crowns.shape[1] > 0:
            for n in range(code.shape[0]):
                code[n] = max(code[n], np.int64(crowns[sector, n]))
            _add(table[sector], code, upright, below)
    for n in range(below.shape[0]):
        for k in range(WIDTH):
            free[n, k] -= opaque[k] * (free[n, k] - below[n, k])
    for n in range(upright.shape[1]):
        up = np.float32(1) + upright[2, n]
        if up > 0:
            row, column = np.rint(GRID * (1 + upright[1, n] / up)), np.rint(GRID * (1 + upright[0, n] / up))
            share = exact[np.int64(row) * (2 * GRID + 1) + np.int64(column)]
            for month in range(MONTHS):
                got = free[n, month] * share[month]
                got = got if got > 0 else np.float32(0)
                energy[month, n] = got + (np.float32(1) - upright[2, n]) / np.float32(2) * reflected[month]
            view[n] = free[n, MONTHS] * share[MONTHS]
        else:
            energy[:, n] = np.nan
            view[n] = np.nan


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _limit(codes, upright, sector, of_plane, out):  # type: ignore[no-untyped-def]
    """Take the higher of the horizon and the plane itself; what lies within a level of the plane is the plane."""
    towards, rounding = sector
    code_of_slope, parts = of_plane
    steepest = code_of_slope.shape[0] - 1
    for n in range(out.shape[0]):
        e, o, u = upright[0, n], upright[1, n], upright[2, n]
        rise = -(e * towards[0] + o * towards[1])
        code = np.int64(codes[n])
        if rise > 0:
            slope = rise * np.float32(PER_UNIT) / u
            own = np.int64(code_of_slope[np.int64(slope) if slope < steepest else steepest] + rounding)
            code = code if code > own + parts else own
        out[n] = code


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _add(row, codes, upright, total):  # type: ignore[no-untyped-def]
    for n in range(total.shape[0]):
        add_row(total, n, row, codes[n] * SPAN, upright[0, n], upright[1, n], upright[2, n])
