"""Meters that teach: from the plan's meters to calibrated heat and saving of every building."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from klimastep.contract import Column
from klimastep.findings import Finding, first_ids
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.calibration import Calibration
from klimastep.heat.columns import AGE_CLASSES, EXPECTED_HEAT, HEAT_SAVING, HOT_WATER, SIZE_CLASS, SPACE_HEAT
from klimastep.heat.meters import HEAT_CARRIERS, Empty, compare_blocks
from klimastep.heat.stock import class_weights, numbers
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, FLOOR_AREA, METERS, USE_CLASS

KEYS = {"block": "block_id", "group": "meter_group_id", "street": "street_id", "building": None}
"""Column of the buildings that holds the unit of each meter level; None: the building itself."""
LEFT_OUT = {
    "confidential": ("geheim", "confidential"),
    "joint": ("Sammelzähler mehrerer Blöcke", "joint meter of several blocks"),
    "empty_carrier": ("mit unbekanntem Gas oder unbekannter Fernwärme", "with unknown gas or district heat"),
    "no_energy": ("ohne Verbrauch", "without energy"),
    "not_expected": ("ohne bekannte Gebäude", "without known buildings"),
}
MEASURED = ("expected_heat_kwh_a", "space_heat_kwh_a", "hot_water_kwh_a", "floor_area_m2")

CALIBRATION_FACTOR = Column(
    "calibration_factor",
    "float64",
    "1",
    "Faktor aus Messwerten",
    "Factor from meters",
    "Metered over expected useful heat as learned from the plan's meters: common, by kind and age of building, and of "
    "the metered unit itself, shrunk to what the meters can tell.",
    nullable=True,
    min=0,
    aggregate="mean",
    palette="PuOr",
    limits=(0.67, 0.9, 1.1, 1.5),
)
CALIBRATED_HEAT = Column(
    "calibrated_heat_kwh_a",
    "float64",
    "kWh/a",
    "Nutzwärme (an Messwerten kalibriert)",
    "Useful heat (calibrated by meters)",
    "Expected useful heat times the factor learned from meters; modelled, also where a meter is known.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlOrRd",
)
CALIBRATED_SAVING = Column(
    "calibrated_saving_kwh_a",
    "float64",
    "kWh/a",
    "Einsparpotenzial (an Messwerten kalibriert)",
    "Saving potential (calibrated by meters)",
    "Calibrated heat before minus after refurbishment; the factor from meters fades to 1 as the building nears the "
    "standard at which calculation and meters agree.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="Greens",
)
CALIBRATION_COLUMNS = (CALIBRATION_FACTOR, CALIBRATED_HEAT)


def kinds(buildings: pd.DataFrame) -> pd.Series:
    """Return the kind of each building: the size class of dwellings, else the use class."""
    size = buildings[SIZE_CLASS.name].astype("object")
    return size.where(size.notna(), buildings[USE_CLASS.name].astype("object"))


def unit_shares(buildings: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """Return how the expected heat of each unit is shared among kinds and age classes.

    Parameters
    ----------
    buildings : DataFrame
    unit : Series
        Unit of each building.

    Returns
    -------
    DataFrame, one row a unit
        ``kind:<name>`` and ``age:<name>``; the kinds' shares sum to 1. [1]
    """
    heat = buildings[EXPECTED_HEAT.name].fillna(0.0)
    per_kind = pd.get_dummies("kind:" + kinds(buildings).astype("str"), dtype="float64").mul(heat, axis=0)
    weights = np.nan_to_num(class_weights(buildings)) * heat.to_numpy()[:, None]
    ages = pd.DataFrame(weights, columns=[f"age:{c.value}" for c in AGE_CLASSES], index=buildings.index)
    total = heat.groupby(unit).sum()
    parts = per_kind.join(ages).groupby(unit).sum()
    return parts.div(total.where(total > 0), axis=0).rename_axis("unit_id")


def metered_units(
    buildings: pd.DataFrame,
    meters: pd.DataFrame,
    *,
    degree_days: Mapping[int, float] | None = None,
    empty: Empty = "unknown",
) -> pd.DataFrame:
    """Return what can be learned from: metered units and years with expected and metered useful heat.

    Each level (block, group, street, building) is compared as the unit that it is; a group that straddles
    blocks stays a group. Units with a confidential, joint or missing value are left out, and so is a unit whose
    building stands in a finer unit already.

    Parameters
    ----------
    buildings : DataFrame
        With expected heat, keys and types.
    meters : DataFrame
        Table of meters.
    degree_days : mapping of year to ratio, optional
        Degree days of the year over those of the plan's climate; space heat is multiplied by it. [1]
    empty : {"unknown", "not_connected"}
        As for :func:`compare_blocks`.
    """
    out = []
    ratios: Mapping[Any, float] = degree_days or {}
    for level, column in KEYS.items():
        here = meters[meters["level"] == level]
        if here.empty or (column is not None and column not in buildings):
            continue
        unit = pd.Series(buildings.index, index=buildings.index) if column is None else buildings[column]
        sums = buildings[[c for c in MEASURED if c in buildings]].groupby(unit).sum(min_count=1)
        for year, of_year in here.groupby("year"):
            there = _in_year(sums, ratios.get(year, 1.0))
            compared = compare_blocks(there, of_year, carriers=_heating(of_year), empty=empty)
            out.append(compared.assign(level=level).merge(unit_shares(buildings, unit), on="unit_id", how="left"))
    if not out:
        return pd.DataFrame(columns=["unit_id", "level", "year", "expected_kwh_a", "metered_kwh_a", "left_out"])
    table = pd.concat(out, ignore_index=True)
    table["unit_id"] = table["level"].astype("str") + ":" + table["unit_id"].astype("str")
    return table


def _heating(meters: pd.DataFrame) -> tuple[str, ...]:
    """Return the carriers of the meters that heat."""
    there = set(meters["carrier"].astype("object"))
    return tuple(c for c in HEAT_CARRIERS if c in there) or HEAT_CARRIERS


def _in_year(sums: pd.DataFrame, ratio: float) -> pd.DataFrame:
    water = sums["hot_water_kwh_a"].fillna(0.0).clip(upper=sums["expected_heat_kwh_a"])
    expected = (sums["expected_heat_kwh_a"] - water) * ratio + water
    return sums.assign(expected_heat_kwh_a=expected, space_heat_kwh_a=sums["space_heat_kwh_a"] * ratio)


def enough(units: pd.DataFrame) -> bool:
    """Return whether there are units enough to learn from."""
    used = units[units["left_out"] == ""]
    return used["unit_id"].nunique() >= int(load("calibration_prior").set_index("effect")["value"]["min_units"])


def left_out_finding(units: pd.DataFrame) -> list[Finding]:
    """Return how many metered units have no year to compare, by the reason of their last, and whether enough are left.

    Parameters
    ----------
    units : DataFrame
        Of :func:`metered_units`.
    """
    last = units.sort_values(["left_out", "year"], key=lambda c: c == "" if c.name == "left_out" else c)
    reasons = last.drop_duplicates("unit_id", keep="last").set_index("unit_id")["left_out"]
    out = reasons[reasons != ""]
    if out.empty:
        return []
    counts = out.value_counts()
    de, en = (", ".join(f"{n} {LEFT_OUT[str(reason)][i]}" for reason, n in counts.items()) for i in (0, 1))
    few = not enough(units)
    return [
        Finding(
            METERS.name,
            "not_comparable",
            len(out),
            first_ids(out.index),
            f"{len(out)} von {len(reasons)} Messeinheiten sind nicht vergleichbar: {de}"
            + ("; es bleiben zu wenige, um daran zu kalibrieren." if few else "."),
            f"{len(out)} of {len(reasons)} metered units cannot be compared: {en}"
            + ("; too few are left to calibrate by." if few else "."),
            "warning" if few else "note",
        )
    ]


def learn(units: pd.DataFrame) -> Calibration:
    """Return the calibration learned from the units that were not left out."""
    return Calibration().fit(units[units["left_out"] == ""])


def predicted(units: pd.DataFrame, calibration: Calibration, level: float = 0.1) -> pd.DataFrame:
    """Return `units` with what a calibration predicts of their metered heat, and the band of it.

    Parameters
    ----------
    units : DataFrame
        As of :func:`metered_units`.
    calibration : Calibration
    level : float
        Probability below the band, and above it. [1]

    Returns
    -------
    DataFrame
        With ``predicted_kwh_a``, ``low_kwh_a`` and ``high_kwh_a``.
    """
    expected = units["expected_kwh_a"].to_numpy(dtype=np.float64)
    low, high = calibration.band(units, level)
    return units.assign(
        predicted_kwh_a=expected * calibration.predict(units), low_kwh_a=expected * low, high_kwh_a=expected * high
    )


def held_back(units: pd.DataFrame, level: float = 0.1, parts: int | None = None) -> pd.DataFrame:
    """Return each unit as :func:`predicted` by a calibration that never saw its meters, in no year.

    Parameters
    ----------
    units : DataFrame
        As of :func:`metered_units`; those left out stay out.
    level : float
        Probability below the band, and above it. [1]
    parts : int, optional
        Units are dealt out in turn to so many parts, each held back as a whole; by default each unit alone, which
        takes a fit for every unit.

    Raises
    ------
    InputError
        Fewer than two units are left to learn from.
    """
    used = units[units["left_out"] == ""]
    number, names = pd.factorize(used["unit_id"])
    part = number % (parts or max(len(names), 1))
    return pd.concat([predicted(used[part == p], learn(used[part != p]), level) for p in np.unique(part)])


def calibrated(buildings: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return `buildings` with the factor from meters and calibrated heat.

    A building takes the effects of its kind, of its age classes by their probability, and of the finest metered
    unit that it stands in.
    """
    rows = pd.DataFrame(index=buildings.index)
    of_kind = pd.get_dummies("kind:" + kinds(buildings).astype("str"), dtype="float64")
    ages = np.nan_to_num(class_weights(buildings))
    rows = of_kind.join(
        pd.DataFrame(ages, columns=[f"age:{c.value}" for c in AGE_CLASSES], index=buildings.index)
    ).assign(unit_id=_finest_unit(buildings, calibration))
    factor = pd.Series(calibration.predict(rows), index=buildings.index)
    heat = buildings[EXPECTED_HEAT.name]
    factor = factor.where(heat > 0)
    return buildings.assign(
        **{CALIBRATION_FACTOR.name: factor, CALIBRATED_HEAT.name: (heat * factor).where(heat > 0, heat)}
    )


def _finest_unit(buildings: pd.DataFrame, calibration: Calibration) -> pd.Series:
    found = pd.Series(None, index=buildings.index, dtype="object")
    for level in ("building", "group", "street", "block"):
        column = KEYS[level]
        if column is not None and column not in buildings:
            continue
        own = pd.Series(buildings.index, index=buildings.index) if column is None else buildings[column]
        name = level + ":" + own.astype("str")
        found = found.where(found.notna(), name.where(name.isin(calibration.unit_.index)))
    return found


def faded(factor: Array, before_kwh_m2a: Array, after_kwh_m2a: Array) -> Array:
    """Return the factor from meters after refurbishment: 1 at the standard where calculation and meters agree.

    Linear in the expected useful heat per area, between what it was before and that standard
    (`reference/calibration_prior.csv`, ``agrees_at``). [1]
    """
    good = float(load("calibration_prior").set_index("effect")["value"]["agrees_at"])
    span = np.maximum(before_kwh_m2a - good, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.where(span > 0, np.clip((after_kwh_m2a - good) / span, 0.0, 1.0), 1.0)
    result: Array = 1.0 + (factor - 1.0) * kept
    return result


@step(
    BUILDINGS,
    needs=[EXPECTED_HEAT, HEAT_SAVING, SPACE_HEAT, HOT_WATER, FLOOR_AREA, *CALIBRATION_COLUMNS],
    adds=[CALIBRATED_SAVING],
)
def calibrated_saving(buildings: pd.DataFrame) -> dict[str, Any]:
    """Return the saving with the factor from meters on both states, fading with the standard reached."""
    expected, saving = numbers(buildings, EXPECTED_HEAT.name), numbers(buildings, HEAT_SAVING.name)
    area = numbers(buildings, FLOOR_AREA.name)
    with np.errstate(invalid="ignore", divide="ignore"):
        before = np.where(area > 0, expected / area, np.nan)
        after = np.where(area > 0, (expected - saving) / area, np.nan)
    factor = numbers(buildings, CALIBRATION_FACTOR.name)
    heat = factor * expected - faded(factor, before, after) * (expected - saving)
    return {CALIBRATED_SAVING.name: np.where(saving > 0, np.maximum(heat, 0.0), saving)}
