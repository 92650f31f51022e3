"""Solar potential of roofs: planes, radiation on them, photovoltaic power and yield by building.

Doors: :func:`collect_roofs` (and :func:`fit_roofs`, :func:`from_points`, :func:`from_footprints`), :data:`usable`,
:data:`irradiation` (shaded where its :class:`Shading` says by what), :func:`horizon_of` a single plane,
:func:`facades`, :data:`photovoltaic`, :data:`to_buildings`, then :data:`collectors`, :data:`solar_heat`,
:data:`household_electricity`, :data:`pv_use`, :data:`economy`, :data:`limits`, :func:`solar_balance`,
:func:`solar_hours`, :func:`best_roofs`, :func:`open_areas`.
Rasters: :func:`klimastep.solar.raster.shade_raster`.
"""

from __future__ import annotations

from klimastep.solar.assumed import Assumptions, assumptions
from klimastep.solar.balance import SOLAR_BALANCE, SOLAR_HOURS, HourShapes, solar_balance, solar_hours
from klimastep.solar.collectors import collectors, solar_heat
from klimastep.solar.economy import economy
from klimastep.solar.electricity import household_electricity, household_shape, pv_use
from klimastep.solar.facades import FACADE_COLUMNS, facades
from klimastep.solar.irradiation import (
    IRRADIATION,
    MONTHLY,
    NOTE_DE,
    NOTE_EN,
    SHADING_BASIS,
    SHADING_LOSS,
    SKY_VIEW,
    Shading,
    irradiation,
    shading_notes,
)
from klimastep.solar.limits import BEST_ROOFS, WITHHELD, best_roofs, limits, withheld
from klimastep.solar.losses import grid_hours, hourly_kwh_kwp, numbers
from klimastep.solar.misfit import refuse_heights, refuse_steep, refuse_terrain
from klimastep.solar.near_ground import NearGround, near_ground
from klimastep.solar.open_areas import OPEN_AREA_COLUMNS, open_areas
from klimastep.solar.photovoltaic import PV_KWP, PV_YIELD, SUITABILITY, mean_pvlib_ratio, photovoltaic
from klimastep.solar.potential import BUILDING_YIELD, PV_POTENTIAL, to_buildings
from klimastep.solar.roofs import FIT_RMSE, FIT_SHARE, collect_roofs, from_footprints, from_points, without_planes
from klimastep.solar.roofs_dsm import FittedRoofs, fit_findings, fit_roofs, fit_rules
from klimastep.solar.shading import RoofHorizon, horizon_of
from klimastep.solar.surface import Heights, Surroundings, refuse_misfit
from klimastep.solar.usable import USABLE_AREA, land_of, usable

__all__ = [
    "Assumptions",
    "BEST_ROOFS",
    "BUILDING_YIELD",
    "FACADE_COLUMNS",
    "FIT_RMSE",
    "FIT_SHARE",
    "FittedRoofs",
    "Heights",
    "HourShapes",
    "IRRADIATION",
    "MONTHLY",
    "NOTE_DE",
    "NOTE_EN",
    "NearGround",
    "OPEN_AREA_COLUMNS",
    "PV_KWP",
    "PV_POTENTIAL",
    "PV_YIELD",
    "RoofHorizon",
    "SHADING_BASIS",
    "SHADING_LOSS",
    "SKY_VIEW",
    "SOLAR_BALANCE",
    "SOLAR_HOURS",
    "SUITABILITY",
    "Shading",
    "Surroundings",
    "USABLE_AREA",
    "WITHHELD",
    "assumptions",
    "best_roofs",
    "collect_roofs",
    "collectors",
    "economy",
    "facades",
    "fit_findings",
    "fit_roofs",
    "fit_rules",
    "from_footprints",
    "from_points",
    "grid_hours",
    "hourly_kwh_kwp",
    "horizon_of",
    "household_electricity",
    "household_shape",
    "irradiation",
    "land_of",
    "limits",
    "mean_pvlib_ratio",
    "near_ground",
    "numbers",
    "open_areas",
    "photovoltaic",
    "pv_use",
    "refuse_heights",
    "refuse_misfit",
    "refuse_steep",
    "refuse_terrain",
    "shading_notes",
    "solar_balance",
    "solar_heat",
    "solar_hours",
    "to_buildings",
    "usable",
    "withheld",
    "without_planes",
]
