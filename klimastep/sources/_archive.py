"""Zip files of surveying offices, opened in place and never unpacked to disk, and files that are what they claim."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from klimastep.errors import InputError

MAX_MEMBER_BYTES = 4_000_000_000
MAX_TOTAL_BYTES = 40_000_000_000
MAX_RATIO = 200  # a CityGML tile packs to about 1:20, a bomb to 1:1000
MIN_SUSPECT_BYTES = 10_000_000
MAX_MEMBERS = 100_000
CHUNK = 1 << 20
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PATCHED = 0x20  # flag of a member that is a difference to another file
# First bytes by ending: GDAL goes by content, and some of its formats open further files or addresses.
MAGIC = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a", ".fgb": b"fgb", ".geojson": b"{", ".json": b"{"}


def safe_members(path: Path, suffixes: Iterable[str]) -> list[zipfile.ZipInfo]:
    """Return the members of a zip with one of the `suffixes`, sorted by name.

    Parameters
    ----------
    path : Path
        The zip file.
    suffixes : iterable of str
        Lower-case endings with their dot, for example ``[".gml"]``.

    Raises
    ------
    InputError
        No zip, damaged, encrypted, a member that points out of the archive, or one that unpacks to
        more than any tile of an office does.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:  # RuntimeError: a newer kind of zip
        raise InputError(
            str(path), f"cannot be opened as zip ({error})", hint="fetch or copy the file again"
        ) from error
    total = sum(info.file_size for info in infos)
    if len(infos) > MAX_MEMBERS or total > MAX_TOTAL_BYTES:
        raise InputError(str(path), f"{len(infos)} members, {total} bytes unpacked", "fewer, smaller files")
    for info in infos:
        problem = _problem(info)
        if problem:
            raise InputError(f"{path.name}!{info.filename}", problem, hint="unpack and check the file yourself")
    wanted = tuple(suffixes)
    return sorted((i for i in infos if i.filename.lower().endswith(wanted)), key=lambda i: i.filename)


def refuse_disguised(path: Path, member: str | None = None) -> None:
    """Raise :class:`InputError` where the first bytes are not those that the ending of a file or member promises."""
    name = member or path.name
    suffix = PurePosixPath(name).suffix.lower()
    if path.is_dir() or suffix not in (*MAGIC, ".gdb"):
        return
    try:
        if member is None:
            with path.open("rb") as file:
                start, has_nul = _looked_at(file, suffix)
        else:
            with zipfile.ZipFile(path) as archive, archive.open(member) as unpacked:
                start, has_nul = _looked_at(unpacked, suffix)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path.name}!{name}", f"cannot be read ({error})", hint="fetch or copy it again") from error
    if suffix not in MAGIC or not start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(MAGIC[suffix]):
        raise InputError(
            name,
            f"cannot be read (the file begins with {start[:16]!r})",
            f"a {suffix} {'folder' if suffix == '.gdb' else 'file'}",
            "is the file whole and of this kind?",
        )
    if has_nul:
        raise InputError(name, "NUL byte in the text", "JSON", "the file is damaged")


def _looked_at(stream: IO[bytes], suffix: str) -> tuple[bytes, bool]:
    """Return the first bytes, and for JSON whether a NUL is anywhere: GDAL would end the text there in silence."""
    start = stream.read(CHUNK)
    block, has_nul = start, False
    while block and MAGIC.get(suffix) == b"{" and not has_nul:
        has_nul = b"\0" in block
        block = stream.read(CHUNK)
    return start[:64], has_nul


@contextmanager
def opened(path: Path, member: str | None, source: str) -> Iterator[IO[bytes]]:
    """Open a file, or one of the :func:`safe_members` of a zip, where it lies.

    Raises
    ------
    InputError
        It cannot be read or unpacked; `source` names it.
    """
    try:
        if member is None:
            with path.open("rb") as stream:
                yield stream
        else:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                yield stream
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(source, f"cannot be read ({error})", hint="fetch or copy the file again") from error


def _problem(info: zipfile.ZipInfo) -> str:
    if info.compress_type not in COMPRESSIONS or info.flag_bits & PATCHED:
        return "the member is packed in a way that only some programs read"
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if not name.parts:
        return "the member has no name"
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        return "the member's name points out of the zip"
    if info.flag_bits & 0x1:
        return "the member is encrypted"
    if info.file_size > MAX_MEMBER_BYTES:
        return f"the member unpacks to {info.file_size} bytes, more than {MAX_MEMBER_BYTES}"
    if info.file_size > MIN_SUSPECT_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"the member unpacks to {info.file_size // max(info.compress_size, 1)} times its size"
    return ""
