"""Encoding, delimiter and decimal sign found or given; damaged files refused with line and remedy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimastep.errors import InputError, PlanError
from klimastep.sources._csv import TextOptions, parse_numbers, read_csv


def text_series(*cells):
    return pd.Series(cells, index=range(2, 2 + len(cells)), name="value", dtype="str")


def write(folder, text, encoding="utf-8", name="data.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_way_a_file_is_written_is_found(tmp_path, encoding, delimiter):
    text = "Straße;Größe\nMühlgäßle;1\nAm Schloß;2\n".replace(";", delimiter)
    table = read_csv(write(tmp_path, text, encoding))
    assert list(table.frame.columns) == ["Straße", "Größe"]
    assert list(table.frame["Straße"]) == ["Mühlgäßle", "Am Schloß"]
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    assert list(table.frame.index) == [2, 3]


def test_decimal_commas_do_not_hide_the_semicolon(tmp_path):
    table = read_csv(write(tmp_path, "a;b;c\n1,5;2,5;3,5\n1,0;,2;7\n"))
    assert table.delimiter == ";"
    assert list(table.numbers("a")) == [1.5, 1.0]
    assert list(table.numbers("b")) == [2.5, 0.2]


def test_delimiters_and_line_breaks_in_quotes_are_text(tmp_path):
    table = read_csv(write(tmp_path, 'id;note\n1;"a; ""b""\nc"\n\n2;5" pipe\n'))
    assert list(table.frame["note"]) == ['a; "b"\nc', '5" pipe']
    assert list(table.frame.index) == [2, 5]


def test_excel_line_and_preamble_are_skipped(tmp_path):
    assert list(read_csv(write(tmp_path, "sep=|\na|b\n1|2\n")).frame.columns) == ["a", "b"]
    table = read_csv(write(tmp_path, "Stadtwerke\n\na;b\n1;2\n"), TextOptions(skip_lines=2))
    assert list(table.frame.columns) == ["a", "b"]
    assert list(table.frame.index) == [4]


def test_empty_cells_are_missing_and_windows_line_ends_do_no_harm(tmp_path):
    table = read_csv(write(tmp_path, "a;b\r\n1;\r\n;x\r\n;;\r\n".replace(";;", ";")))
    assert table.frame.isna().to_numpy().tolist() == [[False, True], [True, False]]


def test_latin_1_read_as_utf_8_names_line_and_encoding(tmp_path):
    path = write(tmp_path, "a;b\n1;x\n2;Fernwärme\n", "cp1252")
    with pytest.raises(InputError, match=r"data\.csv: line 3: byte 0xE4 is not utf-8; .*encoding: cp1252"):
        read_csv(path, TextOptions(encoding="utf-8"))


def test_utf_8_read_as_latin_1_is_refused(tmp_path):
    with pytest.raises(InputError, match="line 2: the file is UTF-8, not cp1252"):
        read_csv(write(tmp_path, "a;b\n1;Fernwärme\n"), TextOptions(encoding="cp1252"))


def test_a_given_encoding_may_leave_the_byte_order_mark_out(tmp_path):
    table = read_csv(write(tmp_path, "a;b\n1;ä\n", "utf-8-sig"), TextOptions(encoding="utf-8"))
    assert list(table.frame.columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a;b\n", "no row below the header"),
        (b"a;b\n1;\x00\n", "line 2: NUL byte"),
        (b"PK\x03\x04abc", "zip or Excel"),
        (b"a;b;c\n1;2;3\n4;5\n", "line 3 has 2 cells, the header 3"),
        (b"a;b\n1;2\n1;2;3\n", "line 3 has 3 cells, the header 2"),
        (b'a;b\n1;2\n1;"open\n', "quotation mark|cannot be read|not closed"),
    ],
)
def test_damaged_files_are_refused(tmp_path, content, message):
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_csv(path)


def test_missing_files_folders_and_columns_are_named(tmp_path):
    path = write(tmp_path, "blknr;jahr\n1;2\n")
    with pytest.raises(InputError, match=r"did you mean 'data\.csv'"):
        read_csv(tmp_path / "data.cvs")
    with pytest.raises(InputError, match="is a folder"):
        read_csv(tmp_path)
    with pytest.raises(InputError, match="no column blocknr.*did you mean 'blknr'"):
        read_csv(path, columns=["blocknr"])


def test_impossible_options_are_plan_errors(tmp_path):
    path = write(tmp_path, "a;b\n1;2\n")
    for options in (TextOptions(encoding="utf-9"), TextOptions(decimal="'")):
        with pytest.raises(PlanError):
            read_csv(path, options)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1.234,5", "2"), (1234.5, 2)),
        (("1,234.5", "-7"), (1234.5, -7)),
        (("1.234", "2.5"), (1.234, 2.5)),
        (("1.234", "2,5"), (1234, 2.5)),
        (("1.234.567",), (1234567,)),
        (("1 234,5", "1\u00a0000,0"), (1234.5, 1000)),
        (("0.123",), (0.123,)),
        (("1e3", ".5", "+4"), (1000, 0.5, 4)),
        (("", None, "3"), (np.nan, np.nan, 3)),
    ],
)
def test_german_and_english_numbers(cells, expected):
    np.testing.assert_allclose(parse_numbers(text_series(*cells), source="f"), expected)


def test_a_number_that_can_be_read_both_ways_is_refused_unless_told():
    with pytest.raises(InputError, match=r"'1\.234' can mean 1234 or 1\.234.*decimal:"):
        parse_numbers(text_series("1.234"), source="f")
    assert parse_numbers(text_series("1.234"), source="f", decimal=",").tolist() == [1234]
    assert parse_numbers(text_series("1.234"), source="f", decimal=".").tolist() == [1.234]


@pytest.mark.parametrize("bad", ["abc", "12 MWh", "inf", "1,2,3", "2020-01-01"])
def test_text_in_a_number_column_names_the_line(bad):
    with pytest.raises(InputError, match=r"line 3, column value: .* is no number"):
        parse_numbers(text_series("1.5", bad), source="f")


@given(st.lists(st.floats(-1e9, 1e9).map(lambda v: round(v, 2)), min_size=1, max_size=20))
def test_what_a_german_spreadsheet_writes_comes_back(values):
    def german(value):
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))

    assert parse_numbers(text_series(*map(german, values)), source="f").tolist() == values
