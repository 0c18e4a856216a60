"""The signals, in the order in which their evidence is listed. Floor 2: a new signal is a file and a line here.

Whoever reads a corpus hands over what it met: :func:`of_card`, :func:`of_file` and :func:`of_record` have all claims of
all signals. None of them comes before another: the law lets them meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.cards.found import CARDS
from rightful.signals.cards.order import CARD, OF_CARDS
from rightful.signals.cards.order import OfCard as OfCard
from rightful.signals.cards.order import of_card as of_card
from rightful.signals.packages import cargo, debian, license_file, node, python, r, reuse
from rightful.signals.rows.claims import STATEMENTS
from rightful.signals.signal import EVERYTHING, About, Claims, OfFile, OfRecord, Within
from rightful.signals.texts import readme
from rightful.signals.texts.of_text import OF_TEXT

SIGNALS: tuple[OfCard | OfFile | OfRecord, ...] = (
    *OF_CARDS,
    STATEMENTS,
    OF_TEXT,
    license_file.SIGNAL,
    node.SIGNAL,
    python.INSTALLED,
    python.SOURCE,
    cargo.SIGNAL,
    r.SIGNAL,
    debian.SIGNAL,
    reuse.TOML,
    reuse.FILE,
    readme.SIGNAL,
    *CARDS,
)

CONFIRMABLE = frozenset(signal.name for signal in CARDS)
"""Those whose statements the operator may confirm (``confirms`` in ``source.toml``)."""
FILES = tuple(signal for signal in SIGNALS if isinstance(signal, OfFile))
"""Those that read files beside the texts."""
_OF_RECORDS = [signal for signal in SIGNALS if isinstance(signal, OfRecord)]
READ_STATED = tuple(signal for signal in _OF_RECORDS if set(signal.columns) <= set(STATEMENTS.columns))
"""Those that read the columns of rights of a record: their values repeat, so what they claim is read once."""
READ_BESIDE = tuple(signal for signal in _OF_RECORDS if signal not in READ_STATED)
"""Those that read other columns, which may differ in every record."""
ADDED = tuple(signal.name for signal in SIGNALS if signal not in (CARD, STATEMENTS))
"""The names of all but the first two: a file that was read without one of them is read again."""


def of_file(
    path: str, raw: bytes, place: str, about: About, signals: Iterable[OfFile] = FILES
) -> list[Evidence | Within]:
    """All that a file claims of what it speaks of. ``path`` is its name, with as much of its folders as patterns may name."""
    reading = (s for s in signals if s.reads(path.lower()))
    return [_through(claim, signal) for signal in reading for claim in signal.read(raw, place, about)]


def _through(claim: Evidence | Within, signal: OfFile) -> Evidence | Within:
    if not signal.through:
        return claim
    return replace(claim, through=True) if isinstance(claim, Within) else Within(claim, globs=EVERYTHING, through=True)


def of_statements(statements: Mapping[str, Any], about: About) -> Claims:
    """All that the columns of rights of a record claim."""
    return _of(READ_STATED, statements, about)


def of_record(record: Mapping[str, Any], about: About, signals: Iterable[OfRecord] = READ_BESIDE) -> Claims:
    """All that the rest of a record claims: its headers, its text."""
    return _of(signals, record, about)


def _of(signals: Iterable[OfRecord], record: Mapping[str, Any], about: About) -> Claims:
    return joined(signal.read({name: record.get(name) for name in signal.columns}, about) for signal in signals)


def joined(claims: Iterable[Claims]) -> Claims:
    """What several signals claim of one record, in their order."""
    read = list(claims)
    return Claims(
        tuple(claim for each in read for claim in each.claims),
        tuple(place for each in read for place in each.blocking),
        tuple(notice for each in read for notice in each.notices),
    )
