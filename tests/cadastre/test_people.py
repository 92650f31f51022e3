"""Floor area by geometry and by people: by hand, invariants, and the way from the reader to the heat."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from klimastep.cadastre import by_people, spreads
from klimastep.cadastre.people import FLOOR_AREA_FACTOR, joined_ln, rules
from klimastep.contract import random_table
from klimastep.inputs import _joined
from klimastep.tables import BUILDINGS

CRS = "EPSG:25832"
FACTOR = FLOOR_AREA_FACTOR.name
PER_HEAD = 47.7 * 1.1
USUAL = spreads()


def stock(areas, blocks, **known):
    """Return dwellings of given floor areas in given blocks, 20 m apart, each with a footprint of 100 m²."""
    n = len(areas)
    frame = random_table(BUILDINGS, n, np.random.default_rng(0)).drop(columns="geometry")
    source = pd.Series(["estimated"] * n, index=frame.index)
    known = {
        "is_heated": True,
        "use_class": BUILDINGS["use_class"].cast(["residential"] * n, frame.index),
        "storeys_source": BUILDINGS["storeys_source"].cast(source, frame.index),
        "envelope_source": BUILDINGS["envelope_source"].cast(source, frame.index),
        "height_m": 12.0,
        "eaves_height_m": 10.0,
        "wall_area_m2": 300.0,
        "volume_m3": 1000.0,
        "window_area_m2": 50.0,
        "roof_area_m2": 110.0,
        "footprint_m2": 100.0,
    } | known
    frame = frame.assign(floor_area_m2=np.asarray(areas, float), block_id=pd.array(blocks, dtype="str"), **known)
    shapes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(n)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def blocks_of(**residents):
    index = pd.Index(list(residents), name="block_id", dtype="str")
    shapes = [box(1000 * i, -500, 1000 * i + 999, 500) for i in range(len(index))]
    return gpd.GeoDataFrame({"residents": list(residents.values())}, index=index, geometry=shapes, crs=CRS)


def joined(buildings, thought=USUAL, dwelling_share=None, fixed=None, **tables):
    share = np.ones(len(buildings)) if dwelling_share is None else np.asarray(dwelling_share)
    return by_people(buildings, tables, thought, share, fixed)


def factor_of(area, residents, **known):
    """Return the factor of a block with one building."""
    return joined(stock([area], ["a"], **known), blocks=blocks_of(a=residents)).buildings[FACTOR].iloc[0]


def test_by_hand():
    # geometry 8,000 m² (spread 0.25); 100 persons x 47.7 x 1.1 = 5,247 m²; 8,000 m² would hold 152.5 persons
    people = np.sqrt(0.20**2 + 0.15**2 + 0.77**2 / (8000 / PER_HEAD))
    weight = 0.25**2 / (0.25**2 + people**2)
    expected = (100 * PER_HEAD / 8000) ** weight
    out = joined(stock([6000, 2000], ["a", "a"]), blocks=blocks_of(a=100.0)).buildings
    assert 0.8 < expected < 0.83
    assert out[FACTOR].tolist() == pytest.approx([expected, expected], rel=1e-12)
    assert out["floor_area_m2"].tolist() == pytest.approx([6000 * expected, 2000 * expected], rel=1e-12)


def test_own_mean_of_the_municipality_weighs_more():
    buildings, blocks = stock([8000], ["a"]), blocks_of(a=100.0)
    people = np.sqrt(0.20**2 + 0.77**2 / (8000 / PER_HEAD))
    own = joined(buildings, spreads(47.7), blocks=blocks).buildings[FACTOR].iloc[0]
    assert own == pytest.approx((100 * PER_HEAD / 8000) ** (0.25**2 / (0.25**2 + people**2)), rel=1e-12)
    assert own < factor_of(8000, 100.0)
    wide = joined(buildings, spreads(None, 2.0, 0.05), blocks=blocks).buildings[FACTOR].iloc[0]
    assert wide == pytest.approx(1.0, abs=0.01)


def test_one_where_both_agree():
    assert factor_of(1000 * PER_HEAD, 1000.0) == pytest.approx(1.0, abs=1e-12)


def test_broken_geometry_follows_the_people_and_broken_people_are_left():
    many = 10_000.0  # so that the spread of single heads is nothing
    geometry, people, limit = 0.25**2, 0.20**2 + 0.15**2, 1.345
    low = factor_of(many * PER_HEAD * 17 / 47.7, many)
    assert low == pytest.approx(47.7 / 17 * np.exp(-limit * people / 0.25), rel=2e-3)
    high = factor_of(many * PER_HEAD * 223 / 47.7, many)
    assert high == pytest.approx(np.exp(-limit * geometry / np.sqrt(people)), rel=2e-3)
    assert 0.7 < high < 0.72


def test_the_factor_is_bounded():
    most = float(rules()["most_factor"])
    assert factor_of(100.0, 1e6) == pytest.approx(most)
    assert factor_of(1e8, 1.0) >= 1 / most


@settings(deadline=None, max_examples=30)
@given(
    area=st.floats(50, 1e6),
    residents=st.lists(st.floats(0.5, 1e4), min_size=2, max_size=8, unique=True).map(sorted),
    storeys=st.sampled_from(["estimated", "cadastre"]),
)
def test_more_inhabitants_never_mean_less_area(area, residents, storeys):
    names = [f"b{i}" for i in range(len(residents))]
    buildings = stock([area] * len(names), names)
    told = BUILDINGS["storeys_source"].cast([storeys] * len(names), buildings.index)
    blocks = blocks_of(**dict(zip(names, residents, strict=True)))
    factor = joined(buildings.assign(storeys_source=told), blocks=blocks).buildings[FACTOR].to_numpy()
    assert (np.diff(factor) >= -1e-12).all()
    people = np.array(residents) * PER_HEAD
    assert (factor[people < area] <= 1).all()
    assert (factor[people > area] >= 1).all()


@given(st.floats(-3, 3), st.floats(0.05, 1), st.floats(0.05, 1))
def test_between_geometry_and_people(difference, geometry, people):
    ln = float(joined_ln(np.array([difference]), np.array([geometry]), np.array([people]), 1.345)[0])
    assert min(0.0, difference) <= ln <= max(0.0, difference)
    assert ln >= -1.345 * geometry**2 / people - 1e-12


def test_given_storeys_weigh_more_than_estimated_ones():
    one = stock([8000], ["a"])
    source = BUILDINGS["storeys_source"].cast(["cadastre"], one.index)
    assert factor_of(8000, 100.0) < factor_of(8000, 100.0, storeys_source=source) < 1


def test_unknown_or_no_inhabitants_and_other_uses_stay():
    buildings = stock([8000, 8000, 8000, 8000, np.nan], ["a", "b", "c", "d", "d"])
    office = BUILDINGS["use_class"].cast(
        ["residential", "residential", "office", "residential", "residential"], buildings.index
    )
    buildings = buildings.assign(use_class=office)
    result = joined(buildings, blocks=blocks_of(a=np.nan, b=0.0, c=100.0, d=100.0))
    out = result.buildings
    assert out["floor_area_m2"].iloc[:3].tolist() == [8000.0] * 3
    assert out[FACTOR].iloc[:3].isna().all()
    assert np.isnan(out["floor_area_m2"].iloc[4])
    assert list(result.areas.index) == ["d"]
    assert 0 < out[FACTOR].iloc[3] < 1


def test_unseen_dwellings_take_their_share_of_the_people():
    whole = factor_of(8000, 100.0)
    part = stock([8000, np.nan], ["a", "a"], footprint_m2=[100.0, 300.0])
    result = joined(part, blocks=blocks_of(a=100.0))
    assert result.areas["known_share"].tolist() == [0.25]
    assert result.areas["people_m2"].iloc[0] == pytest.approx(100 * PER_HEAD * 0.5)
    people = np.sqrt(0.25**2 + 0.77**2 / (8000 / PER_HEAD) + np.log(0.25) ** 2 / 12)
    difference = np.log(0.5 * 100 * PER_HEAD / 8000)
    expected = max(difference * 0.25**2 / (0.25**2 + people**2), -1.345 * 0.25**2 / people)
    assert result.buildings[FACTOR].iloc[0] == pytest.approx(np.exp(expected), rel=1e-12)
    assert result.buildings[FACTOR].iloc[0] != pytest.approx(whole)


def test_sums_of_an_area_are_its_factor_times_before():
    rng = np.random.default_rng(3)
    buildings = stock(rng.uniform(100, 3000, 40), [f"b{i % 5}" for i in range(40)])
    result = joined(buildings, blocks=blocks_of(**{f"b{i}": 20.0 + 60 * i for i in range(5)}))
    after = result.buildings.groupby("block_id")["floor_area_m2"].sum()
    expected = result.areas["geometry_m2"] * result.areas["factor"]
    assert after.to_numpy() == pytest.approx(expected.loc[after.index].to_numpy(), rel=1e-12)
    assert result.buildings.groupby("block_id")[FACTOR].nunique().tolist() == [1] * 5


def test_of_mixed_use_the_shops_stay():
    buildings = stock([1000], ["a"])
    mixed = BUILDINGS["use_class"].cast(["mixed"], buildings.index)
    result = joined(buildings.assign(use_class=mixed), dwelling_share=[0.75], blocks=blocks_of(a=8.0))
    assert result.areas["geometry_m2"].tolist() == [750.0]
    factor = result.buildings[FACTOR].iloc[0]
    assert factor < 1
    assert result.buildings["floor_area_m2"].iloc[0] == pytest.approx(250 + 750 * factor)


def test_what_was_corrected_by_hand_stays_but_counts():
    buildings = stock([6000, 2000], ["a", "a"])
    result = joined(buildings, fixed=buildings.index[:1], blocks=blocks_of(a=100.0))
    assert result.buildings["floor_area_m2"].iloc[0] == 6000
    assert result.buildings["floor_area_m2"].iloc[1] == pytest.approx(2000 * result.areas["factor"].iloc[0])
    assert result.areas["geometry_m2"].tolist() == [8000.0]


def test_envelope_of_known_heights_stays_and_that_of_storeys_goes_along():
    nan = float("nan")
    buildings = stock([4000, 4000], ["a", "a"], height_m=[12.0, nan], eaves_height_m=[nan, nan])
    out = joined(buildings, blocks=blocks_of(a=80.0)).buildings
    factor = out[FACTOR].iloc[0]
    assert factor < 0.9
    for name, before in (("wall_area_m2", 300.0), ("volume_m3", 1000.0)):
        assert out[name].tolist() == pytest.approx([before, before * factor])
    assert out["window_area_m2"].tolist() == pytest.approx([50 * factor] * 2)
    assert (out["roof_area_m2"] == 110).all()
    assert (out["footprint_m2"] == 100).all()


def test_a_block_alone_is_the_same_as_in_the_town():
    rng = np.random.default_rng(4)
    buildings = stock(rng.uniform(100, 3000, 30), [f"b{i % 3}" for i in range(30)])
    blocks = blocks_of(b0=200.0, b1=90.0, b2=10.0)
    town = joined(buildings, blocks=blocks).buildings
    for block in blocks.index:
        own = buildings["block_id"] == block
        pd.testing.assert_frame_equal(joined(buildings[own], blocks=blocks).buildings, town[own])


def cells_of(residents):
    shapes = [box(100 * i, -50, 100 * i + 100, 50) for i in range(len(residents))]
    index = pd.Index([f"c{i}" for i in range(len(residents))], name="cell_id", dtype="str")
    return gpd.GeoDataFrame({"residents": residents}, index=index, geometry=shapes, crs=CRS)


def test_cells_stand_in_for_blocks_and_leave_out_those_of_the_neighbours():
    buildings = stock([1500] * 10, [None] * 10)  # five on each cell of 100 m
    cells = cells_of([100.0, 300.0])
    out = joined(buildings, cells=cells).buildings
    people = np.sqrt(0.25**2 + 0.77**2 / (7500 / PER_HEAD) + 0.30**2)
    weight = 0.25**2 / (0.25**2 + people**2)
    assert out[FACTOR].iloc[0] == pytest.approx((100 * PER_HEAD / 7500) ** weight, rel=1e-12)
    assert (out[FACTOR].iloc[5:] > 1).all()
    town = gpd.GeoDataFrame(geometry=[box(-10, -60, 150, 60)], crs=CRS)
    cut = joined(buildings, cells=cells, boundary=town).buildings
    assert cut[FACTOR].iloc[5:].isna().all()
    assert cut[FACTOR].iloc[0] == out[FACTOR].iloc[0]
    blocks = blocks_of(a=np.nan)  # a layer of blocks that knows no inhabitants says nothing
    pd.testing.assert_frame_equal(joined(buildings, cells=cells, blocks=blocks).buildings, out)


def test_nothing_known_changes_nothing():
    buildings = stock([1000], ["a"])
    result = joined(buildings, blocks=blocks_of(a=1.0).drop(columns="residents"))
    pd.testing.assert_frame_equal(result.buildings, buildings)
    assert result.areas.empty
    assert not result.findings


def test_the_reports_say_how_far_and_where_both_cannot_be_right():
    buildings = stock([30 * PER_HEAD, 300 * PER_HEAD], ["good", "odd"])
    note, warning = joined(buildings, blocks=blocks_of(good=30.0, odd=100.0)).findings
    assert (note.severity, warning.severity) == ("note", "warning")
    assert "2 blocks" in note.text_en
    assert warning.ids == ("odd",)
    assert "odd" in warning.text_de


def test_inhabitants_may_come_before_the_shapes():
    table, shapes = pd.DataFrame(blocks_of(a=5.0).drop(columns="geometry")), blocks_of(a=1.0, b=1.0)[["geometry"]]
    for first, second in ((table, shapes), (shapes, table)):
        out = _joined(first, second)
        assert isinstance(out, gpd.GeoDataFrame)
        assert out["residents"].tolist()[0] == 5
        assert out["residents"].isna().tolist() == [False, True]
