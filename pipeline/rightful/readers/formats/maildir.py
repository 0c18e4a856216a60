"""Files that are one mail each: ``.eml``, and what lies in a Maildir. Floor 2: a reader.

A Maildir is a folder with ``cur``, ``new`` and ``tmp`` (https://cr.yp.to/proto/maildir.html); what is in ``tmp`` was never
delivered, and is not read. Folders of other programs (MH, news spools) hold such files too.
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
from rightful.readers.streams import StreamBroken, lines

FORMATS = ("eml",)
PACKS = True
PERSONAL = True

_OUTLOOK = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (".msg", "a message of Outlook: convert it first (msgconvert writes .eml)"),
    b"!BDN": ("", "a mailbox of Outlook: convert it first (readpst -e writes .eml)"),
    b"\xcf\xad\x12\xfe": ("", "a mailbox of Outlook Express: convert it first to mbox"),
}
_DELIVERED = re.compile(r"(?:^|/)(cur|new|tmp)/[^/]+$")
_OF_MAILS = frozenset(
    b"return-path received delivered-to message-id date from to cc subject mime-version in-reply-to references newsgroups"
    b" path sender reply-to content-type dkim-signature list-id".split()
)
_ENOUGH = 3


def recognise(probe: Probe) -> Guess | None:
    """By name (``.eml``); a file in a Maildir, or without a suffix, by the fields that begin it."""
    for magic, (suffix, reason) in _OUTLOOK.items():
        if probe.head.startswith(magic) and suffix in ("", probe.suffix):
            return Guess(Rank.MAGIC, None, reason)
    if probe.suffix == ".emlx":
        return Guess(Rank.NAMED, None, "a message of Apple Mail: convert it first to .eml")
    if probe.suffix == ".eml":
        return Guess(Rank.NAMED, "eml")
    where = _DELIVERED.search(probe.name)  # names there end as the host is called that delivered them
    if (probe.suffix and where is None) or not _begins_a_mail(probe.head):
        return None
    if where is not None and where[1] == "tmp":
        return Guess(Rank.LOOKS, None, "in the folder tmp of a Maildir: it was never delivered")
    return Guess(Rank.LOOKS, "eml")


def _begins_a_mail(head: bytes) -> bool:
    """True for a header of mail: so many fields that only mails have, who wrote it among them."""
    names: set[bytes] = set()
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and names:
            continue
        begin = FIELD.match(line)
        if begin is None:
            break
        names.add(begin[1].lower())
    return len(names & _OF_MAILS) >= _ENOUGH and bool(names & {b"from", b"received", b"return-path"})


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: a file is one message."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """One record per file, with its Message-ID as its id. ``by.fields`` name columns: there are none."""
    mails = Mails(by)
    for file in item.files:
        message = Message(by.limits)
        try:
            for number, line in enumerate(lines(file.path, limits=by.limits), 1):
                bare = line[:-1] if isinstance(line, bytes) and line.endswith(b"\r") else line
                if number > 1 or not (isinstance(bare, bytes) and bare.startswith(b"From ")):
                    message.line(bare)
        except StreamBroken as broken:
            yield Damage(file.name, broken.reason)
            continue
        yield from mails.take(file.name, 0, message, of_folders(file, by.look), file.name)
    yield from mails.done(0)
