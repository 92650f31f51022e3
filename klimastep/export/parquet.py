"""Tables as GeoParquet, sorted in space, with what each column means; and the door that reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from klimastep.contract import Catalogue, Column
from klimastep.errors import InputError
from klimastep.export.about import About
from klimastep.export.editions import allowed
from klimastep.export.files import beside, put

FOLDER = "tables"
CATALOGUE_FILE = "columns.json"
GEOPARQUET_VERSION = "1.1.0"
ROWS_PER_GROUP = 50_000
BOX = ("xmin", "ymin", "xmax", "ymax")


def write(tables: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, folder: Path, about: About) -> list[Path]:
    """Write ``tables/<name>.parquet`` for each table the edition may show, and ``columns.json`` beside them.

    Rows of spatial tables are sorted along a Hilbert curve and carry their bounding box, so that a part of
    a city is read without the rest.

    Raises
    ------
    OutputError
        The folder is not writable or full; earlier files are left as they were.
    """
    shown = allowed(tables, about)
    paths = []
    for name, frame in shown.items():
        path = folder / FOLDER / f"{name}.parquet"
        columns = {c.name: c for c in catalogue[name].columns} if name in catalogue else {}
        with beside(path) as temporary:
            arrow = to_arrow(frame, columns, about)
            pq.write_table(arrow, temporary, compression="zstd", row_group_size=ROWS_PER_GROUP)
            put(temporary, path)
        paths.append(path)
    described = folder / CATALOGUE_FILE
    with beside(described) as temporary:
        temporary.write_text(catalogue.to_json(), encoding="utf-8")
        put(temporary, described)
    return [*paths, described]


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Return all tables of a run folder, with the dtypes that its ``columns.json`` declares.

    Raises
    ------
    InputError
        The folder holds no tables, or a file is damaged.
    """
    described = folder / CATALOGUE_FILE
    paths = sorted((folder / FOLDER).glob("*.parquet"))
    if not described.is_file() or not paths:
        raise InputError(
            str(folder), "no tables", f"{CATALOGUE_FILE} and {FOLDER}/*.parquet", "name the folder of a finished run"
        )
    try:
        catalogue = Catalogue.from_json(described.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(described), f"damaged: {error}", "the file that the run wrote") from error
    return {path.stem: _read_one(path, catalogue) for path in paths}


def to_arrow(frame: pd.DataFrame, columns: Mapping[str, Column], about: About) -> pa.Table:
    """Return a table as Arrow, with labels and units in the fields and GeoParquet metadata."""
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if spatial and len(frame):
        frame = frame.iloc[np.argsort(gpd.GeoSeries(frame.geometry).hilbert_distance().to_numpy(), kind="stable")]
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name)) if spatial else frame
    out = pa.Table.from_pandas(plain, preserve_index=True)
    fields = [f.with_metadata(_meaning(columns[f.name])) if f.name in columns else f for f in out.schema]
    metadata = {**(out.schema.metadata or {}), b"klimastep": _facts(about)}
    out = out.cast(pa.schema(fields))
    if spatial:
        out = _with_geometry(out, frame)
        metadata[b"geo"] = _geo(frame)
    return out.replace_schema_metadata(metadata)


def _with_geometry(out: pa.Table, frame: gpd.GeoDataFrame) -> pa.Table:
    bounds = shapely.bounds(frame.geometry.array)
    boxes = pa.StructArray.from_arrays([pa.array(bounds[:, i]) for i in range(4)], names=list(BOX))
    out = out.append_column("geometry", pa.array(shapely.to_wkb(frame.geometry.array), type=pa.binary()))
    return out.append_column("bbox", boxes)


def _geo(frame: gpd.GeoDataFrame) -> bytes:
    geometry = {
        "encoding": "WKB",
        "crs": frame.crs.to_json_dict() if frame.crs else None,
        "geometry_types": sorted(frame.geometry.geom_type.dropna().unique()),
        "covering": {"bbox": {side: ["bbox", side] for side in BOX}},
    }
    if len(frame):
        geometry["bbox"] = [float(v) for v in frame.total_bounds]
    return json.dumps(
        {"version": GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": geometry}}
    ).encode()


def _meaning(column: Column) -> dict[str, str]:
    meaning = {
        "unit": column.unit,
        "label_de": column.label_de,
        "label_en": column.label_en,
        "description": column.description,
    }
    return {key: text for key, text in meaning.items() if text}


def _facts(about: About) -> bytes:
    facts = {
        "name": about.name,
        "title": about.title_de,
        "synthetic": about.synthetic,
        "edition": about.edition,
        "version": about.version,
        "made_on": about.made_on,
        "attribution": about.attribution,
    }
    return json.dumps(facts, ensure_ascii=False).encode()


def _read_one(path: Path, catalogue: Catalogue) -> pd.DataFrame:
    try:
        spatial = b"geo" in (pq.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if spatial else pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(str(path), f"damaged: {error}", "a Parquet file of this run", "run the plan again") from error
    if path.stem not in catalogue:
        return frame
    table = catalogue[path.stem]
    declared = {c.name: c.cast(frame[c.name], frame.index) for c in table.columns if c.name in frame}
    return frame.assign(**declared).rename_axis(index=table.id)
