"""Blocks, districts and context polygons from GeoPackage, shapefile and GeoJSON."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
X, Y = 513_000, 5_416_000


def boxes(count, size=100):
    return [shapely.box(X + size * i, Y, X + size * (i + 1), Y + size) for i in range(count)]


def write(folder, frame, name="areas.gpkg", **options):
    path = folder / name
    frame.to_file(path, **options)
    return path


def blocks(ids, shapes=None, crs=CRS):
    return gpd.GeoDataFrame(
        {"nr": ids, "teil": [f"S{i}" for i in range(len(ids))]}, geometry=shapes or boxes(len(ids)), crs=crs
    )


@pytest.mark.parametrize("name", ["areas.gpkg", "areas.shp", "areas.geojson"])
def test_blocks_keep_id_and_gain_area(tmp_path, name):
    path = write(tmp_path, blocks([17, 18]), name)
    reading = sources.read("areas", path, crs=CRS, table="blocks", id="nr", id_width=6, columns={"district_id": "teil"})
    frame = reading.tables["blocks"]
    assert list(frame.index) == ["000017", "000018"]
    assert list(frame["district_id"]) == ["S0", "S1"]
    assert frame["area_m2"].to_numpy() == pytest.approx(10_000, rel=1e-6)
    assert reading.closes


def test_rows_without_id_or_geometry_and_repeated_ones_are_reported(tmp_path):
    shapes = boxes(5)
    shapes[3], shapes[4] = None, shapes[0]
    path = write(tmp_path, blocks(["a", None, "c", "d", "a"], shapes).assign(teil="S"))
    reading = sources.read("areas", path, crs=CRS, table="blocks", id="nr", columns={"district_id": "teil"})
    assert list(reading.tables["blocks"].index) == ["a", "c"]
    assert {f.kind: f.count for f in reading.findings} == {"no_geometry": 1, "no_id": 1, "repeated_row": 1}


def test_one_id_on_two_polygons_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"areas\.gpkg: 1 ids stand on rows that differ: a"):
        sources.read("areas", write(tmp_path, blocks(["a", "b", "a"])), crs=CRS, table="blocks", id="nr")


def test_self_intersection_is_mended_and_reported(tmp_path):
    bow = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    path = write(tmp_path, blocks(["a"], [bow]))
    reading = sources.read("areas", path, crs=CRS, table="blocks", id="nr")
    assert reading.tables["blocks"].is_valid.all()
    assert [f.kind for f in reading.findings] == ["repaired"]


def test_context_polygons_may_go_without_id(tmp_path):
    path = write(tmp_path, blocks(["a", "b"]))
    frame = sources.read("areas", path, crs=CRS, table="water").tables["water"]
    assert list(frame.index) == ["water-00001", "water-00002"]


def test_unknown_columns_are_named(tmp_path):
    path = write(tmp_path, blocks(["a"]))
    with pytest.raises(PlanError, match="blocks has no column 'nam'; did you mean 'name'"):
        sources.read("areas", path, crs=CRS, table="blocks", id="nr", columns={"nam": "teil"})
    with pytest.raises(InputError, match="no column tei.*did you mean 'teil'"):
        sources.read("areas", path, crs=CRS, table="blocks", id="nr", columns={"name": "tei"})


def test_negative_residents_name_feature_and_id(tmp_path):
    path = write(tmp_path, blocks(["a", "b"]).assign(ew=[5, -3]))
    with pytest.raises(InputError, match="feature 1, id b: residents = -3"):
        sources.read("areas", path, crs=CRS, table="districts", id="nr", columns={"residents": "ew"})


@pytest.mark.testdata
def test_mierendorff_blocks(testdata):
    path = testdata / "mierendorff" / "00_block_shape.shp"
    frame = sources.read("areas", path, crs="EPSG:25833", table="blocks", id="blknr", id_width=6).tables["blocks"]
    assert len(frame) == 45
    assert frame.index.str.fullmatch(r"0\d{5}").all()
    assert "019017" in frame.index


@pytest.mark.testdata
def test_ludwigsburg_boundary_and_municipalities(testdata):
    path = testdata / "ludwigsburg" / "ludwigsburg_base.gpkg"
    named = {"id": "AGS", "columns": {"name": "GEN"}}
    town = sources.read("areas", path, crs=CRS, table="boundary", layer="boundary_vg250", **named)
    assert town.tables["boundary"].area.sum() / 1e6 == pytest.approx(44.29, abs=0.01)
    county = sources.read("areas", path, crs=CRS, table="districts", layer="landkreis_municipalities_vg5000", **named)
    frame = county.tables["districts"]
    assert (len(frame), frame.loc["08118048", "name"]) == (39, "Ludwigsburg")
    assert frame.loc["08118048", "area_m2"] / 1e6 == pytest.approx(43.90, abs=0.01)
    with pytest.raises(InputError, match="several layers"):
        sources.read("areas", path, crs=CRS, table="districts", **named)
