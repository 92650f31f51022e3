import json

import geopandas as gpd
import pytest
import shapely

from klimastep.contract import check
from klimastep.errors import InputError, PlanError
from klimastep.sources import heritage_list, read
from klimastep.tables import MONUMENTS

CRS = "EPSG:25832"
CSV = """id;bezeichnung;adresse;art;lon;lat
D1;Rathaus;Marktplatz 1;Einzeldenkmal;9,1920;48,8970
D2;Hofanlage;Dorfstraße 2;Sachgesamtheit;9,1930;48,8980
D3;Altstadt;;Gesamtanlage;9,1940;48,8990
D4;Brücke;;Einzeldenkmal;;
"""


@pytest.fixture
def monuments(tmp_path):
    def _read(content, name="denkmalliste.csv", encoding="utf-8-sig", **options):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        reading = heritage_list.read(path, crs=CRS, **options)
        check(reading.tables["monuments"], MONUMENTS, partial=True)
        assert reading.closes
        return reading

    return _read


def kinds(reading):
    return {f.kind: f for f in reading.findings}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252"])
def test_three_good_rows_and_one_without_place(monuments, encoding):
    reading = monuments(CSV, encoding=encoding)
    out = reading.tables["monuments"]
    assert list(out.index) == ["D1", "D2", "D3"]
    assert list(out["heritage"]) == ["single", "group", "ensemble"]
    assert out.loc["D2", "address"] == "Dorfstraße 2"
    assert (out.geometry.x.iloc[0], out.geometry.y.iloc[0]) == pytest.approx((514_080, 5_416_025), abs=20)
    assert kinds(reading)["no_coordinates"].ids == ("line 5",)


def test_decimal_point_and_comma_as_delimiter(monuments):
    text = CSV.replace(",", ".").replace(";", ",")
    assert monuments(text).rows_out == 3


def test_swapped_columns_are_put_right(monuments):
    text = CSV.replace(";lon;lat", ";lat;lon")
    reading = monuments(text)
    assert reading.tables["monuments"].geometry.y.min() > 5_400_000
    assert kinds(reading)["coordinates_swapped"].count == 3


def test_projected_coordinates_with_the_plans_column_names(monuments):
    text = "nr;was;ost;nord\nA;Tor;514072,0;5416024,0\n"
    columns = {"id": "nr", "name": "was", "x": "ost", "y": "nord"}
    out = monuments(text, columns=columns, source_crs=CRS).tables["monuments"]
    assert out.geometry.iloc[0] == shapely.Point(514_072, 5_416_024)
    assert list(out["heritage"]) == ["unknown"]


def test_json_list_with_pairs(monuments):
    entry = {"object_id": 1, "designation": "Tor", "type": "Kulturdenkmal", "street": "Am Wall", "housenumber": "3"}
    text = json.dumps(
        [{**entry, "coords": [48.897, 9.192]}, {**entry, "coords": [9.193, 48.898]}, {**entry, "coords": None}]
    )
    reading = monuments(text, "liste.json")
    out = reading.tables["monuments"]
    assert list(out.index) == ["1", "1_2"]
    assert list(out["address"]) == ["Am Wall 3"] * 2
    assert kinds(reading)["coordinates_swapped"].ids == ("row 0",)
    assert kinds(reading)["repeated_id"].count == 1


def test_areas_of_a_geopackage_become_points(tmp_path):
    shape = shapely.box(513_000, 5_416_000, 513_100, 5_416_100)
    data = gpd.GeoDataFrame({"id": ["E1"], "art": ["Ensemble"]}, geometry=[shape], crs=CRS)
    data.to_file(tmp_path / "denkmale.gpkg", driver="GPKG")
    reading = heritage_list.read(tmp_path / "denkmale.gpkg", crs=CRS)
    out = reading.tables["monuments"]
    assert shape.contains(out.geometry.iloc[0])
    assert list(out["heritage"]) == ["ensemble"]
    assert "areas_to_points" in kinds(reading)
    area = reading.tables["monument_areas"]
    assert area.geometry.iloc[0].equals(shape)
    assert list(area.index) == list(out.index)


def test_a_list_without_coordinates_is_read_by_address(tmp_path):
    path = tmp_path / "liste.csv"
    path.write_text("nummer;art;adresse;hausnummer\n1;Kulturdenkmal;Am Wall;3\n2;Kulturdenkmal;;\n", encoding="utf-8")
    reading = read("heritage_list", path, crs=CRS)
    out = reading.tables["monument_addresses"]
    assert list(out["address"]) == ["Am Wall 3"]
    assert list(out["heritage"]) == ["single"]
    assert kinds(reading)["no_address"].ids == ("2",)


def test_kinds_of_the_plan_and_unknown_ones(monuments):
    text = CSV.replace("Gesamtanlage", "Schutzzone")
    assert kinds(monuments(text))["unknown_kind"].ids == ("D3 (Schutzzone)",)
    out = monuments(text, kinds={"Schutzzone": "surroundings"}).tables["monuments"]
    assert out.loc["D3", "heritage"] == "surroundings"


def test_wrong_crs_and_wrong_options(monuments):
    with pytest.raises(InputError, match="wrong CRS"):
        monuments(CSV, source_crs=CRS)
    with pytest.raises(InputError, match=r"no coordinates among.*columns: \{x"):
        monuments("id;name\n1;Tor\n")
    with pytest.raises(InputError, match=r"no column art2.*did you mean 'art'"):
        monuments(CSV, columns={"heritage": "art2"})
    with pytest.raises(PlanError, match="did you mean 'address'"):
        monuments(CSV, columns={"adress": "adresse"})
    with pytest.raises(PlanError, match="did you mean 'single'"):
        monuments(CSV, kinds={"x": "singel"})


@pytest.mark.parametrize("text", ["[]", "{}", "[1]", "[{", '[{"lon": "x", "lat": "y"}]'])
def test_useless_json_is_refused(monuments, text):
    with pytest.raises(InputError):
        monuments(text, "liste.json")


@pytest.mark.testdata
def test_flensburg(testdata):
    reading = heritage_list.read(testdata / "heritage" / "stadt-flensburg-denkmalschutz.json", crs=CRS)
    out = reading.tables["monuments"]
    check(out, MONUMENTS, partial=True)
    assert (reading.rows_in, reading.rows_out) == (1030, 1030)
    assert out["heritage"].value_counts()[["single", "group"]].to_list() == [826, 204]
    west, south, east, north = out.total_bounds
    assert (west, south) > (525_000, 6_067_000)
    assert (east, north) < (532_000, 6_076_000)
    assert kinds(reading)["coordinates_swapped"].count == 1030


def test_house_numbers_that_only_the_name_tells(monuments):
    text = """id;bezeichnung;adresse;art;lon;lat
D1;Wohnzeile Schlossstraße 16-32;Schloßstr. 16;Sachgesamtheit;9,1920;48,8970
D2;Häuser Am Wall 2, 2a/Gasse 9;Am Wall 2;Sachgesamtheit;9,1921;48,8970
D3;Häuser Weg 3-9;Gasse 3;Sachgesamtheit;9,1922;48,8970
D4;Haus von 1890-1910;Gasse 4;Einzeldenkmal;9,1923;48,8970
D5;Rathaus;;Einzeldenkmal;9,1924;48,8970
"""
    reading = monuments(text)
    out = reading.tables["monuments"]["address"]
    assert out.tolist()[:4] == ["Schloßstr. 16-32", "Am Wall 2, 2a", "Gasse 3", "Gasse 4"]
    assert out.isna().tolist() == [False] * 4 + [True]
    assert kinds(reading)["several_house_numbers"].ids == ("D1", "D2")
