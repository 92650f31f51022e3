"""Streets, blocks and lots of the town on the straight drawing, before it is bent into its site."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from klimastep.sample import lots as lots_of
from klimastep.sample.names import Namer
from klimastep.sample.plane import INNER, Dice, Plot, Point, area_of, box, cross_point, cut, keep, line_through, turned
from klimastep.sample.quarters import KINDS, NODES, QUARTERS, RIM, RIVER, STREETS, Kind, Quarter

CORRIDOR = len(QUARTERS)


@dataclass
class Street:
    """A straight piece of street on the drawing; `stops` are the places [m] where others meet it."""

    name: str
    road_class: str
    width: float
    a: Point
    b: Point
    stops: list[float] = field(default_factory=list)

    @property
    def length(self) -> float:
        """Length [m]."""
        return math.dist(self.a, self.b)

    def meet(self, point: Point) -> Point:
        """Note a junction and return where it lies on the centre line."""
        t = ((point[0] - self.a[0]) * (self.b[0] - self.a[0]) + (point[1] - self.a[1]) * (self.b[1] - self.a[1])) / (
            self.length
        )
        t = min(max(t, 0.0), self.length)
        self.stops.append(t)
        return self.at(t)

    def at(self, t: float) -> Point:
        """Return the point at t metres from the start."""
        s = t / self.length
        return self.a[0] + s * (self.b[0] - self.a[0]), self.a[1] + s * (self.b[1] - self.a[1])


@dataclass
class Drawing:
    """All streets and lots; blocks are numbered through, `block_quarter` says in which quarter each lies."""

    dice: Dice
    scale: float
    nodes: dict[str, Point]
    streets: list[Street] = field(default_factory=list)
    lots: list[lots_of.Lot] = field(default_factory=list)
    block_quarter: list[int] = field(default_factory=list)


def draw(scale: float, dice: Dice) -> Drawing:
    """Return the drawing of a town; `scale` stretches the quarters, not the houses."""
    nodes = {
        name: (scale * x + dice.between(-9, 9) * min(scale, 1), scale * y + dice.between(-9, 9) * min(scale, 1))
        for name, (x, y) in NODES.items()
    }
    for name, a, b, out in (("K2", "M2", "A2", 3.0), ("K3", "M3", "A3", -3.0), ("P1", "S1", "M1", 3.0)):
        nodes[name] = _beside(nodes[name], nodes[a], nodes[b], out * min(scale, 1))
    drawing = Drawing(dice, scale, nodes)
    sides = _main_streets(drawing)
    namer = Namer(dice)
    blocks: list[tuple[Plot, int]] = []
    for number, quarter in enumerate(QUARTERS):
        inner = _inset(drawing, quarter, number, sides)
        if inner is not None:
            _divide(drawing, inner, number, KINDS[quarter.kind], 0, namer, blocks)
    for quarter in RIVER:
        inner = _inset(drawing, quarter, CORRIDOR, sides)
        if inner is not None:
            drawing.lots.append(lots_of.Lot(inner, "river", CORRIDOR))
    _build(drawing, blocks)
    return drawing


def _beside(point: Point, a: Point, b: Point, out: float) -> Point:
    """Return the foot of `point` on a -> b, moved right so that both sides stay convex."""
    (nx, ny), offset = line_through(a, (b[0] - a[0], b[1] - a[1]))
    shift = out + offset - (nx * point[0] + ny * point[1])
    return point[0] + nx * shift, point[1] + ny * shift


def _main_streets(drawing: Drawing) -> dict[frozenset[str], int]:
    sides: dict[frozenset[str], int] = {}
    for name, (road_class, width, chain) in STREETS.items():
        corners = chain.split()
        for p, q in zip(corners, corners[1:], strict=False):
            sides[frozenset((p, q))] = len(drawing.streets)
            drawing.streets.append(Street(name, road_class, width, drawing.nodes[p], drawing.nodes[q]))
    for quarter in QUARTERS:
        for p, q in zip(quarter.corners, (*quarter.corners[1:], quarter.corners[0]), strict=True):
            if frozenset((p, q)) not in sides:
                sides[frozenset((p, q))] = len(drawing.streets)
                drawing.streets.append(Street("", *RIM, drawing.nodes[p], drawing.nodes[q]))
    return sides


def _inset(drawing: Drawing, quarter: Quarter, number: int, sides: dict[frozenset[str], int]) -> Plot | None:
    """Take the halves of the streets around a quarter off it."""
    corners = quarter.corners
    pairs = [frozenset((p, q)) for p, q in zip(corners, (*corners[1:], corners[0]), strict=True)]
    labels = [INNER if quarter.kind == "river" and i % 2 else sides.get(pair, INNER) for i, pair in enumerate(pairs)]
    plot: Plot | None = Plot(tuple(drawing.nodes[c] for c in corners), tuple(labels))
    for i, label in enumerate(labels):
        if label == INNER or plot is None:
            continue
        a, b = drawing.nodes[corners[i]], drawing.nodes[corners[(i + 1) % len(corners)]]
        (nx, ny), offset = line_through(a, (b[0] - a[0], b[1] - a[1]))
        edge = offset - drawing.streets[label].width / 2
        strip = keep(plot, (-nx, -ny), -edge, INNER)
        if strip is not None:
            drawing.lots.append(lots_of.Lot(strip, "street", number, street=label))
        plot = keep(plot, (nx, ny), edge, label)
    return plot


def _divide(
    drawing: Drawing, plot: Plot, number: int, kind: Kind, level: int, namer: Namer, blocks: list[tuple[Plot, int]]
) -> None:
    """Cut a quarter by streets until its blocks have the size of its kind."""
    dice = drawing.dice
    along, length, width = box(plot.ring)
    ratios = (length / kind.block[0], width / kind.block[1])
    if max(ratios) < 1.42 or min(length, width) < 12:
        blocks.append((plot, number))
        return
    across = ratios[0] >= ratios[1]
    way = (-along[1], along[0]) if across else along
    parts = max(2, round(max(ratios)))
    share = (parts // 2 if dice.chance(0.5) else parts - parts // 2) / parts + dice.around(0, 0.022)
    low = min(along[0] * x + along[1] * y for x, y in plot.ring)
    side = (-along[1], along[0])
    base = min(side[0] * x + side[1] * y for x, y in plot.ring)
    u, v = (low + share * length, base + width / 2) if across else (low + length / 2, base + share * width)
    middle = (along[0] * u + side[0] * v, along[1] * u + side[1] * v)
    way = turned(way, dice.around(0, kind.wobble))
    wide = kind.widths[min(level, len(kind.widths) - 1)]
    line = line_through(middle, way)
    label = len(drawing.streets)
    left, right, strip = cut(plot, line, label, wide)
    if left is None or right is None or min(left.area, right.area) < 150:
        blocks.append((plot, number))
        return
    road_class = "Wohnstraße" if wide > 7 else "Erschließungsweg"
    drawing.streets.append(_street(drawing, plot, (middle, way), (namer(kind.names), road_class, wide)))
    if strip is not None:
        drawing.lots.append(lots_of.Lot(strip, "street", number, street=label))
    for part in (left, right):
        _divide(drawing, part, number, kind, level + 1, namer, blocks)


def _street(drawing: Drawing, plot: Plot, line: tuple[Point, Point], what: tuple[str, str, float]) -> Street:
    """Return the street along a cut, lengthened to the centre lines of the streets that it meets."""
    middle, way = line
    (nx, ny), offset = line_through(middle, way)
    ends: list[Point] = []
    ring = plot.ring
    for i, p in enumerate(ring):
        q = ring[(i + 1) % len(ring)]
        dp, dq = nx * p[0] + ny * p[1] - offset, nx * q[0] + ny * q[1] - offset
        if (dp < 0) == (dq < 0):
            continue
        t = dp / (dp - dq)
        end = (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]))
        if plot.edges[i] != INNER:
            parent = drawing.streets[plot.edges[i]]
            far = cross_point(middle, way, parent.a, parent.b)
            end = parent.meet(far if far and math.dist(far, end) < parent.width else end)
        ends.append(end)
    return Street(*what, ends[0], ends[1])


def _build(drawing: Drawing, blocks: list[tuple[Plot, int]]) -> None:
    """Fill every block with lots; some become the market, the church, the school …"""
    special = _special_blocks(blocks)
    for i, (plot, number) in enumerate(blocks):
        kind = KINDS[QUARTERS[number].kind]
        block = len(drawing.block_quarter)
        drawing.block_quarter.append(number)
        site = lots_of.Site(drawing.dice, number, block, kind)
        if i in special:
            drawing.lots += lots_of.special(site, plot, special[i])
        elif kind.fabric == "open" or plot.area < 260:
            drawing.lots.append(lots_of.Lot(plot, "green", number, block))
        else:
            drawing.lots += lots_of.FABRICS[kind.fabric](site, plot)


SPECIAL: tuple[tuple[str, int, float, float], ...] = (
    # use, quarter, smallest and largest area [m²]
    ("market", 0, 900, 3200),
    ("church", 1, 900, 3000),
    ("school", 8, 4000, 12000),
    ("kindergarten", 6, 3000, 9000),
    ("playground", 12, 2000, 30000),
    ("cemetery", 9, 2500, 9000),
    ("care_home", 13, 3000, 9000),
    ("sports", 16, 3500, 9000),
    ("kindergarten", 10, 3000, 9000),
    ("supermarket", 14, 3000, 9000),
)


def _special_blocks(blocks: list[tuple[Plot, int]]) -> dict[int, str]:
    """Choose for each special use the block nearest to the middle of its quarter that is large enough."""
    chosen: dict[int, str] = {}
    for use, quarter, small, large in SPECIAL:
        mine = [i for i, (_, number) in enumerate(blocks) if number == quarter and i not in chosen]
        if len(mine) < (1 if use in ("market", "church") else 3):
            continue
        centres = [blocks[i][0].centre for i in mine]
        mx, my = sum(x for x, _ in centres) / len(mine), sum(y for _, y in centres) / len(mine)
        fits = [i for i in mine if small <= area_of(blocks[i][0].ring) <= large] or mine
        chosen[min(fits, key=lambda i: math.dist(blocks[i][0].centre, (mx, my)))] = use
    return chosen
