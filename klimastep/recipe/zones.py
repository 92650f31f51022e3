"""Sums over areas, indicators, priority zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd

from klimastep import zones as room
from klimastep.config import Config
from klimastep.contract import Column
from klimastep.contract import check as check_table
from klimastep.errors import PlanError
from klimastep.inputs import Inputs
from klimastep.notes import outside_finding
from klimastep.recipe.bench import Bench
from klimastep.settings import Zones
from klimastep.tables import TABLES
from klimastep.units import KWH_PER_MWH
from klimastep.zones import indicators


def zones(bench: Bench, inputs: Inputs) -> None:
    """Sum buildings over blocks, districts and zones; rank and explain the zones."""
    settings = bench.config.zones
    names = list(settings.weights)
    for name in ("blocks", "districts"):
        if name in inputs.tables:
            _aggregate(bench, name, inputs.tables[name], names)
    level = zone_level(settings, inputs.tables)
    bench.recorder.totals["zone_level"] = level
    areas = room.grid(bench.tables["buildings"], settings.grid_m) if level == "grid" else inputs.tables[level]
    _aggregate(bench, "zones", room.from_areas(areas), names)
    with bench.recorder.step("zones.prioritise", len(bench.tables["zones"])):
        ranked = room.prioritise(
            bench.tables["zones"],
            settings.weights,
            very_high_share=settings.very_high_share,
            high_share=settings.high_share,
            min_coverage_share=settings.min_coverage_share,
            seed=bench.config.seed,
        )
        weighed = [n for n in names if settings.weights[n] > 0]
        explained = room.explain(ranked, weighed)
        added = [f(n) for n in weighed for f in (room.score_column, room.contribution_column)]
        bench.put("zones", explained, [*room.PRIORITY_COLUMNS, *room.EXPLANATION, *added])
    check_table(bench.tables["zones"], bench.catalogue["zones"])


def zone_level(settings: Zones, tables: Mapping[str, Any]) -> str:
    """Return what the zones are made of: what the plan says, else the best that there is.

    Raises
    ------
    PlanError
        The plan asks for areas that no source delivers and that cannot be derived.
    """
    if settings.source == "auto":
        return next((name for name in ("zones", "districts", "blocks") if name in tables), "grid")
    if settings.source != "grid" and settings.source not in tables:
        there = ", ".join(n for n in ("districts", "blocks", "zones") if n in tables)
        raise PlanError(f"zones.from: no source delivers {settings.source!r}; delivered are {there or 'none'}")
    return settings.source


def _aggregate(bench: Bench, name: str, areas: gpd.GeoDataFrame, wanted: list[str]) -> None:
    columns = bench.catalogue["buildings"].columns
    with bench.recorder.step(f"zones.aggregate.{name}", len(areas)):
        buildings = bench.tables["buildings"]
        key = f"{TABLES[name].singular}_id"
        if name == "zones":
            level = bench.recorder.totals["zone_level"]
            buildings = room.assign(buildings, areas, TABLES[level].id if level in ("districts", "blocks") else None)
            bench.put("buildings", buildings, [room.ZONE_ID])
        bench.recorder.note(outside_finding(buildings[key], areas.index, TABLES[name]))
        sums = room.aggregate(buildings, columns, key, areas.index)
        bench.recorder.totals[f"conserved_{name}"] = room.conserve(buildings, sums, columns, key)
        told = [c for c in sums if c in areas]  # what an office says of an area comes before sums over buildings
        table = indicators.compute(areas.join(sums.drop(columns=told)), wanted)
        declared = [with_limits(indicators.load(n).INDICATOR.column, bench.config) for n in wanted]
        bench.put(name, table, [*room.aggregated_columns(c for c in columns if c.name in buildings), *declared])


def with_limits(column: Column, config: Config) -> Column:
    """Return a column with the class limits that the plan sets for it."""
    limits = config.zones.heat_density_limits_mwh_haa
    if column.name != "heat_density_kwh_haa" or limits is None:
        return column
    return replace(column, limits=tuple(KWH_PER_MWH * limit for limit in sorted(limits)))
