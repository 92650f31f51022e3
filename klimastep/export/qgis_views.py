"""Which table is shown by which column in which group: layers of the QGIS project and styles of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from klimastep.contract import Catalogue, Column, GeometryKind, Table

PRIORITIES, GROUND = "Prioritäten", "Grundlagen"
PRIORITY_COLUMN = "priority_class"
GROUPS = (PRIORITIES, "Wärme", "Solar", "Bestand", "Versorgung", GROUND)
ZONE_NAMES = "Handlungsräume: Namen und Grenzen"
CONTEXT_TITLES = {"boundary": "Stadtgrenze", "water": "Gewässer", "green": "Grünflächen"}
CONTEXT = ("boundary", "districts", "streets", "green", "water")  # switched on at opening, the topmost first
PLAIN = ("boundary", "monuments", "districts", "streets", "blocks", "cells", "parcels", "buildings", "green", "water")
COVERAGE_COLUMNS = ("known_share", "year_built_known_share", "storeys_known_share", "height_known_share")
ON = {("zones", PRIORITY_COLUMN), ("spots", "kind")} | {
    (f"coverage_{name}", "known_share") for name in ("blocks", "districts", "zones")
}
THEMES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (PRIORITIES, "zones", (PRIORITY_COLUMN, "priority_score")),
    (PRIORITIES, "blocks", (PRIORITY_COLUMN,)),
    ("Wärme", "streets", ("line_density_class", "line_density_kwh_ma", "line_density_with_connections_kwh_ma")),
    ("Wärme", "buildings", ("expected_heat_kwh_m2a", "expected_final_kwh_a", "heat_saving_kwh_a")),
    ("Wärme", "zones", ("heat_density_kwh_haa", "saving_potential_kwh_haa")),
    ("Wärme", "blocks", ("heat_density_kwh_haa", "expected_heat_kwh_m2a", "saving_potential_kwh_haa")),
    ("Wärme", "heat_grid", ("heat_density_kwh_haa",)),
    ("Wärme", "cells", ("heat_density_kwh_haa", "expected_heat_kwh_m2a", "expected_heat_kwh_a")),
    ("Wärme", "districts", ("heat_density_kwh_haa", "expected_heat_kwh_m2a")),
    ("Solar", "roofs", ("solar_suitability", "irradiation_kwh_m2a", "pv_yield_kwh_a")),
    ("Solar", "buildings", ("pv_yield_kwh_a", "pv_installed_kwp")),
    ("Solar", "zones", ("solar_cover_ratio", "solar_cover_share")),
    ("Solar", "blocks", ("solar_cover_ratio", "solar_cover_share")),
    ("Bestand", "monuments", ("heritage",)),
    ("Bestand", "buildings", ("year_built", "age_class", "size_class", "use_class", "heritage", "year_built_source")),
    ("Bestand", "zones", ("built_before_1979_share", "known_footprint_share")),
    ("Bestand", "blocks", ("built_before_1979_share", "known_footprint_share")),
    ("Bestand", "cells", ("built_before_1979_share", "dwellings", "residents")),
    ("Bestand", "spots", ("kind", "weight")),
    ("Bestand", "coverage_blocks", COVERAGE_COLUMNS),
    ("Bestand", "coverage_districts", COVERAGE_COLUMNS),
    ("Bestand", "coverage_zones", COVERAGE_COLUMNS),
    ("Versorgung", "buildings", ("carrier",)),
    ("Versorgung", "meter_groups", ("expected_per_metered_ratio", "metered_heat_kwh_a")),
    ("Versorgung", "zones", ("supply_area",)),
)


@dataclass(frozen=True)
class View:
    """One way to show a table: a layer of the project and a style of the table.

    Parameters
    ----------
    group : str
        Group of the layer tree.
    table : Table
    column : Column or None
        What the colours say; None for one plain symbol.
    title : str
        German title of the layer, without the mark of the edition.
    on : bool
        Whether it is switched on when the project opens.
    labelled : bool
        Whether names stand on the map. In the project one layer names the zones for all themes, so that no
        name stands twice.
    """

    group: str
    table: Table
    column: Column | None
    title: str
    on: bool = False
    labelled: bool = False

    @property
    def id(self) -> str:
        """Stable id of the layer."""
        return f"{self.table.name}_{self.column.name if self.column else 'plain'}"


def family(frame: pd.DataFrame) -> GeometryKind:
    """Return the geometry family of a table that need not be declared; "" without geometries."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return ""
    kinds = frame.geometry.geom_type.dropna()
    first = kinds.iloc[0] if len(kinds) else "Polygon"
    return "LineString" if "Line" in first else "Point" if "Point" in first else "Polygon"


def table_of(name: str, frame: pd.DataFrame, catalogue: Catalogue) -> Table:
    """Return the declaration of a table, or one made up for context the catalogue does not know."""
    if name in catalogue:
        return catalogue[name]
    title = CONTEXT_TITLES.get(name, name.capitalize())
    return Table(name, name.removesuffix("s"), title, title, family(frame), ())


def views_of(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, zone_level: str = "") -> list[View]:
    """Return the views of all tables that have rows, in the order of the layer tree.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    catalogue : Catalogue
    zone_level : str
        Table that the zones were made of; it gets no names of its own, the zones carry them.
    """
    filled = {name: frame for name, frame in tables.items() if len(frame)}
    declared = {name: table_of(name, frame, catalogue) for name, frame in filled.items()}
    shown = [view for theme in _themes(declared) for view in _themed(*theme, filled, declared)]
    if not any(view.on for view in shown):
        shown = [View(v.group, v.table, v.column, v.title, i == 0, v.labelled) for i, v in enumerate(shown)]
    plain = [
        View(GROUND, declared[name], None, declared[name].label_de, name in CONTEXT, name != zone_level)
        for name in (*PLAIN, *sorted(set(filled) - set(PLAIN)))
        if name in filled and _needs_plain(name, filled[name], shown)
    ]
    names = [View(PRIORITIES, declared["zones"], None, ZONE_NAMES, True, True)] if "zones" in filled else []
    return names + sorted(shown, key=lambda v: GROUPS.index(v.group)) + plain


def _themes(declared: Mapping[str, Table]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Add indicators of the zones that the themes do not name yet."""
    named = {c for _, table, columns in THEMES if table == "zones" for c in columns}
    extra = tuple(
        c.name
        for c in (declared["zones"].columns if "zones" in declared else ())
        if c.palette and c.aggregate == "none" and c.name not in named
    )
    return (*THEMES, (PRIORITIES, "zones", extra))


def _themed(
    group: str,
    name: str,
    columns: tuple[str, ...],
    filled: Mapping[str, pd.DataFrame],
    declared: Mapping[str, Table],
) -> list[View]:
    if name not in filled or not isinstance(filled[name], gpd.GeoDataFrame):
        return []
    table, frame = declared[name], filled[name]
    known = {c.name: c for c in table.columns}
    return [
        View(
            group,
            table,
            known[column],
            f"{table.label_de}: {known[column].label_de}",
            on=(name, column) in ON,
            labelled=name == "monuments",
        )
        for column in columns
        if column in known and column in frame and frame[column].notna().any()
    ]


def _needs_plain(name: str, frame: pd.DataFrame, shown: list[View]) -> bool:
    if not isinstance(frame, gpd.GeoDataFrame):
        return True
    if name == "zones":
        return False
    if name in ("monuments", "cells", "heat_grid", "roofs", "spots") or name.startswith("coverage_"):
        return all(view.table.name != name for view in shown)
    return True


def default_views(views: list[View]) -> dict[str, View]:
    """Return the view of each table that QGIS applies when the layer alone is opened: its first with colours."""
    chosen: dict[str, View] = {}
    for view in sorted(views, key=lambda v: v.column is None):
        chosen.setdefault(view.table.name, view)
    return chosen
