"""The operator's standing policy, ``STORE/policy.toml``: undertakings, statutory bases, and a signature. Floor 5. Law 16.

A request takes from the policy what it does not say itself; what it accepts is added to what the policy accepts. Two
things bear on the decision itself, statutory bases and ``copies = "own"``: both need a signature that names who
answers for them and until when, and that digests what was signed. A signed policy counts for nothing outside its period.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.notation.times import instant, last, through
from rightful.notation.toml import toml_of
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.expression import Names, license_id
from rightful.rights.undertakings import undertakings
from rightful.rights.uses import ACTORS, PURPOSES, Statute, Use, Vocabulary, country, reaches, use_of
from rightful.signals.cards.observed import MOST_DAYS
from rightful.signals.cards.source_card import source_id
from rightful.store.layout import publish
from rightful.store.toml import read_bytes

UNDERTAKINGS = ("purpose", "application", "actor", "jurisdiction", "accept", "profile")
KEYS = (*UNDERTAKINGS, "copies", "publishers", "observed_within", "basis", "signature")
OBSERVED_WITHIN = 365
"""Days for which it counts that somebody looked for a reservation, where the policy says nothing else."""
_DAYS = re.compile(r"(\d{1,6}) ?(d|days?)?")
COPIES = ("contested", "own")
BASIS_KEYS = ("statute", "acts", "purposes", "actors", "jurisdiction", "lawful_access", "obligations", "reference")
SIGNATURE_KEYS = ("by", "on", "until", "sha256")
SIGN = 'sign it: rightful policy sign --by "Name, role" --until 2027-12-31'
_SIGNED_FROM = re.compile(r"^[ \t]*\[[ \t]*signature[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOptions:
    """The use options of a command; None and empty mean: not said."""

    use: tuple[str, ...] = ()
    purpose: str | None = None
    application: str | None = None
    actor: str | None = None
    jurisdiction: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    profile: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who answers for a policy, from when, until when (instants in UTC; ``until`` is the first instant after it)."""

    by: str
    on: datetime
    until: datetime

    def covers(self, as_of: datetime) -> bool:
        """True within the period."""
        return self.on <= as_of < self.until


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy file says; ``sha256`` is empty where there is none."""

    data: dict[str, Any]
    sha256: str = ""
    bases: tuple[Evidence, ...] = ()
    signature: Signature | None = None
    place: str = ""

    def in_force(self, as_of: datetime) -> bool:
        """False for a signed policy outside its period: nothing of it counts then."""
        return self.signature is None or (as_of.tzinfo is not None and self.signature.covers(as_of))

    def own_copies(self, as_of: datetime) -> bool:
        """True where exact copies elsewhere are not to contest a record's own licence."""
        return self.data.get("copies") == "own" and self.in_force(as_of)

    def observed_within(self, as_of: datetime) -> int:
        """For how many days, counted back from ``as_of``, it counts that somebody looked for a reservation."""
        days = _days(self.data.get("observed_within")) if self.in_force(as_of) else None
        return OBSERVED_WITHIN if days is None else days

    def publishers(self, as_of: datetime) -> frozenset[str]:
        """The ids of the sources that are known to publish the works that they hold."""
        named = self.data.get("publishers", ()) if self.signature is not None and self.in_force(as_of) else ()
        return frozenset(source_id(name) for name in named)

    def changes_after(self, as_of: datetime) -> datetime | None:
        """The next instant at which the policy begins or ceases to count."""
        ends = () if self.signature is None else (self.signature.on, self.signature.until)
        return min((t for t in ends if t > as_of), default=None)

    def as_json(self, as_of: datetime | None = None) -> dict[str, Any]:
        """Which policy applied, for answers and manifests."""
        shown = json.loads(json.dumps(self.data, default=str))
        dated = {"in_force": self.in_force(as_of)} if self.signature is not None and as_of is not None else {}
        return {"sha256": self.sha256 or None, **shown, **dated}

    def use(self, options: UseOptions, vocabulary: Vocabulary, now: datetime, names: Names | None = None) -> Use:
        """The request with the policy's undertakings. Every default is the strictest.

        ``names`` are those of licences. Raises :class:`InputError`, of what the policy accepts with the policy's name.
        """
        as_of = options.as_of or now
        stated = self.data if self.in_force(as_of) else {}
        named = None if names is None else partial(license_id, names=names)
        try:
            undertakings(vocabulary, stated.get("accept", ()), named)
        except InputError as error:
            error.subject = f"{self.place}, key accept"
            raise
        return use_of(
            vocabulary,
            options.use,
            as_of=as_of,
            purpose=options.purpose or stated.get("purpose", "commercial"),
            application=options.application or stated.get("application"),
            actor=options.actor or stated.get("actor", "for_profit"),
            jurisdictions=options.jurisdiction or tuple(stated.get("jurisdiction", ())),
            accept=(*stated.get("accept", ()), *options.accept),
            profile=options.profile or stated.get("profile", "strict"),
            license_id=named,
        )


def _days(text: object) -> int | None:
    """A number of days from 1 to :data:`MOST_DAYS`: ``180``, ``"180 days"``; None for anything else."""
    if isinstance(text, str) and (match := _DAYS.fullmatch(text.strip().lower())):
        text = int(match[1])
    return text if isinstance(text, int) and not isinstance(text, bool) and 1 <= text <= MOST_DAYS else None


def read_policy(path: Path, words: Vocabulary) -> Policy:
    """The policy of a store; none there is an empty one. Raises :class:`InputError` naming the key."""
    return _policy(read_bytes(path), str(path), words) if os.path.lexists(path) else Policy({})


def damage_of(path: Path, words: Vocabulary, names: Names, now: datetime) -> dict[str, str] | None:
    """What is wrong with the policy of a store, as ``store check`` lists it; None where nothing is, or there is none."""
    try:
        read_policy(path, words).use(UseOptions(use=("train",)), words, now, names)
    except InputError as error:
        remedy = (
            f"put back the file that was signed, or mend it and sign it again{f' ({error.hint})' if error.hint else ''}"
        )
        return {"file": str(path), "what": error.message, "remedy": remedy}
    return None


def _policy(raw: bytes, place: str, words: Vocabulary) -> Policy:
    data = toml_of(raw, place)
    read = PolicyReader(place, words)
    read.undertakings(data)
    signature = read.signature(data)
    bases = read.bases(data, signature)
    states = {
        "a statutory basis": bases,
        'copies = "own"': data.get("copies") == "own",
        "publishers": data.get("publishers"),
    }
    what = next((name for name, applies in states.items() if applies), "")
    if what and signature is None:
        raise InputError(f"the policy states {what}, and nobody has signed it", subject=place, hint=SIGN)
    return Policy(data, hashlib.sha256(raw).hexdigest(), bases, signature, place)


def sign(path: Path, words: Vocabulary, *, by: str, until: datetime, now: datetime) -> Policy:
    """Write a signature under the policy, in place of an older one. Raises :class:`InputError`; then nothing changed."""
    text, policy = signed(path, words, by=by, until=until, now=now)
    write(path, text)
    return policy


def signed(path: Path, words: Vocabulary, *, by: str, until: datetime, now: datetime) -> tuple[bytes, Policy]:
    """The file with a signature under it, and what it says then. Writes nothing. Raises :class:`InputError`."""
    if not path.exists():
        raise InputError("there is no policy to sign", subject=str(path), hint="write one: see docs/policy.md")
    if not by.strip() or not by.strip().isprintable():
        raise InputError("a signature names who signs, in printable characters", hint='write --by "Name, role"')
    if until <= now:
        raise InputError(f"the period would end at {until.isoformat()}, before it begins", hint="see --until")
    place, raw = str(path), read_bytes(path)
    data = toml_of(raw, place)
    body = _unsigned(raw.decode("utf-8-sig"), data, place)
    terms = {"by": by.strip(), "on": now.isoformat(timespec="seconds"), "until": last(until.replace(microsecond=0))}
    signed = {**data, "signature": terms}
    lines = [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in (*terms.items(), ("sha256", digest(signed)))]
    text = "\n".join([body.rstrip(), "", "[signature]", *lines, ""]).encode()
    return text, _policy(text, place, words)  # what is not a policy is not signed


def write(path: Path, text: bytes) -> None:
    """Put a policy that was signed in the place of the one that is there."""
    with publish(path, private=True) as fresh:
        fresh.write_bytes(text)


def _unsigned(text: str, data: Mapping[str, Any], place: str) -> str:
    """The text of a policy without its signature, which stands at the end. Raises :class:`InputError` elsewhere."""
    if "signature" not in data:
        return text
    starts = [match.start() for match in _SIGNED_FROM.finditer(text)]
    body = text[: starts[-1]] if starts else text
    try:
        whole = toml_of(body.encode(), place) == {k: v for k, v in data.items() if k != "signature"}
    except InputError:
        whole = False
    if not whole:
        hint = "make it a table [signature] at the end of the file, or take it out"
        raise InputError("the signature does not stand at the end", subject=place, hint=hint)
    return body


def digest(data: Mapping[str, Any]) -> str:
    """SHA-256 of what a signature covers: everything, its own digest left out, as canonical JSON."""
    signed = dict(data)
    signed["signature"] = {k: v for k, v in data["signature"].items() if k != "sha256"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PolicyReader:
    """Reads the tables of a policy file by the words of the vocabulary. Each method raises :class:`InputError` with the key."""

    file: str
    words: Vocabulary

    def undertakings(self, data: Mapping[str, Any]) -> None:
        """Check the keys of the policy itself; undertakings are read with the use that they are for."""
        for key, value in data.items():
            if key not in KEYS:
                raise UnknownName.of("key", key, KEYS, subject=self.file)
            if key in ("jurisdiction", "accept", "publishers"):
                self.texts(data, key)
            elif key in UNDERTAKINGS:
                self.text(data, key)
            elif key == "copies" and value not in COPIES:
                raise UnknownName.of("value of copies", str(value), COPIES, subject=self.file)
            elif key == "observed_within" and _days(value) is None:
                expected = f"a number of days from 1 to {MOST_DAYS:,}, such as 365"
                raise InputError(f"observed_within must be {expected}, not {value!r}", subject=self.file)

    def signature(self, data: Mapping[str, Any]) -> Signature | None:
        """Who signed, and the period; None for a policy that nobody signed."""
        if "signature" not in data:
            return None
        table = self.table(data["signature"], "signature", SIGNATURE_KEYS)
        by, on, until, stated = (self.text(table, key, "signature.") for key in SIGNATURE_KEYS)
        for key, entry in zip(SIGNATURE_KEYS, (by, on, until, stated), strict=True):
            if not entry.strip():
                raise InputError(f"signature.{key} is missing", subject=self.file, hint=SIGN)
        if stated != digest(data):
            raise InputError(
                f"the policy was changed after {by} signed it", subject=self.file, hint=f"have it read; {SIGN}"
            )
        begins, ends = (
            instant(on, f"{self.file}, key signature.on"),
            through(until, f"{self.file}, key signature.until"),
        )
        return Signature(by, begins, ends)

    def bases(self, data: Mapping[str, Any], signature: Signature | None) -> tuple[Evidence, ...]:
        """The statutory bases that the policy declares."""
        listed = data.get("basis", [])
        if not isinstance(listed, list):
            raise InputError(f"basis must be a list of tables, not {listed!r}", subject=self.file)
        return tuple(self.basis(entry, f"basis[{n}].", signature) for n, entry in enumerate(listed))

    def basis(self, entry: object, prefix: str, signature: Signature | None) -> Evidence:
        """One statutory basis as a claim, within what its statute reaches."""
        table = self.table(entry, prefix.rstrip("."), BASIS_KEYS)
        name = self.text(table, "statute", prefix)
        statute = self.words.statutes.get(name)
        if statute is None:
            raise UnknownName.of("statute", name, self.words.statutes, subject=f"{self.file}, key {prefix}statute")
        acts = frozenset(
            leaf for act in self.texts(table, "acts", prefix) for leaf in self.leaves(act, prefix, signature)
        )
        keys_found = {
            "acts": acts,
            "purposes": frozenset(self.texts(table, "purposes", prefix)),
            "actors": frozenset(self.texts(table, "actors", prefix)),
            "jurisdiction": frozenset(self.country(j, prefix) for j in self.texts(table, "jurisdiction", prefix)),
        }
        for key, stated in keys_found.items():
            if not stated:
                raise InputError(f"{prefix}{key} is missing: a basis names what it is relied on for", subject=self.file)
        self.within(statute, keys_found, prefix)
        if statute.lawful_access and table.get("lawful_access") is not True:
            raise InputError(
                f"{name} presupposes lawful access, and {prefix}lawful_access does not declare it",
                subject=self.file,
                hint="write lawful_access = true where every source of this store was lawfully accessed",
            )
        obligations = self.texts(table, "obligations", prefix)
        for obligation in obligations:
            if obligation not in self.words.obligations:
                raise UnknownName.of("obligation", obligation, self.words.obligations, subject=self.file)
        by = "" if signature is None else f", signed by {signature.by}"
        since = datetime.combine(statute.since, time(), UTC)
        return Evidence(
            kind="grant",
            tier=7,
            bound_to="collection",
            statement="statute",
            basis=name,
            acts=acts,
            purposes=keys_found["purposes"],
            actors=keys_found["actors"],
            jurisdictions=keys_found["jurisdiction"],
            obligations=frozenset(obligations),
            valid_from=max(signature.on, since) if signature else None,
            valid_until=signature.until if signature else None,
            observation=Observation(f"{self.text(table, 'reference', prefix)}{by}", self.file, "policy", "1"),
        )

    def country(self, code: str, prefix: str) -> str:
        """A country by its code."""
        try:
            return country(code)
        except InputError as error:
            subject = f"{self.file}, key {prefix}jurisdiction"
            raise InputError(error.message, subject=subject, hint=error.hint) from None

    def leaves(self, act: str, prefix: str, signature: Signature | None) -> Iterable[str]:
        """The leaves of an act: of a parent those that were practised when the policy was signed."""
        try:
            leaves_of = self.words.leaves(act)
        except UnknownName as unknown:
            raise UnknownName(unknown.message, subject=f"{self.file}, key {prefix}acts", hint=unknown.hint) from None
        known = self.words.acts
        return (a for a in leaves_of if a == act or signature is None or known[a].known_from <= signature.on.date())

    def within(self, statute: Statute, stated: Mapping[str, frozenset[str]], prefix: str) -> None:
        """A basis is relied on for no more than the statute reaches."""
        for key, reach in (("acts", statute.acts), ("purposes", statute.purposes)):
            if stated[key] - reach:
                raise self.beyond(statute, prefix + key, stated[key] - reach, reach)
        for key, known in (("purposes", PURPOSES), ("actors", ACTORS)):
            if stated[key] - set(known):
                raise self.beyond(statute, prefix + key, stated[key] - set(known), frozenset(known))
        if statute.actors and stated["actors"] - statute.actors:
            raise self.beyond(statute, prefix + "actors", stated["actors"] - statute.actors, statute.actors)
        if not reaches(statute.territory, stated["jurisdiction"]):
            raise self.beyond(statute, prefix + "jurisdiction", stated["jurisdiction"], statute.territory)

    def beyond(self, statute: Statute, key: str, wider: frozenset[str], reach: frozenset[str]) -> InputError:
        """The error for a basis that is wider than its statute."""
        return InputError(
            f"{key}: {statute.id} does not reach {', '.join(sorted(wider))}",
            subject=self.file,
            hint=f"it reaches {', '.join(sorted(reach))} ({statute.source})",
        )

    def table(self, entry: object, key: str, known: Iterable[str]) -> dict[str, Any]:
        """A table that has only ``known`` keys."""
        if not isinstance(entry, dict):
            raise InputError(f"{key} must be a table, not {entry!r}", subject=self.file)
        for inner in entry:
            if inner not in known:
                raise UnknownName.of("key", f"{key}.{inner}", [f"{key}.{k}" for k in known], subject=self.file)
        return entry

    def text(self, table: Mapping[str, Any], key: str, prefix: str = "") -> str:
        """A string or date of a table; empty where it has none."""
        value = table.get(key, "")
        if isinstance(value, date):
            value = value.isoformat()
        if not isinstance(value, str):
            raise InputError(f"{prefix}{key} must be a string, not {value!r}", subject=self.file)
        return value

    def texts(self, table: Mapping[str, Any], key: str, prefix: str = "") -> tuple[str, ...]:
        """A list of strings of a table; empty where it has none."""
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(c, str) for c in values):
            raise InputError(f"{prefix}{key} must be a list of strings, not {values!r}", subject=self.file)
        return tuple(values)


def strings(values: Iterable[str] | str | None) -> tuple[str, ...]:
    """One string or several as a tuple."""
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)
