"""The numbers of the heat tables are those of IWU's workbook: each row names the records it is taken from."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from klimastep.reference import load

pytestmark = pytest.mark.testdata
SYSTEM = re.compile(r"\b(HG|HD|HS|WG|WD|WS) ([A-Za-z]\w*\.\w+\.\d\d)")
RECORD = re.compile(r"\b(DE\.[\w()-]+(?:\.[\w()-]+)*)")
LEVEL = re.compile(r"Tab\.Uncertainty\.Levels (\w+) level ([A-E])\b")
CURVES = {"fuel": "DE.M.01", "heat_pump": "DE.M.02", "stove": "DE.M.03", "direct_electric": "DE.M.04"}
QUANTITIES = {
    "added_resistance": "R_measure",
    "u_new": "U_measure",
    "g_new": "g_gl_n",
    "fixed": "Investment_Const_CompleteMeasure",
    "anyway": "Investment_ReferenceMeasure",
    "area_factor": "f_Area_Investment_to_Energy",
}


class Workbook:
    """Sheets by code: the first row names the columns, the first column the records."""

    def __init__(self, path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        self.sheets: dict[str, pd.DataFrame] = {}

    def value(self, sheet: str, code: str, column: str) -> float:
        if sheet not in self.sheets:
            rows: list[Any] = list(self.book[sheet].iter_rows(values_only=True))
            table = pd.DataFrame(rows[1:], columns=rows[0])
            self.sheets[sheet] = table.drop_duplicates(rows[0][0]).set_index(rows[0][0])
        number = self.sheets[sheet].loc[code, column]
        return float(number) if number not in (None, "") else 0.0


@pytest.fixture(scope="module")
def iwu(testdata: Path) -> Workbook:
    return Workbook(testdata / "typology" / "tabula-values.xlsx")


def test_expenditure_factors_and_losses(iwu: Workbook) -> None:
    """Generator per carrier, pipes, storage and what the hot water's losses heat: Tab.System.HG to WS."""
    columns = {
        "generator_heating": (("HG", "e_g_h_Heat"),),
        "heating_distribution_kwh_m2a": (("HD", "q_d_h"),),
        "heating_storage_kwh_m2a": (("HS", "q_s_h"),),
        "generator_hot_water": (("WG", "e_g_w_Heat"),),
        "hot_water_distribution_kwh_m2a": (("WD", "q_d_w"),),
        "hot_water_storage_kwh_m2a": (("WS", "q_s_w"),),
        "hot_water_recovered_kwh_m2a": (("WD", "q_d_w_h"), ("WS", "q_s_w_h")),
    }
    table = load("heat_systems")
    assert len(table) == 14
    for row in table.to_dict("records"):
        codes = dict(SYSTEM.findall(str(row["source"])))
        assert {"HG", "WG", "WD"} <= set(codes)
        for name, parts in columns.items():
            wanted = sum(iwu.value(f"Tab.System.{s}", f"DE.{codes[s]}", c) for s, c in parts if s in codes)
            assert row[name] == pytest.approx(wanted, abs=0.005), (row["carrier"], row["group"], name)


def test_the_curve_from_calculated_to_measured(iwu: Workbook) -> None:
    for curve, delivered, factor in load("calibration")[["curve", "delivered_kwh_m2a", "factor"]].to_numpy():
        found = iwu.value("Tab.CalcAdapt", CURVES[curve], f"F_CalcAdapt_{int(delivered):03d}")
        assert factor == pytest.approx(found, abs=1e-9), (curve, delivered)


def test_gross_over_net_calorific_value(iwu: Workbook) -> None:
    table = load("carriers").query("quantity == 'hs_per_hi'")
    for carrier, value, source in table[["carrier", "value", "source"]].to_numpy():
        code = RECORD.search(source)
        assert code, carrier
        assert value == pytest.approx(iwu.value("Tab.System.EC", code[1], "EC_rel_gr_net"), abs=5e-5), carrier


@pytest.mark.parametrize(("name", "least"), [("measures", 26), ("retrofit_costs", 48)])
def test_measures_and_their_cost(iwu: Workbook, name: str, least: int) -> None:
    """Rows that rest on two records or on a choice of ours are told in their source and not compared."""
    compared = 0
    for row in load(name).to_dict("records"):
        code = RECORD.search(str(row["source"]))
        if not code or " and ." in str(row["source"]) or "own choice" in str(row["source"]):
            continue
        sheet = "Tab.Building.Measure"
        if row["quantity"] == "layer":
            wanted = 100 * iwu.value(sheet, code[1], "d_Insulation_Nominal")
            wanted *= iwu.value(sheet, code[1], "Investment_Var_CompleteMeasure")
        else:
            wanted = iwu.value(sheet, code[1], QUANTITIES[row["quantity"]])
        assert row["value"] == pytest.approx(wanted, abs=0.006), (row["state"], row["component"], row["quantity"])
        compared += 1
    assert compared >= least


def test_levels_of_uncertainty(iwu: Workbook) -> None:
    """Own and shared part make up the level that the row names."""
    found = set()
    for row in load("uncertainty").to_dict("records"):
        named = LEVEL.search(str(row["source"]))
        if not named:
            assert "own choice [memory]" in row["source"]
            continue
        quantity = {"A_Aperture": "A_Aperture_PassiveSolar_EquivalentSouth"}.get(named[1], named[1])
        kind = "Absolute" if row["unit"] != "1" else "Relative"
        wanted = level(iwu, quantity, f"{kind}Uncertainty_Level_{named[2]}")
        assert math.hypot(row["own"], row["shared"]) == pytest.approx(wanted, rel=0.06), row["input"]
        found.add(row["input"])
    assert len(found) >= 9


def level(iwu: Workbook, quantity: str, column: str) -> float:
    """Return a level of a quantity by its first record, that of dwellings."""
    iwu.value("Tab.Uncertainty.Levels", "DE.Gen.A_Envelope.01", column)
    sheet = iwu.sheets["Tab.Uncertainty.Levels"]
    rows = sheet[(sheet["Code_InputQuantity"] == quantity) & sheet[column].notna()]
    return float(rows[column].iloc[0])


SHEETS = {
    "q-d-spez_mI": "space_heat_kwh_m2a",
    "EBF": "energy_area_m2",
    "AW_fl": "wall_m2",
    "Fen_fl": "window_m2",
    "WUEOA_opak_fl": "roof_m2",
    "WUEOA_transp_fl": "rooflight_m2",
    "WUEUA_fl": "floor_m2",
    "U_AW_mfl": "u_wall_w_m2k",
    "U_Fen_mfl": "u_window_w_m2k",
    "U_d_opak_mfl": "u_roof_w_m2k",
    "U_d_transp_mfl": "u_rooflight_w_m2k",
    "U_ug_mfl": "u_floor_w_m2k",
}
AGES = ("until_1978", "1979_2009", "from_2010", "all")
FUNCTIONS = 11


def cells_of(book: Any, sheet: str) -> dict[tuple[int, str], tuple[Any, Any]]:
    """Return mean and relative standard error by function (1 to 11) and age: four figures an age, last its cases."""
    rows = ([v for v in row if v is not None] for row in book[sheet].iter_rows(values_only=True))
    lines = [row for row in rows if len(row) == 1 + 4 * len(AGES) and isinstance(row[4], int | float)]
    assert "Büro" in str(lines[0][0])
    assert "Verkehr" in str(lines[FUNCTIONS - 1][0])
    found = {}
    for number, line in enumerate(lines[:FUNCTIONS], start=1):
        for i, age in enumerate(AGES):
            found[number, age] = line[1 + 4 * i], line[3 + 4 * i]
    return found


def test_other_uses_are_those_of_the_typology(testdata: Path) -> None:
    """Eleven functions by three ages and all ages: need with its standard error, areas, U-values, heated share."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = testdata / "typology" / "2022_IWU_NWG_Typologie_V2-2.xlsm"
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    table = load("nonresidential")
    table = table[table["function"].isin(range(1, FUNCTIONS + 1))].drop_duplicates(["function", "age_band"])
    assert len(table) == FUNCTIONS * len(AGES)
    net = cells_of(book, "NRF")
    compared = 0
    for sheet, name in SHEETS.items():
        wanted = cells_of(book, sheet)
        for row in table.to_dict("records"):
            mean, error = wanted[int(row["function"]), row["age_band"]]
            stand_in = (row["use_class"], row["age_band"]) == ("technical", "from_2010")  # one building without need
            if stand_in or not isinstance(mean, int | float) or not mean:  # or no rooflights
                continue
            assert row[name] == pytest.approx(mean, abs=6e-4), (sheet, row["use_class"], row["age_band"])
            compared += 1
            if sheet == "q-d-spez_mI":
                assert row["space_heat_error_share"] == pytest.approx(error, abs=6e-4), row["use_class"]
            if sheet == "EBF":
                share = mean / net[int(row["function"]), row["age_band"]][0]
                assert row["heated_area_share"] == pytest.approx(share, abs=6e-4), row["use_class"]
    assert compared > 0.9 * len(SHEETS) * len(table)
