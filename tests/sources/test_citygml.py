"""LoD2 by hand: a house of 10 m x 8 m, eaves at 5 m, ridge at 8 m along x; two roof planes of 50 m2 each."""

import zipfile
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

from klimastep.contract import check
from klimastep.errors import InputError, PlanError
from klimastep.sources import _lod2_files, citygml
from klimastep.tables import BUILDINGS, ROOFS

CRS = "EPSG:25832"
URN = "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"
X, Y, Z = 513_000.0, 5_416_000.0, 290.0
OID = "DEBWL00100000001"
GROUND = [(0, 0, 0), (0, 8, 0), (10, 8, 0), (10, 0, 0)]
SOUTH = [(0, 0, 5), (10, 0, 5), (10, 4, 8), (0, 4, 8)]
NORTH = [(10, 8, 5), (0, 8, 5), (0, 4, 8), (10, 4, 8)]
WALLS = [
    [(0, 0, 0), (10, 0, 0), (10, 0, 5), (0, 0, 5)],
    [(10, 8, 0), (0, 8, 0), (0, 8, 5), (10, 8, 5)],
    [(0, 8, 0), (0, 0, 0), (0, 0, 5), (0, 4, 8), (0, 8, 5)],
    [(10, 0, 0), (10, 8, 0), (10, 8, 5), (10, 4, 8), (10, 0, 5)],
]
GABLE = [("Ground", [GROUND]), ("Roof", [SOUTH]), ("Roof", [NORTH]), *(("Wall", [w]) for w in WALLS)]


def ring(points, at, pos=False):
    x, y = at
    moved = [(X + x + p[0], Y + y + p[1], Z + p[2]) for p in (*points, points[0])]
    if pos:
        return "".join(f"<gml:pos>{a} {b} {c}</gml:pos>" for a, b, c in moved)
    return f'<gml:posList srsDimension="3">{" ".join(f"{v}" for p in moved for v in p)}</gml:posList>'


def polygon(rings, at, pos=False):
    outer, *holes = (f"<gml:LinearRing>{ring(r, at, pos)}</gml:LinearRing>" for r in rings)
    inner = "".join(f"<gml:interior>{h}</gml:interior>" for h in holes)
    return f"<gml:Polygon><gml:exterior>{outer}</gml:exterior>{inner}</gml:Polygon>"


def surfaces(faces, at=(0, 0), pos=False):
    return "".join(
        f"<bldg:boundedBy><bldg:{kind}Surface><bldg:lod2MultiSurface><gml:MultiSurface><gml:surfaceMember>"
        f"{polygon(rings, at, pos)}</gml:surfaceMember></gml:MultiSurface></bldg:lod2MultiSurface>"
        f"</bldg:{kind}Surface></bldg:boundedBy>"
        for kind, rings in faces
    )


def solid(faces, at=(0, 0)):
    members = "".join(f"<gml:surfaceMember>{polygon(rings, at)}</gml:surfaceMember>" for _, rings in faces)
    return (
        "<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{members}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>"
    )


def attributes(height="8.0", function="31001_1000", extra=""):
    told = f"<bldg:function>{function}</bldg:function>" if function else ""
    measured = f'<bldg:measuredHeight uom="urn:adv:uom:m">{height}</bldg:measuredHeight>' if height else ""
    return f"{told}{extra}<bldg:roofType>3100</bldg:roofType>{measured}"


ADDRESS = (
    "<bldg:address><core:Address><core:xalAddress><xAL:AddressDetails><xAL:Country><xAL:Locality>"
    "<xAL:LocalityName>Musterstadt</xAL:LocalityName><xAL:Thoroughfare><xAL:ThoroughfareNumber>7</xAL:ThoroughfareNumber>"
    "<xAL:ThoroughfareName>Marktstraße</xAL:ThoroughfareName></xAL:Thoroughfare></xAL:Locality></xAL:Country>"
    "</xAL:AddressDetails></core:xalAddress></core:Address></bldg:address>"
)


def building(body, gml_id=OID, oid=None):
    reference = (
        f"<core:externalReference><core:informationSystem>x</core:informationSystem><core:externalObject>"
        f"<core:name>{oid or gml_id}</core:name></core:externalObject></core:externalReference>"
    )
    whole = f'<bldg:Building gml:id="{gml_id}">{reference}{body}</bldg:Building>'
    return f"<core:cityObjectMember>{whole}</core:cityObjectMember>"


def city(*buildings, version="1.0", srs=URN, prolog=""):
    envelope = f'<gml:boundedBy><gml:Envelope srsName="{srs}"/></gml:boundedBy>' if srs else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<core:CityModel '
        f'xmlns:core="http://www.opengis.net/citygml/{version}" '
        f'xmlns:bldg="http://www.opengis.net/citygml/building/{version}" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"{envelope}{''.join(buildings)}</core:CityModel>"
    )


@pytest.fixture
def read(tmp_path):
    def _read(*buildings, crs=CRS, source_crs=None, text=None, **options):
        path = tmp_path / "tile.gml"
        path.write_text(text or city(*buildings, **options), encoding="utf-8")
        reading = citygml.read(path, crs=crs, source_crs=source_crs)
        check(reading.tables["buildings"], BUILDINGS, partial=True)
        check(reading.tables["roofs"], ROOFS, partial=True)
        assert reading.closes
        return reading

    return _read


def kinds(reading):
    return {f.kind for f in reading.findings}


GOOD = building(attributes(extra="<bldg:yearOfConstruction>1965</bldg:yearOfConstruction>") + surfaces(GABLE) + ADDRESS)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_gabled_house_measures_as_by_hand(read, version):
    reading = read(GOOD, version=version)
    house = reading.tables["buildings"].loc[OID]
    assert house["footprint_m2"] == pytest.approx(80)
    assert house["roof_area_m2"] == pytest.approx(100)
    assert house["wall_area_m2"] == pytest.approx(204)
    assert house["volume_m3"] == pytest.approx(520)
    assert house["height_m"] == pytest.approx(8)
    assert house["eaves_height_m"] == pytest.approx(5)
    assert (house["function_code"], house["roof_type"], house["year_built"]) == ("31001_1000", "3100", 1965)
    assert (house["address"], house["addresses"]) == ("Marktstraße 7", 1)
    roofs = reading.tables["roofs"]
    assert list(roofs["building_id"]) == [OID, OID]
    assert roofs["tilt_deg"].to_numpy() == pytest.approx(np.degrees(np.arctan2(3, 4)))
    assert list(roofs["azimuth_deg"]) == pytest.approx([180, 0])
    assert roofs["area_m2"].to_numpy() == pytest.approx(50)
    assert roofs["eaves_m"].to_numpy() == pytest.approx(Z + 5)
    assert roofs.geometry.area.to_numpy() == pytest.approx(40)
    assert reading.findings == ()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_dates_of_model_and_footprint(read, version):
    dates = (
        f'<core:creationDate>2021-06-30</core:creationDate><gen:stringAttribute name="Grundrissaktualitaet" '
        f'xmlns:gen="http://www.opengis.net/citygml/generics/{version}"><gen:value>2020-11-02</gen:value>'
        "</gen:stringAttribute>"
    )
    row = read(building(dates + attributes() + surfaces(GABLE)), version=version).tables["buildings"].loc[OID]
    assert (row["recorded_on"], row["height_recorded_on"]) == ("2020-11-02", "2021-06-30")


def test_pos_elements_read_like_a_pos_list(read):
    reading = read(building(attributes() + surfaces(GABLE, pos=True)))
    assert reading.tables["buildings"]["volume_m3"].to_list() == pytest.approx([520])


def test_roof_and_ground_with_a_hole(read):
    hole = [(4, 1, 0), (5, 1, 0), (5, 2, 0), (4, 2, 0)]
    flat = [(0, 0, 3), (10, 0, 3), (10, 8, 3), (0, 8, 3)]
    faces = [("Ground", [GROUND, hole]), ("Roof", [flat, [(x, y, 3) for x, y, _ in reversed(hole)]])]
    reading = read(building(attributes("3.0") + surfaces(faces)))
    house = reading.tables["buildings"].loc[OID]
    assert (house["footprint_m2"], house["roof_area_m2"]) == pytest.approx((79, 79))
    assert reading.tables["roofs"]["azimuth_deg"].isna().all()
    assert house["volume_m3"] == pytest.approx(79 * 3)
    assert "not_closed" in kinds(reading)


def test_solid_alone_is_told_by_direction_whichever_way_it_looks(read):
    inwards = [(kind, [list(reversed(r)) for r in rings]) for kind, rings in GABLE]
    for faces in (GABLE, inwards):
        reading = read(building(attributes() + solid(faces)))
        house = reading.tables["buildings"].loc[OID]
        assert house[["footprint_m2", "roof_area_m2", "wall_area_m2", "volume_m3"]].to_list() == pytest.approx(
            [80, 100, 204, 520]
        )
        assert "no_surfaces" in kinds(reading)


def test_solid_that_repeats_the_surfaces_counts_once(read):
    house = read(building(attributes() + solid(GABLE) + surfaces(GABLE))).tables["buildings"].loc[OID]
    assert house[["roof_area_m2", "volume_m3"]].to_list() == pytest.approx([100, 520])


def test_surfaces_that_link_to_the_solid(read):
    named = solid(GABLE)
    for n in range(7):
        named = named.replace("<gml:Polygon>", f'<gml:Polygon gml:id="p{n}">', 1)
    links = "".join(
        f"<bldg:boundedBy><bldg:{kind}Surface><bldg:lod2MultiSurface><gml:MultiSurface>"
        f'<gml:surfaceMember xlink:href="#p{n}"/></gml:MultiSurface></bldg:lod2MultiSurface>'
        f"</bldg:{kind}Surface></bldg:boundedBy>"
        for n, (kind, _) in enumerate(GABLE)
    )
    reading = read(building(attributes() + named + links))
    assert reading.tables["buildings"].loc[OID, ["wall_area_m2", "volume_m3"]].to_list() == pytest.approx([204, 520])
    assert reading.findings == ()


def test_installations_and_other_levels_of_detail_are_left_out(read):
    balcony = (
        "<bldg:outerBuildingInstallation><bldg:BuildingInstallation>"
        f"{surfaces([('Roof', [SOUTH])], at=(50, 50))}</bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )
    lod1 = solid(GABLE, at=(3, 3)).replace("lod2Solid", "lod1Solid")
    reading = read(building(attributes() + lod1 + surfaces(GABLE) + balcony))
    assert reading.tables["buildings"].loc[OID, ["roof_area_m2", "volume_m3"]].to_list() == pytest.approx([100, 520])


def block(shape):
    if shape == "Solid":
        return solid(BLOCK).replace("lod2Solid", "lod1Solid")
    members = "".join(f"<gml:surfaceMember>{polygon(rings, (0, 0))}</gml:surfaceMember>" for _, rings in BLOCK)
    return f"<bldg:lod1MultiSurface><gml:MultiSurface>{members}</gml:MultiSurface></bldg:lod1MultiSurface>"


BLOCK = [
    ("Ground", [GROUND]),
    ("Roof", [[(0, 0, 6), (10, 0, 6), (10, 8, 6), (0, 8, 6)]]),
    ("Wall", [[(0, 0, 0), (10, 0, 0), (10, 0, 6), (0, 0, 6)]]),
    ("Wall", [[(10, 8, 0), (0, 8, 0), (0, 8, 6), (10, 8, 6)]]),
    ("Wall", [[(0, 8, 0), (0, 0, 0), (0, 0, 6), (0, 8, 6)]]),
    ("Wall", [[(10, 0, 0), (10, 8, 0), (10, 8, 6), (10, 0, 6)]]),
]


@pytest.mark.parametrize("shapes", [["Solid"], ["MultiSurface"], ["Solid", "MultiSurface"]])
def test_lod1_is_a_block_with_a_flat_roof_and_says_so(read, shapes):
    reading = read(building(attributes("6.0") + "".join(block(s) for s in shapes)))
    house = reading.tables["buildings"].loc[OID]
    assert house[["footprint_m2", "roof_area_m2", "wall_area_m2", "volume_m3"]].to_list() == pytest.approx(
        [80, 80, 216, 480]
    )
    assert house[["height_m", "eaves_height_m"]].to_list() == pytest.approx([6, 6])
    assert house["envelope_source"] == "estimated"
    (roof,) = reading.tables["roofs"].to_dict("records")
    assert (roof["tilt_deg"], roof["geometry_source"]) == (0, "default")
    assert kinds(reading) == {"lod1_block"}


def test_lod1_beside_lod2_is_not_a_block(read):
    reading = read(
        building(attributes() + block("Solid") + surfaces(GABLE)), building(attributes("6.0") + block("Solid"), "B2")
    )
    assert [f.ids for f in reading.findings if f.kind == "lod1_block"] == [("B2",)]


def new_city(body):
    """A house of CityGML 3.0: own namespaces for construction, GML 3.2, LoD2 in core."""
    return (
        '<CityModel xmlns="http://www.opengis.net/citygml/3.0" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/3.0" '
        'xmlns:con="http://www.opengis.net/citygml/construction/3.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xAL="urn:oasis:names:tc:ciq:xal:3"><gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::25832"/>'
        f'</gml:boundedBy><cityObjectMember><bldg:Building gml:id="B1">{body}</bldg:Building></cityObjectMember>'
        "</CityModel>"
    )


def test_citygml_3(read):
    body = surfaces(GABLE).replace("bldg:boundedBy", "boundary").replace("bldg:lod2", "lod2")
    for kind in ("Roof", "Wall", "Ground"):
        body = body.replace(f"bldg:{kind}Surface", f"con:{kind}Surface")
    told = (
        f"<externalReference><ExternalReference><targetResource>{OID}</targetResource></ExternalReference>"
        "</externalReference><con:dateOfConstruction>1965-04-01</con:dateOfConstruction>"
        "<con:height><con:Height><con:highReference>highestRoofEdge</con:highReference><con:status>measured</con:status>"
        '<con:value uom="m">8.0</con:value></con:Height></con:height><bldg:function>31001_1000</bldg:function>'
        "<bldg:address><Address><xalAddress><xAL:Address><xAL:Locality><xAL:NameElement>Musterstadt</xAL:NameElement>"
        "</xAL:Locality><xAL:Thoroughfare><xAL:NameElement>Marktstraße</xAL:NameElement><xAL:Number>7</xAL:Number>"
        "</xAL:Thoroughfare></xAL:Address></xalAddress></Address></bldg:address>"
    )
    other = "<bldg:buildingInstallation><bldg:BuildingInstallation>" + body + "</bldg:BuildingInstallation>"
    reading = read(text=new_city(told + body + other + "</bldg:buildingInstallation>"))
    house = reading.tables["buildings"].loc[OID]
    assert house[["footprint_m2", "roof_area_m2", "wall_area_m2", "volume_m3", "height_m"]].to_list() == pytest.approx(
        [80, 100, 204, 520, 8]
    )
    assert (house["year_built"], house["address"], house["addresses"]) == (1965, "Marktstraße 7", 1)
    assert reading.facts["citygml_versions"] == ["3.0"]


def test_processes_give_the_same_in_the_same_order(tmp_path, monkeypatch):
    monkeypatch.setattr(_lod2_files, "MIN_PARALLEL_BYTES", 0)
    for n in range(3):
        own = [building(attributes() + surfaces(GABLE, at=(20 * i, 30 * n)), f"DEBWL00{n}0000000{i}") for i in range(3)]
        (tmp_path / f"{n}.gml").write_text(city(GOOD, *own), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("z.gml", city(building(attributes("6.0") + block("Solid"), "B2"), GOOD))
    serial = citygml.read(tmp_path, crs="EPSG:25833", workers=1)
    with monkeypatch.context() as here:
        here.setattr(_lod2_files, "_pieces", None)  # of this process: the others have their own
        parallel = citygml.read(tmp_path, crs="EPSG:25833", workers=2)
    assert serial.rows_in == 14
    assert (serial.findings, serial.facts, serial.files) == (parallel.findings, parallel.facts, parallel.files)
    for name, frame in serial.tables.items():
        assert_geodataframe_equal(frame, parallel.tables[name])
    (tmp_path / "1.gml").write_text(city(GOOD)[:900], encoding="utf-8")
    for n in (1, 2):
        with pytest.raises(InputError, match=r"1\.gml: the file is damaged"):
            citygml.read(tmp_path, crs=CRS, workers=n)


def test_small_runs_start_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(_lod2_files, "ProcessPoolExecutor", None)
    for n in range(2):
        (tmp_path / f"{n}.gml").write_text(city(GOOD), encoding="utf-8")
    assert citygml.read(tmp_path, crs=CRS).rows_out == 1
    with pytest.raises(PlanError, match="workers: 0"):
        citygml.read(tmp_path, crs=CRS, workers=0)


def test_a_pool_that_breaks_leaves_the_work_to_this_process(tmp_path, monkeypatch):
    class Broken:
        def __init__(self, *args, **options):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def map(self, work, jobs):
            yield work(jobs[0])
            raise BrokenProcessPool

    monkeypatch.setattr(_lod2_files, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(_lod2_files, "ProcessPoolExecutor", Broken)
    for n in range(3):
        own = building(attributes() + surfaces(GABLE), f"DEBWL0000000000{n}")
        (tmp_path / f"{n}.gml").write_text(city(own), encoding="utf-8")
    reading = citygml.read(tmp_path, crs=CRS, workers=2)
    assert (reading.rows_in, reading.rows_out) == (3, 3)


def test_parts_become_one_building(read):
    def part(body):
        return (
            f"<bldg:consistsOfBuildingPart><bldg:BuildingPart>{body}</bldg:BuildingPart></bldg:consistsOfBuildingPart>"
        )

    storeys = "<bldg:storeysAboveGround>{}</bldg:storeysAboveGround>"
    reading = read(
        building(
            "<bldg:function>31001_1010</bldg:function>"
            + part(attributes("8.0", "", "") + storeys.format(2) + surfaces(GABLE))
            + part(attributes("7.5", "", "").replace("3100", "1000") + storeys.format(1) + surfaces(GABLE, at=(10, 0)))
        )
    )
    house = reading.tables["buildings"].loc[OID]
    assert reading.rows_in == 1
    assert reading.facts["building_parts"] == 2
    assert (house["height_m"], house["storeys"], house["roof_type"]) == (8.0, 1.5, "5000")
    assert house[["footprint_m2", "volume_m3", "eaves_height_m"]].to_list() == pytest.approx([160, 1040, 5])
    assert house.geometry.geom_type == "Polygon"


def test_small_annex_does_not_lower_the_eaves(read):
    shed = [
        ("Ground", [[(10, 0, 0), (10, 2, 0), (12, 2, 0), (12, 0, 0)]]),
        ("Roof", [[(10, 0, 2), (12, 0, 2), (12, 2, 2), (10, 2, 2)]]),
    ]
    assert read(building(attributes() + surfaces([*GABLE, *shed]))).tables["buildings"][
        "eaves_height_m"
    ].to_list() == pytest.approx([5])


def test_three_good_and_one_damaged_building(read):
    others = [building(attributes() + surfaces(GABLE, at=(20 * n, 0)), f"DEBWL0010000000{n}") for n in (2, 3)]
    damaged = building(attributes(), "DEBWL0010000BAD1")
    reading = read(GOOD, *others, damaged)
    assert (reading.rows_in, reading.rows_out) == (4, 3)
    (found,) = [f for f in reading.findings if f.severity == "set_aside"]
    assert (found.kind, found.count, found.ids) == ("no_geometry", 1, ("DEBWL0010000BAD1",))


def test_oddities_are_named(read):
    twisted = [
        *[f for f in GABLE if f != ("Roof", [SOUTH])],
        ("Roof", [[(0, 0, 5), (10, 0, 5), (10, 4, 8.5), (0, 4, 8)]]),
    ]
    sliver = ("Wall", [[(0, 0, 0), (0.0001, 0, 0), (0, 0, 0.0001)]])
    text = surfaces([*twisted, sliver, ("Roof", [WALLS[0]])])
    broken = text.replace("513000.0", "text", 1)
    extra = "<bldg:yearOfConstruction>20255</bldg:yearOfConstruction>"
    reading = read(building(attributes("-3", "1231", extra) + broken))
    assert {"not_planar", "degenerate_polygon", "vertical_roof", "broken_ring"} <= kinds(reading)
    assert {"height_implausible", "year_implausible", "function_unusual", "no_ground"} <= kinds(reading)
    house = reading.tables["buildings"].loc[OID]
    assert house["height_m"] == pytest.approx(8.5)
    assert house[["year_built"]].isna().all()
    year = next(f for f in reading.findings if f.kind == "year_implausible")
    assert year.ids == (f"{OID} (20255)",)


def test_default_and_differing_height_are_noticed(read):
    reading = read(building(attributes("1.0") + surfaces(GABLE)))
    assert {"height_default", "height_differs"} <= kinds(reading)


def test_building_in_two_tiles_is_kept_once(tmp_path):
    other = building(attributes() + surfaces(GABLE, at=(30, 0)), "DEBWL00100000009")
    (tmp_path / "a.gml").write_text(city(GOOD), encoding="utf-8")
    (tmp_path / "b.xml").write_text(city(GOOD, other), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("kacheln/ä.gml", city(other))
    reading = citygml.read(tmp_path, crs=CRS)
    assert (reading.rows_in, reading.rows_out, reading.closes) == (4, 2, True)
    found = next(f for f in reading.findings if f.kind == "duplicate_building")
    assert (found.count, found.severity) == (2, "set_aside")
    assert len(reading.files) == 3


def test_two_bodies_of_one_alkis_building_stay_apart(read):
    reading = read(
        building(attributes() + surfaces(GABLE), "UUID_1", OID),
        building(attributes() + surfaces(GABLE, at=(30, 0)), "UUID_2", OID),
    )
    assert list(reading.tables["buildings"].index) == [OID, "UUID_2"]
    assert "shared_oid" in kinds(reading)


def test_id_is_the_gml_id_without_an_alkis_reference(read):
    assert list(
        read(building(attributes() + surfaces(GABLE), "BLDG_0003", "0003000f0032da1b")).tables["buildings"].index
    ) == ["BLDG_0003"]


def test_other_zone_is_reprojected(read):
    house = read(GOOD, crs="EPSG:25833").tables["buildings"]
    assert house.geometry.iloc[0].centroid.x < 200_000
    assert house["volume_m3"].iloc[0] == pytest.approx(520, rel=0.01)


def test_no_crs_and_wrong_crs(read):
    with pytest.raises(InputError, match=r"names no CRS.*source_crs"):
        read(GOOD, srs=None)
    assert read(GOOD, srs=None, source_crs="EPSG:25832").rows_out == 1
    with pytest.raises(InputError, match="wrong CRS"):
        read(GOOD.replace("513", "9").replace("54160", "48"))
    with pytest.raises(InputError, match="in degrees"):
        read(GOOD, srs="urn:ogc:def:crs:EPSG::4258")


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize("prolog", [BOMB, EXTERNAL, REMOTE])
def test_document_types_are_refused_before_anything_is_read(read, prolog):
    text = city(GOOD, prolog=prolog).replace(
        "Marktstraße", "&e;" if prolog is EXTERNAL else "&c;" if prolog is BOMB else "x"
    )
    with pytest.raises(InputError, match=r"DOCTYPE|no readable XML"):
        read(text=text)


def test_truncated_file_names_the_last_complete_building(read):
    text = city(GOOD, building(attributes() + surfaces(GABLE), "DEBWL00100000002"))
    with pytest.raises(
        InputError, match=rf"tile\.gml: the file is damaged or cut off.*last complete building is {OID}"
    ):
        read(text=text[: text.index("DEBWL00100000002") + 900])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (city(GOOD, version="4.0"), r"CityGML 4\.0 is unknown"),
        ("<wfs:FeatureCollection xmlns:wfs='http://www.opengis.net/wfs/2.0'/>", "holds FeatureCollection"),
        ("{}", "no readable XML"),
        (city(), "no Building"),
    ],
)
def test_foreign_files_are_refused(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text=text)


def test_missing_file_and_empty_folder(tmp_path):
    (tmp_path / "kachel_1.gml").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match=r"missing; did you mean 'kachel_1\.gml'"):
        citygml.read(tmp_path / "kachel1.gml", crs=CRS)
    (tmp_path / "leer").mkdir()
    with pytest.raises(InputError, match="no GML file"):
        citygml.read(tmp_path / "leer", crs=CRS)


@pytest.mark.parametrize("name", ["../x.gml", "/x.gml", "C:/x.gml", "a\\..\\..\\x.gml"])
def test_zip_that_points_out_of_itself_is_refused(tmp_path, name):
    path = tmp_path / "lod2.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, city(GOOD))
    with pytest.raises(InputError, match="points out of the zip"):
        citygml.read(path, crs=CRS)


def test_zip_bomb_and_damaged_zip_are_refused(tmp_path):
    path = tmp_path / "lod2.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.gml", b" " * 20_000_000)
    with pytest.raises(InputError, match="times its size"):
        citygml.read(path, crs=CRS)
    path.write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InputError, match="cannot be opened as zip"):
        citygml.read(path, crs=CRS)
