"""The hourly network against the equations and the published results of RC_BuildingSimulator."""

from __future__ import annotations

import numpy as np
import pytest
from heat.balances import LIGHT, house, year
from heat.rc_building_simulator import INNER_W, PUBLISHED, Case, Room, hour, office

from klimastep.heat.balance_hourly import balance, course
from klimastep.heat.balance_monthly import Operation
from klimastep.heat.balance_seasonal import Array, apertures
from klimastep.heat.network import SURFACE_PER_FLOOR, Network, Response, network, solve

CLIMATE = year()
USE = Operation(setback_k=0.0, heat_recovery=0.6)
cases = pytest.mark.parametrize("case", PUBLISHED.values(), ids=PUBLISHED)


def at(response: Response, before: float, outside: float, radiant: float, to_air: float) -> float:
    return float(response.mass[0] * before + response.outside[0] * outside) + float(
        response.radiant[0] * radiant + response.air[0] * to_air
    )


def opaque(em: float, room: Room) -> float:
    """Return the conductance of walls whose part between outside and mass is `em`. [W/K]"""
    return 1.0 / (1.0 / em + 1.0 / (9.1 * 2.5 * room.floor_m2))


@cases
def test_the_transcription_gives_the_published_results(case: Case) -> None:
    found = hour(office(case.recovery), case.before_degc, case.outside_degc, INNER_W, case.sun_w)
    assert found.heat_w == pytest.approx(case.heat_w, abs=0.006)
    assert found.mass_degc == pytest.approx(case.mass_degc, abs=0.006)


@cases
def test_the_network_gives_the_published_results(case: Case) -> None:
    """One hour from a given mass temperature, the air held: 1e-9 of the equations, and the digits that are printed."""
    room = office(case.recovery)
    floor = room.inside_m2 / SURFACE_PER_FLOOR  # the network takes the inner surfaces as 4.5 per area
    per_area = (room.air_w_k, room.window_w_k, opaque(room.wall_w_k, room), 2.5 * room.floor_m2)
    net = Network(*(np.array([v / floor]) for v in (*per_area, room.capacity_j_k / 3600.0)))
    mass, surface, air = solve(net)
    inner, radiant = 0.5 * INNER_W / floor, (0.5 * INNER_W + case.sun_w) / floor
    free = at(air, case.before_degc, case.outside_degc, radiant, inner)
    heat = min(max((room.set_point_degc - free) / float(air.air[0]), 0.0), room.most_w / floor)
    after, walls, warm = (
        at(r, case.before_degc, case.outside_degc, radiant, inner + heat) for r in (mass, surface, air)
    )
    wanted = hour(room, case.before_degc, case.outside_degc, INNER_W, case.sun_w)
    assert heat * floor == pytest.approx(wanted.heat_w, rel=1e-9)
    assert (after, walls, warm) == pytest.approx(
        (wanted.mass_after_degc, wanted.surface_degc, wanted.air_degc), rel=1e-9
    )
    assert heat * floor == pytest.approx(case.heat_w, abs=0.006)
    assert 0.5 * (after + case.before_degc) == pytest.approx(case.mass_degc, abs=0.006)


def whole_year(em_is_opaque: bool) -> tuple[Array, Array, Array]:
    """Return heat [W], mass and air temperatures of the house of the tests by the equations; four weeks of spin-up."""
    envelope, conditions = house()
    net = network(envelope, conditions, LIGHT, USE)
    floor = float(envelope.reference_area_m2[0])
    air, window, walls = (float(v[0]) * floor for v in (net.h_ve, net.h_window, net.h_opaque))
    em = walls if em_is_opaque else 1.0 / (1.0 / walls - 1.0 / (9.1 * 2.5 * floor))
    room = Room(em, window, air, floor, 4.5 * floor, conditions.capacity_wh_m2k * 3600.0 * floor)
    sun = CLIMATE.radiation_w_m2 @ apertures(envelope, conditions)[0]
    before, hours = 20.0, []
    for k in range(-28 * 24, 8760):
        found = hour(room, before, float(CLIMATE.temp_external_degc[k]), 3.0 * floor, float(sun[k]))
        before = found.mass_after_degc
        hours.append(found)
    kept = hours[28 * 24 :]
    return tuple(np.array([getattr(h, n) for h in kept]) for n in ("heat_w", "mass_after_degc", "air_degc"))  # type: ignore[return-value]


def test_a_year_of_a_house_with_heat_recovery() -> None:
    heat, mass, air = whole_year(em_is_opaque=False)
    envelope, conditions = house()
    found = balance(envelope, conditions, CLIMATE, LIGHT, USE, air_weight=1.0, precision=np.float64)
    assert found.space_heat_kwh_m2a[0] == pytest.approx(heat.sum() / 150e3, rel=1e-9)
    assert found.heat_load_w_m2[0] == pytest.approx(heat.max() / 150.0, rel=1e-9)
    by_hour = course(envelope, conditions, CLIMATE, LIGHT, USE, air_weight=1.0)
    np.testing.assert_allclose(by_hour.heat_w_m2, heat / 150.0, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(by_hour.mass_degc, mass, rtol=1e-9)
    np.testing.assert_allclose(by_hour.air_degc, air, rtol=1e-9)


def test_taking_the_walls_as_they_are_loses_less() -> None:
    """What its shortcut is worth in an old house (docs/heat_methods.md): h_em = h_op instead of the standard's."""
    standard, shortcut = (whole_year(em_is_opaque=e)[0].sum() for e in (False, True))
    assert shortcut / standard == pytest.approx(0.931, abs=5e-4)
