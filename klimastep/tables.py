"""The tables of klimastep: what every room may rely on.

A reader delivers any subset of these columns; :mod:`klimastep.cadastre` completes them; later rooms add
their own by steps. NaN = unknown, 0 = zero. Energy is kWh/a and CO2 is kg/a everywhere.
"""

from __future__ import annotations

from klimastep.census import census_columns
from klimastep.contract import Category, Column, Table, source_of

USE_CLASSES = (
    Category("residential", "Wohnen", "Residential", "#e8b4a0"),
    Category("mixed", "Wohnen und Gewerbe", "Mixed residential", "#d98c6a"),
    Category("office", "Büro und Verwaltung", "Office and administration", "#8da0cb"),
    Category("research", "Forschung und Hochschule", "Research and university", "#6a7fb5"),
    Category("health", "Gesundheit und Pflege", "Health and care", "#e78ac3"),
    Category("education", "Schule und Kita", "School and kindergarten", "#ffd92f"),
    Category("culture", "Kultur und Freizeit", "Culture and leisure", "#b3799e"),
    Category("sport", "Sport", "Sport", "#a6d854"),
    Category("hotel", "Beherbergung und Gastronomie", "Hotel and restaurant", "#e5c494"),
    Category("production", "Produktion und Lager", "Production and storage", "#b3b3b3"),
    Category("retail", "Handel", "Retail", "#fc8d62"),
    Category("technical", "Technik (Ver- und Entsorgung)", "Technical (supply and disposal)", "#969696"),
    Category("traffic", "Verkehr", "Traffic", "#737373"),
    Category("garage", "Garage", "Garage", "#cccccc"),
    Category("agriculture", "Landwirtschaft", "Agriculture", "#c2a878"),
    Category("other", "Sonstiges und Nebengebäude", "Other and outbuildings", "#d9d9d9"),
)
HERITAGE = (
    Category("single", "Einzeldenkmal", "single monument", "#762a83"),
    Category("group", "Sachgesamtheit", "group of monuments", "#9970ab"),
    Category("ensemble", "Gesamtanlage (Ensemble)", "ensemble", "#c2a5cf"),
    Category("surroundings", "Umgebungsschutz", "surroundings of a monument", "#e7d4e8"),
    Category("none_known", "kein Denkmal bekannt", "none known", "#f7f7f7"),
    Category("unknown", "unbekannt", "unknown", "#e4e7eb"),
)
CARRIERS = (
    Category("gas", "Erdgas", "Natural gas", "#f6c85f"),
    Category("oil", "Heizöl", "Heating oil", "#6f4e7c"),
    Category("district_heat", "Fernwärme", "District heat", "#d62728"),
    Category("heat_pump", "Wärmepumpe (Strom)", "Heat pump (electricity)", "#1f77b4"),
    Category("electricity", "Strom direkt", "Direct electricity", "#aec7e8"),
    Category("wood", "Holz", "Wood", "#8c564b"),
    Category("other", "Sonstige", "Other", "#bdbdbd"),
)
ENERGY_BASES = (
    Category("hs", "Brennwert (Hs)", "gross calorific value (Hs)"),
    Category("hi", "Heizwert (Hi)", "net calorific value (Hi)"),
    Category("useful", "Nutzwärme", "useful heat"),
)
METER_LEVELS = tuple(
    Category(value, de, value)
    for value, de in (
        ("building", "Gebäude"),
        ("address", "Adresse"),
        ("group", "Gruppe"),
        ("street", "Straße"),
        ("block", "Block"),
    )
)
METER_STATUS = (
    Category("given", "angegeben", "given"),
    Category("confidential", "geheim", "confidential"),
    Category("joint", "Sammelzähler", "joint meter"),
    Category("unknown", "unbekannt", "unknown"),
)
ROAD_CLASSES = (
    Category("main", "Hauptstraße", "main road", "#9aa5b1"),
    Category("residential", "Wohnstraße", "residential street", "#cbd2d9"),
    Category("service", "Erschließungsweg", "service road", "#e4e7eb"),
    Category("path", "Weg", "path", "#e4e7eb"),
    Category("motorway", "Autobahn", "motorway", "#7b8794"),
)
NO_ROUTES = ("path", "motorway")  # no pipe of a heat network follows them


def _key(name: str, de: str, en: str) -> Column:
    return Column(name, "str", "", de, en, nullable=True)


def _surface(name: str, de: str, en: str, description: str) -> Column:
    return Column(name, "float64", "m²", de, en, description, nullable=True, min=0, aggregate="sum")


def _sourced(column: Column) -> tuple[Column, Column]:
    return column, source_of(column.name, column.label_de, column.label_en)


NAME = Column("name", "str", "", "Name", "Name", nullable=True)
AREA = Column("area_m2", "float64", "m²", "Fläche", "Area", min=0, aggregate="none")
FOOTPRINT = Column("footprint_m2", "float64", "m²", "Grundfläche", "Footprint", min=0, aggregate="sum")
HEIGHT = Column(
    "height_m", "float64", "m", "Gebäudehöhe", "Height", "Ridge above ground.", nullable=True, min=0, max=400
)
EAVES_HEIGHT = Column(
    "eaves_height_m",
    "float64",
    "m",
    "Traufhöhe",
    "Eaves height",
    "Eaves above ground.",
    nullable=True,
    min=0,
    max=400,
)
STOREYS = Column(
    "storeys",
    "float64",
    "",
    "Vollgeschosse",
    "Full storeys",
    "Full storeys above ground, without the attic.",
    nullable=True,
    min=0,
    max=120,
)
FLOOR_AREA = Column(
    "floor_area_m2",
    "float64",
    "m²",
    "Energiebezugsfläche",
    "Reference floor area",
    "Conditioned reference area A_C,ref (TABULA: internal dimensions, 1.1 x living area); see area_basis.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="PuBu",
)
YEAR_BUILT = Column(
    "year_built",
    "Int16",
    "",
    "Baujahr",
    "Year built",
    nullable=True,
    min=800,
    max=2100,
    palette="BrBG",
    limits=(1919, 1949, 1969, 1979, 2002),
)
BUILT_BEFORE_1979 = Column(
    "built_before_1979_share",
    "float64",
    "1",
    "Anteil vor 1979 gebaut",
    "Share built before 1979",
    "Probability (areas: share of reference floor area) of being built before 1979, by age-class probability.",
    nullable=True,
    min=0,
    max=1,
    aggregate="mean",
    palette="YlOrBr",
    limits=(0.25, 0.5, 0.75),
)
USE_CLASS = Column("use_class", "category", "", "Nutzung", "Use", nullable=True, categories=USE_CLASSES)
IS_HEATED = Column("is_heated", "bool", "", "beheizt", "heated", aggregate="share")
DWELLINGS = Column(
    "dwellings",
    "float64",
    "",
    "Wohnungen",
    "Dwellings",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="PuBu",
)
RESIDENTS = Column("residents", "float64", "", "Einwohner", "Residents", nullable=True, min=0, aggregate="sum")
WALL_AREA = _surface(
    "wall_area_m2", "Außenwandfläche", "Outer wall area", "Walls to the outside with windows, less party walls."
)
PARTY_WALL_AREA = _surface("party_wall_area_m2", "Brandwandfläche", "Party wall area", "Walls shared with a neighbour.")
ROOF_AREA = _surface("roof_area_m2", "Dachfläche", "Roof area", "Inclined.")
WINDOW_AREA = _surface("window_area_m2", "Fensterfläche", "Window area", "Estimated by the floor area.")
VOLUME = Column(
    "volume_m3",
    "float64",
    "m³",
    "Gebäudevolumen",
    "Volume",
    "Gross, above ground.",
    nullable=True,
    min=0,
    aggregate="sum",
)
CARRIER = Column("carrier", "category", "", "Energieträger", "Energy carrier", nullable=True, categories=CARRIERS)
HERITAGE_STATUS = Column("heritage", "category", "", "Denkmalschutz", "Heritage", categories=HERITAGE)
BLOCK_ID = _key("block_id", "Baublock", "Block")
DISTRICT_ID = _key("district_id", "Stadtteil", "District")

BUILDINGS = Table(
    "buildings",
    "building",
    "Gebäude",
    "Buildings",
    "Polygon",
    (
        NAME,
        _key("address", "Lage", "Address"),
        _key("function_code", "Gebäudefunktion (ALKIS)", "Building function (ALKIS)"),
        _key("parent_id", "Gebäude, zu dem der Teil gehört", "Building that the part belongs to"),
        _key("parcel_id", "Flurstück", "Parcel"),
        BLOCK_ID,
        DISTRICT_ID,
        _key("street_id", "Straße", "Street"),
        _key("meter_group_id", "Zählergruppe", "Meter group"),
        *_sourced(USE_CLASS),
        *_sourced(IS_HEATED),
        *_sourced(Column("is_public", "bool", "", "öffentliches Gebäude", "public building", aggregate="share")),
        *_sourced(HERITAGE_STATUS),
        *_sourced(YEAR_BUILT),
        *_sourced(HEIGHT),
        *_sourced(EAVES_HEIGHT),
        *_sourced(STOREYS),
        _key("roof_type", "Dachform (AdV)", "Roof type (AdV)"),
        FOOTPRINT,
        *_sourced(FLOOR_AREA),
        _key("area_basis", "Flächenbezug", "Area basis"),
        VOLUME,
        WALL_AREA,
        PARTY_WALL_AREA,
        ROOF_AREA,
        WINDOW_AREA,
        source_of("envelope", "Hüllfläche", "Envelope"),
        *_sourced(DWELLINGS),
        *_sourced(RESIDENTS),
        *_sourced(
            Column("addresses", "float64", "", "Hausnummern", "House numbers", nullable=True, min=0, aggregate="sum")
        ),
        *_sourced(CARRIER),
        _key("recorded_on", "Stand des Grundrisses", "Footprint as of"),
        _key("height_recorded_on", "Stand des 3D-Modells", "3D model as of"),
    ),
)
ROOFS = Table(
    "roofs",
    "roof",
    "Dachflächen",
    "Roof planes",
    "Polygon",
    (
        Column("building_id", "str", "", "Gebäude", "Building"),
        Column("tilt_deg", "float64", "°", "Neigung", "Tilt", "0 = flat.", min=0, max=90),
        Column(
            "azimuth_deg",
            "float64",
            "°",
            "Ausrichtung",
            "Azimuth",
            "0 = north, clockwise; unknown for flat roofs.",
            nullable=True,
            min=0,
            max=360,
        ),
        Column("area_m2", "float64", "m²", "Dachfläche", "Roof area", "Inclined.", min=0),
        Column("eaves_m", "float64", "m", "Traufhöhe über NHN", "Eaves above datum", nullable=True),
        source_of("geometry", "Geometrie", "Geometry"),
    ),
)
PARCELS = Table(
    "parcels",
    "parcel",
    "Flurstücke",
    "Parcels",
    "Polygon",
    (
        BLOCK_ID,
        DISTRICT_ID,
        AREA,
        _key("land_use", "Tatsächliche Nutzung", "Land use"),
        _key("address", "Lage", "Address"),
    ),
)
BLOCKS = Table("blocks", "block", "Baublöcke", "Blocks", "Polygon", (NAME, DISTRICT_ID, AREA, RESIDENTS))
DISTRICTS = Table("districts", "district", "Stadtteile", "Districts", "Polygon", (NAME, AREA, RESIDENTS))
STREETS = Table(
    "streets",
    "street",
    "Straßen",
    "Streets",
    "LineString",
    (
        NAME,
        Column(
            "road_class",
            "category",
            "",
            "Straßenklasse",
            "Road class",
            nullable=True,
            categories=ROAD_CLASSES,
        ),
        Column("length_m", "float64", "m", "Länge", "Length", min=0),
        _key("delivered_id", "Straße der Lieferung", "Street as delivered"),
    ),
)
RAIL = Table("rail", "rail", "Bahnstrecken", "Railways", "LineString", (NAME,))
METERS = Table(
    "meters",
    "meter",
    "Zähler",
    "Meters",
    "",
    (
        Column("unit_id", "str", "", "Einheit", "Unit"),
        Column("level", "category", "", "Ebene", "Level", categories=METER_LEVELS),
        Column("year", "Int16", "", "Jahr", "Year", min=1990, max=2100),
        Column("carrier", "category", "", "Energieträger", "Energy carrier", categories=CARRIERS),
        Column(
            "energy_kwh_a",
            "float64",
            "kWh/a",
            "Verbrauch",
            "Consumption",
            "Unknown is not zero.",
            nullable=True,
            min=0,
        ),
        Column("energy_basis", "category", "", "Bezug", "Basis", categories=ENERGY_BASES),
        Column("connections", "float64", "", "Anschlüsse", "Connections", nullable=True, min=0),
        Column("status", "category", "", "Status", "Status", categories=METER_STATUS),
        _key("address", "Lage", "Address"),
    ),
)


RESIDENTIAL_BUILDINGS = Column(
    "buildings", "float64", "", "Gebäude mit Wohnraum", "Residential buildings", nullable=True, min=0, aggregate="sum"
)
CELLS = Table(
    "cells",
    "cell",
    "Zensuszellen",
    "Census cells",
    "Polygon",
    (*census_columns(), RESIDENTS, DWELLINGS, RESIDENTIAL_BUILDINGS),
)
HEAT_GRID = Table("heat_grid", "cell", "Hektarraster", "Hectare grid", "Polygon", (AREA,))
AGE_COUNTS = Table(
    "age_counts",
    "age_count",
    "Gebäude je Bauzeitraum",
    "Buildings per construction period",
    "",
    (
        Column("unit_id", "str", "", "Einheit", "Unit"),
        Column("year_from", "Int16", "", "von Jahr", "from year", min=0, max=2100),
        Column("year_to", "Int16", "", "bis Jahr", "to year", min=0, max=2100),
        Column("buildings", "float64", "", "Gebäude", "Buildings", "Unknown is not zero.", nullable=True, min=0),
    ),
)
MONUMENTS = Table(
    "monuments",
    "monument",
    "Denkmale",
    "Monuments",
    "Point",
    (NAME, _key("address", "Lage", "Address"), HERITAGE_STATUS),
)
CONTEXT = tuple(
    Table(name, name, de, en, "Polygon", (NAME,))
    for name, de, en in (
        ("water", "Gewässer", "Water"),
        ("green", "Grünflächen", "Green areas"),
        ("boundary", "Stadtgrenze", "Boundary"),
    )
)
ZONES = Table("zones", "zone", "Handlungsräume", "Priority zones", "Polygon", (NAME, AREA))

_STOCK = (BUILDINGS, ROOFS, PARCELS, BLOCKS, DISTRICTS, STREETS, RAIL, METERS)
_ALL = (*_STOCK, CELLS, HEAT_GRID, AGE_COUNTS, MONUMENTS, *CONTEXT, ZONES)
TABLES: dict[str, Table] = {t.name: t for t in _ALL}
