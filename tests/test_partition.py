"""Whole equals tiled, to the last bit; naive tiles without a halo do not."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep.cadastre import party_walls
from klimastep.contract import random_table
from klimastep.partition import apply_tiled, tiles
from klimastep.tables import BUILDINGS


def _town(rows=300, seed=1):
    return random_table(BUILDINGS, rows, np.random.default_rng(seed), spacing_m=12.0)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([15.0, 40.0, 77.0, 1000.0]), st.integers(0, 5))
def test_whole_equals_tiled(size_m, seed):
    town = _town(seed=seed)
    pd.testing.assert_frame_equal(apply_tiled(party_walls, town, size_m), party_walls(town), check_exact=True)


def test_without_halo_neighbours_get_lost():
    blind = dataclasses.replace(party_walls, halo_m=0.0)
    town = _town()
    wrong = apply_tiled(blind, town, 40.0)["party_wall_area_m2"] != party_walls(town)["party_wall_area_m2"]
    assert wrong.sum() > 10


def test_each_building_belongs_to_one_tile():
    town = _town()
    own = np.concatenate([mine for mine, _ in tiles(town, 50.0, 2.0)])
    assert sorted(own) == list(range(len(town)))


def test_the_tile_of_a_building_does_not_depend_on_the_chosen_area():
    town = _town()
    part = gpd.GeoDataFrame(town.iloc[50:200])
    whole = {i: frozenset(town.index[mine]) for mine, _ in tiles(town, 50.0, 0.0) for i in town.index[mine]}
    for mine, _ in tiles(part, 50.0, 0.0):
        members = frozenset(part.index[mine])
        assert all(members <= whole[i] for i in members)


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_and_a_lonely_building(rows):
    town = _town(rows)
    pd.testing.assert_frame_equal(apply_tiled(party_walls, town, 100.0), party_walls(town))
