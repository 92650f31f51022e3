"""Metered energy: long and wide form, units, confidential, joint and repeated values; the real district."""

import pytest

from klimastep import sources
from klimastep.errors import InputError, PlanError

CRS = "EPSG:25832"
LONG = {
    "level": "block",
    "id": "block_nr",
    "unit": "MWh",
    "energy_basis": {"gas": "hs", "district_heat": "useful"},
    "value": "verbrauch_mwh",
    "year": "jahr",
    "carrier": "energietraeger",
    "connections": "anschluesse",
    "remark": "hinweis",
}
HEAD = "block_nr;jahr;energietraeger;verbrauch_mwh;anschluesse;hinweis\n"


def read(folder, rows, encoding="cp1252", head=HEAD, **options):
    path = folder / "verbrauch.csv"
    path.write_bytes((head + rows).encode(encoding))
    return sources.read("meters", path, crs=CRS, **{**LONG, **options})


def meters(reading):
    return reading.tables["meters"]


def test_long_form_as_a_utility_writes_it(tmp_path):
    reading = read(tmp_path, "7;2022;Erdgas;1.234,5;12;\n7;2022;Fernwärme;0;8;\n8;2022;Erdgas;;9;\n", id_width=3)
    frame = meters(reading)
    assert list(frame.index) == ["007-gas-2022", "007-district_heat-2022", "008-gas-2022"]
    assert frame["energy_kwh_a"].tolist()[:2] == [1_234_500.0, 0.0]
    assert frame["energy_kwh_a"].isna().tolist() == [False, False, True]
    assert frame["status"].tolist() == ["given", "given", "unknown"]
    assert frame["energy_basis"].tolist() == ["hs", "useful", "hs"]
    assert (reading.rows_in, reading.closes) == (3, True)


@pytest.mark.parametrize("text", ["geheim", "x", "*", "<5", "Datenschutz"])
def test_words_for_secrecy_are_no_numbers(tmp_path, text):
    frame = meters(read(tmp_path, f"7;2022;Erdgas;{text};12;\n8;2022;Erdgas;5;12;\n"))
    assert frame["status"].tolist() == ["confidential", "given"]
    assert frame["energy_kwh_a"].isna().tolist() == [True, False]


@pytest.mark.parametrize("text", ["-", "k.A.", "n/a", "unbekannt", "Keine Angabe zum Verbrauch verfügbar"])
def test_words_for_unknown_are_no_zeros(tmp_path, text):
    frame = meters(read(tmp_path, f"7;2022;Erdgas;{text};12;\n8;2022;Erdgas;5;12;\n"))
    assert frame["status"].tolist() == ["unknown", "given"]
    assert frame["energy_kwh_a"].isna().tolist() == [True, False]


def test_few_connections_and_remarks_make_a_value_confidential(tmp_path):
    rows = "1;2022;Erdgas;10;4;\n2;2022;Erdgas;10;5;\n3;2022;Erdgas;0;0;\n4;2022;Erdgas;10;9;geheim\n"
    frame = meters(read(tmp_path, rows))
    assert frame["status"].tolist() == ["confidential", "given", "given", "confidential"]
    assert frame["energy_kwh_a"].isna().tolist() == [True, False, False, True]
    frame = meters(read(tmp_path, rows, level="building"))
    assert frame["status"].tolist() == ["given", "given", "given", "confidential"]


def test_a_joint_meter_named_by_the_source_counts_once(tmp_path):
    rows = "1;2022;Erdgas;10;9;Sammelzähler\n2;2022;Erdgas;10;9;Sammelzähler\n3;2022;Erdgas;10;9;\n"
    reading = read(tmp_path, rows)
    frame = meters(reading)
    assert frame["status"].tolist() == ["joint", "joint", "given"]
    assert frame["energy_kwh_a"].sum() == 20_000
    assert reading.facts["joint_units"] == {"gas": [["1", "2"]]}


def test_equal_values_in_several_years_are_a_joint_meter_in_one_year_chance(tmp_path):
    rows = "".join(f"{u};{y};Erdgas;{v};9;\n" for u, v in ((1, 10), (2, 10), (3, 11)) for y in (2020, 2021))
    reading = read(tmp_path, rows)
    assert meters(reading)["status"].tolist() == ["joint"] * 4 + ["given"] * 2
    assert meters(reading)["energy_kwh_a"].sum() == 42_000
    assert reading.facts["joint_units"] == {"gas": [["1", "2"]]}
    assert set(meters(read(tmp_path, "1;2020;Erdgas;10;9;\n2;2020;Erdgas;10;9;\n"))["status"]) == {"given"}


def test_repeated_rows_count_once_and_differing_ones_are_refused(tmp_path):
    reading = read(tmp_path, "1;2022;Erdgas;10;9;\n1;2022;Erdgas;10;9;\n2;2022;Erdgas;7;9;\n")
    assert meters(reading)["energy_kwh_a"].sum() == 17_000
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (3, 2, 1)
    with pytest.raises(InputError, match=r"line 3: 1 has another value for gas 2022 than before.*repeated: sum"):
        read(tmp_path, "1;2022;Erdgas;10;9;\n1;2022;Erdgas;11;9;\n")


def test_several_meters_of_a_unit_are_added_if_the_plan_says_so(tmp_path):
    rows = "1;2022;Erdgas;10;9;\n1;2022;Erdgas;10;9;\n2;2022;Erdgas;7;9;\n2;2022;Erdgas;geheim;9;\n"
    frame = meters(read(tmp_path, rows, repeated="sum"))
    assert frame["energy_kwh_a"].tolist()[0] == 20_000
    assert frame["status"].tolist() == ["given", "confidential"]
    assert frame["energy_kwh_a"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1;2022;Erdgas;viel;9;\n", "line 2, column verbrauch_mwh: 'viel' is no number"),
        ("1;2022;Erdgas;-3;9;\n", "line 2, id 1: verbrauch_mwh = -3 MWh; expected 0 or more"),
        ("1;20255;Erdgas;3;9;\n", "line 2: jahr = 20255; expected a year"),
        ("1;2022;Dampf;3;9;\n", "'Dampf' is no known carrier.*carriers: {Dampf: …}"),
    ],
)
def test_bad_values_are_named(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"energy_basis": {"gas": "ho"}}, "unknown energy_basis 'ho'"),
        ({"energy_basis": {"gass": "hs"}}, "unknown carrier 'gass'; did you mean 'gas'"),
        ({"energy_basis": {}}, "energy_basis: gas is missing"),
        ({"value": None}, r"value: \(long form\) or value_columns"),
        ({"year": None}, "needs year: and carrier:"),
        ({"unit": "MW"}, "unit: 'MW'; expected 'kWh' or 'MWh'"),
        ({"value": None, "value_columns": [{"colum": "a"}]}, "unknown option 'colum'; did you mean 'column'"),
    ],
)
def test_bad_plans_are_named(tmp_path, options, message):
    with pytest.raises(PlanError, match=message):
        read(tmp_path, "1;2022;Erdgas;3;9;\n", **options)


def test_fixed_year_and_carrier(tmp_path):
    frame = meters(
        read(
            tmp_path, "1;3\n", head="block_nr;verbrauch_mwh\n", year=2022, carrier="gas", remark=None, connections=None
        )
    )
    assert frame.index.tolist() == ["1-gas-2022"]


WIDE = [
    {"column": f"{f}_consumption_mwh_{y}", "carrier": c, "year": y}
    | ({"remark": f"gas_excluded_{y}"} if f == "gas" else {})
    for y in (2020, 2021)
    for f, c in (("gas", "gas"), ("dh", "district_heat"))
]


@pytest.mark.testdata
def test_mierendorff_meters(testdata):
    reading = sources.read(
        "meters",
        testdata / "mierendorff" / "DistrictLevelData_2020_2021.csv",
        crs="EPSG:25833",
        level="block",
        id="blknr",
        id_width=6,
        unit="MWh",
        energy_basis={"gas": "hs", "district_heat": "useful"},
        value_columns=WIDE,
    )
    frame = meters(reading)
    assert (reading.rows_in, reading.rows_out, reading.rows_set_aside) == (48 * 4, 45 * 4, 3 * 4)
    assert frame["unit_id"].nunique() == 45
    assert frame["unit_id"].str.fullmatch(r"0\d{5}").all()
    metered = frame[frame["energy_kwh_a"].notna() | (frame["status"] == "joint")]
    assert metered["unit_id"].nunique() == 38
    both = metered.groupby(["year", "unit_id"])["carrier"].nunique().eq(2).groupby("year").sum()
    assert both.to_dict() == {2020: 25, 2021: 24}
    assert reading.facts["joint_units"] == {
        "gas": [["019033", "019759"], ["019692", "019901"], ["019708", "020902"]],
        "district_heat": [["019692", "019901"]],
    }
    assert frame.loc["019033-gas-2021", "energy_kwh_a"] == pytest.approx(1_625_945)
    assert frame.loc[["019759-gas-2021", "020023-district_heat-2021"], "energy_kwh_a"].isna().all()
    assert frame.loc[["020022-gas-2021", "020023-district_heat-2021"], "status"].tolist() == ["confidential", "unknown"]
    assert [f.ids for f in reading.findings if f.kind == "known_in_some_years"] == [("020023 district_heat",)]
