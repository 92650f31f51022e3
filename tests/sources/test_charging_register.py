"""The charging register: real file as published, later headings, postcodes."""

import openpyxl
import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
HEADER = [
    "Ladeeinrichtungs-ID",
    "Betreiber",
    "Straße",
    "Hausnummer",
    "Postleitzahl",
    "Ort",
    "Breitengrad",
    "Längengrad",
]
HEADER += ["Inbetriebnahmedatum", "Nennleistung Ladeeinrichtung [kW]", "Anzahl Ladepunkte"]
ROWS = [
    [1001, "Stadtwerke", "Hauptstraße", "5", "71638", "Ludwigsburg", 48.897, 9.192, "14.04.2020", 22, 2],
    [1002, "Stadtwerke", "Gasse", None, "71640", "Ludwigsburg", "48,9", "9,2", "2021-05-01", "11,5", 1],
    [1003, "Stadtwerke", "Weg", "1", "71634", "Ludwigsburg", 9.19, 48.9, None, 50, 0],
    [1004, "Andere", "Platz", "1", "10115", "Berlin", 52.53, 13.38, "2019-01-01", 50, 2],
    [1005, "Stadtwerke", "Ohne", "1", "71638", "Ludwigsburg", None, None, "2019-01-01", 50, 2],
]


@pytest.fixture
def path(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Ladesäulenregister"], [], HEADER, *ROWS):
        book.active.append(row)
    book.save(tmp_path / "register.xlsx")
    return tmp_path / "register.xlsx"


def test_later_headings(path):
    reading = sources.read("charging_register", path, crs=CRS, postcodes=["716"])
    frame = reading.tables["charging"]
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (4, 3, 1)
    assert frame.index.tolist() == ["1001", "1002", "1003"]
    assert frame["address"].tolist()[:2] == ["Hauptstraße 5, 71638 Ludwigsburg", "Gasse, 71640 Ludwigsburg"]
    assert frame["year_in_service"].astype("float64").tolist()[:2] == [2020, 2021]
    assert frame["power_kw"].tolist() == [22, 11.5, 50]
    kinds = {f.kind: f.count for f in reading.findings}
    assert kinds == {"no_coordinates": 1, "coordinates_swapped": 1, "elsewhere": 1, "no_charging_point": 1}
    assert frame.geometry.y.between(5_414_000, 5_418_000).all()
    assert "CC BY 4.0" in reading.attribution


def test_what_cannot_be(path):
    with pytest.raises(InputError, match="no row with the postcodes 99999"):
        sources.read("charging_register", path, crs=CRS, postcodes=["99999"])
    with pytest.raises(PlanError, match="unknown 'operater'; did you mean 'operator'"):
        sources.read("charging_register", path, crs=CRS, columns={"operater": "Betreiber"})


@pytest.mark.testdata
def test_real_register(testdata):
    path = next((testdata / "charging").glob("*.xlsx"))
    frame = sources.read("charging_register", path, crs=CRS).tables["charging"]
    assert len(frame) == 9690
    assert frame.notna().all().all()
    town = sources.read("charging_register", path, crs=CRS, postcodes=["7163", "71640", "71642"])
    assert town.rows_out == 22  # as in ludwigsburg_base.gpkg, made by others from the same register
    assert town.tables["charging"]["address"].str.contains("Ludwigsburg").all()
