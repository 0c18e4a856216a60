"""What one claim says, written a second time for :mod:`rightful.rights.spec`. Floor 1: pure.

A value is a set of *worlds*: ways in which the act may be done. Nothing is pruned, and nothing collapsed before the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce

from rightful.rights.case import Case
from rightful.rights.consent import DATA_SUBJECT, GIVEN, RIGHTS_HOLDER, TAKEDOWN, Standing, Term
from rightful.rights.evidence import Evidence, Profile, evidence_id
from rightful.rights.expression import AllOf, AnyOf, Expression, Name, NothingStated, Unreadable, named, parse_known
from rightful.rights.licenses import Catalog, License
from rightful.rights.undertakings import bound
from rightful.rights.uses import Use, asks_for, covered, reaches, reaches_application, touches
from rightful.rights.values import Status

World = tuple[Status, frozenset[str], frozenset[str] | None]
"""Status, what is owed, and the licences under which the result may go out (None: any)."""
Worlds = frozenset[World]
Read = tuple[Evidence, Expression | None]
"""A claim with the licence that it names, None where it names none that can be read."""
DENY, BLOCKED, SILENT, PERMIT = Status
REFUSED, GRANT, NEWER, UNNAMED, NOTHING = "refused", "grant", "newer", "unnamed", ""
"""What a person's consents say of an act. Newer than the consent leaves open; a consent that names nothing grants nothing."""


def says(status: Status, owed: Iterable[str] = (), out: frozenset[str] | None = None) -> Worlds:
    """The one world."""
    return frozenset([(status, frozenset(owed), out)])


def choose(*values: Worlds) -> Worlds:
    """Any of them."""
    return frozenset[World]().union(*values)


def meet(*values: Worlds) -> Worlds:
    """All of them: the lower status wins, ``DENY < BLOCKED < SILENT < PERMIT``."""
    return reduce(lambda x, y: _pairwise(min, x, y), values, says(PERMIT))


def merge(*values: Worlds) -> Worlds:
    """Statements about one unit: ``DENY``, then ``BLOCKED``, then ``PERMIT``; silence is neutral."""
    return reduce(lambda x, y: _pairwise(_merged, x, y), values, says(SILENT))


def best(of: Worlds, accepted: frozenset[str]) -> Status:
    """The best world of which every obligation is accepted and whose result can go out under some licence."""
    return max((status for status, owed, out in of if owed <= accepted and out != frozenset()), default=DENY)


def _merged(a: Status, b: Status) -> Status:
    return min(a, b) if min(a, b) <= BLOCKED else max(a, b)


def _pairwise(of: Callable[[Status, Status], Status], x: Worlds, y: Worlds) -> Worlds:
    return frozenset((of(a, b), o | p, n if m is None else m if n is None else m & n) for a, o, m in x for b, p, n in y)


@dataclass(frozen=True)
class Reader:
    """Reads claims for one act of one use."""

    act: str
    use: Use
    catalog: Catalog

    # --- what a licence says -------------------------------------------------------------------------------------------

    def read(self, e: Evidence, tree: Expression | None) -> Worlds:
        """What one statement says: refused, open, silent, or what its licence says where it holds."""
        if e.kind == "observation" or (e.kind == "reservation" and not self.reserves(e)):
            return says(SILENT)
        if e.kind == "reservation" and e.statement == "reserve":
            return says(DENY)
        if e.kind == "reservation" and e.obligations:
            return says(SILENT, self.owed(e))
        if e.kind == "reservation" or e.statement == "not_known" or tree is None:
            return says(BLOCKED)
        if not self.speaks(e):
            return says(SILENT)
        value = self.license(tree)
        if self.holds(e):
            return value
        if not self.in_time(e) or e.tier == 6:
            return frozenset((min(status, SILENT), frozenset(), None) for status, _, _ in value)
        return frozenset((min(status, SILENT), owed, out) for status, owed, out in value)

    def license(self, tree: Expression) -> Worlds:
        """``OR`` chooses, ``AND`` meets, a family is the meet of its members with what refuses left open."""
        match tree:
            case AnyOf(parts):
                return choose(*map(self.license, parts))
            case AllOf(parts):
                return meet(*map(self.license, parts))
            case Name(id=name, addition=addition):
                family = self.catalog.names.families.get(name)
                if family:
                    value = meet(*(self.one(self.catalog.licenses[m]) for m in family.members))
                    value = frozenset(
                        (BLOCKED, frozenset[str](), None) if s is DENY or out == frozenset() else (s, owed, out)
                        for s, owed, out in value
                    )
                else:
                    reviewed = self.catalog.licenses.get(name)
                    value = self.one(reviewed) if reviewed else says(BLOCKED)
                names = self.catalog.names
                adds = addition in names.exceptions and addition not in names.limiting and not family
                return value if addition is None or adds else meet(value, says(BLOCKED))

    def one(self, license: License) -> Worlds:
        """The verdict of one reviewed licence, where it reaches and does not forbid the application."""
        verdict = license.verdicts[self.use.profile, self.use.purpose, self.act]
        words, wanted = self.catalog.vocabulary, self.use.application
        unheard = wanted is not None and not covered(words.applications, wanted)
        for restricted in license.use_restrictions:
            if asks_for(self.use, restricted, words) or (unheard and words.is_sensitive(restricted)):
                return says(DENY)
        reached = "copyright" in license.scope and reaches(license.territory, self.use.jurisdictions)
        adapting = ["share.adapted", "synth.derive"]
        adapting += ["share.weights", "serve.model"] if self.use.profile == "strict" else []
        status = SILENT if verdict.status is PERMIT and not reached else verdict.status
        out = license.outbound if self.act in adapting else None
        return says(status, bound(verdict.obligations, license.id, words), out)

    def tree(self, e: Evidence) -> Expression | None:
        """The licence that a claim names; None where it names none that can be read."""
        try:
            licence = e.statement in ("license", "compilation")
            return parse_known(e.expression, self.catalog.names) if licence else None
        except (Unreadable, NothingStated):
            return None

    def options(self, e: Evidence) -> tuple[Expression | None, ...]:
        """The options of an ``OR``: each is a way of its own."""
        tree = self.tree(e)
        return tree.parts if isinstance(tree, AnyOf) else (tree,)

    def licenses_in(self, tree: Expression) -> list[License | None]:
        """The licences that an expression names, families by their members; None for one that nobody reviewed, or as a draft."""
        families = self.catalog.names.families
        ids = [i for n in named(tree) for i in (families[n.id].members if n.id in families else [n.id])]
        reviewed = (self.catalog.licenses.get(i) for i in ids)
        return [None if license is None or license.draft else license for license in reviewed]

    def heard(self, tree: Expression | None) -> bool:
        """A licence of databases alone says nothing of contents."""
        return tree is None or any(
            license is None or "copyright" in license.scope for license in self.licenses_in(tree)
        )

    # --- whether a claim holds here ------------------------------------------------------------------------------------

    def speaks(self, e: Evidence) -> bool:
        """It is about this act."""
        return not e.acts or covered(e.acts, self.act)

    def reserves(self, e: Evidence, act: str = "") -> bool:
        """A reservation covers what it does not name, from the day on which it is on record."""
        return (
            not self.ended(e)
            and (not e.acts or covered(e.acts, act or self.act))
            and (not e.purposes or covered(e.purposes, self.use.purpose))
            and (not e.applications or any(asks_for(self.use, a, self.catalog.vocabulary) for a in e.applications))
            and touches(e.jurisdictions, self.use.jurisdictions)
        )

    def holds(self, e: Evidence) -> bool:
        """A licence statement grants what it permits: in time, not inferred, and for all that is asked."""
        return (
            self.in_force(e)
            and e.tier != 6
            and not e.guessed
            and e.statement != "compilation"
            and (not e.purposes or covered(e.purposes, self.use.purpose))
            and (not e.applications or reaches_application(e.applications, self.use, self.catalog.vocabulary))
        )

    def in_force(self, e: Evidence) -> bool:
        """In time, for who asks, and in every place that is asked."""
        reached = reaches(e.jurisdictions, self.use.jurisdictions)
        return self.in_time(e) and covered(e.actors, self.use.actor) and reached

    def in_time(self, e: Evidence) -> bool:
        """Begun and not over."""
        return self.begun(e) and not self.ended(e)

    def begun(self, e: Evidence) -> bool:
        """Grants count from the later of given and begun."""
        stated = e.stated_on is None or e.stated_on <= self.use.as_of.date()
        return stated and (e.valid_from is None or e.valid_from <= self.use.as_of)

    def ended(self, e: Evidence) -> bool:
        """Its period is over."""
        return e.valid_until is not None and e.valid_until <= self.use.as_of

    def binds_the_work(self, e: Evidence) -> bool:
        """A near copy's refusal that is about the work: not about a place, nor about a person."""
        if e.kind == "gate":
            return e.statement not in ("personal_data", "person_unreadable")
        return e.kind == "reservation" and e.tier in (0, 1, 3) and self.reserves(e)

    # --- tags that stand for several licences --------------------------------------------------------------------------

    def without_tags(self, claims: list[Read]) -> list[Read]:
        """A family tag is silent beside one of its members on the same unit that holds itself."""

        def members(e: Evidence, tree: Expression | None) -> frozenset[str]:
            family = self.catalog.names.families.get(tree.id) if tree == Name(getattr(tree, "id", "")) else None
            return frozenset(family.members if family and e.statement in ("license", "compilation") else ())

        exact = [
            (e.layer, {n.id for n in named(t)})
            for e, t in claims
            if t and not members(e, t) and self.speaks(e) and self.holds(e)
        ]
        return [(e, t) for e, t in claims if not any(layer == e.layer and ids <= members(e, t) for layer, ids in exact)]

    # --- grants beside the licence -------------------------------------------------------------------------------------

    def given(self, e: Evidence) -> bool:
        """A contract or a rights holder's consent is in scope; a parent act covers the leaves known when it was given."""
        words = self.catalog.vocabulary
        known = e.stated_on is not None and words.acts[self.act].known_from <= e.stated_on
        named = self.act in e.acts or (covered(e.acts, self.act) and known)
        applied = reaches_application(e.applications, self.use, words)
        return named and self.in_force(e) and covered(e.purposes, self.use.purpose) and applied

    def whole(self, e: Evidence) -> bool:
        """A rights holder's consent names its party, period, acts and purposes."""
        return bool(e.party.strip() and (e.perpetual or e.valid_until is not None) and e.acts and e.purposes)

    def owed(self, e: Evidence) -> frozenset[str]:
        """Its obligations, preconditions in the name of who asks for them."""
        return bound(e.obligations, e.party or e.basis or evidence_id(e), self.catalog.vocabulary)

    def basis(self, e: Evidence, case: Case, of_copies: list[Evidence]) -> bool:
        """A statutory basis of the operator's applies and, where it yields to reservations, nothing defeats it."""
        statute = self.catalog.vocabulary.statutes.get(e.basis)
        applied = reaches_application(e.applications, self.use, self.catalog.vocabulary)
        in_scope = covered(e.acts, self.act) and covered(e.purposes, self.use.purpose) and applied
        if statute is None or not (in_scope and self.in_force(e)):
            return False
        if statute.actors and not (self.use.actor in statute.actors and self.use.actor in e.actors):
            return False
        claims = [*case.profile, *of_copies, *case.earlier]
        return not statute.defeated or not (any(map(self.defeats, claims)) or self.unseen(claims, case.address))

    def defeats(self, e: Evidence) -> bool:
        """A reservation of any act that is asked, terms that count as one, or what nobody can read."""
        if e.kind == "reservation":
            return any(self.reserves(e, act) for act in self.use.acts)
        if e.statement not in ("license", "compilation"):
            return e.statement in ("not_known", "unreadable")
        tree, names = self.tree(e), self.catalog.names
        if tree is None or any(n.addition and not names.only_adds(n.addition) for n in named(tree)):
            return True
        for license in self.licenses_in(tree):
            if license is None or ("reserves_all" in license.flags and self.use.profile != "lenient"):
                return True
            verdicts = (license.verdicts[self.use.profile, self.use.purpose, a] for a in self.use.acts)
            if "reserves" in license.flags and any(verdict.status is DENY for verdict in verdicts):
                return True
        return False

    def unseen(self, claims: list[Evidence], address: bool | None) -> bool:
        """Of some place the newest readable look does not say, freshly, that nothing is reserved there."""
        places = {"robots", "tdmrep", "headers", "html"} if address is not False else set[str]()
        for place in places | ({"copy"} if not address else set()):
            looks = [
                (e.valid_from, e.statement == "looked_found", e.valid_until is not None and not self.ended(e))
                for e in claims
                if e.basis == place and e.statement in ("looked_absent", "looked_found") and not e.layer
                if e.valid_from and self.begun(e)
            ]
            if not looks or max(looks)[1:] != (False, True):
                return True
        return False

    # --- consents ------------------------------------------------------------------------------------------------------

    def card_consents(self, profile: Profile) -> list[tuple[str, Standing]]:
        """The consents that cards state: of each layer one history, oldest first."""
        given = [e for e in profile if e.kind == "consent"]
        given.sort(key=lambda e: (e.stated_on or date.min, e.valid_until is not None, evidence_id(e)))
        layers = {e.layer for e in given}
        return [(layer, tuple(self.term(e) for e in given if e.layer == layer)) for layer in layers]

    def term(self, e: Evidence) -> Term:
        """One that is not in force for who asks, or where, is a ceiling that covers nothing; one that has ended refuses."""
        reached = covered(e.actors, self.use.actor) and reaches(e.jurisdictions, self.use.jurisdictions)
        if (self.begun(e) and reached) or (self.ended(e) and touches(e.jurisdictions, self.use.jurisdictions)):
            return Term(GIVEN, e.acts, e.purposes, e.applications, e.stated_on, e.valid_until)
        return Term(GIVEN, frozenset(["none"]))

    def person(self, history: Standing) -> str:
        """The latest term that covers the use decides; a takedown always does; what no term covers is outside: refused."""
        terms = [t for t in history if t.kind != GIVEN or DATA_SUBJECT in t.given_by]
        if any(t.kind == TAKEDOWN and self.touched(t) for t in terms):
            return REFUSED
        for t in reversed(terms):
            if t.kind != TAKEDOWN and not self.lasts(t) and self.touched(t):
                return REFUSED
            if self.lasts(t) and self.within(t) and t.acts and t.purposes and self.known(t):
                return GRANT
        within = [t for t in terms if self.lasts(t) and self.within(t)]
        if within:
            return NEWER if any(t.acts and t.purposes for t in within) else UNNAMED
        return REFUSED if any(t.kind == GIVEN for t in terms) else NOTHING

    def holder(self, history: Standing) -> str:
        """As rights holder: whoever refuses does so in every capacity, until a whole consent in this one."""
        for t in reversed(history):
            if t.kind != GIVEN and self.touched(t):
                return REFUSED
            whole = self.lasts(t) and RIGHTS_HOLDER in t.given_by and t.complete
            if whole and self.within(t) and self.known(t):
                return GRANT
        return NOTHING

    def lasts(self, t: Term) -> bool:
        """A consent that is not over."""
        return t.kind == GIVEN and (t.valid_until is None or t.valid_until > self.use.as_of)

    def touched(self, t: Term) -> bool:
        """A refusal touches any part of what is asked."""
        words = self.catalog.vocabulary
        applied = not t.applications or any(asks_for(self.use, a, words) for a in t.applications)
        return (
            (not t.acts or covered(t.acts, self.act))
            and (not t.purposes or covered(t.purposes, self.use.purpose))
            and applied
        )

    def within(self, t: Term) -> bool:
        """A consent reaches all of what is asked."""
        applied = reaches_application(t.applications, self.use, self.catalog.vocabulary)
        return (
            (not t.acts or covered(t.acts, self.act))
            and (not t.purposes or covered(t.purposes, self.use.purpose))
            and applied
        )

    def known(self, t: Term) -> bool:
        """A leaf that is named, or was practised when its parent was granted."""
        since = self.catalog.vocabulary.acts[self.act].known_from
        return self.act in t.acts or (t.stated_on is not None and since <= t.stated_on)


def explicit(e: Evidence) -> bool:
    """A licence statement that counts beside copies: on the work or of the collection, of the record's own source."""
    return e.statement in ("license", "unreadable") and e.tier in (3, 5) and not e.layer


def of_row(e: Evidence) -> bool:
    """A licence that the row of the record states."""
    return e.kind == "grant" and e.bound_to == "work" and e.tier in (5, 6)
