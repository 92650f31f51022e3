"""Roofs as the lowest of a few planes over a footprint, and the closed solid below them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from klimastep.sample.grounds import Cell
from klimastep.sample.plane import Point, direction

FLAT, PENT, GABLE, HIP, MANSARD, TENT = "1000", "2100", "3100", "3200", "3400", "3500"
MANSARD_STEEP_DEG, MANSARD_SHALLOW_DEG, MANSARD_STEP_M = 68.0, 26.0, 2.7
LEVEL = 1e-6

Plane = tuple[float, float, float]
Point3 = tuple[float, float, float]
Ring3 = list[Point3]


@dataclass(frozen=True)
class Roof:
    """AdV roof type, pitch, and whether the gables look to the street."""

    code: str
    pitch_deg: float = 0.0
    turned: bool = False


@dataclass(frozen=True)
class Solid:
    """One volume: ring of its footprint, planes of its roof (heights above the ground), roof type."""

    rings: tuple[tuple[Point, ...], ...]
    planes: tuple[tuple[Plane, ...], ...]
    roof: str
    eaves_m: float

    def height_at(self, point: Point, cell: int = 0) -> float:
        """Return the height of the roof above the ground [m]."""
        x0, y0 = self.rings[cell][0]
        return min(gx * (point[0] - x0) + gy * (point[1] - y0) + c for gx, gy, c in self.planes[cell])


def _rising(a: Point, b: Point, origin: Point, start: float, pitch_deg: float) -> Plane:
    """Return the plane that rises inward from the edge a -> b; coordinates count from `origin`."""
    u = direction(a, b)
    slope = math.tan(math.radians(pitch_deg))
    gx, gy = -u[1] * slope, u[0] * slope
    return gx, gy, start + gx * (origin[0] - a[0]) + gy * (origin[1] - a[1])


def planes_of(cell: Cell, origin: Point, roof: Roof, eaves: float) -> tuple[Plane, ...]:
    """Return the roof planes of a quadrangle in coordinates that count from `origin`."""
    corners = cell.corners
    edges = [(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    if roof.code == FLAT:
        return ((0.0, 0.0, eaves),)
    if roof.code == PENT:
        return (_rising(*edges[1 if roof.turned else 0], origin, eaves, roof.pitch_deg),)
    pair = (1, 3) if roof.turned and not any(cell.joined) else (0, 2)
    if roof.code == MANSARD:
        step = MANSARD_STEP_M / math.tan(math.radians(MANSARD_STEEP_DEG))
        shallow = eaves + MANSARD_STEP_M - step * math.tan(math.radians(MANSARD_SHALLOW_DEG))
        steep = [_rising(*edges[i], origin, eaves, MANSARD_STEEP_DEG) for i in pair]
        return (*steep, *(_rising(*edges[i], origin, shallow, MANSARD_SHALLOW_DEG) for i in pair))
    planes = [_rising(*edges[i], origin, eaves, roof.pitch_deg) for i in pair]
    if roof.code in (HIP, TENT):
        ends = [i for i in (1, 3) if i not in pair and not cell.joined[0 if i == 3 else 1]]
        ends += [i for i in (0, 2) if i not in pair]
        planes += [_rising(*edges[i], origin, eaves, roof.pitch_deg) for i in ends]
    return tuple(planes)


def _breaks(a: Point, b: Point, planes: Sequence[Plane], origin: Point) -> list[Point]:
    """Return the points on an edge where another roof plane takes over."""
    za = [gx * (a[0] - origin[0]) + gy * (a[1] - origin[1]) + c for gx, gy, c in planes]
    zb = [gx * (b[0] - origin[0]) + gy * (b[1] - origin[1]) + c for gx, gy, c in planes]
    found: list[float] = []
    for i in range(len(planes)):
        for j in range(i):
            da, db = za[i] - za[j], zb[i] - zb[j]
            if (da > LEVEL and db < -LEVEL) or (da < -LEVEL and db > LEVEL):
                t = da / (da - db)
                z = za[i] + t * (zb[i] - za[i])
                low = min(p + t * (q - p) for p, q in zip(za, zb, strict=True))
                if z <= low + LEVEL:
                    found.append(t)
    return [(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for t in sorted(set(found))]


def _clip(ring: list[Point], plane: Plane, origin: Point) -> list[Point]:
    """Return the part of a ring where the linear function is not positive."""
    gx, gy, c = plane
    d = [gx * (x - origin[0]) + gy * (y - origin[1]) + c for x, y in ring]
    out: list[Point] = []
    for i, p in enumerate(ring):
        j = (i + 1) % len(ring)
        if d[i] <= LEVEL:
            out.append(p)
        if (d[i] < -LEVEL and d[j] > LEVEL) or (d[i] > LEVEL and d[j] < -LEVEL):
            t, q = d[i] / (d[i] - d[j]), ring[j]
            out.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
    return out


def _lifted(ring: Sequence[Point], plane: Plane, origin: Point, base: float) -> Ring3:
    gx, gy, c = plane
    out: Ring3 = []
    for x, y in ring:
        z = base + gx * (x - origin[0]) + gy * (y - origin[1]) + c
        point = (round(x, 3), round(y, 3), round(z, 3))
        if not out or out[-1] != point:
            out.append(point)
    return out[:-1] if len(out) > 1 and out[0] == out[-1] else out


def faces(solid: Solid, base: float) -> list[Ring3]:
    """Return the roof planes as rings without closing point, counter-clockwise from above [m]."""
    result: list[Ring3] = []
    for ring, planes in zip(solid.rings, solid.planes, strict=True):
        origin = ring[0]
        dense: list[Point] = []
        for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
            dense += [a, *_breaks(a, b, planes, origin)]
        for i, plane in enumerate(planes):
            part = dense
            for j, other in enumerate(planes):
                if j != i and len(part) > 2:
                    part = _clip(part, (plane[0] - other[0], plane[1] - other[1], plane[2] - other[2]), origin)
            face = _lifted(part, plane, origin, base)
            if len(face) > 2 and _plan_area(face) > 0.01:
                result.append(face)
    return result


def walls(solid: Solid, base: float) -> list[Ring3]:
    """Return the outer walls, one ring per edge of the footprint, seen counter-clockwise from outside [m]."""
    owners = [(a, b) for ring in solid.rings for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)]
    inner = set(owners) & {(b, a) for a, b in owners}
    result: list[Ring3] = []
    for k, ring in enumerate(solid.rings):
        for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (a, b) in inner:
                continue
            top = [b, *reversed(_breaks(a, b, solid.planes[k], ring[0])), a]
            upper = [(round(x, 3), round(y, 3), round(base + solid.height_at((x, y), k), 3)) for x, y in top]
            result.append([(*a, base), (*b, base), *upper])
    return result


def top_of(solid: Solid) -> float:
    """Return the height of the highest point above the ground [m]."""
    return max(z for face in faces(solid, 0.0) for _, _, z in face)


def _plan_area(ring: Ring3) -> float:
    x0, y0 = ring[0][0], ring[0][1]
    pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
    return abs(sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in pairs)) / 2
