"""Storeys, reference area, volume and outer surfaces of each building, with its party walls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.cadastre.age import P_AGE
from klimastep.contract import Category, Column, source_of
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import (
    BUILDINGS,
    EAVES_HEIGHT,
    FLOOR_AREA,
    FOOTPRINT,
    HEIGHT,
    IS_HEATED,
    PARTY_WALL_AREA,
    ROOF_AREA,
    STOREYS,
    USE_CLASS,
    VOLUME,
    WALL_AREA,
    WINDOW_AREA,
)

FLOOR_AREA_SOURCE = source_of("floor_area_m2", FLOOR_AREA.label_de, FLOOR_AREA.label_en)
STOREYS_SOURCE = source_of("storeys", "Vollgeschosse", "Full storeys")
ENVELOPE_SOURCE = source_of("envelope", "Hüllfläche", "Envelope")
AREA_BASIS = BUILDINGS["area_basis"]
ROOF_TYPE = BUILDINGS["roof_type"]
PARENT_ID = BUILDINGS["parent_id"]
ATTACHMENT = Column(
    "attachment",
    "category",
    "",
    "Bauweise",
    "Attachment",
    "Attached heated neighbours: a shared wall of 3 m or more, half as high as one's own or higher.",
    categories=(
        Category("detached", "freistehend", "detached", "#d9f0d3"),
        Category("semi_detached", "einseitig angebaut", "attached on one side", "#7fbf7b"),
        Category("terraced", "beidseitig angebaut", "attached on two sides", "#1b7837"),
    ),
)
A_REF = "A_C,ref (TABULA)"
RESIDENTIAL = ("residential", "mixed")
HALO_M = 2.0
MIN_ROOF_RISE_M = 1.0
ROOF_FORMS = {"1000": "flat", "2100": "shed", "3100": "gable", "3200": "hip"}  # AdV codes
_STOREY_HEIGHTS = {
    "p_age_a_share": "storey_height_until_1918",
    "p_age_b_share": "storey_height_until_1918",
    "p_age_c_share": "storey_height_1919_1948",
}


def rules() -> pd.Series:
    """Return the rules of ``reference/envelope_rules.csv`` by name."""
    return load("envelope_rules").set_index("rule")["value"]


def shared_lengths(shapes: np.ndarray, gap_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of neighbours and the length of wall that the first shares with the second.

    Parameters
    ----------
    shapes : array of Polygon, shape (n,)
    gap_m : float
        Widest gap that still counts as attached. [m]

    Returns
    -------
    first, second : array of int, shape (p,)
    length_m : array of float, shape (p,)
        Length of the first's outline within `gap_m` of the second. [m]
    """
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=gap_m)
    pair = first != second
    first, second = first[pair], second[pair]
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    reach = np.empty(len(shapes), dtype=object)
    near = np.unique(second)
    reach[near] = shapely.buffer(shapes[near], gap_m, quad_segs=2, cap_style="square", join_style="mitre")
    length = shapely.length(shapely.intersection(shapely.boundary(shapes[first]), reach[second]))
    return first, second, np.where(length > 2 * gap_m, length - 2 * gap_m, 0.0)


@step(
    BUILDINGS,
    needs=[HEIGHT, EAVES_HEIGHT, STOREYS, USE_CLASS, IS_HEATED, PARENT_ID],
    adds=[PARTY_WALL_AREA, ATTACHMENT],
    halo_m=HALO_M,
)
def party_walls(buildings: gpd.GeoDataFrame) -> Mapping[str, Any]:
    """Return the area of wall that each building shares with its neighbours, and on how many sides it is attached.

    Shared length times the lower of the two wall heights (eaves, else ridge, else by the storeys); what rises above
    the neighbour is outer wall. Unknown where a shared wall's height is unknown. Garages and sheds share walls but
    attach nothing, nor do parts of the same building.
    """
    rule = rules()
    wall = _wall_height(buildings).to_numpy()
    first, second, length = shared_lengths(np.asarray(buildings.geometry.array), float(rule["party_wall_gap"]))
    area = np.where(length > 0, length * np.minimum(wall[first], wall[second]), 0.0)
    house = pd.factorize(buildings["parent_id"].fillna(buildings.index.to_series().astype("str")))[0]
    attached = (
        buildings["is_heated"].to_numpy()[second]
        & (house[first] != house[second])
        & (length >= rule["attached_min_length"])
        & ~(wall[second] < rule["attached_min_height_share"] * wall[first])
    )
    pairs = np.unique(np.column_stack([first[attached], house[second[attached]]]), axis=0)
    sides = np.bincount(pairs[:, 0], minlength=len(buildings)).clip(max=len(ATTACHMENT.vocabulary) - 1)
    return {
        "party_wall_area_m2": np.bincount(first, weights=area, minlength=len(buildings)).astype("float64"),
        "attachment": np.array(ATTACHMENT.vocabulary, dtype=object)[sides],
    }


@step(
    BUILDINGS,
    needs=[
        HEIGHT,
        EAVES_HEIGHT,
        STOREYS,
        STOREYS_SOURCE,
        USE_CLASS,
        ROOF_TYPE,
        PARTY_WALL_AREA,
        VOLUME,
        WALL_AREA,
        ROOF_AREA,
        ENVELOPE_SOURCE,
    ],
    adds=[
        FOOTPRINT,
        STOREYS,
        STOREYS_SOURCE,
        FLOOR_AREA,
        FLOOR_AREA_SOURCE,
        AREA_BASIS,
        VOLUME,
        WALL_AREA,
        ROOF_AREA,
        WINDOW_AREA,
        ENVELOPE_SOURCE,
    ],
)
def envelope(buildings: gpd.GeoDataFrame) -> Mapping[str, Any]:
    """Return storeys, areas and volume of each building.

    - storeys: given, else eaves height / storey height (never from the ridge height alone); dwellings built
      until 1918 and from 1919 to 1948 have higher storeys, by the building's age-class probabilities;
    - floor area: A_C,ref = 0.85 x footprint x (storeys + share of a usable attic + share of a heated cellar);
      the cellar counts as unheated, the floor to it is the footprint;
    - volume, wall and roof area: of the delivered surfaces (walls less party walls), else from footprint, heights
      and roof type. What cannot be known stays unknown.
    """
    rule = rules()
    footprint = pd.Series(shapely.area(buildings.geometry.array), index=buildings.index)
    eaves, ridge = buildings["eaves_height_m"], buildings["height_m"]
    residential = buildings["use_class"].isin(RESIDENTIAL)
    guessed = (eaves / _storey_height(buildings, rule)).round().clip(lower=1, upper=STOREYS.max)
    storeys = buildings["storeys"].where(buildings["storeys"] > 0, guessed)
    given = buildings["storeys"] > 0
    storeys_source = buildings["storeys_source"].where(given, pd.Series("estimated", index=buildings.index))
    attic = ((ridge - eaves) >= rule["attic_storey_min_rise"]) & residential
    gross = footprint * (storeys + attic * rule["attic_floor_share"] + rule["cellar_floor_share"])
    floor_area = gross * rule["reference_area_per_gross_area"]
    wall_height = _wall_height(buildings)
    surfaces = buildings["wall_area_m2"].notna()
    wall, roof = _walls_and_roof(buildings, footprint, float(rule["roof_pitch_default"]))
    wall = buildings["wall_area_m2"].where(surfaces, wall)
    estimated_volume = footprint * ((eaves + ridge) / 2).where(eaves.notna() & ridge.notna(), wall_height)
    return {
        "footprint_m2": footprint,
        "storeys": storeys,
        "storeys_source": STOREYS_SOURCE.cast(storeys_source, buildings.index).mask(storeys.isna(), None),
        "floor_area_m2": floor_area,
        "floor_area_m2_source": floor_area.notna().map({True: "estimated", False: None}),
        "area_basis": pd.Series(A_REF, index=buildings.index).where(floor_area.notna()).astype("str"),
        "volume_m3": buildings["volume_m3"].where(buildings["volume_m3"] > 0, estimated_volume),
        "wall_area_m2": (wall - buildings["party_wall_area_m2"]).clip(lower=0),
        "roof_area_m2": buildings["roof_area_m2"].where(buildings["roof_area_m2"] > 0, roof),
        "window_area_m2": floor_area * rule["window_share_of_floor_area"],
        "envelope_source": _envelope_source(buildings, surfaces).where(wall.notna()),
    }


def _envelope_source(buildings: pd.DataFrame, surfaces: pd.Series) -> pd.Series:
    """Return what the delivery says of its surfaces (LoD1 blocks are estimated), measured where it says nothing."""
    said = buildings["envelope_source"].astype("object")
    return said.where(said.notna(), "measured").where(surfaces, "estimated")


def _storey_height(buildings: pd.DataFrame, rule: pd.Series) -> np.ndarray:
    """Return the storey height; of dwellings (and unknown use) by age, the newest where that is unknown. [m]"""
    young = float(rule["storey_height_residential"])
    height = np.full(len(buildings), young)
    known = {c.name: buildings[c.name].fillna(0.0).to_numpy() for c in P_AGE if c.name in buildings}
    for name, share in known.items():
        height += share * (float(rule.get(_STOREY_HEIGHTS.get(name, ""), young)) - young)
    lived_in = buildings["use_class"].isin(RESIDENTIAL) | buildings["use_class"].isna()
    return np.where(lived_in, height, float(rule["storey_height_nonresidential"]))


def _wall_height(buildings: pd.DataFrame) -> pd.Series:
    """Return the eaves height, else the ridge height, else storeys times their height. [m]"""
    told = buildings["eaves_height_m"].where(buildings["eaves_height_m"].notna(), buildings["height_m"])
    return told.where(
        told.notna(), buildings["storeys"].where(buildings["storeys"] > 0) * _storey_height(buildings, rules())
    )


def _walls_and_roof(buildings: gpd.GeoDataFrame, footprint: pd.Series, pitched: float) -> tuple[pd.Series, pd.Series]:
    """Return gross wall and roof area by footprint, heights and roof type.

    Walls are outline times eaves height; gables add two triangles over the short side, a shed roof half of the
    outline times its rise. The slope is that of the rise over the short side (gable, hip: over half of it) of the
    least rectangle around the footprint; roofs that rise but whose type is unknown get the usual pitch.
    """
    shapes = buildings.geometry.to_numpy()
    outline = shapely.length(shapes)
    rise = (buildings["height_m"] - buildings["eaves_height_m"]).clip(lower=0).fillna(0.0).to_numpy()
    kind = buildings["roof_type"].map(ROOF_FORMS).astype("object")
    rows = np.flatnonzero(kind.isin(["gable", "hip", "shed"]).to_numpy() & (rise > 0) & (outline > 0))
    corners = shapely.get_coordinates(shapely.oriented_envelope(shapes[rows])).reshape(-1, 5, 2)
    sides = np.linalg.norm(np.diff(corners[:, :3], axis=1), axis=2)
    short = np.full(len(shapes), np.nan)
    short[rows] = sides.min(axis=1)
    above = np.where(kind == "gable", short * rise, np.where(kind == "shed", outline / 2 * rise, 0.0))
    run = np.where(kind == "shed", short, short / 2)
    factor = np.where(rise > MIN_ROOF_RISE_M, pitched, 1.0)
    factor[rows] = np.hypot(1.0, rise[rows] / run[rows])
    factor = np.where(kind == "flat", 1.0, factor)
    wall = outline * _wall_height(buildings) + np.nan_to_num(above)
    return wall, (footprint * factor).where(buildings["height_m"].notna())
