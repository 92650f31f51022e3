"""Attribute tables: mapping, ids, bounds, geometry from text; the real Mierendorff tables."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"


def write(folder, text, encoding="utf-8", name="data.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(path, **options):
    return sources.read("table_file", path, crs=CRS, **{"table": "buildings", "id": "oid", **options})


YEAR = {"columns": {"year_built": "baujahr"}}


def test_years_with_their_source(tmp_path):
    reading = read(
        write(tmp_path, "oid;baujahr\nA;1905\nB;\nC;1978\n"), **YEAR, constants={"year_built_source": "survey"}
    )
    frame = reading.tables["buildings"]
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame["year_built"].tolist() == [1905, pd.NA, 1978]
    assert set(frame["year_built_source"]) == {"survey"}
    assert (frame.index.name, reading.rows_in, reading.rows_out) == ("building_id", 3, 3)


def test_ids_are_cut_filled_and_prefixed(tmp_path):
    path = write(tmp_path, "oid;teil;baujahr\nDEBW0010001abcde20200101T000000Z;;1900\n17;;1900\n;x7;1900\n")
    frame = read(path, **YEAR, id=["oid", "teil"], id_length=16, id_width=4, id_prefix="G").tables["buildings"]
    assert list(frame.index) == ["GDEBW0010001abcde", "G0017", "Gx7"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("oid;baujahr\nA;1900\nB;20255\n", YEAR, r"data\.csv: line 3, id B: year_built = 20255; .* from 800 to 2100"),
        ("oid;h\nA;-3\n", {"columns": {"height_m": "h"}}, "line 2, id A: height_m = -3 m; expected from 0 to 400"),
        ("oid;baujahr\nA;alt\n", YEAR, "line 2, column baujahr: 'alt' is no number"),
        ("oid;baujahr\nA;1900,5\n", YEAR, "year_built = 1900.5"),
        ("oid;jahr\nA;1900\n", YEAR, "no column baujahr, there are oid, jahr; did you mean 'jahr'"),
        ("oid;baujahr\nA;1900\nA;1950\n", YEAR, "1 ids stand on rows that differ: A"),
        ("nr;baujahr\nA;1900\n", YEAR, "no column oid"),
        ("oid;baujahr\n;1900\n", YEAR, "no usable row; 1 rows without id"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(tmp_path, text, options, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, text), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": "building"}, "unknown table 'building'; did you mean 'buildings'"),
        ({"columns": {"yearbuilt": "baujahr"}}, "buildings has no column 'yearbuilt'; did you mean 'year_built'"),
        ({"constants": {"year_built_source": "surveyed"}}, "has no value 'surveyed'; did you mean 'survey'"),
        ({"constants": {"height_m": "high"}}, "height_m: 'high' is no float64"),
        ({"wkt": "geometry"}, "needs source_crs"),
        ({"x": "x"}, "either wkt: or both"),
        ({"x": "x", "y": "y", "source_crs": CRS}, "need geometries of the kind Polygon"),
    ],
)
def test_bad_plans_are_named(tmp_path, options, message):
    with pytest.raises(PlanError, match=message):
        read(write(tmp_path, "oid;baujahr\nA;1900\n"), **options)


def test_what_the_plan_calls_unknown_is_unknown(tmp_path):
    path = write(tmp_path, "oid;baujahr;art\nA;9999;Wohnen\nB;1900;Stall\n")
    reading = read(
        path,
        columns={"year_built": "baujahr", "use_class": "art"},
        unknown={"year_built": [9999]},
        values={"use_class": {"Wohnen": "residential"}},
    )
    frame = reading.tables["buildings"]
    assert frame["year_built"].tolist() == [pd.NA, 1900]
    assert frame["use_class"].isna().tolist() == [False, True]
    assert [(f.kind, f.ids) for f in reading.findings] == [("unknown_value", ("Stall",))]


def test_yes_and_no(tmp_path):
    path = write(tmp_path, "oid;b\nA;ja\nB;0\n")
    assert read(path, columns={"is_public": "b"}).tables["buildings"]["is_public"].tolist() == [True, False]
    with pytest.raises(InputError, match="line 3, id B: is_public = 'vielleicht'; expected one of true, false"):
        read(write(tmp_path, "oid;b\nA;ja\nB;vielleicht\n"), columns={"is_public": "b"})


def test_second_headers_and_repeated_rows_are_set_aside(tmp_path):
    path = write(tmp_path, "oid,baujahr\nattribute_type,bldg\nA,1900\nA,1900\nB,1910\n")
    reading = read(path, **YEAR, skip_ids=["attribute_type"])
    assert list(reading.tables["buildings"].index) == ["A", "B"]
    assert {f.kind: f.count for f in reading.findings} == {"no_data": 1, "repeated_row": 1}


def test_the_first_of_differing_rows_only_if_the_plan_says_so(tmp_path):
    reading = read(write(tmp_path, "oid;baujahr\nA;1900\nA;1950\n"), **YEAR, repeated="first")
    assert reading.tables["buildings"]["year_built"].tolist() == [1900]
    assert reading.rows_set_aside == 1


def test_a_folder_is_read_as_one_table(tmp_path):
    write(tmp_path, "oid;baujahr\nA;1900\n", name="1.csv")
    write(tmp_path, "oid;baujahr\nB;1950\nA;1900\n", name="2.csv")
    reading = read(tmp_path, **YEAR)
    assert (list(reading.tables["buildings"].index), reading.rows_in, len(reading.files)) == (["A", "B"], 3, 2)


def test_wholes_of_parts_are_set_aside(tmp_path):
    path = write(tmp_path, "oid;teil;baujahr\nA;;1900\nA;A1;1900\nA;A2;1910\nB;;1950\n")
    reading = read(path, **YEAR, id=["teil", "oid"], parent="oid")
    assert list(reading.tables["buildings"].index) == ["A1", "A2", "B"]
    assert [(f.kind, f.ids) for f in reading.findings] == [("whole_of_parts", ("A",))]


def test_geometry_from_wkt_is_reprojected_mended_or_set_aside(tmp_path):
    good = shapely.box(9.19, 48.89, 9.191, 48.891).wkt
    bow = "POLYGON ((9.19 48.89, 9.2 48.9, 9.2 48.89, 9.19 48.9, 9.19 48.89))"
    rows = [f'A;"{good}"', f'B;"{bow}"', 'C;"POLYGON ((9.19 48.8"', "D;", 'E;"POINT (9.19 48.89)"']
    reading = read(write(tmp_path, "oid;geom\n" + "\n".join(rows) + "\n"), wkt="geom", source_crs="EPSG:4326")
    frame = reading.tables["buildings"]
    assert list(frame.index) == ["A", "B"]
    assert frame.loc["A"].geometry.area == pytest.approx(73.3 * 111.2, rel=0.01)
    kinds = {f.kind: f.count for f in reading.findings}
    assert kinds == {"unreadable_wkt": 1, "no_geometry": 1, "repaired": 1, "unusable_geometry": 1}


def test_points_from_x_and_y_and_a_wrong_crs(tmp_path):
    path = write(tmp_path, "oid;x;y\nA;9,19;48,89\nB;9,2;48,9\n")
    frame = read(path, table="monuments", x="x", y="y", source_crs="EPSG:4326").tables["monuments"]
    assert frame.geometry.iloc[0].distance(shapely.Point(513927, 5415245)) < 100
    with pytest.raises(InputError, match="these look like degrees: EPSG:4326"):
        read(path, table="monuments", x="x", y="y", source_crs="EPSG:25832")


@pytest.mark.testdata
def test_mierendorff_footprints(testdata):
    path = testdata / "mierendorff" / "buildings_and_building_parts.csv"
    reading = sources.read(
        "table_file",
        path,
        crs="EPSG:25833",
        table="buildings",
        id=["building_part_id", "gml_id"],
        parent="gml_id",
        columns={"block_id": "blknr"},
        key_width={"block_id": 6},
        wkt="geometry",
        source_crs="EPSG:4839",
    )
    frame = reading.tables["buildings"]
    assert (reading.rows_in, len(frame), reading.rows_set_aside) == (1900, 1601, 299)
    assert frame["block_id"].str.fullmatch(r"0\d{5}").all()
    raw = pd.read_csv(path, dtype=str)
    unit = raw["building_part_id"].fillna(raw["gml_id"])
    corners = raw.set_index(unit)["coordinates"].str.extract(r"\[\[([\d.]+), ([\d.]+),").astype("float64")
    first = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(frame.geometry.array), 0))
    intact = frame.index[frame.geometry.geom_type == "Polygon"]
    apart = np.hypot(*(first - corners.loc[intact].to_numpy()).T)
    assert np.median(apart) < 0.01  # the same corner in the column labelled EPSG:25833


@pytest.mark.testdata
def test_mierendorff_attributes_and_years(testdata):
    folder = testdata / "mierendorff"
    columns = {
        "function_code": "alkis_function",
        "year_built": "year_of_construction",
        "storeys": "storeys_above_ground",
        "height_m": "ridge_height_m",
        "eaves_height_m": "eaves_height_m",
    }
    attributes = read(folder / "building_attributes.csv", id="gml_id", columns=columns).tables["buildings"]
    assert len(attributes) == 997
    assert attributes.notna().all(axis=None)
    assert attributes.loc["DEBE3DTKxB6APGKm"].tolist() == ["1010", 1900, 7.0, 22.1, 19.59]
    reading = read(
        folder / "year_of_construction",
        id="BuildingID",
        skip_ids=["attribute_type"],
        columns={"year_built": "yearOfConstruction"},
    )
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (541, 537, 4)
    assert set(reading.tables["buildings"]["year_built"]) <= {1900, 1905, 1925, 1935, 1955, 1985, 2013}
