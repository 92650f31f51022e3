"""Points, lines and areas of any kind by the column mapping of the plan: heat, gas and sewer networks, waste heat, …"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from klimastep.contract import Column, Table
from klimastep.errors import PlanError
from klimastep.findings import Reading
from klimastep.sources._features import FeatureOptions, features
from klimastep.sources._options import parse
from klimastep.tables import NAME, YEAR_BUILT

TABLE = "network_lines"
KIND = Column("kind", "str", "", "Art", "Kind")
DIAMETER = Column("diameter_mm", "float64", "mm", "Durchmesser", "Diameter", nullable=True, min=0, max=20_000)
POWER = Column("power_kw", "float64", "kW", "Leistung", "Power", nullable=True, min=0)
COLUMNS = (NAME, KIND, DIAMETER, POWER, YEAR_BUILT)
LENGTH = Column("length_m", "float64", "m", "Länge", "Length", min=0)
AREA = Column("area_m2", "float64", "m²", "Fläche", "Area", min=0)
DECLARATIONS = {
    TABLE: Table(TABLE, "network_line", "Leitungen", "Network lines", "LineString", (*COLUMNS, LENGTH)),
    "points": Table("points", "point", "Punkte", "Points", "Point", COLUMNS),
    "areas": Table("areas", "area", "Flächen", "Areas", "Polygon", (*COLUMNS, AREA)),
}


@dataclass(frozen=True, kw_only=True)
class Options(FeatureOptions):
    """Options of this reader, besides those of any feature file.

    Parameters
    ----------
    table : {"network_lines", "points", "areas"}
        What the features are.
    kind : str
        What they show, for example ``heat_network``, ``gas``, ``sewer`` or ``waste_heat``; it also
        begins the ids where `id_prefix` is not given.
    """

    table: Literal["network_lines", "points", "areas"]
    kind: str


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read features of a kind.

    Parameters
    ----------
    path : Path
        GeoPackage, shapefile, GeoJSON, …
    crs : str
        CRS of the run; geometries come out in it.
    **options
        See :class:`Options`. Declared columns are name, diameter_mm, power_kw and year_built.

    Returns
    -------
    Reading
        One table, named by the option `table`, with `kind` on each row; length and area are computed.

    Raises
    ------
    PlanError
        Unknown option or column, an empty kind.
    InputError
        Unreadable file, values out of bounds, an id on features that differ.
    """
    wanted = parse(Options, options, "features")
    if not re.fullmatch(r"[\w-]{1,40}", wanted.kind):
        raise PlanError(f"source features: kind: {wanted.kind!r}; expected letters, digits, _ and -, at most 40")
    if "kind" in wanted.columns:
        raise PlanError("source features: columns: kind is the option kind:, the same for all features of a source")
    wanted = replace(wanted, id_prefix=wanted.id_prefix or f"{wanted.kind}-")
    table = DECLARATIONS[wanted.table]
    frame, findings, rows_in = features(path, table, wanted, crs)
    frame = frame.assign(kind=KIND.cast([wanted.kind] * len(frame), frame.index))
    if table.geometry == "LineString":
        frame = frame.assign(length_m=frame.length)
    elif table.geometry == "Polygon":
        frame = frame.assign(area_m2=frame.area)
    return Reading(
        source=path.name if path else "",
        tables={table.name: frame},
        rows_in=rows_in,
        findings=tuple(findings),
        files=(str(path),),
    )
