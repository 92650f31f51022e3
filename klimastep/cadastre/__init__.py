"""A clean building stock with keys, use, age and envelope, out of what the readers delivered."""

from klimastep.cadastre.age import (
    AGE_COLUMNS,
    KNOWN_YEAR,
    P_AGE,
    age_counts,
    age_from_areas,
    census_class_shares,
    default_years,
)
from klimastep.cadastre.blocks import BLOCK_SOURCE, derive_blocks
from klimastep.cadastre.carriers import carriers_of_cells
from klimastep.cadastre.census_cells import Healed, heal
from klimastep.cadastre.clean import clean, odd_footprints
from klimastep.cadastre.corrections import corrected, keep
from klimastep.cadastre.envelope import envelope, party_walls
from klimastep.cadastre.heritage import heritage
from klimastep.cadastre.keys import assign_keys
from klimastep.cadastre.merge import merge
from klimastep.cadastre.people import FLOOR_AREA_FACTOR, by_people, spreads
from klimastep.cadastre.quality import (
    AREA_COVERAGE,
    COVERAGE,
    IMPROVEMENTS,
    SUMMARY,
    area_coverage,
    counts,
    coverage,
    guessed,
    improvements,
    source_table,
    summary,
)
from klimastep.cadastre.registers import PV_INSTALLED, heated_by, installed_pv, meter_groups, public_ones
from klimastep.cadastre.spots import SPOTS, contradicted, oddities, spots
from klimastep.cadastre.stand_ins import stand_ins
from klimastep.cadastre.street_access import street_access
from klimastep.cadastre.street_sections import street_sections
from klimastep.cadastre.use import use
from klimastep.cadastre.wholes import WHOLE_COLUMNS, whole_sizes

__all__ = [
    "AGE_COLUMNS",
    "AREA_COVERAGE",
    "BLOCK_SOURCE",
    "COVERAGE",
    "FLOOR_AREA_FACTOR",
    "IMPROVEMENTS",
    "KNOWN_YEAR",
    "PV_INSTALLED",
    "P_AGE",
    "SPOTS",
    "SUMMARY",
    "WHOLE_COLUMNS",
    "Healed",
    "age_counts",
    "age_from_areas",
    "area_coverage",
    "assign_keys",
    "by_people",
    "carriers_of_cells",
    "census_class_shares",
    "clean",
    "contradicted",
    "corrected",
    "counts",
    "coverage",
    "default_years",
    "derive_blocks",
    "envelope",
    "guessed",
    "heal",
    "heated_by",
    "heritage",
    "improvements",
    "installed_pv",
    "keep",
    "merge",
    "meter_groups",
    "odd_footprints",
    "oddities",
    "party_walls",
    "public_ones",
    "source_table",
    "spots",
    "spreads",
    "stand_ins",
    "summary",
    "street_access",
    "street_sections",
    "use",
    "whole_sizes",
]
