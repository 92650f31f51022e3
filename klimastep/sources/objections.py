"""Owners who object to the publication of the solar potential of their roofs: ids or addresses of buildings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from klimastep.contract import Column, Table, conform
from klimastep.errors import InputError, PlanError
from klimastep.findings import Reading
from klimastep.sources._columns import as_text, clean_ids, finding
from klimastep.sources._csv import TextOptions, read_csv
from klimastep.sources._options import parse
from klimastep.sources._vector import existing

TABLE = "objections"
OBJECTIONS = Table(
    TABLE,
    "objection",
    "Widersprüche gegen Veröffentlichung",
    "Objections to publication",
    "",
    (
        Column("building_id", "str", "", "Gebäude", "Building", nullable=True),
        Column("address", "str", "", "Lage", "Address", nullable=True),
    ),
)
DECLARATIONS = {TABLE: OBJECTIONS}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Options of this reader, besides those of text files.

    Parameters
    ----------
    id, address : str, optional
        Foreign columns of the building's id and of its address; at least one of them.
    """

    id: str | None = None
    address: str | None = None


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (no geometry)
    """Read objections.

    Parameters
    ----------
    path : Path
        Delimited text.
    crs : str
        Not used: the table has no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        ``objections``; rows with neither id nor address are set aside.

    Raises
    ------
    PlanError
        Neither `id` nor `address` is named.
    InputError
        Unreadable file or unknown column.
    """
    wanted = parse(Options, options, TABLE)
    columns = [c for c in (wanted.id, wanted.address) if c is not None]
    if not columns:
        raise PlanError("source objections: name id: or address:, the column that tells the building")
    place = existing(path)
    cells = read_csv(place, wanted, columns=columns).frame
    missing = [c for c in columns if c not in cells]
    if missing:
        raise InputError(place.name, f"no column {missing[0]!r}", f"one of {', '.join(map(str, cells.columns))}")
    index = pd.Index([f"{place.name} {n}" for n in cells.index], dtype="str", name=OBJECTIONS.id)
    nothing = pd.Series(None, index=index, dtype="str")
    frame = pd.DataFrame(
        {
            "building_id": clean_ids(cells[wanted.id]).set_axis(index) if wanted.id else nothing,
            "address": as_text(cells[wanted.address]).set_axis(index) if wanted.address else nothing,
        }
    )
    bare = frame.isna().all(axis=1)
    found = finding(
        place.name,
        "no_building_named",
        frame.index[bare],
        "Widersprüche ohne Kennung und Adresse, zurückgestellt",
        "objections without id and address, set aside",
        "set_aside",
    )
    return Reading(place.name, {TABLE: conform(frame[~bare], OBJECTIONS)}, len(frame), tuple(found), (str(place),))
