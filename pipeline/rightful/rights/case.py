"""What is asked: one record, one act, one use. Floor 1: pure.

A :class:`Case` is all that can change the decision on a record. A :class:`Question` is what every rule of the law looks at: one
act of a use, asked of a case, with what the consent histories say of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rightful.rights import consent
from rightful.rights.claims import consents
from rightful.rights.consent import Ruling, Standing, ruling
from rightful.rights.evidence import Profile
from rightful.rights.licenses import Catalog
from rightful.rights.persons import Persons
from rightful.rights.sources import NO_END, SourceTerm
from rightful.rights.uses import Use

COPY = ">copy"
"""Whose consent it is: an exact copy's. Empty is the record's own, otherwise the way to an ancestor,
which never begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that can change the decision on a record; many records share one case.

    ``copies`` are the profiles of its exact copies (its own left out). ``standings`` are the consent histories that
    match the record, ``copy_standings`` those that match an exact copy: their refusals spread, their grants do not.
    ``near`` are the profiles of near copies, and ``near_withdrawn`` says that an event refuses one: they only leave open.
    ``earlier`` are statements of the row that were read before and are not there any more: they only bound.
    ``address`` says whether the record has an address; where that is not known, what is asked of either has to hold.
    ``pii_found`` are the types of personal data that a scan found, ``published`` says that the signed policy names the
    source among its publishers. ``term`` is whether its source was retired, and until when its records are kept.

    ``through`` are the cases of the rows of ancestors that the record comes from, each with its ``way``; of an ancestor
    in which its row was not found all rows, and that ancestor is among ``unmatched``. ``lost_event`` says that an event
    refuses one of these. ``sources`` are the histories of ancestors as sources, by way: what they refuse is refused here.
    """

    profile: Profile
    standings: frozenset[Standing] = frozenset()
    copies: frozenset[Profile] = frozenset()
    copy_standings: frozenset[Standing] = frozenset()
    personal_data: str | None = None
    legal_basis: str | None = None
    pii_state: str | None = None
    own_copies: bool = False
    near_withdrawn: bool = False
    near: frozenset[Profile] = frozenset()
    address: bool | None = None
    pii_found: frozenset[str] = frozenset()
    published: bool = False
    earlier: Profile = frozenset()
    term: SourceTerm = NO_END
    through: frozenset[Case] = frozenset()
    way: str = ""
    unmatched: frozenset[str] = frozenset()
    lost_event: bool = False
    sources: frozenset[tuple[str, Standing]] = frozenset()

    @property
    def came_alone(self) -> bool:
        """True where nothing is known of a row or source that the record came through, its claims aside."""
        return not (self.through or self.unmatched or self.sources)


class Rulings(NamedTuple):
    """What the consent histories say of one act.

    ``persons``: what each says as the person whom the data are about, and whose history it is. ``holders``: what they
    say as author or rights holder; what was withdrawn of an exact copy among it, what was granted there not.
    """

    persons: list[tuple[Ruling, str]]
    holders: frozenset[Ruling]


@dataclass(frozen=True, slots=True)
class Question:
    """One act of a use, asked of one record: what every rule of the law looks at."""

    case: Case
    act: str
    use: Use
    catalog: Catalog
    rulings: Rulings
    persons: Persons


def ask(case: Case, act: str, use: Use, catalog: Catalog) -> Question:
    """The question, with what each consent history says of the act and whose it is, and with the persons in the text: of
    consents only the record's own count for these."""
    rulings = _rulings(case, act, use, catalog)
    own = frozenset(ruled for ruled, whose in rulings.persons if not whose)
    persons = Persons(case.personal_data, case.legal_basis, case.pii_state, own, case.pii_found)
    return Question(case, act, use, catalog, rulings, persons)


def _rulings(case: Case, act: str, use: Use, catalog: Catalog) -> Rulings:
    """Only the record's own consents may grant to the record."""
    words = catalog.vocabulary
    stated = [(history, layer) for layer, history in consents(case.profile, use)]
    stated += [(history, COPY) for copy in case.copies for _, history in consents(copy, use)]
    stated += [(history, "") for history in case.standings] + [(history, COPY) for history in case.copy_standings]
    persons = [(ruling(history, act, use, words), whose) for history, whose in stated]
    holders = {consent.permission(history, act, use, words) for history in case.standings}
    copies = {consent.permission(history, act, use, words) for history in case.copy_standings}
    held = holders | (copies & {Ruling.WITHDRAWN})  # of different selectors the refusal counts
    return Rulings(persons, frozenset(held - {Ruling.GRANT} if Ruling.WITHDRAWN in held else held))
