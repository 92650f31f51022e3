"""From objects of the cadastre to rows of the contract: ids, attributes, addresses, what was odd."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from klimastep.contract import Column, Table
from klimastep.errors import InputError
from klimastep.findings import Finding, Severity
from klimastep.sources._adv import epsg_of
from klimastep.sources._columns import finding
from klimastep.sources._nas import Places
from klimastep.sources._values import dates, quantities, to_numbers
from klimastep.sources._vector import _usable, valid
from klimastep.tables import AREA, BUILDINGS, NAME, PARCELS

BUILDING_OBJECT = "31001"
UNDERGROUND = "1200"
STATES = {"2200": "ruin", "2300": "ruin", "3000": "planned", "4000": "under_construction"}
PARCEL_ID_LENGTH = 20
PARCEL_ID = re.compile(r"\d{6}[\d_]{8,14}")
# Classes of actual land use by name; codes and names: AdV GeoInfoDok 6 and 7.1.
LAND_USE = {
    "AX_Wohnbauflaeche": ("41001", "Wohnbaufläche"),
    "AX_IndustrieUndGewerbeflaeche": ("41002", "Industrie- und Gewerbefläche"),
    "AX_Halde": ("41003", "Halde"),
    "AX_Bergbaubetrieb": ("41004", "Bergbaubetrieb"),
    "AX_TagebauGrubeSteinbruch": ("41005", "Tagebau, Grube, Steinbruch"),
    "AX_FlaecheGemischterNutzung": ("41006", "Fläche gemischter Nutzung"),
    "AX_FlaecheBesondererFunktionalerPraegung": ("41007", "Fläche besonderer funktionaler Prägung"),
    "AX_SportFreizeitUndErholungsflaeche": ("41008", "Sport-, Freizeit- und Erholungsfläche"),
    "AX_Friedhof": ("41009", "Friedhof"),
    "AX_Siedlungsflaeche": ("41010", "Siedlungsfläche"),
    "AX_Strassenverkehr": ("42001", "Straßenverkehr"),
    "AX_Weg": ("42006", "Weg"),
    "AX_Platz": ("42009", "Platz"),
    "AX_Bahnverkehr": ("42010", "Bahnverkehr"),
    "AX_Flugverkehr": ("42015", "Flugverkehr"),
    "AX_Schiffsverkehr": ("42016", "Schiffsverkehr"),
    "AX_Landwirtschaft": ("43001", "Landwirtschaft"),
    "AX_Wald": ("43002", "Wald"),
    "AX_Gehoelz": ("43003", "Gehölz"),
    "AX_Heide": ("43004", "Heide"),
    "AX_Moor": ("43005", "Moor"),
    "AX_Sumpf": ("43006", "Sumpf"),
    "AX_UnlandVegetationsloseFlaeche": ("43007", "Unland, vegetationslose Fläche"),
    "AX_Fliessgewaesser": ("44001", "Fließgewässer"),
    "AX_Hafenbecken": ("44005", "Hafenbecken"),
    "AX_StehendesGewaesser": ("44006", "Stehendes Gewässer"),
    "AX_Meer": ("44007", "Meer"),
}
FIELDS: dict[str, dict[str, dict[str, str]]] = {
    "buildings": {
        "AX_Gebaeude": {
            "gebaeudefunktion": "function",
            "name": "name",
            "anzahlDerOberirdischenGeschosse": "storeys",
            "objekthoehe": "height",
            "dachform": "roof",
            "zustand": "state",
            "lageZurErdoberflaeche": "level",
            "baujahr": "year",
        }
    },
    "parcels": {"AX_Flurstueck": {"flurstueckskennzeichen": "parcel", "amtlicheFlaeche": "area"}},
    "land_use": {name: {"funktion": "function", "name": "name"} for name in LAND_USE},
}
LAND_USES = Table(
    "land_use",
    "land_use",
    "Tatsächliche Nutzung",
    "Actual land use",
    "Polygon",
    (
        Column("kind", "str", "", "Nutzungsart", "Kind of use"),
        Column("function_code", "str", "", "Kennung der Objektart und Funktion", "Code of class and function"),
        replace(NAME, description="Own name of the area."),
        AREA,
    ),
)
# Kinds in the order in which rows leave the table, then what is only told.
TEXTS: dict[str, tuple[str, str, Severity]] = {
    "no_id": ("Objekte ohne gültige Kennung, zurückgestellt", "objects without a valid id, set aside", "set_aside"),
    "historic": (
        "frühere Fassungen (endet), zurückgestellt",
        "former versions (endet), set aside",
        "set_aside",
    ),
    "duplicate_id": (
        "Objekte stehen mehrfach in der Lieferung, je einmal behalten",
        "objects stand more than once in the delivery, each kept once",
        "set_aside",
    ),
    "ruin": (
        "verfallene oder zerstörte Gebäude (zustand 2200, 2300), zurückgestellt",
        "ruined buildings (zustand 2200, 2300), set aside",
        "set_aside",
    ),
    "planned": (
        "geplante Gebäude (zustand 3000), zurückgestellt",
        "planned buildings (zustand 3000), set aside",
        "set_aside",
    ),
    "under_construction": (
        "Gebäude im Bau (zustand 4000), zurückgestellt",
        "buildings under construction (zustand 4000), set aside",
        "set_aside",
    ),
    "underground": (
        "unterirdische Gebäude (lageZurErdoberflaeche 1200), zurückgestellt",
        "underground buildings (lageZurErdoberflaeche 1200), set aside",
        "set_aside",
    ),
    "no_geometry": (
        "Objekte ohne brauchbare Fläche, zurückgestellt",
        "objects without a usable area, set aside",
        "set_aside",
    ),
    "broken_ring": ("Objekte mit unbrauchbaren Ringen", "objects with unusable rings", "warning"),
    "odd_curve": (
        "Objekte mit Kurven, die weder Linie noch Kreisbogen sind, geradlinig verbunden",
        "objects with curves that are neither line nor arc, joined by straight lines",
        "warning",
    ),
    "unreadable_value": (
        "Werte, die keine Zahl oder kein Schlüssel sind, unbekannt gesetzt",
        "values that are no number or no code, set unknown",
        "warning",
    ),
    "no_function": ("Gebäude ohne Funktion", "buildings without function", "note"),
    "unresolved_address": (
        "Objekte, deren Lagebezeichnung in der Lieferung fehlt",
        "objects whose location is missing from the delivery",
        "note",
    ),
    "unknown_street": (
        "Objekte, deren Straße nicht im Katalog der Lieferung steht",
        "objects whose street is not in the delivery's catalogue",
        "note",
    ),
    "odd_house_number": (
        "Lagebezeichnungen, deren Hausnummer keine ist, ohne sie gelesen",
        "locations whose house number is none, read without it",
        "warning",
    ),
    "foreign_file": ("Dateien, die kein NAS sind, ausgelassen", "files that are no NAS, left out", "note"),
}


@dataclass
class Oddities:
    """What was odd, by kind."""

    kinds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    more: list[Finding] = field(default_factory=list)

    def note(self, kind: str, ids: Iterable[Any]) -> None:
        """Remember objects that show an oddity."""
        self.kinds[kind] += [str(i) for i in ids]

    def findings(self, source: str) -> Iterator[Finding]:
        """Yield one finding for each kind met."""
        for kind, (de, en, severity) in TEXTS.items():
            yield from finding(source, kind, self.kinds.get(kind, []), de, en, severity)
        yield from self.more


def _buildings(raw: pd.DataFrame, places: Places, crs: CRS, source: str, odd: Oddities) -> gpd.GeoDataFrame:
    raw = _current(raw.set_index("oid", drop=False), odd)
    state = _text(raw, "state").map(STATES)
    under = (_text(raw, "level") == UNDERGROUND) & state.isna()
    for kind in dict.fromkeys(STATES.values()):
        odd.note(kind, raw.index[state == kind])
    odd.note("underground", raw.index[under])
    frame = _shaped(raw[state.isna() & ~under], crs, source, odd)
    out: dict[str, Any] = {"footprint_m2": shapely.area(frame.geometry.array)}
    function = _codes(frame, "function", odd)
    odd.note("no_function", frame.index[_text(frame, "function").isna()])
    out["function_code"] = f"{BUILDING_OBJECT}_" + function
    out["roof_type"] = _codes(frame, "roof", odd)
    out["name"] = _text(frame, "name").str.replace("\n", "; ", regex=False)
    out["height_m"] = _numbers(frame, "height", BUILDINGS["height_m"], source, odd, max)
    out["storeys"] = _numbers(frame, "storeys", BUILDINGS["storeys"], source, odd, max)
    out["year_built"] = _numbers(frame, "year", BUILDINGS["year_built"], source, odd, min).round().astype("Int16")
    for ours in ("storeys", "year_built"):
        out[f"{ours}_source"] = pd.Series("cadastre", index=frame.index).where(out[ours].notna())
    out["recorded_on"] = dates(_text(frame, "began"))
    out["address"], numbers = _addresses(frame, places, odd)
    out["addresses"] = numbers.where(numbers > 0)
    return gpd.GeoDataFrame(out, index=frame.index, geometry=frame.geometry, crs=crs)


def _parcels(raw: pd.DataFrame, places: Places, crs: CRS, source: str, odd: Oddities) -> gpd.GeoDataFrame:
    known = _text(raw, "parcel")
    known = known.where(known.str.fullmatch(PARCEL_ID).eq(True)).str.ljust(PARCEL_ID_LENGTH, "_")
    frame = _shaped(_current(raw.assign(parcel_id=known).set_index("parcel_id", drop=False), odd), crs, source, odd)
    area = pd.Series(shapely.area(frame.geometry.array), index=frame.index)
    official = _numbers(frame, "area", PARCELS["area_m2"], source, odd, max)
    address, _ = _addresses(frame, places, odd)
    columns = {"area_m2": official.fillna(area), "address": address}
    return gpd.GeoDataFrame(columns, index=frame.index, geometry=frame.geometry, crs=crs)


def _land_use(raw: pd.DataFrame, places: Places, crs: CRS, source: str, odd: Oddities) -> gpd.GeoDataFrame:  # noqa: ARG001 (one signature for all subjects)
    frame = _shaped(_current(raw.set_index("oid", drop=False), odd), crs, source, odd)
    code, kind = (frame["kind"].map({k: v[i] for k, v in LAND_USE.items()}) for i in (0, 1))
    function = _codes(frame, "function", odd)
    columns = {
        "kind": kind,
        "function_code": code.where(function.isna(), code + "_" + function.fillna("")),
        "name": _text(frame, "name").str.replace("\n", "; ", regex=False),
        "area_m2": shapely.area(frame.geometry.array),
    }
    return gpd.GeoDataFrame(columns, index=frame.index, geometry=frame.geometry, crs=crs)


Make = Callable[[pd.DataFrame, Places, CRS, str, Oddities], gpd.GeoDataFrame]
LAYERS: dict[str, tuple[Table, Make]] = {
    "buildings": (BUILDINGS, _buildings),
    "parcels": (PARCELS, _parcels),
    "land_use": (LAND_USES, _land_use),
}


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of text; unknown where the delivery has no such attribute at all."""
    if name not in frame:
        return pd.Series(None, index=frame.index, dtype="str")
    return frame[name].astype("str").where(frame[name].notna())


def _current(raw: pd.DataFrame, odd: Oddities) -> pd.DataFrame:
    """Return each object once, in its current version."""
    nameless = raw.index.isna() | raw["oid"].isna().to_numpy()
    odd.note("no_id", [oid or f"object {n}" for oid, n in zip(raw["oid"][nameless], raw["row"][nameless], strict=True)])
    raw = raw[~nameless]
    former = raw["is_historic"].to_numpy(dtype=bool)
    odd.note("historic", raw.index[former])
    raw = raw[~former]
    again = raw.index.duplicated() | raw["oid"].duplicated().to_numpy()
    odd.note("duplicate_id", raw.index[again])
    return raw[~again]


def _shaped(raw: pd.DataFrame, crs: CRS, source: str, odd: Oddities) -> gpd.GeoDataFrame:
    """Return rows with valid areas in the run's CRS."""
    odd.note("broken_ring", raw.index[raw["is_broken"].to_numpy(dtype=bool)])
    odd.note("odd_curve", raw.index[raw["has_odd_curve"].to_numpy(dtype=bool)])
    missing = raw["geometry"].isna()
    odd.note("no_geometry", raw.index[missing])
    raw = raw[~missing]
    parts = []
    for name, rows in raw.groupby("srs_name", dropna=False, sort=False):
        told = gpd.GeoDataFrame(rows, geometry="geometry", crs=_crs_of(name, str(rows["file"].iloc[0])))
        usable, found = _usable(told, told.crs, source)
        odd.more += found
        parts.append(usable.to_crs(crs))
    frame = gpd.GeoDataFrame(pd.concat(parts) if parts else raw, geometry="geometry", crs=crs)
    frame, found = valid(frame, "Polygon", source)
    odd.more += found
    return frame.loc[raw.index.intersection(frame.index, sort=False)]


def _crs_of(name: Any, label: str) -> CRS:
    if not isinstance(name, str):
        raise InputError(label, "the file names no CRS", hint="name it with source_crs:, for example EPSG:25832")
    found = CRS(epsg_of(name, label)[0])
    found = found.sub_crs_list[0] if found.is_compound else found
    if not found.is_projected:
        raise InputError(label, f"{found.name} is in degrees", "a projected CRS in metres, for example EPSG:25832")
    return found


def _codes(frame: pd.DataFrame, name: str, odd: Oddities) -> pd.Series:
    """Return values of a code list (four digits); others are unknown and not repeated."""
    told = _text(frame, name)
    fits = told.str.fullmatch(r"\d{4}").eq(True)
    odd.note("unreadable_value", frame.index[told.notna() & ~fits])
    return told.where(fits)


def _numbers(
    frame: pd.DataFrame, name: str, column: Column, source: str, odd: Oddities, choose: Callable[..., float]
) -> pd.Series:
    """Return a column of numbers; of several values `choose`; words are unknown and not repeated, 0 is unknown."""
    told = _text(frame, name)
    several = told.str.contains("\n", regex=False).eq(True)
    if several.any():
        told = told.mask(several, told[several].map(lambda text: _chosen(text, choose)))
    numbers = to_numbers(told).rename(name)
    odd.note("unreadable_value", frame.index[told.notna() & numbers.isna()])
    values, found = quantities(numbers, column, frame.index.to_series(), source, zero_is_unknown=True)
    odd.more += found
    return values


def _chosen(text: str, choose: Callable[..., float]) -> str:
    known = to_numbers(pd.Series(text.split("\n"))).dropna()
    return str(choose(known)) if len(known) else "?"


def _addresses(frame: pd.DataFrame, places: Places, odd: Oddities) -> tuple[pd.Series, pd.Series]:
    """Return the location as text (``Hauptstraße 12, 14; Marktplatz 3a``) and the count of house numbers."""
    texts: list[str | None] = []
    counts = np.zeros(len(frame))
    for row, (name, links) in enumerate(zip(frame.index, frame["links"], strict=True)):
        found = [places.places[link] for link in links if link in places.places]
        if len(found) < len(links):
            odd.note("unresolved_address", [name])
        streets: dict[str, list[str]] = {}
        numbers: set[tuple[str, str]] = set()
        for place in found:
            street = place.text or (places.streets.get(place.key, "") if place.key else "")
            if place.number:
                numbers.add((street or str(place.key), place.number))
            if street:
                streets.setdefault(street, []).append(place.number or "")
        if any(not p.text and p.key and p.key not in places.streets for p in found):
            odd.note("unknown_street", [name])
        told = [f"{s} {', '.join(sorted({n for n in ns if n}, key=_order))}".strip() for s, ns in streets.items()]
        texts.append("; ".join(told) or None)
        counts[row] = len(numbers)
    return pd.Series(texts, index=frame.index, dtype="str"), pd.Series(counts, index=frame.index)


def _order(number: str) -> tuple[int, str]:
    digits = re.match(r"\d+", number)
    return int(digits[0]) if digits else 0, number
