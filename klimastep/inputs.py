"""Reads the sources of a plan and sorts what they deliver."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep import sources
from klimastep.config import Config
from klimastep.contract import Table
from klimastep.errors import InputError, PlanError
from klimastep.findings import Reading
from klimastep.rundir import Recorder
from klimastep.settings import Source

STACKED = (
    "roofs",
    "roof_points",
    "meters",
    "age_counts",
    "climate_monthly",
    "surface_tiles",
    "heaters",
    "pv_units",
    "public_buildings",
    "corrections",
    "objections",
)


@dataclass
class Inputs:
    """What the sources of a plan deliver, by what it is.

    Parameters
    ----------
    buildings : list of (name, kind, table)
        Deliveries in the plan's order.
    first_for : dict of str to tuple of str
        By name of the delivery: columns in which it comes before all others.
    roofs : list of (name, table)
        Roof planes with the building ids of their own delivery.
    tables : dict of str to DataFrame
        Areas, streets, cells, monuments, meters, age counts, roof points and context.
    weather : Reading or None
    attribution : tuple of str
        Licence lines without repetition, in the plan's order.
    readings : list of Reading
    declared : dict of str to Table
        Declaration of each table, those that a reader brings itself among them.
    """

    buildings: list[tuple[str, str, pd.DataFrame]] = field(default_factory=list)
    first_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roofs: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    weather: Reading | None = None
    readings: list[Reading] = field(default_factory=list)
    declared: dict[str, Table] = field(default_factory=dict)

    @property
    def attribution(self) -> tuple[str, ...]:
        """Licence lines without repetition."""
        return tuple(dict.fromkeys(r.attribution for r in self.readings if r.attribution))

    def summary(self) -> list[str]:
        """Return one line per source: rows in, out and set aside."""
        return [
            f"{r.source}: {r.rows_in} Zeilen gelesen, {r.rows_out} übernommen, {r.rows_set_aside} beiseitegelegt "
            f"({', '.join(r.tables)})"
            for r in self.readings
        ]


def read_sources(config: Config, base: Path, recorder: Recorder) -> Inputs:
    """Read all sources of a plan.

    Parameters
    ----------
    config : Config
    base : Path
        Folder of the plan file; relative paths start there.
    recorder : Recorder
        Takes findings, hashes and seconds.

    Raises
    ------
    InputError, PlanError
    """
    inputs = Inputs()
    for place, source in enumerate(config.sources):
        path = (base / source.path) if source.path is not None else None
        label = f"{source.reader} {Path(source.path).name if source.path else ''}".strip()
        with recorder.step(f"sources.{label}") as entry:
            try:
                reading = sources.read(source.reader, path, crs=config.crs, **source.options)
            except PlanError as error:
                raise PlanError(f"sources.{place}: {error}") from error
            entry["rows"] = reading.rows_in
        recorder.note(reading.findings)
        recorder.hash_inputs(reading.files, base)
        _sort(inputs, reading, source)
    _refuse_gaps(config, inputs)
    return inputs


def _refuse_gaps(config: Config, inputs: Inputs) -> None:
    """Say before anything is computed what no source delivers."""
    if not inputs.buildings and "cells" not in inputs.tables:
        raise InputError("plan", "no source delivers buildings or census cells", hint="add one under sources:")
    if inputs.buildings and not any(isinstance(table, gpd.GeoDataFrame) for _, _, table in inputs.buildings):
        told = ", ".join(name for name, _, _ in inputs.buildings)
        raise InputError(told, "buildings without footprints", "a source with polygons", "add for example alkis_simple")
    if inputs.weather is None:
        raise PlanError("sources: a reader of weather is missing; add for example `reader: weather_try`")
    anyway = ("auto", "grid", "blocks") if config.stock.derive_blocks else ("auto", "grid")
    if inputs.buildings and config.zones.source not in (*anyway, *inputs.tables):
        there = ", ".join(n for n in ("districts", "blocks", "zones") if n in inputs.tables)
        raise PlanError(f"zones.from: no source delivers {config.zones.source!r}; delivered are {there or 'none'}")


def _sort(inputs: Inputs, reading: Reading, source: Source) -> None:
    met = [r.source for r in inputs.readings].count(reading.source)
    inputs.readings.append(reading)
    known = sources.declarations(sources.load(source.reader))
    inputs.declared |= {name: known[name] for name in reading.tables if name in known}
    label = f"{reading.source} ({met + 1})" if met else reading.source  # files of one name in several folders
    for name, table in reading.tables.items():
        if name == "buildings":
            inputs.buildings.append((label, source.kind, table))
            inputs.first_for[label] = source.first_for
        elif name == "roofs":
            inputs.roofs.append((label, table))
        elif name == "weather":
            if inputs.weather is not None:
                both = f"{inputs.weather.source} and {reading.source}"
                raise PlanError(f"sources: weather stands twice, {both}; keep one")
            inputs.weather = reading
        elif name in STACKED and name in inputs.tables:
            inputs.tables[name] = pd.concat([inputs.tables[name], table])
        else:
            inputs.tables[name] = _joined(inputs.tables.get(name), table)


def _joined(first: Any, table: pd.DataFrame) -> Any:
    """Return a table that two sources describe: rows of both where both have shapes, else columns by id."""
    if first is None:
        return table
    if isinstance(first, gpd.GeoDataFrame) and isinstance(table, gpd.GeoDataFrame):
        both = first.join(pd.DataFrame(table[[c for c in table.columns if c not in first]]))
        more = table[~table.index.isin(first.index)]
        return gpd.GeoDataFrame(pd.concat([both, more]), crs=first.crs).rename_axis(first.index.name)
    if isinstance(table, gpd.GeoDataFrame):
        first, table = table, first  # the shapes say which areas there are
    return first.join(table[[c for c in table.columns if c not in first]])
