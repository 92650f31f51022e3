"""Official open data of a municipality: fetch it with its terms and hashes, and draft a plan that uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd

from klimastep.errors import InputError, OutputError, PlanError
from klimastep.open_data.download import FIRST_WAIT_S, Downloader, Missing, Refused
from klimastep.open_data.draft import OUTLINE, draft_plan
from klimastep.open_data.ledger import Ledger
from klimastep.open_data.products import Item, check_ags, items_of, kinds_of_data, outline_of, parse_district

__all__ = ["Outcome", "Request", "draft_plan", "fetch", "kinds_of_data", "outline_of", "refuse_failures", "request"]

Status = Literal["fetched", "kept", "missing", "refused"]
WORDS = {"fetched": "geladen", "kept": "vorhanden", "missing": "gibt es nicht", "refused": "abgelehnt"}


@dataclass(frozen=True)
class Request:
    """What to fetch.

    Parameters
    ----------
    ags : str
        Official key of the municipality, eight digits.
    outline : GeoDataFrame
        Of :func:`outline_of`.
    what : sequence of str
        Some of :func:`kinds_of_data`.
    districts : sequence of (str, str)
        Keys and names of the Gemarkungen, for ALKIS.
    update : bool
        Fetch anew what is there, and accept that it changed at the office.
    base_url : str, optional
        In place of scheme and host of the offices.
    wait_s : float
        Before the second attempt, doubled each time. [s]
    """

    ags: str
    outline: gpd.GeoDataFrame
    what: Sequence[str]
    districts: Sequence[tuple[str, str]] = ()
    update: bool = False
    base_url: str | None = None
    wait_s: float = FIRST_WAIT_S


@dataclass(frozen=True)
class Outcome:
    """What became of one file; `text` says why where it is missing or refused."""

    item: Item
    status: Status
    text: str = ""

    def line(self) -> str:
        """Return the line for people."""
        return f"{WORDS[self.status]}: {self.item.file}" + (f": {self.text}" if self.text else "")


def fetch(request: Request, folder: Path, tell: Callable[[str], None] = lambda _text: None) -> list[Outcome]:
    """Fetch official open data into a folder, one file after another.

    A file that lies there with its recorded hash is kept. One that the office does not have, or that came
    damaged, is told and the rest goes on. ``quellen.json`` says where each came from.

    Parameters
    ----------
    request : Request
    folder : Path
        Usually ``data/<ags>``.
    tell : callable
        Takes lines about what is under way.

    Returns
    -------
    list of Outcome

    Raises
    ------
    PlanError
        An impossible request.
    OutputError
        The folder is not writable or full.
    """
    check_ags(request.ags)
    items = items_of(request.what, request.outline, request.districts, request.base_url)
    ledger = Ledger(folder, request.ags)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_outline(request.outline, folder / OUTLINE)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    with Downloader(request.wait_s, tell) as downloader:
        return [_one(item, ledger, downloader, request.update) for item in items]


def request(
    ags: str,
    what: str,
    boundary: Path | None,
    bbox: str | None,
    districts: Sequence[str],
    update: bool = False,
    base_url: str | None = None,
) -> Request:
    """Return a request out of the words of a command line.

    Raises
    ------
    PlanError
        A word that does not fit, ALKIS without Gemarkungen.
    InputError
        An outline that cannot be read.
    """
    kinds = [w.strip() for w in what.split(",") if w.strip()]
    if "alkis" in kinds and not districts:
        raise PlanError("--what alkis: name its Gemarkungen with --gemarkung KEY:NAME, for example 081234:Oßweil")
    try:
        box = None if bbox is None else [float(v) for v in bbox.split(",")]
    except ValueError as error:
        raise PlanError(f"--bbox {bbox}: expected four numbers, west,south,east,north") from error
    pairs = tuple(parse_district(d) for d in districts)
    return Request(check_ags(ags), outline_of(boundary, box), kinds, pairs, update, base_url)


def refuse_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise :class:`InputError` if a file was refused, or if there is none at all; what is missing is no failure."""
    refused = [o for o in outcomes if o.status == "refused"]
    if refused:
        raise InputError(
            "fetch", f"{len(refused)} of {len(outcomes)} files were refused", hint="run it again to resume"
        )
    if not any(o.status in ("fetched", "kept") for o in outcomes):
        raise InputError("fetch", f"the office has none of the {len(outcomes)} files", hint="is the outline right?")


def _one(item: Item, ledger: Ledger, downloader: Downloader, update: bool) -> Outcome:
    target = ledger.folder / item.file
    if target.exists() and not update:
        if item.file not in ledger.records:
            ledger.add(item, fetched=False)
            return Outcome(item, "kept", "lag schon da, Herkunft nicht geprüft")
        fault = ledger.fault(item, target)
        hint = f"{fault}; delete it, or fetch it anew with --update"
        return Outcome(item, "refused", hint) if fault else Outcome(item, "kept")
    fresh = target.with_name(target.name + ".new")
    try:
        downloader.fetch(item.url, fresh)
    except Missing:
        return Outcome(item, "missing", item.url)
    except Refused as error:
        return Outcome(item, "refused", f"{error} ({item.url})")
    fault = "" if update else ledger.fault(item, fresh)
    if fault:
        fresh.unlink()
        return Outcome(item, "refused", f"{fault}; if the office has a new edition, accept it with --update")
    try:
        fresh.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from error
    ledger.add(item)
    return Outcome(item, "fetched", f"{target.stat().st_size / 1e6:.1f} MB")


def _write_outline(outline: gpd.GeoDataFrame, path: Path) -> None:
    beside = path.with_name(f"neu-{path.name}")
    outline.to_file(beside, layer=path.stem, driver="GPKG")
    beside.replace(path)
