"""Municipal buildings of an energy-management list: meters by building, power and water left out."""

import openpyxl
import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
HEADER = ["Objekt-Nr", "Objekt", "BGF [m²]", "Jahr", "Energieträger", "Verbrauch [MWh]", "Bezug"]
ROWS = [
    ["0101", "Rathaus", 2500, 2021, "Erdgas", 210.5, "Brennwert"],
    ["0101", "Rathaus", 2500, 2022, "Erdgas", "190,0", "Brennwert"],
    ["0101", "Rathaus", 2600, 2022, "Strom", 80, None],
    ["0102", "Schule", None, 2022, "Fernwärme", 320, "Nutzwärme"],
    ["0102", "Schule", None, 2022, "Fernwärme", 30, "Nutzwärme"],
    ["0102", "Schule", None, 2022, "Wasser", 900, None],
    ["0103", "Kita", 400, 2022, "Holzpellets", None, "Heizwert"],
]


def _book(path, rows):
    book = openpyxl.Workbook()
    for row in (["Energiebericht 2022"], HEADER, *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_meters_and_buildings(tmp_path):
    reading = sources.read("public_buildings", _book(tmp_path / "e.xlsx", ROWS), crs=CRS, id="Objekt-Nr", unit="MWh")
    meters, listed = reading.tables["meters"], reading.tables["public_buildings"]
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (7, 4, 3)
    assert meters["energy_kwh_a"].tolist()[:3] == [210_500, 190_000, 350_000]  # two meters of the school added
    assert meters["energy_kwh_a"].isna().tolist() == [False] * 3 + [True]
    assert meters["energy_basis"].astype("str").tolist() == ["hs", "hs", "useful", "hi"]
    assert meters["carrier"].astype("str").tolist() == ["gas", "gas", "district_heat", "wood"]
    assert set(meters["level"]) == {"building"}
    assert listed["name"].to_dict() == {"0101": "Rathaus", "0102": "Schule", "0103": "Kita"}
    assert listed["reported_area_m2"].tolist()[0] == 2500
    assert listed["reported_area_m2"].isna().tolist() == [False, True, False]
    assert {f.kind for f in reading.findings if f.severity == "set_aside"} == {"no_heat", "added_meters"}


def test_what_cannot_be(tmp_path):
    def read(rows, **options):
        path = _book(tmp_path / "e.xlsx", rows)
        return sources.read("public_buildings", path, crs=CRS, id="Objekt-Nr", unit="MWh", **options)

    with pytest.raises(InputError, match="gas has two bases"):
        read([*ROWS, ["0103", "Kita", 400, 2021, "Gas", 5, "Heizwert"]])
    with pytest.raises(InputError, match="'Dampf' is no known carrier"):
        read([["0103", "Kita", 400, 2021, "Dampf", 5, "Heizwert"]])
    with pytest.raises(PlanError, match="energy_basis: gas is missing"):
        read([["0103", "Kita", 400, 2021, "Erdgas", 5, None]])
    assert read([["0103", "Kita", 400, 2021, "Erdgas", 5, None]], energy_basis={"gas": "hs"}).rows_out == 1
    with pytest.raises(InputError, match="no row is about heat"):
        read([["0103", "Kita", 400, 2021, "Strom", 5, None]])
