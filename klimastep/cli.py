"""The commands; parses, calls, prints. The only file that prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from klimastep.errors import KlimastepError

app = typer.Typer(
    name="klimastep",
    help="From official geodata to climate priority zones: heat demand, solar potential, maps and GeoPackages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Maps = Annotated[Path, typer.Option("--maps", help="Folder of the run folders.")]
Plan = Annotated[Path, typer.Argument(help="Plan file (YAML).", metavar="PLAN")]


def main() -> None:
    """Run the command line; a user's mistake ends with a message and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console with a small code page must not end a run
            stream.reconfigure(errors="replace")
    try:
        app()
    except KlimastepError as error:
        typer.secho(f"{type(error).__name__}: {error}", fg="red", err=True)
        raise SystemExit(error.exit_code) from error
    except MemoryError as error:
        typer.secho(
            "MemoryError: Der Arbeitsspeicher reicht nicht (out of memory); die letzten Ergebnisse bleiben.",
            fg="red",
            err=True,
        )
        raise SystemExit(1) from error


@contextmanager
def _progress() -> Iterator[Any]:
    """Yield a function that shows the step under way: a bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda text: bar.update(task, description=text)


@app.command()
def run(plan: Plan, maps: Maps = Path("maps")) -> None:
    """Compute a plan: read, model, rank, write map, GeoPackage and tables."""
    from klimastep import plan as recipe

    with _progress() as progress:
        result = recipe.run(plan, maps, progress)
    _tell(result)


@app.command()
def demo(maps: Maps = Path("maps")) -> None:
    """Run the bundled town Musterstadt (synthetic) and say where its map lies."""
    from klimastep import plan as recipe
    from klimastep.sample import demo_plan

    with _progress() as progress:
        result = recipe.run(demo_plan(), maps, progress)
    _tell(result)


def _tell(result: Any) -> None:
    for line in result.summary():
        typer.echo(line)


@app.command()
def check(
    plan: Plan,
    maps: Maps = Path("maps"),
    report: Annotated[bool, typer.Option(help="Write the quality report to maps/<name>/pruefung.")] = True,
) -> None:
    """Read and validate the inputs of a plan and report on the building stock; compute no heat."""
    from klimastep import plan as recipe

    with _progress() as progress:
        inputs, recorder, files = recipe.check(plan, progress, maps if report else None)
    for line in inputs.summary():
        typer.echo(line)
    for finding in recorder.findings:
        ids = [i for i in finding.ids if i not in finding.text_de]
        more = f" [{', '.join(ids)}]" if ids else ""
        typer.echo(f"  {finding.severity}: {finding.source}: {finding.text_de}{more}")
    typer.echo(f"{len(recorder.findings)} Hinweise, keine Fehler.")
    for file in files:
        typer.echo(f"Prüfbericht: {file}")


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Plan file to write.")] = Path("plan.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    ags: Annotated[str | None, typer.Option("--ags", help="Of a municipality whose data were fetched.")] = None,
    folder: Annotated[Path | None, typer.Option("--from", help="Its folder; data/<ags> by default.")] = None,
) -> None:
    """Write a commented plan file with every key and its default; with --ags one that uses the fetched data."""
    from klimastep.errors import OutputError, PlanError

    if path.exists() and not force:
        raise OutputError(f"{path} exists; choose another name or use --force")
    if ags is None and folder is not None:
        raise PlanError("--from: name the municipality with --ags too")
    if ags is None:
        from klimastep.config import template

        text = template()
    else:
        from klimastep.open_data import draft_plan

        text = draft_plan(ags, folder or Path("data", ags), path)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        from klimastep.export.files import failure

        raise failure(path, error) from error
    typer.echo(f"{path}")


@app.command()
def fetch(
    ags: Annotated[str, typer.Option("--ags", help="Official key of the municipality, eight digits.")],
    what: Annotated[str, typer.Option("--what", help="Some of lod2, dgm, dom, alkis, census.")] = "lod2,census",
    boundary: Annotated[Path | None, typer.Option("--boundary", help="Polygon file with its outline.")] = None,
    bbox: Annotated[str | None, typer.Option("--bbox", help="West,south,east,north in EPSG:25832 instead.")] = None,
    gemarkung: Annotated[list[str] | None, typer.Option("--gemarkung", help="KEY:NAME, for alkis; repeat it.")] = None,
    into: Annotated[Path | None, typer.Option("--into", help="Folder; data/<ags> by default.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Fetch new editions of what is there.")] = False,
    base_url: Annotated[str | None, typer.Option("--base-url", help="A mirror in place of the offices.")] = None,
) -> None:
    """Fetch official open data of a municipality in Baden-Württemberg, with its terms and hashes."""
    from klimastep import open_data

    with _progress() as progress:
        outcomes = open_data.fetch(
            open_data.request(ags, what, boundary, bbox, gemarkung or [], update, base_url),
            into or Path("data", ags),
            progress,
        )
    for outcome in outcomes:
        typer.echo(outcome.line())
    open_data.refuse_failures(outcomes)


@app.command()
def columns(
    table: Annotated[str | None, typer.Argument(help="Only this table.")] = None,
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Of a finished run, with all columns that its steps added.")
    ] = None,
) -> None:
    """List the columns of the tables: name, unit, dtype, label, meaning."""
    from klimastep.contract import Catalogue
    from klimastep.errors import PlanError
    from klimastep.rundir import read_catalogue
    from klimastep.tables import TABLES

    catalogue = read_catalogue(run_folder) if run_folder else Catalogue(TABLES)
    if table is not None and table not in catalogue:
        raise PlanError(f"there is no table {table!r}; known are {', '.join(t.name for t in catalogue)}")
    for one in catalogue:
        if table in (None, one.name):
            typer.echo(f"{one.name} ({one.label_de}), index {one.id}")
            for c in one.columns:
                typer.echo(f"  {c.name:32} {c.unit:12} {c.dtype:9} {c.label_de}. {c.description}".rstrip())


@app.command()
def sources() -> None:
    """List the readers with what each of them reads."""
    from klimastep import sources as readers

    for name in readers.names():
        module = readers.load(name)
        typer.echo(f"{name:16} {module.TABLE:12} {(module.__doc__ or '').splitlines()[0]}")


@app.command()
def publish(
    folder: Annotated[Path, typer.Argument(help="Run folder, for example maps/musterstadt.")],
) -> None:
    """Write the public edition of a finished run: blocks and zones, never single houses."""
    from klimastep import publish as publishing

    for path in publishing.publish(folder):
        typer.echo(str(path))


@app.command()
def rename(
    file: Annotated[Path, typer.Argument(help="GeoPackage of a run.")],
    name: Annotated[str, typer.Argument(help="New file name; a plain rename would break the embedded project.")],
) -> None:
    """Rename a GeoPackage together with the QGIS project inside it."""
    from klimastep.export import geopackage

    typer.echo(str(geopackage.rename(file, name)))


@app.command()
def corrections(
    source: Annotated[Path, typer.Argument(help="Plan file or run folder: gives the CRS.", metavar="PLAN_OR_RUN")],
    file: Annotated[Path, typer.Argument(help="GeoPackage to write; an existing one is never overwritten.")],
) -> None:
    """Write an empty file for corrections by hand, with its form for QGIS."""
    from klimastep.config import load_config
    from klimastep.export.corrections import write_empty
    from klimastep.rundir import find_edition

    plan = find_edition(source) / "plan.yaml" if source.is_dir() else source
    typer.echo(str(write_empty(file, load_config(plan).crs)))
    typer.echo(f"In den Plan unter sources: eintragen:\n  - reader: corrections\n    path: {file.name}")


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write into.", metavar="DIR")],
    buildings: Annotated[int, typer.Option("--buildings", min=50, help="How many buildings.")] = 1500,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random numbers.")] = 8118,
    style: Annotated[
        str, typer.Option("--style", help="town: all layers; bw: ALKIS shapefiles, NAS, LoD2 only.")
    ] = "town",
) -> None:
    """Make a synthetic town of any size in the formats that offices deliver, with its plan."""
    from klimastep.sample import sample as make

    typer.echo(str(make(folder, buildings, seed, style)))


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from klimastep import __version__

        typer.echo(__version__)
        raise typer.Exit


if __name__ == "__main__":
    main()
