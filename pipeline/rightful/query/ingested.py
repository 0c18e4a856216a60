"""What to do next after an ingest: what cards do not say yet, and what nobody can read. Floor 7."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rightful.notation.shown import plain
from rightful.query.steps import (
    FILL_IN,
    MOST_EDITS,
    NOTICES,
    Card,
    Keys,
    Step,
    Typing,
    basic_string,
    first_question,
    meaning,
)
from rightful.rights.licenses import Catalog
from rightful.signals.packages import license_file

MOST_OF_A_NAME = 80
"""What is longer is a text, and no string of which a card could say the meaning."""
_IN_NOTICE = re.compile(r"\(notice: ([\w-]+)\)$")
"""The phrase of a notice in the place that a text is blocked by."""


def after_ingest(
    answer: Keys,
    typing: Typing,
    cards: Mapping[str, Card],
    again: Sequence[str],
    options: Sequence[str],
    catalog: Catalog,
    shortened: int,
) -> list[Step]:
    """``cards`` are by source, ``again`` and ``options`` say what was read and how. A sample of ``shortened`` characters is
    the beginning of one that is longer."""
    steps: list[Step] = []
    stated: dict[tuple[str, str], None] = {}
    for s in answer["statements"]:
        if s["source"] in cards and s["file"]:
            stated |= {(s["source"], text): None for text in s["samples"] if len(text) < shortened}
    for source, sample in list(stated)[:MOST_EDITS]:
        if (edit := meaning(sample, cards[source], catalog)) is not None:
            steps.append(edit)
    steps += _papers(answer["papers"], typing, cards, catalog)
    notices = _set_aside(answer["statements"], cards)
    steps += notices
    for s in answer["sources"][: 4 * MOST_EDITS]:
        card = cards.get(s["source"])
        if card is not None and not card.exists and len(steps) < 2 * MOST_EDITS:
            name = basic_string(Path(card.root).name or "data")
            layout = s["layout"]
            if layout is not None and layout["counts"] == "stated":
                continue  # a card without that line would take the place of the layout, and claim what it denies
            if layout is not None:
                like = f"if it is {plain(layout['title'] or layout['name'], 40)}, say so in"
                steps.append(Step(like, file=card.file, line=f'name = {name}\nlayout = "{layout["name"]}"'))
                continue
            line = f'name = {name}\nlicense = "{FILL_IN}"\ncovers = "contents"\npersonal_data = "unknown"'
            steps.append(Step("state what is known of the rights of these files in", file=card.file, line=line))
            steps.append(
                Step("or have a card drafted, which only permits once it is confirmed", typing("init", card.root))
            )
    if any(step.line for step in steps):
        steps.append(Step("then read it again", typing("ingest", *again, options=options)))
    if any(not s["file"] for s in answer["statements"]):
        steps.append(Step("list what the texts say of themselves", typing("review list", options=NOTICES)))
    if answer["added"] or answer["unchanged"]:
        steps.append(first_question(typing))
    elif not answer["read"]:
        steps.append(Step("see which kinds of files are read", typing("ingest", options=["--help"])))
    return steps


def _papers(papers: Sequence[Keys], typing: Typing, cards: Mapping[str, Card], catalog: Catalog) -> list[Step]:
    """What to do about files beside the texts that nobody can read: see what is left over of a text, say what a name means."""
    listed: dict[Step, None] = {}
    for paper in papers:
        card = cards.get(paper["source"])
        is_text = paper["detector"].startswith(license_file.NAME)
        if is_text and not Path(paper["file"]).is_absolute():
            continue  # a member of an archive or repository: no command can name it
        if is_text:
            text = f"see which words of {plain(paper['place'].partition(' (')[0], 60)} belong to no licence"
            listed[Step(text, typing("license detect", paper["file"]))] = None
        elif card is not None and card.exists and 0 < len(paper["says"]) < MOST_OF_A_NAME:
            if (edit := meaning(paper["says"], card, catalog)) is not None:
                listed[edit] = None
    return list(listed)[:MOST_EDITS]


def _set_aside(statements: Sequence[Keys], cards: Mapping[str, Card]) -> list[Step]:
    """The lines of cards that set notices in texts aside."""
    phrases: dict[str, dict[str, None]] = {}
    for s in statements:
        place = _IN_NOTICE.search(s["column"])
        card = cards.get(s["source"])
        if not s["file"] and place is not None and card is not None and card.exists:
            phrases.setdefault(s["source"], {}).setdefault(f'{place[1]} = "{FILL_IN}"')
    text = "where such a notice is none of the works' own, say why, in the card"
    return [
        Step(text, file=cards[source].file, line="\n".join(["[not_notices]", *lines]))
        for source, lines in list(phrases.items())[:MOST_EDITS]
    ]
