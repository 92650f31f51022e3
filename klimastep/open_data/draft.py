"""A first plan from a folder of fetched data: one entry under ``sources`` for each kind that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyogrio
import yaml
from pyproj import Transformer

from klimastep import sources
from klimastep.config import template
from klimastep.errors import InputError, PlanError
from klimastep.open_data.ledger import Ledger
from klimastep.open_data.products import CRS, check_ags
from klimastep.reference import load

OUTLINE = "gemeinde.gpkg"
OPTIONS: dict[str, tuple[dict[str, str], ...]] = {
    "alkis": ({"table": "buildings"}, {"table": "parcels"}),
    "dom": ({"kind": "surface"},),
    "dgm": ({"kind": "terrain"},),
}
ORDER = ("alkis", "lod2", "dom", "dgm", "census")
ONE_DISTRICT = "# ein einziger Bezirk, die ganze Gemeinde: durch Stadtteile ersetzen (one district: put yours here)"


def draft_plan(ags: str, folder: Path, plan: Path) -> str:
    """Return the text of a commented plan that uses what lies in a folder of fetched data.

    Parameters
    ----------
    ags : str
        Official key of the municipality.
    folder : Path
        Where ``klimastep fetch`` put the data.
    plan : Path
        Where the text will be saved: paths in it are relative to that place.

    Raises
    ------
    PlanError
        No key of the state, or the folder is of another municipality.
    InputError
        Nothing there that a plan can use.
    """
    check_ags(ags)
    outline = folder / OUTLINE
    if not outline.is_file():
        raise InputError(str(folder), f"no {OUTLINE}", "a folder that klimastep fetch wrote")
    told = Ledger(folder).ags
    if told and told != ags:
        raise PlanError(f"--ags {ags}: {folder} holds the data of {told}")
    west, south, east, north = (float(v) for v in pyogrio.read_info(outline, force_total_bounds=True)["total_bounds"])
    entries = list(_data(folder, plan, [round(v) for v in (west, south, east, north)]))
    if not entries:
        raise InputError(str(folder), "nothing fetched in it", hint="klimastep fetch says what is missing")
    area = _place(outline, plan)
    entries.append(_entry("areas", area, {"table": "boundary", "id": "id", "columns": {"name": "name"}}))
    entries.append(f"  {ONE_DISTRICT}")
    entries.append(_entry("areas", area, {"table": "districts", "id": "id", "columns": {"name": "name"}}))
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform((west + east) / 2, (south + north) / 2)
    entries.append(
        _entry("weather_try", None, {"latitude_deg": round(latitude, 3), "longitude_deg": round(longitude, 3)})
    )
    return template(name=f"gemeinde-{ags}", title_de=f"Gemeinde {ags}", entries="\n".join(entries))


def _data(folder: Path, plan: Path, box: list[int]) -> Iterator[str]:
    """Yield the entries of the data that are there and that a reader takes."""
    table = load("open_data").drop_duplicates("what").set_index("what")
    readers = sources.names()
    for what in ORDER:
        reader, place = str(table.loc[what, "reader"]), folder / str(table.loc[what, "folder"])
        files = sorted(place.glob("*.zip")) if place.is_dir() else []
        if not files:
            continue
        if reader not in readers:
            yield f"  # {place.name}: kein Leser {reader} (no such reader)"
        elif what == "census":
            yield from (_entry(reader, _place(file, plan), {"bbox": box}) for file in files)
        else:
            terms = ", ".join(str(table.loc[what, c]) for c in ("attribution", "licence"))
            for options in OPTIONS.get(what, ({},)):
                yield _entry(reader, _place(place, plan), {**options, "attribution": terms})


def _place(path: Path, plan: Path) -> str:
    """Return a path as the plan names it: relative to its folder, absolute only on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), plan.resolve().parent)).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _entry(reader: str, path: str | None, options: dict[str, Any]) -> str:
    lines = [f"  - reader: {reader}"]
    if path is not None:
        lines.append(f"    path: {_flow(path)}")
    if options:
        lines.append(f"    options: {_flow(options)}")
    return "\n".join(lines)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return text.removesuffix("...\n").strip()
