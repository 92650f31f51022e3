"""Solar units of the Marktstammdatenregister, rows made by hand under its real column names."""

import csv

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
COLUMNS = ["EinheitMastrNummer", "NameStromerzeugungseinheit", "Bruttoleistung", "Inbetriebnahmedatum", "Lage"]
COLUMNS += ["EinheitBetriebsstatus", "Gemeindeschluessel", "Postleitzahl", "Ort", "Strasse", "Hausnummer"]
COLUMNS += ["Laengengrad", "Breitengrad"]
PERSON = "Erika Mustermann"
ROWS = [
    [
        "SEE1",
        PERSON,
        "9.9",
        "2012-05-01",
        "HausdachGebaeudeUndFassade",
        "InBetrieb",
        "08118048",
        "71638",
    ],
    ["SEE2", "Park", "749.5", "1998-01-02", "Freiflaeche", "In Betrieb", "8118048", "71640"],
    ["SEE3", PERSON, "0.6", "2023-07-01", "Steckerfertige Erzeugungsanlage", "InBetrieb", "08118048", "71638"],
    ["SEE4", "Alt", "5", "2001-01-01", "Sonstige", "EndgueltigStillgelegt", "08118048", "71638"],
    ["SEE5", "Woanders", "5", "2001-01-01", "Sonstige", "InBetrieb", "08111000", "70173"],
]
PLACES = [["Ludwigsburg", "", "", "", ""], ["Ludwigsburg", "Holzweg", "4", "48.9", "9.2"]] + [
    ["LB", "", "", "", ""]
] * 3


@pytest.fixture
def path(tmp_path):
    with (tmp_path / "mastr.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *(a + b for a, b in zip(ROWS, PLACES, strict=True))])
    return tmp_path / "mastr.csv"


def test_units_of_a_municipality(path):
    reading = sources.read("pv_register", path, crs=CRS, ags="08118048")
    units, sites = reading.tables["pv_units"], reading.tables["pv_sites"]
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (4, 3, 1)
    assert units["power_kwp"].sum() == pytest.approx(760.0)
    assert units["year_in_service"].tolist() == [2012, 1998, 2023]
    assert units["siting"].astype("str").tolist() == ["roof", "ground", "balcony"]
    assert sites.index.tolist() == ["SEE2"]
    assert sites["address"].tolist() == ["Holzweg 4, 71640 Ludwigsburg"]
    assert sites.geometry.x.iloc[0] == pytest.approx(514_660, abs=200)  # latitude and longitude were swapped
    assert {f.kind for f in reading.findings} == {
        "not_in_service",
        "no_coordinates",
        "coordinates_swapped",
        "elsewhere",
    }


def test_no_person_is_kept(path):
    reading = sources.read("pv_register", path, crs=CRS)
    text = " ".join(t.to_csv() for t in reading.tables.values()) + repr(reading.findings)
    assert PERSON not in text


def test_what_cannot_be(path):
    with pytest.raises(PlanError, match="expected 8 digits"):
        sources.read("pv_register", path, crs=CRS, ags="Ludwigsburg")
    with pytest.raises(InputError, match="no unit with the Gemeindeschlüssel 09"):
        sources.read("pv_register", path, crs=CRS, ags="09162000")


@pytest.mark.testdata
def test_columns_are_those_of_the_register(testdata):
    with (testdata / "mastr" / "bnetza_mastr_solar_raw.csv").open(encoding="utf-8", newline="") as file:
        described = {row["Column"] for row in csv.DictReader(file)}
    assert set(COLUMNS) <= described
