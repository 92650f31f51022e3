"""Irradiation of the Gothenburg surface model with its trees and of the roof planes fitted on it, as figures and map.

Run ``python tests/validation/gothenburg.py [FOLDER]`` with the real geodata in ../shared/data or KLIMASTEP_TESTDATA. In
a folder it draws ``gothenburg.png``: shaded relief with the yearly irradiation, beside it the roof planes by class.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.features import rasterize

from klimastep import solar, sources
from klimastep.rasters import Mosaic
from klimastep.solar.horizon import scale
from klimastep.solar.irradiation import crown_shares
from klimastep.solar.photovoltaic import SUITABILITY
from klimastep.solar.raster import shade_raster
from klimastep.solar.sky import sky_tables
from klimastep.weather import Weather, prepare

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data")) / "gothenburg_dsm"
INK, MUTED, LINE = "#1f2933", "#52606d", "#d9e2ec"
LIMITS = (0, 200, 400, 600, 800, 950, 1100, 1250)
RAMP = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8")


class Place(NamedTuple):
    """Footprints, heights above datum, of the ground and of crowns, and the year."""

    buildings: gpd.GeoDataFrame
    surface: Mosaic
    terrain: Mosaic
    canopy: Mosaic
    year: Weather


def opened(stack: ExitStack) -> Place:
    """Return the place, open for as long as the stack stands."""
    surface, terrain, canopy = (
        stack.enter_context(Mosaic([DATA / f"{name}_KRbig.tif"])) for name in ("DSM", "DEM", "CDSM")
    )
    with rasterio.open(DATA / "DSM_KRbig.tif") as data:
        crs = data.crs
    shapes = gpd.read_file(DATA / "buildings.shp").to_crs(crs).geometry.force_2d().explode(ignore_index=True)
    names = pd.Index([f"b{i}" for i in range(len(shapes))], name="building_id", dtype="str")
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=1)
    facts = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    buildings = gpd.GeoDataFrame(geometry=shapes.array, index=names)
    return Place(buildings, surface, terrain, canopy, prepare(reading.tables["weather"], **facts))


def cells(place: Place, trees: bool) -> np.ndarray:
    """Return the yearly irradiation of each cell. [kWh/m²]"""
    steps = scale()
    crowns: dict[str, Any] = {"canopy": place.canopy, "through": crown_shares()} if trees else {}
    (tile,) = shade_raster(place.surface, sky_tables(place.year.sky(), steps), steps, **crowns)
    return np.asarray(tile.energy[-1])


def planes(place: Place) -> tuple[gpd.GeoDataFrame, dict[str, list[str]]]:
    """Return the fitted roof planes with irradiation and yield, and the buildings without."""
    patch = place.surface.read(place.surface.bounds)
    found = solar.fit_roofs(place.buildings, patch, place.terrain)
    shading = solar.Shading(solar.Surroundings(None, place.surface, place.terrain, place.canopy))
    roofs = solar.irradiation(found.roofs, place.year, shading=shading)
    roofs = solar.usable(roofs, place.buildings.assign(height_m=np.nan), land="DE-BW")
    return solar.photovoltaic(roofs, place.year), found.unknown


def relief(heights: np.ndarray) -> np.ndarray:
    """Return how bright a surface is that is lit from the north-west. [1]"""
    south, east = np.gradient(heights)
    up = 1 / np.sqrt(1 + south**2 + east**2)
    return np.clip(0.6 + 0.4 * (east + south + 0.9) * up / 1.2, 0.5, 1.0)


def draw(folder: Path, place: Place, energy: np.ndarray, roofs: gpd.GeoDataFrame) -> None:
    """Draw irradiation over shaded relief beside the roof planes with their class."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch as Key

    plt.rcParams |= {"text.color": INK, "axes.labelcolor": INK, "xtick.color": MUTED, "font.size": 9}
    patch = place.surface.read(place.surface.bounds)
    west, south, east, north = patch.bounds
    light = relief(np.asarray(patch.values, dtype=float))[..., None]  # noqa: PD011
    colours, norm = ListedColormap(RAMP), BoundaryNorm(LIMITS, len(RAMP))
    figure, axes = plt.subplots(1, 2, figsize=(16, 8.6), layout="constrained")
    ground = np.where(np.isnan(energy)[..., None], 0.9, colours(norm(energy))[..., :3]) * light
    axes[0].imshow(ground, extent=(west, east, south, north))
    axes[0].set_title("Einstrahlung im Jahr auf Dach und Boden, mit Bäumen", loc="left")
    bar = figure.colorbar(plt.cm.ScalarMappable(norm, colours), ax=axes[0], shrink=0.7, spacing="uniform")
    bar.set_label("kWh/(m²·a)")
    axes[1].imshow(np.broadcast_to(0.55 + 0.45 * light, (*light.shape[:2], 3)), extent=(west, east, south, north))
    keys = []
    for kind in SUITABILITY.categories:
        some = roofs[roofs[SUITABILITY.name] == kind.value]
        if len(some):
            some.plot(ax=axes[1], color=kind.colour, edgecolor="white", linewidth=0.5)
            keys.append(Key(color=kind.colour, label=f"{kind.label_de} ({len(some)})"))
    axes[1].set_title("Dachflächen aus dem Oberflächenmodell, Eignung", loc="left")
    axes[1].legend(handles=keys, loc="lower right", framealpha=0.95, frameon=True, edgecolor=LINE)
    for axis in axes:
        place.buildings.boundary.plot(ax=axis, color=INK, linewidth=0.6)
        axis.set_xlim(west, east)
        axis.set_ylim(south, north)
        axis.set(xlabel="", ylabel="")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.plot([west + 10, west + 60], [north - 12] * 2, color=INK, linewidth=2)
        axis.text(west + 35, north - 10, "50 m", ha="center")
    told = (
        "Modellergebnis, keine Zusage für das einzelne Dach · Göteborg, Oberflächenmodell 1 m · Strahlung: TRY Region 1"
    )
    figure.supxlabel(told, fontsize=8, color=MUTED)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "gothenburg.png", dpi=110)


def main() -> None:
    """Compute with and without trees, tell the means, draw the map."""
    with ExitStack() as stack:
        place = opened(stack)
        with_trees, without = cells(place, True), cells(place, False)
        leaves = place.canopy.read(place.surface.bounds).values > 0.5  # noqa: PD011
        with rasterio.open(DATA / "DSM_KRbig.tif") as data:
            covered = rasterize(place.buildings.geometry, data.shape, transform=data.transform).astype(bool)
        for name, which in {
            "roofs": covered & ~leaves,
            "ground": ~covered & ~leaves,
            "under crowns": ~covered & leaves,
        }.items():
            means = [float(np.nanmean(r[which])) for r in (with_trees, without)]
            sys.stdout.write(f"{name}: {means[0]:.0f} kWh/m² with trees, {means[1]:.0f} without, {which.sum()} cells\n")
        roofs, unknown = planes(place)
        sys.stdout.write(f"{len(roofs)} roof planes; not or partly: { {k: len(v) for k, v in unknown.items()} }\n")
        plan = roofs.groupby(SUITABILITY.name, observed=True)
        sums = plan.agg(planes=("area_m2", "size"), area_m2=("area_m2", "sum"), kwh=("pv_yield_kwh_a", "sum"))
        sys.stdout.write(f"{sums.round(0).to_string()}\n")
        mean = np.average(roofs["irradiation_kwh_m2a"], weights=roofs["area_m2"])
        loss = np.average(roofs["shading_loss_share"].fillna(0), weights=roofs["area_m2"])
        sys.stdout.write(f"planes: {mean:.0f} kWh/m² in the mean, loss by shading {loss:.1%}\n")
        if len(sys.argv) > 1:
            draw(Path(sys.argv[1]), place, with_trees, roofs)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    main()
