"""Themes of the map page: which columns answer which question, on which level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from klimastep.contract import Catalogue, Column
from klimastep.export.about import About
from klimastep.export.editions import allowed
from klimastep.units import M2_PER_HA

LEVELS = ("zones", "districts", "blocks", "heat_grid", "cells", "buildings", "roofs", "streets")
AREAS = ("zones", "districts", "blocks", "cells")
UNEQUAL = ("zones", "districts", "blocks")  # sums of areas of unequal size make no fair map
CONTEXT = ("green", "water", "streets", "districts", "boundary")


@dataclass(frozen=True)
class Theme:
    """One question of the page.

    Parameters
    ----------
    name, label_de, label_en : str
    measures : tuple of str
        Columns that may colour the map, the preferred first.
    figures : tuple of str
        Columns for the key figures of a popup, the preferred first.
    total : str
        Column summed per class in the legend.
    first_level : tuple of str
        Levels in the order in which the theme opens.
    first_on_areas : str
        Column with which it opens on areas, where the preferred one suits single houses.
    """

    name: str
    label_de: str
    label_en: str
    measures: tuple[str, ...]
    figures: tuple[str, ...]
    total: str
    first_level: tuple[str, ...] = (
        "buildings", "blocks", "zones", "districts", "heat_grid", "cells", "streets", "roofs",
    )  # fmt: skip
    first_on_areas: str = ""


THEMES = (
    Theme(
        "need",
        "Handlungsbedarf",
        "Need for action",
        ("priority_class",),
        (
            "heat_density_kwh_haa",
            "built_before_1979_share",
            "solar_cover_ratio",
            "saving_potential_kwh_haa",
            "expected_heat_kwh_a",
        ),
        "expected_heat_kwh_a",
        ("zones",),
    ),
    Theme(
        "heat",
        "Wärme",
        "Heat",
        (
            "expected_heat_kwh_m2a",
            "heat_density_kwh_haa",
            "line_density_class",
            "line_density_kwh_ma",
            "line_density_with_connections_kwh_ma",
            "saving_potential_kwh_haa",
            "heat_saving_kwh_a",
            "saving_kwh_per_eur",
            "known_footprint_share",
        ),
        (
            "expected_heat_kwh_a",
            "expected_heat_kwh_m2a",
            "heat_density_kwh_haa",
            "line_density_kwh_ma",
            "line_density_with_connections_kwh_ma",
            "heat_saving_kwh_a",
            "expected_final_kwh_a",
            "co2_kg_a",
            "retrofit_cost_eur",
        ),
        "expected_heat_kwh_a",
        first_on_areas="heat_density_kwh_haa",
    ),
    Theme(
        "solar",
        "Solar",
        "Solar",
        (
            "pv_yield_kwh_a",
            "irradiation_kwh_m2a",
            "solar_suitability",
            "pv_density_kwh_haa",
            "solar_cover_ratio",
        ),
        (
            "pv_yield_kwh_a",
            "pv_kwp",
            "pv_potential_kwp",
            "irradiation_kwh_m2a",
            "solar_cover_ratio",
            "usable_area_m2",
        ),
        "pv_yield_kwh_a",
        ("roofs", "blocks", "zones", "districts", "cells", "buildings"),
    ),
    Theme(
        "stock",
        "Bestand",
        "Building stock",
        (
            "year_built",
            "age_class",
            "use_class",
            "size_class",
            "heritage",
            "built_before_1979_share",
            "dwellings",
            "residents",
        ),
        ("year_built", "floor_area_m2", "dwellings", "storeys", "built_before_1979_share", "residents"),
        "floor_area_m2",
    ),
    Theme("supply", "Versorgung", "Supply", ("carrier",), ("carrier", "expected_final_kwh_a"), "expected_final_kwh_a"),
)
DENSITIES: dict[str, tuple[str, str, str]] = {
    "heat_density_kwh_haa": ("expected_heat_kwh_a", "Wärmedichte", "Heat density"),
    "saving_potential_kwh_haa": ("heat_saving_kwh_a", "Einsparpotenzial je Hektar", "Saving potential per hectare"),
    "pv_density_kwh_haa": ("pv_yield_kwh_a", "Solarstrom je Hektar", "Solar electricity per hectare"),
}


@dataclass(frozen=True)
class View:
    """One picture: a theme's column on a level."""

    theme: Theme
    table: str
    column: Column


def shown_tables(tables: Mapping[str, pd.DataFrame], about: About) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables with geometries that this edition may show; the public one never has single houses."""
    return {
        name: frame if frame.crs is not None else frame.set_crs(about.crs)
        for name, frame in allowed(tables, about).items()
        if isinstance(frame, gpd.GeoDataFrame) and len(frame)
    }


def with_densities(
    tables: dict[str, gpd.GeoDataFrame], catalogue: Catalogue
) -> tuple[dict[str, gpd.GeoDataFrame], Catalogue]:
    """Return tables and catalogue with sums per hectare on areas: sums of unequal areas make no fair map."""
    for name in AREAS:
        if name not in tables or name not in catalogue:
            continue
        frame, declared = tables[name], {c.name: c for c in catalogue[name].columns}
        for density, (total, label_de, label_en) in DENSITIES.items():
            if density in frame or total not in frame or total not in declared:
                continue
            like = _declared_anywhere(catalogue, density)
            column = like or replace(
                declared[total],
                name=density,
                unit="kWh/(ha·a)",
                label_de=label_de,
                label_en=label_en,
                aggregate="none",
                limits=(),
            )
            hectares = frame.geometry.area / M2_PER_HA
            frame = frame.assign(**{density: pd.to_numeric(frame[total]) / hectares})
            catalogue = catalogue.adding(catalogue[name], [column])
        tables = {**tables, name: frame}
    return tables, catalogue


def _declared_anywhere(catalogue: Catalogue, name: str) -> Column | None:
    return next((c for t in catalogue for c in t.columns if c.name == name), None)


def views(tables: Mapping[str, gpd.GeoDataFrame], catalogue: Catalogue, about: About) -> list[View]:
    """Return every picture that these tables allow, in the order of themes, measures and levels."""
    levels = [t for t in LEVELS if t in tables and not _repeats_zones(t, tables, about)]
    found = []
    for theme in THEMES:
        for measure in theme.measures:
            for table in levels:
                column = _column(catalogue, table, measure)
                if column is None or measure not in tables[table] or tables[table][measure].isna().all():
                    continue
                if table in UNEQUAL and column.aggregate == "sum":
                    continue
                found.append(View(theme, table, column))
    return found


def _repeats_zones(table: str, tables: Mapping[str, gpd.GeoDataFrame], about: About) -> bool:
    return table == about.zone_level and "zones" in tables and len(tables["zones"]) == len(tables[table])


def _column(catalogue: Catalogue, table: str, name: str) -> Column | None:
    if table not in catalogue:
        return None
    return next((c for c in catalogue[table].columns if c.name == name), None)


def columns_of(catalogue: Catalogue, table: str) -> Iterator[Column]:
    """Yield the declared columns of a table, none for a context layer."""
    if table in catalogue:
        yield from catalogue[table].columns
