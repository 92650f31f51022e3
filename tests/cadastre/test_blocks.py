"""Derived blocks: by hand, invariants under order and cut-outs, against the official blocks of the synthetic town."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from klimastep import sources
from klimastep.cadastre import derive_blocks
from klimastep.contract import check
from klimastep.geo import within
from klimastep.sample import bundled
from klimastep.tables import BLOCKS, STREETS

CRS = "EPSG:25832"
X, Y = 513_000.0, 5_416_000.0
SIDE = 100.0


def streets(lines, kind="residential", name=None):
    frame = gpd.GeoDataFrame(
        {
            "name": pd.array([name] * len(lines), dtype="str"),
            "road_class": STREETS["road_class"].cast(pd.Series([kind] * len(lines)), pd.RangeIndex(len(lines))),
        },
        geometry=[shapely.LineString([(X + a, Y + b) for a, b in line]) for line in lines],
        crs=CRS,
    )
    return frame.assign(length_m=frame.length)


def grid(n, kind="residential"):
    """n x n meshes of streets, 100 m wide."""
    end = n * SIDE
    across = [[(0, i * SIDE), (end, i * SIDE)] for i in range(n + 1)]
    return streets(across + [[(i * SIDE, 0), (i * SIDE, end)] for i in range(n + 1)], kind)


def houses(places, size=10.0):
    index = pd.Index([f"b{i}" for i in range(len(places))], name="building_id", dtype="str")
    shapes = [shapely.box(X + a, Y + b, X + a + size, Y + b + size) for a, b in places]
    return gpd.GeoDataFrame(index=index, geometry=shapes, crs=CRS)


def everywhere(n):
    return houses([(SIDE * i + 45, SIDE * j + 45) for i in range(n) for j in range(n)])


def test_four_meshes_are_four_blocks_less_half_a_street_each_side():
    blocks, found = derive_blocks(everywhere(2), {"streets": grid(2)})
    check(blocks, BLOCKS, partial=True)
    assert len(blocks) == 4
    assert blocks["area_m2"].to_list() == pytest.approx([(SIDE - 10.0) ** 2] * 4)
    assert set(blocks["geometry_source"]) == {"estimated"}
    assert "keine amtlichen Baublöcke" in found[0].text_de


def test_a_mesh_without_building_is_no_block():
    assert len(derive_blocks(houses([(45, 45)]), {"streets": grid(2)})[0]) == 1


def test_a_dead_end_does_not_cut_and_takes_no_land():
    mesh = grid(1)
    dead = pd.concat([mesh, streets([[(50, 0), (50, 70)]])], ignore_index=True)
    plain, _ = derive_blocks(houses([(20, 45)]), {"streets": mesh})
    cut, _ = derive_blocks(houses([(20, 45)]), {"streets": dead})
    assert len(cut) == 1
    assert cut["area_m2"].to_list() == pytest.approx(plain["area_m2"].to_list())
    through = pd.concat([mesh, streets([[(50, 0), (50, SIDE)]])], ignore_index=True)
    assert len(derive_blocks(houses([(20, 45), (70, 45)]), {"streets": through})[0]) == 2


def test_widths_follow_the_class_and_the_plan():
    main, _ = derive_blocks(houses([(45, 45)]), {"streets": grid(1, "main")})
    assert main["area_m2"].iloc[0] == pytest.approx((SIDE - 16.0) ** 2)
    wide, _ = derive_blocks(houses([(45, 45)]), {"streets": grid(1, "main")}, {"main": 30.0})
    assert wide["area_m2"].iloc[0] == pytest.approx((SIDE - 30.0) ** 2)


def test_paths_and_drives_do_not_cut_unless_the_plan_says_so():
    mesh = pd.concat([grid(1), streets([[(50, 0), (50, SIDE)]], "path")], ignore_index=True)
    two = houses([(20, 45), (70, 45)])
    assert len(derive_blocks(two, {"streets": mesh})[0]) == 1
    assert len(derive_blocks(two, {"streets": mesh}, {"path": 3.0})[0]) == 2


def test_water_and_traffic_land_cut_without_any_street():
    strip = gpd.GeoDataFrame(geometry=[shapely.box(X + 40, Y - 500, X + 60, Y + 500)], crs=CRS)
    two = houses([(20, 45), (70, 45)])
    land_use = strip.assign(kind="Straßenverkehr", function_code="42001")
    dwelling = strip.assign(kind="Wohnbaufläche", function_code="41001")
    parcels = strip.assign(land_use="Straßenverkehr;1200")
    for areas in ({"water": strip}, {"land_use": land_use}, {"parcels": parcels}):
        blocks, _ = derive_blocks(two, areas)
        assert len(blocks) == 2
        assert shapely.area(shapely.intersection(blocks.geometry.array, strip.geometry.iloc[0])).sum() < 1e-6
    assert derive_blocks(two, {"land_use": dwelling})[0] is None
    assert derive_blocks(two, {}) == (None, [])


def test_a_railway_from_street_to_street_cuts():
    rail = gpd.GeoDataFrame(geometry=[shapely.LineString([(X + 50, Y), (X + 50, Y + SIDE)])], crs=CRS)
    blocks, _ = derive_blocks(houses([(20, 45), (70, 45)]), {"streets": grid(1), "rail": rail})
    assert blocks["area_m2"].to_list() == pytest.approx([(SIDE - 10) * (50 - 5 - 6)] * 2)


def test_open_country_gives_blocks_around_the_buildings_only():
    far = houses([(45, 45), (2000, 45), (2030, 45)])
    blocks, _ = derive_blocks(far, {"streets": grid(1)})
    assert len(blocks) == 2
    assert blocks["area_m2"].max() < 12_000


def test_a_building_in_the_street_and_a_small_piece_join_their_neighbour():
    kiosk = houses([(45, 45), (97, 50)], size=6.0)
    blocks, _ = derive_blocks(kiosk, {"streets": grid(1)})
    assert within(kiosk, blocks).notna().all()
    assert blocks.geometry.union_all().covers(kiosk.geometry.union_all())


def test_blocks_do_not_overlap_and_hold_every_building_whole():
    rng = np.random.default_rng(8118)
    places = houses([tuple(p) for p in rng.uniform(-200, 700, (300, 2))])
    blocks, _ = derive_blocks(places, {"streets": grid(5)})
    assert blocks.geometry.is_valid.all()
    assert within(places, blocks).notna().all()
    assert blocks.index.is_unique


def test_order_and_part_of_the_city_change_no_id():
    town, net = everywhere(6), grid(6)
    whole, _ = derive_blocks(town, {"streets": net})
    mixed, _ = derive_blocks(town.sample(frac=1, random_state=1), {"streets": net.sample(frac=1, random_state=2)})
    pd.testing.assert_index_equal(whole.index, mixed.index)
    assert shapely.equals_exact(whole.normalize().array, mixed.normalize().array, 1e-6).all()
    window = shapely.box(X - 1, Y - 1, X + 3 * SIDE + 1, Y + 3 * SIDE + 1)
    near = net[net.intersects(window)].copy()
    near["geometry"] = near.geometry.intersection(window.buffer(SIDE / 2))
    part, _ = derive_blocks(town[town.within(window)], {"streets": near})
    assert set(part.index) <= set(whole.index)
    assert len(part) == 9


def test_names_come_from_addresses_then_from_the_nearest_street():
    town = houses([(45, 45)])
    named, _ = derive_blocks(town, {"streets": streets([[(0, 0), (SIDE, 0), (50, SIDE), (0, 0)]], name="Ring")})
    assert named["name"].iloc[0].startswith("Ring ")
    told = town.assign(address=pd.array(["Am Anger 3, 5"], dtype="str"))
    named, _ = derive_blocks(told, {"streets": grid(1)})
    assert named["name"].iloc[0].startswith("Am Anger ")


def test_the_synthetic_town_gets_its_official_blocks_back():
    musterstadt = bundled()
    path = musterstadt / "alkis" / "gebaeude_flurstuecke.gpkg"
    buildings = sources.read("alkis_simple", path, crs=CRS).tables["buildings"]
    parcels = sources.read("alkis_simple", path, crs=CRS, table="parcels").tables["parcels"]
    places = musterstadt / "gebiete" / "baubloecke.gpkg"
    official = sources.read("areas", places, crs=CRS, table="blocks", id="block_nr").tables["blocks"]
    blocks, _ = derive_blocks(buildings, {"parcels": parcels})
    pairs = pd.crosstab(within(buildings, official), within(buildings, blocks))
    assert abs(pairs.shape[0] - pairs.shape[1]) <= 1  # one official block of a single small house is joined
    assert pairs.max(axis=0).sum() > 0.99 * len(buildings)
    assert pairs.max(axis=1).sum() > 0.99 * len(buildings)
