"""The one set of strategies that the laws share, over a small catalogue of made-up licences.

The licences are invented so that each has one property that matters to the law and no test depends on a review of a
real text. What is drawn is weighted towards permissions: a law that never meets a permission proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from pipeline.rights.consent import EXPIRED, GIVEN, REFUSED, TAKEDOWN, WITHDRAWN, ConsentEvent, standing
from pipeline.rights.decide import Case, Decision, decide
from pipeline.rights.evidence import Evidence, Profile
from pipeline.rights.expression import Names, fold
from pipeline.rights.licenses import VERDICTS, Catalog, License, Verdict
from pipeline.rights.uses import ACTORS, PROFILES, PURPOSES, Act, Application, Obligation, Use, Vocabulary
from pipeline.rights.values import Alternative, Status, Value, prune

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
    "payment": True,
    "registration": True,
}
OBLIGATIONS = tuple(_OBLIGATIONS)
EVERYTHING = frozenset(OBLIGATIONS)

PLAIN = ("translation", "spam_filtering", "assistant")
SENSITIVE = ("biometric.identify", "emotion", "medical_advice")
UNREGISTERED = "legal_drafting"

WORDS = Vocabulary(
    version="laws",
    acts={name: Act(name, name, date(year, 1, 1)) for name, year in _ACTS.items()},
    obligations={name: Obligation(name, name, "always", before) for name, before in _OBLIGATIONS.items()},
    applications={name: Application(name, name, name in SENSITIVE) for name in (*PLAIN, *SENSITIVE)},
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
        flags=frozenset(),
        outbound=None if outbound is None else frozenset(outbound),
        use_restrictions=frozenset(use_restrictions),
        aliases=(),
        reviewer="laws",
        reviewed_at="2026-01-01",
        verdicts=verdicts,
    )


def _begins(cell: Iterable[str], start: str) -> bool:
    return any(word.startswith(start) for word in cell)


FREE, NOTICE, BY, SA, COPYLEFT = "Free-1.0", "Notice-1.0", "By-1.0", "Sa-1.0", "Copyleft-1.0"
NC, ND, DB, US, RAIL, UNREVIEWED = "Nc-1.0", "Nd-1.0", "Db-1.0", "Us-1.0", "Rail-1.0", "Unreviewed-1.0"

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
)
LICENSES = (*(one.id for one in _LICENSES), UNREVIEWED)
EXCEPTION = "Made-up-exception-1.0"

CATALOG = Catalog(
    vocabulary=WORDS,
    licenses={one.id: one for one in _LICENSES},
    names=Names(ids={fold(i): i for i in (*LICENSES, "Sa-2.0")}, aliases={}, exceptions=frozenset([EXCEPTION])),
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


def case(*claims: Evidence, **known: Any) -> Case:
    """A record without personal data and without copies, unless ``known`` says otherwise."""
    return Case(profile=frozenset(claims), **{"personal_data": "no", "pii_state": "none_found", **known})


def licensed(expression: str, tier: int = 5, **deciding: Any) -> Evidence:
    """A licence statement."""
    fields = {"statement": "license", "bound_to": "work" if tier == 3 else "collection", **deciding}
    return Evidence(kind="grant", tier=tier, expression=expression, **_sets(fields))


def reserved(tier: int = 4, **deciding: Any) -> Evidence:
    """A reservation, of everything unless ``deciding`` says otherwise."""
    bound_to = {3: "work", 4: "location"}.get(tier, "collection")
    return Evidence(
        **{"kind": "reservation", "tier": tier, "bound_to": bound_to, "statement": "reserve"} | _sets(deciding)
    )


def conditional(*obligations: str, tier: int = 4, **deciding: Any) -> Evidence:
    """A reservation that can be lifted on a condition."""
    return reserved(tier, statement="conditional", obligations=obligations, **deciding)


def unreadable(tier: int = 5) -> Evidence:
    """A licence statement that cannot be read."""
    return Evidence(kind="grant", tier=tier, bound_to="collection", statement="unreadable")


def contract(*acts: str, **deciding: Any) -> Evidence:
    """An executed contract on a commercial use."""
    fields = {"purposes": ["commercial"], "stated_on": date(2024, 1, 1), **deciding}
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


def _sets(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozenset(v) if isinstance(v, list | tuple | set) else v for name, v in fields.items()}


# --- values ------------------------------------------------------------------------------------------------------


def _some(names: Iterable[str], most: int | None = None) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(names)), max_size=most)


def _mostly(plain: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(plain), st.just(plain), st.just(plain), other)


_NONE: frozenset[str] = frozenset()
_EVERY = frozenset(["*"])

statuses = st.sampled_from(Status)
obligation_sets = _some(["attribution.record", "notice.licence", "share_alike"])
outbounds = st.none() | _some([SA, COPYLEFT, FREE])
alternatives = st.builds(Alternative, statuses, obligation_sets, outbounds)
values: st.SearchStrategy[Value] = st.frozensets(alternatives, min_size=1, max_size=3).map(prune)
acceptances = st.sampled_from([frozenset(), frozenset(["attribution.record"]), EVERYTHING]) | _some(OBLIGATIONS)

# --- uses --------------------------------------------------------------------------------------------------------

acts = st.sampled_from(ACTS) | st.sampled_from(["train.pretrain", "share.adapted"])
leaves_and_parents = acts | st.sampled_from(["train", "share"])
purposes = _mostly("commercial", st.sampled_from(PURPOSES))
applications = st.sampled_from([None, None, None, *PLAIN, *SENSITIVE, UNREGISTERED, "biometric"])
territories = st.just(_EVERY) | st.frozensets(st.sampled_from(["US", "DE"]), min_size=1)
instants = st.sampled_from(INSTANTS)

uses = st.builds(
    Use,
    acts=st.lists(acts, min_size=1, max_size=2, unique=True).map(tuple),
    purpose=purposes,
    as_of=_mostly(NOW, instants),
    application=applications,
    actor=_mostly("for_profit", st.sampled_from(ACTORS)),
    jurisdictions=territories,
    accepted=st.just(EVERYTHING) | acceptances,
    profile=_mostly("strict", st.sampled_from(PROFILES)),
)

# --- evidence ----------------------------------------------------------------------------------------------------

expressions = st.recursive(
    st.sampled_from([FREE, BY, SA, US]) | st.sampled_from(LICENSES),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=3,
)
_ends = _mostly(None, instants)
_layers = _mostly("", st.just("ancestor"))
_named = _some(["train", "share", "train.pretrain", "share.adapted"], 2)
_applied = _mostly(_NONE, _some([*PLAIN, "biometric.identify", "biometric"], 2))

_terms = {
    "acts": _mostly(_NONE, _named),
    "jurisdictions": _mostly(_EVERY, territories),
    "valid_from": _ends,
    "valid_until": _ends,
}

licences = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.sampled_from([3, 4, 5, 5, 5, 6]),
    bound_to=st.just("collection"),
    statement=st.sampled_from(["license", "license", "license", "compilation"]),
    expression=expressions,
    layer=_layers,
    **_terms,
)
reservations = st.builds(
    Evidence,
    kind=st.just("reservation"),
    tier=st.sampled_from([0, 1, 2, 3, 4, 4, 5]),
    bound_to=st.just("location"),
    statement=st.just("reserve"),
    purposes=_mostly(_NONE, _some(PURPOSES, 1)),
    applications=_applied,
    layer=_layers,
    **_terms,
)
conditions = st.builds(
    Evidence,
    kind=st.just("reservation"),
    tier=st.sampled_from([3, 4, 5]),
    bound_to=st.just("location"),
    statement=st.just("conditional"),
    obligations=_some(["attribution.record", "payment"]),
    layer=_layers,
    **_terms,
)
blockers = st.sampled_from([unreadable(3), unreadable(5), licensed(UNREVIEWED, 3), licensed(UNREVIEWED, 6)])
gates = st.sampled_from([gate("personal_data", 1), gate("unlawful", 0)])
restrictions = st.one_of(reservations, reservations, conditions, blockers, gates)
"""What may never widen anything: reservations, conditions, what cannot be read, gates."""

contracts = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.just(2),
    bound_to=st.just("work"),
    statement=st.just("contract"),
    purposes=_mostly(frozenset(["commercial"]), _some(PURPOSES)),
    applications=_applied,
    obligations=_mostly(_NONE, _some(["registration", "payment"])),
    actors=_mostly(_EVERY, _some(ACTORS)),
    stated_on=st.sampled_from([None, date(2015, 1, 1), date(2024, 1, 1)]),
    **{**_terms, "acts": _named},
)
statutes = st.builds(
    Evidence,
    kind=st.just("grant"),
    tier=st.just(7),
    bound_to=st.just("collection"),
    statement=st.just("statute"),
    basis=st.sampled_from(["EU-DSM-3", "EU-DSM-4", "JP-30-4"]),
    purposes=st.just(frozenset(["commercial", "research"])) | _some(PURPOSES),
    actors=st.just(frozenset(["research_org"])) | _some(ACTORS),
    **{**_terms, "acts": _named},
)
offers = contracts | statutes
"""What may never narrow anything: contracts (T2) and statutory bases (T7)."""

card_consents = st.builds(
    Evidence,
    kind=st.just("consent"),
    tier=st.just(1),
    bound_to=st.just("subject"),
    statement=st.just("consent"),
    purposes=_mostly(frozenset(["commercial"]), _some(PURPOSES)),
    applications=_applied,
    stated_on=st.sampled_from([None, date(2015, 1, 1), date(2024, 1, 1)]),
    **{**_terms, "acts": _named},
)
claims = st.one_of(licences, licences, licences, restrictions, offers, card_consents)
profiles: st.SearchStrategy[Profile] = st.one_of(
    st.just(frozenset([licensed(FREE)])),
    st.frozensets(licences, min_size=1, max_size=2),
    st.frozensets(claims, max_size=2),
    st.frozensets(claims, max_size=3),
)
_plainly = st.builds(licensed, st.sampled_from(LICENSES), tier=st.sampled_from([3, 5]), applications=_applied)
copies: st.SearchStrategy[Profile] = st.frozensets(_plainly, min_size=1, max_size=1) | profiles

# --- consent events, cases ---------------------------------------------------------------------------------------

refusals = st.sampled_from([WITHDRAWN, REFUSED, EXPIRED, TAKEDOWN])


def _event(kind: str, number: int, recorded: datetime, effective: datetime, **limits: Any) -> ConsentEvent:
    return ConsentEvent(
        event_id=f"{number:03}",
        kind=kind,
        selector="record",
        value="r1",
        recorded=recorded,
        effective=effective,
        **limits,
    )


_limits = {
    "acts": _mostly(_NONE, _named),
    "purposes": _mostly(_NONE, _some(PURPOSES, 1)),
    "applications": _applied,
}
refusing_events = st.builds(_event, refusals, st.integers(0, 999), instants, instants, **_limits)
grants = st.builds(
    _event,
    st.just(GIVEN),
    st.integers(0, 999),
    instants,
    instants,
    valid_until=_ends,
    **{**_limits, "acts": _named, "purposes": _mostly(frozenset(["commercial"]), _some(PURPOSES))},
)
events = grants | refusing_events
histories = st.lists(events, max_size=3)


@st.composite
def cases(draw: st.DrawFn, as_of: datetime = NOW, **fixed: Any) -> Case:
    """A record with what may match it: its profile, consent histories, exact copies, personal data. Most are plain."""

    def mostly(plain: Any, *others: Any) -> Any:
        return draw(st.sampled_from([plain] * (3 * len(others)) + list(others)))

    known: dict[str, Any] = {
        "profile": draw(profiles),
        "standings": _standings(draw(st.just([]) | st.lists(histories, max_size=1)), as_of),
        "copies": draw(st.just(frozenset[Profile]()) | st.frozensets(copies, max_size=2)),
        "copy_standings": _standings(draw(st.lists(histories, max_size=1)) if mostly(False, True) else [], as_of),
        "personal_data": mostly("no", "unknown", "yes", None),
        "legal_basis": mostly("contract", None),
        "pii_state": mostly("none_found", "redacted", "not_scanned", None),
        "own_copies": mostly(False, True),
        "near_withdrawn": mostly(False, True),
    }
    return Case(**{**known, **fixed})


@st.composite
def questions(draw: st.DrawFn, asked: st.SearchStrategy[Use] = uses, **fixed: Any) -> tuple[Case, Use]:
    """A record and a use that is asked of it, at one instant."""
    use = draw(asked)
    return draw(cases(use.as_of, **fixed)), use


def _standings(of: Iterable[list[ConsentEvent]], as_of: datetime) -> frozenset[Any]:
    return frozenset(found for found in (standing(history, as_of) for history in of) if found)
