"""Radiation on tilted planes by the skies of Hay and Davies or of Perez, hours summed to months (array file)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from pvlib import atmosphere, irradiance

from klimastep.units import W_PER_KW
from klimastep.weather.sun import Floats, Ints, Sun

MIN_HEIGHT = 0.01745  # sine of one degree: below it the circumsolar ratio is held, as in pvlib
SkyModel = Literal["haydavies", "perez"]

MIN_PEREZ_HEIGHT = 0.08716  # cosine of 85 degrees, as in pvlib
MONTHS = 12
CHUNK = 4096
MEINEL_TRANSMISSION = 0.7
MEINEL_EXPONENT = 0.678


class Sky(NamedTuple):
    """One year of sky above unshaded planes, ready to be summed.

    Parameters
    ----------
    east, north, up : ndarray (sunny hours,)
        Beam and circumsolar energy as vectors towards the sun, hours sorted by month. [kWh/m²]
    starts : ndarray (13,)
        First hour of each month in the vectors, then their number.
    isotropic : ndarray (12,)
        Diffuse energy from the whole vault. [kWh/m²]
    reflected : ndarray (12,)
        Energy reflected by level ground. [kWh/m²]
    horizon : ndarray (12,)
        Diffuse energy that a bright horizon adds to a wall; 0 but in the sky of Perez. [kWh/m²]
    """

    east: Floats
    north: Floats
    up: Floats
    starts: Ints
    isotropic: Floats
    reflected: Floats
    horizon: Floats


def split_global(
    ghi_w_m2: npt.ArrayLike, dhi_w_m2: npt.ArrayLike, dni_w_m2: npt.ArrayLike, sun: Sun
) -> tuple[Floats, Floats]:
    """Return beam and diffuse radiation that add up to the global radiation exactly.

    The beam is the file's own where it has one, else ``(ghi - dhi) / cos(zenith)``, not more than a very clear
    sky lets through (Meinel 1976: ``extra * 0.7 ** (air mass ** 0.678)``), which only binds at sunrise and
    sunset, where one sun position stands for a whole hour. The diffuse part is what the beam leaves of the
    global radiation, so that the energy on the level is kept to the last watt-hour.

    Parameters
    ----------
    ghi_w_m2, dhi_w_m2, dni_w_m2 : array_like (hours,)
        Global, diffuse horizontal and direct normal irradiance; NaN where unknown, but one of the last two
        must be known. [W/m²]
    sun : Sun
        Positions that belong to the values.

    Returns
    -------
    dni_w_m2, dhi_w_m2 : ndarray (hours,)
        [W/m²]

    References
    ----------
    Meinel, A. B.; Meinel, M. P. (1976): Applied Solar Energy. Addison-Wesley.
    """
    ghi = np.maximum(np.asarray(ghi_w_m2, dtype=np.float64), 0.0)
    dhi = np.asarray(dhi_w_m2, dtype=np.float64)
    given = np.asarray(dni_w_m2, dtype=np.float64)
    height = sun.height
    up = height > MIN_HEIGHT
    held = np.where(up, height, 1.0)
    clearest = sun.extra_w_m2 * MEINEL_TRANSMISSION ** (held**-MEINEL_EXPONENT)
    derived = np.minimum((ghi - dhi) / held, clearest)
    beam = np.where(np.isnan(given), derived, given)
    beam = np.where(up, np.clip(beam, 0.0, ghi / held), 0.0)
    return beam, np.maximum(ghi - beam * held, 0.0)


def diffuse_of_global(ghi_w_m2: npt.ArrayLike, sun: Sun) -> Floats:
    """Return the diffuse part of global radiation where nothing else is known, by how much of the light arrives.

    Parameters
    ----------
    ghi_w_m2 : array_like (hours,)
        Global horizontal irradiance. [W/m²]
    sun : Sun
        Positions that belong to it.

    Returns
    -------
    ndarray (hours,)
        [W/m²]

    References
    ----------
    Erbs, D. G.; Klein, S. A.; Duffie, J. A. (1982): Estimation of the diffuse radiation fraction for hourly, daily and
    monthly-average global radiation. Solar Energy 28 (4), 293-302; continuous form of Driesse, A.; Jensen, A.; Perez,
    R. (2024), Solar Energy 267, 112093, as in pvlib.
    """
    ghi = np.maximum(np.asarray(ghi_w_m2, dtype=np.float64), 0.0)
    found = irradiance.erbs_driesse(ghi, sun.zenith_deg, dni_extra=sun.extra_w_m2)["dhi"]
    return np.asarray(np.clip(np.nan_to_num(found, nan=0.0), 0.0, ghi), dtype=np.float64)


def sky_of_hours(
    ghi_w_m2: Floats,
    dhi_w_m2: Floats,
    dni_w_m2: Floats,
    sun: Sun,
    month: Ints,
    albedo_share: float,
    model: SkyModel = "haydavies",
) -> Sky:
    """Return the sky of some hours, by month.

    ``A = dni / extra``; a plane receives ``dni * cos(i) + dhi * A * cos(i) / cos(zenith)`` from around the sun,
    ``dhi * (1 - A) * (1 + cos(tilt)) / 2`` from the vault and ``ghi * albedo * (1 - cos(tilt)) / 2`` from the
    ground. The first two share ``cos(i)``, so that one vector an hour carries them. In the sky of Perez (1990) the
    share around the sun comes from tables, and ``dhi * F2 * sin(tilt)`` is added for the horizon.

    Parameters
    ----------
    ghi_w_m2, dhi_w_m2, dni_w_m2 : ndarray (hours,)
        Means over one hour each. [W/m²]
    sun : Sun
        Positions that belong to them.
    month : ndarray (hours,)
        0 to 11.
    albedo_share : float
        Reflectance of the ground. [1]
    model : {"haydavies", "perez"}

    Returns
    -------
    Sky

    References
    ----------
    Hay, J. E.; Davies, J. A. (1980): Calculations of the solar radiation incident on an inclined surface.
    Proc. First Canadian Solar Radiation Data Workshop, 59. Perez, R. et al. (1990): Modeling daylight availability
    and irradiance components from direct and global irradiance. Solar Energy 44 (5), 271-289.
    """
    height = sun.height
    if model == "perez":
        anisotropy, brightening = _perez(dhi_w_m2, dni_w_m2, sun)
        held = np.maximum(height, MIN_PEREZ_HEIGHT)
    else:
        anisotropy, brightening = dni_w_m2 / sun.extra_w_m2, np.zeros_like(dhi_w_m2)
        held = np.maximum(height, MIN_HEIGHT)
    towards_sun = (dni_w_m2 + dhi_w_m2 * anisotropy / held) / W_PER_KW
    order = np.argsort(month, kind="stable")
    order = order[towards_sun[order] > 0]
    energy, zenith, azimuth = towards_sun[order], np.radians(sun.zenith_deg[order]), np.radians(sun.azimuth_deg[order])
    return Sky(
        east=energy * np.sin(zenith) * np.sin(azimuth),
        north=energy * np.sin(zenith) * np.cos(azimuth),
        up=energy * np.cos(zenith),
        starts=np.searchsorted(month[order], np.arange(MONTHS + 1)).astype(np.int64),
        isotropic=_by_month(month, dhi_w_m2 * (1.0 - anisotropy)),
        reflected=_by_month(month, ghi_w_m2 * albedo_share),
        horizon=_by_month(month, dhi_w_m2 * brightening),
    )


def _perez(dhi_w_m2: Floats, dni_w_m2: Floats, sun: Sun) -> tuple[Floats, Floats]:
    """Return Perez' brightening around the sun and at the horizon, read off a wall that faces the sun. [1]"""
    mass = atmosphere.get_relative_airmass(sun.zenith_deg)
    seen = irradiance.perez(
        90.0, sun.azimuth_deg, dhi_w_m2, dni_w_m2, sun.extra_w_m2, sun.zenith_deg, sun.azimuth_deg, mass,
        return_components=True,
    )  # fmt: skip
    mark = "poa_" if "poa_isotropic" in seen else ""  # releases of pvlib differ
    known = (dhi_w_m2 > 0) & np.isfinite(mass) & (seen[mark + "sky_diffuse"] > 0)
    diffuse = np.where(known, dhi_w_m2, 1.0)
    around = np.where(known, 1.0 - 2.0 * seen[mark + "isotropic"] / diffuse, 0.0)
    return around, np.where(known, seen[mark + "horizon"] / diffuse, 0.0)


def _by_month(month: Ints, power_w_m2: Floats) -> Floats:
    return np.bincount(month, power_w_m2 / W_PER_KW, MONTHS).astype(np.float64)


def monthly_on_planes(tilt_deg: npt.ArrayLike, azimuth_deg: npt.ArrayLike, sky: Sky) -> Floats:
    """Return the energy on unshaded planes in each month.

    A plane's value depends on nothing but the plane and the sky: it is the same bit for bit in any batch and on
    any number of threads.

    Parameters
    ----------
    tilt_deg : array_like (planes,)
        0 = level, 90 = wall. [°]
    azimuth_deg : array_like (planes,)
        0 = north, clockwise. [°]
    sky : Sky

    Returns
    -------
    ndarray (planes, 12)
        NaN where tilt or azimuth is. [kWh/m²]
    """
    tilt = np.ascontiguousarray(np.atleast_1d(np.asarray(tilt_deg, dtype=np.float64)))
    azimuth = np.ascontiguousarray(np.broadcast_to(np.asarray(azimuth_deg, dtype=np.float64), tilt.shape))
    out = np.empty((len(tilt), MONTHS))
    chunks = [slice(first, first + CHUNK) for first in range(0, len(tilt), CHUNK)]

    def fill(chunk: slice) -> None:
        _sum_months(tilt[chunk], azimuth[chunk], sky, out[chunk])

    if len(chunks) < 2:
        for chunk in chunks:
            fill(chunk)
    else:
        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            list(pool.map(fill, chunks))
    return out


def yearly_on_planes(tilt_deg: npt.ArrayLike, azimuth_deg: npt.ArrayLike, sky: Sky) -> Floats:
    """Return the energy on unshaded planes over all months of a sky, see :func:`monthly_on_planes`. [kWh/m²]"""
    months = monthly_on_planes(tilt_deg, azimuth_deg, sky)
    total = np.zeros(len(months))
    for month in range(MONTHS):  # one after the other: a sum over an axis may pair up differently by batch
        total += months[:, month]
    return total


def hourly_on_planes(
    tilt_deg: npt.ArrayLike,
    azimuth_deg: npt.ArrayLike,
    ghi_w_m2: Floats,
    dhi_w_m2: Floats,
    dni_w_m2: Floats,
    sun: Sun,
    *,
    albedo_share: float,
) -> Floats:
    """Return the radiation on a few unshaded planes in each hour, by the same sky as :func:`sky_of_hours`.

    Parameters
    ----------
    tilt_deg, azimuth_deg : array_like (planes,)
        0 = level, 90 = wall; 0 = north, clockwise. [°]
    ghi_w_m2, dhi_w_m2, dni_w_m2 : ndarray (hours,)
        [W/m²]
    sun : Sun
        Positions that belong to them.
    albedo_share : float
        Reflectance of the ground. [1]

    Returns
    -------
    ndarray (hours, planes)
        [W/m²]
    """
    tilt, azimuth = (np.radians(np.atleast_1d(np.asarray(a, dtype=np.float64))) for a in (tilt_deg, azimuth_deg))
    zenith, bearing = np.radians(sun.zenith_deg), np.radians(sun.azimuth_deg)
    anisotropy = dni_w_m2 / sun.extra_w_m2
    towards_sun = dni_w_m2 + dhi_w_m2 * anisotropy / np.maximum(sun.height, MIN_HEIGHT)
    across = np.sin(zenith)[:, None] * np.sin(tilt) * np.cos(bearing[:, None] - azimuth)
    facing = np.maximum(across + np.cos(zenith)[:, None] * np.cos(tilt), 0.0)
    vault = (dhi_w_m2 * (1.0 - anisotropy))[:, None] * (1.0 + np.cos(tilt)) / 2.0
    ground = (ghi_w_m2 * albedo_share)[:, None] * (1.0 - np.cos(tilt)) / 2.0
    total = np.where(ghi_w_m2[:, None] > 0.0, towards_sun[:, None] * facing + vault + ground, 0.0)
    return np.ascontiguousarray(total)


@numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _sum_months(tilt_deg: Floats, azimuth_deg: Floats, sky: Sky, out: Floats) -> None:
    east, north, up, starts, isotropic, reflected, horizon = sky
    for plane in range(tilt_deg.shape[0]):
        tilt, azimuth = np.radians(tilt_deg[plane]), np.radians(azimuth_deg[plane])
        to_east = np.sin(tilt) * np.sin(azimuth)
        to_north = np.sin(tilt) * np.cos(azimuth)
        to_up = np.cos(tilt)
        steep = np.sin(tilt)
        unknown = np.isnan(to_east)
        for month in range(starts.shape[0] - 1):
            first, last = starts[month], starts[month + 1]
            e, n, u = east[first:last], north[first:last], up[first:last]  # own slices: the loop becomes vectors
            direct = 0.0
            for hour in range(e.shape[0]):
                direct += max(to_east * e[hour] + to_north * n[hour] + to_up * u[hour], 0.0)
            diffuse = isotropic[month] * (1.0 + to_up) / 2.0 + reflected[month] * (1.0 - to_up) / 2.0
            diffuse += horizon[month] * steep
            out[plane, month] = np.nan if unknown else direct + diffuse
