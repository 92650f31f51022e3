"""Broad sanity of footprint x height against LoD2; the figures stand in VALIDATION.md."""

import pytest
from validation import envelope

pytestmark = pytest.mark.testdata


@pytest.fixture(scope="module")
def study(testdata):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLIMASTEP_TESTDATA", str(testdata))
        yield envelope


@pytest.mark.parametrize("place", list(envelope.FILES))
def test_both_ways_agree_where_eaves_and_ridge_are_known(study, place):
    middle = study.ratios(place, "eaves and ridge")[[*study.MEASURED, "ground"]].median()
    assert middle["volume_m3"] == pytest.approx(1, abs=0.06)
    assert middle["wall_area_m2"] == pytest.approx(1, abs=0.12)
    assert middle["roof_area_m2"] == pytest.approx(1, abs=0.06)
    assert middle["ground"] == pytest.approx(1, abs=0.01)


def test_the_ridge_alone_makes_walls_too_large(study):
    both, ridge = (study.ratios("NRW village tile", v)["wall_area_m2"].median() for v in study.VARIANTS)
    assert ridge > both + 0.1


def test_gables_and_shed_roofs_are_geometry(study):
    table = study.ratios("NRW village tile", "eaves and ridge").groupby("roof")["wall_area_m2"].median()
    assert table[["flat", "gable", "shed"]].tolist() == pytest.approx([1, 1, 1], abs=0.03)
