"""Addresses as lists write them."""

import pytest

from klimastep.addresses import address_keys, house_numbers


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
def test_house_numbers(text, count):
    assert house_numbers(text) == count


@pytest.mark.parametrize("text", ["Bäckerstraße 3 a", "Bäckerstr. 3a", "bäcker straße 3A", "Bäcker-Strasse 3a"])
def test_ways_to_write_a_street_are_one(text):
    assert address_keys(text) == {("bäckerstr", "3a")}


def test_a_street_that_only_begins_like_one_stays_itself():
    assert address_keys("Strandweg 1") == {("strandweg", "1")}
    assert address_keys("Straßburger Weg 1") != address_keys("Str. Burger Weg 1")
