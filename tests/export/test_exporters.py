"""The contract of all exporters: found by name, nothing changed, nothing left behind, reads back."""

from __future__ import annotations

import copy
import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest

from klimastep import export
from klimastep.errors import PlanError
from klimastep.export import editions, parquet

SINGLE = ("buildings", "roofs", "parcels", "meters")


def _layers(paths: list[Path]) -> dict[str, int]:
    return {str(name): pyogrio.read_info(paths[0], layer=name)["features"] for name, _ in pyogrio.list_layers(paths[0])}


def _tables(paths: list[Path]) -> dict[str, int]:
    return {name: len(frame) for name, frame in parquet.read(paths[-1].parent).items()}


READERS: dict[str, Callable[[list[Path]], dict[str, int]]] = {"geopackage": _layers, "parquet": _tables}


@pytest.mark.parametrize("name", export.names())
def test_what_an_exporter_wrote_reads_back(name: str, town, tmp_path) -> None:
    before = {key: frame.copy(deep=True) for key, frame in town.tables.items()}
    paths = export.load(name).write(town.tables, town.catalogue, tmp_path, town.about)
    assert paths
    assert all(path.is_file() and path.stat().st_size for path in paths)
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == set(paths), "nothing else is left behind"
    for key, frame in town.tables.items():
        assert frame.equals(before[key]), f"{name} changed {key}"
    if name in READERS:
        rows = READERS[name](paths)
        assert {key: rows[key] for key in town.tables} == {key: len(frame) for key, frame in town.tables.items()}
    else:
        text = paths[0].read_text(encoding="utf-8")
        assert "Musterdorf (synthetisch)" in text
        assert all(zone in text for zone in town.tables["zones"]["name"])


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_real_town_is_public_without_single_houses(name: str, town, tmp_path) -> None:
    about = town.edition(edition="oeffentlich", synthetic=False)
    paths = export.load(name).write(town.tables, town.catalogue, tmp_path, about)
    rows = READERS[name](paths)
    assert not set(SINGLE) & set(rows)
    assert {"zones", "districts", "boundary"} <= set(rows)
    assert not any(b"DEBW" in path.read_bytes() for path in paths), "no building id may be left in the file"


@pytest.mark.parametrize("synthetic", [True, False])
def test_no_public_edition_has_heat_of_single_houses(synthetic: bool, town) -> None:
    streets = town.tables["streets"].assign(line_density_kwh_ma=1.0, line_density_class="low", connections=3.0)
    about = town.edition(edition="oeffentlich", synthetic=synthetic)
    shown = editions.allowed({**town.tables, "streets": streets, "heat_grid": streets, "added_later": streets}, about)
    assert not {*SINGLE, "heat_grid", "added_later"} & set(shown)
    assert list(shown["streets"].columns) == ["name", "road_class", "length_m", "geometry"]
    assert editions.allowed(town.tables, town.about) == town.tables


def test_helpers_are_no_exporters() -> None:
    assert {"geopackage", "parquet"} <= set(export.names())
    assert not set(export.names()) & export.SHARED
    for name in export.names():
        assert callable(export.load(name).write)


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(PlanError, match="geopackage"):
        export.load("geopakage")
    with pytest.raises(PlanError, match="parquet"):
        export.load("zzz")


def _with_point(monkeypatch, value: str) -> None:
    point = importlib.metadata.EntryPoint("foreign", value, export.GROUP)
    monkeypatch.setattr(export, "entry_points", lambda **_: [copy.copy(point)])


def test_another_package_brings_its_exporter(monkeypatch) -> None:
    _with_point(monkeypatch, "klimastep.export.parquet")
    assert "foreign" in export.names()
    assert export.load("foreign") is parquet


@pytest.mark.parametrize("value", ["no_such_package_at_all", "json"])
def test_a_broken_exporter_of_another_package_is_named(monkeypatch, value: str) -> None:
    _with_point(monkeypatch, value)
    with pytest.raises(PlanError, match=value):
        export.load("foreign")
