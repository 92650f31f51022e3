import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klimastep.sources._surfaces import body_volume, largest_first, measure, parse_rings, tilt_azimuth

SQUARE = "0 0 5 4 0 5 4 4 5 0 4 5 0 0 5"
HOLE = "1 1 5 1 2 5 2 2 5 2 1 5 1 1 5"  # turned the other way round


def measured(texts, polygon, is_hole, polygons=1, origin=(0.0, 0.0, 0.0)):
    rings, broken = parse_rings(texts, polygon, is_hole)
    return measure(rings, np.tile(origin, (polygons, 1)), polygons), broken


def test_area_of_a_square_with_a_hole_is_fifteen():
    m, broken = measured([SQUARE, HOLE], [0, 0], [False, True])
    assert broken.size == 0
    assert m.area_m2 == pytest.approx([15.0])
    assert m.normal[0] == pytest.approx([0, 0, 1])
    assert m.off_plane_m == pytest.approx([0.0])


def test_a_hole_turned_like_its_outline_is_still_a_hole():
    same_way = "1 1 5 2 1 5 2 2 5 1 2 5 1 1 5"
    m, _ = measured([SQUARE, same_way], [0, 0], [False, True])
    assert m.area_m2 == pytest.approx([15.0])


def test_outer_ring_given_as_hole_is_found():
    rings, _ = parse_rings([HOLE, SQUARE], [0, 0], [False, True])
    ordered, swapped = largest_first(rings)
    assert list(swapped) == [0]
    assert measure(ordered, np.zeros((1, 3)), 1).area_m2 == pytest.approx([15.0])


def test_open_ring_measures_like_a_closed_one():
    m, _ = measured([SQUARE.rsplit(" ", 3)[0]], [0], [False])
    assert m.area_m2 == pytest.approx([16.0])


@pytest.mark.parametrize(
    "text", ["", "1 2 3", "0 0 0 1 0 0 1 1", "0 0 0 1 0 x 1 1 0 0 1 0", "0 0 0 1 0 nan 1 1 0 0 1 0"]
)
def test_broken_ring_is_told_and_the_others_stay(text):
    m, broken = measured([SQUARE, text, SQUARE], [0, 1, 2], [False] * 3, 3)
    assert list(broken) == [1]
    assert m.area_m2 == pytest.approx([16.0, 0.0, 16.0])


def test_a_vertex_ten_centimetres_up_is_off_plane():
    m, _ = measured([SQUARE.replace("4 4 5", "4 4 5.2")], [0], [False])
    assert m.off_plane_m[0] > 0.04


@pytest.mark.parametrize(
    ("normal", "tilt", "azimuth"),
    [
        ((0, 0, 1), 0, np.nan),
        ((0, 1, 1), 45, 0),
        ((1, 0, 1), 45, 90),
        ((0, -1, 1), 45, 180),
        ((-1, 0, 1), 45, 270),
        ((0, 1, -1), 45, 180),  # looks down: turned
        ((1, 0, 0), 90, 90),
    ],
)
def test_tilt_and_azimuth(normal, tilt, azimuth):
    unit = np.array([normal], dtype=float) / np.linalg.norm(normal)
    t, a = tilt_azimuth(unit)
    assert t == pytest.approx([tilt])
    assert a == pytest.approx([azimuth], nan_ok=True)


def box(x, y, z, a, b, c):
    corners = {f"{i}{j}{k}": (x + i * a, y + j * b, z + k * c) for i in (0, 1) for j in (0, 1) for k in (0, 1)}
    faces = [
        "000 010 110 100",
        "001 101 111 011",
        "000 100 101 001",
        "010 011 111 110",
        "000 001 011 010",
        "100 110 111 101",
    ]
    return [" ".join(f"{v}" for key in face.split() for v in corners[key]) for face in faces]


@given(
    st.floats(1e5, 9e5), st.floats(5e6, 6e6), st.floats(0, 500), st.floats(1, 100), st.floats(1, 100), st.floats(1, 50)
)
def test_volume_of_any_box_anywhere(x, y, z, a, b, c):
    faces = box(x, y, z, a, b, c)
    m, _ = measured(faces, list(range(6)), [False] * 6, 6, (x, y, z))
    volume, closed = body_volume(m.vector, m.moment, m.area_m2, np.zeros(6, dtype=int), 1)
    assert closed[0]
    assert volume[0] == pytest.approx(a * b * c, rel=1e-6)


@pytest.mark.parametrize("missing", [[0], [1], [2, 3], [4, 5]])
def test_a_box_without_a_face_or_a_pair_of_faces_is_open(missing):
    faces = [f for i, f in enumerate(box(0, 0, 0, 4, 5, 6)) if i not in missing]
    n = len(faces)
    m, _ = measured(faces, list(range(n)), [False] * n, n)
    _, closed = body_volume(m.vector, m.moment, m.area_m2, np.zeros(n, dtype=int), 1)
    assert not closed[0]
