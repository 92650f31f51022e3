"""Qualified names of CityGML 1.0, 2.0 and 3.0: which element tells what."""

from __future__ import annotations

from typing import NamedTuple

from klimastep.sources._lod2_batch import SURFACE_KINDS

VERSIONS = ("1.0", "2.0", "3.0")
FIELDS = {
    "function": "function",
    "roofType": "roof_type",
    "measuredHeight": "height",
    "storeysAboveGround": "storeys",
    "yearOfConstruction": "year",
}
FIELDS_3 = {"height": "height", "dateOfConstruction": "date"}
PATCHES = ("Polygon", "Triangle", "Rectangle")
# What is no outer surface of the body in LoD2, or repeats it in another level of detail.
OTHER_LEVELS = (
    "lod1Solid",
    "lod1MultiSurface",
    "lod3Solid",
    "lod3MultiSurface",
    "lod4Solid",
    "lod4MultiSurface",
)
OTHER_BODIES = (
    "outerBuildingInstallation",
    "interiorBuildingInstallation",
    "interiorRoom",
    "lod0FootPrint",
    "lod0RoofEdge",
    *OTHER_LEVELS,
)
OTHER_BODIES_3 = (
    "buildingInstallation",
    "buildingRoom",
    "buildingFurniture",
    "buildingConstructiveElement",
    "buildingSubdivision",
)


class Head(NamedTuple):
    """What the beginning of a file tells: CityGML version, namespaces and ``srsName``."""

    version: str
    core: str
    building: str
    srs_name: str | None


class Tags(NamedTuple):
    """Qualified names of one CityGML version."""

    gml: str
    member: str
    building: str
    part: str
    reference: str
    reference_names: tuple[str, ...]
    address: str
    generic: str
    height_value: str
    solid: str
    ring: str
    hole: str
    patches: frozenset[str]
    lod2: tuple[str, ...]
    others: tuple[str, ...]
    kinds: dict[str, int]
    fields: dict[str, str]
    children: tuple[str, ...]
    geometry: tuple[str, ...]


def tags_of(head: Head) -> Tags:
    """Return the names to look for in a file."""
    bldg, core = head.building, head.core
    new = head.version == "3.0"
    con = "{http://www.opengis.net/citygml/construction/3.0}"
    gml = "{http://www.opengis.net/gml/3.2}" if new else "{http://www.opengis.net/gml}"
    body = core if new else bldg
    kinds = {
        f"{space}{name}": kind for name, kind in SURFACE_KINDS.items() for space in ((con, core) if new else (bldg,))
    }
    fields = {f"{bldg}{name}": key for name, key in FIELDS.items()} | {
        f"{gml}name": "name",
        f"{core}creationDate": "created",
    }
    others = [f"{bldg}{name}" for name in OTHER_BODIES]
    if new:
        fields |= {f"{con}{name}": key for name, key in FIELDS_3.items()}
        others = [f"{bldg}{name}" for name in OTHER_BODIES_3] + [f"{core}{name}" for name in OTHER_LEVELS]
        others += [f"{core}lod0MultiSurface", f"{con}fillingSurface"]
    part, solid, ring, hole = f"{bldg}BuildingPart", f"{body}lod2Solid", f"{gml}LinearRing", f"{gml}interior"
    reference, address = f"{core}externalReference", f"{bldg}address"
    generic = f"{{http://www.opengis.net/citygml/generics/{head.version}}}stringAttribute"
    patches = [f"{gml}{name}" for name in PATCHES]
    return Tags(
        gml=gml,
        member=f"{core}cityObjectMember",
        building=f"{bldg}Building",
        part=part,
        reference=reference,
        reference_names=(f"{core}name", f"{core}targetResource"),
        address=address,
        generic=generic,
        height_value=f"{con}Height/{con}value",
        solid=solid,
        ring=ring,
        hole=hole,
        patches=frozenset(patches),
        lod2=(solid, f"{body}lod2MultiSurface"),
        others=tuple(others),
        kinds=kinds,
        fields=fields,
        children=(*fields, reference, address, generic),
        geometry=(*kinds, *patches, ring, hole, part, solid, *others),
    )
