"""Broad sanity of the comparison with the meters of Mierendorffinsel; the figures stand in VALIDATION.md."""

import numpy as np
import pytest
from validation import mierendorff

from klimastep.heat import scores

pytestmark = pytest.mark.testdata
RULES = {"", "empty_carrier", "joint", "confidential", "no_energy", "not_expected"}


@pytest.fixture(scope="module")
def study(testdata):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLIMASTEP_TESTDATA", str(testdata))
        yield mierendorff


def test_each_year_has_its_own_weather(study):
    names = {y: next(s.path for s in study.plan_of(y).sources if s.reader == "weather_epw") for y in study.YEARS}
    assert names[2020].endswith("_2020.epw")
    assert names[2021].endswith("_2021.epw")
    cold = {y: study.district(y)["buildings"]["expected_heat_kwh_a"].sum() for y in study.YEARS}
    assert cold[2021] > 1.05 * cold[2020]  # 2020 was the warmest winter of the two


@pytest.mark.parametrize("year", [2020, 2021])
@pytest.mark.parametrize("empty", ["unknown", "not_connected"])
def test_every_block_is_compared_or_left_out_by_a_rule(study, year, empty):
    table = study.compared(year, empty)
    assert len(table) == 45
    assert set(table["left_out"]) <= RULES
    assert (table["metered_kwh_a"].notna() == (table["left_out"] == "")).all()
    assert (table.loc[table["left_out"] == "", "metered_kwh_a"] > 0).all()


@pytest.mark.parametrize("year", [2020, 2021])
def test_listed_blocks_are_of_the_right_size(study, year):
    for selection in ("listed", "listed whole", "residential covered"):
        table = study.chosen(study.compared(year), year, selection)
        result = scores(table)
        assert result.units >= 13
        assert 0.5 < result.sum_ratio < 2
        assert 0.5 < result.median_ratio < 2
        assert result.correlation > 0.5
    listed = study.chosen(study.compared(year, "not_connected"), year, "listed")
    assert len(listed) == (21 if year == 2020 else 20)
    assert (listed["left_out"] == "").all()


def test_the_selections_narrow_the_table(study):
    table = study.compared(2021)
    for narrow, wide in (("residential covered", "residential"), ("listed whole", "listed"), ("listed", "")):
        assert set(study.chosen(table, 2021, narrow).index) < set(study.chosen(table, 2021, wide).index)


def test_a_constant_times_the_area_meets_the_sum(study):
    result = study.baseline(study.compared(2021))
    assert result.sum_ratio == pytest.approx(1.0)
    assert result.cv_rmse == pytest.approx(result.cv_rmse_scaled)


def test_delivered_storeys_are_computed_from_the_height(study):
    """Where the Umweltatlas names five storeys, the file has more than seven: no knowledge."""
    named = study.atlas_storeys()
    delivered = study.blocks(study.district(2021, study.Variant("delivered", people="none")))["storeys"].reindex(
        named.index
    )
    assert (delivered > named["most"]).sum() >= 18
    planned = study.blocks(study.district(2021))["storeys"].reindex(named.index)
    assert np.nanmedian(planned - named["most"]) < 1.5 < np.nanmedian(delivered - named["most"])


def test_no_year_is_knowledge_and_decade_counts_are_odds(study):
    buildings = study.district(2021)["buildings"]
    given = buildings[buildings["year_built_source"].notna()]
    assert not given["year_built_source"].isin(["cadastre", "survey", "measured"]).any()
    odds = buildings.filter(like="p_age_")
    known = odds.notna().all(axis=1)
    assert known.mean() > 0.85
    assert odds[known].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert (odds[known].max(axis=1) < 1).mean() > 0.75


def test_parts_have_age_and_size_of_their_building(study):
    buildings = study.district(2021)["buildings"]
    homes = buildings[buildings["use_class"].isin(["residential", "mixed"])]
    assert homes.groupby("parent_id")["age_class"].nunique().max() == 1
    assert homes["size_class"].isin(["SFH", "TH"]).sum() < 10
