"""The monthly climate of a place: means over given years, out of a table of months."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from klimastep.errors import InputError
from klimastep.weather.irradiance import MONTHS
from klimastep.weather.sun import Floats


class PlaceClimate(NamedTuple):
    """Twelve monthly means.

    Parameters
    ----------
    name : str
        Place and years, for people.
    temp_air_degc : ndarray (12,)
        Air temperature. [°C]
    ghi_w_m2 : ndarray (12,) or None
        Global horizontal irradiance over all hours; None where the place has none. [W/m²]
    """

    name: str
    temp_air_degc: Floats
    ghi_w_m2: Floats | None


def place_climate(table: pd.DataFrame, place: str, years: tuple[int, int] | None = None) -> PlaceClimate:
    """Return the mean climate of a place.

    Parameters
    ----------
    table : DataFrame
        ``place_id``, ``year`` (unknown: long-term mean), ``month``, ``temp_air_degc`` [°C], where known ``ghi_w_m2``
        [W/m²] and ``name``.
    place : str
        Its `place_id`: station or postcode.
    years : (int, int), optional
        First and last year of the mean; the published long-term mean by default.

    Raises
    ------
    InputError
        No such place, a month without temperature. Radiation must be known in every month or it is left as it is.
    """
    own = table[table["place_id"] == place]
    if own.empty:
        known = ", ".join(sorted(table["place_id"].unique())[:10])
        raise InputError("weather.scale_to", f"no place {place!r} in the monthly climate", f"one of {known}")
    span = "" if years is None else f"{years[0]}–{years[1]}"
    rows = own[own["year"].isna()] if years is None else own[own["year"].between(*years).fillna(False).astype("bool")]
    wanted = 1 if years is None else years[1] - years[0] + 1
    names = own["name"].dropna().tolist() if "name" in own else []
    name = " ".join(t for t in (*(names[:1] or [place]), span) if t)
    temperature = _means(rows, "temp_air_degc", wanted)
    if temperature is None:
        told = sorted({int(y) for y in own["year"].dropna()})
        there = f"{told[0]} to {told[-1]}" if told else "the long-term mean only"
        raise InputError(
            "weather.scale_to", f"{name}: not every month has a temperature", f"whole years, there are {there}"
        )
    return PlaceClimate(name, temperature, _means(rows, "ghi_w_m2", wanted))


def _means(rows: pd.DataFrame, column: str, wanted: int) -> Floats | None:
    """Return the twelve means where each month has a value in each of the years."""
    if column not in rows:
        return None
    of_month = rows.groupby(rows["month"].astype("int64"))[column]
    if len(of_month) != MONTHS or (of_month.count() < wanted).any():
        return None
    return np.asarray(of_month.mean().sort_index(), dtype=np.float64)
