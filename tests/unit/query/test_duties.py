"""What has to be done by when and is not done: named by every command once its deadline has passed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from rightful import Store
from rightful.cli.app import cli
from rightful.query import duties
from rightful.store.deadlines import any_passed
from rightful.store.ledger import Ledger

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE, PASSED, LATER = "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", "2026-12-24T00:00:00Z"
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
TEXTS = {
    "log": "The mole was built of granite from the quarry above the town, and stands.",
    "tide": "Boats lie at anchor until the pilot comes aboard, and leave with the ebb.",
    "ice": "In the cold winter of that year the whole harbour froze from pier to pier.",
}


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def write(folder: Path, name: str, texts: dict[str, str], more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "source.toml").write_text(f'name = "{name}"\nlicense = "CC0-1.0"\npersonal_data = "no"\n{more}')
    rows = [{"id": n, "url": f"https://{name}.example/{n}", "text": text} for n, text in texts.items()]
    (folder / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    write(tmp_path / "harbour", "harbour", TEXTS)
    store = Store(tmp_path / "store", clock=Clock())
    store.ingest([tmp_path / "harbour"])
    return store


def named(store: Store) -> list[dict[str, Any]]:
    return store.duties(overdue=True).rows


def test_overdue_withdrawal_names_the_text_and_the_export_that_are_left(store: Store, tmp_path: Path) -> None:
    export = store.export(tmp_path / "out", tokenizer="bytes", **USE)["export"]
    event = store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)["event"]
    expected = {
        "event": event,
        "source": None,
        "kind": "withdrawal",
        "deadline": PASSED,
        "overdue": True,
        "records": 1,
        "exports": [export],
        "exports_unreadable": [],
    }
    assert named(store) == store.status().duties == [expected]


def test_copies_and_older_versions_of_what_was_withdrawn_are_to_go_as_well(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "mirror", "mirror", {"copied": TEXTS["log"]})
    write(tmp_path / "harbour", "harbour", {**TEXTS, "log": "A newer text of the log, of how the mole was mended."})
    store.ingest([tmp_path / "harbour", tmp_path / "mirror"])
    store.consent.withdraw(content_sha256=_sha256(TEXTS["log"]), deadline=PASSED)
    assert [duty["records"] for duty in named(store)] == [3], "the copy, the older version and the newer one"
    assert store.compact().records == 3


def _sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("kind", ["refusal", "opt-out", "expiry"])
def test_refusal_that_asks_for_no_erasure_is_done_where_no_export_holds_it(
    store: Store, tmp_path: Path, kind: str
) -> None:
    store.consent.withdraw(kind=kind, url="https://harbour.example/log", deadline=PASSED)
    assert named(store) == []
    store.export(tmp_path / "out", tokenizer="bytes", **USE)
    store.consent.withdraw(kind=kind, url="https://harbour.example/tide", deadline=PASSED)
    [duty] = named(store)
    assert (duty["kind"], duty["records"], len(duty["exports"])) == (kind, 0, 1)


def test_refusal_of_another_use_leaves_nothing_to_do_in_an_export(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out", tokenizer="bytes", **USE)
    store.consent.withdraw(url="https://harbour.example/log", use="share", deadline=PASSED)
    assert named(store) == []
    store.consent.withdraw(url="https://harbour.example/tide", use="train", deadline=PASSED)
    [duty] = named(store)
    assert (duty["records"], len(duty["exports"])) == (0, 1)


def test_deadline_that_is_to_come_is_no_word_of_other_commands_until_it_passes(store: Store) -> None:
    store.consent.withdraw(url="https://harbour.example/log", deadline=LATER)
    assert named(store) == []
    assert [(d["deadline"], d["overdue"]) for d in store.status().duties] == [(LATER, False)]
    clock = store._clock.gives
    assert isinstance(clock, Clock)
    clock.now = datetime.fromisoformat(LATER) - timedelta(milliseconds=2)
    assert named(store) == []
    clock.now = datetime.fromisoformat(LATER)
    assert [d["overdue"] for d in named(store)] == [True]


def test_duty_ends_with_a_later_consent_or_an_annulment(store: Store) -> None:
    first = store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)
    store.consent.withdraw(url="https://harbour.example/tide", deadline=BEFORE)
    assert [d["deadline"] for d in named(store)] == [BEFORE, PASSED], "the first deadline comes first"
    store.consent.annul(first["event"], reason="another log was meant")
    assert [d["deadline"] for d in named(store)] == [BEFORE]
    store.consent.add(url="https://harbour.example/tide", use="train", purpose="commercial")
    assert named(store) == []


@pytest.mark.parametrize("url", ["https://harbour.example/none", "https://other.example"])
def test_event_that_matches_nothing_and_one_without_deadline_are_no_duty(store: Store, url: str) -> None:
    store.consent.withdraw(url=url, deadline=PASSED)
    store.consent.withdraw(url="https://harbour.example/log")
    store.consent.add(url="https://harbour.example/ice", use="train", purpose="commercial", deadline=PASSED)
    assert named(store) == store.status().duties == []


def test_text_that_is_gone_from_its_file_is_to_go_from_the_store_too(store: Store, tmp_path: Path) -> None:
    store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)
    write(tmp_path / "harbour", "harbour", {n: t for n, t in TEXTS.items() if n != "log"})
    store.ingest([tmp_path / "harbour"])
    assert [d["records"] for d in named(store)] == [1]


def test_export_whose_folder_is_gone_is_named_and_one_that_nobody_can_read_is_said(
    store: Store, tmp_path: Path
) -> None:
    export = store.export(tmp_path / "out", tokenizer="bytes", **USE)["export"]
    store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)
    shutil.rmtree(tmp_path / "out")
    assert [d["exports"] for d in named(store)] == [[export]]
    (tmp_path / "store" / "exports" / f"{export}.parquet").unlink()
    (tmp_path / "store" / ".duties.json").unlink()
    assert [(d["exports"], d["exports_unreadable"]) for d in named(store)] == [([], [export])]


def test_source_that_is_kept_for_no_longer_is_a_duty(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "harbour", "harbour", TEXTS, "retain_until = 2026-11-19\n")
    store.ingest([tmp_path / "harbour"])
    [duty] = named(store)
    assert (duty["event"], duty["source"], duty["kind"], duty["records"]) == (None, "harbour", "retention", 3)
    assert duty["deadline"] == "2026-11-20T00:00:00Z"
    write(tmp_path / "harbour", "harbour", TEXTS, "retain_until = 2026-12-19\n")
    store.ingest([tmp_path / "harbour"])
    assert named(store) == []


def test_what_was_open_is_remembered_for_this_state_of_the_ledger_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    plain = duties.open_duties
    monkeypatch.setattr(duties, "open_duties", lambda *given: asked.append(1) or plain(*given))
    store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)
    assert named(store) == named(store) == named(store)
    assert len(asked) == 1
    store.consent.withdraw(url="https://harbour.example/tide", deadline=PASSED)
    assert (len(named(store)), len(asked)) == (2, 2)
    clock = store._clock.gives
    assert isinstance(clock, Clock)
    clock.now += timedelta(hours=2)
    assert (len(named(store)), len(asked)) == (2, 3)
    for damage in ("", "[]", '{"version": 1}', "\x00"):
        (tmp_path / "store" / ".duties.json").write_text(damage)
        assert len(named(store)) == 2
    assert store.check() == {"ok": True, "damaged": [], "orphans": []}
    assert (tmp_path / "store" / ".duties.json").stat().st_mode & 0o077 == 0


def test_store_without_deadlines_is_asked_next_to_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "open_duties", lambda *_: pytest.fail("nothing is dated"))
    store.consent.withdraw(url="https://harbour.example/log")
    assert named(store) == []
    ledger = Ledger.open(store.layout.ledger)
    assert any_passed(ledger, datetime(9999, 1, 1, tzinfo=UTC)) is False
    ledger.close()


COMMANDS = (
    ("store", "status"),
    ("store", "log"),
    ("store", "check"),
    ("source", "list"),
    ("consent", "list"),
    ("query", "--use", "train.pretrain"),
    ("sql", "SELECT 1 AS one"),
    ("explain", "log", "--use", "train.pretrain"),
    ("explain", "none", "--use", "train.pretrain"),
    ("source", "show", "none"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_names_what_is_overdue_in_one_line_of_stderr(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path / "harbour", "harbour", TEXTS)
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "harbour"])
    event = store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)["event"]
    run = CliRunner().invoke(cli, ["--store", str(tmp_path / "store"), "--json", *command])
    late = [line for line in run.stderr.splitlines() if line.startswith("overdue: ")]
    assert late == [
        f"overdue: 1 deadline has passed with something left to do; withdrawal {event} ({PASSED}): 1 record to erase;"
        " see: rightful store status"
    ]
    assert "overdue: " not in run.stdout
    quiet = CliRunner().invoke(cli, ["--store", str(tmp_path / "store"), "--quiet", *command])
    assert "overdue" not in quiet.stderr


def test_command_that_reaches_no_store_makes_none_and_says_nothing(tmp_path: Path) -> None:
    for words in (["license", "list"], ["store", "status"], ["query", "--help"]):
        run = CliRunner().invoke(cli, ["--store", str(tmp_path / "none"), *words])
        assert "overdue" not in run.stderr
    assert not (tmp_path / "none").exists()


def texts_in(root: Path) -> set[str]:
    parts = sorted((root / "texts").glob("*.parquet"))
    return {text for part in parts for text in pq.read_table(part, columns=["text"]).column("text").to_pylist()}


def test_compaction_serves_what_has_to_go(store: Store, tmp_path: Path) -> None:
    store.consent.withdraw(url="https://harbour.example/log", deadline=PASSED)
    store.consent.withdraw(url="https://harbour.example/tide", use="train", deadline=PASSED)
    assert [d["records"] for d in named(store)] == [1]
    store.compact()
    assert named(store) == store.status().duties == []
    assert TEXTS["log"] not in texts_in(tmp_path / "store")
    assert TEXTS["tide"] in texts_in(tmp_path / "store")


def test_compaction_erases_what_is_kept_for_no_longer_and_nothing_of_other_sources(
    store: Store, tmp_path: Path
) -> None:
    write(
        tmp_path / "mirror", "mirror", {"copied": TEXTS["log"], "own": "A text of the mirror alone, about its frame."}
    )
    write(tmp_path / "harbour", "harbour", {**TEXTS, "ice": "Of another winter, in which nothing froze at all."})
    store.ingest([tmp_path / "harbour", tmp_path / "mirror"])
    write(tmp_path / "harbour", "harbour", {**TEXTS, "ice": "Of another winter, in which nothing froze at all."})
    (tmp_path / "harbour" / "source.toml").write_text(
        'name = "harbour"\nlicense = "CC0-1.0"\npersonal_data = "no"\nretain_until = 2026-11-19\n'
    )
    store.ingest([tmp_path / "harbour"])
    assert TEXTS["ice"] in texts_in(tmp_path / "store"), "a version that does not count any more"
    assert store.compact().records == 4
    assert texts_in(tmp_path / "store") - {""} == {TEXTS["log"], "A text of the mirror alone, about its frame."}
    assert named(store) == []
    assert store.check().ok
    assert store.query(**USE).permitted["records"] == 2, "the copy from elsewhere leaves as before"
    assert store.compact().rows == 0


def test_what_is_read_again_of_a_source_that_is_kept_for_no_longer_is_a_duty_again(
    store: Store, tmp_path: Path
) -> None:
    write(tmp_path / "harbour", "harbour", TEXTS, "retain_until = 2026-11-19\n")
    store.ingest([tmp_path / "harbour"])
    store.compact()
    write(
        tmp_path / "harbour",
        "harbour",
        {**TEXTS, "new": "What came later than the rest of it."},
        "retain_until = 2026-11-19\n",
    )
    store.ingest([tmp_path / "harbour"])
    [duty] = named(store)
    assert duty["records"] >= 1
    assert store.query(**USE).permitted["records"] == 0
    store.compact()
    assert texts_in(tmp_path / "store") - {""} == set()
    write(tmp_path / "harbour", "harbour", TEXTS, "retain_until = 2027-11-19\n")
    store.ingest([tmp_path / "harbour"], rehash=True)
    assert store.query(**USE).permitted["records"] == 3, "it may be kept for longer, and is here again"
