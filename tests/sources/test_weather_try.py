"""Test reference years: region by place, columns, stamps, damage."""

from importlib.resources import files

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError
from klimastep.sources.weather_try import find_region


def read(path=None, **options):
    return sources.read("weather_try", path, crs="EPSG:25832", **options)


@pytest.mark.parametrize(
    ("latitude", "longitude", "region"),
    [(48.897, 9.192, 12), (52.52, 13.405, 4), (54.09, 12.14, 2), (47.42, 10.985, 15)],
)
def test_regions_of_known_places(latitude, longitude, region):
    assert find_region(latitude, longitude) == (region, 0.0)


def test_ludwigsburg_gets_the_upper_rhine_and_lower_neckar():
    reading = read(latitude_deg=48.897, longitude_deg=9.192)
    weather = reading.tables["weather"]
    assert (len(weather), reading.facts["region"], reading.facts["name"]) == (
        8760,
        12,
        "DWD-Testreferenzjahr 2010, Region 12 (Mannheim)",
    )
    assert list(weather.columns) == ["temp_air_degc", "ghi_w_m2", "dhi_w_m2", "wind_m_s"]
    assert str(weather.index[0]) == "2010-01-01 00:00:00+00:00"
    assert weather["temp_air_degc"].iloc[:3].tolist() == [6.5, 5.2, 4.4]
    assert weather["ghi_w_m2"].sum() / 1000 == pytest.approx(1089, abs=1)
    assert (weather["ghi_w_m2"] >= weather["dhi_w_m2"]).all()
    assert reading.facts["latitude_deg"] == pytest.approx(49.517, abs=1e-3)
    assert reading.facts["longitude_deg"] == pytest.approx(8.55)


@pytest.mark.parametrize("region", range(1, 16))
def test_every_region_reads_whole(region):
    reading = read(region=region)
    assert reading.rows_in == reading.rows_out == 8760
    assert not reading.tables["weather"].isna().any(axis=None)
    assert 45 < reading.facts["latitude_deg"] < 56
    assert 5 < reading.facts["longitude_deg"] < 16


def test_a_place_at_the_coast_takes_the_nearest_region_and_says_so():
    reading = read(latitude_deg=54.60, longitude_deg=13.75)
    assert [f.kind for f in reading.findings] == ["outside_region"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name latitude_deg: and longitude_deg:, or region:"),
        ({"region": 16}, "region: 16; expected 1 to 15"),
        ({"latitude_deg": 9.192, "longitude_deg": 48.897}, "swapped"),
        ({"latitude": 48.9}, "unknown option 'latitude'; did you mean 'latitude_deg'"),
    ],
)
def test_bad_plans_are_named(options, message):
    with pytest.raises(PlanError, match=message):
        read(**options)


def test_damaged_files_are_named(tmp_path):
    text = (files("demandlib") / "vdi" / "resources_weather" / "TRY2010_12_Jahr.dat").read_text(encoding="utf-8")
    path = tmp_path / "town.dat"
    for damaged, message in [
        (text[: len(text) // 2], "hours; expected 8760|fields"),
        (text.replace("***", ""), "is no test reference year"),
        (text.replace("   6.5    993.6", "   warm   993.6", 1), "t = 'warm'; expected a number"),
        (text.replace("49°31'N", ""), "the header names no place"),
    ]:
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read(path)
    path.write_bytes(text.encode("cp1252"))
    assert read(path).rows_in == 8760


def test_a_region_that_the_plan_names_wins_and_a_place_outside_of_it_is_told():
    reading = read(latitude_deg=47.14, longitude_deg=9.52, region=13)
    (found,) = reading.findings
    assert (reading.facts["region"], found.kind) == (13, "another_region")
    assert "44 km außerhalb der Klimaregion 13" in found.text_de
    assert not read(latitude_deg=48.9, longitude_deg=9.19, region=12).findings
    with pytest.raises(PlanError, match="add the nearest, region: 13"):
        read(latitude_deg=47.14, longitude_deg=9.52)
