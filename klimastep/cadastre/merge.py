"""One building stock out of several deliveries: match by official id, then by overlap; the first source wins.

The first delivery with footprints is the stock. A later one of the cadastre that covers another area adds its
buildings; every other delivery only fills what is unknown, or what it is first for by the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import source_of
from klimastep.findings import Finding, Severity, first_ids
from klimastep.geo import best_overlap
from klimastep.tables import BUILDINGS

SOURCED = {c.name.removesuffix("_source") for c in BUILDINGS.columns if c.name.endswith("_source")}
ID_REACH_M = 10.0  # two outlines of one id further apart are not one building
OTHER_AREA_SHARE = 0.5  # a delivery of which fewer match describes another area
SAME_GROUND_SHARE = 0.5  # of the smaller outline: then a building stands there already
ALKIS_ID = r"DE[A-Z]{2}[A-Za-z0-9_]{12}"
Delivery = tuple[str, str, pd.DataFrame]


def merge(
    deliveries: Sequence[Delivery], first_for: Mapping[str, Collection[str]] | None = None
) -> tuple[gpd.GeoDataFrame, dict[str, pd.Series], list[Finding]]:
    """Merge what several sources say of the buildings.

    Parameters
    ----------
    deliveries : sequence of (name, kind, table)
        In order of precedence; `kind` is what ``<attribute>_source`` shall say ("cadastre", "survey", …).
        The first table with geometries gives the footprints; the others fill what is unknown.
    first_for : mapping of str to collection of str, optional
        By name of the delivery: columns in which it comes before all others.

    Returns
    -------
    buildings : GeoDataFrame
    matches : dict of str to Series
        For each later delivery with geometries: its building ids → ids of the stock (unknown where unmatched).
    findings : list of Finding
        Rows of later deliveries that match no building, buildings that a delivery does not know, ids that stand
        on two places, buildings added from another area.

    Notes
    -----
    A delivery adds the buildings that it has alone when it is of kind "cadastre", holds ALKIS ids and no surfaces
    (a 3D model reaches beyond the town by its tiles), and fewer than half of its buildings are in the stock. What
    stands on ground that is built already is not added but reported.
    """
    base_at = next(i for i, (_, _, table) in enumerate(deliveries) if isinstance(table, gpd.GeoDataFrame))
    name, kind, first = deliveries[base_at]
    stock = _with_source(gpd.GeoDataFrame(first.copy(), crs=first.crs), kind)
    findings: list[Finding] = []
    for delivery in deliveries[base_at + 1 :]:
        if _is_cadastre(delivery):
            stock, found = _with_other_area(stock, delivery)
            findings += found
    matches: dict[str, pd.Series] = {}
    wanted = first_for or {}
    firsts = {name: frozenset(wanted.get(name, ()))}
    # what stands before the footprints in the plan has precedence over them, what stands behind has not
    for place in (*reversed(range(base_at)), *range(base_at + 1, len(deliveries))):
        other_name, other_kind, table = deliveries[place]
        ids, found = _match(stock, table, other_name)
        findings += found
        if isinstance(table, gpd.GeoDataFrame):
            matches[other_name] = ids
        firsts[other_name] = frozenset(wanted.get(other_name, ()))
        theirs = _with_source(table, other_kind)
        taken_first = frozenset(table.columns) if place < base_at else firsts[other_name]
        settled = frozenset().union(*(columns for n, columns in firsts.items() if n != other_name))
        stock = _fill(stock, theirs, ids, taken_first - settled)
        findings += [*_unmatched(other_name, name, ids, stock), *_newer(other_name, table, ids, stock)]
    return stock, matches, findings


def _with_source(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    added = {}
    for name in sorted(SOURCED):
        if name in table and f"{name}_source" not in table:
            said = table[name].notna().map({True: kind, False: None})
            added[f"{name}_source"] = source_of(name, name, name).cast(said, table.index)
    return table.assign(**added)


def _is_cadastre(delivery: Delivery) -> bool:
    _, kind, table = delivery
    if kind != "cadastre" or not isinstance(table, gpd.GeoDataFrame) or "wall_area_m2" in table or table.empty:
        return False
    return bool(table.index.str.fullmatch(ALKIS_ID).all())


def _with_other_area(stock: gpd.GeoDataFrame, delivery: Delivery) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the stock with the buildings of a delivery that describes another area."""
    name, kind, table = delivery
    ids, _ = _match(stock, table, name)
    if ids.notna().mean() >= OTHER_AREA_SHARE:
        return stock, []
    alone = table[ids.isna().to_numpy() & ~table.index.isin(stock.index)]
    alone = alone[~_on_built_ground(alone, stock)]
    if alone.empty:
        return stock, []
    both = pd.concat([stock, _with_source(alone, kind)])
    vocabularies = {c.name: c for c in BUILDINGS.columns if c.dtype in ("category", "bool") and c.name in both}
    both = both.assign(**{n: c.cast(_known(both[n], c.dtype), both.index) for n, c in vocabularies.items()})
    text = (
        f"Gebäude aus {name} ergänzt: die Lieferung deckt ein anderes Gebiet ab",
        f"buildings added from {name}: the delivery covers another area",
    )
    return gpd.GeoDataFrame(both, crs=stock.crs), _finding(name, "other_area", alone.index, *text, "note")


def _known(values: pd.Series, dtype: str) -> pd.Series:
    return values.astype("object").where(values.notna(), False if dtype == "bool" else None)


def _on_built_ground(table: gpd.GeoDataFrame, stock: gpd.GeoDataFrame) -> np.ndarray:
    shapes, built = np.asarray(table.geometry.array), np.asarray(stock.geometry.array)
    rows, hits = shapely.STRtree(built).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[rows], built[hits]))
    smaller = np.minimum(shapely.area(shapes[rows]), shapely.area(built[hits]))
    taken = np.zeros(len(table), dtype=bool)
    taken[rows[shared >= SAME_GROUND_SHARE * smaller]] = True
    return taken


def _match(stock: gpd.GeoDataFrame, table: pd.DataFrame, name: str) -> tuple[pd.Series, list[Finding]]:
    ids = pd.Series(table.index.where(table.index.isin(stock.index)), index=table.index, dtype="str")
    if not isinstance(table, gpd.GeoDataFrame):
        return ids, []
    known = ids.notna().to_numpy()
    theirs = np.asarray(table.geometry.array)[known]
    ours = np.asarray(stock.geometry.array)[stock.index.get_indexer(ids[known])]
    far = np.zeros(len(table), dtype=bool)
    far[known] = ~shapely.dwithin(theirs, ours, ID_REACH_M)
    ids = ids.mask(far)
    rest = table[ids.isna()]
    ids = ids.where(ids.notna(), best_overlap(rest, gpd.GeoDataFrame(stock)).reindex(table.index))
    text = (
        f"Kennungen liegen in {name} mehr als {ID_REACH_M:g} m vom Gebäude gleicher Kennung und gelten nicht",
        f"ids lie more than {ID_REACH_M:g} m from the building of the same id in {name} and do not count",
    )
    return ids, _finding(name, "id_far_away", table.index[far], *text)


def _fill(stock: gpd.GeoDataFrame, table: pd.DataFrame, ids: pd.Series, first_for: Collection[str]) -> gpd.GeoDataFrame:
    known = ids.dropna()
    rows = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).loc[known.index]
    rows = rows.set_axis(pd.Index(known.to_numpy(), name=stock.index.name))
    rows = rows[~rows.index.duplicated()].reindex(stock.index)
    new = {}
    for column in rows.columns:
        if column.endswith("_source") and column.removesuffix("_source") in rows:
            continue
        theirs = rows[column]
        if column not in stock:
            taken = theirs.notna()
            new[column] = theirs
        else:
            taken = theirs.notna() & (column in first_for or stock[column].isna())
            new[column] = stock[column].mask(taken, theirs)
        source = f"{column}_source"
        if source in rows:
            old = stock[source] if source in stock else pd.Series(None, index=stock.index).astype(rows[source].dtype)
            new[source] = old.mask(taken, rows[source])
    return stock.assign(**new)


def _unmatched(name: str, base: str, ids: pd.Series, stock: gpd.GeoDataFrame) -> list[Finding]:
    without = stock.index.difference(pd.Index(ids.dropna()))
    return [
        *_finding(
            name,
            "no_building",
            ids.index[ids.isna()],
            f"Zeilen aus {name} passen zu keinem Gebäude in {base}.",
            f"rows of {name} match no building of {base}.",
        ),
        *_finding(
            name,
            "not_covered",
            without,
            f"Gebäude kommen in {name} nicht vor.",
            f"buildings do not occur in {name}.",
            "note",
        ),
    ]


def _newer(name: str, table: pd.DataFrame, ids: pd.Series, stock: gpd.GeoDataFrame) -> list[Finding]:
    """Return the buildings that a 3D model cannot know since the cadastre recorded them after it."""
    dates = table["height_recorded_on"].dropna() if "height_recorded_on" in table else pd.Series(dtype="str")
    if dates.empty or "recorded_on" not in stock:
        return []
    latest = dates.max()
    newer = stock.index[(stock["recorded_on"] > latest).to_numpy() & ~stock.index.isin(ids.dropna())]
    return _finding(
        name,
        "newer_than_3d",
        newer,
        f"Gebäude sind jünger als das 3D-Modell {name} (Stand {latest}) und haben daher kein Dach.",
        f"buildings are newer than the 3D model {name} (as of {latest}) and so have no roof.",
    )


def _finding(
    name: str, kind: str, ids: pd.Index, text_de: str, text_en: str, severity: Severity = "warning"
) -> list[Finding]:
    if not len(ids):
        return []
    return [Finding(name, kind, len(ids), first_ids(ids), f"{len(ids)} {text_de}", f"{len(ids)} {text_en}", severity)]
