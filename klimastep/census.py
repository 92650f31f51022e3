"""The classes in which a census counts buildings and dwellings on its grid, and the columns that hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import pandas as pd

from klimastep.contract import Column
from klimastep.reference import load

KINDS = {
    "buildings": ("Gebäude mit Wohnraum", "Residential buildings"),
    "dwellings": ("Wohnungen", "Dwellings"),
}
FIRST_YEAR = 1500


class Bands(NamedTuple):
    """The periods of construction of one census.

    Parameters
    ----------
    census : int
        Year of the census.
    bands : tuple of (name, first year, last year)
    """

    census: int
    bands: tuple[tuple[str, int, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bands."""
        return tuple(name for name, _, _ in self.bands)


def _bands(census: int, names: str) -> Bands:
    rows = []
    for name in names.split():
        first, last = (name.replace("until", str(FIRST_YEAR)) + (f"_{census}" if "from" in name else "")).split("_")[
            -2:
        ]
        rows.append((name, int(first), int(last)))
    return Bands(census, tuple(rows))


CENSUS_2011 = _bands(
    2011,
    "until_1918 1919_1948 1949_1978 1979_1986 1987_1990 1991_1995 1996_2000 2001_2004 2005_2008 from_2009",
)
CENSUS_2022 = _bands(
    2022,
    "until_1918 1919_1948 1949_1978 1979_1990 1991_2000 2001_2010 2011_2019 from_2020",
)
CENSUS_2022_DECADES = _bands(
    2022,
    "until_1918 1919_1949 1950_1959 1960_1969 1970_1979 1980_1989 1990_1999 2000_2009 2010_2015 from_2016",
)
CENSUS_AGE_BANDS = CENSUS_2011.bands
ALL_BANDS = {
    name: (first, last)
    for bands in (CENSUS_2022_DECADES, CENSUS_2022, CENSUS_2011)
    for name, first, last in bands.bands
}
HOUSE_TYPES = {
    "house_detached": ("Einfamilienhäuser, freistehend", "houses with one dwelling, detached"),
    "house_semi": ("Doppelhaushälften mit einer Wohnung", "semi-detached houses with one dwelling"),
    "house_terraced": ("Reihenhäuser mit einer Wohnung", "terraced houses with one dwelling"),
    "two_detached": ("Zweifamilienhäuser, freistehend", "houses with two dwellings, detached"),
    "two_semi": ("Doppelhaushälften mit zwei Wohnungen", "semi-detached houses with two dwellings"),
    "two_terraced": ("Reihenhäuser mit zwei Wohnungen", "terraced houses with two dwellings"),
    "multi_3_6": ("Mehrfamilienhäuser mit 3 bis 6 Wohnungen", "houses with 3 to 6 dwellings"),
    "multi_7_12": ("Mehrfamilienhäuser mit 7 bis 12 Wohnungen", "houses with 7 to 12 dwellings"),
    "multi_13": ("Mehrfamilienhäuser ab 13 Wohnungen", "houses with 13 and more dwellings"),
    "other_type": ("andere Gebäudetypen", "other types of building"),
}
HEATINGS = {
    "heating_district": ("Fernheizung", "district heating"),
    "heating_storey": ("Etagenheizung", "heating per storey"),
    "heating_block": ("Blockheizung", "heating for a block"),
    "heating_central": ("Zentralheizung", "central heating"),
    "heating_rooms": ("Einzel- und Mehrraumöfen", "stoves"),
    "heating_none": ("keine Heizung", "no heating"),
}
HEATING_CARRIERS = {
    "carrier_gas": ("Gas", "gas"),
    "carrier_oil": ("Heizöl", "oil"),
    "carrier_wood": ("Holz, Holzpellets", "wood"),
    "carrier_biomass": ("Biomasse, Biogas", "biomass, biogas"),
    "carrier_heat_pump": ("Solar, Geothermie, Wärmepumpen", "solar, geothermal, heat pumps"),
    "carrier_electricity": ("Strom", "electricity"),
    "carrier_coal": ("Kohle", "coal"),
    "carrier_district_heat": ("Fernwärme", "district heat"),
    "carrier_none": ("kein Energieträger", "no energy carrier"),
}


def bands_of(columns: Collection[str]) -> Bands:
    """Return the periods that a table of cells is counted by: those with the most columns, 2011 before 2022."""
    choices = (CENSUS_2011, CENSUS_2022_DECADES, CENSUS_2022)
    return max(choices, key=lambda bands: sum(f"{kind}_{name}" in columns for kind in KINDS for name in bands.names))


def band_words(name: str) -> tuple[str, str]:
    """Return a band in German and English words."""
    german = name.replace("until_", "bis ").replace("from_", "ab ").replace("_", "–")
    return german, name.replace("until_", "until ").replace("from_", "from ").replace("_", " ")


def fitted_column(kind: str, band: str) -> Column:
    """Declare the count of a band after the fit to the municipality's totals."""
    (de, en), (words_de, words_en) = KINDS[kind], band_words(band)
    return _column(
        f"{kind}_{band}_fitted",
        f"{de} {words_de} (angepasst)",
        f"{en} {words_en} (fitted)",
        "Count as published, moved within the noise of its confidentiality method, and a share of what the grid "
        "suppresses, so that the cells sum to the municipality's total.",
    )


def carrier_counts(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the dwellings of each cell by energy carrier of their heating, else the buildings.

    A class that a cell does not publish counts zero there; a cell that publishes none is unknown.

    Parameters
    ----------
    cells : DataFrame
        With ``dwellings_carrier_…`` or ``buildings_carrier_…`` as the census of 2022 delivers them.

    Returns
    -------
    DataFrame
        Columns are energy carriers as in `reference/census_carriers.csv`; none where the table has no such classes.
    """
    table = load("census_carriers")
    carriers: dict[str, str] = dict(zip(table["class"], table["carrier"], strict=True))
    found = pd.DataFrame(index=cells.index)
    for kind in reversed(KINDS):
        there = {f"{kind}_{name}": carrier for name, carrier in carriers.items() if f"{kind}_{name}" in cells}
        if not there:
            continue
        counts = cells[list(there)].astype("float64")
        summed = counts.fillna(0.0).T.groupby([there[c] for c in counts.columns]).sum().T
        known = summed.where(summed.sum(axis=1) > 0)
        found = found.reindex(columns=sorted({*found.columns, *known.columns}))
        found = found.where(found.notna().any(axis=1), known)
    return found.mask(found.isna() & found.notna().any(axis=1).to_numpy()[:, None], 0.0)


def census_columns() -> Iterator[Column]:
    """Declare the counts of all classes, as published."""
    for kind, (de, en) in KINDS.items():
        for band in sorted(ALL_BANDS, key=ALL_BANDS.__getitem__):
            words_de, words_en = band_words(band)
            yield _column(f"{kind}_{band}", f"{de} {words_de}", f"{en} {words_en}")
        for name, (words_de, words_en) in (HEATINGS | HEATING_CARRIERS).items():
            yield _column(f"{kind}_{name}", f"{de}: {words_de}", f"{en}: {words_en}")
    de, en = KINDS["buildings"]
    for name, (words_de, words_en) in HOUSE_TYPES.items():
        yield _column(f"buildings_{name}", f"{de}: {words_de}", f"{en}: {words_en}")


def _column(name: str, de: str, en: str, description: str = "Count as published; suppressed is unknown.") -> Column:
    return Column(name, "float64", "", de, en, description, nullable=True, min=0, aggregate="sum")
