"""From buildings to priorities: aggregate, indicators, ranking and the sentence that explains it.

Doors: :func:`aggregate`, :func:`indicators.compute`, :func:`prioritise`, :func:`explain`, :func:`from_areas`.
"""

from klimastep.zones.aggregate import aggregate, aggregated_columns, conserve
from klimastep.zones.explain import EXPLANATION, explain
from klimastep.zones.priority import PRIORITY_COLUMNS, contribution_column, prioritise, score_column
from klimastep.zones.regions import ZONE_ID, assign, from_areas, grid

__all__ = [
    "EXPLANATION",
    "PRIORITY_COLUMNS",
    "ZONE_ID",
    "aggregate",
    "aggregated_columns",
    "assign",
    "conserve",
    "contribution_column",
    "explain",
    "from_areas",
    "grid",
    "prioritise",
    "score_column",
]
