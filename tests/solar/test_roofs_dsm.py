"""Planes fitted on made surfaces: what is known of the house must come back, noise, chimneys and trees aside."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from klimastep import reference
from klimastep.contract import check
from klimastep.partition import tiles
from klimastep.rasters import Patch
from klimastep.solar import fit_findings, fit_roofs, fit_rules, roofs_dsm
from klimastep.solar.roofs import PLANES

SIDE_M = 60.0
HOUSE = shapely.box(20, 20, 32, 38)
CENTRE = (26.0, 29.0)
RISE = np.tan(np.radians(40))
ELL = shapely.Polygon([(15, 15), (45, 15), (45, 25), (25, 25), (25, 45), (15, 45)])


def gable(u, v):
    return 6 + RISE * (6 - np.abs(u))


def hip(u, v):
    return 6 + RISE * np.minimum(6 - np.abs(u), 9 - np.abs(v))


def shed(u, v):
    return 8 + 0.2 * v


def flat(u, v):
    return 9 + 0 * u


def made(roof, *, turn_deg=0.0, cell_m=1.0, noise_m=0.0, above_m=0.0, things=()):
    """Return a house turned by an angle and the surface of it, ground at 0 m, with boxes on it."""
    outline = affinity.rotate(HOUSE, turn_deg, origin=CENTRE)
    middle = (np.arange(int(SIDE_M / cell_m)) + 0.5) * cell_m
    x, y = np.meshgrid(middle, SIDE_M - middle)
    angle = np.radians(-turn_deg)
    dx, dy = x - CENTRE[0], y - CENTRE[1]
    u, v = dx * np.cos(angle) - dy * np.sin(angle), dx * np.sin(angle) + dy * np.cos(angle)
    z = np.where(shapely.contains_xy(outline, x, y), roof(u, v), 0.0)
    for place, height in things:
        z = np.where(shapely.contains_xy(place, x, y), z + height, z)
    z = z + noise_m * np.random.default_rng(3).normal(size=z.shape) + above_m
    return houses(outline), Patch(z.astype(np.float32), 0.0, SIDE_M, cell_m)


def houses(*outlines):
    names = pd.Index([f"h{i}" for i in range(len(outlines))], name="building_id", dtype="str")
    return gpd.GeoDataFrame(index=names, geometry=list(outlines), crs="EPSG:25832")


def planes(*args, **options):
    return fit_roofs(*made(*args, **options)).roofs


def told(found):
    return {kind: ids for kind, ids in found.unknown.items() if ids}


def heights_of(patch):
    return patch.values  # noqa: PD011


def off_deg(one, two):
    return np.abs((np.asarray(one) - two + 180) % 360 - 180)


EXACT = {
    gable: (40.0, [(90, 140.98), (270, 140.98)]),
    hip: (40.0, [(0, 47.0), (90, 93.99), (180, 47.0), (270, 93.99)]),
    shed: (np.degrees(np.arctan(0.2)), [(180, 220.28)]),
}


@pytest.mark.parametrize("noise_m", [0.0, 0.1])
@pytest.mark.parametrize("cell_m", [0.5, 1.0])
@pytest.mark.parametrize("turn_deg", [0.0, 17.0, 45.0])
@pytest.mark.parametrize("roof", EXACT)
def test_known_roofs_come_back(roof, turn_deg, cell_m, noise_m):
    """Tilt within 1°, azimuth within 2°, area within 2 % (the smallest planes within 3 % under noise)."""
    found = planes(roof, turn_deg=turn_deg, cell_m=cell_m, noise_m=noise_m)
    tilt, exact = EXACT[roof]
    assert len(found) == len(exact)
    for azimuth, area in exact:
        row = found.iloc[np.argmin(off_deg(found["azimuth_deg"], azimuth - turn_deg))]
        assert row["tilt_deg"] == pytest.approx(tilt, abs=1.0)
        assert off_deg(row["azimuth_deg"], azimuth - turn_deg) < 2.0
        assert row["area_m2"] == pytest.approx(area, rel=0.02 if noise_m == 0 or area > 60 else 0.03)
        assert row["eaves_m"] == pytest.approx(6.0 if roof is not shed else 6.2, abs=0.25)
        assert row["geometry_source"] == "measured"
    assert (found["fit_rmse_m"] < noise_m + 0.01).all()


def test_a_flat_roof_has_no_azimuth():
    row = planes(flat, noise_m=0.1).iloc[0]
    assert row["tilt_deg"] < 1
    assert np.isnan(row["azimuth_deg"])
    assert row["area_m2"] == pytest.approx(216, rel=1e-3)
    assert row["eaves_m"] == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
def test_wings_of_different_height_are_planes_of_their_own(cell_m):
    middle = (np.arange(int(SIDE_M / cell_m)) + 0.5) * cell_m
    x, y = np.meshgrid(middle, SIDE_M - middle)
    z = np.where(y < 25, 12 + RISE * (5 - np.abs(y - 20)), 6.0)
    z = np.where(shapely.contains_xy(ELL, x, y), z, 0.0)
    found = fit_roofs(houses(ELL), Patch(z.astype(np.float32), 0.0, SIDE_M, cell_m)).roofs
    assert sorted(found["area_m2"].round(0)) == pytest.approx([196, 196, 200], rel=0.02)
    assert sorted(found["tilt_deg"].round(1)) == [0.0, 40.0, 40.0]


def test_chimneys_change_nothing():
    chimneys = [(shapely.box(28, 29, 29.5, 30.5), 1.5), (shapely.box(23, 24, 25, 26), 1.2)]
    found = planes(gable, things=chimneys, cell_m=0.5, noise_m=0.05)
    assert sorted(found["area_m2"]) == pytest.approx([140.98, 140.98], rel=0.02)
    assert found["tilt_deg"].tolist() == pytest.approx([40, 40], abs=1)
    assert found["fit_agreeing_share"].between(0.9, 0.99).all()


def test_a_tree_above_a_corner_changes_little_and_is_told():
    rng = np.random.default_rng(0)
    leaves = [(shapely.box(x, y, x + 1, y + 1), rng.uniform(1, 5)) for x in range(28, 33) for y in range(34, 39)]
    found = planes(hip, things=leaves, noise_m=0.03)
    assert len(found) == 4
    assert found["tilt_deg"].tolist() == pytest.approx([40] * 4, abs=1)
    assert found["area_m2"].sum() == pytest.approx(281.97, rel=0.005)
    assert found.loc[found["fit_agreeing_share"].idxmin(), "geometry_source"] == "estimated"


def test_a_dormer_is_a_plane_of_its_own():
    dormer = shapely.box(27, 26, 31, 30)
    house, patch = made(gable, cell_m=0.5)
    middle = (np.arange(120) + 0.5) * 0.5
    x, y = np.meshgrid(middle, SIDE_M - middle)
    z = np.where(shapely.contains_xy(dormer, x, y), 10.3, heights_of(patch))
    found = fit_roofs(house, Patch(z.astype(np.float32), 0.0, SIDE_M, 0.5)).roofs
    assert sorted(found["tilt_deg"].round(0)) == [0, 40, 40]
    assert found["area_m2"].min() == pytest.approx(16, rel=0.15)


def test_turning_the_town_by_a_right_angle_turns_azimuths_only():
    house, patch = made(hip, turn_deg=17.0, noise_m=0.1)
    turned = houses(affinity.rotate(house.geometry.iloc[0], 90, origin=(SIDE_M / 2, SIDE_M / 2)))
    before = fit_roofs(house, patch).roofs.sort_values("azimuth_deg")
    after = fit_roofs(turned, Patch(np.rot90(heights_of(patch)).copy(), 0.0, SIDE_M, 1.0)).roofs
    after = after.assign(azimuth_deg=(after["azimuth_deg"] + 90) % 360).sort_values("azimuth_deg")
    assert after["tilt_deg"].tolist() == pytest.approx(before["tilt_deg"].tolist(), abs=0.6)
    assert off_deg(after["azimuth_deg"].to_numpy(), before["azimuth_deg"].to_numpy()).max() < 1
    assert after["area_m2"].tolist() == pytest.approx(before["area_m2"].tolist(), rel=0.02)


@given(above_m=st.integers(-400, 4000))
@settings(max_examples=15, deadline=None)
def test_height_above_datum_changes_eaves_only(above_m):
    low, high = planes(hip, turn_deg=30.0), planes(hip, turn_deg=30.0, above_m=float(above_m))
    assert (high["eaves_m"] - low["eaves_m"]).tolist() == pytest.approx([above_m] * 4, abs=0.01)
    for name, digits in (("tilt_deg", 0.05), ("azimuth_deg", 0.1), ("area_m2", 0.2)):
        assert high[name].tolist() == pytest.approx(low[name].tolist(), abs=digits)


@given(turn_deg=st.floats(0, 90), seed=st.integers(0, 1000), wide=st.floats(5, 12), cell_m=st.sampled_from([0.5, 1.0]))
@settings(max_examples=25, deadline=None)
def test_polygons_fill_the_footprint_once(turn_deg, seed, wide, cell_m):
    rng = np.random.default_rng(seed)
    outline = affinity.rotate(shapely.box(22, 20, 22 + wide, 38), turn_deg, origin=CENTRE)
    rough = np.repeat(np.repeat(rng.uniform(0, 3, (12, 12)), 5 / cell_m, axis=0), 5 / cell_m, axis=1)
    _, patch = made(hip, turn_deg=turn_deg, cell_m=cell_m, noise_m=0.05)
    patch = Patch((heights_of(patch) + rough * (rng.random() < 0.5)).astype(np.float32), 0.0, SIDE_M, cell_m)
    found = fit_roofs(houses(outline), patch).roofs
    if found.empty:
        return
    check(found, PLANES)
    assert found.area.sum() == pytest.approx(outline.area, rel=0.03)  # slivers are left out
    assert shapely.union_all(found.geometry.array).area == pytest.approx(found.area.sum(), rel=0.005)
    assert (found.difference(outline.buffer(1e-6)).area < 1e-6).all()
    assert shapely.area(shapely.get_parts(found.geometry.array)).min() >= fit_rules()["smallest_piece_m2"] - 1e-9


@pytest.fixture
def town():
    """Return a street of hipped houses on a wide surface."""
    middle = np.arange(240) + 0.5
    x, y = np.meshgrid(middle, 120 - middle[:120])
    z, outlines = np.zeros(x.shape), []
    for i in range(10):
        outline = shapely.box(6 + 23 * i, 40 + 3 * i, 18 + 23 * i, 58 + 3 * i)
        centre = outline.centroid
        z = np.where(shapely.contains_xy(outline, x, y), hip(x - centre.x, y - centre.y), z)
        outlines.append(outline)
    z += 0.05 * np.random.default_rng(1).normal(size=z.shape)
    return houses(*outlines), Patch(z.astype(np.float32), 0.0, 120.0, 1.0)


def test_tile_by_tile_gives_the_same_planes(town):
    stock, patch = town
    whole = fit_roofs(stock, patch).roofs
    parts = []
    for own, _ in tiles(stock, 50.0, 0.0):
        some = stock.iloc[own]
        west, south, east, north = some.total_bounds
        left, right, top, bottom = int(west) - 2, int(east) + 3, int(120 - north) - 2, int(120 - south) + 3
        left, top = max(left, 0), max(top, 0)
        parts.append(
            fit_roofs(some, Patch(heights_of(patch)[top:bottom, left:right], float(left), 120.0 - top, 1.0)).roofs
        )
    pieces = pd.concat(parts).loc[whole.index]
    pd.testing.assert_frame_equal(
        pd.DataFrame(pieces).drop(columns="geometry"), pd.DataFrame(whole).drop(columns="geometry")
    )
    assert shapely.equals(pieces.geometry.array, whole.geometry.array).all()
    assert len(whole) == 40


def test_holes_are_bridged_and_large_ones_leave_the_roof_unknown(town):
    stock, patch = town
    values = heights_of(patch).copy()
    values[70:74, 8:12] = np.nan
    values[:, 29:37] = np.nan
    found = fit_roofs(stock, Patch(values, 0.0, 120.0, 1.0))
    assert told(found) == {"outside_surface": ["h1"]}
    first = found.roofs[found.roofs["building_id"] == "h0"]
    assert first["area_m2"].sum() == pytest.approx(281.97, rel=0.005)


def test_buildings_outside_the_surface_are_reported(town):
    stock, patch = town
    away = houses(*stock.geometry, shapely.box(500, 500, 510, 510), shapely.box(238, 40, 250, 50))
    found = fit_roofs(away, patch)
    assert found.unknown["outside_surface"] == ["h10", "h11"]
    assert set(found.roofs["building_id"]) == {f"h{i}" for i in range(10)}
    (finding,) = fit_findings(found.unknown)
    assert (finding.kind, finding.count, finding.ids) == ("outside_surface", 2, ("h10", "h11"))
    assert "unbekannt" in finding.text_de


class Ground:
    """A terrain model on another grid than the surface model."""

    resolution_m = 2.0
    bounds = (-10.0, -10.0, 300.0, 130.0)

    def read(self, bounds, *, resolution_m):  # noqa: ARG002
        west, north = np.floor(bounds[0]) - 0.3, np.ceil(bounds[3]) + 0.4
        rows, columns = int(north - bounds[1]) + 1, int(bounds[2] - west) + 1
        return Patch(np.zeros((rows, columns), np.float32), west, north, 1.0)


def test_a_house_that_is_gone_has_no_roof(town):
    """The first house is gone, a courtyard of the second is open; without a terrain model nobody can know."""
    stock, patch = town
    values = heights_of(patch).copy()
    values[60:82, 4:20] = 0.3
    values[65:72, 31:39] = 0.1
    bare = Patch(values, 0.0, 120.0, 1.0)
    assert set(fit_roofs(stock, bare).roofs["building_id"]) == set(stock.index)
    found = fit_roofs(stock, bare, Ground())
    assert told(found) == {"on_ground": ["h0"], "partly_on_ground": ["h1"]}
    assert set(found.roofs["building_id"]) == set(stock.index) - {"h0"}
    assert found.roofs[found.roofs["building_id"] == "h1"].area.sum() == pytest.approx(12 * 18 - 56, rel=0.02)
    assert [f.kind for f in fit_findings(found.unknown)] == ["on_ground", "partly_on_ground"]


def test_threads_and_neighbours_change_nothing(town, monkeypatch):
    """In chunks of three and of all, in any order, by one thread or two."""
    stock, patch = town
    whole = fit_roofs(stock, patch).roofs
    for chunk, threads in ((3, 2), (1, 1), (4, 2)):
        monkeypatch.setattr(roofs_dsm, "CHUNK", chunk)
        monkeypatch.setattr(roofs_dsm.numba, "get_num_threads", lambda n=threads: n)
        again = fit_roofs(gpd.GeoDataFrame(stock.iloc[::-1]), patch).roofs.loc[whole.index]
        pd.testing.assert_frame_equal(
            pd.DataFrame(again).drop(columns="geometry"), pd.DataFrame(whole).drop(columns="geometry")
        )
        assert (shapely.to_wkb(again.geometry.array) == shapely.to_wkb(whole.geometry.array)).all()


def test_what_is_not_even_stays_unknown():
    rng = np.random.default_rng(0)
    wild = Patch(rng.uniform(0, 8, (60, 60)).astype(np.float32), 0.0, SIDE_M, 1.0)
    found = fit_roofs(houses(HOUSE, shapely.box(1.1, 1.1, 1.3, 1.3)), wild)
    assert found.roofs.empty
    assert told(found) == {"no_plane": ["h0", "h1"]}


def test_no_buildings_give_no_planes():
    check(fit_roofs(houses(), made(flat)[1]).roofs, PLANES)


def test_every_rule_says_where_it_is_from():
    table = reference.load("roof_fit")
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    assert set(table["key"]) == set(fit_rules())
