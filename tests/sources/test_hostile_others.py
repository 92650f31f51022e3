"""Hostile input of the readers that test_hostile leaves out: NAS, OSM, tables, timetables and grids of heights."""

import time
import zipfile

import geopandas as gpd
import pytest
import shapely

from klimastep.errors import InputError
from klimastep.sources import read

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0
SECONDS = 20.0
DEEP = 50_000
BIG = "A" * 10_000_000
METERS = {"id": "nr", "level": "block", "unit": "kWh", "value": "kwh", "year": "jahr", "carrier": "art"}
METERS |= {"carriers": {"Gas": "gas"}, "energy_basis": {"gas": "hs"}}
ROOFS = {"building_id": "b", "tilt_deg": "tilt", "area_m2": "area", "azimuth_deg": "azimuth"}
TABLES = {
    "meters": (METERS, "nr;jahr;art;kwh", ["1", "2022", "Gas", "5"]),
    "heaters": ({"id": "ort", "level": "address"}, "ort;Brennstoff;Baujahr", ["Weg 1", "Erdgas", "1990"]),
    "roof_points": (
        {"id": "nr", "x": "x", "y": "y", "source_crs": CRS, "columns": ROOFS},
        "nr;x;y;b;tilt;area;azimuth",
        ["1", str(X), str(Y), "A", "30", "20", "180"],
    ),
    "age_counts": ({"id": "nr", "bands": {"a": [1900, 1950]}}, "nr;a", ["1", "5"]),
    "heritage_list": (
        {},
        "id;bezeichnung;adresse;art;lon;lat",
        ["D1", "Haus", "Weg 1", "Einzeldenkmal", "9.2", "48.9"],
    ),
    "pv_register": (
        {},
        "EinheitMastrNummer;Bruttoleistung;Inbetriebnahmedatum;Lage;EinheitBetriebsstatus;Gemeindeschluessel",
        ["SEE1", "9.9", "2012-05-01", "Freiflaeche", "InBetrieb", "08118048"],
    ),
}
STOPS = "stop_id,stop_name,stop_lat,stop_lon\ns1,A,{lat},9.2\ns2,B,48.91,9.21\n"
FEED = {
    "routes.txt": "route_id,route_type\nr1,3\n",
    "trips.txt": "route_id,service_id,trip_id\nr1,c1,t1\n",
    "stop_times.txt": "trip_id,departure_time,stop_id,stop_sequence\nt1,08:00:00,s1,1\nt1,08:10:00,s2,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "c1,1,1,1,1,1,0,0,{start},{end}\n",
}


@pytest.fixture
def attempt(tmp_path):
    """Read a file; return the error's text or the kinds of findings; it ends in seconds and nothing is written."""

    def run(reader, name, content, **options):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        before = sorted(tmp_path.rglob("*"))
        started = time.process_time()
        try:
            said = " ".join(f.kind for f in read(reader, path, crs=CRS, **options).findings)
        except InputError as error:
            said = str(error)
            assert len(said) < 6000
        assert time.process_time() - started < SECONDS
        assert sorted(tmp_path.rglob("*")) == before
        return said

    return run


def nas(body="", points=None, oid="DEBWL00100000001"):
    text = points or f"{X} {Y} {X + 9} {Y} {X + 9} {Y + 9} {X} {Y}"
    return (
        '<?xml version="1.0"?><AX_Bestandsdatenauszug xmlns="http://www.adv-online.de/namespaces/adv/gid/7.1" '
        'xmlns:gml="http://www.opengis.net/gml/3.2"><enthaelt><member>'
        f'<AX_Gebaeude gml:id="{oid}"><position><gml:Polygon srsName="urn:adv:crs:ETRS89_UTM32"><gml:exterior>'
        f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></position>"
        f"<gebaeudefunktion>1000</gebaeudefunktion>{body}</AX_Gebaeude></member></enthaelt></AX_Bestandsdatenauszug>"
    )


def test_nas(attempt):
    assert "error" not in attempt("alkis_nas", "a.xml", nas())
    assert "damaged" in attempt("alkis_nas", "a.xml", nas("<x>" * DEEP + "</x>" * DEEP))
    assert "damaged" in attempt("alkis_nas", "a.xml", nas(oid=BIG + "A"))
    assert "damaged" in attempt("alkis_nas", "a.xml", nas(f"<name>{BIG}A</name>"))
    assert "damaged" in attempt("alkis_nas", "a.xml", nas("<name>a\0b</name>"))
    assert "swapped" in attempt("alkis_nas", "a.xml", nas(points=f"{Y} {X} {Y} {X + 9} {Y + 9} {X + 9} {Y} {X}"))
    for value in ("1e300", "-1e308", "NaN", "Infinity", "1e400"):
        said = attempt("alkis_nas", "a.xml", nas(points=f"{X} {Y} {value} {Y} {X + 9} {value} {X} {Y}"))
        assert said.split() or "usable" in said, value


def osm(tags="", lon="9.2", more=""):
    places = ((lon, "48.9"), ("9.201", "48.9"), ("9.201", "48.901"))
    nodes = "".join(f'<node id="{i}" version="1" lon="{a}" lat="{b}"/>' for i, (a, b) in enumerate(places, 1))
    refs = "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 1))
    house = '<tag k="building" v="house"/>'
    way = f'<way id="1" version="1">{refs}{house}{tags}</way>'
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{way}{more}</osm>'


def test_osm(attempt):
    assert "cannot be read" not in attempt("osm", "a.osm", osm())
    for name, content in {
        "deep": osm(more="<x>" * DEEP),
        "nul": osm(tags='<tag k="name" v="a\0b"/>'),
        "letter": osm(lon="x9.2"),
        "sign": osm(lon="9.2&gt;"),
    }.items():
        assert "cannot be read" in attempt("osm", "a.osm", content), name
    attempt("osm", "a.osm", osm(lon="1e300"))
    assert len(attempt("osm", "a.osm", osm(tags=f'<tag k="name" v="{BIG}"/>'))) < 6000


def table(reader, place=None, value=""):
    _, head, row = TABLES[reader]
    cells = [value if i == place else cell for i, cell in enumerate(row)]
    return f"{head}\n{';'.join([f'{row[0]}2', *row[1:]])}\n{';'.join(cells)}\n"


@pytest.mark.parametrize("reader", sorted(TABLES))
def test_cells_of_tables(attempt, reader):
    options, head, row = TABLES[reader]
    assert "a.csv" not in attempt(reader, "a.csv", table(reader), **options)
    for place in range(len(row)):
        for value in ("=1+1", "=cmd|' /C calc'!A0", "1e300", "\u0663", "NaN", "9" * 400, "A" * 20_000):
            attempt(reader, "a.csv", table(reader, place, value), **options)
        assert "NUL" in attempt(reader, "a.csv", table(reader, place, "a\0b"), **options)
    attempt(reader, "a.csv", table(reader, len(row) - 1, BIG), **options)
    assert "beginning says" in attempt(reader, "a.csv", table(reader).encode("utf-16")[:-1], **options)
    assert "beginning says" in attempt(reader, "a.csv", b"\xff\xfe\x00\xd8", **options)
    twice = f"{head}; {head.split(';')[-1]}\n{';'.join(row)};1\n"
    assert "Traceback" not in attempt(reader, "a.csv", twice, **options)


def test_a_formula_is_text_and_never_a_number(attempt):
    options = TABLES["meters"][0]
    assert "is no number" in attempt("meters", "a.csv", table("meters", 3, "=1+1"), **options)


def test_a_year_that_is_no_whole_number_is_unknown(attempt):
    options = TABLES["heaters"][0]
    assert "implausible_value" in attempt("heaters", "a.csv", table("heaters", 2, "1998.5"), **options)


def shape(folder, **damage):
    """Return a zip with a shapefile of three squares, some of its files replaced."""
    squares = [shapely.box(X + i, Y, X + i + 0.5, Y + 1) for i in range(3)]
    gpd.GeoDataFrame({"oid": ["a", "b", "c"]}, geometry=squares, crs=CRS).to_file(folder / "a.shp")
    files = {p.name: p.read_bytes() for p in sorted(folder.iterdir())}
    files |= {f"a.{ending}": change(files[f"a.{ending}"]) for ending, change in damage.items()}
    return packed(folder / "made.zip", files)


def test_damaged_shapefiles(attempt, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    options = {"table": "blocks", "id": "oid"}

    def open_ring(raw):
        return raw[:156] + bytes(8) + raw[164:]  # the first point of the first ring

    assert attempt("areas", "a.zip", shape(made), **options) == ""
    (made / "made.zip").unlink()
    assert "no_geometry" in attempt("areas", "a.zip", shape(made, shp=open_ring), **options)
    (made / "made.zip").unlink()
    unwritable = b'PROJCS["",GEOGCS["",DATUM["",SPHEROID["",6,11]][""][""]]PROJECTION["\xff"]]'
    said = attempt("areas", "a.zip", shape(made, prj=lambda _: unwritable), **options)
    assert "the CRS in it is damaged" in said or "cannot be read" in said


def feed(lat="48.9", start="20240101", end="20241231", **more):
    files = {"stops.txt": STOPS.format(lat=lat), **FEED, **more}
    files["calendar.txt"] = files["calendar.txt"].format(start=start, end=end)
    return files


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_timetables(attempt, tmp_path):
    inner = tmp_path / "made"
    inner.mkdir()

    def said(**changes):
        return attempt("gtfs", "a.zip", packed(inner / "a.zip", feed(**changes)))

    assert "day_counted" in said()
    assert "day_counted" in said(start="19000101", end="22001231")  # three hundred years take seconds, not minutes
    for lat in ("1e300", "NaN", "1e400", "=1+1", "\u0663"):
        said(lat=lat)
    assert "swapped" in said(**{"stops.txt": "stop_id,stop_lat,stop_lon\ns1,9.2,48.9\ns2,9.21,48.91\n"})
    said(**{"stops.txt": f"stop_id,stop_lat,stop_lon\ns1,48.9,9.2\n{BIG},48.9,9.2\n"})
    said(**{"stops.txt": "stop_id,stop_lat,stop_lon, stop_id\ns1,48.9,9.2,x\n"})
    said(**{"routes.txt": "route_id,route_type\nr1\0,3\n"})
    assert "points out of the zip" in said(**{"../x.txt": "a"})


@pytest.mark.parametrize("reader", ["citygml", "alkis_nas"])
def test_a_root_whose_prefix_stands_for_nothing(attempt, reader):
    assert "the file" in attempt(reader, "a.gml", "<gm:LinearRing>1 2 3</gm:LinearRing>")


def test_members_without_a_name(attempt, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    raw = packed(made / "b.zip", {"a.gml": "<a/>", "x": "y"})
    at = [i for i in range(len(raw)) if raw.startswith(b"PK\x01\x02", i)][1]
    nameless = bytearray(raw)
    nameless[at + 28 : at + 30] = b"\0\0"  # length of the name in the directory
    said = attempt("citygml", "a.zip", bytes(nameless))
    assert "no name" in said or "cannot be opened" in said


@pytest.mark.parametrize(
    "content",
    [
        "513000.5 5416000.5 1e300\n513001.5 5416000.5 5\n513000.5 5416001.5 5\n513001.5 5416001.5 5\n",
        "513000.5 1e300 5\n513001.5 5416000.5 5\n",
        "513000.5 5416000.5 5\0\n513001.5 5416001.5 5\n",
        "=1+1 2 3\n4 5 6\n",
        "5416000.5 513000.5 5\n5416001.5 513000.5 5\n5416000.5 513001.5 5\n5416001.5 513001.5 5\n",
        "1 2 3 " * 1_000_000,
    ],
)
def test_heights_as_text(attempt, content):
    attempt("surface_model", "a.xyz", content, source_crs=CRS)


def test_damaged_heights_in_a_zip(attempt, tmp_path):
    lines = "\n".join(f"{X + i:.1f} {Y + j:.1f} {(i * j) % 7}.{i}" for i in range(60) for j in range(60))
    made = tmp_path / "made"
    made.mkdir()
    raw = packed(made / "a.zip", {"a.xyz": lines})
    for at in range(60, len(raw) - 200, 997):
        damaged = bytearray(raw)
        damaged[at : at + 40] = b"\xff" * 40
        assert "cannot be read" in attempt("surface_model", "a.zip", bytes(damaged), source_crs=CRS)
    cut = raw[: len(raw) // 2] + raw[raw.index(b"PK\x01\x02") :]
    assert "cannot be" in attempt("surface_model", "a.zip", cut, source_crs=CRS)
