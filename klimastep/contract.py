"""Column and Table: one declaration drives checks, dictionary, aggregation, legend, QGIS and report.

The tables themselves are declared in :mod:`klimastep.tables`; a room adds columns by its steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from klimastep.errors import ContractError
from klimastep.findings import first_ids
from klimastep.units import unit_of

Dtype = Literal["float64", "Int16", "Int32", "Int64", "bool", "str", "category"]
Aggregate = Literal["none", "sum", "mean", "share", "count", "max"]
GeometryKind = Literal["", "Polygon", "LineString", "Point"]
Language = Literal["de", "en"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "Polygon": ("Polygon", "MultiPolygon"),
    "LineString": ("LineString", "MultiLineString"),
    "Point": ("Point", "MultiPoint"),
}


@dataclass(frozen=True)
class Category:
    """One value of a closed vocabulary, with its labels and colour."""

    value: str
    label_de: str
    label_en: str
    colour: str = ""

    def label(self, language: Language) -> str:
        """Return the label in a language."""
        return self.label_de if language == "de" else self.label_en


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Standard term in English; a quantity ends in its unit.
    dtype : str
        Pandas dtype; ``"category"`` columns name their `categories`.
    unit : str
        Unit as people write it, ``"1"`` for a share, ``""`` for text.
    label_de, label_en : str
        Short labels for maps, forms and reports.
    description : str
        One sentence for the data dictionary: what exactly is meant, by which method.
    nullable : bool
        Whether unknown (NaN) is allowed. NaN = unknown, 0 = zero.
    min, max : float, optional
        Bounds, inclusive.
    aggregate : {"none", "sum", "mean", "share", "count", "max"}
        How buildings become blocks and districts: mean is weighted by `weight`; share is
        the share of floor area for which a bool is true and gets the name ``<name>_share``.
    weight : str
        Column that weights the mean: a ratio takes what it is divided by, so that sums are divided by sums.
    categories : tuple of Category
        The closed vocabulary of a category column.
    palette : str
        ColorBrewer name of the sequential palette, for maps.
    limits : tuple of float
        Inner class limits for maps, round numbers; the same on all maps of a city.
    """

    name: str
    dtype: Dtype
    unit: str
    label_de: str
    label_en: str
    description: str = ""
    nullable: bool = False
    min: float | None = None
    max: float | None = None
    aggregate: Aggregate = "none"
    weight: str = "floor_area_m2"
    categories: tuple[Category, ...] = ()
    palette: str = ""
    limits: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a declaration that contradicts its own name."""
        named = unit_of(self.name)
        if named is not None and named != self.unit:
            raise ValueError(f"{self.name}: the name says {named!r}, the unit {self.unit!r}")
        if (self.dtype == "category") != bool(self.categories):
            raise ValueError(f"{self.name}: categories belong to category columns and only there")

    @property
    def vocabulary(self) -> list[str]:
        """The closed vocabulary."""
        return [c.value for c in self.categories]

    def label(self, language: Language = "de") -> str:
        """Return the label in a language."""
        return self.label_de if language == "de" else self.label_en

    def aggregated(self) -> Column:
        """Return the declaration of this column after aggregation to an area."""
        if self.aggregate == "share":
            return replace(
                self,
                name=f"{self.name}_share",
                dtype="float64",
                unit="1",
                nullable=True,
                min=0.0,
                max=1.0,
                categories=(),
                label_de=f"{self.label_de} (Flächenanteil)",
                label_en=f"{self.label_en} (share of floor area)",
            )
        return (
            replace(self, dtype="float64", nullable=True) if self.dtype != "float64" else replace(self, nullable=True)
        )

    def cast(self, values: Any, index: pd.Index) -> pd.Series:
        """Return `values` as a Series of this column's dtype on `index`."""
        series = values if isinstance(values, pd.Series) else pd.Series(values, index=index)
        if not series.index.equals(index):
            raise ContractError([f"{self.name}: expected the index of the table, got another"])
        if self.dtype == "category":
            return series.astype(pd.CategoricalDtype(self.vocabulary)).rename(self.name)
        return series.astype(self.dtype).rename(self.name)


@dataclass(frozen=True)
class Table:
    """One table of the contract; `singular` gives the index its name ``<singular>_id``."""

    name: str
    singular: str
    label_de: str
    label_en: str
    geometry: GeometryKind
    columns: tuple[Column, ...]

    @property
    def id(self) -> str:
        """Name of the index."""
        return f"{self.singular}_id"

    def label(self, language: Language = "de") -> str:
        """Return the label in a language."""
        return self.label_de if language == "de" else self.label_en

    def __getitem__(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


def source_of(name: str, label_de: str, label_en: str) -> Column:
    """Declare ``<name>_source``: how an attribute came to be known."""
    return Column(
        f"{name}_source",
        "category",
        "",
        f"{label_de}: Herkunft",
        f"{label_en}: source",
        "How the value came to be known.",
        nullable=True,
        categories=SOURCES,
    )


SOURCES = (
    Category("measured", "gemessen", "measured", "#1b7837"),
    Category("cadastre", "Kataster", "cadastre", "#5aae61"),
    Category("survey", "Erhebung", "survey", "#a6dba0"),
    Category("estimated", "geschätzt", "estimated", "#fdb863"),
    Category("default", "Vorgabewert", "default", "#e08214"),
)


@dataclass(frozen=True)
class Catalogue:
    """The tables and columns of one run, handed to exporters and stored as ``columns.json``."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    def adding(self, table: Table, columns: Iterable[Column]) -> Catalogue:
        """Return a catalogue whose `table` also has `columns`; a known name is replaced."""
        base = self.tables.get(table.name, table)
        merged = {c.name: c for c in base.columns} | {c.name: c for c in columns}
        return Catalogue({**self.tables, table.name: replace(base, columns=tuple(merged.values()))})

    def column(self, table: str, name: str) -> Column:
        """Return one column."""
        return self.tables[table][name]

    def to_json(self) -> str:
        """Return the catalogue as JSON text."""
        return json.dumps([asdict(t) for t in self], ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Catalogue:
        """Return the catalogue that :meth:`to_json` wrote."""
        tables = {}
        for raw in json.loads(text):
            columns = tuple(
                Column(
                    **{
                        **c,
                        "categories": tuple(Category(**k) for k in c["categories"]),
                        "limits": tuple(c["limits"]),
                    }
                )
                for c in raw.pop("columns")
            )
            tables[raw["name"]] = Table(columns=columns, **raw)
        return cls(tables)


def conform(frame: pd.DataFrame, table: Table, columns: Iterable[Column] | None = None) -> pd.DataFrame:
    """Return `frame` with declared columns only, in declared order and dtype.

    Columns that are missing stay missing; values that do not fit the dtype raise :class:`ContractError`.
    """
    wanted = [c for c in (table.columns if columns is None else tuple(columns)) if c.name in frame]
    breaches, parts = [], {}
    for column in wanted:
        try:
            parts[column.name] = column.cast(frame[column.name], frame.index)
        except (TypeError, ValueError) as error:
            breaches.append(f"{table.name}.{column.name}: expected {column.dtype}, {error}")
    if breaches:
        raise ContractError(breaches)
    out = pd.DataFrame(parts, index=frame.index.rename(table.id))
    if not table.geometry:
        return out
    return gpd.GeoDataFrame(out, geometry=np.asarray(frame.geometry.array), crs=getattr(frame, "crs", None))


def breaches_of(
    frame: pd.DataFrame, table: Table, columns: Iterable[Column] | None = None, partial: bool = False
) -> list[str]:
    """Return every breach of the contract as a sentence; an empty list means that the table is good.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
    table : Table
    columns : iterable of Column, optional
        Only these; all of the table by default.
    partial : bool
        Whether declared columns may be missing (what a reader delivers).
    """
    breaches = _index_breaches(frame, table) + (_geometry_breaches(frame, table) if table.geometry else [])
    for column in table.columns if columns is None else columns:
        if column.name not in frame:
            if not partial:
                breaches.append(f"{table.name}.{column.name}: expected the column, got none")
            continue
        breaches += [f"{table.name}.{column.name}: {text}" for text in _column_breaches(frame[column.name], column)]
    return breaches


def check(frame: pd.DataFrame, table: Table, columns: Iterable[Column] | None = None, partial: bool = False) -> None:
    """Raise :class:`ContractError` with all breaches of :func:`breaches_of`."""
    breaches = breaches_of(frame, table, columns, partial)
    if breaches:
        raise ContractError(breaches)


def _index_breaches(frame: pd.DataFrame, table: Table) -> list[str]:
    index = frame.index
    if index.name != table.id:
        return [f"{table.name}: expected the index {table.id!r}, got {index.name!r}"]
    if index.hasnans:
        return [f"{table.name}: {int(np.count_nonzero(index.isna()))} rows have no {table.id}"]
    if not index.is_unique:
        twice = index[index.duplicated()]
        return [f"{table.name}: {table.id} must be unique, {len(twice)} stand twice: {', '.join(first_ids(twice))}"]
    return []


def _geometry_breaches(frame: pd.DataFrame, table: Table) -> list[str]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return [f"{table.name}: expected geometries, got a plain table"]
    crs = CRS(frame.crs) if frame.crs is not None else None
    if crs is None or not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        return [f"{table.name}: expected a projected CRS in metres, got {crs.name if crs else 'none'}"]
    geometry = frame.geometry
    bad = {
        "missing or empty geometry": (geometry.isna() | geometry.is_empty).to_numpy(),
        f"not a {table.geometry}": ~geometry.geom_type.isin(FAMILIES[table.geometry]).to_numpy(),
        "invalid geometry": ~geometry.is_valid.to_numpy(),
        "3D geometry": shapely.has_z(geometry.array),
    }
    return [
        f"{table.name}.geometry: {int(rows.sum())} rows: {text}: {', '.join(first_ids(frame.index[rows]))}"
        for text, rows in bad.items()
        if rows.any()
    ]


def _column_breaches(series: pd.Series, column: Column) -> list[str]:
    dtype_ok = (
        isinstance(series.dtype, pd.CategoricalDtype) and list(series.cat.categories) == column.vocabulary
        if column.dtype == "category"
        else str(series.dtype) == column.dtype
    )
    if not dtype_ok:
        return [f"expected {column.dtype}, got {series.dtype}"]
    texts = []
    unknown = series.isna()
    if unknown.any() and not column.nullable:
        texts.append(f"{int(unknown.sum())} values are unknown, expected none: {_ids(series, unknown)}")
    if column.dtype in ("str", "category", "bool"):
        return texts
    values = series.astype("float64")
    unit = f" {column.unit}" if column.unit else ""
    for bound, rows, sign in (
        (column.min, values < (column.min if column.min is not None else -np.inf), ">="),
        (column.max, values > (column.max if column.max is not None else np.inf), "<="),
    ):
        if rows.any():
            got = values[rows].iloc[0]
            texts.append(f"expected {sign} {bound:g}{unit}, got {got:g}: {_ids(series, rows)}")
    if np.isinf(values).any():
        texts.append(f"expected finite values: {_ids(series, np.isinf(values))}")
    return texts


def _ids(series: pd.Series, rows: Any) -> str:
    return ", ".join(first_ids(series.index[np.asarray(rows)]))


def random_table(
    table: Table,
    rows: int,
    rng: np.random.Generator,
    columns: Iterable[Column] | None = None,
    crs: str = "EPSG:25832",
    spacing_m: float = 20.0,
) -> pd.DataFrame:
    """Return a random table that keeps the contract, for tests: boxes on a grid, values within bounds."""
    index = pd.Index([f"{table.singular}_{i}" for i in range(rows)], name=table.id, dtype="str")
    chosen = table.columns if columns is None else tuple(columns)
    data = {c.name: c.cast(_random_values(c, rows, rng), index) for c in chosen}
    frame = pd.DataFrame(data, index=index)
    if not table.geometry:
        return frame
    side = max(1, int(np.ceil(np.sqrt(rows))))
    x = 513_000 + spacing_m * (np.arange(rows) % side)
    y = 5_416_000 + spacing_m * (np.arange(rows) // side)
    size = rng.uniform(0.3, 1.0, (2, rows)) * spacing_m  # some touch their neighbour
    if table.geometry == "Polygon":
        shapes = shapely.box(x, y, x + size[0], y + size[1])
    elif table.geometry == "LineString":
        shapes = shapely.linestrings(np.stack([np.c_[x, y], np.c_[x + size[0], y + size[1]]], axis=1))
    else:
        shapes = shapely.points(x, y)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)


def _random_values(column: Column, rows: int, rng: np.random.Generator) -> Any:
    if column.dtype == "category":
        codes = rng.integers(-1 if column.nullable else 0, len(column.vocabulary), rows)
        return np.array([*column.vocabulary, None], dtype=object)[codes]
    if column.dtype == "str":
        return pd.array([f"k{i}" for i in rng.integers(0, 5, rows)], dtype="str")
    if column.dtype == "bool":
        return rng.random(rows) < 0.5
    low = column.min if column.min is not None else 0.0
    high = column.max if column.max is not None else max(1.0, low) * 100.0
    values = pd.Series(rng.uniform(low, high, rows))
    if column.dtype != "float64":
        values = values.round()
    if column.nullable and rows:
        values = values.mask(rng.random(rows) < 0.2)
    return values.to_numpy() if column.dtype == "float64" else values.astype(column.dtype).array
