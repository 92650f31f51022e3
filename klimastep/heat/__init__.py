"""Heat of buildings: type, normative demand with hot water, expected use, saving potential, comparison with meters.

Doors: :func:`typology`, :func:`demand`, :func:`expected`, :func:`potential`, :func:`compare_blocks`,
:func:`scores`.
"""

from klimastep.heat.demand import demand
from klimastep.heat.expected import expected
from klimastep.heat.meters import compare_blocks, scores
from klimastep.heat.potential import potential
from klimastep.heat.typology import typology

__all__ = ["compare_blocks", "demand", "expected", "potential", "scores", "typology"]
