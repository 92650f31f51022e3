from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from klimastep import config
from klimastep.contract import Column
from klimastep.heat import carbon, cost, expected, potential
from klimastep.heat.archetypes import archetypes, touched
from klimastep.heat.cost import default_index, price_year, type_costs
from klimastep.weather import HeatingSeason
from klimastep.zones import aggregate, conserve

YEARS = [{"year_built": y} for y in (1850, 1900, 1930, 1950, 1962, 1975, 1981, 1990, 1998, 2005, 2012, 2020)]
EUROS = ("retrofit_cost_eur", "retrofit_extra_cost_eur")


def whole(table: Any, season: HeatingSeason, target: Any = "usual", **options: Any) -> Any:
    """Return the table with savings, gases and cost."""
    return cost(carbon(potential(expected(table, season), season, target_state=target)), target_state=target, **options)


def test_advanced_costs_and_saves_more_than_usual(houses: Any, potsdam: HeatingSeason) -> None:
    usual, advanced = (whole(houses(*YEARS), potsdam, t) for t in ("usual", "advanced"))
    for name in (*EUROS, "heat_saving_kwh_a", "demand_saving_kwh_a", "final_saving_kwh_a", "co2_saving_kg_a"):
        assert (usual[name] <= advanced[name] + 1e-9).all(), name
    assert (usual["retrofit_extra_cost_eur"] <= usual["retrofit_cost_eur"]).all()


def test_what_needs_nothing_costs_nothing_and_saves_nothing(houses: Any, potsdam: HeatingSeason) -> None:
    table = whole(houses({"year_built": 2020}, {"is_heated": False}, {"year_built": None}), potsdam)
    assert table["retrofit_cost_eur"].tolist()[:2] == [0.0, 0.0]
    assert table["heat_saving_kwh_a"].tolist()[:2] == [0.0, 0.0]
    assert table[["saving_kwh_per_eur", "co2_saving_kg_per_eur"]].isna().all(axis=None)
    assert table[["retrofit_cost_eur", "co2_kg_a"]].iloc[2].isna().all()


@pytest.mark.parametrize("state", ["usual", "advanced", "monument"])
def test_only_what_is_touched_costs(state: Any) -> None:
    for refurbished in ("none", "national"):
        hit, price = touched(state, refurbished), type_costs(state, refurbished)
        assert ((hit.share >= 0) & (hit.share <= 1 + 1e-12) & (hit.layer <= hit.share + 1e-12)).all()
        assert ((price.full > 0) == (hit.share > 0)).all()
        assert (price.anyway <= price.full + 1e-12).all()
        before, after = archetypes("existing", refurbished), archetypes(state, refurbished)
        worse = after.u_w_m2k > before.u_w_m2k + 1e-12
        assert not worse.any()
        assert ((before.u_w_m2k - after.u_w_m2k > 1e-12) <= (hit.share > 0)).all()


def test_a_monument_stays_within_its_package(houses: Any, potsdam: HeatingSeason) -> None:
    statuses = [{"heritage": h} for h in ("none_known", "single", "group", "ensemble", "unknown")]
    usual, advanced = (whole(houses(*statuses, year_built=1900), potsdam, t) for t in ("usual", "advanced"))
    assert usual["retrofit_limit"].tolist() == ["none", "monument", "monument", "monument", "unknown"]
    protected = usual["retrofit_limit"] == "monument"
    for name in (*EUROS, "heat_saving_kwh_a", "co2_after_kg_a"):
        np.testing.assert_allclose(usual.loc[protected, name], advanced.loc[protected, name], rtol=1e-12)
        assert usual.loc[protected, name].nunique() == 1
    assert advanced["heat_saving_kwh_a"].iloc[4] == advanced["heat_saving_kwh_a"].iloc[0]


def test_components_sum_to_the_full_cost(houses: Any, potsdam: HeatingSeason) -> None:
    rows = ({}, {"use_class": "office"}, {"heritage": "single"}, {"is_heated": False}, {"floor_area_m2": np.nan})
    table = whole(houses(*rows), potsdam)
    parts = table[[f"retrofit_cost_{name}_eur" for name in ("roof", "wall", "floor", "window")]]
    np.testing.assert_allclose(parts.sum(axis=1, skipna=False), table["retrofit_cost_eur"], rtol=1e-12)
    assert (parts.iloc[:3] > 0).to_numpy().all()
    assert (parts.iloc[3] == 0).all()
    assert parts.iloc[4].isna().all()


def test_index_scales_euros_and_nothing_else(houses: Any, potsdam: HeatingSeason) -> None:
    plain, dear = (whole(houses(), potsdam, cost_index=i).iloc[0] for i in (1.0, 2.0))
    assert dear["retrofit_cost_eur"] == pytest.approx(2 * plain["retrofit_cost_eur"])
    assert dear["saving_kwh_per_eur"] == pytest.approx(plain["saving_kwh_per_eur"] / 2)
    assert dear["heat_saving_kwh_a"] == plain["heat_saving_kwh_a"]
    known = whole(houses(), potsdam).iloc[0]
    assert known["retrofit_cost_eur"] == pytest.approx(default_index() * plain["retrofit_cost_eur"])
    assert price_year() == 2009


def test_gases_follow_carrier_and_the_plan(houses: Any, potsdam: HeatingSeason) -> None:
    table = potential(
        expected(houses({}, {"carrier": "district_heat"}, {"carrier": None}, {"carrier": "wood"}), potsdam), potsdam
    )
    out = carbon(table, default_carrier="oil")
    per_kwh = out["co2_kg_a"] / table["expected_final_kwh_a"]
    assert per_kwh.round(9).tolist() == [0.24, 0.18, 0.31, 0.02]
    own = carbon(table, default_carrier="oil", co2_g_kwh={"district_heat": 95.0})
    assert own["co2_kg_a"].iloc[1] == pytest.approx(0.095 * table["expected_final_kwh_a"].iloc[1])
    np.testing.assert_allclose(out["co2_kg_a"] - out["co2_saving_kg_a"], out["co2_after_kg_a"])


def test_other_uses_cost_by_their_own_envelope(houses: Any, potsdam: HeatingSeason) -> None:
    uses = [{"use_class": "office", "year_built": y} for y in (1960, 2020)]
    table = whole(houses(*uses, {"use_class": "office", "heritage": "single"}), potsdam, cost_index=1.0)
    old, new, protected = table["retrofit_cost_eur"]
    assert 0 == new < old
    assert protected != old
    large = whole(houses({"use_class": "office", "year_built": 1960, "wall_area_m2": 360.0}), potsdam, cost_index=1.0)
    assert large["retrofit_cost_eur"].iloc[0] > 1.2 * old


def test_areas_divide_sums_by_sums(houses: Any, potsdam: HeatingSeason) -> None:
    table = whole(houses(*YEARS), potsdam).assign(block_id=["a", "b", "b", "b"] * 3)
    columns = [c for s in (potential, carbon, cost) for c in s.adds]
    ids = table["block_id"].drop_duplicates().rename("block_id")
    areas = aggregate(table, columns, "block_id", ids.set_axis(ids).index.rename("block_id"))
    assert max(conserve(table, areas, columns, "block_id").values()) < 1e-12
    paid = table[table["retrofit_cost_eur"] > 0].groupby("block_id")[["heat_saving_kwh_a", "retrofit_cost_eur"]].sum()
    ratio = paid["heat_saving_kwh_a"] / paid["retrofit_cost_eur"]
    np.testing.assert_allclose(areas["saving_kwh_per_eur"], ratio[areas.index])
    assert Column("x_share", "float64", "1", "a", "a", aggregate="mean").weight == "floor_area_m2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("co2_g_kwh", {"steam": 1.0}),
        ("nonresidential_use", {"office": {"colour": 1.0}}),
        ("mixed_use", "residential"),
        ("nonresidential", "envelope"),
        ("cost_index", 0.0),
    ],
)
def test_plans_that_make_no_sense_are_refused(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=key):
        config.Heat(**{key: value})
