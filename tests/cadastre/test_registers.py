"""Registers on single buildings: by id, by address, by place; what cannot be placed is told."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep import cadastre
from klimastep.tables import BUILDINGS

CRS = "EPSG:25832"
ADDRESSES = ["Gasse 1", "Gasse 3", "Gasse 5, 7", "Gasse 2", None, "Gasse 1"]


@pytest.fixture
def houses():
    index = pd.Index(list("abcdef"), name="building_id", dtype="str")
    shapes = [shapely.box(40 * i, 0, 40 * i + 10, 10) for i in range(6)]
    data = {
        "address": pd.array(ADDRESSES, dtype="str"),
        "is_heated": [True] * 5 + [False],  # f is the shed of a
        "is_public": False,
        "carrier": BUILDINGS["carrier"].cast(["oil", *[None] * 5], index),
    }
    return gpd.GeoDataFrame(data, index=index, geometry=shapes, crs=CRS)


def _units(rows, columns):
    return pd.DataFrame(rows, columns=columns).rename_axis("unit")


def test_a_group_of_house_numbers_reaches_its_buildings(houses):
    meters = _units(
        [("Gasse 1-9", "group", None), ("0815", "group", "Gasse 2; Gasse 5"), ("k", "block", None),
         ("Holzweg 1", "address", None), ("e", "building", None)],
        ["unit_id", "level", "address"],
    )  # fmt: skip
    out, found = cadastre.meter_groups(houses, meters)
    assert out["meter_group_id"].tolist()[:5] == ["Gasse 1-9", "Gasse 1-9", "Gasse 1-9", "0815", "e"]
    assert pd.isna(out.loc["f", "meter_group_id"])  # the shed has no meter of its own
    assert {f.kind: f.ids for f in found} == {"no_building": ("Holzweg 1",), "in_several_groups": ("c",)}


def test_a_group_that_the_plan_names_is_kept(houses):
    named = houses.assign(meter_group_id=pd.array(["x", *[None] * 5], dtype="str"))
    out, found = cadastre.meter_groups(named, _units([("x", "group"), ("Gasse 1-3", "group")], ["unit_id", "level"]))
    assert out["meter_group_id"].tolist()[:2] == ["x", "Gasse 1-3"]
    assert not found


def test_the_carrier_that_makes_up_more_than_half(houses):
    heaters = _units(
        [("Gasse 1", "address", "gas", 20.0), ("Gasse 3", "address", "gas", 22.0), ("Gasse 3", "address", "wood", 8.0),
         ("Gasse 5", "address", "gas", 10.0), ("Gasse 5", "address", "oil", 10.0), ("Weg 9", "address", "oil", 9.0)],
        ["unit_id", "level", "carrier", "power_kw"],
    )  # fmt: skip
    out, found = cadastre.heated_by(houses, heaters)
    assert out["carrier"].astype("object").where(out["carrier"].notna(), None).tolist() == [
        "oil",  # what a source of higher rank says stays
        "gas",  # 22 of 30 kW
        None,  # half is not more than half
        *[None] * 3,
    ]
    assert out["carrier_source"].tolist()[1] == "survey"
    assert out["carrier_source"].isna().sum() == 5
    assert {f.kind: f.count for f in found} == {"no_building": 1, "no_main_carrier": 1, "carrier_by_register": 1}


def test_heaters_count_where_a_power_is_unknown(houses):
    rows = [
        ("b", "building", "gas", np.nan, 1.0),
        ("b", "building", "oil", 90.0, 3.0),
        ("c", "building", None, 9.0, 1.0),
    ]
    out, _ = cadastre.heated_by(houses, _units(rows, ["unit_id", "level", "carrier", "power_kw", "count"]))
    assert out.loc["b", "carrier"] == "oil"
    assert pd.isna(out.loc["c", "carrier"])  # an unknown carrier dominates nothing


def test_a_group_tells_its_buildings_only_where_all_are_alike(houses):
    columns = ["unit_id", "level", "carrier", "count"]
    mixed = [("Gasse 1-9", "group", "gas", 9.0), ("Gasse 1-9", "group", "oil", 1.0)]
    out, _ = cadastre.heated_by(houses, _units(mixed, columns))
    assert out["carrier"].notna().sum() == 1
    out, _ = cadastre.heated_by(houses, _units(mixed[:1], columns))
    assert out["carrier"].astype("object").tolist()[1:3] == ["gas", "gas"]
    assert out["carrier_source"].tolist()[1:3] == ["estimated", "estimated"]


def test_the_buildings_of_the_municipality(houses):
    listed = pd.DataFrame({"level": ["address", "building", "address"]}, index=["Gasse 5", "d", "Gasse 99"])
    out, found = cadastre.public_ones(houses, listed)
    assert out.index[out["is_public"]].tolist() == ["c", "d"]
    assert [(f.kind, f.ids) for f in found] == [("no_building", ("Gasse 99",))]
    assert not houses["is_public"].any()


def test_installed_modules_by_address_then_by_place(houses):
    units = pd.DataFrame(
        {
            "power_kwp": [10.0, 5.0, 700.0, 30.0, 8.0, np.nan],
            "siting": ["roof", "roof", "ground", None, "roof", "roof"],
            "address": ["Gasse 3, 71638 Ludwigsburg", "71638 Ludwigsburg", "Gasse 1", None, "Gasse 3", "Gasse 3"],
        },
        index=["u1", "u2", "u3", "u4", "u5", "u6"],
    )
    sites = gpd.GeoDataFrame(index=["u1", "u4"], geometry=gpd.points_from_xy([165, 125], [5, 22]), crs=CRS)
    out, found = cadastre.installed_pv(houses, units, sites)
    power = out["pv_installed_kwp"]
    assert power["b"] == 18  # two units at the address, which wins over the coordinates of u1
    assert power["d"] == 30  # 12 m off
    assert power.notna().sum() == 2  # unknown is not zero: u2 stands somewhere
    assert "3 of 4 roof units (48 of 53 kWp)" in found[0].text_en
    assert cadastre.PV_INSTALLED.aggregate == "sum"


def test_nothing_is_known_of_nobody(houses):
    empty = _units([], ["unit_id", "level", "carrier"])
    assert cadastre.meter_groups(houses, empty)[0]["meter_group_id"].isna().all()
    assert cadastre.heated_by(houses, empty)[0]["carrier"].notna().sum() == 1
