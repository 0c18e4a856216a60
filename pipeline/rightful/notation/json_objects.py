"""Objects of JSON in which a key stands once: of two values under one key nobody can say which is meant. Floor 1: pure."""

from __future__ import annotations

from typing import Any


class Twice(ValueError):
    """A key that stands twice in one object."""

    def __init__(self, key: str) -> None:
        super().__init__(f"names {key[:80]!r} twice in one object")
        self.key = key


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its pairs: an ``object_pairs_hook`` of :func:`json.loads`. Raises :class:`Twice`.

    >>> each_once([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    value: dict[str, Any] = {}
    for key, inner in pairs:
        if key in value:
            raise Twice(key)
        value[key] = inner
    return value
