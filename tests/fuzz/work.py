"""The process that reads damaged files, and what it takes for a failure."""

from __future__ import annotations

import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from mutate import mutate
from seeds import Seed, seeds

from klimastep import sources
from klimastep.errors import ContractError, KlimastepError

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MINIMISE_S = 15.0
BARRED = ("os.mkdir", "os.rename", "os.remove", "os.symlink", "os.system", "subprocess.Popen", "socket.connect")


class Guard:
    """Notes what Python does outside reading: writing, renaming, connecting, starting programs."""

    def __init__(self, temporary: str) -> None:
        self.on = False
        self.temporary = temporary
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & WRITES and not self._may(path):
                self.seen.append(f"open {path}")
        elif event in BARRED and not (args and self._may(args[0])):
            self.seen.append(f"{event} {args[:1]}")

    def _may(self, path: Any) -> bool:
        """Return whether a file is a temporary one; a bare name is one in a folder that was opened before."""
        return str(path).startswith(self.temporary) or str(path) == os.devnull or str(path) == Path(str(path)).name


def attempt(seed: Seed, path: Path, guard: Guard) -> tuple[str, str, str]:
    """Read a file; return "read", "refused" or "failed", with the error's kind and place, and its text."""
    before = _state(path.parent.parent)
    guard.seen.clear()
    guard.on = True
    try:
        sources.read(seed.reader, path, crs=seed.crs, **seed.options)
        out = ("read", "", "")
    except ContractError as error:
        out = ("failed", f"ContractError {str(error).splitlines()[0][:60]}", str(error)[:2000])
    except KlimastepError as error:
        text = str(error)
        out = ("refused", "", "") if 0 < len(text) < 10_000 else ("failed", "message too long", text[:2000])
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        out = ("failed", f"{type(error).__name__} {_where(error)}", traceback.format_exc()[-3000:])
    finally:
        guard.on = False
    if out[0] != "failed" and guard.seen:
        return "failed", "did more than read", "; ".join(guard.seen[:5])
    after = _state(path.parent.parent)
    if out[0] != "failed" and before != after:
        return "failed", "files changed", str(sorted(before ^ after)[:5])
    return out


def _where(error: BaseException) -> str:
    own = [f for f in traceback.extract_tb(error.__traceback__) if "klimastep" in f.filename]
    return f"{Path(own[-1].filename).name} {own[-1].name}" if own else ""


def _state(folder: Path) -> set[tuple[str, int]]:
    return {(str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*") if p.is_file()}


def put(files: dict[str, bytes], folder: Path) -> Path:
    """Write the files of a source into an empty folder and return the path of the first."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def smaller(
    seed: Seed, files: dict[str, bytes], folder: Path, guard: Guard, error: str, alive: Callable[[], None]
) -> dict[str, bytes]:
    """Return the files without blocks that the same failure does not need, as far as some seconds reach."""
    until = time.monotonic() + MINIMISE_S
    for name in files:
        size = max(1, len(files[name]) // 2)
        while size and time.monotonic() < until:
            at = 0
            while at < len(files[name]) and time.monotonic() < until:
                alive()
                shorter = {**files, name: files[name][:at] + files[name][at + size :]}
                if attempt(seed, put(shorter, folder), guard)[1] == error:
                    files = shorter
                else:
                    at += size
            size //= 2
    return files


def work(line: Connection, folder: Path, number: int, readers: list[str], real: Path | None) -> None:
    """Read damaged files for ever and tell of each; every reader gets the same time."""
    warnings.simplefilter("ignore")
    for name in ("in", "tmp", "home"):
        (folder / name).mkdir()
    os.chdir(folder)
    os.environ |= {"TMPDIR": str(folder / "tmp"), "HOME": str(folder / "home")}
    random, guard = Random(number), Guard(str(folder / "tmp"))
    by_reader: dict[str, list[Seed]] = {}
    for seed in seeds(real):
        if not readers or seed.reader in readers:
            by_reader.setdefault(seed.reader, []).append(seed)
    known: set[tuple[str, str]] = set()
    spent = dict.fromkeys(by_reader, 0.0)
    for seed in (s for group in by_reader.values() for s in group):  # whatever is imported late, and: all are good
        kind, error, text = attempt(seed, put(seed.files, folder / "in"), guard)
        if kind != "read" and error != "did more than read":
            raise AssertionError(f"{seed.reader} {list(seed.files)}: {kind} {error} {text}")
    while True:
        reader = min(spent, key=lambda r: spent[r])
        seed, other = random.choice(by_reader[reader]), random.choice(by_reader[reader])
        name = next(iter(seed.files)) if random.random() < 0.6 else random.choice(list(seed.files))
        files = {**seed.files, name: mutate(seed.files[name], name, random, next(iter(other.files.values())))}
        path = put(files, folder / "in")
        options = {"reader": reader, "seed": number, "options": seed.options, "crs": seed.crs}
        line.send({"what": "began", **options})
        start = time.monotonic()
        kind, error, text = attempt(seed, path, guard)
        spent[reader] += time.monotonic() - start
        told: dict[str, Any] = {"what": kind, **options, "error": error, "text": text}
        if kind != "failed":
            line.send(told)
            continue
        line.send({**told, "files": files})
        if (reader, error) not in known:
            known.add((reader, error))
            began = {"what": "began", **options}
            files = smaller(seed, files, folder / "in", guard, error, lambda told=began: line.send(told))  # type: ignore[misc]
            line.send({**told, "what": "smaller", "files": files})
