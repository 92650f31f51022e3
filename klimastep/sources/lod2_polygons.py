"""LoD2 as polygons with attributes, a row a surface (roof, wall, ground): shapefiles of the Saxon surveying office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import conform
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import as_text, finding, without_id
from klimastep.sources._values import quantities, to_numbers
from klimastep.sources._vector import SUFFIXES, existing, read_vector, valid
from klimastep.tables import BUILDINGS

TABLE = "buildings"
NEEDED = ("ID", "Geometr_3D")
GROUND = "ground"
UNKNOWN_ROOF = "9999"


def read(
    path: Path | None,
    *,
    crs: str,
    layer: str | None = None,
    source_crs: str | None = None,
    encoding: str | None = None,
) -> Reading:
    """Read buildings.

    Parameters
    ----------
    path : Path
        Shapefile, zip with shapefiles, GeoPackage or GeoJSON, or a folder of such tiles.
    crs : str
        CRS of the run; geometries come out in it.
    layer, source_crs, encoding : str, optional
        As in any feature file.

    Returns
    -------
    Reading
        Table ``buildings``: a row a building or building part with the outline of its ground surface (a
        building and its parts do not overlap), `height_m`, `eaves_height_m` (eaves less ground), `roof_type`,
        `parent_id`; a part takes the function of its building. The other surfaces of an id are set aside:
        vertical walls have no area in plan, and the roof repeats the ground. ``Stockwerke`` is not read: it
        is the height over about three metres, no knowledge. Rows in are the surfaces.

    Raises
    ------
    InputError
        Missing or damaged file, a column missing, no ground surface.
    """
    place = existing(path)
    files = [place]
    if place.is_dir() and place.suffix.lower() != ".gdb":
        files = sorted(p for p in place.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(str(place), "no vector file in the folder", f"one of {', '.join(SUFFIXES)}")
    frames, findings, rows_in = [], [], 0
    for file in files:
        raw, found = read_vector(file, crs=crs, layer=layer, source_crs=source_crs, columns=NEEDED, encoding=encoding)
        rows_in += len(raw) + sum(f.count for f in found if f.severity == "set_aside")
        findings += found
        frames.append(raw)
    frame, found = _buildings(gpd.GeoDataFrame(pd.concat(frames, ignore_index=True)), place.name)
    return Reading(place.name, {TABLE: frame}, rows_in, (*findings, *found), tuple(str(f) for f in files))


def _buildings(raw: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    ids = as_text(raw["ID"])
    findings = without_id(ids, source, "feature")
    raw = raw.assign(id=ids)[ids.notna().to_numpy()]
    raw, found = _grounds(raw, source)
    findings += found
    raw, found = valid(raw, "Polygon", source, raw["id"])
    findings += found
    columns, found = _columns(raw, source)
    out = gpd.GeoDataFrame(columns, geometry=np.asarray(raw.geometry.array), crs=raw.crs)
    return conform(out.set_axis(pd.Index(raw["id"], dtype="str")), BUILDINGS), findings + found


def _grounds(raw: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the ground surface of each id, once; the other surfaces are set aside."""
    kind = as_text(raw["Geometr_3D"]).str.lower()
    ground = (kind == GROUND).fillna(False).astype("bool")
    if not ground.any():
        there = ", ".join(sorted(kind.dropna().unique()))
        raise InputError(source, f"no ground surface, Geometr_3D is {there or 'empty'}", "Ground on a row of each id")
    listed = set(raw.loc[ground, "id"])
    other = ~ground & raw["id"].isin(listed)
    baseless = ~ground & ~raw["id"].isin(listed)
    again = ground & raw["id"].where(ground).duplicated()
    flat = other & (shapely.area(raw.geometry.array) <= 0.01)
    findings = [
        *finding(
            source,
            "other_surface",
            raw.loc[other & ~flat, "id"],
            "Dach- und andere Flächen desselben Gebäudes, zurückgestellt (der Grundriss steht in der Bodenfläche)",
            "roofs and other surfaces of the same building, set aside (the ground surface is the outline)",
            "set_aside",
        ),
        *finding(
            source,
            "vertical_surface",
            raw.loc[flat, "id"],
            "senkrechte Flächen ohne Fläche im Grundriss, zurückgestellt",
            "vertical surfaces without area in plan, set aside",
            "set_aside",
        ),
        *finding(
            source,
            "no_ground",
            raw.loc[baseless, "id"],
            "Flächen von Gebäuden ohne Bodenfläche, zurückgestellt",
            "surfaces of buildings without a ground surface, set aside",
            "set_aside",
        ),
        *finding(
            source,
            "duplicate_building",
            raw.loc[again, "id"],
            "Bodenflächen, deren Gebäude schon vorkam; die erste behalten",
            "ground surfaces of buildings that stood before; the first is kept",
            "set_aside",
        ),
    ]
    return raw[(ground & ~again).to_numpy()], findings


def _columns(raw: gpd.GeoDataFrame, source: str) -> tuple[dict[str, Any], list[Finding]]:
    named = [c for c in ("Name", "Funktion", "Obj_Parent", "Dachtyp") if c in raw]
    texts = {foreign: as_text(raw[foreign]) for foreign in named}
    out: dict[str, Any] = {"footprint_m2": shapely.area(raw.geometry.array)}
    findings: list[Finding] = []
    if "Name" in texts:
        out["name"] = texts["Name"]
    if "Dachtyp" in texts:
        out["roof_type"] = texts["Dachtyp"].mask(texts["Dachtyp"] == UNKNOWN_ROOF)
    if "Obj_Parent" in texts:
        out["parent_id"] = texts["Obj_Parent"]
    if "Funktion" in texts:
        out["function_code"], findings = _functions(raw["id"], texts["Funktion"], texts.get("Obj_Parent"), source)
    if "H_Objekt" in raw:
        out["height_m"], found = quantities(
            raw["H_Objekt"], BUILDINGS["height_m"], raw["id"], source, zero_is_unknown=True
        )
        findings += found
    if {"H_Traufe", "H_Boden"} <= set(raw):
        eaves = (to_numbers(raw["H_Traufe"]) - to_numbers(raw["H_Boden"])).rename("H_Traufe - H_Boden")
        out["eaves_height_m"], found = quantities(
            eaves, BUILDINGS["eaves_height_m"], raw["id"], source, zero_is_unknown=True
        )
        findings += found
    return out, findings


def _functions(
    ids: pd.Series, codes: pd.Series, parents: pd.Series | None, source: str
) -> tuple[pd.Series, list[Finding]]:
    """Return the function of each row; a part without one takes that of its building."""
    if parents is None:
        return codes, []
    of_parent = parents.map(dict(zip(ids, codes, strict=True)))
    taken = codes.isna() & of_parent.notna()
    return codes.fillna(of_parent).astype("str"), finding(
        source,
        "function_of_parent",
        ids[taken],
        "Gebäudeteile ohne eigene Funktion, sie nehmen die ihres Gebäudes",
        "building parts without a function, they take that of their building",
        "note",
    )
