"""Corrections by hand: the layer that `klimastep corrections` writes and a person fills in QGIS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import conform
from klimastep.correctable import CORRECTIONS
from klimastep.errors import InputError
from klimastep.findings import Finding, Reading
from klimastep.geo import polygons_of
from klimastep.sources._columns import as_text, finding
from klimastep.sources._crs import outside, parse_crs
from klimastep.sources._mend import soundness
from klimastep.sources._values import dates
from klimastep.sources._vector import _crs_of, _open, _read, _with_columns, existing

TABLE = "corrections"
DECLARATIONS = {TABLE: CORRECTIONS}
MAY_BE_EMPTY = True
NEEDED = ("id", "column", "value")
DECIMALS = 3


def read(path: Path | None, *, crs: str, layer: str | None = None) -> Reading:
    """Read corrections; a file without any is no mistake.

    Parameters
    ----------
    path : Path
        GeoPackage as `klimastep corrections` writes it, or any vector file with the same columns.
    crs : str
        CRS of the run; outlines come out in it.
    layer : str, optional
        Layer with another name than ``corrections``.

    Returns
    -------
    Reading
        ``corrections``: one row each, values as they stand in the file; what they mean and whether they fit is
        decided where they are applied.

    Raises
    ------
    InputError
        Missing or damaged file, no such layer, a column is missing, no CRS.
    """
    path = existing(path)
    uri, name = _open(path, layer or (TABLE,))
    source = path.name
    raw, findings = _read(uri, name, source, None)
    if not isinstance(raw, gpd.GeoDataFrame):
        raise InputError(source, "the layer has no geometry", "outlines of the corrected objects")
    raw = _with_columns(raw, NEEDED, source)
    raw = raw.set_axis([f"{source} {n}" for n in range(1, len(raw) + 1)])
    nothing = pd.Series(None, index=raw.index, dtype="str")
    out: dict[str, Any] = {
        c.name: as_text(raw[c.name]) if c.name in raw else nothing for c in CORRECTIONS.columns if c.name != "when"
    }
    out["when"] = dates(raw["when"]) if "when" in raw else nothing
    out["outline"], found = _outlines(raw, crs, source)
    frame = conform(pd.DataFrame(out, index=pd.Index(raw.index, dtype="str")), CORRECTIONS)
    return Reading(source, {TABLE: frame}, len(raw), (*findings, *found), (str(path),))


def _outlines(raw: gpd.GeoDataFrame, crs: str, source: str) -> tuple[pd.Series, list[Finding]]:
    """Return the outlines as text in the run's CRS; what cannot be an area of it is unknown and reported."""
    wkt = pd.Series(None, index=raw.index, dtype="str")
    drawn = np.asarray(raw.geometry.array)
    given = pd.Series(~(shapely.is_missing(drawn) | shapely.is_empty(drawn)), index=raw.index)
    if not given.any():
        return wkt, []
    file_crs, findings = _crs_of(raw, None, source)
    run_crs = parse_crs(crs, "plan")
    shapes = shapely.force_2d(drawn[given.to_numpy()])
    points, row = shapely.get_coordinates(shapes, return_index=True)
    finite = np.bincount(row[~np.isfinite(points).all(axis=1)], minlength=len(shapes)) == 0
    shapes[~finite] = None
    _, tangled = soundness(shapes)
    shapes[tangled] = None
    shapes = np.asarray(gpd.GeoSeries(shapes, crs=file_crs).to_crs(run_crs).array)
    shapes = polygons_of(shapes)
    lost = shapely.is_missing(shapes) | outside(shapely.bounds(shapes), run_crs)
    shapes[lost] = None
    texts = shapely.to_wkt(shapes, rounding_precision=DECIMALS)
    wkt[given] = pd.Series(texts).mask(lost).astype("str").to_numpy()
    found = finding(
        source,
        "unusable_outline",
        wkt.index[given.to_numpy()][lost],
        "Umrisse unbrauchbar, die Korrektur wird nur nach der Kennung zugeordnet",
        "outlines unusable, the correction is matched by its id only",
    )
    return wkt, findings + found
