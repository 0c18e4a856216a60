r"""Whose name stands on a work: copyright notices and author lines, told apart from other personal data. Floor 3; not a stage.

Licences oblige to keep them (law 8.6), so what stands in one is marked as of a kind of its own, such as
``email.notice``. A line is one by its form alone: a mark at its beginning, behind what opens a comment or a list; for
copyright a sign or a year (the elements of 17 U.S.C. 401); then names, addresses of mail and of the web, and nothing
else. Whatever is not plainly so is none: a sentence that mentions copyright, a number, a diagnosis behind the name.
A text with more addresses of this kind than :data:`MOST` is a list of persons, and has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from rightful.stages.pii.scan import Hit
from rightful.stages.shared.bytes import Texts

EMAIL = "email.notice"
NAME = "name.notice"
MOST = 32
"""So many different addresses, or names, in the notices of one text are its authors; more are a list of persons."""

_NAMED = {"email": EMAIL, **dict.fromkeys(("name", "person", "per", "org", "organisation", "organization"), NAME)}
_REACH = 400  # bytes on either side of what was found: longer lines are no notices
_LINES_BACK = 8  # between two that name people, or one and what announces it
_MOST_WORDS = 7  # one behind the other: a name, or that of a company
_MOST_TOKENS = 80
_ABOVE = 1200
_BREAK = re.compile(rb"\r\n|[\r\n]")
_BEHIND = frozenset(b">)]}\"',;.\n\r")
_MOST_SPACES = 16
_OPENS = re.compile(rb"[ \t*\"'\[{(,:]*")

_LEADER = rb"(?:\xef\xbb\xbf)?[ \t#/*;%!'\"<>{}(\\.|:-]{0,40}(?:(?:dnl|rem)\b[ \t]{0,8})?"
_YEAR = rb"(?:19|20)[0-9]{2}"
_YEARS = (
    rb"(?P<years>(?:%b(?:[ ]?(?:-|\xe2\x80\x93)[ ]?(?:(?:19|20)?[0-9]{2}|present|now))?[,;]?[ \t]{0,2}){1,12})" % _YEAR
)
_SIGN = rb"(?:\(c\)|\xc2\xa9|&copy;|&\#169;)"
_COPYRIGHT = (
    rb"(?:(?P<spdx>SPDX-(?:File|Snippet)Copyright(?:Text)?[ \t]*:)"
    rb"|(?:portions[ \t]+)?(?:@|__)?copy(?:right|left)(?:__)?|copr\.|(?P<sign>%b))"
    rb"[ \t]*[:=]?[ \t\"']*(?:copyright[ \t]*)?(?P<more>%b)?[ \t]*[,:]?[ \t]*(?:by[ \t]+)?%b?[ \t]*(?:by\b[ \t:]*)?(?P<more2>%b)?"
    % (_SIGN, _SIGN, _YEARS, _SIGN)
)
_ROLE = (
    rb"(?:(?:original|main|lead|first|module|package|co)[ _-]?)?"
    rb"(?:author(?:s|\(s\))?|maintainers?|autor(?:a|as|en|es|i|zy)?|autore|auteurs?)"
)
_AUTHOR = (
    rb"(?P<role>(?:__)?%b(?:[_-]?e?-?mail)?(?:__)?\**[\"']?[ \t]*\**[:=]\**|[@\\]author\b"
    rb"|(?:signed-off|(?:co-)?authored|co-developed)-by[ \t]*:"
    rb"|(?:written|created|authored)[ \t]+by\b[ \t]*:?|(?P<byline>by(?=[ \t])))[ \t]*[\[{(\"']{0,3}" % _ROLE
)
_MARK = re.compile(rb"(?i)%b(?:%b|%b)" % (_LEADER, _COPYRIGHT, _AUTHOR))
_HEAD = 96  # of a line that is a notice: its mark lies here
_LED = re.compile(rb"(?i)%b(?:[-*\xe2\x80\xa2]+[ \t]+)?" % _LEADER)

_TOKEN = re.compile(
    rb"(?i)[ \t\"'\[\]{}]*(?:"
    rb"(?P<mail>[<(]?[ \t]?(?:mailto:)?[^][\s<>(){},;:\"']{1,64}@[^][\s<>(){},;:\"'*/]{1,255}[ \t]?[>)]?)"
    rb"|(?P<url>[<(]?https?://[^\s<>()\"']{1,200}[>)]?)"
    rb"|(?P<key>(?:name|e-?mail|url|given-names|family-names)[\"']?[ \t]*[:=])"
    rb"|(?P<between>[,;/&+]|\band\b)"
    rb"|(?P<word>[A-Za-z\xc3-\xf4][A-Za-z.'\x80-\xf4-]{0,60})"
    rb")"
)
_SMALL = frozenset(b"of the de van von der den da di du del la le el bin al y e ter zu af for in".split())
_END = re.compile(
    rb"(?i)[ \t.,;*/#\"'\])>}|%-]{0,12}(?:$|(?:all|some) rights\b|licen[sc]ed?\b|released\b|distributed\b|published under\b"
    rb"|under the\b|see (?:the )?(?:license|licence|copying|authors)\b|this (?:file|program|software|work|library|package)\b"
    rb"|permission\b|and (?:others|contributors)\b|et al\b)"
)


def marked(hits: list[Hit], texts: Texts) -> list[Hit]:
    """``hits`` (in order, without overlap) with :data:`EMAIL` or :data:`NAME` as the kind of those that stand in notices."""
    if not any(kind in _NAMED for _, _, _, kind in hits):
        return hits
    done: list[Hit] = []
    for row, group in groupby(hits, key=lambda hit: hit[0]):
        own = list(group)
        kept = _of_text(own, texts, int(texts.bounds[row]), int(texts.bounds[row + 1]))
        done += own if not kept else [(*hit[:3], _NAMED[hit[3]]) if hit in kept else hit for hit in own]
    return done


def _of_text(hits: Sequence[Hit], texts: Texts, low: int, high: int) -> set[Hit]:
    """Those of one text that stand in notices; none where there are too many."""
    raw = texts.data.data
    kept: set[Hit] = set()
    different: dict[str, set[bytes]] = {EMAIL: set(), NAME: set()}
    people: dict[int, bool] = {}
    begin = end = 0
    region: tuple[int, int] | None = None
    for hit in hits:
        _, start, stop, kind = hit
        if kind not in _NAMED:
            continue
        if not begin <= start < end:
            before = bytes(raw[max(low, start - _REACH) : start])
            at = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
            begin, head = start - len(before) + at, before[at:]
            end, region = stop, None
            if (at > 0 or begin == low) and (_may_be_marked(head) or _may_go_on(raw, low, begin, head, stop)):
                after = bytes(raw[stop : min(high, stop + _REACH)])
                line = _BREAK.split(head + bytes(raw[start:stop]) + after, maxsplit=1)[0]
                end = begin + len(line)
                region = _holders(line, raw, low, begin, people)
        if region is not None and begin + region[0] <= start and stop <= begin + region[1]:
            kept.add(hit)
            different[_NAMED[kind]].add(bytes(raw[start:stop]).lower())
            if len(different[_NAMED[kind]]) > MOST:
                return set()
    return kept


def _holders(line: bytes, raw: memoryview, low: int, begin: int, people: dict[int, bool]) -> tuple[int, int] | None:
    """Where in the line the holders or authors stand; None where it is no notice.

    It begins at ``begin``, in a text that begins at ``low``. ``people`` says of lines further up whether they were
    announced, and learns of this one.
    """
    mark = _MARK.match(line) if _may_be_marked(line) else None
    if mark is not None:
        return _announced(line, mark)
    led = _led(line)
    if led is None or not _people(line, led, named=False):
        return None
    people[begin] = _continues(_above(raw, low, begin), begin, people)
    return (led, len(line)) if people[begin] else None


def _announced(line: bytes, mark: re.Match[bytes]) -> tuple[int, int] | None:
    """The holders behind a mark."""
    if mark[0][-1:].isalnum() and line[mark.end() : mark.end() + 1].isalnum():
        return None  # a word that begins as one: copyrighted
    stop = _people(line, mark.end(), named=bool(mark["byline"])) if mark["role"] or _is_formal(mark) else None
    return (mark.end(), stop) if stop else None


def _is_formal(mark: re.Match[bytes]) -> bool:
    """Whether the mark is that of a copyright notice: no item (c) of a list, and no sentence."""
    signs = [mark[name] for name in ("more", "more2")]
    return bool(mark["spdx"] or mark["years"] or any(signs) or (mark["sign"] or b"(c)").lower() != b"(c)")


def _may_be_marked(line: bytes) -> bool:
    """False where it plainly has no mark: most lines with an address."""
    head = line[:_HEAD].lower()
    return (
        b"by" in head
        or b"aut" in head
        or b"cop" in head
        or b"(c)" in head
        or b"\xa9" in head
        or b"maintainer" in head
        or b"&#169" in head
    )


def _may_go_on(raw: memoryview, low: int, begin: int, head: bytes, stop: int) -> bool:
    """False where the line plainly goes on with nothing: none stands right above it, or more than a name beside the address."""
    return (
        len(head) < _HEAD
        and begin - low > 8
        and bytes(raw[begin - 3 : begin]).count(b"\n") < 2
        and (stop >= len(raw) or raw[stop] in _BEHIND)
        and head.count(b" ") < _MOST_SPACES
    )


def _led(line: bytes) -> int | None:
    led = _LED.match(line)
    return led.end() if led else None


def _people(line: bytes, at: int, *, named: bool) -> int | None:
    """Where the people end that begin at ``at``: names and addresses, then nothing, or what notices end in.

    ``named``: with a name in front, in capitals, and an address.
    """
    start, words, plain, mails = at, 0, 0, 0
    before = "between"
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.match(line, at)
        if token is None or _END.match(line, at):
            break
        kind = str(token.lastgroup)
        if kind == "word":
            word = token["word"]
            small = word in _SMALL or word == b"by"
            plain = 0 if before != "word" else plain
            plain += not small and word[:1].islower()
            words = words + 1 if before == "word" else 1
            if before in ("mail", "url") or words > _MOST_WORDS or (plain and (named or words > 2)):
                return None
        mails += kind == "mail"
        if kind == "mail" and named and before != "word":
            return None
        before, at = kind, token.end()
    if at == start or not _END.match(line, at) or (named and not mails):
        return None
    return at


# --- one person a line, behind a line that says what they are -------------------------------------------------------


def _continues(above: bytes, begin: int, people: Mapping[int, bool]) -> bool:
    """Whether only people stand between a line and one that announces them: ``Authors:``, ``Copyright (c) 2019``."""
    for _ in range(_LINES_BACK):
        if not above:
            return False
        rest = above[: -2 if above.endswith(b"\r\n") else -1]
        cut = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
        begin -= len(above) - cut
        above, line = rest[:cut], rest[cut:]
        if begin in people:
            return people[begin]
        mark = _MARK.match(line) if _may_be_marked(line) else None
        if mark is not None:
            bare = _OPENS.fullmatch(line, mark.end()) is not None
            return bare and not mark["byline"] and (_is_formal(mark) or mark[0].rstrip(b" \t[{(\"'")[-1:] in b":=")
        led = _led(line)
        if led is None or not _people(line, led, named=False):
            return False
    return False


def _above(raw: memoryview, low: int, begin: int) -> bytes:
    """Some whole lines above."""
    start = max(low, begin - _ABOVE)
    above = bytes(raw[start:begin])
    return above if start == low else _BREAK.split(above, maxsplit=1)[-1]
