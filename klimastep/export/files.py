"""Outputs appear whole or not at all: written beside their place, then moved there."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from klimastep.errors import OutputError

FULL_BELOW_BYTES = 1_000_000
LONGEST = 200
REASONS = {
    errno.ENOSPC: "kein Platz mehr auf dem Datenträger (disk full)",
    errno.EFBIG: "die Datei wird zu groß für diesen Datenträger (file too large)",
    errno.EROFS: "der Ordner ist schreibgeschützt (read-only)",
    errno.EACCES: "keine Schreibrechte in diesem Ordner (no permission)",
    errno.EPERM: "keine Schreibrechte in diesem Ordner (no permission)",
    errno.ENOTDIR: "der Pfad ist kein Ordner (not a folder)",
    errno.ENOENT: "den Ordner gibt es nicht (no such folder)",
}


def failure(path: Path, error: BaseException) -> OutputError:
    """Return what went wrong while writing `path`, in words."""
    reason = REASONS.get(getattr(error, "errno", None) or 0, "")
    if not reason and path.parent.is_dir() and shutil.disk_usage(path.parent).free < FULL_BELOW_BYTES:
        reason = REASONS[errno.ENOSPC]
    return OutputError(f"{path} lässt sich nicht schreiben (cannot be written): {reason or _brief(error)}")


def _brief(error: BaseException) -> str:
    first = str(error).partition("\n")[0]
    return first if len(first) <= LONGEST else f"{first[:LONGEST]} …"


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a free path beside `path` to write to; whatever is left of it at the end is removed.

    Raises
    ------
    OutputError
        The folder cannot be made or written to, or writing fails.
    """
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        temporary.unlink()
        yield temporary
    except OSError as error:
        raise failure(path, error) from error
    finally:
        for left in path.parent.glob(f"{temporary.name}*") if path.parent.is_dir() else ():
            left.unlink(missing_ok=True)


def put(temporary: Path, path: Path) -> None:
    """Move `temporary` to `path`; a file held open by another program keeps the new one beside it.

    Raises
    ------
    OutputError
        `path` is open elsewhere; the new file lies at ``<stem>.neu<suffix>``.
    """
    try:
        temporary.replace(path)
    except PermissionError as error:
        if not path.exists():
            raise
        raise keep_beside(temporary, path) from error


def keep_beside(temporary: Path, path: Path) -> OutputError:
    """Move `temporary` to ``<stem>.neu<suffix>`` and return the error that says so."""
    new = path.with_name(f"{path.stem}.neu{path.suffix}")
    temporary.replace(new)
    return OutputError(
        f"Datei ist geöffnet: {path} (open in another program). Das neue Ergebnis liegt daneben: {new.name}. "
        "Bitte die Datei schließen und den Lauf wiederholen (close it and run again)."
    )
