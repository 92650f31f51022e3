"""Open a vector file safely: clear messages for what is missing or mislabelled, geometries in the run's CRS."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj import CRS

from klimastep.contract import FAMILIES, GeometryKind
from klimastep.errors import InputError
from klimastep.findings import Finding, first_ids
from klimastep.sources._archive import refuse_disguised, safe_members
from klimastep.sources._crs import outside, parse_crs, refuse_wrong_crs
from klimastep.sources._mend import soundness
from klimastep.sources._paths import existing as existing
from klimastep.sources._paths import nearest as nearest

SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gdb", ".zip")
IN_ZIP = (".shp", ".gpkg", ".geojson")
MAX_TEXT = 10_000
GDAL_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)


def read_vector(
    path: Path | None,
    *,
    crs: str,
    layer: str | Sequence[str] | None = None,
    source_crs: str | None = None,
    columns: Sequence[str] = (),
    encoding: str | None = None,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : Path
        GeoPackage, shapefile, GeoJSON, FlatGeobuf, file geodatabase, or a zip with shapefiles in it.
    crs : str
        CRS of the run; geometries come out in it, 2D.
    layer : str or sequence of str, optional
        Layer name (case does not matter), or several spellings of which the first one present is
        taken; needed only where the file has more than one layer with geometry.
    source_crs : str, optional
        CRS of the file where it names none; it wins over what the file says, with a finding.
    columns : sequence of str
        Foreign columns that must be there; another case is accepted and renamed to the one asked for.
    encoding : str, optional
        Text encoding of a shapefile; found by itself otherwise.

    Returns
    -------
    GeoDataFrame
        Index = position of the feature in the file (0 first). Features without geometry, with NaN
        coordinates or far outside the CRS are left out.
    list of Finding
        Those left out have severity ``set_aside``: rows of the layer = rows returned + these.

    Raises
    ------
    InputError
        Missing or damaged file, unknown layer or column, empty layer, no CRS, wrong CRS.
    """
    path = existing(path)
    uri, name = _open(path, layer)
    source = f"{path.name} ({name})" if name != path.stem else path.name
    frame, findings = _read(uri, name, source, encoding)
    if frame.empty:
        raise InputError(source, "the layer is empty", "at least one feature")
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(source, "the layer has no geometry", "points, lines or polygons")
    frame = _with_columns(frame, columns, source)
    file_crs, found = _crs_of(frame, source_crs, source)
    frame, left = _usable(frame, file_crs, source)
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.array), crs=file_crs)
    return frame.to_crs(parse_crs(crs, "plan")), findings + found + left


def valid(
    frame: gpd.GeoDataFrame, kind: GeometryKind, source: str, ids: pd.Series | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `frame` with valid geometries of one family only.

    Invalid ones are mended with ``shapely.make_valid`` and reported; what has nothing of the family
    in it (a polygon without area, a point in a layer of polygons) is set aside and reported.

    Parameters
    ----------
    frame : GeoDataFrame
    kind : {"Polygon", "LineString", "Point"}
    source : str
        Named in the findings.
    ids : Series, optional
        What to call the rows in the findings; the index by default.
    """
    names = frame.index.to_series() if ids is None else ids
    shapes = np.asarray(frame.geometry.array)
    sound, tangled = soundness(shapes)
    broken, mended = ~sound, shapes.copy()
    mended[tangled] = shapely.Point()
    mended[broken & ~tangled] = shapely.make_valid(shapes[broken & ~tangled])
    mixed = ~np.isin(_type_names(mended), FAMILIES[kind])
    mended[mixed] = [_only(shape, kind) for shape in mended[mixed]]
    good = ~shapely.is_empty(mended)
    findings = [
        *_finding(
            source,
            "repaired",
            names[broken & good],
            "ungültige Geometrien repariert (Selbstüberschneidung u. ä.)",
            "invalid geometries repaired (self-intersection and the like)",
        ),
        *_finding(
            source,
            "unusable_geometry",
            names[~good],
            f"Geometrien ohne Anteil vom Typ {kind}, zurückgestellt",
            f"geometries without any {kind}, set aside",
            severity="set_aside",
        ),
    ]
    return frame.set_geometry(gpd.GeoSeries(mended, index=frame.index, crs=frame.crs))[good], findings


def _type_names(shapes: np.ndarray) -> np.ndarray:
    names = np.array(
        ["Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "Collection"]
    )
    return names[shapely.get_type_id(shapes)]


def _only(shape: Any, kind: GeometryKind) -> Any:
    parts = [p for p in shapely.get_parts(shapely.get_parts(shape)) if p.geom_type == kind]
    if not parts:
        return shapely.Point()
    return shapely.union_all(parts) if kind == "Polygon" else parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _finding(
    source: str, kind: str, ids: Sequence[Any] | pd.Series, text_de: str, text_en: str, severity: Any = "warning"
) -> list[Finding]:
    if len(ids) == 0:
        return []
    shown = first_ids(ids)
    more = ", …" if len(ids) > len(shown) else ""
    tail = f": {', '.join(shown)}{more}"
    return [
        Finding(source, kind, len(ids), shown, f"{len(ids)} {text_de}{tail}", f"{len(ids)} {text_en}{tail}", severity)
    ]


def files_with(folder: Path, layers: str | Sequence[str]) -> list[Path]:
    """Return the vector files of a folder (and its subfolders) that have one of the `layers`, sorted."""
    wanted = {n.lower() for n in ([layers] if isinstance(layers, str) else layers)}
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    found = [p for p in files if wanted & {name.lower() for name in _uris(p)}]
    if not found:
        raise InputError(str(folder), f"no file with a layer {' or '.join(sorted(wanted))} among {len(files)} files")
    return found


def _uris(path: Path) -> dict[str, str]:
    """Return what GDAL opens for each layer of a file or zip."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(str(path), f"unknown kind of file {path.suffix!r}", f"one of {', '.join(SUFFIXES)}")
    if path.suffix.lower() != ".zip":
        refuse_disguised(path)
        return {name: str(path) for name in _layers(str(path), path.name)}
    infos = safe_members(path, IN_ZIP)
    for info in infos:
        refuse_disguised(path, info.filename)
    members = [f"/vsizip/{path.resolve().as_posix()}/{m.filename}" for m in infos]
    if not members:
        raise InputError(str(path), "no vector file in the zip", f"one of {', '.join(IN_ZIP)}")
    return {name: uri for uri in members for name in _layers(uri, path.name)}


def _open(path: Path, layer: str | Sequence[str] | None) -> tuple[str, str]:
    """Return what GDAL opens and the layer's name in it."""
    layers = _uris(path)
    name = _choose(layer, list(layers), path.name)
    return layers[name], name


def _layers(uri: str, source: str) -> list[str]:
    try:
        found = pyogrio.list_layers(uri)
    except (*GDAL_ERRORS, UnicodeDecodeError) as error:
        reason = str(error).partition(";")[0]  # what follows is advice to programmers
        raise InputError(source, f"cannot be read ({reason})", hint="is the file whole and of this kind?") from error
    return [str(name) for name, geometry in found if geometry is not None]


def _choose(layer: str | Sequence[str] | None, layers: list[str], source: str) -> str:
    if not layers:
        raise InputError(source, "no layer with geometry in it", "points, lines or polygons")
    if layer is None:
        if len(layers) > 1:
            raise InputError(source, f"several layers: {', '.join(layers)}", hint="name one with layer:")
        return layers[0]
    wanted = [layer] if isinstance(layer, str) else list(layer)
    by_case = {name.lower(): name for name in layers}
    for name in wanted:
        if name in layers or name.lower() in by_case:
            return name if name in layers else by_case[name.lower()]
    if not isinstance(layer, str) and len(layers) == 1:
        return layers[0]
    raise InputError(
        source, f"no layer {' or '.join(wanted)}, there are {', '.join(layers)}", hint=nearest(wanted[0], layers)
    )


def _read(uri: str, layer: str, source: str, encoding: str | None) -> tuple[pd.DataFrame, list[Finding]]:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            try:
                frame = pyogrio.read_dataframe(uri, layer=layer, encoding=encoding, on_invalid="ignore")
            except UnicodeDecodeError:
                frame = pyogrio.read_dataframe(uri, layer=layer, encoding="ISO-8859-1", on_invalid="ignore")
    except GDAL_ERRORS as error:
        raise InputError(source, f"cannot be read ({error})", hint="is the file whole?") from error
    except UnboundLocalError as error:  # pyogrio, where GDAL cannot write down the CRS it has read
        raise InputError(source, "the CRS in it is damaged", hint="is the file whole?") from error
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(source, f"text is not {encoding} ({error})", hint="name another encoding:") from error
    notes = sorted({str(w.message) for w in caught if issubclass(w.category, RuntimeWarning)})
    findings = [Finding(source, "gdal_message", 1, (), f"GDAL meldet: {n}", f"GDAL says: {n}", "note") for n in notes]
    frame.columns = [str(c) for c in frame.columns]
    texts = {
        c: frame[c].map(_mended_text, na_action="ignore")
        for c in frame.select_dtypes(["str", "object"])
        if c != "geometry"
    }
    changed = [c for c, values in texts.items() if not values.equals(frame[c])]
    if changed:
        findings.append(_encoding_finding(source, changed))
    for column, values in texts.items():
        long = values.str.len().gt(MAX_TEXT).fillna(False).to_numpy(dtype=bool)
        if long.any():
            changed.append(column)
            texts[column] = values.mask(long)
            findings += _finding(
                source,
                "text_too_long",
                [f"row {i}" for i in frame.index[long]],
                f"Texte in {column} mit über {MAX_TEXT} Zeichen, unbekannt gesetzt",
                f"texts in {column} of more than {MAX_TEXT} characters, set unknown",
            )
    return frame.assign(**{c: texts[c] for c in changed}), findings


def _encoding_finding(source: str, columns: list[str]) -> Finding:
    names = ", ".join(columns)
    return Finding(
        source,
        "encoding_mended",
        len(columns),
        tuple(columns[:5]),
        f"Textkodierung falsch angegeben (UTF-8 gegen Latin-1); Umlaute wiederhergestellt in {names}",
        f"text encoding mislabelled (UTF-8 against Latin-1); umlauts restored in {names}",
        "note",
    )


def _mended_text(text: Any) -> Any:
    """Return UTF-8 that was read as Latin-1 as it was meant; a last character cut in half is dropped."""
    if not isinstance(text, str) or text.isascii():
        return text
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for cut in range(4):
        try:
            mended = raw[: len(raw) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return text if mended.isascii() else mended  # "Hauptstraße" cut to "Hauptstra" is no mending
    return text


def _with_columns(frame: gpd.GeoDataFrame, columns: Sequence[str], source: str) -> gpd.GeoDataFrame:
    there = [c for c in frame.columns if c != "geometry"]
    by_case = {c.lower(): c for c in there}
    missing = [c for c in columns if c not in there and c.lower() not in by_case]
    if missing:
        raise InputError(
            source,
            f"no column {', '.join(missing)}, there are {', '.join(there)}",
            hint=nearest(missing[0], there),
        )
    return frame.rename(columns={by_case[c.lower()]: c for c in columns if c not in there})


def _crs_of(frame: gpd.GeoDataFrame, source_crs: str | None, source: str) -> tuple[CRS, list[Finding]]:
    told = CRS(frame.crs) if frame.crs is not None else None
    if told is not None and (told.is_engineering or told.name.lower().startswith("undefined")):
        told = None
    if source_crs is None:
        if told is None:
            raise InputError(source, "the file names no CRS", hint="name it with source_crs:, for example EPSG:25832")
        return parse_crs(told, source), []
    given = parse_crs(source_crs, source)
    if told is None or parse_crs(told, source).equals(given, ignore_axis_order=True):
        return given, []
    texts = (
        f"die Datei nennt {told.name}, der Plan {source_crs}; es gilt der Plan",
        f"the file says {told.name}, the plan {source_crs}; the plan's is taken",
    )
    return given, [Finding(source, "crs_overridden", len(frame), (), *texts, "warning")]


def _usable(frame: gpd.GeoDataFrame, crs: CRS, source: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    shapes = np.asarray(frame.geometry.array)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    counts = shapely.get_num_coordinates(shapes)
    coordinates = shapely.get_coordinates(shapes)
    rows = np.repeat(np.arange(len(shapes)), counts)
    not_finite = np.bincount(rows[~np.isfinite(coordinates).all(axis=1)], minlength=len(shapes)) > 0
    good = ~(missing | not_finite)
    if not good.any():
        raise InputError(source, f"none of {len(frame)} features has a usable geometry")
    bounds = shapely.bounds(shapes[good])
    refuse_wrong_crs(bounds, crs, source)
    far = np.zeros(len(shapes), dtype=bool)
    far[good] = outside(bounds, crs)
    findings: list[Finding] = []
    for kind, which, de, en in (
        (
            "no_geometry",
            missing,
            "Zeilen ohne lesbare Geometrie, zurückgestellt",
            "rows without readable geometry, set aside",
        ),
        (
            "nan_geometry",
            not_finite & ~missing,
            "Zeilen mit NaN-Koordinaten, zurückgestellt",
            "rows with NaN coordinates, set aside",
        ),
        ("outside_crs", far, f"Zeilen außerhalb von {crs.name}, zurückgestellt", f"rows outside {crs.name}, set aside"),
    ):
        findings += _finding(source, kind, frame.index[which], de, en, severity="set_aside")
    return frame[good & ~far], findings
