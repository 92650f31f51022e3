"""Cutting polygons by area: by hand and for any polygon."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from klimastep.solar.strips import cut_levels


def edges(polygon):
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygon)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    return xy[:-1][inner], xy[1:][inner]


def levels(polygon, shares):
    start, end = edges(polygon)
    here = np.zeros(len(shares), dtype=np.int64)
    return cut_levels(start, end, np.zeros(len(start), dtype=np.int64), here, np.asarray(shares, dtype=float))


def test_by_hand():
    assert levels(shapely.box(2, 5, 12, 7), [0.25, 0.5])[0] == pytest.approx(4.5)
    triangle = shapely.Polygon([(0, 0), (10, 0), (0, 10)])
    assert levels(triangle, [0.75])[0] == pytest.approx(5)


def test_holes_and_islands():
    """10 m by 10 m with a hole 4 m wide in its left half, and an island behind a gap."""
    holed = shapely.difference(shapely.box(0, 0, 10, 10), shapely.box(1, 3, 5, 8))
    both = shapely.union(holed, shapely.box(20, 0, 28, 10))
    level = levels(both, [0.5])[0]
    below = shapely.intersection(both, shapely.box(-1, -1, level, 11))
    assert below.area == pytest.approx(both.area / 2)


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=3, max_size=8),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_pieces_have_their_shares(points, shares):
    hull = shapely.convex_hull(shapely.multipoints(points))
    if hull.geom_type != "Polygon" or hull.area < 1:
        return
    for share, level in zip(shares, levels(hull, shares), strict=True):
        below = shapely.intersection(hull, shapely.box(-100, -100, level, 100))
        assert below.area / hull.area == pytest.approx(share, abs=1e-6)


def test_nothing_to_cut():
    assert levels(shapely.box(0, 0, 1, 1), []).shape == (0,)
