"""What a user can meet when something is wrong. Floor 0: imports nothing of ours.

Every error names its subject in the user's words, says what was expected and what came, and carries the
exit code that the command line ends with (:data:`EXIT_CODES`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

DONE, FAILED, UNUSABLE, REFUSED, DAMAGED = range(5)
EXIT_CODES = {
    DONE: "done",
    FAILED: "internal failure: a defect of rightful",
    UNUSABLE: "usage or bad input; nothing was changed",
    REFUSED: "refused by policy: denied, or not verified",
    DAMAGED: "done, but some inputs were damaged; each is listed with file, position and reason",
}
"""What the exit codes of the command line mean."""


class RightfulError(Exception):
    """The root of all errors that are meant for a user.

    ``subject`` is what the error is about (``file:line``, a key, a record id); ``hint`` says what to do next, and ``next``
    lists commands to type and edits to make, as answers do.
    """

    exit_code = FAILED
    next: Sequence[Mapping[str, object]] = ()

    def __init__(self, message: str, *, subject: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.subject}: {self.message}" if self.subject else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.subject, self.hint))


def _rebuild(kind: type[RightfulError], message: str, subject: str | None, hint: str | None) -> RightfulError:
    return kind(message, subject=subject, hint=hint)


class InputError(RightfulError):
    """The request or an input is not usable; nothing was changed (exit code 2)."""

    exit_code = UNUSABLE


class UnknownName(InputError):
    """A name outside a closed vocabulary; the message says what was probably meant (exit code 2)."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str], *, subject: str | None = None) -> UnknownName:
        """The error for ``name``, which is not one of the ``known`` names of its kind."""
        return cls(f"unknown {kind} {name!r}", subject=subject, hint=did_you_mean(name, known))


class CatalogError(RightfulError):
    """The shipped licence catalogue or vocabulary is broken: a defect of the installation (exit code 1)."""


class StoreError(InputError):
    """The store cannot be opened or does not hold what was asked for (exit code 2)."""


class Refused(RightfulError):
    """The law, or a verification, says no (exit code 3)."""

    exit_code = REFUSED


class DamagedInput(RightfulError):
    """A file, or a part of it, cannot be read; the run records it and goes on (exit code 4 at its end)."""

    exit_code = DAMAGED


def did_you_mean(name: str, known: Iterable[str], limit: int = 12) -> str:
    """A hint for a name that is not known: the closest ones, else the list (shortened to ``limit``)."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if not close and name:
        close = [n for n in names if n.endswith("." + name) or n.startswith(name)][:3]
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    shown = ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")
    return f"known: {shown}"
