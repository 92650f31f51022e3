"""Convex polygons that remember which street each edge lies on; cutting them never opens a gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
import shapely

Point = tuple[float, float]
TOUCH = 0.02
EXACT = 1e-7
GRID = 0.01
WAVE = (8.0, 370.0)  # amplitude and length [m]
INNER = -1


@dataclass(frozen=True)
class Plot:
    """A convex polygon, counter-clockwise; ``edges[i]`` names the street along ring[i] -> ring[i + 1]."""

    ring: tuple[Point, ...]
    edges: tuple[int, ...]

    @property
    def area(self) -> float:
        """Area [m²]."""
        return area_of(self.ring)

    @property
    def centre(self) -> Point:
        """Mean of the corners [m]."""
        n = len(self.ring)
        return sum(x for x, _ in self.ring) / n, sum(y for _, y in self.ring) / n


class Dice:
    """Random numbers that stay the same in every version of Python and numpy."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.random()

    def around(self, middle: float, spread: float) -> float:
        """Return a bell-shaped number around `middle`, never farther than 3 `spread`."""
        return middle + spread * 2 * (self.random() + self.random() + self.random() - 1.5)

    def chance(self, share: float) -> bool:
        """Return True with probability `share`."""
        return self.random() < share

    def pick(self, options: Sequence[str]) -> str:
        """Return one of the options."""
        return options[int(self.random() * len(options))]

    def weighted(self, options: dict[str, float]) -> str:
        """Return a key with a probability proportional to its value."""
        mark = self.random() * sum(options.values())
        for key, weight in options.items():
            mark -= weight
            if mark < 0:
                return key
        return next(reversed(options))


def area_of(ring: Sequence[Point]) -> float:
    """Return the signed area of a ring [m²]."""
    x0, y0 = ring[0]
    total = 0.0
    for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
        total += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
    return total / 2


def keep(plot: Plot, normal: Point, offset: float, label: int, touch: float = TOUCH) -> Plot | None:
    """Return the part of `plot` with normal · p <= offset; the new edge gets `label`.

    A corner nearer to the line than `touch` [m] counts as on it, so that no crumbs fall off.
    """
    nx, ny = normal
    d = [nx * x + ny * y - offset for x, y in plot.ring]
    ring: list[Point] = []
    edges: list[int] = []
    for i, (ax, ay) in enumerate(plot.ring):
        j = (i + 1) % len(d)
        bx, by = plot.ring[j]
        if d[i] <= touch:
            ring.append((ax, ay))
            if d[j] <= touch:
                edges.append(plot.edges[i])
                continue
            edges.append(label if d[i] >= -touch else plot.edges[i])
        if (d[i] < -touch and d[j] > touch) or (d[i] > touch and d[j] < -touch):
            t = d[i] / (d[i] - d[j])
            ring.append((ax + t * (bx - ax), ay + t * (by - ay)))
            edges.append(label if d[i] < 0 else plot.edges[i])
    return Plot(tuple(ring), tuple(edges)) if len(ring) > 2 and area_of(ring) > 1e-6 else None


def line_through(point: Point, direction: Point) -> tuple[Point, float]:
    """Return (normal, offset) of the line; the normal points to the right of `direction`."""
    length = math.hypot(*direction)
    nx, ny = direction[1] / length, -direction[0] / length
    return (nx, ny), nx * point[0] + ny * point[1]


def cut(plot: Plot, line: tuple[Point, float], label: int, gap: float = 0.0) -> list[Plot | None]:
    """Return [left part, right part, strip of width `gap` between them]."""
    (nx, ny), offset = line
    left = keep(plot, (nx, ny), offset - gap / 2, label)
    right = keep(plot, (-nx, -ny), -offset - gap / 2, label)
    if not gap:
        return [left, right, None]
    strip = keep(plot, (nx, ny), offset + gap / 2, INNER)
    return [left, right, keep(strip, (-nx, -ny), -offset + gap / 2, INNER) if strip else None]


def direction(a: Point, b: Point) -> Point:
    """Return the unit vector from a to b."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def extent(ring: Sequence[Point], along: Point) -> tuple[float, float]:
    """Return the smallest and largest coordinate of a ring in a direction."""
    values = [along[0] * x + along[1] * y for x, y in ring]
    return min(values), max(values)


def box(ring: Sequence[Point]) -> tuple[Point, float, float]:
    """Return the long axis of the smallest box around a ring, its length and its width [m]."""
    best = (math.inf, (1.0, 0.0), 0.0, 0.0)
    for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
        if math.dist(a, b) < 1:
            continue
        u = direction(a, b)
        v = (-u[1], u[0])
        lu, hu = extent(ring, u)
        lv, hv = extent(ring, v)
        if (hu - lu) * (hv - lv) < best[0] - 1e-6:
            axis = (u, hu - lu, hv - lv) if hu - lu >= hv - lv else (v, hv - lv, hu - lu)
            best = ((hu - lu) * (hv - lv), *axis)
    return best[1:]


def turned(vector: Point, angle: float) -> Point:
    """Return a vector turned counter-clockwise by an angle [rad]."""
    c, s = math.cos(angle), math.sin(angle)
    return vector[0] * c - vector[1] * s, vector[0] * s + vector[1] * c


def cross_point(p: Point, u: Point, a: Point, b: Point) -> Point | None:
    """Return where the line p + t u meets the line through a and b."""
    wx, wy = b[0] - a[0], b[1] - a[1]
    det = u[0] * wy - u[1] * wx
    if abs(det) < 1e-9:
        return None
    t = ((a[0] - p[0]) * wy - (a[1] - p[1]) * wx) / det
    return p[0] + t * u[0], p[1] + t * u[1]


def node(plots: Sequence[Plot], longest: float) -> tuple[list[list[Point]], list[list[int]]]:
    """Return each ring with every corner of its neighbours and long edges divided, and where its own corners lie.

    Everything is snapped to a centimetre grid. Afterwards two polygons that touch share all points of the
    common line, so that any smooth change of the coordinates keeps them tight. A plot that the grid
    swallows gets an empty ring.
    """
    shapes = shapely.polygons([shapely.linearrings(np.array(p.ring)) for p in plots])
    net = shapely.union_all(shapely.boundary(shapes), grid_size=GRID)
    faces = shapely.orient_polygons(shapely.get_parts(shapely.polygonize(shapely.get_parts(net))))
    spots, hit = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), predicate="intersects")
    pieces: dict[int, list[int]] = {}
    for spot, plot in sorted(dict(zip(spots[::-1].tolist(), hit[::-1].tolist(), strict=True)).items()):
        pieces.setdefault(plot, []).append(spot)
    rings: list[list[Point]] = []
    places: list[list[int]] = []
    for number, plot in enumerate(plots):
        mine = pieces.get(number, [])
        face = faces[mine[0]] if len(mine) == 1 else shapely.union_all(faces[mine])
        if face.geom_type != "Polygon" or face.is_empty:
            face = max(shapely.get_parts(face), key=shapely.area, default=shapely.Polygon())
        outline = [(float(x), float(y)) for x, y in shapely.orient_polygons(face).exterior.coords[:-1]]
        ring, starts = _divided(outline, longest)
        rings.append(ring)
        places.append([starts[min(range(len(outline)), key=lambda i: math.dist(outline[i], c))] for c in plot.ring]
                      if outline else [])  # fmt: skip
    return rings, places


def _divided(outline: list[Point], longest: float) -> tuple[list[Point], list[int]]:
    """Return a ring with long edges divided, the same way from both sides, and where the old points stand."""
    ring: list[Point] = []
    starts: list[int] = []
    for p, q in zip(outline, [*outline[1:], *outline[:1]], strict=True):
        starts.append(len(ring))
        low, high = (p, q) if p < q else (q, p)
        n = max(1, math.ceil(math.dist(p, q) / longest - 1e-6))
        inner = [(low[0] + (high[0] - low[0]) * i / n, low[1] + (high[1] - low[1]) * i / n) for i in range(1, n)]
        ring += [p, *(inner if p < q else reversed(inner))]
    return ring, starts


@dataclass(frozen=True)
class Warp:
    """A smooth bend of the drawing: a complex polynomial, which keeps angles, and gentle waves."""

    reach: float
    bends: tuple[complex, ...]
    rotation: float
    origin: Point
    waves: tuple[float, float] = (0.0, 0.0)

    def __call__(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return coordinates [m], rounded to a millimetre, shape (n, 2)."""
        xy = np.asarray(points, dtype=float).reshape(-1, 2)
        x = xy[:, 0] + WAVE[0] * np.sin(xy[:, 1] * 2 * math.pi / WAVE[1] + self.waves[0])
        y = xy[:, 1] + WAVE[0] * np.sin(xy[:, 0] * 2 * math.pi / WAVE[1] + self.waves[1])
        z = (x + 1j * y) / self.reach
        w = z + sum(c * z ** (k + 2) for k, c in enumerate(self.bends))
        w = w * self.reach * complex(math.cos(self.rotation), math.sin(self.rotation))
        bent = np.column_stack([w.real + self.origin[0], w.imag + self.origin[1]]).astype(np.float64)
        return np.round(bent, 3)
