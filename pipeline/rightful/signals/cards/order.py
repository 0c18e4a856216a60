"""The signals that speak of a source as a whole. Floor 2: a new one is a line here; the others are in `signals.order`.

They stand apart because whoever decides reads the cards again, and no file and no text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rightful.rights.evidence import Evidence
from rightful.rights.expression import Names
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import DETECTOR, SourceCard


@dataclass(frozen=True, slots=True)
class OfCard:
    """Reads the card of a source, and those that are known of the sources it was made from; speaks of all its records."""

    name: str
    read: Callable[[SourceCard, Names, Mapping[str, SourceCard]], Iterable[Evidence]]


CARD = OfCard(DETECTOR, claims_of)
OF_CARDS = (CARD,)


def of_card(card: SourceCard, names: Names, known: Mapping[str, SourceCard]) -> list[Evidence]:
    """All that is claimed of a source as a whole; ``known`` are the cards of the sources that it was made from."""
    return [claim for signal in OF_CARDS for claim in signal.read(card, names, known)]
