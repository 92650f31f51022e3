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

import numpy as np
import pandas as pd

from klimastep import sources, weather
from klimastep.cadastre import heal
from klimastep.cadastre.census_cells import counts
from klimastep.census import CENSUS_2011
from klimastep.config import Config, load_config
from klimastep.plan import Bench, compute
from klimastep.rundir import Recorder
from klimastep.units import KWH_PER_GWH

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "tests" / "plans" / "ludwigsburg.yaml"
PLAN_DATA = "../../../shared/data/"
PRESS_GWH, PRESS_T = 830.0, 222_660.0  # heat of all sectors and its emissions in 2020, rounded, by the press
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


def fit_table() -> str:
    """Return how the cells were fitted: gap to the municipality before and after, and how far counts moved."""
    table = pd.DataFrame(city().recorder.totals["census_fit"])
    lines = [
        "| built | kind | municipality | published | gap before | gap after | suppressed cells | given to them "
        "| largest move of a published count |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    sums = table.groupby("kind")[["municipality", "published", "gap_before", "in_suppressed"]].sum()
    for row in table.to_dict("records"):
        lines.append(
            f"| {str(row['band']).replace('_', ' ')} | {row['kind']} | {row['municipality']:.0f} "
            f"| {row['published']:.0f} | {row['gap_before']:.0f} | {abs(row['gap_after']):.0f} "
            f"| {row['suppressed_cells']} | {row['in_suppressed']:.0f} | {row['largest_move']:.2f} |"
        )
    for kind, row in sums.iterrows():
        rest = table.loc[table["kind"] == kind, "gap_after"].abs().sum()
        most = table.loc[table["kind"] == kind, "largest_move"].max()
        lines.append(
            f"| all | {kind} | {row['municipality']:.0f} | {row['published']:.0f} | {row['gap_before']:.0f} "
            f"| {rest:.0f} | | {row['in_suppressed']:.0f} | {most:.2f} |"
        )
    return "\n".join(lines) + "\n"


def held_out_table() -> str:
    """Return how well counts of three and four are found again when they are hidden too."""
    cells, bands = city().tables["cells"], CENSUS_2011
    cells = cells.drop(columns=[c for c in cells if c.endswith("_fitted")])
    truth = np.nan_to_num(counts(cells, "buildings", bands))
    hidden = truth <= 4
    names = [f"buildings_{band}" for band in bands.names]
    blind = cells.assign(**{n: cells[n].mask(hidden[:, i]) for i, n in enumerate(names)})
    totals = {"buildings": dict(zip(bands.names, truth.sum(axis=0), strict=True))}
    flat = np.where(hidden, (truth * hidden).sum(axis=0) / hidden.sum(axis=0), truth)
    healed = heal(blind, bands, totals, hidden_most=4.0).cells
    fitted = healed[[f"{n}_fitted" for n in names]].to_numpy()
    lines = ["| hidden counts | mean absolute error | correlation |", "| --- | --: | --: |"]
    for name, found in (("mean of the class", flat), ("fitted, from neighbours and types", fitted)):
        error = np.abs(found - truth)[hidden].mean()
        lines.append(f"| {name} | {error:.3f} | {np.corrcoef(found[hidden], truth[hidden])[0, 1]:.2f} |")
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


def press_table() -> str:
    """Return the dwellings' share of the press figure for all sectors, read as final energy and as useful heat."""
    bench = city()
    table, band = totals_of(bench), bench.recorder.totals["expected_heat_kwh_a"]
    useful, final = (scaled(table, f"expected_{n}_kwh_a") / KWH_PER_GWH for n in ("heat", "final"))
    low, high = (band[q] / KWH_PER_GWH for q in ("p10", "p90"))
    lines = [
        f"| all sectors, {PRESS_GWH:.0f} GWh/a, read as | dwellings, GWh/a (p10 to p90) | share | the others |",
        "| --- | --: | --: | --: |",
    ]
    for name, middle in (("final energy", final), ("useful heat", useful)):
        span = [v * middle / useful for v in (low, high)]
        share = [100 * v / PRESS_GWH for v in (middle, *span)]
        lines.append(
            f"| {name} | {middle:.0f} ({span[0]:.0f} to {span[1]:.0f}) "
            f"| {share[0]:.0f} % ({share[1]:.0f} to {share[2]:.0f} %) | {PRESS_GWH - middle:.0f} GWh/a |"
        )
    grams = PRESS_T * 1e6 / PRESS_GWH / KWH_PER_GWH
    lines += ["", f"{grams:.0f} g/kWh by the two press figures", degree_days_2020(), ""]
    return "\n".join(lines)


def degree_days_2020() -> str:
    """Return the degree days (20/15) of 2020 around the city over those of the weather that is computed with."""
    folder = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))
    path = folder / "ludwigsburg" / "climate_monthly_clidamonger.csv"
    months = sources.read("climate_monthly", path, crs="EPSG:25832").tables["climate_monthly"]
    year = sources.read("weather_try", None, crs="EPSG:25832", latitude_deg=48.897, longitude_deg=9.192)
    place = {key: year.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
    ratio = weather.degree_day_ratios(months, weather.prepare(year.tables["weather"], **place))
    return f"degree days of 2020 over those of the weather: {ratio[2020]:.2f}"


if __name__ == "__main__":
    logging.getLogger("klimastep").addHandler(logging.NullHandler())
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    tables = (fit_table(), held_out_table(), band_table(), press_table(), sensitivity_table())
    sys.stdout.write("\n".join(tables))
