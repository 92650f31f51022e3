"""One sheet of an Excel file (.xlsx) as text; formulas are never computed, only what they gave when saved is read."""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from klimastep.errors import InputError
from klimastep.sources._archive import safe_members
from klimastep.sources._paths import is_sheet as is_sheet
from klimastep.sources._paths import nearest

MAX_UNPACKED_BYTES = 1_000_000_000
MAX_CELLS = 20_000_000
SAMPLE_ROWS = 40
HEADER_SHARE = 0.6  # titles and group headings above a table fill fewer of its columns
CHUNK_BYTES = 1 << 20
ERRORS = {"#N/A", "#NV", "#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#WERT!", "#BEZUG!"}
DECLARATIONS = tuple(word.encode(e) for word in ("<!DOCTYPE", "<!ENTITY") for e in ("utf-8", "utf-16-le", "utf-16-be"))
_FORMULA = re.compile(
    rb'<c\b(?![^>]{0,200}t="str")[^>]{0,200}\br="([A-Z]{1,3}\d{1,7})"[^>]{0,200}>\s{0,20}<f\b[^>]{0,200}'
    rb"(?:/>|>[^<]*</f>)\s{0,20}(?:<v\s?/>|<v></v>)?\s{0,20}</c>"
)
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # what XML parsers raise
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
)


def sheet_frame(path: Path, *, sheet: str | None = None, skip_lines: int = 0) -> pd.DataFrame:
    """Return a sheet as text, a row a record, indexed by its row in the sheet.

    The header is found: the first row that fills most of the columns the table has. Empty cells and
    error values (``#DIV/0!``) are missing, dates are ISO, a float is written with its point.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        The first one with a table if not given.
    skip_lines : int
        Rows above the header; found if 0.

    Raises
    ------
    InputError
        Damaged or encrypted file, archive bomb, XML entities, unknown sheet, no row below the header,
        a formula that no program has computed.
    """
    _refuse_hostile(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"openpyxl\.")
            with path.open("rb") as stream:
                return _read(stream, path.name, sheet, skip_lines)
    except _BROKEN as error:
        reason = f"cannot be read as an Excel file ({error})"
        raise InputError(path.name, reason, hint="open and save it anew") from error


def _read(stream: BinaryIO, source: str, sheet: str | None, skip_lines: int) -> pd.DataFrame:
    book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    try:
        pages = [page for page in book.worksheets if sheet is None or page.title == sheet]
        if not pages:
            raise InputError(
                source,
                f"no sheet {sheet!r}, there are {', '.join(book.sheetnames)}",
                hint=nearest(sheet or "", book.sheetnames),
            )
        rows: list[tuple[int, list[Any]]] = []
        for page in pages:
            page.reset_dimensions()  # a file may tell wrong ones
            rows = list(_rows(page, source))
            if len(rows) > 1:
                break
        return _table(rows, source, skip_lines)
    finally:
        book.close()


def _rows(page: Any, source: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield the number and the cells of each row that has any, without the empty ones at its end."""
    cells = 0
    for number, row in enumerate(page.iter_rows(values_only=True), 1):
        cells += len(row) + 1
        if cells > MAX_CELLS:
            raise InputError(source, f"more than {MAX_CELLS} cells up to row {number}", "a smaller sheet")
        texts = [_text(value) for value in row]
        while texts and texts[-1] is None:
            texts.pop()
        if texts:
            yield number, texts


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str) and (not value.strip() or value in ERRORS):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    return str(value)


def _number(value: float) -> str:
    """Return a float so that nobody takes its decimal point for a thousands point: 1.234 is "1.2340"."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    return f"{text}0" if re.fullmatch(r"-?\d+\.\d{3}", text) else text


def _table(rows: Sequence[tuple[int, list[Any]]], source: str, skip_lines: int) -> pd.DataFrame:
    rows = [(number, cells) for number, cells in rows if number > skip_lines]
    at = 0 if skip_lines else _header_at([cells for _, cells in rows[:SAMPLE_ROWS]])
    if len(rows) < at + 2:
        raise InputError(source, "no row below the header" if rows else "the sheet is empty", "at least one row")
    width = max(len(cells) for _, cells in rows[at:])
    records = [cells + [None] * (width - len(cells)) for _, cells in rows[at:]]
    frame = pd.DataFrame(records[1:], columns=_names(records[0]), dtype="str")
    frame.index = pd.Index([number for number, _ in rows[at + 1 :]], name="line")
    return frame


def _header_at(rows: Sequence[Sequence[Any]]) -> int:
    filled = [sum(cell is not None for cell in cells) for cells in rows]
    wanted = HEADER_SHARE * max(filled, default=0)
    return next((i for i, count in enumerate(filled) if count >= wanted), 0)


def _names(cells: Sequence[str | None]) -> list[str]:
    """Return headings without line breaks; an empty one is the column's letter, a repeated one gets a number."""
    names: list[str] = []
    for i, cell in enumerate(cells):
        name = " ".join(str(cell).split()) if cell is not None else get_column_letter(i + 1)
        again = sum(n == name or n.startswith(f"{name}.") and n[len(name) + 1 :].isdigit() for n in names)
        names.append(f"{name}.{again}" if again else name)
    return names


def _refuse_hostile(path: Path) -> None:
    """Raise for what is no harmless workbook: archive bomb, XML entities, formulas without a value."""
    members = safe_members(path, (".xml", ".rels"))
    total = sum(m.file_size for m in members)
    if total > MAX_UNPACKED_BYTES:
        raise InputError(path.name, f"{total} bytes unpacked", f"at most {MAX_UNPACKED_BYTES}", "save it as CSV")
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                _refuse_member(archive, member, path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(path.name, f"damaged ({error})", hint="fetch or copy the file again") from error


def _refuse_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str) -> None:
    is_page = member.filename.startswith("xl/worksheets/")
    with archive.open(member) as stream:
        tail = b""
        while chunk := stream.read(CHUNK_BYTES):
            text = tail + chunk
            if any(word in text for word in DECLARATIONS):
                raise InputError(f"{source}!{member.filename}", "declares XML entities", "a plain workbook")
            found = _FORMULA.search(text) if is_page else None
            if found:
                raise InputError(
                    source,
                    f"cell {found[1].decode()}: a formula that was never computed",
                    hint="open the file in a spreadsheet program and save it",
                )
            tail = text[-2048:]
