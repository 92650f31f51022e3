"""Roof planes at any size from a stored table to yield, collectors, use and the balance of their zones.

    python tests/benchmarks/roofs.py [--sizes 100000 500000] [--shaded | --fitted [--cell 1]]

Planes are drawn at random (two of five flat), two on a building, a thousand buildings in a zone; the table is
written as Parquet first and read back inside the clock. With `--shaded` buildings of 4 to 20 m shade each other by the
surface that is drawn from the planes, else nothing does. With `--fitted` a size counts buildings, whose roofs (flat,
gabled, hipped, gabled with a flat annexe) are fitted on a surface model, tile by tile as a run does it. Each size
runs in a fresh process; seconds are of the wall, CPU of all threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep import solar, sources
from klimastep.rundir import peak_memory_mb
from klimastep.tables import TABLES
from klimastep.weather import Weather, prepare


def table(planes: int, with_heights: bool = False) -> gpd.GeoDataFrame:
    """Return roof planes, two on a building."""
    rng = np.random.default_rng(6)
    heights = np.repeat(np.random.default_rng(7).uniform(4, 20, planes // 2 + 1), 2)[:planes]
    flat = rng.random(planes) < 0.4
    x, y = 500_000 + 20.0 * (np.arange(planes) % 1000), 5_400_000 + 20.0 * (np.arange(planes) // 1000)
    return gpd.GeoDataFrame(
        {
            "building_id": pd.array([f"b{i // 2}" for i in range(planes)], dtype="str"),
            "tilt_deg": np.where(flat, 0.0, rng.uniform(15, 55, planes)),
            "azimuth_deg": np.where(flat, np.nan, rng.uniform(0, 360, planes)),
            "area_m2": rng.uniform(20, 200, planes),
            "eaves_m": heights if with_heights else np.nan,
            "geometry_source": pd.Categorical(["estimated"] * planes, TABLES["roofs"]["geometry_source"].vocabulary),
        },
        index=pd.Index([f"r{i}" for i in range(planes)], dtype="str", name="roof_id"),
        geometry=shapely.box(x, y, x + 10, y + 10),
        crs="EPSG:25832",
    )


def stock(roofs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a dwelling house for each pair of planes."""
    first = roofs.drop_duplicates("building_id")
    rows = len(first)
    return gpd.GeoDataFrame(
        {
            "use_class": pd.Categorical(["residential"] * rows, TABLES["buildings"]["use_class"].vocabulary),
            "dwellings": 2.0,
            "floor_area_m2": 200.0,
            "zone_id": pd.array([f"z{i // 1000}" for i in range(rows)], dtype="str"),
        },
        index=pd.Index(first["building_id"], dtype="str", name="building_id"),
        geometry=first.geometry.to_numpy(),
        crs=roofs.crs,
    )


def measure(size: int, shaded: bool = False) -> dict[str, float | dict[str, float]]:
    """Return seconds of each part and peak memory, in this process."""
    shading = solar.Shading(solar.Surroundings()) if shaded else None
    parts: dict[str, float] = {}

    def clock(name: str, start: float) -> None:
        parts[name] = round(time.perf_counter() - start, 2)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roofs.parquet"
        table(size, shaded).to_parquet(path)
        year = weather_of()
        solar.photovoltaic(solar.usable(solar.irradiation(table(10, shaded), year, shading=shading)), year)
        start = begun = time.perf_counter()
        cpu = time.process_time()
        roofs = gpd.read_parquet(path)
        clock("read", start)
        start = time.perf_counter()
        roofs = solar.irradiation(roofs, year, shading=shading)
        clock("irradiation", start)
        start = time.perf_counter()
        roofs = solar.photovoltaic(solar.usable(roofs), year, losses="pvlib")
        clock("yield (pvlib losses)", start)
        start = time.perf_counter()
        roofs = solar.collectors(roofs, year)
        clock("collectors", start)
        start = time.perf_counter()
        houses = stock(roofs)
        houses = solar.pv_use(solar.household_electricity(solar.to_buildings(houses, roofs)), year)
        clock("buildings and self-consumption", start)
        start = time.perf_counter()
        hours = solar.grid_hours(year)
        made = solar.hourly_kwh_kwp(hours, "pvlib", 0.8)
        shapes = solar.HourShapes(made, solar.household_shape(year), hours.month, lambda _some: np.zeros(8760))
        balance = solar.solar_balance(houses, roofs, shapes)
        clock("hours and balance of zones", start)
        whole, cpu = time.perf_counter() - begun, time.process_time() - cpu
    made = float(houses["pv_yield_kwh_a"].sum())
    if abs(balance["pv_yield_kwh"].sum() / made - 1) > 1e-9 or abs(roofs["pv_yield_kwh_a"].sum() / made - 1) > 1e-9:
        raise SystemExit("the zones do not sum up to the roofs")
    return {"planes": size, "seconds": round(whole, 1), "cpu_s": round(cpu, 1), "parts": parts,
            "peak_gb": round(peak_memory_mb() / 1024, 2)}  # fmt: skip


LOT_M = 24.0


def house(number: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return heights on lots, each with one of four houses around its middle; 0 beside them. [m]"""
    kind, wide, long = number % 4, 4.0 + number % 3, 6.0 + number % 5 / 2
    slope = 0.5 + number % 7 / 10
    gable, hip = wide - np.abs(x), np.minimum(wide - np.abs(x), long - np.abs(y))
    roof = np.select([kind == 0, kind == 1, kind == 2], [np.zeros_like(x), gable, hip], np.where(y > 0, gable, -4.0))
    return np.where((np.abs(x) < wide) & (np.abs(y) < long), 6 + number % 9 + slope * roof, 0.0)


def fitted(size: int, cell_m: float) -> dict[str, float]:
    """Return seconds and peak memory of fitting the roofs of so many buildings, tile by tile."""
    import rasterio

    from klimastep.partition import tiles
    from klimastep.rasters import Mosaic
    from klimastep.recipe.roofs import BESIDE_CELLS, TILE_CELLS

    across = int(np.ceil(np.sqrt(size)))
    cells = int(LOT_M / cell_m)
    row, column = np.divmod(np.arange(size), across)
    x, y = LOT_M * (column + 0.5), LOT_M * (across - row - 0.5)
    wide, long = 4.0 + np.arange(size) % 3, 6.0 + np.arange(size) % 5 / 2
    index = pd.Index([f"b{n}" for n in range(size)], dtype="str", name="building_id")
    houses = gpd.GeoDataFrame(
        geometry=shapely.box(x - wide, y - long, x + wide, y + long), index=index, crs="EPSG:25832"
    )
    rng = np.random.default_rng(1)
    middle = (np.arange(cells) + 0.5) * cell_m - LOT_M / 2
    dy, dx = np.meshgrid(-middle, middle, indexing="ij")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dom.tif"
        side = across * cells
        options = {"width": side, "height": side, "count": 1, "dtype": "float32", "crs": "EPSG:25832", "tiled": True}
        place = rasterio.transform.from_origin(0, across * LOT_M, cell_m, cell_m)
        with rasterio.open(path, "w", driver="GTiff", transform=place, **options) as file:
            for line in range(across):
                number = np.repeat(np.arange(line * across, (line + 1) * across), cells)
                strip = house(np.broadcast_to(number, (cells, side)), np.tile(dx, across), np.tile(dy, across))
                strip = (strip + rng.normal(0, 0.05, strip.shape)).astype("float32")
                file.write(strip, 1, window=rasterio.windows.Window(0, line * cells, side, cells))
        with Mosaic([path]) as surface:
            solar.fit_roofs(houses.iloc[:2], surface.read((0, 24.0 * across - 50, 100, 24.0 * across)))
            begun, cpu, planes = time.perf_counter(), time.process_time(), 0
            for own, _ in tiles(houses, TILE_CELLS * cell_m, 0.0):
                some = gpd.GeoDataFrame(houses.iloc[own])
                reach = BESIDE_CELLS * cell_m * np.array([-1, -1, 1, 1])
                west, south, east, north = some.total_bounds + reach
                planes += len(solar.fit_roofs(some, surface.read((west, south, east, north))).roofs)
            whole, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {"buildings": size, "cell_m": cell_m, "planes": planes, "seconds": round(whole, 1), "cpu_s": round(cpu, 1),
            "per_s": round(size / whole), "per_cpu_s": round(size / cpu),
            "peak_gb": round(peak_memory_mb() / 1024, 2)}  # fmt: skip


def weather_of() -> Weather:
    """Return the test reference year of region 12."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
    return prepare(reading.tables["weather"], **place)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 500_000])
    parser.add_argument("--shaded", action="store_true", help="with the shading of the buildings")
    parser.add_argument("--fitted", action="store_true", help="roofs fitted on a surface model instead")
    parser.add_argument("--cell", type=float, default=1.0, help="cells of that surface model in metres")
    parser.add_argument("--one", type=int, help="measure one size in this process and tell it as JSON")
    wanted = parser.parse_args()
    if wanted.one:
        facts = fitted(wanted.one, wanted.cell) if wanted.fitted else measure(wanted.one, wanted.shaded)
        sys.stdout.write(f"{json.dumps(facts)}\n")
    else:
        kind = ["--shaded"] * wanted.shaded + ["--fitted"] * wanted.fitted + ["--cell", str(wanted.cell)]
        for size in wanted.sizes:
            subprocess.run([sys.executable, str(Path(__file__)), *kind, "--one", str(size)], check=True)


if __name__ == "__main__":
    main()
