"""The text of a wiki page: wikitext without its markup. Floor 2: the readers.

A page is hostile input and its text becomes an identity, so this is one pass in linear time whose result does not depend
on a library: a parser that builds a tree takes minutes on a page of unclosed braces, and its trees change with its version.
What the markup means is that of MediaWiki (https://www.mediawiki.org/wiki/Help:Formatting, Help:Links, Help:Tables). Nothing
is expanded: what a template would say stands on another page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rightful.readers.markup import decoded

_VERBATIM = frozenset({"nowiki", "pre", "math", "chem", "ce", "syntaxhighlight", "source"})
"""Elements whose content is no wikitext: it is kept as it stands."""
_DROPPED = frozenset(
    "ref gallery timeline imagemap score graph mapframe maplink templatedata templatestyles inputbox hiero categorytree"
    " includeonly style script references indicator charinsert dynamicpagelist rss phonos video".split()
)
"""Elements that are no text of the page, with what is in them."""
_WHOLE = _VERBATIM | _DROPPED
_BREAKS = frozenset(
    "br hr p div li ul ol dl dd dt table tr caption blockquote center poem h1 h2 h3 h4 h5 h6 section figure".split()
)
_DECODED = frozenset({"nowiki", "pre"})

_TOKEN = re.compile(
    r"(?P<comment><!--)|<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]*+)(?P<rest>[^<>]{0,2000})>"
    r"|(?P<open>\{\{+(?!\|(?!\|))|\{\{+)|(?P<shut>\}\}+)|(?P<table>(?:(?<=\n)|\A)[ \t:]*\{\|)|(?P<ended>(?:(?<=\n)|\A)[ \t]*\|\})"
    r"|(?P<link>\[\[)|(?P<unlink>\]\]+)|(?P<gap>\n[ \t]*\n)"
)
_PARAMETERS, _TEMPLATE, _LINK, _TABLE = "{{{", "{{", "[[", "{|"
_MOST_OPEN = 10_000
"""So many templates may be open at once; what opens behind that is text."""
_DEEPEST = {_LINK: 10, _TABLE: 10}
"""How deep links and tables may lie in each other: each takes what is in it in hand once more."""

_KEPT = re.compile("\x01(\\d+)\x01")
_QUOTES = re.compile(r"'{2,}")
_HEADING = re.compile(r"^(={1,6})(.*?)\1[ \t]*$", re.MULTILINE)
_MARKS = re.compile(r"^(?:[*#:;]+[ \t]*|-{4,})", re.MULTILINE)
_MAGIC = re.compile(r"__[^\W\d_]{3,40}__")
_EXTERNAL = re.compile(
    r"\[(?:(?:https?|ftps?|ircs?|gopher|news):|mailto:|//)[^\s\[\]]*+[ \t]*+([^\[\]\n]*+)\]", re.IGNORECASE
)
_EMPTY_BRACKETS = re.compile(r"[ \t]?\([ \t,;:]*\)")
_OPENED_BY_A_SIGN = re.compile(r"\([ \t]*[,;][ \t,;]*")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_AROUND_LINES = re.compile(r" ?\n ?")
_LINE_ENDS = re.compile(r"(?<![ \t])[ \t]*\n\s*")
_EMPTY_LINES = re.compile(r"\n{3,}")
_CELL_STYLE = re.compile(r"[^|\[\]{}<>]{0,400}=[^|\[\]{}<>]{0,400}\|(?!\|)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z-]{2,12})?|simple")
FILES = frozenset({"file", "image", "media"})
CATEGORIES = frozenset({"category"})


@dataclass(slots=True)
class _Frame:
    kind: str
    at: int  # where its opening stands in the output


@dataclass(slots=True)
class _Page:
    """What has been read, and what is open in it."""

    dropped: frozenset[str]
    out: list[str] = field(default_factory=list)
    open: list[_Frame] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    unclosed: set[str] = field(default_factory=set)

    def push(self, kind: str) -> None:
        """Open something; its sign is text until it is closed."""
        full = len(self.open) >= _MOST_OPEN or self.counts.get(kind, 0) >= _DEEPEST.get(kind, _MOST_OPEN)
        if not full:
            self.open.append(_Frame(kind, len(self.out)))
            self.counts[kind] = self.counts.get(kind, 0) + 1
        self.out.append(kind)

    def pop(self) -> _Frame:
        """The innermost that is open, no longer so."""
        frame = self.open.pop()
        self.counts[frame.kind] -= 1
        return frame

    def take(self, frame: _Frame) -> str:
        """What was read since a frame was opened, out of the output."""
        content = "".join(self.out[frame.at + 1 :])
        del self.out[frame.at :]
        return content

    def verbatim(self, text: str) -> None:
        """Text that no later step changes."""
        self.kept.append(text)
        self.out.append(f"\x01{len(self.kept) - 1}\x01")


def plain_text(wikitext: str, files: Iterable[str] = (), categories: Iterable[str] = ()) -> str:
    """The text of a page, a line per paragraph, heading, list entry and row of a table (cells with blanks between them).

    Templates, references, galleries, comments, magic words, links to files, categories and other languages are left out; of a
    link its label is kept, of ``math``, ``pre``, ``nowiki`` and source code what stands there. ``files`` and ``categories`` are
    what the wiki calls these namespaces beside the English names. What is opened and never closed is text.

    >>> plain_text("'''Tides''' are [[sea level|levels]].<ref>x</ref>{{cn|date={{a}}}} [[File:t.png|a [[b]] c]]")
    'Tides are levels.'
    """
    page = _Page(FILES | CATEGORIES | {n.strip().casefold() for n in (*files, *categories)} - {""})
    source = wikitext.replace("\r\n", "\n").replace("\x01", "")
    at = 0
    while match := _TOKEN.search(source, at):
        if match.start() > at:
            page.out.append(source[at : match.start()])
        at = _STEPS[match.lastgroup or ""](page, source, match)
    page.out.append(source[at:])
    return _finished("".join(page.out), page.kept)


# --- one step for each kind of markup: where to read on -------------------------------------------------------------------


def _comment(page: _Page, source: str, match: re.Match[str]) -> int:
    end = source.find("-->", match.end())
    return len(source) if end < 0 else end + 3


def _tag(page: _Page, source: str, match: re.Match[str]) -> int:
    name = match["tag"].lower()
    if name in _BREAKS:
        page.out.append("\n")
    if match["close"] or match["rest"].endswith("/") or name not in _WHOLE or name in page.unclosed:
        return match.end()
    end = re.compile(rf"</{name}[ \t\n]*>", re.IGNORECASE).search(source, match.end())
    if end is None:
        page.unclosed.add(name)  # looked for once
        return match.end()
    if name in _VERBATIM:
        content = source[match.end() : end.start()]
        page.verbatim(decoded(content) if name in _DECODED else content)
    return end.end()


def _opens(page: _Page, source: str, match: re.Match[str]) -> int:
    """Braces: a parameter takes three of them, a template two."""
    left = len(match[0])
    while left >= 2:
        kind = _PARAMETERS if left == 3 or (left % 2 and left >= 5) else _TEMPLATE
        page.push(kind)
        left -= len(kind)
    return match.end()


def _shuts(page: _Page, source: str, match: re.Match[str]) -> int:
    left = len(match[0])
    while left >= 2 and (page.counts.get(_TEMPLATE) or page.counts.get(_PARAMETERS)):
        while page.open[-1].kind not in (_TEMPLATE, _PARAMETERS):
            page.pop()  # opened within it and never closed
        kind = page.open[-1].kind
        del page.out[page.pop().at :]
        left -= 3 if kind == _PARAMETERS and left >= 3 else 2
    if left:
        page.out.append("}" * left)
    return match.end()


def _opens_table(page: _Page, source: str, match: re.Match[str]) -> int:
    page.push(_TABLE)
    return match.end()


def _ends_table(page: _Page, source: str, match: re.Match[str]) -> int:
    if page.open and page.open[-1].kind == _LINK and page.counts.get(_TABLE):
        while page.open and page.open[-1].kind == _LINK:
            page.pop()
    if page.open and page.open[-1].kind == _TABLE:
        content = page.take(page.pop())
        page.out += ("\n", _cells(content), "\n")
    else:
        page.out.append(match[0])
    return match.end()


def _opens_link(page: _Page, source: str, match: re.Match[str]) -> int:
    page.push(_LINK)
    return match.end()


def _ends_link(page: _Page, source: str, match: re.Match[str]) -> int:
    if len(match[0]) % 2:
        page.out.append("]")  # of an address within it
    for _ in range(len(match[0]) // 2):
        if page.open and page.open[-1].kind == _LINK:
            page.out.append(_label(page.take(page.pop()), page.dropped))
        else:
            page.out.append("]]")
    return match.end()


def _ends_paragraph(page: _Page, source: str, match: re.Match[str]) -> int:
    """No link goes on behind an empty line."""
    while page.open and page.open[-1].kind == _LINK:
        page.pop()
    page.out.append("\n\n")
    return match.end()


_STEPS: dict[str, Callable[[_Page, str, re.Match[str]], int]] = {
    "comment": _comment,
    "rest": _tag,
    "open": _opens,
    "shut": _shuts,
    "table": _opens_table,
    "ended": _ends_table,
    "link": _opens_link,
    "unlink": _ends_link,
    "gap": _ends_paragraph,
}


# --- what links and tables say --------------------------------------------------------------------------------------------


def _label(content: str, dropped: frozenset[str]) -> str:
    """What a link shows, of what stands in its brackets."""
    target, bar, label = content.partition("|")
    shown = target.strip()
    prefix, colon, _ = shown.partition(":")
    if colon and prefix.strip().casefold().replace("_", " ") in dropped:
        return ""
    if colon and not bar and _LANGUAGE.fullmatch(prefix):
        return ""  # the same page in another language
    if not bar:
        return shown.removeprefix(":")
    return label.strip() or shown.removeprefix(":")


def _cells(content: str) -> str:
    """The rows of a table, a line each; its own attributes and those of rows and cells are left out."""
    lines = []
    for number, line in enumerate(content.split("\n")):
        stripped = line.strip()
        if number == 0 or stripped.startswith("|-"):
            lines.append("\n")
        elif stripped.startswith("|+"):
            lines.append("\n" + _without_style(stripped[2:]) + "\n")
        elif stripped.startswith(("|", "!")):
            apart = re.split(r"\|\||!!" if stripped.startswith("!") else r"\|\|", stripped[1:])
            lines.append(" ".join(filter(None, (_without_style(cell) for cell in apart))) + " ")
        else:
            lines.append(f"\n{stripped.replace('||', ' ')}\n" if stripped else "")
    return _LINE_ENDS.sub("\n", "".join(lines))


def _without_style(cell: str) -> str:
    style = _CELL_STYLE.match(cell)
    return (cell[style.end() :] if style else cell).strip()


# --- the rest, on the whole text ------------------------------------------------------------------------------------------


def _quotes(match: re.Match[str]) -> str:
    size = len(match[0])
    return "'" * (0 if size in (2, 3, 5) else 1 if size == 4 else size - 5)


def _finished(text: str, kept: list[str]) -> str:
    text = _EXTERNAL.sub(lambda m: m[1], text)
    text = _QUOTES.sub(_quotes, text)
    text = _HEADING.sub(lambda m: m[2].strip(), text)
    text = _MARKS.sub("", text)
    text = decoded(_MAGIC.sub(lambda m: "" if m[0] == m[0].upper() else m[0], text))
    text = _BLANKS.sub(" ", text)
    text = _OPENED_BY_A_SIGN.sub("(", text)
    text = _EMPTY_BRACKETS.sub("", text)
    text = _EMPTY_LINES.sub("\n\n", _AROUND_LINES.sub("\n", text)).strip()
    return _KEPT.sub(lambda m: kept[int(m[1])], text).strip()
