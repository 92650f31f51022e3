"""Monthly climate of a place: means of years that are whole, by hand; and a plan that scales its weather to it."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from small_town import command, make_town

from klimastep.errors import InputError
from klimastep.weather import place_climate, present_climate
from klimastep.weather.sun import sun_at


def _table(years, ghi=True, missing=()):
    rows = [
        {"place_id": "7", "name": "Musterstadt", "year": y, "month": m, "temp_air_degc": (y or 0) / 100 + m,
         "ghi_w_m2": 10.0 * m if ghi else np.nan}
        for y in years for m in range(1, 13) if (y, m) not in missing
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"year": "Int16", "month": "Int16"})


def test_long_term_mean_by_default():
    climate = place_climate(_table([None, 2020]), "7")
    assert climate.temp_air_degc.tolist() == [float(m) for m in range(1, 13)]
    assert climate.name == "Musterstadt"


def test_mean_of_years():
    climate = place_climate(_table([None, 2019, 2020, 2021, 2022]), "7", (2020, 2021))
    assert climate.temp_air_degc == pytest.approx(20.205 + np.arange(1, 13))
    assert climate.ghi_w_m2 == pytest.approx(10.0 * np.arange(1, 13))
    assert climate.name == "Musterstadt 2020–2021"


def test_radiation_may_be_unknown_and_temperature_not():
    assert place_climate(_table([None], ghi=False), "7").ghi_w_m2 is None
    gap = _table([2020, 2021], missing={(2021, 12)})
    with pytest.raises(InputError, match="not every month has a temperature.*2020 to 2021"):
        place_climate(gap, "7", (2020, 2021))
    with pytest.raises(InputError, match="not every month"):
        place_climate(gap, "7", (2019, 2020))
    with pytest.raises(InputError, match="the long-term mean only"):
        place_climate(_table([None]), "7", (2020, 2020))
    with pytest.raises(InputError, match="no place '8'.*one of 7"):
        place_climate(gap, "8")


HEAD = "ID_Station,Name_Station,Code_Quantity,month,value\n"


@pytest.fixture
def town(tmp_path):
    made = make_town(tmp_path)
    rows = [f"7,Musterstadt,TA,M_{y}_{m:02d},{10 + (y - 2020)}" for y in (2020, 2021) for m in range(1, 13)]
    (tmp_path / "klima.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return made


def _with(town, scale_to, climate=True):
    content = dict(town.content)
    if climate:
        content["sources"] = [*content["sources"], {"reader": "climate_monthly", "path": "klima.csv"}]
    content["weather"] = {"scale_to": scale_to}
    town.plan.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return town.plan


def test_a_plan_scales_its_weather_and_says_so(town, tmp_path):
    plan = _with(town, {"place": "7", "years": [2020, 2021]})
    assert command("run", plan, "--maps", tmp_path / "maps").code == 0
    record = next((tmp_path / "maps").rglob("checks.json")).read_text(encoding="utf-8")
    assert "Monat für Monat auf das Klima von Musterstadt 2020–2021 gebracht" in record
    assert "month by month to the climate of Musterstadt 2020–2021" in record


@pytest.mark.parametrize(
    ("scale_to", "climate", "words"),
    [
        ({"place": "9"}, True, "no place '9'"),
        ({"place": "7"}, False, "reader: climate_monthly"),
        ({"place": "7", "years": [2021, 2020]}, True, "the first year and the last"),
        ({"plce": "7"}, True, "did you mean 'place'"),
    ],
)
def test_what_cannot_be(town, tmp_path, scale_to, climate, words):
    told = command("run", _with(town, scale_to, climate), "--maps", tmp_path / "maps")
    assert told.code in (2, 3)
    assert words in told.err
    assert "Traceback" not in told.err


def test_present_means_of_the_nearest_place_within_reach():
    """Ludwigsburg: 1,217 kWh/m² on the level, mean of its two grid points; none is known 30 km away."""
    here = present_climate(48.9, 9.2)
    assert here.name == "Ludwigsburg 2006–2025"
    hours = 24 * np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert here.ghi_w_m2 @ hours / 1e3 == pytest.approx(1217, abs=1)
    assert here.temp_air_degc[[0, 6]] == pytest.approx([2.25, 20.35], abs=0.01)
    assert present_climate(49.1, 9.2) is not None
    assert present_climate(49.17, 9.2) is None
    assert present_climate(48.9, 9.55) is None


def _record(maps):
    return next(maps.rglob("checks.json")).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("climate", "present", "past"),
    [({}, True, False), ({"climate": "as_read"}, False, True)],
)
def test_reference_years_are_brought_to_the_present_and_the_outputs_say_so(tmp_path, climate, present, past):
    made = make_town(tmp_path)
    assert command("run", made.replan(weather=climate), "--maps", tmp_path / "maps").code == 0
    record = _record(tmp_path / "maps")
    assert ("Monat für Monat auf das Klima von Ludwigsburg 2006–2025 gebracht" in record) == present
    assert ("Heutiges Klima: Institut Wohnen und Umwelt" in record) == present
    assert ("Achtung: Klima vergangener Jahrzehnte" in record) == past
    assert ("past_climate" in record) == past


def test_a_run_by_global_radiation_only_says_so(tmp_path):
    made = make_town(tmp_path)
    begins = pd.date_range("2021-01-01", "2021-12-31 23:00", freq="h")  # local standard time, an hour before UTC
    middle = begins - pd.Timedelta("30min")
    light = np.maximum(sun_at(middle.as_unit("s").asi8, 48.9, 9.2).height, 0.0) * 700
    rows = []
    for begin, ghi in zip(begins, light, strict=True):
        row = ["0"] * 35
        row[:5] = [str(v) for v in (begin.year, begin.month, begin.day, begin.hour + 1, 60)]
        row[6], row[13], row[14], row[15], row[21] = "10", f"{ghi:.1f}", "9999", "9999", "2"
        rows.append(",".join(row))
    head = ["LOCATION,Sonnwies,Land,DE,made,0,48.9,9.2,1.0,250"] + ["HEADER"] * 7
    (made.folder / "global.epw").write_text("\n".join(head + rows) + "\n", encoding="utf-8")
    entry = {"reader": "weather_epw", "path": "global.epw"}
    rest = [s for s in made.content["sources"] if s["reader"] != "weather_try"]
    told = command("run", made.replan(sources=[*rest, entry]), "--maps", tmp_path / "maps")
    assert told.code == 0, told.err
    record = json.loads(_record(tmp_path / "maps"))
    assert [f["count"] for f in record["findings"] if f["kind"] == "diffuse_modelled"] == [int((light > 0.05).sum())]
    assert any("nach Erbs geschätzt" in note for note in record["notes_de"])
