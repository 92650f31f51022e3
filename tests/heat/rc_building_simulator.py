"""The room of RC_BuildingSimulator as three node balances, solved as one system, and its published results.

Written from the description of its model (Jayathissa et al. 2017; EN ISO 13790, annex C), in another form than both:
nothing is eliminated by hand, each hour is a dense linear system in the temperatures of air, surface and mass. What it
does differently from the standard: the conductance of the walls stands between outside and mass as it is (the standard
takes the part from mass to surface out of it), thermal bridges are unknown, air holds 1,200 J/(m³·K), the set-point is
that of the air, heat recovery acts on the aired part of the air change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

AIR_J_M3K = 1200.0


class Room(NamedTuple):
    """Conductances [W/K], floor and all inner surfaces [m²], capacity [J/K], set-point [°C], most heat [W]."""

    wall_w_k: float
    window_w_k: float
    air_w_k: float
    floor_m2: float
    inside_m2: float
    capacity_j_k: float
    set_point_degc: float = 20.0
    most_w: float = float("inf")


class Hour(NamedTuple):
    """Heat [W] and temperatures: mass at the end and as the mean of the hour, air and surface. [°C]"""

    heat_w: float
    mass_after_degc: float
    mass_degc: float
    surface_degc: float
    air_degc: float


class Case(NamedTuple):
    """A published result: what goes in, mass temperature (mean of the hour) and heat, both to two digits."""

    recovery: float
    outside_degc: float
    before_degc: float
    sun_w: float
    mass_degc: float
    heat_w: float


PUBLISHED = {
    "free": Case(0.0, 10.0, 22.0, 2000.0, 22.33, 0.0),
    "heated": Case(0.0, 10.0, 20.0, 2000.0, 20.46, 328.09),
    "at_most": Case(0.0, 5.0, 19.0, 2000.0, 19.39, 411.6),
    "free_recovery": Case(0.66, 10.0, 22.0, 2000.0, 22.44, 0.0),
    "heated_recovery": Case(0.6, 10.0, 20.0, 2000.0, 20.46, 9.1),
    "at_most_recovery": Case(0.6, 5.0, 19.0, 2000.0, 19.51, 411.6),
}
"""Of its tests/testRCmodel.py (MIT), the cases without cooling; inner gains of 10 W in all of them."""
INNER_W = 10.0


def office(recovery: float) -> Room:
    """Return the room of the published cases: 7 x 4.9 x 3.1 m, 13.5 m² of window (1.1) and 1.69 m² of wall (0.2)."""
    floor = 7.0 * 4.9
    aired, leaks, volume = 1.5, 0.5, floor * 3.1
    air = AIR_J_M3K * volume * (aired * (1.0 - recovery) + leaks) / 3600.0
    inside = 2.0 * (7.0 * 4.9 + 7.0 * 3.1 + 4.9 * 3.1)
    return Room(0.2 * 1.69, 1.1 * 13.5, air, floor, inside, 165e3 * floor, 20.0, 12.0 * floor)


def hour(room: Room, before: float, outside: float, inner_w: float, sun_w: float) -> Hour:
    """Return one hour: free, or so much heat to the air that it reaches the set-point, or the most there is."""
    free = _temperatures(room, before, outside, inner_w, sun_w, 0.0)
    heat = 0.0
    if free.air_degc < room.set_point_degc:
        warmer = _temperatures(room, before, outside, inner_w, sun_w, 1000.0)
        heat = 1000.0 * (room.set_point_degc - free.air_degc) / (warmer.air_degc - free.air_degc)
    return _temperatures(room, before, outside, inner_w, sun_w, min(heat, room.most_w))


def _temperatures(room: Room, before: float, outside: float, inner_w: float, sun_w: float, heat_w: float) -> Hour:
    inside, mass_area = room.inside_m2, 2.5 * room.floor_m2
    to_air, to_mass = 3.45 * inside, 9.1 * mass_area
    radiant = 0.5 * inner_w + sun_w
    lost = room.window_w_k / (9.1 * inside)
    stored = room.capacity_j_k / 3600.0
    # unknown: air, surface, mean of the mass; the mass at the end of the hour is 2 x mean - before
    flows = np.array(
        [
            [room.air_w_k + to_air, -to_air, 0.0],
            [-to_air, to_air + room.window_w_k + to_mass, -to_mass],
            [0.0, -to_mass, to_mass + room.wall_w_k + 2.0 * stored],
        ]
    )
    sources = np.array(
        [
            room.air_w_k * outside + 0.5 * inner_w + heat_w,
            room.window_w_k * outside + (1.0 - mass_area / inside - lost) * radiant,
            room.wall_w_k * outside + mass_area / inside * radiant + 2.0 * stored * before,
        ]
    )
    air, surface, mass = (float(v) for v in np.linalg.solve(flows, sources))
    return Hour(heat_w, 2.0 * mass - before, mass, surface, air)
