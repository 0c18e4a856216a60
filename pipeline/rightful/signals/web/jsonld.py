"""Rights in JSON-LD of a page: ``license``, ``usageInfo``, ``copyrightNotice``, ``conditionsOfAccess``. Floor 2: pure. schema.org.

Only what is said of the page itself, its main entity or the site that it is part of is the page's own. A picture, a video, a
quoted work have licences of theirs: these may restrict, and permit nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rightful.signals.web.page_context import QUOTED, Context
from rightful.signals.web.page_licenses import in_a_field

MOST_CHARS = 4_000_000
MOST_NODES = 100_000
LICENSES = frozenset(("license", "licence", "licenseurl"))
WORDS = frozenset(("usageinfo", "copyrightnotice", "conditionsofaccess", "rights", "usageterms", "accessrights"))
_INTO = frozenset(("@graph", "mainentity", "mainentityofpage", "ispartof", "@included", "workexample", "itemreviewed"))
"""Keys behind which the page itself goes on: what is below is said of it, or of the site that it is part of."""
_MEDIA = re.compile(
    r"(?:Image|Video|Audio|Media|Music|3DModel|Photograph|Person|Organization|Software|Product|DataDownload|Comment|Quotation)"
)
_HINT = re.compile(r"licen[cs]|rights|usageInfo|copyright|conditionsOfAccess|usageTerms", re.IGNORECASE)
_SPELT = re.compile(r"\\u00([2-7][0-9a-fA-F])")
"""A letter that is written as a number."""
_WHOLE_SITE = re.compile(r"WebSite|WebPage|Blog\b|CollectionPage|Periodical|Newspaper")

Pairs = list[tuple[str, Any]]


def stated(text: str, context: Context) -> None:
    """All that a script of JSON-LD says of rights. What cannot be parsed may be a reservation, where a word in it hints at one."""
    if not _HINT.search(_SPELT.sub(lambda c: chr(int(c[1], 16)), text)):
        return
    if len(text) > MOST_CHARS:
        context.said.unread(f"JSON-LD of {len(text)} characters: {' '.join(text[:100].split())}")
        _blocks(context, "JSON-LD that is too large to be read")
        return
    try:
        data = json.loads(_plain(text), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        context.said.unread(f"JSON-LD that cannot be parsed ({reason[:100]}): {' '.join(text[:100].split())}")
        _blocks(context, "JSON-LD that cannot be parsed")
        return
    _walk(data, context)


def _blocks(context: Context, what: str) -> None:
    """A licence may stand in it: one that cannot be read."""
    context.license(what, "JSON-LD", "")


def _plain(text: str) -> str:
    """Without what people wrap around it: comments of HTML, CDATA, a semicolon behind."""
    stripped = text.strip().removeprefix("\ufeff")
    stripped = re.sub(r"\A(?:/\*\s*)?(?:<!--|//<!--|<!\[CDATA\[|//<!\[CDATA\[)(?:\s*\*/)?", "", stripped)
    stripped = re.sub(r"(?://\s*)?(?:-->|\]\]>)\s*(?:\*/)?\s*\Z", "", stripped.strip())
    return stripped.strip().rstrip(";")


def _object(pairs: Pairs) -> dict[str, Any]:
    """An object; the values of a key that is given twice are a list, for each of them was stated."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made and made[key] != value:
            held = made[key] if isinstance(made[key], list) else [made[key]]
            value = [*held, *(value if isinstance(value, list) else [value])]
        made[key] = value
    return made


def _walk(data: Any, context: Context) -> None:
    waiting: list[tuple[Any, str]] = [(data, "")]
    nodes = 0
    while waiting:
        value, why = waiting.pop(0) if len(waiting) < 1_000 else waiting.pop()
        if isinstance(value, list):
            waiting += [(one, why) for one in value if isinstance(one, dict | list)]
        if not isinstance(value, dict):
            continue
        nodes += 1
        if nodes > MOST_NODES:
            context.said.unread(f"JSON-LD of more than {MOST_NODES} objects")
            _blocks(context, "JSON-LD that is too large to be read")
            return
        here = why or _of_others(value, context)
        for key, inner in value.items():
            name = _name(key)
            if name in LICENSES or name in WORDS:
                _values(name, inner, here, context)
            elif isinstance(inner, dict | list):
                waiting.append((inner, here if name in _INTO else here or f"said of the {key[:40]} of the page"))


def _of_others(node: dict[str, Any], context: Context) -> str:
    """Why a node is hardly the page; empty where it is, or is the site that the page is part of."""
    kinds = " ".join(_strings(node.get("@type") or node.get("type")))
    addresses = [
        a for key in ("@id", "url", "mainEntityOfPage") for a in _addresses(node.get(key)) if not a.startswith("_:")
    ]
    whole = [a for a in addresses if re.match(r"https?://|/", a)]
    if any(context.is_this_page(a) for a in whole) and context.own:
        return ""
    if _MEDIA.search(kinds) and not _WHOLE_SITE.search(kinds):
        return f"said of a {kinds[:60]} in the page"
    if whole and context.own and not _WHOLE_SITE.search(kinds) and not any("doi.org/" in a for a in whole):
        return f"said of {whole[0][:200]}"
    return ""


def _values(name: str, value: Any, why: str, context: Context) -> None:
    place = f"JSON-LD {name}"
    for raw in _strings(value):
        if name in LICENSES:
            in_a_field("license", _resolved(raw, context), place, why, context)
        elif name == "usageinfo":
            _usage(raw, place, why, context)
        elif name == "conditionsofaccess":
            if not why:
                context.reserved(raw, place)
            if context.meant(raw):
                context.license(raw, place, why)
        else:
            in_a_field("rights", raw, place, why, context)


def _usage(raw: str, place: str, why: str, context: Context) -> None:
    """Conditions of use: a licence, words that reserve, or something that nobody here can read, which may restrict."""
    whole = _resolved(raw, context)
    if not why:
        context.reserved(raw, place)
    context.license(whole, place, why or ("" if context.meant(whole) else "conditions of use that cannot be read"))


def _resolved(raw: str, context: Context) -> str:
    return context.resolved(raw) if re.match(r"(?:https?:)?//|/|\./", raw) else raw


def _strings(value: Any, depth: int = 0) -> list[str]:
    """The texts of a value: of a list all, of an object its address, else its name, else its text."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list) and depth < 8:
        return [text for one in value[:1_000] for text in _strings(one, depth + 1)]
    if isinstance(value, dict) and depth < 8:
        for key in ("url", "@id", "@value", "name", "identifier", "text", "description"):
            if texts := _strings(value.get(key), depth + 1):
                return texts
        return [json.dumps(value, ensure_ascii=False)[:QUOTED]] if value else []
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _addresses(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [a for key in ("@id", "url") for a in _addresses(value.get(key))]
    return _strings(value)


def _name(key: str) -> str:
    return re.split(r"[:/#]", key)[-1].lower()
