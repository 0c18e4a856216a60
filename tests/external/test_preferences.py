"""Robots files and preferences of others: Protego's cases, real files beside Protego, the drafts' own examples, real sites."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from rightful.catalog.signals import signals_of
from rightful.signals.web import ai_txt, aipref
from rightful.signals.web.robots import read, rules
from rightful.signals.web.stated import as_json
from tests.external.robots_agreement import agreement

FOLDER = "4-preferences"
SEEN = date(2026, 11, 30)
SIGNALS = signals_of()


def says(statements: list[dict[str, str]], act: str) -> str:
    return next((one["status"] for one in statements if one["act"] == act), "")


def test_all_cases_of_protego_are_answered_as_it_answers_them(cases: Path) -> None:
    listed = json.loads((cases / FOLDER / "protego-cases.json").read_text(encoding="utf-8"))["allow"]
    assert len(listed) == 301
    wrong = [c for c in listed if rules(c["robots_txt"].encode()).allows(c["agent"], c["url"]) is not c["allowed"]]
    assert not wrong


def test_real_robots_files_let_the_same_crawlers_in_as_protego_says(cases: Path) -> None:
    """But for one: it takes ``msn`` for a name of ``msnbot``, and RFC 9309 wants the product token whole."""
    held = agreement(cases)
    assert held.files == 99
    assert held.asked > 100_000
    assert {(file, agent) for file, agent, _, _ in held.differing} == {("www.nationstates.net.txt", "msnbot")}


def test_real_robots_files_are_read_and_what_they_reserve_is_counted(cases: Path) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for path in sorted((cases / FOLDER / "real-robots").iterdir()):
        reading = read(path.read_bytes(), SIGNALS, url=f"https://{path.stem}/", on=SEEN)
        counted[reading.result, says(as_json(reading.statements), "train")] += 1
    assert counted == {("absent", ""): 69, ("found", "reserve"): 19, ("found", "allow"): 11}


def test_the_example_of_the_attachment_draft_is_read_as_its_table_says(cases: Path) -> None:
    draft = (cases / FOLDER / "aipref/draft-ietf-aipref-attach.md").read_text(encoding="utf-8")
    [text] = [block for block in _blocks(draft) if "/ai-ok/" in block]
    table = re.findall(r"^\| (/\S+) +\| +(yes|no) +\| +(\S+)", draft, re.MULTILINE)
    assert len(table) == 3
    read_in = rules(text.encode())
    for path, crawl, preference in table:
        assert read_in.allows("AnyBot", path) is (crawl == "yes")
        stated = [
            s.raw for s in read_in.reading(path, SIGNALS, on=SEEN, agent="AnyBot").statements if s.label == "train-ai"
        ]
        assert stated == ([] if preference == "N/A" else [preference])
    own = as_json(read_in.reading("/test", SIGNALS, on=SEEN, agent="ExampleBot").statements)
    assert says(own, "train") == "allow"
    assert says(as_json(read_in.reading("/test", SIGNALS, on=SEEN).statements), "train") == "reserve"


def test_the_other_robots_files_of_the_attachment_draft_reserve_training(cases: Path) -> None:
    draft = (cases / FOLDER / "aipref/draft-ietf-aipref-attach.md").read_text(encoding="utf-8")
    texts = [block for block in _blocks(draft) if "Content-Usage: train-ai=n" in block]
    assert len(texts) == 3
    for text in texts:
        if text.startswith("HTTP/"):
            [value] = re.findall(r"^Content-Usage: *(.*)$", text, re.MULTILINE)
            assert says(as_json(aipref.read(value, SIGNALS, SEEN).statements), "train") == "reserve"
        else:
            assert says(as_json(read(text.encode(), SIGNALS, url="/test", on=SEEN).statements), "train") == "reserve"


def test_the_examples_of_the_vocabulary_draft_are_read_as_it_says(cases: Path) -> None:
    """Its third example of parameters ends in a semicolon, which RFC 9651 does not parse: unknown either way."""
    draft = (cases / FOLDER / "aipref/draft-ietf-aipref-vocab.md").read_text(encoding="utf-8")
    read_as = {}
    for block in _blocks(draft):
        reading = aipref.read(block, SIGNALS, SEEN)
        stated = as_json(reading.statements)
        read_as[block] = (says(stated, "train"), says(stated, "index.search"), reading.result)
    assert list(read_as.values()) == [
        ("allow", "reserve", "found"),
        ("unknown", "unknown", "unreadable"),
        ("allow", "", "found"),
        ("unknown", "unknown", "unreadable"),
    ]


@pytest.mark.parametrize(
    ("site", "file", "trains", "result"),
    [
        ("healsdata__ai-training-opt-out", "robots.txt", "reserve", "found"),
        ("healsdata__ai-training-opt-out", "ai.txt", "reserve", "found"),
        ("ArtSabintsev__artsabintsev.github.io", "robots.txt", "allow", "found"),
        ("ArtSabintsev__artsabintsev.github.io", "ai.txt", "unknown", "unreadable"),
    ],
)
def test_real_sites_say_what_a_reader_finds_in_them(
    cases: Path, site: str, file: str, trains: str, result: str
) -> None:
    raw = (cases / FOLDER / "real-sites" / site / file).read_bytes()
    reading = (ai_txt.read if file == "ai.txt" else read)(raw, SIGNALS, url="/index.html", on=SEEN)
    assert (says(as_json(reading.statements), "train"), reading.result) == (trains, result)


def test_an_introduction_to_machines_is_no_robots_file(cases: Path) -> None:
    raw = (cases / FOLDER / "real-sites/ArtSabintsev__artsabintsev.github.io/llms.txt").read_bytes()
    reading = read(raw, SIGNALS, url="/", on=SEEN)
    assert (reading.result, reading.statements) == ("unreadable", ())


def test_the_crawlers_that_another_list_has_are_known_here_for_the_most_part(cases: Path) -> None:
    """Ours is written from what operators publish: it lacks some coding tools and agents of which nobody knows whose they are."""
    listed = json.loads((cases / FOLDER / "ai-robots-txt.json").read_text(encoding="utf-8"))
    ours = SIGNALS.crawlers("training-crawler") | SIGNALS.crawlers("answering-crawler")
    text = (cases / FOLDER / "ai-robots-txt.robots.txt").read_bytes()
    known = [token for token in listed if token.lower() in ours or token.split("/")[0].lower() in ours]
    assert len(known) / len(listed) > 0.8
    trains = [token for token, about in listed.items() if re.search("(?i)train", about["function"])]
    assert len(trains) > 10
    assert not [
        t
        for t in trains
        if says(as_json(read(f"User-agent: {t}\nDisallow: /".encode(), SIGNALS, url="/").statements), "train")
        != "reserve"
    ]
    assert says(as_json(read(text, SIGNALS, url="/", on=SEEN).statements), "train") == "reserve"


def _blocks(draft: str) -> list[str]:
    return [
        block.strip("\n")
        for block in re.findall(r"^~~~[a-z-]*\n(.*?)^~~~", draft, re.MULTILINE | re.DOTALL)
        if "=/ " not in block
    ]
