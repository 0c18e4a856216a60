"""What the tests of cards share: a card read, and its claims as short words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rightful import catalog
from rightful.rights.evidence import Evidence
from rightful.signals.cards.source_card import card_of
from rightful.signals.rows.claims import about_rows_of
from rightful.signals.signal import About, OfFile, Within

CATALOG = catalog.load()


def about(**card: Any) -> About:
    """What a signal knows of a source whose card says this."""
    return about_rows_of(card_of({"name": "ours", **card}, "source.toml", CATALOG.vocabulary), CATALOG.names)


def confirmed(**card: Any) -> About:
    """The same, where the operator confirms the file."""
    return replace(about(**card), confirmed=True)


def claims_of(signal: OfFile, raw: str | bytes, knows: About | None = None) -> list[Evidence | Within]:
    text = raw.encode() if isinstance(raw, str) else raw
    return list(signal.read(text, "corpus/CARD", knows or about()))


def short(claims: list[Evidence | Within]) -> list[tuple[str, ...]]:
    """(statement, tier, expression or layer, of which files) of every claim."""
    listed = []
    for claim in claims:
        of = claim.claim if isinstance(claim, Within) else claim
        files = ",".join([*sorted(claim.paths), *claim.globs]) if isinstance(claim, Within) else ""
        assert of.observation is not None
        assert of.observation.place.startswith("corpus/CARD")
        listed.append((of.statement, f"T{of.tier}", of.expression or of.layer, *([files] if files else [])))
    return listed
