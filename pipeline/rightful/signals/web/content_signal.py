"""Content signals of Cloudflare: ``Content-Signal: search=yes, ai-train=no``, a line of robots.txt. Floor 2: pure. Law 6.

Signals are parted by commas, each a name and ``yes`` or ``no``; one that is missing neither grants nor restricts
(contentsignals.org). The names are RSL's and the values are not AIPREF's: neither grammar reads the other. ``no`` reserves, and a
``yes`` beside it changes nothing; any other value leaves open what its signal is about.
"""

from __future__ import annotations

import re
from datetime import date

from rightful.rights.signals import Signals
from rightful.signals.web.stated import ALLOW, QUOTED, RESERVE, UNKNOWN, Reading, Statement

DETECTOR = "content-signal/1"
PROTOCOL = "content-signal"
MOST_CHARS = 64 * 1024
_SIGNAL = re.compile(r"(?<![A-Za-z0-9_.*-])([A-Za-z0-9_.*-]++)[ \t]*+=[ \t]*([^\s,;=]*)")
_BETWEEN = re.compile(r"[\s,;]*")
_YES = frozenset({"yes", "y", "true", "allow", "1"})


def read(raw: bytes | str, signals: Signals, on: date | None = None) -> Reading:
    """What the value of one line says. Names and values are compared without regard to case. Never raises.

    An unknown signal is silent, and kept as unread unless it says yes. What is no signal at all may be any of them.
    """
    text = (raw if isinstance(raw, str) else raw.decode("utf-8", "replace")).strip()
    statements: list[Statement] = []
    unread: list[str] = []
    if len(text) > MOST_CHARS or _BETWEEN.fullmatch(_SIGNAL.sub("", text)) is None:
        unread.append(text[:QUOTED])
        statements.append(Statement(signals.all_acts(PROTOCOL, on), UNKNOWN, text[:QUOTED]))
    for piece in _SIGNAL.finditer(text[:MOST_CHARS]):
        name, value = piece[1].lower(), piece[2].lower()
        acts = signals.acts(PROTOCOL, name, on)
        status = {"yes": ALLOW, "no": RESERVE}.get(value, UNKNOWN)
        if acts:
            statements.append(Statement(acts, status, piece[0][:QUOTED], name))
        if status == UNKNOWN if acts else acts is None and value not in _YES:
            unread.append(piece[0][:QUOTED])
    if unread:
        return Reading("unreadable", tuple(statements), unread=tuple(unread))
    return Reading("found" if statements else "absent", tuple(statements))
