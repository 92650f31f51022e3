"""Heat of buildings: type, normative demand with hot water, expected use, saving potential, comparison with meters.

Doors: :func:`typology`, :func:`demand`, :func:`expected`, :func:`potential`, :func:`carbon`, :func:`cost`,
:func:`metered`, :func:`metered_groups`, :func:`compare_blocks`, :func:`scores`; factors learned from meters
:func:`metered_units`, :func:`learn`, :func:`predicted`, :func:`held_back`, :func:`calibrated`,
:func:`calibrated_saving`; how sure it is :func:`bands`; where it lies :func:`line_density` (sections of streets),
:func:`route_length`, :func:`heat_grid` (hectares); for census cells without buildings :func:`cells`,
:func:`census_totals`, :func:`census_band`; how heat is balanced :class:`Method`, :class:`Operation`, :class:`Mixed`;
hours of the year :func:`load_shapes`, :func:`hourly_load`, :func:`duration_curve`, :func:`duration_curves`,
:func:`simultaneity`, :func:`network_load`.
"""

from klimastep.heat.balance_monthly import Operation
from klimastep.heat.calibrated import (
    CALIBRATION_COLUMNS,
    calibrated,
    calibrated_saving,
    enough,
    held_back,
    learn,
    left_out_finding,
    metered_units,
    predicted,
    unit_shares,
)
from klimastep.heat.calibration import Calibration
from klimastep.heat.carbon import carbon
from klimastep.heat.cells import Municipality, assumed_carrier_share, cells, census_totals
from klimastep.heat.cells_band import Draws, census_band
from klimastep.heat.columns import LOAD_CURVES, NETWORK_LOAD
from klimastep.heat.cost import cost, default_index, price_year
from klimastep.heat.demand import demand
from klimastep.heat.expected import expected
from klimastep.heat.heat_grid import GRID_COLUMNS, heat_grid
from klimastep.heat.line_density import line_density, line_density_columns, line_density_totals, route_length
from klimastep.heat.metered import METER_GROUPS, METERED_COLUMNS, metered, metered_groups
from klimastep.heat.meters import compare_blocks, scores
from klimastep.heat.method import Method, design_degc
from klimastep.heat.potential import potential
from klimastep.heat.profiles import (
    LoadShapes,
    duration_curve,
    duration_curves,
    hourly_load,
    load_shapes,
    network_load,
    simultaneity,
)
from klimastep.heat.stock import Mixed, other_share
from klimastep.heat.typology import typology
from klimastep.heat.uncertainty import BANDS, Bands, bands

__all__ = [
    "BANDS",
    "Bands",
    "CALIBRATION_COLUMNS",
    "Calibration",
    "Draws",
    "GRID_COLUMNS",
    "LOAD_CURVES",
    "LoadShapes",
    "METERED_COLUMNS",
    "METER_GROUPS",
    "NETWORK_LOAD",
    "Method",
    "Mixed",
    "Municipality",
    "Operation",
    "assumed_carrier_share",
    "bands",
    "calibrated",
    "calibrated_saving",
    "carbon",
    "cells",
    "census_band",
    "census_totals",
    "compare_blocks",
    "cost",
    "default_index",
    "demand",
    "design_degc",
    "duration_curve",
    "duration_curves",
    "enough",
    "expected",
    "heat_grid",
    "held_back",
    "hourly_load",
    "learn",
    "left_out_finding",
    "line_density",
    "line_density_columns",
    "line_density_totals",
    "load_shapes",
    "metered",
    "metered_groups",
    "metered_units",
    "network_load",
    "other_share",
    "potential",
    "predicted",
    "price_year",
    "route_length",
    "scores",
    "simultaneity",
    "typology",
    "unit_shares",
]
