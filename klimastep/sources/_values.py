"""Single cells that make no sense become unknown and are named; a column that makes none is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from klimastep.contract import Column
from klimastep.errors import InputError
from klimastep.findings import Finding
from klimastep.sources._columns import as_text, finding

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d")


def dates(cells: pd.Series) -> pd.Series:
    """Return dates, also those with a time, as text YYYY-MM-DD; what is none is unknown."""
    text = as_text(cells).str.slice(0, 10)
    days = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[s]")
    for form in DATES:
        days = days.fillna(pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[s]"))
    return days.dt.strftime("%Y-%m-%d").astype("str")


def to_numbers(cells: pd.Series) -> pd.Series:
    """Return cells as float64, with decimal point or comma ("54,79", "1.234,5"); what is no number is NaN."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64")
    text = as_text(cells)
    german = text.str.fullmatch(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+").eq(True)
    text = text.mask(german, text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))
    return pd.to_numeric(text, errors="coerce").astype("float64").replace([np.inf, -np.inf], np.nan)


def quantities(
    cells: pd.Series, column: Column, ids: pd.Series, source: str, *, zero_is_unknown: bool = False
) -> tuple[pd.Series, list[Finding]]:
    """Return a column of numbers within its declared bounds; cells that do not fit are unknown and reported.

    Parameters
    ----------
    cells : Series
    column : Column
        Gives bounds and unit.
    ids : Series
        What to call the rows.
    source : str
        File and layer.
    zero_is_unknown : bool
        Whether offices write 0 for "not known".

    Raises
    ------
    InputError
        The column has text in every filled cell.
    """
    filled = as_text(cells).notna()
    numbers = to_numbers(cells)
    if filled.any() and numbers[filled].isna().all():
        first = int(np.flatnonzero(filled)[0])
        where = f"row {cells.index[first]}, id {ids.iloc[first]}: {cells.iloc[first]!r}"
        raise InputError(
            source,
            f"column {cells.name}: no cell is a number, {where}",
            f"{column.label('en')} in numbers",
        )
    low = -np.inf if column.min is None else column.min
    high = np.inf if column.max is None else column.max
    if zero_is_unknown:
        numbers = numbers.mask(numbers == 0)
        filled &= to_numbers(cells) != 0
    bad = filled & ~numbers.between(low, high)
    if column.dtype.startswith("Int"):
        bad |= filled & (numbers % 1 != 0)
    unit = f" {column.unit}" if column.unit else ""
    shown = [f"{i} ({cells.name} = {v})" for i, v in zip(ids[bad], cells[bad], strict=True)]
    found = finding(
        source,
        "implausible_value",
        shown,
        f"Werte in {cells.name} unbrauchbar (erwartet {low:g} bis {high:g}{unit}), unbekannt gesetzt",
        f"values in {cells.name} unusable (expected {low:g} to {high:g}{unit}), set unknown",
    )
    return numbers.mask(bad), found
