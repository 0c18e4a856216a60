"""The source card, ``source.toml``: what the operator states about a source -> evidence. Floor 2: a table is handed in.

A card is the operator's statement (tier T5) about the folder that it lies in and all below, until another card. It
covers the contents unless it says ``covers = "compilation"``. The keys are a closed set; an unknown one is an error.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.notation.urls import ascii_host
from rightful.rights.bases import IN_THE_COPY, PROTOCOLS, RESULTS
from rightful.rights.columns import MAPPED, kept_names
from rightful.rights.consent import CAPACITIES, DATA_SUBJECT
from rightful.rights.persons import LEGAL_BASES
from rightful.rights.uses import ACTORS, EVERY, PURPOSES, Vocabulary, application_name, country
from rightful.signals.cards.guesses import Guess, Guesses, stored_guesses, unmarked, weighed

DETECTOR = "source-card/1"
AUTHORITIES = ("publisher", "collector")
COVERS = ("contents", "compilation")
OF_FILES = "files"
SCOPES = ("collection", OF_FILES)
"""Of what the licences of a collection speak: of all that is in it, or of the files that state none of their own."""
PERSONAL_DATA = ("yes", "no", "unknown")
LICENSE_FROM = ("statement", "scanner")
CONSENT_STATUS = ("given", "refused", "withdrawn", "expired", "unknown")
FIELD_NAMES = MAPPED

FILE_SCOPE = "file"
ID_SCOPES = (FILE_SCOPE, "source")
"""Of what the source's own ids are unique: of each of its files, or of the source as a whole."""

LATER_KEYS: Mapping[str, object] = {
    "purposes": [],
    "applications": [],
    "public_domain": None,
    "observed": [],
    "id_scope": FILE_SCOPE,
    "licenses": [],
    "not_rights": [],
    "not_notices": [],
    "corrections": [],
    "confirms": [],
    "guesses": [],
    "scope": "collection",
    "keep": [],
    "layout": None,
    "retain_until": None,
}
"""Keys that cards of earlier versions did not have, with what they say by default. One that says no more is left out of
what is kept of a card, so that a card which nobody changed keeps its digest."""


def source_id(name: str) -> str:
    """The id of the source of this name: lower case, words joined by ``-``; a name without letters is digested.

    An id is its own id, so a source can be named either way.

    >>> source_id("Letters of Mira, 2nd ed.")
    'letters-of-mira-2nd-ed'
    """
    slug = re.sub(r"[^\w.~+-]+", "-", name.casefold()).strip("-.")
    return slug or hashlib.sha256(name.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class CardConsent:
    """What the persons behind a source agreed to, and in which capacity (``rights.consent.CAPACITIES``).

    As data subjects it lifts the gate of personal data and is a ceiling; unnamed parts do not limit. As rights holders
    it is a grant, where it says to whom and until when.
    """

    status: str = "given"
    acts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    given_on: date | None = None
    valid_until: datetime | None = None
    party: str = ""
    receipt: str = ""
    given_by: tuple[str, ...] = (DATA_SUBJECT,)
    perpetual: bool = False


_LATER_CONSENT = ("given_by", "perpetual")
"""Keys that came later: a card that does not state them keeps the digest that it had before."""


@dataclass(frozen=True, slots=True)
class Contract:
    """An executed agreement with the rights holder: it grants what it names, for its period, and refuses ``excludes``."""

    party: str
    reference: str
    signed_on: date
    acts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    jurisdiction: frozenset[str] = frozenset({EVERY})
    obligations: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    perpetual: bool = False


@dataclass(frozen=True, slots=True)
class PublicDomain:
    """What a reviewer attests: whose works they are, of which year the term runs, and in which countries it has run out."""

    author: str
    country: frozenset[str]
    reviewer: str
    date: date
    year_of_death: int | None = None
    year_of_publication: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """Somebody looked for reservations at these protocols on a day, and what came of it (``rights.bases.RESULTS``).

    ``hosts`` and ``domains`` (with their subdomains) say what it is about; with neither it is about all of the source.
    """

    protocols: tuple[str, ...]
    result: str
    on: date
    by: str
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A source that this one was made from, with its licence where the card states it."""

    name: str
    license: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """Statements of rows that were read until a day were wrong: they bound no more. ``record`` is empty for all rows."""

    record: str
    on: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfLayout:
    """The layout that a card is completed by (:mod:`.layouts`), and the keys that are its: ``license``, ``derived_from[0]``,
    ``licenses.CC BY``. Unless ``confirmed`` it is a guess. ``by`` says who named it: the ``card``, an ``option``, or the
    ``columns`` of the data, by which it was recognised."""

    name: str
    version: int = 0
    keys: tuple[str, ...] = ()
    confirmed: bool = True
    by: str = "card"

    @property
    def place(self) -> str:
        """What its statements are called by in evidence."""
        return f"layout {self.name}"

    def states(self, guess: Guess) -> bool:
        """Whether a guess is of a value that is the layout's."""
        return any(Guess(guess.path[:n], guess.value).key in self.keys for n in (1, 2))


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A checked card. ``carded`` is False for the stand-in where a file has no card: nothing is stated.

    ``licenses`` maps strings of the source's rows to expressions, ``not_rights`` columns that say nothing of rights to the
    reason why; so does ``not_notices`` with phrases that are no notice of these works. ``confirms`` are files below the folder
    of the card whose statements are the operator's own. ``guesses`` are the values that nobody confirmed (:mod:`.guesses`); the
    other fields have what counts of them. ``keep`` are the columns that are kept beside those of ``fields``. After
    ``retain_until`` its records leave no more, and their texts go when the store is compacted.
    """

    name: str
    url: str = ""
    publisher: str = ""
    authority: str = "collector"
    license: str | tuple[str, ...] | None = None
    license_from: str = "statement"
    derived_from: tuple[Ancestor, ...] = ()
    legal_basis: str = ""
    covers: str = "contents"
    scope: str = "collection"
    collected_at: date | None = None
    collected_for: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    personal_data: str = "unknown"
    jurisdiction: frozenset[str] = frozenset({EVERY})
    purposes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    consent: CardConsent | None = None
    contracts: tuple[Contract, ...] = ()
    public_domain: PublicDomain | None = None
    observed: tuple[Observed, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    id_scope: str = FILE_SCOPE
    licenses: tuple[tuple[str, str], ...] = ()
    not_rights: tuple[tuple[str, str], ...] = ()
    not_notices: tuple[tuple[str, str], ...] = ()
    corrections: tuple[Correction, ...] = ()
    confirms: tuple[str, ...] = ()
    guesses: Guesses = ()
    keep: tuple[str, ...] = ()
    layout: OfLayout | None = None
    retain_until: datetime | None = None
    carded: bool = True
    place: str = field(default="", compare=False)

    @property
    def source_id(self) -> str:
        """The name as an identifier, see :func:`source_id`."""
        return source_id(self.name)

    @property
    def own_guesses(self) -> Guesses:
        """The guesses that stand in the card itself, and not in the layout that it is completed by."""
        return tuple(guess for guess in self.guesses if self.layout is None or not self.layout.states(guess))

    def as_json(self) -> dict[str, Any]:
        """The card as plain JSON, without the place that it was read from."""
        plain = json.loads(json.dumps(asdict(self), default=_plain, sort_keys=True))
        if self.consent is not None:
            defaults = {f.name: f.default for f in fields(CardConsent) if f.name in _LATER_CONSENT}
            plain["consent"] = {
                k: v
                for k, v in plain["consent"].items()
                if k not in defaults or v != json.loads(json.dumps(defaults[k]))
            }
        return {k: v for k, v in plain.items() if k != "place" and not (k in LATER_KEYS and v == LATER_KEYS[k])}

    @property
    def digest(self) -> str:
        """The identity of what the card states."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:32]


def card_of(data: Mapping[str, Any], place: str, vocabulary: Vocabulary, layout: OfLayout | None = None) -> SourceCard:
    """A checked card from the table of a ``source.toml``. ``place`` is the file, for errors; ``layout`` is the one that the
    table was completed by.

    Raises :class:`InputError` naming file and key.
    """
    stated, guesses = unmarked(data, place)
    check = _Check(stated, place)
    check.keys({f.name for f in fields(SourceCard)} - {"carded", "place", "id_scope", "not_rights", "guesses", "keep"})
    name = check.text("name")
    if not name:
        raise InputError("a source card needs a name", subject=place, hint='write name = "..."')
    card = SourceCard(
        name=name,
        url=check.text("url"),
        publisher=check.text("publisher"),
        authority=check.one_of("authority", AUTHORITIES, "collector"),
        license=check.license("license"),
        license_from=check.one_of("license_from", LICENSE_FROM, "statement"),
        derived_from=_ancestors(check, name),
        legal_basis=_legal_basis(check),
        covers=check.one_of("covers", COVERS, "contents"),
        scope=check.one_of("scope", SCOPES, "collection"),
        collected_at=check.day("collected_at"),
        collected_for=check.texts("collected_for"),
        valid_from=check.instant("valid_from"),
        valid_until=check.instant("valid_until", through=True),
        personal_data=check.one_of("personal_data", PERSONAL_DATA, "unknown"),
        jurisdiction=_jurisdiction(check),
        purposes=check.words("purposes", PURPOSES),
        applications=check.applications("applications"),
        consent=_consent(check, vocabulary),
        contracts=_contracts(check, vocabulary),
        public_domain=_public_domain(check),
        observed=_observed(check),
        fields=_fields(check),
        keep=_keep(check),
        id_scope=_id_scope(check),
        licenses=_pairs(check, "licenses", "an expression"),
        not_rights=_pairs(_fields_table(check), "not_rights", "why the column does not speak of rights"),
        not_notices=_pairs(check, "not_notices", "why the phrase is no notice of these works"),
        corrections=_corrections(check),
        confirms=_confirms(check),
        layout=layout or (OfLayout(check.text("layout")) if check.text("layout") else None),
        retain_until=check.instant("retain_until", through=True),
        place=place,
    )
    return weighed(card, guesses)


def stored_card(data: Mapping[str, Any]) -> SourceCard:
    """A card from its :meth:`SourceCard.as_json` form."""
    values = dict(data)
    values["license"] = tuple(data["license"]) if isinstance(data["license"], list) else data["license"]
    values["derived_from"] = tuple(
        Ancestor(a["name"], tuple(a["license"]) if isinstance(a["license"], list) else a["license"])
        for a in data["derived_from"]
    )
    values["collected_at"] = date.fromisoformat(data["collected_at"]) if data["collected_at"] else None
    for name in ("collected_for", "purposes", "applications", "confirms", "keep"):
        values[name] = tuple(data.get(name, ()))
    values["jurisdiction"] = frozenset(data["jurisdiction"])
    for name in ("fields", "licenses", "not_rights", "not_notices"):
        values[name] = tuple((k, v) for k, v in data.get(name, ()))
    for name in ("valid_from", "valid_until", "retain_until"):
        values[name] = datetime.fromisoformat(data[name]) if data.get(name) else None
    if data["consent"] is not None:
        c = dict(data["consent"])
        for name in ("acts", "purposes", "applications", "given_by"):
            c[name] = tuple(c.get(name, (DATA_SUBJECT,)))
        c["given_on"] = date.fromisoformat(c["given_on"]) if c["given_on"] else None
        c["valid_until"] = datetime.fromisoformat(c["valid_until"]) if c["valid_until"] else None
        values["consent"] = CardConsent(**c)
    values["contracts"] = tuple(_stored_contract(c) for c in data.get("contracts", ()))
    if data.get("public_domain"):
        p = data["public_domain"]
        values["public_domain"] = PublicDomain(
            **{**p, "country": frozenset(p["country"]), "date": date.fromisoformat(p["date"])}
        )
    values["observed"] = tuple(_stored_look(o) for o in data.get("observed", ()))
    values["corrections"] = tuple(
        Correction(**{**c, "on": date.fromisoformat(c["on"])}) for c in data.get("corrections", ())
    )
    values["guesses"] = stored_guesses(data.get("guesses", ()))
    if data.get("layout"):
        values["layout"] = OfLayout(**{**data["layout"], "keys": tuple(data["layout"]["keys"])})
    return SourceCard(**values)


def _stored_contract(data: Mapping[str, Any]) -> Contract:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    values["jurisdiction"] = frozenset(data["jurisdiction"])
    values["signed_on"] = date.fromisoformat(data["signed_on"])
    for name in ("valid_from", "valid_until"):
        values[name] = datetime.fromisoformat(data[name]) if data[name] else None
    return Contract(**values)


def _stored_look(data: Mapping[str, Any]) -> Observed:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Observed(**{**values, "on": date.fromisoformat(data["on"])})


def _ancestors(check: _Check, own: str) -> tuple[Ancestor, ...]:
    """The sources that this one was made from. One that has the id of the source itself would be no ancestor: an error."""
    raw = check.data.get("derived_from", [])
    ancestors: list[Ancestor] = []
    for entry in [raw] if isinstance(raw, str | dict) else raw if isinstance(raw, list) else [None]:
        named = entry.get("name") if isinstance(entry, dict) else entry
        if not isinstance(named, str) or not named.strip():
            raise check.wrong("derived_from", "source names or tables with name and license", entry)
        if source_id(named.strip()) == source_id(own):
            raise InputError(
                f"derived_from names the source itself: {named.strip()!r} has the id {source_id(own)!r}",
                subject=f"{check.place}, key derived_from",
                hint="name the source that it was made from, or give this one a name of its own",
            )
        if isinstance(entry, dict):
            inner = _Check(entry, check.place, "derived_from.")
            inner.keys({"name", "license"})
            ancestors.append(Ancestor(inner.text("name"), inner.license("license")))
        else:
            ancestors.append(Ancestor(named.strip()))
    return tuple(ancestors)


def _jurisdiction(check: _Check, key: str = "jurisdiction") -> frozenset[str]:
    countries = set()
    for code in check.texts(key):
        try:
            countries.add(country(code))
        except InputError as error:
            subject = f"{check.place}, key {check.prefix}{key}"
            raise InputError(error.message, subject=subject, hint=error.hint) from None
    return frozenset(countries) or frozenset({EVERY})


def _legal_basis(check: _Check) -> str:
    stated = check.text("legal_basis")
    if "legal_basis" in check.data and stated not in LEGAL_BASES:
        raise InputError(
            f"legal_basis {stated!r} is not one of {', '.join(LEGAL_BASES)}",
            subject=f"{check.place}, key legal_basis",
            hint="name the basis that was assessed, or leave the key out: there is none then",
        )
    return stated


def _consent(check: _Check, vocabulary: Vocabulary) -> CardConsent | None:
    raw = check.data.get("consent")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise check.wrong("consent", "a table", raw)
    inner = _Check(raw, check.place, "consent.")
    inner.keys({f.name for f in fields(CardConsent)})
    return CardConsent(
        status=inner.one_of("status", CONSENT_STATUS, "given"),
        acts=inner.acts("acts", vocabulary),
        purposes=inner.words("purposes", PURPOSES),
        applications=inner.applications("applications"),
        given_on=inner.day("given_on"),
        valid_until=inner.instant("valid_until", through=True),
        party=inner.text("party"),
        receipt=inner.text("receipt"),
        given_by=tuple(sorted(set(inner.words("given_by", CAPACITIES)))) or (DATA_SUBJECT,),
        perpetual=inner.truth("perpetual"),
    )


def _public_domain(check: _Check) -> PublicDomain | None:
    """An attested claim: without author, year, country, reviewer and date it attests nothing, and that is an error."""
    raw = check.data.get("public_domain")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise check.wrong("public_domain", "a table", raw)
    inner = _Check(raw, check.place, "public_domain.")
    inner.keys({f.name for f in fields(PublicDomain)})
    author, reviewer, on = inner.text("author"), inner.text("reviewer"), inner.day("date")
    countries = _jurisdiction(inner, "country") if raw.get("country") else frozenset[str]()
    died, published = inner.year("year_of_death"), inner.year("year_of_publication")
    for key, stated in (("author", author), ("reviewer", reviewer), ("date", on), ("country", countries)):
        if not stated:
            raise InputError(f"a claim of public domain needs {inner.prefix}{key}", subject=check.place)
    if EVERY in countries:
        hint = "terms of protection run by country: name those that were looked up"
        raise InputError(f"{inner.prefix}country cannot be {EVERY!r}", subject=check.place, hint=hint)
    if died is None and published is None:
        why = f"a claim of public domain needs {inner.prefix}year_of_death or {inner.prefix}year_of_publication"
        raise InputError(why, subject=check.place)
    assert on is not None
    for key, year in (("year_of_death", died), ("year_of_publication", published)):
        if year is not None and year > on.year:
            raise inner.wrong(key, f"a year that was over at the review ({on.isoformat()})", year)
    return PublicDomain(author, countries, reviewer, on, died, published, inner.text("note"))


def _contracts(check: _Check, vocabulary: Vocabulary) -> tuple[Contract, ...]:
    return tuple(_contract(inner, vocabulary) for inner in check.tables("contracts", "a list of tables"))


def _contract(inner: _Check, vocabulary: Vocabulary) -> Contract:
    """A contract names act, party and period: without one of these it is none, and that is an error."""
    inner.keys({f.name for f in fields(Contract)})
    party, reference, signed = inner.text("party"), inner.text("reference"), inner.day("signed_on")
    for key, value in (("party", party), ("reference", reference), ("signed_on", signed)):
        if not value:
            raise InputError(f"a contract needs {inner.prefix}{key}", subject=inner.place)
    perpetual = inner.truth("perpetual")
    until = inner.instant("valid_until", through=True)
    if (until is None) is not perpetual:
        raise InputError(
            f"a contract has either {inner.prefix}valid_until or perpetual = true",
            subject=inner.place,
            hint="write valid_until = 2027-12-31",
        )
    acts, excludes = inner.acts("acts", vocabulary), inner.acts("excludes", vocabulary)
    if not (acts or excludes):
        raise InputError(f"a contract names {inner.prefix}acts that it grants or excludes", subject=inner.place)
    purposes = inner.words("purposes", PURPOSES)
    if acts and not purposes:
        raise InputError(
            f"a contract that grants names {inner.prefix}purposes",
            subject=inner.place,
            hint='write purposes = ["commercial"]',
        )
    assert signed is not None
    return Contract(
        party=party,
        reference=reference,
        signed_on=signed,
        acts=acts,
        purposes=purposes,
        applications=inner.applications("applications"),
        actors=inner.words("actors", ACTORS),
        jurisdiction=_jurisdiction(inner),
        obligations=inner.words("obligations", vocabulary.obligations),
        excludes=excludes,
        valid_from=inner.instant("valid_from"),
        valid_until=until,
        perpetual=perpetual,
    )


def _observed(check: _Check) -> tuple[Observed, ...]:
    return tuple(map(_look, check.tables("observed", "a list of tables ([[observed]])")))


def _look(inner: _Check) -> Observed:
    """An observation names what was looked at, what came of it, when and by whom: without one of these it is none."""
    inner.keys({f.name for f in fields(Observed)})
    protocols, by, on = inner.words("protocols", PROTOCOLS), inner.text("by"), inner.day("on")
    for key, value, hint in (
        ("protocols", protocols, 'write protocols = ["robots", "tdmrep", "headers", "html"], or ["copy"]'),
        ("result", inner.data.get("result"), 'write result = "absent", or one of ' + ", ".join(RESULTS)),
        ("on", on, "write the day: on = 2026-11-21"),
        ("by", by, 'write who looked: by = "..."'),
    ):
        if not value:
            raise InputError(f"an observation needs {inner.prefix}{key}", subject=inner.place, hint=hint)
    hosts, domains = _hosts(inner, "hosts"), _hosts(inner, "domains")
    if IN_THE_COPY in protocols and (hosts or domains):
        raise InputError(
            f"{inner.prefix}protocols has {IN_THE_COPY!r}, which is at no host",
            subject=inner.place,
            hint="state what was looked at in the copy at hand in an [[observed]] of its own, without hosts or domains",
        )
    assert on is not None
    return Observed(protocols, inner.one_of("result", tuple(RESULTS), ""), on, by, hosts, domains)


def _hosts(inner: _Check, key: str) -> tuple[str, ...]:
    """Names of hosts in the form in which they stand in records."""
    hosts = []
    for name in inner.texts(key):
        host = ascii_host(name.removesuffix("."))
        if not host or re.search(r"[^a-z0-9._:-]|\.\.|^[.-]", host):
            hint = "write example.org; a host has no scheme, port or path, and the subdomains of a domain need no *"
            raise InputError(f"{name!r} is not a host", subject=f"{inner.place}, key {inner.prefix}{key}", hint=hint)
        hosts.append(host)
    return tuple(dict.fromkeys(hosts))


def _fields(check: _Check) -> tuple[tuple[str, str], ...]:
    inner = _fields_table(check)
    return tuple((name, inner.text(name)) for name in FIELD_NAMES if name in inner.data)


def _keep(check: _Check) -> tuple[str, ...]:
    inner = _fields_table(check)
    try:
        keep = kept_names(inner.data.get("keep")) or ()
    except InputError as error:
        raise InputError(f"fields.keep {error.message}", subject=check.place, hint=error.hint) from None
    if inner.text("subject") in keep:
        raise InputError("fields.keep names the subject, which is stored as a keyed hash alone", subject=check.place)
    return keep


def _corrections(check: _Check) -> tuple[Correction, ...]:
    return tuple(map(_correction, check.tables("corrections", "a list of tables ([[corrections]])")))


def _correction(inner: _Check) -> Correction:
    """A correction names a record or all of them, the day, who says so and why: without one of these it is none."""
    inner.keys({"record", "all", "on", "by", "reason", "why"})
    every, record = inner.data.get("all", False), inner.text("record")
    if not isinstance(every, bool):
        raise inner.wrong("all", "true or false", every)
    if record.casefold() == "all":
        every, record = True, ""
    if every is bool(record):
        raise InputError(
            f"a correction has either {inner.prefix}record or {inner.prefix}all = true",
            subject=inner.place,
            hint="write the id or the address of the row, or all = true",
        )
    on, by, reason = inner.day("on"), inner.text("by"), inner.text("reason") or inner.text("why")
    for key, value in (("on", on), ("by", by), ("reason", reason)):
        if not value:
            raise InputError(f"a correction needs {inner.prefix}{key}", subject=inner.place)
    assert on is not None
    return Correction(record, on, by, reason)


def _confirms(check: _Check) -> tuple[str, ...]:
    """Files by their way from the folder of the card, with slashes."""
    files = check.texts("confirms")
    for name in files:
        steps = name.split("/")
        if "\\" in name or any(step in ("", ".", "..") for step in steps):
            raise InputError(
                f"{name!r} does not lie below the folder of the card",
                subject=f"{check.place}, key confirms",
                hint='write the way from that folder: confirms = ["README.md"]',
            )
    return tuple(dict.fromkeys(files))


def _id_scope(check: _Check) -> str:
    return _fields_table(check).one_of("id_scope", ID_SCOPES, FILE_SCOPE)


def _fields_table(check: _Check) -> _Check:
    raw = check.data.get("fields", {})
    if not isinstance(raw, dict):
        raise check.wrong("fields", "a table", raw)
    inner = _Check(raw, check.place, "fields.")
    inner.keys({*FIELD_NAMES, "id_scope", "not_rights", "keep"})
    return inner


def _pairs(check: _Check, key: str, what: str) -> tuple[tuple[str, str], ...]:
    """A table of strings by name, in the order of the names: ``what`` is what each of them is."""
    raw = check.data.get(key, {})
    if not isinstance(raw, dict):
        raise check.wrong(key, "a table", raw)
    for name, text in raw.items():
        if not isinstance(text, str) or not text.strip() or not name.strip():
            raise InputError(
                f"{check.prefix}{key}.{name} must be a string that says {what}, not {text!r}", subject=check.place
            )
    return tuple((name.strip(), text.strip()) for name, text in sorted(raw.items()))


@dataclass(frozen=True, slots=True)
class _Check:
    """Reads the keys of one table and says which key of which file is wrong."""

    data: Mapping[str, Any]
    place: str
    prefix: str = ""

    def keys(self, known: Iterable[str]) -> None:
        names = set(known)
        for key in self.data:
            if key not in names:
                raise UnknownName.of("key", self.prefix + key, [self.prefix + n for n in names], subject=self.place)

    def tables(self, key: str, expected: str) -> list[_Check]:
        """The tables of a list, each called by its number."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, expected, value)
        return [_Check(entry, self.place, f"{self.prefix}{key}[{number}].") for number, entry in enumerate(value)]

    def wrong(self, key: str, expected: str, value: object) -> InputError:
        return InputError(f"{self.prefix}{key} must be {expected}, not {value!r}", subject=self.place)

    def text(self, key: str) -> str:
        value = self.data.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, "a string", value)
        return value.strip()

    def truth(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(t, str) and t.strip() for t in value):
            raise self.wrong(key, "a list of strings", value)
        return tuple(t.strip() for t in value)

    def words(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        """A list of words of ``known``."""
        words = self.texts(key)
        for word in words:
            if word not in known:
                raise UnknownName.of(
                    key.removesuffix("s"), word, known, subject=f"{self.place}, key {self.prefix}{key}"
                )
        return words

    def acts(self, key: str, vocabulary: Vocabulary) -> tuple[str, ...]:
        acts = self.texts(key)
        for act in acts:
            try:
                vocabulary.leaves(act)
            except UnknownName as unknown:
                subject = f"{self.place}, key {self.prefix}{key}"
                raise UnknownName(unknown.message, subject=subject, hint=unknown.hint) from None
        return acts

    def applications(self, key: str) -> tuple[str, ...]:
        names = self.texts(key)
        for application in names:
            try:
                application_name(application if application != EVERY else None)
            except InputError as error:
                subject = f"{self.place}, key {self.prefix}{key}"
                raise InputError(error.message, subject=subject, hint=error.hint) from None
        return names

    def license(self, key: str) -> str | tuple[str, ...] | None:
        value = self.data.get(key)
        return value.strip() if isinstance(value, str) else (self.texts(key) if value is not None else None)

    def one_of(self, key: str, known: tuple[str, ...], default: str) -> str:
        value = self.data.get(key, default)
        if value not in known:
            raise UnknownName.of(f"value of {self.prefix}{key}", str(value), known, subject=self.place)
        return str(value)

    def year(self, key: str) -> int | None:
        value = self.data.get(key)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not -3_000 <= value <= 9_999
        ):
            raise self.wrong(key, "a year such as 1899", value)
        return value

    def day(self, key: str) -> date | None:
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                raise self.wrong(key, "a date such as 2026-11-21", value) from None
        if isinstance(value, datetime):
            value = value.date()
        if not isinstance(value, date):
            raise self.wrong(key, "a date such as 2026-11-21", value)
        return value

    def instant(self, key: str, *, through: bool = False) -> datetime | None:
        """An instant in UTC. A date alone is its first instant, or, with ``through``, the end of that day."""
        value = self.data.get(key)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value) if "T" in value or " " in value else date.fromisoformat(value)
            except ValueError:
                raise self.wrong(key, "a date, or a time with its zone", value) from None
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.wrong(key, "a date, or a time with its zone such as 2026-11-21T00:00:00Z", value.isoformat())
        elif value is not None and not isinstance(value, date):
            raise self.wrong(key, "a date, or a time with its zone", value)
        try:
            if isinstance(value, datetime):
                return value.astimezone(UTC)
            start = None if value is None else datetime.combine(value, time(), UTC)
            return start + timedelta(days=1) if start is not None and through else start
        except OverflowError:
            raise self.wrong(key, "within the years 1 to 9999 in UTC, last day excepted", str(value)) from None


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a source card")
