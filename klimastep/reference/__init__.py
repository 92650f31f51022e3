"""Numbers of the world, one CSV a subject; each row says where its numbers come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from klimastep.units import unit_of

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of all tables."""
    return sorted(p.stem for p in FOLDER.glob("*.csv"))


@cache
def _read(name: str) -> pd.DataFrame:
    table = pd.read_csv(FOLDER / f"{name}.csv", encoding="utf-8", comment="#", dtype_backend="numpy_nullable")
    missing = [c for c in ("source", "year") if c not in table]
    if missing:
        raise ValueError(f"reference/{name}.csv: expected the columns source and year, {missing} missing")
    unsourced = table.index[table["source"].isna() | table["year"].isna()]
    if len(unsourced):
        raise ValueError(f"reference/{name}.csv: row {unsourced[0] + 2} has no source or no year")
    if "unit" in table:
        return table
    numbers = [str(c) for c in table.select_dtypes("number")]
    unitless = {c for c in numbers if unit_of(c) is None} - {"year", "year_from", "year_to"}
    dimensionless = set(table["dimensionless"].iloc[0].split()) if "dimensionless" in table and len(table) else set()
    nameless = sorted(unitless - dimensionless)
    if nameless:
        raise ValueError(
            f"reference/{name}.csv: no unit for {nameless}: end the name in a unit or name it in `dimensionless`"
        )
    return table


def load(name: str) -> pd.DataFrame:
    """Return one table of reference numbers.

    Each row has ``source`` and ``year``; a number's unit stands in its column name (suffix), or in the
    row's ``unit``; columns without a unit are listed in the column ``dimensionless``.

    Parameters
    ----------
    name : str
        File name without ``.csv``.

    Returns
    -------
    DataFrame
        A copy with plain numpy dtypes: text, int64 where whole and complete, float64 else.

    Raises
    ------
    ValueError
        A row without source or year, a number without unit.
    """
    table = _read(name)
    plain = {c: table[c].astype("str") if pd.api.types.is_string_dtype(table[c]) else table[c] for c in table}
    out = pd.DataFrame(plain)
    for c in out.select_dtypes("number"):
        whole = pd.api.types.is_integer_dtype(out[c]) and out[c].notna().all()
        out[c] = out[c].astype("int64" if whole else "float64")
    return out
