"""Indicators: one file each, found by name; an indicator is a column and a function of the area table."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

import pandas as pd

from klimastep.contract import Column
from klimastep.errors import PlanError


@dataclass(frozen=True)
class Indicator:
    """What an indicator file declares.

    Parameters
    ----------
    column : Column
        The result.
    urgent_when : {"high", "low"}
        Direction that raises the priority.
    needs : tuple of str
        Columns of the area table that the function reads.
    reason_high_de, reason_high_en : str
        Words for a zone where it raises the priority much.
    reason_low_de, reason_low_en : str
        Words for a zone where it speaks against it.
    """

    column: Column
    urgent_when: Literal["high", "low"]
    needs: tuple[str, ...]
    reason_high_de: str
    reason_high_en: str
    reason_low_de: str
    reason_low_en: str


def names() -> list[str]:
    """Return the names of all indicators."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> ModuleType:
    """Return the module of one indicator, which holds ``INDICATOR`` and ``compute(areas)``."""
    if name not in names():
        raise PlanError(f"zones.weights: there is no indicator {name!r}; known are {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}")


def compute(areas: pd.DataFrame, wanted: Iterable[str]) -> pd.DataFrame:
    """Return `areas` with one column per wanted indicator, unknown where it cannot be computed."""
    new = {}
    for name in wanted:
        module = load(name)
        column: Column = module.INDICATOR.column
        missing = [n for n in module.INDICATOR.needs if n not in areas]
        values = pd.Series(float("nan"), index=areas.index) if missing else module.compute(areas)
        new[column.name] = column.cast(values, areas.index)
    return areas.assign(**new)
