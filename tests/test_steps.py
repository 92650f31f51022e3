"""A step adds what it declares, changes nothing else and refuses what it did not declare."""

import numpy as np
import pandas as pd
import pytest

from klimastep.contract import Column, Table, random_table
from klimastep.errors import ContractError
from klimastep.steps import step

LENGTH = Column("length_m", "float64", "m", "Länge", "Length", min=0)
DOUBLE = Column("double_m", "float64", "m", "Doppelte", "Double", min=0)
THINGS = Table("things", "thing", "Dinge", "Things", "", (LENGTH,))


def test_adds_and_leaves_the_input_alone():
    @step(THINGS, needs=[LENGTH], adds=[DOUBLE])
    def double(things):
        return {"double_m": 2 * things["length_m"].to_numpy()}

    frame = random_table(THINGS, 4, np.random.default_rng(0))
    before = frame.copy()
    out = double(frame)
    assert (out["double_m"] == 2 * frame["length_m"]).all()
    pd.testing.assert_frame_equal(frame, before)


def test_refuses_missing_needs_undeclared_results_and_bad_values():
    @step(THINGS, needs=[LENGTH], adds=[DOUBLE])
    def undeclared(things):
        return {"triple_m": things["length_m"]}

    @step(THINGS, needs=[LENGTH], adds=[DOUBLE])
    def negative(things):
        return {"double_m": -1.0 - things["length_m"]}

    frame = random_table(THINGS, 2, np.random.default_rng(0))
    with pytest.raises(ContractError, match="declared and returned columns differ"):
        undeclared(frame)
    with pytest.raises(ContractError, match=r"double_m: expected >= 0 m"):
        negative(frame)
    with pytest.raises(ContractError, match="length_m: expected the column"):
        negative(frame.drop(columns="length_m"))
