"""NAS by hand and as the generator writes it; owners stay out of everything that leaves the reader."""

import io
import math
import traceback
import zipfile

import numpy as np
import pytest
import shapely

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.sample import make_town
from klimastep.sample.nas import write_nas
from klimastep.sources._nas import Places, features
from klimastep.sources._nas_shapes import linearise

CRS = "EPSG:25832"
URN = "urn:adv:crs:ETRS89_UTM32"
X, Y = 513_000.0, 5_416_000.0
OID, OTHER, LAGE = "DEBWL00100000001", "DEBWL00100000002", "DEBWL001000L0001"
NAME = "Zwirnagl"
SQUARE = ((0, 0), (10, 0), (10, 10), (0, 10))


def coordinates(points, at=(0, 0)):
    return " ".join(f"{X + at[0] + x:.4f} {Y + at[1] + y:.4f}" for x, y in points)


def ring(points=SQUARE, at=(0, 0)):
    return f"<gml:LinearRing><gml:posList>{coordinates((*points, points[0]), at)}</gml:posList></gml:LinearRing>"


def curves(*segments):
    """Return a ring of segments: ("Arc", points), ("LineStringSegment", points) …"""
    members = "".join(
        f"<gml:curveMember><gml:Curve><gml:segments><gml:{kind}><gml:posList>{coordinates(points)}</gml:posList>"
        f"</gml:{kind}></gml:segments></gml:Curve></gml:curveMember>"
        for kind, points in segments
    )
    return f"<gml:Ring>{members}</gml:Ring>"


def polygon(*rings, srs=URN, more=""):
    outer, *holes = rings or (ring(),)
    inner = "".join(f"<gml:interior>{h}</gml:interior>" for h in holes)
    told = f' srsName="{srs}"' if srs else ""
    return f"<gml:Polygon{told}{more}><gml:exterior>{outer}</gml:exterior>{inner}</gml:Polygon>"


def thing(kind, body, oid=OID, ended=False):
    end = "<endet>2020-01-01T00:00:00Z</endet>" if ended else ""
    life = f"<AA_Lebenszeitintervall><beginnt>2014-02-14T11:31:00Z</beginnt>{end}</AA_Lebenszeitintervall>"
    return f'<{kind} gml:id="{oid}"><lebenszeitintervall>{life}</lebenszeitintervall>{body}</{kind}>'


def house(body="", oid=OID, shape=None, function="1010", **more):
    told = f"<gebaeudefunktion>{function}</gebaeudefunktion>" if function else ""
    return thing(
        "AX_Gebaeude", f"<position>{polygon() if shape is None else shape}</position>{told}{body}", oid, **more
    )


def key(street):
    return (
        "<AX_VerschluesselteLagebezeichnung><land>08</land><regierungsbezirk>1</regierungsbezirk><kreis>18</kreis>"
        f"<gemeinde>048</gemeinde><lage>{street}</lage></AX_VerschluesselteLagebezeichnung>"
    )


def location(number, street="00012", oid=LAGE, text=None):
    place = (
        f"<unverschluesselt>{text}</unverschluesselt>" if text else f"<verschluesselt>{key(street)}</verschluesselt>"
    )
    whole = f"<lagebezeichnung><AX_Lagebezeichnung>{place}</AX_Lagebezeichnung></lagebezeichnung>"
    if number is None:
        return thing("AX_LagebezeichnungOhneHausnummer", whole, oid)
    return thing("AX_LagebezeichnungMitHausnummer", f"{whole}<hausnummer>{number}</hausnummer>", oid)


def street(name="Hauptstraße", number="12", oid="DEBWL001000K0001"):
    body = f"<bezeichnung>{name}</bezeichnung><schluessel>{key(number)}</schluessel>"
    return thing("AX_LagebezeichnungKatalogeintrag", body, oid)


def link(oid=LAGE, role="zeigtAuf"):
    return f'<{role} xlink:href="urn:adv:oid:{oid}"/>'


def parcel(body="", oid=OID, number="08118800000123______", area="684.00", shape=None):
    told = (
        f'<flurstueckskennzeichen>{number}</flurstueckskennzeichen><amtlicheFlaeche uom="m2">{area}</amtlicheFlaeche>'
    )
    return thing("AX_Flurstueck", f"<position>{polygon() if shape is None else shape}</position>{told}{body}", oid)


def nas(*objects, version="7.1", root="AX_Bestandsdatenauszug", member="wfs:member", prolog="", crs=URN):
    told = f'<AA_Koordinatenreferenzsystemangaben><crs xlink:href="{crs}"/></AA_Koordinatenreferenzsystemangaben>'
    head = f"<koordinatenangaben>{told}</koordinatenangaben>" if crs else ""
    parts = "".join(f"<{member}>{o}</{member}>" if member else o for o in objects)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<{root} xmlns="http://www.adv-online.de/namespaces/adv/gid/'
        f'{version}" xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">{head}<enthaelt><wfs:FeatureCollection>{parts}'
        f"</wfs:FeatureCollection></enthaelt></{root}>"
    )


@pytest.fixture
def read(tmp_path):
    def _read(*objects, text=None, table="buildings", source_crs=None, crs=CRS, **options):
        path = tmp_path / "bestand.xml"
        path.write_text(text or nas(*objects, **options), encoding="utf-8")
        more = {"source_crs": source_crs} if source_crs else {}
        return sources.read("alkis_nas", path, crs=crs, table=table, **more)

    return _read


def kinds(reading):
    return {f.kind: f.count for f in reading.findings}


FULL = house(
    "<name>Rathaus</name><bauweise>1100</bauweise>"
    "<anzahlDerOberirdischenGeschosse>3</anzahlDerOberirdischenGeschosse>"
    '<objekthoehe uom="urn:adv:uom:m">11.50</objekthoehe><dachform>3100</dachform><baujahr>1965</baujahr>' + link()
)


@pytest.mark.parametrize(("version", "member"), [("6.0", "gml:featureMember"), ("7.0", "wfs:member"), ("7.1.2", "")])
def test_a_building_as_by_hand(read, version, member):
    reading = read(FULL, location("7a"), street(), version=version, member=member)
    row = reading.tables["buildings"].loc[OID]
    assert row.geometry.equals(shapely.box(X, Y, X + 10, Y + 10))
    assert row["footprint_m2"] == pytest.approx(100)
    assert (row["function_code"], row["roof_type"], row["name"]) == ("31001_1010", "3100", "Rathaus")
    assert (row["storeys"], row["height_m"], row["year_built"]) == (3, 11.5, 1965)
    assert (row["storeys_source"], row["year_built_source"]) == ("cadastre", "cadastre")
    assert (row["address"], row["addresses"]) == ("Hauptstraße 7a", 1)
    assert row["recorded_on"] == "2014-02-14"
    assert reading.findings == ()
    assert reading.facts["geoinfodok"] == [version]


def test_relative_height_and_several_years_of_geoinfodok_7(read):
    tall = "".join(
        f"<objekthoehe><AX_RelativeHoehe><hoehe>{h}</hoehe></AX_RelativeHoehe></objekthoehe>" for h in (6, 9)
    )
    row = read(house(f"{tall}<baujahr>1998</baujahr><baujahr>1907</baujahr>")).tables["buildings"].loc[OID]
    assert (row["height_m"], row["year_built"]) == (9, 1907)


def test_several_addresses_on_two_streets(read):
    places = [
        location(n, s, f"DEBWL001000L000{i}") for i, (n, s) in enumerate((("14", "12"), ("7", "012"), ("3 b", "9")))
    ]
    links = "".join(link(f"DEBWL001000L000{i}") for i in range(3))
    reading = read(house(links), *places, street(), street("Marktplatz", "00009", "DEBWL001000K0002"))
    row = reading.tables["buildings"].loc[OID]
    assert (row["address"], row["addresses"]) == ("Hauptstraße 7, 14; Marktplatz 3 b", 3)


def test_addresses_that_lead_nowhere(read):
    reading = read(house(link()), house(link(OTHER), oid=OTHER), location("5"))
    frame = reading.tables["buildings"]
    assert frame["address"].isna().all()
    assert frame.loc[OID, "addresses"] == 1
    assert kinds(reading) == {"unresolved_address": 1, "unknown_street": 1}


def test_parcel_with_its_locations(read):
    place = location(None, oid=OTHER, text="Obere Wiesen")
    links = link(role="weistAuf") + link(OTHER)
    reading = read(parcel(links), location("7"), place, street(), table="parcels")
    row = reading.tables["parcels"].loc["08118800000123______"]
    assert (row["area_m2"], row["address"]) == (684, "Hauptstraße 7; Obere Wiesen")


def test_gemarkungen_are_named(read):
    key_ = "<AX_Gemarkung_Schluessel><land>08</land><gemarkungsnummer>1188</gemarkungsnummer></AX_Gemarkung_Schluessel>"
    body = f"<schluessel>{key_}</schluessel><bezeichnung>Oßweil</bezeichnung>"
    assert read(FULL, thing("AX_Gemarkung", body, OTHER)).facts["gemarkungen"] == {"081188": "Oßweil"}


def test_land_use(read):
    def area(kind, oid, body=""):
        return thing(kind, f"<position>{polygon()}</position>{body}", oid)

    reading = read(
        area("AX_Wohnbauflaeche", OID),
        area("AX_IndustrieUndGewerbeflaeche", OTHER, "<funktion>1740</funktion><name>Werk Nord</name>"),
        FULL.replace(OID, "DEBWL00100000009"),
        table="land_use",
    )
    frame = reading.tables["land_use"]
    assert list(frame["kind"]) == ["Wohnbaufläche", "Industrie- und Gewerbefläche"]
    assert list(frame["function_code"]) == ["41001", "41002_1740"]
    assert frame.loc[OTHER, "name"] == "Werk Nord"
    assert list(frame["area_m2"]) == [100, 100]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<zustand>2200</zustand>", "ruin"),
        ("<zustand>2300</zustand>", "ruin"),
        ("<zustand>3000</zustand>", "planned"),
        ("<zustand>4000</zustand>", "under_construction"),
        ("<lageZurErdoberflaeche>1200</lageZurErdoberflaeche>", "underground"),
    ],
)
def test_what_is_no_building_to_heat_is_set_aside(read, body, kind):
    reading = read(FULL, location("7"), street(), house(body, oid=OTHER))
    assert (reading.rows_in, reading.rows_out) == (2, 1)
    assert kinds(reading) == {kind: 1}


def test_empty_and_leaning_buildings_stay(read):
    bodies = ("<zustand>2100</zustand>", "<lageZurErdoberflaeche>1400</lageZurErdoberflaeche>")
    assert read(house(bodies[0]), house(bodies[1], oid=OTHER)).rows_out == 2


def test_versions_of_an_object(read):
    old = house("<baujahr>1900</baujahr>", oid=f"{OID}20111016T122010Z", ended=True)
    new = house("<baujahr>1901</baujahr>", oid=f"{OID}20200101T000000Z")
    reading = read(old, new, new)
    assert list(reading.tables["buildings"]["year_built"]) == [1901]
    assert kinds(reading) == {"historic": 1, "duplicate_id": 1}


def test_courtyard_and_two_parts(read):
    court = ring(((4, 4), (6, 4), (6, 6), (4, 6)))
    reading = read(house(shape=polygon(ring(), court)))
    assert reading.tables["buildings"]["footprint_m2"].tolist() == pytest.approx([96])
    members = "".join(f"<gml:surfaceMember>{polygon(ring(at=(x, 0)))}</gml:surfaceMember>" for x in (0, 30))
    reading = read(house(shape=f'<gml:MultiSurface srsName="{URN}">{members}</gml:MultiSurface>'))
    shape = reading.tables["buildings"].geometry.iloc[0]
    assert (shape.geom_type, shape.area) == ("MultiPolygon", pytest.approx(200))


def test_half_round_tower_on_a_house(read):
    line = ("LineStringSegment", ((10, 10), (0, 10), (0, 0), (10, 0)))
    arc = ("Arc", ((10, 0), (15, 5), (10, 10)))
    shape = read(house(shape=polygon(curves(line, arc)))).tables["buildings"].geometry.iloc[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(100 + math.pi * 25 / 2, abs=0.01 * math.pi * 5)
    centre = shapely.Point(X + 10, Y + 5)
    edge = [shapely.Point(p).distance(centre) for p in shape.exterior.coords if p[0] > X + 10.001]
    assert max(edge) == pytest.approx(5, abs=1e-4)
    assert (X + 15, Y + 5) in [(round(x, 4), round(y, 4)) for x, y in shape.exterior.coords]


@pytest.mark.parametrize(
    "segment",
    [
        ("Circle", ((0, 0), (5, 5), (10, 0))),
        ("Circle", ((0, 0), (5, -5), (10, 0))),
        ("ArcString", ((0, 0), (5, 5), (10, 0), (5, -5), (0, 0))),
    ],
)
def test_round_buildings(read, segment):
    shape = read(house(shape=polygon(curves(segment)))).tables["buildings"].geometry.iloc[0]
    assert shape.area == pytest.approx(math.pi * 25, rel=0.01)
    assert shape.hausdorff_distance(shapely.Point(X + 5, Y).buffer(5, quad_segs=200)) < 0.011


@pytest.mark.parametrize("radius_m", [0.005, 0.5, 8.0, 300.0, 50_000.0])
@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("sweep", [0.3, 2.0, 3.2, 6.2])
def test_arcs_stay_within_a_centimetre(radius_m, turn, sweep):
    angles = 1.3 + turn * np.array([0, 0.37, 1]) * sweep
    points = radius_m * np.column_stack([np.cos(angles), np.sin(angles)])
    line = linearise(points)
    middles = (line[1:] + line[:-1]) / 2
    assert np.hypot(*line.T) == pytest.approx(radius_m, rel=1e-6)
    assert (radius_m - np.hypot(*middles.T)).max() < 0.01 + 1e-6
    assert (line[0] == points[0]).all()
    assert (line[-1] == points[2]).all()
    assert (line == points[1]).all(axis=1).any()
    steps = np.diff(np.unwrap(np.arctan2(line[:, 1], line[:, 0])))
    assert (turn * steps > 0).all()
    assert abs(steps.sum()) == pytest.approx(sweep)


def test_arcs_that_are_none():
    assert linearise(np.array([[0.0, 0], [5, 0], [10, 0]])).tolist() == [[0, 0], [5, 0], [10, 0]]
    assert linearise(np.array([[0.0, 0], [0, 0], [0, 0]])).tolist() == [[0, 0], [0, 0], [0, 0]]
    assert len(linearise(np.array([[0.0, 0], [5, 1e-9], [10, 0]]))) == 3


def test_turned_curves_and_curves_without_a_rule(read):
    turned = (
        '<gml:curveMember><gml:OrientableCurve orientation="-"><gml:baseCurve><gml:LineString><gml:posList>'
        f"{coordinates(((0, 0), (0, 10), (10, 10)))}</gml:posList></gml:LineString></gml:baseCurve>"
        "</gml:OrientableCurve></gml:curveMember>"
    )
    spline = curves(("CubicSpline", ((0, 0), (10, 0), (10, 10)))).replace("</gml:Ring>", f"{turned}</gml:Ring>")
    reading = read(house(shape=polygon(spline)))
    assert reading.tables["buildings"]["footprint_m2"].tolist() == [100]
    assert kinds(reading) == {"odd_curve": 1}


def test_heights_in_the_coordinates_are_left_out(read):
    points = " ".join(f"{X + x} {Y + y} 290.0" for x, y in (*SQUARE, SQUARE[0]))
    shape = polygon(f"<gml:LinearRing><gml:posList>{points}</gml:posList></gml:LinearRing>", more=' srsDimension="3"')
    single = "".join(f"<gml:pos>{X + x} {Y + y}</gml:pos>" for x, y in (*SQUARE, SQUARE[0]))
    reading = read(house(shape=shape), house(oid=OTHER, shape=polygon(f"<gml:LinearRing>{single}</gml:LinearRing>")))
    assert reading.tables["buildings"]["footprint_m2"].tolist() == [100, 100]


@pytest.mark.parametrize(
    "points",
    [
        "",
        "1 2 3",
        f"{X} {Y} {X} {Y} {X} {Y} {X} {Y}",
        f"{X} {Y} nan {Y} {X} {Y + 9} {X} {Y}",
        "1e300 0 0 1e300 5 5 9 9",
    ],
)
def test_broken_geometry_is_set_aside_and_the_rest_stays(read, points):
    shape = polygon(f"<gml:LinearRing><gml:posList>{points}</gml:posList></gml:LinearRing>")
    linked = '<gml:Ring><gml:curveMember xlink:href="#c1"/></gml:Ring>'
    objects = [house(oid=OTHER, shape=shape), house(oid="DEBWL00100000003", shape=polygon(linked)), house(shape="")]
    reading = read(FULL.replace(OID, "DEBWL00100000004"), location("7"), street(), *objects)
    assert reading.rows_out == 1
    assert kinds(reading)["no_geometry"] == 3


def test_bow_tie_is_mended(read):
    reading = read(house(shape=polygon(ring(((0, 0), (10, 10), (10, 0), (0, 10))))))
    assert reading.tables["buildings"]["footprint_m2"].tolist() == pytest.approx([50])
    assert kinds(reading) == {"repaired": 1}


def test_crs_of_the_object_of_the_file_and_of_the_plan(read):
    assert read(house(shape=polygon(srs=""))).rows_out == 1
    assert read(house(shape=polygon(srs="")), crs=CRS, source_crs=CRS, text=nas(house(shape=polygon(srs="")), crs=None))
    with pytest.raises(InputError, match="names no CRS"):
        read(house(shape=polygon(srs="")), text=nas(house(shape=polygon(srs="")), crs=None))
    other = read(house(), house(oid=OTHER, shape=polygon(srs="urn:ogc:def:crs:EPSG::25832")), crs="EPSG:25833")
    assert other.rows_out == 2
    assert (other.tables["buildings"].geometry.centroid.x < 100_000).all()


@pytest.mark.parametrize(
    ("srs", "words"),
    [
        ("urn:ogc:def:crs:EPSG::4258", "degrees"),
        ("urn:adv:crs:ETRS89_UTM33", None),
        ("urn:adv:crs:DE_DHDN_3GK3", "wrong CRS"),
        ("urn:adv:crs:MOON", "unknown coordinate system"),
    ],
)
def test_other_crs(read, srs, words):
    if words is None:
        assert read(house(shape=polygon(srs=srs)), crs=CRS).rows_out == 1
        return
    with pytest.raises(InputError, match=words):
        read(house(shape=polygon(srs=srs)))


def test_values_that_are_none(read):
    bodies = (
        "<baujahr>um 1900</baujahr><dachform>Satteldach</dachform>"
        "<anzahlDerOberirdischenGeschosse>0</anzahlDerOberirdischenGeschosse>"
        '<objekthoehe uom="m">8,5</objekthoehe>'
    )
    reading = read(house(bodies, function=None), house("<baujahr>19650</baujahr>", oid=OTHER))
    row = reading.tables["buildings"].loc[OID]
    assert row[["year_built", "roof_type", "storeys", "function_code"]].isna().all()
    assert row["height_m"] == 8.5
    assert kinds(reading) == {"unreadable_value": 2, "no_function": 1, "implausible_value": 1}


def test_references_across_the_files_of_a_delivery(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a.xml").write_text(nas(FULL, house(oid=OTHER)), encoding="utf-8")
    (tmp_path / "b" / "b.gml").write_text(nas(house(oid=OTHER), location("7")), encoding="utf-8")
    (tmp_path / "meta.xml").write_text("<MD_Metadata/>", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Gemarkung Oßweil/c.xml", nas(street(), version="6.0", member="gml:featureMember"))
    reading = sources.read("alkis_nas", tmp_path, crs=CRS)
    assert reading.tables["buildings"].loc[OID, "address"] == "Hauptstraße 7"
    assert kinds(reading) == {"duplicate_id": 1, "foreign_file": 1}
    assert reading.facts["geoinfodok"] == ["6.0", "7.1"]
    assert len(reading.files) == 4


def test_first_nba_delivery_is_read_and_changes_are_refused(read):
    root = "AX_NutzerbezogeneBestandsdatenaktualisierung_NBA"
    insert = "<wfs:Transaction><wfs:Insert>" + FULL + location("7") + street() + "</wfs:Insert>{}</wfs:Transaction>"
    whole = nas(insert.format(""), root=root, member="")
    assert read(text=whole).tables["buildings"].loc[OID, "address"] == "Hauptstraße 7"
    change = '<wfs:Delete typeNames="AX_Gebaeude"></wfs:Delete>'
    with pytest.raises(InputError, match="changes to a stock"):
        read(text=nas(insert.format(change), root=root, member=""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no readable XML"),
        ("Guten Tag", "no readable XML"),
        ("<html><body>404</body></html>", "the file is no NAS"),
        (nas(FULL, version="5.1"), "NAS 5.1"),
        (nas(parcel()), "no object of buildings"),
        (nas(FULL, prolog='<!DOCTYPE x [<!ENTITY a "b">]>'), "DOCTYPE"),
        (nas(FULL, prolog='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "DOCTYPE"),
        (nas(FULL)[:-60], f"the last complete object is {OID}"),
        (nas(house("<name>" + "x" * 10_000_001 + "</name>")), "damaged or cut off"),
        (nas(house("<a>" * 400 + "</a>" * 400)), "damaged or cut off"),
        (nas(house("\0")), "damaged or cut off"),
    ],
)
def test_hostile_and_foreign_files(read, text, words):
    with pytest.raises(InputError, match=words):
        read(text=text or " ")


def test_archives_that_point_outside_or_are_damaged(tmp_path):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil.xml", nas(FULL))
    with pytest.raises(InputError, match="out of the zip"):
        sources.read("alkis_nas", path, crs=CRS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b" " * 20_000_000)
    with pytest.raises(InputError, match="times its size"):
        sources.read("alkis_nas", path, crs=CRS)
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match="cannot be opened as zip"):
        sources.read("alkis_nas", path, crs=CRS)


def test_options_are_checked(read):
    with pytest.raises(PlanError, match="table"):
        read(FULL, table="roofs")


@pytest.mark.parametrize("member", ["", "wfs:member"])
def test_what_was_read_is_forgotten(member):
    objects = [o for i in range(1500) for o in (owner(), house(oid=f"DEBWL001{i:08d}"))]
    stream = io.BytesIO(nas(*objects, member=member).encode())
    found = features(stream, "7.1", {"AX_Gebaeude": {}}, Places(), "file")
    kept = [
        len(f.position.getparent().getparent()) + len(next(f.position.iterancestors("{*}FeatureCollection")))
        for f in found
    ]
    assert len(kept) == 1500
    assert max(kept) < 200


def everything_said(reading):
    tables = [t.to_csv() for t in reading.tables.values()]
    return "\n".join([*tables, repr(reading.findings), repr(reading.facts), repr(reading.files), reading.source])


def owner(kind="AX_Person", body=f"<nachnameOderFirma>{NAME}</nachnameOderFirma><vorname>{NAME}</vorname>"):
    return thing(kind, body, "DEBWL001000P0001")


OWNER_KINDS = ["AX_Person", "AX_Anschrift", "AX_Namensnummer", "AX_Buchungsblatt", "AX_Buchungsstelle"]


@pytest.mark.parametrize("table", ["buildings", "parcels", "land_use"])
@pytest.mark.parametrize("version", ["6.0", "7.1"])
def test_a_delivery_full_of_owners_gives_no_name(tmp_path, caplog, capfd, table, version):
    path = write_nas(make_town(40, 5), tmp_path / "town.xml", version=version, owners=[NAME] * 200)
    assert path.read_text(encoding="utf-8").count(NAME) >= 1000
    with caplog.at_level(0):
        reading = sources.read("alkis_nas", path, crs=CRS, table=table)
    out = capfd.readouterr()
    assert reading.rows_out > 20
    assert NAME not in everything_said(reading) + caplog.text + out.out + out.err


@pytest.mark.parametrize(
    "objects",
    [
        [owner(k, f"<{NAME}>{NAME}</{NAME}>") for k in OWNER_KINDS],
        [owner(body=house(f"<name>{NAME}</name>", oid=OTHER))],
        [owner(body=f"<wfs:member>{house(f'<name>{NAME}</name>', oid=OTHER)}</wfs:member>")],
        [owner(body=location("1", text=NAME)), house(link(), oid=OTHER)],
        [house(owner(), oid=OTHER), house(f"<hat>{NAME}</hat><{NAME}/>", oid="DEBWL00100000003")],
        [house(f"<baujahr>{NAME}</baujahr><dachform>{NAME}</dachform>", function=NAME, oid=OTHER)],
        [house(f"<zustand>{NAME}</zustand><name><AX_Person>{NAME}</AX_Person></name>", oid=OTHER)],
        [house(oid=NAME), house(oid=f"DE {NAME}000000"), house(link(NAME), oid=OTHER)],
        [house(link(), oid=OTHER), location(NAME), street()],
        [house(link(), oid=OTHER), location("3").replace("<hausnummer>", f"{owner()}<hausnummer>")],
        [house(shape=polygon(more=f' gml:id="{NAME}"'), oid=OTHER)],
        [house(shape=polygon(f"<gml:LinearRing><gml:posList>{NAME}</gml:posList></gml:LinearRing>"), oid=OTHER)],
    ],
)
def test_a_name_in_the_wrong_place_stays_there(read, caplog, objects):
    reading = read(house(), *objects)
    assert OID in reading.tables["buildings"].index
    assert NAME not in everything_said(reading) + caplog.text


@pytest.mark.parametrize(
    "text",
    [
        nas(FULL, owner(body=f"<nachnameOderFirma>{NAME}</{NAME}>")),
        nas(FULL, owner(body=f"&{NAME};")),
        nas(FULL, owner(body=f'<{NAME}:x a="1" a="{NAME}"/>')),
        nas(FULL, owner(body=f"<n>{NAME}")),
        nas(FULL, owner())[: nas(FULL, owner()).index(NAME) + 4],
        nas(FULL, owner(body=f"<n>{NAME}\0</n>")),
        f"<{NAME}>{NAME}</{NAME}>",
        f"<{NAME}>",
        nas(FULL, root=NAME),
        nas(FULL, version=NAME),
        nas(FULL, prolog=f'<!DOCTYPE {NAME} [<!ENTITY n "{NAME}">]>'),
        nas(house(shape=polygon(srs=NAME))),
        nas(house(shape=polygon(srs="")), crs=NAME),
    ],
)
def test_errors_do_not_quote_the_file(read, caplog, text):
    with pytest.raises(InputError) as caught:
        read(text=text)
    told = "".join(traceback.format_exception(caught.value, chain=True)).replace(str(text), "")
    seen, error = [], caught.value
    while error is not None:
        seen.append(repr(error))
        error = error.__cause__ or error.__context__
    assert NAME[:6] not in "".join(seen) + caplog.text
    assert NAME not in told


@pytest.mark.parametrize("version", ["6.0", "7.1"])
def test_the_made_town_comes_back(tmp_path, version):
    town = make_town(60, 3)
    path = write_nas(town, tmp_path / "town.xml", version=version)
    truth = town.buildings.set_axis(town.buildings.index.str[:16])
    frame = sources.read("alkis_nas", path, crs=CRS).tables["buildings"]
    assert list(frame.index) == list(truth.index)
    assert shapely.equals_exact(frame.geometry.array, truth.geometry.array, tolerance=0.001, normalize=True).all()
    for ours, theirs in (("function_code", "function"), ("address", "address"), ("roof_type", "roof")):
        assert (frame[ours].fillna("") == truth[theirs].fillna("")).all()
    assert (frame["year_built"] == truth["year_built"]).all()
    assert frame["height_m"].to_numpy() == pytest.approx(truth["height_m"].to_numpy(), abs=0.006)
    parcels = sources.read("alkis_nas", path, crs=CRS, table="parcels").tables["parcels"]
    assert list(parcels.index) == list(town.parcels["flstkennz"])
    land = sources.read("alkis_nas", path, crs=CRS, table="land_use").tables["land_use"]
    assert land["area_m2"].sum() == pytest.approx(town.parcels.geometry.area.sum(), rel=1e-4)


@pytest.mark.testdata
def test_the_real_parcel(testdata):
    path = testdata / "nrw_lod2" / "duisburg_baerl" / "flurstueckrequired.gml"
    reading = sources.read("alkis_nas", path, crs=CRS, table="parcels")
    row = reading.tables["parcels"].loc["05329001100085______"]
    assert row["area_m2"] == 684
    assert row.geometry.area == pytest.approx(683.56, abs=0.01)
    assert kinds(reading) == {"unresolved_address": 1}
    with pytest.raises(InputError, match="no object of buildings"):
        sources.read("alkis_nas", path, crs=CRS)
