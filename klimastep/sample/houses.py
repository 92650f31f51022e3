"""Footprints on the bent lots: attached, detached and paired houses, slabs, halls, garages."""

from __future__ import annotations

import math

from klimastep.sample.grounds import Cell, Frame, Ground, frame_of
from klimastep.sample.landmarks import PUBLIC
from klimastep.sample.plane import Point, box, direction
from klimastep.sample.quarters import FORMS

FREE_SIDE = 3.2
GARAGE = (3.0, 6.2)
SQUARE_ENOUGH = math.sin(math.radians(62))


def _toward(a: Point, b: Point, t: float) -> Point:
    """Return the point t metres from a toward b, rounded to a millimetre."""
    u = direction(a, b)
    return round(a[0] + t * u[0], 3), round(a[1] + t * u[1], 3)


def _sides(ground: Ground) -> tuple[Point, Point, Point, Point]:
    """Return front start, front end, and the next points on the two sides."""
    i = ground.lot.fronts[0]
    return *ground.edge(i), ground.beside(i, -1), ground.beside(i + 1, 1)


def attached(ground: Ground) -> None:
    """Put a house between its neighbours; walls on a joined side lie on the border, point for point."""
    lot, dice = ground.lot, ground.dice
    a, b, a_in, b_in = _sides(ground)
    depth = min(lot.depth, math.dist(a, a_in) - lot.setback - 1.0, math.dist(b, b_in) - lot.setback - 1.0)
    front = math.dist(a, b)
    if depth < 5 or front < 4:
        return
    form = FORMS[lot.form]
    garage = form.garage and dice.chance(form.garage)
    gap = (
        max(FREE_SIDE + (0.3 if garage else 0), front - dice.between(*form.width)) if lot.form == "semi" else FREE_SIDE
    )
    if front - gap * (2 - sum(lot.joined)) < 4:
        return
    points: list[Point] = []
    for joined, p, q, inner in ((lot.joined[0], a, b, a_in), (lot.joined[1], b, a, b_in)):
        base = p if joined else _toward(p, q, gap)
        way = direction(p, inner)
        points += [(base[0] + t * way[0], base[1] + t * way[1]) for t in (lot.setback, lot.setback + depth)]
    f0, r0, f1, r1 = ((round(x, 3), round(y, 3)) for x, y in points)
    corners = (f0, f1, r1, r0)
    if not _is_house(corners) or not ground.holds(corners):
        return
    ground.add("main", [Cell(corners, lot.joined)])
    free = [k for k in (0, 1) if not lot.joined[k]]
    if garage and free:
        _garage(ground, free[0], lot.setback + dice.between(0.5, 3))
    if lot.form in ("tenement", "medieval"):
        _rear(ground, lot.setback + depth)


def _is_house(corners: tuple[Point, ...]) -> bool:
    """Whether a quadrangle looks like a house: no side under 4 m, corners not far from square."""
    for i, p in enumerate(corners):
        u, v = direction(corners[i - 1], p), direction(p, corners[(i + 1) % 4])
        if math.dist(p, corners[(i + 1) % 4]) < 4 or u[0] * v[1] - u[1] * v[0] < SQUARE_ENOUGH:
            return False
    return True


def _garage(ground: Ground, side: int, start: float) -> None:
    """Put a garage on the border at one side, at least 5 m behind the front."""
    a, b, a_in, b_in = _sides(ground)
    p, q, inner = (a, b, a_in) if side == 0 else (b, a, b_in)
    low = max(start, 5.0)
    width, depth = GARAGE
    if math.dist(p, inner) < low + depth + 0.5:
        return
    along, across = direction(p, inner), direction(p, q)
    ring = [
        (p[0] + t * along[0] + w * across[0], p[1] + t * along[1] + w * across[1])
        for t, w in ((low, 0.0), (low, width), (low + depth, width), (low + depth, 0.0))
    ]
    f0, f1, r1, r0 = ((round(x, 3), round(y, 3)) for x, y in ring)
    corners = (f0, f1, r1, r0) if side == 0 else (f1, f0, r0, r1)
    if ground.holds(corners):
        ground.add("garage", [Cell(corners)], "garage")


def _rear(ground: Ground, behind: float) -> None:
    """Sometimes put a workshop or shed into the yard."""
    dice = ground.dice
    a, b, a_in, _ = _sides(ground)
    shed = ground.lot.form == "medieval"
    if not dice.chance(0.22 if shed else 0.3):
        return
    width, depth = (dice.between(3.5, 5), dice.between(4, 6)) if shed else (dice.between(7, 10), dice.between(6, 9))
    frame = Frame(_toward(a, a_in, behind + (2.5 if shed else 6)), direction(a, b), direction(a, a_in))
    corners = frame.rectangle(0.4, 0, width, depth)
    if ground.room(corners, 0.3):
        ground.add("shed" if shed else "workshop", [Cell(corners)], "rear")


def detached(ground: Ground) -> None:
    """Put a free-standing house on the lot, with a garage on the border where there is room."""
    lot, dice = ground.lot, ground.dice
    form = FORMS[lot.form]
    a, b, _, _ = _sides(ground)
    frame, front = frame_of(a, b), math.dist(a, b)
    width, depth = dice.between(*form.width), dice.between(*form.depth)
    garage = dice.chance(form.garage) and front > 15.5
    side = int(dice.chance(0.5))
    setback = lot.setback + dice.around(0, 0.35)
    for _ in range(6):
        spare = front - width - (GARAGE[0] + 0.9 if garage else 0)
        left = spare / 2 + dice.around(0, 0.06) * max(spare, 0)
        if garage:
            left = GARAGE[0] + 0.9 + spare * 0.45 if side == 0 else spare * 0.55
        corners = frame.rectangle(left, setback, width, depth)
        if ground.room(corners, 2.2 if spare > 5 else 1.6):
            cells = [Cell(corners)]
            if lot.form == "house" and dice.chance(0.12):
                cells += _annex(ground, frame, (left, setback + depth, width))
            ground.add("main", cells)
            if garage:
                _garage(ground, side, setback + dice.between(0, 2.5))
            return
        width, depth, setback = width * 0.9, depth * 0.93, max(2.5, setback * 0.85)
        garage = garage and width > 8


def _annex(ground: Ground, frame: Frame, back: tuple[float, float, float]) -> list[Cell]:
    x, y, width = back
    corners = frame.rectangle(x + 0.15 * width, y, 0.5 * width, 3.4)
    return [Cell(corners, storeys=1, part=True)] if ground.room(corners, 1.5) else []


def _sine(u: Point, v: Point) -> float:
    return abs(u[0] * v[1] - u[1] * v[0])


def corner(ground: Ground) -> None:
    """Put an angled house on a corner lot of a closed block; both wings meet in the mitre."""
    lot = ground.lot
    p1, c, p2 = ground.corners[:3]
    tips = (ground.beside(0, -1), ground.beside(2, 1))
    depth = min(lot.depth, math.dist(p1, tips[0]) - 1.8, math.dist(p2, tips[1]) - 1.8)
    if depth < 6:
        return
    u, v = direction(c, p1), direction(c, p2)
    r1, r2 = (
        _toward(p, tip, depth / _sine(way, direction(p, tip))) for p, way, tip in ((p1, u, tips[0]), (p2, v, tips[1]))
    )
    det = u[0] * v[1] - u[1] * v[0]
    wx, wy = r2[0] - r1[0], r2[1] - r1[1]
    # r1 lies on a line along u, r2 on a line along v: they meet in the inner corner
    t = (wx * v[1] - wy * v[0]) / det
    inner = round(r1[0] + t * u[0], 3), round(r1[1] + t * u[1], 3)
    first, second = (p1, c, inner, r1), (c, p2, r2, inner)
    ground.add("main", [Cell(first, (True, True)), Cell(second, (True, True))])


def slab(ground: Ground) -> None:
    """Put a slab of several entrances (or a tower) on a strip, and garages at its end."""
    dice, lot = ground.dice, ground.lot
    u, length, width = box(ground.corners)
    cx = sum(x for x, _ in ground.corners) / len(ground.corners)
    cy = sum(y for _, y in ground.corners) / len(ground.corners)
    frame = Frame((cx, cy), u, (-u[1], u[0]))
    if dice.chance(0.16) and width > 24:
        size = dice.between(17, 20)
        shift = dice.between(-0.15, 0.15) * length
        ring = frame.rectangle(shift - size / 2, -size / 2, size, size * 0.9)
        if ground.room(ring, 3):
            ground.add("main", [Cell(ring)], "tower")
        _garages(ground, frame, -0.5 * length + 9, width)
        return
    step = dice.between(*FORMS["slab"].width)
    count = min(5, int((length - 26) / step))
    start = -0.5 * count * step + dice.around(0, 2.5)
    shift = -lot.depth / 2 + dice.around(0, 0.8)
    rings = [frame.rectangle(start + i * step, shift, step, lot.depth) for i in range(count)]
    rings = [r for r in rings if ground.room(r, 3.5)]
    for i, ring in enumerate(rings):
        lot.row = 0
        ground.add("main", [Cell(ring, (i > 0, i < len(rings) - 1))], "slab")
    _garages(ground, frame, -0.5 * length + 7.5, width)


def _garages(ground: Ground, frame: Frame, x: float, width: float) -> None:
    """Put a row of garages across the end of a strip."""
    if ground.dice.chance(0.45):
        return
    for count in (7, 5, 3):
        ring = frame.rectangle(x, -1.45 * count, 6, 2.9 * count)
        clear = all(math.dist(p, q) > 5 for h in ground.houses for p in h.cells[0].corners for q in ring)
        if 2.9 * count < width - 4 and clear and ground.room(ring, 1):
            ground.add("garages", [Cell(ring)], "garage")
            return


def hall(ground: Ground) -> None:
    """Put a hall on a commercial lot, often with an office wing at its front."""
    lot, dice = ground.lot, ground.dice
    a, b, _, _ = _sides(ground)
    frame, front = frame_of(a, b), math.dist(a, b)
    width, depth, setback = dice.between(0.5, 0.78) * front, dice.between(*FORMS["hall"].depth), lot.setback
    office = dice.chance(0.5)
    for _ in range(7):
        wing = 9.0 if office else 0.0
        left = (front - width) * dice.between(0.35, 0.65)
        main = frame.rectangle(left, setback + wing, width, depth)
        block = frame.rectangle(left + 0.1 * width, setback, max(0.5 * width, 10), wing)
        if ground.room(main, 3) and (not office or ground.room(block, 3)):
            if dice.chance(0.18) and width < 30:
                ground.add("office", [Cell(frame.rectangle(left, setback, width, min(depth, 16)))])
                return
            ground.add(dice.weighted({"works": 4, "store": 3, "shop": 2, "workshop_hall": 2}), [Cell(main)])
            if office:
                ground.add("office", [Cell(block)])
            return
        width, depth, setback = width * 0.88, depth * 0.88, setback * 0.9


ON_THE_BORDER = {"medieval", "tenement", "row", "semi", "zeile"}


def build(ground: Ground) -> None:
    """Put on a lot what its use and form ask for."""
    use = ground.lot.use
    if use == "house":
        if ground.lot.form == "hall":
            hall(ground)
        elif ground.lot.form in ON_THE_BORDER:
            attached(ground)
        else:
            detached(ground)
    elif use == "corner":
        corner(ground)
    elif use == "slab":
        slab(ground)
    elif use in PUBLIC:
        PUBLIC[use](ground)
