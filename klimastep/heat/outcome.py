"""Normative and expected heat of all buildings in one state: the one loop over age classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat import nonresidential, nonresidential_balance
from klimastep.heat.archetypes import Archetypes, Refurbished, State, archetypes, type_matrix
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.columns import AGE_CLASSES
from klimastep.heat.hot_water import HotWater, dwelling_hot_water
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.stock import (
    GROUND_FLOOR,
    Geometry,
    Mixed,
    class_weights,
    geometry,
    is_residential,
    other_share,
    residential_balance,
    size_classes,
)
from klimastep.heat.systems import GROUPS, expected_use, generator_only, system_rows
from klimastep.tables import HERITAGE_STATUS
from klimastep.units import W_PER_KW

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

PROTECTED = ("single", "group", "ensemble")
MULTI_UNIT_FROM = 2  # position of MFH among the size classes
DEFAULT_CARRIER = "gas"


class Outcome(NamedTuple):
    """Heat of n buildings; NaN where unknown, 0 where not heated. [kWh/a]

    `heat_load` is in kW; `overheating` in h/a is known for dwellings only.
    """

    space_heat: Array
    hot_water: Array
    expected_heat: Array
    expected_final: Array
    heat_load: Array
    overheating: Array


class _Dwellings(NamedTuple):
    rows: NDArray[np.int64]
    own: Geometry
    size: NDArray[np.int64]
    weights: Array
    hot_water: Array
    system: NDArray[np.int64]
    row_offset: NDArray[np.int64]


def outcome(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    state: State = "existing",
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    hot_water: HotWater = "area",
    mixed: Mixed = GROUND_FLOOR,
) -> Outcome:
    """Return the heat of all buildings in a state.

    A building with age-class probabilities gets the weighted mean of what it would need in each class; the
    calibration curve acts on each class before the mean is taken. In a target state protected buildings get
    the monument package. Of mixed use, dwellings are one share and the use of `mixed` the other, each as if it were
    that share of a building that is used so as a whole.
    """
    n = len(buildings)
    multi = size_classes(buildings)[0] >= MULTI_UNIT_FROM
    residential = is_residential(buildings)
    system = system_rows(buildings, multi | ~residential, default_carrier)
    protected = is_protected(buildings) if state != "existing" else np.zeros(n, dtype=bool)
    result = Outcome(*(np.full(n, np.nan) for _ in Outcome._fields))
    _add_dwellings(result, buildings, season, system, protected, _both(state, refurbished), method, hot_water)
    others = _Others(buildings, season, system, protected, state, method)
    _add_others(result, others, nonresidential.use_rows(buildings) >= 0, np.ones(n))
    share = other_share(buildings, mixed)
    used = buildings.assign(use_class=mixed.use)
    large = system // len(GROUPS) * len(GROUPS) + GROUPS.index("muh")  # other uses have the heaters of large houses
    _add_others(result, others._replace(buildings=used, system=large), share > 0, share)
    unheated = ~buildings["is_heated"].to_numpy(dtype=bool)
    for values in result:
        values[unheated] = 0.0
    result.overheating[unheated] = np.nan
    return result


def is_protected(buildings: pd.DataFrame) -> NDArray[np.bool_]:
    """Return whether a building is a monument or part of a protected group or ensemble."""
    return np.asarray(buildings[HERITAGE_STATUS.name].isin(PROTECTED), dtype=bool)


def _both(state: State, refurbished: Refurbished) -> Archetypes:
    """Return the types in the state, followed by the types with the monument package."""
    plain, monument = archetypes(state, refurbished), archetypes("monument", refurbished)
    return Archetypes(*(np.concatenate(pair) for pair in zip(plain, monument, strict=True)))


def _add_dwellings(
    result: Outcome,
    buildings: pd.DataFrame,
    season: HeatingSeason,
    system: NDArray[np.int64],
    protected: NDArray[np.bool_],
    types: Archetypes,
    method: Method,
    hot_water: HotWater,
) -> None:
    size, _ = size_classes(buildings)
    weights, own = class_weights(buildings), geometry(buildings)
    heated = buildings["is_heated"].to_numpy(dtype=bool)
    chosen = heated & (size >= 0) & ~np.isnan(weights[:, 0]) & ~np.isnan(own.reference_area_m2)
    rows = np.flatnonzero(chosen)
    water = dwelling_hot_water(size[rows] >= MULTI_UNIT_FROM, hot_water)
    offset = np.where(protected[rows], len(types.g_window) // 2, 0)
    stock = _Dwellings(rows, own.take(rows), size[rows], weights[rows], water, system[rows], offset)
    for values in result:
        values[rows] = 0.0
    for k in range(len(AGE_CLASSES)):
        _add_class(result, stock, k, types, season, method)


def _add_class(
    result: Outcome, stock: _Dwellings, k: int, types: Archetypes, season: HeatingSeason, method: Method
) -> None:
    part = np.flatnonzero(stock.weights[:, k] > 0)
    if not len(part):
        return
    own = stock.own.take(part)
    row = type_matrix()[stock.size[part], k] + stock.row_offset[part]
    need = residential_balance(own, types, row, season, method)
    space, water = need.space_heat_kwh_m2a, stock.hot_water[part]
    use = expected_use(space, water, need.utilisation, stock.system[part])
    weight = stock.weights[part, k]
    scale = weight * own.reference_area_m2
    heats = (space, water, use.useful, use.final, need.heat_load_w_m2 / W_PER_KW)
    for values, per_area in zip(result, heats, strict=False):
        values[stock.rows[part]] += scale * per_area
    result.overheating[stock.rows[part]] += weight * need.overheating_h_a


class _Others(NamedTuple):
    buildings: pd.DataFrame
    season: HeatingSeason
    system: NDArray[np.int64]
    protected: NDArray[np.bool_]
    state: State
    method: Method


def _add_others(result: Outcome, stock: _Others, chosen: NDArray[np.bool_], share: Array) -> None:
    """Put the heat of other uses into their share of the chosen rows; what is there keeps the rest."""
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return
    others, protected = stock.buildings.iloc[rows], stock.protected[rows]
    use_row = nonresidential.use_rows(others)
    kept = None
    if stock.state != "existing":
        plain, monument = (nonresidential.kept_share(s, stock.season)[use_row] for s in (stock.state, "monument"))
        kept = np.where(protected[:, None], monument, plain)
    need = nonresidential.heat(others, stock.season, kept)
    own = nonresidential_balance.balanced(others, stock.season, stock.method, stock.state, protected)
    space = own.space_heat_kwh_m2a if stock.method.nonresidential == "envelope" else need.space_heat
    use = generator_only(space, need.hot_water, stock.system[rows])
    area, part = geometry(others).reference_area_m2, share[rows]
    heats = (space, need.hot_water, use.useful, use.final, own.heat_load_w_m2 / W_PER_KW)
    for values, per_area in zip(result, heats, strict=False):  # no hours too warm: gains are means of the day
        rest = np.where(part < 1.0, (1.0 - part) * values[rows], 0.0)
        values[rows] = rest + part * area * per_area
