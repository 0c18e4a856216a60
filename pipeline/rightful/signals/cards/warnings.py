"""What a source card states that does not do what it seems to: it grants nothing, and whoever wrote it should know. Floor 2.

Nothing here is an error. A card that is unclear refuses, and says so here instead of in the waterfall of a later query.
"""

from __future__ import annotations

from collections.abc import Iterator

from rightful.rights.consent import DATA_SUBJECT, RIGHTS_HOLDER, lacking
from rightful.rights.evidence import license_claim
from rightful.rights.expression import UNREAD, Names, suggest
from rightful.rights.persons import names_a_basis
from rightful.signals.cards.guesses import MARK
from rightful.signals.cards.source_card import SourceCard

MOST_GUESSES = 6
"""So many are named."""


def warnings_of(card: SourceCard, names: Names) -> tuple[str, ...]:
    """What of a card grants nothing, each with what is missing."""
    return (*_of_guesses(card), *_of_license(card, names), *_of_consent(card), *_of_basis(card))


def _of_guesses(card: SourceCard) -> Iterator[str]:
    of = card.layout
    if of is not None and not of.confirmed and of.by == "card":
        yield (
            f"layout = {of.name!r} is guessed and not confirmed: what it states permits nothing, and restricts; where it is"
            f" right, delete {MARK.strip()!r}, and ingest again"
        )
    guesses = card.own_guesses
    if guesses:
        listed = ", ".join(f"{guess.key} = {guess.value!r}" for guess in guesses[:MOST_GUESSES])
        more = f" and {len(guesses) - MOST_GUESSES} more" if len(guesses) > MOST_GUESSES else ""
        yield (
            f"guessed and not confirmed, so it permits nothing: {listed}{more}; delete {MARK.strip()!r} from the lines that"
            " are right, and ingest again"
        )


def _of_license(card: SourceCard, names: Names) -> Iterator[str]:
    claim = license_claim(card.license, names, tier=5) if card.license is not None else None
    if claim is None or claim.observation is None:
        return
    if claim.statement == "unreadable" or UNREAD in claim.expression:
        hint = suggest(card.license, names) if isinstance(card.license, str) else None
        yield f"the license {claim.observation.raw!r} cannot be read, and so permits nothing" + (
            f": {hint}" if hint else ""
        )


def _of_consent(card: SourceCard) -> Iterator[str]:
    consent = card.consent
    if consent is None or consent.status != "given" or RIGHTS_HOLDER not in consent.given_by:
        return
    missing = lacking(consent.party, consent.perpetual, consent.valid_until, consent.acts, consent.purposes)
    if missing:
        yield f"[consent] given_by rights_holder grants nothing: it does not name {', '.join(missing)}"


def _of_basis(card: SourceCard) -> Iterator[str]:
    given = card.consent is not None and card.consent.status == "given" and DATA_SUBJECT in card.consent.given_by
    if card.legal_basis and not names_a_basis(card.legal_basis, given):
        missing = (
            "no consent of data subjects in [consent], so only persons whose consent is in the ledger have given one"
        )
        yield f"legal_basis {card.legal_basis!r} is none by itself: there is {missing}"
