"""Census cells healed of suppression: fitted to the municipality's totals, within the noise of their publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from klimastep.cadastre.census_fit import Array, Fitted, fit, scaled_to
from klimastep.census import HOUSE_TYPES, KINDS, Bands, fitted_column
from klimastep.contract import Column
from klimastep.findings import Finding
from klimastep.reference import load

NEIGHBOUR_M = 150.0
LEAST_SEED = 1e-3
HIDDEN_SEED = 0.05


class Healed(NamedTuple):
    """Cells with fitted counts, and how the fit went.

    Parameters
    ----------
    cells : DataFrame
        With a column ``<kind>_<band>_fitted`` for each kind that has totals.
    columns : tuple of Column
        Those columns.
    report : DataFrame, index: (kind, band)
        ``municipality, published, gap_before, gap_after, suppressed_cells, in_suppressed, largest_move`` and
        ``reached``.
    findings : list of Finding
    """

    cells: pd.DataFrame
    columns: tuple[Column, ...]
    report: pd.DataFrame
    findings: list[Finding]


def heal(
    cells: pd.DataFrame,
    bands: Bands,
    totals: Mapping[str, Mapping[str, float]],
    noise: float | None = None,
    hidden_most: float | None = None,
) -> Healed:
    """Fit the counts of cells to the totals of their municipality.

    A published count stays within `noise` of what is published and does not fall below one; a suppressed one
    lies between none and the largest count that is not published. A class that the file lacks altogether is
    bounded only by its total. Of dwellings, no cell has fewer than buildings. Where the cell's total or its
    buildings by type are published, the buildings of all periods sum to it, within `noise`.

    Parameters
    ----------
    cells : GeoDataFrame
        Counts as published, the whole municipality and nothing else.
    bands : Bands
        Periods of the cells.
    totals : mapping of {"buildings", "dwellings"} to mapping of str to float
        Totals per band; a kind without is left as it is.
    noise : float, optional
        Most that the confidentiality method moves a count; that of ``reference/census.csv`` by default. [1]
    hidden_most : float, optional
        Largest count that is suppressed; one less than the smallest published by default. [1]

    Returns
    -------
    Healed
    """
    rule = load("census").set_index("rule")["value"]
    moved = float(rule[f"noise_{bands.census}"]) if noise is None else noise
    most = float(rule[f"smallest_published_{bands.census}"]) - 1.0 if hidden_most is None else hidden_most
    fits: dict[str, tuple[Fitted, Array, Array]] = {}
    for kind in KINDS:
        given = totals.get(kind, {})
        whole = np.array([float(given.get(band, np.nan)) for band in bands.names])
        if not np.isfinite(whole).any():
            continue
        published = counts(cells, kind, bands)
        buildings = fits["buildings"][0].counts if "buildings" in fits else None
        fits[kind] = (_fit(cells, kind, published, whole, (moved, most), buildings), published, whole)
    columns = tuple(fitted_column(kind, band) for kind in fits for band in bands.names)
    values = {
        fitted_column(kind, band).name: found.counts[:, i]
        for kind, (found, _, _) in fits.items()
        for i, band in enumerate(bands.names)
    }
    report = pd.concat([_report(kind, bands, *parts) for kind, parts in fits.items()]) if fits else pd.DataFrame()
    return Healed(cells.assign(**values), columns, report, _findings(fits, report, moved))


def counts(cells: pd.DataFrame, kind: str, bands: Bands) -> Array:
    """Return the counts by band as published, NaN where suppressed or missing, shape (n, bands)."""
    unknown = np.full(len(cells), np.nan)
    return np.stack(
        [
            cells[f"{kind}_{band}"].to_numpy(dtype=np.float64, na_value=np.nan)
            if f"{kind}_{band}" in cells
            else unknown
            for band in bands.names
        ],
        axis=1,
    )


def neighbour_mean(cells: pd.DataFrame, values: Array) -> Array:
    """Return the mean of `values` over the up to eight cells around each, unknown counting as zero."""
    middles = shapely.centroid(np.asarray(cells.geometry.array))
    first, second = shapely.STRtree(middles).query(middles, predicate="dwithin", distance=NEIGHBOUR_M)
    other = first != second
    first, second = first[other], second[other]
    known = np.nan_to_num(values)
    sums = np.stack(
        [np.bincount(first, known[second, k], minlength=len(cells)) for k in range(values.shape[1])], axis=1
    )
    around = np.bincount(first, minlength=len(cells))
    result: Array = sums / np.maximum(around, 1)[:, None]
    return result


def _fit(
    cells: pd.DataFrame,
    kind: str,
    published: Array,
    whole: Array,
    limits: tuple[float, float],
    buildings: Array | None,
) -> Fitted:
    noise, hidden_most = limits
    hidden = np.isnan(published)
    absent = hidden.all(axis=0)
    low = np.where(hidden, 0.0, np.maximum(published - noise, 1.0))
    high = np.where(hidden, np.where(absent, np.inf, hidden_most), published + noise)
    around = neighbour_mean(cells, published)
    seed = np.where(hidden, np.clip(around, HIDDEN_SEED, hidden_most), published)
    row_low, row_high = np.zeros(len(cells)), np.full(len(cells), np.inf)
    if kind == "buildings":
        row_low, row_high = _row_interval(cells, noise)
    elif buildings is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.nan_to_num(whole / buildings.sum(axis=0), nan=1.0, posinf=1.0)
        seed = np.where(hidden, np.minimum(buildings * each, high), published)
        low = np.minimum(np.maximum(low, buildings), high)
    high = np.minimum(high, np.maximum(np.nan_to_num(whole, nan=np.inf), low))
    missing = np.where(
        np.isfinite(whole), whole - np.nansum(published, axis=0), np.where(hidden, seed, 0.0).sum(axis=0)
    )
    seed = np.where(hidden, scaled_to(np.where(hidden, seed, 0.0), np.where(hidden, high, 0.0), missing), published)
    return fit(np.maximum(seed, LEAST_SEED), low, high, whole, row_low, row_high)


def _row_interval(cells: pd.DataFrame, noise: float) -> tuple[Array, Array]:
    """Return what the buildings of all periods must sum to: the cell's total, at least its buildings by type."""
    types = [f"buildings_{name}" for name in HOUSE_TYPES if f"buildings_{name}" in cells]
    by_type = cells[types].sum(axis=1).to_numpy(dtype=np.float64)
    total = cells["buildings"] if "buildings" in cells else pd.Series(np.nan, index=cells.index)
    told = total.to_numpy(dtype=np.float64, na_value=np.nan)
    least = np.where(np.isnan(told), by_type, told) - noise
    return np.maximum(least, 0.0), np.where(np.isnan(told), np.inf, told + noise)


def _report(kind: str, bands: Bands, found: Fitted, published: Array, whole: Array) -> pd.DataFrame:
    hidden = np.isnan(published)
    moves = np.where(hidden, 0.0, found.counts - np.nan_to_num(published))
    index = pd.MultiIndex.from_product([[kind], bands.names], names=["kind", "band"])
    return pd.DataFrame(
        {
            "municipality": whole,
            "published": np.nansum(published, axis=0),
            "gap_before": np.nansum(published, axis=0) - whole,
            "gap_after": found.counts.sum(axis=0) - whole,
            "suppressed_cells": hidden.sum(axis=0),
            "in_suppressed": np.where(hidden, found.counts, 0.0).sum(axis=0),
            "largest_move": np.abs(moves).max(axis=0, initial=0.0),
            "reached": found.reached,
        },
        index=index,
    )


def _findings(fits: Mapping[str, tuple[Fitted, Array, Array]], report: pd.DataFrame, noise: float) -> list[Finding]:
    if not fits:
        return [
            Finding(
                "census",
                "not_fitted",
                0,
                (),
                "Der Plan nennt keine Summen der Gemeinde: die Zellen zählen, wie sie veröffentlicht sind, "
                "und was sie verschweigen, fehlt.",
                "The plan gives no totals of the municipality: cells count as published, and what they suppress "
                "is missing.",
                "note",
            )
        ]
    out = []
    for kind, (found, published, _) in fits.items():
        rows = report.loc[kind]
        before = float(rows["gap_before"].abs().sum())
        moved = float(rows["largest_move"].max())
        de = f"{before:.0f} fehlten im Gitter, nach der Anpassung {rows['gap_after'].abs().sum():.0f}"
        en = f"the grid lacked {before:.0f}, after the fit {rows['gap_after'].abs().sum():.0f}"
        out.append(
            Finding(
                "census",
                f"fitted_{kind}",
                int(np.isnan(published).sum()),
                (),
                f"{KINDS[kind][0]} an die Summen der Gemeinde angepasst: {de}; veröffentlichte Werte um höchstens "
                f"{moved:.2f} bewegt (Grenze {noise:g}), {found.rounds} Runden.",
                f"{KINDS[kind][1]} fitted to the municipality's totals: {en}; published values moved by at most "
                f"{moved:.2f} (bound {noise:g}), {found.rounds} rounds.",
                "note",
            )
        )
        lost = rows.index[~rows["reached"].astype(bool)]
        if len(lost):
            out.append(_unreached(kind, lost))
        if found.row_gap > 1.0:
            out.append(_disagreeing(kind, found))
    return out


def _unreached(kind: str, lost: pd.Index) -> Finding:
    named = ", ".join(lost)
    return Finding(
        "census",
        f"total_out_of_reach_{kind}",
        len(lost),
        tuple(lost),
        f"{KINDS[kind][0]}: die Summe der Gemeinde liegt außerhalb dessen, was die Zellen zulassen ({named}). "
        "Umfasst das Gitter die ganze Gemeinde und nur sie, und ist es dieselbe Zählung?",
        f"{KINDS[kind][1]}: the municipality's total lies outside of what the cells allow ({named}). "
        "Does the grid cover the whole municipality and nothing else, and is it the same census?",
    )


def _disagreeing(kind: str, found: Fitted) -> Finding:
    return Finding(
        "census",
        f"cells_disagree_{kind}",
        1,
        (),
        f"{KINDS[kind][0]}: Summen je Zelle und je Zeitraum passen nicht zusammen; nach {found.rounds} Runden "
        f"bleibt in einer Zelle ein Abstand von {found.row_gap:.1f}. Die Summen der Gemeinde gelten.",
        f"{KINDS[kind][1]}: sums of cells and of periods do not fit together; after {found.rounds} rounds a cell "
        f"is left {found.row_gap:.1f} off. The municipality's totals hold.",
    )
