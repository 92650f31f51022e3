"""The quality report of a stock: its tables and records, for :mod:`klimastep.export.quality_report`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from klimastep import cadastre
from klimastep.contract import Catalogue
from klimastep.inputs import Inputs
from klimastep.recipe.bench import Bench

LEVELS = ("districts", "blocks", "zones")
GROUND = ("boundary", "water", "green", "streets")
PRIVATE = frozenset(("meters", "heaters", "pv_units"))  # rows that may be those of a person


@dataclass(frozen=True)
class Report:
    """What the quality report shows: layers and tables with their declarations, and records without one."""

    tables: dict[str, Any]
    catalogue: Catalogue
    records: dict[str, Any]


def quality(bench: Bench, inputs: Inputs) -> Report:
    """Return the quality report of the stock on the bench."""
    buildings, findings = bench.tables["buildings"], bench.recorder.findings
    with bench.recorder.step("cadastre.quality", len(buildings)):
        levels = [name for name in LEVELS if name in inputs.tables and f"{name[:-1]}_id" in buildings]
        spots = cadastre.spots(buildings, findings, [f"{name[:-1]}_id" for name in levels[:1]])
        tables = {
            "spots": spots,
            **{f"coverage_{name}": cadastre.area_coverage(buildings, inputs.tables[name], name) for name in levels},
            "coverage": cadastre.coverage(buildings),
            "improvements": cadastre.improvements(buildings),
            "summary": cadastre.summary(buildings, inputs.readings, cadastre.contradicted(spots)),
        }
        declared = (cadastre.SPOTS, cadastre.COVERAGE, cadastre.IMPROVEMENTS, cadastre.SUMMARY)
        catalogue = Catalogue({t.name: t for t in (*declared, *(cadastre.AREA_COVERAGE[n] for n in levels))})
        for name in (n for n in GROUND if n in inputs.tables):
            tables[name] = inputs.tables[name]
            catalogue = catalogue.adding(inputs.declared[name], ())
        private = {r.source for r in inputs.readings if PRIVATE & set(r.tables)}
        records = {
            "sources": cadastre.source_table(inputs.readings).to_dict("records"),
            "oddities": cadastre.oddities(spots, findings, private),
            "counts": cadastre.counts(buildings),
        }
    return Report(tables, catalogue, records)
