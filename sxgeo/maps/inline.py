"""One file, no network: turn the HTML of any folium map into a page that asks for nothing.

Every script and style sheet that is known is put in as text from the vendored npm packages; every
other address fails the build. The page carries a content security policy that forbids what the
guard here could have missed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import folium

from ..errors import DataError, InputError, listed

_ASSETS = files("sxgeo.maps").joinpath("assets")
_VENDORED = (
    (re.compile(r"/leaflet@1\.9\.\d+/dist/leaflet\.js$"), "leaflet/dist/leaflet.js"),
    (re.compile(r"/leaflet@1\.9\.\d+/dist/leaflet\.css$"), "leaflet/dist/leaflet.css"),
)
_OPTIONAL = (
    (re.compile(r"/jquery[-@.\w]*\.js$"), re.compile(r"\$\s*\(|\$\.|\bjQuery\b")),
    (re.compile(r"/bootstrap(?:\.bundle)?\.min\.js$"), re.compile(r"data-bs-|\bbootstrap\.")),
    (re.compile(r"/bootstrap\.min\.css$"), re.compile(r"data-bs-")),
    (re.compile(r"/bootstrap-glyphicons\.css$"), re.compile(r"\bglyphicon")),
    (re.compile(r"/fontawesome-free@[\d.]+/css/all\.min\.css$"), re.compile(r"\bfa-[a-z]")),
    (re.compile(r"leaflet\.awesome-markers\.(?:js|css)$"), re.compile(r"AwesomeMarkers")),
    (re.compile(r"/leaflet\.awesome\.rotate\.min\.css$"), re.compile(r"AwesomeMarkers")),
)
"""What folium asks for on every page though few pages use it: dropped where the second pattern is
absent.
"""

_NAMESPACES = (
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/XML/1998/namespace",
)
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_SLASH = r"(?:\\?/|\\u002[fF]|\\x2[fF])"
_ABSOLUTE = re.compile(rf"(?i)\b(?:https?|wss?|ftps?)\s*:{_SLASH}{{2}}[^\s\"'`<>)\\]*")
_PROTOCOL_RELATIVE = re.compile(
    rf"(?i)(?:[\"'`(]|\b(?:src|href)\s*=)\s*({_SLASH}{{2}}[\w-]+(?:\.[\w-]+)+[^\s\"'`<>)\\]*)"
)
_CSS_URL = re.compile(r"(?i)url\(\s*(['\"]?)(.*?)\1\s*\)")
_CSS_IMPORT = re.compile(r"(?i)@import\s+(?:url\()?\s*['\"]?([^'\");\s]+)")
_LINK_TEXT = re.compile(
    r"(?:<|\\u003c)a\s[^<>]*?href=\\?[\"']"
    r"https?://(?:www\.openstreetmap\.org/copyright/?|leafletjs\.com/?)\\?[\"'][^<>]*?(?:>|\\u003e)"
    r"([^<>\\]*)(?:<|\\u003c)/a(?:>|\\u003e)"
)
_ELEMENT = re.compile(
    r"<script\b(?P<script>[^>]*)>(?P<code>.*?)</script\s*>"
    r"|<style\b(?P<style>[^>]*)>(?P<css>.*?)</style\s*>"
    r"|<link\b(?P<link>[^>]*)>",
    re.IGNORECASE | re.DOTALL,
)
_FOLIUM_POPUP = re.compile(r"\$\(`(<div id=\"(?:html|i_frame)_\w+\".*?)`\)\[0\]", re.DOTALL)
_POPUP_SHIM = (
    "window.$=window.$||function(html){var t=document.createElement('template');"
    "t.innerHTML=html.trim();return [t.content.firstElementChild];};"
)
_DATA_TYPES = ("application/json", "application/geo+json")
_FETCHING = frozenset(
    (
        "src",
        "href",
        "srcset",
        "poster",
        "data",
        "action",
        "formaction",
        "background",
        "xlink:href",
        "manifest",
    )
)


@lru_cache(maxsize=1)
def _manifest() -> dict[str, str]:
    packages = json.loads(_ASSETS.joinpath("manifest.json").read_text("utf-8"))["packages"]
    return {path: sha256 for package in packages for path, sha256 in package["files"].items()}


@lru_cache(maxsize=32)
def asset(path: str) -> bytes:
    """Return a vendored file after checking its hash.

    Parameters
    ----------
    path
        Path as in manifest.json, e.g. ``"leaflet/dist/leaflet.js"``.

    Raises
    ------
    DataError
        If it is missing or is not the file of the manifest.
    """
    try:
        content = _ASSETS.joinpath(path).read_bytes()
    except OSError as error:
        raise DataError(f"page asset {path} is missing: reinstall sxgeo") from error

    # what stands in pages that are handed on must be what was vetted, byte for byte
    if hashlib.sha256(content).hexdigest() != _manifest().get(path):
        raise DataError(f"page asset {path} is not the file of its manifest: reinstall sxgeo")
    return content


def _data_uri(path: str) -> str:
    kind = {
        "png": "image/png",
        "svg": "image/svg+xml",
        "woff2": "font/woff2",
    }[path.rsplit(".", 1)[-1]]
    return f"data:{kind};base64,{base64.b64encode(asset(path)).decode('ascii')}"


def escape_script(code: str) -> str:
    """Make JavaScript safe between script tags: no ``</script`` and no ``<!--`` remains in it."""
    # in strings and patterns, where such text stands, the escape reads as the same letter
    return re.sub(r"(?i)<(/script|script|!--)", r"\\x3C\1", code)


def json_block(value: object) -> str:
    """Write `value` as JSON that may stand in a script element, hostile text included.

    ``<``, ``>``, ``&``, U+2028, U+2029 and double slashes are written as escapes, so no text of the
    data can end the element or be taken for an address. So are double braces and their like: folium
    renders what it is given as a template. Keys keep their order; NaN is refused.
    """
    text = json.dumps(
        value,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    for character in "<>&\u2028\u2029\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    for character in "{%#":
        text = text.replace("{" + character, f"{{\\u{ord(character):04x}")
    return text.replace("//", "\\/\\/")


def library_text(path: str) -> str:
    """Return a vendored script as text that may stand between script tags."""
    code = asset(path).decode("utf-8").replace("\r\n", "\n")

    # a map of the source would be asked for as soon as somebody opens the browser's tools
    return escape_script(re.sub(r"(?m)^//# sourceMappingURL=.*$", "", code))


def _style_text(path: str) -> str:
    folder = path.rsplit("/", 1)[0]

    def embed(match: re.Match[str]) -> str:
        target = match[2]
        return (
            match[0]
            if target.startswith(("#", "data:"))
            else f"url({_data_uri(f'{folder}/{target}')})"
        )

    # comments go first: an address in one would be looked for among the vendored files
    css = asset(path).decode("utf-8").replace("\r\n", "\n")
    return _CSS_URL.sub(
        embed,
        re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL),
    )


def _leaflet_setup() -> str:
    """Script that gives Leaflet its icons, whose folder it would otherwise guess from its style
    sheet.
    """
    names = {
        "iconUrl": "marker-icon",
        "iconRetinaUrl": "marker-icon-2x",
        "shadowUrl": "marker-shadow",
    }
    icons = {option: _data_uri(f"leaflet/dist/images/{name}.png") for option, name in names.items()}
    return (
        f"L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({json.dumps(icons)});"
        "L.Control.Attribution.prototype.options.prefix='Leaflet';"
    )


def _hash_source(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode('ascii')}'"


def _attribute(attributes: str, name: str) -> str | None:
    match = re.search(
        rf"(?i)(?<![\w-]){name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", attributes
    )
    return None if match is None else next(group for group in match.groups() if group is not None)


def addresses_in_script(code: str) -> Iterator[str]:
    """Yield every network address that stands in JavaScript text, XML namespaces apart."""
    for match in _ABSOLUTE.finditer(code):
        if match[0] not in _NAMESPACES:
            yield match[0]
    for match in _PROTOCOL_RELATIVE.finditer(code):
        yield match[1]


def addresses_in_style(css: str) -> Iterator[str]:
    """Yield every ``url()`` and ``@import`` of CSS text that would be fetched."""
    for match in _CSS_URL.finditer(css):
        if not match[2].startswith(("#", "data:", "blob:")):
            yield match[2] or "url()"
    for match in _CSS_IMPORT.finditer(css):
        yield match[1]


class _Markup(HTMLParser):
    """Collects what plain markup would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            text = (value or "").strip()
            if name in _FETCHING and text and not text.startswith(("#", "data:", "blob:")):
                self.found.append(text)
            elif name == "style":
                self.found.extend(addresses_in_style(text))

            # the policy knows no hash of such code: it would not run
            elif name.startswith("on"):
                self.found.append(f'<{tag} {name}="...">')

        # these fetch nothing by themselves, but lead addresses, or the reader, elsewhere
        if tag == "base" or (tag == "meta" and ("http-equiv", "refresh") in attrs):
            self.found.append(f"<{tag}>")


def _addresses_in_markup(markup: str) -> list[str]:
    parser = _Markup()
    parser.feed(markup)
    parser.close()
    return parser.found


def _known(url: str) -> str | None:
    return next((path for pattern, path in _VENDORED if pattern.search(url)), None)


class _Page:
    """The page while it is put together: pieces of output, hashes of its scripts, open problems."""

    def __init__(self, html: str) -> None:
        # popups of folium ask jQuery for one thing only, which a few words of our own do as well
        self.shim = _POPUP_SHIM if _FOLIUM_POPUP.search(html) else ""

        # without the calls of popups, or jQuery would seem to be needed
        self.body = _FOLIUM_POPUP.sub("", "".join(m["code"] or "" for m in _ELEMENT.finditer(html)))
        self.body += _ELEMENT.sub("", html)
        self.pieces: list[str] = []
        self.hashes: list[str] = []
        self.problems: list[str] = []

    def droppable(self, url: str) -> bool:
        return any(p.search(url) and not use.search(self.body) for p, use in _OPTIONAL)

    def script(self, code: str) -> None:
        self.hashes.append(_hash_source(code))
        self.pieces.append(f"<script>{code}</script>")

    def add(self, match: re.Match[str]) -> None:
        if match["link"] is not None:
            self.sheet(_attribute(match["link"], "href") or "<link>")
        elif match["style"] is not None:
            self.problems.extend(addresses_in_style(match["css"]))
            self.pieces.append(match[0])
        else:
            self.element(match)

    def element(self, match: re.Match[str]) -> None:
        """Add a script element: a library, data or code."""
        if (source := _attribute(match["script"], "src")) is not None:
            self.library(source)

        # data are no script: the policy needs no hash of them
        elif _attribute(match["script"], "type") in _DATA_TYPES:
            self.pieces.append(match[0])
        elif match["code"].strip():
            self.problems.extend(addresses_in_script(match["code"]))
            self.script(match["code"])

    def library(self, url: str) -> None:
        path = _known(url)
        if path is not None:
            self.script(library_text(path))

            # right behind Leaflet, before any code that makes a marker
            self.script(_leaflet_setup() + self.shim)
        elif not self.droppable(url):
            self.problems.append(url)

    def sheet(self, url: str) -> None:
        path = _known(url)
        if path is not None:
            self.pieces.append(f"<style>{_style_text(path)}</style>")
        elif not self.droppable(url):
            self.problems.append(url)

    def markup(self, text: str) -> None:
        self.problems.extend(_addresses_in_markup(text))
        self.pieces.append(text)

    def policy(self, images_from: Sequence[str], compiles: bool) -> str:
        allowed = list(dict.fromkeys(self.hashes)) or ["'none'"]
        if compiles:
            allowed.append("'wasm-unsafe-eval'")
        return (
            f"default-src 'none'; script-src {' '.join(allowed)}; style-src"
            f" 'unsafe-inline'; img-src {' '.join(['data:', 'blob:', *images_from])}; font-src"
            " data:; base-uri 'none'; form-action 'none'"
        )


def _elements(element: folium.Element) -> Iterator[Any]:
    yield element
    parts = [getattr(element, name, None) for name in ("header", "html", "script")]
    children = [
        *getattr(element, "_children", {}).values(),
        *(p for p in parts if hasattr(p, "_children")),
    ]
    for child in children:
        yield from _elements(child)


def _renumber(html: str, ids: Iterable[str]) -> str:
    # only what folium gave out as an id: a hash in the data may have the same form
    present = {i for i in ids if len(i) == 32}
    order: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        if match[0] not in present:
            return match[0]
        return order.setdefault(match[0], f"{len(order) + 1:04d}")

    return re.sub(r"[0-9a-f]{32}", number, html)


def inline(
    folium_map: folium.Map,
    *,
    images_from: Sequence[str] = (),
    first: str = "",
    engine: Sequence[str] = (),
) -> str:
    """Render a folium map as one HTML page that needs no network.

    Parameters
    ----------
    folium_map
        Any folium map. Give it ``tiles=None``: tiles are fetched from a network and are refused.
    images_from
        Origins such as ``https://tiles.example`` that the page's policy lets images come from;
        empty, as it is unless a caller says otherwise, means that the page asks for nothing.
    first
        Script that runs before any other; empty for none.
    engine
        Scripts of an engine that is compiled in the browser, which the page's policy then allows;
        one that does not run leaves the others as they are.

    Returns
    -------
    str
        The page. Scripts and styles stand in it as text, a content security policy forbids every
        connection, and the random ids of folium are numbered, so the same map gives the same bytes.

    Raises
    ------
    InputError
        If the map asks for anything that is not vendored, naming every such address, or an origin
        is none.
    """
    _refuse_origins(images_from)
    page = _taken_apart(_rendered(folium_map))
    _refuse_addresses(page.problems)
    heads = [script for script in (first, *engine) if script]

    # the policy names all hashes, so it is made when the whole page has been walked through
    page.hashes[:0] = [_hash_source(script) for script in heads]
    head = _head(page.policy(images_from, bool(engine)), heads)
    return re.sub(
        r"(?i)<head\b[^>]*>",
        lambda m: f"{m[0]}\n{head}",
        "".join(page.pieces),
        count=1,
    )


def _refuse_origins(images_from: Iterable[str]) -> None:
    # a text that is more than an origin could open the policy for other things than images
    if wrong := [origin for origin in images_from if not _ORIGIN.fullmatch(origin)]:
        raise InputError(
            listed("these are no origins of the form https://host or https://host:port:", wrong)
        )


def _refuse_addresses(problems: Sequence[str]) -> None:
    if problems:
        raise InputError(
            listed(
                "the map asks for addresses that are not vendored, so it would be broken without a"
                " network; leave out that plugin or tile layer (tiles=None), or vendor it"
                " (scripts/vendor_assets.py):",
                dict.fromkeys(problems),
            )
        )


def _rendered(folium_map: folium.Map) -> str:
    """Return the HTML of a map, the same for the same map: without random ids and outer links."""
    root = folium_map.get_root()

    # browsers read every line end as one letter, and hash a script as they read it
    html = root.render().replace("\r\n", "\n")
    ids = [getattr(element, "_id", "") for element in _elements(root)]
    return _LINK_TEXT.sub(r"\1", _renumber(html, ids))


def _taken_apart(html: str) -> _Page:
    """Walk through a page: its scripts and styles one by one, and the markup between them."""
    page, at = _Page(html), 0
    for match in _ELEMENT.finditer(html):
        page.markup(html[at : match.start()])
        page.add(match)
        at = match.end()
    page.markup(html[at:])
    return page


def _head(policy: str, scripts: Iterable[str]) -> str:
    """Return what stands first in the head: the policy must come before all that it governs."""
    # browsers with two engines, common in China, are told to take the newer one
    lines = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="renderer" content="webkit">',
        *(f"<script>{script}</script>" for script in scripts),
    ]
    return "\n".join(lines)
