"""HTML to text: the main content of a page, or all of it. Floor 2: the readers.

By default resiliparse takes the main content of pages of a crawl out of their menus and footers (the extractor of DataComp-LM);
trafilatura is slower and finds some more. Both are libraries in C that a hostile page may keep busy: what is nested deeper
than any page that a person wrote, or has a tag of thousands of attributes, is read by our own pass in linear time
(``readers.markup``), which takes all of its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

from rightful.errors import InputError, UnknownName
from rightful.readers.markup import html_text

EXTRACTORS = ("resiliparse", "trafilatura", "plain")
MOST_DEPTH = 500
"""A page that is nested deeper is read plainly: what extractors do there takes quadratic time."""
MOST_ATTRIBUTES = 1_000
"""So does one with a tag of more attributes."""
_LIST_BYTES = 64 << 20  # what indentation may add to a text: levels times entries
_LONG_TAG = 2_000
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*)((?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+)(?:>|\Z)""")
_ATTRIBUTE = re.compile(r"""[^\s"'>/=]+""")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_MOST_NODES = 8_000_000
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_ENDS_ITSELF = frozenset("p li dt dd tr td th thead tbody tfoot option optgroup colgroup html head body".split())
_TITLE = re.compile(r"<title[\s>/]", re.IGNORECASE)
_LANG = re.compile(
    r"""<html[\s/](?:[^>]{0,2000}?\s)?(?:xml:)?lang\s*=\s*(?:"([^"]{1,100})"|'([^']{1,100})'|([^\s"'>]{1,100}))""", re.I
)
_HEAD_CHARS = 1 << 20


@dataclass(frozen=True, slots=True)
class Pages:
    """How HTML becomes text; the table ``[pages]`` of a recipe. Raises :class:`InputError` for an unknown extractor."""

    extractor: str = "resiliparse"
    """Of pages in web archives: ``resiliparse``, ``trafilatura`` or ``plain`` (all text of a page)."""
    main_content: bool = True
    """Only the main content; else menus, footers and comments too."""
    files: str = "plain"
    """Of HTML files: as ``extractor``."""

    def __post_init__(self) -> None:
        for key in ("extractor", "files"):
            if getattr(self, key) not in EXTRACTORS:
                raise UnknownName.of("extractor", getattr(self, key), EXTRACTORS, subject=f"pages.{key}")

    def versions(self) -> dict[str, str]:
        """The extractors that texts depend on, with the version of each that is installed."""
        names = sorted({self.extractor, self.files} - {"plain"})
        return {name: version(name) for name in names}


class Extracted(NamedTuple):
    """The text of a page. ``plainly`` says why another extractor read it than was asked for, empty where none did."""

    text: str
    title: str | None
    language: str | None
    plainly: str = ""


def extracted(html: str, extractor: str, *, main_content: bool, xml: bool = False) -> Extracted:
    """The text of a page. Raises :class:`InputError` where the extractor is not installed."""
    language = _language(html)
    if extractor == "plain":
        text, title = html_text(html, xml=xml)
        return Extracted(text, title, language)
    take = _EXTRACTORS[extractor]()
    why = _too_much(html)
    if not why:
        page = html.replace("\0", "")
        text = take(page, main_content)
        if text is not None:
            return Extracted(text.strip(), _title(page, xml), language)
        why = f"{extractor} could not read it"
    text, title = html_text(html.replace("\0", ""), xml=xml)
    return Extracted(text, title, language, why)


def _title(html: str, xml: bool) -> str | None:
    head = html[:_HEAD_CHARS]
    place = _TITLE.search(head)
    return html_text(head[place.start() :].partition("</title")[0] if not xml else head, xml=xml)[1] if place else None


def _language(html: str) -> str | None:
    stated = _LANG.search(html[:_HEAD_CHARS])
    value = next((v.strip() for v in stated.groups() if v), "") if stated else ""
    return value or None


def _too_much(html: str) -> str:
    """Why a page is not handed to an extractor, or nothing."""
    tags = html.count("<")
    if tags <= MOST_DEPTH and len(html) < _LONG_TAG:
        return ""
    opened: list[str] = []
    deepest = marking = marked = 0
    for closes, name, rest in _TAG.findall(html):
        if len(rest) > _LONG_TAG and len(_ATTRIBUTE.findall(_QUOTED.sub("", rest))) > MOST_ATTRIBUTES:
            return f"a tag has more than {MOST_ATTRIBUTES} attributes"
        kind = name.lower()
        if kind in _VOID or kind in _ENDS_ITSELF:
            continue
        if not closes:
            opened.append(kind)
            deepest = max(deepest, len(opened))
            if kind in _FORMATTING:
                marking += 1
                marked = max(marked, marking)
        elif opened and opened[-1] == kind:
            opened.pop()
            marking -= kind in _FORMATTING
    if marked * tags > _MOST_NODES:  # what formats is opened anew in each block that follows, until it is closed
        return "it leaves too many tags open"
    if deepest > MOST_DEPTH:  # at the most: where tags do not match, what a parser makes of them is looked at
        deepest = _depth(html)
    if deepest > MOST_DEPTH:
        return f"it is nested more than {MOST_DEPTH} deep"
    return "its lists are nested too deep" if deepest * html.count("<li") > _LIST_BYTES // 4 else ""


def _depth(html: str) -> int:
    """How deep a page is nested, as it is parsed. Raises :class:`InputError` where resiliparse is not installed."""
    try:
        parser = import_module("resiliparse.parse.html").HTMLTree
    except ImportError:
        raise _missing("resiliparse", "web", "pages") from None
    tree = parser.parse(html)
    node, depth, deepest = tree.document, 0, 0
    while node is not None:
        below = node.first_child
        if below is not None:
            node, depth = below, depth + 1
            deepest = max(deepest, depth)
            if deepest > MOST_DEPTH:
                break
            continue
        while node is not None and node.next is None:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None else None
    return deepest


def web() -> Any:
    """The parser of the extra ``web``. Raises :class:`InputError` where it is not installed."""
    try:
        return import_module("resiliparse.parse.encoding")
    except ImportError:
        raise _missing("resiliparse", "web", "the pages of web archives") from None


def _missing(package: str, extra: str, what: str) -> InputError:
    return InputError(
        f"{package} is not installed, and {what} cannot be read without it",
        hint=f"install the extra: pip install 'rightful[{extra}]'",
    )


@cache
def _resiliparse() -> Any:
    try:
        extract = import_module("resiliparse.extract.html2text").extract_plain_text
    except ImportError:
        raise _missing("resiliparse", "web", "pages") from None

    def take(html: str, main_content: bool) -> str:
        return str(extract(html, main_content=main_content))

    return take


@cache
def _trafilatura() -> Any:
    try:
        extract = import_module("trafilatura").extract
    except ImportError:
        raise _missing("trafilatura", "trafilatura", 'pages with extractor = "trafilatura"') from None

    def take(html: str, main_content: bool) -> str | None:
        text = extract(html, favor_recall=not main_content, include_comments=not main_content)
        return str(text or "")

    return take


_EXTRACTORS = {"resiliparse": _resiliparse, "trafilatura": _trafilatura}
