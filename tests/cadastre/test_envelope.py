"""Party walls and areas by hand; turning the town changes nothing."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

from klimastep.cadastre.age import P_AGE
from klimastep.cadastre.envelope import envelope, party_walls
from klimastep.contract import random_table
from klimastep.tables import BUILDINGS


def _row(shapes, **known):
    n = len(shapes)
    frame = random_table(BUILDINGS, n, np.random.default_rng(0))
    nan = dict.fromkeys(
        ["storeys", "height_m", "eaves_height_m", "wall_area_m2", "roof_area_m2", "volume_m3", "party_wall_area_m2"],
        float("nan"),
    )
    frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=list(shapes), crs="EPSG:25832")
    frame = frame.assign(**nan, is_heated=True, parent_id=pd.array([None] * n, dtype="str")).assign(**known)
    if "envelope_source" not in known:
        frame["envelope_source"] = BUILDINGS["envelope_source"].cast([None] * n, frame.index)
    return frame.assign(use_class=BUILDINGS["use_class"].cast(["residential"] * n, frame.index))


def test_terrace_by_hand():
    # three houses 6 m wide, 10 m deep; the middle one shares 10 m on both sides
    row = _row([box(i * 6, 0, i * 6 + 6, 10) for i in range(3)], eaves_height_m=[6.0, 6.0, 3.0], height_m=9.0)
    shared = party_walls(row)["party_wall_area_m2"]
    assert shared.tolist() == pytest.approx([60.0, 60.0 + 30.0, 30.0])


def test_gap_of_20_cm_is_attached_and_a_meter_is_not():
    row = _row([box(0, 0, 6, 10), box(6.2, 0, 12, 10), box(13, 0, 19, 10)], eaves_height_m=6.0, height_m=6.0)
    shared = party_walls(row)["party_wall_area_m2"]
    assert shared.iloc[0] == pytest.approx(60.0, rel=0.06)
    assert shared.iloc[2] == 0


def test_only_the_lower_wall_is_shared_and_the_rest_is_outside():
    # 9 m beside 5 m: 10 m x 5 m are shared, the 4 m above the neighbour's eaves stay outer wall of the higher house
    pair = _row([box(0, 0, 8, 10), box(8, 0, 16, 10)], eaves_height_m=[9.0, 5.0], height_m=[12.0, 8.0])
    pair = pair.assign(**party_walls(pair))
    out = envelope(pair)
    assert pair["party_wall_area_m2"].tolist() == pytest.approx([50.0, 50.0])
    assert out["wall_area_m2"].tolist() == pytest.approx([36 * 9 - 50, 36 * 5 - 50])


def test_attached_on_no_one_and_two_sides():
    row = [box(i * 6, 0, i * 6 + 6, 10) for i in range(3)] + [box(40, 0, 50, 10)]
    out = party_walls(_row(row, eaves_height_m=6.0, height_m=9.0))
    assert out["attachment"].tolist() == ["semi_detached", "terraced", "semi_detached", "detached"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"is_heated": [True, False]}, ["detached", "semi_detached"]),  # a garage attaches nothing
        ({"parent_id": ["h", "h"]}, ["detached", "detached"]),  # two parts of one house
        ({"eaves_height_m": [9.0, 4.0]}, ["detached", "semi_detached"]),  # less than half as high
        ({"eaves_height_m": [9.0, np.nan], "height_m": np.nan}, ["semi_detached", "semi_detached"]),
    ],
)
def test_what_attaches_a_house(known, expected):
    row = _row([box(0, 0, 8, 10), box(8, 0, 16, 10)], **({"eaves_height_m": 6.0, "height_m": 9.0} | known))
    assert party_walls(row)["attachment"].tolist() == expected


def test_a_corner_does_not_attach():
    row = _row([box(0, 0, 8, 10), box(8, 8, 16, 20)], eaves_height_m=6.0, height_m=9.0)
    assert party_walls(row)["attachment"].tolist() == ["detached", "detached"]


def test_surfaces_of_a_block_model_stay_estimated():
    house = _row([box(0, 0, 10, 10)], wall_area_m2=300.0, party_wall_area_m2=0.0)
    house["envelope_source"] = BUILDINGS["envelope_source"].cast(["estimated"], house.index)
    assert envelope(house)["envelope_source"].tolist() == ["estimated"]


@pytest.mark.parametrize(
    ("roof", "wall", "area"),
    [
        ("1000", 36 * 5, 80.0),
        ("3100", 36 * 5 + 8 * 3, 80 * 1.25),  # rise 3 m over 4 m: the slope is 5 : 4, two gables of 8 x 3 / 2
        ("3200", 36 * 5, 80 * 1.25),
        ("2100", 36 * 5 + 18 * 3, 80 * (73**0.5) / 8),  # high wall 10 x 3, two triangles of 8 x 3 / 2
        (None, 36 * 5, 80 * 1.15),
    ],
)
def test_walls_and_roof_by_roof_type(roof, wall, area):
    house = _row([shapely.affinity.rotate(box(0, 0, 10, 8), 20)], eaves_height_m=5.0, height_m=8.0)
    house = house.assign(party_wall_area_m2=0.0, roof_type=pd.array([roof], dtype="str"))
    out = envelope(house).iloc[0]
    assert out["wall_area_m2"] == pytest.approx(wall)
    assert out["roof_area_m2"] == pytest.approx(area)


def test_party_walls_do_not_depend_on_orientation():
    shapes = [box(0, 0, 10, 10), box(10, 0, 20, 6), box(20, 3, 26, 12), box(40, 0, 50, 9)]
    heights = {"eaves_height_m": [6.0, 9.0, 3.0, 5.0], "height_m": 12.0}
    straight = party_walls(_row(shapes, **heights))["party_wall_area_m2"]
    turned = party_walls(_row([shapely.affinity.rotate(s, 33, origin=(0, 0)) for s in shapes], **heights))[
        "party_wall_area_m2"
    ]
    assert turned.to_numpy() == pytest.approx(straight.to_numpy(), abs=0.2)


def test_areas_of_a_house_by_hand():
    house = _row([box(0, 0, 10, 10)], eaves_height_m=5.6, height_m=9.6, party_wall_area_m2=56.0)
    out = envelope(house).iloc[0]
    assert out["footprint_m2"] == 100
    assert out["storeys"] == 2  # 5.6 / 2.8
    assert out["storeys_source"] == "estimated"
    assert out["floor_area_m2"] == pytest.approx(0.85 * 100 * 2.4)  # attic rises 4 m
    assert out["wall_area_m2"] == pytest.approx(40 * 5.6 - 56)
    assert out["volume_m3"] == pytest.approx(100 * 7.6)


def test_ridge_height_alone_gives_no_storeys():
    out = envelope(_row([box(0, 0, 10, 10)], height_m=9.6, party_wall_area_m2=0.0)).iloc[0]
    assert np.isnan(out["storeys"])
    assert np.isnan(out["floor_area_m2"])
    assert pd.isna(out["storeys_source"])


def test_old_houses_have_high_storeys():
    houses = _row([box(i * 20, 0, i * 20 + 10, 10) for i in range(4)], eaves_height_m=17.3, height_m=17.3)
    houses = houses.assign(party_wall_area_m2=0.0, **{c.name: 0.0 for c in P_AGE})
    houses["p_age_b_share"] = [1.0, 0.0, 0.0, np.nan]
    houses["p_age_c_share"] = [0.0, 1.0, 0.0, np.nan]
    houses["p_age_e_share"] = [0.0, 0.0, 1.0, np.nan]
    out = envelope(houses)
    assert out["storeys"].tolist() == [5, 6, 6, 6]  # 17.3 m by 3.46, 3.08, 2.8 and, of unknown age, 2.8
    assert (out["storeys_source"] == "estimated").all()


def test_given_surfaces_and_storeys_win():
    house = _row(
        [box(0, 0, 10, 10)],
        storeys=3.0,
        wall_area_m2=300.0,
        roof_area_m2=120.0,
        volume_m3=900.0,
        party_wall_area_m2=40.0,
    )
    out = envelope(house).iloc[0]
    assert (out["storeys"], out["wall_area_m2"], out["roof_area_m2"], out["volume_m3"]) == (3, 260, 120, 900)
    assert out["envelope_source"] == "measured"
