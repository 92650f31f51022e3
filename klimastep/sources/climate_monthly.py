"""Monthly climate of stations or postcodes: temperature, heating days, radiation; long-term means and single years."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from klimastep.contract import Column, Table, conform
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import clean_ids, finding
from klimastep.sources._csv import CsvTable, TextOptions, read_csv
from klimastep.sources._options import parse
from klimastep.sources._vector import existing

TABLE = "climate_monthly"
LONG_TERM = "LTA"
MONTH = r"^M_(LTA|\d{4})_(0[1-9]|1[0-2])$"
ATTRIBUTION = "Klimadaten deutscher Stationen: Institut Wohnen und Umwelt (IWU), CC BY 4.0; Datenbasis: DWD"
POSITIONS = {"latitude_deg": "Latitude", "longitude_deg": "Longitude", "elevation_m": "Altitude"}


def _number(name: str, unit: str, de: str, en: str, low: float | None, high: float | None, text: str = "") -> Column:
    return Column(name, "float64", unit, de, en, text, nullable=True, min=low, max=high)


CLIMATE_MONTHLY = Table(
    TABLE,
    "climate_month",
    "Monatsklima",
    "Monthly climate",
    "",
    (
        Column("place_id", "str", "", "Station oder Postleitzahl", "Station or postcode"),
        Column("name", "str", "", "Name", "Name", nullable=True),
        _number("latitude_deg", "°", "Breite", "Latitude", -90, 90),
        _number("longitude_deg", "°", "Länge", "Longitude", -180, 180),
        _number("elevation_m", "m", "Höhe", "Elevation", -500, 9000),
        Column("year", "Int16", "", "Jahr", "Year", "Unknown: long-term mean.", nullable=True, min=1700, max=2200),
        Column("month", "Int16", "", "Monat", "Month", min=1, max=12),
        _number("temp_air_degc", "°C", "Lufttemperatur", "Air temperature", -60, 60),
        _number("ghi_w_m2", "W/m²", "Globalstrahlung", "Global irradiance", 0, 600, "Mean over all hours."),
        _number("heating_days_10", "d", "Heiztage (10 °C)", "Heating days (10 °C)", 0, 31),
        _number("heating_days_12", "d", "Heiztage (12 °C)", "Heating days (12 °C)", 0, 31),
        _number("heating_days_15", "d", "Heiztage (15 °C)", "Heating days (15 °C)", 0, 31),
        _number("heating_10_temp_degc", "°C", "Mittel der Heiztage (10 °C)", "Mean of heating days (10 °C)", -60, 60),
        _number("heating_12_temp_degc", "°C", "Mittel der Heiztage (12 °C)", "Mean of heating days (12 °C)", -60, 60),
        _number("heating_15_temp_degc", "°C", "Mittel der Heiztage (15 °C)", "Mean of heating days (15 °C)", -60, 60),
        _number("measured_days_share", "1", "Anteil gemessener Tage", "Share of days measured", 0, 1),
    ),
)  # fmt: skip
DECLARATIONS = {TABLE: CLIMATE_MONTHLY}
QUANTITIES = {
    "TA": "temp_air_degc",
    "I_Hor": "ghi_w_m2",
    "HD_10": "heating_days_10",
    "HD_12": "heating_days_12",
    "HD_15": "heating_days_15",
    "TA_10": "heating_10_temp_degc",
    "TA_12": "heating_12_temp_degc",
    "TA_15": "heating_15_temp_degc",
    "CT": "measured_days_share",
}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Options of this reader, besides those of text files.

    Parameters
    ----------
    id : str
        Foreign column of the place: station number or postcode.
    id_width : int, optional
        Fill numbers with zeros on the left up to this width (5 for postcodes).
    quantity, month, value : str
        Foreign columns of the quantity's code, the month (``M_LTA_01`` or ``M_2024_01``) and the value.
    places : list of str
        Only these places; all by default.
    """

    id: str = "ID_Station"
    id_width: int | None = None
    quantity: str = "Code_Quantity"
    month: str = "month"
    value: str = "value"
    places: list[str] = field(default_factory=list)


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (no geometry)
    """Read monthly climate in long form: a row a place, quantity and month.

    Parameters
    ----------
    path : Path
        Delimited text.
    crs : str
        Not used: the table has no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``climate_monthly``, a row a place and month; ``year`` is unknown for the long-term mean. A
        quantity that the file lacks is unknown. Rows in are places times months.

    Raises
    ------
    PlanError
        Unknown option.
    InputError
        Unreadable file, unknown column, a month that is none, two values for the same month.
    """
    wanted = parse(Options, options, "climate_monthly")
    place = existing(path)
    text = read_csv(place, wanted, columns=[wanted.id, wanted.quantity, wanted.month, wanted.value])
    rows = _long(text, wanted)
    unread = rows.loc[~rows["code"].isin(list(QUANTITIES)), "code"].value_counts()
    every = rows.drop_duplicates("key").set_index("key")
    wide = _wide(rows[rows["code"].isin(list(QUANTITIES))], place.name)
    frame = every.drop(columns=["code", "value", "line"]).join(wide)
    bare = frame[list(wide.columns)].isna().all(axis=1).to_numpy()
    frame.index = frame.index.astype("str").rename(CLIMATE_MONTHLY.id)
    return Reading(
        source=place.name,
        tables={TABLE: conform(frame[~bare], CLIMATE_MONTHLY)},
        rows_in=len(frame),
        findings=tuple(_findings(place.name, unread, frame.index[bare])),
        files=(str(place),),
        attribution=ATTRIBUTION,
    )


def _long(text: CsvTable, options: Options) -> pd.DataFrame:
    """Return place, month, code and value of each line, and a key that names place and month."""
    cells = text.frame
    month = cells[options.month].str.strip()
    parts = month.str.extract(MONTH)
    places = clean_ids(cells[options.id], width=options.id_width)
    bad = parts[0].isna() | places.isna()
    if bad.any():
        line = cells.index[bad.to_numpy()][0]
        raise InputError(
            text.source, f"line {line}: {options.id} = {places.loc[line]!r}, {options.month} = {month.loc[line]!r}",
            f"a place, and a month such as M_{LONG_TERM}_01 or M_2024_01",
        )  # fmt: skip
    out = pd.DataFrame(
        {
            "place_id": places,
            "name": cells.get("Name_Station", None),
            "year": pd.to_numeric(parts[0].mask(parts[0] == LONG_TERM)).astype("Int16"),
            "month": parts[1].astype("Int16"),
            "code": cells[options.quantity].str.strip(),
            "value": text.numbers(options.value),
            "key": places + "-" + parts[0] + "-" + parts[1],
            "line": cells.index,
        }
    )
    out = out.assign(**{ours: text.numbers(foreign) for ours, foreign in POSITIONS.items() if foreign in cells})
    if not options.places:
        return out
    unknown = sorted(set(options.places) - set(out["place_id"]))
    if unknown:
        known = ", ".join(sorted(set(out["place_id"]))[:10])
        raise InputError(text.source, f"no place {unknown[0]}", f"one of {known}", "see the option places:")
    return out[out["place_id"].isin(options.places)]


def _wide(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return one column a quantity; values out of bounds are an error with their line."""
    same = rows.drop_duplicates(["key", "code", "value"])
    twice = same[same.duplicated(["key", "code"])]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(source, f"line {row['line']}: another value of {row['code']} for {row['key']} than before")
    for code, name in QUANTITIES.items():
        column = CLIMATE_MONTHLY[name]
        low, high = column.min if column.min is not None else -np.inf, column.max if column.max is not None else np.inf
        wrong = same[(same["code"] == code) & ~same["value"].between(low, high) & same["value"].notna()]
        if len(wrong):
            row = wrong.iloc[0]
            raise InputError(
                source, f"line {row['line']}: {code} = {row['value']:g} {column.unit}", f"{low:g} to {high:g}"
            )
    known = {code: same[same["code"] == code].set_index("key")["value"] for code in QUANTITIES}
    return pd.DataFrame({QUANTITIES[code]: values for code, values in known.items() if len(values)})


def _findings(source: str, unread: pd.Series, bare: pd.Index) -> list[Finding]:
    out = finding(
        source,
        "no_value",
        bare,
        "Monate ohne verwendete Größe, zurückgestellt",
        "months without any quantity in use, set aside",
        "set_aside",
    )
    if len(unread):
        count, named = int(unread.sum()), ", ".join(f"{n} ({c})" for n, c in unread.items())
        texts = f"{count} Werte anderer Größen nicht verwendet: {named}", f"{count} values of other quantities: {named}"
        out.append(Finding(source, "quantities_not_used", count, (), *texts, "note"))
    return out
