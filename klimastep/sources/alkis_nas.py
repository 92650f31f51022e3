"""ALKIS as the office's own exchange format NAS (GeoInfoDok 6 and 7): buildings, parcels, actual land use.

Owners are never read: what a delivery holds of persons and land-register sheets is stepped over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from klimastep.contract import conform
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.sources._archive import opened, safe_members
from klimastep.sources._columns import finding
from klimastep.sources._nas import Places, features, version_of
from klimastep.sources._nas_rows import FIELDS, LAND_USE, LAND_USES, LAYERS, TEXTS, Oddities
from klimastep.sources._nas_shapes import Shapes
from klimastep.sources._options import parse
from klimastep.sources._vector import existing

TABLE = "buildings"
DECLARATIONS = {LAND_USES.name: LAND_USES}
SUFFIXES = (".xml", ".gml", ".nas")
BATCH = 2000


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of this reader.

    Parameters
    ----------
    table : {"buildings", "parcels", "land_use"}
        AX_Gebaeude, AX_Flurstueck, or the classes of actual land use (Tatsächliche Nutzung).
    source_crs : str, optional
        CRS of objects that name none.
    """

    table: Literal["buildings", "parcels", "land_use"] = "buildings"
    source_crs: str | None = None


class File(NamedTuple):
    """One XML file of a delivery, in a folder or in a zip."""

    label: str
    path: Path
    member: str | None


@dataclass
class Stock:
    """Objects of one subject from all files of a delivery, and what they refer to."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    places: Places = field(default_factory=Places)
    versions: set[str] = field(default_factory=set)
    foreign: list[str] = field(default_factory=list)
    rows: int = 0


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read buildings, parcels or land use from a NAS delivery.

    Parameters
    ----------
    path : Path
        ``.xml`` or ``.gml``, a zip with such files, or a folder with either: one delivery, whose files may
        refer to each other.
    crs : str
        CRS of the run.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        ``buildings``: id = object identifier (16 characters); ``function_code`` 31001_xxxx; ``height_m``
        objekthoehe [m]; the earliest ``year_built``; ``address`` and ``addresses`` (house numbers) as the
        building refers to. Ruins, planned buildings, those under construction or under ground and former
        versions are set aside. ``parcels``: id = Flurstückskennzeichen, ``area_m2`` the official area [m²].
        ``land_use``: ``kind`` the class, ``function_code`` 41001 or 41002_1740. ``facts`` has files, versions
        and the names of the Gemarkungen.

    Raises
    ------
    PlanError
        Unknown option.
    InputError
        Missing, damaged or foreign file, DOCTYPE, another GeoInfoDok, changes instead of a stock, unknown or
        wrong CRS, nothing of the subject. Messages never quote the content of a damaged file.
    """
    wanted = parse(Options, options, "alkis_nas")
    path = existing(path)
    files = _files(path)
    stock = Stock()
    for file in files:
        _add(file, wanted, stock, is_only=len(files) == 1 and file.member is None)
    if not stock.versions:
        raise InputError(str(path), "no NAS file in it", f"AAA-XML in files with {', '.join(SUFFIXES)}")
    if not stock.rows:
        raise InputError(path.name, f"no object of {wanted.table} in it", f"NAS with {', '.join(_classes(wanted))}")
    odd = Oddities()
    declared, make = LAYERS[wanted.table]
    frame = make(pd.concat(stock.frames, ignore_index=True), stock.places, CRS(crs), path.name, odd)
    odd.note("odd_house_number", stock.places.odd_numbers if wanted.table != "land_use" else [])
    return Reading(
        path.name,
        {declared.name: conform(gpd.GeoDataFrame(frame, geometry="geometry", crs=crs), declared)},
        stock.rows,
        (*odd.findings(path.name), *_foreign(stock, path.name)),
        tuple(dict.fromkeys(str(f.path) for f in files)),
        facts={
            "files": len(files) - len(stock.foreign),
            "geoinfodok": sorted(stock.versions),
            "gemarkungen": dict(sorted(stock.places.districts.items())),
        },
    )


def _classes(wanted: Options) -> list[str]:
    return [*LAND_USE] if wanted.table == "land_use" else list(FIELDS[wanted.table])


def _add(file: File, wanted: Options, stock: Stock, *, is_only: bool) -> None:
    """Add the objects of one file to the stock."""
    with opened(file.path, file.member, file.label) as stream:
        version = version_of(stream, file.label)
    if version is None:
        if is_only:
            raise InputError(file.label, "the file is no NAS", "a Bestandsdatenauszug, NBA delivery or WFS answer")
        stock.foreign.append(file.label)
        return
    stock.versions.add(version)
    shapes, rows = Shapes(), []
    with opened(file.path, file.member, file.label) as stream:
        for feature in features(stream, version, FIELDS[wanted.table], stock.places, file.label):
            stock.rows += 1
            shapes.add(feature.position)
            row = {"oid": feature.oid, "kind": feature.kind, "is_historic": feature.is_historic}
            told = {"srs_name": feature.srs_name or wanted.source_crs, "links": feature.links, "row": stock.rows}
            rows.append({**row, **told, "file": file.label, **feature.fields})
            if len(rows) >= BATCH:
                stock.frames.append(_frame(rows, shapes))
                shapes, rows = Shapes(), []
    if rows:
        stock.frames.append(_frame(rows, shapes))


def _frame(rows: list[dict[str, Any]], shapes: Shapes) -> pd.DataFrame:
    geometry, broken = shapes.polygons()
    frame = pd.DataFrame(rows)
    frame["geometry"] = geometry
    frame["is_broken"] = frame.index.isin(broken)
    frame["has_odd_curve"] = frame.index.isin(list(shapes.odd_curves))
    return frame


def _files(path: Path) -> list[File]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in (*SUFFIXES, ".zip"))
        files = [file for place in found for file in _files(place)]
    elif path.suffix.lower() == ".zip":
        files = [File(f"{path.name}!{m.filename}", path, m.filename) for m in safe_members(path, SUFFIXES)]
    else:
        return [File(path.name, path, None)]
    if not files:
        raise InputError(str(path), "no NAS file in it", f"files with {', '.join(SUFFIXES)}")
    return files


def _foreign(stock: Stock, source: str) -> list[Finding]:
    de, en, severity = TEXTS["foreign_file"]
    return finding(source, "foreign_file", stock.foreign, de, en, severity)
