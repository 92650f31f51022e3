"""Local test reference years of 2015 and 2045, in generated files of the published form."""

import numpy as np
import pandas as pd
import pytest

from klimastep import sources
from klimastep.errors import InputError

HEAD = """Koordinatensystem : Lambert konform konisch
Rechtswert        : {east} Meter
Hochwert          : {north} Meter
Hoehenlage        : 294 Meter ueber NN
Erstellung des Datensatzes im Mai 2016

Art des TRY       : {kind}
Bezugszeitraum    : {period}
Datenbasis        : Beobachtungsdaten Zeitraum 1995-2012

Format: (i7,1x,i7,1x,i2,1x,i2,1x,i2,1x,f5.1,1x,i4,1x,3i,1x,f4.1,1x,i1,1x,f4.1,1x,i3,1x,i4,1x,i4,1x,i3,1x,i4,2x,i1)

Reihenfolge der Parameter:
RW Rechtswert                                                    [m]       {{3670500;3671500..4389500}}
HH Stunde (MEZ)                                                            {{1..24}}

     RW      HW MM DD HH     t    p  WR   WG N    x  RF    B    D   A    E IL
***
"""


def text(east=3_943_500, north=2_467_500, kind="mittleres Jahr", period="1995-2012"):
    hours = pd.date_range("2015-01-01 00:00", periods=8760, freq="h")
    sun = np.clip(np.sin((hours.hour - 6) / 12 * np.pi), 0, None)
    rows = [
        f"{east:7d} {north:7d} {t.month:2d} {t.day:2d} {t.hour + 1:2d} {5 + 10 * s:5.1f} {980:4d} {200:3d} "
        f"{2.5:4.1f} {4:1d} {5.0:4.1f} {70:3d} {400 * s:4.0f} {100 * s:4.0f} {300:3d} {-350:4d}  1"
        for t, s in zip(hours, sun, strict=True)
    ]
    return HEAD.format(east=east, north=north, kind=kind, period=period) + "\n".join(rows) + "\n"


def read(folder, content):
    path = folder / "TRY2015_489000091900_Jahr.dat"
    path.write_text(content, encoding="latin-1")
    return sources.read("weather_try", path, crs="EPSG:25832")


def test_a_mean_year_of_the_present(tmp_path):
    reading = read(tmp_path, text())
    weather, facts = reading.tables["weather"], reading.facts
    assert (len(weather), str(weather.index[0]), str(weather.index[-1])) == (
        8760,
        "2015-01-01 00:00:00+00:00",
        "2015-12-31 23:00:00+00:00",
    )
    assert (facts["latitude_deg"], facts["longitude_deg"]) == (
        pytest.approx(48.9, abs=0.03),
        pytest.approx(9.2, abs=0.05),
    )
    assert (facts["elevation_m"], facts["years"], facts["kind"]) == (294, [2015], "mean")
    assert weather["ghi_w_m2"].max() == 500
    assert weather["temp_air_degc"].min() == 5
    assert weather["wind_m_s"].unique().tolist() == [2.5]
    assert reading.findings == ()
    assert reading.attribution.startswith("Ortsgenaue Testreferenzjahre")


@pytest.mark.parametrize(
    ("kind", "period", "told", "year"),
    [
        ("extremer Sommer", "1995-2012", "hot_summer", 2015),
        ("extremer Winter", "2031-2060", "cold_winter", 2045),
        ("mittleres Jahr", "2031-2060", "mean", 2045),
    ],
)
def test_extreme_and_future_years(tmp_path, kind, period, told, year):
    reading = read(tmp_path, text(kind=kind, period=period))
    assert (reading.facts["kind"], reading.facts["years"]) == (told, [year])
    assert reading.tables["weather"].index[12].year == year
    assert [f.kind for f in reading.findings] == ([] if told == "mean" else ["extreme_year"])


def test_damage_is_named(tmp_path):
    good = text()
    for damaged, message in [
        (text(east=2_467_500, north=3_943_500), "lie outside Germany.*swapped"),
        (good.replace("Hoehenlage        : 294 Meter", "Hoehenlage        : unbekannt"), "the header has Hoehenlage"),
        (good.replace("1995-2012", "1961-1990"), "Bezugszeitraum '1961-1990'"),
        (good.replace("mittleres Jahr", "Jahr"), "Art des TRY 'Jahr'"),
        (good[: len(good) // 2], "hours; expected 8760|fields"),
    ]:
        with pytest.raises(InputError, match=message):
            read(tmp_path, damaged)
