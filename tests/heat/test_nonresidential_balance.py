from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heat.balances import year

from klimastep.heat import Method, Mixed, demand, expected, potential
from klimastep.heat.balance_seasonal import heat_losses
from klimastep.heat.nonresidential import BANDS, PARTS, functions, mean_buildings
from klimastep.heat.nonresidential_balance import conditions_of, envelope
from klimastep.heat.stock import Geometry, other_share
from klimastep.weather import HeatingSeason, months_of

CLIMATE = year()
METHODS = {
    "monthly": Method(months_of(CLIMATE), nonresidential="envelope"),
    "hourly": Method(CLIMATE, nonresidential="envelope"),
}
SUMS = ("space_heat_kwh_a", "hot_water_kwh_a", "heat_load_kw")
OFFICE = {"use_class": "office", "year_built": 1960}


def test_envelope_by_hand() -> None:
    row = functions().uses.index("office") * len(BANDS)
    mean = mean_buildings().iloc[row]
    nothing = Geometry(np.array([1750.907]), *(np.array([np.nan]) for _ in range(3)))
    areas = [mean[f"{p}_m2"] for p in PARTS]
    np.testing.assert_allclose(envelope(nothing, row).area_m2[0], areas, rtol=1e-9)
    own = Geometry(np.array([500.0]), np.array([200.0]), np.array([400.0]), np.array([220.0]))
    shell = envelope(own, row)
    glass = 400.0 * 412.046 / (705.809 + 412.046)
    assert shell.area_m2[0, PARTS.index("window")] == pytest.approx(glass)
    assert shell.area_m2[0].sum() == pytest.approx(400.0 + 220.0 + 200.0)
    np.testing.assert_allclose(shell.window_m2[0, 1:].sum(), glass)
    wall, lights = 400.0 - glass, 220.0 * 3.491 / (760.144 + 3.491)
    losses = wall * 1.294 + (220.0 - lights) * 0.438 + 0.5 * 200.0 * 1.065 + glass * 2.675 + lights * 1.531
    conditions, _ = conditions_of("office")
    h_tr, h_ve = heat_losses(shell, conditions)
    assert h_tr[0] == pytest.approx((losses + 0.1 * 820.0) / 500.0)
    air = 4.0 * 11 / 24 * 250 / 365 + conditions.air_infiltration_1_h * 3.0
    assert h_ve[0] == pytest.approx(0.34 * air)
    assert conditions.internal_gains_w_m2 == pytest.approx((30 + 7.1 * 6) / 24 * 250 / 365)


def test_hours_of_use_and_what_the_plan_changes() -> None:
    _, office = conditions_of("office")
    assert (office.setback_k, office.night_from_h, office.night_to_h) == (4.0, 18, 7)
    assert conditions_of("health")[1].setback_k == 0.0
    assert conditions_of("hotel")[1].night_share() == pytest.approx(13 / 24)
    assert conditions_of("office", {"office": {"set_point": 19.0}})[0].indoor_degc == 19.0
    assert conditions_of("retail", {"office": {"set_point": 19.0}})[0].indoor_degc == 21.0
    assert conditions_of("culture")[1].heat_recovery == 0.0
    assert conditions_of("culture", {"culture": {"heat_recovery": 0.7}})[1].heat_recovery == 0.7


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_own_envelope_counts(method: Method, houses: Any, potsdam: HeatingSeason) -> None:
    table = houses(
        OFFICE, OFFICE | {"wall_area_m2": 360.0}, OFFICE | {"year_built": 2020}, OFFICE | {"year_built": None}
    )
    space = demand(table, potsdam, method=method)["space_heat_kwh_a"]
    assert space.iloc[2] < space.iloc[0] < space.iloc[1]
    assert space.notna().all()  # without a year the mean building of all ages
    typology = demand(table, potsdam, method=method._replace(nonresidential="typology"))["space_heat_kwh_a"]
    assert typology.iloc[0] == typology.iloc[1]
    for change in ({"set_point": 18.0}, {"heat_recovery": 0.6}):
        less = method._replace(nonresidential_use={"office": change})
        assert (demand(table, potsdam, method=less)["space_heat_kwh_a"] < space).all()
    saved = potential(expected(table, potsdam, method=method), potsdam, method=method)["heat_saving_kwh_a"]
    assert ((saved >= 0) & (saved < space)).all()
    assert saved.iloc[0] > 5 * saved.iloc[2]


@pytest.mark.parametrize("method", [Method(), *METHODS.values()], ids=["seasonal", *METHODS])
def test_mixed_use_lies_between_its_parts(method: Method, houses: Any, potsdam: HeatingSeason) -> None:
    table = houses({"use_class": "mixed"}, {"use_class": "residential"}, {"use_class": "retail"}, storeys=4.0)

    def found(share: float | None) -> Any:
        return demand(table, potsdam, method=method, mixed=Mixed(share))

    none, quarter, all_of_it, ground = found(0.0), found(0.25), found(1.0), found(None)
    for name in SUMS:
        mixed, home, shop = quarter[name]
        assert none[name].iloc[0] == home
        assert all_of_it[name].iloc[0] == pytest.approx(shop, rel=1e-12)
        assert mixed == pytest.approx(0.75 * home + 0.25 * shop, rel=1e-12)
        assert ground[name].iloc[0] == mixed
    assert quarter["space_heat_kwh_a"].tolist()[1:] == none["space_heat_kwh_a"].tolist()[1:]


def test_share_by_storeys(houses: Any) -> None:
    storeys = [{"storeys": s} for s in (1.0, 2.0, 5.0, None)]
    assert other_share(houses(*storeys, use_class="mixed")).tolist() == [0.5, 0.5, 0.2, 0.25]
    assert other_share(houses(*storeys, use_class="residential")).tolist() == [0, 0, 0, 0]
    assert other_share(houses(use_class="mixed").drop(columns="storeys", errors="ignore")).tolist() == [0.25]


def test_mixed_use_of_expected_heat_and_its_unknowns(houses: Any, potsdam: HeatingSeason) -> None:
    table = houses(
        {"use_class": "mixed"}, {"use_class": "mixed", "year_built": None}, {"use_class": "mixed", "is_heated": False}
    )
    out = expected(table, potsdam, mixed=Mixed(0.5, "office"))
    parts = [expected(houses(use_class=u), potsdam).iloc[0] for u in ("residential", "office")]
    for name in ("expected_heat_kwh_a", "expected_final_kwh_a"):
        assert out[name].iloc[0] == pytest.approx(sum(p[name] for p in parts) / 2)
    assert np.isnan(out["expected_heat_kwh_a"].iloc[1])
    assert out["expected_heat_kwh_a"].iloc[2] == 0
