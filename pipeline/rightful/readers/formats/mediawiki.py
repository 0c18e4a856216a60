"""Dumps of MediaWiki: pages as ``Special:Export`` and ``dumpBackup`` write them, one record a page. Floor 2: a reader.

The format: https://www.mediawiki.org/wiki/Help:Export and the schemas export-0.3 to export-0.11. What the dump says of itself
stands before its first page (``siteinfo``): the address of the wiki, by which the terms of its texts are known
(``licenses/_sites.toml``), its language, and what it calls its namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from rightful.notation.urls import canonical
from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions, Skipped
from rightful.readers.dumps.cutting import Elements, NoXml, Piece, pieces, read_piece, without_comments
from rightful.readers.dumps.wiki import ALL
from rightful.readers.dumps.wikitext import plain_text
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.keep import keeping
from rightful.readers.rows import Rows
from rightful.readers.statements import NOTHING, Collector, Statement, of_folders
from rightful.readers.streams import StreamBroken, chunks
from rightful.readers.values import instant
from rightful.rights.columns import SITE

FORMATS = ("mediawiki",)
PACKS = False
MEDIA_TYPE = "text/x-wiki"
PLACE = "siteinfo"
"""Where the statement of the wiki stands."""

_NAMES = ("page", "revision")
_HEAD_BYTES = 4 << 20
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)?<(?:mediawiki[\s>]|!DOCTYPE\s+mediawiki)",
    re.DOTALL,
)
_FILE, _CATEGORY = "6", "14"
_NAMESPACE = re.compile(r"<namespace([^<>]*)>([^<]*)</namespace>")
_KEY = re.compile(r"\bkey=[\"'](-?\d+)[\"']")
_REDIRECT = re.compile(r"\s*#redirect\b[\s:]*\[\[", re.IGNORECASE)
_TEXTUAL = ("text/x-wiki",)
_TAIL = re.compile(rb"</mediawiki\s*>")
_UNNAMED = re.compile(r"~\d{4}-\d")


def recognise(probe: Probe) -> Guess | None:
    """By its root element, whatever its name."""
    return Guess(Rank.MAGIC, "mediawiki") if _ROOT.match(probe.head) else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: what the pages belong to stands before the first."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """A record per page, or per revision, with the id of the page. ``by.fields`` name columns: there are none."""
    count = 0
    for file in item.files:
        dump = _Dump(file, by)
        yield from dump.read()
        count += dump.lines
    yield Extent(count)


@dataclass(frozen=True, slots=True)
class Site:
    """What a dump says of the wiki that it is of."""

    name: str | None = None
    base: str | None = None
    language: str | None = None
    files: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def address(self, title: str) -> str | None:
        """The address of a page; None where the dump does not say where the wiki is.

        >>> Site(base="https://en.wikipedia.org/wiki/Main_Page").address("Why? (album)")
        'https://en.wikipedia.org/wiki/Why%3F_(album)'
        """
        if self.base is None or canonical(self.base)[1] is None:
            return None
        before, mark, _ = self.base.partition("title=")
        root = before + mark if mark else self.base.rpartition("/")[0] + "/"
        return root + quote(title.replace(" ", "_"), safe=";@$!*(),/~:")


def site_of(raw: bytes) -> Site:
    """What stands before the first page. Raises :class:`NoXml`."""
    head = read_piece(raw, whole=False)
    if "mediawiki" not in head.texts:
        raise NoXml("no dump of MediaWiki: its first element is not <mediawiki>")
    if not head.repeated.isdisjoint(("mediawiki/siteinfo", "mediawiki/siteinfo/base")):
        raise NoXml("it names its wiki twice (<siteinfo>), and nobody knows of which it is: fetch the dump again")
    named: dict[str, tuple[str, ...]] = {}
    for attributes, name in _NAMESPACE.findall(raw.decode("utf-8", "replace")):
        if (key := _KEY.search(attributes)) and key[1] in (_FILE, _CATEGORY):
            named[key[1]] = (*named.get(key[1], ()), name)
    return Site(
        head.text("mediawiki/siteinfo/sitename"),
        head.text("mediawiki/siteinfo/base"),
        head.attributes["mediawiki"].get("xml:lang"),
        named.get(_FILE, ()),
        named.get(_CATEGORY, ()),
    )


@dataclass(slots=True)
class _Page:
    """A page as far as it has been read."""

    line: int
    title: str = ""
    id: str = ""
    skipped: str = ""
    """Why it is no record, whatever its revisions are."""
    fault: str = ""
    newest: tuple[int, int, Elements, int] | None = None
    """Of the newest revision: its time, its number, its elements, how many bytes it has."""
    older: int = 0
    unended: Damage | None = None
    """Of a revision without an end, until something follows it."""


class _Dump:
    """One file, page by page."""

    def __init__(self, file: FoundFile, by: ReadOptions) -> None:
        self.file = file
        self.by = by
        self.lines = 0
        self._site: Site | None = None
        self._page: _Page | None = None
        self._rows = Rows()
        self._stated = self._imported = NOTHING
        names = "|".join(re.escape(name).replace("\\ ", "[ _]+") for name in sorted(by.look.imported))
        self._imports = re.compile(rf"\{{\{{[ \t\n]*(?:{names or '(?!)'})[ \t\n]*[|}}]", re.IGNORECASE)
        self._ended = False

    def read(self) -> Iterator[Read]:
        broken: StreamBroken | None = None
        stream = pieces(chunks(self.file.path, self.by.limits), _NAMES, self.by.limits.value_bytes)
        at = (1, 0)
        try:
            for piece in stream:
                at = (piece.line, piece.byte)
                self.lines = piece.line
                if self._site is None:
                    try:
                        self._site = self._begin(piece)
                    except NoXml as refused:
                        yield self._damage(refused.reason, refused.line)
                        return
                else:
                    yield from self._take(piece)
        except StreamBroken as error:
            broken = error
        yield from self._rest(broken, at)
        if batch := self._rows.flush():
            yield batch

    def _damage(self, reason: str, line: int | None, rows: int = 1) -> Damage:
        return Damage(self.file.name, reason, "line" if line is not None else "", line, rows)

    # --- pieces ---------------------------------------------------------------------------------------------------

    def _begin(self, piece: Piece) -> Site:
        if piece.raw is None or piece.size > _HEAD_BYTES or piece.kind:
            raise NoXml(f"no dump of MediaWiki: {piece.size} bytes and no <siteinfo> before its first page")
        raw = piece.raw
        closed = _TAIL.search(raw)
        self._ended = closed is not None
        site = site_of(raw[: closed.start()] if closed else raw)
        own = [Statement(PLACE, SITE, site.base)] if site.base else []
        imports = {"address": site.base, "imported": "by a template"}
        collector, folders = Collector(self.by.look), of_folders(self.file, self.by.look)
        self._stated = collector.stated([*folders, *own])
        self._imported = collector.stated([*folders, *(s._replace(value=imports) for s in own)])
        return site

    def _take(self, piece: Piece) -> Iterator[Read]:
        match piece.kind:
            case "page":
                yield from self._unended(piece)
                self._page = self._opened(piece)
            case "revision" if self._page is not None:
                yield from self._revision(self._page, piece)
            case "/page":
                if self._page is not None:
                    yield from self._finished(self._page)
                self._page = None
            case "":
                yield from self._between(piece)

    def _opened(self, piece: Piece) -> _Page:
        page = _Page(piece.line)
        if piece.raw is None:
            page.fault = f"a page that has {piece.size} bytes before its first revision"
            return page
        try:
            head = read_piece(piece.raw + b"</page>")
        except NoXml as bad:
            page.fault = f"a page that is {bad.reason} (line {piece.line + bad.line - 1})"
            return page
        page.title, page.id = head.text("page/title") or "", head.text("page/id") or ""
        namespace = head.text("page/ns") or "0"
        if not page.title:
            page.fault = "a page without a title"
        elif not _is_number(namespace) or int(namespace) not in self.by.wiki.namespaces:
            page.skipped = f"a page of namespace {namespace[:20]}, which is not among those that are read"
        elif "page/redirect" in head.texts:
            page.skipped = "a redirect"
        return page

    def _revision(self, page: _Page, piece: Piece) -> Iterator[Read]:
        if page.unended is not None:
            yield page.unended
            page.unended = None
        if page.fault or page.skipped:
            return
        if piece.raw is None:
            size = self.by.limits.too_long("a revision", piece.size) or f"a revision of {piece.size} bytes"
            yield self._damage(f"{size}, of the page {_shown(page.title)}", piece.line)
            return
        if not piece.closed:
            reason = f"a revision of the page {_shown(page.title)} that does not end (no </revision>)"
            page.unended = self._damage(reason, piece.line)  # unless the page does not end either
            return
        try:
            elements = read_piece(piece.raw)
        except NoXml as bad:
            line = piece.line + bad.line - 1
            yield self._damage(f"a revision of the page {_shown(page.title)} that is {bad.reason}", line)
            return
        when = instant(elements.text("revision/timestamp") or "") or 0
        number = elements.text("revision/id") or ""
        this = (when, int(number) if _is_number(number) else 0, elements, piece.size)
        if self.by.wiki.revisions == ALL:
            yield from self._record(page, this, piece.line)
            page.older += 1
        elif page.newest is None:
            page.newest = this
        else:
            page.newest = max(page.newest, this, key=lambda one: one[:2])
            yield Skipped(self.file.name, "an older revision", records=1)

    def _finished(self, page: _Page) -> Iterator[Read]:
        if page.unended is not None:
            yield page.unended
        if page.fault:
            yield self._damage(page.fault, page.line)
        elif page.skipped:
            yield Skipped(self.file.name, page.skipped, records=1)
        elif page.newest is not None:
            yield from self._record(page, page.newest, page.line)
        elif not page.older and page.unended is None:
            yield Skipped(self.file.name, "a page without a revision", records=1)

    def _unended(self, piece: Piece | None) -> Iterator[Read]:
        """A page that is open when the next begins never ended: what it would have been is not known."""
        if self._page is not None:
            name = f" {_shown(self._page.title)}" if self._page.title else ""
            yield self._damage(f"the page{name} does not end (no </page>): it is not read", self._page.line)
            self._page = None

    def _between(self, piece: Piece) -> Iterator[Read]:
        raw = piece.raw
        if raw is not None:
            raw = without_comments(raw)
            self._ended = self._ended or _TAIL.search(raw) is not None
            raw = _TAIL.sub(b"", raw)
        if raw is None or raw.strip():
            yield self._damage(f"{piece.size} bytes between pages that are no page", piece.line)

    def _rest(self, broken: StreamBroken | None, at: tuple[int, int]) -> Iterator[Read]:
        """What is to be said where the file ends."""
        line, byte = at
        where = f" (in line {line}, behind byte {byte:,} as unpacked)"
        if broken is not None:
            opened = self._site is not None or broken.opened
            yield self._damage(broken.reason + (where if opened else ""), line if opened else None)
        elif self._site is None:
            yield self._damage("no dump of MediaWiki: there is nothing in it", None)
        elif self._page is not None:
            name = f"the page {_shown(self._page.title)}" if self._page.title else "a page"
            cut = f"the dump ends in the midst of {name}{where}; what came before it was read: fetch the file again"
            yield self._damage(cut, self._page.line)
        elif not self._ended:
            cut = f"the dump ends without </mediawiki>{where}: what came behind is not there; fetch the file again"
            yield self._damage(cut, line)

    # --- records --------------------------------------------------------------------------------------------------

    def _record(self, page: _Page, revision: tuple[int, int, Elements, int], line: int) -> Iterator[Read]:
        when, number, elements, size = revision
        wikitext = elements.texts.get("revision/text", "")
        if reason := _no_text(elements, wikitext):
            yield Skipped(self.file.name, reason, records=1)
            return
        site = self._site or Site()
        text = plain_text(wikitext, site.files, site.categories)
        stated = self._imported if self._imports.search(wikitext) else self._stated
        if not text:
            yield Skipped(self.file.name, "a page without text beside its markup", records=1)
            return
        if fault := text_fault(text) or self.by.limits.too_long("the text of a page", len(text.encode())):
            yield self._damage(f"the page {_shown(page.title)}: {fault}", line)
            return
        address = site.address(page.title)
        as_it_was = f"{address}{'&' if '?' in address else '?'}oldid={number}" if address and number else None
        record = Record(
            source_record_id=self._id(page, number),
            text=text,
            url=address,
            urls=[address, as_it_was] if address and as_it_was else None,
            license_raw=stated.license_raw,
            statements=stated.statements,
            language_stated=site.language,
            title=page.title,
            authors=_authors(site, elements),
            published_at=when or None,
            kept=self._kept(page, number, elements),
        )
        if batch := self._rows.add(self.file.name, line, MEDIA_TYPE, record, size):
            yield batch

    def _kept(self, page: _Page, number: int, elements: Elements) -> str | None:
        """What the dump has of the revision beside that, where the recipe keeps columns."""
        row: dict[str, object] = {
            "page": page.id or None,
            "revision": number or None,
            "parent": elements.text("revision/parentid"),
            "contributor": _contributor(elements),
            "contributor_id": elements.text("revision/contributor/id") if _contributor(elements) else None,
            "sha1": elements.text("revision/sha1"),
        }
        keep = keeping(self.by.fields, self.by.look, tuple(row), {})
        return keep.of(row) if keep is not None else None

    def _id(self, page: _Page, number: int) -> str:
        of_page = page.id or page.title
        return f"{of_page}/{number}" if self.by.wiki.revisions == ALL else of_page


def _no_text(elements: Elements, wikitext: str) -> str:
    """Why a revision is no record; empty where it is one."""
    attributes = elements.attributes.get("revision/text", {})
    model = elements.text("revision/model") or "wikitext"
    form = elements.text("revision/format") or _TEXTUAL[0]
    if "deleted" in attributes:
        return "a revision whose text was deleted"
    if model != "wikitext" or form not in _TEXTUAL:
        return f"a page of the model {model[:40]} ({form[:40]}), not wikitext"
    if _REDIRECT.match(wikitext):
        return "a redirect"
    if wikitext.strip():
        return ""
    # A dump of stubs has the sizes of texts, and none of them.
    stub = attributes.get("bytes", "0").strip("0")
    return "a page whose text is not in the dump (a dump of stubs)" if stub else "an empty page"


def _authors(site: Site, elements: Elements) -> list[str]:
    """Whom to credit: those who wrote the page, whom its history lists, and who made this revision under a name.

    The address of who was not logged in, and the name that the wiki gives a temporary account, are no names to credit.
    """
    name = _contributor(elements)
    everybody = f"{site.name or 'wiki'} contributors"
    return [everybody] if name is None else [everybody, name]


def _contributor(elements: Elements) -> str | None:
    name = elements.text("revision/contributor/username")
    return None if name is None or _UNNAMED.match(name) else name


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,18}", text, re.ASCII) is not None


def _shown(title: str) -> str:
    return repr(title if len(title) <= 60 else title[:59] + "…")
