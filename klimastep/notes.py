"""What a reader of the outputs must know: climate, kind of heat, what shades roofs, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from klimastep import cadastre, solar
from klimastep.census import bands_of
from klimastep.contract import Table
from klimastep.export.style import format_number, format_quantity
from klimastep.findings import Finding, first_ids
from klimastep.geo import within
from klimastep.tables import CARRIERS
from klimastep.weather import HeatingSeason, PlaceClimate, Weather

TOTALS = ("Summe der bekannten Gebäude", "Sum of the known buildings")
WORTH_TELLING_SHARE = 0.005
RESTING = {
    "year_built": ("Baujahr", "year built"),
    "height_m": ("Höhe", "height"),
    "storeys": ("Geschosse", "storeys"),
    "use_class": ("Nutzung", "use"),
    "carrier": ("Energieträger", "energy carrier"),
}
MIN_SHARE_OF_CENSUS = 0.5
ON_OUTPUTS = (
    "another_region",
    "census_ahead",
    "diffuse_modelled",
    "floor_area_by_people",
    "heights_unchecked",
    "located_units",
)
MIDDLE_OF_HOUR_MIN = -30.0
ODD_CLOCK_MIN = 45.0


def notes(
    tables: Mapping[str, pd.DataFrame],
    year: Weather,
    season: HeatingSeason,
    synthetic: bool,
    default_carrier: str,
    zone_level: str = "",
    scaled: PlaceClimate | None = None,
    past: bool = False,
) -> tuple[list[str], list[str]]:
    """Return the notes of a run, German and English, most important first."""
    de, en = [], []
    if synthetic:
        de.append("Alle Daten sind erfunden (synthetisch).")
        en.append("All data are invented (synthetic).")
    if "buildings" in tables:
        buildings = tables["buildings"]
        de.append("Wärme: erwartete Nutzwärme für Raumheizung und Warmwasser, nicht der Normbedarf.")
        en.append("Heat: expected useful heat for rooms and hot water, not the normative demand.")
        parts = (estimates(buildings, default_carrier), _unknown(buildings), borders(tables, zone_level))
        for german, english in parts:
            de += german
            en += english
        total = float(buildings["expected_heat_kwh_a"].sum())
        de.append(f"{TOTALS[0]}: {format_quantity(total, 'kWh/a', 'de')} Nutzwärme.")
        en.append(f"{TOTALS[1]}: {format_quantity(total, 'kWh/a', 'en')} useful heat.")
        de.append("Klassen der Wärmedichte laut Plan, sonst nach dem KEA-BW-Leitfaden 2020 (aus zweiter Hand).")
        en.append("Classes of heat density as in the plan, else by the KEA-BW guide 2020 (second-hand).")
        if "roofs" in tables:
            shading_de, shading_en = solar.shading_notes(tables["roofs"])
            de.append(shading_de)
            en.append(shading_en)
    days, cold = f"{season.heating_days:.0f}", season.temp_external_degc
    de.append(f"Klima: {year.name}; {days} Heiztage, im Mittel {format_number(cold, 'de', 2)} °C.")
    en.append(f"Climate: {year.name}; {days} heating days, {format_number(cold, 'en', 2)} °C on average.")
    if scaled is None and past:
        de.append("Achtung: Klima vergangener Jahrzehnte, nicht auf heute gebracht; Solarerträge sind eher zu niedrig.")
        en.append("Mind: the climate of past decades, not brought to the present; solar yields are rather too low.")
    if scaled is not None:
        sun_de, sun_en = ("Temperatur", "Temperature")
        if scaled.ghi_w_m2 is not None:
            sun_de, sun_en = ("Temperatur und Strahlung", "Temperature and radiation")
        de.append(f"{sun_de} des Wetterjahrs sind Monat für Monat auf das Klima von {scaled.name} gebracht.")
        en.append(f"{sun_en} of the weather year are brought month by month to the climate of {scaled.name}.")
    return de, en


def clock_finding(year: Weather) -> list[Finding]:
    """Return a finding where the sun of a weather file is far from the middle of its hours."""
    late = year.sun_offset_min - MIDDLE_OF_HOUR_MIN
    if abs(late) <= ODD_CLOCK_MIN:
        return []
    return [
        Finding(
            year.name,
            "odd_clock",
            1,
            (),
            f"Die Sonne dieser Wetterdatei steht {abs(late):.0f} Minuten neben der Mitte ihrer Stunden; "
            "gerechnet wird mit der gefundenen Lage.",
            f"The sun of this weather file is {abs(late):.0f} minutes off the middle of its hours; "
            "the offset found is used.",
        )
    ]


def outside_finding(keys: pd.Series, areas: pd.Index, table: Table) -> list[Finding]:
    """Return a finding where buildings lie in no area of a table: their heat is in no sum of it.

    Parameters
    ----------
    keys : Series
        Id of the area of each building.
    areas : Index
        Ids of all areas.
    table : Table
        The areas' table.
    """
    outside = keys.index[~keys.isin(areas)]
    if outside.empty:
        return []
    count, ids = len(outside), first_ids(outside)
    return [
        Finding(
            table.name,
            "in_no_area",
            count,
            ids,
            f"{count} von {len(keys)} Gebäuden liegen außerhalb ({table.label_de}) und zählen in keiner Summe.",
            f"{count} of {len(keys)} buildings lie outside ({table.label_en.lower()}) and count in no sum.",
        )
    ]


def no_streets_finding() -> list[Finding]:
    """Return the finding of a plan without streets: heat per metre of street is left out."""
    return [
        Finding(
            "streets",
            "no_streets",
            0,
            (),
            "Ohne Straßen keine Wärmeliniendichte; mit reader: streets oder osm kommt sie hinzu.",
            "Without streets no heat line density; add them with reader: streets or osm.",
            "note",
        )
    ]


def far_finding(far: pd.Index, table: Table) -> list[Finding]:
    """Return a note where rows of a context table lie far from all buildings and stay out of the outputs."""
    if far.empty:
        return []
    count = len(far)
    de = f"{count} Objekte ({table.label_de}) liegen weitab und stehen nicht in den Ausgaben."
    en = f"{count} objects ({table.label_en.lower()}) lie far away and are not in the outputs."
    return [Finding(table.name, "far_away", count, first_ids(far), de, en, "note")]


def census_ahead(buildings: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> list[Finding]:
    """Return a warning where the census counts far more buildings than the sources deliver."""
    counts = [f"buildings_{band}" for band in bands_of(cells.columns).names]
    told = float(cells[[c for c in counts if c in cells]].sum().sum())
    there = int(within(buildings, cells).notna().sum())
    if there >= MIN_SHARE_OF_CENSUS * told:
        return []
    de = f"Der Bestand ist lückenhaft: der Zensus zählt hier {told:.0f} Wohngebäude, die Quellen liefern {there}."
    en = f"The stock has gaps: the census counts {told:.0f} residential buildings here, the sources deliver {there}."
    return [Finding("census", "census_ahead", int(told) - there, (), de, en)]


def _unknown(buildings: pd.DataFrame) -> tuple[list[str], list[str]]:
    heated = buildings[buildings["is_heated"]]
    area = float(heated["footprint_m2"].sum())
    lost = float(heated.loc[heated["expected_heat_kwh_a"].isna(), "footprint_m2"].sum())
    de, en = [], []
    if area and lost / area > WORTH_TELLING_SHARE:
        count = int(heated["expected_heat_kwh_a"].isna().sum())
        de.append(
            f"Für {count} beheizte Gebäude ({100 * lost / area:.0f} % der Grundfläche) fehlen Angaben: "
            "ihre Wärme ist unbekannt, nicht null."
        )
        en.append(
            f"{count} heated buildings ({100 * lost / area:.0f} % of the footprint) lack data: "
            "their heat is unknown, not zero."
        )
    return de, en


def estimates(buildings: pd.DataFrame, default_carrier: str) -> tuple[list[str], list[str]]:
    """Return one sentence how much of the heated floor area rests on estimates, German and English; or none.

    Parameters
    ----------
    buildings : DataFrame
        Finished stock.
    default_carrier : str
        Energy carrier that is assumed where none is known.
    """
    guessed = cadastre.guessed(buildings, RESTING, ("estimated", "default", "unknown"))
    told = {name: share for name, share in guessed.items() if share > WORTH_TELLING_SHARE}
    if not told:
        return [], []
    carrier = next(c for c in CARRIERS if c.value == default_carrier)
    taken = (f"{carrier.label_de} angenommen", f"{carrier.label_en.lower()} assumed")
    drawn = cadastre.guessed(buildings, ["carrier"], ("estimated",))["carrier"]
    if drawn > WORTH_TELLING_SHARE:
        share = f"{100 * drawn:.0f} %"
        taken = (
            f"davon {share} nach Zensus oder Kehrbuch geschätzt, sonst {taken[0]}",
            f"{share} of it estimated by census or sweeps' register, else {taken[1]}",
        )
    de, en = (
        ", ".join(
            f"{RESTING[name][i]} {100 * share:.0f} %" + (f" ({taken[i]})" if name == "carrier" else "")
            for name, share in told.items()
        )
        for i in (0, 1)
    )
    return [f"Auf Schätzung oder Vorgabewert beruhen, nach beheizter Fläche: {de}."], [
        f"Resting on estimates or defaults, by heated floor area: {en}."
    ]


def borders(tables: Mapping[str, pd.DataFrame], zone_level: str) -> tuple[list[str], list[str]]:
    """Return what the areas of the outputs are where they are not the city's own, German and English."""
    de, en = [], []
    if "blocks" in tables and "geometry_source" in tables["blocks"]:
        de.append("Blöcke aus Straßen, Gewässern und Verkehrsflächen abgeleitet, keine amtlichen Baublöcke.")
        en.append("Blocks are derived from streets, water and traffic land; they are no official blocks.")
    if zone_level == "grid":
        de.append("Handlungsräume sind Quadrate: weder Stadtteile noch Blöcke sind bekannt.")
        en.append("Priority zones are squares: neither districts nor blocks are known.")
    return de, en
