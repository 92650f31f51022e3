"""Input made to hurt: each ends in seconds with a clear message or a finding, and nothing is written anywhere."""

import json
import time
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from klimastep.errors import InputError
from klimastep.sources import read

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0
SECONDS = 20.0
BIG = "A" * 10_000_000
KNOT = np.random.default_rng(7).uniform(0, 100, (1_000_000, 2)) + (X, Y)
OPTIONS = {
    "citygml": {},
    "cityjson": {},
    "alkis_simple": {},
    "areas": {"table": "blocks", "id": "oid", "columns": {"name": "name"}},
    "table_file": {
        "table": "blocks",
        "id": "oid",
        "columns": {"name": "name"},
        "wkt": "wkt",
        "source_crs": CRS,
        "delimiter": ";",
    },
}


@pytest.fixture
def attempt(tmp_path):
    """Read a file in an empty folder; return the error's text, or the kinds of findings; nothing may be written."""

    def run(reader, name, content, **options):
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        path = folder / name
        if callable(content):
            content(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        before = sorted(p for p in tmp_path.rglob("*"))
        started = time.process_time()
        try:
            reading = read(reader, path, crs=CRS, **{**OPTIONS[reader], **options})
            said = " ".join(f.kind for f in reading.findings)
        except InputError as error:
            said = str(error)
            assert len(said) < 5000
        assert time.process_time() - started < SECONDS
        assert sorted(p for p in tmp_path.rglob("*")) == before
        return said

    return run


def gml(body="", prolog="", gml_id="DEBWL00100000001", points=None):
    if points is None:
        points = [(X, Y, 5), (X + 9, Y, 5), (X + 9, Y + 9, 5), (X, Y, 5)]
    numbers = points if isinstance(points, str) else " ".join(f"{v}" for p in points for v in p)
    return (
        f'<?xml version="1.0"?>{prolog}<CityModel xmlns="http://www.opengis.net/citygml/2.0" '
        'xmlns:b="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml">'
        '<gml:boundedBy><gml:Envelope srsName="EPSG:25832"/></gml:boundedBy><cityObjectMember>'
        f'<b:Building gml:id="{gml_id}">{body}<b:boundedBy><b:RoofSurface><b:lod2MultiSurface><gml:MultiSurface>'
        f"<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{numbers}</gml:posList>"
        "</gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></b:lod2MultiSurface>"
        "</b:RoofSurface></b:boundedBy></b:Building></cityObjectMember></CityModel>"
    )


def cityjson(vertices=None, boundaries=None, attributes=None, **more):
    if vertices is None:
        vertices = [[X, Y, 5], [X + 9, Y, 5], [X + 9, Y + 9, 5]]
    roof = {
        "type": "MultiSurface",
        "lod": "2",
        "boundaries": [[[0, 1, 2]]] if boundaries is None else boundaries,
        "semantics": {"surfaces": [{"type": "RoofSurface"}], "values": [0]},
    }
    model = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
        "CityObjects": {"b1": {"type": "Building", "attributes": attributes or {}, "geometry": [roof]}},
        "vertices": vertices,
    }
    return json.dumps({**model, **more})


def features(points=None, **properties):
    if points is None:
        points = [(X, Y), (X + 9, Y), (X + 9, Y + 9), (X, Y)]
    given = {"oid": "DEBWL00100000001", "name": "x", "funktion": "Wohnhaus", **properties}
    return gpd.GeoDataFrame(
        {k: [v] for k, v in given.items()}, geometry=[shapely.Polygon(points, ())], crs=CRS
    ).rename_geometry("geom")


def gpkg(points=None, **properties):
    return lambda path: features(points, **properties).to_file(path, layer="gebaeudeBauwerke")


def geojson(coordinates, name='"x"'):
    return (
        '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:25832"}},"features":'
        f'[{{"type":"Feature","properties":{{"oid":"b1","name":{name},"funktion":"Wohnhaus"}},'
        f'"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}]}}'
    )


def csv(wkt, name="x", oid="b1"):
    return f"oid;name;wkt\n{oid};{name};{wkt}\nb2;y;POLYGON (({X} {Y}, {X + 9} {Y}, {X + 9} {Y + 9}, {X} {Y}))\n"


def text_of(points):
    return ", ".join(f"{x:.3f} {y:.3f}" for x, y in points)


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)


def test_harmless_forms_of_these_files_are_read(attempt):
    assert "error" not in attempt("citygml", "a.gml", gml())
    for reader, name, content in (
        ("citygml", "a.gml", gml()),
        ("cityjson", "a.json", cityjson()),
        ("alkis_simple", "a.gpkg", gpkg()),
        ("areas", "b.gpkg", gpkg()),
        ("areas", "a.geojson", geojson(f"[[[{X},{Y}],[{X + 9},{Y}],[{X},{Y + 9}],[{X},{Y}]]]")),
        ("table_file", "a.csv", csv("POLYGON ((513000 5416000, 513009 5416000, 513009 5416009, 513000 5416000))")),
    ):
        assert "a." not in attempt(reader, name, content), reader


@pytest.mark.parametrize(
    "prolog",
    [LAUGHS, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">'],
)
def test_entities_are_refused(attempt, prolog):
    entity = "&j;" if prolog is LAUGHS else "&e;" if "ENTITY" in prolog else "x"
    said = attempt("citygml", "a.gml", gml(f"<b:function>{entity}</b:function>", prolog))
    assert "DOCTYPE" in said or "no readable XML" in said
    assert "root:" not in said


@pytest.mark.parametrize("reader", ["alkis_simple", "areas"])
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.json", "a.shp", "a.fgb", "a.gdb"])
def test_other_formats_in_disguise_are_not_opened(attempt, reader, name):
    layer = '<OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    vrt = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    assert "begins with" in attempt(reader, name, vrt)
    assert "begins with" in attempt(reader, name, gml(prolog=LAUGHS))


def zipped(name, member):
    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, member)

    return write


@pytest.mark.parametrize("reader", ["citygml", "cityjson", "alkis_simple", "areas"])
def test_zips(attempt, reader):
    ending = {"citygml": ".gml", "cityjson": ".json"}.get(reader, ".geojson")
    content = {"citygml": gml(), "cityjson": cityjson()}.get(reader, geojson("[]"))
    for name in (f"../x{ending}", f"/tmp/x{ending}", f"a\\..\\..\\x{ending}"):
        assert "points out of the zip" in attempt(reader, "a.zip", zipped(name, content))
    assert "times its size" in attempt(reader, "b.zip", zipped(f"x{ending}", b" " * 100_000_000))
    assert "cannot be opened as zip" in attempt(reader, "c.zip", b"PK\x03\x04" + b"\0" * 100)
    if reader in ("alkis_simple", "areas"):
        assert "begins with" in attempt(reader, "d.zip", zipped("x.geojson", "<OGRVRTDataSource/>"))


def test_damaged_members_of_a_zip(attempt):
    def write(path):
        zipped("x.gml", gml() * 50)(path)
        raw = bytearray(path.read_bytes())
        raw[60:90] = bytes(30)
        path.write_bytes(raw)

    assert "cannot be read" in attempt("citygml", "a.zip", write)


def test_deep_nesting(attempt):
    deep = 100_000
    assert "damaged" in attempt("citygml", "a.gml", gml("<b:x>" * deep + "</b:x>" * deep))
    assert "nested too deeply" in attempt("cityjson", "a.json", "[" * deep + "]" * deep)
    assert "nested too deeply" in attempt("cityjson", "b.json", '{"a":' * deep + "1" + "}" * deep)
    hole = json.loads(cityjson())
    hole["CityObjects"]["b1"]["children"] = ["b1", "none"]
    assert "part_missing" in attempt("cityjson", "c.json", json.dumps(hole))
    for reader in ("areas", "alkis_simple"):
        assert "a.geojson" in attempt(reader, "a.geojson", geojson("[" * deep + "]" * deep))
        inner = geojson("[]").replace(
            '"geometry":{', '"geometry":' + '{"type":"GeometryCollection","geometries":[{' * deep
        )
        assert "a.geojson" in attempt(reader, "a.geojson", inner.removesuffix("}]}") + "]}" * deep + "}]}")
    assert "unreadable_wkt" in attempt("table_file", "a.csv", csv("GEOMETRYCOLLECTION (" * deep + ")" * deep))
    assert "unreadable_wkt" in attempt("table_file", "a.csv", csv("POLYGON (" * deep + ")" * deep))


def test_very_long_texts(attempt):
    assert "damaged" in attempt("citygml", "a.gml", gml(gml_id=BIG))
    assert "unknown coordinate system" in attempt("citygml", "e.gml", gml().replace("EPSG:25832", BIG[:9_000_000]))
    assert "id" in attempt("areas", "b.gpkg", gpkg(oid=BIG))
    assert "damaged" in attempt("citygml", "b.gml", gml(f"<b:function>{BIG}A</b:function>"))
    shorter = BIG[:9_000_000]
    assert "text_too_long" in attempt("citygml", "c.gml", gml(f"<b:function>{shorter}</b:function>"))
    assert "text_too_long" in attempt("citygml", "d.gml", gml(gml_id=shorter))
    assert "text_too_long" in attempt("cityjson", "a.json", cityjson(attributes={"function": BIG}))
    for reader in ("alkis_simple", "areas"):
        assert "text_too_long" in attempt(reader, f"{reader}.gpkg", gpkg(name=BIG))
        assert "cannot be read" in attempt(reader, f"{reader}.geojson", gpkg(name=BIG))
    square = f"POLYGON (({X} {Y}, {X + 9} {Y}, {X + 9} {Y + 9}, {X} {Y}))"
    assert "text_too_long" in attempt("table_file", "a.csv", csv(square, name=BIG))
    assert "characters" in attempt("table_file", "b.csv", csv(square, oid=BIG))


def test_nul_bytes(attempt):
    assert "damaged" in attempt("citygml", "a.gml", gml().replace("9.0", "9\0"))
    assert "no readable XML" in attempt("citygml", "c.gml", "\0" + gml())
    assert "damaged" in attempt("citygml", "b.gml", gml("<b:function>a\0b</b:function>"))
    assert "no readable JSON" in attempt("cityjson", "a.json", cityjson().replace("b1", "b\0"))
    for reader in ("areas", "alkis_simple"):
        assert "NUL" in attempt(reader, "a.geojson", geojson("[]", '"a\0b"'))
        assert "begins with" in attempt(reader, "a.gpkg", b"\0" * 5000)
    assert "NUL byte" in attempt("table_file", "a.csv", csv("a\0b"))


@pytest.mark.slow
def test_a_million_vertices_in_a_knot(attempt):
    ring = np.column_stack([KNOT, np.full(len(KNOT), 5.0)])
    text = " ".join(f"{x:.2f} {y:.2f} 5" for x, y in KNOT)
    assert "damaged" in attempt("citygml", "a.gml", gml(points=text))
    assert "no usable row" in attempt("citygml", "b.gml", gml(points=text[:9_000_000].rpartition(" 5 ")[0] + " 5"))
    every = [[list(range(len(ring)))]]
    assert "no usable row" in attempt("cityjson", "a.json", cityjson(ring.round(3).tolist(), every))
    for reader in ("alkis_simple", "areas"):
        assert "no usable row" in attempt(reader, f"{reader}.gpkg", gpkg(KNOT))
    assert "unusable_geometry" in attempt("table_file", "a.csv", csv(f"POLYGON (({text_of([*KNOT, KNOT[0]])}))"))


def test_a_million_vertices_on_a_circle_are_read(attempt):
    angle = np.linspace(0, 2 * np.pi, 1_000_001)
    circle = np.column_stack([X + 1000 * np.cos(angle), Y + 1000 * np.sin(angle)]).round(6)
    assert attempt("areas", "a.gpkg", gpkg(circle)) == ""


@pytest.mark.parametrize("value", ["1e300", "-1e300", "1e308", "NaN", "Infinity", "1e400"])
def test_impossible_coordinates(attempt, value):
    points = f"{X} {Y} 5 {value} {Y} 5 {X} {value} 5 {X} {Y} 5"
    said = attempt("citygml", "a.gml", gml(points=points))
    assert "no usable row" in said
    plain = cityjson().replace(str(X + 9), value)
    assert "JSON" in attempt("cityjson", "a.json", plain) or "coordinates in metres" in attempt(
        "cityjson", "a.json", plain
    )
    coordinates = f"[[[{X},{Y}],[{value},{Y}],[{X},{value}],[{X},{Y}]]]"
    for reader in ("areas", "alkis_simple"):
        said = attempt(reader, "a.geojson", geojson(coordinates))
        assert "wrong CRS" in said or "usable geometry" in said or "cannot be read" in said, said
    wkt = f"POLYGON (({X} {Y}, {value} {Y}, {X} {value}, {X} {Y}))"
    said = attempt("table_file", "a.csv", csv(wkt))
    assert {"outside_crs", "nan_geometry", "unreadable_wkt"} & set(said.split()), said


def test_swapped_axes_are_named(attempt):
    points = [(X, Y), (X + 9, Y), (X + 9, Y + 9), (X, Y)]
    swapped = [(y, x) for x, y in points]
    assert "swapped" in attempt("citygml", "a.gml", gml(points=[(*p, 5) for p in swapped]))
    assert "swapped" in attempt("cityjson", "a.json", cityjson([[*p, 5] for p in swapped[:3]]))
    for reader in ("areas", "alkis_simple"):
        assert "swapped" in attempt(reader, f"{reader}.gpkg", gpkg(swapped))
    both = csv(f"POLYGON (({text_of(swapped)}))").splitlines()
    assert "swapped" in attempt("table_file", "a.csv", "\n".join(both[:2]) + "\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vertices": [[X, Y, float("nan")]]}, "NaN is no number"),
        ({"vertices": [[X, Y]]}, "list of three numbers"),
        ({"vertices": [["a", "b", "c"]]}, "list of three numbers"),
        ({"vertices": [[X, Y, 5], [X, Y]]}, "list of three numbers"),
        ({"vertices": {}}, "vertex number 0, there are 0"),
        ({"boundaries": [[[0, 1, 3]]]}, "vertex number 3, there are 3"),
        ({"boundaries": [[[0, 1, -1]]]}, "vertex number -1"),
        ({"boundaries": [[[0, 1, 1.5]]]}, "vertex numbers"),
        ({"boundaries": [[[0, 1, "2"]]]}, "vertex numbers"),
        ({"boundaries": [[[0, 1, 10**30]]]}, "vertex numbers"),
        ({"boundaries": [[[0, 1, [2]]]]}, "vertex numbers"),
        ({"boundaries": [[0, 1, 2]]}, "a list belongs"),
        ({"boundaries": "x"}, "a list belongs"),
        ({"CityObjects": []}, "CityObjects is a list"),
        ({"CityObjects": {"a": 1}}, "is a int"),
        ({"transform": {"scale": [1, 1], "translate": [0, 0, 0]}}, "transform.scale"),
        ({"transform": {"scale": [1, 1, 1e300], "translate": [0, 0, 0]}}, "transform.scale"),
        ({"version": "9.0"}, "CityJSON '9.0' is unknown"),
        ({"type": "FeatureCollection"}, "type 'FeatureCollection'"),
        ({"metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4326"}}, "in degrees"),
        ({"metadata": {"referenceSystem": "urn:ogc:def:crs:EPSG::999999"}}, "unknown CRS"),
        ({"metadata": {}}, "names no CRS"),
    ],
)
def test_damaged_cityjson(attempt, change, message):
    assert message in attempt("cityjson", "a.json", cityjson(**change))


def test_random_damage_to_small_files_never_ends_in_a_traceback(attempt):
    random = np.random.default_rng(1)
    for reader, name, text in (("citygml", "a.gml", gml()), ("cityjson", "a.json", cityjson())):
        raw = text.encode()
        for _ in range(150):
            damaged = bytearray(raw)
            for place in random.integers(0, len(raw), random.integers(1, 6)):
                damaged[place] = random.integers(0, 256)
            cut = int(random.integers(len(raw) // 2, len(raw) + 1))
            attempt(reader, name, bytes(damaged[:cut]) if random.random() < 0.3 else bytes(damaged))


@pytest.mark.parametrize(
    ("reader", "member"), [("citygml", "a.gml"), ("cityjson", "a.city.json"), ("alkis_nas", "a.xml")]
)
def test_unusual_compression_is_refused_by_name(tmp_path, reader, member):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(member, "<a/>")
    raw = path.read_bytes()  # method 14 (LZMA) becomes 9 (Deflate64), which Python's zipfile cannot unpack
    path.write_bytes(raw.replace(b"\x0e\x00", b"\x09\x00"))
    with pytest.raises(InputError, match="packed in a way that only some programs read"):
        read(reader, path, crs=CRS)
