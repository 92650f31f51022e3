"""CityGML as a stream: buildings one after another, without entities, network or the whole file in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

from lxml import etree

from klimastep.errors import InputError

ROOF, WALL, GROUND, CLOSURE, UNKNOWN = range(5)
REPEATED = -1  # a polygon of the solid that a surface holds too
GML = "{http://www.opengis.net/gml}"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
RING, HOLE, POS_LIST = f"{GML}LinearRing", f"{GML}interior", f"{GML}posList"
PATCHES = frozenset({f"{GML}Polygon", f"{GML}Triangle", f"{GML}Rectangle"})
VERSIONS = ("1.0", "2.0")
FIELDS = {
    "function": "function",
    "roofType": "roof_type",
    "measuredHeight": "height",
    "storeysAboveGround": "storeys",
    "yearOfConstruction": "year",
}
SURFACE_KINDS = {
    "RoofSurface": ROOF,
    "WallSurface": WALL,
    "GroundSurface": GROUND,
    "ClosureSurface": CLOSURE,
    "OuterCeilingSurface": CLOSURE,
    "OuterFloorSurface": CLOSURE,
    "FloorSurface": CLOSURE,
    "CeilingSurface": CLOSURE,
    "InteriorWallSurface": CLOSURE,
}
# What is no outer surface of the body in LoD2, or repeats it in another level of detail.
OTHER_BODIES = (
    "outerBuildingInstallation",
    "interiorBuildingInstallation",
    "interiorRoom",
    "lod0FootPrint",
    "lod0RoofEdge",
    "lod1Solid",
    "lod1MultiSurface",
    "lod3Solid",
    "lod3MultiSurface",
    "lod4Solid",
    "lod4MultiSurface",
)
READ_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
}


class Head(NamedTuple):
    """What the beginning of a file tells: CityGML version, namespaces and ``srsName``."""

    version: str
    core: str
    building: str
    srs_name: str | None


class Building(NamedTuple):
    """Attributes of one building as text, parts included in the order building, part, part, …"""

    gml_id: str
    references: tuple[str, ...]
    name: str | None
    address: str | None
    addresses: int
    year: str | None


class Unit(NamedTuple):
    """Attributes of a building or building part as text."""

    function: str | None
    roof_type: str | None
    height: str | None
    storeys: str | None


@dataclass
class Batch:
    """Buildings read so far, as flat lists: units (building or part) point to buildings, polygons to units."""

    buildings: list[Building] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    unit_building: list[int] = field(default_factory=list)
    polygon_unit: list[int] = field(default_factory=list)
    polygon_kind: list[int] = field(default_factory=list)
    ring_polygon: list[int] = field(default_factory=list)
    ring_is_hole: list[bool] = field(default_factory=list)
    ring_text: list[str] = field(default_factory=list)


def read_head(stream: IO[bytes], source: str) -> Head:
    """Return version, namespaces and coordinate system of a CityGML file.

    Raises
    ------
    InputError
        No XML, no CityGML, version 3.0, or a document type declaration (entities are never read).
    """
    srs_name, root = None, None
    try:
        for _, element in etree.iterparse(stream, events=("start",), **READ_OPTIONS):
            if root is None:
                root = element
                _refuse(root, source)
            srs_name = srs_name or element.get("srsName")
            if srs_name or element.tag.endswith("}Polygon"):
                break
    except etree.XMLSyntaxError as error:
        raise InputError(source, f"no readable XML ({error.msg})", "CityGML", "fetch or copy the file again") from error
    if root is None:
        raise InputError(source, "the file is empty", "CityGML")
    core = etree.QName(root).namespace
    version = core.rsplit("/", 1)[1]
    return Head(version, f"{{{core}}}", f"{{http://www.opengis.net/citygml/building/{version}}}", srs_name)


def _refuse(root: Any, source: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(
            source,
            "the file declares a document type (DOCTYPE), which may hide entities",
            "CityGML without one, as surveying offices deliver it",
        )
    name = etree.QName(root)
    space = name.namespace or ""
    if name.localname != "CityModel" or not space.startswith("http://www.opengis.net/citygml/"):
        raise InputError(source, f"the file holds {name.localname} ({space})", "a CityModel of CityGML 1.0 or 2.0")
    version = space.rsplit("/", 1)[1]
    if version not in VERSIONS:
        raise InputError(
            source,
            f"CityGML {version} is not read yet",
            f"CityGML {' or '.join(VERSIONS)}",
            "a later version of klimastep reads it; offices still deliver 1.0 or 2.0 too",
        )


def batches(stream: IO[bytes], head: Head, source: str, size: int) -> Iterator[Batch]:
    """Yield the buildings of a file in batches of `size`; memory holds one batch.

    Raises
    ------
    InputError
        The file ends early or is no well-formed XML; the message names the last complete building.
    """
    tags = tags_of(head)
    batch, last = Batch(), ""
    wanted = (tags.building, tags.member)
    try:
        for _, element in etree.iterparse(stream, events=("end",), tag=wanted, collect_ids=False, **READ_OPTIONS):
            if element.tag == tags.building:
                last = element.get(f"{GML}id", "")
                add_building(batch, element, tags)
                if len(batch.buildings) >= size:
                    yield batch
                    batch = Batch()
                continue
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        where = f"the last complete building is {last}" if last else "no building is complete"
        raise InputError(
            source, f"the file is damaged or cut off ({error.msg}); {where}", hint="fetch or copy the file again"
        ) from error
    if batch.buildings:
        yield batch


class Tags(NamedTuple):
    """Qualified names of one CityGML version."""

    member: str
    building: str
    part: str
    reference: str
    address: str
    solid: str
    lod2: tuple[str, ...]
    others: tuple[str, ...]
    kinds: dict[str, int]
    fields: dict[str, str]
    geometry: tuple[str, ...]


def tags_of(head: Head) -> Tags:
    """Return the names to look for in a file."""
    bldg, core = head.building, head.core
    kinds = {f"{bldg}{name}": kind for name, kind in SURFACE_KINDS.items()}
    others = tuple(f"{bldg}{name}" for name in OTHER_BODIES)
    part, solid = f"{bldg}BuildingPart", f"{bldg}lod2Solid"
    fields = {f"{bldg}{name}": key for name, key in FIELDS.items()} | {f"{GML}name": "name"}
    return Tags(
        f"{core}cityObjectMember",
        f"{bldg}Building",
        part,
        f"{core}externalReference",
        f"{bldg}address",
        solid,
        (solid, f"{bldg}lod2MultiSurface"),
        others,
        kinds,
        fields,
        (*kinds, *PATCHES, RING, HOLE, part, solid, *others),
    )


def add_building(batch: Batch, element: Any, tags: Tags) -> None:
    """Append one building element with its parts to a batch."""
    number, first_unit = len(batch.buildings), len(batch.units)
    found, references, addresses = _attributes(element, tags)
    units = [_unit(found)]
    for part in element.iter(tags.part):
        own, _, more = _attributes(part, tags)
        units.append(_unit(own))
        addresses += more
    batch.units += units
    batch.unit_building += [number] * len(units)
    batch.buildings.append(
        Building(
            element.get(f"{GML}id", ""),
            tuple(references),
            found.get("name"),
            "; ".join(dict.fromkeys(text for text, _ in addresses if text)) or None,
            len({text for text, has_number in addresses if has_number}),
            found.get("year"),
        )
    )
    _add_polygons(batch, element, tags, first_unit)


def _unit(found: dict[str, str]) -> Unit:
    return Unit(found.get("function"), found.get("roof_type"), found.get("height"), found.get("storeys"))


def _attributes(element: Any, tags: Tags) -> tuple[dict[str, str], list[str], list[tuple[str, bool]]]:
    found: dict[str, str] = {}
    references: list[str] = []
    addresses: list[tuple[str, bool]] = []
    for child in element:
        tag = child.tag
        key = tags.fields.get(tag)
        if key is not None:
            if child.text and key not in found:
                found[key] = child.text.strip()
        elif tag == tags.reference:
            references += [t.text.strip() for t in child.iter("{*}name") if t.text]
        elif tag == tags.address:
            addresses.append(_address(child))
    return found, references, addresses


def _address(element: Any) -> tuple[str, bool]:
    """Return street and number of an xAL address, and whether it has a number."""
    texts: dict[str, str] = {}
    for node in element.iter("{*}ThoroughfareName", "{*}ThoroughfareNumber", "{*}LocalityName"):
        if node.text:
            texts.setdefault(etree.QName(node).localname, node.text.strip())
    street, number = texts.get("ThoroughfareName", ""), texts.get("ThoroughfareNumber", "")
    return f"{street} {number}".strip() or texts.get("LocalityName", ""), bool(number)


def _add_polygons(batch: Batch, element: Any, tags: Tags, first_unit: int) -> None:
    """Append the polygons of a building, walking through it once in document order."""
    first, first_ring = len(batch.polygon_kind), len(batch.ring_text)
    kinds, part_tag = tags.kinds, tags.part
    unit, kind, is_hole, number = first_unit, UNKNOWN, False, first - 1
    for node in element.iter(*tags.geometry):
        tag = node.tag
        if tag == RING:
            if number >= first:
                batch.ring_polygon.append(number)
                batch.ring_is_hole.append(is_hole)
                batch.ring_text.append(_coordinates(node))
        elif tag in PATCHES:
            number, is_hole = number + 1, False
            batch.polygon_unit.append(unit)
            batch.polygon_kind.append(kind)
        elif tag == HOLE:
            is_hole = True
        elif tag in kinds:
            kind = kinds[tag]
        elif tag == part_tag:
            unit, kind = unit + 1, UNKNOWN
        elif tag == tags.solid:
            kind = UNKNOWN
        else:
            _forget(batch, first, first_ring)
            _strip(element, tags)
            _add_polygons(batch, element, tags, first_unit)
            return
    _settle(batch, element, tags, first)


def _coordinates(ring: Any) -> str:
    child = next(iter(ring), None)
    if child is not None and child.tag == POS_LIST:
        return child.text or ""
    return " ".join(node.text or "" for node in ring.iter(f"{GML}pos"))


def _forget(batch: Batch, polygons: int, rings: int) -> None:
    del batch.polygon_unit[polygons:], batch.polygon_kind[polygons:]
    del batch.ring_polygon[rings:], batch.ring_is_hole[rings:], batch.ring_text[rings:]


def _strip(element: Any, tags: Tags) -> None:
    """Take installations, rooms and other levels of detail out of a building; LoD1 stays where it is all there is."""
    has_lod2 = any(True for _ in element.iter(*tags.lod2))
    for node in list(element.iter(*tags.others)):
        if not has_lod2 and "lod1" in node.tag:
            node.tag = tags.solid
            continue
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)


def _settle(batch: Batch, element: Any, tags: Tags, first: int) -> None:
    """Keep each polygon once: those of the solid only where no surface holds or links to them."""
    new = batch.polygon_kind[first:]
    if UNKNOWN not in new:
        return
    linked = {
        node.get(XLINK_HREF).removeprefix("#"): kind
        for tag, kind in tags.kinds.items()
        for surface in element.iter(tag)
        for node in surface.iter(f"{GML}surfaceMember")
        if node.get(XLINK_HREF)
    }
    names = [node.get(f"{GML}id", "") for node in element.iter(*PATCHES)]
    known = set(new) != {UNKNOWN}
    for place, name in enumerate(names):
        if new[place] == UNKNOWN and name in linked:
            batch.polygon_kind[first + place] = linked[name]
        elif new[place] == UNKNOWN and known:
            batch.polygon_kind[first + place] = REPEATED
