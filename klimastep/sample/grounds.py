"""Lots in their site, local axes on them, and the buildings that are put there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import shapely

from klimastep.sample.lots import Lot
from klimastep.sample.plane import Dice, Point, direction

SLACK_M2 = 0.03


class Cell(NamedTuple):
    """A quadrangle of a house: corners [front start, front end, back end, back start], counter-clockwise.

    `joined`: whether the sides at the start and at the end touch a neighbour. `share` is its height as
    a share of the house's storeys, `part` whether it is a building part of its own.
    """

    corners: tuple[Point, ...]
    joined: tuple[bool, bool] = (False, False)
    storeys: float = 0.0
    part: bool = False


@dataclass
class House:
    """One building of the cadastre."""

    lot: int
    form: str
    role: str
    cells: list[Cell]
    row: int = -1
    street: int = -1


class Frame(NamedTuple):
    """Local axes: x along the front, y into the lot."""

    origin: Point
    x: Point
    y: Point

    def at(self, x: float, y: float) -> Point:
        """Return a point rounded to a millimetre."""
        return (
            round(self.origin[0] + x * self.x[0] + y * self.y[0], 3),
            round(self.origin[1] + x * self.x[1] + y * self.y[1], 3),
        )

    def rectangle(self, x: float, y: float, width: float, depth: float) -> tuple[Point, ...]:
        """Return the corners of a rectangle, front first."""
        return self.at(x, y), self.at(x + width, y), self.at(x + width, y + depth), self.at(x, y + depth)


def frame_of(a: Point, b: Point) -> Frame:
    """Return the frame with its front from a to b."""
    u = direction(a, b)
    return Frame(a, u, (-u[1], u[0]))


@dataclass
class Ground:
    """A lot in its site: its outline, where its corners stand in it, and the number of the lot."""

    number: int
    lot: Lot
    ring: list[Point]
    places: list[int]
    dice: Dice
    houses: list[House] = field(default_factory=list)

    @property
    def corners(self) -> list[Point]:
        """The true corners."""
        return [self.ring[i] for i in self.places]

    def beside(self, corner: int, step: int) -> Point:
        """Return the next point of the outline before (-1) or after (1) a corner."""
        return self.ring[(self.places[corner % len(self.places)] + step) % len(self.ring)]

    def room(self, corners: tuple[Point, ...], margin: float) -> bool:
        """Whether a footprint keeps `margin` [m] to every side of the lot."""
        outline = self.corners
        for i, a in enumerate(outline):
            b = outline[(i + 1) % len(outline)]
            if math.dist(a, b) < 0.05:
                continue
            u = direction(a, b)
            if any(u[0] * (y - a[1]) - u[1] * (x - a[0]) < margin for x, y in corners):
                return False
        return self.holds(corners)

    def edge(self, i: int) -> tuple[Point, Point]:
        """Return the true ends of an edge of the lot."""
        n = len(self.places)
        return self.ring[self.places[i]], self.ring[self.places[(i + 1) % n]]

    def add(self, role: str, cells: list[Cell], form: str = "") -> None:
        """Put a building on the lot."""
        self.houses.append(House(self.number, form or self.lot.form, role, cells, self.lot.row, self.lot.street))

    def holds(self, corners: tuple[Point, ...]) -> bool:
        """Whether a footprint that touches the border lies on the lot."""
        return shapely.difference(shapely.Polygon(corners), shapely.Polygon(self.ring)).area < SLACK_M2
