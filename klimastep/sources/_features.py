"""Rows with geometry and id become a table: read, named, mended, cast; each row kept or reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Table
from klimastep.errors import InputError
from klimastep.findings import Finding, first_ids
from klimastep.sources._columns import IdOptions, Origin, declared, finding, ids_of, without_id
from klimastep.sources._vector import read_vector, valid


@dataclass(frozen=True, kw_only=True)
class FeatureOptions(IdOptions):
    """How the features of a vector file become rows.

    Parameters
    ----------
    id : str or list of str, optional
        Foreign column of the id; rows are numbered where a table needs no lasting id.
    columns : dict
        ``{ours: foreign}``.
    values : dict
        ``{ours: {foreign value: our value}}``.
    unknown : dict
        ``{ours: [foreign values that mean unknown]}``.
    layer, source_crs, encoding : str, optional
        Layer of a file with several, CRS of a file that names none, text encoding of a shapefile.
    """

    id: str | list[str] | None = None  # type: ignore[assignment]
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[Any, Any]] = field(default_factory=dict)
    unknown: dict[str, list[Any]] = field(default_factory=dict)
    layer: str | None = None
    source_crs: str | None = None
    encoding: str | None = None


def features(
    path: Path | None, table: Table, options: FeatureOptions, crs: str
) -> tuple[gpd.GeoDataFrame, list[Finding], int]:
    """Return the features of a layer as a table, the findings and how many rows the layer has.

    Raises
    ------
    InputError
        What :func:`read_vector` raises, ids that stand on different geometries, values that do not fit.
    PlanError
        A column that `table` does not declare.
    """
    names = [options.id] if isinstance(options.id, str) else list(options.id or [])
    wanted = list(dict.fromkeys([*names, *options.columns.values()]))
    frame, findings = read_vector(
        path, crs=crs, layer=options.layer, source_crs=options.source_crs, columns=wanted, encoding=options.encoding
    )
    source = path.name if path else ""
    rows_in = len(frame) + sum(f.count for f in findings if f.severity == "set_aside")
    if names:
        ids = ids_of(frame, options, source)
    else:
        number = pd.Series(frame.index + 1, index=frame.index).astype("str").str.zfill(5)
        ids = (f"{options.id_prefix or table.singular + '-'}" + number).astype("str")
    out, found = build(
        frame, table, options.columns, ids, Origin.of_frame(frame, source), options.values, options.unknown
    )
    return out, findings + found, rows_in


def build(
    frame: gpd.GeoDataFrame,
    table: Table,
    columns: dict[str, str],
    ids: pd.Series,
    origin: Origin,
    values: dict[str, dict[Any, Any]] | None = None,
    unknown: dict[str, list[Any]] | None = None,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `frame` as `table` with its declared columns, indexed by `ids`; valid geometries of one family."""
    findings = without_id(ids, origin.source, origin.word)
    frame = frame[ids.notna().to_numpy()]
    frame, found = valid(frame, table.geometry, origin.source, ids.loc[frame.index])
    findings += found
    ids = ids.loc[frame.index]
    parts, found = declared(frame, table, columns, origin, ids=ids, values=values, unknown=unknown)
    out = gpd.GeoDataFrame(parts, geometry=np.asarray(frame.geometry.array), crs=frame.crs)
    out.index = pd.Index(ids.to_numpy(), name=table.id, dtype="str")
    out, repeated = once(out, origin.source)
    return out, findings + found + repeated


def once(frame: pd.DataFrame, source: str, hint: str = "") -> tuple[pd.DataFrame, list[Finding]]:
    """Return `frame` with rows that repeat another one entirely kept once.

    Raises
    ------
    InputError
        An id that stands on rows that differ.
    """
    again = frame.index.duplicated()
    if not again.any():
        return frame, []
    twice = frame[frame.index.duplicated(keep=False)]
    plain = pd.DataFrame(twice.drop(columns="geometry", errors="ignore"))
    if isinstance(frame, gpd.GeoDataFrame):
        plain["geometry"] = shapely.to_wkb(shapely.normalize(twice.geometry.array))
    differing = plain.reset_index().drop_duplicates()[frame.index.name]
    differing = differing[differing.duplicated()].drop_duplicates()
    if len(differing):
        raise InputError(
            source,
            f"{len(differing)} ids stand on rows that differ: {', '.join(first_ids(differing))}",
            "one row an id",
            hint or "name another id column, or dissolve the rows first",
        )
    return frame[~again], finding(
        source,
        "repeated_row",
        frame.index[again],
        "wiederholte Zeilen, einmal behalten",
        "repeated rows, kept once",
        "set_aside",
    )
