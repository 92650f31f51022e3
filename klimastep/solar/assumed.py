"""What is assumed of modules and roofs."""

from __future__ import annotations

from typing import NamedTuple

from klimastep import reference


class Assumptions(NamedTuple):
    """What is assumed of modules and roofs; values, ranges and sources in ``reference/photovoltaic.csv``."""

    module_kwp_m2: float
    performance_ratio_share: float
    edge_m: float
    unobstructed_share: float
    pitched_usable_share: float
    flat_usable_share: float
    flat_below_deg: float
    east_west_cover_share: float
    east_west_tilt_deg: float
    south_cover_share: float
    south_tilt_deg: float
    pitched_min_module_area_m2: float
    flat_min_area_m2: float


def assumptions(**changes: float) -> Assumptions:
    """Return the assumptions of the reference table with some of them changed.

    Raises
    ------
    ValueError
        A name that is no assumption.
    """
    values = reference.load("photovoltaic").set_index("key")["value"]
    return Assumptions(*(float(values[name]) for name in Assumptions._fields))._replace(**changes)
