"""Benchmarks: whole runs of growing towns, and hot parts as a ratio to a named peer in the same run.

    python tests/benchmarks/run.py [--sizes 1500 15000 150000] [--only towns|peers|readers] [--megabytes 10 20 40]

Nothing here fails on a time; the smoke test only sees that every benchmark still runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from readers import CASES, processes, readers  # noqa: E402

RUN = "import sys, pathlib; from klimastep import plan; plan.run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"


def town(size: int, folder: Path) -> dict:
    """Make a town, run its plan in a fresh process and return its provenance with the seconds of the whole."""
    from klimastep.sample import sample

    start = time.perf_counter()
    plan = sample(folder / f"town_{size}", size)
    made = time.perf_counter() - start
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", RUN, str(plan), str(folder / f"maps_{size}")], check=True)
    facts = json.loads((folder / f"maps_{size}" / "musterstadt" / "intern" / "provenance.json").read_text("utf-8"))
    return facts | {"wall_seconds": time.perf_counter() - start, "sample_seconds": made}


def towns(sizes: list[int]) -> pd.DataFrame:
    """Return seconds, rows per second and peak memory per step and size, with the growth between sizes."""
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            facts = town(size, Path(folder))
            steps = pd.DataFrame(facts["steps"]).groupby("step", sort=False)[["rows", "cpu_seconds", "peak_memory_mb"]]
            table = steps.agg({"rows": "sum", "cpu_seconds": "sum", "peak_memory_mb": "max"})
            table.loc["WHOLE RUN"] = [size, table["cpu_seconds"].sum(), table["peak_memory_mb"].max()]
            table["rows_per_s"] = table["rows"] / table["cpu_seconds"].clip(lower=1e-3)
            columns[size] = table
            tell(f"{size}: wall {facts['wall_seconds']:.1f} s, making the town {facts['sample_seconds']:.1f} s")
    out = pd.concat(columns, axis=1)
    for small, large in zip(sizes[:-1], sizes[1:], strict=True):
        seconds = columns[large]["cpu_seconds"] / columns[small]["cpu_seconds"].clip(lower=1e-3)
        out[("growth", f"{large}/{small}")] = seconds / (large / small)
    return out


def _timed(function: Callable[[], object]) -> float:
    function()
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def keys(size: int) -> tuple[str, float, float]:
    """Block of each building: our join against geopandas.sjoin of points."""
    from klimastep.geo import within

    rng = np.random.default_rng(1)
    side = int(np.sqrt(size)) + 1
    x, y = 20.0 * (np.arange(size) % side), 20.0 * (np.arange(size) // side)
    houses = gpd.GeoDataFrame(geometry=shapely.box(x, y, x + rng.uniform(5, 15, size), y + 12), crs="EPSG:25832")
    bx, by = np.meshgrid(np.arange(0, side * 20, 100.0), np.arange(0, side * 20, 100.0))
    blocks = gpd.GeoDataFrame(geometry=shapely.box(bx, by, bx + 100, by + 100).ravel(), crs="EPSG:25832")

    def peer() -> object:
        points = houses.set_geometry(houses.representative_point())
        return gpd.sjoin(points, blocks, predicate="within")

    return "geopandas.sjoin", _timed(lambda: within(houses, blocks)), _timed(peer)


def irradiation(size: int) -> tuple[str, float, float]:
    """Irradiation of roofs over the year: our kernel against pvlib, roofs broadcast over hours."""
    import pvlib

    from klimastep import sources, weather

    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    year = weather.prepare(reading.tables["weather"], **place)
    sky = year.sky()
    rng = np.random.default_rng(1)
    tilt, azimuth = rng.uniform(0, 60, size), rng.uniform(0, 360, size)
    some = min(size, 200)
    sun, hourly = year.sun, year.hourly
    extra = np.asarray(pvlib.irradiance.get_extra_radiation(hourly.index.day_of_year))[:, None]

    def peer() -> object:
        return pvlib.irradiance.get_total_irradiance(
            tilt[None, :some],
            azimuth[None, :some],
            np.asarray(sun[0])[:, None],
            np.asarray(sun[1])[:, None],
            hourly["dni_w_m2"].to_numpy()[:, None],
            hourly["ghi_w_m2"].to_numpy()[:, None],
            hourly["dhi_w_m2"].to_numpy()[:, None],
            dni_extra=extra,
            model="haydavies",
        )["poa_global"].sum(axis=0)

    return "pvlib broadcast", _timed(lambda: weather.yearly_on_planes(tilt, azimuth, sky)), _timed(peer) * size / some


def geopackage(size: int) -> tuple[str, float, float]:
    """GeoPackage of buildings: ours with styles against pyogrio's default, rows alone."""
    from klimastep.contract import Catalogue, random_table
    from klimastep.export import geopackage as exporter
    from klimastep.export.about import About
    from klimastep.tables import BUILDINGS

    frame = random_table(BUILDINGS, size, np.random.default_rng(1))
    about = About("b", "B", "B", True, "intern", "0", "2026-01-01", "EPSG:25832")
    catalogue = Catalogue({"buildings": BUILDINGS})
    with tempfile.TemporaryDirectory() as folder:
        ours = _timed(lambda: exporter.write({"buildings": frame}, catalogue, Path(folder), about))
        peer = _timed(lambda: frame.to_file(Path(folder) / "peer.gpkg", driver="GPKG", engine="pyogrio"))
    return "pyogrio default", ours, peer


def _dwellings(size: int) -> tuple:
    """Return invented dwellings and the test reference year of Potsdam."""
    from heat.balances import house

    from klimastep import sources, weather

    reading = sources.read("weather_try", None, crs="EPSG:25832", region=4)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    year = weather.prepare(reading.tables["weather"], **place)
    return *house(size, u=np.random.default_rng(1).uniform(0.2, 1.6, size)), year


def _hourly(size: int, name: str) -> tuple[str, float, float]:
    from benchmarks import hourly_numpy
    from heat.balances import LIGHT

    from klimastep.heat import balance_hourly
    from klimastep.weather import hourly_climate

    envelope, conditions, year = _dwellings(size)
    climate = hourly_climate(year)
    some = min(size, 2000)
    part = type(envelope)(*(v[:some] if len(v) == size else v for v in envelope))
    numpy_form = getattr(hourly_numpy, name)
    theirs = numpy_form(part, conditions, climate, LIGHT)
    mine = balance_hourly.balance(part, conditions, climate, LIGHT)
    np.testing.assert_allclose(mine.space_heat_kwh_m2a, theirs[0], rtol=1e-5)
    np.testing.assert_allclose(mine.heat_load_w_m2, theirs[1], rtol=1e-5)
    assert np.count_nonzero(mine.overheating_h_a != theirs[2]) <= some // 100  # an hour may stand on the limit itself
    peer = _timed(lambda: numpy_form(part, conditions, climate, LIGHT)) * size / some
    return "numpy, hours in a loop", _timed(lambda: balance_hourly.balance(envelope, conditions, climate, LIGHT)), peer


def hourly(size: int) -> tuple[str, float, float]:
    """Hourly balance: our kernel against numpy, hours in a loop, the network solved in advance as ours."""
    return _hourly(size, "balance")


def hourly_as_printed(size: int) -> tuple[str, float, float]:
    """Hourly balance: our kernel against numpy as one would write it from the standard, four solutions an hour."""
    return _hourly(size, "annex_c")


def monthly(size: int) -> tuple[str, float, float]:
    """Monthly balance against the seasonal one in numpy."""
    from klimastep.heat import balance_monthly, balance_seasonal
    from klimastep.weather import heating_season, monthly_climate

    envelope, conditions, year = _dwellings(size)
    months, season = monthly_climate(year), heating_season(year)
    ours = _timed(lambda: balance_monthly.balance(envelope, conditions, months))
    return "seasonal, numpy", ours, _timed(lambda: balance_seasonal.balance(envelope, conditions, season))


def year_and_sky() -> tuple:
    """Return the test reference year of region 12 and its sky."""
    from klimastep import sources, weather

    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    year = weather.prepare(
        reading.tables["weather"], **{k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    )
    return year, year.sky()


class Blocks:
    """A surface of box houses that is made as it is read: any size in no memory."""

    def __init__(self, side: int) -> None:
        self.bounds, self.resolution_m = (0.0, 0.0, float(side), float(side)), 1.0

    def read(self, bounds: tuple, *, resolution_m: float | None = None) -> object:
        """Return the heights in a window."""
        from klimastep.rasters import Patch

        step = resolution_m or 1.0
        west, north = np.floor(bounds[0] / step) * step, np.ceil(bounds[3] / step) * step
        x = west + step * (np.arange(int(np.ceil((bounds[2] - west) / step))) + 0.5)
        y = north - step * (np.arange(int(np.ceil((north - bounds[1]) / step))) + 0.5)
        column, row = np.floor(x / 25)[None, :], np.floor(y / 20)[:, None]
        tall = 4 + (column * 7 + row * 13) % 11
        house = ((x % 25 > 10)[None, :]) & ((y % 20 > 8)[:, None])
        return Patch(np.where(house, tall, 0).astype(np.float32), west, north, step)


def shaded_raster(size: int) -> tuple[str, float, float]:
    """Irradiation of a raster, 12 months and year, 64 sectors: our sweep against hourly numpy shadow casting."""
    from klimastep.solar.horizon import scale
    from klimastep.solar.raster import shade_raster
    from klimastep.solar.sky import sky_tables

    _, sky = year_and_sky()
    steps = scale()
    tables, surface = sky_tables(sky, steps), Blocks(max(int(size**0.5), 260))  # shadows reach 256 cells

    def ours() -> object:
        return [tile.energy[-1].mean() for tile in shade_raster(surface, tables, steps)]

    heights = np.asarray(vars(surface.read(surface.bounds))["values"])
    hours = np.linspace(0, len(sky.up) - 1, 12).astype(int)

    def peer() -> object:
        lit = []
        for hour in hours:
            level = np.hypot(sky.east[hour], sky.north[hour])
            down, right, tan = -sky.north[hour] / level, sky.east[hour] / level, sky.up[hour] / level
            shadow = np.full_like(heights, -np.inf)
            for far in range(1, max(2, min(256, int(heights.max() / max(tan, 0.02))))):
                i, j = round(down * far), round(right * far)
                to = np.s_[max(-i, 0) : heights.shape[0] - max(i, 0), max(-j, 0) : heights.shape[1] - max(j, 0)]
                of = np.s_[max(i, 0) : heights.shape[0] + min(i, 0), max(j, 0) : heights.shape[1] + min(j, 0)]
                np.maximum(shadow[to], heights[of] - tan * far, out=shadow[to])
            lit.append(np.where(shadow > heights, 0, sky.up[hour]))
        return lit

    return "hourly numpy shadow casting", _timed(ours), _timed(peer) * len(sky.up) / len(hours)


def shaded_roofs(size: int) -> tuple[str, float, float]:
    """Irradiation of roofs by month and year with shading, from polygons on: against unshaded broadcast pvlib."""
    from klimastep import solar
    from klimastep.contract import random_table
    from klimastep.tables import ROOFS

    year, _ = year_and_sky()
    roofs = random_table(ROOFS, size, np.random.default_rng(1), spacing_m=14.0)
    roofs = roofs.assign(eaves_m=110.0, tilt_deg=roofs["tilt_deg"] / 2, azimuth_deg=roofs["azimuth_deg"].fillna(90.0))
    shading = solar.Shading(solar.Surroundings())
    return (
        "pvlib broadcast, unshaded",
        _timed(lambda: solar.irradiation(roofs, year, shading=shading)),
        irradiation(size)[2],
    )


def roof_fit(size: int) -> tuple[str, float, float]:
    """Roof planes with polygons from cells of 1 m: ours against planes alone by RANSAC in numpy, 100 draws a plane."""
    from klimastep.rasters import Patch
    from klimastep.solar import fit_roofs

    rng = np.random.default_rng(1)
    side = int(np.ceil(np.sqrt(size)))
    x, y = np.meshgrid(np.arange(24) - 11.5, 11.5 - np.arange(24))
    roof = np.where((np.abs(x) < 5) & (np.abs(y) < 7), 6 + 0.8 * np.minimum(5 - np.abs(x), 7 - np.abs(y)), 0.0)
    z = np.tile(roof, (side, side)) + rng.normal(0, 0.05, (24 * side, 24 * side))
    i, j = np.divmod(np.arange(size), side)
    boxes = shapely.box(24 * j + 7, 24 * (side - i) - 19, 24 * j + 17, 24 * (side - i) - 5)
    index = pd.Index([f"b{n}" for n in range(size)], name="building_id", dtype="str")
    stock = gpd.GeoDataFrame(geometry=boxes, index=index, crs="EPSG:25832")
    patch = Patch(z.astype(np.float32), 0.0, 24.0 * side, 1.0)
    some = min(size, 50)

    def peer() -> None:
        for n in range(some):
            left = _points(z[24 * i[n] : 24 * i[n] + 24, 24 * j[n] : 24 * j[n] + 24][5:19, 7:17])
            for _ in range(4):
                left = left[~_ransac(left, rng)]

    return "RANSAC in numpy", _timed(lambda: fit_roofs(stock, patch)), _timed(peer) * size / some


def _points(heights: np.ndarray) -> np.ndarray:
    y, x = np.indices(heights.shape)
    return np.column_stack((np.ones(heights.size), x.ravel(), y.ravel(), heights.ravel()))


def _ransac(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which points lie within 0.3 m of the best of 100 planes through three of them."""
    best = np.zeros(len(points), dtype=bool)
    for _ in range(100):
        three = points[rng.choice(len(points), 3, replace=False)] if len(points) > 3 else points
        plane = np.linalg.lstsq(three[:, :3], three[:, 3], rcond=None)[0]
        near = np.abs(points[:, 3] - points[:, :3] @ plane) <= 0.3
        best = near if near.sum() > best.sum() else best
    return best


PEERS = {
    "keys": (keys, 150_000),
    "irradiation": (irradiation, 100_000),
    "geopackage": (geopackage, 100_000),
    "hourly": (hourly, 100_000),
    "hourly_as_printed": (hourly_as_printed, 100_000),
    "monthly": (monthly, 1_000_000),
    "shaded_roofs": (shaded_roofs, 20_000),
    "shaded_raster": (shaded_raster, 1_000_000),
    "roof_fit": (roof_fit, 10_000),
}


def peers(size: int | None = None) -> pd.DataFrame:
    """Return our seconds, the peer's and their ratio for each hot part."""
    rows = {}
    for name, (function, usual) in PEERS.items():
        peer, ours, theirs = function(size or usual)
        rows[name] = {"rows": size or usual, "peer": peer, "ours_s": ours, "peer_s": theirs, "ratio": theirs / ours}
    return pd.DataFrame(rows).T


def tell(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1500, 15_000, 150_000])
    parser.add_argument("--only", choices=["towns", "peers", "readers"])
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10.0, 20.0, 40.0])
    parser.add_argument("--cases", nargs="+", choices=CASES, help="of the readers")
    wanted = parser.parse_args()
    with pd.option_context("display.width", 250, "display.max_columns", 30, "display.precision", 2):
        if wanted.only in (None, "readers"):
            for case in wanted.cases or CASES:
                tell(readers(wanted.megabytes, [case]).round(2).to_string())
            tell(f"CityGML tiles in processes: {processes(12 * wanted.megabytes[-1])}")
        if wanted.only in (None, "peers"):
            tell(peers().to_string())
        if wanted.only in (None, "towns"):
            tell(towns(sorted(wanted.sizes)).round(2).to_string())


if __name__ == "__main__":
    main()
