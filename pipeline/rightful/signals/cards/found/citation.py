"""``CITATION.cff``: how a work wants to be cited, and its licence -> claims. Floor 2: pure.

The file is about a work as a whole, a programme or a dataset. One that calls itself a dataset states the licence of the
files beside it (T5); of software the licence is that of the programme, which the texts beside it need not be (T6). Several
licences all hold here, although the format means a choice: what its authors meant nobody can tell from a list.
Source: Citation File Format 1.2.0, keys ``license`` and ``license-url``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rightful.rights.evidence import INFERRED, Evidence
from rightful.signals.cards.found.plain import Damaged, decoded, yaml_of
from rightful.signals.cards.found.stating import STATED, Claimed, Stating
from rightful.signals.signal import About, OfFile

DETECTOR = "citation-cff/1"
_OF_OTHERS = frozenset({"references", "preferred-citation", "identifiers", "authors", "contact", "keywords"})
"""What speaks of other works, or of persons."""


def read(raw: bytes, place: str, about: About) -> Claimed:
    """What a citation file states of the work that it is about, not of those that it refers to."""
    card = Stating(DETECTOR, place, about)
    try:
        cited = yaml_of(decoded(raw))
        if not isinstance(cited, dict):
            raise Damaged("it is no mapping of keys")
    except Damaged as damage:
        return list(card.damaged(damage, raw))
    return list(_claims(cited, card.at(STATED if cited.get("type") == "dataset" else INFERRED)))


CARD = OfFile(DETECTOR, frozenset({"citation.cff"}), read)


def _claims(cited: dict[str, Any], card: Stating) -> Iterator[Evidence]:
    yield from card.fields((key, value) for key, value in cited.items() if key not in _OF_OTHERS)
    for key in ("abstract", "message"):
        if isinstance(cited.get(key), str):
            yield from card.prose(key, cited[key])
