"""From roof planes to buildings."""

import numpy as np
import pytest

from klimastep import solar
from klimastep.contract import random_table
from klimastep.solar import irradiation, photovoltaic, to_buildings, usable
from klimastep.tables import BUILDINGS, ROOFS


def test_sums_zero_and_unknown(weather, stock, make_roofs):
    """a has two good planes, b only a small one, c none that is known."""
    roofs = make_roofs(
        ("a", 35, 180, 50), ("a", 35, 0, 50), ("a", 30, 135, 40), ("b", 35, 180, 3), ("c", 40, np.nan, 60)
    )
    roofs = photovoltaic(usable(irradiation(roofs, weather)), weather)
    out = to_buildings(stock, roofs)
    assert out.loc["a", "pv_potential_kwp"] == pytest.approx((50 + 40) * 0.625 * 0.21)
    assert out.loc["a", "pv_yield_kwh_a"] == pytest.approx(roofs["pv_yield_kwh_a"].iloc[[0, 2]].sum())
    assert out.loc["b", ["pv_potential_kwp", "pv_yield_kwh_a"]].tolist() == [0, 0]
    assert out.loc["c", ["pv_potential_kwp", "pv_yield_kwh_a"]].isna().all()


def test_a_building_without_any_plane_is_unknown(weather, stock, make_roofs):
    roofs = photovoltaic(usable(irradiation(make_roofs(("a", 35, 180, 50)), weather)), weather)
    assert to_buildings(stock, roofs)["pv_potential_kwp"].isna().tolist() == [False, True, True]
    assert to_buildings(stock, roofs.iloc[:0])["pv_yield_kwh_a"].isna().all()


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_totals_are_conserved(weather, rows):
    rng = np.random.default_rng(rows)
    buildings = random_table(BUILDINGS, rows, rng)
    roofs = random_table(ROOFS, 3 * rows, rng)
    owners = rng.choice(buildings.index, 3 * rows) if rows else []
    owned = roofs.assign(building_id=np.asarray(owners, dtype=object)).astype({"building_id": "str"})
    roofs = photovoltaic(usable(irradiation(owned, weather)), weather)
    out = to_buildings(buildings, roofs)
    assert out["pv_yield_kwh_a"].sum() == pytest.approx(roofs["pv_yield_kwh_a"].sum())
    assert out["pv_potential_kwp"].sum() == pytest.approx(roofs["pv_kwp"].sum())


def test_notes_say_what_is_missing():
    assert "ohne Verschattung" in solar.NOTE_DE
    assert "without shading" in solar.NOTE_EN
    for column in (solar.IRRADIATION, solar.PV_YIELD, solar.PV_KWP, solar.PV_POTENTIAL, solar.USABLE_AREA):
        assert column.palette == "YlGnBu"
        assert column.label_de != column.label_en
