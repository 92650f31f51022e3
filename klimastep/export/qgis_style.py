"""QML: the look of one layer in QGIS, from the same classes and colours as the map."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from klimastep.contract import Column, GeometryKind, Table
from klimastep.export import style
from klimastep.export.qgis_symbols import (
    SYMBOL_KINDS,
    Element,
    area,
    coloured,
    dot,
    element,
    label_settings,
    node,
    stroke,
    symbol,
    to_text,
    unknown,
)
from klimastep.export.qgis_views import PRIORITY_COLUMN, View

QGIS_VERSION = "3.22.0"
UNKNOWN_NUMBER = -1e30
OUTERMOST = 1e15  # beyond any value in kWh, so that the outer classes are closed and still catch later edits
HATCH_MM = {"very_high": 1.1, "high": 2.6}
ALPHAS = {"zones": 0.72, "blocks": 0.9, "cells": 0.8, "heat_grid": 0.8, "districts": 0.9}  # streets shine through
OUTLINES = {"zones": (style.INK, 0.5), "blocks": (style.PANEL, 0.25), "buildings": (style.MUTED, 0.08)}
FOUND_ONLY_CLOSE = {"buildings": 25_000, "roofs": 10_000, "parcels": 10_000}
GEOMETRY_CODES: dict[GeometryKind, int] = {"Point": 0, "LineString": 1, "Polygon": 2, "": 4}
TIP_COLUMNS = (
    "use_class",
    "year_built",
    PRIORITY_COLUMN,
    "expected_heat_kwh_a",
    "expected_heat_kwh_m2a",
    "heat_density_kwh_haa",
    "line_density_kwh_ma",
    "line_density_with_connections_kwh_ma",
    "connections",
    "saving_potential_kwh_haa",
    "solar_suitability",
    "pv_yield_kwh_a",
    "solar_cover_ratio",
    "built_before_1979_share",
    "heritage",
    "road_class",
    "kind",
    "diameter_mm",
    "expected_per_metered_ratio",
    "metered_heat_kwh_a",
)
TIP_LINES = 5


def qml(view: View, frame: pd.DataFrame) -> str:
    """Return the style file of a view as text; alone the layer carries its own names."""
    view = replace(view, labelled=True)
    root = node(
        "qgis",
        {
            "version": QGIS_VERSION,
            "styleCategories": "Symbology|Labeling|Fields|Forms|MapTips|Rendering",
            **layer_attributes(view),
        },
        *style_elements(view, frame),
    )
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{to_text(root)}"


def layer_attributes(view: View) -> dict[str, object]:
    """Return the attributes that a style and a project's layer share: labels on, scale range."""
    closest = FOUND_ONLY_CLOSE.get(view.table.name, 0)
    return {
        "labelsEnabled": int(_labels(view) is not None),
        "hasScaleBasedVisibilityFlag": int(closest > 0),
        "minScale": closest or 100_000_000,
        "maxScale": 0,
        "simplifyDrawingHints": 1,
    }


def style_elements(view: View, frame: pd.DataFrame) -> list[Element]:
    """Return renderer, labels, forms, aliases, display expression and map tip of a view."""
    table = view.table
    columns = [c for c in table.columns if c.name in frame]
    parts: list[Element] = []
    if table.geometry:
        parts.append(renderer(view, frame))
        labels = _labels(view)
        parts += [labels] if labels is not None else []
        parts += [element("blendMode", text="0"), element("layerOpacity", text="1")]
    names = ["fid", table.id, *(c.name for c in columns)]
    aliases = {table.id: "Kennung", **{c.name: alias(c) for c in columns}}
    parts.append(
        element(
            "fieldConfiguration",
            _widget("fid", "Hidden"),
            *(_value_map(c) if c.categories else _widget(c.name, "CheckBox") for c in columns if _has_widget(c)),
        )
    )
    parts.append(
        element(
            "aliases",
            *(node("alias", {"index": i, "field": n, "name": aliases.get(n, "")}) for i, n in enumerate(names)),
        )
    )
    parts.append(element("previewExpression", text=display_expression(table, frame)))
    parts.append(element("mapTip", text=map_tip(view, frame), enabled="1"))
    parts.append(element("layerGeometryType", text=str(GEOMETRY_CODES[table.geometry])))
    return parts


def alias(column: Column) -> str:
    """Return the German name of a column with its unit, as a form shows it.

    Examples
    --------
    >>> alias(Column("area_m2", "float64", "m²", "Fläche", "Area"))
    'Fläche [m²]'
    """
    if column.unit == "1":
        return f"{column.label_de} [0–1]"
    return f"{column.label_de} [{column.unit}]" if column.unit else column.label_de


def renderer(view: View, frame: pd.DataFrame) -> Element:
    """Return what colours the layer: by number, by category or plain."""
    column = view.column
    if column is None:
        return _single(view.table)
    if column.categories:
        return _categorised(view, column, frame[column.name])
    return _graduated(view, column, frame[column.name])


def _outline(table: Table) -> tuple[str, float]:
    return OUTLINES.get(table.name, (style.MUTED, 0.12))


def _edge(table: Table, one: style.ClassBreak, place: int) -> tuple[str, float]:
    """Return the outline of a class of areas, or the width of a class of streets: wider where there is more."""
    if table.geometry != "LineString":
        return _outline(table)
    if one.value == style.NO_ROUTE:
        return style.MUTED, style.THIN
    widths = style.LINE_WIDTHS if table.name == "streets" else (1.0,)
    return style.MUTED, widths[min(place, len(widths) - 1)]


def _alpha(table: Table) -> float:
    return ALPHAS.get(table.name, 1.0)


def _unknown_label(values: pd.Series) -> str:
    count = int(values.isna().sum())
    return f"{style.UNKNOWN_DE} ({style.format_number(count, digits=9)})" if count else style.UNKNOWN_DE


def _categorised(view: View, column: Column, values: pd.Series) -> Element:
    geometry, outline, alpha = view.table.geometry, _outline(view.table), _alpha(view.table)
    categories: list[Element] = []
    symbols: list[Element] = []
    found = {str(v) for v in values.dropna().unique()}
    for one in style.classes(column, values):
        if one.value not in found and column.name != PRIORITY_COLUMN:
            continue  # sixteen uses of which three occur would make an unreadable legend
        name = str(len(symbols))
        hatch_mm = HATCH_MM.get(one.value or "", 0.0) if column.name == PRIORITY_COLUMN else 0.0
        symbols.append(coloured(geometry, name, one.colour, _edge(view.table, one, len(symbols)), alpha, hatch_mm))
        categories.append(_category(name, one.value or "", one.label_de))
    # the empty value is QGIS's "all others": unknown, and any value that comes later
    symbols.append(unknown(geometry, str(len(symbols)), *outline, alpha))
    categories.append(_category(str(len(symbols) - 1), "", _unknown_label(values)))
    return node(
        "renderer-v2",
        {"type": "categorizedSymbol", "attr": f'"{column.name}"', "enableorderby": 0, "forceraster": 0},
        element("categories", *categories),
        element("symbols", *symbols),
    )


def _category(name: str, value: str, label: str) -> Element:
    return node("category", {"symbol": name, "value": value, "label": label, "type": "string", "render": "true"})


def _graduated(view: View, column: Column, values: pd.Series) -> Element:
    geometry, outline, alpha = view.table.geometry, _outline(view.table), _alpha(view.table)
    ranges: list[Element] = []
    symbols: list[Element] = []
    for one in style.classes(column, values):
        name = str(len(symbols))
        low = -OUTERMOST if math.isinf(one.lower) else one.lower
        # QGIS takes both bounds as inside; our classes are half-open
        high = OUTERMOST if math.isinf(one.upper) else math.nextafter(one.upper, -math.inf)
        symbols.append(coloured(geometry, name, one.colour, _edge(view.table, one, len(symbols)), alpha))
        ranges.append(_range(name, low, high, one.label_de))
    symbols.append(unknown(geometry, str(len(symbols)), *outline, alpha))
    ranges.append(_range(str(len(symbols) - 1), UNKNOWN_NUMBER, UNKNOWN_NUMBER, _unknown_label(values)))
    return node(
        "renderer-v2",
        {
            "type": "graduatedSymbol",
            "attr": f'coalesce("{column.name}", {UNKNOWN_NUMBER:g})',
            "graduatedMethod": "GraduatedColor",
            "enableorderby": 0,
            "forceraster": 0,
        },
        element("ranges", *ranges),
        element("symbols", *symbols),
        node("classificationMethod", {"id": "Custom"}),
    )


def _range(name: str, low: float, high: float, label: str) -> Element:
    return node("range", {"symbol": name, "lower": repr(low), "upper": repr(high), "label": label, "render": "true"})


def _single(table: Table) -> Element:
    plain: dict[str, list[Element]] = {
        "water": [area(style.WATER, style.WATER, 0.1)],
        "green": [area(style.GREEN, style.GREEN, 0.1)],
        "boundary": [area(style.PANEL, style.INK, 0.7, fill_style="no")],
        "districts": [stroke(style.MUTED, 0.4, dash="4;2")],
        "blocks": [area(style.PANEL, style.MUTED, 0.2, fill_style="no")],
        "parcels": [area(style.PANEL, style.LINE, 0.15, fill_style="no")],
        "zones": [area(style.PANEL, style.INK, 0.5, fill_style="no")],
        "cells": [area(style.PANEL, style.LINE, 0.15, fill_style="no")],
        "network_lines": [stroke(style.INK, 0.9)],  # pipes stand out from the streets that they lie in
    }
    other: dict[GeometryKind, list[Element]] = {
        "Polygon": [area(style.UNKNOWN_COLOUR, style.MUTED, 0.1)],
        "LineString": [stroke(style.STREET, 0.5)],
        "Point": [dot(style.MUTED, 2.0, style.PANEL)],
        "": [],
    }
    layers = plain.get(table.name, other[table.geometry])
    return node(
        "renderer-v2",
        {"type": "singleSymbol", "enableorderby": 0, "forceraster": 0},
        element("symbols", symbol(SYMBOL_KINDS[table.geometry], "0", *layers)),
    )


def _labels(view: View) -> Element | None:
    columns = {c.name for c in view.table.columns}
    if not view.labelled or "name" not in columns or not view.table.geometry:
        return None
    if view.table.name == "zones":
        rank = "coalesce(to_string(\"priority_rank\") || '. ', '')" if "priority_rank" in columns else "''"
        return label_settings(f"trim({rank} || coalesce(\"name\", ''))", 10, style.INK, bold=True, priority=9)
    if view.table.name == "districts":
        return label_settings('"name"', 9, style.MUTED, priority=7)
    if view.table.name == "streets" and view.column is None:
        return label_settings('"name"', 7, style.MUTED, at="line", max_scale=7_500, priority=2)
    if view.table.name == "monuments":
        return label_settings('"name"', 7, style.INK, at="point", max_scale=5_000, priority=4)
    return None


def _has_widget(column: Column) -> bool:
    return bool(column.categories) or column.dtype == "bool"


def _widget(field: str, kind: str) -> Element:
    config = element("config", element("Option", type="Map"))
    return element("field", node("editWidget", {"type": kind}, config), name=field)


def _value_map(column: Column) -> Element:
    pairs = [
        element("Option", node("Option", {"type": "QString", "name": c.label_de, "value": c.value}), type="Map")
        for c in column.categories
    ]
    config = element("config", element("Option", element("Option", *pairs, type="List", name="map"), type="Map"))
    return element("field", node("editWidget", {"type": "ValueMap"}, config), name=column.name)


def display_expression(table: Table, frame: pd.DataFrame) -> str:
    """Return the expression that names a feature: its name, address or id."""
    fields = [f'"{c}"' for c in (*(n for n in ("name", "address") if n in frame), table.id)]
    return f"coalesce({', '.join(fields)})" if len(fields) > 1 else fields[0]


def map_tip(view: View, frame: pd.DataFrame) -> str:
    """Return the HTML that QGIS shows when the pointer rests on a feature."""
    known = {c.name: c for c in view.table.columns if c.name in frame}
    first = [view.column.name] if view.column else []
    chosen = [known[n] for n in dict.fromkeys((*first, *TIP_COLUMNS)) if n in known][:TIP_LINES]
    lines = [f"<b>[% {display_expression(view.table, frame)} %]</b>"]
    lines += [f"{c.label_de}: [% {_tip_value(c)} %]" for c in chosen]
    if "reason_de" in known:
        lines.append("<i>[% coalesce(\"reason_de\", '') %]</i>")
    html = "<br>".join(lines)
    return f'<div style="font-family:sans-serif;max-width:320px">{html}</div>'


def _tip_value(column: Column) -> str:
    field = f'"{column.name}"'
    if column.categories:
        pairs = ", ".join(f"{quoted(c.value)}, {quoted(c.label_de)}" for c in column.categories)
        return f"coalesce(map_get(map({pairs}), {field}), {quoted(style.UNKNOWN_DE)})"
    if column.dtype in ("str", "bool") or column.name.startswith("year"):
        return f"coalesce(to_string({field}), {quoted(style.UNKNOWN_DE)})"
    factor, unit, digits = 1.0, column.unit, 0
    if column.unit == "1":
        factor, unit = 100.0, "%"
    elif column.unit.startswith("kWh/") and column.unit in ("kWh/a", "kWh/(ha·a)"):
        factor, unit, digits = 1e-3, f"M{column.unit[1:]}", 1
    elif column.unit == "kWh/kWh":
        unit, digits = "", 2
    number = f"format_number({field} * {factor!r}, {digits}, 'de')"
    suffix = f"{style.THIN_SPACE}{unit}" if unit else ""
    return f"coalesce({number} || {quoted(suffix)}, {quoted(style.UNKNOWN_DE)})"


def quoted(text: str) -> str:
    """Return a text as a literal of a QGIS expression."""
    return "'" + text.replace("'", "''") + "'"
