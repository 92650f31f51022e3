from __future__ import annotations

import numpy as np
import pytest

from klimastep.errors import PlanError
from klimastep.heat.archetypes import FLOOR, ROOF, WALL, WINDOW, archetypes, insulated, type_matrix
from klimastep.heat.columns import TYPE_CODE
from klimastep.heat.stock import Geometry, residential_balance
from klimastep.reference import load
from klimastep.weather import HeatingSeason


def needs(state: str, refurbished: str, season: HeatingSeason) -> np.ndarray:
    area = load("tabula_types")["reference_area_m2"].to_numpy(dtype=np.float64)
    unknown = np.full(40, np.nan)
    own = Geometry(area, unknown, unknown, unknown)
    types = archetypes(state, refurbished)  # type: ignore[arg-type]
    return residential_balance(own, types, np.arange(40), season).space_heat_kwh_m2a


def test_forty_types_with_their_published_need(potsdam: HeatingSeason) -> None:
    published = load("tabula_types")["published_space_heat_kwh_m2a"]
    assert len(published) == 40
    np.testing.assert_allclose(needs("existing", "none", potsdam), published, atol=6e-4)


def test_empty_cells_take_the_same_age_of_the_next_smaller_size() -> None:
    codes = np.array(TYPE_CODE.vocabulary)[type_matrix()]
    assert codes[1, 0] == "SFH_A"
    assert codes[3].tolist() == ["MFH_A", *(f"AB_{c}" for c in "BCDEF"), *(f"MFH_{c}" for c in "GHIJKL")]
    assert codes[0].tolist() == [f"SFH_{c}" for c in "ABCDEFGHIJKL"]


@pytest.mark.parametrize(("state", "expected"), [("usual", 96.98), ("advanced", 68.31), ("monument", 114.55)])
def test_states_of_a_house_of_1962(state: str, expected: float, potsdam: HeatingSeason) -> None:
    """Values computed independently with the same TABULA measures for DE.N.SFH.05, doors not replaced."""
    row = TYPE_CODE.vocabulary.index("SFH_E")
    assert needs(state, "none", potsdam)[row] == pytest.approx(expected, rel=0.01)


def test_states_are_ordered_for_every_type(potsdam: HeatingSeason) -> None:
    for refurbished in ("none", "national"):
        existing = needs("existing", refurbished, potsdam)
        usual, advanced = (needs(s, refurbished, potsdam) for s in ("usual", "advanced"))
        assert (usual <= existing + 1e-9).all()
        assert (advanced <= usual + 1e-9).all()


def test_past_refurbishment_lowers_old_types_and_leaves_new_ones(potsdam: HeatingSeason) -> None:
    built, today = needs("existing", "none", potsdam), needs("existing", "national", potsdam)
    old = load("tabula_types")["age_class"].isin(list("ABCDEF")).to_numpy()
    new = load("tabula_types")["age_class"].isin(list("JKL")).to_numpy()
    assert (today[old] < 0.95 * built[old]).all()
    np.testing.assert_array_equal(today[new], built[new])


def test_national_mix_by_hand() -> None:
    row = TYPE_CODE.vocabulary.index("SFH_D")
    built, mix = archetypes("existing", "none"), archetypes("existing", "national")
    assert mix.u_w_m2k[row, WALL] == pytest.approx(0.689 * 1.4 + 0.311 / (1 / 1.4 + 2.275))
    assert mix.u_w_m2k[row, ROOF] == pytest.approx(0.396 * 1.4 + 0.604 / (1 / 1.4 + 3.35))
    assert mix.u_w_m2k[row, WINDOW] == pytest.approx(2.304)
    assert mix.g_window[row] == pytest.approx(0.75 - 0.15 * (2.8 - 2.304) / (2.8 - 1.6))
    assert mix.u_w_m2k[row, FLOOR] < built.u_w_m2k[row, FLOOR]


def test_good_components_stay() -> None:
    np.testing.assert_allclose(insulated(np.array([0.0, 0.2, 1.0]), 3.0), [0.0, 0.2, 0.25])


def test_unknown_state_is_named() -> None:
    with pytest.raises(PlanError, match="existing, usual, advanced, monument"):
        archetypes("luxury")  # type: ignore[arg-type]


def test_windows_face_somewhere() -> None:
    """All windows of all types but SFH_E, whose record leaves 2.1 of 27.1 m² without an orientation."""
    share = archetypes().orientation_share.sum(axis=1)
    row = TYPE_CODE.vocabulary.index("SFH_E")
    assert share[row] == pytest.approx(25.0 / 27.1)
    np.testing.assert_allclose(np.delete(share, row), 1.0, atol=1e-3)
