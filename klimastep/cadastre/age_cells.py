"""What census cells say of the age of a building: counts by period in its cell, by whether it is a house or flats."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.cadastre.census_cells import counts, neighbour_mean
from klimastep.cadastre.census_fit import Array
from klimastep.cadastre.wholes import whole_sums
from klimastep.census import Bands, fitted_column
from klimastep.geo import nearest, within
from klimastep.reference import load

FORMS = ("few", "many")  # one or two dwellings; three and more
REACH_M = 100.0


def cell_counts(cells: gpd.GeoDataFrame, bands: Bands) -> pd.DataFrame:
    """Return the buildings per period of census cells in long form, and those of each form beside them.

    The unit ``<cell>`` counts all buildings, ``<cell>/few`` and ``<cell>/many`` those with up to two and with more
    dwellings. How many have more follows from the dwellings per building of the cell and period, as in
    :func:`klimastep.heat.cells`, drawn to the mean of all cells by the weight of one building. Fitted counts come
    before published ones; a cell that knows none takes the mean of its neighbours.

    Parameters
    ----------
    cells : GeoDataFrame
    bands : Bands

    Returns
    -------
    DataFrame
        Columns `unit_id`, `year_from`, `year_to`, `buildings`.
    """
    buildings, dwellings = _best(cells, "buildings", bands), _best(cells, "dwellings", bands)
    many = many_share(buildings, dwellings)
    known = np.nan_to_num(buildings)
    empty = known.sum(axis=1) <= 0
    around = neighbour_mean(cells, known)
    known = np.where(empty[:, None], around, known)
    parts = []
    for i, (_, first, last) in enumerate(bands.bands):
        for form, share in (("", 1.0), ("/few", 1.0 - many[:, i]), ("/many", many[:, i])):
            units = pd.Index(cells.index) + form
            parts.append(
                pd.DataFrame({"unit_id": units, "year_from": first, "year_to": last, "buildings": known[:, i] * share})
            )
    return pd.concat(parts, ignore_index=True)


def many_share(buildings: Array, dwellings: Array) -> Array:
    """Return the share of buildings with three and more dwellings by cell and period, shape (n, bands). [1]

    The share that makes the mean dwellings of both kinds (``reference/dwellings.csv``) give the dwellings per
    building; neutral, a half, where no cell knows both.
    """
    rule = load("census").set_index("rule")["value"]
    means = load("dwellings").set_index("rule")["value"]
    few, most = float(means["dwellings_per_single_building"]), float(means["dwellings_per_multi_building"])
    both = np.isfinite(buildings) & np.isfinite(dwellings) & (np.nan_to_num(buildings) > 0)
    b, d = np.where(both, buildings, 0.0), np.where(both, dwellings, 0.0)
    if not both.any():
        return np.full(buildings.shape, 0.5)
    overall = d.sum() / b.sum()
    mean = np.divide(d.sum(axis=0), b.sum(axis=0), out=np.full(b.shape[1], overall), where=b.sum(axis=0) > 0)
    prior, least = float(rule["prior_buildings"]), float(rule["least_form_share"])
    each = (d + prior * mean) / (b + prior)
    result: Array = np.clip((each - few) / (most - few), least, 1.0 - least)
    return result


def cell_keys(buildings: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.Series:
    """Return the unit of :func:`cell_counts` of each building: its cell, or the nearest within 100 m, and its form."""
    inside = within(buildings, cells)
    cell = inside.where(inside.notna(), nearest(buildings, cells, REACH_M))
    form = forms(buildings)
    return cell.where(form == "", cell + "/" + form)


def forms(buildings: gpd.GeoDataFrame) -> pd.Series:
    """Return "few" or "many" dwellings for each building as a whole, and "" where neither is known.

    Known dwellings decide; else reference area (footprint x storeys, or eaves height / storey height) by the
    dwelling of the national average house with one or two, as :func:`klimastep.heat.typology` types it.
    """
    rule = load("envelope_rules").set_index("rule")["value"]
    boundary = load("heat_boundary").set_index(["group", "name"])["value"]
    footprint = pd.Series(shapely.area(np.asarray(buildings.geometry.array)), index=buildings.index)
    guessed = (buildings["eaves_height_m"] / float(rule["storey_height_residential"])).round().clip(lower=1)
    storeys = buildings["storeys"].where(buildings["storeys"] > 0, guessed)
    area = footprint * storeys * float(rule["reference_area_per_gross_area"])
    whole_area, told = (whole_sums(buildings, values.astype("float64")) for values in (area, buildings["dwellings"]))
    estimated = (whole_area / float(boundary["suh", "area_per_dwelling"])).round()
    dwellings = told.where(told > 0, estimated).to_numpy(dtype=np.float64)
    many = dwellings > float(boundary["suh", "dwellings_max"])
    names = np.where(np.isnan(dwellings), "", np.where(many, FORMS[1], FORMS[0]))
    return pd.Series(names, index=buildings.index, dtype="str")


def _best(cells: gpd.GeoDataFrame, kind: str, bands: Bands) -> Array:
    fitted = [fitted_column(kind, band).name for band in bands.names]
    if all(name in cells for name in fitted):
        return cells[fitted].to_numpy(dtype=np.float64, na_value=np.nan)
    return counts(cells, kind, bands)
