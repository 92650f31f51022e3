"""Symbols and XML building blocks of QGIS styles and projects."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from klimastep.contract import GeometryKind
from klimastep.export import style

Element = ET.Element
FONT = "Arial"
HATCH_UNKNOWN_MM = 2.0
HATCH_WIDTH_MM = 0.25
PLACEMENTS = {"area": 4, "line": 3, "point": 6}  # horizontal inside, along a curve, in order around a point
SYMBOL_KINDS: dict[GeometryKind, str] = {"Polygon": "fill", "LineString": "line", "Point": "marker"}


def element(tag: str, *children: Element, text: str | None = None, **attributes: object) -> Element:
    """Return an XML element; a trailing underscore in an attribute's name is dropped, another becomes a dash."""
    made = ET.Element(tag, {k.rstrip("_").replace("_", "-"): str(v) for k, v in attributes.items()})
    made.text = text
    made.extend(children)
    return made


def node(tag: str, attributes: dict[str, object], *children: Element, text: str | None = None) -> Element:
    """Return an XML element whose attribute names are taken as they are."""
    made = ET.Element(tag, {k: str(v) for k, v in attributes.items()})
    made.text = text
    made.extend(children)
    return made


def to_text(root: Element) -> str:
    """Return the element as XML text."""
    return ET.tostring(root, encoding="unicode")


def options(values: dict[str, object]) -> Element:
    """Return the map of text options by which QGIS describes symbol layers."""
    items = [element("Option", type="QString", name=k, value=v) for k, v in values.items()]
    return element("Option", *items, type="Map")


def rgba(colour: str, alpha: float = 1.0) -> str:
    """Return ``#rrggbb`` as the text that QGIS reads.

    Examples
    --------
    >>> rgba("#1f2933")
    '31,41,51,255'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * alpha)}"


def symbol(kind: str, name: str, *layers: Element, alpha: float = 1.0) -> Element:
    """Return a symbol of symbol layers, the lowest first."""
    return node("symbol", {"type": kind, "name": name, "alpha": alpha, "clip_to_extent": 1, "force_rhr": 0}, *layers)


def symbol_layer(kind: str, values: dict[str, object], *parts: Element) -> Element:
    """Return one layer of a symbol."""
    return node("layer", {"class": kind, "enabled": 1, "locked": 0, "pass": 0}, options(values), *parts)


def stroke(colour: str, width_mm: float, alpha: float = 1.0, dash: str = "") -> Element:
    """Return a line symbol layer; `dash` as in "5;2"."""
    return symbol_layer(
        "SimpleLine",
        {
            "line_color": rgba(colour, alpha),
            "line_style": "solid",
            "line_width": width_mm,
            "line_width_unit": "MM",
            "capstyle": "flat" if dash else "round",
            "joinstyle": "round",
            "use_custom_dash": int(bool(dash)),
            "customdash": dash or "5;2",
            "customdash_unit": "MM",
        },
    )


def area(colour: str, outline: str, width_mm: float, alpha: float = 1.0, fill_style: str = "solid") -> Element:
    """Return a fill symbol layer with an outline; width 0 means none."""
    return symbol_layer(
        "SimpleFill",
        {
            "color": rgba(colour, alpha),
            "style": fill_style,
            "outline_color": rgba(outline),
            "outline_style": "solid" if width_mm else "no",
            "outline_width": width_mm,
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )


def hatch(colour: str, distance_mm: float, alpha: float = 1.0, angle_deg: float = 45.0) -> Element:
    """Return a line pattern for a fill symbol."""
    values: dict[str, object] = {
        "angle": angle_deg,
        "distance": distance_mm,
        "distance_unit": "MM",
        "line_width": HATCH_WIDTH_MM,
        "line_width_unit": "MM",
        "color": rgba(colour, alpha),
    }
    return symbol_layer("LinePatternFill", values, symbol("line", "@0@1", stroke(colour, HATCH_WIDTH_MM, alpha)))


def dot(colour: str, size_mm: float, outline: str) -> Element:
    """Return a round marker symbol layer."""
    return symbol_layer(
        "SimpleMarker",
        {
            "name": "circle",
            "color": rgba(colour),
            "size": size_mm,
            "size_unit": "MM",
            "outline_color": rgba(outline),
            "outline_style": "solid",
            "outline_width": 0.2,
            "outline_width_unit": "MM",
        },
    )


def unknown(geometry: GeometryKind, name: str, outline: str, width_mm: float, alpha: float = 1.0) -> Element:
    """Return the symbol of an unknown value: light grey, hatched (areas) or dashed (lines)."""
    if geometry == "LineString":
        return symbol("line", name, stroke(style.UNKNOWN_COLOUR, 0.6, dash="1.5;1"))
    if geometry == "Point":
        return symbol("marker", name, dot(style.UNKNOWN_COLOUR, 2.4, style.MUTED))
    return symbol(
        "fill",
        name,
        area(style.UNKNOWN_COLOUR, outline, width_mm, alpha),
        hatch(style.MUTED, HATCH_UNKNOWN_MM, 0.45, 135.0),
    )


def coloured(
    geometry: GeometryKind,
    name: str,
    colour: str,
    outline: tuple[str, float],
    alpha: float = 1.0,
    hatch_mm: float = 0.0,
) -> Element:
    """Return the symbol of a class; `outline` is colour and width in mm (a line's own), `hatch_mm` between lines."""
    if geometry == "LineString":
        return symbol("line", name, stroke(colour, outline[1]))
    if geometry == "Point":
        return symbol("marker", name, dot(colour, 2.4, outline[0]))
    lines = [hatch(style.PANEL, hatch_mm, 0.55)] if hatch_mm else []
    return symbol("fill", name, area(colour, *outline, alpha), *lines)


def label_settings(
    expression: str,
    size_pt: float,
    colour: str,
    *,
    bold: bool = False,
    at: str = "area",
    max_scale: int = 0,
    priority: int = 5,
) -> Element:
    """Return labelling by an expression with a white halo.

    Parameters
    ----------
    expression : str
    size_pt : float
    colour : str
    bold : bool
    at : {"area", "line", "point"}
    max_scale : int
        7500 shows labels only at 1:7500 and closer; 0 always.
    priority : int
        0 to 10; where names collide the higher one stays.
    """
    text_style = node(
        "text-style",
        {
            "fieldName": expression,
            "isExpression": 1,
            "fontFamily": FONT,
            "fontSize": size_pt,
            "fontSizeUnit": "Point",
            "fontWeight": 75 if bold else 50,
            "namedStyle": "Bold" if bold else "Regular",
            "textColor": rgba(colour),
            "textOpacity": 1,
            "multilineHeight": 1,
        },
        node(
            "text-buffer",
            {
                "bufferDraw": 1,
                "bufferSize": 0.9,
                "bufferSizeUnits": "MM",
                "bufferColor": rgba(style.PANEL),
                "bufferOpacity": 0.9,
                "bufferJoinStyle": 128,
                "bufferNoFill": 0,
            },
        ),
    )
    placement = node(
        "placement",
        {
            "placement": PLACEMENTS[at],
            "placementFlags": 9 if at == "line" else 10,
            "priority": priority,
            "dist": 1.2,
            "distUnits": "MM",
        },
    )
    rendering = node(
        "rendering",
        {
            "drawLabels": 1,
            "displayAll": 0,
            "mergeLines": int(at == "line"),
            "obstacle": 1,
            "scaleVisibility": int(max_scale > 0),
            "scaleMin": 0,
            "scaleMax": max_scale,
            "upsidedownLabels": 0,
        },
    )
    settings = element("settings", text_style, placement, rendering, calloutType="simple")
    return element("labeling", settings, type="simple")
