"""What the modules of a building cost and earn, by the prices that the plan states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from klimastep.contract import Column
from klimastep.solar.electricity import SELF_CONSUMPTION
from klimastep.solar.losses import numbers
from klimastep.solar.potential import BUILDING_YIELD, PV_POTENTIAL
from klimastep.steps import step
from klimastep.tables import BUILDINGS

if TYPE_CHECKING:
    from klimastep.weather.sun import Floats

SIZES_KWP = (5, 10, 10_000)

INVESTMENT = Column(
    "pv_investment_eur",
    "float64",
    "€",
    "Kosten der PV-Anlage",
    "Cost of the PV system",
    "By the size of the system, the whole potential built at once (reference/solar_economy.csv), without subsidies.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="PuBu",
)
SURPLUS = Column(
    "pv_surplus_eur_a",
    "float64",
    "€/a",
    "Überschuss der PV-Anlage im Jahr",
    "Yearly surplus of the PV system",
    "Self-consumed electricity at the plan's price and the rest at its tariff, less running costs; today's money.",
    nullable=True,
    aggregate="sum",
    palette="Greens",
)
PAYBACK = Column(
    "pv_payback_years",
    "float64",
    "a",
    "Amortisation der PV-Anlage",
    "Payback of the PV system",
    "Cost per yearly surplus, without interest; unknown where there is no surplus.",
    nullable=True,
    min=0,
    palette="YlOrBr",
    limits=(10, 15, 20, 25),
)


def cost_eur_kwp(power_kwp: Floats) -> Floats:
    """Return the cost of a system by its size. [€/kWp]

    Straight lines between the table's sizes on logarithmic axes, held outside of them.

    Parameters
    ----------
    power_kwp : ndarray
        [kWp]
    """
    row = numbers("solar_economy")
    cost = [row[f"cost_{size}_kwp"] for size in SIZES_KWP]
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.interp(np.log(power_kwp), np.log(SIZES_KWP), np.log(cost))))


@step(BUILDINGS, needs=[PV_POTENTIAL, BUILDING_YIELD, SELF_CONSUMPTION], adds=[INVESTMENT, SURPLUS, PAYBACK])
def economy(
    buildings: gpd.GeoDataFrame, *, electricity_price_eur_kwh: float, feed_in_tariff_eur_kwh: float
) -> Mapping[str, Any]:
    """Return cost, yearly surplus and payback of each building's modules.

    Parameters
    ----------
    buildings : GeoDataFrame
        Where self-consumption is unknown (no household) so are surplus and payback.
    electricity_price_eur_kwh, feed_in_tariff_eur_kwh : float
        What a bought kWh costs and one fed in earns. [€/kWh]
    """
    power, made, own = (
        buildings[c.name].to_numpy(dtype=np.float64) for c in (PV_POTENTIAL, BUILDING_YIELD, SELF_CONSUMPTION)
    )
    cost = np.where(power > 0, power * cost_eur_kwp(np.maximum(power, SIZES_KWP[0])), power)
    earned = made * (own * electricity_price_eur_kwh + (1.0 - own) * feed_in_tariff_eur_kwh)
    surplus = earned - cost * numbers("solar_economy")["running_cost_share"]
    with np.errstate(invalid="ignore", divide="ignore"):
        payback = np.where(surplus > 0, cost / surplus, np.nan)
    return {INVESTMENT.name: cost, SURPLUS.name: surplus, PAYBACK.name: payback}
