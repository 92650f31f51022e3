"""Floor area of dwellings by geometry and by people: two kinds of evidence for one area, joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from klimastep.contract import Column
from klimastep.findings import Finding, first_ids
from klimastep.geo import within
from klimastep.reference import load

Array = NDArray[np.float64]

RESIDENTIAL = ("residential", "mixed")
GIVEN = ("measured", "cadastre", "survey")
LEVELS = {"blocks": "block_id", "cells": "cell_id", "districts": "district_id"}  # the first with inhabitants
LEVEL_WORDS = {"blocks": ("Blöcke", "blocks"), "cells": ("Zellen", "cells"), "districts": ("Stadtteile", "districts")}
FLOOR_AREA_FACTOR = Column(
    "floor_area_factor",
    "float64",
    "1",
    "Faktor der Fläche nach Einwohnern",
    "Factor of floor area by inhabitants",
    "By which inhabitants moved the reference area of the area's dwellings; unknown where they say nothing.",
    nullable=True,
    min=0,
    aggregate="mean",
)


class Spreads(NamedTuple):
    """What is thought of people and geometry before they are compared; ``reference/floor_area_evidence.csv``.

    Parameters
    ----------
    living_area_per_head_m2 : float
        [m²]
    area, geometry_estimated, geometry_given : float
        Standard deviations of logarithms: areas around the mean per head, geometry with estimated and with
        given storeys.
    """

    living_area_per_head_m2: float
    area: float
    geometry_estimated: float
    geometry_given: float


class Joined(NamedTuple):
    """Result of :func:`by_people`.

    Parameters
    ----------
    buildings : GeoDataFrame
    areas : DataFrame
        Of each area with evidence: `residents`, `known_share`, `geometry_m2`, `people_m2`, `factor`.
    findings : list of Finding
    """

    buildings: gpd.GeoDataFrame
    areas: pd.DataFrame
    findings: list[Finding]


def rules() -> pd.Series:
    """Return the rules of ``reference/floor_area_evidence.csv`` by name."""
    return load("floor_area_evidence").set_index("rule")["value"]


def spreads(per_head_m2: float | None = None, area: float | None = None, geometry: float | None = None) -> Spreads:
    """Return the national spreads, or the plan's own where it has them.

    Parameters
    ----------
    per_head_m2 : float, optional
        The municipality's own living area per head: blocks then differ from it, but it from nothing. [m²]
    area, geometry : float, optional
        Own spreads of areas around the mean per head, and of geometry. [ln]
    """
    rule = rules()
    town = 0.0 if per_head_m2 else float(rule["municipality_spread"])
    return Spreads(
        per_head_m2 or float(rule["living_area_per_head"]),
        area or float(np.hypot(rule["area_spread"], town)),
        geometry or float(rule["geometry_spread_estimated"]),
        geometry or float(rule["geometry_spread_given"]),
    )


def joined_ln(difference: Array, geometry_spread: Array, people_spread: Array, limit: float) -> Array:
    """Return the logarithm of the factor on the geometric area.

    The mean by inverse variances; where both disagree by far, the evidence that is more likely broken pulls with
    a bounded force (Huber): geometry where it is too small for the people, people where they are too few.

    Parameters
    ----------
    difference : ndarray, shape (n,)
        ln of the area by people over that by geometry.
    geometry_spread, people_spread : ndarray, shape (n,)
        Standard deviations of both logarithms.
    limit : float
        In standard deviations of the evidence that gives way.

    Examples
    --------
    >>> joined_ln(np.array([0.0, 0.2, -0.2, 2.0, -2.0]), np.full(5, 0.2), np.full(5, 0.2), 1.5).round(3).tolist()
    [0.0, 0.1, -0.1, 1.7, -0.3]
    """
    geometry, people = geometry_spread**2, people_spread**2
    mean = difference * geometry / (geometry + people)
    far = np.where(difference > 0, difference - limit * people / geometry_spread, -limit * geometry / people_spread)
    result: Array = np.maximum(mean, far)
    return result


def by_people(
    buildings: gpd.GeoDataFrame,
    areas: Mapping[str, gpd.GeoDataFrame],
    thought: Spreads,
    dwelling_share: Array,
    fixed: pd.Index | None = None,
) -> Joined:
    """Return `buildings` with floor areas of dwellings that inhabitants agree with.

    Sums over each area are meant: all its dwellings get one factor. Its dwellings must all be there, so the result
    is the same in a run of the area, of its district and of the town. Walls, roofs and footprints stay, but for
    walls and volumes that follow from storeys. See ``docs/floor_area.md``.

    Parameters
    ----------
    buildings : GeoDataFrame
        With floor area, use, keys of blocks and districts.
    areas : mapping of str to GeoDataFrame
        `blocks`, `cells`, `districts` with `residents`; of several the finest named by the office comes first.
        `boundary` tells which cells other municipalities have a share in.
    thought : Spreads
    dwelling_share : ndarray, shape (n,)
        Share of dwellings in the floor area of each building of residential or mixed use. [1]
    fixed : Index, optional
        Ids of buildings whose floor area is known: they count, but stay.
    """
    level = next((n for n in LEVELS if n in areas and _known(areas[n]).any()), None)
    if level is None:
        return Joined(buildings, pd.DataFrame(), [])
    key = _keys(buildings, areas, level)
    table = _evidence(buildings, key, areas[level], thought, dwelling_share)
    table["factor"] = _factors(table, thought, level == "cells")
    factor = key.map(table["factor"]).astype("float64").where(_dwellings(buildings))
    if fixed is not None:
        factor = factor.mask(buildings.index.isin(fixed))
    return Joined(_with_factor(buildings, factor, dwelling_share), table, _findings(table, level, rules()))


def _factors(table: pd.DataFrame, thought: Spreads, of_cells: bool) -> Array:
    """Return the factor of each area."""
    rule = rules()
    geometry, people = (table[n].to_numpy(dtype=np.float64) for n in ("geometry_m2", "people_m2"))
    heads = np.maximum(geometry / _area_of_one(thought), 1.0)
    unseen = np.log(table["known_share"].to_numpy(dtype=np.float64))
    cell = float(rule["cell_spread"]) if of_cells else 0.0
    spread = np.sqrt(thought.area**2 + rule["head_spread"] ** 2 / heads + cell**2 + unseen**2 / 12)
    ln = joined_ln(np.log(people / geometry), table["geometry_spread"].to_numpy(), spread, float(rule["limit"]))
    most = float(np.log(rule["most_factor"]))
    return np.exp(np.clip(ln, -most, most))


def _area_of_one(thought: Spreads) -> float:
    """Return the reference area of one inhabitant. [m²]"""
    boundary = load("heat_boundary").set_index("name")["value"]
    return thought.living_area_per_head_m2 * float(boundary["reference_per_living_area"])


def _known(table: pd.DataFrame) -> pd.Series:
    """Return which areas have inhabitants; none at all say nothing of the area of dwellings."""
    return table["residents"] > 0 if "residents" in table else pd.Series(False, index=table.index)


def _keys(buildings: gpd.GeoDataFrame, areas: Mapping[str, gpd.GeoDataFrame], level: str) -> pd.Series:
    """Return the area of each building; cells that other municipalities share are none."""
    if level != "cells":
        return buildings[LEVELS[level]].astype("object")
    cells = areas[level]
    if "boundary" in areas:
        town = shapely.union_all(areas["boundary"].geometry.to_numpy())
        cells = cells[shapely.covers(town, cells.geometry.to_numpy())]
    return within(buildings, cells).astype("object")


def _dwellings(buildings: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are heated dwellings of known floor area."""
    known = buildings["use_class"].isin(RESIDENTIAL) & buildings["is_heated"] & (buildings["floor_area_m2"] > 0)
    return known.to_numpy(dtype=bool)


def _evidence(
    buildings: pd.DataFrame, key: pd.Series, areas: pd.DataFrame, thought: Spreads, dwelling_share: Array
) -> pd.DataFrame:
    """Return what geometry and people say of each area with inhabitants and dwellings."""
    known = _dwellings(buildings)
    unknown_use = buildings["use_class"].isna() | buildings["use_class"].isin(RESIDENTIAL)
    perhaps = ((unknown_use & buildings["is_heated"]).to_numpy(dtype=bool)) & ~known
    footprint = buildings["footprint_m2"].to_numpy(dtype=np.float64)
    area = np.where(known, np.nan_to_num(buildings["floor_area_m2"].to_numpy(dtype=np.float64)) * dwelling_share, 0.0)
    given = buildings["storeys_source"].isin(GIVEN).to_numpy(dtype=bool)
    parts = {
        "geometry_m2": area,
        "given_m2": np.where(given, area, 0.0),
        "known_footprint": np.where(known, footprint, 0.0),
        "perhaps_footprint": np.where(perhaps, footprint, 0.0),
    }
    sums = pd.DataFrame(parts, index=buildings.index).groupby(key).sum()
    residents = areas["residents"][_known(areas)].astype("float64").rename("residents")
    table = sums.join(residents, how="inner")
    table = table[(table["geometry_m2"] > 0) & (table["known_footprint"] > 0)].sort_index()
    table["known_share"] = table["known_footprint"] / (table["known_footprint"] + table["perhaps_footprint"])
    told = table["given_m2"] / table["geometry_m2"]
    table["geometry_spread"] = np.sqrt(told * thought.geometry_given**2 + (1.0 - told) * thought.geometry_estimated**2)
    table["people_m2"] = table["residents"] * _area_of_one(thought) * np.sqrt(table["known_share"])
    return table[["residents", "known_share", "geometry_m2", "geometry_spread", "people_m2"]]


def _with_factor(buildings: gpd.GeoDataFrame, factor: pd.Series, dwelling_share: Array) -> gpd.GeoDataFrame:
    """Return `buildings` with the factor and what goes with it: floor area, windows, what follows from storeys."""
    whole = 1.0 + dwelling_share * (factor.fillna(1.0) - 1.0)
    heights = buildings["eaves_height_m"].notna() | buildings["height_m"].notna()
    by_storeys = ~heights & ~buildings["envelope_source"].isin(["measured"])
    changed: dict[str, Any] = {n: buildings[n] * whole for n in ("floor_area_m2", "window_area_m2")}
    for name in ("wall_area_m2", "volume_m3"):
        changed[name] = buildings[name].where(~by_storeys, buildings[name] * whole)
    return buildings.assign(**changed, **{FLOOR_AREA_FACTOR.name: factor})


def _findings(table: pd.DataFrame, level: str, rule: pd.Series) -> list[Finding]:
    """Return how far people moved the floor area, and the areas where both cannot be right."""
    if table.empty:
        return []
    de, en = LEVEL_WORDS[level]
    before, after = float(table["geometry_m2"].sum()), float((table["geometry_m2"] * table["factor"]).sum())
    low, high = table["factor"].min(), table["factor"].max()
    change = f"{100 * (after / before - 1):+.0f} %"
    found = [
        Finding(
            "cadastre",
            "floor_area_by_people",
            len(table),
            (),
            f"Wohnfläche aus Geometrie und Einwohnern ({len(table)} {de}): {change} gegen die Geometrie allein, "
            f"Faktor {_de(low)} bis {_de(high)}; gilt für die Summe je Gebiet, nicht für das einzelne Haus.",
            f"Floor area of dwellings by geometry and inhabitants ({len(table)} {en}): {change} against geometry "
            f"alone, factor {low:.2f} to {high:.2f}; it holds for sums over areas, not for the single house.",
            "note",
        )
    ]
    ratio = np.exp(np.abs(np.log(table["people_m2"] / table["geometry_m2"])))
    odd = table.index[ratio > rule["tell_factor"]]
    if len(odd):
        limit = f"{rule['tell_factor']:g}"
        ids = first_ids(odd)
        found.append(
            Finding(
                "cadastre",
                "people_against_geometry",
                len(odd),
                ids,
                f"{len(odd)} {de}, in denen Einwohner und Geometrie um mehr als das {limit}-Fache auseinanderliegen; "
                f"Grundrisse, Geschosse oder Einwohnerzahl prüfen: {', '.join(ids)}.",
                f"{len(odd)} {en} where inhabitants and geometry differ by more than a factor of {limit}; "
                f"check footprints, storeys or the number of inhabitants: {', '.join(ids)}.",
            )
        )
    return found


def _de(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")
