"""How sure the heat of census cells is: draws over types of houses, as no single house is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from klimastep.census import carrier_counts
from klimastep.heat.archetypes import Refurbished
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.cells import NOTHING_KNOWN, Municipality, estimate, floor_areas
from klimastep.heat.columns import AGE_CLASSES, EXPECTED_HEAT, SIZE_CLASSES
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import DEFAULT_CARRIER, outcome
from klimastep.heat.stock import P_AGE_NAMES
from klimastep.heat.uncertainty import QUANTILES, draw

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

HOUSES = 40  # drawn of each type: their own errors average out as in a city, the shared ones stay
FLOOR_M2 = 100.0
DWELLINGS_OF = {"SFH": 1.0, "TH": 1.0, "MFH": 6.0, "AB": 20.0}


class Draws(NamedTuple):
    """How many draws, the seed of all, and how far the model's level may be off (the table's by default). [ln]"""

    number: int
    seed: int
    level_spread: float | None = None


def census_band(
    table: pd.DataFrame,
    season: HeatingSeason,
    *,
    class_shares: pd.DataFrame,
    town: Municipality = NOTHING_KNOWN,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    draws: Draws,
) -> dict[str, float]:
    """Return p10, p50 and p90 of the expected useful heat of all dwellings, scaled to the municipality's. [kWh/a]

    Each draw gives every type of house (size and age) the heat per area that :func:`klimastep.heat.bands` would:
    errors common to a type stay, those of single houses average out. The dwellings and their living area count as
    known but for the error of floor areas; the mix of energy carriers shifts all draws alike.

    Parameters
    ----------
    table, season, class_shares, town, refurbished, default_carrier, method
        As for :func:`klimastep.heat.cells`.
    draws : Draws
    """
    bands = tuple(str(band) for band in class_shares.index)
    dwellings, area = floor_areas(table, bands, town)
    known = dwellings.sum(axis=0)
    given = np.array([float(town.dwellings.get(band, np.nan)) for band in bands])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where((known > 0) & ~np.isnan(given), given / known, 1.0)
    of_type = np.einsum("bs,ba->sa", area.sum(axis=0) * scale[:, None], class_shares.to_numpy(dtype=np.float64))
    per_area = _drawn(season, refurbished, default_carrier, method, draws)
    total = np.einsum("dsa,sa->d", per_area, of_type)
    if town.carriers or carrier_counts(table).notna().to_numpy().any():  # the curve of the carriers that are told
        bare = table.drop(columns=[c for c in table if "_carrier_" in str(c)])
        told, default = (
            float(estimate(t, season, class_shares, of, refurbished, default_carrier, method).useful_kwh_a.sum())
            for t, of in ((table, town), (bare, town._replace(carriers={})))
        )
        total *= told / default if default else 1.0
    return dict(zip(QUANTILES, (float(v) for v in np.quantile(total, list(QUANTILES.values()))), strict=True))


def _drawn(
    season: HeatingSeason, refurbished: Refurbished, default_carrier: str, method: Method, draws: Draws
) -> Array:
    """Return expected useful heat per area of each draw, size and age class, shape (draws, 4, 12). [kWh/(m²·a)]"""
    sizes, ages = [c.value for c in SIZE_CLASSES], range(len(AGE_CLASSES))
    rows = [(size, age, house) for size in sizes for age in ages for house in range(HOUSES)]
    size, age = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    nothing = np.full(len(rows), np.nan)
    houses = pd.DataFrame(
        {
            "use_class": "residential",
            "is_heated": True,
            "heritage": "unknown",
            "year_built": nothing,
            "dwellings": [DWELLINGS_OF[s] for s in size],
            "floor_area_m2": FLOOR_M2,
            "party_wall_area_m2": np.where(size == "TH", 1.0, 0.0),
            **dict.fromkeys(("footprint_m2", "wall_area_m2", "roof_area_m2"), nothing),
            **dict(zip(P_AGE_NAMES, np.eye(len(AGE_CLASSES))[age].T, strict=True)),
        },
        index=[f"{s}/{a}/{house}" for s, a, house in rows],
    )
    expected = outcome(houses, season, "existing", refurbished, default_carrier, method).expected_heat
    stock = houses.assign(**{EXPECTED_HEAT.name: expected})
    heat = draw(stock, season, draws.number, draws.seed, refurbished, default_carrier, draws.level_spread)
    return heat.reshape(draws.number, len(sizes), len(AGE_CLASSES), HOUSES).mean(axis=3) / FLOOR_M2
