"""What a user reads is what the code does: pages made from it, and every command, key, reader and number is there."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from klimastep import export, reference, sources
from klimastep.config import Config, load_config
from klimastep.settings import Source
from klimastep.tables import TABLES
from klimastep.zones import indicators

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("plan.md", "columns.md", "commands.md")
EXAMPLES = sorted(p for p in (ROOT / "klimastep").rglob("*.py") if ">>>" in p.read_text(encoding="utf-8"))


def _make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _make()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_as_the_code_makes_them(page):
    assert text_of(ROOT / "docs" / page) == make.PAGES[page](), "run `python docs/make.py`"


@pytest.mark.parametrize("script", make.scripts(), ids=lambda p: p.stem)
def test_each_notebook_is_that_of_its_script_and_in_the_readme(script):
    pair = script.with_suffix(".ipynb")
    assert text_of(pair) == make.notebook(script), "run `python docs/make.py`"
    nbformat.validate(nbformat.read(pair, as_version=4))
    assert f"notebooks/{pair.name}" in text_of(ROOT / "README.md")


def test_no_notebook_lacks_its_script():
    assert {p.stem for p in (ROOT / "notebooks").glob("*.ipynb")} == {p.stem for p in make.scripts()}


def test_a_notebook_has_the_cells_of_its_script(tmp_path):
    script = tmp_path / "some.py"
    head = "# ---\n# jupyter:\n#   kernelspec: {}\n# ---\n\n"
    script.write_text(f"{head}# %% [markdown]\n# # Title\n#\n# Text\n\n# %%\na = 1  # %%\n\n\na\n", encoding="utf-8")
    text, code = json.loads(make.notebook(script))["cells"]
    assert (text["cell_type"], "".join(text["source"])) == ("markdown", "# Title\n\nText")
    assert (code["cell_type"], "".join(code["source"])) == ("code", "a = 1  # %%\n\n\na")
    assert code["outputs"] == []


def test_every_command_is_in_readme_and_docs():
    readme, page = text_of(ROOT / "README.md"), text_of(ROOT / "docs" / "commands.md")
    for name, command in make.commands().items():
        assert f"klimastep {name}" in readme, name
        assert f"## `klimastep {name}`" in page
        assert command.help, name
        assert all(p.help for p in command.params if p.name != "help"), name


def test_readme_names_only_commands_and_options_that_exist():
    known = make.commands()
    for name, rest in re.findall(r"^klimastep (\w+)(.*)$", text_of(ROOT / "README.md"), re.MULTILINE):
        assert name in known
        options = {o for p in known[name].params for o in p.opts}
        assert set(re.findall(r"--[a-z]+", rest.partition("#")[0])) <= options


def _keys() -> Iterator[str]:
    for name, field in Config.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        yield from [f"{name}.{f.alias or n}" for n, f in inner.items()] if inner else [field.alias or name]
    yield from (f"sources.{name}" for name in Source.model_fields)


def test_every_plan_key_is_documented_with_its_meaning():
    page = text_of(ROOT / "docs" / "plan.md")
    for key in _keys():
        row = re.search(rf"^\| `{re.escape(key)}` \|[^|]*\| (.+) \|$", page, re.MULTILINE)
        assert row, key
        assert len(row[1]) > 10, key


@pytest.mark.parametrize("name", sources.names())
def test_every_reader_and_option_is_documented(name):
    readme, page = text_of(ROOT / "README.md"), text_of(ROOT / "docs" / "plan.md")
    assert f"`{name}`" in readme
    assert f"### `{name}`" in page
    undocumented = set(sources.options(name)) - set(make.option_texts(name))
    assert not undocumented


def test_every_exporter_indicator_and_table_is_documented():
    page, dictionary = text_of(ROOT / "docs" / "plan.md"), text_of(ROOT / "docs" / "columns.md")
    for name in (*export.names(), *indicators.names()):
        assert f"| `{name}` |" in page
    for name in TABLES:
        assert f"## `{name}`:" in dictionary


def test_every_column_has_labels_and_a_unit_or_none():
    for name, columns in make.dictionary().items():
        assert len({c.name for c, _ in columns}) == len(columns), name
        for column, _ in columns:
            assert column.label_de, (name, column.name)
            assert column.label_en, (name, column.name)


def test_the_plan_shown_in_the_docs_is_valid(tmp_path):
    shown = re.search(r"```yaml\n(.*?)\n```", text_of(ROOT / "docs" / "plan.md"), re.DOTALL)
    assert shown
    path = tmp_path / "plan.yaml"
    path.write_text(shown[1], encoding="utf-8")
    config = load_config(path)
    for source in config.sources:
        assert source.reader in sources.names()
        assert set(source.options) <= set(sources.options(source.reader))


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "plans").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_plans_of_real_cities_are_valid(path):
    config = load_config(path)
    for source in config.sources:
        assert set(source.options) - {"attribution"} <= set(sources.options(source.reader))


@pytest.mark.parametrize("name", reference.names())
def test_every_reference_table_loads_and_is_in_the_sources(name):
    table = reference.load(name)
    assert len(table)
    assert table["source"].str.len().min() > 3
    assert table["year"].between(1990, 2030).all()
    told = text_of(ROOT / "klimastep" / "reference" / "SOURCES.md")
    row = re.search(rf"^\| `{name}\.csv` \| (.+) \| (.+) \|$", told, re.MULTILINE)
    assert row, f"{name}.csv is missing in SOURCES.md"


def test_the_sources_name_no_table_that_is_not_there():
    told = text_of(ROOT / "klimastep" / "reference" / "SOURCES.md")
    assert set(re.findall(r"^\| `(\w+)\.csv`", told, re.MULTILINE)) == set(reference.names())
    cited = {int(n) for group in re.findall(r"\((\d+(?:, \d+)*)\)", told) for n in group.split(",")}
    listed = {int(n) for n in re.findall(r"^(\d+)\. ", told, re.MULTILINE)}
    assert {n for n in cited if n < 100} == listed


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", text_of(path)):
        if not target.startswith(("http", "mailto")):
            assert (path.parent / target).exists() or target.endswith((".png", "VALIDATION.md")), target


def test_the_architecture_page_names_every_module_and_room():
    page = text_of(ROOT / "docs" / "architecture.md")
    package = ROOT / "klimastep"
    names = [f"{p.name}/" for p in package.iterdir() if (p / "__init__.py").is_file()]
    names += [p.name for p in package.glob("*.py") if p.name != "__init__.py"]
    for name in names:
        assert re.search(rf"^  {re.escape(name)} ", page, re.MULTILINE), name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_in_docstrings_are_what_comes_out(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0
