"""Paragraphs of fields, ``Name: value`` with continued lines, as Python, R and Debian write them. Floor 2: pure."""

from __future__ import annotations

import re

_FIELD = re.compile(r"([!-9;-~]+?)[ \t]*:(.*)", re.DOTALL)

Paragraph = dict[str, list[str]]
"""By its name in lower case: the values of a field, in order, with the lines that continue them."""


def paragraphs(text: str, *, comments: bool = False, blank_goes_on: bool = False) -> list[Paragraph]:
    """The paragraphs of a text. ``comments``: lines that begin with ``#`` are left out. ``blank_goes_on``: a line of blanks
    alone continues a field, and only one without any character ends its paragraph.

    >>> paragraphs("A: one\\n two\\na: three\\n\\nB:")
    [{'a': ['one\\n two', 'three']}, {'b': ['']}]
    """
    listed: list[Paragraph] = []
    current: Paragraph = {}
    name = ""
    for line in text.splitlines():
        if comments and line.startswith("#"):
            continue
        if not line.strip() and not (line and name and blank_goes_on):
            if current:
                listed.append(current)
            current, name = {}, ""
        elif line[0] in " \t" and name:
            current[name][-1] += "\n" + line
        elif (field := _FIELD.fullmatch(line)) is not None:
            name = field[1].lower()
            current.setdefault(name, []).append(field[2].strip())
        else:
            name = ""
            current.setdefault("", []).append(line)
    return [*listed, current] if current else listed
