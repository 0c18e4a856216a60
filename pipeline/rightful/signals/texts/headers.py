"""The notices by which a licence is given, taken from the appendix of its own text ("how to apply"). Floor 2: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rightful.signals.texts.templates import Template
from rightful.signals.texts.words import SLOT

_LATER = "or at your option any later version".split()
_GNU = {
    "GPL-1.0-only": "gnu general public license",
    "GPL-2.0-only": "gnu general public license",
    "GPL-3.0-only": "gnu general public license",
    "LGPL-2.0-only": "gnu library general public license",
    "LGPL-2.1-only": "gnu lesser general public license",
    "AGPL-3.0-only": "gnu affero general public license",
}
_OTHERS = (
    ("Apache-2.0", "licensed under the apache license version 2 0 the license", "limitations under the license"),
    ("ECL-2.0", "licensed under the educational community license version 2 0", "limitations under the license"),
    ("MPL-2.0", "this source code form is subject to the terms of the mozilla public license", "mozilla org mpl 2 0"),
    ("MPL-1.1", "the contents of this file are subject to the mozilla public license version 1 1", "under the license"),
)
_THINGS = frozenset("program library package file work".split())


GIVING = frozenset(_GNU) | {license for license, _, _ in _OTHERS}
"""The licences whose texts are looked through."""


def notices_of(by_id: Mapping[str, Template]) -> Iterator[Template]:
    """The notices that the texts of these licences give, as templates."""
    for license in _GNU:
        if license in by_id:
            yield from _gnu(license, by_id[license])
    for license, first, last in _OTHERS:
        if license in by_id:
            words = _between(by_id[license].words, first.split(), last.split())
            if words:
                yield _notice(license, words)
    if "LGPL-2.1-only" in by_id and "LGPL-3.0-only" in by_id:
        for each in _gnu("LGPL-2.1-only", by_id["LGPL-2.1-only"]):
            yield _of_version_3(each)


def _of_version_3(notice: Template) -> Template:
    """The notice of LGPL-3.0, which its text does not give: that of LGPL-2.1 with another version."""
    at = _at(notice.words, ["version", "2", "1"])
    listed = notice.words if at is None else (*notice.words[: at + 1], "3", *notice.words[at + 3 :])
    suffix = "or-later" if _at(listed, _LATER) is not None else "only"
    return _notice(f"LGPL-3.0-{suffix}", listed, min(notice.ends) - 1)


def _gnu(license: str, text: Template) -> Iterator[Template]:
    first = "is free software you can redistribute it and or modify it under the terms of the".split()
    words = _between(text.words, first, "for more details".split())
    at = _at(words, _LATER)
    if not words or at is None:
        return
    received = _between(text.words, "you should have received a copy".split(), ["along", "with", "this"])
    rest = (*received, SLOT) if received else ()
    yield _notice(f"{license.removesuffix('-only')}-or-later", (*words, *rest), len(words))
    only = words[:at] + words[at + len(_LATER) :]
    either = _at(only, ["either", "version"])
    if either is not None:
        only = only[:either] + only[either + 1 :]
        yield _notice(license, (*only, *rest), len(only))


def _notice(license: str, words: Sequence[str], *ends: int) -> Template:
    listed = tuple(SLOT if w in _THINGS and words[i - 1 : i] != ("source",) else w for i, w in enumerate(words))
    return Template(
        license, listed, frozenset(), {}, (0,), frozenset({len(listed), *ends}), (), frozenset(), is_notice=True
    )


def _between(words: tuple[str, ...], first: Sequence[str], last: Sequence[str]) -> tuple[str, ...]:
    """The words from ``first`` to ``last``, both included, where they stand in a text; else none."""
    start = _at(words, first)
    end = None if start is None else _at(words[start:], last)
    return () if start is None or end is None else words[start : start + end + len(last)]


def _at(words: Sequence[str], phrase: Sequence[str]) -> int | None:
    wanted, n = tuple(phrase), len(phrase)
    return next((i for i in range(len(words) - n + 1) if tuple(words[i : i + n]) == wanted), None)
