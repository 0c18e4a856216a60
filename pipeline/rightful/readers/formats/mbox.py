"""Mailboxes in one file (RFC 4155, and what programs have written for forty years). Floor 2: a reader.

A message begins with a line ``From`` that has the form of an envelope. What is unquoted in the text of another would merge two
mails and hide whom the second is from, so that ``Content-Length``, which says where a message ends, is not believed:
a line that is one by its form parts, and a mail that is parted for nothing has no sender, so that it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rightful.readers import Damage, FoundFile, Item, Read, ReadOptions
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.mail.header import FIELD
from rightful.readers.mail.parts import Message
from rightful.readers.mail.records import MEDIA_TYPE as MEDIA_TYPE
from rightful.readers.mail.records import Mails
from rightful.readers.statements import of_folders
from rightful.readers.streams import StreamBroken, TooLong, lines

FORMATS = ("mbox",)
PACKS = False
PERSONAL = True
SUFFIXES = (".mbox", ".mbx")

_FROM = b"From "
_TEXTS_OF_PATCHES = (".patch", ".diff")  # of git format-patch: read as the text that they are
_DATED = re.compile(
    rb"From .{0,1000}\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b.{0,40}\d\d?:\d\d.{0,40}$", re.DOTALL
)
_ESCAPED = re.compile(rb">+From ")
_NO_MESSAGE = (
    "no message begins here (a line 'From ' with an address and a date is expected): a single message is a file .eml"
)


def recognise(probe: Probe) -> Guess | None:
    """By the first two lines, whatever the name: an envelope with a date, and a field. A name that says so is believed where an
    envelope begins the file."""
    head = probe.head.lstrip(b"\r\n")
    if head.startswith(_FROM) and probe.suffix not in _TEXTS_OF_PATCHES:
        first, _, rest = head.partition(b"\n")
        if _DATED.match(first.rstrip(b"\r")) and (FIELD.match(rest) or rest.startswith(b">From ")):
            return Guess(Rank.MAGIC, "mbox")
    if probe.suffix in SUFFIXES:
        return Guess(Rank.NAMED, "mbox") if head.startswith(_FROM) else Guess(Rank.NAMED, None, _NO_MESSAGE)
    if head.startswith((b"BABYL OPTIONS:", b"\x01\x01\x01\x01\n")):
        return Guess(Rank.MAGIC, None, "a mailbox of another kind (Babyl or MMDF): convert it to mbox first")
    return None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: whether a line begins a message is told by the lines around it."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """One record per message, with its Message-ID as its id. ``by.fields`` name columns: there are none."""
    mails, count = Mails(by), 0
    for file in item.files:
        folders, number = of_folders(file, by.look), 0
        box = _Box(by)
        try:
            for number, line in enumerate(lines(file.path, limits=by.limits), 1):
                if (done := box.line(number, line)) is not None:
                    begun, message = done
                    yield from mails.take(file.name, begun, message, folders, f"{file.name}:{begun}")
        except StreamBroken as broken:
            number += broken.opened  # the line at which it broke
            yield Damage(file.name, broken.reason, "line" if number else "", number or None)
            box.break_off()
        if (done := box.end()) is not None:
            begun, message = done
            yield from mails.take(file.name, begun, message, folders, f"{file.name}:{begun}")
        if box.strange and not box.messages:
            yield Damage(file.name, _NO_MESSAGE)
        elif box.strange:
            yield Damage(file.name, "what stands before the first message is none", "line", 1)
        count += number
    yield from mails.done(count)


class _Box:
    """Parts the lines of a mailbox into messages. A line that may begin one waits for the next, which tells."""

    def __init__(self, by: ReadOptions) -> None:
        self.strange = False
        """Whether something stands before the first message."""
        self.messages = 0
        self._by = by
        self._message: Message | None = None
        self._begun = 0
        self._waiting: tuple[int, bytes] | None = None
        self._after_blank = True

    def line(self, number: int, line: bytes | TooLong) -> tuple[int, Message] | None:
        """Take a line; the message that it ends, with the number of its first line."""
        done = None
        if type(line) is bytes:
            if line[-1:] == b"\r":
                line = line[:-1]
            if (
                self._waiting is None and self._message is not None and line[:1] not in (b"F", b">")
            ):  # nearly every line
                self._after_blank = not line
                self._message.line(line)
                return None
        if self._waiting is not None:
            done = self._settled(line)
        if isinstance(line, bytes) and line.startswith(_FROM):
            self._waiting = (number, line)
            return done
        self._put(line)
        return done

    def break_off(self) -> None:
        """Forget the message at whose end the file breaks: what is there of it is not the message."""
        self._message = self._waiting = None

    def end(self) -> tuple[int, Message] | None:
        """The last message."""
        done = self._settled(b"") if self._waiting is not None else None
        if done is not None:  # an envelope and nothing after it: no message was begun
            return done
        return (self._begun, self._message) if self._message is not None else None

    def _settled(self, following: bytes | TooLong) -> tuple[int, Message] | None:
        """What waits begins a message, or is a line of the text after all."""
        assert self._waiting is not None
        (number, line), self._waiting = self._waiting, None
        field = isinstance(following, bytes) and (FIELD.match(following) is not None or following.startswith(b">From "))
        dated = _DATED.match(line) is not None
        if not (dated and (field or self._after_blank)) and not (field and self._after_blank):
            self._put(line)
            return None
        done = (self._begun, self._message) if self._message is not None else None
        self._message, self._begun = Message(self._by.limits), number
        self.messages += 1
        return done

    def _put(self, line: bytes | TooLong) -> None:
        self._after_blank = line == b""
        if self._message is not None:
            if isinstance(line, bytes) and line.startswith(b">") and _ESCAPED.match(line):
                line = line[1:]
            self._message.line(line)
        elif line != b"":
            self.strange = True
