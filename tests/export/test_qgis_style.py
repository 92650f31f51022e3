"""Styles follow the catalogue: classes, colours, labels, forms."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from klimastep.contract import Column, Table
from klimastep.export import style
from klimastep.export.qgis_style import UNKNOWN_NUMBER, alias, map_tip, qml
from klimastep.export.qgis_symbols import rgba
from klimastep.export.qgis_views import GROUPS, View, default_views, views_of

PER_AREA = Column(
    "heat_kwh_m2a",
    "float64",
    "kWh/(m²·a)",
    "Wärme",
    "Heat",
    nullable=True,
    min=0,
    palette="YlOrRd",
    limits=(50, 100, 150, 250),
)


def parsed(view: View, frame: gpd.GeoDataFrame) -> ET.Element:
    return ET.fromstring(qml(view, frame))


def view_of(town, table: str, column: str | None) -> View:
    views = views_of(town.tables, town.catalogue)
    return next(v for v in views if v.table.name == table and (v.column.name if v.column else None) == column)


def one_column(values: list[float], column: Column = PER_AREA) -> tuple[View, gpd.GeoDataFrame]:
    table = Table("things", "thing", "Dinge", "Things", "Polygon", (column,))
    frame = gpd.GeoDataFrame({column.name: values}, geometry=[shapely.box(0, 0, 1, 1)] * len(values), crs="EPSG:25832")
    return View("Wärme", table, column, "Dinge: Wärme"), frame


def matched(root: ET.Element, value: float) -> list[str]:
    """Return the labels of the ranges that QGIS finds for a value: both bounds belong to a range."""
    number = UNKNOWN_NUMBER if np.isnan(value) else value
    ranges = root.iter("range")
    return [r.get("label") for r in ranges if float(r.get("lower")) <= number <= float(r.get("upper"))]


def test_numbers_fall_into_the_classes_of_the_map() -> None:
    root = parsed(*one_column([0.0, 49.9, 50.0, 250.0, 1e6]))
    assert matched(root, 0.0) == ["unter 50\u202fkWh/(m²·a)"]
    assert matched(root, 50.0) == matched(root, 99.9) != matched(root, 49.999999)
    assert matched(root, 250.0) == matched(root, 1e12) == ["ab 250\u202fkWh/(m²·a)"]
    assert matched(root, np.nan) == ["unbekannt"]


@given(st.floats(0, 1e12) | st.sampled_from([50.0, 100.0, 150.0, 250.0]))
def test_every_number_has_exactly_one_class(value: float) -> None:
    view, frame = one_column([value])
    expected = next(c.label_de for c in style.classes(PER_AREA, frame[PER_AREA.name]) if c.lower <= value < c.upper)
    assert matched(parsed(view, frame), value) == [expected]


def test_unknown_is_named_with_its_count() -> None:
    root = parsed(*one_column([1.0, np.nan, np.nan]))
    assert matched(root, np.nan) == ["unbekannt (2)"]


def test_colours_are_those_of_the_map() -> None:
    view, frame = one_column([1.0, 60.0, 120.0, 200.0, 300.0])
    colours = [o.get("value") for o in parsed(view, frame).iter("Option") if o.get("name") == "color"]
    assert colours[:5] == [rgba(c.colour) for c in style.classes(PER_AREA, frame[PER_AREA.name])]


def test_priorities_carry_hatches_dense_and_wide(town) -> None:
    root = parsed(view_of(town, "zones", "priority_class"), town.tables["zones"])
    labels = {c.get("symbol"): c.get("label") for c in root.iter("category")}
    distance = {
        labels[s.get("name")]: [float(o.get("value")) for o in s.iter("Option") if o.get("name") == "distance"]
        for s in root.find("renderer-v2/symbols")
    }
    (dense,), (wide,) = distance["Handlungsbedarf sehr hoch"], distance["Handlungsbedarf hoch"]
    assert dense < wide
    assert distance["Handlungsbedarf mittel"] == []
    outlines = {o.get("value") for o in root.iter("Option") if o.get("name") == "outline_color"}
    assert outlines == {rgba(style.INK)}


def test_categories_that_do_not_occur_are_left_out_of_the_legend(town) -> None:
    root = parsed(view_of(town, "buildings", "use_class"), town.tables["buildings"])
    labels = [c.get("label") for c in root.iter("category")]
    assert labels[:3] == ["Wohnen", "Wohnen und Gewerbe", "Büro und Verwaltung"]
    assert labels[3].startswith("unbekannt (")
    assert len(labels) == 4


def test_forms_speak_german(town) -> None:
    root = parsed(view_of(town, "buildings", "year_built"), town.tables["buildings"])
    aliases = {a.get("field"): a.get("name") for a in root.iter("alias")}
    assert aliases["building_id"] == "Kennung"
    assert aliases["expected_heat_kwh_a"] == "Erwartete Wärme [kWh/a]"
    widgets = {f.get("name"): f.find("editWidget").get("type") for f in root.find("fieldConfiguration")}
    assert widgets["use_class"] == "ValueMap"
    assert widgets["is_heated"] == "CheckBox"
    values = {o.get("value"): o.get("name") for o in root.find("fieldConfiguration").iter("Option") if o.get("value")}
    assert values["heat_pump"] == "Wärmepumpe (Strom)"


def test_a_share_says_its_scale() -> None:
    assert alias(Column("built_share", "float64", "1", "Anteil", "Share")) == "Anteil [0–1]"
    assert alias(Column("storeys", "float64", "", "Geschosse", "Storeys")) == "Geschosse"


def test_map_tip_names_the_feature_and_says_why(town) -> None:
    tip = map_tip(view_of(town, "zones", "priority_class"), town.tables["zones"])
    assert 'coalesce("name", "zone_id")' in tip
    assert "'very_high', 'Handlungsbedarf sehr hoch'" in tip
    assert '"reason_de"' in tip


def test_an_apostrophe_in_a_label_does_not_break_the_expression() -> None:
    column = Column("heat_kwh_a", "float64", "kWh/a", "D'Wärme & <mehr>", "Heat", nullable=True)
    view, frame = one_column([1.0], column)
    assert parsed(view, frame).find("aliases") is not None


def test_views_stand_in_the_order_of_questions(town) -> None:
    views = views_of(town.tables, town.catalogue)
    groups = [v.group for v in views]
    assert groups == sorted(groups, key=GROUPS.index)
    assert {v.table.name for v in views if v.on} == {"zones", "districts", "boundary", "streets", "green", "water"}
    assert len({v.id for v in views}) == len(views)


def test_names_stand_once_in_the_project(town) -> None:
    views = views_of(town.tables, town.catalogue, zone_level="districts")
    assert [v.id for v in views if v.labelled and v.table.name in ("zones", "districts")] == ["zones_plain"]


def test_a_column_without_any_known_value_makes_no_layer(town) -> None:
    zones = town.tables["zones"].assign(heat_density_kwh_haa=np.nan)
    views = views_of({"zones": zones}, town.catalogue)
    assert "zones_heat_density_kwh_haa" not in [v.id for v in views]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("zones", "priority_class"),
        ("buildings", "expected_heat_kwh_m2a"),
        ("roofs", "solar_suitability"),
        ("water", None),
    ],
)
def test_the_layer_alone_opens_with_its_main_question(town, table: str, column: str | None) -> None:
    view = default_views(views_of(town.tables, town.catalogue))[table]
    assert (view.column.name if view.column else None) == column
