"""From GML rings of lines and arcs to polygons; arcs become lines within a centimetre."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from klimastep.sources._gml import XLINK_HREF
from klimastep.sources._nas import GML
from klimastep.sources._surfaces import Floats, _numbers

SAGITTA_M = 0.01
MAX_COORDINATE_M = 1e8
LINE, ARC, CIRCLE = range(3)
ARCS = {"Arc": ARC, "ArcString": ARC, "Circle": CIRCLE}
# Curves through their control points as straight lines: the standard gives no arc for them.
SMOOTH = frozenset({"CubicSpline", "BSpline", "Bezier", "Clothoid", "Geodesic", "GeodesicString"})
PATCHES = frozenset({"Polygon", "PolygonPatch", "Triangle", "Rectangle"})
RINGS = frozenset({"LinearRing", "Ring"})
STRAIGHT = frozenset({"LinearRing", "Ring", "LineString", "LineStringSegment", "Curve"})
SIDES = {"exterior": False, "interior": True}
ORIENTED = f"{GML}OrientableCurve"
WALK = tuple(f"{GML}{name}" for name in (*PATCHES, *RINGS, "exterior", "interior", "posList", "pos", "curveMember"))


@dataclass
class Shapes:
    """Positions of a batch of objects as flat lists: pieces point to rings, rings to polygons, polygons to objects."""

    polygon_object: list[int] = field(default_factory=list)
    ring_polygon: list[int] = field(default_factory=list)
    ring_is_hole: list[bool] = field(default_factory=list)
    piece_ring: list[int] = field(default_factory=list)
    piece_kind: list[int] = field(default_factory=list)
    piece_dimension: list[int] = field(default_factory=list)
    piece_is_turned: list[bool] = field(default_factory=list)
    piece_text: list[str] = field(default_factory=list)
    odd_curves: set[int] = field(default_factory=set)
    objects: int = 0

    def add(self, position: Any) -> None:
        """Append the polygons of one object's position, or none where it has none."""
        number, is_hole, last_pos = self.objects, False, None
        self.objects += 1
        if position is None:
            return
        first_polygon, first_ring = len(self.polygon_object), len(self.ring_polygon)
        dimension = _dimension(position)
        is_oriented = any(True for _ in position.iter(ORIENTED))
        for node in position.iter(*WALK):
            name = node.tag.rpartition("}")[2]
            if name in PATCHES:
                self.polygon_object.append(number)
                is_hole = False
            elif name in SIDES:
                is_hole = SIDES[name]
            elif name in RINGS and len(self.polygon_object) > first_polygon:
                self.ring_polygon.append(len(self.polygon_object) - 1)
                self.ring_is_hole.append(is_hole)
            elif len(self.ring_polygon) > first_ring and (name != "curveMember" or node.get(XLINK_HREF)):
                parent = node.getparent()
                if name == "pos" and parent is last_pos:
                    self.piece_text[-1] += f" {node.text or ''}"
                    continue
                last_pos = parent
                text = "" if name == "curveMember" else node.text or ""  # a linked curve stands elsewhere
                self._piece(text, parent, dimension, turned=is_oriented and _is_turned(parent))

    def _piece(self, text: str, parent: Any, dimension: int, *, turned: bool) -> None:
        segment = parent.tag.rpartition("}")[2]
        if segment not in ARCS and segment not in STRAIGHT:
            self.odd_curves.add(self.objects - 1)
            text = text if segment in SMOOTH else ""
        self.piece_ring.append(len(self.ring_polygon) - 1)
        self.piece_kind.append(ARCS.get(segment, LINE))
        self.piece_dimension.append(dimension)
        self.piece_is_turned.append(turned)
        self.piece_text.append(text)

    def polygons(self) -> tuple[NDArray[Any], list[int]]:
        """Return one polygon or multipolygon an object (None where there is none), and objects with a broken ring."""
        out = np.full(self.objects, None, dtype=object)
        points, ring_of, broken = self._points()
        owner = np.asarray(self.polygon_object, dtype=np.int64)
        polygon, hole = np.asarray(self.ring_polygon, dtype=np.int64), np.asarray(self.ring_is_hole, dtype=bool)
        bad = np.unique(owner[polygon[broken]]).tolist()
        usable = ~broken & ~np.isin(polygon, polygon[broken & ~hole]) & np.isin(polygon, polygon[~hole])
        rings = np.flatnonzero(usable)
        if not len(rings):
            return out, bad
        keep = usable[ring_of]
        built = shapely.linearrings(points[keep], indices=np.searchsorted(rings, ring_of[keep]))
        order = np.lexsort((np.arange(len(rings)), hole[rings], polygon[rings]))
        kept, index = np.unique(polygon[rings][order], return_inverse=True)
        faces = shapely.polygons(built[order], indices=index)
        for number, group in itertools.groupby(zip(owner[kept].tolist(), faces, strict=True), key=lambda pair: pair[0]):
            parts = [face for _, face in group]
            out[number] = parts[0] if len(parts) == 1 else _merged(parts)
        return out, bad

    def _points(self) -> tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]:
        """Return closed rings without repeated points as (points, ring of each), and which rings are broken."""
        broken = np.ones(len(self.ring_polygon), dtype=bool)
        if not self.piece_text:
            return np.empty((0, 2)), np.empty(0, dtype=np.int64), broken
        numbers, counts = _numbers(self.piece_text)
        ends = np.cumsum(counts).tolist()
        far = np.concatenate([[0], np.cumsum(~(np.abs(numbers) < MAX_COORDINATE_M))]).tolist()
        pieces: dict[int, list[Floats]] = {}
        spoilt: set[int] = set()
        start = 0
        for place, end in enumerate(ends):
            ring, dimension = self.piece_ring[place], self.piece_dimension[place]
            line, is_far = numbers[start:end], far[end] > far[start]
            start = end
            if is_far or not len(line) or len(line) % dimension:
                spoilt.add(ring)
                continue
            line = line.reshape(-1, dimension)[:, :2]
            if self.piece_kind[place] != LINE:
                line = linearise(line, closed=self.piece_kind[place] == CIRCLE)
            pieces.setdefault(ring, []).append(line[::-1] if self.piece_is_turned[place] else line)
        closed = {ring: _closed(parts) for ring, parts in pieces.items() if ring not in spoilt}
        good = {ring: line for ring, line in closed.items() if len(line) > 3}
        broken[list(good)] = False
        if not good:
            return np.empty((0, 2)), np.empty(0, dtype=np.int64), broken
        ring_of = np.repeat(np.fromiter(good, dtype=np.int64), [len(line) for line in good.values()])
        return np.concatenate(list(good.values())), ring_of, broken


def _merged(parts: list[Any]) -> Any:
    if not shapely.is_valid(parts).all():
        return shapely.multipolygons(parts)
    return shapely.union_all(parts)


def _dimension(position: Any) -> int:
    """Return how many numbers a point has, as the first list of points or what is around it tells."""
    first = next(position.iter(f"{GML}posList", f"{GML}pos"), None)
    if first is None:
        return 2
    told = (node.get("srsDimension") for node in (first, *first.iterancestors()))
    return 3 if next((t for t in told if t), "2") == "3" else 2


def _is_turned(segment: Any) -> bool:
    return any(a.get("orientation") == "-" for a in segment.iterancestors(ORIENTED))


def _closed(parts: list[Floats]) -> Floats:
    points = parts[0] if len(parts) == 1 else np.concatenate(parts)
    same = np.zeros(len(points), dtype=bool)
    same[1:] = (points[1:] == points[:-1]).all(axis=1)
    points = points[~same]
    return points if (points[0] == points[-1]).all() else np.concatenate([points, points[:1]])


def linearise(points: Floats, *, closed: bool = False, sagitta_m: float = SAGITTA_M) -> Floats:
    """Return arcs through three points each (first, on the way, last = first of the next) as a line.

    Parameters
    ----------
    points : (2 k + 1, 2) array
        Control points. [m]
    closed : bool
        The three points are of a full circle.
    sagitta_m : float
        Largest distance between arc and line. [m]

    Returns
    -------
    (n, 2) array
        It keeps all control points; arcs whose points lie on a line stay as they are.
    """
    if closed and len(points) >= 3:
        first, middle, last = points[:3]
        whole = [(first, middle, last), (last, _opposite(first, middle, last), first)]
    else:
        whole = [(points[i], points[i + 1], points[i + 2]) for i in range(0, len(points) - 2, 2)]
    parts = [points[:1], *(_arc(*three, sagitta_m)[1:] for three in whole)]
    if not closed and len(points) % 2 == 0:
        parts.append(points[-1:])
    return np.concatenate(parts)


def _centre(a: Floats, b: Floats, c: Floats) -> tuple[float, float] | None:
    """Return the centre of the circle through three points, None where they lie on a line."""
    (bx, by), (cx, cy) = (b - a).tolist(), (c - a).tolist()
    cross = 2 * (bx * cy - by * cx)
    if abs(cross) < 1e-12:
        return None
    bb, cc = bx * bx + by * by, cx * cx + cy * cy
    return float(a[0]) + (cy * bb - by * cc) / cross, float(a[1]) + (bx * cc - cx * bb) / cross


def _opposite(a: Floats, b: Floats, c: Floats) -> Floats:
    """Return the middle of the arc of the circle that leads from c back to a."""
    centre = _centre(a, b, c)
    if centre is None:
        return (a + c) / 2
    start, sweep = _angles(a, b, c, centre)
    angle = start + sweep + (math.copysign(2 * math.pi, sweep) - sweep) / 2
    radius = math.dist(centre, a.tolist())
    return np.array([centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)])


def _angles(a: Floats, b: Floats, c: Floats, centre: tuple[float, float]) -> tuple[float, float]:
    """Return the angle of a and the signed angle from a over b to c."""
    start, middle, end = (math.atan2(p[1] - centre[1], p[0] - centre[0]) for p in (a, b, c))
    left, whole = (middle - start) % (2 * math.pi), (end - start) % (2 * math.pi)
    return start, whole if left <= whole else whole - 2 * math.pi


def _arc(a: Floats, b: Floats, c: Floats, sagitta_m: float) -> Floats:
    straight = np.array([a, b, c])
    centre = _centre(a, b, c)
    if centre is None:
        return straight
    radius = math.dist(centre, a.tolist())
    if radius > MAX_COORDINATE_M:
        return straight
    start, sweep = _angles(a, b, c, centre)
    step = 2 * math.acos(max(1 - sagitta_m / radius, -1.0)) if radius > sagitta_m else math.pi
    middle = _angles(a, b, b, centre)[1] if (a != b).any() else 0.0
    middle = middle if middle * sweep >= 0 else middle + math.copysign(2 * math.pi, sweep)
    parts = [a[None]]
    for low, high, last in ((0.0, middle, b), (middle, sweep, c)):
        turns = np.linspace(low, high, math.ceil(abs(high - low) / step) + 1)[1:-1] + start
        parts += [np.column_stack([centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns)]), last[None]]
    return np.concatenate(parts)
