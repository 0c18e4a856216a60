"""Web archives: WARC, WET and ARC files of crawls, plain or compressed. Floor 2: a reader.

A record of ours is a response with status 200 or 203 that holds a page or a text, a ``resource`` or a ``conversion`` (the texts of
WET files). All else is counted with its reason. What a response says of rights to machines, its header fields, the page as it
came, ``robots.txt`` and ``tdmrep.json`` of a host, is handed on as captures with the time of the crawl.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from rightful.notation.urls import is_on_the_web
from rightful.readers import Capture, Damage, Extent, FoundFile, Item, Read, ReadOptions, Skipped, Unread
from rightful.readers.charsets import UTF_16, Undecodable
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, Stated, Statement, of_folders
from rightful.readers.streams import StreamBroken
from rightful.readers.values import instant
from rightful.readers.web.archived import Archived, Lost, records
from rightful.readers.web.digests import digest_fits
from rightful.readers.web.encodings import Decoded, decoded
from rightful.readers.web.http import MOST_HEAD_BYTES, Body, Head, body_of, fields_of, head_of
from rightful.readers.web.pages import extracted
from rightful.rights.columns import LICENSE, RIGHTS

FORMATS = ("warc",)
PACKS = False
SUFFIXES = (".warc", ".wet", ".wat")

_BEGINS = re.compile(rb"WARC/[01]\.\d|filedesc://", re.IGNORECASE)
_SEEN = (200, 203)
"""What brings the whole of a page; as in ``looking.evaluate``."""
_PART = 206
"""The status of a capture that has less than the whole of what came, so that it never says that nothing is there."""
_TEXTS = {
    **dict.fromkeys(("text/plain", "text/x-plain"), "text/plain"),
    **dict.fromkeys(("text/markdown", "text/x-markdown", "text/x-web-markdown"), "text/markdown"),
    **dict.fromkeys(("text/x-rst", "text/prs.fallenstein.rst"), "text/x-rst"),
    **dict.fromkeys(("text/asciidoc", "text/x-asciidoc"), "text/asciidoc"),
    **dict.fromkeys(("text/x-tex", "application/x-tex", "text/x-latex", "application/x-latex"), "text/x-tex"),
    **dict.fromkeys(("text/org", "text/x-org"), "text/x-org"),
    **dict.fromkeys(("text/x-wiki", "text/x-textile"), "text/plain"),
}
_PAGES = ("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml")
_UNSTATED = ("", "unk", "no-type", "application/octet-stream", "binary/octet-stream", "unknown/unknown", "text")
_IS_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:(?><!--.{0,2000}?-->|<\?xml[^>]{0,200}>)\s*+)*+<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"PK\x03\x04": "application/zip",
    b"\x1f\x8b\x08": "application/gzip",
    b"RIFF": "audio or video",
    b"\x00\x00\x00": "audio or video",
    b"wOFF": "font/woff",
    b"wOF2": "font/woff2",
}
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]{1,40})", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_PAGE = datetime(1991, 8, 6, tzinfo=UTC)
"""Nobody looked at the web before there was any."""
_OF_CRAWL = ("metadata", "urn", "warcinfo", "filedesc")
"""How addresses of what crawlers keep about their own work begin."""
_KINDS = ("response", "resource", "conversion")
_SAMPLE_CHARS = 120
_MOST_INFO_BYTES = 64 << 10


def recognise(probe: Probe) -> Guess | None:
    """By the first bytes; by name where those are damaged."""
    if _BEGINS.match(probe.head):
        return Guess(Rank.MAGIC, "warc")
    is_named = probe.suffix in SUFFIXES or (
        probe.suffix == ".arc" and probe.packed
    )  # .arc alone is another archive, too
    return Guess(Rank.NAMED, "warc") if is_named else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: where a record begins is told by those before it."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The texts of the archive, what of it is no text, and the captures. ``line`` is the number of the record in the file."""
    rows, count = Rows(), 0
    unread: dict[tuple[str, str, str], tuple[int, str]] = {}
    for file in item.files:
        archive = _Archive(file, by)
        try:
            for record in records(file.path, by.limits, _is_wanted):
                for one in archive.take(record):
                    if not isinstance(one, _Text):
                        yield one
                    elif batch := rows.add(file.name, one.number, one.media_type, one.record, one.size):
                        yield batch
        except StreamBroken as broken:
            yield Damage(file.name, broken.reason)
        count += archive.count
        unread |= archive.unread
    if batch := rows.flush():
        yield batch
    yield Extent(count, tuple(Unread(*key, *counted) for key, counted in unread.items()))


class _Text(NamedTuple):
    number: int
    media_type: str
    record: Record
    size: int


class _Payload(NamedTuple):
    """What a record brought: its media type, what it holds, its head where it came over HTTP."""

    kind: str
    content: Decoded
    body: Body
    head: Head | None


class _Archive:
    """One file: who made it, and what of its records is there."""

    def __init__(self, file: FoundFile, by: ReadOptions) -> None:
        self.name = file.name
        self.by = by
        self.maker = ""
        self.count = 0
        self.unread: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._collector = Collector(by.look)
        self._folders = of_folders(file, by.look)
        self._of_archive = self._folders
        self.stated: Stated = self._collector.stated(self._folders)

    def take(self, record: Archived | Lost) -> Iterator[_Text | Damage | Skipped | Capture]:
        """What comes of a record."""
        if isinstance(record, Lost):
            yield self._damage(record, record.reason)
            return
        self.count = record.number
        if record.kind == "warcinfo":
            self._about(record.block)
        if record.kind == "revisit":
            yield from self._headers(record, head_of(record.block))
        if record.kind not in _KINDS:
            yield self._skipped(
                record.kind if record.kind.isalpha() and len(record.kind) < 40 else "a record of no kind that is known"
            )
            return
        try:
            yield from self._payload(record)
        except Undecodable as error:
            yield self._damage(record, str(error))

    def _about(self, block: bytes) -> None:
        """What the archive says of itself: who made it, and what it says of rights for the records that follow.

        Whoever collects pages has no rights in them to grant: what is stated there never counts as their licence.
        """
        fields = fields_of(b"\n" + block[:_MOST_INFO_BYTES])
        stated = {name.lower(): value for name, value in fields}
        makers = (stated.get("operator"), stated.get("software"))
        self.maker = ", ".join(dict.fromkeys(filter(None, makers)))[:200] or self.maker
        spoken = [
            Statement(f"warcinfo.{name}", RIGHTS, f"of the archive: {value}")
            for name, value in fields
            if value and self.by.look.kind(name) in (LICENSE, RIGHTS)
        ]
        self._of_archive = [*self._folders, *spoken]
        self.stated = self._collector.stated(self._of_archive)

    def _payload(self, record: Archived) -> Iterator[_Text | Damage | Skipped | Capture]:
        url = _address(record)
        head = head_of(record.block) if record.kind == "response" else None
        if head is not None and head.size > MOST_HEAD_BYTES:
            yield self._damage(record, f"the header fields of its response have more than {MOST_HEAD_BYTES >> 20} MiB")
            return
        if record.kind == "response" and head is None and not _is_bare(record):
            if urlsplit(url).scheme in ("http", "https"):
                yield self._damage(record, "it has no response of HTTP")
                return
        if url.partition(":")[0].lower() in _OF_CRAWL:
            yield self._skipped(f"a record about the crawl ({url.partition(':')[0].lower()}:)")
            return
        own = _own_file(url) if head is not None else ""
        if own and head is not None:
            yield from self._of_host(record, own, head, url)
            return
        if head is not None and head.status not in _SEEN:
            moved = " (a redirect)" if 300 <= head.status < 400 and head.status != 304 else ""
            yield self._skipped(f"status {head.status}{moved}")
            return
        yield from self._headers(record, head)
        stated = head.first("content-type") if head is not None else record.get("content-type")
        kind = _media_type(stated)
        if kind not in _UNSTATED and kind not in _TEXTS and kind not in _PAGES:
            yield self._skipped(kind)
            return
        if not record.is_whole:
            yield self._damage(
                record, self.by.limits.too_long("its content", record.size) or "its content is too large"
            )
            return
        body = _body(record, head, self.by)
        stated_digest = "" if record.is_sure else record.get("warc-payload-digest")
        fits = digest_fits(stated_digest, *(body.forms or (body.data,)))
        if record.is_other and fits is not True:
            yield self._damage(record, "its bytes are not those that WARC-Block-Digest was made of")
            return
        if record.is_other:  # the head was written anew, and what matters is as it came
            self._note(record, "WARC-Block-Digest", url)
        elif fits is False and not record.get("warc-truncated"):
            self._note(record, "WARC-Payload-Digest", url)
        if not body.data.strip():
            yield self._skipped("no content")
            return
        kind = _really(kind, body.data)
        if kind not in _TEXTS and kind not in _PAGES:
            yield self._skipped(kind)
            return
        content = decoded(body.data, _charset(stated), is_page=kind in _PAGES)
        if kind in _PAGES:
            # Whoever reads the page knows the page alone: an encoding that its header states is taken off here.
            known = (
                body.data if content.encoding == "utf-8" or content.fault else content.text.encode("utf-8", "replace")
            )
            # What came without a response is no look at an address, and what the page reserves is reserved.
            status = _PART if body.is_partial or head is None else head.status
            yield self._capture(record, "html", url, status, head.fields if head is not None else (), known)
        yield self._text(record, _Payload(kind, content, body, head), url)

    def _text(self, record: Archived, payload: _Payload, url: str) -> _Text | Damage | Skipped:
        """The record of ours."""
        is_page = payload.kind in _PAGES
        data, content = payload.body.data, payload.content
        if content.fault:
            return self._damage(record, content.fault)
        if content.replaced:
            self._note(record, f"bytes that are not {content.encoding}", url)
        text, title, language = content.text, None, None
        if is_page:
            how = self.by.pages
            page = extracted(text, how.extractor, main_content=how.main_content, xml=payload.kind != "text/html")
            text, title, language = page.text, page.title, page.language
            if page.plainly:
                self._note(record, f"main content ({page.plainly})", url)
            if not text.strip():
                return self._skipped("no main text" if how.main_content and how.extractor != "plain" else "no text")
        if fault := text_fault(text):
            return self._skipped("no text") if fault == "empty text" else self._damage(record, fault)
        stated = self._stated(record, url, speaks=is_page or payload.head is not None)
        made = Record(
            source_record_id=record.get("warc-record-id") or None,
            text=text,
            url=url or None,
            license_raw=stated.license_raw,
            statements=stated.statements,
            language_stated=_tag(language) or _tag(_language_of(record, payload.head)),
            title=title,
            fetched_at=instant(record.get("warc-date")),
        )
        return _Text(record.number, "text/html" if is_page else _TEXTS[payload.kind], made, max(len(data), len(text)))

    def _stated(self, record: Archived, url: str, *, speaks: bool) -> Stated:
        """What the archive and the header of a record state of it. ``speaks``: a page or header fields came with it, whose words
        count by their address; where that is none of the web nobody knows what they reserve."""
        more = [
            Statement(name, RIGHTS, f"of the record: {value}")
            for name, value in record.fields.items()
            if value and self.by.look.kind(name) in (LICENSE, RIGHTS)
        ]
        if speaks and not is_on_the_web(url):
            more.append(Statement("WARC-Target-URI", RIGHTS, f"what came from no address of the web: {url[:200]}"))
        return self._collector.stated([*self._of_archive, *more]) if more else self.stated

    # --- captures -------------------------------------------------------------------------------------------------

    def _headers(self, record: Archived, head: Head | None) -> Iterator[Capture]:
        if head is not None and head.status in _SEEN and record.get("warc-target-uri"):
            status = _PART if record.is_other else head.status
            yield self._capture(record, "headers", _address(record), status, head.fields, b"")

    def _of_host(self, record: Archived, protocol: str, head: Head, url: str) -> Iterator[Damage | Skipped | Capture]:
        """A file that speaks for its host, whatever its status says."""
        status, data = head.status, b""
        try:
            body = _body(record, head, self.by)
            data = body.data
            if not record.is_whole or (body.is_partial and status in _SEEN):
                status = _PART
        except Undecodable:
            status = _PART
        yield self._capture(record, protocol, url, status, head.fields, data)
        yield self._skipped(f"{'robots.txt' if protocol == 'robots' else 'tdmrep.json'}: read as a signal")

    def _capture(
        self, record: Archived, protocol: str, url: str, status: int, fields: tuple[tuple[str, str], ...], body: bytes
    ) -> Capture:
        seen = instant(record.get("warc-date"))
        when = _EPOCH + timedelta(microseconds=seen) if seen is not None else None
        if when is not None and when < _FIRST_PAGE:
            when = None  # of a clock that was not set: it would count as older than any look
        place = f"{self.name}, {_position(record)}"
        return Capture(protocol, url, place, when, status, fields, body, self.maker or self.name)

    # --- what is said of records ----------------------------------------------------------------------------------

    def _damage(self, record: Archived | Lost, reason: str) -> Damage:
        return Damage(self.name, reason, "unpacked byte" if record.within else "byte", record.at)

    def _skipped(self, reason: str) -> Skipped:
        return Skipped(self.name, reason, records=1)

    def _note(self, record: Archived, column: str, url: str) -> None:
        """Count something that was read in another way than it was stated."""
        key = (self.name, "text", column)
        rows, sample = self.unread.get(key, (0, f"{url[:_SAMPLE_CHARS]} ({_position(record)})"))
        self.unread[key] = (rows + 1, sample)


def _position(record: Archived) -> str:
    return f"{'unpacked byte' if record.within else 'byte'} {record.at}"


def _body(record: Archived, head: Head | None, by: ReadOptions) -> Body:
    """The payload. Raises :class:`Undecodable`."""
    is_cut = bool(record.get("warc-truncated")) or bool(record.get("warc-segment-number"))
    if head is None:
        return Body(record.block, is_cut, (record.block,))
    return body_of(record.block, head, by.limits, is_cut=is_cut)


def _is_wanted(fields: Mapping[str, str], start: bytes) -> bool:
    """Whether a large record may hold a text."""
    if fields.get("warc-type", "response").lower() not in _KINDS:
        return False
    head = head_of(start)
    kind = _media_type(head.first("content-type") if head is not None else fields.get("content-type", ""))
    return (head is None or head.status in _SEEN) and (kind in _UNSTATED or kind in _TEXTS or kind in _PAGES)


def _is_bare(record: Archived) -> bool:
    """True for a response without head, as HTTP/0.9 and other protocols send them: its record says what it holds."""
    return _media_type(record.get("content-type")) not in ("application/http", "")


def _media_type(stated: str) -> str:
    """The media type of a header field, in lower case, without its parameters; what is none is empty."""
    bare = stated.partition(";")[0].partition(",")[0].strip().lower()
    return bare if bare in _UNSTATED or _MEDIA_TYPE.fullmatch(bare) else ""


def _charset(stated: str) -> str:
    label = _CHARSET.search(stated)
    return label[1] if label else ""


def _really(kind: str, data: bytes) -> str:
    """The media type of a text, its content considered."""
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            return name if kind in _UNSTATED else f"{name} that is called {kind}"
    if b"\0" in data[:1024] and not data.startswith(UTF_16) and data[:64].count(0) not in range(20, 40):
        return "binary content" if kind in _UNSTATED else f"binary content that is called {kind}"
    if _IS_PAGE.match(data):
        return kind if kind in _PAGES else "text/html"
    return "application/octet-stream" if kind in _UNSTATED else kind


def _address(record: Archived) -> str:
    url = record.get("warc-target-uri").strip()
    return url[1:-1].strip() if url[:1] == "<" and url[-1:] == ">" else url  # WARC 1.0 was read so


def _own_file(url: str) -> str:
    """The protocol of a file that speaks for its host, empty for all other addresses."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or parts.query:
        return ""
    return {"/robots.txt": "robots", "/.well-known/tdmrep.json": "tdmrep", "/tdmrep.json": "tdmrep"}.get(parts.path, "")


def _language_of(record: Archived, head: Head | None) -> str:
    header = head.first("content-language") if head is not None else ""
    return header or record.get("warc-identified-content-language") or record.get("warc-identified-language")


def _tag(stated: str | None) -> str | None:
    """The first language tag of a list."""
    first = re.split(r"[,;\s]", (stated or "").strip(), maxsplit=1)[0].replace("_", "-")
    return first if _LANGUAGE.fullmatch(first) else None
