"""NAS (AAA-XML of ALKIS, GeoInfoDok 6 and 7) as a stream: objects one after another, owners stepped over.

Nothing of AX_Person, AX_Anschrift, AX_Namensnummer, AX_Buchungsblatt and AX_Buchungsstelle is read, kept or named;
messages give places in the file, never its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

from lxml import etree

from klimastep.errors import InputError
from klimastep.sources._gml import READ_OPTIONS, XLINK_HREF

GML = "{http://www.opengis.net/gml/3.2}"
ADV = "http://www.adv-online.de/namespaces/adv/gid/"
VERSION = re.compile(r"[67]\.\d{1,2}(\.\d{1,2})?")
OID = re.compile(r"DE[A-Z]{2}[A-Za-z0-9_]{12}")
OID_LENGTH = 16  # a version of an object appends its time
CRS_NAME = re.compile(r"(urn:(adv|ogc:def):crs:|EPSG:|https?://www\.opengis\.net/)[\w.:*/#-]{1,120}", re.IGNORECASE)
HOUSE_NUMBER = re.compile(r"\d{1,4}\s?[A-Za-z]{0,2}(\s?[-+/.,]\s?\d{1,4}\s?[A-Za-z]{0,2}|\s\d/\d)?")
ROOTS = (
    "AX_Bestandsdatenauszug",
    "AX_NutzerbezogeneBestandsdatenaktualisierung_NBA",
    "AX_Fortfuehrungsauftrag",
    "FeatureCollection",
)
CONTAINERS = frozenset({"member", "featureMember", "featureMembers", "Insert", "FeatureCollection"})
OWNERS = frozenset(
    {
        "AX_Person",
        "AX_Personengruppe",
        "AX_Anschrift",
        "AX_Namensnummer",
        "AX_Buchungsblatt",
        "AX_Buchungsstelle",
        "AX_Verwaltung",
        "AX_Vertretung",
    }
)
CHANGES = ("Delete", "Replace", "Update")
WITH_NUMBER, WITHOUT_NUMBER = "AX_LagebezeichnungMitHausnummer", "AX_LagebezeichnungOhneHausnummer"
STREET, DISTRICT = "AX_LagebezeichnungKatalogeintrag", "AX_Gemarkung"
SMALL = (WITH_NUMBER, WITHOUT_NUMBER, STREET, DISTRICT)
LINKS = ("zeigtAuf", "weistAuf")
KEY = ("land", "regierungsbezirk", "kreis", "gemeinde", "lage")
HEAD_ELEMENTS = 2000
LONGEST_TEXT = 500


class Place(NamedTuple):
    """A location: key of its street in the catalogue or text of its own, and house number."""

    key: tuple[str, ...] | None
    text: str | None
    number: str | None


@dataclass
class Places:
    """The small objects that others refer to, of all files of a delivery."""

    places: dict[str, Place] = field(default_factory=dict)
    streets: dict[tuple[str, ...], str] = field(default_factory=dict)
    districts: dict[str, str] = field(default_factory=dict)
    odd_numbers: list[str] = field(default_factory=list)


class Feature(NamedTuple):
    """One object of the cadastre; `fields` as text, repeated ones on lines of their own."""

    kind: str
    oid: str | None
    fields: dict[str, str]
    links: tuple[str, ...]
    is_historic: bool
    srs_name: str | None
    position: Any


def version_of(stream: IO[bytes], source: str) -> str | None:
    """Return the version of the GeoInfoDok that a file follows, None for XML that is no NAS.

    Raises
    ------
    InputError
        No XML, a document type declaration (entities are never read), another version of the GeoInfoDok.
    """
    root, spaces, broken = None, set(), ""
    try:
        for count, (_, element) in enumerate(etree.iterparse(stream, events=("start",), **READ_OPTIONS)):
            if root is None:
                root = element
                _refuse_document_type(root, source)
                if _local(root.tag) not in ROOTS:
                    return None
            spaces = {uri for uri in element.nsmap.values() if uri.startswith(ADV)}
            if spaces or count > HEAD_ELEMENTS:
                break
    except etree.XMLSyntaxError as error:
        broken = _where(error)
    if broken:  # raised here, so that the parser's own message, which quotes the file, goes nowhere
        raise InputError(source, f"no readable XML ({broken})", "NAS", "fetch or copy the file again")
    if not spaces:
        return None
    version = next(iter(sorted(spaces))).removeprefix(ADV)
    if not VERSION.fullmatch(version):
        told = version if re.fullmatch(r"[\d.]{1,8}", version) else "of an unknown version"
        raise InputError(source, f"NAS {told}", "GeoInfoDok 6 or 7", "ask the office for one of these")
    return version


def _refuse_document_type(root: Any, source: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise InputError(
            source,
            "the file declares a document type (DOCTYPE), which may hide entities",
            "NAS without one, as surveying offices deliver it",
        )


def features(
    stream: IO[bytes], version: str, wanted: dict[str, dict[str, str]], places: Places, source: str
) -> Iterator[Feature]:
    """Yield the objects of the classes `wanted` and collect what they refer to; memory holds one object.

    Parameters
    ----------
    stream : binary stream
    version : str
        What :func:`version_of` returned.
    wanted : dict
        ``{class: {element: our key}}``.
    places : Places
        Grows by the locations, streets and Gemarkungen of the file.
    source : str
        Named in messages.

    Raises
    ------
    InputError
        The file ends early, is no well-formed XML, or holds changes to a stock; the message names the last
        complete object.
    """
    adv = f"{{{ADV}{version}}}"
    inner = {kind: {f"{adv}{name}": key for name, key in names.items()} for kind, names in wanted.items()}
    asked = [f"{adv}{kind}" for kind in (*wanted, *SMALL)]
    helpers = [f"{adv}lebenszeitintervall", f"{adv}AA_Koordinatenreferenzsystemangaben", f"{GML}Envelope"]
    around = [f"{{*}}{name}" for name in ("member", "featureMember", *CHANGES)]
    default_crs, last, broken = None, "", ""
    try:
        tags = (*asked, *helpers, *around)
        for _, element in etree.iterparse(stream, events=("end",), tag=tags, collect_ids=False, **READ_OPTIONS):
            kind = _local(element.tag)
            if kind in inner or kind in SMALL:
                if not _stands_alone(element):
                    continue
                oid = oid_of(element)
                last = oid or last
                if kind in SMALL:
                    _collect(element, kind, oid, places)
                else:
                    yield _feature(element, kind, oid, inner[kind], adv, default_crs)
            elif kind == "lebenszeitintervall":
                _forget_before(element.getparent())
            elif kind in CHANGES:
                _refuse_changes(source)
            elif kind in CONTAINERS:
                element.clear()
                _forget_before(element)
            else:
                default_crs = _default_crs(element, adv) or default_crs
    except etree.XMLSyntaxError as error:
        broken = _where(error)
    if broken:
        end = f"the last complete object is {last}" if last else "no object is complete"
        raise InputError(
            source, f"the file is damaged or cut off ({broken}); {end}", hint="fetch or copy the file again"
        )


def oid_of(element: Any) -> str | None:
    """Return the object identifier (16 characters) of an element, None where it has none that is one."""
    told = element.get(f"{GML}id") or element.findtext(f"{GML}identifier")
    return clean_oid(told)


def clean_oid(told: str | None) -> str | None:
    """Return the 16 characters of an identifier or of a reference to it (``urn:adv:oid:…``), else None."""
    text = (told or "").strip().removeprefix("#").removeprefix("urn:adv:oid:")[:OID_LENGTH]
    return text if OID.fullmatch(text) else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _where(error: etree.XMLSyntaxError) -> str:
    line, column = error.position
    return f"line {line}, column {column}" if line else "it ends too early"


def _refuse_changes(source: str) -> None:
    raise InputError(
        source,
        "the file holds changes to a stock (wfs:Delete, wfs:Replace or wfs:Update), not the stock",
        "a Bestandsdatenauszug or a first NBA delivery",
        "ask the office for the whole stock",
    )


def _stands_alone(element: Any) -> bool:
    """Return whether an object stands where objects stand, not inside another one (an owner, say)."""
    parent = element.getparent()
    if parent is None or _local(parent.tag) not in CONTAINERS:
        return False
    return not any(_local(a.tag) in OWNERS for a in parent.iterancestors())


def _forget_before(element: Any) -> None:
    parent = element.getparent()
    if parent is None:
        return
    while element.getprevious() is not None:
        del parent[0]


def _default_crs(element: Any, adv: str) -> str | None:
    if element.tag == f"{GML}Envelope":
        return crs_name(element.get("srsName"))
    link = element.find(f"{adv}crs")
    standard = element.findtext(f"{adv}standard")
    return None if link is None or standard == "false" else crs_name(link.get(XLINK_HREF))


def crs_name(told: str | None) -> str | None:
    """Return what has the form of a CRS's name, None for nothing; other words are not repeated."""
    if not told:
        return None
    return told.strip() if CRS_NAME.fullmatch(told.strip()) else "(not the name of a CRS)"


def _feature(
    element: Any, kind: str, oid: str | None, names: dict[str, str], adv: str, default_crs: str | None
) -> Feature:
    fields: dict[str, str] = {}
    links: list[str] = []
    is_historic, position = False, None
    for child in element:
        tag = child.tag
        key = names.get(tag)
        if key is not None:
            text = _text(child)
            if text:
                fields[key] = f"{fields[key]}\n{text}" if key in fields else text
        elif tag == f"{adv}position":
            position = child
        elif tag == f"{adv}lebenszeitintervall":
            is_historic = _has_ended(child, adv)
            began = child.find(f".//{adv}beginnt")
            if began is not None and began.text:
                fields["began"] = began.text.strip()[:LONGEST_TEXT]
        elif _local(tag) in LINKS:
            reference = clean_oid(child.get(XLINK_HREF))
            links += [reference] if reference else []
    first = next(iter(position), None) if position is not None else None
    srs_name = crs_name(first.get("srsName")) if first is not None else None
    return Feature(kind, oid, fields, tuple(links), is_historic, srs_name or default_crs, position)


def _text(element: Any) -> str:
    """Return the text of an attribute; of a relative height (GeoInfoDok 7) its number."""
    text = element.text
    if len(element):
        text = next((n.text for n in element.iter() if _local(n.tag) == "hoehe"), None)
    return " ".join((text or "").split())[:LONGEST_TEXT]


def _has_ended(interval: Any, adv: str) -> bool:
    return any(True for _ in interval.iter(f"{adv}endet"))


def _collect(element: Any, kind: str, oid: str | None, places: Places) -> None:
    """Remember a small object by what others refer to it with."""
    texts = _leaves(element)
    if kind == DISTRICT:
        number, name = texts.get("gemarkungsnummer", ""), texts.get("bezeichnung")
        if name and number.isdigit():
            places.districts[f"{texts.get('land', '')}{number}"] = name
        return
    key = tuple(texts.get(part, "").lstrip("0") for part in KEY) if "lage" in texts else None
    if kind == STREET:
        if key and "bezeichnung" in texts:
            places.streets[key] = texts["bezeichnung"]
        return
    if oid is None or not texts:
        return
    number = texts.get("hausnummer", "") if kind == WITH_NUMBER else ""
    if number and not HOUSE_NUMBER.fullmatch(number):
        places.odd_numbers.append(oid)
        number = ""
    places.places[oid] = Place(key, texts.get("unverschluesselt"), number or None)


def _leaves(element: Any) -> dict[str, str]:
    """Return the texts of a small object by the names of their elements; none of a former version."""
    texts: dict[str, str] = {}
    for node in element.iter():
        name = _local(node.tag)
        if name in OWNERS or name == "endet":
            return {}
        if node.text and not len(node):
            texts.setdefault(name, " ".join(node.text.split())[:LONGEST_TEXT])
    return texts
