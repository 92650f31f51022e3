"""Monthly climate in long form: stations, postcodes, long-term means and years."""

import pytest

from klimastep import sources
from klimastep.errors import InputError

HEAD = "ID_Station,Name_Station,Latitude,Longitude,Altitude,Code_Quantity,month,value\n"
ROWS = (
    "4928.0,Stuttgart,48.8281,9.2,314.0,TA,M_LTA_01,2.4\n"
    "4928.0,Stuttgart,48.8281,9.2,314.0,HD_12,M_LTA_01,30.6\n"
    "4928.0,Stuttgart,48.8281,9.2,314.0,TA,M_2024_01,2.1\n"
    "4,Potsdam,,,,I_Hor,M_LTA_01,29\n"
)


def read(folder, rows=ROWS, head=HEAD, **options):
    path = folder / "klima.csv"
    path.write_text(head + rows, encoding="utf-8")
    return sources.read("climate_monthly", path, crs="EPSG:25832", **options)


def test_a_row_a_place_and_month(tmp_path):
    reading = read(tmp_path)
    table = reading.tables["climate_monthly"]
    assert list(table.index) == ["4928-LTA-01", "4928-2024-01", "4-LTA-01"]
    assert table.loc["4928-LTA-01", ["temp_air_degc", "heating_days_12"]].tolist() == [2.4, 30.6]
    assert table["year"].isna().tolist() == [True, False, True]
    assert table.loc["4-LTA-01", "ghi_w_m2"] == 29
    assert table.loc["4-LTA-01", ["latitude_deg", "temp_air_degc"]].isna().all()
    assert (reading.rows_in, reading.rows_out) == (3, 3)
    assert "IWU" in reading.attribution


def test_postcodes_and_a_choice_of_places(tmp_path):
    head = "plz,groesse,monat,wert\n"
    rows = "1067,TA,M_LTA_01,1.2\n71634,TA,M_LTA_01,2.2\n"
    names = {"id": "plz", "id_width": 5, "quantity": "groesse", "month": "monat", "value": "wert"}
    assert read(tmp_path, rows, head, **names).tables["climate_monthly"]["place_id"].tolist() == ["01067", "71634"]
    chosen = read(tmp_path, rows, head, **names, places=["71634"])
    assert chosen.tables["climate_monthly"]["place_id"].tolist() == ["71634"]
    with pytest.raises(InputError, match="no place 99999; expected one of 01067, 71634"):
        read(tmp_path, rows, head, **names, places=["99999"])


def test_other_quantities_are_told(tmp_path):
    reading = read(tmp_path, ROWS + "5,Ort,50,9,1,CD_18,M_LTA_07,12\n")
    assert [(f.kind, f.count) for f in reading.findings] == [("no_value", 1), ("quantities_not_used", 1)]
    assert reading.closes


def test_damage_is_named(tmp_path):
    for row, message in [
        ("5,Ort,50,9,1,TA,M_LTA_13,12\n", "line 6: ID_Station = '5', month = 'M_LTA_13'"),
        ("5,Ort,50,9,1,TA,M_LTA_07,999\n", "line 6: TA = 999 °C; expected -60 to 60"),
        ("5,Ort,50,9,1,HD_12,M_LTA_07,40\n", "line 6: HD_12 = 40 d; expected 0 to 31"),
        ("4928,Stuttgart,50,9,1,TA,M_LTA_01,2.5\n", "line 6: another value of TA for 4928-LTA-01"),
    ]:
        with pytest.raises(InputError, match=message):
            read(tmp_path, ROWS + row)


@pytest.mark.testdata
def test_ludwigsburg_and_berlin(testdata):
    path = testdata / "ludwigsburg" / "climate_monthly_clidamonger.csv"
    reading = sources.read("climate_monthly", path, crs="EPSG:25832")
    table = reading.tables["climate_monthly"]
    assert (len(table), sorted(table["place_id"].unique())) == (864, ["4349", "4928"])
    mean = table[table["year"].isna() & (table["place_id"] == "4928")].sort_values("month")
    assert mean["temp_air_degc"].tolist() == [2.4, 3.6, 6.7, 10.9, 14.7, 18.9, 20.5, 19.8, 15.8, 11.4, 6.4, 3.5]
    path = testdata / "mierendorff" / "weather" / "climate_monthly_clidamonger.csv"
    berlin = sources.read("climate_monthly", path, crs="EPSG:25833", places=["4"]).tables["climate_monthly"]
    assert berlin[berlin["year"].isna()]["ghi_w_m2"].notna().sum() == 12
