"""What the map page says, in German and English."""

from __future__ import annotations

Pair = tuple[str, str]

SINGULAR: dict[str, Pair] = {
    "zones": ("Handlungsraum", "Priority zone"),
    "districts": ("Stadtteil", "District"),
    "blocks": ("Baublock", "Block"),
    "cells": ("Zensuszelle", "Census cell"),
    "heat_grid": ("Hektarzelle", "Hectare cell"),
    "buildings": ("Gebäude", "Building"),
    "roofs": ("Dachfläche", "Roof plane"),
    "streets": ("Straßenabschnitt", "Street section"),
}
PLURAL: dict[str, Pair] = {
    "zones": ("Handlungsräume", "Priority zones"),
    "districts": ("Stadtteile", "Districts"),
    "blocks": ("Baublöcke", "Blocks"),
    "cells": ("Zensuszellen", "Census cells"),
    "heat_grid": ("Hektarraster", "Hectare grid"),
    "buildings": ("Gebäude", "Buildings"),
    "roofs": ("Dachflächen", "Roof planes"),
    "streets": ("Straßenabschnitte", "Street sections"),
}
LEVEL: dict[str, Pair] = {
    **PLURAL,
    "zones": ("Räume", "Zones"),
    "blocks": ("Blöcke", "Blocks"),
    "heat_grid": ("Hektar", "Hectares"),
    "roofs": ("Dächer", "Roofs"),
    "streets": ("Abschnitte", "Sections"),
}
LINE_CLASSES: Pair = (
    "Klassen laut Plan, sonst nach Leitfaden Wärmeplanung 2024 (aus zweiter Hand)",
    "classes as in the plan, else by the German heat planning guide 2024 (second-hand)",
)
BASIS: dict[str, Pair] = {
    "priority_class": (
        "Rang aus gewichteten Kriterien; kein Rechtsakt",
        "Rank from weighted criteria; no legal effect",
    ),
    "expected_heat_kwh_m2a": (
        "Erwartete Nutzwärme je m² Energiebezugsfläche",
        "Expected useful heat per m² of reference floor area",
    ),
    "expected_heat_kwh_a": ("Erwartete Nutzwärme", "Expected useful heat"),
    "heat_density_kwh_haa": (
        "Erwartete Nutzwärme je Hektar Gebietsfläche",
        "Expected useful heat per hectare of the area",
    ),
    "line_density_class": (
        "Erwartete Nutzwärme je Meter Straße, ohne Hausanschlüsse; ein Hinweis, kein Versorgungsgebiet",
        "Expected useful heat per metre of street, without house connections; a hint, no supply area",
    ),
    "line_density_kwh_ma": (
        f"Erwartete Nutzwärme je Meter Straße; {LINE_CLASSES[0]}",
        f"Expected useful heat per metre of street; {LINE_CLASSES[1]}",
    ),
    "line_density_with_connections_kwh_ma": (
        f"Erwartete Nutzwärme je Meter Straße und Hausanschluss; {LINE_CLASSES[0]}",
        f"Expected useful heat per metre of street and house connections; {LINE_CLASSES[1]}",
    ),
    "heat_saving_kwh_a": (
        "Erwartete Nutzwärme, die eine Sanierung spart",
        "Expected useful heat saved by retrofit",
    ),
    "saving_kwh_per_eur": (
        "Erwartete Nutzwärme, die ein Euro Sanierung im Jahr spart",
        "Expected useful heat that a euro of retrofit saves in a year",
    ),
    "saving_potential_kwh_haa": (
        "Erwartete Nutzwärme, die eine Sanierung je Hektar spart",
        "Expected useful heat saved by retrofit per hectare",
    ),
    "pv_yield_kwh_a": ("Möglicher Stromertrag im Jahr", "Possible electricity in a year"),
    "pv_density_kwh_haa": (
        "Möglicher Solarstrom je Hektar Gebietsfläche",
        "Possible solar electricity per hectare of the area",
    ),
    "irradiation_kwh_m2a": ("Einstrahlung auf die geneigte Fläche", "Irradiation on the inclined plane"),
    "solar_suitability": ("Nach Einstrahlung auf die Module", "By irradiation on the modules"),
    "solar_cover_ratio": (
        "Solarstrom eines Jahres je erwarteter Nutzwärme; keine Eigenversorgung",
        "Solar electricity of a year per expected useful heat; no self-supply",
    ),
    "known_footprint_share": (
        "Anteil der beheizten Grundfläche, deren Wärme berechnet werden konnte",
        "Share of the heated footprint whose heat could be computed",
    ),
    "built_before_1979_share": ("Anteil an der Energiebezugsfläche", "Share of reference floor area"),
    "year_built": ("Jahr der Fertigstellung, teils angenommen", "Year of completion, partly assumed"),
}
MEASURE: dict[str, Pair] = {"line_density_class": ("Liniendichte in Klassen", "Line density in classes")}
"""What popups and the choice of measures say where the legend's title is long."""
SHORT: dict[str, Pair] = {
    "heat_density_kwh_haa": ("Wärme", "Heat"),
    "built_before_1979_share": ("vor 1979", "pre-1979"),
    "solar_cover_ratio": ("Solar", "Solar"),
    "saving_potential_kwh_haa": ("Einsparung", "Saving"),
    "expected_heat_kwh_a": ("Wärme", "Heat"),
    "expected_heat_kwh_m2a": ("Wärme", "Heat"),
}
WORDS: dict[str, Pair] = {
    "language": ("English", "Deutsch"),
    "language_hint": ("Seite auf Englisch zeigen", "Show the page in German"),
    "as_of": ("Stand", "As of"),
    "method": ("Methode", "Method"),
    "method_title": ("Methode und Quellen", "Method and sources"),
    "print": ("Drucken", "Print"),
    "panel_hide": ("Leiste ausblenden", "Hide panel"),
    "panel_show": ("Leiste einblenden", "Show panel"),
    "panel": ("Themen und Tabelle", "Themes and table"),
    "map": ("Karte", "Map"),
    "theme": ("Thema", "Theme"),
    "measure": ("Darstellung", "Measure"),
    "level": ("Ebene", "Level"),
    "legend": ("Legende", "Legend"),
    "legend_hide": ("Legende einklappen", "Collapse legend"),
    "legend_show": ("Legende zeigen", "Show legend"),
    "class": ("Klasse", "Class"),
    "count": ("Anzahl", "Count"),
    "unknown": ("unbekannt", "unknown"),
    "sum": ("Summe", "Sum"),
    "zones": ("Wo zuerst und warum", "Where first and why"),
    "zones_hint": (
        "Pfeiltasten wählen eine Zeile, Eingabe öffnet die Angaben.",
        "Arrow keys choose a row, Enter opens the details.",
    ),
    "rank": ("Rang", "Rank"),
    "name": ("Name", "Name"),
    "score": ("Punkte", "Score"),
    "of_100": ("von 100", "of 100"),
    "certainty": ("bleibt in {p} der Gewichtungen", "holds in {p} of the weightings"),
    "certainty_hint": (
        "Prozent: in so vielen durchgespielten Gewichtungen bleibt die Klasse.",
        "Percent: in so many of the weightings drawn the class holds.",
    ),
    "unsure": ("Klasse unsicher (unter 70\u202f%)", "Class uncertain (below 70\u202f%)"),
    "more": ("Alle {n} zeigen", "Show all {n}"),
    "contributions": ("Beitrag zum Ergebnis", "Contribution to the result"),
    "sources": ("Quellen", "Sources"),
    "notes": ("Hinweise", "Notes"),
    "weights": ("Gewichte der Kriterien", "Weights of the criteria"),
    "whatif": ("Was wäre, wenn …", "What if …"),
    "whatif_text": (
        "Andere Gewichte, andere Reihenfolge: Die Karte rechnet sofort um. Je Klasse bleiben gleich viele Räume.",
        "Other weights, other order: the map follows at once. Each class keeps its number of zones.",
    ),
    "reset": ("Gewichte des Plans", "Weights of the plan"),
    "changed": ("Geänderte Gewichte – nicht das Ergebnis des Plans", "Changed weights – not the result of the plan"),
    "zoom_in": ("Vergrößern", "Zoom in"),
    "zoom_out": ("Verkleinern", "Zoom out"),
    "home": ("Ganzes Gebiet", "Whole area"),
    "fullscreen": ("Vollbild", "Full screen"),
    "north": ("Norden ist oben", "North is up"),
    "close": ("Schließen", "Close"),
    "synthetic": ("synthetisch", "synthetic"),
    "internal": ("INTERN", "INTERNAL"),
    "internal_hint": (
        "Enthält Angaben zu einzelnen Gebäuden; nicht veröffentlichen.",
        "Holds facts about single buildings; do not publish.",
    ),
    "synthetic_hint": ("Alle Daten sind erfunden.", "All data are invented."),
    "figures": ("Was die Karten zeigen", "What the maps show"),
    "how": (
        "Unbekannte Werte sind hellgrau schraffiert und werden in der Legende gezählt; sie gelten nie als null.",
        "Unknown values are hatched light grey and counted in the legend; they never count as zero.",
    ),
    "year": ("Baujahr", "built in"),
    "assumed": ("angenommen", "assumed"),
    "connected_one": ("1\u00a0Hausanschluss", "1 house connection"),
    "connected": ("{n}\u00a0Hausanschlüsse", "{n} house connections"),
    "tilt": ("Neigung", "tilt"),
    "facing": ("Ausrichtung", "facing"),
    "flat": ("flach", "flat"),
    "no_reason": ("ohne Rang", "not ranked"),
    "noscript": (
        "Diese Karte braucht JavaScript. Die Zahlen stehen auch in der GeoPackage-Datei neben dieser Seite.",
        "This map needs JavaScript. The figures are also in the GeoPackage beside this page.",
    ),
}
NO_ROUTE: Pair = ("keine Trasse (Weg, Autobahn)", "no route (path, motorway)")
UNHEATED: Pair = ("unbeheizt", "not heated")
COMPASS: Pair = ("N,NO,O,SO,S,SW,W,NW", "N,NE,E,SE,S,SW,W,NW")


def spoken(pairs: dict[str, Pair]) -> dict[str, dict[str, str]]:
    """Return the words by language, for the page."""
    return {"de": {k: v[0] for k, v in pairs.items()}, "en": {k: v[1] for k, v in pairs.items()}}
