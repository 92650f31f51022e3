"""Census counts on the 100 m grid, 2022 and 2011, as published (CSV, zip) or as a GeoPackage with a column a class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.census import CENSUS_2011, HEATINGS, HOUSE_TYPES, bands_of
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources._archive import safe_members
from klimastep.sources._census2022 import is_wide, read_wide
from klimastep.sources._columns import finding
from klimastep.sources._csv import TextOptions, read_csv, require
from klimastep.sources._options import parse
from klimastep.sources._vector import existing, read_vector
from klimastep.tables import CELLS

TABLE = "cells"
ATTRIBUTION = "© Statistische Ämter des Bundes und der Länder, Zensus 2011 (Daten verändert)"
ATTRIBUTION_2022 = "© Statistische Ämter des Bundes und der Länder, Zensus 2022 (Daten verändert), dl-de/by-2-0"
GRID_CRS = "EPSG:3035"
CELL_M = 100
AGE_FEATURE = "BAUJAHR_MZ"
TOTAL_FEATURE = "INSGESAMT"
CLASSES = {
    (feature, str(code)): name
    for feature, names in ((AGE_FEATURE, CENSUS_2011.names), ("GEBTYPGROESSE", HOUSE_TYPES), ("HEIZTYP", HEATINGS))
    for code, name in enumerate(names, 1)
}
SHORT_ID = r"^100mN(\d{5})E(\d{5})$"
LONG_ID = r"^CRS3035RES100mN(\d{7})E(\d{7})$"
ID_COLUMNS = ("Gitter_ID_100m_neu", "Gitter_ID_100m", "GITTER_ID_100m", "cell_id")
MIDPOINTS = (("x_mp_3035", "y_mp_3035"), ("x_mp_100m", "y_mp_100m"), ("x", "y"))


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Options of this reader, besides those of text files.

    Parameters
    ----------
    counts : {"buildings", "dwellings", "residents"}, optional
        What a CSV of 2011 counts, and a file of heating types or energy carriers of 2022; others say it in their
        column names.
    layer : str, optional
        Layer of a GeoPackage with several.
    bbox : list of 4 float, optional
        West, south, east, north in the CRS of the run: of a file of 2022, which holds the whole country, only
        the cells that touch it are read. [m]
    """

    counts: Literal["buildings", "dwellings", "residents"] | None = None
    layer: str | None = None
    bbox: list[float] | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read census cells.

    Parameters
    ----------
    path : Path
        2022: CSV with a column a class (``GITTER_ID_100m;x_mp_100m;y_mp_100m;…``), or the zip it comes in.
        2011: long CSV (``Gitter_ID_100m;…;Merkmal;Auspraegung_Code;…;Anzahl;Anzahl_q``), population CSV
        (``Gitter_ID_100m;…;Einwohner``), or a vector file with columns like ``buildings_BAUJAHR_MZ_1``.
    crs : str
        CRS of the run; cells are squares in EPSG:3035 and come out as polygons in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``cells``. A count that the file suppresses or lacks is unknown, not zero. Rows in are cells.
        Each census keeps its own periods (2022: of the microcensus, or decades). Cells of 2022 do not add up to
        totals, each count is changed a little on its own.

    Raises
    ------
    PlanError
        Unknown option, `counts` missing for a CSV.
    InputError
        Unreadable file, unknown columns, two counts for the same cell and class.
    """
    wanted = parse(Options, options, "census")
    place = existing(path)
    if wanted.bbox is not None and (len(wanted.bbox) != 4 or not np.isfinite(wanted.bbox).all()):
        raise PlanError(f"source census: bbox: {wanted.bbox}; expected [west, south, east, north]")
    text = place.suffix.lower() in (".csv", ".txt")
    new = place.is_file() and ((text and is_wide(place)) or (place.suffix.lower() == ".zip" and _has_csv(place)))
    if new:
        if wanted.counts == "residents":
            wanted = replace(wanted, counts=None)
        counts, ids, findings = read_wide(place, crs=crs, bbox=wanted.bbox, counts=wanted.counts)
    elif text:
        counts, ids, findings = _long_form(place, wanted)
    else:
        counts, ids, findings = _wide_form(place, wanted, crs)
    rows_in = len(counts) + sum(f.count for f in findings if f.severity == "set_aside")
    frame = gpd.GeoDataFrame(counts, geometry=_squares(ids), crs=GRID_CRS).to_crs(crs)
    names = [f"CRS3035RES100mN{n}E{e}" for n, e in ids]
    frame.index = pd.Index(names, name=CELLS.id, dtype="str")
    return Reading(
        source=place.name,
        tables={TABLE: frame},
        rows_in=rows_in,
        findings=tuple(findings + _gaps(frame, place.name)),
        files=(str(place),),
        attribution=ATTRIBUTION_2022 if new else ATTRIBUTION,
    )


def _has_csv(place: Path) -> bool:
    return bool(safe_members(place, (".csv",)))


def _squares(corners: np.ndarray) -> np.ndarray:
    """Return the cells as squares; `corners` (n, 2) are northing and easting of the south-west corner [m]."""
    north, east = corners[:, 0], corners[:, 1]
    return shapely.box(east, north, east + CELL_M, north + CELL_M)


def _grid_ids(frame: pd.DataFrame, source: str) -> pd.Series:
    """Return the id of each row's cell, from the first column of several that is not empty."""
    there = [c for c in ID_COLUMNS if c in frame]
    if not there:
        require(frame.columns, ["Gitter_ID_100m"], source)
    ids = frame[there[0]]
    for name in there[1:]:
        ids = ids.fillna(frame[name])
    return ids


def _corners(ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the south-west corners that grid ids name, shape (n, 2), and which of the ids are none."""
    text = ids.astype("str").str.strip()
    metres = pd.DataFrame(
        {
            name: pd.to_numeric(text.str.extract(LONG_ID)[side]).fillna(
                pd.to_numeric(text.str.extract(SHORT_ID)[side]) * CELL_M
            )
            for side, name in enumerate(("north", "east"))
        }
    )
    bad = metres.isna().any(axis=1).to_numpy()
    return metres.fillna(0).to_numpy().astype("int64"), bad


def _long_form(path: Path, options: Options) -> tuple[pd.DataFrame, np.ndarray, list[Finding]]:
    if options.counts is None:
        raise PlanError("source census: a CSV does not say what it counts; counts: buildings, dwellings or residents")
    text = read_csv(path, options)
    frame = text.frame
    residents = options.counts == "residents"
    value = "Einwohner" if residents else "Anzahl"
    require(frame.columns, [value] if residents else ["Merkmal", "Auspraegung_Code", value], path.name)
    corners, bad = _corners(_grid_ids(frame, path.name))
    findings = finding(
        path.name,
        "bad_grid_id",
        [f"line {i}" for i in frame.index[bad]],
        "Zeilen ohne gültige Gitter-ID, zurückgestellt",
        "rows without a valid grid id, set aside",
        "set_aside",
    )
    marks = (".", "-", "–", "/", "x", "X")  # signs of the statistical offices for a value not published
    cells = frame[value].mask(frame[value].str.strip().isin(marks))
    numbers = type(text)(path.name, frame.assign(**{value: cells}), text.encoding, text.delimiter, text.decimal)
    count = numbers.numbers(value)
    rows = pd.DataFrame(
        {
            "north": corners[:, 0],
            "east": corners[:, 1],
            "count": count.mask(count < 0).to_numpy(),  # -1 marks a suppressed value
            "column": "residents" if residents else _targets(frame, options.counts).to_numpy(),
            "line": frame.index,
        }
    )[~bad]
    wide, unread = _spread(rows, frame, path.name)
    ids = wide.index.to_frame().to_numpy(dtype="int64")
    return wide.reset_index(drop=True), ids, findings + unread


def _targets(frame: pd.DataFrame, counts: str) -> pd.Series:
    """Return the column that each row of the long form belongs to; missing where klimastep does not use it."""
    feature, code = frame["Merkmal"].str.strip(), frame["Auspraegung_Code"].str.strip()
    names = pd.Series(CLASSES).map(f"{counts}_{{}}".format)
    names = names[names.isin([c.name for c in CELLS.columns])]
    target = pd.Series(names.reindex(pd.MultiIndex.from_arrays([feature, code])).to_numpy(), index=frame.index)
    return target.mask(feature == TOTAL_FEATURE, counts)


def _spread(rows: pd.DataFrame, frame: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row a cell and one column a class; every cell of the file stays."""
    key = ["north", "east"]
    every = pd.MultiIndex.from_frame(rows[key].drop_duplicates().sort_values(key))
    used = rows[rows["column"].notna()].drop_duplicates([*key, "column", "count"])
    twice = used[used.duplicated([*key, "column"])]
    if len(twice):
        line = twice["line"].iloc[0]
        raise InputError(source, f"line {line}: another count for the same cell and class than before")
    columns = [c.name for c in CELLS.columns if c.name in set(used["column"])]
    cells = {c: used[used["column"] == c].set_index(key)["count"] for c in columns}
    wide = pd.DataFrame({c: counts.reindex(every) for c, counts in cells.items()}, index=every)
    left = rows["column"].isna()
    if not left.any():
        return wide, []
    features = frame.loc[rows.loc[left, "line"], "Merkmal"].str.strip().value_counts()
    named = ", ".join(f"{n} ({c})" for n, c in features.items())
    note = Finding(
        source,
        "features_not_used",
        int(left.sum()),
        (),
        f"{int(left.sum())} Zeilen anderer Merkmale nicht verwendet: {named}",
        f"{int(left.sum())} rows of other features not used: {named}",
        "note",
    )
    return wide, [note]


def _wide_form(path: Path, options: Options, crs: str) -> tuple[pd.DataFrame, np.ndarray, list[Finding]]:
    frame, findings = read_vector(path, crs=crs, layer=options.layer)
    columns = {
        f"{kind}_{feature}_{code}": f"{kind}_{name}"
        for kind in ("buildings", "dwellings")
        for (feature, code), name in CLASSES.items()
    }
    there = {foreign: ours for foreign, ours in columns.items() if foreign in frame}
    if not there:
        require([c for c in frame.columns if c != "geometry"], [next(iter(columns))], path.name)
    middle = next(((x, y) for x, y in MIDPOINTS if x in frame and y in frame), None)
    if any(c in frame for c in ID_COLUMNS):
        corners, bad = _corners(_grid_ids(pd.DataFrame(frame), path.name))
    elif middle is not None:
        centre = frame[[middle[1], middle[0]]].to_numpy(dtype="float64")
        bad = ~np.isfinite(centre).all(axis=1)
        corners = (np.nan_to_num(centre) // CELL_M * CELL_M).astype("int64")
    else:
        raise InputError(path.name, "no grid id", f"a column {', '.join(ID_COLUMNS)}, or x_mp_3035 and y_mp_3035")
    findings += finding(
        path.name,
        "bad_grid_id",
        [f"feature {i}" for i in frame.index[bad]],
        "Zellen ohne gültige Gitter-ID, zurückgestellt",
        "cells without a valid grid id, set aside",
        "set_aside",
    )
    counts = pd.DataFrame({ours: frame[foreign].astype("float64").to_numpy() for foreign, ours in there.items()})
    order = [c.name for c in CELLS.columns if c.name in counts]
    counts = counts.mask(counts < 0)[order]
    return counts[~bad].reset_index(drop=True), corners[~bad], findings


def _gaps(frame: gpd.GeoDataFrame, source: str) -> list[Finding]:
    """Return what is unknown: classes that the file lacks, and cells in which a class is suppressed."""
    out: list[Finding] = []
    bands = bands_of(frame.columns).names
    kinds = [k for k in ("buildings", "dwellings") if any(f"{k}_{band}" in frame for band in bands)]
    lacking = [f"{k}_{band}" for k in kinds for band in bands if f"{k}_{band}" not in frame]
    out += finding(
        source,
        "class_missing",
        lacking,
        "Klassen fehlen in der Quelle, unbekannt (nicht null)",
        "classes are missing at the source, unknown (not zero)",
    )
    counts = frame.drop(columns="geometry")
    hidden = int(counts.isna().to_numpy().sum())
    if hidden:
        share = f"{hidden} von {counts.size}"
        out.append(
            Finding(
                source,
                "suppressed",
                hidden,
                (),
                f"{share} Werten sind leer: kein Objekt der Klasse oder geheim (1 oder 2), unbekannt",
                f"{hidden} of {counts.size} values are empty: no object of the class or suppressed (1 or 2), unknown",
                "note",
            )
        )
    return out
