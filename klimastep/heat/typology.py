"""Which type a building is: size class, age class, TABULA type and U-values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from klimastep.heat.archetypes import (
    CEILING,
    FLOOR,
    ROOF,
    WALL,
    WINDOW,
    Archetypes,
    Refurbished,
    archetypes,
    type_matrix,
)
from klimastep.heat.balance_seasonal import Array
from klimastep.heat.columns import (
    AGE_CLASS,
    SIZE_CLASS,
    SIZE_CLASS_SOURCE,
    TYPE_CODE,
    U_FLOOR,
    U_ROOF,
    U_WALL,
    U_WINDOW,
)
from klimastep.heat.stock import class_weights, size_classes
from klimastep.steps import step
from klimastep.tables import BUILDINGS, DWELLINGS, FLOOR_AREA, PARTY_WALL_AREA, USE_CLASS, YEAR_BUILT

GIVEN = "cadastre"


@step(
    BUILDINGS,
    needs=[USE_CLASS, YEAR_BUILT, DWELLINGS, FLOOR_AREA, PARTY_WALL_AREA],
    adds=[SIZE_CLASS, SIZE_CLASS_SOURCE, AGE_CLASS, TYPE_CODE, U_WALL, U_ROOF, U_WINDOW, U_FLOOR],
)
def typology(buildings: pd.DataFrame, *, refurbished: Refurbished = "national") -> dict[str, Any]:
    """Return size class, age class, type and U-values of each building.

    Size: one or two dwellings are SFH, with a party wall TH; three to twelve MFH; more AB. Unknown dwellings
    are estimated from the floor area (``size_class_source`` = estimated). Age: class of the year, or the most
    probable class of ``p_age_*_share``; after 2022 the newest class. A size and age without a generic type
    takes the same age of the next smaller size. Size, type and U-values only for dwellings; unknown stays
    unknown.

    Parameters
    ----------
    buildings : DataFrame
    refurbished : {"none", "national"}
        Whether U-values hold the national shares of past refurbishment, see `archetypes`.
    """
    size, estimated = size_classes(buildings)
    weights = class_weights(buildings)
    dated = ~np.isnan(weights[:, 0])
    age = np.where(dated, np.argmax(np.nan_to_num(weights), axis=1), -1)
    typed = dated & (size >= 0)
    code = np.where(typed, type_matrix()[size, age], -1)
    u = _u_values(weights, size, typed, archetypes("existing", refurbished))
    return {
        SIZE_CLASS.name: _category(size, SIZE_CLASS.vocabulary),
        SIZE_CLASS_SOURCE.name: _size_source(buildings, size >= 0, estimated),
        AGE_CLASS.name: _category(age, AGE_CLASS.vocabulary),
        TYPE_CODE.name: _category(code, TYPE_CODE.vocabulary),
        U_WALL.name: u[:, WALL],
        U_ROOF.name: u[:, ROOF],
        U_WINDOW.name: u[:, WINDOW],
        U_FLOOR.name: u[:, FLOOR],
    }


def _category(codes: NDArray[np.int64], vocabulary: list[str]) -> NDArray[np.object_]:
    return np.array([*vocabulary, None], dtype=object)[codes]


def _size_source(buildings: pd.DataFrame, known: Any, estimated: Any) -> Any:
    name = f"{DWELLINGS.name}_source"
    given = buildings[name].astype("object") if name in buildings else pd.Series(GIVEN, index=buildings.index)
    given = given.where(given.notna(), GIVEN)
    return given.mask(estimated, "estimated").where(known, None)


def _u_values(weights: Array, size: Any, typed: Any, types: Archetypes) -> Array:
    u = types.u_w_m2k.copy()
    upper = types.area_share[:, [ROOF, CEILING]]
    u[:, ROOF] = (types.u_w_m2k[:, [ROOF, CEILING]] * upper).sum(axis=1) / upper.sum(axis=1)
    mean = np.full((len(weights), u.shape[1]), np.nan)
    mean[typed] = 0.0
    for k in range(weights.shape[1]):
        mean[typed] += weights[typed, k, None] * u[type_matrix()[size[typed], k]]
    return mean
