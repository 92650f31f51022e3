"""The file of corrections as people leave it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError
from klimastep.export.corrections import write_empty

CRS = "EPSG:25832"
BOX = shapely.box(513_000, 5_416_000, 513_010, 5_416_008)


def _file(path, shapes, crs=CRS, **columns):
    rows = {"table": "buildings", "id": "a", "column": "storeys", "value": "2", "who": "x", "why": "y"} | columns
    gpd.GeoDataFrame(rows, index=range(len(shapes)), geometry=shapes, crs=crs).to_file(path, layer="corrections")
    return sources.read("corrections", path, crs=CRS)


def test_an_empty_file_is_no_mistake(tmp_path):
    reading = sources.read("corrections", write_empty(tmp_path / "k.gpkg", CRS), crs=CRS)
    assert reading.rows_in == reading.rows_out == 0
    assert not reading.findings


def test_rows_with_and_without_outline_and_dates_of_any_form(tmp_path):
    whens = ["2026-05-04", "04.05.2026", "irgendwann", None]
    reading = _file(tmp_path / "k.gpkg", [BOX, None, shapely.Polygon(), BOX], when=whens, value=[" 2 ", "", None, "3"])
    frame = reading.tables["corrections"]
    assert frame.index.tolist() == [f"k.gpkg {n}" for n in (1, 2, 3, 4)]
    assert frame["when"].tolist()[:2] == ["2026-05-04"] * 2
    assert frame["when"].isna().tolist() == [False, False, True, True]
    assert frame["value"].tolist()[0] == "2"
    assert frame["value"].isna().tolist() == [False, True, True, False]
    assert frame["outline"].isna().tolist() == [False, True, True, False]
    assert shapely.from_wkt(frame["outline"].iloc[0]).equals(BOX)
    assert reading.closes


def test_another_crs_is_brought_to_that_of_the_run(tmp_path):
    degrees = gpd.GeoSeries([BOX], crs=CRS).to_crs(4326)
    frame = _file(tmp_path / "k.gpkg", list(degrees), crs=4326).tables["corrections"]
    assert shapely.from_wkt(frame["outline"].iloc[0]).hausdorff_distance(BOX) < 0.01


def test_outlines_that_cannot_be_are_reported_and_the_id_still_counts(tmp_path):
    bow = shapely.Polygon([(513_000, 5_416_000), (513_010, 5_416_008), (513_010, 5_416_000), (513_000, 5_416_008)])
    far = shapely.box(0, 0, 1, 1)
    star = np.linspace(0, 2 * np.pi * 997, 4000)
    tangled = shapely.Polygon(np.c_[513_000 + 50 * np.cos(star), 5_416_000 + 50 * np.sin(star * 1.01)])
    reading = _file(tmp_path / "k.gpkg", [BOX, bow, far, tangled])
    frame = reading.tables["corrections"]
    assert frame["outline"].isna().tolist() == [False, False, True, True]
    assert [(f.kind, f.count) for f in reading.findings if f.kind != "gdal_message"] == [("unusable_outline", 2)]


def test_missing_columns_layers_and_other_files(tmp_path):
    gpd.GeoDataFrame({"id": ["a"], "colum": ["x"], "value": ["1"]}, geometry=[BOX], crs=CRS).to_file(
        tmp_path / "k.gpkg", layer="corrections"
    )
    with pytest.raises(InputError, match=r"no column column.*did you mean 'colum'"):
        sources.read("corrections", tmp_path / "k.gpkg", crs=CRS)
    with pytest.raises(InputError, match="missing"):
        sources.read("corrections", tmp_path / "nichts.gpkg", crs=CRS)
    pd.DataFrame({"id": ["a"]}).to_csv(tmp_path / "k.csv")
    with pytest.raises(InputError, match="unknown kind of file"):
        sources.read("corrections", tmp_path / "k.csv", crs=CRS)
