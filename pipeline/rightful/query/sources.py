"""The sources of a store: their newest cards, what these claim, and where one is stated wider than its ancestors. Floor 7."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rightful.decisions.cards import cards_of, claims_by_source
from rightful.rights.chains import inversions
from rightful.rights.licenses import Catalog
from rightful.rights.sources import retired_at
from rightful.rights.uses import EVERY, use_of
from rightful.store.ledger import Ledger


def sources(ledger: Ledger, catalog: Catalog, now: datetime) -> list[dict[str, Any]]:
    """The sources with their newest cards; ``inversions`` lists, by path, every ancestor that permits less,
    and ``retired`` says whether it leaves no more."""
    stored = ledger.sources(ledger.snapshot())
    claims = claims_by_source(cards_of(stored), catalog)
    retired = retired_at(ledger.turns(), now)
    use = use_of(catalog.vocabulary, [EVERY], as_of=now)
    for source in stored:
        listed = inversions(claims[source["source_id"]], use, catalog)
        source["inversions"] = [i.as_json() for i in listed]
        source["retired"] = source["source_id"] in retired
    return stored
