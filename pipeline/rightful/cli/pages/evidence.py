"""What is stated of data, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rightful.cli.pages.lines import counted, indented, number, plain, table, wrapped

MOST_ROWS = 20
MOST_LISTED = 8


def scan_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Sources, what is stated where, conflicts, what nobody can read, and the cards."""
    looked = answer["documents"]
    yield f"{counted(answer['files'], 'file')}, {counted(len(answer['sources']), 'folder')} with a source of their own"
    says = "says" if looked["stating"] == 1 else "say"
    yield f"{counted(looked['looked'], 'text')} looked into, {number(looked['stating'])} {says} something of their rights"
    for one in answer["unopened"]:
        yield from wrapped(f"{counted(one['files'], 'file')} not looked into: ", plain(one["reason"], 200))
    rows = [
        (number(s["files"]), plain(s["folder"], 200), _licenses(s["licenses"]), "" if s["card"] else "no card")
        for s in answer["sources"][:MOST_ROWS]
    ]
    if rows:
        yield ""
    yield from table(rows, ("files", "folder", "licences", ""), right=(0,)) if rows else ()
    yield from _more(answer["sources"], MOST_ROWS)
    claims = [c for c in answer["claims"] if c["statement"] in ("license", "reserve", "not_known", "personal_data")]
    if claims:
        yield ""
        yield from table(
            [
                (c["tier"], plain(c["expression"] or _WORDS[c["statement"]], 24), plain(c["place"], 200))
                for c in claims[:MOST_ROWS]
            ],
            ("tier", "states", "read in"),
        )
        yield from _more(claims, MOST_ROWS)
    for conflict in answer["conflicts"][:MOST_LISTED]:
        yield ""
        yield f"CONFLICT on {counted(conflict['files'], 'file')}: all of it holds, the stricter decides"
        for claim in conflict["claims"][:MOST_LISTED]:
            yield from wrapped(f"  {claim['tier']} {plain(claim['expression'], 40)}  ", plain(claim["place"], 200))
    yield from _more(answer["conflicts"], MOST_LISTED)
    if answer["unreadable"]:
        yield ""
        yield "nobody can read (blocks):"
        for one in answer["unreadable"][:MOST_LISTED]:
            yield from wrapped("  ", plain(one["place"], 200))
            yield f"    {plain(' '.join(one['raw'].split()), 72)!r}"
        yield from _more(answer["unreadable"], MOST_LISTED)
    yield from _cards(answer["cards"])
    if answer["not_read"]:
        yield ""
        yield "not read:"
        yield from indented(
            table([(number(of["files"]), plain(of["reason"], 60)) for of in answer["not_read"][:MOST_ROWS]], right=(0,))
        )
        yield from _more(answer["not_read"], MOST_ROWS)
    for error in answer["errors"][:MOST_LISTED]:
        yield f"damaged: {plain(error['file'], 40)}: {plain(error['reason'], 60)}"
    yield from _more(answer["errors"], MOST_LISTED)


_WORDS = {
    "license": "a licence",
    "reserve": "a reservation",
    "not_known": "a source that is not known",
    "personal_data": "personal data",
}


def _cards(cards: list[dict[str, Any]]) -> Iterator[str]:
    for card in cards[:MOST_LISTED]:
        yield ""
        done = (
            "written"
            if card["written"]
            else f"not written: {plain(card['reason'], 50)}"
            if card["reason"]
            else "a card could say"
        )
        yield from wrapped("", f"{plain(card['file'], 200)}: {done}")
        for line in (card["text"] or "").splitlines()[2:]:
            yield from wrapped("  # " if line.startswith("# ") else "  ", plain(line.removeprefix("# "), 400), most=4)
    yield from _more(cards, MOST_LISTED)


def _licenses(listed: list[str]) -> str:
    shown = ", ".join(plain(one, 20) for one in listed[:2])
    return (shown + (f" and {len(listed) - 2} more" if len(listed) > 2 else "")) or "none stated"


def _more(listed: list[Any], most: int) -> Iterator[str]:
    if len(listed) > most:
        yield f"... and {number(len(listed) - most)} more (--json lists all)"
