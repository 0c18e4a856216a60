"""The sources of a store: their newest cards, what these claim, and where one is stated wider than its ancestors. Floor 4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pipeline.rights.chains import inversions
from pipeline.rights.evidence import Evidence
from pipeline.rights.licenses import Catalog
from pipeline.rights.uses import EVERY, use_of
from pipeline.signals.card_claims import claims_of
from pipeline.signals.source_card import SourceCard, stored_card
from pipeline.store.ledger import Ledger


def cards_of(listed: Iterable[Mapping[str, Any]]) -> dict[str, SourceCard]:
    """The newest card of every source that the ledger lists, by source id."""
    return {c["source_id"]: stored_card(c["card"]) for c in listed}


def claims_by_source(cards: dict[str, SourceCard], law: Catalog) -> dict[str, frozenset[Evidence]]:
    """What each card claims, with what is known of its ancestors."""
    by_name = cards | {c.name: c for c in cards.values()}
    return {source: frozenset(claims_of(card, law.names, by_name)) for source, card in cards.items()}


def sources(ledger: Ledger, law: Catalog, now: datetime) -> list[dict[str, Any]]:
    """The sources with their newest cards; ``inversions`` lists, by path, every ancestor that permits less."""
    found = ledger.sources(ledger.snapshot())
    claims = claims_by_source(cards_of(found), law)
    use = use_of(law.vocabulary, [EVERY], as_of=now)
    for source in found:
        listed = inversions(claims[source["source_id"]], use, law)
        source["inversions"] = [i.as_json() for i in listed]
    return found
