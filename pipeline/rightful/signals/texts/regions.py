"""Where a text speaks of its own rights: the comments that it begins with, and the paragraphs of its head and tail. Floor 2: pure.

A source file has its header before the first line of code, in comments of whatever language; a document has its notices in
paragraphs of their own near its beginning or its end. What stands in the middle is what the text is about.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEAD_BYTES = 8_192
TAIL_BYTES = 4_096
"""So much of a text, in UTF-8, is looked at from its beginning and up to its end."""

_OPENS = {
    "/*": "*/",
    "<!--": "-->",
    "<%--": "--%>",
    "(*": "*)",
    "{-": "-}",
    "--[[": "]]",
    "<#": "#>",
    "#|": "|#",
    "=begin": "=end",
    "=pod": "=cut",
    "%{": "%}",
    "{#": "#}",
    '"""': '"""',
    "'''": "'''",
}
"""How comments of several lines begin and end. Of a script, what it says of itself in its first string is one."""
_BEGINS = tuple(sorted(_OPENS, key=len, reverse=True))
_LINE = re.compile(r"(?:#|//|--|;|%|!|\*|\.\.\s|dnl\b|rem\b|REM\b|'|\|)")
_PREAMBLE = re.compile(
    r"<\?xml\b|<!doctype\b|<\?php\b|<\?\s*$|<%[@\s]|@charset\b|['\"]use strict['\"];?\s*$"
    r"|package\s[\w.]+;?\s*$|<html\b[^>]*>\s*$|<head>\s*$"
    r"|from __future__ import",
    re.IGNORECASE,
)
_MARKERS = re.compile(
    r"(?:/\*+!?|<!--+|<%--|\(\*+|\{-|--\[\[|\{#|[rub]?\"\"\"|'''|#+!?|//+!?|--+|;+|%+|\*+(?!/)|\|+|>+"
    r"|dnl\b|rem\b|REM\b|\.\.(?=\s)|!+|')+\s*"
)
_ENDS = re.compile(r"\s*(?:\*+/|--+>|--%>|\*\)|-\}|#\}|\"\"\"|'''|\s[*#|;%/]+)+\s*$")
_MARK_BEGINS, _MARK_ENDS = frozenset("/<(-{#rub\"';+%*|>dR.!"), frozenset("/>)}\"'*#|;%")
"""What the signs of a comment at the beginning of a line begin with, and those at its end end with."""
_SIGNS = tuple('# ; % * | > ! \' /* // <!- <%- (* {- {# -- """ r""" u""" b""" dnl rem REM ..'.split())
"""How everything begins that :data:`_MARKERS` meets."""
_SURE_ENDS = ("*/", "->", "--%>", "*)", "-}", "#}", '"""', "'''")
"""What may end a comment wherever it stands."""
_BLANK = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")
_FRONT = re.compile(r"(?:---|\+\+\+)\s*$")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
"""Signs that nobody sees: within a word they hide it from who looks for it."""
_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u3099\u309a]")


@dataclass(frozen=True, slots=True)
class Regions:
    """The text of the comments before anything else, without their signs, and the paragraphs of the rest, likewise.

    ``first`` are the paragraphs of the head, ``last`` those of the tail; ``is_cut`` where the comments go on behind the head.
    ``front`` is what stands in front matter and is no comment.
    """

    header: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    is_cut: bool = False
    front: str = ""


def regions(text: str) -> Regions:
    """The regions of a text. Whatever it holds, they are no more than its head and its tail."""
    head, tail = ends(text)
    lines = head.removeprefix("\ufeff").splitlines()
    stop = _header_ends(lines)
    keys = _front_keys(lines[:stop])
    header = "\n".join(_bare(line for number, line in enumerate(lines[:stop]) if number not in keys))
    cut = stop == len(lines) and len(head) < len(text)
    front = "\n".join(bare(lines[number]) for number in keys)
    cut = cut and bool(header.strip())
    return Regions(header, _paragraphs(lines[stop:]), _paragraphs(tail.splitlines()), cut, front)


def _front_keys(lines: list[str]) -> list[int]:
    """The lines of front matter that are no comments. They are metadata, of a dataset as often as of the text: what they state
    binds the text, and a label is no header that permits."""
    if not lines or not _FRONT.match(lines[0].strip()):
        return []
    ends = next((n for n, line in enumerate(lines) if n and _FRONT.match(line.strip())), len(lines))
    return [n for n in range(ends) if not lines[n].lstrip().startswith("#")]


def ends(text: str) -> tuple[str, str]:
    """Head and tail of a text; they do not overlap. The tail begins with a whole line, unless it is one."""
    head = text[:HEAD_BYTES].encode("utf-8", "replace")[:HEAD_BYTES].decode("utf-8", "ignore")
    rest = text[max(len(head), len(text) - TAIL_BYTES) :]
    tail = rest.encode("utf-8", "replace")[-TAIL_BYTES:].decode("utf-8", "ignore")
    if len(head) + len(tail) < len(text) and "\n" in tail:
        tail = tail.split("\n", 1)[1]
    return head, tail


def bare(line: str) -> str:
    """A line without the signs of a comment, a quotation or a heading around it."""
    inner = line.strip()
    begins = _MARKERS.match(inner) if inner[:1] in _MARK_BEGINS else None
    if begins is not None:
        inner = inner[begins.end() :]
    return _ENDS.sub("", inner).strip() if inner[-1:] in _MARK_ENDS and _may_end(inner) else inner.strip()


def _bare(lines: Iterable[str]) -> Iterator[str]:
    """Lines without such signs; most have none."""
    for line in map(str.strip, lines):
        begins = line[:1] in _MARK_BEGINS and line.startswith(_SIGNS)
        yield bare(line) if begins or (line[-1:] in _MARK_ENDS and _may_end(line)) else line


def _may_end(line: str) -> bool:
    """True for a line that :data:`_ENDS` may meet."""
    rest = line.rstrip("*#|;%/")
    return (rest != line and rest[-1:].isspace()) or line.endswith(_SURE_ENDS)


def seen(text: str) -> str:
    """A text without the signs that nobody sees."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def folded(text: str) -> str:
    """A text without case and accents, its lines where they were; of a plain one the same in lower case."""
    if text.isascii():
        return text.lower()
    text = _UNSEEN.sub("", text)
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold().replace("\u2019", "'")


def _header_ends(lines: list[str]) -> int:
    """How many lines from the first belong to comments, or to what may stand before them; none, where no comment is there."""
    closing, front, last = "", False, 0
    for number, raw in enumerate(lines):
        line = raw.strip()
        if closing:
            last = number + 1
            if closing in line:
                closing = ""
        elif front:
            last = number + 1
            front = not _FRONT.match(line)
        elif not line or _PREAMBLE.match(line):
            continue
        elif number == 0 and _FRONT.match(line):
            front = True
        elif opened := next((sign for sign in _BEGINS if line.lstrip("rub").startswith(sign)), ""):
            ends = _OPENS[opened]
            closing = "" if ends in line.lstrip("rub")[len(opened) :] else ends
            last = number + 1
        elif _LINE.match(line):
            last = number + 1
        else:
            break
    return last


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    text = "\n".join(_bare(lines))
    return tuple(p for p in (piece.strip("\n") for piece in _BLANK.split(text)) if p.strip())
