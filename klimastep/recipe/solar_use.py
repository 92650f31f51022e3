"""What buildings and zones could do with the sun: collectors, self-consumption, costs, limits, balance by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from klimastep import heat
from klimastep import solar as room
from klimastep.inputs import Inputs
from klimastep.recipe.bench import Bench
from klimastep.weather import Weather


def solar_use(bench: Bench, inputs: Inputs, year: Weather) -> None:
    """Add collectors to the roofs; use, limits, costs and objections to the buildings; power to open areas."""
    settings = bench.config.solar
    bench.apply(room.collectors, "roofs", year)
    known = bench.tables["buildings"]
    bench.apply(room.solar_heat, "buildings", bench.tables["roofs"], hot_water_kwh_a=known["hot_water_kwh_a"])
    bench.apply(room.household_electricity, "buildings", per_dwelling_kwh_a=settings.household_electricity_kwh_a)
    bench.apply(room.pv_use, "buildings", year, losses=settings.losses)
    bench.apply(room.limits, "buildings", installed_kwp=known.get("pv_installed_kwp"))
    price, tariff = settings.electricity_price_eur_kwh, settings.feed_in_tariff_eur_kwh
    prices = None if price is None or tariff is None else (price, tariff)
    if prices is not None:
        bench.apply(room.economy, "buildings", electricity_price_eur_kwh=prices[0], feed_in_tariff_eur_kwh=prices[1])
    finished = bench.tables["buildings"]
    permits = (finished["pv_limit"] == "permit_required") & (finished["pv_potential_kwp"] > 0)
    bench.recorder.totals["solar"] |= {"prices": prices, "permits": int(permits.sum())}
    if "objections" in inputs.tables:
        hidden, found = room.withheld(bench.tables["buildings"], inputs.tables["objections"])
        bench.recorder.note(found)
        bench.put("buildings", bench.tables["buildings"].assign(**{room.WITHHELD.name: hidden}), [room.WITHHELD])
    if settings.open_areas and "areas" in bench.tables:
        areas = room.open_areas(
            bench.tables["areas"],
            year,
            settings.open_areas,
            losses=settings.losses,
            performance_ratio=settings.performance_ratio,
        )
        bench.put("areas", areas, room.OPEN_AREA_COLUMNS, inputs.declared["areas"])


def solar_areas(bench: Bench, year: Weather, shapes: heat.LoadShapes) -> None:
    """Make the tables ``solar_balance`` and ``best_roofs`` of the zones."""
    settings, buildings = bench.config.solar, bench.tables["buildings"]
    with bench.recorder.step("solar.balance", len(bench.tables["zones"])):
        ratio = settings.heat_pump_seasonal_ratio or room.numbers("solar_economy")["heat_pump_seasonal_ratio"]
        hours = room.grid_hours(year)

        def pumps(some: pd.DataFrame) -> np.ndarray[Any, Any]:
            return np.asarray(heat.hourly_load(some, shapes)) / ratio

        balance = room.solar_balance(
            buildings,
            bench.tables["roofs"],
            (room.hourly_kwh_kwp(hours, settings.losses, 1.0), room.household_shape(year), hours.month),
            pumps,
            flat_layout=settings.flat_layout,
        )
        bench.put("solar_balance", balance, declared=room.SOLAR_BALANCE)
    if settings.best_roofs:
        bench.put("best_roofs", room.best_roofs(buildings, settings.best_roofs), declared=room.BEST_ROOFS)
    if bench.tables["roofs"].empty:  # an empty layer would stand unstyled in QGIS
        del bench.tables["roofs"]
