"""Which polygons are invalid, and which cannot be mended at all: its cost grows with the square of the crossings."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

SMALL = 60
LARGE = 50_000  # from here on even the check for validity can take minutes
CROSSINGS = 1000  # mending takes about a second there
FIRST, LARGEST = 10, 2000


def soundness(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which geometries are valid, and which others cross themselves too often to be mended."""
    large = shapely.get_num_coordinates(shapes) > LARGE
    tangled = np.zeros(len(shapes), dtype=bool)
    tangled[large] = [is_tangled(shape) for shape in shapes[large]]
    valid = np.zeros(len(shapes), dtype=bool)
    valid[~tangled] = shapely.is_valid(shapes[~tangled])
    rest = ~valid & ~large & ~shapely.is_missing(shapes)
    tangled[rest] = [is_tangled(shape) for shape in shapes[rest]]
    return valid, tangled


def is_tangled(shape: Any) -> bool:
    """Return whether the outline of a polygon crosses itself so often that mending it would take minutes.

    Segments are held against all others in growing groups, in random order, until there are too many crossings.
    """
    if shapely.get_num_coordinates(shape) <= SMALL:
        return False
    points, owner = shapely.get_coordinates(shapely.get_rings(shape), return_index=True)
    first = np.flatnonzero(owner[:-1] == owner[1:])
    segments = shapely.linestrings(np.stack([points[first], points[first + 1]], axis=1))
    tree = shapely.STRtree(segments)
    order = np.random.default_rng(0).permutation(len(segments))
    found, done, size = 0, 0, FIRST
    while done < len(order) and found <= 2 * CROSSINGS:  # each crossing is met from both sides
        chosen = order[done : done + size]
        mine, met = tree.query(segments[chosen], predicate="intersects")
        found += int(np.count_nonzero(np.abs(chosen[mine] - met) > 1))
        done, size = done + size, min(2 * size, LARGEST)
    return found > 2 * CROSSINGS
