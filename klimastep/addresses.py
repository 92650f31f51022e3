"""What addresses name: streets and house numbers as the cadastre, lists and maps write them."""

from __future__ import annotations

import re

_ENDS_IN_NUMBER = re.compile(r"(\d+)\s*[a-z]?(?:\s*-\s*(\d+)\s*[a-z]?)?$", re.IGNORECASE)
_STREET = re.compile(r"str(asse|\.)?(?=\s|$)")


def address_keys(text: str) -> set[tuple[str, str]]:
    """Return the addresses that a text names, as pairs of street and house number fit to be compared.

    Entries are separated by ``;``, further numbers of a street by ``,``; ``12-16`` counts its two ends. What has
    no number names no address.

    Examples
    --------
    >>> sorted(address_keys("Hauptstraße 12, 14; Markt-Platz 3a"))
    [('hauptstr', '12'), ('hauptstr', '14'), ('marktplatz', '3a')]
    """
    found: set[tuple[str, str]] = set()
    for entry in text.split(";"):
        street = _plain(re.split(r"\s\d", entry.strip(), maxsplit=1)[0])
        for part in entry.split(","):
            match = _ENDS_IN_NUMBER.search(part.strip())
            if match is None:
                continue
            numbers = [match[0]] if match[2] is None else [match[1], match[2]]
            found |= {(street, number.lower().replace(" ", "")) for number in numbers}
    return found


def house_numbers(text: str) -> int:
    """Return how many house numbers an address text names.

    Examples
    --------
    >>> house_numbers("Hauptstraße 12, 14; Marktplatz 3a")
    3
    >>> house_numbers("Obere Wiesen")
    0
    """
    return len(address_keys(text))


def _plain(street: str) -> str:
    """Return a street's name without the ways to write it: case, blanks, hyphens, ``straße`` and ``str.``."""
    return re.sub(r"[\s.\-]", "", _STREET.sub("str", street.strip().lower().replace("ß", "ss")))
