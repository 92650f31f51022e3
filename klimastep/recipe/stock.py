"""From deliveries to one building stock with roofs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep import cadastre
from klimastep.census import CENSUS_2011
from klimastep.contract import check as check_table
from klimastep.heat import Mixed, other_share
from klimastep.inputs import Inputs
from klimastep.notes import census_ahead
from klimastep.recipe.bench import Bench, with_all_columns
from klimastep.recipe.census import fitted_cells
from klimastep.recipe.registers import registers
from klimastep.recipe.roofs import roofs
from klimastep.tables import BUILDINGS, STREETS


def stock(bench: Bench, inputs: Inputs) -> None:
    """Make the tables ``buildings`` and ``roofs``."""
    matches = buildings(bench, inputs)
    roofs(bench, inputs, matches)


def buildings(bench: Bench, inputs: Inputs) -> Mapping[str, pd.Series]:
    """Make the table ``buildings`` and return which row of each delivery is which of them."""
    with bench.recorder.step("cadastre.merge") as entry:
        merged, matches, found = cadastre.merge(inputs.buildings, inputs.first_for)
        merged, dropped = cadastre.clean(with_all_columns(merged, BUILDINGS))
        bench.recorder.note([*found, *dropped])
        entry["rows"] = len(merged)
    if "corrections" in inputs.tables:
        with bench.recorder.step("cadastre.corrections", len(inputs.tables["corrections"])):
            bench.corrected, bench.recorder.totals["corrections"], found = cadastre.corrected(
                merged, inputs.tables["corrections"]
            )
            bench.recorder.note(found)
    if bench.config.stock.derive_blocks and "blocks" not in inputs.tables:
        _blocks(bench, inputs, merged)
    with bench.recorder.step("cadastre.keys", len(merged)):
        merged = cadastre.assign_keys(merged, inputs.tables)
        if "blocks" in inputs.tables and "geometry_source" not in inputs.tables["blocks"]:
            bench.recorder.note(cadastre.odd_footprints(merged, inputs.tables["blocks"]))
    bench.put("buildings", merged)
    if "streets" in inputs.tables:
        _streets(bench, with_all_columns(inputs.tables["streets"], STREETS))
    if "cells" in inputs.tables:
        bench.recorder.note(census_ahead(merged, inputs.tables["cells"]))
    bench.apply(cadastre.use, "buildings")
    with bench.recorder.step("cadastre.heritage", len(merged)):
        lists = (inputs.tables.get(name) for name in ("monuments", "monument_areas", "monument_addresses"))
        listed, found = cadastre.heritage(bench.tables["buildings"], *lists)
        bench.recorder.note(found)
        bench.put("buildings", listed)
    registers(bench, inputs)
    _carriers(bench, inputs.tables)
    _age(bench, inputs.tables)
    if bench.config.stock.unknown == "national":
        bench.apply(cadastre.stand_ins, "buildings")
    bench.apply(cadastre.party_walls, "buildings")
    bench.apply(cadastre.envelope, "buildings")
    _people(bench, inputs)
    bench.put("buildings", cadastre.whole_sizes(bench.tables["buildings"]), cadastre.WHOLE_COLUMNS)
    check_table(bench.tables["buildings"], bench.catalogue["buildings"])
    return matches


def _carriers(bench: Bench, tables: Mapping[str, Any]) -> None:
    """Draw the carriers that no source tells from the census cells, where these count them."""
    if "cells" not in tables or not bench.config.census.draw_carriers:
        return
    with bench.recorder.step("cadastre.carriers", len(bench.tables["buildings"])):
        heated, found = cadastre.carriers_of_cells(bench.tables["buildings"], tables["cells"], seed=bench.config.seed)
        bench.recorder.note(found)
        bench.put("buildings", heated)


def _people(bench: Bench, inputs: Inputs) -> None:
    """Correct the floor area of dwellings by inhabitants."""
    plan = bench.config.stock
    if not plan.floor_area_from_people:
        return
    buildings, heat = bench.tables["buildings"], bench.config.heat
    fixed = bench.corrected.get("floor_area_m2")
    with bench.recorder.step("cadastre.by_people", len(buildings)):
        joined = cadastre.by_people(
            buildings,
            inputs.tables,
            cadastre.spreads(plan.living_area_per_head_m2, plan.living_area_spread, plan.geometry_spread),
            1.0 - other_share(buildings, Mixed(heat.mixed_share, heat.mixed_use)),
            None if fixed is None else fixed.index,
        )
        bench.recorder.note(joined.findings)
        if len(joined.areas):
            bench.put("buildings", joined.buildings, [cadastre.FLOOR_AREA_FACTOR])


def _age(bench: Bench, tables: dict[str, Any]) -> None:
    bands = CENSUS_2011
    if "cells" in tables and "age_counts" not in tables:
        cells, bands, _ = fitted_cells(bench, tables["cells"])
        tables = tables | {"cells": cells}
    with bench.recorder.step("cadastre.age", len(bench.tables["buildings"])):
        dated, found = cadastre.default_years(bench.tables["buildings"])
        bench.recorder.note(found)
        counts, key = cadastre.age_counts(dated, tables, bands)
        aged = cadastre.age_from_areas(
            dated, counts, key, estimate=bench.config.census.estimated_year, seed=bench.config.seed
        )
        bench.put("buildings", aged, cadastre.AGE_COLUMNS)
    known = aged["year_built_source"].isin(cadastre.KNOWN_YEAR) & aged["year_built"].notna()
    bench.recorder.totals["known_years_share"] = round(float(known.mean()), 4) if len(aged) else None


def _streets(bench: Bench, delivered: gpd.GeoDataFrame) -> None:
    """Cut the streets into sections and find the one that each building faces."""
    settings = bench.config.heat
    with bench.recorder.step("cadastre.street_sections", len(delivered)):
        sections, found = cadastre.street_sections(delivered, settings.section_min_m)
        bench.recorder.note(found)
        bench.put("streets", sections)
    bench.apply(cadastre.street_access, "buildings", sections, max_distance_m=settings.connection_max_m)


def _blocks(bench: Bench, inputs: Inputs, buildings: gpd.GeoDataFrame) -> None:
    """Derive the blocks that no source delivers."""
    with bench.recorder.step("cadastre.derive_blocks", len(buildings)):
        blocks, found = cadastre.derive_blocks(buildings, inputs.tables, bench.config.stock.street_width_m)
    bench.recorder.note(found)
    if blocks is not None:
        inputs.tables["blocks"] = blocks
        bench.put("blocks", blocks, [cadastre.BLOCK_SOURCE])
