"""Surface models in feet, of another datum or without buildings: refused by whatever else is known, else left alone."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from klimastep import reference
from klimastep.errors import InputError
from klimastep.rasters import Mosaic, Patch
from klimastep.solar import misfit, refuse_heights, refuse_steep, refuse_terrain

FOOT_M = 0.3048
GROUND_M, HIGH_M = 40.0, 9.0


class Field:
    """Heights by a formula of x and y, on cells of a size, known within 200 m."""

    bounds = (0.0, 0.0, 200.0, 200.0)

    def __init__(self, height, cell_m=1.0):
        self.height, self.resolution_m = height, cell_m

    def read(self, bounds, *, resolution_m=None):
        step = resolution_m or self.resolution_m
        turns = (np.floor, np.floor, np.ceil, np.ceil)
        west, south, east, north = (step * turn(b / step) for turn, b in zip(turns, bounds, strict=True))
        x, y = np.meshgrid(np.arange(west, east, step) + step / 2, np.arange(north, south, -step) - step / 2)
        inside = (x > 0) & (x < 200) & (y > 0) & (y < 200)
        return Patch(np.where(inside, self.height(x, y), np.nan).astype(np.float32), west, north, step)


@pytest.fixture
def houses():
    corners = [(20 + 40 * i, 20 + 50 * j) for i in range(4) for j in range(3)]
    table = pd.DataFrame({"eaves_height_m": np.nan, "height_m": HIGH_M}, index=[f"h{i}" for i in range(len(corners))])
    return gpd.GeoDataFrame(table, geometry=[box(x, y, x + 12, y + 10) for x, y in corners], crs="EPSG:25832")


def ground(x, y):
    return GROUND_M + 0.03 * x


@pytest.fixture
def town(houses):
    """Return the heights of the surface in metres."""

    def surface(x, y):
        on = np.zeros(np.shape(x), dtype=bool)
        for west, south, east, north in houses.bounds.to_numpy():
            on |= (x > west) & (x < east) & (y > south) & (y < north)
        return ground(x, y) + np.where(on, HIGH_M, 0.0)

    return surface


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
@pytest.mark.parametrize("terrain_cell_m", [None, 1.0, 5.0])
def test_the_right_one_passes(houses, town, cell_m, terrain_cell_m):
    terrain = None if terrain_cell_m is None else Field(ground, terrain_cell_m)
    assert refuse_heights(houses, Field(town, cell_m), terrain)


@pytest.mark.parametrize("foot_m", [FOOT_M, 1200 / 3937])
def test_feet_are_found_by_the_terrain_or_by_the_heights_of_buildings(houses, town, foot_m):
    feet = Field(lambda x, y: town(x, y) / foot_m)
    with pytest.raises(InputError, match=r"its ground lies \+9\d\.\d m from the terrain.*is it in feet"):
        refuse_heights(houses.assign(height_m=np.nan), feet, Field(ground))
    with pytest.raises(InputError, match=r"stand 3\.[34] times as high.*expected 0\.5 to 2 times.*is it in feet"):
        refuse_heights(houses, feet)
    both = Field(lambda x, y: ground(x, y) / foot_m)
    with pytest.raises(InputError, match=r"stand 3\.[34] times"):
        refuse_heights(houses, feet, both)


def test_another_datum_and_bare_ground_are_found(houses, town):
    with pytest.raises(InputError, match=r"lies -45\.0 m from the terrain"):
        refuse_heights(houses, Field(lambda x, y: town(x, y) - 45), Field(ground))
    with pytest.raises(InputError, match=r"stand 0\.\d times as high"):
        refuse_heights(houses, Field(ground), Field(ground))


def test_a_terrain_in_feet_is_found_by_lod2(houses):
    roofs = gpd.GeoDataFrame(
        {"building_id": houses.index, "area_m2": 120.0, "eaves_m": ground(houses.centroid.x, 0) + HIGH_M},
        geometry=houses.geometry.to_numpy(),
    )
    told = houses.assign(eaves_height_m=HIGH_M)
    refuse_terrain(told, roofs, Field(ground))
    refuse_terrain(houses, roofs, Field(lambda x, _y: 0 * x))  # no eaves height, nothing to compare
    refuse_terrain(told.iloc[:2], roofs, Field(lambda x, _y: 0 * x))
    with pytest.raises(
        InputError, match=r"terrain model: it lies \+\d\d\.\d m from the ground of the buildings by LoD2"
    ):
        refuse_terrain(told, roofs, Field(lambda x, y: ground(x, y) / FOOT_M))


def test_what_nothing_can_tell_is_said_and_not_refused(houses, town):
    feet = Field(lambda x, y: town(x, y) / FOOT_M)
    assert not refuse_heights(houses.assign(height_m=np.nan), feet)
    assert not refuse_heights(houses.assign(height_m=2.0), feet), "sheds are not compared"
    assert not refuse_heights(houses.iloc[:2], feet), "two buildings decide nothing"
    far = houses.set_geometry(houses.translate(10_000, 0))
    assert not refuse_heights(far, feet, Field(ground))


def test_usual_roofs_in_feet_are_too_steep():
    tilt = np.array([0.0, 25.0, 30.0, 35.0, 40.0, 45.0])
    roofs = pd.DataFrame({"tilt_deg": tilt, "area_m2": [500, 60, 60, 60, 60, 60.0]})
    assert refuse_steep(roofs)
    feet = roofs.assign(tilt_deg=np.degrees(np.arctan(np.tan(np.radians(tilt)) / FOOT_M)))
    with pytest.raises(InputError, match=r"100 % of the pitched roof area on it is steeper than 52°"):
        refuse_steep(feet)
    assert not refuse_steep(roofs[roofs["tilt_deg"] == 0])
    assert not refuse_steep(feet.iloc[-2:]), "two planes decide nothing"


def test_every_rule_is_within_its_range_and_says_where_it_is_from():
    table = reference.load("surface_check")
    assert (table["value"].between(table["low"], table["high"])).all()
    assert table["source"].str.contains("memory").all()


class Scaled:
    """A height model with all heights times a factor."""

    def __init__(self, heights, factor):
        self.heights, self.factor = heights, factor
        self.bounds, self.resolution_m = heights.bounds, heights.resolution_m

    def read(self, bounds, *, resolution_m=None):
        patch = self.heights.read(bounds, resolution_m=resolution_m)
        return replace(patch, values=patch.values * np.float32(self.factor))  # noqa: PD011


@pytest.mark.testdata
def test_gothenburg_passes_and_fails_in_feet(testdata):
    folder = testdata / "gothenburg_dsm"
    buildings = gpd.read_file(folder / "buildings.shp")
    with Mosaic([folder / "DSM_KRbig.tif"]) as surface, Mosaic([folder / "DEM_KRbig.tif"]) as terrain:
        buildings = buildings.to_crs(surface.crs).assign(height_m=np.nan, eaves_height_m=np.nan)
        assert refuse_heights(buildings, surface, terrain)
        assert not refuse_heights(buildings, surface)
        _, ground, bare = misfit._looked_at(misfit._beside_each_other(buildings, surface, 100), surface, terrain)
        assert np.nanmedian(ground - bare) == pytest.approx(-0.09, abs=0.01)
        with pytest.raises(InputError, match="from the terrain model beside buildings"):
            refuse_heights(buildings, Scaled(surface, 1 / FOOT_M), terrain)
