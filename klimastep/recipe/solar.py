"""Solar potential of roofs and buildings."""

from __future__ import annotations

from contextlib import ExitStack

import pandas as pd

from klimastep import solar as room
from klimastep.findings import Finding, first_ids
from klimastep.recipe.bench import Bench
from klimastep.recipe.heights import open_mosaic
from klimastep.weather import Weather


def solar(bench: Bench, year: Weather, surface_tiles: pd.DataFrame | None = None) -> None:
    """Add radiation and photovoltaics to the roofs, their sums to the buildings.

    Parameters
    ----------
    bench : Bench
    year : Weather
    surface_tiles : DataFrame, optional
        Index of the surface and terrain models.
    """
    settings = bench.config.solar
    with ExitStack() as stack:
        shading = _shading(bench, surface_tiles, stack) if settings.shading == "auto" else None
        bench.apply(room.irradiation, "roofs", year, shading=shading, sky_model=settings.sky_model)
    if shading is not None:
        _tell(bench, shading.around.surface is not None)
    bench.apply(
        room.usable,
        "roofs",
        bench.tables["buildings"],
        land=settings.land,
        party_wall_distance_m=settings.party_wall_distance_m,
    )
    bench.apply(
        room.photovoltaic,
        "roofs",
        year,
        performance_ratio=settings.performance_ratio,
        flat_layout=settings.flat_layout,
        scale=settings.suitability_scale,
        losses=settings.losses,
    )
    bench.apply(room.to_buildings, "buildings", bench.tables["roofs"])


def _shading(bench: Bench, surface_tiles: pd.DataFrame | None, stack: ExitStack) -> room.Shading:
    roofs = bench.tables["roofs"]
    surface, terrain, canopy = (
        open_mosaic(surface_tiles, kind, bench.config.crs, stack) for kind in ("surface", "terrain", "canopy")
    )
    if surface is not None:
        room.refuse_misfit(roofs, surface)
    buildings = bench.tables["buildings"]
    around = room.Surroundings(buildings, surface, terrain, canopy, room.level_ground_m(roofs, buildings))
    return room.Shading(around, bench.config.solar.sectors)


def _tell(bench: Bench, with_model: bool) -> None:
    """Report the roof planes whose shading rests on less than it could."""
    roofs = bench.tables["roofs"]
    basis = roofs[room.SHADING_BASIS.name]
    texts = {
        "none": (
            "Dachflächen ohne bekannte Höhe; sie sind ohne Verschattung gerechnet.",
            "roof planes without a known height; they are computed without shading.",
        ),
        "buildings": (
            "Dachflächen zeigt das Oberflächenmodell nicht; Verschattung nur durch Dachflächen und Gebäudehöhen.",
            "roof planes are not in the surface model; shaded only by roof planes and heights of buildings.",
        ),
    }
    for kind, (german, english) in texts.items():
        ids = roofs.index[basis == kind]
        if len(ids) and (kind == "none" or with_model):
            count = len(ids)
            told = (f"{count} {german}", f"{count} {english}")
            bench.recorder.note([Finding("solar.irradiation", f"shading_{kind}", count, first_ids(ids), *told)])
