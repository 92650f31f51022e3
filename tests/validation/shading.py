"""Tables of the section "Shading": against a ray for every hour, and against horizons in closed form.

python tests/validation/shading.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from solar.closed_cases import CASES, closed, computed  # noqa: E402
from solar.test_horizon import compare  # noqa: E402

from klimastep import sources  # noqa: E402
from klimastep.solar.horizon import scale  # noqa: E402
from klimastep.solar.sky import sky_tables  # noqa: E402
from klimastep.weather import Weather, prepare  # noqa: E402

SECTORS = (24, 36, 64, 120, 360)
SCALES = ((64, 11), (360, 11), (360, 64))  # sectors, codes between two levels


def tell(*cells: object) -> None:
    """Print a row of a table."""
    sys.stdout.write(f"| {' | '.join(str(cell) for cell in cells)} |\n")


def rays(year: Weather) -> None:
    """Print errors of the year by number of sectors. [%]"""
    tell("sectors", "roofs: MAE", "roofs: bias", "ground: MAE", "ground: bias")
    tell(*["--:"] * 5)
    for count, row in zip(SECTORS, compare(year, SECTORS, 150, 60), strict=True):
        tell(count, *(f"{value:.2f}" for value in row))


def closed_forms(year: Weather) -> None:
    """Print energy and view of the sky in closed form, and the errors of both. [%]"""
    sky = year.sky()
    kinds = [(steps, sky_tables(sky, steps)) for steps in (scale(*kind) for kind in SCALES)]
    names = [f"{sectors} sectors, {parts} parts" for sectors, parts in SCALES]
    tell("case", "closed form [kWh/m²]", *names, "view of the sky", *names)
    tell("---", *["--:"] * (2 * len(kinds) + 2))
    for case in CASES:
        energy, view = closed(case, sky)
        found = [computed(case, tables, steps) for steps, tables in kinds]
        off = [[f"{100 * (got[k] / (energy, view)[k] - 1):+.3f}" for got in found] for k in (0, 1)]
        tell(case.name, f"{energy:.2f}", *off[0], f"{view:.4f}", *off[1])


def main() -> None:
    """Print both tables for the test reference year of the region of Ludwigsburg."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=12)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    year = prepare(reading.tables["weather"], **place)
    rays(year)
    sys.stdout.write("\n")
    closed_forms(year)


if __name__ == "__main__":
    main()
