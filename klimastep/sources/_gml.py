"""CityGML as a stream: buildings one after another, without entities, network or the whole file in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from klimastep.errors import InputError
from klimastep.sources._gml_tags import VERSIONS, Head, Tags, tags_of
from klimastep.sources._lod2_batch import REPEATED, UNKNOWN, Batch, Building, Unit

XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
FOOTPRINT_DATE = "Grundrissaktualitaet"
MAX_LETTERS = 3_000_000  # of coordinates in a batch
STREET = ("{*}ThoroughfareName", "{*}ThoroughfareNumber", "{*}LocalityName")
READ_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
}


def read_head(stream: IO[bytes], source: str) -> Head:
    """Return version, namespaces and coordinate system of a CityGML file.

    Raises
    ------
    InputError
        No XML, no CityGML, an unknown version, or a document type declaration (entities are never read).
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
    core = root.tag.rpartition("}")[0].removeprefix("{")
    version = core.rsplit("/", 1)[1]
    return Head(version, f"{{{core}}}", f"{{http://www.opengis.net/citygml/building/{version}}}", srs_name)


def _refuse(root: Any, source: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(
            source,
            "the file declares a document type (DOCTYPE), which may hide entities",
            "CityGML without one, as surveying offices deliver it",
        )
    space, _, name = root.tag.removeprefix("{").rpartition("}")
    if name != "CityModel" or not space.startswith("http://www.opengis.net/citygml/"):
        raise InputError(source, f"the file holds {name} ({space})", "a CityModel of CityGML 1.0, 2.0 or 3.0")
    version = space.rsplit("/", 1)[1]
    if version not in VERSIONS:
        raise InputError(source, f"CityGML {version} is unknown", f"CityGML {', '.join(VERSIONS)}")


def batches(stream: IO[bytes], head: Head, source: str, size: int) -> Iterator[Batch]:
    """Yield the buildings of a file in batches of `size`, of fewer where they are large; memory holds one batch.

    Raises
    ------
    InputError
        The file ends early or is no well-formed XML; the message names the last complete building.
    """
    tags = tags_of(head)
    batch, last, letters = Batch(), "", 0
    id_name = f"{tags.gml}id"
    wanted = (tags.building, tags.member)
    try:
        for _, element in etree.iterparse(stream, events=("end",), tag=wanted, collect_ids=False, **READ_OPTIONS):
            if element.tag == tags.building:
                last = element.get(id_name, "")
                rings = len(batch.ring_text)
                add_building(batch, element, tags)
                letters += sum(map(len, batch.ring_text[rings:]))
                if len(batch.buildings) >= size or letters > MAX_LETTERS:
                    yield batch
                    batch, letters = Batch(), 0
                continue
            element.clear()
            before = element.getprevious()
            while before is not None:
                before.getparent().remove(before)
                before = element.getprevious()
    except etree.XMLSyntaxError as error:
        where = f"the last complete building is {last[:60]}" if last else "no building is complete"
        raise InputError(
            source, f"the file is damaged or cut off ({error.msg}); {where}", hint="fetch or copy the file again"
        ) from error
    if batch.buildings:
        yield batch


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
            element.get(f"{tags.gml}id", ""),
            tuple(references),
            found.get("name"),
            "; ".join(dict.fromkeys(text for text, _ in addresses if text)) or None,
            len({text for text, has_number in addresses if has_number}),
            found.get("year") or found.get("date", "")[:4] or None,
            found.get("footprint_date"),
            found.get("created"),
        )
    )
    _add_polygons(batch, element, tags, first_unit)


def _unit(found: dict[str, str]) -> Unit:
    return Unit(found.get("function"), found.get("roof_type"), found.get("height"), found.get("storeys"))


def _attributes(element: Any, tags: Tags) -> tuple[dict[str, str], list[str], list[tuple[str, bool]]]:
    found: dict[str, str] = {}
    references: list[str] = []
    addresses: list[tuple[str, bool]] = []
    for child in element.iterchildren(*tags.children):
        key = tags.fields.get(child.tag)
        if key is not None:
            text = child.text if len(child) == 0 else child.findtext(tags.height_value)
            if text and key not in found:
                found[key] = text.strip()
        elif child.tag == tags.generic:
            if child.get("name") == FOOTPRINT_DATE and len(child):
                found["footprint_date"] = (child[0].text or "").strip()
        elif child.tag == tags.reference:
            references += [t.text.strip() for t in child.iter(*tags.reference_names) if t.text]
        else:
            addresses.append(_address(child))
    return found, references, addresses


def _address(element: Any) -> tuple[str, bool]:
    """Return street and number of an xAL address, and whether it has a number."""
    texts: dict[str, str] = {}
    for node in element.iter(*STREET):
        if node.text:
            texts.setdefault(node.tag.rpartition("}")[2], node.text.strip())
    if not texts:
        texts = _address_3(element)
    street, number = texts.get("ThoroughfareName", ""), texts.get("ThoroughfareNumber", "")
    return f"{street} {number}".strip() or texts.get("LocalityName", ""), bool(number)


def _address_3(element: Any) -> dict[str, str]:
    """Return the texts of an xAL 3 address (CityGML 3.0) under the names of xAL 2."""
    paths = {
        "ThoroughfareName": "{*}Thoroughfare/{*}NameElement",
        "ThoroughfareNumber": "{*}Thoroughfare/{*}Number",
        "LocalityName": "{*}Locality/{*}NameElement",
    }
    texts = {name: element.findtext(f".//{path}") for name, path in paths.items()}
    return {name: text.strip() for name, text in texts.items() if text}


def _add_polygons(batch: Batch, element: Any, tags: Tags, first_unit: int) -> None:
    """Append the polygons of a building, walking through it once in document order."""
    first, first_ring = len(batch.polygon_kind), len(batch.ring_text)
    kinds, patches, ring, hole = tags.kinds, tags.patches, tags.ring, tags.hole
    unit, kind, is_hole, number = first_unit, UNKNOWN, False, first - 1
    for node in element.iter(*tags.geometry):
        tag = node.tag
        if tag == ring:
            if number >= first:
                batch.ring_polygon.append(number)
                batch.ring_is_hole.append(is_hole)
                batch.ring_text.append((node[0].text or "") if len(node) == 1 else _points(node, tags))
        elif tag in patches:
            number, is_hole = number + 1, False
            batch.polygon_unit.append(unit)
            batch.polygon_kind.append(kind)
        elif tag in kinds:
            kind = kinds[tag]
        elif tag == hole:
            is_hole = True
        elif tag == tags.part:
            unit, kind = unit + 1, UNKNOWN
        elif tag == tags.solid:
            kind = UNKNOWN
        else:
            _forget(batch, first, first_ring)
            _strip(batch, element, tags)
            _add_polygons(batch, element, tags, first_unit)
            return
    _settle(batch, element, tags, first)


def _points(ring: Any, tags: Tags) -> str:
    return " ".join(node.text or "" for node in ring.iter(f"{tags.gml}pos", f"{tags.gml}posList"))


def _forget(batch: Batch, polygons: int, rings: int) -> None:
    del batch.polygon_unit[polygons:], batch.polygon_kind[polygons:]
    del batch.ring_polygon[rings:], batch.ring_is_hole[rings:], batch.ring_text[rings:]


def _strip(batch: Batch, element: Any, tags: Tags) -> None:
    """Take installations, rooms and other levels of detail out of a building; LoD1 stays where it is all there is."""
    levels = {node.tag.rpartition("}")[2] for node in element.iter(*tags.lod2, *tags.others)}
    kept = ""
    if not levels & {"lod2Solid", "lod2MultiSurface"}:
        kept = "lod1Solid" if "lod1Solid" in levels else "lod1MultiSurface"
    if kept in levels:
        batch.lod1.append(len(batch.buildings) - 1)
    for node in list(element.iter(*tags.others)):
        if kept and node.tag.endswith(kept):
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
        for node in surface.iter(f"{tags.gml}surfaceMember")
        if node.get(XLINK_HREF)
    }
    names = [node.get(f"{tags.gml}id", "") for node in element.iter(*tags.patches)]
    known = set(new) != {UNKNOWN}
    for place, name in enumerate(names):
        if new[place] == UNKNOWN and name in linked:
            batch.polygon_kind[first + place] = linked[name]
        elif new[place] == UNKNOWN and known:
            batch.polygon_kind[first + place] = REPEATED
