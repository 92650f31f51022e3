"""What a run works on: its tables, their catalogue, the recorder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep import cadastre
from klimastep.config import Config
from klimastep.contract import Catalogue, Column, Table
from klimastep.rundir import Recorder
from klimastep.steps import Step
from klimastep.tables import TABLES


@dataclass
class Bench:
    """The tables of a run under way, their catalogue and the recorder."""

    config: Config
    recorder: Recorder
    tables: dict[str, Any] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)
    corrected: dict[str, pd.Series] = field(default_factory=dict)

    def put(
        self, name: str, table: pd.DataFrame, columns: Iterable[Column] = (), declared: Table | None = None
    ) -> None:
        """Keep a table; `columns` come to the catalogue beside those declared for it.

        What people corrected of the buildings stands whatever a step has computed.
        """
        self.tables[name] = cadastre.keep(table, self.corrected) if name == "buildings" else table
        self.catalogue = self.catalogue.adding(declared or TABLES[name], columns)

    def apply(self, step: Step, table: str, *args: Any, **options: Any) -> None:
        """Run a step on a table and keep what it adds."""
        with self.recorder.step(step.name, len(self.tables[table])):
            self.put(table, step(self.tables[table], *args, **options), step.adds)


def with_all_columns(frame: gpd.GeoDataFrame, table: Table) -> gpd.GeoDataFrame:
    """Return the frame with every declared base column; what no source said is unknown."""
    missing = {
        c.name: c.cast(pd.Series(None, index=frame.index, dtype="object"), frame.index)
        for c in table.columns
        if c.name not in frame and c.nullable
    }
    return frame.assign(**missing)
