"""The plan file: which city, which sources, which settings; unknown keys are refused."""

from __future__ import annotations

import difflib
import re
import reprlib
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator
from pyproj import CRS
from pyproj.exceptions import CRSError

from klimastep.errors import PlanError
from klimastep.settings import Census, Heat, Part, Solar, Source, Stock, WeatherYear, Zones


class Config(Part):
    """One city and one question: everything that a run needs to know."""

    name: str
    """Short name of the plan: lower-case letters, digits, `_` and `-`; the run folder is `maps/<name>`."""
    title_de: str
    """Title on map and report, German."""
    title_en: str = ""
    """Title in English; the German one by default."""
    synthetic: bool = False
    """Whether the data are invented; "synthetisch" then stands on every output."""
    crs: str = "EPSG:25832"
    """Projected CRS in metres of the whole run."""
    sources: tuple[Source, ...] = Field(min_length=1)
    """Sources in order of precedence: what stands first wins."""
    weather: WeatherYear = WeatherYear()
    """Weather year."""
    census: Census = Census()
    """Census cells."""
    stock: Stock = Stock()
    """Building stock."""
    heat: Heat = Heat()
    """Heat demand."""
    solar: Solar = Solar()
    """Solar potential."""
    zones: Zones = Zones()
    """Priority zones."""
    exports: tuple[str, ...] = ("geopackage", "web_map")
    """Exporters beside the tables, which are always written."""
    seed: int = 8118
    """Seed of everything that draws random numbers."""

    @field_validator("name")
    @classmethod
    def _short_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", value):
            raise ValueError("expected lower-case letters, digits, _ and -, 41 characters at most")
        return value

    @field_validator("crs")
    @classmethod
    def _metric(cls, value: str) -> str:
        try:
            crs = CRS.from_user_input(value)
        except CRSError as error:
            raise ValueError(f"pyproj does not know {value!r}; expected for example EPSG:25832") from error
        if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
            raise ValueError(f"expected a projected CRS in metres, {value} is {crs.name}")
        return value


def load_config(path: Path) -> Config:
    """Read and check a plan file.

    Parameters
    ----------
    path : Path
        YAML, UTF-8.

    Raises
    ------
    PlanError
        The file is missing or not readable; all unknown keys and wrong values, each with its place and what is
        expected.
    """
    if path.is_dir():
        raise PlanError(f"{path}: is a folder; name the plan file in it")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PlanError(f"{path}: there is no such plan file; `klimastep init` writes one") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path}: byte {error.start} is not UTF-8; save the plan as UTF-8") from error
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        raw = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise PlanError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise PlanError(f"{path}: expected keys such as name, title_de, sources; got {type(raw).__name__}")
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise PlanError("\n".join(f"{path}: {_sentence(e)}" for e in error.errors())) from error


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would keep the last without a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Return a mapping whose keys differ."""
        keys = [k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode) and k.tag != "tag:yaml.org,2002:merge"]
        twice = next((k for k in keys if keys.count(k) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _sentence(error: Any) -> str:
    place = ".".join(str(p) for p in error["loc"])
    if error["type"] == "extra_forbidden":
        known = _keys_beside(error["loc"])
        near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        return f"{place}: unknown key" + (f", did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}")
    if error["type"] == "missing":
        return f"{place}: this key is missing"
    if error["type"] == "tuple_type":
        return f"{place}: expected a list, got {reprlib.repr(error['input'])}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}, got {reprlib.repr(error['input'])}"


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    model: Any = Config
    for part in loc[:-1]:
        if isinstance(part, str):
            field = {(f.alias or n): f for n, f in model.model_fields.items()}.get(part)
            kind: Any = field.annotation if field else Config
            model = (
                Source if part == "sources" else next((k for k in get_args(kind) if hasattr(k, "model_fields")), kind)
            )
    return [f.alias or n for n, f in getattr(model, "model_fields", {}).items()]


EXAMPLE_SOURCES = """\
  - reader: alkis_simple
    path: alkis/gebaeude.gpkg
  - reader: citygml
    path: lod2
  - reader: areas
    path: stadtteile.geojson
    options: {table: districts, id: schluessel, columns: {name: name}}
  - reader: weather_try
    options: {latitude_deg: 48.9, longitude_deg: 9.19}"""


def template(name: str = "meine-stadt", title_de: str = "Meine Stadt", entries: str = EXAMPLE_SOURCES) -> str:
    """Return a commented plan file with every key, its default and its description.

    Parameters
    ----------
    name, title_de : str
        Of the plan.
    entries : str
        The entries of `sources` as YAML, indented by two.
    """
    lines = ["# klimastep plan. Every key with its default; delete what you do not change.", ""]
    example = {"name": name, "title_de": title_de, "sources": f"\n{entries}"}
    for key, field in Config.model_fields.items():
        lines += [f"# {line}" for line in (field.description or "").splitlines()]
        if key in example:
            lines.append(f"{key}: {example[key]}".replace(": \n", ":\n"))
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lines.append(f"{key}:")
            for inner, part in field.annotation.model_fields.items():
                lines += [f"  # {line}" for line in (part.description or "").splitlines()]
                lines.append(f"  {part.alias or inner}: {_yaml(part.get_default(call_default_factory=True))}")
        else:
            lines.append(f"{key}: {_yaml(field.get_default(call_default_factory=True))}")
        lines.append("")
    return "\n".join(lines)


def _yaml(value: Any) -> str:
    if isinstance(value, tuple):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False)
    return text.removesuffix("...\n").strip()
