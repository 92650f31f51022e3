"""Installed photovoltaics from an extract of the Marktstammdatenregister (solar units, CSV or Excel)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import Category, Column, Table
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import as_text, clean_ids, finding, without_id
from klimastep.sources._csv import TextOptions, read_csv
from klimastep.sources._features import once
from klimastep.sources._headings import joined, named, require_named, years
from klimastep.sources._options import parse
from klimastep.sources._points import DEGREES, located
from klimastep.sources._values import quantities
from klimastep.sources._vector import existing
from klimastep.sources.charging_register import YEAR_IN_SERVICE, elsewhere, of_postcodes

TABLE = "pv_units"
SITES = "pv_sites"
ATTRIBUTION = "Marktstammdatenregister, Bundesnetzagentur, CC BY 4.0"
SITINGS = (
    Category("roof", "Dach oder Gebäude", "roof or building", "#f0b323"),
    Category("ground", "Freifläche", "open ground", "#5aae61"),
    Category("balcony", "Steckersolargerät", "plug-in unit", "#9970ab"),
    Category("other", "Sonstige", "other", "#bdbdbd"),
)
COLUMNS = (
    Column("power_kwp", "float64", "kWp", "Leistung", "Peak power", nullable=True, min=0, aggregate="sum"),
    YEAR_IN_SERVICE,
    Column("siting", "category", "", "Lage der Anlage", "Siting", nullable=True, categories=SITINGS),
    Column("address", "str", "", "Anschrift", "Address", nullable=True),
    Column("postcode", "str", "", "Postleitzahl", "Postcode", nullable=True),
)
PV_UNITS = Table(TABLE, "pv_unit", "Photovoltaikanlagen", "Photovoltaic units", "", COLUMNS)
PV_SITES = Table(SITES, "pv_site", "Photovoltaikanlagen (verortet)", "Photovoltaic units (located)", "Point", COLUMNS)
DECLARATIONS = {TABLE: PV_UNITS, SITES: PV_SITES}
# Headings of the bulk export and of the register's web page; names of operators and units are never read.
USUAL = {
    "id": ("EinheitMastrNummer", "MaStR-Nr. der Einheit"),
    "power_kwp": ("Bruttoleistung", "Bruttoleistung der Einheit", "Bruttoleistung_extended"),
    "year_in_service": ("Inbetriebnahmedatum", "Inbetriebnahmedatum der Einheit"),
    "status": ("EinheitBetriebsstatus", "Betriebs-Status", "EinheitBetriebsstatus_extended"),
    "siting": ("Lage", "ArtDerSolaranlage", "Art der Solaranlage", "Lage der Einheit"),
    "ags": ("Gemeindeschluessel", "Gemeindeschlüssel"),
    "postcode": ("Postleitzahl",),
    "place": ("Ort",),
    "street": ("Strasse", "Straße"),
    "house_number": ("Hausnummer",),
    "x": ("Laengengrad", "Längengrad", "Koordinate: Längengrad (WGS84)"),
    "y": ("Breitengrad", "Koordinate: Breitengrad (WGS84)"),
}
IN_SERVICE = r"^(?:in\s*betrieb|35)$"
SITING_WORDS = {
    "ground": r"frei(?:fl|f)|boden",
    "balcony": r"stecker|balkon",
    "roof": r"dach|geb(?:ä|ae)ude|bauliche|haus",
    "other": r"sonstig|gew(?:ä|ae)sser|parkplatz|gro(?:ß|ss)parkpl",
}


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Options of this reader, besides those of text files and sheets.

    Parameters
    ----------
    ags : str, optional
        Only units of this municipality (8 digits; the first 5 are a district). All rows by default.
    postcodes : list of str
        Only units with these postcodes.
    columns : dict
        ``{ours: foreign}`` where the headings are others.
    """

    ags: str | None = None
    postcodes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:
    """Read installed photovoltaics.

    Parameters
    ----------
    path : Path
        Delimited text or ``*.xlsx``.
    crs : str
        CRS of the run; points come out in it.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``pv_units`` with every unit in service, without geometry: the register publishes the
        place of small units by postcode only. Table ``pv_sites`` with those that have coordinates.

    Raises
    ------
    PlanError
        Unknown option or column, an `ags` that is none.
    InputError
        Unreadable file, a needed column missing, no unit of the municipality.
    """
    wanted = parse(Options, options, "pv_register")
    place = existing(path)
    text = read_csv(place, wanted).frame
    names = named(text.columns, USUAL, wanted.columns, place.name)
    require_named(names, ("id", "power_kwp"), text.columns, place.name)
    here = of_postcodes(_of_municipality(text, names, wanted.ags, place.name), names, wanted.postcodes, place.name)
    kept, findings = _in_service(here, names, place.name)
    units, found = _table(kept, names, place.name)
    sites, more = _sites(kept, names, units, crs, place.name)
    return Reading(
        source=place.name,
        tables={TABLE: units} | ({SITES: sites} if sites is not None else {}),
        rows_in=len(here),
        findings=(*findings, *found, *more, *elsewhere(len(text) - len(here), place.name)),
        files=(str(place),),
        attribution=ATTRIBUTION,
    )


def _of_municipality(frame: pd.DataFrame, names: dict[str, str], ags: str | None, source: str) -> pd.DataFrame:
    if ags is None:
        return frame
    if not (ags.isascii() and ags.isdigit() and 2 <= len(ags) <= 8):
        raise PlanError(
            f"source pv_register: ags: {ags!r}; expected 8 digits in quotation marks, for example '08118048'"
        )
    require_named(names, ("ags",), frame.columns, source)
    keys = clean_ids(frame[names["ags"]], width=8)
    here = frame[keys.str.startswith(ags).fillna(False).astype("bool")]
    if here.empty:
        raise InputError(source, f"no unit with the Gemeindeschlüssel {ags}", "at least one")
    return here


def _in_service(frame: pd.DataFrame, names: dict[str, str], source: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the units in service; an empty status counts as that."""
    ids = clean_ids(frame[names["id"]])
    out = pd.Series(False, index=frame.index)
    if "status" in names:
        status = as_text(frame[names["status"]])
        out = status.notna() & ~status.str.lower().str.match(IN_SERVICE).fillna(False).astype("bool")
    findings = finding(
        source,
        "not_in_service",
        ids[out & ids.notna()],
        "Anlagen nicht in Betrieb (geplant oder stillgelegt), zurückgestellt",
        "units not in service (planned or shut down), set aside",
        "set_aside",
    )
    missing = without_id(ids, source, "line")
    return frame[~out & ids.notna()], findings + missing


def _table(frame: pd.DataFrame, names: dict[str, str], source: str) -> tuple[pd.DataFrame, list[Finding]]:
    ids = clean_ids(frame[names["id"]])
    parts: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for ours in ("power_kwp", "year_in_service"):
        if ours in names:
            cells = years(frame[names[ours]]) if ours == "year_in_service" else frame[names[ours]]
            parts[ours], found = quantities(cells, PV_UNITS[ours], ids, source)
            findings += found
    if "siting" in names:
        parts["siting"] = _siting(as_text(frame[names["siting"]]))
    parts["address"] = joined(frame, names, ("street", "house_number"), ("postcode", "place"))
    if "postcode" in names:
        parts["postcode"] = clean_ids(frame[names["postcode"]], width=5)
    cast = {name: PV_UNITS[name].cast(part.rename(name), frame.index) for name, part in parts.items()}
    out = pd.DataFrame(cast, index=frame.index)
    out.index = pd.Index(ids.to_numpy(), name=PV_UNITS.id, dtype="str")
    out, repeated = once(out, source)
    return out, findings + repeated


def _siting(words: pd.Series) -> pd.Series:
    lower = words.str.lower()
    found = pd.Series(None, index=words.index, dtype="str")
    for value, pattern in SITING_WORDS.items():
        found = found.mask(found.isna() & lower.str.contains(pattern).fillna(False).astype("bool"), value)
    return found


def _sites(
    frame: pd.DataFrame, names: dict[str, str], units: pd.DataFrame, crs: str, source: str
) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return the units with coordinates as points; without severity set_aside, as all stand in the first table."""
    if not {"x", "y"} <= set(names):
        return None, []
    known = frame[as_text(frame[names["x"]]).notna() & as_text(frame[names["y"]]).notna()]
    known = known[~clean_ids(known[names["id"]]).duplicated().to_numpy()]
    without = len(units) - len(known)
    texts = (
        f"{without} Anlagen ohne Koordinaten (kleine veröffentlicht das Register nur mit Postleitzahl)",
        f"{without} units without coordinates (of small ones the register publishes the postcode only)",
    )
    notes = [Finding(source, "no_coordinates", without, (), *texts, "note")] if without else []
    if known.empty:
        return None, notes
    points, found = located(known, {"x": names["x"], "y": names["y"]}, DEGREES, crs, source)
    ids = clean_ids(points[names["id"]])
    sites = gpd.GeoDataFrame(units.loc[ids.to_numpy()], geometry=np.asarray(points.geometry.array), crs=points.crs)
    sites.index = sites.index.rename(PV_SITES.id)
    lost = [Finding(**{**vars(f), "severity": "warning"}) if f.severity == "set_aside" else f for f in found]
    return sites, notes + lost
