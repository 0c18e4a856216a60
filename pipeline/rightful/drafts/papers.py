"""What papers beside data say of its licence: LICENSE files -> a guess. Floor 6.

Only what is recognised for certain is guessed: the text of a licence to the letter, a tag of SPDX, a deed that a short note
names (:mod:`.texts`). Whatever else stands in the paper leaves no guess and is named instead, so that no guess permits more
than what was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rightful.drafts.texts import restricts, stated
from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.signals.texts.reserving_words import reserving_phrase

_PAPER = re.compile(
    r"(?:(?P<of>.+?)(?:__|[.-]))?(?:(?:un)?licen[sc]es?|copying|copyright|notice)(?:[.-][a-z0-9.+-]{1,20})?",
    re.IGNORECASE,
)
_FOLDER_OF_PAPERS = re.compile(r"[._]?licen[sc]es?", re.IGNORECASE)
MOST_BYTES = 128 << 10
"""A licence file that is longer is not read."""
SAYS_NOTHING = "says nothing of licences"
"""Why nothing is guessed of a paper in which no word is about what may be done."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that may state the licence of what lies beside it. ``license`` is None where nothing is guessed; ``why`` says
    what was recognised, or why nothing is guessed. ``of`` is the folder that its name says it is about, empty for its own."""

    file: str
    license: str | None
    why: str
    of: str = ""


def is_paper(name: str) -> bool:
    """True for the name of a licence file, with or without a suffix or the name of what it is about before it."""
    return _PAPER.fullmatch(name) is not None


def about(name: str, folder: str) -> str:
    """What a licence file is about by its name, ``poems__LICENSE`` in a folder of licences; empty: where it lies."""
    named = _PAPER.fullmatch(name)
    apart = _FOLDER_OF_PAPERS.fullmatch(folder.rpartition("/")[2]) is not None
    return named["of"] or "" if named is not None and apart else ""


def read_paper(file: str, raw: bytes, names: Names, of: str = "") -> Paper:
    """What a licence file states. ``file`` is its name for people."""
    if len(raw) > MOST_BYTES:
        return Paper(file, None, "too long to be a licence text", of)
    text = raw.decode("utf-8", "replace")
    expression, why = _recognised(text, names)
    return Paper(file, expression, why, of)


def unread(file: str, why: str, of: str = "") -> Paper:
    """A licence file that nobody has read: nothing is guessed beside it."""
    return Paper(file, None, why, of)


def _recognised(text: str, names: Names) -> tuple[str | None, str]:
    phrase = reserving_phrase(text, names.reserving)
    if phrase is not None:
        return None, f"reserves uses in words ({phrase[:60]!r}): read it, and state what it permits"
    read = stated(text)
    listed = dict(read.licenses)
    if listed and read.beside:
        return None, f"{', '.join(listed)}, with words beside it ({read.beside[:60]!r}): read it, and state what holds"
    if not listed and read.begins_as:
        what = f"words of {read.begins_as}, but not its text to the letter and nothing else"
        return None, f"{what} ({read.beside[:60]!r}): read it, and state what holds"
    if not listed:
        return None, SAYS_NOTHING if restricts(text) is None else "no licence that is recognised"
    try:
        return all_of(listed, names), "; ".join(dict.fromkeys(listed.values()))
    except (Unreadable, NothingStated):
        return None, f"names {', '.join(listed)[:80]}, which the catalogue cannot read"


def all_of(listed: Iterable[str], names: Names) -> str:
    """One expression of several statements, all of which hold. Raises as :func:`parse` does."""
    read = list(dict.fromkeys(render(parse(text, names)) for text in listed))
    return read[0] if len(read) == 1 else render(parse(" AND ".join(f"({one})" for one in read), names))
