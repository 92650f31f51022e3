"""Blocks, districts, zones and context polygons (water, green, boundary) from any polygon file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from klimastep.errors import PlanError
from klimastep.findings import Reading
from klimastep.sources._features import FeatureOptions, features
from klimastep.sources._options import parse
from klimastep.tables import TABLES

TABLE = "blocks"
CONTEXT = ("water", "green", "boundary")


@dataclass(frozen=True, kw_only=True)
class Options(FeatureOptions):
    """Options of this reader, besides those of any feature file.

    Parameters
    ----------
    table : {"blocks", "districts", "zones", "water", "green", "boundary"}
        What the polygons are; the last three are context and may go without ids.
    """

    table: Literal["blocks", "districts", "zones", "water", "green", "boundary"]


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read areas.

    Parameters
    ----------
    path : Path
        GeoPackage, shapefile, GeoJSON, …
    crs : str
        CRS of the run; geometries come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        One table, named by the option `table`; `area_m2` is computed where the table declares it.

    Raises
    ------
    PlanError
        Unknown option or column, id or kind missing.
    InputError
        Unreadable file, an id that stands on several polygons, values out of bounds.
    """
    wanted = parse(Options, options, "areas")
    if wanted.id is None and wanted.table not in CONTEXT:
        raise PlanError(f"source areas: {wanted.table} need id:, the column that keeps them apart")
    if wanted.id is None and not wanted.id_prefix:
        wanted = Options(**{**options, "id_prefix": f"{wanted.table}-"})
    table = TABLES[wanted.table]
    frame, findings, rows_in = features(path, table, wanted, crs)
    if any(c.name == "area_m2" for c in table.columns):
        frame = frame.assign(area_m2=frame.area)
    return Reading(
        source=path.name if path else "",
        tables={table.name: frame},
        rows_in=rows_in,
        findings=tuple(findings),
        files=(str(path),),
    )
