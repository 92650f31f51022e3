"""Hourly weather of a DWD test reference year: 2010 by region, 2015 and 2045 by the file of the square kilometre."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from pyproj import Geod, Transformer

from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources._csv import decoded, find_encoding
from klimastep.sources._hourly import complete, stamps
from klimastep.sources._options import parse
from klimastep.sources._vector import existing
from klimastep.units import M_PER_KM

TABLE = "weather"
ATTRIBUTION = "Testreferenzjahre 2010: Deutscher Wetterdienst (DWD) / BBSR"
ATTRIBUTION_LOCAL = "Ortsgenaue Testreferenzjahre (2017): Deutscher Wetterdienst (DWD) / BBSR"
REGIONS = 15
YEAR = 2010  # the year the set is named after; it has no 29 February either
UTC_OFFSET_H = 1.0  # MEZ, all year
MAX_DISTANCE_DEG = 0.1  # a place at the coast or border may lie just outside the generalised regions
GRID_CRS = "EPSG:3034"  # Rechtswert and Hochwert of the local years: ETRS89, Lambert conformal conic
GERMANY_DEG = (5.5, 47.0, 15.5, 55.5)
PERIODS = {"1995-2012": 2015, "2031-2060": 2045}  # named after these years, none of them a leap year
PAST = (2010, 2015)
KINDS = {
    "mittleres Jahr": ("mean", "mittleres Jahr"),
    "extremer Sommer": ("hot_summer", "extremer Sommer"),
    "extremer Winter": ("cold_winter", "extremer Winter"),
}
HEADER = ("MM", "DD", "HH", "t", "B", "D", "WG")
MISSING = {"temp_air_degc": 99.9, "direct": 9999.0, "dhi_w_m2": 9999.0, "wind_m_s": 99.9}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of this reader.

    Parameters
    ----------
    latitude_deg, longitude_deg : float, optional
        Place that the weather is for; its region is found.
    region : int, optional
        1 to 15, instead of a place; with a place it wins, and a place outside of it is told on every output.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    region: int | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (weather has no geometry)
    """Read a test reference year.

    Parameters
    ----------
    path : Path or None
        A file of the DWD: of 2010, or a local one of 2015 or 2045 (``TRY2015_…_Jahr.dat``; ``Somm`` and ``Wint``
        are extreme years and say so in a finding); without it the file that the package ``demandlib`` ships.
    crs : str
        Not used: weather has no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``weather``: temp_air_degc, ghi_w_m2 (direct + diffuse on the horizontal), dhi_w_m2,
        wind_m_s by the end of each hour in UTC. There is no dni_w_m2: it follows from ghi - dhi once
        the sun's offset to the stamps is known. Facts: latitude_deg and longitude_deg of the station (of
        the square kilometre for local years), elevation_m, utc_offset_h, name, years, region (2010, without a
        file), kind (local years: mean, hot_summer or cold_winter), past_mean_year (whether the year is the mean of
        past decades, which `weather.climate` brings to the present).

    Raises
    ------
    PlanError
        Neither region nor place, or a place outside Germany.
    InputError
        Damaged file, long gaps, implausible values.
    """
    wanted = parse(Options, options, "weather_try")
    if path is not None:
        place = existing(path)
        return _reading(place.read_bytes(), place.name, str(place), [], {})
    region, findings = _region(wanted)
    name = f"TRY2010_{region:02d}_Jahr.dat"
    with as_file(_shipped() / name) as file:
        raw = file.read_bytes()
        return _reading(raw, name, str(file), findings, {"region": region})


def find_region(latitude_deg: float, longitude_deg: float) -> tuple[int, float]:
    """Return the test reference region of a place and how far outside of it the place lies [°].

    Raises
    ------
    PlanError
        A place outside Germany.
    """
    place = shapely.Point(longitude_deg, latitude_deg)
    distance, region = min((shape.distance(place), code) for code, shape in _regions())
    if distance > MAX_DISTANCE_DEG:
        raise PlanError(
            f"source weather_try: {latitude_deg:g} N {longitude_deg:g} E lies in no test reference region "
            f"of Germany; are latitude_deg and longitude_deg swapped? If not, add the nearest, region: {region}"
        )
    return region, distance


def _shipped() -> Traversable:
    return files("demandlib") / "vdi" / "resources_weather"


def _regions() -> list[tuple[int, Any]]:
    """Return the number and the outline of the test reference regions, in degrees."""
    text = (_shipped() / "TRY_polygons.geojson").read_text(encoding="utf-8")
    return [
        (int(f["properties"]["TRY_code"]), shapely.geometry.shape(f["geometry"])) for f in json.loads(text)["features"]
    ]


def _region(options: Options) -> tuple[int, list[Finding]]:
    if options.region is not None:
        if not 1 <= options.region <= REGIONS:
            raise PlanError(f"source weather_try: region: {options.region}; expected 1 to {REGIONS}")
        return options.region, _elsewhere(options)
    if options.latitude_deg is None or options.longitude_deg is None:
        raise PlanError("source weather_try: name latitude_deg: and longitude_deg:, or region:")
    region, distance = find_region(options.latitude_deg, options.longitude_deg)
    if not distance:
        return region, []
    return region, [
        Finding(
            "TRY_polygons.geojson",
            "outside_region",
            1,
            (),
            f"der Ort liegt knapp außerhalb aller Regionen, die nächste ist {region}",
            f"the place lies just outside all regions, the nearest is {region}",
        )
    ]


def _elsewhere(options: Options) -> list[Finding]:
    """Return a warning where the place lies outside of the region that the plan names."""
    if options.latitude_deg is None or options.longitude_deg is None:
        return []
    place = shapely.Point(options.longitude_deg, options.latitude_deg)
    lines = [shapely.shortest_line(place, shape) for code, shape in _regions() if code == options.region]
    away_km = min((Geod(ellps="GRS80").geometry_length(line) for line in lines), default=0.0) / M_PER_KM
    if not away_km:
        return []
    return [
        Finding(
            f"TRY {options.region}",
            "another_region",
            1,
            (),
            f"Der Ort liegt {away_km:.0f} km außerhalb der Klimaregion {options.region}, die der Plan nennt; "
            "ihr Wetter steht nur ungefähr für ihn.",
            f"The place lies {away_km:.0f} km outside climate region {options.region}, which the plan names; "
            "its weather stands for it only roughly.",
        )
    ]


def _reading(raw: bytes, source: str, file: str, findings: list[Finding], facts: dict[str, Any]) -> Reading:
    lines = decoded(raw, find_encoding(raw), source).splitlines()
    end = next((i for i, line in enumerate(lines) if line.startswith("***")), None)
    names = lines[end - 1].split() if end else []
    if end is None or not set(HEADER) <= set(names):
        raise InputError(source, "is no test reference year of the DWD", f"columns {', '.join(HEADER)} above ***")
    station = _station(lines[: end - 1], source)
    data = _data(lines[end + 1 :], names, end + 2, source)
    index = stamps(data["MM"], data["DD"], data["HH"], station["years"][0], UTC_OFFSET_H, source)
    columns = {"temp_air_degc": data["t"], "direct": data["B"], "dhi_w_m2": data["D"], "wind_m_s": data["WG"]}
    known = {name: values.mask(values >= MISSING[name]) for name, values in columns.items()}
    frame = pd.DataFrame(
        {
            "temp_air_degc": known["temp_air_degc"],
            "ghi_w_m2": known["direct"] + known["dhi_w_m2"],
            "dhi_w_m2": known["dhi_w_m2"],
            "wind_m_s": known["wind_m_s"],
        }
    ).set_axis(index)
    frame, found = complete(frame, source)
    return Reading(
        source=source,
        tables={TABLE: frame},
        rows_in=len(data),
        findings=tuple(findings + found + _extreme(station, source)),
        files=(file,),
        attribution=ATTRIBUTION_LOCAL if "kind" in station else ATTRIBUTION,
        facts={**station, **facts, "past_mean_year": _past_mean(station, source)},
    )


def _data(lines: list[str], names: list[str], first: int, source: str) -> pd.DataFrame:
    rows = [line.split() for line in lines if line.strip()]
    for number, row in enumerate(rows, first):
        if len(row) != len(names):
            raise InputError(source, f"line {number} has {len(row)} fields", f"{len(names)}", "is it cut off?")
    text = pd.DataFrame(rows, columns=names)[list(HEADER)]
    out = text.apply(pd.to_numeric, errors="coerce")
    bad = out.isna().to_numpy()
    if bad.any():
        line, column = (int(v[0]) for v in bad.nonzero())
        raise InputError(source, f"line {first + line}: {HEADER[column]} = {text.iloc[line, column]!r}", "a number")
    return out.astype("float64")


def _station(lines: list[str], source: str) -> dict[str, Any]:
    """Return where the hours were measured, from the header of the file."""
    head = "\n".join(lines)
    if "Rechtswert" in head:
        return _local(dict(line.split(":", 1) for line in lines if ":" in line), source)
    where = re.search(r"(\d+)°\s*(\d+)'\s*N.*?(\d+)°\s*(\d+)'\s*[OE].*?(-?\d+)\s*Meter", head)
    if where is None:
        raise InputError(source, "the header names no place", "Lage: 49°31'N … 8°33'O … 96 Meter")
    north, north_min, east, east_min, height = (float(v) for v in where.groups())
    station = re.search(r"Station:\s*(.+?)\s{2,}", head)
    title = re.sub(r"^TRY(\d+)$", rf"DWD-Testreferenzjahr {YEAR}, Region \1", lines[0].split("  ")[0].strip())
    return {
        "latitude_deg": north + north_min / 60,
        "longitude_deg": east + east_min / 60,
        "elevation_m": height,
        "utc_offset_h": UTC_OFFSET_H,
        "name": f"{title} ({station[1]})" if station else title,
        "years": [YEAR],
    }


def _local(raw: dict[str, str], source: str) -> dict[str, Any]:
    """Return the place, period and kind of a local year, from its header."""
    header = {key.strip(): value.strip() for key, value in raw.items()}
    east, north, height = (_metres(header, key, source) for key in ("Rechtswert", "Hochwert", "Hoehenlage"))
    to_degrees = Transformer.from_crs(GRID_CRS, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(east, north)
    west_deg, south_deg, east_deg, north_deg = GERMANY_DEG
    if not (west_deg < longitude < east_deg and south_deg < latitude < north_deg):
        raise InputError(
            source,
            f"Rechtswert {east:g} and Hochwert {north:g} lie outside Germany",
            f"coordinates in {GRID_CRS}",
            "are they swapped?",
        )
    period, words = header.get("Bezugszeitraum", ""), header.get("Art des TRY", "")
    if period not in PERIODS or words not in KINDS:
        raise InputError(
            source,
            f"Bezugszeitraum {period!r}, Art des TRY {words!r}",
            f"one of {', '.join(PERIODS)} and one of {', '.join(KINDS)}",
        )
    kind, named = KINDS[words]
    return {
        "latitude_deg": round(latitude, 4),
        "longitude_deg": round(longitude, 4),
        "elevation_m": height,
        "utc_offset_h": UTC_OFFSET_H,
        "name": f"DWD-Testreferenzjahr {PERIODS[period]}, {named}, {latitude:.3f} N {longitude:.3f} E",
        "years": [PERIODS[period]],
        "kind": kind,
    }


def _metres(header: dict[str, str], key: str, source: str) -> float:
    found = re.match(r"(-?\d+(?:\.\d+)?)\s*Meter", header.get(key, ""))
    if found is None:
        raise InputError(source, f"the header has {key} = {header.get(key, '')!r}", f"{key} : 3951500 Meter")
    return float(found[1])


def _past_mean(station: dict[str, Any], source: str) -> bool:
    """Return whether the year stands for the mean climate of past decades; the name tells it for 2010."""
    if "kind" in station:
        return bool(station["kind"] == "mean" and station["years"][0] <= max(PAST))
    return "jahr" in source.lower()


def _extreme(station: dict[str, Any], source: str) -> list[Finding]:
    """Return a warning for a year that is no mean year."""
    if station.get("kind", "mean") == "mean":
        return []
    return [
        Finding(
            source,
            "extreme_year",
            1,
            (),
            "ein extremes Jahr, kein mittleres: Wärmebedarf und Ertrag sind nicht die üblichen",
            "an extreme year, no mean one: heat demand and yield are not the usual ones",
        )
    ]
