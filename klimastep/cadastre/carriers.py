"""Energy carriers that nobody knows, drawn from what the census counts in the cell of the building."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from klimastep.cadastre.age_cells import REACH_M
from klimastep.cadastre.wholes import RESIDENTIAL, whole_ids
from klimastep.census import carrier_counts
from klimastep.findings import Finding, first_ids
from klimastep.geo import nearest, within
from klimastep.tables import BUILDINGS, CARRIER

SALT = 3  # age draws with 1 and 2


def carriers_of_cells(
    buildings: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, seed: int = 0
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with the carrier of dwellings drawn from the counts of their census cell where none is known.

    Many buildings together have the carriers of the census, a single one says little; its source is "estimated". The
    draw hangs on the seed and the building's id alone, parts of a building have the same. Cells that tell no
    carriers leave them unknown, and so do buildings farther than 100 m from any cell.

    Parameters
    ----------
    buildings : GeoDataFrame
        With `use_class`.
    cells : GeoDataFrame
        With ``dwellings_carrier_…`` or ``buildings_carrier_…`` (census of 2022).
    seed : int
    """
    counts = carrier_counts(cells).dropna()
    known = buildings[CARRIER.name].astype("object")
    wanted = known.isna() & buildings["use_class"].isin(RESIDENTIAL)
    if counts.empty or not wanted.any():
        return buildings, []
    homes = buildings[wanted]
    inside = within(homes, cells)
    cell = inside.where(inside.notna(), nearest(homes, cells, REACH_M))
    summed = counts.reindex(cell.to_numpy()).to_numpy(dtype=np.float64).cumsum(axis=1)
    key = f"{seed % 10**14:014d}{SALT:02d}"
    chance = pd.util.hash_array(whole_ids(homes).to_numpy(dtype=object), hash_key=key) / 2.0**64
    told = np.isfinite(summed[:, -1])
    place = (np.nan_to_num(summed) <= chance[:, None] * np.nan_to_num(summed[:, -1:])).sum(axis=1)
    drawn = counts.columns.to_numpy(dtype=object)[np.minimum(place, counts.shape[1] - 1)]
    found = pd.Series(drawn, index=homes.index, dtype="object")[told]
    taken = pd.Series(buildings.index.isin(found.index), index=buildings.index)
    source = BUILDINGS["carrier_source"]
    said = source.cast(buildings[source.name], buildings.index).astype("object").mask(taken, "estimated")
    drawn_finding = Finding(
        "census",
        "carrier_by_cell",
        len(found),
        first_ids(found.index),
        f"{len(found)} Wohngebäude mit einem Energieträger, der nach den Zahlen ihrer Zensuszelle ausgelost ist: in "
        "der Summe wie der Zensus, am einzelnen Haus geraten.",
        f"{len(found)} residential buildings with an energy carrier drawn by the counts of their census cell: in the "
        "sum as the census, at a single house a guess.",
        "note",
    )
    return buildings.assign(
        **{
            CARRIER.name: CARRIER.cast(known.where(~taken, found.reindex(buildings.index)), buildings.index),
            source.name: source.cast(said, buildings.index),
        }
    ), [drawn_finding] if len(found) else []
