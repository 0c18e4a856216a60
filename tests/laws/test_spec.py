"""The law and its short form, held against each other on cases drawn by the number (:mod:`tests.laws.drawn`).

4,000 cases in every run of the tests; ``make laws`` sets ``RIGHTFUL_LAW_CASES=100000``. With ``-s`` pytest shows how often each
verdict and each reason was met.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from rightful.rights import spec
from rightful.rights.because import REASONS
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.uses import Use
from tests.laws.drawn import LABELLED, question, shown

MUTANT = os.environ.get("RIGHTFUL_HYPOTHESIS") == "mutation"
CASES = 4_000 if MUTANT else int(os.environ.get("RIGHTFUL_LAW_CASES") or 4_000)
ENOUGH = 1 if MUTANT else 3
"""So many differences are shown; no more are looked for."""


@dataclass
class Run:
    """What one pass over all cases met."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    acts: int = 0
    differences: list[str] = field(default_factory=list)


@cache
def run() -> Run:
    """Ask both forms of the law about every case, once for all tests."""
    met = Run()
    for number in range(CASES):
        record, use = question(number)
        decision, short = decide(record, use, LABELLED), spec.decide(record, use, LABELLED)
        met.verdicts[decision.status.word] += 1
        met.reasons.update({reason.slug for reason in decision.reasons})
        met.acts += len(use.acts)
        if not _agree(decision, short):
            met.differences.append(_difference(number, decision, short, record, use))
            if len(met.differences) == ENOUGH:
                break
    print(f"\n{CASES:,} cases, {met.acts:,} acts")
    print(", ".join(f"{slug} {count:,}" for slug, count in [*met.verdicts.most_common(), *met.reasons.most_common()]))
    return met


def _agree(decision: Decision, short: dict[str, tuple[str, frozenset[str]]]) -> bool:
    """Each act has the same verdict, and a permission owes the same."""
    words = {act: word for act, (word, _) in short.items()}
    owed = frozenset[str]().union(*(owed for _, owed in short.values())) if decision.permits else frozenset[str]()
    return words == {act: status.word for act, status in decision.by_act} and owed == decision.obligations


def _difference(
    number: int, decision: Decision, short: dict[str, tuple[str, frozenset[str]]], record: Case, use: Use
) -> str:
    why = ", ".join(reason.slug for reason in decision.reasons)
    return f"case {number}: {dict(decision.by_act)} ({why}), in short {short}\n{shown(record, use)}"


def test_the_law_says_what_its_short_form_says() -> None:
    assert not run().differences, "\n\n".join(run().differences)


def test_what_is_drawn_by_number_reaches_every_verdict_and_every_reason() -> None:
    assert set(run().verdicts) == {"permit", "unknown", "deny"}
    assert set(run().reasons) == set(REASONS)
