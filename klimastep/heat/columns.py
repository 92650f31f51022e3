"""Columns that this room adds to buildings; labels, palettes and class limits for maps."""

from __future__ import annotations

from klimastep.contract import Category, Column, Table, source_of
from klimastep.reference import load

AREA_BASIS = "per m² reference area A_C,ref (TABULA: 1.1 x living area)"
HEAT_LIMITS = (50.0, 100.0, 150.0, 250.0)

SIZE_CLASSES = (
    Category("SFH", "Ein- und Zweifamilienhaus", "Single-family house", "#fdd49e"),
    Category("TH", "Reihen- oder Doppelhaus", "Terraced house", "#fc8d59"),
    Category("MFH", "Mehrfamilienhaus (3–12 Wohnungen)", "Multi-family house (3-12 dwellings)", "#d7301f"),
    Category("AB", "Großes Mehrfamilienhaus", "Apartment block", "#7f0000"),
)
AGE_COLOURS = (
    "#543005", "#734a0d", "#8c510a", "#bf812d", "#dfc27d", "#f6e8c3",
    "#e4f1ef", "#c7eae5", "#80cdc1", "#35978f", "#01665e", "#003c30",
)  # fmt: skip


def _age_classes() -> tuple[Category, ...]:
    table = load("age_classes")
    rows = zip(table["age_class"], table["label_de"], table["label_en"], AGE_COLOURS, strict=True)
    return tuple(Category(letter, de, en, colour) for letter, de, en, colour in rows)


AGE_CLASSES = _age_classes()


def _type_codes() -> tuple[Category, ...]:
    sizes = {c.value: c for c in SIZE_CLASSES}
    ages = {c.value: c for c in AGE_CLASSES}
    table = load("tabula_types")
    return tuple(
        Category(
            code,
            f"{sizes[size].label_de} {ages[age].label_de}",
            f"{sizes[size].label_en} {ages[age].label_en}",
            ages[age].colour,
        )
        for code, size, age in zip(table["type_code"], table["size_class"], table["age_class"], strict=True)
    )


def _u_value(component: str, de: str, en: str, maximum: float) -> Column:
    return Column(
        f"u_{component}_w_m2k",
        "float64",
        "W/(m²·K)",
        f"U-Wert {de}",
        f"U-value {en}",
        "Mean of the building's types with past refurbishment by national shares; residential only.",
        nullable=True,
        min=0,
        max=maximum,
        aggregate="mean",
        palette="YlOrRd",
    )


def _energy(name: str, de: str, en: str, description: str, palette: str = "YlOrRd") -> Column:
    return Column(name, "float64", "kWh/a", de, en, description, nullable=True, min=0, aggregate="sum", palette=palette)


def _specific(name: str, de: str, en: str, description: str) -> Column:
    return Column(
        name,
        "float64",
        "kWh/(m²·a)",
        de,
        en,
        f"{description}, {AREA_BASIS}.",
        nullable=True,
        min=0,
        aggregate="mean",
        palette="YlOrRd",
        limits=HEAT_LIMITS,
    )


SIZE_CLASS = Column(
    "size_class",
    "category",
    "",
    "Größenklasse",
    "Size class",
    "One or two dwellings SFH (TH where a heated neighbour leans on it), 3 to 12 MFH, more AB; housing and mixed use.",
    nullable=True,
    categories=SIZE_CLASSES,
)
SIZE_CLASS_SOURCE = source_of("size_class", "Größenklasse", "Size class")
AGE_CLASS = Column(
    "age_class",
    "category",
    "",
    "Baualtersklasse",
    "Age class",
    "TABULA class of the construction year, or the most probable class where only probabilities are known.",
    nullable=True,
    categories=AGE_CLASSES,
)
TYPE_CODE = Column(
    "type_code",
    "category",
    "",
    "Gebäudetyp (TABULA)",
    "Building type (TABULA)",
    "One of the 40 generic German types; where size and age have none, the next smaller size of the same age.",
    nullable=True,
    categories=_type_codes(),
)
U_WALL = _u_value("wall", "Außenwand", "outer wall", 4.0)
U_ROOF = _u_value("roof", "Dach oder oberste Decke", "roof or upper ceiling", 4.0)
U_WINDOW = _u_value("window", "Fenster", "windows", 6.0)
U_FLOOR = _u_value("floor", "unterer Abschluss", "floor", 4.0)

NORMATIVE = "Normative useful demand: TABULA seasonal balance, non-residential by the IWU typology (mean of the stock)"
EXPECTED = "Expected in real use: the IWU calibration curve acts on the delivered energy of the building's heater"
SPACE_HEAT = _energy("space_heat_kwh_a", "Raumwärmebedarf (normativ)", "Space heat demand (normative)", NORMATIVE)
HOT_WATER = _energy(
    "hot_water_kwh_a",
    "Warmwasserbedarf (normativ)",
    "Hot water demand (normative)",
    "Useful heat for hot water by size class (TABULA); non-residential by use.",
    "PuBu",
)
HEAT_DEMAND = _energy(
    "heat_demand_kwh_a",
    "Wärmebedarf (normativ)",
    "Heat demand (normative)",
    f"{NORMATIVE}; space heat and hot water.",
)
HEAT_DEMAND_SPECIFIC = _specific(
    "heat_demand_kwh_m2a", "Wärmebedarf (normativ) je m²", "Heat demand (normative) per m²", NORMATIVE
)
EXPECTED_HEAT = _energy(
    "expected_heat_kwh_a",
    "Nutzwärme (erwartet)",
    "Useful heat (expected)",
    f"{EXPECTED}; useful heat for rooms and hot water. Non-residential: as the normative demand.",
)
EXPECTED_HEAT_SPECIFIC = _specific(
    "expected_heat_kwh_m2a", "Nutzwärme (erwartet) je m²", "Useful heat (expected) per m²", EXPECTED
)
EXPECTED_FINAL = _energy(
    "expected_final_kwh_a",
    "Endenergie für Wärme (erwartet, Hi)",
    "Final energy for heat (expected, Hi)",
    f"{EXPECTED}; final energy by net calorific value of the carrier, unknown carriers by the plan's default.",
)
HEAT_SAVING = _energy(
    "heat_saving_kwh_a",
    "Einsparpotenzial Nutzwärme (erwartet)",
    "Saving potential, useful heat (expected)",
    "Expected useful heat before minus after refurbishment to the target state, the calibration curve on both; "
    "protected monuments get the monument package.",
    "Greens",
)
DEMAND_SAVING = _energy(
    "demand_saving_kwh_a",
    "Einsparpotenzial Wärmebedarf (normativ)",
    "Saving potential, heat demand (normative)",
    "Normative demand before minus after refurbishment to the target state: what a certificate would show. Larger than "
    "the expected saving where old buildings use less than is calculated (prebound effect).",
    "Greens",
)
FINAL_SAVING = _energy(
    "final_saving_kwh_a",
    "Einsparpotenzial Endenergie (erwartet, Hi)",
    "Saving potential, final energy (expected, Hi)",
    "Expected final energy before minus after refurbishment to the target state, the heater kept.",
    "Greens",
)
RETROFIT_LIMITS = (
    Category("none", "keine bekannte Grenze", "no limit known", "#d9ead3"),
    Category("monument", "Denkmal: nur das Denkmalpaket", "monument: monument package only", "#762a83"),
    Category("unknown", "Denkmalliste unbekannt: ohne Grenze gerechnet", "no list read: no limit set", "#e4e7eb"),
)
RETROFIT_LIMIT = Column(
    "retrofit_limit",
    "category",
    "",
    "Grenze der Sanierung",
    "Limit of refurbishment",
    "Which package a building may get: single monuments, groups and ensembles the monument package whatever the target "
    "state; where no list of monuments was read no limit is set.",
    categories=RETROFIT_LIMITS,
)


def _cost(name: str, de: str, en: str, description: str) -> Column:
    return Column(name, "float64", "€", de, en, description, nullable=True, min=0, aggregate="sum", palette="Oranges")


RETROFIT_COST = _cost(
    "retrofit_cost_eur",
    "Sanierungskosten (voll)",
    "Cost of refurbishment (full)",
    "Of all components that the package touches: IWU costs per m² of 2009 times the plan's price index, own areas; "
    "without heater, scaffold for solar, planning and finance.",
)
RETROFIT_EXTRA_COST = _cost(
    "retrofit_extra_cost_eur",
    "Sanierungskosten (energiebedingter Mehraufwand)",
    "Cost of refurbishment (energy-related part)",
    "Full cost less what the component's renewal would cost anyway (new render, roofing, window of the usual kind).",
)
RETROFIT_COSTS = tuple(
    Column(
        f"retrofit_cost_{name}_eur",
        "float64",
        "€",
        f"Sanierungskosten {de}",
        f"Cost of refurbishment, {en}",
        f"Part of the full cost: {en}.",
        nullable=True,
        min=0,
        aggregate="sum",
    )
    for name, de, en in (
        ("roof", "Dach und oberste Decke", "roof and upper ceiling"),
        ("wall", "Außenwand", "outer walls"),
        ("floor", "unterer Abschluss", "floor or cellar ceiling"),
        ("window", "Fenster und Türen", "windows and doors"),
    )
)


def _mass(name: str, de: str, en: str, description: str, palette: str) -> Column:
    return Column(name, "float64", "kg/a", de, en, description, nullable=True, min=0, aggregate="sum", palette=palette)


CO2_BASIS = "CO2 equivalents by expected final energy (Hi) and the factor of the carrier (GEG annex 9, or the plan's)"
CO2 = _mass(
    "co2_kg_a", "Treibhausgase der Wärme (CO₂-Äq.)", "Greenhouse gases of heat (CO₂e)", f"{CO2_BASIS}.", "Greys"
)
CO2_AFTER = _mass(
    "co2_after_kg_a",
    "Treibhausgase nach Sanierung (CO₂-Äq.)",
    "Greenhouse gases after refurbishment (CO₂e)",
    f"{CO2_BASIS}, after refurbishment to the target state, heater and carrier kept.",
    "Greys",
)
CO2_SAVING = _mass(
    "co2_saving_kg_a",
    "Einsparpotenzial Treibhausgase (CO₂-Äq.)",
    "Saving potential, greenhouse gases (CO₂e)",
    f"{CO2_BASIS}, before minus after refurbishment to the target state.",
    "Greens",
)


def _per_eur(name: str, unit: str, de: str, en: str, description: str) -> Column:
    return Column(
        name,
        "float64",
        unit,
        de,
        en,
        f"{description} per euro of full cost; areas: sum over sum of the buildings whose cost is above zero.",
        nullable=True,
        min=0,
        aggregate="mean",
        weight=RETROFIT_COST.name,
        palette="Greens",
    )


SAVING_PER_EUR = _per_eur(
    "saving_kwh_per_eur",
    "kWh/(€·a)",
    "Eingesparte Nutzwärme je Euro",
    "Useful heat saved per euro",
    "Expected useful heat saved in a year",
)
CO2_PER_EUR = _per_eur(
    "co2_saving_kg_per_eur",
    "kg/(€·a)",
    "Eingesparte Treibhausgase je Euro",
    "Greenhouse gases saved per euro",
    "Greenhouse gases saved in a year",
)
HEAT_LOAD = Column(
    "heat_load_kw",
    "float64",
    "kW",
    "Heizlast",
    "Heat load",
    "Hourly method: largest need of an hour in the weather of the run. Other methods: standard load in the manner of "
    "DIN EN 12831, transmission and ventilation at the design temperature; other uses with the U-values of the IWU "
    "typology. Without hot water and processes; sums over areas are without simultaneity.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="OrRd",
)
NETWORK_LOAD = Column(
    "network_load_kw",
    "float64",
    "kW",
    "Heizlast mit Gleichzeitigkeit",
    "Heat load with simultaneity",
    "Sum of the heat loads times the simultaneity of so many heated buildings (Winter et al. 2001, found on networks "
    "of up to 200 customers): what a network for all of them would meet, without hot water, processes and pipe losses.",
    nullable=True,
    min=0,
    palette="OrRd",
)
OVERHEATING = Column(
    "overheating_h_a",
    "float64",
    "h/a",
    "Stunden über 26 °C (Mai–September)",
    "Hours above 26 °C (May to September)",
    "Operative temperature of the unheated building, windows opened (3 1/h) above 23 °C when it is cooler outside; "
    "hourly method and dwellings only.",
    nullable=True,
    min=0,
    max=3672,
    aggregate="mean",
    palette="OrRd",
)
LOAD_CURVES = Table(
    "load_curves",
    "load_curve",
    "Jahresdauerlinien der Wärme",
    "Annual duration curves of heat",
    "",
    (
        Column("zone_id", "str", "", "Handlungsraum", "Priority zone"),
        Column(
            "duration_share",
            "float64",
            "1",
            "Anteil des Jahres",
            "Share of the year",
            "The load is at least load_kw in this share of the hours; 0 is the highest hour, 1 the lowest.",
            min=0,
            max=1,
        ),
        Column(
            "load_kw",
            "float64",
            "kW",
            "Wärmeleistung",
            "Heat load",
            "Mean of an hour: expected useful heat of rooms and hot water, spread over the hours by standard profiles.",
            min=0,
        ),
    ),
)
