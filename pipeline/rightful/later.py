"""What is there at once and loaded when it is first used: modules and regular expressions. Floor 0.

A command that answers from a store uses few of the modules and patterns that it can reach. Compiling five hundred patterns takes
longer than the answer.
"""

from __future__ import annotations

import importlib
import re
from typing import Any, AnyStr, cast


def later(name: str) -> Any:
    """The module of that name, which is imported when something of it is first asked for.

    >>> later("math").sqrt(4)
    2.0
    """
    return _Later(name)


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        if not attribute.startswith("__"):
            setattr(self, attribute, value)  # the next time it is found without us
        return value


def late_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """``re.compile(pattern, flags)``, which is done when the pattern is first used. One that is wrong fails there: a test compiles
    all of them.

    >>> late_pattern("[a-z]+").match("word 1").group()
    'word'
    """
    return cast("re.Pattern[AnyStr]", _Pattern(pattern, flags))


class _Pattern:
    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        value = getattr(re.compile(self.pattern, self._flags), attribute)
        setattr(self, attribute, value)
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pattern) and (self.pattern, self._flags) == (other.pattern, other._flags)

    def __hash__(self) -> int:
        return hash((self.pattern, self._flags))

    def __reduce__(self) -> tuple[Any, ...]:
        return late_pattern, (self.pattern, self._flags)

    def __repr__(self) -> str:
        return f"late_pattern({self.pattern!r}, {self._flags!r})"
