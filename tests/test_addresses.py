"""House numbers as offices write them, and the buildings at them."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimastep.addresses import House, at_addresses, count_house_numbers, house_numbers, plain_street


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Musterstraße 12", ["12"]),
        ("Musterstraße 12, 14", ["12", "14"]),
        ("Musterstraße 12,14 und 16 a", ["12", "14", "16a"]),
        ("Musterstraße 1-9", ["1*", "3*", "5*", "7*", "9*"]),
        ("Musterstraße 1 bis 4", ["1*", "2*", "3*", "4*"]),
        ("Musterstraße 3a-c", ["3a", "3b", "3c"]),
        ("Musterstraße 3-3b", ["3", "3a", "3b"]),
        ("Musterstraße 12/1", ["12/1"]),  # usual in Baden-Württemberg
        ("Straße des 17. Juni 5", ["5"]),
        ("Holzweg 4, 71640 Ludwigsburg", ["4"]),
        ("Ludwigsburg, Holzweg 4", ["4"]),
        ("Im Winkel", []),
        ("Musterstraße 1-9999", ["1", "9999"]),  # no range that a street has
        ("", []),
    ],
)
def test_numbers(text, numbers):
    assert sorted(f"{h.number}{h.suffix}" for h in house_numbers(text)) == sorted(numbers)


def test_two_streets_and_a_name_with_a_number():
    assert house_numbers("Hauptstraße 7, 14; Straße des 17. Juni 3 b") == {
        House("hauptstr", 7, ""),
        House("hauptstr", 14, ""),
        House("strassedes17juni", 3, "b"),
    }


@pytest.mark.parametrize(
    "text", ["Große Straße", "GROSSE STRASSE", "Grosse Str.", "Große-Str", "grosse strasse", "Große  Straße "]
)
def test_one_street_however_it_is_written(text):
    assert plain_street(text) == "grossestr"


def test_umlauts_written_out():
    assert plain_street("Mühläckerweg") == plain_street("Muehlaeckerweg")


def test_who_stands_where():
    addresses = pd.Series(
        ["Gasse 1", "Gasse 3a", "Gasse 5, 7", "Gasse 2", None, "Weg 3", "Gasse 12-16"], index=list("abcdefg")
    )
    units = pd.Series(["Gasse 1-7", "gasse 3", "Gasse 14", "Weg 1; Gasse 7"], index=["odd", "three", "in", "two"])
    pairs = at_addresses(addresses, units)
    assert pairs.groupby("unit", sort=False)["building_id"].apply(list).to_dict() == {
        "odd": ["a", "b", "c"],  # straddles what it likes: the even side and the other street are not in it
        "in": ["g"],
        "two": ["c"],
    }


def test_nothing_stands_nowhere():
    assert at_addresses(pd.Series([None], index=["a"]), pd.Series(["Gasse 1"])).empty
    assert at_addresses(pd.Series([], dtype="str"), pd.Series([], dtype="str")).empty


@given(st.text(max_size=200))
def test_any_text_is_read_in_no_time(text):
    assert all(h.street and 0 <= h.number <= 9999 for h in house_numbers(text))


def test_a_long_text_is_read_in_no_time():
    assert house_numbers("a" * 10_000) == frozenset()
    assert len(house_numbers("Gasse " + ", ".join(map(str, range(1, 2000))))) == 1999


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Hauptstraße 12, 14; Marktplatz 3a", 3),
        ("Obere Wiesen", 0),
        ("Hauptstraße 12-16", 2),
        ("Hauptstraße 12; Hauptstr. 12", 1),
        ("12, 14", 2),
        ("Straße des 17. Juni 135", 1),
        ("", 0),
    ],
)
def test_a_range_counts_its_two_ends(text, count):
    assert count_house_numbers(text) == count


def test_a_street_that_only_begins_like_one_stays_itself():
    assert plain_street("Strandweg") == "strandweg"
    assert plain_street("Straßburger Weg") != plain_street("Str. Burger Weg")
