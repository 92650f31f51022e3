"""Age classes by hand, and that one value per block is found out."""

import numpy as np
import pandas as pd
import pytest

from klimastep.cadastre.age import AGE_COLUMNS, age_from_areas, census_class_shares, class_shares, default_years
from klimastep.contract import check
from klimastep.tables import BUILDINGS


def _stock(years, blocks, source="cadastre"):
    index = pd.Index([f"b{i}" for i in range(len(years))], name="building_id")
    return pd.DataFrame(
        {
            "year_built": pd.array(years, dtype="Int16"),
            "year_built_source": pd.Series([source if y else None for y in years], index=index).astype(
                BUILDINGS["year_built_source"].cast([], index[:0]).dtype
            ),
            "block_id": pd.array(blocks, dtype="str"),
        },
        index=index,
    )


def _counts(*rows):
    return pd.DataFrame(rows, columns=["unit_id", "year_from", "year_to", "buildings"])


def test_shares_by_hand():
    # 1949-1978 spans D (9 years), E (11) and F (10) of 30
    shares = class_shares(_counts(("k", 1949, 1978, 30.0), ("k", 1919, 1948, 30.0)))
    assert shares.loc["k", "p_age_c_share"] == pytest.approx(0.5)
    assert shares.loc["k", "p_age_d_share"] == pytest.approx(0.5 * 9 / 30)
    assert shares.loc["k", "p_age_e_share"] == pytest.approx(0.5 * 11 / 30)
    assert shares.loc["k"].sum() == pytest.approx(1)


def test_unknown_and_zero_counts_give_no_area():
    assert class_shares(_counts(("k", 1949, 1978, np.nan), ("l", 1949, 1978, 0.0))).empty


def test_known_year_is_certain_and_default_takes_the_counts():
    counts = _counts(("1", 1919, 1948, 4.0))
    known = age_from_areas(_stock([1965], ["1"]), counts, pd.Series(["1"], index=["b0"]))
    assert known["p_age_e_share"].iloc[0] == 1
    default = age_from_areas(_stock([1965], ["1"], "default"), counts, pd.Series(["1"], index=["b0"]))
    assert default["p_age_c_share"].iloc[0] == 1
    assert default["year_built"].iloc[0] == 1965  # what was delivered is not overwritten


def test_unknown_year_is_estimated_from_the_counts_and_stays_unknown_without():
    stock = _stock([None, None], ["1", "2"])
    aged = age_from_areas(stock, _counts(("1", 1919, 1948, 4.0)), stock["block_id"])
    assert aged["year_built"].tolist()[0] == 1933
    assert aged["year_built_source"].tolist()[0] == "estimated"
    assert pd.isna(aged["year_built"].iloc[1])
    assert np.isnan(aged["p_age_c_share"].iloc[1])
    assert aged["built_before_1979_share"].iloc[0] == 1
    check(aged.rename_axis("building_id"), BUILDINGS.__class__("buildings", "building", "", "", "", ()), AGE_COLUMNS)


def test_one_year_per_block_is_no_knowledge():
    stock = _stock([1905] * 6 + [1955] * 6, ["1"] * 6 + ["2"] * 6)
    marked, findings = default_years(stock)
    assert (marked["year_built_source"] == "default").all()
    assert findings[0].count == 12
    mixed = _stock([1905, 1906, 1911, 1950, 1960, 1970] * 2, ["1"] * 6 + ["2"] * 6)
    same, none = default_years(mixed)
    assert not none
    assert (same["year_built_source"] == "cadastre").all()


def test_census_bands_by_hand():
    shares = census_class_shares()
    assert shares.shape == (10, 12)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert shares.loc["1949_1978", "p_age_d_share"] == pytest.approx(9 / 30)  # class D: 1949 to 1957
    assert shares.loc["1919_1948", "p_age_c_share"] == 1.0
