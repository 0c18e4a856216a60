"""What the labels of web signals reserve, and which crawlers collect for AI. Floor 1: pure. Law 6.11.

Both are data, and are handed in: the labels of all protocols are terms of ``licenses/_terms.toml``, by date, and the crawlers
stand in ``licenses/_agents.toml``. A detector asks :meth:`Signals.acts` what a label reserves where its value refuses:

* None: nobody knows the label. It reserves nothing; where it refuses it may be the reservation, and is kept as unread.
* Empty: the label is known, and about something else (``noimageai`` and a text).
* Else acts, or their parents: of all readings of the label that were out on the day on which it was seen (:mod:`rights.terms`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from rightful.rights.terms import Meaning, meaning
from rightful.rights.uses import Term, covered

FUNCTIONS = ("training", "data", "search", "assistant")
"""What an AI crawler collects for, above all: to train models, to hand data to whoever trains them, to answer searches, to fetch
what somebody's assistant asks for."""
TRAINING, ANSWERS = "training-crawler", "answering-crawler"
"""Values of the label ``Disallow`` of robots.txt: for which kinds of crawlers a rule stands."""
SCHEMES: Mapping[str, tuple[str, ...]] = {"cawg": ("cawg", "c2pa"), "iptc": ("plus",)}
"""Protocols whose labels stand under other schemes of the terms: CAWG took over C2PA's, IPTC takes the values of PLUS."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Agent:
    """An AI crawler: the product token by which robots.txt names it, whose it is, what it collects for, whether models are
    trained on what it collects, and since when it is known."""

    token: str
    operator: str
    function: str
    trains: bool
    since: date

    @property
    def kinds(self) -> tuple[str, ...]:
        """As what a rule of robots.txt refuses it: :data:`TRAINING`, :data:`ANSWERS` or both."""
        answers = (ANSWERS,) if self.function in ("search", "assistant") else ()
        return ((TRAINING,) if self.trains else ()) + answers


@dataclass(frozen=True, slots=True)
class Agents:
    """The AI crawlers on a day, and what gives away those that no list has yet: parts of a product token (``gpt``, ``ai``)."""

    listed: tuple[Agent, ...] = ()
    parts: frozenset[str] = frozenset()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Signals:
    """The labels of all protocols and the AI crawlers. Equal data give equal answers; nothing else is looked at."""

    terms: tuple[Term, ...]
    agents: Agents = field(default_factory=Agents)
    _known: dict[tuple[str, str], tuple[Term, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _acts: dict[tuple[str, str, str | None, date | None], frozenset[str] | None] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    _telling: dict[str, bool] = field(default_factory=dict, init=False, compare=False, repr=False)
    _crawlers: dict[str, frozenset[str]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        grouped: dict[tuple[str, str], list[Term]] = {}
        for term in self.terms:
            grouped.setdefault((term.scheme, term.term), []).append(term)
        self._known.update((label, tuple(readings)) for label, readings in grouped.items())

    def readings(self, protocol: str, label: str) -> tuple[Term, ...]:
        """All readings of a label of a protocol, as it stands on the wire; none where nobody knows it."""
        return tuple(t for scheme in SCHEMES.get(protocol, (protocol,)) for t in self._known.get((scheme, label), ()))

    def crawlers(self, kind: str) -> frozenset[str]:
        """The product tokens, in lower case, of the listed crawlers of a kind: :data:`TRAINING` or :data:`ANSWERS`."""
        if kind not in self._crawlers:
            self._crawlers[kind] = frozenset(a.token.lower() for a in self.agents.listed if kind in a.kinds)
        return self._crawlers[kind]

    def tells_ai(self, text: str) -> bool:
        """True where the name of a crawler, or a line, speaks of AI by one of :attr:`Agents.parts`: as a word, or inside one
        where it is not as short as ``ai``."""
        known = self._telling.get(text)
        if known is None:
            words = {word.lower() for word in _WORD.findall(text)}
            lowered = text.lower()
            known = not words.isdisjoint(self.agents.parts) or any(
                p in lowered for p in self.agents.parts if len(p) > 2
            )
            if len(self._telling) >= _MOST_KEPT:
                self._telling.clear()
            self._telling[text] = known
        return known

    def acts(self, protocol: str, label: str, on: date | None, value: str | None = None) -> frozenset[str] | None:
        """What a label reserves where its value refuses, seen on a day (None: some day, so every reading counts).

        ``value`` narrows it to what this one value says. None where the label, or the value, is not known.

        >>> # signals.acts("aipref", "train-genai", date(2026, 11, 1)) -> {"train.pretrain", ..., "synth.derive"}
        """
        key = protocol, label, value, on
        if key not in self._acts:
            self._acts[key] = self._reserved(protocol, label, on, value)
        return self._acts[key]

    def meaning(self, protocol: str, label: str, value: str = "", on: date | None = None) -> Meaning:
        """What a label means with one value, with all that it names: :func:`rightful.rights.terms.meaning`."""
        readings = self.readings(protocol, label)
        return meaning(readings, readings[0].scheme if readings else protocol, label, value, on)

    def all_acts(self, protocol: str, on: date | None = None) -> frozenset[str]:
        """All that the labels of a protocol can reserve: what a statement of it that cannot be read may reserve."""
        schemes = SCHEMES.get(protocol, (protocol,))
        labels = [label for scheme, label in self._known if scheme in schemes]
        return _together(self.acts(protocol, label, on) or frozenset() for label in labels)

    def _reserved(self, protocol: str, label: str, on: date | None, value: str | None) -> frozenset[str] | None:
        readings = [t for t in self.readings(protocol, label) if value is None or t.value == value]
        if not readings:
            return None
        restricting = [t for t in readings if t.states in ("reserve", "conditional")]
        # Before the first text that is known here, what restricts restricts already: labels are older than their texts.
        out = [t for t in restricting if on is None or t.since <= on] or restricting
        return _together(t.acts for t in out)


def _together(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    """All of it; what a parent covers is not named beside it."""
    everything: frozenset[str] = frozenset().union(*sets)
    return frozenset(name for name in everything if not covered(everything - {name}, name))
