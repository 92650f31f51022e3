"""The band of a town of which only the census is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from klimastep import heat
from klimastep.census import CENSUS_AGE_BANDS
from klimastep.heat import cells_band
from klimastep.heat.cells_band import census_band

BANDS = [band for band, _, _ in CENSUS_AGE_BANDS]
CLASSES = pd.DataFrame(np.eye(12)[[1, 2, 4, 6, 7, 7, 8, 8, 9, 9]], index=BANDS, columns=list("ABCDEFGHIJKL"))


def cells(count: float = 100.0) -> pd.DataFrame:
    """Return one cell with as many single houses and dwellings in every band."""
    columns = {f"{kind}_{band}": [count] for kind in ("buildings", "dwellings") for band in BANDS}
    return pd.DataFrame(columns | {"dwellings": [np.nan]}, index=["c"])


def test_the_expected_heat_lies_in_the_band(potsdam):
    band = census_band(cells(), potsdam, class_shares=CLASSES, draws=heat.Draws(100, 1))
    total = heat.census_totals(cells(), potsdam, class_shares=CLASSES)["expected_heat_kwh_a"].sum()
    assert band["p10"] < band["p50"] < band["p90"]
    assert band["p10"] < total < band["p90"]
    assert 2 * 1.28 * 0.25 < (band["p90"] - band["p10"]) / total < 1.0


def test_twice_the_town_has_twice_the_band(potsdam):
    one = census_band(cells(), potsdam, class_shares=CLASSES, draws=heat.Draws(20, 1))
    two = census_band(cells(200.0), potsdam, class_shares=CLASSES, draws=heat.Draws(20, 1))
    assert two == pytest.approx({q: 2 * v for q, v in one.items()})


def test_the_municipality_scales_it(potsdam):
    town = heat.Municipality(dict.fromkeys(BANDS, 150.0), dict.fromkeys(BANDS, 150.0))
    one = census_band(cells(), potsdam, class_shares=CLASSES, draws=heat.Draws(20, 1))
    whole = census_band(cells(), potsdam, class_shares=CLASSES, town=town, draws=heat.Draws(20, 1))
    assert whole["p50"] == pytest.approx(1.5 * one["p50"])


def test_carriers_of_the_census_move_the_band_with_the_sum(potsdam):
    told = cells().assign(dwellings_carrier_heat_pump=500.0, dwellings_carrier_gas=500.0)
    sums = [heat.census_totals(t, potsdam, class_shares=CLASSES)["expected_heat_kwh_a"].sum() for t in (cells(), told)]
    one, other = (census_band(t, potsdam, class_shares=CLASSES, draws=heat.Draws(20, 1)) for t in (cells(), told))
    assert sums[1] != pytest.approx(sums[0], rel=0.01)  # heat pumps have a curve of their own
    assert other == pytest.approx({q: v * sums[1] / sums[0] for q, v in one.items()})


def test_another_balance_moves_the_band_with_the_sum(potsdam, monkeypatch):
    """A method that gives half of the heat of every house halves the band."""
    whole = census_band(cells(), potsdam, class_shares=CLASSES, draws=heat.Draws(20, 1))
    usual = cells_band.outcome
    asked = []

    def half(*args):
        asked.append(args[-1])
        found = usual(*args[:-1])
        return found._replace(expected_heat=found.expected_heat / 2)

    monkeypatch.setattr(cells_band, "outcome", half)
    method = heat.Method(design_degc=-10.0)
    band = census_band(cells(), potsdam, class_shares=CLASSES, method=method, draws=heat.Draws(20, 1))
    assert asked == [method]
    assert band == pytest.approx({q: v / 2 for q, v in whole.items()})
