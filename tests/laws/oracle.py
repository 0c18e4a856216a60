"""A second reading of the law, by brute force, from the words of docs/law.md and not from the code.

No algebra: each way of picking one branch of every ``OR`` and one ground (what is stated, or one contract) is a world
of its own, a world is judged in words, and the widest world is the answer. It knows one act, and neither exact copies
nor consent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from hypothesis import strategies as st

from rightful.rights.decide import Case
from rightful.rights.evidence import Evidence
from rightful.rights.uses import Use
from rightful.rights.values import Status
from tests.laws.strategies import acceptances, acts, purposes, territories
from tests.laws.words import (
    CATALOG,
    EVERYTHING,
    LICENSES,
    RANK,
    case,
    conditional,
    contract,
    day,
    gate,
    licensed,
    reserved,
    unreadable,
    use,
)

Tree = str | tuple["Tree", str, "Tree"]
Offer = tuple[str, frozenset[str], str]


@dataclass(frozen=True)
class Puzzle:
    """A record and a use in the few words that the oracle knows."""

    statements: tuple[tuple[str, int, Tree], ...]
    conditions: tuple[frozenset[str], ...]
    contracts: tuple[Offer, ...]
    gated: bool
    near: bool
    act: str
    purpose: str
    application: str | None
    jurisdictions: frozenset[str]
    accepted: frozenset[str]

    def use(self) -> Use:
        """The use that is asked."""
        return use(
            self.act,
            purpose=self.purpose,
            application=self.application,
            jurisdictions=self.jurisdictions,
            accepted=self.accepted,
        )

    def case(self) -> Case:
        """The record."""
        claims = [_claim(*statement) for statement in self.statements]
        claims += [conditional(*obligations) for obligations in self.conditions]
        claims += [contract(act, obligations=due, purposes=[purpose]) for act, due, purpose in self.contracts]
        claims += [gate("unlawful", 0)] * self.gated
        return case(*claims, near_withdrawn=self.near)


def answer(puzzle: Puzzle) -> str:
    """permit, unknown or deny: the widest of all worlds, after what only refuses."""
    widest = max((_world(puzzle, *world) for world in _worlds(puzzle)), key=lambda word: RANK[word])
    if puzzle.near and widest == "permit":
        widest = "unknown"
    return "deny" if puzzle.gated else widest


def _worlds(puzzle: Puzzle) -> Iterator[tuple[list[str], set[str], list[set[str]]]]:
    """What is stated, what is due and where it may go out: once per pick of branches, once per contract in scope."""
    for picks in product(*(_picks(tree) for _, _, tree in puzzle.statements)):
        words, due, outbound = [], set[str](), list[set[str]]()
        for (kind, tier, _), leaves in zip(puzzle.statements, picks, strict=True):
            said = "stated" if kind in ("license", "expired", "compilation") else kind
            words.append(said if said != "stated" else _all_of([_leaf(puzzle, leaf) for leaf in leaves]))
            if words[-1] == "permit" and (kind != "license" or tier == 6):
                words[-1] = "silent"
            binding = said == "stated" and kind != "expired" and tier != 6
            for found in (CATALOG.licenses.get(leaf) for leaf in leaves if binding):
                if found is not None and _leaf(puzzle, found.id) in ("permit", "silent"):
                    due |= _asked(found.verdicts["strict", puzzle.purpose, puzzle.act].obligations, found.id)
                    adapts = puzzle.act in ("synth.derive", "share.adapted", "share.weights", "serve.model")
                    outbound += [set(found.outbound)] if adapts and found.outbound is not None else []
        for obligations in puzzle.conditions:
            words.append("silent" if obligations else "block")
            due |= _asked(obligations, "us")
        yield words, due, outbound
    for granted, obligations, purpose in puzzle.contracts:
        if puzzle.act.startswith(granted) and purpose == puzzle.purpose and puzzle.application != "biometric.identify":
            yield ["permit"], _asked(obligations, "us"), []


def _world(puzzle: Puzzle, words: list[str], due: set[str], outbound: list[set[str]]) -> str:
    """Evidence on one unit: a refusal holds, the unreadable blocks, one permission is enough, silence is neutral."""
    if "deny" in words or due - puzzle.accepted or (outbound and not set.intersection(*outbound)):
        return "deny"
    return "permit" if "permit" in words and "block" not in words else "unknown"


def _asked(obligations: frozenset[str], who: str) -> set[str]:
    """What is paid or signed before is paid to somebody."""
    return {f"{o}@{who}" if o in ("payment", "registration") else o for o in obligations}


def _all_of(words: list[str]) -> str:
    return next(word for word in ("deny", "block", "silent", "permit") if word in words)


def _leaf(puzzle: Puzzle, name: str) -> str:
    """What one licence says, in words."""
    found = CATALOG.licenses.get(name)
    if found is None:
        return "block"
    verdict = found.verdicts["strict", puzzle.purpose, puzzle.act].status
    if puzzle.application in found.use_restrictions or verdict is Status.DENY:
        return "deny"
    if verdict is not Status.PERMIT:
        return "block"
    reached = "*" in found.territory or puzzle.jurisdictions <= found.territory
    return "permit" if reached and "copyright" in found.scope else "silent"


def _picks(tree: Tree) -> list[tuple[str, ...]]:
    if isinstance(tree, str):
        return [(tree,)]
    left, op, right = _picks(tree[0]), tree[1], _picks(tree[2])
    return left + right if op == "OR" else [a + b for a, b in product(left, right)]


def _spelt(tree: Tree) -> str:
    return tree if isinstance(tree, str) else f"({_spelt(tree[0])} {tree[1]} {_spelt(tree[2])})"


def _claim(kind: str, tier: int, tree: Tree) -> Evidence:
    if kind in ("deny", "block"):
        return reserved(tier) if kind == "deny" else unreadable(tier)
    ended = {"valid_until": day(2020)} if kind == "expired" else {}
    return licensed(_spelt(tree), tier, statement="compilation" if kind == "compilation" else "license", **ended)


_trees = st.recursive(
    st.sampled_from(LICENSES), lambda t: st.tuples(t, st.sampled_from(["AND", "OR"]), t), max_leaves=4
)
_kinds = st.sampled_from(["license"] * 8 + ["expired", "compilation", "deny", "block"])
_due = st.sampled_from([frozenset[str](), frozenset(["payment"]), frozenset(["attribution.record"])])

puzzles = st.builds(
    Puzzle,
    statements=st.lists(st.tuples(_kinds, st.sampled_from([3, 4, 5, 5, 6]), _trees), max_size=3).map(tuple),
    conditions=st.just(()) | st.lists(_due, max_size=1).map(tuple),
    contracts=st.just(())
    | st.lists(st.tuples(st.sampled_from(["train", "share"]), _due, purposes), max_size=1).map(tuple),
    gated=st.sampled_from([False] * 9 + [True]),
    near=st.sampled_from([False] * 9 + [True]),
    act=acts,
    purpose=purposes,
    application=st.sampled_from([None, None, "translation", "biometric.identify"]),
    jurisdictions=territories,
    accepted=st.just(EVERYTHING) | acceptances,
)
