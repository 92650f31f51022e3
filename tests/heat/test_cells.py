from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep import cadastre, heat
from klimastep.census import CENSUS_2011, carrier_counts
from klimastep.contract import check, conform, random_table
from klimastep.errors import PlanError
from klimastep.heat.cells import NOTHING_KNOWN
from klimastep.heat.demand import demand
from klimastep.tables import BUILDINGS, CELLS
from klimastep.weather import HeatingSeason

SHARES = cadastre.census_class_shares()
POTSDAM = HeatingSeason(216.0, 4.6, 368.0, 260.0, 394.0, 222.0, 123.0)
ONLY_1958_1968 = SHARES * 0.0 + np.eye(12)[4]  # every band is class E


def grid(*rows: dict[str, float]) -> gpd.GeoDataFrame:
    """Return hectare cells with the given counts; what is not given is unknown."""
    frame = pd.DataFrame(list(rows), index=[f"c{i}" for i in range(len(rows))])
    frame = frame.reindex(columns=[c.name for c in CELLS.columns]).astype("float64")
    frame.index = pd.Index(frame.index, name="cell_id", dtype="str")
    x = np.arange(len(rows)) * 100.0
    return conform(gpd.GeoDataFrame(frame, geometry=shapely.box(x, 0, x + 100, 100), crs="EPSG:25832"), CELLS)


def run(table: gpd.GeoDataFrame, town: heat.Municipality = NOTHING_KNOWN, **options: Any) -> pd.DataFrame:
    return heat.cells(table, POTSDAM, class_shares=options.pop("class_shares", SHARES), town=town, **options)


def test_one_house_by_hand() -> None:
    """A detached house of one dwelling needs what its type needs per m², on 1.1 x 113.2 m²."""
    town = heat.Municipality(attached_share=0.0)
    out = run(grid({"buildings_1949_1978": 10, "dwellings_1949_1978": 10}), town, class_shares=ONLY_1958_1968)
    row = out.iloc[0]
    assert row["floor_area_m2"] == pytest.approx(10 * 113.2 * 1.1)
    types = one_house(row["floor_area_m2"] / 10)
    assert row["expected_heat_kwh_m2a"] == pytest.approx(types["expected_heat_kwh_m2a"], rel=1e-9)
    assert row["expected_final_kwh_a"] == pytest.approx(10 * types["expected_final_kwh_a"], rel=1e-9)
    assert row["heat_density_kwh_haa"] == pytest.approx(row["expected_heat_kwh_a"])  # a cell is a hectare
    assert row["dwellings_source"] == "measured"
    assert row["built_before_1979_share"] == 1.0


def one_house(area_m2: float) -> pd.Series:
    """Return a building table's row without any outer surface: the type's own geometry stands in."""
    known = {
        "use_class": "residential",
        "is_heated": True,
        "heritage": "none_known",
        "year_built": 1962,
        "floor_area_m2": area_m2,
        "party_wall_area_m2": 0.0,
        "footprint_m2": 0.0,
        "dwellings": 1.0,
    }
    blank = random_table(BUILDINGS, 1, np.random.default_rng(0))
    unknown = {"wall_area_m2": np.nan, "roof_area_m2": np.nan, "carrier": None}
    house = conform(gpd.GeoDataFrame(blank.assign(**known, **unknown), geometry=blank.geometry), BUILDINGS)
    return heat.expected(demand(house, POTSDAM), POTSDAM).iloc[0]


def test_missing_dwellings_come_from_the_municipality() -> None:
    town = heat.Municipality({"1949_1978": 100.0}, {"1949_1978": 350.0})
    out = run(grid({"buildings_1949_1978": 20}, {"dwellings_1919_1948": 7}, {}), town)
    assert out["dwellings"].tolist()[:2] == [70.0, 7.0]
    assert out["dwellings_source"].tolist()[:2] == ["estimated", "measured"]
    added = [c.name for c in heat.cells.adds]
    assert out.loc["c2", added].isna().all()  # nothing known is unknown, not zero


def test_without_totals_the_grid_says_dwellings_per_building() -> None:
    out = run(
        grid(
            {"buildings_1949_1978": 10, "dwellings_1949_1978": 40},
            {"buildings_1949_1978": 5},
            {"buildings_2001_2004": 3},
        )
    )
    assert out["dwellings"].tolist() == [40.0, 20.0, 12.0]  # a band without any dwellings takes the mean of all


def test_a_published_total_wins() -> None:
    out = run(grid({"dwellings_1949_1978": 30, "buildings_1949_1978": 10, "dwellings": 33}))
    assert out["dwellings"].item() == 33
    assert out["dwellings_source"].item() == "measured"
    bare = run(grid({"dwellings_1949_1978": 33, "buildings_1949_1978": 10}))
    assert out["expected_heat_kwh_a"].item() == pytest.approx(bare["expected_heat_kwh_a"].item())


def test_many_dwellings_per_building_are_flats() -> None:
    flats = run(grid({"buildings_1949_1978": 10, "dwellings_1949_1978": 200}))
    houses = run(grid({"buildings_1949_1978": 200, "dwellings_1949_1978": 200}))
    assert flats["floor_area_m2"].item() == pytest.approx(200 * 71.7 * 1.1)
    assert houses["floor_area_m2"].item() == pytest.approx(200 * 113.2 * 1.1)
    assert flats["expected_heat_kwh_m2a"].item() < houses["expected_heat_kwh_m2a"].item()


def test_totals_by_band_and_scale() -> None:
    town = heat.Municipality(dwellings=dict.fromkeys(CENSUS_2011.names, 0.0) | {"1949_1978": 80.0})
    table = grid({"buildings_1949_1978": 10, "dwellings_1949_1978": 40}, {"dwellings_1979_1986": 5})
    totals = heat.census_totals(table, POTSDAM, class_shares=SHARES, town=town)
    assert totals.loc["1949_1978", "scale"] == 2.0
    assert np.isnan(totals.loc["1919_1948", "scale"])
    out = run(table, town)
    for name in ("dwellings", "floor_area_m2", "expected_heat_kwh_a", "expected_final_kwh_a"):
        assert totals[name].sum() == pytest.approx(out[name].sum())


def test_newer_and_refurbished_need_less() -> None:
    rows = [{f"buildings_{b}": 10, f"dwellings_{b}": 10} for b in ("1949_1978", "2005_2008")]
    out = run(grid(*rows))
    assert out["expected_heat_kwh_m2a"].iloc[1] < out["expected_heat_kwh_m2a"].iloc[0]
    raw = run(grid(*rows), refurbished="none")
    assert (raw["expected_heat_kwh_m2a"] >= out["expected_heat_kwh_m2a"]).all()


def test_carriers_of_the_census_by_hand() -> None:
    """3 of 4 dwellings on gas and 1 on district heat: final energy is the mean of both; dwellings before buildings."""
    counts = {"buildings_1949_1978": 4, "dwellings_1949_1978": 4}
    mixed = run(grid(counts | {"dwellings_carrier_gas": 3, "dwellings_carrier_district_heat": 1,
                               "buildings_carrier_oil": 4})).iloc[0]  # fmt: skip
    gas, district = (run(grid(counts), default_carrier=c).iloc[0] for c in ("gas", "district_heat"))
    for name in ("expected_heat_kwh_a", "expected_final_kwh_a"):
        assert mixed[name] == pytest.approx(0.75 * gas[name] + 0.25 * district[name], rel=1e-12)
    finals = 0.75 * gas["expected_final_kwh_a"], 0.25 * district["expected_final_kwh_a"]
    assert mixed["co2_kg_a"] == pytest.approx(0.240 * finals[0] + 0.180 * finals[1], rel=1e-12)
    assert np.isnan(gas["co2_kg_a"])


def test_cells_without_carriers_take_those_of_the_municipality() -> None:
    counts = {"buildings_1949_1978": 4, "dwellings_1949_1978": 4}
    told = [{"buildings_carrier_oil": 10}, {"buildings_carrier_wood": 20, "buildings_carrier_biomass": 10}, {}]
    table = grid(*(counts | t for t in told))
    town = heat.Municipality(carriers={"oil": 10.0, "wood": 30.0})
    assert carrier_counts(table).sum()[["oil", "wood"]].to_dict() == town.carriers
    out = run(table, town, co2_g_kwh={"wood": 40.0})
    oil, wood = (out["co2_kg_a"].iloc[i] / out["expected_final_kwh_a"].iloc[i] for i in (0, 1))
    assert (oil, wood) == pytest.approx((0.310, 0.040))
    final = [run(grid(counts), default_carrier=c)["expected_final_kwh_a"].item() for c in ("oil", "wood")]
    assert out["expected_final_kwh_a"].iloc[2] == pytest.approx(0.25 * final[0] + 0.75 * final[1])
    assert heat.assumed_carrier_share(out) == pytest.approx(1 / 3)
    assert heat.assumed_carrier_share(run(grid(counts))) == 1.0
    alone = run(table, default_carrier="gas")
    assert alone["expected_final_kwh_a"].iloc[2] == run(grid(counts))["expected_final_kwh_a"].item()
    assert alone["co2_kg_a"].isna().tolist() == [False, False, True]


def test_unknown_carrier_is_named() -> None:
    with pytest.raises(PlanError, match="steam"):
        run(grid({"dwellings_1949_1978": 5}), default_carrier="steam")


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_contract(rows: int) -> None:
    table = random_table(CELLS, rows, np.random.default_rng(rows))
    before = table.copy(deep=True)
    out = run(table)
    pd.testing.assert_frame_equal(table, before)
    check(out, CELLS, heat.cells.adds)


@settings(max_examples=25, deadline=None)
@given(buildings=st.floats(3, 30), each=st.floats(1, 30), factor=st.floats(1.1, 5))
def test_twice_as_many_of_the_same_need_twice_as_much(buildings: float, each: float, factor: float) -> None:
    rows = [{"buildings_1949_1978": buildings * f, "dwellings_1949_1978": buildings * each * f} for f in (1.0, factor)]
    out = run(grid(*rows))["expected_heat_kwh_a"]
    assert out.iloc[1] == pytest.approx(factor * out.iloc[0])
