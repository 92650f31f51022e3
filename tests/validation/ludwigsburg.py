"""Ludwigsburg from census, boundary and climate alone: dwellings and heat by age band, as Markdown.

Run ``python tests/validation/ludwigsburg.py`` with the real geodata in ../shared/data or KLIMASTEP_TESTDATA.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from klimastep.config import Config, load_config
from klimastep.plan import Bench, compute
from klimastep.rundir import Recorder
from klimastep.units import KWH_PER_GWH

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "tests" / "plans" / "ludwigsburg.yaml"
PLAN_DATA = "../../../shared/data/"
SUMS = ("dwellings", "floor_area_m2", "expected_heat_kwh_a", "expected_final_kwh_a")


def plan_of(**heat: Any) -> Config:
    """Return the plan with other settings of the heat room."""
    folder = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))
    config = load_config(PLAN)
    sources = [
        s.model_copy(update={"path": s.path and str(folder / s.path.removeprefix(PLAN_DATA))}) for s in config.sources
    ]
    return config.model_copy(update={"sources": tuple(sources), "heat": config.heat.model_copy(update=heat)})


def city(**heat: Any) -> Bench:
    """Return a run with other settings of the heat room."""
    return compute(plan_of(**heat), PLAN.parent, Recorder())


@cache
def totals() -> pd.DataFrame:
    """Return the sums by age band of the plan as it is."""
    return totals_of(city())


def totals_of(bench: Bench) -> pd.DataFrame:
    """Return the sums by age band that a run keeps."""
    return pd.DataFrame.from_dict(bench.recorder.totals["census"], orient="index").astype("float64")


def scaled(table: pd.DataFrame, name: str) -> float:
    """Return a sum of the grid, scaled band by band to the municipality's dwellings."""
    return float((table[name] * table["scale"]).sum())


def band_table() -> str:
    """Return dwellings and heat by age band: as published, with the estimated ones, and of the municipality."""
    lines = [
        "| built | buildings in the grid | dwellings published | with estimates | municipality | useful GWh/a (grid) "
        "| useful GWh/a (municipality) | final GWh/a (municipality) | kWh/m² |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    table = totals()
    for band, row in table.iterrows():
        useful, final = row["expected_heat_kwh_a"], row["expected_final_kwh_a"]
        lines.append(
            f"| {str(band).replace('_', ' ')} | {row['buildings_published']:.0f} | {row['dwellings_published']:.0f} "
            f"| {row['dwellings']:.0f} | {row['dwellings_town']:.0f} | {useful / KWH_PER_GWH:.1f} "
            f"| {useful * row['scale'] / KWH_PER_GWH:.1f} | {final * row['scale'] / KWH_PER_GWH:.1f} "
            f"| {useful / row['floor_area_m2']:.0f} |"
        )
    sums = table.sum()
    lines.append(
        f"| all | {sums['buildings_published']:.0f} | {sums['dwellings_published']:.0f} | {sums['dwellings']:.0f} "
        f"| {sums['dwellings_town']:.0f} | {sums['expected_heat_kwh_a'] / KWH_PER_GWH:.0f} "
        f"| {scaled(table, 'expected_heat_kwh_a') / KWH_PER_GWH:.0f} "
        f"| {scaled(table, 'expected_final_kwh_a') / KWH_PER_GWH:.0f} "
        f"| {sums['expected_heat_kwh_a'] / sums['floor_area_m2']:.0f} |"
    )
    return "\n".join(lines) + "\n"


def sensitivity_table() -> str:
    """Return the municipality's heat under other assumptions."""
    cases: dict[str, dict[str, Any]] = {
        "as planned": {},
        "no past refurbishment": {"refurbished": "none"},
        "all single-unit houses detached": {"attached_share": 0.0},
        "living area of dwellings 10 % larger": {"living_area_single_m2": 124.5, "living_area_multi_m2": 78.9},
        "district heat instead of gas": {"default_carrier": "district_heat"},
    }
    lines = ["| case | living area, 1,000 m² | useful GWh/a | final GWh/a (Hi) |", "| --- | --: | --: | --: |"]
    for name, changed in cases.items():
        table = totals_of(city(**changed))
        area = scaled(table, "floor_area_m2") / 1.1
        lines.append(
            f"| {name} | {area / 1e3:.0f} | {scaled(table, 'expected_heat_kwh_a') / KWH_PER_GWH:.0f} "
            f"| {scaled(table, 'expected_final_kwh_a') / KWH_PER_GWH:.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    logging.getLogger("klimastep").addHandler(logging.NullHandler())
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(band_table() + "\n" + sensitivity_table())
