"""Energy carriers as German lists call them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from klimastep.errors import PlanError
from klimastep.sources._columns import as_text
from klimastep.sources._paths import nearest
from klimastep.tables import CARRIERS

WORDS = {
    "gas": r"(?:erd|bio|stadt)?gas(?:\s*[hl])?|gasf(?:ö|oe)rmig.*|erdgas.*|biomethan",
    "oil": r"(?:heiz)?(?:ö|oe)l.*|heiz(?:ö|oe)l.*|fl(?:ü|ue)ssige.*brennstoffe?",
    "district_heat": r"(?:fern|nah)w(?:ä|ae)rme.*|w(?:ä|ae)rmenetz.*|w(?:ä|ae)rme",
    "heat_pump": r"w(?:ä|ae)rmepumpe.*|w(?:ä|ae)rmestrom|wp-?strom",
    "electricity": r"heizstrom|nachtspeicher.*|stromheizung.*|elektroheizung.*|strom direkt",
    "wood": r".*holz.*|.*pellets?.*|hackschnitzel|hackgut|biomasse|feste biomasse",
    "other": r"fl(?:ü|ue)ssiggas|propan|.*kohle.*|koks|sonstige.*|andere.*",
}


def checked(told: Mapping[str, str], reader: str) -> dict[str, str]:
    """Return the plan's ``{foreign carrier: ours}``; :class:`PlanError` for a carrier that is none of ours."""
    known = [c.value for c in CARRIERS]
    for value in told.values():
        if value not in known:
            hint = nearest(value, known) or f"there are {', '.join(known)}"
            raise PlanError(f"source {reader}: unknown carrier {value!r}; {hint}")
    return dict(told)


def carriers_of(cells: pd.Series, told: Mapping[str, str]) -> pd.Series:
    """Return our carrier of each cell, by `told` first, then by its word; missing where it is none we know."""
    text = as_text(cells)
    out = text.map(dict(told)).astype("str")
    lower = text.str.lower()
    exact = {c.value: c.value for c in CARRIERS} | {c.label_de.lower(): c.value for c in CARRIERS}
    out = out.fillna(lower.map(exact).astype("str"))
    for carrier, pattern in {"other": WORDS["other"], **WORDS}.items():  # Flüssiggas is no gas of the grid
        out = out.mask(out.isna() & lower.str.fullmatch(pattern).fillna(False).astype("bool"), carrier)
    return out
