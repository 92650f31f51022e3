"""The public edition of a finished run: blocks and zones, never single houses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from klimastep import export, rundir
from klimastep.contract import Catalogue
from klimastep.export.about import About
from klimastep.export.editions import allowed
from klimastep.rundir import Recorder, edition_folder

MIN_HEATED_BUILDINGS = 5
HEAT_MARKS = ("heat", "final", "saving", "metered", "hot_water")


def publish(folder: Path) -> list[Path]:
    """Write ``oeffentlich/`` beside ``intern/`` and return its files.

    Single houses, plots and meters stay inside; a block or zone with fewer than five heated buildings keeps
    its outline but not its heat, which would be that of single houses.

    Parameters
    ----------
    folder : Path
        Run folder or its internal edition.
    """
    intern = rundir.find_edition(folder)
    provenance = rundir.read_provenance(intern)
    about = replace(_about(provenance["about"]), edition="oeffentlich")
    catalogue = rundir.read_catalogue(intern)
    shown = allowed(rundir.read_tables(intern), about)
    tables, withheld = withhold(shown, catalogue)
    if withheld:
        least = MIN_HEATED_BUILDINGS
        de = f"{withheld} Gebiete mit weniger als {least} beheizten Gebäuden ohne Wärmewerte (Datenschutz)."
        en = f"{withheld} areas with fewer than {least} heated buildings without heat values (privacy)."
        about = replace(about, notes_de=(*about.notes_de, de), notes_en=(*about.notes_en, en))
    recorder = Recorder(inputs=provenance["inputs_sha256"])
    public = Catalogue({t.name: t for t in catalogue if t.name in tables})
    with edition_folder(intern.parent, "oeffentlich") as fresh:
        files = []
        for name in ("parquet", "geopackage", "web_map"):
            with recorder.step(f"export.{name}", sum(len(t) for t in tables.values())):
                files += [p.relative_to(fresh) for p in export.load(name).write(tables, public, fresh, about)]
        facts = {k: provenance[k] for k in ("name", "version", "made_on", "seed")} | {"about": vars(about)}
        rundir.write_records(fresh, recorder, public, facts, (intern / "plan.yaml").read_text(encoding="utf-8"))
    return [intern.parent / "oeffentlich" / f for f in files if f.suffix != ".parquet"]


def withhold(tables: Mapping[str, Any], catalogue: Catalogue) -> tuple[dict[str, Any], int]:
    """Return the tables with the heat of areas with too few buildings set to unknown, and how many areas."""
    out, count = {}, 0
    for name, table in tables.items():
        if "heated_count" not in table:
            out[name] = table
            continue
        few = table["heated_count"].between(1, MIN_HEATED_BUILDINGS - 1).fillna(False).astype(bool)
        count += int(few.sum())
        hidden = {c.name: table[c.name].mask(few) for c in catalogue[name].columns if _tells_heat(c.name, table)}
        out[name] = table.assign(**hidden)
    return out, count


def _tells_heat(name: str, table: pd.DataFrame) -> bool:
    return name in table and any(mark in name for mark in HEAT_MARKS) and name != "heated_count"


def _about(raw: Mapping[str, Any]) -> About:
    fields = dict(raw)
    for key in ("attribution", "notes_de", "notes_en"):
        fields[key] = tuple(fields[key])
    fields["weights"] = tuple((n, w) for n, w in fields["weights"])
    return About(**fields)
