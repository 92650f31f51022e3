"""Every real file read by its reader: rows, kept, repaired, set aside with the reason, as Markdown.

Run ``python tests/validation/readers.py`` with the real geodata in ../shared/data or KLIMASTEP_TESTDATA.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from klimastep import sources
from klimastep.findings import Finding, Reading

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "tests" / "plans" / "mierendorff.yaml"
PLAN_DATA = "../../../shared/data/"
ZONE_32, ZONE_33 = "EPSG:25832", "EPSG:25833"
REPAIRS = {"repaired", "coordinates_swapped", "rings_swapped", "crs_overruled", "gaps_filled", "flat_azimuth"}
SIDECARS = {".dbf", ".shx", ".prj", ".cpg", ".qmd"}


@dataclass(frozen=True)
class Read:
    """A file that a reader reads.

    Parameters
    ----------
    reader : str
        Name of the reader.
    options : dict
        As they would stand in a plan.
    crs : str
        CRS of the run.
    """

    reader: str
    options: dict[str, Any] = field(default_factory=dict)
    crs: str = ZONE_32


@dataclass(frozen=True)
class NoReader:
    """A file that is no input.

    Parameters
    ----------
    reason : str
        Why.
    reader : str
        The reader that a user would try, which refuses it with words.
    options : dict
        Of that reader.
    says : str
        Pattern in what it says.
    """

    reason: str
    reader: str
    options: dict[str, Any]
    says: str


def folder() -> Path:
    """Return the folder of real geodata."""
    return Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))


def _mierendorff() -> dict[str, list[Read | NoReader]]:
    """Return the files of the district's plan, with the options that stand there."""
    entries = yaml.safe_load(PLAN.read_text(encoding="utf-8"))["sources"]
    found: dict[str, list[Read | NoReader]] = {}
    for e in entries:  # a file may be read more than once
        found.setdefault(e["path"].removeprefix(PLAN_DATA), []).append(Read(e["reader"], e.get("options", {}), ZONE_33))
    return found


def _osm(name: str, *tables: str) -> dict[str, list[Read | NoReader]]:
    return {f"osm/{name}": [Read("osm", {"table": t}) for t in tables]}


LUDWIGSBURG = "ludwigsburg/ludwigsburg_base.gpkg"
BAERL = "nrw_lod2/duisburg_baerl"
NAMED = {"id": "AGS", "columns": {"name": "GEN"}}
REAL: dict[str, list[Read | NoReader]] = {
    **_mierendorff(),
    "mierendorff/weather/AMY_2010_2022_2020.epw": [Read("weather_epw", crs=ZONE_33)],
    "mierendorff/weather/climate_monthly_clidamonger.csv": [Read("climate_monthly", crs=ZONE_33)],
    "mierendorff/census2011_100m.gpkg": [Read("census", crs=ZONE_33)],
    LUDWIGSBURG: [
        Read("areas", {"table": "boundary", "layer": "boundary_vg250", **NAMED}),
        Read("areas", {"table": "districts", "layer": "landkreis_municipalities_vg5000", **NAMED}),
        Read("census", {"layer": "census2011_100m"}),
        Read("features", {"table": "points", "kind": "charging", "layer": "charging_bnetza_2019",
                          "columns": {"name": "Betreiber", "power_kw": "Anschlussleistung [kW]"}}),
    ],
    "ludwigsburg/climate_monthly_clidamonger.csv": [Read("climate_monthly")],
    "nrw_lod2/LoD2_32_280_5657_1_NW.gml": [Read("citygml")],
    f"{BAERL}/Lod2existingbuilding.gml": [Read("citygml")],
    f"{BAERL}/site_full.gml": [Read("citygml")],
    f"{BAERL}/flurstueckrequired.gml": [Read("alkis_nas", {"table": "parcels"})],
    f"{BAERL}/nrw_dgm.tif": [Read("surface_model")],
    f"{BAERL}/1251 Baerl.gml": [
        NoReader("a development plan (XPlanGML): no building, no heat", "citygml", {}, "holds XPlanAuszug")
    ],
    "saxony_lod2/LoD2_33_416_5656_2_SN_BuildingPreferences_14_Buildings_original.gml": [Read("citygml", crs=ZONE_33)],
    "saxony_lod2/polygon_filtered_lod2.geojson": [Read("lod2_polygons", crs=ZONE_33)],
    "saxony_lod2/filter_polygon.geojson": [Read("areas", {"table": "boundary"}, ZONE_33)],
    **_osm("liechtenstein-2013.osm.pbf", "buildings", "streets", "green", "water"),
    **_osm("heidelberg.test.pbf", "buildings", "streets"),
    **_osm("herrenberg-minimal.osm.pbf", "buildings", "streets"),
    **_osm("wendlingen-bahnhof.osm.pbf", "buildings", "streets"),
    **_osm("boeblingen-minimal.osm.pbf", "streets"),
    **_osm("ehningen-minimal.osm.pbf", "streets"),
    **_osm("herrenberg-barrier-gates.osm.pbf", "streets"),
    "osm/heidelberg_census2011_100m.gpkg": [Read("census")],
    "gtfs/vrn_gtfs_cut.zip": [Read("gtfs")],
    "gtfs/vvs-bus-751-only.gtfs.zip": [Read("gtfs")],
    "gtfs/vvs-bus-764-only.gtfs.zip": [Read("gtfs")],
    "heritage/stadt-flensburg-denkmalschutz.json": [Read("heritage_list")],
    "cityjson/delft.json": [Read("cityjson", crs="EPSG:28992")],
    "cityjson/rotterdam_subset.json": [Read("cityjson", {"source_crs": "EPSG:28992"}, "EPSG:28992")],
    "cityjson/zurich_subset_lod2.json": [Read("cityjson", crs="EPSG:2056")],
    "charging/Ladesaeulenkarte_Datenbankauszug_25__2019-07-19.xlsx": [Read("charging_register")],
    "charging/vvs_farezones_matsim/fareZones_sp.shp": [
        Read("features", {"table": "areas", "kind": "fare_zone", "columns": {"name": "FareZone"}})
    ],
    "charging/vvs_farezones_matsim/parkingShapes.shp": [
        Read("features", {"table": "areas", "kind": "parking_zone", "columns": {"name": "zone_name"}})
    ],
    "gothenburg_dsm/DSM_KRbig.tif": [Read("surface_model", crs="EPSG:3007")],
    "gothenburg_dsm/DEM_KRbig.tif": [Read("surface_model", crs="EPSG:3007")],
    "gothenburg_dsm/CDSM_KRbig.tif": [Read("surface_model", crs="EPSG:3007")],
    "gothenburg_dsm/buildings.shp": [
        Read("features", {"table": "areas", "kind": "building", "columns": {"name": "BYGGNADSNA"}}, "EPSG:3007")
    ],
    "gothenburg_dsm/CITATION.md": [
        NoReader("text: how to cite the rasters", "table_file", {"table": "buildings", "id": "id"}, "4 cells")
    ],
    "mastr/bnetza_mastr_solar_raw.csv": [
        NoReader("describes columns, holds no unit", "pv_register", {}, "no column for id")
    ],
    "typology/tabula-values.xlsx": [
        NoReader("parameters of the method: they stand in the reference tables", "heaters",
                 {"id": "Anschrift", "level": "address"}, "no column for carrier")
    ],
    "typology/2022_IWU_NWG_Typologie_V2-2.xlsm": [
        NoReader("parameters of the method: they stand in the reference tables", "heaters",
                 {"id": "Anschrift", "level": "address"}, "no column for carrier")
    ],
    "README.md": [NoReader("text: what the folder holds", "areas", {"table": "boundary"}, "unknown kind of file")],
}  # fmt: skip


def inputs() -> list[tuple[str, int]]:
    """Return the files (or folders) that a reader reads, with the place of each reading."""
    return [(name, i) for name, ways in REAL.items() for i, way in enumerate(ways) if isinstance(way, Read)]


def others() -> list[str]:
    """Return the files that are no input."""
    return [name for name, ways in REAL.items() if isinstance(ways[0], NoReader)]


def unmapped(place: Path) -> list[str]:
    """Return the files of the folder that the map does not know; parts of a shapefile belong to it."""
    files = (p for p in place.rglob("*") if p.is_file())
    names = (p.with_suffix(".shp") if p.suffix in SIDECARS else p for p in files)
    relative = (p.relative_to(place) for p in names)
    return sorted({p.as_posix() for p in relative if not {p.as_posix(), p.parent.as_posix()} & set(REAL)})


@cache
def reading(name: str, place: int = 0) -> Reading:
    """Return what the reader makes of a file."""
    way = REAL[name][place]
    assert isinstance(way, Read)
    return sources.read(way.reader, folder() / name, crs=way.crs, **way.options)


def repaired(told: Reading) -> int:
    """Return how many rows the reader repaired and kept."""
    return sum(f.count for f in told.findings if f.kind in REPAIRS)


def reasons(told: Reading) -> str:
    """Return why rows were set aside, in short words."""
    return _counted([f for f in told.findings if f.severity == "set_aside"])


def noticed(told: Reading) -> str:
    """Return what else was noticed."""
    return _counted([f for f in told.findings if f.severity != "set_aside" and f.kind not in REPAIRS])


def _counted(findings: list[Finding]) -> str:
    counts: Counter[str] = Counter()
    for found in findings:
        counts[found.kind] += found.count
    return ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.items())


def table() -> str:
    """Return the table of all files."""
    lines = [
        "| file | reader | rows | kept | repaired | set aside | why | noticed |",
        "| --- | --- | --: | --: | --: | --: | --- | --- |",
    ]
    for name, place in inputs():
        way, told = REAL[name][place], reading(name, place)
        counts = (told.rows_in, told.rows_out, repaired(told), told.rows_set_aside)
        what = ", ".join(t for t in (way.reader, way.options.get("table", "")) if t)  # type: ignore[union-attr]
        cells = (f"`{name}`", what, *(f"{n:,}" for n in counts), reasons(told), noticed(told))
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| no input | why |", "| --- | --- |"]
    lines += [f"| `{name}` | {REAL[name][0].reason} |" for name in others()]  # type: ignore[union-attr]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(table() + "\n")
