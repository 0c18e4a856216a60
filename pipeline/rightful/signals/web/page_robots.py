"""Orders to robots for one page: ``X-Robots-Tag`` and ``<meta name=robots>`` have one grammar. Floor 2: pure. Law 6.11.

Orders are parted by commas, compared without regard to case, and may stand behind the name of the one robot that they are for
(``googlebot: noai``). What is refused to one is reserved: no robot's name takes anything away from an order. What an order
reserves is data: the terms of the scheme ``robots-meta``. Most orders are about how a page is shown and say nothing of rights.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from rightful.rights.reserving import ReservingWords
from rightful.rights.signals import Signals
from rightful.signals.texts.reserving_words import reserving_phrase
from rightful.signals.web.stated import QUOTED, RESERVE, Statement

PROTOCOL = "robots-meta"
MOST_CHARS = 20_000
"""So much of one field or tag is read; more is kept as unread."""
SILENT = frozenset(
    "all index follow nofollow noarchive nocache nosnippet notranslate noimageindex nositelinkssearchbox noodp noydir"
    " indexifembedded archive snippet translate imageindex noopener noreferrer cache odp ydir max-snippet"
    " max-image-preview max-video-preview unavailable_after noyaca nopagereadaloud large standard".split()
)
"""How a page is crawled, shown, kept or translated, and until when: no statement about rights."""
VALUED = frozenset(("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"))
REFUSES_ENTRY = frozenset(("noindex", "none"))
"""Orders that, given to a crawler of an AI company, keep the page from it as a rule of robots.txt would."""
_NAMED = re.compile(r"\s*([\w*+.-]+)\s*:(.*)", re.DOTALL)
_SAYS_NO = re.compile(r"no|dis|forbid|deny|block|refus|opt.?out|reserv|prohibit|exclu|without", re.IGNORECASE)
_AI = re.compile(r"ai|ml|llm|gpt|train|mining|tdm|data", re.IGNORECASE)

Orders = tuple[list[Statement], list[str]]


def orders(value: str, place: str, signals: Signals, words: ReservingWords, on: date | None, robot: str = "") -> Orders:
    """What the value of one field or tag states, and what of it says no and is not known. ``place`` names the field or tag as it
    is quoted; ``robot`` is the one whose name the tag has.
    """
    statements: list[Statement] = []
    unread = [f"{place}: {value[:QUOTED]}"] if len(value) > MOST_CHARS else []
    for order, of in _orders(value[:MOST_CHARS], robot):
        raw = f"{place}: {f'{of}: ' if of and of != robot else ''}{order}"[:QUOTED]
        if order in SILENT:
            continue
        known = signals.acts(PROTOCOL, order, on)
        acts = set(known or ())
        if order in REFUSES_ENTRY:
            acts |= _kept_from(of, signals, on)
        if acts:
            statements.append(Statement(frozenset(acts), RESERVE, raw, order))
        elif known is None and reserving_phrase(order, words):
            statements.append(Statement(words.acts, RESERVE, raw, order))
        elif known is None and (_SAYS_NO.match(order) or (" " in order and _AI.search(order))):
            unread.append(raw)
    return statements, unread


def _orders(value: str, robot: str) -> Iterator[tuple[str, str]]:
    """Each order in lower case, with the robot that it is for."""
    for piece in re.split(r"[,;]", value):
        named = _NAMED.fullmatch(piece)
        while named is not None:
            name = named[1].lower()
            if name in VALUED:
                break
            robot, piece = named[1], named[2]
            named = _NAMED.fullmatch(piece)
        order = " ".join(piece.split()).lower()
        first = order.partition(":")[0].strip()
        if not order or first in VALUED:
            continue
        tokens = order.split()
        # Blanks between orders are an error that many make. Words that are no orders of their own stay together.
        one_each = len(tokens) > 1 and all(re.fullmatch(r"[\w-]+", t) for t in tokens) and len(tokens) <= 8
        if one_each and any(t in SILENT or t.startswith("noai") or t in REFUSES_ENTRY for t in tokens):
            yield from ((token, robot) for token in tokens)
        else:
            yield order, robot


def _kept_from(robot: str, signals: Signals, on: date | None) -> frozenset[str]:
    """What is reserved where this robot is to keep away: what its operator collects for."""
    acts: frozenset[str] = frozenset()
    for agent in signals.agents.listed:
        if agent.token.casefold() == robot.casefold():
            for kind in agent.kinds:
                acts |= signals.acts("robots", "Disallow", on, kind) or frozenset()
    return acts


def is_robot(name: str, signals: Signals) -> bool:
    """True for the name of a tag that holds orders to one robot: a crawler of the list, or one of the well-known."""
    folded = name.casefold()
    return folded in WELL_KNOWN or any(agent.token.casefold() == folded for agent in signals.agents.listed)


WELL_KNOWN = frozenset(
    "robots robot googlebot googlebot-news googlebot-image bingbot msnbot slurp duckduckbot yandex yandexbot baiduspider"
    " applebot otherbot teoma ia_archiver ccbot spider crawler".split()
)
"""Names of tags that hold orders to robots, whoever trains with what they fetch."""
