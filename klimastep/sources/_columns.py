"""Foreign columns become declared ones: ids, numbers, vocabularies, with the row and id named where they do not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from klimastep.contract import Column, Table
from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Severity, first_ids
from klimastep.sources._csv import CsvTable, parse_numbers, require
from klimastep.sources._paths import nearest

TRUE = {"1", "true", "ja", "j", "yes", "y", "wahr", "t"}
MAX_TEXT = 10_000
FALSE = {"0", "false", "nein", "n", "no", "falsch", "f"}


@dataclass(frozen=True, kw_only=True)
class IdOptions:
    """How the id of a row is made from foreign columns.

    Parameters
    ----------
    id : str or list of str
        Foreign column; of several the first one that is not empty.
    id_width : int, optional
        Fill numbers with zeros on the left up to this width.
    id_prefix : str
        Put before each id.
    id_length : int, optional
        Keep only so many characters (16 for an ALKIS gml_id with time stamp).
    """

    id: str | list[str]
    id_width: int | None = None
    id_prefix: str = ""
    id_length: int | None = None


@dataclass(frozen=True)
class Origin:
    """Where cells come from, for messages, and how their numbers are read."""

    source: str
    word: str
    numbers: Callable[[str], pd.Series]

    @classmethod
    def of_csv(cls, table: CsvTable) -> Origin:
        """Cells of a delimited file; the index counts lines."""
        return cls(table.source, "line", table.numbers)

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, source: str) -> Origin:
        """Cells of a vector file; the index counts features from 0."""
        return cls(
            source, "feature", lambda name: parse_numbers(frame[name], source=source, unclear=".", word="feature")
        )


def finding(
    source: str, kind: str, ids: Iterable[Any], text_de: str, text_en: str, severity: Severity = "warning"
) -> list[Finding]:
    """Return one finding that names the count and the first ids, or nothing where there are no ids."""
    every = list(ids)
    if not every:
        return []
    shown = first_ids(every)
    tail = f": {', '.join(shown)}{', …' if len(every) > len(shown) else ''}"
    count = len(every)
    return [Finding(source, kind, count, shown, f"{count} {text_de}{tail}", f"{count} {text_en}{tail}", severity)]


def as_text(cells: pd.Series) -> pd.Series:
    """Return cells as stripped text, whole numbers without ``.0``; empty is missing."""
    if pd.api.types.is_float_dtype(cells) and (cells.dropna() % 1 == 0).all():
        cells = cells.astype("Int64")
    text = cells.astype("str").str.strip()
    return text.mask((text == "") | cells.isna().to_numpy())


def clean_ids(cells: pd.Series, *, width: int | None = None, prefix: str = "", length: int | None = None) -> pd.Series:
    """Return ids as text: stripped, cut to `length`, whole numbers filled with zeros to `width`, with `prefix`."""
    text = as_text(cells).str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
    if length is not None:
        text = text.str.slice(0, length)
    if width is not None:
        digits = text.str.fullmatch(r"\d+").fillna(False).astype("bool")
        text = text.mask(digits, text.str.zfill(width))
    return (prefix + text).astype("str")


def ids_of(frame: pd.DataFrame, options: IdOptions, source: str) -> pd.Series:
    """Return the id of each row by `options`; rows without one are missing."""
    names = [options.id] if isinstance(options.id, str) else list(options.id)
    require([c for c in frame.columns if c != "geometry"], names, source)
    text = as_text(frame[names[0]])
    for name in names[1:]:
        text = text.fillna(as_text(frame[name]))
    long = text.str.len().gt(MAX_TEXT).fillna(False)
    if long.any():
        raise InputError(source, f"row {text.index[long][0]}: an id of more than {MAX_TEXT} characters", "a short id")
    return clean_ids(text, width=options.id_width, prefix=options.id_prefix, length=options.id_length)


def without_id(ids: pd.Series, source: str, word: str) -> list[Finding]:
    """Return the finding for rows without id, which leave the table."""
    rows = [f"{word} {i}" for i in ids.index[ids.isna().to_numpy()]]
    return finding(
        source, "no_id", rows, "Zeilen ohne Kennung, zurückgestellt", "rows without id, set aside", "set_aside"
    )


def declared(
    frame: pd.DataFrame,
    table: Table,
    columns: Mapping[str, str],
    origin: Origin,
    *,
    ids: pd.Series,
    values: Mapping[str, Mapping[Any, Any]] | None = None,
    unknown: Mapping[str, list[Any]] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the declared columns of `table` that `columns` names, cast and checked against their bounds.

    Parameters
    ----------
    frame : DataFrame
    table : Table
    columns : mapping
        ``{ours: foreign}``.
    origin : Origin
    ids : Series
        Id of each row, for messages.
    values : mapping, optional
        ``{ours: {foreign value: our value}}``.
    unknown : mapping, optional
        ``{ours: [foreign values that mean unknown]}``.

    Raises
    ------
    PlanError
        A column that the table does not have.
    InputError
        A foreign column that the file does not have, text in a number column, a value out of bounds.
    """
    known = {c.name: c for c in table.columns}
    refuse_undeclared([*columns, *(values or {}), *(unknown or {})], table)
    require([c for c in frame.columns if c != "geometry"], list(columns.values()), origin.source)
    parts: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for ours, foreign in columns.items():
        column = known[ours]
        text = as_text(frame[foreign])
        meant = {str(v) for v in (unknown or {}).get(ours, [])}
        gone = text.isin(meant).to_numpy() if meant else np.zeros(len(text), dtype=bool)
        if column.dtype in ("str", "category", "bool"):
            part, found = _words(text.mask(gone), column, (values or {}).get(ours), origin, ids)
        else:
            part, found = _quantity(origin.numbers(foreign).reindex(frame.index).mask(gone), column, origin, ids), []
        parts[ours] = part
        findings += found
    return pd.DataFrame(parts, index=frame.index), findings


def refuse_undeclared(names: Iterable[str], table: Table) -> None:
    """Raise :class:`PlanError` for the first name that `table` does not declare."""
    known = [c.name for c in table.columns]
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            raise PlanError(f"{table.name} has no column {name!r}; " + (hint or f"there are {', '.join(known)}"))


def _words(
    text: pd.Series, column: Column, values: Mapping[Any, Any] | None, origin: Origin, ids: pd.Series
) -> tuple[pd.Series, list[Finding]]:
    if values is not None:
        told = {str(k): str(v) for k, v in values.items()}
        _refuse_unknown_values(told.values(), column)
        mapped = text.map(told).astype("str") if column.dtype == "category" else text.replace(told)
    elif column.dtype == "bool":
        lower = text.str.lower()
        mapped = text.mask(lower.isin(TRUE), "true").mask(lower.isin(FALSE), "false")
    else:
        mapped = text
    if column.dtype == "str":
        long = mapped.str.len().gt(MAX_TEXT).fillna(False).to_numpy(dtype=bool)
        return column.cast(mapped.mask(long), text.index), finding(
            origin.source,
            "text_too_long",
            [f"{origin.word} {i}" for i in text.index[long]],
            f"Texte in {column.name} mit über {MAX_TEXT} Zeichen, unbekannt gesetzt",
            f"texts in {column.name} of more than {MAX_TEXT} characters, set unknown",
        )
    allowed = ["true", "false"] if column.dtype == "bool" else column.vocabulary
    fits = mapped.isin(allowed).to_numpy()
    strange = text[~fits & text.notna().to_numpy()]
    if not column.nullable and not fits.all():
        row = text.index[~fits][0]
        raise InputError(
            origin.source,
            f"{origin.word} {row}, id {ids.loc[row]}: {column.name} = {text.loc[row]!r}",
            f"one of {', '.join(allowed)}",
            f"translate the values with values: {{{column.name}: {{…}}}}",
        )
    found = finding(
        origin.source,
        "unknown_value",
        strange,
        f"Werte in {column.name} nicht übersetzt, unbekannt",
        f"values of {column.name} not translated, left unknown",
    )
    if column.dtype == "bool":
        return (mapped == "true").rename(column.name), found
    return column.cast(mapped.where(fits), text.index), found


def _refuse_unknown_values(told: Iterable[str], column: Column) -> None:
    if column.dtype != "category":
        return
    for value in told:
        if value not in column.vocabulary:
            hint = nearest(value, column.vocabulary) or f"there are {', '.join(column.vocabulary)}"
            raise PlanError(f"{column.name} has no value {value!r}; {hint}")


def _quantity(numbers: pd.Series, column: Column, origin: Origin, ids: pd.Series) -> pd.Series:
    values = numbers.to_numpy(dtype="float64")
    low = -np.inf if column.min is None else column.min
    high = np.inf if column.max is None else column.max
    wrong = (values < low) | (values > high)
    whole = column.dtype != "float64"
    if whole:
        wrong |= np.isfinite(values) & (values % 1 != 0)
    if wrong.any():
        row, value = numbers.index[wrong][0], values[wrong][0]
        more = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
        raise InputError(
            origin.source,
            f"{origin.word} {row}, id {ids.loc[row]}: {column.name} = {value:g} {column.unit}".rstrip() + more,
            f"{'a whole number ' if whole else ''}from {low:g} to {high:g}",
            f"correct it, or say that it means unknown with unknown: {{{column.name}: [{value:g}]}}",
        )
    return column.cast(numbers.astype("float64"), numbers.index)
