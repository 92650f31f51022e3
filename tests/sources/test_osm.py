"""OpenStreetMap: a small map drawn by hand, extracts of other programs, the real pbf files."""

import geopandas as gpd
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.reference import load

CRS = "EPSG:25832"
LON, LAT = 9.19, 48.89
STEP = 0.0001  # about 7.3 m by 11.1 m here


def _ring(first, x, y, size=1):
    """Return four nodes from number `first`, and their numbers closed to a ring."""
    corners = [(0, 0), (size, 0), (size, size), (0, size)]
    nodes = [(first + i, LON + (x + dx) * STEP, LAT + (y + dy) * STEP) for i, (dx, dy) in enumerate(corners)]
    return nodes, [n for n, _, _ in nodes] + [first]


def _tags(tags):
    return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())


def _osm(nodes, ways, relations=(), node_tags=None):
    """Return OSM XML of nodes (id, lon, lat), ways (id, refs, tags), relations (id, [(role, way)], tags)."""
    text = ['<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">']
    for number, lon, lat in sorted(nodes):
        tags = _tags((node_tags or {}).get(number, {}))
        text.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{tags}</node>')
    for number, refs, tags in ways:
        inner = "".join(f'<nd ref="{r}"/>' for r in refs)
        text.append(f'<way id="{number}" version="1">{inner}{_tags(tags)}</way>')
    for number, members, tags in relations:
        inner = "".join(f'<member type="way" ref="{w}" role="{role}"/>' for role, w in members)
        text.append(f'<relation id="{number}" version="1">{inner}{_tags(tags)}</relation>')
    return "\n".join([*text, "</osm>"])


HOUSE = {
    "building": "house",
    "building:levels": "2",
    "roof:shape": "gabled",
    "roof:levels": "1",
    "height": "9.5 m",
    "roof:height": "3",
    "start_date": "1927-05",
    "addr:street": "Gasse",
    "addr:housenumber": "12a",
    "name": "Haus",
}


@pytest.fixture
def path(tmp_path):
    a, ring_a = _ring(1, 0, 0)
    b, ring_b = _ring(11, 5, 0)
    c, outer = _ring(21, 10, 0, 4)
    d, inner = _ring(31, 11, 1, 2)
    e, ring_e = _ring(41, 20, 0)
    f, ring_f = _ring(51, 25, 0)
    g, ring_g = _ring(61, 30, 0, 5)
    lone = [(71, LON, LAT - STEP)]
    ways = [
        (1, ring_a, HOUSE),
        (2, ring_b, {"building": "garage", "building:levels": "one", "start_date": "C19"}),
        (3, outer, {}),
        (4, inner, {}),
        (5, ring_e, {"building": "shed"}),
        (6, ring_f, {"building": "construction"}),
        (7, ring_f[:3], {"building": "yes"}),
        (8, [41, 42, 999], {"highway": "residential", "name": "halb"}),
        (9, [1, 2, 11], {"highway": "residential", "name": "Gasse"}),
        (10, [1, 4], {"highway": "footway"}),
        (11, ring_e, {"highway": "pedestrian", "area": "yes"}),
        (12, [1, 3], {"highway": "platform"}),
        (13, [1, 21], {"highway": "primary_link"}),
        (14, [2, 21], {"highway": "ski_jump"}),
        (15, ring_g, {"leisure": "park", "name": "Park"}),
        (16, ring_b, {"natural": "water"}),
        (17, ring_b[:3], {"natural": "wood"}),
        (18, ring_g, {"landuse": "residential"}),
    ]
    relations = [
        (1, [("outer", 3), ("inner", 4)], {"type": "multipolygon", "building": "yes", "amenity": "school"}),
        (2, [("outer", 3)], {"type": "building", "building": "yes"}),
        (3, [("outer", 777)], {"type": "multipolygon", "building": "yes"}),
    ]
    text = _osm([*a, *b, *c, *d, *e, *f, *g, *lone], ways, relations, {71: {"building": "entrance"}})
    (tmp_path / "map.osm").write_text(text, encoding="utf-8")
    return tmp_path / "map.osm"


def _counts(reading):
    return {f.kind: f.count for f in reading.findings if f.severity == "set_aside"}


def test_buildings(path):
    reading = sources.read("osm", path, crs=CRS)
    frame = reading.tables["buildings"]
    assert set(frame.index) == {"way/1", "way/2", "way/5", "relation/1"}
    assert _counts(reading) == {"point": 1, "not_closed": 1, "no_polygon": 1, "incomplete": 1, "not_standing": 1}
    assert reading.rows_in == 9
    house = frame.loc["way/1"]
    assert house[["function_code", "roof_type", "name", "address"]].tolist() == [
        "31001_1010",
        "3100",
        "Haus",
        "Gasse 12a",
    ]
    assert house[["storeys", "height_m", "eaves_height_m", "year_built"]].tolist() == [2, 9.5, 6.5, 1927]
    assert reading.attribution == "© OpenStreetMap-Mitwirkende, ODbL"


def test_garage_shed_and_school(path):
    frame = sources.read("osm", path, crs=CRS).tables["buildings"]
    codes = frame["function_code"]
    heated = load("use_codes").set_index("function_code")["heated"]
    assert (codes["way/2"], heated[codes["way/2"]]) == ("31001_2463", "no")
    assert (codes["way/5"], heated[codes["way/5"]]) == ("31001_1313", "no")
    assert codes["relation/1"] == "31001_3021"  # building=yes says nothing, amenity=school does


def test_a_courtyard_is_no_building(path):
    school = sources.read("osm", path, crs=CRS).tables["buildings"].geometry["relation/1"]
    assert [len(part.interiors) for part in shapely.get_parts(school)] == [1]
    cell = 7.32 * 11.12  # metres of one step at this latitude
    assert school.area == pytest.approx((16 - 4) * cell, rel=0.01)


def test_what_mappers_did_not_know_is_unknown_and_said(path):
    reading = sources.read("osm", path, crs=CRS)
    frame = reading.tables["buildings"]
    assert frame.loc["way/2", ["storeys", "year_built"]].isna().all()
    texts = {f.kind: f.text_en for f in reading.findings}
    assert "way/2 (building:levels = one)" in texts["implausible_value"]
    assert "way/2 (start_date = C19)" in texts["inexact_year"]
    assert "last resort" in texts["last_resort"]
    assert "of 4 buildings the use of 4, the storeys of 1, the year of 1 are known" in texts["last_resort"]


def test_streets(path):
    reading = sources.read("osm", path, crs=CRS, table="streets")
    frame = reading.tables["streets"]
    assert _counts(reading) == {"incomplete": 1, "area": 1, "no_street": 1}
    assert frame["road_class"].astype("str").fillna("").to_dict() == {
        "way/9": "residential",
        "way/10": "path",
        "way/13": "main",
        "way/14": "",
    }
    assert frame.loc["way/9", "length_m"] == pytest.approx(7.32 * 5, rel=0.01)
    assert [f.text_en for f in reading.findings if f.kind == "unknown_value"] == [
        "1 objects with a tag not translated: highway=ski_jump"
    ]


def test_green_and_water(path):
    green = sources.read("osm", path, crs=CRS, table="green")
    assert (green.tables["green"].index.tolist(), green.rows_in) == (["way/15"], 2)
    assert _counts(green) == {"not_closed": 1}
    assert sources.read("osm", path, crs=CRS, table="water").tables["water"].index.tolist() == ["way/16"]
    with pytest.raises(PlanError, match="table: 'land_use'"):
        sources.read("osm", path, crs=CRS, table="land_use")


BOX = shapely.box(LON, LAT, LON + STEP, LAT + STEP)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"@id": ["way/7"], "building": ["house"], "building:levels": ["2"]}, "way/7"),
        ({"full_id": ["r7"], "building": ["house"], "building_levels": ["2"]}, "relation/7"),
        ({"id": ["a14"], "building": ["house"], "building:levels": ["2"]}, "way/7"),
        ({"id": ["a15"], "building": ["house"], "building:levels": [2.0]}, "relation/7"),
        ({"element": ["way"], "osmid": [7], "building": ["house"], "building:levels": ["2"]}, "way/7"),
        (
            {
                "osm_id": [None],
                "osm_way_id": ["7"],
                "building": ["house"],
                "other_tags": ['"building:levels"=>"2","note"=>"a \\"b\\""'],
            },
            "way/7",
        ),
    ],
)
def test_extracts_of_other_programs(tmp_path, columns, expected):
    frame = gpd.GeoDataFrame(columns, geometry=[BOX], crs="EPSG:4326")
    frame.to_file(tmp_path / "extract.gpkg", layer="osm")
    out = sources.read("osm", tmp_path / "extract.gpkg", crs=CRS).tables["buildings"]
    assert out.index.tolist() == [expected]
    assert out[["storeys", "function_code"]].iloc[0].tolist() == [2, "31001_1010"]


def test_geofabrik_shapefile(tmp_path):
    data = {"osm_id": ["5", "6"], "code": [1500, 1500], "fclass": ["building"] * 2, "type": ["garage", None]}
    gpd.GeoDataFrame(data, geometry=[BOX, BOX], crs="EPSG:4326").to_file(tmp_path / "gis_osm_buildings_a_free_1.shp")
    out = sources.read("osm", tmp_path / "gis_osm_buildings_a_free_1.shp", crs=CRS).tables["buildings"]
    assert out["function_code"].fillna("").to_dict() == {
        "osm/5": "31001_2463",
        "osm/6": "",
    }


def test_mixed_geojson(tmp_path):
    data = {"@id": ["way/1", "node/2", "way/3"], "building": ["yes", "yes", None], "highway": [None, None, "path"]}
    shapes = [BOX, BOX.centroid, shapely.LineString([(LON, LAT), (LON, LAT + STEP)])]
    gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "m.geojson")
    reading = sources.read("osm", tmp_path / "m.geojson", crs=CRS)
    assert (reading.rows_in, reading.rows_out, _counts(reading)) == (2, 1, {"unusable_geometry": 1})
    assert sources.read("osm", tmp_path / "m.geojson", crs=CRS, table="streets").rows_out == 1


@pytest.mark.parametrize("content", [b"", b"no osm" * 100, b'<?xml version="1.0"?><osm version="0.6"><node id="1"'])
@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm"])
def test_damaged(tmp_path, content, suffix):
    (tmp_path / f"bad{suffix}").write_bytes(content)
    with pytest.raises(InputError, match="bad.*(cannot be read as OSM data|no buildings in it)"):
        sources.read("osm", tmp_path / f"bad{suffix}", crs=CRS)


def test_entities_are_refused(tmp_path):
    text = '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><osm version="0.6">&a;</osm>'
    (tmp_path / "x.osm").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as OSM data"):
        sources.read("osm", tmp_path / "x.osm", crs=CRS)


def test_tags_mean_something_known():
    table = load("osm_tags")
    assert not table.duplicated(["key", "value", "column"]).any()
    codes = set(table.loc[table["column"] == "function_code", "ours"])
    assert codes <= set(load("use_codes")["function_code"])
    assert set(table["column"]) == {"function_code", "roof_type", "road_class", "layer", "set_aside"}


@pytest.mark.testdata
def test_liechtenstein(testdata):
    path = testdata / "osm" / "liechtenstein-2013.osm.pbf"
    reading = sources.read("osm", path, crs=CRS)
    frame = reading.tables["buildings"]
    assert (len(frame), _counts(reading)) == (3723, {"point": 24})
    assert frame.index.str.startswith("relation/").sum() == 1
    assert frame["function_code"].notna().sum() == 428
    streets = sources.read("osm", path, crs=CRS, table="streets")
    assert (streets.rows_in, streets.rows_out) == (2753, 2749)
    assert _counts(streets) == {"area": 1, "not_standing": 3}
    assert streets.tables["streets"]["road_class"].notna().all()


@pytest.mark.testdata
@pytest.mark.parametrize(
    ("name", "buildings", "streets"),
    [
        ("heidelberg.test.pbf", 5, 25102),
        ("herrenberg-minimal.osm.pbf", 3, 1687),
        ("wendlingen-bahnhof.osm.pbf", 2, 158),
        ("boeblingen-minimal.osm.pbf", 0, 471),
        ("ehningen-minimal.osm.pbf", 0, 128),
        ("herrenberg-barrier-gates.osm.pbf", 0, 14),
    ],
)
def test_other_places(testdata, name, buildings, streets):
    path = testdata / "osm" / name
    assert sources.read("osm", path, crs=CRS, table="streets").rows_out == streets
    if buildings:
        assert sources.read("osm", path, crs=CRS).rows_out == buildings
    else:
        with pytest.raises(InputError, match="no buildings in it"):
            sources.read("osm", path, crs=CRS)


@pytest.mark.testdata
def test_cut_off(testdata, tmp_path):
    raw = (testdata / "osm" / "liechtenstein-2013.osm.pbf").read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(InputError, match="cannot be read as OSM data"):
        sources.read("osm", tmp_path / "cut.osm.pbf", crs=CRS)


def test_rails_above_ground_are_read_the_others_set_aside(tmp_path):
    nodes = [(i, LON + i * STEP, LAT) for i in range(1, 9)]
    ways = [
        (1, [1, 2], {"railway": "rail", "name": "Murrbahn"}),
        (2, [3, 4], {"railway": "rail", "tunnel": "yes"}),
        (3, [5, 6], {"railway": "tram"}),
        (4, [7, 8], {"highway": "service"}),
    ]
    path = tmp_path / "rail.osm"
    path.write_text(_osm(nodes, ways), encoding="utf-8")
    reading = sources.read("osm", path, crs=CRS, table="rail")
    assert list(reading.tables["rail"].index) == ["way/1"]
    assert reading.tables["rail"]["name"].to_list() == ["Murrbahn"]
    assert (reading.rows_in, {f.kind: f.count for f in reading.findings}) == (3, {"no_rail": 2})
