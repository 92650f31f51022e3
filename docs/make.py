"""Write the pages that follow from the code, and the notebooks: ``python docs/make.py``; a test holds them equal."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
import yaml
from pydantic import BaseModel

import klimastep
from klimastep import cadastre, cli, export, heat, solar, sources, zones
from klimastep.config import Config, template
from klimastep.contract import Column
from klimastep.settings import Source
from klimastep.steps import Step
from klimastep.tables import TABLES
from klimastep.zones import indicators

FOLDER = Path(__file__).parent
NOTEBOOKS = FOLDER.parent / "notebooks"
NOTE = "Made by `python docs/make.py` from the code; change it there.\n"
ROOMS = ("cadastre", "weather", "heat", "solar")
AREAS = ("blocks", "districts", "zones")


def plan_page() -> str:
    """Return the page of the plan file: its keys, readers with their options, exporters and indicators."""
    lines = ["# The plan file", "", NOTE, "`klimastep init plan.yaml` writes this:", "", "```yaml", template().strip()]
    lines += ["```", "", "## Keys", "", "Unknown keys are refused; a key that stands twice too.", ""]
    lines += _keys(Config, "")
    lines += ["", "Each entry of `sources`:", "", *_keys(Source, "sources.")]
    lines += [
        "",
        "## Readers",
        "",
        "`attribution` (licence and source line for the outputs) is an option of every reader.",
    ]
    for name in sources.names():
        module = sources.load(name)
        lines += ["", f"### `{name}`", "", f"{_first(module)} Main table: `{module.TABLE}`.", ""]
        told = option_texts(name)
        lines += _table(("option", "meaning"), ((f"`{o}`", told[o]) for o in sources.options(name))) if told else []
    lines += ["", "## Exporters", "", "The tables as GeoParquet are always written.", ""]
    lines += _table(("exporter", "what it writes"), ((f"`{n}`", _first(export.load(n))) for n in export.names()))
    lines += ["", "## Indicators of the priority", ""]
    rows = (
        (f"`{n}`", _first(indicators.load(n)), indicators.load(n).INDICATOR.urgent_when) for n in indicators.names()
    )
    lines += _table(("indicator", "what it says", "urgent when"), rows)
    return "\n".join(lines) + "\n"


def columns_page() -> str:
    """Return the data dictionary: every column of every table, and the step that adds it."""
    lines = ["# Data dictionary", "", NOTE]
    lines += [
        "Unknown is NaN (empty), zero is zero. `klimastep columns --run maps/<name>` says the same of one run.",
        "",
    ]
    for name, columns in dictionary().items():
        title, index = (TABLES[name].label_en, TABLES[name].id) if name in TABLES else AREA_TITLE
        lines += [f"## `{name}`: {title}", "", f"Index `{index}`.", ""]
        head = ("column", "kind", "unit", "German", "meaning", "from")
        lines += [*_table(head, (_described(column, origin) for column, origin in columns)), ""]
    return "\n".join(lines)


AREA_TITLE = ("what blocks, districts and zones get from their buildings", "block_id, district_id or zone_id")


def commands_page() -> str:
    """Return the page of the commands with their arguments and exit codes."""
    lines = ["# Commands", "", NOTE]
    for name, command in commands().items():
        rows = list(_arguments(command))
        lines += [f"## `klimastep {name}`", "", " ".join((command.help or "").split()), ""]
        lines += [*_table(("argument", "default", "meaning"), rows), ""] if rows else []
    codes = ((str(e.exit_code), f"`{e.__name__}`: {_first(e)}") for e in _errors())
    lines += ["## Exit codes", "", *_table(("code", "what went wrong"), codes), ""]
    return (
        "\n".join(lines) + "\nCode 1 is everything else, 130 an interrupt by hand. Earlier outputs stay as they were.\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "plan.md": plan_page,
    "columns.md": columns_page,
    "commands.md": commands_page,
}


def notebook(script: Path) -> str:
    """Return the notebook of a script in percent format (as jupytext pairs them), without outputs."""
    _, *parts = re.split(r"^# %%(?: \[(markdown)\])?\n", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells: list[dict[str, Any]] = []
    for kind, text in zip(parts[::2], parts[1::2], strict=True):
        source = re.sub(r"^# ?", "", text.strip(), flags=re.MULTILINE) if kind else text.strip()
        cell: dict[str, Any] = {"cell_type": kind or "code", "id": f"cell-{len(cells):02d}", "metadata": {}}
        if not kind:
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell | {"source": source.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def scripts() -> list[Path]:
    """Return the scripts that the notebooks are made from."""
    return sorted(NOTEBOOKS.glob("[0-9]*.py"))


def commands() -> dict[str, Any]:
    """Return the commands by name, in the order of the help."""
    return dict(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def dictionary() -> dict[str, list[tuple[Column, str]]]:
    """Return the columns of each table with what they come from; ``areas`` are blocks, districts and zones."""
    found = {
        name: [(c, "source" if name != "zones" else "`zones.from`") for c in t.columns] for name, t in TABLES.items()
    }
    for step in steps():
        _add(found[step.table.name], step.adds, f"`{step.name}`")
    _add(found["buildings"], cadastre.AGE_COLUMNS, "`cadastre.age_from_areas`")
    _add(found["buildings"], [cadastre.FLOOR_AREA_FACTOR], "`cadastre.by_people`")
    _add(found["buildings"], [cadastre.PV_INSTALLED], "`cadastre.installed_pv`")
    _add(found["buildings"], [solar.WITHHELD], "`solar.withheld`")
    _add(found["buildings"], [zones.ZONE_ID], "`zones.assign`")
    _add(found["buildings"], heat.CALIBRATION_COLUMNS, "`heat.calibrated`")
    _add(found["buildings"], heat.BANDS, "`heat.bands`")
    own = [c for c, _ in found["buildings"]]
    found["areas"] = []
    _add(found["areas"], zones.aggregated_columns(own), "`zones.aggregate`")
    _add(found["areas"], [heat.NETWORK_LOAD], "`heat.network_load`")
    _add(found["areas"], heat.BANDS, "`heat.bands`")
    _add(found["areas"], (indicators.load(n).INDICATOR.column for n in indicators.names()), "`zones.indicators`")
    scored = (f(n) for n in indicators.names() for f in (zones.score_column, zones.contribution_column))
    _add(found["blocks"], heat.METERED_COLUMNS, "`heat.metered`")
    _add(found["heat_grid"], heat.GRID_COLUMNS, "`heat.heat_grid`")
    _add(found["zones"], (*zones.PRIORITY_COLUMNS, *scored), "`zones.prioritise`")
    _add(found["zones"], zones.EXPLANATION, "`zones.explain`")
    return found


def steps() -> Iterator[Step]:
    """Yield the steps of all rooms by name."""
    found: dict[str, Step] = {}
    for room in ROOMS:
        package = importlib.import_module(f"{klimastep.__name__}.{room}")
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            values = vars(importlib.import_module(info.name)).values()
            found |= {value.name: value for value in values if isinstance(value, Step)}
    yield from (found[name] for name in sorted(found))


def option_texts(reader: str) -> dict[str, str]:
    """Return what each option of a reader means, out of the docstrings of its options or of its ``read``."""
    module = sources.load(reader)
    described = reversed(module.Options.__mro__) if hasattr(module, "Options") else (module.read,)
    texts: dict[str, str] = {}
    for thing in described:
        texts |= _parameters(thing.__doc__ or "")
    return {name: texts[name] for name in sources.options(reader) if name in texts}


def _parameters(docstring: str) -> dict[str, str]:
    """Return the entries of the section Parameters of a numpydoc docstring."""
    section = re.search(r"\nParameters\n-+\n(.*?)(?:\n\n[A-Z][a-z]+\n-+\n|\Z)", inspect.cleandoc(docstring), re.DOTALL)
    texts: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", section[1]) if section else []:
        head, _, body = entry.partition("\n")
        names, _, kind = head.partition(" : ")
        for name in names.split(","):
            text = " ".join(body.split())
            texts[name.strip()] = f"{text} ({kind.strip()})" if kind else text
    return texts


def _keys(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            rows += _key_rows(kind, f"{key}.")
        else:
            rows.append(_key_row(key, field))
    return _table(("key", "default", "meaning"), rows)


def _key_rows(model: type[BaseModel], prefix: str) -> list[tuple[str, str, str]]:
    return [_key_row(f"{prefix}{field.alias or name}", field) for name, field in model.model_fields.items()]


def _key_row(key: str, field: Any) -> tuple[str, str, str]:
    default = "needed" if field.is_required() else _value(field.get_default(call_default_factory=True))
    text = " ".join((field.description or "").split())
    if get_origin(field.annotation) is Literal:
        text += f" One of {', '.join(f'`{v}`' for v in get_args(field.annotation))}."
    return f"`{key}`", default, text


def _described(column: Column, origin: str) -> tuple[str, ...]:
    text = column.description or f"{column.label_en[0].upper()}{column.label_en[1:]}."
    if column.categories:
        text += f" One of {', '.join(f'`{c.value}`' for c in column.categories)}."
    if column.min is not None and column.max is not None and column.dtype != "category":
        text += f" From {column.min:g} to {column.max:g}."
    kind = f"{column.dtype}, may be unknown" if column.nullable else column.dtype
    return f"`{column.name}`", kind, column.unit, column.label_de, text, origin


def _value(default: Any) -> str:
    if default in (None, "", (), {}, False):
        return {False: "no"}.get(default, "") if isinstance(default, bool) else ""
    plain = list(default) if isinstance(default, tuple) else default
    text = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, sort_keys=False)
    return f"`{text.removesuffix(chr(10)).removesuffix('...').strip()}`"


def _arguments(command: Any) -> Iterator[tuple[str, str, str]]:
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        shown = ", ".join(parameter.opts) if option else (parameter.metavar or parameter.name.upper())
        default = parameter.default
        told = _value(str(default) if isinstance(default, Path) else default)
        yield f"`{shown}`", "needed" if parameter.required else told, parameter.help or ""


def _errors() -> list[Any]:
    from klimastep import errors

    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.KlimastepError)]
    return sorted((e for e in kinds if e is not errors.KlimastepError), key=lambda e: e.exit_code)


def _add(into: list[tuple[Column, str]], columns: Iterable[Column], origin: str) -> None:
    for column in columns:
        place = next((i for i, (known, _) in enumerate(into) if known.name == column.name), None)
        if place is None:
            into.append((column, origin))
        elif into[place][1] != origin:
            into[place] = (column, f"{into[place][1]}, {origin}")


def _first(thing: Any) -> str:
    line: str = (thing.__doc__ or "").strip().splitlines()[0]
    return re.sub(r":\w+:(?=`)", "", line)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    for page, make in PAGES.items():
        (FOLDER / page).write_text(make(), encoding="utf-8", newline="\n")
    for script in scripts():
        script.with_suffix(".ipynb").write_text(notebook(script), encoding="utf-8", newline="\n")
