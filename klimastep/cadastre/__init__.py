"""A clean building stock with keys, use, age and envelope, out of what the readers delivered."""

from klimastep.cadastre.addresses import at_addresses, house_numbers
from klimastep.cadastre.age import (
    AGE_COLUMNS,
    P_AGE,
    age_counts,
    age_from_areas,
    census_class_shares,
    default_years,
)
from klimastep.cadastre.clean import clean, odd_footprints
from klimastep.cadastre.envelope import envelope, party_walls
from klimastep.cadastre.keys import assign_keys
from klimastep.cadastre.merge import merge
from klimastep.cadastre.registers import PV_INSTALLED, heated_by, installed_pv, meter_groups, public_ones
from klimastep.cadastre.use import heritage, use

__all__ = [
    "AGE_COLUMNS",
    "PV_INSTALLED",
    "P_AGE",
    "age_counts",
    "age_from_areas",
    "assign_keys",
    "at_addresses",
    "census_class_shares",
    "clean",
    "default_years",
    "envelope",
    "heated_by",
    "heritage",
    "house_numbers",
    "installed_pv",
    "merge",
    "meter_groups",
    "odd_footprints",
    "party_walls",
    "public_ones",
    "use",
]
