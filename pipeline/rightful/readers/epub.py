"""A book as an EPUB holds it: its package, the texts of its spine, what it says of its rights. Floor 2: the readers.

EPUB 2 and 3 (https://www.w3.org/TR/epub-33/). Everything within is hostile input: names never reach the file system, what unpacks
is bounded, and the XML of the package is read without entities. What a page of a book is written in is read as leniently as HTML.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from urllib.parse import unquote
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from rightful.readers.charsets import UTF_16, Undecodable, text_of
from rightful.readers.limits import Limits
from rightful.readers.markup import html_text
from rightful.readers.reserving import reserved_in
from rightful.readers.statements import Statement
from rightful.rights.columns import RIGHTS

PACKAGE_BYTES = 16 << 20
"""So many bytes a package document, or another one of ``META-INF``, may have."""
MOST_ENTRIES = 100_000
MOST_ELEMENTS = 500_000
_DEEPEST = 64
_PAGES = frozenset(
    {"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document", "text/xml"}
)
_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_RIGHTS, _METADATA = "META-INF/rights.xml", "META-INF/metadata.xml"
_LIFTED_CHARS = 1 << 16
"""So much of the text of an element counts as text of the one around it."""
_OF_FONTS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, struct.error)
"""What the standard library raises of an archive that is none, or that it cannot unpack."""


class NoBook(Exception):
    """The file holds no book that can be read; the reason is the message."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a document: its name and those of its attributes without their namespaces, in lower case; its text."""

    name: str
    attributes: dict[str, str]
    text: str


@dataclass(slots=True)
class Book:
    """What a package says, as it stands there, and the pages of its spine in order. ``stated`` are (name, value) of all that may
    speak of rights, ``reserved`` is what tags of its pages reserve; ``lacking`` are the pages of the spine that are not there or
    cannot be read, ``others`` the media types of what is no page."""

    title: str | None = None
    creators: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    identifier: str | None = None
    addresses: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    stated: list[tuple[str, str]] = field(default_factory=list)
    reserved: dict[Statement, None] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of all pages that have one."""
        return "\n\n".join(page for page in self.pages if page)


def book_of(file: BufferedReader, size: int, limits: Limits) -> Book:
    """Read a book from a file of ``size`` bytes. Raises :class:`NoBook`."""
    try:
        with ZipFile(file) as archive:
            return _Reading(archive, size, limits).book()
    except _BROKEN as error:
        raise NoBook(
            f"it is no EPUB, or a damaged one: {str(error) or type(error).__name__}: fetch the file again"
        ) from None


class _Reading:
    """The reading of one book, and how much of it was unpacked."""

    def __init__(self, archive: ZipFile, size: int, limits: Limits) -> None:
        listed = archive.infolist()
        if len(listed) > MOST_ENTRIES:
            raise NoBook(f"it has more than {MOST_ENTRIES:,} entries")
        self._archive = archive
        self._entries = {info.filename: info for info in listed}
        self._size = size
        self._limits = limits
        self._unpacked = 0

    def book(self) -> Book:
        package = self._package()
        elements = self._elements(package)
        encrypted = self._encrypted()
        if package in encrypted:
            raise NoBook("it is encrypted (DRM), the package too: it cannot be read")
        book, by_id = _metadata(elements), {}
        self._beside(book, package)
        for element in elements:
            if element.name == "item":
                by_id[element.attributes.get("id", "")] = element.attributes
        folder = posixpath.dirname(package)
        for element in elements:
            if element.name != "itemref":
                continue
            item = by_id.get(element.attributes.get("idref", ""))
            if item is None:
                book.lacking.append(f"the item {element.attributes.get('idref', '')[:80]!r}")
            elif "nav" not in item.get("properties", "").split():
                self._page(book, folder, item, encrypted)
        return book

    def _beside(self, book: Book, package: str) -> None:
        """What speaks of the rights in the book beside its package: other packages of it, the files that OCF has for that."""
        for name in (*(n for n in self._packages() if n != package), _METADATA):
            if name in self._entries:
                book.stated += _stated(self._elements(name))
        if _RIGHTS in self._entries:
            words = " ".join(self._bytes(_RIGHTS, PACKAGE_BYTES).decode("utf-8", "replace").split())
            book.reserved[Statement(_RIGHTS, RIGHTS, f"{_RIGHTS}: {words[:_LIFTED_CHARS]}")] = None

    def _packages(self) -> list[str]:
        files = (e.attributes.get("full-path", "") for e in self._elements(_CONTAINER) if e.name == "rootfile")
        return [f for f in files if f]

    def _package(self) -> str:
        """The name of the package document."""
        if _CONTAINER not in self._entries:
            raise NoBook(f"it has no {_CONTAINER}, which says what is in it")
        name = next(iter(self._packages()), "")
        if name not in self._entries:
            raise NoBook(f"its package {name[:200]!r} is not there")
        return name

    def _page(self, book: Book, folder: str, item: dict[str, str], encrypted: frozenset[str]) -> None:
        href = unquote(item.get("href", "").partition("#")[0])
        name = posixpath.normpath(posixpath.join(folder, href))
        kind = item.get("media-type", "").lower()
        if kind not in _PAGES:
            book.others.append(kind)
            return
        if name in encrypted:
            raise NoBook("it is encrypted (DRM): it cannot be read")
        if name not in self._entries:
            book.lacking.append(repr(href[:200]))
            return
        try:
            page = _decoded(self._bytes(name))
            book.pages.append(html_text(page, xml=True)[0])
            book.reserved |= dict.fromkeys(reserved_in(page))
        except Undecodable:
            book.lacking.append(repr(href[:200]))

    def _encrypted(self) -> frozenset[str]:
        """The names of what is encrypted; fonts that are only obscured are not. Raises :class:`NoBook`."""
        if _ENCRYPTION not in self._entries:
            return frozenset()
        names: set[str] = set()
        algorithm = ""
        for element in self._elements(_ENCRYPTION):  # in the order of their ends: a reference comes after its method
            if element.name == "encryptionmethod":
                algorithm = element.attributes.get("algorithm", "")
            elif element.name == "cipherreference" and algorithm not in _OF_FONTS:
                names.add(posixpath.normpath(unquote(element.attributes.get("uri", ""))))
        return frozenset(names)

    def _elements(self, name: str) -> list[Element]:
        return elements_of(self._bytes(name, PACKAGE_BYTES), name)

    def _bytes(self, name: str, most: int | None = None) -> bytes:
        """What an entry holds, unpacked no further than it may. Raises :class:`NoBook`."""
        info: ZipInfo = self._entries[name]
        if info.flag_bits & 0x1:
            raise NoBook("it is encrypted (a password of the archive): it cannot be read")
        content = bytearray()
        with self._archive.open(info) as opened:
            while piece := opened.read(1 << 16):
                content += piece
                self._unpacked += len(piece)
                if most is not None and len(content) > most:
                    raise NoBook(f"{name} has more than {most} bytes")
                if fault := self._limits.too_long("a book", self._unpacked):
                    raise NoBook(fault)
                if fault := self._limits.beyond(self._unpacked, self._size):
                    raise NoBook(fault)
        return bytes(content)


def _decoded(content: bytes) -> str:
    if content.startswith(UTF_16):
        return text_of(content, "utf-16")
    declared = _DECLARED.match(content)
    return text_of(content, declared[1].decode() if declared else None).removeprefix("\ufeff")


def elements_of(raw: bytes, name: str) -> list[Element]:
    """The elements of a document in the order of their ends. Raises :class:`NoBook` for what is no XML, or declares entities."""
    elements: list[Element] = []
    open_: list[tuple[str, dict[str, str], list[str]]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_) >= _DEEPEST or len(elements) + len(open_) >= MOST_ELEMENTS:
            raise NoBook(f"{name} has more elements, or deeper ones, than are read")
        open_.append((_local(tag), {_local(key): value for key, value in attributes.items()}, []))

    def end(_: str) -> None:
        tag, attributes, text = open_.pop()
        whole = "".join(text)
        elements.append(Element(tag, attributes, " ".join(whole.split())))
        if open_ and not open_[-1][0].endswith("metadata"):
            open_[-1][2].append(f" {whole[:_LIFTED_CHARS]} ")

    def data(text: str) -> None:
        if open_:
            open_[-1][2].append(text)

    def refused(*_: object) -> int:
        raise NoBook(f"{name} declares or fetches an entity: refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refused
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        reason = f"{expat.ErrorString(error.code)} (line {error.lineno})"
        raise NoBook(f"{name} is no well-formed XML: {reason}") from None
    return elements


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _metadata(elements: list[Element]) -> Book:
    """What the package says of the book."""
    book = Book()
    unique = next((e.attributes.get("unique-identifier") for e in elements if e.name == "package"), None)
    identifiers = [e for e in elements if e.name == "identifier" and e.text]
    named = [e for e in identifiers if e.attributes.get("id") == unique] or identifiers
    book.identifier = named[0].text if named else None
    texts = {name: [e.text for e in elements if e.name == name and e.text] for name in _KEPT}
    book.title = next(iter(texts["title"]), None)
    book.creators, book.languages, book.dates = texts["creator"], texts["language"], texts["date"]
    book.addresses = [a for a in (*(e.text for e in identifiers), *texts["source"]) if _is_address(a)]
    book.stated = [*_stated(elements)]
    return book


_KEPT = ("title", "creator", "language", "date", "source")


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://")) and len(text.split()) == 1


def _stated(elements: list[Element]) -> Iterator[tuple[str, str]]:
    """Every name within the package with its value: of elements, of ``meta`` in either form, of links."""
    for element in elements:
        attributes = element.attributes
        if element.name == "meta":
            for key in ("property", "name"):
                if key in attributes:
                    yield attributes[key], element.text or attributes.get("content", "")
        elif element.name == "link":
            yield from ((rel, attributes.get("href", "")) for rel in attributes.get("rel", "").split())
        elif element.name not in ("item", "itemref"):
            for value in (element.text, *(attributes.get(of, "") for of in ("resource", "href"))):
                if value:
                    yield element.name, value
