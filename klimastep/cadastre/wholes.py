"""Buildings and their parts: which rows are one building, and how large it is as a whole."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.contract import Column

RESIDENTIAL = ("residential", "mixed")
WHOLE_FLOOR_AREA = Column(
    "whole_floor_area_m2",
    "float64",
    "m²",
    "Energiebezugsfläche des ganzen Hauses",
    "Reference floor area of the whole building",
    "Sum over the residential parts of a building in several parts; unknown for a building in one piece.",
    nullable=True,
    min=0,
)
WHOLE_DWELLINGS = Column(
    "whole_dwellings",
    "float64",
    "",
    "Wohnungen des ganzen Hauses",
    "Dwellings of the whole building",
    "Sum over the residential parts of a building in several parts; unknown for a building in one piece.",
    nullable=True,
    min=0,
)
WHOLE_COLUMNS = (WHOLE_FLOOR_AREA, WHOLE_DWELLINGS)


def whole_ids(buildings: pd.DataFrame) -> pd.Series:
    """Return for each row the id of the building that it is, or is a part of."""
    own = pd.Series(buildings.index, index=buildings.index, dtype="str")
    if "parent_id" not in buildings:
        return own
    return buildings["parent_id"].where(buildings["parent_id"].notna(), own).astype("str")


def lead_ids(buildings: gpd.GeoDataFrame, among: pd.Series | None = None) -> pd.Series:
    """Return for each row the id of the largest part of its building, of equals the first by id.

    Parameters
    ----------
    buildings : GeoDataFrame
    among : Series of bool, optional
        Parts that may lead; a building without any has none.
    """
    whole = whole_ids(buildings)
    parts = pd.DataFrame(
        {"whole": whole, "area": -shapely.area(np.asarray(buildings.geometry.array)), "id": buildings.index}
    )
    first = (parts if among is None else parts[among.to_numpy()]).sort_values(["whole", "area", "id"])
    return whole.map(first.drop_duplicates("whole").set_index("whole")["id"])


def whole_sums(buildings: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Return for each row the sum of known `values` over the residential parts of its building."""
    lived_in = buildings["use_class"].isin(RESIDENTIAL)
    return values.where(lived_in).groupby(whole_ids(buildings)).transform("sum", min_count=1)


def whole_sizes(buildings: pd.DataFrame) -> pd.DataFrame:
    """Return `buildings` with floor area and dwellings of the whole building for the parts of divided ones.

    What is known of the residential parts is added; an unknown part adds nothing. Parts are typed by the size
    of their building (:func:`klimastep.heat.typology`), so that a stair tower of a tenement is no house.
    """
    ids = whole_ids(buildings)
    divided = ids.duplicated(keep=False)
    sums = {
        column.name: whole_sums(buildings, buildings[name].astype("float64")).where(divided)
        for column, name in ((WHOLE_FLOOR_AREA, "floor_area_m2"), (WHOLE_DWELLINGS, "dwellings"))
    }
    return buildings.assign(**{name: values.astype("float64") for name, values in sums.items()})
