"""Readers: from files as offices deliver them to checked tables; one file is one kind of source.

A reader is a module with ``TABLE`` (name of its main table) and ``read(path, *, crs, **options)``. It is
found by its file name in this folder, or under its name in the entry-point group ``klimastep.sources``.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from dataclasses import fields, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from klimastep.contract import Table, breaches_of
from klimastep.errors import ContractError, InputError, PlanError
from klimastep.findings import Reading
from klimastep.tables import TABLES

FOLDER = Path(__file__).parent
GROUP = "klimastep.sources"
WEATHER = "weather"


def names() -> list[str]:
    """Return the names of all readers; none of them is imported."""
    return sorted({*_built_in(), *_foreign()})


def load(name: str) -> ModuleType:
    """Return a reader's module.

    Raises
    ------
    PlanError
        No reader of that name; the nearest one is named.
    """
    if name in _built_in():
        return importlib.import_module(f"{__name__}.{name}")
    foreign = _foreign()
    if name not in foreign:
        close = difflib.get_close_matches(name, names(), n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names())}"
        raise PlanError(f"unknown reader {name!r}; {hint}")
    module: ModuleType = foreign[name].load()
    if not callable(getattr(module, "read", None)) or not hasattr(module, "TABLE"):
        raise PlanError(f"reader {name!r} ({foreign[name].value}) has no TABLE or no read()")
    return module


def options(name: str) -> list[str]:
    """Return the names of a reader's options."""
    module = load(name)
    if hasattr(module, "Options"):
        return [f.name for f in fields(module.Options)]
    parameters = inspect.signature(module.read).parameters
    return [
        p for p in parameters if p not in ("path", "crs") and parameters[p].kind is not inspect.Parameter.VAR_KEYWORD
    ]


def read(reader: str, path: Path | None, *, crs: str, attribution: str = "", **reader_options: Any) -> Reading:
    """Read one source and check what came out.

    Parameters
    ----------
    reader : str
        Name of the reader.
    path : Path or None
        File or folder; None for readers that bring their data.
    crs : str
        CRS of the run.
    attribution : str
        Licence and source line; it wins over the reader's own.
    **reader_options
        Options of this reader.

    Returns
    -------
    Reading
        Its tables keep the contract (any subset of the declared columns) and its tally closes.

    Raises
    ------
    PlanError
        Unknown reader or option, or one missing.
    InputError
        What the file says cannot be used.
    ContractError
        The reader itself broke the contract.
    """
    module = load(reader)
    _refuse_options(module, reader, reader_options)
    try:
        reading: Reading = module.read(path, crs=crs, **reader_options)
    except OSError as error:
        reason = "is a folder" if path is not None and path.is_dir() else error.strerror or str(error)
        raise InputError(str(path or reader), f"cannot be read ({reason})", f"a file for {reader}") from error
    if attribution:
        reading = replace(reading, attribution=attribution)
    if not reading.closes:
        raise ContractError(
            [
                f"{reading.source} (reader {reader}): {reading.rows_in} rows in, {reading.rows_out} out, "
                f"{reading.rows_set_aside} set aside: rows were lost or made up"
            ]
        )
    if not reading.rows_out and not getattr(module, "MAY_BE_EMPTY", False):
        reasons = "; ".join(f.text_en for f in reading.findings if f.severity == "set_aside")
        raise InputError(reading.source, "no usable row", hint=reasons)
    for name, frame in reading.tables.items():
        _check(frame, name, reading.source, module, crs)
    return reading


def declarations(module: ModuleType) -> dict[str, Table]:
    """Return the tables that a reader may deliver: those of the contract and its own."""
    return {**TABLES, **getattr(module, "DECLARATIONS", {})}


def _built_in() -> list[str]:
    return [p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_")]


def _foreign() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}


def _refuse_options(module: ModuleType, reader: str, given: dict[str, Any]) -> None:
    parameters = inspect.signature(module.read).parameters
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    if anything and not hasattr(module, "Options"):
        return
    known = options(reader)
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known)) or 'none'}"
            raise PlanError(f"source {reader}: unknown option {name!r}; {hint}")
    for name, parameter in parameters.items():
        needed = parameter.default is inspect.Parameter.empty and parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if needed and name != "crs" and name not in given:
            raise PlanError(f"source {reader}: the option {name} is missing")


def _check(frame: pd.DataFrame, name: str, source: str, module: ModuleType, crs: str) -> None:
    if name == WEATHER:
        breaches = _weather_breaches(frame)
        if breaches:
            raise ContractError([f"{source}: {b}" for b in breaches])
        return
    table = declarations(module).get(name)
    if table is None:
        raise ContractError([f"{source}: the table {name!r} is not declared"])
    if not isinstance(frame, gpd.GeoDataFrame) and getattr(module, "ATTRIBUTES_ONLY", False):
        table = replace(table, geometry="")
    faults = _faults(frame, table, crs)
    if faults:
        raise ContractError([f"{source}: {f}" for f in faults])
    breaches = breaches_of(frame, table, partial=True)
    if breaches:
        raise InputError(source, "\n".join(breaches))


def _faults(frame: pd.DataFrame, table: Table, crs: str) -> list[str]:
    """Return what is the reader's own mistake: kinds of columns, names, CRS; values are the file's."""
    known = {c.name: c for c in table.columns}
    texts = [
        f"{table.name}.{c}: expected a declared column" for c in frame.columns if c not in known and c != "geometry"
    ]
    for name in frame.columns.intersection(list(known)):
        kind = "category" if isinstance(frame[name].dtype, pd.CategoricalDtype) else str(frame[name].dtype)
        if kind != known[name].dtype:
            texts.append(f"{table.name}.{name}: expected {known[name].dtype}, got {kind}")
    if isinstance(frame, gpd.GeoDataFrame) and (frame.crs is None or not CRS(frame.crs).equals(CRS(crs))):
        texts.append(f"{table.name}: expected the CRS {crs}, got {frame.crs}")
    return texts


def _weather_breaches(frame: pd.DataFrame) -> list[str]:
    needed, known = {"temp_air_degc", "ghi_w_m2"}, {"dhi_w_m2", "dni_w_m2", "wind_m_s"}
    texts = [f"weather.{c}: expected the column, got none" for c in sorted(needed - set(frame.columns))]
    texts += [f"weather.{c}: expected a declared column" for c in sorted(set(frame.columns) - needed - known)]
    index = frame.index
    if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
        texts.append("weather: expected an index in UTC")
    elif not (index.is_unique and index.is_monotonic_increasing):
        texts.append("weather: expected hours in order, each once")
    texts += [
        f"weather.{c}: {int(frame[c].isna().sum())} hours are unknown"
        for c in needed & set(frame)
        if frame[c].isna().any()
    ]
    return texts
