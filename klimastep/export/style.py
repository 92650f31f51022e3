"""Column to classes, colours and legend text: shared by map, QGIS and report."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from branca.utilities import color_brewer

from klimastep.contract import Column, Language

INK = "#1f2933"
MUTED = "#52606d"
PANEL = "#ffffff"
GROUND = "#f5f7f9"
LINE = "#d9e2ec"
ACCENT = "#0b6e4f"
WATER = "#cfe3f1"
GREEN = "#dcebd5"
STREET = "#cbd2d9"
UNKNOWN_COLOUR = "#d5dae0"
UNKNOWN_DE, UNKNOWN_EN = "unbekannt", "unknown"
WITHHELD_COLOUR = "#b8a9a0"
WITHHELD_DE, WITHHELD_EN = "aus Datenschutz nicht gezeigt", "withheld for privacy"
CLASSES_WANTED = 5
LINE_WIDTHS = (0.5, 0.9, 1.4, 1.9)  # of the classes of streets, of the usual width
NO_ROUTE, THIN = "no_route", 0.35
LANGUAGES: tuple[Language, ...] = ("de", "en")
NO_BREAK_SPACE = "\u00a0"
THIN_SPACE = "\u202f"


@dataclass(frozen=True)
class ClassBreak:
    """One class of a legend: a half-open range [lower, upper) or one value of a vocabulary.

    The first class has ``lower = -inf`` and the last ``upper = inf``, so no known value is without a class.
    """

    lower: float
    upper: float
    colour: str
    label_de: str
    label_en: str
    value: str | None = None

    def label(self, language: Language) -> str:
        """Return the label in a language."""
        return self.label_de if language == "de" else self.label_en


def format_number(value: float, language: Language = "de", digits: int = 3) -> str:
    """Return a number for people with at most `digits` significant digits, in the language's format.

    Examples
    --------
    >>> format_number(1234567.0)
    '1.230.000'
    >>> format_number(0.1234, "en")
    '0.123'
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{rounded:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def format_quantity(value: float, unit: str, language: Language = "de", digits: int = 3) -> str:
    """Return a number with its unit; kWh become MWh or GWh where more than five digits would be needed.

    Examples
    --------
    >>> format_quantity(2_346_000.0, "kWh/a").replace(THIN_SPACE, " ")
    '2.350 MWh/a'
    """
    if unit == "1":
        return f"{format_number(100 * value, language, 2)}{THIN_SPACE}%"
    factor, unit = scaled_unit(unit, value)
    return f"{format_number(value / factor, language, digits)}{THIN_SPACE}{unit}".rstrip(THIN_SPACE)


def format_range(low: float, high: float, unit: str, language: Language = "de", digits: int = 3) -> str:
    """Return two numbers in the unit of the larger one.

    Examples
    --------
    >>> format_range(80_700_000.0, 133_000_000.0, "kWh/a").replace(THIN_SPACE, " ")
    '80,7 bis 133 GWh/a'
    """
    factor, unit = scaled_unit(unit, high)
    numbers = [format_number(value / factor, language, digits) for value in (low, high)]
    return f"{(' bis ' if language == 'de' else ' to ').join(numbers)}{THIN_SPACE}{unit}"


def limits_of(column: Column, values: pd.Series) -> tuple[float, ...]:
    """Return the inner class limits: those declared, else round limits near the quintiles of `values`."""
    if column.limits:
        return column.limits
    known = np.asarray(values.dropna(), dtype="float64")
    known = known[np.isfinite(known)]
    if known.size == 0 or known.min() == known.max():
        return ()
    quantiles = np.quantile(known, np.arange(1, CLASSES_WANTED) / CLASSES_WANTED)
    rounded = [float(f"{q:.2g}") for q in quantiles]
    return tuple(sorted({r for r in rounded if known.min() < r < known.max()}))


def colours_of(palette: str, count: int) -> list[str]:
    """Return `count` colours of a ColorBrewer palette, light to dark."""
    if count < 3:
        return color_brewer(palette, n=4)[1 : 1 + count]
    return list(color_brewer(palette, n=count))


def classes(column: Column, values: pd.Series) -> list[ClassBreak]:
    """Return the classes of a column for maps and styles.

    Parameters
    ----------
    column : Column
    values : Series
        Used only where the column declares no limits.

    Returns
    -------
    list of ClassBreak
        In legend order; unknown values are not a class.
    """
    if column.categories:
        fallback = colours_of("Set3", max(3, min(12, len(column.categories))))
        return [
            ClassBreak(math.nan, math.nan, c.colour or fallback[i % len(fallback)], c.label_de, c.label_en, c.value)
            for i, c in enumerate(column.categories)
        ]
    limits = limits_of(column, values)
    bounds = (-math.inf, *limits, math.inf)
    colours = colours_of(column.palette or "YlGnBu", len(limits) + 1)
    return [
        ClassBreak(low, high, colour, *(_range_text(low, high, column, limits, k) for k in LANGUAGES))
        for low, high, colour in zip(bounds[:-1], bounds[1:], colours, strict=True)
    ]


def scaled_unit(unit: str, largest: float) -> tuple[float, str]:
    """Return divisor and unit in which numbers up to `largest` need at most five digits."""
    for prefix, larger, factor in (("kWh", "GWh", 1e6), ("kWh", "MWh", 1e3), ("kg", "t", 1e3)):
        if unit.startswith(prefix) and abs(largest) >= 100 * factor:
            return factor, larger + unit[len(prefix) :]
    return 1.0, unit


def _range_text(low: float, high: float, column: Column, limits: tuple[float, ...], language: Language) -> str:
    german = language == "de"
    if column.name == "year_built":
        return _year_text(low, high, german)
    if math.isinf(low) and math.isinf(high):
        return "alle Werte" if german else "all values"
    factor, unit = (0.01, "%") if column.unit == "1" else scaled_unit(column.unit, limits[-1])
    first, last = (format_number(v / factor, language) for v in (low, high))
    tail = f"{THIN_SPACE}{unit}".rstrip(THIN_SPACE)
    if math.isinf(low):
        return f"unter {last}{tail}" if german else f"below {last}{tail}"
    if math.isinf(high):
        return f"ab {first}{tail}" if german else f"{first}{tail} and more"
    return f"{first} – {last}{tail}"


def _year_text(low: float, high: float, german: bool) -> str:
    if math.isinf(low):
        return f"vor {high:.0f}" if german else f"before {high:.0f}"
    if math.isinf(high):
        return f"ab {low:.0f}" if german else f"from {low:.0f}"
    return f"{low:.0f}–{high - 1:.0f}"
