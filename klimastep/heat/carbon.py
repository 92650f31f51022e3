"""Greenhouse gases of heat, before and after refurbishment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from klimastep.heat.columns import CO2, CO2_AFTER, CO2_SAVING, EXPECTED_FINAL, FINAL_SAVING
from klimastep.heat.outcome import DEFAULT_CARRIER
from klimastep.heat.stock import numbers
from klimastep.heat.systems import GROUPS, NAMES, carrier_factor, system_rows
from klimastep.steps import step
from klimastep.tables import BUILDINGS
from klimastep.units import G_PER_KG


@step(BUILDINGS, needs=[EXPECTED_FINAL, FINAL_SAVING], adds=[CO2, CO2_AFTER, CO2_SAVING])
def carbon(
    buildings: pd.DataFrame,
    *,
    default_carrier: str = DEFAULT_CARRIER,
    co2_g_kwh: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return the greenhouse gases of heat: final energy (Hi) times the factor of its carrier.

    Parameters
    ----------
    buildings : DataFrame
        With ``carrier`` where it is known.
    default_carrier : str
        Carrier of buildings whose carrier is unknown.
    co2_g_kwh : mapping of carrier to float, optional
        Factors that differ from `reference/carriers.csv`, for example that of the local heat network. [g/kWh, Hi]

    References
    ----------
    GEG 2020, annex 9.
    """
    factors = carrier_factor("co2e") | dict(co2_g_kwh or {})
    rows = system_rows(buildings, np.zeros(len(buildings), dtype=bool), default_carrier) // len(GROUPS)
    factor = np.array([factors[name] for name in NAMES])[rows] / G_PER_KG
    before = numbers(buildings, EXPECTED_FINAL.name) * factor
    saved = numbers(buildings, FINAL_SAVING.name) * factor
    return {CO2.name: before, CO2_AFTER.name: np.maximum(before - saved, 0.0), CO2_SAVING.name: saved}
