"""Solar potential of roofs and buildings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pandas as pd

from klimastep import solar as room
from klimastep.findings import Finding, first_ids
from klimastep.recipe.bench import Bench
from klimastep.recipe.heights import open_mosaic, refuse_heights
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
        if settings.facades:
            _facades(bench, year, shading)
    around = None if shading is None else shading.around
    if around is not None:
        _tell(bench, around.surface is not None)
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
        sky_model=settings.sky_model,
        losses=settings.losses,
    )
    bench.apply(room.to_buildings, "buildings", bench.tables["roofs"])
    bench.recorder.totals["solar"] = _facts(bench, year, around)


def _facades(bench: Bench, year: Weather, shading: room.Shading | None) -> None:
    """Add area and radiation of the walls to the buildings."""
    buildings = bench.tables["buildings"]
    with bench.recorder.step("solar.facades", len(buildings)):
        added = room.facades(
            buildings, bench.tables["roofs"], year, shading=shading, sky_model=bench.config.solar.sky_model
        )
        bench.put("buildings", buildings.join(added), room.FACADE_COLUMNS)


def _facts(bench: Bench, year: Weather, around: room.Surroundings | None) -> dict[str, Any]:
    """Return what the outputs must say of the roofs, see :func:`klimastep.recipe.solar_notes.solar_notes`."""
    settings, roofs, given = bench.config.solar, bench.tables["roofs"], room.assumptions()
    measured = (roofs["geometry_source"] == "measured").to_numpy()
    if room.FIT_SHARE.name in roofs:
        measured = measured & roofs[room.FIT_SHARE.name].isna().to_numpy()
    return {
        "losses": settings.losses,
        "performance_ratio": settings.performance_ratio or given.performance_ratio_share,
        "pvlib_ratio": room.mean_pvlib_ratio(roofs, year, flat_layout=settings.flat_layout, losses=settings.losses),
        "scale": settings.suitability_scale,
        "module_kwp_m2": given.module_kwp_m2,
        "lod2": bool(measured.any()),
        "ground": _ground(around),
    }


def _ground(around: room.Surroundings | None) -> str:
    """Return what the ground of the shading is: `model`, `near` buildings, `none`; empty where nothing shades."""
    if around is None:
        return ""
    if isinstance(around.terrain, room.NearGround):
        return "near"
    return "none" if around.terrain is None and around.surface is None else "model"


def _shading(bench: Bench, surface_tiles: pd.DataFrame | None, stack: ExitStack) -> room.Shading:
    roofs = bench.tables["roofs"]
    surface, terrain, canopy = (
        open_mosaic(surface_tiles, kind, bench.config.crs, stack) for kind in ("surface", "terrain", "canopy")
    )
    if surface is not None:
        refuse_heights(bench, surface, terrain)
    elif terrain is not None:
        room.refuse_terrain(bench.tables["buildings"], roofs, terrain)
    unknown, buildings = roofs["eaves_m"].isna(), bench.tables["buildings"]
    ground: room.Heights | None = terrain
    if surface is None and terrain is None and unknown.any() and not unknown.all():
        ground = room.near_ground(buildings, roofs)
    around = room.Surroundings(buildings, surface, ground, canopy, terrain is None and bool(unknown.all()))
    return room.Shading(around, bench.config.solar.sectors, bench.config.solar.crown_light_share)


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
