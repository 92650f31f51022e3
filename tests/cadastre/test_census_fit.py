"""The fit by hand, its invariants, and totals that the bounds do not allow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from klimastep.cadastre.census_fit import MOST_ROUNDS, fit, scaled_to

OPEN = np.inf


def open_rows(n):
    return np.zeros(n), np.full(n, OPEN)


def test_without_bounds_it_is_the_classic_fit():
    # 2 x 2, rows 3 and 7, columns 4 and 6: from equal seeds the product of the margins
    seed = np.ones((2, 2))
    rows = np.array([3.0, 7.0])
    found = fit(seed, np.zeros((2, 2)), np.full((2, 2), OPEN), np.array([4.0, 6.0]), rows, rows)
    assert found.counts == pytest.approx(np.array([[1.2, 1.8], [2.8, 4.2]]), abs=1e-5)
    assert found.reached.all()


def test_a_bound_holds_and_the_rest_takes_over():
    seed = np.array([[10.0], [1.0], [1.0]])
    low, high = np.array([[8.0], [0.0], [0.0]]), np.array([[12.0], [2.0], [2.0]])
    found = fit(seed, low, high, np.array([15.0]), *open_rows(3))
    assert found.counts[:, 0] == pytest.approx([12.0, 1.5, 1.5])  # 12.5 would be out of bounds
    assert found.counts.sum() == pytest.approx(15.0, abs=1e-12)


def test_a_total_out_of_reach_is_told_and_approached():
    found = fit(np.ones((2, 2)), np.zeros((2, 2)), np.full((2, 2), 2.0), np.array([9.0, 3.0]), *open_rows(2))
    assert found.reached.tolist() == [False, True]
    assert found.counts.sum(axis=0).tolist() == pytest.approx([4.0, 3.0])


def test_an_unknown_total_leaves_its_column():
    seed = np.array([[3.0, 3.0], [5.0, 5.0]])
    found = fit(seed, seed * 0, seed * 9, np.array([np.nan, 16.0]), *open_rows(2))
    assert found.counts[:, 0].tolist() == [3.0, 5.0]
    assert found.counts[:, 1] == pytest.approx([6.0, 10.0])


def test_rows_that_contradict_the_totals_are_told():
    rows = np.array([9.0, 9.0])
    found = fit(np.ones((2, 1)), np.zeros((2, 1)), np.full((2, 1), OPEN), np.array([10.0]), rows, rows)
    assert found.rounds == MOST_ROUNDS
    assert found.row_gap == pytest.approx(4.0, abs=1e-3)
    assert found.counts.sum() == pytest.approx(10.0)


def test_scaled_to_a_goal_or_as_far_as_it_goes():
    values = np.array([[1.0, 0.0], [3.0, 0.0]])
    assert scaled_to(values, np.full((2, 2), 2.0), np.array([3.0, 5.0])).tolist() == [
        [pytest.approx(1.0), 0.0],
        [2.0, 0.0],
    ]
    assert scaled_to(values, np.full((2, 2), 2.0), np.array([9.0, 0.0]))[:, 0].tolist() == pytest.approx([2.0, 2.0])


COUNTS = arrays(np.float64, (12, 4), elements=st.floats(0.01, 50))


@settings(max_examples=60, deadline=None)
@given(COUNTS, arrays(np.float64, (4,), elements=st.floats(0, 1)), st.floats(0.5, 5))
def test_totals_are_exact_and_bounds_hold(seed, place, noise):
    low, high = np.maximum(seed - noise, 0.0), seed + noise
    totals = low.sum(axis=0) + place * (high - low).sum(axis=0)
    found = fit(seed, low, high, totals, *open_rows(12))
    assert found.reached.all()
    assert found.counts.sum(axis=0) == pytest.approx(totals, rel=1e-9, abs=1e-9)
    assert (found.counts >= low - 1e-9).all()
    assert (found.counts <= high + 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_cells_does_not_matter(seed, random):
    order = list(range(12))
    random.shuffle(order)
    low, high, rows = seed * 0.5, seed * 2, open_rows(12)
    totals = seed.sum(axis=0) * 1.3
    one, other = fit(seed, low, high, totals, *rows), fit(seed[order], low[order], high[order], totals, *rows)
    assert other.counts == pytest.approx(one.counts[order], rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(COUNTS, COUNTS)
def test_margins_of_a_table_are_met_from_any_seed(truth, seed):
    rows = truth.sum(axis=1)
    found = fit(seed, np.zeros_like(seed), np.full_like(seed, OPEN), truth.sum(axis=0), rows, rows)
    assert found.counts.sum(axis=0) == pytest.approx(truth.sum(axis=0), rel=1e-9)
    assert found.counts.sum(axis=1) == pytest.approx(rows, rel=1e-4, abs=1e-3)
