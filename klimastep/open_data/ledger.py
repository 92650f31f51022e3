"""Where each fetched file came from, under which terms, when, and what it was: ``quellen.json`` beside the data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pooch

from klimastep.errors import InputError, OutputError
from klimastep.open_data.products import Item

NAME = "quellen.json"


class Ledger:
    """The records of a folder, written anew after each change.

    Parameters
    ----------
    folder : Path
        Folder of the municipality.
    ags : str, optional
        Official key; kept from the file by default.

    Raises
    ------
    InputError
        A ``quellen.json`` that is none.
    """

    def __init__(self, folder: Path, ags: str = "") -> None:
        self.folder, self.ags = folder, ags
        self.records: dict[str, dict[str, Any]] = {}
        path = folder / NAME
        if not path.exists():
            return
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            self.records = {str(r["datei"]): dict(r) for r in told["dateien"]}
            self.ags = ags or str(told["ags"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(str(path), f"cannot be read ({error})", hint="put back a copy, or delete it") from error

    def fault(self, item: Item, file: Path) -> str:
        """Return how a file differs from the record of an item, or an empty text."""
        record = self.records.get(item.file)
        if record is None or pooch.file_hash(str(file), alg="sha256") == record["sha256"]:
            return ""
        return f"its SHA-256 is not the recorded {str(record['sha256'])[:12]}…"

    def add(self, item: Item, *, fetched: bool = True) -> None:
        """Record a file that lies in the folder; `fetched` is whether it came from its address just now."""
        file = self.folder / item.file
        self.records[item.file] = {
            "datei": item.file,
            "produkt": item.product,
            "url": item.url,
            "lizenz": item.licence,
            "quellenvermerk": item.attribution,
            "abgerufen": datetime.now(UTC).isoformat(timespec="seconds") if fetched else None,
            "bytes": file.stat().st_size,
            "sha256": pooch.file_hash(str(file), alg="sha256"),
        }
        self._write()

    def _write(self) -> None:
        records = [self.records[name] for name in sorted(self.records)]
        text = json.dumps({"ags": self.ags, "dateien": records}, ensure_ascii=False, indent=1)
        path = self.folder / NAME
        beside = path.with_name(f"{NAME}.new")
        try:
            beside.write_text(text + "\n", encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
