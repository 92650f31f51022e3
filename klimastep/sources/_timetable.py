"""Which services of a GTFS timetable run on a day, and how often vehicles leave each stop on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from klimastep.errors import InputError
from klimastep.sources._columns import as_text

DAY = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING_DAYS = 5
FROM_S, TO_S = 6 * 3600, 20 * 3600
MAX_DAYS = 3660
ADDED, REMOVED = "1", "2"
# GTFS reference and its extended route types (hundreds): the mode of a route type.
MODES = {"0": "tram", "1": "rail", "2": "rail", "3": "bus", "5": "tram", "11": "bus", "12": "rail"}
EXTENDED = {1: "rail", 2: "bus", 3: "rail", 4: "rail", 5: "rail", 6: "rail", 7: "bus", 8: "bus", 9: "tram"}
RANK = ("rail", "tram", "bus", "other")


def service_days(
    feed: Mapping[str, pd.DataFrame], date: pd.Timestamp | None, source: str
) -> tuple[pd.Timestamp, set[str]]:
    """Return a day and the services that run on it.

    Parameters
    ----------
    feed : mapping
        Tables as text: trips, and calendar or calendar_dates or both.
    date : Timestamp, optional
        By default the working day with the median number of trips among those with any; the first
        of several.
    source : str
        Named in messages.

    Raises
    ------
    InputError
        A date that is none, no working day with a trip, no trip on `date`.
    """
    calendar, exceptions = _calendar(feed, source), _exceptions(feed, source)
    regular, changes = _regular(calendar), _changes(exceptions)
    trips = as_text(feed["trips"]["service_id"]).value_counts().to_dict()
    if date is not None:
        running = _running(regular, changes, date)
        if not running & set(trips):
            raise InputError(source, f"no trip on {date.date()}", "a day of the timetable")
        return date, running
    ends = [*calendar["from"], *calendar["to"], *exceptions["date"]]
    if not ends:
        raise InputError(source, "the timetable names no day", "calendar.txt or calendar_dates.txt with rows")
    days = pd.date_range(min(ends), min(max(ends), min(ends) + pd.Timedelta(days=MAX_DAYS)))
    counts = {}
    for day in days[days.day_of_week < WORKING_DAYS]:
        counts[day] = sum(trips.get(service, 0) for service in _running(regular, changes, day))
    known = pd.Series(counts, dtype="int64")
    known = known[known > 0]
    if known.empty:
        raise InputError(source, "no trip on any working day", hint="name a day with date:")
    chosen = known.index[known == int(known.quantile(0.5, interpolation="higher"))][0]
    return chosen, _running(regular, changes, chosen)


def departures(feed: Mapping[str, pd.DataFrame], services: set[str], source: str) -> pd.DataFrame:
    """Return `departures` from 6 to 20 h and `mode` by stop, of the trips of some services.

    The end of a trip is no departure, nor is a stop where nobody may board. A trip that repeats at
    intervals (frequencies.txt) counts as often as it starts.
    """
    trips = feed["trips"][as_text(feed["trips"]["service_id"]).isin(services).to_numpy()]
    route = trips["route_id"].map(feed["routes"].drop_duplicates("route_id").set_index("route_id")["route_type"])
    modes = pd.Series(_modes(route).to_numpy(), index=trips["trip_id"].to_numpy())
    modes = modes[~modes.index.duplicated()]
    times = feed["stop_times"][feed["stop_times"]["trip_id"].isin(modes.index).to_numpy()]
    order = pd.to_numeric(times["stop_sequence"], errors="coerce")
    times = times.assign(order=order, seconds=_seconds(times["departure_time"], source))
    times = times.sort_values(["trip_id", "order"], kind="stable")
    times["seconds"] = times.groupby("trip_id")["seconds"].ffill()
    boards = times.duplicated("trip_id", keep="last")
    if "pickup_type" in times:
        boards &= times["pickup_type"].fillna("0") != "1"
    runs = _runs(times, feed.get("frequencies"), source)
    left = pd.DataFrame({"stop_id": times["stop_id"], "runs": runs, "mode": times["trip_id"].map(modes)})[
        boards.to_numpy()
    ]
    left = left[left["runs"] > 0]
    rank = left["mode"].map({mode: i for i, mode in enumerate(RANK)})
    best = rank.groupby(left["stop_id"]).min().map(dict(enumerate(RANK)))
    return pd.DataFrame({"departures": left.groupby("stop_id")["runs"].sum(), "mode": best})


def _runs(times: pd.DataFrame, frequencies: pd.DataFrame | None, source: str) -> pd.Series:
    """Return how often each row of `times` happens between 6 and 20 h."""
    once = times["seconds"].between(FROM_S, TO_S, inclusive="left").astype("int64")
    if frequencies is None or frequencies.empty:
        return once
    start = times.groupby("trip_id")["seconds"].transform("first")
    offset = times["seconds"] - start
    out = once.mask(times["trip_id"].isin(frequencies["trip_id"]), 0)
    headways = pd.to_numeric(frequencies["headway_secs"], errors="coerce")
    begins, ends = _seconds(frequencies["start_time"], source), _seconds(frequencies["end_time"], source)
    for trip, begin, end, headway in zip(frequencies["trip_id"], begins, ends, headways, strict=True):
        if not (headway >= 1 and begin <= end):
            raise InputError(source, f"frequencies.txt: trip {trip}: headway_secs = {headway}", "1 or more, and times")
        rows = times.index[(times["trip_id"] == trip).to_numpy()]
        starts = np.arange(begin, min(end, TO_S), headway)
        at = offset.loc[rows].to_numpy()[:, None] + starts[None, :]
        out.loc[rows] += ((at >= FROM_S) & (at < TO_S)).sum(axis=1)
    return out


def _modes(types: pd.Series) -> pd.Series:
    hundreds = pd.to_numeric(types, errors="coerce") // 100
    return types.map(MODES).fillna(hundreds.where(hundreds >= 1).map(EXTENDED)).fillna("other")


def _seconds(cells: pd.Series, source: str) -> pd.Series:
    """Return times such as 25:10:00 in seconds after midnight; empty ones are missing."""
    text = as_text(cells)
    parts = text.str.extract(r"^(\d{1,3}):(\d\d):(\d\d)$").astype("float64")
    bad = text.notna() & parts[0].isna()
    if bad.any():
        row = text.index[bad][0]
        raise InputError(source, f"{cells.name}, line {row}: {text.loc[row]!r}", "a time like 07:05:00")
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


def _calendar(feed: Mapping[str, pd.DataFrame], source: str) -> pd.DataFrame:
    if "calendar" not in feed:
        return pd.DataFrame(columns=["service_id", *DAY, "from", "to"])
    table = feed["calendar"]
    return table.assign(
        service_id=as_text(table["service_id"]),
        **{"from": _dates(table["start_date"], source), "to": _dates(table["end_date"], source)},
    )


def _exceptions(feed: Mapping[str, pd.DataFrame], source: str) -> pd.DataFrame:
    if "calendar_dates" not in feed:
        return pd.DataFrame(columns=["service_id", "date", "exception_type"])
    table = feed["calendar_dates"]
    return table.assign(service_id=as_text(table["service_id"]), date=_dates(table["date"], source))


def _dates(cells: pd.Series, source: str) -> pd.Series:
    dates = pd.to_datetime(cells, format="%Y%m%d", errors="coerce")
    if dates.isna().any():
        row = dates.index[dates.isna()][0]
        raise InputError(source, f"{cells.name}, line {row}: {cells.loc[row]!r}", "a date like 20240312")
    return dates


class Regular(NamedTuple):
    """Rows of the calendar: service, first and last day, and for each day of the week whether it runs."""

    service: np.ndarray
    start: np.ndarray
    end: np.ndarray
    on: np.ndarray


def _regular(calendar: pd.DataFrame) -> Regular:
    start, end = (pd.to_datetime(calendar[name]).to_numpy("datetime64[s]") for name in ("from", "to"))
    return Regular(calendar["service_id"].to_numpy(object), start, end, (calendar[list(DAY)] == "1").to_numpy())


def _changes(exceptions: pd.DataFrame) -> dict[tuple[pd.Timestamp, str], set[str]]:
    """Return the services added to and removed from single days."""
    out: dict[tuple[pd.Timestamp, str], set[str]] = {}
    for day, kind, service in zip(
        exceptions["date"], exceptions["exception_type"], exceptions["service_id"], strict=True
    ):
        out.setdefault((day, kind), set()).add(service)
    return out


def _running(regular: Regular, changes: Mapping[tuple[pd.Timestamp, str], set[str]], day: pd.Timestamp) -> set[str]:
    today = day.to_datetime64()
    runs = (regular.start <= today) & (regular.end >= today) & regular.on[:, day.day_of_week]
    return (set(regular.service[runs]) | changes.get((day, ADDED), set())) - changes.get((day, REMOVED), set())
