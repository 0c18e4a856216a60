"""Selectors: how a consent event names its records, in the forms in which they match. Floor 4. Law 13.

An address is kept as it was written, in its canonical form, and is read by place (``rightful.notation.places``) whenever it is
matched: what counts as one place is a list that grows, what somebody wrote does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rightful.catalog import place_lists
from rightful.errors import InputError
from rightful.notation.owners import SORTS, owned_places, owner
from rightful.notation.places import place_host, places
from rightful.notation.urls import ascii_host, canonical, prefix_key
from rightful.rights.consent import EVERY_SELECTOR, PERSONS, ConsentEvent, subject_key
from rightful.rights.named_persons import persons
from rightful.signals.cards.source_card import source_id

Selector = tuple[str, str]
"""(kind of selector, value in the form in which it matches)."""
ADDRESSES = ("url", "url-prefix", "domain")
"""The kinds that name records by where they were."""
PLACED = (*ADDRESSES, "owner")
"""Those, and the owners of what lies at addresses."""
PATHS = ("url", "url-prefix", "owner")
"""The kinds whose values are places with a path."""
WIDER_REFUSALS = (*PLACED, *PERSONS)
"""The kinds by which a refusal means more than a grant: all places of an address, each of several persons of a record."""


@dataclass(frozen=True, slots=True)
class Named:
    """What one selector matches: ``values`` (of an address all places that it means), and ``granted``: the addresses or
    persons by which something was granted, as they were written. A refusal holds for the place, and for whatever a person
    has a part in; a grant for what it names.
    """

    kind: str
    values: tuple[str, ...]
    granted: tuple[str, ...] = ()


def match_values(event: ConsentEvent) -> tuple[str, ...]:
    """The values by which an event matches; of an address all places that it means, its own first."""
    return values_of(event.selector, event.value)


def values_of(kind: str, value: str) -> tuple[str, ...]:
    """The same of a selector that is written as it is stored."""
    if kind in (*PERSONS, "text"):
        return tuple(value.split())
    if kind == "owner":
        return owned_places(value)
    if kind not in ADDRESSES:
        return (value,)
    lists = place_lists()
    if kind == "domain":
        return (place_host(value, lists).strip("[]"),)
    return places(value, lists) or (value,)


def identity(event: ConsentEvent) -> Selector:
    """What tells one selector from another: of an address its place, so that a receipt lifts what it is about."""
    return event.selector, match_values(event)[0]


def named(event: ConsentEvent) -> Named:
    """The selector of one event."""
    return Named(event.selector, match_values(event), granted_by(event))


def granted_by(event: ConsentEvent) -> tuple[str, ...]:
    """The address, or the persons, by which an event grants, as they were written; none where a grant means no less."""
    if event.refuses or event.selector not in WIDER_REFUSALS:
        return ()
    return owned_places(event.value)[:1] if event.selector == "owner" else (event.value,)


def is_record_id(text: str) -> bool:
    """True for what can be the id of a record: 32 hexadecimal digits."""
    return re.fullmatch("[0-9A-Fa-f]{32}", text.strip()) is not None


def selector_value(kind: str, value: str, key: bytes) -> str:
    """A selector's value in the form in which it matches and is stored; a person becomes a keyed hash.

    Raises :class:`InputError` naming the value when it cannot be one of its kind: what can match nothing is an error,
    not an opt-out without effect.
    """
    if kind not in EVERY_SELECTOR:
        raise InputError(f"unknown selector {kind!r}", hint="one of " + ", ".join(EVERY_SELECTOR))
    text = value.strip()
    if not text:
        raise InputError("is empty", subject=f"--{kind}")
    if kind in PERSONS:
        return " ".join(dict.fromkeys(subject_key(spelling, key).hex() for spelling in _person(text)))
    return _FORMS[kind](text)


def _person(text: str) -> list[str]:
    """The spellings by which a person who is named so is looked for: the address first, which is one person's alone, and
    the whole as it was given. A name beside an address is left out: others have the same."""
    names = persons(text)
    addresses = [s for s in names.spellings if "@" in s and " " not in s]
    return (
        list(dict.fromkeys([*addresses, text]))
        if addresses
        else [text, *names.spellings[1:]]
        if names.count == 1
        else [text]
    )


def _record(text: str) -> str:
    if not is_record_id(text):
        raise InputError(
            f"{text!r} is not the id of a record",
            subject="--record",
            hint="32 hexadecimal digits; find ids with: rightful query --use ACT --ids, or name it by --url",
        )
    return text.lower()


def _digest(text: str) -> str:
    if not re.fullmatch("[0-9A-Fa-f]{64}", text):
        raise InputError(f"{text!r} is not a SHA-256 in hex", subject="--content-sha256", hint="64 hexadecimal digits")
    return text.lower()


def _address(text: str, kind: str = "url") -> str:
    if canonical(text)[1] is None:
        raise InputError(f"{text!r} is not an address with a host", subject=f"--{kind}", hint="write https://host/path")
    return prefix_key(text)


def _prefix(text: str) -> str:
    for mark, hint in (
        ("*", "leave it out: a prefix covers everything below it; for all hosts of a domain use --domain"),
        ("?", "a prefix ends in the path; for one address with its query use --url"),
        ("#", "leave it out: addresses are matched without a fragment"),
    ):
        if mark in text:
            raise InputError(f"{text!r} has a {mark!r}, a prefix has none", subject="--url-prefix", hint=hint)
    return _address(text, "url-prefix")


def _domain(text: str) -> str:
    rest = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//", "", text)
    name = rest.rstrip("/").removeprefix("*.").strip(".")
    if "/" in name or "\\" in name:
        raise InputError(
            f"{text!r} has a path, a domain has none", subject="--domain", hint="write example.org, or use --url-prefix"
        )
    port = re.fullmatch(r"(\[.*\]|[^:]*):[0-9]*", name)
    host = ascii_host(port[1] if port else name)
    if not host or re.search(r"[^a-z0-9._:-]|\.\.", host):
        raise InputError(f"{text!r} is not a domain", subject="--domain", hint="write example.org")
    return host


def _text(text: str) -> str:
    digests = text.lower().split()
    if not 1 <= len(digests) <= 2 or not all(re.fullmatch("[0-9a-f]{64}", d) for d in digests):
        hint = "64 hexadecimal digits, the norm_sha256 of a record; of a file by its name with --text FILE"
        raise InputError(f"{text!r} is not the digest of a normalised text", subject="--text", hint=hint)
    return " ".join(dict.fromkeys(digests))


def _passage(text: str) -> str:
    match = re.fullmatch(r"([0-9a-f]{32}):([0-9]+)\+([0-9]+)", text.lower())
    if match is None or not int(match[3]):
        hint = "RECORD:START+LENGTH, in characters, as rightful find reports them"
        raise InputError(f"{text!r} is not a passage of a record", subject="--passage", hint=hint)
    return f"{match[1]}:{int(match[2])}+{int(match[3])}"


def _owner(text: str) -> str:
    named_owner = owner(text)
    if named_owner is None:
        hint = (
            f"write SITE/OWNER or SITE/OWNER/REPOSITORY, limited to one of {', '.join(SORTS)}: github.com/mira#issues"
        )
        raise InputError(f"{text!r} is not an owner of repositories", subject="--owner", hint=hint)
    return named_owner


def _event(text: str) -> str:
    if not re.fullmatch("e-[0-9a-f]{16}", text):
        raise InputError(f"{text!r} is not an event", subject="event", hint="list them with: rightful consent list")
    return text


_FORMS: Mapping[str, Callable[[str], str]] = {
    "record": _record,
    "content-sha256": _digest,
    "url": _address,
    "url-prefix": _prefix,
    "domain": _domain,
    "source": source_id,
    "text": _text,
    "passage": _passage,
    "owner": _owner,
    "event": _event,
}
