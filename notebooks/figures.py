"""One look for the figures of the notebooks: colours and numbers of the maps, a source line under each figure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from klimastep.export.style import (
    GREEN,
    INK,
    LINE,
    MUTED,
    THIN_SPACE,
    UNKNOWN_COLOUR,
    UNKNOWN_DE,
    WATER,
    ClassBreak,
    classes,
    format_number,
)

HEAT, PALE_HEAT, COLD = "#bd0026", "#fdd49e", "#2c7fb8"
SUN, PALE_SUN = "#f0a202", "#fde8b8"
TOWN = "Musterstadt (synthetisch, alles erfunden)"
MONTHS = ("Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
LETTERS_PER_INCH = 16.5  # of a source line
KEY_INCH = 1.35
EDGE_SHARE = 0.005
DAYS = np.array((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))

plt.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlesize": 9.5,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": LINE,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "figure.dpi": 110,
        "hatch.linewidth": 0.5,
    }
)


def panels(width: float, height: float, source: str, rows: int = 1, columns: int = 1, **options: Any) -> Any:
    """Return a figure with its source line, and its axes. [inch]"""
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **options)
    text = textwrap.fill(f"Quelle: {source}", int(LETTERS_PER_INCH * width))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7, color=MUTED)
    return figure, axes


def maps(width: float, height: float, source: str, columns: int = 1) -> tuple[Sequence[Axes], Sequence[Axes]]:
    """Return the axes of maps side by side and those below them for their legends. [inch]"""
    shares = (height - KEY_INCH, KEY_INCH)
    _, axes = panels(width, height, source, 2, columns, squeeze=False, height_ratios=shares)
    for pane in axes[1]:
        pane.set_axis_off()
    return axes[0], axes[1]


def number(value: float, unit: str = "", digits: int = 3) -> str:
    """Return a number in German format with its unit."""
    return f"{format_number(value, 'de', digits)}{THIN_SPACE}{unit}".rstrip(THIN_SPACE)


def german(*axes: Axis) -> None:
    """Write the numbers along axes in German format."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value, "de", 6).replace("-", "−")))


def months(axes: Axes, days: bool = False) -> None:
    """Name the months along the x axis: places 0 to 11, or days of the year."""
    middle = np.cumsum(DAYS) - DAYS / 2 if days else np.arange(12)
    axes.set_xticks(middle, MONTHS)
    axes.tick_params(axis="x", length=0)


def against(
    panes: Sequence[Axes], tables: Mapping[str, pd.DataFrame], filled: Any = True, meaning: Sequence[str] = ()
) -> None:
    """Draw computed heat with its band against metered heat, a mark each row; a row not `filled` is a hollow mark.

    Parameters
    ----------
    panes : sequence of Axes
        One a table.
    tables : mapping of title to DataFrame
        With ``metered_kwh_a``, ``predicted_kwh_a``, ``low_kwh_a`` and ``high_kwh_a``.
    filled : bool or sequence of bool
        One a row, the same in all tables.
    meaning : (str, str), optional
        Of filled and hollow marks.
    """
    names = ["metered_kwh_a", "predicted_kwh_a", "low_kwh_a", "high_kwh_a"]
    values = {title: table[names].to_numpy(dtype=np.float64).T / 1e3 for title, table in tables.items()}
    ends = [min(v.min() for v in values.values()) / 1.15, max(v.max() for v in values.values()) * 1.15]
    for axes, (title, (metered, found, low, high)) in zip(panes, values.items(), strict=True):
        axes.plot(ends, ends, color=INK, linewidth=0.8, zorder=1)
        axes.vlines(metered, low, high, color=HEAT, alpha=0.35, linewidth=1.4, zorder=2)
        full = np.broadcast_to(np.asarray(filled, dtype=bool), metered.shape)
        for which, face in ((full, HEAT), (~full, "white")):
            axes.scatter(metered[which], found[which], s=15, facecolor=face, edgecolor=HEAT, linewidth=0.8, zorder=3)
        inside = ((metered >= low) & (metered <= high)).mean()
        ratios = [f"{v:.2f}".replace(".", ",") for v in (found.sum() / metered.sum(), np.median(found / metered))]
        told = [f"n = {len(found)}", f"Summe berechnet / gemessen: {ratios[0]}", f"Median: {ratios[1]}"]
        told += [f"gemessen im Band: {number(100 * inside, '%', 2)}"]
        axes.text(0.03, 0.97, "\n".join(told), transform=axes.transAxes, va="top", fontsize=8)
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal", title=title)
        axes.set(xlabel="gemessen, Nutzwärme, MWh/a", ylabel="berechnet, Nutzwärme, MWh/a")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_minor_locator(NullLocator())
        german(axes.xaxis, axes.yaxis)
    marks = [Line2D([], [], color=HEAT, alpha=0.35, label="p10 bis p90"), Line2D([], [], color=INK, label="1 : 1")]
    for face, text in zip((HEAT, "white"), meaning, strict=False):
        dot = Line2D([], [], linestyle="", marker="o", markersize=4, markerfacecolor=face, markeredgecolor=HEAT)
        dot.set_label(text)
        marks.append(dot)
    panes[0].legend(handles=marks, loc="lower right", fontsize=7)


def coloured(axes: Axes, table: gpd.GeoDataFrame, column: Any, **options: Any) -> list[Patch]:
    """Draw a table in the classes of a column and return the legend: each class with its count.

    Parameters
    ----------
    axes : Axes
    table : GeoDataFrame
    column : klimastep.contract.Column
    options
        For the polygons.
    """
    values, handles = table[column.name], []
    for one in classes(column, values):
        mine = table[_in(values, one)]
        if len(mine):
            mine.plot(ax=axes, color=one.colour, **options)
        handles.append(Patch(facecolor=one.colour, edgecolor=MUTED, label=f"{one.label_de} ({number(len(mine))})"))
    unknown = table[values.isna()]
    if len(unknown):
        unknown.plot(ax=axes, color=UNKNOWN_COLOUR, hatch="////", **options)
        label = f"{UNKNOWN_DE} ({number(len(unknown))})"
        handles.append(Patch(facecolor=UNKNOWN_COLOUR, hatch="////", label=label))
    return handles


def _in(values: pd.Series, one: ClassBreak) -> pd.Series:
    return (values >= one.lower) & (values < one.upper) if one.value is None else values == one.value


def town(
    axes: Axes, bounds: Sequence[float], tables: Mapping[str, pd.DataFrame] | None = None, bar_m: int = 200
) -> None:
    """Make a map of axes: a scale bar below it on the left, north above on the right, water and green of `tables`."""
    for name, colour in (("green", GREEN), ("water", WATER)) if tables else ():
        tables[name].plot(ax=axes, color=colour, zorder=0)
    west, south, east, north = bounds
    edge = EDGE_SHARE * (east - west)
    axes.set(xlim=(west - edge, east + edge), ylim=(south - edge, north + edge), aspect="equal")
    axes.set_axis_off()
    at = axes.get_xaxis_transform()
    axes.plot([west, west + bar_m], [-0.02, -0.02], color=INK, linewidth=2, transform=at, clip_on=False)
    axes.text(west + bar_m, -0.02, f"  {bar_m}{THIN_SPACE}m", transform=at, va="center", fontsize=8)
    arrow = {"arrowstyle": "-|>", "color": INK}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
    axes.annotate(
        "N", (0.97, 1.0), (0.97, 0.92), xycoords="axes fraction", ha="center", va="top", arrowprops=arrow, bbox=box
    )


def named(key: Axes, handles: Sequence[Patch | Line2D], title: str) -> None:
    """Put a legend with a bold title below a map."""
    legend = key.legend(handles=handles, title=title, alignment="left", loc="upper right")
    legend.get_title().set_fontweight("bold")


def bar(key: Axes, colours: ScalarMappable, label: str) -> None:
    """Put a colour bar below a map."""
    place = key.inset_axes((0.01, 0.62, 0.42, 0.15))
    scale = key.figure.colorbar(colours, cax=place, orientation="horizontal")
    scale.set_label(label, fontsize=8)
    scale.ax.tick_params(labelsize=7)
    german(scale.ax.xaxis)


def percent(share: float) -> str:
    """Return a share in percent, "unter 0,01 %" where it is next to nothing."""
    return number(100 * share, "%", 2).replace("-", "−") if abs(share) >= 1e-4 else f"unter {number(0.01, '%')}"
