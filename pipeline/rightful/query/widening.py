"""What would permit more: the smallest sets of options under which a query gives more, and what it would give. Floor 7.

A set has three options at most, each of another kind: purpose (with its actor), reading, place, application, undertakings.
Every set is added to the request as it would be on the command line, and run as the query itself would run it: it is never
one that the request does not take, and copies which would not stay are not promised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from rightful.decisions.cases import Decided
from rightful.notation.shell import typed_options as typed
from rightful.query.trying import Copies
from rightful.rights.undertakings import option_of
from rightful.rights.uses import PROFILES, PURPOSES, Use, with_purpose

Counts = tuple[int, int]
Pairs = tuple[tuple[str, str], ...]
"""Options with their values, without dashes and quotes: ``(("accept", "notice"),)``."""
Ask = Callable[[Pairs], Use | None]
"""The request with these options added to it; None where that is no request."""
MOST_OPTIONS = 12
"""So many options of one kind are tried alone."""
MOST_PAIRED = 3
"""So many of one kind are tried together with others: the commonest."""
MOST_CASES = 400
"""Sets are looked for among so many cases, the largest; what they give is counted over all."""
MOST_TOGETHER = 3
"""So many options make a set at most."""
MOST_TRIED, MOST_SETS = 24, 10
ALL: Pairs = (("accept", "all"),)


@dataclass(frozen=True, slots=True)
class _Set:
    """Options, the request with them, and what they would add."""

    options: tuple[str, ...]
    parts: frozenset[str]
    use: Use
    gain: Counts
    total: Counts = (0, 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "option": " ".join(self.options),
            "options": list(self.options),
            "records": self.gain[0],
            "chars": self.gain[1],
            "permitted": {"records": self.total[0], "chars": self.total[1]},
        }


@dataclass(frozen=True, slots=True)
class Widening:
    """A query that was answered: its request and others, what it considered by case, the considered records that have copies,
    permitted or not, and what it permits."""

    decided: Decided
    use: Use
    ask: Ask
    considered: Mapping[int, Counts]
    copies: Copies
    permitted: Counts

    def sets(self) -> list[dict[str, Any]]:
        """The sets, the one that gives most first; none that another one makes needless."""
        refused = self.considered.keys() - self.decided.permits(self.use, self.considered)
        largest = sorted(refused, key=lambda c: (-self.considered[c][0], c))[:MOST_CASES]
        tried = _chosen(_needed(self._tried(largest)), MOST_TRIED)
        counted = [replace(s, gain=gain, total=total) for s in tried for gain, total in [self._counted(s.use)]]
        chosen = _chosen(_needed(s for s in counted if s.gain[0] > 0), MOST_SETS)
        return [s.as_json() for s in chosen]

    def _tried(self, refused: list[int]) -> Iterator[_Set]:
        """Every set with what it would add before copies are chosen."""
        kinds = self._kinds(refused)
        for n in range(3):
            for of in combinations(kinds, n):
                for changes in _each([kind if n == 1 else kind[:MOST_PAIRED] for kind in of]):
                    yield from self._with_undertakings(refused, changes)

    def _with_undertakings(self, refused: list[int], changes: tuple[Pairs, ...]) -> Iterator[_Set]:
        changed = tuple(pair for change in changes for pair in change)
        use = self.ask(changed)
        if use is None:
            return
        options = [typed(change) for change in changes]
        cases = self.decided.cases
        decisions = {c: self.decided.decide_one(cases[c], use) for c in refused}
        free = [c for c, d in decisions.items() if d.permits]
        if changes and free:
            yield self._set(options, frozenset(options), use, free)
        wanted = Counter[frozenset[str]]()
        for c, d in decisions.items():
            if d.needs:
                wanted[d.needs] += self.considered[c][0]
        most = MOST_PAIRED if changes else MOST_OPTIONS
        for need in sorted(wanted, key=lambda o: (-wanted[o], len(o), sorted(o)))[:most]:
            pairs = self.decided.catalog.vocabulary.options_for(need)
            of = [typed(p for p in pairs if p[0] == name) for name in ("accept", "redact")]
            if len(options) + sum(map(bool, of)) > MOST_TOGETHER or (accepting := self.ask(changed + pairs)) is None:
                continue
            gained = [c for c, d in decisions.items() if d.permits or (d.needs and d.needs <= need)]
            yield self._set(
                [*options, *filter(None, of)],
                frozenset([*options, *(typed([option_of(o)]) for o in need)]),
                accepting,
                gained,
            )
        if len(wanted) > 1 and (accepting := self.ask(changed + ALL)) is not None:
            known = self.decided.catalog.vocabulary.obligations.values()
            every = frozenset(o.id for o in known if not o.precondition)
            gained = [c for c, d in decisions.items() if d.permits or (d.needs and d.needs <= every)]
            # Beside other options it stands for the obligations one by one; alone it is the shortest thing to write.
            parts = frozenset([*options, typed(ALL), *(typed([option_of(o)]) for o in every if changes)])
            yield self._set([*options, typed(ALL)], parts, accepting, gained)

    def _set(self, options: list[str], parts: frozenset[str], use: Use, gained: Iterable[int]) -> _Set:
        counts = [self.considered[c] for c in gained]
        return _Set(tuple(options), parts, use, (sum(n for n, _ in counts), sum(chars for _, chars in counts)))

    def _counted(self, use: Use) -> tuple[Counts, Counts]:
        """What the query would permit with ``use``: how much more, and how much in all."""
        permitted = self.decided.permits(use, self.considered)
        gone, gone_chars = self.copies.left_out(permitted)
        records = sum(self.considered[c][0] for c in permitted) - gone
        chars = sum(self.considered[c][1] for c in permitted) - gone_chars
        return (records - self.permitted[0], chars - self.permitted[1]), (records, chars)

    def _kinds(self, refused: list[int]) -> list[list[Pairs]]:
        """The changes of each kind, the commonest first where there are many."""
        applications, places = Counter[str](), Counter[str]()
        for c in refused:
            case, n = self.decided.cases[c].case, self.considered[c][0]
            terms = [t for history in case.standings for t in history]
            given = (e for e in case.profile if e.statement in ("consent", "contract", "permission"))
            named = {a for e in given for a in e.applications}
            applications.update(dict.fromkeys(named | {a for t in terms for a in t.applications}, n))
            places.update(dict.fromkeys({p for e in case.profile for p in e.jurisdictions}, n))
        place = next(iter(self.use.jurisdictions)) if len(self.use.jurisdictions) == 1 else None
        return [
            [with_purpose(self.use, p) for p in PURPOSES if p != self.use.purpose],
            [(("reading", p),) for p in PROFILES if p != self.use.profile],
            [(("jurisdiction", p),) for p in _commonest(places, {"*", place})],
            [(("application", a),) for a in _commonest(applications, {"*", self.use.application})],
        ]


def _commonest(counted: Counter[str], but: set[str | None]) -> list[str]:
    names = sorted((name for name in counted if name not in but), key=lambda name: (-counted[name], name))
    return names[:MOST_OPTIONS]


def _each(kinds: list[list[Pairs]]) -> Iterator[tuple[Pairs, ...]]:
    if not kinds:
        yield ()
        return
    for first in kinds[0]:
        for rest in _each(kinds[1:]):
            yield (first, *rest)


def _needed(sets: Iterable[_Set]) -> list[_Set]:
    """Those of which no smaller one gives as much."""
    listed = list(sets)
    return [s for s in listed if not any(o.parts < s.parts and o.gain[0] >= s.gain[0] for o in listed)]


def _chosen(sets: list[_Set], most: int) -> list[_Set]:
    """So many of them, the one that gives most first; half of the places are for what one option alone gives."""
    ordered = sorted(sets, key=_first)
    alone = [s for s in ordered if len(s.options) == 1][: most // 2]
    others = [s for s in ordered if s not in alone][: most - len(alone)]
    return sorted([*alone, *others], key=_first)


def _first(of: _Set) -> tuple[int, int, tuple[str, ...]]:
    return -of.gain[0], len(of.parts), of.options
