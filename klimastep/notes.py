"""What a reader of the outputs must know: climate, kind of heat, missing shading, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from klimastep import solar
from klimastep.export.style import format_number, format_quantity
from klimastep.findings import Finding
from klimastep.weather import HeatingSeason, Weather

WORTH_TELLING_SHARE = 0.005
MIDDLE_OF_HOUR_MIN = -30.0
ODD_CLOCK_MIN = 45.0


def notes(
    tables: Mapping[str, pd.DataFrame], year: Weather, season: HeatingSeason, synthetic: bool
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
        unknown_de, unknown_en = _unknown(buildings)
        de += unknown_de
        en += unknown_en
        total = float(buildings["expected_heat_kwh_a"].sum())
        de.append(f"Summe der bekannten Gebäude: {format_quantity(total, 'kWh/a', 'de')} Nutzwärme.")
        en.append(f"Sum of the known buildings: {format_quantity(total, 'kWh/a', 'en')} useful heat.")
        de.append(solar.NOTE_DE)
        en.append(solar.NOTE_EN)
    days, cold = f"{season.heating_days:.0f}", season.temp_external_degc
    de.append(f"Klima: {year.name}; {days} Heiztage, im Mittel {format_number(cold, 'de', 2)} °C.")
    en.append(f"Climate: {year.name}; {days} heating days, {format_number(cold, 'en', 2)} °C on average.")
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
    guessed = heated["year_built_source"].isin(["estimated", "default"]) | heated["year_built"].isna()
    if len(heated) and guessed.mean() > WORTH_TELLING_SHARE:
        de.append(f"Baujahr bei {100 * guessed.mean():.0f} % der beheizten Gebäude geschätzt oder unbekannt.")
        en.append(f"Year built estimated or unknown for {100 * guessed.mean():.0f} % of the heated buildings.")
    return de, en
