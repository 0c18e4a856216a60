"""What the head of a text says of its licence: SPDX tags, and licence headers in its comments. Floor 2: pure. Law 6.

What may permit stands in the comments that a file begins with, before anything else. There all tags count, and every
sentence of the header has to be one that is known: words that are left over, a modification, an exception or a name that
nobody knows make it unreadable, which blocks. What stands elsewhere in the head or at the end binds and permits nothing: a
document about SPDX is not licensed by its examples. A pointer to a file beside the text says nothing itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rightful.rights.expression import Names, NothingStated, Unreadable, parse, render
from rightful.signals.texts.regions import folded

Detect = Callable[[str], str | None]
"""The expression of a licence text; None where it is none, ``UNKNOWN`` where it is one that is not known wholly."""
UNKNOWN = "LicenseRef-unknown"
SHOWN_CHARS = 300
LICENSE_CHARS = 200_000
"""A longer text is no licence."""
MORE = 6
"""So many paragraphs behind the last that speaks of a licence may belong to it."""

_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\s](?:[^\r\n]*[^\s])?)", re.MULTILINE | re.IGNORECASE)
_GOES_ON = re.compile(r"SPDX-License-Identifier:[^\n]*\n[^\w\n]*(?:and|or|with)\b[^\n]*", re.IGNORECASE)
"""A tag whose expression goes on in the next line, which SPDX does not have."""
_COPYRIGHT_TAG = re.compile(
    r"SPDX-(?:File|Snippet)CopyrightText:[ \t]*([^\r\n]+?)[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_SPDX_LINE = re.compile(r"^[^\n]*\bSPDX-[A-Za-z-]+:[^\n]*$", re.MULTILINE)
_COPYRIGHT_LINE = re.compile(
    r"^(?:portions |all |modifications |some parts )?(?:copyright\b(?=[^\n]{0,20}(?:\(c\)|©|\d{4}|\bby\b))|©|\(c\)|℗)"
    r"[^\n]*(?:\n(?:[ \t]+)?(?:and"
    r"|by) [^\n]*)?|^[^\n]{0,60}(?:©|\(c\))[^\n]{0,20}\d{4}[^\n]*$"
    r"|^[ \t]*all rights reserved\.?[ \t]*$"
    r"|^(?:[@\\](?:author|copyright|file|brief|version|package|since)\b)[^\n]*$|^authors?:[^\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
FULL = re.compile(
    r"permission is (?:hereby )?granted|permission to use, copy|redistributions? and use|the (?:author"
    r"|authors|copyright holders?) (?:hereby )?(?:grants?|disclaims?)"
    r"|this is free and unencumbered|everyone is permitted to copy|boost software license - version"
    r"|this software is provided ['\"]as-is['\"]"
)
"""How texts of licences begin that stand in a file wholly."""
_FULL_WORDS = ("permission", "redistribution", "grant", "disclaim", "unencumbered", "everyone", "boost", "as-is")
"""One of these is in every text that :data:`FULL` meets."""
STATES = re.compile(
    r"\b(?:licen[cs]ed|licen[cs]es|released|distributed|available|provided|published|covered|offered|redistribute\w*"
    r"|use[ds]?|governed|subject|dedicated|given)\b"
    r"[^.;]{0,80}?\b(?:under|by|to|with)\b[^.;]{0,60}?\b(?:licen[cs]\w*|terms|conditions|gpl\w*|lgpl\w*"
    r"|agpl\w*|public domain|creative commons|cc[ -]by\S*|cc0|mit|bsd\S*|apache|mpl\S*)"
    r"|\bfree software\b|\bpublic domain\b|^\W*@?licen[cs]e\s*[:=]|\byou may (?:not )?(?:use|copy"
    r"|redistribute|modify|obtain)\b[^.]{0,40}\b(?:this|it|file|software|copy)\b"
    r"|\bsee (?:the |accompanying |enclosed )*(?:files? )?\W?(?:licen[cs]e|copying|copyright)\b"
    r"|\bunlicensed?\b|\blicen[cs]e\b[^.]{0,60}\b(?:can be found|found in|see|located|accompan\w+"
    r"|included)\b"
    r"|\b(?:software|code|files?|program|library|work|package|source|script)\b[^.]{0,60}"
    r"\bmay (?:not )?be (?:used|copied|redistributed|distributed|modified)\b"
)
"""A sentence about the licence of what it stands in."""
_MAY_STATE = re.compile(
    r"licen[cs]|\b(?:terms|conditions|[al]?gpl|public domain|creative commons|cc[ -]by|cc0|mit|bsd|apache|mpl|free software"
    r"|you may |may (?:not )?be |see (?:the |accompanying |enclosed )*(?:files? )?\W?copy)"
)
"""What is in every sentence that :data:`STATES` meets, at less expense."""
_POINTER = re.compile(
    r"\b(?:licen[cs]e|licen[cs]es|copying|copyright|notice|readme|unlicense)(?:[.-](?:txt|md|rst|html"
    r"|apache|mit|bsd|\w{1,8}))?\W{0,3}\b(?:files?\b|in the\b|for\b|at the\b)"
    r"|\b(?:see|in|found in|refer to|read) (?:the |accompanying |enclosed |attached |top-level |root "
    r"|project |main |included |separate |file |files |its |our )*[`'\"<(\[]?(?:\.{0,2}/)*(?:licen[cs]e"
    r"|copying|copyright|notice)\b"
)
_BESIDE = re.compile(r"(?:bsd|mit|apache|gpl|x11|zlib)(?:/\w+)?-(?:style|like|type) licen[cs]e")
_HARMLESS = (
    re.compile(r"licensed to (?:the )?[^.;]{1,80} under one or more (?:[\w ]{1,30} )?(?:licen[cs]e )?agreements?"),
    re.compile(
        r"[^.]*\b(?:without (?:any )?warrant\w+|without warranty|as[ -]is\b|merchantability"
        r"|fitness for a particular purpose|warranties or conditions|no warrant\w+)"
        r"(?:(?!\bnon-?commercial\b|\bonly\b|\bprohibit|\bforbid|\btrain|\bpermission\b|\bconsent\b"
        r"|\broyalt|\bpayment|\bcompan(?:y|ies)\b[^.]{0,20}\bexclud|\bexcluded\b(?! warrant)"
        r"|\bno (?:copying|copies|resale|redistribution)\b).)*"
    ),
    re.compile(
        r"see (?:the )?(?:above )?(?:[\w ]{0,40} )?licen[cs]e (?:at [^ ]+ )?(?:for|text for) (?:more|further"
        r"|the specific|the full|full|details|complete)[\w ]{0,80}"
    ),
    re.compile(
        r"(?:along with this [\w ]{1,40}, )?you should have received a copy of [^.;]{1,160}(?:along"
        r"|together) with [^.;]{1,60}[.;,]?(?: ?if not,? (?:see|write to|please|contact|you)\b.*)?"
    ),
    re.compile(r"if not,? (?:see|write to|please|contact|you can)\b.*"),
    re.compile(
        r"(?:and )?(?:you may |you can |a copy of the licen[cs]e (?:is|may be|can be) )?(?:also )?(?:obtain"
        r"|obtained|available|find|found|get)[^;]{0,90}?(?:at|from|in|online at|is at)[: ]+<?(?:https?://"
        r"|www\.)\S+>?(?: or (?:in|at) .{1,60})?"
    ),
    re.compile(r"if a copy of the \w+ was not distributed with this file,? you can obtain one at \S+"),
    re.compile(
        r"(?:this (?:file|module|program|script|library|code|source|header)"
        r"|it) is (?:a )?part of (?:the )?[^.;]{1,80}"
    ),
    re.compile(r"<?(?:https?://|www\.)\S+>?"),
    re.compile(r"(?:51 franklin|59 temple|675 mass|inc|boston|cambridge|suite|fifth floor|usa|ma\b)[^;]{0,120}"),
    re.compile(r"(?:all rights reserved|this notice must be kept intact|version \d(?:\.\d)?)"),
)
"""Sentences that stand in headers and take nothing away: warranties, where the text is to be had, what a file is part of."""
_IN_COMPLIANCE = re.compile(
    r"[,;:]? ?(?:and )?you may not use (?:this (?:file|software|work|project|program|code|library)"
    r"|these files) except in compliance with (?:the|this) (?:above )?(?:apache )?licen[cs]e"
)
_HAND_ON = re.compile(
    r"^(?:the )?\w[\w.&' ]{0,60} licen[cs]es (?:this|these|the) (?:file|files|work|software|code|library) to you under"
)
_THE_LICENSE = re.compile(
    r"\(the [\"'“”]{0,2}[\w ]{0,20}licen[cs]e[\"'“”]{0,2}\)|\((?:the )?[\"']?(?:[al]?gpl|mpl|epl|asl"
    r"|apache)[\"']?(?:v?\d(?:\.\d)?)?\)"
)
_GNU = re.compile(
    r"gnu (?:(?P<kind>lesser|library|affero|free documentation) ?(?:general )?"
    r"|general )(?:public )?licen[cs]e|\b(?P<short>a?gpl|lgpl)\b(?: ?licen[cs]e)?"
)
_VERSION = re.compile(
    r"\b(?:version|v\.?|ver\.?)? ?(?P<v>[123](?:\.[0-3])?)(?:\.0)?(?P<plus>\+)?(?= |$|,|;|:|\)"
    r"|\.)(?: of the licen[cs]e)?"
)
_LATER = re.compile(
    r",? ?(?:or|and) ?,? ?\(?(?:at your option\)?,? ?)?(?:any|a)? ?(?:later|newer"
    r"|higher)(?: versions?)?(?: of the (?:gnu )?licen[cs]e)?(?: ?\(?at your option\)?)?"
    r"|,? ?\(at your option\)"
)
_ALLOWED = frozenset(
    """
    governed subject given
    this the program programs file files library libraries software source sources code module script package
    project work document it they them is are was free you can may redistribute and or and/or modify use
    distribute copy under terms term conditions of as published by foundation fsf either its in with to for at
    your option a an also licensed licenced released distributed available made provided covered hereby
    license licence licenses version dual both these materials accompanying all contents content text
    documentation form subject redistributed modified that which be will if on following gnu general public v
    binary forms rights copyright author authors repository data dataset book site page article tool
    application framework see our open please note herein included inc
    """.split()
)
_SENTENCES = re.compile(
    r"(?<=[.!?])\s+(?=[\"'“(\[]?[A-Z])|\n[ \t]*\n|(?<=[:;])\s+(?=You may|you may not)|\n(?=[ \t]*[-*•] )"
    r"|\n(?=[@\\]?(?:License|Licence|license|licence|LICENSE)\s*[:=])"
)
LINK = re.compile(r"!?\[([^\[\]]{1,200})\](?:\([^()\s]{0,300}\)|\[[^\[\]]{0,80}\])|</?\w+[^<>]{0,300}>")
_AT_ADDRESS = re.compile(r"\b(at|from|see|visit)[ \t]*:?\s*\n\s*(?=<?(?:https?://|www\.))", re.IGNORECASE)
_KEYED = re.compile(
    r"^[@\\]?licen[cs]e\s*[:=]?\s+(?P<name>\S.{0,200})$|^[@\\]?licen[cs]e\s*[:=]\s*(?P<other>\S.{0,200})$", re.DOTALL
)
_UNDER = re.compile(
    r"\b(?:under|by|to|with)\b(?: both)? (?:the )?(?:terms (?:and conditions )?of (?:the )?"
    r"|conditions of (?:the )?)?(?P<name>.+)$",
    re.DOTALL,
)
_SUBJECT = re.compile(
    r"(?:except where otherwise (?:noted|stated),? )?(?:(?:all |the )?(?:this|these|our|my|the (?:text"
    r"|texts|content|contents|documentation|book|code|site|data|materials?|project"
    r"|work))\b[^.;:\n]{0,80}?\b(?:is|are|has been|have been)\s+)?"
    r"(?:dual[- ]?|double |also )?(?:licen[cs]ed|released|available|distributed|published|made available"
    r"|provided|shared|offered)\s+under\b"
)
_GIVEN_WORDS = ("licen", "released", "available", "distributed", "published", "provided", "shared", "offered")
_NAME_WORDS = ("terms", "public domain", "creative", "gpl", "mit", "bsd", "mpl", "apache", "gfdl", "cc")
_NAMES_ONE = re.compile(
    r"licen[cs]|creative commons|public domain|\bcc[ -]?(?:by|0)|\b(?:[al]?gpl|mit|bsd|mpl|apache|gfdl)\b|\bterms\b"
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a head says: licences by their expression with the words that say it; what blocks; copyright lines. ``points`` is True
    where it refers to a file beside it."""

    tags: tuple[str, ...] = ()
    licenses: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[str, ...] = ()
    copyrights: tuple[str, ...] = ()
    points: bool = False

    @property
    def is_settled(self) -> bool:
        """True where a licence, or a file beside it, speaks for the text: "All rights reserved" above it adds nothing."""
        return bool(self.tags or self.licenses or self.points)


def header_of(text: str, names: Names, detect: Detect | None, *, cut: bool = False) -> Header:
    """What the comments say that a file begins with. ``cut``: they go on behind what was read."""
    plain = " ".join(folded(text).split())
    tags: tuple[str, ...] = ()
    rights: list[str] = []
    rest = text
    if "spdx-" in plain:
        tags = tuple(dict.fromkeys(m[1] for m in _TAG.finditer(text)))
        rights = [m[1] for m in _COPYRIGHT_TAG.finditer(text)]
        rest = _SPDX_LINE.sub("", text)
    span, last = _span(rest) if _may_be_full(plain) or _MAY_STATE.search(plain) else ([], 0)
    goes_on = tuple(_shown(m[0]) for m in _GOES_ON.finditer(text)) if tags else ()
    if not span:
        return Header(tags, (), goes_on, copyrights=tuple(rights))
    lines = [
        m[0].strip() for m in _COPYRIGHT_LINE.finditer(rest) if re.search(r"copyright|©|\(c\)", m[0], re.IGNORECASE)
    ]
    rights += [line for line in lines if len(line) <= SHOWN_CHARS]
    read = _read(span, last, names, detect, cut)
    kept = tuple(dict.fromkeys(rights)) if read.licenses or tags else ()
    return Header(tags, read.licenses, (*read.unreadable, *goes_on), kept, read.points)


def stated_in(
    paragraphs: Iterable[str],
    spoken_as: Mapping[str, str],
    names: Names,
    detect: Detect | None,
    text: str,
    *,
    pointing: bool = True,
) -> Header:
    """What paragraphs say of the licence of the document that they stand in, whose text this is. It binds, and permits nothing.

    ``spoken_as`` has them folded; unless ``pointing`` nobody wants to know whether they refer to a file beside the text.
    """
    tags: list[str] = []
    licenses: list[tuple[str, str]] = []
    unreadable: list[str] = []
    points = False
    listed = list(paragraphs)
    full_words = [word for word in _FULL_WORDS if any(word in spoken_as[p] for p in listed)]
    for number, paragraph in enumerate(listed):
        plain = spoken_as[paragraph]
        if "spdx-" in plain:
            tags += [m[1] for m in _TAG.finditer(paragraph) if paragraph[: m.start()].rpartition("\n")[2].strip() == ""]
        if full_words and _may_be_full(plain) and FULL.search(" ".join(plain.split())):
            # A document may be the licence itself, or end in one.
            expression = detect(text) if detect is not None and len(text) <= LICENSE_CHARS else UNKNOWN
            if detect is not None and expression in (None, UNKNOWN):
                expression = detect("\n\n".join(listed[number:]))
            if expression not in (None, UNKNOWN):
                licenses.append((str(expression), _shown(paragraph)))
            elif detect is None or expression == UNKNOWN:
                unreadable.append(_shown(paragraph))
            break
        if not pointing and "<" not in plain and "[" not in plain and not _may_be_given(plain):
            continue  # Nothing is "licensed under" here, and no link could hide that it is.
        for sentence in sentences(paragraph) if _names_one(plain) else ():
            spoken = _unlinked(folded(sentence))
            if not _SUBJECT.match(spoken) or not _NAMES_ONE.search(spoken):
                points = (
                    points
                    or not pointing
                    or (_POINTER.search(spoken) is not None and STATES.search(spoken) is not None)
                )
                continue
            expression = license_of(spoken, names)
            if expression is not None:
                licenses.append((expression, _shown(sentence)))
            elif _POINTER.search(spoken):
                points = True
            else:
                unreadable.append(_shown(sentence))
    return Header(
        tuple(dict.fromkeys(tags)), tuple(dict.fromkeys(licenses)), tuple(dict.fromkeys(unreadable)), (), points
    )


def _span(text: str) -> tuple[list[str], int]:
    """The paragraphs of comments from the first that speaks of a licence, and how many of them there are up to the last."""
    paragraphs = re.split(r"\n[ \t]*\n", _COPYRIGHT_LINE.sub("", text).strip("\n"))
    about = [n for n, p in enumerate(paragraphs) if _speaks(" ".join(folded(p).split()))]
    return (paragraphs[about[0] :], about[-1] - about[0] + 1) if about else ([], 0)


def _may_be_full(plain: str) -> bool:
    return any(word in plain for word in _FULL_WORDS)


def _may_be_given(plain: str) -> bool:
    """True where :data:`_SUBJECT` may meet something in a folded paragraph."""
    return "under" in plain and any(word in plain for word in _GIVEN_WORDS)


def _names_one(plain: str) -> bool:
    """True where a folded paragraph may name a licence."""
    return "licen" in plain or (any(word in plain for word in _NAME_WORDS) and _NAMES_ONE.search(plain) is not None)


def _unlinked(spoken: str) -> str:
    """A folded text in one line, its links and tags by what they show."""
    return " ".join((LINK.sub(r"\1", spoken) if "[" in spoken or "<" in spoken else spoken).split())


def _speaks(plain: str) -> bool:
    return FULL.search(plain) is not None or any(STATES.search(s) for s in re.split(r"(?<=[.;])\s", plain))


def _read(paragraphs: list[str], last: int, names: Names, detect: Detect | None, cut: bool) -> Header:
    """What the paragraphs of a header say: a licence that is recognised word for word, or sentences that are known."""
    span = "\n\n".join(paragraphs[:last])
    is_full = FULL.search(" ".join(folded(span).split())) is not None
    if detect is not None and not cut:
        # The warranty at the end of a licence does not speak of one: it may be the last paragraph, or what is behind it.
        for end in range(min(len(paragraphs), last + MORE) if is_full else last, last - 1, -1):
            expression = detect("\n\n".join(paragraphs[:end]))
            if expression is not None and expression != UNKNOWN:
                return Header(licenses=((expression, _shown(span)),))
    if is_full:
        return Header(unreadable=(_shown(span),))
    licenses: list[tuple[str, str]] = []
    left: list[str] = []
    points = False
    for sentence in sentences(span):
        spoken = _unlinked(folded(sentence))
        spoken = _THE_LICENSE.sub("", _IN_COMPLIANCE.sub("", spoken))
        spoken = " ".join(spoken.split()).strip(" .;:,-*=")
        if not spoken or any(h.fullmatch(spoken) for h in _HARMLESS):
            continue
        expression = license_of(spoken, names)
        if expression is not None:
            licenses.append((expression, _shown(sentence)))
        elif _POINTER.search(spoken) and not _RESTRICTS.search(spoken):
            points = True
        elif STATES.search(spoken) or _RESTRICTS.search(spoken) or licenses:
            # Behind a licence that is stated, a sentence that nobody knows may take it back.
            left.append(_shown(sentence))
    return Header((), tuple(dict.fromkeys(licenses)), tuple(left), (), points)


_RESTRICTS = re.compile(
    r"\b(?:non-?commercial|commercial(?:ly)?|research|evaluation|academic|educational|personal|prohibit\w*"
    r"|forbid\w*|forbidden|except|unless|restrict\w*|only|not|without (?:prior |written "
    r"|express )*(?:permission|consent)|train|training|military)\b"
)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each in one line."""
    for piece in _SENTENCES.split(_AT_ADDRESS.sub(r"\1 ", text)):
        if piece.strip():
            yield " ".join(piece.split())


def is_harmless(spoken: str) -> bool:
    """True for a sentence that stands in headers and takes nothing away."""
    return any(h.fullmatch(spoken) for h in _HARMLESS)


def points_beside(spoken: str) -> bool:
    """True for a sentence that refers to a file beside it, and limits nothing."""
    return _POINTER.search(spoken) is not None and not _RESTRICTS.search(spoken)


def license_of(spoken: str, names: Names) -> str | None:
    """The licence that a sentence states, where all of its words are those of such a sentence; in our ids."""
    keyed = _KEYED.match(spoken)
    if keyed is not None:
        if points_beside(spoken.partition(":")[2] or spoken):
            return None
        return known((keyed["name"] or keyed["other"] or "").strip(" .:"), names)
    if not STATES.search(spoken) and not _SUBJECT.match(spoken):
        return None
    gnu = _gnu(spoken, names)
    if gnu is not None:
        return gnu
    spoken = _HAND_ON.sub("licensed under", spoken)
    under = _UNDER.search(spoken)
    if under is None or not _only_allowed(spoken[: under.start()].replace(":", " "), subject=True):
        return None
    name = re.split(
        r"\s(?:which|that|as|found|in the|see|located|\()\b|\s\(|; | - |, (?:see|which|a copy)", under["name"]
    )[0]
    rest = under["name"][len(name) :].strip()
    in_brackets = _ID_BEHIND.fullmatch(rest)
    if in_brackets is not None and not _RESTRICTS.search(name):
        return known(in_brackets[1], names)
    if rest and not (
        _POINTER.search(rest)
        or any(h.fullmatch(rest.strip(" .,;:-()")) for h in _HARMLESS)
        or _AVAILABLE.fullmatch(rest)
    ):
        return None
    if rest and _RESTRICTS.search(rest):
        return None
    return known(name, names)


_ID_BEHIND = re.compile(r"\(([\w.+-]{2,30}|cc[ -]by[\w .-]{0,12})\)(?: licen[cs]es?)?[ .]*")
_AVAILABLE = re.compile(
    r"[,;]? ?(?:which|that|and) (?:accompanies this distribution,? ?(?:and )?)?(?:is|are|can be"
    r"|may be)? ?(?:available|found|obtained|viewed)? ?(?:at|in|from)? ?(?:the )?<?\S*/?\S*>?"
    r"|\(?<?https?://\S+>?\)?"
)


def _gnu(spoken: str, names: Names) -> str | None:
    """A licence of the GNU family with its version, where the sentence says no more."""
    match = _GNU.search(spoken)
    if match is None or _GNU.search(spoken, match.end()):
        return None
    kind = match["kind"] or {"agpl": "affero", "lgpl": "lesser"}.get(match["short"] or "", "")
    rest = spoken[: match.start()] + " " + spoken[match.end() :]
    later = _LATER.search(rest)
    rest = _LATER.sub(" ", rest)
    versions = [m for m in _VERSION.finditer(rest) if m["v"]]
    rest = _VERSION.sub(" ", rest)
    only = re.search(r"\bonly\b", rest) is not None
    rest = re.sub(r"\bonly\b", " ", rest)
    if len({m["v"] for m in versions}) > 1 or not _only_allowed(rest.replace(":", " "), subject=True):
        return None
    short = {"": "GPL", "lesser": "LGPL", "library": "LGPL", "affero": "AGPL", "free documentation": "GFDL"}[kind]
    if not versions:
        return None if only else known(short, names)
    version = versions[0]["v"] if "." in versions[0]["v"] else versions[0]["v"] + ".0"
    later_too = (later is not None and later[0].strip()[-7:] != "option)") or versions[0]["plus"] is not None
    later_too = later_too or (later is not None and re.search(r"later|newer|higher", later[0]) is not None)
    return known(f"{short}-{version}-{'or-later' if later_too and not only else 'only'}", names)


def _only_allowed(text: str, *, subject: bool = False) -> bool:
    """True where all words are those of a sentence that states a licence. A name may stand before "is"."""
    plain = text
    if subject:
        plain = re.sub(
            r"^[^,;:]{0,80}?(?= (?:is|are) (?:free software|licensed|licenced|released|distributed|available"
            r"|made available|provided|dual))",
            _plain_subject,
            plain,
        )
    return all(word in _ALLOWED for word in re.findall(r"[\w/'-]+", plain))


def _plain_subject(match: re.Match[str]) -> str:
    """Nothing, for the name of a work; what negates or limits stays, and is not allowed."""
    return (
        match[0]
        if _RESTRICTS.search(match[0]) or re.search(r"\bno\b|\bnone\b|\bparts?\b|\bsome\b|\bportions?\b", match[0])
        else ""
    )


def known(name: str, names: Names) -> str | None:
    """The expression of a name as it stands in a sentence; None for one that is not known."""
    cleaned = name.strip(" .,;:\"'()[]<>*_`")
    for spelling in (
        cleaned,
        re.sub(r"\s+licen[cs]es?$", "", cleaned),
        re.sub(r"^(?:the|an?)\s+", "", cleaned),
        re.sub(r"^(?:the|an?)\s+|\s+licen[cs]es?$", "", cleaned),
        re.sub(r",? (?:version|v\.?) ?", " ", cleaned),
    ):
        try:
            return render(parse(spelling, names))
        except (Unreadable, NothingStated):
            continue
    return None


def _shown(text: str) -> str:
    return " ".join(text.split())[:SHOWN_CHARS]
