import math

import numpy as np
import pytest

from klimastep.sample.citygml import surfaces
from klimastep.sample.grounds import Cell
from klimastep.sample.roofs import FLAT, GABLE, HIP, MANSARD, PENT, TENT, Roof, Solid, faces, planes_of, top_of

CORNERS = ((0.0, 0.0), (10.0, 0.0), (10.0, 8.0), (0.0, 8.0))


def solid_of(roof, corners=CORNERS, joined=(False, False)):
    cell = Cell(corners, joined)
    return Solid((corners,), (planes_of(cell, corners[0], roof, 6.0),), roof.code, 6.0)


def area_vector(ring):
    points = np.array(ring) - ring[0]
    return np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0) / 2


def hull(solid, base=100.0):
    """Return volume, closing error and roof area."""
    rings = list(surfaces(solid, base))
    vectors = [area_vector(r) for _, r in rings]
    volume = sum((np.array(r[0]) - (0, 0, base)) @ v for (_, r), v in zip(rings, vectors, strict=True)) / 3
    roof = sum(np.linalg.norm(v) for (k, _), v in zip(rings, vectors, strict=True) if k == "RoofSurface")
    return volume, np.linalg.norm(sum(vectors)), roof


# base 480 m³; gable adds 10*8*4/2 = 160, hip 160 - 2 * 8*4*4/6, tent over 8 x 8 is height 4 * 64 / 3
@pytest.mark.parametrize(
    ("roof", "count", "volume", "roof_area"),
    [
        (Roof(FLAT), 1, 480, 80),
        (Roof(GABLE, 45), 2, 640, 80 * math.sqrt(2)),
        (Roof(GABLE, 45, turned=True), 2, 480 + 8 * 10 * 5 / 2, 80 * math.sqrt(2)),
        (Roof(HIP, 45), 4, 640 - 2 * 8 * 4 * 4 / 6, 80 * math.sqrt(2)),
        (Roof(PENT, 45), 1, 480 + 80 * 4, 80 * math.sqrt(2)),
    ],
)
def test_roof_by_hand(roof, count, volume, roof_area):
    solid = solid_of(roof)
    assert len(faces(solid, 0)) == count
    assert hull(solid) == pytest.approx((volume, 0, roof_area), abs=0.02)


def test_tent_and_mansard():
    square = ((0.0, 0.0), (8.0, 0.0), (8.0, 8.0), (0.0, 8.0))
    assert hull(solid_of(Roof(TENT, 45), square))[0] == pytest.approx(64 * 6 + 64 * 4 / 3, abs=0.01)
    mansard = solid_of(Roof(MANSARD))
    assert len(faces(mansard, 0)) == 4
    step = 2.7 / math.tan(math.radians(68))
    assert top_of(mansard) == pytest.approx(6 + 2.7 + (4 - step) * math.tan(math.radians(26)), abs=0.002)
    assert hull(mansard)[1] < 0.01


def test_a_joined_side_gets_a_gable_instead_of_a_hip():
    assert len(faces(solid_of(Roof(HIP, 40), joined=(True, False)), 0)) == 3
    assert len(faces(solid_of(Roof(HIP, 40), joined=(True, True)), 0)) == 2


def test_corner_house_is_one_closed_body():
    first = ((-14.0, 0.0), (0.0, 0.0), (-10.0, 10.0), (-14.0, 10.0))
    second = ((0.0, 0.0), (0.0, 14.0), (-10.0, 14.0), (-10.0, 10.0))
    roof = Roof(GABLE, 40)
    rings = (first, second)
    planes = tuple(planes_of(Cell(r), r[0], roof, 9.0) for r in rings)
    solid = Solid(rings, planes, GABLE, 9.0)
    volume, error, _ = hull(solid)
    assert error < 0.02
    assert volume == pytest.approx((140 + 40) * 9 + (14 - 5) * 2 * 10 * math.tan(math.radians(40)) * 5 / 2, rel=0.005)
    assert sum(1 for kind, _ in surfaces(solid, 0) if kind == "WallSurface") == 6
