"""Solar potential of roofs: planes, radiation on them, photovoltaic power and yield by building.

Doors: :func:`collect_roofs` (and :func:`from_points`, :func:`from_footprints`), :data:`irradiation`,
:data:`photovoltaic`, :data:`to_buildings`; the notes go on every output that shows a result of this room.
"""

from __future__ import annotations

from klimastep.solar.irradiation import IRRADIATION, irradiation
from klimastep.solar.photovoltaic import PV_KWP, PV_YIELD, SUITABILITY, USABLE_AREA, assumptions, photovoltaic
from klimastep.solar.potential import BUILDING_YIELD, PV_POTENTIAL, to_buildings
from klimastep.solar.roofs import collect_roofs, from_footprints, from_points

NOTE_DE = (
    "Solarertrag ohne Verschattung gerechnet: Nachbargebäude, Bäume, Gauben und Gelände sind nicht berücksichtigt, "
    "der wirkliche Ertrag ist niedriger. Kein Ersatz für eine Planung am Gebäude."
)
NOTE_EN = (
    "Solar yield calculated without shading: neighbouring buildings, trees, dormers and terrain are not considered, "
    "the real yield is lower. No substitute for planning at the building."
)
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
    "NOTE_DE",
    "NOTE_EN",
    "PV_KWP",
    "PV_POTENTIAL",
    "PV_YIELD",
    "SUITABILITY",
    "USABLE_AREA",
    "assumptions",
    "collect_roofs",
    "from_footprints",
    "from_points",
    "irradiation",
    "photovoltaic",
    "to_buildings",
]
