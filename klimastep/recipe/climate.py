"""The year of hours of a run: as the file has it, or brought to another climate."""

from __future__ import annotations

import geopandas as gpd
from pyproj import Transformer

from klimastep import weather
from klimastep.config import Config
from klimastep.errors import PlanError
from klimastep.findings import Finding
from klimastep.inputs import Inputs
from klimastep.rundir import Recorder


def climate(
    inputs: Inputs, config: Config, recorder: Recorder
) -> tuple[weather.Weather, weather.PlaceClimate | None, tuple[str, ...]]:
    """Return the year of hours, the monthly climate that it was brought to, and whom to name for that."""
    if inputs.weather is None:
        raise PlanError("sources: a reader of weather is missing; add for example `reader: weather_try`")
    reading, settings = inputs.weather, config.weather
    place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
    year = weather.prepare(reading.tables["weather"], **place, attribution=reading.attribution)
    if year.modelled_hours:
        recorder.note([_modelled(year)])
    wanted: weather.PlaceClimate | None = None
    named: tuple[str, ...] = ()
    if settings.scale_to is not None:
        if "climate_monthly" not in inputs.tables:
            raise PlanError(
                "weather.scale_to: no source delivers monthly climate; add one with reader: climate_monthly"
            )
        wanted = weather.place_climate(
            inputs.tables["climate_monthly"], settings.scale_to.place, settings.scale_to.years
        )
    elif reading.facts.get("past_mean_year"):
        if settings.climate == "present":
            wanted, named = weather.present_climate(*_middle(inputs, config.crs)), (weather.PRESENT_ATTRIBUTION,)
        if wanted is None:
            recorder.note([_old_climate(year.name)])
    if wanted is None:
        return year, None, ()
    scaled = weather.scale_monthly(year, temp_air_degc=wanted.temp_air_degc, ghi_w_m2=wanted.ghi_w_m2, name=wanted.name)
    return scaled, wanted, named


def _middle(inputs: Inputs, crs: str) -> tuple[float, float]:
    """Return latitude and longitude of the middle of what is computed. [°]"""
    shapes = [t for _, _, t in inputs.buildings if isinstance(t, gpd.GeoDataFrame)] or [inputs.tables["cells"]]
    west, south, east, north = shapes[0].total_bounds
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform((west + east) / 2, (south + north) / 2)
    return latitude, longitude


def _modelled(year: weather.Weather) -> Finding:
    count = year.modelled_hours
    return Finding(
        year.name,
        "diffuse_modelled",
        count,
        (),
        f"Das Wetterjahr kennt in {count} hellen Stunden nur die Globalstrahlung; direkter und diffuser Teil sind nach "
        "Erbs geschätzt: geneigte Dächer um einige Prozent unsicherer, Norddächer mehr.",
        f"The weather year knows global radiation only in {count} bright hours; its beam and diffuse parts are "
        "estimated by Erbs: tilted roofs are less certain by some per cent, north roofs by more.",
    )


def _old_climate(name: str) -> Finding:
    return Finding(
        name,
        "past_climate",
        1,
        (),
        "Das Wetterjahr steht für das Klima vergangener Jahrzehnte und ist nicht auf heute gebracht: um Ludwigsburg "
        "hat es 11 % weniger Strahlung als 2006–2025. Abhilfe: Monatsklima als Quelle (climate_monthly) und "
        "weather.scale_to.",
        "The weather year stands for the climate of past decades and is not brought to the present: near Ludwigsburg "
        "it has 11 % less radiation than 2006–2025. Remedy: a source climate_monthly and weather.scale_to.",
    )
