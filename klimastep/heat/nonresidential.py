"""Non-residential heat by the IWU typology: eleven functions, three age bands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat import archetypes as types
from klimastep.heat.archetypes import insulated, measure
from klimastep.heat.balance_seasonal import Array, Envelope, balance
from klimastep.heat.stock import class_weights, codes_of, geometry
from klimastep.reference import load

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

BANDS = ("until_1978", "1979_2009", "from_2010", "all")
PARTS = ("wall", "roof", "floor", "window", "rooflight")
INSULATED = PARTS[:3]


class Functions(NamedTuple):
    """The typology by use class and age band, shape (u, 4); the fourth band is the mean of all ages."""

    uses: tuple[str, ...]
    space_heat_kwh_m2a: Array
    hot_water_kwh_m2a: Array
    heated_area_share: Array
    space_heat_error_share: Array


class NonResidential(NamedTuple):
    """Heat of the non-residential rows, per reference area. [kWh/(m²·a)]"""

    space_heat: Array
    hot_water: Array


@cache
def functions() -> Functions:
    """Return the typology as arrays."""
    table = load("nonresidential")
    uses = tuple(dict.fromkeys(table["use_class"]))
    index = pd.MultiIndex.from_product([uses, BANDS])
    ordered = table.set_index(["use_class", "age_band"]).loc[index]

    def column(name: str) -> Array:
        return ordered[name].to_numpy(dtype=np.float64).reshape(len(uses), len(BANDS))

    return Functions(uses, *(column(name) for name in Functions._fields[1:]))


@cache
def _band_of_class() -> NDArray[np.int64]:
    """Return the age band of each of the twelve age classes; their limits coincide."""
    rows = load("nonresidential").drop_duplicates("age_band").set_index("age_band").loc[list(BANDS[:3])]
    first = load("age_classes")["year_from"].to_numpy()
    return np.searchsorted(rows["year_from"].to_numpy(), first, side="right") - 1


def use_rows(buildings: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of :func:`functions` of each building, -1 for dwellings and unknown use."""
    return codes_of(buildings["use_class"], functions().uses)


def band_weights(buildings: pd.DataFrame) -> Array:
    """Return the weight of each age band, shape (n, 4): by age class, else the mean of all ages."""
    weights = class_weights(buildings)
    unknown = np.isnan(weights).any(axis=1)
    bands = np.nan_to_num(weights) @ np.eye(len(BANDS))[_band_of_class()]
    bands[unknown] = np.eye(len(BANDS))[BANDS.index("all")]
    return np.asarray(bands, dtype=np.float64)


def climate_ratio(season: HeatingSeason) -> float:
    """Return the degree days of a season over those of the national reference, base 12 °C. [1]

    The IWU values are means over buildings at their own places: the national reference climate (Potsdam)
    stands for these places, and space heat goes with heating days x (20 °C - external temperature).
    """
    b = types.boundary()
    indoor = b["all", "indoor"]
    reference = b["climate_de", "heating_days"] * (indoor - b["climate_de", "temp_external"])
    return float(season.heating_days * max(indoor - season.temp_external_degc, 0.0) / reference)


def heat(buildings: pd.DataFrame, season: HeatingSeason, kept: Array | None = None) -> NonResidential:
    """Return the heat of all rows as if non-residential, NaN where the use or the area is unknown.

    Parameters
    ----------
    buildings : DataFrame
    season : HeatingSeason
    kept : ndarray, shape (n, 4), optional
        Share of the space heat that remains after measures, by age band. [1]
    """
    table, row = functions(), use_rows(buildings)
    weight = band_weights(buildings) * table.heated_area_share[row]
    space = (weight * table.space_heat_kwh_m2a[row] * (1.0 if kept is None else kept)).sum(axis=1)
    water = (weight * table.hot_water_kwh_m2a[row]).sum(axis=1)
    unknown = (row < 0) | np.isnan(geometry(buildings).reference_area_m2)
    return NonResidential(np.where(unknown, np.nan, space * climate_ratio(season)), np.where(unknown, np.nan, water))


def kept_share(state: str, season: HeatingSeason) -> Array:
    """Return the share of space heat that remains after measures, by use and age band, shape (u, 4). [1]

    The ratio of two seasonal balances of the typology's mean building (its areas and U-values, with the
    boundary conditions of multi-unit housing): only the ratio is used.
    """
    rows = mean_buildings()
    before_q, after_q = (_mean_building(rows, u_values(s), season) for s in ("existing", state))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(before_q > 0, after_q / before_q, 1.0)
    return ratio.reshape(len(functions().uses), len(BANDS))


@cache
def mean_buildings() -> pd.DataFrame:
    """Return the typology's mean building of each use and band, rows use by use."""
    table = load("nonresidential").drop_duplicates(["use_class", "age_band"])
    index = pd.MultiIndex.from_product([functions().uses, BANDS])
    return table.set_index(["use_class", "age_band"]).loc[index]


@cache
def u_values(state: str) -> Array:
    """Return the U-values of the mean buildings in a state, shape (u x 4, 5), parts as in ``PARTS``. [W/(m²·K)]"""
    rows = mean_buildings()
    u = np.nan_to_num(np.stack([rows[f"u_{p}_w_m2k"].to_numpy(dtype=np.float64) for p in PARTS], axis=1))
    if state == "existing":
        return u
    after = u.copy()
    for i, part in enumerate(PARTS):
        if part in INSULATED:
            after[:, i] = insulated(u[:, i], measure(state, part, "added_resistance"))
        else:
            after[:, i] = np.minimum(u[:, i], measure(state, "window", "u_new"))
    return after


def _mean_building(rows: pd.DataFrame, u: Array, season: HeatingSeason) -> Array:
    area = np.stack([rows[f"{p}_m2"].to_numpy(dtype=np.float64) for p in PARTS], axis=1)
    n = len(rows)
    adjustment = np.array([[1.0, 1.0, types.boundary()["all", "ground_adjustment"], 1.0, 1.0]])
    window = np.repeat(area[:, [PARTS.index("window")]] / 4.0, 5, axis=1)
    window[:, 0] = area[:, PARTS.index("rooflight")]
    dwelling = types.archetypes("existing", "none")
    use = types.conditions(np.ones(n, dtype=bool), np.full(n, np.median(dwelling.air_infiltration_1_h)))
    return balance(
        Envelope(
            rows["energy_area_m2"].to_numpy(dtype=np.float64),
            area,
            u,
            adjustment,
            np.full(n, types.boundary()["all", "thermal_bridge"]),
            window,
            np.full(n, np.median(dwelling.g_window)),
        ),
        use,
        season,
    ).space_heat_kwh_m2a
