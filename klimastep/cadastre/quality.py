"""What is known of the stock and how: coverage, odd spots, what would improve it most; for the quality report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.contract import SOURCES, Category, Column, Table
from klimastep.findings import Reading
from klimastep.reference import load
from klimastep.tables import NAME

KNOWLEDGE = (*SOURCES, Category("unknown", "unbekannt", "unknown", "#d9e2ec"))
KNOWN = ("measured", "cadastre", "survey")
GUESSED = ("default", "unknown")
VALUES = {"envelope": "wall_area_m2"}  # attributes whose value stands in a column of another name
ATTRIBUTES = (
    Category("year_built", "Baujahr", "year built"),
    Category("use_class", "Nutzung", "use"),
    Category("storeys", "Vollgeschosse", "full storeys"),
    Category("height_m", "Gebäudehöhe", "height"),
    Category("eaves_height_m", "Traufhöhe", "eaves height"),
    Category("envelope", "Hüllfläche", "envelope"),
    Category("carrier", "Energieträger", "energy carrier"),
    Category("dwellings", "Wohnungen", "dwellings"),
    Category("heritage", "Denkmalschutz", "heritage"),
    Category("is_heated", "beheizt", "heated"),
)
DECISIVE = ("year_built", "use_class", "storeys", "height_m", "eaves_height_m", "envelope")
MAPPED = ("year_built", "use_class", "storeys", "height_m", "envelope", "carrier")
TOPICS = (
    Category("rows", "Gelesene Zeilen", "Rows read"),
    Category("computable", "Rechenbare Gebäude", "Computable buildings"),
    Category("height_m", "Höhen", "Heights"),
    Category("year_built", "Baujahre", "Years built"),
    Category("sound", "Widersprüche", "Contradictions"),
)
STATES = (
    Category("good", "gut", "good", "#1b7837"),
    Category("fair", "beachten", "take note", "#fdb863"),
    Category("poor", "lückenhaft", "patchy", "#b35806"),
)


def _share(name: str, de: str, en: str, **more: Any) -> Column:
    return Column(name, "float64", "1", de, en, nullable=True, min=0, max=1, **more)


def _count(name: str, de: str, en: str) -> Column:
    return Column(name, "Int64", "", de, en, min=0)


ATTRIBUTE = Column("attribute", "category", "", "Angabe", "Attribute", categories=ATTRIBUTES)
COVERAGE = Table(
    "coverage",
    "coverage",
    "Herkunft der Angaben",
    "Where values come from",
    "",
    (
        ATTRIBUTE,
        Column("knowledge", "category", "", "Herkunft", "Source", categories=KNOWLEDGE),
        _count("building_count", "beheizte Gebäude", "heated buildings"),
        _share("buildings_share", "Anteil der Gebäude", "Share of buildings"),
        _share("floor_area_share", "Anteil der Fläche", "Share of floor area"),
    ),
)
IMPROVEMENTS = Table(
    "improvements",
    "improvement",
    "Was das Ergebnis am meisten verbessert",
    "What would improve the result most",
    "",
    (
        ATTRIBUTE,
        _share("guessed_share", "Fläche mit Vorgabewert oder unbekannt", "Floor area default or unknown"),
        _share("estimated_share", "Fläche mit Schätzwert", "Floor area estimated"),
        Column("guessed_m2", "float64", "m²", "Fläche mit Vorgabewert oder unbekannt", "Default or unknown", min=0),
    ),
)
SUMMARY = Table(
    "summary",
    "summary",
    "Auf einen Blick",
    "At a glance",
    "",
    (
        Column("topic", "category", "", "Thema", "Topic", categories=TOPICS),
        Column("state", "category", "", "Urteil", "Verdict", categories=STATES),
        _share("good_share", "Anteil in Ordnung", "Share in order"),
    ),
)


def _area_columns() -> tuple[Column, ...]:
    columns = [
        NAME,
        _count("heated_count", "beheizte Gebäude", "Heated buildings"),
        _share("known_share", "Angaben bekannt", "Values known", palette="Greens", limits=(0.25, 0.5, 0.75, 0.9)),
    ]
    for one in (a for a in ATTRIBUTES if a.value in MAPPED):
        stem = one.value.removesuffix("_m")
        known = f"{one.label_de}: bekannt", f"{one.label_en}: known"
        columns.append(_share(f"{stem}_known_share", *known, palette="Greens", limits=(0.25, 0.5, 0.75, 0.9)))
        columns += [
            _share(f"{stem}_{k.value}_share", f"{one.label_de}: {k.label_de}", f"{one.label_en}: {k.label_en}")
            for k in KNOWLEDGE
        ]
    return tuple(columns)


AREA_COVERAGE = {
    level: Table(
        f"coverage_{level}", f"coverage_{key}", f"Angaben je {de}", f"Coverage by {en}", "Polygon", _area_columns()
    )
    for level, key, de, en in (
        ("blocks", "block", "Baublock", "block"),
        ("districts", "district", "Stadtteil", "district"),
        ("zones", "zone", "Handlungsraum", "zone"),
    )
}


def knowledge(buildings: pd.DataFrame, attribute: str) -> pd.Series:
    """Return how an attribute of each building came to be known, or ``unknown``.

    An attribute without a source of its own is as the cadastre or the 3D model delivered it: ``cadastre``. Years
    that a step filled by the likeliest age class are ``estimated``, those that stand for a whole block ``default``.
    """
    name = VALUES.get(attribute, attribute)
    if name not in buildings:
        return pd.Series("unknown", index=buildings.index)
    known = buildings[name].notna()
    if name == "heritage":
        known &= buildings[name] != "unknown"
    source = buildings[f"{attribute}_source"].astype("object") if f"{attribute}_source" in buildings else "cadastre"
    told = pd.Series(source, index=buildings.index, dtype="object").fillna("cadastre")
    return told.where(known, "unknown").astype("str")


def weights(buildings: pd.DataFrame) -> pd.Series:
    """Return the floor area of each building, footprint times the mean of the known where it is unknown. [m²]"""
    floor, ground = buildings["floor_area_m2"], buildings["footprint_m2"]
    both = floor.notna() & (ground > 0)
    ratio = float(floor[both].sum() / ground[both].sum()) if both.any() else 1.0
    return floor.fillna(ground * ratio)


def coverage(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return for each attribute and kind of knowledge how many heated buildings and how much floor area it has."""
    heated = buildings[buildings["is_heated"]]
    area = weights(heated)
    parts = []
    for one in ATTRIBUTES:
        told = knowledge(heated, one.value)
        part = pd.DataFrame(
            {
                "building_count": told.value_counts().reindex([k.value for k in KNOWLEDGE], fill_value=0),
                "area": area.groupby(told.to_numpy()).sum().reindex([k.value for k in KNOWLEDGE], fill_value=0.0),
            }
        )
        parts.append(part.rename_axis("knowledge").reset_index().assign(attribute=one.value))
    table = pd.concat(parts, ignore_index=True)
    table["buildings_share"] = table["building_count"] / (len(heated) or np.nan)
    table["floor_area_share"] = table["area"] / (float(area.sum()) or np.nan)
    return _cast(table, COVERAGE, table["attribute"] + "_" + table["knowledge"])


def guessed(buildings: pd.DataFrame, attributes: Iterable[str], kinds: Sequence[str] = GUESSED) -> dict[str, float]:
    """Return the share of heated floor area whose attributes are of these kinds of knowledge."""
    heated = buildings[buildings["is_heated"]]
    area = weights(heated)
    whole = float(area.sum()) or np.nan
    return {a: float(area[knowledge(heated, a).isin(kinds)].sum()) / whole for a in attributes}


def improvements(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return the attributes by how much heated floor area rests on default or unknown values, most first.

    Those that decide the heat demand come before those that refine it or decide other things (dwellings, carrier,
    heritage). Equals are ranked by the area that rests on estimates, then in the order of :data:`ATTRIBUTES`.
    """
    names = [a.value for a in ATTRIBUTES]
    total = float(weights(buildings[buildings["is_heated"]]).sum())
    table = pd.DataFrame({"attribute": names})
    table["guessed_share"] = table["attribute"].map(guessed(buildings, names))
    table["estimated_share"] = table["attribute"].map(guessed(buildings, names, ("estimated",)))
    table["guessed_m2"] = table["guessed_share"].fillna(0.0) * total
    keys = table[["guessed_share", "estimated_share"]].round(3).assign(decisive=table["attribute"].isin(DECISIVE))
    order = keys.sort_values(["decisive", "guessed_share", "estimated_share"], ascending=False, kind="stable").index
    table = table.loc[order]
    return _cast(table, IMPROVEMENTS, pd.Series(range(1, len(table) + 1), index=table.index).astype("str"))


def area_coverage(buildings: pd.DataFrame, areas: gpd.GeoDataFrame, level: str) -> gpd.GeoDataFrame:
    """Return for each area the share of its heated buildings by kind of knowledge of the mapped attributes.

    Parameters
    ----------
    buildings : DataFrame
        With ``<level without s>_id``.
    areas : GeoDataFrame
    level : {"blocks", "districts", "zones"}
    """
    table = AREA_COVERAGE[level]
    heated = buildings[buildings["is_heated"]]
    key = heated[f"{level.removesuffix('s')}_id"]
    count = key.value_counts().reindex(areas.index, fill_value=0)
    out: dict[str, Any] = {
        "name": areas["name"] if "name" in areas else pd.Series(None, index=areas.index, dtype="str"),
        "heated_count": count,
    }
    known = []
    for attribute in MAPPED:
        told = knowledge(heated, attribute)
        counts = pd.crosstab(key, told).reindex(index=areas.index, columns=[k.value for k in KNOWLEDGE], fill_value=0)
        shares = counts.fillna(0).div(count.where(count > 0), axis=0)
        stem = attribute.removesuffix("_m")
        known.append(shares[list(KNOWN)].sum(axis=1, min_count=1).clip(upper=1.0))
        out[f"{stem}_known_share"] = known[-1]
        out |= {f"{stem}_{k}_share": shares[k] for k in shares.columns}
    out["known_share"] = sum(known) / len(known)
    frame = pd.DataFrame({c.name: c.cast(out[c.name], areas.index) for c in table.columns})
    frame.index = areas.index.rename(table.id)
    return gpd.GeoDataFrame(frame, geometry=areas.geometry.to_numpy(), crs=areas.crs)


def summary(buildings: pd.DataFrame, readings: Sequence[Reading], odd: pd.Index) -> pd.DataFrame:
    """Return the verdict on each topic: the share that is in order, and good, fair or poor by the rules.

    Parameters
    ----------
    buildings : DataFrame
    readings : sequence of Reading
        Rows kept of rows read.
    odd : Index
        Ids of buildings with a contradiction.
    """
    heated = buildings[buildings["is_heated"]]
    area = weights(heated)
    whole = float(area.sum()) or np.nan
    computable = heated["floor_area_m2"].notna() & heated["use_class"].notna()
    read = sum(r.rows_in for r in readings)
    shares = {
        "rows": 1.0 - sum(min(r.rows_set_aside, r.rows_in) for r in readings) / (read or np.nan),
        "computable": float(area[computable].sum()) / whole,
        "height_m": float(area[knowledge(heated, "height_m").isin(KNOWN)].sum()) / whole,
        "year_built": float(area[knowledge(heated, "year_built").isin(KNOWN)].sum()) / whole,
        "sound": 1.0 - len(odd.unique()) / (len(buildings) or np.nan),
    }
    rule = load("quality_rules").set_index("rule")["value"]
    strict = ("rows", "sound")
    states = [
        "good" if s >= rule["kept_good_share" if t in strict else "good_share"]
        else "fair" if s >= rule["kept_fair_share" if t in strict else "fair_share"] else "poor"
        for t, s in shares.items()
    ]  # fmt: skip
    table = pd.DataFrame({"topic": list(shares), "state": states, "good_share": list(shares.values())})
    return _cast(table, SUMMARY, table["topic"])


def counts(buildings: pd.DataFrame) -> dict[str, float]:
    """Return how much there is: buildings, heated ones, footprint, floor area, volume, walls, dwellings."""
    heated = buildings[buildings["is_heated"]]
    attached = buildings["attachment"] if "attachment" in buildings else pd.Series(dtype="object")
    return {
        "buildings": float(len(buildings)),
        "heated": float(len(heated)),
        "attached": float((attached[buildings["is_heated"]] != "detached").sum()) if len(attached) else np.nan,
        "footprint_m2": float(buildings["footprint_m2"].sum()),
        "floor_area_m2": float(heated["floor_area_m2"].sum()),
        "volume_m3": float(heated["volume_m3"].sum()),
        "wall_area_m2": float(heated["wall_area_m2"].sum()),
        "party_wall_area_m2": float(heated["party_wall_area_m2"].sum()),
    }


def source_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """Return one row a source: rows read, kept, repaired, set aside, licence and reference date where told."""
    return pd.DataFrame(
        [
            {
                "source": r.source,
                "tables": ", ".join(r.tables),
                "rows_in": r.rows_in,
                "kept": r.rows_out,
                "repaired": sum(f.count for f in r.findings if f.kind in ("repaired", "encoding_mended")),
                "set_aside": r.rows_set_aside,
                "attribution": r.attribution,
                "as_of": str(r.facts.get("as_of") or r.facts.get("date") or ""),
            }
            for r in readings
        ]
    )


def _cast(table: pd.DataFrame, declared: Table, index: pd.Series) -> pd.DataFrame:
    table = table.set_axis(pd.Index(index, name=declared.id, dtype="str"))
    return pd.DataFrame({c.name: c.cast(table[c.name], table.index) for c in declared.columns})
