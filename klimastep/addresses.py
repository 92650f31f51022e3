"""House numbers out of address texts, and the buildings that stand at them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

LONGEST_RANGE = 400
ANY = "*"
ONE = r"(\d{1,4})\s*([a-z]|/\s*\d{1,2})?"
NUMBER = re.compile(rf"{ONE}(?:\s*(?:-|–|bis)\s*(\d{{1,4}})?\s*([a-z])?)?", re.IGNORECASE)
STREET_AND_NUMBER = re.compile(rf"(.*?\D)\s*({NUMBER.pattern})", re.IGNORECASE)
BETWEEN_ENTRIES = re.compile(r"[;\n|]")
BETWEEN_NUMBERS = re.compile(r",|\+|&|\bund\b|\bu\.", re.IGNORECASE)
SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class House(NamedTuple):
    """One house number.

    Parameters
    ----------
    street : str
        Name of the street as :func:`plain_street` writes it.
    number : int
    suffix : str
        Letter or ``/1``, empty without one; ``*`` is any, for numbers within a range.
    """

    street: str
    number: int
    suffix: str


@lru_cache(maxsize=65_536)
def plain_street(text: str) -> str:
    """Return a street's name without what offices write differently: case, ß, umlauts, blanks, hyphens, "Str."."""
    plain = re.sub(r"[^a-z0-9]", "", text.casefold().translate(SPELLINGS))
    return re.sub(r"strasse(?=$)", "str", plain)


@lru_cache(maxsize=65_536)
def house_numbers(text: str) -> frozenset[House]:
    """Return the house numbers that an address text names.

    Entries are separated by ``;``, further numbers of a street by ``,``, ``+`` or "und". Where both ends of a range
    are odd or both even it runs along one side of the street: ``1-9`` is 1, 3, 5, 7, 9, and ``1-4`` is 1, 2, 3, 4.
    Postcode and place are passed over.

    Examples
    --------
    >>> sorted(h.number for h in house_numbers("Musterstraße 1-5, 8; Marktplatz 3a"))
    [1, 3, 3, 5, 8]
    """
    numbers = ((street, House(street, n, suffix)) for street, parts in _named(text) for n, suffix in _expanded(*parts))
    return frozenset(house for street, house in numbers if street)


def count_house_numbers(text: str) -> int:
    """Return how many house numbers an address text names; a range counts its two ends, the least that it can be.

    Examples
    --------
    >>> count_house_numbers("Hauptstraße 12-16, 20; Marktplatz 3a")
    4
    >>> count_house_numbers("Obere Wiesen")
    0
    """
    found = set()
    for street, (first, letter, last, _) in _named(text):
        found.add((street, int(first), (letter or "").strip().lower()))
        if last:
            found.add((street, int(last), ""))
    return len(found)


def _named(text: str) -> Iterator[tuple[str, tuple[str, str | None, str | None, str | None]]]:
    """Yield street and number, letter, last number and its letter of each entry."""
    for entry in BETWEEN_ENTRIES.split(text):
        street = ""
        for piece in BETWEEN_NUMBERS.split(entry):
            number = NUMBER.fullmatch(piece.strip())
            if number is None:
                told = STREET_AND_NUMBER.fullmatch(piece.strip())
                if told is None:
                    continue
                street, number = plain_street(told[1]), NUMBER.fullmatch(told[2])
            if number is not None:
                first, letter, last, last_letter = number.groups()
                yield street, (first, letter, last, last_letter)


def _expanded(first: str, letter: str | None, last: str | None, last_letter: str | None) -> Iterator[tuple[int, str]]:
    start, suffix = int(first), re.sub(r"\s", "", letter or "").lower()
    end = int(last) if last else start
    if end > start and end - start <= LONGEST_RANGE:
        yield from ((n, ANY) for n in range(start, end + 1, 2 if (end - start) % 2 == 0 else 1))
    elif last_letter and end == start and len(suffix) <= 1:
        if not suffix:
            yield start, ""
        yield from ((start, chr(c)) for c in range(ord(suffix or "a"), ord(last_letter.lower()) + 1))
    else:
        yield start, suffix
        if end != start:
            yield end, (last_letter or "").lower()


def at_addresses(addresses: pd.Series, texts: pd.Series) -> pd.DataFrame:
    """Return which buildings stand at the addresses of which units.

    Parameters
    ----------
    addresses : Series of str
        Address of each building; its index are the ids.
    texts : Series of str
        Addresses of each unit; its index are the units.

    Returns
    -------
    DataFrame
        ``unit`` and ``building_id``, each pair once, in the order of the units and buildings.
    """
    there: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for place, text in enumerate(addresses):
        if isinstance(text, str):
            for house in house_numbers(text):
                there[house.street, house.number].append((house.suffix, place))
    pairs = [
        (unit, place)
        for unit, text in zip(texts.index, texts, strict=True)
        if isinstance(text, str)
        for place in sorted(
            {
                place
                for house in house_numbers(text)
                for suffix, place in there.get((house.street, house.number), ())
                if ANY in (suffix, house.suffix) or suffix == house.suffix
            }
        )
    ]
    frame = pd.DataFrame(pairs, columns=["unit", "place"])
    return pd.DataFrame(
        {"unit": frame["unit"], "building_id": addresses.index.take(frame["place"].to_numpy(dtype=np.int64))}
    )
