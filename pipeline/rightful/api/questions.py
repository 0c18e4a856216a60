"""What ``init`` asks: at most six questions, each with what is known and what Enter means. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rightful.api.access import Access
from rightful.api.policy import StorePolicy
from rightful.api.preview import counts_unsigned, proposed, use_line
from rightful.decisions.named import all_named, presupposes_access
from rightful.drafts.cards import Draft
from rightful.errors import RightfulError


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked: what it is about, the words, what is said first, what Enter means, and which words answer it
    (none: any text)."""

    id: str
    text: str
    details: tuple[str, ...] = ()
    default: str = ""
    choices: tuple[str, ...] = ()

    def as_json(self, answer: str) -> dict[str, str]:
        """As the answer of ``init`` keeps it."""
        return {"question": self.id, "text": self.text, "answer": answer}


Ask = Callable[[Question], str]


@dataclass(slots=True)
class Answers:
    """What came of the questions: the drafts as they are then, the use that was chosen, and how it is to be signed."""

    drafts: list[Draft]
    asked: list[dict[str, str]] = field(default_factory=list)
    chosen: str | None = None
    sign: dict[str, Any] | None = None
    by: str = ""


MOST_TRIES = 3
"""So often an answer that is none is asked for again; after that it confirms nothing."""


def ask_all(access: Access, drafts: Sequence[Draft], uses: Sequence[Mapping[str, Any]], ask: Ask) -> Answers:
    """Ask who answers for it, which licences are right, about persons, which use; of one that rests on a statute until when
    it is signed and where the assessment is kept. Nothing is written."""
    state = Answers(list(drafts))

    def answer(question: Question) -> str:
        given = ask(question).strip()
        state.asked.append(question.as_json(given))
        return given

    by = ""
    if state.drafts:
        by = answer(
            Question("by", "Who answers for what you confirm here: name and role (Enter: nobody; all stays a guess)")
        )
    state.by = by
    if by:
        state.drafts = [replace(one, stated_by=by) for one in state.drafts]
        _ask_licenses(state, answer)
        _ask_persons(state, answer)
    _ask_use(access, state, uses, by, answer)
    return state


def _ask_licenses(state: Answers, answer: Callable[[Question], str]) -> None:
    guessed = [n for n, one in enumerate(state.drafts) if any(e.key == "license" for e in one.guesses)]
    if not guessed:
        return
    details = []
    for number, at in enumerate(guessed, 1):
        entry = next(e for e in state.drafts[at].guesses if e.key == "license")
        details.append(f"{number}  {state.drafts[at].name}: {entry.value} ({entry.why})")
    text = "Which of these licences are right: all, none, or numbers such as 1,3"
    given = answer(Question("licenses", text, tuple(details), "none")).lower()
    for _ in range(MOST_TRIES):
        if _names_some(given, len(guessed)):
            break
        again = f"{given[:40]!r} names none of them. Write all, none, or numbers from 1 to {len(guessed)} such as 1,3"
        given = answer(Question("licenses", again, (), "none")).lower()
    given = given if _names_some(given, len(guessed)) else "none"
    every = given == "all" or (len(guessed) == 1 and given in ("y", "yes"))
    right = guessed if every else [guessed[n - 1] for n in _numbers(given) if 0 < n <= len(guessed)]
    for at in right:
        state.drafts[at] = state.drafts[at].confirmed({"license"})


def _names_some(given: str, count: int) -> bool:
    """True for an answer that says which of ``count`` licences are right."""
    words = given.replace(",", " ").split()
    listed = bool(words) and len(_numbers(given)) == len(words) and all(0 < n <= count for n in _numbers(given))
    return given in ("all", "none") or (count == 1 and given in ("y", "yes", "n", "no")) or listed


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.replace(",", " ").split() if word.isdecimal() and len(word) < 5]


def _ask_persons(state: Answers, answer: Callable[[Question], str]) -> None:
    yes = any(e.key == "personal_data" for one in state.drafts for e in one.guesses)
    text = "Do the texts hold personal data: yes, no, or unknown"
    given = answer(Question("personal_data", text, (), "yes" if yes else "unknown", ("yes", "no", "unknown")))
    if given in ("yes", "no", "unknown"):
        state.drafts = [one.stating("personal_data", given, "stated in rightful init") for one in state.drafts]


def _ask_use(
    access: Access, state: Answers, uses: Sequence[Mapping[str, Any]], by: str, answer: Callable[[Question], str]
) -> None:
    if not uses:
        return
    best = proposed(uses)
    some = [use for use in uses if use["now"] or use["confirmed"] or use["signed"]]
    lines = [use_line(use) for use in some]
    if rest := len(uses) - len(some):
        lines.append(f"{rest} more of rightful policy list, of which nothing here would be permitted")
    known = tuple(str(use["name"]) for use in uses)
    given = answer(
        Question(
            "use",
            "What is it for: one of these names (Enter: the one proposed)",
            tuple(lines),
            best or "none",
            (*known, "none"),
        )
    )
    if given not in known:
        return
    state.chosen = given
    words = access.catalog.vocabulary
    named = next(one for one in all_named(access.layout.uses, words) if one.name == given)
    if counts_unsigned(named):
        return
    rests = ", ".join(named.statutes)
    until = answer(
        Question("until", f"{given} rests on {rests} and has to be signed. Until which day (Enter: do not sign now)")
    )
    if not until:
        return
    declares = presupposes_access(named.data, words)
    also = ", and you declare that every source of the store was lawfully accessed" if declares else ""
    text = f"{by or 'You'} will be held to it{also}. Where is the assessment kept (Enter: do not sign)"
    ground = answer(Question("ground", text))
    if not ground:
        return
    signer = by or answer(Question("by", "Who signs: name and role"))
    if signer:
        state.sign = {"name": given, "by": signer, "until": until, "ground": ground, "lawful_access": declares}


def sign(access: Access, terms: Mapping[str, Any]) -> str:
    """Sign a named use for the store. Empty where it is signed; else why it is not: it can be signed by a command."""
    try:
        StorePolicy(access).sign(**terms)
    except RightfulError as error:
        return error.message
    return ""
