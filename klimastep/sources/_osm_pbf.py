"""OSM files (.osm.pbf, .osm) in a stream: areas with holes and ways, with the tags that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import WAY

from klimastep.errors import InputError

DEGREES = "EPSG:4326"
TIMESTAMP = "@timestamp"  # what other programs call it, too
NO_TIME = 1971  # extracts without metadata say 1970
SUFFIXES = (".pbf", ".osm")
AREA_TYPES = ("multipolygon", "boundary")


@dataclass
class Scan:
    """What a pass over a file found.

    Parameters
    ----------
    ids : list of str
        ``way/123`` or ``relation/456``.
    shapes : list
        Their geometries as WKB.
    tags : list of dict
        Their tags, only those asked for.
    broken : dict of str to list of str
        Objects with the tag that have no usable geometry, by the reason.
    """

    ids: list[str] = field(default_factory=list)
    shapes: list[bytes] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    broken: dict[str, list[str]] = field(default_factory=dict)

    def frame(self, keys: Collection[str]) -> gpd.GeoDataFrame:
        """Return the rows with a text column a key, in degrees."""
        columns = {key: pd.array([t.get(key) for t in self.tags], dtype="str") for key in keys}
        shapes = shapely.from_wkb(np.array(self.shapes, dtype=object))
        return gpd.GeoDataFrame({"id": pd.array(self.ids, dtype="str"), **columns}, geometry=shapes, crs=DEGREES)


def is_osm(path: Path) -> bool:
    """Return whether a file's name says that it is an OSM extract."""
    return path.suffix.lower() in SUFFIXES


def scan_areas(path: Path, wanted: Collection[str], keys: Collection[str], ours: Callable[[Any], bool]) -> Scan:
    """Return the closed ways and multipolygons that carry a key of `wanted`.

    Parameters
    ----------
    path : Path
    wanted : collection of str
        Keys of which an object has one.
    keys : collection of str
        Keys whose values are kept.
    ours : callable
        Whether an object of osmium is one of ours; each is counted once, in the scan or among the broken.

    Raises
    ------
    InputError
        Damaged or truncated file.
    """
    scan = Scan()
    writer = osmium.geom.WKBFactory()
    candidates: dict[str, str] = {}
    chain = KeyFilter(*wanted)
    for thing in _objects(lambda: osmium.FileProcessor(str(path)).with_areas(chain).with_filter(chain), path):
        if not ours(thing):
            continue
        if thing.is_area():
            name = f"{'way' if thing.from_way() else 'relation'}/{thing.orig_id()}"
            _keep(scan, name, writer.create_multipolygon, thing, keys)
            candidates.pop(name, None)
        else:
            name = f"{_kind(thing)}/{thing.id}"
            candidates[name] = _why_no_area(thing)
    done = set(scan.ids) | {i for ids in scan.broken.values() for i in ids}
    for name, reason in candidates.items():
        if name not in done:
            scan.broken.setdefault(reason, []).append(name)
    return scan


def scan_ways(path: Path, key: str, keys: Collection[str]) -> Scan:
    """Return the ways that carry `key` as lines; parameters and errors as :func:`scan_areas`."""
    scan = Scan()
    writer = osmium.geom.WKBFactory()
    ways, keyed = EntityFilter(WAY), KeyFilter(key)
    for way in _objects(
        lambda: osmium.FileProcessor(str(path)).with_locations().with_filter(ways).with_filter(keyed), path
    ):
        name = f"way/{way.id}"
        if way.is_closed() and way.tags.get("area") == "yes":
            scan.broken.setdefault("area", []).append(name)
            continue
        _keep(scan, name, writer.create_linestring, way, keys)
    return scan


def _objects(source: Callable[[], Any], path: Path) -> Iterator[Any]:
    try:
        yield from source()
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise InputError(path.name, f"cannot be read as OSM data ({error})", hint="fetch the file again") from error


def _keep(scan: Scan, name: str, draw: Any, thing: Any, keys: Collection[str]) -> None:
    try:
        shape = bytes.fromhex(draw(thing))
    except (RuntimeError, osmium.InvalidLocationError):
        scan.broken.setdefault("incomplete", []).append(name)
        return
    scan.ids.append(name)
    scan.shapes.append(shape)
    tags = {key: value for key in keys if (value := thing.tags.get(key)) is not None}
    if TIMESTAMP in keys and thing.timestamp.year >= NO_TIME:
        tags[TIMESTAMP] = thing.timestamp.isoformat()
    scan.tags.append(tags)


def _kind(thing: Any) -> str:
    return "node" if thing.is_node() else "way" if thing.is_way() else "relation"


def _why_no_area(thing: Any) -> str:
    if thing.is_node():
        return "point"
    if thing.is_way():
        return "incomplete" if thing.is_closed() else "not_closed"
    return "incomplete" if thing.tags.get("type") in AREA_TYPES else "no_polygon"
