"""What the notes on outputs say of the plan's own assumptions."""

from typing import get_args

import pytest

from klimastep import heat
from klimastep.recipe.heat_notes import assumption_notes, census_notes
from klimastep.recipe.solar_notes import solar_notes
from klimastep.settings import Heat, WeatherYear
from klimastep.solar.photovoltaic import Scale
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


SOLAR = {
    "losses": "performance_ratio",
    "performance_ratio": 0.8,
    "pvlib_ratio": 0.824,
    "module_kwp_m2": 0.21,
    "scale": "lubw_shares",
    "prices": None,
    "permits": 0,
    "lod2": False,
    "ground": "model",
}


def test_losses_are_said_with_what_the_other_way_gives():
    de, en = (texts[0] for texts in solar_notes(SOLAR))
    assert de == (
        "Solarstrom: Module mit 0,21 kWp/m², Performance Ratio 0,8; mit Temperatur und Wechselrichter nach pvlib wäre "
        "er 3 % höher."
    )
    assert en.endswith("performance ratio 0.8; with temperature and inverter by pvlib it would be 3 % higher.")
    de, en = (texts[0] for texts in solar_notes(SOLAR | {"losses": "pvlib"}))
    assert "im Mittel 0,824 des idealen Ertrags; mit einer festen Performance Ratio von 0,8 wäre er 3 % niedr" in de
    assert "3 % lower" in en
    nothing = solar_notes(SOLAR | {"pvlib_ratio": None})
    assert nothing[0][0].endswith("Performance Ratio 0,8.")
    assert nothing[1][0].endswith("performance ratio 0.8.")


@pytest.mark.parametrize("scale", get_args(Scale))
def test_the_scale_of_the_classes_is_said(scale):
    de, en = (" ".join(texts) for texts in solar_notes(SOLAR | {"scale": scale}))
    assert ("alten Skala" in de, "old scale" in en) == (scale == "lubw_shares",) * 2
    assert ("neuen Skala" in de, "new scale" in en) == (scale == "lubw_absolute",) * 2


def test_what_is_left_out_of_solar_is_said():
    de, en = (" ".join(texts) for texts in solar_notes(SOLAR))
    assert "der Plan nennt weder Strompreis noch Einspeisevergütung" in de
    assert "payback of photovoltaics are left out" in en
    assert not any(word in de for word in ("LoD2", "Geländemodell", "Denkmal"))
    all_of_it = SOLAR | {"prices": (0.3, 0.08), "permits": 7, "lod2": True, "ground": "none"}
    de, en = (" ".join(texts) for texts in solar_notes(all_of_it))
    assert "0,3\u202f€/kWh für bezogenen und 0,08\u202f€/kWh für eingespeisten" in de
    assert "left out" not in en
    assert "7 Gebäude mit Denkmalschutz: Photovoltaik braucht eine Genehmigung" in de
    assert "7 protected buildings: photovoltaics need a permit, which is usually granted" in en
    assert "weder Gauben noch Dachüberstände" in de
    assert "Hänge und Hügel verschatten nicht" in de
    assert "der nächsten Gebäude" in " ".join(solar_notes(SOLAR | {"ground": "near"})[0])
    assert "Geländemodell" not in " ".join(solar_notes(SOLAR | {"ground": ""})[0])
