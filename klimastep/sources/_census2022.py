"""Census 2022 on the 100 m grid as published: one row a cell, one column a class, the whole country in one file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from klimastep.census import HEATING_CARRIERS, HEATINGS, HOUSE_TYPES
from klimastep.errors import InputError
from klimastep.findings import Finding
from klimastep.sources._archive import safe_members
from klimastep.sources._columns import finding
from klimastep.tables import CELLS

GRID_ID = re.compile(r"^GITTER_ID_100[mM]$")
CELL_ID = re.compile(r"^CRS3035RES100mN(\d{7})E(\d{7})$")
GRID_CRS = "EPSG:3035"
CELL_M = 100
DELIMITER = ";"
MAX_LINE = 10_000
MAX_CELLS = 400_000  # larger than any city
UNKNOWN = ("", "–", "-", ".", "/", "x", "X", "…")  # zero, or so few that they are not told
BRACKETS = "KLAMMERN"
MARKS = "werterlaeuternde_Zeichen"
RESIDENTS = "Einwohner"
TOTALS = {"buildings": "Insgesamt_Gebaeude", "dwellings": "Insgesamt_Wohnungen"}
CLASS = re.compile(r"^(?:[Vv]or(?P<before>\d{4})|a(?P<first>\d{4})(?:bis(?P<last>\d{4})|undspaeter))$")
NAMED = (
    dict(
        zip(
            [
                "FreiEFH",
                "EFH_DHH",
                "EFH_Reihenhaus",
                "Freist_ZFH",
                "ZFH_DHH",
                "ZFH_Reihenhaus",
                "MFH_3bis6Wohnungen",
                "MFH_7bis12Wohnungen",
                "MFH_13undmehrWohnungen",
                "AndererGebaeudetyp",
            ],
            HOUSE_TYPES,
            strict=True,
        )
    )
    | dict(
        zip(
            ["Fernheizung", "Etagenheizung", "Blockheizung", "Zentralheizung", "Einzel_Mehrraumoefen", "keine_Heizung"],
            HEATINGS,
            strict=True,
        )
    )
    | dict(
        zip(
            [
                "Gas",
                "Heizoel",
                "Holz_Holzpellets",
                "Biomasse_Biogas",
                "Solar_Geothermie_Waermepumpen",
                "Strom",
                "Kohle",
                "Fernwaerme",
                "kein_Energietraeger",
            ],
            HEATING_CARRIERS,
            strict=True,
        )
    )
)


def is_wide(path: Path) -> bool:
    """Return whether a CSV, or the 100 m CSV in a zip, is of the census 2022."""
    with _text(path) as text:
        head = text.readline(MAX_LINE).split(DELIMITER)
    return bool(GRID_ID.match(head[0].strip().strip('"')))


def read_wide(
    path: Path, *, crs: str, bbox: Sequence[float] | None, counts: str | None
) -> tuple[pd.DataFrame, np.ndarray, list[Finding]]:
    """Return the counts of cells, their south-west corners (north, east) [m], and findings.

    Parameters
    ----------
    path : Path
        CSV, or the zip that it comes in.
    crs : str
        CRS of `bbox`.
    bbox : sequence of 4 float, optional
        West, south, east, north; cells that do not touch it are not read. [m]
    counts : {"buildings", "dwellings"}, optional
        What the classes of years count where the file has no total that says it.

    Raises
    ------
    InputError
        No such column, damaged rows, a cell twice, too many cells.
    """
    box = None if bbox is None else _grid_box(bbox, crs)
    with _text(path) as text:
        names = [n.strip().strip('"') for n in text.readline(MAX_LINE).split(DELIMITER)]
        kind = _kind(names, counts, path.name)
        lines, cells, north, east, beyond = _rows(text, len(names), box, path.name)
    frame = pd.DataFrame(cells, columns=names, index=pd.Index(lines, name="line"), dtype="str")
    corners = np.array([north, east], dtype="int64").T.reshape(-1, 2)
    bad = np.asarray((corners < 0).any(axis=1), dtype=bool)
    findings = finding(
        path.name,
        "bad_grid_id",
        [f"line {i}" for i in frame.index[bad]],
        "Zeilen ohne gültige Gitter-ID, zurückgestellt",
        "rows without a valid grid id, set aside",
        "set_aside",
    )
    frame, corners = frame.loc[~bad], corners[~bad]
    _refuse_twice(frame, corners, path.name)
    wide, found = _counts(frame, kind, path.name)
    return wide, corners, findings + found + _notes(frame, beyond, path.name)


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOBase]:
    if path.suffix.lower() != ".zip":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
        return
    members = [m for m in safe_members(path, (".csv",)) if "100m" in m.filename.rsplit("/", 1)[-1]]
    if len(members) != 1:
        raise InputError(str(path), f"{len(members)} CSV files of the 100 m grid", "one", "unpack it and name the file")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(members[0]) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
    except (zipfile.BadZipFile, EOFError) as error:
        raise InputError(str(path), f"the zip is damaged ({error})", hint="fetch it again") from error


def _grid_box(bbox: Sequence[float], crs: str) -> tuple[float, float, float, float]:
    """Return a box of the run's CRS in the grid's."""
    to_grid = Transformer.from_crs(CRS.from_user_input(crs), GRID_CRS, always_xy=True)
    left, lower, right, upper = bbox
    west, south, east, north = (float(v) for v in to_grid.transform_bounds(left, lower, right, upper))
    return west, south, east, north


def _kind(names: list[str], counts: str | None, source: str) -> str:
    """Return what the file counts: residents, buildings or dwellings."""
    if RESIDENTS in names:
        return "residents"
    told = next((kind for kind, total in TOTALS.items() if total in names), counts)
    classes = [n for n in names if _class(n) is not None]
    if told is None and any(n in NAMED for n in names):
        raise InputError(source, "a file that does not say what it counts", "counts: buildings or dwellings")
    if told is None or not (TOTALS.get(told) in names or classes):
        raise InputError(
            source,
            f"columns {', '.join(names[3:])}",
            f"{RESIDENTS}, {', '.join(TOTALS.values())} or classes of years such as Vor1919, a1919bis1948",
            "klimastep uses residents, dwellings and buildings by year of construction, type, heating and carrier",
        )
    return told


def _rows(
    text: io.TextIOBase, width: int, box: tuple[float, float, float, float] | None, source: str
) -> tuple[list[int], list[list[str]], list[int], list[int], int]:
    """Return line, cells and corner of each row in the box, and how many lie beyond; a bad id has corner -1."""
    lines: list[int] = []
    rows: list[list[str]] = []
    north: list[int] = []
    east: list[int] = []
    beyond = 0
    for number, line in enumerate(text, 2):
        cell_id, _, rest = line.partition(DELIMITER)
        found = CELL_ID.match(cell_id.strip('" '))
        y, x = (int(found[1]), int(found[2])) if found else (-1, -1)
        if found is None and not line.strip():
            continue
        if box and found and not (box[0] - CELL_M < x < box[2] and box[1] - CELL_M < y < box[3]):
            beyond += 1
            continue
        cells = [cell_id, *rest.rstrip("\r\n").split(DELIMITER)]
        if len(cells) != width:
            raise InputError(source, f"line {number} has {len(cells)} cells, the header {width}", hint="is it cut off?")
        if len(rows) >= MAX_CELLS:
            hint = "name the area of the plan with bbox: [west, south, east, north]"
            raise InputError(source, f"more than {MAX_CELLS} cells", "those of one city", hint)
        lines.append(number)
        rows.append(cells)
        north.append(y)
        east.append(x)
    return lines, rows, north, east, beyond


def _refuse_twice(frame: pd.DataFrame, corners: np.ndarray, source: str) -> None:
    again = pd.DataFrame(corners).duplicated().to_numpy()
    if again.any():
        raise InputError(source, f"line {frame.index[again][0]}: the cell stands twice", "one row a cell")


def _counts(frame: pd.DataFrame, kind: str, source: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the declared columns that the file fills."""
    if kind == "residents":
        return pd.DataFrame({"residents": _numbers(frame[RESIDENTS], source)}).reset_index(drop=True), []
    declared = {c.name for c in CELLS.columns}
    classes = {name: f"{kind}_{ours}" for name in frame if (ours := _class(str(name))) is not None}
    unknown = [str(name) for name, ours in classes.items() if ours not in declared]
    out = {ours: _numbers(frame[name], source) for name, ours in classes.items() if ours in declared}
    if not out and kind == "buildings":
        raise InputError(
            source, "a total of buildings alone", "classes of years", "take the file by year of construction"
        )
    total = TOTALS.get(kind)
    if total in frame:
        out[kind] = _numbers(frame[total], source)
    order = [c.name for c in CELLS.columns if c.name in out]
    wide = pd.DataFrame({name: out[name] for name in order}).reset_index(drop=True)
    return wide, finding(
        source,
        "class_not_used",
        unknown,
        "Klassen ohne Spalte in der Tabelle der Zellen, nicht verwendet",
        "classes without a column in the table of cells, not used",
    )


def _class(name: str) -> str | None:
    """Return our name of a class of years, type, heating or carrier; None where the column is none."""
    if name in NAMED:
        return NAMED[name]
    found = CLASS.match(name)
    if found is None:
        return None
    if found["before"]:
        return f"until_{int(found['before']) - 1}"
    return f"{found['first']}_{found['last']}" if found["last"] else f"from_{found['first']}"


def _numbers(cells: pd.Series, source: str) -> pd.Series:
    text = cells.str.strip().str.strip('"')
    unknown = text.isin(UNKNOWN) | text.str.contains("\ufffd", regex=False)  # a dash in another encoding
    values = pd.to_numeric(text.mask(unknown).str.replace(",", ".", regex=False), errors="coerce").astype("float64")
    bad = ~unknown & ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        line = cells.index[bad.to_numpy()][0]
        raise InputError(source, f"line {line}, column {cells.name}: {cells.loc[line]!r} is no count", "0 or more")
    return values


def _notes(frame: pd.DataFrame, beyond: int, source: str) -> list[Finding]:
    notes = []
    if beyond:
        de, en = f"{beyond} Zellen außerhalb von bbox nicht gelesen", f"{beyond} cells outside of bbox not read"
        notes.append(Finding(source, "outside_bbox", beyond, (), de, en, "note"))
    marked = int((frame[MARKS].str.strip() == BRACKETS).sum()) if MARKS in frame else 0
    if marked:
        de = f"{marked} Zellen mit eingeschränkter Aussage (KLAMMERN)"
        notes.append(
            Finding(source, "brackets", marked, (), de, f"{marked} cells of low reliability (brackets)", "note")
        )
    return notes
