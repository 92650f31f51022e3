"""What holds for any house by any of the three balances: drawn houses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from heat.balances import LIGHT, house, season, year
from hypothesis import given, settings
from hypothesis import strategies as st

from klimastep.heat import Method, Operation
from klimastep.heat.balance_hourly import balance
from klimastep.heat.balance_seasonal import Conditions, Envelope
from klimastep.heat.method import need
from klimastep.weather import HourlyClimate, months_of

CLIMATE = year()
METHODS = ("seasonal", "monthly", "hourly")
every = pytest.mark.parametrize("name", METHODS)
quick = settings(deadline=None, max_examples=50)

u_values = st.lists(st.floats(0.1, 3.0), min_size=6, max_size=6)
areas = st.lists(st.floats(0.1, 1.2), min_size=4, max_size=4)
windows = st.lists(st.floats(0.0, 0.2), min_size=5, max_size=5)
setbacks = st.sampled_from([None, 0.0, 4.0])


@st.composite
def houses(draw: Any) -> tuple[Envelope, Conditions]:
    """Return a house of 80 to 400 m²: six components, windows to four sides and up, any air, gains and mass."""
    floor = draw(st.floats(80.0, 400.0))
    opening = floor * np.array(draw(windows))
    area = np.array([*(floor * share for share in draw(areas)), opening.sum(), 2.0])
    return (
        Envelope(
            np.array([floor]),
            area[None],
            np.array([draw(u_values)]),
            np.array([[1.0, 1.0, 1.0, 0.5, 1.0, 1.0]]),
            np.array([draw(st.floats(0.0, 0.15))]),
            opening[None],
            np.array([draw(st.floats(0.3, 0.85))]),
        ),
        Conditions(
            draw(st.floats(17.0, 22.0)),
            draw(st.floats(0.1, 0.8)),
            draw(st.floats(0.0, 0.4)),
            2.5,
            draw(st.floats(0.0, 6.0)),
            draw(st.floats(10.0, 110.0)),
            0.9,
            0.8,
            0.8,
            draw(st.floats(0.3, 1.0)),
            0.3,
            0.9,
        ),
    )


def total(name: str, house: tuple[Envelope, Conditions], climate: HourlyClimate, setback: float | None = None) -> float:
    """Return the need of a house. [kWh/a]"""
    own = months_of(climate) if name == "monthly" else None
    operation = Operation(None if name == "seasonal" else setback)
    if name == "hourly":  # in double precision: what rounds is not what is tested here
        found = balance(*house, climate, LIGHT, operation, precision=np.float64).space_heat_kwh_m2a
    else:
        found = need(*house, season(climate), LIGHT, Method(own, operation)).space_heat_kwh_m2a
    return float(found[0] * house[0].reference_area_m2[0])


def scaled(envelope: Envelope, factor: float) -> Envelope:
    return envelope._replace(
        reference_area_m2=factor * envelope.reference_area_m2,
        area_m2=factor * envelope.area_m2,
        window_m2=factor * envelope.window_m2,
    )


@every
@quick
@given(houses(), st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7), setbacks)
def test_more_insulation_never_raises_the_need(name: str, own: Any, kept: list[float], setback: float | None) -> None:
    """Of any component, and of the thermal bridges."""
    envelope, use = own
    better = envelope._replace(
        u_w_m2k=envelope.u_w_m2k * np.array(kept[:6]), thermal_bridge_w_m2k=envelope.thermal_bridge_w_m2k * kept[6]
    )
    before = total(name, own, CLIMATE, setback)
    assert total(name, (better, use), CLIMATE, setback) <= before * (1 + 1e-9) + 1e-9


@every
@quick
@given(houses(), st.floats(0.0, 8.0), st.integers(0, 2**32 - 1), setbacks)
def test_warmer_weather_never_raises_the_need(
    name: str, own: Any, most: float, seed: int, setback: float | None
) -> None:
    """Each hour warmer by something else, the heating days of the seasonal balance counted anew."""
    warming = most * np.random.default_rng(seed).random(8760)
    warmer = CLIMATE._replace(temp_external_degc=CLIMATE.temp_external_degc + warming)
    before = total(name, own, CLIMATE, setback)
    assert total(name, own, warmer, setback) <= before * (1 + 1e-9) + 1e-9


@every
@quick
@given(houses(), st.floats(0.05, 40.0), setbacks)
def test_twice_the_house_at_equal_form_needs_twice_as_much(
    name: str, own: Any, factor: float, setback: float | None
) -> None:
    envelope, use = own
    one = total(name, own, CLIMATE, setback)
    for times in (2.0, factor):
        other = total(name, (scaled(envelope, times), use), CLIMATE, setback)
        assert other == pytest.approx(times * one, rel=1e-9, abs=1e-6)


@every
@quick
@given(houses(), setbacks)
def test_without_losses_there_is_no_need(name: str, own: Any, setback: float | None) -> None:
    envelope, use = own
    tight = envelope._replace(u_w_m2k=0.0 * envelope.u_w_m2k, thermal_bridge_w_m2k=np.zeros(1))
    sealed = use._replace(air_use_1_h=0.0, air_infiltration_1_h=0.0)
    assert total(name, (tight, sealed), CLIMATE, setback) == pytest.approx(0.0, abs=1e-6)


@every
@quick
@given(houses(), st.integers(1, 3), setbacks)
def test_turning_house_and_sun_together_changes_nothing(name: str, own: Any, turn: int, setback: float | None) -> None:
    envelope, use = own
    window, sun = envelope.window_m2.copy(), CLIMATE.radiation_w_m2.copy()
    window[:, 1:], sun[:, 1:] = (np.roll(values[:, 1:], turn, axis=1) for values in (window, sun))
    turned = total(name, (envelope._replace(window_m2=window), use), CLIMATE._replace(radiation_w_m2=sun), setback)
    assert turned == pytest.approx(total(name, own, CLIMATE, setback), rel=1e-9, abs=1e-6)


@every
@quick
@given(houses(), st.floats(0.0, 6.0), setbacks)
def test_more_gains_never_raise_the_need(name: str, own: Any, more_w_m2: float, setback: float | None) -> None:
    envelope, use = own
    warmed = use._replace(internal_gains_w_m2=use.internal_gains_w_m2 + more_w_m2)
    before = total(name, own, CLIMATE, setback)
    assert total(name, (envelope, warmed), CLIMATE, setback) <= before * (1 + 1e-9) + 1e-9


def test_a_day_that_leaves_the_heating_season_takes_its_sun_along() -> None:
    """The limit of 12 °C is a step: only the seasonal balance of a nearly passive house can gain from a warmer day."""
    daily = CLIMATE.temp_external_degc.reshape(-1, 24).mean(axis=1)
    sun = CLIMATE.radiation_w_m2[:, 2].reshape(-1, 24).sum(axis=1)
    near = np.flatnonzero((daily < 12.0) & (daily > 11.5))
    days = np.zeros(365)
    days[near[np.argsort(-sun[near])][:3]] = 0.5
    warmer = CLIMATE._replace(temp_external_degc=CLIMATE.temp_external_degc + np.repeat(days, 24))
    for u in (0.05, 1.0):
        own = house(u=u, capacity_wh_m2k=110.0)
        rise = {n: (total(n, own, warmer) - total(n, own, CLIMATE)) / 150.0 for n in METHODS}  # kWh/(m²·a)
        assert (0.0 < rise["seasonal"] < 0.5) if u < 1.0 else (rise["seasonal"] < 0.0)
        assert rise["monthly"] <= 0.0
        assert rise["hourly"] <= 0.0
