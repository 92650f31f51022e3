"""The recipe: which step after which, read top to bottom."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import yaml

from klimastep import __version__, cadastre, export, heat, rundir, solar, weather, zones
from klimastep.config import Config, load_config
from klimastep.contract import Catalogue, Column, Table
from klimastep.contract import check as check_table
from klimastep.errors import PlanError
from klimastep.export.about import About
from klimastep.inputs import Inputs, read_sources
from klimastep.notes import census_findings, census_notes, clock_finding, notes, outside_finding
from klimastep.rundir import Progress, Recorder, edition_folder
from klimastep.steps import Step
from klimastep.tables import BUILDINGS, CELLS, TABLES
from klimastep.units import KWH_PER_MWH
from klimastep.zones import indicators

LABELS = {".html": "Karte", ".gpkg": "GeoPackage"}
CONTEXT = (
    "boundary",
    "water",
    "green",
    "streets",
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


@dataclass
class Bench:
    """The tables of a run under way, their catalogue and the recorder."""

    config: Config
    recorder: Recorder
    tables: dict[str, Any] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)

    def put(
        self, name: str, table: pd.DataFrame, columns: Iterable[Column] = (), declared: Table | None = None
    ) -> None:
        """Keep a table; `columns` come to the catalogue beside those declared for it."""
        self.tables[name] = table
        self.catalogue = self.catalogue.adding(declared or TABLES[name], columns)

    def apply(self, step: Step, table: str, *args: Any, **options: Any) -> None:
        """Run a step on a table and keep what it adds."""
        with self.recorder.step(step.name, len(self.tables[table])):
            self.put(table, step(self.tables[table], *args, **options), step.adds)


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
            *(f"{LABELS[f.suffix]}: {f}" for f in self.files),
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
        bench = compute(config, path.parent, recorder)
        about = about_run(config, bench)
        files = [
            file.relative_to(folder)
            for name, writer in ({"parquet": export.load("parquet")} | writers).items()
            for file in _write(name, writer, bench, folder, about)
        ]
        facts = {"name": config.name, "version": __version__, "made_on": about.made_on, "seed": config.seed}
        plan_text = yaml.safe_dump(config.model_dump(mode="json", by_alias=True), allow_unicode=True, sort_keys=False)
        rundir.write_records(folder, recorder, bench.catalogue, facts | {"about": vars(about)}, plan_text)
    target = maps / config.name / "intern"
    shown = tuple(target / f for f in files if f.suffix in LABELS)
    return Result(bench.tables, bench.catalogue, target, shown, recorder)


def check(path: Path, progress: Progress = lambda _text: None) -> tuple[Inputs, Recorder]:
    """Read and validate the inputs of a plan; compute nothing, write nothing."""
    config = load_config(path)
    for name in config.exports:
        export.load(name)
    for name in config.zones.weights:
        indicators.load(name)
    recorder = Recorder(progress)
    return read_sources(config, path.parent, recorder), recorder


def compute(config: Config, base: Path, recorder: Recorder) -> Bench:
    """Return the tables of a plan, all steps done."""
    bench = Bench(config, recorder)
    inputs = read_sources(config, base, recorder)
    for name in CONTEXT:
        if name in inputs.tables:
            bench.put(name, inputs.tables[name], declared=inputs.declared[name])
    year = _year(inputs)
    season = weather.heating_season(year, config.heat.heating_base_degc)
    if inputs.buildings:
        _stock(bench, inputs)
        _heat(bench, season)
        _solar(bench, year)
        _zones(bench, inputs)
        _metered(bench)
    elif "cells" in inputs.tables:
        _cells(bench, inputs.tables["cells"], season)
    recorder.totals["weather"] = {
        "name": year.name,
        "sun_offset_min": round(year.sun_offset_min, 1),
        **season._asdict(),
    }
    recorder.note(clock_finding(year))
    de, en = notes(bench.tables, year, season, config.synthetic)
    if "census" in recorder.totals:
        census_de, census_en = census_notes(recorder.totals["census"])
        de, en = census_de + de, census_en + en
    recorder.totals |= {"notes_de": de, "notes_en": en, "attribution": list(inputs.attribution)}
    return bench


def _year(inputs: Inputs) -> weather.Weather:
    if inputs.weather is None:
        raise PlanError("sources: a reader of weather is missing; add for example `reader: weather_try`")
    reading = inputs.weather
    place = {key: reading.facts[key] for key in ("latitude_deg", "longitude_deg", "name")}
    return weather.prepare(reading.tables["weather"], **place, attribution=reading.attribution)


def _stock(bench: Bench, inputs: Inputs) -> None:
    with bench.recorder.step("cadastre.merge") as entry:
        stock, matches, found = cadastre.merge(inputs.buildings)
        stock, dropped = cadastre.clean(_with_all_columns(stock, BUILDINGS))
        bench.recorder.note([*found, *dropped])
        entry["rows"] = len(stock)
    with bench.recorder.step("cadastre.keys", len(stock)):
        stock = cadastre.assign_keys(stock, inputs.tables)
    bench.put("buildings", stock)
    bench.apply(cadastre.use, "buildings")
    with bench.recorder.step("cadastre.heritage", len(stock)):
        bench.put("buildings", cadastre.heritage(bench.tables["buildings"], inputs.tables.get("monuments")))
    with bench.recorder.step("cadastre.age", len(stock)):
        dated, found = cadastre.default_years(bench.tables["buildings"])
        bench.recorder.note(found)
        counts, key = cadastre.age_counts(dated, inputs.tables)
        bench.put("buildings", cadastre.age_from_areas(dated, counts, key), cadastre.AGE_COLUMNS)
    bench.apply(cadastre.party_walls, "buildings")
    bench.apply(cadastre.envelope, "buildings")
    check_table(bench.tables["buildings"], bench.catalogue["buildings"])
    roofs, found = solar.collect_roofs(
        inputs.roofs, inputs.tables.get("roof_points"), bench.tables["buildings"], matches
    )
    bench.recorder.note(found)
    bench.put("roofs", roofs)


def _with_all_columns(frame: gpd.GeoDataFrame, table: Table) -> gpd.GeoDataFrame:
    """Return the frame with every declared base column; what no source said is unknown."""
    missing = {
        c.name: c.cast(pd.Series(None, index=frame.index, dtype="object"), frame.index)
        for c in table.columns
        if c.name not in frame and c.nullable
    }
    return frame.assign(**missing)


def _heat(bench: Bench, season: weather.HeatingSeason) -> None:
    settings = bench.config.heat
    stock: dict[str, Any] = {"refurbished": settings.refurbished}
    supply: dict[str, Any] = stock | {"default_carrier": settings.default_carrier}
    bench.apply(heat.typology, "buildings", **stock)
    bench.apply(heat.demand, "buildings", season, **stock)
    bench.apply(heat.expected, "buildings", season, **supply)
    bench.apply(heat.potential, "buildings", season, target_state=settings.target_state, **supply)


def _cells(bench: Bench, cells: gpd.GeoDataFrame, season: weather.HeatingSeason) -> None:
    settings = bench.config.heat
    options: dict[str, Any] = {
        "class_shares": cadastre.census_class_shares(),
        "town": heat.Municipality(
            settings.municipal_buildings,
            settings.municipal_dwellings,
            settings.living_area_single_m2,
            settings.living_area_multi_m2,
            settings.attached_share,
        ),
        "refurbished": settings.refurbished,
        "default_carrier": settings.default_carrier,
    }
    published = _with_all_columns(cells, CELLS)
    bench.put("cells", published)
    bench.apply(heat.cells, "cells", season, **options)
    totals = heat.census_totals(published, season, **options)
    bench.recorder.totals["census"] = totals.astype("object").where(totals.notna(), None).to_dict("index")
    bench.recorder.note(census_findings(totals))


def _solar(bench: Bench, year: weather.Weather) -> None:
    settings = bench.config.solar
    bench.apply(solar.irradiation, "roofs", year)
    bench.apply(
        solar.photovoltaic,
        "roofs",
        year,
        performance_ratio=settings.performance_ratio,
        flat_layout=settings.flat_layout,
        scale=settings.suitability_scale,
    )
    bench.apply(solar.to_buildings, "buildings", bench.tables["roofs"])


def _zones(bench: Bench, inputs: Inputs) -> None:
    settings = bench.config.zones
    names = list(settings.weights)
    for name in ("blocks", "districts"):
        if name in inputs.tables:
            _aggregate(bench, name, inputs.tables[name], names)
    _aggregate(bench, "zones", zones.from_areas(inputs.tables[settings.source]), names)
    with bench.recorder.step("zones.prioritise", len(bench.tables["zones"])):
        ranked = zones.prioritise(
            bench.tables["zones"],
            settings.weights,
            very_high_share=settings.very_high_share,
            high_share=settings.high_share,
            min_coverage_share=settings.min_coverage_share,
            seed=bench.config.seed,
        )
        weighed = [n for n in names if settings.weights[n] > 0]
        explained = zones.explain(ranked, weighed)
        added = [f(n) for n in weighed for f in (zones.score_column, zones.contribution_column)]
        bench.put("zones", explained, [*zones.PRIORITY_COLUMNS, *zones.EXPLANATION, *added])
    check_table(bench.tables["zones"], bench.catalogue["zones"])


def _metered(bench: Bench) -> None:
    if "blocks" not in bench.tables or "meters" not in bench.tables:
        return
    with bench.recorder.step("heat.metered", len(bench.tables["meters"])):
        blocks = heat.metered(bench.tables["blocks"], bench.tables["meters"])
        bench.put("blocks", blocks, heat.METERED_COLUMNS)


def _aggregate(bench: Bench, name: str, areas: gpd.GeoDataFrame, wanted: list[str]) -> None:
    columns = bench.catalogue["buildings"].columns
    with bench.recorder.step(f"zones.aggregate.{name}", len(areas)):
        buildings = bench.tables["buildings"]
        key = f"{TABLES[name].singular}_id"
        if name == "zones":
            source = bench.config.zones.source
            buildings = zones.assign(buildings, areas, None if source == "zones" else TABLES[source].id)
            bench.put("buildings", buildings, [zones.ZONE_ID])
        bench.recorder.note(outside_finding(buildings[key], areas.index, TABLES[name]))
        sums = zones.aggregate(buildings, columns, key, areas.index)
        bench.recorder.totals[f"conserved_{name}"] = zones.conserve(buildings, sums, columns, key)
        table = indicators.compute(areas.join(sums), wanted)
        declared = [_with_limits(indicators.load(n).INDICATOR.column, bench.config) for n in wanted]
        bench.put(name, table, [*zones.aggregated_columns(c for c in columns if c.name in buildings), *declared])


def _with_limits(column: Column, config: Config) -> Column:
    limits = config.zones.heat_density_limits_mwh_haa
    if column.name != "heat_density_kwh_haa" or limits is None:
        return column
    return replace(column, limits=tuple(KWH_PER_MWH * limit for limit in sorted(limits)))


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
        zone_level=config.zones.source,
    )


def _write(name: str, writer: Any, bench: Bench, folder: Path, about: About) -> list[Path]:
    with bench.recorder.step(f"export.{name}", sum(len(t) for t in bench.tables.values())):
        return list(writer.write(bench.tables, bench.catalogue, folder, about))
