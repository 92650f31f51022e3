"""Monuments lists of offices (CSV, JSON, GeoPackage): points with their kind of protection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Table, conform
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.geo import polygons_of
from klimastep.sources._columns import as_text, finding
from klimastep.sources._csv import TextOptions, read_csv, require
from klimastep.sources._points import DEGREES, located, row_names
from klimastep.sources._vector import existing, nearest, read_vector
from klimastep.tables import MONUMENTS

TABLE = "monuments"
MONUMENT_AREAS = Table(
    "monument_areas", "monument_area", "Denkmalflächen", "Areas of monuments", "Polygon", MONUMENTS.columns
)
MONUMENT_ADDRESSES = Table(
    "monument_addresses", "monument_address", "Denkmale nach Adresse", "Monuments by address", "", MONUMENTS.columns
)
DECLARATIONS = {t.name: t for t in (MONUMENT_AREAS, MONUMENT_ADDRESSES)}
MAX_BYTES = 1_000_000_000
SEVERAL_NUMBERS = r"^(?P<before>.{2,300}?\D)\s(?P<numbers>\d{1,4}\s?[a-z]?(?:\s?[-–,]\s?(?:\d{1,4}\s?[a-z]?|[a-z])\b)+)"
# What German lists call these columns; `columns` in the plan wins.
USUAL = {
    "id": ("id", "object_id", "objekt_id", "objektnummer", "denkmalnummer", "nummer"),
    "name": ("name", "bezeichnung", "designation", "titel"),
    "address": ("address", "adresse", "lage", "lagebezeichnung", "anschrift", "street"),
    "house_number": ("housenumber", "hausnummer"),
    "heritage": ("heritage", "art", "type", "kategorie", "denkmalart", "schutzart"),
    "x": ("lon", "lng", "longitude", "laenge", "länge", "x", "rechtswert", "ostwert", "easting"),
    "y": ("lat", "latitude", "breite", "y", "hochwert", "nordwert", "northing"),
    "xy": ("coords", "coordinates", "koordinaten"),
}
# Kinds of protection by the words of the state laws; `kinds` in the plan wins.
KINDS = {
    "einzeldenkmal": "single",
    "einzelanlage": "single",
    "kulturdenkmal": "single",
    "baudenkmal": "single",
    "bauliche anlage": "single",
    "teil einer baulichen anlage": "single",
    "gründenkmal": "single",
    "gartendenkmal": "single",
    "sachgesamtheit": "group",
    "mehrheit von baulichen anlagen": "group",
    "mehrheit baulicher anlagen": "group",
    "denkmalgruppe": "group",
    "gesamtanlage": "ensemble",
    "ensemble": "ensemble",
    "denkmalbereich": "ensemble",
    "denkmalzone": "ensemble",
    "umgebungsschutz": "surroundings",
    "umgebung": "surroundings",
}


def read(
    path: Path | None,
    *,
    crs: str,
    columns: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
    source_crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Reading:
    """Read a monuments list.

    Parameters
    ----------
    path : Path
        CSV, JSON (a list of objects) or a vector file.
    crs : str
        CRS of the run.
    columns : mapping, optional
        ``{ours: foreign}`` for id, name, address, house_number, heritage, x, y (longitude and latitude,
        or easting and northing) or xy (a pair); usual names are found by themselves.
    kinds : mapping, optional
        ``{word of the list: single, group, ensemble or surroundings}``.
    source_crs : str, optional
        CRS of the coordinates in CSV and JSON, longitude and latitude by default.
    layer, encoding, delimiter : str, optional
        As the other readers have them.

    Returns
    -------
    Reading
        ``monuments``: points with ``name``, ``address``, ``heritage``. Areas become a point in them and stand in
        ``monument_areas`` as they are. A list with addresses but no coordinates is ``monument_addresses``.

    Raises
    ------
    InputError
        Missing, damaged or empty file, neither coordinates nor addresses, wrong CRS.
    PlanError
        An unknown key in `columns` or `kinds`.
    """
    path = existing(path)
    columns, kinds = _checked(columns or {}, kinds or {})
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        frame = read_csv(path, TextOptions(encoding=encoding, delimiter=delimiter)).frame
    elif path.suffix.lower() == ".json" and (records := _records(path)) is not None:
        frame = pd.DataFrame(records)
    else:
        frame, findings = read_vector(path, crs=crs, layer=layer, source_crs=source_crs, encoding=encoding)
        rows_in = len(frame) + sum(f.count for f in findings if f.severity == "set_aside")
        points, found = _representative(frame, path.name)
        return _reading(path, points, columns, kinds, rows_in, [*findings, *found], np.asarray(frame.geometry.array))
    rows_in, names = len(frame), _names(frame, columns, path.name)
    if "address" in names and "xy" not in names and not {"x", "y"} <= set(names):
        return _by_address(path, frame, columns, kinds)
    points, findings = located(frame, names, source_crs or DEGREES, crs, path.name)
    return _reading(path, points, columns, kinds, rows_in, findings)


def _by_address(path: Path, frame: pd.DataFrame, columns: Mapping[str, str], kinds: Mapping[str, str]) -> Reading:
    """Return a list that tells addresses but no places."""
    described, found = _described(frame, columns, kinds, path.name)
    nowhere = described["address"].isna()
    found += finding(
        path.name,
        "no_address",
        described.index[nowhere],
        "Denkmale ohne Adresse, zurückgestellt",
        "monuments without an address, set aside",
        "set_aside",
    )
    table = conform(described[~nowhere], MONUMENT_ADDRESSES)
    return Reading(path.name, {MONUMENT_ADDRESSES.name: table}, len(frame), tuple(found), (str(path),))


def _checked(columns: Mapping[str, str], kinds: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    for given, known, what in (
        (columns, list(USUAL), "columns"),
        (kinds.values(), MONUMENTS["heritage"].vocabulary, "kinds"),
    ):
        for name in given:
            if name not in known:
                hint = nearest(name, known) or f"there are {', '.join(known)}"
                raise PlanError(f"source heritage_list: {what}: unknown {name!r}; {hint}")
    return dict(columns), KINDS | {word.strip().casefold(): kind for word, kind in kinds.items()}


def _records(path: Path) -> list[dict[str, Any]] | None:
    """Return the objects of a JSON list; None for GeoJSON, which GDAL reads."""
    if path.stat().st_size > MAX_BYTES:
        raise InputError(path.name, f"{path.stat().st_size} bytes", f"at most {MAX_BYTES}")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(path.name, f"no readable JSON ({error})", "a list of objects") from error
    if isinstance(content, dict) and str(content.get("type", "")).startswith("Feature"):
        return None
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise InputError(path.name, "the JSON is no list of objects", "[{…}, {…}]")
    if not content:
        raise InputError(path.name, "the list is empty", "at least one monument")
    return content


def _names(frame: pd.DataFrame, columns: Mapping[str, str], source: str) -> dict[str, str]:
    """Return the foreign name of each of our columns that is there."""
    require([str(c) for c in frame.columns], list(columns.values()), source)
    by_case = {str(c).lower(): str(c) for c in frame.columns}
    found = {ours: next((by_case[n] for n in usual if n in by_case), None) for ours, usual in USUAL.items()}
    return {ours: name for ours, name in {**found, **columns}.items() if name is not None}


def _representative(frame: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    shapes = np.asarray(frame.geometry.array)
    drawn = shapely.get_type_id(shapes) != shapely.GeometryType.POINT
    found = finding(
        source,
        "areas_to_points",
        row_names(frame.index[drawn]),
        "Flächen oder Linien auf der Karte als Punkt darin; Flächen gelten für alle Gebäude in ihnen",
        "areas or lines shown as a point in them; areas hold for all buildings inside",
        "note",
    )
    return frame.set_geometry(shapely.point_on_surface(shapes), crs=frame.crs), found


def _reading(
    path: Path,
    points: gpd.GeoDataFrame,
    columns: Mapping[str, str],
    kinds: Mapping[str, str],
    rows_in: int,
    findings: list[Finding],
    shapes: np.ndarray | None = None,
) -> Reading:
    described, found = _described(points.drop(columns="geometry"), columns, kinds, path.name)
    frame = gpd.GeoDataFrame(described, geometry=np.asarray(points.geometry.array), crs=points.crs)
    tables = {MONUMENTS.name: conform(frame, MONUMENTS)}
    if shapes is not None:
        areas = polygons_of(shapes)
        drawn = ~shapely.is_missing(areas)
        if drawn.any():
            inside = gpd.GeoDataFrame(described[drawn], geometry=areas[drawn], crs=points.crs)
            tables[MONUMENT_AREAS.name] = conform(inside, MONUMENT_AREAS)
    return Reading(path.name, tables, rows_in, (*findings, *found), (str(path),))


def _described(
    rows: pd.DataFrame, columns: Mapping[str, str], kinds: Mapping[str, str], source: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return name, address and kind of protection of each row, on its id."""
    names = _names(rows, columns, source)
    ids, found = _ids(rows, names.get("id"), source)
    heritage, more = _kinds(rows, names.get("heritage"), kinds, ids, source)
    out: dict[str, Any] = {"heritage": heritage}
    if "name" in names:
        out["name"] = as_text(rows[names["name"]])
    if "address" in names:
        number = as_text(rows[names["house_number"]]).fillna("") if "house_number" in names else ""
        street = as_text(rows[names["address"]])
        out["address"] = (street + " " + number).str.strip()
        if "name" in out:
            out["address"], numbers = _all_numbers(out["name"], street, out["address"], ids, source)
            found += numbers
    return pd.DataFrame(out, index=rows.index).set_axis(pd.Index(ids, dtype="str")), [*found, *more]


def _all_numbers(
    names: pd.Series, streets: pd.Series, addresses: pd.Series, ids: pd.Series, source: str
) -> tuple[pd.Series, list[Finding]]:
    """Return addresses with all house numbers that the name tells, as lists give the first of them only."""
    said = names.str.extract(SEVERAL_NUMBERS)
    before, street = _plain(said["before"]), _plain(streets)
    ends = [b.endswith(s) if s else False for b, s in zip(before.fillna(""), street.fillna(""), strict=True)]
    more = pd.Series(ends, index=names.index) & said["numbers"].notna()
    full = (streets.str.replace(r"\s+\d.*$", "", regex=True) + " " + said["numbers"].str.strip()).where(more)
    more &= full != addresses
    return addresses.mask(more, full), finding(
        source,
        "several_house_numbers",
        ids[more],
        "Denkmale, deren Name mehrere Hausnummern nennt und die Anschrift nur eine; alle übernommen",
        "monuments whose name tells several house numbers and whose address one; all are taken",
        "note",
    )


def _plain(streets: pd.Series) -> pd.Series:
    """Return street names without house numbers, case, blanks and the spellings of "Straße"."""
    lower = streets.str.casefold().str.replace(r"\s+\d.*$", "", regex=True)
    return lower.str.replace("strasse", "str").str.replace(r"[^\w]", "", regex=True)


def _ids(points: pd.DataFrame, name: str | None, source: str) -> tuple[pd.Series, list[Finding]]:
    """Return unique ids: those of the list, numbered where one stands on several places; else the row."""
    ids = points.index.to_series().astype("str") if name is None else as_text(points[name])
    ids = ids.fillna("row " + points.index.to_series().astype("str"))
    count = ids.groupby(ids).cumcount()
    found = finding(
        source,
        "repeated_id",
        ids[count > 0],
        "Zeilen mit einer Kennung, die schon vorkam, durchnummeriert",
        "rows with an id that stood before, numbered",
    )
    return ids.mask(count > 0, ids + "_" + (count + 1).astype("str")), found


def _kinds(
    points: pd.DataFrame, name: str | None, kinds: Mapping[str, str], ids: pd.Series, source: str
) -> tuple[pd.Series, list[Finding]]:
    if name is None:
        return pd.Series("unknown", index=points.index), []
    words = as_text(points[name])
    heritage = words.str.casefold().map(kinds)
    strange = heritage.isna() & words.notna()
    shown = [f"{i} ({w})" for i, w in zip(ids[strange], words[strange], strict=True)]
    found = finding(
        source,
        "unknown_kind",
        shown,
        "Denkmale, deren Art nicht übersetzt ist (kinds:), Schutz unbekannt",
        "monuments whose kind is not translated (kinds:), protection unknown",
    )
    return heritage.fillna("unknown"), found
