"""The operator's standing policy, ``STORE/policy.toml``: undertakings, statutory bases, and a signature. Floor 5. Law 16.

A request takes from the policy what it does not say itself; what it accepts is added to what the policy accepts. Two
things bear on the decision itself, statutory bases and ``copies = "own"``: both need a signature that names who
answers for them and until when, and that digests what was signed. A signed policy counts for nothing outside its period.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rightful.decisions.named import Named, conflict, find, must_be_signed, option_of
from rightful.decisions.policy_reader import PolicyReader, days
from rightful.decisions.signing import DAY, WHO, Document, Signature, read_signable, write
from rightful.errors import InputError
from rightful.notation.toml import toml_of
from rightful.rights.evidence import Evidence
from rightful.rights.expression import Names, license_id
from rightful.rights.undertakings import undertakings
from rightful.rights.uses import Use, Vocabulary, country, use_of
from rightful.signals.cards.source_card import source_id
from rightful.store.layout import Layout

OBSERVED_WITHIN = 365
"""Days for which it counts that somebody looked for a reservation, where the policy says nothing else."""
SIGN = f'sign it: rightful policy sign --by "{WHO}" --until {DAY}'


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOptions:
    """The use options of a command; None and empty mean: not said. ``policy`` is the name of a named use."""

    use: tuple[str, ...] = ()
    purpose: str | None = None
    application: str | None = None
    actor: str | None = None
    jurisdiction: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    profile: str | None = None
    as_of: datetime | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy file says; ``sha256`` is empty where there is none. ``named`` is the named use that is asked, if one is:
    ``bases`` are those of both, each for the period of its own signature.
    """

    data: dict[str, Any]
    sha256: str = ""
    bases: tuple[Evidence, ...] = ()
    signature: Signature | None = None
    place: str = ""
    named: Named | None = None

    def in_force(self, as_of: datetime) -> bool:
        """False for a signed policy outside its period: nothing of it counts then."""
        return self.signature is None or (as_of.tzinfo is not None and self.signature.covers(as_of))

    def own_copies(self, as_of: datetime) -> bool:
        """True where exact copies elsewhere are not to contest a record's own licence."""
        return self.data.get("copies") == "own" and self.in_force(as_of)

    def observed_within(self, as_of: datetime) -> int:
        """For how many days, counted back from ``as_of``, it counts that somebody looked for a reservation."""
        stated = days(self.data.get("observed_within")) if self.in_force(as_of) else None
        return OBSERVED_WITHIN if stated is None else stated

    def publishers(self, as_of: datetime) -> frozenset[str]:
        """The ids of the sources that are known to publish the works that they hold."""
        named = self.data.get("publishers", ()) if self.signature is not None and self.in_force(as_of) else ()
        return frozenset(source_id(name) for name in named)

    def changes_after(self, as_of: datetime) -> datetime | None:
        """The next instant at which the policy begins or ceases to count."""
        signed = [s for s in (self.signature, self.named and self.named.signature) if s]
        return min((t for s in signed for t in (s.on, s.until) if t > as_of), default=None)

    def as_json(self, as_of: datetime | None = None) -> dict[str, Any]:
        """Which policy applied, for answers and manifests."""
        shown = json.loads(json.dumps(self.data, default=str))
        dated = {"in_force": self.in_force(as_of)} if self.signature is not None and as_of is not None else {}
        asked = {} if self.named is None else {"named": self.named.as_json(as_of)}
        return {"sha256": self.sha256 or None, **shown, **dated, **asked}

    def asked(self, name: str | None, words: Vocabulary, folder: Path) -> Policy:
        """With the named use of that name beside it, of the store whose named uses lie in ``folder``.

        Raises :class:`InputError` where there is no such use.
        """
        if name is None:
            return self
        return self.beside(find(name, folder, words))

    def beside(self, named: Named) -> Policy:
        """With a named use beside it."""
        return replace(self, bases=(*self.bases, *named.bases), named=named)

    def use(self, options: UseOptions, vocabulary: Vocabulary, now: datetime, names: Names | None = None) -> Use:
        """The request with the policy's undertakings. Every default is the strictest.

        ``names`` are those of licences. Raises :class:`InputError`, of what the policy accepts with the policy's name.
        """
        as_of = options.as_of or now
        stated = self.data if self.in_force(as_of) else {}
        license = None if names is None else partial(license_id, names=names)
        try:
            undertakings(vocabulary, stated.get("accept", ()), license)
        except InputError as error:
            error.subject = f"{self.place}, key accept"
            raise
        terms = self._terms(options, stated, as_of, vocabulary)
        return use_of(
            vocabulary,
            terms["use"],
            as_of=as_of,
            purpose=terms["purpose"] or "commercial",
            application=terms["application"],
            actor=terms["actor"] or "for_profit",
            jurisdictions=terms["jurisdiction"] or (),
            accept=(
                *stated.get("accept", ()),
                *(self.named.data.get("accept", ()) if self.named else ()),
                *options.accept,
            ),
            profile=terms["profile"] or "strict",
            license_id=license,
        )

    def _terms(
        self, options: UseOptions, stated: Mapping[str, Any], as_of: datetime, vocabulary: Vocabulary
    ) -> dict[str, Any]:
        """What options, the named use and the policy say of each key of a request. Raises :class:`InputError` where the
        named use and one of the others say two things.
        """
        asked = {"use": options.use, "jurisdiction": options.jurisdiction}
        asked |= {key: getattr(options, key) for key in ("purpose", "application", "actor", "profile")}
        if self.named is None:
            return {key: value or stated.get(key) for key, value in asked.items()} | {"use": options.use}
        must_be_signed(self.named, as_of, vocabulary)
        own = self.named.data
        for key in asked:
            for value, whose in ((asked[key], option_of(key)), (stated.get(key), f"{self.place}, key {key},")):
                if own.get(key) and value and _meant(key, own[key], vocabulary) != _meant(key, value, vocabulary):
                    raise conflict(key, self.named, own[key], whose, value)
        return {key: value or own.get(key) or stated.get(key) for key, value in asked.items()} | {"use": own["use"]}


def _meant(key: str, value: Any, vocabulary: Vocabulary) -> Any:
    """What two say alike who write it differently: acts as leaves, places as countries."""
    if key == "use":
        return frozenset(leaf for act in value for leaf in vocabulary.leaves(act))
    return frozenset(map(country, value)) if key == "jurisdiction" else value


def read_policy(path: Path, words: Vocabulary) -> Policy:
    """The policy of a store; none there is an empty one. Raises :class:`InputError` naming the key."""
    return _policy(read_signable(path), str(path), words) if os.path.lexists(path) else Policy({})


def standing(layout: Layout, words: Vocabulary, manifest: Mapping[str, Any]) -> Policy:
    """The policy of a store with the named use beside it that a manifest names, both as they are today."""
    policy, named = read_policy(layout.policy, words), named_today(layout, words, manifest)
    return policy if named is None else policy.beside(named)


def named_today(layout: Layout, words: Vocabulary, manifest: Mapping[str, Any]) -> Named | None:
    """The named use of a manifest as it is today. None where it names none, and where that is gone, or is no longer what
    was signed: what rested on it rests on nothing.
    """
    name = named_in(manifest)
    try:
        return None if name is None else find(name, layout.uses, words)
    except InputError:
        return None


def named_in(manifest: Mapping[str, Any]) -> str | None:
    """The named use that an export was made under; None for none."""
    name = ((manifest.get("policy") or {}).get("named") or {}).get("name")
    return None if name is None else str(name)


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


def document(place: str) -> Document:
    """The policy as a file that is signed."""
    return Document(place, "the policy", SIGN)


def _policy(raw: bytes, place: str, words: Vocabulary) -> Policy:
    data = toml_of(raw, place)
    read = PolicyReader(place, words)
    read.undertakings(data)
    signature = document(place).signature(data)
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


def signed(
    path: Path, words: Vocabulary, *, by: str, until: datetime, now: datetime, ground: str = "", purpose: str = ""
) -> tuple[bytes, Policy]:
    """The file with a signature under it, and what it says then. Writes nothing. Raises :class:`InputError`."""
    if not os.path.lexists(path):
        raise InputError("there is no policy to sign", subject=str(path), hint="write one: see docs/policy.md")
    place = str(path)
    text = document(place).signed(read_signable(path), by=by, until=until, now=now, ground=ground, purpose=purpose)
    return text, _policy(text, place, words)  # what is not a policy is not signed


def strings(values: Iterable[str] | str | None) -> tuple[str, ...]:
    """One string or several as a tuple."""
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)
