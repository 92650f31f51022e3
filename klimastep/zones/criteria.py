"""Normalise indicators to scores between 0 and 1, and the weights (array file)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SAME_SHARE = 1e-9  # values that differ by rounding only are equal


def scores(values: Floats, urgent_when_high: bool, lower_quantile: float = 0.05) -> Floats:
    """Return scores between 0 (least) and 1 (most urgent) by robust min-max.

    Values beyond the `lower_quantile` and its mirror are clipped, so that one extreme area does not squeeze
    all others. Unknown stays unknown; equal values all score 0.5.

    Parameters
    ----------
    values : array, shape (n,)
    urgent_when_high : bool
    lower_quantile : float
        Between 0 and 0.5. [1]

    Examples
    --------
    >>> scores(np.array([0.0, 5.0, 10.0]), True, 0.0).tolist()
    [0.0, 0.5, 1.0]
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return np.full(values.shape, np.nan)
    low, high = np.quantile(known, [lower_quantile, 1 - lower_quantile])
    if high - low <= SAME_SHARE * max(abs(high), abs(low)):
        return np.where(np.isfinite(values), 0.5, np.nan)
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share if urgent_when_high else 1.0 - share


def weighted(score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted sum of scores and each criterion's share of it.

    Where a score is unknown its weight goes to the others in proportion.

    Parameters
    ----------
    score : array, shape (areas, criteria)
    weights : array, shape (criteria,)
        Any positive numbers; only their proportion counts.

    Returns
    -------
    total : array, shape (areas,)
        Between 0 and 1; unknown where less than half of the weight is known.
    share : array, shape (areas, criteria)
        Share of the total; sums to 1 where the total is above zero.
    """
    weights = weights / weights.sum()
    known = np.isfinite(score)
    known_weight = known @ weights
    parts = np.where(known, score, 0.0) * weights
    total = parts.sum(axis=1) / np.where(known_weight > 0, known_weight, 1.0)
    total = np.where(known_weight >= 0.5, total, np.nan)
    sums = parts.sum(axis=1, keepdims=True)
    share = np.where(known & (sums > 0), parts / np.where(sums > 0, sums, 1.0), np.nan)
    return total, share


def ranks(total: Floats) -> Floats:
    """Return ranks from 1 (highest total); equals share the better rank, unknown has none."""
    known = np.sort(total[np.isfinite(total)])
    above = known.size - np.searchsorted(known, total, side="right")
    return np.where(np.isfinite(total), 1.0 + above, np.nan)
