"""Envelope from LoD2 surfaces against footprint x height, and the envelope of Mierendorffinsel, as Markdown tables.

Run ``python tests/validation/envelope.py [--buildings]`` with the real geodata in ../shared/data or
KLIMASTEP_TESTDATA; ``--buildings`` prints every building of Mierendorffinsel. Nothing is fitted.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from klimastep import cadastre, sources
from klimastep.config import Config, load_config
from klimastep.inputs import read_sources
from klimastep.recipe.bench import Bench, with_all_columns
from klimastep.recipe.stock import buildings as make_buildings
from klimastep.rundir import Recorder
from klimastep.tables import BUILDINGS

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "tests" / "plans" / "mierendorff.yaml"
PLAN_DATA = "../../../shared/data/"
FILES = {
    "Berlin, Mierendorff clips": ("mierendorff/lod2", "EPSG:25833"),
    "NRW village tile": ("nrw_lod2/LoD2_32_280_5657_1_NW.gml", "EPSG:25832"),
    "Dresden clip": ("saxony_lod2/LoD2_33_416_5656_2_SN_BuildingPreferences_14_Buildings_original.gml", "EPSG:25833"),
}
ROOFS = {"1000": "flat", "2100": "shed", "3100": "gable", "3200": "hip", "3300": "hip", "3400": "mansard"}
MEASURED = ("volume_m3", "wall_area_m2", "roof_area_m2")
VARIANTS = {"eaves and ridge": {}, "ridge only": {"eaves_height_m": np.nan}}


def data_folder() -> Path:
    """Return the folder of the real geodata."""
    return Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))


@cache
def lod2(place: str) -> pd.DataFrame:
    """Return the buildings of an LoD2 file with what its surfaces say, and the plan area of their roofs."""
    path, crs = FILES[place]
    reading = sources.read("citygml", data_folder() / path, crs=crs)
    frame = with_all_columns(reading.tables["buildings"], BUILDINGS)
    roofs = reading.tables["roofs"]
    plan = (roofs["area_m2"] * np.cos(np.radians(roofs["tilt_deg"]))).groupby(roofs["building_id"]).sum()
    return cadastre.use(frame).assign(roof_plan_m2=plan, party_wall_area_m2=0.0)


def ratios(place: str, variant: str) -> pd.DataFrame:
    """Return footprint x height over LoD2 per building: gross volume, wall (with party walls) and roof."""
    measured = lod2(place)
    nothing = dict.fromkeys(MEASURED, np.nan)
    blank = measured.assign(**nothing, **VARIANTS[variant])
    blank["envelope_source"] = BUILDINGS["envelope_source"].cast([None] * len(blank), blank.index)
    computed = cadastre.envelope(blank)
    out = pd.DataFrame({c: computed[c] / measured[c].where(measured[c] > 0) for c in MEASURED})
    ground = measured["roof_plan_m2"] / computed["footprint_m2"]
    kind = measured["roof_type"].map(ROOFS).fillna("mixed, other")
    return out.assign(ground=ground, roof=kind, weight=computed["footprint_m2"])


def compared(place: str, variant: str) -> pd.DataFrame:
    """Return median and spread (10 to 90 %) of the ratios by roof type, with the ratio of the sums."""
    table = ratios(place, variant)
    groups = {"all": table, **dict(tuple(table.groupby("roof")))}
    rows = []
    for name, group in groups.items():
        row: dict[str, object] = {"place": place, "heights": variant, "roof": name, "n": len(group)}
        for column in (*MEASURED, "ground"):
            low, middle, high = group[column].quantile([0.1, 0.5, 0.9])
            row[column] = f"{middle:.2f} ({low:.2f}–{high:.2f})"
        rows.append(row)
    return pd.DataFrame(rows)


@cache
def mierendorff() -> pd.DataFrame:
    """Return the buildings of Mierendorffinsel with their envelope, without heat."""
    config = load_config(PLAN)
    moved = [
        s.model_copy(update={"path": s.path and str(data_folder() / s.path.removeprefix(PLAN_DATA))})
        for s in config.sources
    ]
    config = Config(**{**config.model_dump(by_alias=True), "sources": [s.model_dump() for s in moved]})
    bench = Bench(config, Recorder())
    make_buildings(bench, read_sources(config, PLAN.parent, bench.recorder))
    return bench.tables["buildings"]


def coverage(stock: pd.DataFrame) -> pd.DataFrame:
    """Return for each quantity how many buildings and how much footprint know it, its sum and its median."""
    footprint = stock["footprint_m2"]
    rows = {}
    for name in ("footprint_m2", "volume_m3", "wall_area_m2", "party_wall_area_m2", "roof_area_m2", "floor_area_m2"):
        values = stock[name]
        rows[name] = {
            "known": int(values.notna().sum()),
            "of": len(stock),
            "share of footprint": f"{footprint[values.notna()].sum() / footprint.sum():.3f}",
            "sum": f"{values.sum():,.0f}",
            "median": f"{values.median():,.0f}",
        }
    return pd.DataFrame(rows).T


def markdown(table: pd.DataFrame, index: bool = False) -> str:
    """Return a table as Markdown."""
    shown = table.reset_index() if index else table
    lines = [shown.columns.astype(str).tolist(), ["---"] * shown.shape[1], *shown.astype("str").to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buildings", action="store_true", help="print every building of Mierendorffinsel")
    wanted = parser.parse_args()
    tables = pd.concat([compared(place, variant) for place in FILES for variant in VARIANTS])
    stock = mierendorff()
    by_source = stock.groupby(stock["envelope_source"].astype("object").fillna("unknown"))["footprint_m2"]
    attached = stock.groupby("attachment", observed=False)["footprint_m2"].agg(["size", "sum"]).round(0)
    parts = [
        markdown(tables),
        markdown(coverage(stock), index=True),
        markdown(by_source.agg(["size", "sum"]).round(0), index=True),
        markdown(attached, index=True),
    ]
    if wanted.buildings:
        columns = ["footprint_m2", "volume_m3", "wall_area_m2", "party_wall_area_m2", "roof_area_m2", "attachment"]
        parts.append(stock[[*columns, "envelope_source"]].round(1).to_string())
    sys.stdout.write("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
