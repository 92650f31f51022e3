"""What buildings and zones could do with the sun: collectors, self-consumption, costs, limits, balance by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from klimastep import heat
from klimastep import solar as room
from klimastep.findings import Finding
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
    """Make the tables ``solar_balance``, ``solar_hours`` and ``best_roofs`` of the zones."""
    settings, buildings, roofs = bench.config.solar, bench.tables["buildings"], bench.tables["roofs"]
    ratio = settings.heat_pump_seasonal_ratio or room.numbers("solar_economy")["heat_pump_seasonal_ratio"]

    def pumps(some: pd.DataFrame) -> np.ndarray[Any, Any]:
        return np.asarray(heat.hourly_load(some, shapes)) / ratio

    with bench.recorder.step("solar.balance", len(bench.tables["zones"])):
        hours = room.grid_hours(year)
        made = room.hourly_kwh_kwp(hours, settings.losses, 1.0)
        told = room.HourShapes(made, room.household_shape(year), hours.month, pumps)
        balance = room.solar_balance(buildings, roofs, told, flat_layout=settings.flat_layout)
        bench.put("solar_balance", balance, declared=room.SOLAR_BALANCE)
    key = _hourly_key(buildings, settings.hourly_areas)
    if key is not None:
        with bench.recorder.step("solar.hours", buildings[key].nunique()):
            table = room.solar_hours(buildings, roofs, told, flat_layout=settings.flat_layout, key=key)
            bench.put("solar_hours", table, declared=room.SOLAR_HOURS)
    elif settings.hourly_areas:
        bench.recorder.note([_too_many(settings.hourly_areas)])
    if settings.best_roofs:
        bench.put("best_roofs", room.best_roofs(buildings, settings.best_roofs), declared=room.BEST_ROOFS)
    if roofs.empty:  # an empty layer would stand unstyled in QGIS
        del bench.tables["roofs"]


def _hourly_key(buildings: pd.DataFrame, most: int) -> str | None:
    """Return the column of the areas that are few enough for a row an hour: zones, else districts, else None."""
    for key in ("zone_id", "district_id"):
        if key in buildings and 0 < buildings[key].nunique() <= most:
            return key
    return None


def _too_many(most: int) -> Finding:
    return Finding(
        "solar_hours",
        "too_many_areas",
        0,
        (),
        f"Mehr als {most} Handlungsräume und keine oder zu viele Stadtteile: die Tabelle solar_hours entfällt "
        "(solar.hourly_areas).",
        f"More than {most} zones and no or too many districts: the table solar_hours is left out (solar.hourly_areas).",
        "note",
    )
