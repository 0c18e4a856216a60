"""The law once more: as short as it goes, without speed and without reasons. Floor 1: pure. Law 1.6.

:mod:`rightful.rights.decide` is what runs; this is what it is held to: a test draws 100,000 cases and asks both. Only words are
shared (what covers what, licence expressions as trees, the data of the catalogue); all reading (``spec_claims``), combining
and deciding is written twice. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from itertools import product

from rightful.rights.case import Case
from rightful.rights.evidence import Profile
from rightful.rights.licenses import Catalog
from rightful.rights.persons import HANDING_ON, KEPT, LEGAL_BASES, PII_STATES
from rightful.rights.spec_claims import (
    BLOCKED,
    DENY,
    GRANT,
    NEWER,
    PERMIT,
    REFUSED,
    SILENT,
    Read,
    Reader,
    Worlds,
    best,
    choose,
    explicit,
    meet,
    merge,
    of_row,
    says,
)
from rightful.rights.undertakings import redactions
from rightful.rights.uses import Use, covered


def decide(case: Case, use: Use, catalog: Catalog) -> dict[str, tuple[str, frozenset[str]]]:
    """Of each act the word of the decision (``permit``, ``unknown``, ``deny``), and what is owed for a permission."""
    answer = {}
    for act in use.acts:
        worlds = Law(act, use, catalog).value(case)
        offers = [owed for s, owed, out in worlds if s is PERMIT and owed <= use.accepted and out != frozenset()]
        owed = min(offers, key=lambda owed: (len(owed), sorted(owed)), default=frozenset[str]())
        answer[act] = best(worlds, use.accepted).word, owed
    return answer


class Law(Reader):
    """The law of one act of one use."""

    def value(self, case: Case) -> Worlds:
        """The meet of the record with the rows and the sources that it came through."""
        refused = [says(DENY) for _, history in case.sources if self.person(history) == REFUSED]
        lost = [says(BLOCKED)] if case.lost_event else []
        return meet(self.own(case), *map(self.own, case.through), *refused, *lost)

    def own(self, case: Case) -> Worlds:
        """Refused where an order, a person, a party or a gate refuses, or the source ended. Else what its sources state, all
        of them, less what copies contest and what is newer than a consent leaves open; personal data that was found is taken out."""
        persons = [("", self.person(h)) for h in case.standings]
        persons += [(layer, self.person(h)) for layer, h in self.card_consents(case.profile)]
        copied = [self.person(h) for h in case.copy_standings]
        copied += [self.person(h) for copy in case.copies for _, h in self.card_consents(copy)]
        rulings = [ruling for _, ruling in persons] + copied
        consented = {layer for layer, ruling in persons if ruling == GRANT}
        until = case.term.retain_until
        ended = case.term.retired or (until is not None and until <= self.use.as_of)
        if ended or REFUSED in rulings or self.forbidden(case, consented):
            return says(DENY)
        stated = meet(*(self.layer(case, layer) for layer in {"", *(e.layer for e in case.profile)}))
        left = self.contested(case, case.copies, stated)
        if NEWER in rulings or case.near_withdrawn or self.opened(case, left):
            left = meet(left, says(BLOCKED))
        owes = self.persons(case) == "unknown" and not self.lawful(case, consented) and covered(HANDING_ON, self.act)
        return meet(left, says(PERMIT, redactions(case.pii_found - KEPT))) if owes else left

    def forbidden(self, case: Case, consented: set[str]) -> bool:
        """Orders, gates and parties of contracts refuse, orders and gates of exact copies too; so do persons in the text."""
        for e in case.profile:
            lifted = e.statement == "personal_data" and bool(consented & {"", e.layer})
            if (e.kind == "gate" and not lifted) or (e.kind == "reservation" and e.tier <= 2 and self.reserves(e)):
                return True
        for e in (e for copy in case.copies for e in copy):
            if e.kind == "gate" or (e.kind == "reservation" and e.tier <= 1 and self.reserves(e)):
                return True
        known = self.persons(case) not in ("no", "unknown")
        if known and not (self.lawful(case, consented) and case.pii_state in PII_STATES):
            return True
        application = self.use.application
        sensitive = application is not None and self.catalog.vocabulary.is_sensitive(application)
        return sensitive and self.persons(case) != "no" and "" not in consented

    def persons(self, case: Case) -> str | None:
        """Whether there is personal data in the text: what a scan found overrides a card that denies it."""
        scanned = case.pii_state == "found" or case.pii_found
        return "unknown" if case.personal_data == "no" and scanned else case.personal_data

    def lawful(self, case: Case, consented: set[str]) -> bool:
        """There is a legal basis, or the consent of the persons."""
        return "" in consented or (case.legal_basis in LEGAL_BASES and case.legal_basis != "consent")

    def layer(self, case: Case, layer: str) -> Worlds:
        """What one source states: its ordinary statements, or, if better, a contract, a rights holder, a statutory basis."""
        ours = [e for e in case.profile if e.layer == layer]
        of_copies = [e for copy in case.copies for e in copy if e.kind == "reservation" and e.tier == 3]
        ordinary = [e for e in ours if 3 <= e.tier <= 6] + ([] if layer else of_copies)
        ways = product(*([(e, tree) for tree in self.options(e)] for e in ordinary))
        value = choose(*(self.unit(list(way)) for way in ways))
        if not layer:
            before = (self.read(e, self.tree(e)) for e in case.earlier if 3 <= e.tier <= 6)
            value = merge(value, *(frozenset((min(s, SILENT), owed, out) for s, owed, out in of) for of in before))
        holders = {self.holder(h) for h in case.standings}
        withdrawn = REFUSED in holders or REFUSED in map(self.holder, case.copy_standings)
        given = [e for e in ours if e.statement == "contract" and self.given(e)]
        given += [e for e in ours if e.statement == "permission" and self.given(e) and self.whole(e) and not withdrawn]
        given += [e for e in case.profile if e.statement == "statute" and self.basis(e, case, of_copies)]
        ledger = [says(PERMIT)] if GRANT in holders and not withdrawn and not layer else []
        return choose(value, *(says(PERMIT, self.owed(e)) for e in given), *ledger)

    def unit(self, claims: list[Read]) -> Worlds:
        """Statements about one unit merge; those of one row meet before."""
        read = [(e, self.read(e, tree)) for e, tree in self.without_tags(claims)]
        row = [worlds for e, worlds in read if of_row(e)]
        return merge(*(worlds for e, worlds in read if not of_row(e)), *([meet(*row)] if row else []))

    def contested(self, case: Case, copies: frozenset[Profile], of: Worlds) -> Worlds:
        """What copies leave: agreed by every explicit licence of theirs, or open. Permissions never travel."""
        ours = [e for e in case.profile if explicit(e)]
        theirs = [e for copy in copies for e in copy if explicit(e)]
        claims = all(e.authority == "publisher" and not e.guessed and self.in_force(e) for e in ours)
        publishes = case.published and ours and claims
        if case.own_copies or (publishes and all(e.authority == "collector" for e in theirs)):
            return of
        read = [
            choose(self.read(e, tree), says(BLOCKED))
            for copy in copies
            for e, tree in self.without_tags([(e, self.tree(e)) for e in copy])
            if explicit(e) and not self.ended(e) and self.speaks(e) and self.heard(tree)
        ]
        return choose(meet(of, says(BLOCKED)), meet(of, *read)) if read else of

    def opened(self, case: Case, left: Worlds) -> bool:
        """A near copy carries what would bind an exact one: a refusal of the work, or a contrary licence."""
        beside = self.contested(case, case.near, left)
        changed = best(beside, self.use.accepted) is not best(left, self.use.accepted)
        return changed or any(self.binds_the_work(e) for copy in case.near for e in copy)
