"""Berlin-Mierendorffinsel: what meters teach about blocks whose meters are never seen, as Markdown tables.

Run ``python tests/validation/calibration.py [--picture FILE]`` with the real geodata in ../shared/data or
KLIMASTEP_TESTDATA; the picture of computed against metered heat shows a real place and is never committed. The
spreads that the calibration starts from are general (reference/calibration_prior.csv) and not of this district.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from validation import mierendorff as district

from klimastep import heat, weather
from klimastep.heat.meters import Empty
from klimastep.inputs import read_sources
from klimastep.rundir import Recorder

LEVEL = "block:"
BAND = 0.1
SELECTIONS = (("listed blocks", False), ("without 020030, 020691, 021061", True))


class Figures(NamedTuple):
    """Errors of a prediction: sum ratio, median ratio, correlation, CV(RMSE); share of meters in p10 to p90."""

    units: int
    sum_ratio: float
    median_ratio: float
    correlation: float
    cv_rmse: float
    covered_share: float
    pinball: float


def units(empty: Empty = "unknown", variant: district.Variant = district.AS_PLANNED) -> pd.DataFrame:
    """Return blocks and years with expected heat in the weather of the year, metered heat and shares."""
    tables = []
    for year in district.YEARS:
        found = district.district(year, variant)
        meters = found["meters"][found["meters"]["year"] == year]
        tables.append(heat.metered_units(found["buildings"], meters, empty=empty))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(block=table["unit_id"].str.removeprefix(LEVEL))


def from_year(table: pd.DataFrame, year: int, variant: district.Variant = district.AS_PLANNED) -> pd.DataFrame:
    """Return the other year of each block, predicted by a calibration on `year` alone, beside the baseline.

    The baseline is the metered heat of `year`, space heat moved by degree days (GTZ 20/15).
    """
    used = table[table["left_out"] == ""]
    seen, other = used[used["year"] == year], used[used["year"] != year]
    both = other[other["block"].isin(seen["block"])]
    last = seen.set_index("block").reindex(both["block"])
    days = degree_days()
    ratio = days[int(both["year"].iloc[0])] / days[year]
    water = district.blocks(district.district(year, variant))["hot_water_kwh_a"]
    base = weather.correct(last["metered_kwh_a"], 1.0, ratio, water.reindex(both["block"]).to_numpy())
    return heat.predicted(both, heat.learn(seen), BAND).assign(baseline_kwh_a=np.asarray(base))


def degree_days() -> dict[int, float]:
    """Return the degree days of both years (GTZ 20/15). [K·d]"""
    found = {}
    for year in district.YEARS:
        reading = read_sources(district.plan_of(year), district.PLAN.parent, Recorder()).weather
        assert reading is not None
        place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
        found[year] = weather.degree_days(weather.prepare(reading.tables["weather"], **place).daily_mean())
    return found


def figures(table: pd.DataFrame, column: str = "predicted_kwh_a") -> Figures:
    """Return the error figures of a prediction."""
    found, metered = table[column].to_numpy(), table["metered_kwh_a"].to_numpy()
    low, high = table["low_kwh_a"].to_numpy(), table["high_kwh_a"].to_numpy()
    loss = [np.maximum(q * (metered - v), (q - 1) * (metered - v)) for q, v in ((BAND, low), (1 - BAND, high))]
    return Figures(
        len(table),
        float(found.sum() / metered.sum()),
        float(np.median(found / metered)),
        float(np.corrcoef(found, metered)[0, 1]),
        float(np.sqrt(np.mean((found - metered) ** 2)) / metered.mean()),
        float(((metered >= low) & (metered <= high)).mean()),
        float(np.mean(loss) / metered.mean()),
    )


def listed(table: pd.DataFrame, whole: bool = False) -> pd.DataFrame:
    """Return the listed blocks: 020023 in 2020 only; `whole` without the three broken footprints."""
    keep = table["block"].isin(district.LISTED)
    keep &= ~(table["block"].isin(district.ONLY_IN_2020) & (table["year"] != district.YEARS[0]))
    if whole:
        keep &= ~table["block"].isin(district.BROKEN_FOOTPRINTS)
    return table[keep]


def held_back_rows(variant: district.Variant = district.AS_PLANNED) -> Iterator[list[object]]:
    """Yield the rows of the leave-one-block-out table."""
    empty: Empty
    for empty in ("unknown", "not_connected"):
        table = heat.held_back(units(empty, variant), BAND)
        for name, whole in SELECTIONS:
            chosen = listed(table, whole)
            for year in (*district.YEARS, "both"):
                f = figures(chosen if year == "both" else chosen[chosen["year"] == year])
                yield [
                    name, empty.replace("_", " "), year, f.units, *(f"{v:.2f}" for v in f[1:5]),
                    f"{100 * f.covered_share:.0f} %", f"{f.pinball:.3f}",
                ]  # fmt: skip


def other_year_rows(variant: district.Variant = district.AS_PLANNED) -> Iterator[list[object]]:
    """Yield the rows of the table year against year."""
    table = listed(units(variant=variant))
    for year in district.YEARS:
        predicted = from_year(table, year, variant)
        to = int(predicted["year"].iloc[0])
        for name, column in (("calibrated", "predicted_kwh_a"), ("last year x degree days", "baseline_kwh_a")):
            f = figures(predicted, column)
            yield [f"{year} to {to}", name, f.units, *(f"{v:.3f}" for v in f[1:5])]


def without_meters(table: pd.DataFrame) -> pd.DataFrame:
    """Return units with the expected heat as prediction and the band of the draws, as no meter were known."""
    names = [c.name for c in heat.BANDS]
    bands = [district.district(year)["blocks"][names].assign(year=year) for year in district.YEARS]
    known = pd.concat(bands).rename_axis("block").reset_index().astype({"block": "str"})
    own = table.merge(known, on=["block", "year"], how="left").set_axis(table.index)
    low, _, high = names
    return own.assign(predicted_kwh_a=own["expected_kwh_a"], low_kwh_a=own[low], high_kwh_a=own[high])


def drawn_rows() -> Iterator[list[object]]:
    """Yield the rows of the table of the bands that no meter has taught."""
    table = units()
    drawn = without_meters(table[table["left_out"] == ""])
    for name, whole in SELECTIONS:
        f = figures(listed(drawn, whole))
        yield [name, f.units, *(f"{v:.2f}" for v in f[1:5]), f"{100 * f.covered_share:.0f} %", f"{f.pinball:.3f}"]


def draw(file: Path) -> None:
    """Draw computed against metered heat of the listed blocks: without meters, and with those of other blocks."""
    sys.path.insert(0, str(district.ROOT / "notebooks"))
    import figures as fig

    table = listed(heat.held_back(units(), BAND))
    whole = ~table["block"].isin(district.BROKEN_FOOTPRINTS)
    place = "Berlin-Mierendorffinsel, Blöcke und Jahre 2020 und 2021; Geoportal Berlin, dl-de/by-2-0; klimastep"
    figure, panes = fig.panels(9, 4.9, place, 1, 2)
    titles = ("Ohne Zähler berechnet, mit Band aus Ziehungen", "Aus den Zählern anderer Blöcke gelernt")
    both = (without_meters(table), table)
    fig.against(panes, dict(zip(titles, both, strict=True)), whole, ("ganze Umrisse", "zerbrochene Umrisse"))
    figure.savefig(file, dpi=150)


def main() -> None:
    """Print all tables, and draw the picture where asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="where to draw computed against metered heat, outside the tree")
    file = parser.parse_args().picture
    if file is not None and file.resolve().is_relative_to(district.ROOT):
        parser.error("pictures of real places stay out of the repository: name a file elsewhere")
    logging.disable(logging.WARNING)
    head = ["sum ratio", "median ratio", "correlation", "CV(RMSE)"]
    blocks = ["blocks", "empty cell", "year", "n", *head, "meters in p10 to p90", "pinball loss"]
    out = [
        "### Without meters\n",
        district.markdown(["blocks", "n", *head, "meters in p10 to p90", "pinball loss"], list(drawn_rows())),
    ]
    for name, variant in district.FLOOR_AREAS.items():
        out += [
            f"### Leave one block out; floor area: {name}\n",
            district.markdown(blocks, list(held_back_rows(variant))),
            f"### One year from the other; floor area: {name}\n",
            district.markdown(["from, to", "prediction", "n", *head], list(other_year_rows(variant))),
        ]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write("\n".join(out))
    if file is not None:
        draw(file)


if __name__ == "__main__":
    main()
