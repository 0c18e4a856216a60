"""Whom a mail names: every correspondent, in every spelling. Floor 2: the readers. Law 8.8, 8.9.

Each field that holds addresses of persons counts, of the message and of every message within. A mail that does not tell who
wrote it, or in which a name cannot be read, holds a person whom nobody can read: an empty string says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rightful.readers.mail.header import Header, names_of
from rightful.readers.mail.words import header_text
from rightful.rights.named_persons import Persons, persons

SENDERS = ("from", "sender", "reply-to")
CORRESPONDENTS = frozenset(
    {
        *SENDERS,
        *("to", "cc", "bcc", "apparently-to", "delivered-to", "envelope-to", "return-path", "errors-to"),
        *("x-original-to", "x-original-from", "x-original-sender", "x-sender", "x-reply-to", "x-envelope-from"),
        *("mail-followup-to", "mail-reply-to", "disposition-notification-to", "return-receipt-to", "resent-from"),
        *("resent-sender", "resent-reply-to", "resent-to", "resent-cc", "resent-bcc", "x-x-sender", "x-from", "x-to"),
        *("x-cc", "x-bcc", "x-google-original-from", "followup-to", "author", "x-original-author"),
    }
)
"""The fields, in lower case, that name persons: RFC 5322, section 3.6, and what programs write beside them."""
MOST = 10_000
"""So many spellings of a mail are told apart; one that names more names somebody whom nobody reads."""
_CHUNK = 3_000
_NOBODY = re.compile(r'[^"<>@:;]*:\s*;?|[^\w]*')
_HIDDEN = re.compile(
    r"([\w.+-]+)\s*(?:\bat\b|[\[({]\s*at\s*[\])}]|\(a\)|\[a\])\s*([\w-]+(?:\s*(?:\.|\bdot\b)\s*[\w-]+)+)", re.I
)
_DOT = re.compile(r"\s*(?:\.|\bdot\b)\s*", re.I)
_QUOTES = "> |\t*"
_IN_TEXT = re.compile(r"(?:From|Sender|Reply-To|To|Cc|Bcc|Von|An|De|À|Para)\*?:|.*:[ \t*]*$")
_LONGEST_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """The cells of a record: ``subject`` and ``subjects`` of ``RAW``."""

    subject: str | None
    subjects: list[str | None] | None

    @property
    def readable(self) -> bool:
        """False where somebody is named whom nobody can read."""
        return self.subjects is None or "" not in self.subjects


def named_in(headers: Iterable[Header], quoted: Iterable[str] = ()) -> Named:
    """Whom the headers of a message, and of those within it, name. ``quoted`` are lines of its text that name persons."""
    spellings: dict[str, None] = {}
    count, readable = 0, True
    for header in headers:
        sender = False
        for name, value in header.fields:
            if name.lower() not in CORRESPONDENTS:
                continue
            here = _of_field(value)
            sender = sender or (name.lower() in ("from", "resent-from") and bool(here.spellings))
            new = [s for s in here.spellings if s not in spellings]
            count += here.count if new else 0
            spellings.update(dict.fromkeys(new))
            readable = readable and here.readable
        readable = readable and sender
    for line in quoted:
        if len(spellings) > MOST:
            break  # told below
        here = _of_field(line)
        new = [s for s in here.spellings if "@" in s and s not in spellings]
        count += bool(new)
        spellings.update(dict.fromkeys(new))
    listed: list[str | None] = [*spellings]
    if len(listed) > MOST:
        listed, readable = listed[:MOST], False
    subject = listed[0] if listed else None
    if readable and count <= 1 and len(listed) <= 1:
        return Named(subject, None)
    return Named(subject, [*listed, *([None] if count > 1 else []), *([] if readable else [""])])


def _of_field(value: str) -> Persons:
    return _of_line(value) if len(value) <= _LONGEST_LINE else _read(value)


@lru_cache(4_096)  # a list is written to by few, again and again
def _of_line(value: str) -> Persons:
    return _read(value)


def _read(value: str) -> Persons:
    text = header_text(value)
    if _NOBODY.fullmatch(text):
        return Persons()
    readable = "\ufffd" not in text
    named = [persons(part) for part in _chunks(text)]
    count = sum(one.count for one in named)
    named.append(Persons(tuple(names_of(value) or ())))
    if "@" not in text and len(text) <= _LONGEST_LINE and (plain := _shown_plainly(text)) != text:
        named.append(persons(plain))
    spellings = tuple(dict.fromkeys(s for one in named for s in one.spellings if any(c.isalnum() for c in s)))
    return Persons(spellings, max(1, count), readable and all(one.readable for one in named))


def _shown_plainly(text: str) -> str:
    """An address that is hidden from those who collect them: ``ana at example dot org``."""
    return _HIDDEN.sub(lambda hidden: f"{hidden[1]}@{_DOT.sub('.', hidden[2])}", text)


def _chunks(text: str) -> Iterator[str]:
    """A long list of addresses in pieces that can be read, each with the last address of the piece before: a comma may stand in
    a name."""
    if len(text) <= _CHUNK and text.count(",") < 100:
        yield text
        return
    items: list[str] = []
    size = 0
    for item in text.split(","):
        if items and (size + len(item) > _CHUNK or len(items) >= 100):
            yield ",".join(items)
            items = items[-1:] if len(items[-1]) < _CHUNK // 2 else []
            size = sum(map(len, items))
        items.append(item)
        size += len(item)
    yield ",".join(items)


def quoted_in(text: str) -> Iterator[str]:
    """The lines of a text that name who wrote what follows: headers of what was forwarded or put in a digest, ``Ana
    <ana@example.org> wrote:``."""
    at = text.find("@")
    while at >= 0:
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        line = text[text.rfind("\n", 0, at) + 1 : end].lstrip(_QUOTES)
        if len(line) <= _LONGEST_LINE and _IN_TEXT.match(line):
            yield line
        at = text.find("@", end)
