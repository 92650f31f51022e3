"""A year of hourly weather with the sun that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from klimastep import reference
from klimastep.errors import InputError
from klimastep.units import HOURS_PER_DAY
from klimastep.weather.irradiance import MONTHS, Sky, SkyModel, diffuse_of_global, sky_of_hours, split_global
from klimastep.weather.sun import Floats, Ints, Sun, find_sun_offset_min, sun_at

DEG_PER_HOUR = 15.0
NEEDED = ("temp_air_degc", "ghi_w_m2")
OPTIONAL = ("dni_w_m2", "dhi_w_m2", "wind_m_s")
BOUNDS = {"temp_air_degc": (-60.0, 60.0), "ghi_w_m2": (-20.0, 1500.0), "dhi_w_m2": (-20.0, 1000.0)}


@dataclass(frozen=True, eq=False)
class Weather:
    """One year of hourly weather at one place.

    Parameters
    ----------
    hourly : DataFrame
        UTC index = end of the hour; ``temp_air_degc`` [°C], ``ghi_w_m2``, ``dni_w_m2``, ``dhi_w_m2`` [W/m²],
        ``wind_m_s`` [m/s]; global radiation = beam on the level + diffuse in every hour.
    latitude_deg, longitude_deg : float
        North and east positive. [°]
    name : str
        For people: which place, which climate.
    sun_offset_min : float
        Minutes from a stamp to the sun position of its values, see
        :func:`klimastep.weather.sun.find_sun_offset_min`. [min]
    attribution : str
        Licence and source line.
    modelled_hours : int
        Hours with light of which the file told the global radiation only; their beam and diffuse parts are a model's.
    """

    hourly: pd.DataFrame
    latitude_deg: float
    longitude_deg: float
    name: str
    sun_offset_min: float
    attribution: str = ""
    modelled_hours: int = 0

    @property
    def sun(self) -> Sun:
        """Sun position of each hour."""
        return _sun(self.hourly, self.latitude_deg, self.longitude_deg, self.sun_offset_min)

    @property
    def month(self) -> Ints:
        """Month of each hour in local standard time, 0 to 11."""
        return np.asarray(_local_middle(self.hourly, self.longitude_deg).month, dtype=np.int64) - 1

    @property
    def first_hour(self) -> int:
        """Hour of the day in local standard time at which the series begins."""
        return int(_local_middle(self.hourly, self.longitude_deg)[0].hour)

    def daily_mean(self, column: str = "temp_air_degc") -> Floats:
        """Return the means of the days of the year, days in local standard time.

        The year is taken as a ring: hours of a day that the series cuts in two are put together.
        """
        values = np.roll(self.hourly[column].to_numpy(dtype=np.float64), self.first_hour)
        return np.asarray(values.reshape(-1, HOURS_PER_DAY).mean(axis=1))

    def sky(
        self, albedo_share: float | None = None, hours: np.ndarray | None = None, model: SkyModel = "haydavies"
    ) -> Sky:
        """Return the sky of the year, or of some of its hours only.

        Parameters
        ----------
        albedo_share : float, optional
            Reflectance of the ground; the reference table's by default. [1]
        hours : ndarray of bool (hours,), optional
            Which hours count.
        model : {"haydavies", "perez"}
            How the diffuse light is spread over the sky.
        """
        albedo = default_albedo_share() if albedo_share is None else albedo_share
        counted = np.ones(len(self.hourly)) if hours is None else np.asarray(hours, dtype=np.float64)
        ghi, dhi, dni = (self.hourly[c].to_numpy(dtype=np.float64) for c in ("ghi_w_m2", "dhi_w_m2", "dni_w_m2"))
        keep = (counted > 0) & (ghi > 0)
        sun = Sun(*(values[keep] for values in self.sun))
        return sky_of_hours(ghi[keep], dhi[keep], dni[keep], sun, self.month[keep], albedo, model)


def default_albedo_share() -> float:
    """Return the reflectance of the ground of the reference table. [1]"""
    table = reference.load("irradiance").set_index("key")
    return float(table["value"]["albedo_share"])


def prepare(
    hourly: pd.DataFrame,
    latitude_deg: float,
    longitude_deg: float,
    name: str,
    attribution: str = "",
    sun_offset_min: float | None = None,
) -> Weather:
    """Return the weather of a file with its sun found and its radiation made whole.

    The sun's offset comes from the symmetry of the daylight (:func:`klimastep.weather.sun.find_sun_offset_min`); beam
    and diffuse radiation are made to add up to the global radiation
    (:func:`klimastep.weather.irradiance.split_global`); where neither is known a model tells the diffuse part
    (:func:`klimastep.weather.irradiance.diffuse_of_global`).

    Parameters
    ----------
    hourly : DataFrame
        One whole year of hours, UTC index = end of the hour, with ``temp_air_degc`` [°C] and ``ghi_w_m2``; where
        known ``dhi_w_m2``, ``dni_w_m2`` [W/m²] and ``wind_m_s`` [m/s].
    latitude_deg, longitude_deg : float
        Of the place that the values belong to. [°]
    name : str
        Place and climate, for people and messages.
    attribution : str, optional
        Licence and source line.
    sun_offset_min : float, optional
        Minutes from stamp to sun where it is known for sure; found in the file by default. [min]

    Returns
    -------
    Weather

    Raises
    ------
    InputError
        Not a whole year of hours, columns missing, values unknown or impossible, no radiation at all.
    """
    _refuse_index(hourly.index, name)
    table = hourly.reindex(columns=[*NEEDED, *OPTIONAL]).astype("float64")
    _refuse_values(table, hourly.columns, name)
    if not (-90 <= latitude_deg <= 90 and -180 <= longitude_deg <= 180):
        found = f"the place is {latitude_deg:g} N, {longitude_deg:g} E"
        raise InputError(name, found, "latitude -90 to 90 and longitude -180 to 180 degrees")
    ghi = table["ghi_w_m2"].clip(lower=0.0).to_numpy()
    offset = find_sun_offset_min(_unix_s(table), ghi, longitude_deg)
    if np.isnan(offset):
        raise InputError(name, "the column ghi_w_m2 holds no radiation at all", "global radiation in W/m²")
    if sun_offset_min is not None:
        offset = float(sun_offset_min)
    sun = _sun(table, latitude_deg, longitude_deg, offset)
    diffuse, beam = table["dhi_w_m2"].to_numpy(), table["dni_w_m2"].to_numpy()
    bare = np.isnan(diffuse) & np.isnan(beam)
    diffuse = np.where(bare, diffuse_of_global(ghi, sun), diffuse)
    dni, dhi = split_global(ghi, diffuse, beam, sun)
    whole = table.assign(ghi_w_m2=ghi, dni_w_m2=dni, dhi_w_m2=dhi)
    modelled = int((bare & (ghi > 0)).sum())
    return Weather(whole, float(latitude_deg), float(longitude_deg), name, offset, attribution, modelled)


def scale_monthly(
    weather: Weather,
    *,
    ghi_w_m2: Sequence[float] | Floats | None = None,
    temp_air_degc: Sequence[float] | Floats | None = None,
    name: str = "",
    attribution: str = "",
) -> Weather:
    """Return the weather brought month by month to another climate, hours kept in their order.

    Global, beam and diffuse radiation of a month get the same factor, its temperatures the same difference. A
    test reference year thus gets the level of present-day measurements.

    Parameters
    ----------
    weather : Weather
    ghi_w_m2 : sequence of 12 float, optional
        Monthly means of global horizontal irradiance over all hours, January first. [W/m²]
    temp_air_degc : sequence of 12 float, optional
        Monthly mean air temperatures. [°C]
    name, attribution : str, optional
        Of the climate; added to the weather's own.

    Returns
    -------
    Weather

    Raises
    ------
    InputError
        Not twelve finite values, or a radiation that is not positive.
    """
    hourly, month = weather.hourly, weather.month
    changed: dict[str, pd.Series] = {}
    hours = np.bincount(month, minlength=MONTHS)
    if ghi_w_m2 is not None:
        wanted = _twelve(ghi_w_m2, "ghi_w_m2", name or weather.name, positive=True)
        has = np.bincount(month, hourly["ghi_w_m2"], MONTHS) / hours
        factor = (wanted / np.where(has > 0, has, np.nan))[month]
        changed |= {c: hourly[c] * factor for c in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")}
    if temp_air_degc is not None:
        wanted = _twelve(temp_air_degc, "temp_air_degc", name or weather.name, positive=False)
        has = np.bincount(month, hourly["temp_air_degc"], MONTHS) / hours
        changed["temp_air_degc"] = hourly["temp_air_degc"] + (wanted - has)[month]
    return replace(
        weather,
        hourly=hourly.assign(**changed),
        name=", ".join(text for text in (weather.name, name) if text),
        attribution="; ".join(text for text in (weather.attribution, attribution) if text),
    )


def shift_monthly(weather: Weather, shift_k: Sequence[float] | Floats) -> Weather:
    """Return the weather with its temperatures shifted month by month; radiation and wind stay.

    Parameters
    ----------
    weather : Weather
    shift_k : sequence of 12 float
        January first. [K]

    Raises
    ------
    InputError
        Not twelve finite values.
    """
    wanted = _twelve(shift_k, "shift_k", weather.name, positive=False)
    warmer = weather.hourly["temp_air_degc"] + wanted[weather.month]
    return replace(weather, hourly=weather.hourly.assign(temp_air_degc=warmer))


def _twelve(values: Sequence[float] | Floats, column: str, name: str, positive: bool) -> Floats:
    wanted = np.asarray(values, dtype=np.float64)
    if wanted.shape != (MONTHS,) or not np.isfinite(wanted).all() or (positive and not (wanted > 0).all()):
        kind = "twelve positive monthly means" if positive else "twelve monthly means"
        raise InputError(f"monthly {column} of {name}", f"{wanted.size} values: {wanted.tolist()}", kind)
    return wanted


def _unix_s(hourly: pd.DataFrame) -> Floats:
    return np.asarray(pd.DatetimeIndex(hourly.index).as_unit("s").asi8, dtype=np.float64)


def _sun(hourly: pd.DataFrame, latitude_deg: float, longitude_deg: float, offset_min: float) -> Sun:
    return sun_at(_unix_s(hourly) + 60.0 * offset_min, latitude_deg, longitude_deg)


def _local_middle(hourly: pd.DataFrame, longitude_deg: float) -> pd.DatetimeIndex:
    zone = pd.Timedelta(hours=round(longitude_deg / DEG_PER_HOUR))
    return pd.DatetimeIndex(hourly.index) - pd.Timedelta(minutes=30) + zone


def _refuse_index(index: pd.Index, name: str) -> None:
    expected = "8,760 or 8,784 stamps (UTC, end of the hour), one an hour"
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        raise InputError(name, "the stamps are not times in UTC", expected)
    if len(index) not in (8760, 8784):
        raise InputError(name, f"{len(index)} hours", expected, "use a file with one whole year")
    steps = np.diff(index.as_unit("s").asi8) != 3600
    if steps.any():
        at = int(np.argmax(steps))
        raise InputError(name, f"after {index[at]} comes {index[at + 1]}", expected)


def _refuse_values(table: pd.DataFrame, given: pd.Index, name: str) -> None:
    missing = [c for c in NEEDED if c not in given]
    if missing:
        found = f"the columns {', '.join(map(str, given))}"
        raise InputError(name, found, f"{', '.join(NEEDED)}, where known {', '.join(OPTIONAL)}")
    for column in NEEDED:
        rows = table[column].isna()
        if rows.any():
            found = f"{int(rows.sum())} hours without {column}, the first at {table.index[rows][0]}"
            raise InputError(name, found, "a value in every hour", "fill the gaps or use another year")
    for column, (low, high) in BOUNDS.items():
        rows = (table[column] < low) | (table[column] > high)
        if rows.any():
            found = f"{column} is {table.loc[rows, column].iloc[0]:g} at {table.index[rows][0]}"
            raise InputError(name, found, f"{low:g} to {high:g}")
