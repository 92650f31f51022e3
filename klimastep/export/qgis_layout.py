"""The A3 print layout inside the QGIS project: title, map, legend, scale, north, sources."""

from __future__ import annotations

import copy
import datetime
import math
import uuid

from klimastep.export import style
from klimastep.export.about import DISCLAIMER_DE, About
from klimastep.export.qgis_symbols import FONT, Element, area, element, node, rgba, symbol

PAGE_MM = (420.0, 297.0)
MAP_BOX_MM = (12.0, 27.0, 300.0, 232.0)
SIDE_X_MM, SIDE_WIDTH_MM = 318.0, 92.0
PAGE, MAP, PICTURE, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
NORTH_ARROW = ":/images/north_arrows/layout_default_north_arrow.svg"
LEFT, RIGHT, TOP = 1, 2, 32
BOLD, NORMAL = 75, 50
PRIORITY_SUBTITLE = "Handlungsbedarf nach Handlungsräumen"
Box = tuple[float, float, float, float]


def layout(about: About, theme: str, extent: Box) -> Element:
    """Return the print layout of one map theme.

    Parameters
    ----------
    about : About
    theme : str
        Name of the map theme that the map follows.
    extent : tuple of float
        xmin, ymin, xmax, ymax that must be visible. [m]
    """
    map_id = _id(about, theme, "map")
    title = f"Klima-STEP {about.marked(about.title_de)}"
    small = sources(about)
    items = [
        _label(about, theme, "title", (12, 7, 396, 10), title, 20, style.INK, BOLD),
        _label(about, theme, "subtitle", (12, 18, 396, 6), subtitle(theme), 12, style.MUTED),
        _map(map_id, theme, extent),
        _legend(_id(about, theme, "legend"), map_id),
        _scale_bar(_id(about, theme, "scale"), map_id),
        _north(_id(about, theme, "north"), map_id),
        _label(about, theme, "sources", (12, 262, 300, 30), small, fitting_pt(small), style.MUTED),
        _label(about, theme, "imprint", (SIDE_X_MM, 262, SIDE_WIDTH_MM, 30), imprint(about), 7, style.MUTED),
    ]
    paper = symbol("fill", "", area(style.PANEL, style.PANEL, 0))
    page = _item(PAGE, _id(about, theme, "page"), (0, 0, *PAGE_MM), {}, copy.deepcopy(paper))
    return node(
        "Layout",
        {"name": f"A3 {theme}", "units": "mm", "printResolution": 300, "worldFileMap": ""},
        node("Grid", {"resolution": 10, "resUnits": "mm", "offsetX": 0, "offsetY": 0, "offsetUnits": "mm"}),
        element("PageCollection", paper, page, node("GuideCollection", {"visible": 1})),
        *items,
    )


def subtitle(theme: str) -> str:
    """Return what the map shows, in words."""
    return PRIORITY_SUBTITLE if theme == "Prioritäten" else theme


def sources(about: About) -> str:
    """Return disclaimer, notes and sources as they stand under the map."""
    lines = [DISCLAIMER_DE, *about.notes_de]
    if about.attribution:
        lines.append("Quellen: " + " · ".join(about.attribution))
    return "\n".join(lines)


def fitting_pt(text: str, largest: float = 7.0, smallest: float = 4.5) -> float:
    """Return the font size at which a text fits into the 300 mm x 30 mm under the map. [pt]"""
    size = largest
    while size > smallest and sum(math.ceil(max(1, len(line)) * size / 1600) for line in text.split("\n")) * size > 72:
        size -= 0.5
    return size


def imprint(about: About) -> str:
    """Return date, version, projection and what kind of data it is."""
    date = datetime.date.fromisoformat(about.made_on[:10])
    lines = [f"Stand {date:%d.%m.%Y} · klimastep {about.version}", f"Koordinatensystem {about.crs}"]
    if about.synthetic:
        lines.append("synthetisch: erfundene Stadt, keine echten Gebäude")
    if about.is_internal and not about.synthetic:
        lines.append("INTERN: enthält Angaben zu einzelnen Gebäuden")
    return "\n".join(lines)


def _id(about: About, theme: str, part: str) -> str:
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, f'klimastep/{about.name}/{theme}/{part}')}}}"


def _item(kind: int, item_id: str, box: Box, attributes: dict[str, object], *parts: Element) -> Element:
    x, y, width, height = box
    common: dict[str, object] = {
        "type": kind,
        "uuid": item_id,
        "templateUuid": item_id,
        "position": f"{x},{y},mm",
        "positionOnPage": f"{x},{y},mm",
        "size": f"{width},{height},mm",
        "referencePoint": 0,
        "visibility": 1,
        "opacity": 1,
        "blendMode": 0,
        "frame": "false",
        "background": "false",
        "zValue": 1,
        "itemRotation": 0,
    }
    return node("LayoutItem", common | attributes, *parts)


def _label(
    about: About, theme: str, part: str, box: Box, text: str, size_pt: float, colour: str, weight: int = NORMAL
) -> Element:
    red, green, blue, alpha = rgba(colour).split(",")
    return _item(
        LABEL,
        _id(about, theme, part),
        box,
        {"labelText": text, "htmlState": 0, "halign": LEFT, "valign": TOP, "marginX": 0, "marginY": 0, "zValue": 3},
        node("LabelFont", {"description": _font(size_pt, weight), "style": ""}),
        node("FontColor", {"red": red, "green": green, "blue": blue, "alpha": alpha}),
    )


def _font(size_pt: float, weight: int = NORMAL) -> str:
    return f"{FONT},{size_pt:g},-1,5,{weight},0,0,0,0,0"


def _map(map_id: str, theme: str, extent: Box) -> Element:
    xmin, ymin, xmax, ymax = _fitted(extent, MAP_BOX_MM[2] / MAP_BOX_MM[3])
    red, green, blue, alpha = rgba(style.MUTED).split(",")
    return _item(
        MAP,
        map_id,
        MAP_BOX_MM,
        {
            "frame": "true",
            "background": "true",
            "outlineWidthM": "0.3,mm",
            "followPreset": "true",
            "followPresetName": theme,
            "keepLayerSet": "false",
            "drawCanvasItems": "false",
            "mapRotation": 0,
        },
        node("FrameColor", {"red": red, "green": green, "blue": blue, "alpha": alpha}),
        node("BackgroundColor", {"red": 255, "green": 255, "blue": 255, "alpha": 255}),
        node("Extent", {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}),
    )


def _fitted(extent: Box, ratio: float) -> Box:
    """Return the extent grown to the frame's ratio of width to height."""
    xmin, ymin, xmax, ymax = extent
    width, height = max(xmax - xmin, (ymax - ymin) * ratio), max(ymax - ymin, (xmax - xmin) / ratio)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _legend(legend_id: str, map_id: str) -> Element:
    styles = [
        node(
            "style",
            {"name": name, "alignment": LEFT, "indent": 0, **margins},
            node("styleFont", {"description": _font(size_pt, weight), "style": ""}),
        )
        for name, size_pt, weight, margins in (
            ("title", 12, BOLD, {"marginBottom": 2}),
            ("group", 10, BOLD, {"marginTop": 3}),
            ("subgroup", 9, BOLD, {"marginTop": 2.5}),
            ("symbol", 9, NORMAL, {"marginTop": 1.2}),
            ("symbolLabel", 9, NORMAL, {"marginTop": 1.2, "marginLeft": 2}),
        )
    ]
    return _item(
        LEGEND,
        legend_id,
        (SIDE_X_MM, MAP_BOX_MM[1], SIDE_WIDTH_MM, 180),
        {
            "title": "Legende",
            "titleAlignment": LEFT,
            "map_uuid": map_id,
            "legendFilterByMap": 1,
            "resizeToContents": 1,
            "columnCount": 1,
            "fontColor": style.INK,
            "symbolWidth": 7,
            "symbolHeight": 4,
            "boxSpace": 0,
            "columnSpace": 2,
            "lineSpacing": 1,
            "wrapChar": "",
            "zValue": 2,
        },
        element("styles", *styles),
    )


def _scale_bar(bar_id: str, map_id: str) -> Element:
    text = node(
        "text-style",
        {
            "fontFamily": FONT,
            "fontSize": 8,
            "fontSizeUnit": "Point",
            "fontWeight": NORMAL,
            "textColor": rgba(style.INK),
            "textOpacity": 1,
        },
    )
    return _item(
        SCALE_BAR,
        bar_id,
        (SIDE_X_MM, 240, 70, 13),
        {
            "mapUuid": map_id,
            "style": "Single Box",
            "unitType": "meters",
            "unitLabel": "m",
            "numMapUnitsPerScaleBarUnit": 1,
            "numSegments": 2,
            "numSegmentsLeft": 0,
            "numUnitsPerSegment": 100,
            "segmentSizeMode": 1,
            "minBarWidth": 40,
            "maxBarWidth": 70,
            "height": 2,
            "labelBarSpace": 1.5,
            "boxContentSpace": 0,
            "outlineWidth": 0.2,
            "alignment": 0,
            "zValue": 4,
        },
        text,
    )


def _north(picture_id: str, map_id: str) -> Element:
    return _item(
        PICTURE,
        picture_id,
        (SIDE_X_MM + SIDE_WIDTH_MM - 14, 236, 12, 18),
        {
            "file": NORTH_ARROW,
            "mode": 0,
            "resizeMode": 0,
            "anchorPoint": 4,
            "mapUuid": map_id,
            "northMode": 0,
            "northOffset": 0,
            "pictureRotation": 0,
            "svgFillColor": rgba(style.INK),
            "svgBorderColor": rgba(style.INK),
            "svgBorderWidth": 0.2,
            "zValue": 5,
        },
    )
