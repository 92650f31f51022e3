"""The self-contained Folium map. Door: :func:`write`."""

from klimastep.export.web_map.page import build, render, write

__all__ = ["build", "render", "write"]
