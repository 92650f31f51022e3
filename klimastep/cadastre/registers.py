"""What registers say of single buildings, by id, address or place: meter groups, heaters, public, installed modules."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from klimastep.addresses import at_addresses
from klimastep.contract import Column
from klimastep.findings import Finding, Severity, first_ids
from klimastep.tables import BUILDINGS, CARRIER

SINGLE_LEVELS = ("building", "address", "group")
SITE_REACH_M = 15.0
ELSEWHERE = ("ground",)
CARRIER_SOURCE = BUILDINGS["carrier_source"]
PV_INSTALLED = Column(
    "pv_installed_kwp",
    "float64",
    "kWp",
    "Installierte PV-Leistung (verortet)",
    "Installed PV power (located)",
    "Units of the register found by address or coordinates. Of small units it publishes the postcode only: sums are "
    "least values, and unknown is not zero.",
    nullable=True,
    min=0,
    aggregate="sum",
    palette="YlOrBr",
)


def meter_groups(buildings: gpd.GeoDataFrame, meters: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with `meter_group_id` of the meter that serves them.

    Parameters
    ----------
    buildings : GeoDataFrame
        A group that is known already (by a table that names it) is kept.
    meters : DataFrame
        Table of meters; those of buildings, addresses and groups of house numbers are placed. A building in two
        groups belongs to the first.
    """
    units = meters[meters["level"].isin(SINGLE_LEVELS)].drop_duplicates("unit_id")
    pairs = _places(buildings, units)
    first = pairs[~pairs["building_id"].duplicated()].set_index("building_id")["unit_id"]
    found = first.reindex(buildings.index).astype("str")
    known = _known(buildings, "meter_group_id")
    named = units["unit_id"].isin(set(known.dropna()) | set(pairs["unit_id"]))
    several = pairs.loc[pairs["building_id"].duplicated(), "building_id"].drop_duplicates()
    findings = [
        *_unplaced("meters", units.loc[~named, "unit_id"], "Zählereinheiten", "metered units"),
        *_finding(
            "meters",
            "in_several_groups",
            several,
            "Gebäude liegen in mehreren Zählergruppen und zählen in der ersten",
            "buildings lie in several meter groups and count in the first",
        ),
    ]
    return buildings.assign(meter_group_id=known.fillna(found).astype("str")), findings


def heated_by(buildings: gpd.GeoDataFrame, heaters: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with the carrier of their heaters where none is known and one makes up more than half.

    Parameters
    ----------
    buildings : GeoDataFrame
    heaters : DataFrame
        Table of heaters. The share is that of the rated power, of the number where a power is unknown. A register of
        a group tells each of its buildings only where all heaters of the group have the same carrier; the source is
        then "estimated", else "survey".
    """
    units = heaters[heaters["level"].isin(SINGLE_LEVELS)]
    shares = _shares(units)
    main = shares.groupby("unit_id")["share"].idxmax()
    told = shares.loc[main].set_index("unit_id")
    single = units.drop_duplicates("unit_id").set_index("unit_id")["level"] != "group"
    clear = (told["share"] > 0.5) & (single.reindex(told.index) | (told["share"] >= 1))
    pairs = _places(buildings, units.drop_duplicates("unit_id"))
    unit = pairs[~pairs["building_id"].duplicated()].set_index("building_id")["unit_id"].reindex(buildings.index)
    carrier = unit.map(told["carrier"].where(clear)).astype("object")
    known = buildings["carrier"].astype("object") if "carrier" in buildings else pd.Series(None, index=buildings.index)
    taken = known.isna() & carrier.notna()
    said = np.where(unit.isin(single.index[~single]), "estimated", "survey")
    source = _known(buildings, "carrier_source").mask(taken, pd.Series(said, index=buildings.index))
    mixed = told.index[~clear]
    findings = [
        *_unplaced("heaters", told.index.difference(pd.Index(pairs["unit_id"])), "Einheiten", "units"),
        *_finding(
            "heaters",
            "no_main_carrier",
            mixed,
            "Einheiten ohne vorherrschenden Energieträger, dort unbekannt gelassen",
            "units without a dominant carrier, left unknown there",
            "note",
        ),
        *_finding(
            "heaters",
            "carrier_by_register",
            buildings.index[taken],
            "Gebäude mit Energieträger aus dem Kehrbuch (Fernwärme und Wärmepumpen stehen nicht darin)",
            "buildings with the carrier of the chimney sweeps' register (district heat and heat pumps are not in it)",
            "note",
        ),
    ]
    columns = {
        "carrier": CARRIER.cast(known.mask(taken, carrier), buildings.index),
        "carrier_source": CARRIER_SOURCE.cast(source, buildings.index),
    }
    return buildings.assign(**columns), findings


def public_ones(buildings: gpd.GeoDataFrame, listed: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with `is_public` also for those that the municipality lists as its own.

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``is_public`` by function code.
    listed : DataFrame
        Table ``public_buildings``; its index is the building or address.
    """
    units = pd.DataFrame({"unit_id": listed.index, "level": listed["level"].to_numpy()})
    pairs = _places(buildings, units)
    public = buildings["is_public"] | buildings.index.isin(pairs["building_id"])
    lost = units.loc[~units["unit_id"].isin(pairs["unit_id"]), "unit_id"]
    return buildings.assign(is_public=public.astype("bool")), _unplaced(
        "public_buildings", lost, "kommunale Liegenschaften", "municipal buildings"
    )


def installed_pv(
    buildings: gpd.GeoDataFrame, units: pd.DataFrame, sites: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return `buildings` with the installed photovoltaic power that the register lets place.

    Parameters
    ----------
    buildings : GeoDataFrame
    units : DataFrame
        Table ``pv_units``; those on open ground belong to no building. The power of a unit goes to the first heated
        building at its address, else to the building at its coordinates or within 15 m of them.
    sites : GeoDataFrame or None
        Table ``pv_sites``: the units with coordinates.
    """
    siting = units["siting"].astype("object") if "siting" in units else pd.Series(None, index=units.index)
    roofs = units[~siting.isin(ELSEWHERE) & units["power_kwp"].notna()]
    texts = roofs["address"] if "address" in roofs else pd.Series(None, index=roofs.index, dtype="str")
    listed = pd.DataFrame({"unit_id": roofs.index, "level": "address", "address": texts.to_numpy()})
    pairs = _places(buildings, listed[listed["address"].notna()])
    home = pairs[~pairs["unit_id"].duplicated()].set_index("unit_id")["building_id"].reindex(roofs.index)
    if sites is not None:
        home = home.fillna(_nearest(buildings, sites).reindex(roofs.index))
    power = roofs["power_kwp"].groupby(home).sum(min_count=1).reindex(buildings.index)
    placed, whole = float(power.sum()), float(roofs["power_kwp"].sum())
    count = int(home.notna().sum())
    note = Finding(
        "pv_units",
        "located_units",
        len(roofs) - count,
        first_ids(home.index[home.isna()]),
        f"{count} von {len(roofs)} Dachanlagen ({placed:.0f} von {whole:.0f} kWp) sind einem Gebäude zugeordnet; die "
        "übrigen nennt das Register nur mit Postleitzahl oder an einer Adresse ohne Gebäude.",
        f"{count} of {len(roofs)} roof units ({placed:.0f} of {whole:.0f} kWp) are placed on a building; of the others "
        "the register tells the postcode only, or an address without a building.",
        "note",
    )
    return buildings.assign(pv_installed_kwp=PV_INSTALLED.cast(power, buildings.index)), [note]


def _places(buildings: gpd.GeoDataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return ``unit_id`` and ``building_id``, heated buildings first; unheated ones only where no other is there.

    Parameters
    ----------
    buildings : GeoDataFrame
    units : DataFrame
        ``unit_id``, ``level`` and, where the id is no address, ``address``.
    """
    by_id = units[units["level"] == "building"]
    parents = _known(buildings, "parent_id")
    own = pd.DataFrame({"unit_id": buildings.index, "building_id": buildings.index})
    parts = pd.DataFrame({"unit_id": parents.to_numpy(), "building_id": buildings.index})
    told = pd.concat([own, parts[parts["unit_id"].notna()]]).drop_duplicates()
    by_address = units[units["level"].isin(("address", "group"))]
    texts = by_address["unit_id"].astype("str")
    if "address" in by_address:
        texts = by_address["address"].fillna(texts)
    pairs = at_addresses(_known(buildings, "address"), texts.set_axis(by_address["unit_id"].to_numpy()))
    pairs = pairs.rename(columns={"unit": "unit_id"})
    out = pd.concat([told[told["unit_id"].isin(by_id["unit_id"])], pairs], ignore_index=True)
    heated = out["building_id"].map(buildings["is_heated"].astype("bool"))
    some = heated.groupby(out["unit_id"]).transform("any").astype("bool")
    return out[heated.astype("bool") | ~some].reset_index(drop=True)


def _shares(heaters: pd.DataFrame) -> pd.DataFrame:
    """Return unit_id, carrier and its share of the rated power, or of the count where a power is unknown."""
    carrier = heaters["carrier"].astype("object").fillna("")
    count = heaters["count"].astype("float64") if "count" in heaters else pd.Series(1.0, index=heaters.index)
    power = heaters["power_kw"].astype("float64") if "power_kw" in heaters else pd.Series(np.nan, index=heaters.index)
    whole = power.notna().groupby(heaters["unit_id"]).transform("all")
    weight = power.where(whole, count.fillna(1.0))
    sums = weight.groupby([heaters["unit_id"], carrier]).sum().rename("share").reset_index()
    sums["share"] /= sums.groupby("unit_id")["share"].transform("sum").replace(0.0, np.nan)
    sums = sums.fillna({"share": 0.0})
    return sums.assign(share=sums["share"].where(sums["carrier"] != "", 0.0), carrier=sums["carrier"].replace("", None))


def _nearest(buildings: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pd.Series:
    """Return the building at each point or within reach of it."""
    found = pd.Series(None, index=sites.index, dtype="object")
    if len(sites) and len(buildings):
        tree = shapely.STRtree(buildings.geometry.array)
        points, hits = tree.query_nearest(sites.geometry.array, max_distance=SITE_REACH_M, all_matches=False)
        found.iloc[points] = buildings.index.to_numpy()[hits]
    return found


def _known(buildings: gpd.GeoDataFrame, name: str) -> pd.Series:
    """Return a column as objects, or nothing where it is not there."""
    return (
        buildings[name].astype("object") if name in buildings else pd.Series(None, index=buildings.index, dtype=object)
    )


def _unplaced(source: str, units: pd.Index | pd.Series, de: str, en: str) -> list[Finding]:
    return _finding(
        source,
        "no_building",
        units,
        f"{de} passen zu keinem Gebäude (weder Kennung noch Adresse)",
        f"{en} match no building (neither id nor address)",
    )


def _finding(
    source: str, kind: str, ids: pd.Index | pd.Series, de: str, en: str, severity: Severity = "warning"
) -> list[Finding]:
    count = len(ids)
    if not count:
        return []
    shown = first_ids(ids)
    tail = f": {', '.join(shown)}{', …' if count > len(shown) else ''}"
    return [Finding(source, kind, count, shown, f"{count} {de}{tail}", f"{count} {en}{tail}", severity)]
