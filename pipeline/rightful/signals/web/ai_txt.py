"""ai.txt: rules of robots.txt for the use of what lies at a path, as Spawning proposed them; else words. Floor 2: pure. Law 6.

The name has been taken by several ideas, and by people who introduce themselves to machines. Rules are read as robots.txt
writes them, for whatever crawler: they speak of data sets, not of fetching. All else is prose: it may be the reservation,
and what it says is not known. ``llms.txt`` is none of this: it tells assistants what to read, and nothing of it is looked at.
"""

from __future__ import annotations

from datetime import date

from rightful.rights.signals import TRAINING, Signals
from rightful.signals.web.paths import path_of
from rightful.signals.web.robots import LABEL, as_quoted, first_refusal, rules
from rightful.signals.web.stated import ALLOW, RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "ai-txt/1"
PROTOCOL = "ai.txt"
_TYPES = (".html", ".htm", ".txt")
"""What a page is whose address names no type."""


def read(raw: bytes, signals: Signals, *, url: str, on: date | None = None) -> Reading:
    """What an ai.txt says of one page. Never raises."""
    read_in = rules(raw)
    words = raw.decode("utf-8", "replace").strip("\ufeff \t\r\n\0")
    if not words:
        return Reading()
    if not read_in.named:
        quoted = (as_quoted(words.splitlines()[0]),)
        # A page that says that there is no such file states nothing, and is no proof that nothing is stated.
        prose = () if read_in.is_markup else (Statement(signals.all_acts("tdmrep", on), UNKNOWN, quoted[0]),)
        return Reading("unreadable", prose, unread=quoted)
    acts = signals.acts("robots", LABEL, on, TRAINING) or frozenset()
    path = path_of(url)
    typed = [path] if "." in path.rsplit("/", 1)[-1] else [path, *(path + end for end in _TYPES)]
    refused = next((r for one in typed if (r := first_refusal(read_in.named.values(), one))), None)
    stated = Statement(acts, RESERVE, refused, LABEL) if refused else Statement(acts, ALLOW, as_quoted(words), LABEL)
    if read_in.unknown:
        left_open = Statement(signals.all_acts("tdmrep", on), UNKNOWN, as_quoted(read_in.unknown[0]))
        return Reading("unreadable", (stated, left_open) if refused else (left_open,), unread=(left_open.raw,))
    return Reading("found", (stated,)) if refused else Reading("absent")
