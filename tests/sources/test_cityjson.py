"""CityJSON by hand: the gabled house of 10 m x 8 m, eaves at 5 m, ridge at 8 m along x, in all its spellings."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

from klimastep.contract import check
from klimastep.errors import InputError
from klimastep.sources import _lod2_files, cityjson
from klimastep.sources import read as read_source
from klimastep.tables import BUILDINGS, ROOFS

CRS = "EPSG:25832"
ORIGIN = (513_000.0, 5_416_000.0, 290.0)
CORNERS = [
    (0, 0, 0),
    (10, 0, 0),
    (10, 8, 0),
    (0, 8, 0),
    (0, 0, 5),
    (10, 0, 5),
    (10, 8, 5),
    (0, 8, 5),
    (0, 4, 8),
    (10, 4, 8),
]
FACES = [
    ("GroundSurface", [0, 3, 2, 1]),
    ("RoofSurface", [4, 5, 9, 8]),
    ("RoofSurface", [6, 7, 8, 9]),
    ("WallSurface", [0, 1, 5, 4]),
    ("WallSurface", [2, 3, 7, 6]),
    ("WallSurface", [3, 0, 4, 8, 7]),
    ("WallSurface", [1, 2, 6, 9, 5]),
]
MEASURES = ["footprint_m2", "roof_area_m2", "wall_area_m2", "volume_m3", "eaves_height_m"]
BY_HAND = [80, 100, 204, 520, 5]


def shape(kind="Solid", lod="2.2", faces=FACES, semantics=True, first=0):
    surfaces = [[[first + n for n in ring]] for _, ring in faces]
    names = sorted({name for name, _ in faces})
    values = [names.index(name) for name, _ in faces]
    wraps = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2}[kind]
    for _ in range(wraps):
        surfaces, values = [surfaces], [values]
    out = {"type": kind, "lod": lod, "boundaries": surfaces}
    if semantics:
        out["semantics"] = {"surfaces": [{"type": n} for n in names], "values": values}
    return out


def house(*geometry, kind="Building", **more):
    return {"type": kind, "geometry": list(geometry), **more}


def model(objects, version="2.0", system="https://www.opengis.net/def/crs/EPSG/0/25832", corners=CORNERS, **more):
    out = {"type": "CityJSON", "version": version, "CityObjects": objects, **more}
    if version == "1.0":
        out["vertices"] = [[c + o for c, o in zip(corner, ORIGIN, strict=True)] for corner in corners]
    else:
        out["transform"] = {"scale": [0.001] * 3, "translate": list(ORIGIN)}
        out["vertices"] = [[round(c * 1000) for c in corner] for corner in corners]
    if system:
        out["metadata"] = {"referenceSystem": system}
    return out


@pytest.fixture
def read(tmp_path):
    def _read(*objects, crs=CRS, source_crs=None, **options):
        path = tmp_path / "a.city.json"
        named = {f"b{n}": thing for n, thing in enumerate(objects)}
        path.write_text(json.dumps(model(named, **options)), encoding="utf-8")
        reading = cityjson.read(path, crs=crs, source_crs=source_crs)
        check(reading.tables["buildings"], BUILDINGS, partial=True)
        check(reading.tables["roofs"], ROOFS, partial=True)
        assert reading.closes
        return reading

    return _read


def kinds(reading):
    return {f.kind for f in reading.findings}


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
@pytest.mark.parametrize("kind", ["MultiSurface", "CompositeSurface", "Solid", "MultiSolid"])
def test_gabled_house_measures_as_by_hand(read, version, kind):
    told = {
        "function": "31001_1000",
        "roofType": "3100",
        "measuredHeight": 8.0,
        "storeysAboveGround": 2,
        "yearOfConstruction": 1965,
    }
    reading = read(house(shape(kind), attributes=told), version=version)
    row = reading.tables["buildings"].loc["b0"]
    assert row[MEASURES].to_list() == pytest.approx(BY_HAND)
    assert (row["function_code"], row["roof_type"], row["year_built"], row["storeys"]) == (
        "31001_1000",
        "3100",
        1965,
        2,
    )
    assert row["height_m"] == pytest.approx(8)
    roofs = reading.tables["roofs"]
    assert list(roofs["azimuth_deg"]) == pytest.approx([180, 0])
    assert roofs["area_m2"].to_numpy() == pytest.approx(50)
    assert reading.findings == ()


def test_without_semantics_the_direction_tells(read):
    reading = read(house(shape(semantics=False)))
    assert reading.tables["buildings"].loc["b0", MEASURES].to_list() == pytest.approx(BY_HAND)
    assert "no_surfaces" in kinds(reading)


def test_highest_level_below_3_counts_and_lod0_does_not(read):
    flat = [("GroundSurface", [0, 3, 2, 1])]
    block = [*flat, ("RoofSurface", [4, 5, 6, 7])]
    levels = [shape("MultiSurface", "0", flat), shape("MultiSurface", "1.3", block), shape(lod="2.2"), shape(lod="3.1")]
    reading = read(house(*levels))
    assert reading.tables["buildings"].loc["b0", MEASURES].to_list() == pytest.approx(BY_HAND)
    only = read(house(shape()), house(shape("MultiSurface", "0", flat)))
    assert (only.rows_in, only.rows_out) == (2, 1)
    assert "no_geometry" in kinds(only)


def test_lod1_is_a_block_and_says_so(read):
    faces = [
        FACES[0],
        ("x", [4, 5, 6, 7]),
        ("x", [0, 1, 5, 4]),
        ("x", [1, 2, 6, 5]),
        ("x", [2, 3, 7, 6]),
        ("x", [3, 0, 4, 7]),
    ]
    reading = read(house(shape(lod="1.2", faces=faces, semantics=False)))
    row = reading.tables["buildings"].loc["b0"]
    assert row[MEASURES].to_list() == pytest.approx([80, 80, 180, 400, 5])
    assert row["envelope_source"] == "estimated"
    assert set(reading.tables["roofs"]["geometry_source"]) == {"default"}
    assert kinds(reading) == {"lod1_block", "no_function"}


def test_parts_become_one_building_and_lonely_ones_are_named(read):
    away = [(x + 20, y, z) for x, y, z in CORNERS]
    whole = {"type": "Building", "children": ["b1", "b2", "gone"], "attributes": {"function": "x"}}
    parts = [
        house(shape(), kind="BuildingPart", parents=["b0"], attributes={"measuredHeight": 8, "storeysAboveGround": 2}),
        house(shape(first=10), kind="BuildingPart", parents=["b0"], attributes={"storeysAboveGround": 1}),
    ]
    lonely = house(shape(first=10), kind="BuildingPart", parents=["far"])
    reading = read(whole, *parts, lonely, house(shape(), kind="BuildingInstallation"), corners=[*CORNERS, *away])
    rows = reading.tables["buildings"]
    assert list(rows.index) == ["b0", "b3"]
    assert rows.loc["b0", ["footprint_m2", "volume_m3", "storeys"]].to_list() == pytest.approx([160, 1040, 1.5])
    assert (reading.rows_in, reading.facts["building_parts"]) == (2, 2)
    assert {"part_missing", "part_alone"} <= kinds(reading)


def test_address_windows_and_holes(read):
    address = [{"ThoroughfareName": "Marktstraße", "ThoroughfareNumber": 7, "LocalityName": "Musterstadt"}]
    thing = house(shape("MultiSurface"), address=address)
    wall = thing["geometry"][0]
    wall["boundaries"][3].append([10, 11, 12])
    wall["boundaries"].append([[10, 12, 11]])
    wall["semantics"]["surfaces"].append({"type": "Window", "parent": 2})
    wall["semantics"]["values"].append(3)
    reading = read(thing, corners=[*CORNERS, (1, 0, 1), (1, 0, 2), (2, 0, 1)])
    row = reading.tables["buildings"].loc["b0"]
    assert row["wall_area_m2"] == pytest.approx(204)
    assert (row["address"], row["addresses"]) == ("Marktstraße 7", 1)


def test_a_sequence_reads_like_the_whole(tmp_path):
    things = {f"b{n}": house(shape(first=10 * n)) for n in range(3)}
    corners = [(x + 20 * n, y, z) for n in range(3) for x, y, z in CORNERS]
    whole = model(things, corners=corners)
    (tmp_path / "a.json").write_text(json.dumps(whole), encoding="utf-8")
    lines = [json.dumps({**whole, "CityObjects": {}, "vertices": []})]
    for n in range(3):
        part = {"type": "CityJSONFeature", "id": f"b{n}", "CityObjects": {f"b{n}": house(shape())}}
        lines.append(json.dumps({**part, "vertices": whole["vertices"][10 * n : 10 * n + 10]}))
    (tmp_path / "b.city.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    one, other = (cityjson.read(tmp_path / n, crs=CRS) for n in ("a.json", "b.city.jsonl"))
    for name, frame in one.tables.items():
        assert_geodataframe_equal(frame, other.tables[name])
    (tmp_path / "b.city.jsonl").write_text("\n".join([*lines[:2], "{"]), encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.city\.jsonl, line 3: no readable JSON"):
        cityjson.read(tmp_path / "b.city.jsonl", crs=CRS)


def test_zip_and_folder_in_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(_lod2_files, "MIN_PARALLEL_BYTES", 0)
    (tmp_path / "a.json").write_text(json.dumps(model({"b0": house(shape())})), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x/y.json", json.dumps(model({"b1": house(shape()), "b0": house(shape())})))
    serial, parallel = (cityjson.read(tmp_path, crs=CRS, workers=n) for n in (1, 2))
    assert list(serial.tables["buildings"].index) == ["b0", "b1"]
    assert serial.findings == parallel.findings
    assert_geodataframe_equal(serial.tables["buildings"], parallel.tables["buildings"])


@pytest.mark.parametrize(
    "system", ["urn:ogc:def:crs:EPSG::25832", "https://www.opengis.net/def/crs/EPSG/0/25832", "EPSG:5555"]
)
def test_spellings_of_the_crs(read, system):
    reading = read(house(shape()), system=system, crs="EPSG:25833")
    assert reading.tables["buildings"].geometry.iloc[0].centroid.x < 200_000


def test_no_crs(read):
    with pytest.raises(InputError, match=r"names no CRS.*source_crs"):
        read(house(shape()), system=None)
    assert read(house(shape()), system=None, source_crs="EPSG:25832").rows_out == 1


@pytest.mark.testdata
@pytest.mark.parametrize(
    ("name", "crs", "counts", "sums", "found"),
    [
        ("delft.json", "EPSG:28992", (160, 160, 0, 1265), (8654.0, 8654.0, 33060), "lod1_block"),
        ("rotterdam_subset.json", "EPSG:28992", (16, 16, 0, 41), (2188.0, 2205.4, 31296), "not_closed"),
        ("zurich_subset_lod2.json", "EPSG:2056", (49, 49, 161, 644), (9119.8, 12309.4, 141394), "roof_off_ground"),
    ],
)
def test_three_cities(testdata, name, crs, counts, sums, found):
    told = {"source_crs": crs} if "rotterdam" in name else {}
    reading = read_source("cityjson", testdata / "cityjson" / name, crs=crs, **told)
    buildings, roofs = reading.tables["buildings"], reading.tables["roofs"]
    assert (reading.rows_in, reading.rows_out, reading.facts["building_parts"], len(roofs)) == counts
    got = buildings[["footprint_m2", "roof_area_m2", "volume_m3"]].sum()
    assert got.to_numpy() == pytest.approx(sums, rel=1e-4)
    assert found in kinds(reading)
    block = buildings["footprint_m2"] * buildings["height_m"]
    assert (buildings["volume_m3"] / block).between(0.3, 1.1).mean() > 0.95
    plan = roofs.geometry.area.groupby(roofs["building_id"]).sum()
    flat = (roofs["area_m2"] * np.cos(np.radians(roofs["tilt_deg"]))).groupby(roofs["building_id"]).sum()
    pd.testing.assert_series_equal(plan, flat, check_names=False, rtol=0.01)


@pytest.mark.testdata
def test_rotterdam_asks_for_its_crs(testdata):
    with pytest.raises(InputError, match="names no CRS"):
        cityjson.read(testdata / "cityjson" / "rotterdam_subset.json", crs="EPSG:28992")
