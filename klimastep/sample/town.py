"""The town as tables: drawing, site, houses and their facts brought together, with the ids of the cadastre."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.sample.areas import Areas, areas_of
from klimastep.sample.grounds import Cell, Ground, House
from klimastep.sample.houses import build
from klimastep.sample.layout import Drawing, draw
from klimastep.sample.plane import Dice, Point, Warp, area_of, node
from klimastep.sample.quarters import BUILDINGS_OF_DRAWING, CRS, KINDS, ORIGIN, QUARTERS
from klimastep.sample.roofs import TENT, Roof, Solid, planes_of, top_of
from klimastep.sample.stock import FUNCTIONS, SMALL, Facts, describe
from klimastep.sample.surface import Terrain

REACH_M = 640.0
NODE_M = (40.0, 25.0, 15.0, 8.0)
MOST_BENT = 0.42
CLASH_M2 = 0.003
MOST_TRIES = 10
SPARE_SHARE = 0.05
WALL_TOUCH_M = 0.0021


@dataclass(frozen=True)
class Town:
    """A made town. Tables carry the truth; what the offices deliver of it is written by :mod:`.write`.

    ``buildings`` (index oid), ``parcels`` (oid), ``blocks`` (block_nr), ``districts`` (schluessel),
    ``streets``, ``water``, ``green``: GeoDataFrames in EPSG:25832. ``solids``: per building its ground
    height [m] and volumes; ``terrain``: height of the ground.
    """

    seed: int
    tile: int
    buildings: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    blocks: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    solids: dict[str, tuple[float, list[Solid]]]
    terrain: Terrain


@dataclass
class _Built:
    """A drawing in its site with houses on it, before it becomes tables."""

    drawing: Drawing
    warp: Warp
    rings: list[list[Point]]
    houses: list[House]


def make_town(buildings: int = 1500, seed: int = 8118, *, tile: int = 0, origin: Point = ORIGIN) -> Town:
    """Make a town.

    Parameters
    ----------
    buildings : int
        How many buildings, garages and sheds among them; met exactly, or nearly so in a hamlet.
    seed : int
        The same seed makes the same town.
    tile : int
        Number of this town among several, part of all its ids.
    origin : tuple of float
        Middle of the town [m], EPSG:25832.

    Returns
    -------
    Town
    """
    if buildings < 1:
        raise ValueError(f"buildings: expected at least 1, got {buildings}")
    built, facts = _sized(buildings, seed, origin)
    houses, facts = _trimmed(built.houses, facts, buildings)
    rings = _footprints(houses)
    terrain = _terrain(built.warp)
    areas = areas_of(built.drawing, built.warp, built.rings, tile)
    solids = [_solids(h, f, r) for h, f, r in zip(houses, facts, rings, strict=True)]
    frame = _buildings(built, houses, facts, solids, areas, tile)
    base = _bases(rings, terrain)
    heights = dict(zip(frame.index, zip(base, solids, strict=True), strict=True))
    return Town(seed, tile, frame, areas.parcels, areas.blocks, areas.districts, areas.streets, areas.water,
                areas.green, heights, terrain)  # fmt: skip


def _sized(buildings: int, seed: int, origin: Point) -> tuple[_Built, list[Facts]]:
    """Stretch the quarters until the town has the buildings asked for, and a few garages to spare."""
    scale = math.sqrt(buildings / BUILDINGS_OF_DRAWING)
    low, high = 0.0, math.inf
    best: tuple[float, _Built] | None = None
    for _ in range(MOST_TRIES):
        built = _build(scale, seed, origin)
        over = len(built.houses) / buildings - 1
        miss = over if over >= 0 else 0.5 - over
        if best is None or miss < best[0]:
            best = (miss, built)
        if 0 <= over <= SPARE_SHARE:
            break
        low, high = (max(low, scale), high) if over < 0 else (low, min(high, scale))
        guess = scale * math.sqrt((1 + SPARE_SHARE / 2) / max(1 + over, 0.3))
        scale = guess if low < guess < high else (low + high) / 2 if math.isfinite(high) else 1.1 * low
    assert best is not None
    return best[1], describe(best[1].houses, best[1].drawing.lots, Dice(seed + 3))


def _build(scale: float, seed: int, origin: Point) -> _Built:
    drawing = draw(scale, Dice(seed))
    dice = Dice(seed + 1)
    reach = REACH_M * max(scale, 0.2)
    warp = Warp(
        reach, _bends(drawing, reach, dice), dice.between(-0.35, 0.35), origin, (dice.between(0, 6), dice.between(0, 6))
    )
    rings, places = _placed(drawing, warp)
    dice = Dice(seed + 2)
    houses: list[House] = []
    for number, (lot, ring, place) in enumerate(zip(drawing.lots, rings, places, strict=True)):
        ground = Ground(number, lot, ring, place, dice)
        build(ground)
        houses += ground.houses
    return _Built(drawing, warp, rings, _free(houses))


def _placed(drawing: Drawing, warp: Warp) -> tuple[list[list[Point]], list[list[int]]]:
    """Return the outlines of all lots in the site; long edges follow the bends as closely as thin lots need."""
    lots = drawing.lots
    rings: list[list[Point]] = []
    places: list[list[int]] = []
    for longest in NODE_M:
        flat, places = node([lot.plot for lot in lots], longest)
        drawing.lots = [lot for lot, ring in zip(lots, flat, strict=True) if ring]
        flat, places = [r for r in flat if r], [p for p in places if p]
        points = warp([p for ring in flat for p in ring])
        ends = np.cumsum([len(r) for r in flat])
        rings = [[(float(x), float(y)) for x, y in part] for part in np.split(points, ends[:-1])]
        if all(area_of(r) > 0 for r in rings) and shapely.is_valid([shapely.Polygon(r) for r in rings]).all():
            break
    _straighten_fronts(drawing, flat, places, rings)
    return rings, places


def _straighten_fronts(
    drawing: Drawing, flat: list[list[Point]], places: list[list[int]], rings: list[list[Point]]
) -> None:
    """Put points between the two ends of a house's front onto the straight line, in all plots that share them.

    A move that would turn a thin plot inside out is not made.
    """
    moved: dict[Point, Point] = {}
    for lot, plan, place, ring in zip(drawing.lots, flat, places, rings, strict=True):
        for edge in lot.fronts:
            first, last = place[edge], place[(edge + 1) % len(place)]
            whole = math.dist(plan[first], plan[last])
            for k in range(1, (last - first) % len(ring)):
                i = (first + k) % len(ring)
                t = math.dist(plan[first], plan[i]) / whole
                (ax, ay), (bx, by) = ring[first], ring[last]
                moved[plan[i]] = (round(ax + t * (bx - ax), 3), round(ay + t * (by - ay), 3))
    while moved:
        after = [
            [moved.get(p, q) for p, q in zip(plan, ring, strict=True)] for plan, ring in zip(flat, rings, strict=True)
        ]
        valid = shapely.is_valid(np.array([shapely.Polygon(r) for r in after]))
        spoilt = [p for plan, ring, good in zip(flat, after, valid, strict=True) if not good or area_of(ring) <= 0
                  for p in plan if p in moved]  # fmt: skip
        if not spoilt:
            rings[:] = after
            return
        for p in spoilt:
            moved.pop(p, None)


def _bends(drawing: Drawing, reach: float, dice: Dice) -> tuple[complex, ...]:
    """Return bends that turn and stretch the drawing as much as streets bend, and nowhere more."""
    angles = [dice.between(0, 2 * math.pi) for _ in range(4)]
    raw = [s * complex(math.cos(a), math.sin(a)) for s, a in zip((0.085, 0.055, 0.04, 0.03), angles, strict=True)]
    spots = np.array([complex(*p) for p in drawing.nodes.values()]) / reach
    stretch = np.abs(sum((k + 2) * c * spots ** (k + 1) for k, c in enumerate(raw))).max()
    return tuple(c * MOST_BENT / float(stretch) for c in raw)


def _free(houses: list[House]) -> list[House]:
    """Leave out small buildings that reach into another one."""
    shapes = np.array([shapely.Polygon(c.corners) for h in houses for c in h.cells])
    owner = np.array([i for i, h in enumerate(houses) for _ in h.cells])
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = owner[left] < owner[right]
    left, right = left[pairs], right[pairs]
    clash = shapely.area(shapely.intersection(shapes[left], shapes[right])) > CLASH_M2
    gone = set()
    for i, j in zip(owner[left[clash]], owner[right[clash]], strict=True):
        gone.add(int(j) if houses[j].role in SMALL or houses[i].role not in SMALL else int(i))
    return [h for i, h in enumerate(houses) if i not in gone]


def _trimmed(houses: list[House], facts: list[Facts], wanted: int) -> tuple[list[House], list[Facts]]:
    """Leave out garages, then detached houses, evenly over the town, down to the number asked for."""
    gone: set[int] = set()
    for leave in (lambda h: h.role in SMALL, lambda h: h.form == "house", lambda h: h.role == "main"):
        mine = [i for i, h in enumerate(houses) if leave(h) and i not in gone]
        surplus = min(max(len(houses) - len(gone) - wanted, 0), len(mine))
        gone |= {mine[int(k * len(mine) / surplus)] for k in range(surplus)}
    keep = [i for i in range(len(houses)) if i not in gone]
    return [houses[i] for i in keep], [facts[i] for i in keep]


def _footprints(houses: list[House]) -> list[list[tuple[Point, ...]]]:
    """Return the rings of all cells, with the corners of touching neighbours put in: walls are shared exactly."""
    cells = [c.corners for h in houses for c in h.cells]
    edges = [(p, q) for ring in cells for p, q in zip(ring, (*ring[1:], ring[0]), strict=True)]
    points = sorted({p for ring in cells for p in ring})
    tree = shapely.STRtree(shapely.points(np.array(points)))
    on, hit = tree.query(shapely.linestrings(np.array(edges)), predicate="dwithin", distance=WALL_TOUCH_M)
    between: dict[int, list[Point]] = defaultdict(list)
    for k, j in zip(on.tolist(), hit.tolist(), strict=True):
        a, b = edges[k]
        if points[j] not in (a, b) and min(math.dist(points[j], a), math.dist(points[j], b)) > 0.005:
            between[k].append(points[j])
    rings: list[list[tuple[Point, ...]]] = []
    k = 0
    for house in houses:
        rings.append([])
        for cell in house.cells:
            ring: list[Point] = []
            for a in cell.corners:
                ring += [a, *sorted(between.get(k, []), key=lambda p, a=a: math.dist(p, a))]  # type: ignore[misc]
                k += 1
            rings[-1].append(tuple(ring))
    return rings


def _solids(house: House, facts: Facts, rings: list[tuple[Point, ...]]) -> list[Solid]:
    """Return the volumes of a building: one, or one per building part."""
    parts = len(rings) > 1 and house.form != "tenement" and house.form != "medieval"
    made: list[Solid] = []
    for k, (cell, ring) in enumerate(zip(house.cells, rings, strict=True)):
        roof, eaves = _cell_roof(house, cell, facts, k)
        made.append(Solid((ring,), (planes_of(cell, ring[0], roof, eaves),), roof.code, eaves))
    if parts or len(made) == 1:
        return made
    first = made[0]
    return [Solid(tuple(s.rings[0] for s in made), tuple(s.planes[0] for s in made), first.roof, first.eaves_m)]


def _cell_roof(house: House, cell: Cell, facts: Facts, k: int) -> tuple[Roof, float]:
    """Return roof and eaves of one cell; the eaves sink where the roof would grow too high."""
    roof, eaves = facts.roof, facts.eaves_m
    if house.role == "church":
        roof = (Roof("3100", 56, turned=False), Roof("3200", 50), Roof(TENT, 66))[k]
        return roof, (9.5, 7.0, 23.0)[k]
    if cell.part:
        return Roof("1000"), 2.8
    if k and house.form == "public":
        share = cell.storeys / house.cells[0].storeys
        eaves = round(eaves * share, 2)
        sides = [math.dist(cell.corners[i], cell.corners[i + 1]) for i in (0, 1)]
        roof = Roof(roof.code, roof.pitch_deg, turned=sides[0] < sides[1] and roof.code != "2100")
    joint = [cell] if house.form == "public" else [c for c in house.cells if not c.part]
    return Roof(roof.code, min(roof.pitch_deg, *(_steepest(c, roof) for c in joint)), roof.turned), eaves


def _steepest(cell: Cell, roof: Roof, highest_m: float = 7.0) -> float:
    """Return the pitch at which the roof gets as high as roofs are built."""
    depth = math.dist(cell.corners[0 if roof.turned else 1], cell.corners[1 if roof.turned else 2])
    run = depth if roof.code == "2100" else depth / 2
    return round(math.degrees(math.atan(highest_m / run)), 1)


def _bases(rings: list[list[tuple[Point, ...]]], terrain: Terrain) -> list[float]:
    """Return the ground height of each building: the lowest of the terrain under its corners."""
    flat = [p for house in rings for ring in house for p in ring]
    heights = terrain(*np.array(flat).T)
    ends = np.cumsum([sum(len(r) for r in house) for house in rings])
    return [round(float(part.min()), 2) for part in np.split(heights, ends[:-1])]


def _terrain(warp: Warp) -> Terrain:
    (x0, y0), (x1, y1) = warp([(0.0, 0.0), (0.0, -60.0)])
    length = math.hypot(x1 - x0, y1 - y0)
    return Terrain(warp.origin, ((x1 - x0) / length, (y1 - y0) / length), warp.rotation * 9)


def _buildings(
    built: _Built, houses: list[House], facts: list[Facts], solids: list[list[Solid]], areas: Areas, tile: int
) -> gpd.GeoDataFrame:
    shapes = [shapely.union_all([shapely.Polygon(r) for s in parts for r in s.rings]) for parts in solids]
    lots = [built.drawing.lots[h.lot] for h in houses]
    tops = [round(max(top_of(s) for s in parts), 3) for parts in solids]
    frame = gpd.GeoDataFrame(
        {
            "role": [h.role for h in houses],
            "form": [h.form for h in houses],
            "lot": [h.lot for h in houses],
            "block_nr": [areas.block_numbers[lot.block] for lot in lots],
            "district": [QUARTERS[lot.quarter].district for lot in lots],
            "kind": [KINDS[QUARTERS[lot.quarter].kind].name for lot in lots],
            "function": [f.function for f in facts],
            "function_text": [FUNCTIONS[f.function] for f in facts],
            "name": np.array([f.name or None for f in facts], dtype=object),
            "year_built": [f.year for f in facts],
            "storeys": [f.storeys for f in facts],
            "eaves_m": [parts[0].eaves_m for parts in solids],
            "height_m": tops,
            "roof": [parts[0].roof for parts in solids],
            "dwellings": [f.dwellings for f in facts],
            "is_residential": [f.lives for f in facts],
            "street": np.array([_street_name(built, house) for house in houses], dtype=object),
        },
        geometry=shapes,
        crs=CRS,
        index=pd.Index([f"DEBWMU{tile:03X}{i:07d}BL" for i in range(1, len(houses) + 1)], name="oid"),
    )
    frame["number"] = _house_numbers(frame, built, houses)
    named = frame["street"].notna() & (frame["number"] > 0)
    address = frame["street"] + " " + frame["number"].astype("str")
    frame["address"] = address.where(named, None).to_numpy(dtype=object)
    return frame


def _street_name(built: _Built, house: House) -> str | None:
    return (built.drawing.streets[house.street].name or None) if house.street >= 0 else None


def _house_numbers(frame: gpd.GeoDataFrame, built: _Built, houses: list[House]) -> list[int]:
    """Return house numbers along each street, odd on the left and even on the right."""
    streets = built.drawing.streets
    starts: dict[int, float] = {}
    done: dict[str, float] = defaultdict(float)
    for i, street in enumerate(streets):
        starts[i] = done[street.name]
        done[street.name] += street.length
    lines = shapely.linestrings([built.warp([s.a, s.at(s.length / 2), s.b]) for s in streets])
    queue: dict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for k, (house, point) in enumerate(zip(houses, frame.representative_point(), strict=True)):
        if house.street < 0 or house.role in SMALL:
            continue
        line = lines[house.street]
        a, b = line.coords[0], line.coords[-1]
        left = (b[0] - a[0]) * (point.y - a[1]) - (b[1] - a[1]) * (point.x - a[0]) > 0
        along = starts[house.street] + shapely.line_locate_point(line, point)
        queue[streets[house.street].name, bool(left)].append((float(along), k))
    numbers = [0] * len(houses)
    for (_, left), members in queue.items():
        for n, (_, k) in enumerate(sorted(members)):
            numbers[k] = 2 * n + (1 if left else 2)
    return numbers
