"""Columns of published registers by the headings they have had over the years."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from klimastep.errors import InputError, PlanError
from klimastep.sources._columns import as_text
from klimastep.sources._csv import require
from klimastep.sources._paths import nearest


def named(
    columns: Iterable[str], usual: Mapping[str, Sequence[str]], given: Mapping[str, str], source: str
) -> dict[str, str]:
    """Return the foreign name of each of our columns that is there.

    Parameters
    ----------
    columns : iterable of str
        Of the file.
    usual : mapping
        Headings of each of our columns; case, spaces and what stands in brackets do not matter.
    given : mapping
        ``{ours: foreign}`` of the plan; it wins.
    source : str
        Reader or file, for messages.

    Raises
    ------
    PlanError
        A column of the plan that this reader does not know.
    InputError
        A column of the plan that the file does not have.
    """
    for ours in given:
        if ours not in usual:
            hint = nearest(ours, list(usual)) or f"there are {', '.join(usual)}"
            raise PlanError(f"source {source}: columns: unknown {ours!r}; {hint}")
    require(list(columns), list(given.values()), source)
    plain = {_plain(c): c for c in reversed(list(columns))}
    found = {ours: next((plain[_plain(w)] for w in words if _plain(w) in plain), None) for ours, words in usual.items()}
    return {ours: name for ours, name in {**found, **given}.items() if name is not None}


def require_named(names: Mapping[str, str], needed: Sequence[str], columns: Iterable[str], source: str) -> None:
    """Raise :class:`InputError` for the first of our columns that no column of the file is."""
    for ours in needed:
        if ours not in names:
            raise InputError(
                source,
                f"no column for {ours} among {', '.join(map(str, columns))}",
                hint=f"name it with columns: {{{ours}: …}}",
            )


def joined(frame: pd.DataFrame, names: Mapping[str, str], *groups: Sequence[str]) -> pd.Series:
    """Return an address from its parts: within a group by blanks, groups by commas; missing where all are."""
    out = pd.Series("", index=frame.index, dtype="str")
    for group in groups:
        part = pd.Series("", index=frame.index, dtype="str")
        for ours in group:
            if ours in names:
                part = (part + " " + as_text(frame[names[ours]]).fillna("")).str.strip()
        out = (out + ", " + part).where(part != "", out).str.removeprefix(", ")
    return out.mask(out == "")


def years(cells: pd.Series) -> pd.Series:
    """Return the year of a date as text, ISO or German, or of a year alone; missing where there is none."""
    text = as_text(cells)
    found = text.str.extract(r"^(?:\d{1,2}\.\d{1,2}\.)?(\d{4})(?:-\d{2}.*)?$")[0]
    return found.fillna(text).rename(str(cells.name))


def _plain(heading: str) -> str:
    return re.sub(r"\[.*?\]|\(.*?\)|[\s_:.\-]", "", heading).casefold()
