"""Reads the sources of a plan and sorts what they deliver."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep import sources
from klimastep.config import Config, Source
from klimastep.errors import InputError
from klimastep.findings import Reading
from klimastep.rundir import Recorder

STACKED = ("roofs", "roof_points", "meters", "age_counts")


@dataclass
class Inputs:
    """What the sources of a plan deliver, by what it is.

    Parameters
    ----------
    buildings : list of (name, kind, table)
        Deliveries in the plan's order.
    roofs : list of (name, table)
        Roof planes with the building ids of their own delivery.
    tables : dict of str to DataFrame
        Areas, streets, cells, monuments, meters, age counts, roof points and context.
    weather : Reading or None
    attribution : tuple of str
        Licence lines without repetition, in the plan's order.
    readings : list of Reading
    """

    buildings: list[tuple[str, str, pd.DataFrame]] = field(default_factory=list)
    roofs: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    weather: Reading | None = None
    readings: list[Reading] = field(default_factory=list)

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
    for source in config.sources:
        path = (base / source.path) if source.path is not None else None
        label = f"{source.reader} {Path(source.path).name if source.path else ''}".strip()
        with recorder.step(f"sources.{label}") as entry:
            reading = sources.read(source.reader, path, crs=config.crs, **source.options)
            entry["rows"] = reading.rows_in
        recorder.note(reading.findings)
        recorder.hash_inputs(reading.files, base)
        _sort(inputs, reading, source)
    if not inputs.buildings and "cells" not in inputs.tables:
        raise InputError("plan", "no source delivers buildings or census cells", hint="add one under sources:")
    return inputs


def _sort(inputs: Inputs, reading: Reading, source: Source) -> None:
    inputs.readings.append(reading)
    for name, table in reading.tables.items():
        if name == "buildings":
            inputs.buildings.append((reading.source, source.kind, table))
        elif name == "roofs":
            inputs.roofs.append((reading.source, table))
        elif name == "weather":
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
    return first.join(table[[c for c in table.columns if c not in first]])
