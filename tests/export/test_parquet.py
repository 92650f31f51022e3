"""GeoParquet: what is written is read back, typed as declared."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from klimastep.contract import Catalogue, random_table
from klimastep.errors import InputError
from klimastep.export import parquet
from klimastep.tables import TABLES


def test_everything_comes_back_as_it_was(town, tmp_path) -> None:
    parquet.write(town.tables, town.catalogue, tmp_path, town.about)
    back = parquet.read(tmp_path)
    assert set(back) == set(town.tables)
    for name, frame in town.tables.items():
        got = back[name].loc[frame.index]
        if isinstance(frame, gpd.GeoDataFrame):
            assert_geodataframe_equal(got[frame.columns], frame)
        else:
            assert_frame_equal(got, frame)


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("rows", [0, 1, 200])
def test_every_declared_table_keeps_its_types(name: str, rows: int, town, tmp_path) -> None:
    frame = random_table(TABLES[name], rows, np.random.default_rng(rows))
    parquet.write({name: frame}, Catalogue().adding(TABLES[name], ()), tmp_path, town.about)
    back = parquet.read(tmp_path)[name]
    assert back.index.name == frame.index.name
    assert back.index.dtype == frame.index.dtype
    assert back.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()
    assert_frame_equal(pd.DataFrame(back.loc[frame.index]), pd.DataFrame(frame), check_like=True)


def test_columns_carry_unit_and_label(town, tmp_path) -> None:
    parquet.write(town.tables, town.catalogue, tmp_path, town.about)
    schema = pq.read_schema(tmp_path / "tables" / "buildings.parquet")
    meaning = schema.field("expected_heat_kwh_a").metadata
    assert meaning[b"unit"].decode() == "kWh/a"
    assert meaning[b"label_de"].decode() == "Erwartete Wärme"
    assert json.loads(schema.metadata[b"klimastep"])["synthetic"] is True


def test_a_part_of_the_town_is_read_by_its_box(town, tmp_path) -> None:
    parquet.write(town.tables, town.catalogue, tmp_path, town.about)
    west, south, _, _ = town.tables["buildings"].total_bounds
    box = (west, south, west + 200, south + 200)
    part = gpd.read_parquet(tmp_path / "tables" / "buildings.parquet", bbox=box)
    assert set(part.index) == set(town.tables["buildings"].cx[box[0] : box[2], box[1] : box[3]].index)
    assert 0 < len(part) < len(town.tables["buildings"])


def test_neighbours_in_space_are_neighbours_in_the_file(town, tmp_path) -> None:
    shuffled = town.tables["buildings"].sample(frac=1, random_state=3)
    parquet.write({"buildings": shuffled}, town.catalogue, tmp_path, town.about)
    back = parquet.read(tmp_path)["buildings"]

    def steps(frame: gpd.GeoDataFrame) -> float:
        middle = frame.geometry.centroid
        return float(middle.distance(middle.shift()).mean())

    assert steps(back) < 0.3 * steps(shuffled)


def test_a_folder_without_a_run_says_what_to_do(tmp_path) -> None:
    with pytest.raises(InputError, match="finished run"):
        parquet.read(tmp_path)


@pytest.mark.parametrize("damaged", ["columns.json", "tables/zones.parquet"])
def test_a_damaged_file_is_named(town, tmp_path, damaged: str) -> None:
    parquet.write(town.tables, town.catalogue, tmp_path, town.about)
    (tmp_path / damaged).write_bytes(b"{ not any more")
    with pytest.raises(InputError, match=damaged.rpartition("/")[2]):
        parquet.read(tmp_path)
