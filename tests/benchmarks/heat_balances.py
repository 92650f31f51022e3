"""The heat balances of whole stocks: processor seconds, buildings per second and memory beside inputs and results.

python tests/benchmarks/heat_balances.py [--buildings 100000 1000000] [--drawn 15000] [--draws 200]

Memory is what numpy holds at most during the second run beyond what it held before, less the results.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))


def measure(buildings: int, drawn: int, draws: int) -> pd.DataFrame:
    """Return what each method takes."""
    import hourly_numpy
    from heat.balances import LIGHT, house, year

    from klimastep.heat import balance_hourly, balance_monthly
    from klimastep.weather import months_of

    stock = house(buildings, u=np.linspace(0.2, 1.6, buildings))
    hours = year()
    months = months_of(hours)
    some = min(buildings, 2000)
    few = house(some, u=np.linspace(0.2, 1.6, some))
    rows = {
        "hourly": _row(buildings, lambda: balance_hourly.balance(*stock, hours, LIGHT)),
        "hourly, double precision": _row(
            buildings, lambda: balance_hourly.balance(*stock, hours, LIGHT, precision=np.float64)
        ),
        "numpy, solved in advance": _row(some, lambda: hourly_numpy.balance(*few, hours, LIGHT)),
        "numpy, annex C as printed": _row(some, lambda: hourly_numpy.annex_c(*few, hours, LIGHT)),
        "monthly": _row(buildings, lambda: balance_monthly.balance(*stock, months)),
        f"{draws} draws": _row(drawn, _bands(drawn, draws)),
    }
    return pd.DataFrame(rows).T


def _row(buildings: int, run: Callable[[], tuple]) -> dict[str, float]:
    run()
    start, wall = time.process_time(), time.perf_counter()
    run()
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    tracemalloc.start()
    result = run()
    peak = tracemalloc.get_traced_memory()[1] - sum(v.nbytes for v in result if isinstance(v, np.ndarray))
    tracemalloc.stop()
    rate = {"buildings_per_cpu_s": buildings / seconds, "buildings_per_s": buildings / wall}
    return {"buildings": buildings, "cpu_s": seconds, **rate, "beside_mb": peak / 1e6}


def _bands(drawn: int, draws: int) -> Callable[[], tuple]:
    from heat.conftest import HOUSE

    from klimastep import heat
    from klimastep.contract import conform
    from klimastep.tables import BUILDINGS
    from klimastep.weather import HeatingSeason

    rng = np.random.default_rng(1)
    index = pd.Index([f"b{i}" for i in range(drawn)], dtype="str", name="building_id")
    frame = pd.DataFrame(HOUSE, index=index).assign(year_built=rng.integers(1850, 2020, drawn))
    boxes = shapely.box(np.arange(drawn) * 20.0, 0, np.arange(drawn) * 20.0 + 10, 10)
    season = HeatingSeason(216.0, 4.6, 368.0, 260.0, 394.0, 222.0, 123.0)
    stock = heat.expected(conform(gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:25832"), BUILDINGS), season)
    blocks = pd.Series(np.arange(drawn) // 30, index=index).astype("str")
    return lambda: heat.bands(stock, season, areas={"block": blocks}, draws=draws, seed=1)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buildings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--drawn", type=int, default=15_000)
    parser.add_argument("--draws", type=int, default=200)
    wanted = parser.parse_args()
    for buildings in wanted.buildings:
        table = measure(buildings, wanted.drawn, wanted.draws)
        sys.stdout.write(f"{table.round(2).to_string()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
