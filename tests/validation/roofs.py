"""Roof planes of LoD2 beside those fitted on the surface of the very LoD2, roofs of a real surface model, a district.

Run ``python tests/validation/roofs.py [FOLDER | --district]`` with the real geodata in ../shared/data or
KLIMASTEP_TESTDATA; with a folder it draws the pictures too. Nothing is fitted to the test data.
"""

from __future__ import annotations

import logging
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from mierendorff import data_folder, plan_of

from klimastep import sources
from klimastep.plan import compute
from klimastep.rasters import Mosaic, Patch
from klimastep.rundir import Recorder
from klimastep.solar import fit_roofs

CLIPS = {
    "Berlin, Block020023": ("mierendorff/lod2/Block020023.gml", "EPSG:25833"),
    "Berlin, 20240216": ("mierendorff/lod2/20240216_PartialMierendorff.gml", "EPSG:25833"),
    "Berlin, Mierendorffinsel": ("mierendorff/lod2/partialMierendorffInselLoD2.gml", "EPSG:25833"),
    "NRW, LoD2_32_280_5657": ("nrw_lod2/LoD2_32_280_5657_1_NW.gml", "EPSG:25832"),
}
TILTS = [0, 5, 15, 25, 35, 45, 55, 90]
BESIDE_M = 10.0
BELOW_M = 5.0
SAMPLES = 20


def lod2(name: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return buildings and roof planes of a clip; a building's outline is that of its roof."""
    path, crs = CLIPS[name]
    tables = sources.read("citygml", data_folder() / path, crs=crs).tables
    roofs = tables["roofs"]
    outline = roofs.dissolve("building_id").geometry.buffer(0.01, join_style="mitre").buffer(-0.01, join_style="mitre")
    return gpd.GeoDataFrame(geometry=outline), roofs


def rendered(roofs: gpd.GeoDataFrame, cell_m: float) -> Patch:
    """Return the surface that LoD2 planes make: the highest counts, ground well below the lowest eaves."""
    west, south, east, north = roofs.total_bounds + BESIDE_M * np.array([-1, -1, 1, 1])
    west, north = np.floor(west), np.ceil(north)
    shape = (int(np.ceil((north - south) / cell_m)), int(np.ceil((east - west) / cell_m)))
    out = np.full(shape, roofs["eaves_m"].min() - BELOW_M)
    for row in roofs.itertuples():
        left, low, right, high = row.geometry.bounds
        i = np.arange(int((north - high) / cell_m), int((north - low) / cell_m) + 1)
        j = np.arange(int((left - west) / cell_m), int((right - west) / cell_m) + 1)
        x, y = np.meshgrid(west + (j + 0.5) * cell_m, north - (i + 0.5) * cell_m)
        inside = shapely.contains_xy(row.geometry, x, y)
        azimuth, rise = np.radians(np.nan_to_num(row.azimuth_deg)), np.tan(np.radians(min(row.tilt_deg, 85.0)))
        rise = 0.0 if np.isnan(row.azimuth_deg) else rise
        points = shapely.get_coordinates(row.geometry) @ np.array([np.sin(azimuth), np.cos(azimuth)])
        height = row.eaves_m + rise * (points.max() - (x * np.sin(azimuth) + y * np.cos(azimuth)))
        window = out[i[0] : i[-1] + 1, j[0] : j[-1] + 1]
        np.copyto(window, np.maximum(window, height), where=inside)
    return Patch(out.astype(np.float32), float(west), float(north), cell_m)


def pairs(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return for each plane of the first the plane of the second of the same building that covers most of it."""
    met = first.reset_index()[["roof_id", "building_id", "geometry"]].merge(
        second.reset_index()[["roof_id", "building_id", "geometry"]], on="building_id", suffixes=("", "_other")
    )
    shared = shapely.area(shapely.intersection(met["geometry"].array, met["geometry_other"].array))
    best = met.assign(shared=shared).sort_values(["shared", "roof_id_other"]).groupby("roof_id").last()
    best = best[best["shared"] > 0]
    other = second.loc[best["roof_id_other"]].set_index(best.index)
    measures = ["tilt_deg", "azimuth_deg", "area_m2"]
    out = first[measures].join(other[measures].add_suffix("_fit"))
    turn = np.abs((out["azimuth_deg_fit"] - out["azimuth_deg"] + 180) % 360 - 180)
    cover = best["shared"] / first.geometry.area.reindex(best.index)
    return out.assign(turn_deg=turn, off_deg=(out["tilt_deg_fit"] - out["tilt_deg"]).abs(), cover=cover)


def by_tilt(name: str, cell_m: float) -> pd.DataFrame:
    """Return the differences of both ways to roofs by tilt class, weighted by area."""
    buildings, roofs = lod2(name)
    fitted = fit_roofs(buildings, rendered(roofs, cell_m))
    both = pairs(roofs, fitted.roofs)
    classes = pd.cut(both["tilt_deg"], TILTS, right=False)
    fit_classes = pd.cut(fitted.roofs["tilt_deg"], TILTS, right=False)
    rows = []
    for kind in classes.cat.categories:
        own = both[classes == kind]
        met = own["off_deg"].notna()
        large = own[own["area_m2"] >= SAMPLES]
        rows.append(
            {
                "source": name, "cell m": cell_m, "tilt": f"{kind.left:.0f}-{kind.right:.0f}°", "LoD2 planes": len(own),
                "LoD2 m²": own["area_m2"].sum(), "fitted m²": fitted.roofs.loc[fit_classes == kind, "area_m2"].sum(),
                f"planes ≥ {SAMPLES} m²": len(large),
                "tilt within 1° %": 100 * (large["off_deg"] <= 1).mean(), "median off °": large["off_deg"].median(),
                "azimuth within 2° %": 100 * (large["turn_deg"].dropna() <= 2).mean(), "not met": int((~met).sum()),
            }
        )  # fmt: skip
    rows.append(
        {"source": name, "cell m": cell_m, "tilt": "all", "LoD2 planes": len(both), "LoD2 m²": both["area_m2"].sum(),
         "fitted m²": fitted.roofs["area_m2"].sum(), f"planes ≥ {SAMPLES} m²": int((both["area_m2"] >= SAMPLES).sum()),
         "tilt within 1° %": 100 * np.average(both["off_deg"].fillna(90) <= 1, weights=both["area_m2"]),
         "median off °": both["off_deg"].median(),
         "azimuth within 2° %": 100 * (both["turn_deg"].dropna() <= 2).mean(),
         "not met": sum(len(v) for v in fitted.unknown.values())}
    )  # fmt: skip
    return pd.DataFrame(rows)


def gothenburg() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Patch, dict[str, list[str]]]:
    """Return footprints, fitted planes and heights of Gothenburg, and the buildings without planes."""
    folder = data_folder() / "gothenburg_dsm"
    with rasterio.open(folder / "DSM_KRbig.tif") as data:
        crs = data.crs
    shapes = gpd.read_file(folder / "buildings.shp").to_crs(crs).geometry.force_2d().explode(ignore_index=True)
    stock = gpd.GeoDataFrame(
        geometry=shapes.array, index=pd.Index([f"b{i}" for i in range(len(shapes))], name="building_id", dtype="str")
    )
    with Mosaic([folder / "DSM_KRbig.tif"]) as mosaic:
        patch = mosaic.read(mosaic.bounds)
    start = time.perf_counter()
    found = fit_roofs(stock, patch)
    sys.stdout.write(f"\nGothenburg: {len(stock)} buildings in {time.perf_counter() - start:.2f} s\n")
    return stock, found.roofs, patch, found.unknown


def district() -> pd.DataFrame:
    """Return the yield of the district by weather year, shaded as a run does it and not, and what the planes cover."""
    rows = []
    for year, shading in product((2020, 2021), ("auto", "none")):
        plan = plan_of(year)
        plan = plan.model_copy(update={"solar": plan.solar.model_copy(update={"shading": shading})})
        bench = compute(plan, Path(), Recorder(lambda _: None))
        roofs, buildings = bench.tables["roofs"], bench.tables["buildings"]
        owned = buildings.loc[buildings.index.isin(roofs["building_id"])]
        plan_area = (roofs["area_m2"] * np.cos(np.radians(roofs["tilt_deg"]))).groupby(roofs["building_id"]).sum()
        cover = (plan_area / owned.area).clip(upper=1)
        points = roofs[roofs["geometry_source"] == "estimated"]
        losses, bare = roofs["shading_loss_share"], buildings.loc[buildings.index.difference(owned.index)]
        rows.append(
            {
                "weather": f"{year} {shading}", "planes": len(roofs), "of points": len(points),
                "buildings with planes": len(owned), "buildings": len(buildings),
                "their footprint m²": owned.area.sum(),
                "plan area of planes m²": plan_area.sum(), "cover of them %": 100 * plan_area.sum() / owned.area.sum(),
                "median cover %": 100 * cover.median(), "footprint without planes m²": bare.area.sum(),
                "of it under 40 m² %": 100 * bare.area[bare.area < 40].sum() / bare.area.sum(),
                "buildings without under 40 m²": int((bare.area < 40).sum()),
                "planes shaded": int(losses.notna().sum()),
                "mean loss %": 100 * np.average(losses.fillna(0), weights=roofs["area_m2"]),
                "usable m²": roofs["usable_area_m2"].sum(), "kWp": buildings["pv_potential_kwp"].sum(),
                "MWh/a": buildings["pv_yield_kwh_a"].sum() / 1e3,
                "kWh/kWp": buildings["pv_yield_kwh_a"].sum() / buildings["pv_potential_kwp"].sum(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("weather").T


def draw(folder: Path, stock: gpd.GeoDataFrame, roofs: gpd.GeoDataFrame, patch: Patch) -> None:
    """Draw heights with footprints beside the fitted planes."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(16, 8), layout="constrained")
    west, south, east, north = patch.bounds
    image = left.imshow(patch.values, extent=(west, east, south, north), cmap="terrain")
    stock.boundary.plot(ax=left, color="black", linewidth=0.6)
    figure.colorbar(image, ax=left, label="m", shrink=0.7)
    stock.boundary.plot(ax=right, color="black", linewidth=0.6)
    options: dict[str, Any] = {"vmin": 0, "vmax": 60, "cmap": "viridis", "legend": True}
    roofs.plot(
        "tilt_deg",
        ax=right,
        edgecolor="white",
        linewidth=0.5,
        legend_kwds={"label": "tilt °", "shrink": 0.7},
        **options,
    )
    for axis in (left, right):
        axis.set_xlim(west, east)
        axis.set_ylim(south, north)
        axis.set_axis_off()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "gothenburg_roofs.png", dpi=110)


def tell(table: pd.DataFrame, index: bool = False) -> None:
    """Print a table as Markdown."""
    shown = table.reset_index() if index else table
    lines = [shown.columns, ["---"] * shown.shape[1], *shown.to_numpy()]
    cells = [[f"{v:,.1f}" if isinstance(v, float) else str(v) for v in line] for line in lines]
    sys.stdout.write("\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n\n")


def main() -> None:
    """Print all tables, or the district alone."""
    if sys.argv[1:] == ["--district"]:
        tell(district(), index=True)
        return
    for name in CLIPS:
        for cell_m in (0.5, 1.0):
            tell(by_tilt(name, cell_m))
    stock, roofs, patch, unknown = gothenburg()
    classes = pd.cut(roofs["tilt_deg"], TILTS, right=False)
    shares = roofs.groupby(classes, observed=False)["area_m2"].agg(["size", "sum"])
    tell(shares.assign(percent=100 * shares["sum"] / shares["sum"].sum()), index=True)
    told = roofs[["fit_agreeing_share", "fit_rmse_m"]].median().round(3).to_dict()
    sys.stdout.write(f"median {told}, {(roofs['geometry_source'] == 'measured').mean():.0%} measured; ")
    sys.stdout.write(f"without planes: { {k: len(v) for k, v in unknown.items()} }\n\n")
    tell(district(), index=True)
    if len(sys.argv) > 1:
        draw(Path(sys.argv[1]), stock, roofs, patch)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    main()
