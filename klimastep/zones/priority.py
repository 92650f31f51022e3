"""Rank of each zone: weighted sum of its indicator scores, with direction and weights from the plan."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from klimastep.contract import Category, Column
from klimastep.zones import indicators
from klimastep.zones.aggregate import KNOWN_HEAT_SHARE
from klimastep.zones.criteria import ranks, scores, weighted
from klimastep.zones.robustness import class_certainty

PRIORITY_CLASSES = (
    Category("very_high", "Handlungsbedarf sehr hoch", "Very high need for action", "#54278f"),
    Category("high", "Handlungsbedarf hoch", "High need for action", "#9e79c4"),
    Category("medium", "Handlungsbedarf mittel", "Medium need for action", "#dadaeb"),
    Category("not_ranked", "nicht eingestuft", "Not ranked", "#e4e7eb"),
)
PRIORITY_SCORE = Column(
    "priority_score",
    "float64",
    "1",
    "Punktwert",
    "Score",
    "Weighted sum of the indicator scores, 0 to 1; compares areas of this run only.",
    nullable=True,
    min=0,
    max=1,
    palette="Purples",
)
PRIORITY_RANK = Column("priority_rank", "Int32", "", "Rang", "Rank", nullable=True, min=1)
PRIORITY_CLASS = Column(
    "priority_class", "category", "", "Handlungsbedarf", "Need for action", categories=PRIORITY_CLASSES
)
RANK_CERTAINTY = Column(
    "rank_certainty_share",
    "float64",
    "1",
    "Stabilität der Einstufung",
    "Stability of the class",
    "Share of drawn weightings in which the zone keeps its class.",
    nullable=True,
    min=0,
    max=1,
    palette="Greys",
    limits=(0.5, 0.7, 0.9),
)
PRIORITY_COLUMNS = (PRIORITY_SCORE, PRIORITY_RANK, PRIORITY_CLASS, RANK_CERTAINTY)


def score_column(name: str) -> Column:
    """Declare the score of one indicator."""
    column = indicators.load(name).INDICATOR.column
    return Column(
        f"{name}_score",
        "float64",
        "1",
        f"{column.label_de}: Punkte",
        f"{column.label_en}: score",
        "Indicator on the scale 0 (least) to 1 (most urgent).",
        nullable=True,
        min=0,
        max=1,
    )


def contribution_column(name: str) -> Column:
    """Declare the share of one indicator in the priority score."""
    column = indicators.load(name).INDICATOR.column
    return Column(
        f"{name}_contribution",
        "float64",
        "1",
        f"{column.label_de}: Beitrag",
        f"{column.label_en}: contribution",
        "Share of the priority score that comes from this indicator.",
        nullable=True,
        min=0,
        max=1,
    )


def prioritise(
    areas: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    very_high_share: float = 0.2,
    high_share: float = 0.3,
    min_coverage_share: float = 0.8,
    seed: int = 0,
) -> pd.DataFrame:
    """Return `areas` with scores, contributions, priority score, rank, class and how stable the class is.

    Parameters
    ----------
    areas : DataFrame
        With the indicator columns and ``known_footprint_share``.
    weights : mapping of str to float
        Indicator name to weight; only proportions count.
    very_high_share, high_share : float
        Share of the ranked areas in the two upper classes; at least one area is in the first. [1]
    min_coverage_share : float
        Areas with less known heated footprint are not ranked. [1]
    seed : int
        Of the drawn weightings.
    """
    names = [n for n, w in weights.items() if w > 0]
    weight = np.array([weights[n] for n in names], dtype="float64")
    declared = [indicators.load(n).INDICATOR for n in names]
    rankable = (areas[KNOWN_HEAT_SHARE.name] >= min_coverage_share).to_numpy()
    score = np.stack(
        [scores(areas[i.column.name].where(rankable).to_numpy("float64"), i.urgent_when == "high") for i in declared],
        axis=1,
    )
    total, share = weighted(score, weight)
    rank = ranks(total)
    new = {score_column(n).name: score[:, i] for i, n in enumerate(names)}
    new |= {contribution_column(n).name: share[:, i] for i, n in enumerate(names)}
    new["priority_score"] = total
    classes_of = partial(_classes, very_high_share=very_high_share, high_share=high_share)
    return areas.assign(
        **new,
        priority_rank=pd.Series(rank, index=areas.index).astype("Int32"),
        priority_class=PRIORITY_CLASS.cast(classes_of(rank), areas.index),
        rank_certainty_share=class_certainty(score, weight, classes_of, np.random.default_rng(seed)),
    )


def _classes(rank: np.ndarray, very_high_share: float, high_share: float) -> np.ndarray:
    ranked = int(np.isfinite(rank).sum())
    first = max(1, round(very_high_share * ranked))
    second = max(first, round((very_high_share + high_share) * ranked))
    return np.select([np.isnan(rank), rank <= first, rank <= second], ["not_ranked", "very_high", "high"], "medium")
