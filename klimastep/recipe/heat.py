"""Heat of buildings, or of census cells where no building is known; comparison with meters."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd

from klimastep import cadastre
from klimastep import heat as room
from klimastep.census import carrier_counts
from klimastep.contract import check as check_table
from klimastep.inputs import Inputs
from klimastep.notes import no_streets_finding
from klimastep.recipe.bench import Bench, with_all_columns
from klimastep.recipe.census import delivered, fitted_cells
from klimastep.recipe.heat_notes import census_findings
from klimastep.recipe.zones import with_limits
from klimastep.settings import Heat
from klimastep.tables import TABLES
from klimastep.weather import (
    HeatingSeason,
    HourlyClimate,
    MonthlyClimate,
    Weather,
    degree_day_ratios,
    hourly_climate,
    monthly_climate,
)


def method(settings: Heat, year: Weather) -> room.Method:
    """Return how heat is balanced: the kind of climate decides."""
    climate: MonthlyClimate | HourlyClimate | None = None
    if settings.method != "seasonal":
        climate = monthly_climate(year) if settings.method == "monthly" else hourly_climate(year)
    return room.Method(
        climate,
        room.Operation(settings.night_setback_k),
        settings.design_degc,
        settings.nonresidential,
        settings.nonresidential_use,
        settings.heat_recovery,
    )


def heat(bench: Bench, season: HeatingSeason, year: Weather) -> None:
    """Add type, demand, expected use, saving potential, greenhouse gases and cost to the buildings."""
    settings = bench.config.heat
    state: dict[str, Any] = {"refurbished": settings.refurbished}
    stock = state | {
        "method": method(settings, year),
        "hot_water": settings.hot_water,
        "mixed": room.Mixed(settings.mixed_share, settings.mixed_use),
    }
    supply: dict[str, Any] = stock | {"default_carrier": settings.default_carrier}
    bench.apply(room.typology, "buildings", **state)
    bench.apply(room.demand, "buildings", season, **stock)
    bench.apply(room.expected, "buildings", season, **supply)
    bench.apply(room.potential, "buildings", season, target_state=settings.target_state, **supply)
    carrier = {"default_carrier": settings.default_carrier, "co2_g_kwh": settings.co2_g_kwh}
    bench.apply(room.carbon, "buildings", **carrier)
    package = state | {"target_state": settings.target_state, "cost_index": settings.cost_index}
    bench.apply(room.cost, "buildings", **package)


def cells(bench: Bench, published: gpd.GeoDataFrame, season: HeatingSeason, year: Weather) -> None:
    """Add heat to census cells and the sums of the municipality to the record."""
    settings, census = bench.config.heat, bench.config.census
    fitted, bands, columns = fitted_cells(bench, published)
    options: dict[str, Any] = {
        "class_shares": cadastre.census_class_shares(bands),
        "town": room.Municipality(
            census.buildings,
            census.dwellings,
            settings.living_area_single_m2,
            settings.living_area_multi_m2,
            settings.attached_share,
            {str(name): float(count) for name, count in carrier_counts(fitted).sum().items() if count > 0},
        ),
        "refurbished": settings.refurbished,
        "default_carrier": settings.default_carrier,
        "method": method(settings, year),
    }
    declared = delivered(published)
    fitted = with_all_columns(fitted, declared)
    bench.put("cells", fitted, columns, declared)
    bench.apply(room.cells, "cells", season, **options, co2_g_kwh=settings.co2_g_kwh)
    bench.recorder.totals["assumed_carrier_share"] = room.assumed_carrier_share(bench.tables["cells"])
    totals = room.census_totals(fitted, season, **options)
    bench.recorder.totals["census"] = totals.astype("object").where(totals.notna(), None).to_dict("index")
    bench.recorder.note(census_findings(totals))
    if settings.draws:
        with bench.recorder.step("heat.census_band", len(fitted)):
            bench.recorder.totals["expected_heat_kwh_a"] = room.census_band(
                fitted, season, **options, draws=room.Draws(settings.draws, bench.config.seed, settings.level_spread)
            )


def calibrate(bench: Bench, inputs: Inputs, year: Weather) -> None:
    """Learn from the plan's meters, where there are enough; add calibrated heat and saving."""
    if not bench.config.heat.calibrate or "meters" not in bench.tables:
        return
    with bench.recorder.step("heat.calibrate", len(bench.tables["meters"])):
        ratios = degree_day_ratios(inputs.tables.get("climate_monthly"), year)
        buildings = _on_delivered_streets(bench)
        empty = bench.config.heat.empty_carrier
        units = room.metered_units(buildings, bench.tables["meters"], degree_days=ratios, empty=empty)
        bench.recorder.note(room.left_out_finding(units))
        if not room.enough(units):
            return
        learned = room.learn(units)
        added = room.calibrated(buildings, learned)[[c.name for c in room.CALIBRATION_COLUMNS]]
        bench.put("buildings", bench.tables["buildings"].join(added), room.CALIBRATION_COLUMNS)
        whole = bench.tables["buildings"][["calibrated_heat_kwh_a", "expected_heat_kwh_a"]].sum()
        bench.recorder.totals["calibration"] = {
            "units": int(units.loc[units["left_out"] == "", "unit_id"].nunique()),
            "years": sorted(int(y) for y in units.loc[units["left_out"] == "", "year"].unique()),
            "degree_days": sorted(ratios),
            "whole_factor": float(whole["calibrated_heat_kwh_a"] / whole["expected_heat_kwh_a"]),
            "common_factor": math.exp(learned.common_),
            "kind_factors": {k: math.exp(v) for k, v in learned.kind_.items()},
            "spread_ln": learned.spread_,
        }
    bench.apply(room.calibrated_saving, "buildings")


def places(bench: Bench) -> None:
    """Add where heat lies: per metre of street, where the plan has streets, and on the hectare grid."""
    limits, source = bench.config.heat.line_density_limits_mwh_ma, bench.config.heat.line_density_source
    declared = [with_limits(c, bench.config) for c in room.GRID_COLUMNS]
    with bench.recorder.step("heat.heat_grid", len(bench.tables["buildings"])):
        bench.put("heat_grid", room.heat_grid(bench.tables["buildings"]), declared)
    if "streets" not in bench.tables:
        bench.recorder.note(no_streets_finding())
        return
    bench.apply(room.line_density, "streets", bench.tables["buildings"], limits_mwh_ma=limits)
    bench.put("streets", bench.tables["streets"], room.line_density_columns(limits, source))
    bench.apply(room.route_length, "buildings", bench.tables["streets"])
    totals, found = room.line_density_totals(bench.tables["buildings"], bench.tables["streets"])
    bench.recorder.totals["line_density"] = totals
    bench.recorder.note(found)


def _on_delivered_streets(bench: Bench) -> gpd.GeoDataFrame:
    """Return the buildings with the street as delivered, not its section: meters of a street name that."""
    buildings = bench.tables["buildings"]
    if "streets" not in bench.tables:
        return buildings
    return buildings.assign(street_id=buildings["street_id"].map(bench.tables["streets"]["delivered_id"]).astype("str"))


def spread(bench: Bench, season: HeatingSeason) -> None:
    """Add how sure expected heat is: of buildings, blocks, districts, zones and in total."""
    settings = bench.config.heat
    if settings.draws == 0:
        return
    buildings = bench.tables["buildings"]
    areas: dict[str, Any] = {
        str(n): buildings[TABLES[n].id] for n in ("blocks", "districts", "zones") if n in bench.tables
    }
    with bench.recorder.step("heat.bands", len(buildings)):
        found = room.bands(
            buildings,
            season,
            areas=areas,
            draws=settings.draws,
            seed=bench.config.seed,
            refurbished=settings.refurbished,
            default_carrier=settings.default_carrier,
            level_spread=settings.level_spread,
        )
        bench.put("buildings", buildings.join(found.buildings), room.BANDS)
        for name, table in found.areas.items():
            bench.put(name, bench.tables[name].join(table), room.BANDS)
    bench.recorder.totals["expected_heat_kwh_a"] = found.total


def metered(bench: Bench) -> None:
    """Set metered heat beside the expected heat of blocks and of the groups of buildings that share a meter."""
    if "meters" not in bench.tables:
        return
    meters, buildings = bench.tables["meters"], bench.tables["buildings"]
    empty = bench.config.heat.empty_carrier
    with bench.recorder.step("heat.metered", len(meters)):
        if "blocks" in bench.tables:
            bench.put("blocks", room.metered(bench.tables["blocks"], meters, empty), room.METERED_COLUMNS)
        if buildings["meter_group_id"].notna().any():
            groups = room.metered_groups(buildings, meters)
            bench.put("meter_groups", groups, room.METERED_COLUMNS, room.METER_GROUPS)
            check_table(groups, bench.catalogue["meter_groups"])


def network_loads(bench: Bench) -> None:
    """Add to areas the heat load that one network for all their buildings would meet."""
    for name in ("blocks", "districts", "zones"):
        if name in bench.tables:
            bench.put(name, room.network_load(bench.tables[name]), [room.NETWORK_LOAD])


def load_curves(bench: Bench, year: Weather) -> room.LoadShapes:
    """Make the table ``load_curves``, the annual duration curve of each zone; return the shapes of the hours."""
    with bench.recorder.step("heat.load_curves", len(bench.tables["zones"])):
        shapes = room.load_shapes(year, bench.config.heat.load_profile)
        bench.put("load_curves", room.duration_curves(bench.tables["buildings"], shapes), declared=room.LOAD_CURVES)
    return shapes
