"""Files that a plan names: there, or missing with the nearest name, and what their endings say."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from klimastep.errors import InputError


def nearest(name: str, options: Sequence[str]) -> str:
    """Return a hint naming the option most like `name`, or an empty text."""
    lower = {o.lower(): o for o in options}
    found = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
    return f"did you mean {lower[found[0]]!r}?" if found else ""


def existing(path: Path | None) -> Path:
    """Return `path` if a file or folder is there, else raise :class:`InputError` with the nearest name."""
    if path is None:
        raise InputError("plan", "the source names no path", hint="add path: to this source")
    if path.exists():
        return path
    siblings = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    where = "the file is missing" if path.parent.is_dir() else f"the folder {path.parent} is missing"
    raise InputError(str(path), where, hint=nearest(path.name, siblings))


def is_sheet(path: Path) -> bool:
    """Return whether a file's name says that it is an Excel workbook."""
    return path.suffix.lower() in (".xlsx", ".xlsm")
