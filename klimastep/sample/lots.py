"""How a block becomes lots: closed perimeter, two rows back to back, strips for slabs, halls, squares."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from klimastep.sample.plane import (
    EXACT,
    INNER,
    Dice,
    Plot,
    Point,
    area_of,
    box,
    cut,
    direction,
    extent,
    keep,
    line_through,
)
from klimastep.sample.quarters import FORMS, Form, Kind

CORNER_TURN_DEG = 20
LEAST_PAVEMENT_M, MOST_PAVEMENT_M = 1.5, 4.0


@dataclass
class Lot:
    """One parcel on the drawing and what shall stand on it.

    `fronts` are the edges on which the house stands (two at a corner of a closed block); `joined` says
    whether the house touches the side at the start and at the end of its front.
    """

    plot: Plot
    use: str
    quarter: int
    block: int = -1
    form: str = ""
    fronts: tuple[int, ...] = ()
    joined: tuple[bool, bool] = (False, False)
    setback: float = 0.0
    depth: float = 0.0
    row: int = -1
    street: int = -1


@dataclass(frozen=True)
class Site:
    """Where lots are made: quarter, block, kind of building, and the dice."""

    dice: Dice
    quarter: int
    block: int
    kind: Kind


def _lot(site: Site, plot: Plot, use: str = "garden") -> Lot:
    return Lot(plot, use, site.quarter, site.block)


# --- two rows of lots back to back ---------------------------------------------------------------------------


def rows(site: Site, plot: Plot) -> list[Lot]:
    """Return two rows of lots (one in a shallow block), each along its street."""
    along, _, width = box(plot.ring)
    if width < 30:
        return _row(site, plot, _street_way(plot))
    side = (-along[1], along[0])
    low, high = extent(plot.ring, side)
    middle = (low + high) / 2 + site.dice.around(0, 0.02) * width
    left, right, _ = cut(plot, line_through((side[0] * middle, side[1] * middle), along), INNER)
    lots: list[Lot] = []
    for half, way in ((left, (-along[0], -along[1])), (right, along)):
        if half is not None:
            lots += _row(site, half, way)
    return lots


def _street_way(plot: Plot) -> Point:
    """Return the direction of the longest edge on a street."""
    ends = list(zip(plot.ring, (*plot.ring[1:], plot.ring[0]), strict=True))
    streets = [i for i, label in enumerate(plot.edges) if label != INNER] or list(range(len(ends)))
    return direction(*ends[max(streets, key=lambda i: math.dist(*ends[i]))])


def _row(site: Site, half: Plot, way: Point) -> list[Lot]:
    """Cut one row across; the house stands on the street edge that runs along `way`."""
    front = _front(half, way)
    if front is None:
        return [_lot(site, half, "green")]
    a, b = half.ring[front], half.ring[(front + 1) % len(half.ring)]
    start, end = sorted((way[0] * a[0] + way[1] * a[1], way[0] * b[0] + way[1] * b[1]))
    name = site.dice.weighted(site.kind.forms)
    form = FORMS[name]
    if half.area / (end - start) < form.setback[0] + form.depth[0] + 2 or end - start < 0.8 * form.lot[0]:
        return [_lot(site, half, "green")]
    steps = _steps(site.dice, form, end - start)
    setback = site.dice.between(*form.setback)
    lots: list[Lot] = []
    rest: Plot | None = half
    mark = start
    for i, (step, joined, group) in enumerate(steps):
        if rest is None:
            break
        mark += step
        last = i == len(steps) - 1
        piece = rest if last else keep(rest, way, mark, INNER)
        rest = None if last else keep(rest, (-way[0], -way[1]), -mark, INNER)
        if piece is None:
            continue
        edge = _front(piece, way)
        lot = _lot(site, piece)
        if edge is not None:
            lot.use, lot.form, lot.fronts, lot.joined = "house", name, (edge,), joined
            lot.setback, lot.depth, lot.street = setback, site.dice.between(*form.depth), piece.edges[edge]
            lot.row = group
        lots.append(lot)
    _even(lots)
    return lots


def _steps(dice: Dice, form: Form, length: float) -> list[tuple[float, tuple[bool, bool], int]]:
    """Return (lot width, joined, group) that together fill the length."""
    gap = 3.2 if form.group[1] > 1 else 0.0
    steps: list[tuple[float, tuple[bool, bool], int]] = []
    total, group = 0.0, 0
    while total < length:
        count = int(dice.between(form.group[0], form.group[1] + 0.999))
        width = dice.between(*form.lot)
        more = [(width + gap * ((i == 0) + (i == count - 1)), (i > 0, i < count - 1), group) for i in range(count)]
        need = sum(w for w, _, _ in more)
        if steps and total + need / 2 > length:
            break
        steps += more
        total += need
        group += 1
    shrink = length / total
    while shrink < 0.8 and len(steps) > 1:
        total -= steps.pop()[0]
        shrink = length / total
        width, joined, group = steps[-1]
        steps[-1] = (width, (joined[0], False), group)
    return [(width * shrink, joined, group) for width, joined, group in steps]


def _even(lots: list[Lot]) -> None:
    """Houses of one group have one depth; most groups stand on one line."""
    for a, b in zip(lots, lots[1:], strict=False):
        if a.row == b.row and a.row >= 0:
            b.depth = a.depth


def _front(plot: Plot, way: Point) -> int | None:
    """Return the longest street edge that runs along `way`."""
    best, longest = None, 3.5
    for i, label in enumerate(plot.edges):
        a, b = plot.ring[i], plot.ring[(i + 1) % len(plot.ring)]
        length = math.dist(a, b)
        if label == INNER or length < longest:
            continue
        u = direction(a, b)
        if u[0] * way[0] + u[1] * way[1] > 0.75:
            best, longest = i, length
    return best


# --- closed perimeter ----------------------------------------------------------------------------------------


def perimeter(site: Site, plot: Plot) -> list[Lot]:
    """Return the lots of a closed block: corner lots, and lots along each side up to the middle of the block."""
    (name,) = site.kind.forms
    form = FORMS[name]
    depth = site.dice.between(*form.depth)
    plot, lots = _straightened(site, plot)
    corners = _corners(plot, depth)
    if corners is None:
        return lots + rows(site, plot)
    n = len(plot.ring)
    faces = [_face(plot, i) for i in range(n)]
    pavement = list(lots)
    pieces: list[list[Point]] = [[] for _ in range(n)]
    for i, face in enumerate(faces):
        if face is None:
            return pavement + rows(site, plot)
        a, b = plot.ring[i], plot.ring[(i + 1) % n]
        u = direction(a, b)
        t0 = u[0] * a[0] + u[1] * a[1]
        t1 = t0 + math.dist(a, b)
        low, high = t0 + corners[i], t1 - corners[(i + 1) % n]
        rest: Plot | None = face
        for at, side, corner in ((low, 1, i), (high, -1, (i + 1) % n)):
            if rest is None or not corners[corner]:
                continue
            pieces[corner].append(_kite_tip(rest, u, at))
            rest = keep(rest, (-side * u[0], -side * u[1]), -side * at, INNER)
        if rest is None:
            return pavement + rows(site, plot)
        lots += _side(site, rest, (u, low, high), depth)
    for i, tips in enumerate(pieces):
        if not corners[i]:
            continue
        if len(tips) != 2 or math.dist(*tips) > 1e-6:
            return pavement + rows(site, plot)
        lots.append(_corner_lot(site, plot, i, corners[i], (tips[0], depth)))
    return lots


def _straightened(site: Site, plot: Plot) -> tuple[Plot, list[Lot]]:
    """Cut off flat corners, where a street bends a little; what is cut off is pavement."""
    pavement: list[Lot] = []
    i = 0
    while i < len(plot.ring) and len(plot.ring) > 4:
        a, p, b = plot.ring[i - 1], plot.ring[i], plot.ring[(i + 1) % len(plot.ring)]
        (nx, ny), offset = line_through(a, (b[0] - a[0], b[1] - a[1]))
        out = nx * p[0] + ny * p[1] - offset
        label = plot.edges[i] if math.dist(p, b) > math.dist(a, p) else plot.edges[i - 1]
        inner = keep(plot, (nx, ny), offset - LEAST_PAVEMENT_M, label) if out < MOST_PAVEMENT_M else None
        outer = keep(plot, (-nx, -ny), LEAST_PAVEMENT_M - offset, INNER) if inner else None
        if inner is None or outer is None or label == INNER or len(inner.ring) >= len(plot.ring):
            i += 1
            continue
        pavement.append(Lot(outer, "street", site.quarter, street=label))
        plot = inner
    return plot, pavement


def _corners(plot: Plot, depth: float) -> list[float] | None:
    """Return how far each corner lot reaches along its streets, 0 at a mere bend; None if the block is too small."""
    n = len(plot.ring)
    reach = []
    for i, p in enumerate(plot.ring):
        u, v = direction(plot.ring[i - 1], p), direction(p, plot.ring[(i + 1) % n])
        turn = math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1])
        if math.degrees(turn) < CORNER_TURN_DEG:
            reach.append(0.0)
            continue
        reach.append(max(depth + 3.5, (depth + 2) / math.tan((math.pi - turn) / 2)))
    for i, p in enumerate(plot.ring):
        if plot.edges[i] == INNER or reach[i] + reach[(i + 1) % n] > math.dist(p, plot.ring[(i + 1) % n]) - 5:
            return None
    return reach


def _face(plot: Plot, i: int) -> Plot | None:
    """Return the part of a convex block that is nearer to edge i than to any other edge."""
    lines = []
    for a, b in zip(plot.ring, (*plot.ring[1:], plot.ring[0]), strict=True):
        (nx, ny), offset = line_through(a, (b[0] - a[0], b[1] - a[1]))
        lines.append((nx, ny, offset))  # distance inside = offset - n · p
    face: Plot | None = plot
    for j, (nx, ny, offset) in enumerate(lines):
        if j != i and face is not None:
            normal = (nx - lines[i][0], ny - lines[i][1])
            size = math.hypot(*normal)
            if size > 1e-9:
                face = keep(face, (normal[0] / size, normal[1] / size), (offset - lines[i][2]) / size, INNER, EXACT)
    return face


def _kite_tip(face: Plot, u: Point, at: float) -> Point:
    """Return the inner end of the cut across a face at position `at`."""
    points = []
    for a, b in zip(face.ring, (*face.ring[1:], face.ring[0]), strict=True):
        da, db = u[0] * a[0] + u[1] * a[1] - at, u[0] * b[0] + u[1] * b[1] - at
        if (da < 0) != (db < 0):
            t = da / (da - db)
            points.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
    inward = (-u[1], u[0])
    return max(points, key=lambda p: inward[0] * p[0] + inward[1] * p[1]) if points else (math.inf, math.inf)


def _side(site: Site, face: Plot, span: tuple[Point, float, float], depth: float) -> list[Lot]:
    u, low, high = span
    (name,) = site.kind.forms
    form, dice = FORMS[name], site.dice
    widths: list[float] = []
    while not widths or sum(widths) < high - low - 0.5 * form.lot[0]:
        widths.append(dice.between(*form.lot))
    shrink = (high - low) / sum(widths)
    lots: list[Lot] = []
    rest: Plot | None = face
    mark = low
    for i, width in enumerate(widths):
        mark += width * shrink
        last = i == len(widths) - 1
        piece = rest if last or rest is None else keep(rest, u, mark, INNER)
        rest = None if last or rest is None else keep(rest, (-u[0], -u[1]), -mark, INNER)
        edge = _front(piece, u) if piece else None
        if piece is None:
            continue
        lot = _lot(site, piece)
        gap = dice.chance(0.05) and 0 < i < len(widths) - 1
        if edge is not None and not gap:
            old = name == "medieval"
            lot.use, lot.form, lot.fronts, lot.joined = "house", name, (edge,), (True, True)
            lot.setback = dice.between(*form.setback) if old else 0.0
            lot.depth = depth * dice.between(0.85, 1.25) if old else depth + (dice.chance(0.3)) * 1.0
            lot.street = piece.edges[edge]
        lots.append(lot)
    return lots


def _corner_lot(site: Site, plot: Plot, i: int, reach: float, inside: tuple[Point, float]) -> Lot:
    """Return the kite at a corner, standing on both streets."""
    tip, depth = inside
    c, before, after = plot.ring[i], plot.ring[i - 1], plot.ring[(i + 1) % len(plot.ring)]
    u, v = direction(c, before), direction(c, after)
    p1 = (c[0] + reach * u[0], c[1] + reach * u[1])
    p2 = (c[0] + reach * v[0], c[1] + reach * v[1])
    kite = Plot((p1, c, p2, tip), (plot.edges[i - 1], plot.edges[i], INNER, INNER))
    (name,) = site.kind.forms
    return Lot(kite, "corner", site.quarter, site.block, name, (0, 1), (True, True), 0.0, depth, street=plot.edges[i])


# --- slabs, halls, open and special blocks --------------------------------------------------------------------


def strips(site: Site, plot: Plot) -> list[Lot]:
    """Return strips across the block, each for one slab; all slabs of a block are parallel."""
    along, length, _ = box(plot.ring)
    form = FORMS["slab"]
    low, high = extent(plot.ring, along)
    count = max(1, round(length / site.dice.between(*form.lot)))
    lots: list[Lot] = []
    rest: Plot | None = plot
    for i in range(count):
        mark = low + (high - low) * (i + 1) / count
        piece = rest if i == count - 1 or rest is None else keep(rest, along, mark, INNER)
        rest = None if i == count - 1 or rest is None else keep(rest, (-along[0], -along[1]), -mark, INNER)
        if piece is not None:
            lot = _lot(site, piece, "slab" if piece.area > 900 else "garden")
            lot.form, lot.depth = "slab", site.dice.between(*form.depth)
            lot.street = max((e for e in piece.edges if e != INNER), default=-1, key=lambda e: _length_on(piece, e))
            lots.append(lot)
    return lots


def _length_on(plot: Plot, street: int) -> float:
    pairs = zip(plot.ring, (*plot.ring[1:], plot.ring[0]), plot.edges, strict=True)
    return sum(math.dist(a, b) for a, b, e in pairs if e == street)


def special(site: Site, plot: Plot, use: str) -> list[Lot]:
    """Return the lots of a block with one public use; what it leaves over is built as its neighbours are."""
    along, length, _ = box(plot.ring)
    whole = {"church", "school", "playground", "cemetery", "sports"}
    parts = {"market": 0.42, "kindergarten": 38 / length, "care_home": 62 / length, "supermarket": 66 / length}
    if use in whole or parts[use] > 0.75:
        lot = _lot(site, plot, use)
        lot.street = plot.edges[0]
        return [lot]
    low, high = extent(plot.ring, along)
    mark = low + parts[use] * (high - low)
    first, rest = keep(plot, along, mark, INNER), keep(plot, (-along[0], -along[1]), -mark, INNER)
    lots: list[Lot] = []
    if first is not None:
        lot = _lot(site, first, "town_hall" if use == "market" else use)
        lot.street = max(first.edges)
        lots.append(lot)
    if rest is not None:
        lots += [_lot(site, rest, "square")] if use == "market" else rows(site, rest)
    return lots


FABRICS: dict[str, Callable[[Site, Plot], list[Lot]]] = {
    "perimeter": perimeter,
    "rows": rows,
    "slabs": strips,
    "halls": rows,
}


def areas(lots: list[Lot]) -> float:
    """Return the sum of the areas [m²]."""
    return sum(area_of(lot.plot.ring) for lot in lots)
