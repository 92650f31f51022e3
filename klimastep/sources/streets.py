"""Street segments from any line file, with their class and length."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from klimastep.findings import Reading
from klimastep.sources._features import FeatureOptions, features
from klimastep.sources._options import parse
from klimastep.tables import ROAD_CLASSES, STREETS

TABLE = "streets"
CLASSES = {
    **{c.value: c.value for c in ROAD_CLASSES},
    **{c.label_de: c.value for c in ROAD_CLASSES},
}


@dataclass(frozen=True, kw_only=True)
class Options(FeatureOptions):
    """Options of this reader, besides those of any feature file.

    Parameters
    ----------
    classes : dict
        ``{foreign class: main, residential, service or path}``; the German names Hauptstraße,
        Wohnstraße, Erschließungsweg and Weg are known.
    """

    classes: dict[Any, str] = field(default_factory=dict)


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read streets.

    Parameters
    ----------
    path : Path
        GeoPackage, shapefile, GeoJSON, …
    crs : str
        CRS of the run; geometries come out in it.
    **options
        See :class:`Options`. Without `id` the segments are numbered in the order of the file.

    Returns
    -------
    Reading
        Table ``streets``; `length_m` is computed.

    Raises
    ------
    PlanError
        Unknown option, column or class.
    InputError
        Unreadable file, values that do not fit.
    """
    wanted = parse(Options, options, "streets")
    values = {**wanted.values, "road_class": {**CLASSES, **wanted.classes, **wanted.values.get("road_class", {})}}
    plain = {k: v for k, v in options.items() if k != "classes"}
    frame, findings, rows_in = features(path, STREETS, FeatureOptions(**{**plain, "values": values}), crs)
    return Reading(
        source=path.name if path else "",
        tables={STREETS.name: frame.assign(length_m=frame.length)},
        rows_in=rows_in,
        findings=tuple(findings),
        files=(str(path),),
    )
