"""``store.similar``, and the stored signatures for datasketch. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answers import Similar
from rightful.dedup.sketch import whole
from rightful.errors import InputError
from rightful.query import steps
from rightful.query.similar import Outside
from rightful.query.similar import similar as near_copies
from rightful.query.sketches import Shelf, sketches
from rightful.readers import Damage
from rightful.readers.formats import textfile
from rightful.readers.limits import DEFAULT
from rightful.readers.tree import discover
from rightful.stages.signature import PERMUTATIONS

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH


def similar(access: Access, text: str | bytes | Path, threshold: float, limit: int) -> Similar:
    """The near copies of a text, or of that of a file."""
    words = text_of(text)
    with access.ledger() as ledger, access.connection("similar") as con:
        now = ledger.not_before(access.clock())
        answer = near_copies(con, access.layout, ledger, words, now, threshold=threshold, limit=limit)
    following = onward.shown(steps.after_similar(answer, access.typing))
    return Similar(file=str(text) if isinstance(text, Path) else None, **answer, next=following)


def signatures(access: Access, snapshot: int | None) -> Iterator[tuple[str, MinHash]]:
    """Record ids and MinHashes, one after the other."""
    with access.ledger() as ledger, access.connection("signatures") as con:
        shelf = Shelf.of(con, access.layout, ledger, ledger.check_snapshot(snapshot))
        yield from sketches(shelf)


def lsh(access: Access, threshold: float, snapshot: int | None) -> MinHashLSH:
    """An index of datasketch that has all of them."""
    from datasketch import MinHashLSH

    if not 0 < threshold <= 1:
        raise InputError(f"expected a similarity above 0, at most 1, not {threshold}", subject="threshold")
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    for record, sketch in signatures(access, snapshot):
        index.insert(record, sketch, check_duplication=False)
    return index


def minhash(text: str | bytes | Path) -> MinHash:
    """The MinHash of a text as the stored ones are made."""
    return Outside.of(text_of(text), whole()).sketch


def text_of(text: str | bytes | Path) -> str:
    """A text, or that of a file of one. Raises :class:`InputError` for a file of rows, or that cannot be read."""
    if isinstance(text, str):
        return text
    if isinstance(text, bytes):
        return _decoded(text)
    if text.is_dir():
        raise InputError("is a folder, not a file of one text", subject=str(text))
    listing = discover(text)
    reasons = [*(one.reason for one in listing.skipped), *(one.reason for one in listing.damages)]
    if reasons or not listing.files:
        why = reasons[0] if reasons else "is a source card, not a text"
        raise InputError(why, subject=str(text), hint="name a file of one text in UTF-8, or - for standard input")
    (file,) = listing.files
    if file.format not in textfile.FORMATS:
        hint = "pass one text: a file of its own, or - for standard input"
        raise InputError(f"holds rows ({file.format}), not one text", subject=str(text), hint=hint)
    record = textfile.record_of(file, DEFAULT)
    if isinstance(record, Damage):
        raise InputError(record.reason, subject=str(text))
    of_file = record[0].text
    return of_file if isinstance(of_file, str) else of_file.decode()


def _decoded(content: bytes) -> str:
    if reason := DEFAULT.too_long("a text", len(content)):
        raise InputError(reason, subject="text")
    try:
        return content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as bad:
        why = f"not UTF-8: byte 0x{content[bad.start]:02x} at byte {bad.start}"
        raise InputError(why, subject="text", hint="convert it first (iconv -t UTF-8)") from None
