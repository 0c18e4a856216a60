"""Lists in which people opt out, as others publish them: rows of an import. Floor 6.

A list of domains has one a line (``example.org``, an address with a path, or behind ``#`` a remark). The Stack's list says
per user of GitHub what is left out: ``{"mira": ["all"], "tom": ["Commits", "GitHub issue", "tom/notes"]}``
(https://github.com/bigcode-project/the-stack-v2, pull_requests_and_issues/util.py: ``get_opt_outs``). All of them are opt-outs:
the text leaves no more, and stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rightful.errors import InputError, RightfulError

OPT_OUT = "opt-out"
FORGE = "github.com"
"""The forge of users that a list names without one."""
EVERYTHING = "all"
SCOPES: Mapping[str, str] = {
    "commits": "commits",
    "github issue": "issues",
    "github issues": "issues",
    "issues": "issues",
}
"""What The Stack's list calls a sort of what lies at a forge -> what owners of repositories call it here."""

Row = tuple[int, Mapping[str, Any] | RightfulError]


def domains(lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
    """The rows of a list of domains and addresses; a line that is neither is named where it becomes an event."""
    for number, line in lines:
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if any(space in text for space in " \t"):
            why = f"{text[:80]!r} is more than one domain or address"
            yield number, InputError(why, hint="write one a line; remarks stand behind #")
            continue
        name = text.partition("://")[2] or text
        has_path = "/" in name.rstrip("/")
        address = text if "://" in text else f"https://{text}"
        selected = ("url-prefix", address) if has_path else ("domain", text)
        yield number, {"kind": OPT_OUT, "selector": selected[0], "value": selected[1]}


def is_by_user(data: object) -> bool:
    """True for an object of lists of texts, as The Stack's list is."""
    return (
        isinstance(data, dict)
        and bool(data)
        and not any(str(key).startswith("@") for key in data)
        and all(isinstance(of, list) and all(isinstance(one, str) for one in of) for of in data.values())
    )


def by_user(data: Mapping[str, list[str]], number: int) -> Iterator[Row]:
    """A row for each user and what of theirs is left out; the number is that of the user in the list."""
    for at, (user, scopes) in enumerate(data.items(), number):
        if not scopes:
            yield at, InputError(f"{user!r} names nothing that is left out", hint=f"write {EVERYTHING!r} for all of it")
        for scope in dict.fromkeys(s.strip() for s in scopes):
            yield at, _of_user(user.strip(), scope)


def _of_user(user: str, scope: str) -> Mapping[str, Any] | RightfulError:
    """All of a user, one sort of it, or one repository, which may be somebody else's."""
    if scope.casefold() == EVERYTHING:
        value = user
    elif scope.casefold() in SCOPES:
        value = f"{user}#{SCOPES[scope.casefold()]}"
    elif scope.count("/") == 1 and not scope.startswith("/"):
        value = scope
    else:
        hint = f"one of {EVERYTHING}, {', '.join(SCOPES)}, or OWNER/REPOSITORY"
        return InputError(f"{scope!r} of {user!r} is nothing that can be left out", hint=hint)
    return {"kind": OPT_OUT, "selector": "owner", "value": f"{FORGE}/{value}"}
