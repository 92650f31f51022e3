"""Heat of buildings: type, normative demand with hot water, expected use, saving potential, comparison with meters.

Doors: :func:`typology`, :func:`demand`, :func:`expected`, :func:`potential`, :func:`metered`,
:func:`compare_blocks`, :func:`scores`; factors learned from meters :func:`metered_units`, :func:`learn`,
:func:`calibrated`, :func:`calibrated_saving`; for census cells without buildings :func:`cells`, :func:`census_totals`;
how heat is balanced: :class:`Method`, :class:`Operation`; hours of the year: :func:`load_shapes`,
:func:`hourly_load`, :func:`duration_curve`, :func:`duration_curves`, :func:`simultaneity`.
"""

from klimastep.heat.balance_monthly import Operation
from klimastep.heat.calibrated import (
    CALIBRATION_COLUMNS,
    calibrated,
    calibrated_saving,
    enough,
    learn,
    metered_units,
    unit_shares,
)
from klimastep.heat.calibration import Calibration
from klimastep.heat.cells import Municipality, cells, census_totals
from klimastep.heat.columns import LOAD_CURVES
from klimastep.heat.demand import demand
from klimastep.heat.expected import expected
from klimastep.heat.metered import METERED_COLUMNS, metered
from klimastep.heat.meters import compare_blocks, scores
from klimastep.heat.method import Method
from klimastep.heat.potential import potential
from klimastep.heat.profiles import (
    LoadShapes,
    duration_curve,
    duration_curves,
    hourly_load,
    load_shapes,
    simultaneity,
)
from klimastep.heat.typology import typology

__all__ = [
    "CALIBRATION_COLUMNS",
    "Calibration",
    "calibrated",
    "calibrated_saving",
    "enough",
    "learn",
    "metered_units",
    "unit_shares",
    "LOAD_CURVES",
    "METERED_COLUMNS",
    "LoadShapes",
    "Method",
    "Municipality",
    "Operation",
    "cells",
    "census_totals",
    "compare_blocks",
    "demand",
    "duration_curve",
    "duration_curves",
    "expected",
    "hourly_load",
    "load_shapes",
    "metered",
    "potential",
    "scores",
    "simultaneity",
    "typology",
]
