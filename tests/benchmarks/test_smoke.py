"""Every benchmark still runs; its times are not judged."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _module(name):
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run, stock, roofs, heat_balances = _module("run"), _module("stock"), _module("roofs"), _module("heat_balances")


@pytest.mark.parametrize("name", sorted(run.PEERS))
def test_peer(name):
    peer, ours, theirs = run.PEERS[name][0](300)
    assert peer
    assert ours > 0
    assert theirs > 0


def test_town():
    table = run.towns([60])
    assert table[(60, "rows")].loc["WHOLE RUN"] == 60


def test_stock():
    facts = stock.measure(300)
    assert facts["buildings"] == 300
    assert facts["attached"] > 30
    assert set(facts["steps"]) >= {"cadastre.merge", "cadastre.keys", "cadastre.envelope.party_walls"}


@pytest.mark.parametrize("name", sorted(set(run.CASES) - {"citygml_real"}))
def test_reader(name):
    row = run.readers([0.02], [name]).iloc[0]
    assert row["rows"] > 0
    assert row["peak_mb"] > row["imports_mb"] > 0


@pytest.mark.parametrize("shaded", [False, True])
def test_roofs(shaded):
    facts = roofs.measure(300, shaded)
    assert facts["planes"] == 300
    assert "irradiation" in facts["parts"]


def test_heat_balances():
    table = heat_balances.measure(300, 20, 3)
    assert (table["cpu_s"] > 0).all()
    assert (table["beside_mb"] > 0).all()


def test_fitted_roofs():
    facts = roofs.fitted(40, 1.0)
    assert 90 <= facts["planes"] <= 10 * (1 + 2 + 4 + 3)
    assert facts["per_cpu_s"] > 0
