import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from klimastep.sample.plane import INNER, Dice, Plot, Warp, area_of, box, cut, keep, line_through, node

SQUARE = Plot(((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)), (1, 2, 3, 4))


def test_a_cut_with_a_gap_leaves_two_parts_and_a_strip():
    left, right, strip = cut(SQUARE, line_through((4, 0), (0, 1)), 9, gap=2)
    assert (left.area, right.area, strip.area) == (30, 50, 20)
    assert sorted(left.edges) == [1, 3, 4, 9]
    assert sorted(right.edges) == [1, 2, 3, 9]


def test_a_corner_on_the_line_is_not_cut_off_as_a_crumb():
    half = keep(SQUARE, (math.sqrt(0.5), -math.sqrt(0.5)), 0.005, 7)
    assert len(half.ring) == 3
    assert keep(SQUARE, (1, 0), -5, 7) is None


@given(st.floats(0.1, 3.0), st.floats(1.0, 9.0), st.floats(1.0, 9.0), st.floats(0.0, 2.0))
def test_the_parts_of_a_cut_make_up_the_whole(angle, x, y, gap):
    parts = cut(SQUARE, line_through((x, y), (math.cos(angle), math.sin(angle))), 9, gap)
    assert sum(p.area for p in parts if p) == pytest.approx(100, abs=0.5)


def test_box_finds_the_long_axis_of_a_turned_rectangle():
    c, s = math.cos(0.3), math.sin(0.3)
    ring = [(c * x - s * y, s * x + c * y) for x, y in ((0, 0), (20, 0), (20, 5), (0, 5))]
    along, length, width = box(ring)
    assert (length, width) == pytest.approx((20, 5))
    assert abs(along[0] * c + along[1] * s) == pytest.approx(1)


def test_neighbours_share_all_points_and_stay_tight_when_bent():
    left, right, _ = cut(SQUARE, line_through((5, 0), (0, 1)), INNER)
    upper, lower, _ = cut(right, line_through((5, 4), (-1, 0)), INNER)
    plots = [left, upper, lower]
    rings, places = node(plots, 2.0)
    assert all(math.dist(rings[0][i], c) < 0.02 for i, c in zip(places[0], left.ring, strict=True))
    warp = Warp(20, (0.2 + 0.1j, 0.1j), 0.4, (500000, 5400000), (1, 2))
    shapes = np.array([shapely.Polygon(warp(r)) for r in rings])
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).geom_type == "Polygon"


def test_area_is_positive_counter_clockwise():
    assert area_of(SQUARE.ring) == 100
    assert area_of(SQUARE.ring[::-1]) == -100


def test_dice_repeat_themselves():
    assert Dice(4).random() == Dice(4).random() == pytest.approx(0.23604808973743452)
    dice = Dice(1)
    assert all(-3 <= dice.around(0, 1) <= 3 for _ in range(500))
    assert dice.weighted({"a": 0, "b": 1}) == "b"
