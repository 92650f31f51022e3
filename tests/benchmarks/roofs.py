"""Roof planes at any size from a stored table to yield, collectors, use and the balance of their zones.

    python tests/benchmarks/roofs.py [--sizes 100000 500000]

Planes are drawn at random (two of five flat), two on a building, a thousand buildings in a zone; the table is
written as Parquet first and read back inside the clock. Unshaded; each size runs in a fresh process.
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


def table(planes: int) -> gpd.GeoDataFrame:
    """Return roof planes, two on a building."""
    rng = np.random.default_rng(6)
    flat = rng.random(planes) < 0.4
    x, y = 500_000 + 20.0 * (np.arange(planes) % 1000), 5_400_000 + 20.0 * (np.arange(planes) // 1000)
    return gpd.GeoDataFrame(
        {
            "building_id": pd.array([f"b{i // 2}" for i in range(planes)], dtype="str"),
            "tilt_deg": np.where(flat, 0.0, rng.uniform(15, 55, planes)),
            "azimuth_deg": np.where(flat, np.nan, rng.uniform(0, 360, planes)),
            "area_m2": rng.uniform(20, 200, planes),
            "eaves_m": np.nan,
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


def measure(size: int) -> dict[str, float | dict[str, float]]:
    """Return seconds of each part and peak memory, in this process."""
    parts: dict[str, float] = {}

    def clock(name: str, start: float) -> None:
        parts[name] = round(time.perf_counter() - start, 2)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roofs.parquet"
        table(size).to_parquet(path)
        year = weather_of()
        solar.photovoltaic(solar.usable(solar.irradiation(table(10), year)), year)
        start = begun = time.perf_counter()
        roofs = gpd.read_parquet(path)
        clock("read", start)
        start = time.perf_counter()
        roofs = solar.irradiation(roofs, year)
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
        whole = time.perf_counter() - begun
    made = float(houses["pv_yield_kwh_a"].sum())
    if abs(balance["pv_yield_kwh"].sum() / made - 1) > 1e-9 or abs(roofs["pv_yield_kwh_a"].sum() / made - 1) > 1e-9:
        raise SystemExit("the zones do not sum up to the roofs")
    return {"planes": size, "seconds": round(whole, 1), "parts": parts, "peak_gb": round(peak_memory_mb() / 1024, 2)}


def weather_of() -> Weather:
    """Return the test reference year of region 12."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
    return prepare(reading.tables["weather"], **place)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 500_000])
    parser.add_argument("--one", type=int, help="measure one size in this process and tell it as JSON")
    wanted = parser.parse_args()
    if wanted.one:
        sys.stdout.write(f"{json.dumps(measure(wanted.one))}\n")
    else:
        for size in wanted.sizes:
            subprocess.run([sys.executable, str(Path(__file__)), "--one", str(size)], check=True)


if __name__ == "__main__":
    main()
