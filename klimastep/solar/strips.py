"""Where to cut polygons across one direction so that the pieces have given shares of their area (array file)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SAME_M = 1e-9  # an edge this narrow encloses no area
HALVINGS = 45


def cut_levels(start: Floats, end: Floats, edge_polygon: Ints, cut_polygon: Ints, cut_share: Floats) -> Floats:
    """Return the levels along the first coordinate below which a share of a polygon's area lies.

    The area below a level is the sum of ``-t ds`` along the boundary up to that level (Green), so that holes
    and islands need no care; the level itself is found by halving.

    Parameters
    ----------
    start, end : ndarray (edges, 2)
        Ends of the edges, outer rings counter-clockwise, holes clockwise. [m]
    edge_polygon : ndarray (edges,)
        Number of the edge's polygon, ascending, none left out.
    cut_polygon : ndarray (cuts,)
        Number of the polygon to cut.
    cut_share : ndarray (cuts,)
        Share of the area below the cut. [1]

    Returns
    -------
    ndarray (cuts,)
        [m]
    """
    if not len(cut_polygon):
        return np.empty(0)
    edges = np.bincount(edge_polygon)
    first = np.concatenate(([0], np.cumsum(edges)[:-1]))
    low = np.minimum.reduceat(start[:, 0], first)[cut_polygon]
    high = np.maximum.reduceat(start[:, 0], first)[cut_polygon]
    pair_cut = np.repeat(np.arange(len(cut_polygon)), edges[cut_polygon])
    begins = np.cumsum(edges[cut_polygon]) - edges[cut_polygon]
    pair_edge = first[cut_polygon][pair_cut] + np.arange(len(pair_cut)) - begins[pair_cut]
    s0, t0 = start[pair_edge].T
    s1, t1 = end[pair_edge].T
    slope = np.divide(t1 - t0, s1 - s0, out=np.zeros_like(s0), where=np.abs(s1 - s0) > SAME_M)

    def area_below(level: Floats) -> Floats:
        a, b = np.minimum(s0, level[pair_cut]), np.minimum(s1, level[pair_cut])
        middle = t0 + slope * ((a + b) / 2 - s0)
        return np.asarray(-np.bincount(pair_cut, middle * (b - a), len(cut_polygon)), dtype=np.float64)

    wanted = cut_share * area_below(high)
    for _ in range(HALVINGS):
        level = (low + high) / 2
        below = area_below(level) < wanted
        low, high = np.where(below, level, low), np.where(below, high, level)
    return np.asarray((low + high) / 2)
