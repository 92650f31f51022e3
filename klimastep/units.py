"""The only place with 3.6, 1000 and 8760, and the unit that a column name ends in."""

from __future__ import annotations

KWH_PER_MWH = 1e3
KWH_PER_GWH = 1e6
KG_PER_T = 1e3
G_PER_KG = 1e3
W_PER_KW = 1e3
M2_PER_HA = 1e4
M_PER_KM = 1e3
HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8760
MJ_PER_KWH = 3.6
KWH_PER_W_DAY = HOURS_PER_DAY / W_PER_KW  # 0.024 kWh for one watt over one day

SUFFIXES: dict[str, str] = {
    "_kwh_m2a": "kWh/(m²·a)",
    "_kwh_m2": "kWh/m²",
    "_kwh_ma": "kWh/(m·a)",
    "_kwh_haa": "kWh/(ha·a)",
    "_kwh_kwp": "kWh/kWp",
    "_kwh_a": "kWh/a",
    "_kwh_per_eur": "kWh/(€·a)",
    "_kg_per_eur": "kg/(€·a)",
    "_kg_a": "kg/a",
    "_kwh": "kWh",
    "_h_a": "h/a",
    "_w_m2k": "W/(m²·K)",
    "_w_m2": "W/m²",
    "_m_s": "m/s",
    "_m2": "m²",
    "_m3": "m³",
    "_mm": "mm",
    "_m": "m",
    "_degc": "°C",
    "_deg": "°",
    "_kwp": "kWp",
    "_kw": "kW",
    "_eur_kwp": "€/kWp",
    "_eur_kwh": "€/kWh",
    "_eur_a": "€/a",
    "_eur": "€",
    "_share": "1",
}


def unit_of(name: str) -> str | None:
    """Return the unit that a column name ends in, or None where it names none.

    Examples
    --------
    >>> unit_of("heat_demand_kwh_a")
    'kWh/a'
    >>> unit_of("storeys") is None
    True
    """
    stem = name.removesuffix("_p10").removesuffix("_p50").removesuffix("_p90")
    return next((unit for suffix, unit in SUFFIXES.items() if stem.endswith(suffix)), None)
