"""The public edition of a finished run: blocks and zones, never single houses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import pandas as pd

from klimastep import export, rundir, zones
from klimastep.config import Config, load_config
from klimastep.contract import Catalogue
from klimastep.export.about import About
from klimastep.export.editions import MIN_HEATED_BUILDINGS, allowed
from klimastep.notes import TOTALS
from klimastep.rundir import Recorder, edition_folder

LEVELS = {"blocks": "block_id", "districts": "district_id", "zones": "zone_id"}
IMPORTANCE = ("zones", "districts", "blocks")  # the ranking needs the zones
# What a withheld area still says; all other columns may tell the heat of its few houses, or the way to it.
HARMLESS = frozenset(
    (
        "name",
        "district_id",
        "area_m2",
        "building_count",
        "heated_count",
        "known_footprint_share",
        "footprint_m2",
        "roof_area_m2",
        "pv_potential_kwp",
        "pv_yield_kwh_a",
    )
)
OBJECTS = "solar_withheld"
SOLAR = re.compile(r"^(pv_(?!installed)|solar_)")
WITHHELD_DE = "nicht eingestuft: für zu wenige beheizte Gebäude, um Werte zu veröffentlichen"
WITHHELD_EN = "not ranked: too few heated buildings to publish values"


def publish(folder: Path) -> list[Path]:
    """Write ``oeffentlich/`` beside ``intern/`` and return its files.

    Single houses, plots and meters stay inside. A block, district or zone keeps its outline but not its heat where
    that would be the heat of fewer than five houses, or where the heat of fewer than five could be computed from it
    and the other areas; see :func:`secret_areas`.

    Parameters
    ----------
    folder : Path
        Run folder or its internal edition.
    """
    intern = rundir.find_edition(folder)
    provenance = rundir.read_provenance(intern)
    catalogue = rundir.read_catalogue(intern)
    config = load_config(intern / "plan.yaml")
    whole = rundir.read_tables(intern)
    about = replace(_about(provenance["about"]), edition="oeffentlich")
    shown = allowed(whole, about)
    secret = secret_areas(known_heat(whole)) if "buildings" in whole else {}
    tables = withhold(shown, secret, catalogue, config)
    tables = without_objectors(tables, whole, catalogue)
    about = _with_note(about, sum(len(secret.get(name, ())) for name in tables))
    recorder = Recorder(inputs={_short(name): sha for name, sha in provenance["inputs_sha256"].items()})
    public = Catalogue({t.name: t for t in catalogue if t.name in tables})
    with edition_folder(intern.parent, "oeffentlich") as fresh:
        files = []
        for name in ("parquet", "geopackage", "web_map"):
            with recorder.step(f"export.{name}", sum(len(t) for t in tables.values())):
                files += [p.relative_to(fresh) for p in export.load(name).write(tables, public, fresh, about)]
        facts = {k: provenance[k] for k in ("name", "version", "made_on", "seed")} | {"about": vars(about)}
        rundir.write_records(fresh, recorder, public, facts, (intern / "plan.yaml").read_text(encoding="utf-8"))
    return [intern.parent / "oeffentlich" / f for f in files if f.suffix in (".html", ".gpkg")]


def known_heat(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the areas of each heated building whose heat is known: what the sums of areas are made of."""
    buildings = tables["buildings"]
    rows = buildings["is_heated"] & buildings["expected_heat_kwh_a"].notna()
    levels = {name: key for name, key in LEVELS.items() if name in tables and key in buildings}
    return pd.DataFrame({name: buildings.loc[rows, key].astype("object") for name, key in levels.items()})


def without_objectors(tables: Mapping[str, Any], whole: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return the tables without the solar values of areas that would tell the roofs of owners who object.

    Where an owner objects, possible power and yield are kept for sums over five or more roofs only, by the rules
    for heat (:func:`secret_areas`).

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What is to be published.
    whole : mapping of str to DataFrame
        The internal tables.
    catalogue : Catalogue
    """
    buildings = whole.get("buildings")
    if buildings is None or OBJECTS not in buildings or not buildings[OBJECTS].any():
        return dict(tables)
    levels = {name: key for name, key in LEVELS.items() if name in whole and key in buildings}
    rows = buildings["pv_yield_kwh_a"].notna()
    secret = secret_areas(pd.DataFrame({n: buildings.loc[rows, key].astype("object") for n, key in levels.items()}))
    out = dict(tables)
    for name in out.keys() & secret.keys():
        hidden = out[name].index.isin(list(secret[name]))
        solar = [c.name for c in catalogue[name].columns if c.name in out[name] and SOLAR.search(c.name) and c.nullable]
        out[name] = out[name].assign(**{c: out[name][c].mask(hidden) for c in solar})
    return out


def secret_areas(places: pd.DataFrame, least: int = MIN_HEATED_BUILDINGS) -> dict[str, set[str]]:
    """Return the areas whose heat must not be published, by level.

    - those with fewer than `least` buildings;
    - those that cut across an area of a level that matters more (zones, districts, blocks), so that the areas shown
      lie in each other or apart;
    - as long as an area less the areas shown in it leaves the heat of 1 to `least` - 1 buildings, the smallest of
      these areas (complementary suppression), or where these are zones the area around them;
    - those that have the same buildings as a secret one.

    What the areas shown tell are then sums over groups without a common building, each of `least` or more.

    Parameters
    ----------
    places : DataFrame
        One row a building with known heat, one column a level with the area's id, unknown outside.
    least : int
        Buildings.

    Returns
    -------
    dict of str to set of str

    References
    ----------
    Hundepool, A. et al. (2012): Statistical Disclosure Control, chapter 4 (tabular data). Wiley.
    """
    places = places.reset_index(drop=True)
    areas = {
        _Area(str(level), str(name)): frozenset(map(int, rows))
        for level in places
        for name, rows in places.groupby(places[level]).indices.items()
    }
    inside, crossing = _overlaps(places, areas)
    secret = {area for area, rows in areas.items() if len(rows) < least} | crossing
    while more := _telling(areas, inside, secret, least):
        secret |= more
    return {str(level): {a.name for a in secret if a.level == level} for level in places}


class _Area(NamedTuple):
    level: str
    name: str


_Areas = Mapping[_Area, frozenset[int]]


def _overlaps(places: pd.DataFrame, areas: _Areas) -> tuple[dict[_Area, list[_Area]], set[_Area]]:
    """Return which areas lie in each area, and the less important one of each two that cut across each other."""
    inside: dict[_Area, list[_Area]] = {area: [] for area in areas}
    crossing = set()
    for area, rows in areas.items():
        met = places.loc[sorted(rows)]
        for other in (_Area(str(level), str(n)) for level in places for n in met[level].dropna().unique()):
            if other.level == area.level:
                continue
            if rows <= areas[other]:
                inside[other].append(area)
            elif not areas[other] <= rows:
                crossing.add(max(area, other, key=lambda a: IMPORTANCE.index(a.level)))
    return inside, crossing


def _telling(areas: _Areas, inside: Mapping[_Area, list[_Area]], secret: set[_Area], least: int) -> set[_Area]:
    """Return the areas that must become secret, since `secret` ones could be computed otherwise."""
    more: set[_Area] = set()
    for area, parts in inside.items():
        same = {p for p in parts if areas[p] == areas[area]}
        if area in secret:
            more |= same - secret
            continue
        shown = [p for p in parts if p not in secret | more | same]
        rest = areas[area].difference(*(areas[p] for p in shown))
        if 0 < len(rest) < least:
            outer = [p for p in shown if not any(areas[p] < areas[q] for q in shown)]
            zones_here = {areas[p] for p in outer if p.level == "zones"}
            free = [p for p in outer if areas[p] not in zones_here]
            more.add(min(free, key=lambda p: (len(areas[p]), p)) if free else area)
    return more


def withhold(
    tables: Mapping[str, Any], secret: Mapping[str, set[str]], catalogue: Catalogue, config: Config
) -> dict[str, Any]:
    """Return the tables with all but the harmless columns of `secret` areas unknown, and the zones ranked anew.

    The ranking leaves out secret zones: scores of the others are relative to all that are ranked, and would
    tell the extremes among them.
    """
    out = dict(tables)
    for name in tables.keys() & {n for n, ids in secret.items() if ids}:
        rows = tables[name].index.isin(list(secret[name]))
        hidden = {
            c.name: tables[name][c.name].mask(rows)
            for c in catalogue[name].columns
            if c.name in tables[name] and c.name not in HARMLESS and c.nullable
        }
        out[name] = tables[name].assign(**hidden)
        if name == "zones":
            out[name] = _ranked_anew(out[name], rows, config)
    return out


def _ranked_anew(table: Any, secret: Any, config: Config) -> Any:
    settings = config.zones
    ranked = zones.prioritise(
        table,
        settings.weights,
        very_high_share=settings.very_high_share,
        high_share=settings.high_share,
        min_coverage_share=settings.min_coverage_share,
        seed=config.seed,
    )
    explained = zones.explain(ranked, [n for n, weight in settings.weights.items() if weight > 0])
    return explained.assign(
        reason_de=explained["reason_de"].mask(secret, explained["name"] + f", {WITHHELD_DE} (Datenschutz)."),
        reason_en=explained["reason_en"].mask(secret, explained["name"] + f", {WITHHELD_EN} (privacy)."),
    )


def _with_note(about: About, withheld: int) -> About:
    """Return what stands on the outputs: what was withheld, and no total from which it could be computed."""
    if not withheld:
        return about
    least = MIN_HEATED_BUILDINGS
    de = (
        f"{withheld} Gebiete ohne Wärmewerte (Datenschutz): sonst ließe sich die Wärme von weniger als {least} "
        "beheizten Gebäuden ablesen oder errechnen."
    )
    en = f"{withheld} areas without heat values (privacy): they would tell that of fewer than {least} heated buildings."
    return replace(
        about,
        notes_de=(*(n for n in about.notes_de if not n.startswith(TOTALS)), de),
        notes_en=(*(n for n in about.notes_en if not n.startswith(TOTALS)), en),
    )


def _short(name: str) -> str:
    """Return the name of an input without the folders of this machine."""
    path = PurePath(name)
    return "/".join(path.parts[-2:]) if path.is_absolute() or ".." in path.parts else name


def _about(raw: Mapping[str, Any]) -> About:
    fields = dict(raw)
    for key in ("attribution", "notes_de", "notes_en"):
        fields[key] = tuple(fields[key])
    fields["weights"] = tuple((n, w) for n, w in fields["weights"])
    return About(**fields)
