"""Residential and non-residential rows of a building table as arrays, and their heat, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat import archetypes as types
from klimastep.heat.archetypes import CEILING, DOOR, FLOOR, ROOF, WALL, WINDOW, Archetypes
from klimastep.heat.balance_seasonal import Array, Envelope
from klimastep.heat.columns import AGE_CLASSES, SIZE_CLASSES
from klimastep.heat.method import SEASONAL, Method, Need, need
from klimastep.reference import load

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

RESIDENTIAL = ("residential", "mixed")
ATTACHED = ("semi_detached", "terraced")
P_AGE_NAMES = tuple(f"p_age_{c.value.lower()}_share" for c in AGE_CLASSES)
SUM_TOLERANCE = 1e-6
MIXED_USE = "mixed"
LIGHT = (WINDOW, DOOR)  # components without mass


class Mixed(NamedTuple):
    """What of a building of mixed use is no dwelling.

    Parameters
    ----------
    share : float, optional
        Of its floor area; the ground floor, one of its storeys, by default. [1]
    use : str
        Use class of that part.
    """

    share: float | None = None
    use: str = "retail"


GROUND_FLOOR = Mixed()


class Geometry(NamedTuple):
    """Own geometry of n buildings; NaN where unknown. [m²]"""

    reference_area_m2: Array
    footprint_m2: Array
    wall_area_m2: Array
    roof_area_m2: Array

    def take(self, rows: NDArray[np.int64]) -> Geometry:
        """Return the geometry of some buildings."""
        return Geometry(*(values[rows] for values in self))


def numbers(buildings: pd.DataFrame, name: str) -> Array:
    """Return a column as floats, NaN where unknown or missing."""
    if name not in buildings:
        return np.full(len(buildings), np.nan)
    return buildings[name].to_numpy(dtype=np.float64, na_value=np.nan)


def codes_of(values: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the position of each value among `names`, -1 where it is unknown or another."""
    return pd.Index(list(names)).get_indexer(pd.Index(values.astype("object"))).astype(np.int64)


def geometry(buildings: pd.DataFrame) -> Geometry:
    """Return the geometry of all rows."""
    area = numbers(buildings, "floor_area_m2")
    return Geometry(
        np.where(area > 0, area, np.nan),
        numbers(buildings, "footprint_m2"),
        numbers(buildings, "wall_area_m2"),
        numbers(buildings, "roof_area_m2"),
    )


def is_residential(buildings: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether the dwellings' balance applies: residential and mixed use."""
    return buildings["use_class"].isin(RESIDENTIAL).to_numpy(dtype=bool)


def other_share(buildings: pd.DataFrame, mixed: Mixed = GROUND_FLOOR) -> Array:
    """Return the share of the floor area of each mixed building that is no dwelling, 0 in all others. [1]

    One over the storeys, at most a half; where storeys are unknown the share of `reference/heat_boundary.csv`.
    """
    rule = types.boundary()
    storeys = numbers(buildings, "storeys")
    with np.errstate(invalid="ignore", divide="ignore"):
        ground = np.minimum(1.0 / storeys, rule["mixed", "share_max"])
    share = np.where(storeys > 0, ground, rule["mixed", "share_unknown"])
    if mixed.share is not None:
        share = np.full(len(buildings), mixed.share)
    return np.where(buildings["use_class"].isin([MIXED_USE]).to_numpy(dtype=bool), share, 0.0)


def class_weights(buildings: pd.DataFrame) -> Array:
    """Return the probability of each age class, shape (n, 12); NaN in rows where nothing is known. [1]

    The columns ``p_age_a_share`` … ``p_age_l_share`` where they are there and sum to one, else the class of
    ``year_built``.
    """
    table = load("age_classes")
    first = table["year_from"].to_numpy(dtype=np.float64)
    year = numbers(buildings, "year_built")
    known = np.isfinite(year)
    weights = np.full((len(buildings), len(AGE_CLASSES)), np.nan)
    weights[known] = 0.0
    weights[known, np.searchsorted(first, year[known], side="right") - 1] = 1.0
    if all(name in buildings for name in P_AGE_NAMES):
        shares = np.stack([numbers(buildings, name) for name in P_AGE_NAMES], axis=1)
        good = np.abs(shares.sum(axis=1) - 1.0) < SUM_TOLERANCE
        weights[good] = shares[good]
    return weights


def size_classes(buildings: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the size class of each row (-1 unknown) and whether the dwellings had to be estimated.

    Unknown dwellings are estimated by the floor area per dwelling of the national average buildings: first as
    a single-unit house and, if that gives more than two, as a multi-unit house. A part of a building has the size
    of the whole: ``whole_floor_area_m2`` and ``whole_dwellings`` where they are there and known.
    """
    b = types.boundary()
    few, many = b["suh", "dwellings_max"], b["mfh", "dwellings_max"]
    area, dwellings = geometry(buildings).reference_area_m2, numbers(buildings, "dwellings")
    whole_area, whole_dwellings = (numbers(buildings, f"whole_{n}") for n in ("floor_area_m2", "dwellings"))
    area = np.where(whole_area > 0, whole_area, area)
    dwellings = np.where(whole_dwellings > 0, whole_dwellings, dwellings)
    estimated = ~(dwellings > 0)
    as_single, as_multi = area / b["suh", "area_per_dwelling"], area / b["muh", "area_per_dwelling"]
    guess = np.where(np.round(as_single) <= few, as_single, np.maximum(as_multi, few + 1))
    count = np.round(np.where(estimated, guess, dwellings))
    names = [c.value for c in SIZE_CLASSES]
    single = np.where(_attached(buildings), names.index("TH"), names.index("SFH"))
    size = np.where(count <= few, single, np.where(count <= many, names.index("MFH"), names.index("AB")))
    size = np.where(np.isnan(count) | ~is_residential(buildings), -1, size).astype(np.int64)
    return size, estimated & (size >= 0)


def _attached(buildings: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether a building leans on a heated neighbour; a garage makes no terraced house."""
    walls = numbers(buildings, "party_wall_area_m2") > 0
    if "attachment" not in buildings:
        return walls
    told = buildings["attachment"]
    return np.where(told.isna(), walls, told.isin(ATTACHED)).astype(bool)


def envelope(own: Geometry, types_: Archetypes, row: NDArray[np.int64]) -> Envelope:
    """Return the thermal envelope: own geometry with the constructions of a type.

    Outer walls hold the type's shares of windows and doors. Types with an insulated upper ceiling close at
    the footprint, types with a heated attic or flat roof at the roof area. Where an area is unknown, the
    type's area per reference area stands in.
    """
    share = types_.area_share[row]
    reference = own.reference_area_m2
    gross_share = share[:, WALL] + share[:, WINDOW] + share[:, DOOR]
    gross = np.where(np.isnan(own.wall_area_m2), gross_share * reference, own.wall_area_m2)
    upper_share = share[:, ROOF] + share[:, CEILING]
    roof_known = ~np.isnan(own.roof_area_m2) & (own.roof_area_m2 > 0)
    has_footprint = own.footprint_m2 > 0
    area = np.empty((len(row), len(types.COMPONENTS)))
    for i in (WALL, WINDOW, DOOR):
        area[:, i] = gross * share[:, i] / gross_share
    area[:, ROOF] = np.where(roof_known, own.roof_area_m2 / upper_share, reference) * share[:, ROOF]
    area[:, CEILING] = np.where(has_footprint, own.footprint_m2 / upper_share, reference) * share[:, CEILING]
    area[:, FLOOR] = np.where(has_footprint, own.footprint_m2, reference * share[:, FLOOR])
    return Envelope(
        reference_area_m2=reference,
        area_m2=area,
        u_w_m2k=types_.adjusted_u_w_m2k[row],
        adjustment=np.ones((1, 1)),
        thermal_bridge_w_m2k=types_.thermal_bridge_w_m2k[row],
        window_m2=types_.orientation_share[row] * area[:, [WINDOW]],
        g_window=types_.g_window[row],
    )


def residential_balance(
    own: Geometry, types_: Archetypes, row: NDArray[np.int64], season: HeatingSeason, method: Method = SEASONAL
) -> Need:
    """Return what dwellings with the constructions of the given type rows need, by the method chosen."""
    use = types.conditions(types_.multi_unit[row], types_.air_infiltration_1_h[row])
    if method.heat_recovery:
        of_type = np.array([method.heat_recovery.get(age, 0.0) for age in load("tabula_types")["age_class"]])
        recovered: Array = of_type[row % len(of_type)]  # the types may stand there twice, in two states
        method = method._replace(operation=method.operation._replace(heat_recovery=recovered))
    return need(envelope(own, types_, row), use, season, LIGHT, method)
