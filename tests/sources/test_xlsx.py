"""Excel sheets as text: headers found, German and typed numbers, formulas never computed, hostile files refused."""

import datetime
import time
import zipfile

import openpyxl
import pytest

from klimastep.errors import InputError
from klimastep.sources._csv import TextOptions, read_csv


def _book(path, rows, title="Tabelle1"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def _with_member(path, name, change):
    """Return a copy of a workbook with one member changed."""
    out = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            text = old.read(info)
            new.writestr(info.filename, change(text) if info.filename == name else text)
    return out


SHEET = "xl/worksheets/sheet1.xml"


def test_header_below_titles(tmp_path):
    rows = [["Register"], [], ["Stand: 2024"], ["Allgemein", None, None, "Punkt 1"], ["id", "kW", "Tag", "Ort"]]
    rows += [["a", 22, datetime.datetime(2019, 2, 25), "Ulm"], ["b", 1.5, None, ""]]
    table = read_csv(_book(tmp_path / "r.xlsx", rows))
    assert list(table.frame.columns) == ["id", "kW", "Tag", "Ort"]
    assert list(table.frame.index) == [6, 7]  # rows of the sheet
    assert table.frame["Tag"].tolist()[0] == "2019-02-25"
    assert table.frame["Ort"].isna().tolist() == [False, True]
    assert table.numbers("kW").tolist() == [22, 1.5]


def test_typed_and_german_numbers_in_one_column(tmp_path):
    rows = [["id", "v"], ["a", 54.79], ["b", "54,79"], ["c", "1.234,5"], ["d", 1.234], ["e", 1e-7], ["f", "#DIV/0!"]]
    values = read_csv(_book(tmp_path / "r.xlsx", rows)).numbers("v")
    assert values.tolist()[:5] == [54.79, 54.79, 1234.5, 1.234, 1e-7]
    assert values.isna().tolist()[5]


def test_text_that_can_be_read_both_ways_is_refused(tmp_path):
    path = _book(tmp_path / "r.xlsx", [["id", "v"], ["a", 2.5], ["b", "1.234"]])
    with pytest.raises(InputError, match="can mean 1234 or 1.234"):
        read_csv(path).numbers("v")
    assert read_csv(path, TextOptions(decimal=",")).numbers("v").tolist() == [2.5, 1234]
    assert read_csv(path, TextOptions(decimal=".")).numbers("v").tolist() == [2.5, 1.234]


def test_sheet_and_skip_lines(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Deckblatt"
    page = book.create_sheet("Daten")
    for row in ([], ["x", "x"], ["id", "v"], ["a", 1]):
        page.append(row)
    book.save(tmp_path / "r.xlsx")
    assert list(read_csv(tmp_path / "r.xlsx").frame.columns) == ["x", "x.1"]  # the cover has no table
    assert list(read_csv(tmp_path / "r.xlsx", TextOptions(skip_lines=2)).frame.columns) == ["id", "v"]
    with pytest.raises(InputError, match="no sheet 'Datn'.*did you mean 'Daten'"):
        read_csv(tmp_path / "r.xlsx", TextOptions(sheet="Datn"))


def test_a_formula_is_what_it_gave_when_saved(tmp_path):
    path = _book(tmp_path / "r.xlsx", [["id", "v"], ["a", "=40+2"], ["b", 7]])
    with pytest.raises(InputError, match="cell B2: a formula that was never computed; open the file"):
        read_csv(path)
    saved = _with_member(
        path, SHEET, lambda x: x.replace(b"<f>40+2</f><v></v>", b"<f>40+2</f><v>42</v>").replace(b"<v />", b"<v>42</v>")
    )
    assert read_csv(saved).numbers("v").tolist() == [42, 7]


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    """No prefix, no escape: klimastep writes no CSV and no Excel file that would run it."""
    attack = "=cmd|' /C calc'!A0"
    book = openpyxl.Workbook()
    book.active.append(["id", "name"])
    book.active.append(["a", "x"])
    book.active["B2"].value = attack
    book.active["B2"].data_type = "s"
    book.active.append(["b", "@SUM(1)"])
    book.save(tmp_path / "r.xlsx")
    assert read_csv(tmp_path / "r.xlsx").frame["name"].tolist() == [attack, "@SUM(1)"]
    (tmp_path / "r.csv").write_text(f'id,name\na,"{attack}"\nb,@SUM(1)\n', encoding="utf-8")
    assert read_csv(tmp_path / "r.csv").frame["name"].tolist() == [attack, "@SUM(1)"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path, encoding):
    path = _book(tmp_path / "r.xlsx", [["id"], ["a"]])
    laughs = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    with pytest.raises(InputError, match="declares XML entities"):
        read_csv(_with_member(path, "xl/workbook.xml", lambda _: laughs.encode(encoding)))


def test_zip_bomb_is_refused_in_no_time(tmp_path):
    path = _book(tmp_path / "r.xlsx", [["id"], ["a"]])
    started = time.perf_counter()
    with pytest.raises(InputError, match="unpacks to [0-9]+ times its size"):
        read_csv(_with_member(path, SHEET, lambda x: x + b" " * 60_000_000))
    assert time.perf_counter() - started < 5


def test_member_outside_the_zip_is_refused(tmp_path):
    path = _book(tmp_path / "r.xlsx", [["id"], ["a"]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.xml", "<a/>")
    with pytest.raises(InputError, match="points out of the zip"):
        read_csv(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.xlsx"]


def test_a_cell_far_out_does_not_fill_the_memory(tmp_path):
    path = _book(tmp_path / "r.xlsx", [["id"], ["a"]])
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (i, i) for i in range(3, 3000))
    wide = _with_member(path, SHEET, lambda x: x.replace(b"</sheetData>", rows + b"</sheetData>"))
    with pytest.raises(InputError, match="cells up to row"):
        read_csv(wide)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 this is no zip", "cannot be opened as zip"),
        (b"", "cannot be opened as zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "cannot be opened as zip"),
    ],
)
def test_no_workbook(tmp_path, content, message):
    (tmp_path / "r.xlsx").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_csv(tmp_path / "r.xlsx")


def test_other_zip_and_old_excel(tmp_path):
    with zipfile.ZipFile(tmp_path / "r.xlsx", "w") as archive:
        archive.writestr("a.xml", "<a/>")
    with pytest.raises(InputError, match="cannot be read as an Excel file"):
        read_csv(tmp_path / "r.xlsx")
    (tmp_path / "r.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(InputError, match="old Excel file .*save it as .xlsx"):
        read_csv(tmp_path / "r.xls")


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"])
def test_broken_xml(tmp_path, member):
    path = _book(tmp_path / "r.xlsx", [["id"], ["a"]])
    with pytest.raises(InputError, match="cannot be read as an Excel file"):
        read_csv(_with_member(path, member, lambda x: x[: len(x) // 2]))


def test_zip_of_an_unknown_version(tmp_path):
    raw = bytearray(_book(tmp_path / "r.xlsx", [["id"], ["a"]]).read_bytes())
    raw[raw.index(b"PK\x01\x02") + 6] = 212
    (tmp_path / "r.xlsx").write_bytes(raw)
    with pytest.raises(InputError, match="cannot be opened as zip .zip file version 21.2"):
        read_csv(tmp_path / "r.xlsx")


def test_empty_sheet(tmp_path):
    with pytest.raises(InputError, match="the sheet is empty"):
        read_csv(_book(tmp_path / "r.xlsx", []))
    with pytest.raises(InputError, match="no row below the header"):
        read_csv(_book(tmp_path / "s.xlsx", [["id", "v"]]))
