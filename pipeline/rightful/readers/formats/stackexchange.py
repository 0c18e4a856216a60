"""Dumps of Stack Exchange: the posts of a site (``Posts.xml``), one record a question or answer. Floor 2: a reader.

The format: https://meta.stackexchange.com/questions/2677 (one element ``row`` a post, whose attributes are its columns). The
licence of a post is that of its ``ContentLicense``, which dumps have since 2020; before, it goes by the date of the post. How
new the newest post is says under which agreement the dump was given, so that the dates are looked through first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import NamedTuple

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions, Skipped
from rightful.readers.dumps.cutting import NoXml, Piece, pieces, read_piece, without_comments
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.keep import keeping
from rightful.readers.limits import Limits
from rightful.readers.markup import html_text
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, Statement, of_folders
from rightful.readers.streams import StreamBroken, chunks
from rightful.readers.values import instant
from rightful.rights.columns import DUMP, LICENSE, RIGHTS, SITE

FORMATS = ("stackexchange",)
PACKS = False
MEDIA_TYPE = "text/html"
NETWORK = "https://stackexchange.com/"
"""What stands for the site of a dump that does not tell it: the licences of the sites are the same."""

_START = rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?"
_POSTS = re.compile(_START + rb"(?:<posts\s*>\s*(?:<row\s|</posts|\Z)|<!DOCTYPE\s+posts\b)")
_OTHERS = re.compile(_START + rb"<(users|votes|badges|tags|posthistory|postlinks|comments)\s*>\s*<row\s")
_NO_POSTS = {
    b"users": "accounts of a Stack Exchange dump: persons, no texts",
    b"posthistory": "the history of posts of a Stack Exchange dump: their newest texts are in Posts.xml",
    b"comments": "comments of a Stack Exchange dump: they are not read",
}
_KINDS = {
    "1": "",
    "2": "",
    "3": "an orphaned tag wiki",
    "4": "the excerpt of a tag wiki",
    "5": "a tag wiki",
    "6": "a nomination of a moderator",
    "7": "a placeholder of a wiki",
    "8": "a privilege wiki",
}
_SITE = re.compile(
    r"(?<![a-z0-9-])(?:(?P<of>[a-z0-9-]+(?:\.meta)?)\.stackexchange"
    r"|(?P<own>(?:(?:meta|[a-z]{2})\.)*(?:stackoverflow|serverfault|superuser|askubuntu|stackapps|mathoverflow)))(?![a-z0-9])",
    re.IGNORECASE,
)
_MAPPED = {"text": ("Body",), "title": ("Title",), "id": ("Id",), "date": ("CreationDate",)}
_DATES = re.compile(rb"Date\s{0,20}=\s{0,20}(?:\"([^\"<]{1,80})\"|'\s{0,9}(\d{4}-\d{2}-\d{2})[T ])")
"""The columns of dates. Between double quotes, as dumps have them, nothing else has this form: there they are ``&quot;``."""
_DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})(?!\d)")
_LONGEST_DATE = 200
_TAIL = b"</posts>"


def recognise(probe: Probe) -> Guess | None:
    """By its root element and the first row. Of the other files of a dump it says what they are."""
    if _POSTS.match(probe.head):
        return Guess(Rank.MAGIC, "stackexchange")
    other = _OTHERS.match(probe.head)
    if other is None:
        return None
    name = other[1].decode()
    return Guess(Rank.MAGIC, None, _NO_POSTS.get(other[1], f"{name} of a Stack Exchange dump: no texts"))


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: what stands in all of it says how new it is."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """A record per question or answer, with its id. ``by.fields`` name columns: there are none."""
    count = 0
    for file in item.files:
        dump = _Dump(file, by)
        yield from dump.read()
        count += dump.lines
    yield Extent(count)


def site_of(name: str) -> str | None:
    """The site that a dump is of, by the name of its file or folder.

    >>> site_of("beer.stackexchange.com/Posts.xml"), site_of("stackoverflow.com-Posts/Posts.xml"), site_of("Posts.xml")
    ('beer.stackexchange.com', 'stackoverflow.com', None)
    """
    named = None
    for match in _SITE.finditer(name.lower()):
        own = match["own"]
        named = f"{match['of']}.stackexchange.com" if own is None else f"{own}.{'net' if 'math' in own else 'com'}"
    return named


class Dates(NamedTuple):
    """What the dates of a dump say of its age: the latest day, and one that is none that can be read."""

    newest: str | None = None
    unread: str | None = None


def dates_of(file: FoundFile, limits: Limits) -> Dates:
    """The dates of the columns of posts, of all that can be read."""
    newest, unread, rest = b"", "", b""
    try:
        for chunk in chunks(file.path, limits):
            rest += chunk
            for stated in {a[:16] if a[10:11] == b"T" else a or b for a, b in _DATES.findall(rest)}:
                day = _DAY.match(unescape(stated.decode("utf-8", "replace")))
                if day is not None:
                    newest = max(newest, day[1].encode())
                elif stated.strip():
                    unread = unread or stated.decode("utf-8", "replace")
            rest = rest[-_LONGEST_DATE:]
    except StreamBroken:
        pass  # whoever reads the rows tells
    return Dates(newest.decode() or None, unread or None)


class _Dump:
    """One file, row by row."""

    def __init__(self, file: FoundFile, by: ReadOptions) -> None:
        self.file = file
        self.by = by
        self.lines = 0
        self._site = site_of(file.name) or site_of("/".join(file.lies.parts[-2:]))
        self._collector = Collector(by.look)
        self._folders = of_folders(file, by.look)
        self._rows = Rows()
        self._begun = self._ended = False
        self._open = ""  # why the last row is none; it counts as cut where the file ends behind it

    @property
    def _address(self) -> str:
        return f"https://{self._site}/" if self._site else NETWORK

    def read(self) -> Iterator[Read]:
        newest, unread = dates_of(self.file, self.by.limits)
        if newest is not None:
            self._folders.append(Statement("dump", DUMP, {"address": self._address, "newest": newest}))
        if unread is not None:  # it may be the one that says under which agreement the dump was given
            self._folders.append(Statement("dump", RIGHTS, f"a date that nobody can read: {unread}"))
        held: list[Piece] = []
        try:
            for piece in pieces(chunks(self.file.path, self.by.limits), ("row",), self.by.limits.value_bytes):
                self.lines = piece.line
                if not self._begun:
                    if fault := self._begin(piece):
                        yield fault
                        return
                    continue
                for before in held:
                    yield from self._row(before, last=False)
                held = [piece]
        except StreamBroken as broken:
            yield from self._rest(held, broken)
        else:
            yield from self._rest(held, None)
        if batch := self._rows.flush():
            yield batch

    def _damage(self, reason: str, line: int | None) -> Damage:
        return Damage(self.file.name, reason, "line" if line is not None else "", line)

    def _begin(self, piece: Piece) -> Damage | None:
        reason = "no posts of Stack Exchange: its first element is not <posts>"
        if piece.kind or piece.raw is None:
            return self._damage(reason, piece.line)
        raw = without_comments(piece.raw)
        self._ended = _TAIL in raw
        try:
            head = read_piece(raw.partition(_TAIL)[0], whole=False)
        except NoXml as bad:
            return self._damage(bad.reason, bad.line)
        self._begun = "posts" in head.texts
        return None if self._begun else self._damage(reason, 1)

    def _rest(self, held: list[Piece], broken: StreamBroken | None) -> Iterator[Read]:
        """The last row, and what is to be said where the file ends."""
        where = ""
        for piece in held:
            yield from self._row(piece, last=True)
            where = f" (in line {piece.line}, behind byte {piece.byte:,} as unpacked)"
        line = held[-1].line if held else None
        if broken is not None:
            yield self._damage(f"{broken.reason}{where}", line)
        elif not self._begun:
            yield self._damage("no posts of Stack Exchange: there is nothing in it", None)
        elif not self._ended:
            cut = f"the dump ends without </posts>{where}; what came before it was read: fetch the file again"
            yield self._damage(cut, line)

    def _row(self, piece: Piece, *, last: bool) -> Iterator[Read]:
        if piece.raw is None:
            reason = self.by.limits.too_long("a row", piece.size) or f"a row of {piece.size} bytes"
            yield self._damage(reason, piece.line)
            return
        until = piece.raw.find(b"<", 1)  # no value has that sign: it is written &lt;
        end = piece.raw.rfind(b"/>", 0, until if until > 0 else None)
        raw = piece.raw[: end + 2] if end >= 0 else piece.raw[: until if until > 0 else None].rstrip()
        behind = without_comments(piece.raw[len(raw) :])
        self._ended = self._ended or _TAIL in behind
        cut = last and not self._ended  # that is said where the file ends
        if cut and end < 0:
            return
        try:
            row = read_piece(raw).attributes["row"]
        except NoXml as bad:
            yield self._damage(f"a row that is {bad.reason}", piece.line + bad.line - 1)
        else:
            yield from self._post(row, piece)
        if (stray := behind.replace(_TAIL, b"", 1)).strip() and not cut:
            line = piece.line + (raw + behind[: len(behind) - len(stray.lstrip())]).count(b"\n")
            yield self._damage(f"{len(stray.strip())} bytes between rows that are no row", line)

    def _post(self, row: Mapping[str, str], piece: Piece) -> Iterator[Read]:
        number, kind = row.get("Id", ""), row.get("PostTypeId", "")
        if not re.fullmatch(r"-?\d{1,18}", number, re.ASCII):
            yield self._damage(f"a row whose Id is no number: {number[:40]!r}", piece.line)
            return
        if reason := _KINDS.get(kind, f"a post of the kind {kind[:20]!r}"):
            yield Skipped(self.file.name, reason, records=1)
            return
        text, _ = html_text(row.get("Body", ""))
        if not text:
            yield Skipped(self.file.name, "a post without text", records=1)
            return
        if fault := text_fault(text) or self.by.limits.too_long("a text", len(text.encode())):
            yield self._damage(f"the post {number}: {fault}", piece.line)
            return
        keep = keeping(self.by.fields, self.by.look, tuple(row), _MAPPED)
        stated = self._collector.stated([*self._folders, *self._statements(row)])
        record = Record(
            source_record_id=number,
            text=text,
            url=f"https://{self._site}/{'q' if kind == '1' else 'a'}/{number}" if self._site else None,
            license_raw=stated.license_raw,
            statements=stated.statements,
            title=row.get("Title", "").strip() or None,
            authors=self._authors(row),
            published_at=instant(row.get("CreationDate", "")),
            kept=keep.of(row) if keep is not None else None,
        )
        if batch := self._rows.add(self.file.name, piece.line, MEDIA_TYPE, record, piece.size):
            yield batch

    def _statements(self, row: Mapping[str, str]) -> Iterator[Statement]:
        """What a post says of its licence; by its dates where it says nothing.

        What was edited on a later day is of that day as well, and the licences of both days hold.
        """
        for name, value in row.items():
            kind = self.by.look.kind(name)
            if kind == LICENSE and value.strip():
                yield Statement(name, LICENSE, value)
        if not self.by.look.is_silent(row.get("ContentLicense", "")):
            return
        yield Statement("site", SITE, self._address)
        edited = row.get("LastEditDate", "")[:10]
        if edited > row.get("CreationDate", "")[:10]:
            yield Statement("LastEditDate", SITE, {"address": self._address, "on": edited})

    def _authors(self, row: Mapping[str, str]) -> list[str] | None:
        """Who wrote and who edited the post, by name and the address of the account, which is what attribution asks for."""
        owner = self._person(row.get("OwnerDisplayName", ""), row.get("OwnerUserId", ""))
        editor = self._person(row.get("LastEditorDisplayName", ""), row.get("LastEditorUserId", ""))
        return list(dict.fromkeys(filter(None, (owner, editor)))) or None

    def _person(self, name: str, number: str) -> str:
        if not number.isdecimal():
            return name.strip()
        account = f"https://{self._site}/users/{number}" if self._site else f"user {number}"
        return f"{name.strip()} ({account})" if name.strip() else account
