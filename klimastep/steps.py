"""Steps: pure functions that add columns to one table, with checks before and after.

::

    @step(BUILDINGS, needs=[FLOOR_AREA], adds=[HEAT_DEMAND])
    def demand(buildings, *, indoor_degc=20.0):
        return {"heat_demand_kwh_a": ...}

The wrapped function takes the table and returns the table with the new columns; it never changes its
input, touches no file and sees neither the plan nor a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from klimastep.contract import Column, Table, check
from klimastep.errors import ContractError


@dataclass(frozen=True)
class Step:
    """A function with its declaration; call it like the function."""

    function: Callable[..., Mapping[str, Any]]
    table: Table
    needs: tuple[Column, ...]
    adds: tuple[Column, ...]
    halo_m: float = 0.0

    def __call__(self, frame: pd.DataFrame, /, *args: Any, **options: Any) -> pd.DataFrame:
        """Return `frame` with the columns that the step adds."""
        check(frame, self.table, self.needs)
        result = self.function(frame, *args, **options)
        wrong = set(result) ^ {c.name for c in self.adds}
        if wrong:
            raise ContractError([f"{self.name}: declared and returned columns differ: {', '.join(sorted(wrong))}"])
        out = frame.assign(**{c.name: c.cast(result[c.name], frame.index) for c in self.adds})
        check(out, self.table, self.adds)
        return out

    @property
    def name(self) -> str:
        """Dotted name without the package, for example ``heat.demand.demand``."""
        return f"{self.function.__module__.removeprefix('klimastep.')}.{self.function.__qualname__}"


def step(
    table: Table, *, needs: Sequence[Column], adds: Sequence[Column], halo_m: float = 0.0
) -> Callable[[Callable[..., Mapping[str, Any]]], Step]:
    """Declare a step: which columns it needs and adds, and how far it looks at neighbours."""

    def declare(function: Callable[..., Mapping[str, Any]]) -> Step:
        made = Step(function, table, tuple(needs), tuple(adds), halo_m)
        object.__setattr__(made, "__doc__", function.__doc__)
        object.__setattr__(made, "__wrapped__", function)
        return made

    return declare
