"""What OSM tags mean in the terms of klimastep, by the table ``reference/osm_tags.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterable

import geopandas as gpd
import pandas as pd

from klimastep.contract import Column
from klimastep.findings import Finding
from klimastep.reference import load
from klimastep.sources._columns import as_text, finding
from klimastep.sources._values import to_numbers

ANY = "*"
GENERAL = r"31001_[23]\d00"  # a group of functions, less than what amenity= and the like tell
TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
KINDS = {"n": "node", "w": "way", "r": "relation", "node": "node", "way": "way", "relation": "relation"}


def keys_of(column: str) -> list[str]:
    """Return the keys that tell one of our columns, the more telling ones first."""
    table = load("osm_tags")
    return list(dict.fromkeys(table.loc[table["column"] == column, "key"]))


def meaning(frame: pd.DataFrame, column: str, keys: Iterable[str] | None = None) -> pd.Series:
    """Return what the tags say about `column`; of several keys the first one that says something.

    Parameters
    ----------
    frame : DataFrame
        A text column a key.
    column : str
        Column of the reference table: function_code, roof_type, road_class, layer, set_aside.
    keys : iterable of str, optional
        All that the table has by default.
    """
    table = load("osm_tags")
    table = table[table["column"] == column]
    out = pd.Series(None, index=frame.index, dtype="str")
    for key in keys if keys is not None else keys_of(column):
        if key not in frame:
            continue
        values = frame[key].str.replace(r";.*", "", regex=True).str.strip().str.lower()
        known = table[table["key"] == key].set_index("value")["ours"]
        found = values.map(known.to_dict()).astype("str")
        if ANY in known:
            found = found.where(found.notna() | values.isna() | (values == "no"), known[ANY])
        out = out.fillna(found)
    return out


def belongs(layer: str) -> set[tuple[str, str]]:
    """Return the tags (key, value) that make an area part of a layer such as green or water."""
    table = load("osm_tags")
    table = table[(table["column"] == "layer") & (table["ours"] == layer)]
    return set(zip(table["key"], table["value"], strict=True))


def function_codes(frame: pd.DataFrame) -> pd.Series:
    """Return the ALKIS function code of buildings: by building=, where that is general by their other tags."""
    own = meaning(frame, "function_code", ["building"])
    others = meaning(frame, "function_code", [k for k in keys_of("function_code") if k != "building"])
    general = own.isna() | own.str.fullmatch(GENERAL).fillna(False).astype("bool")
    return own.mask(general & others.notna(), others)


def quantity(cells: pd.Series, column: Column, ids: pd.Series, source: str) -> tuple[pd.Series, list[Finding]]:
    """Return numbers as mappers write them ("12", "12.5 m"); what does not fit is unknown and reported."""
    text = as_text(cells)
    numbers = to_numbers(text.str.replace(r"\s*m$", "", regex=True))
    low, high = column.min or 0.0, column.max or float("inf")
    bad = text.notna() & ~numbers.between(low, high)
    shown = [f"{i} ({cells.name} = {v})" for i, v in zip(ids[bad], text[bad], strict=True)]
    found = finding(
        source,
        "implausible_value",
        shown,
        f"Werte in {cells.name} unbrauchbar, unbekannt gesetzt",
        f"values in {cells.name} unusable, set unknown",
    )
    return numbers.mask(bad), found


def with_tags(frame: gpd.GeoDataFrame, keys: Iterable[str]) -> gpd.GeoDataFrame:
    """Return an extract made by another program (GDAL, QuickOSM, overpass-turbo, osmnx, Geofabrik) with `keys`.

    A key is a column of its name (":" may be "_"), or stands in ``other_tags``; Geofabrik writes
    ``fclass`` and ``type``. `id` becomes ``way/123`` where the extract tells the kind of object.
    """
    by_name = {str(c).lower(): c for c in frame.columns if c != "geometry"}
    parts: dict[str, pd.Series] = {"id": _ids(frame, by_name)}
    other = frame[by_name["other_tags"]].map(_hstore, na_action="ignore") if "other_tags" in by_name else None
    for key in keys:
        name = by_name.get(key) or by_name.get(key.replace(":", "_"))
        value = as_text(frame[name]) if name is not None else pd.Series(None, index=frame.index, dtype="str")
        if other is not None:
            value = value.fillna(other.map(lambda tags, k=key: tags.get(k), na_action="ignore").astype("str"))
        parts[key] = value
    if "fclass" in by_name:
        parts |= _geofabrik(frame, by_name, parts)
    return gpd.GeoDataFrame(parts, geometry=frame.geometry.array, crs=frame.crs, index=frame.index)


def _geofabrik(frame: gpd.GeoDataFrame, by_name: dict[str, str], parts: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Return the tags that a Geofabrik shapefile keeps in ``fclass`` and ``type``."""
    fclass = as_text(frame[by_name["fclass"]])
    out: dict[str, pd.Series] = {}
    if "building" in parts:
        kind = as_text(frame[by_name["type"]]).fillna("yes") if "type" in by_name else "yes"
        out["building"] = parts["building"].fillna(pd.Series(kind, index=frame.index).where(fclass == "building"))
    table = load("osm_tags")
    for key in set(parts) & {"highway", "landuse", "natural", "leisure", "waterway", "water"}:
        known = set(table.loc[table["key"] == key, "value"])
        out[key] = parts[key].fillna(fclass.where(fclass.isin(known)))
    return out


def _ids(frame: pd.DataFrame, by_name: dict[str, str]) -> pd.Series:
    number = pd.Series(frame.index + 1, index=frame.index).astype("str")
    out = pd.Series(None, index=frame.index, dtype="str")
    for name in ("@id", "full_id", "id"):
        if name in by_name:
            out = out.fillna(as_text(frame[by_name[name]]).map(_object, na_action="ignore").astype("str"))
    kind = next((by_name[n] for n in ("element_type", "element", "osm_type") if n in by_name), None)
    plain = next((by_name[n] for n in ("osmid", "osm_id", "id") if n in by_name), None)
    if kind is not None and plain is not None:
        kinds = as_text(frame[kind]).str.lower().map(KINDS).astype("str")
        out = out.fillna(kinds + "/" + as_text(frame[plain]))
    if "osm_way_id" in by_name:
        out = out.fillna("way/" + as_text(frame[by_name["osm_way_id"]]))
        out = out.fillna("relation/" + as_text(frame[by_name["osm_id"]])) if "osm_id" in by_name else out
    if plain is not None:
        out = out.fillna("osm/" + as_text(frame[plain]))
    return out.fillna("row/" + number).astype("str")


def _object(text: str) -> str | None:
    """Return ``way/123`` for what programs write: ``way/123``, ``w123`` and osmium's area number ``a246``."""
    found = re.fullmatch(r"(node|way|relation|[nwra])/?(\d{1,18})", text)
    if found is None:
        return None
    if found[1] == "a":
        kind, odd = divmod(int(found[2]), 2)
        return f"{'relation' if odd else 'way'}/{kind}"
    return f"{KINDS[found[1]]}/{found[2]}"


def _hstore(text: str) -> dict[str, str]:
    return {k: re.sub(r"\\(.)", r"\1", v) for k, v in TAG.findall(text)}
