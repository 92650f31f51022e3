"""The texts that lie beside the files of the town: what it is, under which terms, and its plan."""

README = """Musterstadt (synthetisch)
=========================

ALLES HIER IST ERFUNDEN. Musterstadt gibt es nicht: kein Gebäude, kein Flurstück, keine Straße, kein Baujahr und
kein Verbrauch gehört zu einem wirklichen Ort. Die Koordinaten liegen in Baden-Württemberg (EPSG:25832), zeigen aber
nichts von dem, was dort wirklich steht. Gemeindeschlüssel (08999001) und ALKIS-Kennungen (DEBWMU…) sind nicht vergeben.

Nur die Summen folgen einer wirklichen Stadt: Die Wohngebäude verteilen sich auf die Baualtersklassen wie in der
Gebäude- und Wohnungszählung 2011 für Ludwigsburg (08118048).

Gemacht von klimastep (klimastep.sample) aus einer Zufallszahl; dieselbe Zahl gibt denselben Inhalt.

alkis/gebaeude_flurstuecke.gpkg      Gebäude und Flurstücke, ALKIS vereinfacht; Geschosse fehlen bei rund 30 %
lod2/LoD2_32_*_1_bw.zip              Gebäudemodelle CityGML 1.0 (AdV-Profil), eine Datei je Kilometerkachel;
                                     rund 1 % und die neuesten Gebäude fehlen
gebiete/                             Stadtteile, Baublöcke, Straßen, Gewässer, Grünflächen
oberflaechenmodell/dom1.tif          Oberflächenmodell 1 m, Dezimeter (Faktor 0,1)
zensus/zensus2011_*100m.csv          Gebäude und Wohnungen nach Baujahr im 100-m-Gitter; Zahlen unter 3 fehlen
baualter/baualter.csv                Erhebung der Baujahre, rund 60 % der Gebäude
denkmale/denkmalliste.csv            Denkmalliste
verbrauch/verbrauch_bloecke.csv      Erdgas (Brennwert, Hs) und Fernwärme (Nutzwärme) je Baublock; mit geheimen
                                     Werten, Sammelzählern und Lücken. Die Verbräuche folgen einer Faustformel
                                     (kWh je m² nach Baujahr mit Streuung), nicht den Modellen von klimastep.
plan.yaml                            Plan: klimastep run plan.yaml
"""

LICENCE = """Musterstadt (synthetic town) is dedicated to the public domain under CC0 1.0 Universal:
https://creativecommons.org/publicdomain/zero/1.0/

Musterstadt (synthetisch) ist gemeinfrei nach CC0 1.0 Universal. Alles darin ist erfunden.
"""

PLAN = """# Musterstadt (synthetisch): alles ist erfunden. Everything in it is invented.
name: musterstadt
title_de: Musterstadt (synthetisch)
title_en: Musterstadt (synthetic)
synthetic: true
crs: EPSG:25832
sources:
  - reader: alkis_simple
    path: alkis/gebaeude_flurstuecke.gpkg
    options: {table: buildings}
  - reader: alkis_simple
    path: alkis/gebaeude_flurstuecke.gpkg
    options: {table: parcels}
  - reader: citygml
    path: lod2
  - reader: table_file
    path: baualter/baualter.csv
    kind: survey
    options: {table: buildings, id: oid, id_length: 16, columns: {year_built: baujahr}}
  - reader: areas
    path: gebiete/stadtteile.geojson
    options: {table: districts, id: schluessel, columns: {name: name}}
  - reader: areas
    path: gebiete/baubloecke.gpkg
    options: {table: blocks, id: block_nr}
  - reader: areas
    path: gebiete/gewaesser.geojson
    options: {table: water, columns: {name: name}}
  - reader: areas
    path: gebiete/gruenflaechen.geojson
    options: {table: green, columns: {name: art}}
  - reader: streets
    path: gebiete/strassen.gpkg
    options: {columns: {name: strassenname, road_class: klasse}}
  - reader: census
    path: zensus/zensus2011_gebaeude100m.csv
    options: {counts: buildings, attribution: &town "Musterstadt (synthetisch), CC0"}
  - reader: census
    path: zensus/zensus2011_wohnungen100m.csv
    options: {counts: dwellings, attribution: *town}
  - reader: heritage_list
    path: denkmale/denkmalliste.csv
  - reader: meters
    path: verbrauch/verbrauch_bloecke.csv
    kind: measured
    options:
      id: block_nr
      level: block
      unit: MWh
      encoding: latin-1
      decimal: ","
      value: verbrauch_mwh
      year: jahr
      carrier: energietraeger
      carriers: {Erdgas: gas, Fernwärme: district_heat}
      energy_basis: {gas: hs, district_heat: useful}
      connections: anschluesse
      remark: hinweis
  - reader: weather_try
    options: {region: 12}
"""
