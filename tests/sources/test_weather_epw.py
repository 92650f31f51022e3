"""EPW files: stamps, leap years, missing codes, damage."""

import numpy as np
import pandas as pd
import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

LOCATION = "LOCATION,Musterstadt,Land,DE,synthetic,0,48.9,9.2,1.0,250"


def write(folder, year=2021, change=None, keep=None, location=LOCATION):
    hours = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left")
    rows = []
    for i, t in enumerate(hours):
        row = ["0"] * 35
        row[:5] = [str(t.year), str(t.month), str(t.day), str(t.hour + 1), "60"]
        row[6], row[13], row[14], row[15], row[21] = f"{i % 24}", "100", "50", "60", "3.5"
        rows.append(row)
    for hour, field, value in change or []:
        rows[hour][field] = value
    head = [location] + ["HEADER"] * 7
    path = folder / "town.epw"
    path.write_text("\n".join(head + [",".join(r) for r in rows[:keep]]) + "\n", encoding="utf-8")
    return path


def read(path, **options):
    return sources.read("weather_epw", path, crs="EPSG:25832", **options)


def test_the_first_hour_ends_at_one_local_time(tmp_path):
    reading = read(write(tmp_path))
    weather = reading.tables["weather"]
    assert str(weather.index[0]) == "2021-01-01 00:00:00+00:00"
    assert str(weather.index[-1]) == "2021-12-31 23:00:00+00:00"
    assert weather.iloc[5].tolist() == [5, 100, 50, 60, 3.5]
    assert {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "utc_offset_h")} == {
        "latitude_deg": 48.9,
        "longitude_deg": 9.2,
        "utc_offset_h": 1.0,
    }


def test_leap_years_have_their_day(tmp_path):
    assert len(read(write(tmp_path, 2020)).tables["weather"]) == 8784


def test_short_gaps_are_filled_and_reported_long_ones_refused(tmp_path):
    reading = read(write(tmp_path, change=[(4, 6, "99.9"), (5, 6, "99.9")]))
    assert reading.tables["weather"]["temp_air_degc"].iloc[3:7].tolist() == [3, 4, 5, 6]
    assert [(f.kind, f.count) for f in reading.findings] == [("missing_hours", 2)]
    with pytest.raises(InputError, match=r"ghi_w_m2 is missing in 7 hours, 7 in a row \(first at hour 11\)"):
        read(write(tmp_path, change=[(i, 13, "9999") for i in range(10, 17)]))


def test_a_file_without_wind_is_still_good(tmp_path):
    weather = read(write(tmp_path, change=[(i, 21, "999") for i in range(8760)])).tables["weather"]
    assert weather["wind_m_s"].isna().all()


def test_a_file_with_global_radiation_only_is_still_good(tmp_path):
    reading = read(write(tmp_path, change=[(i, field, "9999") for i in range(8760) for field in (14, 15)]))
    assert reading.tables["weather"][["dni_w_m2", "dhi_w_m2"]].isna().all(axis=None)
    assert [(f.kind, f.count) for f in reading.findings] == [("missing_hours", 8760)] * 2
    assert "unbekannt gelassen" in reading.findings[0].text_de


def test_a_typical_year_is_pieced_together(tmp_path):
    reading = read(write(tmp_path, change=[(i, 0, "2015") for i in range(744)]))
    assert reading.tables["weather"].index.year[1000] == 2001
    assert reading.facts["years"] == [2015, 2021]
    assert [f.kind for f in reading.findings] == ["typical_year"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep": 8000}, "8000 hours; expected 8760 or 8784"),
        ({"change": [(10, 6, "warm")]}, "line 19: temp_air_degc = 'warm'; expected a number"),
        ({"change": [(10, 6, "-80")]}, "hour 11 of the data: temp_air_degc = -80; expected -60 to 60"),
        ({"change": [(10, 3, "25")]}, "hour 11 of the data: month 1.*hour 25"),
        ({"change": [(10, 3, "3")]}, "after hour 10 of the data the next is not one hour later"),
        ({"location": "LOCATION,Musterstadt,Land,DE,s,0,north,9.2,1.0,250"}, "line 1: no location"),
        ({"location": "LOCATION,Musterstadt,Land,DE,s,0,489,9.2,1.0,250"}, "line 1: latitude 489"),
        ({"location": "a;b"}, "is no EPW file"),
    ],
)
def test_damage_is_named(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, **options))


def test_a_row_cut_off_and_an_option_too_many(tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    with pytest.raises(InputError, match="line 8768 has|8759 hours"):
        read(path)
    with pytest.raises(PlanError, match="unknown option 'year'; there are none"):
        read(path, year=2020)


@pytest.mark.testdata
@pytest.mark.parametrize(("year", "hours"), [(2020, 8784), (2021, 8760)])
def test_real_berlin_years(testdata, year, hours):
    reading = read(testdata / "mierendorff" / "weather" / f"AMY_2010_2022_{year}.epw")
    weather = reading.tables["weather"]
    assert len(weather) == hours == reading.rows_in
    assert not weather.isna().any(axis=None)
    assert (reading.facts["latitude_deg"], reading.facts["longitude_deg"]) == (52.51, 13.375)
    assert 1000 < weather["ghi_w_m2"].sum() / 1000 < 1300
    raw = pd.read_csv(testdata / "mierendorff" / "weather" / f"AMY_2010_2022_{year}.epw", skiprows=8, header=None)
    np.testing.assert_array_equal(weather.to_numpy(), raw[[6, 13, 14, 15, 21]].to_numpy())
