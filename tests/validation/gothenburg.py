"""Irradiation of the Gothenburg surface model with its trees as a picture, and what its roofs get.

Run ``python tests/validation/gothenburg.py FOLDER`` with the real geodata in ../shared/data or KLIMASTEP_TESTDATA.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.features import rasterize

from klimastep import sources
from klimastep.rasters import Mosaic
from klimastep.solar.horizon import scale
from klimastep.solar.irradiation import crown_shares
from klimastep.solar.raster import shade_raster
from klimastep.solar.sky import sky_tables
from klimastep.weather import prepare

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data")) / "gothenburg_dsm"
CRS = "EPSG:3007"


def compute(trees: bool) -> dict[str, np.ndarray]:
    """Return the yearly irradiation, its twelve months, the heights and which cells are roofs."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=1)
    year = prepare(
        reading.tables["weather"], **{k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    )
    steps = scale()
    with Mosaic([DATA / "DSM_KRbig.tif"], crs=None) as surface, Mosaic([DATA / "CDSM_KRbig.tif"]) as canopy:
        tables = sky_tables(year.sky(), steps)
        crowns = {"canopy": canopy, "through": crown_shares()} if trees else {}
        (tile,) = shade_raster(surface, tables, steps, **crowns)
        heights = surface.read(surface.bounds).values
        leaves = canopy.read(surface.bounds).values
    with rasterio.open(DATA / "DSM_KRbig.tif") as data:
        shapes = gpd.read_file(DATA / "buildings.shp").to_crs(data.crs).geometry
        roofs = rasterize(shapes, data.shape, transform=data.transform).astype(bool)
    return {"year": tile.energy[-1], "months": tile.energy[:-1], "heights": heights, "roofs": roofs, "leaves": leaves,
            "view": tile.view}  # fmt: skip


def main() -> None:
    """Compute with and without trees, tell the means, draw the picture."""
    import matplotlib.pyplot as plt

    with_trees, without = compute(True), compute(False)
    roofs, leaves = with_trees["roofs"], with_trees["leaves"] > 0.5
    told = {"roofs": roofs & ~leaves, "ground": ~roofs & ~leaves, "under crowns": ~roofs & leaves}
    for name, which in told.items():
        means = [float(np.nanmean(r["year"][which])) for r in (with_trees, without)]
        sys.stdout.write(f"{name}: {means[0]:.0f} kWh/m² with trees, {means[1]:.0f} without, {which.sum()} cells\n")
    figure, axes = plt.subplots(1, 2, figsize=(13, 6.2), layout="constrained")
    for axis, result, title in zip(axes, (with_trees, without), ("with trees", "without trees"), strict=True):
        image = axis.imshow(result["year"], vmin=0, vmax=1250, cmap="inferno")
        axis.contour(roofs, levels=[0.5], colors="white", linewidths=0.5)
        axis.set_title(f"Gothenburg, {title}")
        axis.set_axis_off()
    figure.colorbar(image, ax=axes, label="kWh/(m²·a)", shrink=0.8)
    figure.savefig(Path(sys.argv[1]) / "gothenburg.png", dpi=110)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main()
