"""Public buildings: church, town hall, school, kindergarten and the like, each in the middle of its lot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from klimastep.sample.grounds import Cell, Frame, Ground
from klimastep.sample.plane import box


def _centred(ground: Ground) -> Frame:
    """Return a frame in the middle of a lot along its long axis."""
    u, _, _ = box(ground.corners)
    n = len(ground.corners)
    return Frame((sum(x for x, _ in ground.corners) / n, sum(y for _, y in ground.corners) / n), u, (-u[1], u[0]))


def _fitting(ground: Ground, role: str, rectangles: Sequence[tuple[float, ...]], margin: float) -> bool:
    """Add one building of rectangles (x, y, width, depth, storeys, part), shrunk until it fits."""
    frame = _centred(ground)
    for shrink in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
        rings = [frame.rectangle(*(shrink * v for v in r[:4])) for r in rectangles]
        if all(ground.room(ring, margin) for ring in rings):
            cells = [Cell(ring, storeys=r[4], part=bool(r[5])) for ring, r in zip(rings, rectangles, strict=True)]
            ground.add(role, cells, "public")
            return True
    return False


def church(ground: Ground) -> None:
    """Put a church with nave, choir and tower on its square."""
    _fitting(ground, "church", [(-15, -6.5, 26, 13, 3.6, 1), (11, -4, 8, 8, 2.6, 1), (-22, -3.5, 7, 7, 9, 1)], 1.5)


def town_hall(ground: Ground) -> None:
    """Put the town hall on the market."""
    _fitting(ground, "town_hall", [(-12, -7.5, 24, 15, 3, 0)], 1.0)


def school(ground: Ground) -> None:
    """Put a school of three wings and a gymnasium on its ground."""
    wings = [(-40, 6, 62, 15, 3, 0), (-40, -22, 15, 28, 2, 0), (7, -22, 15, 28, 2, 0)]
    if _fitting(ground, "school", wings, 5):
        frame = _centred(ground)
        for x in (32, 27, -70):
            ring = frame.rectangle(x, -16, 18, 32)
            taken = [p for h in ground.houses for c in h.cells for p in c.corners]
            if ground.room(ring, 3) and all(math.dist(p, q) > 6 for p in taken for q in ring):
                ground.add("gym", [Cell(ring, storeys=2)], "public")
                return


def kindergarten(ground: Ground) -> None:
    """Put a kindergarten of two low wings on its garden."""
    _fitting(ground, "kindergarten", [(-13, -2, 26, 10, 1, 0), (-13, -14, 11, 12, 1, 0)], 3)


def care_home(ground: Ground) -> None:
    """Put a care home of two wings on its garden."""
    _fitting(ground, "care_home", [(-22, 2, 44, 13, 3, 0), (-22, -18, 13, 20, 3, 0)], 3)


def supermarket(ground: Ground) -> None:
    """Put a supermarket beside its car park."""
    _fitting(ground, "supermarket", [(-24, -14, 44, 26, 1, 0)], 3)


def cemetery(ground: Ground) -> None:
    """Put a chapel on the cemetery."""
    _fitting(ground, "chapel", [(-7, -4, 14, 8, 1.6, 0)], 3)


def sports(ground: Ground) -> None:
    """Put a club house on the sports ground."""
    frame = _centred(ground)
    ring = frame.rectangle(-9, -5, 18, 10)
    if ground.room(ring, 3):
        ground.add("club", [Cell(ring, storeys=1)], "public")


PUBLIC: dict[str, Callable[[Ground], None]] = {
    "church": church, "town_hall": town_hall, "school": school, "kindergarten": kindergarten, "care_home": care_home,
    "supermarket": supermarket, "cemetery": cemetery, "sports": sports,
}  # fmt: skip
