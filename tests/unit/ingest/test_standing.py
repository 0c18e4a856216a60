"""Files that stand: ids that restart, rows and files that go, content that changes unseen, cards that come later."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.errors import InputError
from rightful.events.consents import Request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CARD = 'name = "quay"\npersonal_data = "no"\nlicense = "CC0-1.0"\n'


class Quay:
    """A folder that is ingested again and again; a minute goes by with every verb."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "quay"
        self.folder.mkdir()
        self.minutes = 0
        self.store = Store(root / "store", clock=self.clock)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def card(self, text: str = CARD) -> None:
        (self.folder / "source.toml").write_text(text, encoding="utf-8")

    def write(self, name: str, *rows: dict[str, Any]) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def days(self) -> list[Path]:
        return [
            self.write(f"day{day}.jsonl", *({"id": n, "text": f"Note {n} of day {day} at the quay."} for n in range(3)))
            for day in (1, 2)
        ]

    def texts(self) -> list[str]:
        return sorted(r["text"] for r in self.store.sql("SELECT text FROM texts"))

    def sources(self) -> set[str]:
        return {r["source_id"] for r in self.store.sql("SELECT DISTINCT source_id FROM records")}

    def permitted(self) -> int:
        return int(self.store.query(use="train.pretrain", accept="all")["permitted"]["records"])


@pytest.fixture
def quay(tmp_path: Path) -> Quay:
    return Quay(tmp_path)


def test_ids_that_restart_in_every_file_hide_nothing_in_any_order(quay: Quay) -> None:
    quay.card()
    first, second = quay.days()
    for path in (second, first, quay.folder, second):
        os.utime(first)
        answer = quay.store.ingest([path])
    assert len(quay.texts()) == 6
    assert (answer["retired"], answer["superseded"], answer["gone"]) == (0, 0, [])


def test_ids_of_the_whole_source_go_by_date_then_path(quay: Quay) -> None:
    quay.card(CARD + '[fields]\nid_scope = "source"\n')
    first, second = quay.days()
    for path in (second, first):
        quay.store.ingest([path])
    assert quay.texts() == [f"Note {n} of day 2 at the quay." for n in range(3)]
    quay.write("day0.jsonl", {"id": 0, "text": "Dated, so it is the newest.", "date": "2026-01-01"})
    quay.store.ingest([quay.folder])
    assert quay.texts()[0] == "Dated, so it is the newest."
    second.unlink()
    answer = quay.store.ingest([quay.folder], prune=True)
    assert (answer["retired"], answer["restored"]) == (2, 2)
    assert quay.texts()[1:] == [f"Note {n} of day 1 at the quay." for n in (1, 2)]


def test_row_that_is_gone_is_retired_and_a_file_that_is_gone_waits_for_prune(quay: Quay) -> None:
    quay.card()
    first, second = quay.days()
    quay.store.ingest([quay.folder])
    quay.write("day1.jsonl", {"id": 0, "text": "Note 0 of day 1 at the quay."})
    assert quay.store.ingest([quay.folder])["retired"] == 2
    second.unlink()
    answer = quay.store.ingest([quay.folder])
    assert answer["gone"] == [{"file": "day2.jsonl", "source": "quay", "records": 3, "retired": False}]
    assert (answer["retired"], len(quay.texts())) == (0, 4)
    assert quay.store.ingest([quay.folder], prune=True)["retired"] == 3
    assert quay.texts() == ["Note 0 of day 1 at the quay."]
    assert quay.store.ingest([quay.folder])["gone"] == []
    assert first.exists()


def test_pruning_everything_of_a_source_asks_for_a_second_word(quay: Quay) -> None:
    quay.card()
    paths = quay.days()
    quay.store.ingest([quay.folder])
    for path in paths:
        path.unlink()
    with pytest.raises(InputError, match="nothing would be left of the source 'quay'"):
        quay.store.ingest([quay.folder], prune=True)
    assert len(quay.texts()) == 6
    assert quay.store.ingest([quay.folder], prune=True, yes=True)["retired"] == 6
    with pytest.raises(InputError, match="no such file or folder"):
        quay.store.ingest([quay.folder / "unmounted"], prune=True, yes=True)


def test_other_content_of_the_same_size_and_time_is_seen(quay: Quay) -> None:
    quay.card()
    path = quay.write("a.jsonl", {"id": 1, "text": "Snow closed the pass.", "license": "CC-BY-4.0"})
    before = path.stat()
    quay.store.ingest([quay.folder])
    path.write_text(path.read_text().replace("CC-BY-4.0", "CC-NC-9.9"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    answer = quay.store.ingest([quay.folder])
    assert (answer["unchanged"], answer["added"]) == (0, 1)
    assert quay.permitted() == 0
    os.utime(path)
    again = quay.store.ingest([quay.folder])
    assert (again["unchanged"], again["snapshot"]) == (1, answer["snapshot"]), "touched, and the same"
    assert quay.store.ingest([quay.folder], rehash=True)["unchanged"] == 1


def test_without_card_files_are_of_the_widest_folder_that_was_named_in_any_order(quay: Quay, tmp_path: Path) -> None:
    """Two files that hold the same rows are one source's, and their rows one record each, however they were named."""
    rows = {"id": 1, "text": "The ferry waits."}, {"id": 2, "text": "The lamp burns."}
    (quay.folder / "sub").mkdir()
    quay.write("a.jsonl", *rows)
    quay.write("sub/b.jsonl", *rows)
    named = (quay.folder / "a.jsonl", quay.folder / "sub", quay.folder)
    seen = set()
    for number, paths in enumerate(permutations(named)):
        store = Store(tmp_path / f"store-{number}", clock=quay.store.clock)
        for path in paths:
            store.ingest([path])
        again = store.ingest(named)
        assert (again["added"], again["unchanged"]) == (0, 4)
        records = list(store.sql("SELECT record_id, source_id FROM records ORDER BY ALL"))
        seen.add(tuple(r["record_id"] for r in records))
        assert {r["source_id"].partition("~")[0] for r in records} == {quay.folder.name}
    assert [len(records) for records in seen] == [2]


def test_card_that_comes_later_adopts_what_is_there_and_withdrawals_by_source_bind(quay: Quay) -> None:
    quay.write("a.jsonl", {"id": 1, "text": "The ferry waits."}, {"id": 2, "text": "The lamp burns."})
    for path in (quay.folder / "a.jsonl", quay.folder, quay.root):
        assert quay.store.ingest([path])["added"] in (0, 2)
    [old] = quay.sources()
    assert old.startswith(f"{quay.root.name}~")
    quay.store.consent.record([Request(kind="withdraw", selector="source", value=old)])
    quay.card()
    quay.write("a.jsonl", {"id": 1, "text": "The ferry waits for nobody."}, {"id": 2, "text": "The lamp burns."})
    answer = quay.store.ingest([quay.folder])
    assert (answer["refused"], answer["adopted"]) == (2, 2)
    assert quay.permitted() == 0


def test_withdrawal_by_a_source_that_a_file_had_before_counts_it_names_exports_and_is_explained(
    quay: Quay, tmp_path: Path
) -> None:
    quay.write("a.jsonl", {"id": 1, "text": "The ferry waits."}, {"id": 2, "text": "The lamp burns."})
    quay.store.ingest([quay.folder / "a.jsonl"])
    [old] = quay.sources()
    quay.card()
    # Other texts, so that no digest of what the old source had leads to them.
    quay.write("a.jsonl", {"id": 1, "text": "The ferry leaves."}, {"id": 2, "text": "The lamp is out."})
    quay.write("b.jsonl", {"id": 3, "text": "A file that was never of the old source."})
    assert quay.store.ingest([quay.folder])["adopted"] == 2
    quay.store.export(tmp_path / "out", use="train.pretrain", accept="all", tokenizer="bytes")
    [export] = [str(r["export"]) for r in quay.store.sql("SELECT export FROM exports")]
    grant = Request(kind="grant", selector="source", value=old, acts=("train",))
    given = quay.store.consent.record([grant], dry_run=True)[0]
    assert given["matched"] == {"records": 0, "sources": 0}, "what was granted to another source"
    refusal = Request(kind="withdraw", selector="source", value=old)
    for dry_run in (True, False):
        answer = quay.store.consent.record([refusal], dry_run=dry_run)[0]
        assert answer["matched"] == {"records": 2, "sources": 1}
        assert answer["exports"] == [export]
    assert quay.permitted() == 1
    [record] = quay.store.sql("SELECT record_id FROM records WHERE source_record_id = '1'")
    events = quay.store.explain(record["record_id"], use="train.pretrain")["events"]
    assert [(e["kind"], e["through"]) for e in events] == [("withdrawal", "former-source")]


def test_card_that_comes_later_takes_over_without_doubles(quay: Quay) -> None:
    quay.days()
    quay.store.ingest([quay.folder])
    assert quay.permitted() == 0
    quay.card()
    answer = quay.store.ingest([quay.folder / "day1.jsonl", quay.folder])
    assert (answer["added"], answer["adopted"]) == (6, 6)
    assert quay.sources() == {"quay"}
    assert (quay.permitted(), len(quay.texts())) == (6, 6)


def test_two_folders_under_one_card_do_not_melt(quay: Quay, tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(CARD, encoding="utf-8")
    for name in ("one", "two"):
        folder = tmp_path / name / "data"
        folder.mkdir(parents=True)
        (folder / "x.jsonl").write_text(json.dumps({"id": 1, "text": f"Of folder {name}."}) + "\n", encoding="utf-8")
    for name in ("two", "one", "two"):
        quay.store.ingest([tmp_path / name / "data"], source=card)
    assert quay.texts() == ["Of folder one.", "Of folder two."]


@pytest.mark.parametrize("choices", [{}, {"prune": True}, {"prune": True, "yes": True, "rehash": True}])
@pytest.mark.parametrize("globs", [{"exclude": "day2.jsonl"}, {"include": "day1.*"}, {"exclude": ["*"]}])
def test_file_that_is_left_out_by_a_pattern_stands_as_it_was(
    quay: Quay, globs: dict[str, Any], choices: dict[str, Any]
) -> None:
    quay.card()
    quay.days()
    quay.store.ingest(quay.folder)
    answer = quay.store.ingest(quay.folder, **globs, **choices)
    assert (answer.gone, answer.retired, answer.added) == ([], 0, 0)
    assert quay.texts() == [f"Note {n} of day {day} at the quay." for n in range(3) for day in (1, 2)]
    assert quay.permitted() == 6
    # It stands as it was even where it holds something else by now, or nothing: it was not looked at.
    quay.write("day2.jsonl")
    assert quay.store.ingest(quay.folder, **globs, **choices)["gone"] == []
    assert quay.permitted() == 6
    # Without the pattern it is looked at again.
    assert quay.store.ingest(quay.folder).retired == 3
    assert quay.permitted() == 3


def test_file_that_is_gone_and_is_not_left_out_is_still_pruned(quay: Quay) -> None:
    quay.card()
    for day in quay.days():
        kept = day
    quay.store.ingest(quay.folder)
    kept.unlink()
    answer = quay.store.ingest(quay.folder, exclude="notes/", prune=True)
    assert [(g["file"], g["retired"]) for g in answer.gone] == [("day2.jsonl", True)]


def test_what_is_left_out_is_counted_by_reason_and_its_papers_speak_all_the_same(quay: Quay) -> None:
    (quay.folder / "LICENSE").write_text("All rights reserved. No copying, no use of any kind.", "utf-8")
    quay.days()
    everything = quay.store.ingest(quay.folder)
    assert everything.not_read == []
    other = Store(quay.root / "other", clock=quay.clock)
    answer = other.ingest(quay.folder, include="*.jsonl", exclude=["day2.*"])
    assert answer.read == 3
    assert answer.not_read == [
        {"reason": "left out by --exclude day2.*", "files": 1, "records": 0},
        {"reason": "left out by --include", "files": 1, "records": 0},
    ]
    assert {s["file"] for s in answer.skipped} == {"LICENSE", "day2.jsonl"}
    assert [p["place"].partition(" (")[0] for p in answer.papers] == [
        p["place"].partition(" (")[0] for p in everything.papers
    ]
    assert answer.papers
