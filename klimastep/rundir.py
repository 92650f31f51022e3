"""The run folder: outputs appear whole or not at all, with what they were made from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from klimastep.contract import Catalogue
from klimastep.errors import InputError, OutputError
from klimastep.export import geopackage, parquet
from klimastep.export.files import failure
from klimastep.findings import Finding

PACKAGES = ("geopandas", "pandas", "numpy", "shapely", "pyproj", "pyogrio", "rasterio", "numba", "pvlib", "folium")
MB = 1e6
LOG = logging.getLogger("klimastep")
Progress = Callable[[str], None]


@dataclass
class Recorder:
    """What a run did: seconds, rows and peak memory of each step, findings, input hashes.

    A resource: it is filled while the run goes on and written once at its end.
    """

    progress: Progress = lambda _text: None
    steps: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str, rows: int | None = None) -> Iterator[dict[str, Any]]:
        """Measure one step; set ``rows`` in the dictionary it yields where it is known only afterwards."""
        self.progress(name)
        entry: dict[str, Any] = {"step": name, "rows": rows}
        start, cpu = time.perf_counter(), time.process_time()
        yield entry
        entry["seconds"] = round(time.perf_counter() - start, 3)
        entry["cpu_seconds"] = round(time.process_time() - cpu, 3)
        entry["peak_memory_mb"] = round(peak_memory_mb(), 1)
        self.steps.append(entry)
        LOG.info("%s: %s rows, %.2f s, peak %.0f MB", name, entry["rows"], entry["seconds"], entry["peak_memory_mb"])

    def note(self, findings: tuple[Finding, ...] | list[Finding]) -> None:
        """Keep findings."""
        self.findings += findings
        for finding in findings:
            LOG.warning("%s: %s (%s)", finding.source, finding.text_en, ", ".join(finding.ids))

    def hash_inputs(self, files: tuple[str, ...], base: Path) -> None:
        """Keep the SHA-256 of each input file under its path relative to the plan, where it has one."""
        for name in files:
            path = Path(name)
            with contextlib.suppress(ValueError):
                name = path.resolve().relative_to(base.resolve()).as_posix()
            if name not in self.inputs:
                self.inputs[name] = sha256(path)


def peak_memory_mb() -> float:
    """Return the highest resident memory of this process so far. [MB]"""
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return float(info.peak_wset) / MB
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / MB * (1 if sys.platform == "darwin" else 1024)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def edition_folder(run_folder: Path, edition: str) -> Iterator[Path]:
    """Yield an empty folder; on success it becomes ``<run_folder>/<edition>`` as a whole.

    An error, an interrupt or a killed process leaves the last good edition as it was. Where a file of the old
    edition is held open by another program (Windows), the files are replaced one by one and the held one stays,
    with the new result beside it.

    Raises
    ------
    OutputError
        The folder cannot be written, the disk is full, or a file is held open.
    """
    target = run_folder / edition
    with _as_output_error(run_folder):
        run_folder.mkdir(parents=True, exist_ok=True)
        _recover(run_folder, edition)
        fresh = run_folder / f".{edition}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
    try:
        with _as_output_error(run_folder), _logfile(fresh / "log.txt"):
            yield fresh
        with _as_output_error(run_folder):
            _swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):  # a first run that failed leaves no empty folder
            run_folder.rmdir()


@contextlib.contextmanager
def _as_output_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{failure(Path(error.filename or folder), error)}. Die bisherigen Ergebnisse sind unverändert; Platz oder "
            "Rechte schaffen oder mit --maps einen anderen Ordner wählen (earlier results are unchanged; make room or "
            "choose another folder with --maps)."
        ) from error


class _Logfile(logging.FileHandler):
    """A log that stops the run where it cannot be written, instead of printing a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 (the library's name)
        """Raise what went wrong."""
        raise


@contextlib.contextmanager
def _logfile(path: Path) -> Iterator[None]:
    handler = _Logfile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        handler.close()


def _recover(run_folder: Path, edition: str) -> None:
    target, old = run_folder / edition, run_folder / f".{edition}.old"
    if old.exists():
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)


def _swap(fresh: Path, target: Path) -> None:
    old = target.parent / f".{target.name}.old"
    if not target.exists():
        fresh.rename(target)
        return
    try:
        target.rename(old)
    except PermissionError:
        _replace_each(fresh, target)
        return
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _replace_each(fresh: Path, target: Path) -> None:
    held = []
    for path in sorted(p for p in fresh.rglob("*") if p.is_file()):
        goal = target / path.relative_to(fresh)
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(goal)
        except PermissionError:
            beside = goal.with_name(f"{goal.stem}.neu{goal.suffix}")
            path.replace(beside)
            if beside.suffix == ".gpkg":  # its embedded project names the file
                geopackage.relink(beside, goal.name, beside.name)
            held.append(f"Datei ist geöffnet: {goal}; das neue Ergebnis liegt daneben: {beside.name}")
    if held:
        raise OutputError("\n".join([*held, "In QGIS schließen und erneut starten (close the file and run again)."]))


def write_records(
    folder: Path, recorder: Recorder, catalogue: Catalogue, facts: dict[str, Any], plan_text: str
) -> None:
    """Write ``columns.json``, ``provenance.json``, ``checks.json`` and ``plan.yaml``."""
    (folder / "columns.json").write_text(catalogue.to_json(), encoding="utf-8")
    (folder / "plan.yaml").write_text(plan_text, encoding="utf-8")
    _write_json(folder / "checks.json", {"findings": [f.as_dict() for f in recorder.findings], **recorder.totals})
    provenance = {
        **facts,
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": {name: _version(name) for name in PACKAGES},
        "inputs_sha256": recorder.inputs,
        "steps": recorder.steps,
    }
    _write_json(folder / "provenance.json", provenance)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def find_edition(folder: Path) -> Path:
    """Return the edition folder that `folder` means: itself, else its ``intern``, else its ``oeffentlich``."""
    for candidate in (folder, folder / "intern", folder / "oeffentlich"):
        if (candidate / "columns.json").is_file():
            return candidate
    raise InputError(str(folder), "no finished run in here", "columns.json", "start one with `klimastep run PLAN`")


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a finished run, with the dtypes of their declaration."""
    return parquet.read(find_edition(folder))


def read_catalogue(folder: Path) -> Catalogue:
    """Return the column catalogue of a finished run."""
    return _record(find_edition(folder) / "columns.json", Catalogue.from_json)


def read_provenance(folder: Path) -> dict[str, Any]:
    """Return what a finished run was made from."""
    return _record(find_edition(folder) / "provenance.json", json.loads)


def _record(path: Path, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", "what the run wrote") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"damaged ({error})", "what the run wrote", "run the plan again") from error
