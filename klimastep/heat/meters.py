"""Expected heat beside metered energy, both brought to useful heat; nothing is fitted here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from klimastep.heat.balance_seasonal import Array
from klimastep.heat.systems import GROUPS, NAMES, carrier_factor, expenditure_factor, systems

Empty = Literal["unknown", "not_connected"]

HEAT_CARRIERS = ("gas", "district_heat")
SECRET = ("confidential", "joint")


class Scores(NamedTuple):
    """How near expected heat is to metered heat; all in shares of the metered heat.

    Parameters
    ----------
    units : int
        Blocks (or other units) compared.
    sum_ratio, median_ratio : float
        Expected over metered: of the sums, and the median over blocks. [1]
    correlation : float
        Pearson. [1]
    cv_rmse : float
        Root mean square error over the mean, as computed. [1]
    cv_rmse_scaled : float
        The same after one common factor that makes the sums equal. [1]
    """

    units: int
    sum_ratio: float
    median_ratio: float
    correlation: float
    cv_rmse: float
    cv_rmse_scaled: float


def final_factor(carrier: str, basis: str, group: str = "muh") -> float:
    """Return final energy (Hi) per unit of metered energy. [1]

    hs: one over the ratio of gross to net calorific value; hi: one; useful (heat handed over to the house,
    as by a transfer station): the generator's expenditure factor over that ratio.
    """
    ratio = carrier_factor("hs_per_hi")[carrier]
    if basis == "hi":
        return 1.0
    if basis == "hs":
        return 1.0 / ratio
    row = NAMES.index(carrier) * len(GROUPS) + GROUPS.index(group)
    return float(systems().generator_heating[row]) / ratio


def useful_factor(carrier: str, basis: str, space_heat: Array, hot_water: Array, group: str = "muh") -> Array:
    """Return useful heat (rooms and taps) per unit of metered energy. [1]

    First to final energy, then over the expenditure factor of the carrier's heater with its pipe and storage
    losses at the given specific demand. [kWh/(m²·a) of reference area]
    """
    result: Array = final_factor(carrier, basis, group) / expenditure_factor(carrier, group, space_heat, hot_water)
    return result


def compare_blocks(
    expected: pd.DataFrame,
    meters: pd.DataFrame,
    *,
    carriers: Sequence[str] = HEAT_CARRIERS,
    empty: Empty = "unknown",
    group: str = "muh",
) -> pd.DataFrame:
    """Return expected and metered useful heat per unit and year, with the factors and the reason of a gap.

    Parameters
    ----------
    expected : DataFrame
        One row a unit (index), sums of buildings: ``expected_heat_kwh_a``, ``space_heat_kwh_a``,
        ``hot_water_kwh_a``, ``floor_area_m2``; for the weather of the metered years.
    meters : DataFrame
        Table ``meters`` of the contract.
    carriers : sequence of str
        Carriers that heat. Others (household electricity) are not counted.
    empty : {"unknown", "not_connected"}
        An empty cell of one of the carriers: the unit's heat is unknown, or the carrier is not there.
    group : {"suh", "muh"}
        Whose heaters the expenditure factors are taken from.

    Returns
    -------
    DataFrame
        ``unit_id, year, expected_kwh_a, metered_kwh_a`` (both useful heat), ``ratio`` (expected / metered),
        ``<carrier>_factor`` and ``left_out``: "" or confidential, joint, empty_carrier, no_energy,
        not_expected.
    """
    table = meters[meters["carrier"].isin(list(carriers))].copy()
    for name in ("unit_id", "carrier", "status", "energy_basis"):
        table[name] = table[name].astype("object")
    specific = _specific(expected)
    table["factor"] = np.nan
    for carrier, basis in table[["carrier", "energy_basis"]].drop_duplicates().itertuples(index=False):
        rows = ((table["carrier"] == carrier) & (table["energy_basis"] == basis)).to_numpy()
        space, water = (specific[c].reindex(table["unit_id"][rows]).to_numpy() for c in ("space", "water"))
        table.loc[rows, "factor"] = useful_factor(carrier, basis, space, water, group)
    table["useful"] = table["energy_kwh_a"].astype("float64") * table["factor"]
    units = table.groupby(["unit_id", "year"], sort=True)
    out = pd.DataFrame(index=units.size().index)
    out["expected_kwh_a"] = expected["expected_heat_kwh_a"].reindex(out.index.get_level_values("unit_id")).to_numpy()
    metered = units["useful"].sum(min_count=1)
    energy = units["energy_kwh_a"].sum(min_count=1)
    left_out = _left_out(table, out, energy, carriers, empty)
    out["metered_kwh_a"] = metered.where(left_out == "")
    out["ratio"] = out["expected_kwh_a"] / out["metered_kwh_a"]
    for carrier in carriers:
        of_carrier = table[table["carrier"] == carrier].groupby(["unit_id", "year"])["factor"].mean()
        out[f"{carrier}_factor"] = of_carrier.reindex(out.index)
    out["left_out"] = left_out
    return out.reset_index()


def _specific(expected: pd.DataFrame) -> pd.DataFrame:
    area = expected["floor_area_m2"].where(expected["floor_area_m2"] > 0)
    return pd.DataFrame({"space": expected["space_heat_kwh_a"] / area, "water": expected["hot_water_kwh_a"] / area})


def _left_out(
    table: pd.DataFrame, out: pd.DataFrame, energy: pd.Series, carriers: Sequence[str], empty: Empty
) -> pd.Series:
    keys = ["unit_id", "year"]
    reason = pd.Series("", index=out.index, dtype="object")
    reason = reason.mask(out["expected_kwh_a"].isna() | ~(out["expected_kwh_a"] > 0), "not_expected")
    reason = reason.mask(~(energy.reindex(out.index) > 0), "no_energy")
    given = table[(table["status"] == "given") & table["energy_kwh_a"].notna()]
    known = given.groupby(keys)["carrier"].nunique().reindex(out.index).fillna(0)
    gap = table[(table["status"] != "given") | table["energy_kwh_a"].isna()].groupby(keys).size()
    if empty == "unknown":
        incomplete = (known < len(carriers)) | (gap.reindex(out.index).fillna(0) > 0)
        reason = reason.mask(incomplete, "empty_carrier")
    for status in SECRET:
        touched = table[table["status"] == status].groupby(keys).size().reindex(out.index).fillna(0) > 0
        reason = reason.mask(touched, status)
    return reason


def scores(compared: pd.DataFrame) -> Scores:
    """Return the error figures over the units that were not left out; NaN where none are left.

    Parameters
    ----------
    compared : DataFrame
        Of :func:`compare_blocks`, one year or several.
    """
    used = compared[compared["left_out"] == ""]
    expected = used["expected_kwh_a"].to_numpy(dtype=np.float64)
    metered = used["metered_kwh_a"].to_numpy(dtype=np.float64)
    if not len(used):
        return Scores(0, *([float("nan")] * 5))
    ratio = float(expected.sum() / metered.sum())
    enough = len(used) > 1 and expected.std() > 0 and metered.std() > 0

    def cv_rmse(values: Array) -> float:
        return float(np.sqrt(np.mean((values - metered) ** 2)) / metered.mean())

    return Scores(
        len(used),
        ratio,
        float(np.median(expected / metered)),
        float(np.corrcoef(expected, metered)[0, 1]) if enough else float("nan"),
        cv_rmse(expected),
        cv_rmse(expected / ratio),
    )
