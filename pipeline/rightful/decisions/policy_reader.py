"""The tables of a policy and of a named use, read by the words of the vocabulary. Floor 5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from rightful.decisions.signing import Signature
from rightful.errors import InputError, UnknownName
from rightful.rights.evidence import Evidence, Observation
from rightful.rights.uses import ACTORS, PURPOSES, Statute, Vocabulary, country, reaches
from rightful.signals.cards.observed import MOST_DAYS

UNDERTAKINGS = ("purpose", "application", "actor", "jurisdiction", "accept", "profile")
KEYS = (*UNDERTAKINGS, "copies", "publishers", "observed_within", "basis", "signature")
COPIES = ("contested", "own")
BASIS_KEYS = ("statute", "acts", "purposes", "actors", "jurisdiction", "lawful_access", "obligations", "reference")
_DAYS = re.compile(r"(\d{1,6}) ?(d|days?)?")


@dataclass(frozen=True, slots=True)
class PolicyReader:
    """Reads the tables of a policy file by the words of the vocabulary. Each method raises :class:`InputError` with the key.

    ``draft``: lawful access is declared by whoever signs, which nobody has done yet.
    """

    file: str
    words: Vocabulary
    draft: bool = False

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
            elif key == "observed_within" and days(value) is None:
                expected = f"a number of days from 1 to {MOST_DAYS:,}, such as 365"
                raise InputError(f"observed_within must be {expected}, not {value!r}", subject=self.file)

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
        if statute.lawful_access and table.get("lawful_access") is not True and not self.draft:
            raise InputError(
                f"{name} presupposes lawful access, and {prefix}lawful_access does not declare it",
                subject=self.file,
                hint="write lawful_access = true where every source of this store was lawfully accessed",
            )
        obligations = self.texts(table, "obligations", prefix)
        for obligation in obligations:
            if obligation not in self.words.obligations:
                raise UnknownName.of("obligation", obligation, self.words.obligations, subject=self.file)
        ground = self.text(table, "reference", prefix) or ("" if signature is None else signature.ground)
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
            observation=Observation(f"{ground}{by}", self.file, "policy", "1"),
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


def days(text: object) -> int | None:
    """A number of days from 1 to :data:`MOST_DAYS`: ``180``, ``"180 days"``; None for anything else."""
    if isinstance(text, str) and (match := _DAYS.fullmatch(text.strip().lower())):
        text = int(match[1])
    return text if isinstance(text, int) and not isinstance(text, bool) and 1 <= text <= MOST_DAYS else None
