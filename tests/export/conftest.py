"""A small town with every kind of table, for the tests of all exporters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep.contract import Catalogue, Category, Column, check
from klimastep.export.about import About
from klimastep.tables import TABLES
from klimastep.zones.explain import EXPLANATION
from klimastep.zones.priority import PRIORITY_CLASS, PRIORITY_CLASSES, PRIORITY_COLUMNS

CRS = "EPSG:25832"
X0, Y0, SIDE_M = 513_000.0, 5_416_000.0, 300.0
NAMES = ("Altstadt", "Nordstadt", "Weststadt", "Südhang", "Gewerbepark Öst", "Großer Anger")
HEAT = Column(
    "expected_heat_kwh_a", "float64", "kWh/a", "Erwartete Wärme", "Expected heat", nullable=True, min=0, aggregate="sum"
)
HEAT_PER_AREA = Column(
    "expected_heat_kwh_m2a",
    "float64",
    "kWh/(m²·a)",
    "Erwartete Wärme je Fläche",
    "Expected heat per area",
    nullable=True,
    min=0,
    palette="YlOrRd",
    limits=(50, 100, 150, 250),
)
PV_YIELD = Column(
    "pv_yield_kwh_a", "float64", "kWh/a", "Solarstrom", "Solar electricity", nullable=True, min=0, palette="YlGnBu"
)
SUITABILITY = Column(
    "solar_suitability",
    "category",
    "",
    "Solareignung",
    "Solar suitability",
    nullable=True,
    categories=(
        Category("good", "gut", "good", "#225ea8"),
        Category("medium", "mittel", "medium", "#41b6c4"),
        Category("low", "gering", "low", "#c7e9b4"),
    ),
)
DENSITY = Column(
    "heat_density_kwh_haa",
    "float64",
    "kWh/(ha·a)",
    "Wärmedichte",
    "Heat density",
    nullable=True,
    min=0,
    palette="YlOrRd",
    limits=(70e3, 175e3, 415e3, 1050e3),
)


@dataclass(frozen=True)
class Town:
    """Tables with their catalogue and what is said about them."""

    tables: dict[str, gpd.GeoDataFrame]
    catalogue: Catalogue
    about: About

    def edition(self, **facts: object) -> About:
        """Return the facts with some of them changed."""
        return replace(self.about, **facts)


def _frame(
    name: str, geometry: list | np.ndarray, prefix: str, data: dict, extra: tuple[Column, ...] = ()
) -> gpd.GeoDataFrame:
    table = TABLES[name]
    index = pd.Index([f"{prefix}{i}" for i in range(len(geometry))], name=table.id, dtype="str")
    declared = {c.name: c for c in (*table.columns, *extra)}
    columns = {k: declared[k].cast(v, index) for k, v in data.items()}
    frame = gpd.GeoDataFrame(columns, index=index, geometry=geometry, crs=CRS)
    check(frame, replace(table, columns=(*table.columns, *extra)), partial=True)
    return frame


def _districts() -> list[shapely.Polygon]:
    return [
        shapely.box(
            X0 + SIDE_M * (i % 3), Y0 + SIDE_M * (i // 3), X0 + SIDE_M * (i % 3 + 1), Y0 + SIDE_M * (i // 3 + 1)
        )
        for i in range(len(NAMES))
    ]


def _buildings(rng: np.random.Generator) -> gpd.GeoDataFrame:
    x, y = np.meshgrid(np.arange(X0 + 20, X0 + 880, 30.0), np.arange(Y0 + 20, Y0 + 580, 40.0))
    x, y = x.ravel(), y.ravel()
    size = rng.uniform(8, 18, (2, len(x)))
    heat = pd.Series(rng.gamma(4.0, 40.0, len(x))).mask(rng.random(len(x)) < 0.1)
    heat.iloc[:4] = [0.0, 50.0, 100.0, 250.0]  # on the class limits
    uses = ["residential", "mixed", "office", None]
    return _frame(
        "buildings",
        shapely.box(x, y, x + size[0], y + size[1]),
        "DEBW",
        {
            "address": [f"Bäckerstraße {i}" for i in range(len(x))],
            "use_class": rng.choice(np.array(uses, dtype=object), len(x), p=[0.6, 0.2, 0.1, 0.1]),
            "is_heated": rng.random(len(x)) < 0.9,
            "year_built": pd.array(
                [
                    None if u < 0.1 else int(v)
                    for u, v in zip(rng.random(len(x)), rng.integers(1870, 2020, len(x)), strict=True)
                ],
                dtype="Int16",
            ),
            "carrier": rng.choice(np.array(["gas", "oil", "heat_pump", None], dtype=object), len(x)),
            HEAT_PER_AREA.name: heat.to_numpy(),
            HEAT.name: heat.to_numpy() * 150.0,
            PV_YIELD.name: rng.uniform(0, 20e3, len(x)),
        },
        (HEAT, HEAT_PER_AREA, PV_YIELD),
    )


def _zones(areas: list[shapely.Polygon], rng: np.random.Generator) -> gpd.GeoDataFrame:
    return _frame(
        "zones",
        areas,
        "z",
        {
            "name": NAMES,
            "area_m2": [a.area for a in areas],
            "priority_score": [0.81, 0.7, 0.55, 0.4, 0.2, np.nan],
            "priority_rank": pd.array([1, 2, 3, 4, 5, None], dtype="Int32"),
            "priority_class": ["very_high", "high", "high", "medium", "medium", "not_ranked"],
            "reason_de": [f"{n}: hoher Wärmebedarf je Hektar; dagegen spricht nichts." for n in NAMES],
            "reason_en": NAMES,
            DENSITY.name: [9e5, 5e5, 2e5, 1e5, 5e4, np.nan],
        },
        (*PRIORITY_COLUMNS, *EXPLANATION, DENSITY),
    )


@pytest.fixture(scope="session")
def town() -> Town:
    """Return tables of every geometry, unknown values, umlauts, values on class limits."""
    rng = np.random.default_rng(7)
    areas = _districts()
    buildings = _buildings(rng)
    middle = shapely.centroid(buildings.geometry.array)
    streets = [shapely.LineString([(X0, Y0 + 12 + 40 * i), (X0 + 900, Y0 + 12 + 40 * i)]) for i in range(15)]
    hole = shapely.Polygon(
        shapely.box(X0 + 600, Y0, X0 + 900, Y0 + 90).exterior,
        [shapely.box(X0 + 700, Y0 + 30, X0 + 720, Y0 + 50).exterior],
    )
    context = {
        "water": [hole],
        "green": [shapely.box(X0 + 300, Y0 + 300, X0 + 420, Y0 + 380), shapely.box(X0, Y0 + 500, X0 + 90, Y0 + 600)],
        "boundary": [shapely.union_all(areas)],
    }
    tables: dict[str, gpd.GeoDataFrame] = {
        "zones": _zones(areas, rng),
        "districts": _frame("districts", areas, "d", {"name": NAMES, "area_m2": [a.area for a in areas]}),
        "buildings": buildings,
        "roofs": _frame(
            "roofs",
            shapely.buffer(middle, 3.0, quad_segs=1),
            "r",
            {
                "building_id": buildings.index.to_numpy(),
                "tilt_deg": rng.uniform(0, 60, len(buildings)),
                "area_m2": 20.0,
                PV_YIELD.name: rng.uniform(0, 20e3, len(buildings)),
                SUITABILITY.name: rng.choice(np.array(["good", "medium", "low", None], dtype=object), len(buildings)),
            },
            (PV_YIELD, SUITABILITY),
        ),
        "streets": _frame(
            "streets",
            streets,
            "s",
            {
                "name": [f"Straße {i}" for i in range(len(streets))],
                "road_class": ["main", "residential", None] * 5,
                "length_m": shapely.length(streets),
            },
        ),
        "monuments": _frame(
            "monuments",
            [shapely.Point(X0 + 450, Y0 + 300), shapely.Point(X0 + 100, Y0 + 400)],
            "m",
            {"name": ["Rathaus", "Stadtkirche St. Änne"], "heritage": ["single", "ensemble"]},
        ),
        **{
            name: gpd.GeoDataFrame(
                index=pd.Index([f"{name}{i}" for i in range(len(shapes))], name=f"{name}_id", dtype="str"),
                geometry=shapes,
                crs=CRS,
            )
            for name, shapes in context.items()
        },
    }
    meters = pd.DataFrame(
        {
            "unit_id": ["b1", "b2"],
            "level": ["block", "block"],
            "year": [2020, 2021],
            "carrier": ["gas", "district_heat"],
            "energy_kwh_a": [1e6, np.nan],
            "energy_basis": ["hs", "useful"],
            "connections": [3.0, np.nan],
            "status": ["given", "confidential"],
            "address": [None, "Musterstraße 1-9"],
        },
        index=pd.Index(["m0", "m1"], name="meter_id", dtype="str"),
    )
    tables["meters"] = meters.assign(**{c.name: c.cast(meters[c.name], meters.index) for c in TABLES["meters"].columns})
    extra = {
        "zones": (*PRIORITY_COLUMNS, *EXPLANATION, DENSITY),
        "buildings": (HEAT, HEAT_PER_AREA, PV_YIELD),
        "roofs": (PV_YIELD, SUITABILITY),
    }
    catalogue = Catalogue()
    for name in tables:
        if name in TABLES:
            catalogue = catalogue.adding(TABLES[name], extra.get(name, ()))
    about = About(
        name="musterdorf",
        title_de="Musterdorf (synthetisch)",
        title_en="Musterdorf (synthetic)",
        synthetic=True,
        edition="intern",
        version="0.1.0",
        made_on="2026-11-23",
        crs=CRS,
        attribution=("Musterdorf, erfunden, CC0", "© Geobasis Musterland, dl-de/by-2-0"),
        notes_de=("Wärme: erwartete Nutzwärme bei mittlerem Klima.", "Verschattung ist noch nicht gerechnet."),
        weights=(("heat_density", 1.0),),
    )
    assert [c.value for c in PRIORITY_CLASSES] == PRIORITY_CLASS.vocabulary
    return Town(tables, catalogue, about)
