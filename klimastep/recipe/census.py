"""Census cells before they are used: fitted to the municipality's totals, with what the fit did on record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd

from klimastep import cadastre
from klimastep.census import KINDS, Bands, bands_of
from klimastep.contract import Column, Table
from klimastep.errors import PlanError
from klimastep.recipe.bench import Bench
from klimastep.tables import CELLS


def fitted_cells(bench: Bench, published: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Bands, tuple[Column, ...]]:
    """Return cells with fitted counts, the periods they are counted by and the columns of the fit.

    Raises
    ------
    PlanError
        The totals of the plan are of other periods than the cells.
    """
    settings, bands = bench.config.census, bands_of(published.columns)
    totals = {"buildings": settings.buildings, "dwellings": settings.dwellings}
    for kind in KINDS:
        strange = sorted(set(totals[kind]) - set(bands.names))
        if strange:
            told = f"the cells are counted by {', '.join(bands.names)} (census {bands.census})"
            raise PlanError(f"census.{kind}: {', '.join(strange)}: {told}")
    with bench.recorder.step("cadastre.census", len(published)):
        healed = cadastre.heal(published, bands, totals, settings.noise)
    bench.recorder.note(healed.findings)
    report = healed.report.reset_index().astype("object")
    bench.recorder.totals["census_fit"] = report.where(report.notna(), None).to_dict("records")
    return gpd.GeoDataFrame(healed.cells), bands, healed.columns


def delivered(published: Any) -> Table:
    """Return the table of cells with the columns that the files have, and the totals that steps ask for."""
    keep = {*published.columns, "dwellings", "residents"}
    return replace(CELLS, columns=tuple(c for c in CELLS.columns if c.name in keep))
