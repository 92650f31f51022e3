"""Coordinate systems: parsed with clear messages, and refused where coordinates cannot be theirs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from klimastep.errors import InputError

AREA_MARGIN_DEG = 6.0  # states use their zone beyond its edge, up to one zone further
MAX_COORDINATE_M = 1e7


def parse_crs(text: Any, source: str) -> CRS:
    """Return a CRS, the horizontal part of a compound one; :class:`InputError` for what is none."""
    try:
        parsed = CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(source, f"unknown CRS {text!r}", "for example EPSG:25832") from error
    return parsed.sub_crs_list[0] if parsed.is_compound else parsed


def degrees_of_use(crs: CRS) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) in degrees where `crs` is used, with a margin."""
    area = crs.area_of_use
    if area is None:
        return (-180.0, -89.0, 180.0, 89.0)
    west, south = max(area.west - AREA_MARGIN_DEG, -180.0), max(area.south - AREA_MARGIN_DEG, -89.0)
    return west, south, min(area.east + AREA_MARGIN_DEG, 180.0), min(area.north + AREA_MARGIN_DEG, 89.0)


@cache
def area_of_use(crs: CRS) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) in units of `crs` within which its coordinates may lie, with a margin."""
    if crs.is_geographic:
        return (-180.0, -90.0, 180.0, 90.0)
    if crs.area_of_use is None:
        return (-MAX_COORDINATE_M, -MAX_COORDINATE_M, MAX_COORDINATE_M, MAX_COORDINATE_M)
    bounds = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform_bounds(*degrees_of_use(crs))
    return tuple(float(b) for b in bounds)  # type: ignore[return-value]


def outside(bounds: np.ndarray, crs: CRS) -> np.ndarray:
    """Return which rows of `bounds` (n, 4) cannot be coordinates of `crs`."""
    west, south, east, north = area_of_use(crs)
    return (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)


def refuse_wrong_crs(bounds: np.ndarray, crs: CRS, source: str) -> None:
    """Raise :class:`InputError` if most of `bounds` (n, 4) cannot be coordinates of `crs`."""
    out = outside(bounds, crs)
    if out.mean() <= 0.5:
        return
    x, y = (float(v) for v in bounds[np.argmax(out), :2])
    west, south, east, north = area_of_use(crs)
    if abs(x) <= 180 and abs(y) <= 90:
        hint = "these look like degrees: EPSG:4326"
    elif west <= y <= east and south <= x <= north:
        hint = "are the axes swapped?"
    elif 2e6 < x < 6e6:
        hint = "these look like Gauß-Krüger coordinates: EPSG:31466 to 31469"
    elif 31e6 < x < 34e6:
        hint = "the easting carries the zone number: EPSG:4647 (zone 32) or EPSG:5650 (zone 33)"
    else:
        hint = "is it another CRS, or another place?"
    raise InputError(
        source,
        f"wrong CRS: {crs.name} cannot hold x = {x:.6g}, y = {y:.6g}",
        f"x from {west:.6g} to {east:.6g}, y from {south:.6g} to {north:.6g}",
        f"{hint}; name the true one with source_crs:",
    )
