"""The words of the law tests: a small catalogue of made-up licences, and short names for claims, records and uses.

The licences are invented so that each has one property that matters to the law and no test depends on a review of a
real text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rightful.rights.bases import AT_THE_LOCATION
from rightful.rights.consent import GIVEN, RIGHTS_HOLDER, ConsentEvent
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Evidence
from rightful.rights.expression import Family, Names, fold
from rightful.rights.licenses import VERDICTS, Catalog, License, Verdict
from rightful.rights.uses import PROFILES, PURPOSES, Act, Application, Obligation, Statute, Use, Vocabulary
from rightful.rights.values import Status

# --- the synthetic catalogue -------------------------------------------------------------------------------------

_ACTS = {
    "store.copy": 1950,
    "mine.analyse": 1990,
    "index.search": 1995,
    "index.retrieval": 2019,
    "infer.ground": 2020,
    "train.tokenizer": 1994,
    "train.embed": 2003,
    "train.nongen": 1990,
    "train.pretrain": 2018,
    "train.finetune": 2018,
    "train.align": 2017,
    "train.distil": 2015,
    "eval.benchmark": 1990,
    "label.annotate": 1990,
    "synth.derive": 1990,
    "share.ids": 1990,
    "share.verbatim": 1990,
    "share.adapted": 1990,
    "share.weights": 2013,
    "serve.output": 2000,
    "serve.model": 2016,
    "use.internal": 1990,
}
ACTS = tuple(_ACTS)
ADAPTING = ("synth.derive", "share.adapted", "share.weights", "serve.model")
"""In the strict reading the result of these goes out under a licence that the original accepts."""

_OBLIGATIONS = {
    "attribution.record": False,
    "attribution.dataset": False,
    "notice.copyright": False,
    "notice.licence": False,
    "share_alike": False,
    "disclose_source": False,
    "use_restrictions.pass_on": False,
    "redact.personal_data": False,
    "payment": True,
    "registration": True,
}
OBLIGATIONS = tuple(_OBLIGATIONS)
PARTIES = ("us", "them")
"""Who asks for preconditions in these tests, beside licences."""
PAID, REGISTERED = "payment@us", "registration@us"

PLAIN = ("translation", "spam_filtering", "assistant")
SENSITIVE = ("biometric.identify", "emotion", "medical_advice")
UNREGISTERED = "legal_drafting"

_STATUTES = {
    "EU-DSM-3": (False, {"research_org", "public"}),
    "EU-DSM-4": (True, set[str]()),
    "JP-30-4": (False, set[str]()),
    "UK-29A": (False, set[str]()),
}


def _statute(name: str, defeated: bool, actors: set[str]) -> Statute:
    everything = frozenset(ACTS), frozenset(PURPOSES)
    return Statute(
        name, name, name, frozenset({"EU"}), *everything, frozenset(actors), defeated, False, date(2000, 1, 1)
    )


WORDS = Vocabulary(
    version="laws",
    acts={name: Act(name, name, date(year, 1, 1)) for name, year in _ACTS.items()},
    obligations={name: Obligation(name, name, "always", before) for name, before in _OBLIGATIONS.items()},
    applications={name: Application(name, name, name in SENSITIVE) for name in (*PLAIN, *SENSITIVE)},
    statutes={name: _statute(name, *law) for name, law in _STATUTES.items()},
)


def made_up_license(
    license_id: str,
    obligations: Iterable[str] = (),
    *,
    says: Mapping[str, str] | None = None,
    scope: str = "copyright",
    territory: str = "*",
    outbound: Iterable[str] | None = None,
    use_restrictions: Iterable[str] = (),
    flags: Iterable[str] = (),
) -> License:
    """A licence that permits all but what ``says`` tells: beginnings of profile, purpose, act -> verdict."""
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    for profile in PROFILES:
        for purpose in PURPOSES:
            for act in ACTS:
                cell = (profile, purpose, act)
                told = (w for key, w in (says or {}).items() if all(_begins(cell, k) for k in key.split()))
                word = next(told, "permit")
                due = frozenset(obligations) if word == "permit" and act != "store.copy" else frozenset[str]()
                verdicts[profile, purpose, act] = Verdict(VERDICTS[word], due, "1", "made up for the laws")
    return License(
        id=license_id,
        name=license_id,
        kind="made-up",
        family=license_id.split("-")[0],
        version="1.0",
        url="",
        scope=frozenset([scope]),
        territory=frozenset([territory]),
        flags=frozenset(flags),
        outbound=None if outbound is None else frozenset(outbound),
        use_restrictions=frozenset(use_restrictions),
        aliases=(),
        reviewer="laws",
        reviewed_at="2026-01-01",
        text_read="whole",
        verdicts=verdicts,
    )


def _begins(cell: Iterable[str], start: str) -> bool:
    return any(word.startswith(start) for word in cell)


FREE, NOTICE, BY, SA, COPYLEFT = "Free-1.0", "Notice-1.0", "By-1.0", "Sa-1.0", "Copyleft-1.0"
NC, ND, DB, US, RAIL, UNREVIEWED = "Nc-1.0", "Nd-1.0", "Db-1.0", "Us-1.0", "Rail-1.0", "Unreviewed-1.0"
RESERVED = "Reserved-1.0"
"""All rights reserved, and no word more."""
FEE, DUES = "Fee-1.0", "Dues-1.0"
"""Two licences that ask for payment, each for its own."""
TERMS = "Terms-1.0"
"""Terms of a platform whose ban on training counts as a reservation; for research they leave it open."""

_LICENSES = (
    made_up_license(FREE),
    made_up_license(NOTICE, ["notice.copyright", "notice.licence"]),
    made_up_license(BY, ["attribution.record"]),
    made_up_license(SA, ["attribution.record", "share_alike"], outbound=[SA, "Sa-2.0"]),
    made_up_license(COPYLEFT, ["disclose_source", "share_alike"], outbound=[COPYLEFT]),
    made_up_license(NC, ["attribution.record"], says={"commercial": "deny", "research": "unknown"}),
    made_up_license(
        ND, ["attribution.record"], says={"strict train.": "unknown", "share.adapted": "deny", "synth.": "deny"}
    ),
    made_up_license(DB, ["attribution.dataset"], scope="database"),
    made_up_license(US, ["notice.licence"], territory="US"),
    made_up_license(RAIL, ["use_restrictions.pass_on"], use_restrictions=["biometric.identify", "medical_advice"]),
    made_up_license(RESERVED, says={"share.": "deny", "synth.": "deny", "": "unknown"}, flags=["reserves_all"]),
    made_up_license(FEE, ["payment"]),
    made_up_license(DUES, ["payment", "notice.licence"]),
    made_up_license(TERMS, says={"research train.": "unknown", "train.": "deny"}, flags=["reserves"]),
)
LICENSES = (*(one.id for one in _LICENSES), UNREVIEWED)
EVERYTHING = (
    frozenset(o for o, before in _OBLIGATIONS.items() if not before)
    | frozenset(("redact.personal_data@email", "redact.personal_data@phone"))
    | frozenset(f"{o}@{who}" for o, before in _OBLIGATIONS.items() if before for who in (*PARTIES, FEE, DUES))
)
"""All that can be undertaken: the preconditions of every party and licence among it."""
EXCEPTION = "Made-up-exception-1.0"
TAKING = "Made-up-limit-1.0"
"""An exception that takes something away from the licence that it stands with."""

KIND, MIXED, POSTS = "LicenseRef-kind", "LicenseRef-mixed", "LicenseRef-posts"
"""Families: one whose members all permit, one of which some refuse or leave it open, one that goes by date."""
_FAMILIES = (
    Family(KIND, KIND, (FREE, BY, NOTICE)),
    Family(MIXED, MIXED, (BY, NC, ND, SA)),
    Family(POSTS, POSTS, (BY, SA), ((date(2010, 1, 1), BY), (date(2020, 1, 1), SA))),
)
FAMILIES = {one.id: one for one in _FAMILIES}

CATALOG = Catalog(
    vocabulary=WORDS,
    licenses={one.id: one for one in _LICENSES},
    names=Names(
        ids={fold(i): i for i in (*LICENSES, *FAMILIES, "Sa-2.0")},
        aliases={},
        exceptions=frozenset([EXCEPTION, TAKING]),
        families=FAMILIES,
        limiting=frozenset([TAKING]),
    ),
    digest="laws",
    version="laws",
)

# --- how answers are compared ------------------------------------------------------------------------------------

RANK = {"deny": 0, "unknown": 1, "permit": 2}


def rank(answer: Decision | Status) -> int:
    """How wide an answer is, by its word: deny < unknown < permit."""
    return RANK[(answer.status if isinstance(answer, Decision) else answer).word]


def judged(case: Case, use: Use) -> Decision:
    """The decision under the synthetic catalogue."""
    return decide(case, use, CATALOG)


def slugs(decision: Decision) -> set[str]:
    """The reasons that a decision gives."""
    return {reason.slug for reason in decision.reasons}


# --- short words for tests with an example -----------------------------------------------------------------------


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    """Midnight UTC."""
    return datetime(year, month, number, tzinfo=UTC)


NOW = day(2026)
INSTANTS = (day(2015), day(2020), day(2022), day(2024), NOW, day(2028))


def use(*acts: str, **asked: Any) -> Use:
    """A commercial use now, with everything accepted, unless ``asked`` says otherwise."""
    fields: dict[str, Any] = {"purpose": "commercial", "as_of": NOW, "accepted": EVERYTHING, **asked}
    if "jurisdictions" in fields:
        fields["jurisdictions"] = frozenset(fields["jurisdictions"])
    return Use(acts=acts or ("train.pretrain",), **fields)


def case(*claims: Evidence, looked: Iterable[Evidence] | None = None, **known: Any) -> Case:
    """A record without personal data and without copies, unless ``known`` says otherwise.

    It has an address, and somebody looked there and found nothing reserved, unless ``looked`` is given.
    """
    plain = {"personal_data": "no", "pii_state": "none_found", "address": True}
    return Case(profile=frozenset([*claims, *(LOOKED if looked is None else looked)]), **{**plain, **known})


def looked(protocol: str, result: str = "absent", on: datetime | None = None, **deciding: Any) -> Evidence:
    """What came of looking for a reservation, which counts for a year."""
    since = on or day(2025, 7)
    return Evidence(
        kind="observation",
        tier=4,
        bound_to="location",
        statement=f"looked_{result}",
        basis=protocol,
        **{"valid_from": since, "valid_until": since + timedelta(days=365), **deciding},
    )


LOOKED = tuple(looked(protocol, on=day(2000), valid_until=day(2100)) for protocol in AT_THE_LOCATION)
"""Somebody looked everywhere, and nothing was reserved; it counts at every instant that the laws draw."""


def licensed(expression: str, tier: int = 5, **deciding: Any) -> Evidence:
    """A licence statement."""
    fields = {"statement": "license", "bound_to": "work" if tier == 3 else "collection", **deciding}
    return Evidence(kind="grant", tier=tier, expression=expression, **_sets(fields))


def reserved(tier: int = 4, **deciding: Any) -> Evidence:
    """A reservation, of everything unless ``deciding`` says otherwise."""
    bound_to = {3: "work", 4: "location"}.get(tier, "collection")
    fields = {"statement": "reserve", "bound_to": bound_to, **deciding}
    return Evidence(kind="reservation", tier=tier, **_sets(fields))


def conditional(*obligations: str, tier: int = 4, **deciding: Any) -> Evidence:
    """A reservation that can be lifted on a condition."""
    return reserved(tier, statement="conditional", obligations=obligations, **{"party": "us", **deciding})


def unreadable(tier: int = 5, **deciding: Any) -> Evidence:
    """A licence statement that cannot be read."""
    return Evidence(kind="grant", tier=tier, statement="unreadable", **{"bound_to": "collection", **deciding})


def contract(*acts: str, **deciding: Any) -> Evidence:
    """An executed contract on a commercial use."""
    fields = {"purposes": ["commercial"], "stated_on": date(2024, 1, 1), "party": "us", **deciding}
    return Evidence(kind="grant", tier=2, bound_to="work", statement="contract", acts=frozenset(acts), **_sets(fields))


def statute(basis: str, *acts: str, **deciding: Any) -> Evidence:
    """A statutory basis from the operator's policy, for a commercial use."""
    fields = {"purposes": ["commercial"], **deciding}
    return Evidence(
        kind="grant",
        tier=7,
        bound_to="collection",
        statement="statute",
        basis=basis,
        acts=frozenset(acts),
        **_sets(fields),
    )


def gate(statement: str, tier: int) -> Evidence:
    """A gate: ``personal_data`` (T1) or ``unlawful`` (T0)."""
    return Evidence(kind="gate", tier=tier, bound_to="subject", statement=statement)


def card_consent(*acts: str, **deciding: Any) -> Evidence:
    """A consent that a source card states, for a commercial use."""
    fields = {"purposes": ["commercial"], "stated_on": date(2024, 1, 1), **deciding}
    return Evidence(
        kind="consent", tier=1, bound_to="subject", statement="consent", acts=frozenset(acts), **_sets(fields)
    )


def event(kind: str, effective: datetime, recorded: datetime | None = None, **limits: Any) -> ConsentEvent:
    """A consent event on one record, recorded when it takes effect unless said otherwise."""
    recorded = recorded or effective
    return ConsentEvent(
        event_id=f"{kind} {effective:%Y%m%d} {recorded:%Y%m%d}",
        kind=kind,
        selector="record",
        value="r1",
        recorded=recorded,
        effective=effective,
        **_sets(limits),
    )


def consented(effective: datetime, *acts: str, recorded: datetime | None = None, **limits: Any) -> ConsentEvent:
    """A consent to a commercial use."""
    return event(GIVEN, effective, recorded, acts=acts, **{"purposes": ["commercial"], **limits})


def holding(effective: datetime, *acts: str, recorded: datetime | None = None, **limits: Any) -> ConsentEvent:
    """A consent to a commercial use that is given as rights holder, with its party and without an end."""
    whole = {"given_by": [RIGHTS_HOLDER], "party": "us", "perpetual": True}
    return consented(effective, *acts, recorded=recorded, **{**whole, **limits})


def permission(*acts: str, **deciding: Any) -> Evidence:
    """A consent that the rights holders behind a source card gave to a commercial use, without an end."""
    fields = {"purposes": ["commercial"], "stated_on": date(2024, 1, 1), "party": "us", "perpetual": True, **deciding}
    return Evidence(
        kind="grant", tier=2, bound_to="subject", statement="permission", acts=frozenset(acts), **_sets(fields)
    )


def _sets(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozenset(v) if isinstance(v, list | tuple | set) else v for name, v in fields.items()}
