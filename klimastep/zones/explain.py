"""The sentence of each zone: why it stands where it stands, in German and English."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from klimastep.contract import Column
from klimastep.zones import indicators
from klimastep.zones.aggregate import KNOWN_HEAT_SHARE
from klimastep.zones.priority import PRIORITY_CLASSES

REASON_DE = Column("reason_de", "str", "", "Begründung", "Reason (German)", "Why the zone has its class.")
REASON_EN = Column("reason_en", "str", "", "Begründung (englisch)", "Reason", "Why the zone has its class.")
EXPLANATION = (REASON_DE, REASON_EN)
STRONG, WEAK = 0.6, 0.3
MOST_REASONS = 2


def explain(areas: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return `areas` with `reason_de` and `reason_en`.

    Named are at most two indicators that score at least 0.6, by their contribution, and the one that scores
    lowest, if at most 0.3, as what speaks against it.
    """
    return areas.assign(
        reason_de=[_sentence(row, names, "de") for _, row in areas.iterrows()],
        reason_en=[_sentence(row, names, "en") for _, row in areas.iterrows()],
    ).astype({"reason_de": "str", "reason_en": "str"})


def _sentence(row: pd.Series, names: Sequence[str], language: str) -> str:
    german = language == "de"
    title = str(row["name"]) if pd.notna(row["name"]) else str(row.name)
    label = next(c for c in PRIORITY_CLASSES if c.value == row["priority_class"])
    if row["priority_class"] == "not_ranked":
        return f"{title}, {_why_not(row, german)}."
    percent = f"{100 * row['rank_certainty_share']:.0f}\u202f%"
    if german:
        head = f"{title}, {label.label_de} (bleibt es in {percent} der durchgespielten Gewichtungen)"
    else:
        head = f"{title}, {label.label_en[0].lower()}{label.label_en[1:]} (in {percent} of the weightings drawn)"
    score = {n: row[f"{n}_score"] for n in names if pd.notna(row[f"{n}_score"])}
    strong = sorted((n for n in score if score[n] >= STRONG), key=lambda n: -row[f"{n}_contribution"])[:MOST_REASONS]
    weak = sorted((n for n in score if score[n] <= WEAK), key=lambda n: score[n])[:1]
    declared = {n: indicators.load(n).INDICATOR for n in names}
    reasons = [declared[n].reason_high_de if german else declared[n].reason_high_en for n in strong]
    against = [declared[n].reason_low_de if german else declared[n].reason_low_en for n in weak]
    joiner = " und " if german else " and "
    text = joiner.join(reasons) or ("kein Merkmal ragt heraus" if german else "no indicator stands out")
    if against:
        text += f"; dagegen spricht {against[0]}" if german else f"; against it speaks {against[0]}"
    return f"{head}: {text}."


def _why_not(row: pd.Series, german: bool) -> str:
    coverage = row[KNOWN_HEAT_SHARE.name]
    if pd.isna(coverage):
        return "nicht eingestuft: keine beheizten Gebäude" if german else "not ranked: no heated buildings"
    percent = f"{100 * coverage:.0f}"
    if german:
        return f"nicht eingestuft: nur für {percent} % der beheizten Grundfläche sind die Angaben vollständig"
    return f"not ranked: only {percent} % of the heated footprint is fully described"
