"""Factors learned from meters: by hand, against a dense reference, on made-up towns with known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep import heat
from klimastep.errors import InputError
from klimastep.heat.calibrated import faded
from klimastep.heat.calibration import Calibration, Prior, prior

KINDS = ("SFH", "MFH", "office")


def town(seed: int = 1, units: int = 60, years: int = 2, unit_spread: float = 0.2) -> pd.DataFrame:
    """Return units whose factors are known: 0.8 in common, SFH 0.9, MFH 1.1, office 1.5 of it."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(3, 0.4), units)
    truth = np.log(0.8) + shares @ np.log([0.9, 1.1, 1.5]) + rng.normal(0, unit_spread, units)
    rows = []
    for year in range(years):
        frame = pd.DataFrame(shares, columns=[f"kind:{k}" for k in KINDS])
        expected = 1e5 * (1 + rng.random(units))
        noise = rng.normal(0, 0.05, units)
        rows.append(
            frame.assign(
                unit_id=[f"block:{i:03d}" for i in range(units)],
                year=2020 + year,
                expected_kwh_a=expected,
                metered_kwh_a=expected * np.exp(truth + noise),
                truth=np.exp(truth),
            )
        )
    return pd.concat(rows, ignore_index=True)


def test_two_alike_units_share_their_mean_by_hand():
    """Common 0.5, unit 0.3, year 0.1, one year each: the best linear prediction written out."""
    start = Prior(0.5, 1e-9, 1e-9, 0.3, 0.1, 1e9)
    ratios = np.array([0.8, 1.0])
    units = pd.DataFrame({"unit_id": ["a", "b"], "expected_kwh_a": 1.0, "metered_kwh_a": ratios})
    learned = Calibration(start).fit(units)
    unit, year = learned.spread_["unit"], learned.spread_["year"]
    covariance = 0.25 + np.eye(2) * (unit**2 + year**2)
    common = 0.25 * np.ones(2) @ np.linalg.solve(covariance, np.log(ratios))
    assert learned.common_ == pytest.approx(common, rel=1e-6)
    own = unit**2 * np.linalg.solve(covariance, np.log(ratios))
    np.testing.assert_allclose(learned.unit_, own, rtol=1e-6)


def test_effects_are_those_of_the_dense_covariance():
    table, start = town(3, units=12), prior()
    learned = Calibration(start).fit(table)
    x = table[[f"kind:{k}" for k in learned.kind_.index]].to_numpy()
    member = pd.get_dummies(table["unit_id"], dtype="float64")
    spread, weight = learned.spread_, learned.weight_[member.columns].to_numpy()
    covariance = start.common**2 + spread["kind"] ** 2 * x @ x.T + np.eye(len(x)) * spread["year"] ** 2
    covariance += (member.to_numpy() * spread["unit"] ** 2 / weight) @ member.to_numpy().T
    pulled = np.linalg.solve(covariance, np.log(table["metered_kwh_a"] / table["expected_kwh_a"]))
    assert learned.common_ == pytest.approx(start.common**2 * pulled.sum(), abs=1e-8)
    np.testing.assert_allclose(learned.kind_, spread["kind"] ** 2 * x.T @ pulled, atol=1e-8)


def test_known_factors_are_found_again():
    table = town(5, units=400, years=3)
    learned = Calibration().fit(table)
    single = pd.DataFrame(np.eye(3), columns=[f"kind:{k}" for k in KINDS])
    np.testing.assert_allclose(learned.predict(single), 0.8 * np.array([0.9, 1.1, 1.5]), rtol=0.06)
    assert learned.spread_["unit"] == pytest.approx(0.2, rel=0.2)
    assert learned.spread_["year"] == pytest.approx(0.05, rel=0.2)


def test_held_back_units_lie_in_the_band_as_often_as_said():
    inside = []
    for seed in range(5):
        table = town(seed, units=80)
        hidden = table["unit_id"] >= "block:060"
        learned = Calibration().fit(table[~hidden])
        low, high = learned.band(table[hidden])
        ratio = table.loc[hidden, "metered_kwh_a"] / table.loc[hidden, "expected_kwh_a"]
        inside.append(((ratio >= low) & (ratio <= high)).mean())
    assert 0.7 < np.mean(inside) < 0.95


def test_meters_help_their_neighbours_and_themselves_more():
    table = town(7, units=40).assign(metered_kwh_a=lambda t: 0.6 * t["metered_kwh_a"])
    hidden = table["unit_id"] >= "block:030"
    learned = Calibration().fit(table[~hidden])

    def error(rows: pd.Series, factor: Any) -> float:
        metered = table.loc[rows, "metered_kwh_a"] / table.loc[rows, "expected_kwh_a"]
        return float(np.abs(np.log(metered / factor)).mean())

    assert error(hidden, learned.predict(table[hidden])) < 0.3 * error(hidden, 1.0)
    assert error(~hidden, learned.predict(table[~hidden])) < 0.3 * error(hidden, learned.predict(table[hidden]))
    assert learned.band(table[~hidden])[1].mean() < learned.band(table[hidden])[1].mean()


def test_one_broken_meter_does_not_pull_the_others():
    table = town(9, units=40)
    broken = table.assign(metered_kwh_a=table["metered_kwh_a"].where(table["unit_id"] != "block:005", 1.0))
    good, bad = Calibration().fit(table), Calibration().fit(broken)
    rest = table[table["unit_id"] != "block:005"].drop(columns="unit_id")
    np.testing.assert_allclose(bad.predict(rest), good.predict(rest), rtol=0.12)


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(24)))
def test_the_order_of_rows_does_not_matter(order):
    table = town(11, units=12)
    expected = Calibration().fit(table).predict(table)
    np.testing.assert_allclose(Calibration().fit(table.iloc[list(order)]).predict(table), expected, rtol=1e-5)


def test_right_meters_leave_all_as_it_is():
    table = town(13).assign(metered_kwh_a=lambda t: t["expected_kwh_a"])
    np.testing.assert_allclose(Calibration().fit(table).predict(table), 1.0, atol=1e-6)


def test_a_held_back_unit_is_never_seen():
    table = town(17, units=12).assign(left_out="")
    table.loc[table["unit_id"] == "block:011", "left_out"] = "confidential"
    own = table["unit_id"] == "block:003"
    changed = table.assign(metered_kwh_a=table["metered_kwh_a"].where(~own, 99.0))
    first, second = heat.held_back(table), heat.held_back(changed)
    assert set(first["unit_id"]) == set(table["unit_id"]) - {"block:011"}
    assert len(first) == 22
    told = ["predicted_kwh_a", "low_kwh_a", "high_kwh_a"]
    pd.testing.assert_frame_equal(first[first["unit_id"] == "block:003"][told], second[own.reindex(second.index)][told])
    rest = table[(table["left_out"] == "") & ~own]
    by_hand = heat.predicted(table[own], Calibration().fit(rest))
    pd.testing.assert_frame_equal(first[first["unit_id"] == "block:003"], by_hand)
    assert (first["low_kwh_a"] < first["predicted_kwh_a"]).all()
    assert (first["predicted_kwh_a"] < first["high_kwh_a"]).all()
    halves = [heat.held_back(t, parts=2) for t in (table, changed)]
    same = [h["predicted_kwh_a"].sort_index() for h in halves]
    odd = table["unit_id"].isin([f"block:{i:03d}" for i in range(1, 11, 2)])
    pd.testing.assert_series_equal(*(s[odd.reindex(s.index)] for s in same))
    assert (same[0] != same[1])[~odd.reindex(same[0].index)].all()


def test_one_unit_teaches_nothing():
    table = town(units=1)
    with pytest.raises(InputError, match="at least two"):
        Calibration().fit(table)


def test_the_factor_fades_to_one():
    good = 60.0
    factor = np.array([0.7, 0.7, 0.7, 1.2, 0.8])
    before = np.array([160.0, 160.0, 160.0, 160.0, 50.0])
    after = np.array([160.0, 110.0, 40.0, good, 40.0])
    np.testing.assert_allclose(faded(factor, before, after), [0.7, 0.85, 1.0, 1.0, 0.8])


def stock(houses: Any) -> pd.DataFrame:
    """Return six houses in three blocks, with what the heat room adds before."""
    buildings = houses(*({"block_id": f"B{i // 2}", "meter_group_id": f"G{i % 3}"} for i in range(6)))
    size = pd.Categorical(["SFH"] * 3 + ["MFH"] * 3, categories=["SFH", "TH", "MFH", "AB"])
    return buildings.assign(
        size_class=size,
        space_heat_kwh_a=20e3,
        hot_water_kwh_a=2e3,
        expected_heat_kwh_a=[20e3, 20e3, 20e3, 40e3, 40e3, 40e3],
        heat_saving_kwh_a=10e3,
    )


def meters(level: str, *rows: tuple[str, float | None, str]) -> pd.DataFrame:
    """Return meters of district heat in 2020, as useful heat."""
    table = pd.DataFrame(rows, columns=["unit_id", "energy_kwh_a", "status"])
    return table.assign(level=level, year=2020, carrier="district_heat", energy_basis="useful", connections=np.nan)


def test_a_group_that_straddles_blocks_stays_a_group(houses):
    table = heat.metered_units(stock(houses), meters("group", ("G0", 50e3, "given"), ("G1", None, "confidential")))
    table = table.set_index("unit_id")
    assert table.loc["group:G0", "expected_kwh_a"] == 60e3  # one house of B0, one of B1
    assert table.loc["group:G0", "kind:MFH"] == pytest.approx(2 / 3)
    assert table.loc["group:G1", "left_out"] == "confidential"
    assert np.isnan(table.loc["group:G1", "metered_kwh_a"])


def test_what_cannot_be_compared_is_told_with_its_reason(houses):
    """B0 has one good year, B1 is confidential, B2 lacks district heat: two of three, and one is too few to learn."""
    district = meters("block", ("B0", 40e3, "given"), ("B1", None, "confidential"), ("B2", None, "unknown"))
    gas = district.assign(carrier="gas", energy_basis="hs", energy_kwh_a=[1.0, 1e3, 1e3], status="given")
    later = pd.concat([gas, district]).assign(year=2021)
    later.loc[later["unit_id"] == "B0", "status"] = "confidential"
    table = pd.concat([gas, district, later], ignore_index=True)
    (told,) = heat.left_out_finding(heat.metered_units(stock(houses), table))
    assert told.count == 2
    assert set(told.ids) == {"block:B1", "block:B2"}
    assert "1 confidential" in told.text_en
    assert "1 with unknown gas or district heat" in told.text_en
    assert "too few" in told.text_en
    assert told.severity == "warning"
    good = table[table["unit_id"] == "B0"]
    assert heat.left_out_finding(heat.metered_units(stock(houses), good)) == []
    connected = heat.left_out_finding(heat.metered_units(stock(houses), table, empty="not_connected"))
    assert [f.count for f in connected] == [1]


def test_degree_days_move_space_heat_only(houses):
    plain = heat.metered_units(stock(houses), meters("block", ("B0", 40e3, "given")))
    cold = heat.metered_units(stock(houses), meters("block", ("B0", 40e3, "given")), degree_days={2020: 1.1})
    assert plain["expected_kwh_a"].iloc[0] == 40e3
    assert cold["expected_kwh_a"].iloc[0] == pytest.approx(36e3 * 1.1 + 4e3)


def test_calibrated_heat_and_saving(houses):
    buildings = stock(houses)
    table = heat.metered_units(
        buildings, meters("block", *((f"B{i}", e, "given") for i, e in enumerate((30e3, 45e3, 60e3))))
    )
    assert not heat.enough(table)  # three blocks are too few to learn from
    out = heat.calibrated_saving(heat.calibrated(buildings, heat.learn(table)))
    factor = out["calibration_factor"]
    assert (factor < 1).all()
    np.testing.assert_allclose(out["calibrated_heat_kwh_a"], factor * out["expected_heat_kwh_a"])
    assert (out["calibrated_saving_kwh_a"] < out["heat_saving_kwh_a"]).all()  # factor fades: less is saved than by it
    assert (out["calibrated_saving_kwh_a"] < factor * out["heat_saving_kwh_a"]).any()
    assert (out["calibrated_saving_kwh_a"] >= 0).all()


def test_a_confidential_block_gets_what_an_unmetered_one_gets(houses):
    """Its meters teach nothing, not even its own buildings."""
    buildings = stock(houses).assign(size_class=pd.Categorical(["SFH"] * 6), expected_heat_kwh_a=20e3)
    table = pd.concat(
        [meters("block", ("B0", 30e3, "given"), ("B1", 1e3, "confidential")).assign(year=y) for y in (2020, 2021)]
    )
    more = pd.concat([table, meters("block", ("B9", 30e3, "given"))])
    units = heat.metered_units(buildings.assign(block_id=["B0", "B0", "B1", "B1", "B2", "B9"]), more)
    factor = heat.calibrated(buildings.assign(block_id=["B0", "B0", "B1", "B1", "B2", "B9"]), heat.learn(units))[
        "calibration_factor"
    ]
    assert factor.iloc[2] == factor.iloc[3] == factor.iloc[4]
    assert factor.iloc[0] != factor.iloc[2]


def test_unknown_heat_stays_unknown(houses):
    buildings = stock(houses)
    learned = heat.learn(heat.metered_units(buildings, meters("block", ("B0", 30e3, "given"), ("B1", 45e3, "given"))))
    buildings.loc[buildings.index[0], "expected_heat_kwh_a"] = np.nan
    buildings.loc[buildings.index[1], "expected_heat_kwh_a"] = 0.0
    out = heat.calibrated(buildings, learned)["calibrated_heat_kwh_a"]
    assert np.isnan(out.iloc[0])
    assert out.iloc[1] == 0.0
