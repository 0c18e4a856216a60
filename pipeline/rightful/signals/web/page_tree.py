"""A page as its detectors see it: elements with what they stand in, and blocks of text with the links in them. Floor 2: pure.

Parsed by resiliparse (extra ``web``), in one pass without recursion: a page that is nested a hundred thousand deep is a page.
Comments, processing instructions, templates and what a style hides are not part of what a page says to its reader; what is
hidden is kept apart, since it may restrict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rightful.errors import InputError

MOST_NODES = 250_000
"""A page of more is read up to here, and says so."""
MOST_TEXT = 20_000
"""So many characters of one block are kept."""
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr q rp rt ruby s samp small span"
    " strike strong sub sup svg path time tt u var wbr picture source noscript use g input button".split()
)
"""Elements that do not end the sentence that they stand in."""
_RAW = frozenset(("script", "style", "textarea", "svg", "math", "object"))
_FOREIGN_TAGS = {
    "figure": "in a figure",
    "figcaption": "in the caption of a figure",
    "blockquote": "in a quotation",
    "q": "in a quotation",
    "iframe": "in a frame",
    "aside": "in an aside",
    "noscript": "shown without scripts only",
    "template": "in a template",
    "dialog": "in a dialog",
}
_FOREIGN_WORDS = {
    **dict.fromkeys(
        ("comment", "comments", "commentlist", "disqus", "reply", "replies", "respond"), "in comments of readers"
    ),
    **dict.fromkeys(
        ("caption", "figcaption", "figure", "gallery", "thumb", "thumbnail"), "in the caption of a picture"
    ),
    **dict.fromkeys(("widget", "embed", "embedded", "oembed", "sidebar", "advert", "sponsor"), "in a widget"),
    **dict.fromkeys(("related", "recommended", "teaser", "blogroll"), "beside other works"),
    **dict.fromkeys(
        ("credits", "dependencies", "thirdparty", "bibliography", "reflist", "references"), "in a list of credits"
    ),
    **dict.fromkeys(("blockquote", "quote", "syndicated"), "in a quotation"),
}
_ANYWHERE = frozenset(("in comments of readers", "in a list of credits"))
"""In the foot of a page, too."""
_ABOUT_PAGE = re.compile(
    r"footer|colophon|copyright|licen[cs]e|licensing|legal|imprint|impressum|siteinfo|site-info|rights", re.I
)
_STATES = frozenset(("has", "category", "tag", "is", "no", "type", "status", "format", "with", "page", "logged", "not"))
"""Before a dash in the class of an element: what follows says what the element has, not what it is."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NO_CONTEXT = frozenset(("html", "body", "main", "head"))


class TooMany(Exception):
    """More nodes than are read."""


@dataclass(slots=True, eq=False)
class Element:
    """An element: its attributes in lower case (of one that is given twice the first), the block that it stands in or is, and
    what of its surroundings matters.

    ``foreign`` says why what stands here is hardly of the page itself; ``is_footer``: in the foot of the page, or in a part
    that is about rights by its name. ``item`` is the microdata item that it belongs to, ``about`` the resource of RDFa.
    ``listed`` is the list or table around it.
    """

    tag: str
    attributes: Mapping[str, str]
    parent: Element | None
    block: Block
    foreign: str = ""
    is_footer: bool = False
    is_hidden: bool = False
    item: Element | None = None
    about: str = ""
    listed: Element | None = None
    anchor: Element | None = None
    start: int = 0
    end: int = -1

    def get(self, name: str) -> str:
        """The value of an attribute, empty where there is none."""
        return self.attributes.get(name, "")

    @property
    def own_text(self) -> str:
        """The text in it, as far as it stands in one block."""
        end = self.end if self.end >= 0 else len(self.block.pieces)
        return " ".join("".join(self.block.pieces[self.start : end]).split())


@dataclass(slots=True, eq=False)
class Block:
    """A run of text that is read as one: a paragraph, a cell, an entry of a list; ``element`` is what it is in."""

    element: Element | None = None
    pieces: list[str] = field(default_factory=list)
    links: list[Element] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        """Its text, blanks closed up."""
        return " ".join("".join(self.pieces).split())


@dataclass(slots=True)
class Page:
    """The elements of a page that may speak of rights, in order, its blocks of text, and the scripts of data in it."""

    elements: list[Element] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    base: str = ""
    canonical: str = ""
    is_whole: bool = True


def parsed(text: str) -> Page:
    """The page. Raises :class:`InputError` where resiliparse is not installed."""
    try:
        from resiliparse.parse.html import HTMLTree, NodeType, traverse_dom
    except ModuleNotFoundError:
        raise InputError(
            "resiliparse is not installed, and pages cannot be read without it",
            subject="HTML",
            hint="pip install 'rightful[web]'",
        ) from None
    page = Page()
    walk = _Walk(page, NodeType.ELEMENT, NodeType.TEXT)
    try:
        if (document := HTMLTree.parse(text).document) is not None:
            traverse_dom(document, walk.start)
    except TooMany:
        page.is_whole = False
    walk.close(0)
    return page


class _Walk:
    """Grows a page from the nodes of its tree, each with its depth."""

    def __init__(self, page: Page, element: Any, text: Any) -> None:
        self.page, self.element, self.text = page, element, text
        root = Element("#document", {}, None, Block())
        self.stack: list[tuple[int, Element]] = [(-1, root)]
        self.count = 0
        self.scripts: list[tuple[Element, list[str]]] = []

    def start(self, context: Any) -> None:
        self.count += 1
        if self.count > MOST_NODES:
            raise TooMany
        node, depth = context.node, context.depth
        kind = node.type
        if kind == self.element:
            self.close(depth)
            self._open(node, depth)
        elif kind == self.text:
            self.close(depth)
            inside = self.stack[-1][1]
            value = node.value or ""
            if inside.tag == "script":
                if self.scripts and self.scripts[-1][0] is inside:
                    self.scripts[-1][1].append(value)
            elif inside.tag not in _RAW and not inside.is_hidden:
                # What is cut of the foot of a page may be what it reserves.
                self.page.is_whole &= not (inside.is_footer and inside.block.size >= MOST_TEXT and value.strip())
                _add(inside.block, value)

    def close(self, depth: int) -> None:
        """Leave what is not around a node of this depth."""
        stack = self.stack
        while len(stack) > 1 and stack[-1][0] >= depth:
            element = stack.pop()[1]
            if element.tag in _INLINE:
                element.end = len(element.block.pieces)
            elif element.parent is not None:
                _add(element.parent.block, "\n")
            if element.tag == "script":
                self._script(element)

    def _script(self, element: Element) -> None:
        if self.scripts and self.scripts[-1][0] is element:
            _, pieces = self.scripts.pop()
            self.page.scripts.append((element.get("type").strip().lower(), "".join(pieces)))

    def _open(self, node: Any, depth: int) -> None:
        parent = self.stack[-1][1]
        tag = (node.tag or "").lower()
        names = node.attrs
        attributes = {name.lower(): node.getattr(name) or "" for name in names} if names else {}
        element = _placed(tag, attributes, parent)
        if tag in _INLINE:
            element.start = len(element.block.pieces)
        elif tag == "br":
            _add(parent.block, "\n")
        else:
            element.block = Block(element)
            self.page.blocks.append(element.block)
        if tag == "script":
            if "json" in element.get("type").lower() or "rsl+xml" in element.get("type").lower():
                self.scripts.append((element, []))
        elif tag == "base" and not self.page.base:
            self.page.base = element.get("href")
        elif tag == "link" and "canonical" in element.get("rel").lower().split() and not self.page.canonical:
            self.page.canonical = element.get("href")
        if tag in ("a", "area") and attributes.get("href"):
            element.block.links.append(element)
        if (
            tag in ("a", "area", "link", "meta", "img")
            or "property" in attributes
            or "itemprop" in attributes
            or "rel" in attributes
        ):
            self.page.elements.append(element)
        self.stack.append((depth, element))


def _add(block: Block, text: str) -> None:
    if block.size < MOST_TEXT:
        block.pieces.append(text)
        block.size += len(text)


def _placed(tag: str, attributes: Mapping[str, str], parent: Element) -> Element:
    element = Element(tag, attributes, parent, parent.block)
    element.foreign, element.is_footer, element.is_hidden = parent.foreign, parent.is_footer, parent.is_hidden
    element.item, element.about, element.listed, element.anchor = (
        parent.item,
        parent.about,
        parent.listed,
        parent.anchor,
    )
    if tag == "a":
        element.anchor = element
    if tag in ("ul", "ol", "dl", "table"):
        element.listed = element
    if attributes and tag not in _NO_CONTEXT:
        named = f"{attributes.get('id', '')} {attributes.get('class', '')} {attributes.get('role', '')}"
        foreign, footer = _named(named) if named != "  " else ("", False)
        if foreign in _ANYWHERE or not (footer or parent.is_footer or tag == "article"):
            element.foreign = parent.foreign or foreign
        element.is_footer = parent.is_footer or footer
        if "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
            element.is_hidden = True
        if "itemscope" in attributes:
            element.item = element
        if tag not in ("a", "link", "meta", "area", "img"):
            about = attributes.get("about") or attributes.get("resource")
            if about and not (attributes.get("property") or attributes.get("rel")):
                element.about = about
    if tag == "footer":
        element.is_footer = True
    if tag in _FOREIGN_TAGS and not (tag == "aside" and parent.is_footer):
        element.foreign = parent.foreign or _FOREIGN_TAGS[tag]
    return element


@lru_cache(maxsize=8_192)
def _named(named: str) -> tuple[str, bool]:
    """What the id, class and role of an element say: why what stands in it is of somebody else, and whether it is the foot."""
    footer = "contentinfo" in named or _ABOUT_PAGE.search(named) is not None
    for token in named.lower().split():
        words = re.split(r"[-_:]+", token)
        if words[0] in _STATES:
            continue
        for word in words:
            if word in _FOREIGN_WORDS:
                return _FOREIGN_WORDS[word], footer
    return "", footer
