"""Public-transport stops with their departures on a typical working day, from a GTFS timetable."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Category, Column, Table
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources._archive import safe_members
from klimastep.sources._columns import as_text, finding, without_id
from klimastep.sources._csv import require, unique_names
from klimastep.sources._features import once
from klimastep.sources._options import parse
from klimastep.sources._points import DEGREES, located
from klimastep.sources._timetable import DAY, departures, service_days
from klimastep.sources._vector import existing
from klimastep.tables import NAME

TABLE = "stops"
MODES = (
    Category("rail", "Bahn, S-Bahn, U-Bahn", "rail, metro", "#d62728"),
    Category("tram", "Straßenbahn, Stadtbahn", "tram, light rail", "#ff7f0e"),
    Category("bus", "Bus", "bus", "#1f77b4"),
    Category("other", "Sonstige", "other", "#bdbdbd"),
)
STOPS = Table(
    TABLE,
    "stop",
    "Haltestellen",
    "Stops",
    "Point",
    (
        NAME,
        Column("station_id", "str", "", "Station", "Station", nullable=True),
        Column("mode", "category", "", "Verkehrsmittel", "Mode", "The highest that stops.", True, categories=MODES),
        Column(
            "departures_weekday",
            "float64",
            "",
            "Abfahrten werktags 6–20 Uhr",
            "Departures on a working day, 6 to 20 h",
            "On the working day with the median number of trips of the timetable.",
            nullable=True,
            min=0,
            aggregate="sum",
        ),
    ),
)
DECLARATIONS = {TABLE: STOPS}
FILES = {
    "stops": ("stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"),
    "stop_times": ("trip_id", "stop_id", "departure_time", "stop_sequence", "pickup_type"),
    "trips": ("trip_id", "route_id", "service_id"),
    "routes": ("route_id", "route_type"),
    "calendar": ("service_id", *DAY, "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
}
OPTIONAL = {"location_type", "parent_station", "pickup_type", "stop_name"}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of this reader.

    Parameters
    ----------
    date : str, optional
        Count the departures of this day (2024-03-12) instead of a typical working day.
    """

    date: str | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read the stops of a timetable.

    Parameters
    ----------
    path : Path
        GTFS zip; it is read in place, nothing is unpacked.
    crs : str
        CRS of the run; points come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``stops``: the places where vehicles stop (platforms), with station, mode and the
        departures between 6 and 20 h. ``facts["date"]`` is the day counted.

    Raises
    ------
    PlanError
        Unknown option, a date that is none.
    InputError
        No zip, unsafe or damaged members, a file or column missing, times that are none.
    """
    wanted = parse(Options, options, "gtfs")
    place = existing(path)
    feed = _feed(place)
    stops = feed["stops"]
    ids = as_text(stops["stop_id"])
    findings = without_id(ids.set_axis(stops.index), place.name, "line")
    kind = (
        as_text(stops["location_type"]).fillna("0") if "location_type" in stops else pd.Series("0", index=stops.index)
    )
    findings += finding(
        place.name,
        "no_stop",
        ids[(kind != "0") & ids.notna()],
        "Stationen und Eingänge, ihre Haltepunkte bleiben, zurückgestellt",
        "stations and entrances, their platforms are kept, set aside",
        "set_aside",
    )
    kept = stops[((kind == "0") & ids.notna()).to_numpy()]
    points, found = located(kept, {"x": "stop_lon", "y": "stop_lat"}, DEGREES, crs, place.name)
    day, counts = _counted(feed, _date(wanted.date), place.name)
    frame, repeated = once(_table(points, counts), place.name)
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=len(stops),
        findings=(*findings, *found, *repeated, *_notes(frame, day, place.name)),
        files=(str(place),),
        facts={"date": day},
    )


def _date(text: str | None) -> pd.Timestamp | None:
    if text is None:
        return None
    try:
        return pd.Timestamp(text)
    except ValueError as error:
        raise PlanError(f"source gtfs: date: {text!r}; expected a day like 2024-03-12") from error


def _feed(place: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the feed as text; files that are optional may be missing."""
    by_name = {Path(m.filename).name.lower(): m for m in safe_members(place, (".txt",))}
    needed = ("stops", "stop_times", "trips", "routes")
    missing = [f"{n}.txt" for n in needed if f"{n}.txt" not in by_name]
    if not missing and not {"calendar.txt", "calendar_dates.txt"} & set(by_name):
        missing = ["calendar.txt or calendar_dates.txt"]
    if missing:
        raise InputError(place.name, f"no {', '.join(missing)} in it", "a GTFS timetable")
    feed = {}
    try:
        with zipfile.ZipFile(place) as archive:
            for name, columns in FILES.items():
                if f"{name}.txt" in by_name:
                    feed[name] = _member(archive, by_name[f"{name}.txt"], columns, f"{place.name}!{name}.txt")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(place.name, f"damaged ({error})", hint="fetch the file again") from error
    return feed


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, columns: tuple[str, ...], source: str) -> pd.DataFrame:
    try:
        with archive.open(info) as stream:
            frame = pd.read_csv(
                stream,
                dtype=str,
                usecols=lambda name: name.strip() in columns,
                encoding="utf-8-sig",
                keep_default_na=False,
                na_values=[""],
                skipinitialspace=True,
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError) as error:
        raise InputError(source, f"cannot be read as a table ({error})", "comma separated text in UTF-8") from error
    frame.columns = unique_names(frame.columns)
    require(frame.columns, [c for c in columns if c not in OPTIONAL], source)
    frame.index = pd.Index(range(2, len(frame) + 2), name="line")
    return frame


def _counted(feed: dict[str, pd.DataFrame], date: pd.Timestamp | None, source: str) -> tuple[str, pd.DataFrame]:
    """Return the day counted, and departures and mode by stop."""
    day, services = service_days(feed, date, source)
    return str(day.date()), departures(feed, services, source)


def _table(points: gpd.GeoDataFrame, counts: pd.DataFrame) -> gpd.GeoDataFrame:
    ids = as_text(points["stop_id"])
    here = counts.reindex(ids.to_numpy())
    none = pd.Series(None, index=points.index, dtype="str")
    parts = {
        "name": as_text(points["stop_name"]) if "stop_name" in points else none,
        "station_id": as_text(points["parent_station"]) if "parent_station" in points else none,
        "mode": pd.Series(here["mode"].to_numpy(), index=points.index, dtype="str"),
        "departures_weekday": pd.Series(here["departures"].fillna(0).to_numpy(), index=points.index),
    }
    cast = {name: STOPS[name].cast(part, points.index) for name, part in parts.items()}
    frame = gpd.GeoDataFrame(cast, geometry=np.asarray(points.geometry.array), crs=points.crs)
    frame.index = pd.Index(ids.to_numpy(), name=STOPS.id, dtype="str")
    return frame


def _notes(frame: gpd.GeoDataFrame, day: str, source: str) -> list[Finding]:
    texts = f"Abfahrten gezählt am {day}, 6 bis 20 Uhr", f"departures counted on {day}, 6 to 20 h"
    unserved = frame.index[(frame["departures_weekday"] == 0).to_numpy()]
    return [
        Finding(source, "day_counted", len(frame), (), *texts, "note"),
        *finding(
            source,
            "no_departure",
            unserved,
            f"Haltepunkte ohne Abfahrt am {day}",
            f"stops without a departure on {day}",
            "note",
        ),
    ]
