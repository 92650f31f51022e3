"""Buildings of a city model read so far, whatever its format: attributes as text, polygons as flat lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from klimastep.sources._surfaces import Ints, Rings, parse_rings

ROOF, WALL, GROUND, CLOSURE, UNKNOWN = range(5)
REPEATED = -1  # a polygon of the solid that a surface holds too
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


class Building(NamedTuple):
    """Attributes of one building as text, parts included in the order building, part, part, …"""

    gml_id: str
    references: tuple[str, ...]
    name: str | None
    address: str | None
    addresses: int
    year: str | None
    footprint_date: str | None = None
    created: str | None = None


class Unit(NamedTuple):
    """Attributes of a building or building part as text."""

    function: str | None
    roof_type: str | None
    height: str | None
    storeys: str | None


@dataclass
class Batch:
    """Buildings read so far, as flat lists: units (building or part) point to buildings, polygons to units.

    Rings come as text, or ready made with the indices of broken ones; `lod1` lists the buildings that are
    blocks, `oddities` others by kind.
    """

    buildings: list[Building] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    unit_building: list[int] = field(default_factory=list)
    polygon_unit: list[int] = field(default_factory=list)
    polygon_kind: list[int] = field(default_factory=list)
    ring_polygon: list[int] = field(default_factory=list)
    ring_is_hole: list[bool] = field(default_factory=list)
    ring_text: list[str] = field(default_factory=list)
    lod1: list[int] = field(default_factory=list)
    rings: tuple[Rings, Ints] | None = None
    oddities: dict[str, list[int]] = field(default_factory=dict)


def rings_of(batch: Batch) -> tuple[Rings, Ints]:
    """Return the usable rings of a batch and the indices of broken ones."""
    return batch.rings or parse_rings(batch.ring_text, batch.ring_polygon, batch.ring_is_hole)
