"""Counts of buildings by years of construction, per block or district: the odds of an age where no year is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from klimastep.errors import InputError, PlanError
from klimastep.findings import Finding, Reading
from klimastep.sources._columns import IdOptions, finding, ids_of, without_id
from klimastep.sources._csv import TextOptions, read_csv, require
from klimastep.sources._options import parse
from klimastep.sources._vector import existing
from klimastep.tables import AGE_COUNTS

TABLE = "age_counts"
MIN_BANDS = 3  # equal counts in fewer bands happen by chance


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions, IdOptions):
    """Options of this reader, besides those of text files and ids (`id` names the block or district).

    Parameters
    ----------
    bands : dict
        ``{foreign column: [first year, last year]}``.
    repeated : {"sum", "error"}
        Rows of the same unit are its parts and are added, or an error.
    """

    bands: dict[str, list[int]]
    repeated: Literal["sum", "error"] = "sum"


def read(path: Path | None, *, crs: str, **options: Any) -> Reading:  # noqa: ARG001 (counts have no geometry)
    """Read counts of buildings by years of construction.

    Parameters
    ----------
    path : Path
        Delimited text, a row a unit and a column a band of years.
    crs : str
        Not used: counts have no geometry.
    **options
        See :class:`Options`.

    Returns
    -------
    Reading
        Table ``age_counts``, a row a unit and band with a count. In a row with counts an empty cell is
        none of that age; a row without any count is unknown and set aside. Rows in are cells: rows times bands.

    Raises
    ------
    PlanError
        Unknown option, a band that is no pair of years.
    InputError
        Unreadable file, unknown column, text in a number column.
    """
    wanted = parse(Options, options, "age_counts")
    for name, years in wanted.bands.items():
        if len(years) != 2 or years[0] > years[1]:
            raise PlanError(f"source age_counts: bands: {name}: {years}; expected [first year, last year]")
    place = existing(path)
    text = read_csv(place, wanted, columns=list(wanted.bands))
    require(text.frame.columns, list(wanted.bands), place.name)
    counts = pd.DataFrame({name: text.numbers(name) for name in wanted.bands})
    ids = ids_of(text.frame, wanted, place.name)
    rows_in, width = counts.size, len(wanted.bands)
    findings = [_times(f, width) for f in without_id(ids, place.name, "line")]
    empty = counts.isna().all(axis=1) & ids.notna()
    findings += [
        _times(f, width)
        for f in finding(
            place.name,
            "no_counts",
            ids[empty],
            "Werte von Einheiten ohne jede Angabe zum Baualter, zurückgestellt",
            "values of units without any count, set aside",
            "set_aside",
        )
    ]
    good = ids.notna() & ~empty
    counts, ids = counts[good].fillna(0.0), ids[good]
    findings += _shared(counts, ids, place.name)
    if wanted.repeated == "error" and ids.duplicated().any():
        raise InputError(place.name, f"{ids[ids.duplicated()].iloc[0]} stands on several rows", "one row a unit")
    again = ids[ids.duplicated()]
    findings += [
        _times(f, width)
        for f in finding(
            place.name,
            "added_rows",
            again,
            "Werte weiterer Zeilen derselben Einheit, addiert",
            "values of further rows of the same unit, added",
            "set_aside",
        )
    ]
    return Reading(
        source=place.name,
        tables={TABLE: _table(counts.groupby(ids.to_numpy()).sum(), wanted)},
        rows_in=rows_in,
        findings=tuple(findings),
        files=(str(place),),
    )


def _times(found: Finding, width: int) -> Finding:
    """Return a finding about rows as one about their cells."""
    count = found.count * width
    texts = {name: getattr(found, name).replace(f"{found.count} ", f"{count} ", 1) for name in ("text_de", "text_en")}
    return replace(found, count=count, **texts)


def _shared(counts: pd.DataFrame, ids: pd.Series, source: str) -> list[Finding]:
    """Return the finding for units with the very same counts: one row copied to several units."""
    key = counts.astype("str").agg("|".join, axis=1)
    filled = (counts > 0).sum(axis=1) >= MIN_BANDS
    same = filled & key.duplicated(keep=False) & (ids.groupby(key).transform("nunique") > 1)
    return finding(
        source,
        "same_counts",
        ids[same],
        "Einheiten haben genau dieselben Zahlen wie eine andere; als Anteile brauchbar, nicht als Summe",
        "units have the very same counts as another one; good as shares, not as totals",
    )


def _table(counts: pd.DataFrame, options: Options) -> pd.DataFrame:
    long = counts.rename_axis("unit_id").reset_index().melt("unit_id", var_name="band", value_name="buildings")
    long = long.sort_values("unit_id", kind="stable")
    years = pd.DataFrame(long["band"].map(options.bands).to_list(), columns=["year_from", "year_to"], index=long.index)
    long = long.join(years)
    names = long["unit_id"] + "-" + long["year_from"].astype("str")
    index = pd.Index(names.to_numpy(), name=AGE_COUNTS.id, dtype="str")
    return pd.DataFrame({c.name: c.cast(long[c.name].set_axis(index), index) for c in AGE_COUNTS.columns})
