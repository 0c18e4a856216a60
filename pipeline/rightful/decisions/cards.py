"""The newest card of every source of a store, and what it claims. Floor 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.rights.licenses import Catalog
from rightful.signals.cards.order import of_card
from rightful.signals.cards.source_card import SourceCard, stored_card


def cards_of(listed: Iterable[Mapping[str, Any]]) -> dict[str, SourceCard]:
    """The newest card of every source that the ledger lists, by source id."""
    return {c["source_id"]: stored_card(c["card"]) for c in listed}


def claims_by_source(cards: dict[str, SourceCard], catalog: Catalog) -> dict[str, frozenset[Evidence]]:
    """What each card claims, with what is known of its ancestors."""
    by_name = cards | {c.name: c for c in cards.values()}
    return {source: frozenset(of_card(card, catalog.names, by_name)) for source, card in cards.items()}
