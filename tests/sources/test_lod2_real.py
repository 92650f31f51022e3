"""The LoD2 files of three states read whole; the figures stand in VALIDATION.md."""

import numpy as np
import pandas as pd
import pytest

from klimastep.errors import InputError
from klimastep.sources import citygml, read

pytestmark = pytest.mark.testdata

NRW = "nrw_lod2/LoD2_32_280_5657_1_NW.gml"
BAERL = "nrw_lod2/duisburg_baerl/Lod2existingbuilding.gml"
DRESDEN = "saxony_lod2/LoD2_33_416_5656_2_SN_BuildingPreferences_14_Buildings_original.gml"
BERLIN = "mierendorff/lod2"
TILT_CLASSES = [-1, 1, 10, 25, 40, 60, 90]
# rows in, buildings, parts, roof planes; roof area by tilt class, footprint, volume, footprint x height
COUNTS = {NRW: (83, 83, 50, 181), BAERL: (4, 4, 4, 18), DRESDEN: (14, 14, 7, 187), BERLIN: (23, 22, 0, 158)}
ROOF_AREA = {
    NRW: [1541.5, 0, 724.8, 1511.8, 1911.1, 0],
    BAERL: [28.4, 0, 76.4, 15.5, 420.0, 0],
    DRESDEN: [669.3, 0, 276.3, 1995.8, 1028.3, 142.2],
    BERLIN: [2643.0, 1126.6, 2577.8, 6596.4, 4613.0, 0],
}
VOLUME = {NRW: (26016, 32649), BAERL: (2220, 3571), DRESDEN: (41957, 57596), BERLIN: (297288, 327240)}
ODDITIES = {
    NRW: {
        "not_closed": 2,
        "inner_walls": 2,
        "other_structure": 14,
        "degenerate_polygon": 1,
        "not_planar": 6,
        "height_default": 2,
    },
    BAERL: {},
    DRESDEN: {"rings_swapped": 1, "inner_walls": 2, "degenerate_polygon": 2},
    BERLIN: {
        "duplicate_building": 1,
        "inner_walls": 3,
        "roof_off_ground": 2,
        "degenerate_polygon": 1,
        "not_planar": 1,
        "function_unusual": 19,
        "no_function": 3,
    },
}
FILES = pytest.mark.parametrize("name", list(COUNTS), ids=["nrw", "baerl", "dresden", "berlin"])


@pytest.fixture(scope="module")
def readings(testdata):
    zones = {DRESDEN: "EPSG:25833", BERLIN: "EPSG:25833"}
    return {name: read("citygml", testdata / name, crs=zones.get(name, "EPSG:25832")) for name in COUNTS}


@FILES
def test_counts_close(readings, name):
    reading = readings[name]
    assert reading.closes
    got = (reading.rows_in, reading.rows_out, reading.facts["building_parts"], len(reading.tables["roofs"]))
    assert got == COUNTS[name]


@FILES
def test_roof_area_by_tilt(readings, name):
    roofs = readings[name].tables["roofs"]
    area = roofs["area_m2"].groupby(pd.cut(roofs["tilt_deg"], TILT_CLASSES), observed=False).sum()
    assert area.to_list() == pytest.approx(ROOF_AREA[name], abs=0.06)


@FILES
def test_volume_against_footprint_times_height(readings, name):
    buildings = readings[name].tables["buildings"]
    block = buildings["footprint_m2"] * buildings["height_m"]
    assert (buildings["volume_m3"].sum(), block.sum()) == pytest.approx(VOLUME[name], abs=0.6)
    ratio = buildings["volume_m3"] / block
    assert ratio.between(0.45, 1.05).all()


@FILES
def test_every_oddity_is_reported(readings, name):
    assert {f.kind: f.count for f in readings[name].findings} == ODDITIES[name]


@FILES
def test_roofs_cover_their_footprint(readings, name):
    tables = readings[name].tables
    plan = tables["roofs"].geometry.area.groupby(tables["roofs"]["building_id"]).sum()
    assert (plan / tables["buildings"]["footprint_m2"]).between(0.97, 1.05).all()
    flat = tables["roofs"]["area_m2"] * np.cos(np.radians(tables["roofs"]["tilt_deg"]))
    assert flat.sum() == pytest.approx(plan.sum(), rel=0.005)


@FILES
def test_walls_and_eaves_fit_the_body(readings, name):
    buildings = readings[name].tables["buildings"]
    buildings = buildings[buildings["function_code"] != "53001_1800"]  # bridges: their height is a default
    limit = buildings.geometry.length * buildings["height_m"] * 1.03
    assert (buildings["wall_area_m2"] <= limit).all()
    assert (buildings["eaves_height_m"] <= buildings["height_m"] + 0.01).all()


def test_bridges_of_the_nrw_tile_have_the_default_height(readings):
    buildings = readings[NRW].tables["buildings"]
    bridges = buildings[buildings["function_code"] == "53001_1800"]
    assert bridges["height_m"].to_list() == [1.0, 1.0]
    assert set(bridges["roof_type"]) == {"9999"}


def test_dresden_outline_given_as_hole_is_found(readings):
    house = readings[DRESDEN].tables["buildings"].loc["DESNALK0pF001iaq"]
    assert house["footprint_m2"] == pytest.approx(568.5, abs=0.1)


def test_citygml_3_of_the_same_site_reads_the_same(testdata, readings):
    new = read("citygml", testdata / "nrw_lod2" / "duisburg_baerl" / "site_full.gml", crs="EPSG:25832")
    assert (new.facts["citygml_versions"], new.facts["building_parts"], new.findings) == (["3.0"], 4, ())
    for name, old in readings[BAERL].tables.items():
        told = pd.DataFrame(old).drop(columns="recorded_on", errors="ignore")  # the new file does not say
        found = pd.DataFrame(new.tables[name])[told.columns]
        pd.testing.assert_frame_equal(found, told, check_exact=False, rtol=1e-9)


def test_plan_and_parcel_files_are_refused(testdata):
    folder = testdata / "nrw_lod2" / "duisburg_baerl"
    with pytest.raises(InputError, match="holds XPlanAuszug"):
        citygml.read(folder / "1251 Baerl.gml", crs="EPSG:25832")
    with pytest.raises(InputError, match="holds FeatureCollection"):
        citygml.read(folder / "flurstueckrequired.gml", crs="EPSG:25832")


def test_both_zones_in_one_run(testdata):
    """Dresden read into zone 32: areas grow by the scale of the zone's far edge, heights stay."""
    near = citygml.read(testdata / DRESDEN, crs="EPSG:25833").tables["buildings"]
    far = citygml.read(testdata / DRESDEN, crs="EPSG:25832").tables["buildings"]
    assert (far["footprint_m2"] / near["footprint_m2"]).to_numpy() == pytest.approx(1.0023, abs=0.001)
    assert far["height_m"].to_numpy() == pytest.approx(near["height_m"].to_numpy())
