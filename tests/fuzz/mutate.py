"""Changes to files: bits and blocks, then what a format is made of: tags, numbers, JSON nodes, cells, zip members."""

from __future__ import annotations

import io
import json
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

NUMBERS = [
    "0", "-1", "1", "1e300", "-1e308", "1e400", "NaN", "nan", "Infinity", "-inf", "-0.0", "1e-320",
    "99999999999999999999", "2147483648", "-9223372036854775809", "18446744073709551616", "1,5", "1.234,5", "1_000",
    "0x10", "+5", "1e5", "180", "-180", "90", "3000", "0001", "1.1.1", "1e", "5-", "12:00", "2024-02-30",
    "0000-00-00", "\u0663", "\xb2", "\xbd", "\u22125", "\uff11", "1e16", "1e9", "999999999",
]  # fmt: skip
TEXTS = [
    "",
    " ",
    "\t",
    "\u00a0",
    "\ufeff",
    "\x00",
    "\x1b",
    "\u2028",
    "\ud7ff",
    "\U0001f3e0",
    "e\u0301",
    "null",
    "None",
    "=1+1",
    "@SUM(A1)",
    "'",
    '"',
    '""',
    ";",
    ",",
    "\n",
    "\r",
    "\r\n",
    "../../x",
    "C:\\x",
    "/etc/passwd",
    "http://127.0.0.1:9/",
    "#",
    "%",
    "%s",
    "{0}",
    "A" * 300,
    "A" * 20_000,
    "[" * 2000,
    "(" * 2000,
    "EPSG:4326",
    "EPSG:0",
    "urn:ogc:def:crs:EPSG::31467",
    "POLYGON EMPTY",
    "POINT (1 1)",
    "GEOMETRYCOLLECTION EMPTY",
    "true",
    "-",
    "--",
    "k.A.",
    "31001_1000",
]
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    0.5,
    1e300,
    -1e300,
    10**30,
    float("nan"),
    [],
    {},
    [[]],
    [None],
    [0, 1],
]
Change = Callable[[bytes, Random], bytes]


def mutate(data: bytes, name: str, random: Random, other: bytes = b"") -> bytes:
    """Return a file changed one to four times, as its ending suggests; `other` lends it blocks."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        if other and random.random() < 0.03:
            data = _splice(data, other, random)
        else:
            data = random.choice(_changes(name))(data, random)
    return data


def _changes(name: str) -> list[Change]:
    ending = name.lower().rsplit(".", 1)[-1]
    if ending in ("gml", "xml"):
        return [*TEXT, *XML, *XML]
    if ending in ("json", "jsonl", "geojson"):
        return [*TEXT, _node, _node, _node]
    if ending in ("csv", "txt", "dat", "epw", "xyz"):
        return [*TEXT, _cell, _cell, _cell, _row]
    if ending in ("zip", "xlsx"):
        return [_member, _member, _member, _member, _names, _directory, *BYTES[:4]]
    return BYTES


def _place(data: bytes, random: Random) -> int:
    return random.randrange(len(data)) if data else 0


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = _place(data, random)
    return start, min(len(data), start + int(2 ** random.uniform(0, 12)))


def _flip(data: bytes, random: Random) -> bytes:
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 8, 32)) if data else 0):
        out[_place(data, random)] ^= 1 << random.randrange(8)
    return bytes(out)


def _byte(data: bytes, random: Random) -> bytes:
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4)) if data else 0):
        out[_place(data, random)] = random.choice((0, 1, 9, 10, 13, 32, 34, 38, 44, 45, 60, 62, 127, 128, 255))
    return bytes(out)


def _integer(data: bytes, random: Random) -> bytes:
    size, order = random.choice((2, 4, 8)), random.choice(("little", "big"))
    value = random.choice((0, 1, 127, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63, len(data)))
    at = _place(data, random)
    return data[:at] + (value % 256**size).to_bytes(size, order) + data[at + size :]  # type: ignore[arg-type]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: _place(data, random)]


def _lose(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 50)) + data[end:]


def _move(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    block, rest = data[start:end], data[:start] + data[end:]
    at = _place(rest, random)
    return rest[:at] + block + rest[at:]


def _insert(data: bytes, random: Random) -> bytes:
    at = _place(data, random)
    return data[:at] + random.randbytes(random.choice((1, 2, 8, 64))) + data[at:]


def _splice(data: bytes, other: bytes, random: Random) -> bytes:
    start, end = _span(other, random)
    at = _place(data, random)
    return data[:at] + other[start:end] + data[at:]


def _swap_one(pattern: bytes, data: bytes, random: Random, new: Callable[[bytes], bytes]) -> bytes:
    found = list(re.finditer(pattern, data))
    if not found:
        return _flip(data, random)
    hit = random.choice(found)
    return data[: hit.start()] + new(hit.group()) + data[hit.end() :]


def _number(data: bytes, random: Random) -> bytes:
    return _swap_one(rb"-?\d+(?:\.\d+)?", data, random, lambda _: random.choice(NUMBERS).encode())


def _word(data: bytes, random: Random) -> bytes:
    return _swap_one(
        rb"[A-Za-z_]{2,}", data, random, lambda w: random.choice((_text(random), w + w, w.upper(), w[:-1]))
    )


def _text(random: Random) -> bytes:
    return random.choice((*TEXTS, *NUMBERS)).encode()


def _attribute(data: bytes, random: Random) -> bytes:
    return _swap_one(rb'"[^"<>]*"', data, random, lambda _: b'"' + _text(random).replace(b"<", b"") + b'"')


def _content(data: bytes, random: Random) -> bytes:
    return _swap_one(rb">[^<>]*<", data, random, lambda _: b">" + _text(random) + b"<")


def _tag(data: bytes, random: Random) -> bytes:
    names = sorted(set(re.findall(rb"</([\w:.-]+)>", data)))
    if len(names) < 2:
        return _flip(data, random)
    old, new = random.sample(names, 2)
    if random.random() < 0.4:
        return re.sub(rb"(</?)" + re.escape(old) + rb"(?=[\s/>])", rb"\g<1>" + new, data)
    pairs = list(re.finditer(rb"<(/?)([\w:.-]+)", data))
    hit = random.choice(pairs)
    return data[: hit.start()] + b"<" + hit.group(1) + new + data[hit.end() :]


def _element(data: bytes, random: Random) -> bytes:
    """Take an element out, double it, empty it, or nest it deeply in itself."""
    starts = [m for m in re.finditer(rb"<([\w:.-]+)(?:\s[^<>]*)?>", data) if not m.group().endswith(b"/>")]
    if not starts:
        return _flip(data, random)
    hit = random.choice(starts)
    close = data.find(b"</" + hit.group(1) + b">", hit.end())
    if close < 0:
        return _lose(data, random)
    end = close + len(hit.group(1)) + 3
    whole, inner = data[hit.start() : end], data[hit.end() : close]
    deep = random.choice((5, 300))
    made = random.choice(
        (
            b"",
            whole * 2,
            hit.group() + data[close:end],
            inner,
            hit.group() * deep + inner + data[close:end] * deep,
            b"<!--" + whole + b"-->",
            b"<![CDATA[" + inner + b"]]>",
            b"<?x " + hit.group(1) + b"?>" + whole,
        )
    )
    return data[: hit.start()] + made + data[end:]


def _node(data: bytes, random: Random) -> bytes:
    """Replace, drop or double a node of a JSON document, or of one line of a sequence."""
    lines = data.split(b"\n")
    row = random.randrange(len(lines)) if len([x for x in lines if x.strip().startswith(b"{")]) > 1 else -1
    try:
        tree = json.loads(data if row < 0 else lines[row])
    except (ValueError, RecursionError):
        return _number(data, random)
    spots: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(spots) < 4000:
        at = waiting.pop(random.randrange(len(waiting)))
        inner = list(at.items()) if isinstance(at, dict) else list(enumerate(at)) if isinstance(at, list) else []
        spots += [(at, key) for key, _ in inner[:200]]
        waiting += [value for _, value in inner[:200] if isinstance(value, (dict, list))]
    if not spots:
        return _flip(data, random)
    owner, key = random.choice(spots)
    how = random.randrange(5)
    if how == 0:
        del owner[key]
    elif how == 1 and isinstance(owner, list):
        owner.insert(key, owner[key])
    elif how == 2:
        there, name = random.choice(spots)
        owner[key] = json.loads(json.dumps(there[name])) if _has(there, name) else None
    elif how == 3 and isinstance(owner, dict):
        owner[random.choice(TEXTS)] = owner.pop(key)
    else:
        owner[key] = random.choice((*VALUES, random.choice(TEXTS), random.choice(NUMBERS)))
    made = json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    return made if row < 0 else b"\n".join([*lines[:row], made, *lines[row + 1 :]])


def _has(owner: Any, key: Any) -> bool:
    return key in owner if isinstance(owner, dict) else key < len(owner)


def _cell(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    row = random.randrange(len(lines)) if random.random() < 0.7 else 0
    sign = max((b";", b",", b"\t", b" "), key=lines[row].count)
    cells = lines[row].split(sign)
    at = random.randrange(len(cells))
    how = random.randrange(6)
    if how == 0:
        del cells[at]
    elif how == 1:
        cells.insert(at, random.choice(cells))
    elif how == 2:
        cells[at] = b'"' + cells[at]
    elif how == 3:
        cells[at] = b'"' + cells[at] + b"\n" + _text(random) + b'"'
    else:
        cells[at] = _text(random)
    lines[row] = sign.join(cells)
    return b"\n".join(lines)


def _row(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    how = random.randrange(4)
    if how == 0:
        lines.insert(at, random.choice(lines))
    elif how == 1:
        del lines[at]
    elif how == 2:
        lines[0], lines[at] = lines[at], lines[0]
    else:
        sign = random.choice((b";", b",", b"\t", b"|"))
        return data.replace(random.choice((b";", b",")), sign)
    return b"\n".join(lines)


def _coding(data: bytes, random: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(random.choice(("utf-16", "utf-8-sig", "latin-1", "cp1252", "utf-32")), "replace")


# RuntimeError: encrypted, or a compression that zipfile does not know
DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
)


def members(data: bytes) -> list[tuple[str, bytes]]:
    """Return names and contents of a zip; nothing where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(i.filename, archive.read(i)) for i in archive.infolist() if i.file_size < 5_000_000]
    except DAMAGED_ZIP:
        return []


def packed(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of names and contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, method)
    return out.getvalue()


def _member(data: bytes, random: Random) -> bytes:
    entries = members(data)
    if not entries:
        return _flip(data, random)
    at = random.randrange(len(entries))
    name, content = entries[at]
    entries[at] = (name, mutate(content, name, random))
    return packed(entries, random.choice((0, 8, 8)))


def _names(data: bytes, random: Random) -> bytes:
    entries = members(data)
    if not entries:
        return _flip(data, random)
    at = random.randrange(len(entries))
    name, content = entries[at]
    ways = (
        f"../{name}",
        f"/{name}",
        f"..\\{name}",
        name.upper(),
        f"{name}/",
        f"a/{name}",
        "x",
        f"C:{name}",
        f"\u00fc{name}",
    )
    how = random.randrange(4)
    if how == 0:
        del entries[at]
    elif how == 1:
        entries.append((random.choice((f"a/{name}", f"b{name}")), content))
    elif how == 2:
        entries[at] = (name, random.choice(entries)[1])
    else:
        entries[at] = (random.choice(ways), content)
    return packed(entries, random.choice((0, 8, 8, 12, 14)))


def _directory(data: bytes, random: Random) -> bytes:
    """Damage the directory at the end of a zip or the header of a member."""
    spots = [m.start() for m in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", data)]
    if not spots:
        return _flip(data, random)
    at = random.choice(spots) + random.randrange(4, 46)
    return data[:at] + random.randbytes(random.choice((1, 2, 4))) + data[at:][random.choice((1, 2, 4)) :]


BYTES: list[Change] = [_flip, _byte, _integer, _cut, _lose, _repeat, _move, _insert]
TEXT: list[Change] = [_flip, _byte, _cut, _lose, _repeat, _move, _insert, _number, _number, _number, _word, _coding]
XML: list[Change] = [_attribute, _content, _tag, _element, _number, _element, _content]
