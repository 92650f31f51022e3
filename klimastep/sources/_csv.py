"""Open a table whatever office wrote it, as text or Excel: encoding, delimiter and decimal sign found or given."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from klimastep.errors import InputError, PlanError
from klimastep.sources._paths import existing, is_sheet, nearest

MAX_BYTES = 1_000_000_000
SAMPLE_CHARS = 65_536
DELIMITERS = (";", ",", "\t", "|")
EMPTY_CELLS = ("NULL", "null", "NaN", "nan", "<NA>")
UTF8 = ("utf-8", "utf8", "utf_8", "utf-8-sig")

GERMAN = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+$"
ENGLISH = r"^[+-]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d*\.\d+(?:[eE][+-]?\d+)?)$"
ONE_GROUP = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"  # 1.234 is 1234 or 1.234
SEVERAL_GROUPS = r"^[+-]?\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})$"


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """How a text file or Excel sheet is written; what is not given is found.

    Parameters
    ----------
    encoding : str, optional
        ``"utf-8"``, ``"cp1252"``, …
    delimiter : str, optional
        Between two cells.
    decimal : {",", "."}, optional
        Decimal sign.
    skip_lines : int
        Lines above the header; found in an Excel sheet.
    sheet : str, optional
        Sheet of an Excel file; the first one with a table otherwise.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    skip_lines: int = 0
    sheet: str | None = None


@dataclass(frozen=True)
class CsvTable:
    """A delimited file as text: `frame` has one row a record, indexed by its line in the file.

    Empty cells are missing. `encoding` and `delimiter` are those used (an Excel sheet has none),
    `decimal` only if it was given.
    """

    source: str
    frame: pd.DataFrame
    encoding: str
    delimiter: str
    decimal: str | None

    def numbers(self, column: str) -> pd.Series:
        """Return a column as float64; text that is no number raises :class:`InputError` with its line."""
        if not self.delimiter:
            return _sheet_numbers(self.frame[column], self.source, self.decimal)
        unclear = "." if self.delimiter == "," else None
        return parse_numbers(self.frame[column], source=self.source, decimal=self.decimal, unclear=unclear)


def read_csv(path: Path | None, options: TextOptions | None = None, columns: Sequence[str] = ()) -> CsvTable:
    """Read a delimited text file or a sheet of an Excel file.

    Parameters
    ----------
    path : Path
    options : TextOptions, optional
    columns : sequence of str
        Columns that must be there.

    Returns
    -------
    CsvTable

    Raises
    ------
    InputError
        Missing, empty, too large or binary file, wrong encoding, rows of unequal length, unknown column.
    """
    options = options or TextOptions()
    path = existing(path)
    if is_sheet(path) and path.is_file():
        from klimastep.sources._xlsx import sheet_frame  # openpyxl takes its time to load, most tables are text

        frame = sheet_frame(path, sheet=options.sheet, skip_lines=options.skip_lines)
        require(frame.columns, columns, path.name)
        return CsvTable(path.name, frame, "utf-8", "", _decimal(options.decimal))
    raw = _bytes(path)
    encoding = _encoding(raw, options.encoding, path.name)
    text = decoded(raw, encoding, path.name).replace("\r\n", "\n").replace("\r", "\n")
    text, skipped, named = _without_preamble(text, options.skip_lines)
    delimiter = options.delimiter or named or find_delimiter(text)
    frame = _parse(text, delimiter, path.name, skipped)
    require(frame.columns, columns, path.name)
    return CsvTable(path.name, frame, encoding, delimiter, _decimal(options.decimal))


def require(there: Sequence[str] | pd.Index, columns: Sequence[str], source: str) -> None:
    """Raise :class:`InputError` for columns that are not there, with the nearest name."""
    missing = [c for c in columns if c not in there]
    if missing:
        names = [str(c) for c in there]
        raise InputError(
            source, f"no column {', '.join(missing)}, there are {', '.join(names)}", hint=nearest(missing[0], names)
        )


def find_encoding(raw: bytes) -> str:
    """Return the encoding of `raw`: by its byte order mark, else UTF-8 if it is that, else Windows or Latin-1."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding in ("utf-8", "cp1252"):
        if _fault(raw, encoding) is None:
            return encoding
    return "latin-1"


def decoded(raw: bytes, encoding: str, source: str) -> str:
    """Return bytes as text; :class:`InputError` where the encoding that the file begins with does not hold."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            source, f"byte {error.start + 1} is not {encoding}, as the file's beginning says", hint="is the file whole?"
        ) from error


def unique_names(names: Iterable[str]) -> list[str]:
    """Return column names stripped; one that is there already gets a number, as pandas does it."""
    out: dict[str, None] = {}
    for name in names:
        plain, again = str(name).strip(), 0
        while (f"{plain}.{again}" if again else plain) in out:
            again += 1
        out[f"{plain}.{again}" if again else plain] = None
    return list(out)


def find_delimiter(text: str) -> str:
    """Return the delimiter that cuts most rows into as many cells as the header, more cells first."""
    best, choice = (0.0, 0), ","
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in _bare(text[:SAMPLE_CHARS], delimiter).split("\n") if line.strip()]
        if not counts or not counts[0]:
            continue
        body = counts[1:-1] or counts[1:] or counts  # the sample may cut the last row
        rank = (sum(c == counts[0] for c in body) / len(body), counts[0])
        if rank > best:
            best, choice = rank, delimiter
    return choice


def parse_numbers(
    cells: pd.Series,
    *,
    source: str,
    decimal: str | None = None,
    unclear: str | None = None,
    word: str = "line",
) -> pd.Series:
    """Return text as float64, German ("1.234,5") or English ("1,234.5") whichever the column is written in.

    Parameters
    ----------
    cells : Series of str
        Missing cells stay unknown; the index says where a cell stands in the file.
    source : str
        Named in messages.
    decimal : {",", "."}, optional
        Found from the cells if not given.
    unclear : {",", "."}, optional
        What to take where the cells can be read both ways; an error if not given.
    word : str
        What the index counts, for messages.

    Raises
    ------
    InputError
        Text that is no number, or a column like "1.234" that can be read both ways.
    """
    column = str(cells.name)
    if not pd.api.types.is_string_dtype(cells) and cells.dtype != object:
        return cells.astype("float64")
    text = cells.astype("str").str.strip().str.replace("[\u00a0\u202f\u2009' ]", "", regex=True)
    text = text.mask(text == "")
    sign = decimal or _decimal_of(text) or unclear
    if sign is None:
        first = text[text.str.match(ONE_GROUP).fillna(False).astype("bool")].iloc[0]
        raise InputError(
            source,
            f"column {column}: {first!r} can mean {re.sub('[.,]', '', first)} or {first.replace(',', '.')}",
            hint="say which sign is the decimal one with decimal: ',' or decimal: '.'",
        )
    other = "," if sign == "." else "."
    grouped = text.str.match(rf"^[+-]?\d{{1,3}}(?:\{other}\d{{3}})+(?:\{sign}\d*)?$").fillna(False).astype("bool")
    plain = text.mask(grouped, text.str.replace(other, "", regex=False))
    if sign == ",":
        plain = plain.mask(plain.str.contains(".", regex=False).fillna(False).astype("bool"), "?")
        plain = plain.str.replace(",", ".", regex=False)
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
    bad = text.notna().to_numpy() & ~np.isfinite(values.to_numpy())
    if bad.any():
        where = cells.index[bad][0]
        raise InputError(
            source,
            f"{word} {where}, column {column}: {str(cells[bad].iloc[0])!r} is no number"
            + (f" (and {int(bad.sum()) - 1} more)" if bad.sum() > 1 else ""),
            f"a number with the decimal sign {sign!r}",
            "correct the cell or leave it empty if the value is unknown",
        )
    return values.rename(column)


def _decimal_of(text: pd.Series) -> str | None:
    """Return the decimal sign that the cells show; None where all can be read both ways."""
    known = text.dropna().drop_duplicates()
    one, several = known.str.match(ONE_GROUP), known.str.match(SEVERAL_GROUPS)
    point = known.str.contains(".", regex=False)
    german = (known.str.match(GERMAN) & ~one & ~several) | (several & point)
    english = (known.str.match(ENGLISH) & ~one & ~several) | (several & ~point)
    if one.any() and not german.any() and not english.any():
        return None
    return "," if german.sum() > english.sum() else "."


def _sheet_numbers(cells: pd.Series, source: str, decimal: str | None) -> pd.Series:
    """Return cells of a sheet as float64: numbers have a point, what was typed as text may be German."""
    text = cells.str.strip()
    both = text.str.match(ONE_GROUP).fillna(False).astype("bool")  # only text, sheet_frame writes no number so
    if both.any() and decimal is None:
        parse_numbers(text[both], source=source, word="row")
    german = text.str.match(GERMAN).fillna(False).astype("bool") & ~both | both & (decimal == ",")
    plain = text.mask(german, text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))
    return parse_numbers(plain, source=source, decimal=".", word="row")


def _decimal(sign: str | None) -> str | None:
    if sign not in (None, ",", "."):
        raise PlanError(f"decimal: {sign!r}; expected ',' or '.'")
    return sign


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(str(path), "is a folder", "a text file")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(path.name, f"{size} bytes", f"at most {MAX_BYTES}", "cut the file to the area of the plan")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise InputError(path.name, "the file is empty", "a header and at least one row")
    if raw.startswith(b"PK\x03\x04"):
        raise InputError(path.name, "is a zip or Excel file", "text, or a file *.xlsx")
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(path.name, "is an old Excel file (.xls)", "text, or a file *.xlsx", "save it as .xlsx")
    if b"\x00" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        line = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise InputError(path.name, f"line {line}: NUL byte", "text", "the file is damaged or no text file")
    return raw


def _fault(raw: bytes, encoding: str) -> int | None:
    """Return the position of the first byte that is not `encoding`, or None."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _encoding(raw: bytes, given: str | None, source: str) -> str:
    found = find_encoding(raw)
    if given is None:
        return found
    try:
        fault = _fault(raw, given)
    except LookupError as error:
        raise PlanError(f"encoding: {given!r} is unknown; for example utf-8 or cp1252") from error
    if fault is not None:
        line = raw[:fault].count(b"\n") + 1
        raise InputError(
            source,
            f"line {line}: byte 0x{raw[fault]:02X} is not {given}",
            hint=f"the file reads well with encoding: {found}",
        )
    if found.startswith("utf-8") and given.lower() in UTF8:
        return found
    if found.startswith("utf-8") and not raw.isascii() and not given.lower().startswith("utf"):
        line = next(i for i, text in enumerate(raw.split(b"\n"), 1) if not text.isascii())
        raise InputError(
            source, f"line {line}: the file is UTF-8, not {given}", hint="leave encoding: out, or say encoding: utf-8"
        )
    return given


def _without_preamble(text: str, skip_lines: int) -> tuple[str, int, str | None]:
    """Return the text from the header on, how many lines stand above it, and Excel's ``sep=`` if there is one."""
    for _ in range(skip_lines):
        text = text.partition("\n")[2]
    named = re.match(r"^\"?sep=(.)\"?\n", text)
    if named is None:
        return text, skip_lines, None
    return text[named.end() :], skip_lines + 1, named[1]


def _bare(text: str, delimiter: str) -> str:
    """Return `text` with quoted cells blanked; line breaks in them become unit separators."""
    if '"' not in text:
        return text
    quoted = re.compile(rf'(?<![^{re.escape(delimiter)}\n])"(?:[^"]|"")*"')
    return quoted.sub(lambda m: "\x1f" * m.group().count("\n") + "q", text)


def _parse(text: str, delimiter: str, source: str, skipped: int) -> pd.DataFrame:
    records = _bare(text, delimiter).split("\n")
    starts = skipped + 1 + np.cumsum([0, *(1 + r.count("\x1f") for r in records[:-1])])
    filled = [(int(line), r.count(delimiter)) for line, r in zip(starts, records, strict=True) if r.strip()]
    if len(filled) < 2:
        raise InputError(source, "no row below the header" if filled else "the file is empty", "at least one row")
    cells = filled[0][1] + 1
    for line, count in filled[1:]:
        if count + 1 != cells:
            raise InputError(
                source,
                f"line {line} has {count + 1} cells, the header {cells} (delimiter {delimiter!r})",
                hint="is the file cut off, the delimiter another, or a quotation mark open?",
            )
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=delimiter, dtype=str, keep_default_na=False, na_values=["", *EMPTY_CELLS]
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(source, f"cannot be read as a table ({error})", hint="is the file whole?") from error
    if len(frame) != len(filled) - 1:
        raise InputError(source, "a quotation mark is not closed", hint="is the file whole?")
    frame.columns = unique_names(frame.columns)
    frame.index = pd.Index([line for line, _ in filled[1:]], name="line")
    return frame.dropna(how="all")
