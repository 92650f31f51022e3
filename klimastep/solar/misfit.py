"""Whether the heights of a surface model can be metres above the right datum, by whatever else is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import geopandas as gpd
import numpy as np
import shapely

from klimastep import reference
from klimastep.errors import InputError
from klimastep.solar.horizon import Floats
from klimastep.solar.near_ground import ground_told_m
from klimastep.solar.surface import Heights, heights_at
from klimastep.tables import ROOFS

SOURCE = "surface model"
METRES = "heights in metres above the same datum"
HINT = "is it in feet, of another datum, or without buildings? Convert it, e.g. gdal_calc --calc 'A*0.3048' for feet"

HINT_TERRAIN = "is it in feet or of another datum? Convert it, e.g. gdal_calc --calc 'A*0.3048' for feet"


@cache
def misfit_rules() -> Mapping[str, float]:
    """Return the rules of the checks, see ``reference/surface_check.csv``."""
    return dict(reference.load("surface_check").set_index("key")["value"].astype("float64"))


def refuse_heights(buildings: gpd.GeoDataFrame, surface: Heights, terrain: Heights | None = None) -> bool:
    """Refuse a surface model that disagrees with the terrain beside buildings or with their heights.

    Parameters
    ----------
    buildings : GeoDataFrame
        ``eaves_height_m`` or ``height_m`` where known.
    surface : Heights
    terrain : Heights, optional

    Returns
    -------
    bool
        Whether anything was there to compare with.

    Raises
    ------
    InputError
        In the middle of about a hundred buildings the ground beside them lies more than 3 m off the terrain, or they
        stand more than twice, or less than half, as high as their heights say.
    """
    rules = misfit_rules()
    some = _beside_each_other(buildings, surface, int(rules["checked"]))
    roof, ground, bare = _looked_at(some, surface, terrain)
    off = ground - bare
    checked = np.isfinite(off).sum() >= rules["fewest"]
    if checked:
        middle = float(np.nanmedian(off))
        if abs(middle) > rules["ground_off_m"]:
            found = f"its ground lies {middle:+.1f} m from the terrain model beside buildings"
            raise InputError(SOURCE, found, f"within {rules['ground_off_m']:g} m, {METRES}", HINT)
    told = some["eaves_height_m"].fillna(some["height_m"]).to_numpy(dtype=np.float64)
    ratio = np.where(told >= rules["lowest_m"], (roof - ground) / told, np.nan)
    if np.isfinite(ratio).sum() < rules["fewest"]:
        return bool(checked)
    middle, most = float(np.nanmedian(ratio)), rules["relief_ratio"]
    if not 1 / most <= middle <= most:
        found = f"buildings stand {middle:.1f} times as high on it as their heights say"
        raise InputError(SOURCE, found, f"{1 / most:g} to {most:g} times, {METRES}", HINT)
    return True


def refuse_terrain(buildings: gpd.GeoDataFrame, roofs: gpd.GeoDataFrame, terrain: Heights) -> None:
    """Refuse a terrain model that is not the ground that roof planes above datum tell.

    Parameters
    ----------
    buildings, roofs : GeoDataFrame
        As for :func:`klimastep.solar.near_ground.ground_told_m`.
    terrain : Heights

    Raises
    ------
    InputError
        In the middle of about a hundred buildings the two differ by more than 3 m.
    """
    rules = misfit_rules()
    told = ground_told_m(buildings, roofs)
    known = gpd.GeoDataFrame(buildings.assign(ground_m=told)[np.isfinite(told)])
    some = _beside_each_other(known, terrain, int(rules["checked"]))
    spots = shapely.point_on_surface(np.asarray(some.geometry.array))
    off = heights_at(terrain, shapely.get_x(spots), shapely.get_y(spots)) - some["ground_m"].to_numpy(dtype=np.float64)
    if np.isfinite(off).sum() < rules["fewest"]:
        return
    middle = float(np.nanmedian(off))
    if abs(middle) > rules["ground_off_m"]:
        found = f"it lies {middle:+.1f} m from the ground of the buildings by LoD2"
        raise InputError("terrain model", found, f"within {rules['ground_off_m']:g} m, {METRES}", HINT_TERRAIN)


def refuse_steep(fitted: gpd.GeoDataFrame) -> bool:
    """Refuse a surface model most of whose fitted roofs are steeper than those of any town.

    Parameters
    ----------
    fitted : GeoDataFrame
        Roof planes with ``tilt_deg`` and ``area_m2``.

    Returns
    -------
    bool
        Whether any pitched plane was there to judge by.

    Raises
    ------
    InputError
        More than half of the pitched area is steeper than 52°, as usual roofs are where feet are taken for metres.
    """
    rules = misfit_rules()
    tilt, area = (fitted[ROOFS[c].name].to_numpy(dtype=np.float64) for c in ("tilt_deg", "area_m2"))
    pitched = tilt >= rules["pitched_deg"]
    if pitched.sum() < rules["fewest"]:
        return False
    share = float(area[pitched & (tilt > rules["steep_deg"])].sum() / area[pitched].sum())
    if share > rules["steep_share"]:
        found = f"{100 * share:.0f} % of the pitched roof area on it is steeper than {rules['steep_deg']:g}°"
        raise InputError(SOURCE, found, f"at most {100 * rules['steep_share']:.0f} %, {METRES}", HINT)
    return True


def _beside_each_other(buildings: gpd.GeoDataFrame, surface: Heights, most: int) -> gpd.GeoDataFrame:
    """Return buildings within the surface model that lie close together: so few of its tiles are opened."""
    spots = shapely.centroid(np.asarray(buildings.geometry.array))
    x, y = shapely.get_x(spots), shapely.get_y(spots)
    west, south, east, north = surface.bounds
    inside = np.flatnonzero((x > west) & (x < east) & (y > south) & (y < north))
    if not len(inside):
        return gpd.GeoDataFrame(buildings.iloc[:0])
    away = np.hypot(x[inside] - np.median(x[inside]), y[inside] - np.median(y[inside]))
    return gpd.GeoDataFrame(buildings.iloc[inside[np.argsort(away, kind="stable")[:most]]])


def _looked_at(buildings: gpd.GeoDataFrame, surface: Heights, terrain: Heights | None) -> tuple[Floats, Floats, Floats]:
    """Return the middle of each roof, the lowest ground beside it, and that of the terrain, NaN where unknown. [m]"""
    reach, cell = misfit_rules()["beside_m"], surface.resolution_m
    out = np.full((3, len(buildings)), np.nan)
    for number, shape in enumerate(buildings.geometry):
        west, south, east, north = shape.bounds
        box = (west - reach, south - reach, east + reach, north + reach)
        patch = surface.read(box)
        rows, columns = np.indices(patch.values.shape)
        x, y = patch.west + (columns + 0.5) * cell, patch.north - (rows + 0.5) * cell
        known = np.isfinite(patch.values)
        roof = known & shapely.contains_xy(shape, x, y)
        if not roof.any():
            continue
        out[0, number], out[1, number] = np.median(patch.values[roof]), patch.values[known].min()
        if terrain is not None:
            ground = terrain.read(box).values
            out[2, number] = ground[np.isfinite(ground)].min() if np.isfinite(ground).any() else np.nan
    return out[0], out[1], out[2]
