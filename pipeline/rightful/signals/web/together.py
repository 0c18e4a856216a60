"""What several parts of one capture say, put together. Floor 2: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from rightful.signals.web.stated import License, Reading, Statement

_T = TypeVar("_T", Statement, License)

MOST = 1_000
"""So many statements, licences and unread pieces are kept of one capture; that there were more is kept as unread."""


@dataclass(slots=True)
class Said:
    """Grows while a capture is read. Equal statements are kept once, in the order in which they were met."""

    statements: dict[Statement, None] = field(default_factory=dict)
    licenses: dict[License, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    may_restrict: bool = False
    over: dict[str, None] = field(default_factory=dict)

    def state(self, statement: Statement) -> None:
        """One more statement."""
        self._keep(self.statements, statement, "statements")

    def license(self, license: License) -> None:
        """One more licence."""
        self._keep(self.licenses, license, "licences")
        if len(self.licenses) == MOST:
            # What is not read may restrict: a statement that cannot be read blocks, as each of the rest might.
            self.licenses[License(f"more than {MOST} licences", why="the rest is not read")] = None

    def unread(self, quoted: str, *, restricts: bool = True) -> None:
        """What is not understood; ``restricts`` where it may be a reservation: then the whole is unreadable."""
        self.may_restrict |= restricts
        if len(self.notes) < MOST:
            self.notes[quoted] = None

    def orders(self, statements: Iterable[Statement], unread: Iterable[str]) -> None:
        """Statements, and what of the same orders is unread and says no."""
        for statement in statements:
            self.state(statement)
        for one in unread:
            self.unread(one)

    def reading(self, of: Reading) -> None:
        """All of another reading."""
        for statement in of.statements:
            self.state(statement)
        for license in of.licenses:
            self.license(license)
        for one in of.unread:
            self.unread(one, restricts=of.result == "unreadable")
        self.may_restrict |= of.result == "unreadable"

    def result(self) -> Reading:
        """The reading: unreadable where anything that may restrict is unread, else found where anything is stated."""
        result = "unreadable" if self.may_restrict else "found" if self.statements or self.licenses else "absent"
        return Reading(result, tuple(self.statements), tuple(self.licenses), (*self.over, *self.notes))

    def _keep(self, kept: dict[_T, None], one: _T, what: str) -> None:
        if one in kept:
            return
        if len(kept) >= MOST:
            self.over[f"more than {MOST} different {what}: the rest is not read"] = None
            self.may_restrict = True
        else:
            kept[one] = None


def same_page(one: str, other: str) -> bool:
    """True where two addresses are one page: without scheme, ``www``, port 80 or 443, a slash at the end and fragment. An
    address that is not known is no page of its own."""
    return not one or not other or _page(one) == _page(other)


def _page(address: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
        port = parts.port
    except ValueError:
        return "", address, ""
    where = host if port in (None, 80, 443) else f"{host}:{port}"
    return where, unquote(parts.path).rstrip("/"), parts.query
