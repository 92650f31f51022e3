"""From measured LoD2 buildings to rows of the contract: ids, attributes of the file, what was odd."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from klimastep.findings import IDS_SHOWN, Finding
from klimastep.sources._crs import outside
from klimastep.sources._lod2 import Result, weighted_mean
from klimastep.sources._lod2_batch import Batch, Building, Unit
from klimastep.sources._lod2_texts import TEXTS
from klimastep.sources._values import dates
from klimastep.tables import BUILDINGS

ALKIS_OID = re.compile(r"DE[A-Z]{2}[A-Za-z0-9_]{12}")
DEFAULT_HEIGHT_M = 1.0  # what offices write where nothing was measured
HEIGHT_TOLERANCE_M = 1.0
MIXED_ROOF = "5000"
MAX_TEXT = 10_000
YEARS = (BUILDINGS["year_built"].min or 0.0, BUILDINGS["year_built"].max or np.inf)


class Seen:
    """Ids given so far and oddities by kind: what one reading must remember between its files."""

    def __init__(self) -> None:
        self.gml_ids: set[str] = set()
        self.ids: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.first: dict[str, list[str]] = defaultdict(list)
        self.rows_in = 0

    def note(self, kind: str, names: Sequence[str | None] | np.ndarray, values: Iterable[Any] | None = None) -> None:
        """Count buildings that show an oddity and keep the first, with the value met; None is counted elsewhere."""
        first = self.first[kind]
        for name, value in zip(names, names if values is None else values, strict=True):
            if name is not None:
                self.counts[kind] += 1
                if len(first) < IDS_SHOWN:
                    first.append(str(name) if values is None else f"{name} ({value})")

    def findings(self, source: str) -> Iterator[Finding]:
        """Yield one finding for each kind of oddity met."""
        for kind, (de, en, severity) in TEXTS.items():
            count, shown = self.counts[kind], tuple(self.first[kind])
            if count:
                tail = f": {', '.join(shown)}{', …' if count > len(shown) else ''}"
                yield Finding(source, kind, count, shown, f"{count} {de}{tail}", f"{count} {en}{tail}", severity)


def rows_of(batch: Batch, result: Result, seen: Seen, label: str, crs: CRS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of buildings and roofs of a batch that stay, with their ids."""
    batch = _without_long_texts(batch, seen)
    ids, is_new = _ids(batch.buildings, seen, label)
    names = ids.copy()
    names[~is_new] = None
    frame = result.buildings.assign(**_attributes(batch, result, names, seen))
    has_shape = ~shapely.is_missing(frame["geometry"].to_numpy())
    far = outside(result.bounds, crs) & has_shape
    seen.note("no_geometry", names[~has_shape])
    seen.note("outside_crs", names[far])
    for kind, rows in result.oddities.items():
        seen.note(kind, names[rows])
    stays = is_new & has_shape & ~far
    roofs = result.roofs[stays[result.roofs["building"].to_numpy()]]
    owner = ids[roofs["building"].to_numpy()]
    number = roofs.groupby("building").cumcount() + 1
    is_block = np.isin(np.arange(len(ids)), batch.lod1)
    guessed = is_block[roofs["building"].to_numpy()]
    roofs = roofs.assign(building_id=owner, geometry_source=np.where(guessed, "default", "measured"))
    frame = frame.assign(envelope_source=np.where(is_block, "estimated", "measured"))
    roofs.index = pd.Index([f"{o}_R{n}" for o, n in zip(owner, number, strict=True)], name="roof_id", dtype="str")
    frame.index = pd.Index(ids, name="building_id", dtype="str")
    return frame[stays], roofs


def _without_long_texts(batch: Batch, seen: Seen) -> Batch:
    """Return a batch in which texts longer than any office writes are unknown."""
    rows: list[tuple[Any, ...]] = [*batch.buildings, *batch.units]
    if max((len(text) for row in rows for text in row if isinstance(text, str)), default=0) <= MAX_TEXT:
        return batch

    def short(row: Any) -> Any:
        return row._replace(**{k: None for k, v in row._asdict().items() if isinstance(v, str) and len(v) > MAX_TEXT})

    buildings = [short(b)._replace(gml_id=b.gml_id if len(b.gml_id) <= MAX_TEXT else "") for b in batch.buildings]
    units = [short(u) for u in batch.units]
    owners = [batch.unit_building[i] for i, u in enumerate(units) if u != batch.units[i]]
    owners += [i for i, b in enumerate(buildings) if b != batch.buildings[i]]
    seen.note("text_too_long", [buildings[i].gml_id or "?" for i in sorted(set(owners))])
    return replace(batch, buildings=buildings, units=units)


def _ids(buildings: list[Building], seen: Seen, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the id of each building, and whether it is met for the first time."""
    ids: list[str] = []
    is_new: list[bool] = []
    for building in buildings:
        seen.rows_in += 1
        oid = next((r for r in building.references if ALKIS_OID.fullmatch(r)), None)
        name = oid or building.gml_id
        if not name:
            name = f"{label}_{seen.rows_in}"
            seen.note("no_id", [name])
        known = (building.gml_id or name) in seen.gml_ids
        if not known and name in seen.ids:
            seen.note("shared_oid", [building.gml_id])
            known = building.gml_id in seen.ids
            name = building.gml_id
        if known:
            seen.note("duplicate_building", [name])
        seen.gml_ids.add(building.gml_id or name)
        seen.ids.add(name)
        ids.append(name)
        is_new.append(not known)
    return np.array(ids, dtype=object), np.array(is_new, dtype=bool)


def _attributes(batch: Batch, result: Result, names: np.ndarray, seen: Seen) -> dict[str, Any]:
    count = len(batch.buildings)
    group = np.asarray(batch.unit_building, dtype=np.int64)
    units = pd.DataFrame(batch.units, columns=list(Unit._fields))
    function = units["function"].groupby(group).first().reindex(range(count))
    _note_functions(function, names, seen)
    storeys, plan_area = _number(units["storeys"]), pd.Series(result.unit_plan_area_m2)
    mean_storeys = weighted_mean(storeys.where(storeys > 0), plan_area, group, count)
    years = pd.Series([b.year for b in batch.buildings], dtype=object)
    year = _number(years)
    is_year = year.between(*YEARS)
    bad_year = (years.notna() & ~is_year).to_numpy()
    seen.note("year_implausible", names[bad_year], years[bad_year])
    addresses = np.array([b.addresses for b in batch.buildings], dtype=np.float64)
    return {
        "name": pd.Series([b.name for b in batch.buildings], dtype=object),
        "address": pd.Series([b.address for b in batch.buildings], dtype=object),
        "addresses": np.where(addresses > 0, addresses, np.nan),
        "function_code": function,
        "roof_type": _roof_type(units["roof_type"], group, count),
        "height_m": _height(units["height"], group, result.buildings["geometry_height_m"].to_numpy(), names, seen),
        "storeys": mean_storeys,
        "storeys_source": _cadastre(~np.isnan(mean_storeys)),
        "year_built": np.floor(year.where(is_year)).astype("Int16"),
        "year_built_source": _cadastre(is_year.to_numpy()),
        "recorded_on": _dates([b.footprint_date for b in batch.buildings]),
        "height_recorded_on": _dates([b.created for b in batch.buildings]),
    }


def _note_functions(function: pd.Series, names: np.ndarray, seen: Seen) -> None:
    is_code = function.str.fullmatch(r"\d{5}_\d{4}").eq(True).to_numpy()
    is_building = function.str.startswith("31001_").eq(True).to_numpy()
    unknown = function.isna().to_numpy()
    seen.note("no_function", names[unknown])
    seen.note("function_unusual", names[~unknown & ~is_code], function[~unknown & ~is_code])
    seen.note("other_structure", names[is_code & ~is_building], function[is_code & ~is_building])


def _cadastre(known: np.ndarray) -> pd.Series:
    """Return the source of values that the cadastre delivers where they are known."""
    return pd.Series("cadastre", index=range(len(known))).where(known)


def _dates(texts: list[str | None]) -> pd.Series:
    return dates(pd.Series(texts, dtype="str"))


def _number(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce").astype("float64")


def _roof_type(types: pd.Series, group: np.ndarray, count: int) -> pd.Series:
    """Return the roof type that all parts share, else 5000 (mixed)."""
    kinds = pd.DataFrame({"building": group, "type": types}).dropna().drop_duplicates().groupby("building")["type"]
    return kinds.first().where(kinds.size() == 1, MIXED_ROOF).reindex(range(count))


def _height(
    texts: pd.Series, group: np.ndarray, from_geometry: np.ndarray, names: np.ndarray, seen: Seen
) -> np.ndarray:
    """Return measuredHeight, the largest of the parts, else the height of the geometry. [m]"""
    told = _number(texts)
    bad = (texts.notna() & ~(told > 0)).to_numpy()
    seen.note("height_implausible", names[group[bad]], texts[bad])
    highest = told.where(told > 0).groupby(group).max().reindex(range(len(names))).to_numpy()
    seen.note("height_default", names[highest == DEFAULT_HEIGHT_M])
    off = np.abs(highest - from_geometry) > HEIGHT_TOLERANCE_M
    pairs = zip(highest[off], from_geometry[off], strict=True)
    seen.note("height_differs", names[off], [f"{h:.1f} / {g:.1f} m" for h, g in pairs])
    return np.where(np.isnan(highest), from_geometry, highest)
