import numpy as np
import pandas as pd
import pytest

from klimastep.cadastre import P_AGE, age_from_areas, stand_ins
from klimastep.cadastre.stand_ins import national_ages
from klimastep.contract import random_table
from klimastep.tables import BUILDINGS


def bare(rows=6):
    frame = random_table(BUILDINGS, rows, np.random.default_rng(1))
    nothing = {
        c: BUILDINGS[c].cast(pd.Series([None] * rows, index=frame.index, dtype="object"), frame.index)
        for c in (
            "use_class",
            "use_class_source",
            "storeys",
            "storeys_source",
            "year_built",
            "year_built_source",
            "eaves_height_m",
        )
    }
    return age_from_areas(frame.assign(**nothing, is_heated=True), None, None)


def test_national_ages_are_the_published_shares():
    ages = national_ages()
    assert ages.sum() == pytest.approx(1.0)
    assert ages.iloc[:2].sum() == pytest.approx(5500 / 39195)  # until 1918
    assert ages.iloc[2] == pytest.approx(5126 / 39195)  # 1919 to 1948


def test_what_nobody_knows_gets_national_means_marked_as_default():
    out = stand_ins(bare())
    assert set(out["use_class"]) == {"residential"}
    assert set(out["storeys"]) == {2.0}
    assert set(out["use_class_source"]) == {"default"}
    assert set(out["storeys_source"]) == set(out["year_built_source"]) == {"default"}
    assert out["year_built"].isna().all()
    assert out[[c.name for c in P_AGE]].sum(axis=1).to_list() == pytest.approx([1.0] * len(out))
    assert out["built_before_1979_share"].iloc[0] == pytest.approx((5500 + 5126 + 18134) / 39195, abs=0.02)


def test_knowledge_large_halls_and_unheated_buildings_are_left_alone():
    frame = bare(4)
    known = frame.index[0]
    frame.loc[known, "storeys"], frame.loc[known, "storeys_source"] = 5.0, "cadastre"
    frame.loc[known, "use_class"] = "office"
    frame["is_heated"] = [True, False, True, True]
    frame.loc[frame.index[2], "use_class"] = "production"
    frame.geometry = [*frame.geometry.iloc[:3], frame.geometry.iloc[3].buffer(60)]
    out = stand_ins(frame)
    assert (out.loc[known, "storeys"], out.loc[known, "use_class"]) == (5.0, "office")
    assert out.iloc[1][["use_class", "storeys", "year_built_source"]].isna().all()
    assert out["storeys"].iloc[2] == 1.0
    assert pd.isna(out["use_class"].iloc[3])
    assert pd.isna(out["storeys"].iloc[3])
