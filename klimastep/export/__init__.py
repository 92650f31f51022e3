"""Tables and catalogue out: one file a format.

An exporter is a module here, or an entry point of the group ``klimastep.exports``, with
``write(tables, catalogue, folder, about) -> list[Path]``. It is imported when it is used.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from klimastep.errors import PlanError

GROUP = "klimastep.exports"
SHARED = frozenset(
    (
        "about",
        "corrections",
        "editions",
        "files",
        "qgis_layout",
        "qgis_project",
        "qgis_style",
        "qgis_symbols",
        "qgis_views",
        "quality_report",
        "style",
    )
)


def names() -> list[str]:
    """Return the names of all exporters, our own and those of other packages."""
    return sorted(_own() | set(_foreign()))


def load(name: str) -> ModuleType:
    """Return an exporter.

    Raises
    ------
    PlanError
        There is none of this name, or it cannot be imported.
    """
    if name in _own():
        return importlib.import_module(f"{__name__}.{name}")
    foreign = _foreign()
    if name not in foreign:
        near = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names())}"
        raise PlanError(f"exports: no exporter {name!r}; {hint}")
    try:
        module = foreign[name].load()
    except (ImportError, AttributeError) as error:
        raise PlanError(f"exports: {name!r} ({foreign[name].value}) cannot be loaded: {error}") from error
    if not callable(getattr(module, "write", None)):
        raise PlanError(f"exports: {name!r} ({foreign[name].value}) has no function write")
    return module


def _own() -> set[str]:
    return {module.name for module in pkgutil.iter_modules(__path__)} - SHARED


def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
