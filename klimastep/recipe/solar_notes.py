"""What the outputs say of the solar numbers: what is assumed, what it would be otherwise, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klimastep.export.style import format_number, format_quantity

HERITAGE = (
    "{n} Gebäude mit Denkmalschutz: Photovoltaik braucht eine Genehmigung, die in Baden-Württemberg in der Regel zu "
    "erteilen ist; sie sind hier nicht ausgeschlossen.",
    "{n} protected buildings: photovoltaics need a permit, which is usually granted in Baden-Württemberg; they are not "
    "excluded here.",
)
SCALES = {
    "lubw_shares": (
        "Eignungsklassen der Dächer nach der alten Skala der LUBW: Anteile an der Einstrahlung der besten Fläche des "
        "Ortes.",
        "Classes of roofs by the old scale of LUBW: shares of the radiation on the best plane of the place.",
    ),
    "lubw_absolute": (
        "Eignungsklassen der Dächer nach der neuen Skala der LUBW: feste Grenzen der Einstrahlung, gezogen für weniger "
        "Strahlung als heute.",
        "Classes of roofs by the new scale of LUBW: fixed limits of radiation, drawn for less radiation than today's.",
    ),
}
NO_PRICES = (
    "Kosten, Überschuss und Amortisation der Photovoltaik fehlen: der Plan nennt weder Strompreis noch "
    "Einspeisevergütung (solar.electricity_price_eur_kwh, solar.feed_in_tariff_eur_kwh).",
    "Cost, surplus and payback of photovoltaics are left out: the plan states neither price nor tariff of electricity "
    "(solar.electricity_price_eur_kwh, solar.feed_in_tariff_eur_kwh).",
)
LOD2 = (
    "LoD2 kennt weder Gauben noch Dachüberstände: die nutzbare Fläche ist eher zu groß, wo ein Dach viele Gauben hat, "
    "und an den Traufen etwas zu klein.",
    "LoD2 knows neither dormers nor overhangs: the usable area is rather too large where a roof has many dormers, and "
    "somewhat too small along the eaves.",
)
GROUND = {
    "none": (
        "Ohne Geländemodell gerechnet: Hänge und Hügel verschatten nicht.",
        "Calculated without a terrain model: slopes and hills shade nothing.",
    ),
    "near": (
        "Ohne Geländemodell gerechnet: der Boden ist der der nächsten Gebäude, deren Dach seine Höhe kennt; Hügel "
        "außerhalb verschatten nicht.",
        "Calculated without a terrain model: the ground is that of the nearest buildings whose roof knows its height; "
        "hills outside shade nothing.",
    ),
}


def solar_notes(facts: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the notes, German and English.

    Parameters
    ----------
    facts : mapping
        ``losses``, ``performance_ratio``, ``pvlib_ratio`` (mean over all modules; None without any module),
        ``module_kwp_m2``, ``scale``, ``prices`` ((price, tariff) or None), ``permits`` (buildings), ``lod2`` and
        ``ground`` (`model`, `near`, `none` or empty).
    """
    both = [_yield(facts), SCALES[facts["scale"]], _prices(facts["prices"])]
    both += [LOD2] if facts["lod2"] else []
    both += [GROUND[facts["ground"]]] if facts["ground"] in GROUND else []
    if facts["permits"]:
        both.append((HERITAGE[0].format(n=facts["permits"]), HERITAGE[1].format(n=facts["permits"])))
    return [de for de, _ in both], [en for _, en in both]


def _yield(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return what modules and losses are taken, and what the other way of losses would give."""
    ratio, mean = facts["performance_ratio"], facts["pvlib_ratio"]
    power, stated, found = (
        {n: format_number(v, n) for n in ("de", "en")} for v in (facts["module_kwp_m2"], ratio, mean or ratio)
    )
    de, en = f"Solarstrom: Module mit {power['de']} kWp/m²", f"PV yield: modules of {power['en']} kWp/m²"
    by_pvlib = facts["losses"] == "pvlib"
    other = 0.0 if mean is None else (ratio / mean if by_pvlib else mean / ratio) - 1.0
    more = f"{abs(100 * other):.0f} % " + ("höher" if other > 0 else "niedriger")
    more_en = f"{abs(100 * other):.0f} % " + ("higher" if other > 0 else "lower")
    if by_pvlib:
        de += f", Temperatur und Wechselrichter nach pvlib, im Mittel {found['de']} des idealen Ertrags"
        en += f", temperature and inverter by pvlib, {found['en']} of the ideal yield on average"
        de += f"; mit einer festen Performance Ratio von {stated['de']} wäre er {more}."
        en += f"; with one performance ratio of {stated['en']} it would be {more_en}."
    else:
        de += f", Performance Ratio {stated['de']}"
        en += f", performance ratio {stated['en']}"
        told = mean is not None
        de += f"; mit Temperatur und Wechselrichter nach pvlib wäre er {more}." if told else "."
        en += f"; with temperature and inverter by pvlib it would be {more_en}." if told else "."
    return de, en


def _prices(prices: tuple[float, float] | None) -> tuple[str, str]:
    if prices is None:
        return NO_PRICES
    (price_de, tariff_de), (price_en, tariff_en) = (
        [format_quantity(p, "€/kWh", n) for p in prices] for n in ("de", "en")
    )
    return (
        f"Wirtschaftlichkeit der Photovoltaik mit {price_de} für bezogenen und {tariff_de} für eingespeisten Strom "
        "laut Plan, ohne Zinsen und Förderung; Anlagenkosten aus zweiter Hand.",
        f"Economics of photovoltaics at {price_en} for bought and {tariff_en} for fed-in electricity by the plan, "
        "without interest and subsidies; cost of systems second-hand.",
    )
