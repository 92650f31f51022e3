"""Annex C of EN ISO 13790:2008 in plain Python, written down equation by equation as an independent check."""

from __future__ import annotations

from collections.abc import Sequence

H_IS_PER_AREA = 3.45
H_MS_PER_AREA = 9.1
AREA_RATIO = 4.5


def one_hour(room: dict[str, float], before: float, outside: float, sun_w: float, heat_w: float) -> dict[str, float]:
    """Return the temperatures of one hour (C.1 to C.11); `room` in W/K, J/K, m² and W."""
    a_t = AREA_RATIO * room["floor_m2"]
    h_is, h_ms = H_IS_PER_AREA * a_t, H_MS_PER_AREA * room["mass_m2"]
    h_em = 1.0 / (1.0 / room["h_op"] - 1.0 / h_ms)
    h_ve, h_w = room["h_ve"], room["h_w"]
    to_air = 0.5 * room["internal_w"]
    rest = 0.5 * room["internal_w"] + sun_w
    to_mass = room["mass_m2"] / a_t * rest
    to_surface = (1.0 - room["mass_m2"] / a_t - h_w / (H_MS_PER_AREA * a_t)) * rest
    h_1 = 1.0 / (1.0 / h_ve + 1.0 / h_is)
    h_2 = h_1 + h_w
    h_3 = 1.0 / (1.0 / h_2 + 1.0 / h_ms)
    supply = outside
    total = (
        to_mass + h_em * outside + h_3 * (to_surface + h_w * outside + h_1 * ((to_air + heat_w) / h_ve + supply)) / h_2
    )
    storage = room["capacity_j_k"] / 3600.0
    after = (before * (storage - 0.5 * (h_3 + h_em)) + total) / (storage + 0.5 * (h_3 + h_em))
    mass = (after + before) / 2.0
    surface = (h_ms * mass + to_surface + h_w * outside + h_1 * (supply + (to_air + heat_w) / h_ve)) / (
        h_ms + h_w + h_1
    )
    air = (h_is * surface + h_ve * supply + to_air + heat_w) / (h_is + h_ve)
    return {"after": after, "mass": mass, "surface": surface, "air": air, "h_em": h_em}


def heating(
    room: dict[str, float], before: float, outside: float, sun_w: float, goal: float, air_weight: float
) -> float:
    """Return the need by the procedure of C.4.2: free, then with 10 W/m², then in proportion. [W]"""

    def held(heat_w: float) -> float:
        hour = one_hour(room, before, outside, sun_w, heat_w)
        return air_weight * hour["air"] + (1.0 - air_weight) * hour["surface"]

    free = held(0.0)
    if free >= goal:
        return 0.0
    ten = 10.0 * room["floor_m2"]
    return ten * (goal - free) / (held(ten) - free)


def year(
    room: dict[str, float], outside: Sequence[float], sun_w: Sequence[float], goals: Sequence[float], air_weight: float
) -> list[tuple[float, dict[str, float]]]:
    """Return heat [W] and temperatures of each hour after four weeks of spin-up with the end of the year."""
    before, out = goals[0], []
    hours = [*range(len(outside) - 4 * 7 * 24, len(outside)), *range(len(outside))]
    for k in hours:
        heat = heating(room, before, outside[k], sun_w[k], goals[k], air_weight)
        hour = one_hour(room, before, outside[k], sun_w[k], heat)
        out.append((heat, hour | {"before": before}))
        before = hour["after"]
    return out[-len(outside) :]
