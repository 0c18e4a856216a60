"""The words of a request, and what other vocabularies call them, as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from rightful.cli.pages.lines import WIDTH, counted, indented, plain, table
from rightful.rights.undertakings import FORM

_KEYS = ("acts", "purposes", "applications", "actors", "obligations")


def uses_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """What one word means, the terms of a scheme, or all words."""
    if "found" in answer:
        return _word_lines(answer)
    return _scheme_lines(answer) if "terms" in answer else _overview_lines(answer)


def _overview_lines(words: Mapping[str, Any]) -> Iterator[str]:
    yield "acts (--use), by family: its name means all of its acts"
    yield from _act_rows(words["acts"])
    for title, key in (("purposes (--purpose)", "purposes"), ("actors (--actor)", "actors")):
        yield from ("", title, *indented(table([(w["id"], w["summary"]) for w in words[key]])))
    yield from ("", "applications (--application; ! is sensitive)")
    yield from indented(table([(_marked(a["sensitive"], a["id"]), a["summary"]) for a in words["applications"]]))
    yield from ("", "obligations (--accept; ! is a precondition and needs a reference for who asks)")
    rows = [(_marked(o["precondition"], o["id"]), o["trigger"], o["summary"]) for o in words["obligations"]]
    yield from indented(table(rows))
    yield from ("", "bundles of obligations (--accept)")
    yield from indented(table([(b["id"], b["summary"]) for b in words["bundles"]]))
    yield from ("", "statutes (a basis in STORE/policy.toml, or in a named use)")
    yield from indented(table([(s["id"], ",".join(s["territory"]), s["summary"]) for s in words["statutes"]]))
    yield from ("", "schemes whose terms are read (--scheme)")
    yield from indented(table([(s["id"], s["terms"], s["summary"]) for s in words["schemes"]], right=(1,)))


def _act_rows(acts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line an act; a family of several has one of its own above them."""
    widest = max(len(act["id"]) for act in acts)
    for family, members in groupby(acts, key=itemgetter("family")):
        listed = list(members)
        indent = "" if len(listed) == 1 else "  "
        if indent:
            yield family
        for act in listed:
            head = f"{indent}{act['id']}".ljust(widest + 4)
            yield head + _in_one_line(act["summary"], WIDTH - len(head))


def _in_one_line(summary: str, room: int) -> str:
    """A summary up to the last comma that fits; ``rightful uses WORD`` has it whole."""
    while len(summary) > room and "," in summary:
        summary = summary.rpartition(",")[0]
    return plain(summary, room)


def _scheme_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    scheme = answer["scheme"]
    yield f"{scheme['name']}: {plain(scheme['summary'])}"
    yield plain(scheme["url"])
    yield ""
    head = ("term", "value", "states", "what", "since", "until", "source")
    yield from table(
        [
            (t["term"], t["value"], t["states"], _what(t), t["since"], t["until"] or "", t["source"])
            for t in answer["terms"]
        ],
        head,
    )


def _word_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    for number, one in enumerate(answer["found"]):
        yield from ([""] if number else [])
        yield from _LINES[one["kind"]](one, answer["on"])


def _act_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    parent = one["parent"]
    yield f"{one['id']}, an act: {plain(one['summary'])}"
    yield f"  practised since {one['known_from']}"
    yield f"  a part of {parent['id']}; {_granted(parent['id'], parent)}"
    yield from _elsewhere_lines(one, "acts")


def _parent_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, all {one['of']} below it: {', '.join(one['words'])}"
    if "covers" in one:
        yield f"  {_granted(one['id'], one)}"
    yield from _elsewhere_lines(one, one["of"])


def _granted(parent: str, one: Mapping[str, Any]) -> str:
    return f"a grant of {parent} of {one['granted_on']} covers {', '.join(one['covers']) or 'none of it'}"


def _application_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, an application: {plain(one['summary'])}"
    yield "  sensitive: never reached by a broad grant" if one["sensitive"] else "  not sensitive"
    yield from _license_lines("forbidden by", one["forbidden_by"])
    yield from _elsewhere_lines(one, "applications")


def _obligation_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, an obligation: {plain(one['summary'])}"
    yield f"  owed {one['trigger']}"
    if one["precondition"]:
        yield f"  a precondition: accepted with a reference, --accept {FORM.format(one['id'])}"
    yield from _license_lines("asked by", one["asked_by"])
    yield from _elsewhere_lines(one, "obligations")


def _bundle_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}: a bundle of obligations (--accept {one['id']}): {one['summary']}"
    yield from indented(table([(o["id"], o["summary"]) for o in one["words"]]))


def _explained_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, {'an' if one['kind'] == 'actor' else 'a'} {one['kind']}: {plain(one['summary'])}"
    yield from _elsewhere_lines(one, f"{one['kind']}s")


def _statute_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, a statutory basis: {plain(one['summary'])}"
    yield f"  {one['source']}; {', '.join(one['territory'])}; since {one['since']}"
    yield f"  acts {', '.join(one['acts'])}"
    yield f"  purposes {', '.join(one['purposes'])} · actors {', '.join(one['actors']) or 'anybody'}"
    yield f"  {'a reservation defeats it' if one['defeated'] else 'no reservation defeats it'}" + (
        "; lawful access has to be declared" if one["lawful_access"] else ""
    )


def _one_scheme_lines(one: Mapping[str, Any], _: str) -> Iterator[str]:
    yield f"{one['id']}, a scheme: {plain(one['summary'])}"
    yield f"  {counted(one['terms'], 'term')}, see: rightful uses --scheme {one['id']}"


def _term_lines(one: Mapping[str, Any], on: str) -> Iterator[str]:
    yield f"{plain(one['id'])}, a term of {one['scheme']['name']}: {plain(one['scheme']['summary'])}"
    # One line per text, not per value: what differs between the values of one text is only what they state.
    texts: dict[tuple[Any, ...], list[str]] = {}
    for r in one["readings"]:
        until = f" until {r['until']}" if r["until"] else ""
        reading = f"since {r['since']}{until}", _what(r), r["note"], r["source"]
        texts.setdefault(reading, []).append(" ".join(filter(None, (r["value"], r["states"]))))
    for (period, what, note, source), values in texts.items():
        yield f"  {period}: {plain(what or 'nothing')} ({plain(', '.join(values))})"
        yield from (f"    {plain(line)}" for line in (note, source) if line)
    yield f"  as seen on {on}"
    for means in one["means"]:
        value = " ".join(filter(None, (means["value"], means["status"])))
        many = f", from {means['readings']} readings that differ" if means["ambiguous"] else ""
        yield f"    {plain(value)}: {plain(_what(means) or 'nothing')}{many}"


def _what(one: Mapping[str, Any]) -> str:
    """What of ours a term means, in a few words."""
    names = [name for key in _KEYS for name in one[key]] + ([one["consent"]] if one["consent"] else [])
    return ", ".join(names + ([] if one["whole"] else ["no equal here"]))


def _license_lines(title: str, licenses: Mapping[str, Any]) -> Iterator[str]:
    first, count = licenses["first"], licenses["count"]
    if count:
        more = f" and {count - len(first)} more" if count > len(first) else ""
        yield f"  {title} {counted(count, 'licence')}: {', '.join(first)}{more}"


def _elsewhere_lines(one: Mapping[str, Any], key: str) -> Sequence[str]:
    rows = [(e["scheme"], e["term"], e["states"], ", ".join(e[key])) for e in one["elsewhere"]]
    return ["  terms elsewhere, the nearest first", *indented(table(rows), "    ")] if rows else []


def _marked(marked: bool, name: str) -> str:
    return f"{'!' if marked else ' '} {name}"


_LINES: Mapping[str, Callable[[Mapping[str, Any], str], Iterator[str]]] = {
    "act": _act_lines,
    "parent": _parent_lines,
    "application": _application_lines,
    "obligation": _obligation_lines,
    "bundle": _bundle_lines,
    "purpose": _explained_lines,
    "actor": _explained_lines,
    "statute": _statute_lines,
    "scheme": _one_scheme_lines,
    "term": _term_lines,
}
