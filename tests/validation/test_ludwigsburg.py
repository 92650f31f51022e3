"""Broad sanity of Ludwigsburg from census and climate; the figures stand in VALIDATION.md."""

import pytest
from validation import ludwigsburg

from klimastep.contract import check
from klimastep.units import KWH_PER_GWH

pytestmark = pytest.mark.testdata


@pytest.fixture(scope="module")
def study(testdata):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLIMASTEP_TESTDATA", str(testdata))
        yield ludwigsburg


def test_grid_sums_are_those_of_the_source(study):
    table = study.totals()
    assert table["buildings_published"].sum() == 12_485
    assert table.loc["1949_1978", "dwellings_published"] == 0
    assert table["dwellings"].tolist() == pytest.approx(table["dwellings_town"].tolist())
    assert table["dwellings_town"].sum() == 43_438
    assert table["scale"].tolist() == pytest.approx([1.0] * len(table))


def test_cells_keep_the_contract_and_sum_to_the_totals(study):
    bench = study.city()
    cells = bench.tables["cells"]
    check(cells, bench.catalogue["cells"])
    assert len(cells) == 1293
    assert set(bench.tables) == {"boundary", "cells"}
    table = study.totals_of(bench)
    for name in study.SUMS:
        assert cells[name].sum() == pytest.approx(table[name].sum())
    assert set(cells["dwellings_source"].dropna()) == {"estimated"}
    assert cells["expected_heat_kwh_m2a"].between(40, 250).sum() == cells["expected_heat_kwh_m2a"].notna().sum()


def test_residential_heat_is_a_fair_part_of_the_press_figure(study):
    table = study.totals()
    useful, final = (study.scaled(table, f"expected_{n}_kwh_a") / KWH_PER_GWH for n in ("heat", "final"))
    assert useful < final
    assert 0.35 * study.PRESS_GWH < final < 0.85 * study.PRESS_GWH
    living = study.scaled(table, "floor_area_m2") / 1.1
    assert 35 < living / 88_200 < 50  # m² a head
