"""A review and a signature name the exports that hold what is permitted no more since; redacted exports stay current."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rightful.cli.app import cli, run
from rightful.errors import InputError
from rightful.events.consents import Request
from rightful.store.ledger import Ledger
from tests.unit.policies import written
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "tokenizer": "bytes", "dedup": "none"}
WHO: dict[str, str] = {"by": "Ada, editor", "reason": "read both"}
TEXT, NEAR, FAR = wording("a"), wording("a", 4), wording("z")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def exported(shelf: Shelf, name: str, **asked: Any) -> str:
    return str(shelf.store.export(shelf.root / name, **{**TRAINING, **asked})["export"])


def status(shelf: Shelf) -> dict[str, str]:
    return {row["export"]: row["status"] for row in shelf.store.sql("SELECT export, status FROM exports")}


def test_verdict_of_one_work_names_the_exports_that_hold_what_it_refuses(shelf: Shelf) -> None:
    for name, text in (("one", TEXT), ("two", NEAR), ("far", FAR)):
        shelf.put(name, text)
    both = exported(shelf, "both")
    far = exported(shelf, "far-alone", where="source_record_id = 'far-0'")
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    shelf.store.review.decide("two-0", "one-0", "distinct", **WHO)
    second = exported(shelf, "second", where="source_record_id = 'two-0'")
    assert status(shelf) == {both: "stale", far: "current", second: "current"}
    answer = shelf.store.review.decide("two-0", "one-0", "same", **WHO)
    assert (answer["exports"], answer["exports_unreadable"]) == ([both, second], [])
    assert status(shelf) == {both: "stale", far: "current", second: "stale"}
    assert shelf.store.review.decide("two-0", "one-0", "same", **WHO)["exports"] == [both, second], "said again"
    assert shelf.store.review.decide("two-0", "one-0", "distinct", **WHO)["exports"] == []
    assert status(shelf) == {both: "stale", far: "current", second: "current"}


def test_verdict_that_takes_nothing_away_names_no_export(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    export = exported(shelf, "both")
    for verdict in ("distinct", "same"):
        assert shelf.store.review.decide("two-0", "one-0", verdict, **WHO)["exports"] == []
        assert status(shelf) == {export: "current"}


def test_verdict_names_exports_whose_folder_is_gone_and_those_that_nothing_is_known_of(shelf: Shelf) -> None:
    shelf.put("free", TEXT)
    shelf.put("paid", NEAR, license="CC-BY-NC-4.0")
    shelf.store.review.decide("free-0", "paid-0", "distinct", **WHO)
    gone, lost = exported(shelf, "gone"), exported(shelf, "lost", where="source_record_id = 'free-0'")
    for name in ("gone", "lost"):
        shutil.rmtree(shelf.root / name)
    shelf.store.layout.exported(lost).unlink()
    answer = shelf.store.review.decide("free-0", "paid-0", "same", **WHO)
    assert (answer["exports"], answer["exports_unreadable"]) == ([gone], [lost])


def test_command_names_the_exports_as_well(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.put("free", TEXT)
    shelf.put("paid", NEAR, license="CC-BY-NC-4.0")
    shelf.store.review.decide("free-0", "paid-0", "distinct", **WHO)
    export = exported(shelf, "out")
    said = ["review", "decide", "--record", "free-0", "--other", "paid-0", "--verdict", "same", "--by", "Ada"]
    assert run(cli, ["--store", str(shelf.root / "store"), *said, "--reason", "read", "--yes"], False) == 0
    assert f"export {export} holds records that are refused now" in capsys.readouterr().out


def test_signature_names_the_exports_that_hold_what_is_not_permitted_under_it(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text goes out while its source is named as its publisher, and not under a policy that does not name it."""
    shelf.put("press", TEXT, authority="publisher")
    shelf.put("mirror", TEXT, license="CC-BY-NC-4.0")
    shelf.put("far", FAR)
    far = exported(shelf, "far-alone", where="source_record_id = 'far-0'")
    policy = shelf.store.layout.policy
    written(policy.parent, 'publishers = ["press"]\n')
    assert shelf.store.policy.sign(by="Ada, counsel", until="2027-11-30")["exports"] == []
    press = exported(shelf, "press-alone", where="source_record_id = 'press-0'")
    assert status(shelf) == {far: "current", press: "current"}
    written(policy.parent, "observed_within = 30\n")
    answer = shelf.store.policy.sign(by="Ada, counsel", until="2027-11-30")
    assert (answer["exports"], answer["exports_unreadable"]) == ([press], [])
    assert status(shelf) == {far: "current", press: "stale"}
    said = ["policy", "sign", "--by", "Ada", "--until", "2027-11-30"]
    assert run(cli, ["--store", str(shelf.root / "store"), *said], False) == 0
    assert f"export {press} holds records that are refused now" in capsys.readouterr().out
    written(policy.parent, 'publishers = ["press"]\n')
    assert shelf.store.policy.sign(by="Ada, counsel", until="2027-11-30")["exports"] == []
    assert status(shelf) == {far: "current", press: "current"}


def test_policy_that_cannot_be_signed_changes_nothing(shelf: Shelf) -> None:
    shelf.put("far", FAR)
    path = written(shelf.store.layout.policy.parent, 'copies = "mine"\n')
    with pytest.raises(InputError, match="copies"):
        shelf.store.policy.sign(by="Ada, counsel", until="2027-11-30")
    assert path.read_text(encoding="utf-8") == 'copies = "mine"\n'


def test_signature_without_a_store_names_no_export(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.store.layout.root.mkdir(parents=True)
    written(shelf.store.layout.policy.parent, 'copies = "own"\n')
    assert shelf.store.policy.sign(by="Ada, counsel", until="2027-11-30")["exports"] == []


def test_export_that_took_personal_data_out_stays_current(shelf: Shelf) -> None:
    """It is decided again as what it is: without the types that it took out."""
    shelf.put("mail", f"Write to mira@example.com. {TEXT}", personal_data="unknown")
    export = exported(shelf, "out", redact="email")
    assert shelf.store.verify(export)["ok"]
    assert status(shelf) == {export: "current"}
    shelf.withdraw("record", shelf.store.record_id("mail-0"))
    assert status(shelf) == {export: "stale"}


def test_export_whose_request_nobody_can_make_today_is_stale_and_hinders_nothing(shelf: Shelf) -> None:
    """An earlier version let whoever is for profit ask for research."""
    shelf.put("far", {"text": FAR, "url": "https://far.example.org/"})
    export = exported(shelf, "out", purpose="research", actor="research_org")
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        [registered] = ledger.exports()
        manifest = {**registered["manifest"], "export": "old"}
        manifest["use"] = {**manifest["use"], "actor": "for_profit"}
        with ledger.commit("export", "old", shelf.clock()) as commit:
            commit.add_export("old", registered["path"], registered["manifest_sha256"], manifest)
    assert status(shelf) == {export: "current", "old": "stale"}
    [answer] = shelf.store.consent.record([Request(kind="withdraw", selector="domain", value="far.example.org")])
    assert answer["exports"] == [export, "old"]
