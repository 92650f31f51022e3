"""What the buildings are: year, storeys, roof, function, dwellings; ages follow the totals of a real town."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from klimastep.census import CENSUS_AGE_BANDS
from klimastep.reference import load
from klimastep.sample import roofs as r
from klimastep.sample.grounds import House
from klimastep.sample.lots import Lot
from klimastep.sample.plane import Dice
from klimastep.sample.quarters import KINDS, QUARTERS
from klimastep.sample.roofs import Roof

OLDEST = 1560
AFTER_CENSUS_SHARE = 0.05
NEWEST = 2024

FUNCTIONS: dict[str, str] = {
    "31001_1000": "Wohngebäude",
    "31001_1010": "Wohnhaus",
    "31001_1022": "Seniorenheim",
    "31001_1123": "Wohn- und Geschäftsgebäude",
    "31001_2020": "Bürogebäude",
    "31001_2050": "Geschäftsgebäude",
    "31001_2054": "Laden",
    "31001_2071": "Hotel, Motel, Pension",
    "31001_2081": "Gaststätte, Restaurant",
    "31001_2110": "Produktionsgebäude",
    "31001_2120": "Werkstatt",
    "31001_2143": "Lagerhalle, Lagerschuppen, Lagerhaus",
    "31001_2463": "Garage",
    "31001_2723": "Schuppen",
    "31001_3012": "Rathaus",
    "31001_3021": "Allgemein bildende Schule",
    "31001_3041": "Kirche",
    "31001_3043": "Kapelle",
    "31001_3062": "Freizeit-, Vereinsheim, Dorfgemeinschafts-, Bürgerhaus",
    "31001_3065": "Kinderkrippe, Kindergarten, Kindertagesstätte",
    "31001_3211": "Sport-, Turnhalle",
}
RESIDENTIAL = ("31001_1000", "31001_1010", "31001_1123")


@dataclass(frozen=True)
class Role:
    """A building that is not made by dwelling rules: function, year, spread, storeys, storey height, roof, name."""

    function: str
    year: float
    spread: float
    storeys: float
    storey_m: float
    roof: Roof
    name: str = ""


ROLES: dict[str, Role] = {
    "church": Role("31001_3041", 1487, 0, 1, 3.2, Roof(r.GABLE, 56), "Stadtkirche St. Martin"),
    "chapel": Role("31001_3043", 1884, 0, 1, 3.4, Roof(r.GABLE, 48), "Friedhofskapelle"),
    "town_hall": Role("31001_3012", 1624, 0, 3, 3.3, Roof(r.HIP, 50), "Rathaus"),
    "school": Role("31001_3021", 1908, 0, 3, 3.9, Roof(r.HIP, 40), "Schillerschule"),
    "gym": Role("31001_3211", 1973, 0, 1, 7.4, Roof(r.FLAT), "Turnhalle"),
    "kindergarten": Role("31001_3065", 1971, 12, 1, 3.4, Roof(r.PENT, 9), "Kindergarten"),
    "care_home": Role("31001_1022", 1998, 0, 3, 3.1, Roof(r.FLAT), "Seniorenheim am Ring"),
    "supermarket": Role("31001_2050", 2006, 0, 1, 5.2, Roof(r.GABLE, 14), "Supermarkt"),
    "club": Role("31001_3062", 1976, 0, 1, 3.4, Roof(r.GABLE, 25), "Vereinsheim"),
    "garage": Role("31001_2463", 1975, 14, 1, 2.65, Roof(r.FLAT)),
    "garages": Role("31001_2463", 1970, 5, 1, 2.5, Roof(r.FLAT)),
    "shed": Role("31001_2723", 1905, 25, 1, 2.6, Roof(r.PENT, 14)),
    "workshop": Role("31001_2120", 1910, 20, 2, 3.1, Roof(r.PENT, 10)),
    "works": Role("31001_2110", 1982, 13, 1, 8.6, Roof(r.GABLE, 9)),
    "store": Role("31001_2143", 1990, 11, 1, 9.4, Roof(r.FLAT)),
    "shop": Role("31001_2054", 1996, 9, 1, 5.8, Roof(r.FLAT)),
    "workshop_hall": Role("31001_2120", 1979, 12, 1, 6.2, Roof(r.GABLE, 14)),
    "office": Role("31001_2020", 1988, 12, 3, 3.3, Roof(r.FLAT)),
}
SMALL = {"garage", "garages", "shed", "workshop"}


@dataclass
class Facts:
    """What is true of one building."""

    function: str
    year: int
    storeys: float
    eaves_m: float
    roof: Roof
    dwellings: int = 0
    name: str = ""

    @property
    def lives(self) -> bool:
        """Whether people live in it (the census counts it)."""
        return self.function in RESIDENTIAL


def describe(houses: Sequence[House], lots: Sequence[Lot], dice: Dice) -> list[Facts]:
    """Return the facts of every house."""
    years = _years(houses, lots, dice)
    group_roofs: dict[tuple[int, int, str], tuple[Roof, float]] = {}
    facts: list[Facts] = []
    for house, year in zip(houses, years, strict=True):
        role = ROLES.get(house.role)
        if role is not None:
            facts.append(_public(house, role, year, dice))
            continue
        made = (_roof(house, year, dice), _storeys(house, year, dice))
        if house.row >= 0 and house.form not in ("house", "villa", "block", "infill"):
            made = group_roofs.setdefault((lots[house.lot].block * 1000 + house.row, house.street, house.form), made)
        facts.append(_dwelling_house(house, year, made, dice))
    return facts


def _public(house: House, role: Role, year: int, dice: Dice) -> Facts:
    storeys = role.storeys
    roof = role.roof
    if house.role == "office":
        storeys = 2 + int(dice.between(0, 3))
    if house.role in ("works", "store") and dice.chance(0.4):
        roof = Roof(r.FLAT) if roof.code == r.GABLE else Roof(r.PENT, 5)
    if house.role == "garage" and dice.chance(0.15):
        roof = Roof(r.GABLE, 30, turned=True)
    if roof.code in (r.GABLE, r.HIP):
        roof = Roof(roof.code, roof.pitch_deg, turned=_deep(house) or roof.turned)
    height = storeys * role.storey_m * (dice.between(0.85, 1.15) if role.spread else 1.0)
    return Facts(role.function, year, storeys, round(height + 0.1, 2), roof, 0, role.name)


def _deep(house: House) -> bool:
    """Whether a house is deeper than wide, so that its ridge runs into the lot."""
    (x0, y0), (x1, y1), (x2, y2), _ = house.cells[0].corners
    return (x1 - x0) ** 2 + (y1 - y0) ** 2 < (x2 - x1) ** 2 + (y2 - y1) ** 2


def _dwelling_house(house: House, year: int, made: tuple[Roof, float], dice: Dice) -> Facts:
    roof, storeys = made
    if house.form == "medieval":
        storeys = 2 + dice.chance(0.5) + dice.chance(0.05)
        roof = Roof(r.GABLE, dice.around(51, 1.5))
    storey_m = _storey_height(house.form, year)
    plinth = {"tenement": 0.9, "slab": 0.9, "tower": 0.9, "villa": 0.8}.get(house.form, 0.45)
    eaves = round(storeys * storey_m + plinth + dice.around(0, 0.06), 2)
    function = _function(house, dice)
    dwellings = _dwellings(house, storeys, dice) if function in RESIDENTIAL else 0
    if function == "31001_1123":
        dwellings = max(1, dwellings - 1)
    return Facts(function, year, storeys, eaves, roof, dwellings)


def _function(house: House, dice: Dice) -> str:
    if house.form == "medieval":
        return dice.weighted(
            {"31001_1010": 52, "31001_1123": 33, "31001_2050": 6, "31001_2081": 6, "31001_2071": 1, "31001_2020": 2}
        )
    if house.form == "tenement":
        return dice.weighted({"31001_1000": 68, "31001_1123": 29, "31001_2020": 3})
    if house.form in ("slab", "tower", "zeile", "block", "infill"):
        return "31001_1123" if house.form != "slab" and dice.chance(0.06) else "31001_1000"
    return "31001_1010"


def _dwellings(house: House, storeys: float, dice: Dice) -> int:
    if house.form in ("row", "semi"):
        return 2 if dice.chance(0.06) else 1
    if house.form == "house":
        return 1 + dice.chance(0.45) + dice.chance(0.1)
    if house.form == "medieval":
        return max(1, int(storeys) - 1 + dice.chance(0.35))
    per_storey = {"villa": 1.3, "tenement": 2.0, "tower": 4.0, "block": 2.2, "infill": 2.3}.get(house.form, 1.9)
    return max(1, round(storeys * per_storey * dice.between(0.9, 1.12)))


def _storeys(house: House, year: int, dice: Dice) -> float:
    if house.form == "house":
        return 2.0 if dice.chance(0.75 if year > 1999 else 0.55) else 1.0
    table: dict[str, dict[str, float]] = {
        "tenement": {"3": 3, "4": 6, "5": 1},
        "villa": {"2": 6, "3": 4},
        "zeile": {"3": 7, "4": 3},
        "block": {"3": 6, "4": 4},
        "infill": {"3": 7, "4": 3},
        "slab": {"3": 1, "4": 7, "5": 2},
        "tower": {"7": 2, "8": 4, "9": 3, "11": 1},
    }
    return float(dice.weighted(table.get(house.form, {"2": 1})))


def _storey_height(form: str, year: int) -> float:
    if form == "tenement":
        return 3.5 if year < 1919 else 2.8
    if form == "medieval":
        return 2.7
    return 3.1 if year < 1919 else 2.95 if year < 1949 else 2.75 if year < 1979 else 2.85


def _roof(house: House, year: int, dice: Dice) -> Roof:
    """Return the roof that was usual for this form in its years."""
    if house.form == "tenement":
        options: dict[str, float] = {r.MANSARD: 6, r.GABLE: 3} if year < 1919 else {r.GABLE: 1}
        pitch = 40.0
    elif house.form in ("slab", "tower"):
        options, pitch = ({r.FLAT: 6, r.GABLE: 4} if house.form == "slab" else {r.FLAT: 1}), 24.0
    elif year < 1949:
        options, pitch = {r.GABLE: 6, r.HIP: 3, r.MANSARD: 1}, 47.0
    elif year < 1963:
        options, pitch = {r.GABLE: 8, r.HIP: 2}, 41.0
    elif year < 1979:
        options, pitch = {r.GABLE: 7, r.FLAT: 2, r.HIP: 1, r.PENT: 0.5}, 30.0
    elif year < 2000:
        options, pitch = {r.GABLE: 9, r.HIP: 1}, 38.0
    else:
        options, pitch = {r.GABLE: 4, r.HIP: 2, r.FLAT: 3, r.PENT: 1, r.TENT: 1}, 27.0
    code = dice.weighted(options)
    if code in (r.HIP, r.TENT) and house.form in ("row", "semi", "zeile"):
        code = r.HIP if house.form != "row" else r.GABLE
    if code == r.PENT:
        pitch = 11.0
    return Roof(code, round(dice.around(pitch, 1.6), 1), turned=_deep(house) if code != r.PENT else False)


# --- years ----------------------------------------------------------------------------------------------------


def _wish(house: House, lot: Lot, dice: Dice) -> float:
    """Return the year in which such a house was most likely built here."""
    middle, spread = KINDS[QUARTERS[lot.quarter].kind].year
    if house.form == "infill":
        return dice.between(1984, 2020)
    if house.form == "medieval":
        shift = dice.weighted({"old": 59, "1905": 8, "1955": 23, "1985": 10})
        return dice.around(middle, spread) if shift == "old" else dice.around(float(shift), 4)
    if house.form == "tenement" and dice.chance(0.07):
        return dice.around(1955, 4)
    if house.form == "house" and dice.chance(0.08):
        return dice.between(1980, 2021)
    return dice.around(middle, spread)


def _years(houses: Sequence[House], lots: Sequence[Lot], dice: Dice) -> list[int]:
    """Give every house its year: oldest wish first into the oldest class, until each class has its share."""
    years = [0] * len(houses)
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, house in enumerate(houses):
        role = ROLES.get(house.role)
        if role is not None:
            years[i] = min(int(round(dice.around(role.year, role.spread))), NEWEST)
            continue
        together = house.row >= 0 and house.form in ("row", "semi", "zeile", "slab")
        key = (lots[house.lot].block, house.row, house.street) if together else (-1, i, 0)
        groups.setdefault(key, []).append(i)
    wishes = sorted((_wish(houses[m[0]], lots[houses[m[0]].lot], dice), m) for m in groups.values())
    total = sum(len(members) for _, members in wishes)
    spans = _spans()
    done = 0
    for _, members in wishes:
        year = _year_at((done + len(members) / 2) / total, spans)
        for i in members:
            years[i] = year
        done += len(members)
    return _not_older_than_their_house(years, houses)


def _not_older_than_their_house(years: list[int], houses: Sequence[House]) -> list[int]:
    """Make no garage or shed older than the house on its lot."""
    mains = {h.lot: y for h, y in zip(houses, years, strict=True) if h.role not in SMALL}
    return [max(y, mains.get(h.lot, y)) if h.role in SMALL else y for h, y in zip(houses, years, strict=True)]


def _spans() -> list[tuple[float, int, int]]:
    """Return (cumulated share, first year, last year) of each age band."""
    totals = load("sample_town_totals").set_index("age_band")["buildings"]
    shares = [(int(totals[band]) / float(totals.sum()), a, b) for band, a, b in CENSUS_AGE_BANDS]
    spans: list[tuple[float, int, int]] = []
    done = 0.0
    for share, first, last in shares:
        done += share * (1 - AFTER_CENSUS_SHARE)
        spans.append((done, first, last))
    return [*spans, (1.0, CENSUS_AGE_BANDS[-1][2] + 1, NEWEST)]


def _year_at(rank: float, spans: list[tuple[float, int, int]]) -> int:
    low = 0.0
    for high, first, last in spans:
        if rank <= high:
            q = (rank - low) / (high - low)
            if first < OLDEST:
                return int(OLDEST + (last - OLDEST) * (1 - (1 - q) ** 1.8))
            return min(first + int(q * (last - first + 1)), last)
        low = high
    return NEWEST
