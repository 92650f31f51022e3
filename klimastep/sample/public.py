"""What statistical offices and utilities know of the town: census cells, meters, survey, monuments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from klimastep.census import CENSUS_AGE_BANDS
from klimastep.reference import load
from klimastep.sample.plane import Dice
from klimastep.sample.quarters import CRS
from klimastep.sample.town import Town

CENSUS_YEAR = 2011
SMALLEST_COUNT = 3
CENSUS_TEXTS = ("Vor 1919", "1919 - 1948", "1949 - 1978", "1979 - 1986", "1987 - 1990", "1991 - 1995", "1996 - 2000",
                "2001 - 2004", "2005 - 2008", "2009 und später")  # fmt: skip
SURVEYED_SHARE = 0.6
METER_YEARS = {2022: 1.04, 2023: 0.97, 2024: 1.0}
SMALLEST_CONNECTIONS = 5
JOINT_EVERY, EMPTY_EVERY = 6, 12  # blocks with district heat, blocks
GROSS_PER_NET, HS_PER_HI, BOILER = 0.8, 1.108, 0.87
DISTRICT_HEAT = {"core": 0.35, "gruenderzeit": 0.5, "slabs": 0.92, "postwar": 0.3, "estate": 0.0}  # of the blocks
ON_DISTRICT_HEAT = {"slabs": 1.0}  # of the buildings in such a block
ON_GAS = {"slope": 0.62, "new": 0.6}  # of the other buildings; the rest burn oil or wood or have heat pumps
TRADE_KWH_M2 = {"31001_2110": 85.0, "31001_2143": 35.0, "31001_2120": 80.0, "31001_2463": 0.0, "31001_2723": 0.0}


def census(town: Town, subject: str) -> pd.DataFrame:
    """Return residential buildings or dwellings per 100 m cell and age band; counts of one or two are withheld.

    Parameters
    ----------
    town : Town
    subject : {"buildings", "dwellings"}

    Returns
    -------
    DataFrame
        Long form as published for 2011; years after the census are not in it.
    """
    known = town.buildings[town.buildings["is_residential"] & (town.buildings["year_built"] <= CENSUS_YEAR)]
    points = known.geometry.centroid
    east, north = Transformer.from_crs(CRS, "EPSG:3035", always_xy=True).transform(points.x, points.y)
    ends = np.array([last for _, _, last in CENSUS_AGE_BANDS])
    rows = pd.DataFrame(
        {
            "n": (np.asarray(north) // 100).astype(int),
            "e": (np.asarray(east) // 100).astype(int),
            "code": np.searchsorted(ends, known["year_built"].to_numpy()) + 1,
            "count": 1 if subject == "buildings" else known["dwellings"].to_numpy(),
        }
    )
    counts = rows.groupby(["n", "e", "code"], as_index=False)["count"].sum()
    total = rows.groupby(["n", "e"], as_index=False)["count"].sum().assign(code=0)
    long = pd.concat([total, counts]).sort_values(["n", "e", "code"], ignore_index=True)
    long = long[long["count"] >= SMALLEST_COUNT]
    texts = dict(enumerate(("Einheiten insgesamt", *CENSUS_TEXTS)))
    return pd.DataFrame(
        {
            "Gitter_ID_100m": "100mN" + long["n"].map("{:05d}".format) + "E" + long["e"].map("{:05d}".format),
            "Gitter_ID_100m_neu": "CRS3035RES100mN" + (long["n"] * 100).map("{:07d}".format) + "E"
            + (long["e"] * 100).map("{:07d}".format),
            "Merkmal": np.where(long["code"] == 0, "INSGESAMT", "BAUJAHR_MZ"),
            "Auspraegung_Code": long["code"],
            "Auspraegung_Text": long["code"].map(texts),
            "Anzahl": long["count"].astype(int),
            "Anzahl_q": 0,
        }
    )  # fmt: skip


def survey(town: Town) -> pd.DataFrame:
    """Return the years that the city has collected, for the larger part of the heated buildings."""
    dice = Dice(town.seed + 11)
    heated = town.buildings[~town.buildings["role"].isin(["garage", "garages", "shed"])]
    rows = [(oid, year) for oid, year in heated["year_built"].items() if dice.chance(SURVEYED_SHARE)]
    return pd.DataFrame(rows, columns=["oid", "baujahr"])


def monuments(town: Town) -> pd.DataFrame:
    """Return the list of monuments: church, town hall, old houses, a group of tenements, the old town as ensemble."""
    dice = Dice(town.seed + 12)
    b = town.buildings
    chosen: list[tuple[str, str, str]] = []
    words = {"church": "Evangelische Stadtkirche", "town_hall": "Rathaus", "chapel": "Friedhofskapelle",
             "school": "Schulhaus"}  # fmt: skip
    for oid, role, form, year in zip(b.index, b["role"], b["form"], b["year_built"], strict=True):
        if role in words:
            chosen.append((oid, words[role], "Einzeldenkmal"))
        elif role == "main" and form == "medieval" and year < 1860 and dice.chance(0.3):
            kind = dice.pick(("Wohnhaus, Fachwerk", "Gasthaus", "Ackerbürgerhaus", "Wohnhaus, Fachwerk"))
            chosen.append((oid, kind, "Einzeldenkmal"))
        elif form == "tenement" and role == "main" and year < 1919 and dice.chance(0.15):
            chosen.append((oid, "Mietshaus", dice.pick(("Einzeldenkmal", "Sachgesamtheit"))))
    points = b.loc[[oid for oid, _, _ in chosen]].representative_point() if chosen else b.geometry[:0]
    places = [*points]
    old = town.blocks[town.blocks["stadtteil"] == "Altstadt"]
    if len(old):
        places.append(shapely.union_all(old.geometry.to_numpy()).centroid)
        chosen.append(("", "Altstadt Musterstadt", "Gesamtanlage"))
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(
        [p.x for p in places], [p.y for p in places]
    )
    return pd.DataFrame(
        {
            "id": [f"D-{town.tile:03d}-{i:04d}" for i in range(1, len(chosen) + 1)],
            "bezeichnung": [words for _, words, _ in chosen],
            "adresse": [b["address"].get(oid) or "" for oid, _, _ in chosen],
            "art": [kind for _, _, kind in chosen],
            "lon": np.round(lon, 6),
            "lat": np.round(lat, 6),
        }
    )


def useful_heat_kwh_a(town: Town, dice: Dice) -> pd.Series:
    """Return the heat that each building uses, by a rule of thumb that klimastep's models do not know [kWh/a]."""
    table = load("sample_consumption")
    b = town.buildings
    per_m2 = table["heat_kwh_m2a"].to_numpy()[np.searchsorted(table["year_to"].to_numpy(), b["year_built"].to_numpy())]
    trade = b["function"].map(TRADE_KWH_M2)
    gross = b.geometry.area * b["storeys"] * GROSS_PER_NET
    noise = np.array([np.exp(dice.around(0, 0.22)) for _ in range(len(b))])
    return gross * trade.fillna(pd.Series(per_m2, index=b.index)) * noise


def meters(town: Town) -> pd.DataFrame:
    """Return the consumption per block, year and carrier with the gaps that real lists have.

    Gas is billed energy (Hs), district heat is useful heat. Fewer than five connections are "geheim",
    a few blocks share one meter, a few cells are empty. Where all heated houses of a block have the one carrier, the
    list says that the other has no connection; in blocks with oil and wood it says nothing of it.
    """
    dice = Dice(town.seed + 13)
    heat = useful_heat_kwh_a(town, dice)
    b = town.buildings.assign(heat=heat)
    rows: list[tuple[str, int, str, float | None, int | None, str]] = []
    joint = 0
    for number, (block, members) in enumerate(b[b["heat"] > 0].groupby("block_nr", sort=True)):
        if not block:
            continue
        kind = str(members["kind"].iloc[0])
        district = dice.chance(DISTRICT_HEAT.get(kind, 0.06))
        share = ON_DISTRICT_HEAT.get(kind, dice.between(0.55, 1.1)) if district else 0.0
        on_district = np.array([dice.chance(share) for _ in range(len(members))])
        on_gas = ~on_district & np.array([dice.chance(ON_GAS.get(kind, 0.74)) for _ in range(len(members))])
        joint += district
        gap = "Sammelzähler" if district and joint % JOINT_EVERY == 0 else "leer" if number % EMPTY_EVERY == 5 else ""
        for carrier, on, factor in (("Erdgas", on_gas, HS_PER_HI / BOILER), ("Fernwärme", on_district, 1.0)):
            if on.any():
                used = float(members["heat"].to_numpy()[on].sum()) * factor / 1000
                rows += _meter_rows((str(block), carrier, gap), used, int(on.sum()), dice)
            elif (on_gas | on_district).all() and len(members) >= SMALLEST_CONNECTIONS:
                rows += [(str(block), year, carrier, 0.0, 0, "") for year in METER_YEARS]
    columns = ["block_nr", "jahr", "energietraeger", "verbrauch_mwh", "anschluesse", "hinweis"]
    return pd.DataFrame(rows, columns=columns).astype({"anschluesse": "Int64"})


def _meter_rows(
    what: tuple[str, str, str], used: float, count: int, dice: Dice
) -> list[tuple[str, int, str, float | None, int | None, str]]:
    block, carrier, gap = what
    rows: list[tuple[str, int, str, float | None, int | None, str]] = []
    for year, weather in METER_YEARS.items():
        value = round(used * weather * float(np.exp(dice.around(0, 0.025))), 1)
        if gap == "Sammelzähler" and carrier == "Fernwärme":
            rows.append((block, year, carrier, value, 1, "Sammelzähler"))
        elif count < SMALLEST_CONNECTIONS:
            rows.append((block, year, carrier, None, None, "geheim"))
        elif gap == "leer" and year == 2022:
            rows.append((block, year, carrier, None, count, ""))
        else:
            rows.append((block, year, carrier, value, count, ""))
    return rows
