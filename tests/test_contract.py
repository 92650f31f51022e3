"""The contract itself: declarations, checks, messages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from klimastep.contract import Catalogue, Category, Column, breaches_of, check, conform, random_table
from klimastep.errors import ContractError
from klimastep.tables import BUILDINGS, TABLES


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("rows", [0, 1, 200])
def test_random_tables_keep_the_contract(name, rows):
    table = TABLES[name]
    frame = random_table(table, rows, np.random.default_rng(rows))
    assert len(frame) == rows
    check(frame, table)
    check(conform(frame, table), table)


def test_catalogue_survives_json():
    catalogue = Catalogue(TABLES)
    assert Catalogue.from_json(catalogue.to_json()) == catalogue


def test_every_column_has_labels_in_both_languages_and_a_unit_that_fits_its_name():
    for table in TABLES.values():
        for column in table.columns:
            assert column.label_de, (table.name, column.name)
            assert column.label_en, (table.name, column.name)


def test_unit_must_fit_the_name():
    with pytest.raises(ValueError, match="the name says 'kWh/a'"):
        Column("heat_kwh_a", "float64", "MWh/a", "Wärme", "Heat")
    with pytest.raises(ValueError, match="categories"):
        Column("use", "str", "", "Nutzung", "Use", categories=(Category("a", "a", "a"),))


def _building(**changed):
    frame = random_table(BUILDINGS, 3, np.random.default_rng(1))
    return frame.assign(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"height_m": [-2.0, 3.0, 4.0]}, "buildings.height_m: expected >= 0 m, got -2: building_0"),
        ({"height_m": ["a", "b", "c"]}, "buildings.height_m: expected float64, got"),
        ({"height_m": [np.inf, 1.0, 1.0]}, "finite"),
        ({"footprint_m2": [np.nan, 1.0, 1.0]}, "1 values are unknown, expected none: building_0"),
        ({"year_built": pd.array([20255, 1950, 1950], dtype="Int16")}, "expected <= 2100, got 20255"),
        ({"geometry": gpd.GeoSeries([None, box(0, 0, 1, 1), box(0, 0, 1, 1)], crs="EPSG:25832")}, "missing or empty"),
        ({"geometry": [Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])] * 3}, "3 rows: invalid geometry"),
    ],
)
def test_messages_name_table_column_expected_got_and_id(changed, message):
    frame = random_table(BUILDINGS, 3, np.random.default_rng(1))
    if "geometry" in changed:
        geometry = gpd.GeoSeries(list(changed["geometry"]), index=frame.index, crs="EPSG:25832")
        frame = frame.set_geometry(geometry)
    else:
        frame = frame.assign(**changed)
    assert any(message in text for text in breaches_of(frame, BUILDINGS)), breaches_of(frame, BUILDINGS)


def test_crs_index_and_missing_column():
    degrees = _building().to_crs("EPSG:4326")
    assert any("projected CRS in metres" in t for t in breaches_of(degrees, BUILDINGS))
    twice = _building().set_axis(pd.Index(["a", "a", "b"], name="building_id"))
    assert any("must be unique" in t for t in breaches_of(twice, BUILDINGS))
    with pytest.raises(ContractError, match=r"height_m: expected the column, got none"):
        check(_building().drop(columns="height_m"), BUILDINGS)
    check(_building().drop(columns="height_m"), BUILDINGS, partial=True)
