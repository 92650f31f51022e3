"""Which files of the offices cover a municipality: products, tiles, addresses."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import geopandas as gpd
import numpy as np
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.reference import load
from klimastep.units import M_PER_KM

CRS = "EPSG:25832"
TILE_KM = 2  # named by the kilometre of its south-west corner, E odd and N even
MAX_TILES = 500  # the largest municipality of the state touches about 90
STATE = "08"
WEST_KM, SOUTH_KM, EAST_KM, NORTH_KM = 380, 5260, 620, 5530  # the state, with room


@dataclass(frozen=True)
class Item:
    """One file to fetch: where it comes from, where it goes, under which terms."""

    what: str
    product: str
    url: str
    file: str
    licence: str
    attribution: str


def check_ags(ags: str) -> str:
    """Return an official municipality key of Baden-Württemberg; :class:`PlanError` for any other text."""
    if not re.fullmatch(r"[0-9]{8}", ags):
        raise PlanError(f"--ags {ags}: expected eight digits, for example 08118048")
    if not ags.startswith(STATE):
        raise PlanError(f"--ags {ags}: the addresses of open data are known for Baden-Württemberg only (08…)")
    return ags


def kinds_of_data() -> list[str]:
    """Return what can be fetched, in the order of the table ``open_data``."""
    return list(dict.fromkeys(load("open_data")["what"]))


def outline_of(boundary: Path | None, bbox: Sequence[float] | None) -> gpd.GeoDataFrame:
    """Return the outline of the municipality as one row in EPSG:25832.

    Parameters
    ----------
    boundary : Path, optional
        Any polygon file; all its polygons together.
    bbox : sequence of 4 float, optional
        West, south, east, north in EPSG:25832, instead. [m]

    Raises
    ------
    PlanError
        Neither or both of them, a box that is none.
    InputError
        An unreadable file, or a place outside of the state.
    """
    if (boundary is None) == (bbox is None):
        raise PlanError("where is the municipality? name --boundary FILE or --bbox E,N,E,N (EPSG:25832)")
    if boundary is not None:
        frame = sources.read("areas", boundary, crs=CRS, table="boundary").tables["boundary"]
        shape, told = shapely.union_all(frame.geometry.array), boundary.name
    else:
        assert bbox is not None
        if len(bbox) != 4 or not np.isfinite(bbox).all() or bbox[0] >= bbox[2] or bbox[1] >= bbox[3]:
            raise PlanError(f"--bbox {','.join(f'{v:g}' for v in bbox)}: expected west,south,east,north in metres")
        shape, told = shapely.box(*bbox), "--bbox"
    west, south, east, north = (float(v) / M_PER_KM for v in shape.bounds)
    if west < WEST_KM or south < SOUTH_KM or east > EAST_KM or north > NORTH_KM:
        raise InputError(
            told,
            f"reaches from {west:.0f}, {south:.0f} to {east:.0f}, {north:.0f} km",
            f"a place in Baden-Württemberg ({WEST_KM}, {SOUTH_KM} to {EAST_KM}, {NORTH_KM} km in {CRS})",
        )
    return gpd.GeoDataFrame({"name": ["Gemeinde"], "id": ["gemeinde"]}, geometry=[shape], crs=CRS)


def tiles_of(outline: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    """Return the tiles that an outline shares area with, as kilometres east and north of their corner.

    Examples
    --------
    >>> tiles_of(outline_of(None, (513_500, 5_416_500, 514_500, 5_417_500)))
    [(513, 5416)]
    """
    shape = outline.geometry.iloc[0]
    west, south, east, north = (v / M_PER_KM for v in shape.bounds)
    first_e = math.floor((west - 1) / TILE_KM) * TILE_KM + 1
    first_n = math.floor(south / TILE_KM) * TILE_KM
    corners = [
        (e, n) for e in range(first_e, math.ceil(east), TILE_KM) for n in range(first_n, math.ceil(north), TILE_KM)
    ]
    if len(corners) > MAX_TILES:
        raise InputError("outline", f"{len(corners)} tiles", f"at most {MAX_TILES}", "is it one municipality?")
    size = TILE_KM * M_PER_KM
    low = np.array(corners, dtype="float64") * M_PER_KM
    boxes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + size, low[:, 1] + size)
    touched = shapely.area(shapely.intersection(boxes, shape)) > 0
    return [corner for corner, hit in zip(corners, touched, strict=True) if hit]


def parse_district(text: str) -> tuple[str, str]:
    """Return key and name of a Gemarkung written as ``KEY:NAME``; spaces of the name become ``_``."""
    key, _, name = text.partition(":")
    name = unicodedata.normalize("NFC", name.strip()).replace(" ", "_")
    if not re.fullmatch(r"[0-9]{4,6}", key.strip()) or not re.fullmatch(r"[^\W\d][\w.()-]*", name):
        raise PlanError(f"--gemarkung {text}: expected KEY:NAME, for example 081234:Oßweil")
    return key.strip(), name


def items_of(
    what: Sequence[str], outline: gpd.GeoDataFrame, districts: Sequence[tuple[str, str]], base_url: str | None = None
) -> list[Item]:
    """Return the files to fetch.

    Parameters
    ----------
    what : sequence of str
        Some of :func:`kinds_of_data`.
    outline : GeoDataFrame
        Of :func:`outline_of`.
    districts : sequence of (str, str)
        Keys and names of Gemarkungen, for ALKIS.
    base_url : str, optional
        Scheme and host (and a path before the product's) in place of the offices'.

    Raises
    ------
    PlanError
        Something that cannot be fetched is asked for.
    """
    known = kinds_of_data()
    for name in what:
        if name not in known:
            raise PlanError(f"--what {name}: unknown; there are {', '.join(known)}")
    table = load("open_data")
    tiles = [{"e": e, "n": n} for e, n in tiles_of(outline)]
    fills: dict[str, list[dict[str, Any]]] = {
        "tile": tiles,
        "district": [{"key": k, "name": n} for k, n in districts],
        "whole": [{}],
    }
    out = []
    for row in table[table["what"].isin(list(what))].to_dict("records"):
        for fill in fills[str(row["kind"])]:
            address = str(row["url"]).format(**fill)
            out.append(
                Item(
                    what=str(row["what"]),
                    product=str(row["product"]),
                    url=_url(address, base_url),
                    file=f"{row['folder']}/{address.rsplit('/', 1)[1]}",
                    licence=str(row["licence"]),
                    attribution=str(row["attribution"]),
                )
            )
    return out


def _url(address: str, base_url: str | None) -> str:
    parts = urlsplit(address)
    path = quote(parts.path)
    if base_url is None:
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    base = urlsplit(base_url)
    if base.scheme not in ("http", "https") or not base.netloc:
        raise PlanError(f"--base-url {base_url}: expected for example https://opengeodata.lgl-bw.de")
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + path, "", ""))
