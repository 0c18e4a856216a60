"""A page for counsel about a licence: Markdown of at most 80 columns. Floor 7: a pure formatter of what ``memo`` answers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.notation.shown import plain
from rightful.store.layout import publish

COLUMNS = 80
_MARKS = re.compile(r"([\\`*_\[\]<>#|])")
_TEXT_READ = {
    "whole": "the whole text was read",
    "parts": "the clauses that the verdicts rest on were read",
    "none": "nobody read the text",
}


def page(memo: Mapping[str, Any]) -> list[str]:
    """The page."""
    return list(_page(memo))


def write(path: Path, memo: Mapping[str, Any]) -> None:
    """The page in a new file. Raises :class:`InputError` where one is there; then nothing was written."""
    if path.exists() or path.is_symlink():
        raise InputError("exists already", subject=str(path), hint="name another file; nothing is overwritten")
    if not path.parent.is_dir():
        raise InputError("there is no such folder", subject=str(path.parent))
    with publish(path) as fresh:
        fresh.write_text("\n".join([*page(memo), ""]), encoding="utf-8")


def _page(memo: Mapping[str, Any]) -> Iterator[str]:
    yield from _filled(f"# Licence memo: {_text(memo['normalized'])}")
    yield ""
    if memo["expression"] != memo["normalized"]:
        yield from _filled(f"Asked about: {_text(plain(memo['expression'], 400))}")
        yield ""
    yield from _filled(f"Read for {memo['as_of']}, by the catalogue")
    yield memo["catalog"]
    yield ""
    yield from _filled("This is a reading of licence texts, and not legal advice. What is unknown is refused.")
    for each in memo["unreviewed"]:
        yield from ("", f"## {_text(each['id'])}", "")
        yield from _filled(f"Nobody has reviewed it: {each['says']}. Draft a reading with:")
        yield from ("", f"    rightful license new {each['id']}")
    for family in memo["families"]:
        yield from ("", f"## {_text(family['name'])}", "")
        members = ", ".join(family["members"])
        yield from _filled(
            f"A tag that does not say which licence is meant: what all of these permit is permitted: {members}."
        )
    for addition in memo["additions"]:
        yield from ("", f"## With {_text(addition['id'])}", "")
        yield from _filled(f"This addition {addition['says']}.")
    for license in memo["licenses"]:
        yield from _license(license)
    if memo["together"]:
        yield from _together(memo["together"])


def _license(license: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield from _filled(f"## {_text(license['id'])}: {_text(license['name'])}")
    yield ""
    if license["draft"]:
        yield from _filled("A DRAFT for which nobody answers: it permits nothing.")
        yield ""
    yield f"<{plain(license['url'])}>"
    yield ""
    keys = ("kind", "family", "version", "scope", "territory", "flags", "outbound", "use_restrictions")
    words = {"outbound": "goes out under", "use_restrictions": "forbidden applications"}
    for key in keys:
        yield from _item(f"{words.get(key, key)}: {_text(_listed(license[key])) or 'none'}")
    yield from _item(
        f"read by: {_text(license['reviewer'])}, {license['reviewed_at']}; {_TEXT_READ[license['text_read']]}"
    )
    own = license["own_reading"]
    if own is not None:
        yield from _own(own)
    yield from ("", "### Verdicts")
    for profile in dict.fromkeys(v["profile"] for v in license["verdicts"]):
        yield from ("", f"#### {profile} reading", "")
        yield from _verdicts(v for v in license["verdicts"] if v["profile"] == profile)
    if license["obligations"]:
        yield from ("", "### Obligations", "")
        for each in license["obligations"]:
            reference = " A precondition: it needs a reference." if each["precondition"] else ""
            yield from _item(f"{each['id']} ({each['trigger']}): {_text(each['summary'])}{reference}")
    if license["restrictions"]:
        yield from ("", "### Forbidden applications", "")
        for each in license["restrictions"]:
            yield from _item(f"{each['application']}{' (sensitive)' if each['sensitive'] else ''}")
    yield from ("", "### What is open", "")
    if not license["open"]:
        yield "Nothing: every act is permitted or denied."
    for each in license["open"]:
        where = f"{each['profile']}, {', '.join(each['purposes'])}"
        yield from _item(f"{where}: {', '.join(each['acts'])}. {_text(each['clause'])}: {_text(each['rationale'])}")
    if license["aliases"]:
        yield from ("", "### Names that are read as this licence", "")
        yield from _filled("; ".join(map(_text, license["aliases"])))


def _own(own: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "### A reading of one's own", "")
    yield from _item(f"file: {_text(own['file'])}, SHA-256")
    yield f"  {own['sha256']}"
    signed = f"{_text(own['by'])}, from {own['on']} until {own['until']}" if own["by"] else "nobody"
    yield from _item(f"signed by: {signed}")
    state = "in force" if own["in_force"] else "not in force: it only restricts"
    yield from _item(f"at this instant: {state}")
    yield from _item(f"ground: {_text(own['ground'])}")
    yield from _item(f"read by: {_text(own['reviewer'])}, {own['reviewed_at']}")
    yield from _item("replaces the catalogue's reading" if own["replaces"] else "the catalogue has no reading of it")
    for text, reads in own["redirects"].items():
        yield from _item(f"the words {_text(text)} mean it; the catalogue reads {_text(reads)}")
    if own["replaces"]:
        yield ""
        if own["differs"] is None:
            yield "It says what the catalogue says."
        else:
            yield "What is read otherwise than by the catalogue:"
            yield ""
            yield from _differs(own["differs"])


def _differs(change: Mapping[str, Any]) -> Iterator[str]:
    for fact in change["facts"]:
        before, after = (_text(_listed(fact[key])) or "none" for key in ("before", "after"))
        yield from _item(f"{fact['fact']}: {before}, and here {after}")
    for each in change["verdicts"]:
        yield from _item(f"{each['profile']}, {each['purpose']}: {', '.join(each['acts'])}")
        for says, key in (("the catalogue", "before"), ("here", "after")):
            if each[key] is not None:
                owed = f" with {', '.join(each[key]['obligations'])}" if each[key]["obligations"] else ""
                clause = f"{_text(each[key]['clause'])}: {_text(each[key]['rationale'])}"
                yield from _filled(f"{says}: **{each[key]['verdict']}**{owed}. {clause}", "  ")


def _verdicts(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in verdicts:
        owed = f" with {', '.join(each['obligations'])}" if each["obligations"] else ""
        yield from _item(f"**{each['verdict']}**{owed}, {_purposes(each)}: {', '.join(each['acts'])}")
        yield from _filled(f"{_text(each['clause'])}: {_text(each['rationale'])}", "  ")


def _together(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", "## All together")
    for profile in dict.fromkeys(row["profile"] for row in rows):
        yield from ("", f"### {profile} reading", "")
        for row in (row for row in rows if row["profile"] == profile):
            ways = [", ".join(way) or "no obligations" for way in row["obligations_of_each_way"]]
            owed = f" with {'; or '.join(ways)}" if ways else ""
            yield from _item(f"**{row['verdict']}**{owed}, {_purposes(row)}: {', '.join(row['acts'])}")


def _purposes(row: Mapping[str, Any]) -> str:
    return "any purpose" if len(row["purposes"]) == 3 else ", ".join(row["purposes"])


def _text(text: object) -> str:
    """Text of a file as Markdown shows it: no mark in it has a meaning."""
    return _MARKS.sub(r"\\\1", plain(text))


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def _filled(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
