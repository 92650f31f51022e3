from __future__ import annotations

import pytest

from klimastep.heat.systems import NAMES
from klimastep.reference import FOLDER, load
from klimastep.tables import USE_CLASSES

TABLES = (
    "tabula_types",
    "heat_boundary",
    "measures",
    "refurbished_shares",
    "calibration",
    "carriers",
    "heat_systems",
    "nonresidential",
)


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_units_sources_and_a_citation(name: str) -> None:
    assert len(load(name))
    assert f"`{name}.csv`" in (FOLDER / "SOURCES.md").read_text(encoding="utf-8")


def test_every_carrier_has_all_factors() -> None:
    table = load("carriers").groupby("carrier")["quantity"].nunique()
    assert set(table.index) == set(NAMES)
    assert (table == 3).all()


def test_every_use_has_a_heat_figure() -> None:
    uses = {c.value for c in USE_CLASSES} - {"residential", "mixed"}
    table = load("nonresidential")
    assert set(table["use_class"]) == uses
    assert (table["space_heat_kwh_m2a"] > 0).all()
    assert table["heated_area_share"].between(0.3, 1.0).all()


def test_gross_calorific_value_is_never_the_lower_one() -> None:
    ratio = load("carriers").query("quantity == 'hs_per_hi'")["value"]
    assert ratio.between(1.0, 1.2).all()
