"""What the value of a place about rights claims: a string, a list or an object -> the licence in it. Floor 2: pure.

Of a list all entries hold. Of an object that is a licence all fields hold that can be read, and it is unreadable where none
can. What the card maps is the operator's statement; it takes away no other reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rightful.rights.columns import FLICKR, LICENSE, Look, folded_text, joined
from rightful.rights.evidence import Evidence, license_claim
from rightful.rights.expression import Names, NothingStated, Unreadable, parse
from rightful.signals.signal import About

NOT_IDENTIFIED = "a licence that was found and not identified"

Said = tuple[str, str, Any]
"""A statement: its place, the kind of its column, and its value."""


def license_in(
    kind: str, value: Any, about: About, *, tier: int, bound_to: str, authority: str = "", **deciding: Any
) -> tuple[Evidence | None, bool]:
    """The claim of one statement, within the limits of the card, and whether the card says what it means.

    ``authority`` is that of the card unless it is named; ``deciding`` are further fields of :class:`Evidence`.
    """
    names, look = about.names, about.look
    mapped = {folded_text(text): meant for text, meant in about.licenses}
    guessed = {folded_text(text): meant for text, meant in about.guessed}
    texts: list[str] = []
    by_card = by_guess = False
    for group in _groups(kind, value, look):
        spoken = [t for t in group if folded_text(t) in mapped or not look.is_silent(t)]
        read = [t for t in spoken if _is_readable(t, names)]
        meant = [mapped[folded_text(t)] for t in spoken if folded_text(t) in mapped]
        guesses = [guessed[folded_text(t)] for t in spoken if folded_text(t) in guessed]
        by_card, by_guess = by_card or bool(meant), by_guess or bool(guesses)
        texts += [*([*read, *meant] or spoken[:1]), *guesses]
    claim = license_claim(
        texts[0] if len(texts) == 1 else texts,
        names,
        tier=tier,
        bound_to=bound_to,
        authority=authority or about.authority,
        **deciding,
        **{**about.limits, "guessed": by_guess or about.limits.get("guessed", False)},
    )
    return claim, by_card


def _groups(kind: str, value: Any, look: Look) -> Iterator[list[str]]:
    """The texts of a value in groups: of a group all count that can be read, and all groups hold."""
    if kind == FLICKR:
        yield [look.lists.flickr.get(str(value), str(value))]
    elif isinstance(value, list):
        for entry in value:
            yield from _groups(kind, entry, look)
    elif isinstance(value, dict):
        yield from _object(value, look)
    elif value is not None and value == value:  # NaN says nothing
        yield [shown(value)]


def _object(value: dict[str, Any], look: Look) -> Iterator[list[str]]:
    """An object that is a licence: what its fields call it; an object within it is one of its own."""
    lists = look.lists
    fields = {joined(name): content for name, content in value.items()}
    texts = [c for n, c in fields.items() if n in lists.object_fields and isinstance(c, str) and c.strip()]
    within = [c for n, c in fields.items() if isinstance(c, dict | list) and (n in lists.object_fields or look.kind(n))]
    others = [
        c for n, c in fields.items() if n not in lists.object_fields and look.kind(n) == LICENSE and isinstance(c, str)
    ]
    if lists.github and lists.github <= fields.keys() and any(t.strip().upper() == "NOASSERTION" for t in texts):
        yield [NOT_IDENTIFIED]
    if texts:
        yield texts
    for text in others:
        yield [text]
    for inner in within:
        yield from _groups(LICENSE, inner, look)
    if value and not (texts or within or others):
        yield [shown(value)]


def named_beside(listed: Sequence[Said], look: Look) -> list[Said]:
    """The statements, without an ``other`` whose name stands beside it: that name, and a link to it, are one licence."""
    statements = list(listed)
    for place, kind, value in listed:
        above, _, name = place.rpartition(".")
        if kind != LICENSE or not isinstance(value, str) or folded_text(value) not in look.lists.named_beside:
            continue
        if joined(name) not in look.lists.license or joined(name) in look.lists.beside:
            continue
        beside = [
            s
            for s in statements
            if s[0].rpartition(".")[0] == above
            and joined(s[0].rpartition(".")[2]) in look.lists.beside
            and isinstance(s[2], str)
        ]
        if not beside:
            continue
        statements = [s for s in statements if s[0] != place and s not in beside]
        statements.append((beside[0][0], LICENSE, {joined(s[0].rpartition(".")[2]): s[2] for s in beside}))
    return statements


def words(value: Any) -> Iterator[str]:
    """Every string of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from words(inner)


def _is_readable(text: str, names: Names) -> bool:
    try:
        parse(text, names)
    except (Unreadable, NothingStated):
        return False
    return True


def shown(value: Any) -> str:
    """A value as it is kept beside its evidence."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
