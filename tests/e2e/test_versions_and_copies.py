"""A record has one text at a time, and the same text under two licences is not the wider of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

OLD = {"id": "n-1", "text": "The ferry waits an hour for whoever mends the lamp."}
NEW = {"id": "n-1", "text": "The ferry waits no longer; the lamp was mended."}
COPY = {"id": "n-2", "text": OLD["text"]}
OTHER = {"id": "n-3", "text": "Herrings are counted by the dozen and paid by the weight."}
EVERYTHING = ("--use", "train.pretrain", "--accept", "all")
GPL = {"disclose_source", "notice.changes", "notice.copyright", "notice.licence", "share_alike"}


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {k: answer[k] for k in ("read", "added", "unchanged", "superseded")}


def test_newer_version_supersedes_the_older_makes_exports_stale_and_may_be_taken_back(
    tmp_path: Path, ask: Ask, ingest: Ask
) -> None:
    notes = card(tmp_path / "notes", "notes", license="CC0-1.0")
    ids, snapshots = [], []
    for number, (row, expected) in enumerate(
        [
            (OLD, {"read": 3, "added": 3, "unchanged": 0, "superseded": 0}),
            (NEW, {"read": 3, "added": 1, "unchanged": 2, "superseded": 1}),
            (OLD, {"read": 3, "added": 1, "unchanged": 2, "superseded": 1}),
        ],
        1,
    ):
        jsonl(notes / "notes.jsonl", row, COPY, OTHER)
        answer = ingest(notes)
        assert counts(answer) == expected
        snapshots.append(answer["snapshot"])
        stored = ask("sql", "SELECT record_id, source_record_id AS id, text FROM records JOIN texts USING (record_id)")
        assert {r["id"]: r["text"] for r in stored} == {r["id"]: r["text"] for r in (row, COPY, OTHER)}
        ids.append({r["record_id"] for r in stored})
        if number == 1:
            ask("export", "out", *EVERYTHING, "--dedup", "none", "--tokenizer", "bytes", "--workers", "1")
        elif number == 2:
            [stale] = ask("verify", "out", code=3)["stale"]
            assert (stale["record"], stale["reason"]) == (*(ids[0] - ids[1]), "not-in-store")
    assert ids[0] == ids[2] != ids[1]
    # The copies are still one group of two: a version that came back is not a copy of itself.
    marks = ask("sql", "SELECT record_id, role FROM duplicates")
    assert len({m["record_id"] for m in marks}) == len(marks) == 2
    assert sorted(m["role"] for m in marks) == ["anchor", "copy"]
    assert snapshots == sorted(set(snapshots))
    for snapshot, permitted in zip(snapshots[1:], (3, 2), strict=True):
        answer = ask("query", *EVERYTHING, "--snapshot", snapshot)
        assert answer["permitted"]["records"] == permitted


def test_changed_card_gives_every_record_new_rights_under_the_same_id(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    notes = card(tmp_path / "notes", "notes", license="MIT")
    jsonl(notes / "notes.jsonl", OLD, OTHER)
    ingest(notes)
    use = ("query", "--use", "train.pretrain", "--accept", "notice.copyright", "--accept", "notice.licence", "--ids")
    before = ask(*use)
    assert before["permitted"]["records"] == 2
    card(notes, "notes", license="GPL-3.0-only")
    answer = ingest(notes)
    assert (answer["read"], answer["updated"], answer["superseded"]) == (2, 2, 0)
    now = ask("query", *EVERYTHING, "--ids")
    assert now["ids"] == before["ids"]
    assert set(now["obligations"]) == GPL
    assert [row["license"] for row in now["licenses"]] == ["GPL-3.0-only"]
    assert ingest(notes)["unchanged"] == 2


def test_same_text_under_gpl_and_mit_does_not_become_mit(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    mit = card(tmp_path / "mit", "mit", license="MIT")
    gpl = card(tmp_path / "gpl", "gpl", license="GPL-3.0-only")
    jsonl(mit / "a.jsonl", OLD, OTHER)
    jsonl(gpl / "a.jsonl", OLD)
    ingest(mit, gpl)
    use = ("--use", "train.pretrain", "--accept", "notice.copyright", "--accept", "notice.licence")
    notice = ask("query", *use)
    assert notice["permitted"]["records"] == 1
    assert {r["reason"]: r["records"] for r in notice["excluded"]} == {"contested-copy": 1, "obligation": 1}
    [mine] = ask("sql", "SELECT record_id FROM records WHERE source_id = 'mit' AND source_record_id = 'n-1'")

    # Everything accepted: one of the two stays, the MIT copy, and it owes what the other one asks.
    ask("export", "out", *EVERYTHING, "--tokenizer", "bytes", "--workers", "1")
    index = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    assert len(index) == 2
    [contested] = [row for row in index if row["record_id"] == mine["record_id"]]
    assert set(contested["obligations"]) == GPL

    # The publisher of the work decides what its own copy is under.
    card(mit, "mit", license="MIT", authority="publisher")
    ingest(mit)
    (tmp_path / "rightful-store" / "policy.toml").write_text('publishers = ["mit"]\n')
    ask("policy", "sign", "--by", "Ada Moreno, editor", "--until", "2099-12-31")
    notice = ask("query", *use)
    assert notice["permitted"]["records"] == 2
    assert {r["reason"]: r["records"] for r in notice["excluded"]} == {"obligation": 1}
