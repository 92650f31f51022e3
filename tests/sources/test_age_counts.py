"""Counts of buildings by age: parts of a unit added, units without counts reported."""

import pytest

from klimastep import sources
from klimastep.errors import PlanError

CRS = "EPSG:25833"
BANDS = {"bis1900": [1800, 1900], "d1901": [1901, 1910], "d1911": [1911, 1920]}


def write(folder, text):
    path = folder / "ages.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_parts_add_up_and_cells_are_accounted_for(tmp_path):
    path = write(tmp_path, "nr;bis1900;d1901;d1911\n7;2;;1\n7;1;4;\n8;;;\n9;1;1;2\n10;1;1;2\n;1;1;1\n")
    reading = sources.read("age_counts", path, crs=CRS, id="nr", id_width=3, bands=BANDS)
    frame = reading.tables["age_counts"]
    assert frame.set_index(["unit_id", "year_from"])["buildings"].loc["007"].to_dict() == {1800: 3, 1901: 4, 1911: 1}
    assert frame.loc["007-1901", "year_to"] == 1910
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (18, 9, 9)
    assert {f.kind: f.count for f in reading.findings} == {
        "no_id": 3,
        "no_counts": 3,
        "added_rows": 3,
        "same_counts": 2,
    }


def test_a_band_is_a_pair_of_years(tmp_path):
    with pytest.raises(PlanError, match="expected \\[first year, last year\\]"):
        sources.read("age_counts", write(tmp_path, "nr;a\n1;1\n"), crs=CRS, id="nr", bands={"a": [1900]})


@pytest.mark.testdata
def test_mierendorff_decades(testdata):
    starts = [1800, *range(1901, 2012, 10)]
    names = ["x_bis_1900", *(f"x{y}_{y + 9}" for y in range(1901, 2002, 10)), "x2011_2015"]
    ends = [1900, *range(1910, 2011, 10), 2015]
    bands = {n: [a, b] for n, a, b in zip(names, starts, ends, strict=True)}
    path = testdata / "mierendorff" / "02_Gebäudealter.csv"
    reading = sources.read("age_counts", path, crs=CRS, id="blknr", id_width=6, bands=bands)
    totals = reading.tables["age_counts"].groupby("unit_id")["buildings"].sum()
    assert totals["019742"] == 3 + 13 + 16
    assert len(totals) == 33
    assert totals["020021"] == totals["020691"] == totals["020902"] == 51
    same = next(f for f in reading.findings if f.kind == "same_counts")
    assert same.ids == ("020021", "020691", "020902")
