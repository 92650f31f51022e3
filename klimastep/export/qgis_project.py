"""The QGIS project inside the GeoPackage: layers in groups, map themes, print layouts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from klimastep.contract import Table
from klimastep.export import style
from klimastep.export.about import DISCLAIMER_DE, About
from klimastep.export.qgis_layout import Box, layout
from klimastep.export.qgis_style import QGIS_VERSION, layer_attributes, style_elements
from klimastep.export.qgis_symbols import Element, element, node, options, to_text
from klimastep.export.qgis_views import GROUND, GROUPS, View

PROJECT_NAME = "klimastep"
PROJECT_SUFFIX = ".qgs"
MARGIN_SHARE = 0.04
THEME_TABLES = ("blocks", "zones", "cells", "districts", "buildings", "roofs")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same project gives the same bytes
XML_HEAD = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def project(views: Sequence[View], tables: Mapping[str, pd.DataFrame], about: About, file_name: str) -> str:
    """Return the project (.qgs) of all views as XML text.

    Parameters
    ----------
    views : sequence of View
        In the order of the layer tree.
    tables : mapping of str to DataFrame
    about : About
    file_name : str
        Name of the GeoPackage; the layers' data sources name it.
    """
    title = f"Klima-STEP {about.marked(about.title_de)}"
    extent = extent_of(views, tables)
    themes = themes_of(views)
    root = node(
        "qgis",
        {"version": QGIS_VERSION, "projectname": title},
        element("title", text=title),
        element("projectCrs", crs_element(about.crs)),
        _tree(views, about, file_name),
        _canvas(extent, about),
        element("projectlayers", *(_layer(v, tables[v.table.name], about, file_name) for v in views)),
        element("layerorder", *(node("layer", {"id": v.id}) for v in views)),
        _properties(about),
        element("visibility-presets", *(_theme(name, shown) for name, shown in themes.items())),
        metadata_element("projectMetadata", title, about),
        element("Layouts", *(layout(about, name, extent) for name in themes)),
    )
    return XML_HEAD + to_text(root)


def packed(project_xml: str) -> str:
    """Return a project as QGIS stores it in a GeoPackage: the hex text of a .qgz archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo(f"{PROJECT_NAME}{PROJECT_SUFFIX}", ZIP_DATE), project_xml, zipfile.ZIP_DEFLATED
        )
    return buffer.getvalue().hex()


def unpacked(content: str) -> str:
    """Return the project XML that :func:`packed` stored."""
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        name = next(n for n in archive.namelist() if n.endswith(PROJECT_SUFFIX))
        return archive.read(name).decode("utf-8")


def relinked(content: str, old_name: str, new_name: str) -> str:
    """Return a stored project whose layers come from another file; what else QGIS keeps in it stays."""
    old, new = f"./{escape(old_name)}|", f"./{escape(new_name)}|"
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as before,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for member in before.infolist():
            data = before.read(member)
            if member.filename.endswith(PROJECT_SUFFIX):
                data = data.decode("utf-8").replace(old, new).encode("utf-8")
            after.writestr(zipfile.ZipInfo(member.filename, ZIP_DATE), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue().hex()


def project_facts(about: About) -> str:
    """Return the JSON that stands beside the project."""
    return json.dumps({"last_modified_time": f"{about.made_on[:10]}T00:00:00", "last_modified_user": "klimastep"})


def extent_of(views: Sequence[View], tables: Mapping[str, pd.DataFrame]) -> Box:
    """Return what must be visible at opening: the zones, else everything. [m]"""
    spatial = [v for v in views if v.table.geometry]
    named = {v.table.name for v in spatial}
    chosen = {"boundary", "zones"} & named or named
    boxes = [gpd.GeoSeries(tables[name].geometry).total_bounds for name in sorted(chosen)]
    bounds = np.array(boxes or [np.array([0.0, 0.0, 1.0, 1.0])])
    low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    margin = MARGIN_SHARE * float(max(high - low)) or 1.0
    return float(low[0] - margin), float(low[1] - margin), float(high[0] + margin), float(high[1] + margin)


def themes_of(views: Sequence[View]) -> dict[str, list[View]]:
    """Return the map themes: per group its first layer, areas before houses, under its points, over the context."""
    common = [v for v in views if v.column is None and v.on]
    themes = {}
    for group in GROUPS:
        coloured = [v for v in views if v.group == group and v.column and v.table.geometry == "Polygon"]
        if coloured:
            main = min(coloured, key=lambda v: (*THEME_TABLES, v.table.name).index(v.table.name))
            points = [v for v in views if v.group == group and v.on and v.table.geometry == "Point"]
            themes[group] = [*points, main, *common]
    return themes or {GROUND: common or list(views)}


def crs_element(name: str) -> Element:
    """Return a CRS as QGIS writes it."""
    crs = CRS.from_user_input(name)
    return element(
        "spatialrefsys",
        element("wkt", text=crs.to_wkt()),
        element("srid", text=str(crs.to_epsg() or 0)),
        element("authid", text=":".join(crs.to_authority() or ("", ""))),
        element("description", text=crs.name),
        element("geographicflag", text=str(crs.is_geographic).lower()),
    )


def metadata_element(tag: str, title: str, about: About, table: Table | None = None) -> Element:
    """Return title, abstract, language, licences and rights in QGIS's metadata schema."""
    abstract = [DISCLAIMER_DE, *about.notes_de]
    if about.synthetic:
        abstract.insert(0, "Synthetische Daten: erfundene Stadt (synthetisch).")
    lines = about.attribution
    parts = [
        element("identifier", text=f"{about.name}/{table.name}" if table else about.name),
        element("parentidentifier", text=about.name if table else ""),
        element("language", text="ger"),
        element("type", text="dataset"),
        element("title", text=title),
        element("abstract", text="\n".join(abstract)),
        node("constraints", {"type": "disclaimer"}, text=DISCLAIMER_DE),
        *(element("license", text=line) for line in lines),
        *(element("rights", text=line) for line in lines),
        element("encoding", text="UTF-8"),
        element("crs", crs_element(about.crs)),
        element("links"),
        element("author", text=f"klimastep {about.version}"),
        element("creation", text=f"{about.made_on[:10]}T00:00:00"),
    ]
    return element(tag, *parts)


def _source(view: View, file_name: str) -> str:
    return f"./{file_name}|layername={view.table.name}"


def _layer(view: View, frame: pd.DataFrame, about: About, file_name: str) -> Element:
    geometry = view.table.geometry
    wkb = {"Polygon": "MultiPolygon", "LineString": "MultiLineString", "Point": "Point", "": "NoGeometry"}[geometry]
    attributes: dict[str, object] = {
        "type": "vector",
        "geometry": {"LineString": "Line", "": "No geometry"}.get(geometry, geometry),
        "wkbType": wkb,
        "readOnly": 0,
    }
    title = about.marked(view.title)
    return node(
        "maplayer",
        attributes | layer_attributes(view),
        element("id", text=view.id),
        element("datasource", text=_source(view, file_name)),
        element("layername", text=title),
        *([element("srs", crs_element(about.crs))] if geometry else []),
        metadata_element("resourceMetadata", title, about, view.table),
        node("provider", {"encoding": "UTF-8"}, text="ogr"),
        *style_elements(view, frame),
    )


def _tree(views: Sequence[View], about: About, file_name: str) -> Element:
    groups = []
    for name in GROUPS:
        layers = [_tree_layer(v, about, file_name) for v in views if v.group == name]
        if layers:
            is_open = any(v.on and v.group == name and name != GROUND for v in views)
            attributes = {"name": name, "checked": "Qt::Checked", "expanded": int(is_open)}
            # the legend of a print names the layer itself; the group above it would be a second heading
            heading = options({"legend/title-style": "group" if name == GROUND else "hidden"})
            groups.append(node("layer-tree-group", attributes, element("customproperties", heading), *layers))
    return element("layer-tree-group", element("customproperties"), *groups)


def _tree_layer(view: View, about: About, file_name: str) -> Element:
    return node(
        "layer-tree-layer",
        {
            "id": view.id,
            "name": about.marked(view.title),
            "checked": "Qt::Checked" if view.on else "Qt::Unchecked",
            "expanded": int(view.on and view.column is not None),
            "providerKey": "ogr",
            "source": _source(view, file_name),
        },
    )


def _canvas(extent: Box, about: About) -> Element:
    corners = [element(k, text=repr(v)) for k, v in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True)]
    return node(
        "mapcanvas",
        {"name": "theMapCanvas", "annotationsVisible": 1},
        element("units", text="meters"),
        element("extent", *corners),
        element("rotation", text="0"),
        element("destinationsrs", crs_element(about.crs)),
    )


def _theme(name: str, shown: Sequence[View]) -> Element:
    layers = [node("layer", {"id": v.id, "visible": 1, "style": "default", "expanded": 1}) for v in shown]
    return node("visibility-preset", {"name": name, "has-expanded-info": 0, "has-checked-group-info": 0}, *layers)


def _properties(about: About) -> Element:
    red, green, blue = (int(style.PANEL[i : i + 2], 16) for i in (1, 3, 5))

    def entry(name: str, kind: str, value: object) -> Element:
        return element(name, text=str(value), type=kind)

    ellipsoid = "EPSG:7019" if "ETRS89" in CRS.from_user_input(about.crs).name else "NONE"
    return element(
        "properties",
        element("SpatialRefSys", entry("ProjectionsEnabled", "int", 1)),
        element("Paths", entry("Absolute", "bool", "false")),
        element(
            "Gui",
            entry("CanvasColorRedPart", "int", red),
            entry("CanvasColorGreenPart", "int", green),
            entry("CanvasColorBluePart", "int", blue),
        ),
        element("Measure", entry("Ellipsoid", "QString", ellipsoid)),
        element("Measurement", entry("DistanceUnits", "QString", "meters"), entry("AreaUnits", "QString", "ha")),
    )
