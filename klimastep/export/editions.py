"""What a public edition may hold: areas, never single houses, plots or meters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import pandas as pd

from klimastep.export.about import About

PUBLIC_TABLES = frozenset(("zones", "blocks", "districts", "streets", "cells", "water", "green", "boundary"))
PUBLIC_STREET_COLUMNS = ("name", "road_class", "length_m")  # a street may have one house: no heat per metre
MIN_HEATED_BUILDINGS = 5  # fewer are single houses: their heat stays inside
Frame = TypeVar("Frame", bound=pd.DataFrame)


def allowed(tables: Mapping[str, Frame], about: About) -> dict[str, Frame]:
    """Return the tables that the edition of `about` may show.

    The list names what may be published, so that a table added later stays inside until it is named here.
    """
    if about.is_internal:
        return dict(tables)
    return {
        name: _street(frame) if name == "streets" else frame for name, frame in tables.items() if name in PUBLIC_TABLES
    }


def _street(frame: Frame) -> Frame:
    return frame.drop(columns=[c for c in frame.columns if c not in (*PUBLIC_STREET_COLUMNS, "geometry")])
