"""Shaded radiation of growing rasters: seconds, pixels by second and peak memory, each in a fresh process.

    python tests/benchmarks/raster.py [--sides 1000 2000 4000 10000] [--files]

With ``--files`` the surface lies in GeoTIFF tiles of 2,500 cells and is read by :class:`klimastep.rasters.Mosaic`.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import rasterio
from rasterio.transform import from_origin

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from run import Blocks, tell, year_and_sky  # noqa: E402

TILE = 2500


def tiles(side: int, folder: Path) -> list[Path]:
    """Write the surface of box houses as tiles."""
    surface, paths = Blocks(side), []
    for west in range(0, side, TILE):
        for south in range(0, side, TILE):
            east, north = min(west + TILE, side), min(south + TILE, side)
            values = vars(surface.read((west, south, east, north)))["values"]
            paths.append(folder / f"{west}_{south}.tif")
            profile = {"crs": "EPSG:25832", "transform": from_origin(west, north, 1, 1), "count": 1, "dtype": "float32"}
            size = {"width": east - west, "height": north - south}
            with rasterio.open(
                paths[-1], "w", driver="GTiff", tiled=True, compress="deflate", **profile, **size
            ) as data:
                data.write(values, 1)
    return paths


def run(side: int, files: bool) -> None:
    """Shade one raster and tell what it took."""
    from klimastep.rasters import Mosaic
    from klimastep.solar.horizon import scale
    from klimastep.solar.raster import shade_raster
    from klimastep.solar.sky import sky_tables

    _, sky = year_and_sky()
    steps = scale()
    tables = sky_tables(sky, steps)
    with ExitStack() as stack:
        surface = Blocks(side)
        if files:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            surface = stack.enter_context(Mosaic(tiles(side, folder)))
        for _ in shade_raster(Blocks(300), tables, steps):
            pass
        start, cpu, pixels = time.perf_counter(), time.process_time(), 0
        for tile in shade_raster(surface, tables, steps):
            pixels += tile.energy[-1].size
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    speed = pixels / 1e6 / wall
    tell(f"{pixels / 1e6:g} Mpx: {wall:.1f} s ({cpu:.1f} s of processor), {speed:.2f} Mpx/s, peak {peak:.0f} MB")


def main() -> None:
    """Run each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[1000, 2000, 4000, 10_000])
    parser.add_argument("--files", action="store_true")
    wanted = parser.parse_args()
    if len(wanted.sides) == 1:
        run(wanted.sides[0], wanted.files)
    else:
        for side in wanted.sides:
            extra = ["--files"] if wanted.files else []
            subprocess.run([sys.executable, __file__, "--sides", str(side), *extra], check=True)


if __name__ == "__main__":
    main()
