"""The specification that travels beside weights, ``rightful.json``: which uses an asset permits and which not. Floor 6.

It is all that is known of an asset where the store that made it is not at hand. It comes from outside, so every key is held
against what it should be; a file that says anything else is an error, and permits nothing. It names exports, assets and
licences, never a record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rightful.assets.described import KINDS
from rightful.errors import InputError
from rightful.notation.json_objects import each_once
from rightful.notation.times import instant
from rightful.rights.specified import DECISIONS, Specified, Stated
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES

FILE = "rightful.json"
CARD = "rightful.md"
VERSION = 1
MOST_BYTES = 16 << 20
_HINT = "ask whoever made the asset for the file that `rightful asset card` writes"


@dataclass(frozen=True, slots=True)
class Specification:
    """What a ``rightful.json`` says. ``asset`` and ``store`` are ids where it was made, ``tokens`` those it was made of.

    ``data`` is the whole file.
    """

    id: str
    asset: str
    name: str
    kind: str
    store: str
    sha256: str
    tokens: int | None
    stated: Specified
    data: Mapping[str, Any] = field(repr=False)


def read_specification(place: Path) -> Specification:
    """The specification in a folder, or that file itself. Raises :class:`InputError` naming file and key."""
    path = place / FILE if place.is_dir() else place
    try:
        with path.open("rb") as handle:
            raw = handle.read(MOST_BYTES + 1)
    except FileNotFoundError:
        what = f"has no {FILE}: nothing says what this base permits" if place.is_dir() else "is not there"
        raise InputError(what, subject=str(place), hint=_HINT) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(path)) from error
    if len(raw) > MOST_BYTES:
        raise InputError(f"is over {MOST_BYTES >> 20} MiB: that is no specification", subject=str(path), hint=_HINT)
    try:
        data = json.loads(raw, object_pairs_hook=each_once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}", subject=str(path), hint=_HINT) from error
    return specification_of(data, str(path))


def specification_of(data: Any, place: str) -> Specification:
    """The specification that parsed JSON is. Raises :class:`InputError` naming the key that is wrong."""
    top = _Keys(data, place, "")
    version = top.whole("specification")
    if version != VERSION:
        hint = "use a newer rightful" if version > VERSION else _HINT
        raise InputError(
            f"is a specification of version {version}, this program knows {VERSION}", subject=place, hint=hint
        )
    asset, made = top.keys("asset"), top.keys("made")
    until = made.text("valid_until", may_be_null=True)
    stated = Specified(
        uses=tuple(_stated(of) for of in top.tables("uses")),
        profile=made.one_of("profile", PROFILES),
        jurisdictions=frozenset(made.texts("jurisdictions")),
        valid_until=instant(until, f"{place}, key made.valid_until") if until else None,
    )
    return Specification(
        id=base_id(data),
        asset=asset.text("id"),
        name=asset.text("name"),
        kind=asset.one_of("kind", KINDS),
        store=top.text("store"),
        sha256=asset.text("sha256", may_be_null=True),
        tokens=asset.count("tokens"),
        stated=stated,
        data=data,
    )


def base_id(data: Mapping[str, Any]) -> str:
    """The id of an asset of elsewhere, which is the digest of what is specified of it."""
    return "b-" + hashlib.sha256(canonical(data)).hexdigest()[:16]


def canonical(data: Mapping[str, Any]) -> bytes:
    """The one form in which a specification is written and digested: JSON, sorted keys, UTF-8, one final newline."""
    return (json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def stated_json(one: Stated, meanings: Callable[[str], Mapping[str, str]], says: Mapping[str, str]) -> dict[str, Any]:
    """A statement as the file has it. ``meanings`` gives trigger and summary of what is owed, ``says`` sentences of reasons."""
    return {
        "acts": sorted(one.acts),
        "purpose": one.purpose,
        "actor": one.actor,
        "applications": sorted(one.applications, key=lambda a: a or ""),
        "decision": one.decision,
        "obligations": [{"owed": owed, **meanings(owed)} for owed in sorted(one.obligations)],
        "outbound": None if one.outbound is None else sorted(one.outbound),
        "reasons": [{"reason": slug, "text": says.get(slug, slug)} for slug in one.reasons],
    }


def _stated(of: _Keys) -> Stated:
    outbound = of.texts("outbound", may_be_null=True)
    return Stated(
        acts=frozenset(of.texts("acts")),
        purpose=of.one_of("purpose", PURPOSES),
        actor=of.one_of("actor", ACTORS),
        applications=frozenset(of.texts_or_null("applications")),
        decision=of.one_of("decision", DECISIONS),
        obligations=frozenset(one.text("owed") for one in of.tables("obligations")),
        outbound=None if of.value("outbound") is None else frozenset(outbound),
        reasons=tuple(one.text("reason") for one in of.tables("reasons")),
    )


class _Keys:
    """A table of JSON from outside, read key by key."""

    def __init__(self, of: Any, place: str, at: str) -> None:
        self._place, self._at = place, at
        if not isinstance(of, dict):
            raise self._wrong("", "a table", of)
        self._of: Mapping[str, Any] = of

    def value(self, key: str) -> Any:
        """What stands there. A key that is missing is an error."""
        if key not in self._of:
            raise InputError(f"has no key {self._at}{key}", subject=self._place, hint=_HINT)
        return self._of[key]

    def text(self, key: str, *, may_be_null: bool = False) -> str:
        """A string; null as an empty one where it may be."""
        value = self.value(key)
        if value is None and may_be_null:
            return ""
        if not isinstance(value, str) or not (value or may_be_null):
            raise self._wrong(key, "a text", value)
        return value

    def one_of(self, key: str, known: Iterable[str]) -> str:
        """One of these words."""
        names = list(known)
        value = self.text(key)
        if value not in names:
            raise self._wrong(key, "one of " + ", ".join(names), value)
        return value

    def whole(self, key: str) -> int:
        """A whole number from 0 on."""
        value = self.value(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(key, "a whole number", value)
        return value

    def count(self, key: str) -> int | None:
        """The same, or null."""
        return None if self.value(key) is None else self.whole(key)

    def texts(self, key: str, *, may_be_null: bool = False) -> list[str]:
        """A list of strings."""
        value = self.value(key)
        if value is None and may_be_null:
            return []
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self._wrong(key, "a list of texts", value)
        return value

    def texts_or_null(self, key: str) -> list[str | None]:
        """A list of strings and nulls."""
        value = self.value(key)
        if not isinstance(value, list) or not all(one is None or (isinstance(one, str) and one) for one in value):
            raise self._wrong(key, "a list of texts", value)
        return value

    def keys(self, key: str) -> _Keys:
        """A table."""
        return _Keys(self.value(key), self._place, f"{self._at}{key}.")

    def tables(self, key: str) -> list[_Keys]:
        """A list of tables."""
        value = self.value(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return [_Keys(one, self._place, f"{self._at}{key}[{n}].") for n, one in enumerate(value)]

    def _wrong(self, key: str, expected: str, value: object) -> InputError:
        at = f"{self._at}{key}".rstrip(".")
        shown = json.dumps(value, default=str)
        shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
        return InputError(
            f"key {at or 'at the top'}: expected {expected}, not {shown}", subject=self._place, hint=_HINT
        )
