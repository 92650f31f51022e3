"""LoD2 with a row a surface: the ground is the building, walls and roofs are set aside."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError

CRS = "EPSG:25833"
GROUND = shapely.box(500_000, 5_666_000, 500_010, 5_666_010)
ANNEX = shapely.box(500_010, 5_666_000, 500_014, 5_666_010)
WALL = shapely.Polygon([(500_000, 5_666_000, 100), (500_010, 5_666_000, 100), (500_010, 5_666_000, 108)])


def _rows(**changes):
    rows = {
        "ID": ["A", "A", "A", "P", "P", "W"],
        "Obj_Parent": [None, None, None, "A", "A", None],
        "Geometr_3D": ["Roof", "Wall", "Ground", "Ground", "Wall", "Wall"],
        "Funktion": ["31001_1000"] * 3 + [None] * 3,
        "H_Objekt": [9.5, 9.5, 9.5, 3.0, 3.0, 4.0],
        "H_Traufe": [108.0] * 3 + [103.0] * 3,
        "H_Boden": [100.0] * 6,
        "Dachtyp": [3100] * 3 + [9999] * 3,
        "Stockwerke": [3] * 6,
        "path": ["C:/Users/someone/x.shp"] * 6,
    }
    shapes = [GROUND, WALL, GROUND, ANNEX, WALL, WALL]
    return gpd.GeoDataFrame(rows | changes, geometry=shapes, crs=CRS)


@pytest.fixture
def read(tmp_path):
    def _read(frame, name="lod2.geojson"):
        frame.to_file(tmp_path / name)
        return sources.read("lod2_polygons", tmp_path / name, crs=CRS)

    return _read


@pytest.mark.parametrize("name", ["lod2.geojson", "lod2.gpkg"])
def test_the_ground_is_the_building(read, name):
    reading = read(_rows(), name)
    out = reading.tables["buildings"]
    assert out.index.tolist() == ["A", "P"]
    assert out.area.tolist() == pytest.approx([100, 40])
    assert out["function_code"].tolist() == ["31001_1000"] * 2
    assert out["height_m"].tolist() == [9.5, 3.0]
    assert out["eaves_height_m"].tolist() == [8.0, 3.0]
    assert out["roof_type"].fillna("").tolist() == ["3100", ""]
    assert out["parent_id"].fillna("").tolist() == ["", "A"]
    assert "storeys" not in out  # the height over three metres is no knowledge
    assert {f.kind: f.count for f in reading.findings} == {
        "other_surface": 1, "vertical_surface": 2, "no_ground": 1, "function_of_parent": 1,
    }  # fmt: skip


def test_tiles_in_a_folder_keep_a_building_once(tmp_path):
    for tile in ("a", "b"):
        _rows().to_file(tmp_path / f"{tile}.gpkg")
    reading = sources.read("lod2_polygons", tmp_path, crs=CRS)
    assert (reading.rows_in, reading.rows_out) == (12, 2)
    assert {f.kind: f.count for f in reading.findings}["duplicate_building"] == 2


def test_what_cannot_be(read, tmp_path):
    with pytest.raises(InputError, match="no ground surface, Geometr_3D is roof, wall"):
        read(_rows(Geometr_3D=["Roof"] + ["Wall"] * 5))
    with pytest.raises(InputError, match="no column Geometr_3D"):
        read(_rows().drop(columns="Geometr_3D"))
    with pytest.raises(InputError, match="no cell is a number"):
        read(_rows(H_Objekt=["hoch"] * 6))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no vector file in the folder"):
        sources.read("lod2_polygons", tmp_path / "empty", crs=CRS)
