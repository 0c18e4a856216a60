"""Licences to which a page links, or which it names in attributes: ``rel=license``, RDFa, microdata, deeds, buttons. Floor 2: pure.

HTML (rel-license), ccREL, RDFa 1.1, microdata. What is linked to in comments, captions, quotations, lists of credits or of
another resource is somebody else's: it may restrict, and permits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rightful.rights.columns import LICENSE, Look
from rightful.signals.web.page_context import OF_THE_PAGE as PAGE_TIER
from rightful.signals.web.page_context import Context
from rightful.signals.web.page_tree import Element, Page
from rightful.signals.web.page_words import OF_THE_PAGE, in_prose, is_licensed, of_others
from rightful.signals.web.stated import UNKNOWN, Statement

RELATIONS = frozenset({"license", "licence"})
LIST = 3
"""So many different licences in one list are a list of licences: of software, fonts, pictures."""
_MAY_BE = re.compile(
    r"licen[cs]|creativecommons|copyleft|publicdomain|public-domain|rightsstatements|legalcode|gnu\.org|opensource\.org|opendatacommons"
    r"|unlicense|open-government|etalab|/odbl|/pddl|/ogl",
    re.IGNORECASE,
)
_BADGE = re.compile(r"licensebuttons\.net|creativecommons\.org/(?:l|p|presskit|images)/", re.IGNORECASE)
_PAGES = re.compile(
    r"(?:WebPage|Page|Article|Posting|Book|Dataset|CreativeWork|Report|WebSite|Blog|Recipe|Course|Thesis|Chapter)\b",
    re.I,
)
_IN_WORDS = frozenset(("usageinfo", "copyrightnotice", "conditionsofaccess", "usageterms"))


def stated(page: Page, context: Context) -> None:
    """All licences of a page that stand in attributes and links."""
    _mark_lists(page, context)
    plain: list[tuple[Element, str]] = []
    speaking: dict[int, bool] = {}
    for element in page.elements:
        if element.tag == "meta" and not (element.get("itemprop") or element.get("property")):
            continue
        relations = {_last(token) for token in element.get("rel").lower().split()}
        prop = _last(element.get("property").lower()) or _last(element.get("itemprop").lower())
        if relations & RELATIONS or (element.tag == "link" and _is_license_relation(element, relations, context)):
            _relation(element, context)
        elif prop and element.tag != "meta":
            _property(element, prop, context)
        elif element.tag in ("a", "area") and _may_be(element, speaking):
            raw = context.resolved(element.get("href"))
            if context.meant(raw):
                plain.append((element, raw))
        elif element.tag == "img" and _BADGE.search(element.get("src")) and not _is_linked(element):
            plain.append((element, context.resolved(element.get("src"))))
    _without_relation(plain, context)


def say_that_several(context: Context) -> None:
    """Of a page that states several licences of itself each says so: all count, and which applies where is not known."""
    mine = [one for one in context.said.licenses if one.tier == PAGE_TIER]
    meant = {context.meant(one.raw) or one.raw for one in mine}
    if len(meant) > 1:
        why = f"one of {len(meant)} licences that the page states: which one applies to what is not certain"
        said = {
            replace(one, why=one.why or why) if one.tier == PAGE_TIER else one: None for one in context.said.licenses
        }
        context.said.licenses = said


def _mark_lists(page: Page, context: Context) -> None:
    """What links to licences from a list of them, in cells or entries, is a credit and no licence of the page."""
    lists: dict[int, list[Element]] = {}
    for element in page.elements:
        if element.listed is not None and element.tag == "a" and _MAY_BE.search(element.get("href")):
            lists.setdefault(id(element.listed), []).append(element)
    for links in lists.values():
        meant = [context.meant(context.resolved(link.get("href"))) for link in links[:MOST_LISTED]]
        if len({one for one in meant if one}) >= LIST:
            for link in links:
                link.foreign = link.foreign or "in a list of several licences"


MOST_LISTED = 2_000


def _may_be(link: Element, speaking: dict[int, bool]) -> bool:
    """True for a link that may lead to a licence: by its address, or by the sentence that it stands in."""
    if _MAY_BE.search(link.get("href")):
        return True
    if link.get("href").startswith("#"):
        return False
    key = id(link.block)
    if key not in speaking:
        speaking[key] = is_licensed(link.block.text)
    return speaking[key]


def _last(token: str) -> str:
    return re.split(r"[:/#.]", token)[-1]


def _is_license_relation(element: Element, relations: Iterable[str], context: Context) -> bool:
    """``<link rel="copyright">`` is an older word for it in HTML, ``<link rel="DCTERMS.rights">`` is Dublin Core's."""
    rel = element.get("rel")
    dublin_core = "." in rel and not rel.lower().startswith("schema.") and context.names.columns.kind(rel) != ""
    return "copyright" in relations or dublin_core


def _relation(element: Element, context: Context) -> None:
    href = element.get("href") or element.get("resource") or element.get("content")
    if "rsl+xml" in element.get("type").lower():
        acts = context.signals.all_acts("rsl", context.on)
        context.said.state(Statement(acts, UNKNOWN, f"<{element.tag} rel=license {href}>"[:300], "license"))
        return
    why = whose(element, context)
    place = f"<{element.tag} rel={element.get('rel')}>"
    _target(element, href, place, why, context)


def _target(element: Element, href: str, place: str, why: str, context: Context) -> None:
    """The licence at an address; where that is not known, the one that the link is called by. Where both are known and
    differ, both."""
    raw = context.resolved(href) if href and not href.lstrip().startswith(("#", "javascript:", "data:")) else ""
    called = [element.get("title"), element.get("aria-label"), element.own_text if element.tag != "link" else ""]
    texts = [text for text in called if text and context.meant(text)]
    if context.meant(raw):
        context.license(raw, place, why)
        for text in texts:
            if context.meant(text) != context.meant(raw) and not context.is_vague(text):
                context.license(text, place, why or f"the link says so, and leads to {raw}")
    elif texts:
        context.license(min(texts, key=context.is_vague), place, why)
    else:
        context.license(raw or element.own_text or href or "a licence without a name", place, why)


def whose(element: Element, context: Context) -> str:
    """Why a licence that is stated at an element is hardly the page's own; empty where it is."""
    if element.is_hidden:
        return "hidden from readers"
    if element.foreign:
        return element.foreign
    about = element.get("about") or element.about
    if about and not context.is_this_page(about):
        return f"said of {about[:200]}"
    item = element.item
    if (
        item is not None
        and item.get("itemprop")
        and _last(item.get("itemprop").lower()) not in ("mainentity", "mainentityofpage")
    ):
        return f"said of an item in the page: {item.get('itemprop')[:100]}"
    if item is not None and item.get("itemtype") and not _PAGES.search(item.get("itemtype")):
        address = item.get("itemid")
        if not address or not context.is_this_page(address):
            return f"said of {item.get('itemtype')[:100]}"
    if element.tag != "link" and of_others(_before(element)):
        return "said of something in the page"
    return ""


def _before(element: Element) -> str:
    """The clause before a link, which says what is licensed."""
    text = "".join(element.block.pieces[max(element.start - 60, 0) : element.start])[-400:]
    return re.split(r"[.!?;]\s|\n|,? and (?=the |our |all |any |code|source)|[|•·]", text)[-1][-160:]


def _property(element: Element, prop: str, context: Context) -> None:
    """RDFa and microdata: what kind of property it is, the lists of columns say."""
    kind = context.names.columns.kind(prop)
    if not kind and prop not in _IN_WORDS:
        return
    value = (
        element.get("content")
        or element.get("href")
        or element.get("src")
        or element.get("resource")
        or element.own_text
    )
    why = whose(element, context)
    place = f"<{element.tag} {'property' if element.get('property') else 'itemprop'}={prop}>"
    if kind == LICENSE and element.get("href"):
        _target(element, element.get("href"), place, why, context)
    else:
        in_a_field(prop, value, place, why, context)


def in_a_field(name: str, value: str, place: str, why: str, context: Context) -> None:
    """The value of a field that speaks of rights (``DC.rights``, ``copyrightNotice``, ``license``): licences, reservations in
    words, or a notice, which says nothing. What cannot be read blocks."""
    columns = context.names.columns
    kind = columns.kind(name)
    if not why or "hidden" in why:
        context.reserved(value, place)
    text = " ".join(value.split())
    if not text or (kind != LICENSE and Look(columns).value_kind(text) != "rights"):
        return
    if kind == LICENSE or kind == "rights" or context.meant(text):
        for raw in in_prose(text, context):
            context.license(raw, place, why)


def _is_linked(picture: Element) -> bool:
    """True for a picture in a link that is a licence by itself."""
    anchor = picture.anchor
    return anchor is not None and bool(_MAY_BE.search(anchor.get("href")))


def _without_relation(plain: list[tuple[Element, str]], context: Context) -> None:
    """Links to licences that do not say that they are the licence of the page: where they stand, and the sentence around
    them, tells."""
    for element, raw in plain:
        why = whose(element, context)
        sentence = _around(element)
        states = is_licensed(sentence) and OF_THE_PAGE.search(sentence) is not None
        if not why and not (element.is_footer or states):
            why = "linked to without rel=license, and no sentence says of what"
        _target(element, raw, f"<{element.tag}>", why, context)


def _around(element: Element) -> str:
    text = element.block.text
    return text if len(text) <= 600 else _before(element) + " " + element.own_text
