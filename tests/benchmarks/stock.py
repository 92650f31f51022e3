"""The building stock at any size: merged, cleaned, keyed, dated and enveloped with party walls.

    python tests/benchmarks/stock.py [--sizes 100000 300000 1000000]

A town of the generator (4,000 buildings) is laid side by side as tables, each copy with ids of its own, since writing
official files takes longer than what is measured. One delivery is the cadastre, the other LoD2, of which every
twentieth building has a foreign id and is matched by overlap. Each size runs in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

TOWN = 4_000
STRIDE_M = 3_000.0
FOREIGN = 20
PARTS = {"parcels": ("parcel_id", {}), "blocks": ("block_id", {}), "districts": ("district_id", {"name": "name"}),
         "streets": ("street_id", {"strassenname": "name"})}  # fmt: skip


def copies(frame: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return a table repeated side by side, with ids of its own in each copy."""
    side = int(np.ceil(np.sqrt(count)))
    parts = []
    for number in range(count):
        move = (STRIDE_M * (number % side), STRIDE_M * (number // side))
        part = frame.assign(geometry=shapely.transform(frame.geometry.to_numpy(), lambda xy, m=move: xy + m))
        parts.append(part.set_axis(frame.index + f"_{number}"))
    return gpd.GeoDataFrame(pd.concat(parts), crs=frame.crs)


def deliveries(size: int) -> tuple[list[tuple[str, str, pd.DataFrame]], dict[str, gpd.GeoDataFrame]]:
    """Return what cadastre and LoD2 say of a town of a size, and its areas and streets."""
    from klimastep.contract import conform
    from klimastep.sample.town import make_town
    from klimastep.tables import BUILDINGS, TABLES

    town = make_town(min(size, TOWN))
    count = max(1, round(size / len(town.buildings)))
    houses = copies(town.buildings[["function", "address", "storeys", "eaves_m", "height_m", "geometry"]], count)
    houses.index = houses.index.rename("building_id").astype("str")
    alkis = houses.rename(columns={"function": "function_code"}).drop(columns=["eaves_m", "height_m"])
    shapes = houses.geometry.to_numpy()
    solid = houses[["height_m", "geometry"]].assign(
        eaves_height_m=houses["eaves_m"],
        wall_area_m2=shapely.length(shapes) * houses["eaves_m"],
        roof_area_m2=shapely.area(shapes) * 1.15,
        volume_m3=shapely.area(shapes) * (houses["eaves_m"] + houses["height_m"]) / 2,
    )
    foreign = np.arange(len(solid)) % FOREIGN == 0
    solid.index = pd.Index(np.where(foreign, "LOD2_" + solid.index, solid.index), name="building_id", dtype="str")
    tables = [("cadastre", "cadastre", conform(alkis, BUILDINGS)), ("lod2", "measured", conform(solid, BUILDINGS))]
    areas = {}
    for name, (key, names) in PARTS.items():
        frame = getattr(town, name)
        frame = frame.rename(columns=names)[[*names.values(), "geometry"]].set_axis(frame.index.astype("str"))
        areas[name] = conform(copies(frame, count).rename_axis(key), TABLES[name])
    return tables, areas


def measure(size: int) -> dict[str, float | dict[str, float]]:
    """Return seconds and peak memory of the cadastre steps, in this process."""
    from klimastep.config import Config
    from klimastep.inputs import Inputs
    from klimastep.recipe.bench import Bench
    from klimastep.recipe.stock import buildings
    from klimastep.rundir import Recorder, peak_memory_mb

    start = time.perf_counter()
    tables, areas = deliveries(size)
    made, before = time.perf_counter() - start, peak_memory_mb()
    plan = Config(name="bench", title_de="Bench", sources=[{"reader": "alkis_simple", "path": "x"}])
    bench = Bench(plan, Recorder())
    start, cpu = time.perf_counter(), time.process_time()
    buildings(bench, Inputs(buildings=tables, tables=areas))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    stock = bench.tables["buildings"]
    return {
        "buildings": len(stock),
        "attached": int((stock["party_wall_area_m2"] > 0).sum()),
        "wall_s": round(seconds, 1),
        "cpu_s": round(cpu, 1),
        "cpu_us_per_building": round(1e6 * cpu / len(stock), 1),
        "peak_mb": round(peak_memory_mb()),
        "input_mb": round(before),
        "making_s": round(made, 1),
        "steps": {s["step"]: s["cpu_seconds"] for s in bench.recorder.steps},
    }


def grow(sizes: list[int]) -> pd.DataFrame:
    """Return one column a size, each measured in a process of its own, and the growth per building."""
    columns = {}
    for size in sizes:
        done = subprocess.run(
            [sys.executable, str(Path(__file__)), "--one", str(size)], check=True, capture_output=True, encoding="utf-8"
        )
        facts = json.loads(done.stdout.splitlines()[-1])
        columns[size] = pd.Series({**facts, **facts.pop("steps")})
        columns[size] = columns[size].drop("steps", errors="ignore")
    table = pd.DataFrame(columns)
    table.loc["per building, first = 1"] = table.loc["cpu_us_per_building"] / table.loc["cpu_us_per_building", sizes[0]]
    return table


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--one", type=int, help="measure one size in this process and tell it as JSON")
    wanted = parser.parse_args()
    text = json.dumps(measure(wanted.one)) if wanted.one else grow(sorted(wanted.sizes)).to_string()
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
