"""Licence texts, edited: what keeps a licence what it is, and what restricts it. Seeded; the texts are those of the package."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, Detected

HOLDERS = (
    "Copyright (c) 2024 Ada Moreno",
    "Copyright © 2019-2026 The Heron Project Authors",
    "(c) 2021 Reed & Sons Ltd. All rights reserved.",
    "Copyright 2016, Jun Okafor <jun@example.org>",
    "copyright (c) 1999 by the regents of the university of somewhere",
    "Copyright (C) 2008, 2010-2012 Ines Vidal, Tomas Berg and contributors",
    "COPYRIGHT (C) 2015 EXAMPLE SYSTEMS GMBH",
    "Copyright Heron Foundation and other contributors, https://heron.example/",
    "Copyright (c) 2017 to present Reed Services, Inc. and its affiliates.",
    "Portions Copyright (c) 2012 to 2020 Just van Rossum",
)
QUALIFIED = (
    "except for sale",
    "for non-commercial use",
    "only",
    "not for training",
    "for 30 days",
    "under the Prosperity License",
    "unless bought",
    "until 2030",
    "to hobbyists",
    "with permission",
)
CLAUSES = (
    "The Software may be used for non-commercial purposes only.",
    "This license does not extend to commercial use.",
    "You may not use this work to train machine learning models.",
    "No part of this work may be used for training artificial intelligence systems.",
    "Text and data mining is prohibited.",
    "The grant of rights under the License will not include, and the License does not grant to you, the right to sell the Software.",
    "The Software shall be used for Good, not Evil.",
    "Use is restricted to academic research.",
    "Redistribution requires prior written permission.",
    "For evaluation purposes only.",
    "This license terminates after thirty days.",
    "Users in the aviation industry are excluded from this license.",
    "All rights reserved.",
    "Commercial users must purchase a separate license.",
    "The licensee shall pay a royalty of 5 percent.",
    "This permission is revoked for government users.",
    "except for military use",
    "non-commercial",
    "for internal evaluation",
)
GRANTS = (
    "use",
    "copy",
    "modify",
    "merge",
    "publish",
    "distribute",
    "sublicense",
    "sell",
    "reproduce",
    "display",
    "perform",
)
NEGATED = {
    "is hereby granted": "is not hereby granted",
    "are permitted": "are not permitted",
    "may": "may not",
    "grants": "does not grant",
    "without": "with",
    "with or without": "without",
    "shall": "shall not",
    "is granted": "is denied",
    "free of charge": "at a charge",
    "permitted": "prohibited",
    "any purpose": "any noncommercial purpose",
    "any person": "any natural person",
    "irrevocable": "revocable",
    "perpetual": "temporary",
    "worldwide": "domestic",
    "royalty-free": "royalty-bearing",
    "no-charge": "charged",
}


@dataclass(frozen=True)
class Edit:
    """An edited text: of which licence, how, and what came of it. ``also``: a licence that stands beside it."""

    license: str
    how: str
    text: str
    also: str = ""


def wrong(edit: Edit, answer: Detected) -> bool:
    """True where the text of a restricting edit is taken for the licence that it was; both of two are what they are, and
    what is another known text to the letter (BSD-3-Clause without its third clause) is that."""
    if answer.expression in (None, UNKNOWN) or edit.license not in answer.licenses:
        return False
    return not edit.also or edit.also not in answer.licenses


@cache
def texts() -> dict[str, str]:
    """Id -> text; of several licences with one text the plainest."""
    by_text: dict[str, str] = {}
    for id, _, text in sorted(
        license_texts().licenses, key=lambda each: (each[0].endswith("-or-later"), len(each[0]), each[0])
    ):
        by_text.setdefault(" ".join(text.split()), id)
    return {id: text for id, _, text in license_texts().licenses if by_text[" ".join(text.split())] == id}


def restricting(seed: int, n: int, ids: tuple[str, ...] = ()) -> Iterator[Edit]:
    """So many edits that restrict, or may: none of them is the licence any more."""
    draw = random.Random(seed)
    known = ids or tuple(sorted(texts()))
    made = 0
    while made < n:
        id = draw.choice(known)
        edit = draw.choice(RESTRICTING)(draw, id, texts()[id])
        if edit is not None:
            made += 1
            yield edit


def benign(seed: int, n: int, ids: tuple[str, ...] = ()) -> Iterator[Edit]:
    """So many edits, one to three of them together, that leave a licence what it is."""
    draw = random.Random(seed)
    known = ids or tuple(sorted(texts()))
    for _ in range(n):
        id = draw.choice(known)
        text, hows = texts()[id], []
        for edit in draw.sample(BENIGN, draw.choice((1, 1, 2, 3))):
            text = edit(draw, text)
            hows.append(edit.__name__.strip("_"))
        yield Edit(id, " and ".join(hows), text)


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n[ \t]*\n", text.strip("\n"))


def _clause(draw: random.Random, id: str) -> str:
    """A clause that the licence does not say by its own name."""
    clause = draw.choice(CLAUSES)
    return "for evaluation only" if clause == "non-commercial" and "-NC" in id else clause


def _insert_clause(draw: random.Random, id: str, text: str) -> Edit:
    clause, parts = _clause(draw, id), _paragraphs(text)
    at = draw.randint(1, len(parts))
    if clause == "All rights reserved.":  # behind a line of copyright it is what that often ends with
        at = len(parts)
    return Edit(id, f"clause {clause!r} as a paragraph", "\n\n".join([*parts[:at], clause, *parts[at:]]))


def _append_clause(draw: random.Random, id: str, text: str) -> Edit:
    clause = _clause(draw, id)
    return Edit(
        id, f"clause {clause!r} at the end", f"{text.rstrip()}{draw.choice((' ', chr(10), chr(10) * 2))}{clause}\n"
    )


def _prepend_clause(draw: random.Random, id: str, text: str) -> Edit:
    clause = _clause(draw, id)
    return Edit(id, f"clause {clause!r} before it", f"{clause}\n\n{text}")


def _qualified(draw: random.Random, id: str, text: str) -> Edit:
    """A line of copyright that goes on to restrict."""
    line, end = draw.choice(HOLDERS).rstrip("."), draw.choice(QUALIFIED)
    return Edit(id, f"{line!r} and {end!r} before it", f"{line}{draw.choice((' ', ', ', '. '))}{end}\n\n{text}")


def _insert_words(draw: random.Random, id: str, text: str) -> Edit:
    clause = _clause(draw, id)
    if clause == "All rights reserved.":
        clause = "for research only"
    words = text.split(" ")
    at = draw.randint(len(words) // 5, len(words) - 1) if len(words) > 10 else len(words)
    return Edit(id, f"{clause!r} in a sentence", " ".join([*words[:at], clause, *words[at:]]))


def _delete_grant(draw: random.Random, id: str, text: str) -> Edit | None:
    places = [m for grant in GRANTS for m in re.finditer(rf"\b{grant}\b,?\s*", text)]
    places = [m for m in places if m.start() > len(text) // 10 and m.end() < len(text) * 0.8]
    if not places:
        return None
    match = draw.choice(places)
    return Edit(id, f"without {match[0].strip()!r} at {match.start()}", text[: match.start()] + text[match.end() :])


def _negate(draw: random.Random, id: str, text: str) -> Edit | None:
    places = [(m, new) for old, new in NEGATED.items() for m in re.finditer(rf"\b{old}\b", text)]
    places = [(m, new) for m, new in places if m.start() > len(text) // 10 and m.end() < len(text) * 0.8]
    if not places:
        return None
    match, new = draw.choice(places)
    return Edit(
        id, f"{match[0]!r} became {new!r} at {match.start()}", text[: match.start()] + new + text[match.end() :]
    )


def _change_number(draw: random.Random, id: str, text: str) -> Edit | None:
    places = [m for m in re.finditer(r"(?<=[a-z,(] )\d+(?=[ .,;)])", text) if not 1900 < int(m[0]) < 2100]
    places = [m for m in places if m.start() > len(text) // 10 and m.end() < len(text) * 0.8]
    places = [
        m for m in places if "opyright" not in text[text.rfind("\n", 0, m.start()) + 1 : m.end()]
    ]  # a name may have one
    if not places:
        return None
    match = draw.choice(places)
    new = str(int(match[0]) + draw.randint(1, 40))
    return Edit(id, f"{match[0]} became {new} at {match.start()}", text[: match.start()] + new + text[match.end() :])


def _delete_sentence(draw: random.Random, id: str, text: str) -> Edit | None:
    places = [m for m in re.finditer(r"(?<=[.;] )[A-Za-z][^.;]{60,}[.;]", text) if m.start() > len(text) // 10]
    places = [m for m in places if m.end() < len(text) * 0.8 and not re.search(r"opyright\W+(?:\(c\)\W*)?\d{4}", m[0])]
    if not places:
        return None
    match = draw.choice(places)
    return Edit(id, f"without the sentence at {match.start()}", text[: match.start()] + text[match.end() :])


def _cut(draw: random.Random, id: str, text: str) -> Edit:
    words = text.split(" ")
    at = draw.randint(len(words) // 4, len(words) * 2 // 3)
    return Edit(id, f"cut after {at} words", " ".join(words[:at]))


def _join(draw: random.Random, id: str, text: str) -> Edit | None:
    other = draw.choice(sorted(texts()))
    if other == id:
        return None
    rule = draw.choice(("\n\n", "\n\n----\n\n", "\n\n==========\n\n"))
    return Edit(id, f"followed by {other}", f"{text}{rule}{texts()[other]}", other)


RESTRICTING: tuple[Callable[[random.Random, str, str], Edit | None], ...] = (
    _insert_clause,
    _append_clause,
    _prepend_clause,
    _qualified,
    _insert_words,
    _delete_grant,
    _negate,
    _change_number,
    _delete_sentence,
    _cut,
    _join,
)


def _holder(draw: random.Random, text: str) -> str:
    return f"{draw.choice(HOLDERS)}\n\n{text}"


def _upper(draw: random.Random, text: str) -> str:
    return text.upper()


def _lower(draw: random.Random, text: str) -> str:
    return text.lower()


def _unwrapped(draw: random.Random, text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in _paragraphs(text))


def _rewrapped(draw: random.Random, text: str) -> str:
    width, lines = draw.randint(30, 100), []
    for part in _paragraphs(text):
        line = ""
        for word in part.split():
            if len(line) + len(word) > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines += [line, ""]
    return "\n".join(lines)


def _one_line(draw: random.Random, text: str) -> str:
    return " ".join(text.split())


def _quotes(draw: random.Random, text: str) -> str:
    return re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019")


def _straight(draw: random.Random, text: str) -> str:
    return text.replace("\u201c", '"').replace("\u201d", '"').replace("\u2019", "'").replace('"', "'")


def _dashes(draw: random.Random, text: str) -> str:
    return text.replace(" - ", " \u2013 ").replace("--", "\u2014")


def _bullets(draw: random.Random, text: str) -> str:
    return re.sub(r"(?m)^([ \t]*)(?:[*\u2022\u25cf-])[ \t]+", r"\1- ", text)


def _indented(draw: random.Random, text: str) -> str:
    blanks = " " * draw.randint(1, 12)
    return "\n".join(blanks + line for line in text.split("\n"))


def _commented(draw: random.Random, text: str) -> str:
    mark = draw.choice(("# ", "// ", " * ", "-- ", ";; ", "% ", "> ", "| "))
    return "\n".join(mark + line for line in text.split("\n"))


def _block(draw: random.Random, text: str) -> str:
    return "/*\n" + "\n".join(" * " + line for line in text.split("\n")) + "\n */\n"


def _html(draw: random.Random, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    body = "".join(f'<p class="text">{part}</p>\n' for part in _paragraphs(escaped))
    return f"<!DOCTYPE html>\n<html><head><style>p {{ margin: 0 }}</style></head>\n<body>\n{body}</body></html>\n"


def _pre(draw: random.Random, text: str) -> str:
    return f"<pre>\n{text}\n</pre>\n"


def _markdown(draw: random.Random, text: str) -> str:
    parts = _paragraphs(text)
    return "\n\n".join([f"# {parts[0]}", *parts[1:]])


def _fenced(draw: random.Random, text: str) -> str:
    return f"```\n{text}\n```\n"


def _marked(draw: random.Random, text: str) -> str:
    return "\ufeff" + text


def _crlf(draw: random.Random, text: str) -> str:
    return text.replace("\n", "\r\n")


def _blanks(draw: random.Random, text: str) -> str:
    return "\n\n\n" + text.replace(". ", ".  ").replace("\n", "  \n") + "\n\n\n"


def _spelling(draw: random.Random, text: str) -> str:
    return re.sub(r"\blicense\b", "licence", text)


def _no_breaks(draw: random.Random, text: str) -> str:
    return text.replace(" of ", "\u00a0of\u00a0")


BENIGN: tuple[Callable[[random.Random, str], str], ...] = (
    _holder,
    _upper,
    _lower,
    _unwrapped,
    _rewrapped,
    _one_line,
    _quotes,
    _straight,
    _dashes,
    _bullets,
    _indented,
    _commented,
    _block,
    _html,
    _pre,
    _markdown,
    _fenced,
    _marked,
    _crlf,
    _blanks,
    _spelling,
    _no_breaks,
)
