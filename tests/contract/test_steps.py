"""The contract of all steps, found in the package: input untouched, index kept, as declared, whole equals tiled."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import klimastep
from klimastep.cadastre.age import P_AGE
from klimastep.census import CENSUS_2011
from klimastep.contract import Column, check, random_table
from klimastep.errors import ContractError
from klimastep.heat.cells import Municipality
from klimastep.heat.columns import EXPECTED_HEAT
from klimastep.heat.line_density import CONNECTION_LENGTH, CONNECTIONS
from klimastep.partition import apply_tiled
from klimastep.reference import load
from klimastep.solar import PV_KWP, PV_YIELD
from klimastep.steps import Step
from klimastep.tables import BUILDINGS, ROOFS, STREETS
from klimastep.weather import HeatingSeason, Weather, prepare
from klimastep.weather.sun import sun_at

ROOMS = ("cadastre", "heat", "solar", "weather", "zones")
TILE_M = 70.0
OPTIONS: dict[str, list[Any]] = {
    "refurbished": ["none", "national"],
    "default_carrier": ["district_heat", "heat_pump", "wood"],
    "target_state": ["usual", "advanced"],
    "flat_layout": ["south", "east_west"],
    "scale": ["lubw_absolute", "lubw_shares"],
    "performance_ratio": [0.7],
    "albedo_share": [0.3],
    "land": ["ST", "BY"],
    "party_wall_distance_m": [2.0],
    "losses": ["pvlib", "performance_ratio"],
    "sky_model": ["perez"],
    "per_dwelling_kwh_a": [1000.0],
}


def _steps() -> Iterator[Step]:
    found: dict[str, Step] = {}
    for room in ROOMS:
        package = importlib.import_module(f"{klimastep.__name__}.{room}")
        names = [m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
        for module in (package, *map(importlib.import_module, names)):
            found |= {value.name: value for value in vars(module).values() if isinstance(value, Step)}
    yield from (found[name] for name in sorted(found))


STEPS = list(_steps())


@pytest.fixture(scope="module")
def weather() -> Weather:
    """Return a cloudless year near Ludwigsburg."""
    index = pd.date_range("2021-01-01 00:00", "2021-12-31 23:00", freq="h", tz="UTC")
    height = np.maximum(sun_at(index.as_unit("s").asi8 - 1800, 48.9, 9.2).height, 0.0)
    hourly = {"temp_air_degc": 10.0, "ghi_w_m2": 500.0 * height + 120.0 * height**0.5, "dhi_w_m2": 120.0 * height**0.5}
    return prepare(pd.DataFrame(hourly, index), 48.9, 9.2, "made", sun_offset_min=-30)


def _roofs(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return up to two roof planes for two thirds of the buildings, some with unknown yield."""
    rng = np.random.default_rng(5)
    rows = len(frame) * 4 // 3
    roofs = random_table(ROOFS, rows, rng, [*ROOFS.columns, PV_KWP, PV_YIELD])
    owners = frame.index.to_numpy()[np.arange(rows) * 2 // 3 % max(len(frame), 1)] if rows else []
    return roofs.assign(building_id=pd.array(owners, dtype="str"))


def _streets_and_buildings(step: Step, frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return street sections with connections among the frame's buildings, or buildings along the frame's streets."""
    rng = np.random.default_rng(6)
    if step.table is STREETS:
        buildings = random_table(BUILDINGS, 3 * len(frame), rng, [*BUILDINGS.columns, EXPECTED_HEAT, CONNECTION_LENGTH])
        there = rng.choice(np.array([*frame.index, None], dtype=object), len(buildings))
        return {"buildings": buildings.assign(street_id=pd.array(there, dtype="str"))}
    streets = random_table(STREETS, 12, rng, [*STREETS.columns, CONNECTIONS], spacing_m=40.0)
    return {"sections": streets, "streets": streets}


def _owners() -> gpd.GeoDataFrame:
    """Return the buildings that random roofs name, every second one a neighbour of the one before."""
    frame = random_table(BUILDINGS, 6, np.random.default_rng(6), spacing_m=12.0)
    return frame.set_axis(pd.Index([f"k{i}" for i in range(6)], name=BUILDINGS.id, dtype="str"))


def _arguments(step: Step, frame: gpd.GeoDataFrame, weather: Weather) -> dict[str, Any]:
    """Return what the step needs beside its table, by the names of its parameters."""
    bands = list(CENSUS_2011.names)
    classes = load("age_classes")["age_class"]
    known = {
        "season": HeatingSeason(216.0, 4.6, 368.0, 260.0, 394.0, 222.0, 123.0),
        "weather": weather,
        "roofs": _roofs(frame),
        "buildings": _owners(),
        **_streets_and_buildings(step, frame),
        "class_shares": pd.DataFrame(1.0 / len(classes), index=bands, columns=list(classes)),
        "electricity_price_eur_kwh": 0.3,
        "feed_in_tariff_eur_kwh": 0.08,
        "town": Municipality(dict.fromkeys(bands, 100.0), dict.fromkeys(bands, 250.0)),
    }
    parameters = list(inspect.signature(step.function).parameters.values())[1:]
    wanted = {p.name: known[p.name] for p in parameters if p.name in known}
    left = [p.name for p in parameters if p.default is inspect.Parameter.empty and p.name not in wanted]
    assert not left, f"{step.name} needs {left}: say here how to make it"
    return wanted


def _table(step: Step, rows: int, seed: int = 0) -> gpd.GeoDataFrame:
    """Return a random table with all declared columns, those that codes and heights stand in made plausible."""
    declared: dict[str, Column] = {c.name: c for c in (*step.table.columns, *step.needs)}
    rng = np.random.default_rng([rows, seed])
    frame = random_table(step.table, rows, rng, declared.values(), spacing_m=12.0)
    if "function_code" in frame:
        codes = np.array([*load("use_codes")["function_code"][:60], "1010", "52002_9999", "k1", None], dtype=object)
        frame = frame.assign(function_code=pd.array(rng.choice(codes, rows), dtype="str"))
    if step.table is BUILDINGS:
        odds = rng.dirichlet(np.full(len(P_AGE), 0.3), rows)
        odds[rng.random(rows) < 0.2] = np.nan
        frame = frame.assign(**{c.name: odds[:, i] for i, c in enumerate(P_AGE)})
        frame = frame.assign(eaves_height_m=frame["height_m"] * rng.choice([0.6, 1.0, np.nan], rows))
    return frame


def test_there_are_steps_in_every_room_that_computes():
    assert {s.name.split(".")[0] for s in STEPS} >= {"cadastre", "heat", "solar"}
    assert len(STEPS) >= 10


@pytest.mark.parametrize("rows", [0, 1, 200])
@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_a_step_keeps_the_contract(step: Step, rows: int, weather: Weather) -> None:
    frame = _table(step, rows)
    arguments = _arguments(step, frame, weather)
    before = {"frame": frame.copy(deep=True)}
    before |= {n: a.copy(deep=True) for n, a in arguments.items() if isinstance(a, pd.DataFrame)}
    out = step(frame, **arguments)
    for name, kept in before.items():
        pd.testing.assert_frame_equal((arguments | {"frame": frame})[name], kept, check_exact=True)
    pd.testing.assert_index_equal(out.index, frame.index, exact=True)
    assert list(out.columns) == [*frame.columns, *(c.name for c in step.adds if c.name not in frame)]
    check(out, step.table, step.adds)
    added = {c.name for c in step.adds}
    others = [c for c in frame.columns if c not in added]
    pd.testing.assert_frame_equal(out[others], frame[others], check_exact=True)


@pytest.mark.parametrize("rows", [0, 1, 200])
@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_whole_equals_tiled(step: Step, rows: int, weather: Weather) -> None:
    frame = _table(step, rows, seed=1)
    arguments = _arguments(step, frame, weather)
    whole = step(frame, **arguments)
    pd.testing.assert_frame_equal(apply_tiled(step, frame, TILE_M, **arguments), whole, check_exact=True)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_the_order_of_rows_does_not_matter(step: Step, weather: Weather) -> None:
    frame = _table(step, 120, seed=2)
    arguments = _arguments(step, frame, weather)
    mixed = frame.iloc[np.random.default_rng(0).permutation(len(frame))]
    out = step(mixed, **arguments).loc[frame.index]
    pd.testing.assert_frame_equal(out, step(frame, **arguments), check_exact=not step.halo_m)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_every_option_keeps_the_contract(step: Step, weather: Weather) -> None:
    frame = _table(step, 60, seed=3)
    arguments = _arguments(step, frame, weather)
    for name in inspect.signature(step.function).parameters.keys() & OPTIONS.keys():
        for value in OPTIONS[name]:
            check(step(frame, **(arguments | {name: value})), step.table, step.adds)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_a_step_reads_only_what_it_declares(step: Step, weather: Weather) -> None:
    """With the declared columns alone it runs; without one of them it says which is missing."""
    frame = _table(step, 30, seed=4)
    arguments = _arguments(step, frame, weather)
    bare = frame[[*(c.name for c in step.needs), "geometry"]]
    check(step(bare, **arguments), step.table, step.adds)
    for column in step.needs:
        with pytest.raises(ContractError, match=f"{column.name}: expected the column, got none"):
            step(bare.drop(columns=column.name), **arguments)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_unknown_everywhere_gives_no_error(step: Step, weather: Weather) -> None:
    frame = _table(step, 5, seed=5)
    nothing = {
        c.name: c.cast(pd.Series(None, index=frame.index, dtype="object"), frame.index)
        for c in (*step.table.columns, *step.needs)
        if c.nullable
    }
    blank = frame.assign(**nothing)
    check(step(blank, **_arguments(step, blank, weather)), step.table, step.adds)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_labels_stand_in_both_languages(step: Step) -> None:
    assert step.function.__doc__
    for column in step.adds:
        assert column.label_de, column.name
        assert column.label_en, column.name
        assert all(k.label_de and k.label_en for k in column.categories)
