"""Non-residential buildings balanced by their own envelope: the typology's U-values, DIN V 18599-10 for the use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat import archetypes as types
from klimastep.heat.archetypes import measure
from klimastep.heat.balance_monthly import Operation
from klimastep.heat.balance_seasonal import Array, Conditions, Envelope
from klimastep.heat.method import Method, need
from klimastep.heat.nonresidential import (
    BANDS,
    PARTS,
    band_weights,
    functions,
    mean_buildings,
    u_values,
    use_rows,
)
from klimastep.heat.stock import Geometry, geometry
from klimastep.reference import load
from klimastep.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

LIGHT = (PARTS.index("window"), PARTS.index("rooflight"))
DAYS_PER_YEAR = 365.0


class OwnBalance(NamedTuple):
    """Per reference area, shape (n,); the share of the floor area that is not heated needs nothing."""

    space_heat_kwh_m2a: Array
    heat_load_w_m2: Array


@cache
def _reference_use() -> dict[str, dict[str, float]]:
    table = load("nonresidential_use")
    return {
        str(use): dict(zip(rows["quantity"], rows["value"].astype("float64"), strict=True))
        for use, rows in table.groupby("use_class")
    }


def conditions_of(use: str, changed: Mapping[str, Mapping[str, float]] | None = None) -> tuple[Conditions, Operation]:
    """Return how a use class is used and heated.

    Gains and outdoor air are means over all hours of the year; the set-point is lowered outside the hours of use.

    Parameters
    ----------
    use : str
        Use class.
    changed : mapping, optional
        Quantities that the plan sets, by use class.

    References
    ----------
    DIN V 18599-10:2018, see `reference/nonresidential_use.csv`.
    """
    q = _reference_use()[use] | dict((changed or {}).get(use, {}))
    b = types.boundary()
    used_days, height = q["days"] / DAYS_PER_YEAR, b["nonresidential", "room_height"]
    length = (q["use_to"] - q["use_from"]) % HOURS_PER_DAY or float(HOURS_PER_DAY)
    gains = (q["person_gains"] + q["appliance_gains"] * q["appliance_hours"]) / HOURS_PER_DAY * used_days
    dwelling = types.archetypes("existing", "none")
    house = types.conditions(np.zeros(1, dtype=bool), np.zeros(1))
    always = length == HOURS_PER_DAY
    start, end = int(q["use_to"]) % HOURS_PER_DAY, int(q["use_from"]) % HOURS_PER_DAY
    return (
        house._replace(
            indoor_degc=q["set_point"],
            air_use_1_h=q["outdoor_air"] * length / HOURS_PER_DAY * used_days / height,
            air_infiltration_1_h=float(np.median(dwelling.air_infiltration_1_h)),
            room_height_m=height,
            internal_gains_w_m2=gains,
            reduction_at_h1=1.0,
            reduction_at_h4=1.0,
        ),
        Operation(0.0 if always else q["setback"], start, end, q["heat_recovery"]),
    )


def envelope(own: Geometry, row: int, state: str = "existing") -> Envelope:
    """Return the envelope of buildings with the U-values and window shares of one mean building of the typology.

    Areas are the building's own where they are known, else the mean building's per reference area.

    Parameters
    ----------
    own : Geometry
    row : int
        Of :func:`klimastep.heat.nonresidential.mean_buildings`.
    state : str
        Package of measures; thermal bridges and leaks as for dwellings.
    """
    mean = mean_buildings().iloc[row]
    share = np.array([mean[f"{p}_m2"] for p in PARTS]) / mean["energy_area_m2"]
    wall, roof, floor, window, light = share
    reference = own.reference_area_m2
    outside = np.where(np.isnan(own.wall_area_m2), (wall + window) * reference, own.wall_area_m2)
    top = np.where(own.roof_area_m2 > 0, own.roof_area_m2, (roof + light) * reference)
    base = np.where(own.footprint_m2 > 0, own.footprint_m2, floor * reference)
    glass, lights = outside * window / (wall + window), top * light / (roof + light)
    area = np.stack([outside - glass, top - lights, base, glass, lights], axis=1)
    windows = np.stack([lights, *(glass / 4.0,) * 4], axis=1)
    b, n = types.boundary(), len(reference)
    bridge = b["all", "thermal_bridge"]
    return Envelope(
        reference,
        area,
        np.broadcast_to(u_values(state)[row], area.shape),
        np.array([[1.0, 1.0, b["all", "ground_adjustment"], 1.0, 1.0]]),
        np.full(n, np.fmin(bridge, measure(state, "thermal_bridge", "at_most"))),
        windows,
        np.full(n, float(np.median(types.archetypes("existing", "none").g_window))),
    )


def balanced(
    buildings: pd.DataFrame, season: HeatingSeason, method: Method, state: str, protected: NDArray[np.bool_]
) -> OwnBalance:
    """Return need and load of non-residential rows by the method; unknown where area or use is.

    Parameters
    ----------
    buildings : DataFrame
    season : HeatingSeason
    method : Method
        With the seasonal one the heat load counts only.
    state : str
        Package of measures; protected buildings get the monument package in any but the existing state.
    protected : ndarray of bool, shape (n,)
    """
    use, weight, own = use_rows(buildings), band_weights(buildings), geometry(buildings)
    known = (use >= 0) & ~np.isnan(own.reference_area_m2)
    result = OwnBalance(*(np.where(known, 0.0, np.nan) for _ in OwnBalance._fields))
    heated = functions().heated_area_share
    for u in np.unique(use[known]):
        conditions, operation = conditions_of(functions().uses[u], method.nonresidential_use)
        for band in range(len(BANDS)):
            for monument in (False, True):
                rows = np.flatnonzero(known & (use == u) & (weight[:, band] > 0) & (protected == monument))
                if not len(rows):
                    continue
                package = "monument" if monument and state != "existing" else state
                shell = envelope(own.take(rows), int(u) * len(BANDS) + band, package)
                leaks = np.fmin(conditions.air_infiltration_1_h, measure(package, "infiltration", "at_most"))
                use_ = conditions._replace(air_infiltration_1_h=float(leaks))
                found = need(shell, use_, season, LIGHT, method._replace(operation=operation))
                part = weight[rows, band] * heated[u, band]
                result.space_heat_kwh_m2a[rows] += part * found.space_heat_kwh_m2a
                result.heat_load_w_m2[rows] += part * found.heat_load_w_m2
    return result
