"""What the outputs say of the heat numbers: census alone, how sure sums are, meters, what is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from klimastep import heat
from klimastep.export.style import format_number, format_quantity, format_range
from klimastep.findings import Finding
from klimastep.notes import TOTALS, WORTH_TELLING_SHARE
from klimastep.settings import Heat
from klimastep.tables import CARRIERS


def census_notes(
    totals: Mapping[str, Mapping[str, float | None]], default_carrier: str, assumed_carrier_share: float = 1.0
) -> tuple[list[str], list[str]]:
    """Return the notes of a run that knows census cells and no building.

    Parameters
    ----------
    totals : mapping of str to mapping
        Rows of `heat.census_totals` by age band.
    default_carrier : str
        Energy carrier of all dwellings where no cell tells any.
    assumed_carrier_share : float
        Share of the floor area in cells of which the census tells no carrier. [1]
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
    taken = (carrier.label_de, carrier.label_en.lower())
    if assumed_carrier_share < 1.0:
        taken = ("Mittel der übrigen Zellen", "mean of the other cells")
    share = f"{100 * assumed_carrier_share:.0f} %"
    gases = ("; Treibhausgase nach GEG Anlage 9", "; greenhouse gases by GEG annex 9")
    if assumed_carrier_share == 1.0:
        gases = ("", "")
    de.append(f"Größe der Wohnungen: 100 % geschätzt; Energieträger: {share} angenommen ({taken[0]}){gases[0]}.")
    en.append(f"Size of dwellings: 100 % estimated; energy carrier: {share} assumed ({taken[1]}){gases[1]}.")
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
    de, en = (format_range(total["p10"], total["p90"], "kWh/a", n) for n in ("de", "en"))
    what = ("Nutzwärme der Wohnungen", "Useful heat of the dwellings") if of_dwellings else TOTALS
    return (
        [f"{what[0]}, Unsicherheit: {de} in 8 von 10 Fällen (Ziehungen über die Eingaben)."],
        [f"{what[1]}, uncertainty: {en} in 8 of 10 cases (draws over the inputs)."],
    )


def calibration_notes(learned: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what was learned from meters, and whether the weather of their years was taken out.

    Parameters
    ----------
    learned : mapping
        ``units``, ``years``, ``degree_days`` (years with known weather) and ``whole_factor`` (sum of the
        calibrated over that of the expected heat).
    """
    years = "–".join(str(y) for y in dict.fromkeys((learned["years"][0], learned["years"][-1])))
    factor = {n: format_number(learned["whole_factor"], n, 2) for n in ("de", "en")}
    known = set(learned["years"]) <= set(learned["degree_days"])
    count = learned["units"]
    de = f"An {count} Messeinheiten ({years}) kalibriert: zusammen das {factor['de']}-Fache der erwarteten Nutzwärme; "
    en = f"Calibrated by {count} metered units ({years}): in sum {factor['en']} times the expected useful heat; "
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
    if settings.empty_carrier == "not_connected":
        de.append("Blöcke mit Zählern nur für Gas oder Fernwärme sind laut Plan nicht an das andere angeschlossen.")
        en.append("By the plan, blocks with meters of gas or district heat only are not connected to the other.")
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
