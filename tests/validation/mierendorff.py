"""Berlin-Mierendorffinsel: computed beside metered heat per block, 2020 and 2021, as Markdown tables.

Run ``python tests/validation/mierendorff.py`` with the real geodata in ../shared/data or KLIMASTEP_TESTDATA.
Nothing is fitted: the only numbers from the meters are those that are compared.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from klimastep import heat
from klimastep.cadastre import KNOWN_YEAR
from klimastep.config import Config, load_config
from klimastep.heat.meters import HEAT_CARRIERS, Empty, Scores
from klimastep.plan import compute
from klimastep.reference import load
from klimastep.rundir import Recorder

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "tests" / "plans" / "mierendorff.yaml"
PLAN_DATA = "../../../shared/data/"
YEARS = (2020, 2021)
LISTED = (
    "020023", "020027", "020030", "020036", "020037", "020039", "020040",
    "020041", "020042", "020043", "020044", "020045", "020050", "020051",
    "020052", "020057", "020670", "020672", "020673", "020691", "021061",
)  # fmt: skip
ONLY_IN_2020 = ("020023",)  # its district heat is missing in 2021
BROKEN_FOOTPRINTS = ("020030", "020691", "021061")  # one polygon for a block; a quarter of the block covered
SCHOOL_AND_HOTEL = ("020670", "020672")
RESIDENTIAL_SHARE = 0.8
COVERED_SHARE = 0.8
PITCHED_DEG = 15.0
SELECTIONS = {
    "all blocks": "",
    "all, coverage ≥ 80 %": "covered",
    "residential blocks": "residential",
    "residential, coverage ≥ 80 %": "residential covered",
    "listed blocks": "listed",
    "listed, without 020030, 020691, 021061": "listed whole",
}
THREE_WAYS: tuple[tuple[str, str, Empty], ...] = (
    ("listed blocks", "listed", "unknown"),
    ("listed blocks", "listed", "not_connected"),
    ("listed, without 020030, 020691, 021061", "listed whole", "unknown"),
)
WITHOUT_SCHOOL: tuple[tuple[str, str, Empty], ...] = (
    ("listed, without 020670, 020672 (school, hotel)", "listed homes", "unknown"),
    ("listed, without these five", "listed whole homes", "unknown"),
)
Storeys = Literal["eaves", "delivered", "atlas"]
People = Literal["national", "berlin", "none"]
BERLIN_PER_HEAD_M2 = 39.0  # 2015 to 2020, statistical office as the press gives it; in no plan, a row of its own


class Variant(NamedTuple):
    """What is changed against the plan: where storeys come from, whether decade counts are read, area per head."""

    storeys: Storeys = "eaves"
    age_counts: bool = True
    people: People = "national"


AS_PLANNED = Variant()
GEOMETRY_ALONE = Variant(people="none")
FLOOR_AREAS = {
    "geometry alone": GEOMETRY_ALONE,
    "geometry and people (plan)": AS_PLANNED,
    "geometry and people, 39 m² a head": Variant(people="berlin"),
}


def data_folder() -> Path:
    """Return the folder of the real geodata."""
    return Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))


def plan_of(year: int, variant: Variant = AS_PLANNED) -> Config:
    """Return the plan with the weather of a year."""
    config = load_config(PLAN)
    sources = []
    for source in config.sources:
        if source.reader == "age_counts" and not variant.age_counts:
            continue
        path = source.path and str(data_folder() / source.path.removeprefix(PLAN_DATA))
        options = dict(source.options)
        if source.reader == "weather_epw":
            path = path.replace("_2021.epw", f"_{year}.epw")
        if "alkis_function" in options.get("columns", {}).values() and variant.storeys != "eaves":
            options["columns"] = options["columns"] | {"storeys": "storeys_above_ground"}
        if "residents" in options.get("columns", {}):
            options["columns"] = {"residents": f"ew{year}"}
        sources.append(source.model_copy(update={"path": path, "options": options}))
    own = {"floor_area_from_people": variant.people != "none"}
    if variant.people == "berlin":
        own["living_area_per_head_m2"] = BERLIN_PER_HEAD_M2
    stock = config.stock.model_copy(update=own)
    return config.model_copy(update={"sources": tuple(sources), "stock": stock})


@cache
def district(year: int, variant: Variant = AS_PLANNED) -> dict[str, pd.DataFrame]:
    """Return the tables of a run for a year.

    Storeys "atlas": delivered storeys, at most what the structure type of the block names; heat and area go with
    the storeys, which is a rough answer to a rough question.
    """
    tables = compute(plan_of(year, variant), PLAN.parent, Recorder()).tables
    if variant.storeys != "atlas":
        return tables
    buildings = tables["buildings"]
    most = buildings["block_id"].map(atlas_storeys()["most"])
    lower = np.minimum(buildings["storeys"], most.fillna(np.inf)) / buildings["storeys"]
    scaled = {
        c: buildings[c] * lower.fillna(1.0)
        for c in ("expected_heat_kwh_a", "space_heat_kwh_a", "hot_water_kwh_a", "floor_area_m2")
    }
    return tables | {"buildings": buildings.assign(**scaled, storeys=buildings["storeys"] * lower)}


@cache
def atlas() -> pd.DataFrame:
    """Return the row of each block in the district's table: residents, structure type of the Umweltatlas."""
    table = pd.read_csv(data_folder() / "mierendorff" / "DistrictLevelData_2020_2021.csv", dtype={"blknr": "str"})
    return table.assign(block_id=table["blknr"].str.zfill(6)).drop_duplicates("block_id").set_index("block_id")


def atlas_storeys() -> pd.DataFrame:
    """Return the storeys that the structure type names, ``fewest`` and ``most``; blocks without are left out."""
    words = atlas()["typklar"].dropna().str.extract(r"(\d)(?:[–-](\d))?-geschossig")
    fewest, most = words[0].astype("float64"), words[1].astype("float64")
    return pd.DataFrame({"fewest": fewest, "most": most.fillna(fewest)}).dropna()


def blocks(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what is expected per block, with what decides on the selections."""
    buildings = tables["buildings"]
    sums = buildings.groupby("block_id")[
        ["expected_heat_kwh_a", "space_heat_kwh_a", "hot_water_kwh_a", "floor_area_m2", "footprint_m2"]
    ].sum(min_count=1)
    homes = buildings[buildings["use_class"].isin(["residential", "mixed"])].groupby("block_id")["floor_area_m2"].sum()
    weight = buildings["footprint_m2"].where(buildings["storeys"].notna())
    storeys = (buildings["storeys"] * weight).groupby(buildings["block_id"]).sum()
    return sums.assign(
        residential_share=homes / sums["floor_area_m2"].where(sums["floor_area_m2"] > 0),
        storeys=storeys / weight.groupby(buildings["block_id"]).sum(),
        covered_share=tables["blocks"]["known_footprint_share"],
    )


def compared(year: int, empty: Empty = "unknown", variant: Variant = AS_PLANNED) -> pd.DataFrame:
    """Return computed and metered useful heat of all blocks of a year, with the reason why one is left out."""
    tables = district(year, variant)
    per_block = blocks(tables)
    out = heat.compare_blocks(per_block, tables["meters"], empty=empty)
    out = out[out["year"] == year].set_index("unit_id")
    meters = tables["meters"][(tables["meters"]["year"] == year) & tables["meters"]["carrier"].isin(HEAT_CARRIERS)]
    out["billed_kwh_a"] = meters.groupby("unit_id")["energy_kwh_a"].sum(min_count=1)
    return out.join(per_block.drop(columns="expected_heat_kwh_a")).rename_axis("unit_id")


def chosen(table: pd.DataFrame, year: int, selection: str) -> pd.DataFrame:
    """Return the blocks of a selection: words out of covered, residential, listed, whole."""
    keep = pd.Series(True, index=table.index)
    if "covered" in selection:
        keep &= table["covered_share"] >= COVERED_SHARE
    if "residential" in selection:
        keep &= table["residential_share"] >= RESIDENTIAL_SHARE
    if "listed" in selection:
        keep &= table.index.isin([b for b in LISTED if year == YEARS[0] or b not in ONLY_IN_2020])
    if "whole" in selection:
        keep &= ~table.index.isin(BROKEN_FOOTPRINTS)
    if "homes" in selection:
        keep &= ~table.index.isin(SCHOOL_AND_HOTEL)
    return table[keep]


def baseline(table: pd.DataFrame) -> Scores:
    """Return the scores of one constant times the reference area; the constant makes the sums equal."""
    used = table[table["left_out"] == ""]
    constant = used["metered_kwh_a"].sum() / used["floor_area_m2"].sum()
    return heat.scores(table.assign(expected_kwh_a=table["floor_area_m2"] * constant))


def score_rows(year: int, variant: Variant = AS_PLANNED) -> Iterator[tuple[str, Empty, Scores, Scores, float]]:
    """Yield selection, reading of empty cells, scores, baseline and the ratio to the energy as billed."""
    for name, selection in SELECTIONS.items():
        for empty in ("unknown", "not_connected"):
            table = chosen(compared(year, empty, variant), year, selection)
            used = table[table["left_out"] == ""]
            yield (
                name,
                empty,
                heat.scores(table),
                baseline(table),
                used["expected_kwh_a"].sum() / used["billed_kwh_a"].sum(),
            )


def markdown(head: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table; numbers right-aligned."""
    lines = [head, ["---" if i == 0 else "--:" for i in range(len(head))], *rows]
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in lines) + "\n"


def score_table(year: int, variant: Variant = AS_PLANNED) -> str:
    """Return the scores of all selections of a year."""
    head = ["blocks", "empty cell", "n", "sum ratio", "median ratio", "correlation", "CV(RMSE)", "CV scaled"]
    head += ["area: correlation", "area: CV", "sum / billed"]
    rows: list[list[object]] = [
        [
            name,
            empty.replace("_", " "),
            s.units,
            *(f"{v:.2f}" for v in s[1:]),
            f"{b.correlation:.2f}",
            f"{b.cv_rmse:.2f}",
            f"{billed:.2f}",
        ]
        for name, empty, s, b, billed in score_rows(year, variant)
    ]
    return markdown(head, rows)


def variant_table() -> str:
    """Return the listed blocks under other inputs: storeys and years."""
    variants = {
        "eaves height / storey height of the age, decade counts": GEOMETRY_ALONE,
        "one default year per block instead of decade counts": Variant(age_counts=False, people="none"),
        "storeys_above_ground as delivered": Variant("delivered", people="none"),
        "as delivered, at most the Umweltatlas's storeys": Variant("atlas", people="none"),
    }
    rows: list[list[object]] = []
    for name, variant in variants.items():
        for year in YEARS:
            table = chosen(compared(year, "unknown", variant), year, "listed whole")
            s = heat.scores(table)
            rows.append([name, year, s.units, *(f"{v:.2f}" for v in s[1:]), f"{per_head(table, year):.0f}"])
    head = ["input", "year", "n", "sum ratio", "median ratio", "correlation", "CV(RMSE)", "CV scaled", "m²/head"]
    return markdown(head, rows)


def per_head(table: pd.DataFrame, year: int) -> float:
    """Return the living area per head of the compared blocks, other uses counted too. [m²]"""
    used = table[table["left_out"] == ""]
    heads = atlas()[f"ew{year}"].reindex(used.index).sum()
    return float(used["floor_area_m2"].sum() / reference_per_living_area() / heads)


def people_table() -> str:
    """Return the listed blocks with floor areas by geometry alone, with people, and with Berlin's area per head."""
    rows: list[list[object]] = []
    for label, selection, empty in (*THREE_WAYS, *WITHOUT_SCHOOL):
        for year in YEARS:
            for name, variant in FLOOR_AREAS.items():
                table = chosen(compared(year, empty, variant), year, selection)
                s, b = heat.scores(table), baseline(table)
                rows.append(
                    [label, empty.replace("_", " "), year, name, s.units, *(f"{v:.2f}" for v in s[1:])]
                    + [f"{b.correlation:.2f}", f"{b.cv_rmse:.2f}", f"{per_head(table, year):.0f}"]
                )
    head = ["blocks", "empty cell", "year", "floor area", "n", "sum ratio", "median ratio", "correlation", "CV(RMSE)"]
    return markdown([*head, "CV scaled", "area: correlation", "area: CV", "m²/head"], rows)


def billed_table() -> str:
    """Return useful heat over the energy as billed, as other models were compared, for the listed blocks."""
    rows: list[list[object]] = []
    for year in YEARS:
        table = chosen(compared(year), year, "listed")
        used = table[table["left_out"] == ""]
        s = heat.scores(table.assign(metered_kwh_a=table["billed_kwh_a"]))
        per_billed = used["metered_kwh_a"].sum() / used["billed_kwh_a"].sum()
        rows.append([year, s.units, *(f"{v:.2f}" for v in s[1:]), f"{per_billed:.3f}"])
    head = ["year", "n", "sum ratio", "median ratio", "correlation", "CV(RMSE)", "CV scaled"]
    return markdown([*head, "metered useful per billed"], rows)


def reference_per_living_area() -> float:
    """Return A_C,ref per living area. [1]"""
    table = load("heat_boundary")
    return float(table.loc[table["name"] == "reference_per_living_area", "value"].iloc[0])


def storeys_table() -> str:
    """Return storeys of the blocks whose structure type names them: delivered, from the eaves, and named."""
    named = atlas_storeys()
    delivered = blocks(district(2021, Variant("delivered", people="none")))["storeys"]
    eaves = blocks(district(2021))["storeys"]
    table = pd.DataFrame({"delivered": delivered, "eaves": eaves}).join(named, how="inner").dropna()
    table["type"] = atlas()["typklar"].str.replace(r",? ?\d(?:[–-]\d)?-geschossig", "", regex=True)
    rows: list[list[object]] = [
        [
            re.sub(r"\s+", " ", str(name)),
            len(group),
            "–".join(dict.fromkeys(f"{group[end].iloc[0]:.0f}" for end in ("fewest", "most"))),
            f"{group['delivered'].median():.1f}",
            f"{group['eaves'].median():.1f}",
        ]
        for name, group in table.groupby("type")
    ]
    return markdown(["structure type", "blocks", "named", "delivered (median)", "from the eaves (median)"], rows)


def facts_table() -> str:
    """Return single figures: response to the weather, age, uses, parts, roofs."""
    first, last = (chosen(compared(y), y, "listed whole") for y in YEARS)
    both = first.index[first["left_out"] == ""].intersection(last.index[last["left_out"] == ""])
    rise = {n: last.loc[both, n].sum() / first.loc[both, n].sum() - 1 for n in ("expected_kwh_a", "metered_kwh_a")}
    per_area = [t.loc[both, "metered_kwh_a"].sum() / t.loc[both, "floor_area_m2"].sum() for t in (first, last)]
    single = chosen(compared(2021, variant=Variant(age_counts=False)), 2021, "listed whole")
    change = (single["expected_kwh_a"] / last["expected_kwh_a"] - 1)[last["left_out"] == ""]
    counted, dated = (district(2021, Variant(age_counts=c))["buildings"] for c in (True, False))
    listed = counted["block_id"].isin(LISTED)
    shares = [c for c in counted if c.startswith("p_age_")]
    given = counted["year_built"].where(counted["year_built_source"] != "estimated")
    known = counted.loc[given.notna(), "year_built_source"].isin(KNOWN_YEAR).mean()
    homes = counted[counted["use_class"] == "residential"]
    small = homes["size_class"].isin(["SFH", "TH"])
    by_use = counted.groupby("use_class", observed=True)[["expected_heat_kwh_a", "floor_area_m2"]].sum()
    per_use = by_use["expected_heat_kwh_a"] / by_use["floor_area_m2"]
    loose = compared(2021, "not_connected")["ratio"]
    roofs = pd.read_csv(data_folder() / "mierendorff" / "roof_surfaces.csv")
    pitched = roofs[roofs["tilt_deg"] >= PITCHED_DEG]["azimuth_deg"]
    rows: list[list[object]] = [
        [f"{len(both)} listed blocks with both years: metered 2021 over 2020", f"{100 * rise['metered_kwh_a']:+.1f} %"],
        ["the same, computed", f"{100 * rise['expected_kwh_a']:+.1f} %"],
        ["metered useful heat per computed m², 2020 and 2021", " and ".join(f"{v:.0f} kWh/m²" for v in per_area)],
        ["020029 and 020059 read as not connected: ratio", f"{loose['020029']:.0f} and {loose['020059']:.0f}"],
        [
            "likeliest age class of the listed blocks' buildings, mean",
            f"{counted.loc[listed, shares].max(axis=1).mean():.2f}",
        ],
        ["years in the files, and of them knowledge", f"{given.notna().sum()}, {100 * known:.0f} %"],
        [
            "buildings and parts with class probabilities from decade counts",
            f"{counted[shares].max(axis=1).between(0, 1 - 1e-9, inclusive='neither').sum()} of {len(counted)}",
        ],
        ["until 1978 by decade counts", f"{100 * counted.loc[listed, 'built_before_1979_share'].mean():.0f} %"],
        [
            "until 1978 by one default year per block",
            f"{100 * dated.loc[listed, 'built_before_1979_share'].mean():.0f} %",
        ],
        [
            "largest change of a block by the default years",
            f"{change.abs().idxmax()}: {100 * change[change.abs().idxmax()]:+.0f} %",
        ],
        ["education and hotels, useful heat", f"{per_use['education']:.0f} and {per_use['hotel']:.0f} kWh/m²"],
        ["residential parts typed as SFH or TH", f"{small.sum()} of {len(homes)}"],
        [
            "their share of the residential heat",
            f"{100 * homes.loc[small, 'expected_heat_kwh_a'].sum() / homes['expected_heat_kwh_a'].sum():.0f} %",
        ],
        ["roof planes of 15° or more: count, azimuths", f"{len(pitched)}, {pitched.min():.0f} to {pitched.max():.0f}°"],
        ["smallest roof plane", f"{roofs['area_m2'].min():.0f} m²"],
    ]
    return markdown(["figure", "value"], rows)


def block_table(year: int) -> str:
    """Return the listed blocks one by one, the worst first."""
    table = chosen(compared(year, "not_connected"), year, "listed")
    strict = compared(year, "unknown")["left_out"]
    table = table[table["left_out"] == ""].sort_values("ratio", key=lambda r: -np.abs(np.log(r)))
    factor = district(year)["blocks"]["floor_area_factor"]
    heads = atlas()[f"ew{year}"].reindex(table.index)
    rows: list[list[object]] = [
        [
            block,
            f"{row['expected_kwh_a'] / 1e3:.0f}",
            f"{row['metered_kwh_a'] / 1e3:.0f}",
            f"{row['ratio']:.2f}",
            f"{row['expected_kwh_a'] / row['floor_area_m2']:.0f}",
            f"{row['metered_kwh_a'] / row['floor_area_m2']:.0f}",
            f"{row['floor_area_m2'] / reference_per_living_area() / heads[block]:.0f}" if heads[block] > 0 else "–",
            f"{factor[block]:.2f}",
            f"{100 * row['residential_share']:.0f} %",
            f"{100 * row['covered_share']:.0f} %",
            strict[block].replace("_", " "),
        ]
        for block, row in table.iterrows()
    ]
    head = ["block", "computed MWh", "metered MWh", "ratio", "kWh/m²", "metered kWh/m²", "m²/head"]
    return markdown([*head, "factor", "homes", "covered", "if unknown"], rows)


def left_out_table(empty: Empty) -> str:
    """Return how many blocks each rule leaves out, and which, per year."""
    rows: list[list[object]] = []
    for year in YEARS:
        table = compared(year, empty)
        for reason, group in table.groupby("left_out"):
            name = str(reason).replace("_", " ") or "compared"
            rows.append([year, name, len(group), ", ".join(group.index)])
    return markdown(["year", "rule", "blocks", "which"], rows)


def retrofit_table(year: int = 2021) -> str:
    """Return what refurbishment saves and costs in the whole district, and of its zones per euro."""
    tables = district(year)
    names = ["expected_heat_kwh_a", "heat_saving_kwh_a", "demand_saving_kwh_a", "co2_kg_a", "co2_saving_kg_a"]
    names += ["retrofit_cost_eur", "retrofit_extra_cost_eur", "floor_area_m2"]
    rows: list[list[object]] = [[name, f"{tables['buildings'][name].sum():,.0f}"] for name in names]
    per_eur = tables["zones"]["saving_kwh_per_eur"]
    rows.append(["saving_kwh_per_eur of zones", f"{per_eur.min():.2f} to {per_eur.max():.2f}"])
    rows.append(["buildings of mixed use", int((tables["buildings"]["use_class"] == "mixed").sum())])
    return markdown(["sum", str(year)], rows)


def report() -> str:
    """Return all tables."""
    parts = []
    for year in YEARS:
        parts += [f"### {year}\n", score_table(year)]
    parts += ["### Floor area by geometry and by people\n", people_table()]
    parts += ["### Useful heat over energy as billed, listed blocks\n", billed_table()]
    parts += ["### Storeys and years, geometry alone\n", variant_table(), storeys_table()]
    parts += ["### Single figures\n", facts_table()]
    parts += ["### Refurbishment, 2021\n", retrofit_table()]
    parts += ["### Block by block, 2021\n", block_table(2021)]
    for empty in ("unknown", "not_connected"):
        parts += [f"### Left out, an empty cell read as {empty.replace('_', ' ')}\n", left_out_table(empty)]
    return "\n".join(parts)


if __name__ == "__main__":
    logging.getLogger("klimastep").addHandler(logging.NullHandler())
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(report())
