"""Allow-lists of licences: does an expression satisfy a list? Floor 1: pure. Law 5.17. A policy of names, beside the law of uses.

An ``OR`` is satisfied by one of its members, an ``AND`` by all, a family tag only by all the licences that it may mean.
An "or later" on either side is a choice of versions (SPDX specification 2.3, annex D). What is ``WITH`` an exception that only
adds permission is satisfied by the pair or by the base; any other addition by the pair alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rightful.rights.expression import AllOf, AnyOf, Expression, Name, Names, render

_VERSION = re.compile(r"(?P<stem>.+)-(?P<version>\d+(?:\.\d+)*)(?P<later>-or-later|-only|\+)?")


def missing(expression: Expression, allowed: Iterable[Name], names: Names) -> tuple[str, ...]:
    """What the list would have to hold for the expression to be satisfied; empty when it is.

    Of the members of an ``OR`` those of the one that lacks least are named.
    """
    listed = tuple(allowed)
    match expression:
        case Name(id=license_id):
            family = names.families.get(license_id)
            if family is None or expression in listed:
                return () if _listed(expression, listed, names) else (render(expression),)
            members = (Name(m, expression.addition, expression.later) for m in family.members)
            return tuple(render(m) for m in members if not _listed(m, listed, names))
        case AllOf(parts):
            return tuple(dict.fromkeys(lack for part in parts for lack in missing(part, listed, names)))
        case AnyOf(parts):
            return min((missing(part, listed, names) for part in parts), key=len)


def _listed(name: Name, listed: Iterable[Name], names: Names) -> bool:
    enough = {name.addition, None} if names.only_adds(name.addition) else {name.addition}
    return any(a.addition in enough and _covers(_spelled(a), _spelled(name)) for a in listed)


def _spelled(name: Name) -> str:
    """The licence with its ``+``, without what stands ``WITH`` it."""
    return f"{name.id}+" if name.later else name.id


def _covers(allowed: str, stated: str) -> bool:
    """True when some version that ``stated`` offers is among those that ``allowed`` names."""
    if allowed == stated:
        return True
    ours, theirs = _VERSION.fullmatch(allowed), _VERSION.fullmatch(stated)
    if ours is None or theirs is None or ours["stem"] != theirs["stem"]:
        return False
    low, offered = _number(ours["version"]), _number(theirs["version"])
    allows_later, offers_later = (part["later"] in ("-or-later", "+") for part in (ours, theirs))
    if allows_later and offers_later:
        return True
    return (allows_later and offered >= low) or (offers_later and low >= offered) or offered == low


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
