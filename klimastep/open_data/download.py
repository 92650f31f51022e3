"""One file over HTTP, politely: one connection, resumed where it broke, tried again, checked, whole or not at all."""

from __future__ import annotations

import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from klimastep.errors import OutputError

PACKAGE = "klimastep"
ATTEMPTS = 5
FIRST_WAIT_S = 1.0
MAX_WAIT_S = 60.0
TIMEOUT_S = (10.0, 60.0)  # to connect, between two chunks
CHUNK = 1 << 18
GONE = (404, 410)
BUSY = (408, 425, 429)
RANGE_REFUSED = 416
OK, PARTIAL, SERVER_FAULT = 200, 206, 500
MEGA = 1_000_000
MAX_BYTES = 20_000_000_000


class Missing(Exception):  # noqa: N818 (the server's plain answer, no error of ours)
    """The server has no such file."""


class Refused(Exception):  # noqa: N818
    """What came is not what was asked for; the text says what and why."""


class _Broken(Exception):  # noqa: N818
    """Worth another attempt."""

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


@dataclass
class Downloader:
    """Fetches files one after another over one connection.

    Parameters
    ----------
    wait_s : float
        Before the second attempt; doubled each time. [s]
    tell : callable
        Called with a line of text while a file grows or an attempt fails.
    """

    wait_s: float = FIRST_WAIT_S
    tell: Callable[[str], None] = lambda _text: None
    _session: Any = field(default=None, repr=False)

    def __enter__(self) -> Downloader:
        """Open the session."""
        import requests

        self._session = requests.Session()
        self._session.headers.update({"User-Agent": f"{PACKAGE}/{version(PACKAGE)}", "Accept-Encoding": "identity"})
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self._session.close()

    def fetch(self, url: str, target: Path) -> None:
        """Fetch a zip into `target`; what an earlier attempt left in ``<name>.part`` is continued.

        Raises
        ------
        Missing
            404 or 410.
        Refused
            No zip, a page in place of it, another length than announced, or no success after all attempts.
        OutputError
            The disk does not take it.
        """
        part = target.with_name(target.name + ".part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._attempts(url, part)
            _refuse_no_zip(part)
            part.replace(target)
            _validator(part).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from error

    def _attempts(self, url: str, part: Path) -> None:
        wait = self.wait_s
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._attempt(url, part)
            except _Broken as error:
                if attempt == ATTEMPTS:
                    raise Refused(f"{error}, {ATTEMPTS} attempts") from error
                pause = min(max(wait, error.wait_s), MAX_WAIT_S)
                self.tell(f"{part.stem}: {error}; attempt {attempt + 1} of {ATTEMPTS} in {pause:g} s")
                time.sleep(pause)
                wait *= 2
            else:
                return

    def _attempt(self, url: str, part: Path) -> None:
        import requests

        have = part.stat().st_size if part.exists() else 0
        tag = _validator(part).read_text(encoding="utf-8") if have and _validator(part).exists() else ""
        headers = {"Range": f"bytes={have}-", "If-Range": tag} if have and tag else {}
        try:
            with self._session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
                self._receive(response, part, have if headers else 0)
        except requests.exceptions.InvalidURL as error:
            raise Refused(f"the address is none ({error})") from error
        except requests.exceptions.RequestException as error:
            raise _Broken(f"the connection broke ({_reason(error)})") from error

    def _receive(self, response: Any, part: Path, have: int) -> None:
        _refuse_answer(response, part)
        resumed = response.status_code == PARTIAL
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink(missing_ok=True)
            raise _Broken("the server continues at another place")
        if not resumed:
            have = 0
            part.unlink(missing_ok=True)
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        _validator(part).write_text(tag, encoding="utf-8")
        size = self._append(response, part, have)
        if total is not None and size != total:
            raise _Broken(f"{size} bytes came, {total} were announced")

    def _append(self, response: Any, part: Path, size: int) -> int:
        """Write what comes behind the `size` bytes that are there; return how many there are then."""
        with part.open("ab") as file:
            for chunk in response.iter_content(CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise Refused(f"more than {MAX_BYTES} bytes")
                file.write(chunk)
                self.tell(f"{part.stem}: {size / MEGA:.1f} MB")
        return size


def _refuse_answer(response: Any, part: Path) -> None:
    status = response.status_code
    if status in GONE:
        raise Missing
    if status == RANGE_REFUSED:
        part.unlink(missing_ok=True)
        raise _Broken("the server does not continue this file")
    if status >= SERVER_FAULT or status in BUSY:
        raise _Broken(f"the server answers {status}", _seconds(response.headers.get("Retry-After", "")))
    if status not in (OK, PARTIAL):
        raise Refused(f"the server answers {status} {response.reason}")


def _validator(part: Path) -> Path:
    """Return where the server's mark of this version stands; without it nothing is continued."""
    return part.with_name(part.name + ".tag")


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() else 0.0


def _reason(error: Exception) -> str:
    return type(error).__name__ if not error.args else str(error.args[0])[:200]


def _refuse_no_zip(part: Path) -> None:
    """Delete and refuse what is no whole zip."""
    with part.open("rb") as file:
        head = file.read(512)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        fault = "a web page came in place of the zip"
    elif not head.startswith(b"PK"):
        fault = f"no zip came, the file begins with {head[:8]!r}"
    else:
        fault = _zip_fault(part)
    if fault:
        part.unlink(missing_ok=True)
        _validator(part).unlink(missing_ok=True)
        raise Refused(fault)


def _zip_fault(part: Path) -> str:
    try:
        with zipfile.ZipFile(part) as archive:
            if not archive.namelist():
                return "the zip is empty"
            unpacked = sum(info.file_size for info in archive.infolist())
            bad = archive.testzip() if unpacked < MAX_BYTES else None
            return f"the member {bad} of the zip is damaged" if bad else ""
    except (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, EOFError) as error:
        return f"the zip is damaged ({error})"
