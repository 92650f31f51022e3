"""ALKIS in the simplified schema of the AdV: buildings and parcels from GeoPackage, shapefile or zip."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

from klimastep.addresses import count_house_numbers
from klimastep.contract import Table, conform
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.reference import load
from klimastep.sources._columns import as_text, finding
from klimastep.sources._values import dates, quantities
from klimastep.sources._vector import existing, files_with, nearest, read_vector, valid
from klimastep.tables import BUILDINGS, PARCELS

TABLE = "buildings"
LAYERS = {
    "buildings": ("gebaeudeBauwerke", "GebauedeBauwerk", "GebaeudeBauwerk"),  # the second is misspelt in NW and BB
    "parcels": ("flurstueck",),
}
OID_LENGTH = 16  # the simplified schema appends BL, FL, …
BUILDING_OBJECT = "31001"
UNDERGROUND = ("1200", "unter der erdoberfläche")
BUILDING_PART = "bauteil"
NUMBERS = {"anzahlgs": "storeys", "baujahr": "year_built", "objekthoehe": "height_m"}
CADASTRE = ("storeys", "year_built")


def read(
    path: Path | None,
    *,
    crs: str,
    table: Literal["buildings", "parcels"] = "buildings",
    layer: str | None = None,
    source_crs: str | None = None,
    encoding: str | None = None,
) -> Reading:
    """Read buildings or parcels.

    Parameters
    ----------
    path : Path
        GeoPackage, shapefile, zip with shapefiles, or a folder of such (one a Gemarkung).
    crs : str
        CRS of the run.
    table : {"buildings", "parcels"}
        Layer ``gebaeudeBauwerke`` (also misspelt) or ``flurstueck``.
    layer : str, optional
        Layer with another name.
    source_crs : str, optional
        CRS of a file that names none.
    encoding : str, optional
        Text encoding of a shapefile; found by itself otherwise.

    Returns
    -------
    Reading
        ``buildings``: id = first 16 characters of ``oid``; ``function_code`` from ``gfkzshh``, else from the
        German text ``funktion``; underground buildings and building parts are set aside.
        ``parcels``: id = ``flstkennz``, ``area_m2`` the official area ``flaeche``. [m²]

    Raises
    ------
    PlanError
        Another table.
    InputError
        Missing or damaged file, no such layer or column, no CRS, wrong CRS, a number column full of text.
    """
    if table not in LAYERS:
        raise PlanError(f"source alkis_simple: table: {table!r}; expected {' or '.join(LAYERS)}")
    path = existing(path)
    names = layer or LAYERS[table]
    files = files_with(path, names) if path.is_dir() and path.suffix.lower() != ".gdb" else [path]
    make: Callable[..., Any] = _buildings if table == "buildings" else _parcels
    frames, findings, rows_in = [], [], 0
    for file in files:
        raw, found = read_vector(
            file, crs=crs, layer=names, source_crs=source_crs, encoding=encoding, columns=[ID_COLUMN[table]]
        )
        rows_in += len(raw) + sum(f.count for f in found if f.severity == "set_aside")
        frame, more = make(raw.rename(columns={c: c.lower() for c in raw.columns}), file.name)
        frames.append(frame)
        findings += [*found, *more]
    declared = BUILDINGS if table == "buildings" else PARCELS
    frame, twice = _unique(pd.concat(frames), declared, path.name)
    return Reading(
        path.name, {table: conform(frame, declared)}, rows_in, (*findings, *twice), tuple(str(f) for f in files)
    )


ID_COLUMN = {"buildings": "oid", "parcels": "flstkennz"}


def _buildings(raw: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    raw, findings = _with_id(raw, as_text(raw["oid"]).str.slice(0, OID_LENGTH), source)
    raw, found = _above_ground_wholes(raw, source)
    findings += found
    raw, found = valid(raw, "Polygon", source, raw["id"])
    findings += found
    out: dict[str, Any] = {"footprint_m2": shapely.area(raw.geometry.array)}
    out["function_code"], found = _function_codes(raw, source)
    findings += found
    for foreign, ours in NUMBERS.items():
        if foreign in raw:
            out[ours], found = quantities(raw[foreign], BUILDINGS[ours], raw["id"], source, zero_is_unknown=True)
            findings += found
    for ours in CADASTRE:
        if ours in out:
            known = out[ours].notna()
            out[f"{ours}_source"] = pd.Series("cadastre", index=raw.index).where(known)
    if "name" in raw:
        out["name"] = as_text(raw["name"])
    if "lagebeztxt" in raw:
        out["address"] = as_text(raw["lagebeztxt"])
        out["addresses"] = out["address"].map(count_house_numbers, na_action="ignore").astype("float64")
        out["addresses"] = out["addresses"].where(out["addresses"] > 0)
    if "aktualit" in raw:
        out["recorded_on"] = dates(raw["aktualit"])
    if "year_built" in out:
        out["year_built"] = out["year_built"].round().astype("Int16")
    return _frame(raw, out), findings


def _parcels(raw: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    raw, findings = _with_id(raw, as_text(raw["flstkennz"]), source)
    raw, found = valid(raw, "Polygon", source, raw["id"])
    findings += found
    area = pd.Series(shapely.area(raw.geometry.array), index=raw.index)
    if "flaeche" in raw:
        official, found = quantities(raw["flaeche"], PARCELS["area_m2"], raw["id"], source, zero_is_unknown=True)
        findings += found
        area = official.fillna(area)
    out: dict[str, Any] = {"area_m2": area}
    for foreign, ours in (("tntxt", "land_use"), ("lagebeztxt", "address")):
        if foreign in raw:
            out[ours] = as_text(raw[foreign])
    return _frame(raw, out), findings


def _frame(raw: gpd.GeoDataFrame, columns: dict[str, Any]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(columns, index=raw.index, geometry=raw.geometry, crs=raw.crs)
    return frame.set_axis(pd.Index(raw["id"], dtype="str"))


def _with_id(raw: gpd.GeoDataFrame, ids: pd.Series, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    known = ids.notna()
    rows = [f"row {i}" for i in raw.index[~known]]
    found = finding(
        source, "no_id", rows, "Zeilen ohne Kennung, zurückgestellt", "rows without id, set aside", "set_aside"
    )
    return raw.assign(id=ids)[known], found


def _above_ground_wholes(raw: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return buildings without those under ground and without parts, which lie on top of their building."""
    nothing = pd.Series(None, index=raw.index, dtype="str")
    place = as_text(raw["rellage"]) if "rellage" in raw else nothing
    kind = as_text(raw["gebnutzbez"]) if "gebnutzbez" in raw else nothing
    under = place.str.lower().isin(UNDERGROUND)
    part = kind.str.lower().eq(BUILDING_PART) & ~under
    findings = [
        *finding(
            source,
            "underground",
            raw["id"][under],
            "unterirdische Bauwerke (rellage 1200), zurückgestellt",
            "underground structures (rellage 1200), set aside",
            "set_aside",
        ),
        *finding(
            source,
            "building_part",
            raw["id"][part],
            "Bauteile, zurückgestellt (sie liegen auf ihrem Gebäude)",
            "building parts, set aside (they lie on their building)",
            "set_aside",
        ),
    ]
    return raw[~under & ~part], findings


def _function_codes(raw: gpd.GeoDataFrame, source: str) -> tuple[pd.Series, list[Finding]]:
    """Return ``31001_1000`` and the like from code, else from the German name of the function."""
    if "gfkzshh" not in raw and "funktion" not in raw:
        there = [c for c in raw.columns if c not in ("geometry", "id")]
        raise InputError(
            source,
            f"neither the column gfkzshh nor funktion, there are {', '.join(there)}",
            "the building function as code or German text",
            nearest("funktion", there),
        )
    codes = pd.Series(None, index=raw.index, dtype="str")
    if "gfkzshh" in raw:
        codes = as_text(raw["gfkzshh"])
        codes = codes.mask(codes.str.fullmatch(r"\d{4}").eq(True), f"{BUILDING_OBJECT}_" + codes)
    if "funktion" not in raw:
        return codes, []
    texts = as_text(raw["funktion"])
    listed = load("use_codes")
    by_name = dict(zip(listed["name_de"].map(_plain), listed["function_code"], strict=True))
    codes = codes.fillna(texts.map(_plain, na_action="ignore").map(by_name)).astype("str")
    strange = codes.isna() & texts.notna()
    shown = [f"{i} ({t})" for i, t in zip(raw["id"][strange], texts[strange], strict=True)]
    return codes, finding(
        source,
        "unknown_function",
        shown,
        "Gebäude, deren Funktion nicht in der Liste steht, Nutzung unbekannt",
        "buildings whose function is not in the list, use unknown",
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("ß", "ss")).strip().casefold()


def _unique(frame: gpd.GeoDataFrame, table: Table, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    twice = frame.index.duplicated()
    return frame[~twice], finding(
        source,
        "duplicate_id",
        frame.index[twice],
        f"Zeilen mit einer {table.id}, die schon vorkam; die erste behalten",
        f"rows with a {table.id} that stood before; the first is kept",
        "set_aside",
    )
