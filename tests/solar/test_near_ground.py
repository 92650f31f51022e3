"""Ground out of roofs that know their height above datum: nearest, middle of five, the same in any window."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from klimastep.solar import NearGround, Shading, Surroundings, irradiation, near_ground


def place(count=60, wrong=()):
    """Return buildings on a slope of 5 %, their eaves above ground, and roofs that know their eaves above datum."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1000, (2, count))
    index = pd.Index([f"h{i}" for i in range(count)], name="building_id", dtype="str")
    high = rng.choice([4.0, 6.0, 9.0], count)
    frame = gpd.GeoDataFrame(
        {"eaves_height_m": high, "height_m": high},
        index,
        geometry=[box(a - 5, b - 5, a + 5, b + 5) for a, b in zip(x, y, strict=True)],
        crs="EPSG:25832",
    )
    eaves = 200 + 0.05 * x + high
    eaves[list(wrong)] += 100
    roofs = gpd.GeoDataFrame(
        {"building_id": index.to_numpy(), "area_m2": 100.0, "eaves_m": eaves}, geometry=frame.geometry.to_numpy()
    )
    return frame, roofs


def heights(ground, bounds, cell_m=None):
    return ground.read(bounds, resolution_m=cell_m).values  # noqa: PD011


@pytest.mark.parametrize("wrong", [(), (3, 40)])
def test_the_slope_comes_back(wrong):
    ground = near_ground(*place(400, wrong))
    found = heights(ground, (200, 200, 800, 800))
    x = 200 + (np.arange(found.shape[1]) + 0.5) * 20
    off = found - (200 + 0.05 * x)
    assert np.abs(off).max() < 5
    assert abs(off.mean()) < 0.5


def test_any_window_shows_the_same_ground():
    ground = near_ground(*place())
    whole = heights(ground, (0, 0, 1000, 1000), 1.0)
    part = ground.read((333, 417, 391, 480), resolution_m=1.0)
    assert (part.west, part.north) == (333, 480)
    np.testing.assert_array_equal(heights(ground, (333, 417, 391, 480), 1.0), whole[520:583, 333:391])
    np.testing.assert_array_equal(heights(ground, (0, 0, 1000, 1000), 20.0), whole[10::20, 10::20])
    assert heights(ground, (5.0, 5.0, 5.1, 5.1)).shape == (1, 1)


def test_nothing_known_is_no_ground():
    frame, roofs = place(5)
    assert near_ground(frame, roofs.assign(eaves_m=np.nan)) is None
    assert near_ground(frame.assign(eaves_height_m=np.nan), roofs) is None
    one = near_ground(frame, roofs.iloc[:1])
    assert isinstance(one, NearGround)
    told = roofs["eaves_m"].iloc[0] - frame["eaves_height_m"].iloc[0]
    assert heights(one, (0, 0, 1, 1))[0, 0] == pytest.approx(told, abs=1e-4)


def test_a_roof_known_by_numbers_stands_below_its_neighbour(weather, make_roofs):
    """The neighbour in the south knows its height above datum, the roof only that of its walls."""
    roofs = make_roofs(("a", 0, np.nan, 100), ("b", 0, np.nan, 100))
    shapes = [box(0, 0, 10, 10), box(0, -25, 10, -15)]
    roofs = roofs.set_geometry(gpd.GeoSeries(shapes, index=roofs.index, crs=roofs.crs)).assign(eaves_m=[np.nan, 330.0])
    high = [6.0, 30.0]
    frame = gpd.GeoDataFrame(
        {"eaves_height_m": high, "height_m": high}, pd.Index(["a", "b"], name="building_id"), geometry=shapes
    )

    def loss(terrain):
        return irradiation(roofs, weather, shading=Shading(Surroundings(frame, terrain=terrain)))["shading_loss_share"]

    assert np.isnan(loss(None).iloc[0])
    told = loss(near_ground(frame, roofs))
    assert told.iloc[0] > 0.05
    assert told.iloc[1] < 1e-3
