"""An empty file for corrections by hand, with the form in which QGIS shows it."""

from __future__ import annotations

import datetime
import sqlite3
import textwrap
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio

from klimastep.contract import Column
from klimastep.correctable import CORRECTABLE, CORRECTIONS
from klimastep.errors import OutputError
from klimastep.export.files import beside, failure, put
from klimastep.export.geopackage import GDAL_ERRORS, VERSION, add_styles
from klimastep.export.qgis_style import QGIS_VERSION, alias, quoted
from klimastep.export.qgis_symbols import Element, area, element, hatch, node, symbol, to_text
from klimastep.tables import BUILDINGS

COLOUR = "#c2185b"
FIELDS = tuple(c.name for c in CORRECTIONS.columns if c.name != "outline")
FORM = (
    ("Welches Gebäude", ("table", "id")),
    ("Was ist richtig", ("column", "value")),
    ("Beleg", ("who", "when", "why")),
)
REQUIRED = ("table", "column", "value", "who", "when", "why")
DEFAULTS = {
    "table": quoted(BUILDINGS.name),
    # a building pasted from a layer of the run brings its outline; its id follows
    "id": "array_first(overlay_equals('buildings_year_built', \"building_id\"))",
    "who": "coalesce(nullif(@user_full_name, ''), @user_account_name)",
    "when": "to_date(now())",
}
HINT_WIDTH = 60
TITLE = "Richtiger Wert"
NOT_NULL, EXPRESSION, HARD = 1, 4, 1


def write_empty(path: Path, crs: str) -> Path:
    """Write a GeoPackage with the empty layer ``corrections`` and its form; never over an existing file.

    Parameters
    ----------
    path : Path
        Ends in ``.gpkg``.
    crs : str
        CRS of the run.

    Raises
    ------
    OutputError
        The file exists or cannot be written.
    """
    if path.suffix.lower() != ".gpkg":
        raise OutputError(f"{path}: die Datei muss auf .gpkg enden (expected a name ending in .gpkg)")
    if path.exists():
        raise OutputError(
            f"{path} gibt es schon und wird nie überschrieben (exists already); bitte einen anderen Namen wählen"
        )
    with beside(path) as temporary:
        try:
            _layer(temporary, crs)
            with closing(sqlite3.connect(temporary)) as database, database:
                today = f"{datetime.date.today().isoformat()}T00:00:00.000Z"
                row = (CORRECTIONS.name, "geom", CORRECTIONS.label_de, qml(), 1, CORRECTIONS.label_de, today)
                add_styles(database, [row], today)
        except (*GDAL_ERRORS, sqlite3.Error) as error:
            raise failure(path, error) from error
        put(temporary, path)
    return path


def qml() -> str:
    """Return the style and the form as QGIS reads them."""
    root = node(
        "qgis",
        {"version": QGIS_VERSION, "styleCategories": "Symbology|Fields|Forms|MapTips"},
        node(
            "renderer-v2",
            {"type": "singleSymbol", "enableorderby": 0, "forceraster": 0},
            element("symbols", symbol("fill", "0", area(COLOUR, COLOUR, 0.5, 0.15), hatch(COLOUR, 1.6, 0.6))),
        ),
        *_fields(),
        element("editorlayout", text="tablayout"),
        element("attributeEditorForm", *(_group(title, names) for title, names in FORM)),
        element("labelOnTop", node("field", {"name": "value", "labelOnTop": 1})),
        element("dataDefinedFieldProperties", _live_label()),
        element("previewExpression", text='concat("id", \': \', "column", \' = \', "value")'),
        element("mapTip", text='<b>[% "column" %]</b>: [% "value" %]<br>[% "who" %], [% "when" %]: [% "why" %]'),
        element("layerGeometryType", text="2"),
    )
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{to_text(root)}"


def hint(column: Column) -> str:
    """Return in German which values a column takes.

    Examples
    --------
    >>> hint(BUILDINGS["year_built"])
    'ganze Zahl von 800 bis 2100'
    """
    if column.categories:
        words = textwrap.wrap(" · ".join(c.label_de for c in column.categories), HINT_WIDTH)
        return "\n".join(["eines von", *words])
    if column.dtype == "bool":
        return "ja oder nein"
    if column.dtype == "str":
        return "Text"
    kind = "Zahl" if column.dtype == "float64" else "ganze Zahl"
    bounds = f" von {column.min or 0:g}" + (f" bis {column.max:g}" if column.max is not None else " an")
    return f"{kind}{bounds}{f' {column.unit}' if column.unit else ''}"


def _layer(path: Path, crs: str) -> None:
    kinds = {name: pd.ArrowDtype(pa.date32()) if name == "when" else "str" for name in FIELDS}
    empty = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs)),
        path,
        layer=CORRECTIONS.name,
        driver="GPKG",
        use_arrow=True,
        geometry_type="MultiPolygon",
        dataset_options={"VERSION": VERSION},
        layer_options={
            "FID": "fid",
            "GEOMETRY_NAME": "geom",
            "IDENTIFIER": CORRECTIONS.label_de,
            "DESCRIPTION": "Korrekturen von Hand; sie gehen bei jedem Lauf allen anderen Angaben vor.",
        },
    )


def _fields() -> list[Element]:
    """Return widgets, German names, defaults and conditions of the fields."""
    labels = {c.name: c.label_de for c in CORRECTIONS.columns}
    columns = {alias(c): c.name for c in CORRECTABLE}
    text: dict[str, object] = {"IsMultiline": "false", "UseHtml": "false"}
    date = {"display_format": "dd.MM.yyyy", "field_format": "yyyy-MM-dd", "calendar_popup": "true"}
    widgets = {
        "fid": _widget("Hidden", {}),
        "table": _choice({BUILDINGS.label_de: BUILDINGS.name}),
        "column": _choice(dict(sorted(columns.items()))),
        "when": _widget("DateTime", dict(date)),
        "why": _widget("TextEdit", text | {"IsMultiline": "true"}),
    }
    conditions = {
        "id": ('"id" IS NOT NULL OR NOT is_empty_or_null($geometry)', "Kennung oder Umriss wird gebraucht."),
        "value": (_fits(), "Der Wert passt nicht zum gewählten Merkmal."),
    }
    return [
        element(
            "fieldConfiguration",
            *(element("field", widgets.get(n, _widget("TextEdit", text)), name=n) for n in ("fid", *FIELDS)),
        ),
        element(
            "aliases",
            *(
                node("alias", {"index": i, "field": n, "name": labels.get(n, "")})
                for i, n in enumerate(("fid", *FIELDS))
            ),
        ),
        element(
            "defaults",
            *(node("default", {"field": n, "expression": e, "applyOnUpdate": 0}) for n, e in DEFAULTS.items()),
        ),
        element("constraints", *(_condition(n, n in REQUIRED, n in conditions) for n in FIELDS)),
        element(
            "constraintExpressions",
            *(node("constraint", {"field": n, "exp": e, "desc": d}) for n, (e, d) in conditions.items()),
        ),
    ]


def _widget(kind: str, settings: dict[str, object]) -> Element:
    pairs = [
        node("Option", {"type": "bool" if v in ("true", "false") else "QString", "name": k, "value": v})
        for k, v in settings.items()
    ]
    return node("editWidget", {"type": kind}, element("config", element("Option", *pairs, type="Map")))


def _choice(values: dict[str, str]) -> Element:
    pairs = [
        element("Option", node("Option", {"type": "QString", "name": label, "value": value}), type="Map")
        for label, value in values.items()
    ]
    config = element("config", element("Option", element("Option", *pairs, type="List", name="map"), type="Map"))
    return node("editWidget", {"type": "ValueMap"}, config)


def _condition(name: str, required: bool, tested: bool) -> Element:
    return node(
        "constraint",
        {
            "field": name,
            "constraints": NOT_NULL * required + EXPRESSION * tested,
            "notnull_strength": HARD * required,
            "exp_strength": HARD * tested,
            "unique_strength": 0,
        },
    )


def _fits() -> str:
    """Return the expression that tells whether the value fits the chosen column."""
    return _by_column({c.name: _test(c) for c in CORRECTABLE}, "true")


def _by_column(results: dict[str, str], otherwise: str) -> str:
    """Return the expression that has a result for each chosen column."""
    cases = " ".join(f'WHEN "column" = {quoted(name)} THEN {result}' for name, result in results.items())
    return f"CASE {cases} ELSE {otherwise} END"


def _test(column: Column) -> str:
    value = 'lower(trim("value"))'
    if column.categories:
        words = dict.fromkeys(w.lower() for c in column.categories for w in (c.label_de, c.value))
        return f"{value} IN ({', '.join(quoted(w) for w in words)})"
    if column.dtype == "bool":
        return f"{value} IN ('ja', 'nein')"
    if column.dtype == "str":
        return f"length({value}) > 0"
    number = f"try(to_real(replace({value}, ',', '.')))"
    bound = f" AND {number} <= {column.max:g}" if column.max is not None else ""
    whole = f" AND {number} % 1 = 0" if column.dtype != "float64" else ""
    return f"coalesce({number} >= {column.min or 0:g}{bound}{whole}, false)"


def _live_label() -> Element:
    """Return the label of the value, which tells what fits the column that is chosen."""
    hints = {c.name: quoted(f"{TITLE}: {hint(c)}").replace("\n", "\\n") for c in CORRECTABLE}
    expression = _by_column(hints, quoted(f"{TITLE}: erst das Merkmal wählen"))
    inner = element(
        "Option",
        node("Option", {"type": "bool", "name": "active", "value": "true"}),
        node("Option", {"type": "QString", "name": "expression", "value": expression}),
        node("Option", {"type": "int", "name": "type", "value": 3}),
        type="Map",
        name="dataDefinedAlias",
    )
    return element(
        "field",
        element(
            "Option",
            node("Option", {"type": "QString", "name": "name", "value": ""}),
            element("Option", inner, type="Map", name="properties"),
            node("Option", {"type": "QString", "name": "type", "value": "collection"}),
            type="Map",
        ),
        name="value",
    )


def _group(title: str, names: tuple[str, ...]) -> Element:
    return node(
        "attributeEditorContainer",
        {
            "name": title,
            "groupBox": 1,
            "showLabel": 1,
            "columnCount": 1,
            "visibilityExpressionEnabled": 0,
            "visibilityExpression": "",
        },
        *(node("attributeEditorField", {"name": n, "index": FIELDS.index(n) + 1, "showLabel": 1}) for n in names),
    )
