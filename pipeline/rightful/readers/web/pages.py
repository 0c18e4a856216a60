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
_DEEPER = " > ".join(("body", *"*" * MOST_DEPTH))
_LISTED = " ".join(("li",) * 8)
_MOST_INDENTED = 16_000_000
_MOST_NODES = 8_000_000
_LONG_TAG = 2_000
_TAG = re.compile(r"""<[a-zA-Z](?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+""")
_ATTRIBUTE = re.compile(r"""[^\s"'>/=]+""")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FORMATTING = "a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_FORMATS = re.compile(rf"<(?:{_FORMATTING})[\s/>]", re.IGNORECASE)
_FORMAT = re.compile(rf"<(/?)({_FORMATTING})(?=[\s/>])", re.IGNORECASE)
_TITLE = re.compile(r"<title[\s>/]", re.IGNORECASE)
_HTML = re.compile(r"<html[\s/][^>]{0,2000}", re.IGNORECASE)
_LANG = re.compile(
    r"""[\s/"'](?:xml:)?lang\s*=\s*(?:"([^"]{1,100})"|'([^']{1,100})'|([^\s"'>]{1,100}))""", re.IGNORECASE
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
    page = html.replace("\0", "")
    why = _too_many_tags(page)
    if not why:
        tree = _parser().parse(page)
        why = _too_deep(tree, page)
    if not why:
        text = take(page, tree, main_content)
        return Extracted(text.strip(), _title(page, xml), language)
    text, title = html_text(page, xml=xml)
    return Extracted(text, title, language, why)


def _title(html: str, xml: bool) -> str | None:
    head = html[:_HEAD_CHARS]
    place = _TITLE.search(head)
    return html_text(head[place.start() :].partition("</title")[0] if not xml else head, xml=xml)[1] if place else None


def _language(html: str) -> str | None:
    tag = _HTML.search(html, 0, _HEAD_CHARS)
    stated = _LANG.search(tag[0]) if tag is not None else None
    value = next((v.strip() for v in stated.groups() if v), "") if stated else ""
    return value or None


def _too_many_tags(html: str) -> str:
    """Why a page is not parsed, or nothing. Parsers take quadratic time for these, or quadratic memory."""
    tags = html.count("<")
    written = _TAG.findall(html) if len(html) > _LONG_TAG else []
    if written and max(map(len, written)) > _LONG_TAG:
        long = (tag for tag in written if len(tag) > _LONG_TAG)
        if any(len(_ATTRIBUTE.findall(_QUOTED.sub("", tag))) > MOST_ATTRIBUTES for tag in long):
            return f"a tag has more than {MOST_ATTRIBUTES} attributes"
    if (
        tags * tags > _MOST_NODES
        and len(_FORMATS.findall(html)) * tags > _MOST_NODES
        and _left_open(html) * tags > _MOST_NODES
    ):
        return (
            "it leaves too many tags open"  # what formats is opened anew in each block that follows, until it is closed
        )
    return ""


def _left_open(html: str) -> int:
    """How many elements that format text are open at once, at the most."""
    opened: list[str] = []
    most = 0
    for closes, name in _FORMAT.findall(html):
        kind = name.lower()
        if not closes:
            opened.append(kind)
            most = max(most, len(opened))
        elif opened and opened[-1] == kind:
            opened.pop()
    return most


def _too_deep(tree: Any, html: str) -> str:
    """Why a page that is parsed is not extracted, or nothing."""
    if tree.document.query_selector(_DEEPER) is not None:
        return f"it is nested more than {MOST_DEPTH} deep"
    entries = html.count("<li")
    # What each entry is indented by grows with the lists that it is in.
    if entries * MOST_DEPTH > _MOST_INDENTED and tree.document.query_selector(_LISTED) is not None:
        return "its lists are nested too deep"
    return ""


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
def _parser() -> Any:
    try:
        return import_module("resiliparse.parse.html").HTMLTree
    except ImportError:
        raise _missing("resiliparse", "web", "pages") from None


@cache
def _resiliparse() -> Any:
    try:
        extract = import_module("resiliparse.extract.html2text").extract_plain_text
    except ImportError:
        raise _missing("resiliparse", "web", "pages") from None

    def take(html: str, tree: Any, main_content: bool) -> str:
        return str(extract(tree, main_content=main_content))

    return take


@cache
def _trafilatura() -> Any:
    try:
        extract = import_module("trafilatura").extract
    except ImportError:
        raise _missing("trafilatura", "trafilatura", 'pages with extractor = "trafilatura"') from None

    def take(html: str, tree: Any, main_content: bool) -> str:
        text = extract(html, favor_recall=not main_content, include_comments=not main_content)
        return str(text or "")

    return take


_EXTRACTORS = {"resiliparse": _resiliparse, "trafilatura": _trafilatura}
