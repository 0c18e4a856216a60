"""A message into a record, or the reason why it is none. Floor 2: the readers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rightful.readers import Damage, Extent, Read, ReadOptions, Skipped
from rightful.readers.charsets import Undecodable, text_of
from rightful.readers.fields import Record, text_fault
from rightful.readers.mail.header import Header, instant_of, message_id, names_of, shown
from rightful.readers.mail.parts import Message, Part
from rightful.readers.mail.persons import named_in, quoted_in
from rightful.readers.mail.words import transferred, unflowed
from rightful.readers.markup import html_text
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, Statement
from rightful.readers.unread import Tally
from rightful.rights.columns import LICENSE

MEDIA_TYPE = "message/rfc822"
NO_TEXT = "a mail without text"
ENCRYPTED = "an encrypted mail"
NO_ARCHIVE = "X-No-Archive"
_MOST_KINDS = 100
_KIND = re.compile(r"[a-z0-9]{1,20}/[a-z0-9.+-]{1,80}")
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ADDRESS = re.compile(r"https?://[^\s<>\0]+", re.IGNORECASE)
_NO_ARCHIVE_LINE = re.compile(r"\s*x-no-archive:\s*yes\b", re.IGNORECASE)
_YES = frozenset({"yes", "true", "1", "y"})


class Mails:
    """Collects the messages of an item and hands out what a reader yields."""

    def __init__(self, by: ReadOptions) -> None:
        self._by = by
        self._rows, self._collector, self._tally = Rows(), Collector(by.look), Tally()
        self._folders: list[Statement] = []
        self._kinds: Counter[tuple[str, str]] = Counter()

    def take(
        self, file: str, number: int, message: Message, folders: Iterable[Statement], place: str
    ) -> Iterator[Read]:
        """Take a message that begins in line ``number`` of a file (0: it is the file). ``place`` is its id where it has none."""
        message.done()
        unit = ("line", number) if number else ("", None)
        for part in message.root.walk():
            if kind := _attached(part):
                key = (file, kind)
                if key not in self._kinds and len(self._kinds) >= _MOST_KINDS:
                    key = (file, "an attachment: of yet another type")
                self._kinds[key] += 1
        if message.fault is not None:
            yield Damage(file, message.fault, *unit)
            return
        try:
            text = text_in(message.root)
        except Undecodable as why:
            yield Damage(file, str(why), *unit)
            return
        if reason := _holds_no_text(message.root, text):
            self._kinds[(file, reason)] += 1
            return
        fault = text_fault(text) or self._by.limits.too_long("a mail", len(text.encode()))
        if fault:
            yield Damage(file, fault, *unit)
            return
        record = self._record(file, message.root, text, list(folders), place)
        if batch := self._rows.add(file, number, MEDIA_TYPE, record, len(text)):
            yield batch

    def done(self, lines: int) -> Iterator[Read]:
        """What is left: the last batch, what holds no text, and the extent."""
        if batch := self._rows.flush():
            yield batch
        for (file, reason), count in self._kinds.items():
            yield Skipped(file, reason, records=count)
        yield Extent(lines, self._tally.found())

    def _record(self, file: str, root: Part, text: str, statements: list[Statement], place: str) -> Record:
        header = root.header
        named = named_in(_headers(root), quoted_in(text))
        date = header.first("date")
        published = instant_of(date) if date else None
        if date and published is None:
            self._tally.add(file, "date", "Date", date)
        if not named.readable:
            self._tally.add(file, "subject", "From", header.first("from"))
        for name, value in header.fields:
            if value.strip() and (kind := self._by.look.kind(name)):
                self._collector.take(statements, name, kind, shown(value) or value)
        if header.first(NO_ARCHIVE.lower()).strip().lower() in _YES or _NO_ARCHIVE_LINE.match(text):
            statements.append(Statement(NO_ARCHIVE, LICENSE, f"{NO_ARCHIVE}: yes"))
        raw, stated = self._collector.stated(statements)
        address = _ADDRESS.search(header.first("archived-at"))
        return Record(
            source_record_id=message_id(header.first("message-id")) or place,
            text=text,
            url=address[0] if address else None,
            license_raw=raw,
            statements=stated,
            language_stated=shown(header.first("content-language").partition(",")[0]),
            title=shown(header.first("subject")),
            authors=names_of(header.first("from")),
            subject=named.subject,
            subjects=named.subjects,
            published_at=published,
        )


def _headers(root: Part) -> Iterator[Header]:
    """The headers of a message and of every message within."""
    yield root.header
    for part in root.walk():
        if part.is_message:
            yield part.children[0].header


def _attached(part: Part) -> str:
    """What a part is that is not read; empty where it is read, or is made of parts."""
    if part.kept or part.children or part.is_multipart or not (part.size or part.header.fields):
        return ""
    kind = part.type.value if _KIND.fullmatch(part.type.value) else "of a type that cannot be read"
    if kind.endswith("-signature"):
        return f"a signature: {kind}"
    return "" if kind in _SEALED or kind == "application/pgp-encrypted" else f"an attachment: {kind}"


def _holds_no_text(root: Part, text: str) -> str:
    """Why a message is no record though nothing is wrong with it; empty where it is one."""
    stripped = text.strip()
    if stripped.startswith("-----BEGIN PGP MESSAGE-----") and stripped.endswith("-----END PGP MESSAGE-----"):
        return ENCRYPTED
    if stripped:
        return ""
    for part in root.walk():
        if part.type.value == "multipart/encrypted":
            return ENCRYPTED
        if part.type.value in _SEALED:
            signed = part.type.parameters.get("smime-type", "") == "signed-data"
            return "a mail within its signature (S/MIME): unpack it first" if signed else ENCRYPTED
    return NO_TEXT


@dataclass(slots=True)
class _Texts:
    """The texts of a part in their order, and whether any of them is plain."""

    texts: list[str] = field(default_factory=list)
    plain: bool = False


def text_in(root: Part) -> str:
    """The text of a message: its parts in their order, of alternatives the plain one. Raises :class:`Undecodable`.

    The parts are as deep as ``parts.MOST_DEPTH`` at most.
    """
    return "\n\n".join(_texts(root).texts)


def _texts(part: Part) -> _Texts:
    if part.children:
        if part.type.value == "multipart/alternative":
            several = [_texts(child) for child in part.children]
            return next((one for one in several if one.plain), next((one for one in several if one.texts), _Texts()))
        whole = _Texts()
        for child in part.children:
            inner = _texts(child)
            whole.texts += inner.texts
            whole.plain = whole.plain or inner.plain
        return whole
    if part.is_multipart and part.size:
        name = part.type.parameters["boundary"][:80]
        raise Undecodable(f"its parts cannot be told apart: the boundary {name!r} never comes")
    if not part.kept:
        return _Texts()
    text = _decoded(part).strip("\n")
    return _Texts([text] if text.strip() else [], part.type.value != "text/html" and bool(text.strip()))


def _decoded(part: Part) -> str:
    """The text of a part that is one. Raises :class:`Undecodable`."""
    data = transferred(b"\n".join(part.lines), part.encoding)
    text = text_of(data, part.type.parameters.get("charset"))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if part.type.value == "text/html":
        return html_text(text)[0]
    if part.type.parameters.get("format", "").lower() == "flowed":
        return unflowed(text, joins=part.type.parameters.get("delsp", "").lower() == "yes")
    return text
