"""Hourly weather of one year from an EnergyPlus weather file (EPW)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._csv import MAX_BYTES, decoded, find_encoding
from klimastep.sources._hourly import complete, stamps
from klimastep.sources._options import parse
from klimastep.sources._vector import existing

TABLE = "weather"
FIELDS = {"temp_air_degc": 6, "ghi_w_m2": 13, "dni_w_m2": 14, "dhi_w_m2": 15, "wind_m_s": 21}
MISSING = {"temp_air_degc": 99.9, "ghi_w_m2": 9999.0, "dni_w_m2": 9999.0, "dhi_w_m2": 9999.0, "wind_m_s": 999.0}
OPTIONAL = ("dni_w_m2", "dhi_w_m2", "wind_m_s")  # what global radiation does without
HEADER_LINES = 8
MIN_FIELDS = 22
TYPICAL_YEAR = 2001  # any year without 29 February: a typical year is pieced together from several


@dataclass(frozen=True, kw_only=True)
class Options:
    """None: an EPW file says everything itself."""


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (weather has no geometry)
    """Read an EPW file.

    Parameters
    ----------
    path : Path
        The file.
    crs : str
        Not used: weather has no geometry.
    **options
        None.

    Returns
    -------
    Reading
        Table ``weather``: temp_air_degc, ghi_w_m2, dni_w_m2, dhi_w_m2, wind_m_s by the end of each hour
        in UTC; facts latitude_deg, longitude_deg, elevation_m, utc_offset_h, name, years.

    Raises
    ------
    InputError
        Missing or cut file, damaged header, long gaps, implausible values.

    References
    ----------
    EnergyPlus Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary".
    """
    parse(Options, options, "weather_epw")
    place = existing(path)
    lines = _lines(place)
    facts = _location(lines[0], place.name)
    try:
        rows = [r for r in csv.reader(io.StringIO("\n".join(lines[HEADER_LINES:]))) if r]
    except csv.Error as error:
        raise InputError(place.name, f"cannot be read as a table ({error})", hint="is the file whole?") from error
    _refuse_short(rows, place.name)
    stamp = _numbers(rows, {"year": 0, "month": 1, "day": 2, "hour": 3}, place.name)
    values = _numbers(rows, FIELDS, place.name)
    years = sorted({int(y) for y in stamp["year"]})
    year = years[0] if len(years) == 1 else TYPICAL_YEAR
    index = stamps(stamp["month"], stamp["day"], stamp["hour"], year, facts["utc_offset_h"], place.name)
    for name, code in MISSING.items():
        values[name] = values[name].mask(values[name] >= code)
    frame, findings = complete(values.set_axis(index), place.name, OPTIONAL)
    if len(years) > 1:
        findings.append(_typical(place.name, years))
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=len(rows),
        findings=tuple(findings),
        files=(str(place),),
        facts={**facts, "years": years},
    )


def _lines(path: Path) -> list[str]:
    try:
        size = path.stat().st_size
        raw = b"" if path.is_dir() or size > MAX_BYTES else path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    if not raw.startswith((b"LOCATION,", b"\xef\xbb\xbfLOCATION,")):
        raise InputError(path.name, "is no EPW file", "a first line that begins with LOCATION,")
    return decoded(raw, find_encoding(raw), path.name).splitlines()


def _location(line: str, source: str) -> dict[str, Any]:
    try:
        cells = next(csv.reader([line]))
        latitude, longitude, offset, elevation = (float(c) for c in cells[6:10])
    except (ValueError, csv.Error) as error:
        raise InputError(
            source, f"line 1: no location ({line.strip()})", "latitude, longitude, zone, height"
        ) from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and -14 <= offset <= 14):
        raise InputError(source, f"line 1: latitude {latitude:g}, longitude {longitude:g}, time zone {offset:g}")
    return {
        "latitude_deg": latitude,
        "longitude_deg": longitude,
        "elevation_m": elevation,
        "utc_offset_h": offset,
        "name": ", ".join(c.strip() for c in cells[1:5] if c.strip()),
    }


def _refuse_short(rows: list[list[str]], source: str) -> None:
    for number, row in enumerate(rows, HEADER_LINES + 1):
        if len(row) < MIN_FIELDS:
            raise InputError(source, f"line {number} has {len(row)} fields", f"{MIN_FIELDS} or more", "is it cut off?")


def _numbers(rows: list[list[str]], fields: dict[str, int], source: str) -> pd.DataFrame:
    out = {}
    for name, position in fields.items():
        cells = pd.Series([row[position] for row in rows], dtype="str")
        values = pd.to_numeric(cells, errors="coerce")
        if values.isna().any():
            row = int(values.isna().to_numpy().argmax())
            raise InputError(source, f"line {row + HEADER_LINES + 1}: {name} = {cells[row]!r}", "a number")
        out[name] = values.astype(np.float64)
    return pd.DataFrame(out)


def _typical(source: str, years: list[int]) -> Finding:
    span = f"{years[0]}-{years[-1]}"
    return Finding(
        source,
        "typical_year",
        len(years),
        tuple(str(y) for y in years),
        f"typisches Jahr, aus Monaten von {span} zusammengesetzt; geführt als {TYPICAL_YEAR}",
        f"typical year made of months from {span}; kept as {TYPICAL_YEAR}",
        "note",
    )
