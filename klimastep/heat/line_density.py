"""Heat per metre of street: what the buildings of a section use over the length of pipe that reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from klimastep.contract import Category, Column
from klimastep.errors import ContractError
from klimastep.findings import Finding, first_ids
from klimastep.heat.columns import EXPECTED_HEAT
from klimastep.reference import load
from klimastep.steps import step
from klimastep.tables import BUILDINGS, NO_ROUTES, STREETS
from klimastep.units import KWH_PER_MWH

NO_ROUTE = Category("no_route", "keine Trasse (Weg, Autobahn)", "no route (path, motorway)", "#e4e7eb")
TOLERANCE = 1e-9
COLOURS = ("#ffeda0", "#feb24c", "#f03b20", "#800026")
SOURCE_DE = "nach Leitfaden Wärmeplanung 2024 (aus zweiter Hand)"
SOURCE_EN = "by the German heat planning guide 2024 (second-hand)"


def class_limits() -> tuple[float, ...]:
    """Return the limits between the classes of line density in the reference table. [MWh/(m a)]"""
    return tuple(load("line_density_classes")["value"].astype("float64"))[1:]


def _number(value: float, german: bool) -> str:
    return f"{value:g}".replace(".", ",") if german else f"{value:g}"


def _range(limits: Sequence[float], place: int, german: bool) -> str:
    unit = "\u202fMWh/(m·a)"
    if place == 0:
        return f"{'unter' if german else 'below'} {_number(limits[0], german)}{unit}"
    low = _number(limits[place - 1], german)
    if place == len(limits):
        return f"ab {low}{unit}" if german else f"{low}{unit} and more"
    return f"{low} – {_number(limits[place], german)}{unit}"


def _classes(limits: Sequence[float]) -> tuple[Category, ...]:
    table = load("line_density_classes")
    words = zip(table["key"], table["meaning_de"], table["meaning_en"], COLOURS, strict=True)
    return tuple(
        Category(key, f"{_range(limits, i, True)}: {de}", f"{_range(limits, i, False)}: {en}", colour)
        for i, (key, de, en, colour) in enumerate(words)
    )


def line_density_columns(
    limits_mwh_ma: Sequence[float] | None = None, source: str | None = None
) -> tuple[Column, Column, Column]:
    """Return the declarations of line density, of that with connections, and of its class.

    Parameters
    ----------
    limits_mwh_ma : sequence of 3 float, optional
        Between the classes; those of ``reference/line_density_classes.csv`` by default. [MWh/(m a)]
    source : str, optional
        Whose limits these are, told in the legend.
    """
    limits = tuple(limits_mwh_ma or class_limits())
    de, en = ("laut Plan", "as in the plan") if limits_mwh_ma else (SOURCE_DE, SOURCE_EN)
    if source:
        de, en = f"nach {source}", f"by {source}"
    marks = tuple(KWH_PER_MWH * limit for limit in limits)
    return (
        replace(LINE_DENSITY, limits=marks),
        replace(LINE_DENSITY_WITH, limits=marks),
        replace(
            LINE_DENSITY_CLASS,
            label_de=f"{LINE_DENSITY_CLASS.label_de} {de}",
            label_en=f"{LINE_DENSITY_CLASS.label_en} {en}",
            categories=(*_classes(limits), NO_ROUTE),
        ),
    )


LINE_DENSITY = Column(
    "line_density_kwh_ma",
    "float64",
    "kWh/(m·a)",
    "Wärmeliniendichte",
    "Heat line density",
    "Expected useful heat of the buildings that face the section, per metre of street.",
    nullable=True,
    min=0,
    palette="YlOrRd",
    limits=tuple(KWH_PER_MWH * limit for limit in class_limits()),
)
LINE_DENSITY_WITH = replace(
    LINE_DENSITY,
    name="line_density_with_connections_kwh_ma",
    label_de="Wärmeliniendichte mit Hausanschlüssen",
    label_en="Heat line density with house connections",
    description="Expected useful heat of the buildings that face the section, per metre of street and connections.",
)
LINE_DENSITY_CLASS = Column(
    "line_density_class",
    "category",
    "",
    "Liniendichte, Klassen",
    "Line density, classes",
    "Class of the line density without connections; a planning hint, no supply area.",
    nullable=True,
    categories=(*_classes(class_limits()), NO_ROUTE),
)
CONNECTIONS = Column(
    "connections",
    "float64",
    "",
    "Hausanschlüsse (beheizte Gebäude)",
    "House connections (heated buildings)",
    "Heated buildings that face the section, as if all were connected.",
    nullable=True,
    min=0,
)
CONNECTION_LENGTH = Column(
    "connection_length_m",
    "float64",
    "m",
    "Hausanschlüsse (Länge)",
    "House connections (length)",
    "Straight from the outlines of the heated buildings to the axis of the section.",
    nullable=True,
    min=0,
)
ROUTE_LENGTH = Column(
    "route_length_m",
    "float64",
    "m",
    "Anteil am Straßenabschnitt",
    "Share of the street section",
    "Length of the section that a heated building faces, shared equally among all that face it.",
    nullable=True,
    min=0,
    aggregate="sum",
)
STREET_HEAT = replace(EXPECTED_HEAT, description="Sum over the buildings that face the section; known values only.")


@step(
    STREETS,
    needs=[STREETS["road_class"], STREETS["length_m"]],
    adds=[STREET_HEAT, CONNECTIONS, CONNECTION_LENGTH, LINE_DENSITY, LINE_DENSITY_WITH, LINE_DENSITY_CLASS],
)
def line_density(
    streets: pd.DataFrame, buildings: pd.DataFrame, *, limits_mwh_ma: Sequence[float] | None = None
) -> Mapping[str, Any]:
    """Return heat per metre of each section, without and with the pipes of house connections.

    Paths and motorways are no routes: all is unknown there. A section that no heated building faces has zero; it
    is unknown where the heat of all its buildings is.

    Parameters
    ----------
    streets : DataFrame
        Sections between junctions.
    buildings : DataFrame
        With `street_id`, `connection_length_m`, `is_heated`, `expected_heat_kwh_a`.
    limits_mwh_ma : sequence of 3 float, optional
        Between the classes. [MWh/(m a)]
    """
    route = ~streets["road_class"].isin(NO_ROUTES)
    heated = buildings[buildings["is_heated"].astype(bool)]
    groups = heated.groupby("street_id")
    heat = groups[EXPECTED_HEAT.name].sum(min_count=1).reindex(streets.index)
    count = groups.size().reindex(streets.index).fillna(0).astype("float64")
    pipes = groups[CONNECTION_LENGTH.name].sum().reindex(streets.index).fillna(0.0)
    heat = heat.mask(count == 0, 0.0)
    density = heat / streets["length_m"].where(streets["length_m"] > 0)
    limits = np.asarray(limits_mwh_ma or class_limits()) * KWH_PER_MWH
    keys = np.array([c.value for c in LINE_DENSITY_CLASS.categories], dtype=object)
    found = pd.Series(keys[np.searchsorted(limits, density.fillna(0.0), side="right")], index=streets.index)
    return {
        STREET_HEAT.name: heat.where(route),
        CONNECTIONS.name: count.where(route),
        CONNECTION_LENGTH.name: pipes.where(route),
        LINE_DENSITY.name: density.where(route),
        LINE_DENSITY_WITH.name: (heat / (streets["length_m"] + pipes).where(streets["length_m"] > 0)).where(route),
        LINE_DENSITY_CLASS.name: found.where(density.notna()).where(route, NO_ROUTE.value),
    }


@step(BUILDINGS, needs=[BUILDINGS["street_id"], BUILDINGS["is_heated"]], adds=[ROUTE_LENGTH])
def route_length(buildings: pd.DataFrame, streets: pd.DataFrame) -> Mapping[str, Any]:
    """Return each heated building's equal share of the length of its section: summed, it is the route of an area.

    Parameters
    ----------
    buildings : DataFrame
    streets : DataFrame
        With `connections`, from :func:`line_density`.
    """
    each = streets["length_m"] / streets[CONNECTIONS.name].where(streets[CONNECTIONS.name] > 0)
    heated = buildings["is_heated"].astype(bool)
    return {ROUTE_LENGTH.name: buildings["street_id"].map(each).astype("float64").where(heated)}


def line_density_totals(buildings: pd.DataFrame, streets: pd.DataFrame) -> tuple[dict[str, float], list[Finding]]:
    """Return what the sections hold of the buildings' heat, and a finding where heated buildings face none.

    Raises
    ------
    ContractError
        Where sections and unassigned buildings do not add up to all buildings.
    """
    heated = buildings[buildings["is_heated"].astype(bool)]
    outside = heated[~heated["street_id"].isin(streets.index)]
    heat = EXPECTED_HEAT.name
    totals = {
        "buildings_kwh_a": float(heated[heat].sum()),
        "sections_kwh_a": float(streets[heat].sum()),
        "unassigned_kwh_a": float(outside[heat].sum()),
        "unassigned_buildings": float(len(outside)),
        "route_m": float(streets.loc[streets[CONNECTIONS.name].notna(), "length_m"].sum()),
        "connection_m": float(streets[CONNECTION_LENGTH.name].sum()),
    }
    gap = totals["sections_kwh_a"] + totals["unassigned_kwh_a"] - totals["buildings_kwh_a"]
    if abs(gap) > TOLERANCE * max(totals["buildings_kwh_a"], 1.0):
        raise ContractError([f"streets: {heat} of sections is not that of the buildings, {gap:g} kWh/a apart"])
    if outside.empty:
        return totals, []
    share = 100.0 * totals["unassigned_kwh_a"] / max(totals["buildings_kwh_a"], 1.0)
    return totals, [
        Finding(
            STREETS.name,
            "faces_no_street",
            len(outside),
            first_ids(outside.index),
            f"{len(outside)} beheizte Gebäude ({share:.1f} % der Wärme) liegen zu weit von jeder Straße und zählen zu "
            "keinem Abschnitt.",
            f"{len(outside)} heated buildings ({share:.1f} % of the heat) lie too far from any street and count to no "
            "section.",
        )
    ]
