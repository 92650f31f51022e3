"""The chimney sweeps' register: per address from Excel, per group from CSV, persons never kept."""

import openpyxl
import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
PERSON = "Erika Mustermann"


@pytest.fixture
def path(tmp_path):
    book = openpyxl.Workbook()
    rows = [
        ["Kehrbuchauszug Kehrbezirk 7"],
        ["Eigentümer", "Anschrift", "Feuerstätte", "Brennstoff", "NWL [kW]", "Baujahr"],
        [PERSON, "Gasse 1", "Heizkessel", "Erdgas H", 22, 1998],
        [PERSON, "Gasse 1", "Kaminofen", "Scheitholz", "7,5", 2010],
        [PERSON, "Gasse 2", "Heizkessel", "Heizöl EL", 0, "1985-04-01"],
        [PERSON, "Gasse 3", "Heizkessel", "Flüssiggas", "unleserlich", 0],
        [PERSON, None, "Heizkessel", "Gas", 10, 2000],
        [PERSON, "Gasse 4", "Ofen", "Torf", 5, 3000],
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "kehrbuch.xlsx")
    return tmp_path / "kehrbuch.xlsx"


def test_addresses(path):
    reading = sources.read("heaters", path, crs=CRS, id="Anschrift", level="address")
    frame = reading.tables["heaters"]
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (6, 5, 1)
    assert frame["unit_id"].tolist() == ["Gasse 1", "Gasse 1", "Gasse 2", "Gasse 3", "Gasse 4"]
    assert frame["carrier"].astype("str").tolist()[:4] == ["gas", "wood", "oil", "other"]
    assert frame["carrier"].isna().tolist() == [False] * 4 + [True]
    assert frame["power_kw"].tolist()[:2] == [22, 7.5]
    assert frame["power_kw"].isna().tolist() == [False, False, True, True, False]
    assert frame["year_built"].dropna().tolist() == [1998, 2010, 1985]
    assert frame["count"].sum() == 5
    kinds = [(f.kind, f.count) for f in reading.findings]
    assert kinds == [("no_id", 1), ("unknown_value", 1), ("implausible_value", 1), ("implausible_value", 1)]


def test_no_person_is_kept(path):
    reading = sources.read("heaters", path, crs=CRS, id="Anschrift", level="address")
    assert PERSON not in reading.tables["heaters"].to_csv() + repr(reading.findings)


def test_groups_with_counts(tmp_path):
    text = "gruppe;brennstoff;anzahl\n001;Erdgas;12\n001;Öl;\n002;Torf;3\n"
    (tmp_path / "k.csv").write_text(text, encoding="utf-8")
    told = {"id": "gruppe", "level": "group", "carriers": {"Torf": "other"}}
    frame = sources.read("heaters", tmp_path / "k.csv", crs=CRS, **told).tables["heaters"]
    assert frame["unit_id"].tolist() == ["001", "001", "002"]
    assert frame["carrier"].astype("str").tolist() == ["gas", "oil", "other"]
    assert frame["count"].isna().tolist() == [False, True, False]  # unknown is not zero


def test_what_cannot_be(path):
    with pytest.raises(PlanError, match="unknown carrier 'peat'"):
        sources.read("heaters", path, crs=CRS, id="Anschrift", level="address", carriers={"Torf": "peat"})
    with pytest.raises(PlanError, match="level: 'house'"):
        sources.read("heaters", path, crs=CRS, id="Anschrift", level="house")
    with pytest.raises(InputError, match="no column Adresse"):
        sources.read("heaters", path, crs=CRS, id="Adresse", level="address")
