"""environment.yml and pyproject.toml name the same packages with the same bounds."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def test_environment_equals_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = {d for d in environment if isinstance(d, str)} - {"pip"}
    pip = next(d["pip"] for d in environment if isinstance(d, dict))
    assert f"python{project['requires-python']}" in conda
    assert sorted(conda - {f"python{project['requires-python']}"} | set(pip)) == sorted(project["dependencies"])
