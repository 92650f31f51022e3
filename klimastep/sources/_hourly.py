"""Hourly weather as the plan wants it: UTC stamps at the end of the hour, known and plausible values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from klimastep.errors import InputError
from klimastep.findings import Finding
from klimastep.units import HOURS_PER_DAY, HOURS_PER_YEAR

INDEX_NAME = "time"
HOURS = (HOURS_PER_YEAR, HOURS_PER_YEAR + HOURS_PER_DAY)
COLUMNS = ("temp_air_degc", "ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_m_s")
BOUNDS = {
    "temp_air_degc": (-60.0, 60.0),
    "ghi_w_m2": (0.0, 1500.0),
    "dni_w_m2": (0.0, 1400.0),
    "dhi_w_m2": (0.0, 1000.0),
    "wind_m_s": (0.0, 80.0),
}  # what a sensor on German ground can show, with room
MAX_GAP_HOURS = 6


def stamps(
    month: pd.Series, day: pd.Series, hour: pd.Series, year: int, utc_offset_h: float, source: str
) -> pd.DatetimeIndex:
    """Return the ends of the hours in UTC; `hour` runs from 1 to 24 in local standard time.

    Raises
    ------
    InputError
        A date that is none, hours missing, doubled or out of order.
    """
    if len(month) not in HOURS:
        raise InputError(source, f"{len(month)} hours", f"{HOURS[0]} or {HOURS[1]} (leap year)", "is the file cut off?")
    dates = pd.to_datetime({"year": year, "month": month, "day": day}, errors="coerce")
    bad = dates.isna() | ~hour.between(1, HOURS_PER_DAY)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            source, f"hour {row + 1} of the data: month {month.iloc[row]}, day {day.iloc[row]}, hour {hour.iloc[row]}",
            "a date and an hour from 1 to 24",
        )  # fmt: skip
    index = pd.DatetimeIndex(dates + pd.to_timedelta(hour - utc_offset_h, unit="h"), name=INDEX_NAME)
    steps = np.diff(index.to_numpy()) != np.timedelta64(1, "h")
    if steps.any():
        row = int(steps.argmax())
        raise InputError(source, f"after hour {row + 1} of the data the next is not one hour later")
    return index.tz_localize("UTC").as_unit("s")


def complete(
    frame: pd.DataFrame, source: str, optional: Sequence[str] = ("wind_m_s",)
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return `frame` with short gaps filled along time and values checked for plausibility.

    Raises
    ------
    InputError
        A value out of bounds, or a gap longer than a few hours in a column that is not `optional`.
    """
    out, findings = frame.copy(), []
    for name in frame.columns:
        values = frame[name]
        low, high = BOUNDS[name]
        wrong = (values < low) | (values > high)
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise InputError(
                source, f"hour {row + 1} of the data: {name} = {values.iloc[row]:g}", f"{low:g} to {high:g}"
            )
        missing = values.isna()
        if not missing.any():
            continue
        runs = (~missing).cumsum()[missing].value_counts()
        longest = int(runs.max())
        if longest > MAX_GAP_HOURS and name not in optional:
            row = int(missing.to_numpy().argmax())
            raise InputError(
                source,
                f"{name} is missing in {int(missing.sum())} hours, {longest} in a row (first at hour {row + 1})",
                f"gaps of at most {MAX_GAP_HOURS} hours",
                "take another weather file",
            )
        if longest <= MAX_GAP_HOURS:
            out[name] = values.interpolate(limit_direction="both")
        findings.append(_gap(source, name, missing, longest <= MAX_GAP_HOURS))
    return out, findings


def _gap(source: str, name: str, missing: pd.Series, filled: bool) -> Finding:
    count = int(missing.sum())
    first = str(missing.index[int(missing.to_numpy().argmax())])
    de, en = ("linear gefüllt", "filled along time") if filled else ("unbekannt gelassen", "left unknown")
    return Finding(
        source,
        "missing_hours",
        count,
        (first,),
        f"{name} fehlt in {count} Stunden (zuerst {first}), {de}",
        f"{name} is missing in {count} hours (first {first}), {en}",
    )
