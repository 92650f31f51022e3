"""What readers and steps noticed: nothing is lost silently.

A reader returns a :class:`Reading`; its tally must close: rows in = rows out + rows set aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pandas as pd

Severity = Literal["note", "warning", "set_aside"]
IDS_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One kind of oddity, with how many rows it touches and the first of them.

    Parameters
    ----------
    source : str
        File name (and layer) or step that noticed it.
    kind : str
        Short stable key, for example ``"invalid_geometry"``.
    count : int
        Rows touched.
    ids : tuple of str
        The first few of them.
    text_de, text_en : str
        One sentence for people.
    severity : {"note", "warning", "set_aside"}
        ``set_aside`` means that these rows left the table.
    """

    source: str
    kind: str
    count: int
    ids: tuple[str, ...]
    text_de: str
    text_en: str
    severity: Severity = "warning"

    def as_dict(self) -> dict[str, Any]:
        """Return a plain dictionary for ``checks.json``."""
        return asdict(self)


def first_ids(ids: Iterable[Any]) -> tuple[str, ...]:
    """Return the first few ids as text."""
    return tuple(str(value) for _, value in zip(range(IDS_SHOWN), ids, strict=False))


@dataclass(frozen=True)
class Reading:
    """What one source delivered.

    Parameters
    ----------
    source : str
        File name (and layer).
    tables : dict of str to DataFrame
        Checked tables by name ("buildings", "roofs", …); usually one.
    rows_in : int
        Rows (features) in the file that belong to this reader's subject, counted for the first table.
    findings : tuple of Finding
        Oddities; those with severity ``set_aside`` explain the missing rows.
    files : tuple of str
        Paths of all files read, for the provenance.
    attribution : str
        Licence and source line to print on outputs.
    """

    source: str
    tables: dict[str, pd.DataFrame]
    rows_in: int
    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    attribution: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_out(self) -> int:
        """Rows of the first table."""
        return len(next(iter(self.tables.values()))) if self.tables else 0

    @property
    def rows_set_aside(self) -> int:
        """Rows that the findings explain."""
        return sum(f.count for f in self.findings if f.severity == "set_aside")

    @property
    def closes(self) -> bool:
        """Whether rows in = rows out + rows set aside."""
        return self.rows_in == self.rows_out + self.rows_set_aside
