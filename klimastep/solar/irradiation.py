"""Radiation on roof planes by month and year, with what shades them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep import reference
from klimastep.contract import Category, Column
from klimastep.solar.horizon import SECTORS, scale
from klimastep.solar.shading import HALO_M, shade
from klimastep.solar.sky import MONTHS, sky_tables
from klimastep.solar.surface import Surroundings
from klimastep.steps import step
from klimastep.tables import ROOFS
from klimastep.weather import Sky, Weather, monthly_on_planes, yearly_on_planes
from klimastep.weather.irradiance import SkyModel
from klimastep.weather.sun import Floats

IRRADIATION = Column(
    "irradiation_kwh_m2a",
    "float64",
    "kWh/(m²·a)",
    "Einstrahlung auf die Dachfläche",
    "Irradiation on the roof plane",
    "Global radiation of the weather year on the plane of the roof, shaded as shading_basis says.",
    nullable=True,
    min=0,
    palette="YlGnBu",
    limits=(800, 950, 1100, 1250),
)
MONTHS_DE = [
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
]
MONTHS_EN = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
MONTHLY = tuple(
    Column(
        f"irradiation_{number + 1:02d}_kwh_m2",
        "float64",
        "kWh/m²",
        f"Einstrahlung im {MONTHS_DE[number]}",
        f"Irradiation in {MONTHS_EN[number]}",
        "Part of the yearly irradiation.",
        nullable=True,
        min=0,
    )
    for number in range(MONTHS)
)
SHADING_LOSS = Column(
    "shading_loss_share",
    "float64",
    "1",
    "Verlust durch Verschattung",
    "Loss by shading",
    "Share of the unshaded irradiation that obstacles take; unknown where shading is not computed.",
    nullable=True,
    min=0,
    max=1,
    palette="YlOrBr",
    limits=(0.02, 0.05, 0.1, 0.2),
)
SKY_VIEW = Column(
    "sky_view_share",
    "float64",
    "1",
    "Sichtbarer Himmel",
    "View of the sky",
    "Share of an even sky that reaches the plane, (1 + cos tilt) / 2 where nothing hides it.",
    nullable=True,
    min=0,
    max=1,
)
BASES = (
    Category("surface_model", "Oberflächenmodell", "surface model", "#1b7837"),
    Category("buildings", "Dachflächen und Gebäudehöhen", "roof planes and heights of buildings", "#a6dba0"),
    Category("none", "ohne Verschattung", "without shading", "#fdb863"),
)
SHADING_BASIS = Column(
    "shading_basis",
    "category",
    "",
    "Grundlage der Verschattung",
    "Basis of the shading",
    "What the shading of the plane rests on.",
    categories=BASES,
)


class Shading(NamedTuple):
    """What shades, and how finely the sky is cut.

    Parameters
    ----------
    around : Surroundings
    sectors : int
        Directions.
    through : tuple of 12 float, optional
        Share of light that crowns let through by month; that of the reference table by default. [1]
    """

    around: Surroundings
    sectors: int = SECTORS
    through: tuple[float, ...] | None = None


@step(
    ROOFS,
    needs=[ROOFS["building_id"], ROOFS["tilt_deg"], ROOFS["azimuth_deg"], ROOFS["eaves_m"]],
    adds=[IRRADIATION, *MONTHLY, SHADING_LOSS, SKY_VIEW, SHADING_BASIS],
    halo_m=HALO_M,
)
def irradiation(
    roofs: gpd.GeoDataFrame,
    weather: Weather,
    *,
    shading: Shading | None = None,
    sky_model: SkyModel = "haydavies",
    albedo_share: float | None = None,
) -> Mapping[str, Any]:
    """Return the radiation on each roof plane by month and year.

    The unshaded energy is exact for the plane; shading takes the share of it that the same sky, cut into sectors
    and elevations, loses behind the horizons of the plane's cells (:func:`klimastep.solar.shading.shade`).

    Parameters
    ----------
    roofs : GeoDataFrame
        A plane with less tilt than the limit of flat roofs whose azimuth is unknown is taken as level; a
        steeper one stays unknown.
    weather : Weather
    shading : Shading, optional
        Without it nothing shades.
    sky_model : {"haydavies", "perez"}
        How the diffuse light is spread over the sky.
    albedo_share : float, optional
        Reflectance of the ground; the reference table's by default. [1]
    """
    tilt = roofs["tilt_deg"].to_numpy(dtype=np.float64)
    azimuth = roofs["azimuth_deg"].to_numpy(dtype=np.float64)
    level = np.isnan(azimuth) & (tilt < flat_below_deg())
    tilt, azimuth = np.where(level, 0.0, tilt), np.where(level, 0.0, azimuth)
    sky = weather.sky(albedo_share, model=sky_model)
    free = monthly_on_planes(tilt, azimuth, sky)
    left, view = np.full(free.shape, np.nan), np.full(len(roofs), np.nan)
    basis = np.full(len(roofs), "none", dtype=object)
    if shading is not None:
        steps = scale(shading.sectors)
        leveled = roofs.assign(tilt_deg=tilt, azimuth_deg=azimuth)
        shaded = shade(leveled, shading.around, sky_tables(sky, steps), steps, shading.through or crown_shares())
        left, view = shaded.left, np.where(np.isnan(azimuth), np.nan, shaded.view)
        basis[np.isfinite(left[:, 0])] = "buildings"
        basis[shaded.on_model & np.isfinite(left[:, 0])] = "surface_model"
    months = free * np.where(np.isnan(left), 1.0, left)
    total, whole = _sum(months), _sum(free)
    loss = np.where(np.isnan(left[:, 0]), np.nan, 1.0 - total / np.where(whole > 0, whole, np.nan))
    columns = {c.name: months[:, number] for number, c in enumerate(MONTHLY)}
    return columns | {
        IRRADIATION.name: total,
        SHADING_LOSS.name: np.clip(loss, 0.0, 1.0),
        SKY_VIEW.name: view,
        SHADING_BASIS.name: basis,
    }


def _sum(months: Floats) -> Floats:
    total = np.zeros(len(months))
    for month in range(MONTHS):  # one after the other: a sum over an axis may pair up differently by batch
        total += months[:, month]
    return total


def shading_notes(roofs: pd.DataFrame) -> tuple[str, str]:
    """Return what the outputs say about shading, German and English."""
    count = roofs[SHADING_BASIS.name].value_counts()
    model, drawn, none = (int(count.get(c.value, 0)) for c in BASES)
    if not model + drawn:
        return NOTE_DE, NOTE_EN
    de, en = [], []
    if model:
        de.append(f"{_of(model, 'Dachflächen', drawn + none)}nach dem Oberflächenmodell")
        en.append(f"{_of(model, 'roof planes', drawn + none)}by the surface model")
    if drawn:
        de.append(f"{_of(drawn, 'Dachflächen', model + none)}durch Dachflächen und Gebäudehöhen, ohne Bäume und Gauben")
        en.append(f"{_of(drawn, 'roof planes', model + none)}by roof planes and heights of buildings, without trees")
    if none:
        de.append(f"{none} Dachflächen unverschattet, weil ihre Höhe unbekannt ist")
        en.append(f"{none} roof planes unshaded, since their height is unknown")
    return (
        f"Solarertrag mit Verschattung: {'; '.join(de)}. Kein Ersatz für eine Planung am Gebäude.",
        f"Solar yield with shading: {'; '.join(en)}. No substitute for planning at the building.",
    )


def _of(count: int, what: str, others: int) -> str:
    """Return how many it holds for, where it does not hold for all."""
    return f"{count} {what} " if others else ""


NOTE_DE = (
    "Solarertrag ohne Verschattung gerechnet: Nachbargebäude, Bäume, Gauben und Gelände sind nicht berücksichtigt, "
    "der wirkliche Ertrag ist niedriger. Kein Ersatz für eine Planung am Gebäude."
)
NOTE_EN = (
    "Solar yield calculated without shading: neighbouring buildings, trees, dormers and terrain are not considered, "
    "the real yield is lower. No substitute for planning at the building."
)


def crown_shares() -> tuple[float, ...]:
    """Return the share of light that crowns let through in each month. [1]"""
    value = reference.load("irradiance").set_index("key")["value"]
    first, last = int(value["leaf_first_month"]), int(value["leaf_last_month"])
    bare, leafy = float(value["crown_bare_share"]), float(value["crown_leafy_share"])
    return tuple(leafy if first <= month <= last else bare for month in range(1, MONTHS + 1))


def flat_below_deg() -> float:
    """Return the tilt below which a roof counts as flat. [°]"""
    return float(reference.load("photovoltaic").set_index("key")["value"]["flat_below_deg"])


def best_plane_kwh_m2a(sky: Sky) -> float:
    """Return the radiation on the best unshaded plane below a sky. [kWh/(m²·a)]"""
    tilt, azimuth = np.meshgrid(np.arange(0.0, 91.0), np.arange(0.0, 360.0, 5.0))
    best: Floats = yearly_on_planes(tilt.ravel(), azimuth.ravel(), sky)
    return float(best.max())
