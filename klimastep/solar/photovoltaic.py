"""Suitability of roof planes for photovoltaics, possible power and yield."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep import reference
from klimastep.contract import Category, Column
from klimastep.solar.assumed import Assumptions, assumptions
from klimastep.solar.irradiation import IRRADIATION, SHADING_LOSS, best_plane_kwh_m2a
from klimastep.solar.losses import Losses, grid_hours, yearly_share
from klimastep.solar.orientation import interpolated
from klimastep.solar.usable import USABLE_AREA
from klimastep.steps import step
from klimastep.tables import ROOFS
from klimastep.weather import Sky, Weather, yearly_on_planes
from klimastep.weather.irradiance import SkyModel
from klimastep.weather.sun import Floats

FlatLayout = Literal["east_west", "south"]
Scale = Literal["lubw_shares", "lubw_absolute"]

PV_KWP = Column(
    "pv_kwp",
    "float64",
    "kWp",
    "Mögliche PV-Leistung",
    "Possible PV power",
    "Modules on the usable area of suitable roof planes; 0 where the plane is too small or to be checked on site.",
    nullable=True,
    min=0,
    palette="YlGnBu",
    limits=(5, 10, 30, 100),
)
PV_YIELD = Column(
    "pv_yield_kwh_a",
    "float64",
    "kWh/a",
    "Möglicher Solarstromertrag",
    "Possible PV yield",
    "Power times radiation on the modules times performance ratio, shaded like the irradiation; without existing PV.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
    limits=(2_500, 5_000, 10_000, 25_000),
)
SUITABILITIES = (
    Category("very_good", "sehr gut geeignet", "very well suited", "#253494"),
    Category("good", "gut geeignet", "well suited", "#2c7fb8"),
    Category("conditional", "bedingt geeignet", "suited with limits", "#41b6c4"),
    Category("check_on_site", "vor Ort zu prüfen", "to be checked on site", "#a1dab4"),
    Category("too_small", "zu klein für eine Anlage", "too small for a system", "#ffffcc"),
)
SUITED = ("very_good", "good", "conditional")
SUITABILITY = Column(
    "solar_suitability",
    "category",
    "",
    "Eignung für Photovoltaik",
    "Suitability for photovoltaics",
    "Class of the solar cadastre of Baden-Württemberg (LUBW) by the radiation on the modules, shaded.",
    nullable=True,
    categories=SUITABILITIES,
)


@step(
    ROOFS,
    needs=[ROOFS["tilt_deg"], IRRADIATION, SHADING_LOSS, USABLE_AREA],
    adds=[PV_KWP, PV_YIELD, SUITABILITY],
)
def photovoltaic(
    roofs: gpd.GeoDataFrame,
    weather: Weather,
    *,
    performance_ratio: float | None = None,
    flat_layout: FlatLayout = "east_west",
    scale: Scale = "lubw_shares",
    assumed: Assumptions | None = None,
    sky_model: SkyModel = "haydavies",
    losses: Losses = "performance_ratio",
) -> Mapping[str, Any]:
    """Return suitability, power and yield of each roof plane.

    Pitched roofs carry modules in their plane, flat roofs elevated rows, which lose to obstacles what the roof
    loses. A plane is classed by the radiation on its modules. Monuments are not excluded: there a permit is
    required and usually grantable.

    Parameters
    ----------
    roofs : GeoDataFrame
    weather : Weather
        The one of the irradiation.
    performance_ratio : float, optional
        Yield per ideal yield; the reference table's by default. [1]
    flat_layout : {"east_west", "south"}
        Rows on flat roofs: back to back (more power) or facing south (more yield per module).
    scale : {"lubw_shares", "lubw_absolute"}
        Limits of the classes: shares of the best plane of the place (old scale of the cadastre), or its new
        absolute limits, which were drawn for a darker climate than the present.
    assumed : Assumptions, optional
        See :func:`klimastep.solar.assumptions`.
    sky_model : {"haydavies", "perez"}
        The one of the irradiation: elevated modules and the best plane are told by it too.
    losses : {"performance_ratio", "pvlib"}
        One ratio for all, or temperature of the cells and inverter hour by hour by the orientation of the modules
        (:mod:`klimastep.solar.losses`); `performance_ratio` then counts for nothing.
    """
    given = assumptions() if assumed is None else assumed
    ratio = given.performance_ratio_share if performance_ratio is None else performance_ratio
    flat = roofs["tilt_deg"].to_numpy(dtype=np.float64) < given.flat_below_deg
    sky = weather.sky(model=sky_model)
    in_plane = roofs[IRRADIATION.name].to_numpy(dtype=np.float64)
    lit = 1.0 - np.nan_to_num(roofs[SHADING_LOSS.name].to_numpy(dtype=np.float64))
    on_modules = np.where(flat, on_flat_roof_kwh_m2a(sky, flat_layout, given) * lit, in_plane)
    usable = roofs[USABLE_AREA.name].to_numpy(dtype=np.float64)
    suited = suitability(on_modules, usable, best_plane_kwh_m2a(sky), scale)
    cover = given.east_west_cover_share if flat_layout == "east_west" else given.south_cover_share
    power = usable * np.where(flat, cover, 1.0) * given.module_kwp_m2
    power = np.where(np.isin(suited.astype(str), SUITED), power, 0.0)
    power = np.where(np.isnan(on_modules) & (usable > 0), np.nan, power)
    share: float | Floats = ratio
    if losses == "pvlib":
        share = _pvlib_share(roofs, weather, flat_layout, given)
    return {
        PV_KWP.name: power,
        PV_YIELD.name: np.where(power > 0, power * on_modules * share, power),
        SUITABILITY.name: suited,
    }


def _pvlib_share(roofs: pd.DataFrame, weather: Weather, flat_layout: FlatLayout, given: Assumptions) -> Floats:
    """Return yield per ideal yield of the modules of each plane by pvlib's models. [1]"""
    points = yearly_share(grid_hours(weather), "pvlib", given.performance_ratio_share)
    sides = module_sides(roofs, flat_layout, given)
    return np.asarray(np.mean([interpolated(points, *side) for side in sides], axis=0))


def mean_pvlib_ratio(
    roofs: pd.DataFrame,
    weather: Weather,
    *,
    flat_layout: FlatLayout = "east_west",
    losses: Losses = "performance_ratio",
    assumed: Assumptions | None = None,
) -> float | None:
    """Return yield per ideal yield of all modules together by pvlib's models; None where no plane carries any. [1]

    Parameters
    ----------
    roofs : DataFrame
        With the columns that :func:`photovoltaic` adds.
    weather, flat_layout, losses, assumed
        Those of :func:`photovoltaic`.
    """
    given = assumptions() if assumed is None else assumed
    made = roofs[PV_YIELD.name].to_numpy(dtype=np.float64)
    share = _pvlib_share(roofs, weather, flat_layout, given)
    ideal = made / share if losses == "pvlib" else made
    known = (made > 0) & np.isfinite(share)
    return float((ideal * share)[known].sum() / ideal[known].sum()) if known.any() else None


def module_sides(
    roofs: pd.DataFrame, flat_layout: FlatLayout, assumed: Assumptions | None = None
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return tilt and azimuth of each half of the modules of roof planes; both are the same but for east-west rows. [°]

    Parameters
    ----------
    roofs : DataFrame
        With ``tilt_deg`` and ``azimuth_deg``; unknown stays unknown but on flat roofs.
    flat_layout : {"east_west", "south"}
    assumed : Assumptions, optional
    """
    given = assumptions() if assumed is None else assumed
    tilt, azimuth = (roofs[c].to_numpy(dtype=np.float64) for c in ("tilt_deg", "azimuth_deg"))
    flat = tilt < given.flat_below_deg
    rows = given.east_west_tilt_deg if flat_layout == "east_west" else given.south_tilt_deg
    facing = (90.0, 270.0) if flat_layout == "east_west" else (180.0, 180.0)
    first, second = ((np.where(flat, rows, tilt), np.where(flat, side, azimuth)) for side in facing)
    return first, second


def on_flat_roof_kwh_m2a(sky: Sky, layout: FlatLayout, given: Assumptions) -> float:
    """Return the yearly radiation on elevated modules of a flat roof, both sides' mean. [kWh/(m²·a)]"""
    if layout == "south":
        return float(yearly_on_planes(given.south_tilt_deg, 180.0, sky)[0])
    tilt = given.east_west_tilt_deg
    return float(yearly_on_planes([tilt, tilt], [90.0, 270.0], sky).mean())


def suitability(on_modules_kwh_m2a: Floats, usable_m2: Floats, best_kwh_m2a: float, scale: Scale) -> np.ndarray:
    """Return the class of each plane; None where the radiation is unknown.

    Parameters
    ----------
    on_modules_kwh_m2a : ndarray (planes,)
        Radiation on the modules. [kWh/(m²·a)]
    usable_m2 : ndarray (planes,)
        0 where the plane is too small. [m²]
    best_kwh_m2a : float
        Radiation on the best plane of the place, for limits that are shares of it. [kWh/(m²·a)]
    scale : {"lubw_shares", "lubw_absolute"}
    """
    table = reference.load("solar_suitability")
    limits = table[table["scale"] == scale].sort_values("lower")
    lower = limits["lower"].to_numpy() * (best_kwh_m2a if (limits["unit"] == "1").all() else 1.0)
    place = np.searchsorted(lower, on_modules_kwh_m2a, side="right") - 1
    names = limits["category"].to_numpy(dtype=object)[np.clip(place, 0, None)]
    names[np.isnan(on_modules_kwh_m2a)] = None
    names[~(usable_m2 > 0)] = "too_small"
    return np.asarray(names)
