"""What somebody decided about near copies, and what follows from it. Floor 1: pure. Law 12.7 to 12.9.

A near copy of what was withdrawn, reserved or licensed otherwise leaves open what was permitted, "until someone decides".
Two verdicts are possible on a pair of texts:

* ``distinct``: two different works. The one leaves nothing open at the other any more. That is all: what a takedown, a
  withdrawal, a reservation or an exact copy says of either of them stands as before.
* ``same``: one work. Each counts as an exact copy of the other: what refuses or contests the one does so at the other, and
  permissions travel no more than they do between exact copies. So it never permits what ``distinct`` would not.

A verdict is about two texts, not about two rows: it holds for their exact copies, and when they are ingested again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

DISTINCT = "distinct"
SAME = "same"
VERDICTS: Mapping[str, str] = {
    DISTINCT: "two different works: the one leaves nothing open at the other",
    SAME: "one work: what refuses the one refuses the other",
}

Pair = frozenset[str]
"""Two texts, by their normalised digests in hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One decision on a pair of texts: by whom, when, why, and which two records were looked at."""

    review_id: str
    texts: Pair
    verdict: str
    recorded: datetime
    by: str
    reason: str
    record: str
    other: str


def standing_reviews(reviews: Iterable[Review], as_of: datetime) -> dict[Pair, Review]:
    """What counts at ``as_of``: of each pair the review that was recorded last; of two at one instant the one that refuses."""
    last: dict[Pair, Review] = {}
    for review in sorted(reviews, key=lambda r: (r.recorded, r.verdict == SAME, r.review_id)):
        if review.recorded <= as_of:
            last[review.texts] = review
    return last


def works(standing: Mapping[Pair, Review]) -> dict[str, str]:
    """The texts that are one work with another: text -> the text that names the work. What is one with one is one with all."""
    work: dict[str, str] = {}
    for pair in sorted((p for p, review in standing.items() if review.verdict == SAME), key=sorted):
        joined = {work.get(text, text) for text in pair}
        members = {text for text, name in work.items() if name in joined} | pair
        work |= dict.fromkeys(members, min(members))
    return work


def settled(standing: Mapping[Pair, Review]) -> set[Pair]:
    """The pairs that wait for nobody: two works, or one; as near copies neither leaves the other open any more."""
    work = works(standing)
    texts: dict[str, list[str]] = {}
    for text, name in work.items():
        texts.setdefault(name, []).append(text)
    return apart(standing) | {frozenset(two) for of in texts.values() for two in combinations(of, 2)}


def apart(standing: Mapping[Pair, Review]) -> set[Pair]:
    """The pairs that are two works, and not one by way of a third."""
    work = works(standing)
    distinct = (pair for pair, review in standing.items() if review.verdict == DISTINCT)
    return {pair for pair in distinct if len({work.get(text, text) for text in pair}) == 2}
