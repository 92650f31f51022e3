"""Roof planes: delivered ones first, then those fitted on the surface model, then points."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import geopandas as gpd
import pandas as pd

from klimastep import solar as room
from klimastep.inputs import Inputs
from klimastep.partition import tiles
from klimastep.recipe.bench import Bench
from klimastep.recipe.heights import open_mosaic, refuse_heights

TILE_CELLS = 2000
BESIDE_CELLS = 2


def roofs(bench: Bench, inputs: Inputs, matches: Mapping[str, pd.Series]) -> None:
    """Make the table ``roofs``."""
    buildings, deliveries = bench.tables["buildings"], list(inputs.roofs)
    fitted = _fitted(bench, room.without_planes(deliveries, buildings, matches), inputs.tables.get("surface_tiles"))
    if fitted is not None:
        deliveries.append(("surface_model", fitted))
    table, found = room.collect_roofs(deliveries, inputs.tables.get("roof_points"), buildings, matches)
    bench.recorder.note(found)
    bench.put("roofs", table, [c for c in (room.FIT_SHARE, room.FIT_RMSE) if c.name in table])


def _fitted(bench: Bench, bare: gpd.GeoDataFrame, surface_tiles: pd.DataFrame | None) -> gpd.GeoDataFrame | None:
    """Return planes fitted on the surface model, window by window; None where there is none or nothing to fit."""
    if not bench.config.solar.fit_roofs or bare.empty:
        return None
    with ExitStack() as stack:
        surface = open_mosaic(surface_tiles, "surface", bench.config.crs, stack)
        if surface is None:
            return None
        terrain = open_mosaic(surface_tiles, "terrain", bench.config.crs, stack)
        refuse_heights(bench, surface, terrain)
        cell = max(surface.resolution_m, room.fit_rules()["finest_cell_m"])
        found = []
        with bench.recorder.step("solar.fit_roofs", len(bare)):
            for own, _ in tiles(bare, TILE_CELLS * cell, 0.0):
                some = gpd.GeoDataFrame(bare.iloc[own])
                west, south, east, north = some.total_bounds
                reach = BESIDE_CELLS * cell
                window = (west - reach, south - reach, east + reach, north + reach)
                found.append(room.fit_roofs(some, surface.read(window, resolution_m=cell), terrain))
    unknown = {kind: sorted(i for part in found for i in part.unknown[kind]) for kind in found[0].unknown}
    bench.recorder.note(room.fit_findings(unknown))
    fitted = pd.concat([part.roofs for part in found])
    room.refuse_steep(fitted)
    return gpd.GeoDataFrame(fitted, crs=bare.crs)
