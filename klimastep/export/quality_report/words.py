"""Words of the quality report, German and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Prüfbericht der Daten", "Quality report of the data"),
    "other": ("English", "Deutsch"),
    "synthetic": ("synthetisch", "synthetic"),
    "internal": ("INTERN", "INTERNAL"),
    "made_on": ("Erstellt am", "Made on"),
    "lead": (
        "Was an Daten da ist, woher jede Angabe kommt, was auffällt und was das Ergebnis am meisten verbessern würde. "
        "Geprüft wird der Gebäudebestand; Wärme ist hier nicht gerechnet.",
        "Which data there are, where each value comes from, what is odd and what would improve the result most. "
        "The building stock is checked; no heat is computed here.",
    ),
    "glance": ("Auf einen Blick", "At a glance"),
    "state_good": ("gut", "good"),
    "state_fair": ("beachten", "take note"),
    "state_poor": ("lückenhaft", "patchy"),
    "best": ("Was das Ergebnis am meisten verbessern würde", "What would improve the result most"),
    "best_rule": (
        "Zuerst die Angaben, die den Wärmebedarf bestimmen, dann die, die ihn verfeinern oder anderes bestimmen; "
        "jeweils nach der Energiebezugsfläche beheizter Gebäude, deren Angabe unbekannt oder ein Vorgabewert ist; "
        "bei gleicher Fläche zählt, wie viel geschätzt ist. Fehlt die Fläche eines Gebäudes, steht dafür seine "
        "Grundfläche mal dem Mittel der übrigen.",
        "First what decides the heat demand, then what refines it or decides other things; each "
        "ranked by the reference floor area of heated buildings whose value is unknown or a default; equals by how "
        "much is estimated. Where a floor area is unknown, the footprint times the mean of the others stands in.",
    ),
    "rests": ("unbekannt oder Vorgabewert", "unknown or default"),
    "estimated": ("geschätzt", "estimated"),
    "nothing_better": ("Alle Angaben sind bekannt.", "All values are known."),
    "counts": ("Bestand", "Stock"),
    "origin": ("Woher die Angaben kommen", "Where the values come from"),
    "origin_text": (
        "Anteil der Energiebezugsfläche der beheizten Gebäude. Angaben ohne eigene Herkunft zählen als Kataster "
        "(wie geliefert). Unbekannt heißt: keine Quelle sagt etwas.",
        "Share of the reference floor area of the heated buildings. Values without a source of their own count as "
        "cadastre (as delivered). Unknown means that no source says anything.",
    ),
    "attribute": ("Angabe", "Attribute"),
    "where": ("Wo viel und wo wenig bekannt ist", "Where much and where little is known"),
    "where_text": (
        "Anteil bekannter Angaben (gemessen, Kataster, Erhebung) der beheizten Gebäude, Mittel aus Baujahr, Nutzung, "
        "Geschossen, Höhe, Hüllfläche und Energieträger.",
        "Share of known values (measured, cadastre, survey) of the heated buildings, mean of year built, use, storeys, "
        "height, envelope and energy carrier.",
    ),
    "map_label": ("Karte: Anteil bekannter Angaben je Gebiet", "Map: share of known values by area"),
    "marks": ("Widerspruch in einem Gebäude", "contradiction in a building"),
    "no_heated": ("kein beheiztes Gebäude", "no heated building"),
    "least": ("Gebiete, von denen am wenigsten bekannt ist", "Areas of which least is known"),
    "area": ("Gebiet", "Area"),
    "heated": ("beheizte Gebäude", "heated buildings"),
    "known": ("bekannt", "known"),
    "year_built": ("Baujahr", "Year built"),
    "storeys": ("Geschosse", "Storeys"),
    "height": ("Höhe", "Height"),
    "sources": ("Quellen", "Sources"),
    "source": ("Quelle", "Source"),
    "as_of": ("Stichtag", "As of"),
    "not_told": ("nicht angegeben", "not told"),
    "licence": ("Lizenz und Nennung", "Licence and attribution"),
    "rows_in": ("gelesen", "read"),
    "kept": ("übernommen", "kept"),
    "repaired": ("repariert", "repaired"),
    "set_aside": ("beiseitegelegt", "set aside"),
    "rows_hint": (
        "Zeilen: gelesen = übernommen + beiseitegelegt. Reparierte Zeilen sind übernommen.",
        "Rows: read = kept + set aside. Repaired rows are kept.",
    ),
    "odd": ("Auffälligkeiten", "Oddities"),
    "odd_text": (
        "Jede Stelle liegt als Punkt mit Kennung und Satz in pruefung.gpkg (öffnet in QGIS fertig gestaltet).",
        "Each spot is a point with id and sentence in pruefung.gpkg (opens styled in QGIS).",
    ),
    "odd_stock": ("Im Gebäudebestand", "In the building stock"),
    "odd_sources": ("Beim Einlesen und Zusammenführen", "While reading and merging"),
    "kind": ("Art", "Kind"),
    "count": ("Anzahl", "Count"),
    "example": ("Beispiel", "Example"),
    "ids": ("Kennungen", "Ids"),
    "none": ("Nichts aufgefallen.", "Nothing odd."),
    "footer": (
        "Enthält keine Namen, Anschriften oder Verbräuche. Kennungen sind die der Geobasisdaten.",
        "Holds no names, addresses or consumption. Ids are those of the official geodata.",
    ),
}
COUNTS = {
    "buildings": ("Gebäude", "Buildings", ""),
    "heated": ("davon beheizt", "heated of these", ""),
    "attached": ("davon angebaut", "attached of these", ""),
    "footprint_m2": ("Grundfläche", "Footprint", "m²"),
    "floor_area_m2": ("Energiebezugsfläche (bekannt)", "Reference floor area (known)", "m²"),
    "volume_m3": ("Volumen, beheizt (bekannt)", "Volume, heated (known)", "m³"),
    "wall_area_m2": ("Außenwand, beheizt (bekannt)", "Outer wall, heated (known)", "m²"),
    "party_wall_area_m2": ("Brandwand, beheizt (bekannt)", "Party wall, heated (known)", "m²"),
}
TOPIC_TEXTS = {
    "rows": (
        ("Gelesene Zeilen", "{share} der gelesenen Zeilen sind übernommen; jede andere ist unten begründet."),
        ("Rows read", "{share} of the rows read are kept; every other is explained below."),
    ),
    "computable": (
        ("Rechenbare Gebäude", "Für {share} der beheizten Fläche sind Nutzung und Geschosse bekannt oder ableitbar."),
        ("Computable buildings", "Use and storeys are known or derived for {share} of the heated area."),
    ),
    "height_m": (
        ("Höhen", "{share} der beheizten Fläche haben eine gelieferte Gebäudehöhe."),
        ("Heights", "{share} of the heated area have a delivered height."),
    ),
    "year_built": (
        ("Baujahre", "Bei {share} der beheizten Fläche ist das Baujahr Wissen, sonst Vorgabewert oder Schätzung."),
        ("Years built", "The year built is knowledge for {share} of the heated area, else default or estimate."),
    ),
    "sound": (
        ("Widersprüche", "{share} der Gebäude sind ohne Überlappung und ohne widersprüchliche Höhen."),
        ("Contradictions", "{share} of the buildings have no overlap and no contradicting heights."),
    ),
}
ADVICE = {
    "year_built": (
        "Bauakten, Wohngebäudekartei oder Gebäudeversicherung; sonst Zählungen je Zensuszelle oder Block. Das Baujahr "
        "bestimmt die U-Werte.",
        "Building files or registers; else counts per census cell or block. The year decides the U-values.",
    ),
    "use_class": (
        "Gebäudefunktion aus ALKIS nachliefern lassen; sie trennt Wohnen, Gewerbe und unbeheizte Gebäude.",
        "Have the ALKIS function delivered; it tells dwellings, commerce and unheated buildings apart.",
    ),
    "storeys": (
        "Anzahl der oberirdischen Geschosse aus ALKIS; sie bestimmt die Fläche unmittelbar.",
        "Number of storeys from ALKIS; it decides the floor area directly.",
    ),
    "height_m": (
        "3D-Gebäudemodell LoD2 der Landesvermessung oder Oberflächenmodell; Volumen und Wände hängen daran.",
        "LoD2 of the state survey or a surface model; volume and walls depend on it.",
    ),
    "eaves_height_m": (
        "3D-Gebäudemodell LoD2; ohne Traufe zählt die Wand bis zum First und wird zu groß.",
        "LoD2; without eaves the wall counts up to the ridge and gets too large.",
    ),
    "envelope": (
        "3D-Gebäudemodell LoD2 mit Wand- und Dachflächen statt Grundfläche mal Höhe.",
        "LoD2 with wall and roof surfaces instead of footprint times height.",
    ),
    "carrier": (
        "Kehrbücher, Netzanschlüsse der Stadtwerke; er bestimmt Endenergie und CO2, nicht den Wärmebedarf.",
        "Chimney-sweep register, connections of the utility; it decides final energy and CO2, not the heat demand.",
    ),
    "dwellings": (
        "Zensus-Gitter oder Einwohnermeldewesen (zusammengefasst); trennt Ein- und Mehrfamilienhäuser.",
        "Census grid or aggregated register; it tells single-family from multi-family houses.",
    ),
    "heritage": (
        "Denkmalliste der unteren Denkmalschutzbehörde; sie bestimmt, welche Maßnahmen möglich sind.",
        "Monuments list; it decides which measures are possible.",
    ),
    "is_heated": (
        "Gebäudefunktion nachliefern lassen oder Nebengebäude im Zweifel prüfen.",
        "Have the function delivered, or check outbuildings in doubt.",
    ),
}
SEVERITY = {
    "": ("", ""),
    "note": ("Hinweis", "note"),
    "warning": ("beachten", "take note"),
    "set_aside": ("beiseitegelegt", "set aside"),
}
