"""Budgets of the code base: sizes, no print, array files without geopandas, no empty except."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "klimastep"
FILES = sorted(PACKAGE.rglob("*.py"))
ARRAY_FILES = [
    "cadastre/census_fit.py",
    "zones/criteria.py",
    "heat/balance_seasonal.py",
    "solar/plane_batch.py",
    "solar/plane_fit.py",
    "solar/plane_outlines.py",
    "solar/plane_parts.py",
    "solar/plane_windows.py",
    "weather/irradiance.py",
    "weather/sun.py",
    "solar/horizon.py",
    "solar/sweep.py",
    "solar/vectors.py",
    "solar/sky.py",
]
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_ARGUMENTS = 400, 60, 8


def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path):
    return [n for n in ast.walk(_tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_budgets(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    for function in _functions(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        length = (body[-1].end_lineno - body[0].lineno + 1) if body else 0
        assert length <= MAX_FUNCTION_LINES, f"{function.name}: {length} lines"
        arguments = function.args
        count = len(arguments.args) + len(arguments.kwonlyargs) + len(arguments.posonlyargs)
        assert count <= MAX_ARGUMENTS + (arguments.args[:1] != [] and arguments.args[0].arg == "self"), function.name


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_only_the_command_line_prints(path):
    if path.name == "cli.py":
        return
    calls = [n for n in ast.walk(_tree(path)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "print"]
    assert not calls


@pytest.mark.parametrize("name", ARRAY_FILES)
def test_array_files_know_no_tables(name):
    imported = {
        (n.module or "") if isinstance(n, ast.ImportFrom) else alias.name
        for n in ast.walk(_tree(PACKAGE / name))
        if isinstance(n, ast.Import | ast.ImportFrom)
        for alias in n.names
    }
    assert not {i for i in imported if i.split(".")[0] in ("geopandas", "pandas", "shapely")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_public_functions_are_documented(path):
    tree = _tree(path)
    assert ast.get_docstring(tree), "module"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_layers_hold():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout
