"""GeoPackage that opens styled in QGIS: layers, styles, aliases, metadata and an embedded project."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj import CRS

from klimastep.contract import Catalogue, GeometryKind, Table
from klimastep.errors import ContractError, OutputError
from klimastep.export.about import DISCLAIMER_DE, About
from klimastep.export.editions import allowed
from klimastep.export.files import beside, failure, keep_beside, put
from klimastep.export.qgis_project import (
    PROJECT_NAME,
    XML_HEAD,
    metadata_element,
    packed,
    project,
    project_facts,
    relinked,
)
from klimastep.export.qgis_style import qml
from klimastep.export.qgis_symbols import to_text
from klimastep.export.qgis_views import View, default_views, family, table_of, views_of

VERSION = "1.3"  # clients with GDAL 3.6 warn of 1.4 at every open
GEOMETRY_TYPES: dict[GeometryKind, str] = {"Polygon": "MultiPolygon", "LineString": "MultiLineString", "Point": "Point"}
RESERVED = ("fid", "geom")
STYLE_NAME_LENGTH = 30
FAST = {"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "OFF"}  # the file is temporary: a crash loses nothing
GDAL_ERRORS = (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)
METADATA_DEFINITION = "http://www.geopackage.org/spec120/#extension_metadata"
STYLES_TABLE = """CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""
METADATA_TABLES = (
    """CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))""",
)
EXTENSIONS_TABLE = """CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"""
PROJECTS_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"


def write(tables: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, folder: Path, about: About) -> list[Path]:
    """Write ``<about.file_stem>.gpkg`` with all tables that the edition may show.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame or DataFrame
        Tables without geometry become attribute tables.
    catalogue : Catalogue
        Labels, units, vocabularies and class limits.
    folder : Path
    about : About

    Returns
    -------
    list of Path
        The one file.

    Raises
    ------
    OutputError
        The folder is not writable or full, or the earlier file is open in another program; the earlier
        file is left as it was.
    ContractError
        A table is not in the CRS of the run.
    """
    target = folder / f"{about.file_stem}.gpkg"
    shown = {_safe(name): frame for name, frame in allowed(tables, about).items()}
    _check_crs(shown, about)
    views = views_of(shown, catalogue, about.zone_level)
    declared = {name: table_of(name, frame, catalogue) for name, frame in shown.items()}
    with beside(target) as temporary:
        try:
            with _gdal_options(FAST | {"OGR_CURRENT_DATE": _timestamp(about)}):
                for name, frame in shown.items():
                    _write_layer(frame, declared[name], temporary, about)
            _complete(temporary, declared, views, shown, about, target.name)
        except (*GDAL_ERRORS, sqlite3.Error) as error:
            raise failure(target, error) from error
        _put(temporary, target)
    return [target]


def rename(path: Path, new_name: str) -> Path:
    """Rename a GeoPackage and let its embedded project follow, which a plain rename would break.

    Parameters
    ----------
    path : Path
    new_name : str
        File name with or without ``.gpkg``, in the same folder.

    Returns
    -------
    Path
        The renamed file.
    """
    target = path.with_name(f"{new_name.removesuffix('.gpkg')}.gpkg")
    if not path.is_file():
        raise OutputError(f"{path}: diese Datei gibt es nicht (no such file)")
    if target.exists():
        raise OutputError(f"{target} gibt es schon (exists already); bitte einen anderen Namen wählen")
    if _is_open(path):
        raise OutputError(f"Datei ist geöffnet: {path} (open in another program). Bitte schließen und wiederholen.")
    with beside(target) as temporary:
        shutil.copyfile(path, temporary)
        try:
            relink(temporary, path.name, target.name)
        except (sqlite3.Error, ValueError, zipfile.BadZipFile) as error:
            raise OutputError(f"{path} ist kein lesbares GeoPackage (not a readable GeoPackage): {error}") from error
        put(temporary, target)
    try:
        path.unlink()
    except PermissionError as error:
        raise OutputError(f"{target} ist fertig; {path} ist geöffnet und bleibt daneben liegen (still open)") from error
    return target


def relink(path: Path, old_name: str, new_name: str) -> None:
    """Let the projects inside the GeoPackage at `path` find their layers in `new_name` instead of `old_name`."""
    with closing(sqlite3.connect(path)) as database, database:
        if not _has_table(database, "qgis_projects"):
            return
        for name, content in database.execute("SELECT name, content FROM qgis_projects").fetchall():
            text = content.decode("ascii") if isinstance(content, bytes) else content
            moved = relinked(text, old_name, new_name)
            database.execute("UPDATE qgis_projects SET content = ? WHERE name = ?", (moved, name))


def prepared(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return a table as GDAL takes it: the id as text column, categories as text, times in UTC, safe names."""
    out = frame.copy(deep=False)
    out.index = out.index.astype("str")
    out = out.rename_axis(index=table.id).reset_index()
    geometry = out.geometry.name if isinstance(out, gpd.GeoDataFrame) else None
    for name in out.columns:
        if name == geometry:
            continue
        if isinstance(out[name].dtype, pd.CategoricalDtype):
            out[name] = out[name].astype("str")
        elif isinstance(out[name].dtype, pd.DatetimeTZDtype):
            out[name] = out[name].dt.tz_convert("UTC")
        elif pd.api.types.is_datetime64_dtype(out[name]):
            out[name] = out[name].dt.strftime("%Y-%m-%dT%H:%M:%S").astype("str")
    names = {c: _safe(str(c)) for c in out.columns if c != geometry}
    return out.rename(columns={c: f"{n}_" if n in RESERVED else n for c, n in names.items()})


def _safe(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def _timestamp(about: About) -> str:
    return f"{about.made_on[:10]}T00:00:00.000Z"


def _check_crs(tables: Mapping[str, pd.DataFrame], about: About) -> None:
    wanted = CRS.from_user_input(about.crs)
    wrong = [
        f"{name}: expected {about.crs}, got {frame.crs.to_string() if frame.crs else 'none'}"
        for name, frame in tables.items()
        if isinstance(frame, gpd.GeoDataFrame) and frame.crs != wanted
    ]
    if wrong:
        raise ContractError(wrong)


@contextmanager
def _gdal_options(options: Mapping[str, str]) -> Iterator[None]:
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(dict(options))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _write_layer(frame: pd.DataFrame, table: Table, path: Path, about: About) -> None:
    layer_options = {
        "FID": "fid",
        "IDENTIFIER": about.marked(table.label_de),
        "DESCRIPTION": _description(table, about),
    }
    spatial: dict[str, object] = {}
    if isinstance(frame, gpd.GeoDataFrame):
        kind = GEOMETRY_TYPES[family(frame)]
        if kind == "Point" and (frame.geometry.geom_type == "MultiPoint").any():
            kind = "MultiPoint"
        layer_options["GEOMETRY_NAME"] = "geom"
        spatial = {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi")}
    pyogrio.write_dataframe(
        prepared(frame, table),
        path,
        layer=table.name,
        driver="GPKG",
        use_arrow=True,
        dataset_options=None if path.exists() else {"VERSION": VERSION},
        layer_options=layer_options,
        **spatial,
    )


def _description(table: Table, about: About) -> str:
    parts = [f"{about.title_de}, Stand {about.made_on[:10]}.", DISCLAIMER_DE]
    if about.synthetic:
        parts.insert(1, "Synthetische Daten (synthetisch).")
    return " ".join([f"{table.label_de}:", *parts])


def _complete(
    path: Path,
    declared: Mapping[str, Table],
    views: Sequence[View],
    tables: Mapping[str, pd.DataFrame],
    about: About,
    file_name: str,
) -> None:
    """Add styles, metadata and the project, and make sure that every row arrived."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = MEMORY")
        database.execute("PRAGMA synchronous = OFF")
        with database:
            for name, frame in tables.items():
                count = database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                if count != len(frame):
                    raise sqlite3.DatabaseError(f"{name}: {len(frame)} rows given, {count} written")
            damage = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)
            _add_styles(database, views, tables, about)
            _add_metadata(database, declared, about)
            database.execute(PROJECTS_TABLE)
            drawn = [view for view in views if view.table.geometry]
            content = packed(project(drawn, tables, about, file_name))
            database.execute(
                "INSERT INTO qgis_projects VALUES (?, ?, ?)", (PROJECT_NAME, project_facts(about), content)
            )
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _add_styles(
    database: sqlite3.Connection, views: Sequence[View], tables: Mapping[str, pd.DataFrame], about: About
) -> None:
    defaults = default_views(list(views))
    rows = [
        (
            view.table.name,
            "geom" if view.table.geometry else "",
            (view.column.label_de if view.column else view.table.label_de)[:STYLE_NAME_LENGTH],
            qml(view, tables[view.table.name]),
            int(defaults[view.table.name] is view),
            about.marked(view.title),
            _timestamp(about),
        )
        for view in views
    ]
    add_styles(database, rows, _timestamp(about))


def add_styles(database: sqlite3.Connection, rows: Sequence[tuple[object, ...]], timestamp: str) -> None:
    """Add the table of styles: rows of layer, geometry column, name, QML, whether by default, description, time."""
    database.execute(STYLES_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Darstellung in QGIS', ?, 0)",
        (timestamp,),
    )
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
        "VALUES ('', '', ?, ?, ?, ?, '', ?, ?, 'klimastep', NULL, ?)",
        rows,
    )


def _add_metadata(database: sqlite3.Connection, declared: Mapping[str, Table], about: About) -> None:
    for statement in (*METADATA_TABLES, EXTENSIONS_TABLE):
        database.execute(statement)
    for name in ("gpkg_metadata", "gpkg_metadata_reference"):
        database.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
            (name, METADATA_DEFINITION),
        )
    for number, (name, table) in enumerate(declared.items(), start=1):
        text = XML_HEAD + to_text(metadata_element("qgis", about.marked(table.label_de), about, table))
        database.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
            (number, text),
        )
        database.execute(
            "INSERT INTO gpkg_metadata_reference VALUES ('table', ?, NULL, NULL, ?, ?, NULL)",
            (name, _timestamp(about), number),
        )


def _has_table(database: sqlite3.Connection, name: str) -> bool:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None


def _put(temporary: Path, target: Path) -> None:
    """Move the new file to its place unless another program holds the old one open."""
    if _is_open(target):
        relink(temporary, target.name, f"{target.stem}.neu.gpkg")
        raise keep_beside(temporary, target)
    try:
        put(temporary, target)
    except OutputError:
        relink(target.with_name(f"{target.stem}.neu.gpkg"), target.name, f"{target.stem}.neu.gpkg")
        raise


def _is_open(path: Path) -> bool:
    """Whether another program reads or writes the database; a log that a crash left behind is cleaned up.

    A write-ahead log beside the file would be played into the file that takes its place.
    """
    logs = [path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm")]
    if not any(log.exists() for log in logs):
        return False
    try:
        with closing(sqlite3.connect(path, timeout=0)) as database:
            database.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        pass  # not a database: it is going to be replaced
    for log in logs:
        log.unlink(missing_ok=True)
    return False
