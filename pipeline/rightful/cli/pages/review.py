"""Near copies that wait for a review, and what was decided, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import counted, indented, number, plain, table, touched_lines, use_lines
from rightful.query.reviews import WHYS
from rightful.rights.review import VERDICTS


def waiting_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """What copies leave open for a use, pair by pair."""
    yield from use_lines(answer["use"], answer["as_of"])
    if answer["notices"]:
        yield "what texts say of themselves, beside what is stated of their source:"
        head = ("what", "phrase", "source", "records", "says")
        said = [
            (n["what"], n["phrase"] or "-", plain(n["source"], 20), number(n["records"]), plain(n["sample"], 24))
            for n in answer["notices"]
        ]
        yield from indented(table(said, head, {3}))
        if any(n["settles"] for n in answer["notices"]):
            yield "  a notice that is none of the works' own is set aside in the card: [not_notices]"
    yield (
        f"waiting for a review: {number(answer['near'])} (near copies);"
        f" not settled by a review: {number(answer['exact'])} (contested exact copies)"
    )
    for pair in answer["open"]:
        more = f" and {number(pair['records'] - 1)} with the same text" if pair["records"] > 1 else ""
        yield ""
        yield f"{pair['record']}  {_from(pair['source'], pair['license'])}{more}"
        yield f"  {_alike(pair)}: {pair['other']}  {_from(pair['other_source'], pair['other_license'])}"
        yield "  open because " + "; ".join(WHYS[why] for why in pair["why"])
    left = answer["near"] + answer["exact"] - len(answer["open"])
    if left:
        yield from ("", f"and {number(left)} more (--limit)")


def review_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was decided, of how many records, and which exports it touches."""
    verdict = answer["verdict"]
    records = counted(answer["records"], "record")
    return [f"{answer['review']}  {verdict}: {VERDICTS[verdict]}; {records}", *touched_lines(answer)]


def log_lines(reviews: Sequence[Mapping[str, Any]]) -> list[str]:
    """All reviews: who, when, why."""
    names = ("review", "verdict", "record", "other", "by", "recorded", "reason")
    rows = [[plain(review[name], 60) for name in names] for review in reviews]
    return table(rows, names) if rows else ["no reviews"]


def _alike(pair: Mapping[str, Any]) -> str:
    if pair["kind"] == "exact":
        return "the same text"
    return f"alike {pair['similarity']:.2f}" if pair["similarity"] else "alike"


def _from(source: str, license: str | None) -> str:
    return f"{plain(source, 60)}, {plain(license or 'no licence', 60)}"
