"""Solar potential of roofs and buildings."""

from __future__ import annotations

from klimastep import solar as room
from klimastep.recipe.bench import Bench
from klimastep.weather import Weather


def solar(bench: Bench, year: Weather) -> None:
    """Add radiation and photovoltaics to the roofs, their sums to the buildings."""
    settings = bench.config.solar
    bench.apply(room.irradiation, "roofs", year)
    bench.apply(
        room.photovoltaic,
        "roofs",
        year,
        performance_ratio=settings.performance_ratio,
        flat_layout=settings.flat_layout,
        scale=settings.suitability_scale,
    )
    bench.apply(room.to_buildings, "buildings", bench.tables["roofs"])
