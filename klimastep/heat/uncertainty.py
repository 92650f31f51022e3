"""How sure expected heat is: draws over what is not known of each building, and of all buildings of a type at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.contract import Column
from klimastep.heat import nonresidential
from klimastep.heat.archetypes import Refurbished, boundary, conditions, layers, type_matrix
from klimastep.heat.balance_seasonal import Array, balance
from klimastep.heat.columns import AGE_CLASSES, EXPECTED_HEAT
from klimastep.heat.draws import Keys, keys, normal, uniform
from klimastep.heat.outcome import DEFAULT_CARRIER, MULTI_UNIT_FROM, outcome
from klimastep.heat.stock import (
    Geometry,
    Mixed,
    class_weights,
    envelope,
    geometry,
    is_residential,
    numbers,
    size_classes,
)
from klimastep.heat.systems import expected_use, system_rows
from klimastep.reference import load

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

CHUNK = 20_000
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
COMPONENT_GROUP = (0, 0, 1, 2, 3, 3)  # roof, ceiling | wall | floor | window, door: each with one error
FLOOR_GROUP, WINDOW_GROUP = 2, 3
STREAMS = 40  # per draw
AGE, PAST, AREA, FLOOR, U_0, BRIDGE, AIR, INDOOR, GAINS, SUN, WATER, REST = 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14
LEAST_FACTOR = 0.05
FIRST_YOUNG, FIRST_YOUNG_WINDOW = "I", "G"  # age classes from 1995 and from 1979

BANDS: tuple[Column, ...] = tuple(
    replace(
        EXPECTED_HEAT,
        name=f"{EXPECTED_HEAT.name}_{q}",
        label_de=f"{EXPECTED_HEAT.label_de}, {de}",
        label_en=f"{EXPECTED_HEAT.label_en}, {en}",
        description="Of draws over age class, past refurbishment, areas, U-values and use; errors common to a type of "
        "building are drawn once for all its buildings, that of the model's level once for all dwellings.",
        aggregate="none",
    )
    for q, de, en in (
        ("p10", "10 % liegen darunter", "10 % lie below"),
        ("p50", "Median", "median"),
        ("p90", "10 % liegen darüber", "10 % lie above"),
    )
)


class Bands(NamedTuple):
    """Draws summed up: bands of buildings, of areas by name, and of everything."""

    buildings: pd.DataFrame
    areas: dict[str, pd.DataFrame]
    total: dict[str, float]


class _Spread(NamedTuple):
    own: Array
    shared: Array


class _Homes(NamedTuple):
    rows: NDArray[np.int64]
    own: Geometry
    size: NDArray[np.int64]
    class_edges: Array
    multi: NDArray[np.bool_]
    system: NDArray[np.int64]
    measured_envelope: NDArray[np.bool_]
    given_storeys: NDArray[np.bool_]
    key: Keys


def bands(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    *,
    areas: Mapping[str, pd.Series],
    draws: int,
    seed: int,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    level_spread: float | None = None,
) -> Bands:
    """Return p10, p50 and p90 of expected useful heat.

    Each draw fixes for every building an age class (by its probabilities), whether its components were refurbished
    (by the national shares, nested: who insulated the floor insulated the roof), its areas, U-values, air change,
    temperature, gains and hot water (`reference/uncertainty.csv`), and computes the seasonal balance and curve of
    :func:`klimastep.heat.expected`; expected heat by another method moves all draws of a building alike. A part of
    each error is drawn once for all buildings of a type, and the level of the whole model once for all dwellings, so
    that a city's band does not shrink to nothing. Numbers belong to the building's id and the seed: a building has the
    same band in any run.

    Parameters
    ----------
    buildings : DataFrame
        With expected heat.
    season : HeatingSeason
    areas : mapping of str to Series
        For example the block of each building.
    draws : int
    seed : int
    refurbished, default_carrier
        As in :func:`klimastep.heat.expected`.
    level_spread : float, optional
        How far the level of the whole model may be off, standard deviation; the reference table's by default. [ln]

    Returns
    -------
    Bands
        Unknown heat stays unknown; sums count what is known.
    """
    codes = {name: pd.factorize(key, sort=True) for name, key in areas.items()}
    sums = {name: np.zeros((draws, len(ids))) for name, (_, ids) in codes.items()}
    total = np.zeros(draws)
    parts = []
    for start in range(0, len(buildings), CHUNK):
        part = slice(start, start + CHUNK)
        heat = draw(buildings.iloc[part], season, draws, seed, refurbished, default_carrier, level_spread)
        parts.append(_quantiles(heat))
        known = np.nan_to_num(heat)
        total += known.sum(axis=1)
        for name, (code, ids) in codes.items():
            inside = code[part] >= 0
            for d in range(draws):
                sums[name][d] += np.bincount(code[part][inside], known[d][inside], minlength=len(ids))
    table = np.hstack(parts) if parts else np.empty((len(QUANTILES), 0))
    names = [c.name for c in BANDS]
    return Bands(
        pd.DataFrame(table.T, columns=names, index=buildings.index),
        {n: pd.DataFrame(_quantiles(sums[n]).T, columns=names, index=codes[n][1]) for n in sums},
        dict(zip(QUANTILES, (float(v) for v in _quantiles(total[:, None])[:, 0]), strict=True)),
    )


def draw(
    buildings: pd.DataFrame,
    season: HeatingSeason,
    draws: int,
    seed: int,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    level_spread: float | None = None,
) -> Array:
    """Return expected useful heat of each draw and building, shape (draws, n); NaN where unknown. [kWh/a]"""
    spread = _table()["level", "all"][1] if level_spread is None else level_spread
    heat = np.full((draws, len(buildings)), np.nan)
    heated = buildings["is_heated"].to_numpy(dtype=bool)
    homes = _homes(buildings, default_carrier, seed)
    plain = Mixed(share=0.0)  # drawn as dwellings, then moved to what is expected of the mixed building
    stock = buildings.iloc[homes.rows]
    seasonal = outcome(stock, season, "existing", refurbished, default_carrier, mixed=plain).expected_heat
    expected = numbers(buildings.iloc[homes.rows], EXPECTED_HEAT.name)
    with np.errstate(invalid="ignore", divide="ignore"):
        method = np.where(seasonal > 0, expected / seasonal, 1.0)  # another balance or hot water by persons
    for d in range(draws):
        level = np.exp(spread * float(normal(_group_keys(("level",), seed), d)[0]))
        heat[d, homes.rows] = method * level * _homes_heat(homes, season, d, seed, refurbished)
    _others(heat, buildings, seed)
    heat[:, ~heated] = 0.0
    return heat


def _quantiles(values: Array) -> Array:
    return np.asarray(np.quantile(values, list(QUANTILES.values()), axis=0), dtype=np.float64)


@cache
def _table() -> dict[tuple[str, str], tuple[float, float]]:
    table = load("uncertainty")
    return {(i, g): (float(o), float(s)) for i, g, o, s in table[["input", "group", "own", "shared"]].to_numpy()}


@cache
def _group_keys(names: tuple[str, ...], seed: int) -> Keys:
    return keys(list(names), seed)


def _spread(name: str, groups: tuple[str, str], second: NDArray[np.bool_]) -> _Spread:
    """Return own and shared standard deviation of an input; `second` tells who is in the second group."""
    values = [_table()[name, g] for g in groups]
    return _Spread(*(np.where(second, values[1][i], values[0][i]) for i in range(2)))


def _homes(buildings: pd.DataFrame, default_carrier: str, seed: int) -> _Homes:
    size, _ = size_classes(buildings)
    weights, own = class_weights(buildings), geometry(buildings)
    heated = buildings["is_heated"].to_numpy(dtype=bool)
    rows = np.flatnonzero(heated & (size >= 0) & ~np.isnan(weights[:, 0]) & ~np.isnan(own.reference_area_m2))
    multi = size >= MULTI_UNIT_FROM
    system = system_rows(buildings, multi | ~is_residential(buildings), default_carrier)
    chosen = buildings.iloc[rows]
    return _Homes(
        rows,
        own.take(rows),
        size[rows],
        np.cumsum(weights[rows], axis=1),
        multi[rows],
        system[rows],
        _is(chosen, "envelope_source", ("measured",)),
        _is(chosen, "storeys_source", ("measured", "cadastre", "survey")),
        keys([str(i) for i in chosen.index], seed),
    )


def _is(buildings: pd.DataFrame, name: str, words: tuple[str, ...]) -> NDArray[np.bool_]:
    if name not in buildings:
        return np.zeros(len(buildings), dtype=bool)
    return buildings[name].isin(words).to_numpy(dtype=bool)


def _homes_heat(homes: _Homes, season: HeatingSeason, d: int, seed: int, refurbished: Refurbished) -> Array:
    base = d * STREAMS
    last = len(AGE_CLASSES) - 1
    age = np.minimum((uniform(homes.key, 2 * base + AGE)[:, None] > homes.class_edges).sum(axis=1), last)
    row = type_matrix()[homes.size, age]
    both = layers()
    past = uniform(homes.key, 2 * (base + PAST))[:, None] < both.share[row]
    if refurbished == "none":
        past = np.zeros_like(past)
    errors = _Errors(homes, d, seed)
    own = _drawn_geometry(homes, errors)
    shell = envelope(own, both.built, row)
    u = np.where(past, both.past.adjusted_u_w_m2k[row], both.built.adjusted_u_w_m2k[row])
    g = np.where(past[:, 4], both.past.g_window[row], both.built.g_window[row])
    bridge = shell.thermal_bridge_w_m2k + errors.absolute("thermal_bridge", ("all", "all"), BRIDGE)
    shell = shell._replace(
        u_w_m2k=u * _u_factors(errors, age, row),
        thermal_bridge_w_m2k=np.maximum(bridge, 0.0),
        window_m2=shell.window_m2 * errors.factor("solar_aperture", ("all", "all"), SUN)[:, None],
        g_window=g,
    )
    use = conditions(homes.multi, both.built.air_infiltration_1_h[row])
    use = use._replace(
        indoor_degc=use.indoor_degc + errors.absolute("indoor", ("suh", "muh"), INDOOR),
        air_use_1_h=np.maximum(use.air_use_1_h + errors.absolute("air_change", ("suh", "muh"), AIR), 0.0),
        internal_gains_w_m2=use.internal_gains_w_m2 * errors.factor("internal_gains", ("suh", "muh"), GAINS),
    )
    result = balance(shell, use, season)
    water = _hot_water(homes) * errors.factor("hot_water", ("suh", "muh"), WATER)
    useful = expected_use(result.space_heat_kwh_m2a, water, result.utilisation, homes.system).useful
    heat: Array = useful * own.reference_area_m2
    return heat


def _hot_water(homes: _Homes) -> Array:
    b = boundary()
    return np.where(homes.multi, b["muh", "hot_water"], b["suh", "hot_water"])


class _Errors(NamedTuple):
    """Errors of one draw: each building's own and those shared by all of a group."""

    homes: _Homes
    draw: int
    seed: int

    def absolute(self, name: str, groups: tuple[str, str], stream: int, second: Any = None) -> Array:
        """Return own plus shared error of an input, shape (n,)."""
        second = self.homes.multi if second is None else second
        spread = _spread(name, groups, second)
        shared = np.array([self.shared(f"{name}/{group}") for group in groups])[second.astype(np.int64)]
        result: Array = spread.own * normal(self.homes.key, self.draw * STREAMS + stream) + spread.shared * shared
        return result

    def factor(self, name: str, groups: tuple[str, str], stream: int, second: Any = None) -> Array:
        """Return a factor whose mean is one, log-normal with the relative errors as spreads."""
        second = self.homes.multi if second is None else second
        spread = _spread(name, groups, second)
        shared = np.array([self.shared(f"{name}/{group}") for group in groups])[second.astype(np.int64)]
        return _log_normal(spread, normal(self.homes.key, self.draw * STREAMS + stream), shared)

    def shared(self, name: str) -> float:
        """Return the standard normal number of a group in this draw."""
        return float(normal(_group_keys((name,), self.seed), self.draw)[0])


def _log_normal(spread: _Spread, own: Array, shared: Array) -> Array:
    a, b = np.log1p(spread.own**2), np.log1p(spread.shared**2)
    result: Array = np.exp(np.sqrt(a) * own + np.sqrt(b) * shared - (a + b) / 2)
    return np.maximum(result, LEAST_FACTOR)


def _drawn_geometry(homes: _Homes, errors: _Errors) -> Geometry:
    shell = errors.factor("envelope_area", ("estimated", "measured"), AREA, homes.measured_envelope)
    floor = errors.factor("floor_area", ("estimated", "cadastre"), FLOOR, homes.given_storeys)
    own = homes.own
    return Geometry(own.reference_area_m2 * floor, own.footprint_m2, own.wall_area_m2 * shell, own.roof_area_m2 * shell)


def _u_factors(errors: _Errors, age: NDArray[np.int64], row: NDArray[np.int64]) -> Array:
    letters = [c.value for c in AGE_CLASSES]
    types = len(layers().share)
    groups = []
    for i in range(max(COMPONENT_GROUP) + 1):
        window = i == WINDOW_GROUP
        young = age >= letters.index(FIRST_YOUNG_WINDOW if window else FIRST_YOUNG)
        spread = _spread("u_window" if window else "u_opaque", ("old", "young"), young)
        names = tuple(f"u/{i}/{t}" for t in range(types))
        of_type = normal(_group_keys(names, errors.seed), errors.draw)[row]
        groups.append(_log_normal(spread, normal(errors.homes.key, errors.draw * STREAMS + U_0 + i), of_type))
    return np.stack([groups[i] for i in COMPONENT_GROUP], axis=1)


def _others(heat: Array, buildings: pd.DataFrame, seed: int) -> None:
    """Fill in non-residential rows: the expected heat with the standard error of its function, shared, and its own."""
    use = nonresidential.use_rows(buildings)
    rows = np.flatnonzero(use >= 0)
    if not len(rows):
        return
    expected = numbers(buildings.iloc[rows], EXPECTED_HEAT.name)
    weight = nonresidential.band_weights(buildings.iloc[rows])
    error = nonresidential.functions().space_heat_error_share[use[rows]]
    names = [f"use/{u}/{b}" for u in nonresidential.functions().uses for b in nonresidential.BANDS]
    key, of_use = keys([str(i) for i in buildings.index[rows]], seed), keys(names, seed)
    own = np.full(len(rows), _table()["nonresidential", "all"][0])
    spread = _Spread(own, np.sqrt(((weight * error) ** 2).sum(axis=1)))
    first = weight.argmax(axis=1)
    for d in range(len(heat)):
        shared = normal(of_use, d).reshape(-1, weight.shape[1])[use[rows], first]
        heat[d, rows] = expected * _log_normal(spread, normal(key, d * STREAMS + REST), shared)
