"""Cases and uses drawn by the number: what :mod:`tests.laws.test_spec` asks the law and its short form.

Faster than hypothesis by far, and each case is found again by its number. What is drawn is weighted: most records are plain
enough to be permitted, and every corner of the law is met some hundred times in 100,000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from rightful.rights.bases import PROTOCOLS, RESULTS
from rightful.rights.consent import (
    AS_SUBJECT,
    CAPACITIES,
    EXPIRED,
    GIVEN,
    REFUSED,
    RIGHTS_HOLDER,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
    Standing,
    standing,
)
from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.expression import fold
from rightful.rights.licenses import Catalog
from rightful.rights.persons import LEGAL_BASES
from rightful.rights.sources import SourceTerm
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES, Use
from tests.laws.words import (
    ACTS,
    BY,
    CATALOG,
    COPYLEFT,
    EVERYTHING,
    EXCEPTION,
    FAMILIES,
    FREE,
    INSTANTS,
    LICENSES,
    LOOKED,
    NC,
    NOTICE,
    NOW,
    PARTIES,
    PLAIN,
    SA,
    SENSITIVE,
    TAKING,
    UNREGISTERED,
    US,
    case,
    looked,
)

_LABELS = {
    f"LicenseRef-label-{slug}": slug
    for slug in (
        *("license-unspecified", "license-custom", "license-various", "license-elsewhere", "access-status"),
        "notice",
    )
}
_IDS = {**CATALOG.names.ids, **{fold(label): label for label in _LABELS}}
LABELLED: Catalog = replace(CATALOG, labels=_LABELS, names=replace(CATALOG.names, ids=_IDS))
"""The catalogue of the law tests, and labels beside it that stand where a licence should."""

CLASH = f"({SA} AND {COPYLEFT})"
"""Two licences of which neither lets the result go out under the other."""
EVENTS = (*[GIVEN] * 6, WITHDRAWN, WITHDRAWN, REFUSED, EXPIRED, TAKEDOWN)
SCOPES = ("train", "share", "train.pretrain", "share.adapted", "*")
WAYS = ("root", "root > branch")


class Draw(Random):
    """One number, one record and use."""

    def some(self, of: Iterable[str], most: int = 2, least: int = 0) -> frozenset[str]:
        return frozenset(self.sample(sorted(of), self.randint(least, most)))

    def rarely(self, drawn: Any, otherwise: Any, share: float = 0.12) -> Any:
        return drawn if self.random() < share else otherwise

    def question(self) -> tuple[Case, Use]:
        """A record and a use that is asked of it."""
        use = self.use()
        record = self.case(use)
        if self.random() < 0.12:
            rows = frozenset(
                replace(self.case(use), way=self.choice(WAYS), near=frozenset()) for _ in range(self.randint(0, 2))
            )
            unmatched = self.some(WAYS, 1)
            sources = frozenset((self.choice(WAYS), h) for h in self.standings(use))
            record = replace(
                record,
                through=rows,
                unmatched=unmatched,
                lost_event=bool(unmatched) and self.random() < 0.4,
                sources=sources,
            )
        return record, use

    def use(self) -> Use:
        acts = [self.choice(["train.pretrain", "share.adapted", *ACTS]) for _ in range(self.rarely(2, 1))]
        application = self.rarely(self.choice([*PLAIN, *SENSITIVE, UNREGISTERED, "biometric"]), None, 0.3)
        return Use(
            acts=tuple(dict.fromkeys(acts)),
            purpose=self.rarely(self.choice(PURPOSES), "commercial", 0.3),
            as_of=self.rarely(self.choice(INSTANTS), NOW, 0.15),
            application=application,
            actor=self.rarely(self.choice(ACTORS), "for_profit", 0.3),
            jurisdictions=self.places(),
            accepted=self.rarely(self.some(EVERYTHING, 8), EVERYTHING, 0.2),
            profile=self.rarely(self.choice(PROFILES), "strict", 0.3),
        )

    def case(self, use: Use) -> Case:
        found = self.rarely(frozenset(self.choice([["email"], ["email", "phone"], ["email.notice"]])), frozenset())
        address = self.rarely(self.choice([False, None]), True)
        record = self._record(found, address, use)
        if record.standings and self.random() < 0.4:  # then all hangs on what was consented to
            if self.random() < 0.5:
                record = replace(record, profile=frozenset(e for e in record.profile if e.kind == "observation"))
            if self.random() < 0.5:
                record = replace(record, personal_data="yes", legal_basis=None, pii_state="none_found")
        return record

    def _record(self, found: frozenset[str], address: bool | None, use: Use) -> Case:
        return Case(
            profile=self.profile(3) | self.looks(address),
            standings=self.rarely(self.standings(use), frozenset(), 0.15),
            copies=self.rarely(
                frozenset(self.profile(2, plain=0.6) for _ in range(self.randint(1, 2))), frozenset(), 0.2
            ),
            copy_standings=self.rarely(self.standings(use), frozenset(), 0.08),
            personal_data=self.rarely(self.choice(["unknown", "unknown", "yes", None]), "no", 0.2),
            legal_basis=self.rarely(self.choice([None, "", "x"]), self.choice(LEGAL_BASES), 0.25),
            pii_state=self.rarely(self.choice(["found", "redacted", "not_scanned", None]), "none_found"),
            own_copies=self.rarely(True, False, 0.05),
            near_withdrawn=self.rarely(True, False, 0.04),
            near=self.rarely(frozenset([self.profile(2, plain=0.5)]), frozenset(), 0.1),
            address=address,
            pii_found=found,
            published=self.rarely(True, False, 0.2),
            earlier=self.rarely(self.profile(2), frozenset(), 0.08),
            term=self.rarely(SourceTerm(self.random() < 0.3, self.choice([None, *INSTANTS])), SourceTerm(), 0.08),
        )

    def standings(self, use: Use) -> frozenset[Standing]:
        history = [self.event(number) for number in range(self.randint(1, 3))]
        return frozenset(s for s in [standing(history, use.as_of)] if s)

    def event(self, number: int) -> ConsentEvent:
        kind = self.choice(EVENTS)
        given = kind == GIVEN
        return ConsentEvent(
            event_id=f"{number:03}",
            kind=kind,
            selector="record",
            value="r1",
            recorded=self.choice(INSTANTS[:-1]),
            effective=self.choice(INSTANTS[:-1]),
            acts=self.some(SCOPES, 3, 2)
            if given and self.random() < 0.9
            else self.rarely(self.some(SCOPES), frozenset()),
            purposes=frozenset(["commercial"]) if given else self.rarely(self.some(PURPOSES, 1), frozenset()),
            applications=self.applications(),
            valid_until=self.rarely(self.choice(INSTANTS), None, 0.2),
            given_by=self.choice([AS_SUBJECT, AS_SUBJECT, frozenset([RIGHTS_HOLDER]), frozenset(CAPACITIES)]),
            party=self.rarely("", "us"),
            perpetual=self.random() < 0.8,
        )

    def profile(self, most: int, plain: float = 0.35) -> Profile:
        if self.random() < plain:
            return frozenset([self.license(self.choice([FREE, BY, SA, NOTICE, CLASH, *LICENSES]))])
        return frozenset(self.claim() for _ in range(self.choice([1, *range(most + 1)])))

    def looks(self, address: bool | None) -> Profile:
        if self.random() < 0.7:
            return frozenset(
                [*LOOKED, *([] if address else [looked("copy", on=INSTANTS[0], valid_until=INSTANTS[-1])])]
            )
        drawn = (self.choice(PROTOCOLS) for _ in range(self.randint(0, 5)))
        return frozenset(
            looked(place, self.choice([*RESULTS, "absent", "absent"]), self.rarely(self.choice(INSTANTS), None))
            for place in drawn
        )

    def expression(self) -> str:
        if self.random() < 0.55:
            return self.choice([FREE, BY, SA, US, NOTICE, *LICENSES])
        compound = (CLASH, f"{FREE} WITH {TAKING}", f"{NC} WITH {TAKING}", f"{SA} WITH {EXCEPTION}")
        name = self.choice([*LICENSES, *LICENSES, *FAMILIES, *FAMILIES, *_LABELS, *compound])
        if self.random() < 0.6:
            return name
        return f"({name} {self.choice(['AND', 'OR'])} {self.expression()})"

    def license(self, expression: str) -> Evidence:
        tier = self.choice([3, 4, 5, 5, 5, 5, 6])
        compilation = self.random() < 0.06
        return Evidence(
            kind="grant",
            tier=tier,
            bound_to=self.rarely("work", "collection", 0.35),
            statement="compilation" if compilation else "license",
            expression=expression,
            purposes=self.rarely(self.some(PURPOSES, 1), frozenset(), 0.06),
            applications=self.rarely(self.applications(), frozenset(), 0.2),
            actors=self.rarely(self.some(ACTORS, 1, 1), frozenset(["*"]), 0.04),
            authority=self.rarely(self.choice(["publisher", "publisher", "unconfirmed"]), "collector", 0.3),
            guessed=self.rarely(True, False, 0.06),
            layer=self.layer(),
            **self.limits(),
        )

    def claim(self) -> Evidence:
        """Any claim; every second is a licence."""
        if self.random() < 0.5:
            return self.license(self.expression())
        return self.choice(
            [*[self._offer] * 6, *[self._reservation] * 3, self._condition, self._blocker, self._gate, self._consent]
        )()

    def _reservation(self) -> Evidence:
        return Evidence(
            kind="reservation",
            tier=self.choice([0, 1, 2, *[3, 4] * 4, 5]),
            bound_to="location",
            statement="reserve",
            purposes=self.rarely(self.some(PURPOSES, 1), frozenset()),
            applications=self.applications(),
            basis=self.choice(["", "robots", "withdrawn", "refused", "expired"]),
            layer=self.layer(),
            **self.limits(0.4),
        )

    def _condition(self) -> Evidence:
        return Evidence(
            kind="reservation",
            tier=self.choice([3, 4, 5]),
            bound_to="location",
            statement="conditional",
            obligations=self.some(["attribution.record", "payment"]),
            party=self.choice(PARTIES),
            layer=self.layer(),
            **self.limits(),
        )

    def _blocker(self) -> Evidence:
        statement = self.choice(["unreadable", "unreadable", "not_known"])
        bound_to = self.choice(["work", "collection"])
        return Evidence(
            kind="grant", tier=self.choice([3, 5, 6]), bound_to=bound_to, statement=statement, layer=self.layer()
        )

    def _gate(self) -> Evidence:
        statement, tier = self.choice(
            [
                ("personal_data", 1),
                ("personal_data", 1),
                ("person_unreadable", 1),
                ("unlawful", 0),
                ("evidence_missing", 0),
            ]
        )
        return Evidence(kind="gate", tier=tier, bound_to="subject", statement=statement, layer=self.layer())

    def _offer(self) -> Evidence:
        statement = self.choice(["contract", "permission", "statute", "statute"])
        statute = statement == "statute"
        return Evidence(
            kind="grant",
            tier=7 if statute else 2,
            bound_to="work",
            statement=statement,
            acts=self.some(SCOPES, 3, 2),
            purposes=self.rarely(self.some(PURPOSES), frozenset(["commercial", "research"])),
            applications=self.applications(),
            obligations=self.rarely(self.some(["registration", "payment"]), frozenset()),
            actors=frozenset(ACTORS) if statute else self.rarely(self.some(ACTORS, 1, 1), frozenset(["*"])),
            basis=self.choice(["EU-DSM-3", "EU-DSM-4", "EU-DSM-4", "JP-30-4", "unheard"]) if statute else "",
            party="" if statute else self.rarely("", self.choice(PARTIES)),
            perpetual=statement == "permission" and self.random() < 0.8,
            stated_on=self.choice([None, date(2015, 1, 1), date(2024, 1, 1)]),
            layer="" if statute else self.layer(),
            jurisdictions=self.rarely(self.places(), frozenset(["*"])),
            valid_until=self.rarely(self.choice(INSTANTS), None),
        )

    def _consent(self) -> Evidence:
        return Evidence(
            kind="consent",
            tier=1,
            bound_to="subject",
            statement="consent",
            acts=self.some(SCOPES, 3, 2),
            purposes=frozenset(["commercial"]),
            applications=self.applications(),
            actors=self.rarely(self.some(ACTORS, 1, 1), frozenset(["*"])),
            jurisdictions=self.rarely(self.places(), frozenset(["*"])),
            stated_on=self.choice([None, date(2015, 1, 1), date(2024, 1, 1)]),
            valid_until=self.rarely(self.choice(INSTANTS), None),
            layer=self.layer(),
        )

    def limits(self, acts: float = 0.1) -> dict[str, Any]:
        return {
            "acts": self.rarely(self.some(SCOPES, 2, 1), frozenset(), acts),
            "jurisdictions": self.rarely(self.places(), frozenset(["*"]), 0.06),
            "valid_from": self.rarely(self.choice(INSTANTS), None, 0.06),
            "valid_until": self.rarely(self.choice(INSTANTS), None, 0.08),
        }

    def layer(self) -> str:
        return self.rarely("ancestor", "", 0.15)

    def places(self) -> frozenset[str]:
        return self.rarely(self.some(["US", "DE"], 2, 1), frozenset(["*"]), 0.3)

    def applications(self) -> frozenset[str]:
        return self.rarely(self.some([*PLAIN, "biometric.identify", "biometric", "*"], 2), frozenset())


def question(number: int, seed: int = 0) -> tuple[Case, Use]:
    """The record and use of a number."""
    return Draw(f"{seed}/{number}").question()


def shown(record: Case, use: Use) -> str:
    """A question as it is read when both disagree: what is not as in a plain record."""
    plain = case(looked=())
    said = [
        f"{name} = {value!r}" for name in Case.__slots__ if (value := getattr(record, name)) != getattr(plain, name)
    ]
    return "\n".join([repr(use), *said])
