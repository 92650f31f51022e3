"""The 5R1C network of EN ISO 13790, annex C, of a building, solved for one hour, on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from klimastep.heat.balance_monthly import TABULA_USE, Operation
from klimastep.heat.balance_seasonal import Array, Conditions, Envelope, heat_losses

SURFACE_PER_FLOOR = 4.5  # A_t / A_f, 7.2.2.2
H_IS_W_M2K = 3.45  # air to surfaces, per A_t
H_MS_W_M2K = 9.1  # surfaces to mass, per A_m
CAPACITY_STEPS_WH_M2K = np.array([165.0, 260.0, 370.0]) / 3.6  # medium, heavy, very heavy, table 12
MASS_AREA_STEPS = np.array([2.5, 3.0, 3.5])  # A_m / A_f of these, table 12


class Network(NamedTuple):
    """Conductances per reference area [W/(m²·K)] and what goes with them, shape (n,) each.

    Parameters
    ----------
    h_ve, h_window, h_opaque : ndarray
        Ventilation; windows and doors; all other components with thermal bridges. [W/(m²·K)]
    mass_area : ndarray
        Effective mass area A_m per reference area. [1]
    capacity_wh_m2k : ndarray
        [Wh/(m²·K)]
    """

    h_ve: Array
    h_window: Array
    h_opaque: Array
    mass_area: Array
    capacity_wh_m2k: Array


class Response(NamedTuple):
    """One temperature as a sum over its causes: a mass temperature, outside, radiant gains, gains to the air."""

    mass: Array
    outside: Array
    radiant: Array
    air: Array


class Solution(NamedTuple):
    """The network solved for one hour: what each temperature follows from."""

    mass: Response
    surface: Response
    air: Response


def network(
    envelope: Envelope, conditions: Conditions, light: Sequence[int], operation: Operation = TABULA_USE
) -> Network:
    """Return the network of n buildings.

    Parameters
    ----------
    envelope : Envelope
    conditions : Conditions
    light : sequence of int
        Which components have no mass: windows and doors.
    operation : Operation
    """
    h_tr, h_ve = heat_losses(envelope, conditions, operation.heat_recovery)
    each = envelope.area_m2 * envelope.u_w_m2k * envelope.adjustment
    h_window = each[:, list(light)].sum(axis=1) / envelope.reference_area_m2
    capacity = np.broadcast_to(np.asarray(conditions.capacity_wh_m2k, dtype=np.float64), h_tr.shape)
    mass_area = np.interp(capacity, CAPACITY_STEPS_WH_M2K, MASS_AREA_STEPS)
    return Network(h_ve, h_window, np.maximum(h_tr - h_window, 0.0), mass_area, capacity)


def solve(net: Network) -> Solution:
    """Return the responses of mass (end of the hour), surfaces and air.

    The equations C.1 to C.11 are linear in the mass temperature at the beginning of the hour, the temperature
    outside, the radiant gains and what goes to the air (gains and heating): they are solved once a building.
    Unknown where the opaque parts conduct more than surfaces can give to the mass, which the network has no room for.
    """
    h_is = H_IS_W_M2K * SURFACE_PER_FLOOR
    h_ms = H_MS_W_M2K * net.mass_area
    with np.errstate(invalid="ignore", divide="ignore"):
        h_em = np.where(net.h_opaque < h_ms, net.h_opaque * h_ms / (h_ms - net.h_opaque), np.nan)
    to_air = h_is / (h_is + net.h_ve)
    h_1 = to_air * net.h_ve
    h_2 = h_1 + net.h_window
    share_3 = h_ms / (h_2 + h_ms)
    h_3 = share_3 * h_2
    mass_share = net.mass_area / SURFACE_PER_FLOOR
    surface_share = 1.0 - mass_share - net.h_window / (H_MS_W_M2K * SURFACE_PER_FLOOR)
    half, keep = 0.5 * (h_3 + h_em), 1.0 / (net.capacity_wh_m2k + 0.5 * (h_3 + h_em))
    mass = Response(
        (net.capacity_wh_m2k - half) * keep,
        (h_em + share_3 * h_2) * keep,
        (mass_share + share_3 * surface_share) * keep,
        share_3 * to_air * keep,
    )
    total = 1.0 / (h_ms + h_2)
    surface = Response(
        h_ms * 0.5 * (1.0 + mass.mass) * total,
        (h_ms * 0.5 * mass.outside + h_2) * total,
        (h_ms * 0.5 * mass.radiant + surface_share) * total,
        (h_ms * 0.5 * mass.air + to_air) * total,
    )
    rest = 1.0 / (h_is + net.h_ve)
    air = Response(
        to_air * surface.mass,
        to_air * surface.outside + net.h_ve * rest,
        to_air * surface.radiant,
        to_air * surface.air + rest,
    )
    return Solution(mass, surface, air)


def blend(solution: Solution, air_weight: float) -> Response:
    """Return a temperature between air (weight) and surfaces (the rest)."""
    pairs = zip(solution.air, solution.surface, strict=True)
    return Response(*(air_weight * a + (1.0 - air_weight) * s for a, s in pairs))
