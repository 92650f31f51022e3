"""Sums over areas, indicators, priority zones."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from klimastep import zones as room
from klimastep.config import Config
from klimastep.contract import Column
from klimastep.contract import check as check_table
from klimastep.inputs import Inputs
from klimastep.notes import outside_finding
from klimastep.recipe.bench import Bench
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
    _aggregate(bench, "zones", room.from_areas(inputs.tables[settings.source]), names)
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


def _aggregate(bench: Bench, name: str, areas: gpd.GeoDataFrame, wanted: list[str]) -> None:
    columns = bench.catalogue["buildings"].columns
    with bench.recorder.step(f"zones.aggregate.{name}", len(areas)):
        buildings = bench.tables["buildings"]
        key = f"{TABLES[name].singular}_id"
        if name == "zones":
            source = bench.config.zones.source
            buildings = room.assign(buildings, areas, None if source == "zones" else TABLES[source].id)
            bench.put("buildings", buildings, [room.ZONE_ID])
        bench.recorder.note(outside_finding(buildings[key], areas.index, TABLES[name]))
        sums = room.aggregate(buildings, columns, key, areas.index)
        bench.recorder.totals[f"conserved_{name}"] = room.conserve(buildings, sums, columns, key)
        table = indicators.compute(areas.join(sums), wanted)
        declared = [with_limits(indicators.load(n).INDICATOR.column, bench.config) for n in wanted]
        bench.put(name, table, [*room.aggregated_columns(c for c in columns if c.name in buildings), *declared])


def with_limits(column: Column, config: Config) -> Column:
    """Return a column with the class limits that the plan sets for it."""
    limits = config.zones.heat_density_limits_mwh_haa
    if column.name != "heat_density_kwh_haa" or limits is None:
        return column
    return replace(column, limits=tuple(KWH_PER_MWH * limit for limit in sorted(limits)))
