"""A surveying office on this machine that serves zips under the official names, and misbehaves on demand."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


def zipped(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", ".")), content)
    return raw.getvalue()


@dataclass
class Office:
    """What is served, how it goes wrong, and what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # raw path, Range, User-Agent
    url: str = ""
    tag: str = '"v1"'

    def requests(self, ending: str) -> list[str]:
        return [r for p, r, _ in self.asked if unquote(p).endswith(ending)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    office: Office

    def do_GET(self) -> None:
        office = self.office
        office.asked.append((self.path, self.headers.get("Range", ""), self.headers.get("User-Agent", "")))
        path = unquote(self.path)
        faults = office.faults.get(path, [])
        fault = faults.pop(0) if len(faults) > 1 else (faults[0] if faults else "")
        if fault == "ok":
            fault = ""
        if fault.isdigit():
            self._plain(int(fault), b"<html>oops</html>")
        elif path not in office.files:
            self._plain(404, b"<html>not found</html>")
        elif fault == "html":
            self._plain(200, b"<!DOCTYPE html><html>Wartung</html>")
        else:
            self._send(office.files[path], fault)

    def _plain(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send(self, body: bytes, fault: str) -> None:
        start, total = 0, len(body)
        asked = self.headers.get("Range")
        fresh = self.headers.get("If-Range") in (None, self.office.tag)
        if asked and fresh and fault != "no_range":
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= total:
                self._plain(416, b"")
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        length = total - start + (1000 if fault == "long" else 0)
        if fault == "short":
            length = (total - start) // 2
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", self.office.tag)
        self.end_headers()
        rest = body[start:]
        with suppress(ConnectionError):
            self.wfile.write(rest[: len(rest) // 2] if fault in ("cut", "short") else rest)
        if fault in ("cut", "long"):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def open_office(**files: bytes) -> Iterator[Office]:
    office = Office(dict(files))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"office": office}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    office.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield office
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
