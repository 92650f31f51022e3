"""Heat of buildings: type, normative demand with hot water, expected use, saving potential, comparison with meters.

Doors: :func:`typology`, :func:`demand`, :func:`expected`, :func:`potential`, :func:`metered`, :func:`metered_groups`,
:func:`compare_blocks`, :func:`scores`; factors learned from meters :func:`metered_units`, :func:`learn`,
:func:`calibrated`, :func:`calibrated_saving`; how sure it is
:func:`bands`; for census cells without buildings :func:`cells`, :func:`census_totals`.
"""

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
from klimastep.heat.demand import demand
from klimastep.heat.expected import expected
from klimastep.heat.metered import METER_GROUPS, METERED_COLUMNS, metered, metered_groups
from klimastep.heat.meters import compare_blocks, scores
from klimastep.heat.potential import potential
from klimastep.heat.typology import typology
from klimastep.heat.uncertainty import BANDS, Bands, bands

__all__ = [
    "BANDS",
    "CALIBRATION_COLUMNS",
    "Bands",
    "bands",
    "Calibration",
    "calibrated",
    "calibrated_saving",
    "enough",
    "learn",
    "metered_units",
    "unit_shares",
    "METERED_COLUMNS",
    "METER_GROUPS",
    "Municipality",
    "cells",
    "census_totals",
    "compare_blocks",
    "demand",
    "expected",
    "metered",
    "metered_groups",
    "potential",
    "scores",
    "typology",
]
