"""Iterative proportional fitting of counts to totals, each count within its bounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TOLERANCE = 1e-6
MOST_ROUNDS = 500
HALVINGS = 80


class Fitted(NamedTuple):
    """A table of counts after the fit.

    Parameters
    ----------
    counts : array, shape (n, k)
    rounds : int
        Rounds over columns and rows that were needed.
    row_gap : float
        Largest distance of a row's sum to its interval. [1]
    reached : array of bool, shape (k,)
        Whether the bounds let the column reach its total.
    """

    counts: Array
    rounds: int
    row_gap: float
    reached: NDArray[np.bool_]


def fit(seed: Array, low: Array, high: Array, totals: Array, row_low: Array, row_high: Array) -> Fitted:
    """Return the counts nearest to `seed` (least Kullback-Leibler divergence) that keep bounds, totals and rows.

    Each count is ``clip(seed x row factor x column factor, low, high)``. In turn a column's factor is set to
    the one that gives its total, a row's to the one nearest to 1 that brings the row's sum into its interval.
    Columns come last, so that totals are exact whatever the rows say.

    Parameters
    ----------
    seed : array, shape (n, k)
        Above zero wherever `high` is.
    low, high : array, shape (n, k)
        Bounds of each count.
    totals : array, shape (k,)
        Sum of each column; NaN where none is known (the column keeps its factor 1).
    row_low, row_high : array, shape (n,)
        Interval of each row's sum; 0 and infinity where nothing is known.

    Returns
    -------
    Fitted
        A total outside of what the bounds allow is approached as far as they do (`reached` is False).
    """
    least, most = low.sum(axis=0), high.sum(axis=0)
    known = np.isfinite(totals)
    reached = ~known | ((totals >= least - TOLERANCE) & (totals <= most + TOLERANCE))
    goal = np.clip(np.where(known, totals, 0.0), least, most)
    start = np.maximum(row_low, low.sum(axis=1))
    row_goal = np.minimum(start, high.sum(axis=1)), np.maximum(np.minimum(row_high, high.sum(axis=1)), low.sum(axis=1))
    rows, columns = np.ones(len(seed)), np.ones(seed.shape[1])
    counts, gap, rounds = np.clip(seed, low, high), np.inf, 0
    while rounds < MOST_ROUNDS and gap > TOLERANCE:
        rounds += 1
        rows = _interval_factor(seed * columns, low, high, *row_goal)
        found = _factor((seed * rows[:, None]).T, low.T, high.T, goal)
        columns = np.where(known, found, 1.0)
        counts = np.clip(seed * rows[:, None] * columns, low, high)
        sums = counts.sum(axis=1)
        gap = float(np.max(np.maximum(row_goal[0] - sums, sums - row_goal[1]), initial=0.0))
    counts = np.where(known, _exact(counts, low, high, goal), counts)
    return Fitted(counts, rounds, gap, reached)


def scaled_to(values: Array, high: Array, goal: Array) -> Array:
    """Return `values` with each column scaled so that, cut off at `high`, it sums to `goal` or as near as can be."""
    reach = np.clip(goal, 0.0, np.where(values > 0, high, 0.0).sum(axis=0))
    factor = _factor(values.T, np.zeros_like(values.T), high.T, reach)
    result: Array = np.minimum(values * factor, high)
    return result


def _interval_factor(values: Array, low: Array, high: Array, least: Array, most: Array) -> Array:
    """Return for each row the factor nearest to 1 whose clipped sum lies in an interval."""
    sums = np.clip(values, low, high).sum(axis=1)
    factor = np.ones(len(values))
    for outside, goal in ((sums < least, least), (sums > most, most)):
        if outside.any():
            factor[outside] = _factor(values[outside], low[outside], high[outside], goal[outside])
    return factor


def _factor(values: Array, low: Array, high: Array, goal: Array) -> Array:
    """Return for each row the factor whose clipped sum is `goal`, by halving its logarithm."""
    left, right = np.full(len(values), -60.0), np.full(len(values), 60.0)
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        short = np.clip(values * np.exp(middle)[:, None], low, high).sum(axis=1) < goal
        left, right = np.where(short, middle, left), np.where(short, right, middle)
    result: Array = np.exp((left + right) / 2)
    return result


def _exact(counts: Array, low: Array, high: Array, goal: Array) -> Array:
    """Return counts whose columns sum to `goal` to the last digits: what is left goes where there is room."""
    rest = goal - counts.sum(axis=0)
    room = np.where(rest > 0, high - counts, counts - low)
    room = np.minimum(room, np.abs(rest))  # where a bound is open
    share = np.divide(rest, room.sum(axis=0), out=np.zeros_like(rest), where=room.sum(axis=0) > 0)
    return counts + room * share
