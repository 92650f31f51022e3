"""Typed settings of each room, as they stand in the plan file; :mod:`klimastep.config` joins them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from klimastep.census import CENSUS_2011, CENSUS_2022, CENSUS_2022_DECADES
from klimastep.reference import load
from klimastep.tables import BUILDINGS, CARRIERS, ROAD_CLASSES

ALL = (CENSUS_2011, CENSUS_2022, CENSUS_2022_DECADES)

Land = Literal["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"]


class Part(BaseModel):
    """A part of the plan: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Source(Part):
    """One file (or folder) and how to read it."""

    reader: str
    """Reader, see `klimastep sources`."""
    path: str | None = None
    """File or folder, relative to the plan file; not needed by readers that bring their own data."""
    kind: Literal["cadastre", "survey", "measured", "estimated", "default"] = "cadastre"
    """How what this source says came to be known; stored as `<attribute>_source`."""
    first_for: tuple[str, ...] = ()
    """Columns of buildings in which this source comes before all others, for example `[height_m]`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the reader, for example `layer`, `columns`, `encoding`."""

    @field_validator("first_for")
    @classmethod
    def _known_columns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [c.name for c in BUILDINGS.columns]
        strange = [name for name in value if name not in known]
        if strange:
            raise ValueError(f"buildings have no column {', '.join(strange)}; there are {', '.join(known)}")
        return value


class ScaleTo(Part):
    """The climate that the hours of the weather file are brought to."""

    place: str
    """Station or postcode as in a source with `reader: climate_monthly`."""
    years: tuple[int, int] | None = None
    """First and last year of the mean; the published long-term mean by default."""

    @field_validator("years")
    @classmethod
    def _in_order(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and value[0] > value[1]:
            raise ValueError("expected the first year and the last")
        return value


class WeatherYear(Part):
    """Settings of the weather year."""

    climate: Literal["present", "as_read"] = "present"
    """Test reference years stand for an older climate: near a bundled place (reference/present_climate.csv) their
    months are brought to its present means; `as_read` leaves them. Real and future years are never changed."""
    scale_to: ScaleTo | None = None
    """`{place: "4928", years: [2011, 2020]}` brings temperature and radiation month by month to that climate of a
    source climate_monthly; it comes before `climate`."""
    shift_monthly_k: tuple[float, ...] | None = None
    """Twelve numbers, January first: so much warmer are the months of a future year; an input, no model of ours. [K]"""

    @field_validator("shift_monthly_k")
    @classmethod
    def _twelve_months(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (len(value) != 12 or max(map(abs, value)) > 15):
            raise ValueError("expected twelve numbers between -15 and 15, January first")
        return value


class Census(Part):
    """Settings for census cells: what is known of the whole municipality, and how far counts may be trusted."""

    buildings: dict[str, float] = Field(default_factory=dict)
    """Residential buildings of the whole municipality per age band of the census (until_1918, …): cells are fitted."""
    dwellings: dict[str, float] = Field(default_factory=dict)
    """Dwellings of the whole municipality per age band, likewise."""
    noise: float | None = Field(None, ge=0)
    """Most that the confidentiality method moves a published count; that of reference/census.csv by default."""
    estimated_year: Literal["likeliest", "drawn"] = "likeliest"
    """A year that nobody knows: middle of the likeliest class, or drawn from the probabilities by seed and id."""
    draw_carriers: bool = True
    """Whether dwellings of unknown energy carrier draw one from what the census of 2022 counts in their cell, by seed
    and id; else, and with the census of 2011, heat.default_carrier stands for all."""

    @field_validator("buildings", "dwellings", mode="before")
    @classmethod
    def _bands_are_text(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {(f"{k // 10_000}_{k % 10_000}" if isinstance(k, int) else k): v for k, v in value.items()}  # 1919_1948

    @field_validator("buildings", "dwellings")
    @classmethod
    def _known_bands(cls, value: dict[str, float]) -> dict[str, float]:
        fits = [bands for bands in ALL if set(value) <= set(bands.names)]
        if not fits or min(value.values(), default=0.0) < 0:
            told = "; or ".join(", ".join(bands.names) for bands in ALL)
            raise ValueError(f"expected counts of zero or more for {told}")
        return value


class Stock(Part):
    """Settings of the building stock."""

    unknown: Literal["keep", "national"] = "keep"
    """Use, storeys and age that no source tells: keep them unknown (so is the heat), or take national means."""
    derive_blocks: bool = True
    """Whether blocks are derived from streets, rails, water and traffic land where no source delivers them."""
    floor_area_from_people: bool = True
    """Whether inhabitants of blocks, cells or districts, where known, correct the floor area of their dwellings."""
    living_area_per_head_m2: float | None = Field(None, ge=15, le=100)
    """The municipality's own living area per inhabitant; that of Germany by default. [m²]"""
    living_area_spread: float | None = Field(None, gt=0, le=2)
    """How far areas vary around it, standard deviation of the logarithm; by default 0.25, with an own mean 0.2. [ln]"""
    geometry_spread: float | None = Field(None, gt=0, le=2)
    """How far the geometric floor area of an area errs; by default 0.25, or 0.15 where storeys are given. [ln]"""
    street_width_m: dict[str, float] = Field(default_factory=dict)
    """Width of streets by class when blocks are derived, 0 does not cut; reference/block_rules.csv by default."""

    @field_validator("street_width_m")
    @classmethod
    def _known_widths(cls, value: dict[str, float]) -> dict[str, float]:
        classes = [*(c.value for c in ROAD_CLASSES), "rail"]
        if set(value) - set(classes) or min(value.values(), default=0.0) < 0:
            raise ValueError(f"expected widths of zero or more for {', '.join(classes)}")
        return value


class Heat(Part):
    """Settings of the heat room."""

    heating_base_degc: float = Field(12.0, ge=5, le=20)
    """Days with a lower daily mean are heating days (TABULA: 12 °C)."""
    refurbished: Literal["none", "national"] = "national"
    """Which shares of components are taken as already refurbished: none, or the national shares by age."""
    method: Literal["seasonal", "monthly", "hourly"] = "seasonal"
    """Balance of dwellings: TABULA's heating season, twelve months, or every hour (also peak load and summer)."""
    night_setback_k: float | None = Field(None, ge=0, le=10)
    """Monthly and hourly: set-point lowered by this from 22 to 6 h, all rooms heated; without it TABULA's reduction
    factor stands for set-back and unheated rooms. [K]"""
    heat_recovery: dict[str, float] = Field(default_factory=dict)
    """Monthly and hourly: share of the heat of the used air that comes back, mean of all dwellings of an age class,
    for example `{k: 0.1, l: 0.2}`; classes not named have none. [1]"""
    hot_water: Literal["area", "persons"] = "area"
    """Hot water of dwellings: TABULA's value per area, or litres per person with area per person."""
    design_degc: float | None = Field(None, ge=-30, le=10)
    """Seasonal and monthly: outdoor temperature of the heat load; reference/heat_boundary.csv by default. [°C]"""
    nonresidential: Literal["typology", "envelope"] = "typology"
    """Need of other uses than dwellings: IWU values per use and age, or (monthly and hourly) their own envelope."""
    nonresidential_use: dict[str, dict[str, float]] = Field(default_factory=dict)
    """With `envelope`: what differs from reference/nonresidential_use.csv, for example `office: {set_point: 20}`."""
    mixed_share: float | None = Field(None, ge=0, le=1)
    """Share of the floor area of mixed buildings that is no dwelling; by default the ground floor, 1 / storeys. [1]"""
    mixed_use: str = "retail"
    """Use class of that share."""
    cost_index: float | None = Field(None, gt=0)
    """Building prices over those of 2009; by default that of reference/retrofit_costs.csv, which is second-hand. [1]"""
    co2_g_kwh: dict[str, float] = Field(default_factory=dict)
    """Greenhouse gases per final energy (Hi) by carrier, where they differ from GEG annex 9:
    `district_heat: 95`. [g/kWh]"""
    load_profile: Literal["bdew", "vdi4655"] = "bdew"
    """Standard profile that spreads the heat of dwellings over the hours for load curves; others by BDEW."""
    default_carrier: str = "gas"
    """Energy carrier of buildings whose carrier is unknown; decides the expenditure factor."""
    target_state: Literal["usual", "advanced"] = "usual"
    """State that the saving potential is counted to; monuments take the monument package."""
    empty_carrier: Literal["unknown", "not_connected"] = "unknown"
    """Blocks with meters of gas or of district heat only: the other, and so the block's heat, is unknown, or it is not
    connected."""
    calibrate: bool = True
    """Whether factors are learned from the plan's meters where there are enough; adds columns, changes none."""
    draws: int = Field(200, ge=0, le=10_000)
    """Draws for the band of expected heat (p10, p50, p90) of buildings and areas; 0 leaves it out."""
    level_spread: float | None = Field(None, ge=0, le=1)
    """How far the level of the whole model may be off without meters, standard deviation of the logarithm; 0.25 by
    default, see reference/uncertainty.csv. [ln]"""

    section_min_m: float = Field(20.0, ge=0)
    """Shorter sections of streets become part of a neighbour. [m]"""
    connection_max_m: float = Field(100.0, gt=0)
    """Buildings farther from any street count to no section. [m]"""
    line_density_limits_mwh_ma: tuple[float, float, float] | None = None
    """Limits between the classes of line density; those of reference/line_density_classes.csv by default."""
    line_density_source: str | None = None
    """Whose limits these are, as the legend says it."""

    @model_validator(mode="after")
    def _setback_needs_time(self) -> Heat:
        if self.night_setback_k is not None and self.method == "seasonal":
            raise ValueError("night_setback_k needs method monthly or hourly; the seasonal balance is TABULA's own")
        if self.heat_recovery and self.method == "seasonal":
            raise ValueError("heat_recovery needs method monthly or hourly; the seasonal balance is TABULA's own")
        if self.nonresidential == "envelope" and self.method == "seasonal":
            raise ValueError("nonresidential: envelope needs method monthly or hourly")
        return self

    @field_validator("heat_recovery")
    @classmethod
    def _known_ages(cls, value: dict[str, float]) -> dict[str, float]:
        shares = {key.upper(): share for key, share in value.items()}
        known = list(load("age_classes")["age_class"])
        if set(shares) - set(known) or not all(0 <= share <= 1 for share in shares.values()):
            raise ValueError(f"expected shares of 0 to 1 for age classes {', '.join(known)}")
        return shares

    @field_validator("line_density_limits_mwh_ma")
    @classmethod
    def _ascending(cls, value: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if value is not None and not 0 < value[0] < value[1] < value[2]:
            raise ValueError("expected three limits above zero, ascending")
        return value

    @field_validator("co2_g_kwh")
    @classmethod
    def _known_carriers(cls, value: dict[str, float]) -> dict[str, float]:
        known = [c.value for c in CARRIERS]
        if set(value) - set(known) or min(value.values(), default=0.0) < 0:
            raise ValueError(f"expected factors of zero or more for {', '.join(known)}")
        return value

    @field_validator("nonresidential_use")
    @classmethod
    def _known_uses(cls, value: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        table = load("nonresidential_use")
        uses, quantities = (list(dict.fromkeys(table[c])) for c in ("use_class", "quantity"))
        given = {q for changed in value.values() for q in changed}
        if set(value) - set(uses) or given - set(quantities):
            raise ValueError(f"expected uses {', '.join(uses)} with quantities {', '.join(quantities)}")
        if any(number < 0 for changed in value.values() for number in changed.values()):
            raise ValueError("expected numbers of zero or more")
        return value

    @field_validator("mixed_use")
    @classmethod
    def _known_use(cls, value: str) -> str:
        uses = list(dict.fromkeys(load("nonresidential_use")["use_class"]))
        if value not in uses:
            raise ValueError(f"expected one of {', '.join(uses)}")
        return value

    @field_validator("default_carrier")
    @classmethod
    def _known_carrier(cls, value: str) -> str:
        known = [c.value for c in CARRIERS]
        if value not in known:
            raise ValueError(f"expected one of {', '.join(known)}")
        return value

    living_area_single_m2: float | None = Field(None, gt=0)
    """Without buildings: living area of a dwelling in houses with one or two; reference/dwellings.csv by default."""
    living_area_multi_m2: float | None = Field(None, gt=0)
    """The same in houses with three or more dwellings."""
    attached_share: float | None = Field(None, ge=0, le=1)
    """Without buildings: semi-detached and terraced among houses with one or two dwellings. [1]"""


class Solar(Part):
    """Settings of the solar room."""

    shading: Literal["auto", "none"] = "auto"
    """What shades: the surface model where a source brings one, else roofs and heights of buildings; or nothing."""
    sectors: int = Field(64, ge=8, le=360)
    """Directions that horizons are known in; more are finer and slower."""
    sky_model: Literal["haydavies", "perez"] = "haydavies"
    """How diffuse light is spread over the sky."""
    crown_light_share: tuple[float, ...] | None = None
    """Twelve shares, January first: light that tree crowns of a canopy model let through; with and without leaves by
    reference/irradiance.csv by default. [1]"""
    facades: bool = False
    """Whether outer walls get radiation too: area and irradiation of the facades of each building."""
    fit_roofs: bool = True
    """Whether roof planes are fitted on the surface model for buildings whose roof no source delivers."""
    land: Land | None = None
    """Land whose building code sets the distance to party walls; by default that of the building's ALKIS id."""
    party_wall_distance_m: float | None = Field(None, ge=0, le=5)
    """Distance of modules to party walls; that of the Land in reference/party_wall_distance.csv by default."""
    performance_ratio: float | None = Field(None, gt=0, le=1)
    """Share of the ideal yield that reaches the meter; that of reference/photovoltaic.csv by default. [1]"""
    flat_layout: Literal["east_west", "south"] = "east_west"
    """How modules stand on flat roofs."""
    suitability_scale: Literal["lubw_shares", "lubw_absolute"] = "lubw_shares"
    """Classes of suitability: shares of the local maximum, or LUBW's newer absolute limits."""
    losses: Literal["performance_ratio", "pvlib"] = "performance_ratio"
    """One ratio for all modules, or temperature and inverter hour by hour by pvlib, which leaves the ratio unused."""
    household_electricity_kwh_a: float | None = Field(None, gt=0)
    """Electricity of a dwelling without heat pump; that of reference/solar_economy.csv by default. [kWh/a]"""
    heat_pump_seasonal_ratio: float | None = Field(None, ge=1, le=8)
    """Heat per electricity of heat pumps in the table solar_balance; the table's by default. [1]"""
    electricity_price_eur_kwh: float | None = Field(None, gt=0)
    """What a bought kWh costs; with the tariff it gives cost, surplus and payback, which are left out else. [€/kWh]"""
    feed_in_tariff_eur_kwh: float | None = Field(None, ge=0)
    """What a kWh fed in earns. [€/kWh]"""
    hourly_areas: int = Field(50, ge=0)
    """Up to so many zones (else districts) the table solar_hours holds every hour of each; 0 leaves it out."""
    best_roofs: int = Field(20, ge=0)
    """Rows of the table best_roofs for each zone; 0 leaves it out."""
    open_areas: dict[str, Literal["parking", "noise_barrier"]] = Field(default_factory=dict)
    """Which kinds of the areas read by `features` could carry modules, for example `{parkplatz: parking}`."""

    @field_validator("crown_light_share")
    @classmethod
    def _twelve_shares(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (len(value) != 12 or not all(0 <= v <= 1 for v in value)):
            raise ValueError("expected twelve shares between 0 and 1, January first")
        return value

    @model_validator(mode="after")
    def _both_prices(self) -> Solar:
        if (self.electricity_price_eur_kwh is None) != (self.feed_in_tariff_eur_kwh is None):
            raise ValueError("electricity_price_eur_kwh and feed_in_tariff_eur_kwh belong together; name both or none")
        return self


class Zones(Part):
    """Settings of the zones room."""

    source: str = Field("auto", alias="from")
    """What the zones are: districts, blocks (the city's or derived ones), zones (polygons read with table: zones),
    grid (squares), or auto: the first of zones, districts, blocks, grid that there is."""
    grid_m: float = Field(250.0, ge=50, le=5000)
    """Side of the squares of a grid. [m]"""
    weights: dict[str, float] = Field(
        default_factory=lambda: {
            "heat_density": 1.0,
            "saving_potential": 1.0,
            "solar_cover": 1.0,
            "built_before_1979": 1.0,
        }
    )
    """Weight of each indicator; only proportions count."""
    very_high_share: float = Field(0.2, gt=0, lt=1)
    """Share of ranked zones in the first class. [1]"""
    high_share: float = Field(0.3, gt=0, lt=1)
    """Share of ranked zones in the second class. [1]"""
    heat_density_limits_mwh_haa: tuple[float, ...] | None = None
    """Class limits of the heat density on maps; those of reference/heat_density_classes.csv by default."""
    min_coverage_share: float = Field(0.8, ge=0, le=1)
    """Zones with less known heated footprint are not ranked. [1]"""

    @field_validator("source")
    @classmethod
    def _known_source(cls, value: str) -> str:
        if value not in ("auto", "districts", "blocks", "zones", "grid"):
            raise ValueError("expected auto, districts, blocks, zones or grid")
        return value

    @field_validator("weights")
    @classmethod
    def _positive(cls, value: dict[str, float]) -> dict[str, float]:
        if not value or min(value.values()) < 0 or sum(value.values()) <= 0:
            raise ValueError("expected at least one weight above zero and none below")
        return value
