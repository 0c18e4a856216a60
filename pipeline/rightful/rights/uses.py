"""What somebody wants to do: acts, purposes, applications, obligations, and the request made of them.

Floor 1: pure. Law 2. The words themselves are data (``licenses/_vocabulary.toml``); this module says what they mean to
each other: how a parent expands, what a grant of a parent covers, which application is sensitive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from rightful.errors import InputError, UnknownName, did_you_mean
from rightful.rights.undertakings import REDACTION, options_for, redacted, redactions, undertakings, words

PURPOSES = ("commercial", "noncommercial", "research")
ACTORS = ("for_profit", "research_org", "public")
RESEARCHERS = ("research_org", "public")
"""The actors that can ask for the purpose ``research``: scientific research by a qualifying body."""
PROFILES = ("strict", "cc-guidance", "lenient")
ACT_FAMILIES = ("store", "mine", "index", "infer", "train", "eval", "label", "synth", "share", "serve", "use")
"""The first words of acts: each means all acts below it."""
EVERY = "*"
"""As an act, purpose or application of a statement: all of them, future ones included. As a jurisdiction: everywhere."""


EU = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split())
"""The member states that ``EU`` means as a jurisdiction (2026)."""

COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC"
    " CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD"
    " GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH"
    " KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW"
    " MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC"
    " SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY"
    " UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW".split()
)
"""The officially assigned codes of ISO 3166-1 (2026), and XK. A code outside them names no place: no grant reaches it."""


@dataclass(frozen=True, slots=True)
class Act:
    """A leaf act. ``known_from`` is the real-world date of the practice, not of our file."""

    id: str
    summary: str
    known_from: date


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something whoever exports must do. A precondition needs a reference, for who asks for it."""

    id: str
    summary: str
    trigger: str
    precondition: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Obligations that one does together; accepting its id accepts them."""

    id: str
    summary: str
    obligations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """What the trained thing is for."""

    id: str
    summary: str
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Statute:
    """A statutory basis that an operator may declare; never inferred. It reaches no further than is said here.

    ``actors`` empty means anybody; otherwise one of them has to be named by the operator. ``defeated`` is True where a
    reservation of a requested act takes it away; ``lawful_access`` where the operator has to declare that.
    """

    id: str
    summary: str
    source: str
    territory: frozenset[str]
    acts: frozenset[str]
    purposes: frozenset[str]
    actors: frozenset[str]
    defeated: bool
    lawful_access: bool
    since: date


@dataclass(frozen=True, slots=True)
class Scheme:
    """Another vocabulary, whose terms we read: AIPREF, DUO, ..."""

    id: str
    name: str
    summary: str
    url: str


@dataclass(frozen=True, slots=True)
class Term:
    """One reading of a term of a scheme, for one value (empty where the term stands alone); see ``rights.terms``.

    ``acts``, ``applications`` and ``obligations`` may be parents. ``whole`` is False where it says more than our words
    can: whoever reads it must not take it for less. ``until`` is when a newer text replaced ``versions``.
    ``wider_than`` names the terms of the scheme that it encompasses: it never reserves less than they do.
    """

    scheme: str
    term: str
    value: str
    states: str
    versions: tuple[str, ...]
    since: date
    source: str
    until: date | None = None
    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    obligations: frozenset[str] = frozenset()
    consent: str = ""
    whole: bool = True
    note: str = ""
    wider_than: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a request and of a licence, and the terms of others that mean them, in the order of their files.

    ``purposes`` and ``actors`` say what each of :data:`PURPOSES` and :data:`ACTORS` means.
    """

    version: str
    acts: Mapping[str, Act]
    obligations: Mapping[str, Obligation]
    applications: Mapping[str, Application]
    statutes: Mapping[str, Statute] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    bundles: Mapping[str, Bundle] = field(default_factory=dict)

    def leaves(self, act: str) -> tuple[str, ...]:
        """The leaf acts that ``act`` means in a request, in vocabulary order. Raises :class:`UnknownName`.

        >>> # vocabulary.leaves("share") -> ("share.ids", "share.verbatim", "share.adapted", "share.weights")
        """
        under = tuple(leaf for leaf in self.acts if act == EVERY or covers(act, leaf))
        if not under:
            raise UnknownName.of("use", act, [*self.acts, *parents(self.acts)])
        return under

    def obligations_under(self, name: str) -> tuple[str, ...]:
        """The obligations that accepting ``name`` accepts: a bundle those listed, a parent its children.

        Raises :class:`UnknownName`.
        """
        if name in self.bundles:
            return self.bundles[name].obligations
        under = tuple(o for o in self.obligations if covers(name, o))
        if not under:
            known = ["all", *self.bundles, *self.obligations, *parents(self.obligations)]
            raise UnknownName.of("obligation", name, known)
        return under

    def options_for(self, owed: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """The options that accept what is owed, with bundles where they are shorter."""
        return options_for(owed, {name: bundle.obligations for name, bundle in self.bundles.items()})

    def plain_applications(self) -> tuple[str, ...]:
        """The registered applications that are not sensitive: what a request without an application asks for."""
        return tuple(a.id for a in self.applications.values() if not a.sensitive)

    def is_sensitive(self, application: str) -> bool:
        """True for the sensitive set (by dotted prefix) and for an application that is not registered."""
        registered = [a for a in self.applications.values() if covers(a.id, application)]
        return not registered or any(a.sensitive for a in registered)


@dataclass(frozen=True, slots=True)
class Use:
    """A request: leaf acts, a purpose, and who asks for what, where, under which undertakings. Every default is the strictest."""

    acts: tuple[str, ...]
    purpose: str
    as_of: datetime
    application: str | None = None
    actor: str = "for_profit"
    jurisdictions: frozenset[str] = frozenset({EVERY})
    accepted: frozenset[str] = frozenset()
    references: tuple[tuple[str, str], ...] = ()
    profile: str = "strict"
    requested: tuple[str, ...] = field(default=(), compare=False)
    doubts: tuple[str, ...] = field(default=(), compare=False)
    """What was probably meant otherwise, in sentences. The request stands as it is written."""

    def as_json(self) -> dict[str, object]:
        """The request as it stands in answers and manifests (the leaves, once expanded)."""
        return {
            "acts": list(self.acts),
            "asked": list(self.requested or self.acts),
            "purpose": self.purpose,
            "application": self.application,
            "actor": self.actor,
            "jurisdictions": sorted(self.jurisdictions),
            "accept": [word for word in words(self.accepted) if word != REDACTION],
            "redact": redacted(self.accepted),
            "references": dict(self.references),
            "profile": self.profile,
            **({"doubts": list(self.doubts)} if self.doubts else {}),
        }


def use_of(
    vocabulary: Vocabulary,
    acts: Iterable[str],
    *,
    as_of: datetime,
    purpose: str = "commercial",
    application: str | None = None,
    actor: str = "for_profit",
    jurisdictions: Iterable[str] = (),
    accept: Iterable[str] = (),
    profile: str = "strict",
    license_id: Callable[[str], str] | None = None,
) -> Use:
    """A checked request. A parent act means all its leaves; ``accept="all"`` accepts all but preconditions.

    ``license_id`` knows the licences that ask for preconditions, under any of their names. Raises :class:`InputError` (no act,
    unknown word, a precondition that does not say who asks and where it was met, a naive ``as_of``).
    """
    requested = tuple(dict.fromkeys(acts))
    if not requested:
        raise InputError("no use named", hint="name one with --use, for example --use train.pretrain")
    wanted = {leaf for act in requested for leaf in vocabulary.leaves(act)}
    accepted, references = undertakings(vocabulary, accept, license_id)
    if purpose == "research" and actor not in RESEARCHERS:
        raise InputError(
            f"research is scientific research by a qualifying body, and the actor is {actor}",
            subject="--purpose research",
            hint="say who does it: --actor research_org or --actor public, or actor in policy.toml; what is done for profit"
            " without commercial aim is --purpose noncommercial",
        )
    if as_of.tzinfo is None:
        raise InputError(f"as_of {as_of.isoformat()} has no time zone", hint="write 2026-11-21T00:00:00Z")
    return Use(
        acts=tuple(leaf for leaf in vocabulary.acts if leaf in wanted),
        requested=requested,
        purpose=one_of("purpose", purpose, PURPOSES),
        application=application_name(application),
        actor=one_of("actor", actor, ACTORS),
        jurisdictions=frozenset(country(j) for j in jurisdictions) or frozenset({EVERY}),
        accepted=accepted,
        references=references,
        profile=one_of("reading", profile, PROFILES),
        as_of=as_of.astimezone(UTC),
        doubts=_doubts(application, vocabulary),
    )


def _doubts(application: str | None, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Whether an application that is not registered is nearly one that is."""
    if application is None or any(covers(a, application) for a in vocabulary.applications):
        return ()
    meant = did_you_mean(application, vocabulary.applications, limit=0)
    if not meant.startswith("did you mean"):
        return ()
    return (f"application {application!r} is not registered, so it counts as sensitive; {meant}",)


def redacting(use: Use, types: Iterable[str]) -> Use:
    """The same request of texts out of which personal data of these types are taken."""
    return replace(use, accepted=use.accepted | redactions(types))


def with_purpose(use: Use, purpose: str) -> tuple[tuple[str, str], ...]:
    """The options that ask for the same for another purpose: research needs a qualifying actor."""
    if purpose == "research" and use.actor not in RESEARCHERS:
        return ("purpose", purpose), ("actor", RESEARCHERS[0])
    return (("purpose", purpose),)


def covers(pattern: str, name: str) -> bool:
    """True when ``pattern`` is ``name`` or a dotted parent of it."""
    return pattern in (name, EVERY) or name.startswith(pattern + ".")


def covered(patterns: Iterable[str], name: str) -> bool:
    """True when any of ``patterns`` covers ``name``."""
    return any(covers(p, name) for p in patterns)


def reaches(granted: frozenset[str], wanted: frozenset[str]) -> bool:
    """True when a grant for the jurisdictions ``granted`` covers all that are asked; ``*`` is everywhere."""
    return EVERY in granted or (EVERY not in wanted and _places(wanted) <= _places(granted))


def touches(reserved: frozenset[str], wanted: frozenset[str]) -> bool:
    """True when a refusal for the jurisdictions ``reserved`` (none named: all) touches one that is asked."""
    return not reserved or EVERY in reserved or EVERY in wanted or bool(_places(reserved) & _places(wanted))


def common(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The jurisdictions that two grants both reach."""
    if EVERY in one or EVERY in other:
        return other if EVERY in one else one
    return _places(one) & _places(other)


def _places(codes: frozenset[str]) -> frozenset[str]:
    return (codes - {"EU"}) | EU if "EU" in codes else codes


def asks_for(use: Use, application: str, vocabulary: Vocabulary) -> bool:
    """True when the use asks for (a part of) ``application``; one that names none asks for all that are not sensitive."""
    if application == EVERY:
        return True
    if use.application is None:
        return not vocabulary.is_sensitive(application) or any(
            covers(application, a) for a in vocabulary.plain_applications()
        )
    return covers(application, use.application) or covers(use.application, application)


def reaches_application(granted: frozenset[str], use: Use, vocabulary: Vocabulary) -> bool:
    """True when a grant limited to ``granted`` applications (empty or ``*``: not limited) covers the one that is asked.

    A broad grant never reaches a sensitive application; a grant that is limited never covers a use that names none.
    """
    broad = not granted or EVERY in granted
    if use.application is None:
        return broad
    if broad and not vocabulary.is_sensitive(use.application):
        return True
    return covered(granted - {EVERY}, use.application)


def parents(names: Iterable[str]) -> tuple[str, ...]:
    """The dotted parents of ``names``: ``train`` for ``train.pretrain``."""
    return tuple(dict.fromkeys(n.rsplit(".", 1)[0] for n in names if "." in n))


def one_of(kind: str, name: str, known: tuple[str, ...]) -> str:
    """``name`` when it is one of ``known``; raises :class:`UnknownName` otherwise."""
    if name not in known:
        raise UnknownName.of(kind, name, known)
    return name


def application_name(name: str | None) -> str | None:
    """An application as it may be written, registered or not. Raises :class:`InputError`."""
    if name is None or re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", name):
        return name
    raise InputError(
        f"application {name!r} is not a dotted name in lower case", hint="write translation or biometric.identify"
    )


def country(code: str) -> str:
    """A jurisdiction as it may be asked or stated: a country, ``EU`` or ``*``. Raises :class:`InputError`."""
    place = code.strip().upper()
    if place == EVERY or place == "EU" or place in COUNTRIES:
        return place
    meant = {"UK": "GB", "EL": "GR"}.get(place)
    hint = f"did you mean {meant!r}?" if meant else "write DE, US, EU, ... (ISO 3166-1)"
    raise InputError(f"jurisdiction {code!r} is not the code of a country", hint=hint)
