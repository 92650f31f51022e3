"""Attribute tables from delimited text, joined later by id; with geometry where the file has WKT or x and y."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Table
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources import _vector
from klimastep.sources._columns import (
    IdOptions,
    Origin,
    as_text,
    clean_ids,
    declared,
    finding,
    ids_of,
    refuse_undeclared,
    without_id,
)
from klimastep.sources._crs import parse_crs
from klimastep.sources._csv import CsvTable, TextOptions, read_csv, require
from klimastep.sources._features import build, once
from klimastep.sources._options import parse
from klimastep.tables import TABLES

TABLE = "buildings"
ATTRIBUTES_ONLY = True  # rows without geometry are allowed


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files and ids.

    Parameters
    ----------
    table : str
        Which table the columns belong to.
    columns : dict
        ``{ours: foreign}``.
    values, unknown : dict
        ``{ours: {foreign value: our value}}`` and ``{ours: [foreign values that mean unknown]}``.
    constants : dict
        ``{ours: value}`` for all rows, for example ``{year_built_source: default}``.
    key_width : dict
        ``{ours: width}``: fill numbers in a key column (block_id, …) with zeros on the left.
    skip_ids : list of str
        Ids of rows that are no data, for example a second header; set aside.
    parent : str, optional
        Foreign column with the id of the whole; a row of a whole that has parts elsewhere in the file
        is set aside, so that nothing counts twice.
    repeated : {"error", "first"}
        What to do with an id on rows that differ.
    wkt : str, optional
        Foreign column with the geometry as WKT; needs `source_crs`.
    x, y : str, optional
        Foreign columns with coordinates; need `source_crs`.
    source_crs : str, optional
        CRS of the geometry.
    """

    table: str
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[Any, Any]] = field(default_factory=dict)
    unknown: dict[str, list[Any]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    key_width: dict[str, int] = field(default_factory=dict)
    skip_ids: list[str] = field(default_factory=list)
    parent: str | None = None
    repeated: Literal["error", "first"] = "error"
    wkt: str | None = None
    x: str | None = None
    y: str | None = None
    source_crs: str | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read an attribute table.

    Parameters
    ----------
    path : Path
        Delimited text, or a folder of such files (``*.csv``).
    crs : str
        CRS of the run; geometries come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        One table, named by the option `table`: a GeoDataFrame if the plan names a geometry, else a
        DataFrame of attributes. Rows in are the records below the header.

    Raises
    ------
    PlanError
        Unknown option, table, column or value; geometry without `source_crs`.
    InputError
        Unreadable file, text in a number column, values out of bounds, an id on rows that differ.
    """
    wanted = parse(Options, options, "table_file")
    table = _table(wanted)
    place = _vector.existing(path)
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    if not files:
        raise InputError(str(place), "no file *.csv in the folder", "at least one")
    parts, findings, rows_in = [], [], 0
    for file in files:
        part, found, rows = _one(file, table, wanted, crs)
        parts.append(part)
        findings += found
        rows_in += rows
    frame = pd.concat(parts) if len(parts) > 1 else parts[0]
    frame, found = _unique(frame, wanted, place.name)
    return Reading(
        source=place.name,
        tables={table.name: frame},
        rows_in=rows_in,
        findings=tuple(findings + found),
        files=tuple(str(f) for f in files),
    )


def _table(options: Options) -> Table:
    if options.table not in TABLES:
        hint = _vector.nearest(options.table, list(TABLES)) or f"there are {', '.join(TABLES)}"
        raise PlanError(f"source table_file: unknown table {options.table!r}; {hint}")
    table = TABLES[options.table]
    refuse_undeclared([*options.columns, *options.constants, *options.key_width], table)
    if options.wkt and (options.x or options.y) or bool(options.x) != bool(options.y):
        raise PlanError("source table_file: name either wkt: or both x: and y:")
    if (options.wkt or options.x) and not options.source_crs:
        raise PlanError("source table_file: a geometry needs source_crs:, for example EPSG:25832; the file names none")
    if options.x and table.geometry != "Point":
        raise PlanError(f"source table_file: {table.name} need geometries of the kind {table.geometry}, not x: and y:")
    return table


def _one(path: Path, table: Table, options: Options, crs: str) -> tuple[pd.DataFrame, list[Finding], int]:
    text = read_csv(path, options, columns=list(options.columns.values()))
    frame, rows_in = text.frame, len(text.frame)
    ids = ids_of(frame, options, path.name)
    ids, findings = _without_skipped(frame, ids, options, path.name)
    frame = frame.loc[ids.index]
    origin = Origin.of_csv(CsvTable(text.source, frame, text.encoding, text.delimiter, text.decimal))
    if options.wkt or options.x:
        placed, found = _placed(text, frame, options, crs)
        out, more = build(
            placed, table, options.columns, ids.loc[placed.index], origin, options.values, options.unknown
        )
        findings += found + more
    else:
        findings += without_id(ids, path.name, "line")
        frame, ids = frame[ids.notna().to_numpy()], ids[ids.notna().to_numpy()]
        out, found = declared(
            frame, table, options.columns, origin, ids=ids, values=options.values, unknown=options.unknown
        )
        out.index = pd.Index(ids.to_numpy(), name=table.id, dtype="str")
        findings += found
    for ours, width in options.key_width.items():
        out = out.assign(**{ours: clean_ids(out[ours], width=width)})
    return out.assign(**_constants(options, table, out.index)), findings, rows_in


def _without_skipped(
    frame: pd.DataFrame, ids: pd.Series, options: Options, source: str
) -> tuple[pd.Series, list[Finding]]:
    """Return the ids of the rows that are data; second headers and wholes that have parts are set aside."""
    skipped = ids.isin(options.skip_ids).to_numpy()
    findings = finding(
        source,
        "no_data",
        [f"line {i}" for i in ids.index[skipped]],
        "Zeilen ohne Daten laut Plan, zurückgestellt",
        "rows that are no data by the plan, set aside",
        "set_aside",
    )
    if options.parent is None:
        return ids[~skipped], findings
    require(frame.columns, [options.parent], source)
    wholes = clean_ids(
        as_text(frame[options.parent]), width=options.id_width, prefix=options.id_prefix, length=options.id_length
    )
    parts = wholes[(ids != wholes).to_numpy() & wholes.notna().to_numpy()]
    whole = ids.isin(set(parts)).to_numpy() & ~skipped
    findings += finding(
        source,
        "whole_of_parts",
        ids[whole],
        "Zeilen eines Ganzen, dessen Teile auch in der Datei stehen, zurückgestellt",
        "rows of a whole whose parts stand in the file too, set aside",
        "set_aside",
    )
    return ids[~skipped & ~whole], findings


def _placed(text: CsvTable, frame: pd.DataFrame, options: Options, crs: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the rows with their geometry in `crs`; those without a usable one are set aside."""
    columns = [options.wkt] if options.wkt else [str(options.x), str(options.y)]
    require(frame.columns, columns, text.source)
    if options.wkt:
        cells = frame[options.wkt]
        flat = cells.fillna("").where(cells.str.count("(?i)collection").fillna(0) <= 1, "")  # GEOS dies of deep ones
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and 1e400 are reported below
            shapes = shapely.from_wkt(flat.to_numpy(dtype=object), on_invalid="ignore")
        unread = shapely.is_missing(shapes) & cells.notna().to_numpy()
    else:
        x, y = (text.numbers(c).loc[frame.index].to_numpy() for c in columns)
        shapes, unread = shapely.points(x, y), np.zeros(len(frame), dtype=bool)
        shapes[np.isnan(x) | np.isnan(y)] = None
    findings = finding(
        text.source,
        "unreadable_wkt",
        [f"line {i}" for i in frame.index[unread]],
        "Zeilen mit unlesbarer Geometrie, zurückgestellt",
        "rows with unreadable geometry, set aside",
        "set_aside",
    )
    from_crs = parse_crs(options.source_crs, text.source)
    placed = gpd.GeoDataFrame(frame[~unread], geometry=shapely.force_2d(shapes[~unread]), crs=from_crs)
    placed, left = _vector._usable(placed, from_crs, text.source)
    return placed.to_crs(crs), findings + left


def _constants(options: Options, table: Table, index: pd.Index) -> dict[str, pd.Series]:
    out = {}
    for ours, value in options.constants.items():
        column = table[ours]
        if column.dtype == "category" and value not in column.vocabulary:
            hint = _vector.nearest(str(value), column.vocabulary) or f"there are {', '.join(column.vocabulary)}"
            raise PlanError(f"source table_file: {ours} has no value {value!r}; {hint}")
        try:
            out[ours] = column.cast(pd.Series([value] * len(index), index=index), index)
        except (TypeError, ValueError) as error:
            raise PlanError(f"source table_file: constants: {ours}: {value!r} is no {column.dtype}") from error
    return out


def _unique(frame: pd.DataFrame, options: Options, source: str) -> tuple[pd.DataFrame, list[Finding]]:
    if options.repeated == "error":
        return once(frame, source, "clean the file, or take the first row of each with repeated: first")
    again = frame.index.duplicated()
    return frame[~again], finding(
        source,
        "repeated_id",
        frame.index[again],
        "weitere Zeilen mit derselben Kennung, die erste gilt",
        "further rows with the same id, the first one is taken",
        "set_aside",
    )
