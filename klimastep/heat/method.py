"""One switch between the seasonal, the monthly and the hourly balance; the same inputs go to all three."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from klimastep.heat import balance_hourly, balance_monthly, balance_seasonal
from klimastep.heat.archetypes import boundary
from klimastep.heat.balance_monthly import TABULA_USE, Operation
from klimastep.heat.balance_seasonal import TINY, Array, Conditions, Envelope, heat_losses
from klimastep.units import W_PER_KW
from klimastep.weather import HourlyClimate, MonthlyClimate, months_of

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason


NonResidentialNeed = Literal["typology", "envelope"]


class Method(NamedTuple):
    """How heat is balanced: the kind of climate decides.

    Parameters
    ----------
    climate : MonthlyClimate or HourlyClimate, optional
        Months: monthly balance. Hours: hourly balance. None: the seasonal balance of TABULA.
    operation : Operation
        How the heating is run; the seasonal balance knows TABULA's use only.
    design_degc : float, optional
        Outdoor temperature of the heat load where the hours are not known; that of `reference/heat_boundary.csv`
        by default. [°C]
    nonresidential : {"typology", "envelope"}
        Need of other uses than dwellings: IWU values per use and age, or a balance of their own envelope.
    nonresidential_use : mapping, optional
        By use class: what differs from `reference/nonresidential_use.csv`.
    heat_recovery : mapping, optional
        By age class of dwellings: share of the heat of the used air that comes back, as the mean of all its houses.
        Those not named have none. The seasonal balance knows none. [1]
    """

    climate: MonthlyClimate | HourlyClimate | None = None
    operation: Operation = TABULA_USE
    design_degc: float | None = None
    nonresidential: NonResidentialNeed = "typology"
    nonresidential_use: Mapping[str, Mapping[str, float]] | None = None
    heat_recovery: Mapping[str, float] | None = None


SEASONAL = Method()


class Need(NamedTuple):
    """Result of any of the methods, per reference area, shape (n,).

    Parameters
    ----------
    space_heat_kwh_m2a : ndarray
        [kWh/(m²·a)]
    utilisation : ndarray
        Utilisation of heat gains while heating. [1]
    heat_load_w_m2 : ndarray
        Hourly: largest need of an hour of the year. Else the standard load
        (h_tr + h_ve) (θ_i - θ_design), without gains and set-back. [W/m²]
    overheating_h_a : ndarray
        Unknown where the hours are not. [h/a]
    """

    space_heat_kwh_m2a: Array
    utilisation: Array
    heat_load_w_m2: Array
    overheating_h_a: Array


def need(
    envelope: Envelope, conditions: Conditions, season: HeatingSeason, light: Sequence[int], method: Method
) -> Need:
    """Return the need of n buildings by the method.

    Parameters
    ----------
    envelope, conditions : Envelope, Conditions
    season : HeatingSeason
        For the seasonal balance.
    light : sequence of int
        Which components have no mass (windows and doors), for the hourly balance.
    method : Method

    References
    ----------
    Standard load: in the manner of DIN EN 12831-1, transmission and ventilation of the whole building at the design
    temperature, with TABULA's adjustment factors and air change.
    """
    if method.climate is None:
        seasonal = balance_seasonal.balance(envelope, conditions, season)
        load = design_load(envelope, conditions, method)
        return Need(seasonal.space_heat_kwh_m2a, seasonal.utilisation, load, np.full(len(load), np.nan))
    if isinstance(method.climate, MonthlyClimate):
        monthly = balance_monthly.balance(envelope, conditions, method.climate, method.operation)
        load = design_load(envelope, conditions, method)
        return Need(monthly.space_heat_kwh_m2a, monthly.utilisation, load, np.full(len(load), np.nan))
    hourly = balance_hourly.balance(envelope, conditions, method.climate, light, method.operation)
    used = _utilisation(envelope, conditions, method, hourly.monthly_kwh_m2)
    return Need(hourly.space_heat_kwh_m2a, used, hourly.heat_load_w_m2, hourly.overheating_h_a)


def design_load(envelope: Envelope, conditions: Conditions, method: Method) -> Array:
    """Return the standard heat load. [W/m²]"""
    h_tr, h_ve = heat_losses(envelope, conditions, method.operation.heat_recovery)
    outside = design_degc(method.design_degc)
    return np.asarray((h_tr + h_ve) * np.maximum(np.asarray(conditions.indoor_degc) - outside, 0.0))


def design_degc(given: float | None = None) -> float:
    """Return the outdoor temperature of the standard heat load, that of the reference table by default. [°C]"""
    return boundary()["all", "design_external"] if given is None else given


def _utilisation(envelope: Envelope, conditions: Conditions, method: Method, monthly: Array) -> Array:
    """Return (losses - need) / gains of the months, weighted by their need, as the monthly method has it. [1]"""
    assert isinstance(method.climate, HourlyClimate)
    months = months_of(method.climate)
    h_tr, h_ve = heat_losses(envelope, conditions, method.operation.heat_recovery)
    h = (h_tr + h_ve) * balance_monthly.reduction(h_tr, conditions, method.operation)
    indoor = np.broadcast_to(balance_monthly.mean_set_point(conditions, method.operation), len(h))
    opening = balance_seasonal.apertures(envelope, conditions) / envelope.reference_area_m2[:, None]
    used = np.zeros(len(h))
    for m in range(balance_monthly.MONTHS):
        kilohours = months.hours[m] / W_PER_KW
        losses = h * np.maximum(indoor - months.temp_external_degc[m], 0.0) * kilohours
        gains = np.asarray(conditions.internal_gains_w_m2) * kilohours + (opening * months.radiation_kwh_m2[m]).sum(
            axis=1
        )
        used += monthly[:, m] * np.clip((losses - monthly[:, m]) / np.maximum(gains, TINY), 0.0, 1.0)
    need_sum = monthly.sum(axis=1)
    return np.where(need_sum > 0, used / np.maximum(need_sum, TINY), 1.0)
