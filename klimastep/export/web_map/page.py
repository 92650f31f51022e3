"""The self-contained map page: Folium builds it, the package's own scripts and styles fill it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from branca.element import Figure
from folium.template import Template
from jinja2 import Environment
from markupsafe import Markup

from klimastep.contract import Catalogue
from klimastep.errors import OutputError
from klimastep.export import files
from klimastep.export.about import About
from klimastep.export.web_map import inline, model, packed_layer, themes, words

FILE = "index.html"
SCRIPTS = (
    "format.js",
    "decode.js",
    "scene.js",
    "packed.js",
    "labels.js",
    "legend.js",
    "popup.js",
    "table.js",
    "whatif.js",
    "controls.js",
    "map.js",
)
STYLES = ("page.css", "map.css", "print.css")
TEMPLATE = "page.html"
MAP_ID = "city"
FIRST_ZOOM = 14


class Page(Figure):
    """The Folium figure around the map: header, panel, dialogs and footer."""

    def __init__(self, context: dict[str, Any]) -> None:
        super().__init__(title=context["title"])
        self._template = Template("")
        self.context = context

    def render(self, **kwargs: Any) -> str:
        """Return the page, its libraries still as links."""
        for child in self._children.values():
            child.render(**kwargs)
            for name in (child.get_name(), "meta_http", "css_style", "map_style"):  # its viewport forbids zooming
                self.header._children.pop(name, None)
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        template = environment.from_string(_asset(TEMPLATE))
        parts = {n: Markup(getattr(self, n).render(**kwargs)) for n in ("header", "html", "script")}
        return template.render(**self.context, **parts)


def write(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, folder: Path, about: About) -> list[Path]:
    """Write ``index.html``, a map that needs no network.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Any of zones, districts, blocks, cells, buildings, roofs, streets, and the context layers water,
        green and boundary. The public edition leaves out buildings and roofs.
    catalogue : Catalogue
        Labels, units, palettes and limits.
    folder : Path
        Where the page goes; an older page stays until the new one is whole.
    about : About

    Returns
    -------
    list of Path

    Raises
    ------
    OutputError
        If there is nothing to show or the folder cannot be written.
    """
    path = Path(folder) / FILE
    text = render(tables, catalogue, about)
    with files.beside(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        files.put(fresh, path)
    return [path]


def render(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, about: About) -> str:
    """Return the map page as text."""
    city = build(tables, catalogue, about)
    return inline.inline(inline.one_newline(city.get_root().render()))


def build(tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, about: About) -> inline.LeanMap:
    """Return the Folium map inside its page; anything Folium draws with Leaflet alone may be added to it."""
    shown, catalogue = themes.with_densities(themes.shown_tables(tables, about), catalogue)
    views = themes.views(shown, catalogue, about)
    if not views:
        raise OutputError("the map has nothing to show: this edition holds no column of any theme")
    facts = model.page_model(shown, catalogue, views, about)
    (south, west), (north, east) = facts["bounds"]
    city = inline.LeanMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=FIRST_ZOOM,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        fade_animation=False,
        min_zoom=8,
        max_zoom=20,
        zoom_snap=0.25,
        zoom_delta=0.75,
        wheel_px_per_zoom_level=90,
    )
    city._id = MAP_ID
    for table in dict.fromkeys([*(v.table for v in views), *facts["context"]]):
        columns = model.packed_columns(shown[table], table, views, catalogue)
        label = about.marked(words.PLURAL.get(table, (table, table))[0])
        geometry = packed_layer.pack_geometry(shown[table].geometry)
        packed_layer.PackedLayer(table, label, geometry, columns).add_to(city)
    Page(_context(facts, about, city)).add_child(city)
    return city


def _context(facts: dict[str, Any], about: About, city: inline.LeanMap) -> dict[str, Any]:
    return {
        "title": f"Klima-STEP {about.title_de}",
        "about": about,
        "city": about.title_de.removesuffix(" (synthetisch)"),
        "as_of": "/".join(reversed(about.made_on[:7].split("-"))),
        "words": {k: v[0] for k, v in words.WORDS.items()},
        "map_name": city.get_name(),
        "policy": Markup(inline.POLICY_MARK),
        "model_json": Markup(packed_layer.script_json(facts)),
        "styles": Markup("\n".join(_asset(n) for n in STYLES)),
        "scripts": [Markup(_asset(n)) for n in SCRIPTS],
    }


def _asset(name: str) -> str:
    text = resources.files("klimastep.export.web_map").joinpath("assets").joinpath(name).read_text(encoding="utf-8")
    return inline.one_newline(text)
