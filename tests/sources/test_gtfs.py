"""GTFS: departures counted by hand on a tiny timetable, unsafe zips, the real feeds."""

import zipfile

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
FEED = {
    "stops": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
    'A,"Markt, Ost",48.895,9.190,,S\nB,Bahnhof,48.896,9.191,0,S\nC,Ende,48.897,9.192,0,\nS,Markt,48.895,9.190,1,\n',
    "routes": "route_id,route_type\nbus,3\ntram,0\nregio,106\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20240304,20240310\nsat,0,0,0,0,0,1,0,20240304,20240310\n",
    "calendar_dates": "service_id,date,exception_type\nweek,20240304,2\nfair,20240305,1\n",
    "trips": "route_id,service_id,trip_id\nbus,week,1\ntram,week,2\nbus,sat,3\nregio,fair,4\nbus,week,5\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n"
    "1,06:00:00,06:00:00,A,1,\n1,,,B,2,\n1,06:20:00,06:20:00,C,3,\n"
    "2,19:59:00,19:59:59,A,1,\n2,20:00:00,20:00:00,B,2,\n2,20:10:00,20:10:00,C,3,\n"
    "3,10:00:00,10:00:00,A,1,\n3,10:10:00,10:10:00,B,2,\n"
    "4,12:00:00,12:00:00,B,10,\n4,12:05:00,12:05:00,C,9,\n"
    "5,05:59:59,05:59:59,A,1,\n5,07:00:00,07:00:00,B,2,1\n5,25:10:00,25:10:00,C,3,\n",
}


def _zip(path, feed):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in feed.items():
            archive.writestr(f"{name}.txt", text)
    return path


def test_departures_of_a_working_day(tmp_path):
    reading = sources.read("gtfs", _zip(tmp_path / "f.zip", FEED), crs=CRS)
    frame = reading.tables["stops"]
    assert reading.facts == {"date": "2024-03-06"}  # Monday does not run, on Tuesday is the fair
    assert frame.index.tolist() == ["A", "B", "C"]
    assert [(f.kind, f.count) for f in reading.findings if f.severity == "set_aside"] == [("no_stop", 1)]
    # A: 6:00 and 19:59:59, not 5:59:59. B: 6:00 (kept from the row before), not 20:00, nobody boards at 7:00. C: ends.
    assert frame["departures_weekday"].tolist() == [2, 1, 0]
    assert frame["mode"].astype("str").tolist()[:2] == ["tram", "bus"]
    assert frame["mode"].isna().tolist() == [False, False, True]
    assert frame["station_id"].tolist()[:2] == ["S", "S"]
    assert frame["name"].iloc[0] == "Markt, Ost"


def test_a_day_by_name(tmp_path):
    path = _zip(tmp_path / "f.zip", FEED)
    fair = sources.read("gtfs", path, crs=CRS, date="2024-03-05").tables["stops"]
    assert fair["departures_weekday"].tolist() == [2, 1, 1]  # the fair's train starts at C: sequence 9 before 10
    assert fair["mode"].astype("str").tolist()[2] == "rail"
    saturday = sources.read("gtfs", path, crs=CRS, date="2024-03-09").tables["stops"]
    assert saturday["departures_weekday"].tolist() == [1, 0, 0]
    with pytest.raises(InputError, match="no trip on 2024-03-10"):
        sources.read("gtfs", path, crs=CRS, date="2024-03-10")
    with pytest.raises(PlanError, match="expected a day like"):
        sources.read("gtfs", path, crs=CRS, date="soon")


def test_trips_that_repeat(tmp_path):
    more = FEED | {"frequencies": "trip_id,start_time,end_time,headway_secs\n1,05:50:00,06:50:00,600\n"}
    frame = sources.read("gtfs", _zip(tmp_path / "f.zip", more), crs=CRS).tables["stops"]
    # starts 5:50, 6:00, … 6:40: five of six are after 6; the tram at 19:59:59 comes to them
    assert frame["departures_weekday"].tolist() == [6, 5, 0]
    wrong = FEED | {"frequencies": "trip_id,start_time,end_time,headway_secs\n1,05:50:00,06:50:00,0\n"}
    with pytest.raises(InputError, match="headway_secs = 0"):
        sources.read("gtfs", _zip(tmp_path / "g.zip", wrong), crs=CRS)


def _without(name):
    return {k: v for k, v in FEED.items() if k != name}


@pytest.mark.parametrize(
    ("feed", "message"),
    [
        (_without("stop_times"), "no stop_times.txt in it"),
        ({k: v for k, v in FEED.items() if not k.startswith("calendar")}, "no calendar.txt or calendar_dates.txt"),
        (FEED | {"stops": "stop_id,stop_name\nA,x\n"}, "no column stop_lat, stop_lon"),
        (FEED | {"stops": ""}, "cannot be read as a table"),
        (FEED | {"stop_times": FEED["stop_times"].replace("06:00:00", "6 Uhr")}, "'6 Uhr'; expected a time like"),
        (FEED | {"calendar_dates": "service_id,date,exception_type\nweek,4.3.2024,2\n"}, "'4.3.2024'; expected a date"),
        (FEED | {"trips": "route_id,service_id,trip_id\nbus,sat,3\n"}, "no trip on any working day"),
    ],
)
def test_what_is_missing_is_said(tmp_path, feed, message):
    with pytest.raises(InputError, match=message):
        sources.read("gtfs", _zip(tmp_path / "f.zip", feed), crs=CRS)


def test_unsafe_zips(tmp_path):
    path = _zip(tmp_path / "f.zip", FEED | {"../../evil": "x"})
    with pytest.raises(InputError, match="points out of the zip"):
        sources.read("gtfs", path, crs=CRS)
    assert [p.name for p in tmp_path.iterdir()] == ["f.zip"]
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stops.txt", b"0" * 30_000_000)
    with pytest.raises(InputError, match="times its size"):
        sources.read("gtfs", tmp_path / "bomb.zip", crs=CRS)
    (tmp_path / "page.zip").write_text("<html>", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be opened as zip"):
        sources.read("gtfs", tmp_path / "page.zip", crs=CRS)


@pytest.mark.testdata
@pytest.mark.parametrize(
    ("name", "stops", "modes"),
    [
        ("vrn_gtfs_cut.zip", 354, {"bus", "tram"}),
        ("vvs-bus-751-only.gtfs.zip", 47, {"bus"}),
        ("vvs-bus-764-only.gtfs.zip", 17, {"bus"}),
    ],
)
def test_real_feeds(testdata, name, stops, modes):
    frame = sources.read("gtfs", testdata / "gtfs" / name, crs=CRS).tables["stops"]
    assert len(frame) == stops
    assert set(frame["mode"].dropna()) == modes
    assert (frame["departures_weekday"] > 0).mean() > 0.8
    assert frame["departures_weekday"].max() < 14 * 60  # one a minute would be a lot
