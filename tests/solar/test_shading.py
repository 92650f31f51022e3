"""Roof planes below their horizons: closed cases, tiles, what the surface model knows and does not."""

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from klimastep.errors import InputError
from klimastep.partition import apply_tiled
from klimastep.rasters import Mosaic
from klimastep.solar import (
    IRRADIATION,
    MONTHLY,
    Shading,
    Surroundings,
    horizon_of,
    irradiation,
    refuse_misfit,
    shading_notes,
)
from klimastep.solar.horizon import scale
from klimastep.solar.raster import shade_raster
from klimastep.solar.sky import sky_tables
from klimastep.tables import ROOFS
from klimastep.weather import monthly_on_planes

WEST, NORTH = 500_000.0, 5_400_000.0


def planes(*rows):
    """Return roof planes from rows (west, south, east, north, tilt, azimuth, eaves)."""
    shapes = [box(WEST + r[0], NORTH + r[1], WEST + r[2], NORTH + r[3]) for r in rows]
    columns = {"building_id": [f"b{i}" for i in range(len(rows))], "area_m2": [s.area for s in shapes]}
    columns |= {name: [float(r[4 + k]) for r in rows] for k, name in enumerate(("tilt_deg", "azimuth_deg", "eaves_m"))}
    frame = pd.DataFrame(columns, index=pd.Index([f"r{i}" for i in range(len(rows))], name="roof_id", dtype="str"))
    frame["geometry_source"] = pd.Categorical(["measured"] * len(rows), categories=ROOFS["geometry_source"].vocabulary)
    return gpd.GeoDataFrame(frame.astype({"building_id": "str"}), geometry=shapes, crs="EPSG:25832")


def write(folder, values, name="dom.tif", **profile):
    """Write heights with their north-west corner at (WEST, NORTH)."""
    profile = {"crs": "EPSG:25832", "nodata": -9999.0} | profile
    path = folder / name
    with rasterio.open(
        path, "w", driver="GTiff", height=len(values), width=len(values[0]), count=1, dtype="float32",
        transform=from_origin(WEST, NORTH, 1.0, 1.0), **profile,
    ) as data:  # fmt: skip
        data.write(np.asarray(values, dtype="float32"), 1)
    return path


STREET = planes(
    (0, -10, 8, 0, 0, np.nan, 106), (0, -30, 8, -20, 35, 180, 106), (20, -10, 28, 0, 45, 90, 104),
    (40, -14, 41, 0, 60, 270, 110), (60, -10, 60.2, 0, 20, 0, 103), (62, -8, 75, 0, 0, np.nan, 140),
)  # fmt: skip


def test_a_lone_roof_loses_nothing(weather):
    roofs = planes((0, -10, 8, 0, 0, np.nan, 106), (500, -10, 508, 0, 40, 200, 106), (0, 900, 9, 908, 60, 20, 100))
    free = irradiation(roofs, weather)
    out = irradiation(roofs, weather, shading=Shading(Surroundings()))
    np.testing.assert_allclose(out[IRRADIATION.name], free[IRRADIATION.name], rtol=2e-5)
    assert (out["shading_basis"] == "buildings").all()
    np.testing.assert_allclose(out["sky_view_share"], (1 + np.cos(np.radians([0, 40, 60]))) / 2, atol=2e-3)
    assert free["shading_loss_share"].isna().all()


def test_a_tower_in_the_south_takes_light_and_one_in_the_north_little(weather):
    roof = (0, -10, 10, 0, 30, 180, 106)
    south, north = (-10, -40, 20, -20, 0, np.nan, 130), (-10, 10, 20, 30, 0, np.nan, 130)
    losses = [
        irradiation(planes(roof, tower), weather, shading=Shading(Surroundings()))["shading_loss_share"].iloc[0]
        for tower in (south, north)
    ]
    assert losses[0] > 0.2
    assert losses[1] < 0.05


def test_the_horizon_of_a_plane_is_that_of_the_tower_before_it():
    """A tower 24 m above the roof: its first row of cells lies 11 to 20 m south of the roof's rows of cells."""
    roofs = planes((0, -10, 10, 0, 0, np.nan, 106), (-30, -40, 40, -20, 0, np.nan, 130))
    found = horizon_of(roofs, "r0", Surroundings())
    assert found.elevation_deg.shape == (64, 64)  # points of 100 cells, directions
    assert found.azimuth_deg[[0, 16, 32]].tolist() == [0, 90, 180]
    south = np.sort(found.elevation_deg[:, 32])
    wanted = np.degrees(np.arctan((24 - 0.02) / np.array([20, 11])))
    np.testing.assert_allclose(south[[0, -1]], wanted, atol=0.4)
    assert not found.elevation_deg[:, [0, 8, 56]].any()
    assert not found.own_deg.any()


def test_a_plane_hides_the_sky_behind_itself():
    found = horizon_of(planes((0, -10, 20, 0, 35, 180, 106)), "r0", Surroundings())
    assert found.own_deg[0] == pytest.approx(35)
    assert found.own_deg[[16, 32, 48]] == pytest.approx(0, abs=1e-9)
    assert found.own_deg[8] == pytest.approx(np.degrees(np.arctan(np.tan(np.radians(35)) * np.cos(np.pi / 4))))
    assert found.elevation_deg.max() <= 36  # codes are rounded up in some sectors
    with pytest.raises(KeyError):
        horizon_of(STREET, "nowhere", Surroundings())


def test_months_add_up_and_winter_loses_most(weather):
    roofs = planes((0, -10, 10, 0, 30, 180, 106), (-10, -40, 20, -20, 0, np.nan, 118))
    shaded, free = (irradiation(roofs, weather, shading=s).iloc[0] for s in (Shading(Surroundings()), None))
    names = [c.name for c in MONTHLY]
    assert shaded[names].sum() == pytest.approx(shaded[IRRADIATION.name])
    left = (shaded[names] / free[names]).to_numpy(dtype=float)
    assert left[11] < left[5]


def test_east_is_west(weather):
    pair = planes((0, -10, 10, 0, 35, 90, 106), (14, -14, 24, 4, 0, np.nan, 115))
    twin = planes((0, -10, 10, 0, 35, 270, 106), (-14, -14, -4, 4, 0, np.nan, 115))
    east, west = (
        irradiation(p, weather, shading=Shading(Surroundings()))["sky_view_share"].iloc[0] for p in (pair, twin)
    )
    assert east == pytest.approx(west, rel=5e-3)


def test_no_obstacle_raises_anything(weather):
    few = irradiation(STREET, weather, shading=Shading(Surroundings()))
    more = pd.concat([STREET, planes((10, -40, 18, 0, 0, np.nan, 125)).rename(index={"r0": "tower"})])
    many = irradiation(gpd.GeoDataFrame(more), weather, shading=Shading(Surroundings()))
    names = [c.name for c in (*MONTHLY, IRRADIATION)]
    assert (many.loc[STREET.index, names] <= few[names] * (1 + 1e-6)).all(axis=None)


@pytest.mark.parametrize("size_m", [15.0, 40.0])
def test_tiled_is_whole_to_the_last_bit(weather, size_m):
    shading = Shading(Surroundings())
    whole = irradiation(STREET, weather, shading=shading)
    tiled = apply_tiled(irradiation, STREET, size_m, weather=weather, shading=shading)
    pd.testing.assert_frame_equal(pd.DataFrame(tiled), pd.DataFrame(whole), check_exact=True)


def test_threads_change_nothing(weather):
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, min(2, before)):
            numba.set_num_threads(threads)
            found.append(irradiation(STREET, weather, shading=Shading(Surroundings())))
    finally:
        numba.set_num_threads(before)
    pd.testing.assert_frame_equal(*map(pd.DataFrame, found), check_exact=True)


def test_a_building_without_roof_shades_by_its_height(weather):
    roof = planes((0, -10, 10, 0, 30, 180, np.nan))
    houses = gpd.GeoDataFrame(
        {"height_m": [8.0, 30.0], "eaves_height_m": [5.0, np.nan]},
        index=pd.Index(["b0", "b1"], name="building_id", dtype="str"),
        geometry=[roof.geometry.iloc[0], box(WEST - 10, NORTH - 40, WEST + 20, NORTH - 20)],
        crs="EPSG:25832",
    )
    level = irradiation(roof, weather, shading=Shading(Surroundings(houses, level=True))).iloc[0]
    assert level["shading_loss_share"] > 0.2
    unknown = irradiation(roof, weather, shading=Shading(Surroundings(houses))).iloc[0]
    assert unknown["shading_basis"] == "none"
    assert np.isnan(unknown["shading_loss_share"])
    assert unknown[IRRADIATION.name] == irradiation(roof, weather).iloc[0][IRRADIATION.name]


def test_the_surface_model_counts_where_it_knows(weather, tmp_path):
    heights = np.full((60, 60), 100.0)
    heights[10:20, 10:20] = 106.0
    heights[25:40, 0:40] = 130.0
    heights[:, 50:] = -9999.0
    roofs = planes(
        (10, -20, 20, -10, 0, np.nan, 106), (52, -20, 58, -10, 0, np.nan, 106), (90, -20, 99, -10, 0, np.nan, 99)
    )
    with Mosaic([write(tmp_path, heights)]) as surface:
        out = irradiation(roofs, weather, shading=Shading(Surroundings(surface=surface)))
    assert list(out["shading_basis"]) == ["surface_model", "buildings", "buildings"]
    assert out["shading_loss_share"].iloc[0] > 0.1
    assert "1 Dachflächen nach dem Oberflächenmodell" in shading_notes(out)[0]
    assert "2 roof planes by roof planes and heights" in shading_notes(out)[1]


def test_a_surface_model_in_feet_or_without_the_roofs_is_refused(tmp_path):
    roofs = planes((10, -20, 20, -10, 0, np.nan, 106))
    with (
        Mosaic([write(tmp_path, np.full((60, 60), 106 / 0.3048))]) as feet,
        pytest.raises(InputError, match=r"lies \+241.8 m.*in feet"),
    ):
        refuse_misfit(roofs, feet)
    with Mosaic([write(tmp_path, np.full((60, 60), -9999.0), "empty.tif")]) as empty:
        refuse_misfit(roofs, empty)


def test_no_roofs_at_all(weather):
    out = irradiation(STREET.iloc[:0], weather, shading=Shading(Surroundings()))
    assert out.empty


def test_a_block_a_district_and_a_city_give_a_roof_the_same(weather, tmp_path):
    rng = np.random.default_rng(3)
    heights = np.kron(rng.choice([100, 106, 110, 125.0], (40, 60)), np.ones((10, 10)))
    places = ((101, -209, 90), (111, -209, 180), (301, -99, 20), (521, -309, 270))
    roofs = planes(*((x, y, x + 8, y + 8, 20, azimuth, heights[-y - 4, x + 4]) for x, y, azimuth in places))
    with Mosaic([write(tmp_path, heights)]) as surface:
        shading = Shading(Surroundings(surface=surface))
        city, district, block = (
            pd.DataFrame(irradiation(roofs.iloc[:count], weather, shading=shading)) for count in (4, 2, 1)
        )
    assert city["shading_loss_share"].min() > 0
    pd.testing.assert_frame_equal(city.iloc[:2], district, check_exact=True)
    pd.testing.assert_frame_equal(city.iloc[:1], block, check_exact=True)


def raster(path, weather, **options):
    """Return year (rows, columns) and view of a raster, windows put together."""
    steps = scale()
    with Mosaic([path]) as surface:
        west, south, east, north = surface.bounds
        year = np.full((round(north - south), round(east - west)), np.nan)
        for tile in shade_raster(surface, sky_tables(weather.sky(), steps), steps, **options):
            row, column = round(north - tile.north), round(tile.west - west)
            year[row : row + tile.energy.shape[1], column : column + tile.energy.shape[2]] = tile.energy[-1]
    return year


def test_rasters_in_any_cut_are_the_same(weather, tmp_path):
    rng = np.random.default_rng(2)
    heights = np.kron(rng.uniform(100, 125, (35, 30)), np.ones((10, 10)))
    heights[5, 7] = -9999.0
    path = write(tmp_path, heights)
    whole = raster(path, weather)
    np.testing.assert_array_equal(raster(path, weather, cells=97), whole)
    assert np.isnan(whole[5, 7])
    assert np.isnan(whole).sum() == 1


def test_threads_change_no_raster(weather, tmp_path):
    path = write(tmp_path, np.kron(np.random.default_rng(4).uniform(100, 125, (13, 11)), np.ones((10, 10))))
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, min(2, before)):
            numba.set_num_threads(threads)
            found.append(raster(path, weather))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_a_hillside_as_a_raster_gets_what_its_plane_gets(weather, tmp_path):
    rows, columns = np.mgrid[0:90, 0:70]
    year = raster(write(tmp_path, 200.0 + columns - rows), weather)
    free = monthly_on_planes([np.degrees(np.arctan(np.sqrt(2)))], [225.0], weather.sky()).sum()
    np.testing.assert_allclose(year, free, rtol=2e-3)
    assert year.mean() == pytest.approx(free, rel=1e-3)


def test_a_flat_raster_gets_the_global_radiation(weather, tmp_path):
    year = raster(write(tmp_path, np.full((30, 40), 250.0)), weather)
    np.testing.assert_allclose(year, weather.hourly["ghi_w_m2"].sum() / 1e3, rtol=1e-3)


def test_crowns_let_light_through(weather, tmp_path):
    ground, crowns = np.full((60, 60), 100.0), np.zeros((60, 60))
    crowns[30:34, 20:40] = 12.0
    path, leaves = write(tmp_path, ground), write(tmp_path, crowns, "crowns.tif")
    with Mosaic([leaves]) as canopy:
        dense, thin, open_ = (raster(path, weather, canopy=canopy, through=[t] * 12) for t in (0.0, 0.5, 1.0))
    free = raster(path, weather)
    np.testing.assert_allclose(open_, free, rtol=1e-5)
    assert dense[26, 30] < thin[26, 30] < free[26, 30]
    np.testing.assert_allclose(thin, (dense + free) / 2, rtol=1e-4)
    assert thin[31, 30] == pytest.approx(0.5 * free[31, 30], rel=0.02)


def test_hills_beyond_the_near_range_shade(weather, tmp_path):
    heights = np.full((700, 120), 100.0)
    heights[500:, :] = 250.0
    year = raster(write(tmp_path, heights), weather)
    free = weather.hourly["ghi_w_m2"].sum() / 1e3
    assert year[100, 60] < 0.995 * free
    assert year[100, 60] > 0.9 * free
