"""Networks and other features by the plan's column mapping."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
X, Y = 513_000, 5_416_000


@pytest.fixture
def path(tmp_path):
    lines = [shapely.LineString([(X, Y + i), (X + 30, Y + i)]) for i in range(3)]
    data = {"ltg": ["L1", "L2", "L3"], "dn": [100, 250, None], "bj": ["1985", None, "2004"]}
    gpd.GeoDataFrame(data, geometry=lines, crs=CRS).to_file(tmp_path / "netz.gpkg", layer="netz")
    return tmp_path / "netz.gpkg"


def test_lines(path):
    columns = {"diameter_mm": "dn", "year_built": "bj", "name": "ltg"}
    reading = sources.read("features", path, crs=CRS, table="network_lines", kind="heat_network", columns=columns)
    frame = reading.tables["network_lines"]
    assert frame.index.tolist() == ["heat_network-00001", "heat_network-00002", "heat_network-00003"]
    assert set(frame["kind"]) == {"heat_network"}
    assert frame["length_m"].tolist() == [30, 30, 30]
    assert frame["diameter_mm"].sum() == 350
    assert frame["year_built"].isna().tolist() == [False, True, False]


def test_two_networks_keep_their_ids_apart(path):
    ids = [
        sources.read("features", path, crs=CRS, table="network_lines", kind=kind, id="ltg")
        .tables["network_lines"]
        .index
        for kind in ("gas", "sewer")
    ]
    assert ids[0].tolist() == ["gas-L1", "gas-L2", "gas-L3"]
    assert not set(ids[0]) & set(ids[1])


def test_points_and_areas(tmp_path):
    spots = [shapely.Point(X, Y), shapely.Point(X + 5, Y)]
    gpd.GeoDataFrame({"kw": [500, 1200]}, geometry=spots, crs=CRS).to_file(tmp_path / "p.gpkg", layer="p")
    out = sources.read(
        "features", tmp_path / "p.gpkg", crs=CRS, table="points", kind="waste_heat", columns={"power_kw": "kw"}
    ).tables["points"]
    assert out["power_kw"].tolist() == [500, 1200]
    gpd.GeoDataFrame(geometry=[shapely.box(X, Y, X + 10, Y + 20)], crs=CRS).to_file(tmp_path / "a.gpkg", layer="a")
    areas = sources.read("features", tmp_path / "a.gpkg", crs=CRS, table="areas", kind="supply_area").tables["areas"]
    assert areas["area_m2"].tolist() == [200]


def test_what_cannot_be(path):
    with pytest.raises(PlanError, match="the option kind is missing"):
        sources.read("features", path, crs=CRS, table="points")
    with pytest.raises(PlanError, match="kind: ''"):
        sources.read("features", path, crs=CRS, table="points", kind="")
    with pytest.raises(PlanError, match="no column 'diameter'; did you mean 'diameter_mm'"):
        sources.read("features", path, crs=CRS, table="network_lines", kind="gas", columns={"diameter": "dn"})
    with pytest.raises(InputError, match="no usable row.*without any Point"):
        sources.read("features", path, crs=CRS, table="points", kind="gas")
