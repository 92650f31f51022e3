"""CityJSON as text and as a line sequence: parsed, checked and flattened to batches of buildings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import numpy as np

from klimastep.errors import InputError
from klimastep.sources._lod2_batch import SURFACE_KINDS, UNKNOWN, WALL, Batch, Building, Unit
from klimastep.sources._surfaces import MAX_COORDINATE_M, Floats, usable_rings

VERSIONS = ("1.0", "1.1", "2.0")
MAX_BYTES = 500_000_000  # in memory it takes ten times as much; a sequence has no limit
MAX_LINE_BYTES = 100_000_000
SHELLS = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
MAX_LOD = 3.0  # exclusive
HINT = "check it with cjval, or export it again"


class Header(NamedTuple):
    """Version, name of the CRS, scale and translation of the vertices."""

    version: str
    reference_system: str | None
    scale: Floats
    translate: Floats


@dataclass
class Shapes:
    """Batch in the making: vertices of all files' parts, and for each ring its vertex numbers among them."""

    batch: Batch = field(default_factory=Batch)
    points: list[Floats] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


def load(text: bytes | str, source: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises
    ------
    InputError
        No JSON, NaN or Infinity in it, nested too deeply, no object.
    """
    try:
        found = json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise InputError(source, "the JSON is nested too deeply", "CityJSON", HINT) from error
    except (ValueError, MemoryError) as error:
        raise InputError(source, f"no readable JSON ({str(error)[:200]})", "CityJSON", HINT) from error
    if not isinstance(found, dict):
        raise InputError(source, f"the file holds a JSON {type(found).__name__}", "CityJSON", HINT)
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def read_whole(stream: IO[bytes], source: str) -> dict[str, Any]:
    """Return a CityJSON file; a larger one than fits into memory is refused."""
    text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise InputError(
            source, f"more than {MAX_BYTES} bytes", "a smaller file", "cut it into tiles, or write a sequence (.jsonl)"
        )
    return load(text, source)


def lines_of(stream: IO[bytes], source: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a CityJSON sequence."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise InputError(f"{source}, line {number}", f"more than {MAX_LINE_BYTES} bytes", "a feature a line")
        if line.strip():
            yield load(line, f"{source}, line {number}")


def header_of(found: dict[str, Any], source: str) -> Header:
    """Return what the head of a CityJSON file tells.

    Raises
    ------
    InputError
        Another kind of JSON, unknown version, unusable transform.
    """
    kind, version = found.get("type"), str(found.get("version", ""))
    if kind != "CityJSON":
        raise InputError(source, f"the file is a JSON of type {str(kind)[:40]!r}", "CityJSON")
    short = ".".join(version.split(".")[:2])
    if short not in VERSIONS:
        raise InputError(source, f"CityJSON {version[:20]!r} is unknown", f"CityJSON {', '.join(VERSIONS)}")
    metadata = _mapping(found.get("metadata"), "metadata", source)
    transform = _mapping(found.get("transform"), "transform", source)
    scale = _numbers([transform.get("scale", [1.0] * 3)], "transform.scale", source)
    translate = _numbers([transform.get("translate", [0.0] * 3)], "transform.translate", source)
    system = metadata.get("referenceSystem")
    return Header(short, str(system) if system else None, scale[0], translate[0])


def vertices_of(found: dict[str, Any], header: Header, source: str) -> Floats:
    """Return the vertices (n, 3) in the units of the CRS. [m]"""
    raw = found.get("vertices", [])
    if not raw:
        return np.zeros((0, 3))
    points = _numbers(raw, "vertices", source) * header.scale + header.translate
    far = ~(np.abs(points) < MAX_COORDINATE_M).all(axis=1)
    if far.any():
        row = int(np.argmax(far))
        raise InputError(source, f"vertex {row} lies at {points[row].tolist()}", "coordinates in metres", HINT)
    return points


def _numbers(rows: Any, what: str, source: str) -> Floats:
    try:
        out = np.array(rows)
    except ValueError:
        out = np.array([])
    if out.ndim != 2 or out.shape[1] != 3 or out.dtype.kind not in "if":
        raise InputError(source, f"{what} is no list of three numbers each", "x, y, z", HINT)
    numbers = out.astype(np.float64)
    if not (np.abs(numbers) < 1e15).all():
        row = int(np.argmax(~(np.abs(numbers) < 1e15).all(axis=1)))
        raise InputError(source, f"{what}: {numbers[row].tolist()} in row {row}", "coordinates in metres", HINT)
    return numbers


def _mapping(value: Any, what: str, source: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(source, f"{what} is a {type(value).__name__}", "a JSON object", HINT)
    return value


def batches(parts: Iterable[tuple[dict[str, Any], Floats]], source: str, size: int) -> Iterator[Batch]:
    """Yield the buildings of city objects, each group with its vertices, in batches of `size`."""
    shapes = Shapes()
    for found, vertices in parts:
        objects = _mapping(found.get("CityObjects"), "CityObjects", source)
        for name, thing in _buildings(objects, source):
            units = _units(name, thing, objects, shapes)
            _add(shapes, name, units, vertices, source)
            if len(shapes.batch.buildings) >= size:
                yield _finished(shapes)
                shapes = Shapes()
    if shapes.batch.buildings:
        yield _finished(shapes)


def _buildings(objects: dict[str, Any], source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield buildings, and parts whose building is not there."""
    for name, thing in objects.items():
        kind = _mapping(thing, f"CityObject {name[:40]}", source).get("type")
        if kind == "Building" or kind == "BuildingPart" and not any(p in objects for p in _texts(thing.get("parents"))):
            yield name, thing


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _units(name: str, thing: dict[str, Any], objects: dict[str, Any], shapes: Shapes) -> list[dict[str, Any]]:
    """Return a building and its parts, parts of parts included."""
    if thing.get("type") == "BuildingPart":
        shapes.batch.oddities.setdefault("part_alone", []).append(len(shapes.batch.buildings))
    units, met, waiting = [thing], {name}, _texts(thing.get("children"))[::-1]
    while waiting:
        child = waiting.pop()
        if child in met:
            continue
        met.add(child)
        part = objects.get(child)
        if not isinstance(part, dict):
            shapes.batch.oddities.setdefault("part_missing", []).append(len(shapes.batch.buildings))
        elif part.get("type") == "BuildingPart":
            units.append(part)
            waiting += _texts(part.get("children"))[::-1]
    return units


def _add(shapes: Shapes, name: str, units: list[dict[str, Any]], vertices: Floats, source: str) -> None:
    batch, number, first = shapes.batch, len(shapes.batch.buildings), len(shapes.batch.units)
    where = f"building {name[:60]}"
    told = [_mapping(unit.get("attributes"), f"{where}: attributes", source) for unit in units]
    addresses = [a for unit in units for a in _addresses(unit.get("address"))]
    batch.units += [
        Unit(_text(t, "function"), _text(t, "roofType"), _text(t, "measuredHeight"), _text(t, "storeysAboveGround"))
        for t in told
    ]
    batch.unit_building += [number] * len(units)
    batch.buildings.append(
        Building(
            name,
            (),
            _text(told[0], "name"),
            "; ".join(dict.fromkeys(text for text, _ in addresses if text)) or None,
            len({text for text, has_number in addresses if has_number}),
            _text(told[0], "yearOfConstruction"),
            _text(told[0], "Grundrissaktualitaet"),
            _text(told[0], "creationDate"),
        )
    )
    chosen = [_geometry(unit.get("geometry"), where, source) for unit in units]
    for unit, (level, geometries) in enumerate(chosen):
        for geometry in geometries:
            _add_geometry(shapes, first + unit, geometry, vertices, f"{source}, {where}")
        if geometries and level < 2 and (not batch.lod1 or batch.lod1[-1] != number):
            batch.lod1.append(number)


def _text(attributes: dict[str, Any], key: str) -> str | None:
    value = attributes.get(key)
    if isinstance(value, list) and value:
        value = value[0]
    if value is None or isinstance(value, (dict, list, bool)):
        return None
    return str(value).strip() or None


def _addresses(value: Any) -> list[tuple[str, bool]]:
    """Return street with number of each address, and whether it has a number."""
    out = []
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            street, number = _text(entry, "ThoroughfareName"), _text(entry, "ThoroughfareNumber")
            place = f"{street or ''} {number or ''}".strip()
            out.append((place or _text(entry, "LocalityName") or _text(entry, "Locality") or "", bool(number)))
    return out


def _geometry(value: Any, where: str, source: str) -> tuple[float, list[dict[str, Any]]]:
    """Return the highest level of detail below 3 that has surfaces, and its geometries."""
    by_level: dict[float, list[dict[str, Any]]] = {}
    for geometry in value if isinstance(value, list) else []:
        if not isinstance(geometry, dict) or geometry.get("type") not in SHELLS:
            continue
        try:
            level = float(geometry.get("lod", "nan"))
        except (TypeError, ValueError) as error:
            raise InputError(source, f"{where}: lod {str(geometry.get('lod'))[:40]!r}", "for example 2.2") from error
        if 1 <= level < MAX_LOD:
            by_level.setdefault(level, []).append(geometry)
    if not by_level:
        return 0.0, []
    level = max(by_level)
    solids = [g for g in by_level[level] if SHELLS[g["type"]]]
    return level, solids[:1] or by_level[level]


def _add_geometry(shapes: Shapes, unit: int, geometry: dict[str, Any], vertices: Floats, where: str) -> None:
    """Append the outer shells of a geometry: their polygons, kinds and rings."""
    depth = SHELLS[geometry["type"]]
    semantics = geometry.get("semantics") or {}
    if not isinstance(semantics, dict):
        raise InputError(where, "semantics is no JSON object", hint=HINT)
    table = _kinds(semantics.get("surfaces"))
    batch, numbers, counts = shapes.batch, [], []
    for surface, index in _surfaces(geometry.get("boundaries"), semantics.get("values"), depth, where):
        polygon = len(batch.polygon_kind)
        known = isinstance(index, int) and 0 <= index < len(table)
        batch.polygon_unit.append(unit)
        batch.polygon_kind.append(table[index] if known else UNKNOWN)
        for place, ring in enumerate(_list(surface, where)):
            numbers += _list(ring, where)
            counts.append(len(ring))
            batch.ring_polygon.append(polygon)
            batch.ring_is_hole.append(place > 0)
    shapes.points.append(_vertices(numbers, vertices, where))
    shapes.counts += counts


def _surfaces(boundaries: Any, values: Any, depth: int, where: str) -> Iterator[tuple[Any, Any]]:
    """Yield each surface with the number of its meaning; of a solid those of its outer shell."""
    pairs = [(boundaries, values)]
    for level in range(depth, 0, -1):
        down = []
        for part, told in pairs:
            children = _list(part, where)
            meanings = told if isinstance(told, list) and len(told) == len(children) else [None] * len(children)
            down += list(zip(children, meanings, strict=True))[: 1 if level == 1 else None]
        pairs = down
    for part, told in pairs:
        children = _list(part, where)
        meanings = told if isinstance(told, list) and len(told) == len(children) else [None] * len(children)
        yield from zip(children, meanings, strict=True)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(where, f"boundaries hold a {type(value).__name__} where a list belongs", hint=HINT)
    return value


def _kinds(surfaces: Any) -> list[int]:
    """Return the kind of each semantic surface; a window or door is that of the surface it stands in."""
    listed = [s if isinstance(s, dict) else {} for s in surfaces] if isinstance(surfaces, list) else []
    kinds = []
    for surface in listed:
        name, parent = str(surface.get("type")), surface.get("parent")
        if name in ("Window", "Door"):
            above = listed[parent] if isinstance(parent, int) and 0 <= parent < len(listed) else {}
            kinds.append(SURFACE_KINDS.get(str(above.get("type")), WALL))
        else:
            kinds.append(SURFACE_KINDS.get(name, UNKNOWN))
    return kinds


def _vertices(numbers: list[Any], vertices: Floats, where: str) -> Floats:
    try:
        chosen = np.array(numbers) if numbers else np.zeros(0, dtype=np.int64)
    except ValueError:
        chosen = np.zeros((1, 1))
    if chosen.ndim != 1 or chosen.dtype.kind != "i":
        raise InputError(where, "boundaries hold something else than vertex numbers", "whole numbers", HINT)
    wrong = (chosen < 0) | (chosen >= len(vertices))
    if wrong.any():
        first = int(chosen[wrong][0])
        raise InputError(where, f"vertex number {first}, there are {len(vertices)}", "a number below that", HINT)
    return vertices[chosen]


def _finished(shapes: Shapes) -> Batch:
    batch = shapes.batch
    points = np.concatenate([*shapes.points, np.zeros((0, 3))])
    counts = 3 * np.array(shapes.counts, dtype=np.int64)
    owner, hole = np.array(batch.ring_polygon, dtype=np.int64), np.array(batch.ring_is_hole, dtype=bool)
    batch.rings = usable_rings(points.ravel(), counts, owner, hole)
    return batch
