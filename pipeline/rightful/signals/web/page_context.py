"""What the detectors of a page share: where it is, what licences are called, and what was stated so far. Floor 2: pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urljoin

from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.rights.signals import Signals
from rightful.signals.texts.reserving_words import reserving_phrase
from rightful.signals.web.stated import RESERVE, License, Statement
from rightful.signals.web.together import Said, same_page

QUOTED = 300
"""So many characters of a statement are quoted."""
MOST_RAW = 4_096
INFERRED = 6
OF_THE_PAGE = 4
_FAMILY = "LicenseRef-family-"
RESTRICTS = re.compile(
    r"non[- ]?commercial|not for|\bonly\b|\bno(?:t|r)?\b|prohibit|forbid|restrict|except|exclud|without|unless|permission|personal use"
    r"|academic|research|education|does not apply|nicht|\bnur\b|keine|außer|ohne|sauf|\bpas\b|hors|sans|excepto|salvo|exceto|tranne"
    r"|eccetto|\bniet\b|behalve|zonder|кроме|только|запрещ|除",
    re.IGNORECASE,
)
"""Words beside the name of a licence that may take something of it away."""


@dataclass(slots=True)
class Context:
    """The page at ``url`` (``own`` are all its addresses: with its canonical one), and what it says so far."""

    url: str
    names: Names
    signals: Signals
    on: date | None
    base: str = ""
    own: tuple[str, ...] = ()
    said: Said = field(default_factory=Said)
    _meant: dict[str, str] = field(default_factory=dict)

    def meant(self, raw: str) -> str:
        """The expression that a string means; empty where it cannot be read, or says nothing."""
        known = self._meant.get(raw)
        if known is None:
            try:
                known = render(parse(raw, self.names)) if len(raw) <= MOST_RAW else ""
            except (Unreadable, NothingStated):
                known = ""
            self._meant[raw] = known
        return known

    def is_vague(self, raw: str) -> bool:
        """True for the name of a family of licences: "CC BY" without a version."""
        return _FAMILY in self.meant(raw)

    def resolved(self, href: str) -> str:
        """An address of the page, whole."""
        try:
            return urljoin(self.base or self.url, href.strip())
        except ValueError:
            return href.strip()

    def is_this_page(self, address: str) -> bool:
        """True for the address of the page itself, and for an empty one."""
        whole = self.resolved(address)
        return not address or not self.own or any(same_page(whole, one) for one in self.own)

    def license(self, raw: str, place: str, why: str = "") -> None:
        """A licence of the page, or with a reason why it may be of something else, one that is inferred."""
        text = " ".join(raw.split())
        if text and not self.names.columns.says_nothing(text):
            self.said.license(License(text[: MOST_RAW + 1], place, INFERRED if why else OF_THE_PAGE, why))

    def reserved(self, text: str, place: str) -> bool:
        """State what words reserve, and say whether they do."""
        phrase = reserving_phrase(text, self.names.reserving)
        if phrase is None or self.meant(text):
            return False
        self.said.state(Statement(self.names.reserving.acts, RESERVE, phrase[:QUOTED], place))
        return True
