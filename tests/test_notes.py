"""What the notes on outputs say of the plan's own assumptions."""

import pytest

from klimastep import heat
from klimastep.notes import assumption_notes, census_notes
from klimastep.settings import Heat, WeatherYear
from klimastep.units import unit_of


def test_prices_index_and_gases_are_said():
    de, en = (" ".join(texts) for texts in assumption_notes(Heat(), None, True))
    assert "Preisstand 2009, mal Preisindex 1,84 (Index aus zweiter Hand)" in de
    assert "prices of 2009, times index 1.84 (index second-hand)" in en
    assert "GEG Anlage 9." in de
    assert "-12 °C Außentemperatur (Vorgabe)" in de.replace("−", "-")
    assert "Prozesswärme ist nicht enthalten" in de
    assert "Klima" not in de


def test_what_the_plan_sets_is_said():
    plan = Heat(cost_index=2.0, co2_g_kwh={"district_heat": 90}, design_degc=-10)
    de, en = (" ".join(texts) for texts in assumption_notes(plan, (1.5, *[2.0] * 10, 3.25), True))
    assert "Monate um 1,5 bis 3,2 K" in de or "Monate um 1,5 bis 3,3 K" in de
    assert "mal Preisindex 2" in de
    assert "zweiter Hand" not in de
    assert "einzelne Faktoren laut Plan" in de
    assert "10 °C outside (by the plan)" in en


def test_meters_of_one_carrier_as_the_plan_reads_them():
    assert not any("angeschlossen" in note for note in assumption_notes(Heat(), None, True)[0])
    told = assumption_notes(Heat(empty_carrier="not_connected"), None, True)
    assert any("nicht an das andere angeschlossen" in note for note in told[0])
    assert any("not connected to the other" in note for note in told[1])


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "Energieträger: 100 % angenommen (Heizöl)."),
        (0.25, "Energieträger: 25 % angenommen (Mittel der übrigen Zellen); Treibhausgase nach GEG Anlage 9."),
    ],
)
def test_cells_say_what_share_of_their_carriers_is_assumed(share, words):
    band = dict.fromkeys(("expected_heat_kwh_a", "expected_final_kwh_a", "dwellings", "dwellings_published"), 10.0)
    totals = {"until_1918": band | {"scale": 1.0, "dwellings_town": 10.0}}
    assert any(words in note for note in census_notes(totals, "oil", share)[0])


def test_without_buildings_only_the_climate_counts():
    assert assumption_notes(Heat(), None, False) == ([], [])
    assert len(assumption_notes(Heat(), [1.0] * 12, False)[0]) == 1


def test_twelve_months_or_none():
    assert WeatherYear(shift_monthly_k=[1] * 12).shift_monthly_k == (1.0,) * 12
    with pytest.raises(ValueError, match="twelve numbers"):
        WeatherYear(shift_monthly_k=[1] * 11)


def test_units_of_euros_and_gases():
    names = ("saving_kwh_per_eur", "co2_saving_kg_per_eur", "co2_kg_a", "retrofit_cost_eur")
    assert [unit_of(n) for n in names] == ["kWh/(€·a)", "kg/(€·a)", "kg/a", "€"]
    assert heat.default_index() == 1.84
