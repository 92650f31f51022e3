"""A run with all registers of an office: meter groups across blocks, heaters, public buildings, modules, networks."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import yaml
from small_town import CRS, X, Y, command, make_town

STREET = "Bäckerstraße"  # numbers 1 to 7 in the first block, 8 to 12 in the second
FILES = {
    "gruppen.csv": "gruppe;adressen;jahr;verbrauch\n"
    f"G1;{STREET} 1-5;2021;90000\nG1;{STREET} 1-5;2022;60000\nG1;{STREET} 1-5;2023;75000\n"
    f"G1;{STREET} 1-5;2024;81000\n"
    f"G2;{STREET} 6 bis 9;2024;geheim\n"
    f"G3;{STREET} 100;2024;1000\n",
    "kehrbuch.csv": "anschrift;feuerstaette;brennstoff;leistung\n"
    f"{STREET} 2;Heizkessel;Heizöl;24\n{STREET} 2;Kaminofen;Scheitholz;8\n{STREET} 4;Heizkessel;Erdgas;18\n",
    "liegenschaften.csv": "objekt;name;jahr;energieträger;verbrauch\n"
    f"{STREET} 10;Rathaus;2023;Erdgas;40\n{STREET} 10;Rathaus;2024;Erdgas;44\n",
    "mastr.csv": "EinheitMastrNummer;Bruttoleistung;Strasse;Hausnummer;Postleitzahl;Ort;Lage\n"
    f"SEE1;9,8;{STREET};11;71638;Ludwigsburg;Hausdach\nSEE2;5;;;71638;Ludwigsburg;Hausdach\n",
}
SOURCES = [
    {"reader": "meters", "path": "gruppen.csv", "kind": "measured", "options": {
        "id": "gruppe", "level": "group", "address": "adressen", "unit": "kWh", "energy_basis": {"gas": "hs"},
        "value": "verbrauch", "year": "jahr", "carrier": "gas"}},
    {"reader": "heaters", "path": "kehrbuch.csv", "options": {"id": "anschrift", "level": "address",
        "columns": {"heater_type": "feuerstaette"}}},
    {"reader": "public_buildings", "path": "liegenschaften.csv", "options": {
        "id": "objekt", "level": "address", "unit": "MWh", "energy_basis": {"gas": "hs"}}},
    {"reader": "pv_register", "path": "mastr.csv"},
    {"reader": "features", "path": "netz.gpkg", "options": {"table": "network_lines", "kind": "heat_network"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("amt")
    town = make_town(folder)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    line = shapely.LineString([(X, Y - 5), (X + 300, Y - 5)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(folder / "netz.gpkg", driver="GPKG")
    plan = {**town.content, "sources": [*town.content["sources"], *SOURCES], "exports": ["geopackage"]}
    town.plan.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    told = command("run", town.plan, "--maps", folder / "maps")
    assert told.code == 0, told.err
    path = next(p for p in (folder / "maps").rglob("*.gpkg") if p.stem != "pruefung")
    layers = {str(name): pyogrio.read_dataframe(path, layer=name) for name in pyogrio.list_layers(path)[:, 0]}
    layers["checks"] = next((folder / "maps").rglob("checks.json")).read_text(encoding="utf-8")
    return layers


def _house(layers, number):
    buildings = layers["buildings"]
    return buildings[buildings["address"] == f"{STREET} {number}"].iloc[0]


def test_the_group_lies_on_the_map_and_in_its_buildings(layers):
    houses = layers["buildings"].set_index("address")["meter_group_id"]
    assert houses[[f"{STREET} {n}" for n in (1, 3, 5)]].tolist() == ["G1"] * 3
    assert houses[[f"{STREET} {n}" for n in (6, 8)]].tolist() == ["G2", "G2"]  # in two blocks
    assert pd.isna(houses[f"{STREET} 2"])
    assert layers["buildings"].groupby("meter_group_id")["block_id"].nunique()["G2"] == 2
    groups = layers["meter_groups"].set_index("meter_group_id")
    assert groups.area["G1"] == pytest.approx(3 * 80)
    useful = groups.loc["G1", "metered_heat_kwh_a"]
    assert 0.5 * 72_000 < useful < 72_000 / 1.095  # mean of 2022 to 2024, Hs to useful heat
    assert groups.loc["G1", "expected_per_metered_ratio"] > 0
    assert np.isnan(groups.loc["G2", "metered_heat_kwh_a"])  # confidential is unknown
    assert "G3" not in groups.index
    assert "1 Zählereinheiten passen zu keinem Gebäude (weder Kennung noch Adresse): G3" in layers["checks"]


def test_carriers_of_the_register_decide_the_final_energy(layers):
    assert (_house(layers, 2)["carrier"], _house(layers, 4)["carrier"]) == ("oil", "gas")
    assert _house(layers, 2)["carrier_source"] == "survey"
    assert pd.isna(_house(layers, 1)["carrier"])
    assert "Kehrbuch" in layers["checks"]


def test_listed_buildings_are_public_and_metered(layers):
    assert bool(_house(layers, 10)["is_public"])
    assert not bool(_house(layers, 9)["is_public"])
    group = layers["meter_groups"].set_index("meter_group_id").loc[f"{STREET} 10"]
    assert group["level"] == "address"
    assert 0.5 * 42_000 < group["metered_heat_kwh_a"] < 42_000


def test_installed_modules_sum_to_the_block(layers):
    assert _house(layers, 11)["pv_installed_kwp"] == 9.8
    blocks = layers["blocks"].set_index("block_id")["pv_installed_kwp"]
    assert blocks["001"] == 9.8
    assert np.isnan(blocks["000"])  # nobody knows where the second unit stands: unknown is not zero


def test_networks_are_a_layer_of_their_own(layers):
    lines = layers["network_lines"]
    assert lines.loc[0, "kind"] == "heat_network"
    assert lines.loc[0, "length_m"] == pytest.approx(300)
