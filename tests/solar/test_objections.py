"""Owners who object: read by id and address, on no list, in no public value of fewer than five; plan to outputs."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from small_town import command, make_town

import klimastep
from klimastep import sources
from klimastep.errors import InputError, PlanError

BLOCKS = (("Altstadt", 7), ("Altstadt", 3), ("Südhang", 8), ("Südhang", 6), ("Weiler", 2))


def test_the_reader(tmp_path):
    path = tmp_path / "widerspruch.csv"
    path.write_text("Kennung;Lage\nX1;\n;Am Weg 3\n", encoding="utf-8")
    reading = sources.read("objections", path, crs="EPSG:25832", id="Kennung", address="Lage", delimiter=";")
    table = reading.tables["objections"]
    assert table["building_id"].tolist()[0] == "X1"
    assert table["address"].tolist()[1] == "Am Weg 3"
    only = sources.read("objections", path, crs="EPSG:25832", id="Kennung", delimiter=";")
    assert (only.rows_in, len(only.tables["objections"]), only.rows_set_aside) == (2, 1, 1)
    with pytest.raises(PlanError, match="name id: or address:"):
        sources.read("objections", path, crs="EPSG:25832", delimiter=";")
    with pytest.raises((InputError, PlanError), match="Strasse"):
        sources.read("objections", path, crs="EPSG:25832", address="Strasse", delimiter=";")


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """Return both editions of a town in which one owner of a small block objects, and prices are known."""
    town = make_town(tmp_path_factory.mktemp("town"), BLOCKS, name="echtstadt", synthetic=False)
    owner = town.read("gebäude.gpkg")["oid"].iloc[8][:16]
    (town.folder / "nein.csv").write_text(f"id\n{owner}\nDEBWNIRGENDS0000\n", encoding="utf-8")
    extra = {"reader": "objections", "path": "nein.csv", "options": {"id": "id"}}
    prices = {"electricity_price_eur_kwh": 0.3, "feed_in_tariff_eur_kwh": 0.08, "losses": "pvlib", "best_roofs": 3}
    plan = town.replan(sources=[*town.content["sources"], extra], solar=prices)
    maps = tmp_path_factory.mktemp("maps")
    told = command("run", plan, "--maps", maps)
    assert told.code == 0, told.err
    assert command("publish", maps / "echtstadt").code == 0
    return owner, maps / "echtstadt", klimastep.read(maps / "echtstadt" / "intern")


def test_the_internal_edition_marks_and_the_list_leaves_out(editions):
    owner, folder, inside = editions
    buildings = inside["buildings"]
    assert buildings.index[buildings["solar_withheld"]].tolist() == [owner]
    assert buildings.loc[owner, "pv_yield_kwh_a"] > 0
    assert owner not in set(inside["best_roofs"]["building_id"])
    assert inside["best_roofs"].groupby("zone_id").size().max() == 3
    assert "1 Widersprüche passen zu keinem Gebäude" in (folder / "intern" / "checks.json").read_text(encoding="utf-8")


def test_the_public_edition_has_no_value_that_tells_the_roof(editions):
    owner, folder, inside = editions
    public = klimastep.read(folder / "oeffentlich")
    assert not {"buildings", "roofs", "best_roofs", "solar_balance", "solar_hours"} & set(public)
    block = inside["buildings"].loc[owner, "block_id"]
    solar = [c for c in public["blocks"] if c.startswith(("pv_", "solar_"))]
    assert {"pv_yield_kwh_a", "pv_potential_kwp"} <= set(solar)
    assert public["blocks"].loc[block, solar].isna().all()
    other = public["blocks"].drop(index=block)["pv_yield_kwh_a"]
    assert other.isna().any(), "its district less the others would tell it"
    assert other.notna().any()
    for path in (folder / "oeffentlich").rglob("*"):
        assert path.is_dir() or owner.encode() not in path.read_bytes()


def test_sums_and_costs_of_the_run(editions):
    _, _, inside = editions
    buildings, balance = inside["buildings"], inside["solar_balance"]
    assert balance["pv_yield_kwh"].sum() == pytest.approx(buildings["pv_yield_kwh_a"].sum())
    assert len(balance) == 12 * len(inside["zones"])
    hours = inside["solar_hours"]
    assert len(hours) == 8760 * len(inside["zones"])
    zones = [hours.groupby("area_id")["pv_yield_kwh"].sum(), balance.groupby("zone_id")["pv_yield_kwh"].sum()]
    assert zones[0].to_numpy() == pytest.approx(zones[1].to_numpy())
    assert buildings["pv_investment_eur"].sum() == pytest.approx(inside["zones"]["pv_investment_eur"].sum())
    paid = buildings["pv_payback_years"].dropna()
    assert len(paid)
    assert paid.gt(3).all()


def test_the_outputs_say_prices_losses_and_what_lod2_lacks(editions):
    _, folder, _ = editions
    about = json.loads((folder / "intern" / "provenance.json").read_text(encoding="utf-8"))["about"]
    told = " ".join(about["notes_de"])
    assert "Temperatur und Wechselrichter nach pvlib" in told
    assert "0,3\u202f€/kWh für bezogenen" in told
    assert "weder Gauben noch Dachüberstände" in told
    assert "Ohne Geländemodell" in told
    assert "Temperatur und Wechselrichter nach pvlib" in (folder / "intern" / "index.html").read_text(encoding="utf-8")


def test_one_price_alone_is_refused(tmp_path):
    town = make_town(tmp_path)
    told = command("run", town.replan(solar={"electricity_price_eur_kwh": 0.3}), "--maps", tmp_path / "maps")
    assert told.code == 2
    assert "belong together" in told.err


def test_parking_lots_and_facades_of_the_plan(tmp_path):
    town = make_town(tmp_path)
    lot = town.read("gebäude.gpkg").iloc[:1][["geometry"]].assign(nr="1")
    lot.to_file(tmp_path / "parken.gpkg", driver="GPKG")
    source = {"reader": "features", "path": "parken.gpkg", "options": {"table": "areas", "kind": "parkplatz"}}
    chosen = {"open_areas": {"parkplatz": "parking"}, "facades": True, "hourly_areas": 1}
    plan = town.replan(sources=[*town.content["sources"], source], solar=chosen)
    told = command("run", plan, "--maps", tmp_path / "maps")
    assert told.code == 0, told.err
    tables = klimastep.read(tmp_path / "maps" / "kleinstadt")
    areas, buildings, zones = (tables[n] for n in ("areas", "buildings", "zones"))
    assert buildings["solar_facade_area_m2"].between(100, 36 * 5 + 1).all()
    assert buildings["solar_facade_irradiation_kwh_m2a"].between(300, 900).all()
    assert "solar_hours" not in tables, "two zones are more than one"
    record = (tmp_path / "maps" / "kleinstadt" / "intern" / "checks.json").read_text(encoding="utf-8")
    assert "Mehr als 1 Handlungsräume" in record
    sums = [t["solar_facade_irradiation_kwh_a"].sum() for t in (buildings, zones)]
    assert sums[0] == pytest.approx(sums[1])
    assert areas["pv_kwp"].tolist() == pytest.approx((areas["area_m2"] * 0.12).tolist())
    assert areas["pv_yield_kwh_a"].gt(0).all()
    assert isinstance(areas, pd.DataFrame)
