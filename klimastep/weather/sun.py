"""Where the sun stands, and where it stood for the values of a weather file (array file)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pvlib import irradiance, spa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRESSURE_HPA = 1013.25  # pvlib's own defaults for the refraction, so that pvlib is a plain oracle
REFRACTION_DEGC = 12.0
REFRACTION_DEG = 0.5667
DELTA_T_S = 67.0
MINUTES_PER_DAY = 1440.0
MINUTES_PER_DEG = 4.0
DAYLIGHT_CAP_W_M2 = 20.0


class Sun(NamedTuple):
    """Sun positions.

    Parameters
    ----------
    zenith_deg : ndarray (hours,)
        Apparent zenith. [°]
    azimuth_deg : ndarray (hours,)
        0 = north, clockwise. [°]
    extra_w_m2 : ndarray (hours,)
        Extraterrestrial radiation on a plane facing the sun. [W/m²]
    """

    zenith_deg: Floats
    azimuth_deg: Floats
    extra_w_m2: Floats

    @property
    def height(self) -> Floats:
        """Sine of the sun's elevation, which is the cosine of its zenith. [1]"""
        return np.asarray(np.cos(np.radians(self.zenith_deg)), dtype=np.float64)


def sun_at(unix_s: npt.ArrayLike, latitude_deg: float, longitude_deg: float) -> Sun:
    """Return the sun's positions at moments.

    Parameters
    ----------
    unix_s : array_like (hours,)
        Seconds since 1970-01-01 UTC. [s]
    latitude_deg, longitude_deg : float
        North and east positive. [°]

    Returns
    -------
    Sun

    References
    ----------
    Reda, I.; Andreas, A. (2004): Solar position algorithm for solar radiation applications. Solar Energy
    76 (5), 577-589; as in pvlib.
    """
    seconds = np.asarray(unix_s, dtype=np.float64)
    found = spa.solar_position(
        seconds, latitude_deg, longitude_deg, 0.0, PRESSURE_HPA, REFRACTION_DEGC, DELTA_T_S, REFRACTION_DEG
    )
    moments = np.floor(seconds).astype("int64").astype("datetime64[s]")
    day_of_year = (moments.astype("datetime64[D]") - moments.astype("datetime64[Y]")).astype("int64") + 1
    extra = irradiance.get_extra_radiation(day_of_year, method="spencer")
    return Sun(np.asarray(found[0]), np.asarray(found[4]), np.asarray(extra, dtype=np.float64))


def find_sun_offset_min(unix_s: npt.ArrayLike, ghi_w_m2: npt.ArrayLike, longitude_deg: float) -> float:
    """Return how many minutes from its stamp the sun of a value stands.

    Files differ in what their stamps mean (end or middle of the hour, local or solar time, an hour too late).
    The offset is found from east-west symmetry of the daylight: morning and evening of a year are equally
    long, so the middle of the light must be solar noon. Global radiation is capped at a low value first, which
    makes every day a block between sunrise and sunset whatever its clouds: the mean hour angle of what remains
    is the offset with its sign turned. Asking for equal *beam energy* on an east and a west roof instead would
    take a year with bright mornings for a wrong clock. (Two Berlin years whose offset is known from their own beam
    to be -90.0 min: found here -89.6 and -90.3, from equal beam energy -78 and -87.)

    Parameters
    ----------
    unix_s : array_like (hours,)
        Stamps of a whole year of hours. [s since 1970-01-01 UTC]
    ghi_w_m2 : array_like (hours,)
        Global horizontal irradiance. [W/m²]
    longitude_deg : float
        East positive. [°]

    Returns
    -------
    float
        Minutes to add to a stamp, -30 for means over the hour before a true stamp; NaN without any light. [min]
    """
    seconds = np.asarray(unix_s, dtype=np.float64)
    light = np.clip(np.asarray(ghi_w_m2, dtype=np.float64), 0.0, DAYLIGHT_CAP_W_M2)
    if not light.sum() > 0:
        return float("nan")
    equation_of_time = spa.solar_position(
        seconds, 0.0, longitude_deg, 0.0, PRESSURE_HPA, REFRACTION_DEGC, DELTA_T_S, REFRACTION_DEG
    )[5]
    solar_minutes = seconds / 60.0 + MINUTES_PER_DEG * longitude_deg + equation_of_time
    hour_angle = np.mod(solar_minutes, MINUTES_PER_DAY) - MINUTES_PER_DAY / 2
    return float(-(light * hour_angle).sum() / light.sum())
