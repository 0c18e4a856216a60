"""What is known of the persons in a text, and what that refuses (law 8). Floor 1: pure.

A text with personal data is refused until there is a legal basis or the consent of the persons, and a scan. Whether a
legal basis holds is for the operator to say, in the words of the law; a text beside that list is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rightful.rights.because import Reason
from rightful.rights.consent import Ruling
from rightful.rights.undertakings import redactions
from rightful.rights.uses import Use, Vocabulary, covered

HANDING_ON = (
    *("train", "synth.derive", "share.verbatim", "share.adapted"),
    *("index.retrieval", "infer.ground", "label.annotate", "serve.output"),
)
"""The acts, or parents of acts, that hand on a text or train on it: what was found in it is taken out first."""
CONSENT = "consent"
LEGAL_BASES = (CONSENT, "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests")
"""What ``legal_basis`` of a source card can be: Article 6(1) a to f of the GDPR, in its order. Other regimes are the
signed policy's matter."""
PII_STATES = frozenset({"none_found", "found", "redacted"})
"""The states of a text that has been scanned for personal data."""
KEPT = frozenset({"email.notice", "name.notice"})
"""What stands in copyright notices and author lines: found and marked, and neither owed nor taken out, for licences
oblige to keep them."""
_OPEN = frozenset({Ruling.SILENT, Ruling.UNNAMED, Ruling.NEWER})
"""What a consent history says where it neither lets the use be nor refuses it."""


@dataclass(frozen=True, slots=True)
class Persons:
    """The persons in a text as one act meets them: what card and scan say, and what their own consents say of it."""

    personal_data: str | None
    legal_basis: str | None
    pii_state: str | None
    rulings: frozenset[Ruling] = frozenset()
    types: frozenset[str] = frozenset()

    @property
    def status(self) -> str | None:
        """``personal_data``: what a scan found overrides a card that denies it."""
        scanned = self.pii_state == "found" or bool(self.types)
        return "unknown" if self.personal_data == "no" and scanned else self.personal_data

    @property
    def are_known(self) -> bool:
        """True where the text holds personal data, as far as anybody stated; a missing statement counts as one."""
        return self.status not in ("no", "unknown")

    @property
    def consented(self) -> bool:
        """True where a consent that is in force names the act and purpose."""
        return Ruling.GRANT in self.rulings

    @property
    def lawful(self) -> bool:
        """True where there is a ground: a basis of the list, and for ``consent`` one that is on record."""
        return self.consented or (self.legal_basis in LEGAL_BASES and self.legal_basis != CONSENT)


def owed(persons: Persons, act: str) -> frozenset[str]:
    """What has to be taken out before the act: all that was found outside of notices, where nobody stated that persons are
    in the text, nor a basis or consent."""
    if persons.status != "unknown" or persons.lawful or not covered(HANDING_ON, act):
        return frozenset()
    return redactions(persons.types - KEPT)


def names_a_basis(legal_basis: str, consents: bool) -> bool:
    """True where a card states a legal basis; ``consent`` is one where the card has the consent of the persons too."""
    return legal_basis in LEGAL_BASES and (consents or legal_basis != CONSENT)


def refusals(persons: Persons, act: str, use: Use, vocabulary: Vocabulary) -> Iterator[Reason]:
    """What refuses an act for the sake of persons, beside what they refuse themselves."""
    if persons.are_known and not persons.lawful:
        if Ruling.NEWER in persons.rulings:
            yield Reason("newer-than-grant", act, 1)
        if persons.legal_basis == CONSENT:
            if persons.rulings <= _OPEN:
                yield Reason("consent-not-on-record", act, 1)
        else:
            detail = f"{persons.legal_basis!r} is not one of {', '.join(LEGAL_BASES)}" if persons.legal_basis else ""
            yield Reason("no-legal-basis", act, 1, detail)
    if persons.are_known and persons.pii_state not in PII_STATES:
        yield Reason("not-scanned", act, 1)
    sensitive = use.application is not None and vocabulary.is_sensitive(use.application)
    if sensitive and persons.status != "no" and not persons.consented:
        yield Reason("sensitive-application", act, 1, detail=str(use.application))
