"""What refurbishment costs, component by component, and what a euro of it saves."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat import nonresidential, nonresidential_balance
from klimastep.heat.archetypes import (
    COMPONENTS,
    Refurbished,
    State,
    archetypes,
    touched,
    type_matrix,
)
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.columns import (
    AGE_CLASSES,
    CO2_PER_EUR,
    CO2_SAVING,
    HEAT_SAVING,
    RETROFIT_COST,
    RETROFIT_COSTS,
    RETROFIT_EXTRA_COST,
    SAVING_PER_EUR,
)
from klimastep.heat.demand import NEEDS
from klimastep.heat.outcome import is_protected
from klimastep.heat.potential import Target
from klimastep.heat.stock import class_weights, envelope, geometry, numbers, size_classes
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, HERITAGE_STATUS

LEAST_EUR = 1e-6
GROUPS = np.eye(len(RETROFIT_COSTS))  # roof, wall, floor, window
OF_DWELLINGS = GROUPS[[0, 0, 1, 2, 3, 3]]  # roof, ceiling, wall, floor, window, door
OF_OTHERS = GROUPS[[1, 0, 2, 3, 3]]  # wall, roof, floor, window, rooflight


class Cost(NamedTuple):
    """Full cost and what of it would be due anyway. [€, or €/m² of component]"""

    full: Array
    anyway: Array


def default_index() -> float:
    """Return the price index over 2009 that stands in `reference/retrofit_costs.csv`. [1]"""
    return _row("all", "all", "price_index")


def price_year() -> int:
    """Return the year of the price level of the cost table."""
    table = load("retrofit_costs")
    return int(table.loc[table["quantity"] == "fixed", "year"].iloc[0])


@cache
def _rows() -> dict[tuple[str, str, str], float]:
    table = load("retrofit_costs")
    return {(s, c, q): float(v) for s, c, q, v in table[["state", "component", "quantity", "value"]].to_numpy()}


def _row(state: str, component: str, quantity: str) -> float:
    return _rows()[state, component, quantity]


def per_component(state: str, component: str, share: Array, layer: Array) -> Cost:
    """Return the cost of one component at the price level of 2009. [€/m² of the whole component]

    Parameters
    ----------
    state : {"usual", "advanced", "monument"}
    component : str
        One of roof, ceiling, wall, floor, window, door.
    share : ndarray
        Of the component that is touched. [1]
    layer : ndarray
        The same times the added part of the package's insulation. [1]
    """
    area = _row(state, component, "area_factor")
    full = area * (_row(state, component, "fixed") * share + _row(state, component, "layer") * layer)
    return Cost(full, np.minimum(area * _row(state, component, "anyway") * share, full))


@cache
def type_costs(state: State, refurbished: Refurbished = "national") -> Cost:
    """Return the cost of each component of the 40 types, shape (t, 6). [€/m², 2009]"""
    hit = touched(state, refurbished)
    parts = [per_component(state, c, hit.share[:, i], hit.layer[:, i]) for i, c in enumerate(COMPONENTS)]
    return Cost(*(np.stack(values, axis=1) for values in zip(*parts, strict=True)))


@cache
def nonresidential_costs(state: State) -> Cost:
    """Return the cost of each part of the typology's mean buildings, shape (u x 4, 5). [€/m², 2009]"""
    before, after = nonresidential.u_values("existing"), nonresidential.u_values(state)
    hit = (after < before).astype(np.float64)
    parts = []
    for i, part in enumerate(nonresidential.PARTS):
        solid = part in nonresidential.INSULATED
        layer = hit[:, i] if solid else np.zeros(len(hit))
        parts.append(per_component(state, part if solid else "window", hit[:, i], layer))
    return Cost(*(np.stack(values, axis=1) for values in zip(*parts, strict=True)))


def retrofit_cost(buildings: pd.DataFrame, state: State, refurbished: Refurbished = "national") -> Cost:
    """Return the cost of each building by component at the price level of 2009, shape (n, 4). [€]

    Roof and upper ceiling, walls, floor, windows and doors; 0 where not heated, NaN where unknown.

    Parameters
    ----------
    buildings : DataFrame
    state : {"usual", "advanced"}
        Protected buildings get the monument package.
    refurbished : {"none", "national"}
    """
    result = Cost(*(np.full((len(buildings), len(GROUPS)), np.nan) for _ in Cost._fields))
    protected = is_protected(buildings)
    _dwellings(result, buildings, protected, state, refurbished)
    _others(result, buildings, protected, state)
    unheated = ~buildings["is_heated"].to_numpy(dtype=bool)
    for values in result:
        values[unheated] = 0.0
    return result


def _dwellings(
    result: Cost, buildings: pd.DataFrame, protected: NDArray[np.bool_], state: State, refurbished: Refurbished
) -> None:
    size, _ = size_classes(buildings)
    weights, own = class_weights(buildings), geometry(buildings)
    rows = np.flatnonzero((size >= 0) & ~np.isnan(weights[:, 0]) & ~np.isnan(own.reference_area_m2))
    plain, monument = (type_costs(s, refurbished) for s in (state, "monument"))
    for values in result:
        values[rows] = 0.0
    for k in range(len(AGE_CLASSES)):
        part = rows[weights[rows, k] > 0]
        row = type_matrix()[size[part], k]
        area = envelope(own.take(part), archetypes("existing", refurbished), row).area_m2
        for values, usual, kept in zip(result, plain, monument, strict=True):
            price = np.where(protected[part, None], kept[row], usual[row])
            values[part] += weights[part, k, None] * _by_group(area * price, OF_DWELLINGS)


def _others(result: Cost, buildings: pd.DataFrame, protected: NDArray[np.bool_], state: State) -> None:
    use, own = nonresidential.use_rows(buildings), geometry(buildings)
    weight, heated = nonresidential.band_weights(buildings), nonresidential.functions().heated_area_share
    known = (use >= 0) & ~np.isnan(own.reference_area_m2)
    for values in result:
        values[known] = 0.0
    for u in np.unique(use[known]):
        for band in range(len(nonresidential.BANDS)):
            part = np.flatnonzero(known & (use == u) & (weight[:, band] > 0))
            row = int(u) * len(nonresidential.BANDS) + band
            area = nonresidential_balance.envelope(own.take(part), row).area_m2
            plain, monument = (nonresidential_costs(s) for s in (state, "monument"))
            for values, usual, kept in zip(result, plain, monument, strict=True):
                price = np.where(protected[part, None], kept[row], usual[row])
                values[part] += (weight[part, band] * heated[u, band])[:, None] * _by_group(area * price, OF_OTHERS)


def _total(by_group: Array) -> Array:
    total = np.zeros(len(by_group))
    for i in range(by_group.shape[1]):
        total += by_group[:, i]
    return total


def _by_group(euros: Array, groups: Array) -> Array:
    """Return the sums of parts in one group, part after part: a matrix product may pair up differently by batch."""
    out = np.zeros((len(euros), groups.shape[1]))
    for i, group in enumerate(groups.argmax(axis=1)):
        out[:, group] += euros[:, i]
    return out


@step(
    BUILDINGS,
    needs=(*NEEDS, HERITAGE_STATUS, HEAT_SAVING, CO2_SAVING),
    adds=[RETROFIT_COST, RETROFIT_EXTRA_COST, *RETROFIT_COSTS, SAVING_PER_EUR, CO2_PER_EUR],
)
def cost(
    buildings: pd.DataFrame,
    *,
    target_state: Target = "usual",
    refurbished: Refurbished = "national",
    cost_index: float | None = None,
) -> dict[str, Any]:
    """Return what refurbishment to a target state costs, whole and by component, and what a euro of it saves in a year.

    Only what the package touches costs: a component that is as good already is left alone and costs nothing. A
    component with older insulation pays the fixed part and the insulation that is added. Areas are those of the
    heat balance; a building of mixed use is one building with the constructions of its dwellings.

    Parameters
    ----------
    buildings : DataFrame
        With the savings of `potential` and `carbon`.
    target_state, refurbished
        As in `potential`.
    cost_index : float, optional
        Prices over those of 2009; that of `reference/retrofit_costs.csv` by default. [1]

    References
    ----------
    IWU tabuladata, Tab.Building.Measure: Hinz (2012), Enseling et al. (2012); price level 2009.
    """
    index = default_index() if cost_index is None else cost_index
    euros = retrofit_cost(buildings, target_state, refurbished)
    full, anyway = (index * _total(values) for values in euros)
    with np.errstate(invalid="ignore", divide="ignore"):
        heat, carbon = (
            np.where(full > LEAST_EUR, numbers(buildings, c.name) / full, np.nan) for c in (HEAT_SAVING, CO2_SAVING)
        )
    return {
        RETROFIT_COST.name: full,
        RETROFIT_EXTRA_COST.name: np.maximum(full - anyway, 0.0),
        **{c.name: index * euros.full[:, i] for i, c in enumerate(RETROFIT_COSTS)},
        SAVING_PER_EUR.name: heat,
        CO2_PER_EUR.name: carbon,
    }
