"""The 40 generic TABULA types as arrays, in their existing state or after measures."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.errors import PlanError
from klimastep.heat.balance_seasonal import Array, Conditions
from klimastep.heat.columns import AGE_CLASSES, SIZE_CLASSES
from klimastep.reference import load

State = Literal["existing", "usual", "advanced", "monument"]
Refurbished = Literal["none", "national"]

PARTS = ("roof1", "roof2", "wall1", "wall2", "floor1", "floor2", "window1", "window2", "door")
MEASURE_OF_PART = ("roof", "ceiling", "wall", "wall", "floor", "floor", "window", "window", "door")
COMPONENTS = ("roof", "ceiling", "wall", "floor", "window", "door")
ROOF, CEILING, WALL, FLOOR, WINDOW, DOOR = range(len(COMPONENTS))
ORIENTATIONS = ("horizontal", "east", "south", "west", "north")
SINGLE_UNIT = ("SFH", "TH")
NEXT_SMALLER = {"AB": "MFH", "TH": "SFH"}


class Archetypes(NamedTuple):
    """Types in one state, shape (t, …) with six components: roof, ceiling, wall, floor, window, door.

    Parameters
    ----------
    area_share : ndarray, shape (t, 6)
        Area of each component per reference area. [m²/m²]
    u_w_m2k, adjusted_u_w_m2k : ndarray, shape (t, 6)
        Area-weighted mean U-value, plain and with the adjustment factor b. [W/(m²·K)]
    thermal_bridge_w_m2k, air_infiltration_1_h, g_window : ndarray, shape (t,)
    orientation_share : ndarray, shape (t, 5)
        Of the windows: horizontal, east, south, west, north. [1]
    multi_unit : ndarray of bool, shape (t,)
    """

    area_share: Array
    u_w_m2k: Array
    adjusted_u_w_m2k: Array
    thermal_bridge_w_m2k: Array
    air_infiltration_1_h: Array
    g_window: Array
    orientation_share: Array
    multi_unit: NDArray[np.bool_]


@cache
def type_matrix() -> NDArray[np.int64]:
    """Return the row of `tabula_types` for each size class (4) and age class (12).

    The matrix has empty cells (TH_A; AB_A and AB from G on). A building has its own geometry and takes only
    its constructions from the type, and these follow the age: an empty cell takes the same age class of the
    next smaller size (TH: SFH, AB: MFH), which has all twelve.
    """
    rows = {code: i for i, code in enumerate(load("tabula_types")["type_code"])}
    return np.array(
        [
            [
                rows.get(f"{s.value}_{a.value}", rows.get(f"{NEXT_SMALLER.get(s.value, s.value)}_{a.value}", -1))
                for a in AGE_CLASSES
            ]
            for s in SIZE_CLASSES
        ],
        dtype=np.int64,
    )


@cache
def boundary() -> dict[tuple[str, str], float]:
    """Return TABULA's boundary conditions by group and name."""
    table = load("heat_boundary")
    return {(g, n): float(v) for g, n, v in zip(table["group"], table["name"], table["value"], strict=True)}


def conditions(multi_unit: NDArray[np.bool_], air_infiltration_1_h: Array) -> Conditions:
    """Return TABULA's conditions of use for single-unit and multi-unit housing."""
    b = boundary()
    return Conditions(
        indoor_degc=b["all", "indoor"],
        air_use_1_h=b["all", "air_use"],
        air_infiltration_1_h=air_infiltration_1_h,
        room_height_m=b["all", "room_height"],
        internal_gains_w_m2=b["all", "internal_gains"],
        capacity_wh_m2k=b["all", "capacity"],
        reduction_at_h1=np.where(multi_unit, b["muh", "reduction_at_h1"], b["suh", "reduction_at_h1"]),
        reduction_at_h4=np.where(multi_unit, b["muh", "reduction_at_h4"], b["suh", "reduction_at_h4"]),
        shading_horizontal=b["all", "shading_horizontal"],
        shading_vertical=b["all", "shading_vertical"],
        frame=b["all", "frame"],
        incidence=b["all", "incidence"],
    )


@cache
def measure(state: str, component: str, quantity: str) -> float:
    """Return one number of the measures table, NaN where the state leaves the component alone."""
    table = load("measures")
    found = table[(table["state"] == state) & (table["component"] == component) & (table["quantity"] == quantity)]
    return float(found["value"].iloc[0]) if len(found) else float("nan")


def insulated(u_w_m2k: Array, resistance_m2k_w: Array | float) -> Array:
    """Return U after adding a resistance: 1 / (1/U + R); a component that is as good already stays.

    As good means U <= 1/R, what the new layer would reach alone.
    """
    with np.errstate(divide="ignore"):
        better = 1.0 / (1.0 / u_w_m2k + resistance_m2k_w)
    keep = ~(u_w_m2k * resistance_m2k_w > 1.0)
    result: Array = np.where(keep, u_w_m2k, better)
    return result


class _Layer(NamedTuple):
    """One share of each component: U-value, resistance added already, g-value of its glass."""

    u_w_m2k: Array
    resistance_m2k_w: Array
    g: Array


def _apply(layer: _Layer, state: str) -> _Layer:
    u, resistance, g = layer.u_w_m2k.copy(), layer.resistance_m2k_w.copy(), layer.g.copy()
    for i, component in enumerate(MEASURE_OF_PART):
        if component in ("window", "door"):
            new = measure(state, component, "u_new")
            replaced = u[:, i] > new
            u[:, i] = np.where(replaced, new, u[:, i])
            if component == "window":
                g[:, i] = np.where(replaced, np.minimum(g[:, i], measure(state, component, "g_new")), g[:, i])
        else:
            added = np.maximum(measure(state, component, "added_resistance") - resistance[:, i], 0.0)
            u[:, i] = insulated(u[:, i], added)
            resistance[:, i] = resistance[:, i] + added
    return _Layer(u, resistance, g)


def _past_shares(types: pd.DataFrame, u: Array) -> Array:
    shares = load("refurbished_shares").set_index(["group", "age_class"])
    group = np.where(types["size_class"].isin(SINGLE_UNIT), "suh", "muh")
    rows = shares.loc[list(zip(group, types["age_class"], strict=True))]
    out = np.zeros_like(u)
    for i, component in enumerate(MEASURE_OF_PART):
        if component == "window":
            new, mean = measure("past", "window", "u_new"), rows["mean_window_w_m2k"].to_numpy()
            with np.errstate(invalid="ignore", divide="ignore"):
                share = (u[:, i] - mean) / (u[:, i] - new)
            out[:, i] = np.where(u[:, i] > np.fmax(mean, new), np.clip(share, 0.0, 1.0), 0.0)
        elif component != "door":
            out[:, i] = rows[f"{component}_share"].to_numpy()
    return np.nan_to_num(out)


@cache
def archetypes(state: State = "existing", refurbished: Refurbished = "national") -> Archetypes:
    """Return the 40 types in a state.

    Parameters
    ----------
    state : {"existing", "usual", "advanced", "monument"}
        Package of measures on top of what is there (`reference/measures.csv`).
    refurbished : {"none", "national"}
        What is there: the type as built (TABULA's existing state), or the area-weighted mix of the type as
        built and after past refurbishment. Shares of roof, upper ceiling, wall and floor area by age: IWU
        survey 2016 extrapolated to 2025 (single-unit housing until 1978 roof 60 %, wall 31 %, floor 17 %;
        multi-unit 83, 53, 30 %); what past measures were: national means (`measures.csv`, state "past");
        windows until 2001: the mean U-value of the national average buildings where the type's is worse.

    Raises
    ------
    PlanError
        An unknown state.
    """
    if state not in get_args(State) or refurbished not in get_args(Refurbished):
        known = f"{', '.join(get_args(State))} and refurbished {', '.join(get_args(Refurbished))}"
        raise PlanError(f"heat: unknown state {state!r} or refurbished {refurbished!r}; known are {known}")
    types, area, b, built, past, share = _parts()
    if refurbished == "none":
        share = np.zeros_like(share)
    changed = np.zeros(len(types), dtype=bool)
    if state != "existing":
        before = (built, past)
        built, past = _apply(built, state), _apply(past, state)
        hit = _touches(before[0], built) | (_touches(before[1], past) & (share > 0))
        changed = np.asarray(hit.any(axis=1))
    mixed_u = (1.0 - share) * built.u_w_m2k + share * past.u_w_m2k
    mixed_g = (1.0 - share) * built.g + share * past.g
    whole = _collect(types, area, mixed_u, b, mixed_g, "existing")
    after = _collect(types, area, mixed_u, b, mixed_g, state)
    return after._replace(  # a house that no measure touches keeps its bridges and leaks too
        thermal_bridge_w_m2k=np.where(changed, after.thermal_bridge_w_m2k, whole.thermal_bridge_w_m2k),
        air_infiltration_1_h=np.where(changed, after.air_infiltration_1_h, whole.air_infiltration_1_h),
    )


class Touched(NamedTuple):
    """What a package does to each component of the types, shape (t, 6).

    Parameters
    ----------
    share : ndarray
        Of the component's area that gets a measure. [1]
    layer : ndarray
        The same times the part of the package's insulation that is added. [1]
    """

    share: Array
    layer: Array


@cache
def touched(state: State, refurbished: Refurbished = "national") -> Touched:
    """Return how much of each component a package touches: nothing that is as good already.

    Parameters
    ----------
    state, refurbished
        As for :func:`archetypes`.
    """
    types, area, _, built, past, done = _parts()
    if refurbished == "none":
        done = np.zeros_like(done)
    share, layer = np.zeros_like(area), np.zeros_like(area)
    for part, weight in ((built, 1.0 - done), (past, done)):
        after = _apply(part, state)
        hit = weight * _touches(part, after)
        share += hit
        for i, component in enumerate(MEASURE_OF_PART):
            if component not in ("window", "door"):
                added = after.resistance_m2k_w[:, i] - part.resistance_m2k_w[:, i]
                layer[:, i] += hit[:, i] * added / measure(state, component, "added_resistance")
    plain = np.ones_like(area)
    means = (_collect(types, area, values, plain, built.g, "existing").u_w_m2k for values in (share, layer))
    return Touched(*means)


def _touches(before: _Layer, after: _Layer) -> NDArray[np.bool_]:
    return np.asarray(after.u_w_m2k < before.u_w_m2k)


class Layers(NamedTuple):
    """The types as built, after past refurbishment, and the share of each component that was refurbished (t, 6)."""

    built: Archetypes
    past: Archetypes
    share: Array


@cache
def layers() -> Layers:
    """Return what :func:`archetypes` mixes in the existing state, apart."""
    types, area, b, built, past, share = _parts()
    return Layers(
        _collect(types, area, built.u_w_m2k, b, built.g, "existing"),
        _collect(types, area, past.u_w_m2k, b, past.g, "existing"),
        _collect(types, area, share, np.ones_like(b), built.g, "existing").u_w_m2k,
    )


def _parts() -> tuple[pd.DataFrame, Array, Array, _Layer, _Layer, Array]:
    """Return types, areas and adjustment factors of their nine parts, both layers, refurbished shares."""
    types = load("tabula_types")
    area = np.stack([types[f"{p}_m2"].to_numpy(dtype=np.float64) for p in PARTS], axis=1)
    u = np.stack([types[f"u_{p}_w_m2k"].to_numpy(dtype=np.float64) for p in PARTS], axis=1)
    b = np.stack(
        [types[f"b_{p}"].to_numpy(dtype=np.float64) if f"b_{p}" in types else np.ones(len(types)) for p in PARTS],
        axis=1,
    )
    g = np.repeat(types["g_window"].to_numpy(dtype=np.float64)[:, None], len(PARTS), axis=1)
    built = _Layer(u, np.zeros_like(u), g)
    return types, area, b, built, _apply(built, "past"), _past_shares(types, u)


def _collect(types: pd.DataFrame, area: Array, u: Array, b: Array, g: Array, state: str) -> Archetypes:
    groups = [[0], [1], [2, 3], [4, 5], [6, 7], [8]]
    summed = np.stack([area[:, part].sum(axis=1) for part in groups], axis=1)

    def mean(values: Array) -> Array:
        weighted = np.stack([(values * area)[:, part].sum(axis=1) for part in groups], axis=1)
        first = np.stack([values[:, part[0]] for part in groups], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Array = np.where(summed > 0, weighted / summed, first)
        return result

    windows = np.stack([types[f"window_{o}_m2"].to_numpy(dtype=np.float64) for o in ORIENTATIONS], axis=1)
    bridge = types["thermal_bridge_w_m2k"].to_numpy(dtype=np.float64)
    leak = types["air_infiltration"].to_numpy(dtype=np.float64)
    reference = types["reference_area_m2"].to_numpy(dtype=np.float64)
    return Archetypes(
        area_share=summed / reference[:, None],
        u_w_m2k=mean(u),
        adjusted_u_w_m2k=mean(u * b),
        thermal_bridge_w_m2k=np.fmin(bridge, measure(state, "thermal_bridge", "at_most")),
        air_infiltration_1_h=np.fmin(leak, measure(state, "infiltration", "at_most")),
        g_window=mean(g)[:, WINDOW],
        orientation_share=windows / area[:, 6:8].sum(axis=1)[:, None],
        multi_unit=~types["size_class"].isin(SINGLE_UNIT).to_numpy(),
    )
