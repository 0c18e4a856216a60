"""Answers as lines for people: nouns agree with their numbers, and no value looks like a programming language."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rightful.catalog import load
from rightful.cli.pages.consent import consent_lines, event_lines, import_lines
from rightful.cli.pages.export import export_lines
from rightful.cli.pages.ingest import INGEST_CHANGES, ingest_lines, rejected_rows
from rightful.cli.pages.lines import WIDTH, counted, shown, table, tail, wrapped
from rightful.cli.pages.policy import policy_lines
from rightful.cli.pages.query import query_lines
from rightful.cli.pages.similar import similar_lines
from rightful.cli.pages.source import source_lines, source_list_lines
from rightful.cli.pages.tag import tag_lines
from rightful.cli.pages.uses import uses_lines
from rightful.cli.pages.verify import verify_lines
from rightful.query.select import families
from rightful.query.steps import Typing, after_similar
from rightful.query.uses import listing
from rightful.rights.because import FAMILIES, REASONS
from rightful.rights.uses import ACT_FAMILIES

PYTHON = re.compile(r"""[\[{('"]['"\w]+['"]?[,:]|None|True|False|\{\}""")
"""What a list, a mapping or a constant looks like in Python."""

MANIFEST: dict[str, Any] = {
    "export": "x-1",
    "records": 1,
    "tokens": 1,
    "shards": [{}],
    "format": "megatron",
    "tokenizer": {
        "backend": {"compared": 1, "name": "gigatoken", "version": "0.10"},
        "unknown_tokens": None,
        "requested": "bytes",
        "taken_from": None,
    },
    "lost": 1,
    "lost_records": 1,
    "own_form": None,
    "todo": [],
    "refused": {"nothing-stated": 5, "withdrawn": 7, "duplicate": 5},
    "redaction": {"spans": {"email": 1}, "records": 1, "not_found": {"phone": 1}},
    "obligations": {},
    "expires_at": None,
    "sequence": {
        **{"seq_len": 1, "pack": "best-fit", "rows": 1, "padding": 0, "padding_share": 0.0123},
        **{"split_documents": 1, "truncated_documents": 1, "truncated_tokens": 1},
    },
    "holders": {"by": "source", "holders": 1, "ranges": 1, "listed": [], "table": None},
}
EVENT: dict[str, Any] = {
    "event": "e-1",
    "kind": "withdrawal",
    "selector": {"by": "domain", "value": "example.org"},
    "effective": "2026-11-21",
    "matched": {"records": 1, "sources": 1},
    "exports": [],
    "exports_unreadable": [],
    "known": False,
    "dry_run": False,
}
CARD: dict[str, Any] = {
    "license": "MIT",
    "covers": "contents",
    "personal_data": "no",
    "carded": True,
    "fields": [["text", "body"]],
    "licenses": {"by": "CC-BY-4.0"},
    "territory": ["DE", "FR"],
    "perpetual": False,
    "url": None,
}


@pytest.mark.parametrize(("n", "said"), [(0, "0 shards"), (1, "1 shard"), (2, "2 shards"), (1234, "1 234 shards")])
def test_noun_agrees_with_its_number(n: int, said: str) -> None:
    assert counted(n, "shard") == said
    assert counted(n, "copy", "copies").endswith(" copy" if n == 1 else " copies")


def test_one_of_everything_is_said_in_the_singular() -> None:
    lines = [
        *export_lines(MANIFEST, "out"),
        *consent_lines(EVENT),
        *tag_lines({"snapshot": 2, "stages": ["pii"], "records": 1, "unchanged": 0, "alarms": []}),
        *verify_lines({"ok": True, "export": "x-1", "records": 1, "stale": [], "corrupt": []}),
        *source_list_lines([{"source_id": "mail", "card": CARD, "retired": False, "inversions": [{"path": "root"}]}]),
    ]
    plural = "records tokens shards documents characters sources ancestors files rows bytes parts".split()
    assert [line for line in lines for noun in plural if re.search(rf"(?<![\d ])1 {noun}\b|^1 {noun}\b", line)] == []
    assert "export x-1: 1 record, 1 token, 1 shard (megatron) in out" in lines
    assert "packed (best-fit): 1 row of 1, 1.23% padding" in lines
    assert "truncated: 1 token of 1 document" in lines
    assert "grouped by source: 1 holder, listed in manifest.json" in lines
    assert any(line.endswith("wider than 1 ancestor") for line in lines)


@pytest.mark.parametrize("change", INGEST_CHANGES)
def test_ingest_says_what_changed_beside_its_counts(change: str) -> None:
    none = dict.fromkeys(("read", "added", "unchanged", "refused", "rejected", *INGEST_CHANGES), 0)
    keys = ("alarms", "statements", "unread", "contradicted", "errors", "skipped", "sources", "gone", "conversations")
    keys += ("passed_over", "nothing_read", "not_read", "papers", "captures", "kept", "repositories")
    lists: dict[str, list[Any]] = {key: [] for key in keys}
    rest = {"duplicates": {"exact": 1, "near": 1}, "text_bytes": 0, "seconds": 0.0, "snapshot": 1}
    one, many = ("\n".join(ingest_lines({**none, **lists, **rest, change: n})) for n in (1, 2))
    assert f"1 {INGEST_CHANGES[change][0]}" in one
    assert f"2 {INGEST_CHANGES[change][1]}" in many
    assert "1 new exact copy, marked" in one


def test_rows_that_were_rejected_for_one_reason_are_one_line() -> None:
    rows = [{"file": "a", "position": f"line {n}", "reason": "no text"} for n in range(1, 1200)]
    rows += [{"file": "b", "position": "line 3", "reason": "no text"}, {"file": "a", "position": None, "reason": "cut"}]
    assert rejected_rows(rows) == [
        ("a", "line 1 and 1 198 more", "no text"),
        ("b", "line 3", "no text"),
        ("a", "", "cut"),
    ]


def test_left_out_is_in_the_order_of_size() -> None:
    lines = [line for line in export_lines(MANIFEST, "out") if line.startswith("left out")]
    assert lines == [
        "left out: 7 said no: 7 withdrawn",
        "left out: 5 nobody said: 5 nothing-stated",
        "left out: 5 copies: 5 duplicate",
    ]


EXCLUDED = [
    {"reason": slug, "family": FAMILIES[slug], "detail": "", "text": REASONS[slug], "records": n, "chars": 10 * n}
    for n, slug in enumerate(["license-custom", "license-various", "access-status", "territory", "nothing-stated"], 3)
] + [{"reason": "nothing-stated", "family": "nobody-said", "detail": "x", "text": "y", "records": 1, "chars": 10}]
ASKED = {"asked": ["train"], "purpose": "research", "actor": "public", "application": None, "jurisdictions": ["*"]}
PERMITTED: dict[str, Any] = {
    **{"use": {**ASKED, "profile": "strict"}, "as_of": "now", "considered": {"records": 26, "chars": 260}},
    **{"permitted": {"records": 0, "chars": 0}, "excluded": EXCLUDED, "families": families(EXCLUDED)},
    **{"obligations": {}, "together": [], "contested": [], "contradicted": [], "notices": [], "licenses": []},
    **{"would_permit": [], "valid_until": None},
}


def test_families_add_up_to_what_is_excluded_and_come_by_size() -> None:
    listed = families(EXCLUDED)
    assert [(f["family"], f["records"], f["chars"]) for f in listed] == [
        ("nobody-said", 20, 200),
        ("conditions-not-met", 6, 60),
    ]
    assert [(r["reason"], r["records"]) for r in listed[0]["reasons"]] == [
        ("nothing-stated", 8),
        ("access-status", 5),
        ("license-various", 4),
        ("license-custom", 3),
    ]
    assert families([]) == []


def test_waterfall_shows_three_reasons_of_a_family_or_all() -> None:
    many = [*EXCLUDED, {**EXCLUDED[0], "reason": "inferred-only", "text": REASONS["inferred-only"], "records": 2}]
    answer = {**PERMITTED, "excluded": many, "families": families(many)}
    few, every = (query_lines(answer, all_reasons=show) for show in (False, True))
    assert "- 22  NOBODY SAID: nobody who could know said that it may be used" in few
    assert "      and 2 more reasons, 5 records (--all-reasons)" in few
    assert not any(REASONS["inferred-only"] in line for line in few)
    assert any(line.endswith(f"2  {REASONS['inferred-only']}") for line in every)
    assert not any("--all-reasons" in line for line in every)


def test_table_keeps_within_its_width_and_its_words_whole() -> None:
    rows = [("id-0123456789", "word " * 40, 12), ("id-2", "one", 1234)]
    for width in (80, 40):
        lines = table(rows, ("id", "says", "rows"), right={2}, width=width)
        assert max(map(len, lines)) <= width
        assert sum(line.count("word") for line in lines) == 40
        assert lines[0].split()[0::2] == ["id", "rows"]
        assert any(line.startswith("id-0123456789  ") for line in lines)
    [wide] = table([("x" * 100, 1)], right={1}, width=80)
    assert wide == "x" * 100 + "  1"


def test_lines_are_as_wide_as_a_terminal_that_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for columns, width in (("40", 40), ("200", 80), ("3", 24)):
        monkeypatch.setenv("COLUMNS", columns)
        lines = [*wrapped("- 22  ", "several words " * 12), *table([("several words " * 12, 1234)], right={1})]
        assert max(map(len, lines)) <= width


def test_wrapped_text_hangs_and_keeps_its_words_whole() -> None:
    lines = wrapped("- 22  ", "several words " * 12 + "https://example.org/" + "y" * 90)
    assert all(len(line) <= 80 or line.strip().startswith("https://") for line in lines)
    assert all(line.startswith("      ") for line in lines[1:])
    assert wrapped("head  ", "") == ["head"]


def test_events_are_listed_with_what_they_are_limited_to() -> None:
    event = {
        **{"event": "e-06c0175d9f27f73d", "kind": "grant", "selector": "domain", "shown": "example.org"},
        **{"acts": '["train"]', "purposes": '["research"]', "applications": "[]", "effective": "2026-11-21T12:00:00Z"},
        **{
            "given_by": ["rights_holder"],
            "party": "Letters",
            "valid_until": None,
            "deadline": None,
            "proof": "",
            "perpetual": True,
            "reason": "",
        },
    }
    lines = event_lines([event, {**event, "acts": "[]", "purposes": "[]"}])
    assert lines[0] == "e-06c0175d9f27f73d  grant by domain example.org, effective 2026-11-21T12:00:00Z"
    assert lines[1] == "    acts train; purposes research; as rights_holder; to Letters; perpetual"
    assert lines[3].startswith("    all acts, purposes and applications; as rights_holder")
    assert event_lines([]) == ["no events"]


def test_import_says_how_many_rows_there_were() -> None:
    answer = {
        **{"rows": 1, "known": 0, "applied": 1, "unmatched": 1, "matched": {"records": 0}, "dry_run": False},
        **{"errors": [], "exports": [], "exports_unreadable": []},
    }
    assert import_lines(answer) == [
        "1 row: 1 applied, 0 on record already, 1 matches nothing yet, 0 wrong; 0 records matched"
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["DE", "FR"], "DE, FR"),
        ({"statute": "EU", "acts": ["train", "index"], "note": ""}, "statute EU, acts train, index"),
        ([["text", "body"]], "text, body"),
        ([{"a": 1}, {"b": True}], "(a 1), (b yes)"),
        (None, "-"),
        (False, "no"),
    ],
)
def test_value_of_a_file_is_shown_without_marks_of_a_programming_language(value: object, said: str) -> None:
    assert shown(value) == said


def test_cards_and_policies_show_no_python() -> None:
    policy = {
        **{"path": "policy.toml", "in_force": True, "sha256": "ab", "accept": ["notice"], "actor": "for_profit"},
        "basis": [{"statute": "EU-TDM-4", "acts": ["train", "index"], "lawful_access": True}],
    }
    lines = [
        *policy_lines(policy),
        *source_lines({"source_id": "mail", "card": CARD, "retired": False, "inversions": []}),
    ]
    assert [line for line in lines if PYTHON.search(line)] == []
    assert "accept    notice" in lines


def test_uses_has_one_line_for_each_act_below_its_family() -> None:
    words = listing(load())
    lines = list(uses_lines(words))
    lines = lines[1 : lines.index("")]
    acts = [line.split()[0] for line in lines if len(line.split()) > 1]
    assert acts == [act["id"] for act in words["acts"]]
    alone = [line for line in lines if len(line.split()) == 1]
    several = {f for f in ACT_FAMILIES if sum(act["family"] == f for act in words["acts"]) > 1}
    assert {*alone} == several
    assert max(map(len, lines)) <= WIDTH
    assert "mine.analyse       statistics and text and data mining, without training a model" in lines


def test_families_of_acts_are_those_of_the_vocabulary() -> None:
    assert tuple(dict.fromkeys(act["family"] for act in listing(load())["acts"])) == ACT_FAMILIES


def test_import_names_what_was_probably_meant_and_how_many_more_rows_are_wrong() -> None:
    error = {"row": 2, "reason": "unknown column 'selectr'", "subject": None, "hint": "did you mean 'selector'?"}
    more = [{**error, "row": n, "hint": None} for n in range(3, 30)]
    answer = {"rows": 28, "known": 0, "applied": 0, "unmatched": 0, "matched": {"records": 0}, "dry_run": False}
    lines = import_lines({**answer, "errors": [error, *more], "exports": [], "exports_unreadable": []})
    assert "  row 2: unknown column 'selectr'; did you mean 'selector'?" in lines
    assert lines[-1] == "  ... and 8 more (--json lists all)"


SIMILAR: dict[str, Any] = {
    "file": None,
    "text": {"chars": 1, "shingles": 1},
    "threshold": 0.7,
    "matches": [
        {
            "record": "a" * 32,
            "source": "poets",
            "source_record_id": None,
            "url": None,
            "similarity": 1.0,
            "estimated": 1.0,
            "exact": True,
            "state": "withdrawn",
        }
    ],
    "more": 2,
    "compared": {"signatures": 1, "bytes": 448},
    "candidates": 2,
    "verified": 1,
    "unsearched": [{"reason": "no signature is stored", "records": 1}],
    "seconds": 0.2,
}


def test_similar_says_what_each_match_is_and_what_was_not_compared() -> None:
    lines = similar_lines(SIMILAR)
    assert lines[0] == "the text: 1 character, 1 shingle; similarity of 0.7 and more"
    assert lines[3].split() == ["1.000", "1.00", "aaaaaaaa", "poets", "-", "exact", "copy,", "WITHDRAWN"]
    assert "1 more record may be alike: their texts were not read" in lines
    assert any(line.startswith("1 record not compared: no signature is stored") for line in lines)
    assert not any("rightful explain" in line for line in lines), "it does not count, so nothing explains it"
    assert after_similar(SIMILAR, Typing()) == []
    counting = {**SIMILAR["matches"][0], "state": "stored"}
    [step] = after_similar({**SIMILAR, "matches": [counting]}, Typing("st ore"))
    assert step.command == f"rightful --store 'st ore' explain {counting['record']} --use train.pretrain"


def test_long_paths_keep_the_end_that_tells_them_apart() -> None:
    within = "a.tar.gz/site-packages/numpy-2.4.6.dist-info/licenses/"
    names = [tail(within + name, 40) for name in ("LICENSE.txt", "NOTICE")]
    assert names == ["…/licenses/LICENSE.txt", "…/numpy-2.4.6.dist-info/licenses/NOTICE"]
    assert tail("x" * 50, 40) == "…" + "x" * 39
    assert tail("a/b", 3) == "a/b"
