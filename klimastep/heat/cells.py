"""Expected heat of the dwellings in census cells, where no building is known: TABULA types weighted by age bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.census import carrier_counts, fitted_column
from klimastep.contract import Column, source_of
from klimastep.errors import PlanError
from klimastep.heat.archetypes import SINGLE_UNIT, Refurbished, archetypes, boundary, type_matrix
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.columns import CO2, EXPECTED_FINAL, EXPECTED_HEAT, EXPECTED_HEAT_SPECIFIC, SIZE_CLASSES
from klimastep.heat.method import SEASONAL, Method
from klimastep.heat.outcome import DEFAULT_CARRIER
from klimastep.heat.stock import Geometry, numbers, residential_balance
from klimastep.heat.systems import GROUPS, NAMES, carrier_factor, expected_use
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILT_BEFORE_1979, CELLS, DWELLINGS, FLOOR_AREA
from klimastep.units import G_PER_KG, KWH_PER_MWH, M2_PER_HA

if TYPE_CHECKING:
    from klimastep.weather import HeatingSeason

FIRST_INSULATION_RULE = 1979
SIZES = tuple(c.value for c in SIZE_CLASSES)
DWELLINGS_SOURCE = source_of("dwellings", "Wohnungen", "Dwellings")
HEAT_DENSITY = Column(
    "heat_density_kwh_haa",
    "float64",
    "kWh/(ha·a)",
    "Wärmedichte",
    "Heat density",
    "Expected useful heat of dwellings (space heat and hot water) per hectare of the cell.",
    nullable=True,
    min=0,
    palette="YlOrRd",
    limits=tuple(load("heat_density_classes")["value"].astype("float64") * KWH_PER_MWH),
)


class Municipality(NamedTuple):
    """What is known of the whole municipality beside its cells.

    Parameters
    ----------
    buildings, dwellings : mapping of str to float
        Totals per age band of the census; empty where unknown.
    living_area_single_m2, living_area_multi_m2 : float, optional
        Mean living area of a dwelling in houses with one or two, and with more dwellings. [m²]
    attached_share : float, optional
        Share of semi-detached and terraced among houses with one or two dwellings. [1]
    carriers : mapping of str to float
        Dwellings or buildings by energy carrier of the heating, for cells that tell none; empty where unknown.
    """

    buildings: Mapping[str, float] = {}
    dwellings: Mapping[str, float] = {}
    living_area_single_m2: float | None = None
    living_area_multi_m2: float | None = None
    attached_share: float | None = None
    carriers: Mapping[str, float] = {}


NOTHING_KNOWN = Municipality()


class Estimate(NamedTuple):
    """Dwellings and heat by cell and band, shape (n, bands), or cell and carrier; zero where nothing is known."""

    published: Array
    dwellings: Array
    floor_area_m2: Array
    useful_kwh_a: Array
    final_kwh_a: Array
    final_by_carrier_kwh_a: Array


@step(
    CELLS,
    needs=[DWELLINGS],
    adds=[
        DWELLINGS,
        DWELLINGS_SOURCE,
        FLOOR_AREA,
        EXPECTED_HEAT,
        EXPECTED_HEAT_SPECIFIC,
        EXPECTED_FINAL,
        CO2,
        HEAT_DENSITY,
        BUILT_BEFORE_1979,
    ],
)
def cells(
    table: gpd.GeoDataFrame,
    season: HeatingSeason,
    *,
    class_shares: pd.DataFrame,
    town: Municipality = NOTHING_KNOWN,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
    co2_g_kwh: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return dwellings, reference area and expected heat of the dwellings in each census cell.

    Dwellings per age band: as fitted to the municipality's totals, else as published; where only the buildings
    are, buildings x dwellings per building of the municipality (of the grid, where the plan gives no totals). A
    published total of the cell wins over the sum of its bands, unless these are fitted. They are split into houses
    with one or two dwellings (SFH and TH) and larger ones (MFH, above twelve per building AB) such that the
    national means of both kinds give the dwellings per building.
    Area: dwellings x mean living area x 1.1. Heat: TABULA types with their own geometry, with past
    refurbishment and the calibration curve as in `expected`, with the energy carriers that the census counts in the
    cell, else with those of the municipality; where neither is known, all burn the default carrier and greenhouse
    gases are unknown. Other buildings than dwellings are not counted.

    Parameters
    ----------
    table : GeoDataFrame
        Table ``cells``; ``<kind>_<band>_fitted``, else ``<kind>_<band>`` as published, suppressed is unknown.
    season : HeatingSeason
        With base 12 °C.
    class_shares : DataFrame, shape (bands, 12)
        Share of each TABULA age class in each age band of the census; its index names the bands.
    town : Municipality
    refurbished : {"none", "national"}
        As in `demand`.
    default_carrier : str
        Carrier of dwellings where neither cell nor municipality tells any; the expenditure factor depends on it.
    method : Method
        Seasonal, monthly or hourly balance.
    co2_g_kwh : mapping of carrier to float, optional
        As for :func:`klimastep.heat.carbon`. [g/kWh, Hi]
    """
    result = estimate(table, season, class_shares, town, refurbished, default_carrier, method)
    total, counted = numbers(table, DWELLINGS.name), result.dwellings.sum(axis=1)
    known = counted > 0
    dwellings = np.where(np.isnan(total), np.where(known, counted, np.nan), total)
    area, useful = result.floor_area_m2.sum(axis=1), result.useful_kwh_a.sum(axis=1)
    estimated = np.isnan(total) & (result.dwellings != result.published).any(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        specific = useful / area
        old = (result.floor_area_m2 * _old_share(class_shares)).sum(axis=1) / area
    values = {
        FLOOR_AREA.name: area,
        EXPECTED_HEAT.name: useful,
        EXPECTED_HEAT_SPECIFIC.name: specific,
        EXPECTED_FINAL.name: result.final_kwh_a.sum(axis=1),
        CO2.name: _greenhouse_gases(table, result, town, co2_g_kwh),
        HEAT_DENSITY.name: useful / (table.geometry.area.to_numpy() / M2_PER_HA),
        BUILT_BEFORE_1979.name: np.clip(old, 0.0, 1.0),
    }
    source = pd.Series("measured", index=table.index).mask(estimated, "estimated").where(~np.isnan(dwellings), None)
    return {
        DWELLINGS.name: dwellings,
        DWELLINGS_SOURCE.name: source,
        **{n: np.where(known, v, np.nan) for n, v in values.items()},
    }


def census_totals(
    table: pd.DataFrame,
    season: HeatingSeason,
    *,
    class_shares: pd.DataFrame,
    town: Municipality = NOTHING_KNOWN,
    refurbished: Refurbished = "national",
    default_carrier: str = DEFAULT_CARRIER,
    method: Method = SEASONAL,
) -> pd.DataFrame:
    """Return the sums of all cells by age band, beside the municipality's totals.

    Parameters
    ----------
    table, season, class_shares, town, refurbished, default_carrier, method
        As for :func:`cells`; counts as published.

    Returns
    -------
    DataFrame, index: age bands
        ``buildings_published, dwellings_published, dwellings`` (with the estimated ones),
        ``floor_area_m2, expected_heat_kwh_a, expected_final_kwh_a`` of the grid, ``dwellings_town`` and
        ``scale`` = town / grid (unknown where the plan gives no total).
    """
    result = estimate(table, season, class_shares, town, refurbished, default_carrier, method)
    dwellings = result.dwellings.sum(axis=0)
    bands = _bands(class_shares)
    whole = np.array([float(town.dwellings.get(band, np.nan)) for band in bands])
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(dwellings > 0, whole / dwellings, np.nan)
    return pd.DataFrame(
        {
            "buildings_published": np.nansum(_published(table, "buildings", bands), axis=0),
            "dwellings_published": result.published.sum(axis=0),
            "dwellings": dwellings,
            "floor_area_m2": result.floor_area_m2.sum(axis=0),
            "expected_heat_kwh_a": result.useful_kwh_a.sum(axis=0),
            "expected_final_kwh_a": result.final_kwh_a.sum(axis=0),
            "dwellings_town": whole,
            "scale": scale,
        },
        index=pd.Index(bands, name="age_band"),
    )


def _greenhouse_gases(
    table: pd.DataFrame, result: Estimate, town: Municipality, co2_g_kwh: Mapping[str, float] | None
) -> Array:
    """Return the greenhouse gases of each cell, unknown where the carriers are. [kg/a]"""
    told = carrier_counts(table).notna().any(axis=1).to_numpy() | bool(town.carriers)
    factors = carrier_factor("co2e") | dict(co2_g_kwh or {})
    gases = np.zeros(len(table))
    for c, name in enumerate(NAMES):  # one after the other: a matrix product may pair up differently by batch
        gases += result.final_by_carrier_kwh_a[:, c] * factors[name] / G_PER_KG
    return np.where(told, gases, np.nan)


def assumed_carrier_share(table: pd.DataFrame) -> float:
    """Return the share of the floor area in cells of which no census tells the energy carriers. [1]

    Parameters
    ----------
    table : DataFrame
        Table ``cells`` after :func:`cells`.
    """
    area = np.nan_to_num(numbers(table, FLOOR_AREA.name))
    untold = carrier_counts(table).isna().all(axis=1).to_numpy()
    return float(area[untold].sum() / area.sum()) if area.sum() else 0.0


def _carrier_mix(table: pd.DataFrame, town: Municipality, default_carrier: str) -> Array:
    """Return the share of each carrier in each cell, shape (n, carriers). [1]"""
    counts = carrier_counts(table).reindex(columns=list(NAMES)).to_numpy(dtype=np.float64)
    told = ~np.isnan(counts).all(axis=1)
    elsewhere = town.carriers or {default_carrier: 1.0}
    mix = np.where(told[:, None], np.nan_to_num(counts), [float(elsewhere.get(name, 0.0)) for name in NAMES])
    result: Array = mix / mix.sum(axis=1, keepdims=True)
    return result


def estimate(
    table: pd.DataFrame,
    season: HeatingSeason,
    class_shares: pd.DataFrame,
    town: Municipality,
    refurbished: Refurbished,
    default_carrier: str,
    method: Method,
) -> Estimate:
    """Return dwellings and heat by cell and band; see :func:`cells`."""
    bands = _bands(class_shares)
    dwellings, area = floor_areas(table, bands, town)
    mix = _carrier_mix(table, town, _known_carrier(default_carrier))
    shares = class_shares.to_numpy(dtype=np.float64)
    useful, final = (np.zeros_like(dwellings) for _ in range(2))
    by_carrier = np.zeros_like(mix)
    for c in np.flatnonzero(mix.sum(axis=0) > 0):
        heats = _heat_per_area(season, refurbished, NAMES[c], method)
        of_carrier = [np.einsum("nbs,bs->nb", area, shares @ per_area.T) * mix[:, [c]] for per_area in heats]
        useful += of_carrier[0]
        final += of_carrier[1]
        by_carrier[:, c] = of_carrier[1].sum(axis=1)
    published = np.nan_to_num(_published(table, "dwellings", bands))
    return Estimate(published, dwellings, area.sum(axis=2), useful, final, by_carrier)


def _known_carrier(name: str) -> str:
    if name not in NAMES:
        raise PlanError(f"heat.default_carrier: unknown carrier {name!r}; known are {', '.join(NAMES)}")
    return name


def floor_areas(table: pd.DataFrame, bands: tuple[str, ...], town: Municipality) -> tuple[Array, Array]:
    """Return dwellings by cell and band, and their reference area by cell, band and size class. [m²]"""
    buildings, known = _counts(table, "buildings", bands), _counts(table, "dwellings", bands)
    ratio = _dwellings_per_building(buildings, known, town, bands)
    dwellings = np.nan_to_num(np.where(np.isnan(known), buildings * ratio, known))
    if not _is_fitted(table, "dwellings", bands):
        total, parts = numbers(table, DWELLINGS.name), dwellings.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            dwellings = dwellings * np.where((total > 0) & (parts > 0), total / parts, 1.0)[:, None]
    return dwellings, _areas(dwellings, buildings, ratio, town)


def _bands(class_shares: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(band) for band in class_shares.index)


def _old_share(class_shares: pd.DataFrame) -> Array:
    """Return the share of each band that was built before the first insulation rule. [1]"""
    old = (load("age_classes")["year_to"] < FIRST_INSULATION_RULE).to_numpy()
    result: Array = class_shares.to_numpy(dtype=np.float64)[:, old].sum(axis=1)
    return result


def _published(table: pd.DataFrame, kind: str, bands: tuple[str, ...]) -> Array:
    return np.stack([numbers(table, f"{kind}_{band}") for band in bands], axis=1)


def _is_fitted(table: pd.DataFrame, kind: str, bands: tuple[str, ...]) -> bool:
    return all(fitted_column(kind, band).name in table for band in bands)


def _counts(table: pd.DataFrame, kind: str, bands: tuple[str, ...]) -> Array:
    if not _is_fitted(table, kind, bands):
        return _published(table, kind, bands)
    return np.stack([numbers(table, fitted_column(kind, band).name) for band in bands], axis=1)


def _dwellings_per_building(buildings: Array, dwellings: Array, town: Municipality, bands: tuple[str, ...]) -> Array:
    """Return dwellings per building of each band: of the municipality, else of the cells that publish both."""
    both = ~np.isnan(buildings) & ~np.isnan(dwellings)
    in_both = np.where(both, buildings, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_grid = np.where(both, dwellings, 0.0).sum(axis=0) / in_both
        mean = np.where(both, dwellings, 0.0).sum() / in_both.sum()
    of_grid = np.where(in_both > 0, of_grid, mean)
    given = [town.dwellings.get(b, 0.0) / town.buildings[b] if town.buildings.get(b) else np.nan for b in bands]
    return np.where(np.asarray(given) > 0, np.asarray(given), of_grid)


def _areas(dwellings: Array, buildings: Array, ratio: Array, town: Municipality) -> Array:
    """Return the reference area by cell, band and size class, shape (n, 10, 4). [m²]

    Buildings that are not published where dwellings are count as dwellings / `ratio`, two at most.
    """
    rule = load("dwellings").set_index("rule")["value"]
    few, many = float(rule["dwellings_per_single_building"]), float(rule["dwellings_per_multi_building"])
    single_m2 = town.living_area_single_m2 or float(rule["living_area_single"])
    multi_m2 = town.living_area_multi_m2 or float(rule["living_area_multi"])
    attached = float(rule["attached_share"]) if town.attached_share is None else town.attached_share
    with np.errstate(invalid="ignore", divide="ignore"):
        hidden = np.minimum(dwellings / ratio, float(rule["most_hidden_buildings"]))
        each = np.nan_to_num(dwellings / np.where(buildings > 0, buildings, hidden))
    multi_buildings = np.clip((each - few) / (many - few), 0.0, 1.0)
    multi = multi_buildings * many / (multi_buildings * many + (1.0 - multi_buildings) * few)
    b = boundary()
    large = each > b["mfh", "dwellings_max"]
    shares = {
        "SFH": (1.0 - multi) * (1.0 - attached),
        "TH": (1.0 - multi) * attached,
        "MFH": multi * ~large,
        "AB": multi * large,
    }
    living = np.array([single_m2 if s in SINGLE_UNIT else multi_m2 for s in SIZES])
    split = np.stack([shares[s] for s in SIZES], axis=2)
    result: Array = dwellings[:, :, None] * split * living * b["all", "reference_per_living_area"]
    return result


def _heat_per_area(
    season: HeatingSeason, refurbished: Refurbished, carrier: str, method: Method
) -> tuple[Array, Array]:
    """Return expected useful heat and final energy of the types, shape (4 sizes, 12 ages). [kWh/(m²·a)]"""
    row = type_matrix().ravel()
    types, b = archetypes("existing", refurbished), boundary()
    unknown = np.full(len(row), np.nan)
    need = residential_balance(Geometry(np.ones(len(row)), unknown, unknown, unknown), types, row, season, method)
    multi = np.repeat([s not in SINGLE_UNIT for s in SIZES], type_matrix().shape[1])
    water = np.where(multi, b["muh", "hot_water"], b["suh", "hot_water"])
    system = np.asarray(NAMES.index(carrier) * len(GROUPS) + multi, dtype=np.int64)
    use = expected_use(need.space_heat_kwh_m2a, water, need.utilisation, system)
    return use.useful.reshape(type_matrix().shape), use.final.reshape(type_matrix().shape)
