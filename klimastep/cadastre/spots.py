"""Odd spots of the stock: contradictions, overlaps and gaps as points with kind, sentence and id."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Category, Column, Table
from klimastep.findings import Finding
from klimastep.reference import load

KINDS = (
    Category("overlap", "Umrisse überlappen sich", "overlapping outlines", "#d7191c"),
    Category("eaves_above_ridge", "Traufe über First", "eaves above ridge", "#e66101"),
    Category("storey_height", "Geschosshöhe unwahrscheinlich", "odd storey height", "#fdb863"),
    Category("not_computable", "nicht rechenbar", "not computable", "#5e3c99"),
    Category("no_height", "Höhe fehlt", "no height", "#b2abd2"),
    Category("no_use", "Nutzung unbekannt", "use unknown", "#2c7bb6"),
    Category("in_no_area", "liegt in keinem Gebiet", "in no area", "#52606d"),
    Category("reported", "Hinweis beim Einlesen", "noticed while reading", "#9aa5b1"),
)
IDS_SHOWN = 2
CONTRADICTIONS = ("overlap", "eaves_above_ridge", "storey_height")
WEIGHTS = (
    Category("error", "prüfen", "check", "#b35806"),
    Category("gap", "Lücke", "gap", "#5e3c99"),
    Category("note", "Hinweis", "note", "#9aa5b1"),
)
SPOTS = Table(
    "spots",
    "spot",
    "Auffällige Stellen",
    "Odd spots",
    "Point",
    (
        Column("kind", "category", "", "Art", "Kind", categories=KINDS),
        Column("weight", "category", "", "Gewicht", "Weight", categories=WEIGHTS),
        Column("building_id", "str", "", "Gebäude", "Building"),
        Column("text_de", "str", "", "Was auffällt", "What is odd (German)"),
        Column("text_en", "str", "", "Was auffällt (englisch)", "What is odd"),
    ),
)
Texts = list[tuple[str, str]]
Found = tuple[np.ndarray, Texts]


def spots(buildings: gpd.GeoDataFrame, findings: Sequence[Finding] = (), areas: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Return one point for each oddity of a building, at a point inside it.

    Parameters
    ----------
    buildings : GeoDataFrame
        The finished stock.
    findings : sequence of Finding
        What readers noticed; the buildings they name become points too.
    areas : sequence of str
        Columns of keys that a building should have, for example "block_id".
    """
    rule = load("quality_rules").set_index("rule")["value"]
    checks: Mapping[str, Callable[[], Found]] = {
        "overlap": lambda: _overlaps(buildings, rule),
        "eaves_above_ridge": lambda: _eaves(buildings, rule),
        "storey_height": lambda: _storeys(buildings, rule),
        "not_computable": lambda: _not_computable(buildings),
        "no_height": lambda: _no_height(buildings),
        "no_use": lambda: _no_use(buildings),
        "in_no_area": lambda: _in_no_area(buildings, areas),
        "reported": lambda: _reported(buildings, findings),
    }
    parts = [part for kind, check in checks.items() if (part := _points(buildings, kind, check())) is not None]
    if not parts:
        return _empty(buildings)
    table = pd.concat(parts, ignore_index=True)
    index = pd.Index(table["kind"] + "_" + (table.groupby("kind").cumcount() + 1).astype("str"), name=SPOTS.id)
    table = table.set_axis(index.astype("str"))
    out = pd.DataFrame({c.name: c.cast(table[c.name], table.index) for c in SPOTS.columns})
    return gpd.GeoDataFrame(out, geometry=table["geometry"].to_numpy(), crs=buildings.crs)


def contradicted(table: pd.DataFrame) -> pd.Index:
    """Return the ids of buildings with an oddity that contradicts itself or another."""
    return pd.Index(table.loc[table["kind"].isin(CONTRADICTIONS), "building_id"].unique())


def _points(buildings: gpd.GeoDataFrame, kind: str, found: Found) -> pd.DataFrame | None:
    places, texts = found
    if not len(places):
        return None
    weight = "error" if kind in CONTRADICTIONS else "note" if kind == "reported" else "gap"
    return pd.DataFrame(
        {
            "kind": kind,
            "weight": weight,
            "building_id": buildings.index.to_numpy()[places],
            "text_de": [t[0] for t in texts],
            "text_en": [t[1] for t in texts],
            "geometry": shapely.point_on_surface(buildings.geometry.to_numpy()[places]),
        }
    )


def _empty(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    index = pd.Index([], name=SPOTS.id, dtype="str")
    columns = {c.name: c.cast(pd.Series([], index=index, dtype="object"), index) for c in SPOTS.columns}
    return gpd.GeoDataFrame(columns, index=index, geometry=[], crs=buildings.crs)


def _number(value: float, language: str = "de") -> str:
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "de" else text


def _both(de: str, en: str, **values: float) -> tuple[str, str]:
    texts = [{k: _number(v, lang) for k, v in values.items()} for lang in ("de", "en")]
    return de.format(**texts[0]), en.format(**texts[1])


def _overlaps(buildings: gpd.GeoDataFrame, rule: pd.Series) -> Found:
    shapes = buildings.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    touching = shapely.touches(shapes[first], shapes[second])
    first, second = first[~touching], second[~touching]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    area = shapely.area(shapes)
    least = np.minimum(area[first], area[second])
    odd = (shared >= rule["overlap_min_area"]) & (shared >= rule["overlap_min_share"] * least)
    smaller = np.where(area[first] <= area[second], first, second)[odd]
    places, at = np.unique(smaller, return_index=True)
    texts = [
        _both(
            "{m} m² des Umrisses ({a} m²) liegen in einem anderen Gebäude.",
            "{m} m² of the outline ({a} m²) lie in another building.",
            m=m,
            a=a,
        )
        for m, a in zip(shared[odd][at], area[places], strict=True)
    ]
    return places, texts


def _eaves(buildings: pd.DataFrame, rule: pd.Series) -> Found:
    eaves, ridge = buildings["eaves_height_m"].to_numpy(), buildings["height_m"].to_numpy()
    places = np.flatnonzero(eaves > ridge + rule["eaves_above_ridge_min"])
    de, en = "Traufhöhe {e} m über der Gebäudehöhe {r} m.", "Eaves {e} m above the height {r} m."
    return places, [_both(de, en, e=eaves[i], r=ridge[i]) for i in places]


def _storeys(buildings: pd.DataFrame, rule: pd.Series) -> Found:
    eaves, storeys = buildings["eaves_height_m"].to_numpy(), buildings["storeys"].to_numpy()
    told = ~buildings["storeys_source"].isin(["estimated", "default"]) & buildings["use_class"].isin(
        ["residential", "mixed"]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        height = eaves / storeys
    odd = told.to_numpy() & np.isfinite(height)
    odd &= (height < rule["storey_height_min"]) | (height > rule["storey_height_max"])
    places = np.flatnonzero(odd)
    de = "Traufhöhe {e} m bei {n} Vollgeschossen: {h} m je Geschoss."
    en = "Eaves {e} m with {n} storeys: {h} m each."
    return places, [
        tuple(t.replace(",0 Voll", " Voll").replace(".0 st", " st") for t in _both(de, en, e=e, n=n, h=h))  # type: ignore[misc]
        for e, n, h in zip(eaves[places], storeys[places], height[places], strict=True)
    ]


def _not_computable(buildings: pd.DataFrame) -> Found:
    lost = buildings["is_heated"] & buildings["floor_area_m2"].isna()
    places = np.flatnonzero(lost.to_numpy())
    unused = buildings["use_class"].isna().to_numpy()
    de = "Beheizt, aber {what} fehlen: die Wärme bleibt unbekannt."
    en = "Heated, but {what} are missing: its heat stays unknown."
    words = {
        False: (de.format(what="Geschosse und Traufhöhe"), en.format(what="storeys and eaves height")),
        True: (de.format(what="Geschosse, Traufhöhe und Nutzung"), en.format(what="storeys, eaves height and use")),
    }
    return places, [words[bool(unused[i])] for i in places]


def _no_height(buildings: pd.DataFrame) -> Found:
    lost = buildings["is_heated"] & buildings["height_m"].isna() & buildings["floor_area_m2"].notna()
    text = (
        "Beheizt, aber ohne Gebäudehöhe: Wände und Volumen sind unbekannt.",
        "Heated, but without height: walls and volume are unknown.",
    )
    places = np.flatnonzero(lost.to_numpy())
    return places, [text] * len(places)


def _no_use(buildings: pd.DataFrame) -> Found:
    lost = buildings["is_heated"] & buildings["use_class"].isna() & buildings["floor_area_m2"].notna()
    places = np.flatnonzero(lost.to_numpy())
    text = "Gebäudefunktion fehlt; als beheizt nach der Größe angenommen.", "No function; taken as heated by its size."
    return places, [text] * len(places)


def _in_no_area(buildings: pd.DataFrame, areas: Sequence[str]) -> Found:
    lost = np.zeros(len(buildings), dtype=bool)
    for key in areas:
        lost |= buildings[key].isna().to_numpy()
    places = np.flatnonzero(lost)
    text = "Liegt in keinem Gebiet und zählt in keiner Summe.", "Lies in no area and counts in no sum."
    return places, [text] * len(places)


def _reported(buildings: pd.DataFrame, findings: Sequence[Finding]) -> Found:
    rows = list(_named(buildings.index, findings))
    return np.array([place for place, _ in rows], dtype=np.int64), [text for _, text in rows]


def _named(index: pd.Index, findings: Sequence[Finding]) -> Iterator[tuple[int, tuple[str, str]]]:
    for finding in findings:
        if finding.severity == "note" or finding.source == "cadastre":
            continue
        names = [i.split(" ")[0] for i in finding.ids]
        for place in index.get_indexer(pd.Index(names, dtype="str")) if names else ():
            if place >= 0:
                yield int(place), plain(finding)


def plain(finding: Finding) -> tuple[str, str]:
    """Return the German and the English sentence of a finding without the ids that may stand at its end."""

    def cut(text: str) -> str:
        place = text.find(f": {finding.ids[0]}") if finding.ids and finding.ids[0] else -1
        return f"{text[:place]}." if place > 0 else text

    return cut(finding.text_de), cut(finding.text_en)


def oddities(found: pd.DataFrame, findings: Sequence[Finding], private: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the kinds of odd spots with their number and first ids, then what readers and steps noticed.

    Parameters
    ----------
    found : DataFrame
        Of :func:`spots`.
    findings : sequence of Finding
    private : collection of str
        Sources whose rows may be those of a person (meters, heaters): their ids are left out.
    """
    rows: list[dict[str, Any]] = []
    for kind in KINDS[:-1]:
        these = found[found["kind"] == kind.value]
        if len(these):
            ids = these["building_id"].head(IDS_SHOWN).tolist()
            text = dict(zip(("de", "en"), these.iloc[0][["text_de", "text_en"]], strict=True))
            rows.append({"source": "", "kind": kind, "count": len(these), "ids": ids, "text": text, "severity": ""})
    for finding in findings:
        de, en = plain(finding)
        ids = [i for i in finding.ids[:IDS_SHOWN] if i]
        if finding.source in private:
            de, en, ids = re.split(r": | \(", de)[0], re.split(r": | \(", en)[0], []
        rows.append(
            {
                "source": finding.source,
                "kind": None,
                "count": finding.count,
                "ids": ids,
                "text": {"de": de, "en": en},
                "severity": finding.severity,
            }
        )
    return rows
