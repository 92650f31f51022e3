"""Rows with coordinates in two columns become points in the run's CRS; swapped ones are put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from klimastep.errors import InputError
from klimastep.findings import Finding
from klimastep.sources._columns import finding
from klimastep.sources._crs import area_of_use, degrees_of_use, outside, parse_crs, refuse_wrong_crs
from klimastep.sources._values import to_numbers

DEGREES = "EPSG:4326"


def located(
    frame: pd.DataFrame, names: Mapping[str, str], file_crs: str, crs: str, source: str
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the rows with coordinates as points in the run's CRS; the others are set aside.

    Parameters
    ----------
    frame : DataFrame
    names : mapping
        Foreign columns by ``x`` and ``y`` (longitude and latitude), or ``xy`` for both in one cell.
    file_crs, crs : str
        CRS of the coordinates and of the run.
    source : str
        Named in messages.

    Raises
    ------
    InputError
        No column with coordinates, no row with any, coordinates that are not of this CRS.
    """
    x, y = _pair(frame, names, source)
    parsed = parse_crs(file_crs, source)
    known = (np.isfinite(x) & np.isfinite(y)).to_numpy()
    if not known.any():
        raise InputError(source, "no row has coordinates", "longitude and latitude in numbers")
    findings = finding(
        source,
        "no_coordinates",
        row_names(frame.index[~known]),
        "Zeilen ohne Koordinaten, zurückgestellt",
        "rows without coordinates, set aside",
        "set_aside",
    )
    x, y, found = _unswapped(x[known], y[known], parsed, CRS(crs), source)
    shapes = gpd.GeoDataFrame(frame[known], geometry=shapely.points(x, y), crs=parsed).to_crs(crs)
    bounds = shapely.bounds(np.asarray(shapes.geometry.array))
    refuse_wrong_crs(bounds, CRS(crs), source)
    far = outside(bounds, CRS(crs)) | ~np.isfinite(bounds).all(axis=1)
    findings += found + finding(
        source,
        "outside_crs",
        row_names(shapes.index[far]),
        "Zeilen weit außerhalb, zurückgestellt",
        "rows far outside, set aside",
        "set_aside",
    )
    return shapes[~far], findings


def row_names(index: pd.Index) -> list[str]:
    """Return what messages call these rows: lines of a CSV, else rows counted from 0."""
    return [f"{index.name or 'row'} {i}" for i in index]


def _pair(frame: pd.DataFrame, names: Mapping[str, str], source: str) -> tuple[pd.Series, pd.Series]:
    if "x" in names and "y" in names:
        return to_numbers(frame[names["x"]]), to_numbers(frame[names["y"]])
    if "xy" not in names:
        raise InputError(
            source,
            f"no coordinates among the columns {', '.join(str(c) for c in frame.columns)}",
            "lon and lat, or x and y",
            "name them with columns: {x: …, y: …}",
        )
    pairs = frame[names["xy"]].map(_two)
    return pairs.str[0].astype("float64"), pairs.str[1].astype("float64")


def _two(value: Any) -> tuple[float, float]:
    cells = value.replace(";", ",").split(",") if isinstance(value, str) else value
    try:
        first, second = (float(cell) for cell in cells)
    except (TypeError, ValueError):
        return np.nan, np.nan
    return first, second


def _unswapped(
    x: pd.Series, y: pd.Series, parsed: CRS, crs: CRS, source: str
) -> tuple[pd.Series, pd.Series, list[Finding]]:
    """Return x and y in this order where some rows have them the other way round."""
    west, south, east, north = degrees_of_use(crs) if parsed.is_geographic else area_of_use(parsed)
    fits = x.between(west, east) & y.between(south, north)
    swapped = ~fits & y.between(west, east) & x.between(south, north)
    found = finding(
        source,
        "coordinates_swapped",
        row_names(x.index[swapped]),
        "Zeilen mit vertauschten Koordinaten (Breite, Länge), getauscht",
        "rows with swapped coordinates (latitude, longitude), put right",
        "note",
    )
    return x.mask(swapped, y), y.mask(swapped, x), found
