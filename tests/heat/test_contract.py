from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from klimastep import heat
from klimastep.contract import check, random_table
from klimastep.tables import BUILDINGS
from klimastep.weather import HeatingSeason

STEPS = (heat.typology, heat.demand, heat.expected, heat.potential)
LATER = (heat.carbon, heat.cost)


@pytest.mark.parametrize("rows", [0, 1, 200])
@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.name)
def test_steps_keep_the_contract(step: object, rows: int, potsdam: HeatingSeason) -> None:
    table = random_table(BUILDINGS, rows, np.random.default_rng(rows))
    before = table.copy(deep=True)
    out = step(table) if step is heat.typology else step(table, potsdam)  # type: ignore[operator]
    pd.testing.assert_frame_equal(table, before)
    assert out.index.equals(table.index)
    check(out, BUILDINGS, step.adds)  # type: ignore[attr-defined]


def test_result_does_not_depend_on_the_other_rows(potsdam: HeatingSeason) -> None:
    table = random_table(BUILDINGS, 200, np.random.default_rng(7)).assign(is_heated=True)
    whole = heat.potential(heat.expected(table, potsdam), potsdam)
    parts = [heat.potential(heat.expected(p, potsdam), potsdam) for p in (table.iloc[:37], table.iloc[37:])]
    pd.testing.assert_frame_equal(pd.DataFrame(whole), pd.DataFrame(pd.concat(parts)), rtol=1e-12)


def test_labels_stand_in_both_languages() -> None:
    columns = [c for s in (*STEPS, *LATER) for c in s.adds]  # type: ignore[attr-defined]
    assert all(c.label_de and c.label_en and c.description for c in columns)
    assert all(k.label_de and k.label_en for c in columns for k in c.categories)
