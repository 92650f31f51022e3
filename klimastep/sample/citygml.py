"""LoD2 buildings as CityGML 1.0 in the profile of the German surveying offices (AdV)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import shapely

from klimastep.sample.quarters import MUNICIPALITY, TOWN_LABEL
from klimastep.sample.roofs import Ring3, Solid, faces, top_of, walls

SRS = "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016"
CREATED = "2025-11-03"
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns="http://www.opengis.net/citygml/1.0" xmlns:core="http://www.opengis.net/citygml/1.0" \
xmlns:gen="http://www.opengis.net/citygml/generics/1.0" xmlns:bldg="http://www.opengis.net/citygml/building/1.0" \
xmlns:gml="http://www.opengis.net/gml" xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0" \
xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<gml:description>synthetisch</gml:description>
<gml:name>{name}</gml:name>
<gml:boundedBy><gml:Envelope srsName="{srs}"><gml:lowerCorner srsDimension="3">{low}</gml:lowerCorner>\
<gml:upperCorner srsDimension="3">{high}</gml:upperCorner></gml:Envelope></gml:boundedBy>
"""
TAIL = "</core:CityModel>\n"


def _attribute(name: str, value: str) -> str:
    return f'<gen:stringAttribute name="{name}"><gen:value>{value}</gen:value></gen:stringAttribute>\n'


SOURCES = "".join(
    (
        _attribute("DatenquelleDachhoehe", "1000"),
        _attribute("DatenquelleLage", "1000"),
        _attribute("DatenquelleBodenhoehe", "1100"),
    )
)


def _ring(ring: Sequence[tuple[float, float, float]]) -> str:
    return " ".join(f"{x:.3f} {y:.3f} {z:.3f}" for x, y, z in (*ring, ring[0]))


def _surface(kind: str, name: str, ring: Ring3) -> str:
    return (
        f"<bldg:boundedBy><bldg:{kind} gml:id={quoteattr(name)}><bldg:lod2MultiSurface><gml:MultiSurface>"
        f'<gml:surfaceMember><gml:Polygon gml:id="{name}_P"><gml:exterior><gml:LinearRing>'
        f'<gml:posList srsDimension="3">{_ring(ring)}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>'
        f"</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>\n"
    )


def surfaces(solid: Solid, base: float) -> Iterator[tuple[str, Ring3]]:
    """Yield the closed hull of a volume: ("GroundSurface" | "RoofSurface" | "WallSurface", ring in space)."""
    outline = solid.rings[0]
    if len(solid.rings) > 1:
        merged = shapely.union_all([shapely.Polygon(r) for r in solid.rings])
        outline = tuple((float(x), float(y)) for x, y in shapely.orient_polygons(merged).exterior.coords[:-1])
    yield "GroundSurface", [(x, y, base) for x, y in reversed(outline)]
    yield from (("RoofSurface", ring) for ring in faces(solid, base))
    yield from (("WallSurface", ring) for ring in walls(solid, base))


def _body(name: str, solid: Solid, base: float, height: float) -> str:
    """Return roof type, height, solid and surfaces of one volume."""
    parts = [(f"{name}_{i}", kind, ring) for i, (kind, ring) in enumerate(surfaces(solid, base), 1)]
    members = "".join(f'<gml:surfaceMember xlink:href="#{surface}_P"/>' for surface, _, _ in parts)
    return (
        f"<bldg:roofType>{solid.roof}</bldg:roofType>\n"
        f'<bldg:measuredHeight uom="urn:adv:uom:m">{height:.3f}</bldg:measuredHeight>\n'
        f"<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{members}"
        "</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>\n"
        + "".join(_surface(kind, surface, ring) for surface, kind, ring in parts)
    )


def _address(name: str, street: str, number: str) -> str:
    if not street:
        return ""
    return (
        f'<bldg:address><core:Address gml:id="{name}_A"><core:xalAddress><xAL:AddressDetails><xAL:Country>'
        "<xAL:CountryName>Germany</xAL:CountryName>"
        f'<xAL:Locality Type="Town"><xAL:LocalityName>{escape(TOWN_LABEL)}</xAL:LocalityName>'
        f'<xAL:Thoroughfare Type="Street"><xAL:ThoroughfareNumber>{escape(number)}</xAL:ThoroughfareNumber>'
        f"<xAL:ThoroughfareName>{escape(street)}</xAL:ThoroughfareName></xAL:Thoroughfare></xAL:Locality></xAL:Country>"
        "</xAL:AddressDetails></core:xalAddress></core:Address></bldg:address>\n"
    )


class Thing(NamedTuple):
    """What is known of a building beside its shape."""

    oid: str
    function: str
    street: str
    number: str
    height_m: float


def building(what: Thing, base: float, solids: Sequence[Solid]) -> str:
    """Return one building as a cityObjectMember; several volumes become building parts."""
    name, function = what.oid[:16], what.function
    head = (
        f'<core:cityObjectMember>\n<bldg:Building gml:id="{name}">\n<core:creationDate>{CREATED}</core:creationDate>\n'
        "<core:externalReference><core:informationSystem>"
        "http://repository.gdi-de.org/schemas/adv/citygml/fdv/art.htm#_9100</core:informationSystem>"
        f"<core:externalObject><core:name>{name}</core:name></core:externalObject></core:externalReference>\n"
        + _attribute("Gemeindeschluessel", MUNICIPALITY)
    )
    if len(solids) == 1:
        inner = f"{SOURCES}<bldg:function>{function}</bldg:function>\n{_body(name, solids[0], base, what.height_m)}"
    else:
        inner = f"<bldg:function>{function}</bldg:function>\n" + "".join(
            f'<bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="{name}_T{k}">\n'
            f"<core:creationDate>{CREATED}</core:creationDate>\n{SOURCES}"
            f"{_body(f'{name}_T{k}', solid, base, top_of(solid))}"
            "</bldg:BuildingPart></bldg:consistsOfBuildingPart>\n"
            for k, solid in enumerate(solids, 1)
        )
    return head + inner + _address(name, what.street, what.number) + "</bldg:Building>\n</core:cityObjectMember>\n"


def document(name: str, members: Sequence[str], bounds: tuple[float, float, float, float, float, float]) -> str:
    """Return one tile; `bounds` are (west, south, lowest, east, north, highest)."""
    low, high = (" ".join(f"{v:.3f}" for v in bounds[i : i + 3]) for i in (0, 3))
    return HEAD.format(name=escape(name), srs=SRS, low=low, high=high) + "".join(members) + TAIL


def tile_of(x: float, y: float) -> tuple[int, int]:
    """Return the kilometre tile (east, north) of a point."""
    return math.floor(x / 1000), math.floor(y / 1000)
