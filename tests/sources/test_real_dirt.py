"""The dirt that is really in the test data, point by point as its README lists it: each is noticed, none swallowed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from validation import readers

from klimastep import cadastre, sources
from klimastep.addresses import house_numbers
from klimastep.census import CENSUS_AGE_BANDS
from klimastep.errors import InputError, PlanError
from klimastep.heat.meters import compare_blocks

pytestmark = pytest.mark.testdata
FOOTPRINTS = "mierendorff/buildings_and_building_parts.csv"
ATTRIBUTES = "mierendorff/building_attributes.csv"
METERS = "mierendorff/DistrictLevelData_2020_2021.csv"
COUNTS = "mierendorff/02_Gebäudealter.csv"
BLOCKS = "mierendorff/00_block_shape.shp"
TOWN = readers.LUDWIGSBURG
FLENSBURG = "heritage/stadt-flensburg-denkmalschutz.json"


@pytest.fixture(autouse=True)
def folder(testdata, monkeypatch):
    monkeypatch.setenv("KLIMASTEP_TESTDATA", str(testdata))
    return testdata


def found(name, place=0):
    """Return count by kind of what a reader noticed in a file."""
    findings = readers.reading(name, place).findings
    return (
        pd.Series([f.count for f in findings], index=[f.kind for f in findings], dtype="int64").groupby(level=0).sum()
    )


def finding(name, kind, place=0):
    return next(f for f in readers.reading(name, place).findings if f.kind == kind)


def table(name, place=0):
    return next(iter(readers.reading(name, place).tables.values()))


def test_1_unlabelled_crs(folder):
    told = readers.REAL[FOOTPRINTS][0].options
    with pytest.raises(PlanError, match="source_crs"):  # nothing is assumed
        sources.read("table_file", folder / FOOTPRINTS, crs=readers.ZONE_33, **{**told, "source_crs": None})
    for wrong in ("EPSG:25833", "EPSG:25832", "EPSG:4326"):
        with pytest.raises(InputError, match="wrong CRS"):
            sources.read("table_file", folder / FOOTPRINTS, crs=readers.ZONE_33, **{**told, "source_crs": wrong})
    blocks = table(BLOCKS)
    inside = table(FOOTPRINTS).representative_point().within(blocks.union_all())
    assert inside.mean() > 0.99  # EPSG:4839, not labelled, lands on the blocks of another file


def test_1_coordinates_with_height_are_the_same_place(folder):
    raw = pd.read_csv(folder / FOOTPRINTS, dtype=str)
    points = raw["coordinates"].str.extract(r"\[\[([\d.]+), ([\d.]+), ([\d.]+)\]").astype("float64")
    assert points.notna().all(axis=None)
    corners = gpd.GeoSeries(gpd.points_from_xy(points[0], points[1]), crs="EPSG:25833")
    shapes = gpd.GeoSeries(shapely.from_wkt(raw["geometry"].to_numpy()), crs="EPSG:4839").to_crs("EPSG:25833")
    assert corners.distance(shapes).median() < 0.01


def test_2_double_counting_of_wholes_and_parts(folder):
    raw = shapely.from_wkt(pd.read_csv(folder / FOOTPRINTS, dtype=str)["geometry"].to_numpy())
    assert (len(raw), pd.Series(shapely.to_wkb(raw)).duplicated().sum()) == (1900, 300)
    units = table(FOOTPRINTS)
    assert found(FOOTPRINTS).to_dict() == {"whole_of_parts": 299, "repaired": 2}
    assert units.geometry.is_valid.all()
    once, dropped = cadastre.clean(_stock(units))
    assert [(f.kind, f.count) for f in dropped] == [("duplicate_footprint", 1)]
    assert shapely.area(raw).sum() > 1.29 * once.area.sum()  # what the file would have counted
    assert once.area.sum() == pytest.approx(once.union_all().area, rel=0.01)


def test_2_lost_courtyards_cannot_be_found(folder):
    """One ring only: no hole is left in the file, and the run says footprints, not plots."""
    raw = shapely.from_wkt(pd.read_csv(folder / FOOTPRINTS, dtype=str)["geometry"].to_numpy())
    assert shapely.get_num_interior_rings(raw).sum() == 0
    assert shapely.is_valid(raw).sum() == 1897
    assert set(finding(FOOTPRINTS, "repaired").ids) <= set(table(FOOTPRINTS).index)


def _stock(units):
    return cadastre.merge([("units", "cadastre", units), ("attributes", "cadastre", table(ATTRIBUTES))])[0]


def test_3_district_heat_that_is_missing_in_one_year():
    told = finding(METERS, "known_in_some_years")
    assert told.ids == ("020023 district_heat",)
    frame = table(METERS).set_index(["unit_id", "carrier", "year"])["energy_kwh_a"]
    assert frame["020023", "gas", 2021] == pytest.approx(57_911)
    assert frame["020023"].xs(2020, level="year").sum() == pytest.approx(894_716)
    assert np.isnan(frame["020023", "district_heat", 2021])


def test_3_repeated_rows_count_once_and_leading_zeros_come_back(folder):
    raw = pd.read_csv(folder / METERS, dtype=str)
    assert raw["blknr"].value_counts()[["19742", "20670"]].to_list() == [3, 2]
    assert finding(METERS, "repeated_row").count == 3 * 4
    assert finding(METERS, "repeated_row").severity == "set_aside"
    frame = table(METERS)
    assert not frame.duplicated(["unit_id", "carrier", "year"]).any()
    assert set(frame["unit_id"]) == set(table(BLOCKS).index) == set(_padded(folder))


def _padded(folder):
    return pd.read_csv(folder / COUNTS, dtype=str)["blknr"]


def test_3_joint_meters_count_once():
    assert readers.reading(METERS).facts["joint_units"]["gas"] == [
        ["019033", "019759"], ["019692", "019901"], ["019708", "020902"],
    ]  # fmt: skip
    frame = table(METERS)
    joint = frame[frame["status"] == "joint"]
    assert finding(METERS, "joint_meter").count == len(joint) == 16
    assert joint["energy_kwh_a"].notna().sum() == 8


def test_3_confidential_is_neither_zero_nor_unknown(folder):
    raw = pd.read_csv(folder / METERS, dtype=str)
    assert (raw["gas_excluded_2021"].notna().sum(), raw["gas_excluded_2020"].notna().sum()) == (8, 0)
    frame = table(METERS)
    secret = frame[frame["status"] == "confidential"]
    assert secret.index.tolist() == ["020022-gas-2021"]
    assert secret["energy_kwh_a"].isna().all()
    assert found(METERS)[["confidential_value", "unknown_value"]].to_list() == [1, 54]


def test_3_an_empty_cell_is_unknown_and_told_both_ways():
    frame = table(METERS)
    assert not (frame["energy_kwh_a"] == 0).any()
    sums = pd.DataFrame(
        {"expected_heat_kwh_a": 1e6, "space_heat_kwh_a": 8e5, "hot_water_kwh_a": 2e5, "floor_area_m2": 1e4},
        index=table(BLOCKS).index,
    )
    gap = frame[(frame["carrier"] == "district_heat") & frame["energy_kwh_a"].isna() & (frame["year"] == 2020)]
    strict = compare_blocks(sums, frame).set_index(["unit_id", "year"])["left_out"]
    loose = compare_blocks(sums, frame, empty="not_connected").set_index(["unit_id", "year"])["left_out"]
    keys = [(unit, 2020) for unit in gap.loc[gap["status"] == "unknown", "unit_id"]]
    assert not (strict[keys] == "").any()
    assert 0 < (loose[keys] == "").sum() < len(keys)  # the other reading is another result, not a repair


def test_4_a_year_that_is_the_same_for_a_block_is_no_knowledge():
    stock = _stock(table(FOOTPRINTS))
    assert set(stock["year_built"].dropna()) == {1900, 1905, 1925, 1935, 1955, 1985, 2013}
    assert stock.groupby("block_id")["year_built"].nunique().max() == 1
    dated, told = cadastre.default_years(stock)
    assert [f.kind for f in told] == ["one_year_per_block"]
    known = dated["year_built"].notna()
    assert (dated.loc[known, "year_built_source"] == "default").all()


def test_4_counts_that_blocks_share_are_told():
    assert finding(COUNTS, "same_counts").ids == ("020021", "020691", "020902")


def test_4_a_block_drawn_as_one_building_is_told():
    blocks = table(BLOCKS)
    told = cadastre.odd_footprints(_stock(table(FOOTPRINTS)), blocks)
    assert [f.kind for f in told] == ["block_as_building"]
    stock = table(FOOTPRINTS)
    assert "020030" in set(stock.loc[list(told[0].ids), "block_id"])


def test_5_suppressed_counts_and_missing_classes_are_unknown():
    cells = table(TOWN, 2)
    counts = cells.filter(regex="^(buildings|dwellings)_")
    assert counts.min().min() == 3
    assert counts.isna().to_numpy().sum() == finding(TOWN, "suppressed", 2).count == 40_075
    assert "dwellings_1949_1978" in finding(TOWN, "class_missing", 2).ids
    assert "dwellings_1949_1978" not in cells or cells["dwellings_1949_1978"].isna().all()
    assert (
        cells[[f"buildings_{band}" for band, _, _ in CENSUS_AGE_BANDS]].sum().sum() == 12_485
    )  # of 14,522: what the grid lacks is not made up


def test_5_the_content_is_that_of_2011():
    assert max(year for _, _, year in CENSUS_AGE_BANDS) == 2011
    assert "2011" in readers.reading(TOWN, 2).attribution


def test_6_a_generalised_boundary_leaves_points_outside():
    boundary, towns, points = table(TOWN, 0), table(TOWN, 1), table(TOWN, 3)
    assert boundary.area.sum() / 1e6 == pytest.approx(44.29, abs=0.005)
    assert towns.loc["08118048", "area_m2"] / 1e6 == pytest.approx(43.90, abs=0.005)
    outside = ~points.intersects(boundary.union_all())
    assert (len(points), outside.sum()) == (22, 2)  # the reader keeps them, no boundary cuts them off


def test_7_vertical_walls_and_parts_without_function():
    name = "saxony_lod2/polygon_filtered_lod2.geojson"
    frame = table(name)
    assert found(name).to_dict() == {"vertical_surface": 55, "other_surface": 28, "function_of_parent": 22}
    assert len(frame) == 28
    assert frame.index.is_unique
    assert frame["function_code"].notna().all()
    assert frame["parent_id"].notna().sum() == 22
    assert (frame.area > 10).all()
    assert frame["height_m"].between(3, 80).all()
    text = frame.drop(columns="geometry").to_csv() + repr(readers.reading(name).findings)
    assert "C:/" not in text
    assert "Users" not in text  # the paths of another computer stay in the file


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("nrw_lod2/LoD2_32_280_5657_1_NW.gml", {"other_structure": 14, "not_planar": 6, "height_default": 2}),
        ("mierendorff/lod2", {"duplicate_building": 1, "function_unusual": 19, "no_function": 3, "not_planar": 1}),
        ("saxony_lod2/LoD2_33_416_5656_2_SN_BuildingPreferences_14_Buildings_original.gml", {"rings_swapped": 1}),
        (f"{readers.BAERL}/Lod2existingbuilding.gml", {}),
        (f"{readers.BAERL}/site_full.gml", {}),
    ],
    ids=["nrw", "berlin", "dresden", "baerl", "baerl_3"],
)
def test_8_citygml_of_three_versions_and_their_oddities(name, kinds):
    got = found(name)
    assert {kind: got[kind] for kind in kinds} == kinds
    assert len(table(name).crs.to_authority()) == 2


def test_8_codes_that_are_no_building_are_not_heated():
    codes = pd.Series(["51009_1610", "53001_1800", "31001_1231", "1231", "1169", "9999"])
    frame = gpd.GeoDataFrame(
        {"function_code": codes.astype("str"), "height_m": 8.0},
        geometry=[shapely.box(0, 0, 20, 20)] * 6,
        crs=readers.ZONE_32,
    )
    used = cadastre.use(
        frame.rename_axis("building_id").set_axis(pd.Index(list("abcdef"), name="building_id", dtype="str"))
    )
    assert used["is_heated"].tolist()[:2] == [False, False]
    assert used.loc["c", "use_class"] == used.loc["d", "use_class"]
    assert pd.isna(used.loc["f", "use_class"])


def test_9_latitude_before_longitude_and_house_numbers():
    assert finding(FLENSBURG, "coordinates_swapped").count == 1030
    assert finding(FLENSBURG, "several_house_numbers").count == 101  # the address names the first of them only
    numbers = table(FLENSBURG)["address"].dropna().map(house_numbers)
    assert (numbers.map(len) > 1).sum() >= 100
    assert (numbers.map(len) > 0).mean() > 0.95
    assert {h.number for h in numbers["48553"]} == {2}  # "Am Dammhof 2, 2a": two houses of one number
    assert len(numbers["48553"]) == 2


def test_9_the_map_of_volunteers_knows_little_and_says_so():
    name = "osm/liechtenstein-2013.osm.pbf"
    frame = table(name)
    assert finding(name, "last_resort").count == len(frame) == 3723
    assert frame["storeys"].isna().all()
    assert frame["function_code"].isna().mean() > 0.85


def test_9_leap_year_and_title_rows():
    assert len(table("mierendorff/weather/AMY_2010_2022_2020.epw")) == 8784
    register = next(name for name in readers.REAL if name.endswith(".xlsx") and name.startswith("charging"))
    assert len(table(register)) == 9690
    assert table(register)["power_kw"].gt(0).all()
