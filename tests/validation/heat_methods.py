"""Seasonal, monthly and hourly balance of the 55 German TABULA buildings in one year: causes switched one by one.

    python tests/validation/heat_methods.py [--region 4]
    python tests/validation/heat_methods.py --town

With ``--town`` the dwellings of the bundled town instead, in the test reference year as read.
Every figure of ``docs/heat_methods.md`` and of the section on methods in ``VALIDATION.md`` is printed here.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))
from heat.test_balance_seasonal import tabula  # noqa: E402

from klimastep import sources, weather  # noqa: E402
from klimastep.config import load_config  # noqa: E402
from klimastep.heat import balance_hourly as hourly  # noqa: E402
from klimastep.heat import balance_monthly as monthly  # noqa: E402
from klimastep.heat import balance_seasonal as seasonal  # noqa: E402
from klimastep.heat import nonresidential, nonresidential_balance  # noqa: E402
from klimastep.heat.balance_monthly import Operation  # noqa: E402
from klimastep.heat.stock import Geometry, is_residential  # noqa: E402
from klimastep.plan import compute  # noqa: E402
from klimastep.rundir import Recorder  # noqa: E402
from klimastep.sample import demo_plan  # noqa: E402
from klimastep.units import KWH_PER_GWH  # noqa: E402

LIGHT = (7, 8, 9)
HEATING_MONTHS = (0, 1, 2, 3, 9, 10, 11)


def try_year(region: int) -> weather.Weather:
    """Return the test reference year 2010 of a region."""
    reading = sources.read("weather_try", None, crs="EPSG:25832", region=region)
    place = {k: reading.facts[k] for k in ("latitude_deg", "longitude_deg", "name")}
    return weather.prepare(reading.tables["weather"], **place)


def _row(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    ratio = a / b
    return {
        "sum": a.sum() / b.sum(),
        "median": np.median(ratio),
        "lowest": ratio.min(),
        "highest": ratio.max(),
        "mean kWh/m2": a.mean(),
    }


def methods(region: int = 4) -> pd.DataFrame:
    """Return the needs of all cases by the three methods, the seasonal one also in TABULA's own climate."""
    cases, envelope, conditions, published = tabula()
    year = try_year(region)
    hours = hourly.balance(envelope, conditions, weather.hourly_climate(year), LIGHT)
    return pd.DataFrame(
        {
            "published": cases["q_h_nd"].to_numpy(),
            "seasonal_as_given": seasonal.balance(envelope, conditions, published).space_heat_kwh_m2a,
            "seasonal": seasonal.balance(envelope, conditions, weather.heating_season(year, 12.0)).space_heat_kwh_m2a,
            "monthly": monthly.balance(envelope, conditions, weather.monthly_climate(year)).space_heat_kwh_m2a,
            "hourly": hours.space_heat_kwh_m2a,
            "heat_load_w_m2": hours.heat_load_w_m2,
            "overheating_h_a": hours.overheating_h_a,
        },
        index=pd.Index(cases.iloc[:, 0].astype(str), name="case"),
    )


def causes(region: int = 4) -> pd.DataFrame:
    """Return monthly over hourly with one cause switched in each row."""
    _, envelope, conditions, _ = tabula()
    year = try_year(region)
    hours, months = weather.hourly_climate(year), weather.monthly_climate(year)
    full = Operation(setback_k=0.0)

    def need_h(use=conditions, operation=full, air_weight=1.0):
        return hourly.balance(envelope, use, hours, LIGHT, operation, air_weight=air_weight)

    def need_m(use=conditions, operation=full, **parameters):
        return monthly.balance(envelope, use, months, operation, **parameters)

    season = list(HEATING_MONTHS)
    plain_m, plain_h = need_m().space_heat_kwh_m2a, need_h().space_heat_kwh_m2a
    held = need_h(air_weight=0.3)
    operative = held.space_heat_kwh_m2a
    heavy = conditions._replace(capacity_wh_m2k=np.full(55, 90.0))
    dark = conditions._replace(internal_gains_w_m2=np.zeros(55), shading_vertical=0.0, shading_horizontal=0.0)
    night = Operation(setback_k=3.0)
    rows = {
        "as first tried: set-point holds the air, all rooms, no set-back": (plain_m, plain_h),
        "set-point holds the operative temperature (chosen)": (plain_m, operative),
        "... without any gains": (need_m(dark).space_heat_kwh_m2a, need_h(dark, air_weight=0.3).space_heat_kwh_m2a),
        "... without any gains, set-point holds the air": (
            need_m(dark).space_heat_kwh_m2a,
            need_h(dark).space_heat_kwh_m2a,
        ),
        "... October to April only": (
            need_m().monthly_kwh_m2[:, season].sum(axis=1),
            held.monthly_kwh_m2[:, season].sum(axis=1),
        ),
        "... seasonal parameters a0 0.8, tau0 30 h": (need_m(a_0=0.8, tau_0_h=30.0).space_heat_kwh_m2a, operative),
        "... capacity 90 instead of 45 Wh/(m2K)": (
            need_m(heavy).space_heat_kwh_m2a,
            need_h(heavy, air_weight=0.3).space_heat_kwh_m2a,
        ),
        "... set-back of 3 K from 22 to 6 h": (
            need_m(operation=night).space_heat_kwh_m2a,
            need_h(operation=night, air_weight=0.3).space_heat_kwh_m2a,
        ),
        "... TABULA's reduction factor in both (default)": (
            need_m(operation=Operation()).space_heat_kwh_m2a,
            need_h(operation=Operation(), air_weight=0.3).space_heat_kwh_m2a,
        ),
    }
    return pd.DataFrame({name: _row(*pair) for name, pair in rows.items()}).T


def other_uses(region: int = 4, heat_recovery: float = 0.0) -> pd.DataFrame:
    """Return the need of IWU's mean non-residential buildings: monthly by their envelope, over the typology's value."""
    year = try_year(region)
    months, season = weather.monthly_climate(year), weather.heating_season(year, 12.0)
    table = nonresidential.functions()
    published = table.space_heat_kwh_m2a * nonresidential.climate_ratio(season)
    mean = nonresidential.mean_buildings()["energy_area_m2"].to_numpy(dtype=np.float64)
    unknown = np.array([np.nan])
    need = np.empty(published.shape)
    for u, name in enumerate(table.uses):
        changed = {name: {"heat_recovery": heat_recovery}}
        use, operation = nonresidential_balance.conditions_of(name, changed)
        for band in range(published.shape[1]):
            row = u * published.shape[1] + band
            own = Geometry(np.array([mean[row]]), unknown, unknown, unknown)
            shell = nonresidential_balance.envelope(own, row)
            need[u, band] = monthly.balance(shell, use, months, operation).space_heat_kwh_m2a[0]
    return pd.DataFrame(need / published, index=table.uses, columns=nonresidential.BANDS)


def town() -> pd.DataFrame:
    """Return need, load and hours too warm of the bundled town's dwellings, with those of mixed houses, by method."""
    logging.getLogger("klimastep").setLevel(logging.ERROR)
    plan = load_config(demo_plan())
    as_read = {"weather": plan.weather.model_copy(update={"climate": "as_read"})}
    rows = {}
    for name in ("seasonal", "monthly", "hourly"):
        own = plan.heat.model_copy(update={"method": name, "draws": 0})
        tables = compute(plan.model_copy(update=as_read | {"heat": own}), demo_plan().parent, Recorder()).tables
        homes = tables["buildings"][is_residential(tables["buildings"])]
        hot = homes["overheating_h_a"].astype("float64")
        rows[name] = {
            "space heat, GWh/a": homes["space_heat_kwh_a"].sum() / KWH_PER_GWH,
            "heat load, MW": homes["heat_load_kw"].sum() / 1e3,
            "hours above 26 °C, least": hot[hot > 0].min(),
            "most": hot.max(),
            "mean": hot[homes["is_heated"].astype(bool)].mean(),
        }
    return pd.DataFrame(rows).T


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--region", type=int, default=4)
    parser.add_argument("--town", action="store_true")
    given = parser.parse_args()
    region = given.region
    if given.town:
        sys.stdout.write(f"{town().round(1).to_string()}\n")
        return
    table = methods(region)
    pairs = [("monthly", "hourly"), ("seasonal", "hourly"), ("seasonal", "monthly"), ("seasonal_as_given", "published")]
    summary = pd.DataFrame({f"{a} / {b}": _row(table[a].to_numpy(), table[b].to_numpy()) for a, b in pairs}).T
    out = sys.stdout
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_colwidth", 80):
        out.write(
            f"TRY 2010, region {region}\n{causes(region).round(3).to_string()}\n\n{summary.round(3).to_string()}\n\n"
        )
        others = other_uses(region)
        out.write(f"own envelope / IWU, monthly\n{others.round(2).to_string()}\n")
        for recovery in (0.0, 0.5, 0.7):
            known = other_uses(region, recovery).iloc[:11, :3].to_numpy()
            out.write(
                f"heat recovery {recovery}: median {np.median(known):.2f}, {known.min():.2f} to {known.max():.2f}\n"
            )
        out.write("\n")
        out.write(f"{table.describe().round(1).to_string()}\n")


if __name__ == "__main__":
    main()
