"""What a page says of its rights in words: its foot, and the sentence around a licence. Floor 2: pure. Law 6.12.

Only a statement counts: text in the foot of the page, or beside a copyright mark, or one that says what is licensed. That an
article is about copyright states nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rightful.rights.expression import Names
from rightful.signals.web.page_context import QUOTED, RESTRICTS, Context
from rightful.signals.web.page_tree import MOST_TEXT, Block, Element

MOST_BLOCKS = 2_000
MOST_LINKS = 200
"""So many links of one block are looked for in its sentences; each link is read by itself as well."""
SHORT = 1_200
"""A statement of rights is shorter; a text that is longer is an article with one in it, and is read sentence by sentence."""
MARK = re.compile(
    r"[©℗]|\([cC]\) ?(?=\d|[A-Z])|\bCOPYRIGHT\b|\bCopyright (?=[A-Z0-9(])|(?i:\bcopyright,? (?:\d{4}|by\b|held by))"
)
"""A notice, and not a text about copyright."""
LICENSED = re.compile(
    r"licen[cs]ed|under (?:a|an|the) |licen[cs]e|available under|released under|published under|terms of|dedicated to the public"
    r"|waive|lizenziert|lizenz|unter (?:der|einer)|sous (?:la )?licence|licence|bajo (?:la |una )?licencia|licencia|licença|licenza"
    r"|onder (?:de |een )?|licentie|licencj|licencí|licens|lisens|лиценз|ліценз|ライセンス|许可|許可|授权|授權|라이선스|lisans",
    re.IGNORECASE,
)
"""Words of a sentence that states a licence."""
_STEMS = (
    *"licen lizenz lisens lisans available released published terms dedicated waive unter sous bajo onder under".split(),
    *"лиценз ліценз ライセンス 许可 許可 授权 授權 라이선스".split(),
)
"""One of these stands in whatever :data:`LICENSED` finds: most texts are passed over by them."""


def is_licensed(text: str) -> bool:
    """True for a text that may state a licence."""
    low = text.lower()
    return any(stem in low for stem in _STEMS) and LICENSED.search(text) is not None


def is_marked(text: str) -> bool:
    """True for a text with a copyright notice in it."""
    if "©" not in text and "℗" not in text:
        low = text.lower()
        if "copyright" not in low and "(c)" not in low:
            return False
    return MARK.search(text) is not None


OF_THE_PAGE = re.compile(
    r"\b(?:page|site|website|blog|text|texts|content|contents|contributions|article|articles|paper|post|posts|material|materials|work"
    r"|works|document|documentation|book|wiki|database|seite|inhalt\w*|website|texte?s?|beitr\w+|werk\w*|contenu\w*|site|page|article|œuvre"
    r"|contenido\w*|sitio|obra|texto\w*|conteúdo|contenut\w*|sito|opera|inhoud|tekst\w*|treść|obsah)\b|内容|文章|作品|コンテンツ|текст|материал",
    re.IGNORECASE,
)
OF_OTHERS = re.compile(
    r"\b(?:photo\w*|image|images|picture|pictures|icon|icons|illustration\w*|video|videos|audio|music|song|font|fonts|theme|template"
    r"|software|plugin|library|libraries|code|snippets?|samples?|map|maps|map data|badge|avatar|emoji|powered by|built with|made with"
    r"|bild\w*|foto\w*|imagen\w*|immagin\w*|schrift\w*)\b",
    re.IGNORECASE,
)
_CC_IN_TEXT = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/[a-z+-]+/\d\.\d(?:/[a-z]{2,3}(?![a-z]))?"
    r"|\bCC[ -]?0(?:[ -]1\.0)?\b|\bCC[ -]BY(?:[ -](?:NC|ND|SA))*(?:[ -]?\d\.\d)?(?:[ -](?:International|Unported|IGO))?\b"
    r"|\bCreative Commons [\w ,-]{0,60}?\d\.\d(?: (?:International|Unported|Generic|IGO))?(?: Licen[cs]e)?"
    r"|\bCreative Commons (?:[\w-]+ ){0,3}licen[cs]e\b",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"(?:licen[cs]ed|available|released|published|distributed|shared|provided|offered|dual-licensed)\s+under\s+"
    r"(?:the\s+terms\s+(?:and\s+conditions\s+)?of\s+)?(?:(?:the|an?|this)\s+)?(?P<name>(?:[^.;:()\n]|\.(?=\d)){2,120})",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"(?:commercial|reproduc|redistribut|copying|re-?us|\buse\b|\bused\b)[^.]{0,80}(?:prohibit|forbid|not (?:permitted|allowed)"
    r"|without (?:\w+ ){0,4}permission|requires? (?:\w+ ){0,4}permission)|(?:may|must|can) ?not be (?:used|copied|reproduced|redistributed)"
    r"|without (?:\w+ ){0,4}permission[^.]{0,60}prohibit|\bno commercial|not for (?:commercial|redistribution|resale)"
    r"|non-?commercial (?:use|purposes?) only|do not (?:copy|reproduce|redistribute)",
    re.IGNORECASE,
)
"""A sentence beside a licence, or in the foot, that takes away what a licence may give."""
_OF_PARTS = re.compile(r"not included in|exceeds the permitted|credit line|trademark|logo", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?。])\s+(?=[^\s\da-z])|\n+|[|•·]")
_EXCEPT_NOTED = re.compile(
    r"(?:except|unless|save|sauf|soweit|sofern|wenn|salvo|excepto|tranne|behoudens|tenzij)[^.,;]{0,40}"
    r"(?:noted|stated|indicated|specified|marked|mention\w*|angegeben|gekennzeichnet|vermerkt|indica\w*|contrari\w*|vermeld|aangegeven)"
    r"(?:\s+(?:otherwise|below|anders|contraire|contrario))?",
    re.IGNORECASE,
)
_NO_WARRANTY = re.compile(
    r"additional terms may apply|no(?:t)? (?:warranty|affiliated|responsible)[^.]*|some rights reserved", re.IGNORECASE
)


def statements(blocks: list[Block], context: Context) -> None:
    """All that blocks of text state of the rights in the page."""
    looked = 0
    for block in blocks:
        if not block.pieces or block.element is None:
            continue
        text = "".join(block.pieces)
        if not (
            block.element.is_footer
            or is_marked(text)
            or is_licensed(text)
            or any(map(states, block.links[:MOST_LINKS]))
        ):
            continue
        looked += 1
        if looked > MOST_BLOCKS:
            context.said.unread(f"more than {MOST_BLOCKS} statements in words: the rest is not read")
            return
        _block(block, text, context)


def _block(block: Block, text: str, context: Context) -> None:
    element = block.element
    assert element is not None
    why = "hidden from readers" if element.is_hidden else element.foreign
    noticed = is_marked(text)
    marked = noticed and len(text) <= SHORT
    if (element.is_footer or marked) and not element.foreign:
        context.reserved(text, "the foot of the page" if element.is_footer else "a copyright notice")
    if (element.is_footer or noticed) and all_reserved(text, context.names):
        for sentence in _sentences(text):
            near = element.is_footer or is_marked(sentence) or len(text) <= SHORT
            if near and all_reserved(sentence, context.names):
                raw = sentence if context.meant(sentence) else "All rights reserved"
                context.license(raw, f"in words: {sentence[:QUOTED]}", why)
    links = [(one, called) for one in block.links[:MOST_LINKS] if (called := one.own_text)]
    stated = any(states(one) for one, _ in links)
    for sentence in _sentences(text):
        linked = [one for one, called in links if called in sentence]
        if is_licensed(sentence) or (element.is_footer and _CC_IN_TEXT.search(sentence)) or any(map(states, linked)):
            _licensed(sentence, block, linked, context, why)
            stated = True
        elif (element.is_footer or stated) and not why and _FORBIDS.search(sentence) and not _OF_PARTS.search(sentence):
            if not any("-NC" in context.meant(one.raw) for one in context.said.licenses) or "ommercial" not in sentence:
                context.license(sentence, "in words")


def states(link: Element) -> bool:
    """True for a link that says that it leads to the licence of the page."""
    return "licen" in link.get("rel").lower()


def _licensed(sentence: str, block: Block, linked: list[Element], context: Context, why: str) -> None:
    """A sentence that states a licence: those that it names without a link, and whether it takes something away."""
    element = block.element
    assert element is not None
    # Links that are licences by themselves were read already; what a link to anything else is called names a licence here.
    read = [
        one for one in linked if context.meant(context.resolved(one.get("href"))) or "licen" in one.get("rel").lower()
    ]
    known = {
        m for one in read for raw in (context.resolved(one.get("href")), one.own_text) if (m := context.meant(raw))
    }
    named = [raw for raw in _named(sentence, context) if context.meant(raw) and context.meant(raw) not in known]
    mentions = bool(named or known)
    if (
        not why
        and not element.is_footer
        and not any(map(states, linked))
        and not (OF_THE_PAGE.search(sentence) and mentions)
    ):
        why = "named in the text, of what is not certain"
    if not why and of_others(sentence):
        why = "said of something in the page"
    place = f"in words: {sentence[:QUOTED]}"
    for raw in named:
        if not (context.is_vague(raw) and known):
            context.license(raw, place, why)
    meant = known | {context.meant(raw) for raw in named}
    certain = element.is_footer or OF_THE_PAGE.search(sentence) or any(map(states, linked))
    if mentions and takes_away(sentence, meant) and certain and not of_others(sentence):
        context.license(sentence, "in words", why)  # a licence with a limit of its own is none that is known
    elif not mentions and element.is_footer and not why and (match := _UNDER.search(sentence)):
        unread = [one for one in linked if one.own_text and one.own_text in match["name"]]
        context.license(unread[0].own_text if unread else match["name"].strip(), place)


def takes_away(sentence: str, licenses: set[str]) -> bool:
    """True where words beside a licence may limit it: "under CC BY 4.0, for non-commercial use only"."""
    plain = _NO_WARRANTY.sub(" ", _EXCEPT_NOTED.sub(" ", sentence))
    plain = _CC_IN_TEXT.sub(" ", plain)
    if any("-NC" in one for one in licenses):
        plain = re.sub(r"non-?\s?commercial\w*", " ", plain, flags=re.IGNORECASE)
    if any("-ND" in one for one in licenses):
        plain = re.sub(r"no-?\s?deriv\w*", " ", plain, flags=re.IGNORECASE)
    plain = re.sub(
        r"non-?exclusive|Non-?Commercial-?\w*|No-?Deriv\w*|permits? unrestricted|without restrictions?", " ", plain
    )
    return RESTRICTS.search(plain) is not None


def of_others(sentence: str) -> bool:
    """True where a sentence speaks of pictures, fonts or software, and of nothing that could be the page."""
    return OF_OTHERS.search(sentence) is not None and OF_THE_PAGE.search(sentence) is None


def in_prose(text: str, context: Context) -> list[str]:
    """The licences that a statement in prose names, where it does nothing but name them; else the statement itself."""
    if context.meant(text):
        return [text]
    named = [raw for raw in _named(text, context) if context.meant(raw)]
    exact = [raw for raw in named if not context.is_vague(raw)] or named
    if exact and not takes_away(text, {context.meant(raw) for raw in exact}):
        return exact
    return [text]


def _named(sentence: str, context: Context) -> Iterator[str]:
    """What in a sentence may be the name or the address of a licence."""
    for match in _CC_IN_TEXT.finditer(sentence):
        yield match[0].strip(" ,-")
    for match in re.finditer(r"https?://[^\s<>\"')\]]+", sentence):
        yield match[0].rstrip(".,;")
    for match in _UNDER.finditer(sentence):
        yield from _shortened(match["name"], context)


def _shortened(name: str, context: Context) -> Iterator[str]:
    """The longest beginning of a phrase that is the name of a licence: "MIT License and the fonts" -> "MIT License"."""
    words = name.strip().split()
    for n in range(min(len(words), 14), 0, -1):
        tried = " ".join(words[:n]).strip(" ,\u201c\u201d\"'")
        if context.meant(tried):
            yield tried
            return


def _sentences(text: str) -> list[str]:
    return [" ".join(s.split()) for s in _SENTENCE.split(text)[:500] if s and s.strip()]


def all_reserved(text: str, names: Names) -> bool:
    """True where a text reserves all rights, in a language of the list of words ("some rights reserved" does not)."""
    patterns = names.reserving.compiled.get("all rights reserved")
    if patterns is None:
        spelt = [_spelt(names, role) for role in ("harmless", "all_reserved")]
        patterns = names.reserving.compiled["all rights reserved"] = tuple(spelt)
    harmless, reserved = patterns
    apart = unicodedata.normalize("NFD", text[:MOST_TEXT])
    plain = "".join(c for c in apart if unicodedata.category(c) != "Mn").translate(_LETTERS).casefold()
    return reserved.search(harmless.sub(" ", plain)) is not None or _ALWAYS.search(text) is not None


_ALWAYS = re.compile(
    r"\ball rights (?:are )?reserved\b|版权所有|保留所有权利|無断転載|不許複製|모든 권리", re.IGNORECASE
)
_LETTERS = str.maketrans("łøđı", "lodi")


def _spelt(names: Names, role: str) -> re.Pattern[str]:
    phrases = {p for language in names.reserving.languages for p in language.by_role.get(role, ()) if len(p) > 3}
    spelt = [re.escape(p).replace(r"\ ", r"\s+").replace(r"\*", r"\w*") for p in sorted(phrases, key=len, reverse=True)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelt)})(?!\w)" if spelt else r"(?!)")
