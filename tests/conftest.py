"""Fixtures shared by all tests: where the real geodata, QGIS and Chromium are, or a skip with the reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("klimastep", deadline=None)  # no test fails on seconds
hypothesis.settings.load_profile("klimastep")

ROOT = Path(__file__).resolve().parent.parent


def _need(present: bool, reason: str, switch: str) -> None:
    if present:
        return
    if os.environ.get(switch) == "1":
        pytest.fail(f"{reason}, and {switch}=1 requires it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def testdata() -> Path:
    """Return the folder of real geodata."""
    folder = Path(os.environ.get("KLIMASTEP_TESTDATA", ROOT.parent / "shared" / "data"))
    _need(folder.is_dir(), f"no real geodata at {folder}", "KLIMASTEP_REQUIRE_TESTDATA")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    _need(bool(path), "no Chromium found", "KLIMASTEP_REQUIRE_CHROMIUM")
    return path


@pytest.fixture(scope="session")
def qgis_python() -> str:
    """Return the Python that can import QGIS."""
    path = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    found = Path(path).exists() and not subprocess.run([path, "-c", "import qgis.core"], capture_output=True).returncode
    _need(found, f"{path} has no QGIS bindings", "KLIMASTEP_REQUIRE_QGIS")
    return path
