"""The recipe: which step after which, read top to bottom."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import yaml

from klimastep import __version__, export, rundir, weather
from klimastep.config import Config, load_config
from klimastep.contract import Catalogue
from klimastep.export import quality_report
from klimastep.export.about import About
from klimastep.inputs import Inputs, read_sources
from klimastep.notes import ON_OUTPUTS, clock_finding, far_finding, notes
from klimastep.recipe.bench import Bench
from klimastep.recipe.climate import climate
from klimastep.recipe.heat import calibrate, cells, heat, load_curves, metered, network_loads, places, spread
from klimastep.recipe.heat_notes import assumption_notes, band_notes, calibration_notes, census_notes
from klimastep.recipe.quality import Report, quality
from klimastep.recipe.solar import solar
from klimastep.recipe.solar_notes import solar_notes
from klimastep.recipe.solar_use import solar_areas, solar_use
from klimastep.recipe.stock import buildings, stock
from klimastep.recipe.zones import zones
from klimastep.rundir import Progress, Recorder, edition_folder
from klimastep.zones import indicators

GROUNDS = {"water", "green", "streets", "rail", "land_use"}
CONTEXT_REACH_M = 1000.0
LABELS = {"pruefung.html": "Prüfbericht", ".html": "Karte", ".gpkg": "GeoPackage"}
REPORT = "pruefung"
CONTEXT = (
    "boundary",
    "water",
    "green",
    "streets",
    "rail",
    "parcels",
    "land_use",
    "monuments",
    "meters",
    "heaters",
    "public_buildings",
    "network_lines",
    "points",
    "areas",
    "pv_units",
    "pv_sites",
    "charging",
    "stops",
)


@dataclass(frozen=True)
class Result:
    """A finished run."""

    tables: Mapping[str, pd.DataFrame]
    catalogue: Catalogue
    folder: Path
    files: tuple[Path, ...]
    recorder: Recorder

    def summary(self) -> list[str]:
        """Return what to tell at the end: counts, findings, files."""
        counts = ", ".join(f"{len(t)} {self.catalogue[n].label_de}" for n, t in self.tables.items())
        oddities = len([f for f in self.recorder.findings if f.severity != "note"])
        seconds = sum(s["seconds"] for s in self.recorder.steps)
        return [
            counts,
            f"{oddities} Auffälligkeiten: {self.folder / 'checks.json'}",
            *(f"{LABELS.get(f.name) or LABELS[f.suffix]}: {f}" for f in self.files),
            f"fertig in {seconds:.1f} s",
        ]


def run(path: Path, maps: Path, progress: Progress = lambda _text: None) -> Result:
    """Run a plan file: read, model, rank, write.

    Parameters
    ----------
    path : Path
        Plan file.
    maps : Path
        Folder of the run folders.
    progress : callable
        Called with the name of each step as it begins.
    """
    config = load_config(path)
    writers = {name: export.load(name) for name in config.exports}
    for name in config.zones.weights:
        indicators.load(name)
    recorder = Recorder(progress)
    with edition_folder(maps / config.name, "intern") as folder:
        bench, report = _computed(config, path.parent, recorder)
        about = about_run(config, bench)
        files = [
            file.relative_to(folder)
            for name, writer in ({"parquet": export.load("parquet")} | writers).items()
            for file in _write(name, writer, bench, folder, about)
        ]
        if report is not None:
            files += [f.relative_to(folder) for f in _report(report, bench, folder, about, "pruefung")]
        facts = {"name": config.name, "version": __version__, "made_on": about.made_on, "seed": config.seed}
        facts["weather"] = recorder.totals["weather"]
        plan_text = yaml.safe_dump(config.model_dump(mode="json", by_alias=True), allow_unicode=True, sort_keys=False)
        rundir.write_records(folder, recorder, bench.catalogue, facts | {"about": vars(about)}, plan_text)
    target = maps / config.name / "intern"
    shown = tuple(target / f for f in files if f.suffix in LABELS and f.name not in quality_report.BESIDE)
    return Result(bench.tables, bench.catalogue, target, shown, recorder)


def check(
    path: Path, progress: Progress = lambda _text: None, maps: Path | None = None
) -> tuple[Inputs, Recorder, tuple[Path, ...]]:
    """Read and validate the inputs of a plan and report on the building stock; compute no heat.

    Parameters
    ----------
    path : Path
        Plan file.
    progress : callable
        Called with the name of each step as it begins.
    maps : Path, optional
        Folder of the run folders; the report goes to ``<maps>/<name>/pruefung``. Nothing is written without it.
    """
    config = load_config(path)
    for name in config.exports:
        export.load(name)
    for name in config.zones.weights:
        indicators.load(name)
    recorder = Recorder(progress)
    inputs = read_sources(config, path.parent, recorder)
    if maps is None or not inputs.buildings:
        return inputs, recorder, ()
    with edition_folder(maps / config.name, REPORT) as folder:
        bench = Bench(config, recorder)
        buildings(bench, inputs)
        recorder.totals |= {"notes_de": [], "notes_en": [], "attribution": list(inputs.attribution)}
        written = _report(quality(bench, inputs), bench, folder, about_run(config, bench), "index")
    target = maps / config.name / REPORT
    return inputs, recorder, tuple(target / f.name for f in written if f.name not in quality_report.BESIDE)


def compute(config: Config, base: Path, recorder: Recorder) -> Bench:
    """Return the tables of a plan, all steps done."""
    return _computed(config, base, recorder)[0]


def _computed(config: Config, base: Path, recorder: Recorder) -> tuple[Bench, Report | None]:
    bench, report = Bench(config, recorder), None
    inputs = read_sources(config, base, recorder)
    for name in CONTEXT:
        if name in inputs.tables:
            bench.put(name, inputs.tables[name], declared=inputs.declared[name])
    year, scaled, named = climate(inputs, config, recorder)
    shift = config.weather.shift_monthly_k
    if shift is not None:
        year = weather.shift_monthly(year, shift)
    season = weather.heating_season(year, config.heat.heating_base_degc)
    if inputs.buildings:
        stock(bench, inputs)
        report = quality(bench, inputs)
        heat(bench, season, year)
        calibrate(bench, inputs, year)
        places(bench)
        solar(bench, year, inputs.tables.get("surface_tiles"))
        solar_use(bench, inputs, year)
        zones(bench, inputs)
        spread(bench, season)
        metered(bench)
        network_loads(bench)
        solar_areas(bench, year, load_curves(bench, year))
    elif "cells" in inputs.tables:
        cells(bench, inputs.tables["cells"], season, year)
    _near_only(bench, bench.tables["buildings" if inputs.buildings else "cells"])
    recorder.totals["weather"] = {
        "source": inputs.weather.source if inputs.weather else None,
        "name": year.name,
        "sun_offset_min": round(year.sun_offset_min, 1),
        **season._asdict(),
    }
    recorder.note(clock_finding(year))
    level = recorder.totals.get("zone_level", "")
    told = notes(
        bench.tables, year, season, config.synthetic, config.heat.default_carrier, level, scaled, _past(inputs)
    )
    de, en = _with_details(bench, told, bool(inputs.buildings))
    recorder.totals |= {"notes_de": de, "notes_en": en, "attribution": [*inputs.attribution, *named]}
    return bench, report


def _with_details(bench: Bench, told: tuple[list[str], list[str]], has_buildings: bool) -> tuple[list[str], list[str]]:
    """Return the notes with what the steps have left on record, German and English."""
    settings, totals = bench.config.heat, bench.recorder.totals
    before, after = [], []
    if "census" in totals:
        assumed = totals["assumed_carrier_share"]
        before.append(census_notes(totals["census"], settings.default_carrier, assumed))
    if "expected_heat_kwh_a" in totals:
        after.append(band_notes(totals["expected_heat_kwh_a"], "census" in totals))
    if "calibration" in totals:
        after.append(calibration_notes(totals["calibration"]))
    if "solar" in totals:
        after.append(solar_notes(totals["solar"]))
    after += [([f.text_de], [f.text_en]) for f in bench.recorder.findings if f.kind in ON_OUTPUTS]
    after.append(assumption_notes(settings, bench.config.weather.shift_monthly_k, has_buildings))
    both = [*before, told, *after]
    return [n for de, _ in both for n in de], [n for _, en in both for n in en]


def _past(inputs: Inputs) -> bool:
    """Return whether the weather file stands for the mean climate of past decades."""
    return inputs.weather is not None and bool(inputs.weather.facts.get("past_mean_year"))


def _near_only(bench: Bench, subject: gpd.GeoDataFrame) -> None:
    """Leave the streets and grounds of other places out of the outputs."""
    around = shapely.box(*subject.total_bounds).buffer(CONTEXT_REACH_M)
    for name in sorted(GROUNDS & bench.tables.keys()):
        frame = bench.tables[name]
        near = frame.geometry.intersects(around)
        bench.recorder.note(far_finding(frame.index[~near], bench.catalogue[name]))
        if near.any():
            bench.tables[name] = frame[near]
        else:
            del bench.tables[name]


def about_run(config: Config, bench: Bench, edition: Any = "intern") -> About:
    """Return what stands on every output of this run."""
    totals = bench.recorder.totals
    return About(
        name=config.name,
        title_de=config.title_de,
        title_en=config.title_en or config.title_de,
        synthetic=config.synthetic,
        edition=edition,
        version=__version__,
        made_on=datetime.date.today().isoformat(),
        crs=config.crs,
        attribution=tuple(totals["attribution"]),
        notes_de=tuple(totals["notes_de"]),
        notes_en=tuple(totals["notes_en"]),
        weights=tuple(config.zones.weights.items()),
        zone_level=totals.get("zone_level", ""),
    )


def _write(name: str, writer: Any, bench: Bench, folder: Path, about: About) -> list[Path]:
    with bench.recorder.step(f"export.{name}", sum(len(t) for t in bench.tables.values())):
        return list(writer.write(bench.tables, bench.catalogue, folder, about))


def _report(report: Report, bench: Bench, folder: Path, about: About, stem: str) -> list[Path]:
    with bench.recorder.step("export.quality_report", len(report.tables["spots"])):
        return quality_report.write(report.tables, report.catalogue, folder, about, report.records, stem)
