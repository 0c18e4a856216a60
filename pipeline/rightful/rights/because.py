"""The reasons that a decision can give: one table of slugs, what could lift each, and the reason itself. Floor 1: pure. Law 1.7.

A slug is the name of a rule. How reasons follow from the steps of a decision: ``why``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

REASONS: Mapping[str, str] = {
    "license": "the licence permits it",
    "contract": "a contract permits it",
    "consent": "the person concerned consented to it",
    "permission": "the author or rights holder consented to it",
    "statute": "the operator relies on a statutory basis",
    "takedown": "taken down by legal order",
    "unlawful": "illegal content",
    "evidence-missing": "the evidence of its rights is missing or damaged in the store",
    "withdrawn": "withdrawn",
    "consent-refused": "consent was refused",
    "consent-expired": "the consent has expired",
    "outside-consent": "outside the consent that was given",
    "source-retired": "its source was retired",
    "retention-ended": "the time is over for which records of its source are kept",
    "newer-than-grant": "the act is newer than the grant",
    "person-unreadable": "names a person in a form that cannot be read",
    "no-legal-basis": "personal data with neither a legal basis nor a consent on record",
    "consent-not-on-record": "the legal basis is a consent, and no consent that names this is on record",
    "sensitive-application": "a sensitive application that nobody granted by name",
    "not-scanned": "personal data, and the text has not been scanned for it",
    "permission-incomplete": "an incomplete consent of the rights holder, which grants nothing",
    "permission-withdrawn": "what was given as rights holder was withdrawn, and not renewed as rights holder",
    "reserved": "the rights holder reserved this use",
    "conditional": "only on a condition that is not met",
    "earlier-statement": "an earlier version of the row stated this, and nothing has corrected it since",
    "license-denies": "the licence does not allow it",
    "application-forbidden": "the licence forbids this application",
    "obligation": "the licence requires obligations that were not accepted",
    "personal-data-found": "personal data was found in the text, and is not removed",
    "outbound-clash": "no licence is left under which the result could go out",
    "license-unclear": "the licence leaves it undecided",
    "license-family": "the tag names several licences, and not all of them permit it",
    "license-unreviewed": "the licence is known by name only; nobody has reviewed it",
    "license-unspecified": "a statement says that no licence is specified",
    "license-custom": "custom terms, which are not available here",
    "license-various": "several licences, and nothing says which applies to what",
    "license-elsewhere": "the licence is in a file or text that was not read",
    "access-status": "a statement about access, not about what may be done",
    "notice": "a notice in the text itself contradicts a permission, and nobody has settled it",
    "license-unreadable": "a licence statement that cannot be read",
    "license-expired": "the licence has expired",
    "not-yet-valid": "the licence is not in force yet",
    "outside-statement": "the statement is about other uses",
    "outside-grant": "a contract, or a consent of the rights holder, covers other acts, purposes, places or times",
    "territory": "the grant does not cover every jurisdiction requested",
    "contents-not-licensed": "the statement does not license the contents themselves, only a database or the terms of access",
    "compilation-only": "the licence covers the compilation, not its contents",
    "inferred-only": "only inferred, not stated by anyone who could know",
    "guessed": "only guessed, and confirmed by nobody",
    "ancestor-unknown": "made from a source that is not known",
    "ancestor-row-unknown": "which row of an ancestor it came from is not known, so all of its rows count",
    "not-observed": "a statutory basis depends on whether the use is reserved, and nobody has checked that recently",
    "contested-copy": "an exact copy carries a contrary licence",
    "near-copy-withdrawn": "a near copy was withdrawn; waiting for review",
    "near-copy-contested": "a near copy carries a contrary licence or reservation; waiting for review",
    "nothing-stated": "nothing is stated about rights",
}
"""Every reason a decision can give: slug -> sentence. A reason of the query that is not the law's (such as
``duplicate``) is listed where the query is."""

_ORDER = {slug: i for i, slug in enumerate(REASONS)}

NOBODY, SAID_NO, CONDITIONS, PEOPLE, COPIES = "nobody-said", "said-no", "conditions-not-met", "people", "copies"
LESS = "less-was-asked"
FAMILY_TEXTS: Mapping[str, str] = {
    NOBODY: "nobody who could know said that it may be used",
    SAID_NO: "somebody said no",
    CONDITIONS: "it is offered on conditions that are not met",
    PEOPLE: "it is about people, or may be",
    COPIES: "a copy of the text stays, or contradicts it",
    LESS: "it is permitted, and less was asked for",
}
"""The families of reasons, in the order in which they are shown: id -> sentence. None of the law's is of the last."""

FAMILIES: Mapping[str, str] = {
    slug: family
    for family, slugs in {
        NOBODY: "evidence-missing permission-incomplete newer-than-grant license-unclear license-family license-unreviewed"
        " license-unspecified license-custom license-various license-elsewhere access-status notice license-unreadable"
        " outside-statement outside-grant contents-not-licensed compilation-only inferred-only guessed"
        " ancestor-unknown ancestor-row-unknown not-observed nothing-stated",
        SAID_NO: "takedown unlawful withdrawn consent-refused permission-withdrawn reserved earlier-statement license-denies"
        " application-forbidden source-retired retention-ended",
        CONDITIONS: "conditional obligation outbound-clash license-expired not-yet-valid territory",
        PEOPLE: "consent-expired outside-consent person-unreadable no-legal-basis consent-not-on-record"
        " sensitive-application not-scanned personal-data-found",
        COPIES: "contested-copy near-copy-withdrawn near-copy-contested",
    }.items()
    for slug in slugs.split()
}
"""What kind of refusal each reason is, for every reason that is one: slug -> family. What permits is in none."""

REMEDIES: Mapping[str, str] = {
    "takedown": "nothing lifts a takedown",
    "unlawful": "nothing lifts it; retire the source",
    "evidence-missing": "restore the evidence of the store from a backup, or ingest into a new store",
    "withdrawn": "a later consent with the same selector, in the capacity that it is needed in, and nothing else",
    "consent-refused": "a later consent of the same person",
    "consent-expired": "a renewed consent",
    "outside-consent": "a consent that names this act, purpose and application",
    "source-retired": "restoring the source (rightful source restore)",
    "retention-ended": "a later retain_until in its card, where the records may be kept for longer; then ingest again",
    "person-unreadable": "the person by name or address in the column that is mapped as subject",
    "no-legal-basis": "a legal basis or the consent of the person, stated in the card or the ledger",
    "consent-not-on-record": "the consent of the person, in the card or the ledger, or another legal basis in the card",
    "sensitive-application": "a consent of the person that names the application; no legal basis lifts it",
    "not-scanned": "an ingest that scans the text for personal data",
    "permission-withdrawn": "a later consent with the same selector, given as rights holder",
    "permission-incomplete": "the same consent with its party, acts, purposes, and valid_until or perpetual = true",
    "reserved": "a contract with the rights holder, unless it is the contract that excludes the act",
    "conditional": "meeting the condition, stated by the rights holder in a licence or contract",
    "earlier-statement": "a statement in the same column, or a correction: [[corrections]] in the card, or consent import",
    "license-denies": "a contract with the rights holder for this act and purpose; no other licence statement lifts it",
    "application-forbidden": "another application, or a contract with the rights holder that names this one",
    "obligation": "accepting the obligations that are listed",
    "personal-data-found": "--redact with the types that are listed (export does it, query decides as that export would), or a"
    " legal basis in the card, or the consent of the persons",
    "outbound-clash": "leaving out one of the two, or another act: training may be permitted where adapting is not",
    "license-unclear": "a contract, or another reading of the licence that the operator answers for",
    "license-family": "the licence itself, stated in the card or the row",
    "license-unreviewed": "a review of the licence, in the catalogue",
    "license-unspecified": "the licence itself, stated in the card or the row",
    "license-custom": "the terms themselves, read and stated as a licence or contract",
    "license-various": "the licence of each record, in a column or in cards of their own",
    "license-elsewhere": "the licence that the text is, stated in the card ([licenses]) or the row",
    "access-status": "the licence itself, stated in the card or the row",
    "notice": "a contract with who wrote the notice; where it is none of the works' own, [not_notices] in the card, with the reason",
    "license-unreadable": "a statement that can be read, in place of this one and not beside it; or a contract",
    "license-expired": "a renewed licence",
    "not-yet-valid": "waiting until it begins",
    "newer-than-grant": "a consent that names the act itself",
    "outside-statement": "a statement that covers this use",
    "outside-grant": "a contract that names this act and purpose, for who asks, where and now",
    "territory": "naming only places that the grant covers (--jurisdiction)",
    "contents-not-licensed": "a licence on the contents, stated beside this one",
    "compilation-only": "a licence on the contents, stated beside this one",
    "inferred-only": "a statement by somebody who could know, in the card or by the publisher",
    "guessed": "the word of somebody who knows: delete `TODO confirm: ` from that line of source.toml, and ingest again",
    "ancestor-unknown": "a card, or the licence, of the source that it was made from",
    "ancestor-row-unknown": "the row that it came from: its id in a column parents, or the same id or address",
    "not-observed": "a dated observation of the protocols that are named: captures (rightful signal refresh), or what the card"
    " states ([[observed]])",
    "contested-copy": "a signed policy that names the publishing source or says copies = own",
    "near-copy-withdrawn": "a review (rightful review list)",
    "near-copy-contested": "a review (rightful review list), or a signed policy that names the publishing source or says copies = own",
    "nothing-stated": "a licence, contract or consent on record",
}
"""What could lift a refusal, for every reason that is one: slug -> what is missing. No option skips a decision."""

FROM_COPY = " (on an exact copy)"
BY_SOME_WAY = " (by way of a copy, of its address, or of one of several persons)"
"""Of an event that does not name the record itself; ``explain`` says which way it is."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: slug, leaf act, tier of what it rests on, and what it is about. ``evidence`` is an evidence id.

    ``waits`` marks one that would have to be lifted as well and cannot help by itself: others are named before it.
    """

    slug: str
    act: str
    tier: int
    detail: str = ""
    evidence: str = ""
    layer: str = ""
    from_copy: bool = False
    waits: bool = False

    @property
    def _way(self) -> str:
        if not self.from_copy:
            return ""
        return FROM_COPY if self.evidence or self.tier > 1 else BY_SOME_WAY

    @property
    def text(self) -> str:
        """One line for people."""
        line = REASONS[self.slug] + self._way
        line += f": {self.detail}" if self.detail else ""
        return line + (f" (through {self.layer})" if self.layer else "")

    def as_json(self) -> dict[str, object]:
        """As it stands in answers."""
        return {
            "reason": self.slug,
            "family": FAMILIES.get(self.slug),
            "act": self.act,
            "tier": self.tier,
            "detail": self.detail,
            "evidence": self.evidence,
            "text": self.text,
        }


def first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons without repetition, in the order of tiers, then of the table; those that cannot help come last."""
    distinct = set(reasons)
    if len(distinct) < 2:
        return tuple(distinct)
    return tuple(
        sorted(distinct, key=lambda r: (r.waits, r.tier, _ORDER[r.slug], r.act, r.detail, r.evidence, r.from_copy))
    )
