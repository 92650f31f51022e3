"""Solar potential of roofs: planes, radiation on them, photovoltaic power and yield by building.

Doors: :func:`collect_roofs` (and :func:`from_points`, :func:`from_footprints`), :data:`irradiation`
(shaded where its :class:`Shading` says by what), :data:`photovoltaic`, :data:`to_buildings`; the notes go on every
output that shows a result of this room. Rasters: :func:`klimastep.solar.raster.shade_raster`.
"""

from __future__ import annotations

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
from klimastep.solar.photovoltaic import PV_KWP, PV_YIELD, SUITABILITY, USABLE_AREA, assumptions, photovoltaic
from klimastep.solar.potential import BUILDING_YIELD, PV_POTENTIAL, to_buildings
from klimastep.solar.roofs import collect_roofs, from_footprints, from_points
from klimastep.solar.surface import Surroundings, refuse_misfit

HERITAGE_NOTE_DE = (
    "Photovoltaik auf Denkmalen: Genehmigung erforderlich, in Baden-Württemberg in der Regel zu erteilen; "
    "Denkmale sind hier nicht ausgeschlossen."
)
HERITAGE_NOTE_EN = (
    "Photovoltaics on monuments: a permit is required and usually granted in Baden-Württemberg; "
    "monuments are not excluded here."
)

__all__ = [
    "BUILDING_YIELD",
    "HERITAGE_NOTE_DE",
    "HERITAGE_NOTE_EN",
    "IRRADIATION",
    "MONTHLY",
    "NOTE_DE",
    "NOTE_EN",
    "PV_KWP",
    "PV_POTENTIAL",
    "PV_YIELD",
    "SHADING_BASIS",
    "SHADING_LOSS",
    "SKY_VIEW",
    "SUITABILITY",
    "USABLE_AREA",
    "Shading",
    "Surroundings",
    "assumptions",
    "collect_roofs",
    "from_footprints",
    "from_points",
    "irradiation",
    "photovoltaic",
    "refuse_misfit",
    "shading_notes",
    "to_buildings",
]
