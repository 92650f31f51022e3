"""Roof planes from a table of points with tilt, azimuth and area; the solar room gives them their polygons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.errors import PlanError
from klimastep.findings import Reading
from klimastep.sources import _vector
from klimastep.sources._columns import IdOptions, Origin, clean_ids, finding, ids_of, refuse_undeclared
from klimastep.sources._crs import parse_crs
from klimastep.sources._csv import TextOptions, read_csv
from klimastep.sources._features import build
from klimastep.sources._options import parse
from klimastep.tables import ROOFS

TABLE = "roof_points"
ROOF_POINTS = replace(
    ROOFS,
    name=TABLE,
    label_de="Dachflächen (Punkte)",
    label_en="Roof planes (points)",
    geometry="Point",
    columns=tuple(ROOFS[c] for c in ("building_id", "tilt_deg", "azimuth_deg", "area_m2")),
)
DECLARATIONS = {TABLE: ROOF_POINTS}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files and ids (`id` names the roof plane).

    Parameters
    ----------
    x, y : str
        Foreign columns with the coordinates.
    source_crs : str
        Their CRS.
    columns : dict
        ``{ours: foreign}`` for building_id, tilt_deg, azimuth_deg (0 = north, clockwise) and area_m2.
    building_id_length : int, optional
        Keep only so many characters of the building's id.
    """

    x: str
    y: str
    source_crs: str
    columns: dict[str, str] = field(
        default_factory=lambda: {c.name: c.name for c in ROOF_POINTS.columns},
    )
    building_id_length: int | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read roof planes given as points.

    Parameters
    ----------
    path : Path
        Delimited text.
    crs : str
        CRS of the run; points come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``roof_points``; a flat plane (tilt 0) has no azimuth, one with an area of 0 is set aside.

    Raises
    ------
    PlanError
        Unknown option or column.
    InputError
        Unreadable file, wrong CRS, text in a number column, values out of bounds.
    """
    wanted = parse(Options, options, "roof_points")
    refuse_undeclared(wanted.columns, ROOF_POINTS)
    missing = [c.name for c in ROOF_POINTS.columns if c.name not in wanted.columns]
    if missing:
        raise PlanError(f"source roof_points: columns: {missing[0]} is missing")
    place = _vector.existing(path)
    text = read_csv(place, wanted, columns=[wanted.x, wanted.y, *wanted.columns.values()])
    x, y = text.numbers(wanted.x).to_numpy(), text.numbers(wanted.y).to_numpy()
    shapes = shapely.points(x, y)
    shapes[np.isnan(x) | np.isnan(y)] = None
    from_crs = parse_crs(wanted.source_crs, place.name)
    points, left = _vector._usable(gpd.GeoDataFrame(text.frame, geometry=shapes, crs=from_crs), from_crs, place.name)
    points = points.to_crs(crs)
    ids = ids_of(points, wanted, place.name)
    frame, found = build(points, ROOF_POINTS, wanted.columns, ids, Origin.of_csv(text))
    empty = (frame["area_m2"] == 0).to_numpy()
    left += finding(
        place.name,
        "no_area",
        pd.Series(frame.index)[empty],
        "Dachflächen mit der Fläche 0, zurückgestellt: über das Dach sagen sie nichts",
        "roof planes with an area of 0, set aside: they tell nothing of the roof",
        "set_aside",
    )
    frame = frame[~empty]
    flat = (frame["tilt_deg"] == 0) & frame["azimuth_deg"].notna()
    frame = frame.assign(
        azimuth_deg=frame["azimuth_deg"].mask(flat),
        building_id=clean_ids(frame["building_id"], length=wanted.building_id_length),
    )
    note = finding(
        place.name,
        "flat_azimuth",
        pd.Series(frame.index)[flat.to_numpy()],
        "waagerechte Dachflächen mit Ausrichtung, diese ist bedeutungslos und entfällt",
        "flat roof planes with an azimuth, which means nothing and is dropped",
        "note",
    )
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=len(text.frame),
        findings=tuple(left + found + note),
        files=(str(place),),
    )
