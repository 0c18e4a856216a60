"""What a card that others wrote says in its fields -> claims. Floor 2: pure.

What a card states of a licence is inferred (T6: it refuses and never permits) unless its module knows better, or the operator
confirms the file (``confirms`` in ``source.toml``): then it is the operator's own statement. A field that may speak of rights
and that nobody understands blocks; the operator says what its strings mean in ``[licenses]``, or that it does not speak of
rights in ``[fields] not_rights``, under the name that it has here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rightful.rights.columns import HOLDER, LICENSE, RIGHTS, columns_beside, joined
from rightful.rights.evidence import INFERRED, Evidence
from rightful.signals.cards.claims import reserved_in_words
from rightful.signals.cards.found.plain import Damaged, speaks_of_rights
from rightful.signals.cards.source_card import source_id
from rightful.signals.signal import About, Within, observation
from rightful.signals.texts.reserving_words import reserving_phrase
from rightful.signals.values import license_in, named_beside, shown, words

Claimed = list[Evidence | Within]
MOST_SHOWN = 2_000
MOST_READ = 1 << 20
"""So much of a damaged file is looked through for words of rights."""
STATED = 5
_NONE_OF_PERSONS = re.compile(
    r"\W*(?:no|none|false|n/?a|not applicable|no (?:personal|sensitive|personal (?:or|and|/) sensitive|pii)"
    r"(?: (?:data|information))?|(?:the |this )?(?:dataset|data)? ?(?:does not|do not|doesn't) (?:contain|include) (?:any )?"
    r"(?:personal|sensitive|personal (?:or|and|/) sensitive|pii)(?: (?:data|information))?)\W*",
    re.IGNORECASE,
)
RESTRICTING = re.compile(
    r"non-?commercial|\bby-nc\b|\bby-nd\b|commons clause|research (?:use|purposes?) only|only for|for (?:\w+ )?(?:use|purposes) only"
    r"|additional (?:terms|restrictions|conditions)"
    r"|(?:may|must|shall|can|should|do)(?: ?not|'t| only)(?: be)? (?:use|sell|share|train|redistribut)"
    r"|not (?:be )?(?:used|allowed|permitted)\b|prohibited|prior (?:written )?(?:permission|consent)|terms of use",
    re.IGNORECASE,
)
"""Words in the prose of a card that may restrict what its fields permit."""
_PARAGRAPHS = re.compile(r"\n\s*\n|^#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stating:
    """Who reads which card: the detector, the place of the file, what is known of its source, and the tier at which the card
    speaks unless it is confirmed."""

    detector: str
    place: str
    about: About
    stated: int = INFERRED

    @property
    def tier(self) -> int:
        """The tier of what is stated in the card."""
        return self.about.tier if self.about.confirmed else self.stated

    def at(self, tier: int) -> Stating:
        """The same card, where it speaks at another tier."""
        return replace(self, stated=tier)

    def fields(self, said: Iterable[tuple[str, Any]], layer: str = "") -> Iterator[Evidence]:
        """The claims of fields that may speak of rights by their names; all others are silent."""
        look, columns = self.about.look, self.about.names.columns
        listed = [(name, columns.kind(name), value) for name, value in said if value is not None]
        for name, kind, value in named_beside(listed, replace(look, lists=columns)):
            if kind == LICENSE:
                yield from self.license(name, value, layer)
            elif kind == RIGHTS:
                yield from self.words(name, value, layer)

    def license(self, field: str, value: Any, layer: str = "") -> Iterator[Evidence]:
        """The claim of a field that is a licence: it counts, or blocks; and what it reserves in words."""
        if value is None or value == [] or value == {} or self.is_set_aside(field):
            return
        about = replace(self.about, look=replace(self.about.look, lists=self.about.names.columns))
        authority = self.about.authority if self.about.confirmed else "collector"
        claim, _ = license_in(
            LICENSE, value, about, tier=self.tier, bound_to="collection", authority=authority, layer=layer
        )
        if claim is not None:
            seen = observation(self.detector, shown(value)[:MOST_SHOWN], self.of(field))
            guessed = claim.guessed or columns_beside(field, self.about.guessed_columns) is not None
            yield replace(claim, guessed=guessed, observation=seen)
        yield from self.reserved(field, words(value), layer)

    def words(self, field: str, value: Any, layer: str = "") -> Iterator[Evidence]:
        """The claims of a field that may speak of rights: a licence in it counts, other words block; numbers, truth values,
        dates and a bare copyright notice say nothing."""
        look = replace(self.about.look, lists=self.about.names.columns)
        waiting: list[tuple[str, Any]] = [(field, value)]
        while waiting:
            at, inner = waiting.pop()
            if isinstance(inner, dict):
                below = [(f"{at}.{name}", joined(str(name)), v) for name, v in inner.items()]
                if any(name in look.lists.object_fields for _, name, _ in below):
                    yield from self.license(at, inner, layer)
                else:
                    waiting += [(name, v) for name, _, v in reversed(below) if look.kind(name) != HOLDER]
            elif isinstance(inner, list):
                waiting += [(at, v) for v in reversed(inner)]
            elif isinstance(inner, str) and look.value_kind(inner) == RIGHTS:
                yield from self.license(at, inner, layer)

    def prose(self, field: str, text: str) -> Iterator[Evidence]:
        """What the prose of a card takes away from its fields: what it reserves; and where its fields permit, the words that may
        restrict."""
        if self.is_set_aside(field):
            return
        yield from self.reserved(field, _PARAGRAPHS.split(text))
        restricting = RESTRICTING.search(text)
        if self.tier < INFERRED and restricting is not None:
            yield self.unreadable(field, _around(text, restricting.start()))

    def reserved(self, field: str, texts: Iterable[str], layer: str = "") -> Iterator[Evidence]:
        """The reservation that somebody wrote in words, if any."""
        if not self.is_set_aside(field):
            yield from reserved_in_words(
                list(texts), self.about.names, tier=self.tier, place=self.of(field), layer=layer
            )

    def unreadable(self, field: str, raw: str, layer: str = "") -> Evidence:
        """A statement about rights that nobody can read: it blocks."""
        seen = observation(self.detector, raw[:MOST_SHOWN], self.of(field) if field else self.place)
        return Evidence(
            kind="grant",
            tier=self.tier,
            bound_to="collection",
            statement="unreadable",
            layer=layer,
            observation=seen,
        )

    def damaged(self, damage: Damaged, raw: bytes) -> Iterator[Evidence]:
        """A card that cannot be read: it blocks, where it may have spoken of rights."""
        text = raw[:MOST_READ].decode("utf-8", "replace")
        if len(raw) > MOST_READ or speaks_of_rights(text):
            yield self.unreadable("", f"{damage}: {text[:200]}")

    def blocks(self, field: str, value: Any) -> Iterator[Evidence]:
        """A field whose words are terms, whatever they say: it blocks, where it says anything."""
        if self.is_set_aside(field) or self.says_nothing(value):
            return
        yield self.unreadable(field, shown(value))
        yield from self.reserved(field, words(value))

    def ancestor(self, field: str, name: str, license: Any = None) -> Iterator[Evidence]:
        """A source that this one was made from: what is stated of it here, and that it is not known. Where the operator's card
        names it as well, what that says of it holds."""
        name = " ".join(name.split())[:200] or "a source without a name"
        if self.is_set_aside(field):
            return
        layer = name.replace("\\", "\\\\").replace(">", "\\>")  # as the layers of the operator's card are called
        yield from self.license(f"{field}.license", license, layer)
        if source_id(name) not in self.about.ancestors:
            seen = observation(self.detector, name, self.of(field))
            yield Evidence(
                kind="grant",
                tier=self.tier,
                bound_to="collection",
                statement="not_known",
                layer=layer,
                observation=seen,
            )

    def persons(self, field: str, value: Any) -> Iterator[Evidence]:
        """That persons are in the data: a gate, unless the operator's card has the basis for it."""
        said = [text for text in words(value) if text.strip() and not _NONE_OF_PERSONS.fullmatch(text)]
        if not said or self.about.persons_settled or self.is_set_aside(field):
            return
        seen = observation(self.detector, shown(value)[:MOST_SHOWN], self.of(field))
        yield Evidence(kind="gate", tier=1, bound_to="subject", statement="personal_data", observation=seen)

    def says_nothing(self, value: Any) -> bool:
        """True for nothing, as it is written: null, empty, false."""
        columns = self.about.names.columns
        texts = list(words(value))
        plain = value is None or isinstance(value, bool) or value in ([], {}, "")
        return (
            plain
            or (isinstance(value, str) and (columns.says_nothing(value) or value.strip().lower() in ("false", "no")))
            or (isinstance(value, list | dict) and not texts)
        )

    def is_set_aside(self, field: str) -> bool:
        """True for a field of which the operator declares that it does not speak of rights."""
        return self.about.look.skips(field)

    def of(self, field: str) -> str:
        """How the place of a field is called in evidence."""
        return f"{self.place} ({field})"


def reserves(text: str, about: About) -> bool:
    """True where a text reserves uses in words."""
    return reserving_phrase(text, about.names.reserving) is not None


def _around(text: str, at: int) -> str:
    """The line in which something stands, and a little more."""
    start = text.rfind("\n", 0, at) + 1
    return " ".join(text[max(start, at - 200) : at + 200].split())
