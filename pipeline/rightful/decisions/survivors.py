"""Which of several permitted copies stays, by an order that is stated. Floor 5. Law 12.12.

Permission is decided before: an order chooses among what is permitted and selected, never what that is. Of every group one
copy stays, whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rightful.decisions import PREFERENCES
from rightful.decisions.cards import cards_of
from rightful.errors import InputError, UnknownName
from rightful.store.duck import literal
from rightful.store.ledger import Ledger
from rightful.store.relations import Relation, union

SOURCE = "source:"
_SIZES = ("longest", "shortest")
_OPPOSITES = (_SIZES, ("earliest", "latest"))
_BY_COLUMN = {
    "longest": "c.n_chars DESC",
    "shortest": "c.n_chars",
    "earliest": "c.published_at NULLS LAST, c.fetched_at NULLS LAST",
    "latest": "c.published_at DESC NULLS LAST, c.fetched_at DESC NULLS LAST",
}
_LAST = "p.ordinal, c.row, c.record_id"


def preferences(words: Iterable[str], ledger: Ledger) -> tuple[str, ...]:
    """The order in full: what is asked, then ``longest`` where nothing is said of size. Sources are named by their ids.

    What is alike in all of it goes by the order of the store. Raises :class:`UnknownName` for a word or a source that
    is not known, and :class:`InputError` for a preference that can decide nothing after another one.
    """
    listed = ledger.sources(ledger.snapshot())
    ids = {card["card"]["name"]: card["source_id"] for card in listed} | {
        c["source_id"]: c["source_id"] for c in listed
    }
    order: list[str] = []
    for word in words:
        name = word.removeprefix(SOURCE)
        if word.startswith(SOURCE) and name not in ids:
            raise UnknownName.of("source", name, ids, subject="--prefer")
        if not word.startswith(SOURCE) and word not in PREFERENCES:
            raise UnknownName.of("preference", word, [*PREFERENCES, f"{SOURCE}NAME"], subject="--prefer")
        meant = SOURCE + ids[name] if word.startswith(SOURCE) else word
        for earlier in order:
            if meant == earlier or any({meant, earlier} == {*pair} for pair in _OPPOSITES):
                raise InputError(
                    f"{word!r} decides nothing after {earlier!r}", subject="--prefer", hint="name one of them"
                )
        order.append(meant)
    return (*order, *(() if {*order} & {*_SIZES} else ("longest",)))


def order_by(prefer: Sequence[str], ledger: Ledger) -> str:
    """The resolved ``prefer`` as SQL over candidates ``c`` and ``part_order`` ``p``; no two records are alike in it."""
    terms = []
    for word in prefer:
        if word in _BY_COLUMN:
            terms.append(_BY_COLUMN[word])
            continue
        first = [word.removeprefix(SOURCE)] if word.startswith(SOURCE) else _publishers(ledger)
        listed = ", ".join(literal(source) for source in first)
        terms += [f"c.source_id IN ({listed}) DESC"] if listed else []
    return ", ".join([*terms, _LAST])


def survivors(kinds: Iterable[str], order: str) -> tuple[Relation, ...]:
    """``dropped(part, row, matched_id)``: of ``contenders`` all but the first of every group of these kinds.

    Near copies are looked at after exact ones. A near mark stands at one record of a text and means the text
    (``near_members``), so the copy of it that stays is held against the near ones, whichever that is.
    """
    made: list[Relation] = []
    for kind in kinds:
        marks, which = marks_of(kind)
        others = "".join(f" ANTI JOIN {d.name} o ON o.row = c.row AND o.part = c.part" for d in made)
        query = f"""SELECT part, row, first AS matched_id FROM (
                SELECT c.part, c.row, c.record_id, first_value(c.record_id) OVER w AS first
                FROM contenders c
                JOIN (SELECT DISTINCT record_id, group_id FROM {marks} {which}) d ON d.record_id = c.record_id
                JOIN part_order p ON p.part = c.part{others}
                WINDOW w AS (PARTITION BY d.group_id ORDER BY {order})
            ) WHERE record_id <> first"""
        reads = " ".join(["contenders", marks, "part_order", *(d.name for d in made)])
        made.append(Relation(f"dropped_{kind}", _DROPPED_HAVE, reads, query, rests_on="contenders"))
    names = [d.name for d in made]
    nothing = Relation(
        "dropped", _DROPPED_HAVE, "", "SELECT '' AS part, 0::BIGINT AS row, '' AS matched_id WHERE false"
    )
    return (*made, union("dropped", _DROPPED_HAVE, *names) if names else nothing)


def marks_of(kind: str) -> tuple[str, str]:
    """The relation that says which records are copies of each other, and which of its rows, as SQL; ``kind``: exact or near."""
    return ("duplicates", "WHERE kind = 'exact'") if kind == "exact" else ("near_members", "")


_DROPPED_HAVE = "part row matched_id"


def as_json(dedup: str, prefer: Sequence[str]) -> dict[str, Any]:
    """The order as answers and manifests have it."""
    return {"dedup": dedup, "prefer": list(prefer)}


def _publishers(ledger: Ledger) -> list[str]:
    cards = cards_of(ledger.sources(ledger.snapshot()))
    return sorted(source for source, card in cards.items() if card.authority == "publisher")
