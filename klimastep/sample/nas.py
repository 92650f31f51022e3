"""A made town as NAS (AAA-XML, GeoInfoDok 6 and 7), as the surveying offices keep and deliver ALKIS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import shapely

from klimastep.sample.quarters import MUNICIPALITY, TOWN
from klimastep.sample.town import Town

SRS = "urn:adv:crs:ETRS89_UTM32"
BEGAN = "2021-05-04T08:00:00Z"
DISTRICT_NUMBER = "9999"
OID_LENGTH = 16
GARAGE = "31001_2463"
MEMBERS = {"6.0": "gml:featureMember", "7.1": "wfs:member"}
SPACES = {"6.0": "http://www.opengis.net/wfs", "7.1": "http://www.opengis.net/wfs/2.0"}
LAND_USE = {
    "Wohnbaufläche": "AX_Wohnbauflaeche",
    "Industrie- und Gewerbefläche": "AX_IndustrieUndGewerbeflaeche",
    "Fläche gemischter Nutzung": "AX_FlaecheGemischterNutzung",
    "Fläche besonderer funktionaler Prägung": "AX_FlaecheBesondererFunktionalerPraegung",
    "Sport-, Freizeit- und Erholungsfläche": "AX_SportFreizeitUndErholungsflaeche",
    "Friedhof": "AX_Friedhof",
    "Straßenverkehr": "AX_Strassenverkehr",
    "Platz": "AX_Platz",
    "Fließgewässer": "AX_Fliessgewaesser",
    "Grünland": "AX_Landwirtschaft",
}


def write_nas(town: Town, path: Path, *, version: Literal["6.0", "7.1"] = "7.1", owners: Sequence[str] = ()) -> Path:
    """Write a town as one Bestandsdatenauszug.

    Parameters
    ----------
    town : Town
    path : Path
        XML file to write.
    version : {"6.0", "7.1"}
        Version of the GeoInfoDok.
    owners : sequence of str
        Invented surnames; each gets a person, an address and a land-register sheet, as deliveries with
        owners have them. None by default.

    Returns
    -------
    Path
        The file written.
    """
    member = MEMBERS[version]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<AX_Bestandsdatenauszug '
            f'xmlns="http://www.adv-online.de/namespaces/adv/gid/{version}" xmlns:wfs="{SPACES[version]}" '
            'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink">\n'
            "<erlaeuterung>synthetisch</erlaeuterung>\n<koordinatenangaben><AA_Koordinatenreferenzsystemangaben>"
            f'<crs xlink:href="{SRS}"/><anzahlDerNachkommastellen>3</anzahlDerNachkommastellen>'
            "<standard>true</standard></AA_Koordinatenreferenzsystemangaben></koordinatenangaben>\n"
            "<enthaelt><wfs:FeatureCollection>\n"
        )
        for text in _objects(town, version, owners):
            file.write(f"<{member}>{text}</{member}>\n")
        file.write("</wfs:FeatureCollection></enthaelt>\n</AX_Bestandsdatenauszug>\n")
    return path


def _objects(town: Town, version: str, owners: Sequence[str]) -> Iterator[str]:
    """Yield buildings before the streets and numbers they refer to, as offices do not sort them either."""
    b = town.buildings
    streets = {name: n for n, name in enumerate(sorted(b["street"].dropna().unique()), 1)}
    for number, name in enumerate(owners, 1):
        yield from _owner(name, number)
    for building in b.itertuples():
        yield _building(building, version)
    addressed = b[b["address"].notna()]
    by_lot = addressed.groupby("lot").groups
    for number, parcel in enumerate(town.parcels.itertuples(), 1):
        oids = list(by_lot.get(parcel.lot, [])) if parcel.lot >= 0 else []
        yield _parcel(parcel, oids)
        body = _surface(parcel.geometry, f"T{number}")
        yield _object(LAND_USE[parcel.tntxt], _oid(parcel.Index, "T"), body)
    for oid, street, number in zip(addressed.index, addressed["street"], addressed["number"], strict=True):
        place = f"<lagebezeichnung><AX_Lagebezeichnung><verschluesselt>{_key(streets[street])}</verschluesselt>"
        body = f"{place}</AX_Lagebezeichnung></lagebezeichnung><hausnummer>{number}</hausnummer>"
        yield _object("AX_LagebezeichnungMitHausnummer", _oid(oid, "L"), body)
    for name, number in streets.items():
        body = f"<bezeichnung>{escape(name)}</bezeichnung><schluessel>{_key(number)}</schluessel>"
        yield _object("AX_LagebezeichnungKatalogeintrag", f"DEBWMK{town.tile:03X}{number:07d}", body)
    key = f"<land>08</land><gemarkungsnummer>{DISTRICT_NUMBER}</gemarkungsnummer>"
    body = f"<schluessel><AX_Gemarkung_Schluessel>{key}</AX_Gemarkung_Schluessel></schluessel>"
    yield _object("AX_Gemarkung", f"DEBWMG{town.tile:03X}0000001", f"<bezeichnung>{TOWN}</bezeichnung>{body}")


def _oid(oid: str, letter: str) -> str:
    """Return the identifier of what belongs to a building or parcel, by its class's letter."""
    return f"DEBWM{letter}{oid[6:OID_LENGTH]}"


def _object(kind: str, oid: str, body: str) -> str:
    return (
        f'<{kind} gml:id="{oid}"><gml:identifier codeSpace="http://www.adv-online.de/">urn:adv:oid:{oid}'
        f"</gml:identifier><lebenszeitintervall><AA_Lebenszeitintervall><beginnt>{BEGAN}</beginnt>"
        "</AA_Lebenszeitintervall></lebenszeitintervall><modellart><AA_Modellart><advStandardModell>DLKM"
        f"</advStandardModell></AA_Modellart></modellart><anlass>000000</anlass>{body}</{kind}>"
    )


def _key(street: int) -> str:
    land, region, county, municipality = MUNICIPALITY[:2], MUNICIPALITY[2], MUNICIPALITY[3:5], MUNICIPALITY[5:]
    return (
        f"<AX_VerschluesselteLagebezeichnung><land>{land}</land><regierungsbezirk>{region}</regierungsbezirk>"
        f"<kreis>{county}</kreis><gemeinde>{municipality}</gemeinde><lage>{street:05d}</lage>"
        "</AX_VerschluesselteLagebezeichnung>"
    )


def _ring(ring: shapely.LinearRing) -> str:
    """Return a ring as offices write it: one curve for each side, since neighbours share it."""
    ends = [f"{x:.3f} {y:.3f}" for x, y in np.asarray(ring.coords)]
    sides = "".join(
        "<gml:curveMember><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>"
        f"{a} {b}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember>"
        for a, b in zip(ends, ends[1:], strict=False)
    )
    return f"<gml:Ring>{sides}</gml:Ring>"


def _surface(shape: shapely.Polygon | shapely.MultiPolygon, name: str) -> str:
    patches = "".join(
        f"<gml:PolygonPatch><gml:exterior>{_ring(part.exterior)}</gml:exterior>"
        + "".join(f"<gml:interior>{_ring(hole)}</gml:interior>" for hole in part.interiors)
        + "</gml:PolygonPatch>"
        for part in shapely.get_parts(shape)
    )
    surface = f'<gml:Surface gml:id="{name}" srsName="{SRS}"><gml:patches>{patches}</gml:patches></gml:Surface>'
    return f"<position>{surface}</position>"


def _building(building: tuple, version: str) -> str:  # type: ignore[type-arg]
    row = building._asdict()  # type: ignore[attr-defined]
    oid = row["Index"][:OID_LENGTH]
    height = f'<hoehe uom="urn:adv:uom:m">{row["height_m"]:.2f}</hoehe>'
    if version.startswith("6"):
        tall = f'<objekthoehe uom="urn:adv:uom:m">{row["height_m"]:.2f}</objekthoehe>'
    else:
        tall = f"<objekthoehe><AX_RelativeHoehe>{height}</AX_RelativeHoehe></objekthoehe>"
    name = "" if pd.isna(row["name"]) else f"<name>{escape(row['name'])}</name>"
    link = "" if pd.isna(row["address"]) else f'<zeigtAuf xlink:href="urn:adv:oid:{_oid(oid, "L")}"/>'
    kind = "<bauweise>1300</bauweise>" if row["function"] == GARAGE else ""
    storeys = f"<anzahlDerOberirdischenGeschosse>{int(row['storeys'])}</anzahlDerOberirdischenGeschosse>"
    body = (
        f"{_surface(row['geometry'], f'{oid}_P')}<gebaeudefunktion>{row['function'][-4:]}</gebaeudefunktion>{name}"
        f"{kind}{storeys}{tall}<dachform>{row['roof']}</dachform><baujahr>{row['year_built']}</baujahr>{link}"
    )
    return _object("AX_Gebaeude", oid, body)


def _parcel(parcel: tuple, houses: Sequence[str]) -> str:  # type: ignore[type-arg]
    row = parcel._asdict()  # type: ignore[attr-defined]
    oid = _oid(row["Index"], "F")
    district = f"<land>08</land><gemarkungsnummer>{DISTRICT_NUMBER}</gemarkungsnummer>"
    links = "".join(f'<weistAuf xlink:href="urn:adv:oid:{_oid(house, "L")}"/>' for house in houses)
    body = (
        f"{_surface(row['geometry'], f'{oid}_P')}<gemarkung><AX_Gemarkung_Schluessel>{district}"
        f"</AX_Gemarkung_Schluessel></gemarkung><flurstueckskennzeichen>{row['flstkennz']}</flurstueckskennzeichen>"
        f'<amtlicheFlaeche uom="urn:adv:uom:m2">{max(round(row["geometry"].area), 1)}</amtlicheFlaeche>{links}'
    )
    return _object("AX_Flurstueck", oid, body)


def _owner(name: str, number: int) -> Iterator[str]:
    """Yield what a delivery with owners holds of one of them; all of it invented."""
    person, home, sheet, entry, share = (f"DEBWM{letter}FFF{number:07d}" for letter in "PQRST")
    said = escape(name)
    yield _object("AX_Person", person, f"<nachnameOderFirma>{said}</nachnameOderFirma><anrede>1000</anrede>"
                  f'<vorname>{said}</vorname><hat xlink:href="urn:adv:oid:{home}"/>')  # fmt: skip
    yield _object("AX_Anschrift", home, f"<ort_Post>{said}</ort_Post><strasse>{said}</strasse>")
    yield _object("AX_Buchungsblatt", sheet, f"<buchungsblattkennzeichen>{said}</buchungsblattkennzeichen>")
    yield _object("AX_Buchungsstelle", entry, f'<istBestandteilVon xlink:href="urn:adv:oid:{sheet}"/>')
    yield _object("AX_Namensnummer", share, f"<beschriebDerRechtsgemeinschaft>{said}</beschriebDerRechtsgemeinschaft>"
                  f'<benennt xlink:href="urn:adv:oid:{person}"/>')  # fmt: skip
