"""Buildings, streets, green and water from OpenStreetMap: the source of last resort where no cadastre is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.addresses import count_house_numbers
from klimastep.contract import Table
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import as_text, finding
from klimastep.sources._crs import parse_crs
from klimastep.sources._features import once
from klimastep.sources._options import parse
from klimastep.sources._osm_pbf import DEGREES, TIMESTAMP, Scan, is_osm, scan_areas, scan_ways
from klimastep.sources._osm_tags import belongs, function_codes, keys_of, meaning, quantity, with_tags
from klimastep.sources._values import dates
from klimastep.sources._vector import _usable, existing, read_vector, valid
from klimastep.tables import BUILDINGS, TABLES

TABLE = "buildings"
ATTRIBUTION = "© OpenStreetMap-Mitwirkende, ODbL"
ADDRESS = ("addr:street", "addr:housenumber")
BUILDING_KEYS = ("building:levels", "height", "roof:height", "start_date", "name", *ADDRESS, TIMESTAMP)
KEY_OF = {"buildings": "building", "streets": "highway", "rail": "railway"}
RAILS = ("rail", "light_rail", "narrow_gauge")
TEXTS = {
    "point": ("nur als Punkt erfasst", "mapped as a point only"),
    "not_closed": ("als offene Linie erfasst", "mapped as an open line"),
    "incomplete": ("im Auszug unvollständig oder fehlerhaft", "incomplete in the extract or broken"),
    "no_polygon": ("als Relation ohne Fläche erfasst", "mapped as a relation without an area"),
    "area": ("Plätze, als Fläche erfasst", "squares, mapped as areas"),
    "no_building": ("laut Tag kein Gebäude", "no building by their tag"),
    "not_standing": ("geplant, im Bau oder nicht mehr da", "planned, under construction or gone"),
    "no_rail": ("kein Gleis an der Oberfläche (Bahnsteig, Tunnel, Straßenbahn u. ä.)", "no rail above ground"),
    "no_street": ("keine Straße (Bahnsteig, Aufzug u. ä.)", "no street (platform, elevator and the like)"),
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of this reader.

    Parameters
    ----------
    table : {"buildings", "streets", "rail", "green", "water"}
        What to take from the extract.
    layer, source_crs, encoding : str, optional
        For extracts as GeoPackage, GeoJSON or shapefile, as in any feature file.
    """

    table: Literal["buildings", "streets", "rail", "green", "water"] = "buildings"
    layer: str | None = None
    source_crs: str | None = None
    encoding: str | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read OpenStreetMap data.

    Parameters
    ----------
    path : Path
        ``*.osm.pbf`` or ``*.osm``; or GeoPackage, GeoJSON, shapefile made from it by another program.
    crs : str
        CRS of the run; geometries come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        The table asked for, ids ``way/123`` and ``relation/123``. Buildings: function code by the tags,
        storeys (``building:levels``, which are without the roof), roof type, height, eaves height, year,
        address. Building parts are not read, their outlines are. Rows in are the objects with the tag.

    Raises
    ------
    PlanError
        Unknown option or table.
    InputError
        Damaged file, no object of the table in it.
    """
    wanted = parse(Options, options, "osm")
    place = existing(path)
    frame, findings, rows_in = _objects(place, wanted, crs)
    if frame.empty:
        raise InputError(place.name, f"no {wanted.table} in it", "at least one", "is it an extract of another theme?")
    frame, found = _without(frame, wanted.table, place.name)
    findings += found
    table = TABLES[wanted.table]
    frame, found = valid(frame, table.geometry, place.name, frame["id"])
    findings += found
    out, found = _table(frame, table, place.name)
    out, repeated = once(out, place.name)
    return Reading(
        source=place.name,
        tables={table.name: out},
        rows_in=rows_in,
        findings=tuple(findings + found + repeated),
        files=(str(place),),
        attribution=ATTRIBUTION,
    )


def _objects(place: Path, options: Options, crs: str) -> tuple[gpd.GeoDataFrame, list[Finding], int]:
    """Return the objects of the table with their tags in the run's CRS, the findings and how many the file has."""
    keys = _keys(options.table)
    if not is_osm(place):
        frame, findings = read_vector(
            place, crs=crs, layer=options.layer, source_crs=options.source_crs, encoding=options.encoding
        )
        lost = sum(f.count for f in findings if f.severity == "set_aside")
        tagged = with_tags(frame, keys)
        ours = tagged[_is_ours(tagged, options.table).to_numpy()]
        return ours, findings, len(ours) + lost
    scan = _scan(place, options.table, keys)
    findings = [f for reason, ids in scan.broken.items() for f in _aside(reason, ids, place.name)]
    rows_in = len(scan.ids) + sum(len(ids) for ids in scan.broken.values())
    frame = scan.frame(keys)
    if frame.empty:
        return frame, findings, rows_in
    frame, left = _usable(frame, parse_crs(DEGREES, place.name), place.name)
    return frame.to_crs(crs), findings + left, rows_in


def _keys(table: str) -> list[str]:
    if table == "rail":
        return ["railway", "tunnel", "name"]
    if table == "buildings":
        return list(dict.fromkeys([*keys_of("function_code"), *keys_of("roof_type"), *BUILDING_KEYS]))
    return ["highway", "name"] if table == "streets" else [*keys_of("layer"), "name"]


def _scan(place: Path, table: str, keys: list[str]) -> Scan:
    if table == "streets":
        return scan_ways(place, "highway", keys)
    if table == "rail":
        return scan_ways(place, "railway", keys)
    if table == "buildings":
        return scan_areas(place, ["building"], keys, lambda thing: "building" in thing.tags)
    tags = belongs(table)
    return scan_areas(
        place,
        keys_of("layer"),
        keys,
        lambda thing: not thing.is_node() and any(thing.tags.get(key) == value for key, value in tags),
    )


def _is_ours(frame: pd.DataFrame, table: str) -> pd.Series:
    if table in KEY_OF:
        return frame[KEY_OF[table]].notna()
    return meaning(frame, "layer") == table


def _without(frame: gpd.GeoDataFrame, table: str, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the objects without those whose tag says that they are none; these are set aside."""
    if table not in KEY_OF:
        return frame, []
    reason = meaning(frame, "set_aside", [KEY_OF[table]])
    if table == "rail":
        above_ground = frame["railway"].isin(RAILS) & ~frame["tunnel"].isin(["yes", "building_passage"])
        reason = reason.mask(~above_ground, "no_rail")
    findings = [f for why in reason.dropna().unique() for f in _aside(why, frame["id"][reason == why], source)]
    return frame[reason.isna().to_numpy()], findings


def _aside(reason: str, ids: Any, source: str) -> list[Finding]:
    de, en = TEXTS[reason]
    return finding(source, reason, ids, f"Objekte {de}, zurückgestellt", f"objects {en}, set aside", "set_aside")


def _table(frame: gpd.GeoDataFrame, table: Table, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    parts: dict[str, pd.Series] = {"name": as_text(frame["name"])}
    findings: list[Finding] = []
    if table.name == "buildings":
        parts, findings = _building_columns(frame, source)
    elif table.name == "streets":
        parts["road_class"] = meaning(frame, "road_class")
        parts["length_m"] = frame.length
        findings = _untranslated(frame["highway"], parts["road_class"], source)
    cast = {name: table[name].cast(part, frame.index) for name, part in parts.items()}
    out = gpd.GeoDataFrame(cast, geometry=np.asarray(frame.geometry.array), crs=frame.crs)
    out.index = pd.Index(frame["id"].to_numpy(), name=table.id, dtype="str")
    return out, findings


def _building_columns(frame: gpd.GeoDataFrame, source: str) -> tuple[dict[str, pd.Series], list[Finding]]:
    ids = frame["id"]
    code = function_codes(frame)
    storeys, found = quantity(frame["building:levels"], BUILDINGS["storeys"], ids, source)
    height, more = quantity(frame["height"], BUILDINGS["height_m"], ids, source)
    roof_height, _ = quantity(frame["roof:height"], BUILDINGS["height_m"], ids, source)
    year, unread = _years(frame["start_date"], ids, source)
    address = (frame[ADDRESS[0]].fillna("") + " " + frame[ADDRESS[1]].fillna("")).str.strip()
    parts = {
        "name": as_text(frame["name"]),
        "address": address.where(frame[ADDRESS[1]].notna()),
        "addresses": address.map(count_house_numbers).astype("float64").where(frame[ADDRESS[1]].notna()),
        "recorded_on": dates(frame[TIMESTAMP]),
        "function_code": code,
        "roof_type": meaning(frame, "roof_type"),
        "storeys": storeys,
        "height_m": height,
        "eaves_height_m": (height - roof_height).where(roof_height < height),
        "year_built": year,
    }
    plain = ~frame["building"].str.lower().isin(["yes", "true", "1"])
    findings = [*found, *more, *unread, *_untranslated(frame["building"][plain], code[plain], source)]
    return parts, [*findings, *_last_resort(parts, source)]


def _years(dates: pd.Series, ids: pd.Series, source: str) -> tuple[pd.Series, list[Finding]]:
    """Return the year of dates that tell one ("1905", "1905-04"); "C19" and "~1900" stay unknown."""
    year = pd.to_numeric(dates.str.extract(r"^(\d{4})(?:-\d\d){0,2}$")[0], errors="coerce").astype("float64")
    column = BUILDINGS["year_built"]
    fits = year.between(column.min or 0, column.max or np.inf)
    strange = dates.notna() & ~fits
    shown = [f"{i} (start_date = {v})" for i, v in zip(ids[strange], dates[strange], strict=True)]
    texts = "Baujahre ohne genaue Jahreszahl, unbekannt gelassen", "start dates without an exact year, left unknown"
    return year.where(fits), finding(source, "inexact_year", shown, *texts, "note")


def _untranslated(tags: pd.Series, ours: pd.Series, source: str) -> list[Finding]:
    values = tags[ours.isna() & tags.notna()]
    return finding(
        source,
        "unknown_value",
        [f"{tags.name}={v}" for v in values],
        "Objekte mit nicht übersetztem Tag",
        "objects with a tag not translated",
        "note",
    )


def _last_resort(parts: dict[str, pd.Series], source: str) -> list[Finding]:
    """Return the note how little the map tells about its buildings."""
    count = len(parts["storeys"])
    use, storeys, years = (int(parts[c].notna().sum()) for c in ("function_code", "storeys", "year_built"))
    de = (
        f"OpenStreetMap ist die letzte Wahl, wo kein Kataster vorliegt: von {count} Gebäuden ist die Nutzung bei "
        f"{use}, die Geschosszahl bei {storeys}, das Baujahr bei {years} bekannt; der Rest wird geschätzt"
    )
    en = (
        f"OpenStreetMap is the last resort where no cadastre is: of {count} buildings the use of {use}, "
        f"the storeys of {storeys}, the year of {years} are known; the rest is estimated"
    )
    return [Finding(source, "last_resort", count, (), de, en)]
