"""Header fields of HTTP as they lie in a capture, and the links in them. Floor 2: pure. RFC 9110, RFC 9112, RFC 8288.

Nothing is thrown away for being malformed: a line that is no field is handed on as such, and what it may have said decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BYTES = 1 << 20
"""No server sends a longer head, and no client takes one; what stands behind is not read."""
_STATUS = re.compile(rb"HTTP/\d+(?:\.\d+)?[ \t]+\d{3}\b[^\r\n]*\Z", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\n|\r")
_INDENT = re.compile(rb"[ \t]*")
_OF_RIGHTS = re.compile(
    rb"[ \t]*(?:x[-_]robots[-_]tag|tdm[-_](?:reservation|policy)|content[-_](?:usage|signal)|link)[ \t]*:",
    re.IGNORECASE,
)
"""Fields that are never taken for the rest of another."""
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of a response in order, those of the responses before it in the same capture (redirects, 103), and what is
    no field, as it stands. ``is_whole`` is False where more came than is read."""

    fields: tuple[tuple[str, str], ...] = ()
    earlier: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
    is_whole: bool = True


def head(raw: bytes) -> Head:
    """The fields of a raw block: with or without its status line, several responses in a row, lines folded as before RFC 7230.

    A body behind the blank line is not looked at. A block that is indented as a whole (an example in a text) is not folded.

    >>> head(b"HTTP/1.1 200 OK\\r\\nX-Robots-Tag: googlebot:\\r\\n noai\\r\\n\\r\\n").fields
    (('X-Robots-Tag', 'googlebot: noai'),)
    """
    lines = _LINE_END.split(raw[:MOST_BYTES].removeprefix(b"\xef\xbb\xbf"))
    responses: list[list[str]] = [[]]
    indent = 0  # of the first field of a response: what is indented no further is no rest of one
    for n, line in enumerate(lines):
        if _STATUS.match(line.strip()):
            responses.append([])
        elif not line.strip():
            if responses[-1] and not any(_STATUS.match(later.strip()) for later in lines[n + 1 : n + 3]):
                break
        elif responses[-1] and _INDENT.match(line).end() > indent and not _OF_RIGHTS.match(line):  # type: ignore[union-attr]
            responses[-1][-1] += " " + _text(line).strip()
        else:
            if not responses[-1]:
                indent = _INDENT.match(line).end()  # type: ignore[union-attr]
            responses[-1].append(_text(line))
    read = [[_FIELD.fullmatch(line.strip()) or line for line in response] for response in responses]
    *before, last = [[(f[1], f[2].strip()) for f in fields if isinstance(f, re.Match)] for fields in read]
    unread = tuple(line for fields in read for line in fields if isinstance(line, str))
    earlier = tuple(field for fields in before for field in fields)
    return Head(tuple(last), earlier, unread, len(raw) <= MOST_BYTES)


def _text(line: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, which every byte is (RFC 9110 section 5.5)."""
    plain = line.replace(b"\0", b"")
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a ``Link`` field: its target, its relations in lower case, and its parameters, the first of each name."""

    target: str
    relations: tuple[str, ...]
    parameters: dict[str, str]
    raw: str


def links(value: str) -> Iterator[Link | str]:
    """The links of a field's value; as text what is none, up to the next comma outside of quotes.

    >>> [link.relations for link in links('</a>; rel="next license"; title="a, b", </b>; rel=up')]
    [('next', 'license'), ('up',)]
    """
    for piece in _outside_quotes(value, ","):
        if not piece.strip():
            continue
        target, closed, rest = piece.strip().partition(">")
        if not target.startswith("<") or not closed or (rest.strip() and not rest.strip().startswith(";")):
            yield piece.strip()
            continue
        parameters: dict[str, str] = {}
        for parameter in _outside_quotes(rest, ";"):
            name, _, given = parameter.partition("=")
            if name.strip():
                parameters.setdefault(name.strip().rstrip("*").lower(), _unquoted(given.strip()))
        relations = tuple(parameters.get("rel", "").lower().split())
        yield Link(target[1:].strip(), relations, parameters, piece.strip())


def _outside_quotes(value: str, separator: str) -> Iterator[str]:
    """The pieces between separators that stand neither in quotes nor in angle brackets. An open quote ends with the value."""
    start, quoted, bracketed, escaped = 0, False, False, False
    for n, c in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = c == "\\", c != '"'
        elif bracketed:
            bracketed = c != ">"
        elif c == separator:
            yield value[start:n]
            start = n + 1
        else:
            quoted, bracketed = c == '"', c == "<"
    yield value[start:]


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value.strip('"')) if value.startswith('"') else value
