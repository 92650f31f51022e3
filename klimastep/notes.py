"""What a reader of the outputs must know: climate, kind of heat, what shades roofs, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep import cadastre, heat, solar
from klimastep.census import bands_of
from klimastep.contract import Table
from klimastep.export.style import format_number, format_quantity
from klimastep.findings import Finding, first_ids
from klimastep.geo import within
from klimastep.settings import Heat
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
ON_OUTPUTS = ("another_region", "census_ahead", "diffuse_modelled", "heights_unchecked", "located_units")
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


def census_notes(totals: Mapping[str, Mapping[str, float | None]], default_carrier: str) -> tuple[list[str], list[str]]:
    """Return the notes of a run that knows census cells and no building.

    Parameters
    ----------
    totals : mapping of str to mapping
        Rows of `heat.census_totals` by age band.
    default_carrier : str
        Energy carrier of all dwellings.
    """
    table = pd.DataFrame.from_dict(dict(totals), orient="index").astype("float64")
    heat, final = table["expected_heat_kwh_a"], table["expected_final_kwh_a"]
    homes, printed = table["dwellings"].sum(), table["dwellings_published"].sum()
    guessed = 1.0 - printed / homes if homes else 0.0
    de = [
        "Nur Zensus und Klima: Wohnungen je Zelle, kein einzelnes Gebäude; Gewerbe und Öffentliches fehlen.",
        f"{format_number(homes, 'de', 5)} Wohnungen im Gitter, {100 * guessed:.0f} % davon geschätzt "
        f"(Gebäude, Summen der Gemeinde): {format_quantity(heat.sum(), 'kWh/a', 'de')} Nutzwärme, "
        f"{format_quantity(final.sum(), 'kWh/a', 'de')} Endenergie (Hi).",
    ]
    en = [
        "Census and climate only: dwellings per cell, no single building; commerce and public buildings are missing.",
        f"{format_number(homes, 'en', 5)} dwellings in the grid, {100 * guessed:.0f} % of them estimated "
        f"(buildings, the municipality's totals): {format_quantity(heat.sum(), 'kWh/a', 'en')} useful heat, "
        f"{format_quantity(final.sum(), 'kWh/a', 'en')} final energy (Hi).",
    ]
    carrier = next(c for c in CARRIERS if c.value == default_carrier)
    de.append(f"Größe der Wohnungen: 100 % geschätzt; Energieträger: 100 % angenommen ({carrier.label_de}).")
    en.append(f"Size of dwellings: 100 % estimated; energy carrier: 100 % assumed ({carrier.label_en.lower()}).")
    if table["scale"].notna().all() and (table["scale"] - 1.0).abs().max() > WORTH_TELLING_SHARE:
        town = table["dwellings_town"].sum()
        whole, delivered = float((heat * table["scale"]).sum()), float((final * table["scale"]).sum())
        de.append(
            f"Auf die {format_number(town, 'de', 5)} Wohnungen der Gemeinde hochgerechnet: "
            f"{format_quantity(whole, 'kWh/a', 'de')} Nutzwärme, "
            f"{format_quantity(delivered, 'kWh/a', 'de')} Endenergie."
        )
        en.append(
            f"Scaled to the {format_number(town, 'en', 5)} dwellings of the municipality: "
            f"{format_quantity(whole, 'kWh/a', 'en')} useful heat, "
            f"{format_quantity(delivered, 'kWh/a', 'en')} final energy."
        )
    return de, en


def band_notes(total: Mapping[str, float], of_dwellings: bool = False) -> tuple[list[str], list[str]]:
    """Return how sure the sum of expected heat is.

    Parameters
    ----------
    total : mapping
        ``p10`` and ``p90`` of the sum over all buildings, or over the municipality's dwellings. [kWh/a]
    of_dwellings : bool
        Whether it is that of a census without buildings.
    """
    low, high = ({n: format_quantity(total[q], "kWh/a", n) for n in ("de", "en")} for q in ("p10", "p90"))
    what = ("Nutzwärme der Wohnungen", "Useful heat of the dwellings") if of_dwellings else TOTALS
    return (
        [f"{what[0]}, Unsicherheit: {low['de']} bis {high['de']} in 8 von 10 Fällen (Ziehungen über die Eingaben)."],
        [f"{what[1]}, uncertainty: {low['en']} to {high['en']} in 8 of 10 cases (draws over the inputs)."],
    )


def calibration_notes(learned: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what was learned from meters, and whether the weather of their years was taken out.

    Parameters
    ----------
    learned : mapping
        ``units``, ``years``, ``degree_days`` (years with known weather) and ``common_factor``.
    """
    years = "–".join(str(y) for y in dict.fromkeys((learned["years"][0], learned["years"][-1])))
    factor = {n: format_number(learned["common_factor"], n, 2) for n in ("de", "en")}
    known = set(learned["years"]) <= set(learned["degree_days"])
    de = f"An {learned['units']} Messeinheiten ({years}) kalibriert: gemeinsamer Faktor {factor['de']}; "
    en = f"Calibrated by {learned['units']} metered units ({years}): common factor {factor['en']}; "
    de += "witterungsbereinigt nach Gradtagen." if known else "die Witterung der Messjahre ist nicht herausgerechnet."
    en += "corrected by degree days." if known else "the weather of the metered years is not taken out."
    return [de], [en]


def assumption_notes(settings: Heat, shift_k: Sequence[float] | None, buildings: bool) -> tuple[list[str], list[str]]:
    """Return what the plan assumes and no data tell: future months, prices, what is left out.

    Parameters
    ----------
    settings : Heat
    shift_k : sequence of float, optional
        By which the months of the weather year are shifted. [K]
    buildings : bool
        Whether the run knows buildings.
    """
    de, en = [], []
    if shift_k is not None:
        low, high = ({n: format_number(v, n, 2) for n in ("de", "en")} for v in (min(shift_k), max(shift_k)))
        de.append(f"Künftiges Klima laut Plan: Monate um {low['de']} bis {high['de']} K verschoben, sonst wie zuvor.")
        en.append(f"Future climate by the plan: months shifted by {low['en']} to {high['en']} K, else as before.")
    if not buildings:
        return de, en
    index = heat.default_index() if settings.cost_index is None else settings.cost_index
    number = {n: format_number(index, n, 3) for n in ("de", "en")}
    doubt = (" (Index aus zweiter Hand)", " (index second-hand)") if settings.cost_index is None else ("", "")
    year, own = heat.price_year(), bool(settings.co2_g_kwh)
    de.append(f"Sanierungskosten: Bauteilkosten des IWU, Preisstand {year}, mal Preisindex {number['de']}{doubt[0]}.")
    en.append(f"Cost of refurbishment: IWU's by component, prices of {year}, times index {number['en']}{doubt[1]}.")
    de.append("Treibhausgase nach GEG Anlage 9" + (", einzelne Faktoren laut Plan." if own else "."))
    en.append("Greenhouse gases by GEG annex 9" + (", some factors by the plan." if own else "."))
    if settings.method != "hourly":
        design = heat.design_degc(settings.design_degc)
        source = ("laut Plan", "by the plan") if settings.design_degc is not None else ("Vorgabe", "default")
        de.append(f"Heizlast bei {format_number(design, 'de', 2)} °C Außentemperatur ({source[0]}).")
        en.append(f"Heat load at {format_number(design, 'en', 2)} °C outside ({source[1]}).")
    mixed = settings.mixed_share != 0
    de.append(f"Prozesswärme ist nicht enthalten{'; gemischte Nutzung zählt anteilig als Wohnen' if mixed else ''}.")
    en.append(f"Process heat is not counted{'; mixed use counts in part as dwellings' if mixed else ''}.")
    return de, en


def census_findings(totals: pd.DataFrame) -> list[Finding]:
    """Return what the census grid lacks: bands without published dwellings, and the gap to the municipality.

    Parameters
    ----------
    totals : DataFrame
        Of `heat.census_totals`.
    """
    found = []
    empty = totals.index[(totals["dwellings_published"] == 0) & (totals["dwellings"] > 0)]
    if len(empty):
        homes = float(totals.loc[empty, "dwellings"].sum())
        found.append(
            Finding(
                "census",
                "dwellings_estimated",
                len(empty),
                tuple(empty),
                f"Das Gitter nennt keine Wohnungen für {', '.join(empty)}; {homes:.0f} sind geschätzt (Gebäude).",
                f"The grid has no dwellings for {', '.join(empty)}; {homes:.0f} are estimated from the buildings.",
            )
        )
    if totals["dwellings_town"].notna().all() and (totals["scale"] - 1.0).abs().max() > WORTH_TELLING_SHARE:
        grid, town = float(totals["dwellings"].sum()), float(totals["dwellings_town"].sum())
        found.append(
            Finding(
                "census",
                "grid_against_municipality",
                int(abs(town - grid)),
                (),
                f"Das Gitter kommt mit den geschätzten auf {grid:.0f} Wohnungen, die Gemeinde hat {town:.0f}.",
                f"With the estimated ones the grid has {grid:.0f} dwellings, the municipality {town:.0f}.",
                "note",
            )
        )
    return found


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
