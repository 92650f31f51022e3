"""Street segments: classes translated, lengths computed."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import PlanError

CRS = "EPSG:25832"
X, Y = 513_000, 5_416_000


@pytest.fixture
def path(tmp_path):
    lines = [shapely.LineString([(X, Y + i), (X + 30, Y + i), (X + 30, Y + i + 40)]) for i in range(4)]
    data = {
        "strassenname": ["Allee", "Allee", "Gasse", None],
        "klasse": ["Hauptstraße", "Weg", "Wohnstraße", "Trampelpfad"],
    }
    gpd.GeoDataFrame(data, geometry=lines, crs=CRS).to_file(tmp_path / "strassen.gpkg", layer="strassen")
    return tmp_path / "strassen.gpkg"


COLUMNS = {"name": "strassenname", "road_class": "klasse"}


def test_classes_and_lengths(path):
    reading = sources.read("streets", path, crs=CRS, columns=COLUMNS)
    frame = reading.tables["streets"]
    assert frame["length_m"].to_numpy() == pytest.approx(70)
    assert frame["road_class"].astype("str").tolist()[:3] == ["main", "path", "residential"]
    assert frame["road_class"].isna().tolist() == [False, False, False, True]
    assert frame["name"].isna().tolist() == [False, False, False, True]
    assert list(frame.index)[0] == "street-00001"
    assert [(f.kind, f.ids) for f in reading.findings] == [("unknown_value", ("Trampelpfad",))]


def test_foreign_classes_are_translated(path):
    frame = sources.read("streets", path, crs=CRS, columns=COLUMNS, classes={"Trampelpfad": "path"}).tables["streets"]
    assert frame["road_class"].notna().all()
    with pytest.raises(PlanError, match="road_class has no value 'pfad'"):
        sources.read("streets", path, crs=CRS, columns=COLUMNS, classes={"Trampelpfad": "pfad"})
