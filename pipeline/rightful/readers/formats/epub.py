"""Books as EPUB. Floor 2: a reader.

A book is one record: the texts of its spine in their order. An EPUB is a zip file whose first entry is ``mimetype``, which is how
it is known (OCF, section 4.3: https://www.w3.org/TR/epub-33/#sec-zip-container-mime).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions, Skipped
from rightful.readers.epub import Book, NoBook, book_of
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.reserving import reserved_by
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, of_folders
from rightful.readers.streams import StreamBroken, open_stream
from rightful.readers.unread import Tally
from rightful.readers.values import instant

FORMATS = ("epub",)
PACKS = True
MEDIA_TYPE = "application/epub+zip"
SUFFIX = ".epub"

_ZIP = b"PK\x03\x04"
_NAME_AT = 30
_MIMETYPE = b"mimetype"


def recognise(probe: Probe) -> Guess | None:
    """By its first entry, which says what the archive is; by name where it is not as it should be."""
    is_zip = probe.head.startswith(_ZIP)
    says_so = probe.head[_NAME_AT:].startswith(_MIMETYPE) and MEDIA_TYPE.encode() in probe.head[_NAME_AT:256]
    if not (is_zip and says_so) and probe.suffix != SUFFIX:
        return None
    if probe.packed:
        return Guess(Rank.MAGIC, None, "an EPUB that is compressed once more: unpack it first")
    return Guess(Rank.MAGIC if is_zip else Rank.NAMED, "epub")


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: a file is one record."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """One record per book, with its identifier as its id. ``by.fields`` name columns: there are none."""
    rows, collector, tally = Rows(), Collector(by.look), Tally()
    others: Counter[tuple[str, str]] = Counter()
    for file in item.files:
        try:
            book = _book(file, by)
        except (NoBook, StreamBroken) as unreadable:
            yield Damage(file.name, str(unreadable))
            continue
        text = book.text
        if book.lacking:
            some = ", ".join(book.lacking[:5]) + (", ..." if len(book.lacking) > 5 else "")
            what = f"{len(book.lacking)} of its pages cannot be read or are not there ({some}); the rest was read"
            yield Damage(file.name, what, rows=0 if text else 1)
            if not text:
                continue
        if fault := text_fault(text) or by.limits.too_long("a book", len(text.encode())):
            yield Damage(file.name, fault)
            continue
        others.update((file.name, f"no text: {kind[:80]}") for kind in book.others)
        if batch := rows.add(file.name, 0, MEDIA_TYPE, _record(file, book, text, by, collector, tally), len(text)):
            yield batch
    if batch := rows.flush():
        yield batch
    for (name, reason), count in others.items():
        yield Skipped(name, reason, records=count)
    yield Extent(0, tally.found())


def _book(file: FoundFile, by: ReadOptions) -> Book:
    """The book of a file. Raises :class:`NoBook` and :class:`StreamBroken`."""
    with open_stream(file.path) as opened:
        return book_of(opened, file.size, by.limits)


def _record(file: FoundFile, book: Book, text: str, by: ReadOptions, collector: Collector, tally: Tally) -> Record:
    statements = of_folders(file, by.look)
    for name, value in book.stated:
        if value.strip() and (kind := by.look.kind(name)):
            collector.take(statements, name, kind, value)
        elif (reserved := reserved_by(name, value)) is not None:
            statements.append(reserved)
    statements += book.reserved
    raw, stated = collector.stated(statements)
    published = next((at for date in book.dates if (at := instant(date)) is not None), None)
    if book.dates and published is None:
        tally.add(file.name, "date", "dc:date", book.dates[0])
    return Record(
        source_record_id=book.identifier or file.name,
        text=text,
        url=next(iter(book.addresses), None),
        urls=book.addresses if len(book.addresses) > 1 else None,
        license_raw=raw,
        statements=stated,
        language_stated=next(iter(book.languages), None),
        title=book.title,
        authors=book.creators or None,
        published_at=published,
    )
