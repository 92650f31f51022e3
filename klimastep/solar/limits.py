"""What is open on a building's roofs: modules that are there already, monuments, owners who object; the best roofs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from klimastep.addresses import at_addresses
from klimastep.contract import Category, Column, Table
from klimastep.findings import Finding, first_ids
from klimastep.solar.potential import BUILDING_YIELD, PV_POTENTIAL
from klimastep.steps import step
from klimastep.tables import BUILDINGS, HERITAGE_STATUS, NAME

INSTALLED = "pv_installed_kwp"
PV_LIMITS = (
    Category("permit_required", "Genehmigung erforderlich, meist erteilbar", "permit required, usually grantable"),
    Category("permit_possible", "Umgebungsschutz: Genehmigung zu prüfen", "surroundings: ask whether a permit is due"),
    Category("none_known", "keine Beschränkung bekannt", "no limit known"),
    Category("unknown", "unbekannt", "unknown"),
)
LIMIT_OF = {
    "single": "permit_required",
    "group": "permit_required",
    "ensemble": "permit_required",
    "surroundings": "permit_possible",
    "none_known": "none_known",
    "unknown": "unknown",
}
PV_LIMIT = Column(
    "pv_limit",
    "category",
    "",
    "Denkmalschutz und Photovoltaik",
    "Monuments and photovoltaics",
    "What protection means for modules in Baden-Württemberg; no roof is excluded for it.",
    categories=PV_LIMITS,
)
PV_OPEN = Column(
    "pv_open_kwp",
    "float64",
    "kWp",
    "Noch freie PV-Leistung",
    "PV power still open",
    "Possible power less the installed power that the register lets place, at least 0.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
)
PV_OPEN_YIELD = Column(
    "pv_open_yield_kwh_a",
    "float64",
    "kWh/a",
    "Noch freier Solarstromertrag",
    "PV yield still open",
    "Possible yield in the proportion of the power still open.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlGnBu",
)
WITHHELD = Column(
    "solar_withheld",
    "bool",
    "",
    "Widerspruch gegen Veröffentlichung",
    "Owner objects to publication",
    "On no list and in no public value of fewer than five buildings; counted in sums of more.",
)
BEST_ROOFS = Table(
    "best_roofs",
    "best_roof",
    "Beste Dächer je Handlungsraum",
    "Best roofs of each zone",
    "",
    (
        Column("zone_id", "str", "", "Handlungsraum", "Priority zone"),
        Column("rank", "Int32", "", "Rang", "Rank", "Public buildings first, then by yield.", min=1),
        Column("building_id", "str", "", "Gebäude", "Building"),
        NAME,
        Column("address", "str", "", "Lage", "Address", nullable=True),
        Column("is_public", "bool", "", "öffentliches Gebäude", "public building"),
        PV_LIMIT,
        PV_OPEN,
        PV_OPEN_YIELD,
    ),
)


@step(BUILDINGS, needs=[HERITAGE_STATUS, PV_POTENTIAL, BUILDING_YIELD], adds=[PV_LIMIT, PV_OPEN, PV_OPEN_YIELD])
def limits(buildings: gpd.GeoDataFrame, *, installed_kwp: pd.Series | None = None) -> Mapping[str, Any]:
    """Return what monuments limit and what is still open on each building's roofs.

    Parameters
    ----------
    buildings : GeoDataFrame
    installed_kwp : Series, optional
        Installed power where known; unknown takes nothing off. [kWp]
    """
    power, made = buildings[PV_POTENTIAL.name], buildings[BUILDING_YIELD.name]
    there = 0.0 if installed_kwp is None else installed_kwp.reindex(buildings.index).astype("float64").fillna(0.0)
    left = (power - there).clip(lower=0.0)
    return {
        PV_LIMIT.name: buildings[HERITAGE_STATUS.name].astype("object").map(LIMIT_OF),
        PV_OPEN.name: left,
        PV_OPEN_YIELD.name: made * (left / power.where(power > 0)).fillna(0.0),
    }


def withheld(buildings: gpd.GeoDataFrame, objections: pd.DataFrame) -> tuple[pd.Series, list[Finding]]:
    """Return which buildings have an owner who objects, and a warning for objections that match none.

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``address`` where known.
    objections : DataFrame
        ``building_id`` and ``address``, at least one of them known in each row.
    """
    ids = objections["building_id"].astype("object")
    by_id = ids.isin(buildings.index)
    at = at_addresses(buildings["address"].astype("object"), objections["address"].astype("object"))
    hit = buildings.index.isin(ids[by_id]) | buildings.index.isin(at["building_id"])
    lost = objections.index[~(by_id | objections.index.isin(at["unit"]))]
    found = []
    if len(lost):
        found.append(
            Finding(
                "objections",
                "no_building",
                len(lost),
                first_ids(lost),
                f"{len(lost)} Widersprüche passen zu keinem Gebäude (weder Kennung noch Adresse); bitte prüfen.",
                f"{len(lost)} objections match no building (neither id nor address); please check.",
            )
        )
    return WITHHELD.cast(hit, buildings.index), found


def best_roofs(buildings: gpd.GeoDataFrame, most: int) -> pd.DataFrame:
    """Return the table ``best_roofs``: of each zone the buildings with the most open yield, public ones first.

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``zone_id`` and the columns of :func:`limits`; those with ``solar_withheld`` are on no list.
    most : int
        Rows per zone.
    """
    open_ = buildings[PV_OPEN_YIELD.name]
    rows = buildings["zone_id"].notna() & (open_ > 0)
    if WITHHELD.name in buildings:
        rows &= ~buildings[WITHHELD.name]
    chosen = pd.DataFrame(buildings[rows].drop(columns="geometry", errors="ignore"))
    chosen = chosen.assign(building_id=chosen.index.astype("str"), not_public=~chosen["is_public"])
    chosen = chosen.reset_index(drop=True).sort_values(
        ["zone_id", "not_public", PV_OPEN_YIELD.name, "building_id"], ascending=[True, True, False, True]
    )
    chosen["rank"] = chosen.groupby("zone_id").cumcount() + 1
    chosen = chosen[chosen["rank"] <= most]
    index = pd.Index(
        [f"{z}_{r:03d}" for z, r in zip(chosen["zone_id"], chosen["rank"], strict=True)],
        dtype="str",
        name=BEST_ROOFS.id,
    )
    return pd.DataFrame({c.name: c.cast(chosen[c.name].set_axis(index), index) for c in BEST_ROOFS.columns}, index)
