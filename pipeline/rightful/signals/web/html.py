"""What a page says of its rights in HTML: orders to robots, reservations, licences, statements in words. Floor 2: pure. Law 6.

``<meta name=robots>`` and its kin, TDMRep in tags, ``rel=license`` (links, RDFa), deeds that are linked to or shown as buttons,
JSON-LD, microdata, Dublin Core, the foot of the page. A licence that may be of something else on the page is inferred (T6, with
the reason): it restricts and never permits. Comments and templates say nothing; no text of a page is an instruction to anybody.

Most pages of a crawl say nothing of rights: their bytes are looked through for the words without which nothing can be said
before anything is parsed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from urllib.parse import urljoin

from rightful.rights.columns import LICENSE, RIGHTS, is_notice
from rightful.rights.evidence import Evidence
from rightful.rights.expression import Names
from rightful.rights.signals import Signals
from rightful.signals.signal import About
from rightful.signals.web import headers as header_fields
from rightful.signals.web import jsonld, page_licenses, page_words, rsl
from rightful.signals.web.captured import claims_of
from rightful.signals.web.page_context import QUOTED, Context
from rightful.signals.web.page_robots import is_robot, orders
from rightful.signals.web.page_tree import Element, Page, parsed
from rightful.signals.web.stated import Reading
from rightful.signals.web.tdm_values import of_value
from rightful.signals.web.together import Said

DETECTOR = "html/1"
MOST_BYTES = 8 << 20
"""So much of a page is parsed; that it went on is an unread statement where a word in the rest hints at one."""
_WORDS = "licen rights commons lizenz lisens lisans droits derechos direitos diritti rechte prawa"
_ASCII = (*(w.encode() for w in _WORDS.split()), b"public domain", b"cc-by", b"cc by", b"prohibit", b"permission")
_IN_DATA = (b"usageinfo", b"usageterms", b"conditionsofaccess", b"copyrightnotice")
_WORDS_BEYOND = "лиценз ліценз права 授权 許可 许可 ライセンス 版权 版權 無断転載 不許 라이선스 저작권"
_BEYOND = tuple(w.encode() for w in _WORDS_BEYOND.split())
_HINTS = (*_ASCII, *_BEYOND, *_IN_DATA, b"tdm", b"noai")
_MARKED = tuple(map(re.compile, (b"copyright", b"&copy", b"\xa9", b"&#169", b"&#xa9", rb"\(c\)(?= ?(?:[0-9a-z<]|&#))")))
"""Copyright marks; of ``(c)`` one that may be followed by a year or a name, as hardly a call in a script is."""
MOST_MARKS = 50
AROUND = 1_500
_WITHIN_WORDS = re.compile(rb"<[^<>]*>|&shy;|&(?:zwn?j|ZeroWidthSpace);|\xc2\xad")
"""What may stand inside a word and is not seen."""
_SPELT_OUT = re.compile(
    rb"&(?:#[0-9x]|[a-z]{1,3}(?:acute|grave|circ|tilde|uml|cedil|ring|slash|lig|caron|breve|macr|ogon|dblac|stroke)"
    rb"|(?!(?:amp|nbsp|copy|lt|gt|quot|apos|[lr]a?quo|[lr][sd]quo|[mn]dash|hellip|middot|bull|reg|trade|times|[lr]arr|shy);)[a-z]{2,9};)"
)
"""A letter, maybe, that is written by its name or number."""
_LETTERS = re.compile(rb"[\xc3-\xe1\xe3-\xfe]")
"""A letter beyond ASCII: what is said there may be in any language."""
_ROBOT_TAG = re.compile(rb"""<meta[\s/](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+""")
"""A whole tag, with what stands in quotes; of a quote that nobody closes all that follows."""
_ORDER = re.compile(rb"noai|noimageai|tdm|copyright|content-(?:usage|signal)")
_NO = re.compile(rb"\bno|dis|opt|block|den[iy]|reserv|prohib|exclu")
_ROBOT = re.compile(rb"robot|bot\b|crawl|spider|agent|slurp|ai\b|extended|user\b")
_SPELT = re.compile(rb"&#(?:x0*[46][0-9a-f]|0*(?:6[5-9]|[789]\d|1[01]\d|12[0-2]));", re.IGNORECASE)
"""A letter that is written as a number."""
_ESCAPED = re.compile(rb"\\u00(?:[46][1-9a-f]|[57][0-9a])")
"""The same in JSON."""
_FOOT = (b"<footer", b"contentinfo", b'id="foot', b'class="foot', b"id=foot")
_TDM_RESERVATION = ("tdm-reservation", "tdm:reservation", "tdm_reservation")
_HTTP_EQUIV = frozenset(("x-robots-tag", "tdm-reservation", "tdm-policy", "content-usage", "content-signal", "link"))


def read(raw: bytes, url: str, signals: Signals, names: Names, on: date | None = None) -> Reading:
    """What a page at ``url`` says, seen on a day. Raises :class:`InputError` where resiliparse is not installed, and nothing else.

    ``url`` may be empty where it is not known: what is said of an address is then taken for said of the page.
    """
    if not may_state(raw, names):
        return Reading()
    said = Said()
    text = _decoded(raw[:MOST_BYTES], said)
    if text is None:
        return said.result()
    page = parsed(text)
    base = page.base
    context = Context(url, names, signals, on, base=_base(url, base), said=said)
    context.own = tuple(a for a in (url, context.resolved(page.canonical) if page.canonical and url else "") if a)
    _metas(page, context)
    page_licenses.stated(page, context)
    for kind, script in page.scripts:
        if "rsl+xml" in kind:
            said.reading(rsl.read(script.encode("utf-8", "replace"), signals, url=url or "/", on=on))
        else:
            jsonld.stated(script, context)
    page_words.statements(page.blocks, context)
    page_licenses.say_that_several(context)
    _cut(raw, page, context)
    return said.result()


def of_page(
    headers: Sequence[tuple[str, str]],
    html: bytes | None,
    url: str,
    fetched_at: datetime | None,
    about: About,
    signals: Signals,
) -> tuple[list[Evidence], dict[str, Reading]]:
    """What readers of a crawl call for each page: the claims of its header fields and of its HTML, and what came of looking at
    each (``headers``, ``html``), which is what a store keeps as looked at. ``html`` is None where the body is no HTML.

    Raises :class:`InputError` where resiliparse is not installed.
    """
    on = fetched_at.date() if fetched_at is not None else None
    readings = {"headers": header_fields.read(headers, signals, on, url=url, names=about.names)}
    if html is not None:
        readings["html"] = read(html, url, signals, about.names, on)
    detectors = {"headers": header_fields.DETECTOR, "html": DETECTOR}
    claims = [c for p, one in readings.items() for c in claims_of(p, one, about.names, p, detectors[p])]
    return claims, readings


def may_state(raw: bytes, names: Names) -> bool:
    """False for a page that cannot say anything of rights: none of the words is in it without which nothing is said."""
    head = raw[:4]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4_096]:
        return True  # of another width than a byte, or no text at all
    low = raw.lower()
    if any(hint in low for hint in _ASCII) or (not low.isascii() and any(hint in low for hint in _BEYOND)):
        return True
    if any(_ORDER.search(tag) or (_ROBOT.search(tag) and _NO.search(tag)) for tag in _ROBOT_TAG.findall(low)):
        return True
    if (b"ld+json" in low or b"itemprop" in low) and any(word in low for word in _IN_DATA):
        return True
    if (b"&#" in low and _SPELT.search(low)) or (b"ld+json" in low and _ESCAPED.search(low)):
        return True
    return any(_LETTERS.search(near) or _may_reserve(near, names) for near in _notices(low))


def _notices(low: bytes) -> Iterator[bytes]:
    """The foot of a page, and what stands around its copyright marks: where words reserve, if they do."""
    starts = [at for foot in _FOOT if (at := low.find(foot)) >= 0]
    if starts:
        yield low[min(starts) :]
    end = min(starts, default=len(low))
    for marks in _MARKED:
        at, most = 0, MOST_MARKS
        while (mark := marks.search(low, at, end)) is not None:
            if not most:
                yield low[mark.start() : end]
                break
            yield low[max(mark.start() - AROUND, 0) : mark.start() + AROUND]
            at, most = mark.start() + AROUND, most - 1


def _may_reserve(near: bytes, names: Names) -> bool:
    """False where what can be reserved in prose is not named: of none of its terms all longer words are there. Of plain
    letters: whatever stands beside others is looked at anyway."""
    first, spoken = _spoken_of(names)
    if first.search(near) is None:
        return False
    if _SPELT_OUT.search(near):
        return True
    plain = _WITHIN_WORDS.sub(b"", near)
    return any(
        all(longer in near or longer in plain for longer in words)
        for word, of in spoken
        if word in near
        for words in of
    )


_Spoken = tuple[re.Pattern[bytes], tuple[tuple[bytes, tuple[tuple[bytes, ...], ...]], ...]]


def _spoken_of(names: Names) -> _Spoken:
    """The first words of what can be reserved in prose, in all languages of the list, as one pattern; and to each the longer words
    that follow it, of each term."""
    known: _Spoken | None = names.reserving.compiled.get("first words")
    if known is None:
        terms = [
            [word.strip("*").lower() for word in t.split()]
            for lang in names.reserving.languages
            for role in ("names", "training")
            for t in lang.by_role.get(role, ())
        ]
        by_first: dict[str, set[tuple[bytes, ...]]] = {}
        for first, *others in terms:
            longer = tuple(word.encode() for word in others if len(word) > 3)
            by_first.setdefault(first if len(first) > 3 else f" {first} ", set()).add(longer)
        spoken = tuple((first.encode(), tuple(sorted(of))) for first, of in sorted(by_first.items()) if first.isascii())
        known = re.compile(_any_of(first for first, _ in spoken)), spoken
        names.reserving.compiled["first words"] = known
    return known


def _any_of(words: Iterable[bytes]) -> bytes:
    """The pattern of any of some words, which share their beginnings: looking for all of them takes as long as for one."""
    following: dict[bytes, list[bytes]] = {}
    for word in words:
        if not word:
            return b""
        following.setdefault(word[:1], []).append(word[1:])
    ways = [re.escape(letter) + _any_of(rest) for letter, rest in sorted(following.items())]
    return ways[0] if len(ways) == 1 else b"(?:" + b"|".join(ways) + b")"


def _decoded(raw: bytes, said: Said) -> str | None:
    """The text of a page; None for what is no text. What a wrong charset spoils are letters beyond ASCII, not its statements."""
    from_mark = next((name for mark, name in _MARKS if raw.startswith(mark)), "")
    if not from_mark and raw[:2_048].count(b"\0") > min(len(raw), 2_048) // 4:
        pairs = raw[:2_048]
        odd, even = pairs[1::2].count(b"\0"), pairs[::2].count(b"\0")
        if b"<\0" in pairs and odd > 4 * even:
            from_mark = "utf-16-le"
        elif b"\0<" in pairs and even > 4 * odd:
            from_mark = "utf-16-be"
    if not from_mark and (raw.startswith(_NO_PAGE) or len(_CONTROLS.findall(raw[:4_096])) > len(raw[:4_096]) // 50 + 8):
        said.unread("no HTML: the bytes are not text")
        return None
    if from_mark:
        return raw.decode(from_mark, "replace").replace("\0", "")
    try:
        return raw.decode().replace("\0", "")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 4:
            return raw[: error.start].decode().replace("\0", "")
    return raw.decode(_declared(raw), "replace").replace("\0", "")


def _declared(raw: bytes) -> str:
    """The charset that a page declares, if it is one that leaves ASCII as it is: no other can hold such a declaration."""
    declared = _CHARSET.search(raw[:4_096])
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name if declared else ""
    except LookupError:
        name = ""
    return name if name.startswith(_OVER_ASCII) else "cp1252"


_OVER_ASCII = (
    "iso8859",
    "cp125",
    "cp8",
    "cp93",
    "cp94",
    "cp95",
    "koi8",
    "gb",
    "big5",
    "shift_jis",
    "euc",
    "mac",
    "tis",
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_PAGE = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x7fELF")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def _metas(page: Page, context: Context) -> None:
    """Orders to robots, TDMRep and Dublin Core in ``<meta>``. Where a tag stands makes no difference to what it reserves."""
    policy, reservation = "", list[str]()
    for element in page.elements:
        if element.tag != "meta":
            continue
        value = element.get("content").strip()
        name = element.get("name") or element.get("property") or element.get("itemprop")
        folded = name.strip().lower()
        equivalent = element.get("http-equiv").strip().lower()
        if equivalent in _HTTP_EQUIV:
            fields = header_fields.read(
                [(equivalent, value)], context.signals, context.on, url=context.url, names=context.names
            )
            context.said.reading(fields)
        if folded in _TDM_RESERVATION and not value:
            context.said.unread(f"<meta name={folded}> without a value")
        if not folded or not value:
            continue
        if folded in _TDM_RESERVATION:
            reservation.append(value)
        elif folded in ("tdm-policy", "tdm:policy", "tdm_policy"):
            policy = value
        elif is_robot(folded, context.signals):
            context.said.orders(
                *orders(
                    value,
                    f"<meta name={name.strip()[:60]}>",
                    context.signals,
                    context.names.reserving,
                    context.on,
                    name.strip(),
                )
            )
        elif folded in ("noai", "noimageai"):
            context.said.orders(*orders(folded, "<meta>", context.signals, context.names.reserving, context.on))
        else:
            _field(name, value, element, context)
    if reservation:
        context.said.reading(of_value(", ".join(reservation), context.signals, context.on, policy))
    elif policy:
        context.said.unread(f"tdm-policy: {policy}"[:QUOTED])


def _field(name: str, value: str, element: Element, context: Context) -> None:
    """A tag of Dublin Core or another vocabulary, where it speaks of rights. ``copyright`` often names a holder alone."""
    kind = context.names.columns.kind(name)
    last = re.split(r"[:/#.]", name)[-1].lower()
    if kind not in (LICENSE, RIGHTS) and last not in jsonld.WORDS:
        return
    if last == "copyright" and is_notice(f"\u00a9 {value}"):
        return
    why = page_licenses.whose(element, context)
    page_licenses.in_a_field(name if kind else "rights", value, f"<meta name={name.strip()[:60]}>", why, context)


def _base(url: str, base: str) -> str:
    try:
        return urljoin(url, base.strip()) if base else url
    except ValueError:
        return url


def _cut(raw: bytes, page: Page, context: Context) -> None:
    """What was not read, or not sent: it may restrict."""
    rest = raw[MOST_BYTES:].lower()
    if not page.is_whole or any(hint in rest for hint in _HINTS):
        context.said.unread(f"a page of {len(raw)} bytes: not all of it is read")
        context.license("the rest of a page that is too large to be read", "html")
    end = raw[-65_536:].lower()
    opened = end.rfind(b"<")
    within = opened > end.rfind(b">") and end[opened + 1 : opened + 2].isalpha()
    for start, close in ((b"<!--", b"-->"), (b"<script", b"</script")):
        within |= end.rfind(start) > end.rfind(close)
    if within and len(raw) <= MOST_BYTES:
        context.said.unread(
            f"the page ends within a tag, a comment or a script: {end[-60:].decode('utf-8', 'replace')}"
        )
