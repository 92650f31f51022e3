"""Lines cut where they meet, and short pieces joined to the neighbour that goes on: sections of streets."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

NODE_M = 0.5  # ends nearer than this are one junction
SAME_VERTEX_M = 0.01
STRAIGHT_ON_DEG = 45.0


def cut_at_junctions(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pieces of lines between junctions, and the line that each comes from.

    A junction is a vertex from which three ways or more lead on, or the end of a line on another one. Lines that
    cross without a common vertex (bridges) do not meet.

    Parameters
    ----------
    lines : array of LineString, shape (n,)

    Returns
    -------
    pieces : array of LineString, shape (p,)
        In the order of the lines and along each.
    origin : array of int, shape (p,)
    """
    lines = shapely.remove_repeated_points(lines, SAME_VERTEX_M)
    places = _forks(lines)
    for line, place in zip(*_ends_on(lines), strict=True):
        places[int(line)].append(float(place))
    pieces: list[shapely.LineString] = []
    origin: list[int] = []
    for i, line in enumerate(lines):
        stops = _apart([0.0, *sorted(places[i]), float(line.length)])
        parts = [line] if len(stops) == 2 else [substring(line, a, b) for a, b in zip(stops, stops[1:], strict=False)]
        pieces += parts
        origin += [i] * len(parts)
    out = np.empty(len(pieces), dtype=object)
    out[:] = pieces
    return out, np.array(origin, dtype=np.int64)


def _forks(lines: np.ndarray) -> defaultdict[int, list[float]]:
    """Return for each line how far along it [m] inner vertices lie from which three ways or more lead on."""
    places: defaultdict[int, list[float]] = defaultdict(list)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    if not len(xy):
        return places
    vertex = np.unique(np.rint(xy / SAME_VERTEX_M), axis=0, return_inverse=True)[1].ravel()
    goes_on = line[1:] == line[:-1]
    pairs = np.c_[vertex[:-1], vertex[1:]][goes_on]
    ways = np.bincount(np.unique(np.r_[pairs, pairs[:, ::-1]], axis=0)[:, 0], minlength=vertex.max() + 1)
    run = np.r_[0.0, np.cumsum(np.where(goes_on, np.hypot(*np.diff(xy, axis=0).T), 0.0))]
    start = np.maximum.accumulate(np.where(np.r_[True, ~goes_on], np.arange(len(xy)), 0))
    inner = np.r_[False, goes_on] & np.r_[goes_on, False]
    for k in np.flatnonzero(inner & (ways[vertex] > 2)):
        places[int(line[k])].append(float(run[k] - run[start[k]]))
    return places


def _ends_on(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lines, and how far along them [m] another line ends on them."""
    ends = np.r_[shapely.get_point(lines, 0), shapely.get_point(lines, -1)]
    owner = np.tile(np.arange(len(lines)), 2)
    point, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=NODE_M)
    other = owner[point] != line
    point, line = point[other], line[other]
    place = shapely.line_locate_point(lines[line], ends[point])
    inner = (place > NODE_M) & (place < shapely.length(lines[line]) - NODE_M)
    return line[inner], place[inner]


def _apart(places: list[float]) -> list[float]:
    """Return the places without those nearer than a junction's width to the one before, or to the end."""
    kept = places[:1]
    for place in places[1:-1]:
        if place - kept[-1] > NODE_M and places[-1] - place > NODE_M:
            kept.append(place)
    return [*kept, places[-1]]


def nodes_of(lines: np.ndarray) -> np.ndarray:
    """Return the junction at both ends of each line as numbers, shape (n, 2)."""
    if not len(lines):
        return np.zeros((0, 2), dtype=np.int64)
    ends = np.r_[shapely.get_point(lines, 0), shapely.get_point(lines, -1)]
    a, b = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=NODE_M)
    _, number = connected_components(coo_matrix((np.ones(len(a)), (a, b)), shape=(len(ends), len(ends))))
    return np.asarray(number, dtype=np.int64).reshape(2, -1).T


@dataclass
class _Section:
    line: shapely.LineString
    ends: tuple[int, int]
    name: str
    rank: int
    members: list[int] = field(default_factory=list)

    def heading(self, node: int) -> float:
        """Return the direction [rad] in which the section leaves a junction."""
        xy = shapely.get_coordinates(self.line)
        start, then = (xy[0], xy[1]) if self.ends[0] == node else (xy[-1], xy[-2])
        return math.atan2(then[1] - start[1], then[0] - start[0])


def merge_short(lines: np.ndarray, names: np.ndarray, rank: np.ndarray, min_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Join each line shorter than `min_m` to a neighbour, the shortest first.

    The neighbour has the same name, or goes straight on where none has (turning by less than 45°); of several
    the straightest, then the longest, then the first by rank. A short line without such a neighbour stays.

    Parameters
    ----------
    lines : array of LineString, shape (n,)
    names : array of str, shape (n,)
        "" where unknown.
    rank : array of int, shape (n,)
        Order that decides between equals, whatever the order of the rows.
    min_m : float
        [m]

    Returns
    -------
    merged : array of LineString, shape (n,)
        None where the line became part of another.
    into : array of int, shape (n,)
        Row that each line belongs to now: the longest of those joined.
    """
    ends = nodes_of(lines)
    sections: dict[int, _Section] = {
        i: _Section(lines[i], (int(ends[i, 0]), int(ends[i, 1])), str(names[i]), int(rank[i]), [i])
        for i in range(len(lines))
    }
    at: defaultdict[int, set[int]] = defaultdict(set)
    for i, section in sections.items():
        for node in section.ends:
            at[node].add(i)
    queue = [(s.line.length, s.rank, i) for i, s in sections.items() if s.line.length < min_m]
    heapq.heapify(queue)
    while queue:
        length, _, i = heapq.heappop(queue)
        if i not in sections or sections[i].line.length != length:
            continue
        choice = _neighbour(i, sections, at)
        if choice is None:
            continue
        kept = _join(i, *choice, sections, at)
        if sections[kept].line.length < min_m:
            heapq.heappush(queue, (sections[kept].line.length, sections[kept].rank, kept))
    merged = np.full(len(lines), None, dtype=object)
    into = np.arange(len(lines))
    for i, section in sections.items():
        merged[i] = section.line
        into[section.members] = i
    return merged, into


def _neighbour(i: int, sections: dict[int, _Section], at: defaultdict[int, set[int]]) -> tuple[int, int] | None:
    """Return the section to join and the junction between, None where no one fits."""
    short = sections[i]
    found = []
    for node in short.ends:
        for j in at[node] - {i}:
            other = sections[j]
            turn = math.degrees(abs(math.remainder(other.heading(node) - short.heading(node) - math.pi, math.tau)))
            same = other.name == short.name
            if same or turn < STRAIGHT_ON_DEG:
                found.append(((not same, round(turn, 3), -round(other.line.length, 3), other.rank), j, node))
    return min(found)[1:] if found else None


def _join(i: int, j: int, node: int, sections: dict[int, _Section], at: defaultdict[int, set[int]]) -> int:
    """Join two sections at a junction and return the one that is kept: the longer."""
    one, two = sections[i], sections[j]
    first = shapely.get_coordinates(one.line if one.ends[1] == node else one.line.reverse())
    then = shapely.get_coordinates(two.line if two.ends[0] == node else two.line.reverse())
    start = one.ends[0] if one.ends[1] == node else one.ends[1]
    end = two.ends[1] if two.ends[0] == node else two.ends[0]
    kept, gone = (i, j) if (-one.line.length, one.rank) < (-two.line.length, two.rank) else (j, i)
    keep = sections[kept]
    joined = _Section(
        shapely.LineString(np.r_[first, then[1:]]),
        (start, end),
        keep.name or sections[gone].name,
        keep.rank,
        [*keep.members, *sections[gone].members],
    )
    for k in (i, j):
        for end_node in sections[k].ends:
            at[end_node].discard(k)
    del sections[gone]
    sections[kept] = joined
    for end_node in joined.ends:
        at[end_node].add(kept)
    return kept
