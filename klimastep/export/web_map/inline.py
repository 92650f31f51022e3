"""Library links become inline text, and a content policy forbids the page every request."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlparse

from folium.folium import Map
from xstatic.pkg import jquery, leaflet

from klimastep.errors import OutputError

MIME = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}
_SCRIPT_LINK = re.compile(r'<script src="([^"]+)"></script>')
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"\s*/?>')
_CSS_URL = re.compile(r"url\((['\"]?)([^'\")]+)\1\)")
_CODE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_OLD_EXPLORER = re.compile(r"behavior:\s*url\([^)]*\);?")
_SOURCE_MAP = re.compile(r"^\s*(//|/\*)[#@] ?sourceMappingURL=.*$", re.MULTILINE)
_JQUERY = re.compile(r"jquery-[\d.]+(\.min)?\.js")
POLICY_MARK = "%%policy%%"


def library_file(url: str) -> Path | None:
    """Return the installed file for a library address of Folium, None for an unknown one."""
    name = Path(urlparse(url).path).name
    if name in ("leaflet.js", "leaflet.css"):
        return Path(leaflet.BASE_DIR) / name
    return Path(jquery.BASE_DIR) / "jquery.min.js" if _JQUERY.fullmatch(name) else None


class LeanMap(Map):
    """A Folium map that asks for Leaflet and jQuery alone: no Bootstrap, no icon fonts."""

    default_js = [link for link in Map.default_js if link[0] in ("leaflet", "jquery")]
    default_css = [link for link in Map.default_css if link[0] == "leaflet_css"]


def inline(page: str) -> str:
    """Return `page` with its libraries inside and a policy under which nothing is requested.

    Raises
    ------
    OutputError
        If the page links to an address for which no installed file is known.
    """
    page = _STYLE_LINK.sub(lambda m: f"<style>{_style(_file(m[1]))}</style>", page)
    page = _SCRIPT_LINK.sub(lambda m: f"<script>{_script(_file(m[1]))}</script>", page)
    if left := re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?https?:[^>]*>", page):
        raise OutputError(f"the map page would load {left[0][:120]} from the network")
    return page.replace(POLICY_MARK, policy(page), 1)


def policy(page: str) -> str:
    """Return the content security policy that allows exactly the scripts written in `page`."""
    hashes = {hashlib.sha256(code.encode("utf-8")).digest() for code in _CODE.findall(page)}
    sources = " ".join(sorted(f"'sha256-{base64.b64encode(h).decode('ascii')}'" for h in hashes))
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _file(url: str) -> Path:
    path = library_file(url)
    if path is None:
        raise OutputError(f"the map page asks for {url}, and no installed package holds it")
    if not path.is_file():
        raise OutputError(f"{path} is missing: install XStatic-Leaflet and XStatic-jQuery again")
    return path


def _script(path: Path) -> str:
    text = _SOURCE_MAP.sub("", path.read_text(encoding="utf-8"))
    return one_newline(text).replace("</script", "<\\/script")


def _style(path: Path) -> str:
    text = _OLD_EXPLORER.sub("", _SOURCE_MAP.sub("", path.read_text(encoding="utf-8")))

    def data_uri(match: re.Match[str]) -> str:
        file = path.parent / match[2]
        if match[2].startswith("data:"):
            return match[0]
        data = base64.b64encode(file.read_bytes()).decode("ascii")
        return f"url(data:{MIME[file.suffix]};base64,{data})"

    return one_newline(_CSS_URL.sub(data_uri, text))


def one_newline(text: str) -> str:
    """Return `text` with the line ends that a browser sees, so that hashes agree."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
